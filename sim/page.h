/* SPDX-License-Identifier: BSD-2-Clause */
/* Results of a run as a page for people: one HTML file, plots inside, needing no network. */
#ifndef SIM_PAGE_H
#define SIM_PAGE_H

#include <stdio.h>

#include "sim/experiment.h"

/* Writes the page. The caller checks `out` for errors. */
void sim_page(const struct sim_experiment *x, FILE *out);

#endif
