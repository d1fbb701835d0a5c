// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How two queue pairs that learnt of each other outside become one stream: of the two ends the one
 * with the smaller (chip, number) asks, the other accepts whom it expects, and keeps a request that
 * comes before it knows whom to expect.  Everything here is under the lock of the shard of the
 * peer's chip.
 */
#include <linux/slab.h>

#include "kernel/connect.h"

#define SERVICE_TOP	((u32)WEFT_VRB_SERVICE << 24)
#define QPN_MASK	0x00ffffffu
#define BACKOFF_NS	(1ull * NSEC_PER_MSEC)	/* after a refusal; then doubled */
#define BACKOFF_LAST_NS	(100ull * NSEC_PER_MSEC)
#define SOON_NS		(1ull * NSEC_PER_MSEC)	/* no slot, no memory: try again */
#define LINGER_NS	(200ull * NSEC_PER_MSEC)

static void set_state(struct weftk_ep *ep, enum ep_state state)
{
	spin_lock(&ep->lock);
	ep->state = state;
	spin_unlock(&ep->lock);
}

/* ---- On and off a context ----------------------------------------------------------- */

/* OK, or why the stream cannot be on it. */
static int attach(struct weftk_conn *conn, struct weftk_ctx *ctx)
{
	const struct weftk_ep *ep = conn->ep;
	struct weft_stream_cfg cfg = {
		.host = conn,
		.qpn = ep->qpn,
		.pd = ep->cfg.pd,
		.sq_depth = ep->cfg.sq_depth,
		.window = ep->cfg.window,
		.reads = ep->cfg.reads,
		.rnr_retry = ep->cfg.rnr_retry,
		.rnr_delay_ns = ep->cfg.rnr_delay_ns,
		.srq = ep->cfg.srq,
	};
	int r = weft_stream_init(ctx->pdc, conn->mem, &cfg, &conn->stream);

	if (r != WEFT_OK) {
		conn->stream = NULL;
		return r;
	}
	conn->ctx = ctx;
	conn->out = 0;
	conn->starved = false;
	conn->refused = false;
	list_add_tail(&conn->of_ctx, &ctx->conns);
	ctx->n_streams++;
	return r;
}

/* The engine reports nothing of it any more. */
void weftk_conn_detach(struct weftk_conn *conn, enum weft_ep_reason tell)
{
	if (!conn->ctx)
		return;
	weft_stream_fini(conn->stream, tell);
	conn->stream = NULL;
	list_del(&conn->of_ctx);
	conn->ctx->n_streams--;
	weftk_activate(conn->ctx);
	conn->ctx = NULL;
}

void weftk_conn_free(struct weftk_conn *conn)
{
	if (!conn)
		return;
	kvfree(conn->mem);
	kfree(conn);
}

/* ---- Giving up, going on ------------------------------------------------------------ */

/* It may be that another chip is at the address now. */
static void doubt(const struct weftk_ep *ep)
{
	struct weftk_peer *p = ep->shard ? weftk_peer_find(ep->shard, ep->dst_chip) : NULL;

	if (p)
		p->failed_at = ep->shard->now;
}

bool weftk_ep_doubted(struct weftk_dev *dev, const struct weftk_terms *terms, u64 since)
{
	struct weftk_shard *sh = weftk_shard_of(dev, terms->chip);
	struct weftk_peer *p;
	bool is;

	spin_lock(&sh->lock);
	p = weftk_peer_find(sh, terms->chip);
	is = p && p->failed_at > since;
	weftk_shard_unlock(sh);
	return is;
}

static void gone(struct weftk_ep *ep, enum weft_status st)
{
	set_state(ep, EP_OVER);
	ep->dev->ops->event(ep, WEFTK_EV_GONE, st, false);
}

void weftk_ep_unreachable(struct weftk_ep *ep, enum weft_status st)
{
	gone(ep, st);
}

/* What the engine has of its work requests comes back FLUSHED; verbs know the rest. */
bool weftk_ep_failing(struct weftk_ep *ep)
{
	struct weftk_conn *conn = ep->conn;

	if (!ep->fail_st)
		return false;
	set_state(ep, EP_OVER);
	weftk_timer_stop(ep->shard, &conn->timer);
	if (conn->stream) {
		weft_stream_fail(conn->stream, ep->fail_st);
		weftk_activate(conn->ctx);
	}
	ep->fail_st = 0;
	return true;
}

static void connected(struct weftk_conn *conn)
{
	struct weftk_ep *ep = conn->ep;

	set_state(ep, EP_CONNECTED);
	weftk_timer_stop(ep->shard, &conn->timer);
	ep->dev->ops->event(ep, WEFTK_EV_CONNECTED, WEFT_STATUS_OK, false);
	weftk_ep_kick_later(ep);
}

/* The next attempt, or the end of them. */
static void later(struct weftk_conn *conn, u64 ns)
{
	weftk_timer_set(conn->ep->shard, &conn->timer,
			min(conn->ep->shard->now + ns, conn->ep->expires));
}

/* ---- Asking ------------------------------------------------------------------------- */

static void open_stream(struct weftk_conn *conn)
{
	struct weftk_ep *ep = conn->ep;
	struct weftk_shard *sh = ep->shard;
	struct weftk_peer *p = weftk_peer_get(sh, ep->dst_chip);
	struct weftk_ctx *ctx = conn->ctx;
	int r = WEFT_OK;

	if (weftk_ep_failing(ep))
		return;
	if (!ctx && p)
		ctx = weftk_ctx_usable(p, &ep->addr);
	if (!ctx && p && p->known)
		ctx = weftk_ctx_open(sh, p, &ep->addr);
	if (!ctx) {
		later(conn, SOON_NS);
		return;
	}
	if (!conn->ctx)
		r = attach(conn, ctx);
	if (r == WEFT_OK)
		r = weft_ep_connect(conn->stream, SERVICE_TOP | ep->dst_qpn, NULL, 0);
	weftk_activate(ctx);
	if (r == WEFT_OK) {
		set_state(ep, EP_CONNECTING);
		weftk_timer_set(sh, &conn->timer, ep->expires);
	} else if (r == WEFT_EINVAL) {
		gone(ep, WEFT_STATUS_OP_FAILED);
	} else {
		if (r != WEFT_EFULL)
			weftk_conn_detach(conn, WEFT_EP_REASON_CLOSED);
		later(conn, SOON_NS);
	}
}

/* ---- Answering ---------------------------------------------------------------------- */

static void accept_stream(struct weftk_conn *conn, struct weftk_ctx *ctx,
			  const struct weft_hdr_tlv_ep_connect *req)
{
	struct weftk_ep *ep = conn->ep;
	int r = WEFT_OK;

	if (conn->ctx != ctx)
		weftk_conn_detach(conn, WEFT_EP_REASON_CLOSED);	/* of an attempt before */
	if (!conn->ctx)
		r = attach(conn, ctx);
	if (r == WEFT_OK)
		r = weft_ep_accept(conn->stream, req, NULL, 0);
	weftk_activate(ctx);
	if (r == WEFT_OK) {
		if (conn != ep->mirror)
			connected(conn);
	} else if (r == WEFT_EFULL && conn != ep->mirror) {
		/* No slot for the answer: keep the request. */
		spin_lock(&ep->lock);
		ep->kept = (struct weftk_kept){ .ep = *req, .chip = ep->dst_chip,
						.ctx_id = ctx->id };
		spin_unlock(&ep->lock);
		later(conn, SOON_NS);
	} else {
		weftk_conn_detach(conn, WEFT_EP_REASON_ERROR);
		weft_ep_reject(ctx->pdc, req->src_qpn, WEFT_EP_REASON_NO_ROOM);
	}
}

static struct weftk_ctx *living(struct weftk_shard *sh, u32 id)
{
	struct weftk_ctx *ctx;

	rcu_read_lock();
	ctx = weftk_ctx_by_id(sh->dev, id);
	rcu_read_unlock();
	return ctx && ctx->shard == sh && ctx->pdc && !ctx->over ? ctx : NULL;
}

/* The request that came early, if it is the one that is expected. */
static void accept_kept(struct weftk_conn *conn)
{
	struct weftk_ep *ep = conn->ep;
	struct weftk_kept k;
	struct weftk_ctx *ctx;

	if (weftk_ep_failing(ep))
		return;
	spin_lock(&ep->lock);
	k = ep->kept;
	ep->kept.ctx_id = 0;
	spin_unlock(&ep->lock);
	if (!k.ctx_id || k.chip != ep->dst_chip)
		return;
	ctx = living(ep->shard, k.ctx_id);
	if (!ctx)
		return;
	if (k.ep.src_qpn == ep->dst_qpn) {
		accept_stream(conn, ctx, &k.ep);
	} else {
		weft_ep_reject(ctx->pdc, k.ep.src_qpn, WEFT_EP_REASON_NO_SERVICE);
		weftk_activate(ctx);
	}
}

enum verdict { REFUSE, KEEP, ACCEPT, MIRROR };	/* MIRROR: it asks itself */

static enum verdict judge(struct weftk_ep *ep, const struct weftk_ctx *ctx,
			  const struct weft_act *act)
{
	u64 chip = ctx->peer->core.chip_id;
	enum verdict v = REFUSE;

	spin_lock(&ep->lock);
	if (ep->state == EP_EXPECTING) {
		if (ep->dst_chip == chip && ep->dst_qpn == act->peer_qpn)
			v = ACCEPT;
	} else if (ep->state == EP_CONNECTING && ep->mirror) {	/* WEFT-VRB-006 */
		if (chip == ep->dev->chip_id && ep->dst_chip == chip && act->peer_qpn == ep->qpn)
			v = MIRROR;
	} else if (ep->state == EP_IDLE || ep->state == EP_ASKING) {
		if (!ep->kept.ctx_id || (ep->kept.chip == chip &&
					 ep->kept.ep.src_qpn == act->peer_qpn)) {
			ep->kept = (struct weftk_kept){ .ep = act->ep, .chip = chip,
							.ctx_id = ctx->id };
			v = KEEP;
		}
	}
	spin_unlock(&ep->lock);
	return v;
}

/* The peer of a context asks for a stream. */
void weftk_ep_asked(struct weftk_ctx *ctx, const struct weft_act *act)
{
	const struct weftk_verbs_ops *ops = ctx->dev->ops;
	struct weftk_ep *ep = NULL;
	enum verdict v = REFUSE;

	if ((act->arg & ~QPN_MASK) == SERVICE_TOP)
		ep = ops->ep_get(ctx->dev, act->arg & QPN_MASK);
	if (ep)
		v = judge(ep, ctx, act);
	if (v == MIRROR && ep->mirror->ctx)
		v = REFUSE;
	if (v == ACCEPT)
		accept_stream(ep->conn, ctx, &act->ep);
	else if (v == MIRROR)
		accept_stream(ep->mirror, ctx, &act->ep);
	else if (v == REFUSE)	/* WEFT-VRB-004 */
		weft_ep_reject(ctx->pdc, act->peer_qpn, WEFT_EP_REASON_NO_SERVICE);
	weftk_activate(ctx);
	if (ep)
		ops->ep_put(ep);
}

/* ---- Known -------------------------------------------------------------------------- */

static bool asks(const struct weftk_ep *ep)
{
	u64 ours = ep->dev->chip_id;

	return ours < ep->dst_chip || (ours == ep->dst_chip && ep->qpn <= ep->dst_qpn);
}

static void timer(struct weftk_shard *sh, struct weftk_timer *t, u64 now)
{
	struct weftk_conn *conn = container_of(t, struct weftk_conn, timer);
	struct weftk_ep *ep = conn->ep;

	if (now >= ep->expires) {
		doubt(ep);
		gone(ep, WEFT_STATUS_RETRY_EXCEEDED);
		return;
	}
	switch ((enum ep_state)ep->state) {
	case EP_EXPECTING:
		accept_kept(conn);
		break;
	case EP_BACKING_OFF:
		weftk_conn_detach(conn, WEFT_EP_REASON_CLOSED);
		if (ep->mirror)
			weftk_conn_detach(ep->mirror, WEFT_EP_REASON_CLOSED);
		set_state(ep, EP_OPENING);
		open_stream(conn);
		break;
	case EP_OPENING:
		open_stream(conn);
		break;
	case EP_IDLE:
	case EP_ASKING:
	case EP_CONNECTING:
	case EP_CONNECTED:
	case EP_OVER:
		break;
	}
	if (ep->state == EP_EXPECTING && !conn->timer.on)
		weftk_timer_set(sh, t, ep->expires);
}

/* It is known who is at the endpoint's address. */
void weftk_ep_known(struct weftk_ep *ep, const struct weftk_terms *terms)
{
	struct weftk_shard *sh = weftk_shard_of(ep->dev, terms->chip);
	struct weftk_peer *p;

	spin_lock(&sh->lock);
	sh->now = ktime_get_ns();
	p = terms->disagree == WEFT_AGREE_ALL ? weftk_peer_get(sh, terms->chip) : NULL;
	if (!p || sh->stopped) {
		gone(ep, p ? WEFT_STATUS_DISCONNECTED : WEFT_STATUS_NO_RESOURCES);
		goto unlock;
	}
	p->terms = *terms;
	p->known = true;
	ep->conn->timer.fire = timer;
	spin_lock(&ep->lock);
	ep->dst_chip = terms->chip;
	ep->features = terms->agreed.features;
	ep->state = asks(ep) ? EP_OPENING : EP_EXPECTING;
	spin_unlock(&ep->lock);
	WRITE_ONCE(ep->shard, sh);
	if (ep->state == EP_OPENING) {
		open_stream(ep->conn);
	} else {
		weftk_timer_set(sh, &ep->conn->timer, ep->expires);
		accept_kept(ep->conn);
	}
	weftk_shard_raise(sh);
unlock:
	weftk_shard_unlock(sh);
}

/* ---- What happens to it ------------------------------------------------------------- */

/* Refused, or its context failed, before there was a stream: perhaps the peer is not ready yet. */
static void again(struct weftk_conn *conn, enum weft_status st)
{
	struct weftk_ep *ep = conn->ep;

	doubt(ep);
	if (ep->shard->now >= ep->expires) {
		gone(ep, st);
		return;
	}
	set_state(ep, EP_BACKING_OFF);
	ep->retry_ns = ep->retry_ns ? min(ep->retry_ns * 2, BACKOFF_LAST_NS) : BACKOFF_NS;
	later(conn, ep->retry_ns);
}

static void failed(struct weftk_conn *conn, enum weftk_event ev, enum weft_status st, bool remote)
{
	struct weftk_ep *ep = conn->ep;

	if (ep->state == EP_CONNECTING) {
		if (conn != ep->mirror)
			again(conn, st);
	} else if (ep->state == EP_CONNECTED) {
		set_state(ep, EP_OVER);
		ep->dev->ops->event(ep, ev, st, remote);
	}
}

void weftk_ep_event(struct weftk_ctx *ctx, const struct weft_act *act)
{
	struct weftk_conn *conn = weft_stream_host(act->stream);

	if (act->event == WEFT_EV_STREAM_ERROR && act->arg)
		conn->refused = true;
	if (!conn->ep)
		return;
	switch (act->event) {
	case WEFT_EV_EP_ACCEPTED:
		connected(conn);
		return;
	case WEFT_EV_EP_REJECTED:
		failed(conn, WEFTK_EV_ERROR, WEFT_STATUS_RETRY_EXCEEDED, false);
		return;
	case WEFT_EV_STREAM_ERROR:
		failed(conn, WEFTK_EV_ERROR, act->wc.status, act->arg);
		return;
	case WEFT_EV_DISCONNECTED:
		failed(conn, WEFTK_EV_DISCONNECTED, WEFT_STATUS_DISCONNECTED, false);
		return;
	case WEFT_EV_SQ_DRAINED:
		ctx->dev->ops->event(conn->ep, WEFTK_EV_DRAINED, WEFT_STATUS_OK, false);
		return;
	default:
		return;
	}
}

/* Its context ends: what the engine had of it is complete by now. */
void weftk_conn_lost(struct weftk_conn *conn, enum weft_status st)
{
	weftk_conn_detach(conn, WEFT_EP_REASON_ERROR);
	if (!conn->ep) {
		weftk_conn_free(conn);
		return;
	}
	failed(conn, WEFTK_EV_ERROR, st, false);
}

/* Called when the context has nothing to send now: what is acknowledged includes the refusals. */
u64 weftk_conns_linger(struct weftk_ctx *ctx)
{
	u64 now = ctx->shard->now, due = WEFT_NEVER;
	struct weftk_conn *conn, *next;
	struct weft_gauges g;

	if (list_empty(&ctx->lingering))
		return WEFT_NEVER;
	weft_pdc_gauges(ctx->pdc, &g);
	list_for_each_entry_safe(conn, next, &ctx->lingering, of_ctx) {
		if (!g.outstanding || conn->linger_until <= now) {
			weftk_conn_detach(conn, WEFT_EP_REASON_ERROR);
			weftk_conn_free(conn);
		} else {
			due = min(due, conn->linger_until);
		}
	}
	return due;
}

/* The endpoint goes, and its stream as soon as the peer knows why.  True: it is not the caller's
 * any more. */
bool weftk_conn_linger(struct weftk_conn *conn)
{
	struct weftk_ctx *ctx = conn->ctx;

	if (!ctx || !conn->refused || ctx->over || ctx->shard->stopped)
		return false;
	conn->ep = NULL;
	conn->linger_until = ctx->shard->now + LINGER_NS;
	list_move(&conn->of_ctx, &ctx->lingering);
	weftk_activate(ctx);
	return true;
}
