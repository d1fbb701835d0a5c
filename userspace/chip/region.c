/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of regions: a small chained hash by key.  See region.h. */
#include "userspace/chip/region.h"

#include <errno.h>

static unsigned bucket_of(uint32_t key)
{
	return (key * 2654435761u >> 16) % CHIP_REGION_BUCKETS;
}

struct chip_region *chip_region_find(const struct chip_regions *t, uint32_t key)
{
	struct chip_region *r = t->bucket[bucket_of(key)];

	while (r && r->mr.key != key)
		r = r->next;
	return r;
}

int chip_region_add(struct chip_regions *t, struct chip_region *r)
{
	struct chip_region **head = &t->bucket[bucket_of(r->mr.key)];

	if (chip_region_find(t, r->mr.key))
		return -EEXIST;
	r->next = *head;
	*head = r;
	t->count++;
	return 0;
}

void chip_region_del(struct chip_regions *t, struct chip_region *r)
{
	struct chip_region **at = &t->bucket[bucket_of(r->mr.key)];

	while (*at && *at != r)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = r->next;
	r->next = NULL;
	t->count--;
}

struct chip_region *chip_region_owned(const struct chip_regions *t, const void *owner)
{
	for (unsigned i = 0; i < CHIP_REGION_BUCKETS; i++)
		for (struct chip_region *r = t->bucket[i]; r; r = r->next)
			if (r->owner == owner)
				return r;
	return NULL;
}

uint8_t *chip_region_resolve(const struct chip_regions *t, uint32_t domain, uint32_t pd,
			     uint32_t key, uint32_t need, uint64_t addr, uint64_t len,
			     enum weft_status *st)
{
	struct chip_region *r = chip_region_find(t, key);

	*st = weft_mr_check(r ? &r->mr : NULL, domain, pd, need, addr, len);
	if (*st != WEFT_STATUS_OK)
		return NULL;
	return r->bytes + (addr - r->mr.base);
}
