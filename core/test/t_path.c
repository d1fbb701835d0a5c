/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/path.c: which entropy value the next packet carries. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define RTT 10000u

static void start(struct solo *so, enum weft_mode mode, uint16_t paths)
{
	solo_init(so);
	so->cfg.mode = mode;
	so->cfg.n_paths = paths;
	solo_start(so);
	so->p->srtt = RTT;
}

/* How often each path is picked in n turns. */
static void count(struct solo *so, unsigned *seen, unsigned n)
{
	memset(seen, 0, so->cfg.n_paths * sizeof(*seen));
	while (n--)
		seen[path_pick(so->p, so->now)]++;
}

static enum weft_path_state state(struct solo *so, uint16_t path)
{
	return (enum weft_path_state)so->p->paths[path].state;
}

/* WEFT-CC-004 */
static void path_pick__rud_spreads_evenly(void)
{
	unsigned seen[WEFT_MAX_PATHS];
	struct solo so;

	start(&so, WEFT_MODE_RUD, WEFT_MAX_PATHS);
	count(&so, seen, 3 * WEFT_MAX_PATHS);
	for (unsigned i = 0; i < WEFT_MAX_PATHS; i++)
		CU_ASSERT_EQUAL(seen[i], 3);
	solo_fini(&so);
}

/* WEFT-CC-006 */
static void path_pick__rod_stays_until_a_timeout(void)
{
	unsigned seen[3];
	struct solo so;

	start(&so, WEFT_MODE_ROD, 3);
	count(&so, seen, 20);
	CU_ASSERT_EQUAL(seen[0], 20);
	path_marked(so.p, 0, so.now);		/* nothing else moves it */
	path_lost(so.p, 0, so.now);
	path_lost(so.p, 0, so.now);
	path_lost(so.p, 0, so.now);
	count(&so, seen, 20);
	CU_ASSERT_EQUAL(seen[0], 20);
	path_timeout(so.p, so.now);
	count(&so, seen, 20);
	CU_ASSERT_EQUAL(seen[1], 20);
	path_timeout(so.p, so.now);
	path_timeout(so.p, so.now);
	count(&so, seen, 20);
	CU_ASSERT_EQUAL(seen[0], 20);
	CU_ASSERT_EQUAL(so.p->st->path_moves, 3);
	solo_fini(&so);
}

/* WEFT-CC-005 */
static void path_marked__skipped_for_a_round_trip(void)
{
	unsigned seen[4];
	struct solo so;

	start(&so, WEFT_MODE_RUD, 4);
	path_marked(so.p, 2, so.now);
	CU_ASSERT_EQUAL(state(&so, 2), WEFT_PATH_STATE_SKIP);
	so.now += RTT - 1;
	count(&so, seen, 30);
	CU_ASSERT_EQUAL(seen[2], 0);
	CU_ASSERT_EQUAL(seen[0], 10);
	so.now += 1;
	count(&so, seen, 40);
	CU_ASSERT_EQUAL(seen[2], 10);
	CU_ASSERT_EQUAL(state(&so, 2), WEFT_PATH_STATE_GOOD);
	solo_fini(&so);
}

/* WEFT-CC-005: lost in a row, left; lost again, denied; tried again when its time is over. */
static void path_lost__left_and_tried_again(void)
{
	unsigned seen[4];
	struct solo so;

	start(&so, WEFT_MODE_RUD, 4);
	path_lost(so.p, 1, so.now);
	path_lost(so.p, 1, so.now);
	path_good(so.p, 1);			/* not in a row */
	path_lost(so.p, 1, so.now);
	path_lost(so.p, 1, so.now);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_GOOD);
	path_lost(so.p, 1, so.now);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_SUSPECT);
	count(&so, seen, 30);
	CU_ASSERT_EQUAL(seen[1], 0);
	for (int i = 0; i < 3; i++)
		path_lost(so.p, 1, so.now);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_DENIED);
	path_good(so.p, 1);			/* a late acknowledgement */
	so.now += 64 * RTT - 1;
	count(&so, seen, 30);
	CU_ASSERT_EQUAL(seen[1], 0);
	so.now += 1;
	count(&so, seen, 30);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_SUSPECT);
	so.now += RTT;
	count(&so, seen, 40);
	CU_ASSERT_EQUAL(seen[1], 10);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_GOOD);
	solo_fini(&so);
}

static void path_good__suspect_returns(void)
{
	struct solo so;

	start(&so, WEFT_MODE_RUD, 4);
	path_marked(so.p, 3, so.now);
	for (int i = 0; i < 3; i++)
		path_lost(so.p, 3, so.now);
	CU_ASSERT_EQUAL(state(&so, 3), WEFT_PATH_STATE_SUSPECT);
	path_good(so.p, 3);
	CU_ASSERT_EQUAL(state(&so, 3), WEFT_PATH_STATE_GOOD);
	solo_fini(&so);
}

/* With no path good, all are used: there is nothing better. */
static void path_pick__all_bad(void)
{
	unsigned seen[3];
	struct solo so;

	start(&so, WEFT_MODE_RUD, 3);
	for (uint16_t i = 0; i < 3; i++)
		for (int k = 0; k < 300; k++)
			path_lost(so.p, i, so.now);
	count(&so, seen, 30);
	CU_ASSERT(seen[0] == 10 && seen[1] == 10 && seen[2] == 10);
	solo_fini(&so);
}

static void path_pick__only_one(void)
{
	unsigned seen[1];
	struct solo so;

	start(&so, WEFT_MODE_RUD, 1);
	for (int k = 0; k < 10; k++)
		path_lost(so.p, 0, so.now);
	path_marked(so.p, 0, so.now);
	path_timeout(so.p, so.now);
	count(&so, seen, 5);
	CU_ASSERT_EQUAL(seen[0], 5);
	CU_ASSERT_EQUAL(so.p->st->path_moves, 0);
	solo_fini(&so);
}

WEFT_SUITE(t_path) {
	{ "path_pick__rud_spreads_evenly", path_pick__rud_spreads_evenly },
	{ "path_pick__rod_stays_until_a_timeout", path_pick__rod_stays_until_a_timeout },
	{ "path_pick__all_bad", path_pick__all_bad },
	{ "path_pick__only_one", path_pick__only_one },
	{ "path_marked__skipped_for_a_round_trip", path_marked__skipped_for_a_round_trip },
	{ "path_lost__left_and_tried_again", path_lost__left_and_tried_again },
	{ "path_good__suspect_returns", path_good__suspect_returns },
};
