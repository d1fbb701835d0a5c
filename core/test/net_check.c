/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The invariants of a context.  See net_check.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net_check.h"

#define MUST(x, what) do { if (!(x)) return what; } while (0)

/* ---- sending ------------------------------------------------------------------------ */

static const char *walk(struct weft_pdc *p, const struct txlist *l, bool lost, uint32_t *count)
{
	uint16_t prev = NO_IDX;
	weft_time sent = 0;
	uint32_t n = 0;

	for (uint16_t i = l->head; i != NO_IDX; i = p->tx[i].next) {
		const struct txrec *r = &p->tx[i];

		MUST(i <= p->tx_mask && ++n <= p->tx_mask + 1u, "a list of packets has no end");
		MUST(r->prev == prev, "a list of sent packets has a wrong link back");
		MUST(!r->acked, "an acknowledged packet is on a list");
		MUST(r->lost == lost, "a packet is on the wrong list");
		MUST(psn_in(txpsn_of(p, r), p->una, p->nxt - p->una),
		     "a listed packet is not outstanding");
		MUST(lost || r->sent >= sent, "the order list is not in order of sending");
		sent = r->sent;
		prev = i;
	}
	MUST(l->tail == prev, "a list of sent packets has a wrong tail");
	*count = n;
	return NULL;
}

static const char *check_flight(struct weft_pdc *p)
{
	uint32_t req = 0, rsp = 0;
	bool is_rsp;

	for (uint16_t i = p->order.head; i != NO_IDX; i = p->tx[i].next)
		if (retx_is_data(&p->tx[i], &is_rsp)) {
			req += !is_rsp;
			rsp += is_rsp;
		}
	MUST(req == p->flight_req, "flight_req is not what is in flight");
	MUST(rsp == p->flight_rsp, "flight_rsp is not what is in flight");
	return NULL;
}

static const char *check_ctrl(struct weft_pdc *p)
{
	uint32_t queued = 0, out[CTRL_SLOTS] = { 0 };

	for (uint32_t psn = p->una; psn != p->nxt; psn++) {
		const struct txrec *r = txrec_of(p, psn);

		if (r->acked || r->kind != TX_CTRL)
			continue;
		MUST(r->slot < p->n_ctrl, "a control packet without a slot");
		out[r->slot]++;
	}
	for (uint32_t i = 0; i < p->n_ctrl; i++) {
		const struct ctrl_slot *c = &p->ctrl[i];

		queued += c->len && c->queued;
		MUST(out[i] == (c->len && !c->queued), "a control slot and its PSN do not agree");
	}
	MUST(queued == p->ctrl_queued, "ctrl_queued is not what is queued");
	return NULL;
}

static const char *check_tx(struct weft_pdc *p)
{
	uint32_t in_order = 0, in_lost = 0, unacked = 0;
	const char *e = walk(p, &p->order, false, &in_order);

	e = e ? e : walk(p, &p->lost, true, &in_lost);
	if (e)
		return e;
	MUST(p->nxt - p->una <= p->tx_mask + 1u, "more is outstanding than there are records for");
	MUST(!psn_before(p->peer_edge, p->nxt), "sent beyond what the peer receives");
	MUST(!p->peer_known || p->nxt - p->una <= p->peer_window, "beyond the peer's window");
	MUST(p->peer_known || p->nxt - p->una <= WEFT_INITIAL_WINDOW, "beyond the first window");
	for (uint32_t psn = p->una; psn != p->nxt; psn++) {
		const struct txrec *r = txrec_of(p, psn);

		MUST(txpsn_of(p, r) == psn, "a record has another PSN than its place");
		MUST(psn != p->una || !r->acked, "una is acknowledged");
		unacked += !r->acked;
	}
	MUST(unacked == in_order + in_lost, "an outstanding packet is on no list, or on two");
	e = check_flight(p);
	return e ? e : check_ctrl(p);
}

/* ---- receiving ---------------------------------------------------------------------- */

static bool bit(const struct weft_pdc *p, const uint64_t *map, uint32_t psn)
{
	uint32_t i = psn & (p->rx_bits - 1);

	return map[i / 64] >> i % 64 & 1;
}

static const char *check_rx(struct weft_pdc *p)
{
	uint32_t span = p->rx_max - p->rx_cum;

	MUST(span <= p->prof->window, "rx_max is beyond the window");
	MUST(!bit(p, p->done, p->rx_cum), "rx_cum is done");
	for (uint32_t k = 0; k < p->rx_bits; k++) {
		uint32_t psn = p->rx_cum + k;
		const struct rxrec *x = rxrec_of(p, psn);
		bool have = bit(p, p->have, psn), done = bit(p, p->done, psn);

		MUST(have || !done, "a packet is done that never came");
		MUST(k < span || !have, "a bit is set beyond rx_max");
		if (k >= p->prof->window)
			continue;
		MUST(!have || done || (x->kind != RX_FREE && x->psn == psn),
		     "a packet that has come is neither done nor waited for");
		MUST(x->kind == RX_FREE || x->psn != psn || (have && !done),
		     "a record waits for a packet that is done");
	}
	MUST(!span || bit(p, p->have, p->rx_max - 1), "rx_max is not behind the last one received");
	return NULL;
}

static const char *count_slot(const struct weft_pdc *p, uint8_t *seen, uint32_t slot)
{
	MUST(slot < p->prof->holds, "a place for a held packet that does not exist");
	MUST(!seen[slot]++, "a place for a held packet is in two hands");
	return NULL;
}

static const char *check_holds(struct weft_pdc *p)
{
	uint8_t seen[1024] = { 0 };
	const char *e = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_hold_free && !e; i++, n++)
		e = count_slot(p, seen, p->hold_free[i]);
	for (uint32_t i = 0; i < p->n_hold_release && !e; i++, n++)
		e = count_slot(p, seen, p->hold_release[i]);
	for (uint32_t i = 0; i <= p->rx_mask && !e; i++) {
		const struct rxrec *x = &p->rx[i];

		if (x->kind == RX_FREE || x->hold == WEFT_NO_HOLD)
			continue;
		n++;
		e = count_slot(p, seen, x->hold);
	}
	n += p->prof->holds - p->hold_mark;
	MUST(e || n == p->prof->holds, "a place for a held packet is lost");
	return e;
}

/* ---- streams ------------------------------------------------------------------------ */

static const struct link *link_in(const struct weft_stream *s, enum ring which)
{
	static const struct link none;

	if (which == RING_WORK)
		return &s->work;
	return s->run ? &s->run->link[which] : &none;
}

static const char *check_ring(struct weft_pdc *p, enum ring which)
{
	struct weft_stream *first = p->ring[which], *s = first;
	uint32_t on = 0, walked = 0;
	struct stream_walk w;

	for (s = stream_first(p, &w); s; s = stream_next(&w))
		on += link_in(s, which)->next != NULL;
	MUST(first || !on, "a stream is on a ring that is empty");
	for (s = first; s; s = link_in(s, which)->next == first ? NULL : link_in(s, which)->next) {
		MUST(stream_find(p, s->cfg.qpn) == s, "a ring names a gone stream");
		MUST(link_in(s, which)->next, "a ring names a stream that is not on it");
		MUST(link_in(link_in(s, which)->next, which)->prev == s,
		     "a ring has a wrong link back");
		MUST(++walked <= on, "a ring has no end");
	}
	MUST(walked == on, "a stream is on a ring but not in it");
	return NULL;
}

static bool answered(unsigned opcode)
{
	return opcode == WEFT_OPCODE_READ || opcode == WEFT_OPCODE_ATOMIC;
}

static const char *check_requester(struct weft_pdc *p, struct weft_stream *s)
{
	uint32_t unacked = 0, reads = 0, out = 0;

	for (uint32_t psn = p->una; psn != p->nxt; psn++) {
		const struct txrec *r = txrec_of(p, psn);

		out += !r->acked && r->s == s;
		unacked += !r->acked && r->kind == TX_REQ && r->s == s;
	}
	MUST(out == s->out, "out is not what is outstanding");
	MUST(s->run || (!out && s->head == s->tail && s->exp == s->rsp_next && !s->n_msgs),
	     "a stream rests that has work");
	MUST(unacked == s->unacked, "unacked is not what is unacknowledged");
	MUST(s->tail - s->head <= s->cfg.sq_depth, "more is posted than the send queue holds");
	if (s->failing)
		return NULL;
	MUST(s->next - s->head <= s->tail - s->head, "sent more than was posted");
	MUST(!psn_before(s->acked, s->head) && !psn_before(s->next, s->acked),
	     "acked lies outside what was sent");
	for (uint32_t msn = s->head; msn != s->next; msn++) {
		const struct sqe *q = sqe_of(s, msn);

		reads += answered(q->wr.opcode) && !q->done;
	}
	MUST(reads == s->reads_out, "reads_out is not what is out");
	MUST(reads <= s->peer_reads || s->state == WEFT_STREAM_STATE_CONNECTING ||
	     s->state == WEFT_STREAM_STATE_IDLE, "more READs are out than the peer allows");
	return NULL;
}

static const char *check_held(struct weft_pdc *p, struct weft_stream *s)
{
	const struct rxrec *last = NULL;
	uint32_t n = 0, kept = 0;

	for (uint16_t i = s->held; i != NO_IDX; i = p->rx[i].next) {
		const struct rxrec *x = &p->rx[i];

		MUST(i <= p->rx_mask && ++n <= p->rx_mask + 1u, "a held list has no end");
		MUST(x->kind == RX_REQ && x->kept && x->s == s, "a held packet is not ours");
		MUST(!last || !psn_before(x->msn, last->msn), "held packets are out of order");
		MUST(!last || x->msn != last->msn || x->off >= last->off,
		     "held packets of a message are out of order");
		MUST(!psn_before(x->msn, s->exp), "a held packet's turn has passed");
		last = x;
	}
	MUST(!last || s->held_tail == (uint16_t)(last - p->rx), "held_tail is not the last one");
	MUST(last || s->held_tail == NO_IDX, "held_tail without a list");
	for (uint32_t i = 0; i <= p->rx_mask && p->run; i++)
		kept += p->rx[i].kind != RX_FREE && p->rx[i].kept && p->rx[i].s == s;
	MUST(kept >= n, "held packets without a record");
	return NULL;
}

static const char *check_responder(struct weft_pdc *p, struct weft_stream *s)
{
	uint32_t reads = 0, n = 0;

	MUST(s->exp - s->rsp_next <= s->cfg.window, "rsp_next is not behind exp");
	if (!s->run) {
		MUST(s->held == NO_IDX && !s->reads_in, "a resting stream has messages");
		return NULL;
	}
	for (uint32_t i = 0; i < s->cfg.window; i++) {
		const struct msg *m = &s->run->msgs[i];

		if (m->state == MSG_FREE)
			continue;
		n++;
		MUST((m->msn & (s->cfg.window - 1u)) == i, "a message in another's place");
		MUST(psn_in(m->msn, s->rsp_next, s->cfg.window), "a message outside the window");
		MUST(!op_has_data(m->opcode) || (m->d.contig <= m->msg_len &&
		     m->d.got <= m->msg_len), "more placed than there is");
		reads += answered(m->opcode);
	}
	MUST(n == s->n_msgs, "n_msgs is not how many there are");
	MUST(reads == s->reads_in, "reads_in is not what is in");
	return check_held(p, s);
}

static const char *check_streams(struct weft_pdc *p)
{
	uint32_t n = 0, busy = 0;
	const char *e = NULL;
	struct stream_walk w;

	for (struct weft_stream *s = stream_first(p, &w); s && !e; s = stream_next(&w)) {
		n++;
		busy += !s->failing && s->head != s->tail;
		MUST(s->pdc == p, "a stream of another context");
		MUST(stream_find(p, s->cfg.qpn) == s, "a stream that cannot be found");
		MUST(s->state != WEFT_STREAM_STATE_RNR || s->unacked ||
		     s->run->rnr_until >= p->rnr_due, "a replay comes too late");
		e = check_requester(p, s);
		e = e ? e : check_responder(p, s);
	}
	MUST(e || n == p->n_streams, "n_streams is not how many there are");
	MUST(e || busy == p->n_busy, "n_busy is not how many are busy");
	return e;
}

/* At rest: nothing is left that only the block could remember. */
static const char *check_rest(struct weft_pdc *p)
{
	MUST(p->una == p->nxt && p->rx_cum == p->rx_max && !p->n_owed && !p->ctrl_queued &&
	     !p->n_hold_release && p->n_hold_free == p->hold_mark &&
	     !path_worth(p),
	     "a context rests that has work");
	return NULL;
}

const char *net_check(struct weft_pdc *p)
{
	const char *e = p->run ? check_tx(p) : check_rest(p);

	e = e || !p->run ? e : check_rx(p);
	e = e || !p->run ? e : check_holds(p);
	for (int r = 0; r < RINGS && !e; r++)
		e = check_ring(p, (enum ring)r);
	return e ? e : check_streams(p);
}

void net_checked(struct weft_pdc *p, uint64_t seed)
{
	const char *e = net_check(p);

	if (!e)
		return;
	fprintf(stderr, "net_check: %s (seed %llu)\n", e, (unsigned long long)seed);
	abort();
}

const char *net_check_idle(struct weft_pdc *p)
{
	struct stream_walk w;

	MUST(p->una == p->nxt, "packets are still outstanding");
	MUST(p->rx_cum == p->rx_max, "packets are still waited for");
	MUST(p->n_hold_free == p->hold_mark, "places for held packets are not all free");
	MUST(!p->n_owed, "a short answer that is owed was never sent");
	for (uint32_t i = 0; i < p->n_ctrl && p->run; i++)
		MUST(!p->ctrl[i].len, "a control slot is still in use");
	for (const struct weft_stream *s = stream_first(p, &w); s; s = stream_next(&w))
		MUST(!s->unacked, "a stream counts unacked packets");
	return NULL;
}
