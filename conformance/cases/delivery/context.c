/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts: opening, what belongs to them and what does not, repetition, limits, ending.
 */
#include "conformance/cases/common.h"

#include <string.h>

/* First packet of the device for our context pdc in [from, until) that is not a NACK. */
static size_t heard(const struct wc_judge *j, uint64_t pdc, size_t from, size_t until)
{
	for (size_t i = from; i < j->v->count && i < until; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id == pdc &&
		    j->v->f[i].type != WC_NACK)
			return i;
	return WC_NONE;
}

/* ---- DL-BI-20, DL-BI-21 ------------------------------------------------------------------ */

static void foreign_id(struct wc_t *t)
{
	static const uint32_t off[] = { 1, 0x100, 0x7ffff, 0x800000 };

	wc_bad_begin(t, 1);
	for (unsigned i = 0; i < 4; i++) {
		struct wc_frame f = wc_bad_write(t, 1);

		f.pdc_id ^= off[i];
		f.flags &= ~(uint64_t)WC_F_GEN;
		wc_value(t, wc_nth("id", i), f.pdc_id);
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 1);
}

static void foreign_id_judge(struct wc_judge *j)
{
	uint32_t p = (uint32_t)wc_val(j, "p");
	unsigned answered = 0;
	bool right = true;

	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "good"); i++) {
		const struct wc_frame *f = &j->v->f[i];
		bool known = false;

		if (!wc_view_rx(j->v, i) || f->type != WC_NACK)
			continue;
		j->evidence = i;
		for (unsigned k = 0; k < 4; k++)
			known |= f->echo_pdc == wc_val(j, wc_nth("id", k));
		right &= known && f->reason == WC_N_NO_CONTEXT && f->nack_psn == p;
		answered++;
	}
	wc_cp(j, 1, answered >= 1, "NO_NACK", "a packet for an unknown context is answered");
	wc_cp(j, 2, right, "WRONG_NACK", "the answer is NACK NO_CONTEXT with the id and PSN");
	wc_untaken(j, 3, "bad", "good", "p", "TAKEN");
	wc_marked(j, 4, "bad");
	wc_data_fill(j, 5, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

static void silent_kinds(struct wc_t *t)
{
	struct wc_frame f = wc_f_nop(t->a);

	wc_value(t, "p", f.psn);
	wc_mark(t, "bad");
	f.pdc_id ^= 0x7ffff;
	f.type = WC_ACK;
	f.ack_psn = f.psn - 1;
	wc_emit(t->c, &f, WC_E_BAD);
	f.type = WC_NACK;
	f.reason = WC_N_NO_CONTEXT;
	wc_emit(t->c, &f, WC_E_BAD);
	f = wc_f_nop(t->a);
	f.pdc_id = 0;
	f.flags &= ~(uint64_t)WC_F_GEN;
	wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "good");
}

static void silent_kinds_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	wc_silent(j, 2, "bad", "good", "p");
}

/* ---- DL-BI-22 --------------------------------------------------------------------------- */

static void generation(struct wc_t *t)
{
	wc_bad_begin(t, 2);
	for (unsigned g = 1; g < 4; g++) {
		struct wc_frame f = wc_bad_write(t, 2);

		f.flags ^= g;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_bad_end(t, 2);
}

static void dropped_judge(struct wc_judge *j)
{
	wc_untaken(j, 1, "bad", "good", "p", "TAKEN");
	wc_marked(j, 2, "bad");
	wc_data_fill(j, 3, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- DL-BI-23 --------------------------------------------------------------------------- */

static struct wc_frame connect_frame(struct wc_ctx *c, uint32_t qpn, uint8_t tlv[32])
{
	struct wc_ep ep = {
		.src_qpn = qpn, .service = wc_service_for(c, qpn), .credits = 8, .window = 8,
		.reads = 4,
	};
	uint8_t value[16];

	wc_pack(&wc_h_ep_connect, &ep, value);
	return wc_f_ctrl(c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value, sizeof(value)));
}

/* The SYN that opened a context comes again after that context has ended. */
static void stale_syn(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	uint32_t qpn = t->dut->next_id++;
	uint8_t tlv[32];
	struct wc_frame syn = connect_frame(c, qpn, tlv);

	wc_value(t, "c2", c->id);
	wc_value(t, "start", c->start);
	wc_emit(c, &syn, WC_E_OK);
	wc_connect(c, "connect.C", wc_service(t));
	wc_close(c);
	wc_marker(t);
	wc_mark(t, "bad");
	wc_emit(c, &syn, WC_E_BAD);
	syn.syn_start = syn.psn = c->start - 5;
	wc_emit(c, &syn, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "good");
}

static void stale_syn_judge(struct wc_judge *j)
{
	size_t at = wc_view_nack(j->v, WC_N_NEW_START_PSN, wc_at(j, "bad"), wc_at(j, "good"));
	uint32_t start = (uint32_t)wc_val(j, "start");

	wc_ok(j, 1, "connect.C");
	j->evidence = at;
	wc_cp(j, 2, at != WC_NONE, "NO_NACK", "a stale SYN is answered by NACK NEW_START_PSN");
	wc_cp(j, 3, at == WC_NONE || (!wc_before(j->v->f[at].arg, start) &&
	      j->v->f[at].nack_psn == start), "WRONG_NACK",
	      "it repeats PSN %u, and arg is no less", start);
	j->evidence = heard(j, wc_val(j, "c2"), wc_at(j, "bad"), wc_at(j, "good"));
	wc_cp(j, 4, j->evidence == WC_NONE, "OPENED_AGAIN", "nothing of it is executed");
	wc_marked(j, 5, "bad");
}

/* ---- DL-BV-24 --------------------------------------------------------------------------- */

static void repeated_syn(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;
	struct wc_frame f;

	c->keep_syn = true;
	s = wc_connect_start(c, "connect.C", wc_service(t));
	f = c->out[0].f;
	wc_value(t, "c2", c->id);
	wc_emit(c, &f, WC_E_LOOSE);
	wc_emit(c, &f, WC_E_LOOSE);
	wc_await(t, "connect.C");
	wc_connected(s, "connect.C");
	wc_emit(c, &f, WC_E_LOOSE);
	wc_marker(t);
	c->keep_syn = false;
	wc_do_read(s, "read", t->mem.key, wc_page(t, 3), WC_SIZE);
}

static void repeated_syn_judge(struct wc_judge *j)
{
	uint64_t id = 0, psn = 0;
	unsigned accepts = 0;
	bool one = true;

	for (size_t i = 0; i < j->v->count; i++) {
		const struct wc_frame *f = &j->v->f[i];
		struct wc_tlv_view tlv;

		if (!wc_view_rx(j->v, i) || f->pdc_id != wc_val(j, "c2"))
			continue;
		if (f->flags & WC_F_SYN) {
			one &= !id || id == f->syn_pdc;
			id = f->syn_pdc;
		}
		if (wc_frame_find_tlv(f, WC_TLV_EP_ACCEPT, 16, &tlv) &&
		    (!accepts || f->psn != psn)) {
			accepts++;
			psn = f->psn;
			j->evidence = i;
		}
	}
	wc_cp(j, 1, accepts >= 1, "NO_ANSWER", "the EP_CONNECT in the SYN is accepted");
	wc_cp(j, 2, accepts <= 1, "DUP_EXECUTED", "EP_CONNECT is executed once: one EP_ACCEPT");
	wc_cp(j, 3, one, "SECOND_CONTEXT", "all answers come from one context of the device");
	wc_ok(j, 4, "read");
}

/* ---- DL-BI-25 --------------------------------------------------------------------------- */

static void other_domain(struct wc_t *t)
{
	struct wc_frame f;
	unsigned other = t->c->mode == WC_ROD ? WC_RUD : WC_ROD;

	wc_bad_begin(t, 4);
	t->c->keep_syn = true;
	f = wc_bad_write(t, 4);
	t->c->keep_syn = false;
	f.syn_domain = t->c->domain + 1;
	wc_emit(t->c, &f, WC_E_BAD);
	f.syn_domain = t->c->domain;
	f.syn_mode = other;
	wc_emit(t->c, &f, WC_E_BAD);
	wc_bad_end(t, 4);
}

/* ---- DL-BI-28 --------------------------------------------------------------------------- */

static void forged_nacks(struct wc_t *t)
{
	static const struct {
		uint32_t reason;
		bool by_echo;
	} forged[] = {
		{ WC_N_RESET, false }, { WC_N_NO_CONTEXT, false }, { WC_N_NO_CONTEXT, true },
		{ WC_N_BUSY, false }, { WC_N_MODE, false }, { WC_N_NEW_START_PSN, false },
	};

	wc_mark(t, "bad");
	for (unsigned i = 0; i < 6; i++) {
		struct wc_frame f = wc_f_nop(t->a);

		f.type = WC_NACK;
		f.flags &= ~(uint64_t)(WC_F_AR | WC_F_AKV);
		f.psn = f.ack_psn = 0;
		f.reason = forged[i].reason;
		f.echo_pdc = t->c->id;
		f.echo_gen = t->c->gen;
		f.nack_psn = (t->c->rx_next + 0x20000000u) & 0xffffffff;
		if (forged[i].by_echo) {
			f.pdc_id = 0;
			f.flags = 0;
		}
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "good");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 6), WC_SIZE);
}

static void forged_nacks_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	wc_ok(j, 2, "after");
}

/* ---- DL-BV-29 --------------------------------------------------------------------------- */

static void closed(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s = wc_connect(c, "connect.C", wc_service(t));
	struct wc_frame f;

	if (!s)
		return;
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 7), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_value(t, "closing", c->id);
	wc_close(c);
	wc_marker(t);
	wc_mark(t, "late");
	f = wc_f_write(s, t->mem.key, wc_page(t, 7), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_emit(c, &f, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "done");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 7), WC_SIZE);
}

static void closed_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	wc_cp(j, 2, wc_res(j, wc_nth("close", (unsigned)wc_val(j, "closing"))).acked,
	      "CLOSE_NOT_ACKED", "CLOSE is acknowledged");
	j->evidence = wc_view_nack(j->v, WC_N_NO_CONTEXT, wc_at(j, "late"), wc_at(j, "done"));
	wc_cp(j, 3, j->evidence != WC_NONE, "NOT_CLOSED",
	      "a packet for the closed context is answered by NACK NO_CONTEXT");
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- DL-BV-30, DL-BI-31 ------------------------------------------------------------------ */

/* Another chip, one of a case's own: what a device remembers of it outlives the case. */
static struct wc_ctx *as_chip(struct wc_t *t, uint32_t chip, uint32_t incarnation)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);

	c->chip_id ^= chip;
	c->incarnation = incarnation;
	return c;
}

static void restarted(struct wc_t *t)
{
	struct wc_ctx *old = as_chip(t, 0x30, 100), *new = as_chip(t, 0x30, 101);
	struct wc_stream *s = wc_connect(old, "connect.C", wc_service(t)), *n;
	struct wc_frame f;

	if (!s)
		return;
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 8), wc_bytes(WC_OLD_SEED), WC_SIZE);
	n = wc_connect(new, "connect.D", wc_service(t));
	wc_drop(old);
	wc_value(t, "old", old->id);
	wc_mark(t, "late");
	f = wc_f_write(s, t->mem.key, wc_page(t, 8), wc_bytes(WC_NEW_SEED), WC_SIZE);
	wc_emit(old, &f, WC_E_BAD);
	wc_value(t, "p", f.psn);
	wc_marker(t);
	wc_mark(t, "done");
	if (n)
		wc_do_read(n, "after", t->mem.key, wc_page(t, 8), WC_SIZE);
}

static void restarted_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	wc_ok(j, 2, "connect.D");
	j->evidence = wc_view_acked(j->v, (uint32_t)wc_val(j, "old"), (uint32_t)wc_val(j, "p"),
				    wc_at(j, "late"), wc_at(j, "done"));
	wc_cp(j, 3, j->evidence == WC_NONE, "OLD_CONTEXT_LIVES",
	      "the context of the earlier incarnation takes nothing more");
	wc_data_fill(j, 4, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

static void older(struct wc_t *t)
{
	struct wc_ctx *new = as_chip(t, 0x31, 200), *old = as_chip(t, 0x31, 199);
	struct wc_stream *s = wc_connect(new, "connect.C", wc_service(t));
	uint8_t tlv[32];
	struct wc_frame syn;

	old->start = old->next = new->start + 0x4000;
	syn = connect_frame(old, t->dut->next_id++, tlv);
	wc_value(t, "old", old->id);
	wc_mark(t, "bad");
	wc_emit(old, &syn, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "good");
	if (s)
		wc_do_read(s, "after", t->mem.key, wc_page(t, 9), WC_SIZE);
}

static void older_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	wc_marked(j, 2, "bad");
	j->evidence = heard(j, wc_val(j, "old"), wc_at(j, "bad"), WC_NONE);
	wc_cp(j, 3, j->evidence == WC_NONE, "OPENED", "a SYN of an earlier incarnation is dropped");
	wc_ok(j, 4, "after");
}

/* ---- DL-BI-32 --------------------------------------------------------------------------- */

static void other_modes(struct wc_t *t)
{
	static const uint8_t mode[] = { 0, WC_UUD, 9, 15, WC_RUD, WC_ROD };

	wc_mark(t, "bad");
	for (unsigned i = 0; i < 6; i++) {
		bool claimed = mode[i] <= WC_ROD && mode[i] &&
			       t->dut->claims.h.modes & (mode[i] == WC_RUD ? 1u : 2u);
		struct wc_ctx *c;
		struct wc_frame f;
		uint8_t tlv[32];

		if (claimed)
			continue;
		c = wc_open(t, mode[i], WC_DOMAIN);
		f = connect_frame(c, t->dut->next_id++, tlv);
		wc_value(t, wc_nth("c", i), c->id);
		wc_emit(c, &f, WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "good");
}

static void other_modes_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	for (unsigned i = 0; i < 6; i++) {
		uint64_t id = wc_val(j, wc_nth("c", i));

		j->evidence = id ? heard(j, id, wc_at(j, "bad"), WC_NONE) : WC_NONE;
		wc_cp(j, 2, j->evidence == WC_NONE, "OPENED",
		      "a SYN of a mode that is not claimed opens no context");
	}
	j->evidence = wc_view_nack(j->v, WC_N_MODE, wc_at(j, "bad"), wc_at(j, "good"));
	wc_cp(j, 3, j->evidence != WC_NONE, "NO_NACK", "it is answered by NACK MODE");
}

/* ---- DL-BI-35 --------------------------------------------------------------------------- */

static void small_limits(struct wc_t *t)
{
	static const struct {
		uint16_t window, payload;
	} limit[] = {
		{ 0, 1024 }, { WC_MIN_WINDOW - 1, 1024 }, { 64, 0 }, { 64, WC_MIN_PAYLOAD - 1 },
	};

	wc_mark(t, "bad");
	for (unsigned i = 0; i < 4; i++) {
		struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
		struct wc_frame f;
		uint8_t tlv[32];

		f = connect_frame(c, t->dut->next_id++, tlv);
		f.syn_window = limit[i].window;
		f.syn_payload = limit[i].payload;
		wc_value(t, wc_nth("c", i), c->id);
		wc_emit(c, &f, WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "good");
}

static void small_limits_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	for (unsigned i = 0; i < 4; i++) {
		j->evidence = heard(j, wc_val(j, wc_nth("c", i)), wc_at(j, "bad"), WC_NONE);
		wc_cp(j, 2, j->evidence == WC_NONE, "OPENED",
		      "a SYN with limits too small to work with opens no context");
	}
}

/* ---- DL-BV-34 --------------------------------------------------------------------------- */

static void syn_until_known(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;

	c->keep_syn = true;
	s = wc_connect(c, "connect.C", wc_service(t));
	wc_value(t, "c2", c->id);
	for (unsigned i = 0; i < 3 && s; i++)
		wc_do_read(s, wc_nth("r", i), t->mem.key, wc_page(t, 11), WC_SIZE);
	c->quiet = true;	/* our own acknowledgements would prove that we know */
	wc_mark(t, "known");
	c->quiet = false;
	c->keep_syn = false;
	if (s)
		wc_do_read(s, "after", t->mem.key, wc_page(t, 11), WC_SIZE);
}

static void syn_until_known_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "connect.C");
	for (unsigned i = 0; i < 3; i++)
		wc_ok(j, 2, wc_nth("r", i));
	wc_ok(j, 3, "after");
}

const struct wc_case wc_cases_context[] = {
	{
		.id = "DL-BI-20", .version = 1,
		.title = "An unknown context is answered NO_CONTEXT",
		.reqs = "WEFT-PDC-010",
		.stimulus = "WRITEs for context ids that are not the device's",
		.expected = "NACK NO_CONTEXT with that id and PSN; no byte written",
		.checkpoints = 5, .drive = foreign_id, .judge = foreign_id_judge,
	}, {
		.id = "DL-BI-21", .version = 2, .title = "What is for nobody and not answered",
		.reqs = "WEFT-PDC-010 WEFT-PDC-091",
		.stimulus = "ACK and NACK for an unknown context id, a NOP for none",
		.expected = "no answer",
		.checkpoints = 2, .drive = silent_kinds, .judge = silent_kinds_judge,
	}, {
		.id = "DL-BI-22", .version = 1,
		.title = "Another generation of a context id is dropped",
		.reqs = "WEFT-PDC-007",
		.stimulus = "WRITEs whose GEN is each of the three others",
		.expected = "no byte written, the PSN stays free",
		.checkpoints = 3, .drive = generation, .judge = dropped_judge,
	}, {
		.id = "DL-BI-23", .version = 1, .title = "A SYN that comes late executes nothing",
		.reqs = "WEFT-PDC-003",
		.stimulus = "the SYN of a context that has closed, and an older one",
		.expected = "NACK NEW_START_PSN; the EP_CONNECT in it is not answered",
		.checkpoints = 5, .drive = stale_syn, .judge = stale_syn_judge,
	}, {
		.id = "DL-BV-24", .version = 1, .title = "A repeated SYN is the same context",
		.reqs = "WEFT-PDC-002 WEFT-PDC-020",
		.stimulus = "a SYN with EP_CONNECT four times",
		.expected = "one EP_ACCEPT, from one context",
		.checkpoints = 4, .drive = repeated_syn, .judge = repeated_syn_judge,
	}, {
		.id = "DL-BI-25", .version = 1,
		.title = "SYN with another domain or mode is dropped",
		.reqs = "WEFT-PDC-008",
		.stimulus = "WRITEs with SYN for an open context, domain or mode changed",
		.expected = "no byte written, the PSN stays free",
		.checkpoints = 3, .drive = other_domain, .judge = dropped_judge,
	}, {
		.id = "DL-BI-28", .version = 1, .title = "A blind NACK ends no context",
		.reqs = "WEFT-PDC-011",
		.stimulus = "RESET, NO_CONTEXT, BUSY, MODE and NEW_START_PSN with a guessed PSN",
		.expected = "the context goes on",
		.checkpoints = 2, .drive = forged_nacks, .judge = forged_nacks_judge,
	}, {
		.id = "DL-BV-29", .version = 1,
		.title = "CLOSE is acknowledged and ends the context",
		.reqs = "WEFT-PDC-014 WEFT-PDC-010 WEFT-PDC-074",
		.stimulus = "CLOSE, then a WRITE on the same context",
		.expected = "the WRITE is answered by NACK NO_CONTEXT and has no effect",
		.checkpoints = 4, .drive = closed, .judge = closed_judge,
	}, {
		.id = "DL-BV-30", .version = 2,
		.title = "A chip that restarted has new contexts only",
		.reqs = "WEFT-PDC-005",
		.stimulus = "a SYN of a later incarnation, then a WRITE on the earlier one's "
			"context",
		.expected = "the WRITE has no effect",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 4, .drive = restarted, .judge = restarted_judge,
	}, {
		.id = "DL-BI-31", .version = 2,
		.title = "A SYN of an earlier incarnation is dropped",
		.reqs = "WEFT-PDC-006",
		.stimulus = "a SYN of incarnation 199 after one of 200",
		.expected = "no answer; the later context goes on",
		.needs = WC_NEEDS_STREAMS,
		.checkpoints = 4, .drive = older, .judge = older_judge,
	}, {
		.id = "DL-BI-32", .version = 2, .title = "Modes that are not claimed open nothing",
		.reqs = "WEFT-MGT-005 WEFT-PDC-090",
		.stimulus = "SYNs of mode 0, UUD, 9, 15, and of RUD or ROD where not claimed",
		.expected = "no context, and NACK MODE",
		.checkpoints = 3, .drive = other_modes, .judge = other_modes_judge,
	}, {
		.id = "DL-BV-34", .version = 1,
		.title = "SYN is sent until we show that we know the device",
		.reqs = "WEFT-PDC-001",
		.stimulus = "a context on which every packet of ours carries SYN for a while",
		.expected = "the device's packets carry SYN until then (observer), and all works",
		.checkpoints = 3, .drive = syn_until_known, .judge = syn_until_known_judge,
	}, {
		.id = "DL-BI-35", .version = 1, .title = "A SYN with limits too small is dropped",
		.reqs = "WEFT-PDC-017",
		.stimulus = "SYNs with windows of 0 and 15 packets, and payloads of 0 and 63 bytes",
		.expected = "no context",
		.checkpoints = 2, .drive = small_limits, .judge = small_limits_judge,
	},
	{ .id = NULL },
};
