/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of another chip: asked page by page, each question repeated until it is answered or
 * time is over; and what a peer says of one context.  What is counted, and under which names, is
 * counters.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define REPEAT_NS (20 * WEFT_MSEC)

/* An answer to the question that is open; others are nobody's. */
bool weftu_telemetry_answered(struct weft_port *port, const struct weft_view *v)
{
	struct weftu_telemetry *t = &port->telemetry;

	if (!t->open || v->d.psn != t->transaction)
		return false;
	t->n = weft_telemetry_items(v, t->items, WEFT_ARRAY_LEN(t->items));
	t->open = false;
	return true;
}

/* One page.  0: t->n counters are there, -ETIMEDOUT: nobody answers. */
static int page(struct weft_port *port, const struct wio_addr *to, uint16_t first, weft_time end)
{
	struct weftu_telemetry *t = &port->telemetry;
	weft_time now = weftu_now(port), next = now;
	uint8_t out[WEFT_ALONE_MAX];

	t->open = true;
	t->n = 0;
	t->transaction = port->next_transaction++;
	while (t->open && now < end) {
		int r;

		if (now >= next) {
			weftu_queue_alone(port, out, weft_telemetry_get_build(out, first,
					  UINT16_MAX, t->transaction), to);
			next = now + REPEAT_NS;
		}
		r = weft_wait(port, (next < end ? next : end) - now);
		if (r < 0)
			return r;
		now = weftu_now(port);
	}
	if (!t->open)
		return 0;
	t->open = false;
	return -ETIMEDOUT;
}

static int add(const struct weft_hdr_telemetry_item *items, size_t count, struct weft_counter *c,
	       int max, int n)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = weftu_counter_name(items[i].counter);

		if (name && n++ < max)
			c[n - 1] = (struct weft_counter){ name, items[i].value };
	}
	return n;
}

int weft_remote_counters(struct weft_port *port, const char *to, uint64_t timeout_ns,
			 struct weft_counter *c, int max)
{
	struct weftu_telemetry *t = &port->telemetry;
	weft_time end = weftu_now(port) + timeout_ns;
	uint32_t first = 1;
	struct wio_addr addr;
	int n = 0, r = weftu_address_of(port, to, &addr);

	while (!r && first <= UINT16_MAX) {
		r = page(port, &addr, (uint16_t)first, end);
		if (r || !t->n)
			break;
		n = add(t->items, t->n, c, max, n);
		if (t->items[t->n - 1].counter < first)		/* it would never end */
			break;
		first = t->items[t->n - 1].counter + 1u;
	}
	if (r == -ETIMEDOUT)
		return weftu_fail(port, r, "nobody at %s answers for %llu ms", to,
				  (unsigned long long)(timeout_ns / WEFT_MSEC));
	return r ? r : n;
}

/* ---- Of one context -------------------------------------------------------------- */

int weft_context_ask(struct weft_port *port, uint32_t id)
{
	struct weftu_ctx *ctx = weft_ids_get(&port->ctx_ids, id);
	int r;

	if (!ctx)
		return weftu_fail(port, -ENOENT, "no context %#x", id);
	weftu_pools_ready(port);
	r = weft_telemetry_ask(ctx->pdc, 1, UINT16_MAX);
	if (r == WEFT_EFULL)
		return weftu_fail(port, -EAGAIN, "too much is on its way to this chip: turn the "
				  "port and ask again");
	if (r)
		return weftu_fail(port, -ENOTCONN, "the context has ended");
	ctx->n_told = 0;
	weftu_activate(ctx);
	return 0;
}

/* An answer holds few counters: the rest is asked for until there are no more. */
static bool and_more(struct weftu_ctx *ctx, const struct weft_act *act)
{
	struct weft_hdr_telemetry_item *to = ctx->told + ctx->n_told;
	size_t n = weft_telemetry_unpack(act->priv, act->priv_len, to,
					 WEFT_METER_COUNT - ctx->n_told);

	ctx->n_told += n;
	if (!n || to[n - 1].counter < to[0].counter || to[n - 1].counter == UINT16_MAX)
		return false;
	weftu_pools_ready(ctx->port);
	return weft_telemetry_ask(ctx->pdc, (uint16_t)(to[n - 1].counter + 1u), UINT16_MAX) ==
	       WEFT_OK;
}

void weftu_telemetry_told(struct weftu_ctx *ctx, const struct weft_act *act)
{
	if (!ctx->told)
		ctx->told = calloc(WEFT_METER_COUNT, sizeof(*ctx->told));
	if (!ctx->told || and_more(ctx, act))
		return;
	weftu_event(ctx->port, &(struct weft_ep_event){ .kind = WEFT_EP_TELEMETRY,
			.chip_id = ctx->peer->core.chip_id, .arg = ctx->id });
}

int weft_context_told(struct weft_port *port, uint32_t id, struct weft_counter *c, int max)
{
	const struct weftu_ctx *ctx = weft_ids_get(&port->ctx_ids, id);

	if (!ctx || !ctx->n_told)
		return weftu_fail(port, -ENOENT, "no context %#x, or its chip has not answered",
				  id);
	return add(ctx->told, ctx->n_told, c, max, 0);
}
