/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates: their text, their seed, their statement.
 */
#include "conformance/certificate.h"
#include "conformance/report.h"
#include "conformance/sha256.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "weft-certificate 2\n"

unsigned wc_cert_profile(const char *name)
{
	static const struct { const char *name; unsigned bit; } profile[] = {
		{ "CORE", WC_P_CORE }, { "AI", WC_P_AI }, { "MEM", WC_P_MEM },
		{ "ACCEL", WC_P_ACCEL },
	};

	for (size_t i = 0; i < sizeof(profile) / sizeof(profile[0]); i++)
		if (!strcmp(name, profile[i].name))
			return profile[i].bit;
	return 0;
}

bool wc_cert_covers(unsigned profile, const struct wc_case *c)
{
	unsigned of = wc_profiles_of(c);

	if (profile != WC_P_CORE && of & profile)
		return true;
	return profile != WC_P_MEM && of & WC_P_CORE;	/* all but MEM need CORE */
}

uint64_t wc_cert_seed(const struct wc_cert *c)
{
	struct wc_sha256 s;
	uint8_t sum[32];

	wc_sha256_init(&s);
	wc_sha256_add(&s, MAGIC, sizeof(MAGIC));
	wc_sha256_add(&s, c->nonce, strlen(c->nonce) + 1);
	wc_sha256_add(&s, c->vendor, strlen(c->vendor) + 1);
	wc_sha256_add(&s, c->product, strlen(c->product) + 1);
	wc_sha256_add(&s, c->version, strlen(c->version) + 1);
	wc_sha256_end(&s, sum);
	return wc_get(sum, 8) | 1;
}

void wc_cert_device(const struct wc_cert *c, char *out, size_t len)
{
	snprintf(out, len, "%s %s %s", c->vendor, c->product, c->version);
}

int wc_cert_count(struct wc_cert *c, const struct wc_run *r, const struct wc_waivers *w, char *err,
		  size_t errlen)
{
	bool used[WC_WAIVERS_MAX] = { false };
	char device[3 * WC_CERT_TEXT + 3];

	c->passed = c->na = c->waived = c->bad = 0;
	memset(c->na_why, 0, sizeof(c->na_why));
	wc_cert_device(c, device, sizeof(device));
	for (unsigned i = 0; i < r->count; i++) {
		const struct wc_outcome *o = &r->outcome[i];
		const struct wc_waiver *x = o->v.kind == WC_FAIL ?
			wc_waiver_for(w, o, device) : NULL;

		c->passed += o->v.kind == WC_PASS;
		if (o->v.kind == WC_NA && c->na < WC_CERT_NAS)
			snprintf(c->na_why[c->na++], WC_CERT_NA, "%.31s %.31s", o->c->id,
				 o->v.code);
		c->waived += x != NULL;
		c->bad += o->v.kind != WC_PASS && o->v.kind != WC_NA && !x;
		if (x)
			used[x - w->waiver] = true;
	}
	for (unsigned i = 0; i < w->count; i++)
		if (!used[i]) {
			snprintf(err, errlen, "the waiver of %s covers no failure: another device "
				 "or code, or it passes", w->waiver[i].test);
			return -EINVAL;
		}
	return 0;
}

/* ---- text ------------------------------------------------------------------------------- */

/* One more line at *n; past the end of the room only counted. */
__attribute__((format(printf, 4, 5)))
static void put_line(char *out, size_t room, int *n, const char *fmt, ...)
{
	va_list ap;

	if (*n < 0 || (size_t)*n >= room)
		return;
	va_start(ap, fmt);
	*n += vsnprintf(out + *n, room - (size_t)*n, fmt, ap);
	va_end(ap);
}

size_t wc_cert_text(const struct wc_cert *c, char *out, size_t room)
{
	int n = snprintf(out, room, MAGIC "profile %s\nvendor %s\nproduct %s\nversion %s\n"
			 "nonce %s\nseed %016" PRIx64 "\ndate %s\nsuite %s\nprotocol 1\n"
			 "passed %u\nnot-applicable %u\nwaived %u\n", c->profile, c->vendor,
			 c->product, c->version, c->nonce, c->seed, c->date, c->suite, c->passed,
			 c->na, c->waived);

	if (c->upper)
		put_line(out, room, &n, "upper-tester level %u\n", c->upper);
	else
		put_line(out, room, &n, "upper-tester none\n");
	for (unsigned i = 0; i < c->na && i < WC_CERT_NAS; i++)
		put_line(out, room, &n, "na %s\n", c->na_why[i]);
	for (unsigned i = 0; i < WC_WAIVERS_MAX && c->waiver[i][0]; i++)
		put_line(out, room, &n, "waiver %s\n", c->waiver[i]);
	return n < 0 || (size_t)n >= room ? 0 : (size_t)n;
}

void wc_cert_waivers(struct wc_cert *c, const struct wc_waivers *w)
{
	memset(c->waiver, 0, sizeof(c->waiver));
	for (unsigned i = 0; i < w->count; i++)
		wc_waiver_line(&w->waiver[i], c->waiver[i], sizeof(c->waiver[i]));
}

/* The rest of the line that begins with name, into out; the line after it, or NULL. */
static const char *field(const char *at, const char *name, char *out, size_t room)
{
	size_t n = strlen(name), len;

	if (!at || strncmp(at, name, n) || at[n] != ' ')
		return NULL;
	at += n + 1;
	len = strcspn(at, "\n");
	if (len >= room || at[len] != '\n')
		return NULL;
	memcpy(out, at, len);
	out[len] = 0;
	return at + len + 1;
}

static const char *number(const char *at, const char *name, unsigned *out)
{
	char text[16] = "";

	at = field(at, name, text, sizeof(text));
	*out = (unsigned)strtoul(text, NULL, 10);
	return at;
}

bool wc_cert_parse(struct wc_cert *c, const char *text, size_t len)
{
	char seed[20] = "", protocol[8] = "", upper[16] = "", again[WC_CERT_ROOM];
	const char *at = text;

	memset(c, 0, sizeof(*c));
	if (len < sizeof(MAGIC) || strlen(text) != len || strncmp(at, MAGIC, sizeof(MAGIC) - 1))
		return false;
	at = field(at + sizeof(MAGIC) - 1, "profile", c->profile, sizeof(c->profile));
	at = field(at, "vendor", c->vendor, sizeof(c->vendor));
	at = field(at, "product", c->product, sizeof(c->product));
	at = field(at, "version", c->version, sizeof(c->version));
	at = field(at, "nonce", c->nonce, sizeof(c->nonce));
	at = field(at, "seed", seed, sizeof(seed));
	at = field(at, "date", c->date, sizeof(c->date));
	at = field(at, "suite", c->suite, sizeof(c->suite));
	at = field(at, "protocol", protocol, sizeof(protocol));
	at = number(at, "passed", &c->passed);
	at = number(at, "not-applicable", &c->na);
	at = number(at, "waived", &c->waived);
	at = field(at, "upper-tester", upper, sizeof(upper));
	if (!strncmp(upper, "level ", 6))
		c->upper = (unsigned)strtoul(upper + 6, NULL, 10);
	for (unsigned i = 0; i < c->na && i < WC_CERT_NAS; i++)
		at = field(at, "na", c->na_why[i], WC_CERT_NA);
	for (unsigned i = 0; i < WC_WAIVERS_MAX && at && *at; i++)
		at = field(at, "waiver", c->waiver[i], sizeof(c->waiver[i]));
	c->seed = strtoull(seed, NULL, 16);
	return at && wc_cert_text(c, again, sizeof(again)) == len && !memcmp(again, text, len);
}

/* ---- statement -------------------------------------------------------------------------- */

char *wc_cert_statement(const struct wc_cert *c, const struct wc_files *f)
{
	char root_text[65], *buf = NULL;
	uint8_t root[32];
	size_t len = 0;
	FILE *m = open_memstream(&buf, &len);

	if (!m)
		return NULL;
	wc_files_root(f, WC_ENVELOPE, root);
	for (unsigned i = 0; i < sizeof(root); i++)
		snprintf(root_text + 2 * (size_t)i, 3, "%02x", root[i]);
	fprintf(m, "{\"_type\": \"https://in-toto.io/Statement/v1\",\n \"subject\": [{\"name\": "
		"\"run\", \"digest\": {\"sha256\": \"%s\"}}],\n \"predicateType\": "
		"\"https://in-toto.io/attestation/test-result/v0.1\",\n \"predicate\": "
		"{\"result\": \"%s\", \"profile\": \"%s\", \"nonce\": \"%s\", \"date\": \"%s\",\n"
		"  \"suite\": \"%s\", \"passed\": %u, \"notApplicable\": %u, \"waived\": %u,\n"
		"  \"upperTesterLevel\": %u, \"device\": ", root_text,
		c->waived ? "WARNED" : "PASSED", c->profile, c->nonce, c->date,
		c->suite, c->passed, c->na, c->waived, c->upper);
	fputs("{\"vendor\": ", m);
	wc_put_json(m, c->vendor);
	fputs(", \"product\": ", m);
	wc_put_json(m, c->product);
	fputs(", \"version\": ", m);
	wc_put_json(m, c->version);
	fputs("}}}\n", m);
	return fclose(m) ? NULL : buf;
}
