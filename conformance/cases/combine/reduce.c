/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * REDUCE: what it combines, that each element is combined once and in its turn, and when it is
 * refused.
 */
#include "conformance/cases/common.h"

#include <string.h>

/* ---- RE-BV-01, RE-BV-02: one element each, by hand ---------------------------------------- */

struct sum {
	uint8_t op, type, size;
	uint64_t mem, operand, want;
};

static const struct sum ints[] = {
	{ WC_R_SUM, WC_I32, 4, 0x7fffffff, 1, 0x80000000 },
	{ WC_R_SUM, WC_I32, 4, 0xffffffff, 2, 1 },
	{ WC_R_SUM, WC_I64, 8, 0xffffffff, 1, 0x100000000 },
	{ WC_R_SUM, WC_I64, 8, UINT64_MAX, 5, 4 },
	{ WC_R_MIN, WC_I32, 4, 0x80000000, 1, 0x80000000 },
	{ WC_R_MAX, WC_I32, 4, 0x80000000, 1, 1 },
	{ WC_R_MIN, WC_I64, 8, 3, 0x8000000000000000, 0x8000000000000000 },
	{ WC_R_MAX, WC_I64, 8, 3, 0x8000000000000000, 3 },
	{ WC_R_AND, WC_I32, 4, 0xff00ff00, 0x0ff00ff0, 0x0f000f00 },
	{ WC_R_OR, WC_I32, 4, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0 },
	{ WC_R_XOR, WC_I64, 8, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xf0f0f0f0f0f0f0f0 },
	{ WC_R_SUM, WC_U8, 1, 250, 10, 4 },
	{ WC_R_MAX, WC_U8, 1, 0x80, 0x7f, 0x80 },
	{ WC_R_MIN, WC_U8, 1, 0x80, 0x7f, 0x7f },
};
#define INTS (sizeof(ints) / sizeof(ints[0]))

static const struct sum floats[] = {
	{ WC_R_SUM, WC_F32, 4, 0x3fc00000, 0x40100000, 0x40700000 },	/* 1.5 + 2.25 */
	{ WC_R_MIN, WC_F32, 4, 0xbf800000, 0x3f800000, 0xbf800000 },	/* -1, 1 */
	{ WC_R_MAX, WC_F32, 4, 0xbf800000, 0xc0000000, 0xbf800000 },	/* -1, -2 */
	{ WC_R_SUM, WC_F64, 8, 0x3ff8000000000000, 0x4002000000000000, 0x400e000000000000 },
	{ WC_R_MAX, WC_F64, 8, 0xbff0000000000000, 0x3ff0000000000000, 0x3ff0000000000000 },
	{ WC_R_SUM, WC_F16, 2, 0x3c00, 0x3c00, 0x4000 },	/* 1 + 1 */
	{ WC_R_SUM, WC_F16, 2, 0x6800, 0x3c00, 0x6800 },	/* 2048 + 1: tie, to even */
	{ WC_R_SUM, WC_F16, 2, 0x6801, 0x3c00, 0x6802 },	/* 2050 + 1: tie, to even */
	{ WC_R_SUM, WC_F16, 2, 0x7bff, 0x7bff, 0x7c00 },	/* overflow */
	{ WC_R_SUM, WC_F16, 2, 0x0001, 0x0001, 0x0002 },	/* subnormal */
	{ WC_R_SUM, WC_BF16, 2, 0x3f80, 0x3f80, 0x4000 },
	{ WC_R_SUM, WC_BF16, 2, 0x4380, 0x3f80, 0x4380 },	/* 256 + 1: tie, to even */
	{ WC_R_SUM, WC_BF16, 2, 0x4381, 0x3f80, 0x4382 },	/* 258 + 1: tie, to even */
	{ WC_R_MIN, WC_BF16, 2, 0xbf80, 0x3f80, 0xbf80 },
};
#define FLOATS (sizeof(floats) / sizeof(floats[0]))

static void run_sums(struct wc_t *t, const struct sum *s, unsigned n, uint64_t page)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = page + 8 * i;
		uint8_t operand[8];
		struct wc_frame f;

		for (unsigned k = 0; k < 8; k++)
			operand[k] = (uint8_t)(s[i].operand >> (8 * k));
		wc_set_word(t->a, wc_nth("w", i), at, s[i].mem);
		f = wc_f_reduce(t->a, t->mem.key, at, s[i].op, s[i].type, operand, s[i].size);
		wc_do(t->a, wc_nth("x", i), WC_OP_MESSAGE, &f);
		wc_get_word(t->a, wc_nth("r", i), at);
	}
}

static void judge_sums(struct wc_judge *j, const struct sum *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		wc_ok(j, 1, wc_nth("x", i));
		wc_word(j, 2, wc_nth("r", i), s[i].want, "WRONG_RESULT");
	}
}

static void integers(struct wc_t *t)
{
	run_sums(t, ints, INTS, wc_page(t, 30));
}

static void integers_judge(struct wc_judge *j)
{
	judge_sums(j, ints, INTS);
}

static void numbers(struct wc_t *t)
{
	run_sums(t, floats, FLOATS, wc_page(t, 31));
}

static void numbers_judge(struct wc_judge *j)
{
	judge_sums(j, floats, FLOATS);
}

/* ---- RE-BI-03 to RE-BI-06: refusals ------------------------------------------------------- */

struct bad {
	uint8_t op, type;
	uint32_t shift, len, msg_len, offset;
	enum wc_status want;
};

static const struct bad pairs[] = {
	{ 0, WC_I32, 0, 8, 8, 0, WC_BAD_OPCODE }, { 7, WC_I32, 0, 8, 8, 0, WC_BAD_OPCODE },
	{ WC_R_SUM, 0, 0, 8, 8, 0, WC_BAD_OPCODE }, { WC_R_SUM, WC_I8, 0, 8, 8, 0, WC_BAD_OPCODE },
	{ WC_R_SUM, 9, 0, 8, 8, 0, WC_BAD_OPCODE }, { WC_R_AND, WC_F32, 0, 8, 8, 0, WC_BAD_OPCODE },
	{ WC_R_XOR, WC_F16, 0, 8, 8, 0, WC_BAD_OPCODE },
};
static const struct bad parts[] = {
	{ WC_R_SUM, WC_I32, 0, 6, 6, 0, WC_MALFORMED },
	{ WC_R_SUM, WC_I64, 0, 4, 4, 0, WC_MALFORMED },
	{ WC_R_SUM, WC_F16, 0, 3, 3, 0, WC_MALFORMED },
};
static const struct bad crooked[] = {
	{ WC_R_SUM, WC_I32, 2, 8, 8, 0, WC_MISALIGNED },
	{ WC_R_SUM, WC_I64, 4, 8, 8, 0, WC_MISALIGNED },
	{ WC_R_SUM, WC_F16, 1, 8, 8, 0, WC_MISALIGNED },
};
#define COUNT(a) ((unsigned)(sizeof(a) / sizeof((a)[0])))

static void run_bad(struct wc_t *t, const struct bad *b, unsigned n, uint64_t page)
{
	static const uint8_t operand[16] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	wc_set_word(t->b, "w", page, 77);
	for (unsigned i = 0; i < n; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_reduce(s, t->mem.key, page + b[i].shift, b[i].op, b[i].type, operand,
				b[i].len);
		f.msg_len = b[i].msg_len;
		f.offset = b[i].offset;
		wc_do(s, wc_nth("x", i), WC_OP_MESSAGE, &f);
	}
	wc_get_word(t->b, "r", page);
}

static void judge_bad(struct wc_judge *j, const struct bad *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		wc_refused(j, 1, wc_nth("x", i), b[i].want);
	wc_word(j, 2, "r", 77, "MEMORY_CHANGED");
}

static void bad_pairs(struct wc_t *t)
{
	run_bad(t, pairs, COUNT(pairs), wc_page(t, 32));
}

static void bad_pairs_judge(struct wc_judge *j)
{
	judge_bad(j, pairs, COUNT(pairs));
}

static void broken_elements(struct wc_t *t)
{
	run_bad(t, parts, COUNT(parts), wc_page(t, 33));
}

static void broken_elements_judge(struct wc_judge *j)
{
	judge_bad(j, parts, COUNT(parts));
}

static void misaligned(struct wc_t *t)
{
	run_bad(t, crooked, COUNT(crooked), wc_page(t, 34));
}

static void misaligned_judge(struct wc_judge *j)
{
	judge_bad(j, crooked, COUNT(crooked));
}

static void protected(struct wc_t *t)
{
	static const uint8_t one[8] = { 1 };
	static const uint32_t key[] = { WC_KEY_R, WC_KEY_NONE, WC_KEY_PD };

	for (unsigned i = 0; i < 4; i++) {
		struct wc_stream *s = wc_fresh(t, wc_nth("s", i));
		uint32_t k = i < 3 ? key[i] : WC_KEY_RWA;
		uint64_t at = i < 3 ? WC_BASE(k) + 64 : WC_BASE(k) + WC_R_LEN - 4;
		struct wc_frame f;

		if (!s)
			return;
		f = wc_f_reduce(s, k, at, WC_R_SUM, WC_I32, one, 8);
		wc_do(s, wc_nth("x", i), WC_OP_MESSAGE, &f);
	}
	wc_do_read(t->b, "r", WC_KEY_R, WC_BASE(WC_KEY_R) + 64, 8);
}

static void protected_judge(struct wc_judge *j)
{
	uint8_t want[8];

	for (unsigned i = 0; i < 8; i++)
		want[i] = (uint8_t)(7 * (64 + i));
	wc_refused(j, 1, "x0", WC_NO_RIGHTS);
	wc_refused(j, 2, "x1", WC_BAD_KEY);
	wc_refused(j, 3, "x2", WC_BAD_DOMAIN);
	wc_refused(j, 4, "x3", WC_OUT_OF_BOUNDS);
	wc_data(j, 5, "r", want, 8, "MEMORY_CHANGED");
}

/* ---- RE-BV-07: once ----------------------------------------------------------------------- */

static void once(struct wc_t *t)
{
	static const uint8_t one[4] = { 1 };
	struct wc_frame f;

	wc_set_word(t->a, "w", wc_page(t, 35), 100);
	f = wc_f_reduce(t->a, t->mem.key, wc_page(t, 35), WC_R_SUM, WC_I32, one, 4);
	wc_do(t->a, "x", WC_OP_MESSAGE, &f);
	for (unsigned i = 0; i < 5; i++) {
		f.flags |= WC_F_RTX;
		wc_emit(t->c, &f, WC_E_LOOSE);
	}
	wc_marker(t);
	wc_get_word(t->b, "r", wc_page(t, 35));
}

static void once_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "x");
	wc_word(j, 2, "r", 101, "DUP_EXECUTED");
	wc_marked(j, 3, "begin");
}

/* ---- RE-BV-08: RUD, many packets in reverse ------------------------------------------------ */

#define PIECES 6u

/* PIECES packets of a message of that many words, the n-th from 0 with offset 4 n. */
static struct wc_frame piece(struct wc_t *t, const struct wc_frame *whole, unsigned n)
{
	static const uint8_t one[4] = { 1 };
	struct wc_frame f = *whole;

	(void)t;
	f.body = one;
	f.body_len = 4;
	f.length = 4;
	f.msg_len = 4 * PIECES;
	f.offset = 4 * n;
	f.psn = whole->psn + n;
	f.oflags = (n == 0 ? WC_O_SOM : 0u) | (n == PIECES - 1 ? WC_O_EOM : 0u);
	return f;
}

static void backwards(struct wc_t *t)
{
	static const uint8_t one[4] = { 1 };
	uint8_t zero[4 * PIECES] = { 0 };
	struct wc_frame f, p;

	wc_do_write(t->a, "w", t->mem.key, wc_page(t, 36), zero, sizeof(zero));
	f = wc_f_reduce(t->a, t->mem.key, wc_page(t, 36), WC_R_SUM, WC_I32, one, 4);
	wc_op(t->a, "x", WC_OP_MESSAGE, &f);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned n = PIECES; n-- > 0;) {
			p = piece(t, &f, n);
			if (round)
				p.flags |= WC_F_RTX;
			wc_emit(t->c, &p, round ? WC_E_LOOSE : WC_E_OK);
		}
	wc_await(t, "x");
	wc_marker(t);
	wc_do_read(t->b, "r", t->mem.key, wc_page(t, 36), sizeof(zero));
}

static void backwards_judge(struct wc_judge *j)
{
	uint8_t want[4 * PIECES] = { 0 };

	for (unsigned i = 0; i < PIECES; i++)
		want[4 * i] = 1;
	wc_ok(j, 1, "x");
	wc_data(j, 2, "r", want, sizeof(want), "NOT_ONCE");
}

/* ---- RE-BV-09: RUD, its turn --------------------------------------------------------------- */

static void waits(struct wc_t *t)
{
	static const uint8_t one[4] = { 1 }, fifty[4] = { 50 };
	struct wc_frame w, f;

	wc_set_word(t->a, "init", wc_page(t, 37), 1);
	w = wc_f_write(t->a, t->mem.key, wc_page(t, 37), fifty, 4);
	f = wc_f_reduce(t->a, t->mem.key, wc_page(t, 37), WC_R_SUM, WC_I32, one, 4);
	f.psn = w.psn + 1;
	f.msn = w.msn + 1;
	wc_op(t->a, "w", WC_OP_MESSAGE, &w);
	wc_op(t->a, "x", WC_OP_MESSAGE, &f);
	wc_emit(t->c, &f, WC_E_OK);
	wc_marker(t);
	wc_emit(t->c, &w, WC_E_OK);
	wc_await(t, "x");
	wc_get_word(t->a, "r", wc_page(t, 37));
}

static void waits_judge(struct wc_judge *j)
{
	wc_ok(j, 1, "w");
	wc_ok(j, 2, "x");
	wc_word(j, 3, "r", 51, "WRONG_ORDER");
}

const struct wc_case wc_cases_reduce[] = {
	{
		.id = "RE-BV-01", .version = 1, .title = "REDUCE of integers",
		.reqs = "WEFT-SEM-051 WEFT-SEM-053", .features = WC_FT_REDUCE,
		.stimulus = "each operation on i32, i64 and u8, across sign and wrap",
		.expected = "sums wrap, the rest as the type says",
		.vary = WC_VARY_ORDER,
		.checkpoints = 2, .drive = integers, .judge = integers_judge,
	}, {
		.id = "RE-BV-02", .version = 1, .title = "REDUCE of floating-point numbers",
		.reqs = "WEFT-SEM-051 WEFT-SEM-053", .features = WC_FT_REDUCE,
		.stimulus = "sums, MIN and MAX of f16, bf16, f32, f64, with ties and overflow",
		.expected = "rounded to nearest, ties to even",
		.checkpoints = 2, .drive = numbers, .judge = numbers_judge,
	}, {
		.id = "RE-BI-03", .version = 1,
		.title = "Operations and types that do not go together",
		.reqs = "WEFT-SEM-051 WEFT-SEM-021", .features = WC_FT_REDUCE,
		.stimulus = "unknown operations and types, I8, bitwise operations on floats",
		.expected = "BAD_OPCODE each; no byte changed",
		.checkpoints = 2, .drive = bad_pairs, .judge = bad_pairs_judge,
	}, {
		.id = "RE-BI-04", .version = 1, .title = "Parts of elements are refused",
		.reqs = "WEFT-SEM-081 WEFT-SEM-021", .features = WC_FT_REDUCE,
		.stimulus = "messages that are no whole number of elements",
		.expected = "MALFORMED each; no byte changed",
		.checkpoints = 2, .drive = broken_elements, .judge = broken_elements_judge,
	}, {
		.id = "RE-BI-05", .version = 1, .title = "Elements are aligned to their size",
		.reqs = "WEFT-MEM-013 WEFT-SEM-021", .features = WC_FT_REDUCE,
		.stimulus = "addresses that are no multiple of the element's size",
		.expected = "MISALIGNED each; no byte changed",
		.checkpoints = 2, .drive = misaligned, .judge = misaligned_judge,
	}, {
		.id = "RE-BI-06", .version = 1, .title = "REDUCE needs WRITE of the whole range",
		.reqs = "WEFT-MEM-001 WEFT-MEM-002 WEFT-MEM-003 WEFT-MEM-004",
		.features = WC_FT_REDUCE, .needs = WC_NEEDS_PERSONALITY,
		.stimulus = "a key to read alone, one that is not there, one of another protection "
			"domain, a range past the end",
		.expected = "NO_RIGHTS, BAD_KEY, BAD_DOMAIN, OUT_OF_BOUNDS; no byte changed",
		.checkpoints = 5, .drive = protected, .judge = protected_judge,
	}, {
		.id = "RE-BV-07", .version = 1, .title = "A repeated REDUCE combines once",
		.reqs = "WEFT-SEM-053 WEFT-PDC-020", .features = WC_FT_REDUCE,
		.stimulus = "one REDUCE, its packet sent six times",
		.expected = "the element grows by one",
		.vary = WC_VARY_ORDER,
		.checkpoints = 3, .drive = once, .judge = once_judge,
	}, {
		.id = "RE-BV-08", .version = 1,
		.title = "RUD: packets in any order, each element once",
		.reqs = "WEFT-SEM-053", .features = WC_FT_REDUCE,
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "a message of six packets, last first, then all of them again",
		.expected = "each element grows by one",
		.vary = WC_VARY_WRAP,
		.checkpoints = 2, .drive = backwards, .judge = backwards_judge,
	}, {
		.id = "RE-BV-09", .version = 1,
		.title = "RUD: a REDUCE waits for the message before it",
		.reqs = "WEFT-SEM-052", .features = WC_FT_REDUCE,
		.needs = WC_NEEDS_RUD, .mode = WC_RUD,
		.stimulus = "a REDUCE that arrives before the WRITE of the message before",
		.expected = "it adds to what the WRITE wrote",
		.vary = WC_VARY_WRAP,
		.checkpoints = 3, .drive = waits, .judge = waits_judge,
	},
	{ .id = NULL },
};
