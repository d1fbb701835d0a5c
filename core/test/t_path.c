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
	return (enum weft_path_state)so->p->paths->at[path].state;
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
	path_timeout(so.p, 0, so.now);
	count(&so, seen, 20);
	CU_ASSERT_EQUAL(seen[1], 20);
	path_timeout(so.p, 0, so.now);
	path_timeout(so.p, 0, so.now);
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

/* WEFT-CC-080: lost in a row, left; lost again, denied; tried again when its time is over. */
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
	path_timeout(so.p, 0, so.now);
	count(&so, seen, 5);
	CU_ASSERT_EQUAL(seen[0], 5);
	CU_ASSERT_EQUAL(so.p->st->path_moves, 0);
	solo_fini(&so);
}

/* WEFT-CC-051: the order is one of all paths, by level, whatever happens to them. */
static bool order_holds(const struct path_set *s, uint16_t n)
{
	if (s->first[0] != 0 || s->first[PATH_LEVELS] != n)
		return false;
	for (unsigned l = 0; l < PATH_LEVELS; l++)
		for (uint16_t k = s->first[l]; k < s->first[l + 1]; k++)
			if (s->at[s->at[k].order].place != k || s->at[s->at[k].order].level != l)
				return false;
	return true;
}

static void order__holds_whatever_happens(void)
{
	for (int law = 0; law < WEFT_PATH_LAWS; law++) {
		uint64_t lcg = weft_test_seed + (uint64_t)law;
		struct solo so;

		solo_init(&so);
		so.cfg.n_paths = 37;
		so.prof.path_law = (enum weft_path_law)law;
		solo_start(&so);
		so.p->srtt = RTT;
		for (int i = 0; i < 20000; i++) {
			uint16_t path;

			lcg = lcg * 6364136223846793005ull + 1442695040888963407ull;
			path = (uint16_t)((lcg >> 40) % 37);
			if ((lcg >> 60) < 4)
				path_marked(so.p, path, so.now);
			else if ((lcg >> 60) < 8)
				path_lost(so.p, path, so.now);
			else if ((lcg >> 60) < 11)
				path_good(so.p, path);
			else
				CU_ASSERT(path_pick(so.p, so.now) < 37);
			so.now += (lcg >> 20) % RTT;
			CU_ASSERT(order_holds(so.p->paths, 37));
		}
		solo_fini(&so);
	}
}

static void start_law(struct solo *so, enum weft_path_law law, uint16_t paths)
{
	solo_init(so);
	so->cfg.n_paths = paths;
	so->prof.path_law = law;
	solo_start(so);
	so->p->srtt = RTT;
}

/* WEFT-CC-052 */
static void path_pick__least_marked(void)
{
	unsigned seen[4];
	struct solo so;

	start_law(&so, WEFT_PATHS_LEAST_MARKED, 4);
	path_marked(so.p, 0, so.now);
	path_marked(so.p, 0, so.now);
	path_marked(so.p, 1, so.now);
	count(&so, seen, 20);
	CU_ASSERT(seen[0] == 0 && seen[1] == 0 && seen[2] == 10 && seen[3] == 10);
	CU_ASSERT_EQUAL(state(&so, 0), WEFT_PATH_STATE_GOOD);
	for (int i = 0; i < 9; i++) {
		path_marked(so.p, 2, so.now);
		path_marked(so.p, 3, so.now);
	}
	count(&so, seen, 20);			/* all are marked: the least */
	CU_ASSERT_EQUAL(seen[1], 20);
	so.now += RTT;				/* a round trip takes one mark off each */
	count(&so, seen, 8);
	so.now += RTT;
	count(&so, seen, 8);
	count(&so, seen, 20);
	CU_ASSERT(seen[0] == 10 && seen[1] == 10);
	solo_fini(&so);
}

/* WEFT-CC-053 */
static void path_pick__recycled(void)
{
	unsigned seen[8];
	struct solo so;

	start_law(&so, WEFT_PATHS_RECYCLED, 8);
	count(&so, seen, 8);			/* nothing kept: in turn */
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(seen[i], 1);
	path_good(so.p, 5);
	path_good(so.p, 3);
	so.p->paths->spare = 6;
	path_good(so.p, 6);			/* reported as marked: not kept */
	CU_ASSERT_EQUAL(path_pick(so.p, so.now), 5);
	CU_ASSERT_EQUAL(path_pick(so.p, so.now), 3);
	CU_ASSERT_EQUAL(so.p->paths->n_fresh, 0);
	path_good(so.p, 4);
	path_good(so.p, 1);
	path_marked(so.p, 4, so.now);		/* it was good when it was kept */
	CU_ASSERT_EQUAL(path_pick(so.p, so.now), 1);
	for (int i = 0; i < 200; i++)		/* the oldest make room */
		path_good(so.p, i < 150 ? 1 : 2);
	CU_ASSERT_EQUAL(so.p->paths->n_fresh, PATH_FRESH);
	count(&so, seen, PATH_FRESH);
	CU_ASSERT(seen[1] == 14 && seen[2] == 50);
	path_good(so.p, 7);
	path_timeout(so.p, 0, so.now);		/* what has just worked stays */
	count(&so, seen, 20);
	CU_ASSERT_EQUAL(seen[7], 20);
	so.now += RTT;
	count(&so, seen, 20);
	CU_ASSERT(seen[7] < 5);
	solo_fini(&so);
}

/* WEFT-CC-050, WEFT-CC-081 */
static void path_pick_other__not_where_it_was_lost(void)
{
	struct solo so;

	start(&so, WEFT_MODE_RUD, 3);
	for (int i = 0; i < 30; i++)
		CU_ASSERT_NOT_EQUAL(path_pick_other(so.p, (uint16_t)(i % 3), false, so.now), i % 3);
	path_timeout(so.p, 1, so.now);
	CU_ASSERT_EQUAL(state(&so, 1), WEFT_PATH_STATE_SUSPECT);
	solo_fini(&so);
	start(&so, WEFT_MODE_RUD, 1);
	CU_ASSERT_EQUAL(path_pick_other(so.p, 0, false, so.now), 0);
	solo_fini(&so);
}

static void acked_by(struct solo *so, uint32_t psn, uint16_t path)
{
	struct weft_view v = solo_ack(so, psn);

	v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
	v.b.ack.h.echo_psn = psn;
	v.b.ack.h.echo_entropy = (uint16_t)(so->cfg.entropy_base + path);
	solo_rx(so, &v);
}

/* WEFT-CC-093 */
static void path_pick_other__by_one_that_works(void)
{
	struct solo so;

	solo_init(&so);
	so.cfg.n_paths = 16;
	solo_ready(&so);
	for (int i = 0; i < 2; i++)
		solo_post(&so, WEFT_OPCODE_WRITE, 1, 8, 0);
	solo_drain(&so);
	acked_by(&so, so.p->una, 5);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(path_pick_other(so.p, 3, true, so.now), 5);
	CU_ASSERT_NOT_EQUAL(path_pick_other(so.p, 5, true, so.now), 5);
	retx_mark_lost(so.p, &so.p->tx[so.p->order.head]);	/* it goes again, once by turn */
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT(so.sent.d.flags & WEFT_DFLAGS_RTX);
	CU_ASSERT_NOT_EQUAL(so.sent.d.entropy, so.cfg.entropy_base + 5);
	retx_mark_lost(so.p, &so.p->tx[so.p->order.head]);
	CU_ASSERT(solo_tx(&so));
	CU_ASSERT_EQUAL(so.sent.d.entropy, so.cfg.entropy_base + 5);
	path_timeout(so.p, 5, so.now);		/* nothing speaks for it any more */
	CU_ASSERT_NOT_EQUAL(path_pick_other(so.p, 3, true, so.now), 5);
	solo_fini(&so);
}

/* WEFT-CC-054 */
static void path_deaf__rod_moves_once_a_round_trip(void)
{
	struct solo so;

	start(&so, WEFT_MODE_ROD, 3);
	so.now += RTT;
	path_deaf(so.p, so.now);
	path_deaf(so.p, so.now + RTT - 1);
	CU_ASSERT_EQUAL(path_pick(so.p, so.now), 1);
	path_deaf(so.p, so.now + RTT);
	CU_ASSERT_EQUAL(path_pick(so.p, so.now), 2);
	solo_fini(&so);
}

static void weft_path_law_name__all(void)
{
	CU_ASSERT_STRING_EQUAL(weft_path_law_name(WEFT_PATHS_LEAST_MARKED), "least-marked");
	CU_ASSERT_PTR_NULL(weft_path_law_name(WEFT_PATH_LAWS));
}

static void weft_path_gauge__says_what_is_known(void)
{
	struct weft_path_gauge g = { .losses = 77 };
	struct solo so;

	start(&so, WEFT_MODE_RUD, 4);
	CU_ASSERT_FALSE(weft_path_gauge(so.p, 4, &g));
	CU_ASSERT_EQUAL(g.losses, 77);
	CU_ASSERT(weft_path_gauge(so.p, 3, &g));
	CU_ASSERT(g.state == WEFT_PATH_STATE_GOOD && !g.losses && !g.marks && !g.down && g.used);
	path_marked(so.p, 2, so.now);
	CU_ASSERT(weft_path_gauge(so.p, 2, &g) && g.state == WEFT_PATH_STATE_SKIP);
	path_lost(so.p, 1, so.now);
	path_lost(so.p, 1, so.now);
	CU_ASSERT(weft_path_gauge(so.p, 1, &g) && g.state == WEFT_PATH_STATE_GOOD);
	CU_ASSERT_EQUAL(g.losses, 2);
	path_lost(so.p, 1, so.now);
	CU_ASSERT(weft_path_gauge(so.p, 1, &g) && g.state == WEFT_PATH_STATE_SUSPECT);
	solo_fini(&so);
	start(&so, WEFT_MODE_ROD, 3);		/* one at a time */
	path_timeout(so.p, 0, so.now);
	CU_ASSERT(weft_path_gauge(so.p, 0, &g) && !g.used);
	CU_ASSERT(weft_path_gauge(so.p, 1, &g) && g.used);
	solo_fini(&so);
}

WEFT_SUITE(t_path) {
	{ "weft_path_gauge__says_what_is_known", weft_path_gauge__says_what_is_known },
	{ "order__holds_whatever_happens", order__holds_whatever_happens },
	{ "path_pick__least_marked", path_pick__least_marked },
	{ "path_pick__recycled", path_pick__recycled },
	{ "path_pick_other__not_where_it_was_lost", path_pick_other__not_where_it_was_lost },
	{ "path_pick_other__by_one_that_works", path_pick_other__by_one_that_works },
	{ "path_deaf__rod_moves_once_a_round_trip", path_deaf__rod_moves_once_a_round_trip },
	{ "weft_path_law_name__all", weft_path_law_name__all },
	{ "path_pick__rud_spreads_evenly", path_pick__rud_spreads_evenly },
	{ "path_pick__rod_stays_until_a_timeout", path_pick__rod_stays_until_a_timeout },
	{ "path_pick__all_bad", path_pick__all_bad },
	{ "path_pick__only_one", path_pick__only_one },
	{ "path_marked__skipped_for_a_round_trip", path_marked__skipped_for_a_round_trip },
	{ "path_lost__left_and_tried_again", path_lost__left_and_tried_again },
	{ "path_good__suspect_returns", path_good__suspect_returns },
};
