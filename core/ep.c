/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Control within a context: connecting and ending streams, and closing the context.  TLVs are
 * composed here and carried, like data, by tx.c.  Stand-alone control is alone.c's.
 */
#include "core/pdc.h"

struct ctrl_slot *ep_slot(struct weft_pdc *p)
{
	if (!pdc_wake(p))
		return NULL;
	for (uint32_t i = 0; i < p->n_ctrl || rings_grow_ctrl(p); i++)
		if (!p->ctrl[i].len)
			return &p->ctrl[i];
	return NULL;
}

/* WEFT-PDC-015 */
void ep_put(struct weft_pdc *p, struct ctrl_slot *c, enum weft_tlv type, const void *head,
	    size_t head_len, const void *priv, size_t priv_len)
{
	struct weft_hdr_tlv h = { .type = (uint16_t)type,
				  .length = (uint16_t)(head_len + priv_len) };

	memset(c, 0, sizeof(*c));
	weft_hdr_tlv_pack(c->bytes, &h);
	if (head_len)
		memcpy(c->bytes + WEFT_HDR_TLV_LEN, head, head_len);
	if (priv_len)
		memcpy(c->bytes + WEFT_HDR_TLV_LEN + head_len, priv, priv_len);
	c->len = (uint16_t)((WEFT_HDR_TLV_LEN + head_len + priv_len + 3) & ~(size_t)3);
	c->queued = true;
	p->ctrl_queued++;
}

bool ep_queue_close(struct weft_pdc *p)
{
	struct ctrl_slot *c = ep_slot(p);

	if (!c)
		return false;
	ep_put(p, c, WEFT_TLV_CLOSE, NULL, 0, NULL, 0);
	c->close = true;
	return true;
}

static void connected(struct weft_stream *s, uint32_t qpn, uint32_t credits, uint16_t window,
		      uint8_t reads)
{
	s->peer_qpn = qpn;
	(void)credits;
	s->peer_window = window || WEFT_MUTANT(WINDOW_ZERO) ? window : 1;
	s->peer_reads = reads;
	stream_set_state(s, WEFT_STREAM_STATE_READY);
	req_connected(s);
	rsp_kick(s);
}

int weft_ep_connect(struct weft_stream *s, uint32_t service, const void *priv, uint16_t len)
{
	struct weft_hdr_tlv_ep_connect h = {
		.src_qpn = s->cfg.qpn, .service = service, .credits = s->credits,
		.window = s->cfg.window, .reads = s->cfg.reads,
	};
	uint8_t head[WEFT_HDR_TLV_EP_CONNECT_LEN];
	struct ctrl_slot *c;

	if (len > WEFT_EP_PRIVATE_MAX)
		return WEFT_EINVAL;
	if (s->state != WEFT_STREAM_STATE_IDLE || !pdc_live(s->pdc))
		return WEFT_ESTATE;
	c = ep_slot(s->pdc);
	if (!c)
		return WEFT_EFULL;
	weft_hdr_tlv_ep_connect_pack(head, &h);
	ep_put(s->pdc, c, WEFT_TLV_EP_CONNECT, head, sizeof(head), priv, len);
	stream_set_state(s, WEFT_STREAM_STATE_CONNECTING);
	s->pdc->nudged = s->pdc->backoff && !WEFT_MUTANT(NUDGE_NONE);
	if (WEFT_MUTANT(SENDS_UNACCEPTED))
		connected(s, s->cfg.qpn, 0, 1, 1);
	return WEFT_OK;
}

int weft_ep_accept(struct weft_stream *s, const struct weft_hdr_tlv_ep_connect *ep,
		   const void *priv, uint16_t len)
{
	struct weft_hdr_tlv_ep_accept h = {
		.dst_qpn = ep->src_qpn, .src_qpn = s->cfg.qpn, .credits = s->credits,
		.window = s->cfg.window, .reads = s->cfg.reads,
	};
	uint8_t head[WEFT_HDR_TLV_EP_ACCEPT_LEN];
	struct ctrl_slot *c;

	if (len > WEFT_EP_PRIVATE_MAX || !ep->src_qpn)
		return WEFT_EINVAL;
	if (s->state != WEFT_STREAM_STATE_IDLE || !pdc_live(s->pdc))
		return WEFT_ESTATE;
	c = ep_slot(s->pdc);
	if (!c)
		return WEFT_EFULL;
	weft_hdr_tlv_ep_accept_pack(head, &h);
	ep_put(s->pdc, c, WEFT_TLV_EP_ACCEPT, head, sizeof(head), priv, len);
	connected(s, ep->src_qpn, ep->credits, ep->window, ep->reads);
	return WEFT_OK;
}

int weft_ep_reject(struct weft_pdc *p, uint32_t peer_qpn, enum weft_ep_reason reason)
{
	if (!pdc_live(p))
		return WEFT_ESTATE;
	return ep_owe(p, TX_REJECT, peer_qpn, 0, (uint8_t)reason) ? WEFT_OK :
	       WEFT_EFULL;
}

int weft_ep_reject_with(struct weft_pdc *p, uint32_t peer_qpn, enum weft_ep_reason reason,
			uint32_t arg, const void *priv, uint16_t len)
{
	struct weft_hdr_tlv_ep_reject h = { .dst_qpn = peer_qpn, .reason = (uint8_t)reason,
					    .arg = arg };
	uint8_t head[WEFT_HDR_TLV_EP_REJECT_LEN];
	struct ctrl_slot *c;

	if (len > WEFT_EP_PRIVATE_MAX)
		return WEFT_EINVAL;
	if (!pdc_live(p))
		return WEFT_ESTATE;
	c = ep_slot(p);
	if (!c)
		return WEFT_EFULL;
	weft_hdr_tlv_ep_reject_pack(head, &h);
	ep_put(p, c, WEFT_TLV_EP_REJECT, head, sizeof(head), priv, len);
	return WEFT_OK;
}

/*
 * What is short enough for a packet's record needs no slot.  False: no room to remember it.
 * What packets of the peer's bring about, and TACKs, leave room for the end of each stream of ours.
 */
bool ep_owe(struct weft_pdc *p, enum txkind kind, uint32_t qpn, uint32_t msn, uint8_t reason)
{
	uint32_t most = p->prof->max_streams + OWED_SPARE;
	bool end = kind == TX_DISCONNECT || WEFT_MUTANT(OWED_ALL) ||
		   (kind == TX_REFUSAL && reason != WEFT_STATUS_NO_STREAM &&
		    reason != WEFT_STATUS_OK);

	if (p->n_owed >= (end ? most : OWED_SPARE) || !pdc_wake(p) ||
	    (p->n_owed == rings_owed(p) && !rings_grow_owed(p)))
		return false;
	p->owed[(p->owed_at + p->n_owed++) % rings_owed(p)] = (struct owed){
		.qpn = qpn, .msn = msn, .kind = (uint8_t)kind, .reason = reason };
	return true;
}

bool ep_next_owed(struct weft_pdc *p, struct txrec *r)
{
	const struct owed *o;

	if (!p->n_owed)
		return false;
	o = &p->owed[p->owed_at];
	p->owed_at = (uint16_t)((p->owed_at + 1u) % rings_owed(p));
	p->n_owed--;
	r->kind = o->kind & 15u;
	r->off = o->qpn;
	r->msn = o->msn;
	r->slot = o->reason;
	return true;
}

/* ---- receiving ---------------------------------------------------------------------- */

struct found {			/* the one critical TLV of a packet */
	uint16_t type, len;
	const uint8_t *value;
};

static bool known(const struct weft_pdc *p, uint16_t type)
{
	if (type == WEFT_TLV_WINDOW_BIND || type == WEFT_TLV_WINDOW_STATUS)
		return p->ls;
	return type == WEFT_TLV_CLOSE || type == WEFT_TLV_EP_CONNECT ||
	       type == WEFT_TLV_EP_ACCEPT || type == WEFT_TLV_EP_REJECT ||
	       type == WEFT_TLV_EP_DISCONNECT || type == WEFT_TLV_PORT_STATUS ||
	       type == WEFT_TLV_TELEMETRY_GET || type == WEFT_TLV_TELEMETRY;
}

/* WEFT-PKT-008, WEFT-PKT-009, WEFT-PDC-080 */
static bool find_critical(const struct weft_pdc *p, const struct weft_view *v, struct found *f)
{
	uint32_t off = 0, len = v->b.ctrl.len;


	while (off < len) {
		const uint8_t *at = v->b.ctrl.tlvs + off;
		struct weft_hdr_tlv h;
		uint32_t padded;

		weft_hdr_tlv_unpack(&h, at);		/* len is a multiple of 4 */
		padded = (h.length + 3u) & ~3u;
		if (padded > len - off - WEFT_HDR_TLV_LEN)
			return WEFT_MUTANT(TLV_LEAVES) && f->value;
		if (h.type & 0x8000 && !(WEFT_MUTANT(TLV_CRITICAL) && !known(p, h.type))) {
			if ((f->value && !WEFT_MUTANT(TLV_TWO)) || !known(p, h.type))
				return false;
			f->value = at + WEFT_HDR_TLV_LEN;
			f->type = h.type;
			f->len = h.length;
		} else if (WEFT_MUTANT(TLV_UNKNOWN_REFUSED)) {
			return false;
		}
		off += WEFT_HDR_TLV_LEN + padded;
	}
	return f->value;
}

static bool event(struct weft_act *a, enum weft_event ev, struct weft_stream *s)
{
	memset(a, 0, sizeof(*a));
	a->type = WEFT_ACT_EVENT;
	a->event = ev;
	a->stream = s;
	return true;
}

static bool private_data(struct weft_act *a, const struct found *f, uint16_t head)
{
	a->priv = f->value + head;
	a->priv_len = (uint16_t)(f->len - head);
	return true;
}

/* WEFT-MGT-015 */
static bool rx_connect(const struct found *f, struct weft_act *a, enum weft_drop *why)
{
	struct weft_hdr_tlv_ep_connect h;

	if (f->len < WEFT_HDR_TLV_EP_CONNECT_LEN ||
	    (f->len > WEFT_HDR_TLV_EP_CONNECT_LEN + WEFT_EP_PRIVATE_MAX &&
	     !WEFT_MUTANT(PRIVATE_ANY))) {
		*why = WEFT_DROP_BAD_TLV;
		return false;
	}
	weft_hdr_tlv_ep_connect_unpack(&h, f->value);
	event(a, WEFT_EV_EP_CONNECT, NULL);
	a->arg = h.service;
	a->peer_qpn = h.src_qpn;
	a->ep = h;
	return private_data(a, f, WEFT_HDR_TLV_EP_CONNECT_LEN);
}

/*
 * Nobody waits for this answer any more: the one who gave it must know, or it keeps a stream that
 * nobody ends.  Only a request of ours that was refused meanwhile still learns whom to tell.
 */
static bool late_accept(struct weft_pdc *p, struct weft_stream *s, uint32_t src_qpn,
			uint32_t dst_qpn, enum weft_drop *why)
{
	*why = WEFT_DROP_NO_STREAM;
	if (s && s->state == WEFT_STREAM_STATE_ERROR && !s->peer_qpn && s->nak_due) {
		s->peer_qpn = src_qpn;
		rsp_kick(s);
		return true;
	}
	return WEFT_MUTANT(LATE_ACCEPT_SILENT) ||
	       ep_owe(p, TX_DISCONNECT, src_qpn, dst_qpn, WEFT_EP_REASON_CLOSED);
}

static void ended(struct weft_stream *s, enum weft_event ev, uint32_t reason, uint32_t arg,
		  struct weft_act *a)
{
	event(a, ev, s);
	a->arg = reason;
	a->ep_arg = arg;
	stream_error(s, WEFT_STATUS_DISCONNECTED, s->head);
	s->ev_error = false;		/* this event says it */
	s->peer_qpn = 0;		/* and nothing is left to tell */
	s->nak_due = s->tack_due = false;
}

/* Is it ours, and can it end now?  WEFT-MGT-012. */
static bool may_end(const struct weft_stream *s, bool reject, uint32_t src_qpn)
{
	if (!s || s->state == WEFT_STREAM_STATE_IDLE)
		return false;
	if (reject && s->state != WEFT_STREAM_STATE_CONNECTING && !WEFT_MUTANT(REJECT_ANY_TIME))
		return false;
	return !src_qpn || !s->peer_qpn || src_qpn == s->peer_qpn || WEFT_MUTANT(END_OF_OTHERS);
}

/*
 * REJECT and DISCONNECT have the same form: which of our streams, and why (WEFT-MGT-009,
 * WEFT-MGT-014, WEFT-MGT-080).
 * WEFT-MGT-013: a DISCONNECT that comes while the stream still waits for its ACCEPT has overtaken
 * it, or is about an older stream of that number; the ACCEPT will tell which.
 */
/*
 * WEFT-MGT-082: what the peer said before the end of the stream, and has not come yet, may be the
 * answer to what is outstanding.
 */
static bool too_soon(const struct weft_pdc *p, const struct weft_stream *s, uint32_t psn)
{
	return s->head != s->tail && !s->failing && !sack_whole(p, psn) &&
	       !WEFT_MUTANT(END_BEFORE_ANSWER);
}

/* Returns false if the packet must not be marked as received. */
static bool rx_end(struct weft_pdc *p, const struct found *f, uint32_t psn, struct weft_act *a,
		   bool *has_act, enum weft_drop *why)
{
	bool reject = f->type == WEFT_TLV_EP_REJECT;
	uint16_t more = reject ? WEFT_EP_PRIVATE_MAX : 0;
	struct weft_hdr_tlv_ep_disconnect h;
	struct weft_stream *s;

	if (f->len < WEFT_HDR_TLV_EP_DISCONNECT_LEN ||
	    (f->len > WEFT_HDR_TLV_EP_DISCONNECT_LEN + more && !WEFT_MUTANT(END_ANY_LENGTH))) {
		*why = WEFT_DROP_BAD_TLV;
		return true;
	}
	weft_hdr_tlv_ep_disconnect_unpack(&h, f->value);
	if (WEFT_MUTANT(DISCONNECT_IGNORED))
		return true;
	s = stream_find(p, h.dst_qpn);
	if (!may_end(s, reject, h.src_qpn)) {
		*why = WEFT_DROP_NO_STREAM;
		return true;
	}
	if (!reject && h.src_qpn && s->state == WEFT_STREAM_STATE_CONNECTING &&
	    !WEFT_MUTANT(END_BEFORE_ACCEPT)) {
		s->early_end = h.src_qpn << 8 | h.reason;
		return true;
	}
	if (!reject && too_soon(p, s, psn)) {
		*why = WEFT_DROP_NO_HOLD;
		return false;
	}
	ended(s, reject ? WEFT_EV_EP_REJECTED : WEFT_EV_DISCONNECTED, h.reason, h.arg, a);
	*has_act = !reject || private_data(a, f, WEFT_HDR_TLV_EP_DISCONNECT_LEN);
	return true;
}

/* Returns false if the packet must not be marked as received. */
static bool rx_accept(struct weft_pdc *p, const struct found *f, struct weft_act *a,
		      bool *has_act, enum weft_drop *why)
{
	struct weft_hdr_tlv_ep_accept h;
	struct weft_stream *s;

	if (f->len < WEFT_HDR_TLV_EP_ACCEPT_LEN ||
	    f->len > WEFT_HDR_TLV_EP_ACCEPT_LEN + WEFT_EP_PRIVATE_MAX) {
		*why = WEFT_DROP_BAD_TLV;
		return true;
	}
	weft_hdr_tlv_ep_accept_unpack(&h, f->value);
	s = stream_find(p, h.dst_qpn);
	if (!h.src_qpn) {
		*why = WEFT_DROP_BAD_TLV;
		return true;
	}
	if (!s || s->state != WEFT_STREAM_STATE_CONNECTING)
		return late_accept(p, s, h.src_qpn, h.dst_qpn, why);
	if (s->early_end >> 8 == h.src_qpn) {		/* WEFT-MGT-013 */
		ended(s, WEFT_EV_DISCONNECTED, s->early_end & 0xff, 0, a);
		return *has_act = true;
	}
	connected(s, h.src_qpn, h.credits, h.window, h.reads);
	event(a, WEFT_EV_EP_ACCEPTED, s);
	*has_act = private_data(a, f, WEFT_HDR_TLV_EP_ACCEPT_LEN);
	return true;
}

/* WEFT-MGT-029, WEFT-MGT-081 */
static bool rx_port(struct weft_pdc *p, const struct found *f, weft_time now, struct weft_act *a,
		    enum weft_drop *why)
{
	struct weft_hdr_tlv_port_status h;

	if (f->len < WEFT_HDR_TLV_PORT_STATUS_LEN) {
		*why = WEFT_DROP_BAD_TLV;
		return false;
	}
	weft_hdr_tlv_port_status_unpack(&h, f->value);
	ports_rx(p, h.port, (enum weft_port_state)h.state, now);
	event(a, WEFT_EV_PEER_PORT, NULL);
	a->arg = h.port;
	a->ep_arg = h.state;
	return true;
}

/* WEFT-MGT-026, WEFT-MGT-027.  Returns false if the packet must not be marked as received. */
static bool rx_telemetry(struct weft_pdc *p, const struct found *f, struct weft_act *a,
			 bool *has_act, enum weft_drop *why)
{
	bool get = f->type == WEFT_TLV_TELEMETRY_GET;

	if (get ? f->len < WEFT_HDR_TLV_TELEMETRY_GET_LEN : f->len % WEFT_HDR_TELEMETRY_ITEM_LEN) {
		*why = WEFT_DROP_BAD_TLV;
		return true;
	}
	if (get)
		return WEFT_MUTANT(METERS_ALONE) || telemetry_answer(p, f->value);
	event(a, WEFT_EV_TELEMETRY, NULL);
	*has_act = private_data(a, f, 0);
	return true;
}

/* Returns false if the packet must not be marked as received. */
bool ep_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, struct weft_act *act,
	   bool *has_act, enum weft_drop *why)
{
	struct found f = { 0, 0, NULL };

	if (!find_critical(p, v, &f)) {
		*why = WEFT_DROP_BAD_TLV;
		return true;
	}
	if (f.type != WEFT_TLV_PORT_STATUS || WEFT_MUTANT(TOLD_IS_USE))	/* WEFT-PDC-076 */
		p->active = now;
	switch (f.type) {
	case WEFT_TLV_EP_CONNECT:
		*has_act = rx_connect(&f, act, why);
		return true;
	case WEFT_TLV_EP_ACCEPT:
		return rx_accept(p, &f, act, has_act, why);
	case WEFT_TLV_PORT_STATUS:
		*has_act = rx_port(p, &f, now, act, why);
		return true;
	case WEFT_TLV_TELEMETRY_GET:
	case WEFT_TLV_TELEMETRY:
		return rx_telemetry(p, &f, act, has_act, why);
	case WEFT_TLV_WINDOW_BIND:
		return ls_rx_bind(p, f.value, f.len, act, has_act, why);
	case WEFT_TLV_WINDOW_STATUS:
		*has_act = ls_rx_status(p, f.value, f.len, act, why);
		return true;
	case WEFT_TLV_CLOSE:
		p->peer_closed = true;
		p->ack_now = true;
		return true;
	default:
		return rx_end(p, &f, v->d.psn, act, has_act, why);
	}
}
