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

#define SIGNED(key) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct wc_waiver, \
			       key, 1, 256)

static const cyaml_schema_field_t waiver_fields[] = {
	STRING(test), CYAML_FIELD_UINT("version", CYAML_FLAG_DEFAULT, struct wc_waiver, version),
	STRING(dut), STRING(fail_code), STRING(issue), STRING(reason), STRING(expires),
	STRING(signed_by), SIGNED(key), SIGNED(signature), CYAML_FIELD_END
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
	long month, day;

	if (strlen(s) != 10 || fnmatch("[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]", s, 0))
		return false;
	month = strtol(s + 5, NULL, 10);
	day = strtol(s + 8, NULL, 10);
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* A line is a field: none may hold two, or hide something from who reads it. */
static bool one_line(const struct wc_waiver *w)
{
	const char *const field[] = { w->test, w->dut, w->fail_code, w->issue, w->reason,
				      w->expires, w->signed_by };

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		for (const char *p = field[i]; *p; p++)
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				return false;
	return true;
}

static const char *wrong(const struct wc_waiver *w, const char *today)
{
	const struct wc_case *c = wc_case_find(w->test);

	if (!one_line(w))
		return "a field holds the end of a line or a control character";
	if (!c || c->observer)
		return "there is no such case";
	for (unsigned i = 0; never[i]; i++)
		if (!fnmatch(never[i], c->of ? c->of->id : c->id, 0))
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
	if (!y) {
		snprintf(err, errlen, "%s: is empty: see conformance/README.md", name);
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

/* ---- signatures --------------------------------------------------------------------------- */

/* What is signed; the caller's to free, *n bytes; NULL: out of memory. */
static char *canonical(const struct wc_waiver *w, size_t *n)
{
	char *text = NULL;
	FILE *m = open_memstream(&text, n);

	if (!m)
		return NULL;
	fprintf(m, "weft-waiver 1\ntest %s\nversion %u\ndut %s\nfail_code %s\nissue %s\n"
		"reason %s\nexpires %s\nsigned_by %s\n", w->test, w->version, w->dut,
		w->fail_code, w->issue, w->reason, w->expires, w->signed_by);
	return fclose(m) ? NULL : text;
}

static bool good(const struct wc_waiver *w, const struct wc_key *key)
{
	size_t n = 0, siglen = 0;
	uint8_t *sig = wc_base64_back(w->signature, &siglen);
	char *text = canonical(w, &n);
	bool yes = sig && text && wc_sign_check(key, text, n, sig, siglen);

	free(sig);
	free(text);
	return yes;
}

static const struct wc_key *key_of(const struct wc_waiver *w, struct wc_key *const *keys,
				   unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char id[65];

		wc_key_id(keys[i], id);
		if (!strcmp(id, w->key))
			return keys[i];
	}
	return NULL;
}

int wc_waivers_signed(const struct wc_waivers *w, const char *name, struct wc_key *const *keys,
		      unsigned n, char *err, size_t errlen)
{
	for (unsigned i = 0; i < w->count; i++) {
		const struct wc_waiver *x = &w->waiver[i];
		const struct wc_key *key;

		snprintf(err, errlen, "%s: waiver of %s: is not signed: weft-conform waive does "
			 "that, with the key of who grants it", name, x->test);
		if (!x->key || !x->signature)
			return -EACCES;
		key = key_of(x, keys, n);
		snprintf(err, errlen, "%s: waiver of %s: is signed by key %.16s..., which is none "
			 "that --waiver-pub gives", name, x->test, x->key);
		if (!key)
			return -EACCES;
		snprintf(err, errlen, "%s: waiver of %s: its signature is wrong: it was changed "
			 "after it was signed, or the key never signed it", name, x->test);
		if (!good(x, key))
			return -EACCES;
	}
	err[0] = 0;
	return 0;
}

static void put_yaml(FILE *f, const char *field, const char *text)
{
	fprintf(f, "    %s: \"", field);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		fputc(*text, f);
	}
	fputs("\"\n", f);
}

/* One waiver, signed, as YAML.  False: it could not be signed. */
static bool put_signed(FILE *f, const struct wc_waiver *w, const struct wc_key *key)
{
	uint8_t sig[WC_SIG_MAX];
	size_t n = 0, siglen;
	char *text = canonical(w, &n), *base = NULL, id[65];

	siglen = text ? wc_sign(key, text, n, sig) : 0;
	if (siglen)
		base = wc_base64(sig, siglen);
	free(text);
	if (!base)
		return false;
	wc_key_id(key, id);
	fprintf(f, "  - test: %s\n    version: %u\n", w->test, w->version);
	put_yaml(f, "dut", w->dut);
	put_yaml(f, "fail_code", w->fail_code);
	put_yaml(f, "issue", w->issue);
	put_yaml(f, "reason", w->reason);
	put_yaml(f, "expires", w->expires);
	put_yaml(f, "signed_by", w->signed_by);
	put_yaml(f, "key", id);
	put_yaml(f, "signature", base);
	free(base);
	return true;
}

char *wc_waivers_sign(const struct wc_waivers *w, const struct wc_key *key)
{
	char *text = NULL;
	size_t n = 0;
	FILE *m = open_memstream(&text, &n);
	bool all = m;

	if (m)
		fputs("waivers:\n", m);
	for (unsigned i = 0; i < w->count && all; i++)
		all = put_signed(m, &w->waiver[i], key);
	if (m && fclose(m))
		all = false;
	if (all)
		return text;
	free(text);
	return NULL;
}

void wc_waiver_line(const struct wc_waiver *w, char *out, size_t len)
{
	snprintf(out, len, "%s v%u %s until %s by %s (key %.16s): %s (%s)", w->test, w->version,
		 w->fail_code, w->expires, w->signed_by, w->key ? w->key : "none", w->reason,
		 w->issue);
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
