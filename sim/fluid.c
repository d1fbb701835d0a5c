/* SPDX-License-Identifier: BSD-2-Clause */
/* See fluid.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/closed.h"
#include "sim/fluid.h"
#include "sim/rng.h"
#include "sim/util.h"

enum { CHOICES_MAX = 1024 };

struct use {
	uint32_t port;
	double weight;		/* share of the flow that passes there */
};

struct stream {			/* a flow that is going on */
	uint32_t flow;
	struct use *use;
	uint32_t uses, size;
	double left;		/* bytes on the wire */
	double rate;		/* bytes per ps; below 0: not known yet */
	sim_time rest;		/* passes when all is sent */
};

struct fluid {
	struct sim_flows *f;
	struct sim *sim;
	struct stream *going;
	uint32_t n, size;
	double *room, *weight;	/* of each port: rate not given away, weights that want some */
	uint32_t *due, dues, next;	/* flows that wait for a time alone, by it */
	double now;
};

static void add_use(struct stream *s, uint32_t port, double weight)
{
	for (uint32_t i = 0; i < s->uses; i++)
		if (s->use[i].port == port) {
			s->use[i].weight += weight;
			return;
		}
	if (s->uses == s->size) {
		s->size = s->size ? 2 * s->size : 16;
		s->use = sim_resize(s->use, s->size, sizeof(*s->use));
	}
	s->use[s->uses++] = (struct use){ port, weight };
}

/* A share of the flow leaves by `port`, and by all that lead on from there. */
static void follow(struct fluid *u, struct stream *s, uint32_t port, double share)
{
	const struct sim_topology *t = &u->sim->topo;
	const struct sim_flow *flow = &u->f->list.flow[s->flow];
	uint32_t node = sim_place(t, port).to, on[CHOICES_MAX], n;

	add_use(s, port, share);
	if (node < t->hosts)
		return;
	if (u->f->sc->paths == 1) {
		on[0] = sim_route(t, node, flow->src, flow->dst,
				  (uint16_t)sim_hash3(u->sim->seed, s->flow, 0));
		n = 1;
	} else {
		n = sim_choices(t, node, flow->src, flow->dst, on, CHOICES_MAX);
	}
	for (uint32_t i = 0; i < n; i++)
		follow(u, s, on[i], share / n);
}

static double rate_of(const struct sim_port *p)
{
	return 1024.0 / p->ps_per_kib;
}

static void begin(struct fluid *u, uint32_t i)
{
	const struct sim_scenario *sc = u->f->sc;
	struct sim_flow *flow = &u->f->list.flow[i];
	sim_time ideal = sim_flow_ideal(sc, &u->sim->topo, flow->src, flow->dst, flow->bytes);
	uint64_t bytes = sim_message_bytes(sc, flow->bytes);
	sim_time sending = (sim_time)llround((double)bytes / rate_of(&u->sim->port[flow->src]));
	struct stream *s;

	if (u->n == u->size) {
		u->size = u->size ? 2 * u->size : 64;
		u->going = sim_resize(u->going, u->size, sizeof(*u->going));
	}
	s = &u->going[u->n++];
	*s = (struct stream){ .flow = i, .left = (double)bytes,
			      .rest = ideal > sending ? ideal - sending : 0 };
	flow->state = SIM_FLOW_GOES;
	follow(u, s, flow->src, 1);
}

/* All rates rise together until a port is full; those that use it stay, the others go on. */
static void share(struct fluid *u)
{
	uint32_t open = u->n;

	for (uint32_t p = 0; p < u->sim->ports; p++) {
		u->room[p] = rate_of(&u->sim->port[p]);
		u->weight[p] = 0;
	}
	for (uint32_t i = 0; i < u->n; i++) {
		u->going[i].rate = -1;
		for (uint32_t k = 0; k < u->going[i].uses; k++)
			u->weight[u->going[i].use[k].port] += u->going[i].use[k].weight;
	}
	while (open) {
		double least = HUGE_VAL;

		for (uint32_t i = 0; i < u->n; i++)
			for (uint32_t k = 0; u->going[i].rate < 0 && k < u->going[i].uses; k++) {
				uint32_t p = u->going[i].use[k].port;
				double level = u->room[p] / u->weight[p];

				least = level < least ? level : least;
			}
		for (uint32_t i = 0; i < u->n; i++) {
			struct stream *s = &u->going[i];
			bool full = false;

			for (uint32_t k = 0; s->rate < 0 && k < s->uses; k++) {
				uint32_t p = s->use[k].port;

				full |= u->room[p] <= least * u->weight[p] * (1 + 1e-12);
			}
			if (full)
				s->rate = -2;	/* this round's */
		}
		for (uint32_t i = 0; i < u->n; i++) {
			struct stream *s = &u->going[i];

			if (s->rate != -2)
				continue;
			s->rate = least;
			open--;
			for (uint32_t k = 0; k < s->uses; k++) {
				u->room[s->use[k].port] -= least * s->use[k].weight;
				u->weight[s->use[k].port] -= s->use[k].weight;
			}
		}
	}
}

/* When the next flow is sent; HUGE_VAL if none goes. */
static double next_end(const struct fluid *u)
{
	double least = HUGE_VAL;

	for (uint32_t i = 0; i < u->n; i++) {
		double at = u->now + u->going[i].left / u->going[i].rate;

		least = at < least ? at : least;
	}
	return least;
}

/* Into the list of those to come, by time, and by number where that is the same. */
static void expect(struct fluid *u, uint32_t i, sim_time at)
{
	struct sim_flow *flow = u->f->list.flow;
	uint32_t k = u->dues++;

	flow[i].begun = at;
	for (; k > u->next && (flow[u->due[k - 1]].begun > at ||
			       (flow[u->due[k - 1]].begun == at && u->due[k - 1] > i)); k--)
		u->due[k] = u->due[k - 1];
	u->due[k] = i;
}

static void end(struct fluid *u, struct stream *s)
{
	struct sim_flow *flow = &u->f->list.flow[s->flow];

	flow->state = SIM_FLOW_DONE;
	flow->ended = (sim_time)llround(u->now) + s->rest;
	if (u->f->end < u->f->start + flow->ended)
		u->f->end = u->f->start + flow->ended;
	u->f->left--;
	u->f->hosts.stats.placed_bytes += flow->bytes;
	for (uint32_t i = flow->child; i != SIM_NO_FLOW; i = u->f->list.flow[i].sibling)
		expect(u, i, flow->ended + u->f->list.flow[i].start);
	free(s->use);
	*s = u->going[--u->n];
}

/* To `at`: what is sent by then ends. */
static void advance(struct fluid *u, double at)
{
	double span = at - u->now;

	u->now = at;
	for (uint32_t i = 0; i < u->n; i++)
		u->going[i].left -= u->going[i].rate * span;
	for (uint32_t i = 0; i < u->n;)
		if (u->going[i].left < 1e-3)	/* bytes: the rest is rounding */
			end(u, &u->going[i]);
		else
			i++;
}

void sim_fluid_run(struct sim_flows *f, struct sim *sim)
{
	struct fluid u = { .f = f, .sim = sim };

	u.room = sim_zalloc(sim->ports, sizeof(*u.room));
	u.weight = sim_zalloc(sim->ports, sizeof(*u.weight));
	u.due = sim_zalloc(f->list.n, sizeof(*u.due));
	for (uint32_t i = 0; i < f->list.n; i++)
		if (f->list.flow[i].after == SIM_NO_FLOW)
			expect(&u, i, f->list.flow[i].start);
	while (f->left) {
		double at = next_end(&u);
		double begins = u.next < u.dues ?
				(double)f->list.flow[u.due[u.next]].begun : HUGE_VAL;

		advance(&u, at < begins ? at : begins);
		while (u.next < u.dues && (double)f->list.flow[u.due[u.next]].begun <= u.now)
			begin(&u, u.due[u.next++]);
		share(&u);
	}
	free(u.going);
	free(u.room);
	free(u.weight);
	free(u.due);
	sim->done = true;
}
