/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's actions, done by a chip that has no payload: every check is made as a real chip
 * makes it, and only the copying is left out.
 */
#include <string.h>

#include "core/names.h"
#include "sim/host.h"
#include "sim/util.h"

static const struct weft_mr *region(const struct sim_hosts *h, uint32_t chip, uint32_t key)
{
	const struct sim_chip *c = &h->chip[chip];
	uint32_t i = key / 0x100;

	return i && i <= c->mrs && key % 0x100 == 0 ? &c->mr[i - 1] : NULL;
}

enum weft_status sim_check(const struct sim_hosts *h, uint32_t chip, const struct weft_stream *s,
			   uint32_t need, uint32_t key, uint64_t addr, uint64_t len)
{
	return weft_mr_check(region(h, chip, key), weft_stream_domain(s), weft_stream_pd(s), need,
			     addr, len);
}

static enum weft_status check(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *a,
			      uint32_t need, uint64_t len)
{
	return sim_check(h, p->chip, a->stream, need, a->key, a->addr, len);
}

/* Regions are relaxed here, so what comes early is placed early. */
static enum weft_status place(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *a)
{
	enum weft_status st = check(h, p, a, WEFT_MR_WRITE, a->msg_len);
	const struct weft_mr *mr = region(h, p->chip, a->key);

	if (st == WEFT_STATUS_OK && (a->early == WEFT_TOO_EARLY ||
				     (a->early && !(mr->rights & WEFT_MR_RELAXED))))
		return a->hold == WEFT_NO_HOLD ? WEFT_STATUS_NO_HOLD : WEFT_STATUS_HELD;
	return st;
}

/* Is receive buffer `ssn` posted? SSNs count from 0 and wrap. */
static enum weft_status buffer(const struct sim_ep *ep, uint32_t ssn, uint32_t len)
{
	if ((int32_t)(ep->posted - ssn) <= 0)
		return WEFT_STATUS_RNR;
	return len > ep->buffer_bytes ? WEFT_STATUS_TOO_LONG : WEFT_STATUS_OK;
}

static void answer(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *a,
		   enum weft_status st)
{
	if (st == WEFT_STATUS_OK)
		h->stats.placed_bytes += a->type <= WEFT_ACT_PLACE_WR ? a->len : 0;
	else if (st != WEFT_STATUS_HELD)
		h->stats.refused++;
	/* Held for its message's turn alone: regions here are relaxed. */
	if (a->token)
		weft_done(p->pdc, a->token, st, a->early == WEFT_TOO_EARLY);
}

static void on_connect(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *a)
{
	struct sim_ep *ep;
	int err;

	if (a->arg != WEFT_SERVICE_CHIP) {
		weft_ep_reject(p->pdc, a->peer_qpn, WEFT_EP_REASON_NO_SERVICE);
		return;
	}
	ep = sim_ep_new(h, p, 0);
	sim_pools_ready(h);
	err = weft_ep_accept(ep->stream, &a->ep, NULL, 0);
	if (err)
		sim_die("chip %u: cannot accept a stream from chip %u (%d)", p->chip, p->peer, err);
	ep->connected = true;
	h->work->connected(h->work_ctx, ep, false);
}

static void event(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *a)
{
	struct sim_ep *ep = a->stream ? weft_stream_host(a->stream) : NULL;
	char what[128];

	switch (a->event) {
	case WEFT_EV_TELEMETRY:
	case WEFT_EV_PEER_PORT:
	case WEFT_EV_NONE:
	case WEFT_EV_WINDOW:
	case WEFT_EV_PDC_OPEN:
	case WEFT_EV_PDC_CLOSED:
	case WEFT_EV_SQ_DRAINED:
		return;
	case WEFT_EV_EP_CONNECT:
		on_connect(h, p, a);
		return;
	case WEFT_EV_EP_ACCEPTED:
		ep->connected = true;
		h->work->connected(h->work_ctx, ep, true);
		return;
	case WEFT_EV_EP_REJECTED:
		snprintf(what, sizeof(what), "stream rejected: %s", weft_ep_reason_name(a->arg));
		break;
	case WEFT_EV_STREAM_ERROR:
		snprintf(what, sizeof(what), "stream failed: %s", weft_status_name(a->wc.status));
		break;
	case WEFT_EV_DISCONNECTED:
		snprintf(what, sizeof(what), "disconnected: %s", weft_ep_reason_name(a->arg));
		break;
	case WEFT_EV_PDC_FAILED:
		snprintf(what, sizeof(what), "context failed: %s", weft_status_name(a->wc.status));
		break;
	}
	h->work->failed(h->work_ctx, p->chip, p->peer, what);
}

void sim_do_action(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *a)
{
	struct sim_ep *ep = a->stream ? weft_stream_host(a->stream) : NULL;

	switch (a->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
		answer(h, p, a, place(h, p, a));
		break;
	case WEFT_ACT_PLACE_RECV:
		answer(h, p, a, buffer(ep, a->ssn, a->msg_len));
		break;
	case WEFT_ACT_PLACE_WR:
		answer(h, p, a, WEFT_STATUS_OK);
		break;
	case WEFT_ACT_READ:
		answer(h, p, a, check(h, p, a, WEFT_MR_READ, a->msg_len));
		break;
	case WEFT_ACT_ATOMIC:
		/* No region here has the right: there are no values to operate on. */
		answer(h, p, a, check(h, p, a, WEFT_MR_ATOMIC, a->atomic.width));
		break;
	case WEFT_ACT_RECV:
		answer(h, p, a, buffer(ep, a->ssn, 0));
		break;
	case WEFT_ACT_FLUSH:
		answer(h, p, a, check(h, p, a, WEFT_MR_WRITE, a->msg_len));
		break;
	case WEFT_ACT_INVALIDATE:
		answer(h, p, a, check(h, p, a, WEFT_MR_INVALIDATE, 0));
		break;
	case WEFT_ACT_RELEASE_HOLD:
	case WEFT_ACT_UNBIND:
		break;
	case WEFT_ACT_BIND:		/* services that no context here offers */
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
	case WEFT_ACT_PLACE_LS:
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_PLACE_RD:
	case WEFT_ACT_COMPLETE_RD:
		break;
	case WEFT_ACT_COMPLETE:
		h->work->sent(h->work_ctx, ep, &a->wc);
		break;
	case WEFT_ACT_COMPLETE_RECV:
		h->work->received(h->work_ctx, ep, &a->wc);
		break;
	case WEFT_ACT_EVENT:
		event(h, p, a);
		break;
	}
}
