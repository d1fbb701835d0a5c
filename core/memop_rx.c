/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Load and store, what is received: requests are judged against their windows and become actions,
 * one after another while the packet is there; answers end operations of ours.  What is sent is
 * memop.c's.
 */
#include "core/ls.h"

struct tags {
	uint64_t seen[WEFT_LS_TAGS / 64];
};

static bool first_time(struct tags *t, uint8_t tag)
{
	uint64_t bit = 1ull << tag % 64;

	if (t->seen[tag / 64] & bit)
		return false;
	t->seen[tag / 64] |= bit;
	return true;
}

static struct weft_hdr_memop op_at(const struct weft_view *v, uint32_t i)
{
	struct weft_hdr_memop h;

	weft_hdr_memop_unpack(&h, v->b.mem.ops + i * WEFT_HDR_MEMOP_LEN);
	return h;
}

/* A packet whose actions are all answered is done. */
static void release(struct weft_pdc *p, uint32_t psn)
{
	struct rxrec *x;

	if (!p->run)
		return;
	x = rxrec_of(p, psn);
	if (x->kind != RX_LS || x->psn != psn || (--x->len && !WEFT_MUTANT(LS_DONE_BY_ONE)))
		return;
	x->kind = RX_FREE;
	sack_done(p, psn);
}

/* ---- requests ----------------------------------------------------------------------- */

/* WEFT-MEM-055: may all operations of the packet use the tags that they name? */
static bool tags_ok(const struct weft_pdc *p, const struct weft_view *v)
{
	const struct ls *l = p->ls;
	struct tags t = { { 0 } };

	for (uint32_t i = 0; i < v->b.mem.n; i++) {
		struct weft_hdr_memop h = op_at(v, i);

		if (h.tag >= l->cfg.tags || !first_time(&t, h.tag) ||
		    (l->ans[h.tag].state == LS_EXEC && !WEFT_MUTANT(LS_TAG_IN_USE)) ||
		    l->ans[h.tag].state == LS_READY)
			return false;
	}
	return true;
}

/* WEFT-MEM-056: a tag that comes again shows that its earlier answer has come. */
static void reuse(struct weft_pdc *p, uint8_t tag)
{
	struct ls_ans *a = &p->ls->ans[tag];
	struct txrec *r;

	if (a->state != LS_ANSWERED || WEFT_MUTANT(LS_REUSE_KEPT))
		return;
	r = txrec_of(p, a->psn);
	weft_assert(psn_in(a->psn, p->una, p->nxt - p->una) && r->kind == TX_LS_RSP);
	ls_forget_answers(p, r);
	retx_orphan(p, r);
}

static uint32_t need_of(uint8_t code)
{
	if (code == WEFT_MEMCODE_LOAD || code == WEFT_MEMCODE_LOAD256)
		return WEFT_MR_READ;
	return weft_memcode_aop(code) ? WEFT_MR_ATOMIC : WEFT_MR_WRITE;
}

/* Bytes of memory that an operation touches. */
static uint32_t touched(const struct weft_hdr_memop *h, const struct weft_memform *f)
{
	return f->data ? f->data : f->load ? f->load : 1u << h->size;
}

/* WEFT-MEM-060; the region itself is checked by the host. */
static enum weft_status judge(const struct weft_pdc *p, const struct weft_hdr_memop *h,
			      const struct weft_memform *f)
{
	uint32_t need = need_of(h->code), bytes = touched(h, f);
	const struct ls_bound *w = p->ls->bound;

	if (h->window >= p->ls->cfg.windows)
		return WEFT_STATUS_NO_WINDOW;
	w += h->window;
	if (w->state != LS_BOUND)
		return WEFT_STATUS_NO_WINDOW;
	if (!(w->rights & need) && !WEFT_MUTANT(LS_RIGHTS_ANY))
		return WEFT_STATUS_NO_RIGHTS;
	if (h->offset > w->len || (bytes > w->len - h->offset && !WEFT_MUTANT(LS_END_FREE)))
		return WEFT_STATUS_OUT_OF_BOUNDS;
	if (need == WEFT_MR_ATOMIC && (w->addr + h->offset) % bytes &&
	    !WEFT_MUTANT(LS_MISALIGNED_TAKEN))
		return WEFT_STATUS_MISALIGNED;
	if (WEFT_HDR_MEMOP_LEN + f->load > ls_limit_tx(p) &&	/* WEFT-MEM-066 */
	    !WEFT_MUTANT(LS_LOAD_ANY_SIZE))
		return WEFT_STATUS_TOO_LONG;
	return WEFT_STATUS_OK;
}

/* WEFT-MEM-061: refused alone. */
static void answer(struct ls *l, uint8_t tag, enum weft_status st)
{
	struct ls_ans *a = &l->ans[tag];

	if (st != WEFT_STATUS_OK) {
		a->code = WEFT_MEMCODE_FAULT;
		a->status = (uint8_t)(st < WEFT_STATUS_FLUSHED ? st : WEFT_STATUS_OP_FAILED);
	}
	a->state = LS_READY;
	ls_push(&l->ready, l->ans_next, tag);
}

/* WEFT-MEM-065: the host works on the low `width` bytes. */
static uint64_t word_at(const uint8_t *from)
{
	struct weft_hdr_memoperand h;

	weft_hdr_memoperand_unpack(&h, from);
	return h.value;
}

static void request_act(const struct weft_pdc *p, const struct weft_hdr_memop *h,
			const struct weft_memform *f, const uint8_t *data, struct weft_act *act)
{
	const struct ls_ans *a = &p->ls->ans[h->tag];

	memset(act, 0, sizeof(*act));
	act->token = ls_token(TOKEN_LS, a->gen, h->tag);
	act->key = a->key;
	act->pd = a->pd;
	act->addr = a->addr;
	act->len = act->msg_len = touched(h, f);
	act->data = data + f->head;
	if (f->load) {
		act->type = WEFT_ACT_LS_LOAD;
	} else if (f->data) {
		act->type = WEFT_ACT_LS_STORE;
		act->mask = f->head && !WEFT_MUTANT(LS_MASK_FORGOTTEN) ? word_at(data) :
			    ~0ull;		/* WEFT-MEM-064 */
	} else {
		act->type = WEFT_ACT_LS_ATOMIC;
		act->atomic = weft_atomic_whole((uint8_t)weft_memcode_aop(h->code),
						(uint8_t)act->len, word_at(data),
						f->head > WEFT_HDR_MEMOPERAND_LEN ?
						word_at(data + WEFT_HDR_MEMOPERAND_LEN) : 0);
	}
}

/* WEFT-MEM-069: packets come once.  True: act is to be done for it. */
static bool request(struct weft_pdc *p, struct rxrec *x, const struct weft_hdr_memop *h,
		    const struct weft_memform *f, const uint8_t *data, struct weft_act *act)
{
	struct ls_ans *a = &p->ls->ans[h->tag];
	enum weft_status st;

	reuse(p, h->tag);
	a->code = h->code;
	a->size = h->size;
	a->gen++;
	a->state = LS_EXEC;
	p->ls->n_exec++;
	st = judge(p, h, f);
	if (st != WEFT_STATUS_OK) {
		answer(p->ls, h->tag, st);
		return false;
	}
	a->key = p->ls->bound[h->window].key;
	a->pd = p->ls->bound[h->window].pd;
	a->addr = p->ls->bound[h->window].addr + h->offset;
	a->rx_psn = x->psn;
	x->len++;
	request_act(p, h, f, data, act);
	return true;
}

/* ---- answers ------------------------------------------------------------------------ */

/* WEFT-MEM-062: is this an answer to what we asked? */
static bool fits(const struct ls_req *q, const struct weft_hdr_memop *h)
{
	if (q->state != LS_SENT)
		return false;
	switch (h->code) {
	case WEFT_MEMCODE_DATA:
		return q->op.code == WEFT_MEMCODE_LOAD &&
		       (q->op.size == h->size || WEFT_MUTANT(LS_ANSWER_ANY_SIZE));
	case WEFT_MEMCODE_DATA256:
		return q->op.code == WEFT_MEMCODE_LOAD256;
	case WEFT_MEMCODE_OLD:
		return weft_memcode_aop(q->op.code);
	case WEFT_MEMCODE_DONE:
		return need_of(q->op.code) == WEFT_MR_WRITE;
	default:
		return h->code == WEFT_MEMCODE_FAULT;
	}
}

/* WEFT-MEM-063 */
static bool expected(const struct weft_pdc *p, const struct weft_view *v)
{
	struct tags t = { { 0 } };

	for (uint32_t i = 0; i < v->b.mem.n; i++) {
		struct weft_hdr_memop h = op_at(v, i);

		if (h.tag >= p->ls->cfg.tags || !first_time(&t, h.tag) ||
		    !fits(&p->ls->reqs[h.tag], &h))
			return false;
	}
	return true;
}

/* Its packet has come, though we may not know it yet: it need not be sent again. */
static void came(struct weft_pdc *p, uint32_t psn)
{
	struct txrec *r;

	if (!psn_in(psn, p->una, p->nxt - p->una))
		return;
	r = txrec_of(p, psn);
	if (!r->acked && r->kind == TX_LS && !WEFT_MUTANT(LS_CAME_SENT_AGAIN))
		retx_orphan(p, r);
}

static enum weft_status fault_of(uint64_t status)
{
	return status && (status < WEFT_STATUS_FLUSHED || WEFT_MUTANT(LS_FAULT_FROM_WIRE)) ?
	       (enum weft_status)status : WEFT_STATUS_OP_FAILED;
}

static bool reply(struct weft_pdc *p, struct rxrec *x, const struct weft_hdr_memop *h,
		  const struct weft_memform *f, const uint8_t *data, struct weft_act *act)
{
	struct ls_req *q = h->tag < p->ls->cfg.tags ? &p->ls->reqs[h->tag] : NULL;

	if (!q || !fits(q, h))
		return false;
	came(p, q->psn);
	if (!f->data) {
		q->value = f->head ? word_at(data) : 0;
		ls_complete(p, h->tag, h->code == WEFT_MEMCODE_FAULT ? fault_of(h->offset) :
				       WEFT_STATUS_OK);
		return false;
	}
	q->state = LS_PLACING;
	q->rx_psn = x->psn;
	x->len++;
	memset(act, 0, sizeof(*act));
	act->type = WEFT_ACT_PLACE_LS;
	act->token = ls_token(TOKEN_LOAD, q->gen, h->tag);
	act->local = q->op.local;
	act->data = data;
	act->len = act->msg_len = f->data;
	return true;
}

/* ---- a packet ----------------------------------------------------------------------- */

static bool step(struct weft_pdc *p, const struct weft_view *v, struct rxrec *x,
		 struct weft_act *act)
{
	struct ls_cursor *c = &p->ls->cur;

	while (c->i < v->b.mem.n) {
		struct weft_hdr_memop h = op_at(v, c->i++);
		const uint8_t *data = v->b.mem.data + c->off;
		struct weft_memform f;

		weft_memform(&h, &f);
		c->off = (uint16_t)(c->off + weft_memform_bytes(&f));
		if (f.answer ? reply(p, x, &h, &f, data, act) : request(p, x, &h, &f, data, act))
			return true;
	}
	c->on = false;
	return false;
}

/* WEFT-MEM-067: the operations of a packet in their order. */
void ls_rx(struct weft_pdc *p, const struct weft_view *v, uint32_t idx, struct weft_act *act,
	   bool *has_act, enum weft_drop *why)
{
	struct rxrec *x = &p->rx[idx];

	if (!v->b.mem.answers && !tags_ok(p, v)) {
		*why = WEFT_DROP_MALFORMED;
		x->kind = WEFT_MUTANT(LS_BAD_TAGS_UNTAKEN) ? RX_LS : RX_FREE;
		return;
	}
	if (v->b.mem.answers && !expected(p, v))
		*why = WEFT_DROP_UNEXPECTED;
	p->ls->cur = (struct ls_cursor){ .psn = v->d.psn, .on = true };
	x->len = 1;		/* until all operations have been looked at */
	*has_act = step(p, v, x, act);
	if (*has_act)
		x->kind = RX_LS;
}

bool weft_rx_more(struct weft_pdc *p, const struct weft_view *v, struct weft_act *act)
{
	struct ls_cursor *c = p->ls ? &p->ls->cur : NULL;

	if (!c || !c->on || v->d.type != WEFT_PTYPE_MEM || v->d.psn != c->psn)
		return false;
	if (step(p, v, rxrec_of(p, c->psn), act))
		return true;
	release(p, c->psn);
	return false;
}

static void request_done(struct weft_pdc *p, uint32_t what, enum weft_status st, uint64_t value)
{
	struct ls_ans *a = &p->ls->ans[what & 0xff];

	if ((what & 0xffff) >= p->ls->cfg.tags || a->state != LS_EXEC ||
	    (a->gen != (what >> 16 & 0xff) && !WEFT_MUTANT(LS_TOKEN_LATE)))
		return;
	a->value = value;
	answer(p->ls, (uint8_t)what, st);
	release(p, a->rx_psn);
}

/* WEFT-MEM-068 */
static void load_done(struct weft_pdc *p, uint32_t what, enum weft_status st)
{
	struct ls_req *q = &p->ls->reqs[what & 0xff];

	if ((what & 0xffff) >= p->ls->cfg.tags || q->state != LS_PLACING ||
	    q->gen != (what >> 16 & 0xff))
		return;
	ls_complete(p, (uint16_t)(what & 0xff), st);
	release(p, q->rx_psn);
}

void ls_done(struct weft_pdc *p, uint32_t token, enum weft_status st, uint64_t value)
{
	uint32_t what = token & TOKEN_VALUE;

	if (!p->ls)
		return;
	switch (token >> 28) {
	case TOKEN_LS:
		request_done(p, what, st, value);
		break;
	case TOKEN_LOAD:
		load_done(p, what, st);
		break;
	case TOKEN_BIND:
		ls_bind_done(p, what, st, value);
		break;
	default:
		break;
	}
}
