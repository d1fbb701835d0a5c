// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The data of send work requests: gathered for packets, placed when a READ or atomic brings them.
 * Each buffer is looked up by its key each time, so that a region may go at any moment.
 */
#include <linux/skbuff.h>

#include "kernel/verbs.h"

static enum weft_status gather(struct weftk_qp *qp, const struct weftk_swqe *w, u32 off, u32 len,
			       struct sk_buff *skb, bool copy)
{
	struct weftk_span span;
	enum weft_status st;
	u32 i, n;
	bool ok;

	for (i = 0; len && i < w->n_sge; i++) {
		if (off >= w->sge[i].length) {
			off -= w->sge[i].length;
			continue;
		}
		n = min(len, w->sge[i].length - off);
		st = weftk_local(qp->dev, qp->pd, &w->sge[i], 0, &span);
		if (st != WEFT_STATUS_OK)
			return st;
		ok = weftk_span_gather(&span, off, n, skb, copy);
		weftk_span_put(&span);
		if (!ok)
			return WEFT_STATUS_RNR;
		len -= n;
		off = 0;
	}
	return len ? WEFT_STATUS_LOCAL_LENGTH : WEFT_STATUS_OK;
}

enum weft_status weftk_swqe_gather(struct weftk_qp *qp, const struct weftk_swqe *w, u32 off,
				   u32 len, struct sk_buff *skb)
{
	bool copy = skb_tailroom(skb) >= (int)len;
	int n = skb_shinfo(skb)->nr_frags;
	u32 before = skb->len;
	enum weft_status st;

	if (w->flags & IB_SEND_INLINE) {
		if (off > w->len || len > w->len - off)
			return WEFT_STATUS_LOCAL_LENGTH;
		if (!copy)
			return WEFT_STATUS_RNR;
		skb_put_data(skb, w->bytes + off, len);
		return WEFT_STATUS_OK;
	}
	st = gather(qp, w, off, len, skb, copy);
	if (st == WEFT_STATUS_OK)
		return st;
	if (copy)
		skb_trim(skb, before);
	else
		weftk_drop_frags(skb, n, before);
	return st;
}

/* One way for packets and for words: skb, or without one bytes. */
static enum weft_status place(struct weftk_qp *qp, const struct weftk_swqe *w, u32 at,
			      const struct sk_buff *skb, u32 from, const void *bytes, u32 len)
{
	struct weftk_span span;
	enum weft_status st;
	u32 i, n;

	for (i = 0; len && i < w->n_sge; i++) {
		if (at >= w->sge[i].length) {
			at -= w->sge[i].length;
			continue;
		}
		n = min(len, w->sge[i].length - at);
		st = weftk_local(qp->dev, qp->pd, &w->sge[i], IB_ACCESS_LOCAL_WRITE, &span);
		if (st != WEFT_STATUS_OK)
			return st;
		if (skb)
			weftk_from_skb(&span, at, skb, from, n);
		else
			weftk_to_mem(&span, at, bytes + from, n);
		weftk_span_put(&span);
		from += n;
		len -= n;
		at = 0;
	}
	return len ? WEFT_STATUS_LOCAL_LENGTH : WEFT_STATUS_OK;
}

enum weft_status weftk_swqe_place(struct weftk_qp *qp, const struct weftk_swqe *w, u32 off,
				  const struct sk_buff *skb, u32 from, u32 len)
{
	return place(qp, w, off, skb, from, NULL, len);
}

enum weft_status weftk_swqe_result(struct weftk_qp *qp, const struct weftk_swqe *w, u64 value)
{
	return place(qp, w, 0, NULL, 0, &value, sizeof(value));
}
