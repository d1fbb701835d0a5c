/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The suite tested: mutants of the reference chip must be killed, each by the case and for the
 * reason that mutants.def names; degenerate devices must pass nothing.
 */
#include "conformance/cli.h"
#include "conformance/mutants/mutants.h"
#include "conformance/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct mutant {
	const char *name, *area, *text, *kill, *code;
	const char *chip;	/* "a" or "b": on which of the two chips */
};

#define WEFT_MUTANT_ROW(name, chip, area, kill, code, text) \
	{ #name, #area, text, kill, code, #chip },
#define WEFT_MUTANT_CORE(name, text)	/* the core tests' to kill */
static const struct mutant mutants[] = {
#include "conformance/mutants/mutants.def"
};
#undef WEFT_MUTANT_CORE
#undef WEFT_MUTANT_ROW
#define MUTANTS (sizeof(mutants) / sizeof(mutants[0]))

void wc_print_mutants(const char *id)
{
	for (size_t i = 0; i < MUTANTS; i++)
		if (!strcmp(mutants[i].kill, id))
			printf("kills      %s: %s (%s)\n", mutants[i].name, mutants[i].text,
			       mutants[i].code);
}

/* What became of one subject of a self-test. */
struct report {
	unsigned index;
	unsigned passed, failed;	/* cases, of all that ran */
	bool good;
	char note[160];
};

typedef void (*subject)(const struct wc_args *a, unsigned index, struct report *out);

/* ---- many at a time ---------------------------------------------------------------------- */

static void worker(const struct wc_args *a, subject run, unsigned first, unsigned n, int to)
{
	for (unsigned i = first; i < n; i += a->jobs) {
		struct report r = { .index = i };

		run(a, i, &r);
		if (write(to, &r, sizeof(r)) != (ssize_t)sizeof(r))
			_exit(3);
	}
	_exit(0);
}

/* Run subjects 0 to n - 1 in a->jobs processes; reports come in any order.  How many came. */
static unsigned fan_out(const struct wc_args *a, subject run, unsigned n, struct report *out)
{
	unsigned came = 0;
	struct report r;
	int fd[2];

	fflush(NULL);
	if (pipe(fd))
		return 0;
	for (unsigned k = 0; k < a->jobs; k++)
		if (fork() == 0)
			worker(a, run, k, n, fd[1]);
	close(fd[1]);
	while (read(fd[0], &r, sizeof(r)) == (ssize_t)sizeof(r)) {
		out[r.index] = r;
		came++;
		if (!a->quiet || !r.good)
			printf("%s %s\n", r.good ? "ok   " : "FAIL ", r.note);
		fflush(stdout);
	}
	close(fd[0]);
	while (wait(NULL) > 0)
		;
	return came;
}

/* ---- mutants ----------------------------------------------------------------------------- */

static void judge_mutant(const struct mutant *m, const struct wc_run *r, struct report *out)
{
	const struct wc_outcome *o = NULL;

	for (unsigned i = 0; i < r->count; i++)
		if (!strcmp(r->outcome[i].c->id, m->kill))
			o = &r->outcome[i];
	out->passed = r->totals[WC_PASS];
	out->failed = r->totals[WC_FAIL];
	if (!o) {
		snprintf(out->note, sizeof(out->note), "%s: there is no case %s", m->name, m->kill);
		return;
	}
	out->good = o->v.kind == WC_FAIL && !strcmp(o->v.code, m->code);
	snprintf(out->note, sizeof(out->note), "%-22s %-9s %s %s%s%s", m->name, m->kill,
		 wc_verdict_name(o->v.kind), o->v.code, out->good ? "" : ", expected FAIL ",
		 out->good ? "" : m->code);
}

static void run_mutant(const struct wc_args *given, unsigned index, struct report *out)
{
	const struct mutant *m = &mutants[index];
	char chip[2][1024], folder[512], err[256] = "";
	char *ids[1] = { (char *)(uintptr_t)m->kill };
	struct wc_args a = *given;
	struct wc_child c;
	struct wc_run r;

	wc_chip_commands(given, true, chip[0], chip[1]);
	if (wc_spawn(&c, chip[m->chip[0] == 'b'], "WEFT_MUTANT", m->name, err, sizeof(err))) {
		snprintf(out->note, sizeof(out->note), "%s: %.100s", m->name, err);
		return;
	}
	snprintf(folder, sizeof(folder), "%s/%s", given->out, m->name);
	a.dut = c.url;
	a.out = folder;
	a.quiet = true;
	a.insist = true;	/* the cases are on trial, not the rig check */
	a.rest = ids;
	a.n_rest = a.full ? 0 : 1;
	wc_run_against(&r, &a, NULL);
	judge_mutant(m, &r, out);
	wc_run_free(&r);
	wc_spawn_end(&c);
}

/* Without a mutant, the same build passes what kills them. */
static void run_baseline(const struct wc_args *given, unsigned index, struct report *out)
{
	char chip[2][1024], err[256] = "";
	char *ids[MUTANTS];
	struct wc_args a = *given;
	struct wc_child c;
	struct wc_run r;

	for (size_t i = 0; i < MUTANTS; i++)
		ids[i] = (char *)(uintptr_t)mutants[i].kill;
	wc_chip_commands(given, true, chip[0], chip[1]);
	if (wc_spawn(&c, chip[index], "WEFT_MUTANT", "", err, sizeof(err))) {
		snprintf(out->note, sizeof(out->note), "no mutant: %.100s", err);
		return;
	}
	a.dut = c.url;
	a.out = NULL;
	a.quiet = true;
	a.rest = ids;
	a.n_rest = (int)MUTANTS;
	wc_run_against(&r, &a, NULL);
	out->good = r.totals[WC_PASS] && r.totals[WC_PASS] + r.totals[WC_NA] == r.count;
	snprintf(out->note, sizeof(out->note), "chip %c without a mutant: %u of %u cases pass, %u "
		 "do not apply", "AB"[index], r.totals[WC_PASS], r.count, r.totals[WC_NA]);
	wc_run_free(&r);
	wc_spawn_end(&c);
}

static int kill_matrix(const char *out, const struct report *r)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/mutants.json", out);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	fputs("[\n", f);
	for (size_t i = 0; i < MUTANTS; i++)
		fprintf(f, "  {\"mutant\": \"%s\", \"area\": \"%s\", \"what\": \"%s\", \"case\": "
			"\"%s\", \"code\": \"%s\", \"killed\": %s, \"cases_failed\": %u}%s\n",
			mutants[i].name, mutants[i].area, mutants[i].text, mutants[i].kill,
			mutants[i].code, r[i].good ? "true" : "false", r[i].failed,
			i + 1 < MUTANTS ? "," : "");
	fputs("]\n", f);
	return fclose(f) ? -EIO : 0;
}

static int selftest_mutants(struct wc_args *a)
{
	static struct report base[2], r[MUTANTS];
	unsigned killed = 0;

	fan_out(a, run_baseline, 2, base);
	if (!base[0].good || !base[1].good) {
		fputs("weft-conform: the unchanged chip must pass first\n", stderr);
		return 1;
	}
	fan_out(a, run_mutant, MUTANTS, r);
	for (size_t i = 0; i < MUTANTS; i++)
		killed += r[i].good;
	printf("%u of %zu mutants killed, each by its case and for its reason\n", killed, MUTANTS);
	if (wc_mkdirs(a->out) || kill_matrix(a->out, r)) {
		fprintf(stderr, "weft-conform: %s: mutants.json cannot be written\n", a->out);
		return 3;
	}
	return killed == MUTANTS ? 0 : 1;
}

/* ---- degenerate devices ------------------------------------------------------------------- */

static const char *const degenerate[] = {
	"silent", "ack", "hello", "nack-context", "nack-reset", "refuse", "yes", "echo", "noise",
};
#define DEGENERATE (sizeof(degenerate) / sizeof(degenerate[0]))

static void run_degenerate(const struct wc_args *given, unsigned index, struct report *out)
{
	char command[1100], folder[512], err[256] = "";
	struct wc_args a = *given;
	struct wc_child c;
	unsigned undecided;
	struct wc_run r;

	snprintf(command, sizeof(command), "%s/weft-degenerate %s", given->self,
		 degenerate[index]);
	if (wc_spawn(&c, command, NULL, NULL, err, sizeof(err))) {
		snprintf(out->note, sizeof(out->note), "%s: %.100s", degenerate[index], err);
		return;
	}
	snprintf(folder, sizeof(folder), "%s/%s", given->out, degenerate[index]);
	a.dut = c.url;
	a.out = folder;
	a.quiet = true;
	a.insist = true;	/* each case must find out for itself */
	wc_run_against(&r, &a, NULL);
	out->passed = r.totals[WC_PASS];
	out->failed = r.totals[WC_FAIL];
	undecided = r.totals[WC_INCONC] + r.totals[WC_ERROR];
	out->good = r.count && !out->passed && out->failed + undecided;
	snprintf(out->note, sizeof(out->note), "%-14s %u pass, %u fail, %u do not apply, %u other",
		 degenerate[index], out->passed, out->failed, r.totals[WC_NA], undecided);
	wc_run_free(&r);
	wc_spawn_end(&c);
}

static int selftest_degenerate(struct wc_args *a)
{
	static struct report r[DEGENERATE];
	unsigned good = 0;

	fan_out(a, run_degenerate, DEGENERATE, r);
	for (size_t i = 0; i < DEGENERATE; i++)
		good += r[i].good;
	printf("%u of %zu degenerate devices pass nothing\n", good, DEGENERATE);
	return good == DEGENERATE ? 0 : 1;
}

int wc_cmd_selftest(const struct wc_args *given)
{
	struct wc_args a = *given;

	if (a.mutants == a.degenerate) {
		fputs("weft-conform: selftest: give --mutants or --degenerate\n", stderr);
		return WC_EXIT_USAGE;
	}
	if (!a.out)
		a.out = a.mutants ? "out/conformance/mutants" : "out/conformance/degenerate";
	if (!a.jobs)
		a.jobs = a.mutants ? 4 : DEGENERATE;	/* which mostly wait */
	if (!a.patience_ms)
		a.patience_ms = a.mutants ? 500 : 40;
	return a.mutants ? selftest_mutants(&a) : selftest_degenerate(&a);
}
