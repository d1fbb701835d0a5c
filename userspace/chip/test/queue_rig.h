/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of queues share: a submitter's ring filled by hand, regions judged by core, and a
 * host that notes signals and can hold back fetched data and room for signals.
 */
#ifndef WEFT_USERSPACE_CHIP_TEST_QUEUE_RIG_H
#define WEFT_USERSPACE_CHIP_TEST_QUEUE_RIG_H

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/test/cunit_main.h"
#include "core/weft.h"
#include "userspace/chip/queue.h"

enum { DEPTH = 8, MEM = 4096, KEY = 0x51, RO_KEY = 0x52, WO_KEY = 0x53, ALIEN_KEY = 0x54 };
enum { FAR_CHIP = 77, SIGNALS = 256 };

struct chip_fetch {
	const uint8_t *bytes;
	size_t len, at, arrived;
	enum weft_cmd_status st;
	bool open;
};

struct region {
	struct weft_mr mr;
	uint8_t *bytes;
};

static struct rig {
	struct chip_queue q;
	struct chip_queue_stats stats;
	struct chip_offer offer;
	struct region r[5];
	unsigned regions;
	uint8_t ring[WEFT_QUEUE_RING + DEPTH * WEFT_QUEUE_COMMAND];
	_Alignas(64) uint8_t mem[4][MEM];
	uint64_t bell;
	struct { uint64_t addr, add; uint32_t key; } sig[SIGNALS];
	unsigned signals, room;
	const uint8_t *watched;		/* must hold 0xee when a signal is sent; NULL: none */
	struct chip_fetch fetch;
} g;

static inline uint8_t *host_resolve(void *host, uint32_t key, uint32_t need, uint64_t addr,
				    uint64_t len, enum weft_status *st)
{
	const struct region *r = NULL;

	(void)host;
	for (unsigned i = 0; i < g.regions; i++)
		if (g.r[i].mr.key == key)
			r = &g.r[i];
	*st = weft_mr_check(r ? &r->mr : NULL, 1, 0, need, addr, len);
	return *st == WEFT_STATUS_OK ? r->bytes + (addr - r->mr.base) : NULL;
}

static inline int host_signal(void *host, uint32_t key, uint64_t addr, uint64_t add)
{
	(void)host;
	if (!g.room)
		return -EAGAIN;
	if (g.watched)		/* WEFT-ACC-006 */
		CU_ASSERT_EQUAL(*g.watched, 0xee);
	g.room--;
	g.sig[g.signals].key = key;
	g.sig[g.signals].addr = addr;
	g.sig[g.signals++].add = add;
	return 0;
}

static inline struct chip_fetch *host_fetch_open(void *host, uint64_t chip, uint32_t key,
						 uint64_t addr, uint32_t len,
						 enum weft_cmd_status *st)
{
	(void)host;
	(void)key;
	(void)addr;
	if (chip != FAR_CHIP) {
		*st = WEFT_CMD_STATUS_NO_CHIP;
		return NULL;
	}
	CU_ASSERT_FALSE(g.fetch.open);
	CU_ASSERT_EQUAL(len, g.fetch.len);
	g.fetch.open = true;
	return &g.fetch;
}

static inline size_t host_fetch_peek(struct chip_fetch *f, const uint8_t **bytes,
			      enum weft_cmd_status *st)
{
	*bytes = f->bytes + f->at;
	*st = f->st;
	return f->st == WEFT_CMD_STATUS_OK ? f->arrived - f->at : 0;
}

static inline void host_fetch_take(struct chip_fetch *f, size_t n)
{
	f->at += n;
}

static inline void host_fetch_close(struct chip_fetch *f)
{
	f->open = false;
}

static const struct chip_queue_ops ops = {
	.resolve = host_resolve, .signal = host_signal, .fetch_open = host_fetch_open,
	.fetch_peek = host_fetch_peek, .fetch_take = host_fetch_take,
	.fetch_close = host_fetch_close,
};

static inline void rig(void)
{
	static const struct { uint32_t key, domain, rights; } row[] = {
		{ KEY, 1, WEFT_MR_READ | WEFT_MR_WRITE },
		{ RO_KEY, 1, WEFT_MR_READ },
		{ WO_KEY, 1, WEFT_MR_WRITE },
		{ ALIEN_KEY, 2, WEFT_MR_READ | WEFT_MR_WRITE },
	};

	memset(&g, 0, sizeof(g));
	g.room = SIGNALS;
	for (unsigned i = 0; i < WEFT_ARRAY_LEN(row); i++) {
		g.r[i].mr = (struct weft_mr){ .base = 0, .len = MEM, .key = row[i].key,
			.domain = row[i].domain, .rights = row[i].rights, .alive = true };
		g.r[i].bytes = g.mem[i];
		g.regions++;
		for (unsigned k = 0; k < MEM; k++)
			g.mem[i][k] = (uint8_t)(k * 7 + i);
	}
	g.offer.standard = ~0u;
	chip_queue_init(&g.q, g.ring, DEPTH, 0xA, &g.offer, &ops, NULL, &g.stats);
}

static inline void ring_bell(uint64_t v)
{
	v = htole64(v);
	memcpy(g.ring + WEFT_QUEUE_DOORBELL, &v, 8);
}

static inline uint64_t read_index(void)
{
	uint64_t v;

	memcpy(&v, g.ring + WEFT_QUEUE_READ, 8);
	return le64toh(v);
}

/* A FILL of 16 bytes at `at` of the first region, signalling address `at`. */
static inline struct weft_hdr_command fill(uint64_t at)
{
	return (struct weft_hdr_command){ .version = 1, .kernel = WEFT_KERNEL_FILL,
		.signal_key = 9, .signal_addr = at, .dst_addr = at, .dst_key = KEY,
		.length = 16, .value = 0xee };
}

/* Put c at the next index; the sequence number is filled in. */
static inline void put(struct weft_hdr_command c)
{
	c.seq += (uint32_t)g.bell;
	weft_hdr_command_pack(g.ring + WEFT_QUEUE_RING + g.bell % DEPTH * WEFT_QUEUE_COMMAND, &c);
	g.bell++;
}

static inline void submit(struct weft_hdr_command c)
{
	put(c);
	ring_bell(g.bell);
}

static inline void run_out(void)
{
	for (int i = 0; i < 10000 && chip_queue_run(&g.q, 4); i++)
		;
}

enum field { SEQ, FLAGS, KERNEL, SRC_KEY, DST_KEY, SRC_ADDR, DST_ADDR, SRC_CHIP, DTYPE, LENGTH };

/* A sound command of 64 bytes, with one field spoilt. */
static inline struct weft_hdr_command spoilt(uint16_t kernel, enum field f, uint64_t v)
{
	struct weft_hdr_command c = { .version = 1, .kernel = kernel, .signal_key = 9,
		.src_key = KEY, .dst_key = KEY, .dst_addr = 1024, .length = 64,
		.op = WEFT_REDOP_SUM, .dtype = WEFT_DTYPE_I32 };

	c.seq = f == SEQ ? (uint32_t)v : c.seq;
	c.flags = f == FLAGS ? (uint8_t)v : c.flags;
	c.kernel = f == KERNEL ? (uint16_t)v : c.kernel;
	c.src_key = f == SRC_KEY ? (uint32_t)v : c.src_key;
	c.dst_key = f == DST_KEY ? (uint32_t)v : c.dst_key;
	c.src_addr = f == SRC_ADDR ? v : c.src_addr;
	c.dst_addr = f == DST_ADDR ? v : c.dst_addr;
	c.src_chip = f == SRC_CHIP ? v : c.src_chip;
	c.dtype = f == DTYPE ? (uint8_t)v : c.dtype;
	c.length = f == LENGTH ? (uint32_t)v : c.length;
	return c;
}

static inline struct weft_hdr_command far_copy(void)
{
	struct weft_hdr_command c = fill(512);

	c.kernel = WEFT_KERNEL_COPY;
	c.src_chip = FAR_CHIP;
	c.length = 100;
	return c;
}

#endif
