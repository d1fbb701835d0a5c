/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine on the simulated fabric, doing the ring all-reduce. Every run here also audits every
 * packet, and must come to rest.
 */
#include <stdio.h>
#include <string.h>

#include "sim/experiment.h"
#include "sim/rng.h"
#include "tools/test/cunit_main.h"

static struct sim_scenario small(void)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.leaves = 4;
	sc.hosts_per_leaf = 2;
	sc.spines = 2;
	sc.bytes = 1 << 20;
	return sc;
}

struct outcome {
	uint64_t hash, hops, dropped, trimmed, rtx, rto;
	double ratio;
	bool ok;
};

static struct outcome run(const struct sim_scenario *sc)
{
	struct sim_experiment x;
	struct outcome o = { 0 };

	o.ok = !sim_experiment(&x, sc, NULL, NULL, NULL);
	if (!o.ok)
		fprintf(stderr, "seed %llu: %s\n", (unsigned long long)sc->seed, x.error);
	o.hash = x.hash;
	o.hops = x.sim.hops;
	o.ratio = x.ratio;
	o.rtx = x.engine.rtx_pkts;
	o.rto = x.engine.rtx_rto;
	for (int t = 0; t < SIM_TIERS; t++) {
		o.dropped += x.tier[t].dropped_pkts;
		o.trimmed += x.tier[t].trimmed_pkts;
	}
	sim_experiment_fini(&x);
	return o;
}

/* The line of the issue: within 5 % of the closed form, and never faster than it. */
static void allreduce64__within_5_percent_of_the_closed_form(void)
{
	struct sim_scenario sc;
	struct outcome o;

	sim_scenario_init(&sc);		/* 64 chips: the demo's fabric */
	sc.bytes = 4 << 20;
	o = run(&sc);
	CU_ASSERT_TRUE(o.ok);
	CU_ASSERT(o.ratio >= 1.0 && o.ratio <= 1.05);
	CU_ASSERT_EQUAL(o.dropped, 0);
	CU_ASSERT_EQUAL(o.rtx, 0);
}

static void allreduce__over_modes_carriages_and_shapes(void)
{
	for (int i = 0; i < 8; i++) {
		struct sim_scenario sc = small();
		struct outcome o;

		sc.mode = i & 1 ? SIM_MODE_ROD : SIM_MODE_RUD;
		sc.carriage = i & 2 ? SIM_CARRIAGE_L2 : SIM_CARRIAGE_UDP;
		sc.turnaround_ns = i & 4 ? 300 : 0;
		sc.leaves = 1 + (uint64_t)i % 4;
		sc.bytes = sc.leaves * sc.hosts_per_leaf * (20000 + (uint64_t)i);
		o = run(&sc);
		CU_ASSERT_TRUE(o.ok);
		CU_ASSERT(o.ratio >= 1.0 && o.ratio <= 1.05);
	}
}

/* Bit for bit from its seed; another seed takes other paths. */
static void seed__repeats_and_matters(void)
{
	struct sim_scenario sc = small();
	struct outcome a, b, c;

	sc.placement = SIM_PLACE_SHUFFLED;
	a = run(&sc);
	b = run(&sc);
	CU_ASSERT_TRUE(a.ok && b.ok);
	CU_ASSERT_EQUAL(a.hash, b.hash);
	CU_ASSERT_EQUAL(a.hops, b.hops);
	sc.placement = SIM_PLACE_IN_ORDER;
	a = run(&sc);
	sc.seed++;	/* only entropies, and the choice by them, differ now */
	c = run(&sc);
	CU_ASSERT_TRUE(c.ok);
	CU_ASSERT_NOT_EQUAL(a.hash, c.hash);
	CU_ASSERT_EQUAL(a.hops, c.hops);
}

/* Queues too small for the bursts: packets are lost, the collective is not. */
static void loss__is_recovered_from(void)
{
	uint64_t dropped = 0;

	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct sim_scenario sc = small();
		struct outcome o;

		sc.seed = seed;
		sc.placement = SIM_PLACE_SHUFFLED;
		sc.queue_bytes = 16 << 10;
		sc.mark_max_bytes = 0;
		o = run(&sc);
		CU_ASSERT_TRUE(o.ok);
		CU_ASSERT(o.dropped == 0 || o.rtx > 0);
		dropped += o.dropped;
	}
	CU_ASSERT(dropped > 100);
}

/* The same with trimming: hardly a packet is dropped, and none waits for a timer. */
static void loss__by_trimming_needs_no_timer(void)
{
	uint64_t trimmed = 0;

	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct sim_scenario sc = small();
		struct outcome o;

		sc.seed = seed;
		sc.placement = SIM_PLACE_SHUFFLED;
		sc.queue_bytes = 16 << 10;
		sc.mark_max_bytes = 0;
		sc.trim = 1;
		o = run(&sc);
		CU_ASSERT_TRUE(o.ok);
		CU_ASSERT_EQUAL(o.dropped, 0);
		CU_ASSERT_EQUAL(o.rto, 0);
		CU_ASSERT(o.rtx >= o.trimmed);
		trimmed += o.trimmed;
	}
	CU_ASSERT(trimmed > 100);
}

static uint64_t below(uint64_t seed, uint64_t *count, uint64_t n)
{
	return sim_below(sim_hash3(seed, ++*count, SIM_FOR_TEST), (uint32_t)n);
}

static struct sim_scenario any(uint64_t seed)
{
	static const uint64_t rates[] = { 10, 100, 400, 800 };
	struct sim_scenario sc;
	uint64_t c = 0, chips;

	sim_scenario_init(&sc);
	sc.seed = seed;
	sc.leaves = 1 + below(seed, &c, 4);
	sc.hosts_per_leaf = (sc.leaves == 1 ? 2 : 1) + below(seed, &c, 4);
	sc.spines = 1 + below(seed, &c, 4);
	chips = sc.leaves * sc.hosts_per_leaf;
	sc.host_gbps = rates[below(seed, &c, 4)];
	sc.fabric_gbps = rates[below(seed, &c, 4)];
	sc.host_delay_ns = 1 + below(seed, &c, 3000);
	sc.fabric_delay_ns = 1 + below(seed, &c, 3000);
	sc.queue_bytes = (8u << below(seed, &c, 8)) << 10;
	sc.mark_min_bytes = below(seed, &c, 50000);
	sc.mark_max_bytes = sc.mark_min_bytes + below(seed, &c, 100000);
	sc.carriage = below(seed, &c, 2);
	sc.mode = below(seed, &c, 2);
	sc.payload_bytes = 64 + below(seed, &c, 4033);
	sc.window_pkts = 16u << below(seed, &c, 7);
	sc.paths = 1 + below(seed, &c, 32);
	sc.ack_every = 1 + below(seed, &c, 16);
	sc.cc_init_pkts = 1 + below(seed, &c, 64);
	sc.bytes = chips * (1 + below(seed, &c, 60000));
	sc.placement = below(seed, &c, 2);
	sc.turnaround_ns = below(seed, &c, 2) * below(seed, &c, 3000);
	return sc;
}

/* Whatever the fabric is like, the collective completes, adds up, and is not faster than ideal. */
static void any_fabric__completes_and_is_bounded(void)
{
	for (uint64_t i = 0; i < 30; i++) {
		struct sim_scenario sc = any(weft_test_seed * 1000 + i);
		struct outcome o = run(&sc);

		if (!o.ok || o.ratio < 1)
			fprintf(stderr, "scenario %llu: ratio %.6f\n",
				(unsigned long long)sc.seed, o.ratio);
		CU_ASSERT_TRUE(o.ok);
		CU_ASSERT(o.ratio >= 1.0);
	}
}

/* A run that cannot finish says which rank waits for what. */
static void limit__names_who_waits(void)
{
	struct sim_scenario sc = small();
	struct sim_experiment x;

	sc.bytes = 512 << 20;
	sc.limit_ms = 1;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_FALSE(x.ok);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "not done within limit.sim_ms: 8 of 8 ranks"));
	sim_experiment_fini(&x);
}

/* Marks are made, carried in the packet, and reach the engine. */
static void marks__reach_the_engine(void)
{
	struct sim_scenario sc = small();
	struct sim_experiment x;
	uint64_t marked = 0;

	sc.placement = SIM_PLACE_SHUFFLED;
	sc.mark_min_bytes = 4096;
	sc.mark_max_bytes = 16384;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	for (int t = 0; t < SIM_TIERS; t++)
		marked += x.tier[t].marked_pkts;
	CU_ASSERT(marked > 0);
	CU_ASSERT(x.engine.ce_rx > 0 && x.engine.ce_rx <= marked);
	sim_experiment_fini(&x);
}

WEFT_SUITE(t_ring) {
	{ "allreduce64__within_5_percent_of_the_closed_form",
	  allreduce64__within_5_percent_of_the_closed_form },
	{ "allreduce__over_modes_carriages_and_shapes",
	  allreduce__over_modes_carriages_and_shapes },
	{ "seed__repeats_and_matters", seed__repeats_and_matters },
	{ "loss__is_recovered_from", loss__is_recovered_from },
	{ "loss__by_trimming_needs_no_timer", loss__by_trimming_needs_no_timer },
	{ "any_fabric__completes_and_is_bounded", any_fabric__completes_and_is_bounded },
	{ "limit__names_who_waits", limit__names_who_waits },
	{ "marks__reach_the_engine", marks__reach_the_engine },
};
