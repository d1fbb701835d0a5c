/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The wire between two hosts, and their turns.  See net.h. */
#include <stdio.h>
#include <stdlib.h>

#include "core/test/net.h"
#include "core/test/net_check.h"
#include "core/test/pk.h"

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

static void send_copy(struct net *net, struct net_pkt *p)
{
	p->at = net->now + net->o.delay_ns +
		(net->o.jitter_ns ? net_rand(net) % net->o.jitter_ns : 0);
	p->seq = net->seq++;
	if (chance(net, net->o.corrupt)) {
		struct net_pkt bad = *p;

		bad.bytes[net_rand(net) % p->len] ^= (uint8_t)(1u << net_rand(net) % 8);
		heap_push(net, &bad);
	} else {
		heap_push(net, p);
	}
}

/* What a switch whose queue is full does with a packet that has a payload (WEFT-PKT-010). */
static bool trim(struct net *net, struct net_pkt *p)
{
	enum weft_ptype type = (enum weft_ptype)(p->bytes[0] & 15);

	if (type != WEFT_PTYPE_DATA && type != WEFT_PTYPE_CTRL && type != WEFT_PTYPE_MEM)
		return false;
	net->trimmed++;
	p->len = WEFT_HDR_DELIVERY_LEN;
	p->bytes[4] |= WEFT_FABRIC_TRIM;
	send_copy(net, p);
	return true;
}

static void wire(struct net *net, int from, const uint8_t *bytes, uint32_t len)
{
	struct net_pkt p = { .to = !from, .len = len };

	net->sent++;
	memcpy(p.bytes, bytes, len);
	if (net->filter && !net->filter(net, from, p.bytes, &p.len, net->filter_arg)) {
		net->lost++;
		return;
	}
	if (net->cut || chance(net, net->o.loss)) {
		net->lost++;
		return;
	}
	if (chance(net, net->o.trim) && trim(net, &p))
		return;
	if (chance(net, net->o.dup))
		send_copy(net, &p);
	send_copy(net, &p);
}

void net_inject(struct net *net, int to, const uint8_t *bytes, uint32_t len)
{
	struct net_pkt p = { .at = net->now, .seq = net->seq++, .to = to, .len = len };

	memcpy(p.bytes, bytes, len);
	heap_push(net, &p);
}

/* ---- receiving ---------------------------------------------------------------------- */

static void refuse(struct net_node *n, const struct weft_view *v, enum weft_nack reason,
		   uint32_t arg)
{
	uint8_t out[WEFT_ALONE_MAX];
	size_t len = weft_nack_build(out, v, reason, arg);

	if (len)
		wire(n->net, n->id, out, (uint32_t)len);
}

/* Another context of the peer's takes the place of ours. */
static void replace(struct net_node *n, bool restarted)
{
	if (!n->pdc)
		return;
	if (restarted)		/* WEFT-PDC-005 */
		weft_pdc_abort(n->pdc, WEFT_STATUS_PEER_RESET, false);
	net_turn(n->net, n->id);
	net_forget(n);
}

static void open_for(struct net_node *n, const struct weft_view *v)
{
	enum weft_admission how;
	uint32_t arg = 0;

	if (n->busy) {
		n->rx_drop[WEFT_DROP_BUSY]++;
		refuse(n, v, WEFT_NACK_BUSY, 0);
		return;
	}
	if (v->syn.domain != n->cfg.domain || v->syn.mode != n->cfg.mode) {
		n->rx_drop[WEFT_DROP_DOMAIN]++;
		refuse(n, v, WEFT_NACK_MODE, 0);
		return;
	}
	how = weft_admit(&n->peer, v, &n->gate, &arg);
	if (how == WEFT_ADMIT_COOKIE) {
		n->rx_drop[WEFT_DROP_BAD_COOKIE]++;
		refuse(n, v, WEFT_NACK_COOKIE, arg);
		return;
	}
	if (how == WEFT_ADMIT_STALE || how == WEFT_ADMIT_OLD || how == WEFT_ADMIT_GONE) {
		n->rx_drop[WEFT_DROP_STALE_SYN]++;
		if (how != WEFT_ADMIT_OLD)
			refuse(n, v, how == WEFT_ADMIT_GONE ? WEFT_NACK_RESET :
			       WEFT_NACK_NEW_START_PSN, arg);
		return;
	}
	replace(n, how == WEFT_ADMIT_RESTARTED);
	n->pdc_mem = calloc(1, weft_pdc_size(&n->cfg));
	n->pdc = weft_pdc_accept(n->pdc_mem, &n->cfg, v, n->net->now);
	if (n->pdc)
		net_svc_on(n);
}

/* Packets that are for no context.  True: it was one. */
static bool stands_alone(struct net_node *n, const struct weft_view *v, enum weft_drop why)
{
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hello hello;
	uint8_t out[WEFT_ALONE_MAX];
	size_t len;

	if (why == WEFT_DROP_VERSION && v->d.type != WEFT_PTYPE_CTRL) {
		len = weft_version_reject_build(out, v->d.psn);
		wire(n->net, n->id, out, (uint32_t)len);
	}
	if (why != WEFT_DROP_NONE) {
		n->rx_drop[why]++;
		return true;
	}
	if (weft_route(v) == WEFT_ROUTE_NONE) {
		n->rx_drop[WEFT_DROP_NO_CONTEXT]++;
		return true;
	}
	if (weft_route(v) != WEFT_ROUTE_ALONE)
		return false;
	n->vr_got += weft_alone_parse(v, &hello, &nb, &vr) == WEFT_ALONE_VERSION;
	return true;
}

static void receive(struct net *net, const struct net_pkt *p)
{
	struct net_node *n = &net->n[p->to];
	struct net_hunger h;
	struct weft_view v;
	struct weft_act a;
	enum weft_drop why = weft_parse(&v, p->bytes, p->len);
	bool has_act;

	if (why == WEFT_DROP_NONE && net->o.ports)
		v.port = (uint8_t)((v.d.entropy - 0xc000u) % net->o.ports);
	if (why == WEFT_DROP_NONE && !weft_crc_ok(&v))
		why = WEFT_DROP_CRC;
	if (why == WEFT_DROP_TRIMMED && n->pdc && v.d.pdc_id == n->cfg.pdc_id) {
		weft_rx_trimmed(n->pdc, &v);
		return;
	}
	if (stands_alone(n, &v, why))
		return;
	if (weft_route(&v) == WEFT_ROUTE_OPEN && (!n->pdc || !weft_pdc_same(n->pdc, &v))) {
		open_for(n, &v);
		if (!n->pdc || !weft_pdc_same(n->pdc, &v))
			return;
	}
	if (weft_route(&v) == WEFT_ROUTE_CONTEXT &&
	    (!n->pdc || v.d.pdc_id != n->cfg.pdc_id || !pdc_live(n->pdc))) {
		n->rx_drop[WEFT_DROP_NO_CONTEXT]++;
		if (!(v.d.flags & WEFT_DFLAGS_SYN))
			refuse(n, &v, WEFT_NACK_NO_CONTEXT, 0);
		return;
	}
	h = net_starve(n);
	has_act = n->pdc && weft_rx(n->pdc, &v, net->now, &a, &why);
	net_feed(n, h);
	if (!has_act)
		return;
	do
		net_act(n, &a, &v, p);
	while (weft_rx_more(n->pdc, &v, &a));
}

/* ---- turns -------------------------------------------------------------------------- */

static uint32_t gather(struct net_node *n, struct weft_txd *t, uint8_t *out)
{
	uint32_t len = t->hdr_len;

	memcpy(out, t->hdr, len);
	if (t->src == WEFT_SRC_WR)
		memcpy(out + len, (const uint8_t *)(uintptr_t)t->local + t->offset, t->len);
	if (t->src == WEFT_SRC_LS) {
		uint32_t got = net_svc_gather(n, t, out + len);

		if (got == UINT32_MAX)
			return 0;
		weft_assert(got == t->len);
	}
	if (t->src == WEFT_SRC_MEM) {
		struct weft_mr *mr;
		uint8_t *at = NULL;
		enum weft_status st = net_mr_find(n, t->stream, t->key, WEFT_MR_READ, t->addr,
						  t->len, &at, &mr);

		if (st != WEFT_STATUS_OK) {	/* WEFT-MEM-006 */
			weft_read_failed(n->pdc, t, st);
			return 0;
		}
		memcpy(out + len, at, t->len);
	}
	return pk_seal(out, len + t->len);
}

static void do_work(struct net_node *n)
{
	struct weft_act acts[4];
	size_t k;

	do {
		while ((k = weft_work(n->pdc, acts, 4, n->net->now)))
			for (size_t i = 0; i < k; i++)
				net_act(n, &acts[i], NULL, NULL);
	} while (net_answer_later(n) && n->async == NET_LATE);
}

static void do_tx(struct net_node *n)
{
	struct weft_txd txd[3];
	uint8_t out[NET_PKT_MAX];
	struct net_hunger h;
	size_t k;

	if (++n->tx_turn == n->tx_skip)
		return;
	h = net_starve(n);
	while ((k = weft_tx(n->pdc, txd, 3, n->net->now)))
		for (size_t i = 0; i < k; i++) {
			uint32_t len = gather(n, &txd[i], out);

			if (len)
				wire(n->net, n->id, out, len);
		}
	net_feed(n, h);
}

static void end_streams(struct net_node *n)
{
	for (size_t i = 0; i < n->n_st; i++) {
		struct net_stream *st = &n->st[i];

		if (st->s && (st->error || st->disconnected || st->rejected))
			net_end(n, st, WEFT_EP_REASON_CLOSED);
	}
}

void net_turn(struct net *net, int id)
{
	struct net_node *n = &net->n[id];

	if (!n->pdc)
		return;
	if (weft_deadline(n->pdc) <= net->now)
		weft_expire(n->pdc, net->now);
	net_answer_later(n);
	do_work(n);
	do_tx(n);
	do_work(n);
	if (n->auto_end)
		end_streams(n);
	if (net->check_every && ++net->turns % net->check_every == 0)
		net_checked(n->pdc, net->o.seed);
}

static uint64_t next_time(const struct net *net)
{
	uint64_t t = net->nq ? net->q[0].at : WEFT_NEVER;

	for (int i = 0; i < 2; i++) {
		const struct net_node *n = &net->n[i];
		uint64_t d = n->pdc ? weft_deadline(n->pdc) : WEFT_NEVER;

		if (d < t)
			t = d;
		if (n->n_later && net->now + 1000 < t)
			t = net->now + 1000;
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
