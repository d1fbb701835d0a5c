/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reliable datagrams on a context: those that we send, each until its answer comes, and answers to
 * the peer's.  Nothing couples one to another.  Receive buffers are the host's.
 */
#include "core/pdc.h"

#define GEN_MASK 0xffffffu	/* of the 24 bits of a tag beside the index */

enum rd_state { RD_FREE, RD_WAITING, RD_SENT, RD_RNR, RD_COMPLETE };

struct rd_req {			/* a datagram of ours, by the low bits of its tag */
	struct weft_rd_wr wr;
	weft_time due;		/* RNR: when to send again */
	uint32_t psn;		/* SENT: the packet that carried it */
	uint32_t gen;		/* tells it from earlier ones in its place */
	uint16_t next;
	uint8_t state, status;
	uint8_t tries;		/* refusals with RNR */
};

struct rd_ans {			/* an answer that waits for a PSN */
	uint32_t qpn, tag;
	uint8_t status;
};

struct rd_list {
	uint16_t head, tail;	/* NO_IDX: empty */
};

struct rd {
	struct weft_rd_cfg cfg;
	struct rd_req *reqs;	/* cfg.tags */
	struct rd_ans *ans;	/* ring of cfg.answers */
	struct rd_list free, waiting, done;
	weft_time due;		/* the earliest of those in state RNR; WEFT_NEVER: none */
	uint16_t ans_at, n_ans;
	uint16_t n_exec;	/* of the peer's: with the host */
	uint16_t n_out;		/* of ours: not FREE */
};

static bool cfg_ok(const struct weft_rd_cfg *c)
{
	return c->tags && c->tags <= WEFT_RD_TAGS && c->answers && c->answers <= 1024 &&
	       c->rnr_retry <= 7;
}

size_t weft_rd_size(const struct weft_rd_cfg *c)
{
	if (!cfg_ok(c))
		return 0;
	return sizeof(struct rd) + c->tags * sizeof(struct rd_req) +
	       ((c->answers * sizeof(struct rd_ans) + 7) & ~(size_t)7);
}

static void push(struct rd *d, struct rd_list *l, uint16_t i)
{
	d->reqs[i].next = NO_IDX;
	if (l->tail != NO_IDX)
		d->reqs[l->tail].next = i;
	else
		l->head = i;
	l->tail = i;
}

static uint16_t pop(struct rd *d, struct rd_list *l)
{
	uint16_t i = l->head;

	if (i == NO_IDX)
		return i;
	l->head = d->reqs[i].next;
	if (l->head == NO_IDX)
		l->tail = NO_IDX;
	return i;
}

int weft_rd_init(struct weft_pdc *p, void *mem, const struct weft_rd_cfg *cfg)
{
	struct rd *d = mem;

	if (!cfg_ok(cfg))
		return WEFT_EINVAL;
	if (p->rd || !pdc_live(p))
		return WEFT_ESTATE;
	memset(mem, 0, weft_rd_size(cfg));
	d->cfg = *cfg;
	d->reqs = (struct rd_req *)(void *)(d + 1);
	d->ans = (struct rd_ans *)(void *)(d->reqs + cfg->tags);
	d->free = d->waiting = d->done = (struct rd_list){ NO_IDX, NO_IDX };
	d->due = WEFT_NEVER;
	for (uint16_t i = 0; i < cfg->tags; i++)
		push(d, &d->free, i);
	p->rd = d;
	return WEFT_OK;
}

/* ---- ours ---------------------------------------------------------------------------- */

/* WEFT-DGM-029: the tag is the place and how often it was used. */
int weft_rd_post(struct weft_pdc *p, const struct weft_rd_wr *wr)
{
	struct rd *d = p->rd;
	uint16_t i;

	if (!d || !pdc_live(p) || p->close_asked)
		return WEFT_ESTATE;
	if (wr->len > req_payload_max(p) || !wr->dst_qpn || wr->dst_qpn >> 24 || !wr->src_qpn ||
	    wr->src_qpn >> 24 || wr->flags & ~(WEFT_OFLAGS_SE | WEFT_OFLAGS_IMM))
		return WEFT_EINVAL;
	i = pop(d, &d->free);
	if (i == NO_IDX)
		return WEFT_EFULL;
	d->reqs[i].wr = *wr;
	d->reqs[i].state = RD_WAITING;
	d->reqs[i].tries = 0;
	d->reqs[i].gen = (d->reqs[i].gen + 1) & GEN_MASK;
	d->n_out++;
	push(d, &d->waiting, i);
	return WEFT_OK;
}

static void complete(struct rd *d, uint16_t i, enum weft_status st)
{
	d->reqs[i].state = RD_COMPLETE;
	d->reqs[i].status = (uint8_t)st;
	push(d, &d->done, i);
}

bool rd_wants_req(const struct weft_pdc *p)
{
	return p->rd && p->rd->waiting.head != NO_IDX;
}

bool rd_next_req(struct weft_pdc *p, struct txrec *r)
{
	struct rd *d = p->rd;

	while (rd_wants_req(p)) {
		uint16_t i = pop(d, &d->waiting);

		/* The peer's limit was not known when it was posted. */
		if (d->reqs[i].wr.len > req_payload_max(p) && !WEFT_MUTANT(RD_LONG_SENT)) {
			complete(d, i, WEFT_STATUS_TOO_LONG);
			continue;
		}
		d->reqs[i].state = RD_SENT;
		d->reqs[i].psn = txpsn_of(p, r);
		r->kind = TX_RD;
		r->msn = i;
		r->len = d->reqs[i].wr.len;
		return true;
	}
	return false;
}

/* WEFT-DGM-030: what was sent before, and is longer than the peer takes, will never be taken. */
void rd_limit_known(struct weft_pdc *p)
{
	for (uint32_t psn = p->una; p->rd && psn != p->nxt; psn++) {
		struct txrec *r = txrec_of(p, psn);

		if (r->acked || r->kind != TX_RD || r->len <= req_payload_max(p))
			continue;
		complete(p->rd, (uint16_t)r->msn, WEFT_STATUS_TOO_LONG);
		retx_orphan(p, r);
	}
}

/* WEFT-DGM-020: one packet each.  Returns the bytes written. */
uint32_t rd_build(struct weft_pdc *p, const struct txrec *r, struct weft_txd *t, uint8_t *at)
{
	const struct rd_req *q = &p->rd->reqs[r->msn];
	const struct weft_rd_wr *wr = &q->wr;
	struct weft_hdr_op op = {
		.opcode = WEFT_OPCODE_RD_SEND, .length = wr->len, .qpn = wr->dst_qpn,
		.flags = (uint8_t)(WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM | wr->flags),
	};
	struct weft_hdr_rd h = { .src_qpn = wr->src_qpn, .qkey = wr->qkey,
				 .tag = q->gen << 8 | r->msn };
	struct weft_hdr_imm imm = { .imm = wr->imm };
	uint32_t len = WEFT_HDR_OP_LEN + WEFT_HDR_RD_LEN;

	weft_hdr_op_pack(at, &op);
	weft_hdr_rd_pack(at + WEFT_HDR_OP_LEN, &h);
	if (wr->flags & WEFT_OFLAGS_IMM) {
		weft_hdr_imm_pack(at + len, &imm);
		len += WEFT_HDR_IMM_LEN;
	}
	t->src = wr->len ? WEFT_SRC_WR : WEFT_SRC_NONE;
	t->local = wr->local;
	return len;
}

/* WEFT-DGM-025: its turn to be sent again comes; at once if that is all that time does. */
static void again_later(struct rd *d, uint16_t i, uint32_t delay_ns, weft_time now)
{
	struct rd_req *q = &d->reqs[i];

	q->state = RD_RNR;
	q->due = now + (WEFT_MUTANT(RD_RNR_AT_ONCE) ? 0 : delay_ns);
	if (q->due < d->due)
		d->due = q->due;
}

weft_time rd_due(const struct weft_pdc *p)
{
	return p->rd ? p->rd->due : WEFT_NEVER;
}

void rd_expire(struct weft_pdc *p, weft_time now)
{
	struct rd *d = p->rd;

	if (!d || d->due > now)
		return;
	d->due = WEFT_NEVER;
	for (uint16_t i = 0; i < d->cfg.tags; i++) {
		struct rd_req *q = &d->reqs[i];

		if (q->state != RD_RNR)
			continue;
		if (q->due <= now) {
			q->state = RD_WAITING;
			push(d, &d->waiting, i);
		} else if (q->due < d->due) {
			d->due = q->due;
		}
	}
}

/* The packet that carried it has come, though we may not know it yet. */
static void came(struct weft_pdc *p, uint32_t psn)
{
	struct txrec *r;

	if (!psn_in(psn, p->una, p->nxt - p->una))
		return;
	r = txrec_of(p, psn);
	if (!r->acked && r->kind == TX_RD && !WEFT_MUTANT(RD_CAME_SENT_AGAIN))
		retx_orphan(p, r);
}

/* WEFT-DGM-024, WEFT-DGM-026, WEFT-DGM-027 */
static void answered(struct weft_pdc *p, const struct weft_view *v, weft_time now,
		     enum weft_drop *why)
{
	const struct weft_hdr_rd_rsp *h = &v->b.data.u.rd_rsp;
	uint8_t st = v->b.data.op.status;
	struct rd *d = p->rd;
	uint16_t i = h->tag & 0xff;
	struct rd_req *q;

	if (!d || i >= d->cfg.tags || d->reqs[i].state != RD_SENT ||
	    (d->reqs[i].gen != h->tag >> 8 && !WEFT_MUTANT(RD_GEN_IGNORED)) ||
	    d->reqs[i].wr.src_qpn != v->b.data.op.qpn) {
		*why = WEFT_DROP_UNEXPECTED;
		return;
	}
	q = &d->reqs[i];
	came(p, q->psn);
	if (st != WEFT_STATUS_RNR) {
		complete(d, i, st < WEFT_STATUS_FLUSHED ? (enum weft_status)st :
							  WEFT_STATUS_OP_FAILED);
		return;
	}
	p->st->rnr_rx++;
	if (q->tries == d->cfg.rnr_retry && q->tries < 7 && !WEFT_MUTANT(RD_RNR_FOR_EVER)) {
		complete(d, i, WEFT_STATUS_RNR_RETRY_EXCEEDED);
		return;
	}
	if (q->tries < 7)
		q->tries++;
	again_later(d, i, h->delay_ns, now);
}

/* ---- the peer's ---------------------------------------------------------------------- */

/* WEFT-DGM-021, WEFT-DGM-023.  Returns false if the packet must not be marked as received. */
static bool asked(struct weft_pdc *p, const struct weft_view *v, uint32_t idx,
		  struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	const struct weft_hdr_rd *h = &v->b.data.u.rd;
	const struct weft_hdr_op *op = &v->b.data.op;
	const uint8_t whole = WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM;
	struct rxrec *x = &p->rx[idx];
	struct rd *d = p->rd;

	if (!d || ((op->flags & whole) != whole && !WEFT_MUTANT(RD_PART_TAKEN))) {
		*why = WEFT_DROP_REFUSED;
		return ep_owe(p, TX_RD_RSP, h->src_qpn, h->tag,
			      d ? WEFT_STATUS_MALFORMED : WEFT_STATUS_BAD_OPCODE);
	}
	if (d->n_exec + d->n_ans >= d->cfg.answers && !WEFT_MUTANT(RD_ANSWERS_FREE)) {
		*why = WEFT_DROP_NO_ROOM;
		return false;
	}
	d->n_exec++;
	x->kind = RX_RD;
	x->msn = h->tag;
	x->off = h->src_qpn;
	memset(act, 0, sizeof(*act));
	act->type = WEFT_ACT_PLACE_RD;
	act->token = TOKEN_RD << 28 | (v->d.psn & TOKEN_VALUE);
	act->key = h->qkey;
	act->arg = op->qpn;
	act->peer_qpn = h->src_qpn;
	act->data = v->payload;
	act->len = act->msg_len = op->length;
	act->wc.opcode = WEFT_OPCODE_RD_SEND;
	act->wc.flags = op->flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE);
	act->wc.len = op->length;
	act->wc.imm = v->b.data.imm.imm;
	*has_act = true;
	return true;
}

bool rd_rx(struct weft_pdc *p, const struct weft_view *v, uint32_t idx, weft_time now,
	   struct weft_act *act, bool *has_act, enum weft_drop *why)
{
	if (v->b.data.op.opcode == WEFT_OPCODE_RD_SEND)
		return asked(p, v, idx, act, has_act, why);
	answered(p, v, now, why);
	return true;
}

/* WEFT-DGM-022: what becomes of a datagram is said once. */
void rd_done(struct weft_pdc *p, uint32_t what, enum weft_status st)
{
	struct rd *d = p->rd;
	struct rxrec *x;

	if (!d || !p->run)
		return;
	x = rxrec_of(p, what);
	if (x->kind != RX_RD || (x->psn & TOKEN_VALUE) != what)
		return;
	if (st >= WEFT_STATUS_FLUSHED)
		st = WEFT_STATUS_OP_FAILED;
	d->ans[(d->ans_at + d->n_ans++) % d->cfg.answers] =
		(struct rd_ans){ .qpn = x->off, .tag = x->msn, .status = (uint8_t)st };
	d->n_exec--;
	p->st->rnr_tx += st == WEFT_STATUS_RNR;
	x->kind = RX_FREE;
	sack_done(p, x->psn);
}

bool rd_wants_rsp(const struct weft_pdc *p)
{
	return p->rd && p->rd->n_ans;
}

bool rd_next_rsp(struct weft_pdc *p, struct txrec *r)
{
	struct rd *d = p->rd;
	struct rd_ans *a;

	if (!rd_wants_rsp(p))
		return false;
	a = &d->ans[d->ans_at];
	d->ans_at = (uint16_t)((d->ans_at + 1u) % d->cfg.answers);
	d->n_ans--;
	r->kind = TX_RD_RSP;
	r->off = a->qpn;
	r->msn = a->tag;
	r->slot = a->status;
	return true;
}

uint32_t rd_build_rsp(struct weft_pdc *p, const struct txrec *r, uint8_t *at)
{
	struct weft_hdr_op op = {
		.opcode = WEFT_OPCODE_RD_RSP, .flags = WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM,
		.status = r->slot, .qpn = r->off,
	};
	struct weft_hdr_rd_rsp h = { .tag = r->msn & (WEFT_MUTANT(RD_TAG_SHORT) ? 0x3f : ~0u) };

	if (r->slot == WEFT_STATUS_RNR && p->rd && !WEFT_MUTANT(RD_DELAY_UNSAID))
		h.delay_ns = p->rd->cfg.rnr_delay_ns;
	weft_hdr_op_pack(at, &op);
	weft_hdr_rd_rsp_pack(at + WEFT_HDR_OP_LEN, &h);
	return WEFT_HDR_OP_LEN + WEFT_HDR_RD_RSP_LEN;
}

/* ---- both ---------------------------------------------------------------------------- */

bool rd_has_work(const struct weft_pdc *p)
{
	return p->rd && p->rd->done.head != NO_IDX;
}

bool rd_busy(const struct weft_pdc *p)
{
	return p->rd && (p->rd->n_out || p->rd->n_exec || p->rd->n_ans);
}

size_t rd_work(struct weft_pdc *p, struct weft_act *acts, size_t n)
{
	struct rd *d = p->rd;
	size_t k = 0;

	while (d && k < n && d->done.head != NO_IDX) {
		uint16_t i = pop(d, &d->done);
		struct weft_act *a = &acts[k++];

		memset(a, 0, sizeof(*a));
		a->type = WEFT_ACT_COMPLETE_RD;
		a->wc.id = d->reqs[i].wr.id;
		a->wc.status = (enum weft_status)d->reqs[i].status;
		a->wc.opcode = WEFT_OPCODE_RD_SEND;
		a->wc.len = d->reqs[i].wr.len;
		d->reqs[i].state = RD_FREE;
		d->n_out--;
		push(d, &d->free, i);
	}
	return k;
}

/* WEFT-DGM-028 */
void rd_fail(struct weft_pdc *p, enum weft_status st)
{
	struct rd *d = p->rd;

	if (!d)
		return;
	d->waiting = (struct rd_list){ NO_IDX, NO_IDX };
	d->due = WEFT_NEVER;
	d->n_ans = 0;
	for (uint16_t i = 0; i < d->cfg.tags; i++)
		if (d->reqs[i].state != RD_FREE && d->reqs[i].state != RD_COMPLETE &&
		    !(WEFT_MUTANT(RD_FAIL_FORGETS) && d->reqs[i].state == RD_RNR))
			complete(d, i, st);
}
