/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request that ought to be refused (or not), on a stream of its own.
 */
#ifndef WEFT_CONFORMANCE_CASES_MEMORY_ATTEMPT_H
#define WEFT_CONFORMANCE_CASES_MEMORY_ATTEMPT_H

#include "conformance/cases/common.h"

struct wc_attempt {
	uint8_t opcode;		/* WRITE, READ, ATOMIC (FADD of 1), or anything without extension */
	uint32_t key;
	uint64_t addr;
	uint32_t len;		/* bytes; WRITE: at most WC_SIZE */
	enum wc_status want;	/* for the judge */
};

/* Do it as operation "x" i on stream "s" i of the common context, and wait. */
void wc_attempt(struct wc_t *t, unsigned i, const struct wc_attempt *a);
/* Do it as that operation on s, and wait. */
void wc_attempt_on(struct wc_stream *s, const char *name, const struct wc_attempt *a);
/* Checkpoint n: x0, x1 and x2 were refused with that status. */
void wc_refused3(struct wc_judge *j, unsigned n, enum wc_status status);

#endif
