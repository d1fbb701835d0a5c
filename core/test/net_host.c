/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host's answers to the engine's actions.  See net.h. */
#include "core/test/net.h"

static void answer(struct net_node *n, uint32_t token, enum weft_status st, uint64_t value)
{
	/* Whether a packet is kept must be said while its bytes are there. */
	if (n->async == NET_SYNC || st == WEFT_STATUS_HELD || st == WEFT_STATUS_NO_HOLD ||
	    n->n_later == NET_LATER) {
		weft_done(n->pdc, token, st, value);
		return;
	}
	if (n->async == NET_NEVER)
		return;
	n->later[n->n_later].token = token;
	n->later[n->n_later].st = st;
	n->later[n->n_later++].value = value;
}

bool net_answer_later(struct net_node *n)
{
	bool any = false;

	for (size_t i = n->n_later; i--;) {
		struct net_late l = n->later[i];

		if (n->async == NET_RANDOM && net_rand(n->net) % 3)
			continue;
		n->later[i] = n->later[--n->n_later];
		weft_done(n->pdc, l.token, l.st, l.value);
		any = true;
	}
	return any;
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

enum weft_status net_mr_find(struct net_node *n, const struct weft_stream *s, uint32_t key,
			     uint32_t need, uint64_t addr, uint64_t len, uint8_t **at,
			     struct weft_mr **out)
{
	uint8_t *mem = NULL;
	struct weft_mr *mr = find_mr(n, key, &mem);
	enum weft_status st = weft_mr_check(mr, weft_stream_domain(s), weft_stream_pd(s), need,
					    addr, len);

	if (st == WEFT_STATUS_OK)
		*at = mem + (addr - mr->base);
	*out = mr;
	return st;
}

uint64_t net_word(const uint8_t *at, unsigned size)
{
	uint64_t x = 0;

	for (unsigned i = 0; i < size; i++)
		x |= (uint64_t)at[i] << 8 * i;
	return x;
}

void net_put_word(uint8_t *at, uint64_t x, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(x >> 8 * i);
}

/* A reference of its own, for 64-bit and 8-bit integers. */
static void combine(const struct weft_act *a, uint8_t *at, const uint8_t *from)
{
	unsigned size = weft_dtype_size(a->dtype);

	weft_assert(a->dtype == WEFT_DTYPE_I64 || a->dtype == WEFT_DTYPE_U8);
	for (uint32_t i = 0; i < a->len; i += size) {
		uint64_t x = net_word(at + i, size), y = net_word(from + i, size);

		if (a->redop == WEFT_REDOP_SUM)
			x += y;
		else if (a->redop == WEFT_REDOP_XOR)
			x ^= y;
		else if (a->redop == WEFT_REDOP_MAX)
			x = (size == 8 ? (int64_t)x < (int64_t)y : x < y) ? y : x;
		else
			weft_assert(false);
		net_put_word(at + i, x, size);
	}
}

static enum weft_status keep(struct net_node *n, const struct weft_act *a,
			     const struct net_pkt *raw)
{
	n->early_strict++;
	if (a->hold == WEFT_NO_HOLD)
		return WEFT_STATUS_NO_HOLD;
	weft_assert(!n->holds[a->hold].used);
	n->holds[a->hold].used = true;
	memcpy(n->holds[a->hold].bytes, raw->bytes, raw->len);
	return WEFT_STATUS_HELD;
}

static enum weft_status place_mem(struct net_node *n, const struct weft_act *a,
				  const uint8_t *payload, const struct net_pkt *raw, bool *relaxed)
{
	struct weft_mr *mr;
	uint8_t *at = NULL;
	enum weft_status st = net_mr_find(n, a->stream, a->key, WEFT_MR_WRITE, a->addr, a->msg_len,
					  &at, &mr);

	if (st != WEFT_STATUS_OK)
		return st;
	*relaxed = mr->rights & WEFT_MR_RELAXED;
	if (a->early == WEFT_TOO_EARLY || (a->early && !*relaxed))
		return keep(n, a, raw);
	if (a->type == WEFT_ACT_REDUCE)
		combine(a, at + a->offset, payload);
	else if (a->len)
		memcpy(at + a->offset, payload, a->len);
	n->placed += a->len;
	return WEFT_STATUS_OK;
}

/*
 * A buffer for message ssn of a stream: its own, or one of the shared queue, bound by the first
 * packet and never the last one for a message ahead of its turn (WEFT-SEM-083).
 */
static enum weft_status bind(struct net_node *n, struct net_stream *st, const struct weft_act *a)
{
	struct net_recv *r = &st->rq[a->ssn % NET_RQ];

	if (!n->shared)
		return psn_before(a->ssn, st->posted) ? WEFT_STATUS_OK : WEFT_STATUS_RNR;
	if (r->bound)
		return WEFT_STATUS_OK;
	if (a->early && n->srq_free < 2)
		return WEFT_STATUS_NO_HOLD;
	if (!n->srq_free)
		return WEFT_STATUS_RNR;
	n->srq_free--;
	n->srq_bound++;
	r->bound = true;
	r->cap = NET_RQ_BYTES;
	st->bound++;
	weft_assert(st->bound <= st->s->cfg.srq);
	return WEFT_STATUS_OK;
}

static void unbind(struct net_node *n, struct net_stream *st, uint32_t from)
{
	for (uint32_t i = 0; i < NET_RQ; i++) {
		struct net_recv *r = &st->rq[(from + i) % NET_RQ];

		if (!r->bound)
			continue;
		r->bound = false;
		st->bound--;
		n->srq_bound--;
		n->srq_free++;
	}
	st->unbound++;
}

/* The buffer is used up: it is for the test to post another. */
static void consume(struct net_node *n, struct net_stream *st, uint32_t ssn)
{
	struct net_recv *r = &st->rq[ssn % NET_RQ];

	if (!n->shared)
		return;
	weft_assert(r->bound);
	r->bound = false;
	st->bound--;
	n->srq_bound--;
}

static enum weft_status place_recv(struct net_node *n, const struct weft_act *a,
				   const uint8_t *payload)
{
	struct net_stream *st = weft_stream_host(a->stream);
	struct net_recv *r = &st->rq[a->ssn % NET_RQ];
	enum weft_status how = bind(n, st, a);

	if (how != WEFT_STATUS_OK)
		return how;
	if (a->msg_len > r->cap)
		return WEFT_STATUS_TOO_LONG;
	if (a->len)
		memcpy(r->data + a->offset, payload, a->len);
	n->placed += a->len;
	return WEFT_STATUS_OK;
}

static void do_atomic(struct net_node *n, const struct weft_act *a)
{
	struct weft_mr *mr;
	uint8_t *at = NULL;
	uint64_t old = 0, new;
	enum weft_status st = net_mr_find(n, a->stream, a->key, WEFT_MR_ATOMIC, a->addr,
					  a->atomic.width, &at, &mr);

	if (st == WEFT_STATUS_OK) {
		old = net_word(at, a->atomic.width);
		new = weft_atomic_apply(&a->atomic, old);
		net_put_word(at, new, a->atomic.width);
		n->executed_atomics++;
	}
	answer(n, a->token, st, old);
}

static void do_flush(struct net_node *n, const struct weft_act *a)
{
	struct weft_mr *mr;
	uint8_t *at;
	enum weft_status st = net_mr_find(n, a->stream, a->key, WEFT_MR_WRITE, a->addr, a->msg_len,
					  &at, &mr);

	if (st == WEFT_STATUS_OK && a->level == WEFT_FLUSH_DURABLE)
		st = WEFT_STATUS_BAD_OPCODE;
	if (st == WEFT_STATUS_OK) {
		n->flushes++;
		n->placed_at_flush = n->placed;
	}
	answer(n, a->token, st, 0);
}

static void do_invalidate(struct net_node *n, const struct weft_act *a)
{
	struct weft_mr *mr;
	uint8_t *at;
	enum weft_status st = net_mr_find(n, a->stream, a->key, WEFT_MR_INVALIDATE, 0, 0, &at, &mr);

	if (st == WEFT_STATUS_OK)
		mr->alive = false;
	answer(n, a->token, st, 0);
}

static void connect_asked(struct net_node *n, const struct weft_act *a)
{
	struct net_stream *st;

	if (!n->accept_service) {
		weft_ep_reject(n->pdc, a->peer_qpn, WEFT_EP_REASON_NO_SERVICE);
		return;
	}
	st = net_stream(n, n->next_qpn++);
	if (!st) {
		weft_ep_reject(n->pdc, a->peer_qpn, WEFT_EP_REASON_NO_ROOM);
		return;
	}
	weft_recv_posted(st->s, st->posted);
	if (weft_ep_accept(st->s, &a->ep, a->priv, a->priv_len) == WEFT_OK)
		st->connected = true;
	else
		net_end(n, st, WEFT_EP_REASON_NO_ROOM);
}

static void stream_event(const struct weft_act *a, struct net_stream *st)
{
	switch (a->event) {
	case WEFT_EV_EP_ACCEPTED:
		st->connected = true;
		break;
	case WEFT_EV_EP_REJECTED:
		st->rejected = true;
		st->reason = a->arg;
		break;
	case WEFT_EV_STREAM_ERROR:
		st->error = true;
		st->refused = a->arg;
		st->error_status = a->wc.status;
		break;
	case WEFT_EV_SQ_DRAINED:
		st->drained++;
		break;
	case WEFT_EV_DISCONNECTED:
		st->disconnected = true;
		st->reason = a->arg;
		break;
	default:
		weft_assert(false);
	}
}

static void do_event(struct net_node *n, const struct weft_act *a)
{
	switch (a->event) {
	case WEFT_EV_EP_CONNECT:
		connect_asked(n, a);
		break;
	case WEFT_EV_WINDOW:
		n->window_status = a->wc.status;
		n->windows_told++;
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
	case WEFT_EV_TELEMETRY:
	case WEFT_EV_PEER_PORT:
		break;
	default:
		stream_event(a, weft_stream_host(a->stream));
		break;
	}
}

static void do_place_mem(struct net_node *n, const struct weft_act *a, const struct weft_view *v,
			 const struct net_pkt *raw)
{
	const uint8_t *payload = v ? v->payload : NULL;
	bool relaxed = false;
	struct weft_view held;
	enum weft_status st;

	if (!raw) {
		struct net_hold *h = &n->holds[a->hold];

		weft_assert(h->used);
		weft_assert(weft_parse(&held, h->bytes, NET_PKT_MAX) == WEFT_DROP_NONE);
		payload = held.payload;
		h->used = false;
	}
	st = place_mem(n, a, payload, raw, &relaxed);
	answer(n, a->token, st, st == WEFT_STATUS_HELD && a->early == WEFT_TOO_EARLY && relaxed);
}

static bool is_service(enum weft_act_type type)
{
	return type >= WEFT_ACT_BIND && type <= WEFT_ACT_COMPLETE_RD;
}

/* What asks for no answer. */
static void told(struct net_node *n, struct net_stream *st, const struct weft_act *a)
{
	switch (a->type) {
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
		consume(n, st, a->ssn);
		break;
	case WEFT_ACT_EVENT:
		do_event(n, a);
		break;
	default:
		break;
	}
}

void net_act(struct net_node *n, const struct weft_act *a, const struct weft_view *v,
	     const struct net_pkt *raw)
{
	struct net_stream *st = a->stream ? weft_stream_host(a->stream) : NULL;
	enum weft_status judged;
	struct weft_mr *mr;
	uint64_t value;
	uint8_t *at;

	if (a->token && n->judge && n->judge(n, a, &judged)) {
		if (!raw && (a->type == WEFT_ACT_PLACE_MEM || a->type == WEFT_ACT_REDUCE))
			n->holds[a->hold].used = false;
		answer(n, a->token, judged, 0);
		return;
	}
	if (is_service(a->type)) {
		net_svc_act(n, a, &judged, &value);
		if (a->token)
			answer(n, a->token, judged, value);
		return;
	}
	switch (a->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
		do_place_mem(n, a, v, raw);
		break;
	case WEFT_ACT_PLACE_RECV:
		answer(n, a->token, place_recv(n, a, v->payload), 0);
		break;
	case WEFT_ACT_PLACE_WR:
		memcpy((uint8_t *)(uintptr_t)a->local + a->offset, v->payload, a->len);
		answer(n, a->token, WEFT_STATUS_OK, 0);
		break;
	case WEFT_ACT_READ:
		answer(n, a->token, net_mr_find(n, a->stream, a->key, WEFT_MR_READ, a->addr,
						a->msg_len, &at, &mr), 0);
		break;
	case WEFT_ACT_ATOMIC:
		do_atomic(n, a);
		break;
	case WEFT_ACT_FLUSH:
		do_flush(n, a);
		break;
	case WEFT_ACT_INVALIDATE:
		do_invalidate(n, a);
		break;
	case WEFT_ACT_UNBIND:
		unbind(n, st, a->ssn);
		break;
	case WEFT_ACT_RECV:
		answer(n, a->token, bind(n, st, a), 0);
		break;
	default:
		told(n, st, a);
		break;
	}
}
