// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Queue pairs: made and destroyed, found by number, failed, flushed.  Leaves their attributes to
 * modify.c, their queues to sq.c and rq.c, what travels to act.c and ud.c.
 */
#include <linux/mm.h>
#include <rdma/uverbs_ioctl.h>

#include "kernel/verbs.h"

/* ---- By number ----------------------------------------------------------------------- */

struct weftk_qp *weftk_qp_get(struct weftk_ibdev *dev, u32 num)
{
	struct weftk_qp *qp;

	xa_lock_bh(&dev->qps);
	qp = xa_load(&dev->qps, num);
	if (qp && !refcount_inc_not_zero(&qp->users))
		qp = NULL;
	xa_unlock_bh(&dev->qps);
	return qp;
}

void weftk_qp_put(struct weftk_qp *qp)
{
	if (refcount_dec_and_test(&qp->users))
		complete(&qp->unused);
}

/* A number that leads to nobody before publish(). */
static int take_number(struct weftk_qp *qp)
{
	struct weftk_ibdev *dev = qp->dev;
	int err;

	if (qp->ib.qp_type == IB_QPT_GSI) {
		qp->num = 1;
		err = xa_insert_bh(&dev->qps, 1, NULL, GFP_KERNEL);
	} else {
		err = xa_alloc_cyclic_bh(&dev->qps, &qp->num, NULL,
					 XA_LIMIT(WEFTK_QPN_FIRST, WEFTK_QPN_MASK - 1),
					 &dev->next_qpn, GFP_KERNEL);
	}
	return err < 0 ? err : 0;
}

/* The place is reserved, so nothing can fail. */
static void publish(struct weftk_qp *qp)
{
	xa_store_bh(&qp->dev->qps, qp->num, qp, GFP_KERNEL);
}

/* ---- Failing, flushing ------------------------------------------------------------------ */

void weftk_qp_later(struct weftk_qp *qp)
{
	queue_work(weftk_wq, &qp->work);
}

void weftk_qp_event(struct weftk_qp *qp, enum ib_event_type type)
{
	set_bit((int)type, &qp->events);
	weftk_qp_later(qp);
}

static bool to_error(struct weftk_qp *qp)
{
	unsigned long flags;
	bool now;

	spin_lock_irqsave(&qp->sq.lock, flags);
	spin_lock(&qp->rq.lock);
	now = qp->state != IB_QPS_ERR && qp->state != IB_QPS_RESET;
	if (now)
		qp->state = IB_QPS_ERR;
	spin_unlock(&qp->rq.lock);
	spin_unlock_irqrestore(&qp->sq.lock, flags);
	return now;
}

void weftk_qp_fail(struct weftk_qp *qp, enum weft_status st)
{
	if (!to_error(qp))
		return;
	weftk_count(qp->dev, WEFTK_COUNT_QP_ERRORS);
	if (qp->connecting)
		weftk_ep_fail(&qp->ep, st);
	if (qp->srq)
		set_bit(IB_EVENT_QP_LAST_WQE_REACHED, &qp->events);
	weftk_qp_later(qp);
}

/* WEFT-VRB-024: nothing fails before there is something to send. */
void weftk_qp_gone(struct weftk_qp *qp)
{
	WRITE_ONCE(qp->gone, true);
	weftk_qp_later(qp);
}

static void flush_sends(struct weftk_qp *qp, u8 first)
{
	enum weftk_reaped found;
	struct weftk_swqe *w;
	unsigned long flags;
	u32 left = qp->sq.mask + 1;

	spin_lock_irqsave(&qp->sq.lock, flags);
	if (qp->sq.waits && qp->sq.taken != qp->sq.done) {
		w = weftk_swqe(&qp->sq, qp->sq.taken - 1);
		w->status = IB_WC_WR_FLUSH_ERR;
		w->state = WEFTK_SWQE_DONE;
		qp->sq.waits = false;
	}
	while (left-- && (w = weftk_sq_take(qp)) != NULL) {
		w->status = first;
		w->state = WEFTK_SWQE_DONE;
		first = IB_WC_WR_FLUSH_ERR;
	}
	found = weftk_sq_reap(qp);
	/* Without room the ring's claim is a lie, and what is with the engine is the last. */
	if (weftk_sq_rest(&qp->sq) && qp->sq.taken - qp->sq.done < qp->sq.mask)
		weftk_qp_later(qp);
	spin_unlock_irqrestore(&qp->sq.lock, flags);
	weftk_sq_settle(qp, found);
}

/* Of a buffer whose place is free already: who sees this may post at once. */
static bool flush_one(struct weftk_qp *qp, u64 wr_id, u8 status)
{
	struct ib_wc wc = {
		.wr_id = wr_id,
		.status = status,
		.opcode = IB_WC_RECV,
		.qp = &qp->ib,
		.src_qp = qp->attr.dest_qp_num,
		.port_num = 1,
	};

	return weftk_cq_push(qp->recv_cq, &wc, false);
}

/* Buffers of a shared queue go back to it, but for the one that something was wrong with. */
static bool flush_bound(struct weftk_qp *qp)
{
	bool due = false;
	u64 wr_id;
	u32 i;

	for (i = 0; i <= qp->bound_mask; i++) {
		struct weftk_rwqe **at = &qp->bound[(qp->srq_done + i) & qp->bound_mask];

		if (*at && qp->recv_error) {
			wr_id = (*at)->wr_id;
			weftk_srq_used(qp->srq, *at);
			due |= flush_one(qp, wr_id, qp->recv_error);
			qp->recv_error = 0;
		} else if (*at) {
			weftk_srq_return(qp->srq, *at);
		}
		*at = NULL;
	}
	return due;
}

static void flush_recvs(struct weftk_qp *qp)
{
	u32 left = qp->rq.mask + 1;
	struct weftk_rwqe *w;
	unsigned long flags;
	bool due = false;

	spin_lock_irqsave(&qp->rq.lock, flags);
	if (qp->srq) {
		due = flush_bound(qp);
		left = 0;
	}
	while (left-- && (w = weftk_rq_get(&qp->rq, qp->rq.done)) != NULL) {
		u64 wr_id = w->wr_id;

		weftk_rq_advance(&qp->rq);
		due |= flush_one(qp, wr_id, qp->recv_error ?: IB_WC_WR_FLUSH_ERR);
		qp->recv_error = 0;
	}
	if (qp->rq.ring.buf) {	/* what is posted from now on is flushed too */
		weftk_ring_ask(&qp->rq.ring);
		if (weftk_ring_ahead(&qp->rq.ring, qp->rq.taken))
			weftk_qp_later(qp);
	}
	spin_unlock_irqrestore(&qp->rq.lock, flags);
	if (due)
		weftk_cq_notify(qp->recv_cq);
}

void weftk_qp_flush(struct weftk_qp *qp)
{
	flush_sends(qp, IB_WC_WR_FLUSH_ERR);
	flush_recvs(qp);
}

/* ---- What is done in a context of its own ------------------------------------------------- */

static void report_events(struct weftk_qp *qp)
{
	struct ib_event ev = { .device = qp->ib.device, .element.qp = &qp->ib };
	int type;

	for_each_set_bit(type, &qp->events, BITS_PER_LONG) {
		if (!test_and_clear_bit(type, &qp->events) || !qp->ib.event_handler)
			continue;
		ev.event = type;
		qp->ib.event_handler(&ev, qp->ib.qp_context);
	}
}

void weftk_qp_work(struct work_struct *work)
{
	struct weftk_qp *qp = container_of(work, struct weftk_qp, work);

	/* What the engine has comes back by itself, with the cause. */
	if (qp->state == IB_QPS_RTS && READ_ONCE(qp->gone) && weftk_sq_pending(&qp->sq) &&
	    READ_ONCE(qp->sq.taken) == READ_ONCE(qp->sq.done))
		flush_sends(qp, IB_WC_RETRY_EXC_ERR);	/* and fail */
	if (qp->state == IB_QPS_ERR)
		weftk_qp_flush(qp);
	else if (weftk_is_ud(qp))
		weftk_ud_send(qp);
	report_events(qp);
}

/* WEFT-VRB-005: how long work may wait for a connection. */
static unsigned long patience_of(const struct weftk_qp *qp)
{
	u64 ns = 4096ull << (qp->attr.timeout & 31);

	ns *= qp->attr.retry_cnt + 1u;
	return nsecs_to_jiffies(clamp_t(u64, ns, NSEC_PER_SEC, 60 * NSEC_PER_SEC));
}

void weftk_qp_patience(struct weftk_qp *qp)
{
	if (!READ_ONCE(qp->up) && qp->state == IB_QPS_RTS && qp->attr.timeout)
		queue_delayed_work(weftk_wq, &qp->patience, patience_of(qp));
}

static void patience_over(struct work_struct *work)
{
	struct weftk_qp *qp = container_of(work, struct weftk_qp, patience.work);

	if (!READ_ONCE(qp->up) && qp->state == IB_QPS_RTS)
		weftk_qp_gone(qp);
}

/* ---- Making ------------------------------------------------------------------------------ */

static int check_caps(const struct ib_qp_init_attr *init)
{
	const struct ib_qp_cap *cap = &init->cap;

	if (cap->max_send_wr > WEFTK_MAX_WR || cap->max_send_sge > WEFTK_MAX_SGE ||
	    cap->max_inline_data > WEFTK_MAX_INLINE)
		return -EINVAL;
	if (!init->srq && (cap->max_recv_wr > WEFTK_MAX_WR || cap->max_recv_sge > WEFTK_MAX_SGE))
		return -EINVAL;
	return init->send_cq && init->recv_cq ? 0 : -EINVAL;
}

static int check_init(const struct ib_qp_init_attr *init, const struct ib_udata *udata)
{
	switch (init->qp_type) {
	case IB_QPT_GSI:
		if (udata)
			return -EINVAL;
		break;
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (init->create_flags)
		return -EOPNOTSUPP;
	if (udata && udata->outlen < sizeof(struct weft_abi_qp_resp))
		return -EINVAL;
	return check_caps(init);
}

static void init_qp(struct weftk_qp *qp, const struct ib_qp_init_attr *init,
		    const struct ib_udata *udata)
{
	qp->dev = to_wdev(qp->ib.device);
	refcount_set(&qp->users, 1);
	init_completion(&qp->unused);
	mutex_init(&qp->modify);
	INIT_WORK(&qp->work, weftk_qp_work);
	INIT_DELAYED_WORK(&qp->patience, patience_over);
	qp->state = IB_QPS_RESET;
	qp->user = udata;
	qp->pd = to_wpd(qp->ib.pd)->num;
	qp->send_cq = to_wcq(init->send_cq);
	qp->recv_cq = to_wcq(init->recv_cq);
	qp->srq = init->srq ? to_wsrq(init->srq) : NULL;
	qp->sq.sig_all = init->sq_sig_type == IB_SIGNAL_ALL_WR;
	spin_lock_init(&qp->rq.lock);
	spin_lock_init(&qp->ud_lock);
}

static int make_recv(struct weftk_qp *qp, struct ib_qp_init_attr *init, struct ib_udata *udata)
{
	struct weft_abi_qp_resp __user *resp = udata ? udata->outbuf : NULL;
	int err;

	if (!qp->srq) {
		err = weftk_rq_init(&qp->rq, &init->cap, udata, resp ? &resp->rq : NULL);
		init->cap.max_recv_wr = qp->rq.max_wr;
		return err;
	}
	qp->bound_mask = WEFTK_WINDOW - 1;
	qp->bound = kcalloc(WEFTK_WINDOW, sizeof(*qp->bound), GFP_KERNEL);
	return qp->bound ? 0 : -ENOMEM;
}

int weftk_create_qp(struct ib_qp *ib, struct ib_qp_init_attr *init, struct ib_udata *udata)
{
	struct weft_abi_qp_resp __user *resp = udata ? udata->outbuf : NULL;
	struct weftk_qp *qp = to_wqp(ib);
	int err = check_init(init, udata);

	if (err)
		return err;
	init_qp(qp, init, udata);
	err = weftk_sq_init(&qp->sq, &init->cap, udata, resp ? &resp->sq : NULL);
	if (err)
		return err;
	init->cap.max_send_wr = qp->sq.max_wr;
	err = make_recv(qp, init, udata);
	if (err)
		goto free_sq;
	qp->attr.cap = init->cap;
	err = take_number(qp);
	if (err)
		goto free_rq;
	ib->qp_num = qp->num;
	if (!weftk_is_ud(qp))
		weftk_ep_init(&qp->ep, qp->dev->host, qp->num);
	publish(qp);
	return 0;
free_rq:
	weftk_rq_free(&qp->rq);
	kfree(qp->bound);
free_sq:
	weftk_sq_free(&qp->sq);
	return err;
}

/* Nothing is under way in it any more, and nothing will begin. */
void weftk_qp_quiesce(struct weftk_qp *qp)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->sq.lock, flags);
	spin_lock(&qp->rq.lock);
	qp->state = IB_QPS_RESET;
	spin_unlock(&qp->rq.lock);
	spin_unlock_irqrestore(&qp->sq.lock, flags);
	if (!weftk_is_ud(qp))
		weftk_ep_reset(&qp->ep);
	spin_lock_bh(&qp->ud_lock);	/* who sends looks at the state for each datagram */
	spin_unlock_bh(&qp->ud_lock);
	qp->connecting = false;
	cancel_delayed_work_sync(&qp->patience);
	cancel_work_sync(&qp->work);
	if (qp->bound)
		flush_bound(qp);
}

int weftk_destroy_qp(struct ib_qp *ib, struct ib_udata *udata)
{
	struct weftk_qp *qp = to_wqp(ib);

	weftk_leave_groups(qp);
	xa_erase_bh(&qp->dev->qps, qp->num);
	weftk_qp_quiesce(qp);
	weftk_qp_put(qp);
	wait_for_completion(&qp->unused);
	cancel_work_sync(&qp->work);	/* a datagram may have come meanwhile */
	weftk_rq_free(&qp->rq);
	weftk_sq_free(&qp->sq);
	kfree(qp->bound);
	return 0;
}
