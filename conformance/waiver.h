/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waivers: failures that a certificate puts up with, each for one case in one version, one device
 * and one code, until a day.
 *
 *	waivers:
 *	  - { test: DL-BV-40, version: 1, dut: "Acme X1 B0", fail_code: NOT_REPEATED,
 *	      issue: "https://...", reason: "errata 7", expires: 2027-03-31, signed_by: "the lab" }
 */
#ifndef WEFT_CONFORMANCE_WAIVER_H
#define WEFT_CONFORMANCE_WAIVER_H

#include "conformance/runner.h"

#define WC_WAIVERS_MAX 3u	/* of one certificate */

struct wc_waiver {
	char *test, *dut, *fail_code, *issue, *reason, *expires, *signed_by;
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

/* The waiver that covers this failure of this device ("vendor product version"), or NULL. */
const struct wc_waiver *wc_waiver_for(const struct wc_waivers *w, const struct wc_outcome *o,
				      const char *dut);

#endif
