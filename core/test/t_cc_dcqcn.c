/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/cc_dcqcn.c: cuts, raises, and traces of the law as section 35 has it. */
#include "core/test/cc_trace.h"
#include "tools/test/cunit_main.h"

#define US 1000ull
#define LINK 100000000u		/* kb/s */

static struct weft_cc make(void)
{
	struct weft_profile f = { .cc = WEFT_CC_DCQCN, .window = 1024, .link_mbps = 100000 };

	return cc_trace_make(&f, 4096);
}

static enum cc_path ack(struct weft_cc *cc, uint32_t pkts, uint32_t marked, weft_time now)
{
	struct cc_ack a = { .rtt_ns = 20 * US, .srtt_ns = 20 * US, .pkts = pkts,
			    .marked = marked };

	return cc->ops->on_ack(cc, &a, now);
}

static void traces__recovery_and_mixed(void)
{
	CU_ASSERT_EQUAL(cc_trace_run("dcqcn-recovery"), 129);
	CU_ASSERT(cc_trace_run("dcqcn-mixed") > 400);
}

static void init__line_rate_and_open_window(void)
{
	struct weft_profile f = { .cc = WEFT_CC_DCQCN, .window = 64, .cc_init_pkts = 2 };
	struct weft_cc cc = make();

	CU_ASSERT_EQUAL(cc_window(&cc), 1024);
	CU_ASSERT_EQUAL(cc.pace, 5242);		/* 0.08 ns a byte at 100 Gb/s */
	CU_ASSERT_EQUAL(cc_interval(&cc, 4216) >> 16, 337);
	cc = cc_trace_make(&f, 4096);		/* rate not known */
	CU_ASSERT_EQUAL(cc.pace, 5242);
	CU_ASSERT_EQUAL(cc_window(&cc), 64);
}

/* WEFT-CC-030, WEFT-CC-034: loss and trimming cut as a mark does; no path is left for it. */
static void cut__by_half_of_alpha(void)
{
	for (int why = 0; why < 3; why++) {
		struct weft_cc cc = make();
		weft_time now = 1000 * US;

		if (why == 0)
			CU_ASSERT_EQUAL(ack(&cc, 8, 1, now), CC_PATH_STAY);
		if (why == 1)
			cc.ops->on_loss(&cc, 3, 0, now);
		if (why == 2)
			cc.ops->on_trim(&cc, 3, 0, now);
		CU_ASSERT_EQUAL(cc.u.dcqcn.rate, LINK / 2);
		CU_ASSERT_EQUAL(cc.u.dcqcn.target, LINK);
		CU_ASSERT_EQUAL(cc.pace, 10485);
		ack(&cc, 8, 1, now + 50 * US - 1);		/* too soon */
		CU_ASSERT_EQUAL(cc.u.dcqcn.rate, LINK / 2);
		ack(&cc, 8, 1, now + 50 * US);
		CU_ASSERT_EQUAL(cc.u.dcqcn.rate, LINK / 4);
		CU_ASSERT_EQUAL(cc.u.dcqcn.target, LINK / 2);
	}
}

/* WEFT-CC-031 */
static void alpha__up_with_cuts_down_with_time(void)
{
	struct weft_cc cc = make();
	weft_time now = 1000 * US;

	ack(&cc, 1, 1, now);
	CU_ASSERT_EQUAL(cc.u.dcqcn.alpha, 65536);
	ack(&cc, 1, 0, now += 55 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.alpha, 65280);
	cc.ops->on_tick(&cc, now += 550 * US);
	CU_ASSERT(cc.u.dcqcn.alpha > 62700 && cc.u.dcqcn.alpha < 62900);
	now += 40 * US;
	cc.ops->on_tick(&cc, now);
	ack(&cc, 1, 1, now);
	CU_ASSERT(cc.u.dcqcn.alpha > 62700 && cc.u.dcqcn.alpha < 62920);
}

/* WEFT-CC-032: halfway back five times, then steps, then growing ones. */
static void raise__three_stages(void)
{
	struct weft_cc cc = make();
	weft_time now = 1000 * US;
	uint32_t target;

	ack(&cc, 1, 1, now);
	ack(&cc, 1, 1, now += 50 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.rate, LINK / 4);
	for (uint32_t i = 0, r = LINK / 4; i < 5; i++) {
		cc.ops->on_tick(&cc, now += 55 * US);
		r = (r + LINK / 2) / 2;
		CU_ASSERT_EQUAL(cc.u.dcqcn.rate, r);
		CU_ASSERT_EQUAL(cc.u.dcqcn.target, LINK / 2);
	}
	cc.ops->on_tick(&cc, now += 55 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.target, LINK / 2 + LINK / 1024);
	for (int i = 0; i < 6; i++)		/* and the counter's */
		ack(&cc, 2560, 0, now);
	target = cc.u.dcqcn.target;
	cc.ops->on_tick(&cc, now += 55 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.target, target + LINK / 128);
	cc.ops->on_tick(&cc, now += 10000 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.target, LINK);
	CU_ASSERT(cc.u.dcqcn.rate > LINK - LINK / 100);
}

/* WEFT-CC-033 */
static void cut__not_below_the_least(void)
{
	struct weft_cc cc = make();
	weft_time now = 1000 * US;

	for (int i = 0; i < 100; i++)
		ack(&cc, 1, 1, now += 50 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.rate, LINK / 4096);
	CU_ASSERT(cc.pace > 0);
}

/* Bounded work, whatever time has gone by. */
static void tick__long_silence(void)
{
	struct weft_cc cc = make();

	ack(&cc, 1, 1, 1000 * US);
	cc.ops->on_tick(&cc, 1000000000 * US);
	CU_ASSERT_EQUAL(cc.u.dcqcn.by_time, 64);
	CU_ASSERT_EQUAL(cc.u.dcqcn.raise_at, 1000000000 * US + 55 * US);
	CU_ASSERT(cc.u.dcqcn.rate > LINK - LINK / 1000);
}

WEFT_SUITE(t_cc_dcqcn) {
	{ "traces__recovery_and_mixed", traces__recovery_and_mixed },
	{ "init__line_rate_and_open_window", init__line_rate_and_open_window },
	{ "cut__by_half_of_alpha", cut__by_half_of_alpha },
	{ "alpha__up_with_cuts_down_with_time", alpha__up_with_cuts_down_with_time },
	{ "raise__three_stages", raise__three_stages },
	{ "cut__not_below_the_least", cut__not_below_the_least },
	{ "tick__long_silence", tick__long_silence },
};
