/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building two nodes, their streams and their work; looking at them.  See net.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"

#define HOUR_NS 3600000000000ull

/* ---- nodes -------------------------------------------------------------------------- */

/* A test may change accept_cfg later, to streams that need more. */
static void make_pools(struct net_node *n)
{
	struct weft_stream_cfg large = n->accept_cfg;

	large.sq_depth = 256;
	large.window = 256;
	n->prof.rings = &n->ring_blocks;
	n->prof.shorts = &n->short_blocks;
	n->prof.sets = &n->set_blocks;
	weft_blocks_init(&n->set_blocks, weft_profile_set(&n->prof));
	weft_blocks_init(&n->ctx_blocks, weft_profile_block(&n->prof));
	weft_blocks_init(&n->short_blocks, weft_profile_short(&n->prof));
	weft_blocks_init(&n->ring_blocks, weft_profile_ring(&n->prof));
	weft_blocks_init(&n->stream_blocks, weft_stream_block(&large));
	n->ctx_mem = malloc(2 * n->ctx_blocks.block);
	n->stream_mem = malloc(NET_STREAMS * n->stream_blocks.block);
	n->set_mem = malloc(2 * n->set_blocks.block);
	weft_blocks_add(&n->set_blocks, n->set_mem, 2);
	n->ring_mem = malloc(6 * n->ring_blocks.block);
	n->short_mem = malloc(4 * n->short_blocks.block);
	weft_blocks_add(&n->ctx_blocks, n->ctx_mem, 2);
	weft_blocks_add(&n->short_blocks, n->short_mem, 4);
	weft_blocks_add(&n->ring_blocks, n->ring_mem, 6);
	weft_blocks_add(&n->stream_blocks, n->stream_mem, NET_STREAMS);
	n->prof.pool = &n->ctx_blocks;
	n->accept_cfg.pool = &n->stream_blocks;
}

struct net_hunger net_starve(struct net_node *n)
{
	struct net_hunger h = { NULL, NULL, NULL, NULL, NULL };

	if (n->net->o.starve * 1e9 <= (double)(net_rand(n->net) % 1000000000))
		return h;
	h.ctx = n->ctx_blocks.first;
	h.ring = n->ring_blocks.first;
	h.shorts = n->short_blocks.first;
	h.set = n->set_blocks.first;
	h.stream = n->stream_blocks.first;
	n->ctx_blocks.first = n->stream_blocks.first = NULL;
	n->ring_blocks.first = n->short_blocks.first = n->set_blocks.first = NULL;
	return h;
}

static void feed(struct weft_blocks *pool, void *hidden)
{
	while (hidden) {
		void *block = hidden;

		memcpy(&hidden, block, sizeof(hidden));
		pool->n_free--;		/* it was counted all the time */
		blocks_give(pool, block);
	}
}

void net_feed(struct net_node *n, struct net_hunger h)
{
	feed(&n->ctx_blocks, h.ctx);
	feed(&n->ring_blocks, h.ring);
	feed(&n->short_blocks, h.shorts);
	feed(&n->set_blocks, h.set);
	feed(&n->stream_blocks, h.stream);
}

static void node_init(struct net *net, int id)
{
	const struct net_opts *o = &net->o;
	struct net_node *n = &net->n[id];
	uint32_t seed = o->tx_seed ? o->tx_seed : (uint32_t)net_rand(net);

	n->net = net;
	n->id = id;
	n->gate.secret[0] = net_rand(net);
	n->gate.where = 0x1234;
	weft_peer_init(&n->peer, id ? 0xa0 : 0xb0, seed);
	n->prof = (struct weft_profile){
		.chip_id = id ? 0xb0 : 0xa0, .incarnation = 7,
		.window = o->window, .max_payload = o->payload,
		.max_streams = NET_STREAMS, .holds = o->holds, .max_paths = o->paths,
		.retry_limit = o->retry_limit, .cc = o->cc, .path_law = o->path_law,
		.keepalive_ns = o->keepalive_ns, .idle_ns = o->idle_ns,
	};
	n->cfg = (struct weft_pdc_cfg){
		.profile = &n->prof, .stats = &n->stats, .peer = &n->peer, .host = n,
		.pdc_id = id ? 0x222 : 0x111, .domain = 1, .mode = o->mode,
		.gen = (uint8_t)(id + 1), .mtu_payload = o->payload,
		.n_paths = o->paths, .entropy_base = 0xc000, .features = o->features,
		.n_ports = o->ports, .peer_ports = o->ports, .planes = o->ports > 1,
	};
	n->accept_service = true;
	n->next_qpn = 100;
	n->accept_cfg = (struct weft_stream_cfg){ .sq_depth = 64, .window = 16, .reads = 4,
						  .rnr_retry = 7, .rnr_delay_ns = 20000, .pd = 1 };
	make_pools(n);
	weft_assert(weft_profile_prepare(&n->prof) == WEFT_OK);
}

static void open_context(struct net_node *n)
{
	n->pdc_mem = calloc(1, weft_pdc_size(&n->cfg));
	n->pdc = weft_pdc_open(n->pdc_mem, &n->cfg, n->net->now);
}

struct net *net_new(const struct net_opts *o)
{
	struct net *net = calloc(1, sizeof(*net));

	net->o = *o;
	net->rng = o->seed;
	net->now = 1000000;
	if (!net->o.mode)
		net->o.mode = WEFT_MODE_RUD;
	if (!net->o.window)
		net->o.window = 64;
	if (!net->o.payload)
		net->o.payload = 1024;
	if (!net->o.paths)
		net->o.paths = 4;
	if (!net->o.delay_ns)
		net->o.delay_ns = 2000;
	if (!net->o.holds)
		net->o.holds = NET_HOLDS;
	if (net->o.holds == NET_NO_HOLDS)
		net->o.holds = 0;
	net->check_every = net->o.window > 256 ? 64 : 1;
	for (int i = 0; i < 2; i++)
		node_init(net, i);
	open_context(&net->n[0]);
	return net;
}

void net_forget(struct net_node *n)
{
	for (size_t k = 0; k < n->n_st; k++) {
		struct net_stream *st = &n->st[k];

		if (st->s)
			weft_stream_fini(st->s, WEFT_EP_REASON_CLOSED);
		st->s = NULL;
		free(st->mem);
		free(st->rq);
		st->mem = st->rq = NULL;
	}
	memset(n->holds, 0, sizeof(n->holds));
	n->n_later = 0;
	weft_pdc_fini(n->pdc);
	weft_assert(n->n_old < NET_OLD);
	n->old[n->n_old++] = n->pdc_mem;
	for (int i = 0; i < 2; i++) {
		free(n->svc_mem[i]);
		n->svc_mem[i] = NULL;
	}
	n->pdc = NULL;
	n->pdc_mem = NULL;
	n->open = n->closed = n->failed = false;
	n->cfg.gen = (n->cfg.gen + 1) & 3;
}

void net_again(struct net *net, bool crash)
{
	struct net_node *n = &net->n[0];

	weft_assert(crash || !pdc_live(n->pdc));
	net_forget(n);
	if (crash) {
		weft_peer_init(&n->peer, 0xb0, (uint32_t)net_rand(net));
		n->prof.incarnation++;
	}
	open_context(n);
}

void net_free(struct net *net)
{
	for (int i = 0; i < 2; i++) {
		struct net_node *n = &net->n[i];

		if (n->pdc)
			net_forget(n);
		while (n->n_old)
			free(n->old[--n->n_old]);
		weft_assert(n->ctx_blocks.n_free == n->ctx_blocks.n_all &&
			    n->ring_blocks.n_free == n->ring_blocks.n_all &&
			    n->short_blocks.n_free == n->short_blocks.n_all &&
			    n->set_blocks.n_free == n->set_blocks.n_all &&
			    n->stream_blocks.n_free == n->stream_blocks.n_all);
		free(n->ctx_mem);
		free(n->ring_mem);
		free(n->short_mem);
		free(n->set_mem);
		free(n->stream_mem);
		for (size_t k = 0; k < n->n_mr; k++)
			free(n->mr_mem[k]);
	}
	free(net->q);
	free(net);
}

size_t net_mr(struct net_node *n, uint32_t key, uint64_t base, uint64_t len, uint32_t rights)
{
	size_t i = n->n_mr++;

	n->mr[i] = (struct weft_mr){ .base = base, .len = len, .key = key, .domain = 1, .pd = 1,
				     .rights = rights, .alive = true };
	n->mr_mem[i] = calloc(1, len);
	return i;
}

/* ---- streams ------------------------------------------------------------------------ */

static struct net_stream *free_place(struct net_node *n)
{
	for (size_t i = 0; i < n->n_st; i++)
		if (!n->st[i].s)
			return &n->st[i];
	return n->n_st < NET_STREAMS ? &n->st[n->n_st++] : NULL;
}

struct net_stream *net_stream(struct net_node *n, uint32_t qpn)
{
	struct net_stream *st = free_place(n);
	struct weft_stream_cfg cfg = n->accept_cfg;

	if (!st)
		return NULL;
	memset(st, 0, offsetof(struct net_stream, wc));
	cfg.host = st;
	cfg.qpn = qpn;
	st->mem = calloc(1, weft_stream_size(&cfg));
	st->rq = calloc(NET_RQ, sizeof(*st->rq));
	if (weft_stream_init(n->pdc, st->mem, &cfg, &st->s) == WEFT_OK)
		return st;
	free(st->mem);
	free(st->rq);
	memset(st, 0, offsetof(struct net_stream, wc));
	return NULL;
}

void net_end(struct net_node *n, struct net_stream *st, enum weft_ep_reason reason)
{
	(void)n;
	weft_stream_fini(st->s, reason);
	st->s = NULL;
	free(st->mem);
	free(st->rq);
	st->mem = st->rq = NULL;
}

void net_recv(struct net_stream *st, uint32_t count, uint32_t cap)
{
	while (count--) {
		struct net_recv *r = &st->rq[st->posted++ % NET_RQ];

		r->posted = true;
		r->cap = cap;
	}
	weft_recv_posted(st->s, st->posted);
}

static bool settled(struct net *net, void *arg)
{
	struct net_stream *st = arg;

	(void)net;
	return st->connected || st->rejected || st->error;
}

struct net_stream *net_connect(struct net *net, uint32_t qpn)
{
	struct net_stream *st = net_stream(&net->n[0], qpn);

	if (!st || weft_ep_connect(st->s, 1, "hi", 2) != WEFT_OK)
		return NULL;
	net_run(net, 10000000000ull, settled, st);
	return st->connected ? st : NULL;
}

struct net_stream *net_peer_of(struct net *net, struct net_stream *st)
{
	struct net_node *n = &net->n[1];

	for (size_t i = 0; i < n->n_st; i++)
		if (n->st[i].s && n->st[i].s->peer_qpn == weft_stream_qpn(st->s))
			return &n->st[i];
	return NULL;
}

int net_post(struct net_stream *st, enum weft_opcode op, uint64_t id, void *local, uint32_t len,
	     uint32_t rkey, uint64_t addr, uint8_t flags)
{
	struct weft_wr wr = { .id = id, .local = (uint64_t)(uintptr_t)local, .addr = addr,
			      .rkey = rkey, .len = len, .opcode = op, .flags = flags,
			      .imm = (uint32_t)id };

	return weft_post(st->s, &wr);
}

int net_atomic(struct net_stream *st, uint64_t id, uint32_t rkey, uint64_t addr, enum weft_aop aop,
	       uint64_t operand, uint64_t compare)
{
	struct weft_wr wr = { .id = id, .addr = addr, .rkey = rkey, .len = 8,
			      .opcode = WEFT_OPCODE_ATOMIC, .aop = aop, .operand = operand,
			      .compare = compare };

	return weft_post(st->s, &wr);
}

struct wait {
	struct net_stream *st;
	size_t n;
};

static bool enough(struct net *net, void *arg)
{
	struct wait *w = arg;

	(void)net;
	return w->st->n_wc >= w->n;
}

bool net_wait(struct net *net, struct net_stream *st, size_t n)
{
	struct wait w = { st, n };

	net_run(net, HOUR_NS, enough, &w);
	return st->n_wc >= n;
}

/* ---- looking ------------------------------------------------------------------------ */

static void dump_stream(const struct net_stream *st)
{
	struct weft_stream *s = st->s;
	const struct msg none = { 0 }, *m = s->run ? msg_of(s, s->exp) : &none;

	printf("  stream %u state %d head %u next %u tail %u off %u acked %u reads %u unacked %u"
	       " fail %d\n", s->cfg.qpn, (int)s->state, s->head, s->next, s->tail, s->off, s->acked,
	       s->reads_out, s->unacked, s->failing);
	printf("    exp %u rsp_next %u nak %d tack %d dead %d held %d; slot state %d got %u/%u"
	       " contig %u\n", s->exp, s->rsp_next, s->nak_due, s->tack_due, s->dead, s->held,
	       m->state, m->d.got, m->msg_len, m->d.contig);
}

void net_dump(struct net *net)
{
	for (int i = 0; i < 2; i++) {
		struct weft_pdc *p = net->n[i].pdc;

		if (!p)
			continue;
		printf("node %d t=%.3f ms state %d una %u nxt %u edge %u order %d lost %d\n", i,
		       (double)net->now / 1e6, (int)p->state, p->una, p->nxt, p->peer_edge,
		       p->order.head, p->lost.head);
		printf("  flight %u/%u cwnd %u rx_cum %u rx_max %u backoff %u held %u free %u"
		       " deadline %+.3f us\n", p->flight_req, p->flight_rsp, cc_window(&p->cc),
		       p->rx_cum, p->rx_max, p->backoff, (unsigned)p->st->held, p->n_hold_free,
		       ((double)weft_deadline(p) - (double)net->now) / 1e3);
		for (size_t k = 0; k < net->n[i].n_st; k++)
			if (net->n[i].st[k].s)
				dump_stream(&net->n[i].st[k]);
	}
}
