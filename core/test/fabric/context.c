/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A chip's tables: its contexts, what it remembers of other chips, its death and its return.
 * Each context is configured by chance, within the run's bounds.
 */
#include <stdlib.h>

#include "core/test/fabric/fabric.h"
#include "sim/util.h"

#define QUARANTINE_PS (20ull * SIM_MS)	/* longer than any packet is under way */
#define EXCUSE_PS (5ull * SIM_MS)	/* so long, what happened may meet a new context */
#define DOMAIN 1u

void fb_excuse(struct fb_world *w, uint8_t a, uint8_t b)
{
	sim_time until = w->sim.now + EXCUSE_PS;

	w->chip[a].pair[b].excuse++;
	w->chip[b].pair[a].excuse++;
	w->chip[a].pair[b].excuse_end = w->chip[b].pair[a].excuse_end = until;
}

bool fb_context_excused(const struct fb_world *w, const struct fb_ctx *x)
{
	bool scarce = w->cfg.pool && w->cfg.pool < 64;	/* who waits for whom is not known */
	bool half_open = !x->initiator && !x->ends && !x->pdc->peer_knows;	/* WEFT-PDC-019 */

	return scarce || half_open || x->excused || w->cfg.retry < 100 ||
	       w->chip[x->chip].pair[x->peer].excuse != x->excuse;
}

static uint32_t power_below(struct fb_rng *r, uint32_t lo, uint32_t hi)
{
	uint32_t p = lo;

	while (p < hi && fb_below(r, 3))
		p *= 2;
	return p;
}

static void choose_profile(struct fb_world *w, struct fb_chip *c, struct weft_profile *g)
{
	const struct fb_cfg *f = &w->cfg;
	struct fb_rng *r = &c->rng;

	memset(g, 0, sizeof(*g));
	g->chip_id = 0xa0 + c->id;
	g->incarnation = c->incarnation;
	g->window = (uint16_t)power_below(r, 16, f->window);
	g->max_payload = (uint16_t)f->payload;
	if (f->payload > 64 && fb_chance(r, 1, 4))
		g->max_payload = (uint16_t)(64 + fb_below(r, f->payload - 63));
	g->max_streams = (uint16_t)f->streams;
	g->max_paths = (uint16_t)f->paths;
	g->holds = (uint16_t)f->holds;
	g->ack_every = (uint16_t)f->ack_every;
	g->retry_limit = (uint8_t)f->retry;
	g->cc = f->law ? (enum weft_cc_law)(f->law - 1) :
		(enum weft_cc_law)fb_below(r, WEFT_CC_CREDIT);
	if (fb_chance(r, f->credit, 100))
		g->cc = WEFT_CC_CREDIT;
	g->path_law = f->choice ? (enum weft_path_law)(f->choice - 1) :
		      (enum weft_path_law)fb_below(r, WEFT_PATH_LAWS);
	g->link_mbps = fb_below(r, 4) * f->gbps * 500;
	g->pace_burst = (uint16_t)fb_below(r, 32);
	g->cc_init_pkts = fb_below(r, 2) * (1 + fb_below(r, 64));
	g->min_rto_ns = 1000u * (50 + fb_below(r, 1000));
	g->max_rto_ns = g->min_rto_ns * (20 + fb_below(r, 100));
	g->keepalive_ns = 1000000u * (2ull + fb_below(r, 20));
	g->idle_ns = 1000000u * (1ull + fb_below(r, 50));
}

static void choose(struct fb_world *w, struct fb_chip *c, struct fb_ctx *x,
		   const struct weft_view *v, struct weft_pdc_cfg *g)
{
	const struct fb_cfg *f = &w->cfg;
	struct fb_rng *r = &c->rng;

	/* Blocks of one pool go from context to context, so all these have one profile. */
	if (f->pool)
		x->profile = c->profile;
	else
		choose_profile(w, c, &x->profile);
	FB_MUST(w, weft_profile_prepare(&x->profile) == WEFT_OK, "a profile is refused");
	memset(g, 0, sizeof(*g));
	g->profile = &x->profile;
	g->stats = &x->stats;
	g->host = x;
	g->peer = &c->pair[x->peer].peer;
	g->pdc_id = x->slot + 1u;
	g->gen = c->slot[x->slot].gen;
	g->domain = DOMAIN;
	g->mode = f->mode == 2 || (!f->mode && fb_below(r, 2)) ? WEFT_MODE_ROD : WEFT_MODE_RUD;
	if (v)
		g->mode = (enum weft_mode)v->syn.mode;
	g->mtu_payload = (uint16_t)f->payload;
	if (f->payload > 64 && fb_chance(r, 1, 4))
		g->mtu_payload = (uint16_t)(64 + fb_below(r, f->payload - 63));
	g->n_paths = (uint16_t)(1 + fb_below(r, f->paths));
	g->entropy_base = (uint16_t)(0xc000 + fb_below(r, 4096));
	g->n_ports = g->peer_ports = (uint8_t)f->ports;
	g->planes = f->planes;
	g->features = fb_below(r, 4) ? ~0u : 0;
	g->grantor = f->grantor ? &c->grantor : NULL;
	if (fb_chance(r, 1, 4))
		g->sack_bits = (uint16_t)(64 * (1 + fb_below(r, 8)));
}

/* Can one port that fails, of either end, leave the context without a path? */
static bool is_fragile(const struct fb_world *w, const struct weft_pdc_cfg *g)
{
	uint32_t mine = 0, its = 0, n = w->cfg.ports;

	for (uint32_t i = 0; i < g->n_paths; i++) {
		mine |= 1u << i % n;
		its |= 1u << (g->planes ? i % n : i / n % n);
	}
	return !(mine & (mine - 1)) || !(its & (its - 1));
}

/* ---- making and forgetting ---------------------------------------------------------- */

static int free_slot(const struct fb_world *w, const struct fb_chip *c)
{
	for (uint32_t i = 0; i < w->cfg.slots; i++)
		if (!c->slot[i].ctx && c->slot[i].free_at <= w->sim.now)
			return (int)i;
	return -1;
}

static struct fb_ctx *make(struct fb_world *w, struct fb_chip *c, uint8_t peer, int slot,
			   const struct weft_view *v)
{
	struct fb_ctx *x = sim_zalloc(1, sizeof(*x));
	struct weft_pdc_cfg g;

	x->chip = c->id;
	x->peer = peer;
	x->slot = (uint8_t)slot;
	choose(w, c, x, v, &g);
	x->serial = ++w->serial;
	x->excuse = c->pair[peer].excuse;
	x->excused = c->pair[peer].excuse_end > w->sim.now;
	x->turn_at = SIM_NEVER;
	x->deadline = WEFT_NEVER;
	x->turns = x->profile.window + 64u;
	x->holds = x->profile.holds;
	x->hold = sim_zalloc(x->holds + 1u, sizeof(*x->hold));
	memset(x->hold, 0xff, (x->holds + 1u) * sizeof(*x->hold));
	x->initiator = !v;
	x->mem = malloc(weft_pdc_size(&g));
	if (!x->mem)
		sim_die("out of memory for a context");
	x->pdc = v ? weft_pdc_accept(x->mem, &g, v, fb_clock(w, c)) :
		 weft_pdc_open(x->mem, &g, fb_clock(w, c));
	if (!x->pdc) {
		free(x->mem);
		free(x->hold);
		free(x);
		return NULL;
	}
	x->fragile = is_fragile(w, &g);
	c->slot[slot].ctx = x;
	w->contexts++;
	w->contexts_made++;
	w->deeds[FB_DID_CREDIT_CONTEXT] += x->profile.cc == WEFT_CC_CREDIT;
	fb_ls_make(w, x);
	fb_rd_make(w, x);
	if (w->port_failed && w->bad_chip == c->id)
		weft_port_set(x->pdc, w->bad_port, false, fb_clock(w, c));
	return x;
}

/* Everything of it goes, without a word to anybody. */
void fb_context_free(struct fb_world *w, struct fb_ctx *x)
{
	struct fb_slot *s = &w->chip[x->chip].slot[x->slot];

	while (x->ends) {
		struct fb_end *e = x->ends;

		weft_stream_fini(e->s, WEFT_EP_REASON_CLOSED);
		fb_end_gone(e);
	}
	weft_pdc_fini(x->pdc);
	fb_late_forget(w, x);
	fb_ls_free(w, x);
	fb_rd_free(w, x);
	for (uint32_t i = 0; i < x->holds; i++)
		if (x->hold[i] != SIM_NO_PKT)
			fb_pkt_put(w, x->hold[i]);
	sim_timers_set(&w->sim.timers, x->chip * (uint32_t)FB_SLOTS + x->slot, SIM_NEVER);
	s->ctx = NULL;
	s->gen = (s->gen + 1) & 3;
	s->free_at = w->sim.now + QUARANTINE_PS;
	w->contexts--;
	free(x->hold);
	free(x->mem);
	free(x);
}

static bool usable(const struct fb_world *w, const struct fb_ctx *x, uint8_t peer)
{
	const struct weft_pdc *p = x->pdc;

	return x->peer == peer && pdc_live(p) && p->state != WEFT_PDC_STATE_CLOSING &&
	       !p->close_asked && p->n_streams < w->cfg.streams;
}

/* Half of the table is for those whom others open: or all could wait for each other for ever. */
static bool may_open(const struct fb_world *w, const struct fb_chip *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < FB_SLOTS; i++)
		n += c->slot[i].ctx && c->slot[i].ctx->initiator;
	return 2 * n < w->cfg.slots;
}

/* A context to a peer that takes another stream: one that is there, or a new one. */
struct fb_ctx *fb_context_open(struct fb_world *w, struct fb_chip *c, uint8_t peer)
{
	bool fresh = fb_chance(&c->rng, 1, 8);
	int slot = may_open(w, c) ? free_slot(w, c) : -1;

	for (uint32_t i = 0; i < FB_SLOTS && !(fresh && slot >= 0); i++)
		if (c->slot[i].ctx && usable(w, c->slot[i].ctx, peer))
			return c->slot[i].ctx;
	return slot < 0 ? NULL : make(w, c, peer, slot, NULL);
}

/* Contexts with another incarnation of the peer than the latest have failed (WEFT-PDC-005). */
static void outdate(struct fb_world *w, struct fb_chip *c, uint8_t peer)
{
	for (uint32_t i = 0; i < FB_SLOTS; i++) {
		struct fb_ctx *x = c->slot[i].ctx;

		if (!x || x->peer != peer || !weft_pdc_peer_id(x->pdc) ||
		    weft_pdc_peer_incarnation(x->pdc) == c->pair[peer].peer.incarnation)
			continue;
		weft_pdc_abort(x->pdc, WEFT_STATUS_PEER_RESET, false);
		fb_turn_soon(w, x, 0);
	}
}

struct fb_ctx *fb_context_for(struct fb_world *w, struct fb_chip *c, const struct weft_view *v,
			      uint8_t from)
{
	struct weft_gate gate = { .secret = { c->secret, ~c->secret }, .where = from,
				  .epoch = (uint32_t)(w->sim.now / (10ull * SIM_MS)),
				  .ask = fb_chance(&c->rng, w->cfg.cookie, 100) };
	uint32_t arg = 0;
	int slot;

	for (uint32_t i = 0; i < FB_SLOTS; i++) {
		struct fb_ctx *x = c->slot[i].ctx;

		if (x && x->peer == from && weft_pdc_same(x->pdc, v))
			return x;
	}
	slot = free_slot(w, c);
	if (slot < 0) {
		w->faults[FB_BUSY]++;
		fb_excuse(w, c->id, from);
		fb_send_alone(w, c, from, v, WEFT_NACK_BUSY, 0);
		return NULL;
	}
	switch (weft_admit(&c->pair[from].peer, v, &gate, &arg)) {
	case WEFT_ADMIT_STALE:
		fb_send_alone(w, c, from, v, WEFT_NACK_NEW_START_PSN, arg);
		return NULL;
	case WEFT_ADMIT_GONE:
		fb_send_alone(w, c, from, v, WEFT_NACK_RESET, 0);
		return NULL;
	case WEFT_ADMIT_COOKIE:
		w->faults[FB_COOKIE]++;
		fb_send_alone(w, c, from, v, WEFT_NACK_COOKIE, arg);
		return NULL;
	case WEFT_ADMIT_OLD:
		return NULL;
	case WEFT_ADMIT_RESTARTED:
		outdate(w, c, from);
		break;
	case WEFT_ADMIT:
		break;
	}
	return make(w, c, from, slot, v);
}

struct fb_ctx *fb_context_remote(struct fb_chip *c, uint8_t from, uint32_t peer_id)
{
	for (uint32_t i = 0; i < FB_SLOTS; i++) {
		struct fb_ctx *x = c->slot[i].ctx;

		if (x && x->peer == from && weft_pdc_peer_id(x->pdc) == peer_id)
			return x;
	}
	return NULL;
}

/* ---- a chip's life ------------------------------------------------------------------ */

static void region(struct weft_mr *mr, struct fb_rng *r, uint32_t index, uint32_t len,
		   uint32_t pd, uint32_t rights)
{
	*mr = (struct weft_mr){
		.base = fb_below(r, 8) ? fb_rand(r) & ~7ull : 0 - (uint64_t)len, .len = len,
		.key = (uint32_t)fb_rand(r) << 12 | index, .domain = DOMAIN, .pd = pd,
		.rights = rights, .alive = true,
	};
	if (mr->base + len < mr->base && mr->base + len)	/* the last byte is byte 2^64 - 1 */
		mr->base = 0x1000;
}

/* Blocks for some of the chip's contexts and streams. */
static void make_pools(struct fb_world *w, struct fb_chip *c)
{
	struct weft_stream_cfg stream = { .sq_depth = (uint16_t)w->cfg.depth, .window = 256,
					  .reads = 64, .qpn = 1 };

	choose_profile(w, c, &c->profile);
	weft_blocks_init(&c->pool, weft_profile_block(&c->profile));
	c->profile.pool = &c->pool;
	weft_blocks_init(&c->streams, weft_stream_block(&stream));
	c->pool_mem = sim_zalloc(w->cfg.pool, c->pool.block);
	c->streams_mem = sim_zalloc(w->cfg.pool, c->streams.block);
	weft_blocks_add(&c->pool, c->pool_mem, w->cfg.pool);
	weft_blocks_add(&c->streams, c->streams_mem, w->cfg.pool);
}

/* Our port has failed, or works again. */
void fb_chip_port(struct fb_world *w, struct fb_chip *c, uint8_t port, bool up)
{
	for (uint32_t i = 0; i < FB_SLOTS; i++) {
		struct fb_ctx *x = c->slot[i].ctx;

		if (!x)
			continue;
		if (x->fragile)
			fb_excuse(w, c->id, x->peer);
		weft_port_set(x->pdc, port, up, fb_clock(w, c));
		fb_turn_soon(w, x, 0);
	}
}

/* Keys of chips come after those of connections' ends. */
void fb_chip_start(struct fb_world *w, struct fb_chip *c)
{
	uint32_t index = 1 + 2 * w->cfg.conns + FB_KEYS_CHIP * c->id, bytes = FB_COUNTERS * 8;
	uint32_t all = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC;

	c->down = false;
	c->incarnation++;
	c->secret = fb_rand(&c->rng);
	c->coalesce = fb_below(&c->rng, w->cfg.coalesce + 1) * (sim_time)SIM_NS;
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		weft_peer_init(&c->pair[i].peer, 0xa0 + i,
			       fb_chance(&c->rng, 1, 2) ? (uint32_t)fb_rand(&c->rng) :
			       0u - fb_below(&c->rng, 2000));
	c->profile.incarnation = c->incarnation;
	weft_grantor_init(&c->grantor, w->cfg.gbps * 950, (uint16_t)fb_below(&c->rng, 16));
	if (c->incarnation > 1)
		return;
	c->srq_free = w->cfg.buffers;
	c->ls_tags = (uint16_t)(1 + fb_below(&c->rng, 256));
	c->rd = fb_below(&c->rng, 4);
	if (w->cfg.pool)
		make_pools(w, c);
	region(&c->shared, &c->rng, index, bytes, 0, all);
	region(&c->plain, &c->rng, index + 1, bytes, 1, 0);
	region(&c->other, &c->rng, index + 2, bytes, 2, all);
	region(&c->dead, &c->rng, index + 3, bytes, 1, all);
	c->dead.alive = false;
}

void fb_chip_crash(struct fb_world *w, struct fb_chip *c)
{
	c->down = true;
	for (uint32_t i = 0; i < w->cfg.chips; i++)
		if (i != c->id)
			fb_excuse(w, c->id, (uint8_t)i);
	for (uint32_t i = 0; i < FB_SLOTS; i++) {
		struct fb_ctx *x = c->slot[i].ctx;

		if (!x)
			continue;
		for (struct fb_end *e = x->ends; e; e = e->next)
			e->conn->cause |= FB_CAUSE_RESTART;
		fb_context_free(w, x);
		c->slot[i].free_at = 0;
		c->slot[i].gen = (uint8_t)fb_below(&c->rng, 4);
	}
}
