/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/requester.c: do the data of a READ make up the READ? */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define ALL 300u

struct piece {
	uint32_t off, len;
};

/* Asks for ALL bytes, with an atomic before them, and gives the n pieces, each placed at once. */
static void answer(struct solo *so, enum weft_mode mode, const struct piece *q, unsigned n)
{
	struct weft_view v;

	solo_init(so);
	so->cfg.mode = mode;
	solo_ready(so);
	solo_post(so, WEFT_OPCODE_READ, 1, ALL, 0);
	solo_drain(so);
	for (unsigned i = 0; i < n; i++) {
		v = solo_read_rsp(so, 0, q[i].off, q[i].len, ALL);
		solo_take(so, &v, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(so->why, WEFT_DROP_NONE);
	}
	solo_work(so);
}

/* WEFT-SEM-035: in any order, the bytes of an atomic's value being none of theirs. */
static void req_done__any_order(void)
{
	static const struct piece order[][4] = {
		{ { 0, 100 }, { 100, 50 }, { 150, 50 }, { 200, 100 } },
		{ { 200, 100 }, { 150, 50 }, { 100, 50 }, { 0, 100 } },
		{ { 0, 100 }, { 150, 50 }, { 100, 50 }, { 200, 100 } },
		{ { 100, 50 }, { 0, 100 }, { 200, 100 }, { 150, 50 } },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(order); i++) {
		struct solo so;

		answer(&so, WEFT_MODE_RUD, order[i], 4);
		CU_ASSERT_EQUAL_FATAL(so.n_acts, 1);
		CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_COMPLETE);
		CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(so.acts[0].wc.value, 0);
		CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
		solo_fini(&so);
	}
}

/* WEFT-SEM-095: as many bytes as were asked for, but one never came.  The peer is told. */
static void req_done__a_piece_twice(void)
{
	static const struct piece wrong[][3] = {
		{ { 0, 100 }, { 0, 100 }, { 200, 100 } },
		{ { 0, 100 }, { 200, 100 }, { 200, 100 } },
		{ { 100, 100 }, { 100, 100 }, { 0, 100 } },
		{ { 0, 150 }, { 100, 100 }, { 200, 50 } },
		{ { 200, 100 }, { 200, 100 }, { 200, 100 } },
	};

	for (size_t i = 0; i < 2 * WEFT_ARRAY_LEN(wrong); i++) {
		enum weft_mode mode = i % 2 ? WEFT_MODE_ROD : WEFT_MODE_RUD;
		const struct weft_act *a;
		struct solo so;

		answer(&so, mode, wrong[i / 2], 3);
		a = solo_find(&so, WEFT_ACT_COMPLETE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_EQUAL(a->wc.status, WEFT_STATUS_OP_FAILED);
		CU_ASSERT_EQUAL(a->wc.value, 0);
		CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
		solo_fini(&so);
	}
}

/* What was placed before a replay counts no more. */
static void req_done__after_a_replay(void)
{
	struct piece whole[] = { { 200, 100 }, { 0, 200 } };
	struct weft_view v;
	struct solo so;

	answer(&so, WEFT_MODE_RUD, &whole[0], 1);
	v = solo_tack(&so, 0, WEFT_STATUS_RNR);
	solo_rx(&so, &v);
	solo_ack_all(&so);
	solo_until(&so, so.now + 1000000);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ));
	for (unsigned i = 0; i < 2; i++) {
		v = solo_read_rsp(&so, 0, whole[i].off, whole[i].len, ALL);
		solo_take(&so, &v, WEFT_STATUS_OK);
	}
	solo_work(&so);
	CU_ASSERT_EQUAL_FATAL(so.n_acts, 1);
	CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_OK);
	solo_fini(&so);
}

WEFT_SUITE(t_read) {
	{ "req_done__any_order", req_done__any_order },
	{ "req_done__a_piece_twice", req_done__a_piece_twice },
	{ "req_done__after_a_replay", req_done__after_a_replay },
};
