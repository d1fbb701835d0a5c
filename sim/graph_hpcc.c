/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Topologies of HPCC's simulator:
 *
 *	NODES SWITCHES LINKS
 *	the numbers of the switches
 *	SRC DST RATE DELAY LOSS		for each link, as `0 16 100Gbps 0.001ms 0.000000`
 *
 * Chips keep their numbers, so that flow lists mean the same; they must come before the switches.
 * A chip has one link. Loss is link.loss_ppm's here, so that of a link must be 0.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/graph.h"
#include "sim/scenario.h"
#include "sim/util.h"

enum { SWITCHES_MAX = 1 << 13, LINKS_MAX = 1 << 24, GBPS_MAX = 3200, DELAY_MAX = 10000000 };

struct reader {
	struct sim_spot at;
	unsigned long nodes, switches, links;
	struct sim_graph *g;
	bool *placed;		/* each chip */
};

#define bad(r, ...) sim_bad(&(r)->at, __VA_ARGS__)

static bool whole(const char **p, unsigned long *out)
{
	char *end;

	*p += strspn(*p, " \t\r\n");
	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*out = strtoul(*p, &end, 10);
	*p = end;
	return !errno && (!*end || strchr(" \t\r\n", *end));
}

/* A number times what its unit stands for; false: it is none. */
static bool quantity(const char **p, const char *const *unit, const double *times, double *out)
{
	char *end;
	size_t n;

	*p += strspn(*p, " \t\r\n");
	if (**p < '0' || **p > '9')
		return false;
	*out = strtod(*p, &end);
	n = strcspn(end, " \t\r\n");
	*p = end + n;
	for (int i = 0; unit[i]; i++) {
		if (strlen(unit[i]) != n || strncmp(end, unit[i], n))
			continue;
		*out *= times[i];
		return true;
	}
	return false;
}

static bool gbps_of(const char **p, uint32_t *gbps)
{
	static const char *const unit[] = { "Gbps", "Mbps", "bps", NULL };
	static const double times[] = { 1, 1e-3, 1e-9 };
	double v;

	if (!quantity(p, unit, times, &v) || v < 1 || v > GBPS_MAX)
		return false;
	*gbps = (uint32_t)(v + .5);
	return v - *gbps < 1e-6 && *gbps - v < 1e-6;
}

static bool ns_of(const char **p, uint32_t *ns)
{
	static const char *const unit[] = { "ns", "us", "ms", "s", NULL };
	static const double times[] = { 1, 1e3, 1e6, 1e9 };
	double v;

	if (!quantity(p, unit, times, &v) || v < 1 || v > DELAY_MAX)
		return false;
	*ns = (uint32_t)(v + .5);
	return v - *ns < 1e-3 && *ns - v < 1e-3;
}

static int on_head(struct reader *r, const char *p)
{
	if (!whole(&p, &r->nodes) || !whole(&p, &r->switches) || !whole(&p, &r->links))
		return bad(r, "the first line is 'NODES SWITCHES LINKS'");
	if (!r->switches || r->switches > SWITCHES_MAX || r->nodes < r->switches + 2 ||
	    r->nodes - r->switches > SIM_CHIPS_MAX || r->links > LINKS_MAX)
		return bad(r, "%lu nodes, %lu of them switches: there may be 2 to %d chips and 1 "
			   "to %d switches", r->nodes, r->switches, SIM_CHIPS_MAX, SWITCHES_MAX);
	r->g = sim_graph_new((uint32_t)(r->nodes - r->switches), (uint32_t)r->switches);
	r->placed = sim_zalloc(r->g->hosts, sizeof(*r->placed));
	return 0;
}

static int on_switches(struct reader *r, const char *p)
{
	bool *seen = sim_zalloc(r->switches, sizeof(*seen));
	unsigned long v, n = 0;
	int err = 0;

	for (; !err && whole(&p, &v); n++) {
		if (v < r->g->hosts || v >= r->nodes || seen[v - r->g->hosts])
			err = bad(r, "switch %lu: switches have the numbers after the chips', %u "
				  "to %lu, each once", v, r->g->hosts, r->nodes - 1);
		else
			seen[v - r->g->hosts] = true;
	}
	free(seen);
	if (!err && (n != r->switches || p[strspn(p, " \t\r\n")]))
		err = bad(r, "%lu switches, but the first line says %lu", n, r->switches);
	return err;
}

static int on_link(struct reader *r, const char *p)
{
	struct sim_graph_link l = { 0 };
	unsigned long a, b;
	char *end;

	if (!whole(&p, &a) || !whole(&p, &b))
		return bad(r, "a link is 'SRC DST RATE DELAY LOSS'");
	if (a >= r->nodes || b >= r->nodes || a == b)
		return bad(r, "link %lu %lu: there are nodes 0 to %lu", a, b, r->nodes - 1);
	if (!gbps_of(&p, &l.gbps))
		return bad(r, "rate: whole Gb/s, 1 to %d, as 100Gbps", GBPS_MAX);
	if (!ns_of(&p, &l.delay_ns))
		return bad(r, "delay: whole ns, 1 to %d, as 1000ns or 0.001ms", DELAY_MAX);
	if (strtod(p, &end) > 0 || end == p)
		return bad(r, "loss: 0; see link.loss_ppm");
	if (a > b) {
		unsigned long t = a;

		a = b;
		b = t;
	}
	if (b < r->g->hosts)
		return bad(r, "link %lu %lu joins two chips", a, b);
	if (a >= r->g->hosts) {
		l.a = (uint32_t)a - r->g->hosts;
		l.b = (uint32_t)b - r->g->hosts;
		sim_graph_join(r->g, &l);
		return 0;
	}
	if (r->placed[a])
		return bad(r, "chip %lu has two links; it may have one", a);
	r->placed[a] = true;
	r->g->home[a] = (uint32_t)b - r->g->hosts;
	r->g->below[a] = l;
	return 0;
}

static int read_rest(struct reader *r, FILE *f, char **line, size_t *room)
{
	unsigned long n = 0;
	bool named = false;
	int err = 0;

	while (!err && getline(line, room, f) >= 0) {
		r->at.line++;
		if (!(*line)[strspn(*line, " \t\r\n")])
			continue;
		err = named ? on_link(r, *line) : on_switches(r, *line);
		n += named;
		named = true;
	}
	if (!err && ferror(f))
		return bad(r, "cannot be read: %s", strerror(errno));
	if (!err && n != r->links)
		return bad(r, "%lu links, but the first line says %lu: is it cut off?", n,
			   r->links);
	for (uint32_t i = 0; !err && i < r->g->hosts; i++)
		if (!r->placed[i])
			err = bad(r, "chip %u has no link", i);
	return err;
}

struct sim_graph *sim_graph_read_hpcc(FILE *f, const char *path, const char *first, char *why,
				      uint32_t size)
{
	struct reader r = { .at = { path, 1, why, size } };
	char *line = NULL;
	size_t room = 0;
	int err = on_head(&r, first);

	if (!err)
		err = read_rest(&r, f, &line, &room);
	free(line);
	free(r.placed);
	if (!err)
		return r.g;
	sim_graph_free(r.g);
	return NULL;
}
