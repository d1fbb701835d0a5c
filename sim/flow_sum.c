/* SPDX-License-Identifier: BSD-2-Clause */
/* What a list of flows came to: completion times, and the ideal that each is compared with. */
#include <stdlib.h>
#include <string.h>

#include "sim/bare.h"
#include "sim/closed.h"
#include "sim/flows.h"
#include "sim/tasks.h"
#include "sim/util.h"

/* Of the last acknowledgement. */
static uint32_t answer_bytes(const struct sim_scenario *sc)
{
	if (sim_is_bare(sc))
		return sim_bare_ack(sc);
	return sim_packet_bytes((enum sim_carriage)sc->carriage,
				WEFT_HDR_DELIVERY_LEN + WEFT_HDR_OP_LEN + WEFT_HDR_TACK_LEN +
				(uint32_t)sc->extra_bytes, 0);
}

sim_time sim_flow_ideal(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst, uint64_t bytes)
{
	uint32_t back = answer_bytes(sc);
	enum sim_tier on[SIM_LINKS_MAX];
	struct sim_link_cfg tier[SIM_TIERS];
	uint32_t links = sim_path_tiers(t, src, dst, on);
	sim_time sum = sim_message_time(sc, t, src, dst, bytes, sim_has_tasks(sc));

	if (sc->transport == SIM_TRANSPORT_OPEN_LOOP)
		return sum;
	sim_scenario_links(sc, tier);
	for (uint32_t i = 0; i < links; i++) {
		const struct sim_link_cfg *l = &tier[on[i]];

		sum += sim_wire_time(sim_ps_per_kib(l->gbps), back) +
		       (sim_time)l->delay_ns * SIM_NS;
	}
	return sum;
}

/* The ideal of flows over so many links, computed last. */
struct known {
	uint64_t bytes;
	sim_time ideal;		/* 0: none yet */
};

/* In a Clos network all paths of so many links are alike, and mostly all flows are as long. */
static sim_time ideal_of(const struct sim_flows *f, const struct sim_flow *flow,
			 struct known known[SIM_LINKS_MAX + 1])
{
	const struct sim_topology *t = &f->hosts.sim->topo;
	struct known *k = &known[sim_path_links(t, flow->src, flow->dst)];

	if (t->graph || !k->ideal || k->bytes != flow->bytes)
		k->ideal = sim_flow_ideal(f->sc, t, flow->src, flow->dst, flow->bytes);
	k->bytes = flow->bytes;
	return k->ideal;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The least value that `share` of the n sorted ones do not exceed. */
static double quantile(const double *v, uint32_t n, double share)
{
	uint32_t i = (uint32_t)((double)n * share);

	return v[i < n ? i : n - 1];
}

/*
 * When the last flow would end if each took its ideal time from when it may begin: a lower bound,
 * and what comes if flows never share a link at the same time. after_id is always above.
 */
static sim_time longest_chain(const struct sim_flows *f, const sim_time *ideal)
{
	sim_time *end, first = SIM_NEVER, last = 0;

	if (f->list.tasks)
		return sim_tasks_chain(f, ideal);
	end = sim_zalloc(f->list.n, sizeof(*end));
	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];
		sim_time begun = flow->start +
				 (flow->after == SIM_NO_FLOW ? 0 : end[flow->after]);

		end[i] = begun + ideal[i];
		if (flow->background)
			continue;
		first = begun < first ? begun : first;
		last = end[i] > last ? end[i] : last;
	}
	free(end);
	return last - first;
}

/* What the link of the chip with most to send, or to receive, takes for it. */
static sim_time busiest_link(const struct sim_flows *f)
{
	uint32_t chips = f->hosts.sim->topo.hosts;
	uint64_t *bytes = sim_zalloc((size_t)2 * chips, sizeof(*bytes));
	sim_time most = 0;
	uint32_t imm = f->list.tasks && !sim_is_bare(f->sc) ? WEFT_HDR_IMM_LEN : 0;
	uint64_t wire = 0, of = UINT64_MAX;

	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];

		if (flow->background)
			continue;
		if (flow->bytes != of)		/* mostly all flows are as long */
			wire = sim_message_bytes(f->sc, flow->bytes) + imm;
		of = flow->bytes;
		bytes[flow->src] += wire;
		bytes[chips + flow->dst] += wire;
	}
	for (uint32_t i = 0; i < 2 * chips; i++) {	/* a chip's link is as fast either way */
		sim_time takes = f->hosts.sim->port[i % chips].ps_per_kib * bytes[i] / 1024;

		most = takes > most ? takes : most;
	}
	free(bytes);
	return most / f->sc->planes;
}

/* What went on beside the workload. */
static void sum_background(const struct sim_flows *f, struct sim_flow_sum *out)
{
	double *fct = sim_zalloc(f->list.n + 1, sizeof(*fct));
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];

		if (!flow->background || flow->state != SIM_FLOW_DONE)
			continue;
		fct[n] = (double)(flow->ended - flow->begun);
		out->beside_mean += fct[n++];
	}
	if (n) {
		qsort(fct, n, sizeof(*fct), by_value);
		out->beside_mean /= n;
		out->beside_p99 = quantile(fct, n, 0.99);
	}
	out->beside = n;
	free(fct);
}

/* How many were late, or never came. */
static void sum_missed(const struct sim_flows *f, struct sim_flow_sum *out)
{
	sim_time deadline = f->sc->deadline_us * SIM_US;

	sim_requests_sum(f, false, &out->reads);
	sim_requests_sum(f, true, &out->writes);
	out->missed = out->reads.missed + out->writes.missed;
	for (uint32_t i = 0; deadline && !f->list.requests && i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];

		out->missed += !flow->background && (flow->state != SIM_FLOW_DONE ||
						     flow->ended - flow->begun > deadline);
	}
}

void sim_flows_sum(const struct sim_flows *f, struct sim_flow_sum *out)
{
	uint32_t n = 0;
	sim_time *ideal = sim_zalloc(f->list.n, sizeof(*ideal));
	struct known known[SIM_LINKS_MAX + 1] = { { 0 } };
	double rate = 0, squares = 0;
	double *fct = sim_zalloc(f->list.n, sizeof(*fct));
	double *slow = sim_zalloc(f->list.n, sizeof(*slow));
	sim_time first = SIM_NEVER, last = 0;
	uint64_t bytes = 0;

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];
		double r;

		ideal[i] = ideal_of(f, flow, known);
		if (flow->state != SIM_FLOW_DONE || flow->background)
			continue;
		fct[n] = (double)(flow->ended - flow->begun);
		slow[n] = fct[n] / (double)ideal[i];
		out->inexact += flow->ended - flow->begun != ideal[i];
		out->wait_mean += fct[n] - (double)ideal[i];
		r = (double)flow->bytes / fct[n];
		rate += r;
		squares += r * r;
		out->mean += fct[n];
		out->slow_mean += slow[n++];
		first = flow->begun < first ? flow->begun : first;
		last = flow->ended > last ? flow->ended : last;
		bytes += flow->bytes;
	}
	if (n) {
		qsort(fct, n, sizeof(*fct), by_value);
		qsort(slow, n, sizeof(*slow), by_value);
		out->flows = n;
		out->mean /= n;
		out->slow_mean /= n;
		out->wait_mean /= n;
		out->jain = rate * rate / (n * squares);
		out->chain = longest_chain(f, ideal);
		out->link = busiest_link(f);
		out->ideal = out->chain > out->link ? out->chain : out->link;
		out->p50 = quantile(fct, n, 0.5);
		out->p95 = quantile(fct, n, 0.95);
		out->p99 = quantile(fct, n, 0.99);
		out->max = fct[n - 1];
		out->slow_p50 = quantile(slow, n, 0.5);
		out->slow_p99 = quantile(slow, n, 0.99);
		out->slow_max = slow[n - 1];
		out->makespan = f->list.tasks ? f->own_end - f->start : last - first;
		out->goodput_gbps = (double)bytes * 8000 / (double)out->makespan;
	}
	sum_background(f, out);
	sum_missed(f, out);
	free(ideal);
	free(fct);
	free(slow);
}
