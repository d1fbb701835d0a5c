/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts, streams and operations of the driver, and the packets that they are made of.
 */
#include "conformance/ut.h"

#include <stdio.h>
#include <string.h>

#define START_STEP 0x10000u	/* between the start PSNs of our contexts */

uint32_t wc_best_mode(const struct wc_t *t)
{
	const struct wc_claims *c = &t->dut->claims;

	return c->hello && !(c->h.modes & WC_MODES_RUD) ? WC_ROD : WC_RUD;
}

struct wc_ctx *wc_open(struct wc_t *t, uint32_t mode, uint32_t domain)
{
	struct wc_ctx *c;

	if (t->n_ctx == WC_CTXS) {
		wc_trouble(t, "the case opens more contexts than the driver has");
		return &t->ctx[WC_CTXS - 1];
	}
	c = &t->ctx[t->n_ctx++];
	memset(c, 0, sizeof(*c));
	c->t = t;
	c->id = t->dut->next_id++;
	c->gen = c->id & 3;
	c->mode = mode;
	c->domain = domain == 1 ? t->dut->domain : domain;
	c->chip_id = t->dut->chip_id;
	c->incarnation = t->dut->incarnation;
	c->start = t->dut->next_start;
	t->dut->next_start += START_STEP;
	c->next = c->start;
	c->window = WC_OWN_WINDOW;
	c->payload = t->dut->path_payload;
	return c;
}

/* The delivery header, and SYN while the device has not answered. */
struct wc_frame wc_f_base(const struct wc_ctx *c)
{
	struct wc_frame f = {
		.version = WC_VERSION, .flags = WC_F_AR, .psn = c->next, .pdc_id = c->peer_id,
		.entropy = 0x1234,
	};

	if (c->known) {
		f.flags |= WC_F_AKV | c->peer_gen;
		f.ack_psn = c->rx_next - 1;
	}
	if (c->known && !c->keep_syn)
		return f;
	f.flags |= WC_F_SYN;
	if (!c->target) {
		f.flags &= ~(uint64_t)WC_F_GEN;
		f.pdc_id = 0;
	}
	f.syn_chip = c->chip_id;
	f.syn_inc = c->incarnation;
	f.syn_pdc = c->id;
	f.syn_mode = c->mode;
	f.syn_gen = c->gen;
	f.syn_domain = c->domain;
	f.syn_start = c->start;
	f.syn_window = c->window;
	f.syn_payload = c->payload;
	f.syn_cookie = c->cookie;
	return f;
}

struct wc_frame wc_f_ctrl(const struct wc_ctx *c, const uint8_t *tlvs, uint32_t len)
{
	struct wc_frame f = wc_f_base(c);

	f.type = WC_CTRL;
	f.ctrl_len = len;
	f.body = tlvs;
	f.body_len = len;
	return f;
}

struct wc_frame wc_f_alone(struct wc_t *t, const uint8_t *tlvs, uint32_t len)
{
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_CTRL, .psn = t->dut->transaction++,
		.ctrl_len = len, .body = tlvs, .body_len = len,
	};

	return f;
}

uint32_t wc_hello_tlv(const struct wc_t *t, uint8_t *buf, uint64_t flags)
{
	struct wc_hello h = {
		.chip_id = t->dut->chip_id, .incarnation = t->dut->incarnation, .class_ = 1,
		.version_min = t->version_max ? t->version_min : WC_VERSION,
		.version_max = t->version_max ? t->version_max : WC_VERSION,
		.modes = WC_MODES_RUD | WC_MODES_ROD, .flags = flags, .profiles = 3,
		.max_payload = t->dut->path_payload, .max_window = WC_OWN_WINDOW, .paths = 1,
	};
	struct wc_limits limits = {
		.features = WC_FT_ALL,
		.sack_bits = t->sack_bits ? t->sack_bits : WC_SACK_WORDS * 64,
		.windows = 16, .mem_tags = 64, .ports = 1,
	};
	uint8_t value[32];
	uint32_t n;

	wc_pack(&wc_h_hello, &h, value);
	n = wc_tlv_put(buf, 0, WC_TLV_HELLO, value, sizeof(value));
	wc_pack(&wc_h_limits, &limits, value);
	return wc_tlv_put(buf, n, WC_TLV_LIMITS, value, wc_h_limits.bytes);
}

uint32_t wc_pad_put(uint8_t *tlvs, uint32_t at, uint32_t bytes)
{
	static const uint8_t zero[1024];
	uint32_t rest = 16 + 4 + 4 + 4;		/* delivery, ctrl, the PAD's own header, CRC */

	return wc_tlv_put(tlvs, at, WC_TLV_PAD, zero, bytes - at - rest);
}

/* ---- streams -------------------------------------------------------------------------- */

static void announce(struct wc_ctx *c, const char *name, const struct wc_op *op)
{
	uint8_t packed[WC_OP_BYTES];
	struct wc_rec r = { .kind = WC_R_OP, .name = name, .bytes = packed, .len = WC_OP_BYTES };

	wc_op_pack(op, packed);
	r.t_ns = wc_now(c->t) - c->t->t0_ns;
	wc_transcript_add(&c->t->tr, &r);
	wc_view_update(&c->t->view);
}

static bool answered(struct wc_t *t, const void *name)
{
	return wc_view_result(&t->view, name, WC_NONE, NULL, 0).status != WC_PENDING;
}

static bool acked(struct wc_t *t, const void *name)
{
	return wc_view_result(&t->view, name, WC_NONE, NULL, 0).acked;
}

bool wc_await(struct wc_t *t, const char *name)
{
	return wc_wait(t, answered, name, name);
}

bool wc_await_ack(struct wc_t *t, const char *name)
{
	return wc_wait(t, acked, name, name);
}

/* The personality's streams are the upper tester's where there is one for it. */
static bool asks_above(const struct wc_t *t, uint32_t service)
{
	return t->dut->ut && (service == WC_SERVICE_UPPER ||
			      (service == WC_SERVICE_PERSONALITY && t->dut->ut->personality));
}

struct wc_stream *wc_connect_start(struct wc_ctx *c, const char *name, uint32_t service)
{
	return wc_connect_asking(c, name, service, 0);
}

struct wc_stream *wc_connect_asking(struct wc_ctx *c, const char *name, uint32_t service,
				    unsigned rnr_retry)
{
	struct wc_t *t = c->t;
	struct wc_ep ep = { .service = service, .credits = 64, .window = t->our_messages,
			    .reads = t->our_reads };
	uint8_t value[16], tlv[32];
	struct wc_stream *s;
	struct wc_frame f;
	struct wc_op op;

	if (t->n_streams == WC_STREAMS) {
		wc_trouble(t, "the case opens more streams than the driver has");
		return &t->stream[WC_STREAMS - 1];
	}
	s = &t->stream[t->n_streams++];
	memset(s, 0, sizeof(*s));
	s->c = c;
	s->qpn = t->dut->next_id++;
	s->rnr_retry = rnr_retry;
	if (asks_above(t, service))
		ep.service = wc_ut_expect(s, 0);
	ep.src_qpn = s->qpn;
	wc_pack(&wc_h_ep_connect, &ep, value);
	f = wc_f_ctrl(c, tlv, wc_tlv_put(tlv, 0, WC_TLV_EP_CONNECT, value, sizeof(value)));
	op = (struct wc_op){
		.kind = WC_OP_CONNECT, .pdc = c->id, .qpn = s->qpn,
		.psn_first = (uint32_t)f.psn, .psn_last = (uint32_t)f.psn,
	};
	announce(c, name, &op);
	wc_emit(c, &f, WC_E_OK);
	return s;
}

bool wc_connected(struct wc_stream *s, const char *name)
{
	struct wc_result r = wc_view_result(&s->c->t->view, name, WC_NONE, NULL, 0);

	if (r.status != WC_OK)
		return false;
	s->peer_qpn = (uint32_t)r.ep.src_qpn;
	s->credits = (uint32_t)r.ep.credits;
	s->window = (uint32_t)r.ep.window;
	s->reads = (uint32_t)r.ep.reads;
	return true;
}

struct wc_stream *wc_connect(struct wc_ctx *c, const char *name, uint32_t service)
{
	struct wc_stream *s = wc_connect_start(c, name, service);

	wc_await(c->t, name);
	return wc_connected(s, name) ? s : NULL;
}

void wc_close(struct wc_ctx *c)
{
	struct wc_t *t = c->t;
	uint8_t tlv[4];
	struct wc_frame f;
	struct wc_op op = { .kind = WC_OP_PLAIN, .pdc = c->id };
	char name[32];

	if (!c->known || c->ended)
		return;
	f = wc_f_ctrl(c, tlv, wc_tlv_put(tlv, 0, WC_TLV_CLOSE, NULL, 0));
	op.psn_first = op.psn_last = (uint32_t)f.psn;
	snprintf(name, sizeof(name), "close%u", c->id);
	announce(c, name, &op);
	wc_emit(c, &f, WC_E_OK);
	wc_wait(t, acked, name, "acknowledgement of CLOSE");
	c->ended = true;
}

void wc_drop(struct wc_ctx *c)
{
	c->ended = true;
	c->quiet = true;
	c->n_out = 0;
}

void wc_reset(struct wc_ctx *c)
{
	struct wc_frame f = {
		.version = WC_VERSION, .type = WC_NACK, .flags = c->peer_gen, .pdc_id = c->peer_id,
		.reason = WC_N_RESET, .nack_psn = c->rx_next - 1,
	};

	if (c->known && !c->ended)
		wc_emit(c, &f, WC_E_AUTO);
	wc_drop(c);
}

/* ---- packets of operations ------------------------------------------------------------ */

static struct wc_frame data(const struct wc_stream *s, uint64_t opcode)
{
	struct wc_frame f = wc_f_base(s->c);

	f.type = WC_DATA;
	f.opcode = opcode;
	f.oflags = WC_O_SOM | WC_O_EOM;
	f.qpn = s->peer_qpn;
	f.msn = s->msn;
	return f;
}

static void carry(struct wc_frame *f, const uint8_t *bytes, uint32_t len)
{
	f->body = bytes;
	f->body_len = len;
	f->length = len;
}

struct wc_frame wc_f_write(const struct wc_stream *s, uint32_t key, uint64_t addr,
			   const uint8_t *bytes, uint32_t len)
{
	struct wc_frame f = data(s, WC_WRITE);

	f.rkey = key;
	f.addr = addr;
	f.msg_len = len;
	carry(&f, bytes, len);
	return f;
}

struct wc_frame wc_f_read(const struct wc_stream *s, uint32_t key, uint64_t addr, uint32_t len)
{
	struct wc_frame f = data(s, WC_READ);

	f.rkey = key;
	f.addr = addr;
	f.msg_len = len;
	return f;
}

struct wc_frame wc_f_atomic(const struct wc_stream *s, uint32_t key, uint64_t addr,
			    uint64_t aop, uint64_t operand, uint64_t compare)
{
	struct wc_frame f = data(s, WC_ATOMIC);

	f.rkey = key;
	f.addr = addr;
	f.aop = aop;
	f.width = 8;
	f.operand = operand;
	f.compare = compare;
	return f;
}

struct wc_frame wc_f_reduce(const struct wc_stream *s, uint32_t key, uint64_t addr,
			    uint64_t redop, uint64_t dtype, const uint8_t *bytes, uint32_t len)
{
	struct wc_frame f = data(s, WC_REDUCE);

	f.rkey = key;
	f.addr = addr;
	f.msg_len = len;
	f.redop = redop;
	f.dtype = dtype;
	carry(&f, bytes, len);
	return f;
}

struct wc_frame wc_f_flush(const struct wc_stream *s, uint32_t key, uint64_t addr, uint32_t len,
			   uint64_t level)
{
	struct wc_frame f = data(s, WC_FLUSH);

	f.rkey = key;
	f.addr = addr;
	f.msg_len = len;
	f.level = level;
	return f;
}

void wc_signal(struct wc_frame *f, uint32_t key, uint64_t addr, uint32_t value)
{
	f->oflags |= WC_O_SIGNAL;
	f->sig_rkey = key;
	f->sig_addr = addr;
	f->sig_value = value;
}

bool wc_do(struct wc_stream *s, const char *name, enum wc_op_kind kind, const struct wc_frame *f)
{
	wc_op(s, name, kind, f);
	wc_emit(s->c, f, WC_E_OK);
	return wc_await(s->c->t, name);
}

struct wc_frame wc_f_send(const struct wc_stream *s, const uint8_t *bytes, uint32_t len)
{
	struct wc_frame f = data(s, WC_SEND);

	f.msg_len = len;
	f.ssn = s->ssn;
	carry(&f, bytes, len);
	return f;
}

struct wc_frame wc_f_nop(const struct wc_stream *s)
{
	struct wc_frame f = data(s, WC_NOP);

	f.oflags = 0;
	f.qpn = f.msn = 0;	/* it gives up no message */
	return f;
}

/* ---- operations ----------------------------------------------------------------------- */

static uint32_t op_len(const struct wc_frame *f)
{
	return f->opcode == WC_ATOMIC ? 8 : (uint32_t)f->msg_len;
}

void wc_op(struct wc_stream *s, const char *name, enum wc_op_kind kind,
	   const struct wc_frame *f)
{
	struct wc_op op = {
		.kind = kind, .pdc = s->c->id, .qpn = s->qpn, .msn = (uint32_t)f->msn,
		.psn_first = (uint32_t)f->psn, .psn_last = (uint32_t)f->psn, .len = op_len(f),
	};

	announce(s->c, name, &op);
	if (kind != WC_OP_PLAIN && kind != WC_OP_ANY && !wc_before(f->msn, s->msn))
		s->msn = (uint32_t)f->msn + 1;
}

uint32_t wc_payload_limit(const struct wc_ctx *c)
{
	uint32_t n = c->known ? c->peer_payload : WC_INITIAL_PAYLOAD;

	return n < c->t->dut->path_payload ? n : c->t->dut->path_payload;
}

void wc_write(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
	      const uint8_t *bytes, uint32_t len)
{
	uint32_t limit = wc_payload_limit(s->c), packets = len ? (len + limit - 1) / limit : 1;
	uint32_t msn = s->msn;
	struct wc_op op = {
		.kind = WC_OP_MESSAGE, .pdc = s->c->id, .qpn = s->qpn, .msn = msn,
		.psn_first = s->c->next, .psn_last = s->c->next + packets - 1, .len = len,
	};

	announce(s->c, name, &op);
	s->msn++;
	for (uint32_t i = 0, at = 0; i < packets; i++) {
		uint32_t n = len - at < limit ? len - at : limit;
		struct wc_frame f = wc_f_write(s, key, addr, bytes + at, n);

		f.msn = msn;
		f.msg_len = len;
		f.offset = at;
		f.oflags = (i == 0 ? WC_O_SOM : 0u) | (i == packets - 1 ? WC_O_EOM : 0u);
		wc_emit(s->c, &f, WC_E_OK);
		at += n;
	}
}

void wc_read(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr, uint32_t len)
{
	struct wc_frame f = wc_f_read(s, key, addr, len);

	wc_op(s, name, WC_OP_READ, &f);
	wc_emit(s->c, &f, WC_E_OK);
}

void wc_fadd(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr, uint64_t add)
{
	struct wc_frame f = wc_f_atomic(s, key, addr, WC_FADD, add, 0);

	wc_op(s, name, WC_OP_ATOMIC, &f);
	wc_emit(s->c, &f, WC_E_OK);
}

void wc_cas(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
	    uint64_t compare, uint64_t swap)
{
	struct wc_frame f = wc_f_atomic(s, key, addr, WC_CAS, swap, compare);

	wc_op(s, name, WC_OP_ATOMIC, &f);
	wc_emit(s->c, &f, WC_E_OK);
}

void wc_send(struct wc_stream *s, const char *name, const uint8_t *bytes, uint32_t len)
{
	struct wc_frame f = wc_f_send(s, bytes, len);

	wc_op(s, name, WC_OP_MESSAGE, &f);
	s->ssn++;
	wc_emit(s->c, &f, WC_E_OK);
}

bool wc_do_write(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
		 const uint8_t *bytes, uint32_t len)
{
	wc_write(s, name, key, addr, bytes, len);
	return wc_await(s->c->t, name);
}

bool wc_do_read(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
		uint32_t len)
{
	wc_read(s, name, key, addr, len);
	return wc_await(s->c->t, name);
}

bool wc_do_fadd(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
		uint64_t add)
{
	wc_fadd(s, name, key, addr, add);
	return wc_await(s->c->t, name);
}

bool wc_do_cas(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
	       uint64_t compare, uint64_t swap)
{
	wc_cas(s, name, key, addr, compare, swap);
	return wc_await(s->c->t, name);
}

bool wc_probe(struct wc_stream *s, const char *name)
{
	struct wc_t *t = s->c->t;
	uint64_t addr = t->mem.base + t->mem.len - 64;
	char sub[48];
	uint8_t nonce[16];

	wc_put(nonce, wc_random(t), 8);
	wc_put(nonce + 8, wc_random(t), 8);
	strncpy(sub, wc_nth(name, 1), sizeof(sub) - 1);
	sub[sizeof(sub) - 1] = 0;
	if (!wc_do_write(s, sub, t->mem.key, addr, nonce, sizeof(nonce)))
		return false;
	sub[strlen(sub) - 1] = '2';
	return wc_do_read(s, sub, t->mem.key, addr, sizeof(nonce));
}
