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

/* The key for it: now and then the second one, unless it is about to be taken away. */
static const struct weft_mr *key_for(struct fb_end *e, enum fb_access how)
{
	struct fb_end *peer = fb_peer(e);

	if (e->inv_out || !peer->alias.alive || !fb_chance(&e->rng, 1, 4))
		return &peer->mr;
	if (how == FB_READS)
		e->alias_read = e->tail + 1;
	return &peer->alias;
}

/* A place in the slice for len bytes. */
static bool place(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr, enum fb_access how,
		  uint32_t len, uint32_t align)
{
	const struct weft_mr *mr;

	m->at = fb_below(&e->rng, (FB_SLICE - len) / align + 1) * align;
	if (!fb_claim(e, how, m->at, len, wr))
		return false;
	mr = key_for(e, how);
	wr->len = len;
	wr->addr = mr->base + m->at;
	wr->rkey = mr->key;
	return true;
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

/* Any operation that there is, or one of those that the first fabric had. */
void fb_draw_word_op(struct fb_end *e, struct weft_wr *wr, uint32_t at_most)
{
	wr->operand = fb_rand(&e->rng);
	wr->len = 8;
	if (!e->w->cfg.atomics) {
		wr->aop = fb_below(&e->rng, 2) ? WEFT_AOP_FADD : WEFT_AOP_CAS;
		return;
	}
	wr->aop = (enum weft_aop)(1 + fb_below(&e->rng, WEFT_AOP_COUNT - 1));
	wr->len = 1u << fb_below(&e->rng, 4);
	if (wr->len > at_most)
		wr->len = at_most;
	wr->masked = fb_chance(&e->rng, 1, 3);
	if (wr->masked) {
		wr->operand_mask = fb_rand(&e->rng) | (fb_below(&e->rng, 2) ? ~0ull : 0);
		wr->compare_mask = fb_rand(&e->rng) & fb_rand(&e->rng);
	}
}

static uint8_t *counters(struct fb_end *e)
{
	return (uint8_t *)e->w->chip[e->conn->chip[!e->side]].counter;
}

/* On a word of the slice, or on a counter of the chip that all connections share. */
static bool make_atomic(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	struct fb_chip *c = &e->w->chip[e->conn->chip[!e->side]];
	uint64_t is;

	fb_draw_word_op(e, wr, 8);
	m->shared = fb_chance(&e->rng, 1, 4);
	if (m->shared) {
		m->at = fb_below(&e->rng, 8 * FB_COUNTERS / wr->len) * wr->len;
		wr->addr = c->shared.base + m->at;
		wr->rkey = c->shared.key;
		is = fb_word(counters(e) + m->at, wr->len);
	} else {
		if (!place(e, m, wr, FB_ATOMICS, wr->len, wr->len))
			return false;
		is = fb_word(model(e, m), wr->len);
	}
	wr->compare = fb_below(&e->rng, 2) ? is : fb_rand(&e->rng);
	return true;
}

static void apply_atomic(struct fb_end *e, struct fb_msg *m)
{
	uint8_t *at = m->shared ? counters(e) + m->at : model(e, m);
	uint64_t word = fb_word(at, m->len);

	FB_MUST(e->w, word == m->old, "an atomic found %llx where %llx must be",
		(unsigned long long)m->old, (unsigned long long)word);
	fb_put_word(at, fb_atomic(&m->word, word), m->len);
}

static const char *verify_atomic(const struct fb_end *e, const struct fb_msg *m,
				 const struct weft_wc *wc)
{
	e->w->deeds[FB_DID_MASKED_ATOMIC] += m->word.masked;
	e->w->deeds[FB_DID_NARROW_ATOMIC] += m->len < 8;
	return wc->value == m->old ? NULL : "an atomic answers another value than it found";
}

static bool make_reduce(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	static const uint8_t types[] = { WEFT_DTYPE_I32, WEFT_DTYPE_I64, WEFT_DTYPE_U8 };
	uint32_t size;

	wr->dtype = types[fb_below(&e->rng, 3)];
	wr->redop = (uint8_t)(1 + fb_below(&e->rng, WEFT_REDOP_COUNT - 1));
	size = weft_dtype_size(wr->dtype);
	return place(e, m, wr, FB_REDUCES, fb_draw_len(e, FB_MSG_MAX) / size * size, size);
}

static void apply_reduce(struct fb_end *e, struct fb_msg *m)
{
	fb_reduce(m->redop, m->dtype, model(e, m), e->w->payload + m->pay, m->len);
}

/* Of a range, or of the whole region. */
static bool make_flush(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr)
{
	const struct weft_mr *mr = &fb_peer(e)->mr;

	wr->len = fb_below(&e->rng, 2) ? 0 : fb_below(&e->rng, FB_SLICE + 1);
	m->at = fb_below(&e->rng, FB_SLICE - wr->len + 1);
	wr->addr = mr->base + m->at;
	wr->rkey = mr->key;
	wr->level = fb_below(&e->rng, 2) ? WEFT_FLUSH_PLACED : WEFT_FLUSH_VISIBLE;
	return true;
}

#define ANY_DATA (WEFT_OFLAGS_SE | WEFT_OFLAGS_FENCE | WEFT_OFLAGS_SIGNAL)

const struct fb_op fb_ops[] = {
	{ "SEND", WEFT_OPCODE_SEND, 30, ANY_DATA | WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV,
	  FB_DID_SEND, make_send, NULL, NULL },
	{ "WRITE", WEFT_OPCODE_WRITE, 40, ANY_DATA | WEFT_OFLAGS_IMM, FB_DID_WRITE, make_write,
	  apply_write, NULL },
	{ "READ", WEFT_OPCODE_READ, 15, WEFT_OFLAGS_FENCE, FB_DID_READ, make_read, NULL,
	  verify_read },
	{ "ATOMIC", WEFT_OPCODE_ATOMIC, 15, WEFT_OFLAGS_FENCE, FB_DID_ATOMIC, make_atomic,
	  apply_atomic, verify_atomic },
	{ "REDUCE", WEFT_OPCODE_REDUCE, 0, ANY_DATA, FB_DID_REDUCE, make_reduce, apply_reduce,
	  NULL },
	{ "FLUSH", WEFT_OPCODE_FLUSH, 0, WEFT_OFLAGS_SE | WEFT_OFLAGS_FENCE, FB_DID_FLUSH,
	  make_flush, NULL, NULL },
};

const uint32_t fb_n_ops = WEFT_ARRAY_LEN(fb_ops);

uint32_t fb_weight(const struct fb_cfg *cfg, const struct fb_op *op)
{
	return op->opcode == WEFT_OPCODE_REDUCE ? cfg->reduce :
	       op->opcode == WEFT_OPCODE_FLUSH ? cfg->flush : op->weight;
}
