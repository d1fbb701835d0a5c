/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The host's answers to the engine's actions: at once, late, or with a failure.  Each is shown
 * to the oracle before it is carried out.
 */
#include <stdio.h>

#include "core/test/fabric/fabric.h"

static const char *const act_name[] = {
	[WEFT_ACT_PLACE_MEM] = "PLACE_MEM", [WEFT_ACT_PLACE_RECV] = "PLACE_RECV",
	[WEFT_ACT_PLACE_WR] = "PLACE_WR", [WEFT_ACT_READ] = "READ", [WEFT_ACT_ATOMIC] = "ATOMIC",
	[WEFT_ACT_RECV] = "RECV", [WEFT_ACT_COMPLETE] = "COMPLETE",
	[WEFT_ACT_COMPLETE_RECV] = "COMPLETE_RECV", [WEFT_ACT_EVENT] = "EVENT",
	[WEFT_ACT_RELEASE_HOLD] = "RELEASE_HOLD", [WEFT_ACT_REDUCE] = "REDUCE",
	[WEFT_ACT_FLUSH] = "FLUSH", [WEFT_ACT_INVALIDATE] = "INVALIDATE",
	[WEFT_ACT_UNBIND] = "UNBIND",
};

static void trace(const struct fb_world *w, const struct weft_act *a, const char *what, int st)
{
	const struct fb_end *e = a->stream ? weft_stream_host(a->stream) : NULL;

	if (!w->cfg.trace || !e || e->conn->index + 1 != w->cfg.trace)
		return;
	printf("%llu %.3f us: chip %u end %u: %s%s msn %u ssn %u %u+%u of %u%s event %d status %d, "
	       "answer %d\n", (unsigned long long)w->event, (double)w->sim.now / SIM_US,
	       e->conn->chip[e->side], e->side, what, act_name[a->type], a->msn, a->ssn, a->offset,
	       a->len, a->msg_len, a->early ? " early" : "", (int)a->event, (int)a->wc.status, st);
}

static const struct weft_mr *region_of_end(struct fb_world *w, const struct fb_chip *c,
					    uint32_t i, uint32_t key, uint8_t **at)
{
	struct fb_end *e = &w->conn[i / 2].end[i % 2];

	*at = w->mem + e->slice;
	if (e->conn->chip[e->side] != c->id)
		return NULL;
	return e->mr.key == key ? &e->mr : e->alias.key == key ? &e->alias : NULL;
}

static const struct weft_mr *region_of_chip(struct fb_chip *c, uint32_t i, uint32_t key,
					     uint8_t **at)
{
	const struct weft_mr *mr[FB_KEYS_CHIP] = { &c->shared, &c->plain, &c->other, &c->dead };

	*at = (uint8_t *)c->counter_is;
	return i / FB_KEYS_CHIP == c->id && mr[i % FB_KEYS_CHIP]->key == key ?
	       mr[i % FB_KEYS_CHIP] : NULL;
}

const struct weft_mr *fb_region(struct fb_world *w, struct fb_chip *c, uint32_t key, uint8_t **at)
{
	uint32_t i = (key & 0xfff) - 1, ends = 2 * w->cfg.conns;
	uint32_t chips = FB_KEYS_CHIP * w->cfg.chips;

	if (i < ends)
		return region_of_end(w, c, i, key, at);
	i -= ends;
	if (i < chips)
		return region_of_chip(c, i, key, at);
	i -= chips;
	return i < ends ? region_of_end(w, c, i, key, at) : fb_ls_region(w, c, i - ends, key, at);
}

static enum weft_status check(struct fb_end *e, const struct weft_act *a, uint32_t need,
			      uint64_t len, uint8_t **at)
{
	const struct weft_mr *mr = fb_region(e->w, &e->w->chip[e->ctx->chip], a->key, at);
	enum weft_status st = weft_mr_check(mr, weft_stream_domain(a->stream),
					    weft_stream_pd(a->stream), need, a->addr, len);

	if (st == WEFT_STATUS_OK)
		*at += a->addr - mr->base;
	return st;
}

/* ---- each action -------------------------------------------------------------------- */

static enum weft_status place_mem(struct fb_end *e, const struct weft_act *a,
				  const uint8_t *payload)
{
	uint8_t *at;
	enum weft_status st = check(e, a, WEFT_MR_WRITE, a->msg_len, &at);

	if (st != WEFT_STATUS_OK)
		return st;
	fb_sees_place(e, a, payload);
	if (a->type == WEFT_ACT_REDUCE)
		fb_reduce(a->redop, a->dtype, at + a->offset, payload, a->len);
	else if (a->len)
		memcpy(at + a->offset, payload, a->len);
	return WEFT_STATUS_OK;
}

static enum weft_status place_recv(struct fb_end *e, const struct weft_act *a,
				   const uint8_t *payload)
{
	enum weft_status st = fb_recv_bind(e, a);

	if (st != WEFT_STATUS_OK)
		return st;
	if (a->msg_len > FB_RECV_CAP)
		return WEFT_STATUS_TOO_LONG;
	fb_sees_place(e, a, payload);
	return WEFT_STATUS_OK;
}

static enum weft_status atomic(struct fb_end *e, const struct weft_act *a, uint64_t *old)
{
	uint8_t *at;
	enum weft_status st = check(e, a, WEFT_MR_ATOMIC, a->atomic.width, &at);

	fb_sees_execution(e, a);
	if (st != WEFT_STATUS_OK)
		return st;
	*old = fb_word(at, a->atomic.width);
	fb_put_word(at, weft_atomic_apply(&a->atomic, *old), a->atomic.width);
	return WEFT_STATUS_OK;
}

static enum weft_status flush(struct fb_end *e, const struct weft_act *a)
{
	uint8_t *at;
	enum weft_status st = check(e, a, WEFT_MR_WRITE, a->msg_len, &at);

	fb_sees_execution(e, a);
	return st == WEFT_STATUS_OK && a->level == WEFT_FLUSH_DURABLE ? WEFT_STATUS_BAD_OPCODE : st;
}

static enum weft_status invalidate(struct fb_end *e, const struct weft_act *a)
{
	uint8_t *at;
	const struct weft_mr *mr = fb_region(e->w, &e->w->chip[e->ctx->chip], a->key, &at);
	enum weft_status st = weft_mr_check(mr, weft_stream_domain(a->stream),
					    weft_stream_pd(a->stream), WEFT_MR_INVALIDATE, 0, 0);

	fb_sees_execution(e, a);
	if (st == WEFT_STATUS_OK)
		e->alias.alive = false;
	return st;
}

/* For the services beside streams: their own files know what must come of it. */
static enum weft_status perform_service(struct fb_ctx *x, struct fb_world *w,
					const struct weft_act *a, const uint8_t *payload,
					uint64_t *value)
{
	return a->type == WEFT_ACT_PLACE_RD ? fb_rd_do(w, x, a, payload) : fb_ls_do(w, x, a, value);
}

static enum weft_status perform(struct fb_end *e, const struct weft_act *a,
				const uint8_t *payload, uint64_t *value)
{
	uint8_t *at;

	switch (a->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
		return place_mem(e, a, payload);
	case WEFT_ACT_PLACE_RECV:
		return place_recv(e, a, payload);
	case WEFT_ACT_PLACE_WR:
		fb_sees_read_data(e, a, payload);
		return WEFT_STATUS_OK;
	case WEFT_ACT_READ:
		fb_sees_execution(e, a);
		return check(e, a, WEFT_MR_READ, a->msg_len, &at);
	case WEFT_ACT_ATOMIC:
		return atomic(e, a, value);
	case WEFT_ACT_FLUSH:
		return flush(e, a);
	case WEFT_ACT_INVALIDATE:
		return invalidate(e, a);
	case WEFT_ACT_RECV:
		fb_sees_execution(e, a);
		return fb_recv_bind(e, a);
	default:
		fb_fail(e->w, "an action of type %d wants an answer", (int)a->type);
	}
}

/*
 * Does the answer still matter?  Not on a stream that has ended meanwhile, and not if everything
 * from some message on has been refused with RNR and will come again; the engine must see to it
 * that this late placement, of the same bytes, precedes the next one.
 */
static bool outdated(struct fb_end *e, const struct fb_late *l)
{
	if (!e)			/* a service: its context is there, or it were forgotten */
		return false;
	if (l->life != e->life || !e->s)
		return true;
	if (l->act.type == WEFT_ACT_PLACE_WR)	/* earlier READs of a failed stream may complete */
		return !psn_in(l->act.msn, e->head, e->tail - e->head);
	return e->over || l->epoch != e->s->rx_epoch;
}

static void answer_service(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a,
			   const uint8_t *payload)
{
	enum weft_status st;
	uint64_t value = 0;

	if (fb_chance(&w->rng, w->cfg.fail, 65536)) {
		w->faults[FB_FAILED_ACTION]++;
		st = WEFT_STATUS_OP_FAILED;
	} else {
		st = perform_service(x, w, a, payload, &value);
	}
	if (st != WEFT_STATUS_OK && a->type == WEFT_ACT_PLACE_RD)
		fb_rd_refused(w, x, a, st);
	else if (st != WEFT_STATUS_OK)
		fb_ls_refused(w, x, a, st);
	weft_done(x->pdc, a->token, st, value);
}

/* Now: carries it out and answers. */
static void answer(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a,
		   const uint8_t *payload)
{
	struct fb_end *e = a->stream ? weft_stream_host(a->stream) : NULL;
	enum weft_status st;
	uint64_t value = 0;

	if (!e) {
		answer_service(x, w, a, payload);
		return;
	}
	if (fb_chance(&w->rng, w->cfg.fail, 65536)) {
		w->faults[FB_FAILED_ACTION]++;
		e->conn->cause |= FB_CAUSE_BAD;
		st = WEFT_STATUS_OP_FAILED;
	} else {
		st = perform(e, a, payload, &value);
	}
	trace(w, a, "", (int)st);
	if (st == WEFT_STATUS_OK)
		fb_sees_done(e, a, value);
	else
		fb_sees_refusal(e, a, st);
	weft_done(x->pdc, a->token, st, value);
}

/* ---- before their turn, and late ---------------------------------------------------- */

/* Data for strict memory that comes before its turn: keep the packet, if there is a place. */
static bool keep_early(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a,
		       uint32_t pkt, bool *kept)
{
	struct fb_end *e = weft_stream_host(a->stream);
	uint8_t *at;

	if (!a->early || (e->relaxed && a->early != WEFT_TOO_EARLY) ||
	    check(e, a, WEFT_MR_WRITE, a->msg_len, &at))
		return false;
	*kept = a->hold != WEFT_NO_HOLD;
	if (*kept) {
		FB_MUST(w, a->hold < x->holds && x->hold[a->hold] == SIM_NO_PKT,
			"a place for held packets is offered twice");
		x->hold[a->hold] = pkt;
	}
	trace(w, a, *kept ? "keep " : "no room ", 0);
	weft_done(x->pdc, a->token, *kept ? WEFT_STATUS_HELD : WEFT_STATUS_NO_HOLD,
		  *kept && a->early == WEFT_TOO_EARLY && e->relaxed);
	return true;
}

/* A shared receive buffer is bound at once, or the packet has to come again. */
static bool bind_early(struct fb_ctx *x, const struct weft_act *a)
{
	struct fb_end *e;

	if (a->type != WEFT_ACT_PLACE_RECV)
		return true;
	e = weft_stream_host(a->stream);
	if (!e->srq || fb_recv_bind(e, a) != WEFT_STATUS_NO_HOLD)
		return true;
	weft_done(x->pdc, a->token, WEFT_STATUS_NO_HOLD, 0);
	return false;
}

/* The answer comes later; the packet is kept until then. */
static bool postpone(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a, uint32_t pkt)
{
	struct fb_end *e = a->stream ? weft_stream_host(a->stream) : NULL;
	uint32_t i = fb_below(&w->rng, FB_LATE);
	struct fb_late *l = &w->late[i];
	sim_time in = (1 + fb_below(&w->rng, w->cfg.late_ns)) * (sim_time)SIM_NS;

	if (l->used)
		return false;
	l->act = *a;
	l->end = e;
	l->pkt = pkt;
	l->serial = x->serial;
	l->chip = x->chip;
	l->slot = x->slot;
	l->used = true;
	l->life = e ? e->life : 0;
	l->epoch = e && e->s->rx_epoch;
	if (a->type == WEFT_ACT_LS_STORE || a->type == WEFT_ACT_PLACE_LS) {
		memcpy(l->data, a->data, a->len);
		l->act.data = l->data;
	}
	w->faults[FB_LATE_ANSWER]++;
	trace(w, a, "later ", 0);
	sim_timers_set(&w->sim.timers, w->timer_late + i, w->sim.now + in);
	return true;
}

void fb_late_fire(struct fb_world *w, uint32_t i)
{
	struct fb_late *l = &w->late[i];
	struct fb_ctx *x = w->chip[l->chip].slot[l->slot].ctx;

	l->used = false;
	if (!outdated(l->end, l))
		answer(x, w, &l->act, l->pkt == SIM_NO_PKT ? NULL : fb_data(w, l->pkt));
	else
		weft_done(x->pdc, l->act.token, WEFT_STATUS_OK, 0);
	if (l->pkt != SIM_NO_PKT)
		fb_pkt_put(w, l->pkt);
	fb_turn(x, w);
}

/* The context goes: nobody waits for its answers. */
void fb_late_forget(struct fb_world *w, const struct fb_ctx *x)
{
	for (uint32_t i = 0; i < FB_LATE && w->cfg.late; i++) {
		struct fb_late *l = &w->late[i];

		if (!l->used || l->serial != x->serial)
			continue;
		if (l->pkt != SIM_NO_PKT)
			fb_pkt_put(w, l->pkt);
		sim_timers_set(&w->sim.timers, w->timer_late + i, SIM_NEVER);
		l->used = false;
	}
}

/* ---- the door ----------------------------------------------------------------------- */

static void context_event(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a)
{
	switch (a->event) {
	case WEFT_EV_PDC_OPEN:
		if (a->arg)
			for (uint32_t i = 0; i < FB_SLOTS; i++) {
				struct fb_ctx *o = w->chip[x->chip].slot[i].ctx;

				if (!o || o->peer != x->peer || !weft_pdc_peer_id(o->pdc) ||
				    weft_pdc_peer_incarnation(o->pdc) ==
				    weft_pdc_peer_incarnation(x->pdc))
					continue;
				weft_pdc_abort(o->pdc, WEFT_STATUS_PEER_RESET, false);
				fb_turn_soon(w, o, 0);
			}
		break;
	case WEFT_EV_PDC_CLOSED:
		x->over = true;
		break;
	case WEFT_EV_WINDOW:
		fb_ls_window(w, x, a);
		break;
	case WEFT_EV_PEER_PORT:
		w->deeds[FB_DID_PEER_PORT]++;
		FB_MUST(w, a->arg < w->cfg.ports && w->faults[FB_PORT_FAILED],
			"chip %u: the peer's port %u is said to have changed", x->chip, a->arg);
		break;
	case WEFT_EV_PDC_FAILED:
		x->over = true;
		w->faults[FB_CTX_FAILED]++;
		FB_MUST(w, fb_context_excused(w, x), "chip %u: the context to chip %u failed with "
			"%d, and nothing had happened to it", x->chip, x->peer,
			(int)a->wc.status);
		fb_excuse(w, x->chip, x->peer);
		break;
	default:
		fb_fail(w, "an event %d of a context", (int)a->event);
	}
}

static void event(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a)
{
	struct fb_end *e;

	if (a->event == WEFT_EV_EP_CONNECT) {
		fb_conn_asked(x, w, a);
		return;
	}
	if (!a->stream) {
		context_event(x, w, a);
		return;
	}
	e = weft_stream_host(a->stream);
	if (a->event == WEFT_EV_EP_ACCEPTED)
		fb_conn_accepted(e, a);
	else if (a->event == WEFT_EV_SQ_DRAINED)
		fb_sees_drained(e);
	else
		fb_sees_end(e, a);
}

static void release(struct fb_ctx *x, struct fb_world *w, uint32_t slot)
{
	FB_MUST(w, slot < x->holds && x->hold[slot] != SIM_NO_PKT,
		"a place for held packets is released twice");
	fb_pkt_put(w, x->hold[slot]);
	x->hold[slot] = SIM_NO_PKT;
}

static bool untold(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a)
{
	switch (a->type) {
	case WEFT_ACT_RELEASE_HOLD:
		release(x, w, a->hold);
		break;
	case WEFT_ACT_COMPLETE:
		fb_sees_completion(weft_stream_host(a->stream), &a->wc);
		break;
	case WEFT_ACT_COMPLETE_RECV:
		fb_sees_receive(weft_stream_host(a->stream), &a->wc);
		break;
	case WEFT_ACT_EVENT:
		event(x, w, a);
		break;
	case WEFT_ACT_UNBIND:
		FB_MUST(w, ((struct fb_end *)weft_stream_host(a->stream))->srq,
			"buffers of its own are taken from a stream");
		fb_recv_unbind(weft_stream_host(a->stream), a->ssn);
		break;
	case WEFT_ACT_COMPLETE_LS:
		fb_ls_complete(w, x, &a->wc);
		break;
	case WEFT_ACT_COMPLETE_RD:
		fb_rd_complete(w, x, &a->wc);
		break;
	default:
		fb_fail(w, "an action of type %d has no token", (int)a->type);
	}
	return false;
}

bool fb_act(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a, uint32_t pkt)
{
	bool mem = a->type == WEFT_ACT_PLACE_MEM || a->type == WEFT_ACT_REDUCE;
	bool from_hold = pkt == SIM_NO_PKT && mem, kept = false;

	if (!a->token) {
		trace(w, a, "", 0);
		return untold(x, w, a);
	}
	if (from_hold) {
		FB_MUST(w, a->hold < x->holds && x->hold[a->hold] != SIM_NO_PKT,
			"a packet is to be placed from a place that holds none");
		pkt = x->hold[a->hold];
		x->hold[a->hold] = SIM_NO_PKT;
	} else if (mem && keep_early(x, w, a, pkt, &kept)) {
		return kept;
	}
	if (!bind_early(x, a))
		return false;
	/* Load and store: several actions may be about one packet, and what they need is copied. */
	if (fb_chance(&w->rng, w->cfg.late, 256) &&
	    postpone(x, w, a, a->stream || a->type == WEFT_ACT_PLACE_RD ? pkt : SIM_NO_PKT))
		return a->stream || a->type == WEFT_ACT_PLACE_RD;
	answer(x, w, a, pkt == SIM_NO_PKT ? NULL : fb_data(w, pkt));
	if (from_hold)
		fb_pkt_put(w, pkt);
	return false;
}
