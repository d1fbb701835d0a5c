/* SPDX-License-Identifier: BSD-2-Clause */
/* See requests.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flows.h"
#include "sim/requests.h"
#include "sim/rng.h"
#include "sim/tasks.h"
#include "sim/team.h"
#include "sim/util.h"

enum {
	COMMAND = 64,		/* bytes of an NVMe command, and of the word that there is room */
	COMPLETION = 16,	/* bytes of an NVMe completion */
	BLOCK = 1024,		/* messages that are looked at together */
	BACKGROUND_CPU = SIM_CPUS_MAX	/* of a chip, no trace's: when its background begins */
};

struct maker {
	struct sim_flow_list *l;
	const struct sim_scenario *sc;
	uint64_t state;		/* of draws */
	uint32_t servers, apart;	/* every apart-th chip */
};

static uint64_t draw(struct maker *m)
{
	m->state += 0x9e3779b97f4a7c15u;
	return sim_mix(m->state);
}

/* A message that goes when `on` has ended, if there is one; its flow, and the task that has it. */
static uint32_t message(struct maker *m, uint32_t src, uint32_t dst, uint64_t bytes, uint32_t on,
			uint32_t *there)
{
	uint32_t send;

	sim_task_message(m->l, src, dst, bytes, &send, there);
	if (on != SIM_NO_TASK)
		sim_task_after(m->l->tasks, send, on, false);
	return m->l->n - 1;
}

/* Work of `chip` on one of its channels; the task. */
static uint32_t serve(struct maker *m, uint32_t chip, uint64_t channel, uint32_t on, uint32_t on2)
{
	struct sim_tasks *t = m->l->tasks;
	uint32_t task = sim_task_calc(t, chip, m->sc->service_ns * SIM_NS,
				      (uint32_t)(channel % m->sc->channels));

	sim_task_after(t, task, on, false);
	if (on2 != SIM_NO_TASK)
		sim_task_after(t, task, on2, false);
	return task;
}

static void note(struct maker *m, uint32_t first, uint32_t data, uint32_t last, bool write)
{
	struct sim_flow_list *l = m->l;

	if (!(l->requests & (l->requests - 1)))
		l->request = sim_resize(l->request, l->requests ? 2 * l->requests : 1,
					sizeof(*l->request));
	l->request[l->requests++] = (struct sim_request){ first, data, last, write };
}

/* The task by which the one who asks has all. */
static uint32_t end(struct maker *m, uint32_t chip, uint32_t on, uint32_t on2)
{
	uint32_t task = sim_task_calc(m->l->tasks, chip, 0, 0);

	sim_task_after(m->l->tasks, task, on, false);
	if (on2 != SIM_NO_TASK)
		sim_task_after(m->l->tasks, task, on2, false);
	return task;
}

static uint32_t read_from(struct maker *m, uint32_t chip, uint32_t server, uint32_t prev)
{
	uint64_t bytes = sim_flow_size(m->sc, draw(m)), channel = draw(m);
	uint32_t asked, data_there, all_there, media, first, data, last;

	first = message(m, chip, server, COMMAND, prev, &asked);
	media = serve(m, server, channel, asked, SIM_NO_TASK);
	data = message(m, server, chip, bytes, media, &data_there);
	last = message(m, server, chip, COMPLETION, media, &all_there);
	note(m, first, data, last, false);
	return end(m, chip, data_there, all_there);
}

static uint32_t write_to(struct maker *m, uint32_t chip, uint32_t server, uint32_t prev)
{
	uint64_t bytes = sim_flow_size(m->sc, draw(m)), channel = draw(m);
	uint32_t asked, room, there, done, media, first, data, last;

	first = message(m, chip, server, COMMAND, prev, &asked);
	message(m, server, chip, COMMAND, asked, &room);
	data = message(m, chip, server, bytes, room, &there);
	media = serve(m, server, channel, there, SIM_NO_TASK);
	last = message(m, server, chip, COMPLETION, media, &done);
	note(m, first, data, last, true);
	return end(m, chip, done, SIM_NO_TASK);
}

static uint32_t dispatch(struct maker *m, uint32_t chip, uint32_t device, uint32_t prev)
{
	uint64_t bytes = sim_flow_size(m->sc, draw(m)), channel = draw(m);
	uint32_t there, asked, done, kernel, data, last;

	data = message(m, chip, device, bytes, prev, &there);
	message(m, chip, device, COMMAND, prev, &asked);
	kernel = serve(m, device, channel, there, asked);
	last = message(m, device, chip, COMPLETION, kernel, &done);
	note(m, data, data, last, true);
	return end(m, chip, done, SIM_NO_TASK);
}

/* All requests of a chip: in each of its slots one after another. */
static void ask(struct maker *m, uint32_t chip)
{
	const struct sim_scenario *sc = m->sc;
	uint32_t depth = (uint32_t)sc->queue_depth;
	uint32_t *prev = sim_zalloc(depth, sizeof(*prev));

	memset(prev, 0xff, depth * sizeof(*prev));
	for (uint64_t i = 0; i < sc->requests; i++) {
		uint32_t *at = &prev[i % depth], server;

		if (sc->workload == SIM_WORK_DISPATCH) {
			*at = dispatch(m, chip, chip + 1 + (uint32_t)(i % (m->apart - 1)), *at);
			continue;
		}
		server = sim_below(draw(m), m->servers) * m->apart;
		if (sim_below(draw(m), 100) < sc->read_percent)
			*at = read_from(m, chip, server, *at);
		else
			*at = write_to(m, chip, server, *at);
	}
	free(prev);
}

static bool is_server(const struct maker *m, uint32_t chip)
{
	return chip % m->apart == 0 && chip / m->apart < m->servers;
}

int sim_requests_make(struct sim_flow_list *l, const struct sim_scenario *sc, uint32_t chips,
		      char why[SIM_WHY_MAX])
{
	struct maker m = { .l = l, .sc = sc };
	uint32_t task;

	m.servers = sc->servers ? (uint32_t)sc->servers : chips / 8 ? chips / 8 : 1;
	m.apart = chips / m.servers;
	if (m.apart < 2) {
		snprintf(why, SIM_WHY_MAX, "workload.servers is %u of %u chips; half of them at "
			 "most", m.servers, chips);
		return -1;
	}
	m.state = sim_key(sc->pattern_seed ? sc->pattern_seed : sc->seed, SIM_FOR_FLOWS);
	sim_tasks_new(l, chips);
	for (uint32_t c = 0; c < chips; c++)
		if (is_server(&m, c) == (sc->workload == SIM_WORK_DISPATCH))
			ask(&m, c);
	sim_background_add(l, sc, chips);
	return sim_tasks_close(l, &task, why);
}

/* A flow of the background: at its time; of a graph: behind a pause of its chip. */
static void add_behind(struct sim_flow_list *l, const struct sim_flow *f, sim_time *last)
{
	uint32_t wait, send, recv;

	wait = sim_task_calc(l->tasks, f->src, f->start - last[f->src], BACKGROUND_CPU);
	last[f->src] = f->start;
	sim_task_message(l, f->src, f->dst, f->bytes, &send, &recv);
	sim_task_after(l->tasks, send, wait, false);
	l->tasks->task[wait].beside = l->tasks->task[send].beside = true;
	l->tasks->task[recv].beside = true;
}

uint32_t sim_background_add(struct sim_flow_list *l, const struct sim_scenario *sc,
			    uint32_t chips)
{
	struct sim_flow_list beside = { 0 };
	struct sim_scenario own = *sc;
	sim_time *last;

	if (!sc->background_load)
		return 0;
	own.load_percent = sc->background_load;
	own.flow_count = sc->background_flows;
	own.sizes = sc->background_sizes;
	own.flow_bytes = sc->background_bytes;
	own.receivers = SIM_TO_ANY;
	sim_poisson(&beside, &own, chips, SIM_FOR_BACKGROUND);
	last = sim_zalloc(chips, sizeof(*last));
	for (uint32_t i = 0; i < beside.n; i++) {
		const struct sim_flow *f = &beside.flow[i];

		if (l->tasks)
			add_behind(l, f, last);
		else
			sim_flow_add(l, f->src, f->dst, f->bytes, SIM_NO_FLOW)->start = f->start;
		l->flow[l->n - 1].id = (uint64_t)SIM_NO_FLOW + i;	/* no file's */
		l->flow[l->n - 1].background = true;
	}
	free(last);
	sim_flow_list_fini(&beside);
	return (uint32_t)own.flow_count;
}

/* Results. */

void sim_requests_gather(struct sim_flows *f)
{
	const struct sim_team *team = f->hosts.sim->team;
	uint64_t v[BLOCK];

	for (uint32_t from = 0; f->list.requests && from < f->list.n; from += BLOCK) {
		uint32_t n = f->list.n - from < BLOCK ? f->list.n - from : BLOCK;
		struct sim_message *m = &f->list.tasks->message[from];

		for (uint32_t i = 0; i < n; i++)
			v[i] = m[i].arrived_at;
		team->ops->all(team->ctx, v, n, SIM_ALL_MAX);
		for (uint32_t i = 0; i < n; i++)
			m[i].arrived_at = v[i];
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void sim_requests_sum(const struct sim_flows *f, bool write, struct sim_request_sum *out)
{
	const struct sim_flow_list *l = &f->list;
	double *took = sim_zalloc(l->requests + 1, sizeof(*took));
	sim_time deadline = f->sc->deadline_us * SIM_US;

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < l->requests; i++) {
		const struct sim_request *r = &l->request[i];
		sim_time data = l->tasks->message[r->data].arrived_at;
		sim_time there = l->tasks->message[r->last].arrived_at;

		if (r->write != write)
			continue;
		if (!data || !there) {
			out->missed += deadline != 0;
			continue;
		}
		there = (there > data ? there : data) - l->flow[r->first].begun;
		out->missed += deadline && there > deadline;
		took[out->n] = (double)there;
		out->mean += took[out->n++];
	}
	if (out->n) {
		qsort(took, out->n, sizeof(*took), by_value);
		out->mean /= out->n;
		out->p50 = took[out->n / 2];
		out->p99 = took[(uint64_t)out->n * 99 / 100];
		out->max = took[out->n - 1];
	}
	free(took);
}
