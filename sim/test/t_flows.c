/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of flows, from file and pattern to completion times, on chips that run the engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

/* 128 chips, three levels. */
static struct sim_scenario scenario(uint64_t kind)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.kind = SIM_TOPO_FAT_TREE;
	sc.hosts_per_leaf = sc.leaves = sc.spines = sc.cores_per_spine = 4;
	sc.pods = 8;
	sc.queue_bytes = 332800;
	sc.trim = 1;
	sc.mark_min_bytes = 66560;
	sc.mark_max_bytes = 266240;
	sc.mark_percent = 100;
	sc.carriage = SIM_CARRIAGE_L2;
	sc.paths = 64;
	sc.ack_every = 4;
	sc.cc = SIM_CC_NSCC;
	sc.cc_target_ns = 6000;
	sc.window_pkts = 128;
	sc.workload = kind;
	sc.flow_bytes = 65536;
	return sc;
}

static void write_file(struct sim_scenario *sc, const char *text)
{
	FILE *f;
	int fd;

	strcpy(sc->flows_file, "/tmp/weft-t_flows.XXXXXX");
	fd = mkstemp(sc->flows_file);
	CU_ASSERT_FATAL(fd >= 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
}

/*
 * A flow alone takes what its closed form says, near and far, short and long; to the picosecond,
 * but that an acknowledgement of earlier packets may be on the wire when the last word wants to go.
 */
static void one_flow__takes_its_ideal(void)
{
	static const struct { unsigned dst, bytes; } row[] = {
		{ 1, 1 }, { 1, 65536 }, { 5, 4096 }, { 5, 2097152 }, { 127, 100 },
		{ 127, 2097152 }, { 127, 2000001 },
	};
	enum { ACK_TIME = 84 * 20 };	/* the shortest frame at 400 Gb/s */
	struct sim_experiment x;
	unsigned exact = 0;
	sim_time ideal;
	char text[64];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sim_scenario sc = scenario(SIM_WORK_FLOWS);

		sc.cc = SIM_CC_FIXED;
		sc.window_pkts = sc.cc_init_pkts = 1024;
		snprintf(text, sizeof(text), "7 0 %u %u 1000000 0\n", row[i].dst, row[i].bytes);
		write_file(&sc, text);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.sum.flows, 1);
		CU_ASSERT_EQUAL(x.flows.list.flow[0].begun, 1000000);
		ideal = sim_flow_ideal(&sc, &x.sim.topo, 0, row[i].dst, row[i].bytes);
		CU_ASSERT(x.sum.makespan >= ideal && x.sum.makespan <= ideal + ACK_TIME);
		exact += x.sum.makespan == ideal;
		sim_experiment_fini(&x);
		unlink(sc.flows_file);
	}
	CU_ASSERT(exact >= 3);
}

/* A flow that follows another begins when the other's sender knows that it is done. */
static void after__begins_at_the_end_of_the_other(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_FLOWS);
	struct sim_experiment x;
	const struct sim_flow *f;

	write_file(&sc, "# id src dst bytes start_ps after_id\n"
		   "10 0 9 65536 0 0\n\n11 3 4 4096 0 10\n12 4 3 100 5000 11 # last\n"
		   "13 0 9 1000 2000 0\n");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	f = x.flows.list.flow;
	CU_ASSERT_EQUAL(f[1].begun, f[0].ended);
	CU_ASSERT_EQUAL(f[2].begun, f[1].ended + 5000);
	CU_ASSERT_EQUAL(f[3].begun, 2000);
	CU_ASSERT(f[3].ended >= f[0].ended);	/* one stream, in order */
	CU_ASSERT_EQUAL(x.sum.flows, 4);
	sim_experiment_fini(&x);
	unlink(sc.flows_file);
}

/* Everybody sends and receives once, nobody to itself; the sequence is the published one. */
static void permutation__is_one_cycle(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_PERMUTATION);
	char why[SIM_WHY_MAX];
	struct sim_flow_list l;
	bool hit[128] = { 0 };
	uint32_t at = 0;

	CU_ASSERT_EQUAL(sim_flow_list_make(&l, &sc, 128, why), 0);
	CU_ASSERT_EQUAL(l.n, 128);
	CU_ASSERT_EQUAL(l.flow[0].dst, 109);
	CU_ASSERT_EQUAL(l.flow[1].dst, 63);
	for (uint32_t i = 0; i < 128; i++, at = l.flow[at].dst) {
		CU_ASSERT_EQUAL(l.flow[i].src, i);
		CU_ASSERT(!hit[at]);
		hit[at] = true;
	}
	CU_ASSERT_EQUAL(at, 0);
	sim_flow_list_fini(&l);
}

/* The receiver's link bounds an incast: 1.16 to 1.33 times that, over seeds and first windows. */
static void incast__ends_near_the_line_rate(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_INCAST);
	struct sim_experiment x;
	double bound;

	sc.fan_in = 60;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.sum.flows, 60);
	bound = 60.0 * 65536 * 8000 / 400;	/* ps, payload alone */
	CU_ASSERT(x.sum.max > bound && x.sum.max < 1.4 * bound);
	sim_experiment_fini(&x);
}

static void all_to_all__every_pair_once_and_chained(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_ALL_TO_ALL);
	struct sim_experiment x;
	uint64_t hash;

	sc.kind = SIM_TOPO_LEAF_SPINE;
	sc.flow_bytes = 8192;
	for (sc.chained = 0; sc.chained < 2; sc.chained++) {
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.sum.flows, 16 * 15);
		hash = x.hash;
		for (uint32_t i = 0; i < x.flows.list.n && sc.chained; i++) {
			const struct sim_flow *f = &x.flows.list.flow[i];

			CU_ASSERT_EQUAL(f->begun, f->after == SIM_NO_FLOW ? 0 :
					x.flows.list.flow[f->after].ended);
		}
		sim_experiment_fini(&x);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.hash, hash);
		sim_experiment_fini(&x);
	}
}

/* More flows on one stream at once than its send queue holds. */
static void queue__more_than_a_stream_holds(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_FLOWS);
	struct sim_experiment x;
	static char text[16384];
	size_t n = 0;

	for (int i = 1; i <= 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d 0 1 4096 0 0\n", i);
	write_file(&sc, text);
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.sum.flows, 300);
	for (uint32_t i = 1; i < 300; i++)
		CU_ASSERT(x.flows.list.flow[i].ended >= x.flows.list.flow[i - 1].ended);
	sim_experiment_fini(&x);
	unlink(sc.flows_file);
}

/* A run that ends too early names the flows that are not done, and why. */
static void unfinished__are_named(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_FLOWS);
	struct sim_experiment x;

	sc.limit_ms = 1;
	write_file(&sc, "5 0 1 4096 0 0\n6 2 3 4096 2000000000 0\n7 3 2 1 0 6\n"
		   "8 4 5 1073741824 0 0\n");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT(!x.ok);
	CU_ASSERT(strstr(x.error, "not done within limit.sim_ms") != NULL);
	CU_ASSERT(strstr(x.error, "3 of 4 flows did not finish") != NULL);
	CU_ASSERT(strstr(x.error, "flow 6 (chip 2 to chip 3) is not due yet") != NULL);
	CU_ASSERT(strstr(x.error, "flow 8 (chip 4 to chip 5) is being sent") != NULL);
	sim_experiment_fini(&x);
	unlink(sc.flows_file);
}

static void file__what_is_wrong_is_said_with_its_line(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "1 0 1 100 0\n", ":1: no after_id" },
		{ "# ok\n1 0 x 100 0 0\n", ":2: no dst" },
		{ "1 0 1 100 0 0 9\n", ":1: more than six" },
		{ "0 0 1 100 0 0\n", ":1: id 0" },
		{ "1 0 128 100 0 0\n", ":1: chip 128 does not exist" },
		{ "1 4 4 100 0 0\n", ":1: chip 4 sends to itself" },
		{ "1 0 1 0 0 0\n", ":1: 0 bytes" },
		{ "1 0 1 1073741825 0 0\n", ":1: 1073741825 bytes" },
		{ "1 0 1 9 0 0\n1 2 3 9 0 0\n", ":2: id 1 is there twice" },
		{ "1 0 1 9 0 2\n2 2 3 9 0 0\n", ":1: after_id 2 is not" },
		{ "1 0 1 9 0 1\n", ":1: after_id 1 is not" },
		{ "1 0 1 9 18446744073709551615 0\n", ":1: start_ps" },
		{ "1 0 1 99999999999999999999 0 0\n", ":1: no bytes" },
		{ "\n# nothing\n", ": no flow in it" },
	};
	struct sim_experiment x;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sim_scenario sc = scenario(SIM_WORK_FLOWS);

		write_file(&sc, row[i].text);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		CU_ASSERT(strstr(x.error, row[i].says) != NULL);
		if (!strstr(x.error, row[i].says))
			printf("'%s' does not say '%s'\n", x.error, row[i].says);
		sim_experiment_fini(&x);
		unlink(sc.flows_file);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		CU_ASSERT(strstr(x.error, "No such file") != NULL);
		sim_experiment_fini(&x);
	}
}

WEFT_SUITE(t_flows) {
	{ "one_flow__takes_its_ideal", one_flow__takes_its_ideal },
	{ "after__begins_at_the_end_of_the_other", after__begins_at_the_end_of_the_other },
	{ "permutation__is_one_cycle", permutation__is_one_cycle },
	{ "incast__ends_near_the_line_rate", incast__ends_near_the_line_rate },
	{ "all_to_all__every_pair_once_and_chained", all_to_all__every_pair_once_and_chained },
	{ "queue__more_than_a_stream_holds", queue__more_than_a_stream_holds },
	{ "unfinished__are_named", unfinished__are_named },
	{ "file__what_is_wrong_is_said_with_its_line",
	  file__what_is_wrong_is_said_with_its_line },
};
