/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop of a run. Which event comes next is decided by event.h's
 * order between the calendar and the timers of a part; what an event does is elsewhere.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fabric.h"
#include "sim/graph.h"
#include "sim/lanes.h"
#include "sim/rng.h"
#include "sim/team.h"
#include "sim/util.h"

enum {
	BEAT_EVENTS = 1 << 16,	/* events between two calls of `beat` */
	PORT_AHEAD = 8,		/* events between the fetching of its port, and it */
	PKT_AHEAD = 3		/* and of its packet */
};

/* What a graph's link has of its own. */
static void own_link(struct sim_port *p, const struct sim_graph_port *own)
{
	if (own->gbps)
		p->ps_per_kib = sim_ps_per_kib(own->gbps);
	if (own->delay_ns)
		p->delay = (sim_time)own->delay_ns * SIM_NS;
}

static void init_port(struct sim *sim, uint32_t port, const struct sim_link_cfg *tier)
{
	struct sim_port_place place = sim_place(&sim->topo, port);
	const struct sim_link_cfg *cfg = &tier[place.tier];
	struct sim_port *p = &sim->port[port];
	uint32_t in_plane;

	p->tier = (uint8_t)place.tier;
	p->peer = place.to;
	p->delay = (sim_time)cfg->delay_ns * SIM_NS;
	p->ps_per_kib = sim_ps_per_kib(cfg->gbps);
	sim_port_plane(&sim->topo, port, &in_plane);
	if (sim->topo.graph)
		own_link(p, &sim->topo.graph->port[in_plane]);
	p->q_limit = cfg->queue_bytes;
	p->mark_min = cfg->mark_min;
	p->mark_max = cfg->mark_max;
	p->mark_pmax = (uint16_t)(cfg->mark_pmax < UINT16_MAX ? cfg->mark_pmax : UINT16_MAX);
	p->trim = cfg->trim;
	p->control = cfg->control;
	p->loss = cfg->loss;
	p->cut = place.to >= sim->topo.hosts ? cfg->cut : 0;
	p->faulty = cfg->loss;
	p->queue.head = p->ahead.head = p->wire.head = SIM_NO_PKT;
	p->down = SIM_NO_DOWN;
}

static void make_parts(struct sim *sim, uint32_t n)
{
	sim->part = sim_zalloc(n, sizeof(*sim->part));
	sim->parts = sim->owns = n;
	for (uint32_t i = 0; i < n; i++)
		if (sim_events_init(&sim->part[i].events, sim->seed))
			sim_die("out of memory for the event calendar");
}

static void free_parts(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->parts; i++)
		sim_events_fini(&sim->part[i].events);
	free(sim->part);
}

void sim_init(struct sim *sim, uint64_t seed, const struct sim_topology *topo,
	      const struct sim_link_cfg tier[SIM_TIERS], uint32_t timers,
	      const struct sim_host_ops *ops, void *ops_ctx)
{
	memset(sim, 0, sizeof(*sim));
	sim->seed = seed;
	sim->topo = *topo;
	sim->ports = topo->ports;
	sim->host_ports = topo->planes * topo->hosts;
	sim->ops = ops;
	sim->ops_ctx = ops_ctx;
	sim->loss_key = sim_key(seed, SIM_FOR_LOSS);
	sim->ecn_key = sim_key(seed, SIM_FOR_ECN);
	sim->part_of = sim_zalloc(topo->nodes, sizeof(*sim->part_of));
	make_parts(sim, 1);
	sim_timers_init(&sim->timers, seed, SIM_TIMER, timers);
	sim_pool_init(&sim->pool);
	sim_stats_init(&sim->stats);
	sim->port = sim_zalloc_aligned(topo->ports, sizeof(*sim->port));
	for (uint32_t i = 0; i < topo->ports; i++)
		init_port(sim, i, tier);
}

void sim_fini(struct sim *sim)
{
	free_parts(sim);
	free(sim->part_of);
	free(sim->down);
	sim_switches_fini(sim);
	sim_lanes_fini(sim);
	sim_topology_fini(&sim->topo);
	sim_timers_fini(&sim->timers);
	sim_pool_fini(&sim->pool);
	free(sim->port);
	memset(sim, 0, sizeof(*sim));
}

/* The shortest delay between nodes of different parts. */
static sim_time shortest(const struct sim *sim)
{
	sim_time least = SIM_NEVER;

	for (uint32_t i = 0; i < sim->ports; i++) {
		struct sim_port_place place = sim_place(&sim->topo, i);

		if (sim->part_of[place.from] != sim->part_of[place.to] &&
		    sim->port[i].delay < least)
			least = sim->port[i].delay;
	}
	return least;
}

void sim_split(struct sim *sim, uint32_t hosts)
{
	uint32_t share = sim->team ? sim->topo.hosts / sim->team->ranks : hosts, n;

	share = share ? share : 1;
	n = sim_topology_parts(&sim->topo, hosts && hosts < share ? hosts : share, sim->part_of);
	assert(!sim->events_done && !sim->timers.armed);
	sim->stretch = shortest(sim);
	if (sim->stretch > SIM_STRETCH_MAX)
		sim->stretch = SIM_STRETCH_MAX;
	if (n < 2 || sim->stretch < SIM_NS) {
		memset(sim->part_of, 0, sim->topo.nodes * sizeof(*sim->part_of));
		return;
	}
	free_parts(sim);
	make_parts(sim, n);
	sim_timers_split(&sim->timers, n);
	if (sim->team)
		sim_team_share(sim);
}

/* Takes the next event of calendar and timers, unless it is after `limit`. */
static bool next_event(struct sim *sim, uint32_t part, sim_time limit, struct sim_event *e)
{
	struct sim_events *ev = &sim->part[part].events;
	const struct sim_event *first = sim_events_first(ev);
	sim_time timer = sim_timers_next(&sim->timers, part);
	struct sim_event t;

	if (timer != SIM_NEVER && (!first || timer <= first->at) &&
	    sim_timers_peek(&sim->timers, part, &t) &&
	    (!first || sim_event_before(sim->timers.key, &t, first))) {
		if (t.at > limit)
			return false;
		sim_timers_set(&sim->timers, t.who & SIM_INDEX, SIM_NEVER);
		*e = t;
		return true;
	}
	if (!first || first->at > limit)
		return false;
	*e = *first;
	sim_events_drop(ev, first);
	return true;
}

static inline void fetch_port(const struct sim *sim, const struct sim_event *e)
{
	const struct sim_port *p = &sim->port[e->who & SIM_INDEX];

	sim_fetch(p);
	sim_fetch((const char *)p + 64);
}

/* The packet that arrives, if one does, and the next to begin to be sent. */
static inline void fetch_pkts(const struct sim *sim, const struct sim_event *e)
{
	const struct sim_port *p = &sim->port[e->who & SIM_INDEX];

	if (e->who & ~(uint32_t)SIM_INDEX)
		return;
	if (p->queue.head != SIM_NO_PKT)
		sim_fetch(&sim->pool.pkt[p->queue.head]);
	if (p->wire.head == SIM_NO_PKT)
		return;
	sim_fetch(&sim->pool.pkt[p->wire.head]);
	if (p->peer < sim->topo.hosts)
		sim_fetch(sim->pool.pkt[p->wire.head].hdr);
}

/* A bucket has been opened: of its first events nothing is fetched yet. */
static void fetch_first(const struct sim *sim, const struct sim_events *ev)
{
	const struct sim_event *e;

	for (uint32_t i = 0; i < PORT_AHEAD && (e = sim_events_later(ev, i)); i++)
		fetch_port(sim, e);
	for (uint32_t i = 0; i < PKT_AHEAD && (e = sim_events_later(ev, i)); i++)
		fetch_pkts(sim, e);
}

/* Has what events soon to come will look at fetched. */
static inline void fetch(const struct sim *sim, const struct sim_events *ev)
{
	size_t left = (size_t)(ev->end - ev->next);

	if (left > PORT_AHEAD)
		fetch_port(sim, ev->next + PORT_AHEAD);
	if (left > PKT_AHEAD)
		fetch_pkts(sim, ev->next + PKT_AHEAD);
}

static void dispatch(struct sim *sim, const struct sim_event *e)
{
	uint32_t index = e->who & SIM_INDEX;

	switch (e->who & ~(uint32_t)SIM_INDEX) {
	case SIM_ARRIVE:
		sim_port_arrive(sim, index, e->arg);
		break;
	case SIM_READY:
		sim_port_ready(sim, index);
		break;
	case SIM_TIMER:
		sim->ops->timer(sim->ops_ctx, index);
		break;
	case SIM_SERVE:
		sim_lanes_serve(sim, index);
		break;
	case SIM_WORD:
		sim_buffer_word(sim, index, e->arg);
		break;
	}
}

bool sim_run_part(struct sim *sim, uint32_t part, sim_time limit)
{
	struct sim_part *p = &sim->part[part];
	uint64_t open = SIM_NEVER;
	struct sim_event e;

	while (next_event(sim, part, limit, &e)) {
		assert(e.at >= p->now);
		if (p->events.open != open) {
			open = p->events.open;
			fetch_first(sim, &p->events);
		}
		fetch(sim, &p->events);
		sim->now = p->now = e.at;
		dispatch(sim, &e);
		if (++sim->events_done % BEAT_EVENTS == 0 && sim->beat)
			sim->beat(sim->beat_ctx, sim);
		if (sim->done)
			return false;
	}
	return true;
}

/* In any part of ours; SIM_NEVER: nothing will. */
sim_time sim_next_time(struct sim *sim)
{
	sim_time least = SIM_NEVER;

	for (uint32_t i = sim->own; i < sim->own + sim->owns; i++) {
		const struct sim_event *e = sim_events_first(&sim->part[i].events);
		sim_time t = sim_timers_next(&sim->timers, i);

		if (e && e->at < t)
			t = e->at;
		least = t < least ? t : least;
	}
	return least;
}

static enum sim_end run_parts(struct sim *sim, sim_time limit)
{
	for (;;) {
		sim_time from = sim_next_time(sim), to;

		if (from > limit)
			return from == SIM_NEVER ? SIM_END_IDLE : SIM_END_TIME;
		to = limit - from < sim->stretch ? limit : from + sim->stretch - 1;
		for (uint32_t i = 0; i < sim->parts; i++)
			if (!sim_run_part(sim, i, to))
				return SIM_END_DONE;
	}
}

enum sim_end sim_run(struct sim *sim, sim_time limit)
{
	enum sim_end end;

	if (sim->done)
		return SIM_END_DONE;
	if (sim->team)
		end = sim_team_run(sim, limit);
	else if (sim->parts > 1)
		end = run_parts(sim, limit);
	else if (!sim_run_part(sim, 0, limit))
		end = SIM_END_DONE;
	else
		end = sim_next_time(sim) == SIM_NEVER ? SIM_END_IDLE : SIM_END_TIME;
	for (uint32_t i = 0; i < sim->parts; i++)
		if (sim->part[i].now > sim->now)
			sim->now = sim->part[i].now;
	sim->now = sim_team_max(sim, sim->now);
	return end;
}
