/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/tx.c: what goes first, and what may go at all. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull

/* WEFT-ACK-021: Acknowledgement, lost, control, response, request. */
static void weft_tx__order(void)
{
	struct weft_hdr_tlv_ep_connect ep = { .src_qpn = 0x51, .window = 16, .reads = 4 };
	struct weft_stream_cfg cfg;
	struct weft_stream *s2;
	struct weft_view v;
	struct solo so;
	void *mem;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_drain(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 8, 0);		/* a request */
	v = solo_send(&so, 0, 0, 0, 8, 8);
	v.d.flags |= WEFT_DFLAGS_AR;				/* an acknowledgement */
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);						/* a response: TACK */
	cfg = so.scfg;
	cfg.qpn = 0x61;
	mem = calloc(1, weft_stream_size(&cfg));
	weft_stream_init(so.p, mem, &cfg, &s2);
	weft_ep_accept(s2, &ep, NULL, 0);			/* control */
	retx_mark_lost(so.p, txrec_of(so.p, so.p->una));	/* lost */
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_CTRL);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_WRITE);	/* before a mere TACK */
	CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 1);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_TACK);
	CU_ASSERT(!solo_tx(&so));
	free(mem);
	solo_fini(&so);
}

/* WEFT-ACK-010: READ data and refusals go before requests; a mere TACK waits for one at most. */
static void next_operation__responses_first(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8 * 1024, 0);
	v = solo_read(&so, 0, 2048);
	solo_rx(&so, &v);
	solo_obey(&so);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_READ_RSP);
	}
	v = solo_send(&so, 1, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_WRITE);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_TACK);
	v = solo_write(&so, 2, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_NO_RIGHTS);
	solo_work(&so);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_NO_RIGHTS);
	solo_fini(&so);
}

static void fill_window(struct solo *so, uint16_t window)
{
	solo_init(so);
	so->prof.window = so->peer_window = window;
	so->prof.cc = WEFT_CC_FIXED;
	so->prof.cc_init_pkts = 4096;
	solo_ready(so);
	solo_post(so, WEFT_OPCODE_WRITE, 1, 5000 * 1024, 0);
}

/* WEFT-ACK-022, WEFT-ACK-010: an eighth stays free, and a response finds it so. */
static void room__requests_leave_some(void)
{
	for (uint16_t window = 16; window <= 4096; window = (uint16_t)(window * 2)) {
		struct weft_view v;
		struct solo so;

		fill_window(&so, window);
		CU_ASSERT_EQUAL(solo_drain(&so), window - window / 8u);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_AR);	/* the last asks for an answer */
		v = solo_send(&so, 0, 0, 0, 8, 8);
		solo_take(&so, &v, WEFT_STATUS_OK);
		solo_obey(&so);
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
		solo_fini(&so);
	}
}

/* WEFT-ACK-009, and WEFT-CC-001: responses may use it all, up to the congestion window. */
static void room__responses_up_to_the_window(void)
{
	struct weft_view v;
	struct solo so;

	fill_window(&so, 16);
	CU_ASSERT_EQUAL(solo_drain(&so), 14);
	for (uint32_t msn = 0; msn < 4; msn++) {
		v = solo_read(&so, msn, 1000);
		solo_rx(&so, &v);
	}
	solo_obey(&so);
	solo_drain(&so);
	CU_ASSERT_EQUAL(so.p->nxt - so.p->una, 16);
	CU_ASSERT_EQUAL(so.p->flight_rsp, 2);
	solo_fini(&so);
}

/* WEFT-ACK-009, WEFT-ACK-011: what may be sent before the peer has said what it can take. */
static void room__before_the_peer_has_answered(void)
{
	struct weft_stream_cfg cfg;
	struct solo so;
	void *mem[20];

	solo_init(&so);
	so.prof.max_streams = 20;
	solo_start(&so);
	cfg = so.scfg;
	for (uint32_t i = 0; i < 20; i++) {
		struct weft_stream *s;

		cfg.qpn = 100 + i;
		mem[i] = calloc(1, weft_stream_size(&cfg));
		weft_stream_init(so.p, mem[i], &cfg, &s);
		CU_ASSERT_EQUAL(weft_ep_connect(s, 1, NULL, 0), i < CTRL_SLOTS ? WEFT_OK :
				WEFT_EFULL);
	}
	CU_ASSERT_EQUAL(solo_drain(&so), WEFT_INITIAL_WINDOW);
	CU_ASSERT_EQUAL(req_payload_max(so.p), WEFT_INITIAL_PAYLOAD);
	for (int i = 0; i < 20; i++)
		free(mem[i]);
	solo_fini(&so);
	solo_init(&so);
	so.cfg.mtu_payload = 512;
	solo_start(&so);
	CU_ASSERT_EQUAL(req_payload_max(so.p), 512);
	solo_fini(&so);
}

/* WEFT-ACK-009: the window that the peer gives this context, not all that its HELLO said it may. */
static void room__window_of_this_context(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.cfg.peer_window = 64;
	so.peer_window = 16;
	so.prof.cc = WEFT_CC_FIXED;
	so.prof.cc_init_pkts = 4096;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 100 * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 14);
	v = solo_ack(&so, so.p->una + 3);
	v.b.ack.h.window = 0;			/* no room beyond what it gave, says the peer */
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_drain(&so), 0);
	solo_fini(&so);
}

/* WEFT-CC-001: each class by itself. */
static void cc_room__requests_and_responses(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.prof.cc_init_pkts = 5;
	so.prof.cc = WEFT_CC_FIXED;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 20 * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(&so), 5);
	v = solo_read(&so, 0, 20 * 1024);
	solo_rx(&so, &v);
	solo_obey(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
	solo_drain(&so);
	CU_ASSERT_EQUAL(so.p->flight_req, 5);
	CU_ASSERT_EQUAL(so.p->flight_rsp, 5);
	v = solo_ack(&so, so.p->una + 1);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(solo_drain(&so), 2);
	CU_ASSERT_EQUAL(so.p->flight_req, 5);
	solo_fini(&so);
}

/* Streams take turns, packet by packet. */
static void next_request__streams_take_turns(void)
{
	struct weft_stream *s[4];
	unsigned sent[4] = { 0 };
	struct solo so;
	void *mem[4];

	solo_init(&so);
	solo_open(&so);
	for (uint32_t i = 0; i < 4; i++)
		s[i] = solo_stream(&so, 0x60 + i, 0x50 + i, &mem[i]);
	for (int i = 0; i < 4; i++) {
		so.s = s[i];
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 50 * 1024, 0);
	}
	for (int i = 0; i < 40; i++) {
		CU_ASSERT(solo_tx(&so));
		sent[so.sent.b.data.op.qpn - 0x50]++;
	}
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(sent[i], 10);
	for (int i = 0; i < 4; i++)
		free(mem[i]);
	solo_fini(&so);
}

/* WEFT-MEM-006: the region went away between the READ and its answer. */
static void weft_read_failed__becomes_a_refusal(void)
{
	struct weft_view v;
	struct solo so;

	for (int when = 0; when < 2; when++) {		/* at once; or when sent again */
		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
		v = solo_read(&so, 0, 2000);
		solo_rx(&so, &v);
		solo_obey(&so);
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
		CU_ASSERT_EQUAL(so.txd.src, WEFT_SRC_MEM);
		if (when) {
			solo_drain(&so);
			retx_mark_lost(so.p, txrec_of(so.p, so.p->una));
			CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_READ_RSP));
		}
		weft_read_failed(so.p, &so.txd, WEFT_STATUS_BAD_KEY);
		CU_ASSERT_PTR_NULL(net_check(so.p));
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
		CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_BAD_KEY);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, 0);
		CU_ASSERT_EQUAL(so.sent.d.psn, so.p->una);
		CU_ASSERT_EQUAL(so.txd.src, WEFT_SRC_NONE);
		solo_work(&so);
		if (when) {		/* the peer may have had it, and be done with it */
			CU_ASSERT_EQUAL(so.n_acts, 0);
			solo_fini(&so);
			continue;
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(solo_event(&so, WEFT_EV_STREAM_ERROR));
		CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->arg, 1);
		CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->wc.status,
				WEFT_STATUS_BAD_KEY);
		CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status, WEFT_STATUS_FLUSHED);
		weft_read_failed(so.p, &so.txd, WEFT_STATUS_BAD_KEY);	/* again: nothing */
		CU_ASSERT_PTR_NULL(net_check(so.p));
		solo_fini(&so);
	}
}

/* However few the places, nothing is skipped. */
static void weft_tx__one_or_many_at_a_time(void)
{
	struct weft_txd txd[8];
	struct solo so;
	uint32_t psn;

	solo_init(&so);
	solo_ready(&so);
	psn = so.p->nxt;
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 11 * 1024, 0);
	CU_ASSERT_EQUAL(weft_tx(so.p, txd, 0, so.now), 0);
	CU_ASSERT_EQUAL(weft_tx(so.p, txd, 8, so.now), 8);
	CU_ASSERT_EQUAL(weft_tx(so.p, txd, 1, so.now), 1);
	CU_ASSERT_EQUAL(txd[0].psn, psn + 8);
	CU_ASSERT_EQUAL(txd[0].offset, 8 * 1024);
	CU_ASSERT_EQUAL(weft_tx(so.p, txd, 8, so.now), 2);
	CU_ASSERT_EQUAL(txd[1].psn, psn + 10);
	CU_ASSERT_EQUAL(weft_tx(so.p, txd, 8, so.now), 0);
	solo_fini(&so);
}

WEFT_SUITE(t_tx) {
	{ "weft_tx__order", weft_tx__order },
	{ "weft_tx__one_or_many_at_a_time", weft_tx__one_or_many_at_a_time },
	{ "next_operation__responses_first", next_operation__responses_first },
	{ "room__requests_leave_some", room__requests_leave_some },
	{ "room__responses_up_to_the_window", room__responses_up_to_the_window },
	{ "room__before_the_peer_has_answered", room__before_the_peer_has_answered },
	{ "room__window_of_this_context", room__window_of_this_context },
	{ "cc_room__requests_and_responses", cc_room__requests_and_responses },
	{ "next_request__streams_take_turns", next_request__streams_take_turns },
	{ "weft_read_failed__becomes_a_refusal", weft_read_failed__becomes_a_refusal },
};
