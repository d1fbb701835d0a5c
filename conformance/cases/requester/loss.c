/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a sender of requests: what it does when packets are lost.
 */
#include "conformance/cases/requester/requester.h"

#include <string.h>

#define PIECES	5u	/* packets of the message that is sent here */
#define LATE	40u	/* part of our patience by when an acknowledgement has surely come */

/* Bytes that take PIECES packets of the common context. */
static uint32_t five(const struct wc_t *t)
{
	uint32_t n = t->c->payload;

	if (t->dut->claims.hello && t->dut->claims.h.max_payload < n)
		n = (uint32_t)t->dut->claims.h.max_payload;
	return (PIECES - 1) * n + 100;
}

/*
 * PIECES WRITEs of one packet each, sent together, of which one is lost once.
 */
static struct wc_stream *five_writes(struct wc_t *t, unsigned lost)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return NULL;
	t->lost = lost;
	t->lose = wc_rq_lose_nth;
	wc_rq_writes(s, "w", PIECES);
	return s;
}

static void five_done(struct wc_judge *j, unsigned n)
{
	for (unsigned i = 0; i < PIECES; i++)
		wc_completed(j, n, wc_nth("w", i), UPPER_WC_SUCCESS);
}

/* Is record i the same request as record k, but for what a repetition may change? */
static bool same(const struct wc_view *v, size_t i, size_t k)
{
	const struct wc_frame *a = &v->f[i], *b = &v->f[k];

	return a->msn == b->msn && a->addr == b->addr && a->offset == b->offset &&
	       a->body_len == b->body_len && !memcmp(a->body, b->body, a->body_len);
}

/* ---- TQ-BV-20: RUD: what is lost goes again, and nothing else ----------------------- */

static void one_lost(struct wc_t *t)
{
	if (!five_writes(t, 1))
		return;
	wc_rq_sent(t, PIECES);
	wc_rq_repeated(t, 1);
	wc_pause(t, 2 * t->dut->patience_ms / LATE);
	wc_ut_await(t, "w4");
}

/* A request that was sent again long after we had acknowledged it, or WC_NONE. */
static size_t needless(const struct wc_view *v, uint64_t psn)
{
	uint64_t acked = UINT64_MAX, late = wc_view_value(v, "patience_ms", 2000) * 1000000 / LATE;

	for (size_t i = 0; i < v->count; i++) {
		const struct wc_rec *r = &v->t->rec[i];

		if (r->kind == WC_R_TX && !v->wrong[i] && acked == UINT64_MAX &&
		    wc_frame_acks(&v->f[i], (uint32_t)psn))
			acked = r->t_ns;
		if (wc_rq_is(v, i, 0) && v->f[i].psn == psn && v->f[i].flags & WC_F_RTX &&
		    acked != UINT64_MAX && r->t_ns > acked + late)
			return i;
	}
	return WC_NONE;
}

static void one_lost_judge(struct wc_judge *j)
{
	size_t first = wc_rq_nth(j->v, 0, 1), again;

	five_done(j, 1);
	again = first == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[first].psn, first);
	j->evidence = again;
	wc_cp(j, 2, again != WC_NONE, "NOT_REPEATED", "the packet that was lost is sent again");
	wc_cp(j, 3, again != WC_NONE && same(j->v, first, again), "CHANGED", "it is the same");
	for (unsigned k = 0; k < PIECES; k++) {
		size_t i = wc_rq_nth(j->v, 0, k);

		j->evidence = i == WC_NONE ? WC_NONE : needless(j->v, j->v->f[i].psn);
		wc_cp(j, 4, j->evidence == WC_NONE, "REPEATED_TOO_MUCH",
		      "nothing is sent again that was acknowledged");
	}
}

/* ---- TQ-BV-21: ROD: everything from there on ---------------------------------------- */

/* A receiver in mode ROD drops what comes behind a gap. */
static bool lose_behind(struct wc_t *t, const struct wc_frame *f)
{
	if (f->type != WC_DATA && f->type != WC_CTRL)
		return false;
	if (!(f->flags & WC_F_RTX) && f->type == WC_DATA && t->lost && --t->lost == 0)
		return true;
	if (!t->lost && wc_view_mark(&t->view, "nack") == WC_NONE)
		return true;	/* it is not to come by a probe, but by our NACK */
	return wc_before(t->c->rx_next, f->psn);
}

static void nack_missing(struct wc_t *t, uint32_t ack, uint32_t first, uint32_t count)
{
	struct wc_frame f = wc_f_base(t->c);

	f.type = WC_NACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = ack;
	f.reason = WC_N_MISSING;
	f.count = 1;
	f.range[0].first = first;
	f.range[0].count = count;
	wc_emit(t->c, &f, WC_E_LOOSE);
}

static void gap(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	unsigned sent;

	if (!s)
		return;
	t->lost = 2;
	t->lose = lose_behind;
	wc_rq_writes(s, "w", PIECES);
	wc_rq_sent(t, 2);
	sent = wc_rq_settle(t);
	wc_value(t, "sent", sent);
	wc_rq_enough(t, sent, 3);
	wc_mark(t, "nack");
	nack_missing(t, t->c->rx_next - 1, t->c->rx_next, 1);
	wc_ut_await(t, "w4");
}

static void gap_judge(struct wc_judge *j)
{
	size_t first = wc_rq_nth(j->v, 0, 1), at = wc_at(j, "nack");
	unsigned in_order = 0;

	five_done(j, 1);
	for (unsigned k = 1; first != WC_NONE && k < wc_val(j, "sent"); k++) {
		size_t was = wc_rq_nth(j->v, 0, k);
		size_t again = was == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[was].psn, at);

		j->evidence = again;
		if (again == WC_NONE)
			break;
		in_order++;
		at = again;
	}
	wc_cp(j, 2, in_order + 1 == wc_val(j, "sent"), "NOT_IN_ORDER",
	      "all from the missing PSN on are sent again, in their order");
}

/* ---- TQ-BI-22: NACKs of what is not outstanding ------------------------------------- */

static void odd_nacks(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	uint32_t first;

	if (!s)
		return;
	t->c->quiet = true;
	s->mute = true;
	wc_rq_write(s, "w", 0, 64);
	wc_rq_sent(t, 1);
	first = t->c->rx_next - 1;
	wc_pause(t, 1);
	wc_mark(t, "none");
	nack_missing(t, first - 1, first + 1000, 5);
	nack_missing(t, first - 1, first - 1000, 5);
	wc_marker(t);
	wc_mark(t, "beyond");
	nack_missing(t, first - 1, first, 1000);
	wc_rq_repeated(t, 0);
	t->c->quiet = false;
	t->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w");
}

static void odd_nacks_judge(struct wc_judge *j)
{
	size_t w = wc_rq_nth(j->v, 0, 0), at = wc_at(j, "beyond");
	unsigned n = wc_rq_count(j->v, wc_at(j, "none"), at, true);

	/* Tail-loss probes may come of themselves: three at most, not ten. */
	wc_cp(j, 1, n <= 3, "MINDED", "ranges of PSNs that are not outstanding are ignored");
	j->evidence = w == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[w].psn, at);
	wc_cp(j, 2, j->evidence != WC_NONE, "NOT_REPEATED",
	      "a range that reaches too far counts up to the last outstanding PSN");
	wc_completed(j, 3, "w", UPPER_WC_SUCCESS);
}

/* ---- TQ-BI-23: acknowledgements are not taken back ---------------------------------- */

static void ack_with(struct wc_t *t, uint32_t ack_psn, uint32_t base, uint64_t bits)
{
	struct wc_frame f = wc_f_base(t->c);

	f.type = WC_ACK;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.ack_psn = ack_psn;
	f.window = t->c->window;
	f.sack_base = base;
	f.words = bits != 0;
	f.sack[0] = bits;
	wc_emit(t->c, &f, WC_E_LOOSE);
}

static void taken_back(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	unsigned sent;
	uint32_t p;

	if (!s)
		return;
	t->c->quiet = true;
	s->mute = true;
	p = t->c->rx_next;
	wc_rq_writes(s, "w", PIECES);
	wc_rq_sent(t, 1);
	sent = wc_rq_settle(t);
	wc_value(t, "sent", sent);
	wc_rq_enough(t, sent, 3);
	/* All that was sent but the first ... and then not. */
	ack_with(t, p - 1, p, ((1ull << (sent - 1)) - 1) << (64 - sent));
	wc_marker(t);
	wc_pause(t, 20);	/* what was under way */
	wc_mark(t, "back");
	ack_with(t, p - 1, p, 0);
	wc_rq_repeated(t, 0);
	ack_with(t, p, p + 1, 0);	/* the first too: nothing is left to be sent again */
	wc_pause(t, 100);
	wc_mark(t, "end.back");
	t->c->quiet = false;
	t->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w4");
}

static void taken_back_judge(struct wc_judge *j)
{
	size_t first = wc_rq_nth(j->v, 0, 0);

	five_done(j, 1);
	j->evidence = WC_NONE;
	for (unsigned k = 1; k < wc_val(j, "sent"); k++) {
		size_t i = wc_rq_nth(j->v, 0, k);
		size_t again = i == WC_NONE ? WC_NONE :
			wc_rq_again(j->v, j->v->f[i].psn, wc_at(j, "back"));

		if (again != WC_NONE && again < wc_at(j, "end.back"))
			j->evidence = again;
	}
	wc_cp(j, 2, j->evidence == WC_NONE, "TAKEN_BACK",
	      "what was acknowledged once is not sent again");
	wc_cp(j, 3, first != WC_NONE && wc_rq_again(j->v, j->v->f[first].psn, first) != WC_NONE,
	      "NOT_REPEATED", "what was not is");
}

/* ---- TQ-BV-24: any packet acknowledges ---------------------------------------------- */

static void by_data(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	t->c->quiet = true;
	wc_rq_write(s, "w", 0, 64);
	wc_rq_sent(t, 1);
	s->tack_due = false;
	ack_with(t, t->c->rx_next - 2, t->c->rx_next - 1, 0);
	wc_marker(t);
	{
		struct wc_frame f = wc_f_nop(s);	/* ack_psn tells */

		f.oflags = WC_O_SOM | WC_O_EOM;
		f.opcode = WC_TACK;
		f.qpn = s->peer_qpn;
		wc_emit(t->c, &f, WC_E_OK);
	}
	wc_mark(t, "told");
	wc_marker(t);
	wc_mark(t, "since");
	wc_pause(t, 300);
	wc_ut_await(t, "w");
	t->c->quiet = false;
}

static void by_data_judge(struct wc_judge *j)
{
	size_t w = wc_rq_nth(j->v, 0, 0);

	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	j->evidence = w == WC_NONE ? WC_NONE :
		      wc_rq_again(j->v, j->v->f[w].psn, wc_at(j, "since"));
	wc_cp(j, 2, w != WC_NONE && j->evidence == WC_NONE, "REPEATED",
	      "ack_psn of a DATA packet acknowledges: nothing is sent again");
}

/* ---- TQ-BV-25: a timeout ------------------------------------------------------------ */

static void timeout(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	t->c->quiet = true;
	s->mute = true;
	wc_rq_writes(s, "w", PIECES);
	wc_rq_sent(t, 1);
	wc_value(t, "sent", wc_rq_settle(t));
	wc_rq_repeated(t, 0);
	wc_pause(t, 60);
	wc_mark(t, "ack");
	t->c->quiet = false;
	t->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w4");
}

static void timeout_judge(struct wc_judge *j)
{
	unsigned sent = (unsigned)wc_val(j, "sent");
	size_t first = wc_rq_nth(j->v, 0, 0), last = wc_rq_nth(j->v, 0, sent ? sent - 1 : 0);
	size_t again;
	bool others = false;

	five_done(j, 1);
	again = first == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[first].psn, first);
	j->evidence = again;
	wc_cp(j, 2, again != WC_NONE, "NOT_REPEATED", "the oldest packet is sent again");
	wc_cp(j, 3, again != WC_NONE && j->v->f[again].flags & WC_F_AR, "NO_AR", "with AR");
	for (size_t i = 0; last != WC_NONE && i < wc_at(j, "ack"); i++)
		others |= wc_rq_is(j->v, i, 0) && j->v->f[i].flags & WC_F_RTX &&
			  j->v->f[i].psn != j->v->f[first].psn &&
			  j->v->f[i].psn != j->v->f[last].psn;
	wc_cp(j, 4, !others, "REPEATED_TOO_MUCH",
	      "without a word of ours only the oldest goes again, and the latest as a probe");
}

/* ---- TQ-BV-26: nobody answers any more ---------------------------------------------- */

static bool lose_all(struct wc_t *t, const struct wc_frame *f)
{
	return f->pdc_id == t->c->id;
}

static void gone(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);

	if (!s)
		return;
	wc_rq_write(s, "before", 0, 64);
	wc_ut_await(t, "before");
	t->lose = lose_all;
	wc_rq_write(s, "w", 0, 64);
	wc_rq_write(s, "x", 64, 64);
	for (unsigned i = 0; i < 10 && !wc_ut_dones(&t->view, "x"); i++)
		wc_ut_await(t, "x");
	wc_marker(t);		/* the completion may have overtaken what was sent before it */
	wc_mark(t, "over");
	wc_pause(t, 1000);
	t->lose = NULL;
	wc_drop(t->c);
}

static void gone_judge(struct wc_judge *j)
{
	size_t w = wc_rq_nth(j->v, 0, 1);
	unsigned n = 0;

	wc_completed(j, 1, "before", UPPER_WC_SUCCESS);
	wc_completed(j, 2, "w", UPPER_WC_RETRY_EXC);
	wc_completed(j, 3, "x", UPPER_WC_FLUSH);
	for (size_t i = w; w != WC_NONE && i < j->v->count; i++)
		n += wc_rq_is(j->v, i, 0) && j->v->f[i].psn == j->v->f[w].psn;
	wc_cp(j, 4, n >= 3, "GAVE_UP_EARLY", "it is sent again a few times before that");
	wc_cp(j, 5, wc_rq_count(j->v, wc_at(j, "over"), WC_NONE, true) == 0, "STILL_SENDING",
	      "a context that has failed sends no request any more");
}

/* ---- TQ-BV-30: a message of several packets, some lost ------------------------------ */

#define STRETCH 1000u	/* no part of any payload limit */

static void lost_piece(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	uint32_t len = five(t);

	if (!s)
		return;
	for (uint32_t at = 0; at < len; at += STRETCH)	/* no two stretches are alike */
		wc_ut_fill(t, at, len - at < STRETCH ? len - at : STRETCH, at);
	t->lost = 2;
	t->lose = wc_rq_lose_nth;
	wc_rq_write(s, "w", 0, len);
	wc_ut_await(t, "w");
	wc_value(t, "right", 1);
	for (uint32_t at = 0; at < len; at += STRETCH) {
		uint8_t want[STRETCH];

		wc_fill(want, STRETCH, at);
		if (memcmp(t->own + at, want, len - at < STRETCH ? len - at : STRETCH))
			wc_value(t, "right", 0);
	}
}

static void lost_piece_judge(struct wc_judge *j)
{
	size_t third = wc_rq_nth(j->v, WC_WRITE, 2), again;

	wc_completed(j, 1, "w", UPPER_WC_SUCCESS);
	again = third == WC_NONE ? WC_NONE : wc_rq_again(j->v, j->v->f[third].psn, third);
	j->evidence = again;
	wc_cp(j, 2, again != WC_NONE && same(j->v, third, again), "CHANGED",
	      "its third packet, lost once, comes again as it was");
	wc_cp(j, 3, wc_val(j, "right"), "WRONG_DATA", "our memory holds the bytes of the device's");
}

/* ---- TQ-BV-31: several holes --------------------------------------------------------------- */

#define EIGHT		8u	/* packets, of which every other one is missing */
#define EVERY_OTHER	0x5500000000000000u

static void swiss(struct wc_t *t)
{
	struct wc_stream *s = wc_rq_begin(t);
	unsigned sent;
	uint32_t p;

	if (!s)
		return;
	t->c->quiet = true;
	s->mute = true;
	p = t->c->rx_next;
	wc_rq_writes(s, "w", EIGHT);
	wc_rq_sent(t, 1);
	sent = wc_rq_settle(t);
	if (!wc_rq_enough(t, sent, EIGHT))
		return;
	ack_with(t, p - 1, p, EVERY_OTHER);
	wc_marker(t);
	wc_pause(t, 5);		/* what was under way */
	wc_mark(t, "told");
	for (unsigned k = 0; k < EIGHT; k += 2) {	/* its window may be one packet */
		wc_rq_repeated(t, k);
		ack_with(t, p + k + 1, p + k + 2, EVERY_OTHER << (k + 2));
	}
	wc_pause(t, 2 * t->dut->patience_ms / LATE);
	t->c->quiet = false;
	t->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, "w7");
}

static void swiss_judge(struct wc_judge *j)
{
	for (unsigned k = 0; k < EIGHT; k++) {
		size_t i = wc_rq_nth(j->v, 0, k);
		bool hole = k % 2 == 0;

		j->evidence = i == WC_NONE ? WC_NONE :
			      wc_rq_again(j->v, j->v->f[i].psn, hole ? 0 : wc_at(j, "told"));
		wc_cp(j, 1, !hole || j->evidence != WC_NONE, "NOT_REPEATED",
		      "each packet that the bitmap leaves out goes again");
		wc_cp(j, 2, hole || j->evidence == WC_NONE, "REPEATED_TOO_MUCH",
		      "and none that it names");
		wc_completed(j, 3, wc_nth("w", k), UPPER_WC_SUCCESS);
	}
}

#define TQ(name, ver, what, rules, stim, exp, need, how, n, fn)			\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER | (need), .mode = how, \
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_loss[] = {
	TQ("TQ-BV-20", 1, "RUD: a packet that was lost goes again, alone",
	   "WEFT-RTX-001 WEFT-RTX-002",
	   "the second of five WRITEs is lost", "it comes again with RTX, once, and nothing else",
	   WC_NEEDS_RUD, WC_RUD, 4, one_lost),
	TQ("TQ-BV-21", 1, "ROD: after NACK MISSING all from there on go again",
	   "WEFT-RTX-004 WEFT-RTX-080", "the second of five WRITEs is lost, what follows dropped",
	   "all four again, in order", WC_NEEDS_ROD, WC_ROD, 2, gap),
	TQ("TQ-BI-22", 1, "NACKs of what is not outstanding", "WEFT-RTX-024 WEFT-RTX-081",
	   "NACK MISSING far before, far behind, and one with a range too long",
	   "the first two are ignored, the third is minded", WC_NEEDS_RUD, WC_RUD, 3, odd_nacks),
	TQ("TQ-BI-23", 2, "An acknowledgement cannot be taken back", "WEFT-ACK-020",
	   "a bitmap of all but the first, then none, then ack_psn of the first",
	   "only the first is sent again", WC_NEEDS_RUD, WC_RUD, 3, taken_back),
	TQ("TQ-BV-24", 1, "DATA acknowledges too", "WEFT-ACK-015",
	   "a WRITE that only the ack_psn of its TACK acknowledges", "it is not sent again", 0, 0,
	   2, by_data),
	TQ("TQ-BV-25", 1, "RUD: at a timeout the oldest packet goes again", "WEFT-RTX-010",
	   "five WRITEs that are not acknowledged", "the first again, with AR; and no other but a "
	   "probe of the last", WC_NEEDS_RUD, WC_RUD, 4, timeout),
	{
		.id = "TQ-BV-26", .version = 2, .title = "A peer that is gone fails the context",
		.reqs = "WEFT-RTX-007", .stimulus = "two WRITEs, and silence",
		.expected = "repetitions, then RETRY_EXC and a flush; nothing more is sent",
		.needs = WC_NEEDS_UPPER, .ends_context = true, .checkpoints = 5, .drive = gone,
		.judge = gone_judge,
	},
	TQ("TQ-BV-30", 2, "RUD: a long message survives the loss of a piece", "WEFT-RTX-001",
	   "a WRITE of five packets, the third lost once", "it comes again as it was", WC_NEEDS_RUD,
	   WC_RUD, 3, lost_piece),
	TQ("TQ-BV-31", 2, "RUD: several holes go again, and nothing else",
	   "WEFT-RTX-002 WEFT-ACK-020", "eight WRITEs, and a bitmap of every other one",
	   "these four are not sent again, the others are", WC_NEEDS_RUD, WC_RUD, 3, swiss),
	{ .id = NULL },
};
