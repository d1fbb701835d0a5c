/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases of a capture: one for each rule that an observer holds the device's packets against,
 * and their judge.
 */
#include "conformance/passive.h"

#include <stdio.h>
#include <string.h>

#define CASE(nr, code_, title_, reqs_, expected_) \
	{ .id = "OB-BV-" nr, .version = 1, .observer = code_, .title = title_, .reqs = reqs_, \
	  .stimulus = "whatever the other chips sent", .expected = expected_, .checkpoints = 1 }

const struct wc_case wc_cases_observers[] = {
	CASE("01", "OBS_FORM", "Packets are well-formed", "",
	     "version 1, a type and lengths that fit, and nothing behind the CRC"),
	CASE("02", "OBS_CRC", "The CRC of packets is right", "WEFT-PKT-005", "CRC32C as computed"),
	CASE("03", "OBS_RESERVED", "Reserved fields are zero", "WEFT-CONV-002", "zeros"),
	CASE("04", "OBS_ACK_UNSENT", "ack_psn covers only what was sent", "WEFT-ACK-001",
	     "each PSN up to ack_psn was sent before"),
	CASE("05", "OBS_SACK_UNSENT", "The bitmap holds only what was sent", "WEFT-ACK-002",
	     "each PSN of the bitmap was sent before"),
	CASE("06", "OBS_WINDOW", "The peer's window is kept", "WEFT-ACK-009",
	     "PSNs before the peer's ack_psn + 1 + window"),
	CASE("07", "OBS_PAYLOAD", "The peer's payload limit is kept",
	     "WEFT-ACK-011 WEFT-MGT-005 WEFT-MEM-052", "payloads no longer than its SYN says"),
	CASE("08", "OBS_RTX_FLAG", "A packet sent again is marked", "WEFT-RTX-001", "RTX is set"),
	CASE("09", "OBS_RTX_BYTES", "A packet sent again is the same", "WEFT-RTX-001 WEFT-SEM-092",
	     "operation, message, place and length as before"),
	CASE("10", "OBS_CTRL", "CTRL packets hold one critical TLV", "WEFT-PDC-015", "one"),
	CASE("11", "OBS_UNASKED", "Answers are to messages that were sent", "",
	     "no TACK, READ_RSP or ATOMIC_RSP beyond the latest request"),
	CASE("12", "OBS_RSP_RANGE", "READ data stay in their message", "",
	     "offset and length within the message"),
	CASE("13", "OBS_NO_SYN", "SYN is sent until it is answered", "WEFT-PDC-001",
	     "SYN on each packet before one that shows that the peer knows the context"),
	CASE("14", "OBS_SYN_CHANGED", "SYN says the same each time", "",
	     "Chip ID, context id and start PSN as before"),
	CASE("15", "OBS_GEN", "GEN is that of the peer's context", "WEFT-PKT-032",
	     "the generation that its SYN gave"),
	CASE("16", "OBS_MEM_FLAGS", "MEM packets bear neither SYN nor AKV", "", "neither"),
	CASE("17", "OBS_MEM_PADDING", "Padding of MEM data is zeros", "WEFT-MEM-053 WEFT-MEM-074",
	     "zeros"),
	{ .id = NULL },
};

#define COUNT (sizeof(wc_cases_observers) / sizeof(wc_cases_observers[0]) - 1)

static void settle(const struct wc_view *v, const struct wc_sight *s, struct wc_verdict *out)
{
	const struct wc_hit *h = s->hit.code ? &s->hit : s->doubt.code ? &s->doubt : NULL;
	const char *code = s->hit.code ? s->code : h ? "CAPTURE_LOSS" : "NOTHING_SEEN";

	out->evidence = WC_NONE;
	out->checkpoints = 1;
	out->reached = s->judged > 0;
	out->kind = s->hit.code ? WC_FAIL : h ? WC_INCONC : s->judged ? WC_PASS : WC_NA;
	if (out->kind == WC_PASS) {
		snprintf(out->observed, sizeof(out->observed), "so %u times", s->judged);
		return;
	}
	snprintf(out->code, sizeof(out->code), "%s", code);
	if (!h)
		return;
	snprintf(out->expected, sizeof(out->expected), "%s", h->text);
	wc_tell_evidence(v, out, h->at);
}

static void judge_all(const struct wc_transcript *t, struct wc_verdict out[COUNT])
{
	struct wc_sight seen[COUNT] = { { .code = NULL } };
	struct wc_view v;

	memset(out, 0, COUNT * sizeof(*out));
	wc_view_init(&v, t);
	wc_view_update(&v);
	for (size_t i = 0; i < COUNT; i++)
		seen[i].code = wc_cases_observers[i].observer;
	wc_observe_capture(&v, seen, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		if (wc_passive(&v)) {
			settle(&v, &seen[i], &out[i]);
		} else {
			out[i].kind = WC_ERROR;
			snprintf(out[i].code, sizeof(out[i].code), "NO_CAPTURE");
		}
	wc_view_free(&v);
}

/*
 * All observers see a capture in one go.  The verdicts are kept under the hash of its transcript:
 * each of the cases asks for its own in turn.
 */
void wc_judge_observer(const struct wc_case *c, const struct wc_transcript *t,
		       struct wc_verdict *out)
{
	static struct wc_verdict kept[COUNT];
	static uint8_t head[32];
	static bool any;

	if (!any || memcmp(head, t->head, sizeof(head)))
		judge_all(t, kept);
	any = true;
	memcpy(head, t->head, sizeof(head));
	*out = kept[c - wc_cases_observers];
}

const struct wc_case *wc_observer_nth(unsigned n)
{
	return n < COUNT ? &wc_cases_observers[n] : NULL;
}
