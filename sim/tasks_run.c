/* SPDX-License-Identifier: BSD-2-Clause */
/* See tasks.h. */
#include <stdlib.h>

#include "sim/closed.h"
#include "sim/flows.h"
#include "sim/tasks.h"
#include "sim/util.h"

static sim_time now(const struct sim_flows *f)
{
	return f->hosts.sim->now - f->start;
}

/* Whoever waits for `i` to have begun, or to have ended, waits for one less. */
static void release(struct sim_tasks *t, uint32_t i, bool early)
{
	for (uint32_t e = t->first[i]; e < t->first[i + 1]; e++)
		if (t->edge[e].early == early && !--t->task[t->edge[e].to].waits)
			t->todo[t->todos++] = t->edge[e].to;
}

static void finish(struct sim_flows *f, uint32_t i)
{
	struct sim *sim = f->hosts.sim;
	struct sim_tasks *t = f->list.tasks;

	t->task[i].state = SIM_TASK_DONE;
	f->end = sim->now > f->end ? sim->now : f->end;	/* parts are not in step */
	if (!t->task[i].beside && sim->now > f->own_end)
		f->own_end = sim->now;
	if (!--f->left)
		sim->done = true;
	release(t, i, false);
}

static void start(struct sim_flows *f, struct sim_lane *lane)
{
	lane->until = now(f) + f->list.tasks->task[lane->head].takes;
}

static void compute(struct sim_flows *f, uint32_t i)
{
	struct sim_tasks *t = f->list.tasks;
	struct sim_lane *lane;

	if (!t->task[i].takes) {
		finish(f, i);
		return;
	}
	lane = &t->lane[t->task[i].lane];
	t->task[i].next = SIM_NO_TASK;
	if (lane->head != SIM_NO_TASK) {
		t->task[lane->tail].next = i;
		lane->tail = i;
		return;
	}
	lane->head = lane->tail = i;
	start(f, lane);
}

static void begin(struct sim_flows *f, uint32_t i)
{
	struct sim_tasks *t = f->list.tasks;
	struct sim_task *task = &t->task[i];

	task->state = SIM_TASK_GOES;
	release(t, i, true);
	switch ((enum sim_task_kind)task->kind) {
	case SIM_TASK_SEND:
		f->list.flow[task->flow].begun = now(f);
		sim_flow_begin(f, task->flow);
		break;
	case SIM_TASK_RECV:
		if (t->message[task->flow].arrived)
			finish(f, i);
		break;
	case SIM_TASK_CALC:
		compute(f, i);
		break;
	}
}

/* All that may begin does, and what may begin by that; then the chip waits for its processors. */
static void go_on(struct sim_flows *f, uint32_t chip)
{
	struct sim_tasks *t = f->list.tasks;
	sim_time next = SIM_NEVER;

	while (t->done < t->todos)
		begin(f, t->todo[t->done++]);
	t->done = t->todos = 0;
	for (uint32_t i = t->lanes_of[chip]; i != SIM_NO_TASK; i = t->lane[i].next)
		if (t->lane[i].head != SIM_NO_TASK && t->lane[i].until < next)
			next = t->lane[i].until;
	if (next != SIM_NEVER)
		sim_alarm(&f->hosts, chip, f->start + next);
}

void sim_tasks_due(struct sim_flows *f, uint32_t chip)
{
	struct sim_tasks *t = f->list.tasks;

	for (uint32_t i = t->roots[chip]; i != SIM_NO_TASK; i = t->task[i].next)
		t->todo[t->todos++] = i;
	t->roots[chip] = SIM_NO_TASK;
	for (uint32_t i = t->lanes_of[chip]; i != SIM_NO_TASK; i = t->lane[i].next) {
		struct sim_lane *lane = &t->lane[i];
		uint32_t task = lane->head;

		if (task == SIM_NO_TASK || lane->until > now(f))
			continue;
		lane->head = t->task[task].next;
		if (lane->head != SIM_NO_TASK)
			start(f, lane);
		finish(f, task);
	}
	go_on(f, chip);
}

void sim_task_sent(struct sim_flows *f, uint32_t flow)
{
	uint32_t send = f->list.tasks->message[flow].send;

	finish(f, send);
	go_on(f, f->list.tasks->task[send].chip);
}

void sim_task_arrived(struct sim_flows *f, uint32_t flow)
{
	struct sim_message *m = &f->list.tasks->message[flow];
	const struct sim_task *recv = &f->list.tasks->task[m->recv];

	m->arrived = true;
	m->arrived_at = now(f);
	if (recv->state == SIM_TASK_GOES)
		finish(f, m->recv);
	go_on(f, recv->chip);
}

sim_time sim_tasks_chain(const struct sim_flows *f, const sim_time *ideal)
{
	const struct sim_tasks *t = f->list.tasks;
	sim_time *begins = sim_zalloc(t->n, sizeof(*begins)), last = 0;

	for (uint32_t k = 0; k < t->n; k++) {
		uint32_t i = t->order[k];
		const struct sim_task *task = &t->task[i];
		sim_time begun = begins[i], ended = begun + task->takes;

		if (task->kind == SIM_TASK_SEND) {
			const struct sim_flow *flow = &f->list.flow[task->flow];
			uint32_t recv = t->message[task->flow].recv;
			sim_time there = begun + sim_message_time(f->sc, &f->hosts.sim->topo,
								  flow->src, flow->dst,
								  flow->bytes, true);

			ended = begun + ideal[task->flow];
			begins[recv] = there > begins[recv] ? there : begins[recv];
		}
		for (uint32_t e = t->first[i]; e < t->first[i + 1]; e++) {
			sim_time at = t->edge[e].early ? begun : ended;

			if (begins[t->edge[e].to] < at)
				begins[t->edge[e].to] = at;
		}
		if (!task->beside && ended > last)
			last = ended;
	}
	free(begins);
	return last;
}
