/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Acknowledgements, both ways: when one is due, and what a received one, or a NACK, says of
 * the packets outstanding.  Bitmaps are sack.c's, loss and timers retx.c's.
 */
#include "core/pdc.h"

#define ACK_DELAY_MIN_NS 10000u
#define ACK_DELAY_MAX_NS 1000000u

/* Has it brought a message that the host is about to answer with another (WEFT-SEM-097)? */
static bool to_and_fro(const struct weft_pdc *p, uint32_t psn)
{
	const struct rxrec *x = rxrec_of(p, psn);

	return p->cfg.tacks_wait && x->s && x->kind == RX_REQ && x->s->turns == TURNS_SURE;
}

/*
 * How long may an acknowledgement of this packet wait for one that goes anyway (WEFT-ACK-004)?
 * Nobody waits for that of a TACK, and who sends one is often about to send a request; where
 * messages go to and fro the two come together.
 */
static uint64_t ack_delay(struct weft_pdc *p, const struct weft_view *v)
{
	bool tack = v->d.type == WEFT_PTYPE_DATA && v->b.data.op.opcode == WEFT_OPCODE_TACK;
	uint64_t delay = tack && !WEFT_MUTANT(ACK_TACK_SOON) ? p->srtt / 2 : p->srtt / 4;

	if (!tack)
		p->fro = to_and_fro(p, v->d.psn);
	if (p->fro && !WEFT_MUTANT(ACK_TACK_SOON))
		delay = p->srtt;
	if (delay < ACK_DELAY_MIN_NS)
		return ACK_DELAY_MIN_NS;
	if (delay > ACK_DELAY_MAX_NS && !WEFT_MUTANT(ACK_DELAY_FREE))
		return ACK_DELAY_MAX_NS;
	return delay;
}

/* A packet with a PSN has come: WEFT-ACK-003, WEFT-ACK-004, WEFT-ACK-005. */
void ack_note(struct weft_pdc *p, const struct weft_view *v, bool urgent, weft_time now)
{
	weft_time due;

	p->echo_psn = v->d.psn;
	p->echo_entropy = v->d.entropy;
	p->echo_at = now;
	p->rx_last = v->d.psn;
	if (urgent || ++p->rx_unacked >= p->prof->ack_every + WEFT_MUTANT(ACK_ONE_LATE)) {
		p->ack_now = true;
		return;
	}
	if (WEFT_MUTANT(ACK_ONLY_ASKED) || p->ack_late)
		return;
	due = now + ack_delay(p, v);
	if (due < p->ack_due)
		p->ack_due = due;
}

struct sweep {			/* what one acknowledgement newly covers */
	weft_time now;
	uint32_t pkts;
	weft_time newest;	/* sending time of the newest packet not sent again */
	weft_time oldest;	/* of the oldest one */
	bool any_first;		/* newest and oldest are valid */
};

static void sweep_one(struct weft_pdc *p, uint32_t psn, struct sweep *w)
{
	struct txrec *r = txrec_of(p, psn);

	if (r->acked)		/* WEFT-ACK-020 */
		return;
	w->pkts++;
	/* An answer sooner than any before is to the first copy, and says nothing of the last. */
	if (r->sent > p->newest_sent && !(r->again && w->now - r->sent < p->min_rtt))
		p->newest_sent = r->sent;
	if (!r->again) {
		if (!w->any_first || r->sent > w->newest)
			w->newest = r->sent;
		if (!w->any_first || r->sent < w->oldest)
			w->oldest = r->sent;
		w->any_first = true;
	}
	retx_acked(p, r);
}

/* The peer lives, and what we sent arrives. */
static void progress(struct weft_pdc *p, weft_time now)
{
	p->progress = now;
	p->backoff = WEFT_MUTANT(PATIENCE_SPENT) ? p->backoff : 0;	/* WEFT-RTX-026 */
	p->tlp_sent = 0;
	p->was_busy = false;
}

static void sweep_end(struct weft_pdc *p, const struct sweep *w, weft_time now)
{
	while (p->una != p->nxt && txrec_of(p, p->una)->acked)
		p->una++;
	if (!w->pkts && p->una != p->nxt)
		return;
	/* WEFT-CC-007: the answer to a first copy was only late. */
	if (p->backoff && w->any_first && w->oldest < p->timeout_at && !WEFT_MUTANT(UNDO_NEVER))
		cc_undo(&p->cc, p->cwnd_before);
	progress(p, now);	/* with nothing outstanding any answer is progress */
}

/* Does ack_psn name what is not sent yet?  Half the circle away is no past either. */
static bool ahead_of_us(const struct weft_pdc *p, const struct weft_view *v)
{
	uint32_t upto = v->d.ack_psn + 1;

	return upto != p->nxt && !psn_before(upto, p->nxt);
}

/* Everything up to ack_psn.  False: it acknowledges what was never sent (WEFT-ACK-007). */
static bool sweep_cumulative(struct weft_pdc *p, const struct weft_view *v, struct sweep *w)
{
	uint32_t upto = v->d.ack_psn + 1;

	if (!(v->d.flags & WEFT_DFLAGS_AKV))
		return true;
	if (ahead_of_us(p, v)) {
		if (!WEFT_MUTANT(GHOST_ACK))
			return false;
		upto = p->nxt;
	}
	for (uint32_t psn = p->una; psn_before(psn, upto); psn++)
		sweep_one(p, psn, w);
	return true;
}

/* WEFT-ACK-017 */
static inline void open_window(struct weft_pdc *p, uint32_t ack_psn, uint32_t window)
{
	uint32_t edge = ack_psn + 1 + (window < WEFT_MAX_WINDOW ? window : WEFT_MAX_WINDOW);

	/* Too old to compare: it would seem to lie ahead. */
	if (!psn_in(ack_psn, p->una - WEFT_MAX_WINDOW, p->nxt - p->una + WEFT_MAX_WINDOW))
		return;
	if (psn_before(p->peer_edge, edge) || WEFT_MUTANT(EDGE_GOES_BACK))
		p->peer_edge = edge;
}

static weft_apart enum weft_drop cumulative(struct weft_pdc *p, const struct weft_view *v,
					    weft_time now)
{
	struct sweep w = { .now = now };
	struct cc_ack a;

	if (!sweep_cumulative(p, v, &w))
		return WEFT_DROP_BAD_ACK;
	sweep_end(p, &w, now);
	open_window(p, v->d.ack_psn, p->peer_window);
	if (!w.pkts)
		return WEFT_DROP_NONE;
	if (w.any_first)	/* WEFT-RTX-008 */
		retx_rtt(p, now - w.newest);
	a = (struct cc_ack){ 0, p->srtt, w.pkts, 0 };
	p->cc.ops->on_ack(&p->cc, &a, now);
	retx_rack(p, now);
	return WEFT_DROP_NONE;
}

/* The acknowledgement that every packet of the other direction carries (WEFT-ACK-015). */
enum weft_drop ack_cumulative(struct weft_pdc *p, const struct weft_view *v, weft_time now)
{
	if (!(v->d.flags & WEFT_DFLAGS_AKV) || WEFT_MUTANT(DATA_ACK_IGNORED))
		return WEFT_DROP_NONE;
	if (v->d.ack_psn + 1 != p->una || p->una != p->nxt)
		return cumulative(p, v, now);
	progress(p, now);		/* one who only receives has nothing else to learn */
	open_window(p, v->d.ack_psn, p->peer_window);
	return WEFT_DROP_NONE;
}

static uint64_t sack_word(const struct weft_view *v, uint32_t i)
{
	struct weft_hdr_sackword w;

	weft_hdr_sackword_unpack(&w, v->b.ack.words + i * WEFT_HDR_SACKWORD_LEN);
	return w.bits;
}

/* Does the bitmap name only what was sent? */
static bool sack_sane(const struct weft_pdc *p, const struct weft_view *v)
{
	const struct weft_hdr_ack *h = &v->b.ack.h;

	for (uint32_t i = h->words; i-- > 0;) {
		uint64_t bits = sack_word(v, i);
		uint32_t last;

		if (!bits)
			continue;
		last = h->sack_base + 64 * i + 63u - (uint32_t)__builtin_ctzll(bits);
		return psn_before(last, p->nxt + WEFT_MUTANT(SACK_ONE_AHEAD)) &&
		       (!psn_before(h->sack_base, p->una - WEFT_MAX_WINDOW) ||
			WEFT_MUTANT(SACK_FAR_BACK));
	}
	return true;
}

static void sweep_sack(struct weft_pdc *p, const struct weft_view *v, struct sweep *w)
{
	for (uint32_t i = 0; i < v->b.ack.h.words && !WEFT_MUTANT(SACK_UNHEARD); i++) {
		uint64_t bits = sack_word(v, i);

		while (bits) {
			uint32_t lead = (uint32_t)__builtin_clzll(bits);
			uint32_t psn = v->b.ack.h.sack_base + 64 * i + lead;

			bits &= ~(1ull << (63 - lead));
			if (psn_in(psn, p->una, p->nxt - p->una))
				sweep_one(p, psn, w);
		}
	}
}

/* We sent it again for nothing (WEFT-RTX-023, WEFT-CC-007). */
static weft_cold void came_twice(struct weft_pdc *p, uint32_t psn)
{
	if (p->reo_steps < 12)
		p->reo_steps = (uint8_t)(p->reo_steps + 4);
	if (psn != p->timeout_psn || WEFT_MUTANT(UNDO_NOT_BY_COPY))
		return;
	cc_undo(&p->cc, p->cwnd_before);
	p->cwnd_before = 0;
}

/* A sample of the round trip (WEFT-RTX-020), or 0; look before the records are released. */
static uint64_t echo_rtt(struct weft_pdc *p, const struct weft_hdr_ack *h, weft_time now)
{
	uint32_t lap = p->tx_mask + 1u;	/* of older ones there is no record any more */
	const struct txrec *r;
	uint64_t rtt;

	if (!(h->flags & WEFT_ACKFLAGS_ECHO) || !p->run || psn_before(h->echo_psn, p->run_psn))
		return 0;
	if (!psn_in(h->echo_psn, p->nxt - lap, lap) && !WEFT_MUTANT(ECHO_OF_OTHERS))
		return 0;
	r = txrec_of(p, h->echo_psn);
	if (r->acked) {
		if (r->again)
			came_twice(p, h->echo_psn);
		return 0;
	}
	if ((r->again && !WEFT_MUTANT(RTT_OF_COPIES)) ||
	    !psn_in(h->echo_psn, p->una, p->nxt - p->una))
		return 0;
	rtt = now - r->sent;
	if (WEFT_MUTANT(RTT_WITH_DELAY))
		return rtt;
	return rtt > h->ack_delay_ns ? rtt - h->ack_delay_ns : 1;
}

/*
 * What an acknowledgement says of the path of the packet that it echoes: it works (WEFT-CC-093).
 * Returns the path if there was a mark: it is not kept for use again (WEFT-CC-053).
 */
static uint16_t marked_path(struct weft_pdc *p, const struct weft_hdr_ack *h, bool marked)
{
	uint16_t path = (uint16_t)(h->echo_entropy - p->cfg.entropy_base);

	if (!(h->flags & WEFT_ACKFLAGS_ECHO) || path >= p->cfg.n_paths)
		path = NO_PATH;
	else
		p->path_proven = path;
	if (!marked)
		path = NO_PATH;
	if (p->paths)
		p->paths->spare = path;
	return path;
}

void ack_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, enum weft_drop *why)
{
	const struct weft_hdr_ack *h = &v->b.ack.h;
	enum cc_path action = CC_PATH_STAY;
	uint16_t path;
	struct sweep w = { .now = now };
	struct cc_ack a;

	if ((!sack_sane(p, v) ||
	     (v->d.flags & WEFT_DFLAGS_AKV && ahead_of_us(p, v))) &&
	    !WEFT_MUTANT(GHOST_ACK)) {
		*why = WEFT_DROP_BAD_ACK;
		return;
	}
	p->st->rx_acks++;
	a.rtt_ns = echo_rtt(p, h, now);
	a.marked = (uint16_t)(h->ce_count - p->ce_seen);
	if (a.marked < 0x8000 || WEFT_MUTANT(CE_OVERTAKEN))
		p->ce_seen = h->ce_count;
	else
		a.marked = 0;		/* an acknowledgement that was overtaken */
	path = marked_path(p, h, a.marked);
	sweep_cumulative(p, v, &w);
	sweep_sack(p, v, &w);
	sweep_end(p, &w, now);
	if (v->d.flags & WEFT_DFLAGS_AKV)
		open_window(p, v->d.ack_psn, h->window);
	if (a.rtt_ns)
		retx_rtt(p, a.rtt_ns);
	a.srtt_ns = p->srtt;
	a.pkts = w.pkts;
	if (w.pkts || a.marked)
		action = p->cc.ops->on_ack(&p->cc, &a, now);
	if (path != NO_PATH && action == CC_PATH_SKIP)
		path_marked(p, path, now);
	retx_rack(p, now);
}

/*
 * Lost or trimmed, it stays until it is acknowledged (WEFT-RTX-016).
 * A hint needs no proof, so it may cost only so much: of a packet sent again already nothing is
 * believed before the answer to that can be there (WEFT-RTX-003, WEFT-RTX-015).
 */
static bool missing_one(struct weft_pdc *p, uint32_t psn, uint64_t wait, weft_time now)
{
	struct txrec *r = txrec_of(p, psn);

	if (r->acked || r->lost || (r->again && now - r->sent < wait &&
				    !WEFT_MUTANT(MISSING_TOO_SOON)))
		return false;
	retx_mark_lost(p, r);
	if (WEFT_MUTANT(TRIM_FORGOTTEN) && r->again)
		retx_orphan(p, r);
	p->st->rtx_nack++;
	return true;
}

/*
 * WEFT-RTX-040: what is trimmed has crossed the fabric, and after a timeout no acknowledgement may
 * say so: what was sent before it is judged by it.
 */
static void missing_range(struct weft_pdc *p, struct weft_hdr_range g, bool trimmed, uint64_t wait,
			  weft_time now)
{
	for (uint32_t k = 0; k < g.count; k++) {
		const struct txrec *r = txrec_of(p, g.first + k);

		if (missing_one(p, g.first + k, wait, now) && trimmed && p->backoff &&
		    r->sent > p->newest_sent)
			p->newest_sent = r->sent;
	}
}

/* WEFT-RTX-003, WEFT-RTX-004, WEFT-RTX-024, WEFT-RTX-081 */
static void nack_missing(struct weft_pdc *p, const struct weft_view *v, weft_time now)
{
	bool trimmed = v->b.nack.h.reason == WEFT_NACK_TRIMMED;
	uint64_t wait = trimmed && !p->min_rtt ? p->prof->min_rto_ns : p->min_rtt;
	uint64_t before = p->st->rtx_nack;

	for (uint32_t i = 0; i < v->b.nack.h.count; i++) {
		struct weft_hdr_range g;

		weft_hdr_range_unpack(&g, v->b.nack.ranges + i * WEFT_HDR_RANGE_LEN);
		if (WEFT_MUTANT(BLIND_MISSING) && p->nxt != p->una)
			retx_mark_lost(p, txrec_of(p, p->una));
		if (!psn_in(g.first, p->una, p->nxt - p->una))
			continue;
		if (g.count > p->nxt - g.first && !WEFT_MUTANT(RANGE_TOO_LONG))
			g.count = p->nxt - g.first;
		if (p->cfg.mode == WEFT_MODE_RUD) {
			missing_range(p, g, trimmed, wait, now);
		} else if (missing_one(p, g.first, wait, now)) {
			retx_go_back(p, g.first);
			break;
		}
	}
	if (p->st->rtx_nack == before)
		return;
	p->cwnd_before = 0;
	if (trimmed)		/* WEFT-CC-013 */
		p->cc.ops->on_trim(&p->cc, (uint32_t)(p->st->rtx_nack - before), p->srtt, now);
	else
		p->cc.ops->on_loss(&p->cc, (uint32_t)(p->st->rtx_nack - before), p->srtt, now);
	if (trimmed && p->backoff && p->cfg.mode == WEFT_MODE_RUD)
		retx_rack(p, now);
}

/* WEFT-PDC-011: does the NACK prove that its sender saw our packets? */
static bool echo_proves(const struct weft_pdc *p, const struct weft_hdr_nack *h)
{
	uint32_t first = p->una, count = p->nxt - p->una, back = p->una - p->tx_start;

	if (h->reason == WEFT_NACK_RESET) {	/* plain differences: a start may lie 2^31 back */
		if (back > p->prof->window && !WEFT_MUTANT(RESET_BY_OLD))
			back = p->prof->window;
		first -= back;
		count += back;
	}
	if (h->reason == WEFT_NACK_NO_CONTEXT &&
	    (h->echo_pdc != p->peer_id || h->echo_gen != p->peer_gen || !p->peer_known))
		return false;
	return psn_in(h->echo_psn, first, count) || WEFT_MUTANT(BLIND_RESET);
}

/* WEFT-PDC-004: what is outstanding gets new PSNs; record places count from the start. */
static void rebase(struct weft_pdc *p, uint32_t floor)
{
	struct weft_peer *peer = p->cfg.peer;
	uint32_t by;

	/* After every PSN of the old numbering too, so that NACKs of that prove nothing now. */
	if (psn_before(peer->tx_next, p->nxt))
		peer->tx_next = p->nxt;
	if (!psn_before(floor, peer->tx_next))
		peer->tx_next = floor + !WEFT_MUTANT(REBASE_TO_FLOOR);
	by = peer->tx_next++ - p->tx_start;
	for (uint32_t psn = p->una; psn != p->nxt; psn++)
		retx_mark_lost(p, txrec_of(p, psn));
	p->cookie = 0;		/* it was for the other start */
	p->tx_start += by;
	p->una += by;
	p->run_psn = p->una;
	p->nxt += by;
	p->peer_edge += WEFT_MUTANT(REBASE_KEEPS_EDGE) ? 0 : by;
}

/*
 * WEFT-PDC-028.  The target kept nothing of what it has refused, so all of it goes again; each
 * packet in flight brings the same answer, of which only the first says something new.
 */
static void show_cookie(struct weft_pdc *p, uint32_t cookie, weft_time now)
{
	if (cookie == p->cookie || WEFT_MUTANT(COOKIE_UNSHOWN))
		return;
	p->cookie = cookie;
	p->progress = now;
	for (uint32_t psn = p->una; psn != p->nxt; psn++)
		retx_mark_lost(p, txrec_of(p, psn));
}

static void nack_context(struct weft_pdc *p, const struct weft_hdr_nack *h, weft_time now)
{
	switch ((enum weft_nack)h->reason) {
	case WEFT_NACK_NO_CONTEXT:
		if (p->state == WEFT_PDC_STATE_OPEN && p->peer_closed)
			pdc_set_state(p, WEFT_PDC_STATE_CLOSING);
		if (p->state == WEFT_PDC_STATE_CLOSING)
			pdc_closed(p);
		else
			pdc_fail(p, WEFT_STATUS_PEER_RESET);
		break;
	case WEFT_NACK_RESET:
		pdc_fail(p, WEFT_STATUS_PEER_RESET);
		break;
	case WEFT_NACK_NEW_START_PSN:
		if (p->state == WEFT_PDC_STATE_OPENING)
			rebase(p, h->arg);
		break;
	case WEFT_NACK_BUSY:
		p->was_busy = !WEFT_MUTANT(BUSY_FORGOTTEN);
		break;
	case WEFT_NACK_MODE:
		if (p->state == WEFT_PDC_STATE_OPENING || WEFT_MUTANT(MODE_ANY_TIME))
			pdc_fail(p, WEFT_STATUS_BAD_DOMAIN);
		break;
	case WEFT_NACK_COOKIE:
		if (p->state == WEFT_PDC_STATE_OPENING)
			show_cookie(p, h->arg, now);
		break;
	case WEFT_NACK_RESERVED:
	case WEFT_NACK_MISSING:
	case WEFT_NACK_TRIMMED:
		break;
	}
}

void nack_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, enum weft_drop *why)
{
	const struct weft_hdr_nack *h = &v->b.nack.h;
	struct sweep w = { .now = now };

	p->st->rx_nacks++;
	if (h->reason == WEFT_NACK_MISSING || h->reason == WEFT_NACK_TRIMMED) {
		if (!p->peer_known) {
			*why = WEFT_DROP_BAD_ECHO;
			return;
		}
		if (!sweep_cumulative(p, v, &w)) {
			*why = WEFT_DROP_BAD_ACK;
			return;
		}
		sweep_end(p, &w, now);
		nack_missing(p, v, now);
	} else if (!echo_proves(p, h)) {
		*why = WEFT_DROP_BAD_ECHO;
	} else {
		nack_context(p, h, now);
	}
}
