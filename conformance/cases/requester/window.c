/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device as a sender of requests: how much it sends, by our window and our payload limit.
 */
#include "conformance/cases/requester/requester.h"

/* ---- TQ-BV-27, TQ-BV-28: our window ------------------------------------------------- */

#define WARM 16u	/* WRITEs before */

static struct wc_stream *narrow(struct wc_t *t, unsigned writes)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;

	c->window = WC_MIN_WINDOW;
	s = wc_rq_on(c, 0);
	if (!s)
		return NULL;
	/* Some round trips, so that it is the window that bounds. */
	for (unsigned i = 0; i < WARM / 8; i++) {
		wc_rq_writes(s, i ? "b" : "a", 8);
		wc_rq_sent(t, 8 * (i + 1));
		wc_ut_await(t, i ? "b7" : "a7");
	}
	wc_pause(t, 20);
	wc_mark(t, "full");
	c->quiet = true;
	s->mute = true;
	wc_rq_writes(s, "w", writes);
	wc_rq_enough(t, wc_rq_settle(t) - WARM, WC_MIN_WINDOW - WC_MIN_WINDOW / 8);
	return s;
}

#define MANY 24u

static void window(struct wc_t *t)
{
	struct wc_stream *s = narrow(t, MANY);

	if (!s)
		return;
	wc_mark(t, "filled");
	s->c->quiet = false;
	s->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, wc_nth("w", MANY - 1));
}

static void window_judge(struct wc_judge *j)
{
	unsigned n = wc_rq_count(j->v, wc_at(j, "full"), wc_at(j, "filled"), false);
	size_t last = wc_rq_nth(j->v, 0, WARM + n - 1);

	wc_cp(j, 1, n >= 1 && n <= WC_MIN_WINDOW - WC_MIN_WINDOW / 8, "NO_ROOM_LEFT",
	      "an eighth of the window stays free for responses: %u requests, not %u",
	      WC_MIN_WINDOW - WC_MIN_WINDOW / 8, n);
	j->evidence = last;
	wc_cp(j, 2, last != WC_NONE && j->v->f[last].flags & WC_F_AR, "NO_AR",
	      "the packet that filled the window has AR");
	wc_completed(j, 3, wc_nth("w", MANY - 1), UPPER_WC_SUCCESS);
}

/* A NOP on the context of R. */
static bool nop(const struct wc_view *v, size_t i)
{
	return wc_view_rx(v, i) && v->f[i].type == WC_DATA && v->f[i].opcode == WC_NOP &&
	       v->f[i].pdc_id == wc_view_value(v, "R.pdc", 0);
}

static bool asked_for_room(const struct wc_t *t)
{
	size_t from = wc_view_mark(&t->view, "shut");

	for (size_t i = from == WC_NONE ? t->view.count : from; i < t->view.count; i++)
		if (nop(&t->view, i))
			return true;
	return false;
}

static void shut(struct wc_t *t)
{
	struct wc_stream *s = narrow(t, MANY);

	if (!s)
		return;
	s->c->window = 0;
	wc_mark(t, "shut");
	s->c->quiet = false;
	s->c->ack_due = true;
	wc_pause(t, 2);
	for (unsigned i = 0; i < 100 && !asked_for_room(t); i++)
		wc_pause(t, 10);	/* soon: later a NOP asks only whether we live */
	wc_mark(t, "open");
	s->c->window = WC_MIN_WINDOW;
	s->c->ack_due = true;
	s->mute = false;
	wc_serve(s);
	wc_ut_await(t, wc_nth("w", MANY - 1));
}

static void shut_judge(struct wc_judge *j)
{
	unsigned n = wc_rq_count(j->v, wc_at(j, "full"), wc_at(j, "shut"), false);
	size_t last = n ? wc_rq_nth(j->v, 0, WARM + n - 1) : WC_NONE, ask = WC_NONE;

	for (size_t i = wc_at(j, "shut"); i < wc_at(j, "open") && ask == WC_NONE; i++)
		if (nop(j->v, i))
			ask = i;
	j->evidence = ask;
	wc_cp(j, 1, ask != WC_NONE, "NOT_ASKED", "a NOP asks for the window");
	wc_cp(j, 2, ask != WC_NONE && last != WC_NONE && j->v->f[ask].flags & WC_F_AR &&
	      !wc_before(j->v->f[ask].psn, j->v->f[last].psn), "WRONG_QUESTION",
	      "under its last PSN, with AR");
	wc_completed(j, 3, wc_nth("w", MANY - 1), UPPER_WC_SUCCESS);
}

/* ---- TQ-BV-29: payload -------------------------------------------------------------- */

static void small(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;

	c->payload = 256;
	s = wc_rq_on(c, 0);
	if (!s)
		return;
	wc_rq_write(s, "w", 7, 3000);
	wc_ut_await(t, "w");
}

static void small_judge(struct wc_judge *j)
{
	bool longer = false;

	for (size_t i = 0; i < j->v->count; i++)
		longer |= wc_rq_is(j->v, i, 0) && j->v->f[i].body_len > 256;
	wc_cp(j, 1, !longer, "TOO_LONG", "no packet has more than the 256 bytes that we announced");
	wc_cp(j, 2, wc_rq_whole(j->v, 0, 7, 3000), "BROKEN_MESSAGE", "the message comes whole");
	wc_completed(j, 3, "w", UPPER_WC_SUCCESS);
}

#define TQ(name, ver, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = ver, .title = what, .reqs = rules,		\
	  .stimulus = stim, .expected = exp, .needs = WC_NEEDS_UPPER,		\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_window[] = {
	TQ("TQ-BV-27", 1, "Requests leave room in the window for responses",
	   "WEFT-ACK-010 WEFT-ACK-022", "24 WRITEs and a window of 16, not acknowledged",
	   "at most 14 are sent; the last of them has AR", 3,
	   window),
	TQ("TQ-BV-28", 1, "A window that is shut is asked for", "WEFT-ACK-013",
	   "all is acknowledged with a window of 0, while the device has more to send",
	   "a NOP under its last PSN with AR; it goes on when the window is open", 3,
	   shut),
	TQ("TQ-BV-29", 1, "Requests keep our payload limit", "WEFT-ACK-011 WEFT-MGT-005",
	   "a WRITE of 3000 bytes to a receiver of 256 a packet", "no packet has more", 3,
	   small),
	{ .id = NULL },
};
