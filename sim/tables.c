/* SPDX-License-Identifier: BSD-2-Clause */
/* See tables.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/lanes.h"
#include "sim/tables.h"
#include "sim/util.h"

static const char *const state_name[] = {
	[SIM_FLOW_WAITS] = "waits", [SIM_FLOW_QUEUED] = "queued", [SIM_FLOW_GOES] = "goes",
	[SIM_FLOW_DONE] = "done",
};

static void flows(const struct sim_experiment *x, FILE *f)
{
	const struct sim_flow_list *l = &x->flows.list;

	fputs("id,src,dst,bytes,begun_ps,ended_ps,fct_ps,ideal_ps,slowdown,state\n", f);
	for (uint32_t i = 0; i < l->n; i++) {
		const struct sim_flow *k = &l->flow[i];
		sim_time ideal = sim_flow_ideal(&x->sc, &x->sim.topo, k->src, k->dst, k->bytes);

		fprintf(f, "%" PRIu64 ",%u,%u,%" PRIu64 ",", k->id, k->src, k->dst, k->bytes);
		if (k->state == SIM_FLOW_DONE)
			fprintf(f, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.4f,done\n",
				k->begun, k->ended, k->ended - k->begun, ideal,
				(double)(k->ended - k->begun) / (double)(ideal ? ideal : 1));
		else
			fprintf(f, ",,,%" PRIu64 ",,%s\n", ideal, state_name[k->state]);
	}
}

static void steps(const struct sim_experiment *x, FILE *f)
{
	fputs("step,first_ps,last_ps\n", f);
	for (uint32_t k = 0; k < x->ring.steps; k++)
		fprintf(f, "%u,%" PRIu64 ",%" PRIu64 "\n", k, x->ring.step[k].first,
			x->ring.step[k].last);
}

static void node(const struct sim_experiment *x, uint32_t n, FILE *f)
{
	uint32_t hosts = x->sim.topo.hosts;

	fprintf(f, n < hosts ? "c%u," : "s%u,", n < hosts ? n : n - hosts);
}

static void ports(const struct sim_experiment *x, FILE *f)
{
	const struct sim *sim = &x->sim;
	double span = (double)(x->took ? x->took : 1);

	fputs("port,plane,from,to,tier,packets,bytes,utilisation,queue_max_bytes,dropped,marked,"
	      "trimmed,lost,paused_ps\n", f);
	for (uint32_t i = 0; i < sim->ports; i++) {
		const struct sim_port *p = &sim->port[i];
		const struct sim_gone *gone = &sim->gone[i];
		struct sim_port_place place = sim_place(&sim->topo, i);
		uint32_t in_plane;

		fprintf(f, "%u,%u,", i, sim_port_plane(&sim->topo, i, &in_plane));
		node(x, place.from, f);
		node(x, place.to, f);
		fprintf(f, "%s,%" PRIu64 ",%" PRIu64 ",%.6f,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64
			",%" PRIu64 ",%" PRIu64 "\n", sim_tier_name[place.tier], p->sent_pkts,
			p->sent_bytes, (double)p->sent_bytes * p->ps_per_kib / 1024 / span,
			p->q_bytes_max, gone->dropped_pkts, p->marked_pkts,
			gone->trimmed_pkts, gone->lost_pkts,
			sim->lanes ? sim_lanes_paused(sim, i, sim->now) : 0);
	}
}

static void series(const struct sim_experiment *x, FILE *f)
{
	const struct sim_stats *s = &x->sim.stats;
	uint32_t used = sim_slots(s, x->quiet);

	fputs("t_ps,tier,sent_bytes,queue_peak_bytes\n", f);
	for (unsigned t = 0; t < SIM_TIERS; t++)
		for (uint32_t i = 0; x->tier[t].links && i < used; i++)
			fprintf(f, "%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 "\n",
				(uint64_t)i << s->shift, sim_tier_name[t], s->tier[t].sent[i],
				s->tier[t].peak[i]);
}

static void paths(const struct sim_experiment *x, FILE *f)
{
	const struct sim_watch *w = &x->watch;

	fputs("t_ps,chip,peer,path,state\n", f);
	for (uint32_t i = 0; i < w->looks; i++)
		for (uint32_t c = 0; c < w->n; c++)
			for (uint32_t k = 0; k < w->paths; k++)
				fprintf(f, "%" PRIu64 ",%u,%u,%u,%s\n", i * w->period,
					w->context[c].chip, w->context[c].peer, k,
					sim_path_look_name[sim_watch_seen(w, i, c, k)]);
}

/* A span of time in chip `chip`'s row, drawn beside others of it that overlap. */
static void span(FILE *f, const char *name, uint64_t id, uint32_t chip, sim_time from,
		 sim_time to, uint64_t bytes)
{
	fprintf(f, ",\n{\"ph\":\"b\",\"cat\":\"flow\",\"name\":\"%s\",\"id\":%" PRIu64
		",\"pid\":%u,\"tid\":0,\"ts\":%.6f,\"args\":{\"bytes\":%" PRIu64 "}},\n"
		"{\"ph\":\"e\",\"cat\":\"flow\",\"name\":\"%s\",\"id\":%" PRIu64 ",\"pid\":%u,"
		"\"tid\":0,\"ts\":%.6f}", name, id, chip, (double)from / 1e6, bytes, name, id, chip,
		(double)to / 1e6);
}

static void timeline(const struct sim_experiment *x, FILE *f)
{
	const struct sim_flow_list *l = &x->flows.list;
	bool ring = sim_is_ring(&x->sc);
	char name[48];

	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", f);
	fputs("{\"ph\":\"M\",\"pid\":0,\"name\":\"process_name\","
	      "\"args\":{\"name\":\"chip 0\"}}", f);
	for (uint32_t c = 1; !ring && c < x->sim.topo.hosts; c++)
		fprintf(f, ",\n{\"ph\":\"M\",\"pid\":%u,\"name\":\"process_name\",\"args\":{"
			"\"name\":\"chip %u\"}}", c, c);
	for (uint32_t k = 0; ring && k < x->ring.steps; k++) {
		snprintf(name, sizeof(name), "step %u", k);
		span(f, name, k, 0, k ? x->ring.step[k - 1].first : 0, x->ring.step[k].last,
		     x->ring.chunk);
	}
	for (uint32_t i = 0; !ring && i < l->n; i++) {
		const struct sim_flow *k = &l->flow[i];

		snprintf(name, sizeof(name), "%u to %u", k->src, k->dst);
		if (k->state == SIM_FLOW_DONE)
			span(f, name, k->id, k->src, k->begun, k->ended, k->bytes);
	}
	fputs("\n]}\n", f);
}

int sim_tables(const struct sim_experiment *x, const char *dir, char why[SIM_WHY_MAX])
{
	bool ring = sim_is_ring(&x->sc);
	const struct {
		const char *name;
		void (*write)(const struct sim_experiment *x, FILE *f);
	} table[] = {
		{ ring ? "steps.csv" : "flows.csv", ring ? steps : flows },
		{ "ports.csv", ports }, { "series.csv", series }, { "paths.csv", paths },
		{ "timeline.json", timeline },
	};
	char path[4096];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, table[i].name);
		f = sim_create(path);
		if (f)
			table[i].write(x, f);
		if (!f || sim_created(f, path)) {
			snprintf(why, SIM_WHY_MAX, "cannot write %.200s: %s%s%.200s%s", path,
				 strerror(errno), f ? "; " : "", f ? path : "",
				 f ? ".part has what could be written" : "");
			return -1;
		}
	}
	return 0;
}
