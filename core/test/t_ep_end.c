/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/ep.c: refusals and ends of streams: what overtakes what, and what they say. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define ACCEPT_LEN WEFT_HDR_TLV_EP_ACCEPT_LEN
#define END_LEN WEFT_HDR_TLV_EP_DISCONNECT_LEN

static uint8_t value[128];	/* of a TLV */

static const void *accept_value(uint32_t dst, uint32_t src)
{
	struct weft_hdr_tlv_ep_accept h = { .dst_qpn = dst, .src_qpn = src, .credits = 3,
					    .window = 8, .reads = 2 };

	weft_hdr_tlv_ep_accept_pack(value, &h);
	for (uint32_t i = ACCEPT_LEN; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
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

static const uint8_t *end_from(uint32_t dst, uint32_t src, uint8_t reason)
{
	struct weft_hdr_tlv_ep_disconnect h = { .dst_qpn = dst, .reason = reason, .src_qpn = src };
	weft_hdr_tlv_ep_disconnect_pack(value, &h);
	return value;
}

/* WEFT-MGT-009, WEFT-MGT-013: DISCONNECT before the ACCEPT that it follows, or that it does not. */
static void rx_end__overtakes_accept(void)
{
	static const struct { uint32_t end, accept; bool over; } rows[] = {
		{ 99, 99, true }, { 98, 99, false }, { 0xffffff, 0xffffff, true },
		{ 1, 0x100, false },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view a, d;
		struct solo so;

		asking(&so);
		d = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT,
			      end_from(SOLO_QPN, rows[i].end, WEFT_EP_REASON_ERROR), END_LEN);
		CU_ASSERT_EQUAL(solo_rx(&so, &d), WEFT_DROP_NONE);
		CU_ASSERT(!so.has_act);
		CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_CONNECTING);
		a = solo_ctrl(&so, WEFT_TLV_EP_ACCEPT, accept_value(SOLO_QPN, rows[i].accept),
			      ACCEPT_LEN);
		CU_ASSERT_EQUAL(solo_rx(&so, &a), WEFT_DROP_NONE);
		CU_ASSERT_FATAL(so.has_act);
		CU_ASSERT_EQUAL(so.act.event, rows[i].over ? WEFT_EV_DISCONNECTED :
				WEFT_EV_EP_ACCEPTED);
		CU_ASSERT_EQUAL(so.act.arg, rows[i].over ? WEFT_EP_REASON_ERROR : 0);
		CU_ASSERT_EQUAL(so.s->state, rows[i].over ? WEFT_STREAM_STATE_ERROR :
				WEFT_STREAM_STATE_READY);
		solo_fini(&so);
	}
}

/* WEFT-MGT-082: what is outstanding may be answered yet; with nothing outstanding it is taken. */
static void rx_end__not_before_what_was_said_before(void)
{
	struct weft_view d, tack;
	struct solo so;

	for (int busy = 0; busy < 2; busy++) {
		solo_init(&so);
		solo_ready(&so);
		if (busy) {
			solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
			solo_drain(&so);
		}
		tack = solo_tack(&so, 0, WEFT_STATUS_OK);
		d = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT,
			      end_from(SOLO_QPN, SOLO_PEER_QPN, WEFT_EP_REASON_CLOSED), END_LEN);
		CU_ASSERT_EQUAL(solo_rx(&so, &d), busy ? WEFT_DROP_NO_HOLD : WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.has_act, !busy);
		if (busy) {
			CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
			CU_ASSERT_EQUAL(solo_rx(&so, &tack), WEFT_DROP_NONE);
			CU_ASSERT_EQUAL(solo_work(&so), 1);
			CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_OK);
			solo_drain(&so);
			CU_ASSERT_EQUAL(solo_rx(&so, &d), WEFT_DROP_NONE);	/* it comes again */
		}
		CU_ASSERT_FATAL(so.has_act);
		CU_ASSERT_EQUAL(so.act.event, WEFT_EV_DISCONNECTED);
		solo_fini(&so);
	}
}

/* WEFT-MGT-082: the last packet before it came, the one before that did not. */
static void rx_end__whatever_is_missing(void)
{
	struct weft_view d, tack, nop;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_drain(&so);
	tack = solo_tack(&so, 0, WEFT_STATUS_OK);
	nop = solo_op(&so, WEFT_OPCODE_NOP, 0);
	d = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT,
		      end_from(SOLO_QPN, SOLO_PEER_QPN, WEFT_EP_REASON_CLOSED), END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &nop), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(solo_rx(&so, &d), WEFT_DROP_NO_HOLD);
	CU_ASSERT_EQUAL(solo_rx(&so, &tack), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(solo_rx(&so, &d), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_DISCONNECTED);
	solo_fini(&so);
}

/* One that names no queue pair is about whatever stands there. */
static void rx_end__without_a_sender(void)
{
	struct weft_view d;
	struct solo so;

	asking(&so);
	d = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT, end_from(SOLO_QPN, 0, WEFT_EP_REASON_CLOSED),
		      END_LEN);
	CU_ASSERT_EQUAL(solo_rx(&so, &d), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_DISCONNECTED);
	solo_fini(&so);
}

/* WEFT-MGT-014, WEFT-MGT-015: what the host is told of a refusal. */
static void rx_end__reject_with_private_data(void)
{
	uint8_t whole[END_LEN + WEFT_EP_PRIVATE_MAX + 1];
	struct weft_hdr_tlv_ep_reject h = { .dst_qpn = SOLO_QPN, .arg = 0xfeedf00d,
					    .reason = WEFT_EP_REASON_REFUSED };

	for (uint16_t len = 0; len <= WEFT_EP_PRIVATE_MAX + 1; len++) {
		bool fits = len <= WEFT_EP_PRIVATE_MAX;
		struct weft_view v;
		struct solo so;

		asking(&so);
		memset(whole, 'r', sizeof(whole));
		weft_hdr_tlv_ep_reject_pack(whole, &h);
		v = solo_ctrl(&so, WEFT_TLV_EP_REJECT, whole, (uint16_t)(END_LEN + len));
		CU_ASSERT_EQUAL(solo_rx(&so, &v), fits ? WEFT_DROP_NONE : WEFT_DROP_BAD_TLV);
		CU_ASSERT_EQUAL(so.has_act, fits);
		if (fits) {
			CU_ASSERT_EQUAL(so.act.event, WEFT_EV_EP_REJECTED);
			CU_ASSERT_EQUAL(so.act.arg, WEFT_EP_REASON_REFUSED);
			CU_ASSERT_EQUAL(so.act.ep_arg, 0xfeedf00d);
			CU_ASSERT_EQUAL(so.act.priv_len, len);
			CU_ASSERT(!len || so.act.priv[len - 1] == 'r');
		}
		CU_ASSERT_EQUAL(so.s->state, fits ? WEFT_STREAM_STATE_ERROR :
				WEFT_STREAM_STATE_CONNECTING);
		solo_fini(&so);
	}
}

static void weft_ep_reject_with__what_is_sent(void)
{
	uint8_t priv[WEFT_EP_PRIVATE_MAX + 1] = "because";
	struct weft_hdr_tlv_ep_reject h;
	struct weft_hdr_tlv t;
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	CU_ASSERT_EQUAL(weft_ep_reject_with(so.p, 0x99, WEFT_EP_REASON_REFUSED, 42, priv,
					    WEFT_EP_PRIVATE_MAX + 1), WEFT_EINVAL);
	CU_ASSERT_EQUAL(weft_ep_reject_with(so.p, 0x99, WEFT_EP_REASON_REFUSED, 42, priv, 7),
			WEFT_OK);
	CU_ASSERT_FATAL(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	weft_hdr_tlv_unpack(&t, so.sent.b.ctrl.tlvs);
	CU_ASSERT_EQUAL(t.type, WEFT_TLV_EP_REJECT);
	CU_ASSERT_EQUAL(t.length, END_LEN + 7);
	weft_hdr_tlv_ep_reject_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
	CU_ASSERT_EQUAL(h.dst_qpn, 0x99);
	CU_ASSERT_EQUAL(h.reason, WEFT_EP_REASON_REFUSED);
	CU_ASSERT_EQUAL(h.arg, 42);
	CU_ASSERT_EQUAL(memcmp(so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN + END_LEN, "because", 7), 0);
	for (int i = 0; weft_ep_reject_with(so.p, 1, WEFT_EP_REASON_REFUSED, 0, NULL, 0) ==
	     WEFT_OK; i++)
		CU_ASSERT_FATAL(i < 100);
	CU_ASSERT_EQUAL(weft_ep_reject_with(so.p, 1, WEFT_EP_REASON_REFUSED, 0, NULL, 0),
			WEFT_EFULL);
	weft_pdc_abort(so.p, WEFT_STATUS_PEER_RESET, false);
	CU_ASSERT_EQUAL(weft_ep_reject_with(so.p, 1, WEFT_EP_REASON_REFUSED, 0, NULL, 0),
			WEFT_ESTATE);
	solo_fini(&so);
}

WEFT_SUITE(t_ep_end) {
	{ "rx_end__overtakes_accept", rx_end__overtakes_accept },
	{ "rx_end__not_before_what_was_said_before", rx_end__not_before_what_was_said_before },
	{ "rx_end__whatever_is_missing", rx_end__whatever_is_missing },
	{ "rx_end__without_a_sender", rx_end__without_a_sender },
	{ "rx_end__reject_with_private_data", rx_end__reject_with_private_data },
	{ "weft_ep_reject_with__what_is_sent", weft_ep_reject_with__what_is_sent },
};
