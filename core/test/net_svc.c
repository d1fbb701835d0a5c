/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host's side of load and store, and of reliable datagrams.  See net.h. */
#include <stdlib.h>

#include "core/test/net.h"

void net_svc_on(struct net_node *n)
{
	if (n->ls.tags) {
		n->svc_mem[0] = calloc(1, weft_ls_size(&n->ls));
		weft_assert(weft_ls_init(n->pdc, n->svc_mem[0], &n->ls) == WEFT_OK);
	}
	if (n->rd.tags) {
		n->svc_mem[1] = calloc(1, weft_rd_size(&n->rd));
		weft_assert(weft_rd_init(n->pdc, n->svc_mem[1], &n->rd) == WEFT_OK);
	}
}

void net_services(struct net *net, const struct weft_ls_cfg *ls, const struct weft_rd_cfg *rd)
{
	for (int i = 0; i < 2; i++) {
		if (ls)
			net->n[i].ls = *ls;
		if (rd)
			net->n[i].rd = *rd;
	}
	net_svc_on(&net->n[0]);
}

static enum weft_status find(struct net_node *n, const struct weft_act *a, uint32_t need,
			     uint8_t **at)
{
	for (size_t i = 0; i < n->n_mr; i++) {
		const struct weft_mr *mr = &n->mr[i];
		enum weft_status st;

		if (mr->key != a->key)
			continue;
		st = weft_mr_check(mr, n->cfg.domain, a->pd, need, a->addr,
				   a->type == WEFT_ACT_BIND ? a->span : a->len);
		if (st == WEFT_STATUS_OK)
			*at = n->mr_mem[i] + (a->addr - mr->base);
		return st;
	}
	return WEFT_STATUS_BAD_KEY;
}

static enum weft_status bind(struct net_node *n, const struct weft_act *a, uint64_t *rights)
{
	uint8_t *at;
	enum weft_status st = find(n, a, 0, &at);

	for (size_t i = 0; i < n->n_mr; i++)
		if (n->mr[i].key == a->key)
			*rights = n->mr[i].rights;
	return st;
}

static void store(const struct weft_act *a, uint8_t *at)
{
	for (uint32_t i = 0; i < a->len; i++)
		if (a->len > 64 || a->mask >> (63 - i) & 1)
			at[i] = a->data[i];
}

static uint64_t atomic(const struct weft_act *a, uint8_t *at)
{
	uint64_t old = net_word(at, a->atomic.width);

	net_put_word(at, weft_atomic_apply(&a->atomic, old), a->atomic.width);
	return old;
}

static enum weft_status load_store(struct net_node *n, const struct weft_act *a, uint64_t *value)
{
	uint32_t need = a->type == WEFT_ACT_LS_LOAD ? WEFT_MR_READ :
			a->type == WEFT_ACT_LS_STORE ? WEFT_MR_WRITE : WEFT_MR_ATOMIC;
	uint8_t *at = NULL;
	enum weft_status st = find(n, a, need, &at);

	if (st != WEFT_STATUS_OK)
		return st;
	n->executed++;
	if (a->type == WEFT_ACT_LS_STORE)
		store(a, at);
	else if (a->type == WEFT_ACT_LS_ATOMIC)
		*value = atomic(a, at);
	return WEFT_STATUS_OK;
}

/* Datagrams are counted by what they say; each qpn from 1 to 8 takes them with qkey 0x5a. */
static enum weft_status datagram(struct net_node *n, const struct weft_act *a)
{
	uint32_t what;

	if (!a->arg || a->arg > 8)
		return WEFT_STATUS_NO_STREAM;
	if (a->key != 0x5a)
		return WEFT_STATUS_BAD_QKEY;
	if (a->len < sizeof(what) || a->len > 256)
		return WEFT_STATUS_TOO_LONG;
	if (n->rd_rnr && n->rd_rnr--)
		return WEFT_STATUS_RNR;
	memcpy(&what, a->data, sizeof(what));
	weft_assert(what < NET_WCS);
	n->rd_got[what]++;
	n->rd_last = *a;
	return WEFT_STATUS_OK;
}

void net_svc_act(struct net_node *n, const struct weft_act *a, enum weft_status *st,
		 uint64_t *value)
{
	*value = 0;
	*st = WEFT_STATUS_OK;
	switch (a->type) {
	case WEFT_ACT_BIND:
		*st = bind(n, a, value);
		return;
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
		*st = load_store(n, a, value);
		return;
	case WEFT_ACT_PLACE_LS:
		memcpy((uint8_t *)(uintptr_t)a->local, a->data, a->len);
		return;
	case WEFT_ACT_PLACE_RD:
		*st = datagram(n, a);
		return;
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_COMPLETE_RD:
		weft_assert(n->n_svc < NET_WCS);
		n->svc[n->n_svc++] = a->wc;
		return;
	default:
		weft_assert(false);
	}
}

uint32_t net_svc_gather(struct net_node *n, const struct weft_txd *t, uint8_t *out)
{
	struct weft_seg segs[WEFT_MAX_MEMOPS];
	size_t k = weft_ls_segs(n->pdc, t, segs);
	uint8_t *at = out;

	for (size_t i = 0; i < k; i++) {
		const struct weft_seg *s = &segs[i];
		struct weft_act a = { .type = WEFT_ACT_LS_LOAD, .key = s->key, .pd = s->pd,
				      .addr = s->addr, .len = s->len };
		uint8_t *from = (uint8_t *)(uintptr_t)s->local;
		enum weft_status st = WEFT_STATUS_OK;

		if (s->src == WEFT_SRC_MEM)
			st = find(n, &a, WEFT_MR_READ, &from);
		if (st != WEFT_STATUS_OK) {
			weft_ls_seg_failed(n->pdc, t, i, st);
			return UINT32_MAX;
		}
		memcpy(at, s->bytes, s->inlined);
		if (s->len)
			memcpy(at + s->inlined, from, s->len);
		memset(at + s->inlined + s->len, 0, s->pad);
		at += s->inlined + s->len + s->pad;
	}
	return (uint32_t)(at - out);
}

struct wait {
	int id;
	size_t n;
};

static bool enough(struct net *net, void *arg)
{
	const struct wait *w = arg;

	return net->n[w->id].n_svc >= w->n;
}

bool net_svc_wait(struct net *net, int id, size_t n)
{
	struct wait w = { id, n };

	net_run(net, 3600000000000ull, enough, &w);
	return net->n[id].n_svc >= n;
}
