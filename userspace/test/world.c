/* SPDX-License-Identifier: BSD-2-Clause */
/* The tests' world: see world.h. */
#include "userspace/test/world.h"

#include <stdio.h>
#include <string.h>

#include "userspace/io/io.h"

#define TURN_NS	300u		/* what a turn costs */
#define STEP_NS	20000u		/* how far an idle world jumps, at most: carriages delay packets */

static uint64_t clock_of(void *arg)
{
	return ((struct world *)arg)->now;
}

void world_init(struct world *w)
{
	static unsigned serial;

	memset(w, 0, sizeof(*w));
	w->now = WEFT_SECOND;
	snprintf(w->hub, sizeof(w->hub), "world%u", serial++);
}

struct weft_port *world_open(struct world *w, const char *query, const struct weft_port_opts *opts)
{
	struct weft_port_opts o = opts ? *opts : (struct weft_port_opts){ 0 };
	char url[256], err[WEFT_ERROR_MAX];
	struct weft_port *port;

	snprintf(url, sizeof(url), "mem:%s?%s%sseed=%llu", w->hub, query ? query : "",
		 query ? "&" : "", (unsigned long long)(weft_test_seed * 16 + (uint64_t)w->n));
	if (!o.seed)
		o.seed = weft_test_seed * 100 + (uint64_t)w->n + 1;
	o.now = clock_of;
	o.now_arg = w;
	if (weft_open(url, &o, &port, err, sizeof(err))) {
		fprintf(stderr, "world_open(%s): %s\n", url, err);
		CU_FAIL_FATAL("port does not open");
	}
	w->port[w->n++] = port;
	return port;
}

void world_fini(struct world *w)
{
	for (int i = 0; i < w->n; i++)
		weft_close(w->port[i]);
	wio_close(w->tap);
	w->n = 0;
}

void world_turn(struct world *w)
{
	uint64_t step = STEP_NS;
	int busy = 0;

	for (int i = 0; i < w->n; i++) {
		if (w->port[i] && !w->frozen[i])
			busy |= weft_progress(w->port[i]) > 0;
	}
	w->turns++;
	w->now += TURN_NS;
	if (busy)
		return;
	for (int i = 0; i < w->n; i++) {
		uint64_t ns = w->port[i] && !w->frozen[i] ? weft_deadline_ns(w->port[i]) : STEP_NS;

		if (ns < step)
			step = ns;
	}
	w->now += step;
}

bool world_until(struct world *w, uint64_t ns, bool (*done)(void *arg), void *arg)
{
	uint64_t end = w->now + ns;

	while (!done || !done(arg)) {
		if (w->now >= end)
			return false;
		world_turn(w);
	}
	return true;
}

void world_run(struct world *w, uint64_t ns)
{
	world_until(w, ns, NULL, NULL);
}

struct accepting {
	struct weft_port *a, *b;
	const struct weft_ep_opts *bo;
	struct weft_ep *ea, *eb;
	bool failed;
};

static void take_events(struct accepting *x)
{
	struct weft_ep_event ev;

	while (weft_next_event(x->b, &ev)) {
		if (ev.kind == WEFT_EP_REQUESTED && weft_accept(ev.request, x->bo, &x->eb))
			x->failed = true;
	}
	while (weft_next_event(x->a, &ev))
		x->failed |= ev.ep == x->ea && ev.kind != WEFT_EP_CONNECTED;
}

static bool connected(void *arg)
{
	struct accepting *x = arg;

	take_events(x);
	return x->failed || (x->eb && weft_ep_status(x->ea) == WEFT_EP_IS_CONNECTED);
}

/* What the ports counted, for a test that fails. */
void world_report(struct world *w)
{
	struct weft_counter c[160];

	for (int i = 0; i < w->n; i++) {
		int n = weft_counters(w->port[i], c, 160);

		fprintf(stderr, "port %d:", i);
		for (int k = 0; k < n && k < 160; k++) {
			if (c[k].value)
				fprintf(stderr, " %s=%llu", c[k].name,
					(unsigned long long)c[k].value);
		}
		fprintf(stderr, "\n");
	}
}

bool world_connect(struct world *w, int a, int b, uint32_t service, const struct weft_ep_opts *ao,
		   const struct weft_ep_opts *bo, struct weft_ep **ea, struct weft_ep **eb)
{
	struct accepting x = { .a = w->port[a], .b = w->port[b], .bo = bo };
	bool ok;

	weft_listen(x.b, service, NULL, 0);	/* may be offered already */
	if (weft_connect(x.a, weft_port_addr(x.b), service, ao, &x.ea)) {
		fprintf(stderr, "weft_connect: %s\n", weft_error(x.a));
		return false;
	}
	ok = world_until(w, 60 * WEFT_SECOND, connected, &x) && !x.failed;
	if (!ok)
		world_report(w);
	*ea = x.ea;
	*eb = x.eb;
	return ok;
}

struct polling {
	struct weft_cq *cq;
	struct weft_port *port;
	struct weft_completion *c;
	struct weft_ep_event *ev;
};

static bool polled(void *arg)
{
	struct polling *p = arg;

	return weft_cq_poll(p->cq, p->c, 1) == 1;
}

bool world_completion(struct world *w, struct weft_cq *cq, struct weft_completion *c)
{
	struct polling p = { .cq = cq, .c = c };

	return world_until(w, 60 * WEFT_SECOND, polled, &p);
}

static bool has_event(void *arg)
{
	struct polling *p = arg;

	return weft_next_event(p->port, p->ev) == 1;
}

bool world_event(struct world *w, int port, struct weft_ep_event *ev)
{
	struct polling p = { .port = w->port[port], .ev = ev };

	return world_until(w, 60 * WEFT_SECOND, has_event, &p);
}

uint64_t world_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void world_fill(void *buf, size_t len, uint64_t seed)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(world_random(&seed) >> 17);
}
