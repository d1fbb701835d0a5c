/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports and wires. A hop costs one event: as a packet is taken by a port it is known when all
 * before it will have been sent, so its arrival at the far end is scheduled at once, and the queue
 * is kept only to know how much waits. Trimmed packets go ahead of those that wait, which then
 * arrive later: their events come too soon, and are put off. Where a packet goes next is decided
 * in switch.c, or by a host.
 */
#include "core/wire.h"
#include "sim/fabric.h"
#include "sim/rng.h"
#include "sim/util.h"

#define SPREAD 0x9e3779b97f4a7c15u	/* odd, of no pattern */

static void arrives(struct sim *sim, uint32_t port, uint32_t pkt, sim_time at)
{
	struct sim_part *to = &sim->part[sim->part_of[sim->port[port].peer]];

	sim->pool.pkt[pkt].due = at;
	sim_events_add(&to->events, at, SIM_ARRIVE | port, pkt);
}

static bool lose(struct sim *sim, struct sim_port *p, uint32_t pkt)
{
	p->lost_pkts++;
	p->lost_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
	return false;
}

/* The packet of a port whose wire may lose it, delay it, or make two of it. False: lost. */
static bool risk(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start, sim_time at)
{
	struct sim_fate fate = { .start = start, .copy = SIM_NO_PKT };
	struct sim_port *p = &sim->port[port];
	uint32_t bytes;

	sim->fate(sim->fate_ctx, sim, port, pkt, &fate);
	if (fate.copy != SIM_NO_PKT) {
		bytes = sim->pool.pkt[fate.copy].wire_bytes;
		sim->made_pkts++;
		p->offered_pkts++;
		p->offered_bytes += bytes;
		p->sent_pkts++;
		p->sent_bytes += bytes;
		arrives(sim, port, fate.copy, at + fate.copy_later);
	}
	if (!fate.lost) {
		arrives(sim, port, pkt, at + fate.later);
		return true;
	}
	return lose(sim, p, pkt);
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

/* Takes a packet that will be sent from `start` on for `span`. False: the wire will lose it. */
static bool take(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start, sim_time span)
{
	struct sim_port *p = &sim->port[port];
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;

	p->sent_pkts++;
	p->sent_bytes += bytes;
	sim_stats_sent(&sim->stats, p->tier, start, bytes);
	if (p->faulty && lossy(sim, port, start))
		return lose(sim, p, pkt);
	if (sim->fate)
		return risk(sim, port, pkt, start, start + span + p->delay);
	arrives(sim, port, pkt, start + span + p->delay);
	return true;
}

static void drop(struct sim *sim, struct sim_port *p, uint32_t pkt)
{
	p->dropped_pkts++;
	p->dropped_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

/* Queues. */

static void grow_waits(struct sim *sim)
{
	uint32_t n = sim->waits ? 2 * sim->waits : 1024;

	sim->wait = sim_resize(sim->wait, n, sizeof(*sim->wait));
	for (uint32_t i = n; i-- > sim->waits;) {
		sim->wait[i].next = sim->free_wait;
		sim->free_wait = i;
	}
	sim->waits = n;
}

/* A place in the queue of `p`, after `prev` or, if that is SIM_NO_WAIT, at its head. */
static struct sim_wait *insert(struct sim *sim, struct sim_port *p, uint32_t prev, uint32_t bytes)
{
	struct sim_wait *w;
	uint32_t i, *link;

	if (sim->free_wait == SIM_NO_WAIT)
		grow_waits(sim);
	i = sim->free_wait;
	w = &sim->wait[i];
	sim->free_wait = w->next;
	link = prev == SIM_NO_WAIT ? &p->q_head : &sim->wait[prev].next;
	w->next = *link;
	*link = i;
	if (w->next == SIM_NO_WAIT)
		p->q_tail = i;
	w->bytes = bytes;
	w->ahead = false;
	p->q_bytes += bytes;
	if (p->q_bytes > p->q_bytes_max)
		p->q_bytes_max = p->q_bytes;
	return w;
}

void sim_port_settle(struct sim *sim, struct sim_port *p, sim_time now)
{
	while (p->q_head != SIM_NO_WAIT) {
		struct sim_wait *w = &sim->wait[p->q_head];
		uint32_t i = p->q_head;

		if (w->start > now)
			return;
		sim_stats_queue(&sim->stats, p->tier, w->start - p->since, p->q_bytes);
		p->since = w->start;
		p->q_bytes -= w->bytes;
		p->q_head = w->next;
		if (w->ahead)
			p->q_ahead_bytes -= w->bytes;
		if (p->q_trimmed == i)
			p->q_trimmed = SIM_NO_WAIT;
		w->next = sim->free_wait;
		sim->free_wait = i;
	}
}

static void wake_host(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];

	p->wake = true;
	sim_events_add(&sim->part[sim->part_of[port]].events, sim->wait[p->q_tail].start,
		       SIM_READY | port, 0);
}

static void append(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;
	sim_time span = sim_wire_time(p->ps_per_kib, bytes);
	bool empty = p->q_head == SIM_NO_WAIT;
	struct sim_wait *w;

	sim_stats_queue(&sim->stats, p->tier, sim->now - p->since, p->q_bytes);
	p->since = sim->now;
	w = insert(sim, p, empty ? SIM_NO_WAIT : p->q_tail, bytes);
	w->start = p->busy_until;
	p->busy_until += span;
	w->pkt = pkt;
	if (!take(sim, port, pkt, w->start, span))
		w->pkt = SIM_NO_PKT;
	sim_stats_peak(&sim->stats, p->tier, sim->now, p->q_bytes);
	if (port < sim->topo.hosts && !p->wake)
		wake_host(sim, port);
}

/* Ahead of all that waits but other trimmed packets: the sooner its sender knows, the better. */
static void put_ahead(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;
	sim_time span = sim_wire_time(p->ps_per_kib, bytes);
	struct sim_wait *w = insert(sim, p, p->q_trimmed, bytes);

	p->q_trimmed = (uint32_t)(w - sim->wait);
	p->q_ahead_bytes += bytes;
	w->ahead = true;
	w->start = w->next == SIM_NO_WAIT ? p->busy_until : sim->wait[w->next].start;
	p->busy_until += span;
	w->pkt = pkt;
	if (!take(sim, port, pkt, w->start, span))
		w->pkt = SIM_NO_PKT;
	for (uint32_t i = w->next; i != SIM_NO_WAIT; i = sim->wait[i].next) {
		sim->wait[i].start += span;
		if (sim->wait[i].pkt != SIM_NO_PKT)
			sim->pool.pkt[sim->wait[i].pkt].due += span;
	}
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
static bool trim(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	uint8_t *fabric = sim_pkt_hdr(&sim->pool, pkt) + SIM_FABRIC_AT;
	uint32_t cut;

	if (!p->trim || !room_ahead(p, SIM_TRIMMED_WIRE))
		return false;
	if (*fabric & WEFT_FABRIC_TRIM) {
		put_ahead(sim, port, pkt);
		return true;
	}
	if (!k->payload_bytes)
		return false;
	cut = k->wire_bytes > SIM_TRIMMED_WIRE ? k->wire_bytes - SIM_TRIMMED_WIRE : 0;
	*fabric |= WEFT_FABRIC_TRIM;
	sim_pkt_cut(&sim->pool, pkt, WEFT_HDR_DELIVERY_LEN);
	k->wire_bytes -= cut;
	p->trimmed_pkts++;
	p->trimmed_bytes += cut;
	put_ahead(sim, port, pkt);
	return true;
}

void sim_port_offer(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	p->offered_pkts++;
	p->offered_bytes += k->wire_bytes;
	sim_port_settle(sim, p, sim->now);
	if (p->busy_until <= sim->now) {
		sim_time span = sim_wire_time(p->ps_per_kib, k->wire_bytes);

		p->busy_until = sim->now + span;
		take(sim, port, pkt, sim->now, span);
		return;
	}
	if (p->control && !k->payload_bytes) {
		if (room_ahead(p, k->wire_bytes))
			put_ahead(sim, port, pkt);
		else
			drop(sim, p, pkt);
		return;
	}
	if (k->wire_bytes > p->q_limit - (p->q_bytes - p->q_ahead_bytes)) {
		if (!trim(sim, port, pkt))
			drop(sim, p, pkt);
		return;
	}
	if (k->ecn & SIM_ECN_CAPABLE && sim_switch_marks(sim, port)) {
		k->ecn |= SIM_ECN_CE;
		p->marked_pkts++;
	}
	append(sim, port, pkt);
}

void sim_port_ready(struct sim *sim, uint32_t port)
{
	struct sim_port *p = &sim->port[port];

	sim_port_settle(sim, p, sim->now);
	p->wake = false;
	if (p->q_head != SIM_NO_WAIT)
		wake_host(sim, port);
	else
		sim->ops->ready(sim->ops_ctx, port);
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

void sim_port_arrive(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	if (k->due > sim->now) {
		arrives(sim, port, pkt, k->due);
		return;
	}
	p->arrived_pkts++;
	p->arrived_bytes += k->wire_bytes;
	sim->hops++;
	trace(sim, port, k);
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

bool sim_host_room(struct sim *sim, uint32_t host, uint32_t bytes)
{
	struct sim_port *p = &sim->port[host];

	sim_port_settle(sim, p, sim->now);
	return p->q_bytes < bytes;
}
