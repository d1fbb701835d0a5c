/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telemetry, probes, and elements of control that are not as they should be.
 */
#include "conformance/cases/management/meters.h"

#include <string.h>

#define ALL 0xffffu
#define CONTEXT_METERS 32u	/* numbers below this are of contexts too */

/* The item of that counter in a TELEMETRY, or of any with n < 0x10000 by its place; false: none. */
static bool item(const struct wc_frame *f, unsigned n, struct wc_meter *m)
{
	struct wc_tlv_view tlv;

	if (!wc_frame_find_tlv(f, WC_TLV_TELEMETRY, 0, &tlv) || 12 * (n + 1) > tlv.length)
		return false;
	wc_unpack(&wc_h_telemetry_item, tlv.value + (size_t)(12 * n), m);
	return true;
}

struct asked {
	uint64_t psn;
	size_t from;
};

static bool told(struct wc_t *t, const void *arg)
{
	const struct asked *a = arg;

	return wc_view_alone(&t->view, WC_TLV_TELEMETRY, a->psn, a->from, WC_NONE) != WC_NONE;
}

static void ask(struct wc_t *t, const char *name, uint32_t first, uint32_t count)
{
	uint8_t value[4], tlv[WC_ASK_METERS];
	struct asked a = { .from = t->tr.count };
	struct wc_frame f;
	uint32_t n;

	wc_put(value, first, 2);
	wc_put(value + 2, count, 2);
	n = wc_tlv_put(tlv, 0, WC_TLV_TELEMETRY_GET, value, 4);
	f = wc_f_alone(t, tlv, wc_pad_put(tlv, n, WC_ASK_METERS));
	a.psn = f.psn;
	wc_value(t, name, f.psn);
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_wait(t, told, &a, name);
}

static size_t answer(const struct wc_judge *j, const char *name)
{
	return wc_view_alone(j->v, WC_TLV_TELEMETRY, wc_val(j, name), 0, WC_NONE);
}

/* The value of a counter in the answer of that name; UINT64_MAX: it is not there. */
static uint64_t meter(const struct wc_judge *j, const char *name, unsigned counter)
{
	size_t at = answer(j, name);
	struct wc_meter m;

	for (unsigned n = 0; at != WC_NONE && item(&j->v->f[at], n, &m); n++)
		if (m.counter == counter)
			return m.value;
	return UINT64_MAX;
}

/* ---- MG-BV-20 ------------------------------------------------------------------------ */

static void telemetry(struct wc_t *t)
{
	ask(t, "all", 1, ALL);
	ask(t, "some", DROP_SHORT, 8);
	ask(t, "none", 60000, 5);
	wc_marker(t);
}

/* Of those asked for, ascending, each once. */
static bool in_order(const struct wc_frame *f, unsigned first, unsigned count)
{
	struct wc_meter m = { 0 };
	uint64_t last = 0;

	for (unsigned n = 0; item(f, n, &m); n++) {
		if (m.counter < first || m.counter - first >= count || m.counter <= last || m.rsv)
			return false;
		last = m.counter;
	}
	return true;
}

/* Does `some` hold each of these counters that `all` holds? */
static bool none_left_out(const struct wc_judge *j, unsigned first, unsigned count)
{
	bool good = true;

	for (unsigned c = first; c < first + count; c++)
		good &= meter(j, "all", c) == UINT64_MAX || meter(j, "some", c) != UINT64_MAX;
	return good;
}

static void telemetry_judge(struct wc_judge *j)
{
	size_t at = answer(j, "all");
	struct wc_meter m;

	if (at == WC_NONE) {	/* WEFT-MGT-028: it need not tell */
		wc_marked(j, 1, "begin");
		for (unsigned n = 1; n <= 4; n++)
			wc_cp(j, n, true, "", "does not answer");
		return;
	}
	j->evidence = at;
	wc_cp(j, 1, in_order(&j->v->f[at], 1, ALL) && item(&j->v->f[at], 0, &m), "WRONG_METERS",
	      "counters in ascending order, each once");
	j->evidence = at = answer(j, "some");
	wc_cp(j, 2, at != WC_NONE && in_order(&j->v->f[at], DROP_SHORT, 8) &&
	      none_left_out(j, DROP_SHORT, 8), "WRONG_METERS",
	      "of the counters from 65 to 72 those that it has, and no other");
	j->evidence = at = answer(j, "none");
	wc_cp(j, 3, at != WC_NONE && !item(&j->v->f[at], 0, &m), "WRONG_METERS",
	      "an answer without a counter: there is none from 60000 on");
	wc_cp(j, 4, at == WC_NONE || wc_frame_find_tlv(&j->v->f[at], WC_TLV_TELEMETRY, 0,
	      &(struct wc_tlv_view){ 0 }), "WRONG_METERS", "the answer holds TELEMETRY");
}

/* ---- MG-BV-21: counters equal the wire ------------------------------------------------- */

static void counted(struct wc_t *t)
{
	static uint8_t bytes[WC_FRAME_MAX];
	struct wc_frame f;
	uint32_t n;

	wc_do_write(t->a, "init", t->mem.key, wc_page(t, 63), wc_bytes(WC_OLD_SEED), WC_SIZE);
	ask(t, "before", 1, ALL);
	f = wc_f_write(t->a, t->mem.key, wc_page(t, 63), wc_bytes(WC_NEW_SEED), WC_SIZE);
	n = wc_build(&f, bytes);
	for (unsigned i = 0; i < 3; i++) {
		bytes[n - 1 - i] ^= 1;
		wc_emit_bytes(t, bytes, n, WC_E_BAD);
		bytes[n - 1 - i] ^= 1;
	}
	for (unsigned i = 0; i < 2; i++)
		wc_emit_bytes(t, bytes, 30 + i, WC_E_BAD);
	f.type = 15;
	wc_emit(t->c, &f, WC_E_BAD);
	f.type = WC_DATA;
	wc_do(t->a, "w", WC_OP_MESSAGE, &f);
	for (unsigned i = 0; i < 4; i++) {
		f.flags |= WC_F_RTX;
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
	ask(t, "after", 1, ALL);
}

static void counted_judge(struct wc_judge *j)
{
	static const struct { unsigned counter, by; } want[] = {
		{ DROP_CRC, 3 }, { DROP_SHORT, 2 }, { DROP_TYPE, 1 }, { DROP_DUPLICATE, 4 },
	};

	wc_ok(j, 1, "w");
	j->evidence = answer(j, "after");
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		uint64_t a = meter(j, "before", want[i].counter);
		uint64_t b = meter(j, "after", want[i].counter);

		/* who does not tell, or has no such counter, need not */
		wc_cp(j, 2, a == UINT64_MAX || b == UINT64_MAX || b - a == want[i].by,
		      "MISCOUNTED", "counter %u grows by %u, but it grew by %llu",
		      want[i].counter, want[i].by, (unsigned long long)(b - a));
	}
}

/* ---- MG-BV-22: in a context ------------------------------------------------------------ */

static bool told_inside(struct wc_t *t, const void *arg)
{
	struct wc_tlv_view tlv;

	for (size_t i = *(const size_t *)arg; i < t->view.count; i++)
		if (wc_view_rx(&t->view, i) && t->view.f[i].pdc_id &&
		    wc_frame_find_tlv(&t->view.f[i], WC_TLV_TELEMETRY, 0, &tlv))
			return true;
	return false;
}

static void inside(struct wc_t *t)
{
	size_t from = t->tr.count;
	uint8_t value[4], tlv[16];
	struct wc_frame f;

	ask(t, "alone", 1, 8);
	wc_put(value, 1, 2);
	wc_put(value + 2, CONTEXT_METERS - 1, 2);
	wc_mark(t, "ask");
	f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_TELEMETRY_GET, value, 4));
	wc_emit(t->c, &f, WC_E_OK);
	wc_wait(t, told_inside, &from, "TELEMETRY in the context");
}

static void inside_judge(struct wc_judge *j)
{
	struct wc_tlv_view tlv;
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "ask"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id == wc_val(j, "ctx") &&
		    wc_frame_find_tlv(&j->v->f[i], WC_TLV_TELEMETRY, 0, &tlv))
			at = i;
	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE || answer(j, "alone") == WC_NONE, "NO_ANSWER",
	      "TELEMETRY comes in the context, unless the device answers none at all");
	wc_cp(j, 2, at == WC_NONE || in_order(&j->v->f[at], 1, CONTEXT_METERS - 1), "WRONG_METERS",
	      "counters of a context in ascending order, each once");
}

/* ---- MG-BI-23, MG-BI-24 ---------------------------------------------------------------- */

static void cut_short(struct wc_t *t)
{
	static const uint8_t value[4] = { 0, 1, 0, 9 };
	uint8_t tlv[16];
	struct wc_frame f;

	for (uint32_t len = 0; len < 4; len++) {
		f = wc_f_alone(t, tlv, wc_tlv_put(tlv, 0, WC_TLV_TELEMETRY_GET, value, len));
		wc_value(t, wc_nth("q", len), f.psn);
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "done");
}

static void cut_short_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 4; i++) {
		j->evidence = answer(j, wc_nth("q", i));
		wc_cp(j, 1, j->evidence == WC_NONE, "ANSWERED",
		      "TELEMETRY_GET of %u bytes is not answered", i);
	}
	wc_marked(j, 2, "begin");
}

static void too_private(struct wc_t *t)
{
	uint8_t value[16 + 68] = { 0 }, tlv[96];
	struct wc_ep ep = { .credits = 8, .window = 8, .reads = 4 };
	struct wc_frame f;
	struct wc_op op = { .kind = WC_OP_CONNECT, .pdc = t->c->id };

	for (unsigned i = 0; i < 2; i++) {
		char name[2] = { (char)('p' + i), 0 };
		uint8_t packed[WC_OP_BYTES];
		struct wc_rec r = { .kind = WC_R_OP, .name = name, .bytes = packed,
				    .len = WC_OP_BYTES };

		ep.src_qpn = t->dut->next_id++;
		ep.service = wc_service_for(t->c, (uint32_t)ep.src_qpn);
		wc_pack(&wc_h_ep_connect, &ep, value);
		f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value,
						    i ? 16 + 65 : 16 + 64));
		op.qpn = (uint32_t)ep.src_qpn;
		op.psn_first = op.psn_last = (uint32_t)f.psn;
		wc_op_pack(&op, packed);
		wc_transcript_add(&t->tr, &r);
		wc_emit(t->c, &f, WC_E_OK);
		wc_marker(t);
	}
	wc_pause(t, 5);
}

static void too_private_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "p");
	wc_cp(j, 2, wc_res(j, "q").status == WC_PENDING, "ACTED_ON",
	      "EP_CONNECT with 65 bytes of private data is not answered");
}

/* ---- MG-BI-25 -------------------------------------------------------------------------- */

static void wrong_end(struct wc_t *t)
{
	struct wc_ep_end end = {
		.dst_qpn = t->a->peer_qpn, .reason = WC_EP_CLOSED, .src_qpn = t->a->qpn ^ 0x8000,
	};
	uint8_t value[12], tlv[16];
	struct wc_frame f;

	wc_pack(&wc_h_ep_disconnect, &end, value);
	f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value, 12));
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	wc_do_write(t->a, "w", t->mem.key, wc_page(t, 64), wc_bytes(WC_NEW_SEED), WC_SIZE);
}

static void wrong_end_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w");
}

/* ---- MG-BV-26: a longer HELLO ------------------------------------------------------------ */

static void longer_hello(struct wc_t *t)
{
	uint8_t one[128], tlv[160], value[40] = { 0 };
	struct wc_frame f;
	uint32_t n;

	wc_hello_tlv(t, one, WC_HELLO_REPLY);
	memcpy(value, one + 4, 32);
	memset(value + 32, 0xee, 8);
	n = wc_tlv_put(tlv, 0, WC_TLV_HELLO, value, 40);	/* of a later version of us */
	n = wc_tlv_put(tlv, n, WC_TLV_LIMITS, value, 4);	/* shorter than its structure */
	f = wc_f_alone(t, tlv, n);
	wc_value(t, "q", f.psn);
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
}

static void longer_hello_judge(struct wc_judge *j)
{
	j->evidence = wc_view_alone(j->v, WC_TLV_HELLO, wc_val(j, "q"), 0, WC_NONE);
	wc_cp(j, 1, j->evidence != WC_NONE, "NO_ANSWER", "a HELLO with bytes behind its structure "
	      "is answered");
	wc_marked(j, 2, "begin");
}

/* ---- MG-CA-27 ---------------------------------------------------------------------------- */

static void claims(struct wc_t *t)
{
	wc_marker(t);
}

static void claims_judge(struct wc_judge *j)
{
	uint64_t p = wc_val(j, "claim.profiles"), modes = wc_val(j, "claim.modes");
	struct wc_tlv_view tlv;
	struct wc_queues q = { 0 };
	size_t at = WC_NONE;

	for (size_t i = 0; i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && wc_frame_find_tlv(&j->v->f[i], WC_TLV_HELLO, 32, &tlv))
			at = i;
	j->evidence = at;
	wc_cp(j, 1, at != WC_NONE, "NO_ANSWER", "HELLO is answered");
	if (at != WC_NONE && wc_frame_find_tlv(&j->v->f[at], WC_TLV_QUEUES, 8, &tlv))
		wc_unpack(&wc_h_queues, tlv.value, &q);
	wc_cp(j, 2, !(p & WC_P_CORE) || modes & WC_MODES_ROD, "UNFOUNDED", "CORE needs mode ROD");
	wc_cp(j, 3, !(p & WC_P_AI) || modes & WC_MODES_RUD, "UNFOUNDED", "AI needs mode RUD");
	wc_cp(j, 4, !(p & WC_P_MEM) || wc_val(j, "claim.features") & WC_FT_MEM, "UNFOUNDED",
	      "MEM needs the feature MEM");
	wc_cp(j, 5, !(p & WC_P_ACCEL) || q.queues, "UNFOUNDED", "ACCEL needs a queue at least");
	wc_cp(j, 6, !(p & (WC_P_AI | WC_P_ACCEL | WC_P_SECURE)) || p & WC_P_CORE, "UNFOUNDED",
	      "AI, ACCEL and SECURE need CORE");
}

/* ---- MG-BV-28 ---------------------------------------------------------------------------- */

static bool probed(struct wc_t *t, const void *arg)
{
	for (size_t i = *(const size_t *)arg; i < t->view.count; i++)
		if (wc_view_rx(&t->view, i) && t->view.f[i].type == WC_PROBE)
			return true;
	return false;
}

static void path_probe(struct wc_t *t)
{
	size_t from = t->tr.count;
	struct wc_frame f = wc_f_base(t->c);

	f.type = WC_PROBE;
	f.flags &= ~(uint64_t)WC_F_AR;
	f.psn = 0;
	f.probe_port = 0;
	f.probe_entropy = 0x4321;
	f.probe_id = 0xfeedf00d;
	f.sent_ns = 0x01020304;
	wc_mark(t, "probe");
	wc_emit(t->c, &f, WC_E_AUTO);
	wc_wait(t, probed, &from, "answer to PROBE");
}

static void path_probe_judge(struct wc_judge *j)
{
	const struct wc_frame *f = NULL;

	j->evidence = WC_NONE;
	for (size_t i = wc_at(j, "probe"); i < j->v->count && !f; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_PROBE) {
			f = &j->v->f[i];
			j->evidence = i;
		}
	wc_cp(j, 1, f != NULL, "NO_ANSWER", "PROBE is answered");
	wc_cp(j, 2, !f || (f->probe_flags == 0x80 && f->probe_entropy == 0x4321 &&
	      f->probe_id == 0xfeedf00d && f->sent_ns == 0x01020304 && !f->probe_port),
	      "WRONG_ECHO", "the answer repeats the fields, REPLY set");
}

/* ---- MG-BI-30, MG-BI-31: packets that name no context, and probes that open one ------------ */

void wc_meters(struct wc_t *t, const char *name)
{
	ask(t, name, 1, ALL);
}

void wc_grew(struct wc_judge *j, unsigned n, unsigned counter, unsigned by)
{
	uint64_t a = meter(j, "before", counter), b = meter(j, "after.meters", counter);

	j->evidence = answer(j, "after.meters");
	wc_cp(j, n, a == UINT64_MAX || b == UINT64_MAX || b - a == by, "MISCOUNTED",
	      "counter %u grows by %u, but it grew by %llu", counter, by,
	      (unsigned long long)(b - a));
}

static void nameless(struct wc_t *t)
{
	static const uint8_t type[] = { WC_DATA, WC_ACK, WC_NACK };

	ask(t, "before", 1, ALL);
	wc_bad_begin(t, 58);
	for (unsigned i = 0; i < sizeof(type); i++) {
		struct wc_frame f = wc_bad_write(t, 58);

		f.type = type[i];
		f.pdc_id = 0;
		f.flags &= ~(uint64_t)(WC_F_SYN | WC_F_GEN);
		f.reason = WC_N_MISSING;
		if (f.type != WC_DATA) {
			f.body_len = 0;
			f.psn = 0;
		}
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_marker(t);
	ask(t, "after.meters", 1, ALL);
	wc_bad_end(t, 58);
}

static void nameless_judge(struct wc_judge *j)
{
	wc_bad_judge(j, 1);
	wc_grew(j, 5, DROP_NO_CONTEXT, 3);
}

static void probe_syn(struct wc_t *t)
{
	struct wc_frame f;

	ask(t, "before", 1, ALL);
	wc_bad_begin(t, 59);
	t->c->keep_syn = true;
	f = wc_f_base(t->c);
	t->c->keep_syn = false;
	f.pdc_id = t->c->peer_id;
	f.flags = (f.flags & ~(uint64_t)(WC_F_AR | WC_F_GEN)) | t->c->peer_gen;
	f.type = WC_PROBE;
	f.psn = 0;
	f.probe_id = 0xfeedf00d;
	wc_emit(t->c, &f, WC_E_BAD);
	f.pdc_id = 0;
	f.flags &= ~(uint64_t)WC_F_GEN;
	wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);
	ask(t, "after.meters", 1, ALL);
	wc_bad_end(t, 59);
}

static void probe_syn_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "bad"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_PROBE &&
		    j->v->f[i].probe_id == 0xfeedf00d)
			at = i;
	j->evidence = at;
	wc_cp(j, 5, at == WC_NONE, "PROBE_ANSWERED", "a PROBE with SYN is not answered");
	wc_bad_judge(j, 1);
	wc_grew(j, 6, DROP_MALFORMED, 2);
}

const struct wc_case wc_cases_meters[] = {
	{
		.id = "MG-BV-20", .version = 3, .title = "Counters of the chip",
		.reqs = "WEFT-MGT-023 WEFT-MGT-024 WEFT-MGT-025",
		.stimulus = "TELEMETRY_GET alone, with a PAD: all, eight, and from where there are "
			"none",
		.expected = "those asked for, ascending, each once, or no answer at all",
		.checkpoints = 4, .drive = telemetry, .judge = telemetry_judge,
	}, {
		.id = "MG-BV-21", .version = 1, .title = "Counters equal the wire",
		.reqs = "WEFT-PKT-001 WEFT-PKT-003 WEFT-PKT-004 WEFT-PDC-020",
		.stimulus = "three packets of a wrong CRC, two cut short, one of a reserved "
			"type, four "
			"duplicates, between two questions",
		.expected = "each counted under its cause, once",
		.checkpoints = 2, .drive = counted, .judge = counted_judge,
	}, {
		.id = "MG-BV-22", .version = 1, .title = "Counters of a context",
		.reqs = "WEFT-MGT-026 WEFT-MGT-024",
		.stimulus = "TELEMETRY_GET alone, and in a context",
		.expected = "TELEMETRY in that context, unless there is none at all",
		.checkpoints = 2, .drive = inside, .judge = inside_judge,
	}, {
		.id = "MG-BI-23", .version = 1, .title = "TELEMETRY_GET that is too short",
		.reqs = "WEFT-MGT-027",
		.stimulus = "TELEMETRY_GET of 0, 1, 2 and 3 bytes", .expected = "no answer",
		.checkpoints = 2, .drive = cut_short, .judge = cut_short_judge,
	}, {
		.id = "MG-BI-24", .version = 1, .title = "EP_CONNECT with too much private data",
		.reqs = "WEFT-MGT-015",
		.stimulus = "EP_CONNECT with 64 and with 65 bytes of private data",
		.expected = "the first is accepted, the second has no effect",
		.checkpoints = 2, .drive = too_private, .judge = too_private_judge,
	}, {
		.id = "MG-BI-25", .version = 1, .title = "EP_DISCONNECT of another stream",
		.reqs = "WEFT-MGT-012",
		.stimulus = "EP_DISCONNECT whose src_qpn is not the one connected",
		.expected = "the stream lives",
		.checkpoints = 1, .drive = wrong_end, .judge = wrong_end_judge,
	}, {
		.id = "MG-BV-26", .version = 1, .title = "HELLO of another length",
		.reqs = "WEFT-MGT-021 WEFT-MGT-001",
		.stimulus = "HELLO with 8 bytes more, LIMITS with 8 bytes less than we know",
		.expected = "the HELLO is answered",
		.checkpoints = 2, .drive = longer_hello, .judge = longer_hello_judge,
	}, {
		.id = "MG-CA-27", .version = 1,
		.title = "Profiles that are claimed have their ground",
		.reqs = "WEFT-PRF-002 WEFT-MGT-022",
		.stimulus = "HELLO", .expected = "modes, features and queues that section 95 "
			"asks for",
		.checkpoints = 6, .drive = claims, .judge = claims_judge,
	}, {
		.id = "MG-BV-28", .version = 1, .title = "A path probe is answered",
		.reqs = "WEFT-CC-064", .features = WC_FT_PROBE,
		.stimulus = "PROBE in the common context",
		.expected = "the same fields, REPLY set",
		.checkpoints = 2, .drive = path_probe, .judge = path_probe_judge,
	}, {
		.id = "MG-BI-30", .version = 1, .title = "Packets that name no context",
		.reqs = "WEFT-PKT-030",
		.stimulus = "DATA, ACK and NACK MISSING without SYN to context id 0",
		.expected = "no answer, no effect; counted as NO_CONTEXT",
		.checkpoints = 5, .drive = nameless, .judge = nameless_judge,
	}, {
		.id = "MG-BI-31", .version = 1, .title = "A path probe opens nothing",
		.reqs = "WEFT-PKT-080", .features = WC_FT_PROBE,
		.stimulus = "PROBE with SYN, to the common context and to id 0",
		.expected = "no answer; counted as MALFORMED",
		.checkpoints = 6, .drive = probe_syn, .judge = probe_syn_judge,
	},
	{ .id = NULL },
};
