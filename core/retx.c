/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is outstanding and what is lost.  Sent packets stand in a list in order of sending;
 * acknowledgement takes them off, loss moves them to the list of those to be sent again.
 * Recovery in the order of RFC 8985's ideas: selective acknowledgement with a reordering time,
 * tail-loss probe, timeout.  The bytes are rebuilt by tx_build.c.
 */
#include "core/pdc.h"

#define TLP_MAX 3	/* tail-loss probes in a row */

static inline void list_add(struct weft_pdc *p, struct txlist *l, struct txrec *r)
{
	uint16_t i = txidx_of(p, r);

	r->next = NO_IDX;
	r->prev = l->tail;
	if (l->tail != NO_IDX)
		p->tx[l->tail].next = i;
	else
		l->head = i;
	l->tail = i;
}

static inline void list_del(struct weft_pdc *p, struct txlist *l, struct txrec *r)
{
	if (r->prev != NO_IDX)
		p->tx[r->prev].next = r->next;
	else
		l->head = r->next;
	if (r->next != NO_IDX)
		p->tx[r->next].prev = r->prev;
	else
		l->tail = r->prev;
}

static inline void flight(struct weft_pdc *p, const struct txrec *r, int by)
{
	bool rsp;

	if (!retx_is_data(r, &rsp))
		return;
	if (rsp)
		p->flight_rsp += (uint32_t)by;
	else
		p->flight_req += (uint32_t)by;
}

void retx_sent(struct weft_pdc *p, struct txrec *r, weft_time now)
{
	if (p->order.head == NO_IDX && !r->again)
		p->progress = now;
	if (r->lost)
		list_del(p, &p->lost, r);
	r->lost = false;
	r->sent = now;
	list_add(p, &p->order, r);
	flight(p, r, 1);
}

static weft_hot void leave(struct weft_pdc *p, struct txrec *r)
{
	if (p->tlp_idx == txidx_of(p, r))
		p->tlp_idx = NO_IDX;
	if (r->lost) {
		list_del(p, &p->lost, r);
		r->lost = false;
	} else {
		list_del(p, &p->order, r);
		flight(p, r, -1);
	}
}

void retx_acked(struct weft_pdc *p, struct txrec *r)
{
	struct weft_stream *s = r->s;

	leave(p, r);
	r->acked = true;
	if (p->paths)
		path_good(p, r->path);
	if (r->kind == TX_CTRL) {
		p->ctrl[r->slot].len = 0;
		if (p->ctrl[r->slot].close && !(p->peer_closed && p->ack_now))
			pdc_closed(p);		/* else when the peer's is acknowledged too */
	} else if (r->kind == TX_REQ && s) {
		s->unacked--;
		if (WEFT_MUTANT(DONE_BY_ACK) && s->acked == r->msn)
			ring_add(s, RING_WORK), s->acked++;
		req_rnr_due(s);		/* a replay may have waited for it */
	} else if (r->kind == TX_LS_RSP) {
		ls_forget_answers(p, r);
	}
	r->kind = TX_NONE;
	if (s && !--s->out)
		stream_settle(s);
}

void retx_mark_lost(struct weft_pdc *p, struct txrec *r)
{
	if (r->lost || r->acked)
		return;
	leave(p, r);
	r->lost = true;
	list_add(p, &p->lost, r);
}

/*
 * The stream has gone: the PSN will carry nothing, and no congestion class counts it.  Of a
 * request it says which message will not come (WEFT-RTX-028).
 */
void retx_orphan(struct weft_pdc *p, struct txrec *r)
{
	if (!r->lost && !WEFT_MUTANT(ORPHAN_IN_FLIGHT))
		flight(p, r, -1);
	r->off = r->kind == TX_REQ && r->s ? r->s->peer_qpn : 0;
	r->kind = TX_NOP;
	r->s = NULL;
	r->len = 0;
}

/*
 * WEFT-RTX-004: everything from `first` on, in PSN order, also what waits to be sent again
 * already: a receiver that takes packets in order can use no other order.
 */
uint32_t retx_go_back(struct weft_pdc *p, uint32_t first)
{
	uint32_t n = 0;

	for (uint32_t psn = first; psn != p->nxt; psn++) {
		struct txrec *r = txrec_of(p, psn);

		if (r->acked || (r->lost && WEFT_MUTANT(GO_BACK_UNSORTED)) ||
		    (psn == first + 1 && WEFT_MUTANT(GO_BACK_SKIPS)))
			continue;
		n += !r->lost;
		leave(p, r);
		r->lost = true;
		list_add(p, &p->lost, r);
	}
	return n;
}

/*
 * Reordering time (WEFT-RTX-023): what paths differ by shows in the variation of the round
 * trip, though few packets of those that overtake each other are samples of it; wider still while
 * retransmissions turn out needless, up to a round trip.
 */
static uint64_t reorder_ns(const struct weft_pdc *p)
{
	uint64_t ns = (p->min_rtt / 4 + 2 * p->var + 1) * (4u + p->reo_steps) / 4;

	if (p->cfg.n_paths > 1)
		ns *= 2;
	return ns < p->srtt ? ns : p->srtt + 1;
}

/* Is this packet, the oldest outstanding, lost?  If that shows only later: when. */
static bool rack_lost(struct weft_pdc *p, const struct txrec *r, uint64_t reo, weft_time now)
{
	if (r->sent >= p->newest_sent)
		return false;
	if (r->sent + reo <= p->newest_sent || r->sent + p->srtt + reo <= now)
		return true;
	p->rack_due = WEFT_MUTANT(RACK_NO_TIMER) ? WEFT_NEVER : r->sent + p->srtt + reo;
	return false;
}

/*
 * WEFT-RTX-002.  In mode ROD the receiver has dropped all that came after what is lost, so
 * everything goes again (WEFT-RTX-080).
 */
void retx_rack(struct weft_pdc *p, weft_time now)
{
	uint64_t reo = WEFT_MUTANT(RACK_NO_REORDER) ? 0 : reorder_ns(p);
	uint32_t n = 0, more;

	p->rack_due = WEFT_NEVER;
	while (p->order.head != NO_IDX) {
		struct txrec *r = &p->tx[p->order.head];

		if (!rack_lost(p, r, reo, now))
			break;
		path_lost(p, r->path, now);
		if (p->cfg.mode == WEFT_MODE_ROD) {
			more = retx_go_back(p, p->una);
			p->st->rtx_rack += more;
			n += more;
			break;
		}
		retx_mark_lost(p, r);
		p->st->rtx_rack++;
		n++;
	}
	if (!n)
		return;
	p->cwnd_before = 0;
	p->cc.ops->on_loss(&p->cc, n, p->srtt, now);
}

/* WEFT-RTX-021 */
void retx_rtt(struct weft_pdc *p, uint64_t rtt)
{
	uint64_t diff;

	if (!p->min_rtt || rtt < p->min_rtt || WEFT_MUTANT(MIN_RTT_FOLLOWS))
		p->min_rtt = rtt;
	if (!p->srtt) {
		p->srtt = rtt;
		p->var = rtt / 2;
		return;
	}
	diff = rtt > p->srtt ? rtt - p->srtt : p->srtt - rtt;
	p->var = (3 * p->var + diff) / 4;
	p->srtt = (7 * p->srtt + rtt) / 8;
}

static uint64_t clamp(uint64_t x, uint64_t lo, uint64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* The retransmission timeout before any doubling. */
static uint64_t first_rto(const struct weft_pdc *p)
{
	uint32_t vars = WEFT_MUTANT(RTO_VAR_TWICE) ? 8 : 4;
	uint64_t rto = p->srtt ? p->srtt + vars * p->var : 4 * p->prof->min_rto_ns;

	return clamp(rto, p->prof->min_rto_ns, p->prof->max_rto_ns);
}

/* WEFT-RTX-006, WEFT-RTX-022 */
uint64_t retx_rto(const struct weft_pdc *p)
{
	uint64_t rto = first_rto(p);

	if (WEFT_MUTANT(LAST_NOT_WAITED) && p->backoff >= p->prof->retry_limit)
		return rto;
	rto <<= WEFT_MUTANT(RTO_NO_BACKOFF) ? 0 : p->backoff < 20 ? p->backoff : 20;
	return clamp(rto, 0, p->prof->max_rto_ns);
}

static weft_time later(weft_time a, weft_time b)
{
	return a > b ? a : b;
}

static weft_time rto_due(const struct weft_pdc *p)
{
	if (p->order.head == NO_IDX)
		return p->lost.head == NO_IDX ? WEFT_NEVER : p->progress + retx_rto(p);
	return later(WEFT_MUTANT(PROGRESS_UNHEARD) ? 0 : p->progress,
		     p->tx[p->order.head].sent) + retx_rto(p);
}

/*
 * Everything is in the peer's possession, more waits, and the window is shut: the acknowledgement
 * that opens it may have been lost, so ask (WEFT-ACK-013).
 */
weft_time retx_window_due(const struct weft_pdc *p)
{
	bool urgent;

	if (p->una != p->nxt || p->nxt == p->tx_start || p->want_window)
		return WEFT_NEVER;
	urgent = p->ring[RING_RSP] || p->ctrl_queued || p->n_owed || svc_wants_rsp(p);
	if (!p->ring[RING_REQ] && !svc_wants_req(p) && !urgent)
		return WEFT_NEVER;
	if (tx_room(p, !urgent))
		return WEFT_NEVER;
	return WEFT_MUTANT(WINDOW_NOT_ASKED) ? WEFT_NEVER : p->progress + retx_rto(p);
}

/* WEFT-RTX-042: a probe may have taken a dead path, so with several paths one is not enough. */
static bool tlp_left(const struct weft_pdc *p)
{
	bool several = p->cfg.n_paths > 1 && p->cfg.mode == WEFT_MODE_RUD && !WEFT_MUTANT(TLP_ONE);

	return p->tlp_sent < (several ? TLP_MAX : 1);
}

static weft_time tlp_due(const struct weft_pdc *p)
{
	uint64_t wait, varied;

	if (p->order.head == NO_IDX || p->lost.head != NO_IDX || p->backoff || !p->srtt ||
	    !tlp_left(p))
		return WEFT_NEVER;
	wait = 2 * p->srtt + p->srtt / 2 + 20000;
	varied = p->srtt + 3 * p->var;
	if (wait < varied && !WEFT_MUTANT(TLP_UNVARIED))
		wait = varied;
	return later(p->progress, p->tx[p->order.tail].sent) + (wait << p->tlp_sent);
}

weft_time retx_deadline(const struct weft_pdc *p)
{
	weft_time t, tlp;

	if (p->una == p->nxt) {		/* nothing can be lost; the window may be shut */
		t = retx_window_due(p);
	} else {
		t = rto_due(p);
		tlp = tlp_due(p);
		t = tlp < t ? tlp : t;
	}
	return p->rack_due < t ? p->rack_due : t;
}

/* One more timeout in a row; false: too many (WEFT-RTX-007). */
static bool may_retry(struct weft_pdc *p, weft_time now)
{
	if (p->backoff >= (WEFT_MUTANT(PATIENCE_SHARED) && p->nxt - p->una > 1 ? 2 :
			   p->prof->retry_limit + WEFT_MUTANT(RETRY_ONE_MORE)) &&
	    !WEFT_MUTANT(NEVER_GIVES_UP) && !(WEFT_MUTANT(OPENING_FOR_EVER) && !p->peer_known)) {
		pdc_fail(p, p->was_busy ? WEFT_STATUS_NO_RESOURCES :
			 WEFT_STATUS_RETRY_EXCEEDED);
		return false;
	}
	p->backoff++;
	p->progress = now;
	return true;
}

/*
 * WEFT-RTX-010: in mode RUD only the oldest packet goes again.  Its answer shows by the reordering
 * time what else is lost, and if nothing is, the peer or our own host was late.  In mode ROD the
 * receiver has dropped all that came after what is lost, so everything goes (WEFT-RTX-080).
 */
static void timeout(struct weft_pdc *p, weft_time now)
{
	bool first = !p->backoff;

	if (!may_retry(p, now))
		return;
	if (first)
		p->cwnd_before = p->cc.cwnd;
	p->timeout_at = now;
	p->timeout_psn = p->una;
	p->cc.ops->on_timeout(&p->cc, now);
	path_timeout(p, txrec_of(p, p->una)->path, now);
	p->st->rtx_rto++;
	if (p->cfg.mode == WEFT_MODE_ROD || WEFT_MUTANT(TIMEOUT_ALL) || WEFT_MUTANT(SACK_UNHEARD))
		retx_go_back(p, p->una);
	else
		p->tlp_idx = txidx_of(p, txrec_of(p, WEFT_MUTANT(TIMEOUT_NEWEST) ? p->nxt - 1 :
								       p->una));
}

void retx_nudge(struct weft_pdc *p, weft_time now)
{
	uint64_t rto = first_rto(p);
	weft_time last;

	p->nudged = false;
	if (!p->backoff || p->order.head == NO_IDX || p->lost.head != NO_IDX)
		return;
	last = p->tx[p->order.tail].sent;
	if (now - last >= rto && (last - p->timeout_at < rto || WEFT_MUTANT(NUDGED_AGAIN)))
		p->tlp_idx = txidx_of(p, txrec_of(p, p->una));
}

void retx_expire(struct weft_pdc *p, weft_time now)
{
	if (p->rack_due <= now)
		retx_rack(p, now);
	if (retx_window_due(p) <= now)
		p->want_window = may_retry(p, now);
	if (rto_due(p) <= now) {
		timeout(p, now);
	} else if (tlp_due(p) <= now) {			/* WEFT-RTX-005 */
		p->tlp_sent++;
		p->tlp_idx = p->cfg.mode == WEFT_MODE_ROD || WEFT_MUTANT(TLP_OLDEST) ?
			     p->order.head : p->order.tail;
		p->st->rtx_tlp++;
	}
}
