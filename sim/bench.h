/* SPDX-License-Identifier: BSD-2-Clause */
/* What the simulator's own parts cost on this machine. */
#ifndef SIM_BENCH_H
#define SIM_BENCH_H

#include <stdio.h>

/* Prints ns per hold operation (take the next event, add one) for growing numbers of events. */
void sim_bench_events(FILE *out);

#endif
