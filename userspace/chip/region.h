/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions: memory of the chip that has a key.
 *
 * This file decides who may reach what: it keeps the table that both the network's operations
 * and the commands of queues are checked against, with core's weft_mr_check() as the judge.
 * Where the memory comes from is pool.h's.
 *
 * Keys are capabilities of a domain: any stream of the region's domain that shows the key may
 * use it, whichever stream made it, so that another chip can fetch what a CPU allocated here.
 * All regions of the chip service therefore have protection domain 0.
 */
#ifndef WEFT_USERSPACE_CHIP_REGION_H
#define WEFT_USERSPACE_CHIP_REGION_H

#include "core/weft.h"

struct chip_pool;

struct chip_region {
	struct weft_mr mr;		/* what is judged; mr.key is the table's index */
	uint8_t *bytes;			/* what lies at mr.base */
	struct chip_pool *pool;		/* where bytes came from; NULL: not from a pool */
	void *owner;			/* the stream that made it; NULL: the chip itself */
	void *handle;			/* the host's registration of it; NULL: none */
	struct chip_region *next;
};

#define CHIP_REGION_BUCKETS 256u

/* All zero is an empty table. */
struct chip_regions {
	struct chip_region *bucket[CHIP_REGION_BUCKETS];
	uint32_t count;
};

/* Enter r, whose key must be new; r stays the caller's memory.  0, or -EEXIST. */
int chip_region_add(struct chip_regions *t, struct chip_region *r);
void chip_region_del(struct chip_regions *t, struct chip_region *r);
struct chip_region *chip_region_find(const struct chip_regions *t, uint32_t key);
/* Any one region of this owner, or NULL. */
struct chip_region *chip_region_owned(const struct chip_regions *t, const void *owner);

/*
 * Resolve [addr, addr + len) of a key for `need` (WEFT_MR_*) as a stream of (domain, pd) could
 * reach it.  Returns where the bytes are, or NULL with the reason in *st.
 */
uint8_t *chip_region_resolve(const struct chip_regions *t, uint32_t domain, uint32_t pd,
			     uint32_t key, uint32_t need, uint64_t addr, uint64_t len,
			     enum weft_status *st);

#endif
