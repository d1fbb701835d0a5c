/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The suite's own reading of the wire format: constants, field tables, CRC32C.
 *
 * Written by hand from spec/, apart from the code that spec/ generates: a mistake that the
 * product's codec and its test shared would otherwise certify itself.  This file decides how
 * bytes become fields and back.  What they mean is frame.h's (one packet) and view.h's (many).
 */
#ifndef WEFT_CONFORMANCE_WIRE_H
#define WEFT_CONFORMANCE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WC_VERSION	1u
#define WC_FRAME_MAX	(64u * 1024u)	/* bytes of any frame that we build or take */

enum wc_ptype { WC_DATA = 1, WC_ACK, WC_NACK, WC_CTRL, WC_DGRAM, WC_MEM, WC_PROBE, WC_CREDIT };

enum wc_dflags {
	WC_F_SYN = 0x80, WC_F_AR = 0x40, WC_F_RTX = 0x20, WC_F_SEC = 0x10, WC_F_AKV = 0x08,
	WC_F_FIN = 0x04, WC_F_GEN = 0x03,
};

enum wc_fabric { WC_FB_CE = 0x80, WC_FB_TRIM = 0x40, WC_FB_TC = 0x38, WC_FB_RSV = 0x07 };

enum wc_opcode {
	WC_SEND = 1, WC_WRITE, WC_READ, WC_READ_RSP, WC_ATOMIC, WC_ATOMIC_RSP, WC_TACK, WC_NOP,
	WC_REDUCE, WC_FLUSH, WC_RD_SEND, WC_RD_RSP,
};

enum wc_oflags {
	WC_O_SOM = 0x80, WC_O_EOM = 0x40, WC_O_SE = 0x20, WC_O_IMM = 0x10, WC_O_INV = 0x08,
	WC_O_FENCE = 0x04, WC_O_SIGNAL = 0x02, WC_O_EPOCH = 0x01,
};

enum { WC_DG_GIDS = 0x80 };	/* dgram.parts */

enum wc_memcode {
	WC_M_LOAD = 1, WC_M_STORE, WC_M_MSTORE, WC_M_LOAD256, WC_M_STORE256,
	WC_M_FADD = 8, WC_M_CAS, WC_M_SWAP, WC_M_MIN, WC_M_MAX, WC_M_UMIN, WC_M_UMAX, WC_M_AND,
	WC_M_OR, WC_M_XOR,
	WC_M_DATA = 24, WC_M_DATA256, WC_M_OLD, WC_M_DONE, WC_M_FAULT,
};
#define WC_MAX_MEMOPS	16u

enum wc_mode { WC_RUD = 1, WC_ROD, WC_UUD };
enum wc_modes { WC_MODES_RUD = 1, WC_MODES_ROD = 2, WC_MODES_UUD = 4 };

enum wc_status {
	WC_OK, WC_NO_STREAM, WC_BAD_OPCODE, WC_BAD_KEY, WC_BAD_DOMAIN, WC_NO_RIGHTS,
	WC_OUT_OF_BOUNDS, WC_NO_RESOURCES, WC_RNR, WC_TOO_LONG, WC_MALFORMED, WC_MISALIGNED,
	WC_OP_FAILED, WC_NO_WINDOW, WC_BAD_QKEY, WC_STATUS_COUNT,
};

enum wc_aop {
	WC_FADD = 1, WC_CAS, WC_SWAP, WC_MIN, WC_MAX, WC_UMIN, WC_UMAX, WC_AND, WC_OR, WC_XOR,
};
#define WC_MASKED 0x80u

enum wc_redop { WC_R_SUM = 1, WC_R_MIN, WC_R_MAX, WC_R_AND, WC_R_OR, WC_R_XOR };
enum wc_dtype { WC_I32 = 1, WC_I64, WC_F16, WC_BF16, WC_F32, WC_F64, WC_U8, WC_I8 };
enum wc_level { WC_PLACED = 1, WC_VISIBLE, WC_DURABLE };
enum wc_kernel {
	WC_K_NOP = 1, WC_K_FILL, WC_K_COPY, WC_K_REDUCE, WC_K_GEMM, WC_K_CRC32C, WC_K_SHA256,
};
#define WC_BARRIER 1u
enum wc_feature {
	WC_FT_TRIM = 0x1, WC_FT_PROBE = 0x2, WC_FT_CREDIT = 0x4, WC_FT_ATOMICS = 0x8,
	WC_FT_NARROW = 0x10, WC_FT_MASKED = 0x20, WC_FT_REDUCE = 0x40, WC_FT_VISIBLE = 0x80,
	WC_FT_DURABLE = 0x100, WC_FT_SIGNAL = 0x200, WC_FT_INV = 0x400, WC_FT_MEM = 0x800,
	WC_FT_RD = 0x1000, WC_FT_UD = 0x2000, WC_FT_ALL = 0x3fff,
};
enum wc_profile { WC_P_CORE = 1, WC_P_AI = 2, WC_P_MEM = 4, WC_P_ACCEL = 8, WC_P_SECURE = 16 };

enum wc_reason {
	WC_N_MISSING = 1, WC_N_TRIMMED, WC_N_NO_CONTEXT, WC_N_NEW_START_PSN, WC_N_BUSY,
	WC_N_RESET, WC_N_MODE, WC_N_COOKIE,
};

enum wc_tlv {
	WC_TLV_HELLO = 0x8001, WC_TLV_POOL = 0x0002, WC_TLV_ENGINE = 0x0003, WC_TLV_NAME = 0x0004,
	WC_TLV_QUEUES = 0x0005, WC_TLV_NEIGHBOUR = 0x8006, WC_TLV_VERSION_REJECT = 0x8007,
	WC_TLV_CLOSE = 0x8008, WC_TLV_EP_CONNECT = 0x8010, WC_TLV_EP_ACCEPT = 0x8011,
	WC_TLV_EP_REJECT = 0x8012, WC_TLV_EP_DISCONNECT = 0x8013,
	WC_TLV_LIMITS = 0x0009, WC_TLV_PAD = 0x000a, WC_TLV_WINDOW_BIND = 0x8014,
	WC_TLV_WINDOW_STATUS = 0x8015, WC_TLV_PORT_STATUS = 0x8016,
	WC_TLV_TELEMETRY_GET = 0x8017, WC_TLV_TELEMETRY = 0x8018,
};
#define WC_TLV_CRITICAL 0x8000u

enum wc_ep_reason { WC_EP_NO_SERVICE = 1, WC_EP_REFUSED, WC_EP_NO_ROOM, WC_EP_CLOSED, WC_EP_ERROR };

#define WC_SERVICE_CHIP		1u
#define WC_SERVICE_PERSONALITY	2u
enum wc_svc { WC_SVC_ALLOC = 1, WC_SVC_FREE, WC_SVC_QUEUE_CREATE, WC_SVC_QUEUE_DESTROY };
#define WC_HELLO_REPLY		0x80u
#define WC_NB_CONFIRM		0x80u

#define WC_INITIAL_PAYLOAD	1024u
#define WC_MAX_WINDOW		4096u
#define WC_MIN_WINDOW		16u
#define WC_MIN_PAYLOAD		64u

/* A field of a header: first bit is the most significant.  All fields are held as uint64_t. */
struct wc_field {
	const char *name;	/* as spec/ calls it; one that begins with "rsv" must be zero */
	unsigned bits;		/* 0 ends the table */
	size_t at;		/* where the uint64_t lies in the header's structure */
};

struct wc_header {
	const char *name;	/* as spec/ calls it */
	unsigned bytes;
	const struct wc_field *field;
	size_t size;		/* of the structure that the fields are held in */
};

extern const struct wc_header wc_h_delivery, wc_h_syn, wc_h_op, wc_h_send, wc_h_write, wc_h_read,
	wc_h_read_rsp, wc_h_atomic, wc_h_atomic_rsp, wc_h_tack, wc_h_imm, wc_h_ack, wc_h_nack,
	wc_h_range, wc_h_ctrl, wc_h_tlv;
extern const struct wc_header wc_h_hello, wc_h_version_reject, wc_h_ep_connect, wc_h_ep_accept,
	wc_h_ep_reject, wc_h_ep_disconnect, wc_h_neighbour, wc_h_svc_req, wc_h_svc_rsp;

/* Every header above, for tests; NULL ends it. */
extern const struct wc_header *const wc_headers[];

/* The other headers (wire_more.c); NULL ends it.  Those not of a frame hold words, in order. */
struct wc_words {
	uint64_t v[16];
};
extern const struct wc_header *const wc_more_headers[];

extern const struct wc_header wc_h_amask, wc_h_reduce, wc_h_flush, wc_h_rd, wc_h_rd_rsp, wc_h_inv,
	wc_h_signal, wc_h_dgram, wc_h_gids, wc_h_probe, wc_h_credit;
extern const struct wc_header wc_h_mdelivery, wc_h_memop, wc_h_command, wc_h_limits, wc_h_bind,
	wc_h_window_status, wc_h_port_status, wc_h_telemetry_get, wc_h_telemetry_item, wc_h_pool,
	wc_h_engine, wc_h_queues;

/* Fields of *from to h->bytes bytes at to; a value too large for its field is cut to it. */
void wc_pack(const struct wc_header *h, const void *from, uint8_t *to);
/* And back. */
void wc_unpack(const struct wc_header *h, const uint8_t *from, void *to);
/* Name of the first reserved field of *s that is not zero, or NULL. */
const char *wc_reserved_set(const struct wc_header *h, const void *s);

/* Big-endian integer of so many bytes, at most 8. */
void wc_put(uint8_t *to, uint64_t value, unsigned bytes);
uint64_t wc_get(const uint8_t *from, unsigned bytes);

/* CRC32C of len bytes; crc is 0, or the result for the bytes before. */
uint32_t wc_crc32c(uint32_t crc, const void *data, size_t len);
/* CRC32C of a frame's bytes before its CRC, entropy and fabric taken as zero (WEFT-PKT-005). */
uint32_t wc_frame_crc(const uint8_t *frame, size_t len);

#endif
