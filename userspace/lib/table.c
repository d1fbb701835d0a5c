/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables whose cost does not depend on who chose the keys: see table.h.
 */
#include "userspace/lib/table.h"

#include <stdlib.h>

#define MAP_MIN 16u
#define REST_NS 30000000000ull	/* no packet lives so long */

/* ---- Map ------------------------------------------------------------------------- */

static uint32_t home(const struct weftu_map *m, uint64_t key)
{
	uint64_t h = (key ^ m->salt) * 0x9e3779b97f4a7c15u;

	return (uint32_t)((h ^ h >> 32) * 0x85ebca6bu >> 16) & m->mask;
}

void *weftu_map_get(const struct weftu_map *m, uint64_t key)
{
	if (!m->slots)
		return NULL;
	for (uint32_t i = home(m, key); m->slots[i].val; i = (i + 1) & m->mask) {
		if (m->slots[i].key == key)
			return m->slots[i].val;
	}
	return NULL;
}

static void insert(struct weftu_map *m, uint64_t key, void *val)
{
	uint32_t i = home(m, key);

	while (m->slots[i].val)
		i = (i + 1) & m->mask;
	m->slots[i] = (struct weftu_slot){ key, val };
}

static bool grow(struct weftu_map *m)
{
	struct weftu_map big = *m;
	uint32_t size = m->slots ? (m->mask + 1) * 2 : MAP_MIN;

	big.slots = calloc(size, sizeof(*big.slots));
	if (!big.slots)
		return false;
	big.mask = size - 1;
	for (uint32_t i = 0; m->slots && i <= m->mask; i++) {
		if (m->slots[i].val)
			insert(&big, m->slots[i].key, m->slots[i].val);
	}
	free(m->slots);
	*m = big;
	return true;
}

bool weftu_map_put(struct weftu_map *m, uint64_t key, void *val)
{
	if ((!m->slots || (m->used + 1) * 4 > (m->mask + 1) * 3) && !grow(m))
		return false;
	insert(m, key, val);
	m->used++;
	return true;
}

/* Close the hole: move up whatever may stand there, so that no search stops short. */
static void close_hole(struct weftu_map *m, uint32_t hole)
{
	for (uint32_t i = (hole + 1) & m->mask; m->slots[i].val; i = (i + 1) & m->mask) {
		uint32_t way = (i - home(m, m->slots[i].key)) & m->mask;

		if (way >= ((i - hole) & m->mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].val = NULL;
}

void *weftu_map_del(struct weftu_map *m, uint64_t key)
{
	if (!m->slots)
		return NULL;
	for (uint32_t i = home(m, key); m->slots[i].val; i = (i + 1) & m->mask) {
		if (m->slots[i].key == key) {
			void *val = m->slots[i].val;

			close_hole(m, i);
			m->used--;
			return val;
		}
	}
	return NULL;
}

void *weftu_map_next(const struct weftu_map *m, uint32_t *at)
{
	for (; m->slots && *at <= m->mask; ++*at) {
		if (m->slots[*at].val)
			return m->slots[(*at)++].val;
	}
	return NULL;
}

void weftu_map_fini(struct weftu_map *m)
{
	free(m->slots);
	m->slots = NULL;
	m->mask = m->used = 0;
}

/* ---- Numbers --------------------------------------------------------------------- */

bool weftu_ids_init(struct weft_ids *ids, uint32_t limit, uint32_t gens, uint64_t seed)
{
	struct weft_idslot *slots;
	uint32_t size = 2, *ring;

	while (size < limit)
		size *= 2;
	slots = calloc(size, sizeof(*slots));
	ring = calloc(size, sizeof(*ring));
	if (!slots || !ring) {
		free(slots);
		free(ring);
		return false;
	}
	weft_ids_init(ids, slots, ring, size, gens, REST_NS, seed);
	ids->limit = limit;
	return true;
}

void weftu_ids_fini(struct weft_ids *ids)
{
	free(ids->slots);
	free(ids->free);
	ids->slots = NULL;
	ids->free = NULL;
}

/* ---- Deadlines ------------------------------------------------------------------- */

bool weftu_heap_reserve(struct weftu_heap *h, uint32_t n)
{
	struct weftu_timer **t;
	uint32_t size = h->size ? h->size : 16;

	while (size < n)
		size *= 2;
	if (size == h->size)
		return true;
	t = realloc(h->t, size * sizeof(*t));
	if (!t)
		return false;
	h->t = t;
	h->size = size;
	return true;
}

void weftu_heap_fini(struct weftu_heap *h)
{
	free(h->t);
	h->t = NULL;
	h->n = h->size = 0;
}

static void place(struct weftu_heap *h, uint32_t i, struct weftu_timer *t)
{
	h->t[i] = t;
	t->at = i;
}

static void up(struct weftu_heap *h, uint32_t i, struct weftu_timer *t)
{
	for (; i && h->t[(i - 1) / 2]->due > t->due; i = (i - 1) / 2)
		place(h, i, h->t[(i - 1) / 2]);
	place(h, i, t);
}

static void down(struct weftu_heap *h, uint32_t i, struct weftu_timer *t)
{
	for (;;) {
		uint32_t c = 2 * i + 1;

		if (c >= h->n)
			break;
		if (c + 1 < h->n && h->t[c + 1]->due < h->t[c]->due)
			c++;
		if (h->t[c]->due >= t->due)
			break;
		place(h, i, h->t[c]);
		i = c;
	}
	place(h, i, t);
}

static void take_out(struct weftu_heap *h, struct weftu_timer *t)
{
	struct weftu_timer *last = h->t[--h->n];
	uint32_t i = t->at;

	t->at = WEFTU_NO_TIMER;
	if (last == t)
		return;
	if (last->due < t->due)
		up(h, i, last);
	else
		down(h, i, last);
}

void weftu_heap_set(struct weftu_heap *h, struct weftu_timer *t, uint64_t due)
{
	uint64_t was = t->due;

	if (due == UINT64_MAX) {
		if (t->at != WEFTU_NO_TIMER)
			take_out(h, t);
		return;
	}
	if (t->at == WEFTU_NO_TIMER) {
		t->due = due;
		up(h, h->n++, t);
		return;
	}
	t->due = due;
	if (due < was)
		up(h, t->at, t);
	else if (due > was)
		down(h, t->at, t);
}
