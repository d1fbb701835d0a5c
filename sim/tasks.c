/* SPDX-License-Identifier: BSD-2-Clause */
/* See tasks.h. This file makes graphs and closes them; tasks_run.c carries them out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/tasks.h"
#include "sim/util.h"

/* Room for one more of what an array holds. */
#define ROOM(array, n, size) \
	do { \
		if ((n) == (size)) { \
			(size) = (size) ? 2 * (size) : 256; \
			(array) = sim_resize((array), (size), sizeof(*(array))); \
		} \
	} while (0)

struct sim_tasks *sim_tasks_new(struct sim_flow_list *l, uint32_t chips)
{
	struct sim_tasks *t = sim_zalloc(1, sizeof(*t));

	t->chips = chips;
	t->lanes_of = sim_zalloc(chips, sizeof(*t->lanes_of));
	t->roots = sim_zalloc(chips, sizeof(*t->roots));
	for (uint32_t i = 0; i < chips; i++)
		t->lanes_of[i] = t->roots[i] = SIM_NO_TASK;
	l->tasks = t;
	return t;
}

void sim_tasks_free(struct sim_tasks *t)
{
	if (!t)
		return;
	free(t->task);
	free(t->edge);
	free(t->first);
	free(t->order);
	free(t->message);
	free(t->half);
	free(t->lane);
	free(t->lanes_of);
	free(t->roots);
	free(t->todo);
	free(t);
}

static uint32_t add(struct sim_tasks *t, uint32_t chip, enum sim_task_kind kind)
{
	ROOM(t->task, t->n, t->size);
	t->task[t->n] = (struct sim_task){ .chip = chip, .flow = SIM_NO_FLOW, .lane = SIM_NO_TASK,
					   .next = SIM_NO_TASK, .kind = (uint8_t)kind };
	return t->n++;
}

static uint32_t lane_of(struct sim_tasks *t, uint32_t chip, uint32_t cpu)
{
	uint32_t i = t->lanes_of[chip];

	while (i != SIM_NO_TASK && t->lane[i].cpu != cpu)
		i = t->lane[i].next;
	if (i != SIM_NO_TASK)
		return i;
	ROOM(t->lane, t->lanes, t->lanes_size);
	t->lane[t->lanes] = (struct sim_lane){ .cpu = cpu, .next = t->lanes_of[chip],
					       .head = SIM_NO_TASK, .tail = SIM_NO_TASK };
	t->lanes_of[chip] = t->lanes;
	return t->lanes++;
}

uint32_t sim_task_calc(struct sim_tasks *t, uint32_t chip, sim_time takes, uint32_t cpu)
{
	uint32_t i = add(t, chip, SIM_TASK_CALC);

	t->task[i].takes = takes;
	if (takes)
		t->task[i].lane = lane_of(t, chip, cpu);
	return i;
}

static uint32_t add_half(struct sim_tasks *t, enum sim_task_kind kind, struct sim_half h)
{
	h.task = add(t, kind == SIM_TASK_SEND ? h.src : h.dst, kind);
	ROOM(t->half, t->halves, t->halves_size);
	t->half[t->halves++] = h;
	return h.task;
}

uint32_t sim_task_send(struct sim_tasks *t, uint32_t src, uint32_t dst, uint64_t bytes,
		       uint32_t tag)
{
	return add_half(t, SIM_TASK_SEND, (struct sim_half){ src, dst, tag, 0, bytes });
}

uint32_t sim_task_recv(struct sim_tasks *t, uint32_t src, uint32_t dst, uint64_t bytes,
		       uint32_t tag)
{
	return add_half(t, SIM_TASK_RECV, (struct sim_half){ src, dst, tag, 0, bytes });
}

static void join(struct sim_flow_list *l, uint32_t src, uint32_t dst, uint64_t bytes,
		 uint32_t send, uint32_t recv)
{
	struct sim_tasks *t = l->tasks;
	uint32_t flow = l->n;

	sim_flow_add(l, src, dst, bytes ? bytes : 1, SIM_NO_FLOW);
	ROOM(t->message, flow, t->messages_size);
	t->message[flow] = (struct sim_message){ send, recv, false, 0 };
	t->task[send].flow = t->task[recv].flow = flow;
}

void sim_task_message(struct sim_flow_list *l, uint32_t src, uint32_t dst, uint64_t bytes,
		      uint32_t *send, uint32_t *recv)
{
	*send = add(l->tasks, src, SIM_TASK_SEND);
	*recv = add(l->tasks, dst, SIM_TASK_RECV);
	join(l, src, dst, bytes, *send, *recv);
}

void sim_task_after(struct sim_tasks *t, uint32_t task, uint32_t on, bool early)
{
	ROOM(t->edge, t->edges, t->edges_size);
	t->edge[t->edges++] = (struct sim_edge){ on, task, early };
}

/* ---- closing --------------------------------------------------------------------------- */

static struct sim_tasks *sorting;	/* qsort() has no context */

#define ORDER(a, b) do { if ((a) != (b)) return (a) < (b) ? -1 : 1; } while (0)

static int by_ends(const struct sim_half *x, const struct sim_half *y)
{
	ORDER(x->src, y->src);
	ORDER(x->dst, y->dst);
	ORDER(x->tag, y->tag);
	return 0;
}

/* Sends before receives of the same ends and tag, each in their order. */
static int by_match(const void *a, const void *b)
{
	const struct sim_half *x = a, *y = b;
	int ends = by_ends(x, y);

	if (ends)
		return ends;
	ORDER(sorting->task[x->task].kind, sorting->task[y->task].kind);
	ORDER(x->task, y->task);
	return 0;
}

static int no_other_end(const struct sim_tasks *t, const struct sim_half *h, uint32_t *task,
			char why[SIM_WHY_MAX])
{
	bool send = t->task[h->task].kind == SIM_TASK_SEND;

	*task = h->task;
	snprintf(why, SIM_WHY_MAX, "chip %u %s chip %u with tag %u, which does not %s it",
		 send ? h->src : h->dst, send ? "sends to" : "receives from",
		 send ? h->dst : h->src, h->tag, send ? "receive" : "send");
	return -1;
}

/* Halves [from, until) are of the same ends and tag: sends, then as many recvs. */
static int match(struct sim_flow_list *l, uint32_t from, uint32_t until, uint32_t *task,
		 char why[SIM_WHY_MAX])
{
	struct sim_tasks *t = l->tasks;
	uint32_t recv = from, send = from, first;

	while (recv < until && t->task[t->half[recv].task].kind == SIM_TASK_SEND)
		recv++;
	first = recv;
	for (; send < first && recv < until; send++, recv++) {
		const struct sim_half *s = &t->half[send], *r = &t->half[recv];

		if (s->bytes != r->bytes) {
			*task = r->task;
			snprintf(why, SIM_WHY_MAX, "chip %u receives %" PRIu64 " bytes from chip "
				 "%u with tag %u, which sends %" PRIu64, r->dst, r->bytes, r->src,
				 r->tag, s->bytes);
			return -1;
		}
		join(l, s->src, s->dst, s->bytes, s->task, r->task);
	}
	if (send < first || recv < until)
		return no_other_end(t, &t->half[send < first ? send : recv], task, why);
	return 0;
}

static int match_all(struct sim_flow_list *l, uint32_t *task, char why[SIM_WHY_MAX])
{
	struct sim_tasks *t = l->tasks;
	uint32_t until;

	sorting = t;
	if (t->halves)
		qsort(t->half, t->halves, sizeof(*t->half), by_match);
	for (uint32_t from = 0; from < t->halves; from = until) {
		for (until = from + 1; until < t->halves &&
		     !by_ends(&t->half[from], &t->half[until]); until++)
			;
		if (match(l, from, until, task, why))
			return -1;
	}
	return 0;
}

/* Edges by where they begin, in the order in which they were added. */
static void sort_edges(struct sim_tasks *t)
{
	struct sim_edge *sorted = sim_zalloc(t->edges, sizeof(*sorted));
	uint32_t *at = sim_zalloc((size_t)t->n + 1, sizeof(*at));

	t->first = sim_zalloc((size_t)t->n + 1, sizeof(*t->first));
	for (uint32_t e = 0; e < t->edges; e++) {
		t->first[t->edge[e].from + 1]++;
		t->task[t->edge[e].to].waits++;
	}
	for (uint32_t i = 0; i < t->n; i++)
		at[i + 1] = t->first[i + 1] += t->first[i];
	for (uint32_t e = 0; e < t->edges; e++)
		sorted[at[t->edge[e].from]++] = t->edge[e];
	free(t->edge);
	free(at);
	t->edge = sorted;
}

/* Each task behind all that it waits for; returns how many there are: not all, if some go round. */
static uint32_t put_in_order(struct sim_tasks *t, uint32_t *waits)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		waits[i] = t->task[i].waits + (t->task[i].kind == SIM_TASK_RECV);
		if (!waits[i])
			t->order[n++] = i;
	}
	for (uint32_t done = 0; done < n; done++) {
		uint32_t i = t->order[done];

		for (uint32_t e = t->first[i]; e < t->first[i + 1]; e++)
			if (!--waits[t->edge[e].to])
				t->order[n++] = t->edge[e].to;
		if (t->task[i].kind == SIM_TASK_SEND) {
			uint32_t recv = t->message[t->task[i].flow].recv;

			if (!--waits[recv])
				t->order[n++] = recv;
		}
	}
	return n;
}

static int order(struct sim_tasks *t, uint32_t *task, char why[SIM_WHY_MAX])
{
	uint32_t *waits = sim_zalloc(t->n, sizeof(*waits)), n;

	t->order = sim_zalloc(t->n, sizeof(*t->order));
	n = put_in_order(t, waits);
	for (*task = 0; n < t->n && !waits[*task];)
		++*task;
	free(waits);
	if (n == t->n)
		return 0;
	snprintf(why, SIM_WHY_MAX, "%u tasks wait for each other in a circle, this one among them "
		 "or behind them", t->n - n);
	return -1;
}

int sim_tasks_close(struct sim_flow_list *l, uint32_t *task, char why[SIM_WHY_MAX])
{
	struct sim_tasks *t = l->tasks;

	*task = 0;
	if (match_all(l, task, why))
		return -1;
	sort_edges(t);
	if (order(t, task, why))
		return -1;
	t->todo = sim_zalloc(t->n, sizeof(*t->todo));
	for (uint32_t i = t->n; i-- > 0;) {
		if (t->task[i].waits)
			continue;
		t->task[i].next = t->roots[t->task[i].chip];
		t->roots[t->task[i].chip] = i;
	}
	return 0;
}
