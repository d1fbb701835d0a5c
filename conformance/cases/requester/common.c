/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared parts of the cases of a device that is the requester.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

void wc_rq_note(struct wc_stream *s)
{
	wc_value(s->c->t, "R.qpn", s->qpn);
	wc_value(s->c->t, "R.pdc", s->c->id);
}

struct wc_stream *wc_rq_on(struct wc_ctx *c, unsigned rnr_retry)
{
	struct wc_stream *s = wc_ut_connect_with(c, wc_nth("connect.R", c->t->n_streams),
						 rnr_retry);

	if (s)
		wc_rq_note(s);
	return s;
}

struct wc_stream *wc_rq_begin(struct wc_t *t)
{
	return wc_rq_on(t->c, 0);
}

void wc_rq_restart(struct wc_t *t)
{
	if (!wc_ut_begin(t) || !t->dut->ut->personality)
		return;
	t->mem = t->region[WC_KEY_RWA - WC_REGION_FIRST];
	t->b = wc_fresh(t, "connect.again");
}

/* ---- work --------------------------------------------------------------------------- */

static bool post(struct wc_stream *s, const char *name, unsigned op, uint32_t at, uint32_t len)
{
	const struct wc_work w = { .op = op, .at = at, .len = len, .addr = WC_OWN_BASE + at,
				   .operand = 1 };

	return wc_ut_post(s, name, &w);
}

bool wc_rq_write(struct wc_stream *s, const char *name, uint32_t at, uint32_t len)
{
	return post(s, name, UPPER_DO_WRITE, at, len);
}

bool wc_rq_writes(struct wc_stream *s, const char *name, unsigned n)
{
	struct wc_work w[UPPER_POSTS] = { 0 };

	for (unsigned i = 0; i < n && i < UPPER_POSTS; i++)
		w[i] = (struct wc_work){ .op = UPPER_DO_WRITE, .at = 64 * i, .len = 64,
					 .addr = WC_OWN_BASE + 64ull * i };
	return wc_ut_post_all(s, name, w, n);
}

bool wc_rq_read(struct wc_stream *s, const char *name, uint32_t at, uint32_t len)
{
	return post(s, name, UPPER_DO_READ, at, len);
}

bool wc_rq_send(struct wc_stream *s, const char *name, uint32_t at, uint32_t len)
{
	return post(s, name, UPPER_DO_SEND, at, len);
}

bool wc_rq_fadd(struct wc_stream *s, const char *name, uint32_t at)
{
	return post(s, name, UPPER_DO_FADD, at, 8);
}

/* ---- what it sent ------------------------------------------------------------------- */

static bool request(const struct wc_frame *f)
{
	return f->type == WC_DATA && (f->opcode == WC_SEND || f->opcode == WC_WRITE ||
	       f->opcode == WC_READ || f->opcode == WC_ATOMIC);
}

bool wc_rq_is(const struct wc_view *v, size_t i, uint64_t opcode)
{
	const struct wc_frame *f = &v->f[i];

	return wc_view_rx(v, i) && request(f) && f->qpn == wc_view_value(v, "R.qpn", 0) &&
	       (!opcode || f->opcode == opcode);
}

size_t wc_rq_nth(const struct wc_view *v, uint64_t opcode, unsigned n)
{
	for (size_t i = 0; i < v->count; i++)
		if (wc_rq_is(v, i, opcode) && !(v->f[i].flags & WC_F_RTX) && n-- == 0)
			return i;
	return WC_NONE;
}

unsigned wc_rq_count(const struct wc_view *v, size_t from, size_t until, bool again)
{
	unsigned n = 0;

	for (size_t i = from; i < v->count && i < until; i++)
		n += wc_rq_is(v, i, 0) && !(v->f[i].flags & WC_F_RTX) == !again;
	return n;
}

size_t wc_rq_again(const struct wc_view *v, uint64_t psn, size_t from)
{
	for (size_t i = from; i < v->count; i++)
		if (wc_view_rx(v, i) && v->f[i].type == WC_DATA && v->f[i].psn == psn &&
		    v->f[i].flags & WC_F_RTX && v->f[i].pdc_id == wc_view_value(v, "R.pdc", 0))
			return i;
	return WC_NONE;
}

bool wc_rq_whole(const struct wc_view *v, uint64_t msn, uint32_t first, uint32_t len)
{
	const struct wc_frame *before = NULL;
	uint32_t at = 0;

	for (size_t i = 0; i < v->count; i++) {
		const struct wc_frame *f = &v->f[i];

		if (!wc_rq_is(v, i, 0) || f->flags & WC_F_RTX || f->msn != msn)
			continue;
		if (f->offset != at || f->msg_len != len || !(f->oflags & WC_O_SOM) != (at != 0) ||
		    !(f->oflags & WC_O_EOM) != (at + f->body_len != len))
			return false;
		if (before && (f->addr != before->addr || f->rkey != before->rkey))
			return false;
		for (uint32_t k = 0; k < f->body_len; k++)
			if (f->body[k] != (uint8_t)(7 * (first + at + k)))
				return false;
		at += f->body_len;
		before = f;
	}
	return before && at == len;
}

/* ---- waiting ------------------------------------------------------------------------ */

static bool sent(struct wc_t *t, const void *arg)
{
	return wc_rq_count(&t->view, 0, WC_NONE, false) >= *(const unsigned *)arg;
}

bool wc_rq_sent(struct wc_t *t, unsigned n)
{
	return wc_wait(t, sent, &n, "requests of the device");
}

unsigned wc_rq_settle(struct wc_t *t)
{
	unsigned before, now = wc_rq_count(&t->view, 0, WC_NONE, false);

	do {
		before = now;
		wc_pause(t, 10);
		now = wc_rq_count(&t->view, 0, WC_NONE, false);
	} while (now != before);
	return now;
}

bool wc_rq_enough(struct wc_t *t, unsigned sent, unsigned needed)
{
	if (sent >= needed)
		return true;
	wc_mark(t, "skip:CWND_TOO_SMALL");
	return false;
}

static bool repeated(struct wc_t *t, const void *arg)
{
	size_t i = wc_rq_nth(&t->view, 0, *(const unsigned *)arg);

	return i != WC_NONE && wc_rq_again(&t->view, t->view.f[i].psn, i) != WC_NONE;
}

bool wc_rq_repeated(struct wc_t *t, unsigned n)
{
	return wc_wait(t, repeated, &n, "a repetition by the device");
}

bool wc_rq_lose_nth(struct wc_t *t, const struct wc_frame *f)
{
	if (!request(f) || f->flags & WC_F_RTX)
		return false;
	return t->lost-- == 0;
}

void wc_rq_ask_state(struct wc_stream *s)
{
	uint8_t b[4], r[UPPER_BODY];
	uint32_t n = 0;

	upper_put(b, s->ep, 4);
	if (!wc_ut_call(s->c->t, UPPER_EP_STATE, b, 4, r, &n) && n == 12)
		wc_value(s->c->t, "state", upper_get(r, 4));
}

bool wc_rq_established(struct wc_stream *s)
{
	struct wc_t *t = s->c->t;

	for (unsigned i = 0; i < 200 && !t->runaway; i++) {
		wc_rq_ask_state(s);
		if (wc_view_value(&t->view, "state", 0) == UPPER_CONNECTED)
			return true;
		wc_pause(t, 5);
	}
	return false;
}
