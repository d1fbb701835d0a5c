/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waive: sign waivers; and whose signatures under them count.
 */
#include "conformance/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int trusted(struct wc_key **keys, const struct wc_args *a, const struct wc_waivers *w,
		   const char *name, char *err, size_t errlen)
{
	for (unsigned i = 0; i < a->n_waiver_pubs; i++) {
		keys[i] = wc_key_load(a->waiver_pub[i], false, err, errlen);
		if (!keys[i])
			return -EINVAL;
	}
	return wc_waivers_signed(w, name, keys, a->n_waiver_pubs, err, errlen);
}

int wc_waivers_trusted(const struct wc_args *a, const struct wc_waivers *w, const char *name,
		       char *err, size_t errlen)
{
	struct wc_key *keys[WC_KEYS] = { NULL };
	int rc;

	if (w->count && !a->n_waiver_pubs) {
		snprintf(err, errlen, "%s: say whose waivers count: --waiver-pub PUBLIC.pem of "
			 "who grants them", name);
		return -EINVAL;
	}
	rc = trusted(keys, a, w, name, err, errlen);
	for (unsigned i = 0; i < a->n_waiver_pubs; i++)
		wc_key_free(keys[i]);
	return rc;
}

/* text to the file, or to standard output if it is NULL; false: it cannot be written. */
static bool put(const char *path, const char *text)
{
	FILE *f = path ? fopen(path, "w") : stdout;
	bool good;

	if (!f)
		return false;
	good = fputs(text, f) >= 0;
	return (path ? !fclose(f) : !fflush(f)) && good;
}

static int sign(const struct wc_args *a, const struct wc_waivers *w)
{
	char err[512] = "", id[65];
	struct wc_key *key = wc_key_load(a->key[0], true, err, sizeof(err));
	char *text = key ? wc_waivers_sign(w, key) : NULL;
	int rc = 0;

	if (!key) {
		fprintf(stderr, "weft-conform: %s\n", err);
		rc = WC_EXIT_USAGE;
	} else if (!text || !put(a->out, text)) {
		fprintf(stderr, "weft-conform: %s: cannot be %s\n", a->out ? a->out :
			"standard output", text ? "written" : "signed");
		rc = 3;
	} else {
		wc_key_id(key, id);
		fprintf(stderr, "%u waivers signed by %s key %.16s...\n", w->count,
			wc_key_kind(key), id);
	}
	free(text);
	wc_key_free(key);
	return rc;
}

int wc_cmd_waive(const struct wc_args *a)
{
	char err[512] = "", today[16], *text;
	struct wc_waivers w;
	int rc;

	if (a->n_rest != 1 || a->n_keys != 1) {
		fputs("weft-conform: waive: give one file of waivers, and --key PRIVATE.pem of who "
		      "grants them\n", stderr);
		return WC_EXIT_USAGE;
	}
	text = wc_read_all(a->rest[0]);
	if (!text) {
		fprintf(stderr, "weft-conform: %s: cannot be read\n", a->rest[0]);
		return WC_EXIT_USAGE;
	}
	wc_today(today);
	rc = wc_waivers_load(&w, text, strlen(text), a->rest[0], today, err, sizeof(err));
	if (rc)
		fprintf(stderr, "weft-conform: %s\n", err);
	rc = rc ? WC_EXIT_USAGE : sign(a, &w);
	wc_waivers_free(&w);
	free(text);
	return rc;
}
