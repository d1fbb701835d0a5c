/* SPDX-License-Identifier: 0BSD */
/*
 * Commands of the tester: taken apart, checked, handed to the device, answered.  Freestanding.
 */
#include "conformance/upper/upper.h"

#define DONE_MAX 40u	/* completions in one answer */

struct call {
	const struct upper *u;
	const uint8_t *in;	/* body of the command */
	uint32_t len;
	uint8_t *out;		/* of the response */
	uint32_t out_len;
};

static uint32_t word(const struct call *c, unsigned at)
{
	return (uint32_t)upper_get(c->in + at, 4);
}

static void copy(uint8_t *to, const uint8_t *from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		to[i] = from[i];
}

void upper_head(uint8_t *frame, unsigned kind, unsigned op, unsigned status, uint32_t seq,
		uint32_t length)
{
	upper_put(frame, UPPER_MAGIC, 2);
	frame[2] = UPPER_VERSION;
	frame[3] = (uint8_t)kind;
	upper_put(frame + 4, op, 2);
	upper_put(frame + 6, status, 2);
	upper_put(frame + 8, seq, 4);
	upper_put(frame + 12, length, 4);
}

/* ---- what there is ---------------------------------------------------------------------- */

static uint64_t bit(unsigned op, int there)
{
	return there ? 1ull << op : 0;
}

static uint64_t offered(const struct upper_ops *o)
{
	return bit(UPPER_QUERY, 1) | bit(UPPER_RESET, o->reset != 0) |
	       bit(UPPER_EP_CREATE, o->ep_create != 0) | bit(UPPER_EP_MODIFY, o->ep_fail != 0) |
	       bit(UPPER_EP_DESTROY, o->ep_destroy != 0) | bit(UPPER_EP_STATE, o->ep_state != 0) |
	       bit(UPPER_MR_REGISTER, o->mr_register != 0) |
	       bit(UPPER_MR_INVALIDATE, o->mr_invalidate != 0) |
	       bit(UPPER_MEM_WRITE, o->bytes != 0) | bit(UPPER_MEM_READ, o->bytes != 0) |
	       bit(UPPER_MEM_HASH, o->bytes != 0) | bit(UPPER_RECV_POST, o->recv_post != 0) |
	       bit(UPPER_COUNTERS, o->counter != 0) | bit(UPPER_CQ_POLL, o->poll != 0) |
	       bit(UPPER_OP_POST, o->post != 0) | bit(UPPER_CANCEL, o->cancel != 0);
}

static unsigned query(struct call *c)
{
	const struct upper_ops *o = c->u->ops;

	upper_put(c->out, UPPER_ABI, 4);
	upper_put(c->out + 4, o->level, 4);
	upper_put(c->out + 8, offered(o), 8);
	upper_put(c->out + 16, o->flags, 4);
	upper_put(c->out + 20, o->domain, 4);
	upper_put(c->out + 24, o->chip, 8);
	c->out_len = 32;
	return UPPER_OK;
}

static unsigned reset(struct call *c)
{
	if (c->len != 16)
		return UPPER_BAD_LENGTH;
	if (word(c, 0))
		return UPPER_UNSUPPORTED;
	return c->u->ops->reset(c->u->dev, upper_get(c->in + 8, 8));
}

/* ---- queue pairs ------------------------------------------------------------------------ */

static unsigned ep_create(struct call *c)
{
	uint32_t id = 0, qpn = 0, service = 0, n;
	struct upper_ep ep;
	unsigned st;

	if (c->len < UPPER_EP_BYTES + 2)
		return UPPER_BAD_LENGTH;
	ep.peer_chip = upper_get(c->in, 8);
	ep.peer_qpn = word(c, 8);
	ep.service = word(c, 12);
	ep.flags = word(c, 16);
	ep.pd = word(c, 20);
	ep.domain = word(c, 24);
	ep.recvs = word(c, 28);
	ep.recv_len = word(c, 32);
	ep.rnr_retry = word(c, 36);
	ep.rnr_delay_ns = word(c, 40);
	ep.reserved = word(c, 44);
	n = (uint32_t)upper_get(c->in + UPPER_EP_BYTES, 2);
	if (n != c->len - UPPER_EP_BYTES - 2)
		return UPPER_BAD_LENGTH;
	if (ep.reserved || ep.recvs > 64 || ep.recv_len > 65536)
		return UPPER_BAD_VALUE;
	st = c->u->ops->ep_create(c->u->dev, &ep, (const char *)c->in + UPPER_EP_BYTES + 2, n, &id,
				  &qpn, &service);
	upper_put(c->out, id, 4);
	upper_put(c->out + 4, qpn, 4);
	upper_put(c->out + 8, service, 4);
	c->out_len = 12;
	return st;
}

static unsigned ep_modify(struct call *c)
{
	if (c->len != 8)
		return UPPER_BAD_LENGTH;
	if (word(c, 4) != UPPER_ENDED_FAILED)
		return UPPER_UNSUPPORTED;
	return c->u->ops->ep_fail(c->u->dev, word(c, 0));
}

static unsigned ep_destroy(struct call *c)
{
	return c->len == 4 ? c->u->ops->ep_destroy(c->u->dev, word(c, 0)) : UPPER_BAD_LENGTH;
}

static unsigned cancel(struct call *c)
{
	return c->len == 4 ? c->u->ops->cancel(c->u->dev, word(c, 0)) : UPPER_BAD_LENGTH;
}

static unsigned ep_state(struct call *c)
{
	uint32_t state = 0, status = 0, qpn = 0;
	unsigned st;

	if (c->len != 4)
		return UPPER_BAD_LENGTH;
	st = c->u->ops->ep_state(c->u->dev, word(c, 0), &state, &status, &qpn);
	upper_put(c->out, state, 4);
	upper_put(c->out + 4, status, 4);
	upper_put(c->out + 8, qpn, 4);
	c->out_len = 12;
	return st;
}

/* ---- memory ----------------------------------------------------------------------------- */

static unsigned mr_register(struct call *c)
{
	struct upper_mr mr;
	uint64_t address = 0;
	uint32_t key = 0;
	unsigned st;

	if (c->len != UPPER_MR_BYTES)
		return UPPER_BAD_LENGTH;
	mr.address = upper_get(c->in, 8);
	mr.length = upper_get(c->in + 8, 8);
	mr.key = word(c, 16);
	mr.rights = word(c, 20);
	mr.pd = word(c, 24);
	mr.domain = word(c, 28);
	mr.share = word(c, 32);
	mr.pattern = word(c, 36);
	mr.reserved = upper_get(c->in + 40, 8);
	if (mr.reserved || mr.pattern > 255 || mr.length > 1u << 20)
		return UPPER_BAD_VALUE;
	st = c->u->ops->mr_register(c->u->dev, &mr, &key, &address);
	upper_put(c->out, key, 4);
	upper_put(c->out + 4, 0, 4);
	upper_put(c->out + 8, address, 8);
	c->out_len = 16;
	return st;
}

static unsigned mr_invalidate(struct call *c)
{
	return c->len == 4 ? c->u->ops->mr_invalidate(c->u->dev, word(c, 0)) : UPPER_BAD_LENGTH;
}

static unsigned mem_write(struct call *c)
{
	uint32_t n = c->len - 16;
	uint8_t *p;

	if (c->len < 16 || n > UPPER_BYTES)
		return UPPER_BAD_LENGTH;
	p = c->u->ops->bytes(c->u->dev, word(c, 0), upper_get(c->in + 8, 8), n);
	if (!p)
		return UPPER_NO_SUCH;
	copy(p, c->in + 16, n);
	return UPPER_OK;
}

/* MEM_READ and MEM_HASH. */
static unsigned mem_out(struct call *c, int hash)
{
	const uint8_t *p;
	uint32_t n;

	if (c->len != 16)
		return UPPER_BAD_LENGTH;
	n = word(c, 4);
	if (!hash && n > UPPER_BYTES)
		return UPPER_BAD_VALUE;
	p = c->u->ops->bytes(c->u->dev, word(c, 0), upper_get(c->in + 8, 8), n);
	if (!p)
		return UPPER_NO_SUCH;
	if (hash)
		upper_sha256(p, n, c->out);
	else
		copy(c->out, p, n);
	c->out_len = hash ? 32 : n;
	return UPPER_OK;
}

/* ---- work ------------------------------------------------------------------------------- */

static unsigned recv_post(struct call *c)
{
	uint8_t *p;

	if (c->len != 32)
		return UPPER_BAD_LENGTH;
	p = c->u->ops->bytes ? c->u->ops->bytes(c->u->dev, word(c, 4), upper_get(c->in + 8, 8),
						word(c, 16)) : 0;
	if (!p)
		return UPPER_NO_SUCH;
	return c->u->ops->recv_post(c->u->dev, word(c, 0), upper_get(c->in + 24, 8), p, word(c, 16),
				    word(c, 4));
}

static unsigned counters(struct call *c)
{
	uint32_t first, n = 0, at = 4;
	uint64_t value = 0;
	char name[64];

	if (c->len != 4)
		return UPPER_BAD_LENGTH;
	for (first = word(c, 0); c->u->ops->counter(c->u->dev, n, &value, name); n++) {
		uint32_t k = 0;

		while (k < sizeof(name) && name[k])
			k++;
		if (n < first || at + 9 + k > UPPER_BODY)
			continue;
		upper_put(c->out + at, value, 8);
		c->out[at + 8] = (uint8_t)k;
		copy(c->out + at + 9, (const uint8_t *)name, k);
		at += 9 + k;
	}
	upper_put(c->out, n, 4);
	c->out_len = at;
	return UPPER_OK;
}

static unsigned cq_poll(struct call *c)
{
	uint32_t max;

	if (c->len != 4)
		return UPPER_BAD_LENGTH;
	max = word(c, 0) < DONE_MAX ? word(c, 0) : DONE_MAX;
	while (max--) {
		struct upper_done d = { 0 };
		uint8_t *p = c->out + c->out_len;

		if (!c->u->ops->poll(c->u->dev, &d))
			break;
		upper_put(p, d.wid, 8);
		upper_put(p + 8, d.id, 4);
		upper_put(p + 12, d.status, 4);
		upper_put(p + 16, d.op, 4);
		upper_put(p + 20, d.length, 4);
		upper_put(p + 24, d.imm, 4);
		upper_put(p + 28, d.flags, 4);
		upper_put(p + 32, d.value, 8);
		c->out_len += UPPER_DONE_BYTES;
	}
	return UPPER_OK;
}

static unsigned post_one(struct call *c, uint32_t id, const uint8_t *p)
{
	struct upper_wr wr;
	uint8_t *bytes = 0;

	wr.wid = upper_get(p, 8);
	wr.op = (uint32_t)upper_get(p + 8, 4);
	wr.flags = (uint32_t)upper_get(p + 12, 4);
	wr.length = (uint32_t)upper_get(p + 16, 4);
	wr.local_key = (uint32_t)upper_get(p + 20, 4);
	wr.local_address = upper_get(p + 24, 8);
	wr.address = upper_get(p + 32, 8);
	wr.key = (uint32_t)upper_get(p + 40, 4);
	wr.imm = (uint32_t)upper_get(p + 44, 4);
	wr.operand = upper_get(p + 48, 8);
	wr.compare = upper_get(p + 56, 8);
	if (wr.op < UPPER_DO_SEND || wr.op > UPPER_DO_CAS)
		return UPPER_BAD_VALUE;
	if (wr.op == UPPER_DO_FADD || wr.op == UPPER_DO_CAS)
		wr.length = 8;
	/* Longer than any message: the device refuses it, before it looks at a byte. */
	if (c->u->ops->bytes)
		bytes = c->u->ops->bytes(c->u->dev, wr.local_key, wr.local_address,
					 wr.length > UPPER_MESSAGE_MAX ? 0 : wr.length);
	return bytes ? c->u->ops->post(c->u->dev, id, &wr, bytes) : UPPER_NO_SUCH;
}

static unsigned op_post(struct call *c)
{
	uint32_t n, done = 0;
	unsigned st = UPPER_OK;

	if (c->len < 8)
		return UPPER_BAD_LENGTH;
	n = word(c, 4);
	if (n > UPPER_BODY / UPPER_WR_BYTES || c->len != 8 + n * UPPER_WR_BYTES)
		return UPPER_BAD_LENGTH;
	for (; done < n && st == UPPER_OK; done += st == UPPER_OK)
		st = post_one(c, word(c, 0), c->in + 8 + done * UPPER_WR_BYTES);
	upper_put(c->out, done, 4);
	c->out_len = 4;
	return st;
}

/* ---- the whole -------------------------------------------------------------------------- */

static unsigned dispatch(struct call *c, unsigned op)
{
	if (op > 63 || !(offered(c->u->ops) >> op & 1))
		return UPPER_UNKNOWN;
	switch ((enum upper_op)op) {
	case UPPER_QUERY: return query(c);
	case UPPER_RESET: return reset(c);
	case UPPER_EP_CREATE: return ep_create(c);
	case UPPER_EP_MODIFY: return ep_modify(c);
	case UPPER_EP_DESTROY: return ep_destroy(c);
	case UPPER_EP_STATE: return ep_state(c);
	case UPPER_MR_REGISTER: return mr_register(c);
	case UPPER_MR_INVALIDATE: return mr_invalidate(c);
	case UPPER_MEM_WRITE: return mem_write(c);
	case UPPER_MEM_READ: return mem_out(c, 0);
	case UPPER_MEM_HASH: return mem_out(c, 1);
	case UPPER_RECV_POST: return recv_post(c);
	case UPPER_COUNTERS: return counters(c);
	case UPPER_CQ_POLL: return cq_poll(c);
	case UPPER_OP_POST: return op_post(c);
	case UPPER_CANCEL: return cancel(c);
	}
	return UPPER_UNKNOWN;
}

uint32_t upper_handle(const struct upper *u, const uint8_t *cmd, uint32_t len, uint8_t *rsp)
{
	struct call c = { .u = u, .out = rsp + UPPER_HEAD };
	unsigned op = 0, st = UPPER_BAD_FRAME;
	uint32_t seq = 0;

	if (len >= UPPER_HEAD && upper_get(cmd, 2) == UPPER_MAGIC) {
		op = (unsigned)upper_get(cmd + 4, 2);
		seq = (uint32_t)upper_get(cmd + 8, 4);
		c.in = cmd + UPPER_HEAD;
		c.len = (uint32_t)upper_get(cmd + 12, 4);
		if (cmd[2] == UPPER_VERSION && cmd[3] == UPPER_COMMAND && c.len <= UPPER_BODY &&
		    c.len == len - UPPER_HEAD)
			st = dispatch(&c, op);
	}
	if (st != UPPER_OK && op != UPPER_OP_POST)
		c.out_len = 0;
	upper_head(rsp, UPPER_RESPONSE, op, st, seq, c.out_len);
	return UPPER_HEAD + c.out_len;
}
