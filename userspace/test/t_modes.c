/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chips of different abilities: what is negotiated, and that both ends keep to it.  WEFT-MGT-005,
 * WEFT-MGT-010, WEFT-ACK-011.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define SERVICE WEFT_SERVE_USER
#define SIZE	(200u << 10)

struct ends {
	struct world w;
	struct weft_ep *a, *b;
	struct weft_mem *ma, *mb;
	uint8_t *at_a, *at_b, *local;
};

static void setup(struct ends *e, const char *query, const struct weft_port_opts *ao,
		  const struct weft_port_opts *bo)
{
	world_init(&e->w);
	world_open(&e->w, query, ao);
	world_open(&e->w, query, bo);
	e->at_a = calloc(1, SIZE);
	e->at_b = calloc(1, SIZE);
	e->local = calloc(1, SIZE);
	CU_ASSERT_EQUAL_FATAL(weft_reg(e->w.port[0], e->at_a, SIZE, 15, NULL, &e->ma), 0);
	CU_ASSERT_EQUAL_FATAL(weft_reg(e->w.port[1], e->at_b, SIZE, 7, NULL, &e->mb), 0);
}

static void teardown(struct ends *e)
{
	world_fini(&e->w);
	free(e->at_a);
	free(e->at_b);
	free(e->local);
}

static void complete(struct ends *e, struct weft_ep *ep)
{
	struct weft_completion c = { 0 };

	CU_ASSERT_FATAL(world_completion(&e->w, weft_ep_cq(ep), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
}

/* Everything, from one end to the memory of the other. */
static void exercise(struct ends *e, struct weft_ep *ep, struct weft_mem *m, uint8_t *remote)
{
	uint64_t addr = weft_mem_addr(m);
	uint32_t key = weft_mem_key(m);

	world_fill(e->local, SIZE, 11);
	CU_ASSERT_EQUAL(weft_write(ep, e->local, SIZE, addr, key, 1, 0), 0);
	complete(e, ep);
	CU_ASSERT_EQUAL(memcmp(e->local, remote, SIZE), 0);
	memset(e->local, 0, SIZE);
	CU_ASSERT_EQUAL(weft_read(ep, e->local, SIZE, addr, key, 2, 0), 0);
	complete(e, ep);
	CU_ASSERT_EQUAL(memcmp(e->local, remote, SIZE), 0);
	memset(remote, 0, 8);
	CU_ASSERT_EQUAL(weft_fetch_add(ep, addr, key, 41, 3, 0), 0);
	CU_ASSERT_EQUAL(weft_compare_swap(ep, addr, key, 41, 42, 4, WEFT_FENCE), 0);
	complete(e, ep);
	complete(e, ep);
	CU_ASSERT_EQUAL(remote[0], 42);
}

/* Issue line 6: ROD only, 1 KiB, window 64, against a chip that claims everything. */
static void simple_chip__with_one_that_claims_everything(void)
{
	static const struct weft_port_opts all = { .window = 4096, .paths = 8 };
	static const struct weft_port_opts simple = { .modes = WEFT_ROD, .max_payload = 1024,
						      .window = 64, .chip_class = WEFT_CHIP_NPU };
	static const char *const nets[] = { NULL, "loss=0.02&reorder=0.02&dup=0.02", "loss=0.2" };

	for (int turn = 0; turn < 6; turn++) {
		struct weft_context_info info;
		struct ends e;
		bool simple_asks = turn & 1;

		setup(&e, nets[turn / 2], simple_asks ? &simple : &all,
		      simple_asks ? &all : &simple);
		CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, NULL, NULL, &e.a, &e.b));
		exercise(&e, e.a, e.mb, e.at_b);
		exercise(&e, e.b, e.ma, e.at_a);
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(weft_contexts(e.w.port[i], &info, 1), 1);
			CU_ASSERT_EQUAL(info.mode, WEFT_ROD);
			CU_ASSERT_EQUAL(weft_counter(e.w.port[i], "drop_OVERSIZE"), 0);
			CU_ASSERT_EQUAL(weft_counter(e.w.port[i], "drop_WINDOW"), 0);
			/* What it was sent, written and read, came in packets of 1 KiB. */
			if (i == !simple_asks)
				CU_ASSERT(info.rx_packets >= 2 * SIZE / 1024);
		}
		teardown(&e);
	}
}

static void mode__chosen_and_forced(void)
{
	static const struct weft_port_opts both = { 0 }, rod = { .modes = WEFT_ROD };
	struct weft_ep_opts want = { .mode = WEFT_ROD };
	struct weft_context_info info[3];
	struct weft_ep_event ev;
	struct weft_ep *a, *b, *x;
	struct ends e;

	setup(&e, NULL, &both, &both);
	world_open(&e.w, NULL, &rod);
	CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, NULL, NULL, &a, &b));
	CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, &want, NULL, &a, &b));
	CU_ASSERT_EQUAL(weft_contexts(e.w.port[0], info, 3), 2);
	CU_ASSERT_EQUAL(info[0].mode | info[1].mode, WEFT_RUD | WEFT_ROD);
	CU_ASSERT_NOT_EQUAL(info[0].id, info[1].id);
	/* The other does not claim it: said when its HELLO is there ... */
	want.mode = WEFT_RUD;
	CU_ASSERT_EQUAL(weft_connect(e.w.port[0], weft_port_addr(e.w.port[2]), SERVICE, &want, &x),
			0);
	CU_ASSERT_FATAL(world_event(&e.w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(x), "none in common"));
	weft_ep_destroy(x);
	/* ... or at once, if it is known. */
	CU_ASSERT_EQUAL(weft_connect(e.w.port[0], weft_port_addr(e.w.port[2]), SERVICE, &want, &x),
			-EPROTONOSUPPORT);
	CU_ASSERT_PTR_NULL(x);
	teardown(&e);
}

static void domains__are_apart(void)
{
	static const struct weft_port_opts any = { .any_domain = 1 }, one = { .domain = 5 };
	struct weft_ep_opts five = { .domain = 5, .domain_given = 1 };
	struct weft_ep_opts six = { .domain = 6, .domain_given = 1 };
	struct weft_mem_opts mem6 = { .domain = 6, .domain_given = 1 };
	struct weft_completion c;
	struct weft_ep_event ev;
	struct weft_ep *a, *b, *x;
	struct weft_mem *m;
	struct ends e;

	setup(&e, NULL, &any, &one);
	world_open(&e.w, NULL, &any);
	CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, &five, NULL, &a, &b));
	CU_ASSERT_EQUAL(weft_ep_domain(a), 5);
	CU_ASSERT_EQUAL(weft_ep_domain(b), 5);
	/* A chip of one domain takes no context of another. */
	CU_ASSERT_EQUAL(weft_connect(e.w.port[0], weft_port_addr(e.w.port[1]), SERVICE, &six, &x),
			0);
	CU_ASSERT_FATAL(world_event(&e.w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_EQUAL(ev.status, WEFT_ST_BAD_DOMAIN);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(x), "does not serve domain 6"));
	CU_ASSERT(weft_counter(e.w.port[1], "drop_DOMAIN") > 0);
	/* A chip of all domains keeps them apart by its keys. */
	CU_ASSERT_FATAL(world_connect(&e.w, 0, 2, SERVICE, &five, NULL, &a, &b));
	CU_ASSERT_EQUAL(weft_reg(e.w.port[2], e.local, 100, 15, &mem6, &m), 0);
	CU_ASSERT_EQUAL(weft_write(a, "x", 1, weft_mem_addr(m), weft_mem_key(m), 1, 0), 0);
	CU_ASSERT_FATAL(world_completion(&e.w, weft_ep_cq(a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_BAD_DOMAIN);
	CU_ASSERT_FATAL(world_connect(&e.w, 0, 2, SERVICE, &six, NULL, &a, &b));
	CU_ASSERT_EQUAL(weft_write(a, "x", 1, weft_mem_addr(m), weft_mem_key(m), 1, 0), 0);
	complete(&e, a);
	CU_ASSERT_EQUAL(e.local[0], 'x');
	teardown(&e);
}

/* Without room to hold packets before their turn, strict memory still gets them all in order. */
static void strict_memory__without_holds(void)
{
	static const struct weft_port_opts none = { .holds = WEFT_NO_HOLDS }, few = { .holds = 2 };

	for (int i = 0; i < 2; i++) {
		struct ends e;

		setup(&e, "loss=0.05&reorder=0.2", i ? &few : &none, i ? &few : &none);
		CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, NULL, NULL, &e.a, &e.b));
		exercise(&e, e.a, e.mb, e.at_b);
		CU_ASSERT(weft_counter(e.w.port[1], "drop_NO_HOLD") > 0);
		teardown(&e);
	}
}

struct watch {
	uint8_t *remote;
	uint32_t len, seen;
	bool wrong;
};

/* What is visible is a prefix: no byte before those earlier in the message.  WEFT-SEM-004. */
static bool look(void *arg)
{
	struct watch *x = arg;

	while (x->seen < x->len && x->remote[x->seen])
		x->seen++;
	for (uint32_t i = x->seen; i < x->len; i++)
		x->wrong |= x->remote[i] != 0;
	return x->wrong || x->seen == x->len;
}

static void strict_memory__appears_in_order(void)
{
	struct weft_port_opts small = { .max_payload = 256 };
	struct watch x = { .len = SIZE / 8 };
	struct ends e;

	setup(&e, "loss=0.02&reorder=0.2&dup=0.1", NULL, &small);
	memset(e.local, 0xff, SIZE);
	x.remote = e.at_b;
	CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, NULL, NULL, &e.a, &e.b));
	for (uint32_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(weft_write(e.a, e.local, SIZE / 64,
					   weft_mem_addr(e.mb) + i * SIZE / 64,
					   weft_mem_key(e.mb), i, 0), 0);
	CU_ASSERT(world_until(&e.w, 60 * WEFT_SECOND, look, &x));
	CU_ASSERT_FALSE(x.wrong);
	CU_ASSERT(weft_counter(e.w.port[1], "rx_held") > 0);
	teardown(&e);
}

/* Every congestion law and rule of path choice by its name, between ends that need not agree. */
static void laws__by_name_on_a_bad_network(void)
{
	static const char *const laws[] = { "swift", "nscc", "dcqcn", "credit", "fixed" };
	static const char *const path_laws[] = { "oblivious", "least-marked", "recycled" };

	for (int i = 0; i < 10; i++) {
		struct weft_port_opts ao = { .cc = laws[i % 5], .path_law = path_laws[i % 3],
					     .paths = 8, .link_mbps = i < 5 ? 10000 : 0 };
		struct weft_port_opts bo = { .cc = laws[(i + i / 5) % 5], .paths = 8,
					     .link_mbps = 10000 };
		struct ends e;

		setup(&e, i & 1 ? "loss=0.02&reorder=0.02&dup=0.02" : NULL, &ao, &bo);
		CU_ASSERT_FATAL(world_connect(&e.w, 0, 1, SERVICE, NULL, NULL, &e.a, &e.b));
		exercise(&e, e.a, e.mb, e.at_b);
		exercise(&e, e.b, e.ma, e.at_a);
		teardown(&e);
	}
}

WEFT_SUITE(t_modes) {
	{ "laws__by_name_on_a_bad_network", laws__by_name_on_a_bad_network },
	{ "simple_chip__with_one_that_claims_everything",
	  simple_chip__with_one_that_claims_everything },
	{ "mode__chosen_and_forced", mode__chosen_and_forced },
	{ "domains__are_apart", domains__are_apart },
	{ "strict_memory__without_holds", strict_memory__without_holds },
	{ "strict_memory__appears_in_order", strict_memory__appears_in_order },
};
