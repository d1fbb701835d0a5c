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
		return weftu_fail(cq->port, -EBUSY, "completion queue is used by %u endpoints and "
				  "datagram queues: destroy them first", cq->eps);
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

int weftu_cq_reserve(struct weft_cq *cq, uint32_t n)
{
	int err = make_room(cq, cq->promised + n);

	if (!err)
		cq->promised += n;
	return err;
}

void weftu_cq_release(struct weft_cq *cq, uint32_t n)
{
	cq->promised -= n;
}

/* A shared receive queue has no more completions than buffers, whichever endpoints they come by. */
static int join_srq(struct weft_cq *cq, const struct weft_srq *srq)
{
	struct weftu_cq_srq *l = cq->srqs;
	int err;

	while (l && l->srq != srq)
		l = l->next;
	if (l) {
		l->eps++;
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return weftu_fail(cq->port, -ENOMEM, "out of memory for completions");
	err = weftu_cq_reserve(cq, srq->depth);
	if (err) {
		free(l);
		return err;
	}
	*l = (struct weftu_cq_srq){ .next = cq->srqs, .srq = srq, .eps = 1 };
	cq->srqs = l;
	return 0;
}

static void leave_srq(struct weft_cq *cq, const struct weft_srq *srq)
{
	struct weftu_cq_srq **at = &cq->srqs, *l;

	while ((*at)->srq != srq)
		at = &(*at)->next;
	l = *at;
	if (--l->eps)
		return;
	*at = l->next;
	weftu_cq_release(cq, srq->depth);
	free(l);
}

static uint32_t depth_of(const struct weft_ep *ep)
{
	return (uint32_t)ep->send_depth + (ep->srq ? 0 : ep->recv_depth);
}

int weftu_cq_join(struct weft_cq *cq, struct weft_ep *ep)
{
	int err = weftu_cq_reserve(cq, depth_of(ep));

	if (!err && ep->srq) {
		err = join_srq(cq, ep->srq);
		if (err)
			weftu_cq_release(cq, depth_of(ep));
	}
	if (err)
		return err;
	cq->eps++;
	ep->cq = cq;
	return 0;
}

static void vanish(struct weft_completion *c)
{
	if (c->ep && c->ep->srq && c->op & WEFT_OP_RECV)
		c->ep->srq->unpolled--;
}

void weftu_cq_forget(struct weft_cq *cq, const struct weft_ep *ep, const struct weft_window *w,
		     const struct weft_dgram_queue *q)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cq->n; i++) {
		struct weft_completion *c = &cq->ring[(cq->head + i) & (cq->size - 1)];

		if ((ep && c->ep == ep) || (w && c->window == w) || (q && c->dgram == q))
			vanish(c);
		else
			cq->ring[(cq->head + kept++) & (cq->size - 1)] = *c;
	}
	cq->n = kept;
}

/* The endpoint goes, and what it had completed. */
void weftu_cq_leave(struct weft_cq *cq, struct weft_ep *ep)
{
	weftu_cq_forget(cq, ep, NULL, NULL);
	weftu_cq_release(cq, depth_of(ep));
	if (ep->srq)
		leave_srq(cq, ep->srq);
	cq->eps--;
}

struct weft_completion *weftu_cq_push(struct weft_cq *cq)
{
	struct weft_completion *c = &cq->ring[(cq->head + cq->n++) & (cq->size - 1)];

	memset(c, 0, sizeof(*c));
	cq->port->told = true;
	return c;
}

static struct weft_completion *push(struct weft_ep *ep)
{
	struct weft_completion *c = weftu_cq_push(ep->cq);

	c->ep = ep;
	return c;
}

static void send_done(struct weft_ep *ep, struct weftu_sreq *r, enum weft_status st, uint64_t value)
{
	struct weft_completion *c;

	ep->s_done++;
	if (r->hook || (r->quiet && (st == WEFT_STATUS_OK || WEFT_MUTANT(QUIET_FAILURES)))) {
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
	if (r->op == WEFT_OP_ATOMIC && WEFT_MUTANT(ATOMIC_PRESUMED))
		c->status = WEFT_STATUS_OK;
}

/* The engine's id is the operation's number on this endpoint. */
void weftu_complete_send(struct weft_ep *ep, const struct weft_wc *wc)
{
	send_done(ep, &ep->sreqs[wc->id & (ep->send_depth - 1u)], wc->status, wc->value);
}

static void say_received(struct weft_ep *ep, uint64_t id, enum weft_status st,
			 const struct weft_wc *wc)
{
	struct weft_completion *c = push(ep);

	c->id = id;
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
		c->imm = WEFT_MUTANT(IMM_HALF) ? wc->imm & 0xffff : wc->imm;
	}
	if (wc->flags & WEFT_OFLAGS_INV) {
		c->flags |= WEFT_INVALIDATED;
		c->imm = wc->imm;
	}
}

static void recv_done(struct weft_ep *ep, enum weft_status st, const struct weft_wc *wc)
{
	struct weftu_rreq *r = &ep->rreqs[ep->r_done++ & (ep->recv_depth - 1u)];

	if (ep->recv_hook) {
		ep->r_unpolled--;
		ep->recv_hook(ep->recv_arg, st, r->id);
		return;
	}
	say_received(ep, r->id, st, wc);
}

static void shared_done(struct weft_ep *ep, const struct weft_wc *wc)
{
	struct weftu_sbuf *b = weftu_srq_done(ep, wc->ssn);

	if (!b)			/* given back already */
		return;
	ep->r_done = wc->ssn + 1;
	say_received(ep, b->id, wc->status, wc);
}

void weftu_complete_recv(struct weft_ep *ep, const struct weft_wc *wc)
{
	if (ep->srq)
		shared_done(ep, wc);
	else if (ep->r_done != ep->r_posted)	/* else flushed already */
		recv_done(ep, wc->status, wc);
}

void weftu_flush_recv(struct weft_ep *ep)
{
	if (ep->srq) {		/* buffers that were begun go to others */
		weftu_srq_unbind(ep, ep->r_done);
		return;
	}
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

/* What is polled may be posted again. */
static void polled(struct weft_completion *c)
{
	struct weft_ep *ep = c->ep;
	bool recv = c->op & WEFT_OP_RECV;

	if (c->dgram) {
		c->user = c->dgram->user;
		--*(recv ? &c->dgram->r_unpolled : &c->dgram->s_unpolled);
		return;
	}
	c->user = c->window ? c->window->user : ep->user;
	if (c->window)
		c->window->unpolled--;
	else if (!recv)
		ep->s_unpolled--;
	else
		--*(ep->srq ? &ep->srq->unpolled : &ep->r_unpolled);
}

int weft_cq_poll(struct weft_cq *cq, struct weft_completion *out, int n)
{
	int i;

	for (i = 0; i < n && cq->n; i++) {
		struct weft_completion *c = &cq->ring[cq->head];

		polled(c);
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
