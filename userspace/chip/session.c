/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chip service (spec 60.1): streams that ask for memory and queues.
 *
 * Decides what a request gets, and that all of it ends with the stream.  Keys are capabilities of
 * a domain: every stream of it that shows the key is admitted, so that another chip can fetch
 * what a CPU has allocated here.  All this memory therefore has protection domain 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/chip/chip_int.h"

#define REQUESTS 16u	/* requests of a stream under way */
#define SEND_DEPTH 256u	/* answers and signals of a stream under way */
#define ADDR_POOL 40	/* remote addresses: pool index + 1 above, offset in the pool below */

struct grant {
	struct grant *next;
	struct weft_mem *mem;
	struct chip_pool *pool;
	uint8_t *bytes;
	uint64_t len;
	struct chip_queue *queue;	/* NULL: plain memory */
	struct place *closing;		/* of the QUEUE_DESTROY that ends it; NULL: none */
};

/* Each request has a place of its own, so that its answer lies still until it is sent. */
struct place {
	uint8_t req[WEFT_HDR_SVC_REQ_LEN];
	uint8_t rsp[WEFT_HDR_SVC_RSP_LEN];
	bool open;		/* the answer is not known yet, and those behind it wait */
};

struct chip_session {
	struct chip_end end;
	struct chip_session *next;
	struct grant *grants;
	struct place place[REQUESTS];
	uint8_t waiting[REQUESTS];	/* places whose answers found no room, oldest first */
	unsigned n_waiting;
};

enum { ID_ANSWER = 1 << 16, ID_SIGNAL = 1 << 17 };	/* in the work request's id */

/* ---- What queues ask for ------------------------------------------------------------- */

static uint8_t *queue_resolve(void *host, uint32_t key, uint32_t need, uint64_t addr,
			      uint64_t len, enum weft_status *st)
{
	struct chip_session *s = host;
	void *local = NULL;

	*st = (enum weft_status)weft_mem_check(s->end.chip->port,
					       WEFT_MUTANT(COMMAND_TENANT) ? 2 :
					       weft_ep_domain(s->end.ep),
					       WEFT_MUTANT(COMMAND_TENANT) ? 1 :
					       weft_ep_pd(s->end.ep), key, need, addr, len,
					       &local);
	return *st == WEFT_STATUS_OK ? local : NULL;
}

static int queue_signal(void *host, uint32_t key, uint64_t addr, uint64_t add)
{
	struct chip_session *s = host;

	return weft_fetch_add(s->end.ep, addr, key, add, ID_SIGNAL, WEFT_QUIET);
}

static struct chip_fetch *queue_fetch(void *host, uint64_t chip_id, uint32_t key, uint64_t addr,
				      uint32_t len, enum weft_cmd_status *st)
{
	struct chip_session *s = host;

	return chip_fetch_open(&s->end, chip_id, key, addr, len, st);
}

static const struct chip_queue_ops queue_ops = {
	.resolve = queue_resolve,
	.signal = queue_signal,
	.fetch_open = queue_fetch,
	.fetch_peek = chip_fetch_peek,
	.fetch_take = chip_fetch_take,
	.fetch_close = chip_fetch_close,
};

/* ---- Grants --------------------------------------------------------------------------- */

static void grant_free(struct chip_session *s, struct grant *g)
{
	struct grant **at = &s->grants;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	if (g->queue) {
		chip_queue_fini(g->queue);
		free(g->queue);
		s->end.chip->queues_now--;
	}
	weft_dereg(g->mem);	/* first: nothing may reach the bytes when they are given back */
	chip_pool_free(g->pool, g->bytes, g->len);
	free(g);
}

/* A key is dead or unknown to this stream: NULL. */
static struct grant *grant_find(struct chip_session *s, uint32_t key)
{
	struct grant *g = s->grants;

	while (g && (g->closing || weft_mem_key(g->mem) != key))
		g = g->next;
	return g;
}

static enum weft_status grant_make(struct chip_session *s, struct chip_pool *pool, uint64_t len,
				   unsigned rights, struct grant **out)
{
	struct weft_mem_opts o = { .domain = weft_ep_domain(s->end.ep), .domain_given = 1,
				   .addr_given = 1 };
	struct grant *g = calloc(1, sizeof(*g));

	if (!g)
		return WEFT_STATUS_NO_RESOURCES;
	g->bytes = chip_pool_alloc(pool, len);
	if (!g->bytes)
		goto free_grant;
	o.addr = ((uint64_t)pool->index + 1) << ADDR_POOL | (uint64_t)(g->bytes - pool->base);
	if (weft_reg(s->end.chip->port, g->bytes, len, rights, &o, &g->mem))
		goto free_bytes;
	g->pool = pool;
	g->len = len;
	g->next = s->grants;
	s->grants = g;
	*out = g;
	return WEFT_STATUS_OK;

free_bytes:
	chip_pool_free(pool, g->bytes, len);
free_grant:
	free(g);
	return WEFT_STATUS_NO_RESOURCES;
}

/* ---- Requests ------------------------------------------------------------------------- */

#define ALL_RIGHTS (WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC)

static void describe(struct weft_hdr_svc_rsp *a, const struct grant *g)
{
	a->key = weft_mem_key(g->mem);
	a->addr = weft_mem_addr(g->mem);
	a->length = g->len;
}

static enum weft_status serve_alloc(struct chip_session *s, const struct weft_hdr_svc_req *q,
				    struct weft_hdr_svc_rsp *a)
{
	struct chip *chip = s->end.chip;
	unsigned rights = ALL_RIGHTS;
	enum weft_status st;
	struct grant *g;

	if (q->pool >= chip->n_pools || !q->length || (q->flags & ~WEFT_SVC_FLAGS_RELAXED))
		return WEFT_STATUS_MALFORMED;
	if (q->flags & WEFT_SVC_FLAGS_RELAXED)
		rights |= WEFT_RELAXED;
	st = grant_make(s, &chip->pool[q->pool], q->length, rights, &g);
	if (st != WEFT_STATUS_OK)
		return st;
	chip->totals.allocs++;
	describe(a, g);
	return WEFT_STATUS_OK;
}

/* The queue ends, and is gone when all that it took is signalled: WEFT-ACC-022. */
static enum weft_status serve_destroy(struct chip_session *s, const struct weft_hdr_svc_req *q,
				      struct place *p)
{
	struct grant *g = grant_find(s, q->key);

	if (!g || !g->queue)
		return WEFT_STATUS_BAD_KEY;
	chip_queue_stop(g->queue);
	g->closing = p;
	p->open = true;
	s->end.chip->totals.frees++;
	return WEFT_STATUS_OK;
}

/* WEFT-ACC-016: commands look the key up again at each slice. */
static enum weft_status serve_free(struct chip_session *s, const struct weft_hdr_svc_req *q)
{
	struct grant *g = grant_find(s, q->key);

	if (!g || g->queue)
		return WEFT_STATUS_BAD_KEY;
	if (WEFT_MUTANT(FREE_KEEPS))
		return WEFT_STATUS_OK;
	grant_free(s, g);
	s->end.chip->totals.frees++;
	return WEFT_STATUS_OK;
}

/* In the first pool that has room. */
static enum weft_status queue_memory(struct chip_session *s, uint32_t bytes, struct grant **g)
{
	enum weft_status st = WEFT_STATUS_NO_RESOURCES;

	for (unsigned i = 0; i < s->end.chip->n_pools && st != WEFT_STATUS_OK; i++)
		st = grant_make(s, &s->end.chip->pool[i], bytes, ALL_RIGHTS, g);
	return st;
}

static enum weft_status serve_queue(struct chip_session *s, const struct weft_hdr_svc_req *q,
				    struct weft_hdr_svc_rsp *a)
{
	struct chip *chip = s->end.chip;
	uint32_t bytes = chip_queue_bytes(q->depth);
	struct grant *g;

	if (!bytes || q->depth > chip->depth_max)
		return WEFT_STATUS_MALFORMED;
	if (chip->queues_now == chip->queues_max)
		return WEFT_STATUS_NO_RESOURCES;
	if (queue_memory(s, bytes, &g) != WEFT_STATUS_OK)
		return WEFT_STATUS_NO_RESOURCES;
	g->queue = malloc(sizeof(*g->queue));
	if (!g->queue) {
		grant_free(s, g);
		return WEFT_STATUS_NO_RESOURCES;
	}
	chip->queues_now++;
	chip->totals.queues++;
	chip_queue_init(g->queue, g->bytes, q->depth, weft_port_chip_id(chip->port),
			&chip->offer, &queue_ops, s, &chip->queue_stats);
	describe(a, g);
	a->depth = q->depth;
	return WEFT_STATUS_OK;
}

static enum weft_status serve(struct chip_session *s, const struct weft_hdr_svc_req *q,
			      struct weft_hdr_svc_rsp *a, struct place *p)
{
	switch (q->op) {
	case WEFT_SVC_OP_ALLOC:
		return serve_alloc(s, q, a);
	case WEFT_SVC_OP_FREE:
		return serve_free(s, q);
	case WEFT_SVC_OP_QUEUE_DESTROY:
		return serve_destroy(s, q, p);
	case WEFT_SVC_OP_QUEUE_CREATE:
		return serve_queue(s, q, a);
	}
	return WEFT_MUTANT(SERVED_ANYWAY) ? WEFT_STATUS_OK : WEFT_STATUS_BAD_OPCODE;
}

/* WEFT-ACC-001: every request is answered, in order; a refused one leaves nothing behind. */
static void answer(struct chip_session *s, unsigned i, uint32_t len)
{
	struct place *p = &s->place[i];
	struct weft_hdr_svc_rsp a = { 0 };
	struct weft_hdr_svc_req q = { 0 };
	enum weft_status st = WEFT_STATUS_MALFORMED;

	if (len == sizeof(p->req)) {
		weft_hdr_svc_req_unpack(&q, p->req);
		st = serve(s, &q, &a, p);
	}
	s->end.chip->totals.requests++;
	s->end.chip->totals.requests_refused += st != WEFT_STATUS_OK;
	a.op = q.op;
	a.tag = q.tag;
	a.status = (uint8_t)st;
	weft_hdr_svc_rsp_pack(p->rsp, &a);
	s->waiting[s->n_waiting++] = (uint8_t)i;
}

static void send_answers(struct chip_session *s)
{
	unsigned sent = 0;

	while (sent < s->n_waiting) {
		unsigned i = s->waiting[sent];

		if (s->place[i].open)
			break;
		if (weft_send(s->end.ep, s->place[i].rsp, sizeof(s->place[i].rsp),
			      ID_ANSWER | i, 0))
			break;
		sent++;
	}
	s->n_waiting -= sent;
	memmove(s->waiting, s->waiting + sent, s->n_waiting);
}

/* WEFT-ACC-024, WEFT-ACC-025, WEFT-ACC-026: all is signalled, so the answer may go. */
static void close_queue(struct chip_session *s, struct grant *g)
{
	struct place *p = g->closing;
	struct weft_hdr_svc_rsp a;

	weft_hdr_svc_rsp_unpack(&a, p->rsp);
	a.length = WEFT_MUTANT(DESTROY_COUNT) ? g->queue->depth : g->queue->taken;
	weft_hdr_svc_rsp_pack(p->rsp, &a);
	p->open = false;
	grant_free(s, g);
	send_answers(s);
}

void chip_session_complete(struct chip_end *end, const struct weft_completion *c)
{
	struct chip_session *s = (struct chip_session *)end;
	unsigned i = (unsigned)(c->id & (ID_ANSWER - 1));

	if (c->status != WEFT_ST_OK)
		return;		/* an event says that the stream is over */
	if (c->op == WEFT_OP_RECV)
		answer(s, i, c->len);
	else if (c->id & ID_ANSWER)
		weft_recv(end->ep, s->place[i].req, sizeof(s->place[i].req), i);
	send_answers(s);
}

/* ---- Streams -------------------------------------------------------------------------- */

int chip_session_accept(struct chip *chip, struct weft_request *rq)
{
	struct chip_session *s = calloc(1, sizeof(*s));
	struct weft_ep_opts o = { .cq = chip->cq, .user = s, .send_depth = SEND_DEPTH,
				  .recv_depth = REQUESTS };
	int err;

	if (!s)
		return -ENOMEM;
	s->end = (struct chip_end){ .kind = CHIP_END_SESSION, .chip = chip };
	err = weft_accept(rq, &o, &s->end.ep);
	if (err) {
		free(s);
		return err;
	}
	for (unsigned i = 0; i < REQUESTS; i++)
		weft_recv(s->end.ep, s->place[i].req, sizeof(s->place[i].req), i);
	s->next = chip->sessions;
	chip->sessions = s;
	chip->totals.sessions++;
	return 0;
}

void chip_session_end(struct chip_end *end, bool failed)
{
	struct chip_session *s = (struct chip_session *)end;
	struct chip_session **at = &end->chip->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	while (s->grants && !WEFT_MUTANT(STREAM_END_KEEPS))
		grant_free(s, s->grants);
	chip_end_free(end, failed);
}

static bool run_queues(struct chip_session *s)
{
	struct grant *g, *next;
	bool moved = false;

	for (g = s->grants; g; g = next) {
		next = g->next;
		if (!g->queue)
			continue;
		moved |= chip_queue_run(g->queue, 1);
		if (g->closing && chip_queue_idle(g->queue)) {
			close_queue(s, g);
			moved = true;
		}
	}
	return moved;
}

bool chip_sessions_run(struct chip *chip)
{
	bool moved = false;

	for (struct chip_session *s = chip->sessions; s; s = s->next)
		moved |= run_queues(s);
	return moved;
}
