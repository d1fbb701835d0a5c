/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine asks of its host: place, execute, report.  Registered memory is remote.c's;
 * receive buffers and what the program learns are here.  Each action is answered before the call
 * returns.
 */
#include <string.h>

#include "core/names.h"
#include "userspace/lib/lib.h"

static void done(struct weftu_ctx *ctx, const struct weft_act *act, enum weft_status st,
		 uint64_t value)
{
	if (act->token)
		weft_done(ctx->pdc, act->token, st, value);
}

/* ---- Receive buffers ------------------------------------------------------------- */

static struct weftu_rreq *receive_buffer(struct weft_ep *ep, uint32_t ssn)
{
	uint32_t ahead = ssn - ep->r_done - FIRST_SSN;

	return ahead < ep->r_posted - ep->r_done
		? &ep->rreqs[(ssn - FIRST_SSN) & (ep->recv_depth - 1u)] : NULL;
}

static enum weft_status place_recv(const struct weft_act *act, const uint8_t *payload)
{
	struct weft_ep *ep = weft_stream_host(act->stream);
	struct weftu_rreq *r = receive_buffer(ep, act->ssn);

	if (!r)
		return WEFT_MUTANT(RNR_LOST) ? WEFT_STATUS_OK : WEFT_STATUS_RNR;
	if (act->msg_len > r->len)		/* WEFT-SEM-012 */
		return WEFT_MUTANT(TOO_LONG_TAKEN) ? WEFT_STATUS_OK : WEFT_STATUS_TOO_LONG;
	if (act->len)
		memcpy(r->buf + act->offset, payload, act->len);
	return WEFT_STATUS_OK;
}

static void place_wr(const struct weft_act *act, const uint8_t *payload)
{
	const struct weft_ep *ep = weft_stream_host(act->stream);

	if (act->len && !ep->lingering)		/* else the buffer is the user's again */
		memcpy((uint8_t *)(uintptr_t)act->local + act->offset, payload, act->len);
}

/* ---- Events ---------------------------------------------------------------------- */

static void accepted(struct weft_ep *ep, const struct weft_act *act)
{
	struct weft_ep_event ev = { .kind = WEFT_EP_CONNECTED, .ep = ep, .user = ep->user };
	uint16_t n = act->priv_len < WEFT_PRIVATE_MAX ? act->priv_len : WEFT_PRIVATE_MAX;

	ep->state = EP_CONNECTED;
	ep->peer_priv_len = n;
	if (n)
		memcpy(ep->peer_priv, act->priv, n);
	weftu_event(ep->port, &ev);
}

static void failed(struct weft_ep *ep, const struct weft_act *act)
{
	enum weft_status st = act->wc.status;

	ep->refused = act->arg;
	if (ep->state == EP_CONNECTING && st == WEFT_STATUS_BAD_DOMAIN)	/* NACK MODE */
		weftu_ep_end(ep, EP_FAILED, st, true, "%s: it does not serve domain %u in mode %s",
			     weft_st_name(st), ep->domain, weft_mode_name(ep->ctx->mode));
	else
		weftu_ep_end(ep, EP_FAILED, st, true, "%s%s: %s",
			     act->arg ? "a request of it was refused: " : "",
			     weft_st_name(st), weft_st_text(st));
}

static void context_event(struct weftu_ctx *ctx, const struct weft_act *act)
{
	if (act->event == WEFT_EV_PDC_OPEN) {
		if (act->arg)		/* WEFT-PDC-005 */
			weftu_ctx_fail_former(ctx);
		return;
	}
	if (act->event == WEFT_EV_PDC_CLOSED) {
		ctx->port->st.contexts_closed++;
	} else {
		ctx->failure = act->wc.status;
		ctx->port->st.contexts_failed++;
	}
	ctx->closing = true;
	ctx->over = true;
}

static void event(struct weftu_ctx *ctx, const struct weft_act *act)
{
	struct weft_ep *ep = act->stream ? weft_stream_host(act->stream) : NULL;

	switch (act->event) {
	case WEFT_EV_EP_CONNECT:
		weftu_asked(ctx, act);
		return;
	case WEFT_EV_EP_ACCEPTED:
		accepted(ep, act);
		return;
	case WEFT_EV_EP_REJECTED:
		ep->reason = (uint8_t)act->arg;
		weftu_ep_end(ep, EP_REJECTED, WEFT_STATUS_DISCONNECTED, true,
			     "rejected the connection to service %u: %s", ep->service,
			     weft_reason_name(act->arg));
		return;
	case WEFT_EV_STREAM_ERROR:
		failed(ep, act);
		return;
	case WEFT_EV_SQ_DRAINED:
		weftu_event(ep->port, &(struct weft_ep_event){ .kind = WEFT_EP_DRAINED, .ep = ep,
							       .user = ep->user });
		return;
	case WEFT_EV_DISCONNECTED:
		ep->reason = (uint8_t)act->arg;
		weftu_ep_end(ep, EP_CLOSED, WEFT_STATUS_DISCONNECTED, true,
			     "closed the connection: %s", weft_reason_name(act->arg));
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

void weftu_act(struct weftu_ctx *ctx, const struct weft_act *act, const uint8_t *payload)
{
	uint64_t value = 0;
	enum weft_status st;
	struct weft_ep *ep;

	switch (act->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
		st = weftu_place(ctx, act, payload, &value);
		done(ctx, act, st, value);
		return;
	case WEFT_ACT_PLACE_RECV:
		done(ctx, act, place_recv(act, payload), 0);
		return;
	case WEFT_ACT_PLACE_WR:
		place_wr(act, payload);
		done(ctx, act, WEFT_STATUS_OK, 0);
		return;
	case WEFT_ACT_READ:
		done(ctx, act, weftu_check_read(ctx, act), 0);
		return;
	case WEFT_ACT_ATOMIC:
		st = weftu_atomic(ctx, act, &value);
		done(ctx, act, st, value);
		return;
	case WEFT_ACT_FLUSH:
		done(ctx, act, weftu_flush(ctx, act), 0);
		return;
	case WEFT_ACT_INVALIDATE:
		done(ctx, act, weftu_invalidate(ctx, act), 0);
		return;
	case WEFT_ACT_RECV:
		done(ctx, act, receive_buffer(weft_stream_host(act->stream), act->ssn)
		     ? WEFT_STATUS_OK : WEFT_STATUS_RNR, 0);
		return;
	case WEFT_ACT_RELEASE_HOLD:
	case WEFT_ACT_UNBIND:		/* each endpoint has receive buffers of its own */
		return;
	case WEFT_ACT_BIND:		/* services that no context here offers */
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
	case WEFT_ACT_PLACE_LS:
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_PLACE_RD:
	case WEFT_ACT_COMPLETE_RD:
		return;
	case WEFT_ACT_COMPLETE:
		ep = weft_stream_host(act->stream);
		if (!ep->lingering)		/* else flushed already */
			weftu_complete_send(ep, &act->wc);
		return;
	case WEFT_ACT_COMPLETE_RECV:
		weftu_complete_recv(weft_stream_host(act->stream), &act->wc);
		return;
	case WEFT_ACT_EVENT:
		event(ctx, act);
		return;
	}
}
