/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/packet.h"
#include "sim/util.h"

enum { AHEAD = 4 };	/* packets are taken by so many before one that is fetched for it */

static_assert(sizeof(struct sim_pkt) == 32, "two packets to a cache line");
static_assert(sizeof(struct sim_load) == 64, "what ends look at is a cache line");
static_assert(SIM_HDR_MAX <= UINT8_MAX, "hdr_bytes must hold it");

void sim_pool_init(struct sim_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	pool->far_free = SIM_NO_PKT;
}

void sim_pool_fini(struct sim_pool *pool)
{
	sim_pages_free(pool->pkt, pool->size, sizeof(*pool->pkt));
	sim_pages_free(pool->load, pool->size, sizeof(*pool->load));
	sim_pages_free(pool->more, pool->size, sizeof(*pool->more));
	sim_pages_free(pool->free, pool->size, sizeof(*pool->free));
	free(pool->far);
	sim_pool_init(pool);
}

static void grow(struct sim_pool *pool)
{
	uint32_t size = pool->size ? 2 * pool->size : 1024;

	if (size < pool->size)
		sim_die("more than %u packets in flight", pool->size);
	pool->pkt = sim_pages_resize(pool->pkt, pool->size, size, sizeof(*pool->pkt));
	sim_pages_large(pool->pkt, size, sizeof(*pool->pkt));
	pool->load = sim_pages_resize(pool->load, pool->size, size, sizeof(*pool->load));
	sim_pages_large(pool->load, size, sizeof(*pool->load));
	pool->free = sim_pages_resize(pool->free, pool->size, size, sizeof(*pool->free));
	pool->more = sim_pages_resize(pool->more, pool->size, size, sizeof(*pool->more));
	pool->size = size;
}

uint32_t sim_pkt_get(struct sim_pool *pool)
{
	uint32_t i;

	if (pool->n_free) {
		i = pool->free[--pool->n_free];
		if (pool->n_free >= AHEAD) {
			sim_fetch(&pool->pkt[pool->free[pool->n_free - AHEAD]]);
			sim_fetch(&pool->load[pool->free[pool->n_free - AHEAD]]);
		}
	} else {
		if (pool->used == pool->size)
			grow(pool);
		i = pool->used++;
	}
	pool->load[i].hdr_bytes = 0;
	if (++pool->live > pool->live_max)
		pool->live_max = pool->live;
	return i;
}

/* The store of longer headers. */

static uint32_t take_far(struct sim_pool *pool)
{
	uint32_t i = pool->far_free;

	if (i != SIM_NO_PKT) {
		memcpy(&pool->far_free, pool->far[i], sizeof(pool->far_free));
		return i;
	}
	if (pool->far_used == pool->far_size) {
		pool->far_size = pool->far_size ? 2 * pool->far_size : 64;
		pool->far = sim_resize(pool->far, pool->far_size, sizeof(*pool->far));
	}
	return pool->far_used++;
}

static void give_far(struct sim_pool *pool, struct sim_load *l)
{
	if (l->hdr_bytes <= SIM_HDR_NEAR)
		return;
	memcpy(pool->far[l->far], &pool->far_free, sizeof(pool->far_free));
	pool->far_free = l->far;
}

uint8_t *sim_pkt_set_hdr(struct sim_pool *pool, uint32_t pkt, uint32_t hdr_bytes)
{
	struct sim_load *l = &pool->load[pkt];

	assert(hdr_bytes <= SIM_HDR_MAX && l->hdr_bytes <= SIM_HDR_NEAR);
	l->hdr_bytes = (uint8_t)hdr_bytes;
	if (hdr_bytes > SIM_HDR_NEAR)
		l->far = take_far(pool);
	return sim_pkt_hdr(pool, pkt);
}

void sim_pkt_put(struct sim_pool *pool, uint32_t pkt)
{
	assert(pool->live > 0);
	give_far(pool, &pool->load[pkt]);
	pool->free[pool->n_free++] = pkt;
	pool->live--;
}

void sim_pkt_cut(struct sim_pool *pool, uint32_t pkt, uint8_t hdr_bytes)
{
	struct sim_load *l = &pool->load[pkt];
	uint8_t kept[SIM_HDR_NEAR];

	assert(hdr_bytes <= SIM_HDR_NEAR);
	if (l->hdr_bytes > SIM_HDR_NEAR) {
		memcpy(kept, pool->far[l->far], hdr_bytes);
		give_far(pool, l);
		memcpy(l->hdr, kept, hdr_bytes);
	}
	if (l->hdr_bytes > hdr_bytes)
		l->hdr_bytes = hdr_bytes;
	l->payload_bytes = 0;
	pool->pkt[pkt].small = true;
}
