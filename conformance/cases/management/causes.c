/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters against the wire: marks, and what is not taken, by its cause.
 */
#include "conformance/cases/management/meters.h"

/* An acknowledgement of ours, by hand. */
static struct wc_frame ack_of(const struct wc_t *t, uint8_t type)
{
	struct wc_frame f = wc_f_nop(t->a);

	f.type = type;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.body_len = 0;
	f.window = t->c->window;
	return f;
}

/* ---- MG-BV-36: marks ----------------------------------------------------------------------- */

static void marks(struct wc_t *t)
{
	static const uint8_t value[4] = { 0, 1, 0, 1 };
	uint8_t tlv[16];
	struct wc_frame f;

	wc_do_read(t->a, "known", t->mem.key, wc_page(t, 0), 8);
	wc_meters(t, "before");
	wc_mark(t, "ce");
	for (unsigned i = 0; i < 3; i++) {
		f = ack_of(t, WC_ACK);
		f.fabric = WC_FB_CE;
		wc_emit(t->c, &f, WC_E_BAD);	/* as BAD: it takes no PSN */
		f = ack_of(t, WC_NACK);
		f.reason = WC_N_MISSING;
		f.fabric = WC_FB_CE;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_marker(t);
	f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_TELEMETRY_GET, value, 4));
	f.fabric = WC_FB_CE;
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	f = wc_f_nop(t->a);
	f.fabric = WC_FB_CE;
	wc_op(t->a, "nop", WC_OP_PLAIN, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "nop");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 0), 8);
	wc_marker(t);
	wc_mark(t, "over");
	wc_meters(t, "after.meters");
}

static void marks_judge(struct wc_judge *j)
{
	uint64_t most = 0;

	for (size_t i = wc_at(j, "ce"); i < wc_at(j, "over"); i++) {
		if (!wc_view_rx(j->v, i) || j->v->f[i].type != WC_ACK ||
		    j->v->f[i].pdc_id != wc_val(j, "ctx") || j->v->f[i].ce_count < most)
			continue;
		most = j->v->f[i].ce_count;
		j->evidence = i;
	}
	wc_cp(j, 1, most == 2, "CE_MISCOUNTED", "ce_count is 2 after a CTRL and a NOP with CE, "
	      "whatever ACKs and NACKs carried: it is %u", (unsigned)most);
	wc_grew(j, 2, RX_MARKS, 2);
	wc_ok(j, 3, "after");
}

/* ---- MG-BV-37: causes ------------------------------------------------------------------------ */

static void in_context(struct wc_t *t)
{
	struct wc_frame f = wc_bad_write(t, 60);

	f.version = 5;
	wc_emit(t->c, &f, WC_E_BAD);
	f.version = WC_VERSION;
	f.psn += 2 * WC_MAX_WINDOW;
	for (unsigned i = 0; i < 2; i++)
		wc_emit(t->c, &f, WC_E_BAD);
	f.psn -= 2 * WC_MAX_WINDOW;
	f.pdc_id ^= 0x7ffff;
	f.flags &= ~(uint64_t)WC_F_GEN;
	for (unsigned i = 0; i < 3; i++)
		wc_emit(t->c, &f, WC_E_BAD);
	for (unsigned i = 0; i < 4; i++) {
		f = ack_of(t, WC_ACK);
		f.ack_psn = t->c->rx_next + 1000;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	for (unsigned i = 0; i < 5; i++) {
		f = ack_of(t, WC_NACK);
		f.flags &= ~(uint64_t)WC_F_AKV;
		f.ack_psn = 0;
		f.reason = WC_N_RESET;
		f.echo_pdc = t->c->id;
		f.echo_gen = t->c->gen;
		f.nack_psn = (t->c->rx_next + 0x20000000u) & 0xffffffff;
		wc_emit(t->c, &f, WC_E_BAD);
	}
}

static void causes(struct wc_t *t)
{
	uint8_t tlv[16] = { 0 };
	struct wc_frame f;

	wc_meters(t, "before");
	wc_bad_begin(t, 60);
	in_context(t);
	t->c->keep_syn = true;
	f = wc_f_base(t->c);
	t->c->keep_syn = false;
	f.type = WC_DATA;
	f.opcode = WC_NOP;
	f.syn_domain ^= 0x40;
	for (unsigned i = 0; i < 2; i++)
		wc_emit(t->c, &f, WC_E_BAD);
	for (unsigned i = 0; i < 3; i++) {
		f = wc_f_alone(t, tlv, wc_tlv_put(tlv, 0, WC_TLV_TELEMETRY_GET, tlv + 8, i));
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "good");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 60), WC_SIZE);
	wc_meters(t, "after.meters");
}

static void causes_judge(struct wc_judge *j)
{
	wc_untaken(j, 1, "bad", "good", "p", "TAKEN");
	wc_data_fill(j, 2, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
	wc_grew(j, 3, DROP_VERSION, 1);
	wc_grew(j, 4, DROP_WINDOW, 2);
	wc_grew(j, 5, DROP_NO_CONTEXT, 3);
	wc_grew(j, 6, DROP_BAD_ACK, 4);
	wc_grew(j, 7, DROP_BAD_ECHO, 5);
	wc_grew(j, 8, DROP_DOMAIN, 2);
	wc_grew(j, 9, DROP_BAD_TLV, 3);
}

/* ---- MG-BV-38: causes that lie deeper ------------------------------------------------------- */

/* A refusal, two requests on the stream that it ended, three for no stream, two odd answers. */
static void of_streams(struct wc_t *t)
{
	struct wc_stream *s = wc_fresh(t, "connect.S");
	struct wc_frame f = wc_f_write(s, WC_KEY_NONE, wc_page(t, 61), wc_bytes(5), WC_SIZE);

	wc_op(s, "refused", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "refused");
	for (unsigned i = 0; i < 2; i++) {
		wc_write(s, wc_nth("late", i), t->mem.key, wc_page(t, 61), wc_bytes(5), WC_SIZE);
		wc_await_ack(t, wc_nth("late", i));
	}
	for (unsigned i = 0; i < 3; i++) {
		f = wc_f_write(t->a, t->mem.key, wc_page(t, 61), wc_bytes(5), WC_SIZE);
		f.qpn ^= 0x400000;
		f.msn = 77 + i;
		wc_emit(t->c, &f, WC_E_OK);
		wc_marker(t);
	}
	for (unsigned i = 0; i < 2; i++) {
		f = wc_f_write(t->a, 0, 0, wc_bytes(5), i ? 0 : WC_SIZE);
		f.opcode = i ? WC_TACK : WC_READ_RSP;
		f.msn = 1000;
		wc_emit(t->c, &f, WC_E_OK);
	}
	wc_marker(t);
}

/* Three packets behind a gap in mode ROD, and the SYN of a context that has ended, twice. */
static void of_contexts(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_stream *s;
	struct wc_frame f;

	c->keep_syn = true;
	s = wc_connect(c, "connect.C", wc_service(t));
	f = wc_f_nop(s);
	c->keep_syn = false;
	f.psn = f.syn_start = c->start;
	wc_close(c);
	wc_marker(t);
	for (unsigned i = 0; i < 2; i++)
		wc_emit(c, &f, WC_E_BAD);
	wc_marker(t);
	if (!(t->dut->claims.h.modes & WC_MODES_ROD))
		return;
	s = wc_connect(wc_open(t, WC_ROD, WC_DOMAIN), "connect.O", wc_service(t));
	f = wc_f_nop(s);
	f.flags &= ~(uint64_t)WC_F_AR;
	for (unsigned i = 0; i < 3; i++) {
		f.psn++;
		wc_emit(s->c, &f, WC_E_BAD);
	}
	wc_do_read(s, "ordered", t->mem.key, wc_page(t, 61), 8);
	wc_value(t, "rod", 1);
}

static void deeper(struct wc_t *t)
{
	static uint8_t big[WC_FRAME_MAX];
	uint32_t n = t->c->peer_payload + 1;
	struct wc_frame f;

	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 61), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_meters(t, "before");
	if (n <= t->dut->path_payload) {
		f = wc_f_write(t->a, t->mem.key, wc_page(t, 61), big, n);
		for (unsigned i = 0; i < 2; i++)
			wc_emit(t->c, &f, WC_E_BAD);
		wc_value(t, "big", 2);
	}
	wc_marker(t);
	of_streams(t);
	of_contexts(t);
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, 61), WC_SIZE);
	wc_meters(t, "after.meters");
}

static void deeper_judge(struct wc_judge *j)
{
	wc_data_fill(j, 1, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
	wc_grew(j, 2, DROP_OVERSIZE, wc_view_value(j->v, "big", 0) ? 2 : 0);
	wc_grew(j, 3, DROP_REFUSED, 1);
	wc_grew(j, 4, DROP_STREAM_STATE, 2);
	wc_grew(j, 5, DROP_NO_STREAM, 3);
	wc_grew(j, 6, DROP_UNEXPECTED, 2);
	wc_grew(j, 7, DROP_STALE_SYN, 2);
	wc_grew(j, 8, DROP_ORDER, wc_view_value(j->v, "rod", 0) ? 3 : 0);
}

const struct wc_case wc_cases_causes[] = {
	{
		.id = "MG-BV-36", .version = 1, .title = "Marks are counted as what takes a PSN",
		.reqs = "WEFT-ACK-006",
		.stimulus = "three ACKs and three NACKs with CE, then a CTRL and a NOP with CE",
		.expected = "ce_count is 2; the counter of marks grows by 2",
		.checkpoints = 3, .drive = marks, .judge = marks_judge,
	}, {
		.id = "MG-BV-37", .version = 1, .title = "Each cause has its own counter",
		.reqs = "WEFT-CONV-004 WEFT-PDC-008 WEFT-PDC-011 WEFT-ACK-007 WEFT-MGT-027",
		.stimulus = "a wrong version, 2 packets beyond the window, 3 for no context, 4 "
			"ACKs of what was never sent, 5 blind NACKs, 2 of another domain, 3 "
			"elements too short",
		.expected = "each counted under its cause, once, and nothing done",
		.checkpoints = 9, .drive = causes, .judge = causes_judge,
	}, {
		.id = "MG-BV-38", .version = 1, .title = "So has each cause within a context",
		.reqs = "WEFT-CONV-004 WEFT-SEM-025 WEFT-PKT-006",
		.stimulus = "2 payloads beyond the limit, a refusal, 2 requests after it, 3 for "
			"no stream, 2 answers to nothing, 2 SYNs of a context that has ended, 3 "
			"packets behind a gap in mode ROD",
		.expected = "each counted under its cause, once, and nothing done",
		.checkpoints = 8, .drive = deeper, .judge = deeper_judge,
	},
	{ .id = NULL },
};
