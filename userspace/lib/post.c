/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Posting operations and receive buffers: the caller's arguments are judged here, so that what
 * the engine gets is well-formed.
 */
#include <string.h>

#include "userspace/lib/lib.h"

#define POST_FLAGS (WEFT_QUIET | WEFT_FENCE | WEFT_ALERT)

static int engine_refused(struct weft_ep *ep, int r)
{
	if (r == WEFT_ESTATE)
		return weftu_fail(ep->port, -ENOTCONN, "endpoint has failed");
	return weftu_fail(ep->port, r == WEFT_EFULL ? -EAGAIN : -EINVAL,
			  "the engine refused the operation (%d)", r);
}

static int not_connected(struct weft_ep *ep)
{
	if (ep->text)
		return weftu_fail(ep->port, -ENOTCONN, "endpoint is not connected: %s", ep->text);
	return weftu_fail(ep->port, -ENOTCONN, "endpoint is not connected yet: wait for its event "
			  "or call weft_connect_wait()");
}

/* WEFT-MGT-017: what both chips have to offer. */
static int offered(struct weft_ep *ep, uint32_t features)
{
	for (; features && ep->ctx; features &= features - 1) {
		uint32_t f = features & -features;

		if (!weftu_allowed(ep->ctx, f))
			return weftu_fail(ep->port, -EOPNOTSUPP, "chip at %s and this side do not "
					  "both offer %s", ep->addr_text, weft_offer_name(f));
	}
	return 0;
}

int weftu_post(struct weft_ep *ep, struct weft_wr *wr, uint8_t op, uint64_t id, unsigned flags,
	       weftu_hook *hook, void *hook_arg)
{
	struct weftu_sreq *r = &ep->sreqs[ep->s_posted & (ep->send_depth - 1u)];
	int err;

	if (flags & ~POST_FLAGS)
		return weftu_fail(ep->port, -EINVAL, "unknown flags %#x", flags & ~POST_FLAGS);
	if (ep->state != EP_CONNECTED || !ep->stream)
		return not_connected(ep);
	if (ep->s_unpolled == ep->send_depth)
		return weftu_fail(ep->port, -EAGAIN, "%u operations are posted, as many as "
				  "send_depth allows: poll completions", ep->send_depth);
	wr->id = ep->s_posted;
	if (flags & WEFT_FENCE)
		wr->flags |= WEFT_OFLAGS_FENCE;
	if (flags & WEFT_ALERT)
		wr->flags |= WEFT_OFLAGS_SE;
	weftu_pools_ready(ep->port);
	err = weft_post(ep->stream, wr);
	if (err)
		return engine_refused(ep, err);
	*r = (struct weftu_sreq){ .id = id, .hook = hook, .hook_arg = hook_arg, .op = op,
				  .quiet = flags & WEFT_QUIET };
	ep->s_posted++;
	ep->s_unpolled++;
	weftu_activate(ep->ctx);
	return 0;
}

static int check_buffer(struct weft_ep *ep, const void *buf, uint32_t len)
{
	if (!buf && len)
		return weftu_fail(ep->port, -EINVAL, "no buffer for %u bytes", len);
	if (len > WEFT_MESSAGE_MAX)
		return weftu_fail(ep->port, -EINVAL, "message of %u bytes: at most %u", len,
				  WEFT_MESSAGE_MAX);
	return 0;
}

static int post_data(struct weft_ep *ep, struct weft_wr *wr, const void *buf, uint32_t len,
		     uint64_t id, unsigned flags)
{
	int err;

	if (WEFT_MUTANT(LONG_CUT) && len > WEFT_MESSAGE_MAX)
		len = 64;
	err = check_buffer(ep, buf, len);

	if (err)
		return err;
	wr->local = (uintptr_t)buf;
	wr->len = len;
	return weftu_post(ep, wr, (uint8_t)wr->opcode, id, flags, NULL, NULL);
}

int weft_send(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_SEND };

	return post_data(ep, &wr, buf, len, id, flags);
}

int weft_send_imm(struct weft_ep *ep, const void *buf, uint32_t len, uint32_t imm, uint64_t id,
		  unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_SEND, .imm = imm, .flags = WEFT_OFLAGS_IMM };

	return post_data(ep, &wr, buf, len, id, flags);
}

int weft_write(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t addr, uint32_t key,
	       uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .addr = addr, .rkey = key };

	return post_data(ep, &wr, buf, len, id, flags);
}

int weft_write_imm(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t addr, uint32_t key,
		   uint32_t imm, uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .addr = addr, .rkey = key, .imm = imm,
			      .flags = WEFT_OFLAGS_IMM };

	return post_data(ep, &wr, buf, len, id, flags);
}

int weft_read(struct weft_ep *ep, void *buf, uint32_t len, uint64_t addr, uint32_t key,
	      uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_READ, .addr = addr, .rkey = key };

	return post_data(ep, &wr, buf, len, id, flags);
}

int weft_send_invalidate(struct weft_ep *ep, const void *buf, uint32_t len, uint32_t key,
			 uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_SEND, .imm = key, .flags = WEFT_OFLAGS_INV };
	int err = offered(ep, WEFT_FEATURES_INV);

	return err ? err : post_data(ep, &wr, buf, len, id, flags);
}

/* ---- Signals --------------------------------------------------------------------- */

static int add_signal(struct weft_ep *ep, struct weft_wr *wr, const struct weft_signal_word *sig)
{
	if (!sig)
		return 0;
	if (sig->addr % 8)
		return weftu_fail(ep->port, -EINVAL, "signal at %#llx: give a multiple of 8",
				  (unsigned long long)sig->addr);
	if (offered(ep, WEFT_FEATURES_SIGNAL))
		return -EOPNOTSUPP;
	wr->flags |= WEFT_OFLAGS_SIGNAL;
	wr->signal_addr = sig->addr;
	wr->signal_key = sig->key;
	wr->signal_value = sig->value;
	return 0;
}

int weft_write_signal(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t addr,
		      uint32_t key, const struct weft_signal_word *sig, uint64_t id,
		      unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_WRITE, .addr = addr, .rkey = key };
	int err = add_signal(ep, &wr, sig);

	return err ? err : post_data(ep, &wr, buf, len, id, flags);
}

int weft_send_signal(struct weft_ep *ep, const void *buf, uint32_t len,
		     const struct weft_signal_word *sig, uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_SEND };
	int err = add_signal(ep, &wr, sig);

	return err ? err : post_data(ep, &wr, buf, len, id, flags);
}

/* ---- Operations on what is there ------------------------------------------------- */

int weft_reduce(struct weft_ep *ep, const void *buf, uint32_t len, unsigned op, unsigned type,
		uint64_t addr, uint32_t key, const struct weft_signal_word *sig, uint64_t id,
		unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_REDUCE, .addr = addr, .rkey = key,
			      .redop = (uint8_t)op, .dtype = (uint8_t)type };
	unsigned size = weft_dtype_size(type);
	int err;

	if (op > UINT8_MAX || type > UINT8_MAX || !weft_reduce_ok(op, type))
		return weftu_fail(ep->port, -EINVAL, "no operation %u on type %u", op, type);
	if (addr % size || len % size)
		return weftu_fail(ep->port, -EINVAL, "REDUCE of %u bytes at %#llx: give multiples "
				  "of %u", len, (unsigned long long)addr, size);
	err = offered(ep, WEFT_FEATURES_REDUCE);
	if (!err)
		err = add_signal(ep, &wr, sig);
	return err ? err : post_data(ep, &wr, buf, len, id, flags);
}

int weft_flush(struct weft_ep *ep, uint64_t addr, uint32_t len, uint32_t key, unsigned to,
	       uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_FLUSH, .addr = addr, .rkey = key, .len = len,
			      .level = (uint8_t)to };

	if (to < WEFT_FLUSH_TO_PLACED || to > WEFT_FLUSH_TO_DURABLE)
		return weftu_fail(ep->port, -EINVAL, "unknown level %u of a flush", to);
	if (to != WEFT_FLUSH_TO_PLACED) {
		int err = offered(ep, to == WEFT_FLUSH_TO_VISIBLE ? WEFT_FEATURES_VISIBLE :
								    WEFT_FEATURES_DURABLE);

		if (err)
			return err;
	}
	return weftu_post(ep, &wr, WEFT_OP_FLUSH, id, flags, NULL, NULL);
}

/* What an atomic needs beyond adding and comparing 64-bit words. */
static uint32_t features_of(const struct weft_word *w)
{
	uint32_t f = w->op == WEFT_WORD_ADD || w->op == WEFT_WORD_COMPARE_SWAP ? 0 :
		     WEFT_FEATURES_ATOMICS;

	if (w->width && w->width != 8)
		f |= WEFT_FEATURES_NARROW;
	return w->masked ? f | WEFT_FEATURES_MASKED : f;
}

int weft_atomic(struct weft_ep *ep, const struct weft_word *word, uint64_t addr, uint32_t key,
		uint64_t id, unsigned flags)
{
	struct weft_wr wr = { .opcode = WEFT_OPCODE_ATOMIC, .aop = (enum weft_aop)word->op,
			      .len = word->width ? word->width : 8, .addr = addr, .rkey = key,
			      .operand = word->operand, .compare = word->compare,
			      .operand_mask = word->operand_mask,
			      .compare_mask = word->compare_mask, .masked = word->masked };
	struct weft_atomic a = { .aop = word->op, .width = (uint8_t)wr.len };

	if (!weft_atomic_ok(&a))
		return weftu_fail(ep->port, -EINVAL, "no operation %u on a word of %u bytes",
				  word->op, wr.len);
	if (addr % wr.len)
		return weftu_fail(ep->port, -EINVAL,
				  "atomic on address %#llx: give a multiple of %u",
				  (unsigned long long)addr, wr.len);
	if (offered(ep, features_of(word)))
		return -EOPNOTSUPP;
	return weftu_post(ep, &wr, WEFT_OP_ATOMIC, id, flags, NULL, NULL);
}

int weft_fetch_add(struct weft_ep *ep, uint64_t addr, uint32_t key, uint64_t addend, uint64_t id,
		   unsigned flags)
{
	return weft_atomic(ep, &(struct weft_word){ .op = WEFT_WORD_ADD, .operand = addend }, addr,
			   key, id, flags);
}

int weft_compare_swap(struct weft_ep *ep, uint64_t addr, uint32_t key, uint64_t compare,
		      uint64_t swap, uint64_t id, unsigned flags)
{
	return weft_atomic(ep, &(struct weft_word){ .op = WEFT_WORD_COMPARE_SWAP, .operand = swap,
						    .compare = compare }, addr, key, id, flags);
}

/* ---- Draining -------------------------------------------------------------------- */

int weft_drain(struct weft_ep *ep)
{
	if (ep->state != EP_CONNECTED || !ep->stream)
		return not_connected(ep);
	if (ep->draining)
		return weftu_fail(ep->port, -EALREADY, "the endpoint drains already");
	if (weft_stream_drain(ep->stream) != WEFT_OK)
		return not_connected(ep);
	ep->draining = true;
	weftu_activate(ep->ctx);
	return 0;
}

int weft_resume(struct weft_ep *ep)
{
	if (ep->state != EP_CONNECTED || !ep->stream)
		return not_connected(ep);
	if (!ep->draining)
		return weftu_fail(ep->port, -EALREADY, "the endpoint does not drain");
	weft_stream_resume(ep->stream);
	ep->draining = false;
	weftu_activate(ep->ctx);
	return 0;
}

/* ---- Receive buffers ------------------------------------------------------------- */

int weft_recv(struct weft_ep *ep, void *buf, uint32_t len, uint64_t id)
{
	int err = check_buffer(ep, buf, len);

	if (err)
		return err;
	if (ep->state >= EP_REJECTED)
		return not_connected(ep);
	if (ep->srq)
		return weftu_fail(ep->port, -EINVAL, "the endpoint takes receive buffers of a "
				  "shared queue: weft_srq_recv()");
	if (ep->r_unpolled == ep->recv_depth)
		return weftu_fail(ep->port, -EAGAIN, "%u receive buffers are posted, as many as "
				  "recv_depth allows: poll completions", ep->recv_depth);
	ep->rreqs[ep->r_posted & (ep->recv_depth - 1u)] =
		(struct weftu_rreq){ .id = id, .buf = buf, .len = len };
	ep->r_posted++;
	ep->r_unpolled++;
	if (ep->stream)
		weft_recv_posted(ep->stream, ep->r_posted);
	return 0;
}

uint32_t weft_ep_send_room(const struct weft_ep *ep)
{
	return ep->state == EP_CONNECTED ? ep->send_depth - ep->s_unpolled : 0;
}

uint32_t weft_ep_recv_room(const struct weft_ep *ep)
{
	return ep->state < EP_REJECTED && !ep->srq ? ep->recv_depth - ep->r_unpolled : 0;
}
