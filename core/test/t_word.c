/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/word.c: what atomics make of a word. */
#include <stdio.h>

#include "core/weft.h"
#include "tools/test/cunit_main.h"

#define ALL (~0ull)

/* WEFT-MEM-010, WEFT-MEM-012 */
static void weft_atomic_apply__table(void)
{
	static const struct {
		const char *what;
		uint8_t aop, width;
		uint64_t old, operand, compare, om, cm, new;
	} rows[] = {
		{ "adds", WEFT_AOP_FADD, 8, 5, 7, 0, ALL, 0, 12 },
		{ "adds minus one", WEFT_AOP_FADD, 8, 0, ALL, 0, ALL, 0, ALL },
		{ "wraps at the width", WEFT_AOP_FADD, 1, 0xff, 2, 0, ALL, 0, 1 },
		{ "takes the low bits", WEFT_AOP_FADD, 2, 1, 0x10001, 0, ALL, 0, 2 },
		{ "carries through", WEFT_AOP_FADD, 4, 0xffff, 1, 0, ALL, 0, 0x10000 },
		{ "carries end with a field", WEFT_AOP_FADD, 4, 0xffff, 1, 0, ALL, 0x8000, 0 },
		{ "each field by itself", WEFT_AOP_FADD, 4, 0x01ff7f80, 0x01010180, 0, ALL,
		  0x80808080, 0x02008000 },
		{ "the top bit still counts", WEFT_AOP_FADD, 1, 0x80, 0x80, 0, ALL, 0x80, 0 },
		{ "a carry out of the mask is lost", WEFT_AOP_FADD, 2, 0x00ff, 1, 0, 0x00ff, 0, 0 },
		{ "a carry into the mask counts", WEFT_AOP_FADD, 2, 0x00ff, 1, 0, 0xff00, 0,
		  0x01ff },
		{ "swaps when equal", WEFT_AOP_CAS, 8, 5, 7, 5, ALL, ALL, 7 },
		{ "not when different", WEFT_AOP_CAS, 8, 5, 7, 6, ALL, ALL, 5 },
		{ "compares the width", WEFT_AOP_CAS, 1, 5, 7, 0x105, ALL, ALL, 7 },
		{ "compares under the mask", WEFT_AOP_CAS, 8, 0xa5, 0x77, 0xf5, ALL, 0x0f, 0x77 },
		{ "differs under the mask", WEFT_AOP_CAS, 8, 0xa5, 0x77, 0xa4, ALL, 0x0f, 0xa5 },
		{ "compares nothing", WEFT_AOP_CAS, 8, 1, 2, 3, ALL, 0, 2 },
		{ "swaps under the mask", WEFT_AOP_CAS, 8, 0xa5, 0x77, 0xa5, 0xf0, ALL, 0x75 },
		{ "swaps", WEFT_AOP_SWAP, 4, 1, 0x123456789, 0, ALL, 0, 0x23456789 },
		{ "swaps a field", WEFT_AOP_SWAP, 4, 0x11223344, 0xaabbccdd, 0, 0xff00, 0,
		  0x1122cc44 },
		{ "smaller, signed", WEFT_AOP_MIN, 1, 1, 0xff, 0, ALL, 0, 0xff },
		{ "not smaller, signed", WEFT_AOP_MIN, 1, 0x80, 0x7f, 0, ALL, 0, 0x80 },
		{ "larger, signed", WEFT_AOP_MAX, 2, 0x8000, 0x7fff, 0, ALL, 0, 0x7fff },
		{ "larger, signed, 64 bits", WEFT_AOP_MAX, 8, 0x8000000000000000, 1, 0, ALL, 0, 1 },
		{ "smaller, unsigned", WEFT_AOP_UMIN, 1, 1, 0xff, 0, ALL, 0, 1 },
		{ "larger, unsigned", WEFT_AOP_UMAX, 1, 1, 0xff, 0, ALL, 0, 0xff },
		{ "equal", WEFT_AOP_UMAX, 1, 7, 7, 0, ALL, 0, 7 },
		{ "and", WEFT_AOP_AND, 4, 0xff00ff00, 0x0ff00ff0, 0, ALL, 0, 0x0f000f00 },
		{ "or", WEFT_AOP_OR, 4, 0xff00ff00, 0x0ff00ff0, 0, ALL, 0, 0xfff0fff0 },
		{ "xor", WEFT_AOP_XOR, 4, 0xff00ff00, 0x0ff00ff0, 0, ALL, 0, 0xf0f0f0f0 },
		{ "nothing may change", WEFT_AOP_XOR, 8, 5, ALL, 0, 0, 0, 5 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_atomic a = { .operand = rows[i].operand, .compare = rows[i].compare,
			.operand_mask = rows[i].om, .compare_mask = rows[i].cm,
			.aop = rows[i].aop, .width = rows[i].width };
		uint64_t new;

		CU_ASSERT(weft_atomic_ok(&a));
		new = weft_atomic_apply(&a, rows[i].old);
		if (new != rows[i].new) {
			printf("%s: %llx\n", rows[i].what, (unsigned long long)new);
			CU_FAIL("another word");
		}
	}
}

static uint64_t rnd(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

/* The reference, bit by bit: a full adder whose carry is cleared behind each field's last bit. */
static uint64_t add_slowly(uint64_t a, uint64_t b, uint64_t ends, unsigned bits)
{
	uint64_t sum = 0;
	unsigned carry = 0;

	for (unsigned i = 0; i < bits; i++) {
		unsigned x = (unsigned)(a >> i & 1) + (unsigned)(b >> i & 1) + carry;

		sum |= (uint64_t)(x & 1) << i;
		carry = ends >> i & 1 ? 0 : x >> 1;
	}
	return sum;
}

static void weft_atomic_apply__random_fields(void)
{
	uint64_t x = weft_test_seed * 0x9e3779b97f4a7c15ull + 1;
	unsigned wrong = 0;

	for (int i = 0; i < 100000; i++) {
		struct weft_atomic a = { .operand = rnd(&x), .compare_mask = rnd(&x) & rnd(&x),
			.operand_mask = rnd(&x) | rnd(&x), .aop = WEFT_AOP_FADD,
			.width = (uint8_t)(1u << rnd(&x) % 4) };
		uint64_t all = a.width == 8 ? ALL : (1ull << 8 * a.width) - 1, old = rnd(&x) & all;
		uint64_t sum = add_slowly(old, a.operand, a.compare_mask, 8u * a.width);

		wrong += weft_atomic_apply(&a, old) !=
			 ((old & ~a.operand_mask) | (sum & a.operand_mask & all));
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void weft_atomic_ok__table(void)
{
	unsigned wrong = 0;

	for (unsigned aop = 0; aop < 256; aop++)
		for (unsigned width = 0; width < 256; width++) {
			struct weft_atomic a = { .aop = (uint8_t)aop, .width = (uint8_t)width };
			bool ok = aop >= 1 && aop <= 10 &&
				  (width == 1 || width == 2 || width == 4 || width == 8);

			wrong += weft_atomic_ok(&a) != ok;
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* WEFT-SEM-051 */
static void weft_reduce_ok__table(void)
{
	static const unsigned sizes[] = { 0, 4, 8, 2, 2, 4, 8, 1, 1, 0 };

	for (unsigned t = 0; t < WEFT_ARRAY_LEN(sizes); t++) {
		bool integer = t == WEFT_DTYPE_I32 || t == WEFT_DTYPE_I64 || t == WEFT_DTYPE_U8;

		CU_ASSERT_EQUAL(weft_dtype_size(t), sizes[t]);
		for (unsigned op = 0; op < 10; op++)
			CU_ASSERT_EQUAL(weft_reduce_ok(op, t), sizes[t] && op >= 1 &&
					t != WEFT_DTYPE_I8 && op <= (integer ? 6u : 3u));
	}
}

WEFT_SUITE(t_word) {
	{ "weft_atomic_apply__table", weft_atomic_apply__table },
	{ "weft_atomic_apply__random_fields", weft_atomic_apply__random_fields },
	{ "weft_atomic_ok__table", weft_atomic_ok__table },
	{ "weft_reduce_ok__table", weft_reduce_ok__table },
};
