/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as the initiator: contexts that it opens, streams that it asks for.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

/* One WRITE on the stream that the device asked for. */
static void write_on(struct wc_stream *s)
{
	wc_rq_note(s);
	if (!wc_rq_established(s))
		return;
	wc_rq_write(s, "w", 0, 3000);
	wc_ut_await(s->c->t, "w");
}

static void written(struct wc_judge *j, unsigned n)
{
	wc_completed(j, n, "w", UPPER_WC_SUCCESS);
	wc_cp(j, n + 1, wc_rq_whole(j->v, 0, 0, 3000), "BROKEN_MESSAGE",
	      "the WRITE comes whole");
}

/* Packets of the device to context id 0 that open one, in [from, until): the n-th. */
static size_t syn(const struct wc_view *v, size_t from, size_t until, unsigned n)
{
	for (size_t i = from; i < v->count && i < until; i++)
		if (wc_view_rx(v, i) && v->f[i].flags & WC_F_SYN && !v->f[i].pdc_id && n-- == 0)
			return i;
	return WC_NONE;
}

/* ---- TQ-BV-40 ---- */

static void calls(struct wc_t *t)
{
	struct wc_stream *s = wc_ut_called(t, "called", 0);

	if (s)
		write_on(s);
}

static void calls_judge(struct wc_judge *j)
{
	size_t at = syn(j->v, 0, WC_NONE, 0);

	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE && j->v->f[at].syn_chip == wc_val(j, "claim.chip_id") &&
	      j->v->f[at].syn_window >= WC_MIN_WINDOW && j->v->f[at].syn_payload >= WC_MIN_PAYLOAD,
	      "BAD_SYN", "the device opens a context with its Chip ID and its limits");
	written(j, 2);
}

/* ---- our answers to its SYN, by hand ---- */

/* A context of ours that the device is to open, deaf at first: its SYN is only recorded. */
static bool deaf(struct wc_t *t, const struct wc_frame *f)
{
	return t->lost && !f->pdc_id && f->flags & WC_F_SYN;
}

static bool syn_came(struct wc_t *t, const void *arg)
{
	return syn(&t->view, *(const size_t *)arg, WC_NONE, 0) != WC_NONE;
}

static struct wc_stream *call_deaf(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, 0, WC_OTHER_DOMAIN);
	struct wc_stream *s;
	size_t from = t->tr.count;

	t->lost = 1;
	t->lose = deaf;
	s = wc_ut_call_begin(c, "called");
	if (s)
		wc_wait(t, syn_came, &from, "a SYN of the device");
	return s && syn(&t->view, from, WC_NONE, 0) != WC_NONE ? s : NULL;
}

/* NACK to the context of the device's SYN in record at. */
static void nack(struct wc_t *t, size_t at, uint64_t reason, uint32_t arg)
{
	const struct wc_frame y = t->view.f[at];
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_NACK, .pdc_id = y.syn_pdc, .flags = y.syn_gen,
		.reason = reason, .nack_psn = y.psn, .arg = arg,
	};

	wc_emit(t->c, &f, WC_E_LOOSE);
}

static bool is_taken(struct wc_t *t, const void *arg)
{
	const struct wc_stream *s = arg;

	(void)t;
	return s->taken;
}

/* It asks again when its timeout says so: the more of its SYNs were lost, the later. */
struct wc_stream *wc_rq_taken(struct wc_stream *s)
{
	for (unsigned i = 0; i < 4 && !s->taken; i++)
		wc_wait(s->c->t, is_taken, s, "EP_CONNECT of the device");
	return s->taken ? s : NULL;
}

/* ---- TQ-BV-41: NEW_START_PSN ---- */

#define JUMP 5000u

static void new_start(struct wc_t *t)
{
	struct wc_stream *s = call_deaf(t);
	size_t at = s ? syn(&t->view, 0, WC_NONE, 0) : 0;
	uint32_t after;

	if (!s)
		return;
	after = (uint32_t)t->view.f[at].syn_start + JUMP;
	wc_value(t, "after", after);
	nack(t, at, WC_N_NEW_START_PSN, after);
	wc_marker(t);
	wc_mark(t, "nack");
	t->lost = 0;
	if (wc_rq_taken(s))
		write_on(s);
}

static void new_start_judge(struct wc_judge *j)
{
	size_t at = syn(j->v, wc_at(j, "nack"), WC_NONE, 0);
	uint64_t after = wc_val(j, "after");

	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE && wc_before(after, j->v->f[at].syn_start) &&
	      !wc_before(j->v->f[at].psn, j->v->f[at].syn_start), "NO_NEW_START",
	      "it begins again from a start PSN after %u", (uint32_t)after);
	written(j, 2);
}

/* ---- TQ-BV-42: COOKIE ---- */

#define COOKIE 0x1badf00du

static void cookie(struct wc_t *t)
{
	struct wc_stream *s = call_deaf(t);
	size_t at = s ? syn(&t->view, 0, WC_NONE, 0) : 0;

	if (!s)
		return;
	nack(t, at, WC_N_COOKIE, COOKIE);
	wc_marker(t);
	wc_mark(t, "nack");
	t->lost = 0;
	if (wc_rq_taken(s))
		write_on(s);
}

static void cookie_judge(struct wc_judge *j)
{
	size_t first = syn(j->v, 0, WC_NONE, 0), at = syn(j->v, wc_at(j, "nack"), WC_NONE, 0);

	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE && j->v->f[at].syn_cookie == COOKIE, "NO_COOKIE",
	      "what is outstanding is sent again with the cookie");
	wc_cp(j, 2, at != WC_NONE && j->v->f[at].syn_start == j->v->f[first].syn_start &&
	      j->v->f[at].psn == j->v->f[first].psn, "OTHER_PSN", "under the same PSN");
	written(j, 3);
}

/* ---- TQ-BI-43: a SYN that shows nothing is not believed ---- */

/* A packet of ours to the device's context, as from a target. */
static struct wc_frame target_packet(struct wc_t *t, const struct wc_frame *y, uint32_t id,
				     bool with_syn, bool with_ack)
{
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_ACK, .pdc_id = y->syn_pdc,
		.flags = y->syn_gen | (with_syn ? WC_F_SYN : 0u) | (with_ack ? WC_F_AKV : 0u),
		.ack_psn = y->psn, .syn_chip = t->dut->chip_id, .syn_inc = t->dut->incarnation,
		.syn_pdc = id, .syn_gen = 1, .syn_mode = y->syn_mode, .syn_domain = y->syn_domain,
		.syn_start = 77, .syn_window = 64, .syn_payload = 1024, .window = 64,
		.sack_base = y->psn + 1,
	};

	return f;
}

#define FORGED 0x7001u

static bool asks_again(struct wc_t *t, const void *arg)
{
	return syn(&t->view, *(const size_t *)arg, WC_NONE, 0) != WC_NONE;
}

static void unproven(struct wc_t *t)
{
	struct wc_stream *s = call_deaf(t);
	size_t now;
	struct wc_frame y, f;

	if (!s)
		return;
	y = t->view.f[syn(&t->view, 0, WC_NONE, 0)];
	f = target_packet(t, &y, FORGED, true, false);		/* acknowledges nothing */
	wc_emit(t->c, &f, WC_E_BAD);
	f = target_packet(t, &y, FORGED, true, true);
	f.ack_psn = y.psn + 4000;				/* what was never sent */
	f.sack_base = f.ack_psn + 1;
	wc_emit(t->c, &f, WC_E_BAD);
	f = target_packet(t, &y, FORGED, false, true);		/* no SYN at all */
	wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);
	now = t->tr.count;
	wc_mark(t, "forged");
	wc_wait(t, asks_again, &now, "a SYN of the device again");
	wc_mark(t, "true");
	t->lost = 0;
	if (wc_rq_taken(s))
		write_on(s);
}

static void unproven_judge(struct wc_judge *j)
{
	size_t bad = WC_NONE;

	for (size_t i = 0; i < j->v->count && bad == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id == FORGED)
			bad = i;
	j->evidence = bad;
	wc_cp(j, 1, bad == WC_NONE, "BELIEVED",
	      "a target that does not show that it has our packet is not believed");
	wc_cp(j, 2, syn(j->v, wc_at(j, "forged"), wc_at(j, "true"), 0) != WC_NONE, "GAVE_UP",
	      "the device goes on asking");
	written(j, 3);
}

/* ---- TQ-BV-46: no longer bitmaps than agreed ---- */

#define BITS	64u
#define AHEAD	70u	/* more than they hold */

/* Did the device ask who we are? */
static bool asked_us(const struct wc_view *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct wc_tlv_view tlv;
		struct wc_hello h;

		if (!wc_view_rx(v, i) || v->f[i].type != WC_CTRL ||
		    !wc_frame_find_tlv(&v->f[i], WC_TLV_HELLO, wc_h_hello.bytes, &tlv))
			continue;
		wc_unpack(&wc_h_hello, tlv.value, &h);
		if (h.flags & WC_HELLO_REPLY)
			return true;
	}
	return false;
}

static void few_bits(struct wc_t *t)
{
	struct wc_stream *s;
	struct wc_frame f;
	uint64_t first;

	t->sack_bits = BITS;
	s = wc_ut_called(t, "called", WC_RUD);
	if (!s)
		return;
	if (!asked_us(&t->view)) {
		wc_mark(t, "skip:KNOWN_BEFORE");	/* by a HELLO of before */
		return;
	}
	f = wc_f_nop(s);
	first = f.psn;
	wc_mark(t, "gap");
	f.psn = first + AHEAD;
	wc_emit(s->c, &f, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "fill");
	for (uint64_t i = 0; i < AHEAD; i++) {
		f.psn = first + i;
		wc_emit(s->c, &f, WC_E_OK);
	}
	write_on(s);
}

static void few_bits_judge(struct wc_judge *j)
{
	uint64_t most = 0;

	j->evidence = WC_NONE;
	for (size_t i = wc_at(j, "gap"); i < wc_at(j, "fill"); i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_ACK &&
		    j->v->f[i].words > most) {
			most = j->v->f[i].words;
			j->evidence = i;
		}
	wc_cp(j, 1, most, "NO_BITMAP", "an ACK with a bitmap answers a gap of %u", AHEAD);
	wc_cp(j, 2, most * 64 <= BITS, "TOO_MANY_WORDS", "a bitmap has at most the %u bits that "
	      "our HELLO says", BITS);
	written(j, 3);
}

/* ---- TQ-BV-74: who speaks more versions than one ---- */

static void more_versions(struct wc_t *t)
{
	struct wc_stream *s;

	t->version_min = 0;
	t->version_max = 15;
	s = wc_ut_called(t, "called", 0);
	if (!asked_us(&t->view)) {
		wc_mark(t, "skip:KNOWN_BEFORE");
		return;
	}
	if (s)
		write_on(s);
}

static void more_versions_judge(struct wc_judge *j)
{
	j->evidence = syn(j->v, 0, WC_NONE, 0);
	wc_cp(j, 1, j->evidence != WC_NONE, "NO_SYN", "it opens a context with who speaks its "
	      "version among others");
	written(j, 2);
}

/* ---- TQ-BV-47: PSNs wrap ---- */

#define FAR_STEP	0x7ffffff0u
#define WRITES		30u		/* one packet each, so that the PSNs of some are beyond 0 */

struct wc_stream *wc_rq_near_end(struct wc_t *t)
{
	size_t from = t->tr.count, at = from;
	struct wc_stream *s = call_deaf(t);
	uint32_t floor = 0;

	/* A start PSN is believed only when it is ahead of the last: there in steps. */
	for (unsigned i = 0; s && i < 3 && floor != WC_NEAR_END; i++) {
		size_t i_at = syn(&t->view, at, WC_NONE, 0);
		uint32_t start = i_at == WC_NONE ? 0 : (uint32_t)t->view.f[i_at].syn_start;

		if (i_at == WC_NONE)
			return NULL;
		floor = WC_NEAR_END - start < FAR_STEP ? WC_NEAR_END : start + FAR_STEP;
		at = t->tr.count;
		nack(t, i_at, WC_N_NEW_START_PSN, floor);
		wc_marker(t);
		wc_wait(t, syn_came, &at, "a SYN of the device with another start PSN");
	}
	t->lost = 0;
	if (!s || !wc_rq_taken(s))
		return NULL;
	wc_rq_note(s);
	return wc_rq_established(s) ? s : NULL;
}

static void wraps(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_near_end(t);

	if (!s)
		return;
	t->lost = 12;
	t->lose = wc_rq_lose_nth;
	wc_rq_writes(s, "w", WRITES);
	for (unsigned i = 0; i < WRITES; i++)
		wc_ut_await(t, wc_nth("w", i));
}

static void wraps_judge(struct wc_judge *j)
{
	bool below = false, above = false;

	for (size_t i = 0; i < j->v->count; i++) {
		below |= wc_rq_is(j->v, i, 0) && j->v->f[i].psn > WC_NEAR_END;
		above |= wc_rq_is(j->v, i, 0) && j->v->f[i].psn < WRITES;
	}
	wc_cp(j, 1, below && above, "NO_WRAP", "it begins after PSN %08x and goes on at 0",
	      WC_NEAR_END);
	for (unsigned i = 0; i < WRITES; i++) {
		wc_completed(j, 2, wc_nth("w", i), UPPER_WC_SUCCESS);
		wc_cp(j, 3, wc_rq_whole(j->v, i, 64 * i, 64), "BROKEN_MESSAGE",
		      "WRITE %u comes whole", i);
	}
}

/* ---- TQ-BV-48: both open at the same time ---- */

static void crossing(struct wc_t *t)
{
	struct wc_stream *s = call_deaf(t), *o;

	if (!s)
		return;
	o = wc_ut_connect(wc_open(t, wc_best_mode(t), WC_OTHER_DOMAIN), "connect.O");
	if (!o)
		return;
	wc_rq_write(o, "o", 0, 64);
	wc_ut_await(t, "o");
	wc_mark(t, "answer");
	t->lost = 0;
	if (wc_rq_taken(s))
		write_on(s);
	wc_rq_write(o, "again", 64, 64);
	wc_ut_await(t, "again");
}

static void crossing_judge(struct wc_judge *j)
{
	wc_cp(j, 1, wc_res(j, "connect.O").status == WC_OK, "NOT_OPENED",
	      "our context opens while the device opens one to us");
	wc_completed(j, 2, "o", UPPER_WC_SUCCESS);
	written(j, 3);
	wc_completed(j, 2, "again", UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-49: nobody answers its SYN ---- */

#define TOLD_MS 60u	/* between two questions whether it has given up */

static void unanswered(struct wc_t *t)
{
	struct wc_stream *s = call_deaf(t);
	uint64_t end = wc_now(t) + 10ull * t->dut->patience_ms * 1000000u;

	if (!s)
		return;
	do {
		wc_pause(t, TOLD_MS);
		wc_rq_ask_state(s);
	} while (wc_view_value(&t->view, "state", 99) <= UPPER_CONNECTED && wc_now(t) < end &&
		 !t->runaway && !wc_interrupted);
	wc_value(t, "after", wc_view_value(&t->view, "state", 99));
	wc_marker(t);			/* what was under way by then */
	wc_mark(t, "over");
	wc_pause(t, 1000);
	wc_mark(t, "end.over");
}

static void unanswered_judge(struct wc_judge *j)
{
	uint64_t after = wc_val(j, "after");

	wc_cp(j, 1, syn(j->v, 0, WC_NONE, 2) != WC_NONE, "GAVE_UP_EARLY",
	      "it asks a few times");
	wc_cp(j, 2, after == UPPER_CLOSED || after == UPPER_ENDED_FAILED, "NOT_TOLD",
	      "its host is told that nobody answers: state %u", (unsigned)after);
	j->evidence = syn(j->v, wc_at(j, "over"), wc_at(j, "end.over"), 0);
	wc_cp(j, 3, j->evidence == WC_NONE, "STILL_ASKING", "and no SYN is sent any more");
}

#define TQ(name, ver, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, \
	  .needs = WC_NEEDS_UPPER | WC_NEEDS_CALLER | WC_NEEDS_TWO_DOMAINS,	\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_calls[] = {
	TQ("TQ-BV-40", 1, "The device opens a context and connects", "WEFT-PDC-001",
	   "the device is told to connect to us, and to WRITE", "SYN, EP_CONNECT, WRITE", 3, calls),
	TQ("TQ-BV-41", 1, "NEW_START_PSN: again from a later start PSN", "WEFT-PDC-004",
	   "its SYN answered with NACK NEW_START_PSN", "SYN again with a start PSN after the one "
	   "told; it connects", 3, new_start),
	TQ("TQ-BV-42", 1, "COOKIE: again with the cookie", "WEFT-PDC-028",
	   "its SYN answered with NACK COOKIE",
	   "the same PSN again with the cookie; it connects", 4, cookie),
	TQ("TQ-BI-43", 2, "A target that proves nothing is not believed",
	   "WEFT-PDC-018 WEFT-PDC-073", "SYNs to its context that acknowledge nothing, or what was "
	   "not sent, and a packet without SYN",
	   "it goes on asking; the true target is believed", 4, unproven),
	TQ("TQ-BV-46", 1, "Bitmaps are no longer than agreed", "WEFT-MGT-020",
	   "HELLO with 64 sack_bits, then a packet 70 PSNs ahead of what came",
	   "an ACK with one word of bitmap", 4, few_bits),
	TQ("TQ-BV-74", 1, "A peer of many versions is spoken to in the one in common",
	   "WEFT-MGT-016", "HELLO with versions 0 to 15 for a device that is told to connect",
	   "it connects and writes, in version 1", 3, more_versions),
	TQ("TQ-BV-47", 1, "PSNs wrap while it sends", "WEFT-CONV-001 WEFT-PDC-004",
	   "NACK NEW_START_PSN up to 16 below the end; 30 WRITEs, one of them lost once",
	   "PSNs go on at 0; all complete", 3, wraps),
	TQ("TQ-BV-48", 1, "Both open a context at the same time", "WEFT-PDC-001",
	   "a context of ours, of the same domain, while the SYN of the device's is unanswered",
	   "both open, and work is done on both", 4, crossing),
	TQ("TQ-BV-49", 1, "A SYN that nobody answers is given up", "WEFT-RTX-007",
	   "the device is told to connect to us, and hears nothing",
	   "some SYNs; then its host is told, and none comes any more", 3, unanswered),
	{ .id = NULL },
};
