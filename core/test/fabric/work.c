/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ends post: random operations, kept apart where the protocol gives no order (a READ and a
 * later WRITE of the same bytes, two WRITEs to relaxed memory), so that every outcome is known.
 */
#include "core/test/fabric/fabric.h"

static bool outstanding(const struct fb_end *e, uint32_t msn_plus_1)
{
	return psn_in(msn_plus_1 - 1, e->head, e->tail - e->head);
}

bool fb_claim(struct fb_end *e, enum fb_access how, uint32_t at, uint32_t len, struct weft_wr *wr)
{
	uint32_t first = at / FB_BLOCK, end = (at + len + FB_BLOCK - 1) / FB_BLOCK;
	bool relaxed = fb_peer(e)->relaxed, fence = false;
	uint32_t *mine = how == FB_READS ? e->read_at : how == FB_ATOMICS ? e->atomic_at :
			 e->write_at;

	for (uint32_t i = first; i < end && how != FB_READS; i++) {
		if (how == FB_WRITES && relaxed && outstanding(e, e->write_at[i]))
			return false;
		fence |= outstanding(e, e->read_at[i]);
		fence |= how == FB_WRITES && relaxed && outstanding(e, e->atomic_at[i]);
	}
	if (fence && fb_below(&e->rng, 4))
		return false;
	if (fence)
		wr->flags |= WEFT_OFLAGS_FENCE;
	for (uint32_t i = first; i < end; i++)
		mine[i] = e->tail + 1;
	return true;
}

uint32_t fb_draw_len(struct fb_end *e, uint32_t most)
{
	uint32_t one = e->w->cfg.payload, all = one * e->w->cfg.packets, cap;

	cap = fb_below(&e->rng, 8) ? one : all;
	cap = cap < most ? cap : most;
	switch (fb_below(&e->rng, 16)) {
	case 0:
		return 0;
	case 1:
		return cap;
	default:
		return fb_below(&e->rng, cap + 1);
	}
}

/* ---- wrong on purpose --------------------------------------------------------------- */

static bool memory_op(const struct fb_msg *m)
{
	return m->op->opcode != WEFT_OPCODE_SEND;
}

static bool spoil_key(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[!e->side]];
	const struct weft_mr *mr = m->bad == FB_OTHER_PD ? &c->other : m->bad == FB_NO_RIGHTS ?
				   &c->plain : &c->dead;

	if (!memory_op(m))
		return false;
	wr->rkey = m->bad == FB_BAD_KEY ? (uint32_t)fb_rand(&e->rng) | 0xfff : mr->key;
	wr->addr = mr->base;
	m->expect = m->bad == FB_OTHER_PD ? WEFT_STATUS_BAD_DOMAIN : m->bad == FB_NO_RIGHTS ?
		    WEFT_STATUS_NO_RIGHTS : WEFT_STATUS_BAD_KEY;
	return true;
}

/* What comes besides the data is wrong: found out when the data are placed. */
static bool spoil_extra(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[!e->side]];

	if (m->bad == FB_BAD_INV) {
		wr->imm = fb_peer(e)->mr.key;
		m->expect = WEFT_STATUS_NO_RIGHTS;
		return wr->flags & WEFT_OFLAGS_INV;
	}
	if (fb_below(&e->rng, 2)) {
		wr->signal_key = c->plain.key;
		wr->signal_addr = c->plain.base;
		m->expect = WEFT_STATUS_NO_RIGHTS;
	} else {
		wr->signal_key = c->dead.key;
		m->expect = WEFT_STATUS_BAD_KEY;
	}
	return wr->flags & WEFT_OFLAGS_SIGNAL;
}

static bool spoil_range(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	const struct weft_mr *mr = &fb_peer(e)->mr;

	if (!memory_op(m) || !wr->len || m->shared)
		return false;
	wr->addr = m->bad == FB_WRAP ? 0 - (uint64_t)wr->len :
		   mr->base + mr->len - wr->len + 8 - (wr->len & 7 ? wr->len & 7 : 0);
	wr->addr = m->op->opcode == WEFT_OPCODE_ATOMIC ? wr->addr & ~7ull : wr->addr;
	if (wr->addr - mr->base <= mr->len && wr->len <= mr->len - (wr->addr - mr->base))
		return false;
	m->expect = WEFT_STATUS_OUT_OF_BOUNDS;
	return true;
}

/* Makes the request wrong; false: it cannot be wrong in that way. */
static bool spoil(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	switch ((enum fb_bad)m->bad) {
	case FB_BAD_KEY:
	case FB_DEAD_KEY:
	case FB_OTHER_PD:
	case FB_NO_RIGHTS:
		return spoil_key(e, m, wr);
	case FB_BEYOND:
	case FB_WRAP:
		return spoil_range(e, m, wr);
	case FB_TOO_LONG:
		if (m->op->opcode != WEFT_OPCODE_SEND)
			return false;
		wr->len = FB_RECV_CAP + 1 + fb_below(&e->rng, 64);
		m->expect = WEFT_STATUS_TOO_LONG;
		return true;
	case FB_MISALIGNED:
		if (m->op->opcode != WEFT_OPCODE_ATOMIC || wr->len == 1)
			return false;
		wr->addr += 1 + fb_below(&e->rng, wr->len - 1);
		m->expect = WEFT_STATUS_MISALIGNED;
		return true;
	case FB_BAD_SIGNAL:
	case FB_BAD_INV:
		return spoil_extra(e, m, wr);
	case FB_BAD_LEVEL:
		wr->level = WEFT_FLUSH_DURABLE;		/* our chips do not offer it */
		m->expect = WEFT_STATUS_BAD_OPCODE;
		return m->op->opcode == WEFT_OPCODE_FLUSH;
	case FB_GOOD:
	case FB_BADS:
		break;
	}
	return false;
}

/* ---- posting ------------------------------------------------------------------------ */

static const struct fb_op *choose(struct fb_end *e)
{
	const struct fb_cfg *cfg = &e->w->cfg;
	uint32_t x = fb_below(&e->rng, 100 + cfg->reduce + cfg->flush);

	for (uint32_t i = 0;; i++) {
		uint32_t weight = fb_weight(cfg, &fb_ops[i]);

		if (x < weight)
			return &fb_ops[i];
		x -= weight;
	}
}

static uint8_t flags(struct fb_end *e, const struct fb_op *op)
{
	uint64_t draw = fb_rand(&e->rng);
	uint32_t f = (draw & 3 ? 0u : WEFT_OFLAGS_IMM) | (draw & 12 ? 0u : WEFT_OFLAGS_SE) |
		     ((draw & 63) == 63 ? WEFT_OFLAGS_FENCE : 0u);

	if ((draw >> 8 & 63) < e->w->cfg.signal)
		f |= WEFT_OFLAGS_SIGNAL;
	if ((draw >> 16 & 63) < e->w->cfg.inval && op->flags & WEFT_OFLAGS_INV && !e->inv_out &&
	    fb_peer(e)->alias.alive)
		f = (f & ~(uint32_t)WEFT_OFLAGS_IMM) | WEFT_OFLAGS_INV;
	return (uint8_t)(f & op->flags);
}

/* What a message brings besides its data. */
static void extras(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[!e->side]];

	if (wr->flags & WEFT_OFLAGS_INV) {
		wr->imm = fb_peer(e)->alias.key;
		if (outstanding(e, e->alias_read))
			wr->flags |= WEFT_OFLAGS_FENCE;	/* what it reads must stay until then */
	}
	if (wr->flags & WEFT_OFLAGS_SIGNAL) {
		m->sig_at = 8 * fb_below(&e->rng, FB_COUNTERS);
		wr->signal_addr = c->shared.base + m->sig_at;
		wr->signal_key = c->shared.key;
		wr->signal_value = (uint32_t)fb_rand(&e->rng);
	}
}

static void take_extras(struct fb_end *e, struct fb_msg *m, const struct weft_wr *wr)
{
	m->sig_addr = wr->signal_addr;
	m->sig_key = wr->signal_key;
	m->sig_value = wr->signal_value;
	if (wr->opcode == WEFT_OPCODE_WRITE && wr->flags & WEFT_OFLAGS_IMM)
		m->stages |= FB_STAGE_RECV;
	if (wr->flags & WEFT_OFLAGS_INV) {
		m->stages |= FB_STAGE_INV;
		e->inv_out = true;
	}
	if (wr->flags & WEFT_OFLAGS_SIGNAL)
		m->stages |= FB_STAGE_SIGNAL;
	m->left = m->stages;
}

static void take(struct fb_end *e, struct fb_msg *m, const struct weft_wr *wr)
{
	m->addr = wr->addr;
	m->rkey = wr->rkey;
	m->len = wr->len;
	m->imm = wr->imm;
	m->flags = wr->flags;
	m->word = (struct fb_word_op){
		.operand = wr->operand, .compare = wr->compare, .masked = wr->masked,
		.operand_mask = wr->operand_mask, .compare_mask = wr->compare_mask,
		.aop = (uint8_t)wr->aop, .width = (uint8_t)wr->len,
	};
	m->redop = wr->redop;
	m->dtype = wr->dtype;
	m->level = wr->level;
	take_extras(e, m, wr);
	if (m->op->opcode == WEFT_OPCODE_SEND || wr->flags & WEFT_OFLAGS_IMM) {
		m->ssn = e->ssn;
		e->by_ssn[e->ssn++ & (e->depth - 1)] = e->tail;
	}
	if (m->bad) {
		e->w->faults[FB_WRONG]++;
		e->conn->cause |= FB_CAUSE_BAD;
	}
	e->tail++;
	e->sent++;
	e->left--;
	e->w->ops_left--;
}

/* The connection's timer tries again, at the latest soon. */
void fb_soon(struct fb_end *e, uint32_t ns)
{
	uint32_t id = e->w->timer_conn + e->conn->index;
	sim_time at = e->w->sim.now + 1 + fb_below(&e->rng, ns) * (sim_time)SIM_NS;

	if (at < e->w->sim.timers.at[id])
		sim_timers_set(&e->w->sim.timers, id, at);
}

/* Other streams have all the working memory there is. */
static void starve(struct fb_end *e)
{
	e->w->faults[FB_STARVED]++;
	e->starved = true;
	fb_soon(e, 20000);
}

/* Posts one work request; false: nothing more for now. */
static bool post(struct fb_end *e)
{
	struct fb_msg *m = fb_msg_of(e, e->tail);
	struct weft_wr wr;
	int err;

	memset(m, 0, sizeof(*m));
	memset(&wr, 0, sizeof(wr));
	m->op = choose(e);
	m->id = wr.id = fb_rand(&e->rng);
	wr.opcode = m->op->opcode;
	wr.flags = flags(e, m->op);
	wr.imm = (uint32_t)fb_rand(&e->rng);
	m->pay = fb_below(&e->rng, FB_PAYLOADS - 2 * FB_MSG_MAX);
	wr.local = (uint64_t)(uintptr_t)(e->w->payload + m->pay);
	if (!m->op->make(e, m, &wr))
		return false;
	extras(e, m, &wr);
	if (fb_chance(&e->rng, e->w->cfg.bad, 65536)) {
		m->bad = (uint8_t)(1 + fb_below(&e->rng, FB_BADS - 1));
		if (!spoil(e, m, &wr))
			m->bad = FB_GOOD;
	}
	err = weft_post(e->s, &wr);
	if (err == WEFT_ESTATE)
		return false;		/* it has failed, and we shall be told */
	if (err == WEFT_EFULL && e->w->cfg.pool) {
		starve(e);
		return false;
	}
	FB_MUST(e->w, err == WEFT_OK, "a work request (%s) is refused with %d", m->op->name, err);
	take(e, m, &wr);
	return true;
}

/* Begin no message for a while: until the connection's timer says so. */
static void drain(struct fb_end *e)
{
	if (e->draining || weft_stream_drain(e->s) != WEFT_OK)
		return;
	e->draining = true;
	e->drained = false;
	e->drain_msn = e->s->next + (e->s->off > 0);
	fb_soon(e, 50000);
}

/* Work of other kinds than the stream's. */
static void services(struct fb_end *e)
{
	struct fb_world *w = e->w;
	uint64_t draw = fb_rand(&e->rng);

	if ((draw & 0xff) < w->cfg.ls)
		fb_ls_pump(w, e->ctx, e);
	if ((draw >> 8 & 0xff) < w->cfg.rd)
		fb_rd_pump(w, e->ctx);
	if ((draw >> 16 & 0xff) < w->cfg.ud)
		fb_ud_send(w, &w->chip[e->ctx->chip]);
}

void fb_pump(struct fb_end *e)
{
	e->pump = e->starved = false;
	if (e->up && !e->over && !e->leave && e->w->ops_left)
		services(e);
	while (e->up && !e->over && !e->leave && e->tail - e->head < e->want) {
		if (!e->w->ops_left)
			e->left = 0;
		if (!e->left)
			break;
		if (!post(e)) {
			e->pump = e->ctx->pump = e->head == e->tail && !e->starved;
			break;
		}
		if (fb_chance(&e->rng, e->w->cfg.drain, 65536))
			drain(e);
		if (e->conn->abrupt_at == e->sent) {
			e->w->faults[FB_ABRUPT]++;
			e->leave = e->ctx->reap = true;
		}
	}
	if (!e->w->ops_left)
		e->left = 0;
	fb_conn_look(e->conn);
}

/* Receive buffers for those used; a slow receiver posts them later. */
void fb_replenish(struct fb_end *e, bool all)
{
	if (e->srq)
		return;
	if (!all && fb_chance(&e->rng, e->w->cfg.slow, 256)) {
		fb_soon(e, 200000);
		return;
	}
	e->posted = e->recv_done + e->goal;
	weft_recv_posted(e->s, e->posted);
}
