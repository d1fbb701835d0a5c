/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to run, and what a scenario asks for, in words. */
#ifndef SIM_DESCRIBE_H
#define SIM_DESCRIBE_H

#include <stdio.h>

#include "sim/scenario.h"

/*
 * A line for each scenario (*.yaml) of a folder, by name: file, and the first sentence of its
 * comment. Returns how many, or -1: the folder cannot be read, errno says why.
 */
int sim_list(const char *dir, FILE *out);

/*
 * What will be simulated: fabric, links, the time of one packet there and of its answer, and every
 * key that is not at its default, with its meaning. Returns 0, or -1 with why: the fabric cannot be
 * made.
 */
int sim_explain(const struct sim_scenario *sc, FILE *out, char why[SIM_WHY_MAX]);

#endif
