/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workload: ring all-reduce. Each chip has a vector of S bytes; at the end each has the sum of
 * all. With n ranks the vector is n chunks of S/n bytes, and there are 2(n-1) steps: in step k
 * rank r sends chunk (r - k) mod n to rank r + 1, having received it in step k - 1. In the first
 * n - 1 steps the receiver adds what it receives (reduce-scatter), in the others it keeps it
 * (all-gather). A chunk is one WRITE with immediate, whose value is the step.
 */
#ifndef SIM_COLLECTIVE_H
#define SIM_COLLECTIVE_H

#include "sim/closed.h"
#include "sim/host.h"

enum { SIM_MATRIX_MAX = 1 << 18 };	/* ranks times steps, up to which every arrival is kept */

struct sim_step {
	sim_time first, last;	/* arrival of its chunk at the first and at the last rank */
	uint32_t done;		/* ranks that have it */
};

struct sim_ring_rank {
	struct sim_ep *out, *in;	/* to the next rank, from the one before */
	uint32_t sent;			/* WRITEs that are complete */
	uint32_t received;		/* steps whose chunk has arrived */
	uint32_t posted;		/* steps sent */
	sim_time finished;		/* arrival of the last chunk; 0: not yet */
};

struct sim_ring {
	struct sim_hosts hosts;
	const struct sim_scenario *sc;
	uint32_t n, steps;
	uint64_t chunk;
	uint32_t *place;		/* rank -> chip */
	uint32_t *rank_of;		/* chip -> rank */
	struct sim_ring_rank *rank;
	uint32_t key;			/* of every chip's region: they register alike */
	uint32_t connected;		/* ends of streams that are up; 2 n of them begin the run */
	sim_time up;			/* the latest time at which an end of a stream was */
	sim_time start;			/* all ranks post their first chunk */
	sim_time end;			/* the last chunk has arrived */
	sim_time over;			/* the last word of acknowledgement */
	uint32_t left;			/* ranks that have not received everything and had it all
					 * acknowledged */
	bool told;			/* of a team: it knows that all have */
	struct sim_step *step;
	sim_time *arrival;		/* rank-major, ranks x steps; NULL if there are too many */
	char error[256];		/* empty, or why the run failed */
};

extern const struct sim_work_ops sim_ring_ops;	/* their context is the struct sim_ring */

/* Ranks on chips as the scenario says; free() it. */
uint32_t *sim_placement(const struct sim_scenario *sc, uint32_t n);

/*
 * Makes chips on `sim`, which was initialised with sim_engine_ops and `&ring->hosts`, and has them
 * connect; splits it first, if `split`, as the scenario says. The chunks start once all are
 * connected; sim->done is set when all is complete.
 */
void sim_ring_init(struct sim_ring *ring, struct sim *sim, const struct sim_scenario *sc,
		   bool split);
void sim_ring_fini(struct sim_ring *ring);

/*
 * After a run: is everything complete? Returns 0, or -1 with ring->error saying which rank waits
 * for what.
 */
int sim_ring_check(struct sim_ring *ring);

#endif
