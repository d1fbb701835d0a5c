/* SPDX-License-Identifier: BSD-2-Clause */
/* Several planes: numbers, routes that stay in theirs, and what a chip has of them. */
#include <stdlib.h>
#include <string.h>

#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

enum { PLANES = 3 };

static void scenario(struct sim_scenario *sc, const char *const set[][2], size_t n)
{
	char why[SIM_WHY_MAX] = "";

	sim_scenario_init(sc);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(sim_scenario_set(sc, "test", set[i][0], set[i][1], why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(sc, why), 0);
	CU_ASSERT_STRING_EQUAL(why, "");
}

/* From a port of a host to `dst`, by switches of its plane alone. */
static void follow(const struct sim_topology *t, uint32_t port, uint32_t src, uint32_t dst,
		   uint16_t entropy)
{
	uint32_t in_plane, plane = sim_port_plane(t, port, &in_plane), links = 1, all[64], n;
	struct sim_port_place at = sim_place(t, port);
	bool among = false;

	CU_ASSERT_EQUAL(at.from, src);
	while (at.to >= t->hosts && links < 20) {
		CU_ASSERT_EQUAL((at.to - t->hosts) / t->plane_switches, plane);
		n = sim_choices(t, at.to, src, dst, all, 64);
		port = sim_route(t, at.to, src, dst, entropy);
		among = false;
		for (uint32_t i = 0; i < n; i++)
			among |= all[i] == port;
		CU_ASSERT(among);
		CU_ASSERT_EQUAL(sim_port_plane(t, port, &in_plane), plane);
		CU_ASSERT_EQUAL(sim_place(t, port).from, at.to);
		at = sim_place(t, port);
		links++;
	}
	CU_ASSERT_EQUAL(at.to, dst);
	CU_ASSERT_EQUAL(links, sim_path_links(t, src, dst));
}

static void topology__planes_are_the_same_and_apart(void)
{
	static const char *const kind[] = { "leaf-spine", "fat-tree", "torus", "star" };

	for (size_t k = 0; k < sizeof(kind) / sizeof(kind[0]); k++) {
		const char *const set[][2] = {
			{ "topology.kind", kind[k] },  { "topology.leaves", "3" },
			{ "topology.spines", "2" },    { "topology.hosts_per_leaf", "2" },
			{ "topology.pods", "3" },      { "topology.cores_per_spine", "2" },
			{ "topology.x", "3" },	       { "topology.y", "2" },
			{ "topology.planes", "3" },    { "transport.paths", "6" },
			{ "workload.kind", "incast" },
		};
		char why[SIM_WHY_MAX];
		struct sim_topology t;
		struct sim_scenario sc;

		scenario(&sc, set, sizeof(set) / sizeof(set[0]));
		CU_ASSERT_EQUAL(sim_scenario_fabric(&sc, &t, why), 0);
		CU_ASSERT_EQUAL(t.planes, PLANES);
		for (uint32_t p = 0; p < t.ports; p++) {
			uint32_t in, plane = sim_port_plane(&t, p, &in);

			CU_ASSERT_EQUAL(sim_plane_port(&t, plane, in), p);
			CU_ASSERT(sim_place(&t, p).to < t.nodes && sim_place(&t, p).from < t.nodes);
			CU_ASSERT_EQUAL(sim_place(&t, p).tier,
					sim_place(&t, sim_plane_port(&t, 0, in)).tier);
		}
		for (uint32_t p = 0; p < PLANES * t.hosts; p++)
			for (uint32_t dst = 0; dst < t.hosts; dst++)
				if (dst != p % t.hosts)
					follow(&t, p, p % t.hosts, dst, (uint16_t)(p * 7 + dst));
		sim_topology_fini(&t);
	}
}

static const char *const four[][2] = {
	{ "topology.leaves", "4" },    { "topology.hosts_per_leaf", "4" },
	{ "topology.spines", "2" },    { "topology.planes", "4" },
	{ "workload.kind", "permutation" }, { "workload.flow", "2MiB" },
	{ "transport.cc", "fixed" },   { "transport.cc_init", "128" },
	{ "transport.window", "128" }, { "transport.paths", "32" },
};

static void run(struct sim_experiment *x, const char *fault, const char *notice, const char *parts)
{
	char why[SIM_WHY_MAX] = "";
	struct sim_scenario sc;

	scenario(&sc, four, sizeof(four) / sizeof(four[0]));
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "fault.kind", fault, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "fault.plane", "3", why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "fault.notice_us", notice, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "run.part_hosts", parts, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	CU_ASSERT_EQUAL(sim_experiment(x, &sc, NULL, NULL, NULL), 0);
}

static void experiment__planes_share_evenly(void)
{
	struct sim_experiment x;
	uint64_t hash;

	run(&x, "none", "0", "8");
	for (int i = 0; i < 4; i++)
		CU_ASSERT(x.plane[i].bytes * 100 >= x.plane[0].bytes * 96 &&
			  x.plane[i].bytes * 100 <= x.plane[0].bytes * 104);
	hash = x.hash;
	sim_experiment_fini(&x);
	for (int i = 0; i < 2; i++) {		/* parts change nothing */
		run(&x, "none", "0", i ? "1" : "0");
		CU_ASSERT_EQUAL(x.hash, hash);
		sim_experiment_fini(&x);
	}
}

/* A dead plane loses what is sent on it, until chips know, or see it; all flows end. */
static void experiment__a_plane_is_dead(void)
{
	struct sim_experiment x;
	uint64_t lost[2];

	for (int i = 0; i < 2; i++) {
		run(&x, "plane", i ? "1" : "0", "8");
		lost[i] = x.plane[3].lost_pkts;
		CU_ASSERT_EQUAL(x.plane[3].bytes, 0);
		CU_ASSERT_EQUAL(x.plane[0].lost_pkts, 0);
		sim_experiment_fini(&x);
	}
	CU_ASSERT(lost[0] > 200);
	CU_ASSERT(lost[1] == 0);	/* they know before the first flow begins */
}

static void scenario__refuses_what_makes_no_sense(void)
{
	static const struct {
		const char *key, *text, *says;
	} row[] = {
		{ "transport.paths", "30", "topology.planes" },
		{ "transport.kind", "fluid", "topology.planes" },
		{ "fault.plane", "4", "fault.plane" },
		{ "topology.planes", "1", "fault.plane" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char why[SIM_WHY_MAX] = "";
		struct sim_scenario sc;

		scenario(&sc, four, sizeof(four) / sizeof(four[0]));
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "fault.kind", "plane", why), 0);
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", row[i].key, row[i].text, why), 0);
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].says));
	}
}

WEFT_SUITE(t_planes) {
	{ "topology__planes_are_the_same_and_apart", topology__planes_are_the_same_and_apart },
	{ "experiment__planes_share_evenly", experiment__planes_share_evenly },
	{ "experiment__a_plane_is_dead", experiment__a_plane_is_dead },
	{ "scenario__refuses_what_makes_no_sense", scenario__refuses_what_makes_no_sense },
};
