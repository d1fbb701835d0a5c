/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What must come of everything.  The oracle sees each action before the host carries it out, and
 * knows every message: what it asks, whether its turn has come, what its bytes are.  Its own
 * memory is changed message by message, in order; the real one must follow.
 */
#include <stdio.h>

#include "core/test/fabric/fabric.h"

struct fb_end *fb_peer(struct fb_end *e)
{
	return &e->conn->end[!e->side];
}

struct fb_msg *fb_msg_of(struct fb_end *e, uint32_t msn)
{
	return &e->msg[msn & (e->depth - 1)];
}

static void at(struct fb_end *e, const char *what, uint32_t msn)
{
	static char text[160];

	snprintf(text, sizeof(text), "conn %u life %u, chip %u end %u, %s of message %u",
		 e->conn->index, e->conn->lives, e->conn->chip[e->side], e->side, what, msn);
	e->w->where = text;
}

#define WRONG(e, msn, what, ...) do { at(e, what, msn); fb_fail((e)->w, __VA_ARGS__); } while (0)
#define EXPECT(x, e, msn, what, ...) do { if (!(x)) WRONG(e, msn, what, __VA_ARGS__); } while (0)

/*
 * After a refusal with RNR the target toggles its epoch and everything from its turn on comes
 * again: what was placed of it counts for nothing.
 */
static void follow_epoch(struct fb_end *e)
{
	struct fb_end *req = fb_peer(e);

	if (e->s->rx_epoch == req->epoch)
		return;
	req->epoch = e->s->rx_epoch;
	for (uint32_t msn = req->exp; psn_before(msn, req->tail); msn++) {
		struct fb_msg *m = fb_msg_of(req, msn);

		m->placed = 0;
		m->whole = m->done = false;
		m->left = m->stages;
		m->refused = WEFT_STATUS_OK;
	}
	req->refused &= psn_before(req->refused_msn, req->exp);
}

struct fb_msg *fb_incoming(struct fb_end *e, const struct weft_act *a)
{
	struct fb_end *req = fb_peer(e);
	uint32_t first = psn_before(req->exp, req->head) ? req->exp : req->head;

	EXPECT(psn_in(a->msn, first, req->tail - first), e, a->msn, "an action",
	       "type %d, and it is complete, or was never posted (%u to %u are)", (int)a->type,
	       first, req->tail);
	EXPECT(!e->over, e, a->msn, "an action", "the stream had ended before");
	EXPECT(!req->draining || psn_before(a->msn, req->drain_msn), e, a->msn, "an action",
	       "it was begun although the requester was asked to drain");	/* WEFT-SEM-072 */
	follow_epoch(e);
	return fb_msg_of(req, a->msn);
}

/* Effects that are complete in order become the oracle's. */
static void advance(struct fb_end *req)
{
	struct fb_end *e = fb_peer(req);

	while (req->exp != req->tail && fb_msg_of(req, req->exp)->done) {
		struct fb_msg *m = fb_msg_of(req, req->exp);

		if (m->op->apply)
			m->op->apply(req, m);
		if (m->op->apply && !m->shared &&
		    memcmp(req->w->mem + e->slice + m->at, req->w->model + e->slice + m->at,
			   m->len))
			WRONG(e, req->exp, "the effect", "memory is not what it must be when %s "
			      "[%u, +%u) is done", m->op->name, m->at, m->len);
		req->exp++;
	}
}

/* ---- the target --------------------------------------------------------------------- */

/* Wrong in what comes besides its data, which are placed. */
static bool bad_later(const struct fb_msg *m)
{
	return m->bad == FB_BAD_SIGNAL || m->bad == FB_BAD_INV;
}

static uint8_t opcode_of(enum weft_act_type type)
{
	switch (type) {
	case WEFT_ACT_PLACE_RECV:
		return WEFT_OPCODE_SEND;
	case WEFT_ACT_REDUCE:
		return WEFT_OPCODE_REDUCE;
	case WEFT_ACT_READ:
		return WEFT_OPCODE_READ;
	case WEFT_ACT_FLUSH:
		return WEFT_OPCODE_FLUSH;
	case WEFT_ACT_ATOMIC:
		return WEFT_OPCODE_ATOMIC;
	default:
		return WEFT_OPCODE_WRITE;
	}
}

void fb_sees_place(struct fb_end *e, const struct weft_act *a, const uint8_t *payload)
{
	struct fb_end *req = fb_peer(e);
	struct fb_msg *m = fb_incoming(e, a);
	bool mem = a->type != WEFT_ACT_PLACE_RECV, reduce = a->type == WEFT_ACT_REDUCE;

	EXPECT(!m->bad || bad_later(m), e, a->msn, "data", "it is wrong, and was not refused");
	EXPECT(opcode_of(a->type) == m->op->opcode && a->msg_len == m->len &&
	       a->offset <= m->len && a->len <= m->len - a->offset, e, a->msn, "data",
	       "%u bytes at %u of %u are not part of a %s of %u", a->len, a->offset, a->msg_len,
	       m->op->name, m->len);
	EXPECT(mem ? a->key == m->rkey && a->addr == m->addr : a->ssn == m->ssn, e, a->msn,
	       "data", "they are for another place");
	EXPECT(!reduce || (a->redop == m->redop && a->dtype == m->dtype), e, a->msn, "data",
	       "they are to be combined in another way");
	EXPECT(!a->len || !memcmp(payload, e->w->payload + m->pay + a->offset, a->len), e, a->msn,
	       "data", "the bytes are not those that were sent");
	EXPECT(!m->whole, e, a->msn, "data", "all of it was placed before");
	EXPECT(a->len <= m->len - m->placed, e, a->msn, "data", "bytes are placed twice");
	if ((mem && !e->relaxed) || reduce)		/* WEFT-SEM-004, WEFT-SEM-052 */
		EXPECT(a->msn == req->exp && (e->relaxed || a->offset == m->placed), e, a->msn,
		       "data", "memory is written before its turn, which is message %u",
		       req->exp);
	EXPECT(!req->refused || psn_before(a->msn, req->refused_msn) || e->relaxed || !mem, e,
	       a->msn, "data", "message %u was refused", req->refused_msn);
}

static uint8_t stage_of(const struct weft_act *a, const struct fb_msg *m)
{
	if (a->type == WEFT_ACT_RECV)
		return FB_STAGE_RECV;
	if (a->type == WEFT_ACT_INVALIDATE)
		return FB_STAGE_INV;
	return a->type == WEFT_ACT_ATOMIC && m->op->opcode != WEFT_OPCODE_ATOMIC ?
	       FB_STAGE_SIGNAL : 0;
}

/* WEFT-SEM-060, WEFT-SEM-061: in this order, once, when the data are placed. */
static void sees_stage(struct fb_end *e, const struct weft_act *a, const struct fb_msg *m,
		       uint8_t stage)
{
	EXPECT(m->whole && (m->left & -m->left) == stage, e, a->msn, "what comes besides data",
	       "stage %u, but what is left is %x", stage, m->left);
	switch (stage) {
	case FB_STAGE_RECV:
		EXPECT(a->ssn == m->ssn && a->ssn == e->recv_done && !m->received, e, a->msn,
		       "a request for a receive buffer", "it is for %u, not %u; the turn is %u's",
		       a->ssn, m->ssn, e->recv_done);
		break;
	case FB_STAGE_INV:
		EXPECT(a->key == m->imm, e, a->msn, "an invalidation", "of another key");
		break;
	default:
		EXPECT(a->key == m->sig_key && a->addr == m->sig_addr &&
		       a->atomic.aop == WEFT_AOP_FADD && a->atomic.width == 8 &&
		       a->atomic.operand == m->sig_value, e, a->msn, "a signal",
		       "it is another one");
		break;
	}
}

static bool same_word_op(const struct weft_atomic *a, const struct fb_word_op *o)
{
	uint64_t ones = o->aop == WEFT_AOP_CAS ? ~0ull : 0;

	return a->aop == o->aop && a->width == o->width && a->operand == o->operand &&
	       (a->compare == o->compare || o->aop != WEFT_AOP_CAS) &&
	       a->operand_mask == (o->masked ? o->operand_mask : ~0ull) &&
	       a->compare_mask == (o->masked ? o->compare_mask : ones);
}

/* WEFT-SEM-002, WEFT-SEM-003: in order, and once. */
void fb_sees_execution(struct fb_end *e, const struct weft_act *a)
{
	struct fb_end *req = fb_peer(e);
	struct fb_msg *m = fb_incoming(e, a);
	uint8_t stage = stage_of(a, m);

	EXPECT(a->msn == req->exp, e, a->msn, "the execution", "the turn is message %u's",
	       req->exp);
	if (stage) {
		sees_stage(e, a, m, stage);
		return;
	}
	EXPECT(m->op->opcode == opcode_of(a->type) && !m->whole, e, a->msn, "the execution",
	       "it is a %s%s", m->op->name, m->whole ? ", executed already" : "");
	EXPECT(a->key == m->rkey && a->addr == m->addr && a->msg_len == m->len, e, a->msn,
	       "the execution", "it is for another place");
	EXPECT(a->type != WEFT_ACT_ATOMIC || same_word_op(&a->atomic, &m->word), e, a->msn,
	       "the execution", "it is another atomic");
	EXPECT(a->type != WEFT_ACT_FLUSH || a->level == m->level, e, a->msn, "the execution",
	       "it is to another level");
}

static void signalled(struct fb_end *e, const struct fb_msg *m, uint64_t found)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[e->side]];
	uint8_t *at = (uint8_t *)c->counter + m->sig_at;

	FB_MUST(e->w, found == fb_word(at, 8), "a signal found %llx where %llx must be",
		(unsigned long long)found, (unsigned long long)fb_word(at, 8));
	fb_put_word(at, found + m->sig_value, 8);
}

/* The host answers OK: what was shown by fb_sees_place() or _execution() is done. */
void fb_sees_done(struct fb_end *e, const struct weft_act *a, uint64_t value)
{
	struct fb_end *req = fb_peer(e);
	struct fb_msg *m;
	uint8_t stage;

	if (a->type == WEFT_ACT_PLACE_WR)
		return;
	m = fb_msg_of(req, a->msn);
	stage = stage_of(a, m);
	if (stage) {
		EXPECT(!m->bad || stage != (m->bad == FB_BAD_INV ? FB_STAGE_INV :
					    FB_STAGE_SIGNAL), e, a->msn, "what comes besides data",
		       "it is wrong, and was not refused");
		if (stage == FB_STAGE_SIGNAL)
			signalled(e, m, value);
		m->left &= (uint8_t)~stage;
	} else if (a->type == WEFT_ACT_PLACE_MEM || a->type == WEFT_ACT_PLACE_RECV ||
		   a->type == WEFT_ACT_REDUCE) {
		m->placed += a->len;
		m->whole = m->placed == m->len;
	} else {
		EXPECT(!m->bad, e, a->msn, "the execution", "it is wrong, and was not refused");
		m->old = value;
		m->whole = true;
	}
	m->done = m->whole && !m->left;
	if (m->done)
		advance(req);
	if (m->op->opcode == WEFT_OPCODE_READ)
		m->placed = 0;		/* of the data, at the requester, from now on */
}

void fb_sees_refusal(struct fb_end *e, const struct weft_act *a, enum weft_status st)
{
	struct fb_end *req = fb_peer(e);
	struct fb_msg *m;

	if (a->type == WEFT_ACT_PLACE_WR) {	/* our own failure: the stream is to fail */
		m = fb_msg_of(e, a->msn);
		m->refused = (uint8_t)st;
		return;
	}
	m = fb_incoming(e, a);
	if (st == WEFT_STATUS_RNR) {
		e->w->faults[FB_RNR]++;
		return;
	}
	if (m->bad)
		EXPECT(st == m->expect || st == WEFT_STATUS_OP_FAILED, e, a->msn,
		       "the refusal", "status %d, not %d", (int)st, m->expect);
	else
		EXPECT(st == WEFT_STATUS_OP_FAILED, e, a->msn, "the refusal",
		       "a good request is refused with %d", (int)st);
	m->refused = (uint8_t)st;
	if (!req->refused || psn_before(a->msn, req->refused_msn))
		req->refused_msn = a->msn;
	req->refused = true;
}

void fb_sees_receive(struct fb_end *e, const struct weft_wc *wc)
{
	struct fb_end *req = fb_peer(e);
	uint32_t msn = req->by_ssn[wc->ssn & (req->depth - 1)];
	struct fb_msg *m = fb_msg_of(req, msn);
	uint8_t f = WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SE;

	EXPECT(wc->ssn == e->recv_done && (e->srq || psn_before(wc->ssn, e->posted)), e, msn,
	       "a receive", "it is for buffer %u, and the turn is %u's", wc->ssn, e->recv_done);
	EXPECT(psn_before(wc->ssn, req->ssn), e, msn, "a receive", "nothing was sent to it");
	EXPECT(psn_before(msn, req->exp) && m->done, e, msn, "a receive",
	       "not everything before it is placed");
	EXPECT(!m->received && m->ssn == wc->ssn, e, msn, "a receive", "it is complete already");
	EXPECT(wc->opcode == m->op->opcode && wc->len == m->len && !((wc->flags ^ m->flags) & f) &&
	       (!(wc->flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV)) || wc->imm == m->imm) &&
	       !wc->status, e, msn, "a receive",
	       "opcode, length, flags or immediate are not those sent");
	m->received = true;
	e->recv_done++;
	if (wc->flags & WEFT_OFLAGS_INV)
		fb_new_alias(e);
	if (e->srq)
		fb_recv_consumed(e, wc->ssn);
	else
		fb_replenish(e, false);
}

/* ---- the requester ------------------------------------------------------------------ */

void fb_sees_read_data(struct fb_end *e, const struct weft_act *a, const uint8_t *payload)
{
	struct fb_msg *m = fb_msg_of(e, a->msn);

	EXPECT(psn_in(a->msn, e->head, e->tail - e->head) && m->op->opcode == WEFT_OPCODE_READ &&
	       a->local == m->id, e, a->msn, "READ data", "nobody asked for them");
	EXPECT(a->msg_len == m->len && a->offset <= m->len && a->len <= m->len - a->offset, e,
	       a->msn, "READ data", "%u bytes at %u of %u", a->len, a->offset, m->len);
	EXPECT(m->done && psn_before(a->msn, e->exp), e, a->msn, "READ data",
	       "it was not executed yet");
	EXPECT(a->len <= m->len - m->placed, e, a->msn, "READ data", "bytes come twice");
	EXPECT(!memcmp(payload, e->w->model + fb_peer(e)->slice + m->at + a->offset, a->len), e,
	       a->msn, "READ data", "they are not what the memory must hold");
	m->placed += a->len;
}

/* May a message end with this status, given what has happened to its connection? */
static bool excused(const struct fb_end *e, enum weft_status st)
{
	uint8_t cause = e->conn->cause;

	switch (st) {
	case WEFT_STATUS_FLUSHED:
		return cause;
	case WEFT_STATUS_DISCONNECTED:
	case WEFT_STATUS_NO_STREAM:
		return cause & (FB_CAUSE_ENDED | FB_CAUSE_REJECT | FB_CAUSE_BAD |
				FB_CAUSE_RESTART | FB_CAUSE_CONTEXT);
	case WEFT_STATUS_RETRY_EXCEEDED:
	case WEFT_STATUS_PEER_RESET:
	case WEFT_STATUS_NO_RESOURCES:
		return cause & FB_CAUSE_CONTEXT;
	case WEFT_STATUS_RNR_RETRY_EXCEEDED:
		return e->s->cfg.rnr_retry != 7;
	default:
		return false;
	}
}

/* What happens to a context is looked at when it is told of (act.c). */
static void note_context(struct fb_end *e)
{
	if (!pdc_live(e->ctx->pdc))
		e->conn->cause |= FB_CAUSE_CONTEXT;
}

static void count(struct fb_world *w, const struct fb_msg *m, enum weft_status st)
{
	if (st != WEFT_STATUS_OK) {
		w->deeds[st == WEFT_STATUS_FLUSHED ? FB_DID_FLUSHED : st < WEFT_STATUS_FLUSHED ?
			 FB_DID_REFUSED : FB_DID_FAILED]++;
		return;
	}
	w->deeds[m->op->deed]++;
	w->deeds[FB_DID_WITH_IMM] += !!(m->flags & WEFT_OFLAGS_IMM);
	w->deeds[FB_DID_WITH_SIGNAL] += !!(m->flags & WEFT_OFLAGS_SIGNAL);
	w->deeds[FB_DID_WITH_INVALIDATE] += !!(m->flags & WEFT_OFLAGS_INV);
}

static void failed(struct fb_end *e, const struct fb_msg *m, const struct weft_wc *wc)
{
	bool own = wc->status == WEFT_STATUS_RNR_RETRY_EXCEEDED;
	uint8_t must = m->refused ? m->refused : m->expect;

	note_context(e);
	if (own && e->s->cfg.rnr_retry != 7)
		e->conn->cause |= FB_CAUSE_BAD;
	EXPECT(e->conn->cause, e, e->head, "the completion",
	       "it failed with %d, and nobody had harmed it", (int)wc->status);
	EXPECT(wc->status == must || excused(e, wc->status), e, e->head, "the completion",
	       "it failed with %d, which nothing explains", (int)wc->status);
	/* WEFT-SEM-024, when one refusal is all that happened. */
	if (e->conn->cause == FB_CAUSE_BAD && e->refused && e->refused_msn == e->head &&
	    !e->failed && !e->refuser && !own && !e->over)
		EXPECT(wc->status == must, e, e->head, "the completion",
		       "it was refused with %d, and the requester is told %d", must,
		       (int)wc->status);
	EXPECT(!e->failed || wc->status == WEFT_STATUS_FLUSHED || e->conn->cause != FB_CAUSE_BAD,
	       e, e->head, "the completion", "%d after an error, not FLUSHED", (int)wc->status);
	e->failed = true;
}

void fb_sees_completion(struct fb_end *e, const struct weft_wc *wc)
{
	struct fb_msg *m = fb_msg_of(e, e->head);
	const char *wrong;

	e->w->completions++;
	count(e->w, m, wc->status);
	EXPECT(e->head != e->tail && wc->id == m->id, e, e->head, "the completion",
	       "another is complete before it");
	EXPECT(wc->opcode == m->op->opcode && wc->len == m->len, e, e->head, "the completion",
	       "opcode or length are not those posted");
	if (wc->status == WEFT_STATUS_OK) {
		EXPECT(!e->failed, e, e->head, "the completion", "OK after an error");
		EXPECT(!m->bad && !m->refused, e, e->head, "the completion",
		       "OK, but it must be %d", m->refused ? m->refused : m->expect);
		EXPECT(m->done && psn_before(e->head, e->exp), e, e->head, "the completion",
		       "OK, but its effect is not complete");
		EXPECT(m->received || !(m->op->opcode == WEFT_OPCODE_SEND ||
					m->flags & WEFT_OFLAGS_IMM), e, e->head, "the completion",
		       "OK, but the receiver has not been told");
		wrong = m->op->verify ? m->op->verify(e, m, wc) : NULL;
		EXPECT(!wrong, e, e->head, "the completion", "%s", wrong);
	} else {
		failed(e, m, wc);
	}
	if (m->flags & WEFT_OFLAGS_INV)
		e->inv_out = false;
	e->head++;
	e->pump = e->ctx->pump = true;
}

/* WEFT-SEM-072: what was begun is complete, and told once. */
void fb_sees_drained(struct fb_end *e)
{
	EXPECT(e->draining && !e->drained, e, e->head, "the end of draining",
	       "nobody had asked, or it was told before");
	EXPECT(e->head == e->drain_msn, e, e->head, "the end of draining",
	       "messages before %u were begun, and are not complete", e->drain_msn);
	e->drained = true;
	e->w->deeds[FB_DID_DRAINED]++;
}

/* A stream has failed, or was ended, or not begun. */
void fb_sees_end(struct fb_end *e, const struct weft_act *a)
{
	struct fb_conn *c = e->conn;
	bool peer_here = fb_peer(e)->s;

	note_context(e);
	e->over = e->ctx->reap = true;
	e->refuser = a->event == WEFT_EV_STREAM_ERROR && a->arg;
	switch (a->event) {
	case WEFT_EV_EP_REJECTED:
		EXPECT(c->cause & (FB_CAUSE_REJECT | FB_CAUSE_RESTART) && !e->side, e, e->head,
		       "the rejection", "nobody rejected");
		EXPECT(!c->reject || a->arg == c->reject, e, e->head, "the rejection",
		       "another reason");
		break;
	case WEFT_EV_DISCONNECTED:
		EXPECT(c->cause || !peer_here, e, e->head, "the end", "the peer has not ended it");
		break;
	case WEFT_EV_STREAM_ERROR:
		if (a->wc.status == WEFT_STATUS_RNR_RETRY_EXCEEDED && e->s->cfg.rnr_retry != 7)
			c->cause |= FB_CAUSE_BAD;
		EXPECT(c->cause, e, e->head, "the error", "%d, and nobody had harmed the stream",
		       (int)a->wc.status);
		break;
	default:
		fb_fail(e->w, "an event %d of a stream", (int)a->event);
	}
}

/* What a message whose turn was not over has done to memory counts, piece by piece. */
static void fold_in(struct fb_end *req, uint32_t msn, size_t slice)
{
	struct fb_world *w = req->w;
	const struct fb_msg *m = fb_msg_of(req, msn);
	uint8_t *mem = w->mem + slice + m->at, *model = w->model + slice + m->at;
	const uint8_t *pay = w->payload + m->pay;
	uint32_t size = 1;

	if (m->bad && !bad_later(m))
		return;
	if (m->op->opcode == WEFT_OPCODE_REDUCE && msn == req->exp)
		size = weft_dtype_size(m->dtype);
	else if (m->op->opcode != WEFT_OPCODE_WRITE)
		return;
	for (uint32_t i = 0; i < m->len; i += size) {
		uint8_t next[8];

		memcpy(next, model + i, size);
		if (m->op->opcode == WEFT_OPCODE_REDUCE)
			fb_reduce(m->redop, m->dtype, next, pay + i, size);
		else
			next[0] = pay[i];
		if (!memcmp(mem + i, next, size))
			memcpy(model + i, next, size);
	}
}

/*
 * Both ends are gone.  What was under way may have reached memory in part; everything else must
 * be as the oracle says.
 */
void fb_fold(struct fb_end *req)
{
	struct fb_world *w = req->w;
	size_t slice = fb_peer(req)->slice;

	for (uint32_t msn = req->exp; msn != req->tail; msn++)
		fold_in(req, msn, slice);
	slice -= FB_STRIDE - FB_SLICE;
	if (!memcmp(w->mem + slice, w->model + slice, FB_STRIDE))
		return;
	for (uint32_t i = 0; i < FB_STRIDE; i++)
		EXPECT(w->mem[slice + i] == w->model[slice + i], req, req->exp, "the end",
		       "byte %d of the slice has changed, and no message did it",
		       (int)i - (FB_STRIDE - FB_SLICE));
}
