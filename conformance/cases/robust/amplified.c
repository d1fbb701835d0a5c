/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions and strays under one number each, and what comes back for them: whoever asks in
 * another's name must not gain by it.
 */
#include "conformance/cases/common.h"

#include <string.h>

#define FACTOR		3u	/* ANSWER_FACTOR */
#define FIRST		0x61000000u
#define ASKS		12u	/* numbers FIRST.. of questions, then those of strays */
#define STRAYS		40u
#define HELLO_BYTES	60u	/* of the packet with HELLO and no other element */
#define LONGEST		1024u

/* What a question holds is at tlv, n bytes: it goes out as it is, and then with PADs. */
static unsigned ask_all(struct wc_t *t, unsigned at, uint8_t *tlv, uint32_t n)
{
	static const uint32_t bytes[] = { 0, 80, 104, 160, 344, LONGEST };

	for (unsigned i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		uint32_t len = bytes[i] ? wc_pad_put(tlv, n, bytes[i]) : n;
		struct wc_frame f = wc_f_alone(t, tlv, len);

		f.psn = FIRST + at++;
		wc_emit(t->c, &f, WC_E_LOOSE);
		wc_pause(t, 0);
	}
	return at;
}

/* For a context that nobody has, or of a version that nobody speaks: as short as they are. */
static void stray(struct wc_t *t, unsigned n)
{
	struct wc_frame f = wc_f_nop(t->a);
	uint8_t out[256] = { 0 };	/* more than the frame is goes out of it */

	f.pdc_id = 0x7ff000 + n;
	f.psn = FIRST + ASKS + n;
	f.flags &= ~(uint64_t)WC_F_AKV;
	f.ack_psn = 0;
	if (n % 4 == 1)
		f.type = WC_PROBE;
	wc_frame_build(&f, out);
	if (n % 4 > 1) {	/* another version: what follows its header is its own */
		out[0] = (uint8_t)(0xe0 | (out[0] & 0xf));
		wc_emit_bytes(t, out, n % 4 == 2 ? 16 : 20 + n, WC_E_BAD);
	} else {
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_pause(t, 0);
}

static void amplified(struct wc_t *t)
{
	static const uint8_t every[4] = { 0, 1, 0xff, 0xff };
	static uint8_t tlv[LONGEST];
	unsigned n;

	wc_mark(t, "asked");
	wc_hello_tlv(t, tlv, WC_HELLO_REPLY);
	n = ask_all(t, 0, tlv, 36);		/* HELLO alone */
	ask_all(t, n, tlv, wc_tlv_put(tlv, 0, WC_TLV_TELEMETRY_GET, every, sizeof(every)));
	for (unsigned i = 0; i < STRAYS; i++)
		stray(t, i);
	wc_pause(t, 40);
	wc_marker(t);
	wc_mark(t, "over");
}

/* The number that a packet has, or that it says it answers; 0: none of ours. */
static uint32_t number(const struct wc_view *v, size_t i)
{
	const struct wc_rec *r = &v->t->rec[i];
	uint64_t n = 0;

	if (r->kind == WC_R_TX && r->len >= 12)
		n = wc_get(r->bytes + 8, 4);
	else if (wc_view_rx(v, i) && v->f[i].type == WC_NACK)
		n = v->f[i].nack_psn;
	else if (wc_view_rx(v, i) && !v->f[i].pdc_id)
		n = v->f[i].psn;
	return n - FIRST < ASKS + STRAYS ? (uint32_t)n : 0;
}

/* The elements of the answer to the short HELLO are the first ones of that to the long one. */
static bool is_front(const struct wc_frame *cut, const struct wc_frame *whole)
{
	return cut->ctrl_len <= whole->ctrl_len && !memcmp(cut->body, whole->body, cut->ctrl_len);
}

static bool in_order(const struct wc_frame *f)
{
	static const uint64_t order[] = { WC_TLV_HELLO, WC_TLV_LIMITS, WC_TLV_QUEUES, WC_TLV_NAME,
					  WC_TLV_POOL, WC_TLV_ENGINE };
	struct wc_tlv_view tlv;
	unsigned at = 0, k;

	for (unsigned n = 0; wc_frame_tlv(f, n, &tlv); n++) {
		for (k = 0; k < 6 && order[k] != tlv.type; k++)
			;
		if (k < at)
			return false;
		at = k < 6 ? k : at;
	}
	return true;
}

static size_t hello(const struct wc_judge *j, unsigned n)
{
	return wc_view_alone(j->v, WC_TLV_HELLO, FIRST + n, wc_at(j, "asked"), wc_at(j, "over"));
}

static void amplified_judge(struct wc_judge *j)
{
	uint32_t in[ASKS + STRAYS] = { 0 }, out[ASKS + STRAYS] = { 0 }, n;
	size_t last[ASKS + STRAYS], cut = hello(j, 0), whole = hello(j, 5);

	for (size_t i = wc_at(j, "asked"); i < wc_at(j, "over"); i++) {
		n = number(j->v, i);
		if (!n)
			continue;
		if (j->v->t->rec[i].kind == WC_R_TX) {
			in[n - FIRST] += j->v->t->rec[i].len;
		} else {
			out[n - FIRST] += j->v->f[i].used;
			last[n - FIRST] = i;
		}
	}
	j->evidence = cut;
	wc_cp(j, 1, cut != WC_NONE && in[0] == HELLO_BYTES, "NO_HELLO", "HELLO is answered");
	for (n = 0; n < ASKS + STRAYS; n++) {
		j->evidence = out[n] ? last[n] : WC_NONE;
		wc_cp(j, 2, out[n] <= FACTOR * in[n], "MORE_THAN_CAME",
		      "%u bytes came, at most %u times as many are sent for them, but %u were",
		      in[n], FACTOR, out[n]);
	}
	j->evidence = cut;
	wc_cp(j, 3, cut == WC_NONE || whole == WC_NONE ||
	      is_front(&j->v->f[cut], &j->v->f[whole]), "WRONG_CUT",
	      "the answer to the short HELLO is the front of that to the long one");
	j->evidence = whole;
	wc_cp(j, 4, whole == WC_NONE || in_order(&j->v->f[whole]), "WRONG_ORDER",
	      "LIMITS, QUEUES, NAME, POOL, ENGINE in this order");
}

const struct wc_case wc_cases_amplified[] = {
	{
		.id = "RB-ST-08", .version = 1, .title = "No more comes out than went in",
		.reqs = "WEFT-MGT-030 WEFT-MGT-031",
		.stimulus = "HELLO and TELEMETRY_GET alone and with PADs up to 1024 bytes; packets "
			    "for contexts that nobody has, and of another version, as short as "
			    "they can be",
		.expected = "three times their bytes at most, each; what does not fit of a HELLO "
			    "is left out from the end",
		.checkpoints = 4, .drive = amplified, .judge = amplified_judge,
	},
	{ .id = NULL },
};
