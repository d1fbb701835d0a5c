/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/probe.c: asking whether a path is alive, and answering. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define RTT 10000u

static void start(struct solo *so, uint32_t features)
{
	solo_init(so);
	so->cfg.features = features;
	solo_ready(so);
	so->p->srtt = so->p->min_rtt = RTT;
	so->p->var = 0;
	solo_post(so, WEFT_OPCODE_WRITE, 1, 1024, 0);
	solo_drain(so);			/* something is outstanding */
}

static void lose(struct solo *so, uint16_t path)
{
	for (int i = 0; i < 3; i++)
		path_lost(so->p, path, so->now);
}

static enum weft_path_state state(const struct solo *so, uint16_t path)
{
	return (enum weft_path_state)so->p->paths->at[path].state;
}

static struct weft_view reply_to(struct solo *so)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_PROBE);

	v.b.probe.h = so->sent.b.probe.h;
	v.b.probe.h.flags = WEFT_PROBEFLAGS_REPLY;
	return v;
}

/* WEFT-CC-061, WEFT-CC-063 */
static void probe__answered(void)
{
	struct weft_view v;
	struct solo so;

	start(&so, WEFT_FEATURES_PROBE);
	lose(&so, 2);
	CU_ASSERT_EQUAL(state(&so, 2), WEFT_PATH_STATE_SUSPECT);
	CU_ASSERT(weft_deadline(so.p) <= so.now);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_PROBE);
	CU_ASSERT_EQUAL(so.sent.d.entropy, 0xc002);		/* on the path itself */
	CU_ASSERT_EQUAL(so.sent.b.probe.h.entropy, 0xc002);
	CU_ASSERT_EQUAL(so.sent.b.probe.h.flags, 0);
	CU_ASSERT(!solo_tx(&so));				/* once */
	so.now += 1000;
	v = reply_to(&so);
	v.b.probe.h.id++;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
	v = reply_to(&so);
	v.b.probe.h.entropy = 0xc001;				/* that was not asked */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
	v.b.probe.h.entropy = 0xc004;				/* that is no path */
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
	CU_ASSERT_EQUAL(state(&so, 2), WEFT_PATH_STATE_SUSPECT);
	v = reply_to(&so);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT_EQUAL(state(&so, 2), WEFT_PATH_STATE_GOOD);
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);	/* again: none is out */
	solo_fini(&so);
}

/* WEFT-RTX-041 */
static void probe__lowers_the_smallest_round_trip(void)
{
	static const struct { uint64_t known, took, want; } rows[] = {
		{ RTT, RTT - 1, RTT - 1 }, { RTT, RTT + 1, RTT }, { 0, RTT, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v;
		struct solo so;

		start(&so, WEFT_FEATURES_PROBE);
		so.p->min_rtt = rows[i].known;
		lose(&so, 2);
		CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_PROBE));
		v = reply_to(&so);
		v.b.probe.h.id++;		/* not its answer */
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ECHO);
		CU_ASSERT_EQUAL(so.p->min_rtt, rows[i].known);
		so.now += rows[i].took;
		v = reply_to(&so);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
		CU_ASSERT_EQUAL(so.p->min_rtt, rows[i].want);
		CU_ASSERT_EQUAL(so.p->srtt, RTT);
		solo_fini(&so);
	}
}

/* Next probe within `within`; returns its time. */
static weft_time next_probe(struct solo *so, weft_time within)
{
	weft_time end = so->now + within;

	while (so->now < end) {
		while (solo_tx(so))
			if (so->sent.d.type == WEFT_PTYPE_PROBE)
				return so->now;
		so->now += 50000;
		if (weft_deadline(so->p) <= so->now)
			weft_expire(so->p, so->now);
		so->p->progress = so->now;	/* the packet that is out never times out */
	}
	return 0;
}

/* WEFT-CC-062 */
static void probe__not_answered_ever_more_rarely(void)
{
	weft_time at, last, gap, before = 0;
	struct weft_view v;
	struct solo so;

	start(&so, WEFT_FEATURES_PROBE);
	lose(&so, 1);
	last = next_probe(&so, 1000000);
	CU_ASSERT(last > 0);
	for (int i = 0; i < 8; i++) {
		at = next_probe(&so, 4000000000ull);
		CU_ASSERT(at > last);
		CU_ASSERT_EQUAL(so.sent.d.entropy, 0xc001);
		gap = at - last;
		CU_ASSERT(gap > before || i > 3);
		CU_ASSERT(gap < 1300000000ull);
		before = gap;
		last = at;
	}
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_SUSPECT);	/* asked just now */
	v = reply_to(&so);
	solo_rx(&so, &v);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_GOOD);
	CU_ASSERT_EQUAL(so.p->paths->at[1].probes, 0);
	solo_fini(&so);
}

/* WEFT-CC-090: paths lost at the same time, or while a probe is out, are asked one by one. */
static void probe__one_at_a_time(void)
{
	weft_time last = 0, at = 0;
	unsigned asked = 0, n = 0;
	struct solo so;

	start(&so, WEFT_FEATURES_PROBE);
	lose(&so, 1);
	lose(&so, 2);
	while (at <= so.now && n < 3) {
		while (solo_tx(&so)) {
			if (so.sent.d.type != WEFT_PTYPE_PROBE)
				continue;
			CU_ASSERT(!n || so.now >= last + 10000);
			CU_ASSERT(so.now <= last + 10000 || !n);
			last = so.now;
			asked |= 1u << (so.sent.d.entropy & 3);
			n++;
			lose(&so, 3);			/* after the first, too */
		}
		at = weft_deadline(so.p);
		so.now = at;
	}
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(asked, 0xe);
	solo_fini(&so);
}

/* A path that is being asked about carries nothing. */
static void probe__path_carries_nothing_meanwhile(void)
{
	struct solo so;

	start(&so, WEFT_FEATURES_PROBE);
	lose(&so, 3);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 20 * 1024, 0);
	while (solo_tx(&so))
		CU_ASSERT(so.sent.d.type == WEFT_PTYPE_PROBE || so.sent.d.entropy != 0xc003);
	solo_fini(&so);
}

/* WEFT-CC-060 */
static void probe__not_to_those_who_do_not_answer(void)
{
	struct solo so;

	start(&so, WEFT_FEATURES_CREDIT);
	lose(&so, 2);
	solo_until(&so, so.now + 4 * RTT);
	while (solo_tx(&so))
		CU_ASSERT_NOT_EQUAL(so.sent.d.type, WEFT_PTYPE_PROBE);
	for (int i = 0; i < 8; i++)
		path_pick(so.p, so.now);
	CU_ASSERT_EQUAL(state(&so, 2), WEFT_PATH_STATE_GOOD);
	solo_fini(&so);
	start(&so, WEFT_FEATURES_PROBE);
	so.p->peer_knows = false;
	lose(&so, 2);
	while (solo_tx(&so))
		CU_ASSERT_NOT_EQUAL(so.sent.d.type, WEFT_PTYPE_PROBE);
	solo_fini(&so);
}

/* WEFT-CC-061: with nothing to send, nobody need know. */
static void probe__quiet_when_idle(void)
{
	struct solo so;

	start(&so, WEFT_FEATURES_PROBE);
	solo_ack_all(&so);
	lose(&so, 2);
	CU_ASSERT_EQUAL(probe_deadline(so.p), WEFT_NEVER);
	while (solo_tx(&so))
		CU_ASSERT_NOT_EQUAL(so.sent.d.type, WEFT_PTYPE_PROBE);
	solo_post(&so, WEFT_OPCODE_WRITE, 2, 1024, 0);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_PROBE));
	solo_fini(&so);
}

/* WEFT-CC-064 */
static void probe_rx__answers_on_another_path(void)
{
	struct weft_view v;
	struct solo so;

	start(&so, 0);			/* answering needs no agreement of ours */
	v = solo_pkt(&so, WEFT_PTYPE_PROBE);
	v.b.probe.h = (struct weft_hdr_probe){ .port = 3, .entropy = 0x1234, .id = 77,
					       .sent_ns = 99 };
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_NONE);
	CU_ASSERT(solo_tx_type(&so, WEFT_PTYPE_PROBE));
	CU_ASSERT_EQUAL(so.sent.b.probe.h.flags, WEFT_PROBEFLAGS_REPLY);
	CU_ASSERT_EQUAL(so.sent.b.probe.h.port, 3);
	CU_ASSERT_EQUAL(so.sent.b.probe.h.entropy, 0x1234);
	CU_ASSERT_EQUAL(so.sent.b.probe.h.id, 77);
	CU_ASSERT_EQUAL(so.sent.b.probe.h.sent_ns, 99);
	CU_ASSERT_EQUAL(so.sent.d.entropy & 0xfffc, 0xc000);
	CU_ASSERT(!solo_tx_type(&so, WEFT_PTYPE_PROBE));
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so.p->nxt + 5;
	CU_ASSERT_EQUAL(solo_rx(&so, &v), WEFT_DROP_BAD_ACK);
	solo_fini(&so);
}

WEFT_SUITE(t_probe) {
	{ "probe__answered", probe__answered },
	{ "probe__lowers_the_smallest_round_trip", probe__lowers_the_smallest_round_trip },
	{ "probe__not_answered_ever_more_rarely", probe__not_answered_ever_more_rarely },
	{ "probe__one_at_a_time", probe__one_at_a_time },
	{ "probe__path_carries_nothing_meanwhile", probe__path_carries_nothing_meanwhile },
	{ "probe__not_to_those_who_do_not_answer", probe__not_to_those_who_do_not_answer },
	{ "probe__quiet_when_idle", probe__quiet_when_idle },
	{ "probe_rx__answers_on_another_path", probe_rx__answers_on_another_path },
};
