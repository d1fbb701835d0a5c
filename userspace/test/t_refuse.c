/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals: an access that may not be is refused with the right status, changes no byte, and fails
 * its endpoint only.  WEFT-MEM-001 to -008, WEFT-SEM-007, -021, -023, -024.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"
#include "userspace/test/world.h"

#define LEN 20000u

struct two {			/* endpoints on one context: one to be refused, one to go on */
	struct world w;
	struct weft_ep *a, *b;		/* to be refused */
	struct weft_ep *a2, *b2;	/* bystanders */
	struct weft_mem *mem, *other;
	uint8_t bytes[LEN], before[LEN], local[LEN];
};

static struct two *setup(const char *query)
{
	struct two *t = calloc(1, sizeof(*t));
	struct weft_ep_opts pd1 = { .pd = 1 };

	world_init(&t->w);
	world_open(&t->w, query, NULL);
	world_open(&t->w, query, NULL);
	world_fill(t->bytes, LEN, 1);
	world_fill(t->local, LEN, 2);
	memcpy(t->before, t->bytes, LEN);
	CU_ASSERT_FATAL(world_connect(&t->w, 0, 1, WEFT_SERVE_USER, NULL, &pd1, &t->a, &t->b));
	CU_ASSERT_FATAL(world_connect(&t->w, 0, 1, WEFT_SERVE_USER, NULL, &pd1, &t->a2, &t->b2));
	CU_ASSERT_EQUAL(weft_ep_context(t->a), weft_ep_context(t->a2));
	return t;
}

static void teardown(struct two *t)
{
	world_fini(&t->w);
	free(t);
}

static void bystander_goes_on(struct two *t)
{
	struct weft_completion c = { 0 };
	struct weft_mem *m;
	uint8_t to[100] = { 0 };

	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], to, sizeof(to), WEFT_REMOTE_WRITE, NULL, &m),
			      0);
	CU_ASSERT_EQUAL(weft_write(t->a2, t->local, sizeof(to), weft_mem_addr(m), weft_mem_key(m),
				   42, 0), 0);
	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a2), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	CU_ASSERT_EQUAL(memcmp(to, t->local, sizeof(to)), 0);
	CU_ASSERT_EQUAL(weft_ep_status(t->a2), WEFT_EP_IS_CONNECTED);
	CU_ASSERT_EQUAL(weft_ep_status(t->b2), WEFT_EP_IS_CONNECTED);
	weft_dereg(m);
}

#define BIG (8u << 20)

/* The posted operation is refused with st; the next one is flushed; both ends hear of it. */
static void expect_refused(struct two *t, unsigned st)
{
	struct weft_completion c = { 0 };
	struct weft_ep_event ev = { 0 };

	CU_ASSERT_EQUAL(weft_write(t->a, NULL, 0, 0, 0, 8, 0), 0);
	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
	CU_ASSERT_EQUAL(c.status, st);
	if (c.status != st)
		fprintf(stderr, "status %s, not %s\n", weft_st_name(c.status), weft_st_name(st));
	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
	CU_ASSERT_EQUAL(c.id, 8);
	CU_ASSERT_EQUAL(c.status, WEFT_ST_FLUSHED);
	CU_ASSERT_EQUAL(weft_ep_status(t->a), WEFT_EP_IS_FAILED);
	CU_ASSERT_EQUAL(weft_ep_failure(t->a), st);
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(t->a), weft_st_name(st)));
	CU_ASSERT_PTR_NOT_NULL(strstr(weft_ep_error_text(t->a), weft_ep_addr(t->a)));
	CU_ASSERT_FATAL(world_event(&t->w, 0, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_PTR_EQUAL(ev.ep, t->a);
	CU_ASSERT_EQUAL(ev.status, st);
	CU_ASSERT_FATAL(world_event(&t->w, 1, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_PTR_EQUAL(ev.ep, t->b);
	CU_ASSERT_EQUAL(weft_write(t->a, NULL, 0, 0, 0, 9, 0), -ENOTCONN);
	CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
	bystander_goes_on(t);
}

enum kind { K_WRITE, K_READ, K_ADD, K_SWAP };

static int post(struct two *t, enum kind k, uint64_t addr, uint32_t key, uint32_t len)
{
	/* Past the library's own checks, as a peer with other manners might send it. */
	struct weft_wr wr = { .addr = addr, .rkey = key, .len = len, .local = (uintptr_t)t->local };

	switch (k) {
	case K_WRITE:
		wr.opcode = WEFT_OPCODE_WRITE;
		break;
	case K_READ:
		wr.opcode = WEFT_OPCODE_READ;
		break;
	case K_ADD:
	case K_SWAP:
		wr.opcode = WEFT_OPCODE_ATOMIC;
		wr.aop = k == K_ADD ? WEFT_AOP_FADD : WEFT_AOP_CAS;
		wr.len = 8;
		break;
	}
	return weftu_post(t->a, &wr, (uint8_t)wr.opcode, 7, 0, NULL, NULL);
}

static const struct {
	const char *why;
	enum kind kind;
	unsigned rights;
	int64_t off;
	uint32_t len;
	uint32_t key_xor;
	unsigned st;
} rows[] = {
	{ "one byte past the end", K_WRITE, WEFT_REMOTE_WRITE, 1, LEN, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "only the tail leaves", K_WRITE, WEFT_REMOTE_WRITE, 100, LEN, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "begins before", K_WRITE, WEFT_REMOTE_WRITE, -1, 10, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "begins at the end", K_WRITE, WEFT_REMOTE_WRITE, LEN, 1, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "far away", K_WRITE, WEFT_REMOTE_WRITE, INT64_MIN, 1, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "reads past the end", K_READ, WEFT_REMOTE_READ, 1, LEN, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "adds past the end", K_ADD, WEFT_REMOTE_ATOMIC, LEN, 8, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "swaps past the end", K_SWAP, WEFT_REMOTE_ATOMIC, LEN, 8, 0, WEFT_ST_OUT_OF_BOUNDS },
	{ "write to read-only", K_WRITE, WEFT_REMOTE_READ, 0, 10, 0, WEFT_ST_NO_RIGHTS },
	{ "empty write to read-only", K_WRITE, WEFT_REMOTE_READ, 0, 0, 0, WEFT_ST_NO_RIGHTS },
	{ "read of write-only", K_READ, WEFT_REMOTE_WRITE, 0, 10, 0, WEFT_ST_NO_RIGHTS },
	{ "empty read of write-only", K_READ, WEFT_REMOTE_WRITE, 0, 0, 0, WEFT_ST_NO_RIGHTS },
	{ "atomic without the right", K_ADD, WEFT_REMOTE_WRITE | WEFT_REMOTE_READ, 0, 8, 0,
	  WEFT_ST_NO_RIGHTS },
	{ "a key that is none", K_WRITE, WEFT_REMOTE_WRITE, 0, 10, 0x10, WEFT_ST_BAD_KEY },
	{ "a key that is none", K_READ, WEFT_REMOTE_READ, 0, 10, 0x80000000, WEFT_ST_BAD_KEY },
	{ "a key that is none", K_ADD, WEFT_REMOTE_ATOMIC, 0, 8, 1, WEFT_ST_BAD_KEY },
	{ "misaligned", K_ADD, WEFT_REMOTE_ATOMIC, 4, 8, 0, WEFT_ST_MISALIGNED },
	{ "misaligned", K_SWAP, WEFT_REMOTE_ATOMIC, 1, 8, 0, WEFT_ST_MISALIGNED },
};

static void refuse_rows(const char *query)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct two *t = setup(query);
		uint64_t addr;

		CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, rows[i].rights, NULL,
					       &t->mem), 0);
		addr = weft_mem_addr(t->mem) + (uint64_t)rows[i].off;
		CU_ASSERT_EQUAL(post(t, rows[i].kind, addr, weft_mem_key(t->mem) ^ rows[i].key_xor,
				     rows[i].len), 0);
		if (!weft_ep_send_room(t->a))
			fprintf(stderr, "row %s\n", rows[i].why);
		expect_refused(t, rows[i].st);
		teardown(t);
	}
}

static void access__refused_with_the_right_status(void)
{
	refuse_rows(NULL);
}

static void access__refused_over_a_bad_network(void)
{
	refuse_rows("loss=0.1&reorder=0.1&dup=0.1");
}

static void key__of_another_pd_or_domain(void)
{
	static const struct weft_mem_opts o[] = {
		{ .pd = 2 },
		{ .domain = 77, .domain_given = 1 },
		{ .domain = 77, .domain_given = 1, .pd = 1 },
	};

	for (size_t i = 0; i < 3; i++) {
		struct two *t = setup(NULL);

		CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, 15, &o[i], &t->mem), 0);
		CU_ASSERT_EQUAL(post(t, (enum kind)(i % 3), weft_mem_addr(t->mem),
				     weft_mem_key(t->mem), 8), 0);
		expect_refused(t, WEFT_ST_BAD_DOMAIN);
		teardown(t);
	}
}

static void key__dead_is_refused(void)
{
	for (int k = 0; k < 4; k++) {
		struct two *t = setup(NULL);
		uint32_t key;

		CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, 15, NULL, &t->mem), 0);
		key = weft_mem_key(t->mem);
		weft_dereg(t->mem);
		CU_ASSERT_EQUAL(post(t, (enum kind)k, (uintptr_t)t->bytes, key, 8), 0);
		expect_refused(t, WEFT_ST_BAD_KEY);
		teardown(t);
	}
}

/*
 * The server leaves as soon as it hears of its refusal, and frees what it had: the peer learns the
 * refusal's status all the same, and nothing of the endpoint stays behind.
 */
static void leave_at_once(const char *query, void (*leave)(struct two *t))
{
	struct two *t = setup(query);
	struct weft_completion c = { 0 };
	struct weft_ep_event ev = { 0 };
	uint8_t *mine = calloc(1, BIG);
	struct weft_mem *m;

	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, 15, NULL, &t->mem), 0);
	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[0], t->local, LEN, 15, NULL, &m), 0);
	CU_ASSERT_EQUAL(weft_write(t->b, mine, LEN, weft_mem_addr(m), weft_mem_key(m), 1, 0), 0);
	CU_ASSERT_EQUAL(post(t, K_WRITE, weft_mem_addr(t->mem) + 1, weft_mem_key(t->mem), LEN), 0);
	CU_ASSERT_FATAL(world_event(&t->w, 1, &ev));
	CU_ASSERT_EQUAL(ev.kind, WEFT_EP_FAILED);
	CU_ASSERT_PTR_EQUAL(ev.ep, t->b);
	leave(t);
	free(mine);
	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(weft_ep_failure(t->a), WEFT_ST_OUT_OF_BOUNDS);
	CU_ASSERT_EQUAL(memcmp(t->bytes, t->before, LEN), 0);
	if (t->w.port[1]) {
		bystander_goes_on(t);
		world_run(&t->w, WEFT_SECOND / 4);
		CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "endpoints"), 1);
	}
	teardown(t);
}

static void leave_destroy(struct two *t)
{
	weft_ep_destroy(t->b);
}

static void leave_disconnect(struct two *t)
{
	weft_disconnect(t->b);
	weft_disconnect(t->b);
	world_turn(&t->w);
	weft_ep_destroy(t->b);
}

static void refuser__leaves_at_once(void)
{
	leave_at_once(NULL, leave_destroy);
	leave_at_once(NULL, leave_disconnect);
}

static void refuser__leaves_at_once_over_a_bad_network(void)
{
	for (int i = 0; i < 10; i++) {
		leave_at_once("loss=0.1&reorder=0.1&dup=0.1", leave_destroy);
		leave_at_once("loss=0.1&reorder=0.1&dup=0.1", leave_disconnect);
	}
}

/* The peer does not answer: that keeps nothing of the endpoint. */
static void refuser__leaves_a_silent_peer(void)
{
	struct two *t = setup(NULL);
	struct weft_ep_event ev = { 0 };

	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, 15, NULL, &t->mem), 0);
	CU_ASSERT_EQUAL(post(t, K_WRITE, weft_mem_addr(t->mem) + 1, weft_mem_key(t->mem), LEN), 0);
	CU_ASSERT_FATAL(world_event(&t->w, 1, &ev));
	t->w.frozen[0] = true;
	CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "endpoints"), 2);
	weft_ep_destroy(t->b);
	CU_ASSERT_EQUAL(weft_counter(t->w.port[1], "endpoints"), 1);
	teardown(t);
}


/* Memory is withdrawn while a transfer is in the middle of it, and freed at once: nothing touches
 * it any more (the address sanitizer watches), and the operation is refused.  WEFT-MEM-006. */
static void withdraw_during(enum kind k, unsigned rights)
{
	struct two *t = setup("loss=0.02&reorder=0.1");
	uint8_t *here = calloc(1, BIG), *there = calloc(1, BIG);
	struct weft_completion c = { 0 };
	uint32_t key;
	uint64_t addr;

	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], there, BIG, rights, NULL, &t->mem), 0);
	key = weft_mem_key(t->mem);
	addr = weft_mem_addr(t->mem);
	CU_ASSERT_EQUAL(k == K_WRITE ? weft_write(t->a, here, BIG, addr, key, 7, 0) :
			weft_read(t->a, here, BIG, addr, key, 7, 0), 0);
	for (int i = 0; i < 12; i++)
		world_turn(&t->w);
	CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(t->a), &c, 1), 0);	/* still under way */
	weft_dereg(t->mem);
	free(there);
	CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(t->a), &c));
	CU_ASSERT_EQUAL(c.status, WEFT_ST_BAD_KEY);
	CU_ASSERT_EQUAL(weft_ep_status(t->a), WEFT_EP_IS_FAILED);
	if (k == K_READ)
		CU_ASSERT(weft_counter(t->w.port[1], "reads_withdrawn") > 0);
	bystander_goes_on(t);
	teardown(t);
	free(here);
}

static void dereg__in_the_middle_of_a_write(void)
{
	withdraw_during(K_WRITE, WEFT_REMOTE_WRITE);
	withdraw_during(K_WRITE, WEFT_REMOTE_WRITE | WEFT_RELAXED);
}

static void dereg__in_the_middle_of_a_read(void)
{
	withdraw_during(K_READ, WEFT_REMOTE_READ);
}

/* More READs than agreed are kept back here, not refused there. */
static void reads__limited_by_agreement(void)
{
	struct two *t = setup(NULL);
	struct weft_ep_opts few = { .window = 4, .reads = 1, .pd = 1 };
	struct weft_completion c;
	struct weft_ep *a, *b;

	CU_ASSERT_FATAL(world_connect(&t->w, 0, 1, WEFT_SERVE_USER, NULL, &few, &a, &b));
	CU_ASSERT_EQUAL_FATAL(weft_reg(t->w.port[1], t->bytes, LEN, 15, NULL, &t->mem), 0);
	for (uint64_t i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(weft_read(a, t->local, 100, weft_mem_addr(t->mem),
					  weft_mem_key(t->mem), i, 0), 0);
	for (uint64_t i = 0; i < 64; i++) {
		CU_ASSERT_FATAL(world_completion(&t->w, weft_ep_cq(a), &c));
		CU_ASSERT_EQUAL(c.id, i);
		CU_ASSERT_EQUAL(c.status, WEFT_ST_OK);
	}
	CU_ASSERT_EQUAL(memcmp(t->local, t->bytes, 100), 0);
	teardown(t);
}

WEFT_SUITE(t_refuse) {
	{ "access__refused_with_the_right_status", access__refused_with_the_right_status },
	{ "access__refused_over_a_bad_network", access__refused_over_a_bad_network },
	{ "key__of_another_pd_or_domain", key__of_another_pd_or_domain },
	{ "key__dead_is_refused", key__dead_is_refused },
	{ "dereg__in_the_middle_of_a_write", dereg__in_the_middle_of_a_write },
	{ "dereg__in_the_middle_of_a_read", dereg__in_the_middle_of_a_read },
	{ "refuser__leaves_at_once", refuser__leaves_at_once },
	{ "refuser__leaves_at_once_over_a_bad_network",
	  refuser__leaves_at_once_over_a_bad_network },
	{ "refuser__leaves_a_silent_peer", refuser__leaves_a_silent_peer },
	{ "reads__limited_by_agreement", reads__limited_by_agreement },
};
