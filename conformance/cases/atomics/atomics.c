/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomics: what they compute, that they happen once, and when they are refused.
 */
#include "conformance/cases/memory/attempt.h"

#include <string.h>

/* ---- AT-BV-01: one word, one operation, many values ---------------------------------------- */

static const struct {
	uint64_t start, add;
} sums[] = {
	{ 0, 1 }, { 0xffffffff, 1 }, { UINT64_MAX, 2 }, { 0x7fffffffffffffff, 1 },
	{ 5, UINT64_MAX }, { 0x0123456789abcdef, 0xfedcba9876543210 },
};
#define SUMS (sizeof(sums) / sizeof(sums[0]))

static void fetch_add(struct wc_t *t)
{
	for (unsigned i = 0; i < SUMS; i++) {
		uint64_t at = wc_page(t, 1) + 8 * i;

		wc_set_word(t->a, wc_nth("w", i), at, sums[i].start);
		wc_do_fadd(t->a, wc_nth("fadd", i), t->mem.key, at, sums[i].add);
		wc_get_word(t->a, wc_nth("r", i), at);
	}
}

static void fetch_add_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < SUMS; i++) {
		wc_old(j, 1, wc_nth("fadd", i), sums[i].start);
		wc_word(j, 2, wc_nth("r", i), sums[i].start + sums[i].add, "WRONG_SUM");
	}
}

/* ---- AT-BV-02, AT-BV-03 ------------------------------------------------------------------ */

static void compare_hit(struct wc_t *t)
{
	wc_set_word(t->a, "w", wc_page(t, 2), 0x1122334455667788);
	wc_do_cas(t->a, "cas", t->mem.key, wc_page(t, 2), 0x1122334455667788, 42);
	wc_get_word(t->a, "r", wc_page(t, 2));
	wc_get_word(t->a, "beside", wc_page(t, 2) + 8);
}

static void compare_hit_judge(struct wc_judge *j)
{
	wc_old(j, 1, "cas", 0x1122334455667788);
	wc_word(j, 2, "r", 42, "NOT_SWAPPED");
	wc_ok(j, 3, "beside");
}

static const unsigned bit_of[] = { 0, 1, 7, 8, 31, 32, 33, 62, 63 };
#define BITS (sizeof(bit_of) / sizeof(bit_of[0]))
#define WORD 0x8877665544332211ull

static void compare_miss(struct wc_t *t)
{
	wc_set_word(t->a, "w", wc_page(t, 3), WORD);
	for (unsigned i = 0; i < BITS; i++)
		wc_do_cas(t->a, wc_nth("cas", i), t->mem.key, wc_page(t, 3),
			  WORD ^ 1ull << bit_of[i], 99 + i);
	wc_get_word(t->a, "r", wc_page(t, 3));
}

static void compare_miss_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < BITS; i++)
		wc_old(j, 1, wc_nth("cas", i), WORD);
	wc_word(j, 2, "r", WORD, "SWAPPED");
}

/* ---- AT-BV-04 --------------------------------------------------------------------------- */

static void once(struct wc_t *t)
{
	struct wc_frame f;

	wc_set_word(t->a, "w", wc_page(t, 4), 100);
	f = wc_f_atomic(t->a, t->mem.key, wc_page(t, 4), WC_FADD, 1, 0);
	wc_op(t->a, "fadd", WC_OP_ATOMIC, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_await(t, "fadd");
	for (unsigned i = 0; i < 5; i++) {
		f.flags |= WC_F_RTX;
		wc_emit(t->c, &f, WC_E_LOOSE);
		wc_marker(t);
	}
	wc_get_word(t->b, "r", wc_page(t, 4));
}

static void once_judge(struct wc_judge *j)
{
	wc_old(j, 1, "fadd", 100);
	wc_word(j, 2, "r", 101, "DUP_EXECUTED");
	wc_marked(j, 3, "begin");
}

/* ---- AT-BI-05 to AT-BI-07 ---------------------------------------------------------------- */

static void misaligned(struct wc_t *t)
{
	wc_set_word(t->b, "w", wc_page(t, 5), 7);
	wc_set_word(t->b, "w8", wc_page(t, 5) + 8, 7);
	for (unsigned i = 1; i < 8; i++) {
		struct wc_attempt a = { WC_ATOMIC, t->mem.key, wc_page(t, 5) + i, 8, 0 };

		wc_attempt(t, i, &a);
	}
	wc_get_word(t->b, "r", wc_page(t, 5));
	wc_get_word(t->b, "r8", wc_page(t, 5) + 8);
}

static void misaligned_judge(struct wc_judge *j)
{
	for (unsigned i = 1; i < 8; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_MISALIGNED);
	wc_word(j, 2, "r", 7, "MEMORY_CHANGED");
	wc_word(j, 3, "r8", 7, "MEMORY_CHANGED");
}

static const struct {
	uint8_t aop, width;
} forms[] = {
	{ 0, 8 }, { 11, 8 }, { 255, 8 }, { WC_FADD, 0 }, { WC_FADD, 3 }, { WC_FADD, 16 },
	{ WC_CAS, 5 },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void odd_forms(struct wc_t *t)
{
	wc_set_word(t->b, "w", wc_page(t, 6), 7);
	for (unsigned i = 0; i < FORMS; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_atomic(s, t->mem.key, wc_page(t, 6), forms[i].aop, 1, 7);
		f.width = forms[i].width;
		wc_op(s, wc_nth("x", i), WC_OP_ATOMIC, &f);
		wc_emit(t->c, &f, WC_E_OK);
		wc_await(t, wc_nth("x", i));
	}
	wc_get_word(t->b, "r", wc_page(t, 6));
}

static void odd_forms_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < FORMS; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_BAD_OPCODE);
	wc_word(j, 2, "r", 7, "MEMORY_CHANGED");
}

/* ---- AT-BV-08 --------------------------------------------------------------------------- */

#define ADDS 40u

/* Two streams add to one word by turns, some requests sent twice. */
static void two_streams(struct wc_t *t)
{
	wc_set_word(t->a, "w", wc_page(t, 7), 0);
	for (unsigned i = 0; i < ADDS; i++) {
		struct wc_stream *s = i % 2 ? t->a : t->b;
		struct wc_frame f = wc_f_atomic(s, t->mem.key, wc_page(t, 7), WC_FADD, 1, 0);

		wc_op(s, wc_nth("fadd", i), WC_OP_ATOMIC, &f);
		wc_emit(t->c, &f, WC_E_OK);
		if (i % 3 == 0) {
			f.flags |= WC_F_RTX;
			wc_emit(t->c, &f, WC_E_LOOSE);
		}
		if (i % 2)
			wc_await(t, wc_nth("fadd", i));
	}
	wc_await(t, wc_nth("fadd", ADDS - 2));
	wc_get_word(t->a, "r", wc_page(t, 7));
}

static void two_streams_judge(struct wc_judge *j)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < ADDS; i++) {
		struct wc_result r = wc_res(j, wc_nth("fadd", i));

		wc_ok(j, 1, wc_nth("fadd", i));
		if (r.old < 64)
			seen |= 1ull << r.old;
	}
	wc_cp(j, 2, seen == (1ull << ADDS) - 1, "NOT_ATOMIC",
	      "the old values are each number from 0 to %u once", ADDS - 1);
	wc_word(j, 3, "r", ADDS, "WRONG_SUM");
}

/* ---- AT-BV-17 --------------------------------------------------------------------------- */

#define MANY	16u		/* streams */
#define ROUNDS	6u
#define LOSE	5u		/* each packet whose PSN is a multiple of it is lost once */

/* One FADD of each stream; what a loss may have held up goes again, though it may have come. */
static void round_of(struct wc_t *t, struct wc_stream *const *s, unsigned round)
{
	struct wc_frame f[MANY];
	unsigned lost = MANY;

	for (unsigned i = 0; i < MANY; i++) {
		f[i] = wc_f_atomic(s[i], t->mem.key, wc_page(t, 7), WC_FADD, 1, 0);
		wc_op(s[i], wc_nth("fadd", round * MANY + i), WC_OP_ATOMIC, &f[i]);
		if (f[i].psn % LOSE) {
			wc_emit(t->c, &f[i], WC_E_LOOSE);
			continue;
		}
		t->c->next++;
		if (lost == MANY)
			lost = i;
	}
	wc_marker(t);
	for (unsigned i = lost; i < MANY; i++) {
		f[i].flags |= WC_F_RTX;
		wc_emit(t->c, &f[i], WC_E_OK);
	}
	for (unsigned i = 0; i < MANY; i++)
		wc_await(t, wc_nth("fadd", round * MANY + i));
}

static void many_streams(struct wc_t *t)
{
	struct wc_stream *s[MANY];

	wc_set_word(t->a, "w", wc_page(t, 7), 0);
	for (unsigned i = 0; i < MANY; i++) {
		s[i] = wc_fresh(t, wc_nth("s", i));
		if (!s[i])
			return;
	}
	for (unsigned i = 0; i < ROUNDS; i++)
		round_of(t, s, i);
	wc_get_word(t->a, "r", wc_page(t, 7));
}

static void many_streams_judge(struct wc_judge *j)
{
	bool seen[ROUNDS * MANY] = { false }, each = true;

	for (unsigned i = 0; i < ROUNDS * MANY; i++) {
		struct wc_result r = wc_res(j, wc_nth("fadd", i));

		wc_ok(j, 1, wc_nth("fadd", i));
		each &= r.old < ROUNDS * MANY && !seen[r.old];
		if (r.old < ROUNDS * MANY)
			seen[r.old] = true;
	}
	wc_cp(j, 2, each, "NOT_ATOMIC", "the old values are each number from 0 to %u once",
	      ROUNDS * MANY - 1);
	wc_word(j, 3, "r", ROUNDS * MANY, "WRONG_SUM");
}

/* ---- AT-BV-09 --------------------------------------------------------------------------- */

/* RUD: an atomic that overtakes the WRITE before it still comes after it. */
static void overtakes(struct wc_t *t)
{
	uint8_t word[8] = { 50 };
	struct wc_frame w, f;

	wc_set_word(t->a, "init", wc_page(t, 8), 1);
	w = wc_f_write(t->a, t->mem.key, wc_page(t, 8), word, 8);
	f = wc_f_atomic(t->a, t->mem.key, wc_page(t, 8), WC_FADD, 1, 0);
	f.psn = w.psn + 1;
	f.msn = w.msn + 1;
	wc_op(t->a, "w", WC_OP_MESSAGE, &w);
	wc_op(t->a, "fadd", WC_OP_ATOMIC, &f);
	wc_emit(t->c, &f, WC_E_LOOSE);
	wc_marker(t);
	wc_mark(t, "early");
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, "fadd");
	wc_get_word(t->a, "r", wc_page(t, 8));
}

static void overtakes_judge(struct wc_judge *j)
{
	wc_old(j, 1, "fadd", 50);
	wc_word(j, 2, "r", 51, "WRONG_SUM");
	wc_ok(j, 3, "w");
}

/* ---- AT-BV-10 --------------------------------------------------------------------------- */

static void beside(struct wc_t *t)
{
	static const uint8_t frame[24] = {
		0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb,
	};

	wc_do_write(t->a, "w", t->mem.key, wc_page(t, 9), frame, 24);
	wc_do_fadd(t->a, "fadd", t->mem.key, wc_page(t, 9) + 8, 1);
	wc_do_read(t->a, "r", t->mem.key, wc_page(t, 9), 24);
}

static void beside_judge(struct wc_judge *j)
{
	uint8_t want[24];

	memset(want, 0xaa, 8);
	memset(want + 8, 0, 8);
	memset(want + 16, 0xbb, 8);
	wc_old(j, 1, "fadd", UINT64_MAX);
	wc_data(j, 2, "r", want, 24, "NEIGHBOUR_CHANGED");
}

const struct wc_case wc_cases_atomics[] = {
	{
		.id = "AT-BV-01", .version = 1,
		.title = "FADD gives the old value and adds 64 bits",
		.reqs = "WEFT-SEM-014 WEFT-SEM-035",
		.stimulus = "FADD across 32-bit carries, the sign and the wrap",
		.expected = "old values, and sums modulo 2^64",
		.checkpoints = 2, .drive = fetch_add, .judge = fetch_add_judge,
	}, {
		.id = "AT-BV-02", .version = 1, .title = "CAS that hits swaps",
		.reqs = "WEFT-SEM-035",
		.stimulus = "CAS whose compare value is there",
		.expected = "the old value; memory holds the new one",
		.checkpoints = 3, .drive = compare_hit, .judge = compare_hit_judge,
	}, {
		.id = "AT-BV-03", .version = 1,
		.title = "CAS compares all 64 bits, and a miss changes nothing",
		.reqs = "WEFT-SEM-035 WEFT-SEM-021",
		.stimulus = "CAS whose compare value differs in one bit, for 9 bits",
		.expected = "the value that is there each time; memory unchanged",
		.checkpoints = 2, .drive = compare_miss, .judge = compare_miss_judge,
	}, {
		.id = "AT-BV-04", .version = 1, .title = "A repeated atomic happens once",
		.reqs = "WEFT-SEM-014 WEFT-PDC-020",
		.stimulus = "one FADD, its packet sent six times",
		.expected = "the word grows by one",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = once, .judge = once_judge,
	}, {
		.id = "AT-BI-05", .version = 1, .title = "Misaligned atomics are refused",
		.reqs = "WEFT-MEM-007",
		.stimulus = "FADD at each of 7 addresses that are no multiple of 8",
		.expected = "MISALIGNED each; no byte changed",
		.checkpoints = 3, .drive = misaligned, .judge = misaligned_judge,
	}, {
		.id = "AT-BI-06", .version = 1, .title = "Other operations and widths are refused",
		.reqs = "WEFT-MEM-080 WEFT-SEM-015",
		.stimulus = "atomics of unknown operation, and of widths 0, 3, 5 and 16",
		.expected = "BAD_OPCODE each; no byte changed",
		.checkpoints = 2, .drive = odd_forms, .judge = odd_forms_judge,
	}, {
		.id = "AT-BV-08", .version = 1, .title = "Two streams share a word",
		.reqs = "WEFT-SEM-014",
		.stimulus = "40 FADDs by two streams in turns, every third packet sent twice",
		.expected = "each old value once, and the exact sum",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = two_streams, .judge = two_streams_judge,
	}, {
		.id = "AT-BV-17", .version = 1,
		.title = "Sixteen streams share a word, with losses",
		.reqs = "WEFT-SEM-014 WEFT-PDC-020",
		.stimulus = "96 FADDs, one of each stream at a time; each fifth packet is lost, "
			"and all from the first of these on go again",
		.expected = "each old value once, and the exact sum",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = many_streams, .judge = many_streams_judge,
	}, {
		.id = "AT-BV-09", .version = 1,
		.title = "RUD: an atomic waits for the WRITE before it",
		.reqs = "WEFT-SEM-002",
		.stimulus = "FADD that arrives before the WRITE of the message before",
		.expected = "it adds to what the WRITE wrote",
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = overtakes, .judge = overtakes_judge,
	}, {
		.id = "AT-BV-10", .version = 1, .title = "An atomic changes its word alone",
		.reqs = "WEFT-SEM-035",
		.stimulus = "FADD of 1 to a word of ones between two others",
		.expected = "the word is zero, the others are unchanged",
		.checkpoints = 2, .drive = beside, .judge = beside_judge,
	},
	{ .id = NULL },
};
