/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot.h. */
#include "core/gauges.h"
#include "core/weft.h"
#include "sim/lanes.h"
#include "sim/snapshot.h"

static void put_u(json_t *o, const char *name, uint64_t v)
{
	json_object_set_new(o, name, json_integer((json_int_t)v));
}

/* A time, or null for never. */
static void put_time(json_t *o, const char *name, sim_time t)
{
	json_object_set_new(o, name, t == SIM_NEVER ? json_null() : json_integer((json_int_t)t));
}

static json_t *context(const struct sim_pdc *p)
{
	json_t *o = json_object();
	struct weft_gauges g;
	weft_time deadline = weft_deadline(p->pdc);

	weft_pdc_gauges(p->pdc, &g);
	put_u(o, "chip", p->chip);
	put_u(o, "peer", p->peer);
	put_u(o, "id", p->id);
	put_u(o, "sent_psn", g.sent_psn);
	put_u(o, "acked_psn", g.acked_psn);
	put_u(o, "outstanding", g.outstanding);
	put_u(o, "cwnd", g.cwnd_pkts);
	put_u(o, "srtt_ns", g.srtt_ns);
	put_u(o, "min_rtt_ns", g.min_rtt_ns);
	put_u(o, "rto_ns", g.rto_ns);
	put_time(o, "deadline_ps", deadline == WEFT_NEVER ? SIM_NEVER : deadline * SIM_NS);
	json_object_set_new(o, "may_send", json_boolean(p->ringed));
	return o;
}

static json_t *contexts(const struct sim_hosts *h)
{
	json_t *list = json_array();

	for (uint32_t i = 0; h->pdc && i < h->pdcs; i++)
		json_array_append_new(list, context(h->pdc[i]));
	return list;
}

static uint32_t count(const struct sim *sim, const struct sim_list *l, uint64_t *bytes)
{
	uint32_t n = 0;

	for (uint32_t i = l->head; i != SIM_NO_PKT; i = sim->pool.pkt[i].next, n++)
		*bytes += sim->pool.pkt[i].wire_bytes;
	return n;
}

/* The classes of a port in which something waits, or which may not send. */
static json_t *classes(const struct sim *sim, uint32_t port, sim_time at)
{
	json_t *list = json_array();

	for (unsigned k = 0; k <= sim->lanes->cfg.classes; k++) {
		const struct sim_lane *l = &sim->lanes->port[port].lane[k];
		json_t *o;

		if (!l->bytes && !l->paused && !l->held)
			continue;
		o = json_object();
		json_object_set_new(o, "class", k == SIM_AHEAD ? json_string("control") :
								 json_integer((json_int_t)k - 1));
		put_u(o, "waiting_bytes", l->bytes);
		put_u(o, "held_by_next_bytes", l->held);
		put_u(o, "credit_bytes", l->credit);
		put_time(o, "paused_since_ps", l->paused ? l->since : SIM_NEVER);
		json_array_append_new(list, o);
	}
	(void)at;
	return list;
}

static json_t *link(const struct sim *sim, uint32_t port, sim_time at)
{
	const struct sim_port *p = &sim->port[port];
	struct sim_port_place place = sim_place(&sim->topo, port);
	bool down = sim_port_is_down(sim, p, at);
	uint64_t waiting = 0, ahead = 0, way = 0;
	uint32_t waits = count(sim, &p->queue, &waiting) + count(sim, &p->ahead, &ahead);
	uint32_t on_way = count(sim, &p->wire, &way);
	json_t *o, *lanes = sim->lanes ? classes(sim, port, at) : NULL;

	if (!waits && !on_way && !down && !p->q_bytes && !json_array_size(lanes)) {
		json_decref(lanes);
		return NULL;
	}
	o = json_object();
	put_u(o, "port", port);
	json_object_set_new(o, "tier", json_string(sim_tier_name[place.tier]));
	put_u(o, "from", place.from);
	put_u(o, "to", place.to);
	put_u(o, "waiting_bytes", p->q_bytes);
	put_u(o, "ahead_bytes", p->q_ahead_bytes);
	put_u(o, "on_the_wire_pkts", on_way);
	put_u(o, "on_the_wire_bytes", way);
	put_time(o, "free_at_ps", p->free_at);
	json_object_set_new(o, "dead", json_boolean(down));
	put_u(o, "dropped_pkts", sim->gone[port].dropped_pkts);
	if (lanes)
		json_object_set_new(o, "classes", lanes);
	return o;
}

static json_t *links(const struct sim *sim, sim_time at)
{
	json_t *list = json_array(), *o;

	for (uint32_t i = 0; i < sim->ports; i++) {
		o = link(sim, i, at);
		if (o)
			json_array_append_new(list, o);
	}
	return list;
}

/* Shared memory of switches, where some is used. */
static json_t *switches(const struct sim *sim)
{
	json_t *list = json_array();

	for (uint32_t i = 0; sim->lanes && i < sim->topo.nodes - sim->topo.hosts; i++) {
		json_t *o;

		if (!sim->lanes->used[i])
			continue;
		o = json_object();
		put_u(o, "node", sim->topo.hosts + i);
		put_u(o, "held_bytes", sim->lanes->used[i]);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *flows(const struct sim_flows *f)
{
	static const char *const name[] = { "waits", "queued", "goes", "done" };
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *k = &f->list.flow[i];
		json_t *o;

		if (k->state == SIM_FLOW_DONE)
			continue;
		o = json_object();
		put_u(o, "id", k->id);
		put_u(o, "src", k->src);
		put_u(o, "dst", k->dst);
		put_u(o, "bytes", k->bytes);
		json_object_set_new(o, "state", json_string(name[k->state]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *ranks(const struct sim_ring *r)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < r->n; i++) {
		json_t *o = json_object();

		put_u(o, "rank", i);
		put_u(o, "chip", r->place[i]);
		put_u(o, "posted", r->rank[i].posted);
		put_u(o, "sent", r->rank[i].sent);
		put_u(o, "received", r->rank[i].received);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *sim_snapshot(const struct sim_experiment *x, sim_time at)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(x->sc.name));
	put_time(o, "at_ps", at);
	put_u(o, "packets_made", x->sim.made_pkts);
	put_u(o, "packets_taken", x->sim.taken_pkts);
	json_object_set_new(o, "contexts", contexts(x->hosts));
	json_object_set_new(o, "links", links(&x->sim, at));
	json_object_set_new(o, "switches", switches(&x->sim));
	if (sim_is_ring(&x->sc))
		json_object_set_new(o, "ranks", ranks(&x->ring));
	else
		json_object_set_new(o, "flows_to_come", flows(&x->flows));
	return o;
}
