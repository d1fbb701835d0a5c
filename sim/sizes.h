/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Distributions of flow sizes that were measured in data centres and published, as tables of what
 * share of the flows is no larger; between the points of a table sizes are spread evenly.
 */
#ifndef SIM_SIZES_H
#define SIM_SIZES_H

#include "sim/scenario.h"

/* The size that the share `u` (0 to 1, 1 excluded) of flows does not exceed; 1 or more. */
uint64_t sim_sizes_draw(enum sim_sizes which, double u);

/* The mean size, bytes. */
double sim_sizes_mean(enum sim_sizes which);

#endif
