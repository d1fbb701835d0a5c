/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of a sweep: one file, from its table (sweep.csv) alone. */
#ifndef SIM_SWEEP_PAGE_H
#define SIM_SWEEP_PAGE_H

#include <stdio.h>

/*
 * Writes a page with the table of `csv`, whose columns from 1 to `varies` are what was varied: it
 * can be searched and sorted, and any result is plotted over what was varied. Returns 0, or -1: the
 * table cannot be read.
 */
int sim_sweep_page(FILE *csv, const char *name, unsigned varies, FILE *out);

#endif
