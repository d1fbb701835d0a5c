/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/stream.c: making, finding, failing and ending streams. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/manage.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

static uint16_t tlv_of(const struct solo *so)
{
	struct weft_hdr_tlv h;

	if (so->sent.d.type != WEFT_PTYPE_CTRL)
		return 0;
	weft_hdr_tlv_unpack(&h, so->sent.b.ctrl.tlvs);
	return h.type;
}

static void weft_stream_size__limits(void)
{
	static const struct { uint32_t qpn, sq, window, reads, retry; bool ok; } rows[] = {
		{ 1, 1, 1, 1, 0, true }, { 0, 1, 1, 1, 0, false }, { 0xffffff, 64, 16, 4, 7, true },
		{ 0x1000000, 64, 16, 4, 7, false }, { 1, 0, 16, 4, 7, false },
		{ 1, 3, 16, 4, 7, false }, { 1, 4096, 256, 255, 7, true },
		{ 1, 8192, 16, 4, 7, false }, { 1, 64, 0, 4, 7, false }, { 1, 64, 12, 4, 7, false },
		{ 1, 64, 512, 4, 7, false }, { 1, 64, 16, 0, 7, false }, { 1, 64, 16, 16, 7, true },
		{ 1, 64, 16, 17, 7, false }, { 1, 64, 16, 4, 8, false },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_stream_cfg c = { .qpn = rows[i].qpn, .sq_depth = (uint16_t)rows[i].sq,
			.window = (uint16_t)rows[i].window, .reads = (uint8_t)rows[i].reads,
			.rnr_retry = (uint8_t)rows[i].retry };
		CU_ASSERT_EQUAL(weft_stream_size(&c) != 0, rows[i].ok);
	}
}

struct made {
	struct weft_stream *s;
	void *mem;
};

static int make(struct solo *so, struct made *m, uint32_t qpn)
{
	struct weft_stream_cfg cfg = so->scfg;
	int ret;

	cfg.qpn = qpn;
	m->mem = malloc(weft_stream_size(&cfg));	/* not zeroed: init has to */
	memset(m->mem, 0xa5, weft_stream_size(&cfg));
	m->s = NULL;
	ret = weft_stream_init(so->p, m->mem, &cfg, &m->s);
	if (ret != WEFT_OK)
		free(m->mem);
	return ret;
}

static void weft_stream_init__refusals(void)
{
	struct weft_stream_cfg bad;
	struct made m[9];
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	bad = so.scfg;
	bad.sq_depth = 3;
	CU_ASSERT_EQUAL(weft_stream_init(so.p, NULL, &bad, &m[0].s), WEFT_EINVAL);
	CU_ASSERT_EQUAL(make(&so, &m[0], 5), WEFT_OK);
	CU_ASSERT_EQUAL(make(&so, &m[1], 5), WEFT_EEXIST);
	for (uint32_t i = 1; i < 8; i++)
		CU_ASSERT_EQUAL(make(&so, &m[i], 5 + i), WEFT_OK);
	CU_ASSERT_EQUAL(make(&so, &m[8], 77), WEFT_EFULL);
	CU_ASSERT_PTR_NULL(net_check(so.p));
	weft_stream_fini(m[3].s, WEFT_EP_REASON_CLOSED);
	free(m[3].mem);
	weft_pdc_close(so.p);
	solo_drain(&so);
	CU_ASSERT_EQUAL(make(&so, &m[3], 77), WEFT_ESTATE);	/* CLOSING */
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, false);
	CU_ASSERT_EQUAL(make(&so, &m[3], 77), WEFT_ESTATE);
	for (int i = 0; i < 8; i++)
		if (i != 3)
			free(m[i].mem);
	solo_fini(&so);
}

static void weft_stream_init__what_hosts_ask(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	CU_ASSERT_PTR_EQUAL(weft_stream_host(so.s), &so);
	CU_ASSERT_PTR_EQUAL(weft_stream_pdc(so.s), so.p);
	CU_ASSERT_EQUAL(weft_stream_state(so.s), WEFT_STREAM_STATE_READY);
	CU_ASSERT_EQUAL(weft_stream_qpn(so.s), SOLO_QPN);
	CU_ASSERT_EQUAL(weft_stream_pd(so.s), 1);
	CU_ASSERT_EQUAL(weft_stream_domain(so.s), 1);
	solo_fini(&so);
}

/* Many come and go in any order, and each is found among the others. */
static void stream_find__random(void)
{
	enum { N = 300 };
	static struct made m[N];
	uint64_t x = weft_test_seed;
	unsigned live = 0, bad = 0;
	struct solo so;

	memset(m, 0, sizeof(m));
	solo_init(&so);
	so.prof.max_streams = 100;
	so.scfg.sq_depth = so.scfg.window = so.scfg.reads = 1;
	solo_open(&so);
	for (int i = 0; i < 4000; i++) {
		uint32_t k;

		x = x * 6364136223846793005ull + 1442695040888963407ull;
		k = (uint32_t)(x >> 40) % N;
		if (m[k].s) {
			weft_stream_fini(m[k].s, WEFT_EP_REASON_CLOSED);
			free(m[k].mem);
			m[k].s = NULL;
			live--;
		} else if (live < 100) {
			bad += make(&so, &m[k], (k + 1) * 0x8000) != WEFT_OK;
			live++;
		}
		bad += stream_find(so.p, (k + 1) * 0x8000) != m[k].s;
		if (i % 100 == 0)
			bad += net_check(so.p) != NULL;
	}
	for (uint32_t k = 0; k < N; k++)
		bad += stream_find(so.p, (k + 1) * 0x8000) != m[k].s;
	for (uint32_t k = 0; k < N; k++)
		if (m[k].s)
			free(m[k].mem);
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(so.p->n_streams, live);
	solo_fini(&so);
}

/* ---- failing ------------------------------------------------------------------------ */

/* WEFT-SEM-024, WEFT-SEM-001 */
static void stream_error__completions_in_order(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 0; id < 5; id++)
		solo_post(&so, WEFT_OPCODE_WRITE, id, 8, 0);
	solo_drain(&so);
	stream_error(so.s, WEFT_STATUS_NO_RIGHTS, 3);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 1);			/* 0 to 2 may still complete */
	CU_ASSERT_EQUAL(so.acts[0].event, WEFT_EV_STREAM_ERROR);
	stream_error(so.s, WEFT_STATUS_PEER_RESET, 1);	/* more is lost */
	so.s->acked = 1;
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 5);
	for (uint64_t id = 0; id < 5; id++) {
		CU_ASSERT_EQUAL(so.acts[id].wc.id, id);
		CU_ASSERT_EQUAL(so.acts[id].wc.status, id == 0 ? WEFT_STATUS_OK : id == 1 ?
				WEFT_STATUS_PEER_RESET : WEFT_STATUS_FLUSHED);
	}
	/* WEFT-SEM-070: posting goes on, and comes back in its turn. */
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 9, 8, 0), WEFT_OK);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_READ, 10, 8, 0), WEFT_OK);
	solo_work(&so);
	CU_ASSERT(so.n_acts == 2 && so.acts[0].wc.id == 9 && so.acts[1].wc.id == 10);
	CU_ASSERT(so.acts[0].wc.status == WEFT_STATUS_FLUSHED &&
		  so.acts[1].wc.status == WEFT_STATUS_FLUSHED);
	solo_fini(&so);
}

static void weft_stream_fail__locally(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_READ, 1, 8, 0);
	solo_post(&so, WEFT_OPCODE_SEND, 2, 8, 0);
	v = solo_write(&so, 0, 8, 8, 16);		/* held */
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_take(&so, &v, WEFT_STATUS_HELD);
	weft_stream_fail(so.s, WEFT_STATUS_LOCAL_PROTECTION);
	weft_stream_fail(so.s, WEFT_STATUS_OP_FAILED);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_find(&so, WEFT_ACT_RELEASE_HOLD));
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->wc.status,
			WEFT_STATUS_LOCAL_PROTECTION);
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->arg, 0);
	CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status,
			WEFT_STATUS_LOCAL_PROTECTION);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));	/* the peer is told; no request goes */
	CU_ASSERT_EQUAL(tlv_of(&so), WEFT_TLV_EP_DISCONNECT);
	CU_ASSERT(!solo_tx(&so));
	v = solo_write(&so, 0, 0, 8, 16);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_STREAM_STATE);	/* WEFT-SEM-023 */
	solo_fini(&so);
}

/* ---- ending ------------------------------------------------------------------------- */

static void weft_stream_fini__the_peer_is_told(void)
{
	struct weft_hdr_tlv_ep_disconnect h;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_stream_fini(so.s, WEFT_EP_REASON_ERROR);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(tlv_of(&so), WEFT_TLV_EP_DISCONNECT);
	weft_hdr_tlv_ep_disconnect_unpack(&h, so.sent.b.ctrl.tlvs + WEFT_HDR_TLV_LEN);
	CU_ASSERT_EQUAL(h.dst_qpn, SOLO_PEER_QPN);
	CU_ASSERT_EQUAL(h.reason, WEFT_EP_REASON_ERROR);
	CU_ASSERT(!solo_tx(&so));
	retx_mark_lost(so.p, txrec_of(so.p, so.p->una));	/* and again, the same */
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(tlv_of(&so), WEFT_TLV_EP_DISCONNECT);
	solo_ack_all(&so);
	CU_ASSERT_PTR_NULL(net_check_idle(so.p));
	solo_fini(&so);
}

/* However many end at once, each peer is told: there is room for all. */
static void weft_stream_fini__all_at_once(void)
{
	struct made m[8];
	struct solo so;
	unsigned told = 0;

	solo_init(&so);
	solo_open(&so);
	for (uint32_t i = 0; i < 8; i++)
		m[i].s = solo_stream(&so, 100 + i, 200 + i, &m[i].mem);
	for (int i = 0; i < 40; i++)			/* control slots are all taken */
		weft_ep_reject(so.p, 900, WEFT_EP_REASON_REFUSED);
	for (int i = 0; i < 8; i++) {
		weft_stream_fini(m[i].s, WEFT_EP_REASON_CLOSED);
		free(m[i].mem);
	}
	CU_ASSERT_EQUAL(weft_ep_reject(so.p, 900, WEFT_EP_REASON_REFUSED), WEFT_EFULL);
	while (solo_tx(&so))
		told += tlv_of(&so) == WEFT_TLV_EP_DISCONNECT;
	CU_ASSERT_EQUAL(told, 8);
	solo_fini(&so);
}

/* Nobody is told by a stream that never had a peer, or whose peer ended it. */
static void weft_stream_fini__nobody_to_tell(void)
{
	struct weft_hdr_tlv_ep_disconnect h = { .dst_qpn = SOLO_QPN };
	uint8_t value[WEFT_HDR_TLV_EP_DISCONNECT_LEN];
	struct weft_view v;
	struct made m;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	make(&so, &m, 99);
	weft_stream_fini(m.s, WEFT_EP_REASON_CLOSED);
	free(m.mem);
	weft_hdr_tlv_ep_disconnect_pack(value, &h);
	v = solo_ctrl(&so, WEFT_TLV_EP_DISCONNECT, value, sizeof(value));
	v.d.flags |= WEFT_DFLAGS_AR;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.act.event, WEFT_EV_DISCONNECTED);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/* The ring of a stream that goes is whole after it, whichever it was. */
static void ring_del__each_place(void)
{
	for (int gone = 0; gone < 5; gone++) {
		struct made m[5];
		struct solo so;
		unsigned seen = 0;

		solo_init(&so);
		solo_open(&so);
		for (uint32_t i = 0; i < 5; i++)
			m[i].s = solo_stream(&so, 100 + i, 200 + i, &m[i].mem);
		for (int i = 0; i < 5; i++) {
			so.s = m[i].s;
			solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
		}
		weft_stream_fini(m[gone].s, WEFT_EP_REASON_CLOSED);
		CU_ASSERT_PTR_NULL(net_check(so.p));
		while (solo_tx_op(&so, WEFT_OPCODE_WRITE))
			seen |= 1u << (so.sent.b.data.op.qpn - 200);
		CU_ASSERT_EQUAL(seen, 0x1fu & ~(1u << gone));
		for (int i = 0; i < 5; i++)
			free(m[i].mem);
		solo_fini(&so);
	}
}

/* WEFT-SEM-035: earlier READs still complete, so the peer, who would stop, is told after them. */
static void stream_tell_due__after_earlier_reads(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 0; id < 3; id++)
		solo_post(&so, WEFT_OPCODE_READ, id, 8, 0);
	solo_drain(&so);
	v = solo_read_rsp(&so, 1, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_LOCAL_PROTECTION);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 1);			/* the event */
	CU_ASSERT_FALSE(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	v = solo_read_rsp(&so, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_work(&so);
	CU_ASSERT_EQUAL_FATAL(so.n_acts, 3);
	CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_LOCAL_PROTECTION);
	CU_ASSERT_EQUAL(so.acts[2].wc.status, WEFT_STATUS_FLUSHED);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_CTRL));
	solo_fini(&so);
}

/* The limit that holds is the one of now; what we ask a peer to wait, too (see tx_build.c). */
static void weft_stream_set_rnr__from_now_on(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	so.scfg.rnr_retry = 7;
	solo_ready(&so);
	CU_ASSERT_EQUAL(weft_stream_set_rnr(so.s, 8, 1), WEFT_EINVAL);
	CU_ASSERT_EQUAL(so.s->cfg.rnr_retry, 7);
	CU_ASSERT_EQUAL(weft_stream_set_rnr(so.s, 0, 777), WEFT_OK);
	CU_ASSERT_EQUAL(so.s->cfg.rnr_delay_ns, 777);
	solo_post(&so, WEFT_OPCODE_SEND, 1, 8, 0);
	solo_drain(&so);
	v = solo_tack(&so, 0, WEFT_STATUS_RNR);
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_ERROR);
	CU_ASSERT_EQUAL_FATAL(so.n_acts, 2);
	CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_RNR_RETRY_EXCEEDED);
	solo_fini(&so);
}

WEFT_SUITE(t_stream) {
	{ "weft_stream_set_rnr__from_now_on", weft_stream_set_rnr__from_now_on },
	{ "stream_tell_due__after_earlier_reads", stream_tell_due__after_earlier_reads },
	{ "weft_stream_size__limits", weft_stream_size__limits },
	{ "weft_stream_init__refusals", weft_stream_init__refusals },
	{ "weft_stream_init__what_hosts_ask", weft_stream_init__what_hosts_ask },
	{ "stream_find__random", stream_find__random },
	{ "stream_error__completions_in_order", stream_error__completions_in_order },
	{ "weft_stream_fail__locally", weft_stream_fail__locally },
	{ "weft_stream_fini__the_peer_is_told", weft_stream_fini__the_peer_is_told },
	{ "weft_stream_fini__all_at_once", weft_stream_fini__all_at_once },
	{ "weft_stream_fini__nobody_to_tell", weft_stream_fini__nobody_to_tell },
	{ "ring_del__each_place", ring_del__each_place },
};
