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
	FIRST_BUCKETS = 256,
	MAX_BUCKETS = 1 << 20,
	MAX_SHIFT = 40,
	FIRST_NODES = 1024,
	FIRST_SORTED = 64,
	INSERTION_MAX = 12,		/* so few are sorted by insertion */
	EVENTS_MIN = 24,			/* of an opened bucket, aimed at */
	EVENTS_MAX = 128,
	LOOK_EVERY = 1 << 12		/* events taken between two looks at the load, at least */
};

/* Binary heaps of events, earliest at the root. */

static void heap_add(struct sim_event_node **heap, size_t *count, size_t *size,
		     const struct sim_event_node *e)
{
	size_t i = *count;
	struct sim_event_node *h;

	if (*count == *size) {
		*size = *size ? 2 * *size : 256;
		*heap = sim_resize(*heap, *size, sizeof(**heap));
	}
	h = *heap;
	while (i > 0 && sim_node_before(e, &h[(i - 1) / 2])) {
		h[i] = h[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h[i] = *e;
	++*count;
}

static void heap_take(struct sim_event_node *h, size_t *count, struct sim_event_node *out)
{
	struct sim_event_node last;
	size_t i = 0, child;

	*out = h[0];
	last = h[--*count];
	while ((child = 2 * i + 1) < *count) {
		if (child + 1 < *count && sim_node_before(&h[child + 1], &h[child]))
			child++;
		if (!sim_node_before(&h[child], &last))
			break;
		h[i] = h[child];
		i = child;
	}
	h[i] = last;
}

/* Sorting a bucket, earliest first. */

static void sort_few(struct sim_event_node *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct sim_event_node e = v[i];
		uint32_t k = i;

		for (; k > 0 && sim_node_before(&e, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = e;
	}
}

static void exchange(struct sim_event_node *a, struct sim_event_node *b)
{
	struct sim_event_node t = *a;

	*a = *b;
	*b = t;
}

/* Quicksort; ties are hashes, so no order of adding makes it slow. */
static void sort(struct sim_event_node *v, uint32_t n)
{
	while (n > INSERTION_MAX) {
		uint32_t i = 0, k = n - 1;
		struct sim_event_node mid;

		if (sim_node_before(&v[n / 2], &v[0]))
			exchange(&v[n / 2], &v[0]);
		if (sim_node_before(&v[n - 1], &v[0]))
			exchange(&v[n - 1], &v[0]);
		if (sim_node_before(&v[n - 1], &v[n / 2]))
			exchange(&v[n - 1], &v[n / 2]);
		mid = v[n / 2];
		for (;;) {
			while (sim_node_before(&v[++i], &mid))
				;
			while (sim_node_before(&mid, &v[--k]))
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

/* The node pool. */

static void grow_nodes(struct sim_events *ev)
{
	uint32_t n = ev->nodes ? 2 * ev->nodes : FIRST_NODES;

	ev->node = sim_resize(ev->node, n, sizeof(*ev->node));
	for (uint32_t i = n; i-- > ev->nodes;) {
		ev->node[i].next = ev->free_node;
		ev->free_node = i;
	}
	ev->nodes = n;
}

/* The calendar. */

static int alloc_buckets(struct sim_events *ev, uint32_t buckets)
{
	uint32_t *head = malloc(buckets * sizeof(*head));
	uint64_t *used = calloc(buckets / 64, sizeof(*used));
	uint64_t *used_words = calloc(buckets / 64 / 64 + 1, sizeof(*used_words));

	if (!head || !used || !used_words) {
		free(head);
		free(used);
		free(used_words);
		return -ENOMEM;
	}
	memset(head, 0xff, buckets * sizeof(*head));
	ev->head = head;
	ev->used = used;
	ev->used_words = used_words;
	ev->buckets = buckets;
	return 0;
}

static void free_buckets(struct sim_events *ev)
{
	free(ev->head);
	free(ev->used);
	free(ev->used_words);
}

int sim_events_init(struct sim_events *ev, uint64_t seed)
{
	memset(ev, 0, sizeof(*ev));
	ev->key = sim_key(seed, SIM_FOR_TIES);
	ev->shift = FIRST_SHIFT;
	ev->free_node = NONE;
	ev->look_after = LOOK_EVERY;
	ev->sorted_size = FIRST_SORTED;
	ev->sorted = malloc(FIRST_SORTED * sizeof(*ev->sorted));
	if (!ev->sorted)
		return -ENOMEM;
	if (alloc_buckets(ev, FIRST_BUCKETS)) {
		free(ev->sorted);
		return -ENOMEM;
	}
	return 0;
}

void sim_events_fini(struct sim_events *ev)
{
	free_buckets(ev);
	free(ev->node);
	free(ev->sorted);
	free(ev->side);
	free(ev->far);
	memset(ev, 0, sizeof(*ev));
}

static void put_in_bucket(struct sim_events *ev, uint64_t number, const struct sim_event_node *e)
{
	uint32_t b = (uint32_t)(number & (ev->buckets - 1));
	uint32_t n = ev->free_node;

	if (n == NONE) {
		grow_nodes(ev);
		n = ev->free_node;
	}
	ev->free_node = ev->node[n].next;
	ev->node[n] = *e;
	ev->node[n].next = ev->head[b];
	ev->head[b] = n;
	ev->used[b >> 6] |= 1ull << (b & 63);
	ev->used_words[b >> 12] |= 1ull << (b >> 6 & 63);
}

/* Files an event where its time belongs. */
static void file(struct sim_events *ev, const struct sim_event_node *e)
{
	uint64_t number = e->e.at >> ev->shift;

	if (number - ev->open - 1 < ev->buckets - 1u) {
		put_in_bucket(ev, number, e);
	} else if (number <= ev->open) {
		heap_add(&ev->side, &ev->side_count, &ev->side_size, e);
	} else {
		ev->added_far++;
		heap_add(&ev->far, &ev->far_count, &ev->far_size, e);
	}
}

void sim_events_add(struct sim_events *ev, sim_time at, uint32_t who, uint32_t arg)
{
	struct sim_event_node e = { .e = { .at = at, .who = who, .arg = arg },
				    .tie = sim_event_tie(ev->key, at, who) };

	assert(at >= ev->now && at != SIM_NEVER);
	ev->pending++;
	file(ev, &e);
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

/* Empties a bucket's list into `sorted`. */
static void unpack(struct sim_events *ev, uint32_t b)
{
	uint32_t first = ev->head[b], last = NONE, count = 0;

	for (uint32_t n = first; n != NONE; last = n, n = ev->node[n].next) {
		if (count == ev->sorted_size) {
			ev->sorted_size *= 2;
			ev->sorted = sim_resize(ev->sorted, ev->sorted_size, sizeof(*ev->sorted));
		}
		ev->sorted[count++] = ev->node[n];
	}
	ev->sorted_at = 0;
	ev->sorted_count = count;
	if (last == NONE)
		return;
	sort(ev->sorted, count);
	ev->times += ev->sorted[0].e.at != ev->sorted[count - 1].e.at ? 2 : 1;
	ev->node[last].next = ev->free_node;
	ev->free_node = first;
	ev->head[b] = NONE;
	ev->used[b >> 6] &= ~(1ull << (b & 63));
	if (!ev->used[b >> 6])
		ev->used_words[b >> 12] &= ~(1ull << (b >> 6 & 63));
}

/* Moves to the next bucket that holds anything. The open one is empty. */
static void open_next(struct sim_events *ev)
{
	uint64_t number = next_used(ev);
	struct sim_event_node e;

	if (ev->far_count && ev->far[0].e.at >> ev->shift < number)
		number = ev->far[0].e.at >> ev->shift;
	if (number == SIM_NEVER)
		return;
	ev->open = number;
	ev->opened++;
	unpack(ev, (uint32_t)(number & (ev->buckets - 1)));
	while (ev->far_count && (ev->far[0].e.at >> ev->shift) - number < ev->buckets) {
		heap_take(ev->far, &ev->far_count, &e);
		if (e.e.at >> ev->shift == number)
			heap_add(&ev->side, &ev->side_count, &ev->side_size, &e);
		else
			put_in_bucket(ev, e.e.at >> ev->shift, &e);
	}
}

const struct sim_event *sim_events_search(struct sim_events *ev)
{
	const struct sim_event_node *a, *b;

	if (ev->sorted_at == ev->sorted_count && !ev->side_count)
		open_next(ev);
	a = ev->sorted_at < ev->sorted_count ? &ev->sorted[ev->sorted_at] : NULL;
	b = ev->side_count ? &ev->side[0] : NULL;
	if (!a)
		return b ? &b->e : NULL;
	return !b || sim_node_before(a, b) ? &a->e : &b->e;
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

	if (alloc_buckets(ev, buckets)) {
		*ev = old;
		free(all.e);
		return;
	}
	sim_events_each(&old, collect, &all);
	assert(all.count == ev->pending);
	free_buckets(&old);
	ev->shift = shift;
	ev->open = ev->now >> shift;
	ev->sorted_at = ev->sorted_count = 0;
	ev->side_count = 0;
	ev->far_count = 0;
	ev->free_node = NONE;
	for (uint32_t i = ev->nodes; i-- > 0;) {
		ev->node[i].next = ev->free_node;
		ev->free_node = i;
	}
	for (size_t i = 0; i < all.count; i++) {
		struct sim_event_node e = { .e = all.e[i], .tie = sim_event_tie(ev->key,
							all.e[i].at, all.e[i].who) };

		file(ev, &e);
	}
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
	struct sim_event_node e;

	heap_take(ev->side, &ev->side_count, &e);
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
	for (uint32_t i = ev->sorted_at; i < ev->sorted_count; i++)
		visit(ctx, &ev->sorted[i].e);
	for (size_t i = 0; i < ev->side_count; i++)
		visit(ctx, &ev->side[i].e);
	for (size_t i = 0; i < ev->far_count; i++)
		visit(ctx, &ev->far[i].e);
	for (uint32_t b = scan(ev, 0); b != NONE; b = scan(ev, b + 1))
		for (uint32_t n = ev->head[b]; n != NONE; n = ev->node[n].next)
			visit(ctx, &ev->node[n].e);
}
