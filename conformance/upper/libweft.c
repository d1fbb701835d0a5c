/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester over libweft: a model of what a maker writes for a stack of his own.
 *
 * A queue pair that waits for the tester listens on a service of its own, whose top half is
 * SERVICE; one that asks connects to the tester's.
 */
#include "conformance/upper/backend.h"

#include <weft/weft.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPS	128u
#define REGIONS	48u
#define DONES	1024u	/* completions kept until asked for */
#define SERVICE	0x55540000u
#define AUTO	(1ull << 63)	/* in the id of a receive buffer that the stub posts itself */

struct end {
	uint32_t id;			/* 0: free */
	struct upper_ep ask;
	struct weft_ep *ep;		/* NULL: not asked yet */
	uint8_t *recv;			/* ask.recvs buffers */
	struct weft_ep_opts opts;
};

struct region {
	struct weft_mem *mem;		/* NULL: free, or withdrawn */
	uint32_t key;
	uint64_t address, length;
	uint8_t *bytes;			/* NULL: free */
	int shared;			/* bytes are another's */
};

struct upper_libweft {
	struct upper upper;
	struct upper_ops ops;
	struct weft_port *port;
	struct weft_cq *cq;
	char tester[WEFT_ADDR_MAX];
	uint32_t next_id;
	struct end end[EPS];
	struct region region[REGIONS];
	struct upper_done done[DONES];
	uint32_t n_done, taken;
	struct weft_counter counter[256];
};

static unsigned failure(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EAGAIN ? UPPER_NO_ROOM :
	       err == -EINVAL ? UPPER_BAD_VALUE : err == -EOPNOTSUPP ? UPPER_UNSUPPORTED :
	       UPPER_FAILED;
}

static struct end *find(struct upper_libweft *d, uint32_t id)
{
	for (unsigned i = 0; i < EPS; i++)
		if (id && d->end[i].id == id)
			return &d->end[i];
	return NULL;
}

/* ---- queue pairs ------------------------------------------------------------------------ */

static void post_own(struct end *e)
{
	for (uint32_t i = 0; e->ep && e->recv && i < e->ask.recvs; i++)
		weft_recv(e->ep, e->recv + (size_t)i * e->ask.recv_len, e->ask.recv_len, AUTO | i);
}

static unsigned ep_create(void *dev, const struct upper_ep *ask, const char *address,
			  uint32_t length, uint32_t *id, uint32_t *qpn, uint32_t *service)
{
	struct upper_libweft *d = dev;
	char to[WEFT_ADDR_MAX];
	struct end *e = NULL;
	int err;

	for (unsigned i = 0; i < EPS && !e; i++)
		e = d->end[i].id ? NULL : &d->end[i];
	if (!e)
		return UPPER_NO_ROOM;
	if (length >= sizeof(to))
		return UPPER_BAD_VALUE;
	snprintf(to, sizeof(to), "%.*s", (int)length, length ? address : "");
	memset(e, 0, sizeof(*e));
	e->ask = *ask;
	e->recv = ask->recvs ? calloc(ask->recvs, ask->recv_len + 1u) : NULL;
	if (ask->recvs && !e->recv)
		return UPPER_NO_ROOM;
	e->opts = (struct weft_ep_opts){
		.cq = d->cq, .user = e, .pd = ask->pd, .domain = ask->domain, .domain_given = 1,
		.send_depth = 64, .recv_depth = 64, .rnr_retry = (uint8_t)ask->rnr_retry,
		.rnr_delay_ns = ask->rnr_delay_ns,
		.mode = ask->flags & UPPER_ACTIVE && ask->flags & UPPER_ROD ? WEFT_ROD : 0,
	};
	*id = ++d->next_id & 0xffff;
	*service = ask->flags & UPPER_ACTIVE ? 0 : SERVICE | *id;
	if (ask->flags & UPPER_ACTIVE)
		err = weft_connect(d->port, length ? to : d->tester, ask->service, &e->opts,
				   &e->ep);
	else
		err = weft_listen(d->port, *service, e, 1);
	if (err) {
		free(e->recv);
		return failure(err);
	}
	e->id = *id;
	*qpn = e->ep ? weft_ep_qpn(e->ep) : 0;
	post_own(e);
	return UPPER_OK;
}

static void drop(struct upper_libweft *d, struct end *e)
{
	if (!(e->ask.flags & UPPER_ACTIVE))
		weft_unlisten(d->port, SERVICE | e->id);
	weft_ep_destroy(e->ep);
	free(e->recv);
	memset(e, 0, sizeof(*e));
}

static unsigned ep_destroy(void *dev, uint32_t id)
{
	struct end *e = find(dev, id);

	if (!e)
		return UPPER_NO_SUCH;
	drop(dev, e);
	return UPPER_OK;
}

/* In this library a queue pair ends only by disconnecting: what is outstanding is flushed. */
static unsigned cancel(void *dev, uint32_t id)
{
	struct end *e = find(dev, id);

	if (!e || !e->ep)
		return UPPER_NO_SUCH;
	weft_disconnect(e->ep);
	return UPPER_OK;
}

/* 40.8 */
static uint32_t completion(unsigned st)
{
	switch (st) {
	case WEFT_ST_OK: return UPPER_WC_SUCCESS;
	case WEFT_ST_BAD_OPCODE:
	case WEFT_ST_MALFORMED:
	case WEFT_ST_MISALIGNED:
	case WEFT_ST_NO_RESOURCES:
	case WEFT_ST_TOO_LONG: return UPPER_WC_REM_INV_REQ;
	case WEFT_ST_BAD_KEY:
	case WEFT_ST_BAD_DOMAIN:
	case WEFT_ST_NO_RIGHTS:
	case WEFT_ST_OUT_OF_BOUNDS:
	case WEFT_ST_NO_WINDOW: return UPPER_WC_REM_ACCESS;
	case WEFT_ST_OP_FAILED: return UPPER_WC_REM_OP;
	case WEFT_ST_RNR_RETRY_EXCEEDED: return UPPER_WC_RNR_RETRY_EXC;
	case WEFT_ST_NO_STREAM:
	case WEFT_ST_RETRY_EXCEEDED:
	case WEFT_ST_PEER_RESET:
	case WEFT_ST_DISCONNECTED: return UPPER_WC_RETRY_EXC;
	case WEFT_ST_FLUSHED: return UPPER_WC_FLUSH;
	case WEFT_ST_LOCAL_PROTECTION: return UPPER_WC_LOC_PROT;
	case WEFT_ST_LOCAL_LENGTH: return UPPER_WC_LOC_LEN;
	default: return UPPER_WC_OTHER;
	}
}

static unsigned ep_state(void *dev, uint32_t id, uint32_t *state, uint32_t *status, uint32_t *qpn)
{
	static const uint32_t of[] = {
		[WEFT_EP_IS_CONNECTING] = UPPER_CONNECTING,
		[WEFT_EP_IS_CONNECTED] = UPPER_CONNECTED,
		[WEFT_EP_IS_REJECTED] = UPPER_REJECTED, [WEFT_EP_IS_CLOSED] = UPPER_CLOSED,
		[WEFT_EP_IS_FAILED] = UPPER_ENDED_FAILED,
	};
	struct end *e = find(dev, id);

	if (!e)
		return UPPER_NO_SUCH;
	*state = UPPER_CONNECTING;
	if (!e->ep)
		return UPPER_OK;
	*state = of[weft_ep_status(e->ep)];
	*status = completion(weft_ep_failure(e->ep));
	*qpn = weft_ep_qpn(e->ep);
	return UPPER_OK;
}

static void asked(struct upper_libweft *d, struct weft_request *rq)
{
	const struct weft_asker *a = weft_request_asker(rq);
	struct end *e = find(d, a->service & 0xffff);

	if (!e || e->ep || a->domain != e->ask.domain ||
	    (e->ask.peer_chip && a->chip_id != e->ask.peer_chip) ||
	    weft_accept(rq, &e->opts, &e->ep)) {
		weft_reject(rq);
		return;
	}
	post_own(e);
}

static uint32_t op_of(const struct weft_completion *c)
{
	return c->op == WEFT_OP_SEND ? UPPER_DO_SEND : c->op == WEFT_OP_WRITE ? UPPER_DO_WRITE :
	       c->op == WEFT_OP_READ ? UPPER_DO_READ : c->op == WEFT_OP_ATOMIC ? UPPER_DO_FADD :
	       UPPER_DO_RECV;
}

static void keep(struct upper_libweft *d, const struct weft_completion *c)
{
	const struct end *e = c->user;

	if (d->n_done - d->taken == DONES)
		return;		/* nobody asks for them */
	d->done[d->n_done++ % DONES] = (struct upper_done){
		.wid = c->id, .id = e->id, .status = completion(c->status), .op = op_of(c),
		.length = c->op & WEFT_OP_RECV ? c->len : 0, .value = c->value,
		.imm = c->flags & WEFT_HAS_IMM ? c->imm : 0,
		.flags = c->flags & WEFT_HAS_IMM ? UPPER_IMM : 0,
	};
}

/* Completions: those of our own receive buffers are posted again, the rest is kept for CQ_POLL. */
static void complete(struct upper_libweft *d)
{
	struct weft_completion c;

	while (weft_cq_poll(d->cq, &c, 1) == 1) {
		struct end *e = c.user;

		if (!(c.op & WEFT_OP_RECV && c.id & AUTO))
			keep(d, &c);
		else if (c.status == WEFT_ST_OK)
			weft_recv(e->ep, e->recv + (c.id & ~AUTO) * e->ask.recv_len,
				  e->ask.recv_len, c.id);
	}
}

int upper_libweft_turn(struct upper_libweft *d)
{
	int did = weft_progress(d->port);
	struct weft_ep_event ev;

	while (did >= 0 && weft_next_event(d->port, &ev) == 1)
		if (ev.kind == WEFT_EP_REQUESTED)
			asked(d, ev.request);
	complete(d);
	return did;
}

/* ---- memory ----------------------------------------------------------------------------- */

static struct region *region_of(struct upper_libweft *d, uint32_t key)
{
	for (unsigned i = 0; i < REGIONS; i++)
		if (d->region[i].bytes && d->region[i].key == key)
			return &d->region[i];
	return NULL;
}

static unsigned rights_of(uint32_t r)
{
	return (r & UPPER_READ ? WEFT_REMOTE_READ : 0u) |
	       (r & UPPER_WRITE ? WEFT_REMOTE_WRITE : 0u) |
	       (r & UPPER_ATOMIC ? WEFT_REMOTE_ATOMIC : 0u) |
	       (r & UPPER_RELAXED ? WEFT_RELAXED : 0u) |
	       (r & UPPER_INVALIDATE ? WEFT_REMOTE_INVALIDATE : 0u);
}

static unsigned mr_register(void *dev, const struct upper_mr *mr, uint32_t *key, uint64_t *address)
{
	struct upper_libweft *d = dev;
	struct region *r = NULL, *other = mr->share ? region_of(d, mr->share) : NULL;
	struct weft_mem_opts o = {
		.addr = mr->address, .key = mr->key, .domain = mr->domain, .pd = mr->pd,
		.addr_given = mr->address != 0, .key_given = mr->key != 0, .domain_given = 1,
	};
	int err;

	for (unsigned i = 0; i < REGIONS && !r; i++)
		r = d->region[i].bytes ? NULL : &d->region[i];
	if (!r)
		return UPPER_NO_ROOM;
	if (mr->share && (!other || other->length != mr->length))
		return UPPER_NO_SUCH;
	r->shared = other != NULL;
	r->bytes = other ? other->bytes : aligned_alloc(4096, (mr->length + 4096) & ~4095ull);
	if (!r->bytes)
		return UPPER_NO_ROOM;
	for (uint64_t i = 0; !other && i < mr->length; i++)
		r->bytes[i] = (uint8_t)(mr->pattern * i);
	err = weft_reg(d->port, r->bytes, mr->length, rights_of(mr->rights), &o, &r->mem);
	if (err) {
		if (!other)
			free(r->bytes);
		r->bytes = NULL;
		return failure(err);
	}
	r->length = mr->length;
	*key = r->key = weft_mem_key(r->mem);
	*address = r->address = weft_mem_addr(r->mem);
	return UPPER_OK;
}

static unsigned mr_invalidate(void *dev, uint32_t key)
{
	struct region *r = region_of(dev, key);

	if (!r || !r->mem)
		return UPPER_NO_SUCH;
	weft_dereg(r->mem);
	r->mem = NULL;
	return UPPER_OK;
}

static uint8_t *bytes(void *dev, uint32_t key, uint64_t address, uint64_t length)
{
	struct region *r = region_of(dev, key);

	if (!r || address < r->address || address - r->address > r->length ||
	    length > r->length - (address - r->address))
		return NULL;
	return r->bytes + (address - r->address);
}

static void drop_all(struct upper_libweft *d)
{
	for (unsigned i = 0; i < EPS; i++)
		if (d->end[i].id)
			drop(d, &d->end[i]);
	for (unsigned i = 0; i < REGIONS; i++)
		weft_dereg(d->region[i].mem);
	for (unsigned i = 0; i < REGIONS; i++)
		if (!d->region[i].shared)
			free(d->region[i].bytes);
	memset(d->region, 0, sizeof(d->region));
}

static unsigned reset(void *dev, uint64_t seed)
{
	struct upper_libweft *d = dev;

	(void)seed;	/* nothing here is left to chance but what the port does */
	drop_all(d);
	d->taken = d->n_done;
	return UPPER_OK;
}

/* ---- work ------------------------------------------------------------------------------- */

static unsigned recv_post(void *dev, uint32_t id, uint64_t wid, uint8_t *p, uint32_t length,
			  uint32_t key)
{
	struct end *e = find(dev, id);
	int err;

	(void)key;
	if (!e || !e->ep)
		return UPPER_NO_SUCH;
	err = wid & AUTO ? -EINVAL : weft_recv(e->ep, p, length, wid);
	return err ? failure(err) : UPPER_OK;
}

static unsigned post(void *dev, uint32_t id, const struct upper_wr *w, uint8_t *p)
{
	unsigned f = (w->flags & UPPER_QUIET ? WEFT_QUIET : 0u) |
		     (w->flags & UPPER_FENCE ? WEFT_FENCE : 0u) |
		     (w->flags & UPPER_SOLICITED ? WEFT_ALERT : 0u);
	struct end *e = find(dev, id);
	int err = -EINVAL;

	if (!e || !e->ep)
		return UPPER_NO_SUCH;
	switch ((enum upper_do)w->op) {
	case UPPER_DO_SEND:
		err = w->flags & UPPER_IMM ?
		      weft_send_imm(e->ep, p, w->length, w->imm, w->wid, f) :
		      weft_send(e->ep, p, w->length, w->wid, f);
		break;
	case UPPER_DO_WRITE:
		err = w->flags & UPPER_IMM ? weft_write_imm(e->ep, p, w->length, w->address, w->key,
							    w->imm, w->wid, f) :
		      weft_write(e->ep, p, w->length, w->address, w->key, w->wid, f);
		break;
	case UPPER_DO_READ:
		err = weft_read(e->ep, p, w->length, w->address, w->key, w->wid, f);
		break;
	case UPPER_DO_FADD:
		err = weft_fetch_add(e->ep, w->address, w->key, w->operand, w->wid, f);
		break;
	case UPPER_DO_CAS:
		err = weft_compare_swap(e->ep, w->address, w->key, w->compare, w->operand, w->wid,
					f);
		break;
	case UPPER_DO_RECV:
		break;
	}
	return err ? failure(err) : UPPER_OK;
}

static int poll_one(void *dev, struct upper_done *o)
{
	struct upper_libweft *d = dev;

	complete(d);
	if (d->taken == d->n_done)
		return 0;
	*o = d->done[d->taken++ % DONES];
	return 1;
}

static int counter(void *dev, uint32_t n, uint64_t *value, char name[64])
{
	struct upper_libweft *d = dev;
	int count = n ? 256 : weft_counters(d->port, d->counter, 256);

	if (!n)
		for (int i = count; i < 256; i++)
			d->counter[i].name = NULL;
	if (n >= 256 || !d->counter[n].name)
		return 0;
	snprintf(name, 64, "%s", d->counter[n].name);
	*value = d->counter[n].value;
	return 1;
}

/* ---- the whole -------------------------------------------------------------------------- */

static const struct upper_ops ops = {
	.level = 2, .flags = UPPER_CAN_CONNECT | UPPER_CAN_ADDRESS | UPPER_CAN_KEY,
	.reset = reset, .ep_create = ep_create, .ep_fail = cancel, .ep_destroy = ep_destroy,
	.ep_state = ep_state, .mr_register = mr_register, .mr_invalidate = mr_invalidate,
	.bytes = bytes, .recv_post = recv_post, .counter = counter, .poll = poll_one, .post = post,
	.cancel = cancel,
};

struct upper_libweft *upper_libweft_open(struct weft_port *port, uint32_t domain,
					 const char *tester)
{
	struct upper_libweft *d = calloc(1, sizeof(*d));

	if (!d || weft_cq_create(port, &d->cq)) {
		free(d);
		return NULL;
	}
	d->port = port;
	d->ops = ops;
	d->ops.domain = domain;
	d->ops.chip = weft_port_chip_id(port);
	d->upper = (struct upper){ .ops = &d->ops, .dev = d };
	snprintf(d->tester, sizeof(d->tester), "%s", tester ? tester : "");
	return d;
}

void upper_libweft_close(struct upper_libweft *d)
{
	if (!d)
		return;
	drop_all(d);
	weft_cq_destroy(d->cq);
	free(d);
}

const struct upper *upper_libweft(struct upper_libweft *d)
{
	return &d->upper;
}
