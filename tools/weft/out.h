/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands say: errors, JSON, progress, numbers for people.
 *
 * Decides the form of output: results on stdout, everything else on stderr; with --json, one
 * document on stdout and errors as {"error": ...} on stderr.
 */
#ifndef WEFT_TOOLS_OUT_H
#define WEFT_TOOLS_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,	/* an operation failed */
	EXIT_BAD_USAGE = 2,
	EXIT_NO_CHIP = 3,	/* no such chip, or it does not answer */
	EXIT_BAD_DATA = 4,	/* a hash or a value is not what it should be */
};

extern bool out_json;

/* "weft: " and the sentence, on stderr. */
void out_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print a document and forget it. */
void out_document(json_t *doc);

/* "1.50 MB", powers of ten; returns buf. */
#define OUT_NUM 32
char *out_bytes(double bytes, char buf[OUT_NUM]);
char *out_rate(double bytes, uint64_t ns, char buf[OUT_NUM]);	/* "1.25 GB/s" */
char *out_time(uint64_t ns, char buf[OUT_NUM]);			/* "12.3 us" */
char *out_hex(const uint8_t *p, size_t n, char *buf);		/* buf: 2 * n + 1 bytes */

/* A bar on stderr, if that is a terminal; harmless otherwise.  done == total ends it. */
void out_progress(const char *what, uint64_t done, uint64_t total);
/* Take the bar away, before other output. */
void out_progress_clear(void);

/* The value at fraction q of v, which is sorted; n > 0. */
uint64_t out_percentile(const uint64_t *v, size_t n, double q);
void out_sort(uint64_t *v, size_t n);
/* {"min": ..., "p50": ..., "p99": ..., "p99.9": ..., "max": ..., "mean": ...} of sorted v. */
json_t *out_distribution(const uint64_t *v, size_t n);

#endif
