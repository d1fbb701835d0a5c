/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Versions, and what a device says of itself.
 */
#include "conformance/cases/common.h"

#include "conformance/port.h"

#include <string.h>

/* The HELLO that the device sent in the script. */
static bool hello_of(struct wc_judge *j, struct wc_hello *h)
{
	struct wc_tlv_view tlv;

	for (size_t i = wc_at(j, "begin"); i < j->v->count; i++)
		if (wc_view_rx(j->v, i) && wc_frame_find_tlv(&j->v->f[i], WC_TLV_HELLO,
							    wc_h_hello.bytes, &tlv)) {
			wc_unpack(&wc_h_hello, tlv.value, h);
			j->evidence = i;
			return true;
		}
	j->evidence = WC_NONE;
	return false;
}

/* Does the device ask who we are, with a number of its own? */
static bool asks(const struct wc_frame *f)
{
	struct wc_tlv_view tlv;
	struct wc_hello h;

	if (!wc_frame_find_tlv(f, WC_TLV_HELLO, wc_h_hello.bytes, &tlv))
		return false;
	wc_unpack(&wc_h_hello, tlv.value, &h);
	return h.flags & WC_HELLO_REPLY;
}

/* No packet that stands alone has a number of the questions, the few from 0x52000000 on. */
static void unanswered(struct wc_judge *j, unsigned n)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "good") && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && !j->v->f[i].pdc_id &&
		    j->v->f[i].psn - 0x52000000u < 0x100 && !asks(&j->v->f[i]))
			at = i;
	j->evidence = at;
	wc_cp(j, n, at == WC_NONE, "ANSWERED", "no answer at all");
}

static void claims(struct wc_t *t)
{
	wc_marker(t);
}

#define PROFILE_CORE	1u
#define PROFILE_AI	2u

static void claims_judge(struct wc_judge *j)
{
	struct wc_hello h = { 0 };
	uint64_t d;

	wc_cp(j, 1, hello_of(j, &h), "NO_HELLO", "HELLO is answered");
	wc_cp(j, 2, h.version_min <= WC_VERSION && h.version_max >= WC_VERSION, "VERSIONS",
	      "version 1 is among those claimed");
	wc_cp(j, 3, !(h.flags & WC_HELLO_REPLY), "REPLY_SET", "the answer has REPLY clear");
	wc_cp(j, 4, h.modes & (WC_MODES_RUD | WC_MODES_ROD) &&
	      (!(h.profiles & PROFILE_CORE) || h.modes & WC_MODES_ROD) &&
	      (!(h.profiles & PROFILE_AI) || h.modes & WC_MODES_RUD), "MODES",
	      "modes are those that the profiles call for");
	wc_cp(j, 5, h.max_window >= WC_MIN_WINDOW && h.max_window <= WC_MAX_WINDOW &&
	      h.max_payload > 0, "LIMITS", "a window of 16 to 4096 packets and some payload");
	wc_cp(j, 6, h.chip_id != 0 && h.class_ <= 7, "IDENTITY", "a Chip ID and a known class");
	d = wc_val(j, "declared.modes");
	wc_cp(j, 7, !d || d == h.modes, "DECLARED", "modes as declared");
	d = wc_val(j, "declared.max_payload");
	wc_cp(j, 7, !d || d == h.max_payload, "DECLARED", "max_payload as declared");
	d = wc_val(j, "declared.max_window");
	wc_cp(j, 7, !d || d == h.max_window, "DECLARED", "max_window as declared");
	d = wc_val(j, "declared.profiles");
	wc_cp(j, 7, !d || d == h.profiles, "DECLARED", "profiles as declared");
	d = wc_val(j, "declared.features");
	wc_cp(j, 7, !d || d == wc_val(j, "claim.features"), "DECLARED", "features as declared");
}

/* ---- VN-BI-02 --------------------------------------------------------------------------- */

static void other_versions(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];

	wc_bad_begin(t, 1);
	for (unsigned v = 0; v < 16; v++) {
		struct wc_frame f = wc_bad_write(t, 1);
		uint32_t n;

		if (v == WC_VERSION)
			continue;
		f.version = v;
		f.psn = 0x51000000u + v;	/* its own number, to tell the answers apart */
		n = wc_build(&f, buf);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
		f.psn = t->c->next;		/* and one that would be taken */
		n = wc_build(&f, buf);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_bad_end(t, 1);
}

static void other_versions_judge(struct wc_judge *j)
{
	wc_untaken(j, 1, "bad", "good", "p", "TAKEN");
	wc_marked(j, 2, "bad");
	for (unsigned v = 0; v < 16; v++) {
		struct wc_version_reject vr = { 0 };
		struct wc_tlv_view tlv;

		if (v == WC_VERSION)
			continue;
		j->evidence = wc_view_alone(j->v, WC_TLV_VERSION_REJECT, 0x51000000u + v,
					    wc_at(j, "bad"), WC_NONE);
		wc_cp(j, 3, j->evidence != WC_NONE, "NO_VERSION_REJECT",
		      "version %u is answered by VERSION_REJECT with the PSN refused", v);
		if (j->evidence == WC_NONE)
			continue;
		if (wc_frame_find_tlv(&j->v->f[j->evidence], WC_TLV_VERSION_REJECT, 4, &tlv))
			wc_unpack(&wc_h_version_reject, tlv.value, &vr);
		wc_cp(j, 4, vr.min <= WC_VERSION && vr.max >= WC_VERSION && vr.min <= vr.max &&
		      !(vr.min <= v && v <= vr.max), "WRONG_RANGE",
		      "VERSION_REJECT names what is supported: it says %u to %u",
		      (unsigned)vr.min, (unsigned)vr.max);
	}
	wc_data_fill(j, 5, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

/* ---- VN-BO-03, VN-BO-04 ------------------------------------------------------------------ */

static void no_ping_pong(struct wc_t *t)
{
	static uint8_t buf[WC_FRAME_MAX];
	static const uint8_t range[4] = { 0x23, 0, 0, 0 };

	wc_mark(t, "bad");
	for (unsigned v = 0; v < 4; v++) {
		uint8_t tlv[8];
		struct wc_frame f = wc_f_alone(t, tlv, wc_tlv_put(tlv, 0, WC_TLV_VERSION_REJECT,
								  range, sizeof(range)));

		f.version = v;
		f.psn = 0x52000000u + v;
		wc_emit_bytes(t, buf, wc_build(&f, buf), WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "good");
}

static void no_answer_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "bad");
	unanswered(j, 2);
}

static void no_reply_wanted(struct wc_t *t)
{
	uint8_t tlv[64];
	uint32_t n = wc_hello_tlv(t, tlv, 0);

	wc_mark(t, "bad");
	for (unsigned i = 0; i < 3; i++) {
		struct wc_frame f = wc_f_alone(t, tlv, n);

		f.psn = 0x52000000u + i;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_marker(t);
	wc_mark(t, "good");
}

/* ---- VN-BV-05 --------------------------------------------------------------------------- */

static const uint32_t numbers[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };

static void transactions(struct wc_t *t)
{
	uint8_t tlv[64];
	uint32_t n = wc_hello_tlv(t, tlv, WC_HELLO_REPLY);

	wc_mark(t, "ask");
	for (unsigned i = 0; i < 5; i++) {
		struct wc_frame f = wc_f_alone(t, tlv, n);

		f.psn = numbers[i];
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
}

static void transactions_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 5; i++) {
		j->evidence = wc_view_alone(j->v, WC_TLV_HELLO, numbers[i], wc_at(j, "ask"),
					    WC_NONE);
		wc_cp(j, 1, j->evidence != WC_NONE, "NO_HELLO",
		      "the answer to HELLO repeats transaction number %u", numbers[i]);
	}
}

/* ---- VN-BV-06 ------------------------------------------------------------------ */

static void ask_with(struct wc_t *t, uint32_t psn, uint64_t type, bool first)
{
	static const uint8_t value[5] = { 1, 2, 3, 4, 5 };
	uint8_t tlv[128];
	uint32_t n = 0;
	struct wc_frame f;

	if (first)
		n = wc_tlv_put(tlv, n, type, value, sizeof(value));
	n += wc_hello_tlv(t, tlv + n, WC_HELLO_REPLY);
	if (!first)
		n = wc_tlv_put(tlv, n, type, value, sizeof(value));
	f = wc_f_alone(t, tlv, n);
	f.psn = psn;
	wc_emit(t->c, &f, type & WC_TLV_CRITICAL ? WC_E_BAD : WC_E_LOOSE);
}

static void unknown_tlv(struct wc_t *t)
{
	wc_mark(t, "ask");
	ask_with(t, 0x53000000, 0x7f01, true);
	ask_with(t, 0x53000001, 0x0abc, false);
	wc_mark(t, "bad");
	ask_with(t, 0x52000000, 0xff01, true);
	ask_with(t, 0x52000001, 0x8abc, false);
	wc_marker(t);
	wc_mark(t, "good");
}

static void unknown_tlv_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < 2; i++) {
		j->evidence = wc_view_alone(j->v, WC_TLV_HELLO, 0x53000000 + i,
					    wc_at(j, "ask"), WC_NONE);
		wc_cp(j, 3, j->evidence != WC_NONE, "NOT_SKIPPED",
		      "HELLO beside an unknown TLV that is not critical is answered");
	}
	wc_marked(j, 1, "bad");
	unanswered(j, 2);
}

/* ---- VN-BI-07 --------------------------------------------------------------------------- */

static void syn_version(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_frame syn = wc_f_ctrl(c, NULL, 0);

	syn.type = WC_DATA;
	syn.opcode = WC_NOP;
	syn.version = 2;
	wc_value(t, "c2", c->id);
	wc_mark(t, "bad");
	wc_emit(c, &syn, WC_E_BAD);
	wc_marker(t);
	wc_mark(t, "good");
	wc_connect(c, "connect.C", wc_service(t));
}

static void syn_version_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "good") && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id == wc_val(j, "c2"))
			at = i;
	wc_marked(j, 1, "bad");
	j->evidence = at;
	wc_cp(j, 2, at == WC_NONE, "OPENED", "a SYN of version 2 opens no context");
	wc_ok(j, 3, "connect.C");
}

/* ---- VN-ST-08 --------------------------------------------------------------------------- */

#define STRANGE	4096u		/* under virtual time: a network loses of so many */
#define FEW	64u		/* on a network */
#define EACH	32u		/* after which the device may speak */
#define THEN	5u		/* contexts that are opened after it */

/* Each of another context; more than any device has room for, if it kept anything of them. */
static void many_syns(struct wc_t *t)
{
	unsigned n = t->dut->port->virtual_time ? STRANGE : FEW;
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);

	wc_mark(t, "bad");
	for (unsigned i = 0; i < n && !t->runaway; i++) {
		struct wc_frame syn = wc_f_ctrl(c, NULL, 0);

		syn.type = WC_DATA;
		syn.opcode = WC_NOP;
		syn.version = (2 + i % 15) % 16;	/* 2 to 15, and 0 */
		syn.syn_pdc = 0x800000u + i;
		syn.syn_start = syn.psn = 0x60000000u + 16 * i;
		wc_emit(c, &syn, WC_E_BAD);
		if (i % EACH == 0)
			wc_pause(t, 0);
	}
	wc_marker(t);
	wc_mark(t, "good");
	wc_connect(c, "connect.0", wc_service(t));
	for (unsigned i = 1; i < THEN; i++)
		wc_connect(wc_open(t, wc_best_mode(t), WC_DOMAIN), wc_nth("connect.", i),
			   wc_service(t));
}

static void many_syns_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "good") && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id - 0x800000u < STRANGE)
			at = i;
	wc_marked(j, 1, "bad");
	j->evidence = at;
	wc_cp(j, 2, at == WC_NONE, "OPENED", "a SYN of another version opens no context");
	for (unsigned i = 0; i < THEN; i++)
		wc_ok(j, 3, wc_nth("connect.", i));
}

/* ---- VN-BV-09 --------------------------------------------------------------------------- */

static const uint8_t ranges[][2] = { { 0, 1 }, { 1, 15 }, { 0, 15 } };
#define RANGES (sizeof(ranges) / sizeof(ranges[0]))

static void more_versions(struct wc_t *t)
{
	for (unsigned i = 0; i < RANGES; i++) {
		struct wc_stream *s;

		t->version_min = ranges[i][0];
		t->version_max = ranges[i][1];
		wc_mark(t, wc_nth("range", i));
		wc_marker(t);
		s = wc_connect(wc_open(t, wc_best_mode(t), WC_DOMAIN), wc_nth("connect.", i),
			       wc_service(t));
		if (!s)
			return;
		wc_do_write(s, wc_nth("w", i), t->mem.key, wc_page(t, 1), wc_bytes(i), WC_SIZE);
		wc_do_read(s, wc_nth("r", i), t->mem.key, wc_page(t, 1), WC_SIZE);
	}
	t->version_max = 0;
}

/* That what comes is of version 1, the form of each packet says (an observer). */
static void more_versions_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < RANGES; i++) {
		wc_marked(j, 1, wc_nth("range", i));
		wc_ok(j, 2, wc_nth("connect.", i));
		wc_data_fill(j, 3, wc_nth("r", i), i, WC_SIZE, "WRONG_DATA");
	}
}

const struct wc_case wc_cases_version[] = {
	{
		.id = "VN-CA-01", .version = 2,
		.title = "HELLO is answered with sane, declared claims",
		.reqs = "WEFT-MGT-001",
		.stimulus = "HELLO with REPLY",
		.expected = "HELLO with version 1, modes, limits, identity, as dut.yaml declares "
			"them",
		.checkpoints = 7, .drive = claims, .judge = claims_judge,
	}, {
		.id = "VN-BI-02", .version = 1,
		.title = "Other versions are rejected, and only that",
		.reqs = "WEFT-PKT-002 WEFT-MGT-003",
		.stimulus = "WRITEs of versions 0 and 2 to 15 on an open context",
		.expected = "VERSION_REJECT with the range and the PSN; no byte written; PSN free",
		.checkpoints = 5, .drive = other_versions, .judge = other_versions_judge,
	}, {
		.id = "VN-BO-03", .version = 2, .title = "VERSION_REJECT is never answered",
		.reqs = "WEFT-MGT-004",
		.stimulus = "VERSION_REJECT in packets of versions 0 to 3",
		.expected = "no answer",
		.checkpoints = 2, .drive = no_ping_pong, .judge = no_answer_judge,
	}, {
		.id = "VN-BO-04", .version = 2, .title = "HELLO without REPLY is not answered",
		.reqs = "WEFT-MGT-002",
		.stimulus = "HELLO with REPLY clear",
		.expected = "no answer",
		.checkpoints = 2, .drive = no_reply_wanted, .judge = no_answer_judge,
	}, {
		.id = "VN-BV-05", .version = 1, .title = "The answer to HELLO repeats its number",
		.reqs = "WEFT-MGT-001",
		.stimulus = "HELLO with transaction numbers at the edges",
		.expected = "an answer with each number",
		.checkpoints = 1, .drive = transactions, .judge = transactions_judge,
	}, {
		.id = "VN-BV-06", .version = 2,
		.title = "Unknown TLVs beside HELLO: skipped, or critical",
		.reqs = "WEFT-PKT-008 WEFT-PKT-009",
		.stimulus = "HELLO before and after TLVs that are unknown, critical and not",
		.expected = "an answer beside those that are not critical, none beside those "
			"that are",
		.checkpoints = 3, .drive = unknown_tlv, .judge = unknown_tlv_judge,
	}, {
		.id = "VN-BI-07", .version = 1, .title = "A SYN of another version opens nothing",
		.reqs = "WEFT-PKT-002",
		.stimulus = "a SYN of version 2, then the same context in version 1",
		.expected = "nothing on the context at first, then it opens",
		.checkpoints = 3, .drive = syn_version, .judge = syn_version_judge,
	}, {
		.id = "VN-ST-08", .version = 1,
		.title = "SYNs of other versions leave nothing behind",
		.reqs = "WEFT-PKT-002",
		.stimulus = "4096 SYNs of versions 0 and 2 to 15 (64 on a network), each of a "
			"context of its own, then contexts in version 1",
		.expected = "no context of the first; the others open",
		.checkpoints = 3, .drive = many_syns, .judge = many_syns_judge,
	}, {
		.id = "VN-BV-09", .version = 1, .title = "The version that both have is spoken",
		.reqs = "WEFT-MGT-016",
		.stimulus = "HELLO with versions 0 to 1, 1 to 15, 0 to 15; then a context, a WRITE "
			"and a READ in version 1",
		.expected = "HELLO is answered, all of it is done, in version 1",
		.checkpoints = 3, .drive = more_versions, .judge = more_versions_judge,
	},
	{ .id = NULL },
};
