/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.c: what is seen of paths over time, and that looking changes nothing. */
#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

static const char *const four[][2] = {
	{ "topology.leaves", "4" },    { "topology.hosts_per_leaf", "4" },
	{ "topology.spines", "2" },    { "topology.planes", "4" },
	{ "workload.kind", "permutation" }, { "workload.flow", "2MiB" },
	{ "transport.cc", "fixed" },   { "transport.cc_init", "128" },
	{ "transport.window", "128" }, { "transport.paths", "32" },
	{ "fault.kind", "plane" },     { "fault.plane", "3" },
	{ "fault.from_us", "12" },     { "fault.until_us", "20" },
	{ "fault.notice_us", "1" },
};

static void run(struct sim_experiment *x, const char *key, const char *text)
{
	struct sim_scenario sc;
	char why[SIM_WHY_MAX] = "";

	sim_scenario_init(&sc);
	for (size_t i = 0; i < sizeof(four) / sizeof(four[0]); i++)
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", four[i][0], four[i][1], why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", key, text, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	CU_ASSERT_EQUAL(sim_experiment(x, &sc, NULL, NULL, NULL), 0);
}

/* Paths of the dead plane, one in four, are down from 13 to 21 us, when chips know of it. */
static void watch__sees_the_dead_plane(void)
{
	struct sim_experiment x;
	uint32_t down = 0;

	run(&x, "run.watch_ns", "500");
	CU_ASSERT(x.watch.n > 1 && x.watch.paths == 32 && x.watch.period == 500 * SIM_NS);
	CU_ASSERT_FATAL(x.watch.looks > 50);
	for (uint32_t i = 0; i < x.watch.looks; i++) {
		bool dead = i >= 2 * 13 && i < 2 * 21;
		bool told = i < 2 * 21 || i > 2 * 30;	/* peers say that theirs works again */

		for (uint32_t c = 0; c < x.watch.n; c++) {
			uint32_t n = sim_watch_count(&x.watch, i, c, SIM_PATH_DOWN), all = 0;

			for (int k = 0; k < SIM_PATH_LOOKS; k++)
				all += sim_watch_count(&x.watch, i, c, (enum sim_path_look)k);
			CU_ASSERT_EQUAL(all, 32);
CU_ASSERT(n == (dead ? 8 : 0) || !told);
			for (uint32_t k = 3; n && k < 32; k += 4)
				CU_ASSERT(sim_watch_seen(&x.watch, i, c, k) == SIM_PATH_DOWN ||
					  !told);
			down += n;
		}
	}
	CU_ASSERT(down > 0);
	sim_experiment_fini(&x);
}

static void watch__changes_nothing(void)
{
	static const char *const set[][2] = {
		{ "run.watch", "0" }, { "run.watch", "64" }, { "run.watch_ns", "37" },
		{ "run.part_hosts", "0" }, { "run.part_hosts", "1" },
	};
	uint64_t hash = 0;
	struct sim_experiment x;

	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		run(&x, set[i][0], set[i][1]);
		CU_ASSERT(!i || x.hash == hash);
		CU_ASSERT_EQUAL(x.watch.n, i == 0 ? 0 : i == 1 ? 16 : 8);
		hash = x.hash;
		sim_experiment_fini(&x);
	}
}

/* More time than looks: half of them are kept, at twice the period. */
static void watch__thins_out(void)
{
	struct sim_experiment x, y;

	char ns[16];

	run(&x, "run.watch_ns", "25");
	CU_ASSERT(x.watch.period > 25 * SIM_NS && x.watch.looks <= SIM_LOOKS);
	snprintf(ns, sizeof(ns), "%u", (unsigned)(x.watch.period / SIM_NS));
	run(&y, "run.watch_ns", ns);
	CU_ASSERT_EQUAL(x.watch.period, y.watch.period);
	CU_ASSERT_EQUAL(x.watch.looks, y.watch.looks);
	for (uint32_t i = 0; i < x.watch.looks && i < y.watch.looks; i++)
		for (uint32_t c = 0; c < x.watch.n; c++)
			for (uint32_t k = 0; k < 32; k++)
				CU_ASSERT_EQUAL(sim_watch_seen(&x.watch, i, c, k),
						sim_watch_seen(&y.watch, i, c, k));
	sim_experiment_fini(&x);
	sim_experiment_fini(&y);
}

WEFT_SUITE(t_watch) {
	{ "watch__sees_the_dead_plane", watch__sees_the_dead_plane },
	{ "watch__changes_nothing", watch__changes_nothing },
	{ "watch__thins_out", watch__thins_out },
};
