/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run: cases chosen, driven, judged, and kept in a folder.
 *
 *	DIR/index.html results.json junit.xml
 *	DIR/tests/ID/transcript.wct
 *	DIR/fail/ID/capture.pcapng card.txt
 */
#ifndef WEFT_CONFORMANCE_RUNNER_H
#define WEFT_CONFORMANCE_RUNNER_H

#include "conformance/case.h"
#include "conformance/rig.h"

struct wc_outcome {
	const struct wc_case *c;
	struct wc_verdict v;
	double ms;		/* wall time */
	size_t records;		/* of the transcript */
	struct wc_transcript tr;
	bool ran;		/* else the run was stopped before: no transcript, v is INCONC */
};

struct wc_run {
	struct wc_dut *dut;		/* NULL: judged offline */
	const char *out;		/* folder; NULL: keep nothing */
	uint64_t seed;
	bool quiet;			/* no progress line */
	uint64_t shuffle;		/* what the order of the cases grows from; 0: as listed */
	bool insist;			/* run each case, even against a device that is gone */
	struct wc_stop stop;		/* why cases did not run; set before: none runs */
	struct wc_outcome *outcome;
	unsigned count;
	unsigned totals[WC_VERDICTS];
	double ms;
	char url[256];			/* of the device, for the reports */
	struct wc_declared declared;
	struct wc_claims claims;
};

/* Does the case's id match one of n globs?  No globs: all match. */
bool wc_selected(const struct wc_case *c, char *const *globs, int n);

/*
 * Drive and judge the cases chosen, until r->stop: wc_interrupted (INTERRUPTED), or three cases in
 * a row and one more attempt that find no working context (DEVICE_GONE).  Those that did not run
 * are INCONC for that reason.  0, or a negative errno (the folder cannot be written).
 */
int wc_run_cases(struct wc_run *r, char *const *globs, int n, char *err, size_t errlen);

/* Drive one case into a transcript. */
void wc_run_drive(struct wc_dut *d, const struct wc_case *c, uint64_t seed,
		  struct wc_transcript *out);

/* Judge again what a folder holds.  0, or a negative errno. */
int wc_run_load(struct wc_run *r, const char *dir, char *err, size_t errlen);

/*
 * All transcripts of a run as one number, SHA-256 over the cases that ran, in hexadecimal: under
 * virtual time two runs of one seed have the same.
 */
void wc_run_hash(const struct wc_run *r, char out[65]);

void wc_run_free(struct wc_run *r);

/*
 * 0 all passed or do not apply, 1 a failure, 2 inconclusive, interrupted or nothing ran, 3 a suite
 * error
 */
int wc_run_exit(const struct wc_run *r);

/* mkdir -p; 0 or a negative errno. */
int wc_mkdirs(const char *path);

#endif
