/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion queues.  A queue has room for everything that its endpoints may have posted, so it
 * cannot overflow; an endpoint counts as busy what was not polled yet.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

int weft_cq_create(struct weft_port *port, struct weft_cq **out)
{
	struct weft_cq *cq = calloc(1, sizeof(*cq));

	*out = NULL;
	if (!cq)
		return weftu_fail(port, -ENOMEM, "out of memory for a completion queue");
	cq->port = port;
	cq->next = port->cqs;
	port->cqs = cq;
	*out = cq;
	return 0;
}

int weft_cq_destroy(struct weft_cq *cq)
{
	struct weft_cq **at;

	if (!cq)
		return 0;
	if (cq->eps)
		return weftu_fail(cq->port, -EBUSY,
				  "completion queue is used by %u endpoints: destroy them first",
				  cq->eps);
	for (at = &cq->port->cqs; *at != cq; at = &(*at)->next)
		;
	*at = cq->next;
	free(cq->ring);
	free(cq);
	return 0;
}

static int make_room(struct weft_cq *cq, uint32_t n)
{
	uint32_t size = cq->size ? cq->size : 64;
	struct weft_completion *ring;

	while (size < n)
		size *= 2;
	if (size == cq->size)
		return 0;
	ring = malloc(size * sizeof(*ring));
	if (!ring)
		return weftu_fail(cq->port, -ENOMEM, "out of memory for %u completions", n);
	for (uint32_t i = 0; i < cq->n; i++)
		ring[i] = cq->ring[(cq->head + i) & (cq->size - 1)];
	free(cq->ring);
	cq->ring = ring;
	cq->size = size;
	cq->head = 0;
	return 0;
}

int weftu_cq_join(struct weft_cq *cq, struct weft_ep *ep)
{
	uint32_t more = (uint32_t)ep->send_depth + ep->recv_depth;
	int err = make_room(cq, cq->promised + more);

	if (err)
		return err;
	cq->promised += more;
	cq->eps++;
	ep->cq = cq;
	return 0;
}

/* The endpoint goes, and what it had completed. */
void weftu_cq_leave(struct weft_cq *cq, struct weft_ep *ep)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cq->n; i++) {
		struct weft_completion *c = &cq->ring[(cq->head + i) & (cq->size - 1)];

		if (c->ep != ep)
			cq->ring[(cq->head + kept++) & (cq->size - 1)] = *c;
	}
	cq->n = kept;
	cq->promised -= (uint32_t)ep->send_depth + ep->recv_depth;
	cq->eps--;
}

static struct weft_completion *push(struct weft_ep *ep)
{
	struct weft_cq *cq = ep->cq;
	struct weft_completion *c = &cq->ring[(cq->head + cq->n++) & (cq->size - 1)];

	memset(c, 0, sizeof(*c));
	c->ep = ep;
	ep->port->told = true;
	return c;
}

static void send_done(struct weft_ep *ep, struct weftu_sreq *r, enum weft_status st, uint64_t value)
{
	struct weft_completion *c;

	ep->s_done++;
	if (r->hook || (r->quiet && st == WEFT_STATUS_OK)) {
		ep->s_unpolled--;
		if (r->hook)
			r->hook(r->hook_arg, st, 0);
		return;
	}
	c = push(ep);
	c->id = r->id;
	c->value = value;
	c->status = (uint8_t)st;
	c->op = r->op;
}

/* The engine's id is the operation's number on this endpoint. */
void weftu_complete_send(struct weft_ep *ep, const struct weft_wc *wc)
{
	send_done(ep, &ep->sreqs[wc->id & (ep->send_depth - 1u)], wc->status, wc->value);
}

static void recv_done(struct weft_ep *ep, enum weft_status st, const struct weft_wc *wc)
{
	struct weftu_rreq *r = &ep->rreqs[ep->r_done++ & (ep->recv_depth - 1u)];
	struct weft_completion *c;

	if (ep->recv_hook) {
		ep->r_unpolled--;
		ep->recv_hook(ep->recv_arg, st, r->id);
		return;
	}
	c = push(ep);
	c->id = r->id;
	c->status = (uint8_t)st;
	c->op = WEFT_OP_RECV;
	if (!wc)
		return;
	c->len = wc->len;
	if (wc->opcode == WEFT_OPCODE_WRITE)
		c->op = WEFT_OP_RECV_WRITE;
	if (wc->flags & WEFT_OFLAGS_SE)
		c->flags |= WEFT_SOLICITED;
	if (wc->flags & WEFT_OFLAGS_IMM) {
		c->flags |= WEFT_HAS_IMM;
		c->imm = wc->imm;
	}
	if (wc->flags & WEFT_OFLAGS_INV) {
		c->flags |= WEFT_INVALIDATED;
		c->imm = wc->imm;
	}
}

void weftu_complete_recv(struct weft_ep *ep, const struct weft_wc *wc)
{
	if (ep->r_done != ep->r_posted)		/* else flushed already */
		recv_done(ep, wc->status, wc);
}

void weftu_flush_recv(struct weft_ep *ep)
{
	while (ep->r_done != ep->r_posted)
		recv_done(ep, WEFT_STATUS_FLUSHED, NULL);
}

/* What the engine will not report any more. */
void weftu_flush_send(struct weft_ep *ep)
{
	while (ep->s_done != ep->s_posted)
		send_done(ep, &ep->sreqs[ep->s_done & (ep->send_depth - 1u)],
			  WEFT_STATUS_FLUSHED, 0);
}

int weft_cq_poll(struct weft_cq *cq, struct weft_completion *out, int n)
{
	int i;

	for (i = 0; i < n && cq->n; i++) {
		struct weft_completion *c = &cq->ring[cq->head];

		c->user = c->ep->user;
		if (c->op & WEFT_OP_RECV)
			c->ep->r_unpolled--;
		else
			c->ep->s_unpolled--;
		out[i] = *c;
		cq->head = (cq->head + 1) & (cq->size - 1);
		cq->n--;
	}
	return i;
}

int weft_cq_wait(struct weft_cq *cq, struct weft_completion *out, int n, uint64_t timeout_ns)
{
	struct weft_port *port = cq->port;
	weft_time start = weftu_now(port);

	while (!cq->n) {
		uint64_t spent = weftu_now(port) - start;
		int r;

		if (spent > timeout_ns)
			return 0;
		r = weft_wait(port, timeout_ns - spent);
		if (r < 0)
			return r;
		if (!r && !cq->n)
			return 0;
	}
	return weft_cq_poll(cq, out, n);
}
