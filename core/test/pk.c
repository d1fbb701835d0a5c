/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets for tests.  See pk.h. */
#include "core/test/pk.h"

#define PACK(at, name, NAME, h) (weft_hdr_##name##_pack(at, h), (at) + WEFT_HDR_##NAME##_LEN)

uint32_t pk_seal(uint8_t *bytes, uint32_t len)
{
	struct weft_hdr_crc crc = { .crc = weft_crc_header(bytes, len) };

	weft_hdr_crc_pack(bytes + len, &crc);
	return len + WEFT_HDR_CRC_LEN;
}

static uint8_t *extension(uint8_t *at, const struct weft_view *v)
{
	switch (v->b.data.op.opcode) {
	case WEFT_OPCODE_SEND:
		return PACK(at, send, SEND, &v->b.data.u.send);
	case WEFT_OPCODE_WRITE:
		return PACK(at, write, WRITE, &v->b.data.u.write);
	case WEFT_OPCODE_READ:
		return PACK(at, read, READ, &v->b.data.u.read);
	case WEFT_OPCODE_READ_RSP:
		return PACK(at, read_rsp, READ_RSP, &v->b.data.u.read_rsp);
	case WEFT_OPCODE_ATOMIC:
		at = PACK(at, atomic, ATOMIC, &v->b.data.u.atomic);
		return v->b.data.u.atomic.flags & WEFT_AFLAGS_MASKED ?
		       PACK(at, amask, AMASK, &v->b.data.amask) : at;
	case WEFT_OPCODE_REDUCE:
		return PACK(at, reduce, REDUCE, &v->b.data.u.reduce);
	case WEFT_OPCODE_FLUSH:
		return PACK(at, flush, FLUSH, &v->b.data.u.flush);
	case WEFT_OPCODE_ATOMIC_RSP:
		return PACK(at, atomic_rsp, ATOMIC_RSP, &v->b.data.u.atomic_rsp);
	case WEFT_OPCODE_TACK:
		return PACK(at, tack, TACK, &v->b.data.u.tack);
	case WEFT_OPCODE_RD_SEND:
		return PACK(at, rd, RD, &v->b.data.u.rd);
	case WEFT_OPCODE_RD_RSP:
		return PACK(at, rd_rsp, RD_RSP, &v->b.data.u.rd_rsp);
	default:
		return at;
	}
}

static uint8_t *data(uint8_t *at, const struct weft_view *v)
{
	uint16_t len = v->b.data.op.length;

	at = PACK(at, op, OP, &v->b.data.op);
	at = extension(at, v);
	if (v->b.data.op.flags & WEFT_OFLAGS_IMM)
		at = PACK(at, imm, IMM, &v->b.data.imm);
	if (v->b.data.op.flags & WEFT_OFLAGS_INV)
		at = PACK(at, inv, INV, &v->b.data.inv);
	if (v->b.data.op.flags & WEFT_OFLAGS_SIGNAL)
		at = PACK(at, signal, SIGNAL, &v->b.data.signal);
	for (uint32_t i = 0; i < len; i++)
		at[i] = v->payload ? v->payload[i] : (uint8_t)(v->d.psn + i);
	return at + len;
}

static uint8_t *bytes_of(uint8_t *at, const uint8_t *from, uint32_t len)
{
	if (len)
		memcpy(at, from, len);
	return at + len;
}

/* The compact delivery header replaces the one at out. */
static uint8_t *mem(uint8_t *out, const struct weft_view *v)
{
	struct weft_hdr_mdelivery d = { .version = v->d.version, .type = v->d.type,
					.flags = v->d.flags, .entropy = v->d.entropy,
					.fabric = v->d.fabric, .pdc_id = v->d.pdc_id,
					.psn = v->d.psn };
	uint8_t *at = PACK(out, mdelivery, MDELIVERY, &d);

	at = bytes_of(at, v->b.mem.ops, v->b.mem.n * (uint32_t)WEFT_HDR_MEMOP_LEN);
	return bytes_of(at, v->b.mem.data, v->b.mem.len);
}

static uint8_t *dgram(uint8_t *at, const struct weft_view *v)
{
	at = PACK(at, dgram, DGRAM, &v->b.dgram.h);
	if (v->b.dgram.h.parts & WEFT_DGPARTS_GIDS)
		at = PACK(at, gids, GIDS, &v->b.dgram.gids);
	if (v->b.dgram.h.flags & WEFT_OFLAGS_IMM)
		at = PACK(at, imm, IMM, &v->b.dgram.imm);
	for (uint32_t i = 0; i < v->b.dgram.h.length; i++)
		*at++ = (uint8_t)(v->d.psn + i);
	return at;
}

uint32_t pk_build(uint8_t *out, const struct weft_view *v)
{
	struct weft_hdr_ctrl ctrl;
	uint8_t *at = PACK(out, delivery, DELIVERY, &v->d);

	if (v->d.flags & WEFT_DFLAGS_SYN)
		at = PACK(at, syn, SYN, &v->syn);
	switch (v->d.type) {
	case WEFT_PTYPE_DATA:
		at = data(at, v);
		break;
	case WEFT_PTYPE_ACK:
		at = PACK(at, ack, ACK, &v->b.ack.h);
		at = bytes_of(at, v->b.ack.words, v->b.ack.h.words * WEFT_HDR_SACKWORD_LEN);
		break;
	case WEFT_PTYPE_NACK:
		at = PACK(at, nack, NACK, &v->b.nack.h);
		at = bytes_of(at, v->b.nack.ranges, v->b.nack.h.count * WEFT_HDR_RANGE_LEN);
		break;
	case WEFT_PTYPE_PROBE:
		at = PACK(at, probe, PROBE, &v->b.probe.h);
		break;
	case WEFT_PTYPE_CREDIT:
		at = PACK(at, credit, CREDIT, &v->b.credit.h);
		break;
	case WEFT_PTYPE_CTRL:
		ctrl.length = (uint16_t)v->b.ctrl.len;
		at = PACK(at, ctrl, CTRL, &ctrl);
		at = bytes_of(at, v->b.ctrl.tlvs, v->b.ctrl.len);
		break;
	case WEFT_PTYPE_MEM:
		at = mem(out, v);
		break;
	case WEFT_PTYPE_DGRAM:
		at = dgram(at, v);
		break;
	default:
		break;
	}
	return pk_seal(out, (uint32_t)(at - out));
}

uint32_t pk_tlv(uint8_t *at, uint16_t type, const void *value, uint16_t len)
{
	struct weft_hdr_tlv h = { .type = type, .length = len };
	uint32_t padded = (len + 3u) & ~3u;

	weft_hdr_tlv_pack(at, &h);
	memset(at + WEFT_HDR_TLV_LEN, 0, padded);
	if (len)
		memcpy(at + WEFT_HDR_TLV_LEN, value, len);
	return WEFT_HDR_TLV_LEN + padded;
}

/* ---- mutation ----------------------------------------------------------------------- */

static uint64_t changed(uint64_t x, uint32_t value)
{
	static const uint64_t edges[] = { 0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff,
		0xfffffffffffffff8ull };
	uint32_t low = value >> 3;

	switch (value & 7) {
	case 0:
	case 1:
		return x + 1 + low % 4;
	case 2:
	case 3:
		return x - 1 - low % 4;
	case 4:
		return x ^ 1ull << low % 64;
	case 5:
		return edges[low % WEFT_ARRAY_LEN(edges)];
	case 6:
		return x + low % 4096;
	default:
		return low;
	}
}

#define CHANGE(x, type) ((x) = (type)changed(x, value))

static void mutate_syn(struct weft_hdr_syn *h, uint32_t field, uint32_t value)
{
	switch (field % 9) {
	case 0:
		CHANGE(h->chip_id, uint64_t);
		break;
	case 1:
		CHANGE(h->incarnation, uint32_t);
		break;
	case 2:
		CHANGE(h->pdc_id, uint32_t);
		break;
	case 3:
		CHANGE(h->mode, uint8_t);
		break;
	case 4:
		CHANGE(h->gen, uint8_t);
		break;
	case 5:
		CHANGE(h->domain, uint32_t);
		break;
	case 6:
		CHANGE(h->start_psn, uint32_t);
		break;
	case 7:
		CHANGE(h->window, uint16_t);
		break;
	default:
		CHANGE(h->max_payload, uint16_t);
		break;
	}
}

static void mutate_delivery(struct weft_hdr_delivery *d, uint32_t field, uint32_t value)
{
	switch (field % 6) {
	case 0:
		CHANGE(d->psn, uint32_t);
		break;
	case 1:
		CHANGE(d->ack_psn, uint32_t);
		break;
	case 2:
		CHANGE(d->pdc_id, uint32_t);
		break;
	case 3:
		d->flags ^= (uint8_t)(1u << (value & 7));
		break;
	case 4:
		CHANGE(d->entropy, uint16_t);
		break;
	default:
		CHANGE(d->fabric, uint8_t);
		break;
	}
}

/* A run of bytes, which the view then takes from scratch. */
static const uint8_t *mutate_bytes(const uint8_t *from, uint32_t len, uint32_t field,
				   uint32_t value, uint8_t *scratch)
{
	if (!len)
		return from;
	memcpy(scratch, from, len);
	CHANGE(scratch[field % len], uint8_t);
	return scratch;
}

static void mutate_op(struct weft_hdr_op *h, uint32_t field, uint32_t value)
{
	switch (field % 6) {
	case 0:
		CHANGE(h->opcode, uint8_t);
		break;
	case 1:
		h->flags ^= (uint8_t)(1u << (value & 7));
		break;
	case 2:
		h->length = (uint16_t)(changed(h->length, value) % 1400);
		break;
	case 3:
		CHANGE(h->status, uint8_t);
		break;
	case 4:
		CHANGE(h->qpn, uint32_t);
		break;
	default:
		CHANGE(h->msn, uint32_t);
		break;
	}
}

/* The words of an operation's extension and immediate, whatever they mean. */
static void mutate_extension(struct weft_view *v, uint32_t field, uint32_t value)
{
	uint32_t word, words = sizeof(v->b.data.u) / sizeof(word) + 2;
	uint8_t *at = (uint8_t *)&v->b.data.u + field % (words - 2) * sizeof(word);

	if (field % words == 0) {
		CHANGE(v->b.data.imm.ssn, uint32_t);
		return;
	}
	memcpy(&word, at, sizeof(word));
	CHANGE(word, uint32_t);
	memcpy(at, &word, sizeof(word));
}

static void mutate_ack(struct weft_view *v, uint32_t field, uint32_t value, uint8_t *scratch)
{
	struct weft_hdr_ack *h = &v->b.ack.h;

	switch (field % 7) {
	case 0:
		CHANGE(h->sack_base, uint32_t);
		break;
	case 1:
		CHANGE(h->echo_psn, uint32_t);
		break;
	case 2:
		CHANGE(h->window, uint16_t);
		break;
	case 3:
		CHANGE(h->ce_count, uint16_t);
		break;
	case 4:
		CHANGE(h->ack_delay_ns, uint32_t);
		break;
	case 5:
		CHANGE(h->flags, uint8_t);
		break;
	default:
		v->b.ack.words = mutate_bytes(v->b.ack.words, h->words * 8u, field / 7, value,
					      scratch);
		break;
	}
}

static void mutate_nack(struct weft_view *v, uint32_t field, uint32_t value, uint8_t *scratch)
{
	struct weft_hdr_nack *h = &v->b.nack.h;

	switch (field % 5) {
	case 0:
		CHANGE(h->reason, uint8_t);
		break;
	case 1:
		CHANGE(h->echo_psn, uint32_t);
		break;
	case 2:
		CHANGE(h->echo_pdc, uint32_t);
		break;
	case 3:
		CHANGE(h->arg, uint32_t);
		break;
	default:
		v->b.nack.ranges = mutate_bytes(v->b.nack.ranges, h->count * 8u, field / 5, value,
						scratch);
		break;
	}
}

void pk_mutate(struct weft_view *v, uint32_t field, uint32_t value, uint8_t *scratch)
{
	uint32_t within = field / 4;

	if (field % 4 == 0) {
		mutate_delivery(&v->d, within, value);
		return;
	}
	if (field % 4 == 1 && v->d.flags & WEFT_DFLAGS_SYN) {
		mutate_syn(&v->syn, within, value);
		return;
	}
	switch (v->d.type) {
	case WEFT_PTYPE_DATA:
		if (field % 4 == 2)
			mutate_op(&v->b.data.op, within, value);
		else
			mutate_extension(v, within, value);
		break;
	case WEFT_PTYPE_ACK:
		mutate_ack(v, within, value, scratch);
		break;
	case WEFT_PTYPE_NACK:
		mutate_nack(v, within, value, scratch);
		break;
	case WEFT_PTYPE_CTRL:
		v->b.ctrl.tlvs = mutate_bytes(v->b.ctrl.tlvs, v->b.ctrl.len, within, value,
					      scratch);
		break;
	case WEFT_PTYPE_MEM:
		v->b.mem.ops = mutate_bytes(v->b.mem.ops, v->b.mem.n * 8u, within, value, scratch);
		break;
	default:
		break;
	}
}
