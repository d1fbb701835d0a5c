/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomics of every operation, width and mask, against a model of our own.
 */
#include "conformance/cases/common.h"

#include <string.h>

static uint64_t ones(unsigned width)
{
	return width == 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
}

static int64_t sign(uint64_t v, unsigned width)
{
	unsigned shift = 64 - 8 * width;

	return (int64_t)(v << shift) >> shift;
}

/* Bit by bit, as 50.1 says: nothing is carried out of a bit that ends a field. */
static uint64_t add_fields(uint64_t a, uint64_t b, uint64_t ends)
{
	uint64_t out = 0;
	unsigned carry = 0;

	for (unsigned i = 0; i < 64; i++) {
		unsigned sum = (unsigned)(a >> i & 1) + (unsigned)(b >> i & 1) + carry;

		out |= (uint64_t)(sum & 1) << i;
		carry = ends >> i & 1 ? 0 : sum >> 1;
	}
	return out;
}

struct atom {
	uint64_t aop, width, old, operand, compare, operand_mask, compare_mask;
	bool masked;
};

/* The word afterwards. */
static uint64_t model(const struct atom *a)
{
	unsigned w = (unsigned)a->width;
	uint64_t all = ones(w), old = a->old & all, x = a->operand & all, new = old;
	uint64_t om = a->masked ? a->operand_mask & all : all;
	uint64_t cm = a->masked ? a->compare_mask & all : a->aop == WC_CAS ? all : 0;

	switch (a->aop) {
	case WC_FADD: new = add_fields(old, x, cm); break;
	case WC_CAS: new = ((old ^ a->compare) & cm) ? old : x; break;
	case WC_SWAP: new = x; break;
	case WC_MIN: new = sign(x, w) < sign(old, w) ? x : old; break;
	case WC_MAX: new = sign(x, w) > sign(old, w) ? x : old; break;
	case WC_UMIN: new = x < old ? x : old; break;
	case WC_UMAX: new = x > old ? x : old; break;
	case WC_AND: new = old & x; break;
	case WC_OR: new = old | x; break;
	case WC_XOR: new = old ^ x; break;
	default: break;
	}
	return (old & ~om) | (new & all & om);
}

static void emit_atom(struct wc_t *t, const char *name, const struct atom *a, uint64_t at)
{
	struct wc_frame f = wc_f_atomic(t->a, t->mem.key, at, a->aop, a->operand, a->compare);

	f.width = a->width;
	if (a->masked) {
		f.atomic_flags = WC_MASKED;
		f.operand_mask = a->operand_mask;
		f.compare_mask = a->compare_mask;
	}
	wc_do(t->a, name, WC_OP_ATOMIC, &f);
}

/* The word that atom i works on lies at byte `at` of eight, the others being marked. */
static uint64_t around(const struct atom *a, unsigned at, uint64_t word)
{
	uint64_t all = ones((unsigned)a->width) << 8 * at;

	return (0xa5a5a5a5a5a5a5a5ull & ~all) | (word << 8 * at & all);
}

static void run_atom(struct wc_t *t, unsigned i, const struct atom *a, uint64_t at, unsigned byte)
{
	wc_set_word(t->a, wc_nth("w", i), at, around(a, byte, a->old));
	emit_atom(t, wc_nth("x", i), a, at + byte);
	wc_get_word(t->a, wc_nth("r", i), at);
}

static void judge_atom(struct wc_judge *j, unsigned i, const struct atom *a, unsigned byte)
{
	wc_old(j, 1, wc_nth("x", i), a->old & ones((unsigned)a->width));
	wc_word(j, 2, wc_nth("r", i), around(a, byte, model(a)), "WRONG_WORD");
}

/* ---- AT-BV-11: every operation on 64 bits -------------------------------------------------- */

#define V1 0x8000000000000005ull
#define V2 0x7ffffffffffffff1ull

static const struct atom wide[] = {
	{ WC_SWAP, 8, V1, V2, 0, 0, 0, false }, { WC_MIN, 8, V1, V2, 0, 0, 0, false },
	{ WC_MIN, 8, V2, V1, 0, 0, 0, false }, { WC_MAX, 8, V1, V2, 0, 0, 0, false },
	{ WC_MAX, 8, V2, V1, 0, 0, 0, false }, { WC_UMIN, 8, V1, V2, 0, 0, 0, false },
	{ WC_UMIN, 8, V2, V1, 0, 0, 0, false }, { WC_UMAX, 8, V1, V2, 0, 0, 0, false },
	{ WC_UMAX, 8, V2, V1, 0, 0, 0, false }, { WC_AND, 8, V1, V2, 0, 0, 0, false },
	{ WC_OR, 8, V1, V2, 0, 0, 0, false }, { WC_XOR, 8, V1, V2, 0, 0, 0, false },
	{ WC_MIN, 8, 7, 7, 0, 0, 0, false }, { WC_XOR, 8, V1, V1, 0, 0, 0, false },
};
#define WIDE (sizeof(wide) / sizeof(wide[0]))

static void all_ops(struct wc_t *t)
{
	for (unsigned i = 0; i < WIDE; i++)
		run_atom(t, i, &wide[i], wc_page(t, 20) + 8 * i, 0);
}

static void all_ops_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < WIDE; i++)
		judge_atom(j, i, &wide[i], 0);
}

/* ---- AT-BV-12: narrow words, in each place of eight bytes --------------------------------- */

static const uint8_t width_of[] = { 1, 2, 4 };
#define PLACES 14u	/* 8 + 4 + 2 */

/* The n-th width and place, and an operation by turns. */
static unsigned narrow_atom(unsigned n, struct atom *a)
{
	unsigned w = n < 8 ? 0 : n < 12 ? 1 : 2, k = n < 8 ? n : n < 12 ? n - 8 : n - 12;

	*a = (struct atom){
		.aop = WC_FADD + n % 10, .width = width_of[w], .old = 0xf0e1d2c3b4a59687ull,
		.operand = 0x7f3fdf6f9fcfe7f3ull, .compare = 0xf0e1d2c3b4a59687ull,
	};
	return k * width_of[w];
}

static void narrow(struct wc_t *t)
{
	for (unsigned i = 0; i < PLACES; i++) {
		struct atom a;
		unsigned byte = narrow_atom(i, &a);

		run_atom(t, i, &a, wc_page(t, 21) + 8 * i, byte);
	}
}

static void narrow_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < PLACES; i++) {
		struct atom a;
		unsigned byte = narrow_atom(i, &a);

		judge_atom(j, i, &a, byte);
	}
}

/* ---- AT-BV-13: masks ---------------------------------------------------------------------- */

static const struct atom masked[] = {
	/* two counters of 32 bits, four of 16: nothing spills */
	{ WC_FADD, 8, 0x00000001ffffffffull, 0x0000000100000001ull, 0, UINT64_MAX,
	  0x8000000080000000ull, true },
	{ WC_FADD, 8, 0xffffffffffffffffull, 0x0001000100010001ull, 0, UINT64_MAX,
	  0x8000800080008000ull, true },
	/* a carry into masked bits counts, one out of them is lost */
	{ WC_FADD, 8, 0x00000000000000ffull, 1, 0, 0xffffffffffffff00ull, 0, true },
	{ WC_FADD, 8, 0x00000000000000ffull, 1, 0, 0x00000000000000ffull, 0, true },
	{ WC_CAS, 8, 0x1122334455667788ull, 0xaaaaaaaaaaaaaaaaull, 0x00000000000000ffull & 0x88,
	  UINT64_MAX, 0xff, true },
	{ WC_CAS, 8, 0x1122334455667788ull, 0xaaaaaaaaaaaaaaaaull, 0x89, UINT64_MAX, 0xff, true },
	{ WC_CAS, 8, 0x1122334455667788ull, 0xaaaaaaaaaaaaaaaaull, 0x88, 0xff00ff00ff00ff00ull,
	  0xff, true },
	{ WC_SWAP, 8, 0x1122334455667788ull, 0, 0, 0x0f0f0f0f0f0f0f0full, 0, true },
	{ WC_XOR, 8, 0x1122334455667788ull, UINT64_MAX, 0, 0xffffffff, 0, true },
	{ WC_UMAX, 8, 5, 0x00ff00ff00ff00ffull, 0, 0x0000ffff0000ffffull, 0, true },
};
#define MASKS (sizeof(masked) / sizeof(masked[0]))

static void masks(struct wc_t *t)
{
	for (unsigned i = 0; i < MASKS; i++)
		run_atom(t, i, &masked[i], wc_page(t, 22) + 8 * i, 0);
}

static void masks_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < MASKS; i++)
		judge_atom(j, i, &masked[i], 0);
}

/* ---- AT-BI-14 ----------------------------------------------------------------------------- */

static const uint8_t crooked[][2] = { { 2, 1 }, { 2, 3 }, { 4, 2 }, { 4, 1 }, { 4, 6 } };
#define CROOKED (sizeof(crooked) / sizeof(crooked[0]))

static void narrow_misaligned(struct wc_t *t)
{
	wc_set_word(t->b, "w", wc_page(t, 23), 7);
	for (unsigned i = 0; i < CROOKED; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_atomic(s, t->mem.key, wc_page(t, 23) + crooked[i][1], WC_FADD, 1, 0);
		f.width = crooked[i][0];
		wc_do(s, wc_nth("x", i), WC_OP_ATOMIC, &f);
	}
	wc_get_word(t->b, "r", wc_page(t, 23));
}

static void narrow_misaligned_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < CROOKED; i++)
		wc_refused(j, 1, wc_nth("x", i), WC_MISALIGNED);
	wc_word(j, 2, "r", 7, "MEMORY_CHANGED");
}

/* ---- AT-BI-15: what is not claimed is refused --------------------------------------------- */

static const struct { uint32_t feature; uint8_t aop, width, flags; } unclaimed[] = {
	{ WC_FT_ATOMICS, WC_SWAP, 8, 0 }, { WC_FT_ATOMICS, WC_XOR, 8, 0 },
	{ WC_FT_NARROW, WC_FADD, 4, 0 }, { WC_FT_NARROW, WC_FADD, 1, 0 },
	{ WC_FT_MASKED, WC_FADD, 8, WC_MASKED },
};
#define UNCLAIMED (sizeof(unclaimed) / sizeof(unclaimed[0]))

static void not_claimed(struct wc_t *t)
{
	uint64_t has = t->dut->claims.limits.features;

	wc_set_word(t->b, "w", wc_page(t, 24), 7);
	for (unsigned i = 0; i < UNCLAIMED; i++) {
		struct wc_stream *s;
		struct wc_frame f;

		if (unclaimed[i].feature & has)
			continue;
		s = wc_fresh(t, wc_nth("s", i));
		if (!s)
			return;
		f = wc_f_atomic(s, t->mem.key, wc_page(t, 24), unclaimed[i].aop, 1, 0);
		f.width = unclaimed[i].width;
		f.atomic_flags = unclaimed[i].flags;
		wc_do(s, wc_nth("x", i), WC_OP_ATOMIC, &f);
	}
	/* bits of the flags that mean nothing are refused by all */
	{
		struct wc_stream *s = wc_fresh(t, "s.flag");
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_atomic(s, t->mem.key, wc_page(t, 24), WC_FADD, 1, 0);
		f.atomic_flags = 0x01;
		wc_do(s, "x.flag", WC_OP_ATOMIC, &f);
	}
	wc_get_word(t->b, "r", wc_page(t, 24));
}

static void not_claimed_judge(struct wc_judge *j)
{
	for (unsigned i = 0; i < UNCLAIMED; i++)
		if (!(unclaimed[i].feature & wc_val(j, "claim.features")))
			wc_refused(j, 1, wc_nth("x", i), WC_BAD_OPCODE);
	wc_refused(j, 1, "x.flag", WC_BAD_OPCODE);
	wc_word(j, 2, "r", 7, "MEMORY_CHANGED");
}

const struct wc_case wc_cases_words[] = {
	{
		.id = "AT-BV-11", .version = 1, .title = "Every operation on 64 bits",
		.reqs = "WEFT-MEM-010 WEFT-MEM-011 WEFT-SEM-042", .features = WC_FT_ATOMICS,
		.stimulus = "SWAP, MIN, MAX, UMIN, UMAX, AND, OR, XOR, across the sign",
		.expected = "the old value, and the word that 50.1 gives",
		.vary = WC_VARY_ORDER,
		.checkpoints = 2, .drive = all_ops, .judge = all_ops_judge,
	}, {
		.id = "AT-BV-12", .version = 1, .title = "Words of 1, 2 and 4 bytes",
		.reqs = "WEFT-MEM-010 WEFT-MEM-007 WEFT-SEM-042",
		.features = WC_FT_ATOMICS | WC_FT_NARROW,
		.stimulus = "an atomic on each narrow word of eight bytes",
		.expected = "the old value zero-extended, and no other byte changed",
		.checkpoints = 2, .drive = narrow, .judge = narrow_judge,
	}, {
		.id = "AT-BV-13", .version = 1, .title = "Masked atomics",
		.reqs = "WEFT-MEM-010 WEFT-MEM-011 WEFT-MEM-012",
		.features = WC_FT_ATOMICS | WC_FT_MASKED,
		.stimulus = "FADD of several fields, CAS that compares and changes parts, others",
		.expected = "bits outside the mask unchanged, no carry out of a field",
		.checkpoints = 2, .drive = masks, .judge = masks_judge,
	}, {
		.id = "AT-BI-14", .version = 1, .title = "Narrow words are aligned to their width",
		.reqs = "WEFT-MEM-007", .features = WC_FT_NARROW,
		.stimulus = "FADD of 2 and 4 bytes at addresses that are no multiple of it",
		.expected = "MISALIGNED each; no byte changed",
		.checkpoints = 2, .drive = narrow_misaligned, .judge = narrow_misaligned_judge,
	}, {
		.id = "AT-BI-15", .version = 1, .title = "Atomics that are not claimed are refused",
		.reqs = "WEFT-SEM-015 WEFT-MGT-017",
		.stimulus = "operations, widths and masks of features that LIMITS does not "
			"name, and "
			"an unknown flag",
		.expected = "BAD_OPCODE each; no byte changed",
		.checkpoints = 2, .drive = not_claimed, .judge = not_claimed_judge,
	},
	{ .id = NULL },
};
