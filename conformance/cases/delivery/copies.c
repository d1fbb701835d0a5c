/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PSN that comes again: with other contents, a thousand times, by another path; and a message of
 * which a piece has not come.
 */
#include "conformance/cases/common.h"
#include "conformance/case.h"

#include <string.h>

/* ---- DL-BI-90: other contents under a PSN that was taken ---------------------------------- */

static void other_contents(struct wc_t *t)
{
	struct wc_frame add, get;

	wc_set_word(t->a, "w", wc_page(t, 24), 5);
	add = wc_f_atomic(t->a, t->mem.key, wc_page(t, 24), WC_FADD, 1, 0);
	wc_do(t->a, "add", WC_OP_ATOMIC, &add);
	get = wc_f_read(t->a, t->mem.key, wc_page(t, 25), WC_SIZE);
	wc_do(t->a, "get", WC_OP_READ, &get);
	wc_mark(t, "again");
	add.operand = 1000;
	wc_emit(t->c, &add, WC_E_BAD);
	get.addr = wc_page(t, 24);
	wc_emit(t->c, &get, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "done");
	wc_get_word(t->b, "after", wc_page(t, 24));
}

static void other_contents_judge(struct wc_judge *j)
{
	size_t at = wc_at(j, "again");

	wc_old(j, 1, "add", 5);
	wc_ok(j, 1, "get");
	wc_marked(j, 2, "again");
	for (; at < wc_at(j, "done"); at++) {
		const struct wc_frame *f = &j->v->f[at];

		if (wc_view_rx(j->v, at) && f->type == WC_DATA && !(f->flags & WC_F_RTX) &&
		    (f->opcode == WC_READ_RSP || f->opcode == WC_ATOMIC_RSP))
			break;
	}
	j->evidence = at < wc_at(j, "done") ? at : WC_NONE;
	wc_cp(j, 3, j->evidence == WC_NONE, "ANSWERED",
	      "a PSN that was taken is not answered anew, whatever it says now");
	wc_word(j, 4, "after", 6, "DUP_EXECUTED");
}

/* ---- DL-BV-91: one packet a thousand times ------------------------------------------------ */

#define COPIES	1000u
#define BURST	50u	/* no more at a time, so that no queue on the way is full */

static void thousand(struct wc_t *t)
{
	struct wc_frame add;

	wc_set_word(t->a, "w", wc_page(t, 26), 0);
	add = wc_f_atomic(t->a, t->mem.key, wc_page(t, 26), WC_FADD, 1, 0);
	wc_do(t->a, "add", WC_OP_ATOMIC, &add);
	add.flags |= WC_F_RTX;
	wc_mark(t, "again");
	for (unsigned i = 0; i < COPIES; i++) {
		wc_emit(t->c, &add, WC_E_LOOSE);
		if (i % BURST == BURST - 1)
			wc_marker(t);
	}
	wc_mark(t, "done");
	wc_get_word(t->b, "after", wc_page(t, 26));
}

static void thousand_judge(struct wc_judge *j)
{
	unsigned n = 0;

	wc_old(j, 1, "add", 0);
	wc_marked(j, 2, "again");
	for (size_t at = wc_at(j, "again"); at < wc_at(j, "done"); at++)
		n += wc_view_rx(j->v, at) && j->v->f[at].type != WC_CTRL;
	j->evidence = WC_NONE;
	wc_cp(j, 3, n >= 1 && n <= COPIES, "AMPLIFIED",
	      "copies are acknowledged, by at most a packet for each of %u, not %u", COPIES, n);
	wc_word(j, 4, "after", 1, "DUP_EXECUTED");
}

/* ---- DL-BV-92: by several paths ----------------------------------------------------------- */

#define ADDS 8u

static void paths(struct wc_t *t)
{
	struct wc_frame f[ADDS];
	uint64_t first;

	wc_set_word(t->a, "w", wc_page(t, 27), 0);
	first = t->c->next;
	for (unsigned i = 0; i < ADDS; i++) {
		f[i] = wc_f_atomic(t->a, t->mem.key, wc_page(t, 27), WC_FADD, 1, 0);
		f[i].psn = (first + i) & 0xffffffff;
		wc_op(t->a, wc_nth("a", i), WC_OP_ATOMIC, &f[i]);
	}
	for (unsigned way = 0; way < 2; way++)
		for (unsigned i = 0; i < ADDS; i++) {
			struct wc_frame *p = &f[(5 * i + 3 * way + 2) % ADDS];

			p->entropy = 0x2000 + 0x111 * i + 7 * way;
			wc_emit(t->c, p, WC_E_LOOSE);
		}
	for (unsigned i = 0; i < ADDS; i++)
		wc_await(t, wc_nth("a", i));
	wc_get_word(t->b, "after", wc_page(t, 27));
}

static void paths_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < ADDS; i++)
		wc_old(j, 1, wc_nth("a", i), i);
	wc_word(j, 2, "after", ADDS, "DUP_EXECUTED");
}

/* ---- DL-BV-93: complete only when whole --------------------------------------------------- */

static void not_whole(struct wc_t *t)
{
	struct wc_frame head = wc_f_write(t->a, t->mem.key, wc_page(t, 28), wc_bytes(3), WC_SIZE);
	struct wc_frame tail = head;

	head.msg_len = tail.msg_len = 2 * WC_SIZE;
	head.oflags = WC_O_SOM;
	tail.oflags = WC_O_EOM;
	tail.offset = WC_SIZE;
	tail.body = wc_bytes(4);
	tail.psn = (head.psn + 1) & 0xffffffff;
	wc_op(t->a, "w", WC_OP_MESSAGE, &tail);
	wc_mark(t, "tail");
	wc_emit(t->c, &tail, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "head");
	wc_emit(t->c, &head, WC_E_LOOSE);
	wc_await(t, "w");
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 28), 2 * WC_SIZE);
}

static void not_whole_judge(struct wc_judge *j)
{
	struct wc_result r = wc_view_result(j->v, "w", wc_at(j, "head"), NULL, 0);
	uint8_t want[2 * WC_SIZE];

	memcpy(want, wc_bytes(3), WC_SIZE);
	memcpy(want + WC_SIZE, wc_bytes(4), WC_SIZE);
	j->evidence = r.evidence;
	wc_cp(j, 1, r.status == WC_PENDING, "TOO_EARLY",
	      "no TACK while the message's first packet has not come");
	wc_marked(j, 2, "tail");
	wc_ok(j, 3, "w");
	wc_data(j, 4, "after", want, sizeof(want), "WRONG_DATA");
}

const struct wc_case wc_cases_copies[] = {
	{
		.id = "DL-BI-90", .version = 1,
		.title = "Other contents under a PSN that was taken",
		.reqs = "WEFT-PDC-020",
		.stimulus = "a FADD and a READ again, with another operand and another address",
		.expected = "no answer but acknowledgements; the word as it was",
		.checkpoints = 4,
		.vary = WC_VARY_ORDER, .drive = other_contents, .judge = other_contents_judge,
	},
	{
		.id = "DL-BV-91", .version = 1, .title = "One packet a thousand times",
		.reqs = "WEFT-PDC-020 WEFT-ACK-003", .stimulus = "a FADD, then 1000 copies of it",
		.expected = "added once; no more packets than copies",
		.checkpoints = 4,
		.drive = thousand, .judge = thousand_judge,
	},
	{
		.id = "DL-BV-92", .version = 1,
		.title = "RUD: atomics by several paths, each twice",
		.reqs = "WEFT-PDC-020 WEFT-SEM-001",
		.stimulus = "8 FADDs in another order under 8 entropies, and copies under others",
		.expected = "carried out in order, each once", .needs = WC_NEEDS_RUD,
		.mode = WC_RUD, .checkpoints = 2, .vary = WC_VARY_WRAP, .drive = paths,
		.judge = paths_judge,
	},
	{
		.id = "DL-BV-93", .version = 1, .title = "RUD: complete only when whole",
		.reqs = "WEFT-SEM-030 WEFT-SEM-005",
		.stimulus = "the last packet of a WRITE, then its first",
		.expected = "no TACK before the first has come", .needs = WC_NEEDS_RUD,
		.mode = WC_RUD, .checkpoints = 4, .vary = WC_VARY_WRAP, .drive = not_whole,
		.judge = not_whole_judge,
	},
	{ .id = NULL },
};
