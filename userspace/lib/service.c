/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a context has beside its endpoints: load and store, reliable datagrams.  Decides who gets
 * them, and the limits that both chips keep to.
 */
#include <stdlib.h>

#include "userspace/lib/lib.h"

#define RD_ANSWERS	256u	/* datagrams of the peer's not answered yet */
#define RD_RNR_NS	(100 * (uint32_t)WEFT_USEC)

/* WEFT-MGT-017 */
bool weftu_allowed(const struct weftu_ctx *ctx, uint32_t feature)
{
	const struct weft_port *port = ctx->port;

	return port->self.limits.features & feature &&
	       (!ctx->agreed || ctx->features & feature);
}

static uint16_t least(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

/* The agreed limits, if they are known; those that any chip has to take, if not. */
static bool load_store(struct weftu_ctx *ctx)
{
	const struct weft_port_opts *o = &ctx->port->o;
	const struct weft_agreed *g = &ctx->peer->agreed;
	struct weft_ls_cfg cfg = { .windows = o->windows, .tags = o->mem_tags };
	struct weftu_ls *ls = &ctx->ls;

	ls->tags = ctx->agreed ? least(g->mem_tags, o->mem_tags) :
				 least(WEFT_INITIAL_MEM_TAGS, o->mem_tags);
	ls->windows = ctx->agreed ? least(g->windows, o->windows) : o->windows;
	cfg.peer_tags = ctx->agreed ? ls->tags : 0;
	ls->free = NO_LSOP;
	if (ctx->agreed && (!ls->tags || !ls->windows))
		return true;
	ls->mem = calloc(1, weft_ls_size(&cfg));
	return ls->mem && weft_ls_init(ctx->pdc, ls->mem, &cfg) == WEFT_OK;
}

static bool datagrams(struct weftu_ctx *ctx)
{
	struct weft_rd_cfg cfg = {
		.tags = ctx->port->o.rd_tags, .answers = RD_ANSWERS,
		.rnr_retry = ctx->port->o.rd_rnr_retry, .rnr_delay_ns = RD_RNR_NS,
	};

	ctx->rd.mem = calloc(1, weft_rd_size(&cfg));
	return ctx->rd.mem && weft_rd_init(ctx->pdc, ctx->rd.mem, &cfg) == WEFT_OK;
}

bool weftu_services_init(struct weftu_ctx *ctx)
{
	if (weftu_allowed(ctx, WEFT_FEATURES_MEM) && !load_store(ctx))
		return false;
	return !weftu_allowed(ctx, WEFT_FEATURES_RD) || datagrams(ctx);
}

void weftu_services_free(struct weftu_ctx *ctx)
{
	free(ctx->ls.mem);
	free(ctx->ls.slots);
	free(ctx->ls.ops);
	free(ctx->rd.mem);
}
