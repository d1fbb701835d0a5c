/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The field tables, and the code that walks them bit by bit.  Slow, and plainly right.
 */
#include "conformance/wire.h"
#include "conformance/frame.h"

#include <string.h>

#define F(nm, bits, member)	{ nm, bits, offsetof(struct wc_frame, member) }
#define TABLE(sym, nm, bytes, ...)							\
	static const struct wc_field sym##_fields[] = { __VA_ARGS__, { NULL, 0, 0 } };	\
	const struct wc_header sym = { nm, bytes, sym##_fields, sizeof(struct wc_frame) }

TABLE(wc_h_delivery, "delivery", 16,
      F("version", 4, version), F("type", 4, type), F("flags", 8, flags),
      F("entropy", 16, entropy), F("fabric", 8, fabric), F("pdc_id", 24, pdc_id),
      F("psn", 32, psn), F("ack_psn", 32, ack_psn));
TABLE(wc_h_syn, "syn", 32,
      F("chip_id", 64, syn_chip), F("incarnation", 32, syn_inc), F("pdc_id", 24, syn_pdc),
      F("mode", 4, syn_mode), F("gen", 2, syn_gen), F("rsv", 2, syn_rsv),
      F("domain", 24, syn_domain), F("rsv2", 8, syn_rsv2), F("start_psn", 32, syn_start),
      F("window", 16, syn_window), F("max_payload", 16, syn_payload),
      F("cookie", 32, syn_cookie));
TABLE(wc_h_op, "op", 12,
      F("opcode", 8, opcode), F("flags", 8, oflags), F("length", 16, length),
      F("status", 8, status), F("qpn", 24, qpn), F("msn", 32, msn));
TABLE(wc_h_send, "send", 12,
      F("msg_len", 32, msg_len), F("offset", 32, offset), F("ssn", 32, ssn));
TABLE(wc_h_write, "write", 20,
      F("rkey", 32, rkey), F("addr", 64, addr), F("msg_len", 32, msg_len),
      F("offset", 32, offset));
TABLE(wc_h_read, "read", 16,
      F("rkey", 32, rkey), F("addr", 64, addr), F("msg_len", 32, msg_len));
TABLE(wc_h_read_rsp, "read_rsp", 8,
      F("msg_len", 32, msg_len), F("offset", 32, offset));
TABLE(wc_h_atomic, "atomic", 32,
      F("rkey", 32, rkey), F("addr", 64, addr), F("aop", 8, aop), F("width", 8, width),
      F("flags", 8, atomic_flags), F("rsv", 8, atomic_rsv),
      F("operand", 64, operand), F("compare", 64, compare));
TABLE(wc_h_atomic_rsp, "atomic_rsp", 8, F("old", 64, old));
TABLE(wc_h_tack, "tack", 8, F("credits", 32, credits), F("delay_ns", 32, delay_ns));
TABLE(wc_h_imm, "imm", 8, F("ssn", 32, imm_ssn), F("imm", 32, imm));
TABLE(wc_h_ack, "ack", 24,
      F("flags", 8, ack_flags), F("words", 8, words), F("ce_count", 16, ce_count),
      F("echo_entropy", 16, echo_entropy), F("window", 16, window),
      F("echo_psn", 32, echo_psn), F("ack_delay_ns", 32, ack_delay_ns),
      F("rx_bytes", 32, rx_bytes), F("sack_base", 32, sack_base));
TABLE(wc_h_nack, "nack", 16,
      F("reason", 8, reason), F("count", 8, count), F("rsv", 14, nack_rsv),
      F("echo_gen", 2, echo_gen), F("rsv2", 8, nack_rsv2), F("echo_pdc", 24, echo_pdc),
      F("echo_psn", 32, nack_psn), F("arg", 32, arg));
TABLE(wc_h_range, "range", 8, F("first", 32, range[0].first), F("count", 32, range[0].count));
TABLE(wc_h_ctrl, "ctrl", 4, F("length", 16, ctrl_len), F("rsv", 16, ctrl_rsv));
#undef F
#undef TABLE

#define F(nm, bits, type, member)	{ nm, bits, offsetof(struct type, member) }
#define TABLE(sym, nm, bytes, type, ...)						\
	static const struct wc_field sym##_fields[] = { __VA_ARGS__, { NULL, 0, 0 } };	\
	const struct wc_header sym = { nm, bytes, sym##_fields, sizeof(struct type) }
#define H(nm, bits, member)	F(nm, bits, wc_hello, member)
#define E(nm, bits, member)	F(nm, bits, wc_ep, member)
#define X(nm, bits, member)	F(nm, bits, wc_ep_end, member)
#define N(nm, bits, member)	F(nm, bits, wc_neighbour, member)
#define S(nm, bits, member)	F(nm, bits, wc_svc_msg, member)

TABLE(wc_h_tlv, "tlv", 4, wc_tlv_view,
      F("type", 16, wc_tlv_view, type), F("length", 16, wc_tlv_view, length));
TABLE(wc_h_hello, "tlv_hello", 32, wc_hello,
      H("chip_id", 64, chip_id), H("incarnation", 32, incarnation), H("class", 8, class_),
      H("version_min", 4, version_min), H("version_max", 4, version_max),
      H("modes", 8, modes), H("flags", 8, flags), H("profiles", 32, profiles),
      H("vendor", 32, vendor), H("max_payload", 16, max_payload),
      H("max_window", 16, max_window), H("domain", 24, domain), H("paths", 8, paths));
TABLE(wc_h_version_reject, "tlv_version_reject", 4, wc_version_reject,
      F("min", 4, wc_version_reject, min), F("max", 4, wc_version_reject, max),
      F("rsv", 24, wc_version_reject, rsv));
TABLE(wc_h_ep_connect, "tlv_ep_connect", 16, wc_ep,
      E("src_qpn", 24, src_qpn), E("rsv", 8, rsv), E("service", 32, service),
      E("credits", 32, credits), E("window", 16, window), E("reads", 8, reads),
      E("rsv2", 8, rsv2));
TABLE(wc_h_ep_accept, "tlv_ep_accept", 16, wc_ep,
      E("dst_qpn", 24, dst_qpn), E("rsv", 8, rsv), E("src_qpn", 24, src_qpn),
      E("rsv2", 8, rsv2), E("credits", 32, credits), E("window", 16, window),
      E("reads", 8, reads), E("rsv3", 8, rsv3));
TABLE(wc_h_ep_reject, "tlv_ep_reject", 12, wc_ep_end,
      X("dst_qpn", 24, dst_qpn), X("reason", 8, reason), X("src_qpn", 24, src_qpn),
      X("rsv", 8, rsv), X("arg", 32, arg));
TABLE(wc_h_ep_disconnect, "tlv_ep_disconnect", 12, wc_ep_end,
      X("dst_qpn", 24, dst_qpn), X("reason", 8, reason), X("src_qpn", 24, src_qpn),
      X("rsv", 8, rsv), X("arg", 32, arg));
TABLE(wc_h_neighbour, "tlv_neighbour", 28, wc_neighbour,
      N("chip_id", 64, chip_id), N("family", 8, family), N("flags", 8, flags),
      N("port", 16, port), N("addr", 64, addr_high), N("addr low", 64, addr_low));
TABLE(wc_h_svc_req, "svc_req", 24, wc_svc_msg,
      S("op", 8, op), S("pool", 8, pool), S("flags", 8, flags), S("rsv", 8, rsv),
      S("tag", 32, tag), S("key", 32, key), S("depth", 32, depth), S("length", 64, length));
TABLE(wc_h_svc_rsp, "svc_rsp", 32, wc_svc_msg,
      S("op", 8, op), S("status", 8, status), S("rsv", 16, rsv), S("tag", 32, tag),
      S("key", 32, key), S("depth", 32, depth), S("addr", 64, addr), S("length", 64, length));

const struct wc_header *const wc_headers[] = {
	&wc_h_delivery, &wc_h_syn, &wc_h_op, &wc_h_send, &wc_h_write, &wc_h_read, &wc_h_read_rsp,
	&wc_h_atomic, &wc_h_atomic_rsp, &wc_h_tack, &wc_h_imm, &wc_h_ack, &wc_h_nack, &wc_h_range,
	&wc_h_ctrl, &wc_h_tlv, &wc_h_hello, &wc_h_version_reject, &wc_h_ep_connect,
	&wc_h_ep_accept, &wc_h_ep_reject, &wc_h_ep_disconnect, &wc_h_neighbour, &wc_h_svc_req,
	&wc_h_svc_rsp, NULL,
};

void wc_pack(const struct wc_header *h, const void *from, uint8_t *to)
{
	unsigned bit = 0;

	memset(to, 0, h->bytes);
	for (const struct wc_field *f = h->field; f->bits; f++) {
		uint64_t v;

		memcpy(&v, (const char *)from + f->at, sizeof(v));
		for (unsigned i = f->bits; i-- > 0; bit++)
			if (v >> i & 1)
				to[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	}
}

void wc_unpack(const struct wc_header *h, const uint8_t *from, void *to)
{
	unsigned bit = 0;

	for (const struct wc_field *f = h->field; f->bits; f++) {
		uint64_t v = 0;

		for (unsigned i = 0; i < f->bits; i++, bit++)
			v = v << 1 | ((unsigned)from[bit / 8] >> (7 - bit % 8) & 1);
		memcpy((char *)to + f->at, &v, sizeof(v));
	}
}

const char *wc_reserved_set(const struct wc_header *h, const void *s)
{
	for (const struct wc_field *f = h->field; f->bits; f++) {
		uint64_t v;

		memcpy(&v, (const char *)s + f->at, sizeof(v));
		if (!strncmp(f->name, "rsv", 3) && v)
			return h->name;
	}
	return NULL;
}

void wc_put(uint8_t *to, uint64_t value, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0; value >>= 8)
		to[i] = (uint8_t)value;
}

uint64_t wc_get(const uint8_t *from, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | from[i];
	return v;
}

/* Bit by bit over the reversed polynomial: no table whose making could be wrong. */
uint32_t wc_crc32c(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

uint32_t wc_frame_crc(const uint8_t *frame, size_t len)
{
	static const uint8_t zero[3];
	uint32_t crc;

	if (len < 5)
		return wc_crc32c(0, frame, len);
	crc = wc_crc32c(0, frame, 2);
	crc = wc_crc32c(crc, zero, 3);
	return wc_crc32c(crc, frame + 5, len - 5);
}
