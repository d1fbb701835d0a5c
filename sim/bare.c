/* SPDX-License-Identifier: BSD-2-Clause */
/* See bare.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/bare.h"
#include "sim/host.h"
#include "sim/rng.h"
#include "sim/util.h"

#define NONE UINT32_MAX

/* What a packet is: the upper bits of its `what`; the lower are a sequence number. */
enum { DATA = 0, ACK = 1u << 30, NAK = 2u << 30, KIND = 3u << 30 };

/* Of RoCEv2: base transport header, invariant CRC, RETH of the first, AETH of an answer. */
enum { BTH = 12, ICRC = 4, RETH = 16, AETH = 4, ETH_MIN = 84 };

struct way {			/* of a flow, under go-back-n */
	uint32_t packets;
	uint32_t sent, acked;	/* the sender's: next to send, and first that is not acknowledged */
	uint32_t expected;	/* the receiver's */
	uint32_t unacked;	/* the receiver's: packets since it acknowledged */
	bool asked;		/* the receiver's: it has sent a NAK for `expected` */
	bool ringed;		/* the sender may send more of it */
	uint32_t next;		/* in its chip's ring */
	uint32_t next_active;	/* of its chip's flows that are going on */
	sim_time deadline;	/* without progress until then it goes back */
};

struct chip {
	uint32_t head, tail;	/* flows that may send, in turn; NONE */
	uint32_t active;	/* flows going on; NONE */
};

struct sim_bare {
	struct sim *sim;
	struct sim_flows *f;
	const struct sim_scenario *sc;
	struct way *way;	/* of each flow */
	struct chip *chip;
	uint64_t key;		/* of entropies */
};

static bool open_loop(const struct sim_scenario *sc)
{
	return sc->transport == SIM_TRANSPORT_OPEN_LOOP;
}

uint32_t sim_bare_packet(const struct sim_scenario *sc, uint64_t bytes, uint32_t packets,
			 uint32_t i)
{
	uint32_t payload = (uint32_t)(i + 1 < packets ? sc->payload_bytes :
				      bytes - i * sc->payload_bytes);
	uint32_t wire = sim_frame_bytes((enum sim_carriage)sc->carriage) +
			(uint32_t)sc->extra_bytes + BTH + ICRC +
			(i ? 0 : RETH) + payload;

	if (open_loop(sc))
		return (uint32_t)bytes;
	return wire < ETH_MIN ? ETH_MIN : wire;
}

uint32_t sim_bare_ack(const struct sim_scenario *sc)
{
	uint32_t wire = sim_frame_bytes((enum sim_carriage)sc->carriage) +
			(uint32_t)sc->extra_bytes + BTH + AETH + ICRC;

	return wire < ETH_MIN ? ETH_MIN : wire;
}

static void send(struct sim_bare *b, uint32_t flow, bool back, uint32_t bytes, uint32_t what)
{
	const struct sim_flow *f = &b->f->list.flow[flow];
	uint32_t i = sim_pkt_get(&b->sim->pool);
	struct sim_pkt *k = &b->sim->pool.pkt[i];
	struct sim_load *l = &b->sim->pool.load[i];

	k->src = back ? f->dst : f->src;
	k->dst = back ? f->src : f->dst;
	k->entropy = (uint16_t)sim_hash3(b->key, flow, 0);
	k->ecn = SIM_ECN_CAPABLE;
	k->wire_bytes = bytes;
	k->small = (what & KIND) != DATA;
	l->payload_bytes = 0;
	l->flow = flow;
	l->what = what;
	sim_host_send_by(b->sim, k->src, k->entropy % b->sim->topo.planes, i);
}

/* The sender's. */

static void arm(struct sim_bare *b, uint32_t flow)
{
	uint32_t chip = b->f->list.flow[flow].src, timer = 2 * b->sim->topo.hosts + chip;
	struct way *w = &b->way[flow];

	w->deadline = b->sim->now + b->sc->min_rto_us * SIM_US;
	if (w->deadline < b->sim->timers.at[timer])
		sim_timers_set(&b->sim->timers, timer, w->deadline);
}

static bool may_send(const struct sim_bare *b, const struct way *w)
{
	return w->sent < w->packets && w->sent - w->acked < b->sc->window_pkts;
}

/* Chips' flows take turns at its port, a packet each, while there is room. */
static void fill(struct sim_bare *b, uint32_t chip)
{
	struct chip *c = &b->chip[chip];

	while (c->head != NONE &&
	       sim_host_room(b->sim, chip, (uint32_t)b->sc->nic_bytes)) {
		uint32_t flow = c->head;
		struct way *w = &b->way[flow];

		c->head = w->next;
		w->ringed = false;
		if (!may_send(b, w))
			continue;
		send(b, flow, false, sim_bare_packet(b->sc, b->f->list.flow[flow].bytes,
						     w->packets, w->sent), DATA | w->sent);
		w->sent++;
		if (w->deadline == SIM_NEVER)
			arm(b, flow);
		if (!may_send(b, w))
			continue;
		w->ringed = true;
		w->next = NONE;
		if (c->head == NONE)
			c->head = flow;
		else
			b->way[c->tail].next = flow;
		c->tail = flow;
	}
}

static void ring(struct sim_bare *b, uint32_t flow)
{
	uint32_t chip = b->f->list.flow[flow].src;
	struct chip *c = &b->chip[chip];
	struct way *w = &b->way[flow];

	if (!w->ringed && may_send(b, w)) {
		w->ringed = true;
		w->next = NONE;
		if (c->head == NONE)
			c->head = flow;
		else
			b->way[c->tail].next = flow;
		c->tail = flow;
	}
	fill(b, chip);
}

void sim_bare_begin(struct sim_bare *b, uint32_t flow)
{
	struct sim_flow *f = &b->f->list.flow[flow];
	struct chip *c = &b->chip[f->src];

	f->state = SIM_FLOW_GOES;
	if (open_loop(b->sc)) {
		send(b, flow, false, sim_bare_packet(b->sc, f->bytes, 1, 0), DATA);
		return;
	}
	b->way[flow].next_active = c->active;
	c->active = flow;
	ring(b, flow);
}

static void forget(struct sim_bare *b, uint32_t flow)
{
	uint32_t *link = &b->chip[b->f->list.flow[flow].src].active;

	while (*link != flow)
		link = &b->way[*link].next_active;
	*link = b->way[flow].next_active;
}

static void answered(struct sim_bare *b, uint32_t flow, uint32_t what)
{
	struct way *w = &b->way[flow];
	uint32_t seq = what & ~KIND;

	if (b->f->list.flow[flow].state == SIM_FLOW_DONE || seq < w->acked)
		return;
	if (seq > w->acked)
		arm(b, flow);
	w->acked = seq;
	if ((what & KIND) == NAK || w->sent < seq) {
		b->f->hosts.engine.rtx_pkts += w->sent > seq ? w->sent - seq : 0;
		w->sent = seq;
	}
	if (w->acked == w->packets) {
		forget(b, flow);
		sim_flow_ended(b->f, flow);
		fill(b, b->f->list.flow[flow].src);
		return;
	}
	ring(b, flow);
}

/* Those of a chip's flows that have made no progress go back. */
static void look(struct sim_bare *b, uint32_t chip)
{
	sim_time next = SIM_NEVER;

	for (uint32_t i = b->chip[chip].active; i != NONE; i = b->way[i].next_active) {
		struct way *w = &b->way[i];

		if (w->deadline <= b->sim->now) {
			b->f->hosts.engine.rtx_pkts += w->sent - w->acked;
			b->f->hosts.engine.rtx_rto++;
			w->sent = w->acked;
			w->deadline = b->sim->now + b->sc->min_rto_us * SIM_US;
			ring(b, i);
		}
		next = w->deadline < next ? w->deadline : next;
	}
	sim_timers_set(&b->sim->timers, 2 * b->sim->topo.hosts + chip, next);
}

/* The receiver's. */

static void take(struct sim_bare *b, uint32_t flow, uint32_t seq)
{
	const struct sim_flow *f = &b->f->list.flow[flow];
	struct way *w = &b->way[flow];
	uint64_t left = f->bytes - seq * b->sc->payload_bytes;

	if (seq > w->expected) {
		if (!w->asked)
			send(b, flow, true, sim_bare_ack(b->sc), NAK | w->expected);
		w->asked = true;
		return;
	}
	if (seq == w->expected) {
		w->expected++;
		w->unacked++;
		w->asked = false;
		b->f->hosts.stats.placed_bytes += left < b->sc->payload_bytes ? left :
						  b->sc->payload_bytes;
		if (w->expected == w->packets)
			sim_flow_arrived(b->f, flow);
	}
	if (seq + 1 < w->expected || w->unacked >= b->sc->ack_every || w->expected == w->packets) {
		w->unacked = 0;
		send(b, flow, true, sim_bare_ack(b->sc), ACK | w->expected);
	}
}

static void on_rx(void *ctx, uint32_t host, uint32_t pkt)
{
	struct sim_bare *b = ctx;
	const struct sim_load *l = &b->sim->pool.load[pkt];
	uint32_t flow = l->flow, what = l->what;

	(void)host;
	sim_pkt_put(&b->sim->pool, pkt);
	if (open_loop(b->sc)) {
		b->f->hosts.stats.placed_bytes += b->f->list.flow[flow].bytes;
		sim_flow_ended(b->f, flow);
	} else if ((what & KIND) == DATA) {
		take(b, flow, what);
	} else {
		answered(b, flow, what);
	}
}

static void on_ready(void *ctx, uint32_t host)
{
	fill(ctx, host);
}

static void on_timer(void *ctx, uint32_t id)
{
	struct sim_bare *b = ctx;
	uint32_t hosts = b->sim->topo.hosts;

	if (id < hosts)
		sim_flows_due(b->f, id);
	else
		look(b, id % hosts);
}

const struct sim_host_ops sim_bare_ops = { .rx = on_rx, .ready = on_ready, .timer = on_timer };

struct sim_bare *sim_bare_new(struct sim_flows *f, struct sim *sim)
{
	struct sim_bare *b = sim_zalloc(1, sizeof(*b));

	b->sim = sim;
	b->f = f;
	b->sc = f->sc;
	b->key = sim_key(sim->seed, SIM_FOR_ENGINE);
	b->way = sim_zalloc(open_loop(b->sc) ? 1 : f->list.n, sizeof(*b->way));
	for (uint32_t i = 0; !open_loop(b->sc) && i < f->list.n; i++)
		b->way[i] = (struct way){
			.packets = (uint32_t)((f->list.flow[i].bytes + b->sc->payload_bytes - 1) /
					      b->sc->payload_bytes),
			.deadline = SIM_NEVER,
		};
	b->chip = sim_zalloc(sim->topo.hosts, sizeof(*b->chip));
	for (uint32_t i = 0; i < sim->topo.hosts; i++)
		b->chip[i] = (struct chip){ NONE, NONE, NONE };
	return b;
}

void sim_bare_free(struct sim_bare *b)
{
	if (!b)
		return;
	free(b->way);
	free(b->chip);
	free(b);
}
