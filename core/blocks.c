/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pools: equal blocks of the host's memory, which contexts and streams take while they have work
 * and give back when they rest.  A free block's first word leads to the next one.
 */
#include "core/pdc.h"

void weft_blocks_init(struct weft_blocks *pool, size_t block)
{
	pool->first = NULL;
	pool->shape = 0;
	pool->block = (uint32_t)((block + 7) & ~(size_t)7);
	pool->n_free = pool->n_all = 0;
}

void weft_blocks_add_zeroed(struct weft_blocks *pool, void *mem, uint32_t blocks)
{
	uint8_t *at = mem;

	for (uint32_t i = 0; i < blocks; i++, at += pool->block)
		blocks_give(pool, at);
	pool->n_all += blocks;
}

void weft_blocks_add(struct weft_blocks *pool, void *mem, uint32_t blocks)
{
	memset(mem, 0, (size_t)blocks * pool->block);
	weft_blocks_add_zeroed(pool, mem, blocks);
}

/* Blocks at rest are clean only for those who lay them out alike.  False: others use the pool. */
bool blocks_fit(struct weft_blocks *pool, size_t block, uint64_t shape)
{
	if (pool->block < block || (pool->shape && pool->shape != shape))
		return false;
	pool->shape = shape;
	return true;
}

void *blocks_take(struct weft_blocks *pool)
{
	void *block = pool->first;

	if (!block)
		return NULL;
	memcpy(&pool->first, block, sizeof(pool->first));
	pool->n_free--;
	return block;
}

void blocks_give(struct weft_blocks *pool, void *block)
{
	memcpy(block, &pool->first, sizeof(pool->first));
	pool->first = block;
	pool->n_free++;
}
