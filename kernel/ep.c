// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Endpoints as verbs handle them: made, connected, kicked, failed, taken away.  How they find
 * their peer is connect.c's.
 */
#include <linux/slab.h>

#include "kernel/connect.h"

#define CONNECT_NS	(10ull * NSEC_PER_SEC)
#define PULL_MAX	64u	/* work requests of an endpoint taken in one go */

void weftk_ep_init(struct weftk_ep *ep, struct weftk_dev *dev, u32 qpn)
{
	memset(ep, 0, sizeof(*ep));
	ep->dev = dev;
	ep->qpn = qpn;
	ep->state = EP_IDLE;
	INIT_LIST_HEAD(&ep->kicked);
	INIT_LIST_HEAD(&ep->asking);
	spin_lock_init(&ep->lock);
}

/* ---- Connecting --------------------------------------------------------------------- */

static struct weftk_conn *make_conn(struct weftk_ep *ep)
{
	struct weft_stream_cfg cfg = {
		.qpn = ep->qpn, .sq_depth = ep->cfg.sq_depth, .window = ep->cfg.window,
		.reads = ep->cfg.reads, .rnr_retry = ep->cfg.rnr_retry, .srq = ep->cfg.srq,
	};
	size_t size = weft_stream_size(&cfg);
	struct weftk_conn *conn;

	if (!size)
		return ERR_PTR(-EINVAL);
	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (conn)
		conn->mem = kvzalloc(size, GFP_KERNEL);
	if (conn && conn->mem) {
		conn->ep = ep;
		return conn;
	}
	kfree(conn);
	return ERR_PTR(-ENOMEM);
}

/* As contexts have it, so that endpoints find theirs: what a carriage does not use is zero. */
static int set_addr(struct weftk_ep *ep, const struct weftk_addr *addr)
{
	struct weftk_addr *a = &ep->addr;

	memset(a, 0, sizeof(*a));
	a->way = addr->way;
	switch ((enum weftk_way)addr->way) {
	case WEFTK_WAY_UDP4:
	case WEFTK_WAY_UDP6:
		a->local = addr->local;
		a->remote = addr->remote;
		a->tclass = addr->tclass & ~3;
		a->port = addr->port ? addr->port : htons((u16)weftk_udp_port);
		return 0;
	case WEFTK_WAY_L2:
		memcpy(a->rmac, addr->rmac, ETH_ALEN);
		memcpy(a->lmac, ep->dev->netdev->dev_addr, ETH_ALEN);
		return 0;
	case WEFTK_WAY_NONE:
		break;
	}
	return -EINVAL;
}

static u64 expiry(u64 ns)
{
	u64 now = ktime_get_ns();

	ns = ns ? ns : CONNECT_NS;
	return ns < KTIME_MAX - now ? now + ns : KTIME_MAX;
}

int weftk_ep_connect(struct weftk_ep *ep, const struct weftk_addr *addr, u32 dst_qpn,
		     const struct weftk_ep_cfg *cfg)
{
	struct weftk_conn *conn, *mirror;
	int err;

	if (ep->conn)
		return -EISCONN;
	err = set_addr(ep, addr);
	if (err)
		return err;
	ep->cfg = *cfg;
	conn = make_conn(ep);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	mirror = dst_qpn == ep->qpn ? make_conn(ep) : NULL;
	if (IS_ERR(mirror)) {
		weftk_conn_free(conn);
		return PTR_ERR(mirror);
	}
	ep->conn = conn;
	ep->mirror = mirror;
	ep->expires = expiry(cfg->connect_ns);
	ep->retry_ns = 0;
	spin_lock_bh(&ep->lock);
	ep->dst_qpn = dst_qpn;
	ep->dst_chip = 0;
	ep->state = EP_ASKING;
	spin_unlock_bh(&ep->lock);
	err = weftk_ask(ep);
	if (!err)
		return 0;
	ep->conn = NULL;
	ep->mirror = NULL;
	ep->state = EP_IDLE;
	weftk_conn_free(conn);
	weftk_conn_free(mirror);
	return err;
}

/* ---- Work --------------------------------------------------------------------------- */

/*
 * On the list of which shard; NULL: it has none yet.  It may get one at any time: looked at once.
 */
static struct weftk_shard *kick(struct weftk_ep *ep)
{
	struct weftk_shard *sh = READ_ONCE(ep->shard);
	unsigned long flags;
	bool is;

	if (!sh)
		return NULL;
	smp_mb();		/* pairs with pull() in turn.c: new work, then is it on the list */
	if (!list_empty_careful(&ep->kicked))
		return sh;
	spin_lock_irqsave(&sh->kick_lock, flags);
	is = ep->shard == sh;		/* not reset meanwhile */
	if (is && list_empty(&ep->kicked))
		list_add_tail(&ep->kicked, &sh->kicks);
	spin_unlock_irqrestore(&sh->kick_lock, flags);
	return is ? sh : NULL;
}

void weftk_ep_kick_later(struct weftk_ep *ep)
{
	struct weftk_shard *sh = kick(ep);

	if (sh)
		weftk_shard_raise(sh);
}

void weftk_ep_kick_in_turn(struct weftk_ep *ep)
{
	kick(ep);
}

void weftk_ep_kick(struct weftk_ep *ep)
{
	struct weftk_shard *sh = kick(ep);

	if (!sh)
		return;
	if (in_task() && !irqs_disabled()) {
		local_bh_disable();
		weftk_shard_take(sh);
		local_bh_enable();
	} else {
		weftk_shard_raise(sh);
	}
}

/* The engine does not know such a request: its queue pair fails. */
static void refuse(struct weftk_conn *conn, const struct weft_wr *wr)
{
	struct weft_wc wc = { .id = wr->id, .status = WEFT_STATUS_OP_FAILED,
			      .opcode = (u8)wr->opcode };

	conn->ep->dev->ops->complete(conn->ep, &wc);
	weft_stream_fail(conn->stream, WEFT_STATUS_OP_FAILED);
}

/* In the turn. */
void weftk_ep_pull(struct weftk_ep *ep)
{
	const struct weftk_verbs_ops *ops = ep->dev->ops;
	struct weftk_conn *conn = ep->conn;
	struct weft_wr wr;
	u32 n = 0;

	if (!conn || weftk_ep_failing(ep) || ep->state != EP_CONNECTED)
		return;
	for (n = 0; n < PULL_MAX; n++) {
		if (conn->out >= ep->cfg.sq_depth) {
			conn->starved = ops->wr_waits(ep);
			break;
		}
		memset(&wr, 0, sizeof(wr));
		if (!ops->next_wr(ep, &wr))
			break;
		if (weft_post(conn->stream, &wr) == WEFT_OK)
			conn->out++;
		else
			refuse(conn, &wr);
	}
	weftk_activate(conn->ctx);
	if (n == PULL_MAX)
		weftk_ep_kick_in_turn(ep);
}

/* ---- Changes ------------------------------------------------------------------------ */

/* The shard's lock, if the endpoint has one: NULL if not. */
static struct weftk_shard *lock_shard(struct weftk_ep *ep)
{
	struct weftk_shard *sh;

	while ((sh = READ_ONCE(ep->shard))) {
		spin_lock_bh(&sh->lock);
		if (ep->shard == sh)
			return sh;
		weftk_shard_unlock_bh(sh);
	}
	return NULL;
}

void weftk_ep_set_rnr(struct weftk_ep *ep, u8 rnr_retry, u32 rnr_delay_ns)
{
	struct weftk_shard *sh = lock_shard(ep);

	ep->cfg.rnr_retry = rnr_retry;
	ep->cfg.rnr_delay_ns = rnr_delay_ns;
	if (!sh)
		return;
	if (ep->conn && ep->conn->stream)
		weft_stream_set_rnr(ep->conn->stream, rnr_retry, rnr_delay_ns);
	weftk_shard_unlock_bh(sh);
}

int weftk_ep_drain(struct weftk_ep *ep)
{
	struct weftk_shard *sh = lock_shard(ep);
	int err = -ENOTCONN;

	if (!sh)
		return err;
	if (ep->conn && ep->conn->stream && weft_stream_drain(ep->conn->stream) == WEFT_OK) {
		weftk_activate(ep->conn->ctx);
		weftk_shard_raise(sh);
		err = 0;
	}
	weftk_shard_unlock_bh(sh);
	return err;
}

void weftk_ep_resume(struct weftk_ep *ep)
{
	struct weftk_shard *sh = lock_shard(ep);

	if (!sh)
		return;
	if (ep->conn && ep->conn->stream) {
		weft_stream_resume(ep->conn->stream);
		weftk_activate(ep->conn->ctx);
		weftk_shard_raise(sh);
	}
	weftk_shard_unlock_bh(sh);
}

void weftk_ep_fail(struct weftk_ep *ep, enum weft_status st)
{
	WRITE_ONCE(ep->fail_st, st);
	weftk_ep_kick_later(ep);
}

/* ---- The end ------------------------------------------------------------------------ */

static void unkick(struct weftk_shard *sh, struct weftk_ep *ep)
{
	unsigned long flags;

	spin_lock_irqsave(&sh->kick_lock, flags);
	WRITE_ONCE(ep->shard, NULL);
	list_del_init(&ep->kicked);
	spin_unlock_irqrestore(&sh->kick_lock, flags);
}

/* Off everything; what is left to free. */
static struct weftk_conn *take_off(struct weftk_ep *ep)
{
	struct weftk_shard *sh = ep->shard;
	struct weftk_conn *conn = ep->conn;

	if (!sh) {
		ep->conn = NULL;
		return conn;
	}
	spin_lock(&sh->lock);
	sh->now = ktime_get_ns();
	ep->conn = NULL;
	spin_lock(&ep->lock);
	ep->state = EP_IDLE;		/* nothing is accepted for it any more */
	spin_unlock(&ep->lock);
	weftk_timer_stop(sh, &conn->timer);
	unkick(sh, ep);
	if (weftk_conn_linger(conn))
		conn = NULL;
	else
		weftk_conn_detach(conn, WEFT_EP_REASON_CLOSED);
	if (ep->mirror)
		weftk_conn_detach(ep->mirror, WEFT_EP_REASON_CLOSED);
	if (!sh->stopped)
		weftk_shard_raise(sh);
	weftk_shard_unlock(sh);
	return conn;
}

/* Somebody who asked early waits for an answer. */
static void refuse_kept(struct weftk_dev *dev, const struct weftk_kept *k)
{
	struct weftk_shard *sh = weftk_shard_of(dev, k->chip);
	struct weftk_ctx *ctx;

	if (!k->ctx_id)
		return;
	spin_lock(&sh->lock);
	rcu_read_lock();
	ctx = weftk_ctx_by_id(dev, k->ctx_id);
	if (ctx && ctx->shard == sh && ctx->pdc && !ctx->over) {
		weft_ep_reject(ctx->pdc, k->ep.src_qpn, WEFT_EP_REASON_NO_SERVICE);
		weftk_activate(ctx);
		weftk_shard_raise(sh);
	}
	rcu_read_unlock();
	weftk_shard_unlock(sh);
}

void weftk_ep_reset(struct weftk_ep *ep)
{
	struct weftk_dev *dev = ep->dev;
	struct weftk_conn *conn, *mirror;
	struct weftk_kept kept;

	spin_lock_bh(&dev->ask_lock);
	list_del_init(&ep->asking);
	ep->ask = NULL;
	conn = take_off(ep);
	mirror = ep->mirror;
	ep->mirror = NULL;
	spin_lock(&ep->lock);
	ep->state = EP_IDLE;
	kept = ep->kept;
	ep->kept.ctx_id = 0;
	spin_unlock(&ep->lock);
	ep->fail_st = 0;
	refuse_kept(dev, &kept);
	spin_unlock_bh(&dev->ask_lock);
	weftk_conn_free(conn);
	weftk_conn_free(mirror);
}
