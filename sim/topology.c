/* SPDX-License-Identifier: BSD-2-Clause */
/* See topology.h. */
#include <assert.h>
#include <string.h>

#include "sim/graph.h"
#include "sim/topology.h"
#include "sim/util.h"

const char *const sim_tier_name[SIM_TIERS] = {
	[SIM_HOST_UP] = "chip to leaf",
	[SIM_LEAF_UP] = "leaf to spine",
	[SIM_SPINE_UP] = "spine to core",
	[SIM_CORE_DOWN] = "core to spine",
	[SIM_SPINE_DOWN] = "spine to leaf",
	[SIM_LEAF_DOWN] = "leaf to chip",
	[SIM_LOCAL] = "switch to switch",
	[SIM_GLOBAL] = "group to group",
};

enum { WAYS_MAX = 64 };		/* of which one is chosen at a switch of a graph */

/* For n / d as n * inverse(d) >> 40, exact as long as n * d < 2^40: a division is slow. */
static uint64_t inverse(uint32_t d)
{
	return ((uint64_t)1 << 40) / d + 1;
}

static inline uint32_t quotient(uint32_t n, uint64_t inverse_of)
{
	return (uint32_t)(n * inverse_of >> 40);
}

static void number(struct sim_topology *t, uint64_t seed)
{
	t->leaves = t->leaves_per_pod * t->pods;
	t->spines = t->spines_per_pod * t->pods;
	t->cores = t->spines_per_pod * t->cores_per_spine;
	t->hosts = t->hosts_per_leaf * t->leaves;
	t->nodes = t->hosts + t->leaves + t->spines + t->cores;
	t->leaf_port0 = t->hosts;
	t->leaf_radix = t->hosts_per_leaf + t->spines_per_pod;
	t->spine_port0 = t->leaf_port0 + t->leaves * t->leaf_radix;
	t->spine_radix = t->leaves_per_pod + t->cores_per_spine;
	t->core_port0 = t->spine_port0 + t->spines * t->spine_radix;
	t->ports = t->core_port0 + t->cores * t->pods;
	t->planes = 1;
	t->per_leaf = inverse(t->hosts_per_leaf);
	t->per_pod = inverse(t->leaves_per_pod);
	t->ecmp = sim_hash3_begin(sim_key(seed, SIM_FOR_ECMP));
}

void sim_leaf_spine(struct sim_topology *t, uint32_t hosts_per_leaf, uint32_t leaves,
		    uint32_t spines, uint64_t seed)
{
	assert(hosts_per_leaf && leaves && spines);
	*t = (struct sim_topology){ .hosts_per_leaf = hosts_per_leaf, .leaves_per_pod = leaves,
				    .spines_per_pod = spines, .pods = 1 };
	number(t, seed);
}

void sim_fat_tree(struct sim_topology *t, uint32_t hosts_per_leaf, uint32_t leaves_per_pod,
		  uint32_t spines_per_pod, uint32_t cores_per_spine, uint32_t pods, uint64_t seed)
{
	assert(hosts_per_leaf && leaves_per_pod && spines_per_pod && cores_per_spine && pods);
	*t = (struct sim_topology){ .hosts_per_leaf = hosts_per_leaf,
				    .leaves_per_pod = leaves_per_pod,
				    .spines_per_pod = spines_per_pod,
				    .cores_per_spine = cores_per_spine, .pods = pods };
	number(t, seed);
}

static struct sim_port_place leaf_port(const struct sim_topology *t, uint32_t i)
{
	uint32_t leaf = i / t->leaf_radix, pod = leaf / t->leaves_per_pod, k = i % t->leaf_radix;
	uint32_t leaf0 = t->hosts, spine0 = leaf0 + t->leaves;

	if (k < t->hosts_per_leaf)
		return (struct sim_port_place){ SIM_LEAF_DOWN, leaf0 + leaf,
						leaf * t->hosts_per_leaf + k };
	return (struct sim_port_place){ SIM_LEAF_UP, leaf0 + leaf,
					spine0 + pod * t->spines_per_pod + k - t->hosts_per_leaf };
}

static struct sim_port_place spine_port(const struct sim_topology *t, uint32_t i)
{
	uint32_t spine = i / t->spine_radix, k = i % t->spine_radix;
	uint32_t pod = spine / t->spines_per_pod, plane = spine % t->spines_per_pod;
	uint32_t leaf0 = t->hosts, spine0 = leaf0 + t->leaves, core0 = spine0 + t->spines;

	if (k < t->leaves_per_pod)
		return (struct sim_port_place){ SIM_SPINE_DOWN, spine0 + spine,
						leaf0 + pod * t->leaves_per_pod + k };
	k -= t->leaves_per_pod;
	return (struct sim_port_place){ SIM_SPINE_UP, spine0 + spine,
					core0 + plane * t->cores_per_spine + k };
}

static struct sim_port_place place(const struct sim_topology *t, uint32_t port)
{
	uint32_t leaf0 = t->hosts, spine0 = leaf0 + t->leaves, core0 = spine0 + t->spines, core;

	if (t->graph) {
		const struct sim_graph_port *p = &t->graph->port[port];

		return (struct sim_port_place){ (enum sim_tier)p->tier, p->from, p->to };
	}
	if (port < t->leaf_port0)
		return (struct sim_port_place){ SIM_HOST_UP, port,
						leaf0 + port / t->hosts_per_leaf };
	if (port < t->spine_port0)
		return leaf_port(t, port - t->leaf_port0);
	if (port < t->core_port0)
		return spine_port(t, port - t->spine_port0);
	core = (port - t->core_port0) / t->pods;
	return (struct sim_port_place){ SIM_CORE_DOWN, core0 + core,
					spine0 + (port - t->core_port0) % t->pods *
					t->spines_per_pod + core / t->cores_per_spine };
}

void sim_topology_planes(struct sim_topology *t, uint32_t n)
{
	assert(t->planes == 1 && n);
	t->planes = n;
	t->plane_switches = t->nodes - t->hosts;
	t->plane_ports = t->ports - t->hosts;
	t->nodes = t->hosts + n * t->plane_switches;
	t->ports *= n;
}

uint32_t sim_plane_port(const struct sim_topology *t, uint32_t plane, uint32_t port)
{
	if (t->planes == 1)
		return port;
	if (port < t->hosts)
		return plane * t->hosts + port;
	return t->planes * t->hosts + plane * t->plane_ports + port - t->hosts;
}

uint32_t sim_port_plane(const struct sim_topology *t, uint32_t port, uint32_t *in_plane)
{
	uint32_t hosts = t->planes * t->hosts;

	*in_plane = port;
	if (t->planes == 1)
		return 0;
	if (port < hosts) {
		*in_plane = port % t->hosts;
		return port / t->hosts;
	}
	*in_plane = t->hosts + (port - hosts) % t->plane_ports;
	return (port - hosts) / t->plane_ports;
}

struct sim_port_place sim_place(const struct sim_topology *t, uint32_t port)
{
	uint32_t plane, in_plane;
	struct sim_port_place p;

	assert(port < t->ports);
	plane = sim_port_plane(t, port, &in_plane);
	p = place(t, in_plane);
	if (p.from >= t->hosts)
		p.from += plane * t->plane_switches;
	if (p.to >= t->hosts)
		p.to += plane * t->plane_switches;
	return p;
}

static uint32_t graph_route(const struct sim_topology *t, uint32_t at, uint32_t src, uint32_t dst,
			    uint16_t entropy)
{
	const struct sim_graph *g = t->graph;
	uint32_t to = g->home[dst], way[WAYS_MAX], ways;

	if (at == to)
		return g->down[dst];
	ways = sim_graph_ways(g, at, to, way, WAYS_MAX);
	return ways == 1 ? way[0] : way[sim_pick(t, at, src, dst, entropy, ways)];
}

/* Of one plane. */
static inline uint32_t route(const struct sim_topology *t, uint32_t node, uint32_t src,
			     uint32_t dst, uint16_t entropy)
{
	uint32_t at = node - t->hosts, dst_leaf, pod, first;

	if (t->graph)
		return graph_route(t, at, src, dst, entropy);
	dst_leaf = quotient(dst, t->per_leaf);

	if (at < t->leaves) {
		first = t->leaf_port0 + at * t->leaf_radix;
		if (at == dst_leaf)
			return first + dst - dst_leaf * t->hosts_per_leaf;
		return first + t->hosts_per_leaf +
		       sim_pick(t, at, src, dst, entropy, t->spines_per_pod);
	}
	pod = t->pods > 1 ? quotient(dst_leaf, t->per_pod) : 0;
	if (at < t->leaves + t->spines) {
		first = t->spine_port0 + (at - t->leaves) * t->spine_radix;
		if (t->pods == 1 || at - t->leaves - pod * t->spines_per_pod < t->spines_per_pod)
			return first + dst_leaf - pod * t->leaves_per_pod;
		return first + t->leaves_per_pod +
		       sim_pick(t, at, src, dst, entropy, t->cores_per_spine);
	}
	return t->core_port0 + (at - t->leaves - t->spines) * t->pods + pod;
}

uint32_t sim_route(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
		   uint16_t entropy)
{
	uint32_t plane;

	if (t->planes == 1)
		return route(t, node, src, dst, entropy);
	plane = (node - t->hosts) / t->plane_switches;
	return sim_plane_port(t, plane, route(t, node - plane * t->plane_switches, src, dst,
					      entropy));
}

/* Of one plane; ports are numbered as if it were the only one. */
static struct sim_fork fork_of(const struct sim_topology *t, uint32_t at)
{
	uint32_t of_pod = t->hosts_per_leaf * t->leaves_per_pod, i = at - t->leaves, down;

	if (at < t->leaves) {
		down = t->leaf_port0 + at * t->leaf_radix;
		return (struct sim_fork){ inverse(1), at * t->hosts_per_leaf, t->hosts_per_leaf,
					  down, down + t->hosts_per_leaf, t->spines_per_pod, at };
	}
	if (i < t->spines) {
		down = t->spine_port0 + i * t->spine_radix;
		return (struct sim_fork){ inverse(t->hosts_per_leaf),
					  i / t->spines_per_pod * of_pod, of_pod, down,
					  down + t->leaves_per_pod, t->cores_per_spine, at };
	}
	down = t->core_port0 + (i - t->spines) * t->pods;
	return (struct sim_fork){ inverse(of_pod), 0, t->hosts, down, down, 0, at };
}

struct sim_fork *sim_forks(const struct sim_topology *t)
{
	uint32_t switches = (t->nodes - t->hosts) / t->planes;
	struct sim_fork *f;

	if (t->graph || (uint64_t)t->hosts * t->hosts_per_leaf * t->leaves_per_pod >> 40)
		return NULL;
	f = sim_zalloc((size_t)switches * t->planes, sizeof(*f));
	for (uint32_t plane = 0; plane < t->planes; plane++)
		for (uint32_t at = 0; at < switches; at++) {
			struct sim_fork *to = &f[plane * switches + at];

			*to = fork_of(t, at);
			to->down = sim_plane_port(t, plane, to->down);
			to->up = sim_plane_port(t, plane, to->up);
		}
	return f;
}

/* Of one plane. */
static uint32_t choices(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
			uint32_t *port, uint32_t most)
{
	uint32_t at = node - t->hosts, chosen = route(t, node, src, dst, 0), first, ways;
	const struct sim_graph *g = t->graph;

	if (g && at != g->home[dst])
		return sim_graph_ways(g, at, g->home[dst], port, most < WAYS_MAX ? most : WAYS_MAX);
	port[0] = chosen;
	if (g)
		return 1;
	if (at < t->leaves) {
		first = t->leaf_port0 + at * t->leaf_radix + t->hosts_per_leaf;
		ways = t->spines_per_pod;
	} else if (at < t->leaves + t->spines) {
		first = t->spine_port0 + (at - t->leaves) * t->spine_radix + t->leaves_per_pod;
		ways = t->cores_per_spine;
	} else {
		return 1;
	}
	if (chosen < first)	/* down */
		return 1;
	ways = ways < most ? ways : most;
	for (uint32_t i = 0; i < ways; i++)
		port[i] = first + i;
	return ways;
}

uint32_t sim_choices(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
		     uint32_t *port, uint32_t most)
{
	uint32_t plane = t->planes == 1 ? 0 : (node - t->hosts) / t->plane_switches;
	uint32_t n = choices(t, node - plane * t->plane_switches, src, dst, port, most);

	for (uint32_t i = 0; i < n; i++)
		port[i] = sim_plane_port(t, plane, port[i]);
	return n;
}

void sim_topology_fini(struct sim_topology *t)
{
	sim_graph_free(t->graph);
	t->graph = NULL;
}

/* The first port from one switch to another of a graph. */
static bool graph_port(const struct sim_graph *g, uint32_t from, uint32_t to, uint32_t *port)
{
	for (*port = g->across[from]; *port < g->first[from + 1]; ++*port)
		if (g->port[*port].to == g->hosts + to)
			return true;
	return false;
}

bool sim_link_ports(const struct sim_topology *t, uint32_t leaf, uint32_t spine, uint32_t *up,
		    uint32_t *down)
{
	uint32_t pod;

	if (t->graph) {
		if (leaf >= t->graph->switches || spine >= t->graph->switches ||
		    !graph_port(t->graph, leaf, spine, up) ||
		    !graph_port(t->graph, spine, leaf, down))
			return false;
		*up = sim_plane_port(t, 0, *up);
		*down = sim_plane_port(t, 0, *down);
		return true;
	}
	if (leaf >= t->leaves || spine >= t->spines_per_pod)
		return false;
	pod = leaf / t->leaves_per_pod;
	*up = t->leaf_port0 + leaf * t->leaf_radix + t->hosts_per_leaf + spine;
	*down = t->spine_port0 + (pod * t->spines_per_pod + spine) * t->spine_radix +
		leaf % t->leaves_per_pod;
	*up = sim_plane_port(t, 0, *up);
	*down = sim_plane_port(t, 0, *down);
	return true;
}

uint32_t sim_path_links(const struct sim_topology *t, uint32_t src, uint32_t dst)
{
	const struct sim_graph *g = t->graph;
	uint32_t from, to;

	if (src == dst)
		return 0;
	if (g)
		return 2u + g->far[(size_t)g->home[src] * g->switches + g->home[dst]];
	from = src / t->hosts_per_leaf;
	to = dst / t->hosts_per_leaf;
	if (from == to)
		return 2;
	return from / t->leaves_per_pod == to / t->leaves_per_pod ? 4 : 6;
}

uint32_t sim_path_tiers(const struct sim_topology *t, uint32_t src, uint32_t dst,
			enum sim_tier *tiers)
{
	uint32_t links = sim_path_links(t, src, dst), port = src;

	if (t->graph) {
		for (uint32_t i = 0; i < links; i++) {
			const struct sim_graph_port *p = &t->graph->port[port];

			tiers[i] = (enum sim_tier)p->tier;
			if (p->to >= t->hosts)
				port = route(t, p->to, src, dst, 0);
		}
		return links;
	}
	for (uint32_t i = 0; i < links / 2; i++) {
		tiers[i] = (enum sim_tier)(SIM_HOST_UP + i);
		tiers[links - 1 - i] = (enum sim_tier)(SIM_LEAF_DOWN - i);
	}
	return links;
}

uint32_t sim_path_count(const struct sim_topology *t, uint32_t src, uint32_t dst)
{
	uint32_t links = sim_path_links(t, src, dst);

	if (t->graph)
		return sim_graph_paths(t->graph, src, dst);
	if (links < 4)
		return 1;
	return links == 4 ? t->spines_per_pod : t->cores;
}

/* Switches in order, so many that their chips are about `hosts`; a switch without any counts. */
static uint32_t graph_parts(const struct sim_graph *g, uint32_t hosts, uint16_t *part_of)
{
	uint32_t each = (uint32_t)((uint64_t)g->switches * hosts / g->hosts);

	each = each ? each : 1;
	for (uint32_t s = 0; s < g->switches; s++)
		part_of[g->hosts + s] = (uint16_t)(s / each);
	for (uint32_t h = 0; h < g->hosts; h++)
		part_of[h] = part_of[g->hosts + g->home[h]];
	return (g->switches + each - 1) / each;
}

/* Of one plane. */
static uint32_t parts_of(const struct sim_topology *t, uint32_t hosts, uint16_t *part_of)
{
	uint32_t leaves, parts;

	if (t->graph)
		return graph_parts(t->graph, hosts, part_of);
	leaves = hosts / t->hosts_per_leaf;
	leaves = leaves ? leaves : 1;
	while ((t->leaves + leaves - 1) / leaves > UINT16_MAX)
		leaves *= 2;
	parts = (t->leaves + leaves - 1) / leaves;
	for (uint32_t i = 0; i < t->hosts; i++)
		part_of[i] = (uint16_t)(i / t->hosts_per_leaf / leaves);
	for (uint32_t i = 0; i < t->leaves; i++)
		part_of[t->hosts + i] = (uint16_t)(i / leaves);
	for (uint32_t i = 0; i < t->spines; i++)
		part_of[t->hosts + t->leaves + i] =
			(uint16_t)((uint64_t)i * t->leaves / t->spines / leaves);
	for (uint32_t i = 0; i < t->cores; i++)
		part_of[t->hosts + t->leaves + t->spines + i] =
			(uint16_t)((uint64_t)i * t->leaves / t->cores / leaves);
	return parts;
}

uint32_t sim_topology_parts(const struct sim_topology *t, uint32_t hosts, uint16_t *part_of)
{
	uint32_t parts = parts_of(t, hosts, part_of);

	for (uint32_t p = 1; p < t->planes; p++)
		for (uint32_t s = 0; s < t->plane_switches; s++)
			part_of[t->hosts + p * t->plane_switches + s] = part_of[t->hosts + s];
	return parts;
}
