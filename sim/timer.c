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
	t->heap = sim_resize(t->heap, ids, sizeof(*t->heap));
	t->place = sim_resize(t->place, ids, sizeof(*t->place));
	t->at = sim_resize(t->at, ids, sizeof(*t->at));
	memset(t->place + t->ids, 0xff, (ids - t->ids) * sizeof(*t->place));
	memset(t->at + t->ids, 0xff, (ids - t->ids) * sizeof(*t->at));
	t->ids = ids;
}

void sim_timers_init(struct sim_timers *t, uint64_t seed, uint32_t kind, uint32_t ids)
{
	memset(t, 0, sizeof(*t));
	t->key = sim_key(seed, SIM_FOR_TIES);
	t->kind = kind;
	sim_timers_grow(t, ids);
}

void sim_timers_fini(struct sim_timers *t)
{
	free(t->heap);
	free(t->place);
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

static void put(struct sim_timers *t, uint32_t place, uint32_t id)
{
	t->heap[place] = id;
	t->place[id] = place;
}

static void rise(struct sim_timers *t, uint32_t place, uint32_t id)
{
	while (place > 0 && before(t, id, t->heap[(place - 1) / 4])) {
		put(t, place, t->heap[(place - 1) / 4]);
		place = (place - 1) / 4;
	}
	put(t, place, id);
}

static void sink(struct sim_timers *t, uint32_t place, uint32_t id)
{
	for (;;) {
		uint32_t first = 4 * place + 1, best = first;

		if (first >= t->armed)
			break;
		for (uint32_t c = first + 1; c < first + 4 && c < t->armed; c++)
			if (before(t, t->heap[c], t->heap[best]))
				best = c;
		if (!before(t, t->heap[best], id))
			break;
		put(t, place, t->heap[best]);
		place = best;
	}
	put(t, place, id);
}

static void disarm(struct sim_timers *t, uint32_t id)
{
	uint32_t place = t->place[id], last;

	if (place == NOWHERE)
		return;
	t->place[id] = NOWHERE;
	t->at[id] = SIM_NEVER;
	last = t->heap[--t->armed];
	if (last == id)
		return;
	rise(t, place, last);
	sink(t, t->place[last], last);
}

void sim_timers_set(struct sim_timers *t, uint32_t id, sim_time at)
{
	assert(id < t->ids);
	if (at == t->at[id])
		return;
	if (at == SIM_NEVER) {
		disarm(t, id);
		return;
	}
	t->at[id] = at;
	if (t->place[id] == NOWHERE) {
		rise(t, t->armed++, id);
		return;
	}
	rise(t, t->place[id], id);
	sink(t, t->place[id], id);
}
