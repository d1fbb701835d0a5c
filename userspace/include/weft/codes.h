/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The codes that libweft speaks to its user: statuses, classes, modes, kernels.
 *
 * The values are those of the protocol; the library's build checks that.  This header stands
 * alone, and can be included beside the protocol's own headers.
 */
#ifndef WEFT_CODES_H
#define WEFT_CODES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How an operation ended.  128 and above are said by this side, not by the other chip. */
enum weft_st {
	WEFT_ST_OK = 0,
	WEFT_ST_NO_STREAM = 1,		/* the other chip has no such endpoint */
	WEFT_ST_BAD_OPCODE = 2,		/* it does not allow this operation here */
	WEFT_ST_BAD_KEY = 3,		/* no such key, or no longer alive */
	WEFT_ST_BAD_DOMAIN = 4,		/* key of another domain or protection domain */
	WEFT_ST_NO_RIGHTS = 5,		/* the key does not give this right */
	WEFT_ST_OUT_OF_BOUNDS = 6,	/* the range leaves the region */
	WEFT_ST_NO_RESOURCES = 7,	/* more outstanding operations than agreed */
	WEFT_ST_RNR = 8,		/* no receive buffer: not seen in completions */
	WEFT_ST_TOO_LONG = 9,		/* the message is longer than the receive buffer */
	WEFT_ST_MALFORMED = 10,		/* the operation contradicts itself */
	WEFT_ST_MISALIGNED = 11,	/* atomic or REDUCE on an address that is no
					 * multiple of its width */
	WEFT_ST_OP_FAILED = 12,		/* the other chip could not carry it out */
	WEFT_ST_NO_WINDOW = 13,		/* no such window, or it is not bound */
	WEFT_ST_BAD_QKEY = 14,		/* the qkey is not the receiver's */
	WEFT_ST_FLUSHED = 128,		/* given up because the endpoint had failed before */
	WEFT_ST_RETRY_EXCEEDED = 129,	/* the other chip does not answer */
	WEFT_ST_RNR_RETRY_EXCEEDED = 130, /* it had no receive buffer, too often */
	WEFT_ST_PEER_RESET = 131,	/* it gave up the context, or started again */
	WEFT_ST_DISCONNECTED = 132,	/* it closed the endpoint */
	WEFT_ST_LOCAL_PROTECTION = 133,	/* the local buffer may not be used so */
	WEFT_ST_LOCAL_LENGTH = 134,	/* the local buffer is too small */
};

/* The status as the specification writes it, "BAD_KEY"; "?" if it is none.  Static storage. */
const char *weft_st_name(unsigned st);
/* What it means, in a few words of English.  Static storage. */
const char *weft_st_text(unsigned st);

/* What a chip is. */
enum weft_chip_class {
	WEFT_CHIP_UNKNOWN = 0,
	WEFT_CHIP_CPU = 1,
	WEFT_CHIP_GPU = 2,
	WEFT_CHIP_NPU = 3,
	WEFT_CHIP_DPU = 4,
	WEFT_CHIP_FPGA = 5,
	WEFT_CHIP_MEMORY = 6,
	WEFT_CHIP_SWITCH = 7,
};
const char *weft_chip_class_name(unsigned c);		/* "GPU"; "?" */
int weft_chip_class_parse(const char *name);		/* any case; -EINVAL */

/* Delivery modes; a set is their OR. */
#define WEFT_RUD	0x01u	/* reliable, unordered: packets may take any path */
#define WEFT_ROD	0x02u	/* reliable, ordered: the simplest chip */

/* Profiles that a chip claims; a set is their OR. */
#define WEFT_PROFILE_CORE	0x01u
#define WEFT_PROFILE_AI		0x02u
#define WEFT_PROFILE_MEM	0x04u
#define WEFT_PROFILE_ACCEL	0x08u
#define WEFT_PROFILE_SECURE	0x10u
#define WEFT_PROFILE_LINK	0x20u

/* What a chip offers beyond its profiles, and uses with those that offer it too; a set is their
 * OR. */
#define WEFT_OFFER_TRIM		0x0001u	/* asks again for packets that a switch has trimmed */
#define WEFT_OFFER_PROBE	0x0002u	/* answers path probes */
#define WEFT_OFFER_CREDIT	0x0004u	/* gives, and minds, credit */
#define WEFT_OFFER_ATOMICS	0x0008u	/* every atomic operation, not only ADD and COMPARE_SWAP */
#define WEFT_OFFER_NARROW	0x0010u	/* atomics of 1, 2 and 4 bytes */
#define WEFT_OFFER_MASKED	0x0020u	/* masked atomics */
#define WEFT_OFFER_REDUCE	0x0040u
#define WEFT_OFFER_VISIBLE	0x0080u	/* FLUSH to VISIBLE */
#define WEFT_OFFER_DURABLE	0x0100u	/* FLUSH to DURABLE: this library never does */
#define WEFT_OFFER_SIGNAL	0x0200u	/* words added to on completion */
#define WEFT_OFFER_INV		0x0400u	/* SEND with invalidate */
#define WEFT_OFFER_MEM		0x0800u	/* windows, load and store */
#define WEFT_OFFER_RD		0x1000u	/* reliable datagrams */
#define WEFT_OFFER_UD		0x2000u	/* unreliable datagrams */
/* "MEM"; "?" if it is not one of these. */
const char *weft_offer_name(unsigned offer);

/* Kind of memory in a pool. */
enum weft_pool_kind {
	WEFT_KIND_DDR = 1,
	WEFT_KIND_HBM = 2,
	WEFT_KIND_SRAM = 3,
	WEFT_KIND_PMEM = 4,
};
const char *weft_pool_kind_name(unsigned k);		/* "HBM"; "?" */

/* What a command of an architected queue does. */
enum weft_run {
	WEFT_RUN_NOP = 1,
	WEFT_RUN_FILL = 2,	/* dst = value, length times */
	WEFT_RUN_COPY = 3,	/* dst = src */
	WEFT_RUN_REDUCE = 4,	/* dst[i] = dst[i] op src[i] */
	WEFT_RUN_GEMM = 5,	/* dst = a x b; src: struct weft_gemm, packed */
	WEFT_RUN_CRC32C = 6,	/* dst = 4 bytes, of src */
	WEFT_RUN_SHA256 = 7,	/* dst = 32 bytes, of src */
	WEFT_RUN_VENDOR = 0x8000,	/* this and above belong to the chip's vendor */
};
const char *weft_run_name(unsigned kernel);		/* "SHA256"; "?" */

enum weft_red_op {
	WEFT_RED_SUM = 1,
	WEFT_RED_MIN = 2,
	WEFT_RED_MAX = 3,
	WEFT_RED_AND = 4,
	WEFT_RED_OR = 5,
	WEFT_RED_XOR = 6,
};

/* What an atomic does to a word. */
enum weft_word_op {
	WEFT_WORD_ADD = 1,
	WEFT_WORD_COMPARE_SWAP = 2,
	WEFT_WORD_SWAP = 3,
	WEFT_WORD_MIN = 4,	/* the smaller, signed */
	WEFT_WORD_MAX = 5,
	WEFT_WORD_UMIN = 6,	/* unsigned */
	WEFT_WORD_UMAX = 7,
	WEFT_WORD_AND = 8,
	WEFT_WORD_OR = 9,
	WEFT_WORD_XOR = 10,
};

/* How far a FLUSH makes data go. */
enum weft_flush_to {
	WEFT_FLUSH_TO_PLACED = 1,	/* in memory, for whoever reads it over the fabric */
	WEFT_FLUSH_TO_VISIBLE = 2,	/* seen by the chip's own execution units */
	WEFT_FLUSH_TO_DURABLE = 3,	/* survives a loss of power */
};

enum weft_red_type {
	WEFT_TYPE_I32 = 1,
	WEFT_TYPE_I64 = 2,
	WEFT_TYPE_F16 = 3,
	WEFT_TYPE_BF16 = 4,
	WEFT_TYPE_F32 = 5,
	WEFT_TYPE_F64 = 6,
	WEFT_TYPE_U8 = 7,
	WEFT_TYPE_I8 = 8,	/* GEMM only */
};

/* How a command of a queue ended, as its signal says. */
enum weft_cmd_st {
	WEFT_CMD_OK = 0,
	WEFT_CMD_BAD_COMMAND = 1,
	WEFT_CMD_BAD_KERNEL = 2,
	WEFT_CMD_BAD_KEY = 3,
	WEFT_CMD_NO_RIGHTS = 4,
	WEFT_CMD_OUT_OF_BOUNDS = 5,
	WEFT_CMD_BAD_ARGUMENT = 6,
	WEFT_CMD_NO_CHIP = 7,
	WEFT_CMD_REMOTE = 8,
	WEFT_CMD_ABORTED = 9,	/* the queue was destroyed first */
};
const char *weft_cmd_st_name(unsigned st);		/* "NO_CHIP"; "?" */

/* Why a connection was refused or ended. */
enum weft_reason {
	WEFT_BECAUSE_NO_SERVICE = 1,	/* nothing listens there */
	WEFT_BECAUSE_REFUSED = 2,	/* the service said no */
	WEFT_BECAUSE_NO_ROOM = 3,	/* no room for another endpoint */
	WEFT_BECAUSE_CLOSED = 4,	/* an ordinary end */
	WEFT_BECAUSE_ERROR = 5,		/* the endpoint had failed */
};
const char *weft_reason_name(unsigned reason);		/* "NO_SERVICE"; 0 is "RESERVED" */

/* Well-known services. */
#define WEFT_SERVE_CHIP		1u	/* memory, queues and signals of a chip: chip.h */
#define WEFT_SERVE_PERSONALITY	2u	/* a test device's fixed regions */
#define WEFT_SERVE_USER		0x10000u /* this and above are free for applications */

#ifdef __cplusplus
}
#endif

#endif
