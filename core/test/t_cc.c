/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/cc.c, core/cc_swift.c, core/cc_fixed.c: the congestion laws by themselves. */
#include "core/test/cc_trace.h"
#include "tools/test/cunit_main.h"

#define US 1000ull

static struct weft_cc make(enum weft_cc_law law, uint32_t init, uint16_t window)
{
	struct weft_profile cfg = { .cc = law, .cc_init_pkts = init, .window = window };
	struct weft_cc cc;

	memset(&cc, 0xff, sizeof(cc));
	cc_init(&cc, &cfg, 4096);
	return cc;
}

static void ack(struct weft_cc *cc, uint64_t rtt, uint32_t pkts, uint32_t marked, weft_time now)
{
	struct cc_ack a = { .rtt_ns = rtt, .srtt_ns = rtt, .pkts = pkts, .marked = marked };

	cc->ops->on_ack(cc, &a, now);
}

/* WEFT-CC-010 */
static void cc_init__defaults_and_limits(void)
{
	struct weft_cc cc = make(WEFT_CC_SWIFT, 0, 64);

	CU_ASSERT_EQUAL(cc_window(&cc), 16);
	CU_ASSERT_PTR_EQUAL(cc.ops, &cc_swift);
	CU_ASSERT_EQUAL(cc.target_ns, 25 * US);
	cc = make(WEFT_CC_FIXED, 500, 64);
	CU_ASSERT_EQUAL(cc_window(&cc), 64);
	CU_ASSERT_PTR_EQUAL(cc.ops, &cc_fixed);
	cc_set(&cc, 0);
	CU_ASSERT_EQUAL(cc_window(&cc), 1);
}

static void swift__doubles_then_adds_one(void)
{
	struct weft_cc cc = make(WEFT_CC_SWIFT, 16, 4096);
	weft_time now = 1000 * US;
	uint32_t w;

	ack(&cc, 10 * US, 16, 0, now);
	CU_ASSERT_EQUAL(cc_window(&cc), 32);		/* slow start: as many as acknowledged */
	ack(&cc, 10 * US, 32, 0, now += 10 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 64);
	ack(&cc, 100 * US, 64, 0, now += 100 * US);	/* queueing: no doubling any more */
	w = cc_window(&cc);
	CU_ASSERT(w < 64);
	for (uint32_t i = 0; i < w; i++)
		ack(&cc, 10 * US, 1, 0, now += 1);
	CU_ASSERT(cc_window(&cc) == w + 1 || cc_window(&cc) == w);
	for (uint32_t i = 0; i < w + 2; i++)
		ack(&cc, 10 * US, 1, 0, now += 1);
	CU_ASSERT(cc_window(&cc) > w && cc_window(&cc) <= w + 2);
}

static void swift__cut_follows_the_excess(void)
{
	static const struct { uint64_t rtt; uint32_t from, to; } rows[] = {
		{ 34 * US, 64, 128 },		/* below target: grows */
		{ 35 * US, 64, 128 },		/* at it */
		{ 40 * US, 59, 63 },		/* 5 of 40 beyond: 1/16 less */
		{ 70 * US, 47, 49 },		/* half beyond: a quarter less */
		{ 10000 * US, 32, 33 },		/* at most by half */
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_cc cc = make(WEFT_CC_SWIFT, 64, 4096);

		ack(&cc, 10 * US, 0, 0, 1000 * US);	/* the smallest: 10 us; target 25 */
		ack(&cc, rows[i].rtt, 64, 0, 2000 * US);
		CU_ASSERT(cc_window(&cc) >= rows[i].from && cc_window(&cc) <= rows[i].to);
	}
}

/* WEFT-CC-003: whatever the reason. */
static void swift__one_cut_in_a_round_trip(void)
{
	for (int first = 0; first < 3; first++)
		for (int second = 0; second < 3; second++) {
			struct weft_cc cc = make(WEFT_CC_SWIFT, 64, 4096);
			weft_time now = 5000 * US;
			uint32_t w;

			ack(&cc, 10 * US, 0, 0, now);
			for (int k = 0; k < 2; k++) {
				int why = k ? second : first;

				if (why == 0)
					ack(&cc, 100 * US, 1, 0, now);
				else if (why == 1)
					ack(&cc, 100 * US, 1, 1, now);
				else
					cc.ops->on_loss(&cc, 1, 100 * US, now);
				if (!k)
					w = cc.cwnd;
				now += 100 * US;	/* just one round trip: not more */
			}
			CU_ASSERT(w < 64 * CC_ONE);
			CU_ASSERT_EQUAL(cc.cwnd, w);
			cc.ops->on_loss(&cc, 1, 100 * US, now + 1);
			CU_ASSERT(cc.cwnd < w);
		}
}

static void swift__marks_cut_though_there_is_no_delay(void)
{
	struct weft_cc cc = make(WEFT_CC_SWIFT, 64, 4096);

	ack(&cc, 10 * US, 8, 1, 1000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 56);
	CU_ASSERT(!cc.slow_start);
}

/* WEFT-CC-016: loss without queueing is no congestion: not below where it began. */
static void swift__loss_on_an_empty_path(void)
{
	struct weft_cc cc = make(WEFT_CC_SWIFT, 16, 4096);
	weft_time now = 1000 * US;

	ack(&cc, 10 * US, 16, 0, now);
	for (int i = 0; i < 100; i++)
		cc.ops->on_loss(&cc, 2, 10 * US, now += 50 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 16);
	for (int i = 0; i < 100; i++)
		cc.ops->on_loss(&cc, 1, 90 * US, now += 150 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 1);
}

/* WEFT-CC-019: one packet in 32 of a window, in a round trip, is what a lossy link loses. */
static void swift__few_losses_change_nothing(void)
{
	struct weft_cc cc = make(WEFT_CC_SWIFT, 16, 4096);
	weft_time now = 1000 * US;

	cc.ops->on_loss(&cc, 9, 10 * US, now);		/* and where it began, nor do many */
	CU_ASSERT_EQUAL(cc_window(&cc), 16);
	ack(&cc, 10 * US, 48, 0, now += 50 * US);	/* slow start goes on */
	CU_ASSERT_EQUAL(cc_window(&cc), 64);
	for (int i = 0; i < 100; i++) {
		cc.ops->on_loss(&cc, 1, 10 * US, now += 11 * US);
		cc.ops->on_loss(&cc, 1, 10 * US, now += 9 * US);
	}
	CU_ASSERT_EQUAL(cc_window(&cc), 64);
	CU_ASSERT(cc.slow_start);
	cc.ops->on_loss(&cc, 2, 10 * US, now += 11 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 64);
	cc.ops->on_loss(&cc, 1, 10 * US, now += 10 * US);	/* the third in a round trip */
	CU_ASSERT_EQUAL(cc_window(&cc), 60);
	cc.ops->on_timeout(&cc, now);
	ack(&cc, 10 * US, 4, 0, now += 50 * US);
	cc.ops->on_loss(&cc, 3, 10 * US, now += 50 * US);	/* on the way back up */
	ack(&cc, 10 * US, 5, 0, now += 50 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 10);
}

/*
 * A host that waits for a scheduler sets a floor: delay does not cut below, a timeout does, and
 * delay does not keep it there (WEFT-CC-018).
 */
static void swift__floor(void)
{
	static const struct { uint32_t min, init, floor; } rows[] = {
		{ 0, 64, 1 }, { 8, 64, 8 }, { 100, 64, 64 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_profile cfg = { .cc_min_pkts = rows[i].min, .window = 4096,
					    .cc_init_pkts = rows[i].init };
		weft_time now = 1000 * US;
		struct weft_cc cc;

		cc_init(&cc, &cfg, 4096);
		ack(&cc, 10 * US, 1, 0, now);
		for (int k = 0; k < 200; k++)
			ack(&cc, 1000 * US, 1, 0, now += 1001 * US);
		CU_ASSERT_EQUAL(cc_window(&cc), rows[i].floor);
		cc.ops->on_timeout(&cc, now);
		CU_ASSERT_EQUAL(cc_window(&cc), 1);
		for (int k = 0; k < 200; k++)
			ack(&cc, 1000 * US, 1, 0, now += 1001 * US);
		CU_ASSERT_EQUAL(cc_window(&cc), rows[i].floor);
	}
}

/* WEFT-CC-002 */
static void on_timeout__one_packet(void)
{
	for (int law = WEFT_CC_SWIFT; law <= WEFT_CC_FIXED; law++) {
		struct weft_cc cc = make((enum weft_cc_law)law, 64, 4096);

		cc.ops->on_timeout(&cc, 1000 * US);
		CU_ASSERT_EQUAL(cc_window(&cc), 1);
		ack(&cc, 10 * US, 3, 0, 2000 * US);
		CU_ASSERT_EQUAL(cc_window(&cc), 4);
	}
}

/* WEFT-CC-015 */
static void fixed__stays(void)
{
	struct weft_cc cc = make(WEFT_CC_FIXED, 40, 64);

	ack(&cc, 10 * US, 100, 0, 1000 * US);
	ack(&cc, 10000 * US, 100, 5, 2000 * US);
	cc.ops->on_loss(&cc, 1, 10000 * US, 3000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 40);
	cc.ops->on_timeout(&cc, 4000 * US);
	for (int i = 0; i < 100; i++)
		ack(&cc, 10 * US, 1, 0, 5000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 40);
}

static void traces__swift_and_fixed(void)
{
	CU_ASSERT_EQUAL(cc_trace_run("fixed"), 61);
	CU_ASSERT_EQUAL(cc_trace_run("swift-steps"), 61);
	CU_ASSERT_EQUAL(cc_trace_run("swift-losses"), 98);
	CU_ASSERT(cc_trace_run("swift-mixed") > 400);
}

static void weft_cc_name__all_laws(void)
{
	CU_ASSERT_STRING_EQUAL(weft_cc_name(WEFT_CC_SWIFT), "swift");
	CU_ASSERT_STRING_EQUAL(weft_cc_name(WEFT_CC_CREDIT), "credit");
	CU_ASSERT_PTR_NULL(weft_cc_name(WEFT_CC_LAWS));
	for (enum weft_cc_law law = 0; law < WEFT_CC_LAWS; law++)
		CU_ASSERT_PTR_NOT_NULL(weft_cc_name(law));
}

/* WEFT-CC-014: a path that has become longer does not look congested for ever. */
static void swift__forgets_a_shorter_path(void)
{
	struct weft_cc cc = make(WEFT_CC_SWIFT, 64, 4096);
	weft_time now = 1000 * US;
	uint32_t w;

	ack(&cc, 10 * US, 1, 0, now);
	ack(&cc, 100 * US, 1, 0, now += 200 * US);
	w = cc.cwnd;
	CU_ASSERT(w < 65 * CC_ONE);
	for (int i = 0; i < 300; i++)
		ack(&cc, 100 * US, 1, 0, now += 100 * US);
	CU_ASSERT(cc.cwnd < w);
	for (int i = 0; i < 1000; i++)
		ack(&cc, 100 * US, 1, 0, now += 100 * US);
	CU_ASSERT_EQUAL(cc.min_rtt_ns, 100 * US);
}

WEFT_SUITE(t_cc) {
	{ "swift__forgets_a_shorter_path", swift__forgets_a_shorter_path },
	{ "traces__swift_and_fixed", traces__swift_and_fixed },
	{ "weft_cc_name__all_laws", weft_cc_name__all_laws },
	{ "cc_init__defaults_and_limits", cc_init__defaults_and_limits },
	{ "swift__doubles_then_adds_one", swift__doubles_then_adds_one },
	{ "swift__cut_follows_the_excess", swift__cut_follows_the_excess },
	{ "swift__one_cut_in_a_round_trip", swift__one_cut_in_a_round_trip },
	{ "swift__marks_cut_though_there_is_no_delay", swift__marks_cut_though_there_is_no_delay },
	{ "swift__loss_on_an_empty_path", swift__loss_on_an_empty_path },
	{ "swift__few_losses_change_nothing", swift__few_losses_change_nothing },
	{ "swift__floor", swift__floor },
	{ "on_timeout__one_packet", on_timeout__one_packet },
	{ "fixed__stays", fixed__stays },
};
