/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of event.c and timer.c, against a naive list that is searched for its least element. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/event.h"
#include "sim/rng.h"
#include "sim/timer.h"
#include "tools/test/cunit_main.h"

struct draw {
	uint64_t key, count;
};

static uint64_t draw(struct draw *d)
{
	return sim_hash3(d->key, d->count++, 0);
}

/* The naive set. */
struct naive {
	uint64_t key;
	struct sim_event e[4096];
	size_t count;
};

static size_t naive_least(const struct naive *n)
{
	size_t best = 0;

	for (size_t i = 1; i < n->count; i++)
		if (sim_event_before(n->key, &n->e[i], &n->e[best]))
			best = i;
	return best;
}

static struct sim_event naive_take(struct naive *n)
{
	size_t i = naive_least(n);
	struct sim_event e = n->e[i];

	n->e[i] = n->e[--n->count];
	return e;
}

static bool same(const struct sim_event *a, const struct sim_event *b)
{
	return a->at == b->at && a->who == b->who && a->arg == b->arg;
}

static void take__empty(void)
{
	struct sim_events ev;
	struct sim_event e;

	CU_ASSERT_EQUAL_FATAL(sim_events_init(&ev, 1), 0);
	CU_ASSERT_PTR_NULL(sim_events_first(&ev));
	CU_ASSERT_FALSE(sim_events_take(&ev, &e));
	sim_events_add(&ev, 5, 1, 2);
	CU_ASSERT_TRUE(sim_events_take(&ev, &e));
	CU_ASSERT(e.at == 5 && e.who == 1 && e.arg == 2);
	CU_ASSERT_FALSE(sim_events_take(&ev, &e));
	sim_events_fini(&ev);
}

/* How far ahead of now an event is added: the shapes that the calendar could get wrong. */
static uint64_t ahead(struct draw *d, unsigned shape)
{
	uint64_t r = draw(d);

	switch (shape) {
	case 0:
		return r % 1000;		/* dense */
	case 1:
		return r % 4 * 83200;		/* many ties */
	case 2:
		return r % 100 ? r % 2000000 : r % (1ull << 45);	/* few, very far */
	case 3:
		return 0;			/* all at once */
	default:
		return r >> (r & 63);		/* every magnitude, up to the end of time */
	}
}

/* Sets *reshaped if the calendar changed its shape on the way. */
static bool matches_naive(uint64_t seed, unsigned shape, bool *reshaped)
{
	static struct naive n;
	struct draw d = { sim_hash3(seed, shape, SIM_FOR_TEST), 0 };
	struct sim_events ev;
	struct sim_event got, want;
	bool ok = !sim_events_init(&ev, seed);
	unsigned first_shift = ev.shift;
	uint32_t first_buckets = ev.buckets;

	n.count = 0;
	n.key = ev.key;
	for (unsigned op = 0; ok && op < 60000; op++) {
		bool grow = draw(&d) % 100 < (op / 5000 % 2 ? 45 : 55);

		if (n.count && (!grow || n.count == 600)) {
			want = naive_take(&n);
			ok = same(sim_events_first(&ev), &want) && sim_events_take(&ev, &got) &&
			     same(&got, &want);
		} else {
			uint64_t delta = ahead(&d, shape);
			struct sim_event e = { .at = ev.now + delta,
					       .who = (uint32_t)draw(&d) % 50, .arg = op };

			if (delta > UINT64_MAX - 1 - ev.now)
				continue;
			n.e[n.count++] = e;
			sim_events_add(&ev, e.at, e.who, e.arg);
		}
		ok = ok && sim_events_pending(&ev) == n.count;
	}
	*reshaped |= ev.shift != first_shift || ev.buckets != first_buckets;
	sim_events_fini(&ev);
	return ok;
}

static void take__as_the_naive_list(void)
{
	bool reshaped = false;

	for (unsigned shape = 0; shape < 5; shape++)
		for (uint64_t s = 0; s < 3; s++)
			CU_ASSERT_TRUE(matches_naive(weft_test_seed + s, shape, &reshaped));
	CU_ASSERT_TRUE(reshaped);
}

/* The same events in two orders of insertion leave in one order. */
static void take__insertion_order_does_not_matter(void)
{
	enum { N = 2000 };
	struct sim_events a, b;
	struct sim_event ea, eb;
	struct draw d = { weft_test_seed, 0 };
	static struct sim_event e[N];

	CU_ASSERT_EQUAL_FATAL(sim_events_init(&a, 7), 0);
	CU_ASSERT_EQUAL_FATAL(sim_events_init(&b, 7), 0);
	for (uint32_t i = 0; i < N; i++)
		e[i] = (struct sim_event){ .at = draw(&d) % 40 * 1000, .who = i };
	for (uint32_t i = 0; i < N; i++) {
		sim_events_add(&a, e[i].at, e[i].who, 0);
		sim_events_add(&b, e[N - 1 - i].at, e[N - 1 - i].who, 0);
	}
	for (uint32_t i = 0; i < N; i++) {
		CU_ASSERT_TRUE_FATAL(sim_events_take(&a, &ea) && sim_events_take(&b, &eb));
		CU_ASSERT_TRUE(same(&ea, &eb));
	}
	sim_events_fini(&a);
	sim_events_fini(&b);
}

/* Of two that always meet, each is first about half of the time, and another seed decides anew. */
static void tie__is_fair_and_seeded(void)
{
	uint64_t key1 = sim_key(1, SIM_FOR_TIES), key2 = sim_key(2, SIM_FOR_TIES);
	unsigned first = 0, differ = 0;
	const uint64_t S = 83200;

	for (uint64_t t = 0; t < 10000; t++) {
		struct sim_event a = { .at = t * S, .who = 1 }, b = { .at = t * S, .who = 2 };
		bool one = sim_event_before(key1, &a, &b);

		CU_ASSERT_NOT_EQUAL(one, sim_event_before(key1, &b, &a));
		first += one;
		differ += one != sim_event_before(key2, &a, &b);
	}
	CU_ASSERT(first > 4800 && first < 5200);
	CU_ASSERT(differ > 4800 && differ < 5200);
}

/* 100 000 events of one instant leave in the order of their hash, and cost no more than a sort. */
static void take__crowd_at_one_instant(void)
{
	enum { N = 100000 };
	struct sim_events ev;
	struct sim_event last = { 0 }, e;

	CU_ASSERT_EQUAL_FATAL(sim_events_init(&ev, 3), 0);
	for (uint32_t i = 0; i < N; i++)
		sim_events_add(&ev, 0, i, 0);
	for (uint32_t i = 0; i < N; i++) {
		CU_ASSERT_TRUE_FATAL(sim_events_take(&ev, &e));
		if (i)
			CU_ASSERT_TRUE(sim_event_before(ev.key, &last, &e));
		last = e;
		sim_events_add(&ev, 1000 + i % 7, e.who, 1);
	}
	CU_ASSERT_EQUAL(sim_events_pending(&ev), N);
	sim_events_fini(&ev);
}

static void count(void *ctx, const struct sim_event *e)
{
	uint64_t *sum = ctx;

	sum[0]++;
	sum[1] += e->arg;
}

static void each__visits_all_wherever_they_wait(void)
{
	struct sim_events ev;
	struct sim_event e;
	uint64_t sum[2] = { 0, 0 };

	CU_ASSERT_EQUAL_FATAL(sim_events_init(&ev, 3), 0);
	for (uint32_t i = 0; i < 3000; i++)
		sim_events_add(&ev, (uint64_t)i * i * i, i, 1);	/* open, calendar and heap */
	for (int i = 0; i < 1000; i++)
		sim_events_take(&ev, &e);
	sim_events_each(&ev, count, sum);
	CU_ASSERT_EQUAL(sum[0], 2000);
	CU_ASSERT_EQUAL(sum[1], 2000);
	sim_events_fini(&ev);
}

/* Timers: random moves against a plain array. */
static bool timers_match(uint64_t seed)
{
	enum { IDS = 97 };
	struct draw d = { seed, 0 };
	struct sim_timers t;
	struct sim_event got;
	uint64_t at[IDS];
	bool ok = true;

	memset(at, 0xff, sizeof(at));
	sim_timers_init(&t, seed, 0, IDS);
	for (unsigned op = 0; ok && op < 30000; op++) {
		uint32_t id = (uint32_t)(draw(&d) % IDS);
		uint32_t best = IDS;

		at[id] = draw(&d) % 4 ? draw(&d) % 500 : SIM_NEVER;
		sim_timers_set(&t, id, at[id]);
		for (uint32_t i = 0; i < IDS; i++) {
			struct sim_event a = { .at = at[i], .who = i }, b = { .who = best };

			if (at[i] == SIM_NEVER)
				continue;
			b.at = best < IDS ? at[best] : SIM_NEVER;
			if (best == IDS || sim_event_before(t.key, &a, &b))
				best = i;
		}
		ok = sim_timers_peek(&t, 0, &got) == (best < IDS) &&
		     (best == IDS || (got.who == best && got.at == at[best]));
	}
	sim_timers_fini(&t);
	return ok;
}

static void timers__as_a_plain_array(void)
{
	for (uint64_t s = 0; s < 5; s++)
		CU_ASSERT_TRUE(timers_match(weft_test_seed + s));
}

WEFT_SUITE(t_event) {
	{ "take__empty", take__empty },
	{ "take__as_the_naive_list", take__as_the_naive_list },
	{ "take__insertion_order_does_not_matter", take__insertion_order_does_not_matter },
	{ "tie__is_fair_and_seeded", tie__is_fair_and_seeded },
	{ "take__crowd_at_one_instant", take__crowd_at_one_instant },
	{ "each__visits_all_wherever_they_wait", each__visits_all_wherever_they_wait },
	{ "timers__as_a_plain_array", timers__as_a_plain_array },
};
