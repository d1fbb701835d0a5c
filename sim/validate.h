/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a folder of scenarios that say what is to come out, and judges what does. */
#ifndef SIM_VALIDATE_H
#define SIM_VALIDATE_H

#include <stdio.h>

/*
 * Runs every *.yaml of `dir` in order of name, writes its page NAME.html into the folder `pages`
 * if that is not NULL, and prints a line for each value that the section
 * `expect` of one names. A scenario that cannot be read, does not finish or names no value fails.
 * Returns how many failed; -1: the folder has none.
 */
int sim_validate(const char *dir, const char *pages, FILE *out);

#endif
