/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's tables: a map of 64-bit keys, memory for numbers, a heap of deadlines.  None of
 * them knows what it holds.
 */
#ifndef WEFT_USERSPACE_LIB_TABLE_H
#define WEFT_USERSPACE_LIB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/manage.h"

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

/* ---- Memory for numbers of core/ids.c -------------------------------------------- */

/* limit: 1..65536.  gens, seed: as weft_ids_init().  False: out of
 * memory. */
bool weftu_ids_init(struct weft_ids *ids, uint32_t limit, uint32_t gens, uint64_t seed);
void weftu_ids_fini(struct weft_ids *ids);

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
