/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load and store: what the scripts and judges of this area are made of.
 */
#include "conformance/cases/loadstore/window.h"

#include <string.h>

/* ---- windows --------------------------------------------------------------------------- */

/* Is record i a repetition of what came before `from`? */
static bool older(const struct wc_view *v, size_t i, size_t from)
{
	for (size_t k = 0; k < from; k++)
		if (wc_view_rx(v, k) && v->f[k].type == WC_CTRL &&
		    v->f[k].pdc_id == v->f[i].pdc_id && v->f[k].psn == v->f[i].psn)
			return true;
	return false;
}

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
		if (s.window != window || (*count && v->f[i].psn == psn) || older(v, i, from))
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
void wc_ls_bind(struct wc_t *t, const char *name, const struct wc_bind *given)
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

struct wc_bind wc_ls_usual(const struct wc_t *t)
{
	struct wc_bind b = { .window = WC_LS_WINDOW, .qpn = t->a->peer_qpn, .rkey = t->mem.key,
			     .addr = wc_page(t, WC_LS_PAGE), .length = WC_LS_AREA };

	return b;
}

/* WINDOW_STATUS after mark name: once, and this. */
void wc_ls_bind_is(struct wc_judge *j, unsigned n, const char *name, enum wc_status status)
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

/* Add an operation and what belongs to it. */
void wc_ls_add(struct wc_ls_packet *p, unsigned code, unsigned size, unsigned tag, uint64_t offset,
		const void *bytes)
{
	struct wc_memop op = { .code = code, .size = size, .tag = tag, .window = WC_LS_WINDOW,
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

void wc_ls_word(uint8_t out[8], uint64_t value)
{
	wc_put(out, value, 8);
}

void wc_ls_add_word(struct wc_ls_packet *p, unsigned code, unsigned size, unsigned tag,
		    uint64_t offset, uint64_t operand, uint64_t compare)
{
	uint8_t b[16];

	wc_ls_word(b, operand);
	wc_ls_word(b + 8, compare);
	wc_ls_add(p, code, size, tag, offset, b);
}

struct wc_frame wc_ls_packed(struct wc_t *t, const struct wc_ls_packet *p)
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

/* Answers with that tag after record from. */
struct wc_ls_answer wc_ls_answer_to(const struct wc_view *v, unsigned tag, size_t from)
{
	struct wc_ls_answer a = { .at = WC_NONE };
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

	return wc_ls_answer_to(&t->view, w->tag, w->from).count;
}

/* Send, and wait for the answer to the last tag; mark `name` stands before. */
void wc_ls_send_ops(struct wc_t *t, const char *name, const struct wc_ls_packet *p)
{
	struct mem_wait w = { .tag = (unsigned)p->op[p->n - 1].tag, .from = t->tr.count };
	struct wc_frame f = wc_ls_packed(t, p);

	wc_mark(t, name);
	wc_emit(t->c, &f, WC_E_OK);
	wc_wait(t, came, &w, "answer to a memory operation");
}

struct wc_ls_answer wc_ls_answered(struct wc_judge *j, unsigned n, const char *name, unsigned tag,
			      unsigned code)
{
	struct wc_ls_answer a = wc_ls_answer_to(j->v, tag, wc_at(j, name));

	j->evidence = a.at;
	wc_cp(j, n, a.count, "NO_ANSWER", "tag %u of %s is answered", tag, name);
	wc_cp(j, n, a.op.code == code, "WRONG_CODE", "tag %u of %s is answered by code %u, not "
	      "%u", tag, name, code, (unsigned)a.op.code);
	return a;
}

void wc_ls_fault(struct wc_judge *j, unsigned n, const char *name, unsigned tag,
		  enum wc_status status)
{
	struct wc_ls_answer a = wc_ls_answered(j, n, name, tag, WC_M_FAULT);

	wc_cp(j, n, a.op.offset == status, "WRONG_STATUS", "tag %u of %s is refused with %s", tag,
	      name, wc_status_name(status));
}

void wc_ls_old_is(struct wc_judge *j, unsigned n, const char *name, unsigned tag, uint64_t value)
{
	struct wc_ls_answer a = wc_ls_answered(j, n, name, tag, WC_M_OLD);

	wc_cp(j, n, wc_get(a.data, 8) == value, "WRONG_OLD", "tag %u of %s gives 0x%llx", tag, name,
	      (unsigned long long)value);
}

void wc_ls_prepare(struct wc_t *t)
{
	struct wc_bind b = wc_ls_usual(t);
	uint8_t bytes[WC_LS_AREA];

	wc_fill(bytes, WC_LS_AREA, WC_OLD_SEED);
	memset(bytes + 256, 0, 64);
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, WC_LS_PAGE), bytes, WC_LS_AREA);
	wc_ls_bind(t, "bind", &b);
}

void wc_ls_old_bytes(uint8_t bytes[WC_LS_AREA])
{
	wc_fill(bytes, WC_LS_AREA, WC_OLD_SEED);
	memset(bytes + 256, 0, 64);
}

void wc_ls_read_all(struct wc_t *t)
{
	wc_do_read(t->b, "all", t->mem.key, wc_page(t, WC_LS_PAGE), WC_LS_AREA);
}
