/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other chips do to registered memory by messages: each access judged by the engine's rules,
 * then carried out.  Through windows they do it in remote_ls.c; no other file touches that memory
 * on a peer's behalf.
 */
#include <string.h>

#include "userspace/lib/lib.h"

static enum weft_status judge(const struct weftu_ctx *ctx, const struct weft_act *act,
			      const struct weft_mem *m, uint32_t need, uint64_t len)
{
	return weft_mr_check(m ? &m->mr : NULL, ctx->domain, weft_stream_pd(act->stream), need,
			     act->addr, len);
}

static uint8_t *local(const struct weft_mem *m, uint64_t addr)
{
	return m->buf + (addr - m->mr.base);
}

/* WEFT-SEM-015: what this chip withholds it does not do either. */
static bool withheld(const struct weftu_ctx *ctx, uint32_t feature)
{
	return ctx->port->o.withheld & feature;
}

/* ---- Data ------------------------------------------------------------------------ */

static uint8_t *hold_of(struct weftu_ctx *ctx, const struct weft_act *act)
{
	return ctx->holds + (size_t)act->hold * ctx->port->o.max_payload;
}

static enum weft_status keep(struct weftu_ctx *ctx, const struct weft_act *act,
			     const uint8_t *payload)
{
	if (act->hold == WEFT_NO_HOLD || !payload)
		return WEFT_STATUS_NO_HOLD;
	if (act->len)
		memcpy(hold_of(ctx, act), payload, act->len);
	return WEFT_STATUS_HELD;
}

/* Bytes of a packet that find their place. */
static size_t placed(const struct weftu_ctx *ctx, const struct weft_act *act)
{
	size_t to_page_end = 4096 - (act->addr + act->offset) % 4096;

	if (WEFT_MUTANT(SAME_PLACE_SKIPPED) && ctx->mode == WEFT_MODE_ROD && act->len == 64) {
		static uint64_t before;
		bool same = before == act->addr + act->offset;

		before = act->addr + act->offset;
		if (same)
			return 0;
	}
	if (WEFT_MUTANT(PLACED_10_BITS) && act->len == 1024)
		return 0;
	return WEFT_MUTANT(PAGE_CUT) && act->len > to_page_end ? to_page_end : act->len;
}

/* For mutants: has it been asked more often than that in one moment of the port's clock? */
static bool too_many_at_once(const struct weftu_ctx *ctx, unsigned many)
{
	static weft_time moment;
	static unsigned n;

	if (moment != weftu_now(ctx->port))
		n = 0;
	moment = weftu_now(ctx->port);
	return n++ >= many;
}

enum weft_status weftu_place(struct weftu_ctx *ctx, const struct weft_act *act,
			     const uint8_t *payload, uint64_t *relaxed)
{
	const struct weft_mem *m = weftu_mem(ctx->port, act->key);
	enum weft_status st = judge(ctx, act, m, WEFT_MR_WRITE, act->msg_len);

	if (act->type == WEFT_ACT_REDUCE && withheld(ctx, WEFT_FEATURES_REDUCE))
		return WEFT_STATUS_BAD_OPCODE;
	if (WEFT_MUTANT(REDUCE_READS) && act->type == WEFT_ACT_REDUCE)
		st = judge(ctx, act, m, WEFT_MR_READ, act->msg_len);
	if (WEFT_MUTANT(ROD_RIGHTS_ANY) && ctx->mode == WEFT_MODE_ROD &&
	    st == WEFT_STATUS_NO_RIGHTS)
		st = WEFT_STATUS_OK;
	if (WEFT_MUTANT(KEY_OF_FIRST) && act->offset && !m)
		return WEFT_STATUS_OK;
	if (WEFT_MUTANT(TAIL_UNCHECKED))
		st = weft_mr_check(m ? &m->mr : NULL, ctx->domain, weft_stream_pd(act->stream),
				   WEFT_MR_WRITE, act->addr + act->offset, act->len);
	if (WEFT_MUTANT(REFUSED_WRITTEN) && st == WEFT_STATUS_BAD_DOMAIN && payload)
		memcpy(local(m, act->addr) + act->offset, payload, act->len);
	if (st != WEFT_STATUS_OK)
		return st;
	*relaxed = act->msg_len && m->mr.rights & WEFT_MR_RELAXED ? 1 : 0;	/* WEFT-MEM-008 */
	/* WEFT-SEM-004, WEFT-SEM-052 */
	if (act->early && !WEFT_MUTANT(PLACE_EARLY) &&
	    (act->early == WEFT_TOO_EARLY || !*relaxed)) {
		*relaxed &= act->early == WEFT_TOO_EARLY;
		return keep(ctx, act, payload);
	}
	if (!payload)
		payload = hold_of(ctx, act);
	if (WEFT_MUTANT(BURST_END_UNWRITTEN) && too_many_at_once(ctx, 48))
		return WEFT_STATUS_OK;
	if (act->type == WEFT_ACT_REDUCE && !WEFT_MUTANT(REDUCE_OVERWRITES))
		weft_combine(act->redop, act->dtype, local(m, act->addr) + act->offset, payload,
			     act->len);
	else if (act->len)
		memcpy(local(m, act->addr) + (WEFT_MUTANT(OFFSET_15_BITS) ? act->offset & 0x7fff :
					      act->offset), payload, placed(ctx, act));
	return WEFT_STATUS_OK;
}

enum weft_status weftu_check_read(struct weftu_ctx *ctx, const struct weft_act *act)
{
	return judge(ctx, act, weftu_mem(ctx->port, act->key), WEFT_MR_READ, act->msg_len);
}

/* For READ_GOES_ON: the key, or what was known of it when it was last used. */
static const struct weft_mem *goes_on(const struct weft_mem *m, uint32_t key)
{
	static struct weft_mem last;

	if (m)
		last = *m;
	return last.mr.key == key ? &last : NULL;
}

/* Where the data of a READ response lies; checked for each packet (WEFT-MEM-006). */
const void *weftu_read_source(struct weftu_ctx *ctx, const struct weft_txd *t,
			      enum weft_status *st)
{
	const struct weft_mem *m = weftu_mem(ctx->port, t->key);

	if (WEFT_MUTANT(READ_GOES_ON))
		m = goes_on(m, t->key);
	*st = weft_mr_check(m ? &m->mr : NULL, ctx->domain, weft_stream_pd(t->stream),
			    WEFT_MR_READ, t->addr, t->len);
	return *st == WEFT_STATUS_OK ? local(m, t->addr) : NULL;
}

/* ---- Words ----------------------------------------------------------------------- */

static void mutate(struct weft_atomic *op)
{
	if (op->aop == WEFT_AOP_FADD && WEFT_MUTANT(FADD_32))
		op->operand = (uint32_t)op->operand;
	if (op->aop == WEFT_AOP_FADD && WEFT_MUTANT(ATOMIC_ORDER))
		op->operand = __builtin_bswap64(op->operand);
	if (op->aop == WEFT_AOP_MIN && WEFT_MUTANT(MIN_UNSIGNED))
		op->aop = WEFT_AOP_UMIN;
	if (WEFT_MUTANT(MASK_IGNORED))
		op->operand_mask = UINT64_MAX;
	if (op->aop == WEFT_AOP_FADD && WEFT_MUTANT(FIELDS_SPILL))
		op->compare_mask = 0;
	if (op->aop != WEFT_AOP_CAS)
		return;
	if (WEFT_MUTANT(CAS_ALWAYS))
		op->compare_mask = 0;
	if (WEFT_MUTANT(CAS_32))
		op->compare_mask = UINT32_MAX;
	if (WEFT_MUTANT(CAS_NEVER))
		op->operand = op->compare;
}

/* For OLD_OF_BEFORE: what a CAS at addr, which found old, answers. */
static uint64_t before_last(const struct weft_atomic *op, uint64_t addr, uint64_t old)
{
	static uint64_t at, was;

	if (op->aop != WEFT_AOP_CAS)
		return old;
	if (old != op->compare)
		return at == addr ? was : old;
	at = addr;
	was = old;
	return old;
}

/* For WORD_RACE: this FADD read the word before the one before it had written it. */
static uint64_t raced(struct weft_atomic op, void *word, uint64_t old)
{
	op.operand = 0 - op.operand;
	weftu_word(word, &op);
	return old + op.operand;
}

/* A masked one is known by its masks. */
static bool atomic_offered(const struct weftu_ctx *ctx, const struct weft_atomic *op)
{
	uint64_t ends = op->aop == WEFT_AOP_CAS ? UINT64_MAX : 0;

	if (op->aop != WEFT_AOP_FADD && op->aop != WEFT_AOP_CAS &&
	    withheld(ctx, WEFT_FEATURES_ATOMICS))
		return false;
	if (op->width != 8 && withheld(ctx, WEFT_FEATURES_NARROW))
		return false;
	return !withheld(ctx, WEFT_FEATURES_MASKED) ||
	       (op->operand_mask == UINT64_MAX && op->compare_mask == ends);
}

enum weft_status weftu_atomic(struct weftu_ctx *ctx, const struct weft_act *act, uint64_t *value)
{
	const struct weft_mem *m = weftu_mem(ctx->port, act->key);
	enum weft_status st = judge(ctx, act, m, WEFT_MR_ATOMIC, act->atomic.width);
	struct weft_atomic op = act->atomic;

	if (withheld(ctx, WEFT_FEATURES_ATOMICS | WEFT_FEATURES_NARROW | WEFT_FEATURES_MASKED) &&
	    !atomic_offered(ctx, &op))
		return WEFT_STATUS_BAD_OPCODE;
	if (st != WEFT_STATUS_OK)
		return st;
	if (act->addr % op.width && !WEFT_MUTANT(MISALIGNED_TAKEN) &&	/* WEFT-MEM-007 */
	    !WEFT_MUTANT(SIGNAL_ANYWHERE) && !WEFT_MUTANT(NARROW_ANYWHERE))
		return WEFT_STATUS_MISALIGNED;
	mutate(&op);
	*value = weftu_word(local(m, act->addr), &op);
	if (WEFT_MUTANT(WORD_RACE) && op.aop == WEFT_AOP_FADD && too_many_at_once(ctx, 8))
		*value = raced(op, local(m, act->addr), *value);
	if (WEFT_MUTANT(OLD_OF_BEFORE))
		*value = before_last(&op, act->addr, *value);
	if (op.aop == WEFT_AOP_FADD && WEFT_MUTANT(OLD_IS_NEW))
		*value += op.operand;
	if (op.width < 8 && WEFT_MUTANT(OLD_SIGNED) && *value >> (8 * op.width - 1))
		*value |= UINT64_MAX << 8 * op.width;
	return WEFT_STATUS_OK;
}

/* ---- Regions --------------------------------------------------------------------- */

/*
 * WEFT-SEM-056, WEFT-SEM-091: what is placed here every thread of the program can see; nothing
 * outlasts it.
 */
enum weft_status weftu_flush(struct weftu_ctx *ctx, const struct weft_act *act)
{
	const struct weft_mem *m = weftu_mem(ctx->port, act->key);
	enum weft_status st = judge(ctx, act, m, WEFT_MR_WRITE, act->msg_len);

	if (st != WEFT_STATUS_OK && !WEFT_MUTANT(FLUSH_UNCHECKED))
		return st;
	if ((act->level == WEFT_FLUSH_DURABLE && !WEFT_MUTANT(DURABLE_SAID)) ||
	    (!act->msg_len && WEFT_MUTANT(FLUSH_NO_WHOLE)) ||
	    (act->level == WEFT_FLUSH_VISIBLE && withheld(ctx, WEFT_FEATURES_VISIBLE)))
		return WEFT_STATUS_BAD_OPCODE;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return WEFT_STATUS_OK;
}

/* WEFT-SEM-065: the memory stays registered, but nobody can name it any more. */
enum weft_status weftu_invalidate(struct weftu_ctx *ctx, const struct weft_act *act)
{
	struct weft_mem *m = weftu_mem(ctx->port, act->key);
	enum weft_status st = judge(ctx, act, m, WEFT_MUTANT(INV_ANY) ? 0 : WEFT_MR_INVALIDATE, 0);

	if (withheld(ctx, WEFT_FEATURES_INV))
		return WEFT_STATUS_BAD_OPCODE;
	if (st == WEFT_STATUS_OK)
		m->mr.alive = false;
	return st;
}
