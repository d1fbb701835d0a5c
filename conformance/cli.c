/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run, judge and demo.
 */
#include "conformance/cli.h"
#include "conformance/report.h"
#include "conformance/spawn.h"
#include "conformance/ut.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void wc_print_totals(const struct wc_run *r)
{
	printf("%u cases:", r->count);
	for (unsigned k = 0; k < WC_VERDICTS; k++)
		if (r->totals[k] || k < 2)
			printf(" %u %s", r->totals[k], wc_verdict_name((enum wc_verdict_kind)k));
	printf(" (%.2f s)\n", r->ms / 1e3);
}

static void print_failures(const struct wc_run *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct wc_outcome *o = &r->outcome[i];

		if (o->v.kind == WC_PASS || o->v.kind == WC_NA || !o->ran)
			continue;
		putchar('\n');
		wc_report_card(r, o, stdout);
	}
}

int wc_run_against(struct wc_run *r, const struct wc_args *a, const struct wc_declared *declared)
{
	struct wc_dut d;
	char err[512] = "";
	int rc = wc_dut_open(&d, a->dut, a->local, a->seed, err, sizeof(err));

	memset(r, 0, sizeof(*r));
	if (!rc) {
		rc = wc_ut_open(&d, a->upper, err, sizeof(err));
		if (rc)
			wc_dut_close(&d);
	}
	if (rc) {
		fprintf(stderr, "weft-conform: %s\n", err);
		return WC_EXIT_USAGE;
	}
	r->dut = &d;
	r->out = a->out;
	r->seed = a->seed;
	r->quiet = a->quiet;
	snprintf(r->url, sizeof(r->url), "%s", a->dut);
	if (declared)
		r->declared = d.declared = *declared;
	wc_dut_patience(&d, a->patience_ms);
	r->insist = a->insist;
	d.keep = a->keep;
	r->shuffle = a->shuffle;
	r->local = a->local;
	r->patience_ms = d.patience_ms;
	wc_rig_check(&d, &r->stop);
	r->claims = d.claims;
	d.watch = a->watch;
	d.watch_arg = a->watch_arg;
	if (r->insist)
		r->stop.code = NULL;
	rc = wc_run_cases(r, a->rest, a->n_rest, err, sizeof(err));
	if (!rc && a->out)
		rc = wc_report_all(r, err, sizeof(err));
	wc_dut_close(&d);
	r->dut = NULL;
	if (rc) {
		fprintf(stderr, "weft-conform: %s\n", err);
		return 3;
	}
	return wc_run_exit(r);
}

static void on_signal(int sig)
{
	(void)sig;
	wc_interrupted = 1;
}

/* INT and TERM end the run with a report of what has run; a second one ends us at once. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_flags = (int)SA_RESETHAND };

	sa.sa_handler = on_signal;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void tell_stop(const struct wc_run *r)
{
	unsigned ran = 0;

	for (unsigned i = 0; i < r->count; i++)
		ran += r->outcome[i].ran;
	fflush(stdout);
	fprintf(stderr, "weft-conform: %s\n", r->stop.text);
	printf("%u of %u cases ran\n", ran, r->count);
}

static int run_and_tell(const struct wc_args *a, const struct wc_declared *declared)
{
	struct wc_run r;
	int rc;

	catch_signals();
	rc = wc_run_against(&r, a, declared);
	if (r.count) {
		print_failures(&r);
		if (r.stop.code)
			tell_stop(&r);
		wc_print_totals(&r);
		printf("report: %s/index.html\n", a->out);
	} else if (rc != WC_EXIT_USAGE) {
		fputs("weft-conform: no case has such an id; see weft-conform list\n", stderr);
		rc = WC_EXIT_USAGE;
	}
	wc_run_free(&r);
	return rc;
}

int wc_args_config(struct wc_args *a, struct wc_config **c)
{
	char err[512] = "";

	if (a->config && wc_config_load(a->config, c, err, sizeof(err))) {
		fprintf(stderr, "weft-conform: %s\n", err);
		return WC_EXIT_USAGE;
	}
	if (*c) {
		a->dut = a->dut ? a->dut : (*c)->url;
		a->local = a->local ? a->local : (*c)->local;
		a->upper = a->upper ? a->upper : (*c)->upper;
		a->patience_ms = a->patience_ms ? a->patience_ms : (*c)->patience_ms;
	}
	if (a->dut)
		return 0;
	fputs("weft-conform: say which device, by --dut udp:ADDRESS or a dut.yaml\n", stderr);
	return WC_EXIT_USAGE;
}

int wc_cmd_run(const struct wc_args *given)
{
	struct wc_config *c = NULL;
	struct wc_args a = *given;
	int rc = wc_args_config(&a, &c);

	if (rc)
		return rc;
	if (!a.out)
		a.out = "out/conformance";
	rc = run_and_tell(&a, c ? &c->declared : NULL);
	wc_config_free(c);
	return rc;
}

/* ---- judge ------------------------------------------------------------------------------ */

bool wc_agrees(const char *json, const struct wc_outcome *o)
{
	char want[256];
	const char *at;

	snprintf(want, sizeof(want), "{\"id\": \"%s\"", o->c->id);
	at = strstr(json, want);
	snprintf(want, sizeof(want), "\"verdict\": \"%s\", \"code\": \"%s\"",
		 wc_verdict_name(o->v.kind), o->v.code);
	at = at ? strstr(at, "\"verdict\"") : NULL;
	return at && !strncmp(at, want, strlen(want));
}

char *wc_read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	char *out = NULL;
	size_t n = 0, got = 1;

	while (f && got) {
		char *more = realloc(out, n + 65537);

		if (!more)
			break;
		out = more;
		got = fread(out + n, 1, 65536, f);
		n += got;
		out[n] = 0;
	}
	if (f)
		fclose(f);
	return out;
}

/* How many verdicts differ from those of results.json; *unrun: how many cases never ran. */
static unsigned compare(const struct wc_run *r, const char *dir, unsigned *unrun)
{
	char path[1024], *json;
	unsigned differ = 0;

	snprintf(path, sizeof(path), "%s/results.json", dir);
	json = wc_read_all(path);
	if (!json)
		printf("%s is not there: nothing to compare with\n", path);
	for (unsigned i = 0; i < r->count && json; i++)
		if (!wc_agrees(json, &r->outcome[i])) {
			printf("%s: judged %s %s now, and otherwise when it ran\n",
			       r->outcome[i].c->id, wc_verdict_name(r->outcome[i].v.kind),
			       r->outcome[i].v.code);
			differ++;
		}
	*unrun = 0;
	for (const char *at = json; at && (at = strstr(at, "\"ran\": false")); at++)
		++*unrun;
	if (*unrun)
		printf("%u cases of this run were stopped before they ran\n", *unrun);
	free(json);
	return differ;
}

int wc_cmd_judge(const struct wc_args *a)
{
	struct wc_run r = { 0 };
	char err[512] = "";
	unsigned differ, unrun;
	int rc;

	if (a->n_rest != 1) {
		fputs("weft-conform: judge: give the folder of one run\n", stderr);
		return WC_EXIT_USAGE;
	}
	rc = wc_run_load(&r, a->rest[0], err, sizeof(err));
	snprintf(r.url, sizeof(r.url), "transcripts in %s", a->rest[0]);
	r.out = a->out;
	if (!rc && a->out)
		rc = wc_report_all(&r, err, sizeof(err));
	if (rc) {
		fprintf(stderr, "weft-conform: %s\n", err);
		wc_run_free(&r);
		return WC_EXIT_USAGE;
	}
	print_failures(&r);
	wc_print_totals(&r);
	differ = compare(&r, a->rest[0], &unrun);
	rc = differ ? 3 : wc_run_exit(&r);
	if (!rc && unrun)
		rc = 2;
	wc_run_free(&r);
	return rc;
}

/* ---- demo ------------------------------------------------------------------------------- */

void wc_chip_commands(const struct wc_args *a, bool mutants, char chip_a[1024], char chip_b[1024])
{
	const char *weft = mutants ? "../mutants/bin/weft" : "weft";
	static const char common[] = "--port udp:127.0.0.1:0 --domain any --quiet "
				     "--personality conformance/personality.txt";

	snprintf(chip_a, 1024, "%s/%s chip --name A --class gpu --pool HBM:256M "
		 "--modes rud,rod --max-payload 8192 --window 1024 %s", a->self, weft, common);
	snprintf(chip_b, 1024, "%s/%s chip --name B --class npu --pool DDR:64M --modes rod "
		 "--max-payload 1024 --window 64 --engines fill,copy,crc32c %s", a->self, weft,
		 common);
	if (a->chip_a)
		snprintf(chip_a, 1024, "%s", a->chip_a);
	if (a->chip_b)
		snprintf(chip_b, 1024, "%s", a->chip_b);
}

/* The page that leads to those of both chips. */
static void demo_page(const char *folder, const int status[2])
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/index.html", folder);
	f = fopen(path, "w");
	if (!f)
		return;
	fputs("<!doctype html>\n<html lang=en><meta charset=utf-8><title>Weft conformance</title>\n"
	      "<style>body{font:15px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto}"
	      "</style>\n<h1>Weft conformance</h1>\n<ul>\n", f);
	for (unsigned i = 0; i < 2; i++)
		fprintf(f, "<li><a href=\"chip-%c/index.html\">Chip %c</a>: %s\n", "ab"[i], "AB"[i],
			status[i] == 0 ? "passes all that it claims" :
			status[i] == 1 ? "not conforming" : "not decided");
	fputs("</ul>\n</html>\n", f);
	fclose(f);
}

int wc_cmd_demo(const struct wc_args *given)
{
	const char *folder = given->out ? given->out : "out/conformance";
	char chip[2][1024], err[512] = "", out[2][512];
	int status[2] = { 2, 2 }, worst = 0;

	wc_chip_commands(given, false, chip[0], chip[1]);
	for (unsigned i = 0; i < 2 && !wc_interrupted; i++) {
		struct wc_args a = *given;
		struct wc_child c;

		if (wc_spawn(&c, chip[i], NULL, NULL, err, sizeof(err))) {
			fprintf(stderr, "weft-conform: %s\n", err);
			return 3;
		}
		snprintf(out[i], sizeof(out[i]), "%s/chip-%c", folder, "ab"[i]);
		printf("chip %c at %s\n", "AB"[i], c.url);
		a.dut = c.url;
		a.out = out[i];
		status[i] = run_and_tell(&a, NULL);
		worst = status[i] > worst ? status[i] : worst;
		wc_spawn_end(&c);
	}
	if (!wc_interrupted)
		demo_page(folder, status);
	return worst;
}
