/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * certify, bundle: a run that nobody could pick and choose in, and the file that it is handed in
 * as.
 */
#include "conformance/certificate.h"
#include "conformance/cli.h"
#include "conformance/envelope.h"
#include "conformance/file.h"
#include "conformance/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void wc_today(char out[16])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

/* ---- certify ---------------------------------------------------------------------------- */

static bool hexadecimal(const char *s)
{
	size_t n = strlen(s);

	return n >= 16 && n <= 64 && strspn(s, "0123456789abcdef") == n;
}

/* What an engineer may do and a certificate may not; NULL: nothing of it was asked for. */
static const char *refused(const struct wc_args *a)
{
	if (!a->profile || !wc_cert_profile(a->profile))
		return "say which profile: --profile CORE, AI, MEM or ACCEL";
	if (!a->nonce || !hexadecimal(a->nonce))
		return "say the certifier's nonce: --nonce, 16 to 64 hexadecimal digits";
	if (a->n_rest != 1)
		return "give one dut.yaml, and no case: all cases of the profile run";
	if (a->insist || a->keep || a->shuffle || a->seeded)
		return "--no-rig-check, --keep-device, --shuffle and --seed are not for this";
	return NULL;
}

static void fill(struct wc_cert *c, const struct wc_args *a, const struct wc_declared *d)
{
	char *self = NULL;
	size_t n = 0;
	FILE *f = fopen("/proc/self/exe", "rb");

	memset(c, 0, sizeof(*c));
	snprintf(c->profile, sizeof(c->profile), "%s", a->profile);
	snprintf(c->nonce, sizeof(c->nonce), "%s", a->nonce);
	snprintf(c->vendor, sizeof(c->vendor), "%s", d->vendor ? d->vendor : "-");
	snprintf(c->product, sizeof(c->product), "%s", d->product ? d->product : "-");
	snprintf(c->version, sizeof(c->version), "%s", d->version ? d->version : "-");
	wc_today(c->date);
	c->seed = wc_cert_seed(c);
	if (f && !fseek(f, 0, SEEK_END) && (self = malloc((size_t)ftell(f)))) {
		n = (size_t)ftell(f);
		rewind(f);
		n = fread(self, 1, n, f);
	}
	wc_hash_text(self, n, c->suite);
	free(self);
	if (f)
		fclose(f);
}

/* Ids of the cases of the profile; the caller's to free, *n of them. */
static char **chosen(unsigned profile, int *n)
{
	const struct wc_case *c;
	char **ids = calloc(WC_CERT_NAS, sizeof(*ids));

	*n = 0;
	for (unsigned i = 0; ids && *n < (int)WC_CERT_NAS && (c = wc_case_nth(i)); i++)
		if (wc_cert_covers(profile, c))
			ids[(*n)++] = (char *)(uintptr_t)c->id;
	return ids;
}

static int write_text(const char *folder, const char *name, const char *text, size_t n)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (!f)
		return -errno;
	fwrite(text, 1, n, f);
	return wc_file_close(f);
}

/* certificate.txt, dut.yaml and waivers.yaml into the folder of the run. */
static int keep_papers(const struct wc_args *a, const struct wc_cert *c)
{
	char text[WC_CERT_ROOM], *yaml = wc_read_all(a->rest[0]);
	char *waivers = a->waivers ? wc_read_all(a->waivers) : NULL;
	size_t n = wc_cert_text(c, text, sizeof(text));
	int rc = n && yaml ? write_text(a->out, "certificate.txt", text, n) : -EIO;

	if (!rc)
		rc = write_text(a->out, "dut.yaml", yaml, strlen(yaml));
	if (!rc && waivers)
		rc = write_text(a->out, "waivers.yaml", waivers, strlen(waivers));
	free(yaml);
	free(waivers);
	return rc;
}

/* Verdict on the whole, said; the exit status. */
static int conclude(const struct wc_args *a, struct wc_cert *c, const struct wc_run *r,
		    const struct wc_waivers *w)
{
	char err[256] = "";

	wc_print_totals(r);
	if (!(r->claims.h.profiles & wc_cert_profile(c->profile))) {
		printf("NOT CERTIFIED: the device does not claim profile %s\n", c->profile);
		return 1;
	}
	if (wc_cert_count(c, r, w, err, sizeof(err))) {
		printf("NOT CERTIFIED: %s\n", err);
		return 1;
	}
	c->upper = r->claims.upper;
	if (c->bad || !c->passed || r->stop.code) {
		printf("NOT CERTIFIED: %u cases neither passed nor are waived\n", c->bad);
		return wc_run_exit(r) ? wc_run_exit(r) : 1;
	}
	if (keep_papers(a, c)) {
		fprintf(stderr, "weft-conform: %s: the certificate cannot be written\n", a->out);
		return 3;
	}
	printf("%s %s %s meets profile %s: %u cases passed, %u do not apply, %u waived; %s\n"
	       "Next: weft-conform bundle %s --key vendor.pem --out device.wcb\n", c->vendor,
	       c->product, c->version, c->profile, c->passed, c->na, c->waived,
	       c->upper ? "with an upper tester" : "over the wire alone", a->out);
	return 0;
}

static int load_waivers(const struct wc_args *a, struct wc_waivers *w)
{
	char today[16], err[512] = "", *text;
	int rc;

	memset(w, 0, sizeof(*w));
	if (!a->waivers)
		return 0;
	text = wc_read_all(a->waivers);
	if (!text) {
		fprintf(stderr, "weft-conform: %s: cannot be read\n", a->waivers);
		return WC_EXIT_USAGE;
	}
	wc_today(today);
	rc = wc_waivers_load(w, text, strlen(text), a->waivers, today, err, sizeof(err));
	if (!rc)
		rc = wc_waivers_trusted(a, w, a->waivers, err, sizeof(err));
	free(text);
	if (rc)
		fprintf(stderr, "weft-conform: %s\n", err);
	return rc ? WC_EXIT_USAGE : 0;
}

static int certify(struct wc_args *a, const struct wc_config *k)
{
	struct wc_waivers w;
	struct wc_cert c;
	struct wc_run r;
	int n = 0, rc = load_waivers(a, &w);
	struct wc_args run = *a;
	char **ids;

	if (!rc) {
		fill(&c, a, &k->declared);
		wc_cert_waivers(&c, &w);
		ids = chosen(wc_cert_profile(a->profile), &n);
		run.rest = ids;
		run.n_rest = n;
		run.seed = c.seed;
		rc = wc_run_against(&r, &run, &k->declared);
		if (rc != WC_EXIT_USAGE && !r.unwritten)
			rc = conclude(a, &c, &r, &w);
		wc_run_free(&r);
		free(ids);
	}
	wc_waivers_free(&w);
	return rc;
}

int wc_cmd_certify(const struct wc_args *given)
{
	const char *why = refused(given);
	struct wc_config *k = NULL;
	struct wc_args a = *given;
	char path[1024];
	int rc;

	if (why) {
		fprintf(stderr, "weft-conform: certify: %s\n", why);
		return WC_EXIT_USAGE;
	}
	a.config = a.rest[0];
	rc = wc_args_config(&a, &k);
	if (rc)
		return rc;
	a.out = a.out ? a.out : "out/certificate";
	snprintf(path, sizeof(path), "%s/certificate.txt", a.out);
	remove(path);			/* of an earlier run: this one may not meet it */
	snprintf(path, sizeof(path), "%s/waivers.yaml", a.out);
	if (!a.waivers)
		remove(path);
	rc = certify(&a, k);
	wc_config_free(k);
	return rc;
}

/* ---- bundle ----------------------------------------------------------------------------- */

static int gather(const char *from, struct wc_files *f, struct wc_envelope *e)
{
	const struct wc_file *paper;
	struct wc_cert c;
	char err[512] = "";
	struct stat st;
	int rc = stat(from, &st) ? -errno : 0;

	if (rc)
		snprintf(err, sizeof(err), "%s: %s", from, strerror(-rc));
	else if (S_ISDIR(st.st_mode))
		rc = wc_files_read(f, from, err, sizeof(err));
	else
		rc = wc_archive_read(f, from, err, sizeof(err));
	paper = rc ? NULL : wc_files_find(f, "certificate.txt");
	if (!rc && (!paper || !wc_cert_parse(&c, (char *)paper->bytes, paper->len))) {
		snprintf(err, sizeof(err), "%s: holds no certificate: weft-conform certify makes "
			 "one", from);
		rc = -EINVAL;
	}
	if (!rc) {
		const struct wc_file *old = wc_files_find(f, WC_ENVELOPE);
		char *statement = wc_cert_statement(&c, f);

		if (old && (!wc_envelope_parse(e, (char *)old->bytes) || !statement ||
			    strcmp(statement, e->payload))) {
			snprintf(err, sizeof(err), "%s: its signatures are of something else",
				 from);
			rc = -EBADMSG;
			free(statement);
		} else if (old) {
			free(statement);
		} else {
			e->payload = statement;
		}
	}
	if (rc)
		fprintf(stderr, "weft-conform: %s\n", err);
	return rc;
}

static int sign_all(const struct wc_args *a, struct wc_envelope *e)
{
	for (unsigned i = 0; i < a->n_keys; i++) {
		char err[512], id[65];
		struct wc_key *k = wc_key_load(a->key[i], true, err, sizeof(err));
		bool good = k && wc_envelope_sign(e, k);

		if (!k)
			fprintf(stderr, "weft-conform: %s\n", err);
		else if (!good)
			fprintf(stderr, "weft-conform: %s: did not sign; has it signed before?\n",
				a->key[i]);
		if (good) {
			wc_key_id(k, id);
			printf("signed by %s key %.16s...\n", wc_key_kind(k), id);
		}
		wc_key_free(k);
		if (!good)
			return WC_EXIT_USAGE;
	}
	return 0;
}

int wc_cmd_bundle(const struct wc_args *a)
{
	const char *out = a->out ? a->out : "device.wcb";
	struct wc_files f = { 0 };
	struct wc_envelope e = { 0 };
	char *text;
	int rc;

	if (a->n_rest != 1 || !a->n_keys) {
		fputs("weft-conform: bundle: give the folder of a certified run, or a bundle to "
		      "sign too, and --key PRIVATE.pem\n", stderr);
		return WC_EXIT_USAGE;
	}
	rc = gather(a->rest[0], &f, &e) ? WC_EXIT_USAGE : sign_all(a, &e);
	text = rc ? NULL : wc_envelope_text(&e);
	if (text) {
		rc = wc_files_put(&f, WC_ENVELOPE, text, strlen(text)) ||
		     wc_archive_write(&f, out) ? 3 : 0;
		if (rc)
			fprintf(stderr, "weft-conform: %s: cannot be written\n", out);
		else
			printf("%s: %zu files, %u signatures\n", out, f.count, e.count);
	}
	free(text);
	wc_envelope_free(&e);
	wc_files_free(&f);
	return rc;
}
