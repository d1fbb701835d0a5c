/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of flows, from file and pattern to completion times, on chips that run the engine. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/sizes.h"
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

/* Cut-through: of every link but the last a packet costs what switches wait for, and no more. */
static void cut_through__one_packet_and_a_flow(void)
{
	static const struct { unsigned dst, links; } row[] = { { 1, 2 }, { 5, 4 }, { 127, 6 } };
	struct sim_experiment x;
	char text[64];

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		for (unsigned packets = 1; packets < 500; packets += 400) {
			struct sim_scenario sc = scenario(SIM_WORK_FLOWS);
			uint64_t wire = sim_packet_bytes(SIM_CARRIAGE_L2, 48, 4096);
			uint64_t want = packets * wire * 20 +
				(row[i].links - 1) * 100 * 20 + row[i].links * 500 * SIM_NS;

			sc.cc = SIM_CC_FIXED;
			sc.paths = 1;
			sc.window_pkts = sc.cc_init_pkts = 1024;
			sc.cut_through = 100;
			sc.carriage = SIM_CARRIAGE_L2;
			snprintf(text, sizeof(text), "1 0 %u %u 0 0\n", row[i].dst,
				 packets * 4096);
			write_file(&sc, text);
			CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
			/* and its answer back, a shortest frame */
			want += row[i].links * (84 * 20 + 500 * SIM_NS);
			CU_ASSERT(x.sum.makespan >= want && x.sum.makespan <= want + 84 * 20);
			CU_ASSERT_EQUAL(sim_flow_ideal(&sc, &x.sim.topo, 0, row[i].dst,
						       packets * 4096), want);
			sim_experiment_fini(&x);
			unlink(sc.flows_file);
		}
	}
}

static void cut_through__refused(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_PERMUTATION);
	char why[SIM_WHY_MAX];

	sc.cut_through = 84;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	sc.cut_through = 83;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT(strstr(why, "84 bytes at least") != NULL);
	sc.cut_through = 84;
	sc.host_gbps = 200;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT(strstr(why, "one rate") != NULL);
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

/* Parts of any size give the outcome of one: with marks, trims, losses and chains as they come. */
static void parts__change_nothing(void)
{
	static const struct { uint64_t kind, bytes, chained, fan_in, queue, cut; } row[] = {
		{ SIM_WORK_PERMUTATION, 300000, 0, 0, 332800, 0 },
		{ SIM_WORK_ALL_TO_ALL, 5000, 1, 0, 332800, 0 },
		{ SIM_WORK_INCAST, 65536, 0, 60, 20000, 0 },
		{ SIM_WORK_RING_ALLREDUCE, 1 << 20, 0, 0, 332800, 0 },
		{ SIM_WORK_PERMUTATION, 300000, 0, 0, 332800, 84 },
		{ SIM_WORK_INCAST, 65536, 0, 60, 20000, 200 },
	};
	static const uint64_t hosts[] = { 0, 1, 8, 50, 1000 };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		struct sim_scenario sc = scenario(row[i].kind);
		struct sim_experiment x;
		uint64_t hash = 0, hops = 0;

		sc.flow_bytes = sc.bytes = row[i].bytes;
		sc.chained = row[i].chained;
		sc.fan_in = row[i].fan_in;
		sc.queue_bytes = row[i].queue;
		sc.cut_through = row[i].cut;
		for (size_t k = 0; k < WEFT_ARRAY_LEN(hosts); k++) {
			sc.part_hosts = hosts[k];
			CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
			CU_ASSERT(k == 0 || x.hash == hash);
			CU_ASSERT(k == 0 || x.sim.hops == hops);
			CU_ASSERT_EQUAL(x.sim.parts > 1, hosts[k] && hosts[k] < 128);
			hash = x.hash;
			hops = x.sim.hops;
			sim_experiment_fini(&x);
		}
	}
}

/* What waits is never more than the limit, and as much again and again of headers. */
static void trim__queues_keep_their_limits(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_INCAST);
	struct sim_experiment x;

	sc.fan_in = 127;
	sc.queue_bytes = 20000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.tier[SIM_LEAF_DOWN].trimmed_pkts > 1000);
	for (uint32_t i = x.sim.topo.hosts; i < x.sim.ports; i++)
		CU_ASSERT(x.sim.port[i].q_bytes_max <= 3 * sc.queue_bytes);
	sim_experiment_fini(&x);
}

/* A dead link: what was sent on it is lost and counted, and all ends by other paths. */
static void fault__dead_link_is_gone_around(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_PERMUTATION);
	struct sim_experiment x;
	uint32_t up, down;

	sc.kind = SIM_TOPO_LEAF_SPINE;
	sc.leaves = sc.spines = 4;
	sc.flow_bytes = 1 << 20;
	sc.fault = SIM_FAULT_DEAD;
	sc.fault_leaf = 2;
	sc.fault_spine = 1;
	sc.fault_from_us = 15;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	sim_link_ports(&x.sim.topo, 2, 1, &up, &down);
	for (uint32_t i = 0; i < x.sim.ports; i++)
		CU_ASSERT_EQUAL(x.sim.gone[i].lost_pkts != 0, i == up || i == down);
	CU_ASSERT(x.sim.port[up].arrived_pkts > 0);	/* before it died */
	CU_ASSERT(x.engine.rtx_pkts >= x.sim.gone[up].lost_pkts);
	sim_experiment_fini(&x);

	/* For ever, and the only path: a flow that cannot end is named. */
	sc.spines = 1;
	sc.fault_spine = 0;
	sc.fault_from_us = 10;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT(strstr(x.error, "chip ") != NULL);
	sim_experiment_fini(&x);
}

/* A slow link takes its time: a message alone on it, to the picosecond that its rate says. */
static void fault__slow_link_is_slow(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_INCAST);
	struct sim_experiment x;
	sim_time at_400;

	sc.kind = SIM_TOPO_LEAF_SPINE;
	sc.hosts_per_leaf = 1;
	sc.leaves = 2;
	sc.spines = sc.fan_in = sc.paths = 1;
	sc.flow_bytes = 4096;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	at_400 = x.took;
	sim_experiment_fini(&x);
	sc.fault = SIM_FAULT_SLOW;
	sc.fault_leaf = 1;
	sc.fault_gbps = 100;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	/* 4186 bytes there and 84 back, at 60 ps more a byte. */
	CU_ASSERT_EQUAL(x.took, at_400 + 60 * (4096 + 52 + 38 + 84));
	sim_experiment_fini(&x);
}

/* Sizes as the tables say, times and ends as a Poisson process has them. */
static void poisson__is_what_it_says(void)
{
	static const double mean[] = { 65536, 1711250, 12658200 };	/* by hand */
	struct sim_scenario sc = scenario(SIM_WORK_POISSON);
	char why[SIM_WHY_MAX];

	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_WEB_SEARCH, 0.15), 10000);
	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_WEB_SEARCH, 0.95), 5000000 + 5000000 * 5 / 7);
	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_DATA_MINING, 0.5), 1100);
	sc.flow_count = 200000;
	sc.load_percent = 40;
	for (sc.sizes = 0; sc.sizes < 3; sc.sizes++) {
		struct sim_flow_list l;
		double bytes = 0, gaps = 0, last = 0, span, square = 0;

		CU_ASSERT_EQUAL(sim_flow_list_make(&l, &sc, 128, why), 0);
		CU_ASSERT_EQUAL(l.n, sc.flow_count);
		for (uint32_t i = 0; i < l.n; i++) {
			double gap = (double)l.flow[i].start - last;

			CU_ASSERT(l.flow[i].src != l.flow[i].dst && l.flow[i].dst < 128);
			bytes += (double)l.flow[i].bytes;
			gaps += gap;
			square += gap * gap;
			last = (double)l.flow[i].start;
		}
		span = last;
		CU_ASSERT(fabs(bytes / l.n / mean[sc.sizes] - 1) < 0.05);
		/* The load, and the variance of exponential gaps: the square of their mean. */
		CU_ASSERT_DOUBLE_EQUAL(bytes / span / (128 * 0.05), 0.4, 0.03);
		CU_ASSERT_DOUBLE_EQUAL(square / l.n / (gaps / l.n * (gaps / l.n)), 2, 0.05);
		sim_flow_list_fini(&l);
	}
}

WEFT_SUITE(t_flows) {
	{ "fault__dead_link_is_gone_around", fault__dead_link_is_gone_around },
	{ "fault__slow_link_is_slow", fault__slow_link_is_slow },
	{ "poisson__is_what_it_says", poisson__is_what_it_says },
	{ "parts__change_nothing", parts__change_nothing },
	{ "trim__queues_keep_their_limits", trim__queues_keep_their_limits },
	{ "one_flow__takes_its_ideal", one_flow__takes_its_ideal },
	{ "cut_through__one_packet_and_a_flow", cut_through__one_packet_and_a_flow },
	{ "cut_through__refused", cut_through__refused },
	{ "after__begins_at_the_end_of_the_other", after__begins_at_the_end_of_the_other },
	{ "permutation__is_one_cycle", permutation__is_one_cycle },
	{ "incast__ends_near_the_line_rate", incast__ends_near_the_line_rate },
	{ "all_to_all__every_pair_once_and_chained", all_to_all__every_pair_once_and_chained },
	{ "queue__more_than_a_stream_holds", queue__more_than_a_stream_holds },
	{ "unfinished__are_named", unfinished__are_named },
	{ "file__what_is_wrong_is_said_with_its_line",
	  file__what_is_wrong_is_said_with_its_line },
};
