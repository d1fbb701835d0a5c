/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Management, for hosts: what two chips agree on, and numbers that are not used again too soon.
 * Beside core/weft.h; nothing here belongs to a context.
 */
#ifndef WEFT_MANAGE_H
#define WEFT_MANAGE_H

#include "core/weft.h"

/* ---- Negotiation (negotiate.c) ------------------------------------------------------ */

/* What two chips agree on; section 90.1. */
struct weft_agreed {
	uint32_t features;	/* flags features */
	uint32_t profiles;	/* flags profiles */
	uint16_t max_payload;	/* bytes */
	uint16_t max_window;	/* packets */
	uint16_t paths;		/* entropy values of a context, 1..256 */
	uint16_t sack_bits;	/* of a bitmap, 0..512 */
	uint16_t windows;	/* windows bound in one context */
	uint16_t mem_tags;	/* MEM operations outstanding in one context */
	uint8_t version;
	uint8_t modes;		/* flags modes */
};

/*
 * Two HELLOs in, the configuration that both ends come to out, whoever asks.  Returns ALL, or the
 * first item on which they do not agree; *out is then zero.
 */
enum weft_agree weft_negotiate(const struct weft_hello *a, const struct weft_hello *b,
			       struct weft_agreed *out);

/* The profiles that a HELLO claims without what they require (section 95): flags profiles. */
uint32_t weft_claims_lacking(const struct weft_hello *h);

#endif
