/* SPDX-License-Identifier: BSD-2-Clause */
/* See flow_list.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow_list.h"
#include "sim/requests.h"
#include "sim/sizes.h"
#include "sim/rng.h"
#include "sim/tasks_make.h"
#include "sim/trace.h"
#include "sim/util.h"

struct sim_flow *sim_flow_add(struct sim_flow_list *l, uint32_t src, uint32_t dst, uint64_t bytes,
			      uint32_t after)
{
	struct sim_flow *f;

	if (l->n == l->size) {
		l->size = l->size ? 2 * l->size : 1024;
		l->flow = sim_resize(l->flow, l->size, sizeof(*l->flow));
	}
	f = &l->flow[l->n++];
	*f = (struct sim_flow){ .id = l->n, .src = src, .dst = dst, .bytes = bytes,
				.after = after, .child = SIM_NO_FLOW, .sibling = SIM_NO_FLOW,
				.next = SIM_NO_FLOW };
	return f;
}

/* SplitMix64, whose published sequence makes a pattern the same in any program. */
static uint64_t draw(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	return sim_mix(*state);
}

/* Everybody sends to somebody else, in one cycle (Sattolo): i to p[i]. */
static void permutation(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint64_t state = sc->pattern_seed ? sc->pattern_seed : n;
	uint32_t *p = sim_zalloc(n, sizeof(*p));

	for (uint32_t i = 0; i < n; i++)
		p[i] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(draw(&state) % i), t = p[i];

		p[i] = p[j];
		p[j] = t;
	}
	for (uint32_t i = 0; i < n; i++)
		sim_flow_add(l, i, p[i], sc->flow_bytes, SIM_NO_FLOW);
	free(p);
}

static void incast(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint32_t senders = sc->fan_in && sc->fan_in < n ? (uint32_t)sc->fan_in : n - 1;

	for (uint32_t i = 1; i <= senders; i++)
		sim_flow_add(l, i, 0, sc->flow_bytes, SIM_NO_FLOW);
}

/* All at once; or each sender one after another. */
/*
 * Among all, or within groups whose chips are as far apart as they can be: n / group chips lie
 * between one and the next.
 */
static int all_to_all(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n,
		      char why[SIM_WHY_MAX])
{
	uint32_t group = sc->group ? (uint32_t)sc->group : n, apart = n / group;

	if (group < 2 || n % group) {
		snprintf(why, SIM_WHY_MAX, "workload.group: %u chips do not make whole groups of "
			 "%u, two chips at least", n, group);
		return -1;
	}
	if (sc->chained) {
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t r = 1; r < group; r++)
				sim_flow_add(l, i, (i + r * apart) % n, sc->flow_bytes,
					     r > 1 ? l->n - 1 : SIM_NO_FLOW);
		return 0;
	}
	for (uint32_t r = 1; r < group; r++)
		for (uint32_t i = 0; i < n; i++)
			sim_flow_add(l, i, (i + r * apart) % n, sc->flow_bytes, SIM_NO_FLOW);
	return 0;
}

/* The ring all-reduce as flows: chunk c goes from rank to rank, each step after the one before. */
static void ring(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	for (uint32_t c = 0; c < n; c++)
		for (uint32_t k = 0; k < 2 * (n - 1); k++)
			sim_flow_add(l, (c + k) % n, (c + k + 1) % n, sc->flow_bytes,
			    k ? l->n - 1 : SIM_NO_FLOW);
}

/*
 * The all-reduce of R. Rabenseifner: in log2 n steps everybody exchanges half of what it still
 * holds with the chip half as far away as the step before, then the same back, twice as far and
 * twice as much. A step begins at a chip when its partner's part of the step before is there.
 */
static void halving_doubling(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint32_t steps = 0, before = 0;

	while (2u << steps <= n)
		steps++;
	for (uint32_t k = 0; k < 2 * steps; k++) {
		uint32_t level = k < steps ? k : 2 * steps - 1 - k, far = n >> (level + 1);
		uint32_t last = k == steps ? far : k < steps ? 2 * far : far / 2;

		for (uint32_t r = 0; r < n; r++)
			sim_flow_add(l, r, r ^ far, sc->bytes >> (level + 1),
			    k ? before + (r ^ last) : SIM_NO_FLOW);
		before = l->n - n;
	}
}

/* Whole bytes, at least one; bounded, as a flow is. */
static uint64_t exponential(uint64_t random, double mean)
{
	double bytes = -log(1 - sim_share(random)) * mean + 0.5;

	if (bytes < 1)
		return 1;
	return bytes < (double)SIM_FLOW_BYTES_MAX ? (uint64_t)bytes : SIM_FLOW_BYTES_MAX;
}

static bool from_table(const struct sim_scenario *sc)
{
	return sc->sizes != SIM_SIZES_FIXED && sc->sizes != SIM_SIZES_EXPONENTIAL;
}

uint64_t sim_flow_size(const struct sim_scenario *sc, uint64_t random)
{
	if (from_table(sc))
		return sim_sizes_draw((enum sim_sizes)sc->sizes, sim_share(random));
	if (sc->sizes == SIM_SIZES_EXPONENTIAL)
		return exponential(random, (double)sc->flow_bytes);
	return sc->flow_bytes;
}

/*
 * Flows from anywhere to anywhere else, or to one chip, at times of a Poisson process that loads
 * the links of those that receive as much as is asked for, payload alone counted.
 */
void sim_poisson(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n,
		 enum sim_purpose what)
{
	uint64_t state = sim_key(sc->pattern_seed ? sc->pattern_seed : sc->seed, what);
	double mean = from_table(sc) ? sim_sizes_mean((enum sim_sizes)sc->sizes) :
		      (double)sc->flow_bytes;
	uint32_t receivers = sc->receivers == SIM_TO_ONE ? 1 : n;
	double bytes_per_ps = (double)(sc->host_gbps * sc->planes) / 8000 * receivers *
			      (double)sc->load_percent / 100;
	double gap = mean / bytes_per_ps, now = 0;

	for (uint64_t i = 0; i < sc->flow_count; i++) {
		uint32_t src = sim_below(draw(&state), n), dst = sim_below(draw(&state), n - 1);
		uint64_t bytes = sc->flow_bytes;

		if (sc->sizes != SIM_SIZES_FIXED)
			bytes = sim_flow_size(sc, draw(&state));
		now += -log(1 - sim_share(draw(&state))) * gap;
		if (receivers == 1)
			sim_flow_add(l, dst + 1, 0, bytes, SIM_NO_FLOW)->start = (sim_time)now;
		else
			sim_flow_add(l, src, dst < src ? dst : dst + 1, bytes, SIM_NO_FLOW)->start =
				(sim_time)now;
	}
}

/*
 * Every chip sends a small message each period to one that it keeps to, or all to chip 0; each from
 * a time of its own within the first period.
 */
static void edge(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t n)
{
	uint64_t state = sim_key(sc->pattern_seed ? sc->pattern_seed : sc->seed, SIM_FOR_FLOWS);
	sim_time period = sc->period_us * SIM_US;
	bool one = sc->receivers == SIM_TO_ONE;

	for (uint32_t c = one; c < n; c++) {
		sim_time at = draw(&state) % period;
		uint32_t dst = sim_below(draw(&state), n - 1);

		dst = one ? 0 : dst < c ? dst : dst + 1;
		for (uint64_t i = 0; i < sc->requests; i++)
			sim_flow_add(l, c, dst, sim_flow_size(sc, draw(&state)),
				     SIM_NO_FLOW)->start = at + i * period;
	}
}

static int make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		char why[SIM_WHY_MAX])
{
	switch ((enum sim_workload)sc->workload) {
	case SIM_WORK_PERMUTATION:
		permutation(l, sc, chips);
		return 0;
	case SIM_WORK_INCAST:
		incast(l, sc, chips);
		return 0;
	case SIM_WORK_ALL_TO_ALL:
		return all_to_all(l, sc, chips, why);
	case SIM_WORK_RING_FLOWS:
		ring(l, sc, chips);
		return 0;
	case SIM_WORK_HALVING:
		halving_doubling(l, sc, chips);
		return 0;
	case SIM_WORK_POISSON:
		sim_poisson(l, sc, chips, SIM_FOR_FLOWS);
		return 0;
	case SIM_WORK_FLOWS:
		return sim_flow_file_read(l, sc->flows_file, chips, why);
	case SIM_WORK_TREE:
	case SIM_WORK_DOUBLE_TREE:
	case SIM_WORK_HIERARCHICAL:
	case SIM_WORK_RING_ALLREDUCE:
		return sim_tasks_make(l, sc, chips, why);
	case SIM_WORK_STORAGE:
	case SIM_WORK_DISPATCH:
		return sim_requests_make(l, sc, chips, why);
	case SIM_WORK_EDGE:
		edge(l, sc, chips);
		return 0;
	case SIM_WORK_GOAL:
		return sim_goal_read(l, sc, chips, why);
	case SIM_WORK_CHAKRA:
		return sim_chakra_read(l, sc, chips, why);
	case SIM_WORK_ALL_TO_ALL_V:
		return sim_all_to_all_v(l, sc, chips, why);
	}
	snprintf(why, SIM_WHY_MAX, "workload.kind: not a list of flows");
	return -1;
}

int sim_flow_list_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		       char why[SIM_WHY_MAX])
{
	int err;

	memset(l, 0, sizeof(*l));
	err = make(l, sc, chips, why);
	if (!err && !l->tasks)		/* graphs have it before they are closed */
		sim_background_add(l, sc, chips);
	for (uint32_t i = 0; sc->divide && i < l->n; i++) {
		uint64_t few = l->flow[i].bytes / sc->divide;

		if (few < sc->payload_bytes)
			few = sc->payload_bytes;
		if (few < l->flow[i].bytes)
			l->flow[i].bytes = few;
	}
	return err;
}

void sim_flow_list_fini(struct sim_flow_list *l)
{
	free(l->request);
	free(l->flow);
	sim_tasks_free(l->tasks);
	memset(l, 0, sizeof(*l));
}
