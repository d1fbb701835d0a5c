/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More field tables, written by hand from spec/ as those in wire.c are: what goes with operations,
 * and structures whose fields are 64-bit words in order.
 */
#include "conformance/frame.h"

#define F(nm, bits, member)	{ nm, bits, offsetof(struct wc_frame, member) }
#define TABLE(sym, nm, bytes, ...)							\
	static const struct wc_field sym##_fields[] = { __VA_ARGS__, { NULL, 0, 0 } };	\
	const struct wc_header sym = { nm, bytes, sym##_fields, sizeof(struct wc_frame) }

TABLE(wc_h_amask, "amask", 16, F("operand_mask", 64, operand_mask),
      F("compare_mask", 64, compare_mask));
TABLE(wc_h_reduce, "reduce", 24, F("rkey", 32, rkey), F("addr", 64, addr),
      F("msg_len", 32, msg_len), F("offset", 32, offset), F("op", 8, redop),
      F("dtype", 8, dtype), F("rsv", 16, reduce_rsv));
TABLE(wc_h_flush, "flush", 20, F("rkey", 32, rkey), F("addr", 64, addr),
      F("length", 32, msg_len), F("level", 8, level), F("rsv", 24, flush_rsv));
TABLE(wc_h_rd, "rd", 12, F("src_qpn", 24, src_qpn), F("rsv", 8, rd_rsv), F("qkey", 32, qkey),
      F("tag", 32, tag));
TABLE(wc_h_rd_rsp, "rd_rsp", 8, F("tag", 32, tag), F("delay_ns", 32, delay_ns));
TABLE(wc_h_inv, "inv", 4, F("rkey", 32, inv_rkey));
TABLE(wc_h_signal, "signal", 16, F("rkey", 32, sig_rkey), F("addr", 64, sig_addr),
      F("value", 32, sig_value));
TABLE(wc_h_dgram, "dgram", 20, F("flags", 8, oflags), F("parts", 8, dg_parts),
      F("length", 16, length), F("dst_qpn", 24, qpn), F("rsv", 8, dg_rsv[0]),
      F("src_qpn", 24, src_qpn), F("rsv2", 8, dg_rsv[1]), F("qkey", 32, qkey),
      F("domain", 24, dg_domain), F("rsv3", 8, dg_rsv[2]));
TABLE(wc_h_gids, "gids", 32, F("src", 64, gid_src[0]), F("src low", 64, gid_src[1]),
      F("dst", 64, gid_dst[0]), F("dst low", 64, gid_dst[1]));
TABLE(wc_h_probe, "probe", 12, F("flags", 8, probe_flags), F("port", 8, probe_port),
      F("entropy", 16, probe_entropy), F("id", 32, probe_id), F("sent_ns", 32, sent_ns));
TABLE(wc_h_credit, "credit", 8, F("flags", 8, credit_flags), F("rsv", 24, credit_rsv),
      F("pkts", 32, pkts));
TABLE(wc_h_mdelivery, "mdelivery", 12, F("version", 4, version), F("type", 4, type),
      F("flags", 8, flags), F("entropy", 16, entropy), F("fabric", 8, fabric),
      F("pdc_id", 24, pdc_id), F("psn", 32, psn));
#undef F
#undef TABLE

#define F(i, nm, bits)	{ nm, bits, offsetof(struct wc_words, v[i]) }
#define TABLE_(sym, nm, bytes, ...)							\
	static const struct wc_field sym##_fields[] = { __VA_ARGS__, { NULL, 0, 0 } };	\
	static const struct wc_header sym = { nm, bytes, sym##_fields, sizeof(struct wc_words) }
#define TABLE(sym, nm, bytes, ...)							\
	static const struct wc_field sym##_fields[] = { __VA_ARGS__, { NULL, 0, 0 } };	\
	const struct wc_header sym = { nm, bytes, sym##_fields, sizeof(struct wc_words) }

TABLE_(crc, "crc", 4, F(0, "crc", 32));
TABLE_(sackword, "sackword", 8, F(0, "bits", 64));
TABLE(wc_h_memop, "memop", 8, F(0, "code", 5), F(1, "size", 3), F(2, "tag", 8), F(3, "more", 1),
      F(4, "window", 11), F(5, "offset", 36));
TABLE_(memmask, "memmask", 8, F(0, "bytes", 64));
TABLE_(memoperand, "memoperand", 8, F(0, "value", 64));
TABLE(wc_h_command, "command", 64, F(0, "version", 8), F(1, "flags", 8), F(2, "kernel", 16),
      F(3, "seq", 32), F(4, "signal_addr", 64), F(5, "signal_key", 32), F(6, "src_key", 32),
      F(7, "src_addr", 64), F(8, "src_chip", 64), F(9, "dst_addr", 64), F(10, "dst_key", 32),
      F(11, "length", 32), F(12, "op", 8), F(13, "dtype", 8), F(14, "value", 8),
      F(15, "rsv", 40));
TABLE_(gemm, "gemm", 56, F(0, "a_addr", 64), F(1, "b_addr", 64), F(2, "a_key", 32),
      F(3, "b_key", 32), F(4, "m", 32), F(5, "n", 32), F(6, "k", 32), F(7, "lda", 32),
      F(8, "ldb", 32), F(9, "ldc", 32), F(10, "flags", 8), F(11, "rsv", 56));
TABLE(wc_h_pool, "tlv_pool", 12, F(0, "index", 8), F(1, "kind", 8), F(2, "rsv", 16),
      F(3, "size", 64));
TABLE(wc_h_engine, "tlv_engine", 8, F(0, "kernel", 16), F(1, "rsv", 16), F(2, "dtypes", 32));
TABLE(wc_h_queues, "tlv_queues", 8, F(0, "queues", 16), F(1, "rsv", 16), F(2, "depth", 32));
TABLE(wc_h_limits, "tlv_limits", 12, F(0, "features", 32), F(1, "sack_bits", 16),
      F(2, "windows", 16), F(3, "mem_tags", 16), F(4, "ports", 8), F(5, "rsv", 8));
TABLE(wc_h_bind, "tlv_window_bind", 28, F(0, "window", 16), F(1, "rsv", 16), F(2, "qpn", 24),
      F(3, "rsv2", 8), F(4, "rkey", 32), F(5, "addr", 64), F(6, "length", 64));
TABLE(wc_h_window_status, "tlv_window_status", 4, F(0, "window", 16), F(1, "status", 8),
      F(2, "rsv", 8));
TABLE(wc_h_port_status, "tlv_port_status", 4, F(0, "port", 8), F(1, "state", 8), F(2, "rsv", 16));
TABLE(wc_h_telemetry_get, "tlv_telemetry_get", 4, F(0, "first", 16), F(1, "count", 16));
TABLE(wc_h_telemetry_item, "telemetry_item", 12, F(0, "counter", 16), F(1, "rsv", 16),
      F(2, "value", 64));

const struct wc_header *const wc_more_headers[] = {
	&wc_h_mdelivery, &crc, &sackword, &wc_h_amask, &wc_h_reduce, &wc_h_flush, &wc_h_rd,
	&wc_h_rd_rsp, &wc_h_inv, &wc_h_signal, &wc_h_dgram, &wc_h_gids, &wc_h_memop, &memmask,
	&memoperand, &wc_h_probe, &wc_h_credit, &wc_h_command, &gemm, &wc_h_pool, &wc_h_engine,
	&wc_h_queues, &wc_h_limits, &wc_h_bind, &wc_h_window_status, &wc_h_port_status,
	&wc_h_telemetry_get, &wc_h_telemetry_item, NULL,
};
