/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/crc32c.c: against published values and a bit-by-bit computation. */
#include "core/weft.h"
#include "tools/test/cunit_main.h"

/* One bit at a time, by the polynomial. */
static uint32_t naive(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void ramp(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + 3);
}

/* RFC 3720, appendix B.4, and the usual check value. */
static void weft_crc32c__published_values(void)
{
	uint8_t b[32];

	CU_ASSERT_EQUAL(weft_crc32c(0, "123456789", 9), 0xe3069283);
	CU_ASSERT_EQUAL(weft_crc32c(0, "", 0), 0);
	memset(b, 0, sizeof(b));
	CU_ASSERT_EQUAL(weft_crc32c(0, b, 32), 0x8a9136aa);
	memset(b, 0xff, sizeof(b));
	CU_ASSERT_EQUAL(weft_crc32c(0, b, 32), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		b[i] = (uint8_t)i;
	CU_ASSERT_EQUAL(weft_crc32c(0, b, 32), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		b[i] = (uint8_t)(31 - i);
	CU_ASSERT_EQUAL(weft_crc32c(0, b, 32), 0x113fdb5c);
}

static void weft_crc32c__every_length_and_split(void)
{
	uint8_t b[96];

	ramp(b, sizeof(b));
	for (size_t len = 0; len <= sizeof(b); len++) {
		uint32_t want = naive(b, len);

		CU_ASSERT_EQUAL(weft_crc32c(0, b, len), want);
		for (size_t cut = 0; cut <= len; cut++)
			if (weft_crc32c(weft_crc32c(0, b, cut), b + cut, len - cut) != want)
				CU_FAIL("in two parts it is another");
	}
}

static uint32_t other(uint32_t crc, const void *data, size_t len)
{
	(void)data;
	return crc + 1 + (uint32_t)len;
}

static void weft_crc32c_override__and_back(void)
{
	weft_crc32c_override(other);
	CU_ASSERT_EQUAL(weft_crc32c(5, "abc", 3), 9);
	weft_crc32c_override(NULL);
	CU_ASSERT_EQUAL(weft_crc32c(0, "123456789", 9), 0xe3069283);
}

/* WEFT-PKT-005 */
static void weft_crc_header__leaves_out_what_a_switch_changes(void)
{
	uint8_t b[40], zeroed[40];
	uint32_t want;

	ramp(b, sizeof(b));
	memcpy(zeroed, b, sizeof(b));
	memset(zeroed + 2, 0, 3);		/* entropy, fabric */
	for (size_t len = WEFT_HDR_DELIVERY_LEN; len <= sizeof(b); len++) {
		want = naive(zeroed, len);
		CU_ASSERT_EQUAL(weft_crc_header(b, len), want);
		b[2] ^= 0x55;
		b[3] ^= 0x55;
		b[4] ^= 0xff;
		CU_ASSERT_EQUAL(weft_crc_header(b, len), want);
		b[1] ^= 1;
		CU_ASSERT_NOT_EQUAL(weft_crc_header(b, len), want);
		b[1] ^= 1;
	}
}

WEFT_SUITE(t_crc32c) {
	{ "weft_crc32c__published_values", weft_crc32c__published_values },
	{ "weft_crc32c__every_length_and_split", weft_crc32c__every_length_and_split },
	{ "weft_crc32c_override__and_back", weft_crc32c_override__and_back },
	{ "weft_crc_header__leaves_out_what_a_switch_changes",
	  weft_crc_header__leaves_out_what_a_switch_changes },
};
