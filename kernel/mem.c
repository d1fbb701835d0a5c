// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bytes of regions: copied from and to packets, worked on as words, lent to packets as page
 * fragments.  The only file that touches registered memory.  Callers have checked the range; it
 * may cross any number of pages.
 */
#include <linux/highmem.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/skbuff.h>

#include "kernel/verbs.h"

/* Bytes that lie together. */
struct piece {
	struct page *page;	/* NULL: there is no memory */
	u32 off;		/* in the page */
	u32 len;
};

static struct page *page_of(const struct weftk_mr *mr, u64 off)
{
	u64 chunk = off >> mr->shift;
	void *va;

	if (mr->kind == WEFTK_MR_DMA) {
		va = ib_virt_dma_to_ptr(off);
		if (is_vmalloc_addr(va))
			return vmalloc_to_page(va);
		return virt_addr_valid(va) ? virt_to_page(va) : NULL;
	}
	if (chunk >= mr->n_chunks)
		return NULL;
	return nth_page(mr->chunks[chunk],
			(off & (BIT_ULL(mr->shift) - 1)) >> PAGE_SHIFT);
}

static struct piece piece_at(const struct weftk_mr *mr, u64 off, u32 len)
{
	struct piece p = { .page = page_of(mr, off), .off = (u32)(off & ~PAGE_MASK) };

	p.len = min_t(u32, len, (u32)PAGE_SIZE - p.off);
	return p;
}

/* ---- Memory of other drivers ------------------------------------------------------- */

#define BOUNCE 128u

static void iomem_from_skb(const struct weftk_mr *mr, u64 off, const struct sk_buff *skb, u32 from,
			   u32 len)
{
	struct iosys_map map = mr->map;
	u8 bounce[BOUNCE];

	if (!map.is_iomem) {
		skb_copy_bits(skb, (int)from, map.vaddr + off, (int)len);
		return;
	}
	while (len) {
		u32 n = min_t(u32, len, BOUNCE);

		skb_copy_bits(skb, (int)from, bounce, (int)n);
		iosys_map_memcpy_to(&map, off, bounce, n);
		from += n;
		off += n;
		len -= n;
	}
}

/* ---- Copying ----------------------------------------------------------------------- */

void weftk_from_skb(const struct weftk_span *span, u64 off, const struct sk_buff *skb, u32 from,
		    u32 len)
{
	off += span->off;
	if (span->mr->kind == WEFTK_MR_DMABUF) {
		iomem_from_skb(span->mr, off, skb, from, len);
		return;
	}
	while (len) {
		struct piece p = piece_at(span->mr, off, len);

		if (p.page) {
			u8 *va = kmap_local_page(p.page);

			skb_copy_bits(skb, (int)from, va + p.off, (int)p.len);
			kunmap_local(va);
		}
		from += p.len;
		off += p.len;
		len -= p.len;
	}
}

void weftk_to_mem(const struct weftk_span *span, u64 off, const void *from, u32 len)
{
	struct iosys_map map = span->mr->map;

	off += span->off;
	if (span->mr->kind == WEFTK_MR_DMABUF) {
		iosys_map_memcpy_to(&map, off, from, len);
		return;
	}
	while (len) {
		struct piece p = piece_at(span->mr, off, len);

		if (p.page)
			memcpy_to_page(p.page, p.off, from, p.len);
		from += p.len;
		off += p.len;
		len -= p.len;
	}
}

void weftk_from_mem(const struct weftk_span *span, u64 off, void *to, u32 len)
{
	struct iosys_map map = span->mr->map;

	off += span->off;
	if (span->mr->kind == WEFTK_MR_DMABUF) {
		iosys_map_memcpy_from(to, &map, off, len);
		return;
	}
	while (len) {
		struct piece p = piece_at(span->mr, off, len);

		if (p.page)
			memcpy_from_page(to, p.page, p.off, p.len);
		else
			memset(to, 0, p.len);
		to += p.len;
		off += p.len;
		len -= p.len;
	}
}

/* ---- Words ------------------------------------------------------------------------- */

/* Where the word lies, mapped; *mapped: to be unmapped.  NULL: it is no aligned word of memory. */
static void *word_at(const struct weftk_span *span, u32 width, void **mapped)
{
	struct piece p;

	*mapped = NULL;
	if (span->off & (width - 1))
		return NULL;
	if (span->mr->kind == WEFTK_MR_DMABUF)
		return span->mr->map.is_iomem ? NULL : span->mr->map.vaddr + span->off;
	p = piece_at(span->mr, span->off, width);
	if (!p.page || p.len < width)
		return NULL;
	*mapped = kmap_local_page(p.page);
	return *mapped + p.off;
}

/* Users work on the word too, so that it is one step of the processor's.  Words in memory are
 * little-endian, as is every machine that this is built for. */
#define WORK_ON(type)								\
static u64 work_on_##type(type *word, const struct weft_atomic *op)		\
{										\
	type old = READ_ONCE(*word), seen;					\
										\
	for (;;) {								\
		seen = cmpxchg(word, old, (type)weft_atomic_apply(op, old));	\
		if (seen == old)						\
			return old;						\
		old = seen;							\
	}									\
}
WORK_ON(u8)
WORK_ON(u16)
WORK_ON(u32)
WORK_ON(u64)

bool weftk_word(const struct weftk_span *span, const struct weft_atomic *op, u64 *old)
{
	void *mapped, *word = word_at(span, op->width, &mapped);

	if (!word)
		return false;
	switch (op->width) {
	case 1:
		*old = work_on_u8(word, op);
		break;
	case 2:
		*old = work_on_u16(word, op);
		break;
	case 4:
		*old = work_on_u32(word, op);
		break;
	default:
		*old = work_on_u64(word, op);
		break;
	}
	if (mapped)
		kunmap_local(mapped);
	return true;
}

bool weftk_store8(const struct weftk_span *span, u64 value)
{
	void *mapped, *word = word_at(span, 8, &mapped);

	if (!word)
		return false;
	WRITE_ONCE(*(u64 *)word, value);
	if (mapped)
		kunmap_local(mapped);
	return true;
}

/* ---- Lending ----------------------------------------------------------------------- */

/* May a packet hold on to this page when its owner has it back? */
static bool can_share(const struct weftk_mr *mr, const struct page *page)
{
	return page && !PageSlab((struct page *)page) && page_ref_count((struct page *)page) > 0 &&
	       mr->kind != WEFTK_MR_DMABUF;
}

void weftk_drop_frags(struct sk_buff *skb, int n, u32 len)
{
	u32 more = skb->len - len;

	while (skb_shinfo(skb)->nr_frags > n) {
		skb_shinfo(skb)->nr_frags--;
		put_page(skb_frag_page(&skb_shinfo(skb)->frags[skb_shinfo(skb)->nr_frags]));
	}
	skb->len -= more;
	skb->data_len -= more;
	skb->truesize -= more;
}

static bool add_frags(const struct weftk_mr *mr, u64 off, u32 len, struct sk_buff *skb)
{
	while (len) {
		struct piece p = piece_at(mr, off, len);
		int n = skb_shinfo(skb)->nr_frags;

		if (n >= MAX_SKB_FRAGS - 1 || !can_share(mr, p.page))
			return false;
		get_page(p.page);
		skb_add_rx_frag(skb, n, p.page, (int)p.off, (int)p.len, p.len);
		off += p.len;
		len -= p.len;
	}
	return true;
}

bool weftk_span_gather(const struct weftk_span *span, u64 off, u32 len, struct sk_buff *skb,
		       bool copy)
{
	if (!copy)
		return add_frags(span->mr, off + span->off, len, skb);
	weftk_from_mem(span, off, skb_put(skb, len), len);
	return true;
}
