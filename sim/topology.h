/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which nodes and ports there are, what they are joined to, and which port a packet leaves by.
 * Routes are computed, not stored. A topology knows no rates, queues or time.
 *
 * Leaf-spine: `leaves` leaf switches with `hosts_per_leaf` hosts each, every leaf joined once to
 * each of `spines` spine switches. Port numbers: the hosts' (h), then for each leaf its ports down
 * and its ports up, then for each spine its ports down.
 */
#ifndef SIM_TOPOLOGY_H
#define SIM_TOPOLOGY_H

#include <stdint.h>

/* A port's place, by the link it drives; statistics and link parameters go by it. */
enum sim_tier {
	SIM_HOST_UP,	/* host to leaf */
	SIM_LEAF_UP,	/* leaf to spine */
	SIM_SPINE_DOWN,	/* spine to leaf */
	SIM_LEAF_DOWN,	/* leaf to host */
	SIM_TIERS
};

extern const char *const sim_tier_name[SIM_TIERS];

struct sim_topology {
	uint32_t hosts_per_leaf, leaves, spines;
	uint32_t hosts, nodes, ports;
	uint32_t leaf_port0;	/* first port of leaf 0 */
	uint32_t leaf_radix;	/* ports of a leaf */
	uint32_t spine_port0;	/* first port of spine 0 */
	uint64_t ecmp_key;	/* salts the choice among spines */
};

struct sim_port_place {
	enum sim_tier tier;
	uint32_t from, to;	/* nodes */
};

/* A leaf-spine fabric. All three counts are at least 1. `seed` is the run's. */
void sim_leaf_spine(struct sim_topology *t, uint32_t hosts_per_leaf, uint32_t leaves,
		    uint32_t spines, uint64_t seed);

/* Where a port is. */
struct sim_port_place sim_place(const struct sim_topology *t, uint32_t port);

/*
 * The port by which a packet of flow (src, dst, entropy) leaves switch `node`. Among equal paths
 * it is a hash of the three, salted by leaf and seed: the same flow keeps its path.
 */
uint32_t sim_route(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
		   uint16_t entropy);

/* Links between two hosts: 2 below one leaf, 4 across; 0 if they are the same. */
uint32_t sim_path_links(const struct sim_topology *t, uint32_t src, uint32_t dst);

#endif
