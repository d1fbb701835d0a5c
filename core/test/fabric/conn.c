/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lives of connections: two chips, a context, two streams; work; an end in good order, or
 * not; and again with other chips.  This file knows both ends, as no host does, and so knows
 * which ends are to be expected.
 */
#include <stdlib.h>

#include "core/test/fabric/fabric.h"
#include "sim/util.h"

static const char greeting[] = "fabric";

static void timer(struct fb_world *w, const struct fb_conn *c, sim_time in)
{
	sim_timers_set(&w->sim.timers, w->timer_conn + c->index, w->sim.now + in);
}

static void wait_a_while(struct fb_world *w, const struct fb_conn *c)
{
	timer(w, c, 1 + fb_below(&w->rng, 200000) * (sim_time)SIM_NS);
}

void fb_conns_make(struct fb_world *w)
{
	w->conn = sim_zalloc(w->cfg.conns, sizeof(*w->conn));
	for (uint32_t i = 0; i < w->cfg.conns; i++) {
		struct fb_conn *c = &w->conn[i];

		c->index = i;
		for (uint8_t k = 0; k < 2; k++) {
			struct fb_end *e = &c->end[k];

			e->w = w;
			e->conn = c;
			e->side = k;
			e->rng.s = fb_rand(&w->rng);
			e->depth = w->cfg.depth;
			e->msg = sim_zalloc(e->depth, sizeof(*e->msg));
			e->by_ssn = sim_zalloc(e->depth, sizeof(*e->by_ssn));
			e->slice = (2u * i + k) * (size_t)FB_STRIDE + FB_STRIDE - FB_SLICE;
		}
		timer(w, c, fb_below(&w->rng, 50000) * (sim_time)SIM_NS);
	}
}

void fb_conns_free(struct fb_world *w)
{
	for (uint32_t i = 0; i < w->cfg.conns; i++)
		for (int k = 0; k < 2; k++) {
			free(w->conn[i].end[k].msg);
			free(w->conn[i].end[k].by_ssn);
			free(w->conn[i].end[k].mem);
		}
	free(w->conn);
}

/* ---- an end of a stream ------------------------------------------------------------- */

static void region(struct fb_end *e, struct weft_mr *mr, uint32_t index, uint32_t more)
{
	*mr = (struct weft_mr){
		.base = fb_rand(&e->rng) >> 1 & ~7ull, .len = FB_SLICE,
		.key = (uint32_t)fb_rand(&e->rng) << 12 | index, .domain = 1, .pd = 1,
		.rights = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC | more |
			  (e->relaxed ? WEFT_MR_RELAXED : 0u), .alive = true,
	};
}

void fb_new_alias(struct fb_end *e)
{
	const struct fb_cfg *f = &e->w->cfg;

	region(e, &e->alias, 1 + 2 * f->conns + FB_KEYS_CHIP * f->chips + 2 * e->conn->index +
	       e->side, WEFT_MR_INVALIDATE);
}

/* A region of this end's for the peer, with keys of its own in each life. */
static void new_region(struct fb_end *e)
{
	e->relaxed = fb_chance(&e->rng, e->w->cfg.relaxed, 100);
	region(e, &e->mr, 1 + 2 * e->conn->index + e->side, 0);
	fb_new_alias(e);
}

/* Everything of an end for another life, but its stream. */
static void refresh(struct fb_end *e)
{
	struct fb_rng *r = &e->rng;

	e->up = e->over = e->refuser = e->leave = e->pump = e->failed = e->refused = false;
	e->starved = e->draining = e->drained = e->inv_out = false;
	e->epoch = e->bound_epoch = false;
	e->alias_read = 0;
	e->head = e->tail = e->exp = e->ssn = e->sent = e->recv_done = 0;
	e->qpn = 0;
	e->left = 1 + fb_below(r, e->w->cfg.quota);
	e->want = 1 + fb_below(r, e->depth);
	e->goal = 1 + fb_below(r, 64);
	e->posted = fb_chance(r, e->w->cfg.slow, 256) ? 0 : e->goal;
	e->srq = fb_chance(r, e->w->cfg.srq, 100) ? (uint8_t)(1 + fb_below(r, 16)) : 0;
	if (e->srq)
		e->posted = 0;
	memset(e->read_at, 0, sizeof(e->read_at));
	memset(e->write_at, 0, sizeof(e->write_at));
	memset(e->atomic_at, 0, sizeof(e->atomic_at));
	new_region(e);
}

static bool make_stream(struct fb_end *e, struct fb_ctx *x)
{
	struct fb_rng *r = &e->rng;
	uint16_t window = (uint16_t)(1u << fb_below(r, 9));
	struct weft_stream_cfg cfg = {
		.host = e, .qpn = e->w->qpn = (e->w->qpn + 1) % 0xffffff + 1, .pd = 1,
		.pool = e->w->cfg.pool ? &e->w->chip[x->chip].streams : NULL,
		.sq_depth = (uint16_t)e->depth, .window = window,
		.reads = (uint8_t)(1 + fb_below(r, window < 64 ? window : 64)),
		.rnr_retry = fb_chance(r, 1, 8) ? (uint8_t)(1 + fb_below(r, 6)) : 7,
		.rnr_delay_ns = 1000u * (1 + fb_below(r, 100)), .srq = e->srq,
	};

	e->mem = sim_resize(e->mem, 1, weft_stream_size(&cfg));
	if (weft_stream_init(x->pdc, e->mem, &cfg, &e->s) != WEFT_OK) {
		e->s = NULL;
		return false;
	}
	e->qpn = cfg.qpn;
	e->ctx = x;
	e->next = x->ends;
	x->ends = e;
	weft_recv_posted(e->s, e->posted);
	if (e->posted == 0 && !e->srq)
		timer(e->w, e->conn, fb_below(r, 200000) * (sim_time)SIM_NS);
	return true;
}

/* ---- connecting --------------------------------------------------------------------- */

static void choose(struct fb_world *w, struct fb_conn *c)
{
	uint32_t n = w->cfg.chips;

	c->chip[0] = (uint8_t)fb_below(&w->rng, n);
	c->chip[1] = (uint8_t)((c->chip[0] + 1 + fb_below(&w->rng, n - 1)) % n);
	c->cause = 0;
	c->answered = false;
	c->renumber = fb_chance(&w->rng, 1, 3);
	c->early = !c->renumber && fb_chance(&w->rng, 1, 2);
	c->abrupt_at = fb_chance(&w->rng, w->cfg.abrupt, 100) ?
		       1 + fb_below(&w->rng, w->cfg.quota) : 0;
	c->reject = fb_chance(&w->rng, w->cfg.abrupt, 300) ? WEFT_EP_REASON_REFUSED : 0;
	refresh(&c->end[0]);
	refresh(&c->end[1]);
}

static bool connect(struct fb_world *w, struct fb_conn *c)
{
	struct fb_end *e = &c->end[0];
	struct fb_ctx *x;

	choose(w, c);
	if (w->chip[c->chip[0]].down)
		return false;
	x = fb_context_open(w, &w->chip[c->chip[0]], c->chip[1]);
	if (!x)
		return false;
	fb_turn_soon(w, x, 0);
	if (!make_stream(e, x))
		return false;
	c->state = FB_CONNECTING;
	if (weft_ep_connect(e->s, c->index + 1, greeting, sizeof(greeting)) != WEFT_OK) {
		weft_stream_fini(e->s, WEFT_EP_REASON_CLOSED);
		c->state = FB_IDLE;
		fb_end_gone(e);
		return false;
	}
	e->up = e->pump = x->pump = c->early;
	return true;
}

/* A stream that was asked to drain goes on. */
static void resume(struct fb_world *w, struct fb_end *e)
{
	if (!e->draining || e->over)
		return;
	FB_MUST(w, e->drained || e->head != e->drain_msn || e->ctx->turn_at != SIM_NEVER,
		"conn %u end %u: all that was begun is complete, and no SQ_DRAINED came",
		e->conn->index, e->side);
	e->draining = false;
	if (weft_stream_resume(e->s) != WEFT_OK)
		return;
	e->pump = e->ctx->pump = true;
	fb_turn_soon(w, e->ctx, 0);
}

/* Receive buffers that were not posted, and work for which there was no memory. */
static void wake(struct fb_world *w, struct fb_end *e)
{
	resume(w, e);
	fb_replenish(e, true);
	if (!e->starved)
		return;
	e->pump = e->ctx->pump = true;
	fb_turn_soon(w, e->ctx, 0);
}

void fb_conn_timer(struct fb_world *w, struct fb_conn *c)
{
	fb_recv_owed(&w->chip[c->chip[0]]);
	fb_recv_owed(&w->chip[c->chip[1]]);
	switch ((enum fb_conn_state)c->state) {
	case FB_IDLE:
		if (!w->ops_left) {
			c->state = FB_FINISHED;
			w->idle_conns++;
		} else if (!connect(w, c)) {
			wait_a_while(w, c);
		}
		break;
	case FB_CONNECTING:
	case FB_UP:
		for (int k = 0; k < 2; k++)
			if (c->end[k].s)
				wake(w, &c->end[k]);
		break;
	case FB_FINISHED:
		break;
	}
}

static void reject(struct fb_ctx *x, struct fb_conn *c, uint32_t qpn, enum weft_ep_reason why)
{
	struct fb_end *e = &c->end[0];

	e->w->faults[FB_REJECTED]++;
	if (e->s && e->qpn == qpn)
		c->cause |= FB_CAUSE_REJECT;
	if (weft_ep_reject(x->pdc, qpn, why) == WEFT_OK || !e->s || e->qpn != qpn)
		return;
	e->leave = e->ctx->reap = true;		/* nobody can tell it: it gives up by itself */
	fb_turn_soon(e->w, e->ctx, 0);
}

/* The peer asks for a connection. */
void fb_conn_asked(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a)
{
	struct fb_conn *c = &w->conn[a->arg - 1];
	struct fb_end *e;

	FB_MUST(w, a->arg - 1 < w->cfg.conns && a->priv_len == sizeof(greeting) &&
		!memcmp(a->priv, greeting, sizeof(greeting)), "a connection that nobody asked for");
	e = &c->end[1];
	if (c->state != FB_CONNECTING || c->end[0].qpn != a->peer_qpn || c->chip[1] != x->chip) {
		reject(x, c, a->peer_qpn, WEFT_EP_REASON_CLOSED);	/* it has given up */
		return;
	}
	FB_MUST(w, !e->s, "one connection is asked for twice");
	/*
	 * If it was answered before, the chip, or the context that the answer was on, has died
	 * since, and the one who asks has not heard.
	 */
	if (c->reject || c->answered || !make_stream(e, x)) {
		reject(x, c, a->peer_qpn, c->reject ? (enum weft_ep_reason)c->reject :
		       WEFT_EP_REASON_NO_ROOM);
		return;
	}
	if (weft_ep_accept(e->s, &a->ep, greeting, sizeof(greeting)) != WEFT_OK) {
		weft_stream_fini(e->s, WEFT_EP_REASON_NO_ROOM);
		fb_end_gone(e);
		reject(x, c, a->peer_qpn, WEFT_EP_REASON_NO_ROOM);
		return;
	}
	c->answered = true;
	e->up = e->pump = x->pump = !c->renumber;
}

/* Both ends of a quiet stream go on from here, so that MSNs and SSNs soon wrap (WEFT-CONV-001). */
static void number_from(struct fb_end *e, uint32_t msn, uint32_t ssn)
{
	struct weft_stream *s = e->s;
	struct fb_end *peer = fb_peer(e);

	s->head = s->next = s->tail = s->acked = msn;
	e->head = e->tail = e->exp = msn;
	s->next_ssn = e->ssn = ssn;
	peer->s->exp = peer->s->rsp_next = msn;
	peer->s->rx_ssn = peer->recv_done = ssn;
	peer->posted += ssn;
	weft_recv_posted(peer->s, peer->posted);
}

void fb_conn_accepted(struct fb_end *e, const struct weft_act *a)
{
	struct fb_conn *c = e->conn;
	struct fb_end *peer = fb_peer(e);

	FB_MUST(e->w, c->state == FB_CONNECTING && !e->side && a->priv_len == sizeof(greeting) &&
		!memcmp(a->priv, greeting, sizeof(greeting)), "an answer that was not given");
	c->state = FB_UP;
	if (!peer->s)
		return;
	if (c->renumber && !e->over && !peer->over)
		for (int k = 0; k < 2; k++)
			number_from(&c->end[k], 0u - fb_below(&e->rng, 200),
				    0u - fb_below(&e->rng, 100));
	for (int k = 0; k < 2; k++) {
		struct fb_end *o = &c->end[k];

		o->up = o->pump = o->ctx->pump = true;
		fb_turn_soon(e->w, o->ctx, 0);
	}
}

/* ---- ending ------------------------------------------------------------------------- */

/* Both ends are gone: memory holds what it must, and the connection may live again. */
static void conn_over(struct fb_conn *c)
{
	struct fb_world *w = c->end[0].w;

	if (c->state == FB_IDLE)
		return;
	fb_fold(&c->end[0]);
	fb_fold(&c->end[1]);
	c->state = FB_IDLE;
	c->lives++;
	wait_a_while(w, c);
}

/* The stream is off its context, or died with its chip. */
void fb_end_gone(struct fb_end *e)
{
	struct fb_end **link = &e->ctx->ends;

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	fb_recv_unbind(e, 0);
	e->s = NULL;
	e->up = false;
	e->ctx = NULL;
	e->life++;
	if (!fb_peer(e)->s)
		conn_over(e->conn);
}

/* Nothing is left to do on either end: one of them ends the connection. */
void fb_conn_look(struct fb_conn *c)
{
	struct fb_end *a = &c->end[0], *b = &c->end[1], *e;
	bool more = (a->left || b->left) && a->w->ops_left;

	if (c->state != FB_UP || more || a->head != a->tail || b->head != b->tail ||
	    !a->s || !b->s || a->leave || b->leave || a->over || b->over)
		return;
	e = fb_below(&a->rng, 2) ? a : b;
	e->leave = e->ctx->reap = true;
	fb_turn_soon(e->w, e->ctx, 0);
}

/* Is it time for an end whose stream has failed, or was ended, to go?  */
static bool may_go(const struct fb_end *e, const struct fb_ctx *x)
{
	const struct fb_end *peer = &e->conn->end[!e->side];

	if (e->leave || x->over)
		return true;
	if (!e->over || e->head != e->tail)
		return false;
	/* Who refused stays until the peer has heard why. */
	return !e->refuser || !peer->s || peer->over || (e->qpn & 15) == 0;
}

static void go(struct fb_end *e)
{
	const struct fb_end *peer = fb_peer(e);

	if (e->head != e->tail || peer->head != peer->tail || e->conn->state == FB_CONNECTING ||
	    e->over)
		e->conn->cause |= FB_CAUSE_ENDED;
	weft_stream_fini(e->s, WEFT_EP_REASON_CLOSED);
	fb_end_gone(e);
}

void fb_reap(struct fb_ctx *x, struct fb_world *w)
{
	struct fb_end *e, *next;

	x->reap = false;
	for (e = x->ends; e; e = next) {
		next = e->next;
		FB_MUST(w, !x->over || (e->over && e->head == e->tail), "chip %u: a context "
			"ended, and a stream of it (conn %u end %u, %u of %u complete) %s", x->chip,
			e->conn->index, e->side, e->head, e->tail,
			e->over ? "has work that did not complete" : "was not told");
		if (may_go(e, x))
			go(e);
		else if (e->over)
			x->reap = true;
	}
	if (x->over)
		fb_context_free(w, x);
	else
		fb_turn_soon(w, x, x->reap ? 100u * SIM_US : 0);
}
