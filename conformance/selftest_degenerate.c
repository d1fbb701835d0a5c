/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that implement nothing, or turn bad on the way, pass nothing that they should not.
 */
#include "conformance/degenerate.h"
#include "conformance/selftest.h"

#include <stdio.h>
#include <string.h>

static void run_degenerate(const struct wc_args *given, unsigned index, struct wc_subject *out)
{
	const char *mode = wc_degenerate_modes[index];
	char url[1200], folder[512];
	struct wc_args a = *given;
	struct wc_run r;

	snprintf(url, sizeof(url), "inproc:%s/../lib/weft-dut-degenerate.so?%s", given->self, mode);
	snprintf(folder, sizeof(folder), "%s/%s", given->out, mode);
	a.dut = url;
	a.out = folder;
	a.quiet = true;
	a.insist = true;	/* each case must find out for itself */
	wc_run_against(&r, &a, NULL);
	wc_subject_count(&r, out);
	out->good = r.count && !out->passed && out->failed + out->other;
	snprintf(out->note, sizeof(out->note), "%-14s %u pass, %u fail, %u do not apply, %u other",
		 mode, out->passed, out->failed, out->na, out->other);
	wc_run_free(&r);
}

int wc_selftest_degenerate(struct wc_args *a)
{
	static struct wc_subject r[32];
	unsigned n = 0, good;

	while (wc_degenerate_modes[n] && n < 32)
		n++;
	good = wc_fan_out(a, run_degenerate, n, r);
	printf("%u of %u degenerate devices pass nothing\n", good, n);
	return good == n ? 0 : 1;
}
