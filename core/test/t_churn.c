/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams come and go at random, on both sides, over a bad network, while one stream goes on
 * working.  At the end nothing is left of those that went, and the one that stayed has done
 * all its work.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "tools/test/cunit_main.h"

#define SECOND 1000000000ull
#define STEPS 150
#define REGION 65536
#define STEADY 60		/* operations of the stream that stays */

struct churn {
	struct net *net;
	struct net_stream *steady;
	uint8_t model[4096], back[4096], chunk[STEADY][64];
	uint32_t steady_posted, qpn;
	uint64_t accepted, ended;
	uint8_t scratch[4096];
};

static bool chance(struct net *net, unsigned of)
{
	return net_rand(net) % of == 0;
}

/* The steady stream writes 64 bytes at a time, and reads them back in the end. */
static void post_steady(struct churn *c)
{
	uint32_t i = c->steady_posted;

	if (i == STEADY || c->steady_posted - c->steady->n_wc > 8)
		return;
	for (uint32_t k = 0; k < 64; k++)
		c->chunk[i][k] = (uint8_t)net_rand(c->net);
	memcpy(c->model + i * 64 % 4096, c->chunk[i], 64);
	CU_ASSERT_EQUAL(net_post(c->steady, WEFT_OPCODE_WRITE, i, c->chunk[i], 64, 0x77,
				 0x10000 + i * 64 % 4096, 0), WEFT_OK);
	c->steady_posted++;
}

static void post_random(struct churn *c, struct net_stream *st)
{
	static const enum weft_opcode codes[] = { WEFT_OPCODE_WRITE, WEFT_OPCODE_READ,
		WEFT_OPCODE_SEND, WEFT_OPCODE_ATOMIC };
	enum weft_opcode code = codes[net_rand(c->net) % WEFT_ARRAY_LEN(codes)];
	uint32_t len = (uint32_t)net_rand(c->net) % 4000;
	uint32_t key = chance(c->net, 12) ? 0x99 : 0x78;	/* at times one that is refused */

	if (st->s->tail - st->s->head > 20 || st->n_wc > NET_WCS - 100)
		return;
	if (code == WEFT_OPCODE_ATOMIC)
		net_atomic(st, 0, key, 0x20000, WEFT_AOP_FADD, 1, 0);
	else
		net_post(st, code, 0, c->scratch, len, key, 0x20000 + net_rand(c->net) % 4096,
			 chance(c->net, 4) && code != WEFT_OPCODE_READ ? WEFT_OFLAGS_IMM : 0);
}

static void touch(struct churn *c, struct net_node *n, struct net_stream *st)
{
	if (!st->s || st == c->steady || st->s->peer_qpn == weft_stream_qpn(c->steady->s))
		return;
	switch (net_rand(c->net) % 12) {
	case 0:
		net_end(n, st, WEFT_EP_REASON_CLOSED);
		c->ended++;
		break;
	case 1:
		if (chance(c->net, 4))
			weft_stream_fail(st->s, WEFT_STATUS_OP_FAILED);
		break;
	case 2:
	case 3:
		net_recv(st, 2, NET_RQ_BYTES);
		break;
	default:
		post_random(c, st);
		break;
	}
}

static void step(struct churn *c)
{
	struct net *net = c->net;

	if (chance(net, 2)) {
		int side = chance(net, 3);		/* either side may ask */
		struct net_stream *st = net_stream(&net->n[side], 0x1000 + c->qpn++);

		if (st && weft_ep_connect(st->s, 1, NULL, 0) != WEFT_OK)
			net_end(&net->n[side], st, WEFT_EP_REASON_CLOSED);
	}
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < net->n[side].n_st; i++)
			if (chance(net, 2))
				touch(c, &net->n[side], &net->n[side].st[i]);
	if (chance(net, 10))
		net->n[1].accept_service = !net->n[1].accept_service;
	post_steady(c);
	net_run(net, 1000 + net_rand(net) % 20000, NULL, NULL);
}

static void end_all(struct churn *c)
{
	for (int side = 0; side < 2; side++) {
		struct net_node *n = &c->net->n[side];

		for (size_t i = 0; i < n->n_st; i++)
			if (n->st[i].s && &n->st[i] != c->steady &&
			    n->st[i].s->peer_qpn != weft_stream_qpn(c->steady->s) &&
			    (side == 0 || n->st[i].s->state == WEFT_STREAM_STATE_CONNECTING))
				net_end(n, &n->st[i], WEFT_EP_REASON_CLOSED);
	}
	net_run(c->net, 5 * SECOND, NULL, NULL);
}

static unsigned left(const struct churn *c)
{
	unsigned n = 0;

	for (int side = 0; side < 2; side++)
		n += c->net->n[side].pdc->n_streams;
	return n;
}

static void fail(const struct churn *c, const char *why)
{
	printf("churn: %s, seed %u\n", why, c->net->o.seed);
	net_dump(c->net);
	CU_FAIL("churn");
}

static void churn(const struct net_opts *o, enum net_async async)
{
	static struct churn c;
	const char *e;

	memset(&c, 0, sizeof(c));
	c.net = net_new(o);
	c.net->n[0].auto_end = c.net->n[1].auto_end = true;
	c.steady = net_connect(c.net, 5);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.steady);
	net_mr(&c.net->n[1], 0x77, 0x10000, 4096, WEFT_MR_READ | WEFT_MR_WRITE);
	for (int side = 0; side < 2; side++)
		net_mr(&c.net->n[side], 0x78, 0x20000, REGION, WEFT_MR_READ | WEFT_MR_WRITE |
		       WEFT_MR_ATOMIC);
	c.net->n[0].async = c.net->n[1].async = async;
	for (int i = 0; i < STEPS; i++)
		step(&c);
	while (c.steady_posted < STEADY && c.steady->s) {
		uint64_t now = c.net->now;

		post_steady(&c);
		net_run(c.net, 100000, NULL, NULL);
		if (c.net->now == now)		/* what is next is a timeout */
			net_run(c.net, SECOND, NULL, NULL);
	}
	end_all(&c);
	if (!c.steady->s || c.steady->n_wc != STEADY) {
		fail(&c, "the stream that stays did not finish");
	} else {
		net_post(c.steady, WEFT_OPCODE_READ, STEADY, c.back, 4096, 0x77, 0x10000, 0);
		CU_ASSERT(net_wait(c.net, c.steady, STEADY + 1));
		CU_ASSERT_EQUAL(memcmp(c.back, c.model, 4096), 0);
		CU_ASSERT_EQUAL(c.steady->wc[STEADY].status, WEFT_STATUS_OK);
	}
	net_run(c.net, 5 * SECOND, NULL, NULL);
	if (left(&c) != 2)
		fail(&c, "streams are left that nobody ends");
	e = net_check_idle(c.net->n[0].pdc);
	e = e ? e : net_check_idle(c.net->n[1].pdc);
	if (e)
		fail(&c, e);
	CU_ASSERT(c.ended > 5);
	net_free(c.net);
}

static void each_seed(struct net_opts o, enum net_async async)
{
	for (uint32_t i = 0; i < 8; i++) {
		o.seed = (uint32_t)weft_test_seed * 1000 + i;
		o.retry_limit = 60;
		churn(&o, async);
	}
}

/* WEFT-SEM-007, WEFT-RTX-009, WEFT-MGT-009 */
static void churn__clean_network(void)
{
	each_seed((struct net_opts){ .delay_ns = 2000 }, NET_SYNC);
}

static void churn__rud_bad_network(void)
{
	each_seed((struct net_opts){ .loss = .1, .dup = .1, .corrupt = .02, .jitter_ns = 15000 },
		  NET_SYNC);
}

static void churn__rod_bad_network(void)
{
	each_seed((struct net_opts){ .mode = WEFT_MODE_ROD, .loss = .05, .dup = .05,
				     .jitter_ns = 3000 }, NET_SYNC);
}

static void churn__smallest_window_few_holds(void)
{
	each_seed((struct net_opts){ .window = 16, .holds = 3, .loss = .05, .dup = .05,
				     .jitter_ns = 9000 }, NET_SYNC);
}

static void churn__late_answers(void)
{
	each_seed((struct net_opts){ .loss = .05, .dup = .05, .jitter_ns = 9000 }, NET_LATE);
	each_seed((struct net_opts){ .loss = .05, .dup = .05, .jitter_ns = 9000 }, NET_RANDOM);
}

WEFT_SUITE(t_churn) {
	{ "churn__clean_network", churn__clean_network },
	{ "churn__rud_bad_network", churn__rud_bad_network },
	{ "churn__rod_bad_network", churn__rod_bad_network },
	{ "churn__smallest_window_few_holds", churn__smallest_window_few_holds },
	{ "churn__late_answers", churn__late_answers },
};
