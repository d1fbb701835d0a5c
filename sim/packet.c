/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/packet.h"
#include "sim/util.h"

static_assert(sizeof(struct sim_pkt) == 32, "two packets in a cache line");
static_assert(SIM_HDR_MAX <= UINT8_MAX, "hdr_bytes must hold it");

void sim_pool_init(struct sim_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	pool->free = SIM_NO_PKT;
}

void sim_pool_fini(struct sim_pool *pool)
{
	free(pool->pkt);
	free(pool->hdr);
	sim_pool_init(pool);
}

static void grow(struct sim_pool *pool)
{
	uint32_t size = pool->size ? 2 * pool->size : 1024;

	if (size < pool->size)
		sim_die("more than %u packets in flight", pool->size);
	pool->pkt = sim_resize(pool->pkt, size, sizeof(*pool->pkt));
	pool->hdr = sim_resize(pool->hdr, size, sizeof(*pool->hdr));
	for (uint32_t i = size; i-- > pool->size;) {
		pool->pkt[i].next = pool->free;
		pool->free = i;
	}
	pool->size = size;
}

uint32_t sim_pkt_get(struct sim_pool *pool)
{
	uint32_t i;

	if (pool->free == SIM_NO_PKT)
		grow(pool);
	i = pool->free;
	pool->free = pool->pkt[i].next;
	if (++pool->live > pool->live_max)
		pool->live_max = pool->live;
	return i;
}

void sim_pkt_put(struct sim_pool *pool, uint32_t pkt)
{
	assert(pool->live > 0);
	pool->pkt[pkt].next = pool->free;
	pool->free = pkt;
	pool->live--;
}
