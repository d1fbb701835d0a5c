/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of flows: who sends how much to whom, when, or after which other flow; made by a pattern or
 * read from a file (flow_file.c). How flows are carried out is flows.c's.
 */
#ifndef SIM_FLOW_LIST_H
#define SIM_FLOW_LIST_H

#include "sim/event.h"
#include "sim/rng.h"
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
	bool background;	/* goes on beside the workload, whose results are without it */
};

#define SIM_FLOW_BYTES_MAX ((uint64_t)1 << 30)	/* a flow is one message */

struct sim_tasks;
struct sim_request;

struct sim_flow_list {
	struct sim_flow *flow;
	uint32_t n, size;
	struct sim_tasks *tasks;	/* they say when flows begin (tasks.h); NULL: flows do */
	struct sim_request *request;	/* requests.h: of workloads that are made of them */
	uint32_t requests;
};

/*
 * Makes the list that the scenario asks for, for `chips` chips. Returns 0, or -1 and why: file,
 * line, what is wrong. Release it with sim_flow_list_fini() in any case.
 */
int sim_flow_list_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		       char why[SIM_WHY_MAX]);
void sim_flow_list_fini(struct sim_flow_list *l);

/* One more flow, from time 0 on or after that of index `after`; its id is its number. */
struct sim_flow *sim_flow_add(struct sim_flow_list *l, uint32_t src, uint32_t dst, uint64_t bytes,
			      uint32_t after);

/* Flows of a Poisson process, as the scenario says; `what` (rng.h) keeps its draws apart. */
void sim_poisson(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		 enum sim_purpose what);

/* A size of the scenario's distribution, from 64 random bits. */
uint64_t sim_flow_size(const struct sim_scenario *sc, uint64_t random);

/* flow_matrix.c: the flows of an all-to-all-v. Returns 0, or -1 and why. */
int sim_all_to_all_v(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		     char why[SIM_WHY_MAX]);

/* flow_file.c: appends the flows of a file. Returns 0, or -1 and why. */
int sim_flow_file_read(struct sim_flow_list *l, const char *path, uint32_t chips,
		       char why[SIM_WHY_MAX]);

#endif
