/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a requester: what its messages are like, when they complete, and how.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

/* ---- TQ-BV-01: a message is sent in packets that fit together ----------------------- */

static const uint32_t lengths[] = { 0, 1, 64, 1023, 1024, 1025, 20003 };
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static void packets(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	for (unsigned i = 0; s && i < LENGTHS; i++) {
		wc_rq_write(s, wc_nth("w", i), 100, lengths[i]);
		wc_ut_await(t, wc_nth("w", i));
	}
}

static void packets_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < LENGTHS; i++) {
		j->evidence = wc_rq_nth(j->v, WC_WRITE, i);
		wc_cp(j, 1, wc_rq_whole(j->v, i, 100, lengths[i]), "BROKEN_MESSAGE",
		      "WRITE %u of %u bytes comes as offsets from 0 on, first and last marked, "
		      "with the bytes of its memory", i, lengths[i]);
		wc_completed(j, 2, wc_nth("w", i), UPPER_WC_SUCCESS);
	}
}

/* ---- TQ-BV-02: a READ completes when all its data are there ------------------------- */

static void late_read(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	wc_fill(t->own, 20000, 9);
	s->mute = true;
	wc_rq_read(s, "r", 0, 20000);
	wc_rq_sent(t, 1);
	wc_pause(t, 20);
	wc_ut_poll(t);
	wc_mark(t, "answer");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "r");
	wc_ut_memory(t, "all", 19000, 1000);
}

static void late_read_judge(struct wc_judge *j)
{
	static uint8_t want[20000];
	struct upper_done d;
	const uint8_t *got;
	uint32_t len;

	wc_fill(want, sizeof(want), 9);
	wc_completed(j, 1, "r", UPPER_WC_SUCCESS);
	j->evidence = wc_ut_done(j->v, "r", wc_at(j, "answer"), &d);
	wc_cp(j, 2, j->evidence == WC_NONE, "COMPLETED_EARLY",
	      "the READ completes after its data have come");
	got = wc_ut_bytes(j->v, "all", &len);
	wc_cp(j, 3, got && len == 1000 && !memcmp(got, want + 19000, 1000), "WRONG_DATA",
	      "its memory holds what we sent");
}

/* ---- TQ-BV-03: an atomic too -------------------------------------------------------- */

#define OLD_WORD 0x8877665544332211ull	/* of our memory */

static void late_atomic(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	upper_put(t->own, OLD_WORD, 8);
	s->mute = true;
	wc_rq_fadd(s, "f", 0);
	wc_rq_sent(t, 1);
	wc_pause(t, 20);
	wc_ut_poll(t);
	wc_mark(t, "answer");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "f");
	wc_ut_memory(t, "f", 0, 8);
}

/* The old value is in the completion or, with verbs, in the memory that the request names. */
static bool old_came(const struct wc_view *v)
{
	struct upper_done d = { 0 };
	uint32_t len;
	const uint8_t *got = wc_ut_bytes(v, "f", &len);

	return wc_ut_done(v, "f", WC_NONE, &d) != WC_NONE &&
	       (d.value == OLD_WORD || (got && len == 8 && upper_get(got, 8) == OLD_WORD));
}

static void late_atomic_judge(struct wc_judge *j)
{
	size_t at = wc_rq_nth(j->v, WC_ATOMIC, 0);
	const struct wc_frame *f = at == WC_NONE ? NULL : &j->v->f[at];
	struct upper_done d = { 0 };

	wc_completed(j, 1, "f", UPPER_WC_SUCCESS);
	j->evidence = wc_ut_done(j->v, "f", wc_at(j, "answer"), &d);
	wc_cp(j, 2, j->evidence == WC_NONE, "COMPLETED_EARLY",
	      "the atomic completes after its answer has come");
	j->evidence = at;
	wc_cp(j, 3, f && f->aop == WC_FADD && f->width == 8 && f->operand == 1, "BAD_ATOMIC",
	      "FADD of 1, 8 bytes wide");
	wc_cp(j, 4, old_came(j->v), "WRONG_OLD", "it brings the old value, all 64 bits");
}

/* ---- TQ-BV-04: one TACK for several ------------------------------------------------- */

#define FOUR 4u

static void cumulative(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	s->mute = true;
	wc_rq_writes(s, "w", FOUR);
	wc_rq_sent(t, FOUR);
	wc_pause(t, 20);
	wc_ut_poll(t);
	wc_mark(t, "answer");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, wc_nth("w", FOUR - 1));
	wc_pause(t, 5);
	wc_ut_poll(t);
}

static void cumulative_judge(struct wc_judge *j)
{
	struct upper_done d;
	size_t before = 0;

	for (unsigned i = 0; i < FOUR; i++) {
		const char *name = wc_nth("w", i);
		size_t at = wc_ut_done(j->v, name, WC_NONE, &d);

		wc_completed(j, 1, name, UPPER_WC_SUCCESS);
		j->evidence = at;
		wc_cp(j, 2, wc_ut_done(j->v, name, wc_at(j, "answer"), &d) == WC_NONE,
		      "COMPLETED_EARLY", "%s completes after the TACK", name);
		wc_cp(j, 3, at >= before, "ORDER", "they complete in their order");
		before = at;
	}
}

/* ---- TQ-BI-05: a fence -------------------------------------------------------------- */

static void fence(struct wc_t *t)
{
	const struct wc_work w = { .op = UPPER_DO_WRITE, .flags = UPPER_FENCE, .len = 64,
				   .addr = WC_OWN_BASE };
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	s->mute = true;
	wc_rq_read(s, "r", 0, 64);
	wc_ut_post(s, "w", &w);
	wc_rq_sent(t, 1);
	wc_pause(t, 30);
	wc_mark(t, "answer");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w");
}

static void fence_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "r", UPPER_WC_SUCCESS);
	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	j->evidence = wc_rq_nth(j->v, WC_WRITE, 0);
	wc_cp(j, 2, j->evidence != WC_NONE && j->evidence > wc_at(j, "answer"), "FENCE_IGNORED",
	      "the WRITE with FENCE is sent when the READ before it is complete");
}

/* ---- TQ-BI-06: what a refusal does -------------------------------------------------- */

static const struct {
	enum wc_status status;
	unsigned done;
} refusals[] = {
	{ WC_BAD_OPCODE, UPPER_WC_REM_INV_REQ }, { WC_BAD_KEY, UPPER_WC_REM_ACCESS },
	{ WC_BAD_DOMAIN, UPPER_WC_REM_ACCESS }, { WC_NO_RIGHTS, UPPER_WC_REM_ACCESS },
	{ WC_OUT_OF_BOUNDS, UPPER_WC_REM_ACCESS }, { WC_NO_RESOURCES, UPPER_WC_REM_INV_REQ },
	{ WC_TOO_LONG, UPPER_WC_REM_INV_REQ }, { WC_MALFORMED, UPPER_WC_REM_INV_REQ },
	{ WC_MISALIGNED, UPPER_WC_REM_INV_REQ }, { WC_OP_FAILED, UPPER_WC_REM_OP },
};
#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void refuse(struct wc_stream *s, uint32_t msn, enum wc_status status, unsigned times,
		   uint32_t delay_ns)
{
	s->refuse_msn = msn;
	s->refuse = status;
	s->refuse_times = times;
	s->refuse_delay_ns = delay_ns;
}

static void refused_writes(struct wc_t *t)
{
	for (unsigned i = 0; i < REFUSALS; i++) {
		struct wc_stream *s = wc_rq_begin(t);

		if (!s)
			return;
		refuse(s, 1, refusals[i].status, 1, 0);
		for (unsigned k = 0; k < 3; k++)
			wc_rq_write(s, wc_nth(k == 0 ? "a" : k == 1 ? "b" : "c", i), 64 * k, 64);
		wc_ut_await(t, wc_nth("c", i));
		/* verbs take it and flush it; another interface may say no at once */
		wc_value(t, wc_nth("later", i), wc_rq_write(s, wc_nth("d", i), 0, 64));
		if (wc_view_value(&t->view, wc_nth("later", i), 0))
			wc_ut_await(t, wc_nth("d", i));
	}
}

static void refused_writes_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < REFUSALS; i++) {
		wc_completed(j, 1, wc_nth("a", i), UPPER_WC_SUCCESS);
		wc_completed(j, 2, wc_nth("b", i), refusals[i].done);
		wc_completed(j, 3, wc_nth("c", i), UPPER_WC_FLUSH);
		if (wc_val(j, wc_nth("later", i)))
			wc_completed(j, 3, wc_nth("d", i), UPPER_WC_FLUSH);
	}
}

/* ---- TQ-BI-07: the device says that its end of a refused READ has failed ------------ */

static size_t disconnect_of(const struct wc_view *v, uint32_t qpn)
{
	struct wc_tlv_view tlv;

	for (size_t i = 0; i < v->count; i++) {
		struct wc_ep_end e = { 0 };

		if (!wc_view_rx(v, i) || v->f[i].type != WC_CTRL ||
		    !wc_frame_find_tlv(&v->f[i], WC_TLV_EP_DISCONNECT, wc_h_ep_disconnect.bytes,
				       &tlv))
			continue;
		wc_unpack(&wc_h_ep_disconnect, tlv.value, &e);
		if (e.dst_qpn == qpn && e.reason == WC_EP_ERROR)
			return i;
	}
	return WC_NONE;
}

static bool told(struct wc_t *t, const void *arg)
{
	return disconnect_of(&t->view, *(const uint32_t *)arg) != WC_NONE;
}

static void refused_read(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	refuse(s, 0, WC_OP_FAILED, 1, 0);
	wc_rq_read(s, "r", 0, 64);
	wc_ut_await(t, "r");
	wc_wait(t, told, &s->qpn, "EP_DISCONNECT");
}

static void refused_read_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "r", UPPER_WC_REM_OP);
	j->evidence = disconnect_of(j->v, (uint32_t)wc_val(j, "R.qpn"));
	wc_cp(j, 2, j->evidence != WC_NONE, "NOT_TOLD",
	      "EP_DISCONNECT with reason ERROR follows the refusal of a READ");
}

/* ---- TQ-BV-08, TQ-BI-09: RNR -------------------------------------------------------- */

#define DELAY_NS 40000000u
#define CLOCK_NS 40000u	/* what else we send takes time on our clock that it does not see */

/*
 * In virtual time the device's clock lags behind ours by what we sent while it did not run, which
 * before this case may be a flood.  It catches up in a pause, so that CLOCK_NS is enough for the
 * few packets from there to the refusal.
 */
static void not_ready(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	wc_pause(t, 1);
	refuse(s, 1, WC_RNR, 1, DELAY_NS);
	for (unsigned i = 0; i < 3; i++)
		wc_rq_send(s, wc_nth("s", i), 64 * i, 64);
	wc_ut_await(t, "s2");
}

/* The n-th packet of R with that MSN that is no repetition. */
static size_t of_msn(const struct wc_view *v, uint64_t msn, unsigned n)
{
	for (size_t i = 0; i < v->count; i++)
		if (wc_rq_is(v, i, 0) && v->f[i].msn == msn && !(v->f[i].flags & WC_F_RTX) &&
		    n-- == 0)
			return i;
	return WC_NONE;
}

/* Our n-th TACK with that status. */
static size_t our_tack(const struct wc_view *v, enum wc_status status, unsigned n)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->t->rec[i].kind == WC_R_TX && !v->wrong[i] && v->f[i].type == WC_DATA &&
		    v->f[i].opcode == WC_TACK && v->f[i].status == status &&
		    !(v->f[i].flags & WC_F_RTX) && n-- == 0)
			return i;
	return WC_NONE;
}

static void not_ready_judge(struct wc_judge *j)
{
	size_t rnr = our_tack(j->v, WC_RNR, 0), again = of_msn(j->v, 1, 1), last = WC_NONE;
	const struct wc_frame *f = again == WC_NONE ? NULL : &j->v->f[again];

	for (unsigned i = 0; i < 3; i++)
		wc_completed(j, 1, wc_nth("s", i), UPPER_WC_SUCCESS);
	j->evidence = again;
	wc_cp(j, 2, f && rnr != WC_NONE, "NOT_REPLAYED", "the SEND that was refused is sent anew");
	wc_cp(j, 3, f && rnr != WC_NONE &&
	      j->v->t->rec[again].t_ns - j->v->t->rec[rnr].t_ns >= DELAY_NS - CLOCK_NS, "RNR_EARLY",
	      "it waits the delay of %u ms", DELAY_NS / 1000000);
	wc_cp(j, 4, f && f->oflags & WC_O_EPOCH, "SAME_EPOCH", "the replay has the other EPOCH");
	for (unsigned n = 0; n < 2 && (last == WC_NONE || last < again); n++)
		last = of_msn(j->v, 2, n);	/* once before the refusal came, or not at all */
	wc_cp(j, 5, last != WC_NONE && last > again && j->v->f[last].oflags & WC_O_EPOCH &&
	      of_msn(j->v, 0, 1) == WC_NONE, "WRONG_REPLAY",
	      "the replay begins with the message that was refused, and goes on to the end");
}

#define PATIENT_TIMES 2u

static void never_ready(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_on(t->c, PATIENT_TIMES);

	if (!s)
		return;
	refuse(s, 0, WC_RNR, 50, 1000000);
	wc_rq_send(s, "s", 0, 64);
	wc_rq_write(s, "w", 0, 64);
	wc_ut_await(t, "w");
	wc_pause(t, 10);
}

static void never_ready_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "s", UPPER_WC_RNR_RETRY_EXC);
	wc_completed(j, 2, "w", UPPER_WC_FLUSH);
	j->evidence = our_tack(j->v, WC_RNR, PATIENT_TIMES);
	wc_cp(j, 3, j->evidence != WC_NONE && our_tack(j->v, WC_RNR, PATIENT_TIMES + 1) == WC_NONE,
	      "RNR_RETRY_COUNT", "it is sent once and %u times again", PATIENT_TIMES);
}

/* ---- TQ-BI-10: answers that nothing asked for --------------------------------------- */

static void unasked(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	static const uint8_t zeros[64];
	struct wc_frame f;

	if (!s)
		return;
	s->mute = true;
	wc_rq_write(s, "w", 0, 64);
	wc_rq_sent(t, 1);
	f = wc_f_nop(s);
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.qpn = s->peer_qpn;
	f.msn = 5;			/* it has sent 0 alone */
	f.opcode = WC_TACK;
	wc_emit(t->c, &f, WC_E_OK);
	f.psn = t->c->next;
	f.opcode = WC_ATOMIC_RSP;
	f.msn = 0;
	wc_emit(t->c, &f, WC_E_OK);
	f.psn = t->c->next;
	f.opcode = WC_READ_RSP;
	f.msn = 0;
	f.msg_len = f.length = f.body_len = sizeof(zeros);
	f.body = zeros;
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	wc_pause(t, 5);
	wc_ut_poll(t);
	wc_mark(t, "answer");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w");
	wc_ut_memory(t, "local", 0, 64);
}

static void unasked_judge(struct wc_judge *j)
{
	struct upper_done d;
	const uint8_t *got;
	uint32_t len;
	bool same = true;

	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	j->evidence = wc_ut_done(j->v, "w", wc_at(j, "answer"), &d);
	wc_cp(j, 2, j->evidence == WC_NONE, "COMPLETED_EARLY",
	      "nothing completes by an answer to nothing");
	got = wc_ut_bytes(j->v, "local", &len);
	for (uint32_t i = 0; got && i < len; i++)
		same &= got[i] == (uint8_t)(7 * i);
	wc_cp(j, 3, got && len == 64 && same, "MEMORY_CHANGED", "no memory is changed by it");
	wc_marked(j, 4, "begin");
}

/* ---- TQ-BV-11: how much may be outstanding ------------------------------------------ */

static void bounded(struct wc_t *t)
{
	struct wc_stream *s;

	t->our_messages = 4;
	t->our_reads = 2;
	s = wc_rq_begin(t);
	if (!s)
		return;
	s->mute = true;
	wc_rq_writes(s, "w", 8);
	wc_rq_sent(t, 4);
	wc_pause(t, 30);
	wc_mark(t, "four");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w7");
	s->mute = true;
	wc_mark(t, "reads");
	for (unsigned i = 0; i < 4; i++)
		wc_rq_read(s, wc_nth("r", i), 64 * i, 64);
	wc_rq_sent(t, 8 + 2);
	wc_pause(t, 30);
	wc_mark(t, "two");
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "r3");
}

static void bounded_judge(struct wc_judge *j)
{
	unsigned n = wc_rq_count(j->v, 0, wc_at(j, "four"), false);
	unsigned r = wc_rq_count(j->v, wc_at(j, "reads"), wc_at(j, "two"), false);

	wc_cp(j, 1, n == 4, "TOO_MANY_MESSAGES", "4 messages are outstanding, not %u", n);
	wc_cp(j, 2, r == 2, "TOO_MANY_READS", "2 READs are outstanding, not %u", r);
	wc_completed(j, 3, "w7", UPPER_WC_SUCCESS);
	wc_completed(j, 3, "r3", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-12: streams do not wait for each other ----------------------------------- */

static void apart(struct wc_t *t)
{
	struct wc_stream *stuck = wc_ut_connect(t->c, "connect.S"), *s;

	if (!stuck)
		return;
	stuck->mute = true;
	for (unsigned i = 0; i < 8; i++)
		wc_rq_write(stuck, wc_nth("x", i), 64 * i, 64);
	wc_pause(t, 5);
	s = wc_rq_begin(t);
	if (!s)
		return;
	wc_rq_write(s, "w", 0, 20000);
	wc_ut_await(t, "w");
	wc_mark(t, "free");
	stuck->mute = false;
	wc_serve(stuck);
	wc_ut_await(t, "x7");
}

static void apart_judge(struct wc_judge *j)
{
	struct upper_done d;

	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	j->evidence = wc_ut_done(j->v, "w", wc_at(j, "free"), &d);
	wc_cp(j, 2, j->evidence != WC_NONE, "STALLED", "it completes while the other stream waits");
	wc_completed(j, 3, "x7", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-13: work that asked for no completion ------------------------------------ */

static void unsignalled(struct wc_t *t)
{
	struct wc_work w = { .op = UPPER_DO_WRITE, .flags = UPPER_QUIET, .len = 64,
			     .addr = WC_OWN_BASE };
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	for (unsigned i = 0; i < 9; i++)
		wc_ut_post(s, wc_nth("q", i), &w);
	wc_rq_write(s, "w", 0, 64);
	wc_ut_await(t, "w");
	refuse(s, 10, WC_BAD_KEY, 1, 0);
	wc_ut_post(s, "bad", &w);
	wc_ut_await(t, "bad");
}

static void unsignalled_judge(struct wc_judge *j)
{
	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	for (unsigned i = 0; i < 9; i++)
		wc_cp(j, 2, wc_ut_dones(j->v, wc_nth("q", i)) == 0, "SIGNALLED",
		      "what asked for no completion has none if it succeeds");
	wc_completed(j, 3, "bad", UPPER_WC_REM_ACCESS);
}

#define TQ(name, ver, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER,		\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_work[] = {
	TQ("TQ-BV-01", 1, "A WRITE goes in packets that fit together", "WEFT-ACK-011",
	   "the device WRITEs 0 to 20003 bytes to us",
	   "offsets from 0 on, one range, SOM and EOM at its ends, the right bytes",
	   WC_VARIED(2, WC_VARY_ROD | WC_VARY_PAYLOAD), packets),
	TQ("TQ-BV-02", 1, "A READ completes when its data have come", "WEFT-SEM-035",
	   "a READ of 20000 bytes that we answer late", "no completion before; the right bytes",
	   WC_VARIED(3, WC_VARY_ALL), late_read),
	TQ("TQ-BV-03", 2, "An atomic completes when its answer has come", "WEFT-SEM-035",
	   "a FADD that we answer late", "no completion before; then the old value",
	   WC_VARIED(4, WC_VARY_ROD),
	   late_atomic),
	TQ("TQ-BV-04", 1, "One TACK completes all before it, in order", "WEFT-SEM-001",
	   "four WRITEs, one TACK", "four completions in order, none before",
	   WC_VARIED(3, WC_VARY_ORDER), cumulative),
	TQ("TQ-BI-05", 1, "A fence waits for READs", "WEFT-SEM-006",
	   "a READ that we answer late, and a WRITE with FENCE behind it",
	   "the WRITE is not sent before", WC_VARIED(2, WC_VARY_ORDER), fence),
	TQ("TQ-BI-06", 1, "A refusal completes the message with its cause, later ones flushed",
	   "WEFT-SEM-024 WEFT-SEM-070 WEFT-SEM-071 WEFT-SEM-023",
	   "the second of three WRITEs refused, with each status",
	   "success, the status's completion, flushed; and flushed what comes later",
	   WC_VARIED(3, WC_VARY_ROD),
	   refused_writes),
	TQ("TQ-BI-07", 1, "A READ that is refused ends in EP_DISCONNECT", "WEFT-SEM-048",
	   "a READ refused with OP_FAILED", "EP_DISCONNECT with reason ERROR", 2, refused_read),
	TQ("TQ-BV-08", 1, "RNR is waited out, then replayed", "WEFT-SEM-032",
	   "the second of three SENDs refused with RNR, delay 40 ms",
	   "it and the third again after the delay, under the other EPOCH",
	   WC_VARIED(5, WC_VARY_ROD), not_ready),
	TQ("TQ-BI-09", 1, "RNR without end fails the stream", "WEFT-SEM-034",
	   "a SEND refused with RNR each time; the limit is 2",
	   "sent three times, then RNR_RETRY_EXC; the next is flushed",
	   WC_VARIED(3, WC_VARY_ROD), never_ready),
	TQ("TQ-BI-10", 1, "Answers that nothing asked for change nothing", "WEFT-SEM-026",
	   "a TACK for a message not sent, an old value and READ data for a WRITE",
	   "no completion, no memory changed; the real TACK completes",
	   WC_VARIED(4, WC_VARY_ORDER), unasked),
	TQ("TQ-BV-11", 1, "No more is outstanding than we allow", "WEFT-MGT-010",
	   "8 WRITEs, then 4 READs, on a stream that allows 4 messages, 2 of them READs",
	   "4 and 2 at a time", WC_VARIED(3, WC_VARY_ORDER), bounded),
	TQ("TQ-BV-12", 1, "A stream that is stuck holds up no other", "WEFT-SEM-007",
	   "8 WRITEs that we do not answer, and 20000 bytes on another stream",
	   "these complete meanwhile", WC_VARIED(3, WC_VARY_ROD), apart),
	TQ("TQ-BV-13", 1, "Success without a completion, failure with one", "WEFT-SEM-024",
	   "9 unsignalled WRITEs, one signalled, one unsignalled that is refused",
	   "two completions", 3, unsignalled),
	{ .id = NULL },
};
