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
	uint32_t *mine = how == FB_READS ? e->read_at : how == FB_WRITES ? e->write_at :
			 e->atomic_at;

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
		if (m->op->opcode != WEFT_OPCODE_ATOMIC)
			return false;
		wr->addr += 1 + fb_below(&e->rng, wr->len - 1);
		m->expect = WEFT_STATUS_MISALIGNED;
		return true;
	case FB_GOOD:
	case FB_BADS:
		break;
	}
	return false;
}

/* ---- posting ------------------------------------------------------------------------ */

static const struct fb_op *choose(struct fb_end *e)
{
	static uint32_t sum;
	uint32_t x;

	if (!sum)
		for (uint32_t i = 0; i < fb_n_ops; i++)
			sum += fb_ops[i].weight;
	x = fb_below(&e->rng, sum);
	for (uint32_t i = 0;; i++) {
		if (x < fb_ops[i].weight)
			return &fb_ops[i];
		x -= fb_ops[i].weight;
	}
}

static uint8_t flags(struct fb_end *e, const struct fb_op *op)
{
	uint32_t draw = fb_below(&e->rng, 64);

	return (uint8_t)(((draw & 3 ? 0 : WEFT_OFLAGS_IMM) | (draw & 12 ? 0 : WEFT_OFLAGS_SE) |
			  (draw == 63 ? WEFT_OFLAGS_FENCE : 0)) & op->flags);
}

static void take(struct fb_end *e, struct fb_msg *m, const struct weft_wr *wr)
{
	m->addr = wr->addr;
	m->rkey = wr->rkey;
	m->len = wr->len;
	m->imm = wr->imm;
	m->flags = wr->flags;
	m->operand = wr->operand;
	m->compare = wr->compare;
	m->aop = (uint8_t)wr->aop;
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
static void soon(struct fb_end *e, uint32_t ns)
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
	soon(e, 20000);
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

void fb_pump(struct fb_end *e)
{
	e->pump = e->starved = false;
	while (e->up && !e->over && !e->leave && e->tail - e->head < e->want) {
		if (!e->w->ops_left)
			e->left = 0;
		if (!e->left)
			break;
		if (!post(e)) {
			e->pump = e->ctx->pump = e->head == e->tail && !e->starved;
			break;
		}
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
	if (!all && fb_chance(&e->rng, e->w->cfg.slow, 256)) {
		soon(e, 200000);
		return;
	}
	e->posted = e->recv_done + e->goal;
	weft_recv_posted(e->s, e->posted);
}
