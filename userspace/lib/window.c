/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows of other chips' memory, and what is done through them.  Decides who has which number and
 * when one is free again; what goes over the wire is the engine's.
 *
 * A window that its user has given up lives on in its slot until the other chip has unbound it: the
 * engine allows that when its operations are answered.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/lib.h"

#define DEPTH 64u	/* operations posted and not polled, unless the user says otherwise */

/* ---- Making ---------------------------------------------------------------------- */

/* What only those need who use windows of others, made when one is asked for. */
static int equip(struct weftu_ctx *ctx)
{
	struct weftu_ls *ls = &ctx->ls;

	if (ls->slots)
		return 0;
	ls->slots = calloc(ls->windows, sizeof(*ls->slots));
	ls->ops = calloc(ls->tags, sizeof(*ls->ops));
	if (!ls->slots || !ls->ops) {
		free(ls->slots);
		free(ls->ops);
		ls->slots = NULL;
		ls->ops = NULL;
		return weftu_fail(ctx->port, -ENOMEM, "out of memory for windows");
	}
	for (uint16_t i = 0; i < ls->tags; i++) {
		ls->ops[i].next = ls->free;
		ls->free = i;
	}
	return 0;
}

static int take_slot(struct weftu_ctx *ctx, uint16_t *number)
{
	for (uint16_t i = 0; i < ctx->ls.windows; i++) {
		if (ctx->ls.slots[i].state == WSLOT_FREE) {
			*number = i;
			return 0;
		}
	}
	return weftu_fail(ctx->port, -ENOSPC, "all %u windows of the context with this chip are "
			  "bound: close one", ctx->ls.windows);
}

static int ready(struct weft_ep *ep)
{
	if (ep->state != EP_CONNECTED || !ep->stream)
		return weftu_fail(ep->port, -ENOTCONN, "endpoint is not connected");
	if (!weftu_allowed(ep->ctx, WEFT_FEATURES_MEM) || !ep->ctx->ls.mem)
		return weftu_fail(ep->port, -EOPNOTSUPP, "no load and store with chip at %s: %s",
				  ep->addr_text, ep->port->o.withheld & WEFT_OFFER_MEM ?
				  "this side withholds it" : "it does not offer that");
	return equip(ep->ctx);
}

static int ask(struct weft_window *w, uint32_t key, uint64_t addr, uint64_t len)
{
	struct weftu_ctx *ctx = w->ep->ctx;
	int r = weftu_cq_reserve(w->ep->cq, w->depth);

	if (r)
		return r;
	weftu_pools_ready(ctx->port);
	r = weft_ls_bind(ctx->pdc, w->number, weft_stream_peer_qpn(w->ep->stream), key, addr, len);
	if (!r)
		return 0;
	weftu_cq_release(w->ep->cq, w->depth);
	if (r == WEFT_EFULL)
		return weftu_fail(ctx->port, -EAGAIN, "too many questions are on their way to this "
				  "chip: turn the port and bind again");
	return weftu_fail(ctx->port, -ENOTCONN, "the context with this chip has ended");
}

int weft_window_bind(struct weft_ep *ep, uint32_t key, uint64_t addr, uint64_t len,
		     const struct weft_window_opts *opts, struct weft_window **out)
{
	static const struct weft_window_opts none;
	const struct weft_window_opts *o = opts ? opts : &none;
	struct weft_window *w;
	int err;

	*out = NULL;
	if (len > WEFT_WINDOW_SPAN_MAX || !key || o->depth > 4096)
		return weftu_fail(ep->port, -EINVAL, "window: give a key, at most 2^36 bytes, and "
				  "a depth of at most 4096");
	err = ready(ep);
	if (err)
		return err;
	w = calloc(1, sizeof(*w));
	if (!w)
		return weftu_fail(ep->port, -ENOMEM, "out of memory for a window");
	w->ep = ep;
	w->user = o->user;
	w->depth = o->depth ? o->depth : DEPTH;
	err = take_slot(ep->ctx, &w->number);
	if (!err)
		err = ask(w, key, addr, len);
	if (err) {
		free(w);
		return err;
	}
	w->ctx = ep->ctx;
	w->next = ep->windows;
	ep->windows = w;
	ep->ctx->ls.slots[w->number] = (struct weftu_wslot){ w, WSLOT_BINDING };
	weftu_activate(ep->ctx);
	*out = w;
	return 0;
}

/* ---- Ending ---------------------------------------------------------------------- */

static void leave(struct weftu_ctx *ctx, struct weftu_wslot *s)
{
	s->w = NULL;
	if (s->state != WSLOT_BOUND)
		return;			/* when its bind is answered */
	s->state = WSLOT_LEAVING;
	ctx->ls.leaving++;
	weftu_activate(ctx);
}

void weftu_windows_leave(struct weftu_ctx *ctx)
{
	struct weftu_ls *ls = &ctx->ls;

	for (uint16_t i = 0; ls->leaving && i < ls->windows; i++) {
		if (ls->slots[i].state != WSLOT_LEAVING)
			continue;
		weftu_pools_ready(ctx->port);
		if (weft_ls_unbind(ctx->pdc, i) != WEFT_OK)
			continue;		/* operations are not answered, or no room */
		ls->slots[i].state = WSLOT_UNBINDING;
		ls->leaving--;
	}
}

static void complete(struct weft_window *w, const struct weftu_lsop *op, enum weft_status st,
		     uint64_t value)
{
	struct weft_completion *c;

	if (op->quiet && st == WEFT_STATUS_OK) {
		w->unpolled--;
		return;
	}
	c = weftu_cq_push(w->ep->cq);
	c->ep = w->ep;
	c->window = w;
	c->id = op->id;
	c->op = op->op;
	c->status = (uint8_t)st;
	c->value = value;
}

/* Off its context; what it has outstanding is nobody's.  tell: it is flushed. */
static void detach(struct weft_window *w, bool tell)
{
	struct weftu_ctx *ctx = w->ctx;

	if (!ctx)
		return;
	w->ctx = NULL;
	for (uint16_t i = 0; i < ctx->ls.tags; i++) {
		struct weftu_lsop *op = &ctx->ls.ops[i];

		if (op->w != w)
			continue;
		op->w = NULL;
		if (tell)
			complete(w, op, WEFT_STATUS_FLUSHED, 0);
	}
	leave(ctx, &ctx->ls.slots[w->number]);
}

void weftu_windows_end(struct weft_ep *ep)
{
	for (struct weft_window *w = ep->windows; w; w = w->next) {
		if (w->state == WEFT_WINDOW_IS_BINDING || w->state == WEFT_WINDOW_IS_BOUND)
			w->state = WEFT_WINDOW_IS_ENDED;
		detach(w, true);
	}
}

void weft_window_close(struct weft_window *w)
{
	struct weft_window **at;

	if (!w)
		return;
	detach(w, false);
	for (at = &w->ep->windows; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	weftu_cq_forget(w->ep->cq, NULL, w, NULL);
	weftu_cq_release(w->ep->cq, w->depth);
	weftu_events_forget_window(w->ep->port, w);
	free(w);
}

void weftu_windows_free(struct weft_ep *ep)
{
	while (ep->windows)
		weft_window_close(ep->windows);
}

/* ---- What the other chip says ---------------------------------------------------- */

static void bound(struct weftu_ctx *ctx, struct weftu_wslot *s, enum weft_status st)
{
	struct weft_window *w = s->w;

	s->state = st == WEFT_STATUS_OK ? WSLOT_BOUND : WSLOT_FREE;
	if (!w) {
		leave(ctx, s);
		return;
	}
	w->failure = st;
	w->state = st == WEFT_STATUS_OK ? WEFT_WINDOW_IS_BOUND : WEFT_WINDOW_IS_REFUSED;
	if (st != WEFT_STATUS_OK) {
		s->w = NULL;
		w->ctx = NULL;
	}
	weftu_event(ctx->port, &(struct weft_ep_event){ .kind = WEFT_EP_WINDOW, .ep = w->ep,
			.window = w, .user = w->user, .status = (uint8_t)st });
}

void weftu_window_event(struct weftu_ctx *ctx, const struct weft_act *act)
{
	struct weftu_wslot *s = ctx->ls.slots && act->arg < ctx->ls.windows ?
				&ctx->ls.slots[act->arg] : NULL;

	if (!s)
		return;
	if (s->state == WSLOT_BINDING)
		bound(ctx, s, act->wc.status);
	else if (s->state == WSLOT_UNBINDING)
		s->state = WSLOT_FREE;
}

/* local: of the operation, whose data it is. */
void weftu_window_placed(const struct weft_act *act)
{
	memcpy((uint8_t *)(uintptr_t)act->local, act->data, act->len);
}

/* The engine's id is the operation's place. */
void weftu_window_complete(struct weftu_ctx *ctx, const struct weft_wc *wc)
{
	struct weftu_lsop *op = &ctx->ls.ops[wc->id];

	if (op->w) {
		if (op->op == WEFT_OP_LOAD && wc->status == WEFT_STATUS_OK)
			memcpy(op->to, op->data, op->len);
		complete(op->w, op, wc->status, wc->value);
	}
	op->w = NULL;
	op->next = ctx->ls.free;
	ctx->ls.free = (uint16_t)wc->id;
}

/* ---- Operations ------------------------------------------------------------------ */

/* log2 of a length that there is; -1: there is none such. */
static int size_of(uint32_t len, uint32_t most)
{
	if (!len || len & (len - 1) || len > most)
		return -1;
	return __builtin_ctz(len);
}

static int refused(struct weft_window *w, int r)
{
	if (r == WEFT_EINVAL)
		return weftu_fail(w->ep->port, -EINVAL, "operation on a window: its offset or "
				  "length is none, or longer than a packet to this chip");
	if (r == WEFT_EFULL)
		return weftu_fail(w->ep->port, -EAGAIN, "as many operations are outstanding as "
				  "both chips allow: turn and poll");
	return weftu_fail(w->ep->port, -ENOTCONN, "the window is not bound any more");
}

static int check(struct weft_window *w, unsigned flags)
{
	struct weft_port *port = w->ep->port;

	if (flags & ~WEFT_QUIET)
		return weftu_fail(port, -EINVAL, "unknown flags %#x", flags & ~WEFT_QUIET);
	if (w->state != WEFT_WINDOW_IS_BOUND)
		return weftu_fail(port, -ENOTCONN, "the window is not bound%s",
				  w->state == WEFT_WINDOW_IS_BINDING ?
				  " yet: wait for its event or call weft_window_wait()" : "");
	if (w->unpolled == w->depth || w->ctx->ls.free == NO_LSOP)
		return refused(w, WEFT_EFULL);
	return 0;
}

/* op: its local is set here.  data: len bytes to be stored; NULL: none.  to: of a load. */
static int post(struct weft_window *w, struct weft_ls_op *op, const struct weftu_lsop *how,
		const void *data, uint32_t len, unsigned flags)
{
	struct weftu_lsop *place;
	uint16_t at;
	int r = check(w, flags);

	if (r)
		return r;
	at = w->ctx->ls.free;
	place = &w->ctx->ls.ops[at];
	if (data)
		memcpy(place->data, data, len);
	op->id = at;
	op->local = (uintptr_t)place->data;
	op->window = w->number;
	r = weft_ls_post(w->ctx->pdc, op, 1);
	if (r != 1)
		return refused(w, r);
	w->ctx->ls.free = place->next;
	place->w = w;
	place->id = how->id;
	place->to = how->to;
	place->op = how->op;
	place->len = (uint16_t)len;
	place->quiet = flags & WEFT_QUIET;
	w->unpolled++;
	weftu_activate(w->ctx);
	return 0;
}

static int bad_length(struct weft_window *w, uint32_t len)
{
	return weftu_fail(w->ep->port, -EINVAL, "no operation on %u bytes of a window: give a "
			  "power of two, at most 256; masked at most 64; atomics at most 8", len);
}

int weft_load(struct weft_window *w, void *buf, uint32_t len, uint64_t offset, uint64_t id,
	      unsigned flags)
{
	struct weft_ls_op op = { .code = len == LS_BIG ? WEFT_MEMCODE_LOAD256 : WEFT_MEMCODE_LOAD,
				 .offset = offset };
	struct weftu_lsop how = { .id = id, .op = WEFT_OP_LOAD, .to = buf };
	int size = size_of(len, LS_BIG);

	if (size < 0 || !buf)
		return bad_length(w, len);
	op.size = len == LS_BIG ? 0 : (uint8_t)size;
	return post(w, &op, &how, NULL, len, flags);
}

int weft_store(struct weft_window *w, const void *buf, uint32_t len, uint64_t offset, uint64_t id,
	       unsigned flags)
{
	struct weft_ls_op op = { .code = len == LS_BIG ? WEFT_MEMCODE_STORE256 :
							 WEFT_MEMCODE_STORE, .offset = offset };
	struct weftu_lsop how = { .id = id, .op = WEFT_OP_STORE };
	int size = size_of(len, LS_BIG);

	if (size < 0 || !buf)
		return bad_length(w, len);
	op.size = len == LS_BIG ? 0 : (uint8_t)size;
	return post(w, &op, &how, buf, len, flags);
}

int weft_store_masked(struct weft_window *w, const void *buf, uint32_t len, uint64_t mask,
		      uint64_t offset, uint64_t id, unsigned flags)
{
	struct weft_ls_op op = { .code = WEFT_MEMCODE_MSTORE, .offset = offset, .operand = mask };
	struct weftu_lsop how = { .id = id, .op = WEFT_OP_STORE };
	int size = size_of(len, 64);

	if (size < 0 || !buf)
		return bad_length(w, len);
	op.size = (uint8_t)size;
	return post(w, &op, &how, buf, len, flags);
}

static uint8_t memcode_of(uint8_t op)
{
	uint8_t code = WEFT_MEMCODE_FADD;

	while (code < WEFT_MEMCODE_COUNT && weft_memcode_aop(code) != (enum weft_aop)op)
		code++;
	return code;
}

int weft_window_atomic(struct weft_window *w, const struct weft_word *word, uint64_t offset,
		       uint64_t id, unsigned flags)
{
	uint32_t width = word->width ? word->width : 8;
	struct weft_atomic a = { .aop = word->op, .width = (uint8_t)width };
	struct weft_ls_op op = { .offset = offset, .operand = word->operand,
				 .compare = word->compare };
	struct weftu_lsop how = { .id = id, .op = WEFT_OP_WINDOW_ATOMIC };

	if (!weft_atomic_ok(&a) || word->masked)
		return weftu_fail(w->ep->port, -EINVAL, "no operation %u on a word of %u bytes of "
				  "a window%s", word->op, width, word->masked ? " with masks" : "");
	op.code = memcode_of(word->op);
	op.size = (uint8_t)size_of(width, 8);
	return post(w, &op, &how, NULL, width, flags);
}

/* ---- What a window is ------------------------------------------------------------ */

int weft_window_wait(struct weft_window *w, uint64_t timeout_ns)
{
	struct weft_port *port = w->ep->port;
	weft_time begin = weftu_now(port);

	while (w->state == WEFT_WINDOW_IS_BINDING) {
		uint64_t spent = weftu_now(port) - begin;
		int r = spent > timeout_ns ? 0 : weft_wait(port, timeout_ns - spent);

		if (r < 0)
			return r;
		if (!r && w->state == WEFT_WINDOW_IS_BINDING)
			return weftu_fail(port, -ETIMEDOUT, "the window is not bound within %llu "
					  "ms", (unsigned long long)(timeout_ns / WEFT_MSEC));
	}
	weftu_events_forget_window(port, w);
	if (w->state == WEFT_WINDOW_IS_REFUSED)
		return weftu_fail(port, -EREMOTEIO, "the chip refused the window: %s: %s",
				  weft_st_name(w->failure), weft_st_text(w->failure));
	if (w->state == WEFT_WINDOW_IS_ENDED)
		return weftu_fail(port, -ENOTCONN, "%s", weft_ep_error_text(w->ep));
	return 0;
}

enum weft_window_state weft_window_state(const struct weft_window *w)
{
	return w->state;
}

unsigned weft_window_failure(const struct weft_window *w)
{
	return w->failure;
}

struct weft_ep *weft_window_ep(const struct weft_window *w)
{
	return w->ep;
}

void *weft_window_user(const struct weft_window *w)
{
	return w->user;
}

uint32_t weft_window_room(const struct weft_window *w)
{
	return w->state == WEFT_WINDOW_IS_BOUND ? w->depth - w->unpolled : 0;
}
