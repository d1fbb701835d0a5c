/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init and check: dut.yaml written by questions, and judged before a device is there.
 */
#include "conformance/cli.h"
#include "conformance/file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER 256

/* ---- init ------------------------------------------------------------------------------- */

enum kind { TEXT, ADDRESS, NUMBER, LIST };

struct question {
	const char *ask;
	const char *usual;	/* what an empty answer means */
	enum kind kind;
	uint64_t min, max;	/* NUMBER */
};

enum { Q_VENDOR, Q_PRODUCT, Q_VERSION, Q_URL, Q_LOCAL, Q_MODES, Q_PAYLOAD, Q_WINDOW, Q_PROFILES,
       Q_FEATURES, Q_PATIENCE, QUESTIONS };

static const struct question question[QUESTIONS] = {
	[Q_VENDOR] = { "Who makes the device?", "Acme", TEXT, 0, 0 },
	[Q_PRODUCT] = { "What is it called?", "X1", TEXT, 0, 0 },
	[Q_VERSION] = { "Which version of hardware and firmware?", "1", TEXT, 0, 0 },
	[Q_URL] = { "Where is it (udp:ADDRESS[:PORT], packet:MAC, inproc:FILE.so, "
		    "cosim:COMMAND)?", "udp:127.0.0.1:49190", ADDRESS, 0, 0 },
	[Q_LOCAL] = { "Where do we send from (udp:ADDRESS:0, packet:INTERFACE; - : the driver's "
		      "choice)?", "-", ADDRESS, 0, 0 },
	[Q_MODES] = { "Which modes does it offer (RUD, ROD)?", "ROD", LIST, 0, 0 },
	[Q_PAYLOAD] = { "Bytes of payload in one packet, at most?", "1024", NUMBER, 64, 65535 },
	[Q_WINDOW] = { "Packets in its receive window, at most?", "64", NUMBER, 16, 4096 },
	[Q_PROFILES] = { "Which profiles does it claim (CORE, AI, MEM, ACCEL)?", "CORE", LIST,
			 0, 0 },
	[Q_FEATURES] = { "Which features (TRIM, PROBE, CREDIT, ATOMICS, NARROW, MASKED, REDUCE, "
			 "VISIBLE, DURABLE, SIGNAL, INV, MEM, RD, UD; - : not declared)?", "-",
			 LIST, 0, 0 },
	[Q_PATIENCE] = { "Milliseconds to wait for an answer that must come?", "2000", NUMBER, 1,
			 600000 },
};

static bool good_number(const struct question *q, const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	return isdigit((unsigned char)*text) && !*end && n >= q->min && n <= q->max;
}

/* Why the answer will not do, or NULL.  Quotes and the like would end the YAML string. */
static const char *wrong(const struct question *q, const char *text)
{
	static char err[512];

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\\')
			return "without quotes, backslashes and control characters, please";
	if (q->kind == NUMBER && !good_number(q, text))
		return "that is no number in the range that spec/ allows";
	if (q == &question[Q_URL] && wc_port_check(text, err, sizeof(err)))
		return err;
	if (q->kind == ADDRESS && strcmp(text, "-") && !strchr(text, ':'))
		return "an address is DRIVER:SOMETHING";
	if (q->kind == LIST && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ, -") != strlen(text))
		return "names in capitals, separated by commas";
	return NULL;
}

/* Ask until the answer will do.  False: there is no more input. */
static bool ask(const struct question *q, char answer[ANSWER])
{
	const char *why;

	for (;;) {
		printf("%s [%s] ", q->ask, q->usual);
		fflush(stdout);
		if (!fgets(answer, ANSWER, stdin))
			return false;
		answer[strcspn(answer, "\n")] = 0;
		if (!*answer)
			snprintf(answer, ANSWER, "%s", q->usual);
		why = wrong(q, answer);
		if (!why)
			return true;
		printf("  %s\n", why);
	}
}

static int write_yaml(const char *path, char a[QUESTIONS][ANSWER])
{
	FILE *f = fopen(path, "wx");

	if (!f)
		return -errno;
	fprintf(f, "# What weft-conform must know of a device: weft-conform run %s\ndut:\n"
		"  vendor: \"%s\"\n  product: \"%s\"\n  version: \"%s\"\nport:\n  url: \"%s\"\n",
		path, a[Q_VENDOR], a[Q_PRODUCT], a[Q_VERSION], a[Q_URL]);
	if (strcmp(a[Q_LOCAL], "-"))
		fprintf(f, "  local: \"%s\"\n", a[Q_LOCAL]);
	fprintf(f, "declared:                       # compared with HELLO and LIMITS (VN-CA-01)\n"
		"  modes: [%s]\n  max_payload: %s             # bytes\n"
		"  max_window: %s                # packets\n  profiles: [%s]\n", a[Q_MODES],
		a[Q_PAYLOAD], a[Q_WINDOW], a[Q_PROFILES]);
	if (strcmp(a[Q_FEATURES], "-"))
		fprintf(f, "  features: [%s]\n", a[Q_FEATURES]);
	fprintf(f, "pixit:\n  patience_ms: %s              # for an answer that must come\n",
		a[Q_PATIENCE]);
	return wc_file_close(f);
}

/* Asked before the questions are. */
static bool writable(const char *path)
{
	char folder[1024];

	snprintf(folder, sizeof(folder), "%s", path);
	return !access(dirname(folder), W_OK | X_OK);
}

int wc_cmd_init(const struct wc_args *a)
{
	const char *path = a->n_rest ? a->rest[0] : "dut.yaml";
	static char answer[QUESTIONS][ANSWER];
	struct wc_config *c = NULL;
	char err[512] = "";
	int rc;

	if (!access(path, F_OK)) {
		fprintf(stderr, "weft-conform: init: %s is there already; name another file\n",
			path);
		return WC_EXIT_USAGE;
	}
	if (!writable(path)) {
		fprintf(stderr, "weft-conform: init: %s: %s\n", path, strerror(errno));
		return 3;
	}
	for (unsigned i = 0; i < QUESTIONS; i++)
		if (!ask(&question[i], answer[i])) {
			fputs("\nweft-conform: init: no more answers; nothing was written\n",
			      stderr);
			return WC_EXIT_USAGE;
		}
	rc = write_yaml(path, answer);
	if (rc && rc != -EEXIST)
		remove(path);
	if (rc) {
		fprintf(stderr, "weft-conform: init: %s: %s\n", path, strerror(-rc));
		return 3;
	}
	if (wc_config_load(path, &c, err, sizeof(err))) {
		fprintf(stderr, "weft-conform: %s\nCorrect it there, or remove it and begin "
			"again.\n", err);
		return WC_EXIT_USAGE;
	}
	wc_config_free(c);
	printf("%s is written.  Next: weft-conform check %s, then weft-conform run %s\n", path,
	       path, path);
	return 0;
}

/* ---- check ------------------------------------------------------------------------------ */

static unsigned complain(bool wrong_, const char *what)
{
	if (wrong_)
		printf("wrong: %s\n", what);
	return wrong_;
}

/* How many declarations cannot be true together, or at all. */
static unsigned contradictions(const struct wc_config *c)
{
	const struct wc_declared *d = &c->declared;
	unsigned core = d->profiles & WC_P_CORE, n = 0;
	char err[512] = "";

	n += complain(d->modes && d->profiles & WC_P_CORE && !(d->modes & WC_MODES_ROD),
		      "profile CORE needs mode ROD (WEFT-PRF-002)");
	n += complain(d->modes && d->profiles & WC_P_AI && !(d->modes & WC_MODES_RUD),
		      "profile AI needs mode RUD (WEFT-PRF-002)");
	n += complain(d->profiles & (WC_P_AI | WC_P_ACCEL | WC_P_SECURE) && !core,
		      "profiles AI, ACCEL and SECURE need CORE (WEFT-PRF-001)");
	n += complain(d->features && d->profiles & WC_P_MEM && !(d->features & WC_FT_MEM),
		      "profile MEM needs feature MEM (WEFT-PRF-002)");
	n += complain(d->max_window && (d->max_window < WC_MIN_WINDOW ||
					d->max_window > WC_MAX_WINDOW),
		      "max_window is from 16 to 4096 packets");
	n += complain(d->max_payload && d->max_payload < WC_MIN_PAYLOAD,
		      "max_payload is at least 64 bytes");
	n += complain(wc_port_check(c->url, err, sizeof(err)) != 0, err);
	n += complain(c->patience_ms > 600000, "patience_ms is at most 600000");
	return n;
}

/* What the device would claim if it were as declared; what is not declared is assumed. */
static void assume(const struct wc_config *c, struct wc_claims *out)
{
	const struct wc_declared *d = &c->declared;

	*out = (struct wc_claims){ .hello = true, .personality = true, .chip = true,
				   .two_domains = true, .mailboxes = true,
				   .upper = c->upper ? 2 : 0, .caller = c->upper != NULL };
	out->h.modes = d->modes ? d->modes : WC_MODES_RUD | WC_MODES_ROD;
	out->h.max_payload = d->max_payload ? d->max_payload : 0xffff;
	out->h.profiles = d->profiles ? d->profiles : 0xff & ~WC_P_SECURE;
	out->limits.features = d->features ? d->features : WC_FT_ALL;
}

static void plan_area(const struct wc_area *area, const struct wc_claims *claims,
		      unsigned sum[2])
{
	const struct wc_case *c;
	unsigned n[2] = { 0, 0 };

	for (unsigned i = 0; (c = wc_case_nth(i)); i++)
		if (wc_area_of(c) == area)
			n[wc_not_claimed(c, claims) != NULL]++;
	printf("%s  %-50s %3u to run, %3u not applicable\n", area->id, area->name, n[0], n[1]);
	sum[0] += n[0];
	sum[1] += n[1];
}

static void plan(const struct wc_config *c)
{
	unsigned sum[2] = { 0, 0 };
	struct wc_claims claims;
	const struct wc_case *k;

	assume(c, &claims);
	for (const struct wc_area *a = wc_areas; a->id; a++)
		plan_area(a, &claims, sum);
	printf("    %-50s %3u to run, %3u not applicable\n\n", "all", sum[0], sum[1]);
	for (unsigned i = 0; (k = wc_case_nth(i)); i++)
		if (wc_not_claimed(k, &claims))
			printf("NA    %-20s %-22s %s\n", k->id, wc_not_claimed(k, &claims),
			       k->title);
	if (!c->declared.features)
		puts("features are not declared: cases that need one may turn out NA");
	puts("What the device says in HELLO and LIMITS decides in the end, and whether it offers "
	     "its test\npersonality, the chip service and a second domain: weft-conform rig "
	     "asks it.");
}

int wc_cmd_check(const struct wc_args *a)
{
	struct wc_config *c = NULL;
	char err[512] = "", modes[64], profiles[128];
	unsigned bad;

	if (a->n_rest != 1) {
		fputs("weft-conform: check: give one dut.yaml\n", stderr);
		return WC_EXIT_USAGE;
	}
	if (wc_config_load(a->rest[0], &c, err, sizeof(err))) {
		fprintf(stderr, "weft-conform: %s\n", err);
		return WC_EXIT_USAGE;
	}
	wc_flag_names("modes", c->declared.modes, modes, sizeof(modes));
	wc_flag_names("profiles", c->declared.profiles, profiles, sizeof(profiles));
	printf("%s %s %s at %s\nmodes [%s], profiles [%s], %u bytes, %u packets (0: not "
	       "declared)\n\n", c->declared.vendor ? c->declared.vendor : "A device",
	       c->declared.product ? c->declared.product : "",
	       c->declared.version ? c->declared.version : "", c->url, modes, profiles,
	       c->declared.max_payload, c->declared.max_window);
	bad = contradictions(c);
	if (!bad)
		plan(c);
	wc_config_free(c);
	return bad ? WC_EXIT_USAGE : 0;
}
