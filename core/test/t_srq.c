/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams that share a few receive buffers: all of them get on, however few there are, and
 * nobody's data is lost.  WEFT-SEM-082, WEFT-SEM-083, WEFT-SEM-084.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "tools/test/cunit_main.h"

#define STREAMS 4
#define SENDS 30

struct sharing {
	struct net *net;
	struct net_stream *st[STREAMS], *peer[STREAMS];
	uint8_t data[SENDS][3000];
	size_t seen[STREAMS];
	uint32_t buffers;
};

/* What was used up is posted again, some time later. */
static void post_again(struct sharing *x)
{
	struct net_node *n = &x->net->n[1];

	if (n->srq_free + n->srq_bound < x->buffers && net_rand(x->net) % 3 == 0)
		n->srq_free++;
}

static size_t received(const struct sharing *x)
{
	size_t n = 0;

	for (int i = 0; i < STREAMS; i++)
		n += x->peer[i]->n_rwc;
	return n;
}

static void run(struct sharing *x, uint64_t end)
{
	while (received(x) < STREAMS * SENDS && x->net->now < end) {
		post_again(x);
		net_run(x->net, 5000, NULL, NULL);
		x->net->now += 1000;
	}
}

static void share(uint32_t buffers, uint8_t most, const struct net_opts *o)
{
	static struct sharing x;
	size_t fewest = SENDS;

	memset(&x, 0, sizeof(x));
	x.net = net_new(o);
	x.buffers = buffers;
	x.net->n[1].shared = true;
	x.net->n[1].srq_free = buffers;
	x.net->n[1].accept_cfg.srq = most;
	for (uint32_t i = 0; i < STREAMS; i++) {
		x.st[i] = net_connect(x.net, 5 + i);
		CU_ASSERT_PTR_NOT_NULL_FATAL(x.st[i]);
		x.peer[i] = net_peer_of(x.net, x.st[i]);
	}
	for (size_t k = 0; k < SENDS; k++) {
		memset(x.data[k], (int)k, sizeof(x.data[k]));
		for (int i = 0; i < STREAMS; i++)
			CU_ASSERT_EQUAL(net_post(x.st[i], WEFT_OPCODE_SEND, k, x.data[k],
						 k % 3 ? 40 : 3000, 0, 0, 0), WEFT_OK);
	}
	run(&x, x.net->now + 20000000);
	for (int i = 0; i < STREAMS; i++)
		if (x.peer[i]->n_rwc < fewest)
			fewest = x.peer[i]->n_rwc;
	CU_ASSERT(fewest > 0);				/* nobody starves */
	run(&x, x.net->now + 20000000000ull);
	for (int i = 0; i < STREAMS; i++) {
		CU_ASSERT_EQUAL_FATAL(x.peer[i]->n_rwc, SENDS);
		CU_ASSERT(net_wait(x.net, x.st[i], SENDS));
		for (size_t k = 0; k < SENDS; k++)
			CU_ASSERT(x.peer[i]->rwc[k].ssn == k &&
				  x.st[i]->wc[k].status == WEFT_STATUS_OK &&
				  x.peer[i]->rwc[k].len == (k % 3 ? 40u : 3000u));
		CU_ASSERT_EQUAL(x.peer[i]->bound, 0);
	}
	CU_ASSERT_EQUAL(x.net->n[1].srq_bound, 0);
	net_free(x.net);
}

static void each(uint32_t buffers, uint8_t most, struct net_opts o)
{
	for (uint32_t i = 0; i < 4; i++) {
		o.seed = (uint32_t)weft_test_seed * 100 + i;
		o.retry_limit = 60;
		share(buffers, most, &o);
	}
}

static void srq__one_buffer_for_four(void)
{
	each(1, 4, (struct net_opts){ .jitter_ns = 3000 });
	each(1, 1, (struct net_opts){ .loss = .1, .dup = .1, .jitter_ns = 9000 });
}

static void srq__few_buffers_bad_network(void)
{
	each(2, 4, (struct net_opts){ .loss = .1, .dup = .1, .jitter_ns = 9000 });
	each(3, 16, (struct net_opts){ .loss = .1, .dup = .1, .jitter_ns = 9000 });
	each(5, 2, (struct net_opts){ .loss = .2, .jitter_ns = 20000 });
}

static void srq__in_order(void)
{
	each(2, 4, (struct net_opts){ .mode = WEFT_MODE_ROD, .loss = .05, .jitter_ns = 2000 });
}

/* A stream whose first message is lost again and again holds what it may hold, and no more. */
static bool drop_first(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	struct weft_view v;

	(void)net;
	if (*(int *)arg <= 0 || from || weft_parse(&v, bytes, *len) != WEFT_DROP_NONE ||
	    v.d.type != WEFT_PTYPE_DATA || v.b.data.op.opcode != WEFT_OPCODE_SEND ||
	    v.b.data.op.qpn != 100 || v.b.data.op.msn || v.b.data.u.send.offset)
		return true;
	--*(int *)arg;
	return false;
}

static void srq__a_stalled_stream_harms_nobody(void)
{
	static struct sharing x;
	size_t before = 0;
	int drop = 8;

	memset(&x, 0, sizeof(x));
	x.net = net_new(&(struct net_opts){ .seed = (uint32_t)weft_test_seed, .retry_limit = 200 });
	x.buffers = 4;
	x.net->n[1].shared = true;
	x.net->n[1].srq_free = 4;
	x.net->n[1].accept_cfg.srq = 3;
	for (uint32_t i = 0; i < 2; i++) {
		x.st[i] = net_connect(x.net, 5 + i);
		x.peer[i] = net_peer_of(x.net, x.st[i]);
	}
	x.net->filter = drop_first;
	x.net->filter_arg = &drop;
	for (size_t k = 0; k < SENDS; k++)
		for (int i = 0; i < 2; i++)
			net_post(x.st[i], WEFT_OPCODE_SEND, k, x.data[k], 2000, 0, 0, 0);
	for (int i = 0; i < 100000 && x.peer[0]->n_rwc + x.peer[1]->n_rwc < 2 * SENDS; i++) {
		CU_ASSERT(x.peer[0]->bound <= 3);
		CU_ASSERT(drop == 0 || x.peer[0]->n_rwc == 0);
		if (drop == 0 && before == 0)
			before = x.peer[1]->n_rwc;
		if (x.net->n[1].srq_free + x.net->n[1].srq_bound < x.buffers)
			x.net->n[1].srq_free++;
		net_run(x.net, 50000, NULL, NULL);
		x.net->now += 100000;
	}
	CU_ASSERT(before > 0);		/* the other one got on meanwhile */
	CU_ASSERT_EQUAL(x.peer[0]->n_rwc, SENDS);
	CU_ASSERT_EQUAL(x.peer[1]->n_rwc, SENDS);
	net_free(x.net);
}

WEFT_SUITE(t_srq) {
	{ "srq__one_buffer_for_four", srq__one_buffer_for_four },
	{ "srq__few_buffers_bad_network", srq__few_buffers_bad_network },
	{ "srq__in_order", srq__in_order },
	{ "srq__a_stalled_stream_harms_nobody", srq__a_stalled_stream_harms_nobody },
};
