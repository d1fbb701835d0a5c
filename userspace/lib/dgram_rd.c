/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Destinations of datagrams, and the reliable ones, which travel on the context between the two
 * chips.  A datagram whose queue is closed is still delivered, from a copy.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

/* ---- Destinations ---------------------------------------------------------------- */

int weft_dest_open(struct weft_port *port, const char *to, struct weft_dest **out)
{
	struct weft_dest *d;
	struct wio_addr addr;
	uint64_t chip_id = 0;
	char text[WEFT_ADDR_MAX];
	int err;

	*out = NULL;
	err = weftu_parse_target(port, to, &addr, &chip_id);
	if (!err && chip_id) {
		err = weft_lookup(port, chip_id, text);
		if (!err)
			wio_addr_parse(text, &addr);
	}
	if (err)
		return err;
	d = calloc(1, sizeof(*d));
	if (!d)
		return weftu_fail(port, -ENOMEM, "out of memory for a destination");
	d->port = port;
	d->addr = addr;
	d->chip_id = chip_id;
	d->next = port->dests;
	port->dests = d;
	*out = d;
	return 0;
}

void weft_dest_close(struct weft_dest *d)
{
	struct weft_dest **at;

	if (!d)
		return;
	for (at = &d->port->dests; *at != d; at = &(*at)->next)
		;
	*at = d->next;
	free(d);
}

static struct weftu_peer *chip_at(const struct weft_dest *d)
{
	return d->chip_id ? weftu_peer_find(d->port, d->chip_id) :
			    weftu_peer_at(d->port, &d->addr);
}

/* The chip there, if its HELLO is known and not too old; else it is asked: -EAGAIN. */
static int known(struct weft_dest *d, struct weftu_peer **p, weft_time now)
{
	int err;

	*p = chip_at(d);
	if (weftu_peer_fresh(*p, now))
		return 0;
	err = weftu_ask(d->port, &d->addr, NULL, now);
	return err ? err : weftu_fail(d->port, -EAGAIN, "the chip there is being asked what it "
				      "offers: turn and try again");
}

int weft_dest_wait(struct weft_dest *d, uint64_t timeout_ns)
{
	struct weft_port *port = d->port;
	weft_time begin = weftu_now(port);
	struct weftu_peer *p;

	for (;;) {
		weft_time now = weftu_now(port);
		uint64_t spent = now - begin;
		int r = known(d, &p, now);

		if (r != -EAGAIN)
			return r;
		r = spent >= timeout_ns ? 0 : weft_wait(port, timeout_ns - spent);
		if (r < 0)
			return r;
		if (spent >= timeout_ns)
			return weftu_fail(port, -ETIMEDOUT, "nobody there answers for %llu ms",
					  (unsigned long long)(timeout_ns / WEFT_MSEC));
	}
}

/* ---- Sending --------------------------------------------------------------------- */

static int context_for(struct weft_dgram_queue *q, struct weft_dest *d, struct weftu_ctx **ctx)
{
	weft_time now = weftu_now(q->port);
	struct weftu_peer *p;
	int err = known(d, &p, now);

	if (!err)
		err = weftu_context_with(q->port, p, q->domain, 0, now, ctx);
	if (err)
		return err;
	if (!(*ctx)->rd.mem || !weftu_allowed(*ctx, WEFT_FEATURES_RD))
		return weftu_fail(q->port, -EOPNOTSUPP, "no reliable datagrams with the chip at "
				  "%s: %s", p->info->addr, q->port->o.withheld & WEFT_OFFER_RD ?
				  "this side withholds them" : "it does not offer them");
	return 0;
}

static int refused(struct weft_port *port, int r)
{
	if (r == WEFT_EINVAL)
		return weftu_fail(port, -EINVAL, "a reliable datagram longer than a packet to "
				  "this chip");
	if (r == WEFT_EFULL)
		return weftu_fail(port, -EAGAIN, "as many reliable datagrams are outstanding as "
				  "there are tags: turn and poll");
	return weftu_fail(port, -EAGAIN, "the context with this chip is ending: turn and send "
			  "again");
}

static void note(struct weftu_ctx *ctx, struct weftu_rdop *op)
{
	op->next = ctx->rd.ops;
	op->back = &ctx->rd.ops;
	if (op->next)
		op->next->back = &op->next;
	ctx->rd.ops = op;
}

int weftu_rd_send(struct weft_dgram_queue *q, struct weft_dest *dest, const struct weft_datagram *d,
		  uint64_t id, unsigned flags)
{
	struct weft_rd_wr wr = { .dst_qpn = d->qpn, .src_qpn = q->qpn, .qkey = d->qkey,
				 .imm = d->imm, .len = (uint16_t)d->len };
	struct weftu_ctx *ctx = NULL;
	struct weftu_rdop *op;
	int r;

	if (d->len > UINT16_MAX)
		return refused(q->port, WEFT_EINVAL);
	r = context_for(q, dest, &ctx);
	if (r)
		return r;
	op = calloc(1, sizeof(*op));
	if (!op)
		return weftu_fail(q->port, -ENOMEM, "out of memory for a datagram");
	*op = (struct weftu_rdop){ .q = q, .buf = d->buf, .len = d->len, .id = id,
				   .quiet = flags & WEFT_QUIET };
	wr.id = wr.local = (uintptr_t)op;
	if (flags & WEFT_ALERT)
		wr.flags |= WEFT_OFLAGS_SE;
	if (flags & WEFT_WITH_IMM)
		wr.flags |= WEFT_OFLAGS_IMM;
	weftu_pools_ready(q->port);
	r = weft_rd_post(ctx->pdc, &wr);
	if (r) {
		free(op);
		return refused(q->port, r);
	}
	note(ctx, op);
	q->s_unpolled++;
	weftu_activate(ctx);
	return 0;
}

/* A packet of no stream: its `local` is the datagram's record. */
const void *weftu_rd_source(const struct weft_txd *t)
{
	const struct weftu_rdop *op = (const void *)(uintptr_t)t->local;

	return op->copy ? op->copy : op->buf;
}

static void end(struct weftu_rdop *op, enum weft_status st)
{
	*op->back = op->next;
	if (op->next)
		op->next->back = op->back;
	if (op->q)
		weftu_dgram_sent(op->q, WEFT_OP_RD_SEND, op->id, op->quiet, st);
	free(op->copy);
	free(op);
}

void weftu_rd_complete(struct weftu_ctx *ctx, const struct weft_wc *wc)
{
	(void)ctx;
	end((struct weftu_rdop *)(uintptr_t)wc->id, wc->status);
}

/* The engine says no more of them: the context is being freed. */
void weftu_rd_lost(struct weftu_ctx *ctx, enum weft_status st)
{
	while (ctx->rd.ops)
		end(ctx->rd.ops, st);
}

/* Out of memory for a copy: the context is given up rather than sent something else. */
static void keep(struct weftu_ctx *ctx, struct weftu_rdop *op)
{
	op->q = NULL;
	op->copy = malloc(op->len ? op->len : 1);
	if (op->copy) {
		if (op->len)
			memcpy(op->copy, op->buf, op->len);
		return;
	}
	ctx->closing = true;
	weft_pdc_abort(ctx->pdc, WEFT_STATUS_OP_FAILED, true);
	weftu_activate(ctx);
}

void weftu_rd_leave(struct weft_dgram_queue *q)
{
	struct weft_port *port = q->port;

	for (uint32_t i = 0; port->ctx_ids.slots && i < port->ctx_ids.size; i++) {
		struct weftu_ctx *ctx = port->ctx_ids.slots[i].val;

		for (struct weftu_rdop *op = ctx ? ctx->rd.ops : NULL; op; op = op->next)
			if (op->q == q)
				keep(ctx, op);
	}
}

/* ---- Receiving ------------------------------------------------------------------- */

/* WEFT-DGM-023 */
enum weft_status weftu_rd_place(struct weftu_ctx *ctx, const struct weft_act *act)
{
	struct weft_port *port = ctx->port;
	struct weft_dgram_queue *q = weftu_map_get(&port->dgrams, act->arg);
	struct weftu_origin from = { .chip_id = ctx->peer->core.chip_id, .qpn = act->peer_qpn,
				     .addr = ctx->addr };

	if (!q || q->domain != ctx->domain)
		return WEFT_STATUS_NO_STREAM;
	if (act->key != q->qkey)
		return WEFT_STATUS_BAD_QKEY;
	if (q->r_done == q->r_posted)
		return WEFT_STATUS_RNR;
	if (act->len > q->bufs[q->r_done & (q->recv_depth - 1u)].len)
		return WEFT_STATUS_TOO_LONG;
	weftu_dgram_received(q, WEFT_OP_RECV_RD, act->data, &act->wc, &from);
	return WEFT_STATUS_OK;
}
