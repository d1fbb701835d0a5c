/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests userspace/chip/half.c against values computed in double precision. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/port.h"
#include "tools/test/cunit_main.h"
#include "userspace/lib/half.h"

/* The value of an f16 by its definition. */
static double f16_value(unsigned h)
{
	double sign = h & 0x8000 ? -1 : 1;
	int exp = (int)(h >> 10 & 31);
	double frac = h & 0x3ff;

	if (exp == 31)
		return frac != 0 ? (double)NAN : sign * (double)INFINITY;
	return sign * (exp ? ldexp(1024 + frac, exp - 25) : ldexp(frac, -24));
}

static void f16_to_f32__every_value(void)
{
	int wrong = 0;

	for (unsigned h = 0; h < 0x10000; h++) {
		double want = f16_value(h);
		float got = weftu_f16_to_f32((uint16_t)h);

		if (isnan(want))
			wrong += !isnan(got);
		else
			wrong += (double)got != want || !signbit(got) != !(h & 0x8000);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void f32_to_f16__round_trip(void)
{
	int wrong = 0;

	for (unsigned h = 0; h < 0x10000; h++) {
		uint16_t back = weftu_f32_to_f16(weftu_f16_to_f32((uint16_t)h));

		if (isnan(f16_value(h)))
			wrong += !isnan(f16_value(back));
		else
			wrong += back != h;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* No other f16 is nearer, and on a tie the even one is taken. */
static bool nearest(float f, uint16_t h)
{
	double d = fabs(f16_value(h) - (double)f);

	for (int step = -1; step <= 1; step += 2) {
		unsigned n = (h & 0x7fffu) + (unsigned)step;
		double v, e;

		if ((h & 0x7fff) == 0 && step < 0)
			continue;
		n = (n & 0x7fff) | (h & 0x8000u);
		v = (n & 0x7fff) == 0x7c00 ? copysign(65536, (double)f) : f16_value(n);
		e = fabs(v - (double)f);
		if (e < d || (e == d && (h & 1)))
			return false;
	}
	return true;
}

static void f32_to_f16__nearest_even(void)
{
	unsigned short rng[3] = { (unsigned short)weft_test_seed, 3, 4 };
	int wrong = 0;

	for (int i = 0; i < 200000; i++) {
		float f = (float)ldexp(2 * erand48(rng) - 1, (int)(nrand48(rng) % 42) - 26);
		uint16_t h = weftu_f32_to_f16(f);

		if (fabsf(f) < 65504)
			wrong += !nearest(f, h);
	}
	for (unsigned h = 0; h < 0x7bff; h++) {	/* ties, exactly between two neighbours */
		float f = (float)((f16_value(h) + f16_value(h + 1)) / 2);

		wrong += weftu_f32_to_f16(f) != (h & 1 ? h + 1 : h);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void f32_to_f16__edges(void)
{
	static const struct {
		float f;
		uint16_t h;
		const char *why;
	} row[] = {
		{ 65504.0f, 0x7bff, "largest" },
		{ 65519.9f, 0x7bff, "rounds down to the largest" },
		{ 65520.0f, 0x7c00, "tie goes to infinity" },
		{ -1e30f, 0xfc00, "far beyond" },
		{ 0x1p-24f, 0x0001, "least subnormal" },
		{ 0x1p-25f, 0x0000, "tie with zero goes to even" },
		{ 0x1.8p-25f, 0x0001, "above half of the least" },
		{ -0.0f, 0x8000, "signed zero" },
		{ INFINITY, 0x7c00, "infinity" },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++)
		CU_ASSERT_EQUAL(weftu_f32_to_f16(row[i].f), row[i].h);
	CU_ASSERT(isnan(f16_value(weftu_f32_to_f16(NAN))));
}

static void bf16__round_trip_and_rounding(void)
{
	int wrong = 0;

	for (unsigned h = 0; h < 0x10000; h++) {
		float f = weftu_bf16_to_f32((uint16_t)h);

		if (isnan(f))
			wrong += !isnan(weftu_bf16_to_f32(weftu_f32_to_bf16(f)));
		else
			wrong += weftu_f32_to_bf16(f) != h;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(weftu_f32_to_bf16(0x1.01p0f), 0x3f80);	/* tie, even below */
	CU_ASSERT_EQUAL(weftu_f32_to_bf16(0x1.03p0f), 0x3f82);	/* tie, even above */
	CU_ASSERT_EQUAL(weftu_f32_to_bf16(0x1.010002p0f), 0x3f81);
	CU_ASSERT_EQUAL(weftu_f32_to_bf16(3.4e38f), 0x7f80);	/* overflows by rounding */
}

WEFT_SUITE(t_half) {
	{ "f16_to_f32__every_value", f16_to_f32__every_value },
	{ "f32_to_f16__round_trip", f32_to_f16__round_trip },
	{ "f32_to_f16__nearest_even", f32_to_f16__nearest_even },
	{ "f32_to_f16__edges", f32_to_f16__edges },
	{ "bf16__round_trip_and_rounding", bf16__round_trip_and_rounding },
};
