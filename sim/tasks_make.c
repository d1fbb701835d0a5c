/* SPDX-License-Identifier: BSD-2-Clause */
/* See tasks_make.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/collective.h"
#include "sim/requests.h"
#include "sim/tasks_make.h"
#include "sim/util.h"

struct ends {			/* of a message: tasks */
	uint32_t send, recv;
};

static void after(struct sim_maker *m, uint32_t task, uint32_t on)
{
	if (on != SIM_NO_TASK)
		sim_task_after(m->l->tasks, task, on, false);
}

static struct ends message(struct sim_maker *m, uint32_t from, uint32_t to, uint64_t bytes)
{
	struct ends e;

	sim_task_message(m->l, m->place[from], m->place[to], bytes, &e.send, &e.recv);
	return e;
}

/* What `rank` has got is dealt with: added up, or passed on as it is. */
static uint32_t dealt_with(struct sim_maker *m, uint32_t rank, uint32_t recv, uint64_t bytes,
			   bool add)
{
	sim_time takes = m->sc->turnaround_ns * SIM_NS;
	uint32_t calc;

	if (add && m->sc->reduce_gbps)
		takes += bytes * 8000 / m->sc->reduce_gbps;
	if (!takes)
		return recv;
	calc = sim_task_calc(m->l->tasks, m->place[rank], takes, 0);
	after(m, calc, recv);
	return calc;
}

void sim_make_ring(struct sim_maker *m, const uint32_t *member, uint32_t n, uint64_t bytes,
		   uint32_t steps, uint32_t adds)
{
	uint32_t *got = sim_zalloc(n, sizeof(*got));

	for (uint32_t k = 0; k < steps; k++) {
		for (uint32_t i = 0; i < n; i++) {
			uint32_t to = (i + 1) % n;
			struct ends e = message(m, member[i], member[to], bytes);

			after(m, e.send, m->last[member[i]]);
			got[to] = dealt_with(m, member[to], e.recv, bytes, k < adds);
		}
		for (uint32_t i = 0; i < n; i++)
			m->last[member[i]] = got[i];
	}
	free(got);
}

/* Each sends `bytes` to the one whose number differs in the bit `d`, and gets as much. */
static void exchange(struct sim_maker *m, const uint32_t *member, uint32_t n, uint32_t d,
		     uint64_t bytes, bool add)
{
	uint32_t *got = sim_zalloc(n, sizeof(*got));

	for (uint32_t i = 0; i < n; i++) {
		uint32_t to = member[i ^ d];
		struct ends e = message(m, member[i], to, bytes);

		after(m, e.send, m->last[member[i]]);
		got[i ^ d] = dealt_with(m, to, e.recv, bytes, add);
	}
	for (uint32_t i = 0; i < n; i++)
		m->last[member[i]] = got[i];
	free(got);
}

void sim_make_halving(struct sim_maker *m, const uint32_t *member, uint32_t n, uint64_t bytes)
{
	for (uint32_t d = n / 2; d; d /= 2)
		exchange(m, member, n, d, bytes /= 2, true);
	for (uint32_t d = 1; d < n; d *= 2, bytes *= 2)
		exchange(m, member, n, d, bytes, false);
}

/* ---- trees: numbers are in order from left to right, 0 is above the largest power of two ---- */

static uint32_t lowest_bit(uint32_t v)
{
	return v & -v;
}

/* The lower the lowest bit that is set, the further down. */
static uint32_t parent_of(uint32_t v, uint32_t n)
{
	uint32_t bit = lowest_bit(v), left = v ^ bit, up = left | bit << 1;

	return up < n ? up : left;
}

/* In the mirrored tree others are leaves: all others, if ranks are even in number. */
static uint32_t rank_of(uint32_t v, uint32_t n, unsigned how)
{
	if (!(how & SIM_TREE_MIRRORED))
		return v;
	return n % 2 ? (v + 1) % n : n - 1 - v;
}

struct node {
	uint32_t got[2];	/* from its children, dealt with */
	uint32_t n;
	uint32_t has;		/* it has the result */
};

static void go_up(struct sim_maker *m, uint64_t bytes, unsigned how, struct node *node,
		  const uint32_t *back)
{
	for (uint32_t bit = 1; bit < m->n; bit <<= 1)
		for (uint32_t v = bit; v < m->n; v += 2 * bit) {
			uint32_t up = parent_of(v, m->n), rank = rank_of(v, m->n, how);
			uint32_t to = rank_of(up, m->n, how);
			struct ends e = message(m, rank, to, bytes);

			after(m, e.send, m->last[rank]);
			if (back && !node[v].n)
				after(m, e.send, back[rank]);
			for (uint32_t i = 0; i < node[v].n; i++)
				after(m, e.send, node[v].got[i]);
			node[up].got[node[up].n++] = dealt_with(m, to, e.recv, bytes, true);
		}
}

static void go_down(struct sim_maker *m, uint64_t bytes, unsigned how, struct node *node,
		    uint32_t *back)
{
	uint32_t top = 1;

	while (2 * top < m->n)
		top *= 2;
	node[0].has = node[0].n ? node[0].got[0] : SIM_NO_TASK;	/* the root has one child */
	for (uint32_t bit = top; bit; bit >>= 1)
		for (uint32_t v = bit; v < m->n; v += 2 * bit) {
			uint32_t up = parent_of(v, m->n), from = rank_of(up, m->n, how);
			uint32_t rank = rank_of(v, m->n, how);
			struct ends e = message(m, from, rank, bytes);

			after(m, e.send, m->last[from]);
			after(m, e.send, node[up].has);
			node[v].has = dealt_with(m, rank, e.recv, bytes, false);
			if (back)
				back[rank] = node[v].has;
		}
}

void sim_make_tree(struct sim_maker *m, uint64_t bytes, unsigned how, uint32_t *back)
{
	struct node *node = sim_zalloc(m->n, sizeof(*node));

	if (how & SIM_TREE_REDUCE)
		go_up(m, bytes, how, node, back);
	if (how & SIM_TREE_BROADCAST && m->n > 1)
		go_down(m, bytes, how, node, back);
	free(node);
}

/*
 * `bytes` up and down one tree, chunk by chunk; leaves are no more than workload.ahead chunks ahead
 * of what comes back, so that what goes up leaves room for what comes down.
 */
static void tree(struct sim_maker *m, uint64_t bytes, unsigned how)
{
	uint64_t chunk = m->sc->chunk_bytes ? m->sc->chunk_bytes : bytes;
	uint64_t chunks = chunk ? (bytes + chunk - 1) / chunk : 0, ahead = m->sc->ahead;
	uint32_t *back;

	ahead = ahead && ahead < chunks ? ahead : chunks;
	back = sim_zalloc(ahead * m->n, sizeof(*back));
	memset(back, 0xff, ahead * m->n * sizeof(*back));
	for (uint64_t k = 0; k < chunks; k++) {
		uint64_t left = bytes - k * chunk;

		sim_make_tree(m, left < chunk ? left : chunk,
			      how | SIM_TREE_REDUCE | SIM_TREE_BROADCAST, &back[k % ahead * m->n]);
	}
	free(back);
}

static void double_tree(struct sim_maker *m)
{
	tree(m, m->sc->bytes / 2, 0);
	tree(m, m->sc->bytes - m->sc->bytes / 2, SIM_TREE_MIRRORED);
}

/* ---- the others ------------------------------------------------------------------------ */

static uint32_t group_of(const struct sim_scenario *sc)
{
	return (uint32_t)(sc->group ? sc->group : sc->hosts_per_leaf);
}

static void in_groups(struct sim_maker *m, uint32_t group, uint32_t *member, bool add)
{
	for (uint32_t from = 0; from < m->n; from += group) {
		for (uint32_t i = 0; i < group; i++)
			member[i] = from + i;
		sim_make_ring(m, member, group, m->sc->bytes / group, group - 1,
			      add ? group - 1 : 0);
	}
}

static void hierarchical(struct sim_maker *m)
{
	uint32_t group = group_of(m->sc), groups = m->n / group;
	uint32_t *member = sim_zalloc(m->n, sizeof(*member));

	in_groups(m, group, member, true);
	for (uint32_t place = 0; place < group; place++) {
		for (uint32_t i = 0; i < groups; i++)
			member[i] = i * group + place;
		if (m->sc->across == SIM_ACROSS_HALVING)
			sim_make_halving(m, member, groups, m->sc->bytes / group);
		else
			sim_make_ring(m, member, groups, m->sc->bytes / m->n, 2 * (groups - 1),
				      groups - 1);
	}
	in_groups(m, group, member, false);
	free(member);
}

void sim_make_end(struct sim_maker *m, uint32_t first)
{
	struct sim_tasks *t = m->l->tasks;
	uint32_t *end = sim_zalloc(t->chips, sizeof(*end)), n = t->n;

	for (uint32_t r = 0; r < m->n; r++) {
		uint32_t task = sim_task_calc(t, m->place[r], 0, 0);

		after(m, task, m->last[r]);
		end[m->place[r]] = m->last[r] = task;
	}
	for (uint32_t i = first; i < n; i++)
		sim_task_after(t, end[t->task[i].chip], i, false);
	free(end);
}

/* As collective.c does it: what is added up takes no time. */
static void ring(struct sim_maker *m)
{
	uint32_t *member = sim_zalloc(m->n, sizeof(*member));

	for (uint32_t i = 0; i < m->n; i++)
		member[i] = i;
	sim_make_ring(m, member, m->n, m->sc->bytes / m->n, 2 * (m->n - 1), 0);
	free(member);
}

static void compute(struct sim_maker *m)
{
	for (uint32_t r = 0; r < m->n && m->sc->compute_us; r++) {
		uint32_t task = sim_task_calc(m->l->tasks, m->place[r],
					      m->sc->compute_us * SIM_US, 0);

		after(m, task, m->last[r]);
		m->last[r] = task;
	}
}

static void one_round(struct sim_maker *m)
{
	uint32_t first;

	compute(m);
	first = m->l->tasks->n;
	if (m->sc->workload == SIM_WORK_TREE)
		tree(m, m->sc->bytes, 0);
	else if (m->sc->workload == SIM_WORK_HIERARCHICAL)
		hierarchical(m);
	else
		double_tree(m);
	sim_make_end(m, first);
}

/* What the scenario alone does not know if its fabric comes from a file. */
static int check(const struct sim_scenario *sc, uint32_t chips, char why[SIM_WHY_MAX])
{
	uint32_t group = group_of(sc);
	bool whole = chips % group == 0 && sc->bytes % chips == 0;

	if (sc->workload == SIM_WORK_RING_ALLREDUCE)
		return sim_scenario_check_ring(sc, chips, why);
	if (sc->workload != SIM_WORK_HIERARCHICAL)
		return 0;
	if (whole && (sc->across != SIM_ACROSS_HALVING ||
		      !(chips / group & (chips / group - 1))))
		return 0;
	if (whole) {
		snprintf(why, SIM_WHY_MAX, "workload.across: halving-doubling is for a number of "
			 "groups that is a power of two; there are %u", chips / group);
		return -1;
	}
	snprintf(why, SIM_WHY_MAX, "hierarchical: %u chips in groups of %u (workload.group; 0: "
		 "topology.hosts_per_leaf), workload.bytes %llu: the groups must be whole, the "
		 "bytes a multiple of the chips", chips, group, (unsigned long long)sc->bytes);
	return -1;
}

int sim_tasks_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		   char why[SIM_WHY_MAX])
{
	struct sim_maker m = { .l = l, .sc = sc, .n = chips };
	uint32_t *place, task;
	int err;

	if (check(sc, chips, why))
		return -1;
	sim_tasks_new(l, chips);
	m.place = place = sim_placement(sc, chips);
	m.last = sim_zalloc(chips, sizeof(*m.last));
	memset(m.last, 0xff, chips * sizeof(*m.last));
	if (sc->workload == SIM_WORK_RING_ALLREDUCE)
		ring(&m);
	for (uint64_t i = 0; i < sc->rounds && sc->workload != SIM_WORK_RING_ALLREDUCE; i++)
		one_round(&m);
	sim_background_add(l, sc, chips);
	err = sim_tasks_close(l, &task, why);
	free(place);
	free(m.last);
	return err;
}
