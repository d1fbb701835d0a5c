/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each operation beyond SEND, WRITE and READ: atomics of all kinds, REDUCE, FLUSH, signals, SEND
 * with invalidate, draining; through UDP on the loopback, and through a terrible network.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define SIZE (96u << 10)
#define RIGHTS (WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC)

struct pair {
	struct weft_port *port[2];
	struct world w;			/* if in a world, not on UDP */
	bool udp;
	struct weft_ep *a, *b;
	struct weft_mem *mem;		/* of b */
	uint8_t *remote, *local;
};

static void turn(struct pair *p)
{
	if (p->udp) {
		weft_progress(p->port[0]);
		weft_progress(p->port[1]);
	} else {
		world_turn(&p->w);
	}
}

static bool completion(struct pair *p, struct weft_ep *ep, struct weft_completion *c)
{
	for (int i = 0; i < 5000000; i++) {
		if (weft_cq_poll(weft_ep_cq(ep), c, 1) == 1)
			return true;
		turn(p);
	}
	return false;
}

static bool event(struct pair *p, int port, struct weft_ep_event *ev)
{
	for (int i = 0; i < 5000000; i++) {
		if (weft_next_event(p->port[port], ev))
			return true;
		turn(p);
	}
	return false;
}

static void connect_udp(struct pair *p)
{
	struct weft_ep_event ev;
	char err[WEFT_ERROR_MAX];

	for (int i = 0; i < 2; i++)
		if (weft_open("udp:127.0.0.1:0", NULL, &p->port[i], err, sizeof(err))) {
			fprintf(stderr, "%s\n", err);
			CU_FAIL_FATAL("no port");
		}
	CU_ASSERT_EQUAL_FATAL(weft_listen(p->port[1], WEFT_SERVE_USER, NULL, 0), 0);
	CU_ASSERT_EQUAL_FATAL(weft_connect(p->port[0], weft_port_addr(p->port[1]),
					   WEFT_SERVE_USER, NULL, &p->a), 0);
	CU_ASSERT_FATAL(event(p, 1, &ev) && ev.kind == WEFT_EP_REQUESTED);
	CU_ASSERT_EQUAL_FATAL(weft_accept(ev.request, NULL, &p->b), 0);
	CU_ASSERT_FATAL(event(p, 0, &ev) && ev.kind == WEFT_EP_CONNECTED);
}

/* net 0: UDP; 1, 2: a network of the test's, from terrible to ordered. */
static void setup(struct pair *p, int net, unsigned rights)
{
	struct weft_port_opts o = { .modes = net == 2 ? WEFT_ROD : 0 };
	const char *query = net == 1 ? "loss=0.1&reorder=0.2&dup=0.2" : "loss=0.02&dup=0.1";

	memset(p, 0, sizeof(*p));
	p->udp = net == 0;
	if (p->udp) {
		connect_udp(p);
	} else {
		world_init(&p->w);
		p->port[0] = world_open(&p->w, query, &o);
		p->port[1] = world_open(&p->w, query, &o);
		CU_ASSERT_FATAL(world_connect(&p->w, 0, 1, WEFT_SERVE_USER, NULL, NULL, &p->a,
					      &p->b));
	}
	p->remote = aligned_alloc(64, SIZE);
	p->local = aligned_alloc(64, SIZE);
	world_fill(p->remote, SIZE, weft_test_seed);
	world_fill(p->local, SIZE, weft_test_seed + 1);
	CU_ASSERT_EQUAL_FATAL(weft_reg(p->port[1], p->remote, SIZE, rights, NULL, &p->mem), 0);
}

static void teardown(struct pair *p)
{
	if (p->udp) {
		weft_ep_destroy(p->a);
		weft_ep_destroy(p->b);
		weft_dereg(p->mem);
		weft_close(p->port[0]);
		weft_close(p->port[1]);
	} else {
		world_fini(&p->w);
	}
	free(p->remote);
	free(p->local);
}

static void expect(struct pair *p, struct weft_ep *ep, uint64_t id, unsigned op, unsigned status)
{
	struct weft_completion c = { 0 };

	CU_ASSERT_FATAL(completion(p, ep, &c));
	CU_ASSERT(c.id == id && c.op == op);
	CU_ASSERT_EQUAL(c.status, status);
}

#define FOR_EACH_NET(p, rights)							\
	for (int net_ = 0; net_ < 3; net_++)					\
		for (bool once_ = (setup(p, net_, rights), true); once_;	\
		     once_ = false, teardown(p))

/* WEFT-MEM-010, WEFT-MEM-007, WEFT-SEM-042 */
static void atomic__every_operation_and_width(void)
{
	struct pair p;

	FOR_EACH_NET(&p, RIGHTS) {
		uint64_t x = weft_test_seed;

		for (uint64_t i = 0; i < 120; i++) {
			struct weft_word w = { .op = (uint8_t)(1 + i % 10),
				.width = (uint8_t)(1u << i / 10 % 4), .masked = i % 3 == 0,
				.operand = world_random(&x), .compare = world_random(&x),
				.operand_mask = world_random(&x),
				.compare_mask = world_random(&x) & world_random(&x) };
			uint64_t off = (i % 16) * 8 + (8 - w.width), old = 0, next = 0, new;
			struct weft_completion c = { 0 };
			uint8_t before[SIZE / 64];

			memcpy(before, p.remote, sizeof(before));
			memcpy(&old, p.remote + off, w.width);
			if (w.op == WEFT_WORD_COMPARE_SWAP && i % 4)
				w.compare = old;
			CU_ASSERT_EQUAL(weft_atomic(p.a, &w, weft_mem_addr(p.mem) + off,
						    weft_mem_key(p.mem), i, 0), 0);
			CU_ASSERT_FATAL(completion(&p, p.a, &c));
			CU_ASSERT(c.status == WEFT_ST_OK && c.value == old && c.id == i);
			memcpy(&next, p.remote + off, w.width);
			new = w.operand & (w.width == 8 ? ~0ull : (1ull << 8 * w.width) - 1);
			if (w.op == WEFT_WORD_SWAP && !w.masked)
				CU_ASSERT_EQUAL(next, new);
			if (w.op == WEFT_WORD_XOR && !w.masked)
				CU_ASSERT_EQUAL(next, old ^ new);
			if (w.masked)
				CU_ASSERT_EQUAL((next ^ old) & ~w.operand_mask, 0);
			memcpy(before + off, p.remote + off, w.width);
			CU_ASSERT_EQUAL(memcmp(before, p.remote, sizeof(before)), 0);
		}
	}
}

/* WEFT-SEM-053 */
static void reduce__exact(void)
{
	static const struct { unsigned op, type; } kinds[] = {
		{ WEFT_RED_SUM, WEFT_TYPE_F32 }, { WEFT_RED_MAX, WEFT_TYPE_I32 },
		{ WEFT_RED_XOR, WEFT_TYPE_U8 }, { WEFT_RED_SUM, WEFT_TYPE_I64 },
		{ WEFT_RED_MIN, WEFT_TYPE_F16 }, { WEFT_RED_SUM, WEFT_TYPE_BF16 },
		{ WEFT_RED_SUM, WEFT_TYPE_F64 },
	};
	struct pair p;

	for (int relaxed = 0; relaxed < 2; relaxed++) {
		FOR_EACH_NET(&p, RIGHTS | (relaxed ? WEFT_RELAXED : 0)) {
			uint8_t *model = malloc(SIZE);

			memcpy(model, p.remote, SIZE);
			for (uint64_t k = 0; k < 7; k++) {
				weft_combine(kinds[k].op, kinds[k].type, model + 64, p.local,
					     50000);
				CU_ASSERT_EQUAL(weft_reduce(p.a, p.local, 50000, kinds[k].op,
						kinds[k].type, weft_mem_addr(p.mem) + 64,
						weft_mem_key(p.mem), NULL, k, 0), 0);
			}
			for (uint64_t k = 0; k < 7; k++)
				expect(&p, p.a, k, WEFT_OP_REDUCE, WEFT_ST_OK);
			CU_ASSERT_EQUAL(memcmp(model, p.remote, SIZE), 0);
			free(model);
		}
	}
}

/* WEFT-MEM-003: a refused one changes nothing. */
static void reduce__refused(void)
{
	struct pair p;
	uint8_t *before = malloc(SIZE);

	FOR_EACH_NET(&p, WEFT_REMOTE_READ | WEFT_REMOTE_ATOMIC) {
		memcpy(before, p.remote, SIZE);
		CU_ASSERT_EQUAL(weft_reduce(p.a, p.local, 9000, WEFT_RED_SUM, WEFT_TYPE_U8,
					    weft_mem_addr(p.mem), weft_mem_key(p.mem), NULL, 1, 0),
				0);
		expect(&p, p.a, 1, WEFT_OP_REDUCE, WEFT_ST_NO_RIGHTS);
		CU_ASSERT_EQUAL(memcmp(before, p.remote, SIZE), 0);
	}
	free(before);
}

/* WEFT-SEM-055, WEFT-SEM-056, WEFT-SEM-057 */
static void flush__levels(void)
{
	struct pair p;

	FOR_EACH_NET(&p, RIGHTS) {
		uint64_t addr = weft_mem_addr(p.mem);
		uint32_t key = weft_mem_key(p.mem);

		CU_ASSERT_EQUAL(weft_write(p.a, p.local, 30000, addr, key, 1, 0), 0);
		CU_ASSERT_EQUAL(weft_flush(p.a, addr, 30000, key, WEFT_FLUSH_TO_PLACED, 2, 0), 0);
		CU_ASSERT_EQUAL(weft_flush(p.a, 0, 0, key, WEFT_FLUSH_TO_VISIBLE, 3, 0), 0);
		expect(&p, p.a, 1, WEFT_OP_WRITE, WEFT_ST_OK);
		expect(&p, p.a, 2, WEFT_OP_FLUSH, WEFT_ST_OK);
		CU_ASSERT_EQUAL(memcmp(p.remote, p.local, 30000), 0);
		expect(&p, p.a, 3, WEFT_OP_FLUSH, WEFT_ST_OK);
		CU_ASSERT_EQUAL(weft_flush(p.a, addr, 1, key, 4, 4, 0), -EINVAL);
		CU_ASSERT_EQUAL(weft_flush(p.a, addr, 1, key, WEFT_FLUSH_TO_DURABLE, 4, 0),
				-EOPNOTSUPP);		/* not by this host */
	}
}

/* WEFT-SEM-060, WEFT-SEM-061 */
static void signal__after_the_data(void)
{
	struct pair p;

	FOR_EACH_NET(&p, RIGHTS) {
		uint64_t addr = weft_mem_addr(p.mem), was, now;
		uint32_t key = weft_mem_key(p.mem);
		struct weft_signal_word sig = { .addr = addr + SIZE - 8, .key = key, .value = 7 };

		memcpy(&was, p.remote + SIZE - 8, 8);
		for (uint64_t k = 0; k < 10; k++)
			CU_ASSERT_EQUAL(weft_write_signal(p.a, p.local, 20000, addr, key, &sig, k,
							  0), 0);
		CU_ASSERT_EQUAL(weft_reduce(p.a, p.local, 8, WEFT_RED_XOR, WEFT_TYPE_U8, addr, key,
					    &sig, 10, 0), 0);
		CU_ASSERT_EQUAL(weft_recv(p.b, p.local + 40000, 64, 1), 0);
		CU_ASSERT_EQUAL(weft_send_signal(p.a, p.local, 64, &sig, 11, 0), 0);
		for (uint64_t k = 0; k < 12; k++)
			expect(&p, p.a, k, k < 10 ? WEFT_OP_WRITE : k == 10 ? WEFT_OP_REDUCE :
			       WEFT_OP_SEND, WEFT_ST_OK);
		memcpy(&now, p.remote + SIZE - 8, 8);
		CU_ASSERT_EQUAL(now - was, 12 * 7);
		CU_ASSERT_EQUAL(memcmp(p.remote, "\0\0\0\0\0\0\0\0", 8), 0);
		CU_ASSERT_EQUAL(memcmp(p.remote + 8, p.local + 8, 20000 - 8), 0);
		sig.addr += 4;
		CU_ASSERT_EQUAL(weft_send_signal(p.a, p.local, 64, &sig, 12, 0), -EINVAL);
	}
}

/* WEFT-SEM-063: what was placed stays, nothing is counted. */
static void signal__refused(void)
{
	struct pair p;

	FOR_EACH_NET(&p, WEFT_REMOTE_WRITE) {
		struct weft_signal_word sig = { .addr = weft_mem_addr(p.mem) + 32768,
			.key = weft_mem_key(p.mem), .value = 1 };
		uint8_t before[8];

		memcpy(before, p.remote + 32768, 8);
		CU_ASSERT_EQUAL(weft_write_signal(p.a, p.local, 16, weft_mem_addr(p.mem),
						  sig.key, &sig, 1, 0), 0);
		expect(&p, p.a, 1, WEFT_OP_WRITE, WEFT_ST_NO_RIGHTS);
		CU_ASSERT_EQUAL(memcmp(before, p.remote + 32768, 8), 0);
	}
}

/* WEFT-SEM-065 */
static void send_invalidate__the_key_is_dead(void)
{
	struct pair p;

	FOR_EACH_NET(&p, RIGHTS | WEFT_REMOTE_INVALIDATE) {
		uint32_t key = weft_mem_key(p.mem);
		struct weft_completion c = { 0 };
		uint8_t before[64];

		CU_ASSERT_EQUAL(weft_recv(p.b, p.local + 40000, 64, 1), 0);
		CU_ASSERT(weft_mem_alive(p.mem));
		CU_ASSERT_EQUAL(weft_send_invalidate(p.a, p.local, 64, key, 1, 0), 0);
		expect(&p, p.a, 1, WEFT_OP_SEND, WEFT_ST_OK);
		CU_ASSERT_FATAL(completion(&p, p.b, &c));
		CU_ASSERT(c.flags == WEFT_INVALIDATED && c.imm == key && c.op == WEFT_OP_RECV);
		CU_ASSERT(!weft_mem_alive(p.mem));
		memcpy(before, p.remote, 64);
		CU_ASSERT_EQUAL(weft_write(p.a, p.local, 64, weft_mem_addr(p.mem), key, 2, 0), 0);
		expect(&p, p.a, 2, WEFT_OP_WRITE, WEFT_ST_BAD_KEY);
		CU_ASSERT_EQUAL(memcmp(before, p.remote, 64), 0);
	}
	FOR_EACH_NET(&p, RIGHTS) {
		CU_ASSERT_EQUAL(weft_recv(p.b, p.local + 40000, 64, 1), 0);
		CU_ASSERT_EQUAL(weft_send_invalidate(p.a, p.local, 64, weft_mem_key(p.mem), 1, 0),
				0);
		expect(&p, p.a, 1, WEFT_OP_SEND, WEFT_ST_NO_RIGHTS);
		CU_ASSERT(weft_mem_alive(p.mem));
	}
}

/* WEFT-SEM-072 */
static void drain__and_go_on(void)
{
	struct pair p;

	FOR_EACH_NET(&p, RIGHTS) {
		struct weft_ep_event ev;
		struct weft_completion c;
		uint64_t id = 0;

		for (; id < 20; id++)
			weft_write(p.a, p.local, 9000, weft_mem_addr(p.mem), weft_mem_key(p.mem),
				   id, 0);
		turn(&p);
		CU_ASSERT_EQUAL(weft_resume(p.a), -EALREADY);
		CU_ASSERT_EQUAL(weft_drain(p.a), 0);
		CU_ASSERT_EQUAL(weft_drain(p.a), -EALREADY);
		CU_ASSERT_FATAL(event(&p, 0, &ev));
		CU_ASSERT(ev.kind == WEFT_EP_DRAINED && ev.ep == p.a);
		for (id = 0; weft_cq_poll(weft_ep_cq(p.a), &c, 1) == 1; id++)
			CU_ASSERT(c.id == id && c.status == WEFT_ST_OK);
		for (int i = 0; i < 2000; i++)
			turn(&p);
		CU_ASSERT_EQUAL(weft_cq_poll(weft_ep_cq(p.a), &c, 1), 0);
		CU_ASSERT_EQUAL(weft_resume(p.a), 0);
		for (; id < 20; id++)
			expect(&p, p.a, id, WEFT_OP_WRITE, WEFT_ST_OK);
	}
}

WEFT_SUITE(t_ops) {
	{ "atomic__every_operation_and_width", atomic__every_operation_and_width },
	{ "reduce__exact", reduce__exact },
	{ "reduce__refused", reduce__refused },
	{ "flush__levels", flush__levels },
	{ "signal__after_the_data", signal__after_the_data },
	{ "signal__refused", signal__refused },
	{ "send_invalidate__the_key_is_dead", send_invalidate__the_key_is_dead },
	{ "drain__and_go_on", drain__and_go_on },
};
