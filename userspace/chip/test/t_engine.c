/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests userspace/chip/engine.c and reduce.c against independent computations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/mem.h>

#include "core/port.h"
#include "core/weft.h"
#include "tools/test/cunit_main.h"
#include "userspace/chip/engine.h"

/* Runs a digest over n bytes in pieces of `piece`. */
static void digest(unsigned kernel, const void *src, size_t n, size_t piece, uint8_t *out)
{
	const struct chip_engine *e = chip_engine_of(kernel);
	struct weft_hdr_command c = { .kernel = (uint16_t)kernel, .length = (uint32_t)n };
	struct chip_job job;

	CU_ASSERT_EQUAL_FATAL(chip_job_begin(&job, e, &c), 0);
	for (size_t at = 0; at < n; at += piece)
		e->step(&job, NULL, (const uint8_t *)src + at, n - at < piece ? n - at : piece);
	e->end(&job, out);
	chip_job_end(&job);
}

static void hex(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[p[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
	}
	out[2 * n] = 0;
}

/* The vectors of FIPS 180-4's examples. */
static void sha256__known_answers(void)
{
	char *million = malloc(1000000), text[65];
	uint8_t out[32];

	digest(WEFT_KERNEL_SHA256, "", 0, 1, out);
	hex(out, 32, text);
	CU_ASSERT_STRING_EQUAL(text,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest(WEFT_KERNEL_SHA256, "abc", 3, 1, out);
	hex(out, 32, text);
	CU_ASSERT_STRING_EQUAL(text,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CU_ASSERT_PTR_NOT_NULL_FATAL(million);
	memset(million, 'a', 1000000);
	digest(WEFT_KERNEL_SHA256, million, 1000000, 4096, out);
	hex(out, 32, text);
	CU_ASSERT_STRING_EQUAL(text,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

/* Bit by bit, from the polynomial. */
static uint32_t crc_slow(const uint8_t *p, size_t n)
{
	uint32_t crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void crc32c__known_and_random(void)
{
	unsigned short rng[3] = { (unsigned short)weft_test_seed, 5, 6 };
	uint8_t buf[3000], out[4], want[4];

	digest(WEFT_KERNEL_CRC32C, "123456789", 9, 4, out);
	CU_ASSERT_EQUAL(memcmp(out, "\xe3\x06\x92\x83", 4), 0);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)nrand48(rng);
	for (size_t n = 0; n < sizeof(buf); n += 71) {
		uint32_t crc = crc_slow(buf, n);

		for (int i = 0; i < 4; i++)
			want[i] = (uint8_t)(crc >> (24 - 8 * i));
		digest(WEFT_KERNEL_CRC32C, buf, n, 64, out);
		CU_ASSERT_EQUAL(memcmp(out, want, 4), 0);
	}
}

static void fill_and_copy__bytes(void)
{
	struct chip_job job = { .c = { .value = 0xab } };
	uint8_t a[64] = { 0 }, b[64];

	chip_engine_of(WEFT_KERNEL_FILL)->step(&job, a + 1, NULL, 62);
	CU_ASSERT(a[0] == 0 && a[1] == 0xab && a[62] == 0xab && a[63] == 0);
	chip_engine_of(WEFT_KERNEL_COPY)->step(&job, b, a, 64);
	CU_ASSERT_EQUAL(memcmp(a, b, 64), 0);
}

/* a op b for integers, in 128 bits, then cut to the type's width. */
static __int128 slow_int(unsigned op, __int128 a, __int128 b)
{
	switch (op) {
	case WEFT_REDOP_SUM:
		return a + b;
	case WEFT_REDOP_MIN:
		return b < a ? b : a;
	case WEFT_REDOP_MAX:
		return b > a ? b : a;
	case WEFT_REDOP_AND:
		return a & b;
	case WEFT_REDOP_OR:
		return a | b;
	}
	return a ^ b;
}

static __int128 widen(unsigned dtype, const uint8_t *p)
{
	int64_t v = 0;

	memcpy(&v, p, weft_dtype_size(dtype));
	return dtype == WEFT_DTYPE_I32 ? (__int128)(int32_t)v : (__int128)v;
}

static void reduce__integers(void)
{
	static const unsigned types[] = { WEFT_DTYPE_I32, WEFT_DTYPE_I64, WEFT_DTYPE_U8 };
	unsigned short rng[3] = { (unsigned short)weft_test_seed, 7, 8 };
	uint8_t a[801], b[801], was[801];

	for (size_t t = 0; t < WEFT_ARRAY_LEN(types); t++) {
		for (unsigned op = WEFT_REDOP_SUM; op <= WEFT_REDOP_XOR; op++) {
			size_t size = weft_dtype_size(types[t]);

			for (size_t i = 0; i < sizeof(a); i++) {
				a[i] = was[i] = (uint8_t)nrand48(rng);
				b[i] = (uint8_t)nrand48(rng);
			}
			weft_combine(op, types[t], a + 1, b + 1, 800);	/* unaligned on purpose */
			for (size_t i = 1; i < 801; i += size) {
				__int128 want = slow_int(op, widen(types[t], was + i),
							 widen(types[t], b + i));

				CU_ASSERT_EQUAL(memcmp(a + i, &want, size), 0);
			}
			CU_ASSERT_EQUAL(a[0], was[0]);
		}
	}
}

static void reduce__floats(void)
{
	float a[4] = { 1.5f, -2, NAN, 0.0f }, b[4] = { 2.25f, -3, 1, -0.0f }, d[4];
	double x = 0.1, y = 0.2;

	memcpy(d, a, sizeof(d));
	weft_combine(WEFT_REDOP_SUM, WEFT_DTYPE_F32, (uint8_t *)d, (uint8_t *)b, sizeof(d));
	CU_ASSERT(d[0] == 3.75f && d[1] == -5 && isnan(d[2]) && d[3] == 0);
	memcpy(d, a, sizeof(d));
	weft_combine(WEFT_REDOP_MIN, WEFT_DTYPE_F32, (uint8_t *)d, (uint8_t *)b, sizeof(d));
	CU_ASSERT(d[0] == 1.5f && d[1] == -3 && isnan(d[2]) && signbit(d[3]));
	memcpy(d, a, sizeof(d));
	weft_combine(WEFT_REDOP_MAX, WEFT_DTYPE_F32, (uint8_t *)d, (uint8_t *)b, sizeof(d));
	CU_ASSERT(d[0] == 2.25f && d[1] == -2 && isnan(d[2]) && !signbit(d[3]));
	weft_combine(WEFT_REDOP_SUM, WEFT_DTYPE_F64, (uint8_t *)&x, (uint8_t *)&y, sizeof(x));
	CU_ASSERT_EQUAL(x, 0.1 + 0.2);
}

static void reduce__halves(void)
{
	static const struct {
		unsigned op, dtype;
		uint16_t a, b, want;
	} row[] = {
		{ WEFT_REDOP_SUM, WEFT_DTYPE_F16, 0x3c00, 0x4000, 0x4200 },	/* 1 + 2 */
		{ WEFT_REDOP_SUM, WEFT_DTYPE_F16, 0x7bff, 0x7bff, 0x7c00 },	/* overflow */
		{ WEFT_REDOP_SUM, WEFT_DTYPE_F16, 0x6800, 0x3c00, 0x6800 },	/* 2048 + 1: tie */
		{ WEFT_REDOP_SUM, WEFT_DTYPE_F16, 0x6801, 0x3c00, 0x6802 },	/* 2050 + 1: tie */
		{ WEFT_REDOP_MIN, WEFT_DTYPE_F16, 0x3c00, 0xbc00, 0xbc00 },
		{ WEFT_REDOP_MAX, WEFT_DTYPE_F16, 0x3c00, 0xbc00, 0x3c00 },
		{ WEFT_REDOP_MAX, WEFT_DTYPE_F16, 0x8000, 0x0000, 0x0000 },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_BF16, 0x3f80, 0x4000, 0x4040 },	/* 1 + 2 */
		{ WEFT_REDOP_SUM, WEFT_DTYPE_BF16, 0x4380, 0x3f80, 0x4380 },	/* 256 + 1: tie */
		{ WEFT_REDOP_MIN, WEFT_DTYPE_BF16, 0x4380, 0x3f80, 0x3f80 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		uint16_t a = row[i].a;

		weft_combine(row[i].op, row[i].dtype, (uint8_t *)&a, (const uint8_t *)&row[i].b, 2);
		CU_ASSERT_EQUAL(a, row[i].want);
	}
}

static void reduce__what_is_allowed(void)
{
	const struct chip_engine *e = chip_engine_of(WEFT_KERNEL_REDUCE);
	struct weft_hdr_command c = { .op = WEFT_REDOP_SUM, .dtype = WEFT_DTYPE_I32, .length = 8 };

	CU_ASSERT_EQUAL(e->check(&c), WEFT_CMD_STATUS_OK);
	c.length = 6;
	CU_ASSERT_EQUAL(e->check(&c), WEFT_CMD_STATUS_BAD_ARGUMENT);
	c.length = 8;
	c.op = WEFT_REDOP_XOR;
	CU_ASSERT_EQUAL(e->check(&c), WEFT_CMD_STATUS_OK);
	c.dtype = WEFT_DTYPE_F32;
	CU_ASSERT_EQUAL(e->check(&c), WEFT_CMD_STATUS_BAD_ARGUMENT);
	for (unsigned v = 0; v < 256; v++) {
		c.op = (uint8_t)v;
		c.dtype = WEFT_DTYPE_I32;
		CU_ASSERT_EQUAL(e->check(&c) == WEFT_CMD_STATUS_OK, v >= 1 && v <= 6);
		c.op = WEFT_REDOP_SUM;
		c.dtype = (uint8_t)v;
		CU_ASSERT_EQUAL(e->check(&c) == WEFT_CMD_STATUS_OK, v >= 1 && v <= 7);
	}
}

static void engines_parse__rows(void)
{
	const char *bad = NULL;

	CU_ASSERT_EQUAL(chip_engines_parse("fill,Copy", &bad), 1 << 1 | 1 << 2 | 1 << 3);
	CU_ASSERT_EQUAL(chip_engines_parse("none", &bad), 1 << 1);
	CU_ASSERT_EQUAL(chip_engines_parse("all", &bad),
			1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7);
	CU_ASSERT_EQUAL(chip_engines_parse("fill,gem,copy", &bad), -1);
	CU_ASSERT_STRING_EQUAL(bad, "gem,copy");
	CU_ASSERT_EQUAL(chip_engines_parse("gemm", &bad), 1 << 1 | 1 << 5);
}

WEFT_SUITE(t_engine) {
	{ "sha256__known_answers", sha256__known_answers },
	{ "crc32c__known_and_random", crc32c__known_and_random },
	{ "fill_and_copy__bytes", fill_and_copy__bytes },
	{ "reduce__integers", reduce__integers },
	{ "reduce__floats", reduce__floats },
	{ "reduce__halves", reduce__halves },
	{ "reduce__what_is_allowed", reduce__what_is_allowed },
	{ "engines_parse__rows", engines_parse__rows },
};
