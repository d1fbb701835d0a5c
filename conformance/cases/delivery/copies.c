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

/* ---- DL-BV-94: a copy of a READ between two packets of a WRITE ------------------------------- */

static void between(struct wc_t *t)
{
	struct wc_frame get, w;

	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 29), wc_bytes(3), WC_SIZE);
	get = wc_f_read(t->a, t->mem.key, wc_page(t, 29), WC_SIZE);
	wc_do(t->a, "get", WC_OP_READ, &get);
	get.flags |= WC_F_RTX;
	w = wc_f_write(t->a, t->mem.key, wc_page(t, 29), wc_bytes(4), WC_SIZE);
	w.msg_len = 2 * WC_SIZE;
	w.oflags = WC_O_SOM;
	wc_emit(t->c, &w, WC_E_OK);
	wc_marker(t);
	wc_mark(t, "again");
	wc_emit(t->c, &get, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "done");
	w.psn++;
	w.offset = WC_SIZE;
	w.oflags = WC_O_EOM;
	w.body = wc_bytes(5);
	wc_op(t->a, "w", WC_OP_MESSAGE, &w);
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, "w");
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 29), 2 * WC_SIZE);
}

static void between_judge(struct wc_judge *j)
{
	struct wc_result r = wc_res(j, "get");
	uint8_t want[2 * WC_SIZE];

	memcpy(want, wc_bytes(4), WC_SIZE);
	memcpy(want + WC_SIZE, wc_bytes(5), WC_SIZE);
	wc_ok(j, 1, "get");
	j->evidence = wc_view_acked(j->v, (uint32_t)wc_val(j, "ctx"), r.op.psn_last,
				    wc_at(j, "again"), wc_at(j, "done"));
	wc_cp(j, 2, j->evidence != WC_NONE, "DUP_NOT_ACKED", "the copy is acknowledged at once");
	wc_ok(j, 3, "w");
	wc_data(j, 4, "after", want, sizeof(want), "WRONG_DATA");
}

/* ---- DL-BV-95: the opening, when all that the device says is lost ---------------------------- */

#define LOST_TIMES 3u

/* Each packet of the device for the context that opens, the first three times that it comes. */
static bool lost_first(struct wc_t *t, const struct wc_frame *f)
{
	const struct wc_ctx *c = &t->ctx[t->n_ctx - 1];
	unsigned n = 0;

	if (f->pdc_id != c->id || f->type == WC_NACK)
		return false;
	for (size_t i = 0; i < t->view.count; i++)
		n += wc_view_rx(&t->view, i) && t->view.f[i].pdc_id == c->id &&
		     t->view.f[i].type == f->type && t->view.f[i].psn == f->psn;
	return n <= LOST_TIMES;
}

/* How often EP_ACCEPT came to context pdc. */
static unsigned accepts(const struct wc_view *v, uint64_t pdc)
{
	unsigned n = 0;

	for (size_t i = 0; i < v->count; i++) {
		struct wc_tlv_view tlv;

		n += wc_view_rx(v, i) && v->f[i].pdc_id == pdc &&
		     wc_frame_find_tlv(&v->f[i], WC_TLV_EP_ACCEPT, wc_h_ep_accept.bytes, &tlv);
	}
	return n;
}

static bool accepted_again(struct wc_t *t, const void *arg)
{
	const struct wc_ctx *c = arg;

	return c->known && accepts(&t->view, c->id) > LOST_TIMES;
}

static void opening_lost(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;

	wc_value(t, "c2", c->id);
	t->lose = lost_first;
	s = wc_connect_start(c, "connect.C", wc_service(t));
	wc_wait(t, accepted_again, c, "EP_ACCEPT, which was lost");
	t->lose = NULL;
	if (!wc_connected(s, "connect.C"))
		return;
	wc_do_write(s, "w", t->mem.key, wc_page(t, 30), wc_bytes(6), WC_SIZE);
	wc_do_read(s, "r", t->mem.key, wc_page(t, 30), WC_SIZE);
}

static void opening_lost_judge(struct wc_judge *j)
{
	unsigned n = accepts(j->v, wc_val(j, "c2"));

	wc_ok(j, 1, "connect.C");
	j->evidence = WC_NONE;
	wc_cp(j, 2, n > LOST_TIMES, "NOT_REPEATED",
	      "EP_ACCEPT is sent until it is acknowledged: %u times, three were lost", n);
	wc_ok(j, 3, "w");
	wc_data_fill(j, 4, "r", 6, WC_SIZE, "WRONG_DATA");
}

/* ---- DL-BV-96: AR on the last of several ----------------------------------------------------- */

#define ROW 5u

static void last_asks(struct wc_t *t)
{
	struct wc_frame f;

	for (unsigned i = 0; i < ROW; i++) {
		f = wc_f_write(t->a, t->mem.key, wc_page(t, 31), wc_bytes(i), WC_SIZE);
		f.entropy = 0x2100 + i;
		if (i + 1 < ROW)
			f.flags &= ~(uint64_t)WC_F_AR;
		wc_op(t->a, wc_nth("w", i), WC_OP_MESSAGE, &f);
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_await(t, wc_nth("w", ROW - 1));
	wc_marker(t);
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 31), WC_SIZE);
}

static void last_asks_judge(struct wc_judge *j)
{
	uint32_t last = wc_res(j, wc_nth("w", ROW - 1)).op.psn_last;
	size_t at = WC_NONE;

	for (unsigned i = 0; i < ROW; i++)
		wc_ok(j, 1, wc_nth("w", i));
	for (size_t i = wc_at(j, "begin"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_ACK &&
		    j->v->f[i].ack_flags & 0x80 && j->v->f[i].echo_psn == last)
			at = i;
	j->evidence = at;
	wc_cp(j, 2, at != WC_NONE && j->v->f[at].echo_entropy == 0x2100 + ROW - 1, "NO_ECHO",
	      "the packet with AR has an ACK of its own, with its PSN and entropy");
	wc_cp(j, 3, at != WC_NONE && j->v->f[at].flags & WC_F_AKV &&
	      !wc_before(j->v->f[at].ack_psn, last), "NOT_ACKED", "which covers all before it");
	wc_data_fill(j, 4, "after", ROW - 1, WC_SIZE, "WRONG_DATA");
}

const struct wc_case wc_cases_copies[] = {
	{
		.id = "DL-BV-94", .version = 1,
		.title = "A copy of a READ between two packets of a WRITE",
		.reqs = "WEFT-PDC-020 WEFT-ACK-003",
		.stimulus = "the first packet of a WRITE, a READ of before again, the second "
			"packet",
		.expected = "the copy is acknowledged, the WRITE whole", .checkpoints = 4,
		.vary = WC_VARY_ORDER, .drive = between, .judge = between_judge,
	},
	{
		.id = "DL-BV-95", .version = 1,
		.title = "What opens and accepts is lost three times",
		.reqs = "WEFT-RTX-001 WEFT-PDC-001",
		.stimulus = "a context and a stream, of which each packet of the device is lost "
			"the first three times",
		.expected = "EP_ACCEPT comes again; the stream works", .checkpoints = 4,
		.drive = opening_lost, .judge = opening_lost_judge,
	},
	{
		.id = "DL-BV-96", .version = 1, .title = "AR on the last of several packets",
		.reqs = "WEFT-ACK-003 WEFT-ACK-005", .stimulus = "4 WRITEs without AR, one with it",
		.expected = "an ACK of the last, which covers all", .checkpoints = 4,
		.vary = WC_VARY_ORDER, .drive = last_asks, .judge = last_asks_judge,
	},
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
