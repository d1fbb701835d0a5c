/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets of real traffic, changed in a field or two and given their right CRC again: whatever
 * a peer sends, a context stays sound, and no memory changes but what streams may write.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/pk.h"
#include "tools/test/cunit_main.h"

#define LEN 8192
#define RUNS 40
#define STEPS 60

enum { OPEN, READ_ONLY, OTHER_DOMAIN, OTHER_PD, DEAD, REGIONS };

struct storm {
	struct net *net;
	uint32_t one_in;		/* of so many packets one is changed */
	bool instead;			/* the changed one takes the place of the true one */
	uint64_t made;
	uint8_t buf[4096];
};

static bool spoil(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	struct storm *s = arg;
	uint8_t out[PK_MAX], scratch[2][PK_MAX];
	struct weft_view v;
	uint32_t n;

	if (net_rand(net) % s->one_in || weft_parse(&v, bytes, *len) != WEFT_DROP_NONE)
		return true;
	for (uint32_t i = 0; i < 1 + net_rand(net) % 2; i++)
		pk_mutate(&v, (uint32_t)net_rand(net), (uint32_t)net_rand(net), scratch[i]);
	n = pk_build(out, &v);
	if (n > NET_PKT_MAX)
		return true;
	s->made++;
	net_inject(net, !from, out, n);
	return !s->instead;
}

static void regions(struct net_node *n)
{
	uint32_t all = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC;

	for (uint32_t i = 0; i < REGIONS; i++) {
		net_mr(n, 0x70 + i, 0x10000, LEN, i == READ_ONLY ? WEFT_MR_READ : all);
		memset(n->mr_mem[i], (int)(0x11 * (i + 1)), LEN);
	}
	n->mr[OTHER_DOMAIN].domain = 2;
	n->mr[OTHER_PD].pd = 9;
	n->mr[DEAD].alive = false;
}

static unsigned touched(const struct net_node *n)
{
	unsigned bad = 0;

	for (uint32_t i = 1; i < REGIONS; i++)
		for (uint32_t k = 0; k < LEN; k++)
			bad += n->mr_mem[i][k] != 0x11 * (i + 1);
	return bad;
}

static void work(struct storm *s, struct net_stream *st)
{
	static const enum weft_opcode codes[] = { WEFT_OPCODE_WRITE, WEFT_OPCODE_READ,
		WEFT_OPCODE_SEND, WEFT_OPCODE_ATOMIC };
	enum weft_opcode code = codes[net_rand(s->net) % WEFT_ARRAY_LEN(codes)];
	uint32_t len = (uint32_t)net_rand(s->net) % 4000;

	if (!st->s || st->n_wc > NET_WCS - 200 || st->n_rwc > NET_WCS - 200)
		return;
	if (code == WEFT_OPCODE_ATOMIC)
		net_atomic(st, 1, 0x70, 0x10000, WEFT_AOP_FADD, 1, 0);
	else
		net_post(st, code, 1, s->buf, len, 0x70, 0x10000, net_rand(s->net) % 3 ||
			 code == WEFT_OPCODE_READ ? 0 : WEFT_OFLAGS_IMM);
	if (net_rand(s->net) % 3 == 0 && st->posted < 200)
		net_recv(st, 2, NET_RQ_BYTES);
}

static void each_stream(struct storm *s)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < s->net->n[side].n_st; i++)
			work(s, &s->net->n[side].st[i]);
}

/* A context that the storm has ended is followed by another. */
static void go_on(struct storm *s, uint32_t qpn)
{
	struct net_stream *st;

	if (!pdc_live(s->net->n[0].pdc)) {
		if (s->net->n[0].n_old > NET_OLD - 4 || s->net->n[1].n_old > NET_OLD - 4)
			return;
		net_again(s->net, false);
	}
	st = net_stream(&s->net->n[0], qpn);
	if (st && weft_ep_connect(st->s, 1, NULL, 0) != WEFT_OK)
		net_end(&s->net->n[0], st, WEFT_EP_REASON_CLOSED);
}

static void storm(const struct net_opts *o, uint32_t one_in, bool instead)
{
	static struct storm s;

	memset(&s, 0, sizeof(s));
	s.one_in = one_in;
	s.instead = instead;
	s.net = net_new(o);
	s.net->n[0].auto_end = s.net->n[1].auto_end = true;
	for (int i = 0; i < 2; i++)
		regions(&s.net->n[i]);
	s.net->filter = spoil;
	s.net->filter_arg = &s;
	for (uint32_t i = 0; i < STEPS; i++) {
		if (i % 4 == 0)
			go_on(&s, 0x1000 + i);
		each_stream(&s);
		net_run(s.net, 20000, NULL, NULL);
	}
	net_run(s.net, 100000000, NULL, NULL);
	for (int i = 0; i < 2; i++)
		if (touched(&s.net->n[i])) {
			printf("mutate: memory has changed, seed %u\n", o->seed);
			CU_FAIL("memory");
		}
	CU_ASSERT(s.made > 0);
	net_free(s.net);
}

static void each_seed(struct net_opts o, uint32_t one_in, bool instead)
{
	for (uint32_t i = 0; i < RUNS; i++) {
		o.seed = (uint32_t)weft_test_seed * 1000 + i;
		o.retry_limit = 6;
		storm(&o, one_in, instead);
	}
}

/* WEFT-SEM-021, WEFT-MEM-002, WEFT-MEM-003 */
static void mutate__few(void)
{
	each_seed((struct net_opts){ .jitter_ns = 5000 }, 40, false);
}

static void mutate__many(void)
{
	each_seed((struct net_opts){ .jitter_ns = 5000, .loss = .05 }, 3, false);
	each_seed((struct net_opts){ .mode = WEFT_MODE_ROD, .jitter_ns = 1000 }, 3, false);
}

static void mutate__instead(void)
{
	each_seed((struct net_opts){ .jitter_ns = 5000, .window = 16, .holds = 4 }, 8, true);
	each_seed((struct net_opts){ .mode = WEFT_MODE_ROD, .jitter_ns = 1000 }, 8, true);
}

WEFT_SUITE(t_mutate) {
	{ "mutate__few", mutate__few },
	{ "mutate__many", mutate__many },
	{ "mutate__instead", mutate__instead },
};
