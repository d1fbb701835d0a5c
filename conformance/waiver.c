/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waivers read and checked.
 */
#include "conformance/waiver.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yaml {
	struct wc_waiver *waivers;
	unsigned n;
};

#define STRING(key) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, struct wc_waiver, key, 1, 256)

static const cyaml_schema_field_t waiver_fields[] = {
	STRING(test), CYAML_FIELD_UINT("version", CYAML_FLAG_DEFAULT, struct wc_waiver, version),
	STRING(dut), STRING(fail_code), STRING(issue), STRING(reason), STRING(expires),
	STRING(signed_by), CYAML_FIELD_END
};
static const cyaml_schema_value_t waiver_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct wc_waiver, waiver_fields),
};
static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("waivers", CYAML_FLAG_POINTER, struct yaml, waivers, n,
				   &waiver_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml, top_fields),
};
static const cyaml_config_t config = { .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR };

/* A device that breaks one of these endangers others, or data. */
static const char *const never[] = { "MP-*", "AT-*", "CR-*", "DL-BV-03", NULL };

static bool is_day(const char *s)
{
	return strlen(s) == 10 && !fnmatch("[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]", s, 0);
}

static const char *wrong(const struct wc_waiver *w, const char *today)
{
	const struct wc_case *c = wc_case_find(w->test);

	if (!c)
		return "there is no such case";
	for (unsigned i = 0; never[i]; i++)
		if (!fnmatch(never[i], c->id, 0))
			return "this case may not be waived";
	if (c->version != w->version)
		return "the case has another version";
	if (!is_day(w->expires))
		return "expires is a day, YYYY-MM-DD";
	if (strcmp(w->expires, today) < 0)
		return "it has expired";
	return NULL;
}

int wc_waivers_load(struct wc_waivers *w, const char *text, size_t len, const char *name,
		    const char *today, char *err, size_t errlen)
{
	struct yaml *y = NULL;

	memset(w, 0, sizeof(*w));
	if (cyaml_load_data((const uint8_t *)text, len, &config, &top, (cyaml_data_t **)&y, NULL) !=
	    CYAML_OK) {
		snprintf(err, errlen, "%s: is no list of waivers: see conformance/README.md", name);
		return -EINVAL;
	}
	w->yaml = y;
	w->waiver = y->waivers;
	w->count = y->n;
	if (w->count > WC_WAIVERS_MAX) {
		snprintf(err, errlen, "%s: %u waivers; a certificate bears at most %u", name,
			 w->count, WC_WAIVERS_MAX);
		return -E2BIG;
	}
	for (unsigned i = 0; i < w->count; i++) {
		const char *why = wrong(&w->waiver[i], today);

		if (why) {
			snprintf(err, errlen, "%s: waiver of %s: %s", name, w->waiver[i].test, why);
			return -EINVAL;
		}
	}
	return 0;
}

void wc_waivers_free(struct wc_waivers *w)
{
	if (w->yaml)
		cyaml_free(&config, &top, w->yaml, 0);
	memset(w, 0, sizeof(*w));
}

const struct wc_waiver *wc_waiver_for(const struct wc_waivers *w, const struct wc_outcome *o,
				      const char *dut)
{
	for (unsigned i = 0; i < w->count; i++)
		if (wc_case_find(w->waiver[i].test) == o->c && !strcmp(w->waiver[i].dut, dut) &&
		    !strcmp(w->waiver[i].fail_code, o->v.code))
			return &w->waiver[i];
	return NULL;
}
