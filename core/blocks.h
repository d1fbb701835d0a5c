/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pools of working memory, for core/weft.h. */
#ifndef WEFT_CORE_BLOCKS_H
#define WEFT_CORE_BLOCKS_H

#include "core/port.h"

/*
 * Equal blocks of the host's memory for what only contexts or streams with work need, so that
 * a chip may have many open and pay for those that are active.  A block is taken when there is
 * work and given back at rest; while there is none left, packets that need one are not taken (the
 * peer sends them again), and posts say EFULL.  A pool is for contexts of the same window, paths,
 * holds and streams, for rings of the same window, for sets of as many paths, or for streams of the
 * same send queue and window.  One caller at a time.
 */
struct weft_blocks {
	void *first;			/* free block */
	uint32_t block;			/* bytes of one */
	uint32_t n_free, n_all;		/* blocks */
	uint64_t shape;			/* of its users, which is one for all; 0: none yet */
};

/* block: weft_profile_block(), weft_profile_ring(), weft_profile_short(), weft_profile_set() or
 * weft_stream_block(), or more. */
void weft_blocks_init(struct weft_blocks *pool, size_t block);
/* Give the pool more blocks, at any time; mem is pool->block bytes each, 8-byte aligned, kept. */
void weft_blocks_add(struct weft_blocks *pool, void *mem, uint32_t blocks);
/* The same, of memory that is all zero, and is not touched before it is used. */
void weft_blocks_add_zeroed(struct weft_blocks *pool, void *mem, uint32_t blocks);

#endif
