/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/experiment.h"
#include "sim/fault.h"
#include "sim/lanes.h"
#include "sim/rng.h"
#include "sim/routes.h"
#include "sim/team_sum.h"
#include "sim/util.h"

enum {
	QUIET_MS = 1000	/* simulated time in which a finished run must come to rest */
};

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void on_beat(void *ctx, const struct sim *sim)
{
	const struct sim_experiment *x = ctx;
	const struct sim_extras *e = x->extras;
	const struct sim_ring *ring = &x->ring;
	double share, placed, whole = (double)sim->parts / sim->owns;
	uint64_t done = 0;

	if (!sim_is_ring(&x->sc)) {	/* by what has ended, or by what has arrived */
		share = 1 - (double)x->flows.left / x->flows.all;
		placed = 0.99 * whole * (double)x->hosts->stats.placed_bytes /
			 (double)x->flows.bytes;
		e->progress(e->progress_ctx, sim, share > placed ? share : placed);
		return;
	}
	for (uint32_t r = 0; r < ring->n; r++)
		done += ring->rank[r].received;
	e->progress(e->progress_ctx, sim, whole * (double)done / ((double)ring->n * ring->steps));
}

/* At each arrival: for traces, and for what goes through bytes. */
static void on_tap(void *ctx, const struct sim *sim, uint32_t port, uint32_t pkt)
{
	struct sim_experiment *x = ctx;

	if (x->extras && x->extras->trace)
		sim_pcap_tap(x->extras->trace, sim, port, pkt);
	if (sim->port[port].peer < sim->topo.hosts && !sim_codec_take(&x->codec, sim, pkt))
		x->sim.done = true;
}

/* How long a port was paused, summed over its classes. */
static void sum_pauses(struct sim_experiment *x, uint32_t port, struct sim_tier_sum *t)
{
	sim_time paused;

	if (!x->sim.lanes)
		return;
	paused = sim_lanes_paused(&x->sim, port, x->sim.now);
	t->pauses += x->sim.lanes->port[port].pauses;
	t->paused += paused;
	if (t->paused_max < paused)
		t->paused_max = paused;
}

static void sum_planes(struct sim_experiment *x)
{
	const struct sim *sim = &x->sim;
	uint32_t in_plane;

	for (uint32_t i = 0; i < sim->ports; i++) {
		struct sim_plane_sum *s = &x->plane[sim_port_plane(&sim->topo, i, &in_plane)];
		const struct sim_port *p = &sim->port[i];

		s->bytes += p->tier == SIM_LEAF_DOWN ? p->sent_bytes : 0;
		s->dropped_pkts += sim->gone[i].dropped_pkts;
		s->lost_pkts += sim->gone[i].lost_pkts;
	}
}

static void sum_buffers(struct sim_experiment *x)
{
	const struct sim *sim = &x->sim;

	if (!sim->lanes)
		return;
	for (uint32_t i = 0; i < sim->topo.nodes - sim->topo.hosts; i++)
		if (x->buffer_max < sim->lanes->used_max[i])
			x->buffer_max = sim->lanes->used_max[i];
}

static void sum_tiers(struct sim_experiment *x)
{
	const struct sim *sim = &x->sim;
	sim_time end = x->began + x->took, from = x->warm > x->began ? x->warm : x->began;
	double span = (double)(end > from ? end - from : x->over ? x->over : 1);

	for (uint32_t i = 0; i < sim->ports; i++) {
		const struct sim_port *p = &sim->port[i];
		struct sim_tier_sum *t = &x->tier[p->tier];
		double use = (double)sim_wire_time(p->ps_per_kib, 1024) / 1024 *
			     (double)(p->sent_bytes - (x->sent_warm ? x->sent_warm[i] : 0)) / span;

		t->links++;
		t->sent_pkts += p->sent_pkts;
		t->sent_bytes += p->sent_bytes;
		t->dropped_pkts += sim->gone[i].dropped_pkts;
		t->marked_pkts += p->marked_pkts;
		t->trimmed_pkts += sim->gone[i].trimmed_pkts;
		t->use_mean += use;
		if (t->use_max < use)
			t->use_max = use;
		if (t->sent_bytes_max < p->sent_bytes)
			t->sent_bytes_max = p->sent_bytes;
		if (t->queue_max < p->q_bytes_max)
			t->queue_max = p->q_bytes_max;
		sum_pauses(x, i, t);
	}
	for (unsigned t = 0; t < SIM_TIERS; t++) {
		struct sim_tier_sum *s = &x->tier[t];

		s->use_mean /= s->links ? s->links : 1;
		s->queue_mean = (double)(sim->stats.tier[t].waiting - x->waiting_warm[t]) *
				1024 / span;
		s->queue_p99 = sim_depth_quantile(&sim->stats, t, sim->now * s->links, 0.99);
		if (s->queue_p99 > s->queue_max)
			s->queue_p99 = s->queue_max;	/* classes of depth are coarse */
	}
}

/*
 * The result hash: every arrival of every packet anywhere, what every port did, and when every
 * step was done. Real time and the seed's own value are not in it.
 */
static uint64_t result_hash(const struct sim_experiment *x)
{
	const struct sim *sim = &x->sim;
	const struct sim_ring *ring = &x->ring;
	uint64_t h = sim_hash3(sim->trace_hash, sim->hops, sim->made_pkts);

	for (uint32_t i = 0; i < sim->ports; i++) {
		const struct sim_port *p = &sim->port[i];

		h = sim_hash3(h, p->sent_bytes,
			      sim->gone[i].dropped_pkts << 32 | p->marked_pkts);
	}
	for (uint32_t k = 0; k < ring->steps; k++)
		h = sim_hash3(h, ring->step[k].first, ring->step[k].last);
	for (uint32_t r = 0; r < ring->n; r++)
		h = sim_hash3(h, ring->rank[r].finished, r);
	for (uint32_t i = 0; i < x->flows.list.n; i++)
		h = sim_hash3(h, x->flows.list.flow[i].begun, x->flows.list.flow[i].ended);
	return sim_hash3(h, x->began, x->began + x->took);
}

static int give_up(struct sim_experiment *x, const char *what, const char *detail)
{
	const struct sim_lanes *l = x->sim.lanes;

	if (l && l->deadlock_at != SIM_NEVER)
		snprintf(x->error, sizeof(x->error), "%s: %.200s; a deadlock, seen at %.3f us: "
			 "these links wait for each other: %s", what, detail,
			 (double)l->deadlock_at / SIM_US, l->deadlock);
	else
		snprintf(x->error, sizeof(x->error), "%s: %.400s", what, detail);
	return -1;
}

/* Is the workload complete?  Returns 0, or -1 with *why. */
static int check(struct sim_experiment *x, const char **why)
{
	int err = sim_is_ring(&x->sc) ? sim_ring_check(&x->ring) : sim_flows_check(&x->flows);

	*why = sim_is_ring(&x->sc) ? x->ring.error : x->flows.error;
	return err;
}

/* Bytes that are placed, each once, in a complete run. */
static uint64_t payload(const struct sim_experiment *x)
{
	if (sim_is_ring(&x->sc))
		return x->ring.chunk * x->ring.steps * x->ring.n;
	return x->flows.bytes;
}

/* What has begun to be sent by `at` counts as sent, whether anyone has looked since or not. */
static void look(struct sim_experiment *x, sim_time at)
{
	for (uint32_t i = 0; !x->sim.lanes && i < x->sim.ports; i++)
		sim_port_settle(&x->sim, i, at);
}

/* Runs until `to`, and stops for snapshots on the way. */
static enum sim_end go_to(struct sim_experiment *x, sim_time to)
{
	const struct sim_extras *e = x->extras;

	while (e && x->snapshots < e->ats && e->at[x->snapshots] < to) {
		sim_time at = e->at[x->snapshots];
		enum sim_end end = sim_watch_run(&x->watch, x->hosts, &x->sim, at);

		if (end != SIM_END_TIME)
			return end;
		look(x, at);
		e->snapshot(e->snapshot_ctx, x, at);
		x->snapshots++;
	}
	return sim_watch_run(&x->watch, x->hosts, &x->sim, to);
}

/* Runs until means begin, and notes what has been counted by then. */
static void settle(struct sim_experiment *x)
{
	x->warm = x->sc.warm_us * SIM_US;
	if (!x->warm || go_to(x, x->warm) != SIM_END_TIME)
		return;
	look(x, x->warm);
	x->sent_warm = sim_zalloc(x->sim.ports, sizeof(*x->sent_warm));
	for (uint32_t i = 0; i < x->sim.ports; i++)
		x->sent_warm[i] = x->sim.port[i].sent_bytes;
	for (unsigned t = 0; t < SIM_TIERS; t++)
		x->waiting_warm[t] = x->sim.stats.tier[t].waiting;
}

/* Runs until done, checks that all is complete, lets the fabric come to rest, and audits. */
static int drive(struct sim_experiment *x)
{
	sim_time limit = x->sc.limit_ms * SIM_MS;
	enum sim_end end;
	const char *text;
	uint64_t placed;
	char why[256];

	settle(x);
	end = go_to(x, limit);
	if (end == SIM_END_TIME)
		look(x, limit);
	sim_team_outcome(x);
	x->over = x->sim.now;
	if (!x->sim.done)
		x->quiet = x->over;
	else	/* parts may be ahead of the last word */
		x->over = x->quiet = sim_is_ring(&x->sc) ? x->ring.over :
							       x->flows.end;
	if (*x->codec.error)
		return give_up(x, "run.check_codec", x->codec.error);
	if (check(x, &text))
		return give_up(x, end == SIM_END_TIME ? "not done within limit.sim_ms" :
			       end == SIM_END_IDLE ? "not done, and nothing is left to happen" :
			       "failed", text);
	if (sim_audit(&x->sim, why, sizeof(why)))
		return give_up(x, "packets do not add up when all is done", why);
	placed = sim_team_sum(&x->sim, x->hosts->stats.placed_bytes);
	if (placed != payload(x)) {
		snprintf(why, sizeof(why), "%llu bytes placed, not %llu: something was placed "
			 "twice or never", (unsigned long long)placed,
			 (unsigned long long)payload(x));
		return give_up(x, "payload does not add up", why);
	}
	x->sim.done = false;
	end = sim_run(&x->sim, x->sim.now + QUIET_MS * (sim_time)SIM_MS);
	x->quiet = x->sim.now;
	if (sim_audit(&x->sim, why, sizeof(why)))
		return give_up(x, "packets do not add up at rest", why);
	if (end != SIM_END_IDLE)
		return give_up(x, "the fabric does not come to rest",
			       "something still goes on a second after the last acknowledgement");
	if (sim_team_sum(&x->sim, x->sim.pool.live))
		return give_up(x, "packets do not add up at rest", "some are still in the fabric");
	return 0;
}

/* What the collective, or the flows, came to. */
static void results(struct sim_experiment *x)
{
	if (sim_is_ring(&x->sc)) {
		x->began = x->ring.start;
		x->took = x->ring.end > x->began ? x->ring.end - x->began : 0;
		x->ratio = (double)x->took / (double)x->ideal.total;
	} else {
		x->began = x->flows.start;
		x->took = x->flows.end > x->began ? x->flows.end - x->began : 0;
		sim_flows_sum(&x->flows, &x->sum);
		x->ratio = (double)x->sum.makespan / (double)x->sum.ideal;
	}
	sim_team_counters(x);
	sum_tiers(x);
	sum_planes(x);
	sum_buffers(x);
	if (x->hosts->nic)
		sim_nic_sum(x->hosts->nic, x->over, &x->nic);
	x->engine = x->hosts->engine;
	x->hash = result_hash(x);
}

static int make(struct sim_experiment *x, bool split, struct sim_team *team)
{
	struct sim_link_cfg tier[SIM_TIERS];
	struct sim_lanes_cfg lanes;
	struct sim_topology topo;

	if (sim_scenario_fabric(&x->sc, &topo, x->error))
		return -1;
	sim_scenario_links(&x->sc, tier);
	x->hosts = sim_is_ring(&x->sc) ? &x->ring.hosts : &x->flows.hosts;
	sim_init(&x->sim, x->sc.seed, &topo, tier, SIM_HOST_TIMERS * topo.hosts, &sim_engine_ops,
		 x->hosts);
	if (team)
		sim_team_join(&x->sim, team);
	sim_switches_init(&x->sim, &(struct sim_routing){
		(enum sim_route_kind)x->sc.routing, x->sc.flowlet_ns * SIM_NS,
		x->sc.detect_us * SIM_US });
	if (*x->sc.routing_file) {
		x->sim.routes = sim_routes_read(&x->sim, x->sc.routing_file, x->error);
		if (!x->sim.routes)
			return -1;
	}
	if (sim_scenario_lanes(&x->sc, &lanes))
		sim_lanes_init(&x->sim, &lanes);
	if (sim_faults(&x->sim, &x->sc, x->error))
		return -1;
	if (!sim_is_ring(&x->sc)) {
		if (!sim_flows_init(&x->flows, &x->sim, &x->sc, split))
			return 0;
		snprintf(x->error, sizeof(x->error), "%.500s", x->flows.error);
		return -1;
	}
	if (sim_scenario_check_ring(&x->sc, topo.hosts, x->error))
		return -1;
	sim_ring_init(&x->ring, &x->sim, &x->sc, split);
	sim_ring_form(&x->sc, &topo, x->ring.place, &x->ideal);
	return 0;
}

static void flow_pair(const void *ctx, uint32_t i, uint32_t *chip, uint32_t *peer)
{
	const struct sim_flow *flow = &((const struct sim_flow_list *)ctx)->flow[i];

	*chip = flow->src;
	*peer = flow->dst;
}

static void ring_pair(const void *ctx, uint32_t i, uint32_t *chip, uint32_t *peer)
{
	const struct sim_ring *ring = ctx;

	*chip = ring->place[i];
	*peer = ring->place[(i + 1) % ring->n];
}

static void watch(struct sim_experiment *x)
{
	if (sim_is_ring(&x->sc))
		sim_watch_init(&x->watch, &x->sc, x->ring.n, ring_pair, &x->ring);
	else
		sim_watch_init(&x->watch, &x->sc, x->flows.list.n, flow_pair, &x->flows.list);
}

/* All that follows when everything is made. */
static int go(struct sim_experiment *x, double began)
{
	const struct sim_team *t = x->sim.team;
	double used = t ? t->ops->used_s(t->ctx) : 0;
	int err;

	watch(x);
	sim_codec_init(&x->codec, x->sc.check_codec, x->sim.topo.hosts);
	if (x->extras && x->extras->progress) {
		x->sim.beat = on_beat;
		x->sim.beat_ctx = x;
	}
	if ((x->extras && x->extras->trace) || x->codec.every) {
		x->sim.tap = on_tap;
		x->sim.tap_ctx = x;
	}
	x->setup_s = wall() - began;
	err = drive(x);
	x->sim.beat = NULL;
	x->ok = !err;
	if (t)
		x->run_us = (uint64_t)((t->ops->used_s(t->ctx) - used) * 1e6);
	results(x);
	x->wall_s = wall() - began;
	return err;
}

/* Runs the flows with fewer bytes, by packets or as fluid; their makespan, or 0 and why. */
static sim_time run_fewer(const struct sim_scenario *sc, uint64_t transport, char why[SIM_WHY_MAX])
{
	struct sim_experiment *x = sim_zalloc(1, sizeof(*x));
	struct sim_scenario few = *sc;
	sim_time took = 0;

	few.divide = sc->fluid_check;
	few.fluid_check = 0;
	few.transport = transport;
	few.watch = 0;
	if (sim_experiment(x, &few, NULL, NULL, NULL))
		snprintf(why, SIM_WHY_MAX, "%s", x->error);
	else
		took = x->took;
	sim_experiment_fini(x);
	free(x);
	return took;
}

/* How far is the fluid from packets? */
static void measure_fluid(struct sim_experiment *x)
{
	if (x->sc.transport != SIM_TRANSPORT_FLUID || !x->sc.fluid_check || !x->ok)
		return;
	x->fluid.fluid = run_fewer(&x->sc, SIM_TRANSPORT_FLUID, x->fluid.why);
	x->fluid.packets = run_fewer(&x->sc, SIM_TRANSPORT_WEFT, x->fluid.why);
}

int sim_experiment_with(struct sim_experiment *x, const struct sim_scenario *sc,
			const struct sim_extras *extras)
{
	double began = wall();
	int err;

	memset(x, 0, sizeof(*x));
	x->sc = *sc;
	x->extras = extras;
	err = make(x, !extras->trace, NULL);	/* a trace is in order of time */
	x->refused = err;
	err = err ? err : go(x, began);
	measure_fluid(x);
	x->extras = NULL;			/* the caller's, and not for long */
	return err;
}

int sim_experiment(struct sim_experiment *x, const struct sim_scenario *sc,
		   struct sim_pcap *trace, sim_progress *progress, void *progress_ctx)
{
	struct sim_extras extras = { .trace = trace, .progress = progress,
				     .progress_ctx = progress_ctx };

	return sim_experiment_with(x, sc, &extras);
}

int sim_experiment_team(struct sim_experiment *x, const struct sim_scenario *sc,
			struct sim_team *team, const struct sim_extras *extras)
{
	double began = wall();
	int err;

	memset(x, 0, sizeof(*x));
	x->sc = *sc;
	x->extras = extras;
	if (!make(x, true, team))
		sim_team_check(x);
	x->sim.team = team;
	sim_team_text(&x->sim, x->error, sizeof(x->error));	/* one cannot: none can */
	x->refused = *x->error;
	err = x->refused ? -1 : go(x, began);
	x->extras = NULL;			/* the caller's, and not for long */
	return err;
}

void sim_experiment_fini(struct sim_experiment *x)
{
	if (sim_is_ring(&x->sc))
		sim_ring_fini(&x->ring);
	else
		sim_flows_fini(&x->flows);
	if (x->sim.team)
		sim_team_fini(x->sim.team);
	sim_fini(&x->sim);
	sim_watch_fini(&x->watch);
	sim_codec_fini(&x->codec);
	free(x->sent_warm);
	free(x->work);
}

uint64_t sim_memory_kib(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (uint64_t)use.ru_maxrss;
}
