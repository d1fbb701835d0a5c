/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/packet.h"
#include "sim/util.h"

static_assert(sizeof(struct sim_pkt) == 128, "a packet is two cache lines");
static_assert(SIM_HDR_MAX <= UINT8_MAX, "hdr_bytes must hold it");

void sim_pool_init(struct sim_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	pool->free = SIM_NO_PKT;
}

void sim_pool_fini(struct sim_pool *pool)
{
	sim_pages_free(pool->pkt, pool->size, sizeof(*pool->pkt));
	sim_pages_free(pool->far, pool->size, sizeof(*pool->far));
	sim_pool_init(pool);
}

static void grow(struct sim_pool *pool)
{
	uint32_t size = pool->size ? 2 * pool->size : 1024;

	if (size < pool->size)
		sim_die("more than %u packets in flight", pool->size);
	pool->pkt = sim_pages_resize(pool->pkt, pool->size, size, sizeof(*pool->pkt));
	sim_pages_large(pool->pkt, size, sizeof(*pool->pkt));
	pool->far = sim_pages_resize(pool->far, pool->size, size, sizeof(*pool->far));
	pool->size = size;
}

uint32_t sim_pkt_get(struct sim_pool *pool)
{
	uint32_t i;

	if (pool->free != SIM_NO_PKT) {
		i = pool->free;
		pool->free = pool->pkt[i].next;
	} else {
		if (pool->used == pool->size)
			grow(pool);
		i = pool->used++;
	}
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

void sim_pkt_cut(struct sim_pool *pool, uint32_t pkt, uint8_t hdr_bytes)
{
	struct sim_pkt *k = &pool->pkt[pkt];

	assert(hdr_bytes <= SIM_HDR_NEAR);
	if (k->hdr_bytes > SIM_HDR_NEAR)
		memcpy(k->hdr, pool->far[pkt], hdr_bytes);
	if (k->hdr_bytes > hdr_bytes)
		k->hdr_bytes = hdr_bytes;
	k->payload_bytes = 0;
}
