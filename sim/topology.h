/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which nodes and ports there are, what they are joined to, and which port a packet leaves by.
 * A topology knows no rates, queues or time. Either it is a graph (graph.h), or a folded Clos
 * network, whose routes are computed.
 *
 * Folded Clos networks are of two or three levels. A pod is `leaves_per_pod` leaf switches with
 * `hosts_per_leaf` hosts each, every leaf joined once to each of `spines_per_pod` spine switches.
 * Leaf-spine is one pod. A fat tree has several: each spine is joined to `cores_per_spine` core
 * switches of its own, and each core once to every pod, so that spine j of a pod meets cores
 * j * cores_per_spine and following.
 *
 * A fabric may have several planes: the same switches and links once more, to which every host has
 * one port each; no link joins two planes. Numbers are those of one plane, but that hosts are
 * counted once: the switches of the planes follow each other, and so do their hosts' ports, and
 * their switches' ports.
 *
 * Port numbers: the hosts' (h), then for each leaf its ports down and its ports up, for each spine
 * the same, then for each core its ports down. Nodes: hosts, leaves, spines, cores; those of a pod
 * together.
 */
#ifndef SIM_TOPOLOGY_H
#define SIM_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/rng.h"

/* A port's place, by the link it drives; statistics and link parameters go by it. */
enum sim_tier {
	SIM_HOST_UP,	/* host to leaf */
	SIM_LEAF_UP,	/* leaf to spine */
	SIM_SPINE_UP,	/* spine to core; fat trees only */
	SIM_CORE_DOWN,	/* core to spine; fat trees only */
	SIM_SPINE_DOWN,	/* spine to leaf */
	SIM_LEAF_DOWN,	/* leaf to host; of a graph: switch to host */
	SIM_LOCAL,	/* graphs: switch to switch */
	SIM_GLOBAL,	/* graphs: between groups of switches */
	SIM_TIERS
};

extern const char *const sim_tier_name[SIM_TIERS];

struct sim_graph;

struct sim_topology {
	struct sim_graph *graph;	/* NULL: a folded Clos network, as follows */
	uint32_t hosts_per_leaf, leaves_per_pod, spines_per_pod, pods;
	uint32_t cores_per_spine;	/* 0: no cores, one pod */
	uint32_t leaves, spines, cores;	/* in all */
	uint32_t hosts, nodes, ports;	/* of all planes */
	uint32_t planes;
	uint32_t plane_switches;	/* of one of several planes */
	uint32_t plane_ports;		/* of its switches */
	uint32_t leaf_port0;	/* first port of leaf 0 */
	uint32_t leaf_radix;	/* ports of a leaf */
	uint32_t spine_port0;	/* first port of spine 0 */
	uint32_t spine_radix;
	uint32_t core_port0;	/* first port of core 0 */
	uint64_t per_leaf, per_pod;	/* inverses of hosts_per_leaf, leaves_per_pod */
	uint64_t ecmp;		/* salts the choice among equal paths */
};

struct sim_port_place {
	enum sim_tier tier;
	uint32_t from, to;	/* nodes */
};

enum { SIM_LINKS_MAX = 62 };	/* of a path */

/* A leaf-spine fabric. All three counts are at least 1. `seed` is the run's. */
void sim_leaf_spine(struct sim_topology *t, uint32_t hosts_per_leaf, uint32_t leaves,
		    uint32_t spines, uint64_t seed);

/* A fat tree of three levels. All five counts are at least 1. */
void sim_fat_tree(struct sim_topology *t, uint32_t hosts_per_leaf, uint32_t leaves_per_pod,
		  uint32_t spines_per_pod, uint32_t cores_per_spine, uint32_t pods, uint64_t seed);

/* Makes `n` planes of a fabric that has one. */
void sim_topology_planes(struct sim_topology *t, uint32_t n);

/* Of all planes' ports: that port of plane `plane`; and back. */
uint32_t sim_plane_port(const struct sim_topology *t, uint32_t plane, uint32_t port);
uint32_t sim_port_plane(const struct sim_topology *t, uint32_t port, uint32_t *in_plane);

/* The host whose port it is, which must be a host's. */
static inline uint32_t sim_port_host(const struct sim_topology *t, uint32_t port)
{
	return port < t->hosts ? port : port % t->hosts;
}

/* Where a port is and where its link goes. */
struct sim_port_place sim_place(const struct sim_topology *t, uint32_t port);

/* Frees what belongs to it. */
void sim_topology_fini(struct sim_topology *t);

/* The port by which switch `node` forwards a packet from `src` to `dst` with `entropy`. */
uint32_t sim_route(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
		   uint16_t entropy);

/*
 * All ports by which switch `node` may forward from `src` to `dst`, in order, at most `most`; how
 * many. sim_route() is that of sim_pick().
 */
uint32_t sim_choices(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
		     uint32_t *port, uint32_t most);

/* One of `ways` at switch number `at`, by a hash of what is sent. */
static inline uint32_t sim_pick(const struct sim_topology *t, uint32_t at, uint32_t src,
				uint32_t dst, uint16_t entropy, uint32_t ways)
{
	uint64_t flow = (uint64_t)src << 32 | dst, place = (uint64_t)at << 16 | entropy;

	return sim_below(sim_hash3_end(t->ecmp, flow, place), ways);
}

/*
 * What a switch of a folded Clos network asks to forward a packet: is it to a host below, of which
 * there are as many below each port down? Then by that port, else by one of those up.
 */
struct sim_fork {
	uint64_t each;		/* inverse of the hosts below a port down */
	uint32_t first, below;	/* the first host below; how many there are */
	uint32_t down, up;	/* first port down, first port up */
	uint32_t ways;		/* ports up */
	uint32_t at;		/* number of the switch, in its plane */
};

/*
 * One for each switch, in order; free() it. NULL: it is a graph, or so large that the arithmetic
 * would not be exact.
 */
struct sim_fork *sim_forks(const struct sim_topology *t);

/* sim_route() by the switch's fork. */
static inline uint32_t sim_fork_port(const struct sim_topology *t, const struct sim_fork *f,
				     uint32_t src, uint32_t dst, uint16_t entropy)
{
	uint32_t below = dst - f->first;

	if (below < f->below)
		return f->down + (uint32_t)(below * f->each >> 40);
	return f->up + sim_pick(t, f->at, src, dst, entropy, f->ways);
}

/*
 * In plane 0, the ports of the link between a leaf and spine `spine` of its pod, up and down; of a
 * graph those of the first link between two switches. False: there is none.
 */
bool sim_link_ports(const struct sim_topology *t, uint32_t leaf, uint32_t spine, uint32_t *up,
		    uint32_t *down);

/* Links on any shortest path between two hosts; 0 if they are the same. */
uint32_t sim_path_links(const struct sim_topology *t, uint32_t src, uint32_t dst);

/*
 * The tiers of those links, in order; tiers[SIM_LINKS_MAX]. Of paths whose links differ it is one
 * of them. Returns how many.
 */
uint32_t sim_path_tiers(const struct sim_topology *t, uint32_t src, uint32_t dst,
			enum sim_tier *tiers);

/*
 * Divides the nodes into parts of about `hosts` hosts: leaves with their hosts, spines and cores
 * spread over them. Fills part_of[t->nodes]; returns how many parts.
 */
uint32_t sim_topology_parts(const struct sim_topology *t, uint32_t hosts, uint16_t *part_of);

/*
 * Paths between two hosts: of a Clos network those that share no switch but at their ends, of a
 * graph all that are shortest.
 */
uint32_t sim_path_count(const struct sim_topology *t, uint32_t src, uint32_t dst);

#endif
