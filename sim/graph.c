/* SPDX-License-Identifier: BSD-2-Clause */
/* See graph.h: ports, and shortest paths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/graph.h"
#include "sim/topology.h"
#include "sim/rng.h"
#include "sim/util.h"

#define UNSEEN UINT8_MAX

struct sim_graph *sim_graph_new(uint32_t hosts, uint32_t switches)
{
	struct sim_graph *g = sim_zalloc(1, sizeof(*g));

	g->hosts = hosts;
	g->switches = switches;
	g->home = sim_zalloc(hosts, sizeof(*g->home));
	g->below = sim_zalloc(hosts, sizeof(*g->below));
	return g;
}

void sim_graph_free(struct sim_graph *g)
{
	if (!g)
		return;
	free(g->home);
	free(g->below);
	free(g->link);
	free(g->port);
	free(g->first);
	free(g->across);
	free(g->down);
	free(g->far);
	free(g);
}

void sim_graph_join(struct sim_graph *g, const struct sim_graph_link *link)
{
	if (g->links == g->links_size) {
		g->links_size = g->links_size ? 2 * g->links_size : 64;
		g->link = sim_resize(g->link, g->links_size, sizeof(*g->link));
	}
	g->link[g->links++] = *link;
}

/* How many ports each switch has, into first[], as offsets. */
static void count_ports(struct sim_graph *g)
{
	uint32_t at = g->hosts;

	g->first = sim_zalloc(g->switches + 1, sizeof(*g->first));
	g->across = sim_zalloc(g->switches, sizeof(*g->across));
	for (uint32_t h = 0; h < g->hosts; h++)
		g->across[g->home[h]]++;
	for (uint32_t i = 0; i < g->links; i++) {
		g->first[g->link[i].a]++;
		g->first[g->link[i].b]++;
	}
	for (uint32_t s = 0; s < g->switches; s++) {
		uint32_t chips = g->across[s], all = chips + g->first[s];

		g->first[s] = at;
		g->across[s] = at + chips;
		at += all;
	}
	g->first[g->switches] = at;
	g->ports = at;
}

static void add_port(struct sim_graph *g, uint32_t port, uint32_t from, uint32_t to, uint8_t tier,
		     const struct sim_graph_link *l)
{
	g->port[port] = (struct sim_graph_port){
		.from = from, .to = to, .tier = tier,
		.gbps = l->gbps, .delay_ns = l->delay_ns,
	};
}

static void number_ports(struct sim_graph *g)
{
	uint32_t *next = sim_zalloc(g->switches, sizeof(*next));

	count_ports(g);
	g->port = sim_zalloc(g->ports, sizeof(*g->port));
	g->down = sim_zalloc(g->hosts, sizeof(*g->down));
	memcpy(next, g->first, g->switches * sizeof(*next));
	for (uint32_t h = 0; h < g->hosts; h++) {
		uint32_t s = g->home[h];

		g->down[h] = next[s];
		add_port(g, h, h, g->hosts + s, SIM_HOST_UP, &g->below[h]);
		add_port(g, next[s]++, g->hosts + s, h, SIM_LEAF_DOWN, &g->below[h]);
	}
	for (uint32_t i = 0; i < g->links; i++) {
		const struct sim_graph_link *l = &g->link[i];
		uint8_t tier = l->global ? SIM_GLOBAL : SIM_LOCAL;

		add_port(g, next[l->a]++, g->hosts + l->a, g->hosts + l->b, tier, l);
		add_port(g, next[l->b]++, g->hosts + l->b, g->hosts + l->a, tier, l);
	}
	free(next);
}

/* Links from every switch to `d`, breadth first. Returns how many switches were reached. */
static uint32_t measure(struct sim_graph *g, uint32_t d, uint32_t *queue)
{
	uint32_t n = g->switches, head = 0, tail = 0;

	g->far[(size_t)d * n + d] = 0;
	queue[tail++] = d;
	while (head < tail) {
		uint32_t s = queue[head++];
		uint8_t links = g->far[(size_t)s * n + d];

		if (links == SIM_FAR_MAX)
			break;
		for (uint32_t p = g->across[s]; p < g->first[s + 1]; p++) {
			uint32_t to = g->port[p].to - g->hosts;

			if (g->far[(size_t)to * n + d] != UNSEEN)
				continue;
			g->far[(size_t)to * n + d] = (uint8_t)(links + 1);
			queue[tail++] = to;
			if (g->longest < links + 1u)
				g->longest = links + 1u;
		}
	}
	return tail;
}

int sim_graph_finish(struct sim_graph *g, char *why, uint32_t size)
{
	uint32_t *queue = sim_zalloc(g->switches, sizeof(*queue)), reached = g->switches;

	number_ports(g);
	g->far = sim_zalloc((size_t)g->switches * g->switches, 1);
	memset(g->far, UNSEEN, (size_t)g->switches * g->switches);
	for (uint32_t d = 0; d < g->switches && reached == g->switches; d++) {
		reached = measure(g, d, queue);
		if (reached < g->switches)
			snprintf(why, size, "topology: switch %u reaches %u of %u switches (by at "
				 "most %d links)", d, reached, g->switches, SIM_FAR_MAX);
	}
	free(queue);
	return reached == g->switches ? 0 : -1;
}

void sim_graph_topology(struct sim_topology *t, struct sim_graph *g, uint64_t seed)
{
	*t = (struct sim_topology){ .graph = g, .hosts = g->hosts,
				    .nodes = g->hosts + g->switches, .ports = g->ports, .planes = 1,
				    .ecmp = sim_hash3_begin(sim_key(seed, SIM_FOR_ECMP)) };
}

uint32_t sim_graph_ways(const struct sim_graph *g, uint32_t s, uint32_t d, uint32_t *ports,
			uint32_t most)
{
	uint32_t n = g->switches, ways = 0;
	uint8_t links = g->far[(size_t)s * n + d];

	for (uint32_t p = g->across[s]; p < g->first[s + 1] && ways < most; p++) {
		uint32_t to = g->port[p].to - g->hosts;

		if (g->far[(size_t)to * n + d] + 1u != links)
			continue;
		if (ports)
			ports[ways] = p;
		ways++;
	}
	return ways;
}

uint32_t sim_graph_paths(const struct sim_graph *g, uint32_t src, uint32_t dst)
{
	uint32_t n = g->switches, d = g->home[dst], from = g->home[src];
	uint64_t *paths = sim_zalloc(n, sizeof(*paths)), found;

	/* Nearest first: a switch's paths are those of the switches that are one link nearer. */
	paths[d] = 1;
	for (uint32_t far = 1; far <= g->far[(size_t)from * n + d]; far++)
		for (uint32_t s = 0; s < n; s++) {
			if (g->far[(size_t)s * n + d] != far)
				continue;
			for (uint32_t p = g->across[s]; p < g->first[s + 1]; p++) {
				uint32_t to = g->port[p].to - g->hosts;

				if (g->far[(size_t)to * n + d] + 1u == far)
					paths[s] += paths[to];
			}
			if (paths[s] > UINT32_MAX)
				paths[s] = UINT32_MAX;
		}
	found = paths[from];
	free(paths);
	return (uint32_t)found;
}
