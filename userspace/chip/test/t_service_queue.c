/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests queues by way of a network: what kernels there are, and how queues end. */
#include "userspace/chip/test/service_rig.h"

/* ---- Kernels --------------------------------------------------------------------------- */

/* WEFT-ACC-019: what HELLO says is what runs; WEFT-ACC-020: and nothing else. */
static void hello__announces_each_kernel(void)
{
	struct weft_chip_info info;
	struct work w;
	unsigned vendors = 0, gemms = 0;

	start();
	CU_ASSERT_EQUAL_FATAL(weft_discover(g.port, g.addr[0], WAIT, &info, 1), 1);
	for (unsigned i = 0; i < info.n_engines; i++) {
		vendors += info.engines[i].kernel == 0x8123 &&
			   info.engines[i].types == 1u << WEFT_TYPE_U8;
		gemms += info.engines[i].kernel == WEFT_RUN_GEMM &&
			 info.engines[i].types == (1u << WEFT_TYPE_I8 | 1u << WEFT_TYPE_F16 |
						   1u << WEFT_TYPE_BF16 | 1u << WEFT_TYPE_F32);
	}
	CU_ASSERT_EQUAL(vendors, 1);
	CU_ASSERT_EQUAL(gemms, 1);
	w = work_on(0, 0);
	CU_ASSERT_EQUAL(run(&w, (struct weft_command){ .kernel = 0x8123, .len = 16,
		.src_key = w.mem.key, .src_addr = w.mem.addr, .dst_key = w.mem.key,
		.dst_addr = w.mem.addr + 64 }), WEFT_CMD_OK);
	CU_ASSERT_EQUAL(run(&w, (struct weft_command){ .kernel = 0x8124, .len = 16 }),
			WEFT_CMD_BAD_KERNEL);
	work_done(&w);
	stop();
}

/* A GEMM of m x n x k floats of 16 bits, all zero: it takes its time. */
static struct weft_command multiply(struct work *w, uint32_t m, uint32_t n, uint32_t k)
{
	struct weft_gemm a = { .a_addr = w->mem.addr, .a_key = w->mem.key, .b_key = w->mem.key,
			       .b_addr = w->mem.addr + 2 * m * k, .m = m, .n = n, .k = k };
	uint64_t args = w->mem.addr + (448 << 10);
	uint8_t packed[WEFT_GEMM_BYTES];

	weft_gemm_pack(packed, &a);
	CU_ASSERT_EQUAL(put(weft_chip_ep(w->chip), packed, sizeof(packed), args, w->mem.key),
			WEFT_ST_OK);
	return (struct weft_command){ .kernel = WEFT_RUN_GEMM, .len = WEFT_GEMM_BYTES,
		.type = WEFT_TYPE_F16, .src_addr = args, .src_key = w->mem.key,
		.dst_addr = w->mem.addr + (256 << 10), .dst_key = w->mem.key };
}

/* The public structure is the one on the wire. */
static void gemm__by_the_library(void)
{
	static const uint16_t a[4] = { 0x3c00, 0x4000, 0x4200, 0xc400 };	/* 1 2 3 -4 */
	static const float x[4] = { 1, 2, 3, -4 };
	float got[4];
	struct weft_command c;
	struct work w;

	start();
	w = work_on(0, 0);
	c = multiply(&w, 2, 2, 2);
	CU_ASSERT_EQUAL(put(weft_chip_ep(w.chip), a, sizeof(a), w.mem.addr, w.mem.key), WEFT_ST_OK);
	CU_ASSERT_EQUAL(put(weft_chip_ep(w.chip), a, sizeof(a), w.mem.addr + 8, w.mem.key),
			WEFT_ST_OK);
	CU_ASSERT_EQUAL(run(&w, c), WEFT_CMD_OK);
	CU_ASSERT_EQUAL(get(weft_chip_ep(w.chip), got, sizeof(got), c.dst_addr, w.mem.key),
			WEFT_ST_OK);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(got[i],
				x[i / 2 * 2] * x[i % 2] + x[i / 2 * 2 + 1] * x[2 + i % 2]);
	work_done(&w);
	stop();
}

/* ---- The end of a queue ------------------------------------------------------------------ */

/*
 * WEFT-ACC-022 to WEFT-ACC-026: what was taken is signalled, once, before the answer; what was not
 * has no effect; and nothing is written any more.
 */
static void destroy__work_in_flight(void)
{
	struct weft_command c[64];
	uint8_t then[4096], now[4096];
	uint64_t taken = 0, word;
	struct work w;

	start();
	w = work_on(0, 0);
	weft_queue_destroy(w.queue);
	CU_ASSERT_EQUAL_FATAL(weft_queue_create(w.chip, 64, &w.queue), 0);
	c[0] = multiply(&w, 64, 256, 256);
	c[0].signal_key = weft_signals_key(w.sig);
	c[0].signal_addr = weft_signal_addr(w.sig, 0);
	for (int i = 1; i < 64; i++)
		c[i] = c[0];
	CU_ASSERT_EQUAL(weft_queue_submit_wait(w.queue, c, 64, WAIT), 0);
	weft_signal_wait(w.sig, 0, 2, WAIT);
	CU_ASSERT_EQUAL(weft_queue_end(w.queue, &taken), 0);
	word = weft_signal_get(w.sig, 0);
	CU_ASSERT(taken >= 2 && taken < 64);		/* it was in the middle */
	CU_ASSERT_EQUAL(weft_signal_count(word), taken);
	CU_ASSERT(weft_signal_failed(word) > 0);
	CU_ASSERT_EQUAL(weft_signal_status(word), weft_signal_failed(word) * WEFT_CMD_ABORTED);
	memset(now, 0x77, sizeof(now));
	CU_ASSERT_EQUAL(put(weft_chip_ep(w.chip), now, sizeof(now), c[0].dst_addr, w.mem.key),
			WEFT_ST_OK);
	for (int i = 0; i < 20; i++)
		weft_wait(g.port, 2 * WEFT_MSEC);
	CU_ASSERT_EQUAL(get(weft_chip_ep(w.chip), then, sizeof(then), c[0].dst_addr, w.mem.key),
			WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(then, now, sizeof(now)), 0);
	CU_ASSERT_EQUAL(weft_signal_get(w.sig, 0), word);
	w.queue = NULL;
	work_done(&w);
	stop();
}

/* WEFT-ACC-027: the stream goes, and with it its commands, wherever they write. */
static void end__abandons_commands(void)
{
	struct weft_queue *probe = NULL;
	uint8_t then[4096], now[4096];
	struct weft_command c;
	struct work mine, other;

	start();
	mine = work_on(0, 0);
	CU_ASSERT_EQUAL(weft_chip_free(mine.chip, mine.mem.key), 0);
	other = work_on(0, 0);		/* the same domain: its key is good for any stream */
	weft_queue_create(mine.chip, 64, &probe);
	CU_ASSERT_PTR_NULL(probe);	/* two is all there are */
	mine.mem = other.mem;
	c = multiply(&mine, 64, 256, 256);
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(weft_queue_submit_wait(mine.queue, &c, 1, WAIT), 0);
	weft_wait(g.port, 5 * WEFT_MSEC);
	weft_signals_destroy(mine.sig);
	weft_chip_close(mine.chip);
	for (int i = 0; i < 1000 && !probe; i++) {
		weft_queue_create(other.chip, 64, &probe);
		weft_wait(g.port, WEFT_MSEC);
	}
	CU_ASSERT_PTR_NOT_NULL(probe);		/* the chip has heard of the end */
	memset(now, 0x77, sizeof(now));
	CU_ASSERT_EQUAL(put(weft_chip_ep(other.chip), now, sizeof(now), c.dst_addr, c.dst_key),
			WEFT_ST_OK);
	for (int i = 0; i < 20; i++)
		weft_wait(g.port, 2 * WEFT_MSEC);
	CU_ASSERT_EQUAL(get(weft_chip_ep(other.chip), then, sizeof(then), c.dst_addr, c.dst_key),
			WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(then, now, sizeof(now)), 0);
	work_done(&other);
	stop();
}

WEFT_SUITE(t_service_queue) {
	{ "hello__announces_each_kernel", hello__announces_each_kernel },
	{ "gemm__by_the_library", gemm__by_the_library },
	{ "destroy__work_in_flight", destroy__work_in_flight },
	{ "end__abandons_commands", end__abandons_commands },
};
