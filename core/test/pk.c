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
		return PACK(at, atomic, ATOMIC, &v->b.data.u.atomic);
	case WEFT_OPCODE_ATOMIC_RSP:
		return PACK(at, atomic_rsp, ATOMIC_RSP, &v->b.data.u.atomic_rsp);
	case WEFT_OPCODE_TACK:
		return PACK(at, tack, TACK, &v->b.data.u.tack);
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
	case WEFT_PTYPE_CTRL:
		ctrl.length = (uint16_t)v->b.ctrl.len;
		at = PACK(at, ctrl, CTRL, &ctrl);
		at = bytes_of(at, v->b.ctrl.tlvs, v->b.ctrl.len);
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
