/* SPDX-License-Identifier: BSD-2-Clause */
/* See team_sum.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lanes.h"
#include "sim/team.h"
#include "sim/team_sum.h"
#include "sim/util.h"

enum { BLOCK = 1024 };		/* things that are sent together */

static_assert(sizeof(struct weft_stats) % sizeof(uint64_t) == 0 &&
	      sizeof(struct sim_host_stats) % sizeof(uint64_t) == 0, "all are words");

static void all(const struct sim_experiment *x, void *words, size_t n, enum sim_all how)
{
	const struct sim_team *t = x->sim.team;

	t->ops->all(t->ctx, words, n, how);
}

int sim_team_check(struct sim_experiment *x)
{
	const struct sim_scenario *sc = &x->sc;
	const struct sim_flow_list *l = &x->flows.list;
	const char *why = NULL;

	if (!x->sim.team)
		return 0;
	if (sc->transport == SIM_TRANSPORT_FLUID)
		why = "transport.kind: fluid has no packets, and nothing that could be divided";
	for (uint32_t i = 0; !why && sc->transport == SIM_TRANSPORT_OPEN_LOOP && i < l->n; i++)
		if (l->tasks || l->flow[i].after != SIM_NO_FLOW)
			why = "flows of transport.kind: open-loop that wait for each other";
	if (!why)
		return 0;
	snprintf(x->error, sizeof(x->error), "cannot be run by several processes: %s; use weft-sim",
		 why);
	return -1;
}

/* What happened: flows and ranks. */

/* A flow begins where its source is, and ends where that, or its destination, is. */
static void gather_flows(struct sim_experiment *x)
{
	struct sim_flows *f = &x->flows;
	uint64_t v[3 * BLOCK];

	for (uint32_t from = 0; from < f->list.n; from += BLOCK) {
		uint32_t n = f->list.n - from < BLOCK ? f->list.n - from : BLOCK;
		struct sim_flow *flow = &f->list.flow[from];

		for (uint32_t i = 0; i < n; i++) {
			bool mine = sim_mine(&x->sim, flow[i].src);

			v[3 * i] = mine ? flow[i].begun : 0;
			v[3 * i + 1] = flow[i].state == SIM_FLOW_DONE ? flow[i].ended : 0;
			v[3 * i + 2] = flow[i].state;
		}
		all(x, v, 3 * (size_t)n, SIM_ALL_MAX);
		for (uint32_t i = 0; i < n; i++) {
			flow[i].begun = v[3 * i];
			flow[i].ended = v[3 * i + 1];
			flow[i].state = (uint8_t)v[3 * i + 2];
		}
	}
	f->left = f->all - (uint32_t)sim_team_sum(&x->sim, f->all - f->left);
	f->ends = (uint32_t)sim_team_sum(&x->sim, f->ends);
	f->end = sim_team_max(&x->sim, f->end);
	f->own_end = sim_team_max(&x->sim, f->own_end);
}

static void gather_steps(struct sim_experiment *x)
{
	struct sim_ring *ring = &x->ring;

	for (uint32_t k = 0; k < ring->steps; k++) {
		struct sim_step *s = &ring->step[k];
		uint64_t first = s->done ? s->first : SIM_NEVER;

		all(x, &first, 1, SIM_ALL_MIN);
		s->last = sim_team_max(&x->sim, s->last);
		s->done = (uint32_t)sim_team_sum(&x->sim, s->done);
		s->first = s->done ? first : 0;
	}
	for (uint32_t r = 0; ring->arrival && r < ring->n; r++)
		all(x, &ring->arrival[(size_t)r * ring->steps], ring->steps, SIM_ALL_SUM);
}

static void gather_ring(struct sim_experiment *x)
{
	struct sim_ring *ring = &x->ring;

	for (uint32_t r = 0; r < ring->n; r++) {
		struct sim_ring_rank *rank = &ring->rank[r];
		uint64_t v[4] = { rank->sent, rank->received, rank->posted, rank->finished };

		all(x, v, 4, SIM_ALL_SUM);
		rank->sent = (uint32_t)v[0];
		rank->received = (uint32_t)v[1];
		rank->posted = (uint32_t)v[2];
		rank->finished = v[3];
	}
	gather_steps(x);
	ring->left = ring->n - (uint32_t)sim_team_sum(&x->sim, ring->n - ring->left);
	ring->connected = (uint32_t)sim_team_sum(&x->sim, ring->connected);
	ring->end = sim_team_max(&x->sim, ring->end);
	ring->over = sim_team_max(&x->sim, ring->over);
}

void sim_team_outcome(struct sim_experiment *x)
{
	if (!x->sim.team)
		return;
	sim_team_text(&x->sim, x->codec.error, sizeof(x->codec.error));
	if (sim_is_ring(&x->sc)) {
		gather_ring(x);
		sim_team_text(&x->sim, x->ring.error, sizeof(x->ring.error));
	} else {
		gather_flows(x);
		sim_requests_gather(&x->flows);
		sim_team_text(&x->sim, x->flows.error, sizeof(x->flows.error));
	}
}

/* What was counted. */

enum { WORDS = 17 };		/* that a port counts */

/* All are counted at one end of the link, and are zero in all other processes. */
static void port_words(struct sim_experiment *x, uint32_t port, uint64_t *at[WORDS - 1])
{
	static uint64_t none;
	struct sim_lane_port *lp = x->sim.lanes ? &x->sim.lanes->port[port] : NULL;
	struct sim_port *p = &x->sim.port[port];
	struct sim_gone *gone = &x->sim.gone[port];
	uint64_t *word[WORDS - 1] = {
		&p->offered_pkts, &p->offered_bytes, &p->sent_pkts, &p->sent_bytes,
		&p->arrived_pkts, &p->arrived_bytes, &p->marked_pkts, &gone->dropped_pkts,
		&gone->dropped_bytes, &gone->lost_pkts, &gone->lost_bytes, &gone->trimmed_pkts,
		&gone->trimmed_bytes, x->sent_warm ? &x->sent_warm[port] : &none,
		lp ? &lp->pauses : &none, lp ? &lp->paused : &none,
	};

	memcpy(at, word, sizeof(word));
}

static void take_port(struct sim_experiment *x, uint32_t port, uint64_t v[WORDS])
{
	uint64_t *at[WORDS - 1];

	port_words(x, port, at);
	for (unsigned k = 0; k < WORDS - 1; k++)
		v[k] = *at[k];
	v[WORDS - 1] = x->sim.port[port].q_bytes_max;
}

static void put_port(struct sim_experiment *x, uint32_t port, const uint64_t v[WORDS])
{
	uint64_t *at[WORDS - 1];

	port_words(x, port, at);
	for (unsigned k = 0; k < WORDS - 1; k++)
		*at[k] = v[k];
	x->sim.port[port].q_bytes_max = (uint32_t)v[WORDS - 1];
}

static void sum_ports(struct sim_experiment *x)
{
	uint64_t (*v)[WORDS] = sim_zalloc(BLOCK, sizeof(*v));

	for (uint32_t from = 0; from < x->sim.ports; from += BLOCK) {
		uint32_t n = x->sim.ports - from < BLOCK ? x->sim.ports - from : BLOCK;

		for (uint32_t i = 0; i < n; i++)
			take_port(x, from + i, v[i]);
		all(x, v, WORDS * (size_t)n, SIM_ALL_SUM);
		for (uint32_t i = 0; i < n; i++)
			put_port(x, from + i, v[i]);
	}
	free(v);
}

/* Pauses that go on are over: another process would not know since when. */
static void end_pauses(struct sim_experiment *x)
{
	for (uint32_t i = 0; x->sim.lanes && i < x->sim.ports; i++)
		for (unsigned k = 0; k < SIM_LANES; k++) {
			sim_time now = x->sim.now;	/* of the last event anywhere */

			if (x->sim.lanes->port[i].lane[k].since < now)
				sim_lane_resume(&x->sim, i, k);
		}
}

static void sum_switches(struct sim_experiment *x)
{
	uint32_t switches = x->sim.topo.nodes - x->sim.topo.hosts;

	for (uint32_t i = 0; x->sim.lanes && i < switches; i++)
		x->sim.lanes->used_max[i] =
			(uint32_t)sim_team_sum(&x->sim, x->sim.lanes->used_max[i]);
	if (x->sim.lanes)
		x->sim.lanes->words = sim_team_sum(&x->sim, x->sim.lanes->words);
}

static void sum_stats(struct sim_experiment *x)
{
	struct sim_stats *s = &x->sim.stats;
	uint64_t shift = sim_team_max(&x->sim, s->shift);

	while (s->shift < shift)	/* slots of all become as wide as the widest */
		sim_stats_widen(s, (sim_time)SIM_SLOTS << s->shift);
	for (unsigned t = 0; t < SIM_TIERS; t++) {
		all(x, s->tier[t].sent, SIM_SLOTS, SIM_ALL_SUM);
		all(x, s->tier[t].peak, SIM_SLOTS, SIM_ALL_MAX);
		all(x, s->tier[t].depth_ps, SIM_DEPTHS, SIM_ALL_SUM);
		all(x, &s->tier[t].waiting, 1, SIM_ALL_SUM);
	}
	all(x, x->waiting_warm, SIM_TIERS, SIM_ALL_SUM);
}

/* Of each process, before the sums. */
static void note_work(struct sim_experiment *x)
{
	const struct sim_team *t = x->sim.team;
	size_t n = t->ranks * sizeof(*x->work) / sizeof(uint64_t);

	x->work = sim_zalloc(t->ranks, sizeof(*x->work));
	x->works = t->ranks;
	x->work[t->rank] = (struct sim_work){
		.parts = x->sim.owns, .events = x->sim.events_done, .hops = x->sim.hops,
		.crossed_pkts = t->crossed_pkts, .crossed_bytes = t->crossed_bytes,
		.cpu_us = (uint64_t)(t->ops->used_s(t->ctx) * 1e6),
		.run_us = x->run_us, .exchange_us = (uint64_t)(t->waited_s * 1e6),
		.longest_us = (uint64_t)(t->longest_s * 1e6), .stretches = t->stretches,
		.memory_kib = sim_memory_kib(),
	};
	all(x, x->work, n, SIM_ALL_SUM);
}

void sim_team_counters(struct sim_experiment *x)
{
	struct sim *sim = &x->sim;

	if (!sim->team)
		return;
	note_work(x);
	end_pauses(x);
	sum_ports(x);
	sum_switches(x);
	sum_stats(x);
	all(x, x->watch.seen, sim_watch_words(&x->watch), SIM_ALL_SUM);
	all(x, &x->hosts->engine, sizeof(x->hosts->engine) / sizeof(uint64_t), SIM_ALL_SUM);
	all(x, &x->hosts->stats, sizeof(x->hosts->stats) / sizeof(uint64_t), SIM_ALL_SUM);
	x->codec.checked = sim_team_sum(sim, x->codec.checked);
	x->hosts->pdcs = (uint32_t)sim_team_sum(sim, x->hosts->pdcs);
	sim->made_pkts = sim_team_sum(sim, sim->made_pkts);
	sim->taken_pkts = sim_team_sum(sim, sim->taken_pkts);
	sim->hops = sim_team_sum(sim, sim->hops);
	sim->events_done = sim_team_sum(sim, sim->events_done);
	sim->trace_hash = sim_team_sum(sim, sim->trace_hash);
	sim->pool.live_max = (uint32_t)sim_team_sum(sim, sim->pool.live_max);
}
