/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run from a scenario to its results. What results are shown as is report.c's and page.c's.
 */
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include "sim/closed.h"
#include "sim/collective.h"
#include "sim/fabric.h"
#include "sim/flows.h"
#include "sim/pcap.h"
#include "sim/scenario.h"

/* What one tier of links did. */
struct sim_tier_sum {
	uint32_t links;
	uint64_t sent_pkts, sent_bytes, dropped_pkts, marked_pkts, trimmed_pkts;
	uint64_t sent_bytes_max;	/* of the busiest link */
	uint32_t queue_max;		/* bytes waiting at the worst port */
	double use_mean, use_max;	/* share of the time in which links were sending */
	double queue_mean;	/* bytes waiting at all its ports together */
	uint64_t queue_p99;		/* depth not exceeded 99 % of the port-time */
};

static inline bool sim_is_ring(const struct sim_scenario *sc)
{
	return sc->workload == SIM_WORK_RING_ALLREDUCE;
}

struct sim_experiment {
	struct sim_scenario sc;
	struct sim sim;
	struct sim_hosts *hosts;	/* the workload's */
	struct sim_ring ring;		/* ring all-reduce */
	struct sim_ring_form ideal;
	struct sim_flows flows;		/* the other workloads */
	struct sim_flow_sum sum;

	bool ok;
	char error[SIM_WHY_MAX];	/* why not */
	sim_time began, took;		/* from the first posting to the last chunk's arrival, or
					 * to the last flow's end */
	sim_time over;			/* when everything was acknowledged */
	sim_time quiet;			/* when nothing more was to happen */
	double ratio;			/* ring: took / ideal.total */
	uint64_t hash;			/* over everything that happened and came out */
	sim_time warm;			/* means over time begin here */
	uint64_t *sent_warm;		/* bytes sent by each port until then, or NULL */
	uint64_t waiting_warm[SIM_TIERS];
	struct sim_tier_sum tier[SIM_TIERS];
	struct weft_stats engine;	/* of all contexts */
	double setup_s, wall_s;		/* real time, in all: not part of the result */
};

/* Called now and then while a run goes, with the share of the steps that are done. */
typedef void sim_progress(void *ctx, const struct sim *sim, double share);

/*
 * Runs `sc`. `trace` may be NULL, `progress` too. The experiment is the caller's, to be released
 * with sim_experiment_fini() in any case. Returns 0, or -1 with x->error saying what went wrong.
 */
int sim_experiment(struct sim_experiment *x, const struct sim_scenario *sc,
		   struct sim_pcap *trace, sim_progress *progress, void *progress_ctx);
void sim_experiment_fini(struct sim_experiment *x);

#endif
