/* SPDX-License-Identifier: BSD-2-Clause */
/* See sweep.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/experiment.h"
#include "sim/rng.h"
#include "sim/sweep.h"
#include "sim/sweep_page.h"
#include "sim/util.h"

enum { PATH_ROOM = 4096, LINE_ROOM = 8192 };

/* How many values a key is given. */
static uint64_t choices(const char *vary)
{
	uint64_t n = 1;

	for (const char *c = strchr(vary, '=') + 1; *c; c++)
		n += *c == ',';
	return n;
}

/* The number that text is for a key. Returns 0, or -1 and why. */
static int number_of(const struct sim_sweep *s, const char *key, const char *text, uint64_t *out,
		     char why[SIM_WHY_MAX])
{
	const struct sim_scenario_key *k = sim_scenario_find(key);
	struct sim_scenario sc = *s->sc;

	if (sim_scenario_set(&sc, "--vary", key, text, why))
		return -1;
	if (k->value != SIM_VALUE_COUNT && k->value != SIM_VALUE_SIZE) {
		snprintf(why, SIM_WHY_MAX, "--vary %s: only numbers lie between two", key);
		return -1;
	}
	memcpy(out, (const char *)&sc + k->offset, sizeof(*out));
	return 0;
}

/* A value between the two of "LOW..HIGH", both included, by 64 random bits. */
static int between(const struct sim_sweep *s, const char *key, const char *range, uint64_t random,
		   char *value, size_t size, char why[SIM_WHY_MAX])
{
	const char *dots = strstr(range, "..");
	uint64_t low, high;
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)(dots - range), range);
	if (number_of(s, key, text, &low, why) || number_of(s, key, dots + 2, &high, why))
		return -1;
	if (low > high || high - low == UINT64_MAX) {
		snprintf(why, SIM_WHY_MAX, "--vary %s=%.100s: the first must not be above the "
			 "second", key, range);
		return -1;
	}
	snprintf(value, size, "%" PRIu64, low + random % (high - low + 1));
	return 0;
}

/* The value that run `run` gives to key `k`. Returns 0, or -1 and why. */
static int value_of(const struct sim_sweep *s, unsigned k, uint64_t run, char *key, char *value,
		    size_t size, char why[SIM_WHY_MAX])
{
	const char *eq = strchr(s->vary[k], '='), *at = eq + 1;
	uint64_t random = sim_hash3(sim_key(s->sc->seed, SIM_FOR_SWEEP), run, k), stride = 1;

	snprintf(key, size, "%.*s", (int)(eq - s->vary[k]), s->vary[k]);
	if (strstr(at, "..")) {
		if (s->random)
			return between(s, key, at, random, value, size, why);
		snprintf(why, SIM_WHY_MAX, "--vary %.200s: a range is for --random N", s->vary[k]);
		return -1;
	}
	for (unsigned i = k + 1; i < s->varies; i++)
		stride *= choices(s->vary[i]);
	for (uint64_t i = (s->random ? random : run / stride) % choices(s->vary[k]); i; i--)
		at = strchr(at, ',') + 1;
	snprintf(value, size, "%.*s", (int)strcspn(at, ","), at);
	return 0;
}

static uint64_t runs_of(const struct sim_sweep *s)
{
	uint64_t n = 1;

	for (unsigned k = 0; k < s->varies; k++)
		n *= choices(s->vary[k]);
	return s->random ? s->random : n;
}

/* The scenario of a run. Returns 0, or -1 and why. */
static int configure(const struct sim_sweep *s, uint64_t run, struct sim_scenario *sc,
		     char why[SIM_WHY_MAX])
{
	char key[128], value[128];

	*sc = *s->sc;
	for (unsigned k = 0; k < s->varies; k++) {
		if (value_of(s, k, run, key, value, sizeof(key), why) ||
		    sim_scenario_set(sc, "--vary", key, value, why))
			return -1;
	}
	return sim_scenario_check(sc, why);
}

/* Texts in a table may hold commas and quotes. */
static void quoted(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', f);
		putc(*text, f);
	}
	putc('"', f);
}

static void write_line(const struct sim_sweep *s, uint64_t run, const struct sim_experiment *x,
		       FILE *f)
{
	const struct sim_flow_sum *sum = &x->sum;
	uint64_t dropped = 0, trimmed = 0;
	char key[128], value[128], why[SIM_WHY_MAX];

	for (unsigned t = 0; t < SIM_TIERS; t++) {
		dropped += x->tier[t].dropped_pkts;
		trimmed += x->tier[t].trimmed_pkts;
	}
	fprintf(f, "%" PRIu64, run);
	for (unsigned k = 0; k < s->varies; k++) {
		putc(',', f);	/* it was a value when the run was made */
		quoted(f, value_of(s, k, run, key, value, sizeof(key), why) ? "" : value);
	}
	fprintf(f, ",%d,%016" PRIx64 ",%.1f,%.6f,%.1f,%.1f,%.1f,%.4f,%.4f,%" PRIu64 ",%" PRIu64
		",%" PRIu64 ",%" PRIu64 ",%u,", x->ok, x->hash, (double)x->took / 1e3, x->ratio,
		sum->mean / 1e3, sum->p50 / 1e3, sum->p99 / 1e3, sum->slow_mean, sum->slow_p99,
		x->sim.made_pkts, dropped, trimmed, x->engine.rtx_pkts, sum->missed);
	quoted(f, x->error);
	putc('\n', f);
}

static void write_head(const struct sim_sweep *s, FILE *f)
{
	fputs("run", f);
	for (unsigned k = 0; k < s->varies; k++)
		fprintf(f, ",%.*s", (int)strcspn(s->vary[k], "="), s->vary[k]);
	fputs(",ok,hash,took_ns,ratio,mean_ns,p50_ns,p99_ns,slowdown_mean,slowdown_p99,packets,"
	      "dropped,trimmed,retransmitted,missed,error\n", f);
}

static void line_path(const struct sim_sweep *s, uint64_t run, const char *end, char *path)
{
	snprintf(path, PATH_ROOM, "%.3900s/run-%06" PRIu64 "%s", s->dir, run, end);
}

/* In a process of its own: runs, and leaves the line under its name only when it is whole. */
static _Noreturn void child(const struct sim_sweep *s, uint64_t run)
{
	static struct sim_experiment x;
	char part[PATH_ROOM], path[PATH_ROOM], why[SIM_WHY_MAX];
	struct sim_scenario sc;
	FILE *f;

	line_path(s, run, ".part", part);
	line_path(s, run, ".csv", path);
	if (configure(s, run, &sc, why))
		_exit(2);
	sim_experiment(&x, &sc, NULL, NULL, NULL);
	f = fopen(part, "w");
	if (f)
		write_line(s, run, &x, f);
	if (!f || fflush(f) || ferror(f) || fclose(f) || rename(part, path)) {
		fprintf(stderr, "weft-sim: cannot write %s: %s\n", path, strerror(errno));
		_exit(2);
	}
	_exit(x.ok ? 0 : 1);
}

/* The plan is kept beside the lines, so that they are not taken for those of another. */
static int same_plan(const struct sim_sweep *s, char why[SIM_WHY_MAX])
{
	char path[PATH_ROOM], part[PATH_ROOM];
	char plan[LINE_ROOM], old[LINE_ROOM], text[SIM_FILE_MAX + 1];
	size_t at = (size_t)snprintf(plan, sizeof(plan), "%s\n", s->path), n;
	FILE *f;

	for (size_t k = 0; k < sim_scenario_key_count && at < sizeof(plan); k++) {
		sim_scenario_text(s->sc, &sim_scenario_keys[k], text, sizeof(text));
		at += (size_t)snprintf(plan + at, sizeof(plan) - at, "%s ", text);
	}
	for (unsigned k = 0; k < s->varies && at < sizeof(plan); k++)
		at += (size_t)snprintf(plan + at, sizeof(plan) - at, "\n%s", s->vary[k]);
	if (s->random && at < sizeof(plan))
		snprintf(plan + at, sizeof(plan) - at, "\n%" PRIu64 " at random", s->random);
	snprintf(path, sizeof(path), "%.4000s/plan", s->dir);
	f = fopen(path, "r");
	if (f) {
		n = fread(old, 1, sizeof(old) - 1, f);
		old[n] = '\0';
		fclose(f);
		if (!strcmp(old, plan))
			return 0;
		snprintf(why, SIM_WHY_MAX, "%.300s holds another sweep: give another folder, or "
			 "remove it", s->dir);
		return -1;
	}
	/* Others may look for it meanwhile: it is there when it is whole. */
	snprintf(part, sizeof(part), "%.4000s/plan.%ld.part", s->dir, (long)getpid());
	f = fopen(part, "w");
	if (!f || fputs(plan, f) == EOF || fclose(f) || rename(part, path)) {
		snprintf(why, SIM_WHY_MAX, "cannot write %.300s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* All lines there are, in order. Returns how many runs have none, or -1: it cannot be written. */
static int collect(const struct sim_sweep *s, uint64_t runs)
{
	char path[PATH_ROOM], table[PATH_ROOM], line[LINE_ROOM];
	int missing = 0;
	FILE *out;

	snprintf(table, sizeof(table), "%.3900s/sweep.csv", s->dir);
	out = sim_create(table);
	if (!out)
		return -1;
	write_head(s, out);
	for (uint64_t run = 0; run < runs; run++) {
		FILE *f;

		line_path(s, run, ".csv", path);
		f = fopen(path, "r");
		missing += !f;
		while (f && fgets(line, sizeof(line), f))
			fputs(line, out);
		if (f)
			fclose(f);
	}
	return sim_created(out, table) ? -1 : missing;
}

/* The page, beside the table that it shows. */
static int write_page(const struct sim_sweep *s)
{
	char path[PATH_ROOM];
	FILE *csv, *out;
	int err = -1;

	snprintf(path, sizeof(path), "%.4000s/sweep.csv", s->dir);
	csv = fopen(path, "r");
	snprintf(path, sizeof(path), "%.4000s/index.html", s->dir);
	out = fopen(path, "w");
	if (csv && out)
		err = sim_sweep_page(csv, s->sc->name, s->varies, out);
	if (out)
		err |= ferror(out) | fclose(out);
	if (csv)
		fclose(csv);
	return err;
}

/* Does all of it make sense? Returns 0 and how many runs there are, or -1 and why. */
static int plan(const struct sim_sweep *s, uint64_t *runs, char why[SIM_WHY_MAX])
{
	struct sim_scenario sc;

	for (unsigned k = 0; k < s->varies; k++) {
		if (strchr(s->vary[k], '='))
			continue;
		snprintf(why, SIM_WHY_MAX, "--vary %.200s: write it as KEY=VALUE,VALUE...",
			 s->vary[k]);
		return -1;
	}
	*runs = runs_of(s);
	for (uint64_t run = 0; run < *runs; run++)
		if (configure(s, run, &sc, why))
			return -1;
	return same_plan(s, why);
}

/* Is it for this process to do? */
static bool ours(const struct sim_sweep *s, uint64_t run)
{
	return !s->shares || run % s->shares == s->share;
}

/* Need it not be done: is its line there, or is it for another process? */
static bool there(const struct sim_sweep *s, uint64_t run)
{
	char path[PATH_ROOM];

	line_path(s, run, ".csv", path);
	return !ours(s, run) || !access(path, R_OK);
}

static void tell(const struct sim_sweep *s, uint64_t done, uint64_t all, int failed)
{
	if (s->progress)
		s->progress(s->progress_ctx, done, all, failed);
}

static void begin_run(const struct sim_sweep *s, uint64_t run)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		child(s, run);
	if (pid < 0)
		sim_die("sweep: no process for a run: %s", strerror(errno));
}

/* Returns how many failed. */
static int run_all(const struct sim_sweep *s, uint64_t runs)
{
	uint64_t done = 0, all = 0, next = 0;
	int failed = 0, status;
	unsigned going = 0;

	for (uint64_t run = 0; run < runs; run++) {
		all += ours(s, run);
		done += ours(s, run) && there(s, run);
	}
	tell(s, done, all, -1);
	while (next < runs || going) {
		if (next < runs && going < s->jobs) {
			if (!there(s, next)) {
				begin_run(s, next);
				going++;
			}
			next++;
			continue;
		}
		if (wait(&status) < 0)
			sim_die("sweep: %s", strerror(errno));
		going--;
		failed += !WIFEXITED(status) || WEXITSTATUS(status);
		tell(s, ++done, all, failed);
	}
	return failed;
}

int sim_sweep(const struct sim_sweep *s, FILE *out, char why[SIM_WHY_MAX])
{
	int failed, missing;
	uint64_t runs;

	if (plan(s, &runs, why))
		return -1;
	failed = run_all(s, runs);
	fprintf(out, "%s  %" PRIu64 " of %" PRIu64 " runs begun, %d failed\n",
		s->progress ? "\r\033[K" : "", runs, runs, failed);
	if (s->shares)
		return failed;
	missing = collect(s, runs);
	if (missing < 0)
		sim_die("cannot write %s/sweep.csv: %s", s->dir, strerror(errno));
	if (write_page(s))
		sim_die("cannot write %s/index.html: %s", s->dir, strerror(errno));
	return failed;
}
