/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run as one number: of all that happened in it, and of what was sent.
 */
#include "conformance/runner.h"
#include "conformance/sha256.h"
#include "conformance/stimulus.h"

#include <stdio.h>
#include <string.h>

static void in_hex(struct wc_sha256 *s, char out[65])
{
	uint8_t sum[32];

	wc_sha256_end(s, sum);
	for (unsigned i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", sum[i]);
}

void wc_run_hash(const struct wc_run *r, char out[65])
{
	struct wc_sha256 s;

	wc_sha256_init(&s);
	for (unsigned i = 0; i < r->count; i++) {
		const struct wc_outcome *o = &r->outcome[i];

		if (!o->ran)
			continue;
		wc_sha256_add(&s, o->c->id, strlen(o->c->id) + 1);
		wc_sha256_add(&s, o->tr.head, sizeof(o->tr.head));
	}
	in_hex(&s, out);
}

void wc_run_stimulus(const struct wc_run *r, char out[65])
{
	struct wc_sha256 s;

	wc_sha256_init(&s);
	for (unsigned i = 0; i < r->count; i++) {
		const struct wc_outcome *o = &r->outcome[i];

		if (!o->ran || o->c->needs & WC_NEEDS_UPPER || o->shared)
			continue;	/* what we send there is answers: the device's choice */
		wc_sha256_add(&s, o->c->id, strlen(o->c->id) + 1);
		wc_stimulus_add(&s, &o->tr);
	}
	in_hex(&s, out);
}
