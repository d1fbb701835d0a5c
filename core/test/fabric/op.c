/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The operations: one row each.  A new one is a row here with its three functions, and a case in
 * act.c if it has an action of its own.
 *
 * make() chooses place and length, and must claim the blocks of the slice that the operation
 * reads or writes.  apply() carries the effect out on the oracle's memory; it is called once, in
 * order, when the target has done the real one.  verify() looks at the requester's completion.
 */
#include "core/test/fabric/fabric.h"

static uint8_t *model(struct fb_end *e, const struct fb_msg *m)
{
	return e->w->model + fb_peer(e)->slice + m->at;
}

/* A place in the slice for len bytes. */
static bool place(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr, enum fb_access how,
		  uint32_t len, uint32_t align)
{
	const struct weft_mr *mr = &fb_peer(e)->mr;

	m->at = fb_below(&e->rng, (FB_SLICE - len) / align + 1) * align;
	wr->len = len;
	wr->addr = mr->base + m->at;
	wr->rkey = mr->key;
	return fb_claim(e, how, m->at, len, wr);
}

static bool make_send(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	(void)m;
	wr->len = fb_draw_len(e, FB_RECV_CAP);
	return true;
}

static bool make_write(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	return place(e, m, wr, FB_WRITES, fb_draw_len(e, FB_MSG_MAX), 1);
}

static void apply_write(struct fb_end *e, struct fb_msg *m)
{
	memcpy(model(e, m), e->w->payload + m->pay, m->len);
}

static bool make_read(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	wr->local = m->id;
	return place(e, m, wr, FB_READS, fb_draw_len(e, FB_MSG_MAX), 1);
}

static const char *verify_read(const struct fb_end *e, const struct fb_msg *m,
			       const struct weft_wc *wc)
{
	(void)e;
	(void)wc;
	return m->placed == m->len ? NULL : "a READ is complete before its data are here";
}

uint64_t fb_atomic(uint8_t aop, uint64_t word, uint64_t operand, uint64_t compare)
{
	switch ((enum weft_aop)aop) {
	case WEFT_AOP_FADD:
		return word + operand;
	case WEFT_AOP_CAS:
		return word == compare ? operand : word;
	default:
		return word;
	}
}

/* On a word of the slice, or on a counter of the chip that all connections share. */
static bool make_atomic(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[!e->side]];
	uint64_t is;

	wr->aop = fb_below(&e->rng, 2) ? WEFT_AOP_FADD : WEFT_AOP_CAS;
	wr->operand = fb_rand(&e->rng);
	m->shared = fb_chance(&e->rng, 1, 4);
	if (m->shared) {
		m->at = fb_below(&e->rng, FB_COUNTERS);
		wr->len = 8;
		wr->addr = c->shared.base + 8 * m->at;
		wr->rkey = c->shared.key;
		is = c->counter[m->at];
	} else {
		if (!place(e, m, wr, FB_ATOMICS, 8, 8))
			return false;
		memcpy(&is, model(e, m), 8);
	}
	wr->compare = fb_below(&e->rng, 2) ? is : fb_rand(&e->rng);
	return true;
}

static void apply_atomic(struct fb_end *e, struct fb_msg *m)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[!e->side]];
	uint8_t *at = m->shared ? (uint8_t *)&c->counter[m->at] : model(e, m);
	uint64_t word, next;

	memcpy(&word, at, 8);
	FB_MUST(e->w, word == m->old, "an atomic found %llx where %llx must be",
		(unsigned long long)m->old, (unsigned long long)word);
	next = fb_atomic(m->aop, word, m->operand, m->compare);
	memcpy(at, &next, 8);
}

static const char *verify_atomic(const struct fb_end *e, const struct fb_msg *m,
				 const struct weft_wc *wc)
{
	(void)e;
	return wc->value == m->old ? NULL : "an atomic answers another value than it found";
}

const struct fb_op fb_ops[] = {
	{ "SEND", WEFT_OPCODE_SEND, 30, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE | WEFT_OFLAGS_FENCE,
	  make_send, NULL, NULL },
	{ "WRITE", WEFT_OPCODE_WRITE, 40, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE | WEFT_OFLAGS_FENCE,
	  make_write, apply_write, NULL },
	{ "READ", WEFT_OPCODE_READ, 15, WEFT_OFLAGS_FENCE, make_read, NULL, verify_read },
	{ "ATOMIC", WEFT_OPCODE_ATOMIC, 15, WEFT_OFLAGS_FENCE, make_atomic, apply_atomic,
	  verify_atomic },
};

const uint32_t fb_n_ops = WEFT_ARRAY_LEN(fb_ops);
