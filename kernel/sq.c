// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Send queues: from the user's hands to a slot of the kernel's, and from the slot to a completion,
 * in order.  Leaves to post.c what a request says, to act.c what the engine does with it.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "kernel/atomics.h"

/* A process's request may hold as many bytes of data as of buffers, so both are granted alike. */
int weftk_sq_init(struct weftk_sq *sq, struct ib_qp_cap *cap, struct ib_udata *udata,
		  struct weft_abi_map __user *mi)
{
	u32 wr = max(cap->max_send_wr, 1u);
	u32 data = max_t(u32, cap->max_send_sge * sizeof(struct ib_sge), cap->max_inline_data);
	int err;

	data = ALIGN(max_t(u32, data, sizeof(struct ib_sge)), sizeof(struct ib_sge));
	spin_lock_init(&sq->lock);
	sq->mask = roundup_pow_of_two(wr + 1) - 1;
	sq->max_wr = sq->mask;
	sq->max_sge = data / sizeof(struct ib_sge);
	sq->max_inline = data;
	sq->stride = ALIGN(sizeof(struct weftk_swqe) + data, 8);
	sq->slots = kvcalloc(sq->mask + 1, sq->stride, GFP_KERNEL);
	if (!sq->slots)
		return -ENOMEM;
	cap->max_send_sge = sq->max_sge;
	cap->max_inline_data = sq->max_inline;
	if (!udata)
		return 0;
	err = weftk_ring_init(&sq->ring, wr, sizeof(struct weft_abi_send) + data);
	if (!err) {
		weftk_ring_ask(&sq->ring);
		err = weftk_ring_offer(&sq->ring, udata, mi);
	}
	if (err)
		weftk_sq_free(sq);
	return err;
}

void weftk_sq_free(struct weftk_sq *sq)
{
	weftk_ring_free(&sq->ring);
	kvfree(sq->slots);
	sq->slots = NULL;
}

void weftk_sq_reset(struct weftk_sq *sq)
{
	unsigned long flags;

	spin_lock_irqsave(&sq->lock, flags);
	sq->posted = 0;
	sq->taken = 0;
	sq->done = 0;
	sq->waits = false;
	sq->stopped = false;
	weftk_ring_reset(&sq->ring);
	if (sq->ring.buf)
		weftk_ring_ask(&sq->ring);
	spin_unlock_irqrestore(&sq->lock, flags);
}

bool weftk_sq_pending(const struct weftk_sq *sq)
{
	if (!sq->ring.buf)
		return sq->posted != sq->taken;
	return weftk_ring_ahead(&sq->ring, sq->taken);
}

bool weftk_sq_rest(struct weftk_sq *sq)
{
	if (!sq->ring.buf)
		return false;	/* kernel users always ring */
	weftk_ring_ask(&sq->ring);
	return weftk_sq_pending(sq);
}

/* With so many on their way their completions, which look at the queue, come soon enough. */
static bool busy(const struct weftk_qp *qp)
{
	return !weftk_is_ud(qp) && qp->sq.taken - qp->sq.done >= WEFTK_SQ_BUSY;
}

bool weftk_sq_look(struct weftk_qp *qp)
{
	struct weftk_sq *sq = &qp->sq;

	if (!sq->ring.buf || sq->ring.asked)
		return false;
	return busy(qp) ? weftk_sq_pending(sq) : weftk_sq_rest(sq);
}

struct weftk_swqe *weftk_sq_take(struct weftk_qp *qp)
{
	struct weftk_sq *sq = &qp->sq;
	struct weftk_swqe *w = weftk_swqe(sq, sq->taken);

	/* A process may claim to have written more than there is room for. */
	if (sq->taken - sq->done >= sq->mask)
		return NULL;
	if (!weftk_sq_pending(sq) && (busy(qp) || !weftk_sq_rest(sq)))
		return NULL;
	if (sq->ring.buf)
		weftk_ring_unask(&sq->ring);
	if (sq->ring.buf && !weftk_swqe_copy(qp, w, weftk_ring_at(&sq->ring, sq->taken))) {
		weftk_count(qp->dev, WEFTK_COUNT_BAD_WQE);
		w->state = WEFTK_SWQE_DONE;
		w->status = IB_WC_LOC_QP_OP_ERR;
	} else {
		w->state = WEFTK_SWQE_POSTED;
	}
	sq->taken++;
	return w;
}

/* ---- Completion ---------------------------------------------------------------------- */

/* The place is free before the completion is seen: who sees it may post at once. */
static void release(struct weftk_sq *sq, struct weftk_swqe *w)
{
	w->state = WEFTK_SWQE_FREE;
	sq->done++;
	if (sq->ring.buf)
		weftk_ring_consumed(&sq->ring);
}

enum weftk_reaped weftk_sq_reap(struct weftk_qp *qp)
{
	struct weftk_sq *sq = &qp->sq;
	enum weftk_reaped found = 0;
	struct weftk_swqe *w;
	bool told;

	while (sq->done != sq->taken) {
		struct ib_wc wc = { .qp = &qp->ib, .port_num = 1 };

		w = weftk_swqe(sq, sq->done);
		if (w->state != WEFTK_SWQE_DONE)
			break;
		wc.wr_id = w->wr_id;
		wc.status = w->status;
		wc.opcode = w->opcode == WEFTK_WR_ATOMIC ? weftk_atomic_opcode(w) :
							   weftk_wc_opcode(w->opcode);
		wc.vendor_err = w->why;
		wc.byte_len = w->len;
		/* WEFT-VRB-021: an error is always told. */
		told = w->status != IB_WC_SUCCESS || sq->sig_all || w->flags & IB_SEND_SIGNALED;
		release(sq, w);
		if (told && weftk_cq_push(qp->send_cq, &wc, false))
			found |= WEFTK_REAPED_NOTIFY;
		if (wc.status != IB_WC_SUCCESS && wc.status != IB_WC_WR_FLUSH_ERR)
			found |= WEFTK_REAPED_ERROR;
	}
	return found;
}

void weftk_sq_settle(struct weftk_qp *qp, enum weftk_reaped found)
{
	if (found & WEFTK_REAPED_NOTIFY)
		weftk_cq_notify(qp->send_cq);
	if (found & WEFTK_REAPED_ERROR)
		weftk_qp_fail(qp, WEFT_STATUS_FLUSHED);
}

/* ---- Posting ------------------------------------------------------------------------- */

static int post_list(struct weftk_qp *qp, const struct ib_send_wr *wr,
		     const struct ib_send_wr **bad)
{
	struct weftk_sq *sq = &qp->sq;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&sq->lock, flags);
	for (; wr; wr = wr->next) {
		err = qp->state < IB_QPS_RTS ? -EINVAL :
		      sq->posted - sq->done >= sq->max_wr ? -ENOMEM :
		      weftk_swqe_fill(qp, weftk_swqe(sq, sq->posted), wr);
		if (err)
			break;
		sq->posted++;
	}
	spin_unlock_irqrestore(&sq->lock, flags);
	if (err)
		*bad = wr;
	return err;
}

/* Will the kernel look by itself?  The library in use may not know, and ring for each request. */
static bool needless(const struct weftk_sq *sq)
{
	smp_mb();		/* weft-abi.h, Waking: what is written, then whether to ring */
	return sq->ring.buf && !READ_ONCE(sq->ring.asked);
}

/* Let what is queued be looked at.  Kernel users may hold locks that their handlers take. */
static void ring_bell(struct weftk_qp *qp)
{
	if (qp->state == IB_QPS_ERR || READ_ONCE(qp->gone)) {
		weftk_qp_later(qp);
	} else if (weftk_is_ud(qp)) {
		if (qp->user)
			weftk_ud_send(qp);
		else
			weftk_qp_later(qp);
	} else {
		weftk_qp_patience(qp);
		if (needless(&qp->sq))
			return;
		if (qp->user)
			weftk_ep_kick(&qp->ep);
		else
			weftk_ep_kick_later(&qp->ep);
	}
}

int weftk_post_send(struct ib_qp *ib, const struct ib_send_wr *wr, const struct ib_send_wr **bad)
{
	struct weftk_qp *qp = to_wqp(ib);
	int err = 0;

	if (qp->user) {
		/* The requests lie in the ring; this is only the bell. */
		if (wr || qp->state < IB_QPS_RTS) {
			*bad = wr;
			return -EINVAL;
		}
	} else {
		err = post_list(qp, wr, bad);
	}
	ring_bell(qp);
	return err;
}
