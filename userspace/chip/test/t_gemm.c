/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests userspace/chip/gemm.c against a plain oracle: sums in double for floats, in 64 bits for
 * integers; and what must be refused before a byte is written.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/weft.h"
#include "tools/test/cunit_main.h"
#include "userspace/chip/engine.h"
#include "userspace/lib/half.h"

enum { A = 0x11, B, C, ARGS, REGIONS = 4 };
enum { SIZE = 1 << 20 };

static struct bench {
	struct weft_mr mr[REGIONS];
	uint8_t *mem[REGIONS], *before;		/* before: a copy of c */
	struct chip_job job;
	struct weft_hdr_gemm g;
	struct weft_hdr_command c;
	unsigned turns;
	uint64_t rng;
} w;

static uint8_t *at(void *ctx, uint32_t key, uint32_t need, uint64_t addr, uint64_t len,
		   enum weft_cmd_status *st)
{
	unsigned i = key - A;
	enum weft_status ws = weft_mr_check(i < REGIONS ? &w.mr[i] : NULL, 1, 0, need, addr, len);

	(void)ctx;
	*st = ws == WEFT_STATUS_OK ? WEFT_CMD_STATUS_OK :
	      ws == WEFT_STATUS_NO_RIGHTS ? WEFT_CMD_STATUS_NO_RIGHTS :
	      ws == WEFT_STATUS_OUT_OF_BOUNDS ? WEFT_CMD_STATUS_OUT_OF_BOUNDS :
	      WEFT_CMD_STATUS_BAD_KEY;
	return ws == WEFT_STATUS_OK ? w.mem[i] + addr : NULL;
}

static const struct chip_reach reach = { .at = at };

static uint32_t rnd(void)
{
	w.rng = w.rng * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(w.rng >> 33);
}

/* A product of m x k and k x n, with pad elements behind each row. */
static void set(unsigned dtype, uint32_t m, uint32_t n, uint32_t k, uint32_t pad)
{
	w.g = (struct weft_hdr_gemm){ .a_key = A, .b_key = B, .m = m, .n = n, .k = k,
				      .lda = k + pad, .ldb = n + pad, .ldc = n + pad };
	w.c = (struct weft_hdr_command){ .version = 1, .kernel = WEFT_KERNEL_GEMM, .src_key = ARGS,
					 .dst_key = C, .length = WEFT_HDR_GEMM_LEN,
					 .dtype = (uint8_t)dtype };
	w.turns = 0;
}

static void start(void)
{
	memset(&w, 0, sizeof(w));
	w.rng = weft_test_seed;
	for (unsigned i = 0; i < REGIONS; i++) {
		w.mem[i] = malloc(SIZE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(w.mem[i]);
		w.mr[i] = (struct weft_mr){ .len = SIZE, .key = A + i, .domain = 1, .alive = true,
			.rights = i == C - A ? WEFT_MR_WRITE : WEFT_MR_READ };
	}
	w.before = malloc(SIZE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.before);
	set(WEFT_DTYPE_F32, 4, 4, 4, 0);
}

static void stop(void)
{
	for (unsigned i = 0; i < REGIONS; i++)
		free(w.mem[i]);
	free(w.before);
}

static enum weft_cmd_status begin(void)
{
	const struct chip_engine *e = chip_engine_of(WEFT_KERNEL_GEMM);

	weft_hdr_gemm_pack(w.mem[ARGS - A], &w.g);
	memcpy(w.before, w.mem[C - A], SIZE);
	CU_ASSERT_EQUAL_FATAL(chip_job_begin(&w.job, e, &w.c), 0);
	return e->judge(&w.job, &reach);
}

static enum weft_cmd_status run(void)
{
	enum weft_cmd_status st = begin();
	bool over = false;

	memset(w.mem[ARGS - A], 0xff, WEFT_HDR_GEMM_LEN);	/* WEFT-ACC-028: read once */
	while (st == WEFT_CMD_STATUS_OK && !over) {
		st = w.job.engine->turn(&w.job, &reach, &over);
		w.turns++;
	}
	chip_job_end(&w.job);
	return st;
}

/* ---- the oracle --------------------------------------------------------------------- */

static double value(unsigned dtype, const uint8_t *p, size_t i)
{
	uint16_t h;
	float f;

	if (dtype == WEFT_DTYPE_I8)
		return (int8_t)p[i];
	if (dtype == WEFT_DTYPE_F32) {
		memcpy(&f, p + 4 * i, 4);
		return (double)f;
	}
	memcpy(&h, p + 2 * i, 2);
	return (double)(dtype == WEFT_DTYPE_F16 ? weftu_f16_to_f32(h) : weftu_bf16_to_f32(h));
}

static void put(unsigned dtype, uint8_t *p, size_t i)
{
	float f = (float)((int32_t)(rnd() & 0xffff) - 0x8000) / 4096.0f;
	uint16_t h = dtype == WEFT_DTYPE_F16 ? weftu_f32_to_f16(f) : weftu_f32_to_bf16(f);

	if (dtype == WEFT_DTYPE_I8)
		p[i] = rnd() % 4 ? (uint8_t)rnd() : 0x80;	/* often the least */
	else if (dtype == WEFT_DTYPE_F32)
		memcpy(p + 4 * i, &f, 4);
	else
		memcpy(p + 2 * i, &h, 2);
}

static void fill(unsigned dtype)
{
	for (size_t i = 0; i < (size_t)w.g.m * w.g.lda; i++)
		put(dtype, w.mem[0], i);
	for (size_t i = 0; i < (size_t)w.g.k * w.g.ldb; i++)
		put(dtype, w.mem[1], i);
	for (size_t i = 0; i < (size_t)w.g.m * w.g.ldc + 16; i++) {
		if (dtype == WEFT_DTYPE_I8) {
			uint32_t c = 0x7fffff00 + rnd() % 512;	/* so that sums wrap */

			memcpy(w.mem[2] + 4 * i, &c, 4);
		} else {
			put(WEFT_DTYPE_F32, w.mem[2], i);
		}
	}
}

/* WEFT-ACC-032, WEFT-ACC-033 */
static bool right(unsigned dtype, uint32_t i, uint32_t j)
{
	size_t at_c = (size_t)i * w.g.ldc + j;
	bool acc = w.g.flags & WEFT_GEMMFLAGS_ACCUMULATE;
	double sum = 0, terms = 0;
	uint32_t got;

	for (uint32_t p = 0; p < w.g.k; p++) {
		double t = value(dtype, w.mem[0], (size_t)i * w.g.lda + p) *
			   value(dtype, w.mem[1], (size_t)p * w.g.ldb + j);

		sum += t;
		terms += fabs(t);
	}
	if (dtype == WEFT_DTYPE_I8) {
		uint32_t was;

		memcpy(&was, w.before + 4 * at_c, 4);
		memcpy(&got, w.mem[2] + 4 * at_c, 4);
		return got == (uint32_t)(int64_t)sum + (acc ? was : 0);
	}
	if (acc) {
		sum += value(WEFT_DTYPE_F32, w.before, at_c);
		terms += fabs(value(WEFT_DTYPE_F32, w.before, at_c));
	}
	return fabs(value(WEFT_DTYPE_F32, w.mem[2], at_c) - sum) <=
	       ((double)w.g.k + 2) * ldexp(terms, -23);
}

static unsigned wrong_elements(unsigned dtype)
{
	unsigned wrong = 0;

	for (uint32_t i = 0; i < w.g.m; i++)
		for (uint32_t j = 0; j < w.g.n; j++)
			wrong += !right(dtype, i, j);
	return wrong;
}

/* WEFT-ACC-034 */
static unsigned stray_writes(void)
{
	unsigned stray = 0;

	for (size_t i = 0; i < SIZE; i++) {
		size_t row = i / 4 / w.g.ldc, col = i / 4 % w.g.ldc;

		stray += (row >= w.g.m || col >= w.g.n) && w.mem[2][i] != w.before[i];
	}
	return stray;
}

/* ---- cases -------------------------------------------------------------------------- */

static const unsigned dtypes[] = { WEFT_DTYPE_I8, WEFT_DTYPE_F16, WEFT_DTYPE_BF16,
				   WEFT_DTYPE_F32 };

static void gemm__as_the_oracle_says(void)
{
	static const struct { uint32_t m, n, k, pad; } row[] = {
		{ 1, 1, 1, 0 }, { 3, 5, 7, 0 }, { 3, 5, 7, 3 }, { 16, 16, 16, 0 }, { 1, 100, 1, 1 },
		{ 33, 1, 65, 0 }, { 1, 1, 1000, 0 }, { 31, 33, 17, 5 }, { 5, 4, 0, 2 },
	};

	start();
	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++)
		for (size_t t = 0; t < 2 * WEFT_ARRAY_LEN(dtypes); t++) {
			set(dtypes[t / 2], row[i].m, row[i].n, row[i].k, row[i].pad);
			w.g.flags = t % 2 ? WEFT_GEMMFLAGS_ACCUMULATE : 0;
			w.mr[2].rights = WEFT_MR_WRITE | (t % 2 ? WEFT_MR_READ : 0);
			fill(dtypes[t / 2]);
			CU_ASSERT_EQUAL(run(), WEFT_CMD_STATUS_OK);
			CU_ASSERT_EQUAL(wrong_elements(dtypes[t / 2]), 0);
			CU_ASSERT_EQUAL(stray_writes(), 0);
		}
	stop();
}

/* A long one takes several turns; a row may end in another turn than it began in. */
static void gemm__many_turns(void)
{
	static const struct { uint32_t m, n, k; } row[] = {
		{ 64, 1000, 64 }, { 2, 100000, 3 }, { 1, 200000, 5 }, { 1000, 3, 400 },
	};
	static const unsigned types[] = { WEFT_DTYPE_I8, WEFT_DTYPE_F16 };

	start();
	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++)
		for (size_t t = 0; t < WEFT_ARRAY_LEN(types); t++) {
			set(types[t], row[i].m, row[i].n, row[i].k, 0);
			if ((uint64_t)w.g.k * w.g.n * (t + 1) > SIZE)
				continue;
			fill(types[t]);
			CU_ASSERT_EQUAL(run(), WEFT_CMD_STATUS_OK);
			CU_ASSERT(w.turns > 1);
			CU_ASSERT_EQUAL(wrong_elements(types[t]), 0);
			CU_ASSERT_EQUAL(stray_writes(), 0);
		}
	stop();
}

static void gemm__empty(void)
{
	start();
	memset(w.mem[2], 0x5a, SIZE);
	set(WEFT_DTYPE_F32, 0, 5, 5, 0);
	CU_ASSERT_EQUAL(run(), WEFT_CMD_STATUS_OK);
	set(WEFT_DTYPE_F32, 5, 0, 5, 0);
	CU_ASSERT_EQUAL(run(), WEFT_CMD_STATUS_OK);
	CU_ASSERT(w.mem[2][0] == 0x5a && w.mem[2][SIZE - 1] == 0x5a);
	w.mr[2].rights = 0;		/* nothing is written, but the right is asked for */
	CU_ASSERT_EQUAL(run(), WEFT_CMD_STATUS_NO_RIGHTS);
	stop();
}

/* Not a number stays none; an overflow is infinite. */
static void gemm__special_values(void)
{
	const float values[] = { NAN, INFINITY, 3e38f }, b[] = { 1, 1, 3e38f };

	start();
	for (size_t i = 0; i < WEFT_ARRAY_LEN(values); i++) {
		float c;

		set(WEFT_DTYPE_F32, 1, 1, 1, 0);
		memcpy(w.mem[0], &values[i], 4);
		memcpy(w.mem[1], &b[i], 4);
		CU_ASSERT_EQUAL(run(), WEFT_CMD_STATUS_OK);
		memcpy(&c, w.mem[2], 4);
		CU_ASSERT(i ? isinf(c) : isnan(c));
	}
	stop();
}

enum spoil { LENGTH, DTYPE, FLAGS, LDA, LDB, LDC, M_HUGE, ALL_HUGE, A_KEY, B_KEY, C_KEY, ARGS_KEY,
	     A_TAIL, B_TAIL, C_TAIL, ARGS_TAIL, ON_A, ON_B, C_UNREAD };

static void spoil(enum spoil s)
{
	w.c.length -= s == LENGTH;
	w.c.dtype = s == DTYPE ? WEFT_DTYPE_I64 : w.c.dtype;
	w.g.flags = s == FLAGS ? 2 : s == C_UNREAD ? WEFT_GEMMFLAGS_ACCUMULATE : 0;
	w.g.lda -= s == LDA;
	w.g.ldb -= s == LDB;
	w.g.ldc -= s == LDC;
	w.g.m = s == M_HUGE || s == ALL_HUGE ? UINT32_MAX : w.g.m;
	if (s == ALL_HUGE)
		w.g.n = w.g.k = w.g.lda = w.g.ldb = w.g.ldc = UINT32_MAX;
	w.g.a_key = s == A_KEY ? 1 : s == ON_A ? C : w.g.a_key;
	w.g.b_key = s == B_KEY ? 1 : s == ON_B ? C : w.g.b_key;
	w.c.dst_key = s == C_KEY ? 1 : w.c.dst_key;
	w.c.src_key = s == ARGS_KEY ? 1 : w.c.src_key;
	w.g.a_addr = s == A_TAIL ? SIZE - 63 : 0;
	w.g.b_addr = s == B_TAIL ? SIZE - 63 : s == ON_B ? 60 : 0;
	w.c.dst_addr = s == C_TAIL ? SIZE - 63 : s == ON_A ? 60 : 0;
	w.c.src_addr = s == ARGS_TAIL ? SIZE - WEFT_HDR_GEMM_LEN + 1 : 0;
	if (s == ON_A || s == ON_B)
		w.mr[2].rights |= WEFT_MR_READ;
}

/* WEFT-ACC-029, WEFT-ACC-030, WEFT-ACC-031 */
static void judge__table(void)
{
	static const struct { enum spoil s; enum weft_cmd_status st; } row[] = {
		{ LENGTH, WEFT_CMD_STATUS_BAD_ARGUMENT }, { DTYPE, WEFT_CMD_STATUS_BAD_ARGUMENT },
		{ FLAGS, WEFT_CMD_STATUS_BAD_ARGUMENT }, { LDA, WEFT_CMD_STATUS_BAD_ARGUMENT },
		{ LDB, WEFT_CMD_STATUS_BAD_ARGUMENT }, { LDC, WEFT_CMD_STATUS_BAD_ARGUMENT },
		{ ON_A, WEFT_CMD_STATUS_BAD_ARGUMENT }, { ON_B, WEFT_CMD_STATUS_BAD_ARGUMENT },
		{ M_HUGE, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ ALL_HUGE, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ A_KEY, WEFT_CMD_STATUS_BAD_KEY }, { B_KEY, WEFT_CMD_STATUS_BAD_KEY },
		{ C_KEY, WEFT_CMD_STATUS_BAD_KEY }, { ARGS_KEY, WEFT_CMD_STATUS_BAD_KEY },
		{ A_TAIL, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ B_TAIL, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ C_TAIL, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ ARGS_TAIL, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ C_UNREAD, WEFT_CMD_STATUS_NO_RIGHTS },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		start();
		spoil(row[i].s);
		CU_ASSERT_EQUAL(begin(), row[i].st);
		CU_ASSERT_EQUAL(memcmp(w.before, w.mem[2], SIZE), 0);
		stop();
	}
}

/* Rights of each matrix, one by one. */
static void judge__rights(void)
{
	for (unsigned i = 0; i < REGIONS; i++) {
		start();
		CU_ASSERT_EQUAL(begin(), WEFT_CMD_STATUS_OK);
		w.mr[i].rights ^= WEFT_MR_READ | WEFT_MR_WRITE;
		CU_ASSERT_EQUAL(begin(), WEFT_CMD_STATUS_NO_RIGHTS);
		stop();
	}
}

/* a and b may be one matrix, or overlap as they like. */
static void judge__a_is_b(void)
{
	start();
	w.g.b_key = A;
	CU_ASSERT_EQUAL(begin(), WEFT_CMD_STATUS_OK);
	w.g.b_addr = 4;
	CU_ASSERT_EQUAL(begin(), WEFT_CMD_STATUS_OK);
	stop();
}

/* Memory that is freed meanwhile is not touched any more. */
static void turn__key_dies_midway(void)
{
	bool over = false;

	start();
	set(WEFT_DTYPE_F32, 100, 500, 100, 0);
	memset(w.mem[0], 0, SIZE);
	memset(w.mem[1], 0, SIZE);
	memset(w.mem[2], 0x5a, SIZE);
	CU_ASSERT_EQUAL(begin(), WEFT_CMD_STATUS_OK);
	CU_ASSERT_EQUAL(w.job.engine->turn(&w.job, &reach, &over), WEFT_CMD_STATUS_OK);
	CU_ASSERT_FALSE(over);
	CU_ASSERT_EQUAL(w.mem[2][0], 0);
	w.mr[1].alive = false;
	memcpy(w.before, w.mem[2], SIZE);
	CU_ASSERT_EQUAL(w.job.engine->turn(&w.job, &reach, &over), WEFT_CMD_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(memcmp(w.before, w.mem[2], SIZE), 0);
	stop();
}

WEFT_SUITE(t_gemm) {
	{ "gemm__as_the_oracle_says", gemm__as_the_oracle_says },
	{ "gemm__many_turns", gemm__many_turns },
	{ "gemm__empty", gemm__empty },
	{ "gemm__special_values", gemm__special_values },
	{ "judge__table", judge__table },
	{ "judge__rights", judge__rights },
	{ "judge__a_is_b", judge__a_is_b },
	{ "turn__key_dies_midway", turn__key_dies_midway },
};
