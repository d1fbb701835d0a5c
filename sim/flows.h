/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workload: a list of flows (flow_list.h). A flow is one WRITE; it begins when it is due and ends
 * when its sender has the peer's word that all is in memory. Chips that exchange flows are
 * connected before the first one is due.
 */
#ifndef SIM_FLOWS_H
#define SIM_FLOWS_H

#include "sim/flow_list.h"
#include "sim/host.h"
#include "sim/requests.h"

struct sim_flow_chip {
	uint32_t due;		/* flows to come, in order of time; SIM_NO_FLOW */
	uint32_t pairs;		/* the next of its pairs to connect, by `next`; SIM_NO_FLOW */
};

struct sim_flows {
	struct sim_hosts hosts;
	const struct sim_scenario *sc;
	struct sim_flow_list list;
	struct sim_flow_chip *chip;
	struct sim_flow_pair *pair;	/* (src, dst) -> stream; open-addressed */
	uint32_t pairs, pairs_size;
	uint32_t deepest;		/* flows of the pair that has most */
	uint32_t ends;			/* ends of streams that are connected, two a pair */
	uint32_t key;			/* of every chip's region */
	uint64_t region;		/* its bytes */
	sim_time connected;		/* the latest time at which an end was */
	sim_time start;			/* flows count their time from here; 0: not connected yet */
	sim_time end;			/* the last flow has ended */
	sim_time own_end;		/* of tasks: the last that is not of the background */
	uint64_t bytes;			/* of all flows */
	uint32_t own;			/* flows that are not of the background */
	uint64_t own_bytes;		/* theirs */
	uint32_t all, left;		/* flows, or tasks: how many, and that have not ended */
	bool told;			/* of a team: it knows that all have */
	struct sim_bare *bare;		/* carries flows out instead of the engine, or NULL */
	char error[SIM_WHY_MAX];	/* empty, or why the run failed */
};

/* Flow completion times, and how many times the ideal they are, over all flows. */
struct sim_flow_sum {
	uint32_t flows;
	double mean, p50, p95, p99, max;	/* ps */
	sim_time makespan;	/* from the first flow's beginning to the last's end; of tasks:
				 * from the beginning to the last one's end */
	double slow_mean, slow_p50, slow_p99, slow_max;
	double wait_mean;	/* ps, beyond the ideal */
	double jain;		/* index of the flows' rates */
	sim_time chain;		/* of the longest chain of flows or tasks, each ideal */
	sim_time link;		/* of the busiest chip's link, to send or to receive all */
	sim_time ideal;		/* the longer of the two: what the makespan cannot be below */
	uint32_t inexact;	/* flows that did not take their ideal time */
	double goodput_gbps;			/* all bytes by the makespan */
	uint32_t missed;	/* workload.deadline_us */
	uint32_t beside;	/* background flows that have ended; none of them is in the above */
	double beside_mean, beside_p99;		/* ps */
	struct sim_request_sum reads, writes;
};

extern const struct sim_work_ops sim_flows_ops;	/* their context is the struct sim_flows */

/*
 * Makes chips on `sim`, which was initialised with sim_engine_ops and `&f->hosts`, and has them
 * connect. Splits it as the scenario says, if `split` and no flow waits for one of another chip.
 * sim->done is set when every flow has ended. Returns 0, or -1 with f->error.
 */
int sim_flows_init(struct sim_flows *f, struct sim *sim, const struct sim_scenario *sc,
		   bool split);
void sim_flows_fini(struct sim_flows *f);

/* For tasks: a flow that is due is posted. */
void sim_flow_begin(struct sim_flows *f, uint32_t flow);

/*
 * For other transports than the engine: a flow is all there, of a list with tasks; it has ended,
 * its sender knows; a chip's alarm, flows may be due.
 */
void sim_flow_arrived(struct sim_flows *f, uint32_t flow);
void sim_flow_ended(struct sim_flows *f, uint32_t flow);
void sim_flows_due(struct sim_flows *f, uint32_t chip);

/* After a run: has every flow ended? Returns 0, or -1 with f->error naming those that have not. */
int sim_flows_check(struct sim_flows *f);

/* What a flow takes on an empty fabric: its packets, and the way back of a shortest frame. */
sim_time sim_flow_ideal(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst, uint64_t bytes);

void sim_flows_sum(const struct sim_flows *f, struct sim_flow_sum *out);

#endif
