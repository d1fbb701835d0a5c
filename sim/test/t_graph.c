/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fabrics that are graphs: that routes arrive by shortest paths, how many there are, how much a cut
 * in the middle carries, against closed forms; files; and the engine on each of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/graph.h"
#include "tools/test/cunit_main.h"

static struct sim_scenario scenario(enum sim_topology_kind kind)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.kind = kind;
	sc.workload = SIM_WORK_PERMUTATION;
	sc.hosts_per_leaf = 2;
	return sc;
}

static struct sim_topology make(const struct sim_scenario *sc)
{
	struct sim_topology t;
	char why[SIM_WHY_MAX] = "";

	CU_ASSERT_EQUAL(sim_scenario_check(sc, why), 0);
	CU_ASSERT_EQUAL_FATAL(sim_scenario_fabric(sc, &t, why), 0);
	return t;
}

/* From chip to chip, whatever the entropy, over as many links as sim_path_links() says. */
static void follow_all(const struct sim_topology *t)
{
	for (uint32_t src = 0; src < t->hosts; src++)
		for (uint32_t dst = 0; dst < t->hosts; dst++) {
			uint32_t port = src, links = 1, want = sim_path_links(t, src, dst);

			if (src == dst)
				continue;
			while (sim_place(t, port).to != dst && links <= want) {
				uint32_t node = sim_place(t, port).to;

				CU_ASSERT_FATAL(node >= t->hosts);
				port = sim_route(t, node, src, dst, (uint16_t)(src * 7 + dst));
				CU_ASSERT_EQUAL(sim_place(t, port).from, node);
				links++;
			}
			CU_ASSERT_EQUAL(links, want);
			CU_ASSERT(sim_path_count(t, src, dst) >= 1);
		}
}

/* Links, one direction, from the first half of the switches to the second. */
static uint32_t cut(const struct sim_topology *t, uint32_t half)
{
	uint32_t n = 0;

	for (uint32_t p = t->hosts; p < t->ports; p++) {
		struct sim_port_place at = sim_place(t, p);

		n += at.to >= t->hosts && at.from - t->hosts < half && at.to - t->hosts >= half;
	}
	return n;
}

static uint32_t spread(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst)
{
	uint32_t seen = 0, port[64];

	for (uint32_t e = 0; e < 2000; e++) {
		uint32_t p = sim_route(t, node, src, dst, (uint16_t)e), i = 0;

		while (i < seen && port[i] != p)
			i++;
		if (i == seen)
			port[seen++] = p;
	}
	return seen;
}

static void torus__two_and_three_edges(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_TORUS);
	struct sim_topology t;

	sc.x = 6;
	sc.y = 4;
	t = make(&sc);
	CU_ASSERT_EQUAL(t.hosts, 48);
	CU_ASSERT_EQUAL(t.ports, 48 + 48 + 24 * 4);
	follow_all(&t);
	/* Cut across y: two rings of links, each with one a column. */
	CU_ASSERT_EQUAL(cut(&t, 12), 2 * 6);
	/* 3 + 2 steps, of which both edges may go either way round: 4 x binomial(5, 2). */
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 2 * (2 * 6 + 3)), 2 + 5);
	CU_ASSERT_EQUAL(sim_path_count(&t, 0, 2 * (2 * 6 + 3)), 4 * 10);
	CU_ASSERT_EQUAL(spread(&t, t.hosts, 0, 2 * (2 * 6 + 3)), 4);
	/* Two steps on, one up: 3 orders. */
	CU_ASSERT_EQUAL(sim_path_count(&t, 0, 2 * (6 + 2)), 3);
	sim_topology_fini(&t);

	sc.x = sc.y = sc.z = 4;
	sc.hosts_per_leaf = 1;
	t = make(&sc);
	CU_ASSERT_EQUAL(t.hosts, 64);
	follow_all(&t);
	CU_ASSERT_EQUAL(cut(&t, 32), 2 * 16);
	/* Opposite corner: two steps each way, either way round: 8 x 6! / (2! 2! 2!). */
	CU_ASSERT_EQUAL(sim_path_count(&t, 0, 2 + 2 * 4 + 2 * 16), 8 * 90);
	sim_topology_fini(&t);
}

static void full_mesh__one_link_each(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_FULL_MESH);
	struct sim_topology t;

	sc.leaves = 8;
	t = make(&sc);
	follow_all(&t);
	CU_ASSERT_EQUAL(cut(&t, 4), 4 * 4);
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 1), 2);
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 15), 3);
	CU_ASSERT_EQUAL(sim_path_count(&t, 0, 15), 1);
	sim_topology_fini(&t);
}

/* 9 groups of 4 switches with 2 global links: one between every two groups. */
static void dragonfly__every_two_groups_joined(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_DRAGONFLY);
	uint32_t between[9][9] = { { 0 } };
	struct sim_topology t;

	sc.pods = 9;
	sc.leaves = 4;
	sc.global_links = 2;
	t = make(&sc);
	CU_ASSERT_EQUAL(t.hosts, 72);
	follow_all(&t);
	CU_ASSERT(t.graph->longest <= 3);
	for (uint32_t p = t.hosts; p < t.ports; p++) {
		struct sim_port_place at = sim_place(&t, p);

		if (at.to >= t.hosts)
			between[(at.from - t.hosts) / 4][(at.to - t.hosts) / 4] +=
				at.tier == SIM_GLOBAL;
	}
	for (int a = 0; a < 9; a++)
		for (int b = 0; b < 9; b++)
			CU_ASSERT_EQUAL(between[a][b], a != b);
	/* No switch has more than its two. */
	for (uint32_t s = 0; s < 36; s++) {
		uint32_t global = 0;

		for (uint32_t p = t.graph->across[s]; p < t.graph->first[s + 1]; p++)
			global += t.graph->port[p].tier == SIM_GLOBAL;
		CU_ASSERT_EQUAL(global, 2);
	}
	sim_topology_fini(&t);

	sc.pods = 5;	/* two links between any two of five groups */
	t = make(&sc);
	follow_all(&t);
	CU_ASSERT_EQUAL(cut(&t, 4), 2 * 4);
	sim_topology_fini(&t);
}

static void rails__equal_numbers_share_a_leaf(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_RAILS);
	struct sim_topology t;

	sc.leaves = 4;
	sc.hosts_per_leaf = 6;
	sc.spines = 3;
	t = make(&sc);
	CU_ASSERT_EQUAL(t.hosts, 24);
	follow_all(&t);
	CU_ASSERT_EQUAL(sim_path_links(&t, 1, 4 * 5 + 1), 2);
	CU_ASSERT_EQUAL(sim_path_links(&t, 1, 2), 4);
	CU_ASSERT_EQUAL(sim_path_count(&t, 1, 2), 3);
	CU_ASSERT_EQUAL(spread(&t, t.hosts + 1, 1, 2), 3);
	CU_ASSERT_EQUAL(cut(&t, 4), 4 * 3);
	sim_topology_fini(&t);
}

static void star__is_one_switch(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_STAR);
	struct sim_topology t;

	sc.hosts_per_leaf = 5;
	t = make(&sc);
	CU_ASSERT_EQUAL(t.hosts, 5);
	CU_ASSERT_EQUAL(t.leaves, 1);
	CU_ASSERT_EQUAL(sim_path_links(&t, 0, 4), 2);
}

static void write_file(char *path, const char *text)
{
	FILE *f;
	int fd;

	strcpy(path, "/tmp/weft-t_graph.XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
}

/* A line of three switches whose second link is slower and longer: to the picosecond. */
static void file__links_of_their_own(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_FILE);
	struct sim_experiment x;

	write_file(sc.topology_file, "# a line\nfabric 2 3\nchip 0 0\nchip 1 2\nlink 0 1\n"
		   "link 1 2 100 700	# slow\n");
	sc.transport = SIM_TRANSPORT_OPEN_LOOP;
	sc.workload = SIM_WORK_INCAST;
	sc.flow_bytes = 1000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.took, 3 * (20000 + 500000) + 80000 + 700000);
	sim_experiment_fini(&x);
	unlink(sc.topology_file);
}

/* Only the fabric's file says how many chips share a ring's bytes; with flows beside it, too. */
static void ring__bytes_that_a_file_of_chips_cannot_share(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_FILE);
	struct sim_experiment x;

	write_file(sc.topology_file, "fabric 3 1\nchip 0 0\nchip 1 0\nchip 2 0\n");
	sc.workload = SIM_WORK_RING_ALLREDUCE;
	sc.bytes = 10000;
	for (uint32_t beside = 0; beside < 2; beside++) {
		sc.background_load = beside;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "is 10000, not a multiple of the 3 chips; "
					      "10002 is"));
		sim_experiment_fini(&x);
	}
	unlink(sc.topology_file);
}

/* HPCC's form of the same: two chips, each with a link of its own, and a slower one between. */
static void hpcc__links_of_their_own(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_FILE);
	struct sim_experiment x;

	write_file(sc.topology_file, "4 2 3\n2 3\n0 2 200Gbps 0.001ms 0.000000\n"
		   "1 3 400Gbps 500ns 0\n\n3 2 100000Mbps 0.7us 0\n");
	sc.transport = SIM_TRANSPORT_OPEN_LOOP;
	sc.workload = SIM_WORK_INCAST;
	sc.flow_bytes = 1000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.took, 40000 + 1000000 + 20000 + 500000 + 80000 + 700000);
	sim_experiment_fini(&x);
	unlink(sc.topology_file);
}

/* Cut off anywhere, or with a byte that is wrong: refused, or a fabric, never a crash. */
static void hpcc__cut_off_or_wrong_anywhere(void)
{
	static const char whole[] = "4 2 3\n2 3\n0 2 200Gbps 0.001ms 0\n1 3 400Gbps 500ns 0\n"
				    "3 2 100Gbps 0.7us 0\n";
	static const char wrong[] = { 0, ' ', '9', '-', 'x', '\n', '.' };
	char path[64], text[sizeof(whole)], why[SIM_WHY_MAX];
	size_t n = sizeof(whole) - 1;
	struct sim_graph *g;

	for (size_t at = 0; at < n * (1 + sizeof(wrong)); at++) {
		memcpy(text, whole, sizeof(whole));
		if (at < n)
			text[at] = 0;
		else
			text[at / sizeof(wrong) % n] = wrong[at % sizeof(wrong)];
		why[0] = 0;
		write_file(path, text);
		g = sim_graph_read(path, why, sizeof(why));
		CU_ASSERT(g ? g->hosts > 1 : why[0] != 0);
		CU_ASSERT(at + 3 >= n || !g);
		sim_graph_free(g);
		unlink(path);
	}
}

static void file__what_is_wrong_is_said_with_its_line(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "", "no fabric" },
		{ "chip 0 0\n", ":1: the first line" },
		{ "fabric 1 1\n", ":1: fabric 1 1: there may be" },
		{ "fabric 2 1\nfabric 2 1\n", ":2: fabric: is there twice" },
		{ "fabric 2 1\nchip 0\n", ":2: a chip is" },
		{ "fabric 2 1\nchip 2 0\n", ":2: chip 2 below switch 0" },
		{ "fabric 2 1\nchip 0 0\nchip 0 0\n", ":3: chip 0 is there twice" },
		{ "fabric 2 1\nchip 0 0\n", "1 chips are below no switch" },
		{ "fabric 2 2\nlink 0 2\n", ":2: link 0 2: there are switches 0 to 1" },
		{ "fabric 2 2\nlink 1 1\n", ":2: link 1 1: joins a switch to itself" },
		{ "fabric 2 2\nlink 0 1 0\n", ":2: a link has 1 to 3200" },
		{ "fabric 2 2\nlink 0 1 x\n", ":2: a link is" },
		{ "fabric 2 2\nport 0 1\n", ":2: 'port'" },
		{ "fabric 2 2\nchip 0 0\nchip 1 1\n", "switch 0 reaches 1 of 2" },
		{ "4 2\n", ":1: the first line is" },
		{ "2 1 1\n", ":1: 2 nodes, 1 of them switches" },
		{ "3 1 2\n2 2\n", ":2: switch 2: switches have" },
		{ "3 1 2\n0\n", ":2: switch 0: switches have" },
		{ "4 2 2\n2\n", ":2: 1 switches, but the first line says 2" },
		{ "3 1 2\n2\n0 3 1Gbps 1ns 0\n", ":3: link 0 3: there are nodes" },
		{ "3 1 2\n2\n0 1 1Gbps 1ns 0\n", ":3: link 0 1 joins two chips" },
		{ "3 1 2\n2\n0 2 1Tbps 1ns 0\n", ":3: rate" },
		{ "3 1 2\n2\n0 2 1500Mbps 1ns 0\n", ":3: rate" },
		{ "3 1 2\n2\n0 2 1Gbps 0.5ns 0\n", ":3: delay" },
		{ "3 1 2\n2\n0 2 1Gbps 1ns 0.1\n", ":3: loss" },
		{ "3 1 2\n2\n0 2 1Gbps 1ns\n", ":3: loss" },
		{ "3 1 2\n2\n0 2 1Gbps 1ns 0\n0 2 1Gbps 1ns 0\n", ":4: chip 0 has two" },
		{ "3 1 1\n2\n0 2 1Gbps 1ns 0\n", "chip 1 has no link" },
		{ "3 1 2\n2\n0 2 1Gbps 1ns 0\n", "1 links, but the first line says 2" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sim_scenario sc = scenario(SIM_TOPO_FILE);
		struct sim_experiment x;

		write_file(sc.topology_file, row[i].text);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		if (!strstr(x.error, row[i].says))
			fprintf(stderr, "%s: not '%s'\n", x.error, row[i].says);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, row[i].says));
		sim_experiment_fini(&x);
		unlink(sc.topology_file);
	}
}

/* The engine on every shape, in parts and not: one result. A flow alone takes its closed form. */
static void engine__on_every_shape(void)
{
	static const enum sim_topology_kind kinds[] = {
		SIM_TOPO_STAR, SIM_TOPO_FULL_MESH, SIM_TOPO_TORUS, SIM_TOPO_DRAGONFLY,
		SIM_TOPO_RAILS,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sim_scenario sc = scenario(kinds[i]);
		struct sim_experiment x;
		uint64_t hash;

		sc.hosts_per_leaf = kinds[i] == SIM_TOPO_STAR ? 16 : 2;
		sc.pods = 5;
		sc.flow_bytes = 300000;
		sc.part_hosts = 0;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		hash = x.hash;
		sim_experiment_fini(&x);
		sc.part_hosts = 4;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.hash, hash);
		sim_experiment_fini(&x);
		sc.workload = SIM_WORK_INCAST;
		sc.fan_in = 1;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT(x.sum.slow_mean >= 1 && x.sum.slow_mean < 1.01);
		sim_experiment_fini(&x);
	}
}

/* Neighbours of a ring in a torus have links of their own: the all-reduce comes near its form. */
static void torus__ring_all_reduce(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_TORUS);
	struct sim_experiment x;

	sc.workload = SIM_WORK_RING_ALLREDUCE;
	sc.hosts_per_leaf = 1;
	sc.x = 8;
	sc.y = 1;
	sc.bytes = 8 << 20;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.ratio >= 1 && x.ratio < 1.02);
	sim_experiment_fini(&x);
}

/* A link of the graph that dies is named by its switches. */
static void fault__between_two_switches(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_TORUS);
	struct sim_experiment x;

	sc.fault = SIM_FAULT_DEAD;
	sc.fault_leaf = 0;
	sc.fault_spine = 5;	/* not joined */
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "no link joins switches 0 and 5"));
	sim_experiment_fini(&x);
	sc.fault_spine = 1;
	sc.fault_until_us = 300;
	sc.flow_bytes = 200000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.engine.rtx_pkts > 0);
	sim_experiment_fini(&x);
}

static const char TOPO[] = "# of htsim\nNodes 16\nTiers 3\nPodsize 4\n"
	"Tier 0\nDownlink_speed_Gbps 200\nDownlink_Latency_ns 300\nRadix_Down 2\nRadix_Up 2\n"
	"Queue_Up 80\nTier 1\nDownlink_speed_Gbps 400\ndownlink_latency_ns 500\n"
	"Radix_Down 2\nRadix_Up 4\nSwitch_Latency_ns 0\nTier 2\nBundle 2\n"
	"Downlink_speed_Gbps 100\nDownlink_Latency_ns 700 # far\nRadix_Down 8\n";

/* Three tiers; of two links to the same core packets may take either. */
static void topo__tiers_of_their_own(void)
{
	struct sim_scenario sc = scenario(SIM_TOPO_FILE);
	struct sim_experiment x;

	write_file(sc.topology_file, TOPO);
	write_file(sc.flows_file, "1 0 15 1000 0 0\n2 2 1 1000 9000000 0\n3 8 9 1000 18000000 0\n");
	sc.transport = SIM_TRANSPORT_OPEN_LOOP;
	sc.workload = SIM_WORK_FLOWS;
	CU_ASSERT_EQUAL_FATAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.sim.topo.graph->switches, 8 + 8 + 4);
	CU_ASSERT_EQUAL(x.sim.topo.graph->links, 8 * 2 + 8 * 4);
	CU_ASSERT_EQUAL(x.flows.list.flow[0].ended, 2 * (40000 + 300000) + 2 * (20000 + 500000) +
			2 * (80000 + 700000));
	CU_ASSERT_EQUAL(x.flows.list.flow[1].ended - 9000000, 2 * (40000 + 300000) +
			2 * (20000 + 500000));
	CU_ASSERT_EQUAL(x.flows.list.flow[2].ended - 18000000, 2 * (40000 + 300000));
	sim_experiment_fini(&x);
	unlink(sc.topology_file);
	unlink(sc.flows_file);
}

/* The text with `from` put in place of `to`: what is said of it. */
static void topo__wrong(void)
{
	static const struct { const char *from, *to, *says; } row[] = {
		{ "Nodes 16", "Nodes x", ":2: Nodes: one whole number" },
		{ "Nodes 16", "Nodes 18", "Nodes 18, Podsize 4, Radix_Down of tier 0 2: each" },
		{ "Tiers 3", "Tiers 2", "Tiers 2: 2 or 3, and so many" },
		{ "Tiers 3\n", "", "Tiers: 1 to 3" }, { "Podsize 4\n", "", "Podsize: 1 to 16" },
		{ "Tier 0\n", "", ":5: Downlink_speed_Gbps: no Tier above it" },
		{ "Tier 1", "Tier 2", ":11: Tier 2: 0, 1 and" },
		{ "Tier 2", "Tier 3", ":17: Tier 3: 0, 1 and" },
		{ "Queue_Up", "Colour", ":10: 'Colour' is not known" },
		{ "Latency_ns 0", "Latency_ns 9", ":16: Switch_Latency_ns 9: add it" },
		{ "Bundle 2", "Bundle 3", "Tier 2: Radix_Down 8, Bundle 3: 4 times" },
		{ "Radix_Up 2\n", "", "Tier 0: Radix_Up: 1 to 16" },
		{ "Radix_Down 8\n", "", "Tier 2: Radix_Down: 1 to 16" },
		{ "Gbps 100", "Gbps 3201", "Tier 2: Downlink_speed_Gbps: 1 to 3200" },
		{ "700 # far", "700 8", ":20: Downlink_Latency_ns: one whole number" },
	};
	char path[64], text[1024], why[SIM_WHY_MAX];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *at = strstr(TOPO, row[i].from);

		CU_ASSERT_FATAL(at != NULL);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - TOPO), TOPO, row[i].to,
			 at + strlen(row[i].from));
		write_file(path, text);
		why[0] = 0;
		CU_ASSERT_PTR_NULL(sim_graph_read(path, why, sizeof(why)));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].says));
		if (!strstr(why, row[i].says))
			printf("'%s' does not say '%s'\n", why, row[i].says);
		unlink(path);
	}
}

WEFT_SUITE(t_graph) {
	{ "topo__tiers_of_their_own", topo__tiers_of_their_own },
	{ "topo__wrong", topo__wrong },
	{ "torus__two_and_three_edges", torus__two_and_three_edges },
	{ "full_mesh__one_link_each", full_mesh__one_link_each },
	{ "dragonfly__every_two_groups_joined", dragonfly__every_two_groups_joined },
	{ "rails__equal_numbers_share_a_leaf", rails__equal_numbers_share_a_leaf },
	{ "star__is_one_switch", star__is_one_switch },
	{ "file__links_of_their_own", file__links_of_their_own },
	{ "ring__bytes_that_a_file_of_chips_cannot_share",
	  ring__bytes_that_a_file_of_chips_cannot_share },
	{ "hpcc__links_of_their_own", hpcc__links_of_their_own },
	{ "hpcc__cut_off_or_wrong_anywhere", hpcc__cut_off_or_wrong_anywhere },
	{ "file__what_is_wrong_is_said_with_its_line", file__what_is_wrong_is_said_with_its_line },
	{ "engine__on_every_shape", engine__on_every_shape },
	{ "torus__ring_all_reduce", torus__ring_all_reduce },
	{ "fault__between_two_switches", fault__between_two_switches },
};
