/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet for a context, from its door to its meaning: whose it is, whether it is new, and
 * to whom it goes.  And the host's answers to the actions that packets cause.
 */
#include "core/pdc.h"

/*
 * The first answer to an initiator tells who and where the peer is.  It must show that its
 * sender saw what we sent, or anyone who guesses a context id could pose as the peer
 * (WEFT-PDC-018).
 */
static bool answers_us(const struct weft_pdc *p, const struct weft_view *v)
{
	return v->d.flags & WEFT_DFLAGS_AKV &&
	       psn_in(v->d.ack_psn + 1, p->tx_start, p->nxt - p->tx_start + 1) &&
	       p->nxt != p->tx_start;
}

/* With a SYN: is the sender our peer, or may it become so? */
static weft_cold enum weft_drop introduces(struct weft_pdc *p, const struct weft_view *v)
{
	if (v->syn.chip_id != p->cfg.peer->chip_id && !WEFT_MUTANT(SYN_OTHER_CHIP))
		return WEFT_DROP_NO_CONTEXT;
	if (v->d.type == WEFT_PTYPE_NACK)
		return WEFT_DROP_NONE;
	if (!p->peer_known && !answers_us(p, v) && !WEFT_MUTANT(POSE_AS_PEER))
		return WEFT_DROP_NO_CONTEXT;
	return pdc_learn_peer(p, &v->syn) ? WEFT_DROP_NONE : WEFT_DROP_DOMAIN;
}

/*
 * Is the packet this context's?  WEFT-PDC-007, WEFT-PDC-008, WEFT-PDC-071, WEFT-PDC-073,
 * WEFT-PDC-074; first of all: WEFT-PDC-070.
 */
static enum weft_drop belongs(struct weft_pdc *p, const struct weft_view *v)
{
	bool syn = v->d.flags & WEFT_DFLAGS_SYN;

	if (!pdc_live(p))
		return WEFT_DROP_NO_CONTEXT;
	if (v->d.pdc_id) {
		if (v->d.pdc_id != p->cfg.pdc_id ||
		    ((v->d.flags & WEFT_DFLAGS_GEN) != p->cfg.gen && !WEFT_MUTANT(GEN_IGNORED)))
			return WEFT_DROP_NO_CONTEXT;
	} else if (!syn) {		/* only NO_CONTEXT comes without our id */
		return v->d.type == WEFT_PTYPE_NACK ? WEFT_DROP_NONE : WEFT_DROP_NO_CONTEXT;
	} else if (!weft_pdc_same(p, v)) {
		return WEFT_DROP_NO_CONTEXT;
	}
	if (syn)
		return introduces(p, v);
	return p->peer_known || v->d.type == WEFT_PTYPE_NACK ? WEFT_DROP_NONE :
	       WEFT_DROP_NO_CONTEXT;
}

/* A packet to our id proves that the peer knows it (WEFT-PDC-001). */
static void proof(struct weft_pdc *p, const struct weft_view *v)
{
	if (!v->d.pdc_id || v->d.type == WEFT_PTYPE_NACK)
		return;
	p->peer_knows = true;
	if (p->state == WEFT_PDC_STATE_OPENING && p->peer_known)
		pdc_set_state(p, WEFT_PDC_STATE_OPEN);
}

static bool is_response(uint8_t opcode)
{
	return opcode < 32 && (1u << WEFT_OPCODE_READ_RSP | 1u << WEFT_OPCODE_ATOMIC_RSP |
			       1u << WEFT_OPCODE_TACK) >> opcode & 1;
}

/* WEFT-SEM-025.  False: no room to remember it; the peer will send again. */
static weft_cold bool no_stream(struct weft_pdc *p, const struct weft_hdr_op *op)
{
	if (is_response(op->opcode) || !(op->flags & WEFT_OFLAGS_SOM) ||
	    WEFT_MUTANT(NO_STREAM_SILENT))
		return true;
	return ep_owe(p, TX_REFUSAL, op->qpn, op->msn, WEFT_STATUS_NO_STREAM);
}

/* The peer says that it has no stream `qpn`: ours that talks to it has failed. */
static weft_cold void told_no_stream(struct weft_pdc *p, const struct weft_hdr_op *op,
				     enum weft_drop *why)
{
	struct stream_walk w;

	for (struct weft_stream *s = stream_first(p, &w); s; s = stream_next(&w)) {
		if (s->peer_qpn != op->qpn || s->failing ||
		    !psn_in(op->msn, s->head, s->next + (s->off > 0) - s->head))
			continue;
		/* What came before msn will not be answered either. */
		stream_error(s, WEFT_STATUS_NO_STREAM, s->head);
		return;
	}
	*why = WEFT_DROP_UNEXPECTED;
}

/* The peer gives up a request.  False: no memory to remember it; the peer will send again. */
static weft_cold bool given_up(struct weft_pdc *p, const struct weft_hdr_op *op,
			       enum weft_drop *why)
{
	struct weft_stream *s = op->qpn ? stream_find(p, op->qpn) : NULL;

	if (!s || s->dead || s->state == WEFT_STREAM_STATE_IDLE || psn_before(op->msn, s->exp))
		return true;
	if (!stream_wake(s)) {
		*why = WEFT_DROP_NO_ROOM;
		return false;
	}
	rsp_give_up(s, op->msn);
	return true;
}

/* Returns false if the packet must not be marked as received. */
static bool take_data(struct weft_pdc *p, const struct weft_view *v, uint32_t idx, weft_time now,
		      struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	struct weft_stream *s;

	if (op->opcode != WEFT_OPCODE_NOP || WEFT_MUTANT(NOP_IS_USE))	/* WEFT-PDC-076 */
		p->active = now;
	if (op->opcode == WEFT_OPCODE_NOP)
		return given_up(p, op, why);
	if (op->opcode == WEFT_OPCODE_RD_SEND || op->opcode == WEFT_OPCODE_RD_RSP)
		return rd_rx(p, v, idx, now, act, has_act, why);
	if (op->opcode == WEFT_OPCODE_TACK && op->status == WEFT_STATUS_NO_STREAM) {
		told_no_stream(p, op, why);
		return true;
	}
	s = stream_find(p, op->qpn);
	if (!s) {
		*why = WEFT_DROP_NO_STREAM;
		return no_stream(p, op);
	}
	if (!is_response(op->opcode) && !s->dead && s->state != WEFT_STREAM_STATE_IDLE &&
	    !stream_wake(s)) {
		*why = WEFT_DROP_NO_ROOM;
		return false;
	}
	if (is_response(op->opcode))
		req_rx(s, v, idx, now, act, has_act, why);
	else
		return rsp_rx(s, v, idx, act, has_act, why);
	return true;
}

static uint32_t payload_of(const struct weft_view *v)
{
	return v->d.type == WEFT_PTYPE_DATA ? v->b.data.op.length :
	       v->d.type == WEFT_PTYPE_MEM ? v->b.mem.len : 0;
}

/* Packets that this context takes: WEFT-PKT-003, WEFT-PKT-006, WEFT-MEM-052. */
static enum weft_drop fits(const struct weft_pdc *p, const struct weft_view *v)
{
	if (v->d.type == WEFT_PTYPE_DATA)
		return v->b.data.op.length + WEFT_MUTANT(LARGEST_REFUSED) > p->prof->max_payload &&
		       !WEFT_MUTANT(OVERSIZE_TAKEN) ? WEFT_DROP_OVERSIZE : WEFT_DROP_NONE;
	if (v->d.type != WEFT_PTYPE_MEM)
		return WEFT_DROP_NONE;
	if (v->b.mem.n * WEFT_HDR_MEMOP_LEN + v->b.mem.len > ls_limit(p->prof->max_payload))
		return WEFT_DROP_OVERSIZE;
	return p->ls ? WEFT_DROP_NONE : WEFT_DROP_TYPE;
}

/* Is there a record for the packet?  That of one before it may be in use, in a short ring. */
static inline bool rx_place(struct weft_pdc *p, uint32_t psn)
{
	return rxrec_of(p, psn)->kind == RX_FREE || p->rx_mask + 1u == p->prof->window ||
	       rings_grow_rx(p);
}

static bool take_new(struct weft_pdc *p, const struct weft_view *v, weft_time now,
		     struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	uint32_t idx, bytes = payload_of(v);
	bool taken = true, urgent = v->ce || v->d.flags & (WEFT_DFLAGS_AR | WEFT_DFLAGS_SYN);
	struct rxrec *x;

	if (!pdc_wake(p) || !rx_place(p, v->d.psn)) {	/* WEFT-PDC-060 */
		*why = WEFT_DROP_NO_ROOM;
		return false;
	}
	/* Spread packets leave gaps all the time: the first one is told of at once. */
	if (v->d.psn != p->rx_max)
		urgent |= p->rx_max == p->rx_cum || v->d.flags & WEFT_DFLAGS_RTX;
	idx = v->d.psn & p->rx_mask;
	x = &p->rx[idx];
	memset(x, 0, sizeof(*x));
	x->psn = v->d.psn;
	x->hold = WEFT_NO_HOLD;
	if (v->d.type == WEFT_PTYPE_DATA) {
		taken = take_data(p, v, idx, now, act, has_act, why);
	} else if (v->d.type == WEFT_PTYPE_MEM) {
		p->active = now;
		ls_rx(p, v, idx, act, has_act, why);
	} else {
		taken = ep_rx(p, v, now, act, has_act, why);
	}
	if (!taken)
		return false;
	p->nack_sent = p->nack_sent && WEFT_MUTANT(NACK_ONCE);
	p->st->rx_pkts++;
	p->st->rx_bytes += bytes;
	p->rx_bytes += bytes;
	sack_have(p, v->d.psn);
	ack_note(p, v, urgent, now);
	if (x->kind == RX_FREE)
		sack_done(p, v->d.psn);
	return true;
}

/*
 * WEFT-ACK-008: one NACK for a gap; another if the sender asks, or if it has gone back and the
 * packet that we miss was lost once more.
 */
static weft_cold void out_of_order(struct weft_pdc *p, const struct weft_view *v)
{
	bool went_back = p->nack_sent && psn_before(v->d.psn, p->nack_psn);

	p->rx_last = v->d.psn;
	p->nack_psn = v->d.psn;
	if (WEFT_MUTANT(NACK_NONE))
		return;
	if (p->nack_sent && !went_back && !(v->d.flags & WEFT_DFLAGS_AR) && !WEFT_MUTANT(NACK_EACH))
		return;
	p->nack_sent = true;
	p->nack_due = true;
}

/* A packet that takes a PSN. */
static void take_psn(struct weft_pdc *p, const struct weft_view *v, weft_time now,
		     struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	enum weft_drop judged;

	*why = fits(p, v);
	if (*why != WEFT_DROP_NONE) {
		p->ack_now |= *why == WEFT_DROP_OVERSIZE &&
			      v->d.flags & WEFT_DFLAGS_SYN;	/* WEFT-ACK-023 */
		return;
	}
	*why = ack_cumulative(p, v, now);
	if (*why != WEFT_DROP_NONE)
		return;
	if (p->cfg.n_ports > 1)
		path_follow(p, v, now);
	judged = sack_judge(p, v->d.psn);
	if (judged != WEFT_DROP_NONE && WEFT_MUTANT(OPERATION_FIRST) &&
	    v->d.type == WEFT_PTYPE_DATA && !stream_find(p, v->b.data.op.qpn))
		no_stream(p, &v->b.data.op);
	if (v->ce && judged != WEFT_DROP_WINDOW &&	/* WEFT-ACK-014 */
	    !(WEFT_MUTANT(CE_NOT_OF_COPIES) && judged == WEFT_DROP_DUPLICATE)) {
		p->ce_count++;
		p->st->ce_rx += !WEFT_MUTANT(MARKS_UNTOLD);
	}
	if (judged == WEFT_DROP_NONE) {
		take_new(p, v, now, act, has_act, why);
		return;
	}
	*why = judged;
	if (judged == WEFT_DROP_DUPLICATE && !WEFT_MUTANT(DUP_NOT_ACKED)) {
		path_deaf(p, now);
		ack_note(p, v, true, now);
	}
	if (judged == WEFT_DROP_ORDER)
		out_of_order(p, v);
}

bool weft_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, struct weft_act *act,
	     enum weft_drop *why)
{
	bool has_act = false;

	*why = belongs(p, v);
	if (WEFT_MUTANT(PAUSE_ENDS_CONTEXT) && now > p->heard + 200000000)
		*why = WEFT_DROP_NO_CONTEXT;
	if (*why == WEFT_DROP_NONE) {
		p->heard = now;
		proof(p, v);
		if (WEFT_MUTANT(MARKS_OF_ACKS) && v->ce && v->d.type != WEFT_PTYPE_DATA &&
		    v->d.type != WEFT_PTYPE_CTRL)
			p->ce_count++;
		if (v->d.type == WEFT_PTYPE_ACK) {
			ack_rx(p, v, now, why);
		} else if (v->d.type == WEFT_PTYPE_NACK) {
			nack_rx(p, v, now, why);
		} else if (v->d.type == WEFT_PTYPE_PROBE) {
			*why = ack_cumulative(p, v, now);
			if (*why == WEFT_DROP_NONE)
				probe_rx(p, v, now, why);
		} else if (v->d.type == WEFT_PTYPE_CREDIT) {
			*why = ack_cumulative(p, v, now);
			if (*why == WEFT_DROP_NONE)
				credit_rx(p, v);
		} else {
			take_psn(p, v, now, act, &has_act, why);
		}
	}
	if (WEFT_MUTANT(ECHO_AS_ACK) && *why == WEFT_DROP_BAD_ECHO)
		*why = WEFT_DROP_BAD_ACK;
	if (WEFT_MUTANT(LATE_AS_REFUSED) && *why == WEFT_DROP_STREAM_STATE)
		*why = WEFT_DROP_REFUSED;
	if (*why != WEFT_DROP_NONE)		/* WEFT-CONV-004 */
		p->st->drop[*why]++;
	return has_act;
}

static void place_done(struct weft_pdc *p, struct rxrec *x, enum weft_status st, uint64_t value)
{
	struct weft_stream *s = x->s && x->s->run ? x->s : NULL;	/* else it has moved on */
	uint32_t psn = x->psn;

	if (x->s && x->kind == RX_REQ)
		rsp_answered(x->s);
	if (st == WEFT_STATUS_HELD && !x->kept && x->hold != WEFT_NO_HOLD && s &&
	    !(WEFT_MUTANT(DUP_TAKEN) && psn_before(psn, p->rx_cum))) {
		x->kept = true;
		x->loose = value;
		p->st->held++;
		hold_keep(s, (uint32_t)(x - p->rx));
		return;
	}
	if (x->kept && !WEFT_MUTANT(HELD_TWICE) &&
	    (st == WEFT_STATUS_HELD || st == WEFT_STATUS_NO_HOLD))
		st = WEFT_STATUS_OP_FAILED;	/* it was kept once, and the peer told so */
	if (x->hold != WEFT_NO_HOLD)
		p->hold_free[p->n_hold_free++] = x->hold;
	x->hold = WEFT_NO_HOLD;
	if (st == WEFT_STATUS_HELD || st == WEFT_STATUS_NO_HOLD) {	/* WEFT-PDC-023 */
		if (s && x->kind == RX_REQ)
			rsp_untake(s, x);
		x->kind = RX_FREE;
		p->st->drop[WEFT_DROP_NO_HOLD]++;
		sack_forget(p, psn);
		return;
	}
	if (s && x->kind == RX_REQ)
		rsp_done_place(s, x, st);
	else if (s)
		req_done(s, x, st);
	x->kind = RX_FREE;
	sack_done(p, psn);
}

void weft_done(struct weft_pdc *p, uint32_t token, enum weft_status st, uint64_t value)
{
	uint32_t kind = token >> 28, what = token & TOKEN_VALUE;

	if (token & TOKEN_EXEC) {
		struct weft_stream *s = stream_find(p, (token & ~TOKEN_EXEC) >> 7);

		if (s && s->run && (s->run->exec_tag == (token & TOKEN_TAG) ||
				    WEFT_MUTANT(TOKEN_OF_LAST_STREAM)))
			rsp_done_exec(s, st, value);
	} else if (kind == TOKEN_PLACE && p->run) {
		struct rxrec *x = rxrec_of(p, what);

		if (x->kind != RX_FREE &&
		    ((x->psn & TOKEN_VALUE) == what || WEFT_MUTANT(TOKEN_OF_LAST_LAP)))
			place_done(p, x, st, value);
	} else if (kind == TOKEN_RD) {
		rd_done(p, what, st);
	} else {
		ls_done(p, token, st, value);
	}
}

static bool pdc_event(struct weft_pdc *p, struct weft_act *a)
{
	enum weft_event ev = WEFT_EV_NONE;

	if (p->ev_open)
		ev = WEFT_EV_PDC_OPEN;
	else if ((p->ring[RING_WORK] || ls_has_work(p) || rd_has_work(p)) &&
		 !WEFT_MUTANT(FAILED_BEFORE_STREAMS))
		return false;		/* the streams tell first how they ended */
	else if (p->ev_failed && !p->reset_due)
		ev = WEFT_EV_PDC_FAILED;
	else if (p->ev_closed)
		ev = WEFT_EV_PDC_CLOSED;
	else
		return false;
	if (ev == WEFT_EV_PDC_OPEN)
		p->ev_open = false;
	else
		p->ev_failed = p->ev_closed = false;
	memset(a, 0, sizeof(*a));
	a->type = WEFT_ACT_EVENT;
	a->event = ev;
	a->wc.status = p->fail_status;
	a->arg = ev == WEFT_EV_PDC_OPEN && p->restarted;
	return true;
}

static void stream_event(struct weft_stream *s, enum weft_event ev, struct weft_act *a)
{
	memset(a, 0, sizeof(*a));
	a->type = WEFT_ACT_EVENT;
	a->event = ev;
	a->stream = s;
}

static size_t stream_work(struct weft_stream *s, struct weft_act *acts, size_t n)
{
	size_t k = 0;

	if (!s->failing && !WEFT_MUTANT(ANSWER_BEFORE_END))
		k = req_work(s, acts, n);	/* WEFT-SEM-093 */
	k += rsp_work(s, acts + k, n - k);	/* it may find that the stream fails */
	if (s->ev_error && k < n) {
		s->ev_error = false;
		stream_event(s, WEFT_EV_STREAM_ERROR, &acts[k]);
		acts[k].wc.status = s->ev_status;
		acts[k++].arg = s->ev_refused;
	}
	k += req_work(s, acts + k, n - k);
	if (s->ev_drained && k < n) {
		s->ev_drained = false;
		stream_event(s, WEFT_EV_SQ_DRAINED, &acts[k++]);
	}
	return k;
}

/* Mostly a turn has nothing for the host but what weft_rx() gave it: this is one look. */
static bool work_left(const struct weft_pdc *p)
{
	return p->ring[RING_WORK] || p->n_hold_release || p->ls || p->rd || p->ev_open ||
	       p->ev_failed || p->ev_closed;
}

size_t weft_work(struct weft_pdc *p, struct weft_act *acts, size_t n, weft_time now)
{
	size_t k;

	(void)now;
	if (!work_left(p))
		return 0;
	k = hold_work(p, acts, n);
	while (k < n && p->ring[RING_WORK]) {
		struct weft_stream *s = p->ring[RING_WORK];

		k += stream_work(s, acts + k, n - k);
		if (k < n) {
			ring_del(s, RING_WORK);
			stream_settle(s);
		} else {
			ring_turn(p, RING_WORK);
		}
	}
	k += hold_work(p, acts + k, n - k);
	k += ls_work(p, acts + k, n - k);
	k += rd_work(p, acts + k, n - k);
	while (k < n && pdc_event(p, &acts[k]))
		k++;
	return k;
}
