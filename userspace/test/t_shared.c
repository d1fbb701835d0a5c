/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive queues that endpoints share: every message arrives once and in its stream's order,
 * nobody starves however few buffers there are, and none is ever lost from the queue.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/test/world.h"

#define BAD_NET	"loss=0.2&dup=0.2&reorder=0.2"
#define EPS	12
#define SENDS	40u
#define ROOM	3000u
#define BUFS	64u

struct sharing {
	struct world w;
	struct weft_srq *srq;
	struct weft_cq *cq;		/* of the receiving ends */
	struct weft_ep *a[EPS], *b[EPS];
	int eps;
	uint32_t posted[EPS], sent[EPS], got[EPS], total;
	uint32_t hold;			/* buffers that the user keeps for a while */
	uint64_t rnd;
	bool wrong;
	uint8_t buf[BUFS][ROOM];
	uint8_t data[EPS][SENDS][ROOM];
};

static uint32_t length_of(int ep, uint32_t n)
{
	return (n + (uint32_t)ep) % 3 ? 8 + n : ROOM;
}

static struct sharing *setup(const char *query, uint8_t mode, uint32_t buffers, int eps,
			     uint8_t share)
{
	struct sharing *x = calloc(1, sizeof(*x));
	struct weft_port_opts o = { .modes = mode };
	struct weft_ep_opts bo = { 0 };

	world_init(&x->w);
	world_open(&x->w, query, &o);
	world_open(&x->w, query, &o);
	x->rnd = weft_test_seed;
	x->eps = eps;
	CU_ASSERT_EQUAL_FATAL(weft_srq_create(x->w.port[1], BUFS, &x->srq), 0);
	CU_ASSERT_EQUAL_FATAL(weft_cq_create(x->w.port[1], &x->cq), 0);
	bo.srq = x->srq;
	bo.srq_share = share;
	bo.cq = x->cq;
	for (int i = 0; i < eps; i++) {
		CU_ASSERT_FATAL(world_connect(&x->w, 0, 1, WEFT_SERVE_USER, NULL, &bo, &x->a[i],
					      &x->b[i]));
		for (uint32_t n = 0; n < SENDS; n++) {
			x->data[i][n][0] = (uint8_t)i;
			x->data[i][n][1] = (uint8_t)n;
			world_fill(x->data[i][n] + 2, length_of(i, n) - 2, n * EPS + (uint32_t)i);
		}
	}
	for (uint32_t i = 0; i < buffers; i++)
		CU_ASSERT_EQUAL_FATAL(weft_srq_recv(x->srq, x->buf[i], ROOM, i), 0);
	x->total = buffers;
	return x;
}

static void teardown(struct sharing *x)
{
	world_fini(&x->w);
	free(x);
}

static int index_of(const struct sharing *x, const struct weft_ep *ep)
{
	for (int i = 0; i < x->eps; i++)
		if (x->b[i] == ep)
			return i;
	return -1;
}

static void send_all(struct sharing *x)
{
	struct weft_completion c;

	for (int i = 0; i < x->eps; i++) {
		while (x->posted[i] < SENDS &&
		       !weft_send(x->a[i], x->data[i][x->posted[i]],
				  length_of(i, x->posted[i]), 0, 0))
			x->posted[i]++;
		while (weft_cq_poll(weft_ep_cq(x->a[i]), &c, 1) == 1) {
			x->wrong |= c.status != WEFT_ST_OK;
			x->sent[i]++;
		}
	}
}

/* One at a time, posted again at once or after a while. */
static void receive_some(struct sharing *x)
{
	struct weft_completion c;

	while (weft_cq_poll(x->cq, &c, 1) == 1) {
		int i = index_of(x, c.ep);
		uint32_t n = i < 0 ? 0 : x->got[i]++;

		if (i < 0 || c.status || c.len != length_of(i, n) ||
		    memcmp(x->buf[c.id], x->data[i][n], c.len)) {
			x->wrong = true;
			return;
		}
		memset(x->buf[c.id], 0, ROOM);
		x->wrong |= weft_srq_recv(x->srq, x->buf[c.id], ROOM, c.id) != 0;
		if (world_random(&x->rnd) % 4)
			return;
	}
}

static bool all_there(void *arg)
{
	struct sharing *x = arg;
	bool all = true;

	send_all(x);
	receive_some(x);
	for (int i = 0; i < x->eps; i++)
		all &= x->got[i] == SENDS && x->sent[i] == SENDS;
	return all || x->wrong;
}

static void share(const char *query, uint8_t mode, uint32_t buffers, int eps, uint8_t most)
{
	struct sharing *x = setup(query, mode, buffers, eps, most);

	CU_ASSERT(world_until(&x->w, 10000 * WEFT_SECOND, all_there, x));
	CU_ASSERT_FALSE(x->wrong);
	CU_ASSERT_EQUAL(weft_srq_free(x->srq), buffers);
	CU_ASSERT_EQUAL(weft_srq_room(x->srq), BUFS - buffers);
	if (x->wrong)
		world_report(&x->w);
	teardown(x);
}

/* WEFT-SEM-082, WEFT-SEM-083, WEFT-SEM-084 */
static void srq__many_endpoints_few_buffers(void)
{
	share(NULL, 0, 1, EPS, 4);
	share(NULL, 0, 5, EPS, 2);
	share(NULL, WEFT_ROD, 2, EPS, 4);
}

static void srq__over_a_bad_network(void)
{
	share(BAD_NET, 0, 1, 4, 1);
	share(BAD_NET, 0, 3, EPS, 4);
	share(BAD_NET, 0, 16, EPS, 0);
	share("loss=0.05&reorder=0.05&dup=0.1", WEFT_ROD, 2, 6, 255);
}

/* ---- One that takes what it can ------------------------------------------------------- */

static bool others_done(void *arg)
{
	struct sharing *x = arg;
	struct weft_completion c;
	bool done = true;

	while (weft_send(x->a[0], x->data[0][0], ROOM, 0, 0) == 0)	/* it never stops */
		;
	weft_cq_poll(weft_ep_cq(x->a[0]), &c, 1);
	for (int i = 1; i < x->eps; i++)
		while (x->posted[i] < SENDS && !weft_send(x->a[i], x->data[i][x->posted[i]],
							  length_of(i, x->posted[i]), 0, 0))
			x->posted[i]++;
	while (weft_cq_poll(x->cq, &c, 1) == 1) {
		x->got[index_of(x, c.ep)]++;
		weft_srq_recv(x->srq, x->buf[c.id], ROOM, c.id);
	}
	for (int i = 1; i < x->eps; i++)
		done &= x->got[i] == SENDS;
	return done;
}

/* It holds no more than its share, so that the others are done soon. */
static void srq__a_greedy_endpoint_starves_nobody(void)
{
	struct sharing *x = setup("loss=0.05", 0, 4, 6, 2);
	uint64_t begin = x->w.now;

	CU_ASSERT(world_until(&x->w, 60 * WEFT_SECOND, others_done, x));
	printf("      %u of the greedy one, %u of each other, in %llu ms\n", x->got[0], SENDS,
	       (unsigned long long)((x->w.now - begin) / WEFT_MSEC));
	CU_ASSERT(x->got[0] > 0);
	teardown(x);
}

/* ---- Ends ----------------------------------------------------------------------------- */

static bool is_failed(void *arg)
{
	return weft_ep_status(arg) == WEFT_EP_IS_FAILED;
}

static bool all_free(void *arg)
{
	struct sharing *x = arg;

	return weft_srq_free(x->srq) == x->total;
}

/* WEFT-SEM-012: too long for the buffer, which goes back; so does that of an endpoint that leaves
 * in the middle of a message. */
static void srq__buffers_come_back(void)
{
	struct sharing *x = setup("loss=0.3", 0, 3, 4, 3);
	uint8_t *big = calloc(1, 200000);

	CU_ASSERT_EQUAL(weft_send(x->a[0], big, ROOM + 1, 0, 0), 0);
	CU_ASSERT(world_until(&x->w, 60 * WEFT_SECOND, is_failed, x->a[0]));
	CU_ASSERT_EQUAL(weft_ep_failure(x->a[0]), WEFT_ST_TOO_LONG);
	CU_ASSERT(world_until(&x->w, WEFT_SECOND, all_free, x));
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(weft_send(x->a[1], x->data[1][0], ROOM, 0, 0), 0);
	while (weft_srq_free(x->srq) == 3 && x->w.now < 1000 * WEFT_SECOND)
		world_turn(&x->w);
	weft_ep_destroy(x->b[1]);		/* completions that were not polled go too */
	CU_ASSERT_EQUAL(weft_srq_room(x->srq) + weft_srq_free(x->srq), BUFS);
	CU_ASSERT_EQUAL(weft_srq_destroy(x->srq), -EBUSY);
	weft_ep_destroy(x->b[0]);
	weft_ep_destroy(x->b[2]);
	weft_ep_destroy(x->b[3]);
	CU_ASSERT_EQUAL(weft_srq_destroy(x->srq), 0);
	teardown(x);
	free(big);
}

/* ---- The rest ------------------------------------------------------------------------- */

static bool low(void *arg)
{
	struct weft_ep_event ev;

	return weft_next_event(arg, &ev) == 1 && ev.kind == WEFT_EP_SRQ_LOW;
}

static void srq__tells_when_it_runs_low(void)
{
	struct sharing *x = setup(NULL, 0, 4, 1, 4);

	weft_srq_limit(x->srq, 3);
	CU_ASSERT_EQUAL(weft_send(x->a[0], x->data[0][0], 8, 0, 0), 0);
	world_run(&x->w, WEFT_SECOND / 10);
	CU_ASSERT_FALSE(low(x->w.port[1]));
	CU_ASSERT_EQUAL(weft_srq_free(x->srq), 3);
	CU_ASSERT_EQUAL(weft_send(x->a[0], x->data[0][0], 8, 0, 0), 0);
	CU_ASSERT(world_until(&x->w, WEFT_SECOND, low, x->w.port[1]));
	CU_ASSERT_EQUAL(weft_send(x->a[0], x->data[0][0], 8, 0, 0), 0);
	world_run(&x->w, WEFT_SECOND / 10);
	CU_ASSERT_FALSE(low(x->w.port[1]));		/* once */
	weft_srq_limit(x->srq, 2);
	CU_ASSERT(low(x->w.port[1]));
	teardown(x);
}

/* WRITEs with immediate take buffers as SENDs do. */
static void srq__immediates(void)
{
	struct sharing *x = setup(BAD_NET, 0, 1, 2, 1);
	uint8_t there[8];
	struct weft_mem *m;
	struct weft_completion c;

	CU_ASSERT_EQUAL(weft_reg(x->w.port[1], there, 8, WEFT_REMOTE_WRITE, NULL, &m), 0);
	for (uint32_t i = 0; i < 20; i++)
		for (int k = 0; k < 2; k++)
			CU_ASSERT_EQUAL(weft_write_imm(x->a[k], "abcdefg", 8, weft_mem_addr(m),
						       weft_mem_key(m), i, 0, WEFT_QUIET), 0);
	for (uint32_t i = 0; i < 40; i++) {
		CU_ASSERT_FATAL(world_completion(&x->w, x->cq, &c));
		CU_ASSERT(c.op == WEFT_OP_RECV_WRITE && c.flags == WEFT_HAS_IMM);
		CU_ASSERT_EQUAL(c.imm, x->got[index_of(x, c.ep)]++);
		CU_ASSERT_EQUAL(weft_srq_recv(x->srq, x->buf[0], 8, 0), 0);
	}
	teardown(x);
}

static void srq__bad_arguments(void)
{
	struct sharing *x = setup(NULL, 0, BUFS, 1, 4);
	struct weft_srq *srq;
	struct weft_ep *ep;

	CU_ASSERT_EQUAL(weft_srq_create(x->w.port[0], 3, &srq), -EINVAL);
	CU_ASSERT_EQUAL(weft_srq_create(x->w.port[0], 0, &srq), -EINVAL);
	CU_ASSERT_EQUAL(weft_srq_create(x->w.port[0], 1u << 17, &srq), -EINVAL);
	CU_ASSERT_EQUAL(weft_srq_recv(x->srq, x->buf[0], 8, 0), -EAGAIN);
	CU_ASSERT_EQUAL(weft_recv(x->b[0], x->buf[0], 8, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_ep_recv_room(x->b[0]), 0);
	CU_ASSERT_EQUAL(weft_srq_create(x->w.port[0], 4, &srq), 0);
	CU_ASSERT_EQUAL(weft_srq_recv(srq, NULL, 8, 0), -EINVAL);
	CU_ASSERT_EQUAL(weft_connect(x->w.port[0], weft_port_addr(x->w.port[1]), 9,
				     &(struct weft_ep_opts){ .srq = x->srq }, &ep), -EINVAL);
	CU_ASSERT_EQUAL(weft_srq_destroy(srq), 0);
	CU_ASSERT_EQUAL(weft_srq_destroy(NULL), 0);
	teardown(x);
}

WEFT_SUITE(t_shared) {
	{ "srq__many_endpoints_few_buffers", srq__many_endpoints_few_buffers },
	{ "srq__over_a_bad_network", srq__over_a_bad_network },
	{ "srq__a_greedy_endpoint_starves_nobody", srq__a_greedy_endpoint_starves_nobody },
	{ "srq__buffers_come_back", srq__buffers_come_back },
	{ "srq__tells_when_it_runs_low", srq__tells_when_it_runs_low },
	{ "srq__immediates", srq__immediates },
	{ "srq__bad_arguments", srq__bad_arguments },
};
