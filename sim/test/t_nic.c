/* SPDX-License-Identifier: BSD-2-Clause */
/* nic.c: what bus, memory and pipeline cost, by closed forms. */
#include <string.h>

#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const two[][2] = {
	{ "topology.kind", "star" },   { "topology.hosts_per_leaf", "4" },
	{ "workload.kind", "incast" }, { "workload.fan_in", "1" },
	{ "workload.flow", "4096" },   { "transport.carriage", "l2" },
	{ "transport.cc", "fixed" },   { "transport.cc_init", "256" },
	{ "transport.window", "256" },
};

static void set_all(struct sim_scenario *sc, const char *const set[][2], size_t n)
{
	char why[SIM_WHY_MAX] = "";

	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(sim_scenario_set(sc, "test", set[i][0], set[i][1], why), 0);
		CU_ASSERT_STRING_EQUAL(why, "");
	}
}

static void run(struct sim_experiment *x, const char *const set[][2], size_t n)
{
	struct sim_scenario sc;
	char why[SIM_WHY_MAX] = "";

	sim_scenario_init(&sc);
	set_all(&sc, two, LEN(two));
	set_all(&sc, set, n);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	CU_ASSERT_EQUAL(sim_experiment(x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(x->error, "");
}

/* A packet of 4096 B and its answer: 4 times the pipeline, and the payload twice over the bus. */
static void one_packet__takes_the_sum_of_the_stages(void)
{
	static const struct { const char *bus, *memory, *pipeline, *packet; uint64_t ns; } row[] = {
		{ "0", "0", "300", "0", 4 * 300 },
		{ "256", "0", "0", "0", 2 * 128 },
		{ "256", "512", "100", "0", 4 * 100 + 2 * 128 },
		{ "512", "256", "0", "0", 2 * 128 },
		{ "256", "0", "0", "64", 2 * 130 + 2 * 2 },	/* the answer has its part */
	};
	struct sim_experiment x;
	sim_time plain;

	run(&x, NULL, 0);
	plain = x.sum.makespan;
	CU_ASSERT_PTR_NULL(x.hosts->nic);
	sim_experiment_fini(&x);
	for (size_t i = 0; i < LEN(row); i++) {
		const char *const set[][2] = {
			{ "nic.bus_gbps", row[i].bus }, { "nic.memory_gbps", row[i].memory },
			{ "nic.pipeline_ns", row[i].pipeline },
			{ "nic.packet_bytes", row[i].packet },
		};

		run(&x, set, LEN(set));
		CU_ASSERT_EQUAL(x.sum.makespan - plain, row[i].ns * SIM_NS);
		sim_experiment_fini(&x);
	}
}

static void flow__has_the_rate_of_the_slowest_stage(void)
{
	static const struct { const char *bus, *memory; double gbps; } row[] = {
		{ "200", "0", 200 }, { "0", "100", 100 }, { "200", "300", 200 },
	};

	for (size_t i = 0; i < LEN(row); i++) {
		const char *const set[][2] = {
			{ "nic.bus_gbps", row[i].bus }, { "nic.memory_gbps", row[i].memory },
			{ "workload.flow", "8MiB" },
		};
		struct sim_experiment x;

		run(&x, set, LEN(set));
		CU_ASSERT(x.sum.goodput_gbps < row[i].gbps);
		CU_ASSERT(x.sum.goodput_gbps > row[i].gbps * 0.98);
		if (*row[i].bus != '0')
			CU_ASSERT(x.nic.bus_max[SIM_NIC_OUT] > 0.9);
		CU_ASSERT_EQUAL(x.nic.dropped_pkts, 0);
		sim_experiment_fini(&x);
	}
}

/* Memory is one for both ways: what sends as much as it gets has half of it for each. */
static void memory__is_shared_by_both_ways(void)
{
	static const char *const set[][2] = {
		{ "workload.kind", "permutation" }, { "nic.memory_gbps", "200" },
		{ "workload.flow", "4MiB" },
	};
	struct sim_experiment x;

	run(&x, set, LEN(set));
	CU_ASSERT(x.sum.goodput_gbps < 4 * 100 && x.sum.goodput_gbps > 4 * 97);
	CU_ASSERT(x.nic.memory_mean > 0.9 && x.nic.memory_max <= 1);
	sim_experiment_fini(&x);
}

/* What finds the buffer full is lost, counted, and sent again. */
static void buffer__full(void)
{
	static const char *const set[][2] = {
		{ "nic.bus_gbps", "100" }, { "workload.fan_in", "3" },
		{ "nic.buffer", "64KiB" }, { "workload.flow", "1MiB" },
	};
	struct sim_experiment x;

	run(&x, set, LEN(set));
	CU_ASSERT(x.nic.dropped_pkts > 0);
	CU_ASSERT(x.engine.rtx_pkts >= x.nic.dropped_pkts);
	CU_ASSERT(x.nic.waiting_max <= 64 * 1024 && x.nic.waiting_max > 56 * 1024);
	sim_experiment_fini(&x);
}

static void parts__change_nothing(void)
{
	static const char *const part[] = { "0", "1", "4" };
	uint64_t hash = 0;

	for (size_t i = 0; i < LEN(part); i++) {
		const char *const set[][2] = {
			{ "topology.kind", "leaf-spine" }, { "topology.leaves", "4" },
			{ "topology.spines", "2" }, { "workload.kind", "all-to-all" },
			{ "workload.flow", "20000" }, { "transport.paths", "8" },
			{ "nic.bus_gbps", "300" }, { "nic.memory_gbps", "500" },
			{ "nic.pipeline_ns", "150" }, { "run.part_hosts", part[i] },
		};
		struct sim_experiment x;

		run(&x, set, LEN(set));
		CU_ASSERT(!i || x.hash == hash);
		hash = x.hash;
		sim_experiment_fini(&x);
	}
}

static void scenario__refused(void)
{
	struct sim_scenario sc;
	char why[SIM_WHY_MAX] = "";

	sim_scenario_init(&sc);
	set_all(&sc, two, LEN(two));
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "transport.kind", "go-back-n", why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "nic.bus_gbps", "100", why), 0);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "nic:"));
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", "nic.buffer", "1", why), -1);
}

WEFT_SUITE(t_nic) {
	{ "one_packet__takes_the_sum_of_the_stages", one_packet__takes_the_sum_of_the_stages },
	{ "flow__has_the_rate_of_the_slowest_stage", flow__has_the_rate_of_the_slowest_stage },
	{ "memory__is_shared_by_both_ways", memory__is_shared_by_both_ways },
	{ "buffer__full", buffer__full },
	{ "parts__change_nothing", parts__change_nothing },
	{ "scenario__refused", scenario__refused },
};
