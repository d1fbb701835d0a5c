/* SPDX-License-Identifier: BSD-2-Clause */
/* The transports to compare with: their closed forms, loss, and what becomes of lost flows. */
#include <math.h>
#include <string.h>

#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

static struct sim_scenario scenario(enum sim_transport transport, uint64_t workload)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.transport = transport;
	sc.leaves = 4;
	sc.hosts_per_leaf = 4;
	sc.spines = 4;
	sc.workload = workload;
	sc.fan_in = 1;
	return sc;
}

/* Alone, a flow takes what arithmetic says; the arithmetic once more by hand. */
static void alone__exact(void)
{
	static const uint64_t bytes[] = { 1, 4095, 4096, 4097, 1 << 20 };

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		for (int t = SIM_TRANSPORT_OPEN_LOOP; t <= SIM_TRANSPORT_GO_BACK_N; t++) {
			struct sim_scenario sc = scenario((enum sim_transport)t, SIM_WORK_INCAST);
			struct sim_experiment x;

			sc.flow_bytes = bytes[i];
			CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
			CU_ASSERT_EQUAL(x.sum.inexact, 0);
			if (t == SIM_TRANSPORT_OPEN_LOOP)
				CU_ASSERT_EQUAL(x.took, 2 * (bytes[i] * 20 + 500000));
			if (t == SIM_TRANSPORT_GO_BACK_N && bytes[i] == 4096)
				/* 38 + 28 + 12 + 16 + 4096 + 4 bytes there, 86 back */
				CU_ASSERT_EQUAL(x.took, 2 * (4194 * 20 + 86 * 20 + 1000000));
			sim_experiment_fini(&x);
		}
}

/* Whatever is lost is there in the end, once each; and parts change nothing. */
static void go_back_n__survives_loss(void)
{
	uint64_t hash[2];

	for (int i = 0; i < 2; i++) {
		struct sim_scenario sc = scenario(SIM_TRANSPORT_GO_BACK_N, SIM_WORK_PERMUTATION);
		struct sim_experiment x;

		sc.loss_ppm = 20000;
		sc.flow_bytes = 300001;
		sc.min_rto_us = 50;
		sc.part_hosts = i ? 4 : 0;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT(x.engine.rtx_pkts > 100);
		CU_ASSERT_EQUAL(x.hosts->stats.placed_bytes, 16 * 300001);
		hash[i] = x.hash;
		sim_experiment_fini(&x);
	}
	CU_ASSERT_EQUAL(hash[0], hash[1]);
}

/* A burst into a short queue: the rest of the window is thrown away at each loss. */
static void go_back_n__pays_for_drops(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_GO_BACK_N, SIM_WORK_INCAST);
	struct sim_experiment x;

	sc.fan_in = 0;
	sc.queue_bytes = 64 << 10;
	sc.window_pkts = 64;
	sc.flow_bytes = 1 << 20;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.engine.rtx_pkts > 15 * 256 / 4);
	CU_ASSERT_EQUAL(x.hosts->stats.placed_bytes, 15 << 20);
	sim_experiment_fini(&x);
}

/* Nothing sends again what open-loop lost: the run says which flows are stuck. */
static void open_loop__loss_fails_the_run(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_OPEN_LOOP, SIM_WORK_PERMUTATION);
	struct sim_experiment x;

	sc.loss_ppm = 500000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "flows did not finish"));
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "is being sent"));
	sim_experiment_fini(&x);
}

static void fluid__alone_and_shared(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_FLUID, SIM_WORK_INCAST);
	struct sim_experiment x;
	sim_time alone, sending;

	sc.flow_bytes = 1 << 20;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.sum.inexact, 0);
	alone = x.took;
	sending = sim_message_bytes(&sc, sc.flow_bytes) * 20;
	CU_ASSERT(sending > (sim_time)20 << 20 && sending < alone);
	sim_experiment_fini(&x);
	sc.fan_in = 3;	/* of one leaf: a third each; then 15 from everywhere */
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_DOUBLE_EQUAL((double)x.took, (double)(alone + 2 * sending), 2);
	sim_experiment_fini(&x);
	sc.fan_in = 0;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.took >= alone + 14 * sending - 2 && x.took < alone + 15 * sending);
	sim_experiment_fini(&x);
}

/* Two links are full: a third of C for three, two thirds for the fourth; all end together. */
static void fluid__max_min_shares(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_FLUID, SIM_WORK_FLOWS);
	struct sim_experiment x;

	sc.spines = 1;
	strcpy(sc.flows_file, "sim/validation/max-min.flows");
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_DOUBLE_EQUAL((double)x.flows.list.flow[i].ended / 1e6, 1040, 3);
	CU_ASSERT_DOUBLE_EQUAL((double)x.flows.list.flow[0].ended,
			       (double)x.flows.list.flow[3].ended, 1e3);
	sim_experiment_fini(&x);
}

/* A permutation over spread paths shares nothing; a chain is the sum of its parts. */
static void fluid__permutation_and_chain(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_FLUID, SIM_WORK_PERMUTATION);
	struct sim_experiment x;

	sc.flow_bytes = 1 << 20;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.sum.inexact, 0);
	sim_experiment_fini(&x);
	sc.paths = 1;	/* over one way each some meet */
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.sum.slow_max > 1.4);
	sim_experiment_fini(&x);
	sc.workload = SIM_WORK_RING_FLOWS;
	sc.flow_bytes = 100000;
	sc.paths = 16;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.sum.inexact, 0);
	CU_ASSERT_EQUAL(x.took, x.sum.chain);
	sim_experiment_fini(&x);
}

/* Poisson arrivals at one chip: load and mean length are what was asked for. */
static void poisson__one_receiver(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_OPEN_LOOP, SIM_WORK_POISSON);
	uint64_t bytes = 0, n = 100000;
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];
	double load;

	sc.receivers = SIM_TO_ONE;
	sc.sizes = SIM_SIZES_EXPONENTIAL;
	sc.flow_bytes = 1500;
	sc.load_percent = 40;
	sc.flow_count = n;
	CU_ASSERT_EQUAL_FATAL(sim_flow_list_make(&l, &sc, 16, why), 0);
	for (uint32_t i = 0; i < l.n; i++) {
		bytes += l.flow[i].bytes;
		CU_ASSERT(l.flow[i].dst == 0 && l.flow[i].src > 0 && l.flow[i].src < 16);
	}
	CU_ASSERT_DOUBLE_EQUAL((double)bytes / (double)n, 1500, 20);
	load = (double)bytes * 20 / (double)l.flow[l.n - 1].start;
	CU_ASSERT_DOUBLE_EQUAL(load, 0.4, 0.008);
	sim_flow_list_fini(&l);
}

/* Halving and doubling moves 2 (n - 1) / n of the vector from each chip, and to each. */
static void halving__moves_what_it_must(void)
{
	struct sim_scenario sc = scenario(SIM_TRANSPORT_WEFT, SIM_WORK_HALVING);
	uint64_t from[16] = { 0 }, to[16] = { 0 };
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	sc.bytes = 1 << 20;
	CU_ASSERT_EQUAL_FATAL(sim_flow_list_make(&l, &sc, 16, why), 0);
	CU_ASSERT_EQUAL(l.n, 16 * 8);
	for (uint32_t i = 0; i < l.n; i++) {
		const struct sim_flow *f = &l.flow[i];

		from[f->src] += f->bytes;
		to[f->dst] += f->bytes;
		if (i < 16) {
			CU_ASSERT_EQUAL(f->after, SIM_NO_FLOW);
			continue;
		}
		/* It waits for what its sender receives in the step before. */
		CU_ASSERT_EQUAL(l.flow[f->after].dst, f->src);
		CU_ASSERT_EQUAL(f->after / 16, i / 16 - 1);
	}
	for (int i = 0; i < 16; i++) {
		CU_ASSERT_EQUAL(from[i], 2 * 15 * (1 << 20) / 16);
		CU_ASSERT_EQUAL(to[i], from[i]);
	}
	sim_flow_list_fini(&l);
}

/* The fluid says how far packets are from it, on fewer bytes; asked not to, it does not. */
static void fluid__says_its_error(void)
{
	static struct sim_experiment x;
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.leaves = sc.hosts_per_leaf = sc.spines = 4;
	sc.workload = SIM_WORK_PERMUTATION;
	sc.flow_bytes = 8 << 20;
	sc.transport = SIM_TRANSPORT_FLUID;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT(x.fluid.packets >= x.fluid.fluid && x.fluid.fluid > 0);
	CU_ASSERT(x.fluid.fluid < x.took / 10);		/* 16 KiB instead of 8 MiB */
	CU_ASSERT_STRING_EQUAL(x.fluid.why, "");
	sim_experiment_fini(&x);
	sc.fluid_check = 0;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.fluid.packets, 0);
	sim_experiment_fini(&x);
	sc.fluid_check = 1;			/* all of it by packets: what it really is */
	sc.flow_bytes = 1 << 20;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.fluid.fluid, x.took);
	sim_experiment_fini(&x);
	sc.limit_ms = 1;			/* packets do not come to an end */
	sc.loss_ppm = 500000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.fluid.why, "not done within limit.sim_ms"));
	sim_experiment_fini(&x);
}

WEFT_SUITE(t_bare) {
	{ "alone__exact", alone__exact },
	{ "go_back_n__survives_loss", go_back_n__survives_loss },
	{ "go_back_n__pays_for_drops", go_back_n__pays_for_drops },
	{ "open_loop__loss_fails_the_run", open_loop__loss_fails_the_run },
	{ "fluid__alone_and_shared", fluid__alone_and_shared },
	{ "fluid__max_min_shares", fluid__max_min_shares },
	{ "fluid__permutation_and_chain", fluid__permutation_and_chain },
	{ "poisson__one_receiver", poisson__one_receiver },
	{ "halving__moves_what_it_must", halving__moves_what_it_must },
	{ "fluid__says_its_error", fluid__says_its_error },
};
