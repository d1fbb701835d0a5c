/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields one by one: headers that end too early, each code of an operation, limits at their most.
 */
#include "conformance/cases/loadstore/window.h"
#include "conformance/cases/memory/attempt.h"

#include <string.h>

/* ---- FR-BI-12: headers cut short ----------------------------------------------------------- */

#define CUT_PAGE 66u

/* Packets without payload, whose headers are all that can be cut; and what claims them. */
static const unsigned form_of[] = {
	0, WC_FT_ATOMICS, WC_FT_ATOMICS | WC_FT_MASKED, WC_FT_SIGNAL, WC_FT_VISIBLE, WC_FT_REDUCE,
	WC_FT_MEM,
};
#define FORMS (sizeof(form_of) / sizeof(form_of[0]))

static struct wc_frame form(struct wc_t *t, unsigned i)
{
	uint64_t at = wc_page(t, CUT_PAGE);
	struct wc_ls_packet p = { .n = 0 };
	struct wc_frame f;

	switch (i) {
	case 0:
		return wc_f_read(t->a, t->mem.key, at, WC_SIZE);
	case 1:
		return wc_f_atomic(t->a, t->mem.key, at, WC_FADD, 1, 0);
	case 2:
		f = wc_f_atomic(t->a, t->mem.key, at, WC_CAS, 1, 0);
		f.atomic_flags |= WC_MASKED;
		return f;
	case 3:
		f = wc_f_write(t->a, t->mem.key, at, NULL, 0);
		wc_signal(&f, t->mem.key, at, 1);
		return f;
	case 4:
		return wc_f_flush(t->a, t->mem.key, at, 8, WC_PLACED);
	case 5:
		return wc_f_reduce(t->a, t->mem.key, at, WC_R_SUM, WC_I32, NULL, 0);
	default:
		wc_ls_add(&p, WC_M_CAS, 3, 1, 0, NULL);
		return wc_ls_packed(t, &p);
	}
}

/* f cut at every length from `least` on, each with a CRC that fits what is left. */
static void cut(struct wc_t *t, const struct wc_frame *f, uint32_t least)
{
	static uint8_t buf[WC_FRAME_MAX];
	uint32_t full = wc_build(f, buf);

	for (uint32_t n = least + 4; n < full; n++) {
		wc_build(f, buf);
		wc_frame_seal(buf, n);
		wc_emit_bytes(t, buf, n, WC_E_BAD);
	}
	wc_marker(t);
}

static void cut_headers(struct wc_t *t)
{
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_frame f = wc_f_ctrl(c, NULL, 0);

	wc_bad_begin(t, CUT_PAGE);
	for (unsigned i = 0; i < FORMS; i++) {
		if (form_of[i] & ~t->dut->claims.limits.features)
			continue;
		f = form(t, i);
		cut(t, &f, f.type == WC_MEM ? wc_h_mdelivery.bytes :
		    wc_h_delivery.bytes + wc_h_op.bytes);
	}
	f = wc_f_ctrl(c, NULL, 0);
	f.type = WC_DATA;
	f.opcode = WC_NOP;
	wc_value(t, "c2", c->id);
	cut(t, &f, wc_h_delivery.bytes);
	wc_bad_end(t, CUT_PAGE);
	wc_connect(c, "connect.C", wc_service(t));
}

static void cut_headers_judge(struct wc_judge *j)
{
	size_t at = WC_NONE;

	wc_bad_judge(j, 1);
	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "good") && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].pdc_id == wc_val(j, "c2"))
			at = i;
	j->evidence = at;
	wc_cp(j, 5, at == WC_NONE, "OPENED", "half a SYN opens no context");
	wc_ok(j, 6, "connect.C");
}

/* ---- FR-BI-13: each code of an operation ---------------------------------------------------- */

static bool is_code(unsigned code)
{
	return code >= WC_SEND && code <= WC_RD_RSP;
}

static void each_code(struct wc_t *t)
{
	unsigned slots = t->n_streams;

	for (unsigned code = 0; code < 256; code++) {
		struct wc_attempt a = { (uint8_t)code, 0, 0, 0, 0 };
		struct wc_stream *s;

		if (is_code(code))
			continue;
		s = wc_fresh(t, wc_nth("s", code));
		if (!s)
			return;
		wc_attempt_on(s, wc_nth("x", code), &a);
		wc_end_stream(s, slots);
	}
}

static void each_code_judge(struct wc_judge *j)
{
	for (unsigned code = 0; code < 256; code++)
		if (!is_code(code))
			wc_refused(j, 1, wc_nth("x", code), WC_BAD_OPCODE);
}

/* ---- FR-BV-14: limits at their most ---------------------------------------------------------- */

#define MOST 20000u

static void most(struct wc_t *t)
{
	static uint8_t bytes[MOST];
	struct wc_ctx *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_ep ep = { .src_qpn = 0x3400, .service = wc_service_for(c, 0x3400),
			    .credits = 0xffff, .window = 0xffff, .reads = 0xffff };
	uint8_t value[16], tlv[64], all[64];
	struct wc_stream *s;
	struct wc_frame f;

	for (unsigned i = 0; i < 2; i++) {
		memset(all, i ? 0 : 0xff, sizeof(all));
		f = wc_f_alone(t, tlv, wc_tlv_put(tlv, 0, WC_TLV_HELLO, all, wc_h_hello.bytes));
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
	c->window = 0xffff;		/* its payload is what the path carries */
	s = wc_connect(c, "connect.C", wc_service(t));
	if (!s)
		return;
	wc_pack(&wc_h_ep_connect, &ep, value);
	f = wc_f_ctrl(c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value, sizeof(value)));
	wc_emit(c, &f, WC_E_OK);
	memset(value, 0, sizeof(value));
	f = wc_f_ctrl(c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value, sizeof(value)));
	wc_emit(c, &f, WC_E_OK);
	wc_fill(bytes, MOST, WC_NEW_SEED);
	wc_do_write(s, "w", t->mem.key, wc_page(t, 68), bytes, MOST);
	wc_do_read(s, "r", t->mem.key, wc_page(t, 68), MOST);
}

static void most_judge(struct wc_judge *j)
{
	wc_marked(j, 1, "begin");
	wc_ok(j, 2, "connect.C");
	wc_ok(j, 3, "w");
	wc_data_fill(j, 4, "r", WC_NEW_SEED, MOST, "WRONG_DATA");
}

const struct wc_case wc_cases_fields[] = {
	{
		.id = "FR-BI-12", .version = 1, .title = "Headers cut short are no headers",
		.reqs = "WEFT-PKT-001",
		.stimulus = "READ, ATOMIC, SIGNAL, FLUSH, REDUCE, MEM and SYN cut within their "
			"headers, the CRC made to fit",
		.expected = "no answer, nothing done, the PSN stays free; no context opens",
		.checkpoints = 6, .drive = cut_headers, .judge = cut_headers_judge,
	}, {
		.id = "FR-BI-13", .version = 1,
		.title = "Each code that is no operation is refused",
		.reqs = "WEFT-SEM-015",
		.stimulus = "requests of all 244 codes that spec/ gives no meaning, each on a "
			"stream of its own",
		.expected = "BAD_OPCODE each; other streams go on",
		.checkpoints = 1, .drive = each_code, .judge = each_code_judge,
	}, {
		.id = "FR-BV-14", .version = 1,
		.title = "Limits of nothing, and as large as can be said",
		.reqs = "WEFT-PDC-017 WEFT-ACK-011 WEFT-SEM-035",
		.stimulus = "HELLOs of ones and of zeros; SYN with a window and EP_CONNECT with "
			"limits of 65535, an EP_CONNECT of zeros; a WRITE and a READ of 20000 "
			"bytes",
		.expected = "it opens, and the bytes come back whole",
		.checkpoints = 4, .drive = most, .judge = most_judge,
	},
	{ .id = NULL },
};
