/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig check: is there a device that can be tested at all, before the first case?
 *
 * That the tester reaches nobody, or a device that serves another domain, says nothing about the
 * device: no case may fail for it.
 */
#ifndef WEFT_CONFORMANCE_RIG_H
#define WEFT_CONFORMANCE_RIG_H

#include "conformance/dut.h"

/* Why no case, or no further case, can run. */
struct wc_stop {
	const char *code;	/* a stable word, static: NO_HELLO, NO_CONTEXT, ...; NULL: go on */
	char text[640];		/* one sentence: what was asked, where, what to do */
};

/*
 * Ask the device at d what it claims, into d->claims, and whether it opens a context in the suite's
 * domain and accepts a stream of one of the services that the cases use.  Where it does
 * not, that takes once or twice d->patience_ms.  stop->code is NULL if all of that worked, else
 * NO_HELLO, NO_CONTEXT or NO_STREAM.
 */
void wc_rig_check(struct wc_dut *d, struct wc_stop *stop);

#endif
