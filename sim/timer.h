/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: one pending time per id, moved at will. They are apart from the calendar because they
 * behave otherwise: nearly every one is moved before it fires, and most lie far ahead. An indexed
 * heap holds exactly one entry per armed id, so moving leaves no dead events behind.
 *
 * There may be several heaps, for parts of a run; each id is at home in one.
 *
 * Ties between timers, and between a timer and an event, are broken as in event.h.
 */
#ifndef SIM_TIMER_H
#define SIM_TIMER_H

#include "sim/event.h"

struct sim_timer_heap {
	uint32_t *id;		/* earliest at the root, four children each */
	uint32_t armed, size;
	sim_time next;		/* of the earliest, SIM_NEVER if none is armed */
};

struct sim_timers {
	uint64_t key;		/* of the tie hash: the same as that of the events */
	uint32_t kind;		/* or-ed to an id to give the `who` of its events */
	uint32_t ids;		/* ids are 0 .. ids - 1 */
	uint32_t armed;		/* in all heaps */
	uint32_t heaps;
	struct sim_timer_heap *heap;
	uint32_t *place;	/* of each id in its heap, UINT32_MAX if it is not armed */
	uint16_t *home;		/* heap of each id; 0 at first */
	sim_time *at;		/* when each id fires, SIM_NEVER if it is not armed */
};

/* Makes `ids` timers, none armed. Memory failure ends the program. */
void sim_timers_init(struct sim_timers *t, uint64_t seed, uint32_t kind, uint32_t ids);
void sim_timers_fini(struct sim_timers *t);

/* Makes more timers: `ids` of them after the call, not fewer than before. */
void sim_timers_grow(struct sim_timers *t, uint32_t ids);

/* Makes more heaps: `heaps` of them after the call, at most 65536. */
void sim_timers_split(struct sim_timers *t, uint32_t heaps);

/* Moves an id that is not armed to another heap. */
void sim_timers_home(struct sim_timers *t, uint32_t id, uint32_t heap);

/* Arms, moves, or with SIM_NEVER disarms. */
void sim_timers_set(struct sim_timers *t, uint32_t id, sim_time at);

/* When the earliest timer of a heap fires; SIM_NEVER if none is armed. */
static inline sim_time sim_timers_next(const struct sim_timers *t, uint32_t heap)
{
	return t->heap[heap].next;
}

/* The earliest timer of a heap as an event (arg = 0); false if none is armed. */
static inline bool sim_timers_peek(const struct sim_timers *t, uint32_t heap,
				   struct sim_event *next)
{
	const struct sim_timer_heap *h = &t->heap[heap];

	if (!h->armed)
		return false;
	*next = (struct sim_event){ .at = t->at[h->id[0]], .who = t->kind | h->id[0] };
	return true;
}

#endif
