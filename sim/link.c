/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports and wires. An idle port costs one event per packet: the start of a transmission schedules
 * the arrival at the far end directly. Only a port whose queue is not empty has a second event,
 * at which the next packet starts. Where a packet goes next is decided in switch.c, or by a host.
 */
#include "core/wire.h"
#include "sim/fabric.h"
#include "sim/rng.h"

#define SPREAD 0x9e3779b97f4a7c15u	/* odd, of no pattern */

/* The packet of a port whose wire may lose it, delay it, or make two of it. */
static void risk(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_fate fate = { .copy = SIM_NO_PKT };
	struct sim_port *p = &sim->port[port];
	sim_time at = p->busy_until + p->delay;
	uint32_t bytes;

	sim->fate(sim->fate_ctx, sim, port, pkt, &fate);
	if (fate.copy != SIM_NO_PKT) {
		bytes = sim->pool.pkt[fate.copy].wire_bytes;
		sim->made_pkts++;
		p->offered_pkts++;
		p->offered_bytes += bytes;
		p->sent_pkts++;
		p->sent_bytes += bytes;
		sim_events_add(&sim->events, at + fate.copy_later, SIM_ARRIVE | port, fate.copy);
	}
	if (!fate.lost) {
		sim_events_add(&sim->events, at + fate.later, SIM_ARRIVE | port, pkt);
		return;
	}
	p->lost_pkts++;
	p->lost_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

static void start(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;

	p->busy_until = sim->now + sim_wire_time(p->ps_per_kib, bytes);
	p->sent_pkts++;
	p->sent_bytes += bytes;
	sim_stats_sent(&sim->stats, p->tier, sim->now, bytes);
	if (sim->fate)
		risk(sim, port, pkt);
	else
		sim_events_add(&sim->events, p->busy_until + p->delay, SIM_ARRIVE | port, pkt);
}

static void drop(struct sim *sim, struct sim_port *p, uint32_t pkt)
{
	p->dropped_pkts++;
	p->dropped_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

static void append(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];

	sim->pool.pkt[pkt].next = SIM_NO_PKT;
	if (p->q_head == SIM_NO_PKT) {
		p->q_head = pkt;
		sim_events_add(&sim->events, p->busy_until, SIM_SERVE | port, 0);
	} else {
		sim->pool.pkt[p->q_tail].next = pkt;
	}
	p->q_tail = pkt;
	sim_stats_queue(&sim->stats, port, p->tier, sim->now, p->q_bytes);
	p->q_bytes += sim->pool.pkt[pkt].wire_bytes;
	if (p->q_bytes > p->q_bytes_max)
		p->q_bytes_max = p->q_bytes;
	sim_stats_peak(&sim->stats, p->tier, sim->now, p->q_bytes);
}

/* Ahead of all that waits but other trimmed packets: the sooner its sender knows, the better. */
static void put_ahead(struct sim *sim, struct sim_port *p, uint32_t pkt)
{
	uint32_t *next = p->q_trimmed == SIM_NO_PKT ? &p->q_head :
			 &sim->pool.pkt[p->q_trimmed].next;

	sim->pool.pkt[pkt].next = *next;
	*next = pkt;
	p->q_trimmed = pkt;
	p->q_bytes += sim->pool.pkt[pkt].wire_bytes;
	if (p->q_bytes > p->q_bytes_max)
		p->q_bytes_max = p->q_bytes;
}

/* WEFT-PKT-010.  Only what has a payload is worth it, and headers too find an end of the room. */
static bool trim(struct sim *sim, struct sim_port *p, uint32_t pkt)
{
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	uint8_t *hdr = sim->pool.hdr[pkt];
	uint32_t cut;

	if (!p->trim || p->q_head == SIM_NO_PKT || p->q_bytes > p->q_limit + p->q_limit / 4)
		return false;
	if (hdr[SIM_FABRIC_AT] & WEFT_FABRIC_TRIM) {
		put_ahead(sim, p, pkt);
		return true;
	}
	if (!k->payload_bytes)
		return false;
	cut = k->wire_bytes > SIM_TRIMMED_WIRE ? k->wire_bytes - SIM_TRIMMED_WIRE : 0;
	hdr[SIM_FABRIC_AT] |= WEFT_FABRIC_TRIM;
	k->hdr_bytes = WEFT_HDR_DELIVERY_LEN;
	k->payload_bytes = 0;
	k->wire_bytes -= cut;
	p->trimmed_pkts++;
	p->trimmed_bytes += cut;
	put_ahead(sim, p, pkt);
	return true;
}

void sim_port_offer(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	p->offered_pkts++;
	p->offered_bytes += k->wire_bytes;
	if (p->q_head == SIM_NO_PKT && p->busy_until <= sim->now) {
		start(sim, port, pkt);
		return;
	}
	if (k->wire_bytes > p->q_limit - p->q_bytes) {
		if (!trim(sim, p, pkt))
			drop(sim, p, pkt);
		return;
	}
	if (k->ecn & SIM_ECN_CAPABLE && sim_switch_marks(sim, port)) {
		k->ecn |= SIM_ECN_CE;
		p->marked_pkts++;
	}
	append(sim, port, pkt);
}

void sim_port_serve(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];
	uint32_t pkt = p->q_head;

	sim_stats_queue(&sim->stats, port, p->tier, sim->now, p->q_bytes);
	p->q_head = sim->pool.pkt[pkt].next;
	if (p->q_trimmed == pkt)
		p->q_trimmed = SIM_NO_PKT;
	p->q_bytes -= sim->pool.pkt[pkt].wire_bytes;
	start(sim, port, pkt);
	if (p->q_head != SIM_NO_PKT)
		sim_events_add(&sim->events, p->busy_until, SIM_SERVE | port, 0);
	else if (port < sim->topo.hosts)
		sim->ops->ready(sim->ops_ctx, port);
}

/*
 * A sum, so that the hash does not depend on the order in which simultaneous arrivals are looked
 * at; each term covers when and where, what, and how it was treated.
 */
static void trace(struct sim *sim, uint32_t port, const struct sim_pkt *k)
{
	uint64_t what = (uint64_t)k->src << 40 ^ (uint64_t)k->dst << 16 ^ k->entropy;
	uint64_t how = (uint64_t)k->wire_bytes << 8 | k->ecn;

	sim->trace_hash += sim_mix(sim_mix(what * SPREAD + sim->now) ^ (how << 32 | port));
}

void sim_port_arrive(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];

	p->arrived_pkts++;
	p->arrived_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim->hops++;
	trace(sim, port, &sim->pool.pkt[pkt]);
	if (sim->tap)
		sim->tap(sim->tap_ctx, sim, port, pkt);
	if (p->peer >= sim->topo.hosts) {
		sim_switch_forward(sim, p->peer, pkt);
		return;
	}
	sim->taken_pkts++;
	sim->ops->rx(sim->ops_ctx, p->peer, pkt);
}

void sim_host_send(struct sim *sim, uint32_t host, uint32_t pkt)
{
	sim->made_pkts++;
	sim_port_offer(sim, host, pkt);
}

bool sim_host_room(const struct sim *sim, uint32_t host, uint32_t bytes)
{
	return sim->port[host].q_bytes < bytes;
}
