/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connecting: from an address to an endpoint on a context.  A chip that is not known is asked
 * for its HELLO first, since its mode and limits decide what context is opened.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/names.h"
#include "userspace/lib/lib.h"

#define FRESH_NS (10 * WEFT_SECOND)	/* for how long a HELLO is believed without asking again */

int weftu_parse_target(struct weft_port *port, const char *to, struct wio_addr *addr,
		       uint64_t *chip_id)
{
	memset(addr, 0, sizeof(*addr));
	*chip_id = 0;
	if (to && !strncasecmp(to, "chip:", 5)) {
		if (!weft_chip_id_parse(to, chip_id))
			return 0;
		return weftu_fail(port, -EINVAL, "'%s' is no Chip ID: give chip: and 16 "
				  "hexadecimal digits", to);
	}
	if (!to || wio_addr_parse(to, addr))
		return weftu_fail(port, -EINVAL, "'%s' is no address: give one such as 10.0.0.2, "
				  "10.0.0.2:49190, [fe80::1%%eth0], 02:00:00:00:00:01 or chip:ID",
				  to ? to : "(none)");
	if (addr->family != wio_local(port->io)->family)
		return weftu_fail(port, -EINVAL, "'%s' is no address for carriage %s", to,
				  wio_url(port->io));
	return 0;
}

/* ---- Onto a context -------------------------------------------------------------- */

static void connect_failed(struct weft_ep *ep, int r)
{
	weftu_ep_lost(ep, r == WEFT_ESTATE ? WEFT_STATUS_PEER_RESET : WEFT_STATUS_OP_FAILED);
}

/* Endpoints for whose EP_CONNECT the context had no room. */
void weftu_connect_waiting(struct weftu_ctx *ctx)
{
	while (ctx->wait_head) {
		struct weft_ep *ep = ctx->wait_head;
		int r;

		weftu_pools_ready(ctx->port);
		r = weft_ep_connect(ep->stream, ep->service, ep->priv, ep->priv_len);
		if (r == WEFT_EFULL)
			return;
		ctx->wait_head = ep->wait_next;
		if (!ctx->wait_head)
			ctx->wait_tail = &ctx->wait_head;
		ep->state = EP_CONNECTING;
		if (r)
			connect_failed(ep, r);
	}
}

static int choose_mode(struct weft_port *port, const struct weftu_peer *p, uint8_t wish,
		       enum weft_mode *mode)
{
	uint8_t both = p->agreed.modes;

	if (p->disagree != WEFT_AGREE_ALL && p->disagree != WEFT_AGREE_MODES)	/* WEFT-MGT-019 */
		return weftu_fail(port, -EPROTONOSUPPORT, "chip at %s: its HELLO and ours do "
				  "not agree on %s", p->info->addr, weft_agree_name(p->disagree));
	if (wish)
		both &= wish;
	if (!(both & (WEFT_RUD | WEFT_ROD)))
		return weftu_fail(port, -EPROTONOSUPPORT, "chip at %s claims modes %#x, this "
				  "side wants %#x: none in common", p->info->addr, p->info->modes,
				  wish ? wish : port->o.modes);
	*mode = both & WEFT_RUD ? WEFT_MODE_RUD : WEFT_MODE_ROD;
	return 0;
}

/* p: its address and HELLO are known. */
int weftu_context_with(struct weft_port *port, struct weftu_peer *p, uint32_t domain, uint8_t wish,
		       weft_time now, struct weftu_ctx **ctx)
{
	enum weft_mode mode = WEFT_MODE_RESERVED;
	int err = choose_mode(port, p, wish, &mode);

	if (err)
		return err;
	*ctx = weftu_ctx_usable(p, domain, mode);
	if (!*ctx)
		*ctx = weftu_ctx_open(port, p, domain, mode, now, &err);
	return err;
}

int weftu_connect_known(struct weft_ep *ep, struct weftu_peer *p, weft_time now)
{
	struct weftu_ctx *ctx = NULL;
	int err = weftu_context_with(ep->port, p, ep->domain, ep->mode, now, &ctx);

	if (err)
		return err;
	err = weftu_ep_attach(ep, ctx);
	if (err)
		return err;
	ep->state = EP_WAITING;
	ep->wait_next = NULL;
	*ctx->wait_tail = ep;
	ctx->wait_tail = &ep->wait_next;
	weftu_connect_waiting(ctx);
	weftu_activate(ctx);
	return 0;
}

/* ---- From an address ------------------------------------------------------------- */

bool weftu_peer_fresh(const struct weftu_peer *p, weft_time now)
{
	if (!p || !p->info || p->addr.family == WIO_NONE)
		return false;
	for (const struct weftu_ctx *c = p->ctxs; c; c = c->peer_next) {
		if (!c->closing && weftu_addr_same(&c->addr, &p->addr) &&
		    weft_pdc_state(c->pdc) == WEFT_PDC_STATE_OPEN)
			return true;
	}
	return now - p->info_at < FRESH_NS;
}

static int start(struct weft_ep *ep, struct weftu_peer *p)
{
	weft_time now = weftu_now(ep->port);

	wio_addr_str(&ep->addr, ep->addr_text);
	if (weftu_peer_fresh(p, now)) {
		ep->state = EP_WAITING_NOWHERE;
		return weftu_connect_known(ep, p, now);
	}
	ep->state = EP_ASKING;
	return weftu_ask(ep->port, &ep->addr, ep, now);
}

static int find_target(struct weft_port *port, const char *to, struct wio_addr *addr,
		       uint64_t *chip_id, struct weftu_peer **p)
{
	int err = weftu_parse_target(port, to, addr, chip_id);

	if (err)
		return err;
	if (!*chip_id) {
		*p = weftu_peer_at(port, addr);
		return 0;
	}
	*p = weftu_peer_find(port, *chip_id);
	if (!*p || (*p)->addr.family == WIO_NONE)
		return weftu_fail(port, -ENOENT, "nothing is known of chip %s: discover it, or let "
				  "its address be told", to + 5);
	*addr = (*p)->addr;
	return 0;
}

int weft_connect(struct weft_port *port, const char *to, uint32_t service,
		 const struct weft_ep_opts *opts, struct weft_ep **out)
{
	struct weftu_peer *p = NULL;
	struct wio_addr addr;
	struct weft_ep *ep;
	uint64_t chip_id;
	int err;

	*out = NULL;
	err = find_target(port, to, &addr, &chip_id, &p);
	if (err)
		return err;
	err = weftu_ep_make(port, opts, &ep);
	if (err)
		return err;
	ep->service = service;
	ep->want_chip = chip_id;
	ep->addr = addr;
	err = start(ep, p);
	if (err) {
		ep->state = EP_FAILED;
		weft_ep_destroy(ep);
		return err;
	}
	*out = ep;
	return 0;
}

/* ep's own event, so that it is not seen twice. */
static void forget_connected(struct weft_ep *ep)
{
	weftu_events_forget(ep->port, ep, NULL);
}

int weft_connect_wait(struct weft_ep *ep, uint64_t timeout_ns)
{
	struct weft_port *port = ep->port;
	weft_time begin = weftu_now(port);

	while (weft_ep_status(ep) == WEFT_EP_IS_CONNECTING) {
		uint64_t spent = weftu_now(port) - begin;
		int r = spent > timeout_ns ? 0 : weft_wait(port, timeout_ns - spent);

		if (r < 0)
			return r;
		if (!r && weft_ep_status(ep) == WEFT_EP_IS_CONNECTING)
			return weftu_fail(port, -ETIMEDOUT, "chip at %s: not connected to service "
					  "%u within %llu ms", ep->addr_text, ep->service,
					  (unsigned long long)(timeout_ns / WEFT_MSEC));
	}
	forget_connected(ep);
	switch (weft_ep_status(ep)) {
	case WEFT_EP_IS_CONNECTED:
		return 0;
	case WEFT_EP_IS_REJECTED:
		return weftu_fail(port, -ECONNREFUSED, "%s", ep->text);
	case WEFT_EP_IS_CONNECTING:
	case WEFT_EP_IS_CLOSED:
	case WEFT_EP_IS_FAILED:
		break;
	}
	return weftu_fail(port, -EHOSTDOWN, "%s", weft_ep_error_text(ep));
}
