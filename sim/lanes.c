/* SPDX-License-Identifier: BSD-2-Clause */
/* See lanes.h: which lane a packet takes, and which lane sends next. */
#include <assert.h>
#include <stdlib.h>

#include "core/wire.h"
#include "sim/lanes.h"
#include "sim/util.h"

static void push(struct sim *sim, struct sim_list *l, uint32_t pkt)
{
	sim->pool.pkt[pkt].next = SIM_NO_PKT;
	if (l->head == SIM_NO_PKT)
		l->head = pkt;
	else
		sim->pool.pkt[l->tail].next = pkt;
	l->tail = pkt;
}

static struct sim_events *events_of(struct sim *sim, uint32_t port)
{
	return &sim->part[sim->part_of[sim->lanes->port[port].from]].events;
}

/* Before and after. */

struct ends {			/* of a port, for finding the one of the other direction */
	uint32_t low, high, from, port;
};

static int by_ends(const void *x, const void *y)
{
	const struct ends *a = x, *b = y;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->port < b->port ? -1 : 1;
}

/* Of links between the same two nodes the first pairs with the first. */
static void pair_up(struct sim *sim)
{
	struct ends *e = sim_zalloc(sim->ports, sizeof(*e));

	for (uint32_t i = 0; i < sim->ports; i++) {
		struct sim_port_place at = sim_place(&sim->topo, i);
		bool up = at.from < at.to;

		sim->lanes->port[i].from = at.from;
		e[i] = (struct ends){ up ? at.from : at.to, up ? at.to : at.from, at.from, i };
	}
	qsort(e, sim->ports, sizeof(*e), by_ends);
	for (uint32_t i = 0, n; i < sim->ports; i += 2 * n) {
		for (n = 0; i + n < sim->ports && e[i + n].low == e[i].low &&
		     e[i + n].high == e[i].high && e[i + n].from == e[i].from; n++)
			;
		assert(i + 2 * n <= sim->ports);
		for (uint32_t k = i; k < i + n; k++) {
			assert(e[k].low == e[k + n].low && e[k].high == e[k + n].high);
			sim->lanes->port[e[k].port].reverse = e[k + n].port;
			sim->lanes->port[e[k + n].port].reverse = e[k].port;
		}
	}
	free(e);
}

void sim_lanes_init(struct sim *sim, const struct sim_lanes_cfg *cfg)
{
	uint32_t switches = sim->topo.nodes - sim->topo.hosts;
	struct sim_lanes *l = sim_zalloc(1, sizeof(*l));

	l->cfg = *cfg;
	l->deadlock_at = SIM_NEVER;
	l->look_at = cfg->stuck;
	sim_choosy(sim);
	l->port = sim_zalloc(sim->ports, sizeof(*l->port));
	l->used = sim_zalloc(switches, sizeof(*l->used));
	l->used_max = sim_zalloc(switches, sizeof(*l->used_max));
	for (uint32_t i = 0; i < sim->ports; i++) {
		l->port[i].sent_in = SIM_NO_PORT;
		for (unsigned k = 0; k < SIM_LANES; k++) {
			l->port[i].lane[k].queue.head = SIM_NO_PKT;
			l->port[i].lane[k].credit = cfg->credits;
		}
	}
	sim->lanes = l;
	pair_up(sim);
}

void sim_lanes_fini(struct sim *sim)
{
	if (!sim->lanes)
		return;
	free(sim->lanes->port);
	free(sim->lanes->used);
	free(sim->lanes->used_max);
	free(sim->lanes);
}

/* Pauses. */

void sim_lane_pause(struct sim *sim, uint32_t port, unsigned lane)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];

	if (lp->lane[lane].paused)
		return;
	lp->lane[lane].paused = true;
	lp->lane[lane].since = sim->now;
	lp->pauses++;
}

void sim_lane_resume(struct sim *sim, uint32_t port, unsigned lane)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];

	if (!lp->lane[lane].paused)
		return;
	lp->lane[lane].paused = false;
	lp->paused += sim->now - lp->lane[lane].since;
}

sim_time sim_lanes_paused(const struct sim *sim, uint32_t port, sim_time now)
{
	const struct sim_lane_port *lp = &sim->lanes->port[port];
	sim_time sum = lp->paused;

	for (unsigned k = 0; k < SIM_LANES; k++)
		if (lp->lane[k].paused && now > lp->lane[k].since)
			sum += now - lp->lane[k].since;
	return sum;
}

/* Which lane sends next. */

/* Has a lane a packet that may be sent now? */
static bool may_send(struct sim *sim, uint32_t port, unsigned lane)
{
	struct sim_lane *l = &sim->lanes->port[port].lane[lane];

	if (l->queue.head == SIM_NO_PKT)
		return false;
	if (sim->lanes->cfg.control != SIM_FC_CREDIT)
		return !l->paused;
	if (l->credit < sim->pool.pkt[l->queue.head].wire_bytes) {
		sim_lane_pause(sim, port, lane);
		return false;
	}
	sim_lane_resume(sim, port, lane);
	return true;
}

static unsigned strict(struct sim *sim, uint32_t port)
{
	for (unsigned k = 1; k <= sim->lanes->cfg.classes; k++)
		if (may_send(sim, port, k))
			return k;
	return SIM_LANES;
}

/* Deficit round robin, after Shreedhar and Varghese: a turn is worth its weight in bytes. */
static unsigned weighted(struct sim *sim, uint32_t port)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];
	const struct sim_lanes_cfg *cfg = &sim->lanes->cfg;

	for (unsigned i = 0; i <= cfg->classes; i++) {
		struct sim_lane *l = &lp->lane[1 + lp->turn];

		if (may_send(sim, port, 1u + lp->turn)) {
			uint32_t bytes = sim->pool.pkt[l->queue.head].wire_bytes;

			if (i)
				l->deficit += (uint64_t)cfg->weight[lp->turn] * cfg->quantum;
			if (l->deficit >= bytes) {
				l->deficit -= bytes;
				return 1u + lp->turn;
			}
		} else if (l->queue.head == SIM_NO_PKT) {
			l->deficit = 0;
		}
		lp->turn = (uint8_t)((lp->turn + 1u) % cfg->classes);
	}
	return SIM_LANES;
}

static unsigned next_lane(struct sim *sim, uint32_t port)
{
	if (may_send(sim, port, SIM_AHEAD))
		return SIM_AHEAD;
	return sim->lanes->cfg.schedule == SIM_SCHEDULE_STRICT ? strict(sim, port) :
								 weighted(sim, port);
}

void sim_lanes_kick(struct sim *sim, uint32_t port)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];
	struct sim_port *p = &sim->port[port];
	struct sim_lane *l;
	const struct sim_pkt_more *m;
	const struct sim_pkt *k;
	unsigned lane;
	uint32_t pkt;

	if (lp->serving || !p->q_bytes)
		return;
	lane = next_lane(sim, port);
	if (lane == SIM_LANES)
		return;
	l = &lp->lane[lane];
	pkt = l->queue.head;
	k = &sim->pool.pkt[pkt];
	m = &sim->pool.more[pkt];
	l->queue.head = k->next;
	sim_stats_queue(p->stats, sim->now - p->since, p->q_bytes);
	p->since = sim->now;
	p->q_bytes -= k->wire_bytes;
	p->q_span -= sim_wire_time(p->ps_per_kib, k->wire_bytes);
	l->bytes -= k->wire_bytes;
	l->credit -= sim->lanes->cfg.control == SIM_FC_CREDIT ? k->wire_bytes : 0;
	lp->sent_in = m->in;
	lp->sent_lane = m->in_lane;
	lp->sent_bytes = k->wire_bytes;
	lp->serving = true;
	sim_port_begin(sim, port, pkt, sim->now);
	sim_events_add(events_of(sim, port), p->free_at, SIM_SERVE | port, 0);
}

static void serve(struct sim *sim, uint32_t port)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];
	uint32_t bytes = lp->sent_bytes;

	lp->serving = false;
	lp->sent_bytes = 0;
	if (bytes && lp->sent_in != SIM_NO_PORT)
		sim_buffer_leave(sim, lp->sent_in, lp->sent_lane, bytes);
	if (!lp->serving && sim->port[port].free_at > sim->now) {	/* a pause frame */
		lp->serving = true;
		sim_events_add(events_of(sim, port), sim->port[port].free_at, SIM_SERVE | port, 0);
	}
	sim_lanes_kick(sim, port);
	if (lp->from < sim->topo.hosts && !sim->port[port].q_bytes)
		sim->ops->ready(sim->ops_ctx, lp->from);
}

void sim_lanes_serve(struct sim *sim, uint32_t port)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];

	if (lp->early)
		lp->early--;
	else
		serve(sim, port);
}

/* Packets come. */

static unsigned lane_of(const struct sim *sim, uint32_t pkt)
{
	const struct sim_lanes_cfg *cfg = &sim->lanes->cfg;
	const struct sim_pkt *k = &sim->pool.pkt[pkt];
	unsigned hops = sim->pool.more[pkt].hops;

	if (cfg->ahead && k->small)
		return SIM_AHEAD;
	if (sim->pool.load[pkt].hdr_bytes &&
	    sim_pkt_hdr(&sim->pool, pkt)[SIM_FABRIC_AT] & WEFT_FABRIC_TRIM)
		return SIM_AHEAD;
	switch (cfg->map) {
	case SIM_MAP_SOURCE:
		return 1 + k->src % cfg->classes;
	case SIM_MAP_DESTINATION:
		return 1 + k->dst % cfg->classes;
	case SIM_MAP_HOPS:
		return 1u + (hops < cfg->classes ? hops : cfg->classes - 1);
	case SIM_MAP_ONE:
		break;
	}
	return 1;
}

static void join(struct sim *sim, uint32_t port, unsigned lane, uint32_t pkt)
{
	struct sim_lane *l = &sim->lanes->port[port].lane[lane];
	const struct sim_pkt *k = &sim->pool.pkt[pkt];
	struct sim_port *p = &sim->port[port];

	sim->pool.more[pkt].lane = (uint8_t)lane;
	sim_stats_queue(p->stats, sim->now - p->since, p->q_bytes);
	p->since = sim->now;
	push(sim, &l->queue, pkt);
	l->bytes += k->wire_bytes;
	p->q_bytes += k->wire_bytes;
	p->q_span += sim_wire_time(p->ps_per_kib, k->wire_bytes);
	sim_lanes_kick(sim, port);
	if (p->q_bytes > p->q_bytes_max)
		p->q_bytes_max = p->q_bytes;
	sim_stats_peak(&sim->stats, p->stats, sim->now, p->q_bytes);
}

void sim_lanes_offer(struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_lane_port *lp = &sim->lanes->port[port];
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	struct sim_pkt_more *m = &sim->pool.more[pkt];
	struct sim_port *p = &sim->port[port];
	unsigned lane;

	p->offered_pkts++;
	p->offered_bytes += k->wire_bytes;
	if (lp->from < sim->topo.hosts) {
		m->in = SIM_NO_PORT;
		m->in_lane = m->hops = 0;
		join(sim, port, lane_of(sim, pkt), pkt);
		return;
	}
	if (lp->serving && p->free_at <= sim->now) {	/* what leaves now makes room */
		lp->early++;
		serve(sim, port);
	}
	lane = lane_of(sim, pkt);
	if (!sim_buffer_takes(sim, port, pkt, lane)) {
		if (lane == SIM_AHEAD || !p->trim || !sim_port_trim(sim, port, pkt) ||
		    !sim_buffer_takes(sim, port, pkt, SIM_AHEAD)) {
			sim_buffer_return(sim, m->in, m->in_lane, k->wire_bytes);
			sim_port_drop(sim, port, pkt);
			return;
		}
		lane = SIM_AHEAD;
	} else if (lane != SIM_AHEAD && k->ecn & SIM_ECN_CAPABLE &&
		   sim_switch_marks(sim, port, lp->lane[lane].bytes)) {
		k->ecn |= SIM_ECN_CE;
		p->marked_pkts++;
	}
	sim_buffer_join(sim, m->in, m->in_lane, k->wire_bytes);
	join(sim, port, lane, pkt);
}

void sim_lanes_arrived(struct sim *sim, uint32_t port, uint32_t pkt, bool lost)
{
	struct sim_pkt_more *m = &sim->pool.more[pkt];

	m->in = port;
	m->in_lane = m->lane;
	m->hops++;
	if (lost || sim->port[port].peer < sim->topo.hosts)
		sim_buffer_return(sim, port, m->lane, sim->pool.pkt[pkt].wire_bytes);
}
