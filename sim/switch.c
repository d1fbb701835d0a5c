/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches: which port a packet leaves by, and whether it is marked on the way. Queueing itself is
 * the port's (link.c).
 */
#include "sim/fabric.h"
#include "sim/rng.h"

void sim_switch_forward(struct sim *sim, uint32_t node, uint32_t pkt)
{
	const struct sim_pkt *k = &sim->pool.pkt[pkt];

	sim_port_offer(sim, sim_route(&sim->topo, node, k->src, k->dst, k->entropy), pkt);
}

/*
 * Marks on joining the queue, by the bytes found waiting: never below mark_min, with a probability
 * that rises linearly to mark_pmax up to mark_max, always from there on. The draw is a hash of the
 * port and its count of packets, so that each packet's fate is its own.
 */
bool sim_switch_marks(const struct sim *sim, uint32_t port)
{
	const struct sim_port *p = &sim->port[port];
	uint64_t chance;

	if (!p->mark_max || p->q_bytes < p->mark_min)
		return false;
	if (p->q_bytes >= p->mark_max)
		return true;
	chance = (uint64_t)p->mark_pmax * (p->q_bytes - p->mark_min) / (p->mark_max - p->mark_min);
	return (sim_hash3(sim->ecn_key, port, p->offered_pkts) & 0xffff) < chance;
}
