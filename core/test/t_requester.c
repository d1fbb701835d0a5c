/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/requester.c: work requests, their answers, RNR. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull

static void weft_post__refusals(void)
{
	static const struct {
		enum weft_opcode op;
		uint32_t len;
		uint8_t flags;
		enum weft_aop aop;
		int ret;
	} rows[] = {
		{ WEFT_OPCODE_SEND, 0, 0, 0, WEFT_OK },
		{ WEFT_OPCODE_SEND, 10, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE, 0, WEFT_OK },
		{ WEFT_OPCODE_WRITE, WEFT_MSG_MAX, WEFT_OFLAGS_IMM | WEFT_OFLAGS_FENCE, 0,
		  WEFT_OK },
		{ WEFT_OPCODE_WRITE, WEFT_MSG_MAX + 1, 0, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_READ, 10, WEFT_OFLAGS_FENCE, 0, WEFT_OK },
		{ WEFT_OPCODE_READ, 10, WEFT_OFLAGS_IMM, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 8, 0, WEFT_AOP_FADD, WEFT_OK },
		{ WEFT_OPCODE_ATOMIC, 8, 0, WEFT_AOP_CAS, WEFT_OK },
		{ WEFT_OPCODE_ATOMIC, 8, WEFT_OFLAGS_IMM, WEFT_AOP_CAS, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 4, 0, WEFT_AOP_CAS, WEFT_OK },
		{ WEFT_OPCODE_ATOMIC, 1, 0, WEFT_AOP_XOR, WEFT_OK },
		{ WEFT_OPCODE_ATOMIC, 3, 0, WEFT_AOP_CAS, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 0, 0, WEFT_AOP_CAS, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 0x108, 0, WEFT_AOP_CAS, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 8, 0, WEFT_AOP_RESERVED, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 8, 0, (enum weft_aop)11, WEFT_EINVAL },
		{ WEFT_OPCODE_ATOMIC, 8, WEFT_OFLAGS_SIGNAL, WEFT_AOP_FADD, WEFT_EINVAL },
		{ WEFT_OPCODE_SEND, 1, WEFT_OFLAGS_INV, 0, WEFT_OK },
		{ WEFT_OPCODE_SEND, 1, WEFT_OFLAGS_INV | WEFT_OFLAGS_IMM, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_WRITE, 1, WEFT_OFLAGS_INV, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_SEND, 1, WEFT_OFLAGS_SIGNAL, 0, WEFT_OK },
		{ WEFT_OPCODE_READ, 1, WEFT_OFLAGS_SIGNAL, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_SEND, 1, WEFT_OFLAGS_SOM, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_SEND, 1, WEFT_OFLAGS_EPOCH, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_RESERVED, 1, 0, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_READ_RSP, 1, 0, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_TACK, 1, 0, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_NOP, 1, 0, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_REDUCE, 1, 0, 0, WEFT_EINVAL },
		{ WEFT_OPCODE_FLUSH, 1, 0, 0, WEFT_EINVAL },
	};
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE };
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_wr w = { .opcode = rows[i].op, .len = rows[i].len,
				     .flags = rows[i].flags, .aop = rows[i].aop };
		uint32_t tail = so.s->tail;

		CU_ASSERT_EQUAL(weft_post(so.s, &w), rows[i].ret);
		CU_ASSERT_EQUAL(so.s->tail - tail, rows[i].ret == WEFT_OK);
	}
	while (so.s->tail - so.s->head < so.scfg.sq_depth)
		CU_ASSERT_EQUAL(weft_post(so.s, &wr), WEFT_OK);
	CU_ASSERT_EQUAL(weft_post(so.s, &wr), WEFT_EFULL);
	CU_ASSERT_PTR_NULL(net_check(so.p));
	solo_fini(&so);
}

/* WEFT-MGT-010, by messages */
static void may_begin__peer_window(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.ep_window = 3;
	solo_ready(&so);
	for (uint64_t id = 0; id < 6; id++)
		solo_post(&so, WEFT_OPCODE_WRITE, id, 8, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 3);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(solo_drain(&so), 0);		/* delivered is not complete */
	v = solo_tack(&so, 1, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	solo_fini(&so);
}

/* WEFT-MGT-010, by READs and atomics */
static void may_begin__peer_reads(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.ep_reads = 2;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 0, 8, 0);
	solo_post(&so, WEFT_OPCODE_ATOMIC, 1, 8, 0);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 8, 0);
	solo_post(&so, WEFT_OPCODE_READ, 3, 8, 0);
	solo_post(&so, WEFT_OPCODE_WRITE, 4, 8, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 3);
	CU_ASSERT_EQUAL(so.s->reads_out, 2);
	v = solo_op(&so, WEFT_OPCODE_ATOMIC_RSP, 1);	/* answered out of turn: still counts */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	solo_fini(&so);
}

/* A peer that allows none: said at once, not never. */
static void weft_post__peer_allows_no_reads(void)
{
	struct solo so;

	solo_init(&so);
	so.ep_reads = 0;
	solo_ready(&so);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_READ, 0, 8, 0), WEFT_EINVAL);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_ATOMIC, 0, 8, 0), WEFT_EINVAL);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 0, 8, 0), WEFT_OK);
	solo_fini(&so);
}

/* WEFT-SEM-006 */
static void may_begin__fence(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 0, 8, 0);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);	/* no fence: need not wait */
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 8, WEFT_OFLAGS_FENCE);
	solo_post(&so, WEFT_OPCODE_WRITE, 3, 8, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	v = solo_read_rsp(&so, 0, 0, 8, 8);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_drain(&so), 0);		/* not placed yet */
	weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_WRITE));
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 2);
	CU_ASSERT(so.sent.b.data.op.flags & WEFT_OFLAGS_FENCE);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_WRITE));
	solo_fini(&so);
}

/* ---- answers ------------------------------------------------------------------------ */

static unsigned completions(struct solo *so, enum weft_status st)
{
	unsigned n = 0;

	solo_work(so);
	for (size_t i = 0; i < so->n_acts; i++)
		n += so->acts[i].type == WEFT_ACT_COMPLETE && so->acts[i].wc.status == st;
	return n;
}

/* WEFT-SEM-001, WEFT-SEM-035: whatever order the answers come in. */
static void req_work__in_order(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 10, 16, 0);
	solo_post(&so, WEFT_OPCODE_ATOMIC, 11, 8, 0);
	solo_post(&so, WEFT_OPCODE_READ, 12, 8, 0);
	solo_post(&so, WEFT_OPCODE_WRITE, 13, 8, 0);
	solo_drain(&so);
	v = solo_tack(&so, 3, WEFT_STATUS_OK);		/* overtakes all; no READ is done */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 0);
	v = solo_read_rsp(&so, 2, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	v = solo_op(&so, WEFT_OPCODE_ATOMIC_RSP, 1);
	v.b.data.u.atomic_rsp.old = 4711;
	solo_rx(&so, &v);
	v = solo_read_rsp(&so, 0, 8, 8, 16);
	solo_take(&so, &v, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.act.local, 0x1000 * 10);
	CU_ASSERT_EQUAL(so.act.offset, 8);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 0);
	v = solo_read_rsp(&so, 0, 0, 8, 16);
	solo_take(&so, &v, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 4);
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(so.acts[i].wc.id, 10 + i);
	CU_ASSERT_EQUAL(so.acts[1].wc.value, 4711);
	CU_ASSERT_EQUAL(so.acts[1].wc.opcode, WEFT_OPCODE_ATOMIC);
	CU_ASSERT_EQUAL(so.acts[0].wc.len, 16);
	CU_ASSERT_EQUAL(so.s->reads_out, 0);
	solo_fini(&so);
}

/* WEFT-SEM-026 */
static void req_rx__nothing_asked_for_it(void)
{
	struct weft_view v[16];
	struct solo so;
	unsigned n = 0;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 0; id < 3; id++)
		solo_post(&so, id == 1 ? WEFT_OPCODE_READ : WEFT_OPCODE_WRITE, id, 100, 0);
	solo_post(&so, WEFT_OPCODE_WRITE, 3, 50 * 1024, 0);
	for (int i = 0; i < 5; i++)			/* the last message: two packets so far */
		CU_ASSERT(solo_tx(&so));
	v[n++] = solo_tack(&so, 3, WEFT_STATUS_OK);	/* not sent whole */
	v[n++] = solo_tack(&so, 100, WEFT_STATUS_OK);
	v[n++] = solo_tack(&so, 4, WEFT_STATUS_NO_RIGHTS);
	v[n++] = solo_tack(&so, 0xffffffff, WEFT_STATUS_NO_RIGHTS);
	v[n++] = solo_read_rsp(&so, 0, 0, 100, 100);	/* was a WRITE */
	v[n++] = solo_read_rsp(&so, 9, 0, 100, 100);
	v[n++] = solo_read_rsp(&so, 1, 0, 100, 101);	/* another length */
	v[n++] = solo_read_rsp(&so, 1, 0, 101, 100);	/* longer than asked for */
	v[n++] = solo_read_rsp(&so, 1, 101, 0, 100);
	v[n++] = solo_read_rsp(&so, 1, 1, 100, 100);	/* leaves the buffer */
	v[n++] = solo_read_rsp(&so, 1, 0xffffffff, 2, 100);
	v[n++] = solo_read_rsp(&so, 1, 0, 0, 100);	/* nothing */
	v[n++] = solo_op(&so, WEFT_OPCODE_ATOMIC_RSP, 1);
	for (unsigned i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(solo_rx(&so, &v[i]), WEFT_DROP_UNEXPECTED);
		CU_ASSERT(!so.has_act);
	}
	CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_UNEXPECTED], n);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 0);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	solo_fini(&so);
}

/* WEFT-SEM-026: the same data twice, under two PSNs, also when the host places late. */
static void rx_read_rsp__more_than_asked_for(void)
{
	for (int late = 0; late < 2; late++) {
		struct weft_view v;
		struct solo so;
		uint32_t token;

		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_READ, 1, 100, 0);
		solo_drain(&so);
		v = solo_read_rsp(&so, 0, 0, 60, 100);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		token = so.act.token;
		if (!late)
			weft_done(so.p, token, WEFT_STATUS_OK, 0);
		v = solo_read_rsp(&so, 0, 0, 60, 100);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
		CU_ASSERT(!so.has_act);
		if (late)
			weft_done(so.p, token, WEFT_STATUS_OK, 0);
		v = solo_read_rsp(&so, 0, 60, 40, 100);
		solo_take(&so, &v, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 1);
		v = solo_read_rsp(&so, 0, 60, 40, 100);		/* the buffer is the host's */
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
		solo_fini(&so);
	}
}

/* A READ of nothing is answered by one packet without payload. */
static void rx_read_rsp__length_zero(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 1, 0, 0);
	solo_drain(&so);
	v = solo_read_rsp(&so, 0, 0, 0, 0);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(!so.has_act);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 1);
	solo_fini(&so);
}

/*
 * WEFT-SEM-026: on a stream that failed with work unsent, now at rest and without memory, a
 * response is for nobody.
 */
static void rx_read_rsp__after_unsent_was_flushed(void)
{
	struct weft_blocks pool;
	struct weft_view v;
	struct solo so;
	void *block;

	solo_init(&so);
	weft_blocks_init(&pool, weft_stream_block(&so.scfg));
	block = malloc(pool.block);
	weft_blocks_add(&pool, block, 1);
	so.scfg.pool = &pool;
	so.ep_window = 1;
	solo_ready(&so);
	for (uint64_t id = 0; id < 3; id++)
		solo_post(&so, WEFT_OPCODE_READ, id, 8, 0);
	solo_drain(&so);
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OP_FAILED), 1);
	solo_drain(&so);
	solo_ack_all(&so);
	solo_drain(&so);
	CU_ASSERT_EQUAL(pool.n_free, 1);
	for (uint32_t msn = 0; msn < 5; msn++) {
		v = solo_read_rsp(&so, msn, 0, 8, 8);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
		CU_ASSERT(!so.has_act);
	}
	solo_fini(&so);
	free(block);
}

/* The host could not place the data: the peer, whose requests would wait for ever, is told. */
static void req_done__local_failure(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 1, 8, 0);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 8, 0);
	solo_drain(&so);
	v = solo_read_rsp(&so, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_LOCAL_PROTECTION);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 3);
	CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_LOCAL_PROTECTION);
	CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_LOCAL_PROTECTION);
	CU_ASSERT_EQUAL(so.acts[2].wc.status, WEFT_STATUS_FLUSHED);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	solo_fini(&so);
}

/* Data placed when the stream has failed meanwhile: counted for nothing. */
static void req_done__too_late(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 1, 8, 0);
	solo_drain(&so);
	v = solo_read_rsp(&so, 0, 0, 8, 8);
	solo_rx(&so, &v);
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	weft_done(so.p, so.act.token, WEFT_STATUS_LOCAL_PROTECTION, 0);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OP_FAILED), 1);
	CU_ASSERT_EQUAL(so.n_acts, 2);
	solo_fini(&so);
}

/* WEFT-SEM-024, WEFT-SEM-022: earlier ones are complete, later ones flushed. */
static void rx_tack__refusal(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 0; id < 6; id++)
		solo_post(&so, WEFT_OPCODE_WRITE, id, 8, 0);
	for (int i = 0; i < 5; i++)
		solo_tx(&so);				/* the last waits to be sent */
	v = solo_tack(&so, 2, WEFT_STATUS_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 7);
	CU_ASSERT_EQUAL(so.acts[0].event, WEFT_EV_STREAM_ERROR);
	CU_ASSERT_EQUAL(so.acts[0].arg, 0);
	for (unsigned i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(so.acts[1 + i].wc.status, i < 2 ? WEFT_STATUS_OK : i == 2 ?
				WEFT_STATUS_OUT_OF_BOUNDS : WEFT_STATUS_FLUSHED);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_WRITE));
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);	/* WEFT-SEM-023 */
	v = solo_tack(&so, 4, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	solo_fini(&so);
}

/* No status that is the host's own affair comes in from the wire. */
static void rx_tack__status_that_never_crosses_the_wire(void)
{
	for (unsigned st = 0; st < 256; st++) {
		struct weft_view v;
		struct solo so;

		if (st == WEFT_STATUS_OK || st == WEFT_STATUS_RNR || st == WEFT_STATUS_NO_STREAM)
			continue;
		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
		solo_drain(&so);
		v = solo_tack(&so, 0, (enum weft_status)st);
		solo_rx(&so, &v);
		solo_work(&so);
		for (size_t i = 0; i < so.n_acts; i++)
			CU_ASSERT(so.acts[i].wc.status < 128 || st >= 128);
		if (st >= 128)
			for (size_t i = 0; i < so.n_acts; i++)
				CU_ASSERT(so.acts[i].wc.status < 128);
		solo_fini(&so);
	}
}

/* ---- RNR ---------------------------------------------------------------------------- */

/* WEFT-SEM-032: the delay, and until all is acknowledged; then EPOCH toggled, all again. */
static void rnr__waits_then_replays(void)
{
	struct weft_view v;
	struct solo so;
	weft_time told;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 0, 8, 0);
	solo_post(&so, WEFT_OPCODE_SEND, 1, 2048, 0);
	solo_post(&so, WEFT_OPCODE_READ, 2, 8, 0);
	solo_post(&so, WEFT_OPCODE_SEND, 3, 8, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 5);
	v = solo_tack(&so, 1, WEFT_STATUS_RNR);
	v.b.data.u.tack.delay_ns = 30000;
	told = so.now;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_RNR);
	solo_post(&so, WEFT_OPCODE_WRITE, 4, 8, 0);	/* meanwhile: queued */
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 1);
	v = solo_ack(&so, so.p->nxt - 2);
	solo_rx(&so, &v);
	solo_until(&so, told + 40 * US);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_SEND));	/* one packet is still in the network */
	solo_ack_all(&so);
	CU_ASSERT(weft_deadline(so.p) <= so.now);
	solo_until(&so, so.now);
	for (uint32_t i = 0; i < 5; i++) {		/* 1 in two packets, 2, 3, and 4 */
		CU_ASSERT_FATAL(solo_tx(&so));
		CU_ASSERT(so.sent.b.data.op.flags & WEFT_OFLAGS_EPOCH);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, i < 2 ? 1 : i);
		CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_RTX, 0);	/* new PSNs */
	}
	CU_ASSERT(!solo_tx(&so));
	CU_ASSERT_EQUAL(so.s->reads_out, 1);
	solo_fini(&so);
}

/* WEFT-SEM-032: not before the delay. */
static void rnr__not_before_the_delay(void)
{
	struct weft_view v;
	struct solo so;
	weft_time told;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_SEND, 1, 8, 0);
	solo_drain(&so);
	v = solo_tack(&so, 0, WEFT_STATUS_RNR);
	v.b.data.u.tack.delay_ns = 30000;
	told = so.now;
	solo_rx(&so, &v);
	solo_ack_all(&so);
	solo_drain(&so);
	solo_until(&so, told + 30 * US - 1);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_SEND));
	CU_ASSERT_EQUAL(weft_deadline(so.p), told + 30 * US);
	solo_until(&so, told + 30 * US);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_SEND));
	solo_fini(&so);
}

/* One round of: refused by RNR, waited for, sent again. */
static void one_rnr(struct solo *so, uint32_t msn)
{
	struct weft_view v;

	solo_drain(so);
	v = solo_tack(so, msn, WEFT_STATUS_RNR);
	solo_rx(so, &v);
	solo_ack_all(so);
	solo_until(so, so->now + 100 * US);
}

/* WEFT-SEM-034: counted for one message, as often as the limit says; 7 is without end. */
static void rnr__retry_limit(void)
{
	for (uint8_t limit = 0; limit <= 7; limit++) {
		struct weft_view v;
		struct solo so;
		unsigned n = 0;

		solo_init(&so);
		so.scfg.rnr_retry = limit;
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_SEND, 1, 8, 0);
		solo_post(&so, WEFT_OPCODE_SEND, 2, 8, 0);
		while (n < 600 && so.s->state != WEFT_STREAM_STATE_ERROR) {
			one_rnr(&so, 0);
			n++;
		}
		CU_ASSERT_EQUAL(n, limit == 7 ? 600 : limit + 1u);
		solo_work(&so);
		if (limit == 7) {
			CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
		} else {
			CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_RNR_RETRY_EXCEEDED);
			CU_ASSERT_EQUAL(so.acts[2].wc.status, WEFT_STATUS_FLUSHED);
		}
		solo_fini(&so);
		if (limit < 2 || limit == 7)
			continue;
		solo_init(&so);				/* progress starts the count again */
		so.scfg.rnr_retry = limit;
		solo_ready(&so);
		for (uint64_t id = 0; id < 4; id++)
			solo_post(&so, WEFT_OPCODE_SEND, id, 8, 0);
		for (uint32_t msn = 0; msn < 4; msn++) {
			for (uint8_t k = 0; k < limit; k++)
				one_rnr(&so, msn);
			solo_drain(&so);
			v = solo_tack(&so, msn, WEFT_STATUS_OK);
			solo_rx(&so, &v);
		}
		CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
		CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 4);
		solo_fini(&so);
	}
}

/* Refusals by RNR that make no sense change nothing. */
static void rnr__unexpected(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 0; id < 3; id++)
		solo_post(&so, WEFT_OPCODE_SEND, id, 8, 0);
	solo_drain(&so);
	v = solo_tack(&so, 1, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	v = solo_tack(&so, 1, WEFT_STATUS_RNR);		/* complete */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
	v = solo_tack(&so, 3, WEFT_STATUS_RNR);		/* not sent */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
	v = solo_tack(&so, 2, WEFT_STATUS_RNR);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	v = solo_tack(&so, 2, WEFT_STATUS_RNR);		/* said already */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
	v = solo_tack(&so, 2, WEFT_STATUS_OK);		/* both cannot be true */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_RNR);
	CU_ASSERT_EQUAL(completions(&so, WEFT_STATUS_OK), 2);
	solo_fini(&so);
}

WEFT_SUITE(t_requester) {
	{ "weft_post__refusals", weft_post__refusals },
	{ "weft_post__peer_allows_no_reads", weft_post__peer_allows_no_reads },
	{ "may_begin__peer_window", may_begin__peer_window },
	{ "may_begin__peer_reads", may_begin__peer_reads },
	{ "may_begin__fence", may_begin__fence },
	{ "req_work__in_order", req_work__in_order },
	{ "req_rx__nothing_asked_for_it", req_rx__nothing_asked_for_it },
	{ "rx_read_rsp__more_than_asked_for", rx_read_rsp__more_than_asked_for },
	{ "rx_read_rsp__length_zero", rx_read_rsp__length_zero },
	{ "rx_read_rsp__after_unsent_was_flushed", rx_read_rsp__after_unsent_was_flushed },
	{ "req_done__local_failure", req_done__local_failure },
	{ "req_done__too_late", req_done__too_late },
	{ "rx_tack__refusal", rx_tack__refusal },
	{ "rx_tack__status_that_never_crosses_the_wire",
	  rx_tack__status_that_never_crosses_the_wire },
	{ "rnr__waits_then_replays", rnr__waits_then_replays },
	{ "rnr__not_before_the_delay", rnr__not_before_the_delay },
	{ "rnr__retry_limit", rnr__retry_limit },
	{ "rnr__unexpected", rnr__unexpected },
};
