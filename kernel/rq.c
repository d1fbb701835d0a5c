// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Receive queues of queue pairs.  Work requests lie in slots of the kernel's own: kernel users'
 * go there at once, a process's are copied from its ring when they are needed, so that it cannot
 * change what has been checked.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "kernel/verbs.h"

int weftk_rq_init(struct weftk_rq *rq, const struct ib_qp_cap *cap, struct ib_udata *udata,
		  struct weft_abi_map __user *mi)
{
	u32 wr = max(cap->max_recv_wr, 1u), slots;
	int err;

	spin_lock_init(&rq->lock);
	rq->max_sge = cap->max_recv_sge;
	slots = roundup_pow_of_two(wr + 1);
	rq->mask = slots - 1;
	rq->max_wr = rq->mask;
	rq->stride = ALIGN(sizeof(struct weftk_rwqe) + rq->max_sge * sizeof(struct ib_sge), 8);
	rq->slots = kvcalloc(slots, rq->stride, GFP_KERNEL);
	if (!rq->slots)
		return -ENOMEM;
	if (!udata)
		return 0;
	err = weftk_ring_init(&rq->ring, wr, sizeof(struct weft_abi_recv) +
			      rq->max_sge * sizeof(struct weft_abi_sge));
	if (!err)
		err = weftk_ring_offer(&rq->ring, udata, mi);
	if (err)
		weftk_rq_free(rq);
	return err;
}

void weftk_rq_free(struct weftk_rq *rq)
{
	weftk_ring_free(&rq->ring);
	kvfree(rq->slots);
	rq->slots = NULL;
}

void weftk_rq_reset(struct weftk_rq *rq)
{
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	rq->posted = 0;
	rq->taken = 0;
	rq->done = 0;
	rq->base = 0;
	weftk_ring_reset(&rq->ring);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* A process's element, which may change while it is read: each field is taken once.  One that
 * contradicts itself is a buffer without room, so that whatever comes for it is refused. */
bool weftk_rwqe_copy(struct weftk_rwqe *to, const struct weft_abi_recv *from, u32 max_sge)
{
	const struct weft_abi_sge *sge = WEFT_ABI_SGE(from);
	u32 n = READ_ONCE(from->data.num_sge), i;
	u64 len = 0;

	to->wr_id = READ_ONCE(from->wr_id);
	to->len = 0;
	to->n_sge = 0;
	if (n > max_sge)
		return false;
	for (i = 0; i < n; i++) {
		to->sge[i].addr = READ_ONCE(sge[i].addr);
		to->sge[i].length = READ_ONCE(sge[i].length);
		to->sge[i].lkey = READ_ONCE(sge[i].lkey);
		len += to->sge[i].length;
	}
	if (len > WEFTK_MAX_MSG)
		return false;
	to->n_sge = n;
	to->len = (u32)len;
	return true;
}

int weftk_rwqe_fill(struct weftk_rwqe *to, const struct ib_recv_wr *wr, u32 max_sge)
{
	u64 len = 0;
	int i;

	if (wr->num_sge < 0 || wr->num_sge > (int)max_sge)
		return -EINVAL;
	for (i = 0; i < wr->num_sge; i++) {
		to->sge[i] = wr->sg_list[i];
		len += wr->sg_list[i].length;
	}
	if (len > WEFTK_MAX_MSG)
		return -EINVAL;
	to->wr_id = wr->wr_id;
	to->n_sge = (u32)wr->num_sge;
	to->len = (u32)len;
	return 0;
}

struct weftk_rwqe *weftk_rq_get(struct weftk_rq *rq, u32 i)
{
	u32 ahead = i - rq->done;

	if (ahead > rq->mask)
		return NULL;
	while (rq->ring.buf && rq->taken - rq->done <= ahead) {
		if (!weftk_ring_ahead(&rq->ring, rq->taken))
			return NULL;
		weftk_rwqe_copy(weftk_rwqe(rq, rq->taken), weftk_ring_at(&rq->ring, rq->taken),
				rq->max_sge);
		rq->taken++;
	}
	return ahead < rq->taken - rq->done ? weftk_rwqe(rq, i) : NULL;
}

void weftk_rq_advance(struct weftk_rq *rq)
{
	rq->done++;
	if (rq->ring.buf)
		weftk_ring_consumed(&rq->ring);
}

int weftk_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr, const struct ib_recv_wr **bad)
{
	struct weftk_qp *qp = to_wqp(ib);
	struct weftk_rq *rq = &qp->rq;
	unsigned long flags;
	bool failed;
	int err = 0;

	if (qp->user || qp->srq) {
		*bad = wr;
		return -EINVAL;
	}
	spin_lock_irqsave(&rq->lock, flags);
	for (; wr; wr = wr->next) {
		err = qp->state == IB_QPS_RESET ? -EINVAL :
		      rq->posted - rq->done >= rq->max_wr ? -ENOMEM :
		      weftk_rwqe_fill(weftk_rwqe(rq, rq->posted), wr, rq->max_sge);
		if (err)
			break;
		rq->taken = ++rq->posted;
	}
	failed = qp->state == IB_QPS_ERR;
	spin_unlock_irqrestore(&rq->lock, flags);
	if (err)
		*bad = wr;
	if (failed)
		weftk_qp_later(qp);
	return err;
}

/* ---- Into the buffers ---------------------------------------------------------------- */

/* Where payload comes from: skb at off, or, without one, bytes. */
struct source {
	const struct sk_buff *skb;
	u32 off;
	const u8 *bytes;
};

static enum weft_status place(struct weftk_ibdev *dev, u32 pd, const struct weftk_rwqe *w, u32 at,
			      struct source from, u32 len)
{
	struct weftk_span span;
	enum weft_status st;
	u32 i, n;

	if (at > w->len || len > w->len - at)
		return WEFT_STATUS_TOO_LONG;
	for (i = 0; len && i < w->n_sge; i++) {
		if (at >= w->sge[i].length) {
			at -= w->sge[i].length;
			continue;
		}
		n = min(len, w->sge[i].length - at);
		st = weftk_local(dev, pd, &w->sge[i], IB_ACCESS_LOCAL_WRITE, &span);
		if (st != WEFT_STATUS_OK)
			return st;
		if (from.skb)
			weftk_from_skb(&span, at, from.skb, from.off, n);
		else
			weftk_to_mem(&span, at, from.bytes, n);
		weftk_span_put(&span);
		from.off += n;
		from.bytes += n;
		len -= n;
		at = 0;
	}
	return WEFT_STATUS_OK;
}

enum weft_status weftk_rwqe_place(struct weftk_ibdev *dev, u32 pd, const struct weftk_rwqe *w,
				  u32 off, const struct sk_buff *skb, u32 from, u32 len)
{
	return place(dev, pd, w, off, (struct source){ .skb = skb, .off = from }, len);
}

enum weft_status weftk_rwqe_write(struct weftk_ibdev *dev, u32 pd, const struct weftk_rwqe *w,
				  u32 off, const void *from, u32 len)
{
	return place(dev, pd, w, off, (struct source){ .bytes = from }, len);
}
