/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chip service, as a client sees it.
 */
#include "conformance/svc.h"

#include <stdio.h>

static bool is_answer(const struct wc_view *v, size_t i, uint32_t tag, struct wc_svc_msg *rsp)
{
	const struct wc_frame *f = &v->f[i];

	if (!wc_view_rx(v, i) || f->type != WC_DATA || f->opcode != WC_SEND ||
	    f->body_len != wc_h_svc_rsp.bytes)
		return false;
	wc_unpack(&wc_h_svc_rsp, f->body, rsp);
	return rsp->tag == tag;
}

size_t wc_svc_answer(const struct wc_view *v, uint32_t tag, struct wc_svc_msg *rsp)
{
	struct wc_svc_msg m = { 0 };

	for (size_t i = 0; i < v->count; i++)
		if (is_answer(v, i, tag, &m)) {
			if (rsp)
				*rsp = m;
			return i;
		}
	return WC_NONE;
}

unsigned wc_svc_answers(const struct wc_view *v, uint32_t tag)
{
	struct wc_svc_msg m = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < v->count; i++) {
		size_t k = 0;

		if (!is_answer(v, i, tag, &m))
			continue;
		while (k < i && !(is_answer(v, k, tag, &m) && v->f[k].psn == v->f[i].psn))
			k++;
		n += k == i;
	}
	return n;
}

static bool came(struct wc_t *t, const void *arg)
{
	return wc_svc_answer(&t->view, *(const uint32_t *)arg, NULL) != WC_NONE;
}

uint32_t wc_svc_call(struct wc_stream *s, const char *name, const struct wc_svc_msg *req)
{
	struct wc_t *t = s->c->t;
	struct wc_svc_msg m = *req;
	uint32_t tag = (uint32_t)wc_random(t) | 1;
	uint8_t bytes[24];

	m.tag = tag;
	wc_pack(&wc_h_svc_req, &m, bytes);
	wc_send(s, name, bytes, sizeof(bytes));
	wc_wait(t, came, &tag, "answer of the chip service");
	return tag;
}

bool wc_svc_alloc(struct wc_stream *s, const char *name, uint64_t len, struct wc_mem *mem)
{
	struct wc_svc_msg req = { .op = WC_SVC_ALLOC, .length = len }, rsp = { 0 };
	uint32_t tag = wc_svc_call(s, name, &req);
	char value[64];

	if (wc_svc_answer(&s->c->t->view, tag, &rsp) == WC_NONE || rsp.status != WC_OK)
		return false;
	mem->key = (uint32_t)rsp.key;
	mem->base = rsp.addr;
	mem->len = len;
	snprintf(value, sizeof(value), "%s.key", name);
	wc_value(s->c->t, value, rsp.key);
	snprintf(value, sizeof(value), "%s.base", name);
	wc_value(s->c->t, value, rsp.addr);
	return true;
}
