/* SPDX-License-Identifier: BSD-2-Clause */
/* Results of a run for machines (JSON) and for a terminal. The page is page.c's. */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "sim/experiment.h"

/* Everything about a run; json_decref() it. Times are in picoseconds, sizes in bytes. */
json_t *sim_report_json(const struct sim_experiment *x);

/* A few lines that say what came out. */
void sim_report_text(const struct sim_experiment *x, FILE *out);

#endif
