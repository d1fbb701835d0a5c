/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run and demo.
 */
#include "conformance/cli.h"
#include "conformance/file.h"
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

void wc_print_failures(const struct wc_run *r)
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
	r->upper = a->upper;
	r->config = a->config;
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
	r->unwritten = rc;
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
	if (r.unwritten) {
		printf("%u cases ran; there is no report\n", r.count);
	} else if (r.count) {
		wc_print_failures(&r);
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
	if (!strncmp(a.dut, "pcap:", 5))
		rc = wc_observe_url(&a);
	else
		rc = run_and_tell(&a, c ? &c->declared : NULL);
	wc_config_free(c);
	return rc;
}

/* ---- demo ------------------------------------------------------------------------------- */

void wc_chip_commands(const struct wc_args *a, char chip_a[1024], char chip_b[1024])
{
	const char *weft = "../mutants/bin/weft";
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
static int demo_page(const char *folder, const int status[2])
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/index.html", folder);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	fputs("<!doctype html>\n<html lang=en><meta charset=utf-8><title>Weft conformance</title>\n"
	      "<style>body{font:15px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto}"
	      "</style>\n<h1>Weft conformance</h1>\n<ul>\n", f);
	for (unsigned i = 0; i < 2; i++)
		fprintf(f, "<li><a href=\"chip-%c/index.html\">Chip %c</a>: %s\n", "ab"[i], "AB"[i],
			status[i] == 0 ? "passes all that it claims" :
			status[i] == 1 ? "not conforming" : "not decided");
	fputs("</ul>\n</html>\n", f);
	return wc_file_close(f);
}

/* One chip, 0 or 1: in this process, or the one that command starts.  Its run's exit status. */
static int demo_chip(const struct wc_args *given, unsigned i, const char *command,
		     const char *out)
{
	static const char *const inproc[] = { "inproc:a", "inproc:b" };
	struct wc_args a = *given;
	char err[512] = "";
	struct wc_child c;
	int rc;

	if (command && wc_spawn(&c, command, NULL, NULL, err, sizeof(err))) {
		fprintf(stderr, "weft-conform: %s\n", err);
		return 3;
	}
	a.dut = command ? c.url : inproc[i];
	a.out = out;
	printf("chip %c at %s\n", "AB"[i], a.dut);
	rc = run_and_tell(&a, NULL);
	if (command)
		wc_spawn_end(&c);
	return rc;
}

int wc_cmd_demo(const struct wc_args *given)
{
	const char *folder = given->out ? given->out : "out/conformance";
	const char *const command[2] = { given->chip_a, given->chip_b };
	int status[2] = { 2, 2 }, worst = 0;
	char out[512];

	if (given->n_rest || given->dut || given->upper) {
		fputs("weft-conform: demo: runs all cases against the reference chips: give no "
		      "case and no device\n", stderr);
		return WC_EXIT_USAGE;
	}
	for (unsigned i = 0; i < 2 && worst < 3 && !wc_interrupted; i++) {
		snprintf(out, sizeof(out), "%s/chip-%c", folder, "ab"[i]);
		status[i] = demo_chip(given, i, command[i], out);
		worst = status[i] > worst ? status[i] : worst;
	}
	if (worst >= 3 || wc_interrupted)
		return worst;
	if (demo_page(folder, status)) {
		fprintf(stderr, "weft-conform: %s/index.html: cannot be written\n", folder);
		return 3;
	}
	printf("both: %s/index.html\n", folder);
	return worst;
}
