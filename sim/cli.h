/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, for the programs that have one. */
#ifndef SIM_CLI_H
#define SIM_CLI_H

#include "sim/team.h"

/* main() of weft-sim; with a team, of one process of it: only `run`, and the first says it all. */
int sim_cli(int argc, char **argv, struct sim_team *team);

#endif
