/* SPDX-License-Identifier: BSD-2-Clause */
/* The line that a long run shows on a terminal: how far it is, how fast, and for how long yet. */
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include "sim/event.h"

enum { SIM_PROGRESS_ROOM = 128 };

/* How far a run was when it was last looked at. */
struct sim_progress_state {
	double began_s, last_s;		/* of a clock that only people see; 0: not yet */
	uint64_t events, hops;
};

/*
 * The line, for `share` of the work done `now_s`; rates are those since the state, which is then
 * that of now.
 */
void sim_progress_text(char text[SIM_PROGRESS_ROOM], struct sim_progress_state *s, double share,
		       double now_s, sim_time simulated, uint64_t events, uint64_t hops);

/*
 * The line of a sweep, `passed_s` after its begin: `done` of `all` runs are done, `before` of them
 * were before it began.
 */
void sim_progress_runs(char text[SIM_PROGRESS_ROOM], double passed_s, uint64_t before,
		       uint64_t done, uint64_t all, int failed);

#endif
