/* SPDX-License-Identifier: BSD-2-Clause */
/* See routes.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fabric.h"
#include "sim/rng.h"
#include "sim/routes.h"
#include "sim/util.h"

enum { HOPS = 62, WORDS = HOPS + 2 };

struct link {			/* between two switches, or to a chip */
	uint64_t ends;		/* from << 32 | to, nodes */
	uint32_t port;
};

struct route {
	uint64_t pair;		/* src << 32 | dst */
	uint32_t first, hops;	/* in hop[] */
};

struct sim_routes {
	struct route *route;	/* sorted by pair, in the order of the file */
	uint32_t n;
	uint32_t *hop;		/* ports, of switch after switch */
	uint32_t hops;
};

struct reader {
	const struct sim *sim;
	struct sim_routes *routes;
	struct link *link;
	uint32_t links;
	struct sim_spot at;
};

#define bad(r, ...) sim_bad(&(r)->at, __VA_ARGS__)

static int by_ends(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->ends != y->ends)
		return x->ends < y->ends ? -1 : 1;
	return x->port < y->port ? -1 : x->port > y->port;
}

static void list_links(struct reader *r)
{
	const struct sim *sim = r->sim;

	r->link = sim_zalloc(sim->ports, sizeof(*r->link));
	for (uint32_t i = 0; i < sim->ports; i++) {
		struct sim_port_place place = sim_place(&sim->topo, i);

		r->link[r->links++] = (struct link){ (uint64_t)place.from << 32 | place.to, i };
	}
	qsort(r->link, r->links, sizeof(*r->link), by_ends);
}

/* The first port from one node to another; SIM_NO_PORT. */
static uint32_t port_to(const struct reader *r, uint32_t from, uint32_t to)
{
	uint64_t ends = (uint64_t)from << 32 | to;
	uint32_t low = 0, high = r->links;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (r->link[mid].ends < ends)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->links && r->link[low].ends == ends ? r->link[low].port : SIM_NO_PORT;
}

/* Whole numbers, as many as the line has; -1: something else is there, or they are too many. */
static int numbers(const char *p, uint64_t *v)
{
	char *end;
	int n = 0;

	for (p += strspn(p, " \t\r\n"); *p && *p != '#'; p += strspn(p, " \t\r\n")) {
		if (n == WORDS || *p < '0' || *p > '9')
			return -1;
		errno = 0;
		v[n++] = strtoull(p, &end, 10);
		if (errno || v[n - 1] >= UINT32_MAX)
			return -1;
		p = end;
	}
	return n;
}

static int take_line(struct reader *r, const char *line)
{
	const struct sim_topology *t = &r->sim->topo;
	struct sim_routes *all = r->routes;
	uint64_t v[WORDS];
	uint32_t node[WORDS + 1], port;
	int n = numbers(line, v);

	if (n < 3)
		return bad(r, "a route is 'SRC DST SWITCH ...', whole numbers, at most %d "
			   "switches", HOPS);
	if (v[0] >= t->hosts || v[1] >= t->hosts || v[0] == v[1])
		return bad(r, "from chip %llu to chip %llu: two of the chips 0 to %u belong here",
			   (unsigned long long)v[0], (unsigned long long)v[1], t->hosts - 1);
	node[0] = (uint32_t)v[0];
	for (int i = 2; i < n; i++) {
		if (v[i] >= t->nodes - t->hosts)
			return bad(r, "there is no switch %llu: they are 0 to %u",
				   (unsigned long long)v[i], t->nodes - t->hosts - 1);
		node[i - 1] = t->hosts + (uint32_t)v[i];
	}
	node[n - 1] = (uint32_t)v[1];
	all->route = sim_resize(all->route, all->n + 1, sizeof(*all->route));
	all->hop = sim_resize(all->hop, all->hops + (uint32_t)n, sizeof(*all->hop));
	all->route[all->n++] = (struct route){ v[0] << 32 | v[1], all->hops, (uint32_t)n - 2 };
	for (int i = 0; i < n - 1; i++) {
		port = port_to(r, node[i], node[i + 1]);
		if (port == SIM_NO_PORT)
			return bad(r, "no link leads from %s %u to %s %u", i ? "switch" : "chip",
				   i ? node[i] - t->hosts : node[i],
				   i < n - 2 ? "switch" : "chip",
				   i < n - 2 ? node[i + 1] - t->hosts : node[i + 1]);
		for (int k = 1; k < i; k++)
			if (node[k] == node[i])
				return bad(r, "switch %u is there twice", node[i] - t->hosts);
		if (i)
			all->hop[all->hops++] = port;
	}
	return 0;
}

static int by_pair(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	if (x->pair != y->pair)
		return x->pair < y->pair ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int read_lines(struct reader *r, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, f) >= 0) {
		const char *p = line + strspn(line, " \t\r\n");

		r->at.line++;
		if (*p && *p != '#')
			err = take_line(r, p);
	}
	if (!err && ferror(f))
		err = bad(r, "cannot be read: %s", strerror(errno));
	if (!err && !r->routes->n)
		err = bad(r, "no route in it");
	free(line);
	return err;
}

struct sim_routes *sim_routes_read(const struct sim *sim, const char *path, char why[512])
{
	struct reader r = { .sim = sim, .at = { path, 0, why, 512 } };
	FILE *f = fopen(path, "r");
	int err;

	if (!f) {
		snprintf(why, 512, "routing.file: %.300s: %s", path, strerror(errno));
		return NULL;
	}
	r.routes = sim_zalloc(1, sizeof(*r.routes));
	list_links(&r);
	err = read_lines(&r, f);
	fclose(f);
	free(r.link);
	if (err) {
		sim_routes_free(r.routes);
		return NULL;
	}
	qsort(r.routes->route, r.routes->n, sizeof(*r.routes->route), by_pair);
	return r.routes;
}

void sim_routes_free(struct sim_routes *all)
{
	if (!all)
		return;
	free(all->route);
	free(all->hop);
	free(all);
}

/* The first of a pair's; how many. */
static uint32_t find(const struct sim_routes *all, uint64_t pair, uint32_t *first)
{
	uint32_t low = 0, high = all->n, n = 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (all->route[mid].pair < pair)
			low = mid + 1;
		else
			high = mid;
	}
	*first = low;
	while (low + n < all->n && all->route[low + n].pair == pair)
		n++;
	return n;
}

uint32_t sim_routes_port(const struct sim_routes *all, const struct sim *sim, uint32_t node,
			 uint32_t src, uint32_t dst, uint16_t entropy)
{
	uint32_t first, n = find(all, (uint64_t)src << 32 | dst, &first);
	const struct route *r;

	if (!n)
		return SIM_NO_PORT;
	r = &all->route[first + entropy % n];
	for (uint32_t i = 0; i < r->hops; i++)
		if (sim_place(&sim->topo, all->hop[r->first + i]).from == node)
			return all->hop[r->first + i];
	return SIM_NO_PORT;
}
