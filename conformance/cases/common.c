/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared parts of scripts and judges.
 */
#include "conformance/cases/common.h"
#include "conformance/ut.h"

#include <string.h>

uint64_t wc_page(const struct wc_t *t, unsigned n)
{
	return t->mem.base + WC_AT(n);
}

const uint8_t *wc_bytes(uint32_t seed)
{
	static uint8_t bytes[16][WC_SIZE];

	wc_fill(bytes[seed % 16], WC_SIZE, seed);
	return bytes[seed % 16];
}

void wc_bad_begin(struct wc_t *t, unsigned page)
{
	wc_do_write(t->a, "init", t->mem.key, wc_page(t, page), wc_bytes(WC_OLD_SEED), WC_SIZE);
	wc_value(t, "p", t->c->next);
	wc_mark(t, "bad");
}

struct wc_frame wc_bad_write(const struct wc_t *t, unsigned page)
{
	return wc_f_write(t->a, t->mem.key, wc_page(t, page), wc_bytes(WC_NEW_SEED), WC_SIZE);
}

void wc_bad_end(struct wc_t *t, unsigned page)
{
	wc_marker(t);
	wc_mark(t, "good");
	wc_do_read(t->a, "after", t->mem.key, wc_page(t, page), WC_SIZE);
}

void wc_silent(struct wc_judge *j, unsigned n, const char *from, const char *until,
	       const char *psn)
{
	uint32_t p = (uint32_t)wc_val(j, psn);
	size_t at = WC_NONE;

	for (size_t i = wc_at(j, from); i < wc_at(j, until) && at == WC_NONE; i++) {
		const struct wc_frame *f = &j->v->f[i];
		struct wc_tlv_view tlv;

		if (!wc_view_rx(j->v, i))
			continue;
		if (f->type == WC_NACK ||
		    wc_frame_find_tlv(f, WC_TLV_VERSION_REJECT, 0, &tlv) ||
		    (f->type == WC_ACK && f->ack_flags & 0x80 && f->echo_psn == p))
			at = i;
	}
	j->evidence = at;
	wc_cp(j, n, at == WC_NONE, "ANSWERED", "no answer at all");
}

void wc_bad_judge(struct wc_judge *j, unsigned n)
{
	wc_untaken(j, n, "bad", "good", "p", "TAKEN");
	wc_silent(j, n + 1, "bad", "good", "p");
	wc_marked(j, n + 2, "bad");
	wc_data_fill(j, n + 3, "after", WC_OLD_SEED, WC_SIZE, "EXECUTED");
}

void wc_bad_judge_all(struct wc_judge *j)
{
	wc_bad_judge(j, 1);
}

uint32_t wc_service(const struct wc_t *t)
{
	return t->dut->claims.personality ? WC_SERVICE_PERSONALITY : WC_SERVICE_CHIP;
}

uint32_t wc_service_for(const struct wc_ctx *c, uint32_t qpn)
{
	struct wc_stream s = { .c = (struct wc_ctx *)(uintptr_t)c, .qpn = qpn };

	return c->t->dut->ut && c->t->dut->ut->personality ? wc_ut_expect(&s, 0) :
	       wc_service(c->t);
}

struct wc_stream *wc_fresh(struct wc_t *t, const char *name)
{
	return wc_connect(t->c, name, wc_service(t));
}

void wc_end_stream(struct wc_stream *s, unsigned slots)
{
	struct wc_ep_end end = { .dst_qpn = s->peer_qpn, .reason = WC_EP_CLOSED,
				 .src_qpn = s->qpn };
	uint8_t value[12], tlv[32];
	struct wc_frame f;

	wc_pack(&wc_h_ep_disconnect, &end, value);
	f = wc_f_ctrl(s->c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_DISCONNECT, value, sizeof(value)));
	wc_emit(s->c, &f, WC_E_OK);
	if (s->ep)
		wc_ut_end(s, false);
	s->c->t->n_streams = slots;
}

struct again {
	uint64_t psn;
	size_t from;
};

static bool came_again(struct wc_t *t, const void *arg)
{
	const struct again *a = arg;

	for (size_t i = a->from; i < t->view.count; i++)
		if (wc_view_rx(&t->view, i) && t->view.f[i].type == WC_DATA &&
		    t->view.f[i].psn == a->psn)
			return true;
	return false;
}

void wc_await_again(struct wc_t *t, const char *name)
{
	struct wc_result r = wc_view_result(&t->view, name, WC_NONE, NULL, 0);
	struct again a = { .from = t->view.count };

	if (r.evidence == WC_NONE)
		return;
	a.psn = t->view.f[r.evidence].psn;
	wc_value(t, "psn", a.psn);
	wc_wait(t, came_again, &a, "the data again");
	t->c->quiet = false;
	t->c->ack_due = true;
	wc_marker(t);
}

void wc_set_word(struct wc_stream *s, const char *name, uint64_t at, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	wc_do_write(s, name, s->c->t->mem.key, at, bytes, 8);
}

void wc_get_word(struct wc_stream *s, const char *name, uint64_t at)
{
	wc_do_read(s, name, s->c->t->mem.key, at, 8);
}

uint32_t wc_build(const struct wc_frame *f, uint8_t out[WC_FRAME_MAX])
{
	memset(out, 0, 256);
	return wc_frame_build(f, out);
}
