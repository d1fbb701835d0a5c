/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests userspace/chip/queue.c and queue_step.c: the life of commands. */
#include "userspace/chip/test/queue_rig.h"

static void bytes__depths(void)
{
	CU_ASSERT_EQUAL(chip_queue_bytes(0), 0);
	CU_ASSERT_EQUAL(chip_queue_bytes(3), 0);
	CU_ASSERT_EQUAL(chip_queue_bytes(1), 192);
	CU_ASSERT_EQUAL(chip_queue_bytes(64), 128 + 64 * 64);
	CU_ASSERT_EQUAL(chip_queue_bytes(CHIP_QUEUE_DEPTH_MAX * 2), 0);
}

static void run__one_command(void)
{
	rig();
	CU_ASSERT_FALSE(chip_queue_run(&g.q, 4));
	submit(fill(32));
	run_out();
	CU_ASSERT_EQUAL(g.signals, 1);
	CU_ASSERT_EQUAL(g.sig[0].add, 1);
	CU_ASSERT_EQUAL(g.sig[0].addr, 32);
	CU_ASSERT_EQUAL(g.sig[0].key, 9);
	CU_ASSERT(g.mem[0][31] == (uint8_t)(31 * 7) && g.mem[0][32] == 0xee);
	CU_ASSERT(g.mem[0][47] == 0xee && g.mem[0][48] == (uint8_t)(48 * 7));
	CU_ASSERT_EQUAL(read_index(), 1);
}

/* WEFT-ACC-004, WEFT-ACC-010: nothing at or beyond the doorbell; slots are reused many times. */
static void run__wraps(void)
{
	rig();
	for (uint64_t i = 0; i < 5 * DEPTH + 3; i++) {
		struct weft_hdr_command next = fill(0);

		put(fill(16 * (i % 200)));
		/* Well formed, but the doorbell is not rung for it. */
		next.seq += (uint32_t)g.bell;
		weft_hdr_command_pack(g.ring + WEFT_QUEUE_RING +
				      g.bell % DEPTH * WEFT_QUEUE_COMMAND, &next);
		ring_bell(g.bell);
		run_out();
		CU_ASSERT_EQUAL(g.signals, i + 1);
		CU_ASSERT_EQUAL(read_index(), i + 1);
		CU_ASSERT_EQUAL(g.sig[i].add, 1);
	}
}

/* WEFT-ACC-009. */
static void run__doorbell_beyond_depth(void)
{
	rig();
	for (unsigned i = 0; i < DEPTH; i++)
		put(fill(16 * i));
	ring_bell(DEPTH + 1);
	CU_ASSERT_FALSE(chip_queue_run(&g.q, 4));
	CU_ASSERT_FALSE(chip_queue_run(&g.q, 4));
	CU_ASSERT_EQUAL(g.stats.bad_doorbell, 1);
	ring_bell(UINT64_MAX);		/* as if the index had gone back */
	CU_ASSERT_FALSE(chip_queue_run(&g.q, 4));
	CU_ASSERT_EQUAL(g.stats.bad_doorbell, 2);
	CU_ASSERT_EQUAL(g.stats.commands, 0);
	ring_bell(DEPTH);
	run_out();
	CU_ASSERT_EQUAL(g.signals, DEPTH);
}

/* WEFT-ACC-007: each row fails with its status, memory stays, and the queue goes on. */
static void run__malformed(void)
{
	enum { COPY = WEFT_KERNEL_COPY, REDUCE = WEFT_KERNEL_REDUCE, SHA = WEFT_KERNEL_SHA256 };
	static const struct {
		const char *why;
		uint16_t kernel;
		enum field field;
		uint64_t value;
		enum weft_cmd_status st;
	} row[] = {
		{ "sequence", COPY, SEQ, 1, WEFT_CMD_STATUS_BAD_COMMAND },
		{ "flags", COPY, FLAGS, 0x82, WEFT_CMD_STATUS_BAD_COMMAND },
		{ "kernel 0", COPY, KERNEL, 0, WEFT_CMD_STATUS_BAD_KERNEL },
		{ "no engine", COPY, KERNEL, CHIP_KERNELS, WEFT_CMD_STATUS_BAD_KERNEL },
		{ "vendor kernel", COPY, KERNEL, 0x8001, WEFT_CMD_STATUS_BAD_KERNEL },
		{ "src key", COPY, SRC_KEY, 1, WEFT_CMD_STATUS_BAD_KEY },
		{ "dst key", COPY, DST_KEY, 1, WEFT_CMD_STATUS_BAD_KEY },
		{ "src of another domain", COPY, SRC_KEY, ALIEN_KEY, WEFT_CMD_STATUS_BAD_KEY },
		{ "dst of another domain", COPY, DST_KEY, ALIEN_KEY, WEFT_CMD_STATUS_BAD_KEY },
		{ "dst read only", COPY, DST_KEY, RO_KEY, WEFT_CMD_STATUS_NO_RIGHTS },
		{ "src write only", COPY, SRC_KEY, WO_KEY, WEFT_CMD_STATUS_NO_RIGHTS },
		{ "dst tail", COPY, DST_ADDR, MEM - 63, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ "src tail", COPY, SRC_ADDR, MEM - 63, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ "dst wraps", COPY, DST_ADDR, UINT64_MAX - 31, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
		{ "unknown chip", COPY, SRC_CHIP, 5, WEFT_CMD_STATUS_NO_CHIP },
		{ "no such type", REDUCE, DTYPE, 0, WEFT_CMD_STATUS_BAD_ARGUMENT },
		{ "odd length", REDUCE, LENGTH, 63, WEFT_CMD_STATUS_BAD_ARGUMENT },
		/* WEFT-ACC-015 */
		{ "overlap", REDUCE, SRC_ADDR, 1028, WEFT_CMD_STATUS_BAD_ARGUMENT },
		/* WEFT-ACC-013, here and above */
		{ "dst is read too", REDUCE, DST_KEY, WO_KEY, WEFT_CMD_STATUS_NO_RIGHTS },
		{ "result outside", SHA, DST_ADDR, MEM - 31, WEFT_CMD_STATUS_OUT_OF_BOUNDS },
	};
	static uint8_t before[4][MEM];

	rig();
	memcpy(before, g.mem, sizeof(before));
	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		submit(spoilt(row[i].kernel, row[i].field, row[i].value));
		run_out();
		CU_ASSERT_EQUAL_FATAL(g.signals, i + 1);
		CU_ASSERT_EQUAL(g.sig[i].add, chip_signal_value(row[i].st));
		if (g.sig[i].add != chip_signal_value(row[i].st))
			printf("  %s: signal %#llx\n", row[i].why,
			       (unsigned long long)g.sig[i].add);
	}
	CU_ASSERT_EQUAL(memcmp(before, g.mem, sizeof(before)), 0);
	CU_ASSERT_EQUAL(g.stats.failed, WEFT_ARRAY_LEN(row));
	submit(fill(0));
	run_out();
	CU_ASSERT_EQUAL(g.sig[WEFT_ARRAY_LEN(row)].add, 1);
}

/* The version byte is packed as a constant, so it is spoilt by hand. */
static void run__bad_version(void)
{
	rig();
	put(fill(0));
	g.ring[WEFT_QUEUE_RING] = 2;
	ring_bell(1);
	run_out();
	CU_ASSERT_EQUAL(g.signals, 1);
	CU_ASSERT_EQUAL(g.sig[0].add, chip_signal_value(WEFT_CMD_STATUS_BAD_COMMAND));
	CU_ASSERT_EQUAL(g.mem[0][0], 0);
}

static void run__engine_not_offered(void)
{
	rig();
	g.offer.standard = 1u << WEFT_KERNEL_NOP;
	submit(fill(0));
	run_out();
	CU_ASSERT_EQUAL(g.sig[0].add, chip_signal_value(WEFT_CMD_STATUS_BAD_KERNEL));
}

static void run__no_signal_key(void)
{
	struct weft_hdr_command c = fill(0);

	rig();
	c.signal_key = 0;
	submit(c);
	run_out();
	CU_ASSERT_EQUAL(g.signals, 0);
	CU_ASSERT_EQUAL(g.mem[0][0], 0xee);
}

/* WEFT-ACC-005: what follows a waiting command may pass it, but not with BARRIER. */
static void run__barrier_waits(void)
{
	struct weft_hdr_command late = fill(0);
	static uint8_t data[100];

	rig();
	memset(data, 0x11, sizeof(data));
	g.fetch = (struct chip_fetch){ .bytes = data, .len = 100 };
	submit(far_copy());
	submit(fill(16));
	late.flags = WEFT_CMDFLAGS_BARRIER;
	submit(late);
	submit(fill(48));
	run_out();
	CU_ASSERT_EQUAL(g.signals, 1);
	CU_ASSERT_EQUAL(g.sig[0].addr, 16);
	CU_ASSERT_EQUAL(g.mem[0][0], 0);
	CU_ASSERT_EQUAL(g.mem[0][512], (uint8_t)(512 * 7));
	g.fetch.arrived = 64;
	run_out();
	CU_ASSERT_EQUAL(g.signals, 1);
	g.fetch.arrived = 100;
	run_out();
	CU_ASSERT_EQUAL(g.signals, 4);
	CU_ASSERT_EQUAL(g.sig[1].addr, 512);
	CU_ASSERT_EQUAL(g.mem[0][0], 0xee);
	CU_ASSERT(g.mem[0][512] == 0x11 && g.mem[0][611] == 0x11 && g.mem[0][612] != 0x11);
	CU_ASSERT_FALSE(g.fetch.open);
}

/* WEFT-ACC-011 with a refusal by the other chip. */
static void run__fetch_fails(void)
{
	rig();
	g.fetch = (struct chip_fetch){ .len = 100 };
	submit(far_copy());
	run_out();
	CU_ASSERT_EQUAL(g.signals, 0);
	g.fetch.st = WEFT_CMD_STATUS_REMOTE;
	run_out();
	CU_ASSERT_EQUAL(g.signals, 1);
	CU_ASSERT_EQUAL(g.sig[0].add, chip_signal_value(WEFT_CMD_STATUS_REMOTE));
	CU_ASSERT_EQUAL(g.mem[0][512], (uint8_t)(512 * 7));
	CU_ASSERT_FALSE(g.fetch.open);
}

static void fini__closes_fetches(void)
{
	rig();
	g.fetch = (struct chip_fetch){ .len = 100 };
	submit(far_copy());
	run_out();
	CU_ASSERT_TRUE(g.fetch.open);
	chip_queue_fini(&g.q);
	CU_ASSERT_FALSE(g.fetch.open);
}

/* WEFT-ACC-017, WEFT-ACC-018: without room for signals no more are taken than slots. */
static void run__backpressure(void)
{
	rig();
	g.room = 0;
	for (uint64_t i = 0; i < 3 * CHIP_QUEUE_SLOTS; i++) {
		if (g.bell - read_index() == DEPTH)
			break;
		submit(fill(16 * i));
		run_out();
	}
	CU_ASSERT_EQUAL(read_index(), CHIP_QUEUE_SLOTS);
	CU_ASSERT_EQUAL(g.bell, CHIP_QUEUE_SLOTS + DEPTH);
	CU_ASSERT_EQUAL(g.signals, 0);
	g.room = 1;
	run_out();
	CU_ASSERT_EQUAL(g.signals, 1);
	CU_ASSERT_EQUAL(read_index(), CHIP_QUEUE_SLOTS + 1);
	g.room = SIGNALS;
	run_out();
	CU_ASSERT_EQUAL(g.signals, CHIP_QUEUE_SLOTS + DEPTH);
	for (unsigned i = 0; i < g.signals; i++)
		CU_ASSERT_EQUAL(g.sig[i].addr, 16 * i);
}

/* A long command takes many turns, each no longer than asked for, and its signal comes last. */
static void run__slices(void)
{
	enum { LONG = 10 * CHIP_SLICE + 24 };
	struct region big = { .mr = { .len = LONG, .key = 0x99, .domain = 1, .alive = true,
		.rights = WEFT_MR_READ | WEFT_MR_WRITE }, .bytes = calloc(1, LONG) };
	struct weft_hdr_command c = fill(0);
	unsigned turns = 0;

	rig();
	CU_ASSERT_PTR_NOT_NULL_FATAL(big.bytes);
	g.r[g.regions++] = big;
	c.dst_key = 0x99;
	c.length = LONG;
	g.watched = big.bytes + LONG - 1;
	submit(c);
	while (!g.signals && turns < 100) {
		uint64_t was = g.stats.bytes;

		chip_queue_run(&g.q, 2);
		CU_ASSERT(g.stats.bytes - was <= 2 * CHIP_SLICE);
		turns++;
	}
	CU_ASSERT_EQUAL(turns, 6);
	CU_ASSERT(big.bytes[0] == 0xee && big.bytes[LONG - 1] == 0xee);
	free(big.bytes);
}

/* WEFT-ACC-016: freed while the command runs, it fails, and touches nothing any more. */
static void run__key_dies_midway(void)
{
	enum { LONG = 4 * CHIP_SLICE };
	struct region big = { .mr = { .len = LONG, .key = 0x99, .domain = 1, .alive = true,
		.rights = WEFT_MR_WRITE }, .bytes = calloc(1, LONG) };
	struct weft_hdr_command c = fill(0);

	rig();
	CU_ASSERT_PTR_NOT_NULL_FATAL(big.bytes);
	g.r[g.regions++] = big;
	c.dst_key = 0x99;
	c.length = LONG;
	submit(c);
	chip_queue_run(&g.q, 1);
	g.regions--;
	run_out();
	CU_ASSERT_EQUAL(g.sig[0].add, chip_signal_value(WEFT_CMD_STATUS_BAD_KEY));
	CU_ASSERT(big.bytes[CHIP_SLICE - 1] == 0xee && big.bytes[CHIP_SLICE] == 0);
	free(big.bytes);
}

/* COPY onto itself, both ways and over several slices, is like memmove. */
/* WEFT-ACC-014 */
static void run__copy_overlaps(void)
{
	enum { LONG = 3 * CHIP_SLICE + 100, SHIFT = 1000 };
	static const struct { uint64_t src, dst; } row[] = { { 0, SHIFT }, { SHIFT, 0 }, { 8, 8 } };
	struct region big = { .mr = { .len = LONG + SHIFT, .key = 0x99, .domain = 1,
		.alive = true, .rights = WEFT_MR_READ | WEFT_MR_WRITE } };
	uint8_t *want = malloc(LONG + SHIFT);

	big.bytes = malloc(LONG + SHIFT);
	CU_ASSERT_FATAL(want && big.bytes);
	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		struct weft_hdr_command c = { .version = 1, .kernel = WEFT_KERNEL_COPY,
			.signal_key = 9, .src_key = 0x99, .dst_key = 0x99, .src_addr = row[i].src,
			.dst_addr = row[i].dst, .length = LONG };

		rig();
		g.r[g.regions++] = big;
		for (size_t k = 0; k < LONG + SHIFT; k++)
			want[k] = big.bytes[k] = (uint8_t)(k ^ k >> 8 ^ k >> 16);
		memmove(want + row[i].dst, want + row[i].src, LONG);
		submit(c);
		run_out();
		CU_ASSERT_EQUAL(g.sig[0].add, 1);
		CU_ASSERT_EQUAL(memcmp(want, big.bytes, LONG + SHIFT), 0);
	}
	free(want);
	free(big.bytes);
}

WEFT_SUITE(t_queue) {
	{ "bytes__depths", bytes__depths },
	{ "run__one_command", run__one_command },
	{ "run__wraps", run__wraps },
	{ "run__doorbell_beyond_depth", run__doorbell_beyond_depth },
	{ "run__malformed", run__malformed },
	{ "run__bad_version", run__bad_version },
	{ "run__engine_not_offered", run__engine_not_offered },
	{ "run__no_signal_key", run__no_signal_key },
	{ "run__barrier_waits", run__barrier_waits },
	{ "run__fetch_fails", run__fetch_fails },
	{ "fini__closes_fetches", fini__closes_fetches },
	{ "run__backpressure", run__backpressure },
	{ "run__slices", run__slices },
	{ "run__key_dies_midway", run__key_dies_midway },
	{ "run__copy_overlaps", run__copy_overlaps },
};
