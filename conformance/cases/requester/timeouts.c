/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a sender of requests: how long its timeouts are, how often it tries, a NACK that
 * comes again, an atomic that nobody answers.  Those that hold it to the microsecond need a clock
 * that is its own: virtual time.
 */
#include "conformance/cases/requester/requester.h"
#include "conformance/port.h"

#define TRIPS	28u
#define THREE	3u
#define LOOKS	2000u	/* of 5 ms, for the end of a context */
#define PAUSES	24u	/* more than any device has before it gives up, that we note */

/* ---- round trips as long as we make them ---- */

/* In ms.  Longer and longer: before it has seen round trips a device may wait for 4 ms alone. */
static const uint8_t ramp[] = { 3, 3, 4, 5, 6, 8, 10, 13, 17, 20, 25, 30 };
#define RAMP (sizeof(ramp) / sizeof(ramp[0]))

struct trips {
	uint64_t srtt, var, least;
};

/* WEFT-RTX-021 */
static void sample(struct trips *r, uint64_t ns)
{
	uint64_t off = ns > r->srtt ? ns - r->srtt : r->srtt - ns;

	if (!r->srtt) {
		*r = (struct trips){ ns, ns / 2, ns };
		return;
	}
	r->least = ns < r->least ? ns : r->least;
	r->var += off / 4;
	r->var -= (r->var - off / 4) / 4;
	r->srtt = (7 * r->srtt + ns) / 8;
}

/*
 * A stream on a context of its own whose packets are acknowledged after slow and fast ms in turn,
 * and nothing of which is answered.  NULL: the device's timeouts are shorter than that, or it has
 * another clock than ours.
 */
static struct wc_stream *paced(struct wc_t *t, unsigned slow, unsigned fast, struct trips *r)
{
	struct wc_ctx *c = wc_open(t, WC_RUD, WC_DOMAIN);
	struct wc_stream *s;

	if (!t->dut->port->virtual_time) {
		wc_mark(t, "skip:REAL_TIME");
		return NULL;
	}
	c->quiet = true;
	s = wc_rq_on(c, 0);
	for (unsigned i = 0; s && i < TRIPS; i++) {
		unsigned ms;
		size_t at;

		s->mute = true;
		wc_rq_write(s, wc_nth("trip", i), 0, 64);
		wc_rq_sent(t, i + 1);
		at = wc_rq_nth(&t->view, 0, i);
		ms = i % 2 ? fast : slow;
		wc_pause(t, i < RAMP && ramp[i] < ms ? ramp[i] : ms);
		if (at != WC_NONE)
			sample(r, wc_now(t) - t->t0_ns - t->view.t->rec[at].t_ns);
		c->quiet = false;
		c->ack_due = true;
		wc_drive_answers(t);
		c->quiet = true;
	}
	if (!s || !wc_rq_count(&t->view, 0, WC_NONE, true))
		return s;
	wc_mark(t, "skip:TIMER_TOO_SHORT");
	return NULL;
}

/* ---- TQ-TI-78, TQ-BV-77: timeouts, and the end of patience ---- */

/* The pauses between the sendings of the packet in record at, as values NAME0, ...; how many. */
static unsigned note_pauses(struct wc_t *t, const char *name, size_t at)
{
	uint64_t psn = t->view.f[at].psn, last = t->view.t->rec[at].t_ns;
	unsigned n = 0;

	for (size_t i = at + 1; i < t->view.count && n < PAUSES; i++) {
		if (!wc_rq_is(&t->view, i, 0) || t->view.f[i].psn != psn)
			continue;
		wc_value(t, wc_nth(name, n++), t->view.t->rec[i].t_ns - last);
		last = t->view.t->rec[i].t_ns;
	}
	wc_value(t, wc_nth(name, PAUSES), wc_now(t) - t->t0_ns - last);
	return n;
}

/* Three WRITEs that nobody acknowledges: the oldest goes again at each timeout, until the end. */
static unsigned wait_for_end(struct wc_stream *s, const char *work, const char *pause)
{
	struct wc_t *t = s->c->t;
	unsigned before = wc_rq_count(&t->view, 0, WC_NONE, false);
	size_t at;

	wc_rq_writes(s, work, THREE);
	wc_rq_sent(t, before + 1);
	at = wc_rq_nth(&t->view, 0, before);
	for (unsigned i = 0; i < LOOKS && !wc_ut_dones(&t->view, wc_nth(work, 0)); i++) {
		wc_pause(t, 5);
		wc_ut_poll(t);
	}
	wc_drop(s->c);
	return at == WC_NONE ? 0 : note_pauses(t, pause, at);
}

static void timeouts(struct wc_t *t)
{
	struct trips r = { 0, 0, 0 };
	struct wc_stream *s = paced(t, 30, 20, &r);

	if (!s)
		return;
	wc_value(t, "rto", r.srtt + 4 * r.var);
	wc_value(t, "n", wait_for_end(s, "w", "pause"));
	s = wc_rq_on(wc_open(t, WC_RUD, WC_DOMAIN), 0);
	if (!s)
		return;
	/* Round trips of nothing, as near as the device can tell: the least timeout. */
	for (unsigned i = 0; i < TRIPS; i++) {
		wc_rq_write(s, wc_nth("near", i), 0, 64);
		wc_ut_await(t, wc_nth("near", i));
	}
	s->c->quiet = true;
	s->mute = true;
	wc_value(t, "m", wait_for_end(s, "v", "least"));
}

/* Is it that long, but for a part that the clocks of both may differ by? */
static bool about(uint64_t is, uint64_t want)
{
	uint64_t slack = want / 20 + 100000;

	return is + slack >= want && is <= want + slack;
}

static void timeouts_judge(struct wc_judge *j)
{
	uint64_t rto = wc_val(j, "rto"), least = wc_val(j, "least0"), most = 0, last = 0;
	unsigned n = (unsigned)wc_val(j, "n");

	for (unsigned i = 0; i < n; i++) {
		last = wc_val(j, wc_nth("pause", i));
		most = last > most ? last : most;
	}
	if (rto < least)
		rto = least;
	if (n && rto > most)
		rto = most;
	wc_cp(j, 1, n >= 3, "GAVE_UP_EARLY", "it is sent again a few times, not %u", n);
	wc_cp(j, 2, about(wc_val(j, "pause0"), rto), "WRONG_TIMEOUT",
	      "the timeout is srtt + 4 * var, %llu us, not %llu us", (unsigned long long)rto / 1000,
	      (unsigned long long)wc_val(j, "pause0") / 1000);
	for (unsigned i = 1; i < n; i++) {
		uint64_t p = wc_val(j, wc_nth("pause", i));
		uint64_t twice = 2 * wc_val(j, wc_nth("pause", i - 1));

		wc_cp(j, 3, about(p, twice < most ? twice : most), "NO_BACKOFF", "pause %u is "
		      "twice the one before, or the greatest: %llu us", i + 1,
		      (unsigned long long)p / 1000);
	}
}

/* The last timeout is not waited for in vain: the device gives up when it, too, is over. */
static void end_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "n"), m = (unsigned)wc_val(j, "m");
	uint64_t last = n ? wc_val(j, wc_nth("pause", n - 1)) : 0;
	uint64_t end = wc_val(j, wc_nth("pause", PAUSES));

	wc_completed(j, 1, "trip0", UPPER_WC_RETRY_EXC);	/* was not answered either */
	wc_completed(j, 1, "w0", UPPER_WC_FLUSH);
	wc_completed(j, 1, "v0", UPPER_WC_RETRY_EXC);
	wc_cp(j, 2, n >= 3 && n == m, "OTHER_LIMIT", "it tries as often on one context as on "
	      "another, %u times and %u", n, m);
	wc_cp(j, 3, end + last / 20 >= last, "GAVE_UP_EARLY", "it gives up at the timeout after "
	      "the last repetition, in %llu us or more, not after %llu us",
	      (unsigned long long)last / 1000, (unsigned long long)end / 1000);
	wc_cp(j, 4, end <= 2 * last + last / 10 + 20000000, "GAVE_UP_LATE", "and not later than "
	      "that, in %llu us at most, not after %llu us", (unsigned long long)last / 500,
	      (unsigned long long)end / 1000);
}

/* ---- TQ-BI-75: a NACK that comes again ---- */

static void nack_missing(struct wc_ctx *c, uint64_t first)
{
	struct wc_frame f = wc_f_base(c);

	f.type = WC_NACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = (first - 1) & 0xffffffff;
	f.reason = WC_N_MISSING;
	f.count = 1;
	f.range[0].first = first;
	f.range[0].count = 1;
	wc_emit(c, &f, WC_E_LOOSE);
}

static void nack_again(struct wc_t *t)
{
	struct trips r = { 0, 0, 0 };
	struct wc_stream *s = paced(t, 3, 3, &r);
	size_t at;

	if (!s)
		return;
	wc_rq_writes(s, "w", THREE);
	wc_rq_sent(t, TRIPS + THREE);
	at = wc_rq_nth(&t->view, 0, TRIPS);
	if (at == WC_NONE)
		return;
	wc_value(t, "psn", t->view.f[at].psn);
	wc_mark(t, "nack");
	nack_missing(s->c, t->view.f[at].psn);
	wc_pause(t, 1);
	wc_mark(t, "soon");
	nack_missing(s->c, t->view.f[at].psn);
	wc_pause(t, 1);
	wc_mark(t, "late");
	wc_pause(t, 2);
	nack_missing(s->c, t->view.f[at].psn);
	wc_pause(t, 20);
	s->c->quiet = false;
	s->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w2");
}

static void nack_again_judge(struct wc_judge *j)
{
	uint64_t psn = wc_val(j, "psn");
	size_t once = wc_rq_again(j->v, psn, wc_at(j, "nack")), soon;

	j->evidence = once;
	wc_cp(j, 1, once < wc_at(j, "soon"), "NOT_REPEATED", "what the first NACK names goes again "
	      "at once");
	soon = wc_rq_again(j->v, psn, wc_at(j, "soon"));
	j->evidence = soon;
	wc_cp(j, 2, soon == WC_NONE || soon > wc_at(j, "late"), "AGAIN_TOO_SOON",
	      "a NACK of what was sent again less than a round trip ago is of before, and ignored");
	wc_cp(j, 3, soon != WC_NONE, "FORGOTTEN", "after a round trip it goes again");
	wc_completed(j, 4, "w2", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-79: a path that is longer ---- */

/* All that the device sent but the packet hole: by ack_psn what is before, by bitmap n after it. */
static void ack_but(struct wc_ctx *c, uint64_t hole, unsigned n)
{
	struct wc_frame f = wc_f_base(c);

	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = (hole - 1) & 0xffffffff;
	f.window = c->window;
	f.sack_base = hole;
	f.words = 1;
	f.sack[0] = ((1ull << n) - 1) << (63 - n);
	wc_emit(c, &f, WC_E_LOOSE);
}

/* Three WRITEs of which the first takes a longer path: that it has not come is told. */
static size_t overtaken(struct wc_stream *s, const char *name)
{
	struct wc_t *t = s->c->t;
	unsigned before = wc_rq_count(&t->view, 0, WC_NONE, false);
	size_t at;

	for (unsigned i = 0; i < THREE; i++) {
		wc_rq_write(s, wc_nth(name, i), 64 * i, 64);
		wc_rq_sent(t, before + i + 1);
		wc_marker(t);		/* so that the next is sent later, if not by much */
	}
	if (!wc_rq_enough(t, wc_rq_count(&t->view, 0, WC_NONE, false) - before, THREE))
		return WC_NONE;
	at = wc_rq_nth(&t->view, 0, before);
	wc_pause(t, 1);
	ack_but(s->c, t->view.f[at].psn, THREE - 1);
	return at;
}

static void longer_path(struct wc_t *t)
{
	struct trips r = { 0, 0, 0 };
	struct wc_stream *s = paced(t, 3, 3, &r);
	size_t at;

	if (!s)
		return;
	wc_value(t, "srtt", r.srtt);
	wc_value(t, "reorder", r.least / 4 + 2 * r.var);
	wc_mark(t, "comes");
	at = overtaken(s, "w");
	if (at == WC_NONE)
		return;
	wc_pause(t, 2);
	s->c->quiet = false;
	s->c->ack_due = true;
	wc_drive_answers(t);
	s->c->quiet = true;
	wc_pause(t, 40);
	wc_mark(t, "lost");
	at = overtaken(s, "v");
	if (at == WC_NONE)
		return;
	wc_value(t, "psn", t->view.f[at].psn);
	wc_pause(t, 40);
	s->c->quiet = false;
	s->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "v2");
}

static void longer_path_judge(struct wc_judge *j)
{
	uint64_t srtt = wc_val(j, "srtt"), reorder = wc_val(j, "reorder"), waited = 0;
	size_t first = WC_NONE, again;

	wc_cp(j, 1, wc_rq_count(j->v, wc_at(j, "comes"), wc_at(j, "lost"), true) == 0, "TOO_SOON",
	      "a packet that comes by a longer path, within that time, is not sent again");
	for (size_t i = wc_at(j, "lost"); i < j->v->count && first == WC_NONE; i++)
		if (wc_rq_is(j->v, i, 0) && j->v->f[i].psn == wc_val(j, "psn"))
			first = i;
	again = first == WC_NONE ? WC_NONE : wc_rq_again(j->v, wc_val(j, "psn"), first);
	j->evidence = again;
	wc_cp(j, 2, again != WC_NONE, "NOT_REPEATED", "one that does not come is");
	if (again != WC_NONE)
		waited = j->v->t->rec[again].t_ns - j->v->t->rec[first].t_ns;
	wc_cp(j, 3, waited + srtt / 20 >= srtt + reorder, "TOO_SOON", "not before a round trip and "
	      "the reordering time, %llu us, but after %llu us",
	      (unsigned long long)(srtt + reorder) / 1000, (unsigned long long)waited / 1000);
	wc_cp(j, 4, waited <= srtt + 2 * reorder + srtt / 10, "TOO_LATE", "but then, and not at a "
	      "timeout: in %llu us, not after %llu us", (unsigned long long)(srtt + 2 * reorder) /
	      1000, (unsigned long long)waited / 1000);
	wc_completed(j, 5, "v2", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-76: an atomic, and silence ---- */

static bool lose_all(struct wc_t *t, const struct wc_frame *f)
{
	return f->pdc_id == t->c->id;
}

static void atomic_end(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	wc_rq_fadd(s, "before", 0);
	wc_ut_await(t, "before");
	t->lose = lose_all;
	wc_rq_fadd(s, "w", 0);
	wc_rq_fadd(s, "x", 8);
	for (unsigned i = 0; i < 10 && !wc_ut_dones(&t->view, "x"); i++)
		wc_ut_await(t, "x");
	t->lose = NULL;
	wc_drop(t->c);
}

static void atomic_end_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "before", UPPER_WC_SUCCESS);
	wc_completed(j, 2, "w", UPPER_WC_RETRY_EXC);
	wc_completed(j, 3, "x", UPPER_WC_FLUSH);
}

const struct wc_case wc_cases_timeouts[] = {
	{
		.id = "TQ-TI-78", .version = 1, .title = "RUD: how long a timeout is",
		.reqs = "WEFT-RTX-006 WEFT-RTX-021",
		.stimulus = "WRITEs acknowledged after 20 ms and 30 ms in turn, then three that "
			    "are not (virtual time)",
		.expected = "the oldest goes again after srtt + 4 * var, and after pauses that "
			    "double up to the greatest",
		.needs = WC_NEEDS_UPPER | WC_NEEDS_RUD, .mode = WC_RUD, .checkpoints = 3,
		.drive = timeouts, .judge = timeouts_judge,
	}, {
		.id = "TQ-BV-77", .version = 1, .title = "RUD: patience ends after so many tries",
		.reqs = "WEFT-RTX-007",
		.stimulus = "three WRITEs that are not acknowledged, on one context and on another "
			    "(virtual time)",
		.expected = "as many repetitions on both, then RETRY_EXC at the next timeout",
		.needs = WC_NEEDS_UPPER | WC_NEEDS_RUD, .mode = WC_RUD, .checkpoints = 4,
		.drive = timeouts, .judge = end_judge,
	}, {
		.id = "TQ-BI-75", .version = 1, .title = "RUD: a NACK that comes again",
		.reqs = "WEFT-RTX-003",
		.stimulus = "round trips of 3 ms; NACK MISSING of a WRITE, again 1 ms after, and "
			    "again 3 ms after (virtual time)",
		.expected = "it goes again for the first and the last",
		.needs = WC_NEEDS_UPPER | WC_NEEDS_RUD, .mode = WC_RUD, .checkpoints = 4,
		.drive = nack_again, .judge = nack_again_judge,
	}, {
		.id = "TQ-BV-79", .version = 1, .title = "RUD: who is overtaken is not yet lost",
		.reqs = "WEFT-RTX-002 WEFT-RTX-023",
		.stimulus = "round trips of 3 ms; of three WRITEs the first is acknowledged last, "
			    "after 3 ms; then never (virtual time)",
		.expected = "it is not sent again; then it is, a round trip and the reordering "
			    "time after it was sent",
		.needs = WC_NEEDS_UPPER | WC_NEEDS_RUD, .mode = WC_RUD, .checkpoints = 5,
		.drive = longer_path, .judge = longer_path_judge,
	}, {
		.id = "TQ-BV-76", .version = 1,
		.title = "An atomic that nobody answers is not done",
		.reqs = "WEFT-RTX-007", .stimulus = "two FADDs, and silence",
		.expected = "RETRY_EXC and a flush, no old value", .needs = WC_NEEDS_UPPER,
		.ends_context = true, .checkpoints = 3, .drive = atomic_end,
		.judge = atomic_end_judge,
	},
	{ .id = NULL },
};
