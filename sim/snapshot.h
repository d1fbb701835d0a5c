/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How everything stands at one time, as JSON, for finding out why a run does what it does: each
 * chip's contexts, ports and links where something waits, is on its way or is stopped, memory of
 * switches, and flows that have not ended. Looking changes nothing of the run.
 */
#ifndef SIM_SNAPSHOT_H
#define SIM_SNAPSHOT_H

#include <jansson.h>

#include "sim/experiment.h"

/* At `at`, of a run that has come so far; the caller's reference. */
json_t *sim_snapshot(const struct sim_experiment *x, sim_time at);

#endif
