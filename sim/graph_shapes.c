/* SPDX-License-Identifier: BSD-2-Clause */
/* The named shapes of graph.h, and which of them a scenario asks for. */
#include <stdio.h>

#include "sim/graph.h"
#include "sim/scenario.h"

/* Chips below switches in order, so many each. */
static struct sim_graph *below(uint64_t switches, uint64_t each)
{
	struct sim_graph *g = sim_graph_new((uint32_t)(switches * each), (uint32_t)switches);

	for (uint32_t h = 0; h < g->hosts; h++)
		g->home[h] = h / (uint32_t)each;
	return g;
}

static void join(struct sim_graph *g, uint32_t a, uint32_t b, bool global)
{
	struct sim_graph_link l = { .a = a, .b = b, .global = global };

	sim_graph_join(g, &l);
}

/* Every switch is joined to every other. */
static struct sim_graph *full_mesh(const struct sim_scenario *sc)
{
	struct sim_graph *g = below(sc->leaves, sc->hosts_per_leaf);

	for (uint32_t a = 0; a < g->switches; a++)
		for (uint32_t b = a + 1; b < g->switches; b++)
			join(g, a, b, false);
	return g;
}

/*
 * Switches in a box of x * y * z, each joined to the next one along every edge, and the last to the
 * first. Where an edge is two long, two links join the two; where it is one long, there is none.
 */
static struct sim_graph *torus(const struct sim_scenario *sc)
{
	uint32_t size[3] = { (uint32_t)sc->x, (uint32_t)sc->y, (uint32_t)sc->z };
	uint32_t step[3] = { 1, size[0], size[0] * size[1] };
	struct sim_graph *g = below(sc->x * sc->y * sc->z, sc->hosts_per_leaf);

	for (uint32_t s = 0; s < g->switches; s++)
		for (int k = 0; k < 3; k++) {
			uint32_t at = s / step[k] % size[k], next = (at + 1) % size[k];

			if (next != at)
				join(g, s, s - at * step[k] + next * step[k], false);
		}
	return g;
}

/*
 * Groups of switches, all joined within a group; each switch has `global_links` links to other
 * groups, so that every two groups are joined by the same number of links. (J. Kim et al.,
 * "Technology-Driven, Highly-Scalable Dragonfly Topology", ISCA 2008.) A group's links to others
 * are numbered; link j is of its switch j / global_links, and goes j mod (groups - 1) + 1 groups
 * on.
 */
static struct sim_graph *dragonfly(const struct sim_scenario *sc)
{
	uint32_t groups = (uint32_t)sc->pods, a = (uint32_t)sc->leaves;
	uint32_t h = (uint32_t)sc->global_links, others = groups - 1, rounds = a * h / others;
	struct sim_graph *g = below((uint64_t)groups * a, sc->hosts_per_leaf);

	for (uint32_t i = 0; i < groups; i++) {
		for (uint32_t s = 0; s < a; s++)
			for (uint32_t to = s + 1; to < a; to++)
				join(g, i * a + s, i * a + to, false);
		for (uint32_t j = 0; j < rounds * others; j++) {
			uint32_t on = j % others + 1, peer = (i + on) % groups;
			uint32_t back = j / others * others + groups - on - 1;

			if (peer > i)
				join(g, i * a + j / h, peer * a + back / h, true);
		}
	}
	return g;
}

/*
 * Chips come in servers of `leaves` chips; chip r of every server is below leaf r, its rail. So
 * chips of equal number talk over one switch; all others over a spine.
 */
static struct sim_graph *rails(const struct sim_scenario *sc)
{
	uint32_t leaves = (uint32_t)sc->leaves, spines = (uint32_t)sc->spines;
	struct sim_graph *g = sim_graph_new((uint32_t)(sc->leaves * sc->hosts_per_leaf),
					    leaves + spines);

	for (uint32_t h = 0; h < g->hosts; h++)
		g->home[h] = h % leaves;
	for (uint32_t l = 0; l < leaves; l++)
		for (uint32_t s = 0; s < spines; s++)
			join(g, l, leaves + s, false);
	return g;
}

struct sim_graph *sim_graph_make(const struct sim_scenario *sc, char *why, uint32_t size)
{
	struct sim_graph *g = NULL;

	switch ((enum sim_topology_kind)sc->kind) {
	case SIM_TOPO_FULL_MESH:
		g = full_mesh(sc);
		break;
	case SIM_TOPO_TORUS:
		g = torus(sc);
		break;
	case SIM_TOPO_DRAGONFLY:
		g = dragonfly(sc);
		break;
	case SIM_TOPO_RAILS:
		g = rails(sc);
		break;
	case SIM_TOPO_FILE:
		g = sim_graph_read(sc->topology_file, why, size);
		break;
	case SIM_TOPO_LEAF_SPINE:
	case SIM_TOPO_FAT_TREE:
	case SIM_TOPO_STAR:
		snprintf(why, size, "topology.kind: not a graph");
		break;
	}
	if (g && sim_graph_finish(g, why, size)) {
		sim_graph_free(g);
		g = NULL;
	}
	return g;
}
