/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variants: the same script and judge under another payload limit, in the other mode, or with our
 * PSNs about to wrap.  A case says which are made of it (.vary); whether one applies is a matter of
 * what the device claims.
 */
#include "conformance/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the least that there may be, 64, to the largest power of two that a packet can carry. */
static const uint32_t payloads[] = { 64, 256, 512, 1024, 2048, 4096, 8192 };
#define PAYLOADS (sizeof(payloads) / sizeof(payloads[0]))

static const struct wc_case **all;
static unsigned count, room;

static void *must(void *p)
{
	if (!p) {
		fputs("weft-conform: out of memory\n", stderr);
		exit(3);
	}
	return p;
}

static void add(const struct wc_case *c)
{
	if (count == room) {
		room = room ? 2 * room : 512;
		all = must(realloc(all, room * sizeof(*all)));
	}
	all[count++] = c;
}

/* A copy of c called "ID+NAME"; it lives as long as the process, as all cases do. */
static struct wc_case *variant(const struct wc_case *c, const char *name, const char *how)
{
	struct wc_case *v = must(malloc(sizeof(*v)));
	size_t n = strlen(c->title) + strlen(how) + 3;
	char *id = must(malloc(WC_ID)), *title = must(malloc(n));

	snprintf(id, WC_ID, "%s+%s", c->id, name);
	snprintf(title, n, "%s; %s", c->title, how);
	*v = *c;
	v->of = c;
	v->id = id;
	v->title = title;
	v->vary = 0;
	return v;
}

static void add_payloads(const struct wc_case *c)
{
	char name[32], how[64];
	struct wc_case *v;

	for (unsigned i = 0; i < PAYLOADS; i++) {
		snprintf(name, sizeof(name), "payload%u", payloads[i]);
		snprintf(how, sizeof(how), "payloads of %u at most", payloads[i]);
		v = variant(c, name, how);
		v->payload = payloads[i];
		add(v);
	}
}

static void add_all(const struct wc_case *c)
{
	struct wc_case *v;

	add(c);
	if (c->vary & WC_VARY_ROD) {
		v = variant(c, "rod", "in mode ROD");
		v->mode = WC_ROD;
		v->needs |= WC_NEEDS_ROD | WC_NEEDS_CHOICE;
		add(v);
	}
	if (c->vary & WC_VARY_WRAP) {
		v = variant(c, "wrap", "our PSNs wrap");
		v->wrap = true;
		add(v);
	}
	if (c->vary & WC_VARY_PAYLOAD)
		add_payloads(c);
}

const struct wc_case *wc_case_nth(unsigned n)
{
	if (!count)
		for (const struct wc_area *a = wc_areas; a->id; a++)
			for (const struct wc_case *const *l = a->lists; *l; l++)
				for (const struct wc_case *c = *l; c->id; c++)
					add_all(c);
	return n < count ? all[n] : NULL;
}

void wc_variant_names(const struct wc_case *c, char *out, size_t len)
{
	const struct wc_case *v;
	size_t at = 0;

	out[0] = 0;
	for (unsigned i = 0; (v = wc_case_nth(i)); i++)
		if (v->of == c && at < len)
			at += (size_t)snprintf(out + at, len - at, " %s", v->id + strlen(c->id));
}
