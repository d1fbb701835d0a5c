/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The suite tested: what its self-tests share.
 */
#ifndef WEFT_CONFORMANCE_SELFTEST_H
#define WEFT_CONFORMANCE_SELFTEST_H

#include "conformance/cli.h"

#define WC_CASES_MAX 1024u

/* What became of one subject of a self-test; small, so that a pipe carries it in one piece. */
struct wc_subject {
	unsigned index;
	unsigned passed, failed, na, other;	/* cases */
	bool good;
	bool died;				/* its process gave no report */
	char note[160];
	uint8_t kills[WC_CASES_MAX / 8];	/* cases that failed, by their number in the list */
	uint8_t passes[WC_CASES_MAX / 8];	/* cases that passed, likewise */
};

typedef void (*wc_subject_fn)(const struct wc_args *a, unsigned index, struct wc_subject *out);

/*
 * Run subjects 0 to n - 1, each in a process of its own, a->jobs at a time, telling each as it
 * ends.  How many are good.
 */
unsigned wc_fan_out(const struct wc_args *a, wc_subject_fn run, unsigned n,
		    struct wc_subject *out);

/* Counts and kills of a run into out. */
void wc_subject_count(const struct wc_run *r, struct wc_subject *out);

/* A mutant that a case kills which no row of mutants.def names; generated. */
struct wc_killer {
	const char *id, *mutant;
};
extern const struct wc_killer wc_killers[];	/* NULL id ends it */

int wc_selftest_mutants(struct wc_args *a);
int wc_selftest_degenerate(struct wc_args *a);
int wc_selftest_order(struct wc_args *a);

/* URL of a reference chip in this process; mutants: from the mutant build. */
void wc_chip_url(const struct wc_args *a, bool mutants, char chip, char *url, size_t room);

#endif
