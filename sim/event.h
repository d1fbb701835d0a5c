/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pending-event set: what happens next, and in which order things happen that happen at once.
 * It knows nothing of packets, ports or hosts.
 *
 * Order. Events leave by (time, tie, who, arg), where tie is a hash of the run's seed, the time
 * and `who`. The order is therefore a function of the events alone:
 * inserting the same events in any other order gives the same run, and no port wins its ties more
 * often than another (two senders of equal rate that meet at one picosecond share the losses,
 * instead of the one that was created first winning for ever). For this to mean something, callers
 * keep (time, who) unique wherever the order matters: one arrival per link and instant, one service
 * per port, one timer per id.
 *
 * Structure. A calendar of 2^n buckets, each an unsorted list of chunks, with a two-level bitmap
 * that finds the next used bucket; a bucket is sorted into an array when it is opened, so that the
 * loop sees what comes next and can have it fetched. The chunk that was emptied last is filled
 * first: the memory touched is that of the events pending, not of all buckets at their fullest.
 * What is added to the open bucket goes into the array, or where that is long to a heap, and so
 * does what lies beyond the calendar's last bucket. Width and number of buckets follow the load;
 * they change the cost of an operation, never the order.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/rng.h"

typedef uint64_t sim_time;	/* picoseconds since the start of the run */

#define SIM_NEVER UINT64_MAX
#define SIM_NS 1000u		/* picoseconds */
#define SIM_US 1000000u
#define SIM_MS 1000000000u

struct sim_event {
	sim_time at;
	uint32_t who;	/* the caller's: kind and index of what the event happens to */
	uint32_t arg;	/* the caller's: e.g. a packet index */
};

enum { SIM_CHUNK_EVENTS = 15, SIM_CHUNK_BYTES = 256 };

struct sim_event_chunk {		/* aligned to its size */
	struct sim_event_chunk *next;	/* of the bucket, full; or free */
	uint64_t spare;
	struct sim_event e[SIM_CHUNK_EVENTS];
};

struct sim_event_slab;			/* event.c: where chunks come from */

struct sim_events {
	uint64_t key;			/* of the tie hash */
	sim_time now;			/* of the last event taken; nothing earlier may be added */
	size_t waiting;			/* events held but those of the open bucket, in `next` */

	unsigned shift;			/* log2 of the bucket width in ps */
	uint32_t buckets;		/* a power of two, 64 at least */
	uint64_t open;			/* number (time >> shift) of the bucket that is open */
	struct sim_event **bucket;	/* of each, where the next event goes: sim_event_room() */
	uint64_t *used;			/* bit per bucket */
	uint64_t *used_words;		/* bit per word of `used` */

	struct sim_event_chunk *free;
	struct sim_event_slab *slabs;

	struct sim_event *run;		/* room for the open bucket */
	size_t run_size;
	struct sim_event *next, *end;	/* what is left of it, earliest first; SIM_NEVER follows */

	struct sim_event *side;		/* binary heap: additions to it that did not go there */
	size_t side_count, side_size;

	struct sim_event *far;		/* binary heap: beyond the last bucket */
	size_t far_count, far_size;

	/* What the adaptation looks at: counts since the last look. */
	uint64_t taken;		/* events that have come to the open bucket */
	uint64_t opened;	/* buckets opened */
	uint64_t times;		/* distinct times in them */
	uint64_t added_far;	/* events that went to the heap */
	uint64_t look_after;	/* look when `taken` reaches this */
};

/*
 * Makes an empty set; `seed` is the run's. Returns 0, or -ENOMEM with nothing to free.
 */
int sim_events_init(struct sim_events *ev, uint64_t seed);
void sim_events_fini(struct sim_events *ev);

/* event.c: files an event, counted already, where its time belongs. */
void sim_events_file(struct sim_events *ev, sim_time at, uint32_t who, uint32_t arg);

/*
 * Is there room for an event at `slot`? Not where no chunk is, nor behind the last event of one,
 * where the next begins.
 */
static inline bool sim_event_room(const struct sim_event *slot)
{
	return (uintptr_t)slot & (SIM_CHUNK_BYTES - 1);
}

/*
 * Adds an event; `at` must not lie before the last event taken (asserted). Out of memory ends the
 * program with a message: a simulation cannot go on without an event. Most go to a bucket whose
 * latest chunk has room.
 */
static inline void sim_events_add(struct sim_events *ev, sim_time at, uint32_t who, uint32_t arg)
{
	uint64_t number = at >> ev->shift;
	struct sim_event **slot = &ev->bucket[number & (ev->buckets - 1)], *e = *slot;

	ev->waiting++;
	if (number - ev->open - 1 < ev->buckets - 1u && sim_event_room(e)) {
		*e = (struct sim_event){ .at = at, .who = who, .arg = arg };
		*slot = e + 1;
	} else {
		sim_events_file(ev, at, who, arg);
	}
}

/* How many events are held. */
static inline size_t sim_events_pending(const struct sim_events *ev)
{
	return ev->waiting + (size_t)(ev->end - ev->next);
}

/* Takes the next event; false if there is none. */
bool sim_events_take(struct sim_events *ev, struct sim_event *next);

/* Calls `visit` for each pending event, in no particular order, without changing anything. */
void sim_events_each(const struct sim_events *ev,
		     void (*visit)(void *ctx, const struct sim_event *e), void *ctx);

/* Of events of one time: a hash, so that none wins more often than another. */
static inline uint32_t sim_event_tie(uint64_t key, sim_time at, uint32_t who)
{
	uint64_t h = (key ^ at) * 0x9e3779b97f4a7c15u + who;

	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 32) * 0x94d049bb133111ebu;
	return (uint32_t)(h >> 32);
}

/* The order of the set: is `a` before `b`? `key` is sim_key(seed, SIM_FOR_TIES). */
static inline bool sim_event_before(uint64_t key, const struct sim_event *a,
				    const struct sim_event *b)
{
	uint32_t tie_a, tie_b;

	if (a->at != b->at)
		return a->at < b->at;
	tie_a = sim_event_tie(key, a->at, a->who);
	tie_b = sim_event_tie(key, b->at, b->who);
	if (tie_a != tie_b)
		return tie_a < tie_b;
	return a->who != b->who ? a->who < b->who : a->arg < b->arg;
}

/* event.c: what sim_events_first() does when the next event is not at hand. */
const struct sim_event *sim_events_search(struct sim_events *ev);
/* event.c: drops the first of the side heap. */
void sim_events_drop_side(struct sim_events *ev);

/* The next event; NULL if there is none. Valid until the next call on `ev`. */
static inline const struct sim_event *sim_events_first(struct sim_events *ev)
{
	if (ev->next != ev->end && !ev->side_count)
		return ev->next;
	return sim_events_search(ev);
}

/* Takes away what sim_events_first() has just returned. */
static inline void sim_events_drop(struct sim_events *ev, const struct sim_event *first)
{
	ev->now = first->at;
	if (first == ev->next)
		ev->next++;
	else
		sim_events_drop_side(ev);
}

#endif
