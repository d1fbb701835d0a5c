/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One context alone.  See solo.h. */
#include <stdlib.h>

#include "core/test/net_check.h"
#include "core/test/solo.h"

void solo_init(struct solo *so)
{
	memset(so, 0, sizeof(*so));
	weft_peer_init(&so->peer, SOLO_PEER, SOLO_START);
	so->prof = (struct weft_profile){
		.chip_id = SOLO_CHIP, .incarnation = 7, .window = 64, .max_payload = 1024,
		.max_streams = 8, .max_paths = 4, .holds = 8, .cc_init_pkts = 64,
	};
	so->cfg = (struct weft_pdc_cfg){
		.profile = &so->prof, .stats = &so->stats, .peer = &so->peer, .host = so,
		.pdc_id = SOLO_ID, .domain = 1, .mode = WEFT_MODE_RUD, .gen = SOLO_GEN,
		.mtu_payload = 1024, .n_paths = 4, .entropy_base = 0xc000,
	};
	so->scfg = (struct weft_stream_cfg){
		.host = so, .qpn = SOLO_QPN, .pd = 1, .sq_depth = 64, .window = 16, .reads = 4,
		.rnr_retry = 7, .rnr_delay_ns = 20000,
	};
	so->peer_window = 64;
	so->peer_max_payload = 1024;
	so->psn = SOLO_PEER_START;
	so->ep_window = 16;
	so->ep_reads = 4;
	so->now = 1000000;
}

size_t solo_size(struct solo *so)
{
	so->prof.max_paths = so->cfg.n_paths;
	return weft_profile_prepare(&so->prof) == WEFT_OK ? weft_pdc_size(&so->cfg) : 0;
}

void solo_start(struct solo *so)
{
	so->peer_start = so->psn;
	so->mem = calloc(1, solo_size(so));
	so->p = weft_pdc_open(so->mem, &so->cfg, so->now);
}

static void accepted(struct solo *so)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_NOP, 0);
	uint32_t len;

	v.d.pdc_id = 0;
	v.d.flags &= (uint8_t)~WEFT_DFLAGS_GEN;
	solo_syn(so, &v);
	len = pk_build(so->in, &v);
	weft_parse(&so->v, so->in, len);
	so->mem = calloc(1, solo_size(so));
	so->peer.known = true;
	so->peer.incarnation = 9;
	so->p = weft_pdc_accept(so->mem, &so->cfg, &so->v, so->now);
	so->has_act = weft_rx(so->p, &so->v, so->now, &so->act, &so->why);
}

static void quiet(struct solo *so)
{
	struct weft_view v;

	solo_drain(so);
	solo_ack_all(so);
	v = solo_op(so, WEFT_OPCODE_NOP, 0);	/* to our id: the peer knows it */
	v.d.flags |= WEFT_DFLAGS_AR;
	solo_rx(so, &v);
	solo_drain(so);
	solo_work(so);
	so->n_acts = 0;
}

void solo_open(struct solo *so)
{
	so->peer_start = so->psn;
	accepted(so);
	quiet(so);
}

struct weft_stream *solo_stream(struct solo *so, uint32_t qpn, uint32_t peer_qpn, void **mem)
{
	struct weft_hdr_tlv_ep_connect h = { .src_qpn = peer_qpn, .service = 1, .credits = 16,
					     .window = so->ep_window, .reads = so->ep_reads };
	struct weft_stream_cfg cfg = so->scfg;
	struct weft_stream *s = NULL;

	cfg.qpn = qpn;
	*mem = calloc(1, weft_stream_size(&cfg));
	if (weft_stream_init(so->p, *mem, &cfg, &s) != WEFT_OK ||
	    weft_ep_accept(s, &h, NULL, 0) != WEFT_OK)
		return NULL;
	quiet(so);
	return s;
}

void solo_ready(struct solo *so)
{
	solo_open(so);
	so->s = solo_stream(so, SOLO_QPN, SOLO_PEER_QPN, &so->smem);
}

void solo_connect(struct solo *so)
{
	struct weft_hdr_tlv_ep_accept h = { .dst_qpn = so->scfg.qpn, .src_qpn = SOLO_PEER_QPN,
					    .credits = 16, .window = so->ep_window,
					    .reads = so->ep_reads };
	uint8_t value[WEFT_HDR_TLV_EP_ACCEPT_LEN];
	struct weft_view v;

	solo_start(so);
	so->smem = calloc(1, weft_stream_size(&so->scfg));
	weft_stream_init(so->p, so->smem, &so->scfg, &so->s);
	weft_ep_connect(so->s, 1, NULL, 0);
	solo_drain(so);
	weft_hdr_tlv_ep_accept_pack(value, &h);
	v = solo_ctrl(so, WEFT_TLV_EP_ACCEPT, value, sizeof(value));
	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = so->p->nxt - 1;
	solo_syn(so, &v);
	solo_rx(so, &v);
	quiet(so);
}

void solo_fini(struct solo *so)
{
	free(so->smem);
	free(so->mem);
}

/* ---- the peer's packets ------------------------------------------------------------- */

struct weft_view solo_pkt(struct solo *so, enum weft_ptype type)
{
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	v.d.version = WEFT_VERSION;
	v.d.type = (uint8_t)type;
	v.d.flags = SOLO_GEN;
	v.d.entropy = 0xd000;
	v.d.pdc_id = SOLO_ID;
	if (type == WEFT_PTYPE_DATA || type == WEFT_PTYPE_CTRL || type == WEFT_PTYPE_MEM)
		v.d.psn = so->psn++;
	return v;
}

void solo_syn(struct solo *so, struct weft_view *v)
{
	v->d.flags |= WEFT_DFLAGS_SYN;
	v->syn = (struct weft_hdr_syn){
		.chip_id = SOLO_PEER, .incarnation = 9, .pdc_id = SOLO_PEER_ID,
		.mode = (uint8_t)so->cfg.mode, .gen = SOLO_PEER_GEN, .domain = so->cfg.domain,
		.start_psn = so->peer_start, .window = so->peer_window,
		.max_payload = so->peer_max_payload,
	};
}

struct weft_view solo_op(struct solo *so, enum weft_opcode code, uint32_t msn)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_DATA);

	v.b.data.op.opcode = (uint8_t)code;
	v.b.data.op.flags = WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM;
	v.b.data.op.qpn = code == WEFT_OPCODE_NOP ? 0 : so->scfg.qpn;
	v.b.data.op.msn = msn;
	return v;
}

static void place(struct weft_view *v, uint32_t off, uint32_t len, uint32_t msg_len)
{
	v->b.data.op.length = (uint16_t)len;
	v->b.data.op.flags = (uint8_t)((off ? 0 : WEFT_OFLAGS_SOM) |
				       (off + len == msg_len ? WEFT_OFLAGS_EOM : 0));
}

struct weft_view solo_write(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
			    uint32_t msg_len)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_WRITE, msn);

	v.b.data.u.write = (struct weft_hdr_write){ .rkey = 0x77, .addr = 0x10000,
						    .msg_len = msg_len, .offset = off };
	place(&v, off, len, msg_len);
	return v;
}

struct weft_view solo_send(struct solo *so, uint32_t msn, uint32_t ssn, uint32_t off, uint32_t len,
			   uint32_t msg_len)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_SEND, msn);

	v.b.data.u.send = (struct weft_hdr_send){ .msg_len = msg_len, .offset = off, .ssn = ssn };
	place(&v, off, len, msg_len);
	return v;
}

struct weft_view solo_read(struct solo *so, uint32_t msn, uint32_t len)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_READ, msn);

	v.b.data.u.read = (struct weft_hdr_read){ .rkey = 0x77, .addr = 0x10000, .msg_len = len };
	return v;
}

struct weft_view solo_atomic(struct solo *so, uint32_t msn)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_ATOMIC, msn);

	v.b.data.u.atomic = (struct weft_hdr_atomic){ .rkey = 0x77, .addr = 0x10000, .width = 8,
						      .aop = WEFT_AOP_FADD, .operand = 3 };
	return v;
}

/* Of i32, by SUM. */
struct weft_view solo_reduce(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
			     uint32_t msg_len)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_REDUCE, msn);

	v.b.data.u.reduce = (struct weft_hdr_reduce){ .rkey = 0x77, .addr = 0x10000,
		.msg_len = msg_len, .offset = off, .op = WEFT_REDOP_SUM, .dtype = WEFT_DTYPE_I32 };
	place(&v, off, len, msg_len);
	return v;
}

struct weft_view solo_flush(struct solo *so, uint32_t msn, enum weft_flush level)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_FLUSH, msn);

	v.b.data.u.flush = (struct weft_hdr_flush){ .rkey = 0x77, .addr = 0x10000, .length = 8,
						    .level = (uint8_t)level };
	return v;
}

struct weft_view solo_read_rsp(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
			       uint32_t msg_len)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_READ_RSP, msn);

	v.b.data.u.read_rsp = (struct weft_hdr_read_rsp){ .msg_len = msg_len, .offset = off };
	place(&v, off, len, msg_len);
	return v;
}

struct weft_view solo_tack(struct solo *so, uint32_t msn, enum weft_status st)
{
	struct weft_view v = solo_op(so, WEFT_OPCODE_TACK, msn);

	v.b.data.op.status = (uint8_t)st;
	v.b.data.u.tack = (struct weft_hdr_tack){ .credits = 16, .delay_ns = 20000 };
	return v;
}

struct weft_view solo_ack(struct solo *so, uint32_t ack_psn)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_ACK);

	v.d.flags |= WEFT_DFLAGS_AKV;
	v.d.ack_psn = ack_psn;
	v.b.ack.h.window = so->peer_window;
	v.b.ack.h.sack_base = ack_psn + 1;
	return v;
}

struct weft_view solo_ctrl(struct solo *so, enum weft_tlv type, const void *value, uint16_t len)
{
	struct weft_view v = solo_pkt(so, WEFT_PTYPE_CTRL);

	v.b.ctrl.len = pk_tlv(so->tlvs, (uint16_t)type, value, len);
	v.b.ctrl.tlvs = so->tlvs;
	return v;
}

/* ---- turns -------------------------------------------------------------------------- */

enum weft_drop solo_rx(struct solo *so, const struct weft_view *v)
{
	uint32_t len = pk_build(so->in, v);

	so->has_act = false;
	so->why = weft_parse(&so->v, so->in, len);
	if (so->why == WEFT_DROP_NONE)
		so->has_act = weft_rx(so->p, &so->v, so->now, &so->act, &so->why);
	return so->why;
}

enum weft_drop solo_take(struct solo *so, const struct weft_view *v, enum weft_status st)
{
	solo_rx(so, v);
	if (so->has_act && so->act.token)
		weft_done(so->p, so->act.token, st, 0);
	return so->why;
}

bool solo_tx(struct solo *so)
{
	uint32_t len;

	net_checked(so->p, 0);
	if (!weft_tx(so->p, &so->txd, 1, so->now))
		return false;
	len = so->txd.hdr_len;
	memcpy(so->out, so->txd.hdr, len);
	memset(so->out + len, 0xee, so->txd.len);
	pk_seal(so->out, len + so->txd.len);
	weft_assert(weft_parse(&so->sent, so->out, PK_MAX) == WEFT_DROP_NONE);
	return true;
}

bool solo_tx_type(struct solo *so, enum weft_ptype type)
{
	while (solo_tx(so))
		if (so->sent.d.type == type)
			return true;
	return false;
}

bool solo_tx_op(struct solo *so, enum weft_opcode code)
{
	while (solo_tx_type(so, WEFT_PTYPE_DATA))
		if (so->sent.b.data.op.opcode == code)
			return true;
	return false;
}

size_t solo_drain(struct solo *so)
{
	size_t n = 0;

	while (solo_tx(so))
		n++;
	return n;
}

size_t solo_work(struct solo *so)
{
	so->n_acts = weft_work(so->p, so->acts, SOLO_ACTS, so->now);
	net_checked(so->p, 0);
	return so->n_acts;
}

size_t solo_obey(struct solo *so)
{
	size_t all = 0, from = 0;

	while ((all = weft_work(so->p, so->acts + from, SOLO_ACTS - from, so->now))) {
		for (size_t i = from; i < from + all; i++)
			if (so->acts[i].token)
				weft_done(so->p, so->acts[i].token, WEFT_STATUS_OK, 0);
		from += all;
	}
	net_checked(so->p, 0);
	return so->n_acts = from;
}

const struct weft_act *solo_find(const struct solo *so, enum weft_act_type type)
{
	for (size_t i = 0; i < so->n_acts; i++)
		if (so->acts[i].type == type)
			return &so->acts[i];
	return NULL;
}

const struct weft_act *solo_event(const struct solo *so, enum weft_event ev)
{
	for (size_t i = 0; i < so->n_acts; i++)
		if (so->acts[i].type == WEFT_ACT_EVENT && so->acts[i].event == ev)
			return &so->acts[i];
	return NULL;
}

void solo_ack_all(struct solo *so)
{
	struct weft_view v = solo_ack(so, so->p->nxt - 1);

	solo_rx(so, &v);
}

void solo_until(struct solo *so, weft_time at)
{
	weft_time t;

	while ((t = weft_deadline(so->p)) <= at) {
		if (t > so->now)
			so->now = t;
		weft_expire(so->p, so->now);
		if (weft_deadline(so->p) <= so->now)
			break;		/* it waits for weft_tx() */
	}
	if (at > so->now)
		so->now = at;
}

uint32_t solo_holds(const struct solo *so)
{
	return so->p->n_hold_free + (uint32_t)(so->prof.holds - so->p->hold_mark);
}

int solo_post(struct solo *so, enum weft_opcode code, uint64_t id, uint32_t len, uint8_t flags)
{
	struct weft_wr wr = { .id = id, .local = 0x1000 * id, .addr = 0x10000, .rkey = 0x77,
			      .len = len, .imm = (uint32_t)id, .opcode = code, .flags = flags,
			      .aop = WEFT_AOP_FADD, .operand = 1 };

	return weft_post(so->s, &wr);
}
