/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fabric from a file. Lines, '#' begins a comment:
 *
 *	fabric CHIPS SWITCHES		first: how many; both count from 0
 *	chip C S			chip C is below switch S; every chip once
 *	link S S [GBPS [DELAY_NS]]	two switches are joined; rate and delay are those of
 *					link.fabric_* unless given
 *
 * A file whose first line begins with a number is a topology of HPCC (graph_hpcc.c), one that
 * begins with 'Nodes' one of htsim (graph_topo.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/graph.h"
#include "sim/scenario.h"
#include "sim/util.h"

enum { SWITCHES_MAX = 1 << 13, GBPS_MAX = 3200, DELAY_MAX = 10000000 };

struct reader {
	struct sim_spot at;
	struct sim_graph *g;
	bool *placed;		/* each chip */
	uint32_t left;		/* chips that are not */
};

#define bad(r, ...) sim_bad(&(r)->at, __VA_ARGS__)

/* Whole numbers after a word; -1: something else is there, or too many. */
static int numbers(const char *p, unsigned long *v, int most)
{
	for (int n = 0;; n++) {
		char *end;

		p += strspn(p, " \t\r\n");
		if (!*p || *p == '#')
			return n;
		if (n == most || *p < '0' || *p > '9')
			return -1;
		errno = 0;
		v[n] = strtoul(p, &end, 10);
		if (errno || (*end && !strchr(" \t\r\n#", *end)))
			return -1;
		p = end;
	}
}

static int on_fabric(struct reader *r, const char *rest)
{
	unsigned long v[2];

	if (r->g)
		return bad(r, "fabric: is there twice");
	if (numbers(rest, v, 2) != 2)
		return bad(r, "a fabric is 'fabric CHIPS SWITCHES'");
	if (v[0] < 2 || v[0] > SIM_CHIPS_MAX || !v[1] || v[1] > SWITCHES_MAX)
		return bad(r, "fabric %lu %lu: there may be 2 to %d chips and 1 to %d switches",
			   v[0], v[1], SIM_CHIPS_MAX, SWITCHES_MAX);
	r->g = sim_graph_new((uint32_t)v[0], (uint32_t)v[1]);
	r->placed = sim_zalloc(v[0], sizeof(*r->placed));
	r->left = (uint32_t)v[0];
	return 0;
}

static int on_chip(struct reader *r, const char *rest)
{
	unsigned long v[2];

	if (numbers(rest, v, 2) != 2)
		return bad(r, "a chip is 'chip CHIP SWITCH'");
	if (v[0] >= r->g->hosts || v[1] >= r->g->switches)
		return bad(r, "chip %lu below switch %lu: there are chips 0 to %u and switches 0 "
			   "to %u", v[0], v[1], r->g->hosts - 1, r->g->switches - 1);
	if (r->placed[v[0]])
		return bad(r, "chip %lu is there twice", v[0]);
	r->placed[v[0]] = true;
	r->left--;
	r->g->home[v[0]] = (uint32_t)v[1];
	return 0;
}

static int on_link(struct reader *r, const char *rest)
{
	unsigned long v[4] = { 0 };
	int n = numbers(rest, v, 4);
	struct sim_graph_link l;

	if (n < 2)
		return bad(r, "a link is 'link SWITCH SWITCH [GBPS [DELAY_NS]]'");
	if (v[0] >= r->g->switches || v[1] >= r->g->switches)
		return bad(r, "link %lu %lu: there are switches 0 to %u", v[0], v[1],
			   r->g->switches - 1);
	if (v[0] == v[1])
		return bad(r, "link %lu %lu: joins a switch to itself", v[0], v[1]);
	if ((n > 2 && !v[2]) || v[2] > GBPS_MAX || (n > 3 && !v[3]) || v[3] > DELAY_MAX)
		return bad(r, "a link has 1 to %d Gb/s and 1 to %d ns", GBPS_MAX, DELAY_MAX);
	l = (struct sim_graph_link){ .a = (uint32_t)v[0], .b = (uint32_t)v[1],
				     .gbps = (uint32_t)v[2], .delay_ns = (uint32_t)v[3] };
	sim_graph_join(r->g, &l);
	return 0;
}

static int take_line(struct reader *r, const char *p)
{
	size_t word = strcspn(p, " \t\r\n");

	if (word == 6 && !strncmp(p, "fabric", 6))
		return on_fabric(r, p + word);
	if (!r->g)
		return bad(r, "the first line must be 'fabric CHIPS SWITCHES'");
	if (word == 4 && !strncmp(p, "chip", 4))
		return on_chip(r, p + word);
	if (word == 4 && !strncmp(p, "link", 4))
		return on_link(r, p + word);
	return bad(r, "'%.*s': a line begins with chip or link", (int)(word < 40 ? word : 40), p);
}

/* The lines of our own format, from the one that has been read on. */
static void read_own(struct reader *r, FILE *f, char **line, size_t *room)
{
	int err = 0;

	do {
		const char *p = *line + strspn(*line, " \t\r\n");

		if (*p && *p != '#')
			err = take_line(r, p);
		r->at.line++;
	} while (!err && getline(line, room, f) >= 0);
	r->at.line--;
	if (!err && ferror(f))
		err = bad(r, "cannot be read: %s", strerror(errno));
	else if (!err && !r->g)
		err = bad(r, "no fabric in it");
	else if (!err && r->left)
		err = bad(r, "%u chips are below no switch", r->left);
	if (err) {
		sim_graph_free(r->g);
		r->g = NULL;
	}
}

/* Does the first line that says anything begin with 'Nodes'? It is the one in `line` then. */
static bool is_topo(struct reader *r, FILE *f, char **line, size_t *room)
{
	const char *p = *line + strspn(*line, " \t\r\n");

	while ((!*p || *p == '#') && getline(line, room, f) >= 0) {
		r->at.line++;
		p = *line + strspn(*line, " \t\r\n");
	}
	return !strncasecmp(p, "Nodes", 5);
}

struct sim_graph *sim_graph_read(const char *path, char *why, uint32_t size)
{
	struct reader r = { .at = { path, 1, why, size } };
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!f) {
		snprintf(why, size, "topology.file: %.300s: %s", path, strerror(errno));
		return NULL;
	}
	if (getline(&line, &room, f) < 0) {
		bad(&r, "no fabric in it");
	} else if (*line >= '0' && *line <= '9') {
		r.g = sim_graph_read_hpcc(f, path, line, why, size);
	} else if (is_topo(&r, f, &line, &room)) {
		r.g = sim_graph_read_topo(f, &r.at, line);
	} else {
		read_own(&r, f, &line, &room);
	}
	free(line);
	fclose(f);
	free(r.placed);
	return r.g;
}
