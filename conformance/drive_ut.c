/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scripts and judges have the upper tester do: memory, queue pairs, work, completions.
 */
#include "conformance/case.h"
#include "conformance/ut.h"

#include <stdio.h>
#include <string.h>

#define RECVS		16u	/* receive buffers that a queue pair of the device is given */
#define RECV_LEN	4096u
#define LOOK_MS		2u	/* between two questions for completions */
#define POLL_MAX	32u
#define LOCAL_BASE	0x600000u
#define REGION_BASE	0x700000u

static struct wc_ut *ut_of(const struct wc_t *t)
{
	return t->dut->ut;
}

/* ---- memory ----------------------------------------------------------------------------- */

static bool mr_register(struct wc_t *t, const struct upper_mr *m, struct wc_mem *out)
{
	uint8_t b[UPPER_MR_BYTES] = { 0 }, r[UPPER_BODY];
	uint32_t n = 0;

	upper_put(b, m->address, 8);
	upper_put(b + 8, m->length, 8);
	upper_put(b + 16, m->key, 4);
	upper_put(b + 20, m->rights, 4);
	upper_put(b + 24, m->pd, 4);
	upper_put(b + 28, m->domain, 4);
	upper_put(b + 32, m->share, 4);
	upper_put(b + 36, m->pattern, 4);
	if (wc_ut_call(t, UPPER_MR_REGISTER, b, sizeof(b), r, &n) != UPPER_OK || n != 16)
		return false;
	*out = (struct wc_mem){ (uint32_t)upper_get(r, 4), upper_get(r + 8, 8), m->length };
	return true;
}

/* As conformance/personality.txt has them. */
static const struct {
	uint32_t key, share, rights, pd, pattern;
	bool other_domain, dead;
} fixed[] = {
	{ WC_KEY_RWA, 0, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC, 1, 7, false, false },
	{ WC_KEY_R, 0, UPPER_READ, 1, 7, false, false },
	{ WC_KEY_W, WC_KEY_RWA, UPPER_WRITE, 1, 0, false, false },
	{ WC_KEY_DOMAIN, 0, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC, 1, 7, true, false },
	{ WC_KEY_DEAD, WC_KEY_RWA, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC, 1, 0, false, true },
	{ WC_KEY_PD, WC_KEY_RWA, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC, 2, 0, false, false },
	{ WC_KEY_RELAXED, 0, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC | UPPER_RELAXED, 1, 0, false,
	  false },
	{ WC_KEY_INV, 0, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC | UPPER_INVALIDATE, 1, 7, false,
	  false },
};
#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

/* Where a region is to be, if the device can: then a run repeats itself. */
static uint64_t place(const struct wc_t *t, uint64_t address)
{
	return ut_of(t)->flags & UPPER_CAN_ADDRESS ? address : 0;
}

/* Where no peer may take a key away, as from what ibv_reg_mr() makes, the region is there too. */
static bool without_invalidate(struct wc_t *t, struct upper_mr *m, struct wc_mem *r)
{
	if (!(m->rights & UPPER_INVALIDATE))
		return false;
	m->rights &= ~(uint32_t)UPPER_INVALIDATE;
	return mr_register(t, m, r);
}

static bool make_regions(struct wc_t *t)
{
	for (unsigned i = 0; i < FIXED; i++) {
		struct wc_mem *r = &t->region[fixed[i].key - WC_REGION_FIRST];
		struct upper_mr m = {
			.address = place(t, WC_BASE(fixed[i].key)),
			.length = WC_R_LEN, .rights = fixed[i].rights, .pd = fixed[i].pd,
			.pattern = fixed[i].pattern,
			.domain = fixed[i].other_domain ? WC_OTHER_DOMAIN : t->dut->domain,
		};
		uint8_t key[4];

		if (fixed[i].share)
			m.share = t->region[fixed[i].share - WC_REGION_FIRST].key;
		if (!mr_register(t, &m, r) && !without_invalidate(t, &m, r)) {
			if (!fixed[i].other_domain)
				return false;
			continue;	/* a device may have one domain alone */
		}
		upper_put(key, r->key, 4);
		if (fixed[i].dead && wc_ut_call(t, UPPER_MR_INVALIDATE, key, 4, NULL, NULL))
			return false;
	}
	return true;
}

bool wc_ut_begin(struct wc_t *t)
{
	struct upper_mr m = { .address = place(t, LOCAL_BASE), .length = WC_LOCAL_LEN, .pd = 1,
			      .pattern = 7,
			      .domain = t->dut->domain };
	uint8_t b[16] = { 0 };

	upper_put(b + 8, t->rng, 8);
	return wc_ut_call(t, UPPER_RESET, b, sizeof(b), NULL, NULL) == UPPER_OK &&
	       mr_register(t, &m, &t->local) && (!ut_of(t)->personality || make_regions(t));
}

bool wc_ut_region_for(struct wc_t *t, uint32_t len, unsigned rights, struct wc_mem *m)
{
	struct upper_mr r = { .address = place(t, REGION_BASE), .length = len, .pd = 1,
			      .rights = rights, .domain = t->dut->domain };

	return mr_register(t, &r, m);
}

bool wc_ut_region(struct wc_t *t, uint32_t len, struct wc_mem *m)
{
	return wc_ut_region_for(t, len, UPPER_READ | UPPER_WRITE | UPPER_ATOMIC, m);
}

bool wc_ut_fill(struct wc_t *t, uint32_t at, uint32_t len, uint32_t seed)
{
	static uint8_t b[UPPER_BODY];

	upper_put(b, t->local.key, 4);
	upper_put(b + 4, 0, 4);
	upper_put(b + 8, t->local.base + at, 8);
	wc_fill(b + 16, len, seed);
	return wc_ut_call(t, UPPER_MEM_WRITE, b, 16 + len, NULL, NULL) == UPPER_OK;
}

bool wc_ut_memory(struct wc_t *t, const char *name, uint32_t at, uint32_t len)
{
	return wc_ut_look(t, name, &t->local, at, len);
}

bool wc_ut_look(struct wc_t *t, const char *name, const struct wc_mem *m, uint32_t at,
		uint32_t len)
{
	char mark[64];
	uint8_t b[16];

	upper_put(b, m->key, 4);
	upper_put(b + 4, len, 4);
	upper_put(b + 8, m->base + at, 8);
	snprintf(mark, sizeof(mark), "mem.%s", name);
	wc_mark(t, mark);
	return wc_ut_call(t, UPPER_MEM_READ, b, sizeof(b), NULL, NULL) == UPPER_OK;
}

const uint8_t *wc_ut_bytes(const struct wc_view *v, const char *name, uint32_t *len)
{
	char mark[64];
	size_t i;

	snprintf(mark, sizeof(mark), "mem.%s", name);
	i = wc_view_mark(v, mark);
	*len = 0;
	for (; i != WC_NONE && i < v->count; i++) {
		const struct wc_rec *r = &v->t->rec[i];

		if (r->kind != WC_R_UT || !(r->flags & WC_U_RESPONSE))
			continue;
		*len = r->len - UPPER_HEAD;
		return r->bytes + UPPER_HEAD;
	}
	return NULL;
}

/* ---- queue pairs ------------------------------------------------------------------------ */

static bool ep_create(struct wc_stream *s, uint32_t flags, uint32_t service, uint32_t *ask)
{
	struct wc_t *t = s->c->t;
	uint8_t b[UPPER_EP_BYTES + 2 + 64] = { 0 }, r[UPPER_BODY];
	size_t n = strlen(t->dut->port->local);
	const char *address = strchr(t->dut->port->local, ':') ? t->dut->port->local : "";
	uint32_t len = 0;

	n = t->dut->port->virtual_time || n > 64 ? 0 : strlen(address);
	upper_put(b, s->c->chip_id, 8);
	upper_put(b + 8, s->qpn, 4);
	upper_put(b + 12, service, 4);
	upper_put(b + 16, flags, 4);
	upper_put(b + 20, 1, 4);
	upper_put(b + 24, s->c->domain, 4);
	upper_put(b + 28, t->own_recvs ? 0 : RECVS, 4);
	upper_put(b + 32, RECV_LEN, 4);
	upper_put(b + 36, s->rnr_retry, 4);
	upper_put(b + UPPER_EP_BYTES, n, 2);
	memcpy(b + UPPER_EP_BYTES + 2, address, n);
	if (wc_ut_call(t, UPPER_EP_CREATE, b, UPPER_EP_BYTES + 2 + (uint32_t)n, r, &len) ||
	    len != 12)
		return false;
	s->ep = (uint32_t)upper_get(r, 4);
	*ask = (uint32_t)upper_get(r + 8, 4);
	return true;
}

uint32_t wc_ut_expect(struct wc_stream *s, unsigned flags)
{
	uint32_t service = 0;

	return ep_create(s, flags, 0, &service) ? service : 0;
}

struct wc_stream *wc_ut_connect(struct wc_ctx *c, const char *name)
{
	return wc_ut_connect_with(c, name, 0);
}

struct wc_stream *wc_ut_connect_with(struct wc_ctx *c, const char *name, unsigned rnr_retry)
{
	struct wc_stream *s = wc_connect_asking(c, name, WC_SERVICE_UPPER, rnr_retry);

	wc_await(c->t, name);
	return wc_connected(s, name) ? s : NULL;
}

static bool has_called(struct wc_t *t, const void *arg)
{
	const struct wc_stream *s = arg;

	(void)t;
	return s->taken;
}

struct wc_stream *wc_ut_called(struct wc_t *t, const char *name, uint32_t mode)
{
	struct wc_ctx *c = wc_open(t, mode, WC_OTHER_DOMAIN);
	struct wc_stream *s = wc_ut_call_begin(c, name);

	if (!s)
		return NULL;
	wc_wait(t, has_called, s, "a connection by the device");
	return s->taken ? s : NULL;
}

struct wc_stream *wc_ut_call_begin(struct wc_ctx *c, const char *name)
{
	struct wc_t *t = c->t;
	struct wc_stream *s = &t->stream[t->n_streams++ % WC_STREAMS];
	uint32_t service = 0;

	memset(s, 0, sizeof(*s));
	c->target = c->keep_syn = true;
	t->callee = c;
	s->c = c;
	s->qpn = t->dut->next_id++;
	s->called = true;
	s->service = 0x55540000u | (s->qpn & 0xffff);
	wc_value(t, name, s->service);
	return ep_create(s, UPPER_ACTIVE | (c->mode == WC_ROD ? UPPER_ROD : 0u), s->service,
			 &service) ? s : NULL;
}

/* ---- work ------------------------------------------------------------------------------- */

/* What the judge must know to find on the wire what the work came to. */
static void note_work(const struct wc_stream *s, const char *name, uint32_t wid, uint32_t msn)
{
	struct wc_t *t = s->c->t;
	char value[64];

	snprintf(value, sizeof(value), "wid.%s", name);
	wc_value(t, value, wid);
	snprintf(value, sizeof(value), "msn.%s", name);
	wc_value(t, value, msn);
	snprintf(value, sizeof(value), "peer.%s", name);
	wc_value(t, value, s->peer_qpn);
}

/* The n-th of one command. */
static void put_work(struct wc_stream *s, unsigned n, const char *name, const struct wc_work *w,
		     uint8_t *p)
{
	struct wc_t *t = s->c->t;
	uint32_t wid = ++t->next_wid;

	note_work(s, name, wid, s->posted + n);
	upper_put(p, wid, 8);
	upper_put(p + 8, w->op, 4);
	upper_put(p + 12, w->flags, 4);
	upper_put(p + 16, w->len, 4);
	upper_put(p + 20, t->local.key, 4);
	upper_put(p + 24, t->local.base + w->at, 8);
	upper_put(p + 32, w->addr, 8);
	upper_put(p + 40, w->key ? w->key : WC_OWN_KEY, 4);
	upper_put(p + 44, w->imm, 4);
	upper_put(p + 48, w->operand, 8);
	upper_put(p + 56, w->compare, 8);
}

static bool post(struct wc_stream *s, const uint8_t *b, unsigned n)
{
	uint8_t r[UPPER_BODY];
	uint32_t len = 0;
	int st = wc_ut_call(s->c->t, UPPER_OP_POST, b, 8 + n * UPPER_WR_BYTES, r, &len);

	if (st >= 0 && len == 4)
		s->posted += (uint32_t)upper_get(r, 4);
	return st == UPPER_OK;
}

bool wc_ut_post_all(struct wc_stream *s, const char *name, const struct wc_work *w, unsigned n)
{
	uint8_t b[8 + UPPER_POSTS * UPPER_WR_BYTES] = { 0 };

	n = n < UPPER_POSTS ? n : UPPER_POSTS;
	upper_put(b, s->ep, 4);
	upper_put(b + 4, n, 4);
	for (unsigned i = 0; i < n; i++)
		put_work(s, i, wc_nth(name, i), &w[i], b + 8 + (size_t)i * UPPER_WR_BYTES);
	return post(s, b, n);
}

bool wc_ut_post(struct wc_stream *s, const char *name, const struct wc_work *w)
{
	uint8_t b[8 + UPPER_WR_BYTES] = { 0 };

	upper_put(b, s->ep, 4);
	upper_put(b + 4, 1, 4);
	put_work(s, 0, name, w, b + 8);
	return post(s, b, 1);
}

bool wc_ut_recv(struct wc_stream *s, const char *name, uint32_t at, uint32_t len)
{
	struct wc_t *t = s->c->t;
	uint32_t wid = ++t->next_wid;
	uint8_t b[32] = { 0 };

	note_work(s, name, wid, 0);
	upper_put(b, s->ep, 4);
	upper_put(b + 4, t->local.key, 4);
	upper_put(b + 8, t->local.base + at, 8);
	upper_put(b + 16, len, 4);
	upper_put(b + 24, wid, 8);
	return wc_ut_call(t, UPPER_RECV_POST, b, sizeof(b), NULL, NULL) == UPPER_OK;
}

bool wc_ut_end(struct wc_stream *s, bool cancel)
{
	uint8_t b[4];

	upper_put(b, s->ep, 4);
	return wc_ut_call(s->c->t, cancel ? UPPER_CANCEL : UPPER_EP_DESTROY, b, 4, NULL,
			  NULL) == UPPER_OK;
}

void wc_ut_poll(struct wc_t *t)
{
	uint8_t b[4];

	upper_put(b, POLL_MAX, 4);
	wc_ut_call(t, UPPER_CQ_POLL, b, sizeof(b), NULL, NULL);
}

bool wc_ut_await(struct wc_t *t, const char *name)
{
	uint64_t end = wc_now(t) + t->dut->patience_ms * 1000000ull;
	struct upper_done d;
	char what[80];

	for (;;) {
		wc_ut_poll(t);
		if (wc_ut_done(&t->view, name, WC_NONE, &d) != WC_NONE)
			return true;
		if (wc_now(t) >= end || t->runaway || wc_interrupted || ut_of(t)->dead)
			break;
		wc_pause(t, LOOK_MS);
	}
	snprintf(what, sizeof(what), "completion of %s", name);
	wc_record(t, WC_R_TIMEOUT, 0, what, NULL, 0);
	return false;
}

/* ---- completions, for judges ------------------------------------------------------------ */

/* The n-th completion in record i. */
static bool nth_done(const struct wc_view *v, size_t i, unsigned n, struct upper_done *d)
{
	const struct wc_rec *r = &v->t->rec[i];
	const uint8_t *p = r->bytes + UPPER_HEAD + (size_t)n * UPPER_DONE_BYTES;

	if (r->kind != WC_R_UT || !(r->flags & WC_U_RESPONSE) || r->len < UPPER_HEAD ||
	    upper_get(r->bytes + 4, 2) != UPPER_CQ_POLL ||
	    r->len < UPPER_HEAD + (n + 1) * UPPER_DONE_BYTES)
		return false;
	*d = (struct upper_done){
		.wid = upper_get(p, 8), .id = (uint32_t)upper_get(p + 8, 4),
		.status = (uint32_t)upper_get(p + 12, 4), .op = (uint32_t)upper_get(p + 16, 4),
		.length = (uint32_t)upper_get(p + 20, 4), .imm = (uint32_t)upper_get(p + 24, 4),
		.flags = (uint32_t)upper_get(p + 28, 4), .value = upper_get(p + 32, 8),
	};
	return true;
}

static uint64_t wid_of(const struct wc_view *v, const char *name)
{
	char value[64];

	snprintf(value, sizeof(value), "wid.%s", name);
	return wc_view_value(v, value, 0);
}

size_t wc_ut_done(const struct wc_view *v, const char *name, size_t until, struct upper_done *done)
{
	uint64_t wid = wid_of(v, name);

	for (size_t i = 0; wid && i < v->count && i < until; i++)
		for (unsigned n = 0; nth_done(v, i, n, done); n++)
			if (done->wid == wid)
				return i;
	return WC_NONE;
}

unsigned wc_ut_dones(const struct wc_view *v, const char *name)
{
	uint64_t wid = wid_of(v, name);
	struct upper_done d;
	unsigned count = 0;

	for (size_t i = 0; wid && i < v->count; i++)
		for (unsigned n = 0; nth_done(v, i, n, &d); n++)
			count += d.wid == wid;
	return count;
}

static uint64_t about(const struct wc_view *v, const char *what, const char *name)
{
	char value[64];

	snprintf(value, sizeof(value), "%s.%s", what, name);
	return wc_view_value(v, value, 0);
}

/* Did we answer that message before record until?  Any answer is one to those before it too. */
static bool answered_by_us(const struct wc_view *v, const char *name, size_t until)
{
	uint64_t msn = about(v, "msn", name), qpn = about(v, "peer", name);

	for (size_t i = 0; i < until && i < v->count; i++) {
		const struct wc_frame *f = &v->f[i];

		if (v->t->rec[i].kind == WC_R_TX && !v->wrong[i] && f->type == WC_DATA &&
		    f->qpn == qpn && !wc_before(f->msn, msn) &&
		    (f->status == WC_OK || f->msn != msn) &&
		    (f->opcode == WC_TACK || f->opcode == WC_READ_RSP ||
		     f->opcode == WC_ATOMIC_RSP))
			return true;
	}
	return false;
}

void wc_completed(struct wc_judge *j, unsigned n, const char *name, unsigned status)
{
	struct upper_done d = { 0 };

	j->evidence = wc_ut_done(j->v, name, WC_NONE, &d);
	wc_cp(j, n, j->evidence != WC_NONE, "NO_COMPLETION", "%s completes", name);
	wc_cp(j, n, d.status == status, "WRONG_COMPLETION", "%s completes with code %u, but it did "
	      "with %u", name, status, d.status);
	wc_cp(j, n, status != UPPER_WC_SUCCESS || answered_by_us(j->v, name, j->evidence), "LIES",
	      "%s completes after its answer was on the wire", name);
	wc_cp(j, n, wc_ut_dones(j->v, name) == 1, "COMPLETED_TWICE", "%s completes once", name);
}
