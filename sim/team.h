/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run by several processes. Each builds the whole scenario and runs the parts that are its own
 * (sim_split()), a stretch of time after the other, in step with the others: no packet that begins
 * to be sent within a stretch is at the far end of a link between parts before it is over, so it is
 * enough that processes exchange what has crossed at its end. Which process runs a part changes
 * nothing of what happens there.
 *
 * Here: which parts are whose, what crosses, and when the next stretch begins. How bytes go from
 * one process to another is behind `struct sim_team_ops` (mpi.c); how results come together is
 * team_sum.c's.
 */
#ifndef SIM_TEAM_H
#define SIM_TEAM_H

#include "sim/fabric.h"

/* Bytes for, or from, another process. */
struct sim_box {
	char *bytes;
	size_t used, size;
};

enum sim_all { SIM_ALL_SUM, SIM_ALL_MAX, SIM_ALL_MIN };

/* All are called by all processes at the same point of the run, and do not fail. */
struct sim_team_ops {
	/*
	 * Sends out[r] to process r and fills in[r] with what that has for us; and tells all
	 * processes `words` words, those of process r come to heard[r * words].
	 */
	void (*swap)(void *ctx, const struct sim_box *out, struct sim_box *in,
		     const uint64_t *say, uint64_t *heard, uint32_t words);
	/* Each of the n words becomes its sum, greatest or least over all processes. */
	void (*all)(void *ctx, uint64_t *v, size_t n, enum sim_all how);
	/* Seconds of processor time that this process has used. */
	double (*used_s)(void *ctx);
};

/* What processes tell each other of the workload. */
struct sim_news {
	uint64_t ended;		/* flows, tasks or chips of a collective that have ended here */
	uint64_t joined;	/* ends of streams that are connected here */
	sim_time joined_at;	/* the latest time at which one was */
};

struct sim_team {
	uint32_t rank, ranks;
	const struct sim_team_ops *ops;
	void *ctx;

	/* The workload's: what is to be told, and what all of them together have told. */
	void (*tell)(void *ctx, struct sim_news *mine);
	/* Returns true if it has set timers. */
	bool (*hear)(void *ctx, const struct sim_news *all);
	void *work_ctx;

	uint32_t *out;		/* ports that lead to parts of others */
	uint32_t outs;
	struct sim_box *to, *from;	/* of each process */
	uint64_t *heard;
	sim_time words;		/* when the first word since the last exchange is there */
	sim_time next;		/* when the next thing happens in any process */
	sim_time reached;	/* all that happens until then has happened */
	uint64_t stretches;	/* run so far */
	uint64_t crossed_pkts, crossed_bytes;	/* sent to other processes */
	/* Processor time: */
	double since_s;		/* when the latest exchange was over */
	double waited_s;	/* spent in exchanges: sending, receiving and waiting */
	double longest_s;	/* of the process that took longest in each stretch, summed */
};

/* Before parts are made: this process is one of several. `team` is kept. */
void sim_team_join(struct sim *sim, struct sim_team *team);
void sim_team_fini(struct sim_team *team);

/* run.c's sim_split(): the parts, or the one there is, are divided among the processes. */
void sim_team_share(struct sim *sim);

/* run.c's sim_run() of a team. */
enum sim_end sim_team_run(struct sim *sim, sim_time limit);

/* Does this process run that node? Always, without a team. */
static inline bool sim_mine(const struct sim *sim, uint32_t node)
{
	return (uint32_t)sim->part_of[node] - sim->own < sim->owns;
}

/* lanes.h: what the far end of `port` says, which is there at `at`; the port is another's. */
void sim_team_word(struct sim *sim, uint32_t port, sim_time at, uint32_t word);

/* Each of the n words becomes its sum over all processes; nothing happens without a team. */
void sim_team_sums(const struct sim *sim, uint64_t *v, size_t n);

/* The sum of `v` over all processes; `v` without a team. And the greatest. */
uint64_t sim_team_sum(const struct sim *sim, uint64_t v);
uint64_t sim_team_max(const struct sim *sim, uint64_t v);

/* The text of the first process that has one, not empty, becomes everybody's. */
void sim_team_text(const struct sim *sim, char *text, size_t size);

#endif
