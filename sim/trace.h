/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces of programs, as graphs of tasks (tasks.h): GOAL's text (goal.c) and Chakra's execution
 * traces (chakra.c, chakra_pb.c, chakra_json.c). Rank r is on the r-th chip of the placement.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "sim/tasks.h"
#include "sim/util.h"

/*
 * Make the flows and tasks of the scenario's trace, workload.file. Return 0, or -1 and why: file,
 * line or node, what is wrong.
 */
int sim_goal_read(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		  char why[SIM_WHY_MAX]);

int sim_chakra_read(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		    char why[SIM_WHY_MAX]);

/*
 * GOAL's, of a text of `n` bytes, and a zero behind them; place[] has `chips` chips. at->line moves
 * to what is wrong. Tasks keep nothing of the text. Beside them goes the background of `sc`, unless
 * that is NULL.
 */
int sim_goal_parse(struct sim_flow_list *l, struct sim_spot *at, const char *text, size_t n,
		   const uint32_t *place, uint32_t chips, const struct sim_scenario *sc);

#endif
