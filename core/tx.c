/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a context sends next.  In this order (WEFT-ACK-021): acknowledgements, what was lost,
 * control, responses, requests; so responses never wait behind requests (WEFT-ACK-010), but for
 * one packet that a mere TACK lets pass.
 */
#include "core/pdc.h"

#define STARVED_NS 100000u		/* until the pool is asked again */
#define ASK_WINDOW 16
#define LOST_LOOK 32		/* lost packets looked at for one that may go */

struct room {
	uint32_t left;		/* PSNs that may be used now */
	uint32_t spare;		/* the last of them, which requests leave to responses */
};

static inline struct room look(const struct weft_pdc *p)
{
	uint32_t window = p->peer_known ? p->peer_window : WEFT_INITIAL_WINDOW;
	uint32_t out = p->nxt - p->una, edge = p->peer_edge - p->nxt;
	struct room r;

	if (window > p->tx_mask + 1u)	/* at most prof->window */
		window = p->tx_mask + 1u;
	r.spare = WEFT_MUTANT(NO_RESERVE) ? 0 : window / 8;
	if (WEFT_MUTANT(WINDOW_IGNORED))
		return (struct room){ p->tx_mask + 1u - out, 0 };
	r.left = out < window ? window - out : 0;
	if (r.left > edge || !psn_before(p->nxt, p->peer_edge))
		r.left = psn_before(p->nxt, p->peer_edge) ? edge : 0;
	return r;
}

/* Room for another PSN (WEFT-ACK-009)?  Requests leave an eighth of the window. */
bool tx_room(const struct weft_pdc *p, bool request)
{
	struct room room = look(p);

	return room.left > (request ? room.spare : 0);
}

/* May another packet of data go (WEFT-CC-001)? */
bool tx_cc_room(const struct weft_pdc *p, bool rsp)
{
	return (rsp ? p->flight_rsp : p->flight_req) < cc_window(&p->cc) && p->pace_open;
}

static struct txrec *new_rec(struct weft_pdc *p)
{
	struct txrec *r = txrec_of(p, p->nxt);

	*r = (struct txrec){ .next = NO_IDX, .prev = NO_IDX };
	return r;
}

static weft_hot void emit(struct weft_pdc *p, struct txrec *r, bool ar, struct weft_txd *t,
			  weft_time now)
{
	build_rec(p, r, ar, t, now);
	retx_sent(p, r, now);
	p->st->tx_pkts++;
	p->st->tx_bytes += t->len;
	pace_sent(p, r, t->len, now);
	/* WEFT-ACK-016: it says all that an acknowledgement would. */
	if (r->kind != TX_LS && r->kind != TX_LS_RSP &&	/* they say nothing of what came */
	    !p->ack_now && (p->rx_max == p->rx_cum || WEFT_MUTANT(ACK_CANCELLED))) {
		p->ack_due = WEFT_NEVER;
		p->ack_late = false;
		p->rx_unacked = 0;
	}
}

/*
 * WEFT-CC-017: a small window is full before the peer acknowledges unasked, and with few packets
 * in a round trip its delay would be most of it.
 */
static bool fills(const struct weft_pdc *p, const struct txrec *r)
{
	uint32_t window = cc_window(&p->cc);
	bool rsp;

	return window < ASK_WINDOW && retx_is_data(r, &rsp) &&
	       (rsp ? p->flight_rsp : p->flight_req) + 1 >= window;
}

/* WEFT-PDC-076: does the packet show that somebody uses the context? */
static bool is_use(const struct weft_pdc *p, const struct txrec *r)
{
	struct weft_hdr_tlv h;

	if (r->kind != TX_CTRL)
		return r->kind != TX_NOP;
	weft_hdr_tlv_unpack(&h, p->ctrl[r->slot].bytes);
	return h.type != WEFT_TLV_PORT_STATUS || WEFT_MUTANT(TELLING_IS_USE);
}

/* ar: ask for an answer at once, as there is no room for more requests (WEFT-ACK-022). */
static weft_hot void emit_new(struct weft_pdc *p, struct txrec *r, bool ar, struct weft_txd *t,
			      weft_time now)
{
	p->nxt++;
	if (r->s)
		r->s->out++;
	if (p->state == WEFT_PDC_STATE_IDLE)
		pdc_set_state(p, WEFT_PDC_STATE_OPENING);
	if (is_use(p, r))
		p->active = now;
	emit(p, r, ar || fills(p, r), t, now);
}

static weft_cold bool send_probe(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	struct txrec *r;

	if (p->want_window) {
		p->want_window = false;
		build_probe(p, t, now);
		return true;
	}
	if (p->nudged)
		retx_nudge(p, now);
	if (p->tlp_idx == NO_IDX)
		return false;
	r = &p->tx[p->tlp_idx];
	p->tlp_idx = NO_IDX;
	retx_mark_lost(p, r);		/* moves it to the end of the order list, via lost */
	r->again = r->sure = true;
	p->st->rtx_pkts++;
	emit(p, r, true, t, now);
	return true;
}

/*
 * The first lost packet that may go.  What the congestion window keeps back does not keep back
 * others behind it (WEFT-RTX-027), but for ROD, whose order is fixed.
 */
static struct txrec *next_lost(struct weft_pdc *p)
{
	uint16_t i = p->lost.head;

	for (int looked = 0; i != NO_IDX && looked < LOST_LOOK; looked++) {
		struct txrec *r = &p->tx[i];
		bool rsp;

		if (!retx_is_data(r, &rsp) || tx_cc_room(p, rsp))
			return r;
		if (p->cfg.mode == WEFT_MODE_ROD || WEFT_MUTANT(LOST_BLOCKS))
			break;
		i = r->next;
	}
	return NULL;
}

static bool send_lost(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	struct txrec *r;

	r = next_lost(p);
	if (!r)
		return false;
	r->again = true;
	p->st->rtx_pkts++;
	emit(p, r, r->next == NO_IDX || p->backoff || fills(p, r), t, now);
	return true;
}

static bool ctrl_waits(const struct weft_pdc *p)
{
	return p->ctrl_queued || p->n_owed || p->want_nop || (p->ports_tell && p->peer_known) ||
	       (p->ls && ls_wants_ctrl(p));
}

static bool next_ctrl(struct weft_pdc *p, struct txrec *r)
{
	ports_tell(p);
	for (uint8_t i = 0; p->ctrl_queued && i < p->n_ctrl; i++) {
		if (!p->ctrl[i].len || !p->ctrl[i].queued)
			continue;
		p->ctrl[i].queued = false;
		p->ctrl_queued--;
		r->kind = TX_CTRL;
		r->slot = i;
		return true;
	}
	if (ep_next_owed(p, r) || ls_next_status(p, r))
		return true;
	if (p->want_nop) {
		p->want_nop = false;
		r->kind = TX_NOP;
		return true;
	}
	return false;
}

static bool next_stream_response(struct weft_pdc *p, struct txrec *r)
{
	uint32_t tries = p->n_streams;

	while (p->ring[RING_RSP] && tries--) {
		struct weft_stream *s = p->ring[RING_RSP];

		ring_turn(p, RING_RSP);
		if (rsp_next(s, r))
			return true;
	}
	return false;
}

static bool next_stream_request(struct weft_pdc *p, struct txrec *r)
{
	while (p->ring[RING_REQ]) {
		struct weft_stream *s = p->ring[RING_REQ];

		if (req_next(s, r)) {
			ring_turn(p, RING_REQ);
			return true;
		}
		if (WEFT_MUTANT(STUCK_HOLDS_ALL))
			break;
		ring_del(s, RING_REQ);
	}
	return false;
}

static bool next_ls_rsp(struct weft_pdc *p, struct txrec *r)
{
	return ls_wants_rsp(p) && tx_cc_room(p, true) && ls_next_rsp(p, r);
}

typedef bool next_fn(struct weft_pdc *p, struct txrec *r);

/* Streams, load and store, and datagrams take turns. */
static bool in_turn(struct weft_pdc *p, struct txrec *r, next_fn *const *fns, uint8_t *turn)
{
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t who = *turn;

		*turn = who < 2 ? (uint8_t)(who + 1) : 0;
		if (fns[who](p, r))
			return true;
	}
	return false;
}

static bool next_response(struct weft_pdc *p, struct txrec *r)
{
	static next_fn *const fns[3] = { next_stream_response, next_ls_rsp, rd_next_rsp };

	if (!p->ls && !p->rd)
		return next_stream_response(p, r);
	return in_turn(p, r, fns, &p->rsp_turn);
}

static bool next_request(struct weft_pdc *p, struct txrec *r)
{
	static next_fn *const fns[3] = { next_stream_request, ls_next_req, rd_next_req };

	if (!p->ls && !p->rd)
		return next_stream_request(p, r);
	return in_turn(p, r, fns, &p->req_turn);
}

/*
 * A request packet may go before a mere TACK, in turns: in an exchange of messages the answer is
 * what the peer waits for, not the acknowledgement.  Data and refusals never wait.
 */
static bool next_operation(struct weft_pdc *p, struct txrec *r, bool room)
{
	bool may_ask = room && tx_cc_room(p, false);
	bool may_answer = p->ring[RING_RSP] || p->ls || p->rd;
	bool first = may_ask && !p->tack_waited && p->ring[RING_RSP] &&
		     rsp_mere_tack(p->ring[RING_RSP]);

	if (may_answer && !first && next_response(p, r)) {
		p->tack_waited = false;
		return true;
	}
	if (may_ask && next_request(p, r)) {
		p->tack_waited |= first;
		return true;
	}
	if (first && next_response(p, r)) {
		p->tack_waited = false;
		return true;
	}
	return false;
}

static bool something_new(const struct weft_pdc *p)
{
	return p->ring[RING_REQ] || p->ring[RING_RSP] || ctrl_waits(p) ||
	       ((p->ls || p->rd) && (svc_wants_req(p) || svc_wants_rsp(p)));
}

/* WEFT-PDC-061 */
static bool awake(struct weft_pdc *p, weft_time now)
{
	if (pdc_wake(p))
		return true;
	p->block_due = now + STARVED_NS;
	return false;
}

static bool send_new(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	struct room room;
	struct txrec *r;

	/* WEFT-RTX-025 */
	if (p->cfg.mode == WEFT_MODE_ROD && p->lost.head != NO_IDX && !WEFT_MUTANT(ROD_NEW_FIRST))
		return false;
	if (!something_new(p))
		return false;
	if (p->nxt - p->una >= (p->tx_mask + 1u) / 4u * 3u)
		rings_grow_tx(p);	/* before its end shows in `room` */
	room = look(p);
	if (!room.left || !awake(p, now))
		return false;
	r = new_rec(p);
	if ((ctrl_waits(p) && next_ctrl(p, r)) || next_operation(p, r, room.left > room.spare)) {
		emit_new(p, r, room.left - 1 <= room.spare, t, now);
		return true;
	}
	return false;
}

/* What has not come: in order (WEFT-ACK-008), or because it was trimmed. */
static bool send_nack(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	enum weft_nack reason = p->nack_due ? WEFT_NACK_MISSING : WEFT_NACK_TRIMMED;
	struct weft_hdr_range g[WEFT_MAX_RANGES];
	uint8_t n = 1;

	if (p->nack_due)
		g[0] = (struct weft_hdr_range){ p->rx_max, 1 };
	else
		n = trim_take(p, g, now);
	if (!n)
		return false;
	p->nack_due = false;
	build_nack(p, reason, g, n, t);
	p->st->tx_nacks++;
	return true;
}

static bool send_ack(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	p->ack_now = p->ack_late = false;
	p->ack_due = WEFT_NEVER;
	p->rx_unacked = 0;
	build_ack(p, t, now);
	p->st->tx_acks++;
	return true;
}

static bool ack_is_late(const struct weft_pdc *p, weft_time now)
{
	return p->ack_late || p->ack_due <= now;
}

static bool send_answer(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	bool gap = p->rx_max != p->rx_cum;

	if ((p->nack_due || p->n_trims) && send_nack(p, t, now))
		return true;
	/* What was only waited for may go with new packets: WEFT-ACK-016. */
	return (p->ack_now || (ack_is_late(p, now) && (gap || WEFT_MUTANT(ACK_LATE_FIRST)))) &&
	       send_ack(p, t, now);
}

/* Does a stream wait for the peer, or the peer for it? */
static bool busy(const struct weft_pdc *p)
{
	return p->ring[RING_RSP] || p->ring[RING_WORK] || p->n_busy || svc_busy(p);
}

/* WEFT-PDC-013: CLOSE goes last. */
static weft_cold bool send_close(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	struct txrec *r;

	if ((p->una != p->nxt && !WEFT_MUTANT(CLOSE_IN_FLIGHT)) ||
	    p->state != WEFT_PDC_STATE_OPEN ||
	    (busy(p) && !WEFT_MUTANT(CLOSE_BEFORE_WORK)) || !awake(p, now) ||
	    !ep_queue_close(p))
		return false;
	pdc_set_state(p, WEFT_PDC_STATE_CLOSING);
	p->want_close = false;
	r = new_rec(p);
	if (!next_ctrl(p, r))
		return false;
	emit_new(p, r, !tx_room(p, true), t, now);
	return true;
}

/* Does anything go before new packets?  Mostly nothing does, so this is one look. */
static bool something_first(const struct weft_pdc *p, weft_time now)
{
	return p->ack_now || ack_is_late(p, now) || p->nack_due || p->n_trims || p->probe_owed ||
	       (p->paths && p->paths->probe_at <= now) || p->grant_owed ||
	       p->cc.ops->on_credit || p->want_window || p->tlp_idx != NO_IDX ||
	       p->nudged || p->lost.head != NO_IDX;
}

static bool send_first(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	return send_answer(p, t, now) || probe_tx(p, t, now) || credit_tx(p, t, now) ||
	       send_probe(p, t, now) || send_lost(p, t, now);
}

static bool send_one(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	if (p->reset_due) {
		p->reset_due = false;
		build_nack(p, WEFT_NACK_RESET, NULL, 0, t);
		p->st->tx_nacks++;
		return true;
	}
	if (!pdc_live(p))
		return false;
	pace_look(p, now);
	if (WEFT_MUTANT(ACK_LAST) && send_new(p, t, now))
		return true;
	return (something_first(p, now) && send_first(p, t, now)) || send_new(p, t, now) ||
	       (ack_is_late(p, now) && send_ack(p, t, now)) ||
	       (p->want_close && send_close(p, t, now));
}

size_t weft_tx(struct weft_pdc *p, struct weft_txd *txd, size_t n, weft_time now)
{
	size_t i = 0;

	if (p->ack_due <= now) {
		p->ack_late = true;
		p->ack_due = WEFT_NEVER;
	}
	while (i < n && send_one(p, &txd[i], now))
		i++;
	if (i < n)
		pace_wait(p);
	pdc_maybe_closed(p);
	pdc_settle(p, now);
	return i;
}

/*
 * The record becomes a refusal: this packet was not sent, so its PSN may say something else.  One
 * whose PSN is new is enough for all packets of the READ; if the PSN was sent before, the peer may
 * have that packet, and never look at this one (WEFT-SEM-047).
 */
void weft_read_failed(struct weft_pdc *p, const struct weft_txd *txd, enum weft_status st)
{
	struct weft_stream *s;
	struct txrec *r;
	bool told;

	if (!psn_in(txd->psn, p->una, p->nxt - p->una))
		return;
	r = txrec_of(p, txd->psn);
	if (r->acked || r->kind != TX_READ_RSP)
		return;
	s = r->s;
	told = s->gone && s->run->gone_msn == r->msn;
	if (!r->lost)
		retx_mark_lost(p, r);
	r->kind = told ? TX_NOP : TX_NAK;
	r->off = (uint32_t)st;
	r->slot = NAK_GONE;
	r->len = 0;
	/*
	 * If it was sent before, the requester may be done and the region rightly gone; if it is
	 * not done, it will tell us that it ends (WEFT-SEM-048).
	 */
	if (!r->again || WEFT_MUTANT(READ_TOLD_ONCE)) {
		s->gone = true;
		s->run->gone_msn = r->msn;
	}
	if (!r->again && !WEFT_MUTANT(READ_FAILED_ALIVE)) {
		stream_refused(s, st);
		s->mute = true;
	}
}
