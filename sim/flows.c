/* SPDX-License-Identifier: BSD-2-Clause */
/* See flows.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "sim/bare.h"
#include "sim/closed.h"
#include "sim/flows.h"
#include "sim/fluid.h"
#include "sim/rng.h"
#include "sim/tasks.h"
#include "sim/team.h"
#include "sim/util.h"

#define SENDS 8			/* work requests a stream holds, at most */
#define CONNECTS 8		/* that a chip has under way at once: each takes memory */
#define BASE 0x10000000ull	/* of every chip's region */

struct sim_flow_pair {
	uint64_t key;		/* src << 32 | dst, plus 1; 0: empty */
	struct sim_ep *ep;	/* the source's end */
	uint32_t head, tail;	/* flows that wait for room in the send queue */
	uint32_t next;		/* of the same source: index, or SIM_NO_FLOW */
	uint32_t flows;
};

static void fail(struct sim_flows *f, const char *text)
{
	if (!*f->error)
		snprintf(f->error, sizeof(f->error), "%s", text);
	f->hosts.sim->done = true;
}

/* Pairs. */

static struct sim_flow_pair *slot(struct sim_flow_pair *table, uint32_t size, uint64_t key)
{
	uint32_t i = (uint32_t)sim_mix(key) & (size - 1);

	while (table[i].key && table[i].key != key)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static struct sim_flow_pair *pair_of(struct sim_flows *f, uint32_t src, uint32_t dst)
{
	return slot(f->pair, f->pairs_size, ((uint64_t)src << 32 | dst) + 1);
}

static void add_pair(struct sim_flows *f, uint32_t src, uint32_t dst)
{
	struct sim_flow_pair *p;

	if (4 * (f->pairs + 1) > 3 * f->pairs_size) {
		uint32_t size = f->pairs_size ? 2 * f->pairs_size : 256;
		struct sim_flow_pair *table = sim_zalloc(size, sizeof(*table));

		for (uint32_t i = 0; i < f->pairs_size; i++)
			if (f->pair[i].key)
				*slot(table, size, f->pair[i].key) = f->pair[i];
		free(f->pair);
		f->pair = table;
		f->pairs_size = size;
	}
	p = pair_of(f, src, dst);
	p->flows++;
	f->deepest = p->flows > f->deepest ? p->flows : f->deepest;
	if (p->key)
		return;
	p->key = ((uint64_t)src << 32 | dst) + 1;
	p->head = p->tail = SIM_NO_FLOW;
	f->pairs++;
}

/* Work requests that a stream holds: chips have many streams, and most carry one flow. */
static uint16_t depth(const struct sim_flows *f)
{
	uint16_t n = 1;

	while (n < SENDS && (f->list.tasks || n < f->deepest))
		n *= 2;
	return n;
}

/* Flows. */

/* Into its chip's list, in order of time, after those of the same time. */
static void schedule(struct sim_flows *f, uint32_t i, sim_time at)
{
	struct sim_flow *flow = &f->list.flow[i];
	uint32_t *link = &f->chip[flow->src].due;

	flow->begun = at;
	while (*link != SIM_NO_FLOW && f->list.flow[*link].begun <= at)
		link = &f->list.flow[*link].next;
	flow->next = *link;
	*link = i;
	if (f->start && link == &f->chip[flow->src].due)
		sim_alarm(&f->hosts, flow->src, f->start + at);
}

static bool post(struct sim_flows *f, struct sim_flow_pair *p, uint32_t i)
{
	struct sim_flow *flow = &f->list.flow[i];
	char why[160];
	uint32_t bytes = (uint32_t)flow->bytes;
	int err = f->list.tasks ? sim_write_imm(&f->hosts, p->ep, i, f->key, BASE, bytes, i) :
				  sim_write(&f->hosts, p->ep, i, f->key, BASE, bytes);

	if (err == WEFT_EFULL)
		return false;
	flow->state = SIM_FLOW_GOES;
	if (!err)
		return true;
	snprintf(why, sizeof(why), "flow %" PRIu64 ": the engine refuses it (%d)", flow->id, err);
	fail(f, why);
	return true;
}

void sim_flow_begin(struct sim_flows *f, uint32_t i)
{
	struct sim_flow *flow = &f->list.flow[i];
	struct sim_flow_pair *p;

	if (f->bare) {
		sim_bare_begin(f->bare, i);
		return;
	}
	p = pair_of(f, flow->src, flow->dst);
	if (p->head == SIM_NO_FLOW && post(f, p, i))
		return;
	flow->state = SIM_FLOW_QUEUED;
	flow->next = SIM_NO_FLOW;
	if (p->head == SIM_NO_FLOW)
		p->head = i;
	else
		f->list.flow[p->tail].next = i;
	p->tail = i;
}

/* A chip asks for the next of its streams. */
static void connect_next(struct sim_flows *f, uint32_t chip)
{
	struct sim_flow_pair *p;
	uint32_t i = f->chip[chip].pairs;

	if (i == SIM_NO_FLOW)
		return;
	p = &f->pair[i];
	f->chip[chip].pairs = p->next;
	p->ep = sim_connect(&f->hosts, chip, (uint32_t)(p->key - 1), 1);
}

/* Time begins, and every chip is told when it has something to do. */
static void begin_time(struct sim_flows *f, sim_time at)
{
	const struct sim_tasks *t = f->list.tasks;

	f->start = at;
	for (uint32_t c = 0; c < f->hosts.sim->topo.hosts; c++)
		if (t && t->roots[c] != SIM_NO_TASK)
			sim_alarm(&f->hosts, c, at);
		else if (f->chip[c].due != SIM_NO_FLOW)
			sim_alarm(&f->hosts, c, at + f->list.flow[f->chip[c].due].begun);
}

static void on_connected(void *ctx, struct sim_ep *ep, bool mine)
{
	struct sim_flows *f = ctx;
	struct sim *sim = f->hosts.sim;

	if (f->connected < sim->now)
		f->connected = sim->now;
	if (mine)
		connect_next(f, ep->chip);
	else if (f->list.tasks)
		sim_post_recv(&f->hosts, ep, SENDS, (uint32_t)f->region);
	/* All are up: time begins a little later. */
	if (++f->ends == 2 * f->pairs && !sim->team)
		begin_time(f, f->connected + SIM_STRETCH_MAX);
}

/* Of a team: what others have to know, and what has come together. */
static void tell(void *ctx, struct sim_news *mine)
{
	const struct sim_flows *f = ctx;

	*mine = (struct sim_news){ f->all - f->left, f->ends, f->connected };
}

static bool hear(void *ctx, const struct sim_news *all)
{
	struct sim_flows *f = ctx;
	bool begins = !f->start && f->pairs && all->joined == 2ull * f->pairs;

	if (begins)
		begin_time(f, all->joined_at + SIM_STRETCH_MAX);
	if (!f->told && all->ended == f->all)
		f->told = f->hosts.sim->done = true;
	return begins;
}

void sim_flow_ended(struct sim_flows *f, uint32_t i)
{
	struct sim *sim = f->hosts.sim;
	struct sim_flow *flow = &f->list.flow[i];

	flow->state = SIM_FLOW_DONE;
	flow->ended = sim->now - f->start;
	f->end = sim->now > f->end ? sim->now : f->end;	/* parts are not in step */
	if (f->list.tasks) {
		sim_task_sent(f, i);
		return;
	}
	for (uint32_t k = flow->child; k != SIM_NO_FLOW; k = f->list.flow[k].sibling)
		schedule(f, k, flow->ended + f->list.flow[k].start);
	if (!--f->left)
		sim->done = true;
}

void sim_flow_arrived(struct sim_flows *f, uint32_t i)
{
	if (f->list.tasks)
		sim_task_arrived(f, i);
}

static void on_sent(void *ctx, struct sim_ep *ep, const struct weft_wc *wc)
{
	struct sim_flows *f = ctx;
	struct sim_flow *flow = &f->list.flow[wc->id];
	struct sim_flow_pair *p = pair_of(f, ep->chip, ep->peer);
	char why[160];

	if (wc->status != WEFT_STATUS_OK) {
		snprintf(why, sizeof(why), "flow %" PRIu64 " (chip %u to chip %u) completed as %s",
			 flow->id, flow->src, flow->dst, weft_status_name(wc->status));
		fail(f, why);
		return;
	}
	sim_flow_ended(f, (uint32_t)wc->id);
	while (p->head != SIM_NO_FLOW) {
		uint32_t i = p->head, next = f->list.flow[i].next;

		if (!post(f, p, i))
			break;
		p->head = next;
	}
}

static void on_received(void *ctx, struct sim_ep *ep, const struct weft_wc *wc)
{
	struct sim_flows *f = ctx;
	char why[160];

	if (!f->list.tasks)	/* WRITEs without immediate take no buffers */
		return;
	if (wc->status != WEFT_STATUS_OK || !(wc->flags & WEFT_OFLAGS_IMM) ||
	    wc->imm >= f->list.n || f->list.flow[wc->imm].dst != ep->chip ||
	    wc->len != f->list.flow[wc->imm].bytes) {
		snprintf(why, sizeof(why), "chip %u: got %u bytes of message %u from chip %u (%s)",
			 ep->chip, wc->len, wc->imm, ep->peer, weft_status_name(wc->status));
		fail(f, why);
		return;
	}
	sim_post_recv(&f->hosts, ep, 1, (uint32_t)f->region);
	sim_task_arrived(f, wc->imm);
}

static void on_failed(void *ctx, uint32_t chip, uint32_t peer, const char *what)
{
	char why[200];

	snprintf(why, sizeof(why), "chip %u to chip %u: %s", chip, peer, what);
	fail(ctx, why);
}

void sim_flows_due(struct sim_flows *f, uint32_t chip)
{
	struct sim_flow_chip *c = &f->chip[chip];
	sim_time now = f->hosts.sim->now;

	if (f->list.tasks) {
		sim_tasks_due(f, chip);
		return;
	}
	while (c->due != SIM_NO_FLOW && f->start + f->list.flow[c->due].begun <= now) {
		uint32_t i = c->due;

		c->due = f->list.flow[i].next;
		sim_flow_begin(f, i);
	}
	if (c->due != SIM_NO_FLOW)
		sim_alarm(&f->hosts, chip, f->start + f->list.flow[c->due].begun);
}

static void on_alarm(void *ctx, uint32_t chip)
{
	struct sim_flows *f = ctx;

	if (f->start)
		sim_flows_due(f, chip);
	else
		for (int i = 0; i < CONNECTS; i++)
			connect_next(f, chip);
}

const struct sim_work_ops sim_flows_ops = {
	.connected = on_connected, .sent = on_sent, .received = on_received,
	.failed = on_failed, .alarm = on_alarm,
};

static struct sim_flow *sorting;	/* qsort() has no context */

static int by_time(const void *a, const void *b)
{
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;

	if (sorting[i].start != sorting[k].start)
		return sorting[i].start > sorting[k].start ? -1 : 1;
	return i > k ? -1 : 1;
}

/* Lists of what is to come, and of what follows what. */
static void link_flows(struct sim_flows *f)
{
	struct sim_flow *flow = f->list.flow;
	uint32_t *order, n = 0;

	if (f->list.tasks)	/* they know */
		return;
	order = sim_zalloc(f->list.n, sizeof(*order));
	for (uint32_t i = f->list.n; i-- > 0;) {
		if (flow[i].after == SIM_NO_FLOW) {
			order[n++] = i;
			continue;
		}
		flow[i].sibling = flow[flow[i].after].child;
		flow[flow[i].after].child = i;
	}
	sorting = flow;
	qsort(order, n, sizeof(*order), by_time);
	for (uint32_t k = 0; k < n; k++) {	/* latest first, each before those after it */
		struct sim_flow *at = &flow[order[k]];

		at->begun = at->start;
		at->next = f->chip[at->src].due;
		f->chip[at->src].due = order[k];
	}
	free(order);
}

/* Does the end of a flow start others at its own chip only? */
static bool local(const struct sim_flow_list *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->flow[i].after != SIM_NO_FLOW &&
		    l->flow[l->flow[i].after].src != l->flow[i].src)
			return false;
	return true;
}

/* What every transport needs of the list. */
static void prepare(struct sim_flows *f, uint32_t chips)
{
	f->all = f->left = f->list.tasks ? f->list.tasks->n : f->list.n;
	for (uint32_t i = 0; i < chips; i++)
		f->chip[i].due = f->chip[i].pairs = SIM_NO_FLOW;
	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];

		f->bytes += flow->bytes;
		f->own += !flow->background;
		f->own_bytes += flow->background ? 0 : flow->bytes;
	}
	link_flows(f);
}

/* Nothing is connected: time begins at once. */
static int without_engine(struct sim_flows *f, struct sim *sim)
{
	uint32_t n = sim->topo.hosts;

	f->hosts.sim = sim;
	f->hosts.sc = f->sc;
	if (f->sc->transport == SIM_TRANSPORT_FLUID) {
		prepare(f, n);
		sim_fluid_run(f, sim);
		return 0;
	}
	f->bare = sim_bare_new(f, sim);
	sim->ops = &sim_bare_ops;
	sim->ops_ctx = f->bare;
	for (uint32_t i = 0; i < SIM_HOST_TIMERS * n; i++)
		sim_timers_home(&sim->timers, i, sim->part_of[i % n]);
	prepare(f, n);
	begin_time(f, SIM_STRETCH_MAX);
	return 0;
}

int sim_flows_init(struct sim_flows *f, struct sim *sim, const struct sim_scenario *sc, bool split)
{
	uint32_t n = sim->topo.hosts;
	int err;

	memset(f, 0, sizeof(*f));
	f->hosts.sim = sim;
	err = sim_flow_list_make(&f->list, sc, n, f->error);
	if (!err && sim->team && !local(&f->list)) {
		snprintf(f->error, sizeof(f->error), "flows that begin when one of another chip "
			 "ends cannot be run by several processes: use weft-sim");
		err = -1;
	}
	if (!err && split && (sc->part_hosts || sim->team) && local(&f->list))
		sim_split(sim, (uint32_t)sc->part_hosts);
	if (sim->team) {
		sim->team->tell = tell;
		sim->team->hear = hear;
		sim->team->work_ctx = f;
	}
	f->sc = sc;
	f->chip = sim_zalloc(n, sizeof(*f->chip));
	if (sc->transport != SIM_TRANSPORT_WEFT)
		return err ? err : without_engine(f, sim);
	sim_hosts_init(&f->hosts, sim, sc, &sim_flows_ops, f);
	f->hosts.depth.reads = 1;
	if (err)
		return -1;
	prepare(f, n);
	for (uint32_t i = 0; i < f->list.n; i++) {
		const struct sim_flow *flow = &f->list.flow[i];

		f->region = flow->bytes > f->region ? flow->bytes : f->region;
		add_pair(f, flow->src, flow->dst);
	}
	f->hosts.depth.sends = f->hosts.depth.messages = depth(f);
	for (uint32_t i = 0; i < n; i++)
		f->key = sim_register(&f->hosts, i, BASE, f->region);
	for (uint32_t i = 0; i < f->pairs_size; i++) {
		uint32_t src = (uint32_t)((f->pair[i].key - 1) >> 32);

		if (!f->pair[i].key)
			continue;
		f->pair[i].next = f->chip[src].pairs;
		f->chip[src].pairs = i;
		sim_alarm(&f->hosts, src, 0);
	}
	return 0;
}

void sim_flows_fini(struct sim_flows *f)
{
	if (f->bare)
		sim_bare_free(f->bare);
	else if (f->hosts.chip)
		sim_hosts_fini(&f->hosts);
	sim_flow_list_fini(&f->list);
	free(f->chip);
	free(f->pair);
}

/* Why a flow has not ended. */
static void explain(const struct sim_flows *f, const struct sim_flow *flow, char *text, size_t size)
{
	const struct sim_flow_pair *p;
	struct weft_gauges g;

	switch ((enum sim_flow_state)flow->state) {
	case SIM_FLOW_WAITS:
		if (flow->after != SIM_NO_FLOW &&
		    f->list.flow[flow->after].state != SIM_FLOW_DONE)
			snprintf(text, size, "waits for flow %" PRIu64,
				 f->list.flow[flow->after].id);
		else
			snprintf(text, size, f->list.tasks ? "waits for what comes before it" :
				 "is not due yet");
		return;
	case SIM_FLOW_QUEUED:
		snprintf(text, size, "waits for room in its send queue");
		return;
	case SIM_FLOW_GOES:
		if (f->bare) {
			snprintf(text, size, "is being sent");
			return;
		}
		p = slot(f->pair, f->pairs_size, ((uint64_t)flow->src << 32 | flow->dst) + 1);
		if (!p->ep) {
			snprintf(text, size, "is being sent, by another process");
			return;
		}
		weft_pdc_gauges(p->ep->pdc->pdc, &g);
		snprintf(text, size, "is being sent: %u packets outstanding, window %u, "
			 "round trip %" PRIu64 " ns", g.outstanding, g.cwnd_pkts, g.srtt_ns);
		return;
	case SIM_FLOW_DONE:
		break;
	}
	snprintf(text, size, "is done");
}

int sim_flows_check(struct sim_flows *f)
{
	char why[160];
	size_t at;
	int named = 0;

	if (*f->error)
		return -1;
	if (!f->left)
		return 0;
	if (!f->start) {
		snprintf(f->error, sizeof(f->error), "only %u of %u stream ends were connected",
			 f->ends, 2 * f->pairs);
		return -1;
	}
	at = (size_t)snprintf(f->error, sizeof(f->error), "%u of %u %s did not finish:", f->left,
			      f->all, f->list.tasks ? "tasks" : "flows");
	for (uint32_t i = 0; i < f->list.n && named < 3; i++) {
		const struct sim_flow *flow = &f->list.flow[i];

		if (flow->state == SIM_FLOW_DONE ||
		    (flow->state == SIM_FLOW_WAITS && named &&
		     (f->list.tasks || flow->after != SIM_NO_FLOW)))
			continue;
		explain(f, flow, why, sizeof(why));
		at += (size_t)snprintf(f->error + at, sizeof(f->error) - at,
				       "%s flow %" PRIu64 " (chip %u to chip %u) %s",
				       named++ ? ";" : "", flow->id, flow->src, flow->dst, why);
		if (at >= sizeof(f->error))
			break;
	}
	return -1;
}
