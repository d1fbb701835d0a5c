/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other chips do to registered memory through windows: binding them, loads, stores and
 * atomics.  The engine has judged the window; the region is judged here, at each operation, so that
 * one that is withdrawn is withdrawn at once (WEFT-MEM-047).
 */
#include <string.h>

#include "userspace/lib/lib.h"

static enum weft_status find(const struct weftu_ctx *ctx, uint32_t key, uint32_t pd, uint32_t need,
			     uint64_t addr, uint64_t len, uint8_t **at)
{
	const struct weft_mem *m = weftu_mem(ctx->port, key);
	enum weft_status st = weft_mr_check(m ? &m->mr : NULL, ctx->domain, pd, need, addr, len);

	if (st == WEFT_STATUS_OK)
		*at = m->buf + (addr - m->mr.base);
	return st;
}

/* WEFT-MEM-042: no right is needed to bind; *rights become the window's. */
enum weft_status weftu_bind(struct weftu_ctx *ctx, const struct weft_act *act, uint64_t *rights)
{
	uint8_t *at;
	enum weft_status st = find(ctx, act->key, act->pd, 0, act->addr, act->span, &at);

	if (st == WEFT_STATUS_OK)
		*rights = weftu_mem(ctx->port, act->key)->mr.rights;
	return st;
}

static uint32_t need_of(const struct weft_act *act)
{
	return act->type == WEFT_ACT_LS_LOAD ? WEFT_MR_READ :
	       act->type == WEFT_ACT_LS_STORE ? WEFT_MR_WRITE : WEFT_MR_ATOMIC;
}

/* WEFT-MEM-064 */
static void store(const struct weft_act *act, uint8_t *at)
{
	if (act->len > 64 || act->mask == UINT64_MAX) {
		memcpy(at, act->data, act->len);
		return;
	}
	for (uint32_t i = 0; i < act->len; i++) {
		if (act->mask >> (63 - i) & 1)
			at[i] = act->data[i];
	}
}

enum weft_status weftu_ls_execute(struct weftu_ctx *ctx, const struct weft_act *act,
				  uint64_t *value)
{
	uint8_t *at = NULL;
	enum weft_status st = find(ctx, act->key, act->pd, need_of(act), act->addr, act->len, &at);

	if (WEFT_MUTANT(WINDOW_GONE) && st == WEFT_STATUS_BAD_KEY)
		return WEFT_STATUS_NO_WINDOW;
	if (st != WEFT_STATUS_OK)
		return st;
	if (act->type == WEFT_ACT_LS_STORE)
		store(act, at);
	else if (act->type == WEFT_ACT_LS_ATOMIC)
		*value = weftu_word(at, &act->atomic);
	return WEFT_STATUS_OK;
}

/* ---- What is sent ------------------------------------------------------------------- */

/* WEFT-MEM-047: where the bytes of a piece lie; NULL: not any more, and the engine knows. */
static const uint8_t *source(struct weftu_ctx *ctx, const struct weft_txd *t,
			     const struct weft_seg *s, size_t i)
{
	enum weft_status st;
	uint8_t *at;

	if (s->src != WEFT_SRC_MEM)
		return (const uint8_t *)(uintptr_t)s->local;
	st = find(ctx, s->key, s->pd, WEFT_MR_READ, s->addr, s->len, &at);
	if (st == WEFT_STATUS_OK)
		return at;
	ctx->port->st.refused_local++;
	weft_ls_seg_failed(ctx->pdc, t, i, st);
	return NULL;
}

bool weftu_ls_gather(struct weftu_ctx *ctx, const struct weft_txd *t, uint8_t *out)
{
	struct weft_seg segs[WEFT_MAX_MEMOPS];
	size_t n = weft_ls_segs(ctx->pdc, t, segs);

	for (size_t i = 0; i < n; i++) {
		const struct weft_seg *s = &segs[i];
		const uint8_t *from = s->len ? source(ctx, t, s, i) : NULL;

		if (s->len && !from)
			return false;
		memcpy(out, s->bytes, s->inlined);
		out += s->inlined;
		if (s->len)
			memcpy(out, from, s->len);
		out += s->len;
		memset(out, 0, s->pad);
		out += s->pad;
	}
	return true;
}
