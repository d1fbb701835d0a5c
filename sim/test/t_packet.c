/* SPDX-License-Identifier: BSD-2-Clause */
/* packet.c: headers of any length are kept, cut, and their room used again. */
#include "sim/packet.h"
#include "tools/test/cunit_main.h"

enum { PACKETS = 3000 };

static uint8_t byte_of(uint32_t pkt, uint32_t i)
{
	return (uint8_t)(pkt * 131 + i * 7);
}

static void fill(struct sim_pool *pool, uint32_t pkt, uint32_t len)
{
	uint8_t *hdr = sim_pkt_set_hdr(pool, pkt, len);

	for (uint32_t i = 0; i < len; i++)
		hdr[i] = byte_of(pkt, i);
}

static void check(const struct sim_pool *pool, uint32_t pkt, uint32_t len)
{
	const uint8_t *hdr = sim_pkt_hdr(pool, pkt);
	uint32_t wrong = 0;

	CU_ASSERT_EQUAL(pool->load[pkt].hdr_bytes, len);
	for (uint32_t i = 0; i < len; i++)
		wrong += hdr[i] != byte_of(pkt, i);
	CU_ASSERT_EQUAL(wrong, 0);
}

static uint32_t len_of(uint32_t pkt, uint32_t round)
{
	return (pkt * 37 + round * 11) % (SIM_HDR_MAX + 1);
}

static void headers__of_any_length(void)
{
	static uint32_t pkt[PACKETS];
	uint32_t far = 0;
	struct sim_pool pool;

	sim_pool_init(&pool);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < PACKETS; i++) {
			pkt[i] = sim_pkt_get(&pool);
			CU_ASSERT_EQUAL(pool.load[pkt[i]].hdr_bytes, 0);
			fill(&pool, pkt[i], len_of(pkt[i], round));
		}
		for (uint32_t i = 0; i < PACKETS; i++) {
			check(&pool, pkt[i], len_of(pkt[i], round));
			sim_pkt_put(&pool, pkt[i]);
		}
		CU_ASSERT(round == 0 || pool.far_used <= far + PACKETS / 50);
		far = pool.far_used;
	}
	CU_ASSERT_EQUAL(pool.used, PACKETS);
	CU_ASSERT_EQUAL(pool.live, 0);
	sim_pool_fini(&pool);
}

static void headers__are_cut(void)
{
	struct sim_pool pool;
	uint32_t a, b;

	sim_pool_init(&pool);
	for (uint32_t len = 0; len <= SIM_HDR_MAX; len++) {
		a = sim_pkt_get(&pool);
		pool.load[a].payload_bytes = 100;
		pool.pkt[a].small = false;
		fill(&pool, a, len);
		sim_pkt_cut(&pool, a, 16);
		check(&pool, a, len < 16 ? len : 16);
		CU_ASSERT_EQUAL(pool.load[a].payload_bytes, 0);
		CU_ASSERT(pool.pkt[a].small);
		sim_pkt_put(&pool, a);
	}
	CU_ASSERT_EQUAL(pool.far_used, 1);	/* what was cut gave its room back */
	a = sim_pkt_get(&pool);
	b = sim_pkt_get(&pool);
	fill(&pool, a, SIM_HDR_MAX);
	fill(&pool, b, SIM_HDR_MAX);
	check(&pool, a, SIM_HDR_MAX);
	check(&pool, b, SIM_HDR_MAX);
	sim_pool_fini(&pool);
}

WEFT_SUITE(t_packet) {
	{ "headers__of_any_length", headers__of_any_length },
	{ "headers__are_cut", headers__are_cut },
};
