/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Load and store: what contexts ask for, the host's side of it, and what must come of it.  Each
 * context has memory of its own at its peer, under keys that end with it; operations that are
 * outstanding at the same time never touch the same block, as nothing orders them.
 */
#include <stdlib.h>

#include "core/ls.h"
#include "core/test/fabric/fabric.h"
#include "sim/util.h"

#define BURST 8u		/* operations posted at a time */
#define DOMAIN 1u

static uint32_t number_of(const struct fb_ctx *x)
{
	return x->chip * (uint32_t)FB_SLOTS + x->slot;
}

static struct fb_ctx *context_at(struct fb_world *w, uint32_t number)
{
	return number < w->cfg.chips * FB_SLOTS ?
	       w->chip[number / FB_SLOTS].slot[number % FB_SLOTS].ctx : NULL;
}

/* The context whose memory a key is about. */
static struct fb_ctx *owner(struct fb_world *w, uint32_t key)
{
	uint32_t first = 1 + 4 * w->cfg.conns + FB_KEYS_CHIP * w->cfg.chips;

	return context_at(w, ((key & 0xfff) - first) / FB_KEYS_LS);
}

/* The other end of a context, if it is still there. */
static struct fb_ctx *partner(struct fb_world *w, const struct fb_ctx *x)
{
	struct fb_chip *c = &w->chip[x->peer];
	uint32_t slot = weft_pdc_peer_id(x->pdc) - 1;
	struct fb_ctx *o = slot < FB_SLOTS ? c->slot[slot].ctx : NULL;

	return o && o->peer == x->chip && o->pdc->cfg.gen == x->pdc->peer_gen &&
	       weft_pdc_peer_incarnation(x->pdc) == o->profile.incarnation ? o : NULL;
}

static uint8_t *memory(const struct fb_world *w, const struct fb_ctx *x)
{
	return w->ls_mem + (size_t)number_of(x) * FB_LS_BYTES;
}

static uint8_t *model(const struct fb_world *w, const struct fb_ctx *x)
{
	return w->ls_model + (size_t)number_of(x) * FB_LS_BYTES;
}

const struct weft_mr *fb_ls_region(struct fb_world *w, struct fb_chip *c, uint32_t index,
				   uint32_t key, uint8_t **at)
{
	struct fb_ctx *x = context_at(w, index / FB_KEYS_LS);
	const struct weft_mr *mr;

	if (!x || !x->ls || x->peer != c->id)
		return NULL;
	*at = memory(w, x);
	mr = &x->ls->mr[index % FB_KEYS_LS];
	return mr->key == key ? mr : NULL;
}

void fb_ls_make(struct fb_world *w, struct fb_ctx *x)
{
	struct fb_chip *c = &w->chip[x->chip], *peer = &w->chip[x->peer];
	struct weft_ls_cfg g = { .windows = FB_LS_WINDOWS, .tags = c->ls_tags,
				 .peer_tags = peer->ls_tags };
	uint32_t first = 1 + 4 * w->cfg.conns + FB_KEYS_CHIP * w->cfg.chips;
	uint32_t pd = fb_below(&c->rng, 2);

	if (!w->cfg.ls)
		return;
	x->ls = sim_zalloc(1, sizeof(*x->ls));
	x->ls_mem = sim_zalloc(1, weft_ls_size(&g));
	FB_MUST(w, weft_ls_init(x->pdc, x->ls_mem, &g) == WEFT_OK, "load and store is refused");
	x->ls->want = 1 + fb_below(&c->rng, FB_LS_OPS);
	for (uint32_t i = 0; i < FB_KEYS_LS; i++)
		x->ls->mr[i] = (struct weft_mr){
			.base = fb_rand(&c->rng) >> 1 & ~7ull, .len = FB_LS_BYTES, .domain = DOMAIN,
			.key = (uint32_t)fb_rand(&c->rng) << 12 |
			       (first + number_of(x) * FB_KEYS_LS + i),
			.pd = pd, .alive = true, .rights = i ? WEFT_MR_READ :
			WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC,
		};
}

/* The keys go with it, so nothing of it has an effect from now on. */
void fb_ls_free(struct fb_world *w, struct fb_ctx *x)
{
	if (!x->ls)
		return;
	FB_MUST(w, !x->over || !x->ls->n, "chip %u: a context ended, and %u of its operations of "
		"load and store did not complete", x->chip, x->ls->n);
	FB_MUST(w, !memcmp(memory(w, x), model(w, x), FB_LS_BYTES),
		"chip %u: the memory that a context stored to is not what it must be", x->chip);
	free(x->ls);
	free(x->ls_mem);
	x->ls = NULL;
}

/* ---- windows ------------------------------------------------------------------------ */

/* Of the peer, for a window: one whose protection domain counts; 0: none. */
static uint32_t stream_for(struct fb_world *w, struct fb_ctx *x, struct fb_end *e)
{
	struct fb_end *peer = fb_peer(e);

	return peer->s && peer->ctx && peer->ctx == partner(w, x) ? peer->qpn : 0;
}

static enum weft_status judge_bind(const struct fb_window *v, const struct weft_mr *mr,
				   uint32_t qpn, uint32_t key)
{
	if (key != mr->key)
		return WEFT_STATUS_BAD_KEY;
	if (mr->pd && !qpn)
		return WEFT_STATUS_BAD_DOMAIN;
	return v->at + v->len > FB_LS_BYTES ? WEFT_STATUS_OUT_OF_BOUNDS : WEFT_STATUS_OK;
}

static void bind(struct fb_world *w, struct fb_ctx *x, struct fb_end *e, uint16_t i)
{
	struct fb_window *v = &x->ls->window[i];
	const struct weft_mr *mr;
	uint32_t qpn = stream_for(w, x, e), key;

	v->read_only = fb_chance(&e->rng, 1, 4);
	mr = &x->ls->mr[v->read_only];
	if (mr->pd ? fb_chance(&e->rng, 1, 16) : fb_below(&e->rng, 2))
		qpn = 0;
	else if (mr->pd && !qpn)
		return;
	v->at = fb_below(&e->rng, FB_LS_BYTES / 2);
	v->len = FB_LS_DATA + fb_below(&e->rng, FB_LS_BYTES - v->at - FB_LS_DATA + 1);
	key = mr->key;
	if (fb_chance(&e->rng, w->cfg.bad, 2048))
		v->len += FB_LS_BYTES;
	else if (fb_chance(&e->rng, w->cfg.bad, 2048))
		key ^= 1u << 31;
	v->fickle = qpn;
	v->expect = (uint8_t)judge_bind(v, mr, qpn, key);
	if (weft_ls_bind(x->pdc, i, qpn, key, mr->base + v->at, v->len) == WEFT_OK)
		v->state = FB_BINDING;
}

static void windows(struct fb_world *w, struct fb_ctx *x, struct fb_end *e)
{
	for (uint16_t i = 0; i < FB_LS_WINDOWS; i++) {
		struct fb_window *v = &x->ls->window[i];

		if (v->state == FB_UNBOUND && fb_below(&e->rng, 2))
			bind(w, x, e, i);
		else if (v->state == FB_BOUND_OK && !v->out && fb_chance(&e->rng, 1, 32) &&
			 weft_ls_unbind(x->pdc, i) == WEFT_OK)
			v->state = FB_UNBINDING;
	}
}

void fb_ls_window(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a)
{
	struct fb_window *v;
	enum weft_status st = a->wc.status;

	FB_MUST(w, x->ls && a->arg < FB_LS_WINDOWS, "chip %u: an answer about window %u", x->chip,
		a->arg);
	v = &x->ls->window[a->arg];
	FB_MUST(w, v->state == FB_BINDING || v->state == FB_UNBINDING, "chip %u: an answer about "
		"window %u, and nobody had asked", x->chip, a->arg);
	if (v->state == FB_UNBINDING) {
		FB_MUST(w, st == WEFT_STATUS_OK, "chip %u: a window is not unbound: %d", x->chip,
			(int)st);
		w->deeds[FB_DID_WINDOW_UNBOUND]++;
		v->state = FB_UNBOUND;
		return;
	}
	FB_MUST(w, st == (enum weft_status)v->expect ||
		(v->fickle && st == WEFT_STATUS_NO_STREAM), "chip %u: window %u is answered with "
		"%d, and %d it must be", x->chip, a->arg, (int)st, v->expect);
	w->deeds[st == WEFT_STATUS_OK ? FB_DID_WINDOW_BOUND : FB_DID_WINDOW_REFUSED]++;
	v->state = st == WEFT_STATUS_OK ? FB_BOUND_OK : FB_UNBOUND;
	x->pump = true;
}

/* ---- what is asked ------------------------------------------------------------------ */

static bool loads(uint8_t code)
{
	return code == WEFT_MEMCODE_LOAD || code == WEFT_MEMCODE_LOAD256;
}

static bool big(uint8_t code)
{
	return code == WEFT_MEMCODE_LOAD256 || code == WEFT_MEMCODE_STORE256;
}

static void draw_code(struct fb_end *e, struct weft_ls_op *o)
{
	static const uint8_t codes[] = {
		WEFT_MEMCODE_LOAD, WEFT_MEMCODE_LOAD, WEFT_MEMCODE_STORE, WEFT_MEMCODE_STORE,
		WEFT_MEMCODE_MSTORE, WEFT_MEMCODE_LOAD256, WEFT_MEMCODE_STORE256, 0,
	};
	uint32_t most = 7;

	o->code = codes[fb_below(&e->rng, WEFT_ARRAY_LEN(codes))];
	if (!o->code) {
		o->code = (uint8_t)(WEFT_MEMCODE_FADD + fb_below(&e->rng, 10));
		most = 3;
	} else if (big(o->code)) {
		most = 0;
	} else if (o->code == WEFT_MEMCODE_MSTORE) {
		most = 6;
	}
	o->size = (uint8_t)fb_below(&e->rng, most + 1);
}

/* WEFT-MEM-060: the first that is wrong. */
static enum weft_status judge(const struct fb_window *v, const struct weft_ls_op *o, uint32_t len)
{
	if (v->read_only && !loads(o->code))
		return WEFT_STATUS_NO_RIGHTS;
	if (o->offset > v->len || len > v->len - o->offset)
		return WEFT_STATUS_OUT_OF_BOUNDS;
	return weft_memcode_aop(o->code) && (v->at + o->offset) % len ? WEFT_STATUS_MISALIGNED :
								       WEFT_STATUS_OK;
}

/* Takes the blocks; false: another operation has one of them. */
static bool claim(struct fb_ls *l, uint32_t at, uint32_t len, uint8_t who)
{
	uint32_t first = at / FB_LS_BLOCK, last = (at + len - 1) / FB_LS_BLOCK;

	for (uint32_t i = first; who && i <= last; i++)
		if (l->busy[i])
			return false;
	for (uint32_t i = first; i <= last; i++)
		l->busy[i] = who;
	return true;
}

static void draw_place(struct fb_world *w, struct fb_end *e, const struct fb_window *v,
		       struct weft_ls_op *o, uint32_t len)
{
	uint32_t at = v->at + fb_below(&e->rng, v->len - len + 1);

	if (weft_memcode_aop(o->code) && !fb_chance(&e->rng, w->cfg.bad, 4096)) {
		at -= at % len;
		at += at < v->at ? len : 0;
	}
	o->offset = at - v->at;
	if (fb_chance(&e->rng, w->cfg.bad, 4096))
		o->offset = fb_below(&e->rng, 2) ? v->len - len + 1 : fb_rand(&e->rng) >> 28;
}

static bool make(struct fb_world *w, struct fb_ctx *x, struct fb_end *e, uint8_t place,
		 struct weft_ls_op *o)
{
	struct fb_lsop *q = &x->ls->op[place];
	struct fb_window *v;

	memset(o, 0, sizeof(*o));
	memset(q, 0, sizeof(*q));
	o->window = (uint16_t)fb_below(&e->rng, FB_LS_WINDOWS);
	v = &x->ls->window[o->window];
	if (v->state != FB_BOUND_OK)
		return false;
	draw_code(e, o);
	q->len = big(o->code) ? FB_LS_DATA : 1u << o->size;
	draw_place(w, e, v, o, q->len);
	q->expect = (uint8_t)judge(v, o, q->len);
	q->at = v->at + (uint32_t)o->offset;
	if (!q->expect && !claim(x->ls, q->at, q->len, (uint8_t)(place + 1)))
		return false;
	q->id = o->id = fb_rand(&e->rng) << 16 | (uint64_t)o->window << 8 | place;
	q->pay = fb_below(&e->rng, FB_PAYLOADS - FB_LS_DATA);
	q->word = (struct fb_word_op){ .operand = fb_rand(&e->rng), .compare = fb_rand(&e->rng),
				       .aop = (uint8_t)weft_memcode_aop(o->code),
				       .width = (uint8_t)q->len };
	if (!q->expect && q->word.aop && fb_below(&e->rng, 2))
		q->word.compare = fb_word(model(w, x) + q->at, q->len);
	q->mask = o->code == WEFT_MEMCODE_MSTORE ? q->word.operand : ~0ull;
	o->operand = q->word.operand;
	o->compare = q->word.compare;
	o->local = loads(o->code) ? q->id : (uint64_t)(uintptr_t)(w->payload + q->pay);
	q->code = o->code;
	return true;
}

static void forget(struct fb_ls *l, struct fb_lsop *q)
{
	if (!q->expect)
		claim(l, q->at, q->len, 0);
	q->code = 0;
}

/* Posts what it can of a few operations. */
static void post(struct fb_world *w, struct fb_ctx *x, struct fb_end *e)
{
	struct weft_ls_op ops[BURST];
	uint8_t where[BURST];
	uint32_t n = 0, most = 1 + fb_below(&e->rng, BURST);
	int taken;

	for (uint8_t i = 0; i < FB_LS_OPS && n < most && x->ls->n + n < x->ls->want; i++) {
		if (x->ls->op[i].code || !make(w, x, e, i, &ops[n]))
			continue;
		where[n++] = i;
	}
	if (!n)
		return;
	taken = weft_ls_post(x->pdc, ops, n);
	FB_MUST(w, taken != WEFT_EINVAL || x->ls->op[where[0]].len > 64, "an operation of load and "
		"store (code %u, %u bytes) is refused", ops[0].code, x->ls->op[where[0]].len);
	for (uint32_t i = 0; i < n; i++) {
		if ((int)i >= taken) {
			forget(x->ls, &x->ls->op[where[i]]);
			continue;
		}
		x->ls->n++;
		x->ls->window[ops[i].window].out++;
		w->ops_left -= !!w->ops_left;
	}
}

void fb_ls_pump(struct fb_world *w, struct fb_ctx *x, struct fb_end *e)
{
	if (!x->ls || !pdc_live(x->pdc))
		return;
	windows(w, x, e);
	post(w, x, e);
}

/* ---- the host that answers ---------------------------------------------------------- */

/* The operation of the peer's that an action is about. */
static struct fb_lsop *asked(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
			     uint32_t at)
{
	struct fb_ctx *o = owner(w, a->key);
	uint32_t place = o->ls->busy[at / FB_LS_BLOCK];
	struct fb_lsop *q = place ? &o->ls->op[place - 1] : NULL;
	bool kind;

	FB_MUST(w, q && q->code && q->at == at && q->len == a->len, "chip %u: an operation of load "
		"and store on [%u, +%u), and nobody asks for it", x->chip, at, a->len);
	FB_MUST(w, !q->executed, "chip %u: an operation of load and store is executed twice",
		x->chip);
	kind = a->type == WEFT_ACT_LS_LOAD ? loads(q->code) : a->type == WEFT_ACT_LS_ATOMIC ?
	       q->word.aop && q->word.aop == a->atomic.aop && a->atomic.width == q->len :
	       !loads(q->code) && !q->word.aop;
	FB_MUST(w, kind && !q->expect, "chip %u: an operation of load and store has become another",
		x->chip);
	return q;
}

static void store(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
		  const struct fb_lsop *q, uint8_t *at, uint8_t *must)
{
	const uint8_t *data = w->payload + q->pay;

	FB_MUST(w, !memcmp(a->data, data, q->len) && (a->len > 64 || a->mask == q->mask),
		"chip %u: a store brings other bytes than were sent", x->chip);
	for (uint32_t i = 0; i < q->len; i++) {
		if (a->len > 64 || a->mask >> (63 - i) & 1)
			at[i] = a->data[i];
		if (q->len > 64 || q->mask << i >> 63)
			must[i] = data[i];
	}
}

static void atomic(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
		   struct fb_lsop *q, uint8_t *at, uint8_t *must)
{
	const struct weft_atomic *op = &a->atomic;

	FB_MUST(w, op->operand == q->word.operand &&
		(op->compare == q->word.compare || op->aop != WEFT_AOP_CAS),
		"chip %u: an atomic of load and store has other operands", x->chip);
	q->old = fb_word(at, op->width);
	fb_put_word(at, weft_atomic_apply(op, q->old), op->width);
	fb_put_word(must, fb_atomic(&q->word, fb_word(must, q->len)), q->len);
}

static enum weft_status execute(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
				uint64_t *value)
{
	uint32_t need = a->type == WEFT_ACT_LS_LOAD ? WEFT_MR_READ :
			a->type == WEFT_ACT_LS_STORE ? WEFT_MR_WRITE : WEFT_MR_ATOMIC;
	uint8_t *mem = NULL, *must;
	const struct weft_mr *mr = fb_region(w, &w->chip[x->chip], a->key, &mem);
	enum weft_status st = weft_mr_check(mr, DOMAIN, a->pd, need, a->addr, a->len);
	struct fb_lsop *q;
	uint32_t at;

	if (st != WEFT_STATUS_OK) {
		FB_MUST(w, !mr, "chip %u: an operation of load and store leaves its window (%d)",
			x->chip, (int)st);
		return st;
	}
	at = (uint32_t)(a->addr - mr->base);
	q = asked(w, x, a, at);
	must = model(w, owner(w, a->key)) + at;
	if (a->type == WEFT_ACT_LS_STORE)
		store(w, x, a, q, mem + at, must);
	else if (a->type == WEFT_ACT_LS_ATOMIC)
		atomic(w, x, a, q, mem + at, must);
	q->executed = true;
	*value = q->old;
	FB_MUST(w, !memcmp(mem + at, must, q->len), "chip %u: memory is not what it must be after "
		"an operation of load and store (code %u)", x->chip, q->code);
	return WEFT_STATUS_OK;
}

static enum weft_status take_data(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a)
{
	struct fb_lsop *q = &x->ls->op[a->local & 0xff];

	FB_MUST(w, (a->local & 0xff) < FB_LS_OPS && q->code && q->id == a->local &&
		loads(q->code) && a->len == q->len, "chip %u: data of a LOAD that nobody asked for",
		x->chip);
	FB_MUST(w, q->executed && !q->placed, "chip %u: data of a LOAD come %s", x->chip,
		q->placed ? "twice" : "before it is executed");
	FB_MUST(w, !memcmp(a->data, model(w, x) + q->at, q->len),
		"chip %u: the data of a LOAD are not what the memory must hold", x->chip);
	q->placed = true;
	return WEFT_STATUS_OK;
}

enum weft_status fb_ls_do(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
			  uint64_t *value)
{
	const struct weft_mr *mr;
	uint8_t *at;

	switch (a->type) {
	case WEFT_ACT_BIND:
		mr = fb_region(w, &w->chip[x->chip], a->key, &at);
		*value = mr ? mr->rights : 0;
		return weft_mr_check(mr, DOMAIN, a->pd, 0, a->addr, a->span);
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:
		return execute(w, x, a, value);
	case WEFT_ACT_PLACE_LS:
		return take_data(w, x, a);
	default:
		fb_fail(w, "an action of type %d wants an answer", (int)a->type);
	}
}

/* The host fails it. */
void fb_ls_refused(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
		   enum weft_status st)
{
	struct fb_ctx *o = a->type == WEFT_ACT_PLACE_LS ? x : a->type == WEFT_ACT_BIND ?
			   partner(w, x) : owner(w, a->key);
	uint32_t place;

	if (!o || !o->ls)
		return;
	if (a->type == WEFT_ACT_BIND) {
		if (o->ls->window[a->arg].state == FB_BINDING)
			o->ls->window[a->arg].expect = (uint8_t)st;
		return;
	}
	if (a->type == WEFT_ACT_PLACE_LS) {
		o->ls->op[a->local & 0xff].refused = (uint8_t)st;
		return;
	}
	if (o->peer != x->chip || (o->ls->mr[0].key != a->key && o->ls->mr[1].key != a->key))
		return;		/* whose it was has gone */
	place = o->ls->busy[(a->addr - o->ls->mr[o->ls->mr[1].key == a->key].base) / FB_LS_BLOCK];
	if (place)
		o->ls->op[place - 1].refused = (uint8_t)st;
}

bool fb_ls_gather(struct fb_world *w, struct fb_ctx *x, const struct weft_txd *t, uint8_t *out)
{
	struct weft_seg segs[WEFT_MAX_MEMOPS];
	size_t n = weft_ls_segs(x->pdc, t, segs);

	for (size_t i = 0; i < n; i++) {
		const struct weft_seg *s = &segs[i];
		const uint8_t *from = (const uint8_t *)(uintptr_t)s->local;

		if (s->src == WEFT_SRC_MEM) {
			uint8_t *mem = NULL;
			const struct weft_mr *mr = fb_region(w, &w->chip[x->chip], s->key, &mem);
			enum weft_status st = weft_mr_check(mr, DOMAIN, s->pd, WEFT_MR_READ,
							    s->addr, s->len);

			if (st != WEFT_STATUS_OK) {
				weft_ls_seg_failed(x->pdc, t, i, st);
				return false;
			}
			from = mem + (s->addr - mr->base);
		}
		memcpy(out, s->bytes, s->inlined);
		if (s->len)
			memcpy(out + s->inlined, from, s->len);
		memset(out + s->inlined + s->len, 0, s->pad);
		out += s->inlined + s->len + s->pad;
	}
	return true;
}

/* ---- what comes of it --------------------------------------------------------------- */

static void check_ok(struct fb_world *w, const struct fb_ctx *x, const struct fb_lsop *q,
		     const struct weft_wc *wc)
{
	FB_MUST(w, !q->expect && !q->refused, "chip %u: an operation of load and store (code %u) "
		"is complete with OK, and must be refused with %d", x->chip, q->code,
		q->refused ? q->refused : q->expect);
	FB_MUST(w, q->executed && (q->placed || !loads(q->code)), "chip %u: an operation of load "
		"and store (code %u) is complete before it is done", x->chip, q->code);
	FB_MUST(w, !q->word.aop || wc->value == q->old,
		"chip %u: an atomic of load and store answers another value", x->chip);
	w->deeds[loads(q->code) ? FB_DID_LOAD : q->word.aop ? FB_DID_LS_ATOMIC :
		 q->code == WEFT_MEMCODE_MSTORE ? FB_DID_MASKED_STORE : FB_DID_STORE]++;
}

void fb_ls_complete(struct fb_world *w, struct fb_ctx *x, const struct weft_wc *wc)
{
	uint32_t place = wc->id & 0xff;
	struct fb_lsop *q = x->ls && place < FB_LS_OPS ? &x->ls->op[place] : NULL;
	uint8_t must;

	w->completions++;
	FB_MUST(w, q && q->code && q->id == wc->id && q->code == wc->opcode,
		"chip %u: an operation of load and store is complete that nobody had posted",
		x->chip);
	must = q->refused ? q->refused : q->expect;
	if (wc->status == WEFT_STATUS_OK) {
		check_ok(w, x, q, wc);
	} else {
		FB_MUST(w, !pdc_live(x->pdc) || wc->status == (enum weft_status)must ||
			(wc->status == WEFT_STATUS_TOO_LONG && q->len > 64 && loads(q->code)),
			"chip %u: an operation of load and store (code %u) failed with %d, and "
			"must be %d", x->chip, q->code, (int)wc->status, must);
		w->deeds[FB_DID_LS_REFUSED]++;
	}
	x->ls->window[wc->id >> 8 & 0xff].out--;
	x->ls->n--;
	forget(x->ls, q);
	x->pump = true;
}
