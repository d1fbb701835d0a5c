// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Shared rings: their memory, which counts as their process's, and how it comes by it.  Decides
 * layout and sizes; leaves to others what the elements mean.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <rdma/uverbs_ioctl.h>

#include "kernel/verbs.h"

struct weftk_map {
	struct rdma_user_mmap_entry entry;
	void *mem;			/* entry.npages pages */
};

int weftk_ring_init(struct weftk_ring *r, u32 min, u32 elem_bytes)
{
	u32 elems, elem;

	if (!min || min > WEFTK_RING_MAX || !elem_bytes || elem_bytes > PAGE_SIZE)
		return -EINVAL;
	elems = roundup_pow_of_two(min + 1);
	elem = roundup_pow_of_two(max_t(u32, elem_bytes, SMP_CACHE_BYTES));
	memset(r, 0, sizeof(*r));
	r->bytes = PAGE_ALIGN(sizeof(*r->buf) + (size_t)elems * elem);
	r->buf = __vmalloc(r->bytes, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!r->buf)
		return -ENOMEM;
	r->mask = elems - 1;
	r->shift = ilog2(elem);
	r->buf->index_mask = r->mask;
	r->buf->log2_elem = r->shift;
	r->buf->version = WEFT_ABI_VERSION;
	return 0;
}

int weftk_ring_offer(struct weftk_ring *r, struct ib_udata *udata, struct weft_abi_map __user *mi)
{
	struct weftk_ucontext *uc = rdma_udata_to_drv_context(udata, struct weftk_ucontext, ib);
	struct weftk_map *map = kzalloc(sizeof(*map), GFP_KERNEL);
	struct weft_abi_map info = { .bytes = (u32)r->bytes };
	int err;

	if (!map)
		return -ENOMEM;
	map->mem = r->buf;
	err = rdma_user_mmap_entry_insert(&uc->ib, &map->entry, r->bytes);
	if (err) {
		kfree(map);
		return err;
	}
	r->map = &map->entry;
	info.offset = rdma_user_mmap_get_offset(&map->entry);
	/* On failure the caller frees the ring, and the offer with it. */
	return copy_to_user(mi, &info, sizeof(info)) ? -EFAULT : 0;
}

void weftk_ring_free(struct weftk_ring *r)
{
	if (r->map)	/* mmap() may be under way: the last of the two frees the memory */
		rdma_user_mmap_entry_remove(r->map);
	else
		vfree(r->buf);
	memset(r, 0, sizeof(*r));
}

void weftk_ring_reset(struct weftk_ring *r)
{
	if (!r->buf)
		return;
	r->own = 0;
	WRITE_ONCE(r->buf->atomics, 0);
	WRITE_ONCE(r->buf->producer, 0);
	WRITE_ONCE(r->buf->consumer, 0);
	weftk_ring_unask(r);
}

/* Pages that are mapped are held by the mapping: the ring may go before it does. */
int weftk_mmap(struct ib_ucontext *uctx, struct vm_area_struct *vma)
{
	struct rdma_user_mmap_entry *entry = rdma_user_mmap_entry_get(uctx, vma);
	unsigned long at;
	int err = 0;
	u8 *mem;

	if (!entry)		/* none of that place and length */
		return -EINVAL;
	mem = container_of(entry, struct weftk_map, entry)->mem;
	for (at = vma->vm_start; !err && at < vma->vm_end; at += PAGE_SIZE, mem += PAGE_SIZE)
		err = vm_insert_page(vma, at, vmalloc_to_page(mem));
	weftk_vma_fixed(vma);
	rdma_user_mmap_entry_put(entry);
	return err;
}

void weftk_mmap_free(struct rdma_user_mmap_entry *entry)
{
	struct weftk_map *map = container_of(entry, struct weftk_map, entry);

	vfree(map->mem);
	kfree(map);
}
