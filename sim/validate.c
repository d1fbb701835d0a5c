/* SPDX-License-Identifier: BSD-2-Clause */
/* See validate.h. */
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/experiment.h"
#include "sim/validate.h"

struct verdict {
	FILE *out;
	const char *name;
	int values, failed;
};

/* A value in nanoseconds, against what was expected of it. */
static void near(struct verdict *v, const char *what, double got, uint64_t want, uint64_t permille)
{
	double off = want ? got / (double)want - 1 : 0;
	bool ok = fabs(off) <= (double)permille / 1000;

	if (!want)
		return;
	v->values++;
	v->failed += !ok;
	fprintf(v->out, "%s  %-24s %-9s %14.1f ns, expected %12llu: %+6.2f %%, at most %.1f\n",
		ok ? "ok  " : "FAIL", v->name, what, got, (unsigned long long)want, 100 * off,
		(double)permille / 10);
}

/* How many times its closed form. */
static void above(struct verdict *v, double ratio, uint64_t permille)
{
	bool ok = ratio >= 1 - 1e-9 && ratio <= 1 + (double)permille / 1000;

	if (!permille)
		return;
	v->values++;
	v->failed += !ok;
	fprintf(v->out, "%s  %-24s %-9s %+6.3f %% above the closed form, at most %.1f\n",
		ok ? "ok  " : "FAIL", v->name, "mean", 100 * (ratio - 1),
		(double)permille / 10);
}

static void judge(struct verdict *v, const struct sim_experiment *x)
{
	const struct sim_scenario *sc = &x->sc;
	bool ring = sim_is_ring(sc);

	near(v, "mean", x->sum.mean / 1e3, ring ? 0 : sc->expect_mean_ns, sc->expect_permille);
	near(v, "p99", x->sum.p99 / 1e3, ring ? 0 : sc->expect_p99_ns, sc->expect_permille);
	near(v, "makespan", (double)x->took / 1e3, sc->expect_makespan_ns, sc->expect_permille);
	above(v, ring ? x->ratio : x->sum.slow_mean, sc->expect_ideal_permille);
}

/* One scenario; false: it failed. */
static bool validate(const char *path, FILE *out)
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
	sim_experiment_fini(&x);
	fflush(out);
	return !v.failed;
}

int sim_validate(const char *dir, FILE *out)
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
		failed += !validate(g.gl_pathv[i], out);
	fprintf(out, "%zu scenarios, %d failed\n", g.gl_pathc, failed);
	globfree(&g);
	return failed;
}
