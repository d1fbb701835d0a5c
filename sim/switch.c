/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches: which port a packet leaves by, and whether it is marked on the way. Queueing itself is
 * the port's (link.c).
 *
 * Where several ports lead on, the choice is by a hash of the packet's flow and entropy; or
 * adaptive, the port that would send it soonest; or by flowlet, the port of the packet before of
 * the same two chips, unless that is so long ago that none can be overtaken, when it is adaptive.
 * Or by source: the entropy alone names the whole path, which is the one that a file gives for it
 * (routes.h), or the entropy's digits, to the base of the ways at each switch in turn, so that n
 * entropies that follow each other take n paths as far as there are so many.
 * A switch that is told when its own links die keeps to those that live, as long as there is one;
 * what happens further on it does not know.
 */
#include <stdlib.h>

#include "sim/fabric.h"
#include "sim/rng.h"
#include "sim/routes.h"
#include "sim/util.h"

enum {
	CHOICES_MAX = 1024,	/* ports among which a packet's is chosen */
	FLOWLETS = 1024		/* of a switch, by hash: two that meet share a place */
};

struct sim_flowlet {
	uint64_t flow;		/* src << 32 | dst */
	sim_time last;		/* its latest packet */
	uint32_t port;
};

void sim_switches_init(struct sim *sim, const struct sim_routing *how)
{
	uint32_t switches = sim->topo.nodes - sim->topo.hosts;

	sim->routing = *how;
	if (how->kind != SIM_ROUTE_HASH || how->detect)
		sim_choosy(sim);
	if (how->kind == SIM_ROUTE_FLOWLET)
		sim->flowlet = sim_zalloc((size_t)switches * FLOWLETS, sizeof(*sim->flowlet));
}

void sim_switches_fini(struct sim *sim)
{
	free(sim->flowlet);
	sim_routes_free(sim->routes);
}

/* Is the switch at its end aware that the wire of `p` is dead? */
static bool known_dead(const struct sim *sim, const struct sim_port *p)
{
	sim_time detect = sim->routing.detect;

	return detect && sim->now >= detect &&
	       sim_port_is_down(sim, p, sim->now) && sim_port_is_down(sim, p, sim->now - detect);
}

/* Takes away the ports that are known to be dead, unless all are. */
static uint32_t living(const struct sim *sim, uint32_t *port, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct sim_port *p = &sim->port[port[i]];
		uint32_t at = port[i];

		if (p->down != SIM_NO_DOWN && known_dead(sim, p))
			continue;
		port[i] = port[kept];
		port[kept++] = at;
	}
	return kept ? kept : n;
}

/* The port that is free soonest; of equals the first from `first` on, round. */
static uint32_t soonest(struct sim *sim, const uint32_t *port, uint32_t n, uint32_t first)
{
	sim_time least = SIM_NEVER;
	uint32_t best = first;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = first + k < n ? first + k : first + k - n;
		sim_time free_at = sim->port[port[i]].free_at + sim->port[port[i]].q_span;

		free_at = free_at > sim->now ? free_at : sim->now;
		if (free_at < least) {
			least = free_at;
			best = i;
		}
	}
	return port[best];
}

static uint32_t by_flowlet(struct sim *sim, uint32_t node, const struct sim_pkt *k,
			   const uint32_t *port, uint32_t n, uint32_t first)
{
	uint64_t flow = (uint64_t)k->src << 32 | k->dst;
	size_t place = sim_mix(flow) % FLOWLETS;
	struct sim_flowlet *f;
	bool goes_on = false;

	f = &sim->flowlet[(size_t)(node - sim->topo.hosts) * FLOWLETS + place];
	if (f->flow == flow && sim->now - f->last < sim->routing.gap)
		for (uint32_t i = 0; i < n; i++)
			goes_on |= port[i] == f->port;
	if (!goes_on)
		f->port = soonest(sim, port, n, first);
	f->flow = flow;
	f->last = sim->now;
	return f->port;
}

/* Walks from the source to `node`: what switches before it have used of the entropy is used up. */
static uint32_t digit(const struct sim *sim, uint32_t node, const struct sim_pkt *k, uint32_t n)
{
	const struct sim_topology *t = &sim->topo;
	uint32_t plane = t->planes > 1 ? (node - t->hosts) / t->plane_switches : 0;
	uint32_t at = sim->port[plane * t->hosts + k->src].peer, left = k->entropy;
	uint32_t port[CHOICES_MAX], ways;

	while (at != node && at >= t->hosts) {
		ways = sim_choices(t, at, k->src, k->dst, port, CHOICES_MAX);
		at = sim->port[port[left % ways]].peer;
		left /= ways;
	}
	return left % n;
}

static uint32_t by_source(const struct sim *sim, uint32_t node, const struct sim_pkt *k,
			  const uint32_t *port, uint32_t n)
{
	uint32_t named = sim->routes ? sim_routes_port(sim->routes, sim, node, k->src, k->dst,
						       k->entropy) : SIM_NO_PORT;

	return named != SIM_NO_PORT ? named : port[digit(sim, node, k, n)];
}

static uint32_t choose(struct sim *sim, uint32_t node, const struct sim_pkt *k)
{
	uint32_t port[CHOICES_MAX], n, first;

	n = sim_choices(&sim->topo, node, k->src, k->dst, port, CHOICES_MAX);
	if (sim->routing.detect)
		n = living(sim, port, n);
	if (sim->routing.kind == SIM_ROUTE_SOURCE)
		return by_source(sim, node, k, port, n);
	if (n == 1)
		return port[0];
	first = sim_pick(&sim->topo, node - sim->topo.hosts, k->src, k->dst, k->entropy, n);
	switch (sim->routing.kind) {
	case SIM_ROUTE_ADAPTIVE:
		return soonest(sim, port, n, first);
	case SIM_ROUTE_FLOWLET:
		return by_flowlet(sim, node, k, port, n, first);
	case SIM_ROUTE_SOURCE:
	case SIM_ROUTE_HASH:
		break;
	}
	return port[first];
}

void sim_switch_forward(struct sim *sim, uint32_t node, uint32_t pkt)
{
	const struct sim_pkt *k = &sim->pool.pkt[pkt];

	bool hash = sim->routing.kind == SIM_ROUTE_HASH && !sim->routing.detect;

	sim_port_offer(sim, hash ? sim_route(&sim->topo, node, k->src, k->dst, k->entropy) :
		       choose(sim, node, k), pkt);
}

/*
 * Marks on joining the queue, by the bytes found waiting: never below mark_min, with a probability
 * that rises linearly to mark_pmax up to mark_max, always from there on. The draw is a hash of the
 * port and its count of packets, so that each packet's fate is its own.
 */
bool sim_switch_marks(const struct sim *sim, uint32_t port, uint32_t bytes)
{
	const struct sim_port *p = &sim->port[port];
	uint64_t chance;

	if (!p->mark_max || bytes < p->mark_min)
		return false;
	if (bytes >= p->mark_max)
		return true;
	chance = (uint64_t)p->mark_pmax * (bytes - p->mark_min) / (p->mark_max - p->mark_min);
	return (sim_hash3(sim->ecn_key, port, p->offered_pkts) & 0xffff) < chance;
}
