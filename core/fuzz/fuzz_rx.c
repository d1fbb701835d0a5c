/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A context with two streams, and perhaps the services beside them (services.h), whose peer, host
 * and clock do what the input says: packets of every kind, some changed after the fact; answers
 * that come at once, late, or say no; work posted, streams ended and made, time passing.  After
 * each step everything that must hold of a context is looked at, and the host's side of the
 * bargain: each place for a packet in one hand, each work request completed once and in order,
 * each action within what was agreed.
 */
#include <stdlib.h>

#include "core/fuzz/in.h"
#include "core/fuzz/services.h"
#include "core/test/net_check.h"
#include "core/test/pk.h"
#include "core/test/solo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAMS 3
#define LATER 32
#define BUFFER 5000u		/* bytes of a local buffer */

struct user {			/* a stream, as its host sees it */
	struct weft_stream *s;
	void *mem;
	uint64_t posted, completed;	/* work requests */
	uint32_t ssn;			/* receive buffer that completes next */
	uint32_t msn;			/* the peer's next message */
	uint32_t exec;			/* message after the one executed last */
};

struct fuzz {
	struct in in;
	struct solo so;
	struct services svc;
	struct user u[STREAMS];
	bool held[64];
	struct { uint32_t token; enum weft_status st; } later[LATER];
	unsigned n_later;
};

/* ---- the host ----------------------------------------------------------------------- */

static struct user *user_of(struct fuzz *f, const struct weft_stream *s)
{
	for (int i = 0; i < STREAMS; i++)
		if (f->u[i].s == s)
			return &f->u[i];
	__builtin_trap();		/* an action of a stream that has gone */
}

static void answer(struct fuzz *f, const struct weft_act *a, bool early)
{
	static const enum weft_status no[] = { WEFT_STATUS_RNR, WEFT_STATUS_NO_RIGHTS,
		WEFT_STATUS_TOO_LONG, WEFT_STATUS_OP_FAILED };
	uint32_t how = in_u8(&f->in);
	enum weft_status st = how % 16 == 15 ? no[how / 16 % 4] : WEFT_STATUS_OK;

	if (early && how % 4 == 0 && a->hold != WEFT_NO_HOLD) {
		weft_assert(a->hold < f->so.prof.holds && !f->held[a->hold]);
		f->held[a->hold] = true;
		weft_done(f->so.p, a->token, WEFT_STATUS_HELD, how >> 7);
	} else if (early && how % 4 == 1) {
		weft_done(f->so.p, a->token, WEFT_STATUS_NO_HOLD, 0);
	} else if (how % 8 == 7 && f->n_later < LATER) {
		f->later[f->n_later].token = a->token;
		f->later[f->n_later++].st = st;
	} else {
		weft_done(f->so.p, a->token, st, how);
	}
}

static void check_service(const struct weft_act *a, bool from_rx)
{
	switch (a->type) {
	case WEFT_ACT_LS_LOAD:
	case WEFT_ACT_LS_STORE:
	case WEFT_ACT_LS_ATOMIC:		/* within the window that was bound */
		weft_assert(a->token && from_rx && a->addr >= 0x10000 &&
			    a->addr - 0x10000 + a->len <= 1024);
		break;
	case WEFT_ACT_BIND:
	case WEFT_ACT_PLACE_LS:
	case WEFT_ACT_PLACE_RD:
		weft_assert(a->token && from_rx);
		break;
	case WEFT_ACT_COMPLETE_LS:
	case WEFT_ACT_COMPLETE_RD:
		weft_assert(!a->token && !from_rx);
		break;
	default:
		weft_assert(false);
		break;
	}
}

static void check_act(const struct weft_act *a, bool from_rx)
{
	switch (a->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
	case WEFT_ACT_PLACE_RECV:
	case WEFT_ACT_PLACE_WR:
		weft_assert(a->token && a->msg_len <= WEFT_MSG_MAX);
		weft_assert(a->offset <= a->msg_len && a->len <= a->msg_len - a->offset);
		weft_assert(a->type != WEFT_ACT_PLACE_WR || a->msg_len <= BUFFER);
		weft_assert(from_rx || ((a->type == WEFT_ACT_PLACE_MEM ||
					 a->type == WEFT_ACT_REDUCE) && !a->early));
		weft_assert(a->type != WEFT_ACT_REDUCE || weft_reduce_ok(a->redop, a->dtype));
		break;
	case WEFT_ACT_READ:
	case WEFT_ACT_ATOMIC:
	case WEFT_ACT_FLUSH:
	case WEFT_ACT_INVALIDATE:
	case WEFT_ACT_RECV:
		weft_assert(a->token && !from_rx);
		weft_assert(a->type != WEFT_ACT_ATOMIC || weft_atomic_ok(&a->atomic));
		break;
	case WEFT_ACT_RELEASE_HOLD:
	case WEFT_ACT_UNBIND:
	case WEFT_ACT_COMPLETE:
	case WEFT_ACT_COMPLETE_RECV:
		weft_assert(!a->token && !from_rx);
		break;
	case WEFT_ACT_EVENT:
		weft_assert(!a->token);
		break;
	default:
		check_service(a, from_rx);
		break;
	}
}

/* What was asked for and what was promised, kept by this side too. */
static void book(struct fuzz *f, const struct weft_act *a, bool from_rx)
{
	struct user *u = a->stream ? user_of(f, a->stream) : NULL;

	switch (a->type) {
	case WEFT_ACT_PLACE_MEM:
	case WEFT_ACT_REDUCE:
		if (!from_rx) {
			weft_assert(f->held[a->hold]);
			f->held[a->hold] = false;
		}
		break;
	case WEFT_ACT_RELEASE_HOLD:
		weft_assert(f->held[a->hold]);
		f->held[a->hold] = false;
		break;
	case WEFT_ACT_COMPLETE:
		weft_assert(a->wc.id == u->completed && u->completed < u->posted);
		u->completed++;
		break;
	case WEFT_ACT_COMPLETE_RECV:
		weft_assert(a->wc.ssn == u->ssn);
		u->ssn++;
		break;
	case WEFT_ACT_READ:
	case WEFT_ACT_ATOMIC:
		weft_assert(!psn_before(a->msn, u->exec));	/* once, and in order */
		u->exec = a->msn + 1;
		break;
	default:
		break;
	}
}

static void act(struct fuzz *f, const struct weft_act *a, bool from_rx)
{
	check_act(a, from_rx);
	book(f, a, from_rx);
	if (a->token)
		answer(f, a, from_rx && a->early);
}

static void do_work(struct fuzz *f)
{
	size_t n = in_u8(&f->in) % 3 + 1, k;

	for (int rounds = 0; rounds < 400; rounds++) {
		k = weft_work(f->so.p, f->so.acts, n, f->so.now);
		weft_assert(k <= n);
		for (size_t i = 0; i < k; i++)
			act(f, &f->so.acts[i], false);
		if (!k)
			return;
	}
	__builtin_trap();		/* weft_work() never ends */
}

static void answer_later(struct fuzz *f)
{
	uint32_t i = in_u8(&f->in);

	if (!f->n_later)
		return;
	i %= f->n_later;
	weft_done(f->so.p, f->later[i].token, f->later[i].st, 7);
	f->later[i] = f->later[--f->n_later];
}

static void open_stream(struct fuzz *f, struct user *u, uint32_t qpn)
{
	struct weft_hdr_tlv_ep_connect h = { .src_qpn = qpn + 0x100, .window = 4, .reads = 2 };
	struct weft_stream_cfg cfg = f->so.scfg;

	memset(u, 0, sizeof(*u));
	cfg.qpn = qpn;
	u->mem = calloc(1, weft_stream_size(&cfg));
	if (weft_stream_init(f->so.p, u->mem, &cfg, &u->s) == WEFT_OK) {
		if (in_u8(&f->in) % 4)
			weft_ep_accept(u->s, &h, NULL, 0);
		else
			weft_ep_connect(u->s, 1, "private", 7);
		return;
	}
	free(u->mem);
	memset(u, 0, sizeof(*u));
}

static void close_stream(struct user *u)
{
	weft_stream_fini(u->s, WEFT_EP_REASON_CLOSED);
	free(u->mem);
	memset(u, 0, sizeof(*u));
}

static void post(struct fuzz *f, struct user *u)
{
	static const enum weft_opcode codes[] = { WEFT_OPCODE_WRITE, WEFT_OPCODE_SEND,
		WEFT_OPCODE_READ, WEFT_OPCODE_ATOMIC, WEFT_OPCODE_REDUCE, WEFT_OPCODE_FLUSH };
	uint32_t what = in_u8(&f->in);
	struct weft_wr wr = { .id = u->posted, .opcode = codes[what % 6], .aop = WEFT_AOP_FADD,
			      .len = in_u8(&f->in) * 16 % BUFFER };

	if (wr.opcode == WEFT_OPCODE_ATOMIC)
		wr.len = 8;
	else if ((wr.opcode == WEFT_OPCODE_SEND || wr.opcode == WEFT_OPCODE_WRITE) && what & 0x10)
		wr.flags = WEFT_OFLAGS_IMM;
	if (op_has_data((uint8_t)wr.opcode) && what & 0x40)
		wr.flags |= WEFT_OFLAGS_SIGNAL;
	wr.level = WEFT_FLUSH_PLACED;
	wr.redop = WEFT_REDOP_SUM;
	wr.dtype = WEFT_DTYPE_I32;
	if (what & 0x20)
		wr.flags |= WEFT_OFLAGS_FENCE;
	u->posted += weft_post(u->s, &wr) == WEFT_OK;
}

/* ---- the peer ----------------------------------------------------------------------- */

/* What the last packet of a message brings, fitting it or not. */
static void attach(struct fuzz *f, struct weft_view *v, uint32_t what, uint32_t ssn)
{
	if (!(what & 0x40) || !(v->b.data.op.flags & WEFT_OFLAGS_EOM))
		return;
	v->b.data.op.flags |= in_u8(&f->in) & (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV |
					       WEFT_OFLAGS_SIGNAL);
	v->b.data.imm.ssn = ssn + (what >> 4 & 3);
	v->b.data.signal.addr = what & 0x20 ? 0x10008 : 0x10000;
}

static struct weft_view request(struct fuzz *f, struct user *u)
{
	uint32_t what = in_u8(&f->in), len = in_u8(&f->in), off = in_u8(&f->in) % 4 * 64;
	uint32_t msn = u->msn + in_u8(&f->in) % 3 - 1, msg_len = what & 0x80 ? 256 : len;
	struct weft_view v;

	if (!(what & 0x80))
		off = 0;
	else
		len = 64;
	switch (what % 6) {
	case 0:
		v = solo_write(&f->so, msn, off, len, msg_len);
		break;
	case 1:
		v = solo_send(&f->so, msn, u->ssn + (what >> 4 & 3), off, len, msg_len);
		break;
	case 2:
		v = solo_read(&f->so, msn, len * 16);
		break;
	case 3:
		v = solo_atomic(&f->so, msn);
		break;
	case 4:
		v = solo_reduce(&f->so, msn, off, len & ~3u, msg_len & ~3u);
		break;
	default:
		v = solo_flush(&f->so, msn, (enum weft_flush)(len % 5));
		break;
	}
	attach(f, &v, what, u->ssn);
	if (u->s && u->s->rx_epoch)
		v.b.data.op.flags |= WEFT_OFLAGS_EPOCH;
	if (v.b.data.op.flags & WEFT_OFLAGS_EOM)
		u->msn = msn + 1;
	return v;
}

static struct weft_view response(struct fuzz *f, struct user *u)
{
	uint32_t what = in_u8(&f->in), msn = u->s ? u->s->head + what % 5 : what % 5;
	struct sqe *q = u->s && u->s->run ? sqe_of(u->s, msn) : NULL;
	uint32_t len = in_u8(&f->in) * 8, msg_len = q ? q->wr.len : len;

	switch (what / 8 % 4) {
	case 0:
		return solo_tack(&f->so, msn, WEFT_STATUS_OK);
	case 1:
		return solo_tack(&f->so, msn, (enum weft_status)in_u8(&f->in));
	case 2:
		return solo_read_rsp(&f->so, msn, 0, len < msg_len ? len : msg_len, msg_len);
	default:
		return solo_op(&f->so, WEFT_OPCODE_ATOMIC_RSP, msn);
	}
}

static struct weft_view control(struct fuzz *f, struct user *u)
{
	static const enum weft_tlv types[] = { WEFT_TLV_EP_CONNECT, WEFT_TLV_EP_ACCEPT,
		WEFT_TLV_EP_REJECT, WEFT_TLV_EP_DISCONNECT, WEFT_TLV_CLOSE, WEFT_TLV_NAME };
	struct weft_hdr_tlv_ep_accept h = { .src_qpn = in_u8(&f->in) + 1u, .window = 4,
					    .reads = 2 };
	uint8_t value[WEFT_HDR_TLV_EP_ACCEPT_LEN];
	uint32_t what = in_u8(&f->in);

	h.dst_qpn = u->s ? u->s->cfg.qpn : 0x60;
	weft_hdr_tlv_ep_accept_pack(value, &h);
	return solo_ctrl(&f->so, types[what % WEFT_ARRAY_LEN(types)], value,
			 what % 6 == 2 || what % 6 == 3 ? WEFT_HDR_TLV_EP_DISCONNECT_LEN :
			 sizeof(value));
}

static struct weft_view acknowledgement(struct fuzz *f, uint8_t *words)
{
	struct weft_pdc *p = f->so.p;
	uint32_t what = in_u8(&f->in), out = p->nxt - p->una;
	struct weft_view v = solo_ack(&f->so, p->una - 1 + (out ? what % (out + 1) : 0));

	if (what & 0x80) {
		v.b.ack.h.flags = WEFT_ACKFLAGS_ECHO;
		v.b.ack.h.echo_psn = p->una + what % 8;
		v.b.ack.h.ce_count = (uint16_t)(what & 0x40 ? p->ce_seen + 1 : p->ce_seen);
	}
	if (what & 0x20) {
		for (int i = 0; i < 8; i++)
			words[i] = (uint8_t)in_u8(&f->in);
		v.b.ack.h.words = 1;
		v.b.ack.words = words;
		v.b.ack.h.sack_base = p->nxt - 64;
	}
	return v;
}

static struct weft_view refusal(struct fuzz *f, uint8_t *ranges)
{
	struct weft_view v = solo_pkt(&f->so, WEFT_PTYPE_NACK);
	struct weft_hdr_range g = { .first = f->so.p->una + in_u8(&f->in) % 8,
				    .count = in_u8(&f->in) };
	uint32_t what = in_u8(&f->in);

	v.b.nack.h.reason = (uint8_t)(what % 8);
	v.b.nack.h.echo_psn = f->so.p->una + what / 8 % 4;
	v.b.nack.h.echo_pdc = SOLO_PEER_ID;
	v.b.nack.h.echo_gen = SOLO_PEER_GEN;
	if (what % 8 != WEFT_NACK_MISSING && what % 8 != WEFT_NACK_TRIMMED)
		return v;
	weft_hdr_range_pack(ranges, &g);
	v.b.nack.h.count = 1;
	v.b.nack.ranges = ranges;
	return v;
}

static struct weft_view any(struct fuzz *f, struct user *u, uint32_t kind, uint8_t *words)
{
	switch (kind) {
	case 0:
		return request(f, u);
	case 1:
		return response(f, u);
	case 2:
		return control(f, u);
	case 3:
		return acknowledgement(f, words);
	case 4:
		return refusal(f, words);
	case 5:
		return svc_mem(&f->svc, &f->so, &f->in);
	case 6:
		return svc_bind(&f->svc, &f->so, &f->in);
	case 7:
		return svc_tlvs(&f->svc, &f->so, &f->in);
	default:
		return svc_rd(&f->so, &f->in, kind == 9);
	}
}

static void packet(struct fuzz *f, struct user *u, uint32_t kind)
{
	uint8_t words[8], scratch[2][PK_MAX];
	uint32_t how = in_u8(&f->in);
	struct weft_view v = any(f, u, kind, words);

	if (v.d.type == WEFT_PTYPE_DATA && u->s && kind < 5)
		v.b.data.op.qpn = u->s->cfg.qpn;
	if (how % 8 == 1)			/* out of order: the next ones fill the gap */
		v.d.psn += how / 8 % 4;
	if (how % 8 == 2)
		f->so.psn -= how / 8 % 4;
	if (how % 8 == 3)
		solo_syn(&f->so, &v);
	for (int i = 0; i < 2 && how & 0x80; i++)
		pk_mutate(&v, in_u32(&f->in), in_u32(&f->in), scratch[i]);
	solo_rx(&f->so, &v);
	for (bool more = f->so.has_act; more;
	     more = weft_rx_more(f->so.p, &f->so.v, &f->so.act))
		act(f, &f->so.act, true);
}

/* ---- steps -------------------------------------------------------------------------- */

static void send(struct fuzz *f)
{
	uint32_t n = in_u8(&f->in) % 8;

	while (n-- && solo_tx(&f->so))
		if (f->so.txd.src == WEFT_SRC_MEM && in_u8(&f->in) % 16 == 0)
			weft_read_failed(f->so.p, &f->so.txd, WEFT_STATUS_BAD_KEY);
		else if (f->so.txd.src == WEFT_SRC_LS)
			svc_sent(&f->so, &f->in);
}

static void pass_time(struct fuzz *f)
{
	f->so.now += 1ull << in_u8(&f->in) % 28;
	if (weft_deadline(f->so.p) <= f->so.now)
		weft_expire(f->so.p, f->so.now);
}

static void service_step(struct fuzz *f, uint32_t what)
{
	static const uint8_t kinds[] = { 5, 5, 5, 5, 6, 6, 7, 8, 8, 9, 9 };

	if (what < WEFT_ARRAY_LEN(kinds))
		packet(f, &f->u[0], kinds[what]);
	else
		svc_post(&f->so, &f->in);
}

static void step(struct fuzz *f)
{
	uint32_t what = in_u8(&f->in);
	struct user *u = &f->u[what / 64 % STREAMS];

	if (f->svc.ls && what / 16 % 4 == 3) {
		service_step(f, what % 16);
		net_checked(f->so.p, 0);
		return;
	}
	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
		packet(f, u, 0);
		break;
	case 4:
	case 5:
		packet(f, u, 1);
		break;
	case 6:
		packet(f, u, 2);
		break;
	case 7:
	case 8:
		packet(f, u, 3);
		break;
	case 9:
		packet(f, u, 4);
		break;
	case 10:
		send(f);
		break;
	case 11:
		pass_time(f);
		break;
	case 12:
		answer_later(f);
		break;
	case 13:
		if (u->s)
			post(f, u);
		else
			open_stream(f, u, 0x60 + (uint32_t)(u - f->u));
		break;
	case 14:
		do_work(f);
		break;
	default:
		if (u->s && what & 0x20)
			close_stream(u);
		else if (what == 0x1f)
			weft_pdc_close(f->so.p);
		break;
	}
	net_checked(f->so.p, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	uint32_t how;

	memset(&f, 0, sizeof(f));
	f.in = (struct in){ data, size };
	how = in_u8(&f.in);
	solo_init(&f.so);
	f.so.cfg.mode = how & 1 ? WEFT_MODE_ROD : WEFT_MODE_RUD;
	f.so.prof.window = f.so.peer_window = how & 2 ? 16 : 64;
	f.so.prof.cc_init_pkts = how & 4 ? 2 : 64;
	f.so.prof.keepalive_ns = how & 8 ? 1000000 : 0;
	f.so.prof.max_streams = STREAMS;
	f.so.scfg.window = 8;
	f.so.scfg.reads = 2;
	f.so.scfg.sq_depth = 8;
	f.so.scfg.rnr_retry = how & 16 ? 7 : 1;
	f.so.psn = how & 32 ? 0xfffffff0 : SOLO_PEER_START;
	f.so.peer.tx_next = how & 64 ? 0xfffffff0 : SOLO_START;
	solo_open(&f.so);
	if (how & 128)
		svc_open(&f.svc, &f.so);
	for (uint32_t i = 0; i < 2; i++)
		open_stream(&f, &f.u[i], 0x60 + i);
	for (int n = 0; f.in.left && n < 2000; n++)
		step(&f);
	do_work(&f);
	for (int i = 0; i < STREAMS; i++)
		if (f.u[i].s)
			close_stream(&f.u[i]);
	net_checked(f.so.p, 0);
	solo_fini(&f.so);
	svc_close(&f.svc);
	return 0;
}
