/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run from a scenario to its results. What results are shown as is report.c's and page.c's.
 */
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include "sim/closed.h"
#include "sim/codec.h"
#include "sim/collective.h"
#include "sim/fabric.h"
#include "sim/flows.h"
#include "sim/pcap.h"
#include "sim/scenario.h"
#include "sim/team.h"
#include "sim/watch.h"

/* What one tier of links did. */
struct sim_tier_sum {
	uint32_t links;
	uint64_t sent_pkts, sent_bytes, dropped_pkts, marked_pkts, trimmed_pkts;
	uint64_t sent_bytes_max;	/* of the busiest link */
	uint32_t queue_max;		/* bytes waiting at the worst port */
	double use_mean, use_max;	/* share of the time in which links were sending */
	double queue_mean;	/* bytes waiting at all its ports together */
	uint64_t pauses;		/* lanes.h: times that a class of a link was paused */
	sim_time paused, paused_max;	/* for how long, in all and at the worst port */
	uint64_t queue_p99;		/* depth not exceeded 99 % of the port-time */
};

/* What one plane did. */
struct sim_plane_sum {
	uint64_t bytes;		/* sent to chips */
	uint64_t dropped_pkts, lost_pkts;
};

/* What one process of several did. All words: they are summed. Times are the processor's. */
struct sim_work {
	uint64_t parts, events, hops, stretches;
	uint64_t crossed_pkts, crossed_bytes;	/* sent to other processes */
	uint64_t cpu_us;		/* in all */
	uint64_t run_us, exchange_us;	/* of the run; of that, giving, taking and waiting */
	uint64_t longest_us;		/* of the one that took longest in each stretch, summed */
	uint64_t memory_kib;		/* the most it ever had */
};

/* Does collective.c do it? With something beside it a ring is a graph of tasks. */
static inline bool sim_is_ring(const struct sim_scenario *sc)
{
	return sc->workload == SIM_WORK_RING_ALLREDUCE && !sc->background_load;
}

/* How far the fluid is from packets, on flows with fewer bytes: transport.fluid_check. */
struct sim_fluid_error {
	sim_time packets, fluid;	/* makespans; 0: not measured */
	char why[SIM_WHY_MAX];		/* empty, or why packets did not come to an end */
};

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
	double ratio;			/* to the ideal: took / ideal.total, or sum's */
	uint64_t hash;			/* over everything that happened and came out */
	sim_time warm;			/* means over time begin here */
	uint64_t *sent_warm;		/* bytes sent by each port until then, or NULL */
	uint64_t waiting_warm[SIM_TIERS];
	struct sim_tier_sum tier[SIM_TIERS];
	struct sim_plane_sum plane[8];
	uint32_t buffer_max;		/* lanes.h: bytes held by the switch that held most */
	struct sim_nic_sum nic;		/* if hosts->nic */
	struct sim_fluid_error fluid;	/* of SIM_TRANSPORT_FLUID */
	struct sim_watch watch;		/* path states over time */
	struct sim_codec codec;		/* run.check_codec */
	const struct sim_extras *extras;	/* what is done beside the run, or NULL */
	uint32_t snapshots;		/* of extras->at: taken */
	struct weft_stats engine;	/* of all contexts */
	double setup_s, wall_s;		/* real time, in all: not part of the result */
	struct sim_work *work;		/* of each process of a team, or NULL */
	uint32_t works;
	uint64_t run_us;
	bool refused;			/* what was asked for cannot be: nothing has run */
};

/* The most memory that this process ever had. */
uint64_t sim_memory_kib(void);

/* Called now and then while a run goes, with the share of the steps that are done. */
typedef void sim_progress(void *ctx, const struct sim *sim, double share);

/* What a run does for people beside running; all of it may be nothing. It changes no result. */
struct sim_extras {
	struct sim_pcap *trace;
	sim_progress *progress;
	void *progress_ctx;
	const sim_time *at;	/* `ats` simulated times, in order: `snapshot` is called then, */
	uint32_t ats;		/* unless the run is over before */
	void (*snapshot)(void *ctx, const struct sim_experiment *x, sim_time at);
	void *snapshot_ctx;
};

int sim_experiment_with(struct sim_experiment *x, const struct sim_scenario *sc,
			const struct sim_extras *extras);

/*
 * Runs `sc`. `trace` may be NULL, `progress` too. The experiment is the caller's, to be released
 * with sim_experiment_fini() in any case. Returns 0, or -1 with x->error saying what went wrong.
 */
int sim_experiment(struct sim_experiment *x, const struct sim_scenario *sc,
		   struct sim_pcap *trace, sim_progress *progress, void *progress_ctx);
/*
 * The same as one of several processes, which all have to call it alike; `team` is its own. All get
 * the same results, and what was counted of single contexts only the process that has them. Of
 * `extras`, which may be NULL, only the progress counts: that of this process's chips.
 */
int sim_experiment_team(struct sim_experiment *x, const struct sim_scenario *sc,
			struct sim_team *team, const struct sim_extras *extras);
void sim_experiment_fini(struct sim_experiment *x);

#endif
