/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/window.c: binding windows, from both ends. */
#include <stdlib.h>

#include "core/ls.h"
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define KEY 0x77u

struct bench {
	struct solo so;
	void *mem;
};

static void setup(struct bench *b)
{
	const struct weft_ls_cfg c = { .windows = 4, .tags = 16 };

	solo_init(&b->so);
	solo_ready(&b->so);
	b->mem = calloc(1, weft_ls_size(&c));
	CU_ASSERT_EQUAL_FATAL(weft_ls_init(b->so.p, b->mem, &c), WEFT_OK);
}

static void fini(struct bench *b)
{
	CU_ASSERT_PTR_NULL(net_check(b->so.p));
	solo_fini(&b->so);
	free(b->mem);
}

static enum weft_drop rx_bind(struct bench *b, struct weft_hdr_tlv_window_bind h)
{
	uint8_t value[WEFT_HDR_TLV_WINDOW_BIND_LEN];
	struct weft_view v;

	weft_hdr_tlv_window_bind_pack(value, &h);
	v = solo_ctrl(&b->so, WEFT_TLV_WINDOW_BIND, value, sizeof(value));
	return solo_rx(&b->so, &v);
}

static enum weft_drop rx_status(struct bench *b, uint16_t window, uint8_t status)
{
	struct weft_hdr_tlv_window_status h = { .window = window, .status = status };
	uint8_t value[WEFT_HDR_TLV_WINDOW_STATUS_LEN];
	struct weft_view v;

	weft_hdr_tlv_window_status_pack(value, &h);
	v = solo_ctrl(&b->so, WEFT_TLV_WINDOW_STATUS, value, sizeof(value));
	return solo_rx(&b->so, &v);
}

/* The next WINDOW_STATUS that is sent; 0xffff.. if there is none. */
static struct weft_hdr_tlv_window_status told(struct bench *b)
{
	struct weft_hdr_tlv_window_status h = { .window = 0xffff, .status = 0xff };

	if (solo_tx_type(&b->so, WEFT_PTYPE_CTRL)) {
		struct weft_hdr_tlv t;

		weft_hdr_tlv_unpack(&t, b->so.sent.b.ctrl.tlvs);
		CU_ASSERT_EQUAL(t.type, WEFT_TLV_WINDOW_STATUS);
		weft_hdr_tlv_window_status_unpack(&h, b->so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
	}
	return h;
}

static void expect(struct bench *b, uint16_t window, enum weft_status st)
{
	struct weft_hdr_tlv_window_status h = told(b);

	CU_ASSERT_EQUAL(h.window, window);
	CU_ASSERT_EQUAL(h.status, st);
}

static void init__limits(void)
{
	struct weft_ls_cfg c = { .windows = 0, .tags = 16 };

	CU_ASSERT_EQUAL(weft_ls_size(&c), 0);
	c.windows = 2049;
	CU_ASSERT_EQUAL(weft_ls_size(&c), 0);
	c.windows = 2048;
	CU_ASSERT_NOT_EQUAL(weft_ls_size(&c), 0);
	c.tags = 257;
	CU_ASSERT_EQUAL(weft_ls_size(&c), 0);
	c.tags = 0;
	CU_ASSERT_EQUAL(weft_ls_size(&c), 0);
}

/* WEFT-MEM-041, WEFT-MEM-043 */
static void responder__binds_and_unbinds(void)
{
	struct weft_hdr_tlv_window_bind h = { .window = 3, .qpn = SOLO_QPN, .rkey = KEY,
					      .addr = 0x1000, .length = 64 };
	struct bench b;

	setup(&b);
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);
	CU_ASSERT_EQUAL(b.so.act.type, WEFT_ACT_BIND);
	CU_ASSERT_EQUAL(b.so.act.key, KEY);
	CU_ASSERT_EQUAL(b.so.act.pd, 1);
	CU_ASSERT_EQUAL(b.so.act.addr, 0x1000);
	CU_ASSERT_EQUAL(b.so.act.span, 64);
	CU_ASSERT_EQUAL(told(&b).window, 0xffff);
	weft_done(b.so.p, b.so.act.token, WEFT_STATUS_OK, WEFT_MR_READ);
	weft_done(b.so.p, b.so.act.token, WEFT_STATUS_BAD_KEY, 0);	/* late: ignored */
	expect(&b, 3, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(told(&b).window, 0xffff);
	CU_ASSERT_EQUAL(b.so.p->ls->bound[3].state, LS_BOUND);
	CU_ASSERT_EQUAL(b.so.p->ls->bound[3].rights, WEFT_MR_READ);
	h.rkey = 0;
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	CU_ASSERT(!b.so.has_act);
	expect(&b, 3, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(b.so.p->ls->bound[3].state, LS_UNBOUND);
	fini(&b);
}

/* WEFT-MEM-042 */
static void responder__refuses(void)
{
	static const struct {
		struct weft_hdr_tlv_window_bind h;
		enum weft_status host, st;
	} t[] = {
		{ { .window = 4, .rkey = KEY, .length = 8 }, WEFT_STATUS_OK,
		  WEFT_STATUS_NO_WINDOW },
		{ { .window = 0xffff, .rkey = KEY, .length = 8 }, WEFT_STATUS_OK,
		  WEFT_STATUS_NO_WINDOW },
		{ { .window = 0, .qpn = 0x999, .rkey = KEY }, WEFT_STATUS_OK,
		  WEFT_STATUS_NO_STREAM },
		{ { .window = 0, .rkey = KEY, .length = (1ull << 36) + 1 }, WEFT_STATUS_OK,
		  WEFT_STATUS_MALFORMED },
		{ { .window = 0, .rkey = KEY, .length = 8 }, WEFT_STATUS_BAD_KEY,
		  WEFT_STATUS_BAD_KEY },
		{ { .window = 0, .rkey = KEY, .length = 8 }, WEFT_STATUS_HELD,
		  WEFT_STATUS_OP_FAILED },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(t); i++) {
		struct bench b;

		setup(&b);
		CU_ASSERT_EQUAL(rx_bind(&b, t[i].h), WEFT_DROP_NONE);
		if (b.so.has_act)
			weft_done(b.so.p, b.so.act.token, t[i].host, 7);
		CU_ASSERT_EQUAL(b.so.has_act, t[i].host != WEFT_STATUS_OK);
		expect(&b, t[i].h.window, t[i].st);
		CU_ASSERT_EQUAL(b.so.p->ls->bound[0].state, LS_UNBOUND);
		fini(&b);
	}
}

/* WEFT-MEM-046, WEFT-MEM-045 */
static void responder__again(void)
{
	struct weft_hdr_tlv_window_bind h = { .window = 0, .rkey = KEY, .length = 8 };
	struct weft_act first;
	struct bench b;

	setup(&b);
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	first = b.so.act;
	h.addr = 0x2000;
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);	/* while the first is judged */
	CU_ASSERT(!b.so.has_act);
	expect(&b, 0, WEFT_STATUS_NO_RESOURCES);
	weft_done(b.so.p, first.token, WEFT_STATUS_OK, 7);
	expect(&b, 0, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(b.so.p->ls->bound[0].addr, 0);
	h.length = 1ull << 37;
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	expect(&b, 0, WEFT_STATUS_MALFORMED);
	CU_ASSERT_EQUAL(b.so.p->ls->bound[0].state, LS_UNBOUND);
	fini(&b);
}

/* A flood of refusals is bounded; what does not fit is not taken, and comes again. */
static void responder__flood(void)
{
	struct weft_hdr_tlv_window_bind h = { .window = 9, .rkey = KEY, .length = 8 };
	uint32_t cum;
	struct bench b;

	setup(&b);
	for (uint32_t i = 0; i < OWED_SPARE; i++)
		CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	cum = b.so.p->rx_cum;
	rx_bind(&b, h);
	CU_ASSERT_EQUAL(b.so.p->rx_cum, cum);
	fini(&b);
}

/* WEFT-MGT-080 */
static void responder__malformed(void)
{
	uint8_t value[WEFT_HDR_TLV_WINDOW_BIND_LEN + 4] = { 0 };
	struct weft_view v;
	struct bench b;

	setup(&b);
	v = solo_ctrl(&b.so, WEFT_TLV_WINDOW_BIND, value, sizeof(value));
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_BAD_TLV);
	v = solo_ctrl(&b.so, WEFT_TLV_WINDOW_STATUS, value, 8);
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_BAD_TLV);
	b.so.p->ls = NULL;			/* not offered: not known */
	v = solo_ctrl(&b.so, WEFT_TLV_WINDOW_BIND, value, sizeof(value) - 4);
	CU_ASSERT_EQUAL(solo_rx(&b.so, &v), WEFT_DROP_BAD_TLV);
	fini(&b);
}

/* WEFT-MEM-040, WEFT-MEM-044 */
static void requester__states(void)
{
	struct weft_ls_op op = { .code = WEFT_MEMCODE_FADD, .size = 3, .window = 2 };
	struct bench b;

	setup(&b);
	CU_ASSERT_EQUAL(weft_ls_bind(b.so.p, 4, 0, KEY, 0, 8), WEFT_EINVAL);
	CU_ASSERT_EQUAL(weft_ls_bind(b.so.p, 2, 0, 0, 0, 8), WEFT_EINVAL);
	CU_ASSERT_EQUAL(weft_ls_bind(b.so.p, 2, 0, KEY, 0, (1ull << 36) + 1), WEFT_EINVAL);
	CU_ASSERT_EQUAL(weft_ls_unbind(b.so.p, 2), WEFT_ESTATE);
	CU_ASSERT_EQUAL(rx_status(&b, 2, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(rx_status(&b, 99, WEFT_STATUS_OK), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(weft_ls_bind(b.so.p, 2, 0, KEY, 0, 8), WEFT_OK);
	CU_ASSERT_EQUAL(weft_ls_bind(b.so.p, 2, 0, KEY, 0, 8), WEFT_ESTATE);
	CU_ASSERT_EQUAL(weft_ls_post(b.so.p, &op, 1), WEFT_ESTATE);
	CU_ASSERT_EQUAL(rx_status(&b, 2, WEFT_STATUS_OK), WEFT_DROP_NONE);
	CU_ASSERT(b.so.has_act && b.so.act.event == WEFT_EV_WINDOW);
	CU_ASSERT_EQUAL(b.so.act.arg, 2);
	CU_ASSERT_EQUAL(b.so.act.wc.status, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(weft_ls_post(b.so.p, &op, 1), 1);
	CU_ASSERT_EQUAL(weft_ls_unbind(b.so.p, 2), WEFT_ESTATE);
	solo_drain(&b.so);
	b.so.p->ls->win[2].out = 0;		/* as if it were answered */
	CU_ASSERT_EQUAL(weft_ls_unbind(b.so.p, 2), WEFT_OK);
	CU_ASSERT_EQUAL(weft_ls_post(b.so.p, &op, 1), WEFT_ESTATE);
	CU_ASSERT_EQUAL(rx_status(&b, 2, WEFT_STATUS_OK), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(weft_ls_bind(b.so.p, 2, 0, KEY, 0, 8), WEFT_OK);
	CU_ASSERT_EQUAL(rx_status(&b, 2, WEFT_STATUS_BAD_KEY), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(b.so.act.wc.status, WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(weft_ls_post(b.so.p, &op, 1), WEFT_ESTATE);
	fini(&b);
}

/* The answer to an earlier binding says nothing of one that is being judged. */
static void responder__late_answer(void)
{
	struct weft_hdr_tlv_window_bind h = { .window = 1, .rkey = KEY, .length = 8 };
	uint32_t first;
	struct bench b;

	setup(&b);
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	first = b.so.act.token;
	weft_done(b.so.p, first, WEFT_STATUS_OK, WEFT_MR_READ);
	expect(&b, 1, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(rx_bind(&b, h), WEFT_DROP_NONE);
	CU_ASSERT_FATAL(b.so.has_act);
	weft_done(b.so.p, first, WEFT_STATUS_OK, WEFT_MR_READ);
	CU_ASSERT_EQUAL(b.so.p->ls->bound[1].state, LS_BINDING);
	weft_done(b.so.p, b.so.act.token, WEFT_STATUS_BAD_KEY, 0);
	expect(&b, 1, WEFT_STATUS_BAD_KEY);
	fini(&b);
}

WEFT_SUITE(window) {
	{ "init__limits", init__limits },
	{ "responder__binds_and_unbinds", responder__binds_and_unbinds },
	{ "responder__refuses", responder__refuses },
	{ "responder__again", responder__again },
	{ "responder__flood", responder__flood },
	{ "responder__malformed", responder__malformed },
	{ "requester__states", requester__states },
	{ "responder__late_answer", responder__late_answer },
};
