/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a sender of requests: what puts a timeout off, the end of a path that loses what
 * is long, PSNs that go round; and whether its upper tester slows it down.
 */
#include "conformance/cases/requester/requester.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- TQ-BV-72: progress puts the timeout off ---- */

#define WARM		16u		/* WRITEs, so that three packets go at once */
#define LEAST_NS	4000000ull	/* a timeout that we can wait for a part of */

static void warm_up(struct wc_t *t, struct wc_stream *s, unsigned n)
{
	for (unsigned i = 0; i < WARM / 8; i++) {
		const char *name = wc_nth("warm", 10 * n + i);
		char last[32];

		wc_rq_writes(s, name, 8);
		snprintf(last, sizeof(last), "%s7", name);
		wc_ut_await(t, last);
	}
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
static void ack(struct wc_ctx *c, uint32_t psn)
{
	struct wc_frame f = wc_f_base(c);

	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = psn;
	f.window = c->window;
	f.sack_base = psn + 1;
	wc_emit(c, &f, WC_E_LOOSE);
}

/* From the first copy of the n-th request on R to its first repetition. */
static uint64_t waited(const struct wc_view *v, unsigned n)
{
	size_t at = wc_rq_nth(v, 0, n), again;

	again = at == WC_NONE ? WC_NONE : wc_rq_again(v, v->f[at].psn, at);
	return again == WC_NONE ? 0 : v->t->rec[again].t_ns - v->t->rec[at].t_ns;
}

static void progress(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	uint64_t timeout;
	uint32_t p;

	if (!s)
		return;
	warm_up(t, s, 0);
	hold_back(s);
	wc_rq_writes(s, "c", 3);
	wc_rq_repeated(t, WARM);
	timeout = waited(&t->view, WARM);
	let_go(s);
	wc_ut_await(t, "c2");
	warm_up(t, s, 1);
	if (timeout < LEAST_NS) {
		wc_mark(t, "skip:TIMER_TOO_SHORT");
		return;
	}
	wc_value(t, "timeout", timeout);
	wc_value(t, "first", 2 * WARM + 3);
	hold_back(s);
	p = t->c->rx_next;
	wc_rq_writes(s, "w", 3);
	wc_rq_sent(t, 2 * WARM + 6);
	wc_pause(t, (unsigned)(timeout * 6 / 10 / 1000000));
	wc_mark(t, "ack");
	ack(t->c, p);
	wc_rq_repeated(t, 2 * WARM + 4);
	let_go(s);
	wc_ut_await(t, "w2");
}

static void progress_judge(struct wc_judge *j)
{
	uint64_t timeout = wc_val(j, "timeout"), from;
	size_t at = wc_rq_nth(j->v, 0, (unsigned)wc_val(j, "first") + 1), again;

	again = at == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[at].psn, at);
	j->evidence = again;
	wc_cp(j, 1, again != WC_NONE, "NOT_REPEATED", "what stays unacknowledged is sent again");
	from = j->v->t->rec[wc_at(j, "ack")].t_ns;
	wc_cp(j, 2, again == WC_NONE || j->v->t->rec[again].t_ns >= from + timeout * 3 / 4,
	      "TOO_SOON", "the timeout of %.1f ms runs from the acknowledgement on",
	      (double)timeout / 1e6);
	wc_completed(j, 3, "w2", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-73: a path that loses what is long ---- */

#define SHORT	64u
#define LONG	1024u

static bool lose_long(struct wc_t *t, const struct wc_frame *f)
{
	return f->pdc_id == wc_view_value(&t->view, "narrow", 0) && f->body_len > 2 * SHORT;
}

static void narrow(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s = wc_rq_on(c, 0);

	if (!s)
		return;
	wc_value(t, "narrow", c->id);
	t->lose = lose_long;
	wc_rq_write(s, "short", 0, SHORT);
	wc_ut_await(t, "short");
	wc_rq_write(s, "long", 0, LONG);
	wc_do_write(t->a, "beside", t->mem.key, wc_page(t, 1), wc_bytes(WC_NEW_SEED), WC_SIZE);
	for (unsigned i = 0; i < 10 && !wc_ut_dones(&t->view, "long"); i++)
		wc_ut_await(t, "long");
	t->lose = NULL;
	wc_drop(c);
	s = wc_rq_begin(t);
	if (!s)
		return;
	wc_rq_write(s, "after", 0, SHORT);
	wc_ut_await(t, "after");
}

static void narrow_judge(struct wc_judge *j)
{
	uint64_t pdc = wc_val(j, "narrow");
	unsigned copies = 0;

	for (size_t i = 0; i < j->v->count; i++)
		copies += wc_view_rx(j->v, i) && j->v->f[i].pdc_id == pdc &&
			  j->v->f[i].type == WC_DATA && j->v->f[i].body_len > 2 * SHORT;
	wc_completed(j, 1, "short", UPPER_WC_SUCCESS);
	wc_completed(j, 2, "long", UPPER_WC_RETRY_EXC);
	wc_cp(j, 3, copies >= 3, "GAVE_UP_EARLY", "it is sent again a few times before that");
	wc_ok(j, 4, "beside");
	wc_completed(j, 5, "after", UPPER_WC_SUCCESS);
}

/* ---- TQ-ST-71: PSNs go round more than once ---- */

#define EACH	30u		/* WRITEs of a batch */
#define TURNS	2u
#define BATCHES	8u

/* Each fifth first copy of a request. */
static bool lose_fifths(struct wc_t *t, const struct wc_frame *f)
{
	return f->type == WC_DATA && !(f->flags & WC_F_RTX) && t->lost++ % 5 == 4;
}

static void rounds(struct wc_t *t)
{
	for (unsigned r = 0; r < TURNS; r++) {
		struct wc_stream *s = wc_rq_near_end(t);

		if (!s)
			return;
		wc_value(t, wc_nth("pdc", r), s->c->id);
		t->lose = lose_fifths;
		for (unsigned b = 0; b < BATCHES; b++) {
			char name[16], last[24];

			snprintf(name, sizeof(name), "%c%u.", 'a' + r, b);
			snprintf(last, sizeof(last), "%s%u", name, EACH - 1);
			wc_rq_writes(s, name, EACH);
			wc_ut_await(t, last);
		}
		t->lose = NULL;
		wc_ut_end(s, false);
		wc_reset(s->c);		/* else its next stream is one of this context */
		wc_marker(t);
	}
}

static void rounds_judge(struct wc_judge *j)
{
	for (unsigned r = 0; r < TURNS; r++) {
		uint64_t pdc = wc_val(j, wc_nth("pdc", r));
		bool below = false, above = false;

		for (size_t i = 0; i < j->v->count; i++) {
			const struct wc_frame *f = &j->v->f[i];
			bool write = wc_view_rx(j->v, i) && f->type == WC_DATA &&
				     f->pdc_id == pdc && f->opcode == WC_WRITE;

			below |= write && f->psn > WC_NEAR_END;
			above |= write && f->psn < EACH;
		}
		wc_cp(j, 1, below && above, "NO_WRAP", "PSNs go on at 0 in turn %u", r + 1);
		for (unsigned i = 0; i < BATCHES * EACH; i++) {
			char name[32];

			snprintf(name, sizeof(name), "%c%u.%u", 'a' + r, i / EACH, i % EACH);
			wc_completed(j, 2, name, UPPER_WC_SUCCESS);
		}
	}
}

/* ---- UT-CA-04: round trips with and without the upper tester ---- */

#define TRIPS	31u

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void trips(struct wc_t *t)
{
	for (unsigned i = 0; i < TRIPS; i++)
		wc_do_read(t->a, wc_nth("alone", i), t->mem.key, wc_page(t, 1), WC_SIZE);
	for (unsigned i = 0; i < TRIPS; i++) {
		wc_ut_poll(t);
		wc_do_read(t->a, wc_nth("beside", i), t->mem.key, wc_page(t, 1), WC_SIZE);
	}
	wc_value(t, "virtual", t->dut->port->virtual_time);
}

/* The median of TRIPS round trips; all of them completed. */
static uint64_t median(struct wc_judge *j, unsigned n, const char *name)
{
	uint64_t ns[TRIPS] = { 0 };

	for (unsigned i = 0; i < TRIPS; i++) {
		struct wc_result r = wc_res(j, wc_nth(name, i));

		wc_ok(j, n, wc_nth(name, i));
		if (r.evidence != WC_NONE)
			ns[i] = j->v->t->rec[r.evidence].t_ns - j->v->t->rec[r.at].t_ns;
	}
	qsort(ns, TRIPS, sizeof(ns[0]), by_size);
	return ns[TRIPS / 2];
}

static void trips_judge(struct wc_judge *j)
{
	uint64_t alone = median(j, 1, "alone"), beside = median(j, 1, "beside");
	uint64_t slack = wc_val(j, "virtual") ? 50000 : 2000000;

	wc_cp(j, 2, beside <= 2 * alone + slack, "SLOWER",
	      "a READ after a command of the upper tester takes no longer: %.3f ms, not %.3f ms",
	      (double)alone / 1e6, (double)beside / 1e6);
}

const struct wc_case wc_cases_waits[] = {
	{
		.id = "TQ-BV-72", .version = 1, .title = "RUD: progress puts the timeout off",
		.reqs = "WEFT-RTX-006",
		.stimulus = "three WRITEs that are not acknowledged, until the first comes again; "
			    "three more, the first of them acknowledged within that time",
		.expected = "the second is sent again that time after the acknowledgement",
		.needs = WC_NEEDS_UPPER | WC_NEEDS_RUD, .mode = WC_RUD, .timed = true,
		.checkpoints = 3, .drive = progress, .judge = progress_judge,
	}, {
		.id = "TQ-BV-73", .version = 1, .title = "A path that loses long packets",
		.reqs = "WEFT-RTX-007", .stimulus = "a WRITE of 64 bytes, and one of 1024 that "
		"never comes; work beside it, and on another context after it",
		.expected = "the long one fails as by a peer that is gone; all else is done",
		.needs = WC_NEEDS_UPPER, .checkpoints = 5, .drive = narrow, .judge = narrow_judge,
	},
	{
		.id = "TQ-ST-71", .version = 1,
		.title = "PSNs go round more than once, with losses",
		.reqs = "WEFT-CONV-001 WEFT-PDC-004",
		.stimulus = "NACK NEW_START_PSN up to 16 below the end on one context and then on "
			    "another, each with 240 WRITEs, of which some are lost once",
		.expected = "PSNs go on at 0 both times; all complete",
		.needs = WC_NEEDS_UPPER | WC_NEEDS_CALLER, .checkpoints = 2, .drive = rounds,
		.judge = rounds_judge,
	},
	{ .id = NULL },
};

const struct wc_case wc_cases_trips[] = {
	{
		.id = "UT-CA-04", .version = 1, .title = "Commands slow nothing down",
		.reqs = "", .stimulus = "31 READs, and 31 with a command before each",
		.expected = "round trips of the same length", .needs = WC_NEEDS_UPPER,
		.timed = true, .checkpoints = 2, .drive = trips, .judge = trips_judge,
	},
	{ .id = NULL },
};
