/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plots of the result page. Each function draws one figure from a finished experiment; where
 * it stands on the page, and the words around it, are page.c's.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plots.h"
#include "sim/svg.h"
#include "sim/util.h"

enum {
	POINTS = 640,	/* of a line at most */
	CELLS_X = 128,	/* of the map of lateness, at most */
	CELLS_Y = 64,
	SHADES = 6,
	SWITCHES = SIM_LEAF_UP	/* first tier of switch ports: chips bound their own queue */
};

#define MARGINS .left = 62, .right = 18, .top = 26, .bottom = 40

static const char *const tier_class[SIM_TIERS] = {
	[SIM_HOST_UP] = "c0", [SIM_LEAF_UP] = "c1", [SIM_SPINE_UP] = "c4",
	[SIM_LOCAL] = "c1", [SIM_GLOBAL] = "c4",
	[SIM_CORE_DOWN] = "c4 dash", [SIM_SPINE_DOWN] = "c2 dash", [SIM_LEAF_DOWN] = "c3 dash",
};

static double us(sim_time t)
{
	return (double)t / 1e6;
}

/* A little more than v, so that the highest point is not on the edge. */
static double above(double v)
{
	return v > 0 ? v * 1.05 : 1;
}

static void part(const struct sim_plot *p, const char *class, const char *name, double *at,
		 double len, double y)
{
	char tip[96];

	if (len <= 0)
		return;
	snprintf(tip, sizeof(tip), "%s: %.3f us", name, len);
	sim_plot_rect(p, class, *at, *at + len, y - 0.3, y + 0.3, tip);
	*at += len;
}

void sim_plot_ideal(const struct sim_experiment *x, FILE *out)
{
	const struct sim_ring_form *f = &x->ideal;
	double longest = us(x->took > f->total ? x->took : f->total), at = 0, bound;
	struct sim_plot p = { .width = 980, .height = 170, .x0 = 0, .y0 = 0, .y1 = 2, MARGINS };

	bound = us(f->total) * 1.05;
	p.left = 86;
	p.x1 = above(longest > bound ? longest : bound);
	sim_plot_open(&p, out, "Simulated time beside the closed form", "us", "", true);
	part(&p, "fill c0", "bandwidth", &at, us(f->bandwidth), 1.5);
	part(&p, "fill c1", "headers", &at, us(f->headers), 1.5);
	part(&p, "fill c2", "latency", &at, us(f->latency), 1.5);
	part(&p, "fill c3", "turnaround", &at, us(f->turnaround), 1.5);
	at = 0;
	part(&p, "fill c4", "simulated", &at, us(x->took), 0.5);
	sim_plot_text(&p, "name", "end", -0.008 * p.x1, 1.42, "ideal");
	sim_plot_text(&p, "name", "end", -0.008 * p.x1, 0.42, "simulated");
	sim_plot_line(&p, "limit", (const double[]){ bound, bound }, (const double[]){ 0, 2 }, 2);
	sim_plot_text(&p, "tick", "end", bound * 0.997, 1.88, "ideal + 5 %");
	sim_plot_close(&p);
}

/* When step k's chunk would ideally be at rank r: the chain of paths that it came by. */
static double *ideal_arrivals(const struct sim_experiment *x)
{
	const struct sim_ring *g = &x->ring;
	double *ideal = sim_zalloc((size_t)g->n * g->steps, sizeof(*ideal));
	double *hop = sim_zalloc(g->n, sizeof(*hop));	/* to rank r from the one before */
	double turn = (double)x->sc.turnaround_ns / 1e3;

	for (uint32_t r = 0; r < g->n; r++) {
		uint32_t before = g->place[(r + g->n - 1) % g->n];
		uint32_t links = sim_path_links(&x->sim.topo, before, g->place[r]);

		hop[r] = us(x->ideal.path[links / 2 - 1]);
	}
	for (uint32_t r = 0; r < g->n; r++)
		ideal[(size_t)r * g->steps] = hop[r];
	for (uint32_t k = 1; k < g->steps; k++) {
		for (uint32_t r = 0; r < g->n; r++) {
			size_t before = (size_t)((r + g->n - 1) % g->n) * g->steps + k - 1;

			ideal[(size_t)r * g->steps + k] = ideal[before] + turn + hop[r];
		}
	}
	free(hop);
	return ideal;
}

void sim_plot_progress(const struct sim_experiment *x, FILE *out)
{
	const struct sim_ring *g = &x->ring;
	uint32_t n = g->steps < POINTS ? g->steps : POINTS;
	double *first = sim_zalloc(n, sizeof(double)), *last = sim_zalloc(n, sizeof(double));
	double *step = sim_zalloc(n, sizeof(double));
	struct sim_plot p = { .width = 980, .height = 330, .x0 = 0, .y0 = 0, MARGINS };

	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = (uint32_t)((uint64_t)(i + 1) * g->steps / n) - 1;

		step[i] = k + 1;
		first[i] = us(g->step[k].first);
		last[i] = us(g->step[k].last);
	}
	p.x1 = g->steps;
	p.y1 = above(us(x->took > x->ideal.total ? x->took : x->ideal.total));
	sim_plot_open(&p, out, "Arrival of each step's chunks", "step",
		      "us since the start", false);
	sim_plot_band(&p, "c4", step, first, last, n);
	sim_plot_line(&p, "c4", step, last, n);
	sim_plot_line(&p, "limit", (const double[]){ 0, g->steps },
		      (const double[]){ 0, us(x->ideal.total) }, 2);
	sim_plot_close(&p);
	free(first);
	free(last);
	free(step);
}

/* The map: the worst lateness of the ranks and steps that fall into each cell. */
struct map {
	double cell[CELLS_Y][CELLS_X];
	uint32_t nx, ny;
	double max;
};

static void fill_map(const struct sim_experiment *x, struct map *m)
{
	const struct sim_ring *g = &x->ring;
	double *ideal = ideal_arrivals(x);

	memset(m, 0, sizeof(*m));
	m->nx = g->steps < CELLS_X ? g->steps : CELLS_X;
	m->ny = g->n < CELLS_Y ? g->n : CELLS_Y;
	for (uint32_t r = 0; r < g->n; r++) {
		for (uint32_t k = 0; k < g->steps; k++) {
			size_t i = (size_t)r * g->steps + k;
			double late = us(g->arrival[i]) - ideal[i];
			uint64_t row = (uint64_t)r * m->ny / g->n;
			double *c = &m->cell[row][(uint64_t)k * m->nx / g->steps];

			if (*c < late)
				*c = late;
			if (m->max < late)
				m->max = late;
		}
	}
	free(ideal);
}

static void map_shade(const struct map *m, FILE *out, const struct sim_plot *p, int shade)
{
	double w = (p->width - p->left - p->right) / m->nx;
	double h = (p->height - p->top - p->bottom) / m->ny;

	fprintf(out, "<path class=\"shade%d\" d=\"", shade);
	for (uint32_t y = 0; y < m->ny; y++) {
		for (uint32_t x = 0, run; x < m->nx; x += run) {
			for (run = 0; x + run < m->nx; run++) {
				double v = m->cell[y][x + run] / (m->max > 0 ? m->max : 1) * SHADES;

				if ((v >= SHADES ? SHADES - 1 : (int)v) != shade)
					break;
			}
			if (run)
				fprintf(out, "M%.1f %.1fh%.1fv%.1fh-%.1fz", p->left + x * w,
					p->height - p->bottom - (y + 1) * h, run * w, h, run * w);
			else
				run = 1;
		}
	}
	fputs("\"/>\n", out);
}

bool sim_plot_lateness(const struct sim_experiment *x, FILE *out)
{
	struct sim_plot p = { .width = 980, .height = 330, .x0 = 0, .y0 = 0, MARGINS };
	static struct map m;
	char text[64];

	if (!x->ring.arrival)
		return false;
	fill_map(x, &m);
	p.x1 = x->ring.steps;
	p.y1 = x->ring.n;
	sim_plot_open(&p, out, "How much later than ideal each chunk arrived", "step", "rank",
		      false);
	for (int s = 0; s < SHADES; s++)
		map_shade(&m, out, &p, s);
	sim_plot_close(&p);
	fputs("<p class=\"legend\">", out);
	for (int s = 0; s < SHADES; s++) {
		snprintf(text, sizeof(text), "%.2f to %.2f us", m.max * s / SHADES,
			 m.max * (s + 1) / SHADES);
		fprintf(out, "<span><i class=\"shade%d\"></i>%s</span>", s, text);
	}
	fputs("</p>\n", out);
	return true;
}

/* Tiers from `first` on. */
static void legend(const struct sim_experiment *x, FILE *out, int first)
{
	fputs("<p class=\"legend\">", out);
	for (int t = first; t < SIM_TIERS; t++)
		if (x->tier[t].links)
			fprintf(out, "<span><i class=\"key %s\"></i>%s</span>",
				tier_class[t], sim_tier_name[t]);
	fputs("</p>\n", out);
}

/* Rate of a tier's links in bytes per ps, all together. */
static double capacity(const struct sim_experiment *x, unsigned tier)
{
	bool host = tier == SIM_HOST_UP || tier == SIM_LEAF_DOWN;

	uint64_t fabric = tier == SIM_GLOBAL ? x->sc.global_gbps : x->sc.fabric_gbps;

	return (double)(host ? x->sc.host_gbps : fabric) / 8e3 * x->tier[tier].links;
}

void sim_plot_utilisation(const struct sim_experiment *x, FILE *out)
{
	const struct sim_stats *s = &x->sim.stats;
	uint32_t n = sim_slots(s, x->over);
	double t[SIM_SLOTS], y[SIM_SLOTS], width = (double)(1ull << s->shift);
	struct sim_plot p = { .width = 980, .height = 260, .x0 = 0, .y0 = 0, .y1 = 105, MARGINS };

	p.x1 = us(x->over);
	sim_plot_open(&p, out, "Utilisation of the links of each tier", "us since the run began",
		      "% of the tier's links", false);
	for (unsigned tier = 0; tier < SIM_TIERS; tier++) {
		if (!x->tier[tier].links)
			continue;
		for (uint32_t i = 0; i < n; i++) {
			t[i] = us((sim_time)i << s->shift) + us(1ull << s->shift) / 2;
			y[i] = 100 * (double)s->tier[tier].sent[i] / width / capacity(x, tier);
		}
		sim_plot_line(&p, tier_class[tier], t, y, n - 1);
	}
	sim_plot_close(&p);
	legend(x, out, 0);
}

void sim_plot_queue(const struct sim_experiment *x, FILE *out)
{
	const struct sim_stats *s = &x->sim.stats;
	uint32_t n = sim_slots(s, x->over);
	double t[SIM_SLOTS], y[SIM_SLOTS], top = 0;
	struct sim_plot p = { .width = 980, .height = 260, .x0 = 0, .y0 = 0, MARGINS };

	for (unsigned tier = SWITCHES; tier < SIM_TIERS; tier++)
		top = fmax(top, x->tier[tier].queue_max / 1024.0);
	p.x1 = us(x->over);
	p.y1 = above(top);
	sim_plot_open(&p, out, "Deepest queue of each tier", "us since the run began",
		      "KiB waiting at the fullest port", false);
	for (unsigned tier = SWITCHES; tier < SIM_TIERS; tier++) {
		if (!x->tier[tier].links)
			continue;
		for (uint32_t i = 0; i < n; i++) {
			t[i] = us((sim_time)i << s->shift) + us(1ull << s->shift) / 2;
			y[i] = (double)s->tier[tier].peak[i] / 1024;
		}
		sim_plot_line(&p, tier_class[tier], t, y, n);
	}
	sim_plot_close(&p);
	legend(x, out, SWITCHES);
}

/* Share of the port-time in which more than a depth was waiting. */
void sim_plot_depths(const struct sim_experiment *x, FILE *out)
{
	double d[SIM_DEPTHS], y[SIM_DEPTHS], deepest = 1, most = 0;
	struct sim_plot p = { .width = 980, .height = 240, .x0 = 0, .y0 = 0, MARGINS };
	unsigned last = 1;

	for (unsigned tier = SWITCHES; tier < SIM_TIERS; tier++) {
		if (!x->tier[tier].links)
			continue;
		double all = (double)x->quiet * x->tier[tier].links, sum = 0;

		deepest = fmax(deepest, x->tier[tier].queue_max);
		for (unsigned i = 0; i < SIM_DEPTHS; i++)
			sum += (double)x->sim.stats.tier[tier].depth_ps[i];
		most = fmax(most, 100 * sum / (all > 0 ? all : 1));
	}
	while (last < SIM_DEPTHS - 1 && (double)sim_depth_floor(last) <= deepest)
		last++;
	p.x1 = deepest / 1024;
	p.y1 = above(most);
	sim_plot_open(&p, out, "Share of port-time above each queue depth", "KiB waiting",
		      "% of port-time with more", false);
	for (unsigned tier = SWITCHES; tier < SIM_TIERS; tier++) {
		if (!x->tier[tier].links)
			continue;
		double all = (double)x->quiet * x->tier[tier].links, sum = 0;

		for (unsigned i = SIM_DEPTHS; i-- > 0;) {
			sum += (double)x->sim.stats.tier[tier].depth_ps[i];
			d[i] = (double)sim_depth_floor(i) / 1024;
			y[i] = 100 * sum / (all > 0 ? all : 1);
		}
		sim_plot_line(&p, tier_class[tier], d, y, last + 1);
	}
	sim_plot_close(&p);
	legend(x, out, SWITCHES);
}

/* Bytes that each leaf sent by each spine: what the spreading over paths came to. */
void sim_plot_spread(const struct sim_experiment *x, FILE *out)
{
	const struct sim_topology *t = &x->sim.topo;
	uint64_t most = 1, least = UINT64_MAX;

	for (uint32_t i = 0; i < x->sim.ports; i++) {
		if (x->sim.port[i].tier != SIM_LEAF_UP)
			continue;
		most = x->sim.port[i].sent_bytes > most ? x->sim.port[i].sent_bytes : most;
		least = x->sim.port[i].sent_bytes < least ? x->sim.port[i].sent_bytes : least;
	}
	fputs("<table class=\"spread\"><tr><th></th>", out);
	for (uint32_t s = 0; s < t->spines; s++)
		fprintf(out, "<th>spine %u</th>", s);
	fputs("</tr>\n", out);
	for (uint32_t l = 0; l < t->leaves; l++) {
		fprintf(out, "<tr><th>leaf %u</th>", l);
		for (uint32_t s = 0; s < t->spines; s++) {
			uint32_t port = t->leaf_port0 + l * t->leaf_radix + t->hosts_per_leaf + s;
			uint64_t bytes = x->sim.port[sim_plane_port(t, 0, port)].sent_bytes;
			double share = (double)(bytes - least) / (double)(most - least + 1);

			fprintf(out, "<td class=\"shade%d\">%.2f</td>", (int)(share * SHADES),
				(double)bytes / 1048576);
		}
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}
