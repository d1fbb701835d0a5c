/* SPDX-License-Identifier: BSD-2-Clause */
/* How switches choose among ports, and links that die and live again on a schedule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/graph.h"
#include "tools/test/cunit_main.h"

static struct sim_scenario scenario(enum sim_transport transport, uint64_t workload)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.transport = transport;
	sc.workload = workload;
	sc.leaves = 2;
	sc.hosts_per_leaf = sc.spines = 4;
	sc.flow_bytes = 4096;
	return sc;
}

static void write_file(char *path, const char *text)
{
	FILE *f;
	int fd;

	strcpy(path, "/tmp/weft-t_route.XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
}

/* All choices lead on, and the route by hash is the one that sim_pick() names. */
static void choices__hold_the_route(void)
{
	static const enum sim_topology_kind kinds[] = {
		SIM_TOPO_LEAF_SPINE, SIM_TOPO_FAT_TREE, SIM_TOPO_TORUS, SIM_TOPO_RAILS,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sim_scenario sc = scenario(SIM_TRANSPORT_OPEN_LOOP, SIM_WORK_INCAST);
		struct sim_topology t;
		uint32_t port[64], n;

		sc.kind = kinds[i];
		sim_scenario_topology(&sc, &t);
		for (uint32_t node = t.hosts; node < t.nodes; node++)
			for (uint32_t e = 0; e < 200; e++) {
				uint32_t src = e % t.hosts, dst = (e * 7 + 3) % t.hosts, at;

				if (src == dst)
					continue;
				n = sim_choices(&t, node, src, dst, port, 64);
				CU_ASSERT_FATAL(n >= 1 && n <= 8);
				at = sim_pick(&t, node - t.hosts, src, dst, (uint16_t)e, n);
				CU_ASSERT_EQUAL(sim_route(&t, node, src, dst, (uint16_t)e),
						port[n > 1 ? at : 0]);
				for (uint32_t k = 0; k < n; k++)
					CU_ASSERT_EQUAL(sim_place(&t, port[k]).from, node);
			}
		sim_topology_fini(&t);
	}
}

/* Four packets at once over four spines: by hash some meet, adaptive switches keep them apart. */
static void adaptive__keeps_packets_apart(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_OPEN_LOOP, SIM_WORK_FLOWS);
	uint32_t met = 0;

	write_file(sc.flows_file, "id,src,dst,bytes,start_ps,after_id\n1,0,4,4000,0,0\n"
		   "2,1,5,4000,0,0\n3,2,6,4000,0,0\n4, 3, 7, 4000, 0, 0\n");
	for (sc.seed = 1; sc.seed <= 20; sc.seed++) {
		struct sim_experiment x;

		sc.routing = SIM_ROUTE_HASH;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		met += x.sum.inexact > 0;
		sim_experiment_fini(&x);
		sc.routing = SIM_ROUTE_ADAPTIVE;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.sum.inexact, 0);
		sim_experiment_fini(&x);
	}
	CU_ASSERT(met >= 10);	/* 1 - 4! / 4^4 of them, on average */
	unlink(sc.flows_file);
}

/* Ports of leaf 0 to spines that carried anything. */
static uint32_t used(const struct sim_experiment *x)
{
	uint32_t n = 0, up, down;

	for (uint32_t s = 0; s < 4; s++) {
		sim_link_ports(&x->sim.topo, 0, s, &up, &down);
		n += x->sim.port[up].sent_pkts > 0;
	}
	return n;
}

/* Packets that follow each other closely keep to one port; after pauses another may be taken. */
static void flowlet__moves_after_a_pause(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_OPEN_LOOP, SIM_WORK_FLOWS);
	struct sim_experiment x;

	/* Chips 1 to 3 send at once, over three ports. */
	write_file(sc.flows_file, "1 0 4 4000 0 0\n2 0 4 4000 100000 0\n3 0 4 4000 200000 0\n"
		   "4 0 4 4000 300000 0\n5 0 4 4000 50000000 0\n6 1 5 40000 0 0\n"
		   "7 2 6 40000 0 0\n8 3 7 40000 0 0\n");
	sc.routing = SIM_ROUTE_FLOWLET;
	sc.flowlet_ns = 1000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(used(&x) >= 3);
	CU_ASSERT_EQUAL(x.sum.inexact, 0);	/* nobody is in another's way */
	sim_experiment_fini(&x);
	unlink(sc.flows_file);

	/* Alone, with a pause between them: of free ports the hash decides, by entropy. */
	write_file(sc.flows_file, "1 0 4 4000 0 0\n2 0 4 4000 10000000 0\n");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(used(&x), 2);
	sim_experiment_fini(&x);
	unlink(sc.flows_file);
}

/* What is sent while the one link is down is lost, and nothing else is. */
static void flap__loses_what_is_sent_then(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_GO_BACK_N, SIM_WORK_FLOWS);
	struct sim_experiment x;
	uint32_t up, down;

	sc.spines = 1;
	sc.min_rto_us = 20;
	write_file(sc.flows_file, "1 0 4 4000000 0 0\n");
	write_file(sc.fault_file, "# twice\nflap 0 0 11 10 30 2\n");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	sim_link_ports(&x.sim.topo, 0, 0, &up, &down);
	/* 10 us hold 119 packets; all that is lost is lost there. */
	CU_ASSERT(x.sim.gone[up].lost_pkts > 2 * 100 && x.sim.gone[up].lost_pkts < 2 * 125);
	CU_ASSERT(!sim_port_is_down(&x.sim, &x.sim.port[up], 11 * SIM_US - 1));
	CU_ASSERT(sim_port_is_down(&x.sim, &x.sim.port[up], 11 * SIM_US));
	CU_ASSERT(!sim_port_is_down(&x.sim, &x.sim.port[up], 21 * SIM_US));
	CU_ASSERT(sim_port_is_down(&x.sim, &x.sim.port[down], 51 * SIM_US));
	CU_ASSERT(!sim_port_is_down(&x.sim, &x.sim.port[down], 91 * SIM_US));
	sim_experiment_fini(&x);
	unlink(sc.flows_file);
	unlink(sc.fault_file);
}

/* A switch that knows of its dead links sends nothing there any more. */
static void detect__goes_around(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_WEFT, SIM_WORK_PERMUTATION);
	struct sim_experiment x;
	uint32_t up, down;
	uint64_t lost[2];

	write_file(sc.fault_file, "down 0 1 5 0\nslow 0 2 100\n");
	sc.flow_bytes = 2 << 20;
	for (int i = 0; i < 2; i++) {
		sc.detect_us = i ? 2 : 0;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		sim_link_ports(&x.sim.topo, 0, 1, &up, &down);
		lost[i] = x.sim.gone[up].lost_pkts;
		CU_ASSERT(i || lost[i] > 0);
		CU_ASSERT_EQUAL(x.sim.port[up + 1].ps_per_kib, sim_ps_per_kib(100));
		sim_experiment_fini(&x);
	}
	/* Two us of a link, and probes that began before. */
	CU_ASSERT(lost[1] <= 25);
	CU_ASSERT(lost[1] < lost[0]);
	unlink(sc.fault_file);
}

static void file__what_is_wrong_is_said_with_its_line(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "dead 0 0\n", ":1: 'dead'" },
		{ "down 0 0 1\n", ":1: down: 4 whole numbers" },
		{ "\ndown 0 9 1 2\n", ":2: no link joins 0 and 9" },
		{ "down 9 0 1 2\n", ":1: no link joins 9 and 0" },
		{ "down 0 0 5 5\n", ":1: down from 5 to 5" },
		{ "flap 0 0 1 0 1 1\n", ":1: times" },
		{ "slow 0 0 0\n", ":1: slow: 1 to" },
		{ "slow 0 0 5 5\n", ":1: slow: 3 whole numbers" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sim_scenario sc = scenario(SIM_TRANSPORT_GO_BACK_N, SIM_WORK_INCAST);
		struct sim_experiment x;

		write_file(sc.fault_file, row[i].text);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
		if (!strstr(x.error, row[i].says))
			fprintf(stderr, "%s: not '%s'\n", x.error, row[i].says);
		CU_ASSERT_PTR_NOT_NULL(strstr(x.error, row[i].says));
		sim_experiment_fini(&x);
		unlink(sc.fault_file);
	}
}

struct order {
	struct sim *sim;
	uint32_t user[8], n;
};

static void note(void *ctx, uint32_t host, uint32_t pkt)
{
	struct order *o = ctx;

	(void)host;
	o->user[o->n++] = o->sim->pool.load[pkt].flow;
	sim_pkt_put(&o->sim->pool, pkt);
}

static void offer(struct sim *sim, uint32_t port, uint32_t user, uint32_t payload)
{
	uint32_t i = sim_pkt_get(&sim->pool);
	struct sim_pkt *k = &sim->pool.pkt[i];

	memset(k, 0, sizeof(*k));
	k->dst = 1;
	k->small = !payload;
	sim->pool.load[i].flow = user;
	sim->pool.load[i].payload_bytes = (uint16_t)payload;
	k->wire_bytes = payload + 84;
	sim_port_offer(sim, port, i);
}

/* What has no payload goes ahead of what has, in its own order, and has twice the room. */
static void control__goes_ahead(void)
{
	static const struct sim_host_ops ops = { .rx = note };
	struct sim_link_cfg tier[SIM_TIERS];
	struct sim_topology t;
	struct order o = { 0 };
	struct sim sim;
	uint32_t port;

	for (int ahead = 0; ahead < 2; ahead++) {
		for (int i = 0; i < SIM_TIERS; i++)
			tier[i] = (struct sim_link_cfg){ .gbps = 400, .delay_ns = 500,
							 .queue_bytes = 2100, .trim = true,
							 .control = ahead };
		sim_leaf_spine(&t, 2, 1, 1, 1);
		sim_init(&sim, 1, &t, tier, 1, &ops, &o);
		o = (struct order){ .sim = &sim };
		port = sim_route(&t, t.hosts, 0, 1, 0);
		offer(&sim, port, 1, 1000);	/* on the wire at once */
		offer(&sim, port, 2, 800);
		offer(&sim, port, 3, 0);
		offer(&sim, port, 4, 0);
		CU_ASSERT_EQUAL(sim_run(&sim, SIM_NEVER - 1), SIM_END_IDLE);
		CU_ASSERT_EQUAL(o.n, 4);
		CU_ASSERT_EQUAL(o.user[1], ahead ? 3 : 2);
		CU_ASSERT_EQUAL(o.user[2], ahead ? 4 : 3);
		CU_ASSERT_EQUAL(o.user[3], ahead ? 2 : 4);
		offer(&sim, port, 1, 1000);
		for (uint32_t i = 0; i < 60; i++)
			offer(&sim, port, i, 0);
		/* 25 find room among the others, 50 ahead of them. */
		CU_ASSERT_EQUAL(sim.gone[port].dropped_pkts, ahead ? 60 - 50 : 60 - 25);
		sim_fini(&sim);
	}
}

/* Parts change nothing, whatever the choice. */
static void parts__change_nothing(void)
{
	for (uint64_t kind = SIM_ROUTE_HASH; kind <= SIM_ROUTE_FLOWLET; kind++) {
		uint64_t hash[2];

		for (int i = 0; i < 2; i++) {
			struct sim_scenario sc = scenario(SIM_TRANSPORT_WEFT,
							  SIM_WORK_PERMUTATION);
			struct sim_experiment x;

			sc.leaves = 4;
			sc.routing = kind;
			sc.flow_bytes = 300000;
			sc.part_hosts = i ? 4 : 0;
			CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
			hash[i] = x.hash;
			sim_experiment_fini(&x);
		}
		CU_ASSERT_EQUAL(hash[0], hash[1]);
	}
}

WEFT_SUITE(t_route) {
	{ "choices__hold_the_route", choices__hold_the_route },
	{ "adaptive__keeps_packets_apart", adaptive__keeps_packets_apart },
	{ "flowlet__moves_after_a_pause", flowlet__moves_after_a_pause },
	{ "flap__loses_what_is_sent_then", flap__loses_what_is_sent_then },
	{ "detect__goes_around", detect__goes_around },
	{ "file__what_is_wrong_is_said_with_its_line", file__what_is_wrong_is_said_with_its_line },
	{ "control__goes_ahead", control__goes_ahead },
	{ "parts__change_nothing", parts__change_nothing },
};
