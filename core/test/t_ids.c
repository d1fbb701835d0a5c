/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/ids.c: numbers that are not used again too soon. */
#include <stdlib.h>

#include "core/manage.h"
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define REST 1000u

struct table {
	struct weft_ids ids;
	struct weft_idslot *slots;
	uint32_t *free;
};

static void make(struct table *t, uint32_t size, uint32_t gens)
{
	t->slots = calloc(size, sizeof(*t->slots));
	t->free = calloc(size, sizeof(*t->free));
	weft_ids_init(&t->ids, t->slots, t->free, size, gens, REST, weft_test_seed);
}

static void drop(struct table *t)
{
	free(t->slots);
	free(t->free);
}

static void weft_ids_take__all_of_them(void)
{
	struct table t;
	uint32_t got[8];
	int v[8];

	make(&t, 8, 4);
	for (uint32_t i = 0; i < 8; i++) {
		uint8_t gen = 9;

		got[i] = weft_ids_take(&t.ids, &v[i], &gen, 0);
		CU_ASSERT(got[i] && got[i] < 1u << 24 && gen < 4);
		CU_ASSERT_PTR_EQUAL(weft_ids_get(&t.ids, got[i]), &v[i]);
		CU_ASSERT_PTR_NULL(weft_ids_get(&t.ids, got[i] ^ 0x800000));
		for (uint32_t k = 0; k < i; k++)
			CU_ASSERT_NOT_EQUAL(got[i], got[k]);
	}
	CU_ASSERT_EQUAL(weft_ids_used(&t.ids), 8);
	CU_ASSERT_EQUAL(weft_ids_take(&t.ids, v, NULL, 0), 0);
	weft_ids_give(&t.ids, got[3] ^ 0x800000, 0);		/* never given out */
	CU_ASSERT_EQUAL(weft_ids_used(&t.ids), 8);
	weft_ids_give(&t.ids, got[3], 0);
	weft_ids_give(&t.ids, got[3], 0);			/* twice */
	CU_ASSERT_EQUAL(weft_ids_used(&t.ids), 7);
	CU_ASSERT_PTR_NULL(weft_ids_get(&t.ids, got[3]));
	t.ids.limit = 7;
	CU_ASSERT_EQUAL(weft_ids_take(&t.ids, v, NULL, 0), 0);
	drop(&t);
}

/* WEFT-PDC-082: after another start, with another seed, as good as no slot begins where it did. */
static void weft_ids_init__begins_elsewhere(void)
{
	uint32_t id[2], same = 0;
	uint8_t gen[2] = { 0, 0 };
	struct table t[2];
	int v;

	for (uint32_t k = 0; k < 2; k++) {
		make(&t[k], 1024, 4);
		weft_ids_init(&t[k].ids, t[k].slots, t[k].free, 1024, 4, REST, weft_test_seed + k);
	}
	for (uint32_t i = 0; i < 1024; i++) {
		for (uint32_t k = 0; k < 2; k++)
			id[k] = weft_ids_take(&t[k].ids, &v, &gen[k], 0);
		same += id[0] == id[1] && gen[0] == gen[1];
	}
	CU_ASSERT(same < 8);
	drop(&t[0]);
	drop(&t[1]);
}

/*
 * WEFT-PDC-031: 256 numbers of a slot, under four generations or one; no pair comes again before
 * all others of the slot, and then only after the rest.
 */
static void weft_ids_take__rests_after_a_round(void)
{
	for (uint32_t gens = 1; gens <= 4; gens += 3) {
		uint32_t cycle = 256 * gens, slot, id, rounds[2] = { 0, 0 };
		uint8_t *seen = calloc(4, 1u << 24), gen = 0;
		uint64_t now = 0;
		struct table t;
		int v;

		make(&t, 1u << 16, gens);
		t.ids.limit = 1;
		/* The slots come in turn: make one of them the only one. */
		t.ids.head = 77;
		t.ids.n_free = 1;
		t.ids.size = 1u << 16;
		t.ids.limit = 1u << 16;
		slot = t.free[77];
		for (uint32_t n = 0; n < 2 * cycle; n++) {
			id = weft_ids_take(&t.ids, &v, &gen, now);
			if (!id) {			/* at rest: not a moment too long */
				CU_ASSERT_EQUAL(n, cycle);
				CU_ASSERT_EQUAL(weft_ids_take(&t.ids, &v, &gen, now + REST - 1), 0);
				now += REST;
				id = weft_ids_take(&t.ids, &v, &gen, now);
				CU_ASSERT_NOT_EQUAL_FATAL(id, 0);
				rounds[0]++;
			}
			CU_ASSERT_EQUAL(id & 0xffff, slot);
			if (gens == 1)
				gen = 0;
			CU_ASSERT_EQUAL(seen[(uint32_t)gen << 24 | id], n / cycle);
			seen[(uint32_t)gen << 24 | id]++;
			weft_ids_give(&t.ids, id, now);
		}
		CU_ASSERT_EQUAL(rounds[0], 1);
		free(seen);
		drop(&t);
	}
}

/* Slots at rest are looked past, a bounded number of them. */
static void weft_ids_take__others_at_rest(void)
{
	struct table t;
	uint32_t id;
	int v;

	make(&t, 16, 4);
	for (uint32_t i = 0; i < 7; i++)
		t.slots[i].rest_until = 500;
	id = weft_ids_take(&t.ids, &v, NULL, 0);
	CU_ASSERT_EQUAL(id & 15, 7);
	for (uint32_t i = 0; i < 16; i++)
		t.slots[i].rest_until = 500;
	CU_ASSERT_EQUAL(weft_ids_take(&t.ids, &v, NULL, 499), 0);
	CU_ASSERT_NOT_EQUAL(weft_ids_take(&t.ids, &v, NULL, 500), 0);
	drop(&t);
}

/* WEFT-PDC-007: what a late packet of the number's last use finds. */
static void recycled__late_packets_do_nothing(void)
{
	struct weft_view v;
	struct solo so;

	for (uint8_t gen = 0; gen < 4; gen++) {
		solo_init(&so);
		solo_ready(&so);
		v = solo_write(&so, 0, 0, 64, 64);
		v.d.flags = (uint8_t)((v.d.flags & ~WEFT_DFLAGS_GEN) | gen);
		CU_ASSERT_EQUAL(solo_rx(&so, &v), gen == SOLO_GEN ? WEFT_DROP_NONE :
				WEFT_DROP_NO_CONTEXT);
		CU_ASSERT_EQUAL(so.has_act, gen == SOLO_GEN);
		solo_fini(&so);
	}
}

WEFT_SUITE(t_ids) {
	{ "weft_ids_take__all_of_them", weft_ids_take__all_of_them },
	{ "weft_ids_init__begins_elsewhere", weft_ids_init__begins_elsewhere },
	{ "weft_ids_take__rests_after_a_round", weft_ids_take__rests_after_a_round },
	{ "weft_ids_take__others_at_rest", weft_ids_take__others_at_rest },
	{ "recycled__late_packets_do_nothing", recycled__late_packets_do_nothing },
};
