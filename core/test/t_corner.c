/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Corners that the tests of single files do not reach: what several files have to do right
 * together, and faults of one that others hide.
 */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull
#define MS 1000000ull

/* ---- acknowledgements --------------------------------------------------------------- */

/* WEFT-ACK-003: counted by packets that came, however late they are placed. */
static void ack_note__placement_not_answered(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	CU_ASSERT_EQUAL(solo_drain(&so), 0);
	for (uint32_t i = 0; i < 8; i++) {
		CU_ASSERT(!solo_tx(&so));
		v = solo_write(&so, 0, i * 8, 8, 128);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	}
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	solo_fini(&so);
}

/* A data packet says nothing of what came behind a gap, so the acknowledgement still goes. */
static void emit__keeps_the_acknowledgement_of_a_gap(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	so.psn++;				/* the gap */
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	solo_rx(&so, &v);
	solo_drain(&so);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);	/* behind it, but the next to come */
	solo_rx(&so, &v);
	CU_ASSERT(!solo_tx(&so));
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_DATA);
	solo_until(&so, so.now + 2 * MS);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	CU_ASSERT_EQUAL(so.sent.b.ack.h.words, 1);
	solo_fini(&so);
}

/* WEFT-RTX-002: only a packet that came twice widens the reordering time. */
static void echo_rtt__of_another_packet_in_the_same_place(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t psn;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_drain(&so);
	psn = so.p->una;
	retx_mark_lost(so.p, txrec_of(so.p, psn));
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
	solo_ack_all(&so);
	for (int i = 0; i < 2; i++) {
		v = solo_ack(&so, psn);
		v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
		v.b.ack.h.echo_psn = i ? psn : psn + so.prof.window;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.p->reo_steps > 0, i);
	}
	solo_fini(&so);
}

/* WEFT-ACK-007, and WEFT-CONV-001 at its edge: what is as far behind as ahead was never sent. */
static void ack_rx__half_the_circle_away(void)
{
	static const struct { uint32_t ahead; enum weft_drop why; } rows[] = {
		{ 0x80000001, WEFT_DROP_NONE }, { 0x80000000, WEFT_DROP_NONE },
		{ 0x7fffffff, WEFT_DROP_BAD_ACK }, { 1, WEFT_DROP_BAD_ACK },
		{ 0, WEFT_DROP_BAD_ACK }, { 0xffffffff, WEFT_DROP_NONE },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		uint32_t edge;
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
		solo_drain(&so);
		edge = so.p->peer_edge;
		v = solo_ack(&so, so.p->nxt + rows[i].ahead);
		v.b.ack.h.window = 0;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), rows[i].why);
		v = solo_op(&so, WEFT_OPCODE_NOP, 0);
		v.d.flags |= WEFT_DFLAGS_AKV;
		v.d.ack_psn = so.p->nxt + rows[i].ahead;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), rows[i].why);
		CU_ASSERT(so.p->peer_edge - edge <= 1);	/* an old one opens no window */
		CU_ASSERT_EQUAL(so.p->una == so.p->nxt, i == 5);
		solo_fini(&so);
	}
}

/* ---- contexts ----------------------------------------------------------------------- */

/* WEFT-PDC-014: no room to send leaves the context open until the peer knows. */
static void pdc_maybe_closed__not_before_it_is_acknowledged(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	v = solo_ctrl(&so, WEFT_TLV_CLOSE, NULL, 0);
	v.d.flags |= WEFT_DFLAGS_AR;		/* at once: no time is set for it */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(weft_tx(so.p, &so.txd, 0, so.now), 0);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
	solo_fini(&so);
}

/* WEFT-PDC-004: beyond what the peer has seen, also if that is beyond what we would use. */
static void rebase__floor_ahead_of_us(void)
{
	static const uint32_t ahead[] = { 0, 1, 2, 1000, 0x7ffffff0 };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(ahead); i++) {
		struct weft_view v;
		struct solo so;
		uint32_t floor;

		solo_init(&so);
		solo_start(&so);
		so.p->want_nop = true;
		CU_ASSERT_EQUAL(solo_drain(&so), 1);
		floor = so.peer.tx_next + ahead[i];
		v = solo_pkt(&so, WEFT_PTYPE_NACK);
		v.b.nack.h.reason = WEFT_NACK_NEW_START_PSN;
		v.b.nack.h.echo_psn = so.p->una;
		v.b.nack.h.arg = floor;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT(psn_before(floor, so.p->tx_start));
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.syn.start_psn, so.p->tx_start);
		CU_ASSERT_EQUAL(so.sent.d.psn, so.p->tx_start);
		solo_fini(&so);
	}
}

/* A host that asked for the end gets no new streams, though the context is still open. */
static void weft_stream_init__after_close(void)
{
	struct weft_stream_cfg cfg;
	struct weft_stream *s;
	struct solo so;
	void *mem;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);	/* keeps it open */
	weft_pdc_close(so.p);
	solo_drain(&so);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	cfg = so.scfg;
	cfg.qpn++;
	mem = calloc(1, weft_stream_size(&cfg));
	CU_ASSERT_EQUAL(weft_stream_init(so.p, mem, &cfg, &s), WEFT_ESTATE);
	free(mem);
	solo_fini(&so);
}

/* ---- streams ------------------------------------------------------------------------ */

static unsigned disconnects(struct solo *so)
{
	unsigned n = 0;

	while (solo_tx_type(so, WEFT_PTYPE_CTRL))
		n += so->sent.b.ctrl.tlvs[0] == WEFT_TLV_EP_DISCONNECT >> 8 &&
		     so->sent.b.ctrl.tlvs[1] == (WEFT_TLV_EP_DISCONNECT & 0xff);
	return n;
}

/* WEFT-MGT-009: once, whatever the host does. */
static void tell_end__once(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	CU_ASSERT_EQUAL(disconnects(&so), 1);
	solo_work(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT_EQUAL(disconnects(&so), 0);
	solo_fini(&so);
}

/* A stream that its host failed tells that, and gives no more answers. */
static void next_answer__not_after_the_end(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_read(&so, 0, 8);
	solo_rx(&so, &v);
	solo_obey(&so);				/* executed; the answer waits to be sent */
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	while (solo_tx(&so))
		CU_ASSERT(so.sent.d.type != WEFT_PTYPE_DATA ||
			  so.sent.b.data.op.opcode != WEFT_OPCODE_READ_RSP);
	solo_fini(&so);
}

/* A late answer for a packet of the stream before is nothing to the one in its memory. */
static void weft_done__packet_of_a_stream_that_has_gone(void)
{
	const struct weft_hdr_tlv_ep_connect h = { .src_qpn = SOLO_PEER_QPN, .window = 16 };
	struct weft_view v;
	struct solo so;
	uint32_t old;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 0, 0, 8, 16);
	solo_rx(&so, &v);
	old = so.act.token;
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	solo_drain(&so);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(weft_stream_init(so.p, so.smem, &so.scfg, &so.s), WEFT_OK);
	CU_ASSERT_EQUAL(weft_ep_accept(so.s, &h, NULL, 0), WEFT_OK);
	solo_drain(&so);
	v = solo_write(&so, 0, 0, 8, 16);
	solo_take(&so, &v, WEFT_STATUS_OK);
	v = solo_write(&so, 0, 8, 8, 16);
	solo_rx(&so, &v);			/* not placed yet */
	weft_done(so.p, old, WEFT_STATUS_OK, 0);
	solo_obey(&so);
	CU_ASSERT_EQUAL(so.s->exp, 0);
	weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
	solo_obey(&so);
	CU_ASSERT_EQUAL(so.s->exp, 1);
	solo_fini(&so);
}

/* WEFT-SEM-032: whatever came of a READ before the peer refused it, its replay begins anew. */
static void req_expire_rnr__read_answered_in_part(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 1, 16, 0);
	solo_drain(&so);
	v = solo_read_rsp(&so, 0, 0, 8, 16);
	CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	v = solo_tack(&so, 0, WEFT_STATUS_RNR);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_RNR);
	solo_ack_all(&so);
	solo_until(&so, so.now + 100 * US);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ));
	for (uint32_t off = 0; off < 16; off += 8) {
		v = solo_read_rsp(&so, 0, off, 8, 16);
		CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_OK), WEFT_DROP_NONE);
	}
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL_FATAL(solo_find(&so, WEFT_ACT_COMPLETE));
	CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status, WEFT_STATUS_OK);
	solo_fini(&so);
}

/* WEFT-SEM-032: nothing of the old epoch may be in the network when the replay begins. */
static void req_expire_rnr__waits_for_acknowledgements(void)
{
	struct weft_stream *other;
	struct weft_view v;
	struct solo so;
	void *mem;

	solo_init(&so);
	solo_ready(&so);
	other = solo_stream(&so, 0x61, 0x51, &mem);
	solo_post(&so, WEFT_OPCODE_SEND, 1, 8, 0);
	solo_drain(&so);
	solo_ack_all(&so);			/* this one's time will come */
	weft_post(other, &(struct weft_wr){ .opcode = WEFT_OPCODE_SEND, .len = 8 });
	solo_drain(&so);
	for (int i = 0; i < 2; i++) {
		v = solo_tack(&so, 0, WEFT_STATUS_RNR);
		v.b.data.op.qpn = i ? 0x61 : SOLO_QPN;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	}
	so.now += 50 * US;			/* the delay is over */
	weft_expire(so.p, so.now);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
	CU_ASSERT_EQUAL(weft_stream_state(other), WEFT_STREAM_STATE_RNR);
	solo_ack_all(&so);
	solo_until(&so, so.now + 50 * US);
	CU_ASSERT_EQUAL(weft_stream_state(other), WEFT_STREAM_STATE_READY);
	free(mem);
	solo_fini(&so);
}

/* The host answers an execution once; what comes after that changes nothing. */
static void rsp_done_exec__answered_again(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t token;

	solo_init(&so);
	solo_ready(&so);
	v = solo_read(&so, 0, 8);
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL_FATAL(solo_find(&so, WEFT_ACT_READ));
	token = solo_find(&so, WEFT_ACT_READ)->token;
	weft_done(so.p, token, WEFT_STATUS_OK, 0);
	weft_done(so.p, token, WEFT_STATUS_NO_RIGHTS, 0);
	solo_work(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
	solo_fini(&so);
}

/* ---- sending ------------------------------------------------------------------------ */

/* WEFT-RTX-004: a receiver that takes packets in order has no use for a new one before. */
static void send_new__rod_waits_for_what_is_lost(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.cfg.mode = WEFT_MODE_ROD;
	so.prof.cc = WEFT_CC_FIXED;
	so.prof.cc_init_pkts = 4;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 4 * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 4);
	solo_until(&so, so.now + 300 * MS);	/* timeout: the window is one packet */
	CU_ASSERT_EQUAL(solo_drain(&so), 1);
	CU_ASSERT(so.p->lost.head != NO_IDX);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);				/* a TACK is due, which needs a PSN */
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_TACK));
	solo_ack_all(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	solo_fini(&so);
}

WEFT_SUITE(t_corner) {
	{ "ack_note__placement_not_answered", ack_note__placement_not_answered },
	{ "emit__keeps_the_acknowledgement_of_a_gap", emit__keeps_the_acknowledgement_of_a_gap },
	{ "echo_rtt__of_another_packet_in_the_same_place",
	  echo_rtt__of_another_packet_in_the_same_place },
	{ "ack_rx__half_the_circle_away", ack_rx__half_the_circle_away },
	{ "pdc_maybe_closed__not_before_it_is_acknowledged",
	  pdc_maybe_closed__not_before_it_is_acknowledged },
	{ "rebase__floor_ahead_of_us", rebase__floor_ahead_of_us },
	{ "weft_stream_init__after_close", weft_stream_init__after_close },
	{ "tell_end__once", tell_end__once },
	{ "next_answer__not_after_the_end", next_answer__not_after_the_end },
	{ "weft_done__packet_of_a_stream_that_has_gone",
	  weft_done__packet_of_a_stream_that_has_gone },
	{ "req_expire_rnr__read_answered_in_part", req_expire_rnr__read_answered_in_part },
	{ "req_expire_rnr__waits_for_acknowledgements",
	  req_expire_rnr__waits_for_acknowledgements },
	{ "rsp_done_exec__answered_again", rsp_done_exec__answered_again },
	{ "send_new__rod_waits_for_what_is_lost", send_new__rod_waits_for_what_is_lost },
};
