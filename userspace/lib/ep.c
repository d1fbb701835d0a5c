/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of an endpoint: made, attached to a context, ended, freed.  Who asks whom is
 * connect.c's and listen.c's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define TEXT_MAX 512
#define SRQ_SHARE 4	/* buffers of a shared receive queue, unless the user says otherwise */

static bool power_of_two(uint32_t v, uint32_t max)
{
	return v && v <= max && !(v & (v - 1));
}

static int check(struct weft_port *port, const struct weft_ep *ep, const struct weft_ep_opts *o)
{
	const char *what = NULL;

	if (!power_of_two(ep->send_depth, 4096))
		what = "send_depth: a power of two up to 4096";
	else if (!power_of_two(ep->recv_depth, 4096))
		what = "recv_depth: a power of two up to 4096";
	else if (!power_of_two(ep->window, 256))
		what = "window: a power of two up to 256";
	else if (ep->reads > ep->window)
		what = "reads: no more than window";
	else if (ep->domain > DOMAIN_MAX)
		what = "domain: at most 24 bits";
	else if (o->mode && o->mode != WEFT_RUD && o->mode != WEFT_ROD)
		what = "mode: WEFT_RUD, WEFT_ROD or 0";
	else if (o->mode & ~port->o.modes)
		what = "mode: one that the port claims";
	else if (ep->rnr_retry > 7)
		what = "rnr_retry: at most 7";
	else if (o->priv_len > WEFT_PRIVATE_MAX || (o->priv_len && !o->priv))
		what = "private data: at most 64 bytes, not NULL";
	else if (o->cq && o->cq->port != port)
		what = "cq: one of the same port";
	else if (o->srq && o->srq->port != port)
		what = "srq: one of the same port";
	return what ? weftu_fail(port, -EINVAL, "endpoint option %s", what) : 0;
}

static void fill(struct weft_port *port, struct weft_ep *ep, const struct weft_ep_opts *o)
{
	ep->port = port;
	ep->user = o->user;
	ep->domain = o->domain_given ? o->domain : port->o.domain;
	ep->pd = o->pd;
	ep->send_depth = o->send_depth ? o->send_depth : 128;
	ep->recv_depth = o->srq ? 1 : o->recv_depth ? o->recv_depth : 128;
	ep->window = o->window ? o->window : 128;
	ep->reads = o->reads ? o->reads : (uint8_t)(ep->window < 64 ? ep->window : 64);
	ep->mode = o->mode;
	ep->rnr_retry = o->rnr_retry ? o->rnr_retry : 7;
	ep->rnr_delay_ns = o->rnr_delay_ns ? o->rnr_delay_ns : 100 * WEFT_USEC;
	ep->priv_len = o->priv_len;
	ep->srq_share = o->srq_share ? o->srq_share : SRQ_SHARE;
}

static struct weft_stream_cfg stream_config(struct weft_ep *ep)
{
	uint64_t shape = 1ull << 32 | (uint64_t)ep->send_depth << 16 | ep->window;
	struct weft_stream_cfg cfg = {
		.host = ep,
		.qpn = ep->qpn,
		.pd = ep->pd,
		.sq_depth = ep->send_depth,
		.window = ep->window,
		.reads = ep->reads,
		.rnr_retry = ep->rnr_retry,
		.rnr_delay_ns = ep->rnr_delay_ns,
		.srq = ep->srq ? ep->srq_share : 0,
	};

	cfg.pool = weftu_pool(ep->port, shape, weft_stream_block(&cfg));
	return cfg;
}

static int give_memory(struct weft_ep *ep)
{
	struct weft_stream_cfg cfg = stream_config(ep);

	cfg.qpn = 1;	/* the size does not depend on it */
	ep->sreqs = calloc(ep->send_depth, sizeof(*ep->sreqs));
	ep->rreqs = calloc(ep->recv_depth, sizeof(*ep->rreqs));
	ep->mem = cfg.pool ? calloc(1, weft_stream_size(&cfg)) : NULL;
	if (ep->sreqs && ep->rreqs && ep->mem)
		return 0;
	return weftu_fail(ep->port, -ENOMEM, "out of memory for an endpoint");
}

static int give_cq(struct weft_ep *ep, struct weft_cq *cq)
{
	int err = 0;

	if (!cq) {
		err = weft_cq_create(ep->port, &cq);
		ep->own_cq = !err;
	}
	if (!err)
		err = weftu_cq_join(cq, ep);
	if (err && ep->own_cq)
		weft_cq_destroy(cq);
	return err;
}

static void release(struct weft_ep *ep)
{
	free(ep->sreqs);
	free(ep->rreqs);
	free(ep->mem);
	free(ep->text);
	free(ep);
}

/* An endpoint of no context yet; its peer is for the caller to set. */
int weftu_ep_make(struct weft_port *port, const struct weft_ep_opts *o, struct weft_ep **out)
{
	static const struct weft_ep_opts none;
	struct weft_ep *ep = calloc(1, sizeof(*ep));
	int err;

	*out = NULL;
	if (!ep)
		return weftu_fail(port, -ENOMEM, "out of memory for an endpoint");
	if (!o)
		o = &none;
	fill(port, ep, o);
	err = check(port, ep, o);
	if (!err)
		err = give_memory(ep);
	if (!err) {
		ep->qpn = weft_ids_take(&port->ep_ids, ep, NULL, weftu_now(port));
		if (!ep->qpn)
			err = weftu_fail(port, -ENOSPC, "no room for another endpoint: %u are open",
					 weft_ids_used(&port->ep_ids));
	}
	if (!err && o->srq)
		err = weftu_srq_join(o->srq, ep);
	if (!err)
		err = give_cq(ep, o->cq);
	if (err) {
		weftu_srq_leave(ep);
		if (ep->qpn)
			weft_ids_give(&port->ep_ids, ep->qpn, weftu_now(port));
		release(ep);
		return err;
	}
	if (o->priv_len)
		memcpy(ep->priv, o->priv, o->priv_len);
	*out = ep;
	return 0;
}

int weftu_ep_attach(struct weft_ep *ep, struct weftu_ctx *ctx)
{
	struct weft_stream_cfg cfg = stream_config(ep);
	int r = weft_stream_init(ctx->pdc, ep->mem, &cfg, &ep->stream);

	if (r) {
		ep->stream = NULL;
		return weftu_fail(ep->port, r == WEFT_EFULL ? -ENOSPC : -ENOTCONN,
				  r == WEFT_EFULL ? "no room for another endpoint in the context "
				  "with this chip" : "the context with this chip has ended");
	}
	weft_recv_posted(ep->stream, ep->srq ? ep->srq->n_free : ep->r_posted);
	ep->ctx = ctx;
	ep->ctx_next = ctx->eps;
	ctx->eps = ep;
	ctx->n_eps++;
	ep->chip_id = ctx->peer->core.chip_id;
	ep->addr = ctx->addr;
	wio_addr_str(&ep->addr, ep->addr_text);
	return 0;
}

static void leave_waiting(struct weft_ep *ep)
{
	struct weft_ep **at;

	if (ep->state == EP_ASKING)
		weftu_ask_forget(ep->port, ep);
	if (ep->state != EP_WAITING)
		return;
	for (at = &ep->ctx->wait_head; *at != ep; at = &(*at)->wait_next)
		;
	*at = ep->wait_next;
	if (!*at)
		ep->ctx->wait_tail = at;
}

/* Off its context: the engine reports nothing of it any more. */
void weftu_ep_detach(struct weft_ep *ep, enum weft_ep_reason tell)
{
	struct weftu_ctx *ctx = ep->ctx;
	struct weft_ep **at;

	if (!ctx)
		return;
	weftu_pools_ready(ctx->port);	/* for telling the peer */
	weft_stream_fini(ep->stream, tell);
	for (at = &ctx->eps; *at != ep; at = &(*at)->ctx_next)
		;
	*at = ep->ctx_next;
	ctx->n_eps--;
	ep->ctx = NULL;
	ep->stream = NULL;
	weftu_activate(ctx);
}

/* ---- What happened --------------------------------------------------------------- */

static int say_who(const struct weft_ep *ep, char *to, size_t room)
{
	char id[24];

	if (!ep->chip_id)
		return snprintf(to, room, "chip at %s: ", ep->addr_text);
	return snprintf(to, room, "chip %s at %s: ", weft_chip_id_str(ep->chip_id, id),
			ep->addr_text);
}

static void say_how_far(const struct weft_ep *ep, char *to, size_t room)
{
	struct weft_gauges g;

	if (!ep->ctx)
		return;
	weft_pdc_gauges(ep->ctx->pdc, &g);
	snprintf(to, room, "; it acknowledged up to PSN %u of %u sent, %u outstanding, %llu "
		 "retransmissions", g.acked_psn, g.sent_psn, g.outstanding,
		 (unsigned long long)ep->ctx->stats.rtx_pkts);
}

static char *describe(const struct weft_ep *ep, enum epstate state, const char *fmt, va_list ap)
{
	char *text = calloc(1, TEXT_MAX);
	size_t at;

	if (!text)
		return NULL;
	say_who(ep, text, TEXT_MAX);
	at = strlen(text);
	vsnprintf(text + at, TEXT_MAX - at, fmt, ap);
	at = strlen(text);
	if (state == EP_FAILED)
		say_how_far(ep, text + at, TEXT_MAX - at);
	return text;
}

static enum weft_ep_event_kind kind_of(enum epstate state)
{
	return state == EP_REJECTED ? WEFT_EP_REJECTED :
	       state == EP_CLOSED ? WEFT_EP_DISCONNECTED : WEFT_EP_FAILED;
}

void weftu_ep_end(struct weft_ep *ep, enum epstate state, enum weft_status st, bool event,
		  const char *fmt, ...)
{
	struct weft_ep_event ev = { .kind = kind_of(state), .ep = ep, .user = ep->user,
				    .status = (uint8_t)st, .reason = ep->reason,
				    .arg = ep->reject_arg };
	va_list ap;

	if (ep->state >= EP_REJECTED)
		return;
	va_start(ap, fmt);
	ep->text = describe(ep, state, fmt, ap);
	va_end(ap);
	leave_waiting(ep);
	ep->state = state;
	ep->failure = st;
	weftu_windows_end(ep);
	weftu_flush_recv(ep);
	if (event)
		weftu_event(ep->port, &ev);
}

/* ---- Leaving --------------------------------------------------------------------- */

/* Its context has gone: what the engine had not completed is flushed here. */
void weftu_ep_lost(struct weft_ep *ep, enum weft_status st)
{
	weftu_ep_end(ep, EP_FAILED, st, true, "%s: %s", weft_st_name(st), weft_st_text(st));
	weftu_ep_detach(ep, WEFT_EP_REASON_ERROR);
	weftu_flush_send(ep);
}

void weft_disconnect(struct weft_ep *ep)
{
	weftu_ep_end(ep, EP_CLOSED, WEFT_STATUS_OK, false, "closed by this side");
	weftu_ep_detach(ep, ep->failure == WEFT_STATUS_OK ? WEFT_EP_REASON_CLOSED :
							    WEFT_EP_REASON_ERROR);
	weftu_flush_send(ep);
}

void weft_ep_destroy(struct weft_ep *ep)
{
	struct weft_port *port;
	struct weft_cq *cq;

	if (!ep || WEFT_MUTANT(DESTROYED_LIVES))
		return;
	port = ep->port;
	cq = ep->cq;
	port->ep_ids.limit -= WEFT_MUTANT(DESTROYED_LEAKS) && ep->s_posted != ep->s_done;
	weft_disconnect(ep);
	weftu_windows_free(ep);
	weftu_events_forget(port, ep, NULL);
	weftu_cq_leave(cq, ep);
	weftu_srq_leave(ep);
	if (ep->own_cq)
		weft_cq_destroy(cq);
	weft_ids_give(&port->ep_ids, ep->qpn, weftu_now(port));
	release(ep);
}

/* ---- What an endpoint is --------------------------------------------------------- */

enum weft_ep_status weft_ep_status(const struct weft_ep *ep)
{
	switch (ep->state) {
	case EP_ASKING:
	case EP_WAITING:
	case EP_WAITING_NOWHERE:
	case EP_CONNECTING:
		return WEFT_EP_IS_CONNECTING;
	case EP_CONNECTED:
		return WEFT_EP_IS_CONNECTED;
	case EP_REJECTED:
		return WEFT_EP_IS_REJECTED;
	case EP_CLOSED:
		return WEFT_EP_IS_CLOSED;
	case EP_FAILED:
		break;
	}
	return WEFT_EP_IS_FAILED;
}

unsigned weft_ep_reason(const struct weft_ep *ep)
{
	return ep->reason;
}

unsigned weft_ep_failure(const struct weft_ep *ep)
{
	return ep->failure;
}

const char *weft_ep_error_text(const struct weft_ep *ep)
{
	return ep->text ? ep->text : "";
}

void *weft_ep_user(const struct weft_ep *ep)
{
	return ep->user;
}

void weft_ep_set_user(struct weft_ep *ep, void *user)
{
	ep->user = user;
}

struct weft_cq *weft_ep_cq(const struct weft_ep *ep)
{
	return ep->cq;
}

struct weft_port *weft_ep_port(const struct weft_ep *ep)
{
	return ep->port;
}

uint32_t weft_ep_qpn(const struct weft_ep *ep)
{
	return ep->qpn;
}

uint32_t weft_ep_domain(const struct weft_ep *ep)
{
	return ep->domain;
}

uint32_t weft_ep_pd(const struct weft_ep *ep)
{
	return ep->pd;
}

uint32_t weft_ep_context(const struct weft_ep *ep)
{
	return ep->ctx ? ep->ctx->id : 0;
}

uint64_t weft_ep_chip_id(const struct weft_ep *ep)
{
	return ep->chip_id;
}

const char *weft_ep_addr(const struct weft_ep *ep)
{
	return ep->addr_text;
}

const void *weft_ep_private(const struct weft_ep *ep, uint16_t *len)
{
	*len = ep->peer_priv_len;
	return ep->peer_priv;
}
