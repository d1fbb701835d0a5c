/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many runs of one scenario, each with other values of some keys; and what two results differ in.
 */
#ifndef SIM_SWEEP_H
#define SIM_SWEEP_H

#include <stdio.h>

#include "sim/scenario.h"

enum { SIM_VARY_MAX = 8 };

struct sim_sweep {
	const char *path;		/* of the scenario */
	const struct sim_scenario *sc;	/* what it says, and --set */
	char *vary[SIM_VARY_MAX];	/* "KEY=VALUE,VALUE..."; the last varies fastest; of random
					 * sweeps "KEY=LOW..HIGH" as well */
	unsigned varies;
	uint64_t random;		/* so many runs with drawn values; 0: all combinations */
	/* NULL, or called when a run has ended, with how many have, of `all`; and before the first
	 * with those of an earlier sweep, and -1. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all, int failed);
	void *progress_ctx;
	unsigned jobs;			/* runs at once */
	/* Of `shares` processes that share the folder this one does every shares-th run, from run
	 * `share` on, and no table; 0: all of them, and the table. */
	unsigned share, shares;
	const char *dir;		/* exists */
};

/*
 * Runs all combinations, or those drawn, each in a process of its own, and writes DIR/sweep.csv, a
 * line for each in order. A run whose line is there from before, of the same sweep, is not
 * repeated. `out` is told how it went. Returns how many runs failed (they have lines that say so),
 * or -1 and why: nothing was run.
 */
int sim_sweep(const struct sim_sweep *s, FILE *out, char why[SIM_WHY_MAX]);

/*
 * Prints every number of two results (result.json) that differs, but for what was measured of the
 * machine and the series. Returns how many, or -1 and why.
 */
int sim_compare(const char *a, const char *b, FILE *out, char why[SIM_WHY_MAX]);

#endif
