/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay and diff: one case of an earlier run again, and two runs beside each other.
 */
#include "conformance/cli.h"
#include "conformance/report.h"
#include "conformance/stimulus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- replay ----------------------------------------------------------------------------- */

struct again {
	char run[768];			/* folder of the run */
	char id[32];
	char url[256], local[256], upper[256];
	struct wc_transcript tr;	/* of then */
};

/* RUN/fail/ID or RUN/tests/ID, with or without a slash at the end, to its parts. */
static bool take_apart(const char *path, struct again *g)
{
	char *slash;

	snprintf(g->run, sizeof(g->run), "%s", path);
	while ((slash = strrchr(g->run, '/')) && !slash[1])
		*slash = 0;
	if (!slash)
		return false;
	snprintf(g->id, sizeof(g->id), "%.31s", slash + 1);
	*slash = 0;
	slash = strrchr(g->run, '/');
	if (slash ? strcmp(slash, "/fail") && strcmp(slash, "/tests") :
	    strcmp(g->run, "fail") && strcmp(g->run, "tests"))
		return false;
	if (slash)
		*slash = 0;
	else
		snprintf(g->run, sizeof(g->run), ".");
	return true;
}

/* The text value of a member of results.json as we write it; "" if it is null or not there. */
static void member(const char *json, const char *name, char *out, size_t len)
{
	char want[64];
	const char *at;
	size_t n = 0;

	snprintf(want, sizeof(want), "\"%s\": \"", name);
	at = strstr(json, want);
	at = at ? at + strlen(want) : "";
	for (; *at && *at != '"' && n + 1 < len; at++) {
		if (*at == '\\' && at[1])
			at++;
		out[n++] = *at;
	}
	out[n] = 0;
}

static int remember(const char *path, struct again *g)
{
	const struct wc_case *c;
	char file[1024], *json;
	int rc;

	memset(g, 0, sizeof(*g));
	if (!take_apart(path, g)) {
		fputs("weft-conform: replay: give RUN/fail/ID or RUN/tests/ID\n", stderr);
		return WC_EXIT_USAGE;
	}
	c = wc_case_find(g->id);
	if (c && c->observer) {
		fprintf(stderr, "weft-conform: replay: %s is of a capture, which nobody can send "
			"again; weft-conform judge %s judges it again\n", g->id, g->run);
		return WC_EXIT_USAGE;
	}
	snprintf(file, sizeof(file), "%s/results.json", g->run);
	json = wc_read_all(file);
	snprintf(file, sizeof(file), "%s/tests/%s/transcript.wct", g->run, g->id);
	rc = wc_transcript_load(&g->tr, file);
	if (!json || rc) {
		fprintf(stderr, "weft-conform: replay: %s: no transcript of a run, or it was "
			"changed\n", file);
		free(json);
		return WC_EXIT_USAGE;
	}
	member(json, "dut", g->url, sizeof(g->url));
	member(json, "local", g->local, sizeof(g->local));
	member(json, "upper", g->upper, sizeof(g->upper));
	free(json);
	return 0;
}

static struct wc_declared declared_then(const struct wc_view *v)
{
	struct wc_declared d = { .modes = (unsigned)wc_view_value(v, "declared.modes", 0) };

	d.max_payload = (unsigned)wc_view_value(v, "declared.max_payload", 0);
	d.max_window = (unsigned)wc_view_value(v, "declared.max_window", 0);
	d.profiles = (unsigned)wc_view_value(v, "declared.profiles", 0);
	d.features = (unsigned)wc_view_value(v, "declared.features", 0);
	return d;
}

/* One packet of the script as it leaves, or of the device as it comes. */
static void tell(const struct wc_view *v, size_t at, void *arg)
{
	const struct wc_rec *r = &v->t->rec[at];
	const bool *step = arg;
	char line[256];

	if (r->kind == WC_R_MARK)
		printf("            -- %s\n", r->name);
	if (r->kind == WC_R_TIMEOUT)
		printf("%8.3f ms  no %s\n", (double)r->t_ns / 1e6, r->name);
	if (r->kind != WC_R_TX && r->kind != WC_R_RX)
		return;
	wc_frame_text(&v->f[at], line, sizeof(line));
	printf("%8.3f ms  %s %s%s%s\n", (double)r->t_ns / 1e6, r->kind == WC_R_TX ? ">" : "<",
	       v->wrong[at] ? v->wrong[at] : line, r->flags & WC_T_BAD ? "  (must not be taken)" :
	       "", r->flags & WC_T_AUTO ? "  (driver)" : "");
	if (*step && r->kind == WC_R_TX && !(r->flags & WC_T_AUTO)) {
		fputs("Enter to send it: ", stdout);
		fflush(stdout);
		while (!wc_interrupted) {
			int ch = getchar();

			if (ch == '\n' || ch == EOF)
				break;
		}
	}
}

static void hash_of(const struct wc_transcript *t, uint8_t out[32])
{
	struct wc_sha256 s;

	wc_sha256_init(&s);
	wc_stimulus_add(&s, t);
	wc_sha256_end(&s, out);
}

/* The same verdict, and as far as can be asked the same bytes? */
static void compare_with(const struct again *g, const struct wc_outcome *o)
{
	uint8_t then[32], now[32];
	struct wc_verdict v;

	wc_judge(o->c, &g->tr, &v);
	hash_of(&g->tr, then);
	hash_of(&o->tr, now);
	printf("then %s %s, now %s %s; stimulus %s; transcript %s\n", wc_verdict_name(v.kind),
	       v.code, wc_verdict_name(o->v.kind), o->v.code,
	       memcmp(then, now, 32) ? "differs" : "the same",
	       memcmp(g->tr.head, o->tr.head, 32) ? "differs" : "the same, byte for byte");
}

static int run_again(const struct wc_args *given, const struct again *g)
{
	struct wc_args a = *given;
	char *id[1] = { (char *)(uintptr_t)g->id };
	struct wc_declared d;
	struct wc_view v;
	struct wc_run r;
	bool step = given->step;
	int rc;

	wc_view_init(&v, &g->tr);
	wc_view_update(&v);
	d = declared_then(&v);
	a.dut = a.dut ? a.dut : g->url;
	a.local = a.local ? a.local : *g->local ? g->local : NULL;
	a.upper = a.upper ? a.upper : *g->upper ? g->upper : NULL;
	a.seed = wc_view_value(&v, "seed", 0);
	if (!a.patience_ms)
		a.patience_ms = (unsigned)wc_view_value(&v, "patience_ms", 2000);
	a.rest = id;
	a.n_rest = 1;
	a.quiet = true;
	a.watch = tell;
	a.watch_arg = &step;
	rc = wc_run_against(&r, &a, &d);
	wc_view_free(&v);
	if (r.count && r.outcome[0].ran) {
		compare_with(g, &r.outcome[0]);
		if (r.outcome[0].v.kind != WC_PASS)
			wc_report_card(&r, &r.outcome[0], stdout);
	} else if (r.stop.code) {
		fprintf(stderr, "weft-conform: %s\n", r.stop.text);
	}
	wc_run_free(&r);
	return rc;
}

int wc_cmd_replay(const struct wc_args *a)
{
	struct again g;
	int rc;

	if (a->n_rest != 1) {
		fputs("weft-conform: replay: give RUN/fail/ID or RUN/tests/ID\n", stderr);
		return WC_EXIT_USAGE;
	}
	rc = remember(a->rest[0], &g);
	if (!rc)
		rc = run_again(a, &g);
	wc_transcript_free(&g.tr);
	return rc;
}

/* ---- diff ------------------------------------------------------------------------------- */

/* What the device sent, without the numbers that change from run to run. */
struct behaviour {
	unsigned packets, refusals, nacks, opcode[16];
};

static void behaviour_of(const struct wc_transcript *t, struct behaviour *b)
{
	struct wc_view v;

	memset(b, 0, sizeof(*b));
	wc_view_init(&v, t);
	wc_view_update(&v);
	for (size_t i = 0; i < v.count; i++) {
		if (t->rec[i].kind != WC_R_RX || v.f[i].type == WC_ACK)
			continue;	/* how often it acknowledges is a matter of time */
		b->packets++;
		b->nacks += v.f[i].type == WC_NACK;
		if (v.f[i].type != WC_DATA || v.f[i].flags & WC_F_RTX)
			continue;
		b->refusals += v.f[i].status != WC_OK;
		if (v.f[i].opcode == WC_TACK && v.f[i].status == WC_OK)
			b->opcode[WC_TACK] = 1;		/* one may complete many */
		else
			b->opcode[v.f[i].opcode & 15]++;
	}
	wc_view_free(&v);
}

static const struct wc_outcome *find(const struct wc_run *r, const struct wc_case *c)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->outcome[i].c == c)
			return &r->outcome[i];
	return NULL;
}

/* 1 if the verdicts differ, 2 if only what the device did differs. */
static int compare_case(const struct wc_case *c, const struct wc_outcome *x,
			const struct wc_outcome *y)
{
	struct behaviour bx, by;

	if (!x || !y) {
		printf("%-9s only in the %s run\n", c->id, x ? "first" : "second");
		return 1;
	}
	if (x->v.kind != y->v.kind || strcmp(x->v.code, y->v.code)) {
		printf("%-9s %s %s -> %s %s  %s\n", c->id, wc_verdict_name(x->v.kind), x->v.code,
		       wc_verdict_name(y->v.kind), y->v.code, c->title);
		return 1;
	}
	behaviour_of(&x->tr, &bx);
	behaviour_of(&y->tr, &by);
	if (!memcmp(bx.opcode, by.opcode, sizeof(bx.opcode)) && bx.refusals == by.refusals &&
	    !bx.nacks == !by.nacks)
		return 0;
	printf("%-9s %s both, but the device sent %u packets, %u refusals, %u NACKs -> %u, %u, "
	       "%u\n", c->id, wc_verdict_name(x->v.kind), bx.packets, bx.refusals, bx.nacks,
	       by.packets, by.refusals, by.nacks);
	return 2;
}

static uint64_t seed_of(const struct wc_outcome *o)
{
	struct wc_view v;
	uint64_t seed;

	wc_view_init(&v, &o->tr);
	wc_view_update(&v);
	seed = wc_view_value(&v, "seed", 0);
	wc_view_free(&v);
	return seed;
}

/* Of one seed, did the scripts send other packets?  Not asked where they answer the device. */
static void sent_other(const struct wc_case *c, const struct wc_outcome *x,
		       const struct wc_outcome *y)
{
	uint8_t hx[32], hy[32];

	if (!x || !y || !x->ran || !y->ran || c->needs & WC_NEEDS_UPPER || x->shared ||
	    y->shared || seed_of(x) != seed_of(y))
		return;
	hash_of(&x->tr, hx);
	hash_of(&y->tr, hy);
	if (memcmp(hx, hy, sizeof(hx)))
		printf("%-9s of one seed, but we sent other packets\n", c->id);
}

int wc_cmd_diff(const struct wc_args *a)
{
	struct wc_run r[2] = { { 0 }, { 0 } };
	unsigned n[3] = { 0, 0, 0 };
	char err[512] = "";
	const struct wc_case *c;
	int rc = 0;

	if (a->n_rest != 2) {
		fputs("weft-conform: diff: give the folders of two runs\n", stderr);
		return WC_EXIT_USAGE;
	}
	for (unsigned i = 0; i < 2 && !rc; i++)
		rc = wc_run_load(&r[i], a->rest[i], err, sizeof(err));
	if (rc)
		fprintf(stderr, "weft-conform: %s\n", err);
	for (unsigned i = 0; !rc && (c = wc_case_nth(i)); i++) {
		const struct wc_outcome *x = find(&r[0], c), *y = find(&r[1], c);

		if (x || y)
			n[compare_case(c, x, y)]++;
		sent_other(c, x, y);
	}
	if (!rc)
		printf("%u verdicts differ, %u cases differ in what the device did, %u are the "
		       "same\n", n[1], n[2], n[0]);
	wc_run_free(&r[0]);
	wc_run_free(&r[1]);
	return rc ? WC_EXIT_USAGE : n[1] || n[2] ? 1 : 0;
}
