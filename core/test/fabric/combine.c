/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What atomics and REDUCE must make of memory, by itself: the oracle does not ask the engine.
 * Words lie little-endian in memory.
 */
#include "core/test/fabric/fabric.h"

uint64_t fb_word(const uint8_t *at, unsigned size)
{
	uint64_t x = 0;

	while (size--)
		x = x << 8 | at[size];
	return x;
}

void fb_put_word(uint8_t *at, uint64_t x, unsigned size)
{
	for (unsigned i = 0; i < size; i++, x >>= 8)
		at[i] = (uint8_t)x;
}

static int64_t extend(uint64_t x, unsigned size)
{
	unsigned up = 64 - 8 * size;

	return (int64_t)(x << up) >> up;
}

/* Bit by bit: a carry does not leave a field, whose last bit is set in `ends`. */
static uint64_t add(uint64_t a, uint64_t b, uint64_t ends)
{
	uint64_t sum = 0, carry = 0;

	for (int i = 0; i < 64; i++) {
		uint64_t x = a >> i & 1, y = b >> i & 1;

		sum |= (x ^ y ^ carry) << i;
		carry = ends >> i & 1 ? 0 : (x & y) | (carry & (x | y));
	}
	return sum;
}

static uint64_t low(uint64_t x, unsigned size)
{
	return size == 8 ? x : x & ((1ull << 8 * size) - 1);
}

uint64_t fb_atomic(const struct fb_word_op *o, uint64_t word)
{
	uint64_t x = low(o->operand, o->width), next = word;
	uint64_t ends = o->masked ? o->compare_mask : 0;
	uint64_t compared = low(o->masked ? o->compare_mask : ~0ull, o->width);

	switch ((enum weft_aop)o->aop) {
	case WEFT_AOP_FADD:
		next = ends ? add(word, x, ends) : word + x;
		break;
	case WEFT_AOP_CAS:
		next = (word & compared) == (o->compare & compared) ? x : word;
		break;
	case WEFT_AOP_SWAP:
		next = x;
		break;
	case WEFT_AOP_MIN:
		next = extend(x, o->width) < extend(word, o->width) ? x : word;
		break;
	case WEFT_AOP_MAX:
		next = extend(x, o->width) > extend(word, o->width) ? x : word;
		break;
	case WEFT_AOP_UMIN:
		next = x < word ? x : word;
		break;
	case WEFT_AOP_UMAX:
		next = x > word ? x : word;
		break;
	case WEFT_AOP_AND:
		next = x & word;
		break;
	case WEFT_AOP_OR:
		next = x | word;
		break;
	case WEFT_AOP_XOR:
		next = x ^ word;
		break;
	case WEFT_AOP_RESERVED:
		break;
	}
	if (o->masked)
		next = (word & ~o->operand_mask) | (next & o->operand_mask);
	return low(next, o->width);
}

/* One element of an integer type. */
static uint64_t element(uint8_t op, bool is_signed, unsigned size, uint64_t x, uint64_t y)
{
	bool less = is_signed ? extend(x, size) < extend(y, size) : x < y;

	switch ((enum weft_redop)op) {
	case WEFT_REDOP_SUM:
		return x + y;
	case WEFT_REDOP_MIN:
		return less ? x : y;
	case WEFT_REDOP_MAX:
		return less ? y : x;
	case WEFT_REDOP_AND:
		return x & y;
	case WEFT_REDOP_OR:
		return x | y;
	case WEFT_REDOP_XOR:
		return x ^ y;
	case WEFT_REDOP_RESERVED:
		break;
	}
	return x;
}

void fb_reduce(uint8_t op, uint8_t dtype, uint8_t *at, const uint8_t *from, uint32_t len)
{
	unsigned size = weft_dtype_size(dtype);

	/* Bits do not care where elements end. */
	if (op == WEFT_REDOP_AND || op == WEFT_REDOP_OR || op == WEFT_REDOP_XOR)
		size = len % 8 ? 1 : 8;
	for (uint32_t i = 0; i < len; i += size)
		fb_put_word(at + i, element(op, dtype != WEFT_DTYPE_U8, size,
					    fb_word(at + i, size), fb_word(from + i, size)), size);
}
