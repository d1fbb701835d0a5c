/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data moves, and arrives equal: SEND, WRITE, READ, immediates and atomics, in both modes, over
 * networks from good to terrible.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define SIZE (300u << 10)

struct link {
	struct world w;
	struct weft_ep *a, *b;
	struct weft_mem *mem;		/* of b */
	uint8_t *remote, *local;
};

static void setup(struct link *l, const char *query, const struct weft_port_opts *o,
		  unsigned rights)
{
	world_init(&l->w);
	world_open(&l->w, query, o);
	world_open(&l->w, query, o);
	l->remote = calloc(1, SIZE);
	l->local = calloc(1, SIZE);
	CU_ASSERT_EQUAL_FATAL(weft_reg(l->w.port[1], l->remote, SIZE, rights, NULL, &l->mem), 0);
	CU_ASSERT_FATAL(world_connect(&l->w, 0, 1, WEFT_SERVE_USER, NULL, NULL, &l->a, &l->b));
}

static void teardown(struct link *l)
{
	world_fini(&l->w);
	free(l->remote);
	free(l->local);
}

static void expect(struct link *l, struct weft_ep *ep, uint64_t id, unsigned op)
{
	struct weft_completion c = { 0 };

	CU_ASSERT_FATAL(world_completion(&l->w, weft_ep_cq(ep), &c));
	CU_ASSERT_EQUAL(c.id, id);
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(c.op, op);
	if (c.status)
		fprintf(stderr, "%s: %s\n", weft_st_name(c.status), weft_ep_error_text(ep));
}

#define ALL (WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC)

static const struct {
	const char *query;
	unsigned rights;
	uint8_t modes;
} nets[] = {
	{ NULL, ALL, 0 },
	{ NULL, ALL | WEFT_RELAXED, 0 },
	{ NULL, ALL, WEFT_ROD },
	{ "loss=0.01&reorder=0.05&dup=0.02", ALL, 0 },
	{ "loss=0.01&reorder=0.05&dup=0.02", ALL | WEFT_RELAXED, 0 },
	{ "loss=0.01&reorder=0.05&dup=0.02", ALL, WEFT_ROD },
	{ "loss=0.2&reorder=0.2&dup=0.2&corrupt=0.05", ALL, 0 },
	{ "loss=0.2&reorder=0.2&dup=0.2&corrupt=0.05", ALL | WEFT_RELAXED, 0 },
	{ "loss=0.2&reorder=0.2&dup=0.2&corrupt=0.05", ALL, WEFT_ROD },
};
#define NETS (sizeof(nets) / sizeof(nets[0]))

static void open_net(struct link *l, size_t i)
{
	struct weft_port_opts o = { .modes = nets[i].modes };

	setup(l, nets[i].query, &o, nets[i].rights);
}

static void write__arrives_equal(void)
{
	for (size_t i = 0; i < NETS; i++) {
		struct link l;

		open_net(&l, i);
		world_fill(l.local, SIZE, i);
		CU_ASSERT_EQUAL(weft_write(l.a, l.local, SIZE - 3, weft_mem_addr(l.mem) + 3,
					   weft_mem_key(l.mem), 7, 0), 0);
		expect(&l, l.a, 7, WEFT_OP_WRITE);
		CU_ASSERT_EQUAL(memcmp(l.remote + 3, l.local, SIZE - 3), 0);
		CU_ASSERT_EQUAL(memcmp(l.remote, "\0\0\0", 3), 0);
		teardown(&l);
	}
}

static void read__arrives_equal(void)
{
	for (size_t i = 0; i < NETS; i++) {
		struct link l;

		open_net(&l, i);
		world_fill(l.remote, SIZE, i + 100);
		CU_ASSERT_EQUAL(weft_read(l.a, l.local, SIZE - 5, weft_mem_addr(l.mem) + 5,
					  weft_mem_key(l.mem), 9, 0), 0);
		expect(&l, l.a, 9, WEFT_OP_READ);
		CU_ASSERT_EQUAL(memcmp(l.remote + 5, l.local, SIZE - 5), 0);
		teardown(&l);
	}
}

static void send__fills_buffers_in_order(void)
{
	for (size_t i = 0; i < NETS; i++) {
		struct link l;
		struct weft_completion c;

		open_net(&l, i);
		world_fill(l.local, SIZE, i + 200);
		for (uint32_t k = 0; k < 8; k++)
			CU_ASSERT_EQUAL(weft_recv(l.b, l.remote + k * 30000, 30000, k), 0);
		for (uint32_t k = 0; k < 8; k++) {
			CU_ASSERT_EQUAL(weft_send_imm(l.a, l.local + k * 30000, 30000 - k, 100 + k,
						      k, k & 1 ? WEFT_ALERT : 0), 0);
		}
		for (uint32_t k = 0; k < 8; k++) {
			CU_ASSERT_FATAL(world_completion(&l.w, weft_ep_cq(l.b), &c));
			CU_ASSERT_EQUAL(c.id, k);
			CU_ASSERT_EQUAL(c.op, WEFT_OP_RECV);
			CU_ASSERT_EQUAL(c.len, 30000 - k);
			CU_ASSERT_EQUAL(c.imm, 100 + k);
			CU_ASSERT_EQUAL(c.flags, WEFT_HAS_IMM | (k & 1 ? WEFT_SOLICITED : 0u));
			CU_ASSERT_EQUAL(memcmp(l.remote + k * 30000, l.local + k * 30000,
					       30000 - k), 0);
		}
		for (uint32_t k = 0; k < 8; k++)
			expect(&l, l.a, k, WEFT_OP_SEND);
		teardown(&l);
	}
}

static void write_imm__tells_when_all_is_there(void)
{
	for (size_t i = 0; i < NETS; i++) {
		struct weft_completion c;
		struct link l;

		open_net(&l, i);
		world_fill(l.local, SIZE, i + 300);
		CU_ASSERT_EQUAL(weft_recv(l.b, NULL, 0, 55), 0);
		CU_ASSERT_EQUAL(weft_write_imm(l.a, l.local, 100000, weft_mem_addr(l.mem),
					       weft_mem_key(l.mem), 4711, 1, 0), 0);
		CU_ASSERT_FATAL(world_completion(&l.w, weft_ep_cq(l.b), &c));
		CU_ASSERT_EQUAL(c.op, WEFT_OP_RECV_WRITE);
		CU_ASSERT_EQUAL(c.id, 55);
		CU_ASSERT_EQUAL(c.imm, 4711);
		CU_ASSERT_EQUAL(c.len, 100000);
		CU_ASSERT_EQUAL(memcmp(l.remote, l.local, 100000), 0);
		expect(&l, l.a, 1, WEFT_OP_WRITE);
		teardown(&l);
	}
}

static void atomics__give_the_old_value(void)
{
	for (size_t i = 0; i < NETS; i++) {
		struct weft_completion c;
		struct link l;
		uint64_t addr;

		open_net(&l, i);
		addr = weft_mem_addr(l.mem) + 64;
		CU_ASSERT_EQUAL(weft_fetch_add(l.a, addr, weft_mem_key(l.mem), 5, 0, 0), 0);
		CU_ASSERT_EQUAL(weft_fetch_add(l.a, addr, weft_mem_key(l.mem), 7, 1, 0), 0);
		CU_ASSERT_EQUAL(weft_compare_swap(l.a, addr, weft_mem_key(l.mem), 12, 99, 2, 0), 0);
		CU_ASSERT_EQUAL(weft_compare_swap(l.a, addr, weft_mem_key(l.mem), 12, 1, 3, 0), 0);
		for (uint64_t k = 0; k < 4; k++) {
			static const uint64_t old[] = { 0, 5, 12, 99 };

			CU_ASSERT_FATAL(world_completion(&l.w, weft_ep_cq(l.a), &c));
			CU_ASSERT_EQUAL(c.id, k);
			CU_ASSERT_EQUAL(c.op, WEFT_OP_ATOMIC);
			CU_ASSERT_EQUAL(c.value, old[k]);
		}
		CU_ASSERT_EQUAL(*(uint64_t *)(void *)(l.remote + 64), 99);
		teardown(&l);
	}
}

static void zero_length__completes(void)
{
	struct weft_completion c;
	struct link l;

	setup(&l, NULL, NULL, ALL);
	CU_ASSERT_EQUAL(weft_recv(l.b, NULL, 0, 1), 0);
	CU_ASSERT_EQUAL(weft_send(l.a, NULL, 0, 1, 0), 0);
	CU_ASSERT_EQUAL(weft_write(l.a, NULL, 0, weft_mem_addr(l.mem), weft_mem_key(l.mem), 2, 0),
			0);
	CU_ASSERT_EQUAL(weft_read(l.a, NULL, 0, weft_mem_addr(l.mem), weft_mem_key(l.mem), 3, 0),
			0);
	expect(&l, l.a, 1, WEFT_OP_SEND);
	expect(&l, l.a, 2, WEFT_OP_WRITE);
	expect(&l, l.a, 3, WEFT_OP_READ);
	CU_ASSERT_FATAL(world_completion(&l.w, weft_ep_cq(l.b), &c));
	CU_ASSERT_EQUAL(c.len, 0);
	teardown(&l);
}

WEFT_SUITE(t_data) {
	{ "write__arrives_equal", write__arrives_equal },
	{ "read__arrives_equal", read__arrives_equal },
	{ "send__fills_buffers_in_order", send__fills_buffers_in_order },
	{ "write_imm__tells_when_all_is_there", write_imm__tells_when_all_is_there },
	{ "atomics__give_the_old_value", atomics__give_the_old_value },
	{ "zero_length__completes", zero_length__completes },
};
