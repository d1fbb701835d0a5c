/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The asking side of a stream: work requests become packets, responses become completions,
 * RNR becomes a replay.  Delivery below is reliable and exactly once, so nothing here is sent
 * twice for the network's sake.
 */
#include "core/cover.h"
#include "core/pdc.h"

static void work(struct weft_stream *s)
{
	ring_add(s, RING_WORK);
}

static bool answered(const struct weft_wr *wr)
{
	return op_answered((uint8_t)wr->opcode);
}

/* WEFT-SEM-041 */
static uint8_t flags_of(const struct weft_wr *wr)
{
	uint8_t flags = WEFT_OFLAGS_SE | WEFT_OFLAGS_FENCE;

	if (op_has_data((uint8_t)wr->opcode))
		flags |= WEFT_OFLAGS_SIGNAL;
	if (wr->opcode == WEFT_OPCODE_SEND || wr->opcode == WEFT_OPCODE_WRITE)
		flags |= WEFT_OFLAGS_IMM;
	if (wr->opcode == WEFT_OPCODE_SEND && !(wr->flags & WEFT_OFLAGS_IMM))
		flags |= WEFT_OFLAGS_INV;
	return flags;
}

/* Where the word may lie is for its owner to judge (WEFT-MEM-007). */
static bool atomic_ok(const struct weft_wr *wr)
{
	struct weft_atomic a = { .aop = (uint8_t)wr->aop, .width = (uint8_t)wr->len };

	return wr->len <= 8 && weft_atomic_ok(&a);
}

static bool reduce_ok(const struct weft_wr *wr)
{
	return weft_reduce_ok(wr->redop, wr->dtype) &&
	       !((wr->addr | wr->len) & (weft_dtype_size(wr->dtype) - 1));
}

static bool wr_ok(const struct weft_wr *wr)
{
	if (wr->flags & ~flags_of(wr) ||
	    (wr->flags & WEFT_OFLAGS_SIGNAL && wr->signal_addr % 8))
		return false;
	switch (wr->opcode) {
	case WEFT_OPCODE_SEND:
	case WEFT_OPCODE_WRITE:
	case WEFT_OPCODE_READ:
		return wr->len <= WEFT_MSG_MAX;
	case WEFT_OPCODE_ATOMIC:
		return atomic_ok(wr);
	case WEFT_OPCODE_REDUCE:
		return wr->len <= WEFT_MSG_MAX && reduce_ok(wr);
	case WEFT_OPCODE_FLUSH:
		return wr->level > WEFT_FLUSH_RESERVED && wr->level < WEFT_FLUSH_COUNT;
	default:
		return false;
	}
}

static bool may_post(const struct weft_stream *s)
{
	return s->state != WEFT_STREAM_STATE_IDLE;
}

int weft_post(struct weft_stream *s, const struct weft_wr *wr)
{
	struct sqe *q;

	if (!wr_ok(wr))
		return WEFT_EINVAL;
	if (!may_post(s))
		return WEFT_ESTATE;
	if (s->state != WEFT_STREAM_STATE_CONNECTING && !s->failing && answered(wr) &&
	    !s->peer_reads)
		return WEFT_EINVAL;
	if (s->tail - s->head >= s->cfg.sq_depth || !stream_wake(s))
		return WEFT_EFULL;
	q = sqe_of(s, s->tail);
	q->wr = *wr;
	q->ssn = q->taken = q->got = 0;
	q->value = 0;
	q->done = false;
	if (wr->opcode == WEFT_OPCODE_SEND || wr->flags & WEFT_OFLAGS_IMM)
		q->ssn = s->next_ssn++;			/* WEFT-SEM-013 */
	s->pdc->n_busy += s->head == s->tail && !s->failing;
	s->tail++;
	s->spoke = true;
	if (s->failing)
		work(s);		/* WEFT-SEM-070: given back in its turn */
	else
		req_kick(s);
	return WEFT_OK;
}

/* May message `next` begin?  WEFT-MGT-010, WEFT-SEM-006. */
static bool may_begin(struct weft_stream *s)
{
	const struct weft_wr *wr = &sqe_of(s, s->next)->wr;

	if (s->next - s->head >= s->peer_window + WEFT_MUTANT(MESSAGES_ONE_MORE))
		return false;
	if (s->drain && !psn_before(s->next, s->run->drain_msn))	/* WEFT-SEM-072 */
		return false;
	if (answered(wr) && s->reads_out >= s->peer_reads + WEFT_MUTANT(READS_ONE_MORE))
		return false;
	return !(wr->flags & WEFT_OFLAGS_FENCE && s->reads_out) || WEFT_MUTANT(FENCE_IGNORED);
}

/* WEFT-MGT-007: only a stream that is READY sends. */
static bool can_send(struct weft_stream *s)
{
	return s->state == WEFT_STREAM_STATE_READY && s->next != s->tail &&
	       (s->off || may_begin(s));
}

void req_kick(struct weft_stream *s)
{
	if (s->run && !s->run->link[RING_REQ].next && can_send(s))
		ring_add(s, RING_REQ);
}

/* The peer's limits are known now, and may rule out what was posted before. */
void req_connected(struct weft_stream *s)
{
	for (uint32_t msn = s->head; !s->peer_reads && msn != s->tail; msn++) {
		if (answered(&sqe_of(s, msn)->wr)) {
			stream_error_tell(s, WEFT_STATUS_NO_RESOURCES, s->head);
			return;
		}
	}
	req_kick(s);
}

/* WEFT-ACK-011, WEFT-MGT-005 */
/* Bytes of the stream's first few requests that have no PSN yet. */
uint64_t req_waiting(const struct weft_stream *s)
{
	uint64_t bytes = 0;

	for (uint32_t msn = s->next; s->run && psn_before(msn, s->tail) && msn - s->next < 8;
	     msn++) {
		const struct weft_wr *wr = &sqe_of(s, msn)->wr;

		bytes += wr->opcode == WEFT_OPCODE_READ ? 1 : wr->len;
	}
	return bytes > s->off ? bytes - s->off : 0;
}

uint32_t req_payload_max(const struct weft_pdc *p)
{
	if (WEFT_MUTANT(PAYLOAD_IGNORED))
		return p->cfg.mtu_payload;
	return p->cfg.mtu_payload < p->peer_payload ? p->cfg.mtu_payload : p->peer_payload;
}

/* A multiple of 8 keeps words whole. */
uint32_t req_payload_under(const struct weft_pdc *p, uint32_t hdr)
{
	uint32_t around = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_OP_LEN + hdr + WEFT_HDR_CRC_LEN;
	uint32_t any = req_payload_max(p), most;

	if (!p->peer_knows)
		around += WEFT_HDR_SYN_LEN;	/* WEFT-PDC-001: never more of it than now */
	if (p->cfg.mtu <= around || any < p->cfg.mtu_payload)
		return any;
	most = (p->cfg.mtu - around) & ~7u;
	return most < p->peer_payload ? most : p->peer_payload;
}

/* The last packet's; those before it could do without what is attached to it. */
static uint32_t header_after_op(const struct weft_wr *wr)
{
	uint32_t bytes = wr->opcode == WEFT_OPCODE_SEND ? WEFT_HDR_SEND_LEN :
			 wr->opcode == WEFT_OPCODE_WRITE ? WEFT_HDR_WRITE_LEN :
			 WEFT_HDR_REDUCE_LEN;

	if (wr->flags & WEFT_OFLAGS_IMM)
		bytes += WEFT_HDR_IMM_LEN;
	if (wr->flags & WEFT_OFLAGS_INV)
		bytes += WEFT_HDR_INV_LEN;
	if (wr->flags & WEFT_OFLAGS_SIGNAL)
		bytes += WEFT_HDR_SIGNAL_LEN;
	return bytes;
}

/* The next packet of the stream's requests, into r; false if it may send none. */
/* Bytes of the request that is being sent which have not been sent. */
uint32_t req_left(const struct weft_stream *s)
{
	const struct sqe *q = sqe_of(s, s->next);

	return op_has_data((uint8_t)q->wr.opcode) ? q->wr.len - s->off : 0;
}

bool req_next(struct weft_stream *s, struct txrec *r)
{
	struct sqe *q = sqe_of(s, s->next);
	uint32_t left, most;

	if (!can_send(s))
		return false;
	most = req_payload_under(s->pdc, header_after_op(&q->wr));
	left = req_left(s);
	if (q->wr.opcode == WEFT_OPCODE_REDUCE)
		most &= ~7u;		/* WEFT-SEM-081 */
	r->kind = TX_REQ;
	r->s = s;
	r->msn = s->next;
	r->off = s->off;
	most = WEFT_MUTANT(REST_GOES_ALONG) && left < 2 * most ? left : most;
	r->len = (uint16_t)(left < most ? left : most);
	s->unacked++;
	s->off += r->len;
	if (r->len < left)
		return true;
	s->reads_out += answered(&q->wr);
	s->off = 0;
	s->next++;
	return true;
}

/* Everything before msn is complete at the responder. */
static void advance(struct weft_stream *s, uint32_t msn)
{
	if (psn_before(s->acked, msn)) {
		s->acked = msn;
		work(s);
	}
}

/* Messages with at least one packet sent end here. */
static uint32_t sent_end(const struct weft_stream *s)
{
	return s->next + (s->off > 0);
}

/* The context need not look at the stream before this. */
void req_rnr_due(struct weft_stream *s)
{
	/* While packets are out an acknowledgement comes first. */
	if (s->state == WEFT_STREAM_STATE_RNR && !s->unacked &&
	    s->run->rnr_until < s->pdc->rnr_due)
		s->pdc->rnr_due = s->run->rnr_until;
}

static void rnr(struct weft_stream *s, uint32_t msn, uint32_t delay_ns, weft_time now)
{
	struct stream_run *r = s->run;

	s->pdc->st->rnr_rx++;
	r->rnr_tries = r->rnr_tries && r->rnr_msn == msn ? (uint8_t)(r->rnr_tries + 1) : 1;
	if (s->cfg.rnr_retry != 7 && r->rnr_tries > s->cfg.rnr_retry &&	/* WEFT-SEM-034 */
	    !WEFT_MUTANT(RNR_FOR_EVER)) {
		stream_error_tell(s, WEFT_STATUS_RNR_RETRY_EXCEEDED, msn);
		return;
	}
	if (r->rnr_tries == 255)
		r->rnr_tries = 1;
	r->rnr_msn = msn;
	r->rnr_until = now + delay_ns;
	stream_set_state(s, WEFT_STREAM_STATE_RNR);
	ring_del(s, RING_REQ);
	ring_add(s, RING_RNR);
	req_rnr_due(s);
}

/* WEFT-SEM-032: the delay is over and nothing of the old epoch is in the network. */
void req_expire_rnr(struct weft_stream *s, weft_time now)
{
	if (now < s->run->rnr_until || (s->unacked && !WEFT_MUTANT(REPLAY_TOO_SOON)))
		return;
	for (uint32_t msn = s->run->rnr_msn; msn != s->next; msn++) {
		struct sqe *q = sqe_of(s, msn);

		if (answered(&q->wr)) {
			s->reads_out--;
			q->taken = WEFT_MUTANT(REPLAY_KEEPS_READ) ? q->taken : 0;
			q->got = q->contig = 0;
			q->cover = 0;
			q->done = false;
		}
	}
	s->tx_epoch = !s->tx_epoch != WEFT_MUTANT(REPLAY_SAME_EPOCH);
	s->next = s->run->rnr_msn;
	s->off = 0;
	ring_del(s, RING_RNR);
	stream_set_state(s, WEFT_STREAM_STATE_READY);
	req_kick(s);
}

/*
 * WEFT-SEM-048: the responder of a READ that it can answer no more, having answered once, does not
 * know whether we had the answer; we tell it that we end.
 */
static void told_refusal(struct weft_stream *s, uint32_t msn, enum weft_status st)
{
	if (sqe_of(s, msn)->wr.opcode == WEFT_OPCODE_READ && !WEFT_MUTANT(REFUSED_READ_UNTOLD))
		stream_error_tell(s, st, msn);
	else
		stream_error(s, st, msn);
}

static void rx_tack(struct weft_stream *s, const struct weft_view *v, weft_time now,
		    enum weft_drop *why)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	uint32_t upto = op->msn + (op->status == WEFT_STATUS_OK);
	uint32_t end = op->status != WEFT_STATUS_OK ? sent_end(s) :
		       s->state == WEFT_STREAM_STATE_RNR && !WEFT_MUTANT(TACK_PAST_RNR) ?
		       s->run->rnr_msn : s->next;

	if (op->status == WEFT_STATUS_OK) {
		if (upto - s->acked <= end - s->acked || WEFT_MUTANT(TACK_OF_UNSENT))
			advance(s, upto);
		else if (!psn_before(upto, s->acked))
			*why = WEFT_DROP_UNEXPECTED;
		return;
	}
	if (!psn_in(op->msn, s->head,		/* WEFT-SEM-026 */
		    end - s->head + WEFT_MUTANT(REFUSAL_OF_UNSENT)) || sqe_of(s, op->msn)->done) {
		*why = WEFT_DROP_UNEXPECTED;
		return;
	}
	if (op->status == WEFT_STATUS_RNR) {
		if (s->state != WEFT_STREAM_STATE_READY || psn_before(op->msn, s->acked)) {
			*why = WEFT_DROP_UNEXPECTED;
			return;
		}
		advance(s, op->msn);
		rnr(s, op->msn, v->b.data.u.tack.delay_ns, now);
		return;
	}
	advance(s, op->msn);
	told_refusal(s, op->msn, op->status < WEFT_STATUS_FLUSHED ||
		     WEFT_MUTANT(STATUS_FROM_WIRE) ? (enum weft_status)op->status :
		     WEFT_STATUS_OP_FAILED);		/* the others never cross the wire */
}

/* The work request that a response is for, or NULL (WEFT-SEM-026). */
static struct sqe *asked(struct weft_stream *s, uint32_t msn, enum weft_opcode opcode)
{
	struct sqe *q;

	if (!psn_in(msn, s->head, s->next - s->head))
		return NULL;
	q = sqe_of(s, msn);
	if (q->wr.opcode != opcode || q->done ||
	    (s->failing && !psn_before(msn, s->fail_msn)) ||
	    (s->state == WEFT_STREAM_STATE_RNR && !psn_before(msn, s->run->rnr_msn)))
		return NULL;
	return q;
}

static void answer_complete(struct weft_stream *s, struct sqe *q, uint32_t msn)
{
	q->done = true;
	s->reads_out--;
	if (s->acked == msn)
		s->acked++;
	work(s);
	req_kick(s);
}

static void rx_read_rsp(struct weft_stream *s, const struct weft_view *v, uint32_t idx,
			struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	const struct weft_hdr_read_rsp *h = &v->b.data.u.read_rsp;
	struct sqe *q = asked(s, op->msn, WEFT_OPCODE_READ);
	struct rxrec *x = &s->pdc->rx[idx];

	if (!q || h->msg_len != q->wr.len || h->offset > q->wr.len ||
	    op->length > q->wr.len - h->offset ||
	    (op->length > q->wr.len - q->taken && !WEFT_MUTANT(READ_OVERLAPS)) ||
	    (!op->length && q->wr.len)) {
		*why = WEFT_DROP_UNEXPECTED;
		return;
	}
	advance(s, op->msn);
	if (!op->length) {
		answer_complete(s, q, op->msn);
		return;
	}
	q->taken += op->length;
	x->kind = RX_RSP;
	x->s = s;
	x->msn = op->msn;
	x->off = h->offset;
	x->len = op->length;
	act_clear(act);
	act->type = WEFT_ACT_PLACE_WR;
	act->token = token_place(x->psn);
	act->stream = s;
	act->local = q->wr.local;
	act->msg_len = q->wr.len;
	act->offset = h->offset;
	act->len = op->length;
	act->msn = op->msn;
	act->hold = WEFT_NO_HOLD;
	*has_act = true;
}

void req_rx(struct weft_stream *s, const struct weft_view *v, uint32_t idx, weft_time now,
	    struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	struct sqe *q;

	if (op->opcode == WEFT_OPCODE_TACK) {
		rx_tack(s, v, now, why);
		req_kick(s);
		return;
	}
	if (op->opcode == WEFT_OPCODE_READ_RSP) {
		rx_read_rsp(s, v, idx, act, has_act, why);
		if (WEFT_MUTANT(UNASKED_ENDS) && *why == WEFT_DROP_UNEXPECTED)
			stream_error_tell(s, WEFT_STATUS_MALFORMED, s->head);
		return;
	}
	q = asked(s, op->msn, WEFT_OPCODE_ATOMIC);
	if (!q) {
		*why = WEFT_DROP_UNEXPECTED;
		return;
	}
	advance(s, op->msn);
	q->value = WEFT_MUTANT(OLD_CUT) ? (uint32_t)v->b.data.u.atomic_rsp.old :
		   v->b.data.u.atomic_rsp.old;
	answer_complete(s, q, op->msn);
}

/* WEFT-SEM-095 */
static bool covered(const struct sqe *q)
{
	return cover_whole(q->contig, q->cover, q->wr.len) || WEFT_MUTANT(READ_DONE_FIRST) ||
	       WEFT_MUTANT(READ_HOLE_TAKEN);
}

/* The host has placed data of a READ, or could not. */
void req_done(struct weft_stream *s, struct rxrec *x, enum weft_status st)
{
	struct sqe *q = asked(s, x->msn, WEFT_OPCODE_READ);

	if (!q)
		return;
	if (st != WEFT_STATUS_OK) {
		stream_error_tell(s, st, x->msn);
		return;
	}
	q->got += x->len;
	if (x->off == q->contig)
		q->contig += x->len;
	else
		q->cover += cover_piece(x->off, x->off + x->len);
	if (q->got != q->wr.len && !WEFT_MUTANT(READ_DONE_FIRST))
		return;
	if (!covered(q)) {
		stream_error_tell(s, WEFT_STATUS_OP_FAILED, x->msn);
		return;
	}
	q->value = 0;		/* it is reported with the completion */
	answer_complete(s, q, x->msn);
}

/* Has the message, one that was sent and not reported yet, all it waits for? */
bool req_complete(const struct weft_stream *s, uint32_t msn)
{
	const struct sqe *q = sqe_of(s, msn);

	return answered(&q->wr) && !WEFT_MUTANT(READ_DONE_BY_TACK) ? q->done :
	       psn_before(msn, s->acked);
}

/* WEFT-SEM-072 */
static void drained(struct weft_stream *s)
{
	if (!s->drain || s->state != WEFT_STREAM_STATE_READY || s->head != s->run->drain_msn)
		return;
	stream_set_state(s, WEFT_STREAM_STATE_DRAINED);
	s->ev_drained = true;
	work(s);
}

/* WEFT-SEM-001, WEFT-SEM-024, WEFT-SEM-035, WEFT-SEM-071 */
size_t req_work(struct weft_stream *s, struct weft_act *acts, size_t n)
{
	size_t k = 0;

	while (k < n && s->head != s->tail) {
		const struct sqe *q = sqe_of(s, s->head);
		bool lost = s->failing && !psn_before(s->head, s->fail_msn);
		struct weft_act *a = &acts[k];

		if (!lost && !req_complete(s, s->head))
			break;
		act_clear(a);
		a->type = WEFT_ACT_COMPLETE;
		a->stream = s;
		a->local = q->wr.local;
		a->msn = s->head;
		a->wc = (struct weft_wc){ .id = q->wr.id, .value = q->value, .len = q->wr.len,
					  .opcode = (uint8_t)q->wr.opcode };
		if (lost) {
			a->wc.value = 0;
			a->wc.status = s->head == s->fail_msn || WEFT_MUTANT(FLUSHED_AS_FAILED) ?
				       s->fail_status : WEFT_STATUS_FLUSHED;
		}
		s->head++;
		if (psn_before(s->acked, s->head))
			s->acked = s->head;
		if (psn_before(s->next, s->head)) {	/* flushed unsent: nobody answers it */
			s->next = s->head;
			s->off = 0;
		}
		k++;
	}
	if (k && s->head == s->tail && !s->failing)
		s->pdc->n_busy--;
	drained(s);
	stream_tell_due(s);
	req_kick(s);
	return k;
}

/* ---- draining ----------------------------------------------------------------------- */

int weft_stream_drain(struct weft_stream *s)
{
	if (s->state != WEFT_STREAM_STATE_READY && s->state != WEFT_STREAM_STATE_RNR)
		return WEFT_ESTATE;
	if (s->drain)
		return WEFT_OK;
	s->drain = true;
	if (s->run) {
		s->run->drain_msn = sent_end(s);
	} else {
		stream_set_state(s, WEFT_STREAM_STATE_DRAINED);
		s->ev_drained = true;
	}
	work(s);
	return WEFT_OK;
}

int weft_stream_resume(struct weft_stream *s)
{
	if (!s->drain || s->failing)
		return WEFT_ESTATE;
	s->drain = s->ev_drained = false;
	if (s->state == WEFT_STREAM_STATE_DRAINED)
		stream_set_state(s, WEFT_STREAM_STATE_READY);
	req_kick(s);
	return WEFT_OK;
}
