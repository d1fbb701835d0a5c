/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of flows: who sends how much to whom, when, or after which other flow; made by a pattern or
 * read from a file. How flows are carried out is flows.c's.
 *
 * A file has a flow a line, `id src dst bytes start_ps after_id`; '#' begins a comment. after_id 0
 * is none; otherwise start_ps counts from when the sender of that flow has had it acknowledged.
 * Commas do as well as spaces, and a first line `id,src,...` is passed over, so a CSV will do.
 */
#ifndef SIM_FLOW_LIST_H
#define SIM_FLOW_LIST_H

#include "sim/event.h"
#include "sim/scenario.h"

#define SIM_NO_FLOW UINT32_MAX

enum sim_flow_state {
	SIM_FLOW_WAITS,		/* for its time, or for another flow */
	SIM_FLOW_QUEUED,	/* due, but its stream's send queue is full */
	SIM_FLOW_GOES,		/* posted */
	SIM_FLOW_DONE		/* acknowledged */
};

struct sim_flow {
	uint64_t id;		/* the list's */
	uint64_t bytes;
	sim_time start;		/* since the beginning, or since the end of `after` */
	sim_time begun, ended;	/* due, and acknowledged; since the run began */
	uint32_t src, dst;	/* chips */
	uint32_t after;		/* index, or SIM_NO_FLOW */
	uint32_t child, sibling; /* flows that begin after this one; SIM_NO_FLOW */
	uint32_t next;		/* in its chip's list of those to come, or its stream's queue */
	uint8_t state;		/* enum sim_flow_state */
};

struct sim_flow_list {
	struct sim_flow *flow;
	uint32_t n, size;
};

/*
 * Makes the list that the scenario asks for, for `chips` chips. Returns 0, or -1 and why: file,
 * line, what is wrong. Release it with sim_flow_list_fini() in any case.
 */
int sim_flow_list_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		       char why[SIM_WHY_MAX]);
void sim_flow_list_fini(struct sim_flow_list *l);

#endif
