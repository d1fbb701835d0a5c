/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/responder.c: placing, executing in order, answering. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

static unsigned count(const struct solo *so, enum weft_act_type type)
{
	unsigned n = 0;

	for (size_t i = 0; i < so->n_acts; i++)
		n += so->acts[i].type == type;
	return n;
}

/* The next TACK sent; its status, or -1. */
static int tx_tack(struct solo *so)
{
	return solo_tx_op(so, WEFT_OPCODE_TACK) ? so->sent.b.data.op.status : -1;
}

/* ---- placing ------------------------------------------------------------------------ */

static void place__what_the_host_is_told(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_send(&so, 2, 1, 100, 50, 200);
	solo_rx(&so, &v);
	CU_ASSERT_FATAL(so.has_act);
	CU_ASSERT_EQUAL(so.act.type, WEFT_ACT_PLACE_RECV);
	CU_ASSERT(so.act.ssn == 1 && so.act.msn == 2 && so.act.offset == 100 &&
		  so.act.len == 50 && so.act.msg_len == 200);
	CU_ASSERT_EQUAL(so.act.early, WEFT_EARLY);		/* another buffer comes first */
	CU_ASSERT_EQUAL(so.act.hold, WEFT_NO_HOLD);		/* WEFT-SEM-005 */
	CU_ASSERT_PTR_EQUAL(so.act.stream, so.s);
	v = solo_write(&so, 0, 0, 50, 200);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(so.act.type, WEFT_ACT_PLACE_MEM);
	CU_ASSERT(so.act.key == 0x77 && so.act.addr == 0x10000 && so.act.offset == 0 &&
		  so.act.len == 50 && so.act.msg_len == 200 && !so.act.early);
	v = solo_write(&so, 0, 50, 50, 200);		/* the one before is not placed yet */
	solo_rx(&so, &v);
	CU_ASSERT(so.act.early);
	CU_ASSERT(so.act.hold < so.prof.holds);
	v = solo_write(&so, 1, 0, 50, 50);		/* a later message */
	solo_rx(&so, &v);
	CU_ASSERT(so.act.early);
	solo_fini(&so);
}

/* WEFT-SEM-001, WEFT-SEM-030, WEFT-SEM-080: in MSN order, whatever comes first; one TACK. */
static void rsp_work__in_order(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint32_t msn = 3; msn > 0; msn--) {
		v = solo_send(&so, msn, msn, 0, 8, 8);
		solo_take(&so, &v, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(solo_obey(&so), 0);
	}
	CU_ASSERT_EQUAL(tx_tack(&so), -1);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_COMPLETE_RECV), 4);
	for (uint32_t i = 0; i < 4; i++)
		CU_ASSERT(so.acts[i].wc.ssn == i && so.acts[i].wc.len == 8);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 3);
	CU_ASSERT_EQUAL(tx_tack(&so), -1);
	solo_fini(&so);
}

/* A TACK sent again says what is true then. */
static void build_tack__latest(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_recv_posted(so.s, 77);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.sent.b.data.u.tack.credits, 77);
	v = solo_send(&so, 1, 1, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	retx_mark_lost(so.p, txrec_of(so.p, so.p->una));
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
	solo_fini(&so);
}

/* WEFT-SEM-002: READs and atomics wait for every earlier message, and for each other. */
static void execute__in_order(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t token;

	solo_init(&so);
	solo_ready(&so);
	v = solo_atomic(&so, 2);
	solo_rx(&so, &v);
	v = solo_read(&so, 1, 8);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	v = solo_write(&so, 0, 8, 8, 16);
	solo_take(&so, &v, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	v = solo_write(&so, 0, 0, 8, 16);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_work(&so), 0);		/* come, but not placed */
	weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(solo_work(&so), 1);
	CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_READ);
	CU_ASSERT_EQUAL(so.acts[0].msg_len, 8);
	token = so.acts[0].token;
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	weft_done(so.p, token, WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(solo_work(&so), 1);
	CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_ATOMIC);
	CU_ASSERT(so.acts[0].atomic.operand == 3 && so.acts[0].atomic.width == 8 &&
		  so.acts[0].atomic.aop == WEFT_AOP_FADD);
	solo_fini(&so);
}

/* WEFT-SEM-014: each once, though its packet comes again under any guise. */
static void execute__atomic_once(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_atomic(&so, 0);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_obey(&so), 1);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_DUPLICATE);
	v.d.flags |= WEFT_DFLAGS_RTX;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_DUPLICATE);
	CU_ASSERT_EQUAL(solo_obey(&so), 0);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_ATOMIC_RSP));
	retx_mark_lost(so.p, txrec_of(so.p, so.p->una));	/* answered again, not done again */
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_ATOMIC_RSP));
	CU_ASSERT_EQUAL(solo_obey(&so), 0);
	v = solo_atomic(&so, 0);			/* a new PSN, an old message: refused */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_REFUSED);
	solo_work(&so);
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_ATOMIC), 0);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_MALFORMED);
	solo_fini(&so);
}

/* WEFT-SEM-003: the immediate of a WRITE, its last packet first, behind another message. */
static void complete_recv__write_with_immediate(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 1, 8, 8, 16);
	v.b.data.op.flags |= WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE;
	v.b.data.imm = (struct weft_hdr_imm){ .ssn = 1, .imm = 0xabcd };
	solo_take(&so, &v, WEFT_STATUS_OK);
	v = solo_write(&so, 1, 0, 8, 16);
	solo_take(&so, &v, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(solo_work(&so), 0);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	v.b.data.op.flags |= WEFT_OFLAGS_IMM;
	v.b.data.imm = (struct weft_hdr_imm){ .ssn = 0, .imm = 0x1234 };
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 2);
	CU_ASSERT(so.acts[0].wc.imm == 0x1234 && so.acts[0].wc.flags == WEFT_OFLAGS_IMM);
	CU_ASSERT_EQUAL(so.acts[1].type, WEFT_ACT_RECV);
	CU_ASSERT_EQUAL(so.acts[1].ssn, 1);
	weft_done(so.p, so.acts[1].token, WEFT_STATUS_OK, 0);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_COMPLETE_RECV);
	CU_ASSERT(so.acts[0].wc.imm == 0xabcd && so.acts[0].wc.ssn == 1 &&
		  so.acts[0].wc.len == 16 && so.acts[0].wc.opcode == WEFT_OPCODE_WRITE &&
		  so.acts[0].wc.flags == (WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE));
	solo_fini(&so);
}

/* Empty messages are one packet with both flags (section 40.2). */
static void rsp_rx__length_zero(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_send(&so, 0, 0, 0, 0, 0);
	solo_take(&so, &v, WEFT_STATUS_OK);
	v = solo_write(&so, 1, 0, 0, 0);
	solo_take(&so, &v, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.act.type, WEFT_ACT_PLACE_MEM);	/* WEFT-MEM-008: it is checked */
	v = solo_read(&so, 2, 0);
	solo_rx(&so, &v);
	solo_obey(&so);
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_COMPLETE_RECV), 1);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
	CU_ASSERT_EQUAL(so.sent.b.data.op.length, 0);
	solo_fini(&so);
}

/* ---- RNR ---------------------------------------------------------------------------- */

/* WEFT-SEM-031, WEFT-SEM-033 */
static void nak__rnr_and_epochs(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_send(&so, 1, 1, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_RNR);		/* in its turn, not before */
	solo_obey(&so);
	CU_ASSERT_EQUAL(tx_tack(&so), -1);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_COMPLETE_RECV), 1);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_RNR);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
	CU_ASSERT_EQUAL(so.sent.b.data.u.tack.delay_ns, so.scfg.rnr_delay_ns);
	v = solo_send(&so, 2, 2, 0, 8, 8);		/* of the epoch before */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_STREAM_STATE);
	CU_ASSERT(!so.has_act);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);		/* taken, and without effect */
	for (uint32_t msn = 1; msn < 3; msn++) {
		v = solo_send(&so, msn, msn, 0, 8, 8);
		v.b.data.op.flags |= WEFT_OFLAGS_EPOCH;
		CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	}
	solo_obey(&so);
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_COMPLETE_RECV), 2);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
	CU_ASSERT_EQUAL(so.p->st->rnr_tx, 1);
	solo_fini(&so);
}

/*
 * WEFT-SEM-029: a placement under way keeps an RNR back.  Told at once, the replay could begin, a
 * second RNR bring the first epoch back, and the late answer count as the replay's other half.
 */
static void nak__rnr_waits_for_placements(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t late;

	solo_init(&so);
	solo_ready(&so);
	v = solo_send(&so, 1, 1, 0, 8, 16);
	solo_rx(&so, &v);
	late = so.act.token;
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_RNR);
	solo_obey(&so);
	CU_ASSERT_EQUAL(tx_tack(&so), -1);
	CU_ASSERT_EQUAL(so.p->st->rnr_tx, 0);
	v = solo_send(&so, 2, 2, 0, 8, 8);		/* still of this epoch */
	CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_NO_HOLD), WEFT_DROP_NONE);
	weft_done(so.p, late, WEFT_STATUS_OK, 0);
	solo_obey(&so);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_RNR);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 0);
	for (uint32_t at = 0; at < 3; at++) {
		v = solo_send(&so, !!at, !!at, at ? at * 8 - 8 : 0, 8, at ? 16 : 8);
		v.b.data.op.flags |= WEFT_OFLAGS_EPOCH;
		solo_take(&so, &v, WEFT_STATUS_OK);
		solo_obey(&so);
		CU_ASSERT_EQUAL(count(&so, WEFT_ACT_COMPLETE_RECV), at != 1);
	}
	solo_fini(&so);
}

/* RNR for the buffer of an immediate: the whole WRITE comes again. */
static void nak__rnr_of_write_with_immediate(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (int round = 0; round < 2; round++) {
		v = solo_write(&so, 0, 0, 8, 8);
		v.b.data.op.flags |= WEFT_OFLAGS_IMM | (round ? WEFT_OFLAGS_EPOCH : 0);
		solo_take(&so, &v, WEFT_STATUS_OK);
		solo_work(&so);
		CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_RECV);
		weft_done(so.p, so.acts[0].token, round ? WEFT_STATUS_OK : WEFT_STATUS_RNR, 0);
		solo_work(&so);
		CU_ASSERT_EQUAL(tx_tack(&so), round ? WEFT_STATUS_OK : WEFT_STATUS_RNR);
	}
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_COMPLETE_RECV), 1);
	solo_fini(&so);
}

/* ---- answers ------------------------------------------------------------------------ */

/* WEFT-SEM-022: the refusal after the data of a READ before it, though they have to wait. */
static void rsp_next__refusal_behind_read_data(void)
{
	struct weft_view v;
	struct solo so;
	unsigned data = 0;

	solo_init(&so);
	so.prof.cc = WEFT_CC_FIXED;
	so.prof.cc_init_pkts = 2;
	solo_ready(&so);
	v = solo_read(&so, 0, 8 * 1024);
	solo_rx(&so, &v);
	solo_obey(&so);
	v = solo_write(&so, 1, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_NO_RIGHTS);
	solo_obey(&so);
	for (int i = 0; i < 10 && data < 8; i++) {
		while (solo_tx(&so))
			if (so.sent.d.type == WEFT_PTYPE_DATA) {
				CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, data < 8 ?
						WEFT_OPCODE_READ_RSP : WEFT_OPCODE_TACK);
				data++;
			}
		solo_ack_all(&so);
	}
	solo_drain(&so);
	CU_ASSERT(data >= 8);
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_TACK);
	CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_NO_RIGHTS);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
	solo_fini(&so);
}

/* WEFT-SEM-092: what goes again is the same piece of the message, read from where it lies. */
static void build_read_rsp__again(void)
{
	struct weft_txd first[3];
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_read(&so, 0, 2 * 1024 + 100);
	solo_rx(&so, &v);
	solo_obey(&so);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FATAL(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
		first[i] = so.txd;
	}
	for (uint32_t i = 0; i < 3; i++)
		retx_mark_lost(so.p, txrec_of(so.p, first[i].psn));
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_FATAL(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		CU_ASSERT(so.txd.psn == first[i].psn && so.txd.src == WEFT_SRC_MEM &&
			  so.txd.addr == first[i].addr && so.txd.len == first[i].len);
		CU_ASSERT_EQUAL(so.sent.b.data.u.read_rsp.offset, i * 1024);
		CU_ASSERT_EQUAL(so.sent.b.data.op.length, i < 2 ? 1024 : 100);
	}
	solo_fini(&so);
}

/* WEFT-MGT-010: room for as many as agreed, until their answers are sent. */
static void rsp_rx__reads_in(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.scfg.reads = 2;
	solo_ready(&so);
	for (uint32_t msn = 0; msn < 6; msn += 2) {
		v = solo_read(&so, msn, 8);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		v = solo_atomic(&so, msn + 1);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.s->reads_in, 2);
		solo_obey(&so);
		solo_drain(&so);
		CU_ASSERT_EQUAL(so.s->reads_in, 0);
	}
	for (uint32_t msn = 6; msn < 9; msn++) {
		v = solo_read(&so, msn, 8);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), msn < 8 ? WEFT_DROP_NONE : WEFT_DROP_REFUSED);
	}
	solo_obey(&so);
	CU_ASSERT_EQUAL(count(&so, WEFT_ACT_READ), 2);	/* those that fit are answered first */
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_NO_RESOURCES);
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 8);
	CU_ASSERT_EQUAL(so.s->reads_in, 0);
	solo_fini(&so);
}

/* Answers that are not sent yet keep their messages' room. */
static void slot_for__room_until_answered(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.scfg.window = 4;
	solo_ready(&so);
	for (uint32_t msn = 0; msn < 4; msn++) {
		v = solo_read(&so, msn, 8);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	}
	solo_obey(&so);					/* executed, not answered */
	v = solo_write(&so, 4, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_REFUSED);
	CU_ASSERT_PTR_NULL(net_check(so.p));
	solo_work(&so);
	CU_ASSERT_EQUAL(tx_tack(&so), WEFT_STATUS_NO_RESOURCES);
	solo_fini(&so);
}

/* MSNs and SSNs wrap like PSNs (WEFT-CONV-001). */
/*
 * WEFT-SEM-090: packets of a stream in mode ROD: MSN, offset and bytes, of messages of 24; and
 * which of them is refused.  The last one is the one that does not follow.
 */
static void slot_for__rod_gaps(void)
{
	static const struct {
		struct { uint32_t msn, off, len; } pkt[4];
		uint32_t n, refused;
	} rows[] = {
		{ { { 1, 0, 8 } }, 1, 0 },				/* nothing of 0 */
		{ { { 0, 8, 8 } }, 1, 0 },				/* not its first bytes */
		{ { { 0, 0, 8 }, { 0, 16, 8 } }, 2, 0 },
		{ { { 0, 0, 8 }, { 1, 0, 24 } }, 2, 0 },		/* 0 is not whole */
		{ { { 0, 0, 24 }, { 2, 0, 8 } }, 2, 1 },
		{ { { 0, 0, 24 }, { 1, 0, 24 }, { 3, 0, 24 } }, 3, 2 },
		{ { { 0, 0, 24 }, { 1, 0, 8 }, { 1, 8, 8 }, { 3, 0, 8 } }, 4, 1 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows) * 2; i++) {
		bool rod = i % 2;
		struct solo so;

		solo_init(&so);
		so.cfg.mode = rod ? WEFT_MODE_ROD : WEFT_MODE_RUD;
		solo_ready(&so);
		for (uint32_t k = 0; k < rows[i / 2].n; k++) {
			struct weft_view v = solo_write(&so, rows[i / 2].pkt[k].msn,
							rows[i / 2].pkt[k].off,
							rows[i / 2].pkt[k].len, 24);
			bool last = k + 1 == rows[i / 2].n;

			CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK),
					last && rod ? WEFT_DROP_REFUSED : WEFT_DROP_NONE);
			CU_ASSERT_EQUAL(so.has_act, !last || !rod);
			solo_obey(&so);
		}
		for (int st = rod ? WEFT_STATUS_OK : -1; st == WEFT_STATUS_OK;) {
			st = tx_tack(&so);		/* of those before: all is well */
			CU_ASSERT(st == WEFT_STATUS_OK || st == WEFT_STATUS_MALFORMED);
			CU_ASSERT(st == WEFT_STATUS_OK ||
				  so.sent.b.data.op.msn == rows[i / 2].refused);
		}
		CU_ASSERT_PTR_NULL(net_check(so.p));
		solo_fini(&so);
	}
}

/* Messages that are whole and wait for the host, or are answered later, are no gap. */
static void slot_for__rod_without_gaps(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.cfg.mode = WEFT_MODE_ROD;
	solo_ready(&so);
	v = solo_write(&so, 0, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);	/* not answered */
	v = solo_read(&so, 1, 16);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	v = solo_send(&so, 2, 0, 0, 0, 0);
	CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_NO_HOLD), WEFT_DROP_NONE);
	v.d.psn = so.v.d.psn;
	CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	v = solo_atomic(&so, 3);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.s->late_status, WEFT_STATUS_OK);
	solo_fini(&so);
}

static void rsp_rx__wrap(void)
{
	struct weft_view v;
	struct solo so;
	unsigned n = 0;

	solo_init(&so);
	solo_ready(&so);
	so.s->exp = so.s->rsp_next = 0xfffffff8;
	so.s->rx_ssn = 0xfffffffc;
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t at = i ^ 1;			/* the second of each pair first */

		v = solo_send(&so, 0xfffffff8 + at, 0xfffffffc + at, 0, 8, 8);
		CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
		solo_obey(&so);
		for (size_t k = 0; k < so.n_acts; k++)
			if (so.acts[k].type == WEFT_ACT_COMPLETE_RECV)
				CU_ASSERT_EQUAL(so.acts[k].wc.ssn, 0xfffffffc + n++);
	}
	CU_ASSERT_EQUAL(n, 16);
	CU_ASSERT_EQUAL(so.s->exp, 8);
	solo_fini(&so);
}

WEFT_SUITE(t_responder) {
	{ "place__what_the_host_is_told", place__what_the_host_is_told },
	{ "rsp_rx__length_zero", rsp_rx__length_zero },
	{ "build_read_rsp__again", build_read_rsp__again },
	{ "rsp_rx__reads_in", rsp_rx__reads_in },
	{ "slot_for__rod_gaps", slot_for__rod_gaps },
	{ "slot_for__rod_without_gaps", slot_for__rod_without_gaps },
	{ "rsp_rx__wrap", rsp_rx__wrap },
	{ "slot_for__room_until_answered", slot_for__room_until_answered },
	{ "rsp_work__in_order", rsp_work__in_order },
	{ "execute__in_order", execute__in_order },
	{ "execute__atomic_once", execute__atomic_once },
	{ "complete_recv__write_with_immediate", complete_recv__write_with_immediate },
	{ "nak__rnr_and_epochs", nak__rnr_and_epochs },
	{ "nak__rnr_of_write_with_immediate", nak__rnr_of_write_with_immediate },
	{ "nak__rnr_waits_for_placements", nak__rnr_waits_for_placements },
	{ "rsp_next__refusal_behind_read_data", rsp_next__refusal_behind_read_data },
	{ "build_tack__latest", build_tack__latest },
};
