/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calendar of pending events: see event.h for the order it keeps and the structure it has.
 * Timers that move all the time are kept elsewhere (timer.c).
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/event.h"
#include "sim/util.h"

#define NONE UINT32_MAX

enum {
	FIRST_SHIFT = 16,
	FIRST_BUCKETS = 64,
	MAX_BUCKETS = 1 << 20,
	MAX_SHIFT = 40,
	SLAB_CHUNKS = 32,
	INSERTION_MAX = 16,		/* so few are sorted by insertion */
	EVENTS_MIN = 6,			/* of an opened bucket, aimed at */
	EVENTS_MAX = 32,
	LOOK_EVERY = 1 << 12		/* events taken between two looks at the load, at least */
};

/* Binary heaps of events, earliest at the root. */

static void heap_add(uint64_t key, struct sim_event **heap, size_t *count, size_t *size,
		     const struct sim_event *e)
{
	size_t i = *count;
	struct sim_event *h;

	if (*count == *size) {
		*size = *size ? 2 * *size : 16;
		*heap = sim_resize(*heap, *size, sizeof(**heap));
	}
	h = *heap;
	while (i > 0 && sim_event_before(key, e, &h[(i - 1) / 2])) {
		h[i] = h[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h[i] = *e;
	++*count;
}

static struct sim_event heap_take(uint64_t key, struct sim_event *h, size_t *count)
{
	struct sim_event first = h[0], last = h[--*count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < *count) {
		if (child + 1 < *count && sim_event_before(key, &h[child + 1], &h[child]))
			child++;
		if (!sim_event_before(key, &h[child], &last))
			break;
		h[i] = h[child];
		i = child;
	}
	h[i] = last;
	return first;
}

/* Sorting a bucket, earliest first. */

static void sort_few(uint64_t key, struct sim_event *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct sim_event e = v[i];
		uint32_t k = i;

		for (; k > 0 && sim_event_before(key, &e, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = e;
	}
}

static void exchange(struct sim_event *a, struct sim_event *b)
{
	struct sim_event t = *a;

	*a = *b;
	*b = t;
}

/* Quicksort; ties are hashes, so no order of adding makes it slow. */
static void sort(uint64_t key, struct sim_event *v, uint32_t n)
{
	while (n > INSERTION_MAX) {
		uint32_t i = 0, k = n - 1;
		struct sim_event mid;

		if (sim_event_before(key, &v[n / 2], &v[0]))
			exchange(&v[n / 2], &v[0]);
		if (sim_event_before(key, &v[n - 1], &v[0]))
			exchange(&v[n - 1], &v[0]);
		if (sim_event_before(key, &v[n - 1], &v[n / 2]))
			exchange(&v[n - 1], &v[n / 2]);
		mid = v[n / 2];
		for (;;) {
			while (sim_event_before(key, &v[++i], &mid))
				;
			while (sim_event_before(key, &mid, &v[--k]))
				;
			if (i >= k)
				break;
			exchange(&v[i], &v[k]);
		}
		if (i < n - i) {	/* the smaller half first: the depth is bounded */
			sort(key, v, i);
			v += i;
			n -= i;
		} else {
			sort(key, v + i, n - i);
			n = i;
		}
	}
	sort_few(key, v, n);
}

/* The calendar. */

struct sim_event_slab {
	_Alignas(64) struct sim_event_chunk chunk[SLAB_CHUNKS];
	struct sim_event_slab *next;
};

static_assert(sizeof(struct sim_event_chunk) == 128, "a chunk is two cache lines");

static struct sim_event_chunk *take_chunk(struct sim_events *ev)
{
	struct sim_event_slab *slab;
	struct sim_event_chunk *c;

	if (!ev->free) {
		slab = sim_zalloc_aligned(1, sizeof(*slab));
		slab->next = ev->slabs;
		ev->slabs = slab;
		for (uint32_t i = SLAB_CHUNKS; i-- > 0;) {
			slab->chunk[i].next = ev->free;
			ev->free = &slab->chunk[i];
		}
	}
	c = ev->free;
	ev->free = c->next;
	return c;
}

static void give_chunk(struct sim_events *ev, struct sim_event_chunk *c)
{
	c->next = ev->free;
	ev->free = c;
}

static int alloc_buckets(struct sim_events *ev, uint32_t buckets)
{
	struct sim_event_chunk **bucket = calloc(buckets, sizeof(struct sim_event_chunk *));
	uint64_t *used = calloc(buckets / 64, sizeof(*used));
	uint64_t *used_words = calloc(buckets / 64 / 64 + 1, sizeof(*used_words));

	if (!bucket || !used || !used_words) {
		free(bucket);
		free(used);
		free(used_words);
		return -ENOMEM;
	}
	ev->bucket = bucket;
	ev->used = used;
	ev->used_words = used_words;
	ev->buckets = buckets;
	return 0;
}

static void free_buckets(struct sim_events *ev)
{
	free(ev->bucket);
	free(ev->used);
	free(ev->used_words);
}

int sim_events_init(struct sim_events *ev, uint64_t seed)
{
	memset(ev, 0, sizeof(*ev));
	ev->key = sim_key(seed, SIM_FOR_TIES);
	ev->shift = FIRST_SHIFT;
	ev->look_after = LOOK_EVERY;
	return alloc_buckets(ev, FIRST_BUCKETS);
}

void sim_events_fini(struct sim_events *ev)
{
	struct sim_event_slab *slab;

	free_buckets(ev);
	while ((slab = ev->slabs)) {
		ev->slabs = slab->next;
		free(slab);
	}
	free(ev->run);
	free(ev->side);
	free(ev->far);
	memset(ev, 0, sizeof(*ev));
}

static void put_in_bucket(struct sim_events *ev, uint64_t number, const struct sim_event *e)
{
	uint32_t i = (uint32_t)(number & (ev->buckets - 1));
	struct sim_event_chunk *c = ev->bucket[i], *more;

	if (!c || c->n == SIM_CHUNK_EVENTS) {
		more = take_chunk(ev);
		more->next = c;
		more->n = 0;
		ev->bucket[i] = c = more;
		ev->used[i >> 6] |= 1ull << (i & 63);
		ev->used_words[i >> 12] |= 1ull << (i >> 6 & 63);
	}
	c->e[c->n++] = *e;
}

/* Files an event where its time belongs. */
void sim_events_file(struct sim_events *ev, const struct sim_event *e)
{
	uint64_t number = e->at >> ev->shift;

	if (number - ev->open - 1 < ev->buckets - 1u) {
		put_in_bucket(ev, number, e);
	} else if (number <= ev->open) {
		heap_add(ev->key, &ev->side, &ev->side_count, &ev->side_size, e);
	} else {
		ev->added_far++;
		heap_add(ev->key, &ev->far, &ev->far_count, &ev->far_size, e);
	}
}

/* First used bucket at or after position `from`, without wrapping; NONE if there is none. */
static uint32_t scan(const struct sim_events *ev, uint32_t from)
{
	uint32_t words = ev->buckets >> 6, groups = (words + 63) >> 6, w = from >> 6, g;
	uint64_t bits;

	if (w >= words)
		return NONE;
	bits = ev->used[w] & ~0ull << (from & 63);
	if (bits)
		return w << 6 | (uint32_t)__builtin_ctzll(bits);
	if (++w == words)
		return NONE;
	g = w >> 6;
	bits = ev->used_words[g] & ~0ull << (w & 63);
	while (!bits) {
		if (++g == groups)
			return NONE;
		bits = ev->used_words[g];
	}
	w = g << 6 | (uint32_t)__builtin_ctzll(bits);
	return w << 6 | (uint32_t)__builtin_ctzll(ev->used[w]);
}

/* Number of the next used bucket after the open one; SIM_NEVER if all are empty. */
static uint64_t next_used(const struct sim_events *ev)
{
	uint32_t mask = ev->buckets - 1, at = (uint32_t)(ev->open & mask), b;

	b = scan(ev, at + 1);
	if (b == NONE)
		b = scan(ev, 0);
	if (b == NONE)
		return SIM_NEVER;
	return ev->open + ((b - at) & mask);
}

/* Opens a bucket: what it holds is taken next. */
static void open_bucket(struct sim_events *ev, uint32_t i)
{
	struct sim_event_chunk *c;
	size_t n = 0;

	while ((c = ev->bucket[i])) {
		if (n + SIM_CHUNK_EVENTS > ev->run_size) {
			ev->run_size = 2 * ev->run_size + SIM_CHUNK_EVENTS;
			ev->run = sim_resize(ev->run, ev->run_size, sizeof(*ev->run));
		}
		for (uint64_t k = 0; k < c->n; k++)
			ev->run[n++] = c->e[k];
		ev->bucket[i] = c->next;
		give_chunk(ev, c);
	}
	ev->next = ev->run;
	ev->end = ev->run + n;
	if (!n)
		return;
	sort(ev->key, ev->run, (uint32_t)n);
	ev->times += ev->next->at != ev->end[-1].at ? 2 : 1;
	ev->used[i >> 6] &= ~(1ull << (i & 63));
	if (!ev->used[i >> 6])
		ev->used_words[i >> 12] &= ~(1ull << (i >> 6 & 63));
}

/* Moves to the next bucket that holds anything. The open one is empty. */
static void open_next(struct sim_events *ev)
{
	uint64_t number = next_used(ev);

	if (ev->far_count && ev->far[0].at >> ev->shift < number)
		number = ev->far[0].at >> ev->shift;
	if (number == SIM_NEVER)
		return;
	ev->open = number;
	ev->opened++;
	open_bucket(ev, (uint32_t)(number & (ev->buckets - 1)));
	while (ev->far_count && (ev->far[0].at >> ev->shift) - number < ev->buckets) {
		struct sim_event e = heap_take(ev->key, ev->far, &ev->far_count);

		if (e.at >> ev->shift == number)
			heap_add(ev->key, &ev->side, &ev->side_count, &ev->side_size, &e);
		else
			put_in_bucket(ev, e.at >> ev->shift, &e);
	}
}

const struct sim_event *sim_events_search(struct sim_events *ev)
{
	const struct sim_event *a, *b;

	if (ev->next == ev->end && !ev->side_count)
		open_next(ev);
	a = ev->next != ev->end ? ev->next : NULL;
	b = ev->side_count ? &ev->side[0] : NULL;
	if (!a || !b)
		return a ? a : b;
	return sim_event_before(ev->key, a, b) ? a : b;
}

struct collected {
	struct sim_event *e;
	size_t count;
};

static void collect(void *ctx, const struct sim_event *e)
{
	struct collected *all = ctx;

	all->e[all->count++] = *e;
}

/* Files everything anew under another bucket width and count. Keeps the old ones if it cannot. */
static void reshape(struct sim_events *ev, unsigned shift, uint32_t buckets)
{
	struct collected all = { sim_resize(NULL, ev->pending + 1, sizeof(*all.e)), 0 };
	struct sim_events old = *ev;
	struct sim_event_chunk *c;

	if (alloc_buckets(ev, buckets)) {
		*ev = old;
		free(all.e);
		return;
	}
	sim_events_each(&old, collect, &all);
	assert(all.count == ev->pending);
	for (uint32_t i = 0; i < old.buckets; i++) {
		while ((c = old.bucket[i])) {
			old.bucket[i] = c->next;
			give_chunk(ev, c);
		}
	}
	free_buckets(&old);
	ev->shift = shift;
	ev->open = ev->now >> shift;
	ev->next = ev->end = NULL;
	ev->side_count = 0;
	ev->far_count = 0;
	for (size_t i = 0; i < all.count; i++)
		sim_events_file(ev, &all.e[i]);
	free(all.e);
}

/*
 * Looks at what the last stretch cost and moves width and count one step towards some events per
 * opened bucket and next to none beyond the last one. Narrowing asks for distinct times: events of
 * one instant stay together in the narrowest bucket.
 */
void sim_events_adapt(struct sim_events *ev)
{
	unsigned shift = ev->shift;
	uint32_t buckets = ev->buckets;

	if (ev->taken > EVENTS_MAX * ev->opened && 4 * ev->times > 5 * ev->opened && shift > 0)
		shift--;
	else if (ev->taken < EVENTS_MIN * ev->opened && shift < MAX_SHIFT)
		shift++;
	if (buckets < MAX_BUCKETS && (8 * ev->added_far > ev->taken || shift < ev->shift))
		buckets *= 2;
	ev->taken = 0;
	ev->opened = 0;
	ev->times = 0;
	ev->added_far = 0;
	ev->look_after = LOOK_EVERY + 2 * ev->pending;
	if (shift != ev->shift || buckets != ev->buckets)
		reshape(ev, shift, buckets);
}

void sim_events_drop_side(struct sim_events *ev)
{
	heap_take(ev->key, ev->side, &ev->side_count);
}

bool sim_events_take(struct sim_events *ev, struct sim_event *next)
{
	const struct sim_event *e = sim_events_first(ev);

	if (!e)
		return false;
	*next = *e;
	sim_events_drop(ev, e);
	return true;
}

void sim_events_each(const struct sim_events *ev,
		     void (*visit)(void *ctx, const struct sim_event *e), void *ctx)
{
	for (const struct sim_event *e = ev->next; e != ev->end; e++)
		visit(ctx, e);
	for (size_t i = 0; i < ev->side_count; i++)
		visit(ctx, &ev->side[i]);
	for (size_t i = 0; i < ev->far_count; i++)
		visit(ctx, &ev->far[i]);
	for (uint32_t b = scan(ev, 0); b != NONE; b = scan(ev, b + 1))
		for (const struct sim_event_chunk *c = ev->bucket[b]; c; c = c->next)
			for (uint64_t i = 0; i < c->n; i++)
				visit(ctx, &c->e[i]);
}
