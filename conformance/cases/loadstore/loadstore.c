/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load and store: windows, and what is done through them.
 */
#include "conformance/cases/loadstore/window.h"

#include <stdio.h>
#include <string.h>

/* ---- LS-BV-01: a window, and back ------------------------------------------------------ */

static void there_and_back(struct wc_t *t)
{
	struct wc_ls_packet p = { .n = 0 };
	struct wc_bind none = { .window = WC_LS_WINDOW };
	uint8_t data[256];

	wc_ls_prepare(t);
	wc_fill(data, sizeof(data), WC_NEW_SEED);
	wc_ls_add(&p, WC_M_STORE, 6, 1, 64, data);
	wc_ls_add(&p, WC_M_LOAD, 6, 2, 64, NULL);
	wc_ls_add(&p, WC_M_STORE, 0, 3, 200, data);
	wc_ls_add(&p, WC_M_LOAD, 3, 4, 1, NULL);
	wc_ls_send_ops(t, "ops", &p);
	p.n = p.len = 0;
	wc_ls_add(&p, WC_M_LOAD256, 0, 5, 0, NULL);
	wc_ls_send_ops(t, "load", &p);
	wc_ls_read_all(t);
	wc_ls_bind(t, "unbind", &none);
	p.n = p.len = 0;
	wc_ls_add(&p, WC_M_LOAD, 3, 6, 0, NULL);
	wc_ls_send_ops(t, "gone", &p);
}

static void there_and_back_judge(struct wc_judge *j)
{
	uint8_t want[WC_LS_AREA], data[256];
	struct wc_ls_answer a;

	wc_ls_old_bytes(want);
	wc_fill(data, sizeof(data), WC_NEW_SEED);
	wc_ls_bind_is(j, 1, "bind", WC_OK);
	wc_ls_answered(j, 2, "ops", 1, WC_M_DONE);
	wc_ls_answered(j, 2, "ops", 3, WC_M_DONE);
	a = wc_ls_answered(j, 3, "ops", 2, WC_M_DATA);
	wc_cp(j, 3, a.op.size == 6 && !memcmp(a.data, data, 64), "WRONG_DATA",
	      "a LOAD behind a STORE in one packet brings what it stored");
	a = wc_ls_answered(j, 4, "ops", 4, WC_M_DATA);
	wc_cp(j, 4, a.op.size == 3 && !memcmp(a.data, want + 1, 8), "WRONG_DATA",
	      "a LOAD brings 8 bytes from an odd offset");
	memcpy(want + 64, data, 64);
	want[200] = data[0];
	a = wc_ls_answered(j, 5, "load", 5, WC_M_DATA256);
	wc_cp(j, 5, !memcmp(a.data, want, 256), "WRONG_DATA", "LOAD256 brings 256 bytes");
	wc_data(j, 6, "all", want, WC_LS_AREA, "WRONG_MEMORY");
	wc_ls_bind_is(j, 7, "unbind", WC_OK);
	wc_ls_fault(j, 8, "gone", 6, WC_NO_WINDOW);
}

/* ---- LS-BI-02: windows that cannot be -------------------------------------------------- */

static const enum wc_status bind_status[] = {
	WC_NO_WINDOW, WC_NO_STREAM, WC_BAD_KEY, WC_MALFORMED, WC_OUT_OF_BOUNDS,
};
#define BINDS (sizeof(bind_status) / sizeof(bind_status[0]))

static void no_windows(struct wc_t *t)
{
	struct wc_ls_packet p = { .n = 0 };

	wc_ls_prepare(t);
	for (unsigned i = 0; i < BINDS; i++) {
		struct wc_bind b = wc_ls_usual(t);

		if (bind_status[i] == WC_NO_WINDOW)
			b.window = t->dut->claims.limits.windows;
		else if (bind_status[i] == WC_NO_STREAM)
			b.qpn = 0x00fffffe;
		else if (bind_status[i] == WC_BAD_KEY)
			b.rkey = WC_KEY_NONE;
		else if (bind_status[i] == WC_MALFORMED)
			b.length = (1ull << 36) + 1;
		else
			b.addr = t->mem.base + t->mem.len - WC_LS_AREA + 1;
		wc_ls_bind(t, wc_nth("bind", i), &b);
	}
	wc_ls_add(&p, WC_M_STORE, 3, 9, 0, wc_bytes(WC_NEW_SEED));
	wc_ls_send_ops(t, "after", &p);
	wc_ls_read_all(t);
}

static void no_windows_judge(struct wc_judge *j)
{
	uint8_t want[WC_LS_AREA];

	wc_ls_old_bytes(want);
	wc_ls_bind_is(j, 1, "bind", WC_OK);
	for (unsigned i = 0; i < BINDS; i++)
		wc_ls_bind_is(j, 2, wc_nth("bind", i), bind_status[i]);
	wc_ls_fault(j, 3, "after", 9, WC_NO_WINDOW);
	wc_data(j, 4, "all", want, WC_LS_AREA, "WRONG_MEMORY");
}

/* ---- LS-BI-03: operations that are refused --------------------------------------------- */

static void faults(struct wc_t *t)
{
	struct wc_ls_packet p = { .n = 0 };
	struct wc_bind b = wc_ls_usual(t);

	wc_ls_prepare(t);
	wc_ls_add(&p, WC_M_STORE, 3, 1, WC_LS_AREA - 7, wc_bytes(WC_NEW_SEED));
	wc_ls_add(&p, WC_M_STORE, 3, 2, 8, wc_bytes(WC_NEW_SEED));
	wc_ls_add(&p, WC_M_LOAD, 3, 3, (1ull << 36) - 1, NULL);
	wc_ls_add_word(&p, WC_M_FADD, 3, 4, 260, 1, 0);
	wc_ls_add(&p, WC_M_STORE, 3, 5, 0, wc_bytes(WC_NEW_SEED));
	p.op[4].window = WC_LS_WINDOW + 1;
	wc_ls_add(&p, WC_M_LOAD, 2, 6, 8, NULL);
	wc_ls_send_ops(t, "ops", &p);
	wc_ls_read_all(t);
	if (!t->dut->claims.personality)
		return;
	b.rkey = WC_KEY_R;
	b.addr = WC_BASE(WC_KEY_R);
	wc_ls_bind(t, "readonly", &b);
	p.n = p.len = 0;
	wc_ls_add(&p, WC_M_STORE, 3, 7, 0, wc_bytes(WC_NEW_SEED));
	wc_ls_add(&p, WC_M_LOAD, 3, 8, 0, NULL);
	wc_ls_send_ops(t, "rights", &p);
}

static void faults_judge(struct wc_judge *j)
{
	uint8_t want[WC_LS_AREA];

	wc_ls_old_bytes(want);
	wc_fill(want + 8, 8, WC_NEW_SEED);
	wc_ls_bind_is(j, 1, "bind", WC_OK);
	wc_ls_fault(j, 2, "ops", 1, WC_OUT_OF_BOUNDS);
	wc_ls_fault(j, 2, "ops", 3, WC_OUT_OF_BOUNDS);
	wc_ls_fault(j, 3, "ops", 4, WC_MISALIGNED);
	wc_ls_fault(j, 4, "ops", 5, WC_NO_WINDOW);
	wc_ls_answered(j, 5, "ops", 2, WC_M_DONE);
	wc_ls_answered(j, 5, "ops", 6, WC_M_DATA);
	wc_data(j, 6, "all", want, WC_LS_AREA, "WRONG_MEMORY");
	if (!wc_val(j, "claim.personality")) {
		wc_cp(j, 7, true, "", "no region without rights");
		return;
	}
	wc_ls_bind_is(j, 7, "readonly", WC_OK);
	wc_ls_fault(j, 7, "rights", 7, WC_NO_RIGHTS);
	wc_ls_answered(j, 7, "rights", 8, WC_M_DATA);
}

/* ---- LS-BV-04: masks, words, once ------------------------------------------------------ */

#define MASK 0xa500000000000001ull

static void words(struct wc_t *t)
{
	struct wc_ls_packet p = { .n = 0 };
	uint8_t masked[72];
	struct wc_frame f;

	wc_ls_prepare(t);
	wc_ls_word(masked, MASK);
	wc_fill(masked + 8, 64, WC_NEW_SEED);
	wc_ls_add(&p, WC_M_MSTORE, 6, 1, 0, masked);
	wc_ls_add_word(&p, WC_M_FADD, 3, 2, 256, 0x1122334455667788u, 0);
	wc_ls_add_word(&p, WC_M_FADD, 0, 3, 256, 0x99, 0);
	wc_ls_add_word(&p, WC_M_SWAP, 1, 4, 258, 0xffffabcd, 0);
	wc_ls_add_word(&p, WC_M_FADD, 3, 5, 264, 1, 0);
	wc_ls_send_ops(t, "ops", &p);
	f = wc_ls_packed(t, &p);
	f.psn = t->c->next - 1;
	f.flags |= WC_F_RTX;
	for (unsigned i = 0; i < 3; i++)
		wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);
	wc_ls_read_all(t);
}

static void words_judge(struct wc_judge *j)
{
	static const uint8_t sums[] = { 0x21, 0x77, 0xcd, 0xab, 0x44, 0x33, 0x22, 0x11 };
	uint8_t want[WC_LS_AREA], data[64];

	wc_ls_old_bytes(want);
	wc_fill(data, 64, WC_NEW_SEED);
	for (unsigned i = 0; i < 64; i++)
		if (MASK >> (63 - i) & 1)
			want[i] = data[i];
	/* 0x88 + 0x99 stays in its byte; then the half word at 258 */
	memcpy(want + 256, sums, sizeof(sums));
	want[264] = 1;
	wc_ls_bind_is(j, 1, "bind", WC_OK);
	wc_ls_answered(j, 2, "ops", 1, WC_M_DONE);
	wc_ls_old_is(j, 3, "ops", 2, 0);
	wc_ls_old_is(j, 3, "ops", 3, 0x88);
	wc_ls_old_is(j, 3, "ops", 4, 0x5566);
	wc_ls_old_is(j, 3, "ops", 5, 0);
	wc_data(j, 4, "all", want, WC_LS_AREA, "WRONG_MEMORY");
}

/* ---- LS-BI-05: packets that are none --------------------------------------------------- */

static void no_packets(struct wc_t *t)
{
	struct wc_frame f;

	wc_ls_prepare(t);
	wc_marker(t);
	wc_value(t, "p", t->c->next);
	wc_mark(t, "bad");
	for (unsigned i = 0; i < 6; i++) {
		struct wc_ls_packet p = { .n = 0 };

		wc_ls_add(&p, WC_M_STORE, 3, i, 0, wc_bytes(WC_NEW_SEED));
		if (i == 0)
			p.op[0].code = 30;
		else if (i == 1)
			wc_ls_add(&p, WC_M_DONE, 0, 7, 0, NULL);
		else if (i == 2)
			p.op[0].code = WC_M_STORE256, p.op[0].size = 3;
		for (unsigned k = 1; i == 3 && k < WC_MAX_MEMOPS + 1; k++)
			wc_ls_add(&p, WC_M_LOAD, 0, k, 0, NULL);
		f = wc_ls_packed(t, &p);
		if (i == 4)
			f.flags |= WC_F_AKV;
		else if (i == 5)
			f.flags |= WC_F_SYN;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_mark(t, "good");
	wc_marker(t);
	wc_ls_read_all(t);
}

static void no_packets_judge(struct wc_judge *j)
{
	uint8_t want[WC_LS_AREA];
	size_t at = WC_NONE;

	wc_ls_old_bytes(want);
	wc_ls_bind_is(j, 1, "bind", WC_OK);
	wc_untaken(j, 2, "bad", "good", "p", "TAKEN");
	wc_marked(j, 3, "bad");
	for (size_t i = wc_at(j, "bad"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_MEM)
			at = i;
	j->evidence = at;
	wc_cp(j, 4, at == WC_NONE, "ANSWERED", "no operation of such a packet is answered");
	wc_data(j, 5, "all", want, WC_LS_AREA, "EXECUTED");
}

#define LOAD_STORE(i, ver, ttl, rqs, stm, exp, cps, fn)			\
	{ .id = i, .version = ver, .title = ttl, .reqs = rqs, .stimulus = stm,	\
	  .expected = exp, .features = WC_FT_MEM, .checkpoints = cps,		\
	  .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_loadstore[] = {
	LOAD_STORE("LS-BV-01", 1, "A window, a STORE, a LOAD, and the window gone",
		   "WEFT-MEM-041 WEFT-MEM-043 WEFT-MEM-062 WEFT-MEM-067",
		   "bind; STORE and LOAD of 1 to 256 bytes, some in one packet; unbind; LOAD",
		   "DONE, DATA of the same size in order; then FAULT NO_WINDOW", 8, there_and_back),
	LOAD_STORE("LS-BI-02", 2, "Windows that cannot be are refused",
		   "WEFT-MEM-042 WEFT-MEM-046 WEFT-MEM-041",
		   "number, stream, key, length and range wrong, over a window that is bound",
		   "NO_WINDOW, NO_STREAM, BAD_KEY, MALFORMED, OUT_OF_BOUNDS; no window is left", 4,
		   no_windows),
	LOAD_STORE("LS-BI-03", 1, "Operations are refused one by one",
		   "WEFT-MEM-060 WEFT-MEM-061",
		   "beyond the end, misaligned, no window, no right, and good ones between",
		   "FAULT with each status, no byte changed; the good ones are done", 7, faults),
	LOAD_STORE("LS-BV-04", 1, "Masks and narrow words, once",
		   "WEFT-MEM-064 WEFT-MEM-065 WEFT-MEM-069 WEFT-MEM-067",
		   "MSTORE, FADD and SWAP of 1, 2 and 8 bytes in one packet, sent four times",
		   "old values zero-extended, neighbours untouched, each carried out once", 4,
		   words),
	LOAD_STORE("LS-BI-05", 1, "Packets that are none do nothing",
		   "WEFT-MEM-050 WEFT-MEM-051",
		   "unknown code, request with answer, wrong size, 17 operations, AKV, SYN",
		   "no answer, no byte written, the PSN is free", 5, no_packets),
	{ .id = NULL },
};
