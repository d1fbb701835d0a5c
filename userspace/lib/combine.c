/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * REDUCE: the arithmetic, one small function for each pair of operation and type that
 * weft_reduce_ok() allows.  Elements lie little-endian in memory, and neither side need be aligned.
 */
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include <weft/mem.h>

#include "core/weft.h"
#include "userspace/lib/half.h"

static inline void take(void *to, const uint8_t *from, size_t n)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
	memcpy(to, from, n);
#else
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = from[n - 1 - i];
#endif
}

static inline void put(uint8_t *to, const void *from, size_t n)
{
#if __BYTE_ORDER == __LITTLE_ENDIAN
	memcpy(to, from, n);
#else
	take(to, from, n);
#endif
}

typedef void reduce_fn(uint8_t *dst, const uint8_t *src, size_t n);

#define LOOP(type, name, expr)							\
	static void name(uint8_t *dst, const uint8_t *src, size_t n)		\
	{									\
		for (size_t i = 0; i + sizeof(type) <= n; i += sizeof(type)) {	\
			type a, b;						\
										\
			take(&a, dst + i, sizeof(a));				\
			take(&b, src + i, sizeof(b));				\
			a = (type)(expr);					\
			put(dst + i, &a, sizeof(a));				\
		}								\
	}

/* Sums of integers wrap, so they are made unsigned. */
#define INTEGER(type, utype, t)							\
	LOOP(utype, sum_##t, a + b)						\
	LOOP(type, min_##t, a < b ? a : b)					\
	LOOP(type, max_##t, a > b ? a : b)					\
	LOOP(utype, and_##t, a & b)						\
	LOOP(utype, or_##t, a | b)						\
	LOOP(utype, xor_##t, a ^ b)

/* A NaN on either side gives a NaN; -0 is less than +0. */
#define MIN_FLOAT(a, b) \
	(isnan(a) ? (a) : isnan(b) ? (b) : (a) == (b) ? (signbit(a) ? (a) : (b)) : \
	 (a) < (b) ? (a) : (b))
#define MAX_FLOAT(a, b) \
	(isnan(a) ? (a) : isnan(b) ? (b) : (a) == (b) ? (signbit(a) ? (b) : (a)) : \
	 (a) > (b) ? (a) : (b))

#define FLOATING(type, t)							\
	LOOP(type, sum_##t, a + b)						\
	LOOP(type, min_##t, MIN_FLOAT(a, b))					\
	LOOP(type, max_##t, MAX_FLOAT(a, b))

#define HALF(t)									\
	LOOP(uint16_t, sum_##t, weftu_f32_to_##t(weftu_##t##_to_f32(a) + weftu_##t##_to_f32(b))) \
	LOOP(uint16_t, min_##t, half_min(a, b, weftu_##t##_to_f32(a), weftu_##t##_to_f32(b))) \
	LOOP(uint16_t, max_##t, half_max(a, b, weftu_##t##_to_f32(a), weftu_##t##_to_f32(b)))

/* The bits of the one chosen go through unchanged. */
static uint16_t half_min(uint16_t a, uint16_t b, float x, float y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) ? a : b;
	if (x == y)
		return signbit(x) ? a : b;
	return x < y ? a : b;
}

static uint16_t half_max(uint16_t a, uint16_t b, float x, float y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) ? a : b;
	if (x == y)
		return signbit(x) ? b : a;
	return x > y ? a : b;
}

INTEGER(int32_t, uint32_t, i32)
INTEGER(int64_t, uint64_t, i64)
INTEGER(uint8_t, uint8_t, u8)
FLOATING(float, f32)
FLOATING(double, f64)
HALF(f16)
HALF(bf16)

#define OPS (WEFT_REDOP_XOR + 1)
#define TYPES (WEFT_DTYPE_U8 + 1)

#define ROW_INT(t) { NULL, sum_##t, min_##t, max_##t, and_##t, or_##t, xor_##t }
#define ROW_FLT(t) { NULL, sum_##t, min_##t, max_##t, NULL, NULL, NULL }

static reduce_fn *const table[TYPES][OPS] = {
	[WEFT_DTYPE_I32] = ROW_INT(i32),
	[WEFT_DTYPE_I64] = ROW_INT(i64),
	[WEFT_DTYPE_U8] = ROW_INT(u8),
	[WEFT_DTYPE_F16] = ROW_FLT(f16),
	[WEFT_DTYPE_BF16] = ROW_FLT(bf16),
	[WEFT_DTYPE_F32] = ROW_FLT(f32),
	[WEFT_DTYPE_F64] = ROW_FLT(f64),
};

_Static_assert(WEFT_REDOP_SUM == 1 && WEFT_REDOP_MIN == 2 && WEFT_REDOP_MAX == 3 &&
	       WEFT_REDOP_AND == 4 && WEFT_REDOP_OR == 5 && WEFT_REDOP_XOR == 6,
	       "the rows are in the order of enum redop");

int weft_combine(unsigned op, unsigned type, void *dst, const void *src, size_t len)
{
	if (!weft_reduce_ok(op, type) || len % weft_dtype_size(type))
		return -EINVAL;
	table[type][op](dst, src, len);
	return 0;
}
