/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/pdc.c: what a context does when nothing happens. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define MS 1000000ull

static bool tx_close(struct solo *so)
{
	struct weft_hdr_tlv h;

	if (!solo_tx_type(so, WEFT_PTYPE_CTRL))
		return false;
	weft_hdr_tlv_unpack(&h, so->sent.b.ctrl.tlvs);
	return h.type == WEFT_TLV_CLOSE;
}

static void weft_expire__idle_close_by_the_initiator(void)
{
	struct solo so;

	solo_init(&so);
	so.prof.idle_ns = 5 * MS;
	solo_connect(&so);
	CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);	/* a stream uses it */
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	solo_drain(&so);
	solo_ack_all(&so);
	CU_ASSERT(weft_deadline(so.p) > so.now);
	solo_until(&so, so.now + 4 * MS);
	CU_ASSERT(!solo_tx(&so));
	solo_until(&so, so.now + 2 * MS);
	CU_ASSERT(tx_close(&so));
	solo_fini(&so);
}

/* WEFT-PDC-076: a target that asks, and ports that fail and return, do not keep it open. */
static void weft_expire__idle_close_between_states(void)
{
	struct weft_hdr_tlv_port_status h = { .port = 0 };
	uint8_t value[WEFT_HDR_TLV_PORT_STATUS_LEN];
	struct weft_view v;
	struct solo so;
	int ms;

	solo_init(&so);
	so.prof.idle_ns = 5 * MS;
	so.prof.max_paths = so.cfg.n_paths = 4;
	so.cfg.n_ports = so.cfg.peer_ports = 2;
	solo_connect(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	solo_drain(&so);
	solo_ack_all(&so);
	for (ms = 0; ms < 10; ms++) {
		solo_until(&so, so.now + MS);
		if (so.p->want_close)
			break;
		v = solo_op(&so, WEFT_OPCODE_NOP, 0);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		h.state = ms & 1 ? WEFT_PORT_STATE_UP : WEFT_PORT_STATE_DOWN;
		weft_hdr_tlv_port_status_pack(value, &h);
		v = solo_ctrl(&so, WEFT_TLV_PORT_STATUS, value, sizeof(value));
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(weft_port_set(so.p, 1, ms & 1, so.now), WEFT_OK);
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
		solo_ack_all(&so);
	}
	CU_ASSERT_EQUAL(ms, 4);
	CU_ASSERT(tx_close(&so));
	solo_fini(&so);
}

/* WEFT-PDC-019: closing is the initiator's; the target asks whether it is still there. */
static void weft_expire__idle_target(void)
{
	struct solo so;

	solo_init(&so);
	so.prof.idle_ns = 5 * MS;
	solo_open(&so);
	for (int i = 0; i < 3; i++) {
		solo_until(&so, so.now + 4 * MS);
		CU_ASSERT(!solo_tx(&so));
		solo_until(&so, so.now + 2 * MS);
		CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_NOP));
		CU_ASSERT(!solo_tx(&so));
		solo_ack_all(&so);
	}
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	so.p->peer_knows = false;		/* opened by a packet whose sender is not there */
	solo_until(&so, so.now + 6 * MS);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_FAILED);
	solo_fini(&so);
}

/* WEFT-PDC-016: and a peer that is dead is found by the retry limit. */
static void weft_expire__keepalive(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.prof.keepalive_ns = 5 * MS;
	so.prof.retry_limit = 3;
	solo_ready(&so);
	solo_until(&so, so.now + 4 * MS);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);	/* heard: the time starts again */
	solo_rx(&so, &v);
	solo_drain(&so);
	solo_until(&so, so.now + 4 * MS);
	solo_drain(&so);
	CU_ASSERT_EQUAL(so.p->una, so.p->nxt);
	solo_until(&so, so.now + 2 * MS);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_NOP));
	while (weft_pdc_state(so.p) == WEFT_PDC_STATE_OPEN) {
		solo_until(&so, so.now + MS);
		solo_drain(&so);
	}
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL_FATAL(solo_event(&so, WEFT_EV_PDC_FAILED));
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_PDC_FAILED)->wc.status, WEFT_STATUS_RETRY_EXCEEDED);
	solo_fini(&so);
}

/* WEFT-PDC-019, without an idle time: an opener has ten seconds to show itself. */
static void idle_due__half_open(void)
{
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);
	so.p->peer_knows = false;
	CU_ASSERT(weft_deadline(so.p) > so.now + 9000 * MS);
	solo_until(&so, so.now + 11000 * MS);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_FAILED);
	solo_fini(&so);
}

WEFT_SUITE(t_idle) {
	{ "weft_expire__idle_close_by_the_initiator", weft_expire__idle_close_by_the_initiator },
	{ "weft_expire__idle_close_between_states", weft_expire__idle_close_between_states },
	{ "weft_expire__idle_target", weft_expire__idle_target },
	{ "weft_expire__keepalive", weft_expire__keepalive },
	{ "idle_due__half_open", idle_due__half_open },
};
