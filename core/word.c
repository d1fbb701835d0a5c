/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What atomics make of a word, so that every host computes the same, and which operations there
 * are.  Pure: reading the word and putting the new one in its place, at once, is the host's.
 */
#include "core/weft.h"

static uint64_t width_mask(unsigned width)
{
	return width == 8 ? ~0ull : (1ull << 8 * width) - 1;
}

/* The low bits of x as a signed number. */
static int64_t as_signed(uint64_t x, unsigned width)
{
	uint64_t sign = 1ull << (8 * width - 1);

	return (int64_t)(((x & width_mask(width)) ^ sign) - sign);
}

/* WEFT-MEM-012: the carry out of a bit set in `ends` is dropped. */
static uint64_t add_fields(uint64_t a, uint64_t b, uint64_t ends)
{
	return ((a & ~ends) + (b & ~ends)) ^ ((a ^ b) & ends);
}

bool weft_atomic_ok(const struct weft_atomic *a)
{
	return a->aop > WEFT_AOP_RESERVED && a->aop <= WEFT_AOP_XOR &&
	       (a->width == 1 || a->width == 2 || a->width == 4 || a->width == 8);
}

/* WEFT-MEM-010 */
uint64_t weft_atomic_apply(const struct weft_atomic *a, uint64_t old)
{
	uint64_t mask = width_mask(a->width), x = a->operand & mask, new;

	old &= mask;
	new = old;
	switch ((enum weft_aop)a->aop) {
	case WEFT_AOP_FADD:
		new = add_fields(old, x, a->compare_mask);
		break;
	case WEFT_AOP_CAS:
		if (!((old ^ a->compare) & a->compare_mask & mask))
			new = x;
		break;
	case WEFT_AOP_SWAP:
		new = x;
		break;
	case WEFT_AOP_MIN:
		if (as_signed(x, a->width) < as_signed(old, a->width))
			new = x;
		break;
	case WEFT_AOP_MAX:
		if (as_signed(x, a->width) > as_signed(old, a->width))
			new = x;
		break;
	case WEFT_AOP_UMIN:
		if (x < old)
			new = x;
		break;
	case WEFT_AOP_UMAX:
		if (x > old)
			new = x;
		break;
	case WEFT_AOP_AND:
		new = old & x;
		break;
	case WEFT_AOP_OR:
		new = old | x;
		break;
	case WEFT_AOP_XOR:
		new = old ^ x;
		break;
	case WEFT_AOP_RESERVED:
		break;
	}
	return ((old & ~a->operand_mask) | (new & a->operand_mask)) & mask;
}

unsigned weft_dtype_size(unsigned dtype)
{
	switch ((enum weft_dtype)dtype) {
	case WEFT_DTYPE_U8:
	case WEFT_DTYPE_I8:
		return 1;
	case WEFT_DTYPE_F16:
	case WEFT_DTYPE_BF16:
		return 2;
	case WEFT_DTYPE_I32:
	case WEFT_DTYPE_F32:
		return 4;
	case WEFT_DTYPE_I64:
	case WEFT_DTYPE_F64:
		return 8;
	case WEFT_DTYPE_RESERVED:
		break;
	}
	return 0;
}

/* Bits are for integers only; I8 is not for REDUCE. */
bool weft_reduce_ok(unsigned op, unsigned dtype)
{
	bool integer = dtype == WEFT_DTYPE_I32 || dtype == WEFT_DTYPE_I64 || dtype == WEFT_DTYPE_U8;

	if (!weft_dtype_size(dtype) || dtype == WEFT_DTYPE_I8)
		return false;
	return (op >= WEFT_REDOP_SUM && op <= WEFT_REDOP_MAX) ||
	       (integer && op >= WEFT_REDOP_AND && op <= WEFT_REDOP_XOR);
}
