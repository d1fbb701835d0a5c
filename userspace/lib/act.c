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

/* For SEND_PACKED: where a piece lies when each is put behind the one that came before. */
static uint32_t packed(const uint8_t *buf, const struct weft_act *act)
{
	static const uint8_t *last;
	static uint32_t at;

	if (last != buf || at >= act->msg_len)
		at = 0;
	last = buf;
	at += act->len;
	return at - act->len;
}

static enum weft_status put_in(uint8_t *buf, uint32_t room, const struct weft_act *act,
			       const uint8_t *payload)
{
	if (act->msg_len > room)		/* WEFT-SEM-012 */
		return WEFT_MUTANT(TOO_LONG_TAKEN) ? WEFT_STATUS_OK : WEFT_STATUS_TOO_LONG;
	if (act->len)
		memcpy(buf + (WEFT_MUTANT(SEND_PACKED) ? packed(buf, act) : act->offset), payload,
		       act->len);
	return WEFT_STATUS_OK;
}

static enum weft_status place_recv(const struct weft_act *act, const uint8_t *payload)
{
	struct weft_ep *ep = weft_stream_host(act->stream);
	enum weft_status st = WEFT_STATUS_RNR;
	struct weftu_sbuf *b;
	struct weftu_rreq *r;

	if (ep->srq) {
		b = weftu_srq_take(ep, act->ssn, act->early, &st);
		return b ? put_in(b->buf, b->len, act, payload) : st;
	}
	r = receive_buffer(ep, act->ssn);
	if (!r)
		return WEFT_MUTANT(RNR_LOST) ? WEFT_STATUS_OK : WEFT_STATUS_RNR;
	return put_in(r->buf, r->len, act, payload);
}

/* A WRITE with immediate: its turn has come. */
static enum weft_status take_recv(const struct weft_act *act)
{
	struct weft_ep *ep = weft_stream_host(act->stream);
	enum weft_status st = WEFT_STATUS_RNR;

	if (ep->srq)
		return weftu_srq_take(ep, act->ssn, false, &st) ? WEFT_STATUS_OK : st;
	return receive_buffer(ep, act->ssn) ? WEFT_STATUS_OK : st;
}

static void place_wr(const struct weft_act *act, const uint8_t *payload)
{
	if (act->len)
		memcpy((uint8_t *)(uintptr_t)act->local + act->offset, payload, act->len);
}

/* ---- Events ---------------------------------------------------------------------- */

static void note_private(struct weft_ep *ep, const struct weft_act *act)
{
	uint16_t n = act->priv_len < WEFT_PRIVATE_MAX ? act->priv_len : WEFT_PRIVATE_MAX;

	ep->peer_priv_len = n;
	if (n)
		memcpy(ep->peer_priv, act->priv, n);
}

static void accepted(struct weft_ep *ep, const struct weft_act *act)
{
	struct weft_ep_event ev = { .kind = WEFT_EP_CONNECTED, .ep = ep, .user = ep->user };

	ep->state = EP_CONNECTED;
	note_private(ep, act);
	weftu_event(ep->port, &ev);
}

/* WEFT-MGT-014 */
static void rejected(struct weft_ep *ep, const struct weft_act *act)
{
	ep->reason = (uint8_t)act->arg;
	ep->reject_arg = act->ep_arg;
	note_private(ep, act);
	weftu_ep_end(ep, EP_REJECTED, WEFT_STATUS_DISCONNECTED, true,
		     "rejected the connection to service %u: %s", ep->service,
		     weft_reason_name(act->arg));
}

static void disconnected(struct weft_ep *ep, const struct weft_act *act)
{
	ep->reason = (uint8_t)act->arg;
	ep->reject_arg = act->ep_arg;
	weftu_ep_end(ep, EP_CLOSED, WEFT_STATUS_DISCONNECTED, true,
		     "closed the connection: %s", weft_reason_name(act->arg));
}

static void failed(struct weft_ep *ep, const struct weft_act *act)
{
	enum weft_status st = act->wc.status;

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

static void peer_port(struct weftu_ctx *ctx, const struct weft_act *act)
{
	weftu_event(ctx->port, &(struct weft_ep_event){ .kind = WEFT_EP_PEER_PORT,
			.chip_id = ctx->peer->core.chip_id, .arg = act->arg,
			.port_up = act->ep_arg != WEFT_PORT_STATE_DOWN });
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
		rejected(ep, act);
		return;
	case WEFT_EV_STREAM_ERROR:
		failed(ep, act);
		return;
	case WEFT_EV_SQ_DRAINED:
		weftu_event(ep->port, &(struct weft_ep_event){ .kind = WEFT_EP_DRAINED, .ep = ep,
							       .user = ep->user });
		return;
	case WEFT_EV_DISCONNECTED:
		disconnected(ep, act);
		return;
	case WEFT_EV_PDC_OPEN:
	case WEFT_EV_PDC_CLOSED:
	case WEFT_EV_PDC_FAILED:
		context_event(ctx, act);
		return;
	case WEFT_EV_TELEMETRY:
		weftu_telemetry_told(ctx, act);
		return;
	case WEFT_EV_PEER_PORT:
		peer_port(ctx, act);
		return;
	case WEFT_EV_WINDOW:
		weftu_window_event(ctx, act);
		return;
	case WEFT_EV_NONE:
		return;
	}
}

/* Windows and datagrams: of no stream. */
static void service(struct weftu_ctx *ctx, const struct weft_act *act)
{
	uint64_t value = 0;
	enum weft_status st = WEFT_STATUS_OK;

	switch (act->type) {
	case WEFT_ACT_BIND:
		st = weftu_bind(ctx, act, &value);
		break;
	case WEFT_ACT_PLACE_LS:
		weftu_window_placed(act);
		break;
	case WEFT_ACT_COMPLETE_LS:
		weftu_window_complete(ctx, &act->wc);
		return;
	case WEFT_ACT_PLACE_RD:
		st = weftu_rd_place(ctx, act);
		break;
	case WEFT_ACT_COMPLETE_RD:
		weftu_rd_complete(ctx, &act->wc);
		return;
	default:
		st = weftu_ls_execute(ctx, act, &value);
		break;
	}
	done(ctx, act, st, value);
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
		done(ctx, act, take_recv(act), 0);
		return;
	case WEFT_ACT_RELEASE_HOLD:
		return;
	case WEFT_ACT_UNBIND:
		ep = weft_stream_host(act->stream);
		if (ep->srq)
			weftu_srq_unbind(ep, act->ssn);
		return;
	case WEFT_ACT_BIND:
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
	case WEFT_ACT_PLACE_LS:
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_PLACE_RD:
	case WEFT_ACT_COMPLETE_RD:
		service(ctx, act);
		return;
	case WEFT_ACT_COMPLETE:
		weftu_complete_send(weft_stream_host(act->stream), &act->wc);
		return;
	case WEFT_ACT_COMPLETE_RECV:
		weftu_complete_recv(weft_stream_host(act->stream), &act->wc);
		return;
	case WEFT_ACT_EVENT:
		event(ctx, act);
		return;
	}
}
