/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collectives as graphs of tasks (tasks.h), for a scenario and for the collectives of traces.
 *
 * Tree: reduce and broadcast over one binary tree; double tree: half of the vector over each of two
 * whose inner nodes are the other's leaves (P. Sanders, J. Speck, J. L. Traeff, "Two-tree
 * algorithms for full bandwidth broadcast, reduction and scan", 2009). The vector goes in chunks,
 * each as soon as it can.
 *
 * Hierarchical: a ring reduce-scatter in each group, an all-reduce among those of each place over
 * all groups, by a ring or by halving and doubling, and a ring all-gather in each group.
 */
#ifndef SIM_TASKS_MAKE_H
#define SIM_TASKS_MAKE_H

#include "sim/tasks.h"

/* A collective of ranks 0 to n - 1, which are on chips place[]. */
struct sim_maker {
	struct sim_flow_list *l;
	const struct sim_scenario *sc;
	uint32_t n;
	const uint32_t *place;
	uint32_t *last;		/* rank -> task that its next one waits for, or SIM_NO_TASK */
};

/*
 * `steps` steps in which each of the `n` ranks in member[] sends `bytes` to the next of them, once
 * what it got in the step before is dealt with; what it gets in the first `adds` it adds up.
 */
void sim_make_ring(struct sim_maker *m, const uint32_t *member, uint32_t n, uint64_t bytes,
		   uint32_t steps, uint32_t adds);

/*
 * An all-reduce of `bytes` among the `n` ranks in member[], a power of two that divides them: in
 * each step the halves of what is left are exchanged and added up, and then the other way round.
 */
void sim_make_halving(struct sim_maker *m, const uint32_t *member, uint32_t n, uint64_t bytes);

enum sim_tree { SIM_TREE_REDUCE = 1, SIM_TREE_BROADCAST = 2, SIM_TREE_MIRRORED = 4 };

/*
 * A chunk up the tree to its root, or down from there, or both; `how`: enum sim_tree. `last` stays.
 * `back`, if it is not NULL: of each rank, in: what it waits for as a leaf, SIM_NO_TASK for
 * nothing; out: the task by which it has the chunk.
 */
void sim_make_tree(struct sim_maker *m, uint64_t bytes, unsigned how, uint32_t *back);

/* Rank r's last[] becomes the end of all its tasks from number `first` on. */
void sim_make_end(struct sim_maker *m, uint32_t first);

/* Makes flows and tasks of the scenario's collective. Returns 0, or -1 and why. */
int sim_tasks_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		   char why[SIM_WHY_MAX]);

#endif
