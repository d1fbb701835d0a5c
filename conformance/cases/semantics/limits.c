/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stream agreed on, and messages that contradict themselves late.
 */
#include "conformance/cases/common.h"

#include <string.h>

/* RUD: the first message is kept back, so that nothing completes; then one more than agreed. */
static void too_many(struct wc_t *t, bool reads)
{
	struct wc_stream *s = wc_fresh(t, "s");
	struct wc_frame w, f;
	unsigned n;

	if (!s)
		return;
	n = reads ? s->reads : s->window;
	wc_value(t, "n", n);
	if (n > 600) {		/* more than our own window lets us show */
		wc_mark(t, "skip:WINDOW_TOO_LARGE");
		return;
	}
	w = wc_f_write(s, t->mem.key, wc_page(t, 60), wc_bytes(WC_NEW_SEED), 8);
	wc_op(s, "w", WC_OP_MESSAGE, &w);
	t->c->next++;
	for (unsigned i = 0; i < n + reads; i++) {
		f = reads ? wc_f_read(s, t->mem.key, wc_page(t, 60), 8) :
			    wc_f_write(s, t->mem.key, wc_page(t, 60) + 8, wc_bytes(WC_NEW_SEED), 8);
		wc_op(s, wc_nth("x", i), reads ? WC_OP_READ : WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, wc_nth("x", n + reads - 1));
}

static void too_many_messages(struct wc_t *t)
{
	too_many(t, false);
}

static void too_many_reads(struct wc_t *t)
{
	too_many(t, true);
}

static void too_many_messages_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "n");

	wc_ok(j, 1, "w");
	for (unsigned i = 0; n && i < n - 1; i++)
		wc_ok(j, 2, wc_nth("x", i));
	wc_refused(j, 3, wc_nth("x", n - 1), WC_NO_RESOURCES);
}

static void too_many_reads_judge(struct wc_judge *j)
{
	unsigned n = (unsigned)wc_val(j, "n");

	wc_ok(j, 1, "w");
	for (unsigned i = 0; i < n; i++)
		wc_ok(j, 2, wc_nth("x", i));
	wc_refused(j, 3, wc_nth("x", n), WC_NO_RESOURCES);
}

static void too_much_judge(struct wc_judge *j)
{
	wc_refused(j, 1, "x", WC_MALFORMED);
}

/* More bytes than the message has, though each packet alone is well-formed. */
static void too_much(struct wc_t *t)
{
	struct wc_stream *s = wc_fresh(t, "s");
	struct wc_frame f;

	if (!s)
		return;
	f = wc_f_write(s, t->mem.key, wc_page(t, 62), wc_bytes(WC_NEW_SEED), WC_SIZE);
	f.msg_len = 2 * WC_SIZE;
	f.oflags = WC_O_SOM;
	wc_op(s, "x", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	f.psn++;
	f.offset = WC_SIZE / 2;
	f.oflags = 0;
	wc_emit(t->c, &f, WC_E_OK);
	f.psn++;
	f.offset = WC_SIZE;
	f.oflags = WC_O_EOM;
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "x");
}

const struct wc_case wc_cases_limits[] = {
	{
		.id = "SM-BI-20", .version = 1, .title = "RUD: one message more than the window",
		.reqs = "WEFT-SEM-020 WEFT-MGT-010", .needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "as many messages as the stream's window, and one, the first "
			"coming last",
		.expected = "NO_RESOURCES for the last one, once the others are complete",
		.checkpoints = 3, .drive = too_many_messages, .judge = too_many_messages_judge,
	}, {
		.id = "SM-BI-21", .version = 1, .title = "RUD: one READ more than agreed",
		.reqs = "WEFT-SEM-020 WEFT-MGT-010", .needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "as many READs as agreed, and one, behind a WRITE that comes last",
		.expected = "NO_RESOURCES for the last one, once the others are complete",
		.checkpoints = 3, .drive = too_many_reads, .judge = too_many_reads_judge,
	}, {
		.id = "SM-BI-23", .version = 1, .title = "Pieces that overlap",
		.reqs = "WEFT-SEM-045",
		.stimulus = "a message of two pieces, and a third across both",
		.expected = "MALFORMED",
		.checkpoints = 1, .drive = too_much, .judge = too_much_judge,
	},
	{ .id = NULL },
};
