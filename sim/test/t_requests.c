/* SPDX-License-Identifier: BSD-2-Clause */
/* Workloads of requests and periodic messages, what goes on beside them, and deadlines. */
#include <string.h>

#include "sim/closed.h"
#include "sim/experiment.h"
#include "sim/sizes.h"
#include "tools/test/cunit_main.h"

static struct sim_experiment x;

/* Four chips below a switch, of which the first serves. */
static struct sim_scenario scenario(uint64_t workload)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.kind = SIM_TOPO_STAR;
	sc.hosts_per_leaf = 4;
	sc.workload = workload;
	sc.servers = 1;
	sc.requests = 20;
	sc.queue_depth = 1;
	sc.flow_bytes = 40000;
	sc.paths = 8;
	return sc;
}

static int run(const struct sim_scenario *sc)
{
	char why[SIM_WHY_MAX] = "";
	int err;

	CU_ASSERT_EQUAL(sim_scenario_check(sc, why), 0);
	CU_ASSERT_STRING_EQUAL(why, "");
	err = sim_experiment(&x, sc, NULL, NULL, NULL);
	if (err)
		fprintf(stderr, "%s\n", x.error);
	return err;
}

/* Of a message on an empty fabric, as a WRITE with immediate. */
static double there(const struct sim_scenario *sc, uint64_t bytes)
{
	return (double)sim_message_time(sc, &x.sim.topo, 1, 0, bytes, true);
}

/* One chip asks, and waits: each part of a request takes its time, and nothing else does. */
static void storage__alone_takes_the_sum_of_its_parts(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_STORAGE);
	double sum, service = (double)sc.service_ns * 1000;

	sc.kind = SIM_TOPO_STAR;
	sc.hosts_per_leaf = 2;
	sc.read_percent = 100;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT(x.sum.reads.n == 20 && x.sum.writes.n == 0 && x.sum.flows == 60);
	sum = there(&sc, 64) + service + there(&sc, sc.flow_bytes);
	CU_ASSERT(x.sum.reads.mean > sum && x.sum.reads.mean < sum * 1.01);
	CU_ASSERT(x.sum.reads.max < x.sum.reads.p50 * 1.001);
	sim_experiment_fini(&x);
	sc.read_percent = 0;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT(x.sum.writes.n == 20 && x.sum.reads.n == 0 && x.sum.flows == 80);
	sum = 2 * there(&sc, 64) + there(&sc, sc.flow_bytes) + service + there(&sc, 16);
	CU_ASSERT(x.sum.writes.mean > sum * 0.999 && x.sum.writes.mean < sum * 1.01);
	sim_experiment_fini(&x);
}

/* Three chips ask a device of one channel: it is what all wait for. */
static void storage__device_is_the_limit(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_STORAGE);

	sc.channels = 1;
	sc.queue_depth = 4;
	sc.service_ns = 100000;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT_EQUAL(x.sum.reads.n + x.sum.writes.n, 60);
	CU_ASSERT(x.took > (sim_time)6000 * SIM_US && x.took < (sim_time)6100 * SIM_US);
	sim_experiment_fini(&x);
	sc.channels = 64;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT(x.took < (sim_time)1200 * SIM_US);
	sim_experiment_fini(&x);
}

/* Each accelerator in turn; kernels run beside each other on different ones. */
static void dispatch__kernels_overlap(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_DISPATCH);
	double one;

	sc.channels = 1;
	sc.requests = 30;
	sc.service_ns = 50000;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT(x.sum.writes.n == 30 && x.sum.flows == 90);
	one = (double)x.took / 30;		/* one open at a time: one after another */
	CU_ASSERT(one > 50e6 && one < 60e6);
	sim_experiment_fini(&x);
	sc.queue_depth = 3;			/* three accelerators work at once */
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT((double)x.took < 30 * one / 2.7);
	sim_experiment_fini(&x);
}

/* Messages in each period; a deadline below what one takes is missed by all, above it by none. */
static void edge__deadlines(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_EDGE);

	sc.flow_bytes = 256;
	sc.period_us = 50;
	sc.deadline_us = 1000;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT(x.sum.flows == 80 && x.sum.missed == 0);
	CU_ASSERT(x.took > (sim_time)950 * SIM_US && x.took < (sim_time)1010 * SIM_US);
	sim_experiment_fini(&x);
	sc.deadline_us = 1;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT_EQUAL(x.sum.missed, 80);
	sim_experiment_fini(&x);
	sc.receivers = SIM_TO_ONE;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT_EQUAL(x.sum.flows, 60);
	sim_experiment_fini(&x);
}

/* Requests have deadlines too. */
static void storage__deadlines(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_STORAGE);

	sc.deadline_us = 5;			/* the device alone takes ten */
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT_EQUAL(x.sum.missed, 60);
	sim_experiment_fini(&x);
	sc.deadline_us = 10000;
	CU_ASSERT_EQUAL(run(&sc), 0);
	CU_ASSERT_EQUAL(x.sum.missed, 0);
	sim_experiment_fini(&x);
}

/* It is there, slows the workload down, and is not in its results; parts change nothing. */
static void background__is_beside_lists_and_graphs(void)
{
	static const uint64_t kind[] = { SIM_WORK_PERMUTATION, SIM_WORK_STORAGE, SIM_WORK_TREE,
					 SIM_WORK_EDGE, SIM_WORK_RING_ALLREDUCE,
					 SIM_WORK_GOAL, SIM_WORK_CHAKRA };

	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		struct sim_scenario sc = scenario(kind[i]);
		uint32_t flows;
		uint64_t hash;
		double mean;

		sc.kind = SIM_TOPO_LEAF_SPINE;
		sc.leaves = sc.spines = 4;
		sc.bytes = 1 << 20;
		sc.period_us = 10;
		strcpy(sc.flows_file, kind[i] == SIM_WORK_GOAL ? "sim/traces/ping-pong.goal" :
				      kind[i] == SIM_WORK_CHAKRA ? "sim/traces/step" : "");
		CU_ASSERT_EQUAL(run(&sc), 0);
		CU_ASSERT_EQUAL(x.sum.beside, 0);
		flows = sim_is_ring(&sc) ? x.ring.n * x.ring.steps : x.sum.flows;
		mean = sim_is_ring(&sc) ? 0 : x.sum.mean;
		sim_experiment_fini(&x);
		sc.background_load = 80;
		sc.background_flows = 200;
		sc.background_sizes = SIM_SIZES_FIXED;
		CU_ASSERT_EQUAL(run(&sc), 0);
		CU_ASSERT_EQUAL(x.sum.beside, 200);
		CU_ASSERT_EQUAL(x.sum.flows, flows);
		CU_ASSERT(x.sum.mean > mean && x.sum.beside_mean > 0);
		hash = x.hash;
		sim_experiment_fini(&x);
		sc.part_hosts = 0;
		CU_ASSERT_EQUAL(run(&sc), 0);
		CU_ASSERT_EQUAL(x.hash, hash);
		sim_experiment_fini(&x);
	}
}

/* Of a graph: what goes on after its last task is not its time, nor that of its ideal. */
static void background__is_not_the_time_of_a_graph(void)
{
	static const uint64_t kind[] = { SIM_WORK_RING_ALLREDUCE, SIM_WORK_GOAL, SIM_WORK_CHAKRA };

	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		struct sim_scenario sc = scenario(kind[i]);
		sim_time alone, ideal = 0;

		strcpy(sc.flows_file, i == 1 ? "sim/traces/ping-pong.goal" : "sim/traces/step");
		CU_ASSERT_EQUAL(run(&sc), 0);
		alone = sim_is_ring(&sc) ? x.took : x.sum.makespan;
		if (!sim_is_ring(&sc))
			ideal = x.sum.ideal;
		sim_experiment_fini(&x);
		sc.background_load = 1;		/* few, small, and for long */
		sc.background_flows = 200;
		sc.background_sizes = SIM_SIZES_FIXED;
		CU_ASSERT_EQUAL(run(&sc), 0);
		CU_ASSERT_EQUAL(x.sum.beside, 200);
		CU_ASSERT(x.flows.end - x.flows.start > 2 * alone);
		CU_ASSERT(x.sum.makespan > alone / 2 && x.sum.makespan < alone + alone / 10);
		CU_ASSERT(!ideal || x.sum.ideal == ideal);
		CU_ASSERT(x.sum.ideal <= x.sum.makespan);
		sim_experiment_fini(&x);
	}
}

/* What was published, at the points of the tables; the means of the rest follow. */
static void sizes__storage_and_inference(void)
{
	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_STORAGE, 0.2293), 4000);
	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_STORAGE, 0.9753), 256000);
	CU_ASSERT(sim_sizes_draw(SIM_SIZES_STORAGE, 0.9999999) <= 2000000);
	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_KV_CACHE, 0.5), 1020 * 4096);
	CU_ASSERT_EQUAL(sim_sizes_draw(SIM_SIZES_KV_CACHE, 0), 2 * 4096);
	CU_ASSERT(sim_sizes_mean(SIM_SIZES_STORAGE) > 30000 &&
		  sim_sizes_mean(SIM_SIZES_STORAGE) < 45000);
	/* The mean of the trace itself is 1154.7 tokens. */
	CU_ASSERT(sim_sizes_mean(SIM_SIZES_KV_CACHE) > 1150 * 4096 &&
		  sim_sizes_mean(SIM_SIZES_KV_CACHE) < 1250 * 4096);
}

static void scenario__refuses(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_STORAGE);
	char why[SIM_WHY_MAX];

	sc.servers = 3;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "workload.servers"));
	sim_experiment_fini(&x);
	sc = scenario(SIM_WORK_STORAGE);
	sc.transport = SIM_TRANSPORT_FLUID;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "transport.kind"));
	sc = scenario(SIM_WORK_RING_ALLREDUCE);
	sc.background_load = 1;
	sc.bytes = 4095;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "workload.bytes"));
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "workload.bytes"));
	sim_experiment_fini(&x);
	sc = scenario(SIM_WORK_POISSON);
	sc.transport = SIM_TRANSPORT_OPEN_LOOP;
	sc.background_load = 1;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "background.load_percent"));
}

WEFT_SUITE(t_requests) {
	{ "storage__alone_takes_the_sum_of_its_parts", storage__alone_takes_the_sum_of_its_parts },
	{ "storage__device_is_the_limit", storage__device_is_the_limit },
	{ "dispatch__kernels_overlap", dispatch__kernels_overlap },
	{ "edge__deadlines", edge__deadlines },
	{ "storage__deadlines", storage__deadlines },
	{ "background__is_beside_lists_and_graphs", background__is_beside_lists_and_graphs },
	{ "background__is_not_the_time_of_a_graph", background__is_not_the_time_of_a_graph },
	{ "sizes__storage_and_inference", sizes__storage_and_inference },
	{ "scenario__refuses", scenario__refuses },
};
