/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calendar of pending events: see event.h for the order it keeps and the structure it has.
 * Timers that move all the time are kept elsewhere (timer.c).
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/port.h"
#include "sim/event.h"
#include "sim/util.h"

#define NONE UINT32_MAX

enum {
	FIRST_SHIFT = 16,
	FIRST_BUCKETS = 64,
	MAX_BUCKETS = 1 << 20,
	MAX_SHIFT = 32,			/* see sort_many() */
	SLAB_CHUNKS = 32,
	FEW = 64,			/* of the open bucket, among which one is inserted */
	INSERTION_MAX = 16,		/* of events in any order so few are sorted by it */
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

/*
 * Many of a bucket are sorted with time and tie as one number in the place of the time, of which
 * within one bucket the lower half says all. Few are inserted: see insert().
 */
static bool less(const struct sim_event *a, const struct sim_event *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	return a->who != b->who ? a->who < b->who : a->arg < b->arg;
}

static void exchange(struct sim_event *a, struct sim_event *b)
{
	struct sim_event t = *a;

	*a = *b;
	*b = t;
}

static void sort_few(struct sim_event *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sim_event e = v[i];
		size_t k = i;

		for (; k > 0 && less(&e, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = e;
	}
}

/* Quicksort; ties are hashes, so no order of adding makes it slow. */
static void sort(struct sim_event *v, size_t n)
{
	while (n > INSERTION_MAX) {
		size_t i = 0, k = n - 1;
		struct sim_event mid;

		if (less(&v[n / 2], &v[0]))
			exchange(&v[n / 2], &v[0]);
		if (less(&v[n - 1], &v[0]))
			exchange(&v[n - 1], &v[0]);
		if (less(&v[n - 1], &v[n / 2]))
			exchange(&v[n - 1], &v[n / 2]);
		mid = v[n / 2];
		for (;;) {
			while (less(&v[++i], &mid))
				;
			while (less(&mid, &v[--k]))
				;
			if (i >= k)
				break;
			exchange(&v[i], &v[k]);
		}
		if (i < n - i) {	/* the smaller half first: the depth is bounded */
			sort(v, i);
			v += i;
			n -= i;
		} else {
			sort(v + i, n - i);
			n = i;
		}
	}
	sort_few(v, n);
}

static void sort_many(uint64_t key, struct sim_event *v, size_t n)
{
	uint64_t upper = v[0].at >> 32 << 32;

	for (size_t i = 0; i < n; i++)
		v[i].at = v[i].at << 32 | sim_event_tie(key, v[i].at, v[i].who);
	sort(v, n);
	for (size_t i = 0; i < n; i++)
		v[i].at = upper | v[i].at >> 32;
}

/* The calendar. */

struct sim_event_slab {
	_Alignas(SIM_CHUNK_BYTES) struct sim_event_chunk chunk[SLAB_CHUNKS];
	struct sim_event_slab *next;
};

static_assert(sizeof(struct sim_event_chunk) == SIM_CHUNK_BYTES, "see sim_events_add()");

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
	struct sim_event **bucket = calloc(buckets, sizeof(struct sim_event *));
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

/* The chunk before whose end, or at whose end, the next event of a bucket goes; NULL: none. */
static struct sim_event_chunk *chunk_of(struct sim_event *slot)
{
	uintptr_t at = (uintptr_t)slot;

	return at ? (struct sim_event_chunk *)((at - 1) & ~(uintptr_t)(SIM_CHUNK_BYTES - 1)) : NULL;
}

static void put_in_bucket(struct sim_events *ev, uint64_t number, const struct sim_event *e)
{
	uint32_t i = (uint32_t)(number & (ev->buckets - 1));
	struct sim_event *slot = ev->bucket[i];
	struct sim_event_chunk *more;

	if (!sim_event_room(slot)) {
		more = take_chunk(ev);
		more->next = chunk_of(slot);
		slot = more->e;
		ev->used[i >> 6] |= 1ull << (i & 63);
		ev->used_words[i >> 12] |= 1ull << (i >> 6 & 63);
	}
	*slot = *e;
	ev->bucket[i] = slot + 1;
}

static weft_apart bool tied_before(uint64_t key, const struct sim_event *a,
				   const struct sim_event *b)
{
	return sim_event_before(key, a, b);
}

/* To what is left of the open bucket, from `p` on; room is before it, SIM_NEVER behind it. */
static weft_hot void insert(uint64_t key, struct sim_event *p, const struct sim_event *e)
{
	sim_time at = e->at;

	for (; p->at <= at && (p->at < at || tied_before(key, p, e)); p++)
		p[-1] = *p;
	p[-1] = *e;
}

/* The events from `first` up to `e`, the last one first; returns where it all begins then. */
static weft_apart struct sim_event *insert_all(uint64_t key, struct sim_event *next,
					       const struct sim_event *first,
					       const struct sim_event *e)
{
	do
		insert(key, next--, --e);
	while (e != first);
	return next;
}

static void put_in_open(struct sim_events *ev, const struct sim_event *e)
{
	if (ev->next == ev->run || ev->end - ev->next > FEW) {
		heap_add(ev->key, &ev->side, &ev->side_count, &ev->side_size, e);
	} else {
		insert(ev->key, ev->next, e);
		ev->next--;
		ev->waiting--;
		ev->taken++;
	}
}

/* What is filed in a later bucket without this lies after what was taken. */
void sim_events_file(struct sim_events *ev, sim_time at, uint32_t who, uint32_t arg)
{
	struct sim_event e = { .at = at, .who = who, .arg = arg };
	uint64_t number = at >> ev->shift;

	assert(at >= ev->now && at != SIM_NEVER);
	if (number - ev->open - 1 < ev->buckets - 1u) {
		put_in_bucket(ev, number, &e);
	} else if (number <= ev->open) {
		put_in_open(ev, &e);
	} else {
		ev->added_far++;
		heap_add(ev->key, &ev->far, &ev->far_count, &ev->far_size, &e);
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

/* More room before what the open bucket holds. */
static weft_cold void widen_run(struct sim_events *ev)
{
	size_t held = (size_t)(ev->end - ev->next), size = 2 * ev->run_size + 2 * SIM_CHUNK_EVENTS;
	struct sim_event *run = sim_resize(NULL, size + 1, sizeof(*run));

	if (held)
		memcpy(run + size - held, ev->next, held * sizeof(*run));
	free(ev->run);
	ev->run = run;
	ev->run_size = size;
	ev->end = run + size;
	ev->next = ev->end - held;
	ev->end->at = SIM_NEVER;
}

/*
 * Takes over what a bucket holds. The latest chunk comes first, and goes last: as what was added
 * first tends to happen first, nearly every event is then inserted at the front.
 */
static void collect_bucket(struct sim_events *ev, struct sim_event *e)
{
	struct sim_event_chunk *c = chunk_of(e), *more;
	bool many = false;
	size_t n;

	for (; c; c = more, e = c ? c->e + SIM_CHUNK_EVENTS : NULL) {
		if (ev->next - ev->run < SIM_CHUNK_EVENTS)
			widen_run(ev);
		many |= ev->end - ev->next > FEW - SIM_CHUNK_EVENTS;
		n = (size_t)(e - c->e);
		if (many)
			ev->next = memcpy(ev->next - n, c->e, n * sizeof(*e));
		else
			ev->next = insert_all(ev->key, ev->next, c->e, e);
		more = c->next;
		give_chunk(ev, c);
	}
	if (many)
		sort_many(ev->key, ev->next, (size_t)(ev->end - ev->next));
}

/* Opens a bucket: what it holds is taken next. */
static void open_bucket(struct sim_events *ev, uint32_t i)
{
	struct sim_event *slot = ev->bucket[i];

	if (!slot)
		return;
	collect_bucket(ev, slot);
	ev->bucket[i] = NULL;
	ev->used[i >> 6] &= ~(1ull << (i & 63));
	if (!ev->used[i >> 6])
		ev->used_words[i >> 12] &= ~(1ull << (i >> 6 & 63));
	ev->waiting -= (size_t)(ev->end - ev->next);
	ev->taken += (size_t)(ev->end - ev->next);
	ev->times += ev->next->at != ev->end[-1].at ? 2 : 1;
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
	size_t pending = sim_events_pending(ev);
	struct collected all = { sim_resize(NULL, pending + 1, sizeof(*all.e)), 0 };
	struct sim_events old = *ev;
	struct sim_event_chunk *c, *before;

	if (alloc_buckets(ev, buckets)) {
		*ev = old;
		free(all.e);
		return;
	}
	sim_events_each(&old, collect, &all);
	assert(all.count == pending);
	for (uint32_t i = 0; i < old.buckets; i++) {
		for (c = chunk_of(old.bucket[i]); c; c = before) {
			before = c->next;
			give_chunk(ev, c);
		}
	}
	free_buckets(&old);
	ev->shift = shift;
	ev->open = ev->now >> shift;
	ev->next = ev->end;
	ev->waiting = pending;
	ev->side_count = 0;
	ev->far_count = 0;
	for (size_t i = 0; i < all.count; i++)
		sim_events_file(ev, all.e[i].at, all.e[i].who, all.e[i].arg);
	free(all.e);
}

/*
 * Looks at what the last stretch cost and moves width and count one step towards some events per
 * opened bucket and next to none beyond the last one. Narrowing asks for distinct times: events of
 * one instant stay together in the narrowest bucket.
 */
static void adapt(struct sim_events *ev)
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
	ev->look_after = LOOK_EVERY + 2 * sim_events_pending(ev);
	if (shift != ev->shift || buckets != ev->buckets)
		reshape(ev, shift, buckets);
}

/* Moves to the next bucket that holds anything. The open one is empty. */
static void open_next(struct sim_events *ev)
{
	uint64_t number;

	if (ev->taken >= ev->look_after) {
		adapt(ev);
		if (ev->next != ev->end || ev->side_count)
			return;
	}
	number = next_used(ev);
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
			put_in_open(ev, &e);
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

void sim_events_drop_side(struct sim_events *ev)
{
	heap_take(ev->key, ev->side, &ev->side_count);
	ev->waiting--;
	if (++ev->taken >= ev->look_after)
		adapt(ev);
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
	for (uint32_t b = scan(ev, 0); b != NONE; b = scan(ev, b + 1)) {
		const struct sim_event *e = ev->bucket[b];
		const struct sim_event_chunk *c = chunk_of(ev->bucket[b]);

		for (; c; c = c->next, e = c ? c->e + SIM_CHUNK_EVENTS : NULL)
			while (e != c->e)
				visit(ctx, --e);
	}
}
