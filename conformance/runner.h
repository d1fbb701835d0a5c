/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run: cases chosen, driven, judged, and kept in a folder.
 *
 *	DIR/index.html results.json results.jsonl junit.xml
 *	DIR/tests/ID/transcript.wct, or of a capture DIR/transcript.wct
 *	DIR/fail/ID/capture.pcapng card.txt
 */
#ifndef WEFT_CONFORMANCE_RUNNER_H
#define WEFT_CONFORMANCE_RUNNER_H

#include "conformance/case.h"
#include "conformance/rig.h"

#include <stdio.h>

/*
 * On a real network a tester or a device that waited for a processor looks like one that breaks a
 * rule of time. A case that is judged by time fails when it does so this many times in a row. One
 * whose script did not begin, for want of a context or an answer to its first probes, though the
 * script of the case before it did, is tried once more.
 */
#define WC_TRIES 3u

struct wc_outcome {
	const struct wc_case *c;
	struct wc_verdict v;
	double ms;		/* wall time */
	size_t records;		/* of the transcript */
	struct wc_transcript tr;
	unsigned tries;		/* which attempt this was, from 1: see WC_TRIES */
	bool ran;		/* else no transcript: the run was stopped before, and v is INCONC,
				 * or it is a capture, in which this case is NA */
	bool shared;		/* tr is another outcome's: a capture has one for all */
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
	bool unwritten;			/* the folder could not be written: not all is there */
	unsigned totals[WC_VERDICTS];
	double ms;
	char url[256];			/* of the device, for the reports */
	const char *local;		/* our carriage as asked for, or NULL */
	const char *upper;		/* the upper tester beside the device, or NULL */
	const char *config;		/* dut.yaml, or NULL */
	const char *folder;		/* judged from these transcripts; NULL: driven */
	unsigned patience_ms;
	FILE *lines;			/* results.jsonl while the cases run, else NULL */
	unsigned n_lines;
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

/* What the head of each transcript says: the device's claims; of a variant, how it differs. */
void wc_note_claims(struct wc_t *t);
void wc_note_variant(struct wc_t *t, const struct wc_case *c);

/* Drive one case into a transcript, for the attempt-th time (from 1; noted from 2 on). */
void wc_run_drive(struct wc_dut *d, const struct wc_case *c, uint64_t seed, unsigned attempt,
		  struct wc_transcript *out);

/*
 * What surrounds a script, for those who measure without a case: a running case; its context of
 * mode (0: the best), two streams and memory, proven by a probe of each; and its end.
 */
struct wc_t *wc_run_begin(struct wc_dut *d, uint64_t seed);
bool wc_run_prepare(struct wc_t *t, unsigned mode);
void wc_run_finish(struct wc_t *t);

/* Add a case with its transcript, which becomes the run's, and judge it. */
struct wc_outcome *wc_run_add(struct wc_run *r, const struct wc_case *c,
			      const struct wc_transcript *tr);

/*
 * Judge the transcript of a capture, which becomes the run's, by all observers; the other cases are
 * NA(CAPTURE).  If r->out, it is kept there.  0, or a negative errno with a sentence in err.
 */
int wc_run_capture(struct wc_run *r, struct wc_transcript *tr, char *err, size_t errlen);

/* Judge again what a folder holds.  0, or a negative errno. */
int wc_run_load(struct wc_run *r, const char *dir, char *err, size_t errlen);

/*
 * All transcripts of a run as one number, SHA-256 over the cases that ran, in hexadecimal: under
 * virtual time two runs of one seed have the same.
 */
void wc_run_hash(const struct wc_run *r, char out[65]);
/* The same of the stimuli (stimulus.h): on a network too two runs of one seed have the same. */
void wc_run_stimulus(const struct wc_run *r, char out[65]);

void wc_run_free(struct wc_run *r);

/*
 * 0 all passed or do not apply, 1 a failure, 2 inconclusive, interrupted or nothing ran, 3 a suite
 * error
 */
int wc_run_exit(const struct wc_run *r);

/* mkdir -p; 0 or a negative errno. */
int wc_mkdirs(const char *path);

#endif
