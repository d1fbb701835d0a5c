/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the result page about what engines know of their paths (watch.h). */
#include <math.h>
#include <stdlib.h>

#include "sim/plots.h"
#include "sim/svg.h"

enum {
	MAPS = 4,		/* contexts that have one of their own */
	WORST = SIM_PATH_LOOKS - 1
};

#define MARGINS .left = 62, .right = 18, .top = 26, .bottom = 40

/* Of "good" and "none" nothing is drawn. */
static const char *const look_class[SIM_PATH_LOOKS] = {
	NULL, NULL, "c4", "c0", "c1", "c3", "c2",
};

static double us_at(const struct sim_watch *w, double look)
{
	return look * (double)w->period / 1e6;
}

static uint32_t all_of(const struct sim_watch *w, uint32_t look, enum sim_path_look what)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n; i++)
		n += sim_watch_count(w, look, i, what);
	return n;
}

static void legend(FILE *out, const char *mark)
{
	fputs("<p class=\"legend\">", out);
	for (int k = SIM_PATH_MARKED; k <= WORST; k++)
		fprintf(out, "<span><i class=\"%s %s\"></i>%s</span>", mark, look_class[k],
			sim_path_look_name[k]);
	fputs("</p>\n", out);
}

/* Share of all paths watched that are not simply good, by what is held against them. */
static void shares(const struct sim_watch *w, FILE *out)
{
	double t[SIM_LOOKS], y[SIM_LOOKS], top = 1;
	struct sim_plot p = { .width = 980, .height = 220, .x0 = 0, .y0 = 0, MARGINS };

	for (uint32_t i = 0; i < w->looks; i++)
		for (int k = SIM_PATH_MARKED; k <= WORST; k++)
			top = fmax(top, 100.0 * all_of(w, i, (enum sim_path_look)k) /
					w->n / w->paths);
	p.x1 = us_at(w, w->looks);
	p.y1 = top * 1.05;
	sim_plot_open(&p, out, "Path states over time", "us since the run began",
		      "% of the paths watched", false);
	for (int k = SIM_PATH_MARKED; k <= WORST; k++) {
		for (uint32_t i = 0; i < w->looks; i++) {
			t[i] = us_at(w, i);
			y[i] = 100.0 * all_of(w, i, (enum sim_path_look)k) / w->n / w->paths;
		}
		sim_plot_line(&p, look_class[k], t, y, w->looks);
	}
	sim_plot_close(&p);
	legend(out, "key");
}

/* A line of rectangles for each path, one for each time in one state. */
static void map(const struct sim_watch *w, uint32_t context, FILE *out)
{
	const struct sim_watched *c = &w->context[context];
	struct sim_plot p = { .width = 980, .x0 = 0, .y0 = 0, MARGINS };
	char title[96], tip[64], class[16];

	p.height = p.top + p.bottom + fmin(200, 60 + 4.0 * w->paths);
	p.x1 = us_at(w, w->looks);
	p.y1 = w->paths;
	snprintf(title, sizeof(title), "Paths of chip %u to chip %u", c->chip, c->peer);
	fprintf(out, "<p>%s:</p>\n", title);
	sim_plot_open(&p, out, title, "us since the run began", "path", false);
	for (uint32_t k = 0; k < w->paths; k++) {
		for (uint32_t i = 0, run; i < w->looks; i += run) {
			uint8_t what = sim_watch_seen(w, i, context, k);

			for (run = 1; i + run < w->looks; run++)
				if (sim_watch_seen(w, i + run, context, k) != what)
					break;
			if (what < SIM_PATH_MARKED)
				continue;
			snprintf(class, sizeof(class), "fill %s", look_class[what]);
			snprintf(tip, sizeof(tip), "path %u %s, %.1f to %.1f us", k,
				 sim_path_look_name[what], us_at(w, i), us_at(w, i + run));
			sim_plot_rect(&p, class, us_at(w, i), us_at(w, i + run), k, k + 0.9, tip);
		}
	}
	sim_plot_close(&p);
}

/* Looks at paths that were not good. */
static uint64_t trouble(const struct sim_watch *w, uint32_t context)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < w->looks; i++)
		for (int k = SIM_PATH_MARKED; k <= WORST; k++)
			n += sim_watch_count(w, i, context, (enum sim_path_look)k);
	return n;
}

bool sim_plot_paths(const struct sim_experiment *x, FILE *out)
{
	const struct sim_watch *w = &x->watch;
	bool drawn[SIM_WATCH_MAX] = { false };
	uint64_t how[SIM_WATCH_MAX];

	if (!w->n || !w->looks)
		return false;
	shares(w, out);
	for (uint32_t i = 0; i < w->n; i++)
		how[i] = trouble(w, i);
	for (int m = 0; m < MAPS; m++) {
		uint32_t worst = w->n;

		for (uint32_t i = 0; i < w->n; i++)
			if (!drawn[i] && how[i] && (worst == w->n || how[i] > how[worst]))
				worst = i;
		if (worst == w->n)
			break;
		drawn[worst] = true;
		map(w, worst, out);
	}
	legend(out, "box");
	return true;
}
