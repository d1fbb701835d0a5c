/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the results of several processes come together: each makes its own and what others have made
 * the same, so that all know what one process would. Without a team nothing is done.
 */
#ifndef SIM_TEAM_SUM_H
#define SIM_TEAM_SUM_H

#include "sim/experiment.h"

/* Can several processes run the scenario? Returns 0, or -1 with x->error; the same in all. */
int sim_team_check(struct sim_experiment *x);

/* After the run: flows, tasks and ranks, and what has failed, is known to all. */
void sim_team_outcome(struct sim_experiment *x);

/* At the end: what ports, switches, engines and statistics count. Once. */
void sim_team_counters(struct sim_experiment *x);

#endif
