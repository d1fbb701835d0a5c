/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/execute.c and respond.c: what is done at the head of a stream, in order, and how it ends. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

/* The next TACK sent; its status, or -1. */
static int tx_tack(struct solo *so)
{
	return solo_tx_op(so, WEFT_OPCODE_TACK) ? so->sent.b.data.op.status : -1;
}

/* The one action that is given now; the test answers it. */
static const struct weft_act *next(struct solo *so, enum weft_act_type type)
{
	CU_ASSERT_EQUAL_FATAL(solo_work(so), 1);
	CU_ASSERT_EQUAL(so->acts[0].type, type);
	return &so->acts[0];
}

static void answer(struct solo *so, enum weft_status st)
{
	weft_done(so->p, so->acts[0].token, st, 0);
	weft_done(so->p, so->acts[0].token, WEFT_STATUS_OK, 99);	/* only the first counts */
}

static struct weft_view write_with(struct solo *so, uint32_t msn, uint8_t flags)
{
	struct weft_view v = solo_write(so, msn, 0, 8, 8);

	v.b.data.op.flags |= flags;
	v.b.data.imm = (struct weft_hdr_imm){ .ssn = 0, .imm = 0x1111 };
	v.b.data.signal = (struct weft_hdr_signal){ .rkey = 0x88, .addr = 0x20008, .value = 5 };
	return v;
}

/* WEFT-SEM-060, WEFT-SEM-061: the buffer, then the signal, then completion. */
static void next_stage__write_with_immediate_and_signal(void)
{
	const struct weft_act *a;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = write_with(&so, 0, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL | WEFT_OFLAGS_SE);
	solo_take(&so, &v, WEFT_STATUS_OK);
	next(&so, WEFT_ACT_RECV);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	answer(&so, WEFT_STATUS_OK);
	a = next(&so, WEFT_ACT_ATOMIC);
	CU_ASSERT(a->key == 0x88 && a->addr == 0x20008);
	CU_ASSERT(a->atomic.aop == WEFT_AOP_FADD && a->atomic.width == 8 &&
		  a->atomic.operand == 5 && weft_atomic_apply(&a->atomic, 7) == 12);
	CU_ASSERT_EQUAL(tx_tack(&so), -1);		/* not complete yet */
	answer(&so, WEFT_STATUS_OK);
	a = next(&so, WEFT_ACT_COMPLETE_RECV);
	CU_ASSERT(a->wc.imm == 0x1111 && a->wc.flags == (WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE));
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	solo_fini(&so);
}

/* WEFT-SEM-060, WEFT-SEM-065 */
static void next_stage__send_with_invalidate_and_signal(void)
{
	const struct weft_act *a;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	v.b.data.op.flags |= WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL;
	v.b.data.inv.rkey = 0x4711;
	v.b.data.signal = (struct weft_hdr_signal){ .rkey = 0x88, .addr = 0x20008, .value = 1 };
	solo_take(&so, &v, WEFT_STATUS_OK);
	a = next(&so, WEFT_ACT_INVALIDATE);
	CU_ASSERT_EQUAL(a->key, 0x4711);
	answer(&so, WEFT_STATUS_OK);
	next(&so, WEFT_ACT_ATOMIC);
	answer(&so, WEFT_STATUS_OK);
	a = next(&so, WEFT_ACT_COMPLETE_RECV);
	CU_ASSERT(a->wc.imm == 0x4711 && a->wc.flags == WEFT_OFLAGS_INV);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	solo_fini(&so);
}

/* WEFT-SEM-061: refused for want of a buffer, a message has added nothing, and adds once later. */
static void next_stage__no_signal_before_the_buffer(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (int again = 0; again < 4; again++) {		/* the epochs come back */
		v = write_with(&so, 0, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL);
		v.b.data.op.flags |= again & 1 ? WEFT_OFLAGS_EPOCH : 0;
		solo_take(&so, &v, WEFT_STATUS_OK);
		next(&so, WEFT_ACT_RECV);
		weft_done(so.p, so.acts[0].token, WEFT_STATUS_RNR, 0);
		CU_ASSERT_EQUAL(solo_work(&so), 0);
		CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_RNR);
	}
	v = write_with(&so, 0, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL);
	solo_take(&so, &v, WEFT_STATUS_OK);
	next(&so, WEFT_ACT_RECV);
	answer(&so, WEFT_STATUS_OK);
	next(&so, WEFT_ACT_ATOMIC);
	answer(&so, WEFT_STATUS_OK);
	next(&so, WEFT_ACT_COMPLETE_RECV);
	solo_fini(&so);
}

/* WEFT-SEM-063, WEFT-SEM-065: what comes last may be refused last. */
static void next_stage__refused(void)
{
	for (int inv = 0; inv < 2; inv++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_send(&so, 0, 0, 0, 8, 8);
		v.b.data.op.flags |= inv ? WEFT_OFLAGS_INV : WEFT_OFLAGS_SIGNAL;
		v.b.data.inv.rkey = 0x4711;
		solo_take(&so, &v, WEFT_STATUS_OK);
		next(&so, inv ? WEFT_ACT_INVALIDATE : WEFT_ACT_ATOMIC);
		answer(&so, inv ? WEFT_STATUS_BAD_KEY : WEFT_STATUS_NO_RIGHTS);
		solo_work(&so);
		CU_ASSERT_PTR_NULL(solo_find(&so, WEFT_ACT_COMPLETE_RECV));
		CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_STREAM_ERROR));
		CU_ASSERT_EQUAL(tx_tack(&so), inv ? WEFT_STATUS_BAD_KEY : WEFT_STATUS_NO_RIGHTS);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 0);
		solo_fini(&so);
	}
}

/* WEFT-SEM-055, WEFT-SEM-056 */
static void execute__flush_waits_for_what_is_earlier(void)
{
	const struct weft_act *a;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_flush(&so, 1, WEFT_FLUSH_VISIBLE);
	v.b.data.u.flush.length = 0;			/* the whole region */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(!so.has_act);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	v = solo_write(&so, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	a = next(&so, WEFT_ACT_FLUSH);
	CU_ASSERT(a->key == 0x77 && a->addr == 0x10000 && a->msg_len == 0 &&
		  a->level == WEFT_FLUSH_VISIBLE);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 0);	/* the FLUSH is not done */
	answer(&so, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
	v = solo_flush(&so, 2, WEFT_FLUSH_DURABLE);	/* WEFT-SEM-057: the host has none */
	solo_rx(&so, &v);
	next(&so, WEFT_ACT_FLUSH);
	answer(&so, WEFT_STATUS_BAD_OPCODE);
	solo_work(&so);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_BAD_OPCODE);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 2);
	solo_fini(&so);
}

/* WEFT-SEM-042 */
static void execute__narrow_and_masked_atomic(void)
{
	const struct weft_act *a;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_atomic(&so, 0);
	v.b.data.u.atomic.width = 2;
	v.b.data.u.atomic.addr = 0x10002;
	v.b.data.u.atomic.aop = WEFT_AOP_CAS;
	v.b.data.u.atomic.flags = WEFT_AFLAGS_MASKED;
	v.b.data.amask = (struct weft_hdr_amask){ .operand_mask = 0xf0, .compare_mask = 0x0f };
	solo_rx(&so, &v);
	a = next(&so, WEFT_ACT_ATOMIC);
	CU_ASSERT(a->atomic.width == 2 && a->addr == 0x10002 && a->atomic.aop == WEFT_AOP_CAS &&
		  a->atomic.operand_mask == 0xf0 && a->atomic.compare_mask == 0x0f);
	weft_done(so.p, a->token, WEFT_STATUS_OK, 0xffee);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_ATOMIC_RSP));
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic_rsp.old, 0xffee);
	solo_fini(&so);
}

/* ---- REDUCE ------------------------------------------------------------------------- */

/* WEFT-SEM-052: kept until every earlier message is complete, then in any order if it may be. */
static void early__reduce(void)
{
	for (uint64_t relaxed = 0; relaxed < 2; relaxed++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_reduce(&so, 1, 8, 8, 24);
		solo_rx(&so, &v);
		CU_ASSERT(so.act.type == WEFT_ACT_REDUCE && so.act.early == WEFT_TOO_EARLY);
		CU_ASSERT(so.act.redop == WEFT_REDOP_SUM && so.act.dtype == WEFT_DTYPE_I32);
		weft_done(so.p, so.act.token, WEFT_STATUS_HELD, relaxed);
		v = solo_reduce(&so, 1, 0, 8, 24);
		solo_rx(&so, &v);
		CU_ASSERT_EQUAL(so.act.early, WEFT_TOO_EARLY);	/* its first packet too */
		weft_done(so.p, so.act.token, WEFT_STATUS_NO_HOLD, 0);
		CU_ASSERT_EQUAL(solo_work(&so), 0);
		v = solo_write(&so, 0, 0, 8, 8);
		solo_take(&so, &v, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(solo_work(&so), relaxed);
		if (relaxed) {
			CU_ASSERT(so.acts[0].type == WEFT_ACT_REDUCE && so.acts[0].offset == 8 &&
				  so.acts[0].redop == WEFT_REDOP_SUM && !so.acts[0].early);
			weft_done(so.p, so.acts[0].token, WEFT_STATUS_OK, 0);
		}
		v = solo_reduce(&so, 1, 16, 8, 24);
		solo_rx(&so, &v);
		CU_ASSERT_EQUAL(so.act.early, WEFT_EARLY);	/* its message's turn */
		weft_done(so.p, so.act.token, relaxed ? WEFT_STATUS_OK : WEFT_STATUS_HELD, 0);
		v = solo_reduce(&so, 1, 0, 8, 24);
		solo_rx(&so, &v);
		CU_ASSERT_EQUAL(so.act.early, WEFT_IN_TURN);
		weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
		solo_obey(&so);
		CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
		solo_fini(&so);
	}
}

/* ---- pieces that do not make a message ---------------------------------------------- */

struct piece {
	uint32_t off, len;
};

/* WEFT-SEM-045: pieces of a message of 40 bytes, placed in this order. */
static enum weft_status place_all(const struct piece *p, size_t n)
{
	struct weft_view v;
	struct solo so;
	int st;

	solo_init(&so);
	solo_ready(&so);
	for (size_t i = 0; i < n; i++) {
		v = solo_write(&so, 0, p[i].off, p[i].len, 40);
		solo_rx(&so, &v);
		if (so.has_act)
			weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);	/* RELAXED */
	}
	solo_obey(&so);
	st = tx_tack(&so);
	solo_fini(&so);
	return (enum weft_status)st;
}

static void covered__pieces(void)
{
	static const struct { struct piece p[5]; size_t n; bool ok; } rows[] = {
		{ { { 0, 8 }, { 8, 8 }, { 16, 24 } }, 3, true },
		{ { { 16, 24 }, { 8, 8 }, { 0, 8 } }, 3, true },
		{ { { 8, 8 }, { 24, 8 }, { 0, 8 }, { 32, 8 }, { 16, 8 } }, 5, true },
		{ { { 0, 40 } }, 1, true },
		{ { { 0, 8 }, { 0, 8 }, { 16, 24 } }, 3, false },	/* a hole, in order */
		{ { { 0, 8 }, { 24, 16 }, { 24, 16 } }, 3, false },	/* the end twice */
		{ { { 8, 8 }, { 0, 8 }, { 8, 8 }, { 24, 16 } }, 4, false },
		{ { { 8, 16 }, { 16, 16 }, { 0, 8 } }, 3, false },	/* they overlap in part */
		{ { { 0, 16 }, { 8, 16 }, { 32, 8 } }, 3, false },
		{ { { 4, 16 }, { 0, 16 }, { 32, 8 } }, 3, false },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(place_all(rows[i].p, rows[i].n),
				rows[i].ok ? WEFT_STATUS_OK : WEFT_STATUS_MALFORMED);
}

/* ---- shared receive buffers --------------------------------------------------------- */

/* WEFT-SEM-082, WEFT-SEM-084 */
static void too_far__and_unbind(void)
{
	const struct weft_act *a;
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.scfg.srq = 2;
	solo_ready(&so);
	v = solo_send(&so, 1, 1, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.early, WEFT_EARLY);
	v = solo_send(&so, 2, 2, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_HOLD);	/* not taken */
	CU_ASSERT(!so.has_act);
	v.d.psn = so.psn - 1;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_HOLD);	/* and no duplicate */
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_RNR);
	CU_ASSERT_EQUAL(so.act.early, WEFT_IN_TURN);
	a = next(&so, WEFT_ACT_UNBIND);
	CU_ASSERT(a->ssn == 0 && a->stream == so.s && !a->token);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_RNR);
	solo_fini(&so);
}

/* The answer to an earlier execution says nothing of the one that is under way. */
static void rsp_done_exec__of_an_earlier_message(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t first;

	solo_init(&so);
	solo_ready(&so);
	v = solo_atomic(&so, 0);
	solo_rx(&so, &v);
	first = next(&so, WEFT_ACT_ATOMIC)->token;
	weft_done(so.p, first, WEFT_STATUS_OK, 1);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	v = solo_atomic(&so, 1);
	solo_rx(&so, &v);
	next(&so, WEFT_ACT_ATOMIC);
	weft_done(so.p, first, WEFT_STATUS_OK, 2);
	CU_ASSERT_EQUAL(so.s->exp, 1);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	CU_ASSERT_EQUAL(so.s->exp, 1);
	solo_fini(&so);
}

WEFT_SUITE(t_execute) {
	{ "next_stage__write_with_immediate_and_signal",
	  next_stage__write_with_immediate_and_signal },
	{ "next_stage__send_with_invalidate_and_signal",
	  next_stage__send_with_invalidate_and_signal },
	{ "next_stage__no_signal_before_the_buffer", next_stage__no_signal_before_the_buffer },
	{ "next_stage__refused", next_stage__refused },
	{ "execute__flush_waits_for_what_is_earlier", execute__flush_waits_for_what_is_earlier },
	{ "execute__narrow_and_masked_atomic", execute__narrow_and_masked_atomic },
	{ "early__reduce", early__reduce },
	{ "covered__pieces", covered__pieces },
	{ "too_far__and_unbind", too_far__and_unbind },
	{ "rsp_done_exec__of_an_earlier_message", rsp_done_exec__of_an_earlier_message },
};
