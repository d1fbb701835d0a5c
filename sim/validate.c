/* SPDX-License-Identifier: BSD-2-Clause */
/* See validate.h. */
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/experiment.h"
#include "sim/page.h"
#include "sim/util.h"
#include "sim/validate.h"

struct verdict {
	FILE *out;
	const char *name;
	int values, failed;
	uint64_t permille;	/* how far values may be off */
};

static void say(struct verdict *v, bool ok, const char *what)
{
	v->values++;
	v->failed += !ok;
	fprintf(v->out, "%s  %-24s %-9s ", ok ? "ok  " : "FAIL", v->name, what);
}

/* A value against what was expected of it; 0: nothing. */
static void near(struct verdict *v, const char *what, const char *unit, double got, uint64_t want)
{
	double off = want ? got / (double)want - 1 : 0;

	if (!want)
		return;
	say(v, fabs(off) <= (double)v->permille / 1000, what);
	fprintf(v->out, "%14.1f %s, expected %12llu: %+6.2f %%, at most %.1f\n", got, unit,
		(unsigned long long)want, 100 * off, (double)v->permille / 10);
}

/* How many times its closed form. */
static void above(struct verdict *v, const char *what, double ratio, uint64_t permille)
{
	if (!permille)
		return;
	say(v, ratio >= 1 - 1e-9 && ratio <= 1 + (double)permille / 1000, what);
	fprintf(v->out, "%+6.3f %% above the closed form, at most %.1f\n", 100 * (ratio - 1),
		(double)permille / 10);
}

static void fair(struct verdict *v, double jain, uint64_t permille)
{
	if (!permille)
		return;
	say(v, jain >= (double)permille / 1000, "fairness");
	fprintf(v->out, "Jain's index %.4f, at least %.3f\n", jain, (double)permille / 1000);
}

static void exact(struct verdict *v, uint32_t inexact, uint64_t wanted)
{
	if (!wanted)
		return;
	say(v, !inexact, "exact");
	fprintf(v->out, "%u flows take another time than their closed form, to the picosecond\n",
		inexact);
}

/* Bytes waiting on average at the switch ports of the tier where most do. */
static double deepest(const struct sim_experiment *x)
{
	double most = 0;

	for (unsigned t = SIM_HOST_UP + 1; t < SIM_TIERS; t++)
		if (x->tier[t].queue_mean > most)
			most = x->tier[t].queue_mean;
	return most;
}

/* Of the switch ports the one that sends most, in permille of its rate. */
static double busiest(const struct sim_experiment *x)
{
	double most = 0;

	for (unsigned t = SIM_HOST_UP + 1; t < SIM_TIERS; t++)
		if (x->tier[t].use_max > most)
			most = x->tier[t].use_max;
	return most * 1000;
}

static void judge(struct verdict *v, const struct sim_experiment *x)
{
	const struct sim_scenario *sc = &x->sc;
	bool ring = sim_is_ring(sc);

	near(v, "makespan", "ns", (double)x->took / 1e3, sc->expect_makespan_ns);
	near(v, "use", "permille", busiest(x), sc->expect_use_permille);
	near(v, "waiting", "B", deepest(x), sc->expect_queue_bytes);
	above(v, "mean", ring ? x->ratio : x->sum.slow_mean, sc->expect_ideal_permille);
	if (ring)
		return;
	near(v, "mean", "ns", x->sum.mean / 1e3, sc->expect_mean_ns);
	near(v, "p99", "ns", x->sum.p99 / 1e3, sc->expect_p99_ns);
	near(v, "wait", "ns", x->sum.wait_mean / 1e3, sc->expect_wait_ns);
	near(v, "goodput", "Mb/s", x->sum.goodput_gbps * 1e3, sc->expect_goodput_mbps);
	above(v, "chain", (double)x->took / (double)x->sum.ideal, sc->expect_chain_permille);
	fair(v, x->sum.jain, sc->expect_jain_permille);
	exact(v, x->sum.inexact, sc->expect_exact);
}

static void write_page(const struct sim_experiment *x, const char *pages)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%.4000s/%s.html", pages, x->sc.name);
	f = fopen(path, "w");
	if (!f)
		sim_die("cannot write %s: %s", path, strerror(errno));
	sim_page(x, f);
	if (ferror(f) || fclose(f))
		sim_die("cannot write %s: %s", path, strerror(errno));
}

/* One scenario; false: it failed. */
static bool validate(const char *path, const char *pages, FILE *out)
{
	struct sim_scenario sc;
	struct sim_experiment x;
	struct verdict v = { .out = out };
	char why[SIM_WHY_MAX];

	sim_scenario_init(&sc);
	if (sim_scenario_load(&sc, path, why) || sim_scenario_check(&sc, why)) {
		fprintf(out, "FAIL  %s: %s\n", path, why);
		return false;
	}
	v.name = sc.name;
	v.permille = sc.expect_permille;
	if (sim_experiment(&x, &sc, NULL, NULL, NULL)) {
		fprintf(out, "FAIL  %-24s %s\n", sc.name, x.error);
		v.failed++;
	} else {
		judge(&v, &x);
		if (!v.values)
			fprintf(out, "FAIL  %-24s names no value in its section expect\n",
				sc.name);
		v.failed += !v.values;
		if (*sc.expect_source)
			fprintf(out, "      %-24s from: %s\n", sc.name, sc.expect_source);
	}
	if (pages)
		write_page(&x, pages);
	sim_experiment_fini(&x);
	fflush(out);
	return !v.failed;
}

int sim_validate(const char *dir, const char *pages, FILE *out)
{
	char pattern[4096];
	glob_t g = { 0 };
	int failed = 0;

	snprintf(pattern, sizeof(pattern), "%.4000s/*.yaml", dir);
	if (glob(pattern, 0, NULL, &g)) {
		globfree(&g);
		return -1;
	}
	for (size_t i = 0; i < g.gl_pathc; i++)
		failed += !validate(g.gl_pathv[i], pages, out);
	fprintf(out, "%zu scenarios, %d failed\n", g.gl_pathc, failed);
	globfree(&g);
	return failed;
}
