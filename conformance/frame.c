/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets to bytes and back, by the layouts of spec/20-packets.md.
 */
#include "conformance/frame.h"

#include <stdio.h>
#include <string.h>

static const struct wc_header *op_header(uint64_t opcode)
{
	switch (opcode) {
	case WC_SEND: return &wc_h_send;
	case WC_WRITE: return &wc_h_write;
	case WC_READ: return &wc_h_read;
	case WC_READ_RSP: return &wc_h_read_rsp;
	case WC_ATOMIC: return &wc_h_atomic;
	case WC_ATOMIC_RSP: return &wc_h_atomic_rsp;
	case WC_TACK: return &wc_h_tack;
	case WC_REDUCE: return &wc_h_reduce;
	case WC_FLUSH: return &wc_h_flush;
	case WC_RD_SEND: return &wc_h_rd;
	case WC_RD_RSP: return &wc_h_rd_rsp;
	default: return NULL;
	}
}

/* What follows the op header of DATA, in order; NULL: this is not there. */
#define EXTRAS 5u
static const struct wc_header *extra(const struct wc_frame *f, unsigned i)
{
	switch (i) {
	case 0: return op_header(f->opcode);
	case 1: return f->opcode == WC_ATOMIC && f->atomic_flags & WC_MASKED ? &wc_h_amask : NULL;
	case 2: return f->oflags & WC_O_IMM ? &wc_h_imm : NULL;
	case 3: return f->oflags & WC_O_INV ? &wc_h_inv : NULL;
	default: return f->oflags & WC_O_SIGNAL ? &wc_h_signal : NULL;
	}
}

static uint32_t put(const struct wc_header *h, const struct wc_frame *f, uint8_t *out, uint32_t n)
{
	wc_pack(h, f, out + n);
	return n + h->bytes;
}

/* Headers that follow delivery and syn. */
static uint32_t build_rest(const struct wc_frame *f, uint8_t *out, uint32_t n)
{
	switch (f->type) {
	case WC_DATA:
		n = put(&wc_h_op, f, out, n);
		for (unsigned i = 0; i < EXTRAS; i++)
			if (extra(f, i))
				n = put(extra(f, i), f, out, n);
		break;
	case WC_DGRAM:
		n = put(&wc_h_dgram, f, out, n);
		if (f->dg_parts & WC_DG_GIDS)
			n = put(&wc_h_gids, f, out, n);
		if (f->oflags & WC_O_IMM)
			n = put(&wc_h_imm, f, out, n);
		break;
	case WC_PROBE:
		n = put(&wc_h_probe, f, out, n);
		break;
	case WC_CREDIT:
		n = put(&wc_h_credit, f, out, n);
		break;
	case WC_ACK:
		n = put(&wc_h_ack, f, out, n);
		for (unsigned i = 0; i < f->words && i < WC_SACK_WORDS; i++, n += 8)
			wc_put(out + n, f->sack[i], 8);
		break;
	case WC_NACK:
		n = put(&wc_h_nack, f, out, n);
		for (unsigned i = 0; i < f->count && i < WC_RANGES; i++, n += 8) {
			wc_put(out + n, f->range[i].first, 4);
			wc_put(out + n + 4, f->range[i].count, 4);
		}
		break;
	case WC_CTRL:
		n = put(&wc_h_ctrl, f, out, n);
		break;
	default:
		break;
	}
	return n;
}

uint32_t wc_frame_build(const struct wc_frame *f, uint8_t *out)
{
	uint32_t n = put(f->type == WC_MEM ? &wc_h_mdelivery : &wc_h_delivery, f, out, 0);

	if (f->flags & WC_F_SYN)
		n = put(&wc_h_syn, f, out, n);
	n = build_rest(f, out, n);
	if (f->body_len && f->body_len <= WC_FRAME_MAX - n - 4) {
		memcpy(out + n, f->body, f->body_len);
		n += f->body_len;
	}
	n += 4;
	wc_frame_seal(out, n);
	return n;
}

void wc_frame_seal(uint8_t *frame, uint32_t len)
{
	if (len >= 4)
		wc_put(frame + len - 4, wc_frame_crc(frame, len - 4), 4);
}

/* A reader that never leaves its bytes. */
struct cursor {
	const uint8_t *p;
	uint32_t at, len;
};

static bool take(struct cursor *c, const struct wc_header *h, struct wc_frame *f)
{
	if (c->len - c->at < h->bytes)
		return false;
	wc_unpack(h, c->p + c->at, f);
	c->at += h->bytes;
	return true;
}

static const char *parse_data(struct wc_frame *f, struct cursor *c)
{
	if (!take(c, &wc_h_op, f))
		return "shorter than its operation header";
	for (unsigned i = 0; i < EXTRAS; i++)
		if (extra(f, i) && !take(c, extra(f, i), f))
			return "shorter than the headers of its opcode and flags";
	f->body_len = (uint32_t)f->length;
	return NULL;
}

static const char *parse_ack(struct wc_frame *f, struct cursor *c)
{
	if (!take(c, &wc_h_ack, f))
		return "shorter than its acknowledgement header";
	if (f->words > WC_SACK_WORDS)
		return "more than 8 bitmap words";
	if (c->len - c->at < f->words * 8)
		return "shorter than its bitmap";
	for (unsigned i = 0; i < f->words; i++, c->at += 8)
		f->sack[i] = wc_get(c->p + c->at, 8);
	return NULL;
}

static const char *parse_nack(struct wc_frame *f, struct cursor *c)
{
	if (!take(c, &wc_h_nack, f))
		return "shorter than its NACK header";
	if (f->count > WC_RANGES)
		return "more than 8 ranges";
	if (c->len - c->at < f->count * 8)
		return "shorter than its ranges";
	for (unsigned i = 0; i < f->count; i++, c->at += 8) {
		f->range[i].first = wc_get(c->p + c->at, 4);
		f->range[i].count = wc_get(c->p + c->at + 4, 4);
	}
	return NULL;
}

static const char *parse_ctrl(struct wc_frame *f, struct cursor *c)
{
	if (!take(c, &wc_h_ctrl, f))
		return "shorter than its control header";
	if (f->ctrl_len % 4)
		return "TLVs do not fill whole words";
	f->body_len = (uint32_t)f->ctrl_len;
	return NULL;
}

static const char *parse_dgram(struct wc_frame *f, struct cursor *c)
{
	if (!take(c, &wc_h_dgram, f))
		return "shorter than its datagram header";
	if (f->dg_parts & WC_DG_GIDS && !take(c, &wc_h_gids, f))
		return "shorter than its GIDs";
	if (f->oflags & WC_O_IMM && !take(c, &wc_h_imm, f))
		return "shorter than its immediate";
	f->body_len = (uint32_t)f->length;
	return NULL;
}

uint32_t wc_memop_extra(const struct wc_memop *op)
{
	uint32_t data = ((1u << op->size) + 3u) & ~3u;

	switch (op->code) {
	case WC_M_STORE:
	case WC_M_DATA: return data;
	case WC_M_MSTORE: return 8 + data;
	case WC_M_STORE256:
	case WC_M_DATA256: return 256;
	case WC_M_CAS: return 16;
	case WC_M_OLD: return 8;
	default: return op->code >= WC_M_FADD && op->code <= WC_M_XOR ? 8 : 0;
	}
}

/* The compact header has no ack_psn: what lies there are operations. */
static const char *parse_mem(struct wc_frame *f, struct cursor *c)
{
	uint32_t at = wc_h_mdelivery.bytes, len = 0, extra = 0, n = 0;
	struct wc_memop op = { .more = 1 };

	for (; op.more && n < WC_MAX_MEMOPS; n++, len += wc_h_memop.bytes) {
		if (c->len - at < len + wc_h_memop.bytes)
			return "shorter than its operations";
		wc_unpack(&wc_h_memop, c->p + at + len, &op);
		extra += wc_memop_extra(&op);
	}
	if (op.more)
		return "more than 16 operations";
	f->ack_psn = 0;
	f->memops = n;
	f->body_len = len + extra;
	c->at = at;
	return NULL;
}

static const char *parse_rest(struct wc_frame *f, struct cursor *c)
{
	switch (f->type) {
	case WC_DATA: return parse_data(f, c);
	case WC_ACK: return parse_ack(f, c);
	case WC_NACK: return parse_nack(f, c);
	case WC_CTRL: return parse_ctrl(f, c);
	case WC_DGRAM: return parse_dgram(f, c);
	case WC_MEM: return parse_mem(f, c);
	case WC_PROBE: return take(c, &wc_h_probe, f) ? NULL : "shorter than its probe header";
	case WC_CREDIT: return take(c, &wc_h_credit, f) ? NULL : "shorter than its credit header";
	default: return "type that no profile of this suite knows";
	}
}

const char *wc_frame_parse(struct wc_frame *f, const uint8_t *bytes, uint32_t len)
{
	struct cursor c = { bytes, 0, len };
	const char *wrong;

	memset(f, 0, sizeof(*f));
	if (!take(&c, &wc_h_delivery, f))
		return "shorter than the delivery header";
	if (f->version != WC_VERSION)
		return "not version 1";
	if (f->flags & WC_F_SEC)
		return "secured, which nobody claimed";
	if (f->flags & WC_F_SYN && !take(&c, &wc_h_syn, f))
		return "shorter than its SYN extension";
	wrong = parse_rest(f, &c);
	if (!wrong && c.len - c.at < f->body_len + 4u)
		wrong = "shorter than its payload and CRC";
	if (wrong) {
		f->body_len = 0;	/* who tells of it all the same finds no body */
		return wrong;
	}
	f->body = bytes + c.at;
	c.at += f->body_len;
	f->crc_ok = wc_get(bytes + c.at, 4) == wc_frame_crc(bytes, c.at);
	f->used = c.at + 4;
	return NULL;
}

const char *wc_frame_reserved(const struct wc_frame *f)
{
	if (f->fabric & WC_FB_RSV)
		return "fabric.RSV";
	if (f->flags & WC_F_SYN && wc_reserved_set(&wc_h_syn, f))
		return "syn.rsv";
	if (f->type == WC_DATA && f->opcode == WC_ATOMIC && f->atomic_rsv)
		return "atomic.rsv";
	if (f->type == WC_ACK && f->ack_flags & 0x7f)
		return "ack.flags";
	if (f->type == WC_DATA && f->opcode == WC_REDUCE && f->reduce_rsv)
		return "reduce.rsv";
	if (f->type == WC_DATA && f->opcode == WC_RD_SEND && f->rd_rsv)
		return "rd.rsv";
	if (f->type == WC_CREDIT && f->credit_rsv)
		return "credit.rsv";
	if (f->type == WC_NACK && wc_reserved_set(&wc_h_nack, f))
		return "nack.rsv";
	if (f->type == WC_CTRL && f->ctrl_rsv)
		return "ctrl.rsv";
	return NULL;
}

bool wc_frame_tlv(const struct wc_frame *f, unsigned n, struct wc_tlv_view *tlv)
{
	uint32_t at = 0;

	for (;;) {
		if (f->body_len - at < 4)
			return false;
		wc_unpack(&wc_h_tlv, f->body + at, tlv);
		at += 4;
		if (tlv->length > f->body_len - at)
			return false;
		tlv->value = f->body + at;
		if (n-- == 0)
			return true;
		at += (uint32_t)(tlv->length + 3) & ~3u;
		if (at > f->body_len)
			return false;
	}
}

bool wc_frame_find_tlv(const struct wc_frame *f, uint64_t type, unsigned min,
		       struct wc_tlv_view *tlv)
{
	if (f->type != WC_CTRL)
		return false;
	for (unsigned n = 0; wc_frame_tlv(f, n, tlv); n++)
		if (tlv->type == type && tlv->length >= min)
			return true;
	return false;
}

uint32_t wc_tlv_put(uint8_t *buf, uint32_t at, uint64_t type, const void *value, uint32_t len)
{
	wc_put(buf + at, type, 2);
	wc_put(buf + at + 2, len, 2);
	if (len)
		memcpy(buf + at + 4, value, len);
	at += 4 + len;
	while (at % 4)
		buf[at++] = 0;
	return at;
}

const char *wc_opcode_name(uint64_t opcode)
{
	static const char *const name[] = {
		"RESERVED", "SEND", "WRITE", "READ", "READ_RSP", "ATOMIC", "ATOMIC_RSP", "TACK",
		"NOP", "REDUCE", "FLUSH", "RD_SEND", "RD_RSP",
	};

	return opcode < sizeof(name) / sizeof(name[0]) ? name[opcode] : "opcode?";
}

const char *wc_status_name(uint64_t status)
{
	static const char *const name[] = {
		"OK", "NO_STREAM", "BAD_OPCODE", "BAD_KEY", "BAD_DOMAIN", "NO_RIGHTS",
		"OUT_OF_BOUNDS", "NO_RESOURCES", "RNR", "TOO_LONG", "MALFORMED", "MISALIGNED",
		"OP_FAILED", "NO_WINDOW", "BAD_QKEY",
	};

	return status < sizeof(name) / sizeof(name[0]) ? name[status] : "status?";
}

const char *wc_reason_name(uint64_t reason)
{
	static const char *const name[] = {
		"RESERVED", "MISSING", "TRIMMED", "NO_CONTEXT", "NEW_START_PSN", "BUSY", "RESET",
		"MODE", "COOKIE",
	};

	return reason < sizeof(name) / sizeof(name[0]) ? name[reason] : "reason?";
}

const char *wc_class_name(uint64_t class_)
{
	static const char *const name[] = {
		"UNKNOWN", "CPU", "GPU", "NPU", "DPU", "FPGA", "MEMORY", "SWITCH",
	};

	return class_ < sizeof(name) / sizeof(name[0]) ? name[class_] : "class?";
}
