/* SPDX-License-Identifier: BSD-2-Clause */
/* Source routes: by the digits of the entropy, and from a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/routes.h"
#include "tools/test/cunit_main.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* 4 leaves (switches 0 to 3) with 4 chips each below 4 spines (4 to 7); chips 0..3 send to 4..7. */
static const char *const clos[][2] = {
	{ "topology.leaves", "4" },    { "topology.hosts_per_leaf", "4" },
	{ "topology.spines", "4" },    { "workload.kind", "flows" },
	{ "transport.cc", "fixed" },   { "transport.cc_init", "128" },
	{ "transport.window", "128" }, { "routing.kind", "source" },
};

static const char *write_file(char *path, const char *text)
{
	int fd;
	FILE *f;

	strcpy(path, "/tmp/weft-source.XXXXXX");
	fd = mkstemp(path);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void scenario(struct sim_scenario *sc, const char *flows, const char *routes,
		     const char *paths)
{
	char why[SIM_WHY_MAX] = "";

	sim_scenario_init(sc);
	for (size_t i = 0; i < LEN(clos); i++)
		CU_ASSERT_EQUAL(sim_scenario_set(sc, "test", clos[i][0], clos[i][1], why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(sc, "test", "workload.file", flows, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(sc, "test", "transport.paths", paths, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(sc, "test", "routing.file", routes, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(sc, why), 0);
}

static const char four_flows[] = "1 0 4 1000000 0 0\n2 1 5 1000000 0 0\n3 2 6 1000000 0 0\n"
				 "4 3 7 1000000 0 0\n";

/* Packets over a spine's link to a leaf. */
static uint64_t carried(const struct sim *sim, uint32_t spine, uint32_t leaf)
{
	uint32_t up, down;

	CU_ASSERT(sim_link_ports(&sim->topo, leaf, spine, &up, &down));
	return sim->port[down].sent_pkts;
}

/* Each flow over a spine of its own: none meets another, and each takes its closed form. */
static void file__routes_apart(void)
{
	static const char text[] = "# one spine each\n0 4 0 4 1\n1 5 0 5 1\n\n2 6 0 6 1 # on\n"
				   "3 7 0 7 1\n4 0 1 7 0\n";
	char flows[64], routes[64];
	struct sim_scenario sc;
	struct sim_experiment x;

	scenario(&sc, write_file(flows, four_flows), write_file(routes, text), "1");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	for (uint32_t s = 0; s < 4; s++)
		CU_ASSERT(carried(&x.sim, s, 1) >= 245);
	/* Answers of chip 4 to chip 0 come by spine 3, and others by their entropy. */
	CU_ASSERT(carried(&x.sim, 3, 0) > 0);
	CU_ASSERT(x.ratio < 1.001);
	sim_experiment_fini(&x);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "t", "routing.file", "", (char[SIM_WHY_MAX]){ 0 }),
			0);
	unlink(flows);
	unlink(routes);
}

/* Several routes of a pair take turns with the entropy. */
static void file__several_routes_of_a_pair(void)
{
	static const char text[] = "0 4 0 5 1\n0 4 0 6 1\n";
	char flows[64], routes[64];
	struct sim_scenario sc;
	struct sim_experiment x;
	uint64_t a, b;

	scenario(&sc, write_file(flows, "1 0 4 4096000 0 0\n"), write_file(routes, text), "16");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	a = carried(&x.sim, 1, 1);
	b = carried(&x.sim, 2, 1);
	CU_ASSERT(a + b >= 1000 && a > 490 && b > 490);
	CU_ASSERT_EQUAL(carried(&x.sim, 0, 1) + carried(&x.sim, 3, 1), 0);
	sim_experiment_fini(&x);
	unlink(flows);
	unlink(routes);
}

/* Without a file n entropies that follow each other take all n spines alike. */
static void digits__spread_evenly(void)
{
	char flows[64];
	struct sim_scenario sc;
	struct sim_experiment x;

	scenario(&sc, write_file(flows, "1 0 4 4096000 0 0\n"), "", "8");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	for (uint32_t s = 0; s < 4; s++)
		CU_ASSERT(carried(&x.sim, s, 1) >= 250 && carried(&x.sim, s, 1) <= 252);
	sim_experiment_fini(&x);
	unlink(flows);
}

/* On three levels, and on a graph, all paths are taken. */
static void digits__all_paths_of_every_shape(void)
{
	static const char *const kind[] = { "fat-tree", "torus", "dragonfly", "full-mesh" };

	for (size_t i = 0; i < LEN(kind); i++) {
		char why[SIM_WHY_MAX] = "";
		struct sim_scenario sc;
		struct sim_experiment x;

		sim_scenario_init(&sc);
		for (size_t k = 0; k < LEN(clos); k++)
			sim_scenario_set(&sc, "test", clos[k][0], clos[k][1], why);
		sim_scenario_set(&sc, "test", "topology.kind", kind[i], why);
		sim_scenario_set(&sc, "test", "topology.pods", "4", why);
		sim_scenario_set(&sc, "test", "topology.cores_per_spine", "2", why);
		sim_scenario_set(&sc, "test", "workload.kind", "permutation", why);
		sim_scenario_set(&sc, "test", "workload.flow", "100KiB", why);
		sim_scenario_set(&sc, "test", "transport.paths", "16", why);
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_STRING_EQUAL(x.error, "");
		for (uint32_t p = 0; !i && p < x.sim.ports; p++)
			if (x.sim.port[p].tier == SIM_SPINE_UP)
				CU_ASSERT(x.sim.port[p].sent_pkts > 0);
		sim_experiment_fini(&x);
	}
}

static void file__what_is_wrong_is_said(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "", "no route in it" },
		{ "0 4\n", ":1: a route is" },
		{ "0 4 0 x 1\n", ":1: a route is" },
		{ "0 4 0 4 1\n0 99 0 4 1\n", ":2: from chip 0 to chip 99" },
		{ "4 4 1\n", ":1: from chip 4 to chip 4" },
		{ "0 4 0 9 1\n", ":1: there is no switch 9" },
		{ "0 4 1 4 1\n", ":1: no link leads from chip 0 to switch 1" },
		{ "0 4 0 1\n", ":1: no link leads from switch 0 to switch 1" },
		{ "0 4 0 4 2\n", ":1: no link leads from switch 2 to chip 4" },
		{ "0 4 0 4 0 5 1\n", ":1: switch 0 is there twice" },
	};
	char flows[64], routes[64], why[SIM_WHY_MAX] = "";
	struct sim_scenario sc;

	write_file(flows, four_flows);
	for (size_t i = 0; i < LEN(row); i++) {
		struct sim_experiment x;

		scenario(&sc, flows, write_file(routes, row[i].text), "1");
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, row[i].says));
		sim_experiment_fini(&x);
		unlink(routes);
	}
	scenario(&sc, flows, "/nowhere", "1");
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "routing.kind", "hash", why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "routing.file"));
	unlink(flows);
}

WEFT_SUITE(t_source) {
	{ "file__routes_apart", file__routes_apart },
	{ "file__several_routes_of_a_pair", file__several_routes_of_a_pair },
	{ "digits__spread_evenly", digits__spread_evenly },
	{ "digits__all_paths_of_every_shape", digits__all_paths_of_every_shape },
	{ "file__what_is_wrong_is_said", file__what_is_wrong_is_said },
};
