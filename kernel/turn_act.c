// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the engine asks of its host: each action goes to verbs, and its outcome back.  Decides one
 * thing: packets before their turn are kept as they came, without a copy.
 */
#include "kernel/inner.h"

static void done(struct weftk_ctx *ctx, const struct weft_act *act, enum weft_status st, u64 value)
{
	if (st != WEFT_STATUS_OK && st != WEFT_STATUS_HELD)
		weftk_saw_refusal(ctx, act, (u8)st);
	if (act->token)
		weft_done(ctx->pdc, act->token, st, value);
}

static struct weftk_ep *ep_of(const struct weft_act *act)
{
	struct weftk_conn *conn = act->stream ? weft_stream_host(act->stream) : NULL;

	return conn ? conn->ep : NULL;
}

/* ---- Packets ------------------------------------------------------------------------ */

static enum weft_status keep(struct weftk_ctx *ctx, const struct weft_act *act,
			     struct sk_buff *skb, u32 off)
{
	struct weftk_hold *h;

	if (act->hold >= WEFTK_HOLDS || !skb)
		return WEFT_STATUS_NO_HOLD;
	h = &ctx->holds[act->hold];
	weftk_hold_put(h);
	h->skb = skb_get(skb);
	h->off = off;
	return WEFT_STATUS_HELD;
}

static void place_mem(struct weftk_ctx *ctx, const struct weft_act *act, struct weftk_ep *ep,
		      struct sk_buff *skb, u32 off)
{
	struct weftk_hold *h = !skb && act->hold < WEFTK_HOLDS ? &ctx->holds[act->hold] : NULL;
	enum weft_status st;
	u64 value = 0;

	if (h) {
		skb = h->skb;
		off = h->off;
	}
	if (!skb || !ep) {
		done(ctx, act, WEFT_STATUS_NO_HOLD, 0);
		return;
	}
	st = ctx->dev->ops->place_mem(ep, act, skb, off, &value);
	if (st == WEFT_STATUS_HELD)
		st = keep(ctx, act, h ? NULL : skb, off);
	if (h)
		weftk_hold_put(h);
	done(ctx, act, st, value);
}

/* ---- Events ------------------------------------------------------------------------- */

static void context_event(struct weftk_ctx *ctx, const struct weft_act *act)
{
	if (act->event == WEFT_EV_PDC_OPEN) {
		if (act->arg)		/* WEFT-PDC-005 */
			weftk_ctx_fail_former(ctx);
		return;
	}
	if (act->event == WEFT_EV_PDC_CLOSED) {
		ctx->shard->closed++;
	} else {
		ctx->failure = act->wc.status;
		ctx->shard->failed++;
	}
	ctx->closing = true;
	ctx->over = true;
}

static void event(struct weftk_ctx *ctx, const struct weft_act *act)
{
	switch (act->event) {
	case WEFT_EV_EP_CONNECT:
		weftk_ep_asked(ctx, act);
		return;
	case WEFT_EV_EP_ACCEPTED:
	case WEFT_EV_EP_REJECTED:
	case WEFT_EV_STREAM_ERROR:
	case WEFT_EV_SQ_DRAINED:
	case WEFT_EV_DISCONNECTED:
		weftk_ep_event(ctx, act);
		return;
	case WEFT_EV_PDC_OPEN:
	case WEFT_EV_PDC_CLOSED:
	case WEFT_EV_PDC_FAILED:
		context_event(ctx, act);
		return;
	case WEFT_EV_TELEMETRY:
	case WEFT_EV_PEER_PORT:
	case WEFT_EV_NONE:
	case WEFT_EV_WINDOW:
		return;
	}
}

static void completed(struct weftk_ctx *ctx, const struct weft_act *act)
{
	struct weftk_conn *conn = weft_stream_host(act->stream);

	conn->out--;
	if (!conn->ep)
		return;
	ctx->dev->ops->complete(conn->ep, &act->wc);
	if (conn->starved) {
		conn->starved = false;
		weftk_ep_kick_in_turn(conn->ep);
	}
}

/* ---- All of them -------------------------------------------------------------------- */

static enum weft_status judge(struct weftk_ctx *ctx, const struct weft_act *act,
			      struct weftk_ep *ep, struct sk_buff *skb, u32 off, u64 *value)
{
	const struct weftk_verbs_ops *ops = ctx->dev->ops;

	if (!ep)
		return WEFT_STATUS_NO_STREAM;
	switch (act->type) {
	case WEFT_ACT_PLACE_RECV:
		return ops->place_recv(ep, act, skb, off);
	case WEFT_ACT_PLACE_WR:
		return ops->place_wr(ep, act, skb, off);
	case WEFT_ACT_READ:
		return ops->read_check(ep, act);
	case WEFT_ACT_ATOMIC:
		return ops->atomic(ep, act, value);
	case WEFT_ACT_FLUSH:
		return ops->flush(ep, act);
	case WEFT_ACT_INVALIDATE:
		return ops->invalidate(ep, act);
	case WEFT_ACT_RECV:
		return ops->recv(ep, act);
	default:
		return WEFT_STATUS_BAD_OPCODE;
	}
}

void weftk_act(struct weftk_ctx *ctx, const struct weft_act *act, struct sk_buff *skb, u32 off)
{
	struct weftk_ep *ep = ep_of(act);
	enum weft_status st;
	u64 value = 0;

	switch (act->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
		place_mem(ctx, act, ep, skb, off);
		return;
	case WEFT_ACT_RELEASE_HOLD:
		if (act->hold < WEFTK_HOLDS)
			weftk_hold_put(&ctx->holds[act->hold]);
		return;
	case WEFT_ACT_UNBIND:
		if (ep)
			ctx->dev->ops->unbind(ep, act);
		return;
	case WEFT_ACT_COMPLETE:
		weftk_saw_act(ctx, act);
		completed(ctx, act);
		return;
	case WEFT_ACT_COMPLETE_RECV:
		if (ep)
			ctx->dev->ops->complete_recv(ep, &act->wc);
		return;
	case WEFT_ACT_EVENT:
		weftk_saw_act(ctx, act);
		event(ctx, act);
		return;
	case WEFT_ACT_PLACE_RECV:
	case WEFT_ACT_PLACE_WR:
	case WEFT_ACT_READ:
	case WEFT_ACT_ATOMIC:
	case WEFT_ACT_FLUSH:
	case WEFT_ACT_INVALIDATE:
	case WEFT_ACT_RECV:
	case WEFT_ACT_BIND:		/* from here on: services that no context here offers */
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
	case WEFT_ACT_PLACE_LS:
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_PLACE_RD:
	case WEFT_ACT_COMPLETE_RD:
		st = judge(ctx, act, ep, skb, off, &value);
		done(ctx, act, st, value);
		return;
	}
}
