// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What verbs do for the engine: memory that peers name, receive buffers, requests to send, their
 * data, completions.  All in the turn of a shard: nothing sleeps, work is bounded.
 */
#include <linux/skbuff.h>

#include "kernel/atomics.h"

static struct weftk_qp *qp_of(struct weftk_ep *ep)
{
	return container_of(ep, struct weftk_qp, ep);
}

/* ---- Memory that the peer names -------------------------------------------------------- */

/* WEFT-VRB-011: what the queue pair does not allow is no operation of it. */
static bool allowed(const struct weftk_qp *qp, int access)
{
	return qp->attr.qp_access_flags & access;
}

static enum weft_status place_mem(struct weftk_ep *ep, const struct weft_act *act,
				  const struct sk_buff *skb, u32 off, u64 *value)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_span span;
	enum weft_status st;
	bool relaxed;
	__le64 word;

	if (act->type == WEFT_ACT_REDUCE || !allowed(qp, IB_ACCESS_REMOTE_WRITE))
		return WEFT_STATUS_BAD_OPCODE;
	*value = 0;
	if (!act->msg_len)		/* WEFT-VRB-013 */
		return act->early ? WEFT_STATUS_HELD : WEFT_STATUS_OK;
	st = weftk_remote(qp->dev, qp->pd, qp->num, act->key, WEFT_MR_WRITE, act->addr,
			  act->msg_len, &span, &relaxed);
	if (st != WEFT_STATUS_OK)
		return st;
	*value = relaxed;
	if (act->early && !relaxed) {
		*value = 0;
		st = WEFT_STATUS_HELD;
	} else if (act->len == 8 && act->msg_len == 8 &&
		   !skb_copy_bits(skb, (int)off, &word, sizeof(word)) &&
		   weftk_store8(&span, le64_to_cpu(word))) {
		/* WEFT-VRB-012: done, in one step */
	} else {
		weftk_from_skb(&span, act->offset, skb, off, act->len);
	}
	weftk_span_put(&span);
	return st;
}

static enum weft_status read_check(struct weftk_ep *ep, const struct weft_act *act)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_span span;
	enum weft_status st;
	bool relaxed;

	if (!allowed(qp, IB_ACCESS_REMOTE_READ))
		return WEFT_STATUS_BAD_OPCODE;
	if (!act->msg_len)		/* WEFT-VRB-013 */
		return WEFT_STATUS_OK;
	st = weftk_remote(qp->dev, qp->pd, qp->num, act->key, WEFT_MR_READ, act->addr,
			  act->msg_len, &span, &relaxed);
	if (st == WEFT_STATUS_OK)
		weftk_span_put(&span);
	return st;
}

static enum weft_status atomic(struct weftk_ep *ep, const struct weft_act *act, u64 *value)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_span span;
	enum weft_status st;
	bool relaxed;

	if (!allowed(qp, IB_ACCESS_REMOTE_ATOMIC))
		return WEFT_STATUS_BAD_OPCODE;
	st = weftk_remote(qp->dev, qp->pd, qp->num, act->key, WEFT_MR_ATOMIC, act->addr,
			  act->atomic.width, &span, &relaxed);
	if (st != WEFT_STATUS_OK)
		return st;
	if (!weftk_word(&span, &act->atomic, value))
		st = WEFT_STATUS_OP_FAILED;
	weftk_span_put(&span);
	return st;
}

/* Memory here is coherent: what is placed is visible.  None of it outlives a loss of power. */
static enum weft_status flush(struct weftk_ep *ep, const struct weft_act *act)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_span span;
	enum weft_status st;
	bool relaxed;

	if (!allowed(qp, IB_ACCESS_REMOTE_WRITE | IB_ACCESS_FLUSH_GLOBAL))
		return WEFT_STATUS_BAD_OPCODE;
	if (act->level != WEFT_FLUSH_PLACED && act->level != WEFT_FLUSH_VISIBLE)
		return WEFT_STATUS_BAD_OPCODE;
	st = weftk_remote(qp->dev, qp->pd, qp->num, act->key, WEFT_MR_WRITE, act->addr,
			  act->msg_len, &span, &relaxed);
	if (st != WEFT_STATUS_OK)
		return st;
	smp_mb();
	weftk_span_put(&span);
	return st;
}

static enum weft_status invalidate(struct weftk_ep *ep, const struct weft_act *act)
{
	struct weftk_qp *qp = qp_of(ep);

	return weftk_invalidate(qp->dev, qp->pd, qp->num, act->key, true);
}

/* ---- Receive buffers ------------------------------------------------------------------- */

/* The buffer that the message takes from the shared queue; *none: why there is none. */
static struct weftk_rwqe *shared_buffer(struct weftk_qp *qp, const struct weft_act *act,
					enum weft_status *none)
{
	u32 ahead = act->ssn - qp->srq_done;
	struct weftk_rwqe **at = &qp->bound[act->ssn & qp->bound_mask];

	*none = act->early ? WEFT_STATUS_NO_HOLD : WEFT_STATUS_RNR;
	if (ahead > qp->bound_mask)
		return NULL;
	if (!*at)	/* WEFT-SEM-083: the last one is for a message whose turn it is */
		*at = weftk_srq_take(qp->srq, act->early);
	return *at;
}

static struct weftk_rwqe *buffer(struct weftk_qp *qp, const struct weft_act *act,
				 enum weft_status *none)
{
	if (qp->srq)
		return shared_buffer(qp, act, none);
	*none = WEFT_STATUS_RNR;
	return weftk_rq_get(&qp->rq, qp->rq.base + act->ssn);
}

/* WEFT-VRB-022: the buffer completes with the reason, once the queue pair has failed. */
static enum weft_status spoilt(struct weftk_qp *qp, enum weft_status st)
{
	if (st == WEFT_STATUS_TOO_LONG) {
		qp->recv_error = IB_WC_LOC_LEN_ERR;
		return st;
	}
	qp->recv_error = IB_WC_LOC_PROT_ERR;
	return WEFT_STATUS_OP_FAILED;
}

static enum weft_status place_recv(struct weftk_ep *ep, const struct weft_act *act,
				   const struct sk_buff *skb, u32 off)
{
	struct weftk_qp *qp = qp_of(ep);
	enum weft_status st;
	struct weftk_rwqe *w;
	unsigned long flags;

	spin_lock_irqsave(&qp->rq.lock, flags);
	w = qp->state == IB_QPS_ERR ? NULL : buffer(qp, act, &st);
	spin_unlock_irqrestore(&qp->rq.lock, flags);
	if (qp->state == IB_QPS_ERR)
		return WEFT_STATUS_NO_STREAM;
	if (!w)
		return st;
	if (act->msg_len > w->len)
		return spoilt(qp, WEFT_STATUS_TOO_LONG);
	st = weftk_rwqe_place(qp->dev, qp->pd, w, act->offset, skb, off, act->len);
	return st == WEFT_STATUS_OK ? st : spoilt(qp, st);
}

static enum weft_status recv(struct weftk_ep *ep, const struct weft_act *act)
{
	struct weftk_qp *qp = qp_of(ep);
	enum weft_status st = WEFT_STATUS_OK;
	unsigned long flags;

	spin_lock_irqsave(&qp->rq.lock, flags);
	if (qp->state == IB_QPS_ERR)
		st = WEFT_STATUS_NO_STREAM;
	else if (buffer(qp, act, &st))
		st = WEFT_STATUS_OK;
	spin_unlock_irqrestore(&qp->rq.lock, flags);
	return st;
}

/* WEFT-SEM-084 */
static void unbind(struct weftk_ep *ep, const struct weft_act *act)
{
	struct weftk_qp *qp = qp_of(ep);
	unsigned long flags;
	u32 ssn;

	if (!qp->srq)
		return;
	spin_lock_irqsave(&qp->rq.lock, flags);
	for (ssn = qp->srq_done + qp->bound_mask; (s32)(ssn - act->ssn) >= 0 &&
	     (s32)(ssn - qp->srq_done) >= 0; ssn--) {
		struct weftk_rwqe **at = &qp->bound[ssn & qp->bound_mask];

		if (*at)
			weftk_srq_return(qp->srq, *at);
		*at = NULL;
	}
	spin_unlock_irqrestore(&qp->rq.lock, flags);
}

static void recv_wc(struct weftk_qp *qp, const struct weftk_rwqe *w, const struct weft_wc *from,
		    struct ib_wc *wc)
{
	*wc = (struct ib_wc){
		.wr_id = w->wr_id,
		.status = IB_WC_SUCCESS,
		.opcode = from->opcode == WEFT_OPCODE_WRITE ? IB_WC_RECV_RDMA_WITH_IMM :
			  IB_WC_RECV,
		.byte_len = from->len,
		.qp = &qp->ib,
		.src_qp = qp->attr.dest_qp_num,
		.port_num = 1,
	};
	if (from->flags & WEFT_OFLAGS_IMM) {
		wc->wc_flags = IB_WC_WITH_IMM;
		wc->ex.imm_data = cpu_to_be32(from->imm);
	} else if (from->flags & WEFT_OFLAGS_INV) {
		wc->wc_flags = IB_WC_WITH_INVALIDATE;
		wc->ex.invalidate_rkey = from->imm;
	}
}

/* The buffer of the message that completes, taken off the queue.  rq.lock held. */
static struct weftk_rwqe *finish(struct weftk_qp *qp, u32 ssn)
{
	struct weftk_rwqe *w;

	if (!qp->srq)
		return qp->rq.base + ssn == qp->rq.done ? weftk_rq_get(&qp->rq, qp->rq.done) : NULL;
	if (ssn != qp->srq_done)
		return NULL;
	w = qp->bound[ssn & qp->bound_mask];
	qp->bound[ssn & qp->bound_mask] = NULL;
	qp->srq_done++;
	return w;
}

static void complete_recv(struct weftk_ep *ep, const struct weft_wc *from)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_rwqe *w = NULL;
	unsigned long flags;
	bool due = false;
	struct ib_wc wc;

	if (from->status != WEFT_STATUS_OK)
		return;		/* the queue pair fails; its buffers are flushed then */
	spin_lock_irqsave(&qp->rq.lock, flags);
	if (qp->state != IB_QPS_ERR)
		w = finish(qp, from->ssn);
	if (w) {
		recv_wc(qp, w, from, &wc);
		if (qp->srq)	/* before it is told: who sees it may post at once */
			weftk_srq_used(qp->srq, w);
		else
			weftk_rq_advance(&qp->rq);
		due = weftk_cq_push(qp->recv_cq, &wc, from->flags & WEFT_OFLAGS_SE);
	}
	spin_unlock_irqrestore(&qp->rq.lock, flags);
	if (due)
		weftk_cq_notify(qp->recv_cq);
	if (qp->state == IB_QPS_RTR && !qp->told) {
		qp->told = true;
		weftk_qp_event(qp, IB_EVENT_COMM_EST);
	}
}

/* ---- Requests of ours ------------------------------------------------------------------ */

static enum ib_wc_status execute(struct weftk_qp *qp, const struct weftk_swqe *w)
{
	switch (w->opcode) {
	case IB_WR_REG_MR:
		return weftk_fast_reg(qp->dev, qp->pd, w->reg.mr, w->reg.key, w->reg.access);
	case IB_WR_BIND_MW:
		return weftk_bind_mw(qp->dev, qp->pd, qp->num, &w->bind);
	default:
		return weftk_invalidate(qp->dev, qp->pd, qp->num, w->imm, false) ==
		       WEFT_STATUS_OK ? IB_WC_SUCCESS : IB_WC_MW_BIND_ERR;
	}
}

static bool is_local(u32 opcode)
{
	return opcode == IB_WR_REG_MR || opcode == IB_WR_BIND_MW || opcode == IB_WR_LOCAL_INV;
}

/* May the request be executed only when those before it are complete? */
static bool must_wait(const struct weftk_swqe *w)
{
	return w->opcode == IB_WR_LOCAL_INV || w->flags & IB_SEND_FENCE;
}

static enum ib_wc_status check_data(struct weftk_qp *qp, struct weftk_swqe *w)
{
	bool writes = w->opcode == IB_WR_RDMA_READ || weftk_is_atomic(w->opcode);
	struct weftk_span span;
	u32 i;

	if (w->flags & IB_SEND_INLINE)
		return writes ? IB_WC_LOC_QP_OP_ERR : IB_WC_SUCCESS;
	for (i = 0; i < w->n_sge; i++) {
		if (!w->sge[i].length)
			continue;
		if (weftk_local(qp->dev, qp->pd, &w->sge[i], writes ? IB_ACCESS_LOCAL_WRITE : 0,
				&span) != WEFT_STATUS_OK)
			return IB_WC_LOC_PROT_ERR;
		weftk_span_put(&span);
	}
	if (weftk_is_atomic(w->opcode))
		return weftk_atomic_check(qp, w);
	if (w->opcode == IB_WR_ATOMIC_WRITE && (w->len != 8 || w->r.addr & 7))
		return IB_WC_LOC_QP_OP_ERR;
	return IB_WC_SUCCESS;
}

/* WEFT-VRB-010: work requests as operations of the engine. */
static void to_engine(const struct weftk_swqe *w, u32 i, struct weft_wr *wr)
{
	*wr = (struct weft_wr){
		.id = i, .local = i, .addr = w->r.addr, .rkey = w->r.rkey, .len = w->len,
		.imm = w->imm,
	};
	if (w->flags & IB_SEND_SOLICITED)
		wr->flags |= WEFT_OFLAGS_SE;
	if (w->flags & IB_SEND_FENCE)
		wr->flags |= WEFT_OFLAGS_FENCE;
	switch (w->opcode) {
	case IB_WR_RDMA_WRITE_WITH_IMM:
		wr->flags |= WEFT_OFLAGS_IMM;
		fallthrough;
	case IB_WR_RDMA_WRITE:
	case IB_WR_ATOMIC_WRITE:
		wr->opcode = WEFT_OPCODE_WRITE;
		break;
	case IB_WR_RDMA_READ:
		wr->opcode = WEFT_OPCODE_READ;
		break;
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
	case WEFTK_WR_ATOMIC:
		weftk_atomic_ask(w, wr);
		break;
	case IB_WR_FLUSH:
		wr->opcode = WEFT_OPCODE_FLUSH;
		wr->level = w->r.level;
		break;
	case IB_WR_SEND_WITH_INV:
		wr->flags |= WEFT_OFLAGS_INV;
		wr->opcode = WEFT_OPCODE_SEND;
		break;
	case IB_WR_SEND_WITH_IMM:
		wr->flags |= WEFT_OFLAGS_IMM;
		fallthrough;
	default:
		wr->opcode = WEFT_OPCODE_SEND;
		break;
	}
}

#define LOCAL_BURST 64		/* requests executed here before the engine has its turn */

/* The request taken last that waited for those before it, or else the next one; NULL: none. */
static struct weftk_swqe *next(struct weftk_qp *qp)
{
	struct weftk_sq *sq = &qp->sq;
	struct weftk_swqe *w;

	if (sq->stopped)
		return NULL;
	if (sq->waits) {
		if (sq->done + 1 != sq->taken)
			return NULL;
		sq->waits = false;
		return weftk_swqe(sq, sq->done);
	}
	w = weftk_sq_take(qp);
	if (w && w->state == WEFTK_SWQE_POSTED && is_local(w->opcode) && must_wait(w) &&
	    sq->done + 1 != sq->taken) {
		sq->waits = true;
		return NULL;
	}
	return w;
}

/* One request: true if it is for the engine; else it is DONE, or (NULL) there is none. */
static bool begin(struct weftk_qp *qp, struct weftk_swqe *w)
{
	if (w->state == WEFTK_SWQE_DONE) {
		qp->sq.stopped = true;
		return false;
	}
	if (is_local(w->opcode)) {
		w->status = (u8)execute(qp, w);
	} else {
		w->status = (u8)check_data(qp, w);
		if (w->status == IB_WC_SUCCESS) {
			w->state = WEFTK_SWQE_ENGINE;
			return true;
		}
	}
	w->state = WEFTK_SWQE_DONE;
	qp->sq.stopped = w->status != IB_WC_SUCCESS;	/* WEFT-VRB-023 */
	return false;
}

static bool next_wr(struct weftk_ep *ep, struct weft_wr *wr)
{
	struct weftk_qp *qp = qp_of(ep);
	enum weftk_reaped found = 0;
	bool got = false;
	unsigned long flags;
	int left;

	spin_lock_irqsave(&qp->sq.lock, flags);
	for (left = LOCAL_BURST; left && !got && qp->state == IB_QPS_RTS && !qp->gone; left--) {
		struct weftk_swqe *w = next(qp);

		if (!w)
			break;
		got = begin(qp, w);
		if (got)
			to_engine(w, qp->sq.taken - 1, wr);
		else
			found |= weftk_sq_reap(qp);
	}
	if (!left)
		weftk_ep_kick_in_turn(ep);
	/* What is posted now is flushed, or waits for RTS. */
	if ((qp->state != IB_QPS_RTS || qp->gone) && weftk_sq_rest(&qp->sq))
		weftk_qp_later(qp);
	spin_unlock_irqrestore(&qp->sq.lock, flags);
	weftk_sq_settle(qp, found);
	return got;
}

/* ---- Data of ours ------------------------------------------------------------------------ */

static enum weft_status place_wr(struct weftk_ep *ep, const struct weft_act *act,
				 const struct sk_buff *skb, u32 off)
{
	struct weftk_qp *qp = qp_of(ep);

	return weftk_swqe_place(qp, weftk_swqe(&qp->sq, (u32)act->local), act->offset, skb, off,
				act->len);
}

static enum weft_status gather(struct weftk_ep *ep, const struct weft_txd *txd,
			       struct sk_buff *skb)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_span span;
	enum weft_status st;
	bool relaxed, ok;

	if (txd->src == WEFT_SRC_WR)
		return weftk_swqe_gather(qp, weftk_swqe(&qp->sq, (u32)txd->local), txd->offset,
					 txd->len, skb);
	st = weftk_remote(qp->dev, qp->pd, qp->num, txd->key, WEFT_MR_READ, txd->addr, txd->len,
			  &span, &relaxed);
	if (st != WEFT_STATUS_OK)
		return st;
	ok = weftk_span_gather(&span, 0, txd->len, skb, skb_tailroom(skb) >= (int)txd->len);
	weftk_span_put(&span);
	return ok ? WEFT_STATUS_OK : WEFT_STATUS_RNR;
}

static bool wr_waits(struct weftk_ep *ep)
{
	return weftk_sq_pending(&qp_of(ep)->sq);
}

static void complete_send(struct weftk_ep *ep, const struct weft_wc *from)
{
	struct weftk_qp *qp = qp_of(ep);
	struct weftk_sq *sq = &qp->sq;
	u32 i = (u32)from->id;
	struct weftk_swqe *w = weftk_swqe(sq, i);
	enum weftk_reaped found = 0;
	unsigned long flags;
	bool more;

	spin_lock_irqsave(&sq->lock, flags);
	if (i - sq->done < sq->taken - sq->done && w->state == WEFTK_SWQE_ENGINE) {
		w->status = (u8)weftk_wc_status(from->status);
		if (from->status == WEFT_STATUS_OK && from->opcode == WEFT_OPCODE_ATOMIC &&
		    weftk_swqe_result(qp, w, from->value) != WEFT_STATUS_OK)
			w->status = IB_WC_LOC_PROT_ERR;
		/* WEFT-VRB-024: flushed, though nobody here asked for it: the peer ended it. */
		if (w->status == IB_WC_WR_FLUSH_ERR && qp->state != IB_QPS_ERR &&
		    i == sq->done)
			w->status = IB_WC_RETRY_EXC_ERR;
		w->state = WEFTK_SWQE_DONE;
		found = weftk_sq_reap(qp);
	}
	more = sq->waits ? sq->done + 1 == sq->taken : weftk_sq_look(qp);
	spin_unlock_irqrestore(&sq->lock, flags);
	weftk_sq_settle(qp, found);
	if (more)
		weftk_ep_kick_in_turn(ep);
}

static void event(struct weftk_ep *ep, enum weftk_event ev, enum weft_status st, bool remote)
{
	struct weftk_qp *qp = qp_of(ep);

	switch (ev) {
	case WEFTK_EV_CONNECTED:
		weftk_atomics_tell(qp);
		WRITE_ONCE(qp->up, true);
		return;
	case WEFTK_EV_ERROR:
		if (!remote) {
			weftk_qp_gone(qp);
			return;
		}
		weftk_qp_event(qp, weftk_refused_event(st));
		weftk_qp_fail(qp, st);
		return;
	case WEFTK_EV_DISCONNECTED:
	case WEFTK_EV_GONE:
		weftk_qp_gone(qp);
		return;
	case WEFTK_EV_DRAINED:
		if (qp->attr.en_sqd_async_notify)
			weftk_qp_event(qp, IB_EVENT_SQ_DRAINED);
		return;
	}
}

/* ---- Who is who -------------------------------------------------------------------------- */

static struct weftk_ep *ep_get(struct weftk_dev *host, u32 qpn)
{
	struct weftk_qp *qp = weftk_qp_get(weftk_dev_priv(host), qpn);

	if (!qp)
		return NULL;
	if (!weftk_is_ud(qp))
		return &qp->ep;
	weftk_qp_put(qp);
	return NULL;
}

static void ep_put(struct weftk_ep *ep)
{
	weftk_qp_put(qp_of(ep));
}

const struct weftk_verbs_ops weftk_verbs_ops = {
	.next_wr = next_wr,
	.wr_waits = wr_waits,
	.place_mem = place_mem,
	.place_recv = place_recv,
	.place_wr = place_wr,
	.read_check = read_check,
	.atomic = atomic,
	.flush = flush,
	.invalidate = invalidate,
	.recv = recv,
	.unbind = unbind,
	.gather = gather,
	.complete = complete_send,
	.complete_recv = complete_recv,
	.event = event,
	.dgram_recv = weftk_ud_recv,
	.ep_get = ep_get,
	.ep_put = ep_put,
	.port_event = weftk_port_event,
};
