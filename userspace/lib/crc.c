/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRC32C, as fast as this processor can: three interleaved streams of the processor's CRC
 * instruction, put together by carry-less multiplication; where there is none, eight tables.
 * Same conventions as weft_crc32c(): begin with 0, continue with the last result.
 */
#include <pthread.h>
#include <string.h>

#include "userspace/lib/lib.h"
#include "userspace/lib/crc.h"

#define POLY 0x82f63b78u	/* Castagnoli, reflected */

/* ---- Eight tables ---------------------------------------------------------------- */

static uint32_t tables[8][256];

static void make_tables(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? POLY : 0);
		tables[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int k = 1; k < 8; k++)
			tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 0xff];
	}
}

static uint32_t eight(uint32_t c, const uint8_t *p)
{
	c ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return tables[7][c & 0xff] ^ tables[6][c >> 8 & 0xff] ^ tables[5][c >> 16 & 0xff] ^
	       tables[4][c >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
	       tables[0][p[7]];
}

uint32_t weftu_crc_tables(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (; len >= 8; len -= 8, p += 8)
		crc = eight(crc, p);
	while (len--)
		crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

/* ---- The instruction ------------------------------------------------------------- */

#ifdef __x86_64__
#include <immintrin.h>

#define SIMD __attribute__((target("sse4.2,pclmul")))

static inline uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* k is x^(8n - 33) mod P, reflected: advances a CRC over n zero bytes. */
SIMD static inline uint32_t advance(uint64_t crc, uint32_t k)
{
	__m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc),
					       _mm_cvtsi64_si128((long long)k), 0);

	return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/* Three streams of n bytes side by side; k1 and k2 advance over n and 2n. */
SIMD static inline uint32_t three(uint32_t crc, const uint8_t *p, size_t n, uint32_t k1,
				  uint32_t k2)
{
	uint64_t a = crc, b = 0, c = 0;

	for (size_t i = 0; i < n; i += 8) {
		a = _mm_crc32_u64(a, load(p + i));
		b = _mm_crc32_u64(b, load(p + n + i));
		c = _mm_crc32_u64(c, load(p + 2 * n + i));
	}
	return advance(a, k2) ^ advance(b, k1) ^ (uint32_t)c;
}

SIMD static uint32_t by_instruction(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t c;

	crc = ~crc;
	for (; len >= 3 * 2048; len -= 3 * 2048, p += 3 * 2048)
		crc = three(crc, p, 2048, 0xa51b6135u, 0x82f89c77u);
	for (; len >= 3 * 256; len -= 3 * 256, p += 3 * 256)
		crc = three(crc, p, 256, 0xb9e02b86u, 0xdd7e3b0cu);
	for (; len >= 3 * 64; len -= 3 * 64, p += 3 * 64)
		crc = three(crc, p, 64, 0x9e4addf8u, 0x0d3b6092u);
	for (c = crc; len >= 8; len -= 8, p += 8)
		c = _mm_crc32_u64(c, load(p));
	crc = (uint32_t)c;
	for (; len; len--)
		crc = _mm_crc32_u8(crc, *p++);
	return ~crc;
}

weftu_crc_fn *weftu_crc_instruction(void)
{
	return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")
		? by_instruction : NULL;
}
#else
weftu_crc_fn *weftu_crc_instruction(void)
{
	return NULL;
}
#endif

static void choose(void)
{
	weftu_crc_fn *fn = weftu_crc_instruction();

	make_tables();
	weft_crc32c_override(fn ? fn : weftu_crc_tables);
}

/* The engine has one CRC for the process; every port chooses the same. */
void weftu_crc_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, choose);
}
