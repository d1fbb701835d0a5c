/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Field tables of the headers that no case of the suite sends yet, written by hand from spec/ as
 * those in wire.c are.  Their fields are held in a struct wc_words, in order.
 */
#include "conformance/wire.h"

#define F(i, nm, bits)	{ nm, bits, offsetof(struct wc_words, v[i]) }
#define TABLE(sym, nm, bytes, ...)							\
	static const struct wc_field sym##_fields[] = { __VA_ARGS__, { NULL, 0, 0 } };	\
	static const struct wc_header sym = { nm, bytes, sym##_fields, sizeof(struct wc_words) }

TABLE(mdelivery, "mdelivery", 12, F(0, "version", 4), F(1, "type", 4), F(2, "flags", 8),
      F(3, "entropy", 16), F(4, "fabric", 8), F(5, "pdc_id", 24), F(6, "psn", 32));
TABLE(crc, "crc", 4, F(0, "crc", 32));
TABLE(sackword, "sackword", 8, F(0, "bits", 64));
TABLE(amask, "amask", 16, F(0, "operand_mask", 64), F(1, "compare_mask", 64));
TABLE(reduce, "reduce", 24, F(0, "rkey", 32), F(1, "addr", 64), F(2, "msg_len", 32),
      F(3, "offset", 32), F(4, "op", 8), F(5, "dtype", 8), F(6, "rsv", 16));
TABLE(flush, "flush", 20, F(0, "rkey", 32), F(1, "addr", 64), F(2, "length", 32),
      F(3, "level", 8), F(4, "rsv", 24));
TABLE(rd, "rd", 12, F(0, "src_qpn", 24), F(1, "rsv", 8), F(2, "qkey", 32), F(3, "tag", 32));
TABLE(rd_rsp, "rd_rsp", 8, F(0, "tag", 32), F(1, "delay_ns", 32));
TABLE(inv, "inv", 4, F(0, "rkey", 32));
TABLE(signal_, "signal", 16, F(0, "rkey", 32), F(1, "addr", 64), F(2, "value", 32));
TABLE(dgram, "dgram", 20, F(0, "flags", 8), F(1, "rsv", 8), F(2, "length", 16),
      F(3, "dst_qpn", 24), F(4, "rsv2", 8), F(5, "src_qpn", 24), F(6, "rsv3", 8),
      F(7, "qkey", 32), F(8, "domain", 24), F(9, "rsv4", 8));
TABLE(memop, "memop", 8, F(0, "code", 5), F(1, "size", 3), F(2, "tag", 8), F(3, "more", 1),
      F(4, "window", 11), F(5, "offset", 36));
TABLE(memmask, "memmask", 8, F(0, "bytes", 64));
TABLE(memoperand, "memoperand", 8, F(0, "value", 64));
TABLE(probe, "probe", 12, F(0, "flags", 8), F(1, "port", 8), F(2, "entropy", 16),
      F(3, "id", 32), F(4, "sent_ns", 32));
TABLE(credit, "credit", 8, F(0, "flags", 8), F(1, "rsv", 24), F(2, "pkts", 32));
TABLE(command, "command", 64, F(0, "version", 8), F(1, "flags", 8), F(2, "kernel", 16),
      F(3, "seq", 32), F(4, "signal_addr", 64), F(5, "signal_key", 32), F(6, "src_key", 32),
      F(7, "src_addr", 64), F(8, "src_chip", 64), F(9, "dst_addr", 64), F(10, "dst_key", 32),
      F(11, "length", 32), F(12, "op", 8), F(13, "dtype", 8), F(14, "value", 8),
      F(15, "rsv", 40));
TABLE(gemm, "gemm", 56, F(0, "a_addr", 64), F(1, "b_addr", 64), F(2, "a_key", 32),
      F(3, "b_key", 32), F(4, "m", 32), F(5, "n", 32), F(6, "k", 32), F(7, "lda", 32),
      F(8, "ldb", 32), F(9, "ldc", 32), F(10, "flags", 8), F(11, "rsv", 56));
TABLE(pool, "tlv_pool", 12, F(0, "index", 8), F(1, "kind", 8), F(2, "rsv", 16),
      F(3, "size", 64));
TABLE(engine, "tlv_engine", 8, F(0, "kernel", 16), F(1, "rsv", 16), F(2, "dtypes", 32));
TABLE(queues, "tlv_queues", 8, F(0, "queues", 16), F(1, "rsv", 16), F(2, "depth", 32));
TABLE(limits, "tlv_limits", 12, F(0, "features", 32), F(1, "sack_bits", 16),
      F(2, "windows", 16), F(3, "mem_tags", 16), F(4, "ports", 8), F(5, "rsv", 8));
TABLE(bind, "tlv_window_bind", 28, F(0, "window", 16), F(1, "rsv", 16), F(2, "qpn", 24),
      F(3, "rsv2", 8), F(4, "rkey", 32), F(5, "addr", 64), F(6, "length", 64));
TABLE(window_status, "tlv_window_status", 4, F(0, "window", 16), F(1, "status", 8),
      F(2, "rsv", 8));
TABLE(port_status, "tlv_port_status", 4, F(0, "port", 8), F(1, "state", 8), F(2, "rsv", 16));
TABLE(telemetry_get, "tlv_telemetry_get", 4, F(0, "first", 16), F(1, "count", 16));
TABLE(telemetry_item, "telemetry_item", 12, F(0, "counter", 16), F(1, "rsv", 16),
      F(2, "value", 64));

const struct wc_header *const wc_more_headers[] = {
	&mdelivery, &crc, &sackword, &amask, &reduce, &flush, &rd, &rd_rsp, &inv, &signal_, &dgram,
	&memop, &memmask, &memoperand, &probe, &credit, &command, &gemm, &pool, &engine, &queues,
	&limits, &bind, &window_status, &port_status, &telemetry_get, &telemetry_item, NULL,
};
