/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's tables: a map of 64-bit keys, a pool of numbers, a heap of deadlines.  None of
 * them knows what it holds.
 */
#ifndef WEFT_USERSPACE_LIB_TABLE_H
#define WEFT_USERSPACE_LIB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Map: 64-bit key to pointer; open addressing, at most three quarters full ---- */

struct weftu_slot {
	uint64_t key;
	void *val;		/* NULL: free */
};

struct weftu_map {
	struct weftu_slot *slots;	/* NULL: empty so far */
	uint32_t mask;
	uint32_t used;
	uint64_t salt;			/* so that a peer cannot choose keys that collide */
};

void *weftu_map_get(const struct weftu_map *m, uint64_t key);
/* Adds; the key must not be there, val not NULL.  False: out of memory. */
bool weftu_map_put(struct weftu_map *m, uint64_t key, void *val);
/* Removes; returns what was there. */
void *weftu_map_del(struct weftu_map *m, uint64_t key);
/* Next entry at or after *at, which moves behind it; NULL at the end. */
void *weftu_map_next(const struct weftu_map *m, uint32_t *at);
void weftu_map_fini(struct weftu_map *m);

/* ---- Numbers of 24 bits, never 0, that are not used again soon ------------------- */

struct weftu_ids {
	struct weftu_idslot {
		void *val;		/* NULL: free */
		uint32_t id;		/* the last one given out */
		uint32_t uses;
	} *slots;
	uint32_t *free;			/* ring of free slots, oldest first */
	uint32_t head, n_free;
	uint32_t size;			/* a power of two */
	uint32_t limit;			/* in use at most */
};

/* limit: 1..65536.  seed: makes the numbers hard to guess.  False: out of memory. */
bool weftu_ids_init(struct weftu_ids *ids, uint32_t limit, uint64_t seed);
void weftu_ids_fini(struct weftu_ids *ids);
/* A number for val; 0: all are in use.  *gen (may be NULL): changes when the number comes again. */
uint32_t weftu_ids_take(struct weftu_ids *ids, void *val, uint8_t *gen);
void weftu_ids_give(struct weftu_ids *ids, uint32_t id);
void weftu_ids_set(struct weftu_ids *ids, uint32_t id, void *val);

static inline uint32_t weftu_ids_used(const struct weftu_ids *ids)
{
	return ids->size - ids->n_free;
}

static inline void *weftu_ids_get(const struct weftu_ids *ids, uint32_t id)
{
	const struct weftu_idslot *s = &ids->slots[id & (ids->size - 1)];

	return s->val && s->id == id ? s->val : NULL;
}

/* ---- Deadlines ------------------------------------------------------------------- */

#define WEFTU_NO_TIMER UINT32_MAX

/* Embedded in what has a deadline; begin with at = WEFTU_NO_TIMER. */
struct weftu_timer {
	uint64_t due;
	uint32_t at;		/* its place in the heap */
	void (*fire)(struct weftu_timer *t, uint64_t now);	/* called when it is off the heap */
};

struct weftu_heap {
	struct weftu_timer **t;
	uint32_t n, size;
};

/* Room for n timers.  False: out of memory. */
bool weftu_heap_reserve(struct weftu_heap *h, uint32_t n);
void weftu_heap_fini(struct weftu_heap *h);
/* Adds, moves, or with UINT64_MAX removes. */
void weftu_heap_set(struct weftu_heap *h, struct weftu_timer *t, uint64_t due);

static inline struct weftu_timer *weftu_heap_top(const struct weftu_heap *h)
{
	return h->n ? h->t[0] : NULL;
}

#endif
