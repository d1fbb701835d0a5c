/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/pace.c: the interval between packets, and the burst. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define MBPS 1000u
#define WIRE ((1024u + WEFT_PACKET_COST) * 8)	/* ns of the longest packet at 1 Gb/s */

static void start(struct solo *so, uint16_t burst)
{
	solo_init(so);
	so->prof.cc = WEFT_CC_DCQCN;
	so->prof.link_mbps = MBPS;
	so->prof.pace_burst = burst;
	solo_ready(so);
	so->now += 1000000000;		/* what setting up took is forgotten */
}

static unsigned drain(struct solo *so)
{
	unsigned n = 0;

	while (solo_tx(so))
		n += so->sent.d.type == WEFT_PTYPE_DATA && so->txd.len;
	return n;
}

/* WEFT-CC-012 */
static void pace__burst_then_one_an_interval(void)
{
	static const uint16_t bursts[] = { 1, 4, 12 };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(bursts); i++) {
		struct solo so;

		start(&so, bursts[i]);
		CU_ASSERT_EQUAL(solo_post(&so, WEFT_OPCODE_WRITE, 1, 30 * 1024, 0), WEFT_OK);
		CU_ASSERT_EQUAL(drain(&so), bursts[i] + 1u);
		for (unsigned k = 0; k < 10; k++) {
			weft_time due = weft_deadline(so.p);

			CU_ASSERT(due > so.now && due - so.now <= WIRE + 1);
			so.now = due - 2;
			CU_ASSERT_EQUAL(drain(&so), 0);
			so.now = due;
			weft_expire(so.p, so.now);
			CU_ASSERT_EQUAL(drain(&so), 1);
		}
		solo_fini(&so);
	}
}

/* WEFT-CC-012: over any span, whenever the host calls. */
static void pace__rate_over_any_span(void)
{
	uint64_t lcg = weft_test_seed;
	weft_time begin, sent_at[60];
	unsigned n = 0;
	struct solo so;

	start(&so, 4);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 50 * 1024, 0);
	begin = so.now;
	while (n < 50 && so.now < begin + 100 * 50 * WIRE) {
		while (n < 50 && solo_tx(&so))
			if (so.sent.d.type == WEFT_PTYPE_DATA && so.txd.len)
				sent_at[n++] = so.now;
		solo_ack_all(&so);
		lcg = lcg * 6364136223846793005ull + 1442695040888963407ull;
		so.now += (lcg >> 40) % (3 * WIRE);
		if (weft_deadline(so.p) <= so.now)
			weft_expire(so.p, so.now);
	}
	CU_ASSERT_EQUAL(n, 50);
	for (unsigned a = 0; a < n; a++)
		for (unsigned b = a + 1; b < n; b++)
			CU_ASSERT((uint64_t)(b - a + 1) * WIRE <=
				  sent_at[b] - sent_at[a] + 5 * WIRE + 50);
	CU_ASSERT(so.now - begin < 75 * WIRE);		/* and it is used */
	solo_fini(&so);
}

/* Acknowledgements and control do not wait. */
static void pace__only_data_waits(void)
{
	struct weft_view v;
	struct solo so;

	start(&so, 1);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 30 * 1024, 0);
	drain(&so);
	v = solo_op(&so, WEFT_OPCODE_NOP, 0);
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(&so, &v);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.type, WEFT_PTYPE_ACK);
	CU_ASSERT(!solo_tx(&so));
	solo_fini(&so);
}

/* WEFT-CC-011: what goes again takes its interval too. */
static void pace__retransmissions_count(void)
{
	struct solo so;
	uint32_t spent;

	start(&so, 1);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 1024, 0);
	CU_ASSERT_EQUAL(drain(&so), 1);
	spent = so.p->cc.spent;
	so.now = weft_deadline(so.p);
	weft_expire(so.p, so.now);
	CU_ASSERT_EQUAL(drain(&so), 1);
	CU_ASSERT_EQUAL(so.stats.rtx_pkts, 1);
	CU_ASSERT_EQUAL(so.p->cc.spent, spent + 1);
	CU_ASSERT(so.p->pace_at >= so.now + WIRE - 1);
	solo_fini(&so);
}

/* Nothing waits: no deadline is set for it. */
static void pace__idle_has_no_deadline(void)
{
	struct solo so;

	start(&so, 1);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 1024, 0);
	drain(&so);
	CU_ASSERT_EQUAL(so.p->pace_due, WEFT_NEVER);
	solo_fini(&so);
}

/* WEFT-CC-017 */
static void small_window__asks_when_it_is_full(void)
{
	static const struct { uint32_t window; unsigned asks; } rows[] = {
		{ 1, 1 }, { 4, 1 }, { 15, 1 }, { 16, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		unsigned asks = 0, n = 0;
		struct solo so;

		solo_init(&so);
		so.prof.cc = WEFT_CC_FIXED;
		so.prof.cc_init_pkts = rows[i].window;
		solo_ready(&so);
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 30 * 1024, 0);
		while (solo_tx(&so)) {
			n++;
			asks += so.sent.d.flags & WEFT_DFLAGS_AR ? 1 : 0;
			CU_ASSERT_EQUAL(so.sent.d.flags & WEFT_DFLAGS_AR ? n : rows[i].window,
					rows[i].window);
		}
		CU_ASSERT_EQUAL(n, rows[i].window);
		CU_ASSERT_EQUAL(asks, rows[i].asks);
		solo_fini(&so);
	}
}

/* WEFT-CC-017, WEFT-CC-011: also when what fills it goes again, and more is lost than it holds. */
static void small_window__asks_when_full_of_what_was_lost(void)
{
	struct solo so;
	unsigned n = 0;

	solo_init(&so);
	so.prof.cc = WEFT_CC_FIXED;
	so.prof.cc_init_pkts = 10;
	solo_ready(&so);
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 10 * 1024, 0);
	CU_ASSERT_EQUAL(drain(&so), 10);
	for (uint32_t psn = so.p->una; psn != so.p->nxt; psn++)
		retx_mark_lost(so.p, txrec_of(so.p, psn));
	so.p->cc.cwnd = 4 * CC_ONE;
	while (solo_tx(&so)) {
		n++;
		CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
		CU_ASSERT_EQUAL(!(so.sent.d.flags & WEFT_DFLAGS_AR), n < 4);
	}
	CU_ASSERT_EQUAL(n, 4);
	solo_fini(&so);
}

/* WEFT-CC-012: parts of a nanosecond add up. */
static void pace__parts_of_a_nanosecond(void)
{
	weft_time begin;
	struct solo so;
	unsigned n = 0;

	solo_init(&so);
	so.prof.cc = WEFT_CC_DCQCN;
	so.prof.link_mbps = 3333;
	solo_ready(&so);
	so.now += 1000000000;
	begin = so.now;
	solo_post(&so, WEFT_OPCODE_WRITE, 1, 50 * 1024, 0);
	for (int i = 0; i < 200 && n < 50; i++) {
		n += drain(&so);
		so.now = weft_deadline(so.p) < so.p->pace_at ? weft_deadline(so.p) : so.now;
		weft_expire(so.p, so.now);
	}
	CU_ASSERT_EQUAL(n, 50);
	CU_ASSERT_EQUAL(so.p->pace_at - begin,
			(uint64_t)so.p->cc.pace * (1024 + WEFT_PACKET_COST) * n >> 16);
	solo_fini(&so);
}

WEFT_SUITE(t_pace) {
	{ "small_window__asks_when_it_is_full", small_window__asks_when_it_is_full },
	{ "small_window__asks_when_full_of_what_was_lost",
	  small_window__asks_when_full_of_what_was_lost },
	{ "pace__burst_then_one_an_interval", pace__burst_then_one_an_interval },
	{ "pace__rate_over_any_span", pace__rate_over_any_span },
	{ "pace__only_data_waits", pace__only_data_waits },
	{ "pace__retransmissions_count", pace__retransmissions_count },
	{ "pace__idle_has_no_deadline", pace__idle_has_no_deadline },
	{ "pace__parts_of_a_nanosecond", pace__parts_of_a_nanosecond },
};
