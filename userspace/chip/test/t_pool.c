/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests userspace/chip/pool.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/test/cunit_main.h"
#include "userspace/chip/pool.h"

static void pool_init__bad_sizes(void)
{
	struct chip_pool p;

	CU_ASSERT_EQUAL(chip_pool_init(&p, WEFT_POOL_HBM, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(chip_pool_init(&p, WEFT_POOL_HBM, 0, CHIP_POOL_MAX + 1), -EINVAL);
	chip_pool_fini(&p);
}

/* WEFT-ACC-003: what one tenant wrote, the next does not read. */
static void pool_alloc__zeroed_after_reuse(void)
{
	struct chip_pool p;
	uint8_t *a, zero[CHIP_PAGE] = { 0 };

	CU_ASSERT_EQUAL_FATAL(chip_pool_init(&p, WEFT_POOL_HBM, 0, 4 * CHIP_PAGE), 0);
	for (int round = 0; round < 3; round++) {
		a = chip_pool_alloc(&p, 3 * CHIP_PAGE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		for (int i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(memcmp(a + (size_t)i * CHIP_PAGE, zero, CHIP_PAGE), 0);
		memset(a, 0xa5, 3 * CHIP_PAGE);
		chip_pool_free(&p, a, 3 * CHIP_PAGE);
	}
	chip_pool_fini(&p);
}

static void pool_alloc__full_and_too_large(void)
{
	struct chip_pool p;
	uint8_t *a, *b;

	CU_ASSERT_EQUAL_FATAL(chip_pool_init(&p, WEFT_POOL_DDR, 1, 2 * CHIP_PAGE), 0);
	CU_ASSERT_PTR_NULL(chip_pool_alloc(&p, 0));
	CU_ASSERT_PTR_NULL(chip_pool_alloc(&p, 2 * CHIP_PAGE + 1));
	CU_ASSERT_PTR_NULL(chip_pool_alloc(&p, UINT64_MAX));	/* rounding must not wrap */
	a = chip_pool_alloc(&p, 1);
	b = chip_pool_alloc(&p, CHIP_PAGE);
	CU_ASSERT_PTR_NOT_NULL(a);
	CU_ASSERT_PTR_NOT_NULL(b);
	CU_ASSERT_PTR_NULL(chip_pool_alloc(&p, 1));
	chip_pool_free(&p, a, 1);
	CU_ASSERT_EQUAL(p.used, CHIP_PAGE);
	CU_ASSERT_PTR_EQUAL(chip_pool_alloc(&p, 7), a);
	chip_pool_fini(&p);
}

/* Random allocations and frees: never overlapping, and one extent again at the end. */
static void pool_free__merges(void)
{
	enum { N = 64 };
	struct chip_pool p;
	uint8_t *at[N] = { NULL };
	uint64_t len[N] = { 0 };
	unsigned short rng[3] = { (unsigned short)weft_test_seed, 1, 2 };

	CU_ASSERT_EQUAL_FATAL(chip_pool_init(&p, WEFT_POOL_SRAM, 0, 256 * CHIP_PAGE), 0);
	for (int i = 0; i < 5000; i++) {
		int k = (int)(nrand48(rng) % N);

		if (at[k]) {
			uint8_t want = (uint8_t)k;

			CU_ASSERT(at[k][0] == want && at[k][len[k] - 1] == want);
			chip_pool_free(&p, at[k], len[k]);
			at[k] = NULL;
			continue;
		}
		len[k] = 1 + (uint64_t)nrand48(rng) % (20 * CHIP_PAGE);
		at[k] = chip_pool_alloc(&p, len[k]);
		if (at[k])
			memset(at[k], k, len[k]);
	}
	for (int k = 0; k < N; k++)
		if (at[k])
			chip_pool_free(&p, at[k], len[k]);
	CU_ASSERT_EQUAL(p.used, 0);
	CU_ASSERT_EQUAL(chip_pool_largest(&p), p.size);
	chip_pool_fini(&p);
}

static void pool_parse__rows(void)
{
	static const struct {
		const char *text;
		int ret;
		enum weft_pool kind;
		uint64_t size;
	} row[] = {
		{ "HBM:256M", 0, WEFT_POOL_HBM, UINT64_C(256) << 20 },
		{ "ddr:64k", 0, WEFT_POOL_DDR, 65536 },
		{ "SRAM:4096", 0, WEFT_POOL_SRAM, 4096 },
		{ "PMEM:2G", 0, WEFT_POOL_PMEM, UINT64_C(2) << 30 },
		{ "HBM", -EINVAL, 0, 0 },
		{ "HBM:", -EINVAL, 0, 0 },
		{ "HBM:0", -EINVAL, 0, 0 },
		{ "HBM:-1", -EINVAL, 0, 0 },
		{ "HBM:1Q", -EINVAL, 0, 0 },
		{ "HBM:1MB", -EINVAL, 0, 0 },
		{ "GDDR:1M", -EINVAL, 0, 0 },
		{ "HBM:99999999999999999999", -EINVAL, 0, 0 },
		{ "HBM:18446744073709551615G", -EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		enum weft_pool kind = 0;
		uint64_t size = 0;

		CU_ASSERT_EQUAL(chip_pool_parse(row[i].text, &kind, &size), row[i].ret);
		CU_ASSERT_EQUAL(kind, row[i].kind);
		CU_ASSERT_EQUAL(size, row[i].size);
	}
}

WEFT_SUITE(t_pool) {
	{ "pool_init__bad_sizes", pool_init__bad_sizes },
	{ "pool_alloc__zeroed_after_reuse", pool_alloc__zeroed_after_reuse },
	{ "pool_alloc__full_and_too_large", pool_alloc__full_and_too_large },
	{ "pool_free__merges", pool_free__merges },
	{ "pool_parse__rows", pool_parse__rows },
};
