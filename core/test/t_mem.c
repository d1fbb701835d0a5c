/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/mem.c: who may do what to which bytes. */
#include "core/weft.h"
#include "tools/test/cunit_main.h"

#define RW (WEFT_MR_READ | WEFT_MR_WRITE)

static const struct weft_mr region = { .base = 0x1000, .len = 0x100, .key = 9, .domain = 3, .pd = 2,
				       .rights = RW | WEFT_MR_RELAXED, .alive = true };
static const struct weft_mr top = { .base = UINT64_MAX - 0xff, .len = 0x100, .key = 9, .domain = 3,
				    .pd = 2, .rights = RW, .alive = true };
static const struct weft_mr all = { .base = 0, .len = UINT64_MAX, .key = 9, .domain = 3, .pd = 2,
				    .rights = RW, .alive = true };

/* WEFT-MEM-004, WEFT-MEM-005 */
static void weft_mr_check__bounds(void)
{
	static const struct {
		const struct weft_mr *mr;
		uint64_t addr, len;
		enum weft_status st;
		const char *why;
	} rows[] = {
		{ &region, 0x1000, 0x100, WEFT_STATUS_OK, "the whole" },
		{ &region, 0x1000, 1, WEFT_STATUS_OK, "first byte" },
		{ &region, 0x10ff, 1, WEFT_STATUS_OK, "last byte" },
		{ &region, 0xfff, 1, WEFT_STATUS_OUT_OF_BOUNDS, "just before" },
		{ &region, 0x1100, 1, WEFT_STATUS_OUT_OF_BOUNDS, "just behind" },
		{ &region, 0x1000, 0x101, WEFT_STATUS_OUT_OF_BOUNDS, "one too long" },
		{ &region, 0x10ff, 2, WEFT_STATUS_OUT_OF_BOUNDS, "leaves at the end" },
		{ &region, 0xfff, 2, WEFT_STATUS_OUT_OF_BOUNDS, "enters from before" },
		{ &region, 0x1001, UINT64_MAX, WEFT_STATUS_OUT_OF_BOUNDS, "sum wraps to base" },
		{ &region, UINT64_MAX, 0x1002, WEFT_STATUS_OUT_OF_BOUNDS, "end wraps into it" },
		{ &region, 0, UINT64_MAX, WEFT_STATUS_OUT_OF_BOUNDS, "everything" },
		{ &top, UINT64_MAX - 0xff, 0x100, WEFT_STATUS_OK, "up to the last address" },
		{ &top, UINT64_MAX, 1, WEFT_STATUS_OK, "the last address" },
		{ &top, UINT64_MAX, 2, WEFT_STATUS_OUT_OF_BOUNDS, "wraps to 0" },
		{ &top, UINT64_MAX - 0xff, 0x101, WEFT_STATUS_OUT_OF_BOUNDS, "wraps to 0" },
		{ &top, 0, 1, WEFT_STATUS_OUT_OF_BOUNDS, "behind the wrap" },
		{ &all, 0, UINT64_MAX, WEFT_STATUS_OK, "as long as can be" },
		{ &all, 1, UINT64_MAX, WEFT_STATUS_OUT_OF_BOUNDS, "one beyond that" },
		{ &all, UINT64_MAX - 1, 1, WEFT_STATUS_OK, "its last byte" },
		{ &all, UINT64_MAX, 1, WEFT_STATUS_OUT_OF_BOUNDS, "the one address it lacks" },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++)
		for (uint32_t need = WEFT_MR_READ; need <= RW; need++)
			CU_ASSERT_EQUAL(weft_mr_check(rows[i].mr, 3, 2, need, rows[i].addr,
						      rows[i].len), rows[i].st);
}

/* WEFT-MEM-001, WEFT-MEM-002, WEFT-MEM-003; WEFT-SEM-020: the first that fails is the answer. */
static void weft_mr_check__order(void)
{
	struct weft_mr dead = region;

	dead.alive = false;
	CU_ASSERT_EQUAL(weft_mr_check(NULL, 4, 5, 7, 0, 1), WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(weft_mr_check(&dead, 4, 5, 7, 0, 1), WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(weft_mr_check(&dead, 3, 2, WEFT_MR_READ, 0x1000, 1), WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(weft_mr_check(&region, 4, 2, 7, 0, 1), WEFT_STATUS_BAD_DOMAIN);
	CU_ASSERT_EQUAL(weft_mr_check(&region, 3, 5, 7, 0, 1), WEFT_STATUS_BAD_DOMAIN);
	CU_ASSERT_EQUAL(weft_mr_check(&region, 3, 0, 7, 0, 1), WEFT_STATUS_BAD_DOMAIN);
	CU_ASSERT_EQUAL(weft_mr_check(&region, 3, 2, WEFT_MR_ATOMIC, 0, 1), WEFT_STATUS_NO_RIGHTS);
	CU_ASSERT_EQUAL(weft_mr_check(&region, 3, 2, RW, 0, 1), WEFT_STATUS_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(weft_mr_check(&region, 3, 2, RW, 0x1000, 1), WEFT_STATUS_OK);
}

/* WEFT-MEM-003 */
static void weft_mr_check__each_right(void)
{
	static const uint32_t rights[] = { WEFT_MR_READ, WEFT_MR_WRITE, WEFT_MR_ATOMIC };
	struct weft_mr mr = region;

	for (mr.rights = 0; mr.rights < 16; mr.rights++)
		for (size_t i = 0; i < WEFT_ARRAY_LEN(rights); i++)
			CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, rights[i], 0x1000, 8),
					mr.rights & rights[i] ? WEFT_STATUS_OK :
					WEFT_STATUS_NO_RIGHTS);
}

/* Protection domain 0 admits every stream of the domain (WEFT-MEM-002). */
static void weft_mr_check__open_protection_domain(void)
{
	struct weft_mr mr = region;

	mr.pd = 0;
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, RW, 0x1000, 8), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 77, RW, 0x1000, 8), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 4, 2, RW, 0x1000, 8), WEFT_STATUS_BAD_DOMAIN);
}

/* WEFT-MEM-008: everything is checked but the place. */
static void weft_mr_check__length_zero(void)
{
	struct weft_mr mr = region;

	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, RW, 0, 0), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, RW, UINT64_MAX, 0), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(weft_mr_check(NULL, 3, 2, RW, 0, 0), WEFT_STATUS_BAD_KEY);
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 4, 2, RW, 0, 0), WEFT_STATUS_BAD_DOMAIN);
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, WEFT_MR_ATOMIC, 0, 0), WEFT_STATUS_NO_RIGHTS);
	mr.len = 0;
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, RW, 0x1000, 0), WEFT_STATUS_OK);
	CU_ASSERT_EQUAL(weft_mr_check(&mr, 3, 2, RW, 0x1000, 1), WEFT_STATUS_OUT_OF_BOUNDS);
}

WEFT_SUITE(t_mem) {
	{ "weft_mr_check__bounds", weft_mr_check__bounds },
	{ "weft_mr_check__order", weft_mr_check__order },
	{ "weft_mr_check__each_right", weft_mr_check__each_right },
	{ "weft_mr_check__open_protection_domain", weft_mr_check__open_protection_domain },
	{ "weft_mr_check__length_zero", weft_mr_check__length_zero },
};
