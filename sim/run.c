/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop of a run, and the audit at its end. Which event comes next is decided by event.h's
 * order between the calendar and the timers; what an event does is elsewhere.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fabric.h"
#include "sim/rng.h"
#include "sim/util.h"

enum {
	BEAT_EVENTS = 1 << 16	/* events between two calls of `beat` */
};

static void init_port(struct sim *sim, uint32_t port, const struct sim_link_cfg *tier)
{
	struct sim_port_place place = sim_place(&sim->topo, port);
	const struct sim_link_cfg *cfg = &tier[place.tier];
	struct sim_port *p = &sim->port[port];

	p->tier = (uint8_t)place.tier;
	p->peer = place.to;
	p->delay = (sim_time)cfg->delay_ns * SIM_NS;
	p->ps_per_kib = sim_ps_per_kib(cfg->gbps);
	p->q_limit = cfg->queue_bytes;
	p->mark_min = cfg->mark_min;
	p->mark_max = cfg->mark_max;
	p->mark_pmax = (uint16_t)(cfg->mark_pmax < UINT16_MAX ? cfg->mark_pmax : UINT16_MAX);
	p->trim = cfg->trim;
	p->q_trimmed = SIM_NO_PKT;
	p->q_head = SIM_NO_PKT;
	p->q_tail = SIM_NO_PKT;
}

void sim_init(struct sim *sim, uint64_t seed, const struct sim_topology *topo,
	      const struct sim_link_cfg tier[SIM_TIERS], uint32_t timers,
	      const struct sim_host_ops *ops, void *ops_ctx)
{
	memset(sim, 0, sizeof(*sim));
	sim->seed = seed;
	sim->topo = *topo;
	sim->ports = topo->ports;
	sim->ops = ops;
	sim->ops_ctx = ops_ctx;
	sim->ecn_key = sim_key(seed, SIM_FOR_ECN);
	if (sim_events_init(&sim->events, seed))
		sim_die("out of memory for the event calendar");
	sim_timers_init(&sim->timers, seed, SIM_TIMER, timers);
	sim_pool_init(&sim->pool);
	sim_stats_init(&sim->stats, topo->ports);
	sim->port = sim_zalloc_aligned(topo->ports, sizeof(*sim->port));
	for (uint32_t i = 0; i < topo->ports; i++)
		init_port(sim, i, tier);
}

void sim_fini(struct sim *sim)
{
	sim_events_fini(&sim->events);
	sim_timers_fini(&sim->timers);
	sim_pool_fini(&sim->pool);
	sim_stats_fini(&sim->stats);
	free(sim->port);
	memset(sim, 0, sizeof(*sim));
}

/* Takes the next event of calendar and timers, unless it is after `limit`. */
static bool next_event(struct sim *sim, sim_time limit, struct sim_event *e)
{
	const struct sim_event *first = sim_events_first(&sim->events);
	struct sim_event t;

	if (sim_timers_peek(&sim->timers, &t) &&
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
	sim_events_drop(&sim->events, first);
	return true;
}

static void dispatch(struct sim *sim, const struct sim_event *e)
{
	uint32_t index = e->who & SIM_INDEX;

	switch (e->who & ~(uint32_t)SIM_INDEX) {
	case SIM_ARRIVE:
		sim_port_arrive(sim, index, e->arg);
		break;
	case SIM_SERVE:
		sim_port_serve(sim, index);
		break;
	case SIM_TIMER:
		sim->ops->timer(sim->ops_ctx, index);
		break;
	}
}

enum sim_end sim_run(struct sim *sim, sim_time limit)
{
	struct sim_event e;

	while (!sim->done) {
		if (!next_event(sim, limit, &e))
			return sim->events.pending || sim->timers.armed ? SIM_END_TIME :
									   SIM_END_IDLE;
		assert(e.at >= sim->now);
		sim->now = e.at;
		dispatch(sim, &e);
		if (++sim->events_done % BEAT_EVENTS == 0 && sim->beat)
			sim->beat(sim->beat_ctx, sim);
	}
	return SIM_END_DONE;
}

/* The audit. */

struct tally {
	uint64_t wire_pkts, wire_bytes, wait_pkts, wait_bytes;
};

struct audit {
	const struct sim *sim;
	struct tally *port;
	char *message;
	size_t size;
};

static void count_on_wire(void *ctx, const struct sim_event *e)
{
	struct audit *a = ctx;
	struct tally *t = &a->port[e->who & SIM_INDEX];

	if ((e->who & ~(uint32_t)SIM_INDEX) != SIM_ARRIVE)
		return;
	t->wire_pkts++;
	t->wire_bytes += a->sim->pool.pkt[e->arg].wire_bytes;
}

static void count_waiting(struct audit *a, uint32_t port)
{
	const struct sim_pool *pool = &a->sim->pool;

	for (uint32_t k = a->sim->port[port].q_head; k != SIM_NO_PKT; k = pool->pkt[k].next) {
		a->port[port].wait_pkts++;
		a->port[port].wait_bytes += pool->pkt[k].wire_bytes;
	}
}

static int differs(struct audit *a, const char *where, const char *what, uint64_t left,
		   uint64_t right)
{
	if (left == right)
		return 0;
	snprintf(a->message, a->size, "%s: %s: %llu is not %llu", where, what,
		 (unsigned long long)left, (unsigned long long)right);
	return -1;
}

static int audit_port(struct audit *a, uint32_t port)
{
	const struct sim_port *p = &a->sim->port[port];
	const struct tally *t = &a->port[port];
	struct sim_port_place place = sim_place(&a->sim->topo, port);
	char where[96];

	snprintf(where, sizeof(where), "port %u (%s, node %u to node %u)", port,
		 sim_tier_name[place.tier], place.from, place.to);
	if (differs(a, where, "packets offered = sent + dropped + waiting", p->offered_pkts,
		    p->sent_pkts + p->dropped_pkts + t->wait_pkts))
		return -1;
	if (differs(a, where, "bytes offered = sent + dropped + waiting + cut off",
		    p->offered_bytes, p->sent_bytes + p->dropped_bytes + t->wait_bytes +
		    p->trimmed_bytes))
		return -1;
	if (differs(a, where, "packets sent = arrived + lost + on the wire", p->sent_pkts,
		    p->arrived_pkts + p->lost_pkts + t->wire_pkts))
		return -1;
	if (differs(a, where, "bytes sent = arrived + lost + on the wire", p->sent_bytes,
		    p->arrived_bytes + p->lost_bytes + t->wire_bytes))
		return -1;
	return differs(a, where, "bytes counted as waiting", p->q_bytes, t->wait_bytes);
}

static int audit_whole(struct audit *a)
{
	uint64_t wire = 0, wait = 0, dropped = 0;

	for (uint32_t i = 0; i < a->sim->ports; i++) {
		wire += a->port[i].wire_pkts;
		wait += a->port[i].wait_pkts;
		dropped += a->sim->port[i].dropped_pkts + a->sim->port[i].lost_pkts;
	}
	if (differs(a, "fabric", "packets made = taken + dropped + lost + waiting + on the wire",
		    a->sim->made_pkts, a->sim->taken_pkts + dropped + wait + wire))
		return -1;
	return differs(a, "fabric", "packets of the pool = waiting + on the wire",
		       a->sim->pool.live, wait + wire);
}

int sim_audit(const struct sim *sim, char *message, size_t size)
{
	struct audit a = { sim, sim_zalloc(sim->ports, sizeof(struct tally)), message, size };
	int err = 0;

	sim_events_each(&sim->events, count_on_wire, &a);
	for (uint32_t i = 0; i < sim->ports && !err; i++) {
		count_waiting(&a, i);
		err = audit_port(&a, i);
	}
	if (!err)
		err = audit_whole(&a);
	free(a.port);
	return err;
}
