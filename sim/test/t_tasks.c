/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim/tasks.c, tasks_run.c, tasks_make.c, flow_matrix.c: graphs of tasks, right and wrong; the
 * collectives that are made of them; matrices of an all-to-all-v.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/tasks_make.h"
#include "tools/test/cunit_main.h"

enum { CHIPS = 4 };

static struct sim_tasks *fresh(struct sim_flow_list *l)
{
	memset(l, 0, sizeof(*l));
	return sim_tasks_new(l, CHIPS);
}

static void refuse(struct sim_flow_list *l, uint32_t task, const char *says)
{
	char why[SIM_WHY_MAX] = "";
	uint32_t at = 99;

	CU_ASSERT_EQUAL(sim_tasks_close(l, &at, why), -1);
	CU_ASSERT_EQUAL(at, task);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, says));
	if (!strstr(why, says))
		printf("'%s' does not say '%s'\n", why, says);
	sim_flow_list_fini(l);
}

static void close__what_does_not_fit(void)
{
	struct sim_flow_list l;
	struct sim_tasks *t = fresh(&l);
	uint32_t a, b;

	sim_task_recv(t, 0, 1, 10, 3);
	sim_task_send(t, 0, 1, 10, 4);
	refuse(&l, 0, "chip 1 receives from chip 0 with tag 3, which does not send it");

	t = fresh(&l);
	sim_task_send(t, 2, 1, 10, 0);
	sim_task_send(t, 2, 1, 10, 0);
	sim_task_recv(t, 2, 1, 10, 0);
	refuse(&l, 1, "chip 2 sends to chip 1 with tag 0, which does not receive it");

	t = fresh(&l);
	sim_task_send(t, 2, 1, 10, 0);
	sim_task_recv(t, 2, 1, 11, 0);
	refuse(&l, 1, "chip 1 receives 11 bytes from chip 2 with tag 0, which sends 10");

	t = fresh(&l);		/* a circle on one chip, and something behind it */
	sim_task_calc(t, 0, 1, 0);
	a = sim_task_calc(t, 0, 1, 0);
	b = sim_task_calc(t, 0, 1, 0);
	sim_task_after(t, a, b, false);
	sim_task_after(t, b, a, true);
	sim_task_after(t, sim_task_calc(t, 0, 1, 0), b, false);
	refuse(&l, 1, "3 tasks wait for each other in a circle");

	t = fresh(&l);		/* a circle by way of another chip */
	a = sim_task_recv(t, 1, 0, 1, 0);
	sim_task_after(t, sim_task_send(t, 0, 1, 1, 0), a, false);
	b = sim_task_recv(t, 0, 1, 1, 0);
	sim_task_after(t, sim_task_send(t, 1, 0, 1, 0), b, false);
	refuse(&l, 0, "4 tasks wait for each other");
}

/* The k-th send is for the k-th receive, whatever stands between them. */
static void close__pairs_in_order(void)
{
	struct sim_flow_list l;
	struct sim_tasks *t = fresh(&l);
	uint32_t r2 = sim_task_recv(t, 0, 1, 7, 1), s1, s2, r1, at;
	char why[SIM_WHY_MAX];

	sim_task_recv(t, 0, 1, 9, 2);
	s1 = sim_task_send(t, 0, 1, 7, 1);
	sim_task_send(t, 0, 1, 9, 2);
	s2 = sim_task_send(t, 0, 1, 0, 1);
	r1 = sim_task_recv(t, 0, 1, 0, 1);
	CU_ASSERT_EQUAL_FATAL(sim_tasks_close(&l, &at, why), 0);
	CU_ASSERT_EQUAL(l.n, 3);
	CU_ASSERT_EQUAL(t->task[s1].flow, t->task[r2].flow);
	CU_ASSERT_EQUAL(t->task[s2].flow, t->task[r1].flow);
	CU_ASSERT_EQUAL(l.flow[t->task[s1].flow].bytes, 7);
	CU_ASSERT_EQUAL(l.flow[t->task[s2].flow].bytes, 1);
	sim_flow_list_fini(&l);
}

/* Every chip is in both trees; inside one of them at most, if chips are even in number. */
static void trees__reach_all(void)
{
	for (uint32_t n = 2; n < 70; n++) {
		uint32_t *place = calloc(n, sizeof(*place)), *last = calloc(n, sizeof(*last));
		uint32_t *inner = calloc(n, sizeof(*inner)), *sons = calloc(2 * n, sizeof(*sons));
		struct sim_scenario sc;
		struct sim_flow_list l;
		struct sim_maker m = { &l, &sc, n, place, last };

		sim_scenario_init(&sc);
		memset(&l, 0, sizeof(l));
		sim_tasks_new(&l, n);
		memset(last, 0xff, n * sizeof(*last));
		for (uint32_t i = 0; i < n; i++)
			place[i] = i;
		for (unsigned k = 0; k < 2; k++) {
			uint32_t from = l.n, sum = 0, got = 0;

			sim_make_tree(&m, 1, SIM_TREE_REDUCE | (k ? SIM_TREE_MIRRORED : 0), NULL);
			CU_ASSERT_EQUAL(l.n - from, n - 1);
			for (uint32_t i = from; i < l.n; i++) {
				sum += l.flow[i].src;
				got += sons[k * n + l.flow[i].dst]++ == 0;
			}
			for (uint32_t i = 0; i < n; i++) {
				CU_ASSERT(sons[k * n + i] <= 2);
				inner[i] += sons[k * n + i] > 0;
			}
			/* All but the root send; half or less are inside. */
			CU_ASSERT_EQUAL(n * (n - 1) / 2 - sum, k ? n % 2 ? 1 : n - 1 : 0);
			CU_ASSERT(got <= n / 2 + 1);
		}
		for (uint32_t i = 0; i < n && n % 2 == 0; i++)
			CU_ASSERT(inner[i] <= 1);
		sim_flow_list_fini(&l);
		free(place);
		free(last);
		free(inner);
		free(sons);
	}
}

static struct sim_scenario collective(uint64_t kind)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.kind = SIM_TOPO_LEAF_SPINE;
	sc.leaves = 4;
	sc.hosts_per_leaf = 4;
	sc.spines = 4;
	sc.workload = kind;
	sc.bytes = 1 << 20;
	sc.chunk_bytes = 1 << 16;
	sc.rounds = 2;
	sc.compute_us = 10;
	sc.turnaround_ns = 300;
	sc.reduce_gbps = 700;
	return sc;
}

static const uint64_t kinds[] = { SIM_WORK_TREE, SIM_WORK_DOUBLE_TREE, SIM_WORK_HIERARCHICAL };

/* In parts or in one, shuffled or not, by the engine or go-back-n: all is done, and repeats. */
static void collectives__end_and_repeat(void)
{
	struct sim_experiment x;

	for (unsigned i = 0; i < 12; i++) {
		struct sim_scenario sc = collective(kinds[i % 3]);
		uint64_t hash;

		sc.placement = i / 3 % 2 ? SIM_PLACE_SHUFFLED : SIM_PLACE_IN_ORDER;
		sc.transport = i / 6 ? SIM_TRANSPORT_GO_BACK_N : SIM_TRANSPORT_WEFT;
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, x.error), 0);
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		hash = x.hash;
		CU_ASSERT(x.sum.makespan >= x.sum.ideal);
		CU_ASSERT(x.sum.makespan >= 2 * 10 * SIM_US + x.sum.link);
		sim_experiment_fini(&x);
		sc.part_hosts = 0;
		CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
		CU_ASSERT_EQUAL(x.hash, hash);
		sim_experiment_fini(&x);
	}
}

static void collectives__refuse(void)
{
	struct sim_scenario sc = collective(SIM_WORK_HIERARCHICAL);
	struct sim_experiment x;
	char why[SIM_WHY_MAX];

	sc.group = 3;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "in groups of 3"));
	sim_experiment_fini(&x);
	sc.group = 4;
	sc.bytes = 1000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	sim_experiment_fini(&x);
	sc.bytes = 1 << 20;
	sc.transport = SIM_TRANSPORT_FLUID;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "transport.kind"));
	sc.transport = SIM_TRANSPORT_WEFT;
	sc.limit_ms = 1;
	sc.compute_us = 2000;
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(x.error, "tasks did not finish: flow 1 (chip 0 to chip 1) "
				      "waits for what comes before it"));
	sim_experiment_fini(&x);
}

static int read_matrix(const char *text, struct sim_flow_list *l, char why[SIM_WHY_MAX])
{
	struct sim_scenario sc;
	int fd, err;

	sim_scenario_init(&sc);
	strcpy(sc.flows_file, "/tmp/weft-t_tasks.XXXXXX");
	fd = mkstemp(sc.flows_file);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	memset(l, 0, sizeof(*l));
	err = sim_all_to_all_v(l, &sc, 3, why);
	unlink(sc.flows_file);
	return err;
}

static void matrix__right_and_wrong(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "0 1\n", ":1: 2 whole numbers, not 3" }, { "0 1 x\n", ":1: 2 whole numbers" },
		{ "0 1 2 3\n", ":1: more than 3 numbers" }, { "1 2 3\n", ":1: chip 0 sends to" },
		{ "# c\n\n0 1 2\n4 0 5\n", ":4: 2 lines, not 3" }, { "", ":0: 0 lines" },
		{ "0 1 2\n4 0 5\n6 7 0\n0 0 0\n", ":4: more than 3 lines" },
		{ "0 1073741825 2\n", ":1: 1073741825 bytes to chip 1" },
		{ "0 0 0\n0 0 0\n0 0 0\n", ": no flow in it" },
	};
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	CU_ASSERT_EQUAL_FATAL(read_matrix("0 1 2\n4 0 0 # c\n6,7,0\n", &l, why), 0);
	CU_ASSERT_EQUAL_FATAL(l.n, 5);
	CU_ASSERT(l.flow[0].src == 0 && l.flow[0].dst == 1 && l.flow[0].bytes == 1);
	CU_ASSERT(l.flow[1].src == 2 && l.flow[1].dst == 0 && l.flow[1].bytes == 6);
	CU_ASSERT(l.flow[4].src == 2 && l.flow[4].dst == 1 && l.flow[4].bytes == 7);
	sim_flow_list_fini(&l);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		why[0] = 0;
		CU_ASSERT_EQUAL(read_matrix(row[i].text, &l, why), -1);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].says));
		if (!strstr(why, row[i].says))
			printf("'%s' does not say '%s'\n", why, row[i].says);
		sim_flow_list_fini(&l);
	}
}

static int made(struct sim_flow_list *l, const char *const set[][2], size_t n, uint32_t chips,
		char *why)
{
	struct sim_scenario sc;

	memset(l, 0, sizeof(*l));
	sim_scenario_init(&sc);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "test", set[i][0], set[i][1], why), 0);
	*why = 0;
	return sim_flow_list_make(l, &sc, chips, why);
}

/* Ring, 2 log2(8) exchanges, ring: so many messages, of so many bytes, as the form says. */
static void hierarchical__halving_over_the_groups(void)
{
	static const char *const set[][2] = {
		{ "workload.kind", "hierarchical" }, { "workload.across", "halving-doubling" },
		{ "workload.group", "4" }, { "workload.bytes", "3072" },
	};
	struct sim_flow_list l;
	uint64_t bytes = 0;
	char why[SIM_WHY_MAX];

	CU_ASSERT_EQUAL_FATAL(made(&l, set, 4, 32, why), 0);
	for (uint32_t i = 0; i < l.n; i++)
		bytes += l.flow[i].bytes;
	CU_ASSERT_EQUAL(l.n, 32 * (3 + 6 + 3));
	CU_ASSERT_EQUAL(bytes, 32 * (2 * 3 * 768 + 2 * (384 + 192 + 96)));
	sim_flow_list_fini(&l);
	CU_ASSERT_EQUAL(made(&l, set, 4, 24, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "power of two; there are 6"));
	sim_flow_list_fini(&l);
}

static void all_to_all__in_groups(void)
{
	static const char *const set[][2] = {
		{ "workload.kind", "all-to-all" }, { "workload.group", "4" },
	};
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	CU_ASSERT_EQUAL_FATAL(made(&l, set, 2, 12, why), 0);
	CU_ASSERT_EQUAL(l.n, 12 * 3);
	for (uint32_t i = 0; i < l.n; i++)
		CU_ASSERT(l.flow[i].src != l.flow[i].dst &&
			  l.flow[i].src % 3 == l.flow[i].dst % 3);
	sim_flow_list_fini(&l);
	CU_ASSERT_EQUAL(made(&l, set, 2, 13, why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "workload.group"));
	sim_flow_list_fini(&l);
}

WEFT_SUITE(tasks) {
	{ "hierarchical__halving_over_the_groups", hierarchical__halving_over_the_groups },
	{ "all_to_all__in_groups", all_to_all__in_groups },
	{ "close__what_does_not_fit", close__what_does_not_fit },
	{ "close__pairs_in_order", close__pairs_in_order },
	{ "trees__reach_all", trees__reach_all },
	{ "collectives__end_and_repeat", collectives__end_and_repeat },
	{ "collectives__refuse", collectives__refuse },
	{ "matrix__right_and_wrong", matrix__right_and_wrong },
};
