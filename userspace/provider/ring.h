/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's side of the queues that it shares with weft.ko, as kernel/uapi/weft-abi.h says.
 * Decides how indices and barriers are used; leaves to others what the elements mean.  One caller
 * at a time.
 */
#ifndef WEFT_PROVIDER_RING_H
#define WEFT_PROVIDER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/uapi/weft-abi.h"

struct weft_ring {
	struct weft_abi_ring *buf;	/* NULL: not mapped */
	uint32_t mask;			/* elements - 1 */
	uint32_t shift;			/* log2 of an element's bytes */
	uint32_t own;			/* our index, masked */
	uint32_t other;			/* the kernel's, as seen last */
	size_t bytes;			/* of buf */
};

/*
 * Take memory that the kernel has set up as a ring of elements of at least elem_bytes.  False: it
 * is none, or of another version.  The kernel's numbers are read once: what is in the memory may
 * be overwritten by a faulty program later.
 */
static inline bool weft_ring_open(struct weft_ring *r, void *mem, size_t bytes, size_t elem_bytes)
{
	struct weft_abi_ring *buf = mem;

	if (bytes < sizeof(*buf) || buf->version != WEFT_ABI_VERSION || buf->log2_elem > 20 ||
	    (buf->index_mask & (buf->index_mask + 1)) != 0 ||
	    ((size_t)1 << buf->log2_elem) < elem_bytes ||
	    (((size_t)buf->index_mask + 1) << buf->log2_elem) > bytes - sizeof(*buf))
		return false;
	r->buf = buf;
	r->bytes = bytes;
	r->mask = buf->index_mask;
	r->shift = buf->log2_elem;
	r->own = 0;
	r->other = 0;
	return true;
}

/* The kernel has begun again with both indices 0. */
static inline void weft_ring_rewind(struct weft_ring *r)
{
	r->own = 0;
	r->other = 0;
}

static inline void *weft_ring_at(const struct weft_ring *r, uint32_t index)
{
	return r->buf->data + ((size_t)index << r->shift);
}

static inline uint32_t weft_ring_next(const struct weft_ring *r, uint32_t index)
{
	return (index + 1) & r->mask;
}

/* ---- We put --------------------------------------------------------------------------- */

/* May the element at `index`, not before r->own, be written? */
static inline bool weft_ring_has_room(struct weft_ring *r, uint32_t index)
{
	uint32_t next = weft_ring_next(r, index);

	if (next != r->other)
		return true;
	r->other = __atomic_load_n(&r->buf->consumer, __ATOMIC_ACQUIRE) & r->mask;
	return next != r->other;
}

/* All before `index` are the kernel's. */
static inline void weft_ring_put(struct weft_ring *r, uint32_t index)
{
	r->own = index;
	__atomic_store_n(&r->buf->producer, index, __ATOMIC_RELEASE);
}

/* After weft_ring_put(): is the kernel to be told? */
static inline bool weft_ring_bell(const struct weft_ring *r)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&r->buf->wake, __ATOMIC_RELAXED) != 0;
}

/* ---- We take -------------------------------------------------------------------------- */

/* Is there an element at `index`, all before which were? */
static inline bool weft_ring_has(struct weft_ring *r, uint32_t index)
{
	if (index != r->other)
		return true;
	r->other = __atomic_load_n(&r->buf->producer, __ATOMIC_ACQUIRE) & r->mask;
	return index != r->other;
}

/* All before `index` may be written again. */
static inline void weft_ring_took(struct weft_ring *r, uint32_t index)
{
	r->own = index;
	__atomic_store_n(&r->buf->consumer, index, __ATOMIC_RELEASE);
}

/*
 * Completions of a queue pair that is no more, or begins again, go; the others keep their order.
 * The kernel does not touch what it has put, so that they may be moved up within that.
 */
static inline void weft_ring_drop(struct weft_ring *r, uint32_t qp_num)
{
	uint32_t to, at;

	r->other = __atomic_load_n(&r->buf->producer, __ATOMIC_ACQUIRE) & r->mask;
	for (at = to = r->other; at != r->own;) {
		const struct weft_abi_wc *wc;

		at = (at - 1) & r->mask;
		wc = weft_ring_at(r, at);
		if (wc->qp_num == qp_num)
			continue;
		to = (to - 1) & r->mask;
		if (to != at)
			*(struct weft_abi_wc *)weft_ring_at(r, to) = *wc;
	}
	if (to != r->own)
		weft_ring_took(r, to);
}

/* Ask for an event, WEFT_ABI_WAKE_*, at the next element; then look at the ring once more. */
static inline void weft_ring_want(struct weft_ring *r, uint32_t bits)
{
	__atomic_fetch_or(&r->buf->wake, bits, __ATOMIC_SEQ_CST);
}

#endif
