/* SPDX-License-Identifier: BSD-2-Clause */
/* See timer.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/timer.h"
#include "sim/rng.h"
#include "sim/util.h"

#define NOWHERE UINT32_MAX

void sim_timers_grow(struct sim_timers *t, uint32_t ids)
{
	assert(ids >= t->ids);
	t->place = sim_resize(t->place, ids, sizeof(*t->place));
	t->home = sim_resize(t->home, ids, sizeof(*t->home));
	t->at = sim_resize(t->at, ids, sizeof(*t->at));
	memset(t->place + t->ids, 0xff, (ids - t->ids) * sizeof(*t->place));
	memset(t->home + t->ids, 0, (ids - t->ids) * sizeof(*t->home));
	memset(t->at + t->ids, 0xff, (ids - t->ids) * sizeof(*t->at));
	t->ids = ids;
}

void sim_timers_split(struct sim_timers *t, uint32_t heaps)
{
	assert(heaps >= t->heaps && heaps <= UINT16_MAX + 1u);
	t->heap = sim_resize(t->heap, heaps, sizeof(*t->heap));
	for (; t->heaps < heaps; t->heaps++)
		t->heap[t->heaps] = (struct sim_timer_heap){ .next = SIM_NEVER };
}

void sim_timers_home(struct sim_timers *t, uint32_t id, uint32_t heap)
{
	assert(t->place[id] == NOWHERE && heap < t->heaps);
	t->home[id] = (uint16_t)heap;
}

void sim_timers_init(struct sim_timers *t, uint64_t seed, uint32_t kind, uint32_t ids)
{
	memset(t, 0, sizeof(*t));
	t->key = sim_key(seed, SIM_FOR_TIES);
	t->kind = kind;
	sim_timers_split(t, 1);
	sim_timers_grow(t, ids);
}

void sim_timers_fini(struct sim_timers *t)
{
	for (uint32_t i = 0; i < t->heaps; i++)
		free(t->heap[i].id);
	free(t->heap);
	free(t->place);
	free(t->home);
	free(t->at);
	memset(t, 0, sizeof(*t));
}

static struct sim_event event_of(const struct sim_timers *t, uint32_t id)
{
	return (struct sim_event){ .at = t->at[id], .who = t->kind | id };
}

static bool before(const struct sim_timers *t, uint32_t a, uint32_t b)
{
	struct sim_event ea = event_of(t, a), eb = event_of(t, b);

	return sim_event_before(t->key, &ea, &eb);
}

static void put(struct sim_timers *t, struct sim_timer_heap *h, uint32_t place, uint32_t id)
{
	h->id[place] = id;
	t->place[id] = place;
}

static void rise(struct sim_timers *t, struct sim_timer_heap *h, uint32_t place, uint32_t id)
{
	while (place > 0 && before(t, id, h->id[(place - 1) / 4])) {
		put(t, h, place, h->id[(place - 1) / 4]);
		place = (place - 1) / 4;
	}
	put(t, h, place, id);
}

static void sink(struct sim_timers *t, struct sim_timer_heap *h, uint32_t place, uint32_t id)
{
	for (;;) {
		uint32_t first = 4 * place + 1, best = first;

		if (first >= h->armed)
			break;
		for (uint32_t c = first + 1; c < first + 4 && c < h->armed; c++)
			if (before(t, h->id[c], h->id[best]))
				best = c;
		if (!before(t, h->id[best], id))
			break;
		put(t, h, place, h->id[best]);
		place = best;
	}
	put(t, h, place, id);
}

static void disarm(struct sim_timers *t, struct sim_timer_heap *h, uint32_t id)
{
	uint32_t place = t->place[id], last;

	if (place == NOWHERE)
		return;
	t->place[id] = NOWHERE;
	t->at[id] = SIM_NEVER;
	t->armed--;
	last = h->id[--h->armed];
	if (last == id)
		return;
	rise(t, h, place, last);
	sink(t, h, t->place[last], last);
}

static void arm(struct sim_timers *t, struct sim_timer_heap *h, uint32_t id)
{
	if (h->armed == h->size) {
		h->size = h->size ? 2 * h->size : 8;
		h->id = sim_resize(h->id, h->size, sizeof(*h->id));
	}
	t->armed++;
	rise(t, h, h->armed++, id);
}

void sim_timers_set(struct sim_timers *t, uint32_t id, sim_time at)
{
	struct sim_timer_heap *h;

	assert(id < t->ids);
	if (at == t->at[id])
		return;
	h = &t->heap[t->home[id]];
	if (at == SIM_NEVER) {
		disarm(t, h, id);
	} else if (t->place[id] == NOWHERE) {
		t->at[id] = at;
		arm(t, h, id);
	} else {
		t->at[id] = at;
		rise(t, h, t->place[id], id);
		sink(t, h, t->place[id], id);
	}
	h->next = h->armed ? t->at[h->id[0]] : SIM_NEVER;
}
