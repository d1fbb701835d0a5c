/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The answering side of a stream, packet by packet.  Packets of messages come in any order; each
 * is placed when it may be, and whether they make up a message is found out here.  What a packet
 * may say is request.c's; what happens at the head of the stream is execute.c's.
 */
#include "core/cover.h"
#include "core/pdc.h"

static void work(struct weft_stream *s)
{
	ring_add(s, RING_WORK);
}

static void begin(struct weft_stream *s, struct msg *m, const struct weft_view *v,
		  const struct range *g)
{
	const struct weft_hdr_op *op = &v->b.data.op;

	memset(&m->d, 0, sizeof(m->d));
	m->state = MSG_PART;
	m->stage = m->flags = m->status = 0;
	m->sent = 0;
	s->n_msgs++;
	m->msn = op->msn;
	m->opcode = op->opcode;
	m->rkey = g->rkey;
	m->addr = g->addr;
	m->msg_len = g->msg_len;
	m->ssn = g->ssn;
	m->code = g->code;
	m->type = g->type;
	if (op_has_data(op->opcode))
		return;
	s->reads_in += op_answered(op->opcode);
	m->state = MSG_PLACED;		/* nothing to place: executed when its turn comes */
	if (op->opcode == WEFT_OPCODE_ATOMIC)
		request_atomic(v, &m->atomic);
	work(s);
}

/* WEFT-SEM-011 */
static bool same(const struct msg *m, const struct weft_hdr_op *op, const struct range *g)
{
	if (WEFT_MUTANT(RANGE_FREE))
		return true;
	return m->msn == op->msn && m->opcode == op->opcode && m->rkey == g->rkey &&
	       m->addr == g->addr && m->msg_len == g->msg_len &&
	       m->code == g->code && m->type == g->type &&
	       (op->opcode != WEFT_OPCODE_SEND || m->ssn == g->ssn);
}

/*
 * WEFT-SEM-004, WEFT-SEM-005; WEFT-SEM-052 and so WEFT-SEM-053.  A receive buffer is seen only
 * when complete.
 */
static enum weft_early early(const struct weft_stream *s, const struct msg *m,
			     const struct range *g)
{
	bool turn = m->msn == s->exp;

	if (m->opcode == WEFT_OPCODE_SEND)
		return m->ssn == s->rx_ssn ? WEFT_IN_TURN : WEFT_EARLY;
	if (turn && g->offset == m->d.contig)
		return WEFT_IN_TURN;
	return m->opcode == WEFT_OPCODE_REDUCE && !turn ? WEFT_TOO_EARLY : WEFT_EARLY;
}

static void place(struct weft_stream *s, struct msg *m, const struct weft_view *v,
		  const struct range *g, uint32_t idx, struct weft_act *act)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	struct rxrec *x = &s->pdc->rx[idx];

	m->d.taken += op->length;
	x->kind = RX_REQ;
	x->s = s;
	x->msn = op->msn;
	x->off = g->offset;
	x->len = op->length;
	s->placing++;
	act_clear(act);
	act->type = op->opcode == WEFT_OPCODE_SEND ? WEFT_ACT_PLACE_RECV :
		    op->opcode == WEFT_OPCODE_REDUCE ? WEFT_ACT_REDUCE : WEFT_ACT_PLACE_MEM;
	act->token = token_place(x->psn);
	act->stream = s;
	act->key = g->rkey;
	act->addr = g->addr;
	act->msg_len = g->msg_len;
	act->offset = g->offset;
	act->len = op->length;
	act->redop = m->code;
	act->dtype = m->type;
	act->msn = op->msn;
	act->ssn = g->ssn;
	act->hold = WEFT_NO_HOLD;
	act->early = (uint8_t)early(s, m, g);
	if (act->early && op->opcode != WEFT_OPCODE_SEND)
		act->hold = x->hold = hold_offer(s->pdc);
}

/*
 * WEFT-SEM-085: not a buffer that was consumed.  One far ahead is the host's to judge (RNR), and
 * is refused when its turn comes out of order.
 */
static bool ssn_ok(const struct weft_stream *s, const struct weft_view *v, const struct range *g)
{
	const struct weft_hdr_op *op = &v->b.data.op;

	if (op->opcode == WEFT_OPCODE_SEND)
		return (!psn_before(g->ssn, s->rx_ssn) || WEFT_MUTANT(SSN_CONSUMED)) &&
		       (!(op->flags & WEFT_OFLAGS_IMM) || v->b.data.imm.ssn == g->ssn);
	return !(op->flags & WEFT_OFLAGS_IMM) ||
	       !psn_before(v->b.data.imm.ssn, s->rx_ssn);
}

/* Its bytes at least: they may yet be placed. */
static bool come_whole(const struct msg *m)
{
	return m->state > MSG_PART || (m->state == MSG_PART && m->d.taken == m->msg_len);
}

/*
 * WEFT-SEM-090: in mode ROD, are messages before this one, which is not there yet, missing?  The
 * one just before it tells for all: this was asked of it too.
 */
static bool skips(struct weft_stream *s, uint32_t msn)
{
	return s->pdc->cfg.mode == WEFT_MODE_ROD && msn != s->exp &&
	       !come_whole(msg_of(s, msn - 1)) && !WEFT_MUTANT(ROD_GAP_TAKEN);
}

static void refuse_skipped(struct weft_stream *s)
{
	uint32_t msn = s->exp;

	while (come_whole(msg_of(s, msn)))
		msn++;
	rsp_refuse_late(s, msn, WEFT_STATUS_MALFORMED);
}

/* WEFT-SEM-090: in mode ROD, are they the next bytes of their message? */
static bool next_bytes(const struct weft_stream *s, const struct msg *m, const struct range *g)
{
	return s->pdc->cfg.mode != WEFT_MODE_ROD || WEFT_MUTANT(ROD_GAP_TAKEN) ||
	       g->offset == (m->state == MSG_PART ? m->d.taken : 0);
}

/* Which message, and may it be?  NULL: *why says what became of the packet. */
static struct msg *slot_for(struct weft_stream *s, const struct weft_view *v,
			    const struct range *g, enum weft_status form)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	struct msg *m = msg_of(s, op->msn);
	bool more = psn_before(op->msn, s->exp);	/* of a whole message */

	if (!psn_in(op->msn, s->exp, s->cfg.window - (s->exp - s->rsp_next) +
		    WEFT_MUTANT(SLOTS_ONE_MORE))) {
		rsp_refuse_late(s, op->msn, form != WEFT_STATUS_OK ? form : more ?
				WEFT_STATUS_MALFORMED : WEFT_STATUS_NO_RESOURCES);
		return NULL;
	}
	if (m->state == MSG_FREE && skips(s, op->msn)) {
		refuse_skipped(s);
		return NULL;
	}
	if (form == WEFT_STATUS_OK && m->state <= MSG_PART && !next_bytes(s, m, g))
		form = WEFT_STATUS_MALFORMED;
	if (m->state == MSG_FREE) {
		if (WEFT_MUTANT(READS_DROPPED) && s->reads_in >= s->cfg.reads &&
		    op_answered(op->opcode))
			return NULL;
		begin(s, m, v, g);
		if (form != WEFT_STATUS_OK)
			rsp_refuse(s, m, form);
		else if (s->reads_in > s->cfg.reads && op_answered(op->opcode))
			rsp_refuse(s, m, WEFT_STATUS_NO_RESOURCES);	/* WEFT-MGT-010 */
	} else if (m->state == MSG_PART &&
		   (form != WEFT_STATUS_OK || !same(m, op, g) ||
		    (op->length > m->msg_len - m->d.taken &&	/* packets that overlap */
		     !WEFT_MUTANT(OVERLAP_TAKEN) && !WEFT_MUTANT(OVERLAP_ANY)))) {
		rsp_refuse(s, m, form != WEFT_STATUS_OK ? form : WEFT_STATUS_MALFORMED);
	} else if (m->state == MSG_PLACED && !m->stage) {
		rsp_refuse(s, m, WEFT_STATUS_MALFORMED);	/* more of a whole message */
	} else if (m->state != MSG_PART && m->state != MSG_REFUSED) {
		rsp_refuse_late(s, op->msn, WEFT_STATUS_MALFORMED);	/* it is being executed */
		return NULL;
	}
	return m->state == MSG_REFUSED ? NULL : m;
}

/* What the last packet brings besides. */
static void attach(struct msg *m, const struct weft_view *v)
{
	uint8_t flags = v->b.data.op.flags;

	m->flags = flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SE |
			    WEFT_OFLAGS_SIGNAL);
	if (flags & WEFT_OFLAGS_IMM) {
		m->d.imm = v->b.data.imm.imm;
		if (m->opcode == WEFT_OPCODE_WRITE)
			m->ssn = v->b.data.imm.ssn;
	}
	if (flags & WEFT_OFLAGS_INV)
		m->d.imm = v->b.data.inv.rkey;
	if (flags & WEFT_OFLAGS_SIGNAL) {
		m->d.signal_key = v->b.data.signal.rkey;
		m->d.signal_addr = v->b.data.signal.addr;
		m->d.signal_value = v->b.data.signal.value;
	}
}

/* WEFT-SEM-082: a message so far ahead gets no buffer of a queue that others share. */
static bool too_far(const struct weft_stream *s, const struct weft_hdr_op *op,
		    const struct range *g)
{
	return s->cfg.srq && op->opcode == WEFT_OPCODE_SEND && g->ssn - s->rx_ssn >= s->cfg.srq;
}

/*
 * WEFT-RTX-029: message msn will never be whole, so the turn of what is kept from it on will never
 * come, and would fill the window for all streams (WEFT-SEM-007).
 */
void rsp_give_up(struct weft_stream *s, uint32_t msn)
{
	if (s->run->cut && !psn_before(msn, s->run->cut_msn))
		return;
	s->run->cut = true;
	s->run->cut_msn = msn;
	if (!WEFT_MUTANT(GIVEN_UP_KEPT))
		hold_drop_from(s, msn);
}

/* False: the packet must not be marked as received. */
bool rsp_rx(struct weft_stream *s, const struct weft_view *v, uint32_t idx,
	    struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	enum weft_status form;
	struct range g;
	struct msg *m;

	if (WEFT_MUTANT(DUP_TAKEN) && psn_before(op->msn, s->exp))
		((struct weft_view *)(uintptr_t)v)->b.data.op.msn = s->exp;
	if (s->dead || s->state == WEFT_STREAM_STATE_IDLE ||
	    (!!(op->flags & WEFT_OFLAGS_EPOCH) != s->rx_epoch &&	/* WEFT-SEM-033 */
	     !WEFT_MUTANT(EPOCH_IGNORED))) {
		*why = WEFT_DROP_STREAM_STATE;
		return true;
	}
	if (s->run->cut && !psn_before(op->msn, s->run->cut_msn)) {	/* WEFT-RTX-029 */
		*why = WEFT_DROP_STREAM_STATE;
		return true;
	}
	*why = WEFT_DROP_REFUSED;
	if (WEFT_MUTANT(OPCODE_IGNORED) && !request_offered(op->opcode))
		return true;
	form = request_judge(v, &g);
	if (form == WEFT_STATUS_OK && !ssn_ok(s, v, &g))
		form = WEFT_STATUS_MALFORMED;
	if (form == WEFT_STATUS_OK && too_far(s, op, &g)) {
		*why = WEFT_DROP_NO_HOLD;
		return false;
	}
	m = slot_for(s, v, &g, form);
	if (!m)
		return true;
	*why = WEFT_DROP_NONE;
	if (!op_has_data(op->opcode))
		return true;
	if (op->flags & WEFT_OFLAGS_EOM)
		attach(m, v);
	place(s, m, v, &g, idx, act);
	*has_act = true;
	return true;
}

/* The host has answered for a packet of the stream, in whatever way: an RNR may wait for it. */
void rsp_answered(struct weft_stream *s)
{
	if (!--s->placing && s->run && msg_of(s, s->exp)->state == MSG_REFUSED)
		work(s);
}

/* The host could not keep a packet: it never came. */
void rsp_untake(struct weft_stream *s, const struct rxrec *x)
{
	struct msg *m = msg_of(s, x->msn);

	if (m->state == MSG_PART && m->msn == x->msn)
		m->d.taken -= WEFT_MUTANT(UNTAKE_NOTHING) ? 0 : x->len;
}

/* WEFT-SEM-045 */
static bool covered(const struct msg *m)
{
	if (WEFT_MUTANT(SCATTERED_REFUSED))
		return m->d.contig == m->msg_len && !m->d.cover;
	return cover_whole(m->d.contig, m->d.cover, m->msg_len);
}

/* The host has placed a packet, or refuses it. */
void rsp_done_place(struct weft_stream *s, struct rxrec *x, enum weft_status st)
{
	struct msg *m = msg_of(s, x->msn);

	if (m->state != MSG_PART || m->msn != x->msn)
		return;
	if (st != WEFT_STATUS_OK) {
		s->pdc->st->drop[WEFT_DROP_REFUSED]++;
		rsp_refuse(s, m, st);
		return;
	}
	m->d.got += x->len;
	if (x->off == m->d.contig || WEFT_MUTANT(CONTIG_ANY))
		m->d.contig += x->len;
	else
		m->d.cover += cover_piece(x->off, x->off + x->len);
	if (m->d.got != m->msg_len) {
		if (s->held != NO_IDX)
			work(s);
	} else if (covered(m) || WEFT_MUTANT(OVERLAP_ANY)) {
		rsp_whole(s, m);
	} else {
		rsp_refuse(s, m, WEFT_STATUS_MALFORMED);
	}
}
