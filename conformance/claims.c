/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a transcript says at its head: what the device claims and the variant that runs; and the
 * same read again.
 */
#include "conformance/runner.h"

#include <string.h>

void wc_note_claims(struct wc_t *t)
{
	const struct wc_claims *c = &t->dut->claims;

	wc_value(t, "seed", t->dut->seed);
	wc_value(t, "claim.hello", c->hello);
	wc_value(t, "claim.modes", c->h.modes);
	wc_value(t, "claim.profiles", c->h.profiles);
	wc_value(t, "claim.max_payload", c->h.max_payload);
	wc_value(t, "claim.max_window", c->h.max_window);
	wc_value(t, "claim.class", c->h.class_);
	wc_value(t, "claim.features", c->limits.features);
	wc_value(t, "claim.windows", c->limits.windows);
	wc_value(t, "claim.mem_tags", c->limits.mem_tags);
	wc_value(t, "claim.chip_id", c->h.chip_id);
	wc_value(t, "claim.personality", c->personality);
	wc_value(t, "claim.chip", c->chip);
	wc_value(t, "claim.two_domains", c->two_domains);
	wc_value(t, "claim.mailboxes", c->mailboxes);
	wc_value(t, "claim.upper", c->upper);
	wc_value(t, "claim.caller", c->caller);
	wc_value(t, "claim.verbs", c->verbs);
	wc_value(t, "declared.modes", t->dut->declared.modes);
	wc_value(t, "declared.max_payload", t->dut->declared.max_payload);
	wc_value(t, "declared.max_window", t->dut->declared.max_window);
	wc_value(t, "declared.profiles", t->dut->declared.profiles);
	wc_value(t, "declared.features", t->dut->declared.features);
	wc_value(t, "patience_ms", t->dut->patience_ms);
}

void wc_note_variant(struct wc_t *t, const struct wc_case *c)
{
	if (c->payload)
		wc_value(t, "variant.payload", c->payload);
	if (c->wrap)
		wc_value(t, "variant.wrap", 1);
	if (c->of && c->mode)
		wc_value(t, "variant.mode", c->mode);
}

void wc_view_claims(const struct wc_view *v, struct wc_claims *out)
{
	memset(out, 0, sizeof(*out));
	out->hello = wc_view_value(v, "claim.hello", 0);
	out->h.modes = wc_view_value(v, "claim.modes", 0);
	out->h.profiles = wc_view_value(v, "claim.profiles", 0);
	out->h.max_payload = wc_view_value(v, "claim.max_payload", 0);
	out->h.max_window = wc_view_value(v, "claim.max_window", 0);
	out->h.class_ = wc_view_value(v, "claim.class", 0);
	out->h.chip_id = wc_view_value(v, "claim.chip_id", 0);
	out->limits.features = wc_view_value(v, "claim.features", 0);
	out->limits.windows = wc_view_value(v, "claim.windows", 0);
	out->limits.mem_tags = wc_view_value(v, "claim.mem_tags", 0);
	out->personality = wc_view_value(v, "claim.personality", 0);
	out->chip = wc_view_value(v, "claim.chip", 0);
	out->two_domains = wc_view_value(v, "claim.two_domains", 1);
	out->mailboxes = wc_view_value(v, "claim.mailboxes", out->personality);
	out->upper = (unsigned)wc_view_value(v, "claim.upper", 0);
	out->caller = wc_view_value(v, "claim.caller", 0);
	out->verbs = wc_view_value(v, "claim.verbs", 0);
}
