/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Credit for a receiving port: the receiver's half of `credit`, for hosts. */
#ifndef WEFT_GRANTOR_H
#define WEFT_GRANTOR_H

#include "core/weft.h"

/*
 * Spreads a port's rate over the peers that want to send to it under `credit`.  One for each
 * receiving port and caller: it and its contexts have one caller at a time.  The memory is the
 * host's, and outlives the contexts.  After packets were received, and at its deadline:
 *
 *	while weft_grantor_run() yields contexts: send what weft_tx() gives for them
 */
struct weft_grantor {			/* for the engine's eyes */
	struct weft_pdc *head, *tail;	/* contexts whose peers want more, in turn */
	weft_time at;			/* what was granted has arrived by then */
	uint32_t pace;			/* ns a byte, 1/65536 */
	uint16_t frac;			/* of `at`, 1/65536 ns */
	uint16_t quantum;		/* packets granted to one at a time */
};

/* rate_mbps: what to grant, a little less than the port's rate.  quantum_pkts: 0: 4. */
void weft_grantor_init(struct weft_grantor *g, uint32_t rate_mbps, uint16_t quantum_pkts);
/* Grants what may be granted now, to at most n contexts, whose CREDIT then waits in weft_tx(). */
size_t weft_grantor_run(struct weft_grantor *g, struct weft_pdc **out, size_t n, weft_time now);
/* When weft_grantor_run() wants to be called; WEFT_NEVER: not before more is received. */
weft_time weft_grantor_deadline(const struct weft_grantor *g);

#endif
