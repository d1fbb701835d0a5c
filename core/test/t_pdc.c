/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/pdc.c: the life of a context. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define MS 1000000ull

static size_t size_with(void (*change)(struct solo *, uint32_t), uint32_t to)
{
	struct solo so;

	solo_init(&so);
	change(&so, to);
	return weft_profile_prepare(&so.prof) == WEFT_OK ? weft_pdc_size(&so.cfg) : 0;
}

#define SETTER(of, field, type)					\
	static void set_##field(struct solo *so, uint32_t to)	\
	{							\
		so->of.field = (type)to;			\
	}
SETTER(cfg, pdc_id, uint32_t)
SETTER(cfg, domain, uint32_t)
SETTER(cfg, mode, enum weft_mode)
SETTER(cfg, gen, uint8_t)
SETTER(prof, window, uint16_t)
SETTER(prof, max_payload, uint16_t)
SETTER(cfg, mtu_payload, uint16_t)
SETTER(prof, max_streams, uint16_t)
SETTER(prof, holds, uint16_t)
SETTER(prof, max_paths, uint16_t)
SETTER(cfg, n_paths, uint16_t)

static void drop_peer(struct solo *so, uint32_t to)
{
	(void)to;
	so->cfg.peer = NULL;
}

static void drop_stats(struct solo *so, uint32_t to)
{
	(void)to;
	so->cfg.stats = NULL;
}

static void drop_profile(struct solo *so, uint32_t to)
{
	(void)to;
	so->cfg.profile = NULL;
}

static void weft_pdc_size__limits(void)
{
	static const struct {
		void (*set)(struct solo *, uint32_t);
		uint32_t to;
		bool ok;
	} rows[] = {
		{ drop_peer, 0, false }, { drop_stats, 0, false }, { drop_profile, 0, false },
		{ set_pdc_id, 0, false }, { set_pdc_id, 1, true }, { set_pdc_id, 0xffffff, true },
		{ set_pdc_id, 0x1000000, false },
		{ set_domain, 0, true }, { set_domain, 0xffffff, true },
		{ set_domain, 0x1000000, false },
		{ set_mode, WEFT_MODE_RESERVED, false }, { set_mode, WEFT_MODE_RUD, true },
		{ set_mode, WEFT_MODE_ROD, true }, { set_mode, WEFT_MODE_UUD, false },
		{ set_gen, 3, true }, { set_gen, 4, false },
		{ set_window, 8, false }, { set_window, 16, true }, { set_window, 17, false },
		{ set_window, 48, false }, { set_window, 4096, true }, { set_window, 8192, false },
		{ set_window, 0, false },
		{ set_max_payload, 63, false }, { set_max_payload, 64, true },
		{ set_max_payload, 65535, true },
		{ set_mtu_payload, 63, false }, { set_mtu_payload, 64, true },
		{ set_max_streams, 0, false }, { set_max_streams, 1, true },
		{ set_max_streams, 4096, true }, { set_max_streams, 4097, false },
		{ set_holds, 0, true }, { set_holds, 1024, true }, { set_holds, 1025, false },
		{ set_n_paths, 0, false }, { set_n_paths, 4, true }, { set_n_paths, 5, false },
		{ set_max_paths, 0, false }, { set_max_paths, 256, true },
		{ set_max_paths, 257, false }, { set_max_paths, 3, false },
	};
	struct solo so;

	solo_init(&so);
	CU_ASSERT_EQUAL(weft_pdc_size(&so.cfg), 0);	/* not prepared */
	CU_ASSERT(solo_size(&so) > 0);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++)
		CU_ASSERT_EQUAL(size_with(rows[i].set, rows[i].to) != 0, rows[i].ok);
}

/* All parts lie within the size told: the sanitizer sees the block's end. */
static void weft_pdc_open__uses_no_more_than_its_size(void)
{
	static const uint16_t windows[] = { 16, 64, 4096 }, streams[] = { 1, 3, 4096 };
	struct solo so;

	for (size_t i = 0; i < WEFT_ARRAY_LEN(windows); i++)
		for (size_t k = 0; k < WEFT_ARRAY_LEN(streams); k++) {
			size_t size;

			solo_init(&so);
			so.prof.window = windows[i];
			so.prof.max_streams = streams[k];
			so.prof.holds = k ? 1024 : 0;
			so.cfg.n_paths = k ? 256 : 1;
			size = solo_size(&so);
			so.mem = malloc(size);
			memset(so.mem, 0xa5, size);
			so.p = weft_pdc_open(so.mem, &so.cfg, so.now);
			CU_ASSERT_PTR_NOT_NULL_FATAL(so.p);
			CU_ASSERT_PTR_NULL(net_check(so.p));
			CU_ASSERT_PTR_NULL(net_check_idle(so.p));
			CU_ASSERT_EQUAL(weft_pdc_state(so.p), WEFT_PDC_STATE_IDLE);
			CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);
			CU_ASSERT(!solo_tx(&so));
			free(so.mem);
		}
	solo_init(&so);
	so.prof.window = 5;
	CU_ASSERT_EQUAL(weft_profile_prepare(&so.prof), WEFT_EINVAL);
	CU_ASSERT_PTR_NULL(weft_pdc_open(&so, &so.cfg, 0));
	CU_ASSERT_PTR_NULL(weft_pdc_accept(&so, &so.cfg, &so.v, 0));
}

static void weft_pdc_open__what_hosts_ask(void)
{
	struct weft_gauges g;
	struct solo so;

	solo_init(&so);
	solo_start(&so);
	CU_ASSERT_PTR_EQUAL(weft_pdc_host(so.p), &so);
	CU_ASSERT_EQUAL(weft_pdc_id(so.p), SOLO_ID);
	CU_ASSERT_EQUAL(weft_pdc_peer_id(so.p), 0);
	CU_ASSERT_EQUAL(weft_pdc_peer_chip(so.p), SOLO_PEER);
	weft_pdc_gauges(so.p, &g);
	CU_ASSERT_EQUAL(g.rto_ns, 4 * MS);
	CU_ASSERT_EQUAL(g.cwnd_pkts, 64);
	CU_ASSERT_EQUAL(g.outstanding, 0);
	CU_ASSERT_EQUAL(g.sent_psn, SOLO_START - 1);
	solo_fini(&so);
	solo_init(&so);
	solo_connect(&so);
	CU_ASSERT_EQUAL(weft_pdc_state(so.p), WEFT_PDC_STATE_OPEN);
	CU_ASSERT_EQUAL(weft_pdc_peer_id(so.p), SOLO_PEER_ID);
	CU_ASSERT_EQUAL(weft_pdc_peer_incarnation(so.p), 9);
	weft_pdc_gauges(so.p, &g);
	CU_ASSERT_EQUAL(g.acked_psn, g.sent_psn);
	CU_ASSERT(so.stats.rx_pkts == 2 && so.stats.tx_pkts == 1 && so.stats.rx_acks >= 1 &&
		  so.stats.tx_acks >= 1);
	solo_fini(&so);
}

/* Contexts of a chip begin one after another (WEFT-PDC-003 needs it). */
static void weft_pdc_open__start_psns_grow(void)
{
	struct solo so;
	void *mem[3];

	solo_init(&so);
	so.peer.tx_next = 0xffffffff;
	for (uint32_t i = 0; i < 3; i++) {
		mem[i] = calloc(1, solo_size(&so));
		CU_ASSERT_EQUAL(weft_pdc_open(mem[i], &so.cfg, 0)->tx_start, i - 1);
	}
	for (int i = 0; i < 3; i++)
		free(mem[i]);
}

/* WEFT-MGT-005: what the peer says, up to what we can. */
static void weft_pdc_accept__learns_the_peer(void)
{
	static const struct { uint16_t window, payload, want_window; } rows[] = {
		{ 16, 64, 16 }, { 256, 512, 256 }, { 65535, 9000, 4096 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;

		solo_init(&so);
		so.peer_window = rows[i].window;
		so.peer_max_payload = rows[i].payload;
		solo_open(&so);
		CU_ASSERT_EQUAL(so.p->peer_window, rows[i].want_window);
		CU_ASSERT_EQUAL(so.p->peer_payload, rows[i].payload);
		CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
		CU_ASSERT_EQUAL(req_payload_max(so.p), rows[i].payload < 1024 ? rows[i].payload :
				1024);
		solo_fini(&so);
	}
}

static struct weft_view syn_of(struct solo *so)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_NOP, 0);

	v.d.pdc_id = 0;
	v.d.flags = 0;
	solo_syn(so, &v);
	return v;
}

/* WEFT-PDC-002: packets of this context and of no other. */
static void weft_pdc_same__each_field(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_open(&so);
	v = syn_of(&so);
	CU_ASSERT(weft_pdc_same(so.p, &v));
	v.syn.chip_id++;
	CU_ASSERT(!weft_pdc_same(so.p, &v));
	v = syn_of(&so);
	v.syn.pdc_id++;
	CU_ASSERT(!weft_pdc_same(so.p, &v));
	v = syn_of(&so);
	v.syn.gen ^= 1;
	CU_ASSERT(!weft_pdc_same(so.p, &v));
	v = syn_of(&so);
	v.syn.incarnation++;
	CU_ASSERT(!weft_pdc_same(so.p, &v));
	v = syn_of(&so);
	v.syn.start_psn++;
	CU_ASSERT(!weft_pdc_same(so.p, &v));
	solo_fini(&so);
	solo_init(&so);
	solo_connect(&so);		/* an initiator is never meant by a SYN to id 0 */
	v = syn_of(&so);
	CU_ASSERT(!weft_pdc_same(so.p, &v));
	solo_fini(&so);
}

/* ---- ends --------------------------------------------------------------------------- */

static struct weft_view close_of(struct solo *so)
{
	return solo_ctrl(so, WEFT_TLV_CLOSE, NULL, 0);
}

static bool tx_close(struct solo *so)
{
	struct weft_hdr_tlv h;

	if (!solo_tx_type(so, WEFT_PTYPE_CTRL))
		return false;
	weft_hdr_tlv_unpack(&h, so->sent.b.ctrl.tlvs);
	return h.type == WEFT_TLV_CLOSE;
}

/* WEFT-PDC-013 */
static void weft_pdc_close__waits_for_what_is_outstanding(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_connect(&so);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 1, 3000, 0), WEFT_OK);
	weft_pdc_close(so.p);
	CU_ASSERT_EQUAL(solo_drain(&so), 3);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	v = solo_ack(&so, so.p->nxt - 2);
	solo_rx(&so, &v);
	CU_ASSERT(!tx_close(&so));
	solo_ack_all(&so);
	CU_ASSERT(!tx_close(&so));		/* nor before its answer has come */
	v = solo_tack(&so, 0, WEFT_STATUS_OK);
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status, WEFT_STATUS_OK);
	CU_ASSERT(tx_close(&so));
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 2, 8, 0), WEFT_OK);	/* too late */
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSING);
	solo_ack_all(&so);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_CLOSED));
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_STREAM_ERROR));
	CU_ASSERT_PTR_NOT_NULL(solo_find(&so, WEFT_ACT_COMPLETE));	/* WEFT-PDC-012 */
	CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status, WEFT_STATUS_PEER_RESET);
	CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);
	solo_fini(&so);
}

/* Nor before an answer that we owe the peer is out and acknowledged. */
static void weft_pdc_close__waits_for_answers(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	weft_pdc_close(so.p);
	CU_ASSERT(!tx_close(&so));		/* it waits for weft_work() */
	solo_obey(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT(!tx_close(&so));
	solo_ack_all(&so);
	CU_ASSERT(tx_close(&so));
	CU_ASSERT_EQUAL(weft_stream_init(so.p, so.smem, &so.scfg, &so.s), WEFT_ESTATE);
	solo_fini(&so);
}

static void weft_pdc_close__unused(void)
{
	struct solo so;

	solo_init(&so);
	solo_start(&so);
	weft_pdc_close(so.p);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_CLOSED));
	CU_ASSERT(!solo_tx(&so));
	weft_pdc_close(so.p);			/* again: nothing */
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, true);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
	solo_fini(&so);
}

/* WEFT-PDC-014 */
static void close_received__acknowledged_then_closed(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = close_of(&so);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 1);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_CLOSED));
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_STREAM_ERROR));
	solo_fini(&so);
}

/* WEFT-PDC-014: "when it has nothing outstanding itself". */
/* WEFT-PDC-030: the CLOSEs cross; the acknowledgement of ours, if it comes, changes nothing. */
static void close_received__crossed(void)
{
	for (int acked = 0; acked < 2; acked++) {
		struct weft_view v, a;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		weft_pdc_close(so.p);
		CU_ASSERT(solo_tx(&so));		/* ours */
		CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSING);
		v = close_of(&so);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		if (acked) {				/* in one burst with the peer's */
			a = solo_ack(&so, so.p->nxt - 1);
			CU_ASSERT_EQUAL(solo_rx(&so, &a), WEFT_DROP_NONE);
		}
		CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSING);
		CU_ASSERT_FATAL(solo_tx(&so));		/* never without a word */
		CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
		CU_ASSERT_EQUAL(so.sent.d.ack_psn, so.psn - 1);
		CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
		CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);
		solo_work(&so);
		CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_CLOSED));
		solo_fini(&so);
	}
}

static void close_received__with_something_outstanding(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_WRITE));
	v = close_of(&so);
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_ACK));
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	solo_ack_all(&so);
	solo_drain(&so);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
	solo_fini(&so);
}

/* The peer has closed and forgotten us before its last acknowledgement got through. */
static void close_received__peer_has_forgotten(void)
{
	struct weft_view v;
	struct solo so;

	for (int closing = 0; closing < 2; closing++) {
		solo_init(&so);
		solo_ready(&so);
		if (closing) {
			weft_pdc_close(so.p);
			CU_ASSERT(tx_close(&so));
		} else {
			solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
			solo_drain(&so);
			v = close_of(&so);
			solo_rx(&so, &v);
			solo_drain(&so);
		}
		v = solo_pkt(&so, WEFT_PTYPE_NACK);
		v.d.pdc_id = 0;
		v.d.flags = 0;
		v.b.nack.h = (struct weft_hdr_nack){ .reason = WEFT_NACK_NO_CONTEXT,
			.echo_pdc = SOLO_PEER_ID, .echo_gen = SOLO_PEER_GEN,
			.echo_psn = so.p->nxt - 1 };
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_CLOSED);
		solo_work(&so);
		CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_CLOSED));
		CU_ASSERT_PTR_NULL(solo_event(&so, WEFT_EV_PDC_FAILED));
		solo_fini(&so);
	}
}

/* WEFT-PDC-012 */
static void weft_pdc_abort__completes_everything(void)
{
	struct solo so;
	unsigned n = 0;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 1; id <= 20; id++)		/* more than the peer's window of 16 */
		CU_ASSERT_EQUAL(solo_post(&so, id % 2 ? WEFT_OPCODE_WRITE : WEFT_OPCODE_READ, id, 9,
					  0), WEFT_OK);
	solo_drain(&so);
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, false);
	CU_ASSERT(!solo_tx(&so));
	solo_work(&so);
	for (size_t i = 0; i < so.n_acts; i++) {
		const struct weft_act *a = &so.acts[i];

		if (a->type != WEFT_ACT_COMPLETE)
			continue;
		CU_ASSERT_EQUAL(a->wc.id, ++n);
		CU_ASSERT_EQUAL(a->wc.status, n == 1 ? WEFT_STATUS_OP_FAILED : WEFT_STATUS_FLUSHED);
	}
	CU_ASSERT_EQUAL(n, 20);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_STREAM_ERROR));
	CU_ASSERT_EQUAL(so.acts[so.n_acts - 1].event, WEFT_EV_PDC_FAILED);	/* comes last */
	CU_ASSERT_EQUAL(so.acts[so.n_acts - 1].wc.status, WEFT_STATUS_OP_FAILED);
	CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 1, 9, 0), WEFT_OK);
	solo_work(&so);					/* WEFT-SEM-070 */
	CU_ASSERT(so.n_acts == 1 && so.acts[0].wc.status == WEFT_STATUS_FLUSHED);
	CU_ASSERT_EQUAL(weft_deadline(so.p), WEFT_NEVER);
	solo_fini(&so);
}

/* One RESET that proves itself by the last PSN received (WEFT-PDC-011). */
static void weft_pdc_abort__tells_the_peer(void)
{
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, true);
	solo_work(&so);			/* the memory is needed until the RESET is out */
	CU_ASSERT_PTR_NULL(solo_event(&so, WEFT_EV_PDC_FAILED));
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_NACK);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_FAILED));
	CU_ASSERT_EQUAL(so.sent.b.nack.h.reason, WEFT_NACK_RESET);
	CU_ASSERT_EQUAL(so.sent.b.nack.h.echo_psn, so.psn - 1);
	CU_ASSERT_EQUAL(so.sent.d.pdc_id, SOLO_PEER_ID);
	CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_GEN, SOLO_PEER_GEN);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
	solo_init(&so);
	solo_start(&so);			/* nobody to tell */
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, true);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

WEFT_SUITE(t_pdc) {
	{ "weft_pdc_size__limits", weft_pdc_size__limits },
	{ "weft_pdc_open__uses_no_more_than_its_size", weft_pdc_open__uses_no_more_than_its_size },
	{ "weft_pdc_open__what_hosts_ask", weft_pdc_open__what_hosts_ask },
	{ "weft_pdc_open__start_psns_grow", weft_pdc_open__start_psns_grow },
	{ "weft_pdc_accept__learns_the_peer", weft_pdc_accept__learns_the_peer },
	{ "weft_pdc_same__each_field", weft_pdc_same__each_field },
	{ "weft_pdc_close__waits_for_what_is_outstanding",
	  weft_pdc_close__waits_for_what_is_outstanding },
	{ "weft_pdc_close__waits_for_answers", weft_pdc_close__waits_for_answers },
	{ "weft_pdc_close__unused", weft_pdc_close__unused },
	{ "close_received__acknowledged_then_closed", close_received__acknowledged_then_closed },
	{ "close_received__crossed", close_received__crossed },
	{ "close_received__with_something_outstanding",
	  close_received__with_something_outstanding },
	{ "close_received__peer_has_forgotten", close_received__peer_has_forgotten },
	{ "weft_pdc_abort__completes_everything", weft_pdc_abort__completes_everything },
	{ "weft_pdc_abort__tells_the_peer", weft_pdc_abort__tells_the_peer },
};
