/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verify: is a bundle what its signatures say, and would we come to the same verdicts?
 */
#include "conformance/certificate.h"
#include "conformance/cli.h"
#include "conformance/envelope.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct check {
	const struct wc_args *a;
	struct wc_files f;
	struct wc_envelope e;
	struct wc_cert c;
	struct wc_waivers w;
	struct wc_run r;
	unsigned bad;
};

__attribute__((format(printf, 3, 4)))
static bool must(struct check *k, bool good, const char *fmt, ...)
{
	va_list ap;

	if (good)
		return true;
	k->bad++;
	fputs("wrong: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

/* The certificate is there, and the envelope is over it and over these very files. */
static bool check_paper(struct check *k)
{
	const struct wc_file *cert = wc_files_find(&k->f, "certificate.txt");
	const struct wc_file *env = wc_files_find(&k->f, WC_ENVELOPE);
	char *statement;
	bool good;

	if (!must(k, cert && wc_cert_parse(&k->c, (char *)cert->bytes, cert->len),
		  "certificate.txt is not there, or is no certificate") ||
	    !must(k, env && wc_envelope_parse(&k->e, (char *)env->bytes),
		  WC_ENVELOPE " is not there, or is no envelope"))
		return false;
	statement = wc_cert_statement(&k->c, &k->f);
	good = must(k, statement && !strcmp(statement, k->e.payload), "a file was changed, added "
		    "or removed after the signature: what was signed has another root");
	free(statement);
	return good;
}

static void check_signatures(struct check *k)
{
	for (unsigned i = 0; i < k->a->n_pubs; i++) {
		char err[512], id[65];
		struct wc_key *key = wc_key_load(k->a->pub[i], false, err, sizeof(err));

		if (!must(k, key, "%s", err))
			continue;
		wc_key_id(key, id);
		if (must(k, wc_envelope_signed(&k->e, key), "%s: no good signature by this key",
			 k->a->pub[i]))
			printf("signed by %s key %.16s... (%s)\n", wc_key_kind(key), id,
			       k->a->pub[i]);
		wc_key_free(key);
	}
}

/* Nonce, seed, waivers, and what the statement says of itself. */
static void check_terms(struct check *k)
{
	const struct wc_file *w = wc_files_find(&k->f, "waivers.yaml");
	static struct wc_cert now;
	char err[512] = "", today[16];

	wc_today(today);
	must(k, wc_cert_profile(k->c.profile), "%s is no profile", k->c.profile);
	must(k, !k->a->nonce || !strcmp(k->a->nonce, k->c.nonce), "the nonce is %s, not the one "
	     "that was asked for: an old run?", k->c.nonce);
	must(k, k->c.seed == wc_cert_seed(&k->c), "the seed is not that of nonce and device");
	must(k, strcmp(k->c.date, today) <= 0, "the date %s is to come", k->c.date);
	if (w && must(k, !wc_waivers_load(&k->w, (char *)w->bytes, w->len, "waivers.yaml", today,
					  err, sizeof(err)), "%s", err))
		must(k, !wc_waivers_trusted(k->a, &k->w, "waivers.yaml", err, sizeof(err)), "%s",
		     err);
	must(k, !k->c.waived || w, "waived failures without waivers.yaml");
	wc_cert_waivers(&now, &k->w);
	must(k, !memcmp(now.waiver, k->c.waiver, sizeof(now.waiver)), "the waivers that are "
	     "printed on the certificate are not those of waivers.yaml");
}

/* Is the transcript of the run that the certificate is about, of a device that claims this? */
static void check_claims(struct check *k, const struct wc_outcome *o, uint64_t *chip)
{
	struct wc_claims claims;
	struct wc_view v;

	wc_view_init(&v, &o->tr);
	wc_view_update(&v);
	wc_view_claims(&v, &claims);
	must(k, wc_view_value(&v, "seed", 0) == k->c.seed, "%s: ran from another seed", o->c->id);
	must(k, claims.h.profiles & wc_cert_profile(k->c.profile), "%s: the device does not claim "
	     "profile %s", o->c->id, k->c.profile);
	must(k, claims.upper == k->c.upper, "%s: ran with an upper tester of level %u, the "
	     "certificate says %u (0: none)", o->c->id, claims.upper, k->c.upper);
	*chip = *chip ? *chip : claims.h.chip_id;
	must(k, claims.h.chip_id == *chip, "%s: ran against another chip", o->c->id);
	wc_view_free(&v);
}

/* Every case of the profile has a transcript; judge it again. */
static void judge_all(struct check *k)
{
	const struct wc_file *json = wc_files_find(&k->f, "results.json");
	const struct wc_case *c;
	uint64_t chip = 0;
	char path[WC_PATH_MAX];

	for (unsigned i = 0; (c = wc_case_nth(i)); i++) {
		const struct wc_file *file;
		struct wc_transcript tr;
		struct wc_outcome *o;

		if (!wc_cert_covers(wc_cert_profile(k->c.profile), c))
			continue;
		snprintf(path, sizeof(path), "tests/%s/transcript.wct", c->id);
		file = wc_files_find(&k->f, path);
		if (!must(k, file && !wc_transcript_parse(&tr, file->bytes, file->len),
			  "%s: no transcript, or its chain is broken", c->id))
			continue;
		o = wc_run_add(&k->r, c, &tr);
		check_claims(k, o, &chip);
		must(k, json && wc_agrees((char *)json->bytes, o), "%s: judged %s %s now, and "
		     "otherwise in results.json", c->id, wc_verdict_name(o->v.kind), o->v.code);
	}
}

static void check_verdicts(struct check *k)
{
	static struct wc_cert now;
	char err[256] = "";

	now = k->c;
	must(k, !wc_cert_count(&now, &k->r, &k->w, err, sizeof(err)), "%s", err);
	must(k, !now.bad, "%u cases neither pass nor are waived", now.bad);
	must(k, now.passed == k->c.passed && now.na == k->c.na && now.waived == k->c.waived,
	     "%u pass, %u do not apply, %u are waived; the certificate says %u, %u, %u",
	     now.passed, now.na, now.waived, k->c.passed, k->c.na, k->c.waived);
	must(k, !memcmp(now.na_why, k->c.na_why, sizeof(now.na_why)), "the cases that do not "
	     "apply, or why, are not those that the certificate lists");
}

static int verify(struct check *k)
{
	char err[512] = "";

	if (!must(k, !wc_archive_read(&k->f, k->a->rest[0], err, sizeof(err)), "%s", err) ||
	    !check_paper(k))
		return 1;
	check_signatures(k);
	check_terms(k);
	judge_all(k);
	check_verdicts(k);
	if (k->bad)
		return 1;
	printf("%s %s %s, profile %s, %s: %u cases passed, %u do not apply, %u waived; %u "
	       "transcripts judged again\n", k->c.vendor, k->c.product, k->c.version,
	       k->c.profile, k->c.date, k->c.passed, k->c.na, k->c.waived, k->r.count);
	if (k->c.upper)
		printf("earned with an upper tester of level %u beside the device\n", k->c.upper);
	else
		puts("earned over the wire alone: what the device does by itself was not tested");
	for (unsigned i = 0; i < k->w.count; i++)
		printf("waived %s\n", k->c.waiver[i]);
	puts("VALID");
	return 0;
}

int wc_cmd_verify(const struct wc_args *a)
{
	static struct check k;
	int rc;

	if (a->n_rest != 1 || !a->n_pubs) {
		fputs("weft-conform: verify: give one bundle, and --pub PUBLIC.pem of whom you "
		      "trust\n", stderr);
		return WC_EXIT_USAGE;
	}
	memset(&k, 0, sizeof(k));
	k.a = a;
	rc = verify(&k);
	if (rc)
		puts("NOT VALID");
	wc_run_free(&k.r);
	wc_waivers_free(&k.w);
	wc_envelope_free(&k.e);
	wc_files_free(&k.f);
	return rc;
}
