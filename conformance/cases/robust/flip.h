/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One bit of a packet turned over, and the packet itself after it: what the cases about that share.
 */
#ifndef WEFT_CONFORMANCE_CASES_FLIP_H
#define WEFT_CONFORMANCE_CASES_FLIP_H

#include "conformance/cases/robust/chance.h"

#define WC_FLIP_SYN	8u	/* this bit makes another packet of it: DL-BI-40 to DL-BI-42 */

/* Bit n of all, in the order in which they are tried: those of the PSN first, while it is low. */
unsigned wc_flip_bit(unsigned n);

/*
 * Send NOPs on s until the next PSN has this bit of a packet set, if that is one of the PSN: with
 * it turned over the PSN is an earlier one then, or far beyond every window.  A later one within
 * the window would be taken, and our own packet of that number not.
 */
void wc_flip_room(struct wc_stream *s, unsigned bit);

/* Ask the device to end s, without waiting for it. */
void wc_flip_leave(struct wc_stream *s);

/* Has a packet changed on the way ended the context? */
bool wc_flip_over(const struct wc_ctx *c);

#endif
