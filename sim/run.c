/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop of a run. Which event comes next is decided by event.h's
 * order between the calendar and the timers of a part; what an event does is elsewhere.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/port.h"
#include "sim/fabric.h"
#include "sim/graph.h"
#include "sim/lanes.h"
#include "sim/rng.h"
#include "sim/team.h"
#include "sim/util.h"

enum {
	BEAT_EVENTS = 1 << 16,	/* events between two calls of `beat` */
	AHEAD = 32		/* events whose ports and packets are fetched together */
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
	p->stats = &sim->stats.tier[place.tier];
	p->peer = place.to;
	p->fork = sim->fork && place.to >= sim->topo.hosts ?
		  &sim->fork[place.to - sim->topo.hosts] : NULL;
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
	p->cuts = p->cut;
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

void sim_place_events(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->ports; i++) {
		uint32_t part = sim->part_of[sim->port[i].peer];

		sim->port[i].events = part - sim->own < sim->owns ? &sim->part[part].events : NULL;
	}
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
	sim->fork = sim_forks(topo);
	sim->port = sim_zalloc_aligned(topo->ports, sizeof(*sim->port));
	sim->gone = sim_zalloc(topo->ports, sizeof(*sim->gone));
	for (uint32_t i = 0; i < topo->ports; i++)
		init_port(sim, i, tier);
	sim_place_events(sim);
}

void sim_choosy(struct sim *sim)
{
	sim->choosy = true;
	for (uint32_t i = 0; i < sim->ports; i++)
		sim->port[i].fork = NULL;
}

void sim_fini(struct sim *sim)
{
	free_parts(sim);
	free(sim->part_of);
	free(sim->fork);
	free(sim->down);
	sim_switches_fini(sim);
	sim_lanes_fini(sim);
	sim_topology_fini(&sim->topo);
	sim_timers_fini(&sim->timers);
	sim_pool_fini(&sim->pool);
	free(sim->port);
	free(sim->gone);
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
	else
		sim_place_events(sim);
}

/*
 * Takes the timer that comes next, if it comes before the first of the calendar and not after
 * `limit`. False: none.
 */
static bool take_timer(struct sim *sim, uint32_t part, const struct sim_event *first,
		       sim_time limit, struct sim_event *e)
{
	if (!sim_timers_peek(&sim->timers, part, e) || e->at > limit ||
	    (first && !sim_event_before(sim->timers.key, e, first)))
		return false;
	sim_timers_set(&sim->timers, e->who & SIM_INDEX, SIM_NEVER);
	return true;
}

/* Takes `first` of the calendar or a timer before it, unless that is after `limit`. */
static weft_hot bool take(struct sim *sim, uint32_t part, const struct sim_event *first,
			  sim_time limit, struct sim_event *e)
{
	sim_time timer = sim_timers_next(&sim->timers, part);

	if (timer <= (first ? first->at : SIM_NEVER) && take_timer(sim, part, first, limit, e))
		return true;
	if (!first || first->at > limit)
		return false;
	*e = *first;
	sim_events_drop(&sim->part[part].events, first);
	return true;
}

/*
 * Has fetched what the next events of the open bucket will look at, up to the one returned: first
 * the ports of all, then the packets, then the ports by which those leave, then what waits there.
 * So most of what is far away is on its way at once, and there when the next step asks for it.
 */
static weft_apart const struct sim_event *fetch(const struct sim *sim, const struct sim_events *ev)
{
	const struct sim_event *from = ev->next, *to = ev->end - from > AHEAD ? from + AHEAD :
									       ev->end;
	const struct sim_pkt *pkts = sim->pool.pkt;
	const struct sim_port *out[AHEAD], *p;
	uint32_t in[AHEAD], outs = 0, ins = 0;

	for (const struct sim_event *e = from; e != to; e++) {
		p = &sim->port[e->who & SIM_INDEX];
		sim_fetch(p);
		sim_fetch((const char *)p + 64);
	}
	for (const struct sim_event *e = from; e != to; e++) {
		p = &sim->port[e->who & SIM_INDEX];
		if (e->who & ~(uint32_t)SIM_INDEX)
			continue;
		if (p->queue.head != SIM_NO_PKT)
			sim_fetch(&pkts[p->queue.head]);
		if (p->wire.head == SIM_NO_PKT)
			continue;
		sim_fetch(&pkts[p->wire.head]);
		if (p->peer < sim->topo.hosts) {
			sim_fetch(&sim->pool.load[p->wire.head]);
			in[ins++] = p->wire.head;
		} else if (!sim->choosy) {
			out[outs++] = p;
		}
	}
	for (uint32_t i = 0; i < outs; i++) {
		out[i] = p = &sim->port[pkts[out[i]->wire.head].out];
		sim_fetch(p);
		sim_fetch((const char *)p + 64);
		sim_fetch((const char *)p + 128);
	}
	for (uint32_t i = 0; i < outs; i++)
		if (out[i]->queue.head != SIM_NO_PKT) {
			sim_fetch(&pkts[out[i]->queue.head]);
			sim_fetch(&pkts[out[i]->queue.tail]);
		}
	for (unsigned step = 0; sim->ops->soon && step < SIM_SOON_STEPS; step++)
		for (uint32_t i = 0; i < ins; i++)
			sim->ops->soon(sim->ops_ctx, pkts[in[i]].dst, in[i], step);
	return to;
}

static weft_hot void dispatch(struct sim *sim, const struct sim_event *e)
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

/*
 * Does `e` and what is left of the open bucket up to `to`, as long as nothing else comes before it
 * and nothing lies after `limit`.
 */
static weft_hot void run_bucket(struct sim *sim, uint32_t part, sim_time limit,
				const struct sim_event *to, struct sim_event e)
{
	const struct sim_timer_heap *timers = &sim->timers.heap[part];
	struct sim_events *ev = &sim->part[part].events;

	for (;;) {
		sim->now = e.at;
		sim->events_done++;
		dispatch(sim, &e);
		if (sim->done || ev->next >= to || ev->next->at > limit ||
		    ev->next->at >= timers->next || ev->side_count)
			return;
		e = *ev->next++;
		ev->now = e.at;
	}
}

bool sim_run_part(struct sim *sim, uint32_t part, sim_time limit)
{
	struct sim_part *p = &sim->part[part];
	struct sim_events *ev = &p->events;
	const struct sim_event *first, *fetched = NULL;
	uint64_t open = SIM_NEVER;
	struct sim_event e;

	for (;;) {
		first = sim_events_first(ev);
		if ((ev->open != open || ev->next >= fetched) && first && first->at <= limit) {
			open = ev->open;
			fetched = fetch(sim, ev);
		}
		if (!take(sim, part, first, limit, &e))
			return true;
		assert(e.at >= p->now);
		run_bucket(sim, part, limit, fetched, e);
		p->now = sim->now;
		if (sim->beat && sim->events_done >= sim->beat_at) {
			sim->beat_at = sim->events_done + BEAT_EVENTS;
			sim->beat(sim->beat_ctx, sim);
		}
		if (sim->done)
			return false;
	}
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
