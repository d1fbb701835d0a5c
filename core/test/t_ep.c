/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/ep.c: connecting and ending streams, and every wrong form of doing so. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define CONNECT_LEN WEFT_HDR_TLV_EP_CONNECT_LEN
#define ACCEPT_LEN WEFT_HDR_TLV_EP_ACCEPT_LEN
#define END_LEN WEFT_HDR_TLV_EP_DISCONNECT_LEN

static uint8_t value[128];	/* of a TLV */

static const void *connect_value(uint32_t qpn)
{
	struct weft_hdr_tlv_ep_connect h = { .src_qpn = qpn, .service = 0xabc, .credits = 3,
					     .window = 8, .reads = 2 };

	weft_hdr_tlv_ep_connect_pack(value, &h);
	for (uint32_t i = CONNECT_LEN; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
	return value;
}

static const void *accept_value(uint32_t dst, uint32_t src)
{
	struct weft_hdr_tlv_ep_accept h = { .dst_qpn = dst, .src_qpn = src, .credits = 3,
					    .window = 8, .reads = 2 };

	weft_hdr_tlv_ep_accept_pack(value, &h);
	for (uint32_t i = ACCEPT_LEN; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
	return value;
}

static const void *end_value(uint32_t dst, enum weft_ep_reason reason)
{
	struct weft_hdr_tlv_ep_disconnect h = { .dst_qpn = dst, .reason = (uint8_t)reason };

	weft_hdr_tlv_ep_disconnect_pack(value, &h);
	return value;
}

/* An initiator with a stream that has asked, on a context that is open. */
static void asking(struct solo *so)
{
	struct weft_view v;

	solo_init(so);
	solo_start(so);
	so->smem = calloc(1, weft_stream_size(&so->scfg));
	weft_stream_init(so->p, so->smem, &so->scfg, &so->s);
	CU_ASSERT_EQUAL(weft_ep_connect(so->s, 0xabc, "hello", 5), WEFT_OK);
	solo_drain(so);
	v = solo_op(so, WEFT_OPCODE_NOP, 0);
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so->p->nxt - 1;
	solo_syn(so, &v);
	solo_rx(so, &v);
	solo_drain(so);
	solo_work(so);
}

static void weft_ep_connect__what_is_sent(void)
{
	struct weft_hdr_tlv_ep_connect h;
	struct weft_hdr_tlv t;
	struct solo so;
	uint8_t priv[WEFT_EP_PRIVATE_MAX + 1];

	memset(priv, 'x', sizeof(priv));
	for (uint16_t len = 0; len <= WEFT_EP_PRIVATE_MAX + 1; len++) {
		bool fits = len <= WEFT_EP_PRIVATE_MAX;

		solo_init(&so);
		solo_start(&so);
		so.smem = calloc(1, weft_stream_size(&so.scfg));
		weft_stream_init(so.p, so.smem, &so.scfg, &so.s);
		weft_recv_posted(so.s, 12);
		CU_ASSERT_EQUAL(weft_ep_connect(so.s, 0xabcdef01, priv, len), fits ? WEFT_OK :
				WEFT_EINVAL);
		if (fits) {
			CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
			weft_hdr_tlv_unpack(&t, so.sent.b.ctrl.tlvs);
			CU_ASSERT_EQUAL(t.type, WEFT_TLV_EP_CONNECT);
			CU_ASSERT_EQUAL(t.length, CONNECT_LEN + len);
			/* WEFT-PDC-015: and nothing besides */
			CU_ASSERT_EQUAL(so.sent.b.ctrl.len,
					WEFT_HDR_TLV_LEN + ((CONNECT_LEN + len + 3u) & ~3u));
			weft_hdr_tlv_ep_connect_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
			CU_ASSERT(h.src_qpn == SOLO_QPN && h.service == 0xabcdef01 &&
				  h.credits == 12 && h.window == 16 && h.reads == 4);
			CU_ASSERT_EQUAL(memcmp(so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN + CONNECT_LEN,
					       priv, len), 0);
			CU_ASSERT_EQUAL(weft_ep_connect(so.s, 1, NULL, 0), WEFT_ESTATE);
		}
		solo_fini(&so);
	}
}

/* WEFT-MGT-007: nothing of the stream goes out before ACCEPT; posting may. */
static void weft_ep_connect__requests_wait_for_accept(void)
{
	struct weft_view v;
	struct solo so;

	asking(&so);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0), WEFT_OK);
	CU_ASSERT(!solo_tx(&so));
	v = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, accept_value(SOLO_QPN, 99), ACCEPT_LEN + 4);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(so.has_act);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_EP_ACCEPTED);
	CU_ASSERT_PTR_EQUAL(so.act.stream, so.s);
	CU_ASSERT_EQUAL(so.act.priv_len, 4);
	CU_ASSERT_EQUAL(so.act.priv[0], ACCEPT_LEN);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_WRITE));
	CU_ASSERT_EQUAL(so.sent.b.data.op.qpn, 99);
	solo_fini(&so);
}

static void weft_ep_connect__rejected(void)
{
	struct weft_view v;
	struct solo so;

	asking(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	v = solo_ctrl(&so, WEFT_TLV_EP_REJECT, end_value(SOLO_QPN, WEFT_EP_REASON_NO_SERVICE),
		      END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_EP_REJECTED);
	CU_ASSERT_EQUAL(so.act.arg, WEFT_EP_REASON_NO_SERVICE);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 1);			/* one event only, and the work flushed */
	CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_DISCONNECTED);
	v = solo_ctrl(&so, WEFT_TLV_EP_REJECT, end_value(SOLO_QPN, 1), END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);	/* twice: too late */
	solo_fini(&so);
}

/* WEFT-PDC-080, WEFT-PKT-008, WEFT-PKT-009: refused, with nothing done, but the PSN is taken. */
static void ep_rx__malformed(void)
{
	static const struct { uint16_t type, len; enum weft_drop why; } rows[] = {
		{ WEFT_TLV_EP_CONNECT, CONNECT_LEN, WEFT_DROP_NONE },
		{ WEFT_TLV_EP_CONNECT, CONNECT_LEN - 1, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_CONNECT, CONNECT_LEN + 64, WEFT_DROP_NONE },
		{ WEFT_TLV_EP_CONNECT, CONNECT_LEN + 65, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_ACCEPT, ACCEPT_LEN - 1, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_ACCEPT, ACCEPT_LEN + 65, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_REJECT, END_LEN - 1, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_REJECT, END_LEN + 65, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_DISCONNECT, 0, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_DISCONNECT, END_LEN + 4, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_HELLO, 32, WEFT_DROP_BAD_TLV },	/* stands alone only */
		{ WEFT_TLV_VERSION_REJECT, 4, WEFT_DROP_BAD_TLV },
		{ 0xffff, 4, WEFT_DROP_BAD_TLV },		/* unknown, critical */
		{ 0x8000, 4, WEFT_DROP_BAD_TLV },
		{ 0x7fff, 4, WEFT_DROP_BAD_TLV },		/* nothing critical at all */
		{ WEFT_TLV_RESERVED, 4, WEFT_DROP_BAD_TLV },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_ctrl(&so, (enum weft_tlv)rows[i].type, connect_value(SOLO_QPN),
			      rows[i].len);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), rows[i].why);
		CU_ASSERT_EQUAL(so.has_act, rows[i].why == WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
		CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
		CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_BAD_TLV], so.why == WEFT_DROP_BAD_TLV);
		solo_fini(&so);
	}
}

/* WEFT-PDC-080, WEFT-PKT-008, WEFT-PKT-009 */
static void ep_rx__how_many_tlvs(void)
{
	static const struct { uint16_t first, second; enum weft_drop why; } rows[] = {
		{ WEFT_TLV_EP_CONNECT, 0x0123, WEFT_DROP_NONE },
		{ 0x0123, WEFT_TLV_EP_CONNECT, WEFT_DROP_NONE },
		{ WEFT_TLV_EP_CONNECT, WEFT_TLV_EP_CONNECT, WEFT_DROP_BAD_TLV },
		{ WEFT_TLV_EP_CONNECT, 0x8123, WEFT_DROP_BAD_TLV },
		{ 0x8123, WEFT_TLV_EP_CONNECT, WEFT_DROP_BAD_TLV },
		{ 0x0123, 0x0124, WEFT_DROP_BAD_TLV },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_ctrl(&so, (enum weft_tlv)rows[i].first, connect_value(5), CONNECT_LEN);
		v.b.ctrl.len += pk_tlv(so.tlvs + v.b.ctrl.len, rows[i].second, value, CONNECT_LEN);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), rows[i].why);
		CU_ASSERT_EQUAL(so.has_act, rows[i].why == WEFT_DROP_NONE);
		solo_fini(&so);
	}
	for (uint32_t claim = 1; claim < 0x10000; claim += 977) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_ctrl(&so, WEFT_TLV_CLOSE, NULL, 0);
		v.b.ctrl.len += pk_tlv(so.tlvs + v.b.ctrl.len, 0x0123, NULL, 0);
		so.tlvs[6] = (uint8_t)(claim >> 8);	/* the one behind it leaves the packet */
		so.tlvs[7] = (uint8_t)claim;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
		CU_ASSERT(!so.p->peer_closed);
		solo_fini(&so);
	}
	for (uint32_t claim = CONNECT_LEN + 1; claim < 0x10000; claim += 977) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		v = solo_ctrl(&so, WEFT_TLV_EP_CONNECT, connect_value(5), CONNECT_LEN);
		so.tlvs[2] = (uint8_t)(claim >> 8);	/* a TLV that leaves the packet */
		so.tlvs[3] = (uint8_t)claim;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
		CU_ASSERT(!so.has_act);
		v = solo_ctrl(&so, WEFT_TLV_CLOSE, NULL, 0);
		v.b.ctrl.len = 0;			/* none at all */
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
		solo_fini(&so);
	}
}

static void rx_connect__asks_the_host(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	v = solo_ctrl(&so, WEFT_TLV_EP_CONNECT, connect_value(0x99), CONNECT_LEN + 10);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(so.has_act);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_EP_CONNECT);
	CU_ASSERT_EQUAL(so.act.arg, 0xabc);
	CU_ASSERT_EQUAL(so.act.peer_qpn, 0x99);
	CU_ASSERT_EQUAL(so.act.priv_len, 10);
	CU_ASSERT_EQUAL(so.act.priv[9], CONNECT_LEN + 9);
	CU_ASSERT(so.act.ep.window == 8 && so.act.ep.reads == 2 && so.act.ep.credits == 3);
	solo_fini(&so);
}

static void weft_ep_accept__refusals(void)
{
	struct weft_hdr_tlv_ep_connect ep = { .src_qpn = 5 };
	struct weft_stream_cfg cfg;
	struct weft_stream *s;
	struct solo so;
	void *mem;

	solo_init(&so);
	solo_ready(&so);
	cfg = so.scfg;
	cfg.qpn = 7;
	mem = calloc(1, weft_stream_size(&cfg));
	weft_stream_init(so.p, mem, &cfg, &s);
	CU_ASSERT_EQUAL(weft_ep_accept(s, &ep, value, WEFT_EP_PRIVATE_MAX + 1), WEFT_EINVAL);
	ep.src_qpn = 0;
	CU_ASSERT_EQUAL(weft_ep_accept(s, &ep, NULL, 0), WEFT_EINVAL);
	ep.src_qpn = 5;
	CU_ASSERT_EQUAL(weft_ep_accept(so.s, &ep, NULL, 0), WEFT_ESTATE);
	CU_ASSERT_EQUAL(weft_ep_accept(s, &ep, NULL, 0), WEFT_OK);
	CU_ASSERT_EQUAL(s->peer_window, 1);		/* 0 from the wire: one at least */
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, false);
	CU_ASSERT_EQUAL(weft_ep_reject(so.p, 5, WEFT_EP_REASON_REFUSED), WEFT_ESTATE);
	free(mem);
	solo_fini(&so);
}

/* WEFT-MGT-008: a reject names the asker's queue pair, and opens nothing. */
static void weft_ep_reject__what_is_sent(void)
{
	struct weft_hdr_tlv_ep_reject h;
	struct weft_hdr_tlv t;
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	CU_ASSERT_EQUAL(weft_ep_reject(so.p, 0x99, WEFT_EP_REASON_NO_SERVICE), WEFT_OK);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	weft_hdr_tlv_unpack(&t, so.sent.b.ctrl.tlvs);
	weft_hdr_tlv_ep_reject_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
	CU_ASSERT_EQUAL(t.type, WEFT_TLV_EP_REJECT);
	CU_ASSERT_EQUAL(t.length, WEFT_HDR_TLV_EP_REJECT_LEN);
	CU_ASSERT(h.dst_qpn == 0x99 && h.reason == WEFT_EP_REASON_NO_SERVICE);
	CU_ASSERT_EQUAL(so.p->n_streams, 0);
	solo_fini(&so);
}

/* WEFT-MGT-009 */
static void rx_end__disconnected(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_post(&so, WEFT_OPCODE_READ, 2, 8, 0);
	solo_drain(&so);
	v = solo_read(&so, 0, 5000);			/* and the peer had asked for something */
	solo_rx(&so, &v);
	solo_obey(&so);
	v = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT, end_value(SOLO_QPN, WEFT_EP_REASON_CLOSED),
		      END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_DISCONNECTED);
	CU_ASSERT_EQUAL(so.act.arg, WEFT_EP_REASON_CLOSED);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 2);
	CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_DISCONNECTED);
	CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_FLUSHED);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0), WEFT_OK);
	solo_work(&so);					/* WEFT-SEM-070 */
	CU_ASSERT(so.n_acts == 1 && so.acts[0].wc.status == WEFT_STATUS_FLUSHED);
	v = solo_write(&so, 1, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_STREAM_STATE);
	CU_ASSERT(!so.has_act);
	retx_go_back(so.p, so.p->una);
	while (solo_tx(&so))				/* nothing more of it is said */
		CU_ASSERT(so.sent.d.type == WEFT_PTYPE_ACK ||
			  so.sent.b.data.op.opcode == WEFT_OPCODE_NOP);
	solo_fini(&so);
}

/* WEFT-MGT-012: a late end of an earlier stream of the same number ends nothing. */
static void rx_end__of_another_stream(void)
{
	struct weft_hdr_tlv_ep_disconnect h = { .dst_qpn = SOLO_QPN, .reason = 4, .src_qpn = 4711 };
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_hdr_tlv_ep_disconnect_pack(value, &h);
	v = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT, value, END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
	h.src_qpn = so.s->peer_qpn;
	weft_hdr_tlv_ep_disconnect_pack(value, &h);
	v = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT, value, END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_DISCONNECTED);
	solo_fini(&so);
}

/* Ends that name no stream of ours, or one that they do not fit. */
static void rx_end__not_for_us(void)
{
	static const struct { enum weft_tlv type; uint32_t qpn; } rows[] = {
		{ WEFT_TLV_EP_DISCONNECT, 4711 }, { WEFT_TLV_EP_REJECT, 4711 },
		{ WEFT_TLV_EP_REJECT, SOLO_QPN }, { WEFT_TLV_EP_DISCONNECT, 7 },
		{ WEFT_TLV_EP_DISCONNECT, 0 },
	};
	struct weft_stream_cfg cfg;
	struct weft_stream *idle;
	struct solo so;
	void *mem;

	solo_init(&so);
	solo_ready(&so);
	cfg = so.scfg;
	cfg.qpn = 7;
	mem = calloc(1, weft_stream_size(&cfg));
	weft_stream_init(so.p, mem, &cfg, &idle);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v = solo_ctrl(&so, rows[i].type, end_value(rows[i].qpn, 1),
					       END_LEN);

		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);
		CU_ASSERT(!so.has_act);
	}
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
	CU_ASSERT_EQUAL(idle->state, WEFT_STREAM_STATE_IDLE);
	free(mem);
	solo_fini(&so);
}

/* ---- what overtakes what ------------------------------------------------------------ */

/* The asker has gone when the ACCEPT comes: the acceptor must learn it. */
static void late_accept__of_a_stream_that_has_gone(void)
{
	struct weft_hdr_tlv_ep_disconnect h;
	struct weft_view v;
	struct solo so;

	asking(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT(!solo_tx(&so));
	v = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, accept_value(SOLO_QPN, 99), ACCEPT_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	weft_hdr_tlv_ep_disconnect_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
	CU_ASSERT_EQUAL(h.dst_qpn, 99);
	v = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, accept_value(SOLO_QPN, 0), ACCEPT_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_TLV);
	solo_fini(&so);
}

/* WEFT-SEM-022: a bad request before the ACCEPT is refused when we know whom to tell. */
static void late_accept__a_bad_request_overtook_it(void)
{
	struct weft_view a, w;
	struct solo so;

	asking(&so);
	a = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, NULL, 0);
	w = solo_write(&so, 0, 0, 8, 8);
	solo_take(&so, &w, WEFT_STATUS_BAD_KEY);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_TACK));
	a.b.ctrl.len = pk_tlv(so.tlvs, WEFT_TLV_EP_ACCEPT, accept_value(SOLO_QPN, 99), ACCEPT_LEN);
	solo_rx(&so, &a);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(so.sent.b.data.op.qpn, 99);
	solo_fini(&so);
}

/* A good one is executed, and answered when the ACCEPT has come. */
static void late_accept__a_good_request_overtook_it(void)
{
	struct weft_view a, w;
	struct solo so;

	asking(&so);
	a = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, NULL, 0);
	w = solo_write(&so, 0, 0, 8, 8);
	solo_take(&so, &w, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_TACK));
	a.b.ctrl.len = pk_tlv(so.tlvs, WEFT_TLV_EP_ACCEPT, accept_value(SOLO_QPN, 99), ACCEPT_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &a), WEFT_DROP_NONE);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_OK);
	solo_fini(&so);
}

/* WEFT-MGT-010: READs posted before we knew that the peer allows none. */
static void connected__peer_allows_no_reads(void)
{
	struct weft_hdr_tlv_ep_accept h = { .dst_qpn = SOLO_QPN, .src_qpn = 99, .window = 8 };
	struct weft_view v;
	struct solo so;

	for (int reads = 0; reads < 2; reads++) {
		asking(&so);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
		solo_post(&so, reads ? WEFT_OPCODE_READ : WEFT_OPCODE_SEND, 2, 8, 0);
		weft_hdr_tlv_ep_accept_pack(value, &h);
		v = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, value, ACCEPT_LEN);
		solo_rx(&so, &v);
		solo_work(&so);
		CU_ASSERT_EQUAL(so.s->state == WEFT_STREAM_STATE_ERROR, reads);
		CU_ASSERT_EQUAL(so.n_acts, reads ? 3 : 0);
		if (reads)
			CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_NO_RESOURCES);
		CU_ASSERT_EQUAL(solo_tx_op(&so, WEFT_OPCODE_WRITE), !reads);
		solo_fini(&so);
	}
}

/* Control slots come back when their packets are acknowledged; till then: EFULL, and no CLOSE. */
static void ep_slot__all_in_use(void)
{
	struct weft_hdr_tlv_ep_connect ep = { .src_qpn = 5, .window = 1, .reads = 1 };
	struct weft_stream *s[CTRL_SLOTS + 1];
	void *mem[CTRL_SLOTS + 1];
	struct weft_stream_cfg cfg;
	struct solo so;

	solo_init(&so);
	so.prof.max_streams = CTRL_SLOTS + 1;
	solo_open(&so);
	cfg = so.scfg;
	for (uint32_t i = 0; i <= CTRL_SLOTS; i++) {
		cfg.qpn = 100 + i;
		mem[i] = calloc(1, weft_stream_size(&cfg));
		weft_stream_init(so.p, mem[i], &cfg, &s[i]);
		CU_ASSERT_EQUAL(weft_ep_accept(s[i], &ep, NULL, 0), i < CTRL_SLOTS ? WEFT_OK :
				WEFT_EFULL);
	}
	solo_drain(&so);
	CU_ASSERT_EQUAL(weft_ep_accept(s[CTRL_SLOTS], &ep, NULL, 0), WEFT_EFULL);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(weft_ep_accept(s[CTRL_SLOTS], &ep, NULL, 0), WEFT_OK);
	for (uint32_t i = 0; i <= CTRL_SLOTS; i++)
		free(mem[i]);
	solo_fini(&so);
}

WEFT_SUITE(t_ep) {
	{ "weft_ep_connect__what_is_sent", weft_ep_connect__what_is_sent },
	{ "weft_ep_connect__requests_wait_for_accept",
	  weft_ep_connect__requests_wait_for_accept },
	{ "weft_ep_connect__rejected", weft_ep_connect__rejected },
	{ "weft_ep_accept__refusals", weft_ep_accept__refusals },
	{ "connected__peer_allows_no_reads", connected__peer_allows_no_reads },
	{ "ep_slot__all_in_use", ep_slot__all_in_use },
	{ "weft_ep_reject__what_is_sent", weft_ep_reject__what_is_sent },
	{ "ep_rx__malformed", ep_rx__malformed },
	{ "ep_rx__how_many_tlvs", ep_rx__how_many_tlvs },
	{ "rx_connect__asks_the_host", rx_connect__asks_the_host },
	{ "rx_end__disconnected", rx_end__disconnected },
	{ "rx_end__of_another_stream", rx_end__of_another_stream },
	{ "rx_end__not_for_us", rx_end__not_for_us },
	{ "late_accept__of_a_stream_that_has_gone", late_accept__of_a_stream_that_has_gone },
	{ "late_accept__a_bad_request_overtook_it", late_accept__a_bad_request_overtook_it },
	{ "late_accept__a_good_request_overtook_it", late_accept__a_good_request_overtook_it },
};
