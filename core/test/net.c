/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two hosts and a bad network, in virtual time.  See net.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"

uint64_t net_rand(struct net *net)
{
	uint64_t z = net->rng += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool chance(struct net *net, double p)
{
	return p > 0 && (double)(net_rand(net) >> 11) / 9007199254740992.0 < p;
}

/* ---- the wire ----------------------------------------------------------------------- */

static bool sooner(const struct net_pkt *a, const struct net_pkt *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void heap_push(struct net *net, const struct net_pkt *p)
{
	size_t i;

	if (net->nq == net->cap) {
		net->cap = net->cap ? net->cap * 2 : 64;
		net->q = realloc(net->q, net->cap * sizeof(*net->q));
	}
	for (i = net->nq++; i && sooner(p, &net->q[(i - 1) / 2]); i = (i - 1) / 2)
		net->q[i] = net->q[(i - 1) / 2];
	net->q[i] = *p;
}

static void heap_pop(struct net *net, struct net_pkt *out)
{
	struct net_pkt last;
	size_t i = 0, c;

	*out = net->q[0];
	last = net->q[--net->nq];
	while ((c = 2 * i + 1) < net->nq) {
		if (c + 1 < net->nq && sooner(&net->q[c + 1], &net->q[c]))
			c++;
		if (!sooner(&net->q[c], &last))
			break;
		net->q[i] = net->q[c];
		i = c;
	}
	if (net->nq)
		net->q[i] = last;
}

static void wire(struct net *net, int from, const uint8_t *bytes, uint32_t len)
{
	struct net_pkt p;
	int copies = 1;

	net->sent++;
	p.to = !from;
	p.len = len;
	memcpy(p.bytes, bytes, len);
	if (net->filter && !net->filter(net, from, p.bytes, &p.len, net->filter_arg)) {
		net->lost++;
		return;
	}
	if (net->cut || chance(net, net->o.loss)) {
		net->lost++;
		return;
	}
	if (chance(net, net->o.dup))
		copies = 2;
	while (copies--) {
		p.at = net->now + net->o.delay_ns +
		       (net->o.jitter_ns ? net_rand(net) % net->o.jitter_ns : 0);
		p.seq = net->seq++;
		if (chance(net, net->o.corrupt)) {
			struct net_pkt bad = p;

			bad.bytes[net_rand(net) % len] ^= (uint8_t)(1u << net_rand(net) % 8);
			heap_push(net, &bad);
		} else {
			heap_push(net, &p);
		}
	}
}

void net_inject(struct net *net, int to, const uint8_t *bytes, uint32_t len)
{
	struct net_pkt p = { .at = net->now, .seq = net->seq++, .to = to, .len = len };

	memcpy(p.bytes, bytes, len);
	heap_push(net, &p);
}

/* ---- a host's answers to actions ---------------------------------------------------- */

static void answer(struct net_node *n, uint32_t token, enum weft_status st, uint64_t value)
{
	/* Whether a packet is kept must be said while its bytes are there. */
	if (!n->async || st == WEFT_STATUS_HELD || st == WEFT_STATUS_NO_HOLD ||
	    n->n_later == WEFT_ARRAY_LEN(n->later)) {
		weft_done(n->pdc, token, st, value);
		return;
	}
	n->later[n->n_later].token = token;
	n->later[n->n_later].st = st;
	n->later[n->n_later++].value = value;
}

static void answer_later(struct net_node *n)
{
	while (n->n_later) {
		size_t i = --n->n_later;

		weft_done(n->pdc, n->later[i].token, n->later[i].st, n->later[i].value);
	}
}

static struct weft_mr *find_mr(struct net_node *n, uint32_t key, uint8_t **mem)
{
	for (size_t i = 0; i < n->n_mr; i++)
		if (n->mr[i].key == key) {
			*mem = n->mr_mem[i];
			return &n->mr[i];
		}
	return NULL;
}

static enum weft_status check(struct net_node *n, const struct weft_stream *s, uint32_t key,
			      uint32_t need, uint64_t addr, uint64_t len, uint8_t **at,
			      struct weft_mr **out)
{
	uint8_t *mem = NULL;
	struct weft_mr *mr = find_mr(n, key, &mem);
	enum weft_status st = weft_mr_check(mr, weft_stream_domain(s), weft_stream_pd(s), need, addr,
					    len);

	if (st == WEFT_STATUS_OK)
		*at = mem + (addr - mr->base);
	*out = mr;
	return st;
}

static enum weft_status place_mem(struct net_node *n, const struct weft_act *a,
				  const uint8_t *payload, const struct net_pkt *raw)
{
	struct weft_mr *mr;
	uint8_t *at = NULL;
	enum weft_status st = check(n, a->stream, a->key, WEFT_MR_WRITE, a->addr, a->msg_len, &at,
				    &mr);

	if (st != WEFT_STATUS_OK)
		return st;
	if (a->early && !(mr->rights & WEFT_MR_RELAXED)) {
		n->early_strict++;
		if (a->hold == WEFT_NO_HOLD)
			return WEFT_STATUS_NO_HOLD;
		weft_assert(!n->holds[a->hold].used);
		n->holds[a->hold].used = true;
		memcpy(n->holds[a->hold].bytes, raw->bytes, raw->len);
		return WEFT_STATUS_HELD;
	}
	if (a->len)
		memcpy(at + a->offset, payload, a->len);
	return WEFT_STATUS_OK;
}

static enum weft_status place_recv(const struct weft_act *a, const uint8_t *payload)
{
	struct net_stream *st = weft_stream_host(a->stream);
	struct net_recv *r = &st->rq[a->ssn % NET_RQ];

	if (a->ssn >= st->posted)
		return WEFT_STATUS_RNR;
	if (a->msg_len > r->cap)
		return WEFT_STATUS_TOO_LONG;
	if (a->len)
		memcpy(r->data + a->offset, payload, a->len);
	return WEFT_STATUS_OK;
}

static void do_atomic(struct net_node *n, const struct weft_act *a)
{
	struct weft_mr *mr;
	uint8_t *at = NULL;
	uint64_t old = 0, new;
	enum weft_status st = check(n, a->stream, a->key, WEFT_MR_ATOMIC, a->addr, 8, &at, &mr);

	if (st == WEFT_STATUS_OK) {
		memcpy(&old, at, 8);
		new = a->aop == WEFT_AOP_FADD ? old + a->operand :
		      old == a->compare ? a->operand : old;
		memcpy(at, &new, 8);
		n->executed_atomics++;
	}
	answer(n, a->token, st, old);
}

static void do_event(struct net_node *n, const struct weft_act *a)
{
	struct net_stream *st = a->stream ? weft_stream_host(a->stream) : NULL;

	switch (a->event) {
	case WEFT_EV_EP_CONNECT:
		if (!n->accept_service) {
			weft_ep_reject(n->pdc, a->peer_qpn, WEFT_EP_REASON_NO_SERVICE);
			break;
		}
		st = net_stream(n, 100 + (uint32_t)n->n_st);
		weft_recv_posted(st->s, st->posted);
		if (weft_ep_accept(st->s, &a->ep, a->priv, a->priv_len) == WEFT_OK)
			st->connected = true;
		break;
	case WEFT_EV_EP_ACCEPTED:
		st->connected = true;
		break;
	case WEFT_EV_EP_REJECTED:
		st->rejected = true;
		st->reason = a->arg;
		break;
	case WEFT_EV_STREAM_ERROR:
		st->error = true;
		st->error_status = a->wc.status;
		break;
	case WEFT_EV_DISCONNECTED:
		st->disconnected = true;
		st->reason = a->arg;
		break;
	case WEFT_EV_PDC_OPEN:
		n->open = true;
		break;
	case WEFT_EV_PDC_CLOSED:
		n->closed = true;
		break;
	case WEFT_EV_PDC_FAILED:
		n->failed = true;
		n->fail_status = a->wc.status;
		break;
	case WEFT_EV_NONE:
		break;
	}
}

/* payload/raw: of the packet just received, or NULL for actions of weft_work(). */
static void act(struct net_node *n, const struct weft_act *a, const uint8_t *payload,
		const struct net_pkt *raw)
{
	struct net_stream *st = a->stream ? weft_stream_host(a->stream) : NULL;
	struct weft_view v;
	struct weft_mr *mr;
	uint8_t *at;

	switch (a->type) {
	case WEFT_ACT_PLACE_MEM:
		if (!raw) {
			struct net_hold *h = &n->holds[a->hold];

			weft_assert(h->used);
			weft_parse(&v, h->bytes, NET_PKT_MAX);
			payload = v.payload;
			h->used = false;
		}
		answer(n, a->token, place_mem(n, a, payload, raw), 0);
		break;
	case WEFT_ACT_PLACE_RECV:
		answer(n, a->token, place_recv(a, payload), 0);
		break;
	case WEFT_ACT_PLACE_WR:
		memcpy((uint8_t *)(uintptr_t)a->local + a->offset, payload, a->len);
		answer(n, a->token, WEFT_STATUS_OK, 0);
		break;
	case WEFT_ACT_READ:
		answer(n, a->token, check(n, a->stream, a->key, WEFT_MR_READ, a->addr, a->msg_len,
					  &at, &mr), 0);
		break;
	case WEFT_ACT_ATOMIC:
		do_atomic(n, a);
		break;
	case WEFT_ACT_RECV:
		answer(n, a->token, a->ssn < st->posted ? WEFT_STATUS_OK : WEFT_STATUS_RNR, 0);
		break;
	case WEFT_ACT_RELEASE_HOLD:
		weft_assert(n->holds[a->hold].used);
		n->holds[a->hold].used = false;
		break;
	case WEFT_ACT_COMPLETE:
		weft_assert(st->n_wc < NET_WCS);
		st->wc[st->n_wc++] = a->wc;
		break;
	case WEFT_ACT_COMPLETE_RECV:
		weft_assert(st->n_rwc < NET_WCS);
		st->rwc[st->n_rwc++] = a->wc;
		break;
	case WEFT_ACT_EVENT:
		do_event(n, a);
		break;
	}
}

/* ---- turns -------------------------------------------------------------------------- */

static void accept_pdc(struct net_node *n, const struct weft_view *v)
{
	uint32_t arg;
	uint8_t out[WEFT_ALONE_MAX];
	size_t len;

	switch (weft_admit(&n->peer, v, &arg)) {
	case WEFT_ADMIT_STALE:
		n->rx_drop[WEFT_DROP_STALE_SYN]++;
		len = weft_nack_build(out, v, WEFT_NACK_NEW_START_PSN, arg);
		if (len)
			wire(n->net, n->id, out, (uint32_t)len);
		return;
	case WEFT_ADMIT_OLD:
		n->rx_drop[WEFT_DROP_STALE_SYN]++;
		return;
	case WEFT_ADMIT:
	case WEFT_ADMIT_RESTARTED:
		break;
	}
	n->pdc_mem = calloc(1, weft_pdc_size(&n->cfg));
	n->pdc = weft_pdc_accept(n->pdc_mem, &n->cfg, v, n->net->now);
	if (!n->pdc) {
		free(n->pdc_mem);
		n->pdc_mem = NULL;
	}
}

static void receive(struct net *net, const struct net_pkt *p)
{
	struct net_node *n = &net->n[p->to];
	uint8_t out[WEFT_ALONE_MAX];
	struct weft_view v;
	struct weft_act a;
	enum weft_drop why = weft_parse(&v, p->bytes, p->len);

	if (why == WEFT_DROP_NONE && !weft_crc_ok(&v))
		why = WEFT_DROP_CRC;
	if (why != WEFT_DROP_NONE) {
		n->rx_drop[why]++;
		return;
	}
	if (weft_route(&v) == WEFT_ROUTE_OPEN && !n->pdc)
		accept_pdc(n, &v);
	if (weft_route(&v) == WEFT_ROUTE_ALONE || weft_route(&v) == WEFT_ROUTE_NONE)
		return;
	if (!n->pdc || (v.d.pdc_id && v.d.pdc_id != n->cfg.pdc_id) ||
	    (weft_route(&v) == WEFT_ROUTE_CONTEXT &&
	     weft_pdc_state(n->pdc) == WEFT_PDC_STATE_CLOSED)) {
		size_t len = weft_nack_build(out, &v, WEFT_NACK_NO_CONTEXT, 0);

		n->rx_drop[WEFT_DROP_NO_CONTEXT]++;
		if (len && !(v.d.flags & WEFT_DFLAGS_SYN))
			wire(net, p->to, out, (uint32_t)len);
		return;
	}
	if (weft_rx(n->pdc, &v, net->now, &a, &why))
		act(n, &a, v.payload, p);
}

static uint32_t gather(struct net_node *n, struct weft_txd *t, uint8_t *out)
{
	uint32_t len = t->hdr_len;
	struct weft_hdr_crc crc;

	memcpy(out, t->hdr, len);
	if (t->src == WEFT_SRC_WR)
		memcpy(out + len, (const uint8_t *)(uintptr_t)t->local + t->offset, t->len);
	if (t->src == WEFT_SRC_MEM) {
		struct weft_mr *mr;
		uint8_t *at = NULL;
		enum weft_status st = check(n, t->stream, t->key, WEFT_MR_READ, t->addr, t->len,
					    &at, &mr);

		if (st != WEFT_STATUS_OK) {
			weft_read_failed(n->pdc, t, st);
			return 0;
		}
		memcpy(out + len, at, t->len);
	}
	len += t->len;
	crc.crc = weft_crc_header(out, len);
	weft_hdr_crc_pack(out + len, &crc);
	return len + WEFT_HDR_CRC_LEN;
}

void net_turn(struct net *net, int id)
{
	struct net_node *n = &net->n[id];
	struct weft_act acts[4];
	struct weft_txd txd[3];
	uint8_t out[NET_PKT_MAX];
	size_t k, i;

	if (!n->pdc)
		return;
	if (weft_deadline(n->pdc) <= net->now)
		weft_expire(n->pdc, net->now);
	answer_later(n);
	do {
		while ((k = weft_work(n->pdc, acts, 4, net->now)))
			for (i = 0; i < k; i++)
				act(n, &acts[i], NULL, NULL);
		answer_later(n);
		k = weft_work(n->pdc, acts, 1, net->now);
		for (i = 0; i < k; i++)
			act(n, &acts[i], NULL, NULL);
	} while (k);
	while ((k = weft_tx(n->pdc, txd, 3, net->now)))
		for (i = 0; i < k; i++) {
			uint32_t len = gather(n, &txd[i], out);

			if (len)
				wire(net, id, out, len);
		}
	while ((k = weft_work(n->pdc, acts, 4, net->now)))
		for (i = 0; i < k; i++)
			act(n, &acts[i], NULL, NULL);
}

static uint64_t next_time(const struct net *net)
{
	uint64_t t = net->nq ? net->q[0].at : WEFT_NEVER;

	for (int i = 0; i < 2; i++) {
		uint64_t d = net->n[i].pdc ? weft_deadline(net->n[i].pdc) : WEFT_NEVER;

		if (d < t)
			t = d;
	}
	return t;
}

void net_run(struct net *net, uint64_t for_ns, bool (*done)(struct net *, void *), void *arg)
{
	uint64_t end = net->now + for_ns, t;
	struct net_pkt p;

	net_turn(net, 0);
	net_turn(net, 1);
	while (!(done && done(net, arg))) {
		t = next_time(net);
		if (t == WEFT_NEVER || t > end)
			break;
		net->steps++;
		if (t > net->now)
			net->now = t;
		while (net->nq && net->q[0].at <= net->now) {
			heap_pop(net, &p);
			receive(net, &p);
		}
		net_turn(net, 0);
		net_turn(net, 1);
	}
}

/* ---- setting up --------------------------------------------------------------------- */

static void node_init(struct net *net, int id)
{
	const struct net_opts *o = &net->o;
	struct net_node *n = &net->n[id];

	n->net = net;
	n->id = id;
	weft_peer_init(&n->peer, id ? 0xa0 : 0xb0, (uint32_t)net_rand(net));
	n->cfg = (struct weft_pdc_cfg){
		.peer = &n->peer, .host = n, .chip_id = id ? 0xb0 : 0xa0, .incarnation = 7,
		.pdc_id = id ? 0x222 : 0x111, .domain = 1, .mode = o->mode, .gen = (uint8_t)(id + 1),
		.window = o->window, .max_payload = o->payload, .mtu_payload = o->payload,
		.max_streams = NET_STREAMS, .holds = o->holds, .n_paths = o->paths,
		.entropy_base = 0xc000, .retry_limit = o->retry_limit, .cc = o->cc,
		.keepalive_ns = o->keepalive_ns, .idle_ns = o->idle_ns,
	};
	n->accept_service = true;
	n->accept_cfg = (struct weft_stream_cfg){ .sq_depth = 64, .window = 16, .reads = 4,
						  .rnr_retry = 7, .rnr_delay_ns = 20000, .pd = 1 };
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
	for (int i = 0; i < 2; i++)
		node_init(net, i);
	net->n[0].pdc_mem = calloc(1, weft_pdc_size(&net->n[0].cfg));
	net->n[0].pdc = weft_pdc_open(net->n[0].pdc_mem, &net->n[0].cfg, net->now);
	return net;
}

void net_free(struct net *net)
{
	for (int i = 0; i < 2; i++) {
		struct net_node *n = &net->n[i];

		for (size_t k = 0; k < n->n_st; k++) {
			free(n->st[k].mem);
			free(n->st[k].rq);
		}
		for (size_t k = 0; k < n->n_mr; k++)
			free(n->mr_mem[k]);
		free(n->pdc_mem);
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

struct net_stream *net_stream(struct net_node *n, uint32_t qpn)
{
	struct net_stream *st = &n->st[n->n_st++];
	struct weft_stream_cfg cfg = n->accept_cfg;

	memset(st, 0, sizeof(*st));
	cfg.host = st;
	cfg.qpn = qpn;
	st->mem = calloc(1, weft_stream_size(&cfg));
	st->rq = calloc(NET_RQ, sizeof(*st->rq));
	if (weft_stream_init(n->pdc, st->mem, &cfg, &st->s) != WEFT_OK)
		return NULL;
	return st;
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
		if (n->st[i].s->peer_qpn == weft_stream_qpn(st->s))
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

	net_run(net, 3600000000000ull, enough, &w);
	return st->n_wc >= n;
}

void net_dump(struct net *net)
{
	for (int i = 0; i < 2; i++) {
		struct weft_pdc *p = net->n[i].pdc;

		printf("node %d t=%.3f ms state %d una %u nxt %u edge %u order %d lost %d flight %u/%u cwnd %u"
		       " rx_cum %u rx_max %u backoff %u held %u free %u deadline %+.3f us\n", i, (double)net->now / 1e6,
		       p->state, p->una, p->nxt, p->peer_edge, p->order.head, p->lost.head,
		       p->flight_req, p->flight_rsp, cc_window(&p->cc), p->rx_cum, p->rx_max,
		       p->backoff, (unsigned)p->st.held, p->n_hold_free, ((double)weft_deadline(p) - (double)net->now) / 1e3);
		for (size_t k = 0; k < net->n[i].n_st; k++) {
			struct weft_stream *s = net->n[i].st[k].s;

			printf("  stream %u state %d head %u next %u tail %u off %u acked %u reads %u unacked %u"
			       " fail %d | exp %u rsp_next %u nak %d tack %d dead %d held %d slot state %d got %u/%u contig %u\n",
			       s->cfg.qpn, s->state, s->head, s->next, s->tail, s->off, s->acked,
			       s->reads_out, s->unacked, s->failing, s->exp, s->rsp_next,
			       s->nak_due, s->tack_due, s->dead, s->held, msg_of(s, s->exp)->state, msg_of(s, s->exp)->got,
			       msg_of(s, s->exp)->msg_len, msg_of(s, s->exp)->contig);
		}
	}
}
