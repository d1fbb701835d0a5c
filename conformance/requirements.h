/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requirements of spec/ and what judges them.
 */
#ifndef WEFT_CONFORMANCE_REQUIREMENTS_H
#define WEFT_CONFORMANCE_REQUIREMENTS_H

#include "conformance/case.h"

/* A requirement of spec/, as the build found it there. */
struct wc_req {
	const char *id, *text;
};
extern const struct wc_req wc_reqs[];		/* NULL id ends it */

/*
 * One that nothing here judges, or those of an area that nothing here judges ("WEFT-VRB-*"): a word
 * and the reason, and the test that proves it elsewhere.
 */
struct wc_exception {
	const char *id, *word, *reason, *proof;
};
extern const struct wc_exception wc_exceptions[];	/* NULL id ends it */

/* Those that the observers judge in every case, separated by blanks (observe.c). */
extern const char wc_observed[];

const struct wc_req *wc_req_find(const char *id);
/* Does the case cite this requirement? */
bool wc_cites(const struct wc_case *c, const char *req);
/* Is it a MUST or MUST NOT?  Else it is a SHOULD or a MAY. */
bool wc_req_must(const struct wc_req *q);
bool wc_req_observed(const char *id);
const struct wc_exception *wc_req_exception(const char *id);
/* How many cases cite it. */
unsigned wc_req_cases(const char *id);

/* Tell on standard output each requirement that is judged by nothing, twice, ...; how many. */
unsigned wc_req_faults(void);

#endif
