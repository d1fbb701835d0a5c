/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One packet, as fields: built to bytes, parsed from them, put into words for people.
 *
 * Decides nothing about whether a packet is right at this moment: that is the judges'.
 */
#ifndef WEFT_CONFORMANCE_FRAME_H
#define WEFT_CONFORMANCE_FRAME_H

#include "conformance/wire.h"

#define WC_SACK_WORDS	8u
#define WC_RANGES	8u

/* Every field of every packet kind; which of them mean something, type and opcode say. */
struct wc_frame {
	/* delivery */
	uint64_t version, type, flags, entropy, fabric, pdc_id, psn, ack_psn;
	/* syn */
	uint64_t syn_chip, syn_inc, syn_pdc, syn_mode, syn_gen, syn_rsv, syn_domain, syn_rsv2;
	uint64_t syn_cookie;
	uint64_t syn_start, syn_window, syn_payload;
	/* op and what follows it */
	uint64_t opcode, oflags, length, status, qpn, msn;
	uint64_t rkey, addr, msg_len, offset, ssn;
	uint64_t aop, width, atomic_flags, atomic_rsv, operand, compare, old;
	uint64_t credits, delay_ns, imm_ssn, imm;
	uint64_t operand_mask, compare_mask;
	uint64_t redop, dtype, reduce_rsv;
	uint64_t level, flush_rsv;	/* FLUSH: msg_len is its length */
	uint64_t src_qpn, rd_rsv, qkey, tag;
	uint64_t inv_rkey, sig_rkey, sig_addr, sig_value;
	/* dgram: oflags, length, qpn, src_qpn and qkey as above; probe; credit */
	uint64_t dg_parts, dg_rsv[3], dg_domain;
	uint64_t gid_src[2], gid_dst[2];	/* meaningful if dg_parts & WC_DG_GIDS */
	uint64_t probe_flags, probe_port, probe_entropy, probe_id, sent_ns;
	uint64_t credit_flags, credit_rsv, pkts;
	/* ack */
	uint64_t ack_flags, words, ce_count, echo_entropy, window, echo_psn, ack_delay_ns, rx_bytes;
	uint64_t sack_base, sack[WC_SACK_WORDS];
	/* nack */
	uint64_t reason, count, nack_rsv, echo_gen, nack_rsv2, echo_pdc, nack_psn, arg;
	struct { uint64_t first, count; } range[WC_RANGES];
	/* ctrl */
	uint64_t ctrl_len, ctrl_rsv;
	/* payload of DATA, TLVs of CTRL, operations of MEM: borrowed, not copied */
	const uint8_t *body;
	uint32_t body_len;	/* bytes at body; parse: as the headers say, build: as is */
	/* set by parse alone */
	uint32_t memops;	/* operations of a MEM packet; body is they and their data */
	uint32_t used;		/* bytes of the packet, CRC included */
	bool crc_ok;
};

/*
 * Build f into out[WC_FRAME_MAX], CRC included.  Lengths in the headers (length, ctrl_len, words,
 * count) are taken as given, so that they may lie.  Returns the bytes.
 */
uint32_t wc_frame_build(const struct wc_frame *f, uint8_t *out);

/* Set the CRC in the last four of len bytes to what it should be. */
void wc_frame_seal(uint8_t *frame, uint32_t len);

/*
 * Parse bytes into f, whose body then points into them.  Returns NULL, or what is wrong with the
 * shape; f->crc_ok is set apart, and only where the shape is right.
 */
const char *wc_frame_parse(struct wc_frame *f, const uint8_t *bytes, uint32_t len);

/* Name of the first reserved field or flag that is set, or NULL (WEFT-CONV-002). */
const char *wc_frame_reserved(const struct wc_frame *f);

/* f in one line, at most len bytes with the NUL; returns out. */
char *wc_frame_text(const struct wc_frame *f, char *out, size_t len);

const char *wc_opcode_name(uint64_t opcode);
const char *wc_status_name(uint64_t status);
const char *wc_reason_name(uint64_t reason);
const char *wc_class_name(uint64_t class_);

/* One TLV of a CTRL packet; value is borrowed. */
struct wc_tlv_view {
	uint64_t type, length;
	const uint8_t *value;
};

/* The n-th TLV (from 0) of f; false if there is none or it leaves the packet. */
bool wc_frame_tlv(const struct wc_frame *f, unsigned n, struct wc_tlv_view *tlv);
/* The first TLV of that type with at least min bytes of value. */
bool wc_frame_find_tlv(const struct wc_frame *f, uint64_t type, unsigned min,
		       struct wc_tlv_view *tlv);
/* Append a TLV, padded; returns the new length of the TLVs in buf. */
uint32_t wc_tlv_put(uint8_t *buf, uint32_t at, uint64_t type, const void *value, uint32_t len);

/* Structures that TLVs and SENDs carry. */
struct wc_hello {
	uint64_t chip_id, incarnation, class_, version_min, version_max, modes, flags, profiles;
	uint64_t vendor, max_payload, max_window, domain, paths;
};
struct wc_version_reject { uint64_t min, max, rsv; };
struct wc_ep { uint64_t src_qpn, rsv, service, credits, window, reads, rsv2, dst_qpn, rsv3; };
struct wc_ep_end { uint64_t dst_qpn, reason, src_qpn, rsv, arg; };
struct wc_neighbour { uint64_t chip_id, family, flags, port, addr_high, addr_low; };
/* Bytes of mask, operands and data that belong to a memory operation. */
struct wc_memop;
uint32_t wc_memop_extra(const struct wc_memop *op);

/* The fields of these are those of their headers, in order. */
struct wc_limits { uint64_t features, sack_bits, windows, mem_tags, ports, rsv; };
struct wc_bind { uint64_t window, rsv, qpn, rsv2, rkey, addr, length; };
struct wc_window_status { uint64_t window, status, rsv; };
struct wc_port_status { uint64_t port, state, rsv; };
struct wc_meter { uint64_t counter, rsv, value; };
struct wc_pool { uint64_t index, kind, rsv, size; };
struct wc_engine { uint64_t kernel, rsv, dtypes; };
struct wc_queues { uint64_t queues, rsv, depth; };
struct wc_memop { uint64_t code, size, tag, more, window, offset; };
struct wc_command {
	uint64_t version, flags, kernel, seq, signal_addr, signal_key, src_key, src_addr, src_chip;
	uint64_t dst_addr, dst_key, length, op, dtype, value, rsv;
};
struct wc_svc_msg {
	uint64_t op, pool, flags, rsv, status, tag, key, depth, length, addr;
};

#endif
