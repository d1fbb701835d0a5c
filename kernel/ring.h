/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rings that a process and the kernel share: one side writes elements, the other reads them.
 *
 * The memory is laid out as kernel/uapi/weft-abi.h says: two indices, a word for waking, and the
 * elements.  Whatever lies in it may change at any time, so the kernel keeps its own index, masks
 * the other one at every use, and copies an element before it looks at it.  Nothing of the header
 * but the other side's index, and `wake` of completion queues, is ever read back.
 */
#ifndef WEFTK_RING_H
#define WEFTK_RING_H

#include <linux/types.h>
#include <rdma/ib_verbs.h>
#include "kernel/uapi/weft-abi.h"

struct weftk_ring {
	struct weft_abi_ring *buf;	/* NULL: there is no ring */
	size_t bytes;			/* of buf, whole pages */
	u32 mask;			/* elements - 1 */
	u32 shift;			/* log2 of an element's bytes */
	u32 own;			/* the kernel's index, masked */
	bool asked;			/* the kernel reads: the writer is told to ring a bell */
	struct rdma_user_mmap_entry *map;	/* NULL: not offered to user space */
};

/*
 * Make a ring of at least `min` usable elements (one stays free, so that full and empty differ) of
 * at least elem_bytes each.  GFP_KERNEL.  -ENOMEM, -EINVAL.
 */
int weftk_ring_init(struct weftk_ring *r, u32 min, u32 elem_bytes);
/* Offer it to the process behind udata, and tell it where in mi, which lies in its memory. */
int weftk_ring_offer(struct weftk_ring *r, struct ib_udata *udata, struct weft_abi_map __user *mi);
/* Take the offer back and free the memory; a process that has mapped it keeps its pages. */
void weftk_ring_free(struct weftk_ring *r);
/* Both indices to zero. */
void weftk_ring_reset(struct weftk_ring *r);

int weftk_mmap(struct ib_ucontext *uctx, struct vm_area_struct *vma);
void weftk_mmap_free(struct rdma_user_mmap_entry *entry);

static inline void *weftk_ring_at(const struct weftk_ring *r, u32 index)
{
	return r->buf->data + ((size_t)(index & r->mask) << r->shift);
}

/* The kernel reads: elements that the process has written beyond the first `taken` ever. */
static inline u32 weftk_ring_ahead(const struct weftk_ring *r, u32 taken)
{
	return (smp_load_acquire(&r->buf->producer) - taken) & r->mask;
}

/* The kernel reads: one more element may be written again. */
static inline void weftk_ring_consumed(struct weftk_ring *r)
{
	r->own = (r->own + 1) & r->mask;
	smp_store_release(&r->buf->consumer, r->own);
}

/*
 * The kernel reads, and is about to stop looking: from now on the writer rings the doorbell.  The
 * caller then looks once more, since what was written before may have come without one.
 */
static inline void weftk_ring_ask(struct weftk_ring *r)
{
	if (r->asked)
		return;
	WRITE_ONCE(r->asked, true);
	WRITE_ONCE(r->buf->wake, WEFT_ABI_WAKE_DOORBELL);
	smp_mb();		/* weft-abi.h, Waking */
}

/* The kernel reads, and will look again by itself. */
static inline void weftk_ring_unask(struct weftk_ring *r)
{
	if (!r->asked)
		return;
	WRITE_ONCE(r->asked, false);
	WRITE_ONCE(r->buf->wake, 0);
}

/* The kernel has written an element: does the reader want an event?  Then it no longer does. */
static inline bool weftk_ring_wanted(struct weftk_ring *r, bool solicited)
{
	u32 want;

	smp_mb();		/* weft-abi.h, Waking */
	want = READ_ONCE(r->buf->wake);
	if (!(want & WEFT_ABI_WAKE_ANY) && !(want & WEFT_ABI_WAKE_SOLICITED && solicited))
		return false;
	return xchg(&r->buf->wake, 0);
}

/* The kernel writes: elements that the reader has not yet taken. */
static inline u32 weftk_ring_unread(const struct weftk_ring *r)
{
	return (r->own - smp_load_acquire(&r->buf->consumer)) & r->mask;
}

/* The kernel writes: the element at `own` is there. */
static inline void weftk_ring_produced(struct weftk_ring *r)
{
	r->own = (r->own + 1) & r->mask;
	smp_store_release(&r->buf->producer, r->own);
}

#endif
