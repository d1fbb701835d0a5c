/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load and store at their limits: memory that has gone, tags that cannot be, answers that do not
 * fit.
 */
#include "conformance/cases/loadstore/window.h"
#include "conformance/svc.h"

#include <string.h>

/* ---- LS-BI-06: the memory of a window has gone --------------------------------------------- */

static void memory_gone(struct wc_t *t)
{
	struct wc_stream *s = wc_connect(t->c, "svc", WC_SERVICE_CHIP);
	struct wc_svc_msg req = { .op = WC_SVC_FREE };
	struct wc_ls_packet p = { .n = 0 };
	struct wc_bind b = wc_ls_usual(t);
	struct wc_mem m;

	if (!s || !wc_svc_alloc(s, "alloc", 4096, &m))
		return;
	b.qpn = s->peer_qpn;
	b.rkey = m.key;
	b.addr = m.base;
	wc_ls_bind(t, "bind", &b);
	wc_ls_add(&p, WC_M_STORE, 3, 1, 0, wc_bytes(WC_NEW_SEED));
	wc_ls_send_ops(t, "there", &p);
	req.key = m.key;
	wc_value(t, "tag", wc_svc_call(s, "free", &req));
	p.n = p.len = 0;
	wc_ls_add(&p, WC_M_STORE, 3, 2, 0, wc_bytes(WC_OLD_SEED));
	wc_ls_add(&p, WC_M_LOAD, 3, 3, 0, NULL);
	wc_ls_add_word(&p, WC_M_FADD, 3, 4, 8, 1, 0);
	wc_ls_send_ops(t, "gone", &p);
}

static void memory_gone_judge(struct wc_judge *j)
{
	struct wc_svc_msg rsp = { 0 };
	size_t at = wc_svc_answer(j->v, (uint32_t)wc_val(j, "tag"), &rsp);

	wc_ls_bind_is(j, 1, "bind", WC_OK);
	wc_ls_answered(j, 2, "there", 1, WC_M_DONE);
	j->evidence = at;
	wc_cp(j, 3, at != WC_NONE && rsp.status == WC_OK, "NOT_FREED", "FREE is answered with OK");
	for (unsigned tag = 2; tag <= 4; tag++)
		wc_ls_fault(j, 4, "gone", tag, WC_BAD_KEY);
}

/* ---- LS-BI-07: tags that cannot be --------------------------------------------------------- */

static void bad_tags(struct wc_t *t)
{
	unsigned beyond = (unsigned)t->dut->claims.limits.mem_tags;
	struct wc_ls_packet p = { .n = 0 };
	struct wc_frame f;

	wc_ls_prepare(t);
	wc_marker(t);
	wc_mark(t, "bad");
	wc_ls_add(&p, WC_M_STORE, 3, 5, 0, wc_bytes(WC_NEW_SEED));
	wc_ls_add(&p, WC_M_STORE, 3, 5, 64, wc_bytes(WC_NEW_SEED));
	f = wc_ls_packed(t, &p);
	wc_value(t, "p", f.psn);
	wc_emit(t->c, &f, WC_E_OK);
	if (beyond < 256) {		/* a tag has 8 bits */
		p.n = p.len = 0;
		wc_ls_add(&p, WC_M_STORE, 3, 6, 128, wc_bytes(WC_NEW_SEED));
		wc_ls_add(&p, WC_M_STORE, 3, beyond, 192, wc_bytes(WC_NEW_SEED));
		f = wc_ls_packed(t, &p);
		wc_value(t, "p", f.psn);
		wc_emit(t->c, &f, WC_E_OK);
	}
	wc_marker(t);
	wc_pause(t, 20);
	wc_mark(t, "good");
	wc_ls_read_all(t);
	p.n = p.len = 0;
	wc_ls_add(&p, WC_M_LOAD, 3, 5, 0, NULL);
	wc_ls_send_ops(t, "load", &p);
}

static void bad_tags_judge(struct wc_judge *j)
{
	uint8_t want[WC_LS_AREA];
	size_t done = WC_NONE, told = WC_NONE;
	struct wc_ls_answer a;

	wc_ls_old_bytes(want);
	wc_ls_bind_is(j, 1, "bind", WC_OK);
	for (size_t i = wc_at(j, "bad"); i < wc_at(j, "good"); i++) {
		const struct wc_frame *f = &j->v->f[i];

		if (!wc_view_rx(j->v, i))
			continue;
		if (f->flags & WC_F_AKV && !wc_before(f->ack_psn, wc_val(j, "p")))
			done = i;
		if (f->type == WC_MEM)
			told = i;
	}
	j->evidence = told;
	wc_cp(j, 2, told == WC_NONE, "ANSWERED", "no operation of such a packet is answered");
	wc_data(j, 3, "all", want, WC_LS_AREA, "EXECUTED");
	j->evidence = done;
	wc_cp(j, 4, done != WC_NONE, "NOT_DONE", "its PSN %u is taken, and done",
	      (unsigned)wc_val(j, "p"));
	a = wc_ls_answered(j, 5, "load", 5, WC_M_DATA);
	wc_cp(j, 5, !memcmp(a.data, want, 8), "WRONG_DATA", "the tag can be used");
}

/* ---- LS-BI-08: an answer that fits into no packet ------------------------------------------ */

#define SMALL 256u	/* payload, with the operation's header */

static void no_room(struct wc_t *t)
{
	struct wc_ctx *common = t->c, *c = wc_open(t, wc_best_mode(t), WC_DOMAIN);
	struct wc_ls_packet p = { .n = 0 };
	struct wc_stream *a = t->a;
	struct wc_bind b;
	uint8_t bytes[WC_LS_AREA];

	wc_ls_old_bytes(bytes);
	wc_do_write(t->b, "init", t->mem.key, wc_page(t, WC_LS_PAGE), bytes, WC_LS_AREA);
	c->payload = SMALL;
	t->a = wc_connect(c, "connect.C", wc_service(t));
	t->c = c;
	if (t->a) {
		b = wc_ls_usual(t);
		wc_ls_bind(t, "bind", &b);
		wc_ls_add(&p, WC_M_LOAD256, 0, 1, 0, NULL);
		wc_ls_add(&p, WC_M_LOAD, 6, 2, 0, NULL);
		wc_ls_send_ops(t, "ops", &p);
	}
	t->c = common;
	t->a = a;
}

static void no_room_judge(struct wc_judge *j)
{
	uint8_t want[WC_LS_AREA];
	struct wc_ls_answer a;

	wc_ls_old_bytes(want);
	wc_ok(j, 1, "connect.C");
	wc_ls_bind_is(j, 2, "bind", WC_OK);
	wc_ls_fault(j, 3, "ops", 1, WC_TOO_LONG);
	a = wc_ls_answered(j, 4, "ops", 2, WC_M_DATA);
	wc_cp(j, 4, !memcmp(a.data, want, 64), "WRONG_DATA", "one that fits is answered");
}

#define LOAD_STORE(i, ttl, rqs, stm, exp, need, cps, fn)			\
	{ .id = i, .version = 1, .title = ttl, .reqs = rqs, .stimulus = stm,	\
	  .expected = exp, .features = WC_FT_MEM, .needs = need, .checkpoints = cps,	\
	  .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_ends[] = {
	LOAD_STORE("LS-BI-06", "A window whose memory has gone", "WEFT-MEM-047",
		   "a window over memory of ALLOC; FREE; STORE, LOAD and FADD",
		   "FAULT BAD_KEY for each", WC_NEEDS_CHIP, 4, memory_gone),
	LOAD_STORE("LS-BI-07", "Packets whose tags cannot be", "WEFT-MEM-055",
		   "two STOREs of one tag; a tag that is not below mem_tags",
		   "no answer, no byte written; the PSN is taken, the tag can be used", 0, 5,
		   bad_tags),
	LOAD_STORE("LS-BI-08", "An answer that fits into no packet", "WEFT-MEM-066",
		   "LOAD256 and LOAD of 64 on a context that takes 256 bytes a packet",
		   "FAULT TOO_LONG, and DATA", 0, 4, no_room),
	{ .id = NULL },
};
