/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a sender of requests: patience, what a timeout leaves of the window, the edge of
 * the window, what becomes of packets whose stream has ended, and a link that goes and comes back.
 */
#include "conformance/cases/requester/requester.h"

#define WARM	16u	/* WRITEs before, so that the congestion window is not that of the start */

static void warm_up(struct wc_t *t, struct wc_stream *s)
{
	for (unsigned i = 0; i < WARM / 8; i++) {
		wc_rq_writes(s, i ? "b" : "a", 8);
		wc_ut_await(t, i ? "b7" : "a7");
	}
	wc_pause(t, 20);
}

static void hold_back(struct wc_stream *s)
{
	s->c->quiet = true;
	s->mute = true;
}

static void let_go(struct wc_stream *s)
{
	s->c->quiet = false;
	s->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
}

/* ACK of all up to psn, by hand. */
static void ack(struct wc_ctx *c, uint32_t psn, uint32_t window)
{
	struct wc_frame f = wc_f_base(c);

	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = psn;
	f.window = window;
	f.sack_base = psn + 1;
	wc_emit(c, &f, WC_E_LOOSE);
}

/* ---- TQ-BV-60: an acknowledgement gives all patience back ---- */

#define ROUNDS	2u
#define SOON_MS	20u
#define LOOKS	500u

/* How often the packet of the n-th request on R was sent again. */
static unsigned again(const struct wc_view *v, unsigned n)
{
	size_t first = wc_rq_nth(v, 0, n);
	unsigned times = 0;

	for (size_t i = first; first != WC_NONE && i < v->count; i++)
		times += wc_rq_is(v, i, 0) && v->f[i].flags & WC_F_RTX &&
			 v->f[i].psn == v->f[first].psn;
	return times;
}

static void patience(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s = wc_rq_on(c, 0);
	unsigned most;

	if (!s)
		return;
	hold_back(s);
	wc_rq_write(s, "lost", 0, 64);
	for (unsigned i = 0; i < LOOKS && !wc_ut_dones(&t->view, "lost"); i++) {
		wc_pause(t, SOON_MS);
		wc_ut_poll(t);
	}
	wc_drop(c);
	most = again(&t->view, 0);
	wc_value(t, "most", most);
	s = wc_rq_begin(t);
	for (unsigned k = 0; s && k < ROUNDS; k++) {
		hold_back(s);
		wc_rq_write(s, wc_nth("w", k), 0, 64);
		for (unsigned i = 0; i < LOOKS && again(&t->view, k) + 2 < most; i++)
			wc_pause(t, SOON_MS / 4);
		wc_value(t, wc_nth("again", k), again(&t->view, k));
		let_go(s);
		wc_ut_await(t, wc_nth("w", k));
	}
}

static void patience_judge(struct wc_judge *j)
{
	uint64_t most = wc_val(j, "most");

	wc_completed(j, 1, "lost", UPPER_WC_RETRY_EXC);
	wc_cp(j, 2, most >= 3, "GAVE_UP_EARLY", "it is sent again a few times before that, not %u",
	      (unsigned)most);
	for (unsigned k = 0; k < ROUNDS; k++) {
		wc_cp(j, 3, wc_val(j, wc_nth("again", k)) + 2 >= most, "GAVE_UP_EARLY",
		      "what we acknowledge at last is sent again until then, nearly as often");
		wc_completed(j, 4, wc_nth("w", k), UPPER_WC_SUCCESS);
	}
}

/* ---- TQ-BV-61: what a timeout leaves of the congestion window ---- */

#define MANY 24u
#define SOME 16u	/* of them outstanding, at least */

/* Data packets on R's context in [from, until); the last of them into *last. */
static unsigned sent_in(const struct wc_view *v, size_t from, size_t until, size_t *last)
{
	unsigned n = 0;

	for (size_t i = from; i < v->count && i < until; i++)
		if (wc_rq_is(v, i, 0)) {
			n++;
			*last = i;
		}
	return n;
}

static void after_timeout(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	unsigned out;
	uint32_t p;

	if (!s)
		return;
	warm_up(t, s);
	hold_back(s);
	p = t->c->rx_next;
	wc_rq_writes(s, "w", MANY);
	out = wc_rq_settle(t) - WARM;
	wc_value(t, "out", out);
	if (!wc_rq_enough(t, out, SOME))
		return;
	wc_rq_repeated(t, WARM);	/* the oldest: a timeout */
	wc_mark(t, "timeout");
	ack(t->c, p, t->c->window);
	wc_pause(t, 4);
	wc_mark(t, "over");
	let_go(s);
	wc_ut_await(t, wc_nth("w", MANY - 1));
}

static void after_timeout_judge(struct wc_judge *j)
{
	unsigned out = (unsigned)wc_val(j, "out"), n;
	size_t last = WC_NONE;

	n = sent_in(j->v, wc_at(j, "timeout"), wc_at(j, "over"), &last);
	j->evidence = last;
	wc_cp(j, 1, n <= out / 2, "WINDOW_KEPT",
	      "after a timeout and one acknowledgement a few packets go, not %u of %u that were "
	      "outstanding", n, out);
	wc_cp(j, 2, last == WC_NONE || j->v->f[last].flags & WC_F_AR, "NO_AR",
	      "the packet that fills a small congestion window has AR");
	wc_completed(j, 3, wc_nth("w", MANY - 1), UPPER_WC_SUCCESS);
}

/* ---- TQ-BI-62: the edge of our window does not go back ---- */

#define NARROW 2u

static void edge(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	unsigned n, more;

	if (!s)
		return;
	warm_up(t, s);
	hold_back(s);
	ack(t->c, t->c->rx_next - 1, t->c->window);
	ack(t->c, t->c->rx_next - 1, NARROW);
	wc_marker(t);
	wc_mark(t, "narrow");
	wc_rq_writes(s, "w", MANY);
	wc_rq_sent(t, WARM + 1);
	n = wc_rq_settle(t) - WARM;
	more = n;
	if (n <= NARROW) {		/* by our window, or by its congestion window? */
		ack(t->c, t->c->rx_next - 1 - n, t->c->window);
		more = wc_rq_settle(t) - WARM;
		wc_rq_enough(t, more, n + 1);
	}
	wc_value(t, "n", n);
	let_go(s);
	wc_ut_await(t, wc_nth("w", MANY - 1));
}

static void edge_judge(struct wc_judge *j)
{
	wc_cp(j, 1, wc_val(j, "n") > NARROW, "EDGE_WENT_BACK",
	      "it sends up to the furthest edge that we have told, not %u packets",
	      (unsigned)wc_val(j, "n"));
	wc_completed(j, 2, wc_nth("w", MANY - 1), UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-63: ROD: what is to be sent again goes before what is new ---- */

/* A timeout has come: the oldest was sent again as a probe, and again. */
static bool timed_out(struct wc_t *t, const void *arg)
{
	(void)arg;
	return again(&t->view, WARM) >= 2;
}

static void old_first(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, WC_ROD, WC_DOMAIN);
	struct wc_stream *s;
	struct wc_frame f;
	unsigned out;

	s = wc_rq_on(c, 0);
	if (!s)
		return;
	warm_up(t, s);
	hold_back(s);
	wc_rq_writes(s, "w", 8);
	wc_rq_sent(t, WARM + 1);
	out = wc_rq_settle(t) - WARM;
	if (!wc_rq_enough(t, out, 3))
		return;
	wc_value(t, "beyond", c->rx_next);
	wc_wait(t, timed_out, NULL, "a timeout of the device");
	wc_mark(t, "timeout");
	f = wc_f_send(s, wc_bytes(WC_OLD_SEED), 40);	/* what answers it has a new PSN */
	f.ack_psn = c->rx_next - out - 1;
	wc_op(s, "s", WC_OP_MESSAGE, &f);
	wc_emit(c, &f, WC_E_OK);
	wc_marker(t);
	wc_pause(t, 5);
	wc_mark(t, "go");
	let_go(s);
	wc_await(t, "s");
	wc_ut_await(t, "w7");
}

static void old_first_judge(struct wc_judge *j)
{
	uint64_t pdc = wc_val(j, "R.pdc"), beyond = wc_val(j, "beyond");
	size_t bad = WC_NONE;

	wc_cp(j, 1, again(j->v, WARM) >= 2, "NOT_REPEATED", "the oldest packet is sent again");
	for (size_t i = wc_at(j, "timeout"); i < wc_at(j, "go") && bad == WC_NONE; i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (wc_view_rx(j->v, i) && f->pdc_id == pdc && !(f->flags & WC_F_RTX) &&
		    (f->type == WC_DATA || f->type == WC_CTRL) && !wc_before(f->psn, beyond))
			bad = i;
	}
	j->evidence = bad;
	wc_cp(j, 2, bad == WC_NONE, "NEW_FIRST",
	      "after a timeout all that is outstanding is to be sent again before a new PSN");
	wc_ok(j, 3, "s");
	wc_completed(j, 3, "w7", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-64: a stream that ends leaves no PSN missing ---- */

static bool came_again(struct wc_t *t, const void *arg)
{
	size_t w = wc_rq_nth(&t->view, 0, 0), from = wc_view_mark(&t->view, "ended");

	(void)arg;
	return w != WC_NONE && from != WC_NONE &&
	       wc_rq_again(&t->view, t->view.f[w].psn, from) != WC_NONE;
}

static void given_up(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	hold_back(s);
	wc_rq_write(s, "w", 0, 64);
	wc_rq_sent(t, 1);
	wc_mark(t, "end");
	wc_value(t, "cancelled", wc_ut_end(s, true));
	wc_marker(t);			/* what was under way by then */
	wc_mark(t, "ended");
	wc_wait(t, came_again, NULL, "the PSN again");
	let_go(s);
	wc_ut_await(t, "w");
}

static void given_up_judge(struct wc_judge *j)
{
	size_t w = wc_rq_nth(j->v, 0, 0), at;
	const struct wc_frame *f;

	wc_completed(j, 1, "w", UPPER_WC_FLUSH);
	at = w == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[w].psn, wc_at(j, "ended"));
	f = at == WC_NONE ? NULL : &j->v->f[at];
	j->evidence = at;
	wc_cp(j, 2, f, "NOT_REPEATED", "its PSN is sent again");
	wc_cp(j, 3, f && f->opcode == WC_NOP, "STILL_A_REQUEST", "as a NOP");
	wc_cp(j, 4, f && f->qpn == wc_val(j, "R.qpn") && f->msn == 0, "NAMELESS",
	      "that names our queue pair and the message which will not come");
}

/* ---- TQ-BV-81: the link goes, and comes back ---- */

#define BREAKS	2u
#define SHORT_MS	10u
#define LONG_MS		1000u	/* or half of the time after which the device tries no more */

static bool lose_all(struct wc_t *t, const struct wc_frame *f)
{
	return f->pdc_id == wc_view_value(&t->view, "R.pdc", 0);
}

/* ns after which a device that knows its round trips sends a packet for the last time. */
static uint64_t tries_for(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s = wc_rq_on(c, 0);
	size_t first, last = WC_NONE;

	if (!s)
		return 0;
	warm_up(t, s);
	hold_back(s);
	wc_rq_write(s, "lost", 0, 64);
	for (unsigned i = 0; i < LOOKS && !wc_ut_dones(&t->view, "lost"); i++) {
		wc_pause(t, SOON_MS);
		wc_ut_poll(t);
	}
	wc_drop(c);
	first = wc_rq_nth(&t->view, 0, WARM);
	for (size_t i = first; first != WC_NONE && i < t->view.count; i++)
		if (wc_rq_is(&t->view, i, 0) && t->view.f[i].psn == t->view.f[first].psn)
			last = i;
	return last == WC_NONE ? 0 : t->view.t->rec[last].t_ns - t->view.t->rec[first].t_ns;
}

/* Eight WRITEs are under way when neither side hears the other any more, for so long. */
static void one_break(struct wc_stream *s, unsigned k, unsigned ms)
{
	struct wc_t *t = s->c->t;
	unsigned before = wc_rq_count(&t->view, 0, WC_NONE, false);

	hold_back(s);
	t->lose = lose_all;
	wc_rq_writes(s, k ? "y" : "x", 8);
	wc_rq_sent(t, before + 1);
	wc_pause(t, ms);
	wc_value(t, wc_nth("again", k), again(&t->view, before));
	t->lose = NULL;
	let_go(s);
	wc_ut_await(t, k ? "y7" : "x7");
}

static void link_break(struct wc_t *t)
{
	uint64_t most = tries_for(t) / 2000000;
	struct wc_stream *s;

	if (most < SHORT_MS) {
		wc_mark(t, "skip:PATIENCE_SHORT");
		return;
	}
	s = wc_rq_begin(t);
	if (!s)
		return;
	for (unsigned i = 0; i < 2; i++) {
		wc_rq_writes(s, i ? "d" : "c", 8);
		wc_ut_await(t, i ? "d7" : "c7");
	}
	for (unsigned k = 0; k < BREAKS; k++)
		one_break(s, k, !k ? SHORT_MS : most < LONG_MS ? (unsigned)most : LONG_MS);
	wc_rq_write(s, "after", 0, 64);
	wc_ut_await(t, "after");
}

static void link_break_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "lost", UPPER_WC_RETRY_EXC);
	for (unsigned i = 0; i < 8; i++) {
		wc_completed(j, 2, wc_nth("x", i), UPPER_WC_SUCCESS);
		wc_completed(j, 3, wc_nth("y", i), UPPER_WC_SUCCESS);
	}
	wc_cp(j, 4, wc_val(j, "again1") >= 1, "NOT_REPEATED",
	      "in the longer break the oldest is sent again while nobody hears it");
	wc_completed(j, 5, "after", UPPER_WC_SUCCESS);
}

#define TQ(name, ver, what, rules, stim, exp, need, how, n, fn)			\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER | (need), .mode = how, \
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_patience[] = {
	TQ("TQ-BV-60", 1, "Who is answered at last has all its patience again", "WEFT-RTX-026",
	   "a WRITE that is never acknowledged; then two that are, when they have been sent again "
	   "nearly as often", "the first fails, these complete", 0, 0, 4, patience),
	TQ("TQ-BV-61", 1, "After a timeout the congestion window is one packet",
	   "WEFT-CC-002 WEFT-CC-017", "24 WRITEs, silence until the oldest is sent again, and an "
	   "ACK of that alone", "a few packets go, the last with AR", WC_NEEDS_RUD, WC_RUD, 3,
	   after_timeout),
	TQ("TQ-BI-62", 1, "The edge of a window does not go back", "WEFT-ACK-017",
	   "an ACK with a wide window, and again with one of 2 packets; then 24 WRITEs",
	   "more than 2 are sent", 0, 0, 2, edge),
	TQ("TQ-BV-63", 1, "ROD: nothing new before what goes again", "WEFT-RTX-025",
	   "eight WRITEs, silence until the oldest is sent again by a timeout; then a SEND",
	   "no answer under a new PSN before the WRITEs were sent again or acknowledged",
	   WC_NEEDS_ROD, WC_ROD, 3, old_first),
	TQ("TQ-BV-64", 1, "Packets of a stream that ended go again as NOPs",
	   "WEFT-RTX-009 WEFT-RTX-028", "a WRITE that is not acknowledged, and CANCEL",
	   "its PSN again, as a NOP that names stream and message; the WRITE is flushed", 0, 0, 4,
	   given_up),
	TQ("TQ-BV-81", 1, "The link goes for a while, and comes back", "WEFT-RTX-007 WEFT-RTX-006",
	   "a WRITE that is never answered; on another context eight, and nothing gets through "
	   "for 10 ms, and eight more, for 1 s or half as long as the device tries",
	   "the first fails, all others complete, once; the context and its stream go on", 0, 0, 5,
	   link_break),
	{ .id = NULL },
};
