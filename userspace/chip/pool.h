/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory pools of the reference chip: what a vendor's HBM, DDR or SRAM would be, taken from
 * anonymous memory of the host.
 *
 * This file decides how a pool is cut into allocations and that fresh memory reads as zero
 * (WEFT-ACC-003).  Keys, owners and rights are session.h's.
 */
#ifndef WEFT_USERSPACE_CHIP_POOL_H
#define WEFT_USERSPACE_CHIP_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "core/wire.h"

#define CHIP_PAGE 4096u		/* granularity of allocations, bytes */
#define CHIP_POOL_MAX (UINT64_C(1) << 40)	/* bytes in one pool, at most */

struct chip_extent;

struct chip_pool {
	enum weft_pool kind;
	uint8_t index;			/* as HELLO numbers it */
	uint64_t size;			/* bytes, a multiple of CHIP_PAGE */
	uint64_t used;			/* bytes given out, rounded up to pages */
	uint8_t *base;			/* NULL: not initialised */
	struct chip_extent *free;	/* free extents by rising offset, never adjacent */
};

/*
 * Reserve size bytes (rounded up to a page) of address space.  Memory is taken from the system
 * as it is touched.  Returns 0, -EINVAL (size 0 or above CHIP_POOL_MAX) or -ENOMEM.
 */
int chip_pool_init(struct chip_pool *p, enum weft_pool kind, uint8_t index, uint64_t size);
void chip_pool_fini(struct chip_pool *p);

/*
 * Take len bytes that read as zero; page aligned.  Returns NULL if len is 0 or no free extent
 * is large enough.  The memory is the pool's; give it back with chip_pool_free() and the same
 * len.
 */
uint8_t *chip_pool_alloc(struct chip_pool *p, uint64_t len);
void chip_pool_free(struct chip_pool *p, uint8_t *bytes, uint64_t len);

/* Bytes in the largest free extent. */
uint64_t chip_pool_largest(const struct chip_pool *p);

/*
 * Read "KIND:SIZE", KIND one of HBM DDR SRAM PMEM in any case, SIZE bytes with an optional
 * suffix K, M or G (powers of two).  Returns 0, or -EINVAL with nothing stored.
 */
int chip_pool_parse(const char *text, enum weft_pool *kind, uint64_t *size);

/* Read a size: digits and an optional suffix K, M, G (powers of two).  0, or -EINVAL. */
int chip_size_parse(const char *text, uint64_t *size);

#endif
