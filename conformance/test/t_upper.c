/* SPDX-License-Identifier: BSD-2-Clause */
/* The upper tester without a device: frames, the line, the mailbox, SHA-256. */
#include "conformance/upper/upper.h"
#include "tools/test/cunit_main.h"

#include <stdbool.h>
#include <string.h>

static uint8_t memory[4096];

static uint8_t *bytes(void *dev, uint32_t key, uint64_t address, uint64_t length)
{
	(void)dev;
	return key == 7 && address <= sizeof(memory) && length <= sizeof(memory) - address ?
	       memory + address : NULL;
}

static unsigned cancel(void *dev, uint32_t id)
{
	(void)dev;
	return id == 3 ? UPPER_OK : UPPER_NO_SUCH;
}

static const struct upper_ops few = { .level = 1, .domain = 9, .chip = 0x1234, .bytes = bytes,
				      .cancel = cancel };
static const struct upper device = { .ops = &few };

/* A command; its status, and the length of the response's body in *n. */
static unsigned call(unsigned op, const uint8_t *body, uint32_t len, uint8_t *out, uint32_t *n)
{
	uint8_t cmd[UPPER_FRAME], rsp[UPPER_FRAME];
	uint32_t got;

	upper_head(cmd, UPPER_COMMAND, op, 0, 77, len);
	if (len)
		memcpy(cmd + UPPER_HEAD, body, len);
	got = upper_handle(&device, cmd, UPPER_HEAD + len, rsp);
	CU_ASSERT_EQUAL(upper_get(rsp, 2), UPPER_MAGIC);
	CU_ASSERT_EQUAL(rsp[3], UPPER_RESPONSE);
	CU_ASSERT_EQUAL(upper_get(rsp + 8, 4), 77);
	CU_ASSERT_EQUAL(upper_get(rsp + 12, 4), got - UPPER_HEAD);
	if (out)
		memcpy(out, rsp + UPPER_HEAD, got - UPPER_HEAD);
	if (n)
		*n = got - UPPER_HEAD;
	return (unsigned)upper_get(rsp + 6, 2);
}

static void upper_handle__lists_what_there_is_and_knows_nothing_else(void)
{
	uint8_t out[UPPER_BODY], id[4] = { 3 };
	uint32_t n;
	uint64_t ops;

	CU_ASSERT_EQUAL(call(UPPER_QUERY, NULL, 0, out, &n), UPPER_OK);
	CU_ASSERT_EQUAL(n, 32);
	ops = upper_get(out + 8, 8);
	CU_ASSERT_EQUAL(ops, 1ull << UPPER_QUERY | 1ull << UPPER_MEM_WRITE |
			1ull << UPPER_MEM_READ | 1ull << UPPER_MEM_HASH | 1ull << UPPER_CANCEL);
	for (unsigned op = 0; op < 70; op++)
		if (op > 63 || !(ops >> op & 1))
			CU_ASSERT_EQUAL(call(op, NULL, 0, NULL, NULL), UPPER_UNKNOWN);
	CU_ASSERT_EQUAL(call(UPPER_CANCEL, id, 4, NULL, NULL), UPPER_OK);
	CU_ASSERT_EQUAL(call(UPPER_CANCEL, id, 3, NULL, NULL), UPPER_BAD_LENGTH);
}

static void upper_handle__memory_within_its_bounds(void)
{
	uint8_t b[16 + 8] = { 7 }, out[UPPER_BODY];
	uint32_t n;

	upper_put(b + 8, sizeof(memory) - 8, 8);
	memcpy(b + 16, "conform!", 8);
	CU_ASSERT_EQUAL(call(UPPER_MEM_WRITE, b, 24, NULL, NULL), UPPER_OK);
	CU_ASSERT_EQUAL(memcmp(memory + sizeof(memory) - 8, "conform!", 8), 0);
	upper_put(b + 4, 8, 4);
	CU_ASSERT_EQUAL(call(UPPER_MEM_READ, b, 16, out, &n), UPPER_OK);
	CU_ASSERT_TRUE(n == 8 && !memcmp(out, "conform!", 8));
	upper_put(b + 4, 9, 4);
	CU_ASSERT_EQUAL(call(UPPER_MEM_READ, b, 16, out, &n), UPPER_NO_SUCH);
	CU_ASSERT_EQUAL(n, 0);
	upper_put(b + 4, UPPER_BYTES + 1, 4);
	upper_put(b + 8, 0, 8);
	CU_ASSERT_EQUAL(call(UPPER_MEM_READ, b, 16, NULL, NULL), UPPER_BAD_VALUE);
	CU_ASSERT_EQUAL(call(UPPER_MEM_WRITE, b, 15, NULL, NULL), UPPER_BAD_LENGTH);
}

static void upper_handle__what_is_no_command(void)
{
	uint8_t cmd[UPPER_FRAME + 1] = { 0 }, rsp[UPPER_FRAME];

	for (uint32_t len = 0; len <= UPPER_HEAD; len++) {
		CU_ASSERT_EQUAL(upper_handle(&device, cmd, len, rsp), UPPER_HEAD);
		CU_ASSERT_EQUAL(upper_get(rsp + 6, 2), UPPER_BAD_FRAME);
	}
	upper_head(cmd, UPPER_COMMAND, UPPER_QUERY, 0, 1, 5);	/* longer than it is */
	upper_handle(&device, cmd, UPPER_HEAD + 4, rsp);
	CU_ASSERT_EQUAL(upper_get(rsp + 6, 2), UPPER_BAD_FRAME);
	upper_head(cmd, UPPER_RESPONSE, UPPER_QUERY, 0, 1, 0);	/* a response is no command */
	upper_handle(&device, cmd, UPPER_HEAD, rsp);
	CU_ASSERT_EQUAL(upper_get(rsp + 6, 2), UPPER_BAD_FRAME);
	upper_head(cmd, UPPER_COMMAND, UPPER_QUERY, 0, 1, UPPER_BODY + 1);
	upper_handle(&device, cmd, UPPER_FRAME + 1, rsp);
	CU_ASSERT_EQUAL(upper_get(rsp + 6, 2), UPPER_BAD_FRAME);
}

/* FIPS 180-4's examples, and lengths around the block. */
static void upper_sha256__published_values(void)
{
	static const struct {
		const char *text;
		uint8_t first[4];
	} known[] = {
		{ "", { 0xe3, 0xb0, 0xc4, 0x42 } }, { "abc", { 0xba, 0x78, 0x16, 0xbf } },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  { 0x24, 0x8d, 0x6a, 0x61 } },
	};
	uint8_t sum[32], million[64 * 3];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		upper_sha256((const uint8_t *)known[i].text, strlen(known[i].text), sum);
		CU_ASSERT_EQUAL(memcmp(sum, known[i].first, 4), 0);
	}
	memset(million, 'a', sizeof(million));
	upper_sha256(million, 64, sum);		/* whole blocks: the padding is one of its own */
	CU_ASSERT_EQUAL(sum[0], 0xff);
	CU_ASSERT_EQUAL(sum[1], 0xe0);
}

static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

/* Every length up to 600 and the longest, runs with and without zeros: back as they were. */
static void upper_line__brings_every_frame_back(void)
{
	static uint8_t frame[UPPER_FRAME], line[UPPER_LINE], back[UPPER_FRAME];
	uint32_t x = 7;

	for (uint32_t len = 1; len <= UPPER_FRAME; len = len < 600 ? len + 1 : len + 359) {
		for (uint32_t i = 0; i < len; i++)
			frame[i] = len % 3 == 0 ? 0 : len % 3 == 1 ? 1 : (uint8_t)(next(&x) % 4);
		{
			uint32_t n = upper_to_line(frame, len, line);

			CU_ASSERT_TRUE_FATAL(n <= UPPER_LINE && line[n - 1] == 0);
			CU_ASSERT_PTR_NULL(memchr(line, 0, n - 1));
			CU_ASSERT_EQUAL(upper_from_line(line, n - 1, back), len);
			CU_ASSERT_EQUAL(memcmp(frame, back, len), 0);
			line[next(&x) % (n - 1)] ^= 0x10;
			CU_ASSERT_NOT_EQUAL(upper_from_line(line, n - 1, back) == len &&
					    !memcmp(frame, back, len), true);
		}
	}
}

/* Noise, a damaged frame, then a command byte by byte. */
static void upper_line_byte__finds_its_way_back(void)
{
	static uint8_t frame[UPPER_FRAME], line[UPPER_LINE], out[UPPER_LINE], rsp[UPPER_FRAME];
	static struct upper_line l;
	uint32_t n, got = 0, x = 3;

	for (unsigned i = 0; i < 3 * UPPER_LINE; i++)
		CU_ASSERT_EQUAL(upper_line_byte(&l, &device, (uint8_t)(next(&x) | 1), out), 0);
	CU_ASSERT_EQUAL(upper_line_byte(&l, &device, 0, out), 0);
	upper_head(frame, UPPER_COMMAND, UPPER_QUERY, 0, 5, 0);
	n = upper_to_line(frame, UPPER_HEAD, line);
	for (uint32_t i = 0; i < n; i++)
		got = upper_line_byte(&l, &device, line[i], out);
	CU_ASSERT_TRUE_FATAL(got > 0);
	CU_ASSERT_EQUAL(upper_from_line(out, got - 1, rsp), UPPER_HEAD + 32);
	CU_ASSERT_EQUAL(upper_get(rsp + UPPER_HEAD + 24, 8), 0x1234);
}

static void upper_mailbox_turn__answers_each_ring_once(void)
{
	static struct upper_mailbox m;

	CU_ASSERT_EQUAL(upper_mailbox_turn(&m, &device), 0);
	upper_head(m.command, UPPER_COMMAND, UPPER_QUERY, 0, 5, 0);
	m.length = UPPER_HEAD;
	m.asked++;
	CU_ASSERT_EQUAL(upper_mailbox_turn(&m, &device), 1);
	CU_ASSERT_EQUAL(m.answered, 1);
	CU_ASSERT_EQUAL(m.length, UPPER_HEAD + 32);
	CU_ASSERT_EQUAL(upper_mailbox_turn(&m, &device), 0);
	m.length = 1u << 20;	/* more than a window holds */
	m.asked++;
	CU_ASSERT_EQUAL(upper_mailbox_turn(&m, &device), 1);
	CU_ASSERT_EQUAL(upper_get(m.response + 6, 2), UPPER_BAD_FRAME);
}

WEFT_SUITE(t_upper) {
	{ "upper_handle__lists_what_there_is_and_knows_nothing_else",
	  upper_handle__lists_what_there_is_and_knows_nothing_else },
	{ "upper_handle__memory_within_its_bounds", upper_handle__memory_within_its_bounds },
	{ "upper_handle__what_is_no_command", upper_handle__what_is_no_command },
	{ "upper_sha256__published_values", upper_sha256__published_values },
	{ "upper_line__brings_every_frame_back", upper_line__brings_every_frame_back },
	{ "upper_line_byte__finds_its_way_back", upper_line_byte__finds_its_way_back },
	{ "upper_mailbox_turn__answers_each_ring_once",
	  upper_mailbox_turn__answers_each_ring_once },
};
