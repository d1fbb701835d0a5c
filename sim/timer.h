/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: one pending time per id, moved at will. They are apart from the calendar because they
 * behave otherwise: nearly every one is moved before it fires, and most lie far ahead. An indexed
 * heap holds exactly one entry per armed id, so moving leaves no dead events behind.
 *
 * Ties between timers, and between a timer and an event, are broken as in event.h.
 */
#ifndef SIM_TIMER_H
#define SIM_TIMER_H

#include "sim/event.h"

struct sim_timers {
	uint64_t key;		/* of the tie hash: the same as that of the events */
	uint32_t kind;		/* or-ed to an id to give the `who` of its events */
	uint32_t ids;		/* ids are 0 .. ids - 1 */
	uint32_t armed;		/* entries in the heap */
	uint32_t *heap;		/* ids, earliest at the root, four children each */
	uint32_t *place;	/* of each id in the heap, UINT32_MAX if it is not armed */
	sim_time *at;		/* when each id fires, SIM_NEVER if it is not armed */
};

/* Makes `ids` timers, none armed. Memory failure ends the program. */
void sim_timers_init(struct sim_timers *t, uint64_t seed, uint32_t kind, uint32_t ids);
void sim_timers_fini(struct sim_timers *t);

/* Makes more timers: `ids` of them after the call, not fewer than before. */
void sim_timers_grow(struct sim_timers *t, uint32_t ids);

/* Arms, moves, or with SIM_NEVER disarms. */
void sim_timers_set(struct sim_timers *t, uint32_t id, sim_time at);

/* The earliest timer as an event (arg = 0); false if none is armed. */
static inline bool sim_timers_peek(const struct sim_timers *t, struct sim_event *next)
{
	if (!t->armed)
		return false;
	*next = (struct sim_event){ .at = t->at[t->heap[0]], .who = t->kind | t->heap[0] };
	return true;
}

#endif
