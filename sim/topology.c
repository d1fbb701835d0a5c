/* SPDX-License-Identifier: BSD-2-Clause */
/* See topology.h. */
#include <assert.h>

#include "sim/topology.h"
#include "sim/rng.h"

const char *const sim_tier_name[SIM_TIERS] = {
	[SIM_HOST_UP] = "chip to leaf",
	[SIM_LEAF_UP] = "leaf to spine",
	[SIM_SPINE_DOWN] = "spine to leaf",
	[SIM_LEAF_DOWN] = "leaf to chip",
};

void sim_leaf_spine(struct sim_topology *t, uint32_t hosts_per_leaf, uint32_t leaves,
		    uint32_t spines, uint64_t seed)
{
	assert(hosts_per_leaf && leaves && spines);
	t->hosts_per_leaf = hosts_per_leaf;
	t->leaves = leaves;
	t->spines = spines;
	t->hosts = hosts_per_leaf * leaves;
	t->nodes = t->hosts + leaves + spines;
	t->leaf_port0 = t->hosts;
	t->leaf_radix = hosts_per_leaf + spines;
	t->spine_port0 = t->leaf_port0 + leaves * t->leaf_radix;
	t->ports = t->spine_port0 + spines * leaves;
	t->ecmp_key = sim_key(seed, SIM_FOR_ECMP);
}

struct sim_port_place sim_place(const struct sim_topology *t, uint32_t port)
{
	uint32_t leaf0 = t->hosts, spine0 = t->hosts + t->leaves, leaf, i;

	assert(port < t->ports);
	if (port < t->leaf_port0)
		return (struct sim_port_place){ SIM_HOST_UP, port,
						leaf0 + port / t->hosts_per_leaf };
	if (port >= t->spine_port0) {
		i = port - t->spine_port0;
		return (struct sim_port_place){ SIM_SPINE_DOWN, spine0 + i / t->leaves,
						leaf0 + i % t->leaves };
	}
	leaf = (port - t->leaf_port0) / t->leaf_radix;
	i = (port - t->leaf_port0) % t->leaf_radix;
	if (i < t->hosts_per_leaf)
		return (struct sim_port_place){ SIM_LEAF_DOWN, leaf0 + leaf,
						leaf * t->hosts_per_leaf + i };
	return (struct sim_port_place){ SIM_LEAF_UP, leaf0 + leaf,
					spine0 + i - t->hosts_per_leaf };
}

static uint32_t pick_spine(const struct sim_topology *t, uint32_t leaf, uint32_t src, uint32_t dst,
			   uint16_t entropy)
{
	uint64_t flow = (uint64_t)src << 32 | dst, place = (uint64_t)leaf << 16 | entropy;

	return sim_below(sim_hash3(t->ecmp_key, flow, place), t->spines);
}

uint32_t sim_route(const struct sim_topology *t, uint32_t node, uint32_t src, uint32_t dst,
		   uint16_t entropy)
{
	uint32_t dst_leaf = dst / t->hosts_per_leaf, leaf = node - t->hosts;

	if (leaf >= t->leaves)
		return t->spine_port0 + (leaf - t->leaves) * t->leaves + dst_leaf;
	if (leaf == dst_leaf)
		return t->leaf_port0 + leaf * t->leaf_radix + dst % t->hosts_per_leaf;
	return t->leaf_port0 + leaf * t->leaf_radix + t->hosts_per_leaf +
	       pick_spine(t, leaf, src, dst, entropy);
}

uint32_t sim_path_links(const struct sim_topology *t, uint32_t src, uint32_t dst)
{
	if (src == dst)
		return 0;
	return src / t->hosts_per_leaf == dst / t->hosts_per_leaf ? 2 : 4;
}
