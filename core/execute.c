/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages at the head of a stream, in order: what is done besides placing, completion, refusal.
 * Placing is responder.c's; what the peer is told is respond.c's.
 */
#include "core/pdc.h"

static void work(struct weft_stream *s)
{
	ring_add(s, RING_WORK);
}

/* ---- refusing ----------------------------------------------------------------------- */

void rsp_free(struct weft_stream *s, struct msg *m)
{
	if (m->state != MSG_FREE && op_answered(m->opcode) && !WEFT_MUTANT(READS_LEAK))
		s->reads_in--;
	s->n_msgs = (uint16_t)(s->n_msgs - (m->state != MSG_FREE));
	m->state = MSG_FREE;
}

/*
 * Say no to message msn, all before it being complete: WEFT-SEM-022, WEFT-SEM-023,
 * WEFT-SEM-031.  Nothing outside this stream is touched (WEFT-SEM-007).
 */
void rsp_nak(struct weft_stream *s, uint32_t msn, enum weft_status st)
{
	s->nak_due = true;
	s->run->nak_msn = msn;
	s->run->nak_status = (uint8_t)st;
	s->late_status = WEFT_STATUS_OK;
	hold_drop_all(s);
	for (uint32_t i = 0; i < s->cfg.window; i++) {
		struct msg *m = &s->run->msgs[i];

		if (m->state != MSG_FREE && !psn_before(m->msn, s->exp))
			rsp_free(s, m);
	}
	if (st == WEFT_STATUS_RNR) {
		s->pdc->st->rnr_tx++;
		s->rx_epoch = !s->rx_epoch;
		s->unbind_due = s->cfg.srq;		/* WEFT-SEM-084 */
	} else if (WEFT_MUTANT(REFUSED_ALIVE)) {
		s->exp = s->rsp_next = msn + 1;
	} else {
		stream_refused(s, st);
	}
	rsp_kick(s);
}

/* A message in the window is refused: reported when its turn comes. */
void rsp_refuse(struct weft_stream *s, struct msg *m, enum weft_status st)
{
	m->state = MSG_REFUSED;
	m->status = (uint8_t)st;
	work(s);
}

/*
 * WEFT-SEM-022: a message that has no place to remember its refusal in, or is being executed.
 * The first of them is all that counts: the stream ends with it.
 */
void rsp_refuse_late(struct weft_stream *s, uint32_t msn, enum weft_status st)
{
	if (s->late_status == WEFT_STATUS_OK || psn_before(msn, s->run->late_msn)) {
		s->run->late_msn = msn;
		s->late_status = (uint8_t)st;
	}
	work(s);
}

/* ---- in order ----------------------------------------------------------------------- */

/* A TACK answers the rest; they need no turn of their own to make room. */
void rsp_skip(struct weft_stream *s)
{
	while (s->rsp_next != s->exp && (msg_of(s, s->rsp_next)->state != MSG_DONE ||
					 msg_of(s, s->rsp_next)->msn != s->rsp_next))
		s->rsp_next++;
}

static void done(struct weft_stream *s, struct msg *m)
{
	bool all_told = s->rsp_next == s->exp;

	s->exp++;
	rsp_turn(s);
	if (op_answered(m->opcode)) {
		m->state = MSG_DONE;		/* kept until its response is sent */
	} else {
		rsp_free(s, m);
		s->tack_due = true;		/* WEFT-SEM-080; FLUSH too: WEFT-SEM-056 */
		if (all_told)
			s->rsp_next = s->exp;
	}
	rsp_kick(s);
}

static bool receives(const struct msg *m)
{
	return m->opcode == WEFT_OPCODE_SEND ||
	       (m->opcode == WEFT_OPCODE_WRITE && m->flags & WEFT_OFLAGS_IMM);
}

static void complete_recv(struct weft_stream *s, const struct msg *m, struct weft_act *a)
{
	s->rx_ssn++;
	act_clear(a);
	a->type = WEFT_ACT_COMPLETE_RECV;
	a->stream = s;
	a->msn = m->msn;
	a->ssn = m->ssn;
	a->wc = (struct weft_wc){ .ssn = m->ssn, .opcode = m->opcode, .len = m->msg_len,
				  .flags = m->flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV |
						       WEFT_OFLAGS_SE),
				  .imm = m->d.imm };
}

static void act_on(struct weft_stream *s, struct msg *m, enum weft_act_type type,
		   struct weft_act *a)
{
	act_clear(a);
	a->type = type;
	s->run->exec_msn = m->msn;
	s->run->exec_tag = (s->pdc->exec_tag = (uint8_t)(s->pdc->exec_tag +
			   !WEFT_MUTANT(EXEC_TAG_SAME))) & TOKEN_TAG;
	a->token = token_exec(s, s->run->exec_tag);
	a->stream = s;
	a->key = m->rkey;
	a->addr = m->addr;
	a->msg_len = a->len = m->msg_len;
	a->msn = m->msn;
	a->ssn = m->ssn;
	m->state = MSG_WAIT;
}

/* An operation that is carried out whole. */
static void execute(struct weft_stream *s, struct msg *m, struct weft_act *a)
{
	if (m->opcode == WEFT_OPCODE_READ) {
		act_on(s, m, WEFT_ACT_READ, a);
	} else if (m->opcode == WEFT_OPCODE_FLUSH) {
		act_on(s, m, WEFT_ACT_FLUSH, a);	/* WEFT-SEM-055 */
		a->level = m->code;
	} else {
		act_on(s, m, WEFT_ACT_ATOMIC, a);
		a->atomic = m->atomic;
	}
}

/* WEFT-SEM-061, WEFT-SEM-063 */
static void raise_signal(struct weft_stream *s, struct msg *m, struct weft_act *a)
{
	act_on(s, m, WEFT_ACT_ATOMIC, a);
	a->key = m->d.signal_key;
	a->addr = m->d.signal_addr;
	a->msg_len = a->len = 8;
	a->atomic = weft_atomic_whole(WEFT_AOP_FADD, WEFT_MUTANT(SIGNAL_NARROW) ? 4 : 8,
				      m->d.signal_value, 0);
}

/*
 * What is left to do for a message that is placed, one thing after another: WEFT-SEM-060.
 * False: nothing, it is complete.
 */
static bool next_stage(struct weft_stream *s, struct msg *m, struct weft_act *a)
{
	if (!op_has_data(m->opcode)) {
		if (m->stage++)
			return false;
		execute(s, m, a);
		return true;
	}
	if (m->stage < 1 && m->opcode == WEFT_OPCODE_WRITE && m->flags & WEFT_OFLAGS_IMM &&
	    !WEFT_MUTANT(IMM_WITHOUT_BUFFER)) {
		m->stage = 1;
		act_on(s, m, WEFT_ACT_RECV, a);
	} else if (!WEFT_MUTANT(INVALIDATE_NEVER) && m->stage < 2 && m->flags & WEFT_OFLAGS_INV) {
		m->stage = 2;
		act_on(s, m, WEFT_ACT_INVALIDATE, a);
		a->key = m->d.imm;
	} else if (!WEFT_MUTANT(SIGNAL_NEVER) && m->stage < 3 && m->flags & WEFT_OFLAGS_SIGNAL) {
		m->stage = 3;
		raise_signal(s, m, a);
	} else {
		return false;
	}
	return true;
}

void rsp_done_exec(struct weft_stream *s, enum weft_status st, uint64_t value)
{
	struct msg *m = msg_of(s, s->run->exec_msn);

	if (m->state != MSG_WAIT && !WEFT_MUTANT(ANSWERED_TWICE))
		return;
	if (st == WEFT_STATUS_OK) {
		m->state = MSG_PLACED;
		if (m->opcode == WEFT_OPCODE_ATOMIC)
			m->value = value;
		work(s);
	} else {
		s->pdc->st->drop[WEFT_DROP_REFUSED]++;
		rsp_refuse(s, m, st);
	}
}

/*
 * Message m is whole.  Mostly its turn has come and nothing is left to do for it: then it is
 * complete at once, and what follows it is in order.  The rest is rsp_work()'s.
 */
void rsp_whole(struct weft_stream *s, struct msg *m)
{
	m->state = MSG_PLACED;
	if ((m->msn != s->exp && !WEFT_MUTANT(WHOLE_OUT_OF_TURN)) ||
	    m->opcode == WEFT_OPCODE_SEND || m->flags & ~WEFT_OFLAGS_SE ||
	    s->held != NO_IDX || s->late_status != WEFT_STATUS_OK || s->dead) {
		work(s);
		return;
	}
	done(s, m);
	if (msg_of(s, s->exp)->state > MSG_PART)
		work(s);
}

/* WEFT-SEM-002, WEFT-SEM-003; once: WEFT-SEM-014.  Returns actions made. */
static size_t step_placed(struct weft_stream *s, struct msg *m, struct weft_act *a)
{
	bool buffer = receives(m);

	if (buffer && m->ssn != s->rx_ssn && !WEFT_MUTANT(SSN_ANY_ORDER)) {
		rsp_refuse(s, m, WEFT_STATUS_MALFORMED);	/* out of SSN order */
		return 0;
	}
	if (next_stage(s, m, a))
		return 1;
	if (buffer)
		complete_recv(s, m, a);
	done(s, m);
	return buffer;
}

/* One step at the head of the stream.  Returns actions made (0 or 1); *more: go on. */
static size_t step(struct weft_stream *s, struct weft_act *a, bool *more)
{
	struct msg *m = msg_of(s, s->exp);

	*more = true;
	if (WEFT_MUTANT(OVERTAKES) && m->state == MSG_FREE &&
	    msg_of(s, s->exp + 1)->state == MSG_PLACED && !msg_of(s, s->exp + 1)->stage++) {
		execute(s, msg_of(s, s->exp + 1), a);
		return 1;
	}
	if (WEFT_MUTANT(SEND_OVERTAKES) && m->state == MSG_PART &&
	    msg_of(s, s->exp + 1)->state == MSG_PLACED && receives(msg_of(s, s->exp + 1)) &&
	    !msg_of(s, s->exp + 1)->stage++) {
		complete_recv(s, msg_of(s, s->exp + 1), a);
		return 1;
	}
	if (m->state == MSG_PLACED && m->msn == s->exp)
		return step_placed(s, m, a);
	*more = false;
	if (m->state == MSG_REFUSED && m->msn == s->exp) {
		/* WEFT-SEM-029: what is under way must not land in the replay. */
		if (m->status != WEFT_STATUS_RNR || !s->placing || WEFT_MUTANT(PLACED_LAST_EPOCH))
			rsp_nak(s, m->msn, (enum weft_status)m->status);
	} else if (s->late_status != WEFT_STATUS_OK &&
		   (!psn_before(s->exp, s->run->late_msn) || WEFT_MUTANT(LATE_OUT_OF_TURN)) &&
		   !(m->state == MSG_WAIT && m->msn == s->exp)) {
		rsp_nak(s, s->run->late_msn, (enum weft_status)s->late_status);
	}
	return 0;
}

static bool unbind(struct weft_stream *s, struct weft_act *a)
{
	if (!s->unbind_due || WEFT_MUTANT(UNBIND_UNTOLD))
		return false;
	s->unbind_due = false;
	act_clear(a);
	a->type = WEFT_ACT_UNBIND;
	a->stream = s;
	a->ssn = s->rx_ssn;
	return true;
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
			rsp_refuse(s, msg_of(s, s->exp), WEFT_STATUS_MALFORMED);
		k += step(s, &acts[k], &more);
	}
	if (k < n && !s->dead)
		k += unbind(s, &acts[k]);
	return k;
}
