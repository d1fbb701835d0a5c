/* SPDX-License-Identifier: BSD-2-Clause */
/* What is shown of a run while it goes: snapshots, which change nothing of it, and its progress. */
#include <jansson.h>
#include <string.h>

#include "sim/experiment.h"
#include "sim/lanes.h"
#include "sim/progress.h"
#include "sim/snapshot.h"
#include "tools/test/cunit_main.h"

static struct sim_scenario scenario(uint64_t workload)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.leaves = 4;
	sc.hosts_per_leaf = 4;
	sc.spines = 2;
	sc.workload = workload;
	sc.flow_bytes = 200000;
	sc.bytes = 1 << 20;
	sc.paths = 8;
	return sc;
}

/* What was seen, of all snapshots together. */
struct seen {
	unsigned taken;
	sim_time at[4];
	uint64_t contexts, outstanding, waiting, on_wire, flows, ranks, held;
};

static uint64_t sum(const json_t *list, const char *name)
{
	uint64_t n = 0;
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
		n += (uint64_t)json_integer_value(json_object_get(o, name));
	return n;
}

static void on_snapshot(void *ctx, const struct sim_experiment *x, sim_time at)
{
	json_t *o = sim_snapshot(x, at), *links = json_object_get(o, "links");
	struct seen *s = ctx;

	CU_ASSERT_EQUAL((sim_time)json_integer_value(json_object_get(o, "at_ps")), at);
	s->at[s->taken++] = at;
	s->contexts += json_array_size(json_object_get(o, "contexts"));
	s->outstanding += sum(json_object_get(o, "contexts"), "outstanding");
	s->waiting += sum(links, "waiting_bytes");
	s->on_wire += sum(links, "on_the_wire_pkts");
	s->flows += json_array_size(json_object_get(o, "flows_to_come"));
	s->ranks += json_array_size(json_object_get(o, "ranks"));
	s->held += sum(json_object_get(o, "switches"), "held_bytes");
	json_decref(o);
}

static void snapshot__changes_nothing(void)
{
	static const sim_time at[] = { 5 * SIM_US, 15 * SIM_US, 20 * SIM_US };
	static const uint64_t kind[] = { SIM_WORK_INCAST, SIM_WORK_PERMUTATION,
					 SIM_WORK_RING_ALLREDUCE };
	static struct sim_experiment x;

	for (int i = 0; i < 6; i++) {
		struct sim_scenario sc = scenario(kind[i / 2]);
		struct seen s = { 0 };
		struct sim_extras extras = { .at = at, .ats = 3, .snapshot = on_snapshot,
					     .snapshot_ctx = &s };
		uint64_t hash, waiting;

		sc.flow_control = i % 2 ? SIM_FC_PFC : SIM_FC_NONE;
		sc.loss_ppm = 1000;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		hash = x.hash;
		waiting = x.sim.stats.tier[SIM_LEAF_DOWN].waiting;
		sim_experiment_fini(&x);
		CU_ASSERT_EQUAL(sim_experiment_with(&x, &sc, &extras), 0);
		CU_ASSERT_EQUAL(x.hash, hash);
		CU_ASSERT_EQUAL(x.sim.stats.tier[SIM_LEAF_DOWN].waiting, waiting);
		sim_experiment_fini(&x);
		CU_ASSERT(s.taken == 3 && s.at[0] == at[0] && s.at[2] == at[2]);
		CU_ASSERT(s.contexts && s.outstanding && s.on_wire);
		CU_ASSERT(kind[i / 2] != SIM_WORK_INCAST || s.waiting > 100000);
		CU_ASSERT((kind[i / 2] == SIM_WORK_RING_ALLREDUCE ? s.ranks : s.flows) > 0);
		CU_ASSERT(!(i % 2) || i > 1 || s.held);
	}
}

/* A run that is over before has none of it; at its end nothing waits. */
static void snapshot__at_the_end(void)
{
	static const sim_time at[] = { (sim_time)500 * SIM_MS };
	static struct sim_experiment x;
	struct sim_scenario sc = scenario(SIM_WORK_INCAST);
	struct seen s = { 0 };
	struct sim_extras extras = { .at = at, .ats = 1, .snapshot = on_snapshot,
				     .snapshot_ctx = &s };

	CU_ASSERT_EQUAL(sim_experiment_with(&x, &sc, &extras), 0);
	CU_ASSERT_EQUAL(s.taken, 0);
	on_snapshot(&s, &x, x.sim.now);
	CU_ASSERT(s.contexts && !s.outstanding && !s.waiting && !s.on_wire && !s.flows);
	sim_experiment_fini(&x);
}

static void progress__runs(void)
{
	char text[SIM_PROGRESS_ROOM];

	sim_progress_runs(text, 0, 0, 0, 8, 0);
	CU_ASSERT_STRING_EQUAL(text, "[....................]   0.0 %  ETA ?  "
			       "0 of 8 runs done, 0 failed");
	sim_progress_runs(text, 10, 2, 4, 8, 1);	/* two took 10 s, four are left */
	CU_ASSERT_STRING_EQUAL(text, "[##########..........]  50.0 %  ETA 20 s  "
			       "4 of 8 runs done, 1 failed");
	sim_progress_runs(text, 90, 2, 8, 8, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "100.0 %  ETA 0 s  8 of 8"));
	sim_progress_runs(text, 1, 8, 8, 8, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "100.0 %  ETA ?  8 of 8"));
}

static void progress__line(void)
{
	struct sim_progress_state s = { 100, 100, 0, 0 };
	char text[SIM_PROGRESS_ROOM];

	sim_progress_text(text, &s, 0, 101, SIM_US / 2, 1000000, 500000);
	CU_ASSERT_STRING_EQUAL(text, "[....................]   0.0 %  ETA ?  0.5 us simulated  "
			       "1.00 M events/s  0.50 M hops/s");
	sim_progress_text(text, &s, 0.25, 110, 3 * SIM_US, 19000000, 9500000);
	CU_ASSERT_STRING_EQUAL(text, "[#####...............]  25.0 %  ETA 30 s  3.0 us simulated  "
			       "2.00 M events/s  1.00 M hops/s");
	sim_progress_text(text, &s, 0.01, 111, 0, 19000000, 9500000);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "ETA 18 min 09 s"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "0.00 M events/s"));
	sim_progress_text(text, &s, 0.001, 112, 0, 19000000, 9500000);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "ETA 3 h 19 min"));
	sim_progress_text(text, &s, 1e-9, 113, 0, 19000000, 9500000);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "ETA more than 99 h"));
	sim_progress_text(text, &s, 2, 114, 0, 19000000, 9500000);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "[####################] 100.0 %  ETA 0 s"));
}

WEFT_SUITE(t_look) {
	{ "snapshot__changes_nothing", snapshot__changes_nothing },
	{ "snapshot__at_the_end", snapshot__at_the_end },
	{ "progress__line", progress__line },
	{ "progress__runs", progress__runs },
};
