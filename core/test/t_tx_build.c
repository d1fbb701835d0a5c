/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/tx_build.c: the bytes of packets, read back. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

/* Each packet of a message: its place, its range, its flags (section 40.2). */
static void build_req__every_packet_of_a_message(void)
{
	static const uint32_t lens[] = { 0, 1, 1023, 1024, 1025, 2048, 5000 };
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint32_t i = 0; i < WEFT_ARRAY_LEN(lens); i++) {
		bool write = i % 2;
		uint32_t len = lens[i], off = 0;

		solo_post(&so, write ? WEFT_OPCODE_WRITE : WEFT_OPCODE_SEND, i + 1, len,
			  WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE);
		do {
			const struct weft_hdr_op *op = &so.sent.b.data.op;
			uint8_t want = (uint8_t)(off ? 0 : WEFT_OFLAGS_SOM);

			CU_ASSERT_FATAL(solo_tx(&so));
			if (off + op->length == len)
				want |= WEFT_OFLAGS_EOM | WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE;
			CU_ASSERT_EQUAL(op->flags, want);
			CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_GEN,	/* WEFT-PKT-032 */
					SOLO_PEER_GEN);
			CU_ASSERT_EQUAL(op->qpn, SOLO_PEER_QPN);
			CU_ASSERT_EQUAL(op->msn, i);
			CU_ASSERT_EQUAL(op->length, so.txd.len);
			CU_ASSERT(op->length == 1024 || off + op->length == len);
			CU_ASSERT_EQUAL(so.txd.src, op->length ? WEFT_SRC_WR : WEFT_SRC_NONE);
			CU_ASSERT_EQUAL(so.txd.offset, off);
			CU_ASSERT_EQUAL(so.txd.local, 0x1000 * (i + 1));
			if (write) {
				CU_ASSERT_EQUAL(so.sent.b.data.u.write.offset, off);
				CU_ASSERT_EQUAL(so.sent.b.data.u.write.msg_len, len);
				CU_ASSERT_EQUAL(so.sent.b.data.u.write.rkey, 0x77);
				CU_ASSERT_EQUAL(so.sent.b.data.u.write.addr, 0x10000);
			} else {
				CU_ASSERT_EQUAL(so.sent.b.data.u.send.offset, off);
				CU_ASSERT_EQUAL(so.sent.b.data.u.send.msg_len, len);
				CU_ASSERT_EQUAL(so.sent.b.data.u.send.ssn, i);
			}
			off += op->length;
		} while (off < len);
		CU_ASSERT_EQUAL(so.sent.b.data.imm.imm, i + 1);
		CU_ASSERT_EQUAL(so.sent.b.data.imm.ssn, i);	/* WEFT-SEM-013: one for each */
		CU_ASSERT(!solo_tx(&so));
		solo_ack_all(&so);
	}
	solo_fini(&so);
}

static void build_req__read_and_atomic(void)
{
	struct weft_wr wr = { .id = 9, .addr = 0x123456789abcdef8ull, .rkey = 0xfeedbeef, .len = 8,
			      .opcode = WEFT_OPCODE_ATOMIC, .aop = WEFT_AOP_CAS,
			      .operand = 0x1111222233334444ull, .compare = 0x5555666677778888ull };
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	CU_ASSERT_EQUAL(weft_post(so.s, &wr), WEFT_OK);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.flags, WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM);
	CU_ASSERT_EQUAL(so.sent.b.data.op.length, 0);
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic.rkey, wr.rkey);
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic.addr, wr.addr);
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic.aop, WEFT_AOP_CAS);
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic.width, 8);
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic.operand, wr.operand);
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic.compare, wr.compare);
	wr.opcode = WEFT_OPCODE_READ;
	wr.len = 100000;
	CU_ASSERT_EQUAL(weft_post(so.s, &wr), WEFT_OK);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_READ);
	CU_ASSERT_EQUAL(so.sent.b.data.op.length, 0);
	CU_ASSERT_EQUAL(so.sent.b.data.u.read.msg_len, 100000);
	CU_ASSERT_EQUAL(so.sent.b.data.u.read.addr, wr.addr);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

static void build_read_rsp__in_pieces(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t off;

	solo_init(&so);
	solo_ready(&so);
	v = solo_read(&so, 0, 2500);
	solo_rx(&so, &v);
	v = solo_read(&so, 1, 0);
	solo_rx(&so, &v);
	solo_obey(&so);
	for (off = 0; off < 2500; off += so.txd.len) {
		CU_ASSERT_FATAL(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
		CU_ASSERT_EQUAL(so.sent.b.data.op.qpn, SOLO_PEER_QPN);
		CU_ASSERT_EQUAL(so.sent.b.data.u.read_rsp.offset, off);
		CU_ASSERT_EQUAL(so.sent.b.data.u.read_rsp.msg_len, 2500);
		CU_ASSERT_EQUAL(so.sent.b.data.op.flags, (off ? 0 : WEFT_OFLAGS_SOM) |
				(off + so.txd.len == 2500 ? WEFT_OFLAGS_EOM : 0));
		CU_ASSERT_EQUAL(so.txd.src, WEFT_SRC_MEM);
		CU_ASSERT_EQUAL(so.txd.key, 0x77);
		CU_ASSERT_EQUAL(so.txd.addr, 0x10000 + off);
		CU_ASSERT_FATAL(so.txd.len > 0);
	}
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
	CU_ASSERT_EQUAL(so.txd.src, WEFT_SRC_NONE);
	solo_fini(&so);
}

/* WEFT-RTX-001: the same PSN, RTX, and the same operation. */
static void build_rec__sent_again(void)
{
	struct weft_view first;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 3000, WEFT_OFLAGS_IMM);
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT(solo_tx(&so));
		first = so.sent;
		CU_ASSERT_EQUAL(first.d.flags & WEFT_DFLAGS_RTX, 0);
		retx_mark_lost(so.p, txrec_of(so.p, first.d.psn));
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, first.d.psn);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		CU_ASSERT_EQUAL(memcmp(&so.sent.b.data, &first.b.data, sizeof(first.b.data)), 0);
	}
	solo_fini(&so);
}

/* A message that the peer has completed is not sent again, though its packet's PSN is. */
static void build_req__complete_meanwhile(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_drain(&so);
	v = solo_tack(&so, 0, WEFT_STATUS_OK);		/* overtakes the acknowledgement */
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 1);			/* the buffer is the host's again */
	retx_mark_lost(so.p, txrec_of(so.p, so.p->una));
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_NOP);
	CU_ASSERT_EQUAL(so.txd.src, WEFT_SRC_NONE);
	solo_fini(&so);
}

/* A READ's message place may serve a later one when its answer is sent again. */
static void build_read_rsp__place_taken_by_a_later_message(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t psn;

	solo_init(&so);
	so.scfg.window = 1;
	so.scfg.reads = 1;
	solo_ready(&so);
	v = solo_read(&so, 0, 100);
	solo_rx(&so, &v);
	solo_obey(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
	psn = so.sent.d.psn;
	v = solo_atomic(&so, 1);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	retx_mark_lost(so.p, txrec_of(so.p, psn));
	while (solo_tx(&so) && so.sent.d.psn != psn)
		;
	CU_ASSERT_EQUAL(so.sent.d.psn, psn);
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_NOP);
	solo_obey(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_ATOMIC_RSP));
	psn = so.sent.d.psn;
	v = solo_read(&so, 2, 100);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	retx_mark_lost(so.p, txrec_of(so.p, psn));
	while (solo_tx(&so) && so.sent.d.psn != psn)
		;
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_NOP);
	solo_fini(&so);
}

/* The largest of everything fits into WEFT_HDR_MAX, and WEFT_OVERHEAD is the truth. */
static void finish__largest_headers(void)
{
	struct weft_view v;
	struct solo so;
	uint8_t priv[WEFT_EP_PRIVATE_MAX];
	uint32_t most = 0;

	memset(priv, 'p', sizeof(priv));
	solo_init(&so);
	so.prof.window = so.peer_window = 4096;
	solo_ready(&so);
	so.p->peer_knows = false;			/* SYN on everything */
	solo_post(&so, WEFT_OPCODE_SEND, 1, 1024, WEFT_OFLAGS_IMM);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 1024, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL);
	v = solo_read(&so, 0, 1024);
	v.d.pdc_id = 0;
	solo_syn(&so, &v);
	solo_rx(&so, &v);
	solo_obey(&so);
	while (solo_tx(&so)) {
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_SYN);
		if (so.txd.len && so.txd.hdr_len + WEFT_HDR_CRC_LEN > most)
			most = so.txd.hdr_len + WEFT_HDR_CRC_LEN;
	}
	CU_ASSERT_EQUAL(most, WEFT_OVERHEAD);
	solo_fini(&so);
	solo_init(&so);
	solo_start(&so);
	so.smem = NULL;
	CU_ASSERT(WEFT_HDR_DELIVERY_LEN + WEFT_HDR_SYN_LEN + WEFT_HDR_CTRL_LEN + CTRL_BYTES <=
		  WEFT_HDR_MAX);
	CU_ASSERT(WEFT_HDR_DELIVERY_LEN + WEFT_HDR_SYN_LEN + WEFT_HDR_ACK_LEN +
		  WEFT_MAX_SACK_WORDS * WEFT_HDR_SACKWORD_LEN <= WEFT_HDR_MAX);
	solo_fini(&so);
}

/* WEFT-CONV-002: everything that an engine sends reads back, packed again, to the same bytes. */
static void build__reserved_fields_are_zero(void)
{
	uint8_t again[PK_MAX];
	struct weft_view v;
	struct solo so;
	unsigned seen = 0;

	solo_init(&so);
	solo_ready(&so);
	so.p->peer_knows = false;
	solo_post(&so, WEFT_OPCODE_SEND, 1, 100, WEFT_OFLAGS_IMM);
	solo_post(&so, WEFT_OPCODE_READ, 2, 100, 0);
	solo_post(&so, WEFT_OPCODE_ATOMIC, 3, 8, 0);
	v = solo_read(&so, 0, 100);
	v.d.flags |= WEFT_DFLAGS_AR;
	v.d.pdc_id = 0;
	solo_syn(&so, &v);
	solo_rx(&so, &v);
	v = solo_atomic(&so, 1);
	v.d.pdc_id = 0;
	solo_syn(&so, &v);
	solo_rx(&so, &v);
	solo_obey(&so);
	for (int i = 0; i < 3; i++) {
		while (solo_tx(&so)) {
			CU_ASSERT_EQUAL(pk_build(again, &so.sent), so.sent.used);
			CU_ASSERT_EQUAL(memcmp(again, so.out, so.sent.used), 0);
			CU_ASSERT_EQUAL(so.sent.d.fabric, 0);
			seen |= 1u << so.sent.d.type;
		}
		if (!i)
			weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
		else
			weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, true);
	}
	CU_ASSERT_EQUAL(seen, 1u << WEFT_PTYPE_DATA | 1u << WEFT_PTYPE_ACK |
			1u << WEFT_PTYPE_CTRL | 1u << WEFT_PTYPE_NACK);
	solo_fini(&so);
}

/* A packet whose header is short has more room; with SYN, or what is attached, less. */
static void req_next__fills_the_packet(void)
{
	static const struct {
		enum weft_opcode op;
		uint8_t flags;
		bool syn;
		uint32_t len;
	} rows[] = {
		{ WEFT_OPCODE_SEND, 0, false, 1088 },			/* 1132 - 44 */
		{ WEFT_OPCODE_WRITE, 0, false, 1080 },			/* 1132 - 52 */
		{ WEFT_OPCODE_SEND, WEFT_OFLAGS_IMM, false, 1080 },	/* 1132 - 52 */
		{ WEFT_OPCODE_WRITE, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL, true, 1024 },
		{ WEFT_OPCODE_WRITE, 0, true, 1048 },			/* 1132 - 84 */
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;

		solo_init(&so);
		so.cfg.mtu_payload = 1024;
		so.cfg.mtu = 1024 + WEFT_OVERHEAD;
		so.peer_max_payload = 4096;
		solo_ready(&so);
		so.p->peer_knows = !rows[i].syn;
		solo_post(&so, rows[i].op, 1, 2000, rows[i].flags);
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.txd.len, rows[i].len);
		CU_ASSERT(so.txd.hdr_len + so.txd.len + WEFT_HDR_CRC_LEN <= so.cfg.mtu);
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.txd.len, 2000 - rows[i].len);
		CU_ASSERT(so.txd.hdr_len + so.txd.len + WEFT_HDR_CRC_LEN <= so.cfg.mtu);
		solo_fini(&so);
	}
}

/* WEFT-PKT-012: what came with a mark is answered without. */
static void build__no_marks(void)
{
	struct weft_view v;
	struct solo so;
	unsigned seen = 0;

	solo_init(&so);
	solo_ready(&so);
	v = solo_read(&so, 0, 3000);
	v.d.fabric = WEFT_FABRIC_CE;
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(&so, &v);
	solo_obey(&so);
	solo_post(&so, WEFT_OPCODE_SEND, 1, 100, 0);
	while (solo_tx(&so)) {
		CU_ASSERT_EQUAL(so.sent.d.fabric, 0);
		seen |= 1u << so.sent.d.type;
	}
	CU_ASSERT_EQUAL(seen, 1u << WEFT_PTYPE_DATA | 1u << WEFT_PTYPE_ACK);
	CU_ASSERT_EQUAL(so.p->ce_count, 1);
	solo_fini(&so);
}

WEFT_SUITE(t_tx_build) {
	{ "req_next__fills_the_packet", req_next__fills_the_packet },
	{ "build_req__every_packet_of_a_message", build_req__every_packet_of_a_message },
	{ "build_req__read_and_atomic", build_req__read_and_atomic },
	{ "build_req__complete_meanwhile", build_req__complete_meanwhile },
	{ "build_read_rsp__in_pieces", build_read_rsp__in_pieces },
	{ "build_read_rsp__place_taken_by_a_later_message",
	  build_read_rsp__place_taken_by_a_later_message },
	{ "build_rec__sent_again", build_rec__sent_again },
	{ "build__reserved_fields_are_zero", build__reserved_fields_are_zero },
	{ "build__no_marks", build__no_marks },
	{ "finish__largest_headers", finish__largest_headers },
};
