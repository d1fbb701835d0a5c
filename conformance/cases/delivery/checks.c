/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device looks at first, what it says first, and what it does with a message that is given
 * up.
 */
#include "conformance/cases/common.h"
#include "conformance/port.h"

#include <string.h>

#define FAR 100000u		/* beyond any window */
#define NO_STREAM 0x00fffffeu	/* a queue pair that nobody has */

/* ---- DL-BI-46: whose, then its PSN, then its operation ------------------------------------- */

/* An operation that is answered, with a refusal, if it is looked at. */
static void refusable(struct wc_t *t, uint64_t psn, uint64_t gen)
{
	struct wc_frame f = wc_bad_write(t, 55);

	f.psn = psn;
	f.flags ^= gen;
	f.qpn = NO_STREAM;
	wc_emit(t->c, &f, WC_E_BAD);
}

static void first_fault(struct wc_t *t)
{
	wc_bad_begin(t, 55);
	refusable(t, t->c->next - 1, 0);	/* a PSN that has come */
	refusable(t, t->c->next + FAR, 0);
	refusable(t, t->c->next, 1);		/* another generation, a good PSN */
	wc_bad_end(t, 55);
}

static void first_fault_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "bad"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_DATA &&
		    j->v->f[i].opcode == WC_TACK && j->v->f[i].qpn == NO_STREAM)
			at = i;
	j->evidence = at;
	wc_cp(j, 1, at == WC_NONE, "OPERATION_FIRST",
	      "the operation of a packet that is not taken is not looked at");
	wc_untaken(j, 2, "bad", "good", "p", "TAKEN");
	wc_marked(j, 3, "bad");
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- DL-BV-47: acknowledgements go first --------------------------------------------------- */

/* One packet calls for both: it opens a gap, and it is a READ. */
static void told_first(struct wc_t *t)
{
	struct wc_frame hole = wc_f_nop(t->a), f;

	wc_do_write(t->b, "init", t->mem.key, wc_page(t, 56), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_pause(t, 5);			/* nothing else is due */
	hole.psn = t->c->next;
	f = wc_f_read(t->b, t->mem.key, wc_page(t, 56), WC_SIZE);
	f.psn = hole.psn + 1;
	wc_value(t, "p", f.psn);
	wc_op(t->b, "read", WC_OP_READ, &f);
	wc_mark(t, "gap");
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_await(t, "read");
	wc_emit(t->c, &hole, WC_E_OK);
	wc_marker(t);
}

static void told_first_judge(struct wc_judge *j)
{
	size_t ack = WC_NONE, data = WC_NONE;

	wc_data_fill(j, 1, "read", WC_OLD_SEED, WC_SIZE, "WRONG_DATA");
	for (size_t i = wc_at(j, "gap"); i < j->v->count; i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (!wc_view_rx(j->v, i))
			continue;
		if (ack == WC_NONE && f->type == WC_ACK &&
		    wc_frame_acks(f, (uint32_t)wc_val(j, "p")))
			ack = i;
		if (data == WC_NONE && f->type == WC_DATA && f->opcode == WC_READ_RSP)
			data = i;
	}
	j->evidence = data;
	wc_cp(j, 2, ack != WC_NONE, "GAP_NOT_TOLD", "an ACK says that a gap opened");
	wc_cp(j, 3, ack < data, "ACK_LAST", "the ACK that is due goes before the data of the READ");
}

/* ---- DL-BV-48: where the bitmap begins ----------------------------------------------------- */

static void begins(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a);
	uint64_t first = f.psn, w = t->c->peer_window;

	wc_value(t, "p", first);
	wc_value(t, "last", first + w - 1);
	wc_mark(t, "near");
	f.psn = first + 3;
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "far");
	f.psn = first + w - 1;
	f.flags |= WC_F_AR;
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "fill");
	for (uint64_t i = 0; i < w - 1; i++) {
		f.psn = first + i;
		wc_emit(t->c, &f, i == 3 ? WC_E_BAD : WC_E_OK);
	}
}

static void begins_judge(struct wc_judge *j)
{
	uint32_t p = (uint32_t)wc_val(j, "p"), last = (uint32_t)wc_val(j, "last");
	bool seen = false, right = true, covered = false;

	for (size_t i = wc_at(j, "near"); i < wc_at(j, "fill"); i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (!wc_view_rx(j->v, i) || f->type != WC_ACK || !f->words)
			continue;
		if (i < wc_at(j, "far")) {
			seen = true;
			right &= f->sack_base == p;
			j->evidence = i;
		}
		covered |= wc_frame_acks(f, last);
	}
	wc_cp(j, 1, seen, "NO_BITMAP", "an ACK with a bitmap answers a gap of three");
	wc_cp(j, 2, right, "WRONG_BASE", "the bitmap begins at the first PSN missing, %u", p);
	wc_cp(j, 3, covered, "NOT_COVERED", "when the last PSN of the window comes, an ACK has it "
	      "in its bitmap, wherever that must begin");
}

/* ---- DL-BV-49: a message that is given up -------------------------------------------------- */

static struct wc_frame half(const struct wc_t *t, const struct wc_stream *s, unsigned n,
			    uint64_t psn)
{
	struct wc_frame f = wc_f_write(s, t->mem.key, wc_page(t, 57), wc_bytes(WC_NEW_SEED),
				       WC_SIZE / 2);

	f.msg_len = WC_SIZE;
	f.offset = n * WC_SIZE / 2;
	f.oflags &= ~(uint64_t)(WC_O_SOM | WC_O_EOM);
	f.oflags |= n ? WC_O_EOM : WC_O_SOM;
	f.psn = psn;
	return f;
}

static struct wc_frame whole(const struct wc_t *t, const struct wc_stream *s, unsigned n,
			     uint64_t psn)
{
	struct wc_frame f = wc_f_write(s, t->mem.key, wc_page(t, 57) + n * WC_SIZE,
				       wc_bytes(WC_NEW_SEED), WC_SIZE);

	f.msn += n;
	f.psn = psn;
	return f;
}

static void given_up(struct wc_t *t)
{
	bool any_order = t->c->mode == WC_RUD;
	struct wc_stream *s;
	struct wc_frame f;
	uint32_t p;

	for (unsigned i = 0; i < 3; i++)
		wc_do_write(t->b, wc_nth("init", i), t->mem.key, wc_page(t, 57) + i * WC_SIZE,
			    wc_bytes(WC_OLD_SEED), WC_SIZE);
	s = wc_fresh(t, "connect.X");
	if (!s)
		return;
	p = t->c->next;
	wc_value(t, "p", p);
	wc_mark(t, "up");
	for (unsigned i = 1; any_order && i <= 2; i++) {
		f = i == 1 ? half(t, s, 1, p + 1) : whole(t, s, 1, p + 2);
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	f = wc_f_nop(s);
	f.psn = p;
	f.qpn = s->peer_qpn;
	f.msn = s->msn;
	wc_emit(t->c, &f, WC_E_OK);
	for (unsigned i = any_order ? 3 : 1; i <= 3; i++) {
		f = i == 1 ? half(t, s, 1, p + 1) : whole(t, s, i - 1, p + i);
		wc_emit(t->c, &f, WC_E_OK);
	}
	wc_marker(t);
	wc_mark(t, "done");
	for (unsigned i = 0; i < 3; i++)
		wc_do_read(t->b, wc_nth("r", i), t->mem.key, wc_page(t, 57) + i * WC_SIZE, WC_SIZE);
}

static void given_up_judge(struct wc_judge *j)
{
	uint32_t last = (uint32_t)wc_val(j, "p") + 3;
	size_t at = WC_NONE;

	wc_ok(j, 1, "connect.X");
	/* by ack_psn: the bitmap covers what is only kept */
	for (size_t i = wc_at(j, "up"); i < wc_at(j, "done") && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].flags & WC_F_AKV &&
		    !wc_before(j->v->f[i].ack_psn, last))
			at = i;
	j->evidence = at;
	wc_cp(j, 2, at != WC_NONE, "KEPT", "what was kept of the stream, and what comes later, is "
	      "done: ack_psn reaches %u", last);
	for (unsigned i = 0; i < 3; i++)
		wc_data_fill(j, 3, wc_nth("r", i), WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- DL-TI-13: how long an acknowledgement waited ------------------------------------------ */

#define LONELY	8u
#define SLACK	2000u		/* ns; each packet of ours takes 200 to the device */
#define LOOSE	50000000u	/* on a network: a host may have looked at its clock before */

/* Every other one without AR: these are acknowledged when the device likes. */
static void delays(struct wc_t *t)
{
	wc_value(t, "virtual", t->dut->port->virtual_time);
	wc_mark(t, "lonely");
	for (unsigned i = 0; i < LONELY; i++) {
		struct wc_frame f;

		wc_pause(t, 1);		/* in virtual time a device may be behind what we sent */
		f = wc_f_nop(t->a);
		if (i % 2)
			f.flags &= ~(uint64_t)WC_F_AR;
		wc_op(t->a, wc_nth("nop", i), WC_OP_PLAIN, &f);
		wc_emit(t->c, &f, WC_E_LOOSE);
		wc_await_ack(t, wc_nth("nop", i));
	}
}

static void delays_judge(struct wc_judge *j)
{
	uint64_t slack = wc_val(j, "virtual") ? SLACK : LOOSE;

	for (unsigned i = 0; i < LONELY; i++) {
		struct wc_result r = wc_res(j, wc_nth("nop", i));
		size_t at = wc_view_acked(j->v, r.op.pdc, r.op.psn_last, r.at, WC_NONE), tx = r.at;
		uint64_t told, is;

		j->evidence = at;
		wc_cp(j, 1, at != WC_NONE, "NOT_ACKED", "each NOP is acknowledged");
		while (tx < j->v->count && (j->v->t->rec[tx].kind != WC_R_TX ||
					    j->v->f[tx].psn != r.op.psn_last))
			tx++;
		if (at == WC_NONE || tx >= at || j->v->f[at].type != WC_ACK ||
		    j->v->f[at].echo_psn != r.op.psn_last)
			continue;
		told = j->v->f[at].ack_delay_ns;
		is = j->v->t->rec[at].t_ns - j->v->t->rec[tx].t_ns;
		wc_cp(j, 2, told <= is + slack, "TOO_LONG", "the time that an ACK says it waited "
		      "is part of the time that passed: %llu of %llu ns",
		      (unsigned long long)told, (unsigned long long)is);
		wc_cp(j, 3, !wc_val(j, "virtual") || told + is / 16 + slack >= is, "TOO_SHORT",
		      "where the way takes no time it is all of it: %llu of %llu ns",
		      (unsigned long long)told, (unsigned long long)is);
	}
}

const struct wc_case wc_cases_checks[] = {
	{
		.id = "DL-BI-46", .version = 1,
		.title = "Whose it is, then its PSN, then what it asks",
		.reqs = "WEFT-PDC-070",
		.stimulus = "requests to a stream that is not there: a PSN that has come, one "
			"beyond the window, another generation",
		.expected = "no refusal, no effect", .checkpoints = 4,
		.drive = first_fault, .judge = first_fault_judge,
	}, {
		.id = "DL-BV-47", .version = 1, .title = "Acknowledgements go before data",
		.reqs = "WEFT-ACK-021 WEFT-ACK-003", .needs = WC_NEEDS_RUD,
		.mode = WC_RUD,
		.stimulus = "a READ behind a PSN that has not come",
		.expected = "an ACK that tells of the gap, then the data", .checkpoints = 3,
		.drive = told_first, .judge = told_first_judge,
	}, {
		.id = "DL-BV-48", .version = 1, .title = "Where a bitmap begins",
		.reqs = "WEFT-ACK-019 WEFT-ACK-002", .needs = WC_NEEDS_RUD,
		.mode = WC_RUD,
		.stimulus = "a NOP three PSNs ahead, then one at the end of the window",
		.expected = "a bitmap from the first PSN missing on; then one with the latest PSN",
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = begins, .judge = begins_judge,
	}, {
		.id = "DL-BV-49", .version = 1,
		.title = "A message that is given up holds up nothing",
		.reqs = "WEFT-RTX-029",
		.stimulus = "a NOP in place of a message's first packet, with more of that stream "
			"before and after it",
		.expected = "all of it is acknowledged as done, none of it is in memory",
		.checkpoints = 3, .drive = given_up, .judge = given_up_judge,
	}, {
		.id = "DL-TI-13", .version = 1, .title = "How long an acknowledgement waited",
		.reqs = "WEFT-ACK-005",
		.stimulus = "8 NOPs, one at a time, every other without AR",
		.expected = "each ACK tells the time since it came: no more than passed on our "
			"clock, and in virtual time no less",
		.checkpoints = 3, .drive = delays, .judge = delays_judge, .timed = true,
	},
	{ .id = NULL },
};
