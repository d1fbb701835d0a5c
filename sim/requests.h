/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workloads of requests: who asks has so many open at a time, and each is a few messages and some
 * work at the other end. Made as graphs of tasks (tasks.h).
 *
 *	storage		like NVMe over Fabrics: the command; for a read the device's time, data and
 *			completion; for a write the target's word that it has room, the data, the
 *			device's time, the completion
 *	dispatch	a processor gives work to its accelerators: input and command, the kernel's
 *			time, the completion
 *
 * And what goes on beside a workload: background flows.
 */
#ifndef SIM_REQUESTS_H
#define SIM_REQUESTS_H

#include "sim/flow_list.h"

/* A request's messages, by flow. */
struct sim_request {
	uint32_t first;		/* it begins when that does, */
	uint32_t data, last;	/* and ends when both of these are there */
	bool write;		/* data goes from the one who asks */
};

struct sim_request_sum {
	uint32_t n, missed;	/* ended; later than workload.deadline_us, or never */
	double mean, p50, p99, max;	/* ps */
};

/* Makes flows and tasks of the scenario's requests. Returns 0, or -1 and why. */
int sim_requests_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		      char why[SIM_WHY_MAX]);

/*
 * Adds what goes on beside a workload, as tasks or flows; before a graph is closed. Returns how
 * many flows these are.
 */
uint32_t sim_background_add(struct sim_flow_list *l, const struct sim_scenario *sc,
			    uint32_t chips);

struct sim_flows;

/* Of a team, after the run: all know when messages arrived. */
void sim_requests_gather(struct sim_flows *f);

/* After a run: reads, or writes. */
void sim_requests_sum(const struct sim_flows *f, bool write, struct sim_request_sum *out);

#endif
