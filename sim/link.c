/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports and wires. A hop costs one event: when the packet that is first on a port's wire is at the
 * far end. The others on the wire, and those that wait, are in lists through the packets: waiting
 * ones begin to be sent, in the order of their time, whenever the port is looked at again
 * (sim_port_settle()), at the latest when what was sent before them arrives. So few events are
 * pending, however many packets wait. Where a packet goes next is decided in switch.c, or by a
 * host.
 *
 * The two ends of a link may be in different parts, of which one is ahead by up to a stretch: an
 * arrival at `now` may look no further than what began to be sent by `now` less the delay of the
 * link, which both ends know of then.
 */
#include "core/port.h"
#include "core/wire.h"
#include "sim/fabric.h"
#include "sim/lanes.h"
#include "sim/rng.h"
#include "sim/util.h"

#define SPREAD 0x9e3779b97f4a7c15u	/* odd, of no pattern */

static inline void push(struct sim *sim, struct sim_list *l, uint32_t pkt)
{
	sim->pool.pkt[pkt].next = SIM_NO_PKT;
	if (l->head == SIM_NO_PKT)
		l->head = pkt;
	else
		sim->pool.pkt[l->tail].next = pkt;
	l->tail = pkt;
}

static inline uint32_t pop(const struct sim *sim, struct sim_list *l)
{
	uint32_t pkt = l->head;

	l->head = sim->pool.pkt[pkt].next;
	return pkt;
}

/* What follows in a list will be looked at when this has been. */
static inline void fetch(const struct sim *sim, uint32_t pkt)
{
	if (pkt != SIM_NO_PKT)
		sim_fetch(&sim->pool.pkt[pkt]);
}

/* In a part of another process it arrives there: team.c sees to it. */
static inline void arrives(struct sim *sim, uint32_t port, uint32_t pkt, sim_time at)
{
	uint32_t part = sim->part_of[sim->port[port].peer];

	if (part - sim->own < sim->owns)
		sim_events_add(&sim->part[part].events, at, SIM_ARRIVE | port, pkt);
}

/* What becomes of a packet on a wire that may lose it, delay it, or make two of it. */
static void risk(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start)
{
	struct sim_fate fate = { .start = start, .copy = SIM_NO_PKT };
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k;
	uint32_t bytes;

	sim->fate(sim->fate_ctx, sim, port, pkt, &fate);
	k = &sim->pool.pkt[pkt];
	k->lost |= fate.lost;
	k->later = fate.later;
	if (fate.copy == SIM_NO_PKT)
		return;
	bytes = sim->pool.pkt[fate.copy].wire_bytes;
	sim->made_pkts++;
	p->offered_pkts++;
	p->offered_bytes += bytes;
	p->sent_pkts++;
	p->sent_bytes += bytes;
	arrives(sim, port, fate.copy, k->due + fate.copy_later);
}

void sim_port_down(struct sim *sim, uint32_t port, sim_time from, sim_time until)
{
	struct sim_port *p = &sim->port[port];

	sim->down = sim_resize(sim->down, sim->downs + 1, sizeof(*sim->down));
	sim->down[sim->downs] = (struct sim_down){ from, until, p->down };
	p->down = sim->downs++;
	p->faulty = true;
}

bool sim_port_is_down(const struct sim *sim, const struct sim_port *p, sim_time at)
{
	for (uint32_t i = p->down; i != SIM_NO_DOWN; i = sim->down[i].next)
		if (at >= sim->down[i].from && at < sim->down[i].until)
			return true;
	return false;
}

/* Does the wire of a port lose the packet whose sending begins at `start`? */
static bool lossy(const struct sim *sim, uint32_t port, sim_time start)
{
	const struct sim_port *p = &sim->port[port];

	if (sim_port_is_down(sim, p, start))
		return true;
	return p->loss && sim_hash3(sim->loss_key, port, p->sent_pkts) >> 32 < p->loss;
}

/* A packet begins to be sent. */
static weft_hot void begin(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	bool first = p->wire.head == SIM_NO_PKT;
	sim_time due;

	p->free_at = start + sim_wire_time(p->ps_per_kib, k->wire_bytes);
	p->sent_pkts++;
	p->sent_bytes += k->wire_bytes;
	sim_stats_sent(&sim->stats, p->tier, start, k->wire_bytes);
	due = p->free_at;
	if (p->cut && k->wire_bytes > p->cut)
		due = start + sim_wire_time(p->ps_per_kib, p->cut);
	k->due = due += p->delay;
	k->lost = p->faulty && lossy(sim, port, start);
	k->later = 0;
	if (sim->fate)
		risk(sim, port, pkt, start);
	if (first)
		arrives(sim, port, SIM_NO_PKT, due);
	else
		sim->pool.pkt[p->wire.tail].next_due = due;
	push(sim, &p->wire, pkt);
}

void sim_port_begin(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start)
{
	begin(sim, port, pkt, start);
}

void sim_port_drop(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];

	p->dropped_pkts++;
	p->dropped_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

/* Queues. */

/* The first that waits begins to be sent, as the port is free for it. */
static void begin_next(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];
	bool ahead = p->ahead.head != SIM_NO_PKT;
	uint32_t pkt = pop(sim, ahead ? &p->ahead : &p->queue);
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;
	sim_time start = p->free_at;

	sim_stats_queue(&sim->stats, p->tier, start - p->since, p->q_bytes);
	fetch(sim, (ahead ? &p->ahead : &p->queue)->head);
	p->since = start;
	p->q_bytes -= bytes;
	p->q_span -= sim_wire_time(p->ps_per_kib, bytes);
	if (ahead)
		p->q_ahead_bytes -= bytes;
	begin(sim, port, pkt, start);
}

void sim_port_settle(struct sim *sim, uint32_t port, sim_time now)
{
	const struct sim_port *p = &sim->port[port];

	while (p->q_bytes && p->free_at <= now)
		begin_next(sim, port);
}

static void wake_host(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];
	const struct sim_list *l = p->queue.head != SIM_NO_PKT ? &p->queue : &p->ahead;
	sim_time last = sim_wire_time(p->ps_per_kib, sim->pool.pkt[l->tail].wire_bytes);

	p->wake = true;
	sim_events_add(&sim->part[sim->part_of[sim_port_host(&sim->topo, port)]].events,
		       p->free_at + p->q_span - last, SIM_READY | port, 0);
}

/*
 * With cut-through a packet may be at the far end, and its wire empty, while it is still being
 * sent: then nothing would have the next one begin.
 */
static void poke(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];

	if (!p->cut || sim->lanes || p->poked || p->wire.head != SIM_NO_PKT || !p->q_bytes)
		return;
	p->poked = true;
	arrives(sim, port, SIM_POKE, p->free_at + p->delay);
}

/* A packet waits in a list of a port. */
static void wait(struct sim *sim, uint32_t port, struct sim_list *l, uint32_t pkt)
{
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;
	struct sim_port *p = &sim->port[port];

	sim_stats_queue(&sim->stats, p->tier, sim->now - p->since, p->q_bytes);
	p->since = sim->now;
	push(sim, l, pkt);
	p->q_bytes += bytes;
	p->q_span += sim_wire_time(p->ps_per_kib, bytes);
	if (p->q_bytes > p->q_bytes_max)
		p->q_bytes_max = p->q_bytes;
	poke(sim, port);
}

static void append(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];

	wait(sim, port, &p->queue, pkt);
	sim_stats_peak(&sim->stats, p->tier, sim->now, p->q_bytes);
	if (port < sim->host_ports && !p->wake)
		wake_host(sim, port);
}

/* Ahead of all that waits but other trimmed packets: the sooner its sender knows, the better. */
static void put_ahead(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];

	wait(sim, port, &p->ahead, pkt);
	p->q_ahead_bytes += sim->pool.pkt[pkt].wire_bytes;
}

/* Have those that go ahead room for one more of `bytes`? Twice that of the others. */
static bool room_ahead(const struct sim_port *p, uint32_t bytes)
{
	return p->q_ahead_bytes + bytes <= 2 * (uint64_t)p->q_limit;
}

/*
 * WEFT-PKT-010.  Only what has a payload is worth it.  Headers have twice the room of packets,
 * and no more: several ports may send nothing else to one.
 */
bool sim_port_trim(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	uint8_t *fabric = sim_pkt_hdr(&sim->pool, pkt) + SIM_FABRIC_AT;
	uint32_t cut;

	if (*fabric & WEFT_FABRIC_TRIM)
		return true;
	if (!k->payload_bytes)
		return false;
	cut = k->wire_bytes > SIM_TRIMMED_WIRE ? k->wire_bytes - SIM_TRIMMED_WIRE : 0;
	*fabric |= WEFT_FABRIC_TRIM;
	sim_pkt_cut(&sim->pool, pkt, WEFT_HDR_DELIVERY_LEN);
	k->wire_bytes -= cut;
	p->trimmed_pkts++;
	p->trimmed_bytes += cut;
	return true;
}

static bool trim(struct sim *sim, uint32_t port, uint32_t pkt)
{
	const struct sim_port *p = &sim->port[port];

	if (!p->trim || !room_ahead(p, SIM_TRIMMED_WIRE) || !sim_port_trim(sim, port, pkt))
		return false;
	put_ahead(sim, port, pkt);
	return true;
}

void sim_port_offer(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	if (sim->lanes) {
		sim_lanes_offer(sim, port, pkt);
		return;
	}
	p->offered_pkts++;
	p->offered_bytes += k->wire_bytes;
	sim_port_settle(sim, port, sim->now);
	if (p->free_at <= sim->now) {
		begin(sim, port, pkt, sim->now);
		return;
	}
	if (p->control && !k->payload_bytes) {
		if (room_ahead(p, k->wire_bytes))
			put_ahead(sim, port, pkt);
		else
			sim_port_drop(sim, port, pkt);
		return;
	}
	if (k->wire_bytes > p->q_limit - (p->q_bytes - p->q_ahead_bytes)) {
		if (!trim(sim, port, pkt))
			sim_port_drop(sim, port, pkt);
		return;
	}
	if (k->ecn & SIM_ECN_CAPABLE && sim_switch_marks(sim, port, p->q_bytes)) {
		k->ecn |= SIM_ECN_CE;
		p->marked_pkts++;
	}
	append(sim, port, pkt);
}

void sim_port_ready(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];

	sim_port_settle(sim, port, sim->now);
	p->wake = false;
	if (p->q_bytes)
		wake_host(sim, port);
	else
		sim->ops->ready(sim->ops_ctx, sim_port_host(&sim->topo, port));
}

/*
 * A sum, so that the hash does not depend on the order in which simultaneous arrivals are looked
 * at; each term covers when and where, what, and how it was treated.
 */
static void trace(struct sim *sim, uint32_t port, const struct sim_pkt *k)
{
	uint64_t h = ((uint64_t)k->src << 40 ^ (uint64_t)k->dst << 16 ^ k->entropy) * SPREAD;

	h = (h ^ h >> 32) + sim->now;
	h = h * SPREAD + ((uint64_t)k->wire_bytes << 40 ^ (uint64_t)k->ecn << 32 ^ port);
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	sim->trace_hash += h ^ h >> 32;
}

/* A packet is at the far end of the wire of `port`. */
static void deliver(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	p->arrived_pkts++;
	p->arrived_bytes += k->wire_bytes;
	sim->hops++;
	trace(sim, port, k);
	if (sim->lanes)
		sim_lanes_arrived(sim, port, pkt, false);
	if (sim->tap)
		sim->tap(sim->tap_ctx, sim, port, pkt);
	if (p->peer >= sim->topo.hosts) {
		sim_switch_forward(sim, p->peer, pkt);
		return;
	}
	sim->taken_pkts++;
	sim->ops->rx(sim->ops_ctx, p->peer, pkt);
}

/* It would be at the far end, if nothing had happened to it. */
static void not_delivered(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	if (!k->lost) {
		arrives(sim, port, pkt, sim->now + k->later);
		return;
	}
	if (sim->lanes)
		sim_lanes_arrived(sim, port, pkt, true);
	p->lost_pkts++;
	p->lost_bytes += k->wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

void sim_port_arrive(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	const struct sim_pkt *k;

	if (pkt < SIM_POKE) {		/* a copy, or one that was late */
		deliver(sim, port, pkt);
		return;
	}
	if (!sim->lanes)
		sim_port_settle(sim, port, sim->now - p->delay);
	if (pkt == SIM_POKE) {
		p->poked = false;
		poke(sim, port);
		return;
	}
	pkt = pop(sim, &p->wire);
	k = &sim->pool.pkt[pkt];
	if (p->wire.head != SIM_NO_PKT)
		arrives(sim, port, SIM_NO_PKT, k->next_due);
	else
		poke(sim, port);
	fetch(sim, p->wire.head);
	fetch(sim, p->queue.head);
	if (k->lost || k->later)
		not_delivered(sim, port, pkt);
	else
		deliver(sim, port, pkt);
}

void sim_host_send(struct sim *sim, uint32_t host, uint32_t pkt)
{
	sim->made_pkts++;
	sim_port_offer(sim, host, pkt);
}

void sim_host_send_by(struct sim *sim, uint32_t host, uint32_t plane, uint32_t pkt)
{
	sim->made_pkts++;
	sim_port_offer(sim, plane * sim->topo.hosts + host, pkt);
}

static uint32_t waiting(struct sim *sim, uint32_t port)
{
	if (!sim->lanes)
		sim_port_settle(sim, port, sim->now);
	return sim->port[port].q_bytes;
}

bool sim_host_room(struct sim *sim, uint32_t host, uint32_t bytes)
{
	uint64_t sum = waiting(sim, host);

	if (sim->topo.planes == 1)
		return sum < bytes;
	for (uint32_t p = 1; p < sim->topo.planes; p++)
		sum += waiting(sim, p * sim->topo.hosts + host);
	return sum < (uint64_t)bytes * sim->topo.planes;
}
