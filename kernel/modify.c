// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Attributes of queue pairs: checked, set, read; and what each change of state does to the
 * endpoint and the queues.
 */
#include <linux/log2.h>

#include "kernel/verbs.h"

/* IBA 9.7.5.2.8: the RNR timer's code as microseconds. */
static u32 rnr_us(u8 code)
{
	static const u32 us[32] = {
		655360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920,
		2560, 3840, 5120, 7680, 10240, 15360, 20480, 30720, 40960, 61440, 81920, 122880,
		163840, 245760, 327680, 491520,
	};

	return us[code & 31];
}

/* ---- Checking ------------------------------------------------------------------------- */

static int check_values(const struct ib_qp_attr *attr, int mask)
{
	if (mask & IB_QP_PORT && attr->port_num != 1)
		return -EINVAL;
	if (mask & IB_QP_PKEY_INDEX && attr->pkey_index)
		return -EINVAL;
	if (mask & IB_QP_PATH_MTU && (attr->path_mtu < IB_MTU_256 || attr->path_mtu > IB_MTU_4096))
		return -EINVAL;
	if (mask & IB_QP_MAX_QP_RD_ATOMIC && attr->max_rd_atomic > WEFTK_MAX_RD_ATOMIC)
		return -EINVAL;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC && attr->max_dest_rd_atomic > WEFTK_MAX_RD_ATOMIC)
		return -EINVAL;
	if ((mask & IB_QP_TIMEOUT && attr->timeout > 31) ||
	    (mask & IB_QP_MIN_RNR_TIMER && attr->min_rnr_timer > 31) ||
	    (mask & IB_QP_RETRY_CNT && attr->retry_cnt > 7) ||
	    (mask & IB_QP_RNR_RETRY && attr->rnr_retry > 7))
		return -EINVAL;
	if (mask & IB_QP_DEST_QPN && attr->dest_qp_num > WEFTK_QPN_MASK)
		return -EINVAL;
	return mask & IB_QP_CAP ? -EINVAL : 0;
}

static int check(struct weftk_qp *qp, const struct ib_qp_attr *attr, int mask,
		 struct weftk_addr *addr, struct weftk_hop *hop)
{
	enum ib_qp_state was = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : qp->state;
	enum ib_qp_state next = mask & IB_QP_STATE ? attr->qp_state : was;
	int err;

	if (mask & ~IB_QP_ATTR_STANDARD_BITS)
		return -EOPNOTSUPP;
	if (was != qp->state && !(was == IB_QPS_RTS && qp->state == IB_QPS_SQD))
		return -EINVAL;
	if (!ib_modify_qp_is_ok(was, next, qp->ib.qp_type, mask))
		return -EINVAL;
	err = check_values(attr, mask);
	if (err || !(mask & IB_QP_AV))
		return err;
	return weftk_addr_of(qp->dev, &attr->ah_attr, addr, hop);
}

/* ---- Setting -------------------------------------------------------------------------- */

static void set_connection(struct ib_qp_attr *to, const struct ib_qp_attr *from, int mask)
{
	if (mask & IB_QP_PATH_MTU)
		to->path_mtu = from->path_mtu;
	if (mask & IB_QP_RQ_PSN)
		to->rq_psn = from->rq_psn & 0xffffff;
	if (mask & IB_QP_SQ_PSN)
		to->sq_psn = from->sq_psn & 0xffffff;
	if (mask & IB_QP_DEST_QPN)
		to->dest_qp_num = from->dest_qp_num;
	if (mask & IB_QP_MAX_QP_RD_ATOMIC)
		to->max_rd_atomic = from->max_rd_atomic;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC)
		to->max_dest_rd_atomic = from->max_dest_rd_atomic;
	if (mask & IB_QP_MIN_RNR_TIMER)
		to->min_rnr_timer = from->min_rnr_timer;
	if (mask & IB_QP_TIMEOUT)
		to->timeout = from->timeout;
	if (mask & IB_QP_RETRY_CNT)
		to->retry_cnt = from->retry_cnt;
	if (mask & IB_QP_RNR_RETRY)
		to->rnr_retry = from->rnr_retry;
}

static void set_alternate(struct ib_qp_attr *to, const struct ib_qp_attr *from, int mask)
{
	if (mask & IB_QP_ALT_PATH) {
		to->alt_pkey_index = from->alt_pkey_index;
		to->alt_port_num = from->alt_port_num;
		to->alt_timeout = from->alt_timeout;
	}
	if (mask & IB_QP_PATH_MIG_STATE)
		to->path_mig_state = from->path_mig_state;
}

static void set_attr(struct weftk_qp *qp, const struct ib_qp_attr *from, int mask)
{
	struct ib_qp_attr *to = &qp->attr;

	if (mask & IB_QP_EN_SQD_ASYNC_NOTIFY)
		to->en_sqd_async_notify = from->en_sqd_async_notify;
	if (mask & IB_QP_ACCESS_FLAGS)
		to->qp_access_flags = from->qp_access_flags;
	if (mask & IB_QP_PKEY_INDEX)
		to->pkey_index = from->pkey_index;
	if (mask & IB_QP_PORT)
		to->port_num = from->port_num;
	if (mask & IB_QP_QKEY)
		to->qkey = from->qkey;
	if (mask & IB_QP_AV) {
		to->ah_attr = from->ah_attr;
		to->ah_attr.grh.sgid_attr = NULL;	/* the caller's reference */
	}
	set_connection(to, from, mask);
	set_alternate(to, from, mask);
}

/* ---- States --------------------------------------------------------------------------- */

static void set_state(struct weftk_qp *qp, enum ib_qp_state state)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->sq.lock, flags);
	spin_lock(&qp->rq.lock);
	/* What has failed meanwhile does not come back but by RESET. */
	if (qp->state != IB_QPS_ERR || state == IB_QPS_RESET)
		qp->state = (u8)state;
	spin_unlock(&qp->rq.lock);
	spin_unlock_irqrestore(&qp->sq.lock, flags);
}

static void reset(struct weftk_qp *qp)
{
	struct ib_qp_cap cap = qp->attr.cap;

	weftk_qp_quiesce(qp);
	weftk_sq_reset(&qp->sq);
	if (!qp->srq)
		weftk_rq_reset(&qp->rq);
	memset(&qp->attr, 0, sizeof(qp->attr));
	qp->attr.cap = cap;
	qp->srq_done = 0;
	qp->recv_error = 0;
	qp->ud_psn = 0;
	qp->gone = false;
	qp->up = false;
	qp->told = false;
}

/* WEFT-VRB-002, WEFT-VRB-003: the endpoint exists from RTR on. */
static int connect(struct weftk_qp *qp)
{
	u32 depth = roundup_pow_of_two(min(qp->sq.max_wr, WEFTK_SQ_DEPTH));
	struct weftk_ep_cfg cfg = {
		.pd = qp->pd,
		.sq_depth = (u16)depth,
		.window = WEFTK_WINDOW,
		.reads = (u8)clamp_t(u32, qp->attr.max_dest_rd_atomic, 1, WEFTK_WINDOW),
		.rnr_retry = 7,
		.srq = qp->srq ? WEFTK_SRQ_HOLD : 0,
		.rnr_delay_ns = rnr_us(qp->attr.min_rnr_timer) * NSEC_PER_USEC,
		.connect_ns = U64_MAX / 2,
	};
	unsigned long flags;
	int err;

	spin_lock_irqsave(&qp->rq.lock, flags);
	qp->rq.base = qp->rq.done;
	qp->srq_done = 0;
	spin_unlock_irqrestore(&qp->rq.lock, flags);
	set_state(qp, IB_QPS_RTR);
	err = weftk_ep_connect(&qp->ep, &qp->addr, qp->attr.dest_qp_num, &cfg);
	if (err)
		set_state(qp, IB_QPS_INIT);
	else
		qp->connecting = true;
	return err;
}

static void to_rts(struct weftk_qp *qp, enum ib_qp_state was)
{
	set_state(qp, IB_QPS_RTS);
	if (weftk_is_ud(qp)) {
		weftk_qp_later(qp);
		return;
	}
	if (qp->ib.qp_type == IB_QPT_RC)
		weftk_ep_set_rnr(&qp->ep, qp->attr.rnr_retry,
				 rnr_us(qp->attr.min_rnr_timer) * NSEC_PER_USEC);
	if (was == IB_QPS_SQD)
		weftk_ep_resume(&qp->ep);
	if (weftk_sq_pending(&qp->sq))
		weftk_qp_patience(qp);
	weftk_ep_kick(&qp->ep);
}

static int drain(struct weftk_qp *qp)
{
	int err;

	set_state(qp, IB_QPS_SQD);
	if (weftk_is_ud(qp))
		return 0;
	err = weftk_ep_drain(&qp->ep);
	/* Without a stream nothing was begun. */
	if (err == -ENOTCONN && qp->attr.en_sqd_async_notify)
		weftk_qp_event(qp, IB_EVENT_SQ_DRAINED);
	return err == -ENOTCONN ? 0 : err;
}

static int move(struct weftk_qp *qp, enum ib_qp_state was, enum ib_qp_state next)
{
	switch (next) {
	case IB_QPS_RESET:
		reset(qp);
		return 0;
	case IB_QPS_RTR:
		if (!weftk_is_ud(qp) && was == IB_QPS_INIT)
			return connect(qp);
		break;
	case IB_QPS_RTS:
		to_rts(qp, was);
		return 0;
	case IB_QPS_SQD:
		return was == IB_QPS_SQD ? 0 : drain(qp);
	case IB_QPS_ERR:
		if (was != IB_QPS_RESET) {
			weftk_qp_fail(qp, WEFT_STATUS_FLUSHED);
			return 0;
		}
		break;
	default:
		break;
	}
	set_state(qp, next);
	return 0;
}

int weftk_modify_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask, struct ib_udata *udata)
{
	struct weftk_qp *qp = to_wqp(ib);
	struct weftk_addr addr;
	struct weftk_hop hop;
	enum ib_qp_state was;
	int err;

	mutex_lock(&qp->modify);
	was = qp->state;
	err = check(qp, attr, mask, &addr, &hop);
	if (err)
		goto out;
	if (mask & IB_QP_AV && !weftk_is_ud(qp)) {
		qp->addr = addr;
		qp->hop = hop;
	}
	set_attr(qp, attr, mask);
	if (mask & IB_QP_STATE)
		err = move(qp, was, attr->qp_state);
	else if (mask & (IB_QP_RNR_RETRY | IB_QP_MIN_RNR_TIMER) && qp->connecting)
		weftk_ep_set_rnr(&qp->ep, qp->attr.rnr_retry,
				 rnr_us(qp->attr.min_rnr_timer) * NSEC_PER_USEC);
out:
	mutex_unlock(&qp->modify);
	return err;
}

int weftk_query_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		   struct ib_qp_init_attr *init)
{
	struct weftk_qp *qp = to_wqp(ib);

	mutex_lock(&qp->modify);
	*attr = qp->attr;
	attr->qp_state = qp->state;
	attr->cur_qp_state = qp->state;
	attr->sq_draining = qp->state == IB_QPS_SQD && qp->sq.taken != qp->sq.done;
	*init = (struct ib_qp_init_attr){
		.event_handler = ib->event_handler,
		.qp_context = ib->qp_context,
		.send_cq = ib->send_cq,
		.recv_cq = ib->recv_cq,
		.srq = ib->srq,
		.cap = qp->attr.cap,
		.sq_sig_type = qp->sq.sig_all ? IB_SIGNAL_ALL_WR : IB_SIGNAL_REQ_WR,
		.qp_type = ib->qp_type,
	};
	mutex_unlock(&qp->modify);
	return 0;
}
