/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that contradict themselves late.
 */
#include "conformance/cases/common.h"

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
		.id = "SM-BI-23", .version = 1, .title = "Pieces that overlap",
		.reqs = "WEFT-SEM-045",
		.stimulus = "a message of two pieces, and a third across both",
		.expected = "MALFORMED",
		.checkpoints = 1, .drive = too_much, .judge = too_much_judge,
	},
	{ .id = NULL },
};
