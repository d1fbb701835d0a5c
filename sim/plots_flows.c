/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the result page that are about flows. */
#include <math.h>
#include <stdlib.h>

#include "sim/plots.h"
#include "sim/svg.h"
#include "sim/util.h"

enum {
	POINTS = 640,	/* of a line at most */
	CLASSES = 64	/* of sizes: powers of two */
};

#define MARGINS .left = 62, .right = 18, .top = 26, .bottom = 40

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void sim_plot_completion(const struct sim_experiment *x, FILE *out)
{
	const struct sim_flow_list *l = &x->flows.list;
	uint32_t n = l->n, points = n < POINTS ? n : POINTS;
	double *fct = sim_zalloc(n, sizeof(*fct));
	double t[POINTS], share[POINTS];
	struct sim_plot p = { .width = 980, .height = 260, .x0 = 0, .y0 = 0, .y1 = 102, MARGINS };

	for (uint32_t i = 0; i < n; i++)
		fct[i] = (double)(l->flow[i].ended - l->flow[i].begun) / 1e6;
	qsort(fct, n, sizeof(*fct), by_value);
	for (uint32_t i = 0; i < points; i++) {
		uint32_t k = (uint32_t)((uint64_t)(i + 1) * n / points) - 1;

		t[i] = fct[k];
		share[i] = 100.0 * (k + 1) / n;
	}
	p.x1 = fct[n - 1] * 1.05;
	sim_plot_open(&p, out, "Distribution of completion times", "us", "% of flows", false);
	sim_plot_line(&p, "c0", t, share, points);
	sim_plot_close(&p);
	free(fct);
}

/* Slowdowns of the flows of 2^c to 2^(c+1) - 1 bytes, sorted; returns how many. */
static uint32_t of_class(const struct sim_experiment *x, unsigned c, double *slow)
{
	const struct sim_flow_list *l = &x->flows.list;
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct sim_flow *f = &l->flow[i];

		if (f->bytes >> c != 1)
			continue;
		slow[n++] = (double)(f->ended - f->begun) /
			    (double)sim_flow_ideal(&x->sc, &x->sim.topo, f->src, f->dst, f->bytes);
	}
	qsort(slow, n, sizeof(*slow), by_value);
	return n;
}

void sim_plot_slowdown(const struct sim_experiment *x, FILE *out)
{
	double *slow = sim_zalloc(x->flows.list.n, sizeof(*slow));
	double at[CLASSES], mid[CLASSES], tail[CLASSES];
	struct sim_plot p = { .width = 980, .height = 240, .y0 = 0, MARGINS };
	uint32_t n = 0;

	for (unsigned c = 0; c < CLASSES; c++) {
		uint32_t k = of_class(x, c, slow), p99;

		if (!k)
			continue;
		p99 = (uint32_t)(0.99 * k);
		at[n] = c;
		mid[n] = slow[k / 2];
		tail[n] = slow[p99 < k ? p99 : k - 1];
		p.y1 = fmax(p.y1, tail[n++] * 1.1);
	}
	p.x0 = at[0] - 0.5;
	p.x1 = at[n - 1] + 0.5;
	sim_plot_open(&p, out, "Slowdown by size of flow", "log2 of the flow's bytes", "slowdown",
		      false);
	for (uint32_t i = 0; i < n; i++) {
		sim_plot_rect(&p, "fill c0", at[i] - 0.3, at[i], 0, mid[i], "median");
		sim_plot_rect(&p, "fill c1", at[i], at[i] + 0.3, 0, tail[i], "99 %");
	}
	sim_plot_close(&p);
	free(slow);
}
