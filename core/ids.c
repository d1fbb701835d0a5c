/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers of contexts and queue pairs, 24 bits, never 0, that are not used again while packets of
 * their last use may be about.  A slot gives its numbers in turn; a number comes again, under
 * another generation, only when all of the slot's have been used, and a number under the same
 * generation only after a rest besides.  All is O(1); the slot unused for longest is the next.
 */
#include "core/manage.h"
#include "core/mutant.h"

#define RESTING_MAX 8u		/* slots at rest that one call looks past */

void weft_ids_init(struct weft_ids *ids, struct weft_idslot *slots, uint32_t *free,
		   uint32_t size, uint32_t gens, uint64_t rest_ns, uint64_t seed)
{
	weft_assert(size >= 2 && size <= 1u << 16 && !(size & (size - 1)));
	memset(slots, 0, size * sizeof(*slots));
	*ids = (struct weft_ids){ .slots = slots, .free = free, .size = size, .n_free = size,
				  .limit = size, .cycle = (1u << 24) / size * gens,
				  .rest_ns = rest_ns };
	if (WEFT_MUTANT(IDS_BEGIN_ANEW))	/* WEFT-PDC-082 */
		seed = 0;
	for (uint32_t i = 0; i < size; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		free[i] = i;
		/* Odd: the round does not end at the number 0, which is left out. */
		slots[i].uses = ((uint32_t)(seed >> 33) | 1) & (ids->cycle - 1);
		slots[i].since = slots[i].uses;
	}
}

static uint32_t pop(struct weft_ids *ids)
{
	uint32_t i = ids->free[ids->head];

	ids->head = (ids->head + 1) & (ids->size - 1);
	ids->n_free--;
	return i;
}

static void push(struct weft_ids *ids, uint32_t i)
{
	ids->free[(ids->head + ids->n_free) & (ids->size - 1)] = i;
	ids->n_free++;
}

/* WEFT-PDC-031: with every number under every generation used once, the slot rests. */
static void step(struct weft_ids *ids, struct weft_idslot *s, uint32_t i)
{
	uint32_t tops = (1u << 24) / ids->size;

	do {
		s->uses = (s->uses + 1) & (ids->cycle - 1);
		s->id = (s->uses & (tops - 1)) * ids->size + i;
	} while (!s->id);
}

uint32_t weft_ids_take(struct weft_ids *ids, void *val, uint8_t *gen, weft_time now)
{
	uint32_t tops = (1u << 24) / ids->size, most = ids->n_free;

	if (weft_ids_used(ids) >= ids->limit)
		return 0;
	for (uint32_t tries = 0; tries < RESTING_MAX && tries < most; tries++) {
		uint32_t i = pop(ids);
		struct weft_idslot *s = &ids->slots[i];

		if (s->rest_until > now) {
			push(ids, i);
			continue;
		}
		step(ids, s, i);
		s->taken = true;
		s->val = val;
		if (gen)
			*gen = (uint8_t)(s->uses / tops & 3);
		return s->id;
	}
	return 0;
}

void weft_ids_give(struct weft_ids *ids, uint32_t id, weft_time now)
{
	uint32_t i = id & (ids->size - 1);
	struct weft_idslot *s = &ids->slots[i];

	if (s->id != id || !s->taken)
		return;
	s->taken = false;
	s->val = NULL;
	/* The next number would be the first of a round that has been used. */
	s->rest_until = s->uses == s->since && !WEFT_MUTANT(ID_NO_REST) ? now + ids->rest_ns : 0;
	push(ids, i);
}
