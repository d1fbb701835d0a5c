/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What atomics and REDUCE compute (word.c).  Part of core/weft.h, which hosts include. */
#ifndef WEFT_WORD_H
#define WEFT_WORD_H

#include "core/port.h"
#include "core/wire.h"

/* An operation on one word of memory, of `width` bytes, little-endian. */
struct weft_atomic {
	uint64_t operand;	/* addend, or new value; low bits if the word is narrow */
	uint64_t compare;	/* CAS: what must be there */
	uint64_t operand_mask;	/* bits of the word that may change; all: ~0 */
	uint64_t compare_mask;	/* CAS: bits that are compared; FADD: where fields end, that is
				 * bits out of which nothing is carried; 0: none */
	uint8_t aop;		/* enum weft_aop */
	uint8_t width;		/* 1, 2, 4 or 8 */
};

/* WEFT-MEM-011: one without masks: the word changes whole, carries through, is compared whole. */
static inline struct weft_atomic weft_atomic_whole(uint8_t aop, uint8_t width, uint64_t operand,
						   uint64_t compare)
{
	return (struct weft_atomic){ .operand = operand, .compare = compare,
				     .operand_mask = ~0ull,
				     .compare_mask = aop == WEFT_AOP_CAS ? ~0ull : 0,
				     .aop = aop, .width = width };
}

/* Is there such an operation, of such a width? */
bool weft_atomic_ok(const struct weft_atomic *a);
/* The word's new value, given the old one.  a must be weft_atomic_ok(). */
uint64_t weft_atomic_apply(const struct weft_atomic *a, uint64_t old);

/* Bytes of an element of this enum weft_dtype; 0: no such type. */
unsigned weft_dtype_size(unsigned dtype);
/* May elements of dtype be combined by this enum weft_redop? */
bool weft_reduce_ok(unsigned op, unsigned dtype);

#endif
