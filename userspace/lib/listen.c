/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Being asked: services, the requests for them, and their answers.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define REJECTS_MAX 1024u	/* that wait in one context; further askers hear nothing */

int weft_listen(struct weft_port *port, uint32_t service, void *user, uint32_t backlog)
{
	struct weftu_listener *l;

	if (weftu_map_get(&port->listeners, service))
		return weftu_fail(port, -EEXIST, "service %u is offered already", service);
	l = calloc(1, sizeof(*l));
	if (!l || !weftu_map_put(&port->listeners, service, l)) {
		free(l);
		return weftu_fail(port, -ENOMEM, "out of memory for a service");
	}
	l->service = service;
	l->user = user;
	l->backlog = backlog ? backlog : 64;
	return 0;
}

static void forget_listener(struct weftu_ctx *ctx, const struct weftu_listener *l)
{
	for (struct weft_request *rq = ctx->requests; rq; rq = rq->next) {
		if (rq->listener == l)
			rq->listener = NULL;
	}
}

/* Requests made already are still to be answered. */
void weft_unlisten(struct weft_port *port, uint32_t service)
{
	struct weftu_listener *l = weftu_map_del(&port->listeners, service);

	for (uint32_t i = 0; l && i < port->ctx_ids.size; i++) {
		if (port->ctx_ids.slots[i].val)
			forget_listener(port->ctx_ids.slots[i].val, l);
	}
	free(l);
}

/* ---- Refusing -------------------------------------------------------------------- */

static int tell(struct weftu_ctx *ctx, const struct weftu_reject *r)
{
	return weft_ep_reject_with(ctx->pdc, r->peer_qpn, r->reason, r->arg, r->priv, r->priv_len);
}

void weftu_reject(struct weftu_ctx *ctx, uint32_t peer_qpn, enum weft_ep_reason reason,
		  uint32_t arg, const void *priv, uint16_t len)
{
	struct weftu_reject now = { .peer_qpn = peer_qpn, .reason = reason, .arg = arg,
				    .priv_len = len };
	struct weftu_reject *r;

	if (len)
		memcpy(now.priv, priv, len);
	weftu_pools_ready(ctx->port);
	if (tell(ctx, &now) != WEFT_EFULL ||
	    ctx->n_rejects == REJECTS_MAX)
		return;
	r = malloc(sizeof(*r));
	if (!r)
		return;
	*r = now;
	r->next = ctx->rejects;
	ctx->rejects = r;
	ctx->n_rejects++;
}

void weftu_reject_waiting(struct weftu_ctx *ctx)
{
	while (ctx->rejects) {
		struct weftu_reject *r = ctx->rejects;

		if (tell(ctx, r) == WEFT_EFULL)
			return;
		ctx->rejects = r->next;
		ctx->n_rejects--;
		free(r);
	}
}

/* ---- Asked ----------------------------------------------------------------------- */

static void note_asker(struct weft_request *rq, const struct weftu_ctx *ctx,
		       const struct weft_act *act)
{
	struct weft_asker *a = &rq->asker;
	uint16_t n = act->priv_len < WEFT_PRIVATE_MAX ? act->priv_len : WEFT_PRIVATE_MAX;

	a->chip_id = ctx->peer->core.chip_id;
	wio_addr_str(&ctx->addr, a->addr);
	a->service = act->arg;
	a->domain = ctx->domain;
	a->mode = (uint8_t)ctx->mode;
	a->priv_len = n;
	if (n)
		memcpy(a->priv, act->priv, n);
}

void weftu_asked(struct weftu_ctx *ctx, const struct weft_act *act)
{
	struct weft_port *port = ctx->port;
	struct weftu_listener *l = weftu_map_get(&port->listeners, act->arg);
	struct weft_request *rq;

	if (WEFT_MUTANT(SERVICE_ANY) && !l)
		l = weftu_map_get(&port->listeners, WEFT_SERVICE_CHIP);
	if (!l) {			/* WEFT-MGT-008 */
		weftu_reject(ctx, act->peer_qpn, WEFT_EP_REASON_NO_SERVICE, 0, NULL, 0);
		return;
	}
	rq = l->waiting < l->backlog ? calloc(1, sizeof(*rq)) : NULL;
	if (!rq) {
		weftu_reject(ctx, act->peer_qpn, WEFT_EP_REASON_NO_ROOM, 0, NULL, 0);
		return;
	}
	l->waiting++;
	rq->port = port;
	rq->ctx = ctx;
	rq->listener = l;
	rq->ep = act->ep;
	rq->peer_qpn = act->peer_qpn;
	rq->next = ctx->requests;
	ctx->requests = rq;
	note_asker(rq, ctx, act);
	weftu_event(port, &(struct weft_ep_event){ .kind = WEFT_EP_REQUESTED, .request = rq,
						   .user = l->user, .service = act->arg });
}

/* The askers' context has ended; who holds a request finds out when he answers it. */
void weftu_requests_gone(struct weftu_ctx *ctx)
{
	struct weftu_reject *r;

	while (ctx->requests) {
		struct weft_request *rq = ctx->requests;

		ctx->requests = rq->next;
		rq->ctx = NULL;
		rq->next = ctx->port->orphans;
		ctx->port->orphans = rq;
	}
	while ((r = ctx->rejects)) {
		ctx->rejects = r->next;
		free(r);
	}
}

const struct weft_asker *weft_request_asker(const struct weft_request *rq)
{
	return &rq->asker;
}

/* ---- Answering ------------------------------------------------------------------- */

static void answered(struct weft_request *rq)
{
	struct weft_request **at = rq->ctx ? &rq->ctx->requests : &rq->port->orphans;

	if (rq->listener)
		rq->listener->waiting--;
	while (*at != rq)
		at = &(*at)->next;
	*at = rq->next;
	if (rq->ctx)
		weftu_activate(rq->ctx);
	weftu_events_forget(rq->port, NULL, rq);
	free(rq);
}

static int gone(struct weft_request *rq)
{
	struct weft_port *port = rq->port;
	char addr[WEFT_ADDR_MAX];

	memcpy(addr, rq->asker.addr, sizeof(addr));
	answered(rq);
	return weftu_fail(port, -ECONNRESET, "chip at %s has gone before it was answered", addr);
}

static int accept_on(struct weft_ep *ep, struct weft_request *rq)
{
	int r = weftu_ep_attach(ep, rq->ctx);

	if (r)
		return r;
	weftu_pools_ready(rq->port);
	r = weft_ep_accept(ep->stream, &rq->ep, ep->priv, ep->priv_len);
	if (r)
		return weftu_fail(rq->port, r == WEFT_EFULL ? -EAGAIN : -ECONNRESET,
				  r == WEFT_EFULL ? "too many answers are on their way to this chip"
				  ": turn the port and accept again" : "the asker has gone");
	ep->state = EP_CONNECTED;
	return 0;
}

int weft_accept(struct weft_request *rq, const struct weft_ep_opts *opts, struct weft_ep **out)
{
	struct weft_ep *ep;
	int err;

	*out = NULL;
	if (!rq->ctx || rq->ctx->over)
		return gone(rq);
	err = weftu_ep_make(rq->port, opts, &ep);
	if (err)
		return err;
	ep->service = rq->asker.service;
	ep->domain = rq->ctx->domain;
	err = accept_on(ep, rq);
	if (err) {
		ep->state = EP_FAILED;
		weft_ep_destroy(ep);
		if (err == -ECONNRESET || err == -ENOTCONN)
			return gone(rq);
		return err;
	}
	answered(rq);
	*out = ep;
	return 0;
}

void weft_reject(struct weft_request *rq)
{
	weft_reject_with(rq, 0, NULL, 0);
}

int weft_reject_with(struct weft_request *rq, uint32_t arg, const void *priv, uint16_t len)
{
	if (len > WEFT_PRIVATE_MAX || (len && !priv))
		return weftu_fail(rq->port, -EINVAL, "private data: at most %d bytes, not NULL",
				  WEFT_PRIVATE_MAX);
	if (rq->ctx && !rq->ctx->over)
		weftu_reject(rq->ctx, rq->peer_qpn, WEFT_EP_REASON_REFUSED, arg, priv, len);
	answered(rq);
	return 0;
}
