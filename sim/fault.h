/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with links: the one of the section `fault`, and those of its file. Lines of a file,
 * '#' begins a comment; a link is a leaf and a spine of its pod, of a graph two switches, and what
 * happens to it happens both ways:
 *
 *	down A B FROM_US UNTIL_US	dead; UNTIL_US 0: for ever
 *	flap A B FROM_US DOWN_US UP_US TIMES
 *					dead for DOWN_US, alive for UP_US, so many times
 *	slow A B GBPS			from the beginning
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "sim/fabric.h"
#include "sim/scenario.h"

/* Before the run. Returns 0, or -1 and why: file, line, what is wrong. */
int sim_faults(struct sim *sim, const struct sim_scenario *sc, char why[SIM_WHY_MAX]);

#endif
