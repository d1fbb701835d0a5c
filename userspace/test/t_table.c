/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's tables and its CRC against plain models of them. */
#include <stdlib.h>
#include <string.h>

#include "core/weft.h"
#include "tools/test/cunit_main.h"
#include "userspace/lib/crc.h"
#include "userspace/lib/lib.h"
#include "userspace/lib/table.h"

static uint64_t rnd(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33 ^ *s << 20;
}

static void map__is_a_map(void)
{
	enum { KEYS = 300 };
	static int vals[KEYS];
	bool in[KEYS] = { false };
	struct weftu_map m = { .salt = 7 };
	uint64_t s = weft_test_seed;
	uint32_t n = 0, at;

	for (int i = 0; i < 100000; i++) {
		uint64_t k = rnd(&s) % KEYS, key = k * 64;	/* a poor hash piles them up */

		if (rnd(&s) % 2 && !in[k]) {
			CU_ASSERT_TRUE_FATAL(weftu_map_put(&m, key, &vals[k]));
			in[k] = true;
			n++;
		} else if (rnd(&s) % 2) {
			CU_ASSERT_PTR_EQUAL(weftu_map_del(&m, key), in[k] ? &vals[k] : NULL);
			n -= in[k];
			in[k] = false;
		}
		k = rnd(&s) % KEYS;
		CU_ASSERT_PTR_EQUAL(weftu_map_get(&m, k * 64), in[k] ? &vals[k] : NULL);
		CU_ASSERT_EQUAL(m.used, n);
	}
	for (at = 0; weftu_map_next(&m, &at);)
		n--;
	CU_ASSERT_EQUAL(n, 0);
	weftu_map_fini(&m);
	CU_ASSERT_PTR_NULL(weftu_map_get(&m, 1));
	CU_ASSERT_PTR_NULL(weftu_map_del(&m, 1));
}

static void ids__come_late_again(void)
{
	enum { LIMIT = 5 };
	struct weft_ids ids;
	uint32_t got[LIMIT], seen[200], n = 0;
	int v[LIMIT];
	uint8_t gen;

	CU_ASSERT_TRUE_FATAL(weftu_ids_init(&ids, LIMIT, 4, weft_test_seed));
	for (int i = 0; i < LIMIT; i++) {
		got[i] = weft_ids_take(&ids, &v[i], &gen, 0);
		CU_ASSERT(got[i] && got[i] < 1u << 24 && gen < 4);
		CU_ASSERT_PTR_EQUAL(weft_ids_get(&ids, got[i]), &v[i]);
	}
	CU_ASSERT_EQUAL(weft_ids_take(&ids, v, NULL, 0), 0);
	CU_ASSERT_EQUAL(weft_ids_used(&ids), LIMIT);
	for (n = 0; n < 200; n++) {
		uint32_t old = got[n % LIMIT];

		weft_ids_give(&ids, old, 0);
		CU_ASSERT_PTR_NULL(weft_ids_get(&ids, old));
		seen[n] = got[n % LIMIT] = weft_ids_take(&ids, &v[0], &gen, 0);
		CU_ASSERT_PTR_NULL(weft_ids_get(&ids, old));
		for (uint32_t k = 0; k < n; k++)
			CU_ASSERT_NOT_EQUAL(seen[k], seen[n]);
	}
	weftu_ids_fini(&ids);
}

static void heap__gives_the_earliest(void)
{
	enum { N = 100 };
	struct weftu_timer t[N], *top;
	struct weftu_heap h = { 0 };
	uint64_t due[N], s = weft_test_seed, min;

	CU_ASSERT_TRUE_FATAL(weftu_heap_reserve(&h, N));
	for (int i = 0; i < N; i++) {
		t[i].at = WEFTU_NO_TIMER;
		due[i] = UINT64_MAX;
	}
	for (int i = 0; i < 50000; i++) {
		uint32_t k = (uint32_t)(rnd(&s) % N);

		due[k] = rnd(&s) % 4 ? rnd(&s) % 1000 : UINT64_MAX;
		weftu_heap_set(&h, &t[k], due[k]);
		min = UINT64_MAX;
		for (int j = 0; j < N; j++)
			min = due[j] < min ? due[j] : min;
		top = weftu_heap_top(&h);
		CU_ASSERT_EQUAL(top ? top->due : UINT64_MAX, min);
	}
	weftu_heap_fini(&h);
}

static void crc__agrees_with_the_engine_s(void)
{
	static uint8_t buf[20000];
	weftu_crc_fn *fast = weftu_crc_instruction();
	uint64_t s = weft_test_seed;

	weftu_crc_init();
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)rnd(&s);
	for (int i = 0; i < 3000; i++) {
		size_t len = i < 1000 ? (size_t)i : rnd(&s) % 17000, off = rnd(&s) % 64;
		uint32_t from = i % 3 ? (uint32_t)rnd(&s) : 0, want;

		weft_crc32c_override(NULL);
		want = weft_crc32c(from, buf + off, len);
		CU_ASSERT_EQUAL(weftu_crc_tables(from, buf + off, len), want);
		if (fast)
			CU_ASSERT_EQUAL(fast(from, buf + off, len), want);
	}
	weft_crc32c_override(fast ? fast : weftu_crc_tables);
	CU_ASSERT_EQUAL(weft_crc32c(0, "123456789", 9), 0xe3069283);
}

WEFT_SUITE(t_table) {
	{ "map__is_a_map", map__is_a_map },
	{ "ids__come_late_again", ids__come_late_again },
	{ "heap__gives_the_earliest", heap__gives_the_earliest },
	{ "crc__agrees_with_the_engine_s", crc__agrees_with_the_engine_s },
};
