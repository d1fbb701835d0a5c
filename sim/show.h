/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands show while they last, by a clock that only people see: a line that is written
 * again on a terminal, and lines now and then of processes whose output goes through a launcher.
 */
#ifndef SIM_SHOW_H
#define SIM_SHOW_H

#include "sim/fabric.h"
#include "sim/progress.h"

struct sim_show {
	struct sim_progress_state state;
	bool lines;		/* a line every SIM_SHOW_LINES_S seconds: not a terminal */
	uint64_t before;	/* sweeps: runs whose lines were there */
};

enum { SIM_SHOW_LINES_S = 10 };

void sim_show_begin(struct sim_show *s, bool lines);
/* A sim_progress, of a struct sim_show. */
void sim_show_run(void *ctx, const struct sim *sim, double share);
/* Of a sweep, as sweep.h says: `done` of `all` runs have lines, `failed` did not go well. */
void sim_show_sweep(void *ctx, uint64_t done, uint64_t all, int failed);
/* Takes the line away. */
void sim_show_end(const struct sim_show *s);

#endif
