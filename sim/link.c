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

static weft_hot void push(struct sim_pkt *pkts, struct sim_list *l, uint32_t pkt)
{
	pkts[pkt].next = SIM_NO_PKT;
	if (l->head == SIM_NO_PKT)
		l->head = pkt;
	else
		pkts[l->tail].next = pkt;
	l->tail = pkt;
}

/* What follows in a list will be looked at when this has been. */
static weft_hot void fetch(const struct sim_pkt *pkts, uint32_t pkt)
{
	if (pkt != SIM_NO_PKT)
		sim_fetch(&pkts[pkt]);
}

/* In a part of another process it arrives there: team.c sees to it. */
static weft_hot void arrives(const struct sim_port *p, uint32_t port, uint32_t pkt, sim_time at)
{
	if (p->events)
		sim_events_add(p->events, at, SIM_ARRIVE | port, pkt);
}

/* What becomes of a packet on a wire that may lose it, delay it, or make two of it. */
static weft_cold void risk(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start,
			   sim_time due)
{
	struct sim_fate fate = { .start = start, .copy = SIM_NO_PKT };
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k;
	uint32_t bytes;

	sim->fate(sim->fate_ctx, sim, port, pkt, &fate);
	k = &sim->pool.pkt[pkt];
	k->lost |= fate.lost;
	k->late = fate.later;
	if (fate.later)
		sim->pool.more[pkt].later = fate.later;
	if (fate.copy == SIM_NO_PKT)
		return;
	bytes = sim->pool.pkt[fate.copy].wire_bytes;
	sim->pool.pkt[fate.copy].lost = sim->pool.pkt[fate.copy].late = false;
	sim->pool.pkt[fate.copy].out = k->out;
	sim->made_pkts++;
	p->offered_pkts++;
	p->offered_bytes += bytes;
	p->sent_pkts++;
	p->sent_bytes += bytes;
	arrives(p, port, fate.copy, due + fate.copy_later);
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

/* What the wire of a port that is not perfect does to the packet that begins to be sent. */
static weft_cold void suffer(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start,
			     sim_time due)
{
	if (sim->port[port].faulty && lossy(sim, port, start))
		sim->pool.pkt[pkt].lost = true;
	if (sim->fate)
		risk(sim, port, pkt, start, due);
}

/* The port by which a packet leaves the switch at the far end, where that is known here. */
static weft_hot void onward(const struct sim *sim, const struct sim_port *p, struct sim_pkt *k)
{
	const struct sim_topology *t = &sim->topo;

	if (p->fork)
		k->out = sim_fork_port(t, p->fork, k->src, k->dst, k->entropy);
	else if (p->peer >= t->hosts && !sim->choosy)
		k->out = sim_route(t, p->peer, k->src, k->dst, k->entropy);
}

/* A packet of `bytes` begins to be sent, which takes `span`. */
static weft_hot void begin(struct sim *sim, struct sim_port *p, uint32_t port, uint32_t pkt,
			   uint32_t bytes, sim_time start, sim_time span)
{
	struct sim_pkt *pkts = sim->pool.pkt, *k = &pkts[pkt];
	uint32_t before = p->wire.tail;
	sim_time due = start + span;

	p->free_at = due;
	p->sent_pkts++;
	p->sent_bytes += bytes;
	sim_stats_sent(&sim->stats, p->stats, start, bytes);
	if (p->cuts && bytes > p->cut)
		due = start + sim_wire_time(p->ps_per_kib, p->cut);
	due += p->delay;
	k->next = SIM_NO_PKT;
	onward(sim, p, k);
	p->wire.tail = pkt;
	if (p->wire.head == SIM_NO_PKT) {
		p->wire.head = pkt;
		if (p->events)
			sim_events_add(p->events, due, SIM_ARRIVE | port, SIM_NO_PKT);
		else
			p->elsewhere = due;
	} else {
		pkts[before].next = pkt;
		pkts[before].due = due;
	}
	if (p->faulty || sim->fate)
		suffer(sim, port, pkt, start, due);
}

void sim_port_begin(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start)
{
	struct sim_port *p = &sim->port[port];
	uint32_t bytes = sim->pool.pkt[pkt].wire_bytes;

	begin(sim, p, port, pkt, bytes, start, sim_wire_time(p->ps_per_kib, bytes));
}

void sim_port_drop(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_gone *gone = &sim->gone[port];

	gone->dropped_pkts++;
	gone->dropped_bytes += sim->pool.pkt[pkt].wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

/* Queues. */

/*
 * The first that waits, of which there are `sum` bytes, begins to be sent at `start`, when the port
 * is free for it. Returns what waits then.
 */
static weft_hot uint32_t begin_next(struct sim *sim, struct sim_port *p, uint32_t port,
				    uint32_t sum, sim_time start)
{
	bool ahead = p->q_ahead_bytes;
	struct sim_list *l = ahead ? &p->ahead : &p->queue;
	const struct sim_pkt *pkts = sim->pool.pkt;
	uint32_t pkt = l->head, bytes = pkts[pkt].wire_bytes;
	sim_time span = sim_wire_time(p->ps_per_kib, bytes), since = p->since;

	l->head = pkts[pkt].next;
	fetch(pkts, l->head);
	p->since = start;
	sim_stats_queue(p->stats, start - since, sum);
	sum -= bytes;
	p->q_bytes = sum;
	p->q_span -= span;
	if (ahead)
		p->q_ahead_bytes -= bytes;
	begin(sim, p, port, pkt, bytes, start, span);
	return sum;
}

static weft_apart void begin_all(struct sim *sim, struct sim_port *p, uint32_t port, sim_time now)
{
	uint32_t sum = p->q_bytes;

	do
		sum = begin_next(sim, p, port, sum, p->free_at);
	while (sum && p->free_at <= now);
}

static weft_hot void settle(struct sim *sim, struct sim_port *p, uint32_t port, sim_time now)
{
	if (p->q_bytes && p->free_at <= now)
		begin_all(sim, p, port, now);
}

void sim_port_settle(struct sim *sim, uint32_t port, sim_time now)
{
	settle(sim, &sim->port[port], port, now);
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
static weft_cold void poke_cut(struct sim *sim, struct sim_port *p, uint32_t port)
{
	if (sim->lanes || p->poked || p->wire.head != SIM_NO_PKT || !p->q_bytes)
		return;
	p->poked = true;
	arrives(p, port, SIM_POKE, p->free_at + p->delay);
}

static weft_hot void poke(struct sim *sim, struct sim_port *p, uint32_t port)
{
	if (p->cuts)
		poke_cut(sim, p, port);
}

/* A packet waits in a list of a port; returns how much does then. */
static weft_hot uint32_t wait(struct sim *sim, struct sim_port *p, uint32_t port,
			      struct sim_list *l, uint32_t pkt, uint32_t bytes)
{
	uint32_t sum = p->q_bytes;
	sim_time now = sim->now, since = p->since;

	p->since = now;
	sim_stats_queue(p->stats, now - since, sum);
	push(sim->pool.pkt, l, pkt);
	sum += bytes;
	p->q_bytes = sum;
	p->q_span += sim_wire_time(p->ps_per_kib, bytes);
	if (sum > p->q_bytes_max)
		p->q_bytes_max = sum;
	poke(sim, p, port);
	return sum;
}

static weft_hot void append(struct sim *sim, struct sim_port *p, uint32_t port, uint32_t pkt,
			    uint32_t bytes)
{
	uint32_t sum = wait(sim, p, port, &p->queue, pkt, bytes);

	sim_stats_peak(&sim->stats, p->stats, sim->now, sum);
	if (port < sim->host_ports && !p->wake)
		wake_host(sim, port);
}

/* Ahead of all that waits but other trimmed packets: the sooner its sender knows, the better. */
static weft_hot void put_ahead(struct sim *sim, struct sim_port *p, uint32_t port, uint32_t pkt,
			       uint32_t bytes)
{
	wait(sim, p, port, &p->ahead, pkt, bytes);
	p->q_ahead_bytes += bytes;
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
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	uint8_t *fabric = sim_pkt_hdr(&sim->pool, pkt) + SIM_FABRIC_AT;
	uint32_t cut;

	if (*fabric & WEFT_FABRIC_TRIM)
		return true;
	if (k->small)
		return false;
	cut = k->wire_bytes > SIM_TRIMMED_WIRE ? k->wire_bytes - SIM_TRIMMED_WIRE : 0;
	*fabric |= WEFT_FABRIC_TRIM;
	sim_pkt_cut(&sim->pool, pkt, WEFT_HDR_DELIVERY_LEN);
	k->wire_bytes -= cut;
	sim->gone[port].trimmed_pkts++;
	sim->gone[port].trimmed_bytes += cut;
	return true;
}

static weft_apart bool trim(struct sim *sim, struct sim_port *p, uint32_t port, uint32_t pkt)
{
	if (!p->trim || !room_ahead(p, SIM_TRIMMED_WIRE) || !sim_port_trim(sim, port, pkt))
		return false;
	put_ahead(sim, p, port, pkt, sim->pool.pkt[pkt].wire_bytes);
	return true;
}

static weft_hot void offer(struct sim *sim, struct sim_port *p, uint32_t port, uint32_t pkt)
{
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	uint32_t bytes = k->wire_bytes;
	sim_time now = sim->now;

	p->offered_pkts++;
	p->offered_bytes += bytes;
	settle(sim, p, port, now);
	if (p->free_at <= now) {
		begin(sim, p, port, pkt, bytes, now, sim_wire_time(p->ps_per_kib, bytes));
		return;
	}
	if (p->control && k->small) {
		if (room_ahead(p, bytes))
			put_ahead(sim, p, port, pkt, bytes);
		else
			sim_port_drop(sim, port, pkt);
		return;
	}
	if (bytes > p->q_limit - (p->q_bytes - p->q_ahead_bytes)) {
		if (!trim(sim, p, port, pkt))
			sim_port_drop(sim, port, pkt);
		return;
	}
	if (p->q_bytes >= p->mark_min && k->ecn & SIM_ECN_CAPABLE &&
	    sim_switch_marks(sim, port, p->q_bytes)) {
		k->ecn |= SIM_ECN_CE;
		p->marked_pkts++;
	}
	append(sim, p, port, pkt, bytes);
}

void sim_port_offer(struct sim *sim, uint32_t port, uint32_t pkt)
{
	if (sim->lanes)
		sim_lanes_offer(sim, port, pkt);
	else
		offer(sim, &sim->port[port], port, pkt);
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
static weft_hot void trace(struct sim *sim, uint32_t port, const struct sim_pkt *k)
{
	uint64_t h = ((uint64_t)k->src << 40 ^ (uint64_t)k->dst << 16 ^ k->entropy) * SPREAD;

	h = (h ^ h >> 32) + sim->now;
	h = h * SPREAD + ((uint64_t)k->wire_bytes << 40 ^ (uint64_t)k->ecn << 32 ^ port);
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	sim->trace_hash += h ^ h >> 32;
}

/*
 * A packet is at the far end of the wire of `port`. What is known to be false of `choosy` needs
 * no looking at lanes.
 */
static weft_hot void deliver(struct sim *sim, struct sim_port *p, uint32_t port, uint32_t pkt,
			     bool choosy)
{
	const struct sim_pkt *k = &sim->pool.pkt[pkt];

	p->arrived_pkts++;
	p->arrived_bytes += k->wire_bytes;
	sim->hops++;
	trace(sim, port, k);
	if (choosy && sim->lanes)
		sim_lanes_arrived(sim, port, pkt, false);
	if (sim->tap)
		sim->tap(sim->tap_ctx, sim, port, pkt);
	if (p->peer >= sim->topo.hosts) {
		if (choosy)
			sim_switch_forward(sim, p->peer, pkt);
		else
			offer(sim, &sim->port[k->out], k->out, pkt);
		return;
	}
	sim->taken_pkts++;
	sim->ops->rx(sim->ops_ctx, p->peer, pkt);
}

/* It would be at the far end, if nothing had happened to it. */
static weft_cold void not_delivered(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];

	if (!k->lost) {
		k->late = false;
		arrives(p, port, pkt, sim->now + sim->pool.more[pkt].later);
		return;
	}
	if (sim->lanes)
		sim_lanes_arrived(sim, port, pkt, true);
	sim->gone[port].lost_pkts++;
	sim->gone[port].lost_bytes += k->wire_bytes;
	sim_pkt_put(&sim->pool, pkt);
}

/* A copy, or one that was late; or SIM_POKE. */
static weft_cold void arrive_otherwise(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_port *p = &sim->port[port];

	if (pkt < SIM_POKE) {
		deliver(sim, p, port, pkt, sim->choosy);
		return;
	}
	if (!sim->lanes)
		settle(sim, p, port, sim->now - p->delay);
	p->poked = false;
	poke(sim, p, port);
}

static weft_hot void arrive(struct sim *sim, struct sim_port *p, uint32_t port, bool choosy)
{
	const struct sim_pkt *pkts, *k;
	uint32_t pkt;

	if (!choosy || !sim->lanes)
		settle(sim, p, port, sim->now - p->delay);
	pkts = sim->pool.pkt;	/* what began to be sent may have moved them */
	pkt = p->wire.head;
	k = &pkts[pkt];
	p->wire.head = k->next;
	if (k->next != SIM_NO_PKT) {
		arrives(p, port, SIM_NO_PKT, k->due);
		sim_fetch(&pkts[k->next]);
	} else {
		poke(sim, p, port);
	}
	fetch(pkts, p->queue.head);
	if (k->lost || k->late)
		not_delivered(sim, port, pkt);
	else
		deliver(sim, p, port, pkt, choosy);
}

static weft_apart void arrive_choosy(struct sim *sim, struct sim_port *p, uint32_t port)
{
	arrive(sim, p, port, true);
}

void sim_port_arrive(struct sim *sim, uint32_t port, uint32_t pkt)
{
	if (pkt != SIM_NO_PKT)
		arrive_otherwise(sim, port, pkt);
	else if (sim->choosy)
		arrive_choosy(sim, &sim->port[port], port);
	else
		arrive(sim, &sim->port[port], port, false);
}

void sim_host_send(struct sim *sim, uint32_t host, uint32_t pkt)
{
	sim_host_send_by(sim, host, 0, pkt);
}

void sim_host_send_by(struct sim *sim, uint32_t host, uint32_t plane, uint32_t pkt)
{
	sim->made_pkts++;
	sim->pool.pkt[pkt].lost = sim->pool.pkt[pkt].late = false;
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
