/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three chips, many endpoints, every operation, over bad networks, while endpoints come and go and
 * memory is withdrawn: all that completes is right, byte by byte, and nothing is forgotten.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define SERVICE	WEFT_SERVE_USER
#define LINKS	6
#define SLOTS	8
#define SLOT	24000u		/* bytes of one operation, at most */
#define REMOTE	(SLOTS * SLOT)

enum what { NOTHING, WRITING, READING, ADDING, SENDING };

struct slot {			/* one operation under way, and the memory it may touch */
	enum what what;
	uint32_t len, off;
	uint64_t seed;
};

struct link {
	int from, to;
	struct weft_ep *a, *b;
	struct weft_mem *mem;	/* of b's chip */
	uint8_t remote[REMOTE], model[REMOTE], local[REMOTE], landing[SLOTS][SLOT];
	uint64_t word, added;	/* counter in b's chip, and what it must be */
	struct weft_mem *wmem;
	struct slot slot[SLOTS];
	uint64_t sent[SLOTS * 2], n_sent, n_got;	/* seeds of messages, in order */
	uint32_t sent_len[SLOTS * 2];
};

struct torture {
	struct world w;
	struct link *link[LINKS];
	uint64_t rnd, ops;
	bool wrong;
};

static uint64_t pick(struct torture *t, uint64_t n)
{
	return world_random(&t->rnd) % n;
}

static void wrong(struct torture *t, const char *why, const struct link *l)
{
	if (!t->wrong)
		fprintf(stderr, "after %llu operations: %s; %s\n", (unsigned long long)t->ops, why,
			weft_ep_error_text(l->a));
	t->wrong = true;
}

/* ---- Links --------------------------------------------------------------------------- */

static void post_landing(struct link *l, uint64_t i)
{
	weft_recv(l->b, l->landing[i], SLOT, i);
}

static void open_link(struct torture *t, struct link *l)
{
	struct weft_port *to = t->w.port[l->to];
	unsigned rights = WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | (pick(t, 2) ? WEFT_RELAXED : 0);

	memset(l->slot, 0, sizeof(l->slot));
	l->n_sent = l->n_got = l->added = l->word = 0;
	world_fill(l->remote, REMOTE, t->rnd);
	memcpy(l->model, l->remote, REMOTE);
	CU_ASSERT_EQUAL_FATAL(weft_reg(to, l->remote, REMOTE, rights, NULL, &l->mem), 0);
	CU_ASSERT_EQUAL_FATAL(weft_reg(to, &l->word, 8, WEFT_REMOTE_ATOMIC, NULL, &l->wmem), 0);
	CU_ASSERT_FATAL(world_connect(&t->w, l->from, l->to, SERVICE, NULL, NULL, &l->a, &l->b));
	for (uint64_t i = 0; i < SLOTS; i++)
		post_landing(l, i);
}

static void close_link(struct torture *t, struct link *l)
{
	struct weft_ep_event ev;

	weft_ep_destroy(l->a);
	weft_ep_destroy(l->b);
	weft_dereg(l->mem);
	weft_dereg(l->wmem);
	for (int i = 0; i < t->w.n; i++) {
		while (weft_next_event(t->w.port[i], &ev))
			;
	}
}

/* ---- Operations ---------------------------------------------------------------------- */

static void begin(struct torture *t, struct link *l, uint64_t i)
{
	struct slot *s = &l->slot[i];
	uint64_t base = i * SLOT;
	uint8_t *local = l->local + base;
	int r = -1;

	s->len = (uint32_t)(pick(t, 4) ? pick(t, 600) : pick(t, SLOT));
	s->off = (uint32_t)pick(t, SLOT - s->len + 1);
	s->seed = world_random(&t->rnd);
	s->what = (enum what)(1 + pick(t, 4));
	switch (s->what) {
	case WRITING:
		world_fill(local, s->len, s->seed);
		r = weft_write(l->a, local, s->len, weft_mem_addr(l->mem) + base + s->off,
			       weft_mem_key(l->mem), i, 0);
		break;
	case READING:
		r = weft_read(l->a, local, s->len, weft_mem_addr(l->mem) + base + s->off,
			      weft_mem_key(l->mem), i, pick(t, 8) ? 0 : WEFT_FENCE);
		break;
	case ADDING:
		r = weft_fetch_add(l->a, weft_mem_addr(l->wmem), weft_mem_key(l->wmem), s->seed, i,
				   0);
		l->added += s->seed;
		break;
	case SENDING:
		world_fill(local, s->len, s->seed);
		l->sent[l->n_sent % (SLOTS * 2)] = s->seed;
		l->sent_len[l->n_sent++ % (SLOTS * 2)] = s->len;
		r = weft_send(l->a, local, s->len, i, 0);
		break;
	case NOTHING:
		break;
	}
	if (r)
		wrong(t, "operation not taken", l);
}

static void end(struct torture *t, struct link *l, const struct weft_completion *c)
{
	struct slot *s = &l->slot[c->id];
	uint64_t base = c->id * SLOT;

	if (c->status) {
		wrong(t, weft_st_name(c->status), l);
		return;
	}
	if (s->what == WRITING)
		world_fill(l->model + base + s->off, s->len, s->seed);
	if (s->what == READING && memcmp(l->local + base, l->model + base + s->off, s->len))
		wrong(t, "a READ differs", l);
	if (memcmp(l->model + base, l->remote + base, SLOT))
		wrong(t, "the memory differs", l);
	s->what = NOTHING;
	t->ops++;
}

static void receive(struct torture *t, struct link *l, const struct weft_completion *c)
{
	uint64_t k = l->n_got++ % (SLOTS * 2);
	static uint8_t want[SLOT];

	if (c->status || c->len != l->sent_len[k]) {
		wrong(t, "a message of another length", l);
		return;
	}
	world_fill(want, c->len, l->sent[k]);
	if (memcmp(want, l->landing[c->id], c->len))
		wrong(t, "a message differs", l);
	if (pick(t, 20) == 0)		/* late with the next buffer: RNR */
		world_run(&t->w, WEFT_SECOND / 2000);
	post_landing(l, c->id);
}

static bool busy(const struct link *l)
{
	for (int i = 0; i < SLOTS; i++) {
		if (l->slot[i].what != NOTHING)
			return true;
	}
	return false;
}

static void poll_link(struct torture *t, struct link *l)
{
	struct weft_completion c;

	while (!t->wrong && weft_cq_poll(weft_ep_cq(l->b), &c, 1))
		receive(t, l, &c);
	while (!t->wrong && weft_cq_poll(weft_ep_cq(l->a), &c, 1))
		end(t, l, &c);
}

static void settle(struct torture *t, struct link *l)
{
	uint64_t until = t->w.now + 60 * WEFT_SECOND;

	while (busy(l) && !t->wrong && t->w.now < until) {
		world_turn(&t->w);
		poll_link(t, l);
	}
	if (!t->wrong && (busy(l) || l->n_got != l->n_sent))
		wrong(t, "something never completed", l);
	if (!t->wrong && l->word != l->added)
		wrong(t, "the sum differs", l);
	if (!t->wrong && memcmp(l->model, l->remote, REMOTE))
		wrong(t, "the memory differs in the end", l);
}

/* ---- Disturbance --------------------------------------------------------------------- */

/* Everything of a link goes in the middle of its work; a new one takes its place. */
static void replace(struct torture *t, struct link *l)
{
	if (pick(t, 2))
		settle(t, l);
	if (t->wrong)
		return;
	if (pick(t, 2)) {		/* memory first, and what comes for it must not land */
		weft_dereg(l->mem);
		l->mem = NULL;
		memset(l->remote, 0xdd, REMOTE);
		memset(l->model, 0xdd, REMOTE);
		world_run(&t->w, pick(t, WEFT_SECOND / 100));
		if (memcmp(l->model, l->remote, REMOTE))
			wrong(t, "withdrawn memory was written", l);
	}
	close_link(t, l);
	open_link(t, l);
}

static void torture(const char *query, uint8_t modes, uint64_t ops, uint64_t seed)
{
	struct torture t = { .rnd = weft_test_seed * 1000 + seed };
	struct weft_port_opts o = { .modes = modes, .max_payload = (uint16_t)(400 << seed % 4) };

	world_init(&t.w);
	for (int i = 0; i < 3; i++)
		world_open(&t.w, query, &o);
	for (int i = 0; i < LINKS; i++) {
		t.link[i] = calloc(1, sizeof(*t.link[i]));
		t.link[i]->from = i % 3;
		t.link[i]->to = (i + 1 + i / 3) % 3;
		open_link(&t, t.link[i]);
	}
	while (t.ops < ops && !t.wrong && t.w.now < 10000 * WEFT_SECOND) {
		struct link *l = t.link[pick(&t, LINKS)];
		uint64_t i = pick(&t, SLOTS);

		if (l->slot[i].what == NOTHING)
			begin(&t, l, i);
		if (pick(&t, 400) == 0)
			replace(&t, l);
		world_turn(&t.w);
		for (int k = 0; k < LINKS && !t.wrong; k++)
			poll_link(&t, t.link[k]);
	}
	for (int i = 0; i < LINKS && !t.wrong; i++)
		settle(&t, t.link[i]);
	CU_ASSERT_FALSE(t.wrong);
	CU_ASSERT(t.ops >= ops);
	world_fini(&t.w);
	for (int i = 0; i < LINKS; i++)
		free(t.link[i]);
}

static void torture__good_network(void)
{
	torture(NULL, 0, 3000, 1);
}

static void torture__some_loss(void)
{
	torture("loss=0.01&reorder=0.02&dup=0.01&corrupt=0.01", 0, 3000, 2);
}

static void torture__terrible_network(void)
{
	torture("loss=0.2&reorder=0.2&dup=0.2&corrupt=0.05", 0, 1000, 3);
}

static void torture__in_order(void)
{
	torture("loss=0.02&reorder=0.01&dup=0.1", WEFT_ROD, 1500, 4);
}

static void torture__slow_and_jittery(void)
{
	torture("loss=0.02&delay_us=300&jitter_us=400&rate=500M", 0, 1500, 5);
}

WEFT_SUITE(t_user_torture) {
	{ "torture__good_network", torture__good_network },
	{ "torture__some_loss", torture__some_loss },
	{ "torture__terrible_network", torture__terrible_network },
	{ "torture__in_order", torture__in_order },
	{ "torture__slow_and_jittery", torture__slow_and_jittery },
};
