/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of every packet that a context sends, built from its records each time it is
 * sent, so that nothing but the record need be kept.  What to send, and when, is tx.c's.
 */
#include "core/pdc.h"

static void set_ports(const struct weft_pdc *p, struct weft_txd *t)
{
	uint8_t ports = path_ports(p, (uint16_t)(t->entropy - p->cfg.entropy_base));

	t->port = ports >> 4;
	t->peer_port = ports & 15;
}

/* WEFT-PDC-001 */
static weft_cold uint8_t *pack_syn(const struct weft_pdc *p, uint8_t *at)
{
	struct weft_hdr_syn syn = {
		.chip_id = p->prof->chip_id, .incarnation = p->prof->incarnation,
		.pdc_id = p->cfg.pdc_id, .mode = (uint8_t)p->cfg.mode, .gen = p->cfg.gen,
		.domain = p->cfg.domain, .start_psn = p->tx_start,
		.window = p->prof->window, .max_payload = p->prof->max_payload,
		.cookie = p->cookie,
	};

	syn.max_payload = WEFT_MUTANT(SYN_NO_LIMITS) && p->initiator ? 0 : syn.max_payload;
	weft_hdr_syn_pack(at, &syn);
	return at + WEFT_HDR_SYN_LEN;
}

static weft_hot uint8_t *start(struct weft_pdc *p, struct weft_txd *t,
			       const struct weft_hdr_delivery *d)
{
	uint8_t *at = t->hdr;

	weft_hdr_delivery_pack(at, d);
	at += WEFT_HDR_DELIVERY_LEN;
	if (d->flags & WEFT_DFLAGS_SYN)
		at = pack_syn(p, at);
	t->entropy = d->entropy;
	set_ports(p, t);
	t->psn = d->psn;
	t->stream = NULL;
	t->src = WEFT_SRC_NONE;
	t->len = 0;
	t->offset = 0;
	t->msn = 0;
	return at;
}

static inline void fill_delivery(struct weft_pdc *p, struct weft_hdr_delivery *d,
				 enum weft_ptype type, uint16_t path)
{
	*d = (struct weft_hdr_delivery){ .version = WEFT_VERSION, .type = (uint8_t)type };
	d->fabric = WEFT_MUTANT(RESERVED_SENT);		/* WEFT-PKT-012 */
	if (WEFT_MUTANT(MARK_SENT_BACK) && p->ce_count)
		d->fabric = WEFT_FABRIC_CE;
	d->flags = p->peer_gen;		/* WEFT-PKT-032 */
	if (!p->peer_knows && !(WEFT_MUTANT(SYN_TOO_FEW) && p->nxt - p->tx_start > 1))
		d->flags |= WEFT_DFLAGS_SYN;
	if (p->rx_started)
		d->flags |= WEFT_DFLAGS_AKV;
	d->entropy = (uint16_t)(p->cfg.entropy_base + path);
	d->pdc_id = p->peer_id;
	p->acked_cum = p->rx_cum;
	d->ack_psn = (WEFT_MUTANT(ACK_OVER_GAP) ? p->rx_max : p->rx_cum) - 1; /* WEFT-ACK-001 */
}

static void finish(struct weft_txd *t, const uint8_t *at)
{
	t->hdr_len = (uint16_t)(at - t->hdr);
	weft_assert(t->hdr_len <= WEFT_HDR_MAX);
}

static uint8_t *pack_atomic(uint8_t *at, const struct weft_wr *wr)
{
	struct weft_hdr_amask m = { .operand_mask = wr->operand_mask,
				    .compare_mask = wr->compare_mask };
	struct weft_hdr_atomic h = { .rkey = wr->rkey, .addr = wr->addr, .aop = (uint8_t)wr->aop,
				     .width = (uint8_t)wr->len, .operand = wr->operand,
				     .compare = wr->compare };

	if (wr->masked)
		h.flags = WEFT_AFLAGS_MASKED;
	weft_hdr_atomic_pack(at, &h);
	at += WEFT_HDR_ATOMIC_LEN;
	if (!wr->masked)
		return at;
	weft_hdr_amask_pack(at, &m);
	return at + WEFT_HDR_AMASK_LEN;
}

static uint8_t *pack_reduce(uint8_t *at, const struct weft_wr *wr, uint32_t off)
{
	struct weft_hdr_reduce h = { .rkey = wr->rkey, .addr = wr->addr, .msg_len = wr->len,
				     .offset = off, .op = wr->redop, .dtype = wr->dtype };

	weft_hdr_reduce_pack(at, &h);
	return at + WEFT_HDR_REDUCE_LEN;
}

static uint8_t *pack_flush(uint8_t *at, const struct weft_wr *wr)
{
	struct weft_hdr_flush h = { .rkey = wr->rkey, .addr = wr->addr, .length = wr->len,
				    .level = wr->level };

	weft_hdr_flush_pack(at, &h);
	return at + WEFT_HDR_FLUSH_LEN;
}

static uint8_t *pack_range(uint8_t *at, const struct sqe *q, const struct txrec *r)
{
	const struct weft_wr *wr = &q->wr;

	if (wr->opcode == WEFT_OPCODE_SEND) {
		struct weft_hdr_send h = { .msg_len = wr->len, .offset = r->off, .ssn = q->ssn };

		weft_hdr_send_pack(at, &h);
		return at + WEFT_HDR_SEND_LEN;
	}
	if (wr->opcode == WEFT_OPCODE_WRITE) {
		struct weft_hdr_write h = { .rkey = wr->rkey, .addr = wr->addr,
					    .msg_len = wr->len, .offset = r->off };

		h.offset &= WEFT_MUTANT(OFFSET_SHORT) ? 0x3fff : ~0u;
		h.addr += WEFT_MUTANT(COPY_ELSEWHERE) && r->again ? 8 : 0;
		weft_hdr_write_pack(at, &h);
		return at + WEFT_HDR_WRITE_LEN;
	}
	if (wr->opcode == WEFT_OPCODE_READ) {
		struct weft_hdr_read h = { .rkey = wr->rkey, .addr = wr->addr, .msg_len = wr->len };

		weft_hdr_read_pack(at, &h);
		return at + WEFT_HDR_READ_LEN;
	}
	if (wr->opcode == WEFT_OPCODE_REDUCE)
		return pack_reduce(at, wr, r->off);
	return wr->opcode == WEFT_OPCODE_FLUSH ? pack_flush(at, wr) : pack_atomic(at, wr);
}

/* What the last packet of a message may bring besides. */
static weft_cold uint8_t *pack_attached(uint8_t *at, const struct sqe *q, uint8_t flags)
{
	const struct weft_wr *wr = &q->wr;
	struct weft_hdr_imm imm = { .ssn = q->ssn, .imm = wr->imm };
	struct weft_hdr_inv inv = { .rkey = wr->imm };
	struct weft_hdr_signal sig = { .rkey = wr->signal_key, .addr = wr->signal_addr,
				       .value = wr->signal_value };

	if (flags & WEFT_OFLAGS_IMM) {
		weft_hdr_imm_pack(at, &imm);
		at += WEFT_HDR_IMM_LEN;
	}
	if (flags & WEFT_OFLAGS_INV) {
		weft_hdr_inv_pack(at, &inv);
		at += WEFT_HDR_INV_LEN;
	}
	if (flags & WEFT_OFLAGS_SIGNAL) {
		weft_hdr_signal_pack(at, &sig);
		at += WEFT_HDR_SIGNAL_LEN;
	}
	return at;
}

static inline uint8_t *pack_op(uint8_t *at, enum weft_opcode code, uint8_t flags, uint16_t len,
			uint8_t status, uint32_t qpn, uint32_t msn)
{
	struct weft_hdr_op op = { .opcode = (uint8_t)code, .flags = flags, .length = len,
				  .status = status, .qpn = qpn, .msn = msn };

	weft_hdr_op_pack(at, &op);
	return at + WEFT_HDR_OP_LEN;
}

/* qpn, if not 0: message msn of that stream of the peer's will not come whole (WEFT-RTX-028). */
static uint8_t *build_nop(uint8_t *at, uint32_t qpn, uint32_t msn)
{
	return pack_op(at, WEFT_OPCODE_NOP, 0, 0, 0, WEFT_MUTANT(GIVEN_UP_SILENT) ? 0 : qpn, msn);
}

/* Is there still something to say for a request packet, or has its stream moved on? */
static bool req_stale(const struct weft_stream *s, const struct txrec *r)
{
	return psn_before(r->msn, s->head) ||
	       (s->failing && !psn_before(r->msn, s->fail_msn));
}

static uint8_t *build_req(struct weft_stream *s, struct txrec *r, struct weft_txd *t, uint8_t *at)
{
	const struct sqe *q = sqe_of(s, r->msn);
	const struct weft_wr *wr = &q->wr;
	bool last = !op_has_data((uint8_t)wr->opcode) || r->off + r->len == wr->len;
	uint8_t flags = s->tx_epoch ? WEFT_OFLAGS_EPOCH : 0;

	if (r->off == 0)
		flags |= WEFT_OFLAGS_SOM;
	if (last)
		flags |= WEFT_OFLAGS_EOM | wr->flags;
	at = pack_op(at, wr->opcode, flags, r->len, 0, s->peer_qpn, r->msn);
	at = pack_range(at, q, r);
	if (flags & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL))
		at = pack_attached(at, q, flags);
	t->src = r->len ? WEFT_SRC_WR : WEFT_SRC_NONE;
	t->local = wr->local;
	t->offset = WEFT_MUTANT(COPY_FROM_START) && r->again ? 0 : r->off;
	return at;
}

static uint8_t *build_read_rsp(struct weft_stream *s, struct txrec *r, struct weft_txd *t,
			       uint8_t *at)
{
	struct msg *m = msg_of(s, r->msn);
	struct weft_hdr_read_rsp h = { .msg_len = m->msg_len, .offset = r->off };
	uint8_t flags = 0;

	if (m->msn != r->msn || m->opcode != WEFT_OPCODE_READ)
		return build_nop(at, 0, 0);
	if (r->off == 0)
		flags |= WEFT_OFLAGS_SOM;
	if (r->off + r->len == m->msg_len)
		flags |= WEFT_OFLAGS_EOM;
	/* WEFT-SEM-092: of its bytes the engine knows only where they lie. */
	at = pack_op(at, WEFT_OPCODE_READ_RSP, flags, r->len, 0, s->peer_qpn, r->msn);
	weft_hdr_read_rsp_pack(at, &h);
	t->src = r->len ? WEFT_SRC_MEM : WEFT_SRC_NONE;
	t->key = m->rkey;
	t->addr = m->addr + r->off;
	return at + WEFT_HDR_READ_RSP_LEN;
}

static uint8_t *build_atomic_rsp(struct weft_stream *s, struct txrec *r, uint8_t *at)
{
	struct msg *m = msg_of(s, r->msn);
	struct weft_hdr_atomic_rsp h = { .old = m->value };

	if (m->msn != r->msn || m->opcode != WEFT_OPCODE_ATOMIC)
		return build_nop(at, 0, 0);
	at = pack_op(at, WEFT_OPCODE_ATOMIC_RSP, WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM, 0, 0,
		     s->peer_qpn, r->msn);
	weft_hdr_atomic_rsp_pack(at, &h);
	return at + WEFT_HDR_ATOMIC_RSP_LEN;
}

static uint8_t *build_tack(uint8_t *at, uint32_t qpn, uint32_t msn, enum weft_status st,
			   uint32_t credits, uint32_t delay_ns)
{
	struct weft_hdr_tack h = { .credits = credits, .delay_ns = delay_ns };

	at = pack_op(at, WEFT_OPCODE_TACK, WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM, 0, (uint8_t)st, qpn,
		     msn);
	weft_hdr_tack_pack(at, &h);
	return at + WEFT_HDR_TACK_LEN;
}

static uint8_t *build_ctrl(const struct ctrl_slot *c, uint8_t *at)
{
	struct weft_hdr_ctrl h = { .length = c->len };

	weft_hdr_ctrl_pack(at, &h);
	memcpy(at + WEFT_HDR_CTRL_LEN, c->bytes, c->len);
	return at + WEFT_HDR_CTRL_LEN + c->len;
}

/* EP_REJECT and EP_DISCONNECT have the same form, and fit into the packet's record. */
static uint8_t *build_end(const struct txrec *r, uint8_t *at)
{
	struct weft_hdr_ctrl c = { .length = WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_EP_DISCONNECT_LEN };
	struct weft_hdr_tlv t = { .type = r->kind == TX_REJECT ? WEFT_TLV_EP_REJECT :
					  WEFT_TLV_EP_DISCONNECT,
				  .length = WEFT_HDR_TLV_EP_DISCONNECT_LEN };
	struct weft_hdr_tlv_ep_disconnect h = { .dst_qpn = r->off, .reason = r->slot,
						.src_qpn = r->msn };

	weft_hdr_ctrl_pack(at, &c);
	at += WEFT_HDR_CTRL_LEN;
	weft_hdr_tlv_pack(at, &t);
	at += WEFT_HDR_TLV_LEN;
	weft_hdr_tlv_ep_disconnect_pack(at, &h);
	return at + WEFT_HDR_TLV_EP_DISCONNECT_LEN;
}

static uint8_t *build_body(struct weft_pdc *p, struct weft_stream *s, struct txrec *r,
			   struct weft_txd *t, uint8_t *at)
{
	if (s && !s->peer_qpn)			/* the peer has ended the stream */
		return build_nop(at, 0, 0);
	switch ((enum txkind)r->kind) {
	case TX_REQ:
		return req_stale(s, r) ? build_nop(at, s->peer_qpn, r->msn) :
		       build_req(s, r, t, at);
	case TX_READ_RSP:
		return build_read_rsp(s, r, t, at);
	case TX_ATOMIC_RSP:
		return build_atomic_rsp(s, r, at);
	case TX_TACK:		/* WEFT-SEM-030 */
		return build_tack(at, s->peer_qpn,
				  s->exp - 1 - (WEFT_MUTANT(TACK_BEHIND) && s->exp > 6) +
				  (WEFT_MUTANT(TACK_EARLY) && s->held != NO_IDX),
				  WEFT_STATUS_OK, s->credits, 0);
	case TX_NAK:
		return build_tack(at, s->peer_qpn, r->msn, (enum weft_status)r->off, s->credits,
				  s->cfg.rnr_delay_ns);
	case TX_REFUSAL:
		return build_tack(at, r->off, r->msn, (enum weft_status)r->slot, 0, 0);
	case TX_REJECT:
	case TX_DISCONNECT:
		return build_end(r, at);
	case TX_RD:
		return at + rd_build(p, r, t, at);
	case TX_RD_RSP:
		return at + rd_build_rsp(p, r, at);
	case TX_WINDOW:
		return at + ls_build_status(r, at);
	case TX_CTRL:
		return build_ctrl(&p->ctrl[r->slot], at);
	case TX_NOP:
		return build_nop(at, r->off, r->msn);
	case TX_LS:
	case TX_LS_RSP:		/* ls_build() */
	case TX_NONE:
		break;
	}
	return build_nop(at, 0, 0);
}

/* A packet with a PSN.  WEFT-RTX-001: RTX when it is sent again. */
void build_rec(struct weft_pdc *p, struct txrec *r, bool ar, struct weft_txd *t, weft_time now)
{
	struct weft_stream *s = r->s;
	bool ctrl = (1u << TX_CTRL | 1u << TX_REJECT | 1u << TX_DISCONNECT | 1u << TX_WINDOW) >>
		    r->kind & 1;
	struct weft_hdr_delivery d;
	uint8_t *at;

	r->path = (uint8_t)(r->again ? path_pick_other(p, r->path, r->sure, now) :
				       path_pick(p, now));
	r->sure = r->again;	/* the next time, if there is one */
	if (r->kind == TX_LS || r->kind == TX_LS_RSP) {
		ls_build(p, r, ar, t);
		set_ports(p, t);
		return;
	}
	if (!s && !ctrl && r->kind != TX_REFUSAL && r->kind != TX_RD && r->kind != TX_RD_RSP &&
	    r->kind != TX_NOP) {
		r->kind = TX_NOP;			/* WEFT-RTX-009 */
		r->off = 0;
	}
	fill_delivery(p, &d, ctrl ? WEFT_PTYPE_CTRL : WEFT_PTYPE_DATA, r->path);
	d.psn = txpsn_of(p, r);
	if (r->again && !WEFT_MUTANT(RTX_UNMARKED))
		d.flags |= WEFT_DFLAGS_RTX;
	if (ar)
		d.flags |= WEFT_DFLAGS_AR;
	at = start(p, t, &d);
	at = build_body(p, s, r, t, at);
	t->stream = s;
	t->msn = r->msn;
	if (t->src != WEFT_SRC_NONE)
		t->len = r->len;
	finish(t, at);
}

/* A duplicate of the last PSN, which the peer answers at once with how its window stands. */
void build_probe(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	struct weft_hdr_delivery d;

	fill_delivery(p, &d, WEFT_PTYPE_DATA, path_pick(p, now));
	d.psn = p->nxt - 1;
	d.flags |= WEFT_DFLAGS_RTX | WEFT_DFLAGS_AR;
	finish(t, build_nop(start(p, t, &d), 0, 0));
}

void build_ack(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	uint64_t words[WEFT_MAX_SACK_WORDS], delay = now - p->echo_at;
	struct weft_hdr_delivery d;
	struct weft_hdr_ack h;
	uint8_t *at;

	fill_delivery(p, &d, WEFT_PTYPE_ACK, path_pick(p, now));
	at = start(p, t, &d);
	memset(&h, 0, sizeof(h));
	h.flags = WEFT_ACKFLAGS_ECHO;
	h.words = (uint8_t)sack_fill(p, words, &h.sack_base);
	h.ce_count = WEFT_MUTANT(CE_IGNORED) ? 0 : p->ce_count;	/* WEFT-ACK-006 */
	h.echo_entropy = WEFT_MUTANT(ECHO_ENTROPY) ? 0 : p->echo_entropy;
	h.window = p->prof->window;
	h.echo_psn = p->echo_psn;
	h.ack_delay_ns = delay < UINT32_MAX ? (uint32_t)delay : UINT32_MAX;
	if (WEFT_MUTANT(DELAY_UNTOLD))
		h.ack_delay_ns = 0;
	h.rx_bytes = p->rx_bytes;
	weft_hdr_ack_pack(at, &h);
	at += WEFT_HDR_ACK_LEN;
	for (uint32_t i = 0; i < h.words; i++) {
		struct weft_hdr_sackword w = { .bits = words[i] };

		weft_hdr_sackword_pack(at, &w);
		at += WEFT_HDR_SACKWORD_LEN;
	}
	finish(t, at);
}

/* What takes no PSN and has a header of its own: a probe on the path that it asks about. */
void build_path_probe(struct weft_pdc *p, const struct weft_hdr_probe *h, uint16_t path,
		      struct weft_txd *t)
{
	struct weft_hdr_delivery d;
	uint8_t *at;

	fill_delivery(p, &d, WEFT_PTYPE_PROBE, path);
	at = start(p, t, &d);
	weft_hdr_probe_pack(at, h);
	finish(t, at + WEFT_HDR_PROBE_LEN);
}

void build_credit(struct weft_pdc *p, uint8_t flags, uint32_t pkts, struct weft_txd *t,
		  weft_time now)
{
	struct weft_hdr_credit h = { .flags = flags, .pkts = pkts };
	struct weft_hdr_delivery d;
	uint8_t *at;

	fill_delivery(p, &d, WEFT_PTYPE_CREDIT, path_pick(p, now));
	at = start(p, t, &d);
	weft_hdr_credit_pack(at, &h);
	finish(t, at + WEFT_HDR_CREDIT_LEN);
}

/* n ranges: MISSING, TRIMMED; none: RESET. */
void build_nack(struct weft_pdc *p, enum weft_nack reason, const struct weft_hdr_range *ranges,
		uint8_t n, struct weft_txd *t)
{
	struct weft_hdr_nack h = { .reason = (uint8_t)reason, .count = n,
				   .echo_psn = p->rx_last };
	struct weft_hdr_delivery d;
	uint8_t *at;

	fill_delivery(p, &d, WEFT_PTYPE_NACK, path_best(p));
	at = start(p, t, &d);
	weft_hdr_nack_pack(at, &h);
	at += WEFT_HDR_NACK_LEN;
	for (uint8_t i = 0; i < n; i++) {
		weft_hdr_range_pack(at, &ranges[i]);
		at += WEFT_HDR_RANGE_LEN;
	}
	finish(t, at);
}
