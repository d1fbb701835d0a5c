/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GEMM: small matrices of small whole numbers, whose products every type holds exactly.
 */
#include "conformance/cases/accel/queue.h"

#include <string.h>

enum { ROWS = 3, COLS = 4, DEEP = 5, LDA = 6, LDB = 7, LDC = 5 };	/* elements */
enum { A_AT = 0, B_AT = 1024, C_AT = 2048, SPEC_AT = 3072 };	/* among the operands */
#define GEMM_BYTES 56u
#define C_BYTES	((ROWS - 1) * LDC * 4 + COLS * 4)
#define GAP	0x99	/* what lies between rows of c */

static int a_of(unsigned i, unsigned k)
{
	return (int)(i * 7 + k * 3) % 11 - 5;
}

static int b_of(unsigned k, unsigned n)
{
	return (int)(k * 5 + n * 9) % 13 - 6;
}

/* A small whole number as f32 has it. */
static uint32_t f32(int x)
{
	float f = (float)x;
	uint32_t bits;

	memcpy(&bits, &f, 4);
	return bits;
}

static void put_le(uint8_t *to, uint32_t x, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(x >> (8 * i));
}

/* Elements are i8 or f32; those of bf16 are the upper half of f32's. */
static unsigned put_element(uint8_t *to, enum wc_dtype type, int x)
{
	unsigned bytes = type == WC_I8 ? 1 : type == WC_BF16 ? 2 : 4;

	put_le(to, type == WC_I8 ? (uint32_t)x : type == WC_BF16 ? f32(x) >> 16 : f32(x), bytes);
	return bytes;
}

static void put_matrices(struct wc_queue *q, enum wc_dtype type)
{
	uint8_t a[ROWS * LDA * 4] = { 0 }, b[DEEP * LDB * 4] = { 0 }, c[ROWS * LDC * 4];
	unsigned bytes = put_element(a, type, 0);

	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned k = 0; k < DEEP; k++)
			put_element(a + (size_t)(i * LDA + k) * bytes, type, a_of(i, k));
	for (unsigned k = 0; k < DEEP; k++)
		for (unsigned n = 0; n < COLS; n++)
			put_element(b + (size_t)(k * LDB + n) * bytes, type, b_of(k, n));
	memset(c, GAP, sizeof(c));
	wc_q_set(q, A_AT, a, sizeof(a));
	wc_q_set(q, B_AT, b, sizeof(b));
	wc_q_set(q, C_AT, c, sizeof(c));
}

/* Fields of header gemm, in order. */
enum { G_A_ADDR, G_B_ADDR, G_A_KEY, G_B_KEY, G_M, G_N, G_K, G_LDA, G_LDB, G_LDC, G_FLAGS,
       G_FIELDS };

static void put_spec(struct wc_queue *q, const uint64_t g[G_FIELDS])
{
	static const uint8_t bytes[G_FIELDS] = { 8, 8, 4, 4, 4, 4, 4, 4, 4, 4, 1 };
	uint8_t out[GEMM_BYTES] = { 0 }, *at = out;

	for (unsigned i = 0; i < G_FIELDS; at += bytes[i++])
		wc_put(at, g[i], bytes[i]);
	wc_q_set(q, SPEC_AT, out, sizeof(out));
}

static void right_spec(const struct wc_queue *q, uint64_t g[G_FIELDS])
{
	const uint64_t right[G_FIELDS] = {
		q->mem.base + A_AT, q->mem.base + B_AT, q->mem.key, q->mem.key, ROWS, COLS, DEEP,
		LDA, LDB, LDC, 0,
	};

	memcpy(g, right, sizeof(right));
}

static struct wc_command product(const struct wc_queue *q, enum wc_dtype type)
{
	struct wc_command c = wc_q_command(q, WC_K_GEMM, C_AT, SPEC_AT, GEMM_BYTES);

	c.dtype = type;
	return c;
}

/* times: how often the product has been added up. */
static void wanted(uint8_t *c, enum wc_dtype type, int times)
{
	memset(c, GAP, C_BYTES);
	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned n = 0; n < COLS; n++) {
			int sum = 0;

			for (unsigned k = 0; k < DEEP; k++)
				sum += a_of(i, k) * b_of(k, n);
			put_le(c + (size_t)(i * LDC + n) * 4,
			       type == WC_I8 ? (uint32_t)(sum * times) : f32(sum * times), 4);
		}
}

/* ---- AQ-BV-20, AQ-BV-21, AQ-BV-22 ----------------------------------------------------------- */

static void multiply(struct wc_t *t, enum wc_dtype type)
{
	struct wc_command c;
	struct wc_queue q;
	uint64_t g[G_FIELDS];

	if (!wc_q_begin(t, &q) || !wc_q_need(t, WC_K_GEMM))
		return;
	right_spec(&q, g);
	put_matrices(&q, type);
	put_spec(&q, g);
	c = product(&q, type);
	wc_q_run(&q, &c);
	wc_q_get(&q, "once", C_AT, C_BYTES);
	g[G_FLAGS] = 1;		/* ACCUMULATE */
	put_spec(&q, g);
	c = product(&q, type);
	wc_q_run(&q, &c);
	wc_q_get(&q, "twice", C_AT, C_BYTES);
}

static void multiply_judge(struct wc_judge *j, enum wc_dtype type)
{
	uint8_t want[C_BYTES];

	wc_q_signalled(j, 1, 0, WC_C_OK);
	wanted(want, type, 1);
	wc_data(j, 2, "once", want, C_BYTES, "WRONG_PRODUCT");
	wc_q_signalled(j, 3, 1, WC_C_OK);
	wanted(want, type, 2);
	wc_data(j, 4, "twice", want, C_BYTES, "WRONG_SUM");
}

static void gemm_i8(struct wc_t *t)
{
	multiply(t, WC_I8);
}

static void gemm_i8_judge(struct wc_judge *j)
{
	multiply_judge(j, WC_I8);
}

static void gemm_f32(struct wc_t *t)
{
	multiply(t, WC_F32);
}

static void gemm_f32_judge(struct wc_judge *j)
{
	multiply_judge(j, WC_F32);
}

static void gemm_bf16(struct wc_t *t)
{
	multiply(t, WC_BF16);
}

static void gemm_bf16_judge(struct wc_judge *j)
{
	multiply_judge(j, WC_BF16);
}

/* ---- AQ-BI-23: what GEMM refuses ------------------------------------------------------------ */

/* The n-th wrong product; WC_C_OK: there are no more. */
static enum wc_cmd_status wrong(unsigned n, struct wc_command *c, uint64_t g[G_FIELDS])
{
	switch (n) {
	case 0:
		return c->length--, WC_C_BAD_ARGUMENT;
	case 1:
		return c->dtype = WC_F64, WC_C_BAD_ARGUMENT;
	case 2:
		return g[G_FLAGS] = 0x80, WC_C_BAD_ARGUMENT;
	case 3:
		return g[G_LDA] = DEEP - 1, WC_C_BAD_ARGUMENT;
	case 4:
		return g[G_LDC] = COLS - 1, WC_C_BAD_ARGUMENT;
	case 5:
		return c->dst_addr -= C_AT - A_AT, WC_C_BAD_ARGUMENT;	/* c is a */
	case 6:
		return g[G_A_KEY] = WC_KEY_NONE, WC_C_BAD_KEY;
	case 7:
		return g[G_B_ADDR] += OPERANDS, WC_C_OUT_OF_BOUNDS;
	case 8:
		return c->dst_key = WC_KEY_NONE, WC_C_BAD_KEY;
	default:
		return WC_C_OK;
	}
}

static void refused(struct wc_t *t)
{
	struct wc_queue q;

	if (!wc_q_begin(t, &q) || !wc_q_need(t, WC_K_GEMM))
		return;
	put_matrices(&q, WC_I8);
	for (unsigned i = 0;; i++) {
		struct wc_command c = product(&q, WC_I8);
		uint64_t g[G_FIELDS];

		right_spec(&q, g);
		if (wrong(i, &c, g) == WC_C_OK)
			break;
		put_spec(&q, g);
		wc_q_run(&q, &c);
	}
	wc_q_get(&q, "c", C_AT, C_BYTES);
}

static void refused_judge(struct wc_judge *j)
{
	uint8_t want[C_BYTES];
	struct wc_command c = { 0 };
	uint64_t g[G_FIELDS] = { 0 };
	enum wc_cmd_status st;

	for (unsigned i = 0; (st = wrong(i, &c, g)) != WC_C_OK; i++)
		wc_q_signalled(j, 1, i, st);
	memset(want, GAP, sizeof(want));
	wc_data(j, 2, "c", want, sizeof(want), "MEMORY_CHANGED");
}

#define GEMM(name, what, rules, stim, exp, n, fn)				\
	{ .id = name, .version = 1, .title = what, .reqs = rules, .stimulus = stim,	\
	  .expected = exp, .needs = WC_NEEDS_CHIP, .profiles = WC_P_ACCEL,		\
	  .checkpoints = n, .drive = fn, .judge = fn##_judge }

const struct wc_case wc_cases_gemm[] = {
	GEMM("AQ-BV-20", "GEMM of I8", "WEFT-ACC-032 WEFT-ACC-034",
	     "3 x 5 by 5 x 4 in wider rows, twice, the second time with ACCUMULATE",
	     "the exact sums; between rows no byte changed", 4, gemm_i8),
	GEMM("AQ-BV-21", "GEMM of F32", "WEFT-ACC-033 WEFT-ACC-034",
	     "the same of whole numbers", "the same: they are exact in any order", 4, gemm_f32),
	GEMM("AQ-BV-22", "GEMM of BF16", "WEFT-ACC-033 WEFT-ACC-034",
	     "the same of whole numbers", "the same, in F32", 4, gemm_bf16),
	GEMM("AQ-BI-23", "What GEMM refuses", "WEFT-ACC-029 WEFT-ACC-030 WEFT-ACC-031",
	     "wrong length, type, flag, rows, overlap, keys and bounds, one at a time",
	     "BAD_ARGUMENT, BAD_KEY or OUT_OF_BOUNDS; c is as it was", 2, refused),
	{ .id = NULL },
};
