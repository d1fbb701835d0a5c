/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a stream has to say to its peer's requests, in which order: answers in the order of their
 * messages, then a refusal, then how far everything is complete.
 */
#include "core/pdc.h"

/* Does the stream have something to say to its peer? */
void rsp_kick(struct weft_stream *s)
{
	if (s->peer_qpn && (s->nak_due || s->tack_due || s->rsp_next != s->exp))
		ring_add(s, RING_RSP);
}

static void respond(struct weft_stream *s, struct txrec *r, enum txkind kind, uint32_t msn)
{
	r->kind = kind & 15u;
	r->s = s;
	r->msn = msn;
}

/* The whole response has PSNs: the message makes room, its fields stay for sending again. */
static void answer_sent(struct weft_stream *s, struct msg *m)
{
	rsp_free(s, m);
	s->rsp_next++;
	rsp_skip(s);
}

static bool next_read_rsp(struct weft_stream *s, struct msg *m, struct txrec *r)
{
	uint32_t left = m->msg_len - m->sent, most;

	if (!tx_cc_room(s->pdc, true))
		return false;
	respond(s, r, TX_READ_RSP, m->msn);
	most = req_payload_under(s->pdc, WEFT_HDR_READ_RSP_LEN);
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
	respond(s, r, TX_ATOMIC_RSP, m->msn);		/* WEFT-SEM-042 */
	answer_sent(s, m);
	return true;
}

/*
 * Bytes of READ responses that have no PSN yet, of the first few messages.  The response to a READ
 * of nothing counts as one: it is a packet that waits for its turn as others do.
 */
uint64_t rsp_waiting(const struct weft_stream *s)
{
	uint64_t bytes = 0;

	for (uint32_t msn = s->rsp_next; s->run && msn != s->exp && msn - s->rsp_next < 8; msn++) {
		const struct msg *m = &s->run->msgs[msn & (s->cfg.window - 1u)];

		if (m->msn == msn && m->opcode == WEFT_OPCODE_READ && !s->mute)
			bytes += m->msg_len || WEFT_MUTANT(EMPTY_READ_WAITS) ?
				 m->msg_len - m->sent : 1;
	}
	return bytes;
}

/* Is a TACK all that the stream has to say? */
bool rsp_mere_tack(const struct weft_stream *s)
{
	return s->tack_due && !s->nak_due && (s->mute || s->rsp_next == s->exp);
}

/* A message of the peer's is complete: was it the peer's turn? */
void rsp_turn(struct weft_stream *s)
{
	if (!s->spoke && s->turns > 0)
		s->turns = 0;
	else if (s->spoke && s->turns < TURNS_SURE)
		s->turns++;
	s->spoke = false;
}

/*
 * WEFT-SEM-097: messages go to and fro, so that ours will soon go, and the TACK with it.  As long
 * as the acknowledgement of the peer's may wait, which either of them carries.
 */
static bool tack_waits(const struct weft_stream *s)
{
	const struct weft_pdc *p = s->pdc;

	return p->cfg.tacks_wait && !s->spoke &&
	       (s->turns == TURNS_SURE || WEFT_MUTANT(TACK_WAITS_ALWAYS)) &&
	       (p->ack_due != WEFT_NEVER || WEFT_MUTANT(TACK_WAITS_ON));
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
		if (tack_waits(s))
			return false;
		if (s->turns == TURNS_SURE && s->pdc->ack_late && !WEFT_MUTANT(TACK_VAIN_AGAIN))
			s->turns = TURNS_SURE - TURNS_AGAIN;
		s->tack_due = false;
		respond(s, r, TX_TACK, 0);
		return true;
	}
	if (none)
		ring_del(s, RING_RSP);
	return false;
}
