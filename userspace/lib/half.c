/* SPDX-License-Identifier: BSD-2-Clause */
/* 16-bit floating point by integer arithmetic on the bits.  See half.h. */
#include "core/mutant.h"
#include "userspace/lib/half.h"

#include <string.h>

#define F32_INF 0x7f800000u
#define F16_INF 0x7c00u

static uint32_t bits_of(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof(u));
	return u;
}

static float float_of(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof(f));
	return f;
}

/* Drop the low `shift` bits of v, rounding to nearest, ties to even. */
static uint32_t round_off(uint32_t v, unsigned shift)
{
	uint32_t half = 1u << (shift - 1);
	uint32_t rest = v & ((1u << shift) - 1);
	uint32_t kept = v >> shift;

	if ((rest > half || (rest == half && (kept & 1))) && !WEFT_MUTANT(HALF_CUT))
		kept++;
	return kept;
}

float weftu_f16_to_f32(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
	uint32_t exp = (h >> 10) & 0x1fu;
	uint32_t frac = h & 0x3ffu;

	if (exp == 0x1f)
		return float_of(sign | F32_INF | frac << 13);
	if (exp)
		return float_of(sign | (exp + 112) << 23 | frac << 13);
	/* Subnormal or zero: frac * 2^-24 is exact in a float. */
	return float_of(bits_of((float)frac * 0x1p-24f) | sign);
}

uint16_t weftu_f32_to_f16(float f)
{
	uint32_t u = bits_of(f);
	uint32_t sign = u >> 16 & 0x8000u;
	uint32_t mag = u & 0x7fffffffu;
	uint32_t exp = mag >> 23;

	if (mag > F32_INF)
		return (uint16_t)(sign | 0x7e00u | (mag >> 13 & 0x3ffu));
	if (exp >= 143)		/* 2^16 and above, infinity included */
		return (uint16_t)(sign | F16_INF);
	if (exp > 112)		/* normal; a carry out of the fraction raises the exponent */
		return (uint16_t)(sign | round_off(mag - (112u << 23), 13));
	if (exp < 102)		/* below half of the least subnormal */
		return (uint16_t)sign;
	return (uint16_t)(sign | round_off((mag & 0x7fffffu) | 0x800000u, 126 - exp));
}

float weftu_bf16_to_f32(uint16_t h)
{
	return float_of((uint32_t)h << 16);
}

uint16_t weftu_f32_to_bf16(float f)
{
	uint32_t u = bits_of(f);

	if ((u & 0x7fffffffu) > F32_INF)
		return (uint16_t)(u >> 16 | 0x40u);
	return (uint16_t)round_off(u, 16);
}
