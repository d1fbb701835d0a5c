/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load and store: windows, and what is done through them.
 */
#include "conformance/cases/common.h"

#include <stdio.h>
#include <string.h>

#define WINDOW	3u
#define AREA	512u	/* bytes of the window */
#define PAGE	60u	/* of the common memory, where it lies */

/* ---- windows --------------------------------------------------------------------------- */

static size_t status_of(const struct wc_view *v, unsigned window, size_t from, unsigned *count)
{
	size_t first = WC_NONE;
	uint64_t psn = 0;

	*count = 0;
	for (size_t i = from; i < v->count; i++) {
		struct wc_window_status s;
		struct wc_tlv_view tlv;

		if (!wc_view_rx(v, i) || v->f[i].type != WC_CTRL ||
		    !wc_frame_find_tlv(&v->f[i], WC_TLV_WINDOW_STATUS, 4, &tlv))
			continue;
		wc_unpack(&wc_h_window_status, tlv.value, &s);
		if (s.window != window || (*count && v->f[i].psn == psn))
			continue;
		psn = v->f[i].psn;
		if (!(*count)++)
			first = i;
	}
	return first;
}

struct bind_wait {
	unsigned window;
	size_t from;
};

static bool bound(struct wc_t *t, const void *arg)
{
	const struct bind_wait *b = arg;
	unsigned n;

	return status_of(&t->view, b->window, b->from, &n) != WC_NONE;
}

/* Ask for a window and wait; mark `name` stands before the question. */
static void bind(struct wc_t *t, const char *name, const struct wc_bind *given)
{
	struct bind_wait w = { .window = (unsigned)given->window, .from = t->tr.count };
	struct wc_bind own = *given, *b = &own;
	uint8_t value[28], tlv[40];
	struct wc_frame f;

	wc_mark(t, name);
	wc_value(t, name, b->window);
	wc_localise(t, &b->rkey, &b->addr);
	wc_pack(&wc_h_bind, b, value);
	f = wc_f_ctrl(t->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_WINDOW_BIND, value, sizeof(value)));
	wc_emit(t->c, &f, WC_E_OK);
	wc_wait(t, bound, &w, "WINDOW_STATUS");
}

static struct wc_bind usual(const struct wc_t *t)
{
	struct wc_bind b = { .window = WINDOW, .qpn = t->a->peer_qpn, .rkey = t->mem.key,
			     .addr = wc_page(t, PAGE), .length = AREA };

	return b;
}

/* WINDOW_STATUS after mark name: once, and this. */
static void bind_is(struct wc_judge *j, unsigned n, const char *name, enum wc_status status)
{
	struct wc_window_status s = { .status = 255 };
	struct wc_tlv_view tlv;
	unsigned count;
	size_t at = status_of(j->v, (unsigned)wc_val(j, name), wc_at(j, name), &count);

	j->evidence = at;
	wc_cp(j, n, at != WC_NONE, "NO_STATUS", "%s is answered by WINDOW_STATUS", name);
	if (at == WC_NONE)
		return;
	wc_frame_find_tlv(&j->v->f[at], WC_TLV_WINDOW_STATUS, 4, &tlv);
	wc_unpack(&wc_h_window_status, tlv.value, &s);
	wc_cp(j, n, s.status == status, "WRONG_STATUS", "%s is answered %s", name,
	      wc_status_name(status));
}

/* ---- packets --------------------------------------------------------------------------- */

struct packet {
	struct wc_memop op[WC_MAX_MEMOPS + 1];
	uint8_t extra[1024];
	unsigned n, len;
};

/* Add an operation and what belongs to it. */
static void add(struct packet *p, unsigned code, unsigned size, unsigned tag, uint64_t offset,
		const void *bytes)
{
	struct wc_memop op = { .code = code, .size = size, .tag = tag, .window = WINDOW,
			       .offset = offset };
	uint32_t len = wc_memop_extra(&op);

	if (p->n)
		p->op[p->n - 1].more = 1;
	p->op[p->n++] = op;
	memset(p->extra + p->len, 0, len);
	if (bytes)
		memcpy(p->extra + p->len, bytes, code == WC_M_STORE ? 1u << size : len);
	p->len += len;
}

static void word(uint8_t out[8], uint64_t value)
{
	wc_put(out, value, 8);
}

static void add_word(struct packet *p, unsigned code, unsigned size, unsigned tag, uint64_t offset,
		     uint64_t operand, uint64_t compare)
{
	uint8_t b[16];

	word(b, operand);
	word(b + 8, compare);
	add(p, code, size, tag, offset, b);
}

static struct wc_frame packed(struct wc_t *t, const struct packet *p)
{
	static uint8_t body[2048];
	struct wc_frame f = wc_f_nop(t->a);
	uint32_t at = 0;

	f.type = WC_MEM;
	f.flags &= ~(uint64_t)(WC_F_AKV | WC_F_SYN);
	for (unsigned i = 0; i < p->n; i++, at += wc_h_memop.bytes)
		wc_pack(&wc_h_memop, &p->op[i], body + at);
	memcpy(body + at, p->extra, p->len);
	f.body = body;
	f.body_len = at + p->len;
	return f;
}

/* ---- answers --------------------------------------------------------------------------- */

struct answer {
	unsigned count;			/* in packets of different PSNs */
	struct wc_memop op;
	uint8_t data[256];
	size_t at;
};

/* Answers with that tag after record from. */
static struct answer answer_to(const struct wc_view *v, unsigned tag, size_t from)
{
	struct answer a = { .at = WC_NONE };
	uint64_t psn = 0;

	for (size_t i = from; i < v->count; i++) {
		const struct wc_frame *f = &v->f[i];
		uint32_t at;

		if (!wc_view_rx(v, i) || f->type != WC_MEM)
			continue;
		at = f->memops * wc_h_memop.bytes;
		for (uint32_t k = 0; k < f->memops; k++) {
			struct wc_memop op;

			wc_unpack(&wc_h_memop, f->body + k * wc_h_memop.bytes, &op);
			if (op.tag == tag && (!a.count || f->psn != psn)) {
				psn = f->psn;
				if (!a.count++) {
					a.op = op;
					a.at = i;
					memcpy(a.data, f->body + at, wc_memop_extra(&op));
				}
			}
			at += wc_memop_extra(&op);
		}
	}
	return a;
}

struct mem_wait {
	unsigned tag;
	size_t from;
};

static bool came(struct wc_t *t, const void *arg)
{
	const struct mem_wait *w = arg;

	return answer_to(&t->view, w->tag, w->from).count;
}

/* Send, and wait for the answer to the last tag; mark `name` stands before. */
static void send_ops(struct wc_t *t, const char *name, const struct packet *p)
{
	struct mem_wait w = { .tag = (unsigned)p->op[p->n - 1].tag, .from = t->tr.count };
	struct wc_frame f = packed(t, p);

	wc_mark(t, name);
	wc_emit(t->c, &f, WC_E_OK);
	wc_wait(t, came, &w, "answer to a memory operation");
}

static struct answer answered(struct wc_judge *j, unsigned n, const char *name, unsigned tag,
			      unsigned code)
{
	struct answer a = answer_to(j->v, tag, wc_at(j, name));

	j->evidence = a.at;
	wc_cp(j, n, a.count, "NO_ANSWER", "tag %u of %s is answered", tag, name);
	wc_cp(j, n, a.op.code == code, "WRONG_CODE", "tag %u of %s is answered by code %u, not "
	      "%u", tag, name, code, (unsigned)a.op.code);
	return a;
}

static void fault(struct wc_judge *j, unsigned n, const char *name, unsigned tag,
		  enum wc_status status)
{
	struct answer a = answered(j, n, name, tag, WC_M_FAULT);

	wc_cp(j, n, a.op.offset == status, "WRONG_STATUS", "tag %u of %s is refused with %s", tag,
	      name, wc_status_name(status));
}

static void old_is(struct wc_judge *j, unsigned n, const char *name, unsigned tag, uint64_t value)
{
	struct answer a = answered(j, n, name, tag, WC_M_OLD);

	wc_cp(j, n, wc_get(a.data, 8) == value, "WRONG_OLD", "tag %u of %s gives 0x%llx", tag, name,
	      (unsigned long long)value);
}

static void prepare(struct wc_t *t)
{
	struct wc_bind b = usual(t);
	uint8_t bytes[AREA];

	wc_fill(bytes, AREA, WC_OLD_SEED);
	memset(bytes + 256, 0, 64);
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, PAGE), bytes, AREA);
	bind(t, "bind", &b);
}

static void old_bytes(uint8_t bytes[AREA])
{
	wc_fill(bytes, AREA, WC_OLD_SEED);
	memset(bytes + 256, 0, 64);
}

static void read_all(struct wc_t *t)
{
	wc_do_read(t->b, "all", t->mem.key, wc_page(t, PAGE), AREA);
}

/* ---- LS-BV-01: a window, and back ------------------------------------------------------ */

static void there_and_back(struct wc_t *t)
{
	struct packet p = { .n = 0 };
	struct wc_bind none = { .window = WINDOW };
	uint8_t data[256];

	prepare(t);
	wc_fill(data, sizeof(data), WC_NEW_SEED);
	add(&p, WC_M_STORE, 6, 1, 64, data);
	add(&p, WC_M_LOAD, 6, 2, 64, NULL);
	add(&p, WC_M_STORE, 0, 3, 200, data);
	add(&p, WC_M_LOAD, 3, 4, 1, NULL);
	send_ops(t, "ops", &p);
	p.n = p.len = 0;
	add(&p, WC_M_LOAD256, 0, 5, 0, NULL);
	send_ops(t, "load", &p);
	read_all(t);
	bind(t, "unbind", &none);
	p.n = p.len = 0;
	add(&p, WC_M_LOAD, 3, 6, 0, NULL);
	send_ops(t, "gone", &p);
}

static void there_and_back_judge(struct wc_judge *j)
{
	uint8_t want[AREA], data[256];
	struct answer a;

	old_bytes(want);
	wc_fill(data, sizeof(data), WC_NEW_SEED);
	bind_is(j, 1, "bind", WC_OK);
	answered(j, 2, "ops", 1, WC_M_DONE);
	answered(j, 2, "ops", 3, WC_M_DONE);
	a = answered(j, 3, "ops", 2, WC_M_DATA);
	wc_cp(j, 3, a.op.size == 6 && !memcmp(a.data, data, 64), "WRONG_DATA",
	      "a LOAD behind a STORE in one packet brings what it stored");
	a = answered(j, 4, "ops", 4, WC_M_DATA);
	wc_cp(j, 4, a.op.size == 3 && !memcmp(a.data, want + 1, 8), "WRONG_DATA",
	      "a LOAD brings 8 bytes from an odd offset");
	memcpy(want + 64, data, 64);
	want[200] = data[0];
	a = answered(j, 5, "load", 5, WC_M_DATA256);
	wc_cp(j, 5, !memcmp(a.data, want, 256), "WRONG_DATA", "LOAD256 brings 256 bytes");
	wc_data(j, 6, "all", want, AREA, "WRONG_MEMORY");
	bind_is(j, 7, "unbind", WC_OK);
	fault(j, 8, "gone", 6, WC_NO_WINDOW);
}

/* ---- LS-BI-02: windows that cannot be -------------------------------------------------- */

static const enum wc_status bind_status[] = {
	WC_NO_WINDOW, WC_NO_STREAM, WC_BAD_KEY, WC_MALFORMED, WC_OUT_OF_BOUNDS,
};
#define BINDS (sizeof(bind_status) / sizeof(bind_status[0]))

static void no_windows(struct wc_t *t)
{
	struct packet p = { .n = 0 };

	prepare(t);
	for (unsigned i = 0; i < BINDS; i++) {
		struct wc_bind b = usual(t);

		if (bind_status[i] == WC_NO_WINDOW)
			b.window = t->dut->claims.limits.windows;
		else if (bind_status[i] == WC_NO_STREAM)
			b.qpn = 0x00fffffe;
		else if (bind_status[i] == WC_BAD_KEY)
			b.rkey = WC_KEY_NONE;
		else if (bind_status[i] == WC_MALFORMED)
			b.length = (1ull << 36) + 1;
		else
			b.addr = t->mem.base + t->mem.len - AREA + 1;
		bind(t, wc_nth("bind", i), &b);
	}
	add(&p, WC_M_STORE, 3, 9, 0, wc_bytes(WC_NEW_SEED));
	send_ops(t, "after", &p);
	read_all(t);
}

static void no_windows_judge(struct wc_judge *j)
{
	uint8_t want[AREA];

	old_bytes(want);
	bind_is(j, 1, "bind", WC_OK);
	for (unsigned i = 0; i < BINDS; i++)
		bind_is(j, 2, wc_nth("bind", i), bind_status[i]);
	fault(j, 3, "after", 9, WC_NO_WINDOW);
	wc_data(j, 4, "all", want, AREA, "WRONG_MEMORY");
}

/* ---- LS-BI-03: operations that are refused --------------------------------------------- */

static void faults(struct wc_t *t)
{
	struct packet p = { .n = 0 };
	struct wc_bind b = usual(t);

	prepare(t);
	add(&p, WC_M_STORE, 3, 1, AREA - 7, wc_bytes(WC_NEW_SEED));
	add(&p, WC_M_STORE, 3, 2, 8, wc_bytes(WC_NEW_SEED));
	add(&p, WC_M_LOAD, 3, 3, (1ull << 36) - 1, NULL);
	add_word(&p, WC_M_FADD, 3, 4, 260, 1, 0);
	add(&p, WC_M_STORE, 3, 5, 0, wc_bytes(WC_NEW_SEED));
	p.op[4].window = WINDOW + 1;
	add(&p, WC_M_LOAD, 2, 6, 8, NULL);
	send_ops(t, "ops", &p);
	read_all(t);
	if (!t->dut->claims.personality)
		return;
	b.rkey = WC_KEY_R;
	b.addr = WC_BASE(WC_KEY_R);
	bind(t, "readonly", &b);
	p.n = p.len = 0;
	add(&p, WC_M_STORE, 3, 7, 0, wc_bytes(WC_NEW_SEED));
	add(&p, WC_M_LOAD, 3, 8, 0, NULL);
	send_ops(t, "rights", &p);
}

static void faults_judge(struct wc_judge *j)
{
	uint8_t want[AREA];

	old_bytes(want);
	wc_fill(want + 8, 8, WC_NEW_SEED);
	bind_is(j, 1, "bind", WC_OK);
	fault(j, 2, "ops", 1, WC_OUT_OF_BOUNDS);
	fault(j, 2, "ops", 3, WC_OUT_OF_BOUNDS);
	fault(j, 3, "ops", 4, WC_MISALIGNED);
	fault(j, 4, "ops", 5, WC_NO_WINDOW);
	answered(j, 5, "ops", 2, WC_M_DONE);
	answered(j, 5, "ops", 6, WC_M_DATA);
	wc_data(j, 6, "all", want, AREA, "WRONG_MEMORY");
	if (!wc_val(j, "claim.personality")) {
		wc_cp(j, 7, true, "", "no region without rights");
		return;
	}
	bind_is(j, 7, "readonly", WC_OK);
	fault(j, 7, "rights", 7, WC_NO_RIGHTS);
	answered(j, 7, "rights", 8, WC_M_DATA);
}

/* ---- LS-BV-04: masks, words, once ------------------------------------------------------ */

#define MASK 0xa500000000000001ull

static void words(struct wc_t *t)
{
	struct packet p = { .n = 0 };
	uint8_t masked[72];
	struct wc_frame f;

	prepare(t);
	word(masked, MASK);
	wc_fill(masked + 8, 64, WC_NEW_SEED);
	add(&p, WC_M_MSTORE, 6, 1, 0, masked);
	add_word(&p, WC_M_FADD, 3, 2, 256, 0x1122334455667788u, 0);
	add_word(&p, WC_M_FADD, 0, 3, 256, 0x99, 0);
	add_word(&p, WC_M_SWAP, 1, 4, 258, 0xffffabcd, 0);
	add_word(&p, WC_M_FADD, 3, 5, 264, 1, 0);
	send_ops(t, "ops", &p);
	f = packed(t, &p);
	f.psn = t->c->next - 1;
	f.flags |= WC_F_RTX;
	for (unsigned i = 0; i < 3; i++)
		wc_emit(t->c, &f, WC_E_BAD);
	wc_marker(t);
	read_all(t);
}

static void words_judge(struct wc_judge *j)
{
	static const uint8_t sums[] = { 0x21, 0x77, 0xcd, 0xab, 0x44, 0x33, 0x22, 0x11 };
	uint8_t want[AREA], data[64];

	old_bytes(want);
	wc_fill(data, 64, WC_NEW_SEED);
	for (unsigned i = 0; i < 64; i++)
		if (MASK >> (63 - i) & 1)
			want[i] = data[i];
	/* 0x88 + 0x99 stays in its byte; then the half word at 258 */
	memcpy(want + 256, sums, sizeof(sums));
	want[264] = 1;
	bind_is(j, 1, "bind", WC_OK);
	answered(j, 2, "ops", 1, WC_M_DONE);
	old_is(j, 3, "ops", 2, 0);
	old_is(j, 3, "ops", 3, 0x88);
	old_is(j, 3, "ops", 4, 0x5566);
	old_is(j, 3, "ops", 5, 0);
	wc_data(j, 4, "all", want, AREA, "WRONG_MEMORY");
}

/* ---- LS-BI-05: packets that are none --------------------------------------------------- */

static void no_packets(struct wc_t *t)
{
	struct wc_frame f;

	prepare(t);
	wc_marker(t);
	wc_value(t, "p", t->c->next);
	wc_mark(t, "bad");
	for (unsigned i = 0; i < 6; i++) {
		struct packet p = { .n = 0 };

		add(&p, WC_M_STORE, 3, i, 0, wc_bytes(WC_NEW_SEED));
		if (i == 0)
			p.op[0].code = 30;
		else if (i == 1)
			add(&p, WC_M_DONE, 0, 7, 0, NULL);
		else if (i == 2)
			p.op[0].code = WC_M_STORE256, p.op[0].size = 3;
		for (unsigned k = 1; i == 3 && k < WC_MAX_MEMOPS + 1; k++)
			add(&p, WC_M_LOAD, 0, k, 0, NULL);
		f = packed(t, &p);
		if (i == 4)
			f.flags |= WC_F_AKV;
		else if (i == 5)
			f.flags |= WC_F_SYN;
		wc_emit(t->c, &f, WC_E_BAD);
	}
	wc_mark(t, "good");
	wc_marker(t);
	read_all(t);
}

static void no_packets_judge(struct wc_judge *j)
{
	uint8_t want[AREA];
	size_t at = WC_NONE;

	old_bytes(want);
	bind_is(j, 1, "bind", WC_OK);
	wc_untaken(j, 2, "bad", "good", "p", "TAKEN");
	wc_marked(j, 3, "bad");
	for (size_t i = wc_at(j, "bad"); i < j->v->count && at == WC_NONE; i++)
		if (wc_view_rx(j->v, i) && j->v->f[i].type == WC_MEM)
			at = i;
	j->evidence = at;
	wc_cp(j, 4, at == WC_NONE, "ANSWERED", "no operation of such a packet is answered");
	wc_data(j, 5, "all", want, AREA, "EXECUTED");
}

#define LOAD_STORE(i, ttl, rqs, stm, exp, cps, fn)				\
	{ .id = i, .version = 1, .title = ttl, .reqs = rqs, .stimulus = stm,	\
	  .expected = exp, .features = WC_FT_MEM, .checkpoints = cps,		\
	  .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_loadstore[] = {
	LOAD_STORE("LS-BV-01", "A window, a STORE, a LOAD, and the window gone",
		   "WEFT-MEM-041 WEFT-MEM-043 WEFT-MEM-062 WEFT-MEM-067",
		   "bind; STORE and LOAD of 1 to 256 bytes, some in one packet; unbind; LOAD",
		   "DONE, DATA of the same size in order; then FAULT NO_WINDOW", 8, there_and_back),
	LOAD_STORE("LS-BI-02", "Windows that cannot be are refused",
		   "WEFT-MEM-042 WEFT-MEM-046 WEFT-MEM-041",
		   "number, stream, key, length and range wrong, over a window that is bound",
		   "NO_WINDOW, NO_STREAM, BAD_KEY, MALFORMED, OUT_OF_BOUNDS; no window is left", 4,
		   no_windows),
	LOAD_STORE("LS-BI-03", "Operations are refused one by one",
		   "WEFT-MEM-060 WEFT-MEM-061",
		   "beyond the end, misaligned, no window, no right, and good ones between",
		   "FAULT with each status, no byte changed; the good ones are done", 7, faults),
	LOAD_STORE("LS-BV-04", "Masks and narrow words, once",
		   "WEFT-MEM-064 WEFT-MEM-065 WEFT-MEM-069 WEFT-MEM-067",
		   "MSTORE, FADD and SWAP of 1, 2 and 8 bytes in one packet, sent four times",
		   "old values zero-extended, neighbours untouched, each carried out once", 4,
		   words),
	LOAD_STORE("LS-BI-05", "Packets that are none do nothing",
		   "WEFT-MEM-050 WEFT-MEM-051",
		   "unknown code, request with answer, wrong size, 17 operations, AKV, SYN",
		   "no answer, no byte written, the PSN is free", 5, no_packets),
	{ .id = NULL },
};
