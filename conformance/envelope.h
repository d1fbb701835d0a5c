/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The envelope of a bundle (DSSE): what was signed, and the signatures.
 */
#ifndef WEFT_CONFORMANCE_ENVELOPE_H
#define WEFT_CONFORMANCE_ENVELOPE_H

#include "conformance/sign.h"

#define WC_SIGS_MAX 8u

struct wc_envelope {
	char *payload;		/* NUL-terminated; owned */
	struct { char key[65]; uint8_t sig[WC_SIG_MAX]; size_t len; } sig[WC_SIGS_MAX];
	unsigned count;
};

void wc_envelope_free(struct wc_envelope *e);
/* Sign e->payload too.  False: too many signatures, signed by this key already, or no signature. */
bool wc_envelope_sign(struct wc_envelope *e, const struct wc_key *k);
/* Is there a good signature by this key? */
bool wc_envelope_signed(const struct wc_envelope *e, const struct wc_key *k);
/* As JSON, the caller's to free; NULL: out of memory. */
char *wc_envelope_text(const struct wc_envelope *e);
/* And back, of what wc_envelope_text() writes: false: it is something else. */
bool wc_envelope_parse(struct wc_envelope *e, const char *text);

#endif
