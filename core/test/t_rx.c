/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/rx.c: which packets a context takes, and what it makes of the host's answers. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

static uint64_t drops(const struct solo *so)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < WEFT_DROP_COUNT; i++)
		n += so->p->st->drop[i];
	return n;
}

struct spoil {
	const char *what;
	enum weft_drop why;
	void (*fn)(struct solo *so, struct weft_view *v);
};

static void wrong_id(struct solo *so, struct weft_view *v)
{
	(void)so;
	v->d.pdc_id++;
}

static void wrong_gen(struct solo *so, struct weft_view *v)
{
	(void)so;
	v->d.flags ^= 1;
}

static void no_id(struct solo *so, struct weft_view *v)
{
	(void)so;
	v->d.pdc_id = 0;
}

static void syn_other_chip(struct solo *so, struct weft_view *v)
{
	solo_syn(so, v);
	v->syn.chip_id++;
}

static void syn_other_domain(struct solo *so, struct weft_view *v)
{
	solo_syn(so, v);
	v->syn.domain++;
}

static void syn_other_mode(struct solo *so, struct weft_view *v)
{
	solo_syn(so, v);
	v->syn.mode = WEFT_MODE_ROD;
}

static void syn_other_start(struct solo *so, struct weft_view *v)
{
	solo_syn(so, v);
	v->syn.start_psn += 100;
}

static void syn_other_context(struct solo *so, struct weft_view *v)
{
	solo_syn(so, v);
	v->d.pdc_id = 0;
	v->syn.pdc_id++;
}

static void oversize(struct solo *so, struct weft_view *v)
{
	*v = solo_write(so, 0, 0, 1025, 2000);
	so->psn--;
	v->d.psn--;
}

static void beyond_window(struct solo *so, struct weft_view *v)
{
	v->d.psn = so->p->rx_cum + so->p->prof->window;
}

static void old_psn(struct solo *so, struct weft_view *v)
{
	v->d.psn = so->p->rx_cum - 1;
}

static void bad_ack(struct solo *so, struct weft_view *v)
{
	v->d.flags |= WEFT_DFLAGS_AKV;
	v->d.ack_psn = so->p->nxt;
}

/*
 * WEFT-PDC-070, WEFT-PDC-071, WEFT-PDC-072;
 * WEFT-CONV-004, WEFT-PDC-007, WEFT-PDC-008, WEFT-PKT-006, WEFT-PDC-021, WEFT-PDC-020,
 * WEFT-ACK-007
 */
static void weft_rx__refused_packets_leave_no_trace(void)
{
	static const struct spoil rows[] = {
		{ "another context", WEFT_DROP_NO_CONTEXT, wrong_id },
		{ "a late packet of a recycled id", WEFT_DROP_NO_CONTEXT, wrong_gen },
		{ "no id, no SYN", WEFT_DROP_NO_CONTEXT, no_id },
		{ "SYN of another chip", WEFT_DROP_NO_CONTEXT, syn_other_chip },
		{ "SYN of another domain", WEFT_DROP_DOMAIN, syn_other_domain },
		{ "SYN of another mode", WEFT_DROP_DOMAIN, syn_other_mode },
		{ "SYN of another numbering", WEFT_DROP_DOMAIN, syn_other_start },
		{ "SYN of another context", WEFT_DROP_NO_CONTEXT, syn_other_context },
		{ "payload larger than announced", WEFT_DROP_OVERSIZE, oversize },
		{ "beyond the window", WEFT_DROP_WINDOW, beyond_window },
		{ "received before", WEFT_DROP_DUPLICATE, old_psn },
		{ "acknowledges what was never sent", WEFT_DROP_BAD_ACK, bad_ack },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view good, v;
		struct solo so;
		uint32_t cum;

		solo_init(&so);
		solo_ready(&so);
		cum = so.p->rx_cum;
		good = v = solo_write(&so, 0, 0, 100, 100);
		rows[i].fn(&so, &v);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), rows[i].why);
		CU_ASSERT(!so.has_act);
		CU_ASSERT_EQUAL(so.p->st->drop[rows[i].why], 1);
		CU_ASSERT_EQUAL(drops(&so), 1);
		CU_ASSERT_EQUAL(so.p->rx_cum, cum);
		CU_ASSERT_EQUAL(so.p->rx_max, cum);
		CU_ASSERT_EQUAL(so.s->run->msgs[0].state, MSG_FREE);
		CU_ASSERT_EQUAL(solo_rx(&so, &good), WEFT_DROP_NONE);
		CU_ASSERT(so.has_act);
		CU_ASSERT_PTR_NULL(net_check(so.p));
		solo_fini(&so);
	}
}

/* WEFT-PDC-073, WEFT-PDC-001, WEFT-PDC-018: SYN until the other has shown that it knows our id. */
static void proof__initiator_and_target(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_start(&so);
	so.smem = calloc(1, weft_stream_size(&so.scfg));
	weft_stream_init(so.p, so.smem, &so.scfg, &so.s);
	weft_ep_connect(so.s, 1, NULL, 0);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_SYN);
	CU_ASSERT_EQUAL(so.sent.d.pdc_id, 0);
	CU_ASSERT_EQUAL(so.sent.syn.start_psn, SOLO_START);
	CU_ASSERT_EQUAL(so.sent.syn.pdc_id, SOLO_ID);
	CU_ASSERT_EQUAL(so.sent.syn.gen, SOLO_GEN);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);		/* knows our id, but not who it is */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_CONTEXT);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPENING);
	solo_syn(&so, &v);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_CONTEXT);	/* WEFT-PDC-018: no proof */
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = SOLO_START + 1;			/* not sent */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_CONTEXT);
	v.d.ack_psn = SOLO_START - 2;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_CONTEXT);
	CU_ASSERT(!so.p->peer_known);
	v.d.ack_psn = SOLO_START - 1;			/* none of it is done yet */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_SYN, 0);
	CU_ASSERT_EQUAL(so.sent.d.pdc_id, SOLO_PEER_ID);
	solo_work(&so);
	CU_ASSERT_PTR_NOT_NULL(solo_event(&so, WEFT_EV_PDC_OPEN));
	solo_fini(&so);

	solo_init(&so);
	solo_open(&so);
	so.p->peer_knows = false;			/* as just accepted */
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	v.d.pdc_id = 0;
	v.d.flags = WEFT_DFLAGS_AR;
	solo_syn(&so, &v);
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_SYN);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_SYN, 0);
	solo_fini(&so);
}

/* WEFT-PDC-005, by an answer: the host is told to end the older contexts. */
static void learn_incarnation__answer_of_a_restarted_chip(void)
{
	struct weft_view v;
	struct solo so;

	for (uint32_t inc = 8; inc <= 10; inc++) {	/* known: 9 */
		solo_init(&so);
		solo_start(&so);
		so.peer.known = so.peer.floored = true;
		so.peer.incarnation = 9;
		so.smem = calloc(1, weft_stream_size(&so.scfg));
		weft_stream_init(so.p, so.smem, &so.scfg, &so.s);
		weft_ep_connect(so.s, 1, NULL, 0);
		solo_drain(&so);
		v = solo_op(&so, WEFT_OPCODE_NOP, 0);
		v.d.flags |= WEFT_DFLAGS_AKV;
		v.d.ack_psn = SOLO_START;
		solo_syn(&so, &v);
		v.syn.incarnation = inc;
		CU_ASSERT_EQUAL(solo_rx(&so, &v) == WEFT_DROP_NONE, inc >= 9);
		solo_work(&so);
		if (inc >= 9) {
			CU_ASSERT_PTR_NOT_NULL_FATAL(solo_event(&so, WEFT_EV_PDC_OPEN));
			CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_PDC_OPEN)->arg, inc == 10);
			CU_ASSERT_EQUAL(so.peer.incarnation, inc);
			CU_ASSERT_EQUAL(so.peer.floored, inc == 9);
		}
		solo_fini(&so);
	}
}

/* WEFT-PDC-074 */
static void weft_rx__after_the_end(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	weft_pdc_abort(so.p, WEFT_STATUS_OP_FAILED, false);
	v = solo_write(&so, 0, 0, 8, 8);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_CONTEXT);
	CU_ASSERT(!so.has_act);
	solo_fini(&so);
}

/* WEFT-PDC-022, WEFT-ACK-008 */
static void out_of_order__one_nack_for_a_gap(void)
{
	struct weft_view v[4];
	struct weft_hdr_range g;
	struct solo so;

	solo_init(&so);
	so.cfg.mode = WEFT_MODE_ROD;
	solo_ready(&so);
	for (int i = 0; i < 4; i++)
		v[i] = solo_op(&so, WEFT_OPCODE_NOP, 0);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[1]), WEFT_DROP_ORDER);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_NACK);
	CU_ASSERT_EQUAL(so.sent.b.nack.h.reason, WEFT_NACK_MISSING);
	CU_ASSERT_EQUAL(so.sent.b.nack.h.count, 1);
	weft_hdr_range_unpack(&g, so.sent.b.nack.ranges);
	CU_ASSERT(g.first == v[0].d.psn && g.count == 1);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[2]), WEFT_DROP_ORDER);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[3]), WEFT_DROP_ORDER);
	CU_ASSERT(!solo_tx(&so));
	v[3].d.flags |= WEFT_DFLAGS_AR;			/* the sender asks */
	solo_rx(&so, &v[3]);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_NACK);
	solo_rx(&so, &v[1]);				/* it went back, the first was lost again */
	CU_ASSERT(solo_tx(&so));
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(solo_rx(&so, &v[i]), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_ORDER], 5);
	while (solo_tx(&so))
		;
	for (int i = 0; i < 2; i++)			/* the next gap is told as the first was */
		v[i] = solo_op(&so, WEFT_OPCODE_NOP, 0);
	CU_ASSERT_EQUAL(solo_rx(&so, &v[1]), WEFT_DROP_ORDER);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_NACK);
	solo_fini(&so);
}

/* WEFT-SEM-025, and WEFT-PDC-023 when there is no room to remember the answer. */
static void no_stream__each_is_told(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t n = 0, told = 0;

	solo_init(&so);
	solo_ready(&so);
	do {
		v = solo_write(&so, n, 0, 8, 8);
		v.b.data.op.qpn = 1000 + n++;
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);
	} while (n < 60 && so.p->rx_max == so.psn);
	CU_ASSERT(n > 16 && n < 60);			/* the last was not taken */
	CU_ASSERT_EQUAL(so.p->rx_cum, v.d.psn);
	while (solo_tx_op(&so, WEFT_OPCODE_TACK)) {
		CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_NO_STREAM);
		CU_ASSERT_EQUAL(so.sent.b.data.op.qpn, 1000 + told);
		CU_ASSERT_EQUAL(so.sent.b.data.op.msn, told);
		told++;
	}
	CU_ASSERT_EQUAL(told, n - 1);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);	/* sent again: now it fits */
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	solo_fini(&so);
}

/* A message is refused once, by its first packet; responses are not answered at all. */
static void no_stream__not_for_every_packet(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 0, 100, 100, 300);
	v.b.data.op.qpn = 77;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);
	v = solo_tack(&so, 0, WEFT_STATUS_OK);
	v.b.data.op.qpn = 77;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NO_STREAM);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	solo_fini(&so);
}

/* WEFT-SEM-025, the other side: everything outstanding ends, for no answer will come. */
static void told_no_stream__all_of_it_fails(void)
{
	struct weft_view v;
	struct solo so;

	solo_init(&so);
	solo_ready(&so);
	for (uint64_t id = 0; id < 3; id++)
		solo_post(&so, WEFT_OPCODE_WRITE, id, 8, 0);
	solo_drain(&so);
	v = solo_tack(&so, 2, WEFT_STATUS_NO_STREAM);
	v.b.data.op.qpn = 4711;				/* no peer of ours */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
	v = solo_tack(&so, 3, WEFT_STATUS_NO_STREAM);	/* not sent */
	v.b.data.op.qpn = SOLO_PEER_QPN;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_UNEXPECTED);
	v = solo_tack(&so, 2, WEFT_STATUS_NO_STREAM);
	v.b.data.op.qpn = SOLO_PEER_QPN;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	solo_work(&so);
	CU_ASSERT_EQUAL(so.n_acts, 4);
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->wc.status, WEFT_STATUS_NO_STREAM);
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->arg, 0);
	CU_ASSERT_EQUAL(so.acts[1].wc.status, WEFT_STATUS_NO_STREAM);
	CU_ASSERT_EQUAL(so.acts[3].wc.status, WEFT_STATUS_FLUSHED);
	solo_fini(&so);
}

/* ---- answers ------------------------------------------------------------------------ */

static void weft_done__spurious_tokens(void)
{
	static const uint32_t kinds[] = { 0, TOKEN_PLACE, 2, 8, 15 };
	struct weft_view v;
	struct solo so;
	uint32_t token, cum;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 0, 0, 8, 8);
	solo_rx(&so, &v);
	token = so.act.token;
	cum = so.p->rx_cum;
	for (size_t k = 0; k < WEFT_ARRAY_LEN(kinds); k++)
		for (uint32_t low = 0; low < 0x10000000; low += 9973) {
			uint32_t t = kinds[k] << 28 | low;

			if (t != token)
				weft_done(so.p, t, WEFT_STATUS_OP_FAILED, 1);
		}
	CU_ASSERT_EQUAL(so.p->rx_cum, cum);
	CU_ASSERT_EQUAL(so.s->state, WEFT_STREAM_STATE_READY);
	weft_done(so.p, token, WEFT_STATUS_OK, 0);
	weft_done(so.p, token, WEFT_STATUS_OP_FAILED, 0);	/* twice */
	CU_ASSERT_EQUAL(so.p->rx_cum, cum + 1);
	solo_obey(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	CU_ASSERT_EQUAL(so.sent.b.data.op.status, WEFT_STATUS_OK);
	solo_fini(&so);
}

/* An atomic's answer comes when its stream has gone and another one is in its place. */
static void weft_done__late_for_a_stream_that_has_gone(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t token;
	void *mem;

	solo_init(&so);
	so.prof.max_streams = 1;
	solo_ready(&so);
	v = solo_atomic(&so, 0);
	solo_rx(&so, &v);
	solo_work(&so);
	token = solo_find(&so, WEFT_ACT_ATOMIC)->token;
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	so.s = solo_stream(&so, SOLO_QPN, SOLO_PEER_QPN + 1, &mem);
	v = solo_atomic(&so, 0);
	solo_rx(&so, &v);
	solo_work(&so);
	CU_ASSERT_NOT_EQUAL(solo_find(&so, WEFT_ACT_ATOMIC)->token, token);
	weft_done(so.p, token, WEFT_STATUS_OK, 0xbad);
	CU_ASSERT(!solo_tx_op(&so, WEFT_OPCODE_ATOMIC_RSP));
	weft_done(so.p, solo_find(&so, WEFT_ACT_ATOMIC)->token, WEFT_STATUS_OK, 42);
	solo_work(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_ATOMIC_RSP));
	CU_ASSERT_EQUAL(so.sent.b.data.u.atomic_rsp.old, 42);
	free(mem);
	solo_fini(&so);
}

/* A placement that is answered when its stream has gone still ends its packet. */
static void weft_done__place_after_fini(void)
{
	struct weft_view v, w;
	struct solo so;
	uint32_t first;

	solo_init(&so);
	solo_ready(&so);
	v = solo_write(&so, 0, 0, 8, 16);
	w = solo_write(&so, 0, 8, 8, 16);
	solo_rx(&so, &v);
	first = so.act.token;
	solo_rx(&so, &w);
	CU_ASSERT(so.act.early);
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	weft_done(so.p, so.act.token, WEFT_STATUS_OK, 0);
	CU_ASSERT_NOT_EQUAL(so.p->rx_cum, so.psn);
	weft_done(so.p, first, WEFT_STATUS_OK, 0);
	CU_ASSERT_EQUAL(so.p->rx_cum, so.psn);
	CU_ASSERT_PTR_NULL(net_check(so.p));
	CU_ASSERT_EQUAL(solo_holds(&so), so.prof.holds);
	solo_fini(&so);
}

/* WEFT-PDC-023: as if it had never come. */
static void weft_done__no_hold(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t cum;

	solo_init(&so);
	solo_ready(&so);
	cum = so.p->rx_cum;
	v = solo_write(&so, 0, 8, 8, 16);
	CU_ASSERT_EQUAL(solo_take(&so, &v, WEFT_STATUS_NO_HOLD), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(so.p->st->drop[WEFT_DROP_NO_HOLD], 1);
	CU_ASSERT_EQUAL(so.p->rx_cum, cum);
	CU_ASSERT_EQUAL(so.p->rx_max, cum);
	CU_ASSERT_PTR_NULL(net_check(so.p));
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);	/* sent again, and new */
	CU_ASSERT(so.has_act);
	solo_fini(&so);
}

/* WEFT-SEM-093: of what came in one burst, the end of the request goes before the answer to it. */
static void stream_work__ends_before_answers(void)
{
	for (int tack_first = 0; tack_first < 2; tack_first++) {
		struct weft_view tack, answer;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_SEND, 1, 8, 0);
		solo_drain(&so);
		tack = solo_tack(&so, 0, WEFT_STATUS_OK);
		answer = solo_send(&so, 0, 0, 0, 8, 8);
		if (tack_first)
			solo_rx(&so, &tack);
		solo_take(&so, &answer, WEFT_STATUS_OK);
		if (!tack_first)
			solo_rx(&so, &tack);
		CU_ASSERT_EQUAL(solo_work(&so), 2);
		CU_ASSERT_EQUAL(so.acts[0].type, WEFT_ACT_COMPLETE);
		CU_ASSERT_EQUAL(so.acts[0].wc.status, WEFT_STATUS_OK);
		CU_ASSERT_EQUAL(so.acts[1].type, WEFT_ACT_COMPLETE_RECV);
		solo_fini(&so);
	}
}

/* However small the host's array, everything comes, and in the same order. */
static void weft_work__one_action_at_a_time(void)
{
	enum weft_act_type all[32], one[32];
	size_t n_all = 0, n_one = 0;

	for (int pass = 0; pass < 2; pass++) {
		struct weft_view v;
		struct solo so;

		solo_init(&so);
		solo_ready(&so);
		for (uint64_t id = 0; id < 3; id++)
			solo_post(&so, WEFT_OPCODE_WRITE, id, 8, 0);
		solo_drain(&so);
		v = solo_send(&so, 0, 0, 0, 8, 8);
		solo_take(&so, &v, WEFT_STATUS_OK);
		v = solo_write(&so, 1, 0, 8, 8);
		solo_take(&so, &v, WEFT_STATUS_NO_RIGHTS);
		if (!pass) {
			n_all = solo_work(&so);
			for (size_t i = 0; i < n_all; i++)
				all[i] = so.acts[i].type;
		} else {
			while (weft_work(so.p, so.acts, 1, so.now))
				one[n_one++] = so.acts[0].type;
		}
		CU_ASSERT_EQUAL(weft_work(so.p, so.acts, 1, so.now), 0);
		solo_fini(&so);
	}
	CU_ASSERT_EQUAL(n_all, 5);		/* receive, error, three flushed */
	CU_ASSERT_EQUAL(n_all, n_one);
	CU_ASSERT_EQUAL(memcmp(all, one, n_all * sizeof(*all)), 0);
}

WEFT_SUITE(t_rx) {
	{ "weft_rx__refused_packets_leave_no_trace", weft_rx__refused_packets_leave_no_trace },
	{ "weft_rx__after_the_end", weft_rx__after_the_end },
	{ "proof__initiator_and_target", proof__initiator_and_target },
	{ "learn_incarnation__answer_of_a_restarted_chip",
	  learn_incarnation__answer_of_a_restarted_chip },
	{ "out_of_order__one_nack_for_a_gap", out_of_order__one_nack_for_a_gap },
	{ "no_stream__each_is_told", no_stream__each_is_told },
	{ "no_stream__not_for_every_packet", no_stream__not_for_every_packet },
	{ "told_no_stream__all_of_it_fails", told_no_stream__all_of_it_fails },
	{ "weft_done__spurious_tokens", weft_done__spurious_tokens },
	{ "weft_done__late_for_a_stream_that_has_gone",
	  weft_done__late_for_a_stream_that_has_gone },
	{ "weft_done__place_after_fini", weft_done__place_after_fini },
	{ "weft_done__no_hold", weft_done__no_hold },
	{ "stream_work__ends_before_answers", stream_work__ends_before_answers },
	{ "weft_work__one_action_at_a_time", weft_work__one_action_at_a_time },
};
