// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Contexts of a device: which there are, their numbers, their memory, their end.  What a context
 * does is the engine's; when it gets its turn is turn.c's.
 *
 * Contexts are opened where nobody may sleep, so a few are kept ready; a worker makes more, and
 * frees those that are over once nobody looks at them any more.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "kernel/inner.h"

#define SPARES 4u
#define ENTROPY_BASE 0xc000u
#define PAYLOAD_LEAST 64u

/* ---- Memory ------------------------------------------------------------------------- */

static void free_ctx(struct weftk_ctx *ctx)
{
	kvfree(ctx->mem);
	kvfree(ctx->holds);
	kfree(ctx);
}

static size_t pdc_bytes(struct weftk_dev *dev)
{
	static struct weft_peer nobody;
	struct weft_stats st;
	struct weft_pdc_cfg cfg = {
		.profile = &dev->profiles[0],
		.peer = &nobody,
		.stats = &st,
		.pdc_id = 1,
		.mode = WEFT_MODE_RUD,
		.mtu_payload = 1024,
		.n_paths = 1,
	};
	size_t rud = weft_pdc_size(&cfg);

	cfg.profile = &dev->profiles[1];
	cfg.mode = WEFT_MODE_ROD;
	return max(rud, weft_pdc_size(&cfg));
}

static struct weftk_ctx *make_spare(struct weftk_dev *dev)
{
	struct weftk_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	ctx->mem = kvzalloc(pdc_bytes(dev), GFP_KERNEL);
	ctx->holds = kvcalloc(WEFTK_HOLDS, sizeof(*ctx->holds), GFP_KERNEL);
	if (!ctx->mem || !ctx->holds) {
		free_ctx(ctx);
		return NULL;
	}
	return ctx;
}

static void free_list(struct list_head *list)
{
	struct weftk_ctx *ctx, *next;

	list_for_each_entry_safe(ctx, next, list, spare)
		free_ctx(ctx);
}

static void bury(struct weftk_dev *dev)
{
	LIST_HEAD(dead);

	spin_lock_bh(&dev->spare_lock);
	list_splice_init(&dev->dead, &dead);
	spin_unlock_bh(&dev->spare_lock);
	if (list_empty(&dead))
		return;
	synchronize_rcu();
	free_list(&dead);
}

void weftk_refill(struct work_struct *work)
{
	struct weftk_dev *dev = container_of(work, struct weftk_dev, refill);

	bury(dev);
	while (READ_ONCE(dev->n_spare) < SPARES) {
		struct weftk_ctx *ctx = make_spare(dev);

		if (!ctx)
			return;		/* the next that is in need asks again */
		spin_lock_bh(&dev->spare_lock);
		list_add(&ctx->spare, &dev->spare);
		dev->n_spare++;
		spin_unlock_bh(&dev->spare_lock);
	}
}

static struct weftk_ctx *take_spare(struct weftk_dev *dev)
{
	struct weftk_ctx *ctx;

	spin_lock_bh(&dev->spare_lock);
	ctx = list_first_entry_or_null(&dev->spare, struct weftk_ctx, spare);
	if (ctx) {
		list_del(&ctx->spare);
		dev->n_spare--;
	}
	spin_unlock_bh(&dev->spare_lock);
	if (!READ_ONCE(dev->stopped))
		queue_work(weftk_wq, &dev->refill);
	return ctx;
}

void weftk_ctx_spares_free(struct weftk_dev *dev)
{
	cancel_work_sync(&dev->refill);
	bury(dev);
	free_list(&dev->spare);
	INIT_LIST_HEAD(&dev->spare);
}

/* ---- Numbers ------------------------------------------------------------------------ */

struct weftk_ctx *weftk_ctx_by_id(struct weftk_dev *dev, u32 id)
{
	struct weftk_ctx *ctx;

	if (!id)
		return NULL;
	ctx = READ_ONCE(dev->ids.slots[id & (dev->ids.size - 1)].val);
	return ctx && READ_ONCE(ctx->id) == id ? ctx : NULL;
}

static bool take_id(struct weftk_ctx *ctx, u8 *gen)
{
	struct weftk_dev *dev = ctx->dev;
	u32 id;

	spin_lock_bh(&dev->ids_lock);
	id = weft_ids_take(&dev->ids, ctx, gen, ctx->shard->now);
	WRITE_ONCE(ctx->id, id);
	spin_unlock_bh(&dev->ids_lock);
	return id;
}

/* Nobody else finds it from now on; those who have are under RCU. */
static void to_dead(struct weftk_ctx *ctx)
{
	struct weftk_dev *dev = ctx->dev;

	if (ctx->id) {
		spin_lock_bh(&dev->ids_lock);
		weft_ids_give(&dev->ids, ctx->id, ctx->shard->now);
		spin_unlock_bh(&dev->ids_lock);
	}
	spin_lock_bh(&dev->spare_lock);
	list_add(&ctx->spare, &dev->dead);
	spin_unlock_bh(&dev->spare_lock);
	queue_work(weftk_wq, &dev->refill);
}

/* ---- Making ------------------------------------------------------------------------- */

static void expire(struct weftk_shard *sh, struct weftk_timer *t, u64 now)
{
	struct weftk_ctx *ctx = container_of(t, struct weftk_ctx, timer);

	weft_expire(ctx->pdc, now);
	weftk_activate(ctx);
}

static struct weft_pdc_cfg config(struct weftk_ctx *ctx, u8 gen)
{
	struct weftk_dev *dev = ctx->dev;
	u32 room = weftk_packet_room(dev, &ctx->addr, &ctx->route);
	struct weft_pdc_cfg cfg = {
		.profile = &dev->profiles[ctx->mode == WEFT_MODE_ROD],
		.peer = &ctx->peer->core,
		.stats = &ctx->shard->st,
		.host = ctx,
		.pdc_id = ctx->id,
		.mode = ctx->mode,
		.gen = gen,
		.n_paths = 1,
		.tacks_wait = READ_ONCE(weftk_tacks_wait),
		.entropy_base = (u16)(ENTROPY_BASE | (get_random_u32() & 0x3fff)),
	};

	ctx->room = room;
	room = min(room, WEFTK_MAX_PAYLOAD + WEFT_OVERHEAD);
	cfg.mtu = (u16)room;
	room = room > WEFT_OVERHEAD ? (room - WEFT_OVERHEAD) & ~7u : 0;
	cfg.mtu_payload = (u16)min(room, WEFTK_MAX_PAYLOAD);
	return cfg;
}

/* WEFT-MGT-017, WEFT-MGT-020: what the two HELLOs come to. */
static void agreed(const struct weftk_terms *t, struct weft_pdc_cfg *cfg)
{
	cfg->peer_window = t->window;
	cfg->peer_payload = t->payload;
	cfg->features = t->agreed.features;
	cfg->sack_bits = t->agreed.sack_bits ? t->agreed.sack_bits : 1;
}

static struct weftk_ctx *make(struct weftk_shard *sh, struct weftk_peer *p,
			      const struct weftk_addr *addr, enum weft_mode mode, u8 *gen)
{
	struct weftk_ctx *ctx = take_spare(sh->dev);

	if (!ctx)
		return NULL;
	ctx->dev = sh->dev;
	ctx->shard = sh;
	ctx->peer = p;
	ctx->addr = *addr;
	ctx->mode = mode;
	ctx->timer.fire = expire;
	INIT_LIST_HEAD(&ctx->active);
	INIT_LIST_HEAD(&ctx->conns);
	INIT_LIST_HEAD(&ctx->lingering);
	INIT_LIST_HEAD(&ctx->of_peer);
	INIT_HLIST_NODE(&ctx->remote);
	if (take_id(ctx, gen))
		return ctx;
	to_dead(ctx);
	return NULL;
}

static struct weftk_ctx *made(struct weftk_ctx *ctx, u64 *counter)
{
	if (!ctx->pdc) {
		weftk_route_drop(&ctx->route);
		to_dead(ctx);
		return NULL;
	}
	list_add_tail(&ctx->of_peer, &ctx->peer->ctxs);
	++*counter;
	weftk_activate(ctx);
	return ctx;
}

/* A context that takes further streams. */
struct weftk_ctx *weftk_ctx_usable(struct weftk_peer *p, const struct weftk_addr *addr)
{
	struct weftk_ctx *c;

	list_for_each_entry(c, &p->ctxs, of_peer) {
		if (!c->closing && !c->over && c->n_streams < WEFTK_STREAMS &&
		    weftk_addr_same(&c->addr, addr))
			return c;
	}
	return NULL;
}

struct weftk_ctx *weftk_ctx_open(struct weftk_shard *sh, struct weftk_peer *p,
				 const struct weftk_addr *addr)
{
	enum weft_mode mode = p->terms.agreed.modes & WEFT_MODES_RUD ? WEFT_MODE_RUD
								     : WEFT_MODE_ROD;
	struct weft_pdc_cfg cfg;
	struct weftk_ctx *ctx;
	u8 gen = 0;

	ctx = make(sh, p, addr, mode, &gen);
	if (!ctx)
		return NULL;
	ctx->initiator = true;
	cfg = config(ctx, gen);
	agreed(&p->terms, &cfg);
	if (cfg.mtu_payload >= PAYLOAD_LEAST)
		ctx->pdc = weft_pdc_open(ctx->mem, &cfg, sh->now);
	return made(ctx, &sh->opened);
}

struct weftk_ctx *weftk_ctx_accept(struct weftk_shard *sh, struct weftk_peer *p,
				   const struct weft_view *v, const struct weftk_addr *from)
{
	struct weft_pdc_cfg cfg;
	struct weftk_ctx *ctx;
	u8 gen = 0;

	ctx = make(sh, p, from, (enum weft_mode)v->syn.mode, &gen);
	if (!ctx)
		return NULL;
	cfg = config(ctx, gen);
	if (p->known && p->terms.disagree == WEFT_AGREE_ALL)
		agreed(&p->terms, &cfg);
	if (cfg.mtu_payload >= PAYLOAD_LEAST)
		ctx->pdc = weft_pdc_accept(ctx->mem, &cfg, v, sh->now);
	return made(ctx, &sh->accepted);
}

/* ---- By the peer's number ----------------------------------------------------------- */

static struct hlist_head *remote_bucket(struct weftk_dev *dev, u32 id)
{
	return &dev->remotes[jhash_1word(id, 0) & (ARRAY_SIZE(dev->remotes) - 1)];
}

static void remote_add(struct weftk_ctx *ctx, u32 id)
{
	spin_lock_bh(&ctx->dev->remotes_lock);
	ctx->remote_id = id;
	hlist_add_head(&ctx->remote, remote_bucket(ctx->dev, id));
	spin_unlock_bh(&ctx->dev->remotes_lock);
}

static void remote_del(struct weftk_ctx *ctx)
{
	if (!ctx->remote_id)
		return;
	spin_lock_bh(&ctx->dev->remotes_lock);
	hlist_del(&ctx->remote);
	spin_unlock_bh(&ctx->dev->remotes_lock);
}

static bool same_host(const struct weftk_addr *a, const struct weftk_addr *b)
{
	return a->way == b->way && ipv6_addr_equal(&a->remote, &b->remote) &&
	       !memcmp(a->rmac, b->rmac, sizeof(a->rmac));
}

/* Our number of the context that the peer calls remote_id; 0: none. */
u32 weftk_ctx_find_remote(struct weftk_dev *dev, u32 remote_id, const struct weftk_addr *from)
{
	struct weftk_ctx *c;
	u32 id = 0;

	spin_lock_bh(&dev->remotes_lock);
	hlist_for_each_entry(c, remote_bucket(dev, remote_id), remote) {
		if (c->remote_id == remote_id && same_host(&c->addr, from)) {
			id = c->id;
			break;
		}
	}
	spin_unlock_bh(&dev->remotes_lock);
	return id;
}

/* ---- Ending ------------------------------------------------------------------------- */

void weftk_hold_put(struct weftk_hold *h)
{
	if (h->skb)
		consume_skb(h->skb);
	h->skb = NULL;
}

static void lose_all(struct list_head *conns, enum weft_status st)
{
	struct weftk_conn *conn, *next;

	list_for_each_entry_safe(conn, next, conns, of_ctx)
		weftk_conn_lost(conn, st);
}

static void end(struct weftk_ctx *ctx)
{
	enum weft_status st = ctx->failure ? ctx->failure : WEFT_STATUS_PEER_RESET;
	u32 i;

	lose_all(&ctx->conns, st);
	lose_all(&ctx->lingering, st);
	list_del_init(&ctx->active);
	list_del(&ctx->of_peer);
	ctx->peer->used_at = ctx->shard->now;
	remote_del(ctx);
	weftk_timer_stop(ctx->shard, &ctx->timer);
	weft_pdc_fini(ctx->pdc);
	for (i = 0; i < WEFTK_HOLDS; i++)
		weftk_hold_put(&ctx->holds[i]);
	weftk_route_drop(&ctx->route);
	to_dead(ctx);
}

/* After its turn: keep tables and timer up to date; it goes if it is over. */
void weftk_ctx_settle(struct weftk_ctx *ctx)
{
	u64 due, linger;
	u32 id;

	if (ctx->over) {
		end(ctx);
		return;
	}
	id = weft_pdc_peer_id(ctx->pdc);
	if (id && !ctx->remote_id)
		remote_add(ctx, id);
	linger = weftk_conns_linger(ctx);
	due = weft_deadline(ctx->pdc);
	weftk_timer_set(ctx->shard, &ctx->timer, min(due, linger));
}

/* The way takes smaller packets now: UDP's go in fragments, for new streams there will be another
 * context; on Ethernet what is under way can never arrive. */
static void shrink(struct weftk_ctx *ctx)
{
	u32 room = weftk_packet_room(ctx->dev, &ctx->addr, &ctx->route);

	bool less = room < ctx->room;

	if (room == ctx->room)
		return;
	ctx->room = room;
	ctx->closing = true;
	if (!less || ctx->addr.way != WEFTK_WAY_L2)
		return;
	weft_pdc_abort(ctx->pdc, WEFT_STATUS_DISCONNECTED, true);
	weftk_activate(ctx);
}

void weftk_ctx_mtu(struct weftk_shard *sh)
{
	struct weftk_peer *p;
	struct weftk_ctx *ctx;
	u32 i;

	spin_lock_bh(&sh->lock);
	for (i = 0; i < ARRAY_SIZE(sh->peers); i++) {
		hlist_for_each_entry(p, &sh->peers[i], by_chip)
			list_for_each_entry(ctx, &p->ctxs, of_peer)
				if (!ctx->over)
					shrink(ctx);
	}
	weftk_shard_unlock_bh(sh);
	weftk_shard_raise(sh);
}

/* The chip has started again: what it knew is gone (WEFT-PDC-005). */
void weftk_ctx_fail_peer(struct weftk_peer *p, enum weft_status st)
{
	struct weftk_ctx *c;

	list_for_each_entry(c, &p->ctxs, of_peer) {
		c->closing = true;
		weft_pdc_abort(c->pdc, st, false);
		weftk_activate(c);
	}
}

/* ctx has shown a new life of its chip: contexts with the former one end. */
void weftk_ctx_fail_former(struct weftk_ctx *ctx)
{
	u32 now = weft_pdc_peer_incarnation(ctx->pdc);
	struct weftk_ctx *c;

	list_for_each_entry(c, &ctx->peer->ctxs, of_peer) {
		if (c == ctx || c->over || !weft_pdc_peer_id(c->pdc) ||
		    weft_pdc_peer_incarnation(c->pdc) == now)
			continue;
		c->closing = true;
		weft_pdc_abort(c->pdc, WEFT_STATUS_PEER_RESET, false);
		weftk_activate(c);
	}
}
