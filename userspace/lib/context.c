/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts of a port: which there are, their numbers, their memory, their end.  What a context
 * does is the engine's; when it gets its turn is turn.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define PACE_BURST 64u		/* packets: a program is woken up late */

static void expire(struct weftu_timer *t, weft_time now)
{
	struct weftu_ctx *ctx = (struct weftu_ctx *)t;

	weft_expire(ctx->pdc, now);
	weftu_activate(ctx);
}

/* ---- Making ---------------------------------------------------------------------- */

/*
 * A busy machine keeps a program waiting for milliseconds, and with RUD a timeout in vain costs
 * much, while selective acknowledgements find most losses without one.  ROD has small windows and
 * needs its timeouts when a NACK is lost.
 */
static uint64_t least_rto(enum weft_mode mode)
{
	return mode == WEFT_MODE_ROD ? 2 * WEFT_MSEC : 10 * WEFT_MSEC;
}

/* What contexts of a mode have in common; made when it is first asked for. */
static const struct weft_profile *profile(struct weft_port *port, enum weft_mode mode)
{
	const struct weft_port_opts *o = &port->o;
	struct weft_profile *f = &port->profiles[mode == WEFT_MODE_ROD];

	if (f->at.total)
		return f;
	*f = (struct weft_profile){
		.chip_id = port->me.chip_id,
		.incarnation = port->me.incarnation,
		.window = o->window,
		.max_payload = o->max_payload,
		.max_streams = o->max_streams,
		.max_paths = o->paths,
		.holds = o->holds,
		.retry_limit = o->retry_limit,
		.path_law = port->path_law,
		.cc = port->cc,
		.link_mbps = o->link_mbps,
		.pace_burst = PACE_BURST,
		.cc_init_pkts = o->init_window,
		.cc_min_pkts = 8,	/* waiting for the scheduler is no congestion */
		.cc_target_ns = o->target_ns,
		.min_rto_ns = o->min_rto_ns ? o->min_rto_ns : least_rto(mode),
		.max_rto_ns = o->max_rto_ns,
		.keepalive_ns = o->keepalive_ns,
		.idle_ns = o->idle_ns,
	};
	f->rings = weftu_pool(port, POOL_RINGS, weft_profile_ring(f));
	f->sets = weftu_pool(port, POOL_PATH_SETS, weft_profile_set(f));
	f->pool = weftu_pool(port, POOL_CONTEXTS, weft_profile_block(f));
	return f->pool && f->rings && f->sets && weft_profile_prepare(f) == WEFT_OK ? f : NULL;
}

static struct weft_pdc_cfg config(struct weft_port *port, struct weftu_ctx *ctx)
{
	uint32_t mtu = wio_mtu(port->io, &ctx->addr);
	struct weft_pdc_cfg cfg = {
		.profile = profile(port, ctx->mode),
		.peer = &ctx->peer->core,
		.grantor = port->o.link_mbps ? &port->grantor : NULL,
		.stats = &ctx->stats,
		.host = ctx,
		.pdc_id = ctx->id,
		.domain = ctx->domain,
		.mode = ctx->mode,
		.n_paths = port->o.paths,
		.entropy_base = (uint16_t)(ENTROPY_BASE | (weftu_random(port) & 0x3fff)),
	};

	mtu = mtu > WEFT_OVERHEAD ? (mtu - WEFT_OVERHEAD) & ~7u : 0;
	cfg.mtu_payload = (uint16_t)(mtu < PAYLOAD_TOP ? mtu : PAYLOAD_TOP);
	return cfg;
}

static bool give_memory(struct weftu_ctx *ctx, const struct weft_pdc_cfg *cfg)
{
	size_t size = weft_pdc_size(cfg), holds;

	if (!size)
		return false;
	holds = (size_t)cfg->profile->holds * cfg->profile->max_payload;
	ctx->mem = calloc(1, size);
	/* Touched only where packets are kept before their turn. */
	ctx->holds = holds ? malloc(holds) : NULL;
	return ctx->mem && (ctx->holds || !holds);
}

static void drop(struct weftu_ctx *ctx)
{
	if (ctx->id)
		weft_ids_give(&ctx->port->ctx_ids, ctx->id, weftu_now(ctx->port));
	free(ctx->mem);
	free(ctx->holds);
	free(ctx->told);
	weftu_services_free(ctx);
	free(ctx);
}

static struct weftu_ctx *make(struct weft_port *port, struct weftu_peer *p, uint32_t domain,
			      enum weft_mode mode, uint8_t *gen)
{
	struct weftu_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return NULL;
	ctx->timer.at = WEFTU_NO_TIMER;
	ctx->timer.fire = expire;
	ctx->port = port;
	ctx->peer = p;
	ctx->domain = domain;
	ctx->mode = mode;
	ctx->wait_tail = &ctx->wait_head;
	ctx->id = weft_ids_take(&port->ctx_ids, ctx, gen, weftu_now(port));
	if (!ctx->id) {
		free(ctx);
		return NULL;
	}
	return ctx;
}

static void link_up(struct weftu_ctx *ctx)
{
	ctx->peer_next = ctx->peer->ctxs;
	ctx->peer->ctxs = ctx;
	weftu_activate(ctx);
}

/* A context that takes further endpoints. */
struct weftu_ctx *weftu_ctx_usable(struct weftu_peer *p, uint32_t domain, enum weft_mode mode)
{
	for (struct weftu_ctx *c = p->ctxs; c; c = c->peer_next) {
		if (c->domain == domain && c->mode == mode && !c->closing && !c->over &&
		    c->n_eps < c->port->o.max_streams)
			return c;
	}
	return NULL;
}

/* WEFT-MGT-017, WEFT-MGT-020: what the two HELLOs come to. */
static void agreed(struct weftu_ctx *ctx, const struct weftu_peer *p, struct weft_pdc_cfg *cfg)
{
	ctx->agreed = true;
	ctx->features = p->agreed.features;
	cfg->peer_window = p->info->max_window;
	cfg->peer_payload = p->info->max_payload;
	cfg->features = p->agreed.features;
	cfg->sack_bits = p->agreed.sack_bits ? p->agreed.sack_bits : 1;
	if (cfg->n_paths > p->agreed.paths)
		cfg->n_paths = p->agreed.paths;
}

struct weftu_ctx *weftu_ctx_open(struct weft_port *port, struct weftu_peer *p, uint32_t domain,
				 enum weft_mode mode, weft_time now, int *err)
{
	uint8_t gen = 0;
	struct weftu_ctx *ctx = make(port, p, domain, mode, &gen);
	struct weft_pdc_cfg cfg;

	if (!ctx) {
		*err = weftu_fail(port, -ENOSPC, "no room for another context: %u are open",
				  weft_ids_used(&port->ctx_ids));
		return NULL;
	}
	ctx->addr = p->addr;
	ctx->initiator = true;
	cfg = config(port, ctx);
	cfg.gen = gen;
	agreed(ctx, p, &cfg);
	if (give_memory(ctx, &cfg))
		ctx->pdc = weft_pdc_open(ctx->mem, &cfg, now);
	if (!ctx->pdc || !weftu_services_init(ctx)) {
		if (ctx->pdc)
			weft_pdc_fini(ctx->pdc);
		*err = weftu_fail(port, cfg.mtu_payload < 64 ? -EHOSTUNREACH : -ENOMEM,
				  cfg.mtu_payload < 64 ? "no way to %s" :
				  "out of memory for a context with %s", p->info->addr);
		drop(ctx);
		return NULL;
	}
	port->st.contexts_opened++;
	link_up(ctx);
	return ctx;
}

/* For LIMIT_OF_FIRST: this SYN, as if the chip's limit had been settled by its first one. */
static const struct weft_view *of_first(const struct weftu_peer *p, const struct weft_view *v)
{
	static struct weft_view as;
	static uint16_t limit;

	if (!p->ctxs)
		limit = v->syn.max_payload;
	as = *v;
	as.syn.max_payload = limit;
	return &as;
}

struct weftu_ctx *weftu_ctx_accept(struct weft_port *port, struct weftu_peer *p,
				   const struct weft_view *v, const struct wio_addr *from,
				   weft_time now)
{
	uint8_t gen = 0;
	const struct weft_view *as = WEFT_MUTANT(LIMIT_OF_FIRST) ? of_first(p, v) : v;
	struct weftu_ctx *ctx = make(port, p, v->syn.domain, (enum weft_mode)v->syn.mode, &gen);
	struct weft_pdc_cfg cfg;

	if (!ctx)
		return NULL;
	ctx->addr = *from;
	cfg = config(port, ctx);
	cfg.gen = gen;
	if (p->info && p->disagree == WEFT_AGREE_ALL)
		agreed(ctx, p, &cfg);
	if (give_memory(ctx, &cfg))
		ctx->pdc = weft_pdc_accept(ctx->mem, &cfg, as, now);
	if (!ctx->pdc || !weftu_services_init(ctx)) {
		if (ctx->pdc)
			weft_pdc_fini(ctx->pdc);
		drop(ctx);
		return NULL;
	}
	port->st.contexts_accepted++;
	link_up(ctx);
	return ctx;
}

/* ---- By the peer's number -------------------------------------------------------- */

/* Only NACK NO_CONTEXT is looked up so.  It may come from another port of the same host. */
uint64_t weftu_remote_key(const struct wio_addr *from, uint32_t pdc_id)
{
	struct wio_addr a = *from;

	if (a.family != WIO_L2)
		a.port = 0;
	return weftu_addr_hash(&a) ^ pdc_id;
}

static void remote_add(struct weftu_ctx *ctx, uint32_t peer_id)
{
	struct weft_port *port = ctx->port;

	ctx->remote_key = weftu_remote_key(&ctx->addr, peer_id);
	ctx->remote_next = weftu_map_del(&port->remotes, ctx->remote_key);
	ctx->remote = weftu_map_put(&port->remotes, ctx->remote_key, ctx);
}

static void remote_del(struct weftu_ctx *ctx)
{
	struct weft_port *port = ctx->port;
	struct weftu_ctx *head, **at;

	if (!ctx->remote)
		return;
	head = weftu_map_del(&port->remotes, ctx->remote_key);
	for (at = &head; *at != ctx; at = &(*at)->remote_next)
		;
	*at = ctx->remote_next;
	if (head && !weftu_map_put(&port->remotes, ctx->remote_key, head)) {
		for (; head; head = head->remote_next)
			head->remote = false;
	}
	ctx->remote = false;
}

/* ---- Ending ---------------------------------------------------------------------- */

static void unlink_peer(struct weftu_ctx *ctx)
{
	struct weftu_ctx **at;

	for (at = &ctx->peer->ctxs; *at != ctx; at = &(*at)->peer_next)
		;
	*at = ctx->peer_next;
	ctx->peer->used_at = weftu_now(ctx->port);
}

static void unlink_active(struct weftu_ctx *ctx)
{
	struct weft_port *port = ctx->port;
	struct weftu_ctx **at;

	if (!ctx->active)
		return;
	for (at = &port->active; *at != ctx; at = &(*at)->active_next)
		;
	*at = ctx->active_next;
	if (!*at)
		port->active_tail = at;
}

/* Its endpoints live on, without a context. */
void weftu_ctx_free(struct weftu_ctx *ctx)
{
	struct weft_port *port = ctx->port;

	weftu_requests_gone(ctx);
	while (ctx->eps)
		weftu_ep_lost(ctx->eps, ctx->failure ? ctx->failure : WEFT_STATUS_PEER_RESET);
	weftu_rd_lost(ctx, ctx->failure ? ctx->failure : WEFT_STATUS_PEER_RESET);
	unlink_active(ctx);
	remote_del(ctx);
	unlink_peer(ctx);
	weftu_heap_set(&port->timers, &ctx->timer, WEFT_NEVER);
	weft_pdc_fini(ctx->pdc);
	weftu_stats_add(&port->st.sum, &ctx->stats);
	drop(ctx);
}

void weftu_ctx_settle(struct weftu_ctx *ctx)
{
	uint32_t peer_id;

	if (ctx->over) {
		weftu_ctx_free(ctx);
		return;
	}
	peer_id = weft_pdc_peer_id(ctx->pdc);
	if (peer_id && !ctx->remote)
		remote_add(ctx, peer_id);
	weftu_heap_set(&ctx->port->timers, &ctx->timer, weft_deadline(ctx->pdc));
}

/* The chip has started again: what it knew is gone (WEFT-PDC-005). */
void weftu_ctx_fail_peer(struct weft_port *port, struct weftu_peer *p, enum weft_status st)
{
	(void)port;
	for (struct weftu_ctx *c = p->ctxs; c; c = c->peer_next) {
		c->closing = true;
		weft_pdc_abort(c->pdc, st, false);
		weftu_activate(c);
	}
}

/* ctx has shown a new life of its chip: contexts with the former one end. */
void weftu_ctx_fail_former(struct weftu_ctx *ctx)
{
	uint32_t now = weft_pdc_peer_incarnation(ctx->pdc);

	for (struct weftu_ctx *c = ctx->peer->ctxs; c; c = c->peer_next) {
		if (c == ctx || c->over || !weft_pdc_peer_id(c->pdc) ||
		    weft_pdc_peer_incarnation(c->pdc) == now)
			continue;
		c->closing = true;
		weft_pdc_abort(c->pdc, WEFT_STATUS_PEER_RESET, false);
		weftu_activate(c);
	}
}
