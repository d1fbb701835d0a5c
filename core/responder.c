/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The answering side of a stream.  Packets of messages come in any order; each is placed when
 * it may be, and messages are executed, answered and refused in order.
 */
#include "core/pdc.h"

/* Does the stream have something to say to its peer? */
void rsp_kick(struct weft_stream *s)
{
	if (s->peer_qpn && (s->nak_due || s->tack_due || s->rsp_next != s->exp))
		ring_add(s, RING_RSP);
}

static void work(struct weft_stream *s)
{
	ring_add(s, RING_WORK);
}

static bool answered(uint8_t opcode)
{
	return opcode == WEFT_OPCODE_READ || opcode == WEFT_OPCODE_ATOMIC;
}

/* ---- refusing ----------------------------------------------------------------------- */

static void free_msg(struct weft_stream *s, struct msg *m)
{
	if (m->state != MSG_FREE && answered(m->opcode) && !WEFT_MUTANT(READS_LEAK))
		s->reads_in--;
	s->n_msgs = (uint16_t)(s->n_msgs - (m->state != MSG_FREE));
	m->state = MSG_FREE;
}

/*
 * Say no to message msn, all before it being complete: WEFT-SEM-022, WEFT-SEM-023,
 * WEFT-SEM-031.  Nothing outside this stream is touched (WEFT-SEM-007).
 */
static void nak(struct weft_stream *s, uint32_t msn, enum weft_status st)
{
	s->nak_due = true;
	s->run->nak_msn = msn;
	s->run->nak_status = (uint8_t)st;
	hold_drop_all(s);
	for (uint32_t i = 0; i < s->cfg.window; i++) {
		struct msg *m = &s->run->msgs[i];

		if (m->state != MSG_FREE && !psn_before(m->msn, s->exp))
			free_msg(s, m);
	}
	if (st == WEFT_STATUS_RNR) {
		s->pdc->st->rnr_tx++;
		s->rx_epoch = !s->rx_epoch;
	} else if (WEFT_MUTANT(REFUSED_ALIVE)) {
		s->exp = s->rsp_next = msn + 1;
	} else {
		stream_refused(s, st);
	}
	rsp_kick(s);
}

/* A message in the window is refused: reported when its turn comes. */
static void refuse(struct weft_stream *s, struct msg *m, enum weft_status st)
{
	m->state = MSG_REFUSED;
	m->status = (uint8_t)st;
	work(s);
}

/* ---- the form of a request ---------------------------------------------------------- */

struct range {			/* what all packets of a message repeat, and this one's place */
	uint64_t addr;
	uint32_t rkey, msg_len, offset, ssn;
};

static void range_of(const struct weft_view *v, struct range *g)
{
	memset(g, 0, sizeof(*g));
	switch (v->b.data.op.opcode) {
	case WEFT_OPCODE_SEND:
		g->msg_len = v->b.data.u.send.msg_len;
		g->offset = v->b.data.u.send.offset;
		g->ssn = v->b.data.u.send.ssn;
		break;
	case WEFT_OPCODE_WRITE:
		g->rkey = v->b.data.u.write.rkey;
		g->addr = v->b.data.u.write.addr;
		g->msg_len = v->b.data.u.write.msg_len;
		g->offset = v->b.data.u.write.offset;
		break;
	case WEFT_OPCODE_READ:
		g->rkey = v->b.data.u.read.rkey;
		g->addr = v->b.data.u.read.addr;
		g->msg_len = v->b.data.u.read.msg_len;
		break;
	default:
		g->rkey = v->b.data.u.atomic.rkey;
		g->addr = v->b.data.u.atomic.addr;
		g->msg_len = 8;
		break;
	}
}

/* WEFT-SEM-010: place, SOM, EOM and IMM agree. */
static bool form_ok(const struct weft_hdr_op *op, const struct range *g)
{
	bool som = op->flags & WEFT_OFLAGS_SOM, eom = op->flags & WEFT_OFLAGS_EOM;

	if (g->msg_len > WEFT_MSG_MAX)
		return false;
	if (answered(op->opcode))
		return som && eom && !op->length && !(op->flags & WEFT_OFLAGS_IMM);
	if (g->offset > g->msg_len || op->length > g->msg_len - g->offset)
		return false;
	if (!op->length && g->msg_len)
		return false;
	if ((som != (g->offset == 0) || eom != (g->offset + op->length == g->msg_len)) &&
	    !WEFT_MUTANT(FORM_IGNORED))
		return false;
	return eom || !(op->flags & WEFT_OFLAGS_IMM);
}

/* WEFT-SEM-015, WEFT-SEM-020, WEFT-MEM-007: code and form, before key and memory. */
static enum weft_status judge_form(const struct weft_view *v, const struct range *g)
{
	const struct weft_hdr_op *op = &v->b.data.op;

	if (op->flags & (WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL))
		return WEFT_STATUS_BAD_OPCODE;
	if (op->opcode == WEFT_OPCODE_ATOMIC) {
		const struct weft_hdr_atomic *a = &v->b.data.u.atomic;

		if ((a->width != 8 && !WEFT_MUTANT(WIDTH_ANY)) ||
		    (a->aop != WEFT_AOP_FADD && a->aop != WEFT_AOP_CAS))
			return WEFT_STATUS_BAD_OPCODE;
		if (a->addr % 8 && !WEFT_MUTANT(MISALIGNED_TAKEN))
			return WEFT_STATUS_MISALIGNED;
	}
	return form_ok(op, g) ? WEFT_STATUS_OK : WEFT_STATUS_MALFORMED;
}

static bool offered(uint8_t opcode)
{
	return opcode == WEFT_OPCODE_SEND || opcode == WEFT_OPCODE_WRITE || answered(opcode);
}

/* ---- a packet ----------------------------------------------------------------------- */

static void begin(struct weft_stream *s, struct msg *m, const struct weft_view *v,
		  const struct range *g)
{
	const struct weft_hdr_op *op = &v->b.data.op;

	memset(m, 0, sizeof(*m));
	m->state = MSG_PART;
	s->n_msgs++;
	m->msn = op->msn;
	m->opcode = op->opcode;
	m->rkey = g->rkey;
	m->addr = g->addr;
	m->msg_len = g->msg_len;
	m->ssn = g->ssn;
	if (!answered(op->opcode))
		return;
	s->reads_in++;
	m->state = MSG_PLACED;		/* nothing to place: executed when its turn comes */
	if (op->opcode == WEFT_OPCODE_ATOMIC) {
		m->aop = v->b.data.u.atomic.aop;
		m->width = v->b.data.u.atomic.width;
		m->value = v->b.data.u.atomic.operand;
		m->compare = v->b.data.u.atomic.compare;
	}
	work(s);
}

/* WEFT-SEM-011 */
static bool same(const struct msg *m, const struct weft_hdr_op *op, const struct range *g)
{
	if (WEFT_MUTANT(RANGE_FREE))
		return true;
	return m->msn == op->msn && m->opcode == op->opcode && m->rkey == g->rkey &&
	       m->addr == g->addr && m->msg_len == g->msg_len &&
	       (op->opcode != WEFT_OPCODE_SEND || m->ssn == g->ssn);
}

static void place(struct weft_stream *s, struct msg *m, const struct weft_view *v,
		  const struct range *g, uint32_t idx, struct weft_act *act)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	struct rxrec *x = &s->pdc->rx[idx];
	bool send = op->opcode == WEFT_OPCODE_SEND;

	m->taken += op->length;
	x->kind = RX_REQ;
	x->s = s;
	x->msn = op->msn;
	x->off = g->offset;
	x->len = op->length;
	s->placing++;
	act_clear(act, wc);
	act->type = send ? WEFT_ACT_PLACE_RECV : WEFT_ACT_PLACE_MEM;
	act->token = token_place(x->psn);
	act->stream = s;
	act->key = g->rkey;
	act->addr = g->addr;
	act->msg_len = g->msg_len;
	act->offset = g->offset;
	act->len = op->length;
	act->msn = op->msn;
	act->ssn = g->ssn;
	act->hold = WEFT_NO_HOLD;
	/* WEFT-SEM-004, WEFT-SEM-005: a receive buffer is seen only when complete. */
	act->early = !send && !(op->msn == s->exp && g->offset == m->contig);
	if (act->early)
		act->hold = x->hold = hold_offer(s->pdc);
}

/*
 * WEFT-SEM-013: not a buffer that was consumed.  One far ahead is the host's to judge (RNR), and
 * is refused when its turn comes out of order.
 */
static bool ssn_ok(const struct weft_stream *s, const struct weft_view *v, const struct range *g)
{
	const struct weft_hdr_op *op = &v->b.data.op;

	if (op->opcode == WEFT_OPCODE_SEND)
		return !psn_before(g->ssn, s->rx_ssn) &&
		       (!(op->flags & WEFT_OFLAGS_IMM) || v->b.data.imm.ssn == g->ssn);
	return !(op->flags & WEFT_OFLAGS_IMM) ||
	       !psn_before(v->b.data.imm.ssn, s->rx_ssn);
}

/* Which message, and may it be?  NULL: *why says what became of the packet. */
static struct msg *slot_for(struct weft_stream *s, const struct weft_view *v,
			    const struct range *g, enum weft_status form)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	struct msg *m = msg_of(s, op->msn);

	if (!psn_in(op->msn, s->exp, s->cfg.window - (s->exp - s->rsp_next) +
		    WEFT_MUTANT(SLOTS_ONE_MORE))) {
		nak(s, op->msn, form != WEFT_STATUS_OK ? form : psn_before(op->msn, s->exp) ?
		    WEFT_STATUS_MALFORMED : WEFT_STATUS_NO_RESOURCES);
		return NULL;
	}
	if (m->state == MSG_FREE) {
		begin(s, m, v, g);
		if (form != WEFT_STATUS_OK)
			refuse(s, m, form);
		else if (s->reads_in > s->cfg.reads && answered(op->opcode))
			refuse(s, m, WEFT_STATUS_NO_RESOURCES);	/* WEFT-MGT-010 */
	} else if (m->state == MSG_PART &&
		   (form != WEFT_STATUS_OK || !same(m, op, g) ||
		    (op->length > m->msg_len - m->taken &&	/* packets that overlap */
		     !WEFT_MUTANT(OVERLAP_TAKEN)))) {
		refuse(s, m, form != WEFT_STATUS_OK ? form : WEFT_STATUS_MALFORMED);
	} else if (m->state != MSG_PART && m->state != MSG_REFUSED) {
		nak(s, op->msn, WEFT_STATUS_MALFORMED);	/* more of a whole message */
		return NULL;
	}
	return m->state == MSG_REFUSED ? NULL : m;
}

void rsp_rx(struct weft_stream *s, const struct weft_view *v, uint32_t idx,
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
		return;
	}
	*why = WEFT_DROP_REFUSED;
	if (WEFT_MUTANT(OPCODE_IGNORED) && !offered(op->opcode))
		return;
	if (!offered(op->opcode)) {
		memset(&g, 0, sizeof(g));
		form = WEFT_STATUS_BAD_OPCODE;
	} else {
		range_of(v, &g);
		form = judge_form(v, &g);
	}
	if (form == WEFT_STATUS_OK && !ssn_ok(s, v, &g))
		form = WEFT_STATUS_MALFORMED;
	m = slot_for(s, v, &g, form);
	if (!m)
		return;
	*why = WEFT_DROP_NONE;
	if (op->flags & WEFT_OFLAGS_EOM) {
		m->flags = op->flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE);
		if (m->flags & WEFT_OFLAGS_IMM) {
			m->imm = v->b.data.imm.imm;
			if (op->opcode == WEFT_OPCODE_WRITE)
				m->ssn = v->b.data.imm.ssn;
		}
	}
	if (answered(op->opcode))
		return;
	place(s, m, v, &g, idx, act);
	*has_act = true;
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
		m->taken -= WEFT_MUTANT(UNTAKE_NOTHING) ? 0 : x->len;
}

/* The host has placed a packet, or refuses it. */
void rsp_done_place(struct weft_stream *s, struct rxrec *x, enum weft_status st)
{
	struct msg *m = msg_of(s, x->msn);

	if (m->state != MSG_PART || m->msn != x->msn)
		return;
	if (st != WEFT_STATUS_OK) {
		s->pdc->st->drop[WEFT_DROP_REFUSED]++;
		refuse(s, m, st);
		return;
	}
	m->got += x->len;
	if (x->off == m->contig || WEFT_MUTANT(CONTIG_ANY))
		m->contig += x->len;
	if (m->got == m->msg_len)
		m->state = MSG_PLACED;
	if (m->state == MSG_PLACED || s->held != NO_IDX)
		work(s);
}

void rsp_done_exec(struct weft_stream *s, enum weft_status st, uint64_t value)
{
	struct msg *m = msg_of(s, s->run->exec_msn);

	if (m->state != MSG_WAIT && !WEFT_MUTANT(ANSWERED_TWICE))
		return;
	if (st == WEFT_STATUS_OK) {
		m->state = MSG_DONE;
		if (m->opcode == WEFT_OPCODE_ATOMIC)
			m->value = value;
		work(s);
	} else {
		s->pdc->st->drop[WEFT_DROP_REFUSED]++;
		refuse(s, m, st);
	}
}

/* ---- in order ----------------------------------------------------------------------- */

/* A TACK answers SENDs and WRITEs; they need no turn of their own to make room. */
static void skip_unanswered(struct weft_stream *s)
{
	while (s->rsp_next != s->exp && (msg_of(s, s->rsp_next)->state != MSG_DONE ||
					 msg_of(s, s->rsp_next)->msn != s->rsp_next))
		s->rsp_next++;
}

static void done(struct weft_stream *s, struct msg *m)
{
	s->exp++;
	if (answered(m->opcode)) {
		m->state = MSG_DONE;		/* kept until its response is sent */
	} else {
		free_msg(s, m);
		s->tack_due = true;
	}
	skip_unanswered(s);
	rsp_kick(s);
}

static void complete_recv(struct weft_stream *s, const struct msg *m, struct weft_act *a)
{
	s->rx_ssn++;
	act_clear(a, event);
	a->type = WEFT_ACT_COMPLETE_RECV;
	a->stream = s;
	a->msn = m->msn;
	a->ssn = m->ssn;
	a->wc.ssn = m->ssn;
	a->wc.opcode = m->opcode;
	a->wc.len = m->msg_len;
	a->wc.flags = m->flags;
	a->wc.imm = m->imm;
}

static void execute(struct weft_stream *s, struct msg *m, struct weft_act *a)
{
	act_clear(a, wc);
	a->type = m->opcode == WEFT_OPCODE_READ ? WEFT_ACT_READ :
		  m->opcode == WEFT_OPCODE_ATOMIC ? WEFT_ACT_ATOMIC : WEFT_ACT_RECV;
	s->run->exec_msn = m->msn;
	s->run->exec_tag = ++s->pdc->exec_tag & TOKEN_TAG;
	a->token = token_exec(s, s->run->exec_tag);
	a->stream = s;
	a->key = m->rkey;
	a->addr = m->addr;
	a->msg_len = a->len = m->msg_len;
	a->operand = m->value;
	a->compare = m->compare;
	a->aop = m->aop;
	a->width = m->width;
	a->msn = m->msn;
	a->ssn = m->ssn;
	m->state = MSG_WAIT;
}

/* One step at the head of the stream.  Returns actions made (0 or 1); *more: go on. */
static size_t step(struct weft_stream *s, struct weft_act *a, bool *more)
{
	struct msg *m = msg_of(s, s->exp);
	bool imm = m->opcode == WEFT_OPCODE_WRITE && m->flags & WEFT_OFLAGS_IMM;

	*more = true;
	if (WEFT_MUTANT(OVERTAKES) && m->state == MSG_FREE &&
	    msg_of(s, s->exp + 1)->state == MSG_PLACED) {
		execute(s, msg_of(s, s->exp + 1), a);
		return 1;
	}
	if (m->state != MSG_FREE && m->msn == s->exp) {
		switch ((enum msg_state)m->state) {
		case MSG_PLACED:	/* WEFT-SEM-002, WEFT-SEM-003; once: WEFT-SEM-014 */
			if ((m->opcode == WEFT_OPCODE_SEND || imm) && m->ssn != s->rx_ssn &&
			    !WEFT_MUTANT(SSN_ANY_ORDER)) {
				refuse(s, m, WEFT_STATUS_MALFORMED);	/* out of SSN order */
				return 0;
			}
			if (answered(m->opcode) || imm) {
				execute(s, m, a);
				return 1;
			}
			if (m->opcode == WEFT_OPCODE_SEND)
				complete_recv(s, m, a);
			done(s, m);
			return m->opcode == WEFT_OPCODE_SEND;
		case MSG_DONE:
			if (imm)
				complete_recv(s, m, a);
			done(s, m);
			return imm;
		case MSG_REFUSED:
			/* WEFT-SEM-029: what is under way must not land in the replay. */
			if (m->status == WEFT_STATUS_RNR && s->placing &&
			    !WEFT_MUTANT(PLACED_LAST_EPOCH))
				break;
			nak(s, m->msn, (enum weft_status)m->status);
			break;
		case MSG_FREE:
		case MSG_PART:
		case MSG_WAIT:
			break;
		}
	}
	*more = false;
	return 0;
}

size_t rsp_work(struct weft_stream *s, struct weft_act *acts, size_t n)
{
	size_t k = 0;
	bool more = true;

	while (k < n && more && !s->dead && s->run) {
		if (hold_take(s, &acts[k])) {
			k++;
			continue;
		}
		if (hold_overlaps(s))
			refuse(s, msg_of(s, s->exp), WEFT_STATUS_MALFORMED);
		k += step(s, &acts[k], &more);
	}
	return k;
}

/* ---- responses ---------------------------------------------------------------------- */

static void respond(struct weft_stream *s, struct txrec *r, enum txkind kind, uint32_t msn)
{
	r->kind = (uint8_t)kind;
	r->s = s;
	r->msn = msn;
}

/* The whole response has PSNs: the message makes room, its fields stay for sending again. */
static void answer_sent(struct weft_stream *s, struct msg *m)
{
	free_msg(s, m);
	s->rsp_next++;
	skip_unanswered(s);
}

static bool next_read_rsp(struct weft_stream *s, struct msg *m, struct txrec *r)
{
	uint32_t left = m->msg_len - m->sent, most = req_payload_max(s->pdc);

	if (!tx_cc_room(s->pdc, true))
		return false;
	respond(s, r, TX_READ_RSP, m->msn);
	r->off = m->sent;
	r->len = (uint16_t)(left < most ? left : most);
	m->sent += r->len;
	if (m->sent == m->msg_len)
		answer_sent(s, m);
	return true;
}

/* Responses in order of their messages.  *none: nothing waits to be sent. */
static bool next_answer(struct weft_stream *s, struct txrec *r, bool *none)
{
	struct msg *m = msg_of(s, s->rsp_next);

	*none = (s->mute && !WEFT_MUTANT(MUTE_SPEAKS)) || s->rsp_next == s->exp;
	if (*none)
		return false;
	if (m->opcode == WEFT_OPCODE_READ)
		return next_read_rsp(s, m, r);
	respond(s, r, TX_ATOMIC_RSP, m->msn);
	answer_sent(s, m);
	return true;
}

/* Bytes of READ responses that have no PSN yet, of the first few messages. */
uint64_t rsp_waiting(const struct weft_stream *s)
{
	uint64_t bytes = 0;

	for (uint32_t msn = s->rsp_next; s->run && msn != s->exp && msn - s->rsp_next < 8; msn++) {
		const struct msg *m = &s->run->msgs[msn & (s->cfg.window - 1u)];

		if (m->msn == msn && m->opcode == WEFT_OPCODE_READ && !s->mute)
			bytes += m->msg_len - m->sent;
	}
	return bytes;
}

/* Is a TACK all that the stream has to say? */
bool rsp_mere_tack(const struct weft_stream *s)
{
	return s->tack_due && !s->nak_due && (s->mute || s->rsp_next == s->exp);
}

/* The next response of the stream, into r.  Leaves the ring when there is none. */
bool rsp_next(struct weft_stream *s, struct txrec *r)
{
	bool none;

	if (!s->peer_qpn) {		/* the peer has ended the stream */
		ring_del(s, RING_RSP);
		return false;
	}
	if (!(WEFT_MUTANT(NAK_OVERTAKES) && s->nak_due) && next_answer(s, r, &none))
		return true;
	/* A refusal goes after what answers earlier messages: WEFT-SEM-022 */
	if ((none || WEFT_MUTANT(NAK_OVERTAKES)) && s->nak_due) {
		s->nak_due = false;
		respond(s, r, TX_NAK, s->run->nak_msn);
		r->off = s->run->nak_status;
		return true;
	}
	if (s->tack_due) {
		s->tack_due = false;
		respond(s, r, TX_TACK, 0);
		return true;
	}
	if (none)
		ring_del(s, RING_RSP);
	return false;
}
