/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/cc_nscc.c: its four cases, quick adapt, and traces of the law as section 35 has it. */
#include "core/test/cc_trace.h"
#include "tools/test/cunit_main.h"

#define US 1000ull
#define BASE (12 * US)

static struct weft_cc make(uint32_t init, uint32_t least)
{
	struct weft_profile f = { .cc = WEFT_CC_NSCC, .window = 1024, .cc_init_pkts = init,
				  .cc_min_pkts = least, .cc_target_ns = 10 * US,
				  .link_mbps = 100000 };

	return cc_trace_make(&f, 4096);
}

static enum cc_path ack(struct weft_cc *cc, uint64_t rtt, uint32_t pkts, uint32_t marked,
			weft_time now)
{
	struct cc_ack a = { .rtt_ns = rtt, .srtt_ns = BASE, .pkts = pkts, .marked = marked };

	return cc->ops->on_ack(cc, &a, now);
}

/* The law knows the path's smallest round trip, met this delay for long, and may cut again. */
static weft_time settle(struct weft_cc *cc, uint64_t delay, uint32_t marked)
{
	weft_time now = 1000 * US;

	ack(cc, BASE, 0, 0, now);
	for (int i = 0; i < 400; i++)
		ack(cc, BASE + delay, 0, marked, ++now);
	cc->cwnd = cc->floor;
	return now + 2 * BASE;
}

static void traces__steps_and_mixed(void)
{
	CU_ASSERT_EQUAL(cc_trace_run("nscc-steps"), 61);
	CU_ASSERT(cc_trace_run("nscc-unknown-rate") > 300);
	CU_ASSERT(cc_trace_run("nscc-mixed") > 400);
}

/* WEFT-CC-020, WEFT-CC-021 */
static void on_ack__four_cases(void)
{
	static const struct {
		uint64_t delay;
		uint32_t marked;
		int sign;		/* of the window's change */
		uint32_t least, most;	/* of its size, 256ths */
	} rows[] = {
		{ 5 * US, 0, 1, 400, 480 },	/* 4 * 5/12 packets */
		{ 9 * US, 0, 1, 80, 130 },	/* 4 * 1/12 */
		{ 20 * US, 0, 1, 1100, 1300 },	/* the fair share: five packets */
		{ 5 * US, 1, 0, 0, 39 },	/* what is added in every round trip */
		{ 20 * US, 1, -1, 3000, 3350 },	/* 0.8 * half of 32 packets */
		{ 39 * US, 1, -1, 4050, 4150 },	/* at most half */
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_cc cc = make(32, 1);
		weft_time now = settle(&cc, rows[i].delay, rows[i].marked);
		uint32_t before = cc.cwnd, size;

		for (int k = 0; k < 4; k++)	/* one round trip */
			ack(&cc, BASE + rows[i].delay, 8, rows[i].marked, now += 10);
		size = cc.cwnd > before ? cc.cwnd - before : before - cc.cwnd;
		CU_ASSERT(size >= rows[i].least && size <= rows[i].most);
		CU_ASSERT(rows[i].sign > 0 ? cc.cwnd > before :
			  rows[i].sign < 0 ? cc.cwnd < before : cc.cwnd >= before);
	}
}

static void on_ack__empty_pipe_grows_fast(void)
{
	struct weft_cc cc = make(16, 1);
	weft_time now = settle(&cc, 0, 0);

	for (int i = 0; i < 16; i++)
		ack(&cc, BASE, 8, 0, now += US);
	CU_ASSERT(cc_window(&cc) > 40);		/* 112 packets gave a quarter each */
}

/* WEFT-CC-024 */
static void growth__ends_at_one_and_a_half_pipes(void)
{
	struct weft_cc cc = make(16, 1);
	weft_time now = settle(&cc, 0, 0);

	for (int i = 0; i < 1000; i++)
		ack(&cc, BASE, 8, 0, now += US);
	CU_ASSERT_EQUAL(cc.cwnd, 150000ull * 384 / cc.pkt_bytes);	/* 12 us at 100 Gb/s */
	cc.link_kbps = 0;
	for (int i = 0; i < 1000; i++)
		ack(&cc, BASE, 8, 0, now += US);
	CU_ASSERT(cc_window(&cc) > 100);
}

static void on_ack__no_sample_goes_by_the_average(void)
{
	struct weft_cc cc = make(32, 1);
	weft_time now = settle(&cc, 20 * US, 1);
	uint32_t before = cc.cwnd;

	ack(&cc, 0, 8, 1, now + 10);
	CU_ASSERT(cc.cwnd < before);
}

/* A spell of severe congestion in which `arrived` packets did. */
static weft_time severe_spell(struct weft_cc *cc, uint32_t arrived)
{
	weft_time now = settle(cc, 0, 0);

	ack(cc, BASE, 1, 0, now += 23 * US);		/* a spell begins */
	for (uint32_t i = 0; i < arrived - 1; i++)
		ack(cc, BASE + 30 * US, 1, 0, now += US);
	ack(cc, BASE + 50 * US, 1, 0, now += 24 * US);	/* its end: more than four targets */
	return now;
}

/* WEFT-CC-022: what arrived is the window, and older acknowledgements change nothing. */
static void quick_adapt__window_is_what_arrived(void)
{
	struct weft_cc cc = make(40, 1);
	weft_time now = severe_spell(&cc, 5);

	CU_ASSERT_EQUAL(cc_window(&cc), 5);
	ack(&cc, BASE + 50 * US, 2, 1, now += US);
	cc.ops->on_loss(&cc, 5, BASE, now);
	CU_ASSERT_EQUAL(cc.cwnd, 5 * CC_ONE);
	ack(&cc, BASE, 8, 0, now += 70 * US);
	CU_ASSERT(cc.cwnd > 5 * CC_ONE);
}

/* WEFT-CC-022: an eighth of 53 packets, or of the window if the rate is not known, rounded up. */
static void quick_adapt__only_if_next_to_nothing_arrived(void)
{
	struct weft_cc cc = make(40, 1);

	severe_spell(&cc, 6);
	CU_ASSERT_EQUAL(cc_window(&cc), 6);
	cc = make(40, 1);
	severe_spell(&cc, 7);
	CU_ASSERT(cc_window(&cc) > 30);
	cc = make(40, 1);
	cc.link_kbps = 0;
	severe_spell(&cc, 5);
	CU_ASSERT_EQUAL(cc_window(&cc), 5);
	cc = make(40, 1);
	cc.link_kbps = 0;
	severe_spell(&cc, 8);
	CU_ASSERT(cc_window(&cc) > 30);
}

static void quick_adapt__not_when_all_arrived(void)
{
	struct weft_cc cc = make(16, 1);
	weft_time now = settle(&cc, 0, 0);

	ack(&cc, BASE, 1, 0, now += 23 * US);
	cc.ops->on_loss(&cc, 1, BASE, now);
	ack(&cc, BASE + US, 100, 0, now += 23 * US);
	CU_ASSERT(cc_window(&cc) > 14);
}

/* WEFT-CC-023 */
static void on_loss__takes_what_was_lost(void)
{
	struct weft_cc cc = make(64, 4);

	cc.ops->on_loss(&cc, 10, BASE, 1000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 54);
	cc.ops->on_trim(&cc, 4, BASE, 1000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 50);
	cc.ops->on_loss(&cc, 4000, BASE, 1000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 4);
	cc.ops->on_timeout(&cc, 2000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 1);
	cc.ops->on_loss(&cc, 4000, BASE, 3000 * US);
	CU_ASSERT_EQUAL(cc_window(&cc), 1);
}

/* A longer or faster pipe takes larger steps. */
static void scale__follows_the_pipe(void)
{
	static const struct { uint32_t mbps; uint64_t rtt; uint32_t scale; } rows[] = {
		{ 100000, 12 * US, 256 }, { 400000, 12 * US, 1024 }, { 400000, 3 * US, 256 },
		{ 1000, 12 * US, 32 }, { 3200000, 100 * US, 2048 }, { 0, 99 * US, 256 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_profile f = { .cc = WEFT_CC_NSCC, .window = 256,
					  .link_mbps = rows[i].mbps };
		struct weft_cc cc = cc_trace_make(&f, 4096);

		ack(&cc, rows[i].rtt, 1, 0, 1000 * US);
		CU_ASSERT_EQUAL(cc.u.nscc.scale, rows[i].scale);
	}
}

WEFT_SUITE(t_cc_nscc) {
	{ "traces__steps_and_mixed", traces__steps_and_mixed },
	{ "on_ack__four_cases", on_ack__four_cases },
	{ "on_ack__empty_pipe_grows_fast", on_ack__empty_pipe_grows_fast },
	{ "growth__ends_at_one_and_a_half_pipes", growth__ends_at_one_and_a_half_pipes },
	{ "on_ack__no_sample_goes_by_the_average", on_ack__no_sample_goes_by_the_average },
	{ "quick_adapt__window_is_what_arrived", quick_adapt__window_is_what_arrived },
	{ "quick_adapt__only_if_next_to_nothing_arrived",
	  quick_adapt__only_if_next_to_nothing_arrived },
	{ "quick_adapt__not_when_all_arrived", quick_adapt__not_when_all_arrived },
	{ "on_loss__takes_what_was_lost", on_loss__takes_what_was_lost },
	{ "scale__follows_the_pipe", scale__follows_the_pipe },
};
