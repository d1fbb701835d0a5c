/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests queues: kernels of the vendor's, GEMM by way of a queue, and the end of a queue. */
#include "userspace/chip/test/queue_rig.h"

/* ---- the vendor's kernels -------------------------------------------------------------- */

static void invert(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)job;
	for (size_t i = 0; i < n; i++)
		dst[i] = (uint8_t)~src[i];
}

static const struct chip_engine inverter = { .kernel = 0x8001, .src = true, .streams = true,
					     .step = invert };

/* WEFT-ACC-020, WEFT-ACC-021 */
static void run__vendor_kernel(void)
{
	rig();
	CU_ASSERT_EQUAL(chip_offer_add(&g.offer, &inverter), 0);
	submit(spoilt(0x8001, SEQ, 0));
	submit(spoilt(0x8000, SEQ, 0));		/* their neighbours are nobody's */
	submit(spoilt(0x8002, SEQ, 0));
	submit(spoilt(0x8001, DST_KEY, RO_KEY));
	submit(spoilt(0x8001, SRC_KEY, ALIEN_KEY));
	submit(spoilt(0x8001, SRC_ADDR, MEM - 63));
	run_out();
	CU_ASSERT_EQUAL_FATAL(g.signals, 6);
	CU_ASSERT_EQUAL(g.sig[0].add, 1);
	CU_ASSERT_EQUAL(g.sig[1].add, chip_signal_value(WEFT_CMD_STATUS_BAD_KERNEL));
	CU_ASSERT_EQUAL(g.sig[2].add, chip_signal_value(WEFT_CMD_STATUS_BAD_KERNEL));
	CU_ASSERT_EQUAL(g.sig[3].add, chip_signal_value(WEFT_CMD_STATUS_NO_RIGHTS));
	CU_ASSERT_EQUAL(g.sig[4].add, chip_signal_value(WEFT_CMD_STATUS_BAD_KEY));
	CU_ASSERT_EQUAL(g.sig[5].add, chip_signal_value(WEFT_CMD_STATUS_OUT_OF_BOUNDS));
	for (unsigned i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(g.mem[0][1024 + i], (uint8_t)~g.mem[0][i]);
	CU_ASSERT_EQUAL(g.mem[0][1024 + 64], (uint8_t)((1024 + 64) * 7));
}

static void offer_add__limits(void)
{
	struct chip_engine e[CHIP_VENDOR_MAX + 1] = { 0 };
	struct chip_offer o = { .standard = 1u << WEFT_KERNEL_FILL };

	e[0].kernel = 0x7fff;
	CU_ASSERT_EQUAL(chip_offer_add(&o, &e[0]), -EINVAL);
	for (unsigned i = 0; i <= CHIP_VENDOR_MAX; i++) {
		e[i].kernel = (uint16_t)(0xffff - i);
		CU_ASSERT_EQUAL(chip_offer_add(&o, &e[i]), i < CHIP_VENDOR_MAX ? 0 : -ENOSPC);
		CU_ASSERT_EQUAL(chip_offer_add(&o, &e[0]), -EEXIST);
	}
	CU_ASSERT_PTR_EQUAL(chip_offer_find(&o, 0xffff), &e[0]);
	CU_ASSERT_PTR_NULL(chip_offer_find(&o, 0x8000));
	CU_ASSERT_PTR_NULL(chip_offer_find(&o, WEFT_KERNEL_COPY));
	CU_ASSERT_PTR_NOT_NULL(chip_offer_find(&o, WEFT_KERNEL_FILL));
}

/* GEMM by its own way through the queue; WEFT-ACC-029: not of another chip. */
static void run__gemm(void)
{
	struct weft_hdr_gemm args = { .a_key = KEY, .b_key = KEY, .b_addr = 16, .m = 2, .n = 2,
				      .k = 2, .lda = 2, .ldb = 2, .ldc = 2 };
	static const int8_t a[4] = { 1, 2, 3, -4 }, b[4] = { 5, 6, 7, 8 };
	static const int32_t want[4] = { 19, 22, -13, -14 };
	struct weft_hdr_command c = { .version = 1, .kernel = WEFT_KERNEL_GEMM, .signal_key = 9,
		.src_key = KEY, .src_addr = 64, .dst_key = KEY, .dst_addr = 256,
		.length = WEFT_HDR_GEMM_LEN, .dtype = WEFT_DTYPE_I8 };

	rig();
	memcpy(g.mem[0], a, sizeof(a));
	memcpy(g.mem[0] + 16, b, sizeof(b));
	weft_hdr_gemm_pack(g.mem[0] + 64, &args);
	submit(c);
	c.src_chip = FAR_CHIP;
	submit(c);
	run_out();
	CU_ASSERT_EQUAL_FATAL(g.signals, 2);
	CU_ASSERT_EQUAL(g.sig[0].add, 1);
	CU_ASSERT_EQUAL(memcmp(g.mem[0] + 256, want, sizeof(want)), 0);
	CU_ASSERT_EQUAL(g.sig[1].add, chip_signal_value(WEFT_CMD_STATUS_BAD_ARGUMENT));
}

/* ---- the end of a queue ----------------------------------------------------------------- */

/* WEFT-ACC-022, WEFT-ACC-023, WEFT-ACC-024, WEFT-ACC-018 */
static void stop__each_taken_is_signalled_once(void)
{
	struct weft_hdr_command late = fill(48);
	static uint8_t data[100], before[MEM];

	rig();
	g.room = 0;
	g.fetch = (struct chip_fetch){ .bytes = data, .len = 100, .arrived = 64 };
	late.flags = WEFT_CMDFLAGS_BARRIER;
	submit(fill(16));		/* finished, not signalled */
	submit(far_copy());		/* in the middle */
	submit(late);			/* not begun */
	run_out();
	put(fill(96));			/* not taken */
	chip_queue_stop(&g.q);
	CU_ASSERT_FALSE(g.fetch.open);
	CU_ASSERT_FALSE(chip_queue_idle(&g.q));
	memcpy(before, g.mem[0], MEM);
	ring_bell(g.bell);
	g.fetch.arrived = 100;
	run_out();
	CU_ASSERT_EQUAL(g.signals, 0);
	g.room = 2;
	run_out();
	CU_ASSERT_FALSE(chip_queue_idle(&g.q));
	g.room = SIGNALS;
	run_out();
	CU_ASSERT_TRUE(chip_queue_idle(&g.q));
	CU_ASSERT_FALSE(chip_queue_run(&g.q, 4));
	CU_ASSERT_EQUAL_FATAL(g.signals, 3);
	CU_ASSERT(g.sig[0].addr == 16 && g.sig[0].add == 1);
	CU_ASSERT(g.sig[1].addr == 512 &&
		  g.sig[1].add == chip_signal_value(WEFT_CMD_STATUS_ABORTED));
	CU_ASSERT(g.sig[2].addr == 48 &&
		  g.sig[2].add == chip_signal_value(WEFT_CMD_STATUS_ABORTED));
	CU_ASSERT_EQUAL(g.q.taken, 3);
	CU_ASSERT_EQUAL(read_index(), 3);
	CU_ASSERT_EQUAL(memcmp(before, g.mem[0], MEM), 0);
	chip_queue_fini(&g.q);
}

/* WEFT-ACC-025: not another slice, however far the command was. */
static void stop__writes_nothing_more(void)
{
	enum { LONG = 4 * CHIP_SLICE };
	struct region big = { .mr = { .len = LONG, .key = 0x99, .domain = 1, .alive = true,
		.rights = WEFT_MR_WRITE }, .bytes = calloc(1, LONG) };
	struct weft_hdr_command c = fill(0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(big.bytes);
	for (unsigned slices = 0; slices <= 4; slices++) {
		rig();
		memset(big.bytes, 0, LONG);
		g.r[g.regions++] = big;
		c.dst_key = 0x99;
		c.length = LONG;
		submit(c);
		g.room = 0;
		chip_queue_run(&g.q, slices);
		chip_queue_stop(&g.q);
		g.room = SIGNALS;
		run_out();
		CU_ASSERT_EQUAL_FATAL(g.signals, 1);
		CU_ASSERT_EQUAL(g.sig[0].add, slices < 4 ?
				chip_signal_value(WEFT_CMD_STATUS_ABORTED) : 1);
		CU_ASSERT(slices == 0 || big.bytes[slices * CHIP_SLICE - 1] == 0xee);
		CU_ASSERT(slices == 4 || big.bytes[slices * CHIP_SLICE] == 0);
		CU_ASSERT_TRUE(chip_queue_idle(&g.q));
	}
	free(big.bytes);
}

static void stop__nothing_under_way(void)
{
	rig();
	chip_queue_stop(&g.q);
	CU_ASSERT_TRUE(chip_queue_idle(&g.q));
	submit(fill(0));
	CU_ASSERT_FALSE(chip_queue_run(&g.q, 4));
	CU_ASSERT_EQUAL(g.signals, 0);
	CU_ASSERT_EQUAL(g.mem[0][0], 0);
}

WEFT_SUITE(t_queue_end) {
	{ "run__vendor_kernel", run__vendor_kernel },
	{ "offer_add__limits", offer_add__limits },
	{ "run__gemm", run__gemm },
	{ "stop__each_taken_is_signalled_once", stop__each_taken_is_signalled_once },
	{ "stop__writes_nothing_more", stop__writes_nothing_more },
	{ "stop__nothing_under_way", stop__nothing_under_way },
};
