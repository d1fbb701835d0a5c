/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the result page about single links, and about what all flows came to. */
#include <stdlib.h>
#include <string.h>

#include "sim/plots.h"
#include "sim/svg.h"
#include "sim/util.h"

enum {
	SHADES = 6,
	ROWS = 64, COLUMNS = 64,	/* of the map of links, at most */
	SPANS = 200			/* of time, in which goodput is counted */
};

#define MARGINS .left = 62, .right = 18, .top = 26, .bottom = 40

/*
 * Payload of all flows over time, that of each spread evenly from its beginning to its end; the
 * links of all chips that receive something are the limit.
 */
void sim_plot_goodput(const struct sim_experiment *x, FILE *out)
{
	const struct sim_flow_list *l = &x->flows.list;
	double t[SPANS], gbps[SPANS] = { 0 }, span = (double)x->took / SPANS, most = 1e-9;
	struct sim_plot p = { .width = 980, .height = 240, .x0 = 0, .y0 = 0, MARGINS };

	for (uint32_t i = 0; i < l->n; i++) {
		double from = (double)l->flow[i].begun, until = (double)l->flow[i].ended;
		double rate = (double)l->flow[i].bytes * 8000 / (until > from ? until - from : 1);

		for (int k = (int)(from / span); k < SPANS && k * span < until; k++) {
			double a = k * span > from ? k * span : from;
			double b = (k + 1) * span < until ? (k + 1) * span : until;

			gbps[k] += b > a ? rate * (b - a) / span : 0;
		}
	}
	for (int k = 0; k < SPANS; k++) {
		t[k] = (k + 0.5) * span / 1e6;
		most = gbps[k] > most ? gbps[k] : most;
	}
	p.x1 = (double)x->took / 1e6;
	p.y1 = most * 1.05;
	sim_plot_open(&p, out, "Goodput over time", "us since the first flow was due",
		      "Gb/s of payload, all flows", false);
	sim_plot_line(&p, "c0", t, gbps, SPANS);
	sim_plot_close(&p);
}

static void bar(const struct sim_plot *p, const char *class, double y, sim_time takes,
		const char *what, double bytes)
{
	char text[96];
	double us = (double)takes / 1e6;

	snprintf(text, sizeof(text), "%s: %.3f us, %.1f Gb/s", what, us,
		 takes ? bytes * 8000 / (double)takes : 0);
	sim_plot_rect(p, class, 0, us, y - 0.4, y, text);
	sim_plot_text(p, "name", "start", 0, y + 0.1, text);
}

/* What all took, and what it could not be below; as bandwidth, of all payload. */
void sim_plot_makespan(const struct sim_experiment *x, FILE *out)
{
	double bytes = (double)x->flows.own_bytes;
	struct sim_plot p = { .width = 980, .height = 190, .x0 = 0, .y0 = 0, .y1 = 3, MARGINS };

	p.x1 = (double)x->sum.makespan * 1.05 / 1e6;
	sim_plot_open(&p, out, "Makespan against the ideal", "us", "", true);
	bar(&p, "fill c4", 2.5, x->sum.makespan, "simulated", bytes);
	bar(&p, "fill c0", 1.5, x->sum.chain, "longest chain", bytes);
	bar(&p, "fill c2", 0.5, x->sum.link, "busiest link of a chip", bytes);
	sim_plot_close(&p);
}

struct row {			/* the links out of a node */
	uint32_t node, first, n;
	uint64_t bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static int by_node(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->node < y->node ? -1 : x->node > y->node;
}

/* Rows of the switches; ports of a node have numbers one after another. */
static uint32_t rows_of(const struct sim *sim, struct row *row)
{
	uint32_t n = 0;

	for (uint32_t i = sim->topo.hosts; i < sim->ports; i++) {
		uint32_t from = sim_place(&sim->topo, i).from;

		if (!n || row[n - 1].node != from)
			row[n++] = (struct row){ .node = from, .first = i };
		row[n - 1].n++;
		row[n - 1].bytes += sim->port[i].sent_bytes;
	}
	return n;
}

static void cell(const struct sim_plot *p, const struct sim_experiment *x, uint32_t port, double at,
		 double y)
{
	const struct sim_port *k = &x->sim.port[port];
	struct sim_port_place place = sim_place(&x->sim.topo, port);
	double span = x->took ? (double)x->took : 1;
	double use = (double)k->sent_bytes * (double)k->ps_per_kib / 1024 / span;
	int shade = use >= 1 ? SHADES - 1 : (int)(use * SHADES);
	uint32_t hosts = x->sim.topo.hosts;
	char tip[128], class[16];

	snprintf(class, sizeof(class), "shade%d", shade);
	snprintf(tip, sizeof(tip), "switch %u to %s %u: %.1f %% used, %.3f MiB, %llu dropped",
		 place.from - hosts, place.to < hosts ? "chip" : "switch",
		 place.to < hosts ? place.to : place.to - hosts, 100 * use,
		 (double)k->sent_bytes / 1048576,
		 (unsigned long long)x->sim.gone[port].dropped_pkts);
	sim_plot_rect(p, class, at, at + 0.95, y + 0.05, y + 1, tip);
}

void sim_plot_links(const struct sim_experiment *x, FILE *out)
{
	const struct sim *sim = &x->sim;
	struct row *row = sim_zalloc(sim->ports, sizeof(*row));
	uint32_t n = rows_of(sim, row), columns = 1, all = n;
	struct sim_plot p = { .width = 980, .x0 = 0, .y0 = 0, MARGINS };

	if (n > ROWS) {
		qsort(row, n, sizeof(*row), by_bytes);
		n = ROWS;
		qsort(row, n, sizeof(*row), by_node);
	}
	for (uint32_t i = 0; i < n; i++)
		columns = row[i].n > columns ? row[i].n : columns;
	columns = columns < COLUMNS ? columns : COLUMNS;
	p.x1 = columns;
	p.y1 = n;
	p.height = p.top + p.bottom + 10.0 * n + 20;
	sim_plot_open(&p, out, "Use of each link out of a switch", "ports of the switch",
		      "switches", true);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < row[i].n && k < columns; k++)
			cell(&p, x, row[i].first + k, k, n - 1 - i);
	sim_plot_close(&p);
	fputs("<p class=\"legend\">", out);
	for (int s = 0; s < SHADES; s++)
		fprintf(out, "<span><i class=\"shade%d\"></i>%d to %d %%</span>", s,
			100 * s / SHADES, 100 * (s + 1) / SHADES);
	if (all > n)
		fprintf(out, "<span>the %u busiest of %u switches</span>", n, all);
	fputs("</p>\n", out);
	free(row);
}
