/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery within a context: PSNs, duplicates, order, windows, acknowledgements, repetition.
 */
#include "conformance/cases/common.h"

#include <string.h>

static size_t acked_by(struct wc_judge *j, uint32_t psn, size_t from)
{
	return wc_view_acked(j->v, (uint32_t)wc_val(j, "ctx"), psn, from, WC_NONE);
}

/* ---- DL-BV-01 --------------------------------------------------------------------------- */

static void in_order(struct wc_t *t)
{
	for (unsigned i = 0; i < 8; i++)
		wc_do_write(t->a, wc_nth("w", i), t->mem.key, wc_page(t, 1) + i * WC_SIZE,
			    wc_bytes(i), WC_SIZE);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 1), 8 * WC_SIZE);
}

static void in_order_judge(struct wc_judge *j)
{
	uint8_t want[8 * WC_SIZE];

	for (unsigned i = 0; i < 8; i++) {
		struct wc_result r = wc_res(j, wc_nth("w", i));
		size_t at = acked_by(j, r.op.psn_last, r.at == WC_NONE ? 0 : r.at);
		bool echoed = false;

		wc_ok(j, 1, wc_nth("w", i));
		for (size_t k = 0; k < j->v->count; k++)
			echoed |= wc_view_rx(j->v, k) && j->v->f[k].type == WC_ACK &&
				  j->v->f[k].ack_flags & 0x80 &&
				  j->v->f[k].echo_psn == r.op.psn_last &&
				  j->v->f[k].echo_entropy == 0x1234;
		j->evidence = at;
		wc_cp(j, 2, at != WC_NONE, "NOT_ACKED", "PSN %u is acknowledged", r.op.psn_last);
		wc_cp(j, 3, echoed, "NO_ECHO",
		      "an ACK repeats PSN %u and its entropy, at once since AR was set",
		      r.op.psn_last);
		memcpy(want + i * WC_SIZE, wc_bytes(i), WC_SIZE);
	}
	wc_data(j, 4, "after", want, sizeof(want), "WRONG_DATA");
}

/* ---- DL-BV-02 --------------------------------------------------------------------------- */

static void wrap(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;

	c->chip_id ^= 0x0100;		/* another chip: its start PSNs are its own affair */
	c->start = c->next = 0xfffffffc;
	s = wc_connect(c, "connect.C", wc_service(t));
	for (unsigned i = 0; i < 8 && s; i++)
		wc_do_write(s, wc_nth("w", i), t->mem.key, wc_page(t, 2) + i * WC_SIZE,
			    wc_bytes(i), WC_SIZE);
	if (s)
		wc_do_read(s, "after", t->mem.key, wc_page(t, 2), 8 * WC_SIZE);
}

static void wrap_judge(struct wc_judge *j)
{
	uint8_t want[8 * WC_SIZE];

	wc_ok(j, 1, "connect.C");
	for (unsigned i = 0; i < 8; i++) {
		wc_ok(j, 2, wc_nth("w", i));
		memcpy(want + i * WC_SIZE, wc_bytes(i), WC_SIZE);
	}
	wc_data(j, 3, "after", want, sizeof(want), "WRONG_DATA");
}

/* ---- DL-BV-03 --------------------------------------------------------------------------- */

static void duplicate(struct wc_t *t)
{
	struct wc_frame first = wc_f_write(t->a, t->mem.key, wc_page(t, 3),
					   wc_bytes(WC_OLD_SEED), WC_SIZE);

	wc_value(t, "p", first.psn);
	wc_op(t->a, "w1", WC_OP_MESSAGE, &first);
	wc_emit(t->c, &first, WC_E_OK);
	wc_await(t, "w1");
	wc_do_write(t->a, "w2", t->mem.key, wc_page(t, 3), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_mark(t, "dup");
	wc_emit(t->c, &first, WC_E_LOOSE);
	first.flags |= WC_F_RTX;
	wc_emit(t->c, &first, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "done");
	wc_do_read(t->b, "after", t->mem.key, wc_page(t, 3), WC_SIZE);
}

static void duplicate_judge(struct wc_judge *j)
{
	size_t at;

	wc_ok(j, 1, "w1");
	wc_ok(j, 1, "w2");
	at = wc_view_acked(j->v, (uint32_t)wc_val(j, "ctx"), (uint32_t)wc_val(j, "p"),
			   wc_at(j, "dup"), wc_at(j, "done"));
	j->evidence = at;
	wc_cp(j, 2, at != WC_NONE, "DUP_NOT_ACKED", "the duplicate is acknowledged at once");
	wc_marked(j, 3, "dup");
	wc_data_fill(j, 4, "after", WC_NEW_SEED, WC_SIZE, "DUP_EXECUTED");
}

/* ---- DL-BV-04 --------------------------------------------------------------------------- */

static void swapped(struct wc_t *t)
{
	struct wc_frame e = wc_f_write(t->a, t->mem.key, wc_page(t, 4), wc_bytes(3), WC_SIZE);
	struct wc_frame e1 = wc_f_nop(t->a);

	e1.psn = e.psn + 1;
	wc_value(t, "p", e.psn);
	wc_value(t, "p1", e1.psn);
	wc_mark(t, "gap");
	wc_emit(t->c, &e1, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "fill");
	wc_op(t->a, "w", WC_OP_MESSAGE, &e);
	wc_emit(t->c, &e, WC_E_OK);
	wc_await(t, "w");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 4), WC_SIZE);
}

static void swapped_judge(struct wc_judge *j)
{
	uint32_t pdc = (uint32_t)wc_val(j, "ctx"), p1 = (uint32_t)wc_val(j, "p1");

	wc_untaken(j, 1, "gap", "fill", "p", "ACKED_A_GAP");
	j->evidence = wc_view_acked(j->v, pdc, p1, wc_at(j, "gap"), wc_at(j, "fill"));
	wc_cp(j, 2, j->evidence != WC_NONE, "GAP_NOT_TOLD",
	      "when a gap opens, an ACK at once holds PSN %u in its bitmap", p1);
	wc_ok(j, 3, "w");
	wc_data_fill(j, 4, "after", 3, WC_SIZE, "WRONG_DATA");
	j->evidence = acked_by(j, p1, wc_at(j, "fill"));
	wc_cp(j, 5, j->evidence != WC_NONE, "NOT_ACKED", "both PSNs are acknowledged in the end");
}

/* ---- DL-BV-05 --------------------------------------------------------------------------- */

#define HOLES 15u

static void bitmap(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a);
	uint64_t first = f.psn;

	wc_value(t, "p", first);
	wc_mark(t, "holes");
	for (unsigned i = 0; i < HOLES; i++) {
		f.psn = first + i;
		if (i % 3)
			wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
	wc_mark(t, "fill");
	for (unsigned i = 0; i < HOLES; i += 3) {
		f.psn = first + i;
		f.flags |= WC_F_RTX;
		wc_emit(t->c, &f, WC_E_OK);
	}
	f.psn = first + HOLES - 1;
	wc_op(t->a, "last", WC_OP_PLAIN, &f);
	wc_await(t, "last");
}

static void bitmap_judge(struct wc_judge *j)
{
	uint32_t p = (uint32_t)wc_val(j, "p");
	const struct wc_frame *ack = NULL;
	bool exact = true;

	for (size_t i = wc_at(j, "holes"); i < wc_at(j, "fill"); i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_ACK) {
			ack = &j->v->f[i];
			j->evidence = i;
		}
	wc_cp(j, 1, ack && ack->words, "NO_BITMAP", "an ACK with a bitmap answers the gaps");
	for (unsigned i = 0; i < HOLES && ack; i++)
		exact &= wc_frame_acks(ack, p + i) == (i % 3 != 0);
	wc_cp(j, 2, exact, "WRONG_BITMAP",
	      "the last bitmap before the holes are filled has every third PSN from %u missing",
	      p);
	j->evidence = WC_NONE;
	wc_cp(j, 3, wc_res(j, "last").acked, "NOT_ACKED", "all are acknowledged in the end");
	wc_marked(j, 4, "holes");
}

/* ---- DL-BV-06 --------------------------------------------------------------------------- */

static void ordered(struct wc_t *t)
{
	struct wc_frame e = wc_f_write(t->a, t->mem.key, wc_page(t, 6), wc_bytes(3), WC_SIZE);
	struct wc_frame e1 = wc_f_nop(t->a);

	wc_value(t, "p", e.psn);
	wc_value(t, "p1", e.psn + 1);
	wc_mark(t, "gap");
	for (unsigned i = 1; i <= 4; i++) {
		e1.psn = e.psn + i;
		e1.flags &= ~(uint64_t)WC_F_AR;
		wc_emit(t->c, &e1, WC_E_BAD);
		wc_marker(t);	/* one by one, so that each could be answered */
	}
	wc_mark(t, "fill");
	wc_op(t->a, "w", WC_OP_MESSAGE, &e);
	wc_emit(t->c, &e, WC_E_OK);
	wc_await(t, "w");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 6), WC_SIZE);
}

static void ordered_judge(struct wc_judge *j)
{
	uint32_t p = (uint32_t)wc_val(j, "p");
	size_t nack = wc_view_nack(j->v, WC_N_MISSING, wc_at(j, "gap"), wc_at(j, "fill")), again;

	wc_untaken(j, 1, "gap", "fill", "p1", "TAKEN_EARLY");
	j->evidence = nack;
	wc_cp(j, 2, nack != WC_NONE, "NO_NACK", "the first packet after a gap is answered by "
	      "NACK MISSING");
	wc_cp(j, 3, nack == WC_NONE || (j->v->f[nack].count >= 1 &&
	      j->v->f[nack].range[0].first == p), "WRONG_RANGE",
	      "NACK MISSING names PSN %u first", p);
	again = nack == WC_NONE ? nack : wc_view_nack(j->v, WC_N_MISSING, nack + 1,
						      wc_at(j, "fill"));
	j->evidence = again;
	wc_cp(j, 4, again == WC_NONE, "NACK_AGAIN", "further packets after the gap are not");
	wc_ok(j, 5, "w");
	wc_data_fill(j, 6, "after", 3, WC_SIZE, "WRONG_DATA");
}

/* ---- DL-BI-07, DL-BI-08 ------------------------------------------------------------------ */

static void beyond(struct wc_t *t)
{
	static const uint32_t more[] = { 0, 1, 1000, 0x10000, 0x70000000 };

	wc_bad_begin(t, 7);
	for (unsigned i = 0; i < 5; i++) {
		struct wc_frame f = wc_bad_write(t, 7);

		wc_value(t, "p", f.psn);	/* the next one, which is not sent yet */
		f.psn += t->c->peer_window + more[i];
		f.psn &= 0xffffffff;
		wc_value(t, wc_nth("p", i), f.psn);
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 7);
}

static void beyond_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 5; i++)
		wc_untaken(j, 1, "bad", "good", wc_nth("p", i), "TAKEN");
	wc_untaken(j, 1, "bad", "good", "p", "TAKEN");
	wc_marked(j, 2, "bad");
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

static void old_psn(struct wc_t *t)
{
	static const uint32_t back[] = {
		1, 2, 100, 0x1000, 0x7fffff00, 0x7fffffff, 0x80000000, 0x80000001,
	};

	wc_bad_begin(t, 8);
	for (unsigned i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		struct wc_frame f = wc_bad_write(t, 8);

		f.psn = (f.psn - back[i]) & 0xffffffff;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 8);
}

static void old_psn_judge(struct wc_judge *j)
{
	wc_untaken(j, 1, "bad", "good", "p", "TAKEN");
	wc_marked(j, 2, "bad");
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- DL-BV-09 --------------------------------------------------------------------------- */

static void window_edge(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a);
	uint64_t first = f.psn, w = t->c->peer_window;

	wc_value(t, "p", first + w - 1);
	wc_value(t, "p1", first + w);
	wc_mark(t, "edge");
	f.psn = first + w;
	wc_emit(t->c, &f, WC_E_BAD);
	f.psn = first + w - 1;
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "done");
	for (unsigned i = 0; i < w - 1; i++) {
		f.psn = first + i;
		wc_emit(t->c, &f, WC_E_OK);
	}
}

static void window_edge_judge(struct wc_judge *j)
{
	wc_untaken(j, 1, "edge", "done", "p1", "TAKEN");
	j->evidence = wc_view_acked(j->v, (uint32_t)wc_val(j, "ctx"), (uint32_t)wc_val(j, "p"),
				    wc_at(j, "edge"), WC_NONE);
	wc_cp(j, 2, j->evidence != WC_NONE, "EDGE_NOT_TAKEN",
	      "the last PSN of the window is taken");
}

/*
 * WEFT-ACK-004 gives a receiver at most 1 ms; the rest is for the path, and for hosts whose timers
 * are coarse.
 */
#define ACK_WITHIN_NS 100000000u

/* ---- DL-BV-10, DL-BV-11 ------------------------------------------------------------------ */

static void unasked_ack(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a);	/* nothing but an ACK answers a NOP */

	f.flags &= ~(uint64_t)WC_F_AR;
	wc_op(t->a, "nop", WC_OP_PLAIN, &f);
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_await_ack(t, "nop");
	wc_mark(t, "waited");
}

static void unasked_ack_judge(struct wc_judge *j)
{
	struct wc_result r = wc_view_result(j->v, "nop", wc_at(j, "waited"), NULL, 0);

	uint64_t sent = r.at == WC_NONE ? 0 : j->v->t->rec[r.at].t_ns, came = UINT64_MAX;
	size_t at = wc_view_acked(j->v, r.op.pdc, r.op.psn_last, r.at, WC_NONE);

	if (at != WC_NONE)
		came = j->v->t->rec[at].t_ns;
	j->evidence = at;
	wc_cp(j, 1, r.acked && came - sent <= ACK_WITHIN_NS, "NOT_ACKED",
	      "a packet without AR is acknowledged within %u ms", ACK_WITHIN_NS / 1000000);
}

static void marked_ce(struct wc_t *t)
{
	for (unsigned i = 0; i < 3; i++) {
		struct wc_frame f = wc_f_nop(t->a);

		wc_op(t->a, wc_nth("plain", i), WC_OP_PLAIN, &f);
		wc_emit(t->c, &f, WC_E_OK);
		wc_await(t, wc_nth("plain", i));
	}
	wc_mark(t, "ce");
	for (unsigned i = 0; i < 5; i++) {
		struct wc_frame f = wc_f_nop(t->a);

		f.fabric = i == 2 ? 0 : WC_FB_CE;
		wc_op(t->a, wc_nth("ce", i), WC_OP_PLAIN, &f);
		wc_emit(t->c, &f, WC_E_OK);
		wc_await(t, wc_nth("ce", i));
	}
}

/* The last ce_count that came before mark until and after mark from, 0: none. */
static uint64_t ce_between(struct wc_judge *j, const char *from, const char *until)
{
	uint64_t last = 0;

	for (size_t i = wc_at(j, from); i < j->v->count && i < wc_at(j, until); i++) {
		if (!wc_view_rx(j->v, i) || j->v->f[i].type != WC_ACK ||
		    j->v->f[i].pdc_id != wc_val(j, "ctx"))
			continue;
		last = j->v->f[i].ce_count;
		j->evidence = i;
	}
	return last;
}

/* ---- DL-BV-12: CE of packets that are not taken --------------------------------------------- */

static void ce_untaken(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a), far = f;

	wc_op(t->a, "nop", WC_OP_PLAIN, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "nop");
	wc_mark(t, "copies");
	f.flags |= WC_F_RTX;
	f.fabric = WC_FB_CE;
	for (unsigned i = 0; i < 3; i++)
		wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
	t->c->next = (uint32_t)f.psn + 1;
	far.psn += 2 * WC_MAX_WINDOW;
	far.fabric = WC_FB_CE;
	wc_emit(t->c, &far, WC_E_BAD);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 0), 8);
	wc_marker(t);
}

static void ce_untaken_judge(struct wc_judge *j)
{
	uint64_t count = ce_between(j, "copies", "end");

	wc_cp(j, 1, count == 3, "CE_MISCOUNTED", "ce_count is 3 after three copies with CE and one "
	      "packet beyond the window: it is %u", (unsigned)count);
	wc_ok(j, 2, "after");
}

static void marked_ce_judge(struct wc_judge *j)
{
	uint64_t before = 0, last = 0;

	for (size_t i = 0; i < j->v->count; i++) {
		if (!wc_view_rx(j->v, i) || j->v->f[i].type != WC_ACK ||
		    j->v->f[i].pdc_id != wc_val(j, "ctx"))
			continue;
		if (i < wc_at(j, "ce"))
			before = j->v->f[i].ce_count;
		else if (i < wc_at(j, "end"))
			last = j->v->f[i].ce_count;
		j->evidence = i < wc_at(j, "end") ? i : j->evidence;
	}
	wc_cp(j, 1, before == 0, "CE_INVENTED", "ce_count is 0 before a packet carries CE");
	wc_cp(j, 2, last == 4, "CE_MISCOUNTED", "ce_count is 4 after four packets with CE: it is "
		"%u",
	      (unsigned)last);
}

const struct wc_case wc_cases_delivery[] = {
	{
		.id = "DL-BV-01", .version = 1,
		.title = "Packets in order are acknowledged, with echo",
		.reqs = "WEFT-ACK-003 WEFT-ACK-005 WEFT-SEM-001",
		.stimulus = "8 WRITEs with AR, one after the other",
		.expected = "each acknowledged at once, its PSN and entropy repeated",
		.vary = WC_VARY_ORDER,
		.checkpoints = 4, .drive = in_order, .judge = in_order_judge,
	}, {
		.id = "DL-BV-02", .version = 1, .title = "PSNs wrap",
		.reqs = "WEFT-CONV-001",
		.stimulus = "a context from start PSN 0xfffffffc, 8 WRITEs",
		.expected = "all are taken",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 3, .drive = wrap, .judge = wrap_judge,
	}, {
		.id = "DL-BV-03", .version = 1,
		.title = "A duplicate is acknowledged, not executed",
		.reqs = "WEFT-PDC-020 WEFT-ACK-003",
		.stimulus = "WRITE old, WRITE new to the same place, the first WRITE twice again",
		.expected = "acknowledged at once; memory holds what is new",
		.vary = WC_VARY_ORDER,
		.checkpoints = 4, .drive = duplicate, .judge = duplicate_judge,
	}, {
		.id = "DL-BV-04", .version = 1, .title = "RUD: out of order is taken, and told",
		.reqs = "WEFT-ACK-001 WEFT-ACK-002 WEFT-ACK-003",
		.stimulus = "PSN e+1 before e",
		.expected = "e+1 in a bitmap at once, ack_psn before e; then both",
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 5, .drive = swapped, .judge = swapped_judge,
	}, {
		.id = "DL-BV-05", .version = 1, .title = "RUD: the bitmap is exact",
		.reqs = "WEFT-ACK-002 WEFT-ACK-003",
		.stimulus = "15 PSNs, every third left out, then filled in",
		.expected = "the last bitmap shows what came; then all are acknowledged",
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 4, .drive = bitmap, .judge = bitmap_judge,
	}, {
		.id = "DL-BV-06", .version = 1, .title = "ROD: in order only, one NACK for a gap",
		.reqs = "WEFT-PDC-022 WEFT-ACK-008",
		.stimulus = "PSNs e+1 to e+4 before e",
		.expected = "none is taken; one NACK MISSING that names e; e is taken",
		.needs = WC_NEEDS_ROD, .mode = WC_ROD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 6, .drive = ordered, .judge = ordered_judge,
	}, {
		.id = "DL-BI-07", .version = 2, .title = "PSNs beyond the window are dropped",
		.reqs = "WEFT-PDC-021",
		.stimulus = "WRITEs with PSNs at and beyond the window's end",
		.expected = "not acknowledged, no byte written",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = beyond, .judge = beyond_judge,
	}, {
		.id = "DL-BI-08", .version = 2, .title = "PSNs of the past execute nothing",
		.reqs = "WEFT-PDC-020 WEFT-CONV-001",
		.stimulus = "new WRITEs under PSNs 1 to 2^31 + 1 ago",
		.expected = "no byte written, the next PSN stays free",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = old_psn, .judge = old_psn_judge,
	}, {
		.id = "DL-BV-09", .version = 1,
		.title = "RUD: the window ends where it was announced",
		.reqs = "WEFT-PDC-021",
		.stimulus = "the last PSN of the window, and the one after it",
		.expected = "the first is taken, the other is not",
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 2, .drive = window_edge, .judge = window_edge_judge,
	}, {
		.id = "DL-BV-10", .version = 2,
		.title = "A packet without AR is acknowledged in time",
		.reqs = "WEFT-ACK-004",
		.stimulus = "one NOP without AR, then nothing",
		.expected = "it is acknowledged",
		.vary = WC_VARY_ORDER,
		.checkpoints = 1, .drive = unasked_ack, .judge = unasked_ack_judge, .timed = true,
	}, {
		.id = "DL-BV-11", .version = 1, .title = "Packets with CE are counted",
		.reqs = "WEFT-ACK-006",
		.stimulus = "five NOPs, four with CE",
		.expected = "ce_count goes from 0 to 4",
		.vary = WC_VARY_ORDER,
		.checkpoints = 2, .drive = marked_ce, .judge = marked_ce_judge,
	}, {
		.id = "DL-BV-12", .version = 1, .title = "CE of copies is counted",
		.reqs = "WEFT-ACK-014",
		.stimulus = "a NOP, three copies of it with CE, a packet with CE beyond the window",
		.expected = "ce_count is 3",
		.checkpoints = 2, .drive = ce_untaken, .judge = ce_untaken_judge,
	},
	{ .id = NULL },
};
