/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Load and store, what is sent: operations posted and answers due become packets, whose records
 * hold tags, so that a packet sent again says the same.  Receiving is memop_rx.c's.
 */
#include "core/ls.h"

static bool cfg_ok(const struct weft_ls_cfg *c)
{
	return c->windows && c->windows <= WEFT_LS_WINDOWS && c->tags && c->tags <= WEFT_LS_TAGS;
}

static size_t part(size_t *at, size_t bytes)
{
	size_t here = *at;

	*at += (bytes + 7) & ~(size_t)7;
	return here;
}

static size_t lay_out(struct ls *l, const struct weft_ls_cfg *c)
{
	uint8_t *mem = (uint8_t *)l;
	size_t at = 0, reqs, ans, bound, win, next[3];

	part(&at, sizeof(*l));
	reqs = part(&at, c->tags * sizeof(*l->reqs));
	ans = part(&at, c->tags * sizeof(*l->ans));
	bound = part(&at, c->windows * sizeof(*l->bound));
	win = part(&at, c->windows * sizeof(*l->win));
	next[0] = part(&at, c->tags * sizeof(uint16_t));
	next[1] = part(&at, c->tags * sizeof(uint16_t));
	next[2] = part(&at, c->windows * sizeof(uint16_t));
	if (!l)
		return at;
	l->reqs = (struct ls_req *)(void *)(mem + reqs);
	l->ans = (struct ls_ans *)(void *)(mem + ans);
	l->bound = (struct ls_bound *)(void *)(mem + bound);
	l->win = (struct ls_win *)(void *)(mem + win);
	l->req_next = (uint16_t *)(void *)(mem + next[0]);
	l->ans_next = (uint16_t *)(void *)(mem + next[1]);
	l->bound_next = (uint16_t *)(void *)(mem + next[2]);
	return at;
}

size_t weft_ls_size(const struct weft_ls_cfg *cfg)
{
	return cfg_ok(cfg) ? lay_out(NULL, cfg) : 0;
}

int weft_ls_init(struct weft_pdc *p, void *mem, const struct weft_ls_cfg *cfg)
{
	struct ls_list empty = { NO_IDX, NO_IDX };
	struct ls *l = mem;
	uint16_t most;

	if (!cfg_ok(cfg))
		return WEFT_EINVAL;
	if (p->ls || !pdc_live(p))
		return WEFT_ESTATE;
	memset(mem, 0, weft_ls_size(cfg));
	l->cfg = *cfg;
	lay_out(l, cfg);
	l->free = l->waiting = l->done = l->ready = l->tell = empty;
	most = cfg->peer_tags ? cfg->peer_tags : WEFT_INITIAL_MEM_TAGS;
	if (most > cfg->tags || WEFT_MUTANT(LS_TAGS_BEYOND))	/* WEFT-MEM-054 */
		most = cfg->tags;
	for (uint16_t i = 0; i < most; i++)
		ls_push(&l->free, l->req_next, i);
	p->ls = l;
	return WEFT_OK;
}

/* Bytes between mdelivery and CRC that a packet may have (WEFT-MEM-052). */
uint32_t ls_limit(uint32_t payload)
{
	return payload > LS_FLOOR ? payload : LS_FLOOR;
}

uint32_t ls_limit_tx(const struct weft_pdc *p)
{
	return ls_limit(req_payload_max(p));
}

/* ---- posting ------------------------------------------------------------------------ */

static struct weft_hdr_memop header_of(const struct weft_ls_op *op, uint16_t tag)
{
	return (struct weft_hdr_memop){ .code = op->code, .size = op->size, .tag = (uint8_t)tag,
					.window = op->window, .offset = op->offset };
}

static int check(const struct weft_pdc *p, const struct weft_ls_op *op)
{
	struct weft_hdr_memop h = header_of(op, 0);
	const struct ls *l = p->ls;
	struct weft_memform f;

	if (!weft_memform(&h, &f) || f.answer || op->window >= l->cfg.windows ||
	    op->offset >> LS_OFFSET_BITS)
		return WEFT_EINVAL;
	if (WEFT_HDR_MEMOP_LEN + weft_memform_bytes(&f) > ls_limit_tx(p) ||
	    WEFT_HDR_MEMOP_LEN + f.load > ls_limit(p->prof->max_payload))
		return WEFT_EINVAL;
	return l->win[op->window].state == LS_BOUND || WEFT_MUTANT(LS_POST_UNBOUND) ? WEFT_OK :
	       WEFT_ESTATE;		/* WEFT-MEM-040 */
}

int weft_ls_post(struct weft_pdc *p, const struct weft_ls_op *ops, size_t n)
{
	struct ls *l = p->ls;
	size_t i;

	if (!l || !pdc_live(p) || p->close_asked)
		return WEFT_ESTATE;
	for (i = 0; i < n; i++) {
		int err = check(p, &ops[i]);
		uint16_t tag;

		if (err)
			return i ? (int)i : err;
		tag = ls_pop(&l->free, l->req_next);
		if (tag == NO_IDX)
			return i ? (int)i : WEFT_EFULL;
		l->reqs[tag].op = ops[i];
		l->reqs[tag].state = LS_WAITING;
		l->reqs[tag].gen = (uint8_t)(l->reqs[tag].gen + !WEFT_MUTANT(LS_GEN_SAME));
		l->n_out++;
		l->win[ops[i].window].out++;
		ls_push(&l->waiting, l->req_next, tag);
	}
	return (int)i;
}

/* ---- packets ------------------------------------------------------------------------ */

static struct weft_hdr_memop req_header(const struct ls *l, uint16_t tag)
{
	return header_of(&l->reqs[tag].op, tag);
}

/* WEFT-MEM-062 */
static struct weft_hdr_memop ans_header(const struct ls *l, uint16_t tag)
{
	const struct ls_ans *a = &l->ans[tag];
	struct weft_hdr_memop h = { .size = a->size, .tag = (uint8_t)tag };

	switch (a->code) {
	case WEFT_MEMCODE_LOAD:
		h.code = WEFT_MEMCODE_DATA;
		break;
	case WEFT_MEMCODE_LOAD256:
		h.code = WEFT_MEMCODE_DATA256;
		break;
	case WEFT_MEMCODE_STORE:
	case WEFT_MEMCODE_MSTORE:
	case WEFT_MEMCODE_STORE256:
		h.code = WEFT_MEMCODE_DONE;
		break;
	case WEFT_MEMCODE_FAULT:
		h.code = WEFT_MEMCODE_FAULT;
		h.size = 0;
		h.offset = a->status;
		break;
	default:
		h.code = WEFT_MEMCODE_OLD;
		break;
	}
	return h;
}

/*
 * What waits, as much as goes into one packet (WEFT-MEM-071).  Returns the record's chain, or 0;
 * *bytes is what follows mdelivery.
 */
static uint32_t pack(struct weft_pdc *p, struct ls_list *from, uint16_t *next,
		     struct weft_hdr_memop (*header)(const struct ls *, uint16_t), uint32_t *bytes)
{
	uint16_t first = from->head, last = NO_IDX;
	uint32_t n = 0, limit = ls_limit_tx(p);

	*bytes = 0;
	while (n < WEFT_MAX_MEMOPS && from->head != NO_IDX) {
		struct weft_hdr_memop h = header(p->ls, from->head);
		struct weft_memform f;
		uint32_t more;
		uint16_t i;

		weft_memform(&h, &f);
		more = WEFT_HDR_MEMOP_LEN + weft_memform_bytes(&f);
		if (n && *bytes + more > limit && !WEFT_MUTANT(LS_PACKED_BEYOND))
			break;
		i = ls_pop(from, next);
		next[i] = NO_IDX;
		if (last != NO_IDX)
			next[last] = i;
		last = i;
		*bytes += more;
		n++;
	}
	return n ? ls_chain(first, n) : 0;
}

bool ls_wants_req(const struct weft_pdc *p)
{
	return p->ls && p->ls->waiting.head != NO_IDX && p->peer_knows;
}

bool ls_wants_rsp(const struct weft_pdc *p)
{
	return p->ls && p->ls->ready.head != NO_IDX && p->peer_knows;
}

bool ls_next_req(struct weft_pdc *p, struct txrec *r)
{
	struct ls *l = p->ls;
	uint32_t bytes;

	if (!ls_wants_req(p))
		return false;
	r->msn = pack(p, &l->waiting, l->req_next, req_header, &bytes);
	r->kind = TX_LS;
	for (uint16_t i = (uint16_t)r->msn; i != NO_IDX; i = l->req_next[i]) {
		l->reqs[i].state = LS_SENT;
		l->reqs[i].psn = txpsn_of(p, r);
	}
	return true;
}

bool ls_next_rsp(struct weft_pdc *p, struct txrec *r)
{
	struct ls *l = p->ls;
	uint32_t bytes;

	if (!ls_wants_rsp(p))
		return false;
	r->msn = pack(p, &l->ready, l->ans_next, ans_header, &bytes);
	r->kind = TX_LS_RSP;
	for (uint16_t i = (uint16_t)r->msn; i != NO_IDX; i = l->ans_next[i]) {
		l->ans[i].state = LS_ANSWERED;
		l->ans[i].psn = txpsn_of(p, r);
		l->n_exec--;
	}
	return true;
}

static uint16_t *chain_of(const struct weft_pdc *p, const struct txrec *r)
{
	return r->kind == TX_LS ? p->ls->req_next : p->ls->ans_next;
}

/* WEFT-MEM-070, WEFT-MEM-073: the bytes before what belongs to each operation. */
void ls_build(struct weft_pdc *p, const struct txrec *r, bool ar, struct weft_txd *t)
{
	struct weft_hdr_mdelivery d = {
		.version = WEFT_VERSION, .type = WEFT_PTYPE_MEM, .flags = p->peer_gen,
		.entropy = (uint16_t)(p->cfg.entropy_base + r->path), .pdc_id = p->peer_id,
		.psn = txpsn_of(p, r),
	};
	const uint16_t *next = chain_of(p, r);
	uint8_t *at = t->hdr + WEFT_HDR_MDELIVERY_LEN;

	if (r->again && !WEFT_MUTANT(LS_RTX_UNMARKED))
		d.flags |= WEFT_DFLAGS_RTX;
	if (ar)
		d.flags |= WEFT_DFLAGS_AR;
	weft_hdr_mdelivery_pack(t->hdr, &d);
	t->stream = NULL;
	t->src = WEFT_SRC_LS;
	t->psn = txpsn_of(p, r);
	t->entropy = d.entropy;
	t->msn = t->offset = t->len = 0;
	for (uint16_t i = (uint16_t)r->msn; i != NO_IDX; i = next[i]) {
		struct weft_hdr_memop h = r->kind == TX_LS ? req_header(p->ls, i) :
							     ans_header(p->ls, i);
		struct weft_memform f;

		weft_memform(&h, &f);
		h.more = next[i] != NO_IDX;
		weft_hdr_memop_pack(at, &h);
		at += WEFT_HDR_MEMOP_LEN;
		t->len += weft_memform_bytes(&f);
	}
	t->hdr_len = (uint16_t)(at - t->hdr);
}

static void inline_word(struct weft_seg *s, uint64_t value)
{
	struct weft_hdr_memoperand h = { .value = value };

	weft_hdr_memoperand_pack(s->bytes + s->inlined, &h);
	s->inlined += WEFT_HDR_MEMOPERAND_LEN;
}

static void req_seg(const struct ls_req *q, const struct weft_memform *f, struct weft_seg *s)
{
	if (f->head)
		inline_word(s, q->op.operand);
	if (f->head > WEFT_HDR_MEMOPERAND_LEN)
		inline_word(s, q->op.compare);
	s->src = f->data ? WEFT_SRC_WR : WEFT_SRC_NONE;
	s->local = q->op.local;
}

static void ans_seg(const struct ls_ans *a, const struct weft_memform *f, struct weft_seg *s)
{
	if (f->head)
		inline_word(s, a->value);
	s->src = f->data ? WEFT_SRC_MEM : WEFT_SRC_NONE;
	s->key = a->key;
	s->pd = a->pd;
	s->addr = a->addr;
}

static struct txrec *outstanding(struct weft_pdc *p, uint32_t psn)
{
	struct txrec *r;

	if (!p->ls || !psn_in(psn, p->una, p->nxt - p->una))
		return NULL;
	r = txrec_of(p, psn);
	return r->acked ? NULL : r;
}

size_t weft_ls_segs(struct weft_pdc *p, const struct weft_txd *t, struct weft_seg *segs)
{
	const struct txrec *r = outstanding(p, t->psn);
	const uint16_t *next;
	size_t n = 0;

	if (!r || (r->kind != TX_LS && r->kind != TX_LS_RSP))
		return 0;
	next = chain_of(p, r);
	for (uint16_t i = (uint16_t)r->msn; i != NO_IDX; i = next[i]) {
		struct weft_hdr_memop h = r->kind == TX_LS ? req_header(p->ls, i) :
							     ans_header(p->ls, i);
		struct weft_seg *s = &segs[n++];
		struct weft_memform f;

		memset(s, 0, sizeof(*s));
		weft_memform(&h, &f);
		s->len = f.data;
		s->pad = WEFT_MUTANT(LS_PAD_MISSING) ? 0 : -f.data & 3;		/* WEFT-MEM-074 */
		if (r->kind == TX_LS)
			req_seg(&p->ls->reqs[i], &f, s);
		else
			ans_seg(&p->ls->ans[i], &f, s);
	}
	return n;
}

/* WEFT-MEM-047: the packet was not sent, so its PSN may say something else. */
void weft_ls_seg_failed(struct weft_pdc *p, const struct weft_txd *t, size_t i,
			enum weft_status st)
{
	struct txrec *r = outstanding(p, t->psn);
	uint16_t tag;

	if (!r || r->kind != TX_LS_RSP)
		return;
	tag = (uint16_t)r->msn;
	while (i-- && tag != NO_IDX && !WEFT_MUTANT(LS_FAULT_OF_FIRST))
		tag = p->ls->ans_next[tag];
	if (tag == NO_IDX)
		return;
	if (!r->lost)
		retx_mark_lost(p, r);
	p->ls->ans[tag].code = WEFT_MEMCODE_FAULT;
	p->ls->ans[tag].status = (uint8_t)st;
}

/* ---- the ends of operations --------------------------------------------------------- */

/* Acknowledged, or proved to have come: the tags are the peer's again. */
void ls_forget_answers(struct weft_pdc *p, struct txrec *r)
{
	for (uint16_t i = (uint16_t)r->msn; i != NO_IDX; i = p->ls->ans_next[i])
		p->ls->ans[i].state = LS_NONE;
}

void ls_complete(struct weft_pdc *p, uint16_t tag, enum weft_status st)
{
	struct ls_req *q = &p->ls->reqs[tag];

	q->status = (uint8_t)st;
	q->state = LS_COMPLETE;
	ls_push(&p->ls->done, p->ls->req_next, tag);
}

bool ls_has_work(const struct weft_pdc *p)
{
	return p->ls && p->ls->done.head != NO_IDX;
}

/* Does the peer owe us answers, or we it? */
bool ls_busy(const struct weft_pdc *p)
{
	return p->ls && (p->ls->n_out || p->ls->n_exec || p->ls->tell.head != NO_IDX);
}

size_t ls_work(struct weft_pdc *p, struct weft_act *acts, size_t n)
{
	struct ls *l = p->ls;
	size_t k = 0;

	while (l && k < n && l->done.head != NO_IDX) {
		uint16_t tag = ls_pop(&l->done, l->req_next);
		struct ls_req *q = &l->reqs[tag];
		struct weft_act *a = &acts[k++];

		memset(a, 0, sizeof(*a));
		a->type = WEFT_ACT_COMPLETE_LS;
		a->wc.id = q->op.id;
		a->wc.status = (enum weft_status)q->status;
		a->wc.value = q->value;
		a->wc.opcode = q->op.code;
		q->state = LS_FREE;
		l->n_out--;
		l->win[q->op.window].out--;
		ls_push(&l->free, l->req_next, tag);
	}
	return k;
}

/* WEFT-MEM-072 */
void ls_fail(struct weft_pdc *p, enum weft_status st)
{
	struct ls *l = p->ls;

	if (!l)
		return;
	l->waiting = l->ready = l->tell = (struct ls_list){ NO_IDX, NO_IDX };
	l->n_exec = 0;
	l->cur.on = false;
	for (uint16_t i = 0; i < l->cfg.tags; i++) {
		struct ls_req *q = &l->reqs[i];

		if (q->state != LS_FREE && q->state != LS_COMPLETE &&
		    !(WEFT_MUTANT(LS_FAIL_FORGETS) && q->state == LS_WAITING))
			ls_complete(p, i, st);
		l->ans[i].state = LS_NONE;
	}
	for (uint32_t i = 0; i < l->cfg.windows; i++)
		l->win[i].state = LS_UNBOUND;
}
