/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/retx.c: what is lost, and when it is sent again. */
#include "core/test/net_check.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define US 1000ull
#define MS 1000000ull
#define RTT (50 * US)

static void start(struct solo *so, enum weft_mode mode)
{
	solo_init(so);
	so->cfg.mode = mode;
	so->prof.retry_limit = 4;
	solo_ready(so);
	so->p->srtt = so->p->min_rtt = RTT;
	so->p->var = 0;
}

static void sent_write(struct solo *so, uint32_t packets)
{
	solo_post(so, WEFT_OPCODE_WRITE, 1, packets * 1024, 0);
	CU_ASSERT_EQUAL(solo_drain(so), packets);
}

/* The peer says that it has these of the 64 PSNs from una on (bit 0: una). */
static void sack(struct solo *so, uint64_t bits)
{
	uint8_t word[8] = { 0 };
	struct weft_view v = solo_ack(so, so->p->una - 1);

	for (int i = 0; i < 64; i++)
		word[i / 8] = (uint8_t)((uint32_t)word[i / 8] << 1 | (bits >> i & 1));
	v.b.ack.h.words = 1;
	v.b.ack.words = word;
	CU_ASSERT_EQUAL(solo_rx(so, &v), WEFT_DROP_NONE);
}

/* ---- RACK --------------------------------------------------------------------------- */

/* WEFT-RTX-002, WEFT-RTX-001 */
static void retx_rack__lost_when_later_ones_came(void)
{
	struct solo so;
	uint32_t una;

	start(&so, WEFT_MODE_RUD);
	sent_write(&so, 1);
	una = so.p->una;
	so.now += RTT;				/* far more than the reordering time */
	sent_write(&so, 2);
	so.now += RTT;
	sack(&so, 1u << 1);
	CU_ASSERT_EQUAL(so.p->st->rtx_rack, 1);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.psn, una);
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
	CU_ASSERT(!solo_tx(&so));		/* the third may still come */
	solo_fini(&so);
}

/* Reordering is not loss: sent together, so it waits for the reordering time. */
static void retx_rack__waits_for_the_reordering_time(void)
{
	struct solo so;
	weft_time sent, due;
	uint32_t una;

	start(&so, WEFT_MODE_RUD);
	sent_write(&so, 3);
	sent = so.now;
	una = so.p->una;
	so.now += 1;
	sent_write(&so, 1);
	so.now = sent + RTT - 10;
	sack(&so, 1u << 3);
	CU_ASSERT(!solo_tx(&so));
	due = so.p->rack_due;
	CU_ASSERT(due > sent + RTT && due <= sent + 2 * RTT + 1);
	CU_ASSERT_EQUAL(weft_deadline(so.p), due);
	solo_until(&so, due - 1);
	CU_ASSERT(!solo_tx(&so));
	solo_until(&so, due);
	for (uint32_t psn = una; psn != una + 3; psn++) {
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, psn);
	}
	solo_fini(&so);
}

/* WEFT-RTX-023: with several paths it is twice as long. */
static void retx_rack__longer_over_several_paths(void)
{
	static const struct { uint16_t paths; uint32_t gap; bool lost; } rows[] = {
		{ 1, RTT / 4, false }, { 1, RTT / 4 + 1, true },
		{ 4, RTT / 2 + 1, false }, { 4, RTT / 2 + 2, true },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct solo so;

		solo_init(&so);
		so.cfg.n_paths = rows[i].paths;
		solo_ready(&so);
		so.p->srtt = so.p->min_rtt = RTT;
		so.p->var = 0;
		sent_write(&so, 1);
		so.now += rows[i].gap;
		sent_write(&so, 1);
		so.now += 1;
		sack(&so, 1u << 1);
		CU_ASSERT_EQUAL(solo_tx(&so), rows[i].lost);
		solo_fini(&so);
	}
}

/* WEFT-RTX-023: Needless retransmission widens the reordering time, up to a round trip. */
static void retx_rack__learns_from_needless_ones(void)
{
	struct weft_view v;
	struct solo so;
	unsigned steps = 0;

	start(&so, WEFT_MODE_RUD);
	for (int i = 0; i < 10; i++) {
		uint32_t psn = so.p->nxt;

		sent_write(&so, 1);
		retx_mark_lost(so.p, txrec_of(so.p, psn));
		solo_drain(&so);
		solo_ack_all(&so);
		v = solo_ack(&so, psn);		/* the peer got it a second time */
		v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
		v.b.ack.h.echo_psn = psn;
		solo_rx(&so, &v);
		CU_ASSERT(so.p->reo_steps >= steps);
		steps = so.p->reo_steps;
	}
	CU_ASSERT(steps > 0 && steps < 32);
	sent_write(&so, 1);
	so.now += RTT / 2;			/* would have been lost by RTT/4 */
	sent_write(&so, 1);
	so.now += RTT / 2;
	sack(&so, 1u << 1);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/* ---- tail-loss probe ---------------------------------------------------------------- */

/* WEFT-RTX-005 */
static void retx_expire__tail_loss_probe(void)
{
	struct solo so;
	uint32_t una;

	for (int mode = WEFT_MODE_RUD; mode <= WEFT_MODE_ROD; mode++) {
		weft_time due;

		start(&so, (enum weft_mode)mode);
		so.p->var = RTT / 4;			/* so that the timeout is later */
		so.prof.min_rto_ns = MS;
		sent_write(&so, 3);
		una = so.p->una;
		due = weft_deadline(so.p);
		CU_ASSERT(due >= so.now + 2 * RTT && due <= so.now + 3 * RTT);
		so.p->var = RTT;			/* it may come later */
		due = weft_deadline(so.p);
		CU_ASSERT_EQUAL(due, so.now + 4 * RTT);
		solo_until(&so, due);
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, mode == WEFT_MODE_RUD ? una + 2 : una);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_AR);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		CU_ASSERT(!solo_tx(&so));
		CU_ASSERT_EQUAL(so.p->st->rtx_tlp, 1);
		CU_ASSERT_EQUAL(so.p->backoff, 0);
		if (mode == WEFT_MODE_ROD)	/* one only; then the timeout */
			CU_ASSERT(weft_deadline(so.p) >= due + MS / 2);
		solo_fini(&so);
	}
}

/* WEFT-RTX-042: with one path the timeout is next. */
static void retx_expire__three_probes_if_there_are_paths(void)
{
	struct solo so;

	for (uint16_t paths = 1; paths <= 4; paths += 3) {
		unsigned n = paths == 1 ? 1 : 3;
		weft_time last, gap = 0;

		solo_init(&so);
		so.cfg.n_paths = paths;
		solo_ready(&so);
		so.p->srtt = so.p->min_rtt = RTT;
		so.p->var = 0;
		so.prof.min_rto_ns = 4 * MS;
		sent_write(&so, 1);
		last = so.now;
		for (unsigned i = 0; i < n; i++) {
			solo_until(&so, weft_deadline(so.p));
			CU_ASSERT(solo_tx(&so));
			CU_ASSERT_EQUAL(so.p->st->rtx_tlp, i + 1);
			CU_ASSERT(!gap || so.now - last == 2 * gap);
			gap = so.now - last;
			last = so.now;
		}
		CU_ASSERT_EQUAL(so.p->backoff, 0);
		solo_until(&so, weft_deadline(so.p));
		CU_ASSERT_EQUAL(so.p->backoff, 1);
		CU_ASSERT_EQUAL(so.p->st->rtx_tlp, n);
		solo_fini(&so);
	}
}

/* The acknowledgement comes between the decision and the sending. */
static void retx_expire__probe_not_needed_any_more(void)
{
	struct solo so;

	start(&so, WEFT_MODE_RUD);
	sent_write(&so, 1);
	solo_until(&so, weft_deadline(so.p));
	CU_ASSERT_NOT_EQUAL(so.p->tlp_idx, NO_IDX);
	solo_ack_all(&so);
	CU_ASSERT(!solo_tx(&so));
	sent_write(&so, 1);
	CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_RTX, 0);
	solo_fini(&so);
}

/* ---- timeout ------------------------------------------------------------------------ */

/* WEFT-RTX-022, WEFT-RTX-006 */
static void retx_rto__formula_and_clamp(void)
{
	static const struct { uint64_t srtt, var; uint8_t backoff; uint64_t rto; } rows[] = {
		{ 0, 0, 0, 4 * MS },			/* nothing measured */
		{ 0, 0, 1, 8 * MS },
		{ 50 * US, 10 * US, 0, MS },		/* not below min_rto */
		{ 2 * MS, MS, 0, 6 * MS },
		{ 2 * MS, MS, 1, 12 * MS },
		{ 2 * MS, MS, 3, 48 * MS },
		{ 2 * MS, MS, 10, 250 * MS },		/* not above max_rto */
		{ 2 * MS, MS, 200, 250 * MS },
		{ 900 * MS, 0, 0, 250 * MS },
	};
	struct solo so;

	start(&so, WEFT_MODE_RUD);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		so.p->srtt = rows[i].srtt;
		so.p->var = rows[i].var;
		so.p->backoff = rows[i].backoff;
		CU_ASSERT_EQUAL(retx_rto(so.p), rows[i].rto);
	}
	solo_fini(&so);
}

/* WEFT-RTX-021 */
static void retx_rtt__smooths(void)
{
	struct solo so;

	start(&so, WEFT_MODE_RUD);
	so.p->srtt = so.p->var = so.p->min_rtt = 0;
	retx_rtt(so.p, 800);
	CU_ASSERT(so.p->srtt == 800 && so.p->var == 400 && so.p->min_rtt == 800);
	retx_rtt(so.p, 1600);
	CU_ASSERT(so.p->srtt == 900 && so.p->var == (1200 + 800) / 4 && so.p->min_rtt == 800);
	retx_rtt(so.p, 100);
	CU_ASSERT(so.p->srtt == 800 && so.p->var == (1500 + 800) / 4 && so.p->min_rtt == 100);
	solo_fini(&so);
}

/* WEFT-RTX-006, WEFT-RTX-007, WEFT-CC-002, WEFT-PDC-012 */
static void timeout__doubles_then_gives_up(void)
{
	struct solo so;
	weft_time last, gap = 0;
	unsigned n = 0;

	start(&so, WEFT_MODE_RUD);
	solo_post(&so, WEFT_OPCODE_READ, 7, 100, 0);
	solo_drain(&so);
	so.p->tlp_sent = NO_TLP;
	so.prof.min_rto_ns = MS;
	last = so.now;
	while (so.p->state == WEFT_PDC_STATE_OPEN && n < 20) {
		solo_until(&so, weft_deadline(so.p));
		if (so.p->state != WEFT_PDC_STATE_OPEN)
			break;
		CU_ASSERT_EQUAL(cc_window(&so.p->cc), 1);
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_AR);
		CU_ASSERT(!gap || so.now - last == 2 * gap);
		gap = so.now - last;
		last = so.now;
		n++;
	}
	CU_ASSERT_EQUAL(n, 4);			/* the retry limit */
	CU_ASSERT_EQUAL(gap, 8 * MS);
	solo_work(&so);
	CU_ASSERT_EQUAL(solo_find(&so, WEFT_ACT_COMPLETE)->wc.status, WEFT_STATUS_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_STREAM_ERROR)->wc.status,
			WEFT_STATUS_RETRY_EXCEEDED);
	CU_ASSERT_EQUAL(solo_event(&so, WEFT_EV_PDC_FAILED)->wc.status,
			WEFT_STATUS_RETRY_EXCEEDED);
	solo_fini(&so);
}

/* WEFT-RTX-026: Any progress starts the count again. */
static void timeout__forgotten_after_progress(void)
{
	struct solo so;

	start(&so, WEFT_MODE_RUD);
	sent_write(&so, 2);
	for (int i = 0; i < 12; i++) {
		solo_until(&so, weft_deadline(so.p));
		solo_drain(&so);
		if (so.p->backoff == 3) {
			struct weft_view v = solo_ack(&so, so.p->una);

			solo_rx(&so, &v);
			CU_ASSERT_EQUAL(so.p->backoff, 0);
			solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
			solo_drain(&so);
			so.p->tlp_sent = NO_TLP;
		}
	}
	CU_ASSERT_EQUAL(so.p->state, WEFT_PDC_STATE_OPEN);
	solo_fini(&so);
}

/* All that is outstanding goes out again, in PSN order, as the window opens. */
static void timeout__everything_in_order(void)
{
	struct solo so;
	uint32_t una;

	start(&so, WEFT_MODE_RUD);
	sent_write(&so, 6);
	una = so.p->una;
	sack(&so, 1u << 3);			/* one of them has come */
	so.p->tlp_sent = NO_TLP;
	solo_until(&so, so.now + 2 * MS);
	CU_ASSERT_EQUAL(so.p->backoff, 1);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.psn, una);
	CU_ASSERT(!solo_tx(&so));		/* WEFT-CC-002: one packet */
	for (uint32_t psn = una; psn != una + 6; psn++) {
		struct weft_view v = solo_ack(&so, psn);

		so.now += RTT;
		solo_rx(&so, &v);
		while (solo_tx(&so))
			CU_ASSERT(so.sent.d.psn != una + 3);
	}
	CU_ASSERT_EQUAL(so.p->una, so.p->nxt);
	solo_fini(&so);
}

/* WEFT-RTX-010: in RUD the oldest alone; in ROD all (WEFT-RTX-080). */
static void timeout__which_packets(void)
{
	for (int mode = WEFT_MODE_RUD; mode <= WEFT_MODE_ROD; mode++) {
		struct solo so;
		uint32_t una;

		start(&so, (enum weft_mode)mode);
		sent_write(&so, 6);
		una = so.p->una;
		so.p->tlp_sent = NO_TLP;
		solo_until(&so, so.now + 2 * MS);
		CU_ASSERT_EQUAL(so.p->backoff, 1);
		CU_ASSERT_EQUAL(cc_window(&so.p->cc), 1);	/* WEFT-CC-002 */
		so.p->cc.cwnd = 64 * CC_ONE;		/* it is not the window that holds them */
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, una);
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX && so.sent.d.flags & WEFT_DFLAGS_AR);
		for (uint32_t i = 1; mode == WEFT_MODE_ROD && i < 6; i++) {
			CU_ASSERT(solo_tx(&so));
			CU_ASSERT_EQUAL(so.sent.d.psn, una + i);
		}
		CU_ASSERT(!solo_tx(&so));
		solo_fini(&so);
	}
}

/* WEFT-CC-007: nothing was lost, the peer was only late. */
static void timeout__needless(void)
{
	for (int lost = 0; lost < 2; lost++) {
		struct solo so;

		start(&so, WEFT_MODE_RUD);
		sent_write(&so, 6);
		so.p->tlp_sent = NO_TLP;
		solo_until(&so, so.now + 2 * MS);
		CU_ASSERT_EQUAL(cc_window(&so.p->cc), 1);
		solo_drain(&so);
		so.now += 2 * RTT;
		sack(&so, lost ? 1u << 0 : 1u << 1);	/* sent twice: that says nothing */
		CU_ASSERT_EQUAL(cc_window(&so.p->cc) >= 63, !lost);
		solo_fini(&so);
	}
}

/* WEFT-CC-007: what went again at the timeout came twice; unless something was lost since. */
static void timeout__copy_arrives_too(void)
{
	for (int lost = 0; lost < 2; lost++) {
		struct weft_view v;
		struct solo so;

		start(&so, WEFT_MODE_RUD);
		sent_write(&so, 1);
		so.p->tlp_sent = NO_TLP;
		solo_until(&so, so.now + 2 * MS);
		solo_drain(&so);
		so.now += 2 * RTT;
		sack(&so, 1u << 0);			/* of which copy, it does not say */
		CU_ASSERT(cc_window(&so.p->cc) < 63);
		if (lost)
			so.p->cwnd_before = 0;		/* as retx_rack() leaves it */
		v = solo_ack(&so, 0);
		v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
		v.b.ack.h.echo_psn = so.p->timeout_psn;
		solo_rx(&so, &v);
		CU_ASSERT_EQUAL(cc_window(&so.p->cc) >= 63, !lost);
		solo_fini(&so);
	}
}

/* ---- go-back ------------------------------------------------------------------------ */

/* WEFT-RTX-025, WEFT-RTX-004: nothing new overtakes, and what was lost twice is in order too. */
static void retx_go_back__rod_keeps_the_order(void)
{
	struct solo so;
	uint32_t una, want;

	start(&so, WEFT_MODE_ROD);
	sent_write(&so, 5);
	una = so.p->una;
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 100, 0);	/* new, waits */
	retx_go_back(so.p, una + 1);
	CU_ASSERT(solo_tx(&so));			/* 1 of those to be sent again */
	CU_ASSERT_EQUAL(so.sent.d.psn, una + 1);
	retx_go_back(so.p, una);
	for (want = una; want != una + 6; want++) {
		CU_ASSERT(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, want);
		CU_ASSERT_EQUAL(!!(so.sent.d.flags & WEFT_DFLAGS_RTX), want != una + 5);
	}
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/* In RUD what cannot go for want of window does not hold back others (WEFT-RTX-027). */
static void send_lost__response_behind_a_request(void)
{
	struct weft_view v;
	struct solo so;

	start(&so, WEFT_MODE_RUD);
	sent_write(&so, 1);
	v = solo_send(&so, 0, 0, 0, 8, 8);
	solo_take(&so, &v, WEFT_STATUS_OK);
	solo_obey(&so);
	CU_ASSERT(solo_tx_op(&so, WEFT_OPCODE_TACK));
	retx_go_back(so.p, so.p->una);
	so.p->cc.cwnd = 0;				/* no room for requests at all */
	CU_ASSERT_EQUAL(weft_tx(so.p, &so.txd, 1, so.now), 1);
	CU_ASSERT_EQUAL(so.txd.psn, so.p->nxt - 1);
	CU_ASSERT_EQUAL(weft_tx(so.p, &so.txd, 1, so.now), 0);
	solo_fini(&so);
}

/* ---- orphans ------------------------------------------------------------------------ */

/* WEFT-RTX-009, WEFT-RTX-028 */
static void retx_orphan__sent_again_as_nop(void)
{
	struct weft_view v;
	struct solo so;
	uint32_t una, named = 0;

	start(&so, WEFT_MODE_RUD);
	v = solo_read(&so, 0, 2048);
	solo_rx(&so, &v);
	solo_obey(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 2048, 0);
	una = so.p->una;
	CU_ASSERT_EQUAL(solo_drain(&so), 4);
	CU_ASSERT(so.p->flight_req == 2 && so.p->flight_rsp == 2);
	CU_ASSERT_EQUAL(so.p->flight_req + so.p->flight_rsp, so.p->nxt - una);
	retx_mark_lost(so.p, txrec_of(so.p, una));
	weft_stream_fini(so.s, WEFT_EP_REASON_CLOSED);
	CU_ASSERT_EQUAL(so.p->flight_req + so.p->flight_rsp, 0);
	so.s = NULL;
	retx_go_back(so.p, una);
	for (uint32_t psn = una; psn != so.p->nxt; psn++) {
		CU_ASSERT_FATAL(solo_tx(&so));
		CU_ASSERT_EQUAL(so.sent.d.psn, psn);
		if (so.sent.d.type == WEFT_PTYPE_CTRL)
			continue;			/* the DISCONNECT */
		CU_ASSERT_EQUAL(so.sent.b.data.op.opcode, WEFT_OPCODE_NOP);
		CU_ASSERT_EQUAL(so.txd.src, WEFT_SRC_NONE);
		CU_ASSERT_EQUAL(so.txd.len, 0);
		named += so.sent.b.data.op.qpn != 0;
		CU_ASSERT(!so.sent.b.data.op.qpn ||
			  (so.sent.b.data.op.qpn == SOLO_PEER_QPN && !so.sent.b.data.op.msn));
	}
	CU_ASSERT_EQUAL(named, 2);			/* those of the WRITE, not of the READ */
	solo_ack_all(&so);
	solo_drain(&so);
	solo_ack_all(&so);
	CU_ASSERT_PTR_NULL(net_check_idle(so.p));
	solo_fini(&so);
}

WEFT_SUITE(t_retx) {
	{ "retx_rack__lost_when_later_ones_came", retx_rack__lost_when_later_ones_came },
	{ "retx_rack__waits_for_the_reordering_time", retx_rack__waits_for_the_reordering_time },
	{ "retx_rack__longer_over_several_paths", retx_rack__longer_over_several_paths },
	{ "retx_rack__learns_from_needless_ones", retx_rack__learns_from_needless_ones },
	{ "retx_expire__tail_loss_probe", retx_expire__tail_loss_probe },
	{ "retx_expire__three_probes_if_there_are_paths",
	  retx_expire__three_probes_if_there_are_paths },
	{ "retx_expire__probe_not_needed_any_more", retx_expire__probe_not_needed_any_more },
	{ "retx_rto__formula_and_clamp", retx_rto__formula_and_clamp },
	{ "retx_rtt__smooths", retx_rtt__smooths },
	{ "timeout__doubles_then_gives_up", timeout__doubles_then_gives_up },
	{ "timeout__forgotten_after_progress", timeout__forgotten_after_progress },
	{ "timeout__everything_in_order", timeout__everything_in_order },
	{ "timeout__which_packets", timeout__which_packets },
	{ "timeout__needless", timeout__needless },
	{ "timeout__copy_arrives_too", timeout__copy_arrives_too },
	{ "retx_go_back__rod_keeps_the_order", retx_go_back__rod_keeps_the_order },
	{ "send_lost__response_behind_a_request", send_lost__response_behind_a_request },
	{ "retx_orphan__sent_again_as_nop", retx_orphan__sent_again_as_nop },
};
