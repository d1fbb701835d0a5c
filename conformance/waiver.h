/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waivers: failures that a certificate puts up with, each for one case in one version, one device
 * and one code, until a day, and signed by whoever grants it.
 *
 *	waivers:
 *	  - { test: DL-BV-40, version: 1, dut: "Acme X1 B0", fail_code: NOT_REPEATED,
 *	      issue: "https://...", reason: "errata 7", expires: 2027-03-31, signed_by: "the lab",
 *	      key: "SHA-256 of the public key", signature: "base64" }
 *
 * What is signed is the waiver's text: a line "weft-waiver 1", and then a line for each of the
 * fields above before the key, in that order: name, a blank, value.
 */
#ifndef WEFT_CONFORMANCE_WAIVER_H
#define WEFT_CONFORMANCE_WAIVER_H

#include "conformance/runner.h"
#include "conformance/sign.h"

#define WC_WAIVERS_MAX 3u	/* of one certificate */

struct wc_waiver {
	char *test, *dut, *fail_code, *issue, *reason, *expires, *signed_by;
	char *key, *signature;		/* NULL: not signed */
	unsigned version;
};

struct wc_waivers {
	struct wc_waiver *waiver;
	unsigned count;
	void *yaml;
};

/*
 * Read and check them: at most WC_WAIVERS_MAX, of cases that there are, none that may not be waived
 * (memory protection, atomics, duplicates), none that has expired by today, "YYYY-MM-DD".  text is
 * the file's, name what to call it.  0, or a negative errno with one sentence in err.
 */
int wc_waivers_load(struct wc_waivers *w, const char *text, size_t len, const char *name,
		    const char *today, char *err, size_t errlen);
void wc_waivers_free(struct wc_waivers *w);

/* Is each signed by one of these n keys?  0, or -EACCES with one sentence in err. */
int wc_waivers_signed(const struct wc_waivers *w, const char *name, struct wc_key *const *keys,
		      unsigned n, char *err, size_t errlen);
/*
 * All of them, signed by this key, as a file of their own.  The caller's to free; NULL: it did not
 * work.
 */
char *wc_waivers_sign(const struct wc_waivers *w, const struct wc_key *key);

/* One as a certificate prints it, without the end of the line. */
void wc_waiver_line(const struct wc_waiver *w, char *out, size_t len);
#define WC_WAIVER_LINE 1600u	/* bytes of that, with its NUL */

/* The waiver that covers this failure of this device ("vendor product version"), or NULL. */
const struct wc_waiver *wc_waiver_for(const struct wc_waivers *w, const struct wc_outcome *o,
				      const char *dut);

#endif
