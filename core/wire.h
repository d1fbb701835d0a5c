/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Generated from spec/ by tools/specgen.py; do not edit. To regenerate: make gen
 *
 * Decides how Weft's headers, codes and constants lie on the wire: a struct in host
 * order for each header, with pack and unpack.  Leaves to others what the values mean,
 * and which header follows.
 *
 * Reserved fields are packed as zero and left out when unpacking: WEFT-CONV-002, WEFT-CONV-003.
 */
#ifndef WEFT_WIRE_H
#define WEFT_WIRE_H

#include "core/port.h"

static inline void weft_put32(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 24);
	p[1] = (uint8_t)(x >> 16);
	p[2] = (uint8_t)(x >> 8);
	p[3] = (uint8_t)x;
}

static inline void weft_put64(uint8_t *p, uint64_t x)
{
	p[0] = (uint8_t)(x >> 56);
	p[1] = (uint8_t)(x >> 48);
	p[2] = (uint8_t)(x >> 40);
	p[3] = (uint8_t)(x >> 32);
	p[4] = (uint8_t)(x >> 24);
	p[5] = (uint8_t)(x >> 16);
	p[6] = (uint8_t)(x >> 8);
	p[7] = (uint8_t)x;
}

static inline uint32_t weft_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t weft_get64(const uint8_t *p)
{
	return (uint64_t)weft_get32(p) << 32 | weft_get32(p + 4);
}

#define WEFT_ETHERTYPE	0x88B5u	/* IEEE local experimental, until one is assigned */
#define WEFT_UDP_PORT	49190u	/* default destination port, in the dynamic range */
#define WEFT_VERSION	1u	/* version of the headers in this document */
#define WEFT_MAX_MEMOPS	16u	/* operations in a MEM packet */
#define WEFT_MAX_WINDOW	4096u	/* packets */
#define WEFT_MIN_WINDOW	16u	/* packets */
#define WEFT_MIN_PAYLOAD	64u	/* bytes in a packet */
/* packets that may be outstanding before the peer has announced its window */
#define WEFT_INITIAL_WINDOW	16u
/* bytes in a packet before the peer has announced its limit */
#define WEFT_INITIAL_PAYLOAD	1024u
#define WEFT_MAX_PATHS	256u
#define WEFT_MAX_SACK_WORDS	8u
#define WEFT_MAX_RANGES	8u	/* ranges in a NACK */
#define WEFT_TRIM_BURST	16u	/* NACKs TRIMMED that a context may send without a pause */
#define WEFT_TRIM_EVERY_NS	4000u	/* then one in so many nanoseconds */
/* bytes that a packet counts beyond its payload in intervals */
#define WEFT_PACKET_COST	120u
#define WEFT_MAX_PORTS	8u	/* ports of a chip that a context uses */
#define WEFT_MSG_MAX	0x80000000u	/* bytes in a message, at most */
#define WEFT_VRB_SERVICE	0x51u	/* top byte of a service that names a queue pair */
/* operations that any chip with this profile takes before its LIMITS are known */
#define WEFT_INITIAL_MEM_TAGS	16u
#define WEFT_SERVICE_CHIP	1u	/* EP_CONNECT: memory, queues and signals of a chip */
/* EP_CONNECT: fixed regions of a device under test; other chips do not offer it */
#define WEFT_SERVICE_PERSONALITY	2u
#define WEFT_QUEUE_DOORBELL	0u	/* offset: index after the last command submitted */
#define WEFT_QUEUE_READ	64u	/* offset: index after the last command taken from the ring */
#define WEFT_QUEUE_RING	128u	/* offset of the first command */
#define WEFT_QUEUE_COMMAND	64u	/* bytes in a command */
/* bytes of an answer outside contexts, for each byte of the question */
#define WEFT_ANSWER_FACTOR	3u
#define WEFT_EP_PRIVATE_MAX	64u

/* why a packet, or what it asked for, was not taken; each is a counter of that name */
enum weft_drop {
	WEFT_DROP_NONE = 0,	/* taken */
	WEFT_DROP_SHORT = 1,	/* shorter than its headers say */
	WEFT_DROP_VERSION = 2,	/* a version that is not supported */
	WEFT_DROP_TYPE = 3,	/* a packet type that is not known or not claimed */
	WEFT_DROP_CRC = 4,	/* the CRC32C does not match */
	WEFT_DROP_DOMAIN = 5,	/* a domain other than the context's */
	WEFT_DROP_NO_CONTEXT = 6,	/* no such context, or another generation of it */
	WEFT_DROP_STALE_SYN = 7,	/* opens a context with a start PSN that is not new */
	WEFT_DROP_BUSY = 8,	/* no room for another context */
	WEFT_DROP_WINDOW = 9,	/* PSN beyond the receive window */
	WEFT_DROP_DUPLICATE = 10,	/* PSN received before */
	WEFT_DROP_ORDER = 11,	/* out of order in a context of mode ROD */
	WEFT_DROP_MALFORMED = 12,	/* fields that contradict each other */
	WEFT_DROP_OVERSIZE = 13,	/* payload larger than the receiver announced */
	WEFT_DROP_NO_STREAM = 14,	/* no such stream on this context */
	WEFT_DROP_STREAM_STATE = 15,	/* the stream is in error, or waits for a replay */
	WEFT_DROP_REFUSED = 16,	/* refused with a status by the checks of section 40 */
	WEFT_DROP_NO_HOLD = 17,	/* no room to hold a packet that came before its turn */
	WEFT_DROP_BAD_TLV = 18,	/* a critical TLV that is not known, or a malformed one */
	/* a NACK that does not prove that its sender saw our packets */
	WEFT_DROP_BAD_ECHO = 19,
	WEFT_DROP_BAD_ACK = 20,	/* acknowledges what was never sent */
	WEFT_DROP_UNEXPECTED = 21,	/* a response that nothing asked for */
	WEFT_DROP_TRIMMED = 22,	/* a switch removed the payload */
	WEFT_DROP_NO_ROOM = 23,	/* no working memory for the context or the stream */
	WEFT_DROP_BAD_QKEY = 24,	/* a datagram whose qkey is not the receiver's */
	/* a SYN without the cookie that is asked for, or with one that this chip did not give */
	WEFT_DROP_BAD_COOKIE = 25,
	/* a datagram whose GIDs are not the receiver's, or not those of a single sender */
	WEFT_DROP_BAD_GID = 26,
};
#define WEFT_DROP_COUNT	27u	/* the highest value, plus one */

/* what a chip is */
enum weft_class {
	WEFT_CLASS_UNKNOWN = 0,
	WEFT_CLASS_CPU = 1,
	WEFT_CLASS_GPU = 2,
	WEFT_CLASS_NPU = 3,
	WEFT_CLASS_DPU = 4,
	WEFT_CLASS_FPGA = 5,
	WEFT_CLASS_MEMORY = 6,
	WEFT_CLASS_SWITCH = 7,
};
#define WEFT_CLASS_COUNT	8u	/* the highest value, plus one */

/* how a context delivers */
enum weft_mode {
	WEFT_MODE_RESERVED = 0,
	/* reliable, unordered: packets may be sprayed over paths and are taken in any order */
	WEFT_MODE_RUD = 1,
	/* reliable, ordered: one path, packets are taken in PSN order only */
	WEFT_MODE_ROD = 2,
	WEFT_MODE_UUD = 3,	/* unreliable datagrams, no context */
};
#define WEFT_MODE_COUNT	4u	/* the highest value, plus one */

/* packet type */
enum weft_ptype {
	WEFT_PTYPE_RESERVED = 0,
	WEFT_PTYPE_DATA = 1,	/* an operation of a stream */
	WEFT_PTYPE_ACK = 2,	/* acknowledgement with selective bitmap */
	WEFT_PTYPE_NACK = 3,	/* says why packets, or a context, were not accepted */
	WEFT_PTYPE_CTRL = 4,	/* management TLVs */
	WEFT_PTYPE_DGRAM = 5,	/* unreliable datagram */
	WEFT_PTYPE_MEM = 6,	/* compact memory operations */
	WEFT_PTYPE_PROBE = 7,	/* path probe */
	WEFT_PTYPE_CREDIT = 8,	/* receiver-driven credit */
};
#define WEFT_PTYPE_COUNT	9u	/* the highest value, plus one */

enum weft_opcode {
	WEFT_OPCODE_RESERVED = 0,
	WEFT_OPCODE_SEND = 1,	/* to a receive buffer */
	WEFT_OPCODE_WRITE = 2,	/* to memory */
	WEFT_OPCODE_READ = 3,	/* from memory */
	WEFT_OPCODE_READ_RSP = 4,	/* data of a READ */
	WEFT_OPCODE_ATOMIC = 5,	/* read-modify-write of a word */
	WEFT_OPCODE_ATOMIC_RSP = 6,	/* the word's old value */
	WEFT_OPCODE_TACK = 7,	/* transaction acknowledgement, or refusal */
	WEFT_OPCODE_NOP = 8,	/* nothing: fills a PSN whose operation was given up */
	WEFT_OPCODE_REDUCE = 9,	/* combine with memory */
	WEFT_OPCODE_FLUSH = 10,	/* make placed data visible or durable */
	WEFT_OPCODE_RD_SEND = 11,	/* reliable datagram to a receive buffer */
	WEFT_OPCODE_RD_RSP = 12,	/* what became of a reliable datagram */
};
#define WEFT_OPCODE_COUNT	13u	/* the highest value, plus one */

/* atomic operation */
enum weft_aop {
	WEFT_AOP_RESERVED = 0,
	WEFT_AOP_FADD = 1,	/* fetch and add */
	WEFT_AOP_CAS = 2,	/* compare and swap */
	WEFT_AOP_SWAP = 3,	/* swap */
	WEFT_AOP_MIN = 4,	/* the smaller, signed */
	WEFT_AOP_MAX = 5,	/* the larger, signed */
	WEFT_AOP_UMIN = 6,	/* the smaller, unsigned */
	WEFT_AOP_UMAX = 7,	/* the larger, unsigned */
	WEFT_AOP_AND = 8,
	WEFT_AOP_OR = 9,
	WEFT_AOP_XOR = 10,
};
#define WEFT_AOP_COUNT	11u	/* the highest value, plus one */

/* level of a FLUSH */
enum weft_flush {
	WEFT_FLUSH_RESERVED = 0,
	WEFT_FLUSH_PLACED = 1,	/* in memory, for whoever reads it over the fabric */
	WEFT_FLUSH_VISIBLE = 2,	/* seen by the chip's own execution units */
	WEFT_FLUSH_DURABLE = 3,	/* survives a loss of power */
};
#define WEFT_FLUSH_COUNT	4u	/* the highest value, plus one */

/* of an operation; 128 and above never cross the wire */
enum weft_status {
	WEFT_STATUS_OK = 0,
	WEFT_STATUS_NO_STREAM = 1,	/* no such stream for this peer and domain */
	WEFT_STATUS_BAD_OPCODE = 2,	/* opcode not allowed here */
	WEFT_STATUS_BAD_KEY = 3,	/* no such key, or it is no longer alive */
	WEFT_STATUS_BAD_DOMAIN = 4,	/* key of another domain or protection domain */
	WEFT_STATUS_NO_RIGHTS = 5,	/* the key does not give this right */
	WEFT_STATUS_OUT_OF_BOUNDS = 6,	/* the range leaves the region */
	WEFT_STATUS_NO_RESOURCES = 7,	/* more outstanding operations than agreed */
	WEFT_STATUS_RNR = 8,	/* no receive buffer: replay later */
	WEFT_STATUS_TOO_LONG = 9,	/* the message is longer than the receive buffer */
	/* the operation contradicts itself or an earlier packet of its message */
	WEFT_STATUS_MALFORMED = 10,
	WEFT_STATUS_MISALIGNED = 11,	/* atomic address not a multiple of its width */
	WEFT_STATUS_OP_FAILED = 12,	/* the chip could not carry it out */
	WEFT_STATUS_NO_WINDOW = 13,	/* no such window, or it is not bound */
	WEFT_STATUS_BAD_QKEY = 14,	/* the qkey is not the receiver's */
	WEFT_STATUS_FLUSHED = 128,	/* given up because the stream had failed before */
	WEFT_STATUS_RETRY_EXCEEDED = 129,	/* the peer chip does not answer */
	WEFT_STATUS_RNR_RETRY_EXCEEDED = 130,	/* the peer had no receive buffer, too often */
	WEFT_STATUS_PEER_RESET = 131,	/* the peer chip gave up the context, or started again */
	WEFT_STATUS_DISCONNECTED = 132,	/* the peer closed the stream */
	WEFT_STATUS_LOCAL_PROTECTION = 133,	/* the local buffer may not be used so */
	WEFT_STATUS_LOCAL_LENGTH = 134,	/* local buffer too small */
	WEFT_STATUS_HELD = 135,	/* host's answer: packet kept until its turn */
	WEFT_STATUS_NO_HOLD = 136,	/* host's answer: packet could not be kept */
};
#define WEFT_STATUS_COUNT	137u	/* the highest value, plus one */

/* reason */
enum weft_nack {
	WEFT_NACK_RESERVED = 0,
	WEFT_NACK_MISSING = 1,	/* the PSNs in the ranges have not arrived */
	WEFT_NACK_TRIMMED = 2,	/* the packets in the ranges lost their payload */
	WEFT_NACK_NO_CONTEXT = 3,	/* echo_pdc is no context of mine */
	WEFT_NACK_NEW_START_PSN = 4,	/* open again, with a start PSN after `arg` */
	WEFT_NACK_BUSY = 5,	/* no room for another context; try later */
	WEFT_NACK_RESET = 6,	/* I have given this context up */
	WEFT_NACK_MODE = 7,	/* I do not offer this mode or domain */
	WEFT_NACK_COOKIE = 8,	/* open again, with `arg` as cookie */
};
#define WEFT_NACK_COUNT	9u	/* the highest value, plus one */

enum weft_tlv {
	WEFT_TLV_RESERVED = 0,
	WEFT_TLV_HELLO = 0x8001,
	WEFT_TLV_POOL = 0x0002,
	WEFT_TLV_ENGINE = 0x0003,
	WEFT_TLV_NAME = 0x0004,
	WEFT_TLV_QUEUES = 0x0005,
	WEFT_TLV_NEIGHBOUR = 0x8006,
	WEFT_TLV_LIMITS = 0x0009,
	WEFT_TLV_PAD = 0x000a,
	WEFT_TLV_VERSION_REJECT = 0x8007,
	WEFT_TLV_CLOSE = 0x8008,
	WEFT_TLV_EP_CONNECT = 0x8010,
	WEFT_TLV_EP_ACCEPT = 0x8011,
	WEFT_TLV_EP_REJECT = 0x8012,
	WEFT_TLV_EP_DISCONNECT = 0x8013,
	WEFT_TLV_WINDOW_BIND = 0x8014,
	WEFT_TLV_WINDOW_STATUS = 0x8015,
	WEFT_TLV_PORT_STATUS = 0x8016,
	WEFT_TLV_TELEMETRY_GET = 0x8017,
	WEFT_TLV_TELEMETRY = 0x8018,
};
#define WEFT_TLV_COUNT	32793u	/* the highest value, plus one */

enum weft_memcode {
	WEFT_MEMCODE_RESERVED = 0,
	WEFT_MEMCODE_LOAD = 1,	/* read 1 << size bytes */
	WEFT_MEMCODE_STORE = 2,	/* write 1 << size bytes */
	/* write those of 1 << size bytes, at most 64, whose mask bit is set */
	WEFT_MEMCODE_MSTORE = 3,
	WEFT_MEMCODE_LOAD256 = 4,	/* read 256 bytes; size is 0 */
	WEFT_MEMCODE_STORE256 = 5,	/* write 256 bytes; size is 0 */
	WEFT_MEMCODE_FADD = 8,	/* atomics on a word of 1 << size bytes, at most 8 */
	WEFT_MEMCODE_CAS = 9,
	WEFT_MEMCODE_SWAP = 10,
	WEFT_MEMCODE_MIN = 11,
	WEFT_MEMCODE_MAX = 12,
	WEFT_MEMCODE_UMIN = 13,
	WEFT_MEMCODE_UMAX = 14,
	WEFT_MEMCODE_AND = 15,
	WEFT_MEMCODE_OR = 16,
	WEFT_MEMCODE_XOR = 17,
	WEFT_MEMCODE_DATA = 24,	/* answer to LOAD: 1 << size bytes */
	WEFT_MEMCODE_DATA256 = 25,	/* answer to LOAD256 */
	WEFT_MEMCODE_OLD = 26,	/* answer to an atomic: the old value, 8 bytes */
	WEFT_MEMCODE_DONE = 27,	/* answer to a store: it is placed */
	WEFT_MEMCODE_FAULT = 28,	/* answer to any: refused; `offset` holds the status */
};
#define WEFT_MEMCODE_COUNT	29u	/* the highest value, plus one */

enum weft_svc_op {
	WEFT_SVC_OP_RESERVED = 0,
	WEFT_SVC_OP_ALLOC = 1,	/* memory of a pool, with a key */
	WEFT_SVC_OP_FREE = 2,	/* give a key and its memory back */
	WEFT_SVC_OP_QUEUE_CREATE = 3,	/* a queue of `depth` commands */
	WEFT_SVC_OP_QUEUE_DESTROY = 4,
};
#define WEFT_SVC_OP_COUNT	5u	/* the highest value, plus one */

/* what a command does; 0x8000 and above belong to the vendor */
enum weft_kernel {
	WEFT_KERNEL_RESERVED = 0,
	WEFT_KERNEL_NOP = 1,	/* nothing; signals */
	WEFT_KERNEL_FILL = 2,	/* dst[0..length) = value */
	WEFT_KERNEL_COPY = 3,	/* dst[0..length) = src */
	WEFT_KERNEL_REDUCE = 4,	/* dst[i] = dst[i] op src[i], by op and dtype */
	WEFT_KERNEL_GEMM = 5,	/* c = a × b, or c + a × b: 60.3 */
	/* dst = 4 bytes, CRC32C of src[0..length), most significant first */
	WEFT_KERNEL_CRC32C = 6,
	WEFT_KERNEL_SHA256 = 7,	/* dst = 32 bytes, SHA-256 of src[0..length) */
};
#define WEFT_KERNEL_COUNT	8u	/* the highest value, plus one */

enum weft_redop {
	WEFT_REDOP_RESERVED = 0,
	WEFT_REDOP_SUM = 1,
	WEFT_REDOP_MIN = 2,
	WEFT_REDOP_MAX = 3,
	WEFT_REDOP_AND = 4,
	WEFT_REDOP_OR = 5,
	WEFT_REDOP_XOR = 6,
};
#define WEFT_REDOP_COUNT	7u	/* the highest value, plus one */

enum weft_dtype {
	WEFT_DTYPE_RESERVED = 0,
	WEFT_DTYPE_I32 = 1,
	WEFT_DTYPE_I64 = 2,
	WEFT_DTYPE_F16 = 3,
	WEFT_DTYPE_BF16 = 4,
	WEFT_DTYPE_F32 = 5,
	WEFT_DTYPE_F64 = 6,
	WEFT_DTYPE_U8 = 7,
	WEFT_DTYPE_I8 = 8,	/* GEMM only */
};
#define WEFT_DTYPE_COUNT	9u	/* the highest value, plus one */

/* in a signal; names follow `status` where they mean the same */
enum weft_cmd_status {
	WEFT_CMD_STATUS_OK = 0,
	WEFT_CMD_STATUS_BAD_COMMAND = 1,	/* version, sequence or reserved flags */
	WEFT_CMD_STATUS_BAD_KERNEL = 2,	/* no engine for this kernel */
	WEFT_CMD_STATUS_BAD_KEY = 3,
	WEFT_CMD_STATUS_NO_RIGHTS = 4,
	WEFT_CMD_STATUS_OUT_OF_BOUNDS = 5,
	WEFT_CMD_STATUS_BAD_ARGUMENT = 6,	/* op, type or length */
	WEFT_CMD_STATUS_NO_CHIP = 7,	/* src_chip is unknown or cannot be reached */
	WEFT_CMD_STATUS_REMOTE = 8,	/* the other chip refused */
	/* the queue was destroyed before the command had finished */
	WEFT_CMD_STATUS_ABORTED = 9,
};
#define WEFT_CMD_STATUS_COUNT	10u	/* the highest value, plus one */

enum weft_pool {
	WEFT_POOL_RESERVED = 0,
	WEFT_POOL_DDR = 1,
	WEFT_POOL_HBM = 2,
	WEFT_POOL_SRAM = 3,
	WEFT_POOL_PMEM = 4,
};
#define WEFT_POOL_COUNT	5u	/* the highest value, plus one */

enum weft_family {
	WEFT_FAMILY_RESERVED = 0,
	WEFT_FAMILY_UDP4 = 1,
	WEFT_FAMILY_UDP6 = 2,
	WEFT_FAMILY_L2 = 3,
};
#define WEFT_FAMILY_COUNT	4u	/* the highest value, plus one */

/* what two HELLOs come to */
enum weft_agree {
	WEFT_AGREE_ALL = 0,	/* an agreement */
	WEFT_AGREE_CHIP_ID = 1,	/* a Chip ID is 0 */
	WEFT_AGREE_VERSION = 2,	/* no version in common */
	WEFT_AGREE_MODES = 3,	/* no mode in common */
	WEFT_AGREE_PAYLOAD = 4,	/* the smaller payload is below MIN_PAYLOAD */
	WEFT_AGREE_WINDOW = 5,	/* the smaller window is below MIN_WINDOW */
	WEFT_AGREE_DOMAIN = 6,	/* both name a domain, and not the same one */
};
#define WEFT_AGREE_COUNT	7u	/* the highest value, plus one */

enum weft_ep_reason {
	WEFT_EP_REASON_RESERVED = 0,
	WEFT_EP_REASON_NO_SERVICE = 1,	/* nothing listens there */
	WEFT_EP_REASON_REFUSED = 2,	/* the service said no */
	WEFT_EP_REASON_NO_ROOM = 3,	/* no room for another stream */
	WEFT_EP_REASON_CLOSED = 4,	/* an ordinary end */
	WEFT_EP_REASON_ERROR = 5,	/* the stream had failed */
};
#define WEFT_EP_REASON_COUNT	6u	/* the highest value, plus one */

enum weft_port_state {
	WEFT_PORT_STATE_RESERVED = 0,
	WEFT_PORT_STATE_DOWN = 1,
	WEFT_PORT_STATE_UP = 2,
	WEFT_PORT_STATE_DEGRADED = 3,
};
#define WEFT_PORT_STATE_COUNT	4u	/* the highest value, plus one */

/* numbers of counters, the same on every chip */
enum weft_meter {
	WEFT_METER_RESERVED = 0,
	/* packets sent that take a PSN, those sent again included */
	WEFT_METER_TX_PACKETS = 1,
	WEFT_METER_TX_BYTES = 2,	/* of their payload */
	WEFT_METER_RX_PACKETS = 3,	/* packets taken that take a PSN */
	WEFT_METER_RX_BYTES = 4,	/* of their payload */
	WEFT_METER_TX_RETRANSMITS = 5,	/* packets sent again */
	WEFT_METER_LOST_BY_SACK = 6,	/* found lost by later packets' acknowledgement */
	WEFT_METER_LOST_BY_NACK = 7,	/* by a NACK */
	WEFT_METER_LOST_BY_TIMEOUT = 8,	/* retransmission timeouts */
	WEFT_METER_TAIL_PROBES = 9,
	WEFT_METER_TX_ACKS = 10,
	WEFT_METER_RX_ACKS = 11,
	WEFT_METER_TX_NACKS = 12,
	WEFT_METER_RX_NACKS = 13,
	WEFT_METER_RX_CONGESTION_MARKS = 14,	/* packets received with CE that take a PSN */
	WEFT_METER_TX_RNR = 15,
	WEFT_METER_RX_RNR = 16,
	WEFT_METER_RX_HELD = 17,	/* packets kept before their turn */
	WEFT_METER_PATH_MOVES = 18,	/* times a path was left for another */
	WEFT_METER_CONTEXTS = 32,	/* open now; from here on, of the chip only */
	WEFT_METER_CONTEXTS_OPENED = 33,	/* by this chip */
	WEFT_METER_CONTEXTS_ACCEPTED = 34,	/* opened by others */
	WEFT_METER_CONTEXTS_CLOSED = 35,
	WEFT_METER_CONTEXTS_FAILED = 36,
	WEFT_METER_ENDPOINTS = 37,	/* streams there are now */
	WEFT_METER_REGIONS = 38,	/* memory regions registered now */
	WEFT_METER_CHIPS_KNOWN = 39,
	WEFT_METER_TX_ALONE = 40,	/* packets of no context sent */
	WEFT_METER_TX_ALONE_LIMITED = 41,	/* not sent because of a limit on answers */
	WEFT_METER_RX_ALONE = 42,	/* packets of no context taken */
	WEFT_METER_DROP = 64,	/* DROP + n: packets not taken for cause n of `drop` */
	WEFT_METER_DROP_SHORT = 65,
	WEFT_METER_DROP_VERSION = 66,
	WEFT_METER_DROP_TYPE = 67,
	WEFT_METER_DROP_CRC = 68,
	WEFT_METER_DROP_DOMAIN = 69,
	WEFT_METER_DROP_NO_CONTEXT = 70,
	WEFT_METER_DROP_STALE_SYN = 71,
	WEFT_METER_DROP_BUSY = 72,
	WEFT_METER_DROP_WINDOW = 73,
	WEFT_METER_DROP_DUPLICATE = 74,
	WEFT_METER_DROP_ORDER = 75,
	WEFT_METER_DROP_MALFORMED = 76,
	WEFT_METER_DROP_OVERSIZE = 77,
	WEFT_METER_DROP_NO_STREAM = 78,
	WEFT_METER_DROP_STREAM_STATE = 79,
	WEFT_METER_DROP_REFUSED = 80,
	WEFT_METER_DROP_NO_HOLD = 81,
	WEFT_METER_DROP_BAD_TLV = 82,
	WEFT_METER_DROP_BAD_ECHO = 83,
	WEFT_METER_DROP_BAD_ACK = 84,
	WEFT_METER_DROP_UNEXPECTED = 85,
	WEFT_METER_DROP_TRIMMED = 86,
	WEFT_METER_DROP_NO_ROOM = 87,
	WEFT_METER_DROP_BAD_QKEY = 88,
	WEFT_METER_DROP_BAD_COOKIE = 89,
	WEFT_METER_DROP_BAD_GID = 90,
};
#define WEFT_METER_COUNT	91u	/* the highest value, plus one */

/* flags modes: modes that a chip claims */
#define WEFT_MODES_RUD	0x01u
#define WEFT_MODES_ROD	0x02u
#define WEFT_MODES_UUD	0x04u

/* flags features: what a chip offers beyond its profiles; two chips use what both offer */
#define WEFT_FEATURES_TRIM	0x00000001u	/* NACKs packets that a switch has trimmed */
#define WEFT_FEATURES_PROBE	0x00000002u	/* answers path probes */
#define WEFT_FEATURES_CREDIT	0x00000004u	/* gives, and minds, credit */
#define WEFT_FEATURES_ATOMICS	0x00000008u	/* every atomic operation, not only FADD and CAS */
#define WEFT_FEATURES_NARROW	0x00000010u	/* atomics of 1, 2 and 4 bytes */
#define WEFT_FEATURES_MASKED	0x00000020u	/* masked atomics */
#define WEFT_FEATURES_REDUCE	0x00000040u	/* REDUCE */
#define WEFT_FEATURES_VISIBLE	0x00000080u	/* FLUSH to visible */
#define WEFT_FEATURES_DURABLE	0x00000100u	/* FLUSH to durable */
#define WEFT_FEATURES_SIGNAL	0x00000200u	/* counters added to on completion */
#define WEFT_FEATURES_INV	0x00000400u	/* SEND with invalidate */
#define WEFT_FEATURES_MEM	0x00000800u	/* LOAD, STORE and windows */
#define WEFT_FEATURES_RD	0x00001000u	/* reliable datagrams */
#define WEFT_FEATURES_UD	0x00002000u	/* unreliable datagrams */

/* flags profiles: profiles that a chip claims */
/* ROD, SEND, WRITE, READ, FADD and CAS of 64 bits, FLUSH to PLACED, HELLO */
#define WEFT_PROFILES_CORE	0x00000001u
#define WEFT_PROFILES_AI	0x00000002u	/* RUD, SACK, multipath, congestion control */
#define WEFT_PROFILES_MEM	0x00000004u	/* LOAD, STORE, windows */
#define WEFT_PROFILES_ACCEL	0x00000008u	/* architected queues */
#define WEFT_PROFILES_SECURE	0x00000010u	/* encrypted domains */
#define WEFT_PROFILES_LINK	0x00000020u	/* link-level retry and credits */

/* flags dflags: delivery flags */
#define WEFT_DFLAGS_SYN	0x80u	/* the SYN extension follows */
#define WEFT_DFLAGS_AR	0x40u	/* acknowledge at once */
#define WEFT_DFLAGS_RTX	0x20u	/* sent before under this PSN */
#define WEFT_DFLAGS_SEC	0x10u	/* a security header follows, a tag replaces the CRC */
#define WEFT_DFLAGS_AKV	0x08u	/* ack_psn is valid */
/* the sender has nothing more to request on this context; a hint, which a receiver may ignore */
#define WEFT_DFLAGS_FIN	0x04u
#define WEFT_DFLAGS_GEN	0x03u	/* generation of the destination's context id */
#define WEFT_DFLAGS_GEN_SHIFT	0

/* flags fabric: what switches may set */
#define WEFT_FABRIC_CE	0x80u	/* congestion experienced */
#define WEFT_FABRIC_TRIM	0x40u	/* payload removed by a switch */
/* traffic class, for switches; 0 unless the sender's host says otherwise */
#define WEFT_FABRIC_TC	0x38u
#define WEFT_FABRIC_TC_SHIFT	3
#define WEFT_FABRIC_RSV	0x07u	/* reserved */
#define WEFT_FABRIC_RSV_SHIFT	0

/* flags oflags: operation flags */
#define WEFT_OFLAGS_SOM	0x80u	/* first packet of its message */
#define WEFT_OFLAGS_EOM	0x40u	/* last packet of its message */
#define WEFT_OFLAGS_SE	0x20u	/* solicited event */
#define WEFT_OFLAGS_IMM	0x10u	/* an immediate follows; only with EOM */
#define WEFT_OFLAGS_INV	0x08u	/* a key to invalidate follows; only with EOM */
#define WEFT_OFLAGS_FENCE	0x04u	/* the requester waited for its earlier READs and atomics */
/* adds to a counter at the target when the message is complete; only with EOM */
#define WEFT_OFLAGS_SIGNAL	0x02u
#define WEFT_OFLAGS_EPOCH	0x01u	/* toggles each time a stream replays after RNR */

/* flags aflags */
#define WEFT_AFLAGS_MASKED	0x80u	/* the masks follow */

/* flags ackflags */
#define WEFT_ACKFLAGS_ECHO	0x80u	/* echo_psn and ack_delay_ns are valid */

/* flags dgparts */
#define WEFT_DGPARTS_GIDS	0x80u	/* both ends' GIDs follow */

/* flags probeflags */
#define WEFT_PROBEFLAGS_REPLY	0x80u	/* this is the answer */

/* flags creditflags */
/* `pkts` is how many packets the sender has sent or wants to send, since the start */
#define WEFT_CREDITFLAGS_DEMAND	0x80u
#define WEFT_CREDITFLAGS_GRANT	0x40u	/* `pkts` is how many it may have sent, since the start */

/* flags svc_flags */
#define WEFT_SVC_FLAGS_RELAXED	0x01u	/* ALLOC: data may be placed out of order */

/* flags cmdflags */
/* starts when every earlier command of the queue has finished */
#define WEFT_CMDFLAGS_BARRIER	0x01u

/* flags gemmflags */
#define WEFT_GEMMFLAGS_ACCUMULATE	0x01u	/* add to what c holds */

/* flags helloflags */
#define WEFT_HELLOFLAGS_REPLY	0x80u	/* please answer with your own HELLO */

/* flags nbflags */
#define WEFT_NBFLAGS_CONFIRM	0x80u	/* please say that you have it */

/* delivery: first in every packet */
struct weft_hdr_delivery {
	uint8_t version;	/* 4 bits; always 1; protocol version */
	uint8_t type;	/* 4 bits; enum weft_ptype: packet type */
	uint8_t flags;	/* WEFT_DFLAGS_*: delivery flags */
	uint16_t entropy;	/* mutable; path choice */
	uint8_t fabric;	/* mutable; WEFT_FABRIC_*: set by switches */
	/* 24 bits; the destination's context id; 0 while unknown, or when no context is meant */
	uint32_t pdc_id;
	uint32_t psn;	/* packet sequence number of this direction */
	uint32_t ack_psn;	/* every PSN up to this one is done, when AKV is set */
};
#define WEFT_HDR_DELIVERY_LEN	16u

static inline void weft_hdr_delivery_pack(uint8_t *p, const struct weft_hdr_delivery *h)
{
	weft_put32(p,
		0x10000000u | (h->type & 0xfu) << 24 | (uint32_t)h->flags << 16 |
		(uint32_t)h->entropy);
	weft_put32(p + 4, (uint32_t)h->fabric << 24 | (h->pdc_id & 0xffffffu));
	weft_put32(p + 8, h->psn);
	weft_put32(p + 12, h->ack_psn);
}

static inline void weft_hdr_delivery_unpack(struct weft_hdr_delivery *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);

	h->version = (uint8_t)(w0 >> 28);
	h->type = (uint8_t)(w0 >> 24 & 0xfu);
	h->flags = (uint8_t)(w0 >> 16);
	h->entropy = (uint16_t)(w0);
	h->fabric = (uint8_t)(w4 >> 24);
	h->pdc_id = (uint32_t)(w4 & 0xffffffu);
	h->psn = w8;
	h->ack_psn = w12;
}

/* Ones where a bit of delivery is protected; zeros where a switch may change it: entropy,
 * fabric. */
#define WEFT_HDR_DELIVERY_MASK { \
	0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }

/* Copies the bytes of a delivery header with every mutable bit zero, as the CRC and the AAD take
 * them. `out` may be `p`. */
static inline void weft_hdr_delivery_mask(uint8_t *out, const uint8_t *p)
{
	out[0] = p[0];
	out[1] = p[1];
	out[2] = 0;
	out[3] = 0;
	out[4] = 0;
	out[5] = p[5];
	out[6] = p[6];
	out[7] = p[7];
	out[8] = p[8];
	out[9] = p[9];
	out[10] = p[10];
	out[11] = p[11];
	out[12] = p[12];
	out[13] = p[13];
	out[14] = p[14];
	out[15] = p[15];
}

/* mdelivery: first in MEM packets: the delivery header without ack_psn */
struct weft_hdr_mdelivery {
	uint8_t version;	/* 4 bits; always 1; protocol version */
	uint8_t type;	/* 4 bits; enum weft_ptype: packet type */
	uint8_t flags;	/* WEFT_DFLAGS_*: AR, RTX, SEC and GEN only */
	uint16_t entropy;	/* mutable; path choice */
	uint8_t fabric;	/* mutable; WEFT_FABRIC_*: set by switches */
	uint32_t pdc_id;	/* 24 bits; the destination's context id */
	uint32_t psn;	/* packet sequence number of this direction */
};
#define WEFT_HDR_MDELIVERY_LEN	12u

static inline void weft_hdr_mdelivery_pack(uint8_t *p, const struct weft_hdr_mdelivery *h)
{
	weft_put32(p,
		0x10000000u | (h->type & 0xfu) << 24 | (uint32_t)h->flags << 16 |
		(uint32_t)h->entropy);
	weft_put32(p + 4, (uint32_t)h->fabric << 24 | (h->pdc_id & 0xffffffu));
	weft_put32(p + 8, h->psn);
}

static inline void weft_hdr_mdelivery_unpack(struct weft_hdr_mdelivery *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->version = (uint8_t)(w0 >> 28);
	h->type = (uint8_t)(w0 >> 24 & 0xfu);
	h->flags = (uint8_t)(w0 >> 16);
	h->entropy = (uint16_t)(w0);
	h->fabric = (uint8_t)(w4 >> 24);
	h->pdc_id = (uint32_t)(w4 & 0xffffffu);
	h->psn = w8;
}

/* Ones where a bit of mdelivery is protected; zeros where a switch may change it: entropy,
 * fabric. */
#define WEFT_HDR_MDELIVERY_MASK { \
	0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, \
	0xff, 0xff, 0xff, 0xff }

/* Copies the bytes of a mdelivery header with every mutable bit zero, as the CRC and the AAD
 * take them. `out` may be `p`. */
static inline void weft_hdr_mdelivery_mask(uint8_t *out, const uint8_t *p)
{
	out[0] = p[0];
	out[1] = p[1];
	out[2] = 0;
	out[3] = 0;
	out[4] = 0;
	out[5] = p[5];
	out[6] = p[6];
	out[7] = p[7];
	out[8] = p[8];
	out[9] = p[9];
	out[10] = p[10];
	out[11] = p[11];
}

/* crc: last in every packet without SEC */
struct weft_hdr_crc {
	uint32_t crc;	/* CRC32C of all bytes before it, mutable bytes taken as zero */
};
#define WEFT_HDR_CRC_LEN	4u

static inline void weft_hdr_crc_pack(uint8_t *p, const struct weft_hdr_crc *h)
{
	weft_put32(p, h->crc);
}

static inline void weft_hdr_crc_unpack(struct weft_hdr_crc *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->crc = w0;
}

/* syn: follows delivery when SYN is set */
struct weft_hdr_syn {
	uint64_t chip_id;	/* the sender's Chip ID */
	uint32_t incarnation;	/* the sender's incarnation */
	uint32_t pdc_id;	/* 24 bits; the sender's context id */
	uint8_t mode;	/* 4 bits; enum weft_mode: mode of the context */
	uint8_t gen;	/* 2 bits; generation of the sender's context id */
	uint32_t domain;	/* 24 bits; domain of the context */
	uint32_t start_psn;	/* the first PSN of the sender's direction */
	uint16_t window;	/* packets beyond ack_psn that the sender will receive */
	uint16_t max_payload;	/* largest payload that the sender will receive, in bytes */
	uint32_t cookie;	/* what NACK COOKIE gave; 0: none */
};
#define WEFT_HDR_SYN_LEN	32u

static inline void weft_hdr_syn_pack(uint8_t *p, const struct weft_hdr_syn *h)
{
	weft_put64(p, h->chip_id);
	weft_put32(p + 8, h->incarnation);
	weft_put32(p + 12,
		(h->pdc_id & 0xffffffu) << 8 | (h->mode & 0xfu) << 4 | (h->gen & 0x3u) << 2);
	weft_put32(p + 16, (h->domain & 0xffffffu) << 8);
	weft_put32(p + 20, h->start_psn);
	weft_put32(p + 24, (uint32_t)h->window << 16 | (uint32_t)h->max_payload);
	weft_put32(p + 28, h->cookie);
}

static inline void weft_hdr_syn_unpack(struct weft_hdr_syn *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);
	const uint32_t w20 = weft_get32(p + 20);
	const uint32_t w24 = weft_get32(p + 24);
	const uint32_t w28 = weft_get32(p + 28);

	h->chip_id = w0;
	h->incarnation = w8;
	h->pdc_id = (uint32_t)(w12 >> 8);
	h->mode = (uint8_t)(w12 >> 4 & 0xfu);
	h->gen = (uint8_t)(w12 >> 2 & 0x3u);
	h->domain = (uint32_t)(w16 >> 8);
	h->start_psn = w20;
	h->window = (uint16_t)(w24 >> 16);
	h->max_payload = (uint16_t)(w24);
	h->cookie = w28;
}

/* op: follows delivery (and syn) in DATA */
struct weft_hdr_op {
	uint8_t opcode;	/* enum weft_opcode */
	uint8_t flags;	/* WEFT_OFLAGS_* */
	uint16_t length;	/* payload bytes in this packet */
	uint8_t status;	/* enum weft_status: OK, or why this message is refused (TACK, RD_RSP) */
	uint32_t qpn;	/* 24 bits; the destination's queue pair */
	uint32_t msn;	/* message sequence number */
};
#define WEFT_HDR_OP_LEN	12u

static inline void weft_hdr_op_pack(uint8_t *p, const struct weft_hdr_op *h)
{
	weft_put32(p, (uint32_t)h->opcode << 24 | (uint32_t)h->flags << 16 | (uint32_t)h->length);
	weft_put32(p + 4, (uint32_t)h->status << 24 | (h->qpn & 0xffffffu));
	weft_put32(p + 8, h->msn);
}

static inline void weft_hdr_op_unpack(struct weft_hdr_op *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->opcode = (uint8_t)(w0 >> 24);
	h->flags = (uint8_t)(w0 >> 16);
	h->length = (uint16_t)(w0);
	h->status = (uint8_t)(w4 >> 24);
	h->qpn = (uint32_t)(w4 & 0xffffffu);
	h->msn = w8;
}

/* send */
struct weft_hdr_send {
	uint32_t msg_len;	/* bytes in the whole message */
	uint32_t offset;	/* this payload's place in it */
	uint32_t ssn;	/* which receive buffer, counted from the stream's start */
};
#define WEFT_HDR_SEND_LEN	12u

static inline void weft_hdr_send_pack(uint8_t *p, const struct weft_hdr_send *h)
{
	weft_put32(p, h->msg_len);
	weft_put32(p + 4, h->offset);
	weft_put32(p + 8, h->ssn);
}

static inline void weft_hdr_send_unpack(struct weft_hdr_send *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->msg_len = w0;
	h->offset = w4;
	h->ssn = w8;
}

/* write */
struct weft_hdr_write {
	uint32_t rkey;
	uint64_t addr;	/* where the message's first byte goes */
	uint32_t msg_len;
	uint32_t offset;
};
#define WEFT_HDR_WRITE_LEN	20u

static inline void weft_hdr_write_pack(uint8_t *p, const struct weft_hdr_write *h)
{
	weft_put32(p, h->rkey);
	weft_put64(p + 4, h->addr);
	weft_put32(p + 12, h->msg_len);
	weft_put32(p + 16, h->offset);
}

static inline void weft_hdr_write_unpack(struct weft_hdr_write *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);

	h->rkey = w0;
	h->addr = w4;
	h->msg_len = w12;
	h->offset = w16;
}

/* read */
struct weft_hdr_read {
	uint32_t rkey;
	uint64_t addr;
	uint32_t msg_len;
};
#define WEFT_HDR_READ_LEN	16u

static inline void weft_hdr_read_pack(uint8_t *p, const struct weft_hdr_read *h)
{
	weft_put32(p, h->rkey);
	weft_put64(p + 4, h->addr);
	weft_put32(p + 12, h->msg_len);
}

static inline void weft_hdr_read_unpack(struct weft_hdr_read *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);
	const uint32_t w12 = weft_get32(p + 12);

	h->rkey = w0;
	h->addr = w4;
	h->msg_len = w12;
}

/* read_rsp */
struct weft_hdr_read_rsp {
	uint32_t msg_len;
	uint32_t offset;
};
#define WEFT_HDR_READ_RSP_LEN	8u

static inline void weft_hdr_read_rsp_pack(uint8_t *p, const struct weft_hdr_read_rsp *h)
{
	weft_put32(p, h->msg_len);
	weft_put32(p + 4, h->offset);
}

static inline void weft_hdr_read_rsp_unpack(struct weft_hdr_read_rsp *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->msg_len = w0;
	h->offset = w4;
}

/* atomic */
struct weft_hdr_atomic {
	uint32_t rkey;
	uint64_t addr;
	uint8_t aop;	/* enum weft_aop */
	uint8_t width;	/* bytes in the word: 1, 2, 4, 8 */
	uint8_t flags;	/* WEFT_AFLAGS_* */
	uint64_t operand;	/* addend, or new value */
	uint64_t compare;	/* CAS: the value that must be there */
};
#define WEFT_HDR_ATOMIC_LEN	32u

static inline void weft_hdr_atomic_pack(uint8_t *p, const struct weft_hdr_atomic *h)
{
	weft_put32(p, h->rkey);
	weft_put64(p + 4, h->addr);
	weft_put32(p + 12,
		(uint32_t)h->aop << 24 | (uint32_t)h->width << 16 | (uint32_t)h->flags << 8);
	weft_put64(p + 16, h->operand);
	weft_put64(p + 24, h->compare);
}

static inline void weft_hdr_atomic_unpack(struct weft_hdr_atomic *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);
	const uint32_t w12 = weft_get32(p + 12);
	const uint64_t w16 = weft_get64(p + 16);
	const uint64_t w24 = weft_get64(p + 24);

	h->rkey = w0;
	h->addr = w4;
	h->aop = (uint8_t)(w12 >> 24);
	h->width = (uint8_t)(w12 >> 16);
	h->flags = (uint8_t)(w12 >> 8);
	h->operand = w16;
	h->compare = w24;
}

/* amask: follows atomic when MASKED is set */
struct weft_hdr_amask {
	uint64_t operand_mask;	/* bits of the word that the operation may change */
	uint64_t compare_mask;	/* CAS: bits that are compared; FADD: bits that end a field */
};
#define WEFT_HDR_AMASK_LEN	16u

static inline void weft_hdr_amask_pack(uint8_t *p, const struct weft_hdr_amask *h)
{
	weft_put64(p, h->operand_mask);
	weft_put64(p + 8, h->compare_mask);
}

static inline void weft_hdr_amask_unpack(struct weft_hdr_amask *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);
	const uint64_t w8 = weft_get64(p + 8);

	h->operand_mask = w0;
	h->compare_mask = w8;
}

/* reduce */
struct weft_hdr_reduce {
	uint32_t rkey;
	uint64_t addr;	/* where the message's first byte goes */
	uint32_t msg_len;
	uint32_t offset;
	uint8_t op;	/* enum weft_redop */
	uint8_t dtype;	/* enum weft_dtype */
};
#define WEFT_HDR_REDUCE_LEN	24u

static inline void weft_hdr_reduce_pack(uint8_t *p, const struct weft_hdr_reduce *h)
{
	weft_put32(p, h->rkey);
	weft_put64(p + 4, h->addr);
	weft_put32(p + 12, h->msg_len);
	weft_put32(p + 16, h->offset);
	weft_put32(p + 20, (uint32_t)h->op << 24 | (uint32_t)h->dtype << 16);
}

static inline void weft_hdr_reduce_unpack(struct weft_hdr_reduce *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);
	const uint32_t w20 = weft_get32(p + 20);

	h->rkey = w0;
	h->addr = w4;
	h->msg_len = w12;
	h->offset = w16;
	h->op = (uint8_t)(w20 >> 24);
	h->dtype = (uint8_t)(w20 >> 16);
}

/* flush */
struct weft_hdr_flush {
	uint32_t rkey;
	uint64_t addr;
	uint32_t length;	/* bytes; 0: the whole region */
	uint8_t level;	/* enum weft_flush */
};
#define WEFT_HDR_FLUSH_LEN	20u

static inline void weft_hdr_flush_pack(uint8_t *p, const struct weft_hdr_flush *h)
{
	weft_put32(p, h->rkey);
	weft_put64(p + 4, h->addr);
	weft_put32(p + 12, h->length);
	weft_put32(p + 16, (uint32_t)h->level << 24);
}

static inline void weft_hdr_flush_unpack(struct weft_hdr_flush *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);

	h->rkey = w0;
	h->addr = w4;
	h->length = w12;
	h->level = (uint8_t)(w16 >> 24);
}

/* rd */
struct weft_hdr_rd {
	uint32_t src_qpn;	/* 24 bits; the sender's queue pair */
	uint32_t qkey;	/* the receiver's */
	uint32_t tag;	/* chosen by the sender; the answer repeats it */
};
#define WEFT_HDR_RD_LEN	12u

static inline void weft_hdr_rd_pack(uint8_t *p, const struct weft_hdr_rd *h)
{
	weft_put32(p, (h->src_qpn & 0xffffffu) << 8);
	weft_put32(p + 4, h->qkey);
	weft_put32(p + 8, h->tag);
}

static inline void weft_hdr_rd_unpack(struct weft_hdr_rd *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->src_qpn = (uint32_t)(w0 >> 8);
	h->qkey = w4;
	h->tag = w8;
}

/* rd_rsp */
struct weft_hdr_rd_rsp {
	uint32_t tag;
	uint32_t delay_ns;	/* RNR: send again no sooner than this */
};
#define WEFT_HDR_RD_RSP_LEN	8u

static inline void weft_hdr_rd_rsp_pack(uint8_t *p, const struct weft_hdr_rd_rsp *h)
{
	weft_put32(p, h->tag);
	weft_put32(p + 4, h->delay_ns);
}

static inline void weft_hdr_rd_rsp_unpack(struct weft_hdr_rd_rsp *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->tag = w0;
	h->delay_ns = w4;
}

/* atomic_rsp */
struct weft_hdr_atomic_rsp {
	uint64_t old;
};
#define WEFT_HDR_ATOMIC_RSP_LEN	8u

static inline void weft_hdr_atomic_rsp_pack(uint8_t *p, const struct weft_hdr_atomic_rsp *h)
{
	weft_put64(p, h->old);
}

static inline void weft_hdr_atomic_rsp_unpack(struct weft_hdr_atomic_rsp *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);

	h->old = w0;
}

/* tack */
struct weft_hdr_tack {
	uint32_t credits;	/* receive buffers posted so far: SSNs below it are there; a hint */
	uint32_t delay_ns;	/* RNR: replay no sooner than this; else 0 */
};
#define WEFT_HDR_TACK_LEN	8u

static inline void weft_hdr_tack_pack(uint8_t *p, const struct weft_hdr_tack *h)
{
	weft_put32(p, h->credits);
	weft_put32(p + 4, h->delay_ns);
}

static inline void weft_hdr_tack_unpack(struct weft_hdr_tack *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->credits = w0;
	h->delay_ns = w4;
}

/* imm */
struct weft_hdr_imm {
	uint32_t ssn;	/* the receive buffer consumed (SEND repeats its own) */
	uint32_t imm;	/* given to the receiver's completion */
};
#define WEFT_HDR_IMM_LEN	8u

static inline void weft_hdr_imm_pack(uint8_t *p, const struct weft_hdr_imm *h)
{
	weft_put32(p, h->ssn);
	weft_put32(p + 4, h->imm);
}

static inline void weft_hdr_imm_unpack(struct weft_hdr_imm *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->ssn = w0;
	h->imm = w4;
}

/* inv */
struct weft_hdr_inv {
	uint32_t rkey;	/* the receiver's key that must not be used any more */
};
#define WEFT_HDR_INV_LEN	4u

static inline void weft_hdr_inv_pack(uint8_t *p, const struct weft_hdr_inv *h)
{
	weft_put32(p, h->rkey);
}

static inline void weft_hdr_inv_unpack(struct weft_hdr_inv *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->rkey = w0;
}

/* signal */
struct weft_hdr_signal {
	uint32_t rkey;
	uint64_t addr;	/* a 64-bit word of the responder's */
	uint32_t value;	/* added to it */
};
#define WEFT_HDR_SIGNAL_LEN	16u

static inline void weft_hdr_signal_pack(uint8_t *p, const struct weft_hdr_signal *h)
{
	weft_put32(p, h->rkey);
	weft_put64(p + 4, h->addr);
	weft_put32(p + 12, h->value);
}

static inline void weft_hdr_signal_unpack(struct weft_hdr_signal *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);
	const uint32_t w12 = weft_get32(p + 12);

	h->rkey = w0;
	h->addr = w4;
	h->value = w12;
}

/* ack: follows delivery (and syn) in ACK */
struct weft_hdr_ack {
	uint8_t flags;	/* WEFT_ACKFLAGS_* */
	uint8_t words;	/* 64-bit bitmap words that follow, at most 8 */
	uint16_t ce_count;	/* packets received with CE, modulo 2^16 */
	uint16_t echo_entropy;	/* entropy of the packet echoed */
	uint16_t window;	/* PSNs beyond ack_psn that may be sent */
	uint32_t echo_psn;	/* the packet that gave rise to this acknowledgement */
	uint32_t ack_delay_ns;	/* time from its arrival to this acknowledgement */
	uint32_t rx_bytes;	/* payload bytes of packets taken, modulo 2^32; no rule uses it */
	uint32_t sack_base;	/* PSN of the first bit of the bitmap */
};
#define WEFT_HDR_ACK_LEN	24u

static inline void weft_hdr_ack_pack(uint8_t *p, const struct weft_hdr_ack *h)
{
	weft_put32(p, (uint32_t)h->flags << 24 | (uint32_t)h->words << 16 | (uint32_t)h->ce_count);
	weft_put32(p + 4, (uint32_t)h->echo_entropy << 16 | (uint32_t)h->window);
	weft_put32(p + 8, h->echo_psn);
	weft_put32(p + 12, h->ack_delay_ns);
	weft_put32(p + 16, h->rx_bytes);
	weft_put32(p + 20, h->sack_base);
}

static inline void weft_hdr_ack_unpack(struct weft_hdr_ack *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);
	const uint32_t w20 = weft_get32(p + 20);

	h->flags = (uint8_t)(w0 >> 24);
	h->words = (uint8_t)(w0 >> 16);
	h->ce_count = (uint16_t)(w0);
	h->echo_entropy = (uint16_t)(w4 >> 16);
	h->window = (uint16_t)(w4);
	h->echo_psn = w8;
	h->ack_delay_ns = w12;
	h->rx_bytes = w16;
	h->sack_base = w20;
}

/* sackword: first PSN in the most significant bit */
struct weft_hdr_sackword {
	uint64_t bits;	/* set: that PSN is in the receiver's possession */
};
#define WEFT_HDR_SACKWORD_LEN	8u

static inline void weft_hdr_sackword_pack(uint8_t *p, const struct weft_hdr_sackword *h)
{
	weft_put64(p, h->bits);
}

static inline void weft_hdr_sackword_unpack(struct weft_hdr_sackword *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);

	h->bits = w0;
}

/* nack: follows delivery (and syn) in NACK */
struct weft_hdr_nack {
	uint8_t reason;	/* enum weft_nack */
	uint8_t count;	/* ranges that follow */
	uint8_t echo_gen;	/* 2 bits; NO_CONTEXT: generation in the packet refused */
	uint32_t echo_pdc;	/* 24 bits; NO_CONTEXT: destination id in the packet refused */
	uint32_t echo_psn;	/* PSN of a packet that the receiver of this NACK sent */
	uint32_t arg;
};
#define WEFT_HDR_NACK_LEN	16u

static inline void weft_hdr_nack_pack(uint8_t *p, const struct weft_hdr_nack *h)
{
	weft_put32(p, (uint32_t)h->reason << 24 | (uint32_t)h->count << 16 | (h->echo_gen & 0x3u));
	weft_put32(p + 4, (h->echo_pdc & 0xffffffu));
	weft_put32(p + 8, h->echo_psn);
	weft_put32(p + 12, h->arg);
}

static inline void weft_hdr_nack_unpack(struct weft_hdr_nack *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);

	h->reason = (uint8_t)(w0 >> 24);
	h->count = (uint8_t)(w0 >> 16);
	h->echo_gen = (uint8_t)(w0 & 0x3u);
	h->echo_pdc = (uint32_t)(w4 & 0xffffffu);
	h->echo_psn = w8;
	h->arg = w12;
}

/* range */
struct weft_hdr_range {
	uint32_t first;
	uint32_t count;
};
#define WEFT_HDR_RANGE_LEN	8u

static inline void weft_hdr_range_pack(uint8_t *p, const struct weft_hdr_range *h)
{
	weft_put32(p, h->first);
	weft_put32(p + 4, h->count);
}

static inline void weft_hdr_range_unpack(struct weft_hdr_range *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->first = w0;
	h->count = w4;
}

/* ctrl: follows delivery (and syn) in CTRL */
struct weft_hdr_ctrl {
	uint16_t length;	/* bytes of TLVs that follow, a multiple of 4 */
};
#define WEFT_HDR_CTRL_LEN	4u

static inline void weft_hdr_ctrl_pack(uint8_t *p, const struct weft_hdr_ctrl *h)
{
	weft_put32(p, (uint32_t)h->length << 16);
}

static inline void weft_hdr_ctrl_unpack(struct weft_hdr_ctrl *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->length = (uint16_t)(w0 >> 16);
}

/* tlv: value follows, padded with zeros to a multiple of 4 */
struct weft_hdr_tlv {
	uint16_t type;	/* enum weft_tlv: the most significant bit says: critical */
	uint16_t length;	/* bytes of value, without the padding */
};
#define WEFT_HDR_TLV_LEN	4u

static inline void weft_hdr_tlv_pack(uint8_t *p, const struct weft_hdr_tlv *h)
{
	weft_put32(p, (uint32_t)h->type << 16 | (uint32_t)h->length);
}

static inline void weft_hdr_tlv_unpack(struct weft_hdr_tlv *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->type = (uint16_t)(w0 >> 16);
	h->length = (uint16_t)(w0);
}

/* dgram: follows delivery in DGRAM; delivery.psn counts the datagrams of src_qpn */
struct weft_hdr_dgram {
	uint8_t flags;	/* WEFT_OFLAGS_*: SE, IMM */
	uint8_t parts;	/* WEFT_DGPARTS_* */
	uint16_t length;	/* payload bytes */
	uint32_t dst_qpn;	/* 24 bits */
	uint32_t src_qpn;	/* 24 bits */
	uint32_t qkey;
	uint32_t domain;	/* 24 bits */
};
#define WEFT_HDR_DGRAM_LEN	20u

static inline void weft_hdr_dgram_pack(uint8_t *p, const struct weft_hdr_dgram *h)
{
	weft_put32(p, (uint32_t)h->flags << 24 | (uint32_t)h->parts << 16 | (uint32_t)h->length);
	weft_put32(p + 4, (h->dst_qpn & 0xffffffu) << 8);
	weft_put32(p + 8, (h->src_qpn & 0xffffffu) << 8);
	weft_put32(p + 12, h->qkey);
	weft_put32(p + 16, (h->domain & 0xffffffu) << 8);
}

static inline void weft_hdr_dgram_unpack(struct weft_hdr_dgram *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);

	h->flags = (uint8_t)(w0 >> 24);
	h->parts = (uint8_t)(w0 >> 16);
	h->length = (uint16_t)(w0);
	h->dst_qpn = (uint32_t)(w4 >> 8);
	h->src_qpn = (uint32_t)(w8 >> 8);
	h->qkey = w12;
	h->domain = (uint32_t)(w16 >> 8);
}

/* gids */
struct weft_hdr_gids {
	uint8_t src[16];	/* the sender's GID */
	uint8_t dst[16];	/* the receiver's, or that of a group */
};
#define WEFT_HDR_GIDS_LEN	32u

static inline void weft_hdr_gids_pack(uint8_t *p, const struct weft_hdr_gids *h)
{
	memcpy(p + 0, h->src, 16);
	memcpy(p + 16, h->dst, 16);
}

static inline void weft_hdr_gids_unpack(struct weft_hdr_gids *h, const uint8_t *p)
{
	memcpy(h->src, p + 0, 16);
	memcpy(h->dst, p + 16, 16);
}

/* memop */
struct weft_hdr_memop {
	uint8_t code;	/* 5 bits; enum weft_memcode */
	uint8_t size;	/* 3 bits; log2 of bytes */
	uint8_t tag;	/* chosen by the requester; the answer repeats it */
	uint8_t more;	/* 1 bits; another operation follows */
	uint16_t window;	/* 11 bits; requests: the window; answers: 0 */
	uint64_t offset;	/* 36 bits; requests: bytes into the window; FAULT: the status */
};
#define WEFT_HDR_MEMOP_LEN	8u

static inline void weft_hdr_memop_pack(uint8_t *p, const struct weft_hdr_memop *h)
{
	p[0] = (uint8_t)((h->code & 0x1fu) << 3 | (h->size & 0x7u));
	p[1] = (uint8_t)(h->tag);
	p[2] = (uint8_t)((h->more & 0x1u) << 7 | (h->window >> 4 & 0x7fu));
	p[3] = (uint8_t)((h->window & 0xfu) << 4 | (h->offset >> 32 & 0xfu));
	p[4] = (uint8_t)(h->offset >> 24);
	p[5] = (uint8_t)(h->offset >> 16);
	p[6] = (uint8_t)(h->offset >> 8);
	p[7] = (uint8_t)(h->offset);
}

static inline void weft_hdr_memop_unpack(struct weft_hdr_memop *h, const uint8_t *p)
{
	h->code = (uint8_t)(p[0] >> 3);
	h->size = (uint8_t)(p[0] & 0x7u);
	h->tag = (uint8_t)(p[1]);
	h->more = (uint8_t)(p[2] >> 7);
	h->window = (uint16_t)((uint32_t)(p[2] & 0x7fu) << 4 | (uint32_t)(p[3] >> 4));
	h->offset = (uint64_t)(
		(uint64_t)(p[3] & 0xfu) << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
		(uint64_t)p[6] << 8 | (uint64_t)p[7]);
}

/* memmask: of MSTORE */
struct weft_hdr_memmask {
	uint64_t bytes;	/* most significant bit: the first byte */
};
#define WEFT_HDR_MEMMASK_LEN	8u

static inline void weft_hdr_memmask_pack(uint8_t *p, const struct weft_hdr_memmask *h)
{
	weft_put64(p, h->bytes);
}

static inline void weft_hdr_memmask_unpack(struct weft_hdr_memmask *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);

	h->bytes = w0;
}

/* memoperand: of atomics; low bits of narrow words */
struct weft_hdr_memoperand {
	uint64_t value;
};
#define WEFT_HDR_MEMOPERAND_LEN	8u

static inline void weft_hdr_memoperand_pack(uint8_t *p, const struct weft_hdr_memoperand *h)
{
	weft_put64(p, h->value);
}

static inline void weft_hdr_memoperand_unpack(struct weft_hdr_memoperand *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);

	h->value = w0;
}

/* probe: follows delivery in PROBE; it takes no PSN */
struct weft_hdr_probe {
	uint8_t flags;	/* WEFT_PROBEFLAGS_* */
	uint8_t port;	/* the asker's port; the answer repeats it */
	uint16_t entropy;	/* the path asked about; the answer repeats it */
	uint32_t id;	/* chosen by the asker; the answer repeats it */
	uint32_t sent_ns;	/* the asker's clock; the answer repeats it */
};
#define WEFT_HDR_PROBE_LEN	12u

static inline void weft_hdr_probe_pack(uint8_t *p, const struct weft_hdr_probe *h)
{
	weft_put32(p, (uint32_t)h->flags << 24 | (uint32_t)h->port << 16 | (uint32_t)h->entropy);
	weft_put32(p + 4, h->id);
	weft_put32(p + 8, h->sent_ns);
}

static inline void weft_hdr_probe_unpack(struct weft_hdr_probe *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->flags = (uint8_t)(w0 >> 24);
	h->port = (uint8_t)(w0 >> 16);
	h->entropy = (uint16_t)(w0);
	h->id = w4;
	h->sent_ns = w8;
}

/* credit: follows delivery in CREDIT; it takes no PSN */
struct weft_hdr_credit {
	uint8_t flags;	/* WEFT_CREDITFLAGS_* */
	uint32_t pkts;	/* a serial number: counts from 0 when the context opens */
};
#define WEFT_HDR_CREDIT_LEN	8u

static inline void weft_hdr_credit_pack(uint8_t *p, const struct weft_hdr_credit *h)
{
	weft_put32(p, (uint32_t)h->flags << 24);
	weft_put32(p + 4, h->pkts);
}

static inline void weft_hdr_credit_unpack(struct weft_hdr_credit *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->flags = (uint8_t)(w0 >> 24);
	h->pkts = w4;
}

/* svc_req */
struct weft_hdr_svc_req {
	uint8_t op;	/* enum weft_svc_op */
	uint8_t pool;	/* ALLOC: index of the pool in HELLO */
	uint8_t flags;	/* WEFT_SVC_FLAGS_* */
	uint32_t tag;	/* the answer repeats it */
	uint32_t key;	/* FREE, QUEUE_DESTROY: which */
	uint32_t depth;	/* QUEUE_CREATE: commands, a power of two */
	uint64_t length;	/* ALLOC: bytes */
};
#define WEFT_HDR_SVC_REQ_LEN	24u

static inline void weft_hdr_svc_req_pack(uint8_t *p, const struct weft_hdr_svc_req *h)
{
	weft_put32(p, (uint32_t)h->op << 24 | (uint32_t)h->pool << 16 | (uint32_t)h->flags << 8);
	weft_put32(p + 4, h->tag);
	weft_put32(p + 8, h->key);
	weft_put32(p + 12, h->depth);
	weft_put64(p + 16, h->length);
}

static inline void weft_hdr_svc_req_unpack(struct weft_hdr_svc_req *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);
	const uint64_t w16 = weft_get64(p + 16);

	h->op = (uint8_t)(w0 >> 24);
	h->pool = (uint8_t)(w0 >> 16);
	h->flags = (uint8_t)(w0 >> 8);
	h->tag = w4;
	h->key = w8;
	h->depth = w12;
	h->length = w16;
}

/* svc_rsp */
struct weft_hdr_svc_rsp {
	uint8_t op;	/* enum weft_svc_op */
	uint8_t status;	/* enum weft_status */
	uint32_t tag;
	uint32_t key;	/* key of the memory, or of the queue's memory */
	uint32_t depth;
	uint64_t addr;	/* its address for WRITE, READ and ATOMIC */
	uint64_t length;	/* bytes of it; QUEUE_DESTROY: commands that the queue took */
};
#define WEFT_HDR_SVC_RSP_LEN	32u

static inline void weft_hdr_svc_rsp_pack(uint8_t *p, const struct weft_hdr_svc_rsp *h)
{
	weft_put32(p, (uint32_t)h->op << 24 | (uint32_t)h->status << 16);
	weft_put32(p + 4, h->tag);
	weft_put32(p + 8, h->key);
	weft_put32(p + 12, h->depth);
	weft_put64(p + 16, h->addr);
	weft_put64(p + 24, h->length);
}

static inline void weft_hdr_svc_rsp_unpack(struct weft_hdr_svc_rsp *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);
	const uint64_t w16 = weft_get64(p + 16);
	const uint64_t w24 = weft_get64(p + 24);

	h->op = (uint8_t)(w0 >> 24);
	h->status = (uint8_t)(w0 >> 16);
	h->tag = w4;
	h->key = w8;
	h->depth = w12;
	h->addr = w16;
	h->length = w24;
}

/* command */
struct weft_hdr_command {
	uint8_t version;	/* always 1 */
	uint8_t flags;	/* WEFT_CMDFLAGS_* */
	uint16_t kernel;	/* enum weft_kernel */
	uint32_t seq;	/* low 32 bits of the command's index */
	uint64_t signal_addr;	/* word in the submitter's memory; no signal when signal_key is 0 */
	uint32_t signal_key;
	uint32_t src_key;
	uint64_t src_addr;
	uint64_t src_chip;	/* whose memory src is; 0 or this chip's own ID: local */
	uint64_t dst_addr;	/* always local */
	uint32_t dst_key;
	uint32_t length;	/* bytes */
	uint8_t op;	/* enum weft_redop: REDUCE */
	uint8_t dtype;	/* enum weft_dtype: REDUCE, GEMM */
	uint8_t value;	/* FILL: the byte */
};
#define WEFT_HDR_COMMAND_LEN	64u

static inline void weft_hdr_command_pack(uint8_t *p, const struct weft_hdr_command *h)
{
	p[0] = (uint8_t)(0x01u);
	p[1] = (uint8_t)(h->flags);
	p[2] = (uint8_t)(h->kernel >> 8);
	p[3] = (uint8_t)(h->kernel);
	p[4] = (uint8_t)(h->seq >> 24);
	p[5] = (uint8_t)(h->seq >> 16);
	p[6] = (uint8_t)(h->seq >> 8);
	p[7] = (uint8_t)(h->seq);
	p[8] = (uint8_t)(h->signal_addr >> 56);
	p[9] = (uint8_t)(h->signal_addr >> 48);
	p[10] = (uint8_t)(h->signal_addr >> 40);
	p[11] = (uint8_t)(h->signal_addr >> 32);
	p[12] = (uint8_t)(h->signal_addr >> 24);
	p[13] = (uint8_t)(h->signal_addr >> 16);
	p[14] = (uint8_t)(h->signal_addr >> 8);
	p[15] = (uint8_t)(h->signal_addr);
	p[16] = (uint8_t)(h->signal_key >> 24);
	p[17] = (uint8_t)(h->signal_key >> 16);
	p[18] = (uint8_t)(h->signal_key >> 8);
	p[19] = (uint8_t)(h->signal_key);
	p[20] = (uint8_t)(h->src_key >> 24);
	p[21] = (uint8_t)(h->src_key >> 16);
	p[22] = (uint8_t)(h->src_key >> 8);
	p[23] = (uint8_t)(h->src_key);
	p[24] = (uint8_t)(h->src_addr >> 56);
	p[25] = (uint8_t)(h->src_addr >> 48);
	p[26] = (uint8_t)(h->src_addr >> 40);
	p[27] = (uint8_t)(h->src_addr >> 32);
	p[28] = (uint8_t)(h->src_addr >> 24);
	p[29] = (uint8_t)(h->src_addr >> 16);
	p[30] = (uint8_t)(h->src_addr >> 8);
	p[31] = (uint8_t)(h->src_addr);
	p[32] = (uint8_t)(h->src_chip >> 56);
	p[33] = (uint8_t)(h->src_chip >> 48);
	p[34] = (uint8_t)(h->src_chip >> 40);
	p[35] = (uint8_t)(h->src_chip >> 32);
	p[36] = (uint8_t)(h->src_chip >> 24);
	p[37] = (uint8_t)(h->src_chip >> 16);
	p[38] = (uint8_t)(h->src_chip >> 8);
	p[39] = (uint8_t)(h->src_chip);
	p[40] = (uint8_t)(h->dst_addr >> 56);
	p[41] = (uint8_t)(h->dst_addr >> 48);
	p[42] = (uint8_t)(h->dst_addr >> 40);
	p[43] = (uint8_t)(h->dst_addr >> 32);
	p[44] = (uint8_t)(h->dst_addr >> 24);
	p[45] = (uint8_t)(h->dst_addr >> 16);
	p[46] = (uint8_t)(h->dst_addr >> 8);
	p[47] = (uint8_t)(h->dst_addr);
	p[48] = (uint8_t)(h->dst_key >> 24);
	p[49] = (uint8_t)(h->dst_key >> 16);
	p[50] = (uint8_t)(h->dst_key >> 8);
	p[51] = (uint8_t)(h->dst_key);
	p[52] = (uint8_t)(h->length >> 24);
	p[53] = (uint8_t)(h->length >> 16);
	p[54] = (uint8_t)(h->length >> 8);
	p[55] = (uint8_t)(h->length);
	p[56] = (uint8_t)(h->op);
	p[57] = (uint8_t)(h->dtype);
	p[58] = (uint8_t)(h->value);
	p[59] = 0;
	p[60] = 0;
	p[61] = 0;
	p[62] = 0;
	p[63] = 0;
}

static inline void weft_hdr_command_unpack(struct weft_hdr_command *h, const uint8_t *p)
{
	h->version = (uint8_t)(p[0]);
	h->flags = (uint8_t)(p[1]);
	h->kernel = (uint16_t)((uint32_t)p[2] << 8 | (uint32_t)p[3]);
	h->seq = (uint32_t)(
		(uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | (uint32_t)p[7]);
	h->signal_addr = (uint64_t)(
		(uint64_t)p[8] << 56 | (uint64_t)p[9] << 48 | (uint64_t)p[10] << 40 |
		(uint64_t)p[11] << 32 | (uint64_t)p[12] << 24 | (uint64_t)p[13] << 16 |
		(uint64_t)p[14] << 8 | (uint64_t)p[15]);
	h->signal_key = (uint32_t)(
		(uint32_t)p[16] << 24 | (uint32_t)p[17] << 16 | (uint32_t)p[18] << 8 |
		(uint32_t)p[19]);
	h->src_key = (uint32_t)(
		(uint32_t)p[20] << 24 | (uint32_t)p[21] << 16 | (uint32_t)p[22] << 8 |
		(uint32_t)p[23]);
	h->src_addr = (uint64_t)(
		(uint64_t)p[24] << 56 | (uint64_t)p[25] << 48 | (uint64_t)p[26] << 40 |
		(uint64_t)p[27] << 32 | (uint64_t)p[28] << 24 | (uint64_t)p[29] << 16 |
		(uint64_t)p[30] << 8 | (uint64_t)p[31]);
	h->src_chip = (uint64_t)(
		(uint64_t)p[32] << 56 | (uint64_t)p[33] << 48 | (uint64_t)p[34] << 40 |
		(uint64_t)p[35] << 32 | (uint64_t)p[36] << 24 | (uint64_t)p[37] << 16 |
		(uint64_t)p[38] << 8 | (uint64_t)p[39]);
	h->dst_addr = (uint64_t)(
		(uint64_t)p[40] << 56 | (uint64_t)p[41] << 48 | (uint64_t)p[42] << 40 |
		(uint64_t)p[43] << 32 | (uint64_t)p[44] << 24 | (uint64_t)p[45] << 16 |
		(uint64_t)p[46] << 8 | (uint64_t)p[47]);
	h->dst_key = (uint32_t)(
		(uint32_t)p[48] << 24 | (uint32_t)p[49] << 16 | (uint32_t)p[50] << 8 |
		(uint32_t)p[51]);
	h->length = (uint32_t)(
		(uint32_t)p[52] << 24 | (uint32_t)p[53] << 16 | (uint32_t)p[54] << 8 |
		(uint32_t)p[55]);
	h->op = (uint8_t)(p[56]);
	h->dtype = (uint8_t)(p[57]);
	h->value = (uint8_t)(p[58]);
}

/* gemm: what src of a GEMM points to */
struct weft_hdr_gemm {
	uint64_t a_addr;	/* local, as all of it */
	uint64_t b_addr;
	uint32_t a_key;
	uint32_t b_key;
	uint32_t m;	/* rows of a and c */
	uint32_t n;	/* columns of b and c */
	uint32_t k;	/* columns of a, rows of b */
	uint32_t lda;	/* elements from one row of a to the next, at least k */
	uint32_t ldb;	/* at least n */
	uint32_t ldc;	/* at least n */
	uint8_t flags;	/* WEFT_GEMMFLAGS_* */
};
#define WEFT_HDR_GEMM_LEN	56u

static inline void weft_hdr_gemm_pack(uint8_t *p, const struct weft_hdr_gemm *h)
{
	p[0] = (uint8_t)(h->a_addr >> 56);
	p[1] = (uint8_t)(h->a_addr >> 48);
	p[2] = (uint8_t)(h->a_addr >> 40);
	p[3] = (uint8_t)(h->a_addr >> 32);
	p[4] = (uint8_t)(h->a_addr >> 24);
	p[5] = (uint8_t)(h->a_addr >> 16);
	p[6] = (uint8_t)(h->a_addr >> 8);
	p[7] = (uint8_t)(h->a_addr);
	p[8] = (uint8_t)(h->b_addr >> 56);
	p[9] = (uint8_t)(h->b_addr >> 48);
	p[10] = (uint8_t)(h->b_addr >> 40);
	p[11] = (uint8_t)(h->b_addr >> 32);
	p[12] = (uint8_t)(h->b_addr >> 24);
	p[13] = (uint8_t)(h->b_addr >> 16);
	p[14] = (uint8_t)(h->b_addr >> 8);
	p[15] = (uint8_t)(h->b_addr);
	p[16] = (uint8_t)(h->a_key >> 24);
	p[17] = (uint8_t)(h->a_key >> 16);
	p[18] = (uint8_t)(h->a_key >> 8);
	p[19] = (uint8_t)(h->a_key);
	p[20] = (uint8_t)(h->b_key >> 24);
	p[21] = (uint8_t)(h->b_key >> 16);
	p[22] = (uint8_t)(h->b_key >> 8);
	p[23] = (uint8_t)(h->b_key);
	p[24] = (uint8_t)(h->m >> 24);
	p[25] = (uint8_t)(h->m >> 16);
	p[26] = (uint8_t)(h->m >> 8);
	p[27] = (uint8_t)(h->m);
	p[28] = (uint8_t)(h->n >> 24);
	p[29] = (uint8_t)(h->n >> 16);
	p[30] = (uint8_t)(h->n >> 8);
	p[31] = (uint8_t)(h->n);
	p[32] = (uint8_t)(h->k >> 24);
	p[33] = (uint8_t)(h->k >> 16);
	p[34] = (uint8_t)(h->k >> 8);
	p[35] = (uint8_t)(h->k);
	p[36] = (uint8_t)(h->lda >> 24);
	p[37] = (uint8_t)(h->lda >> 16);
	p[38] = (uint8_t)(h->lda >> 8);
	p[39] = (uint8_t)(h->lda);
	p[40] = (uint8_t)(h->ldb >> 24);
	p[41] = (uint8_t)(h->ldb >> 16);
	p[42] = (uint8_t)(h->ldb >> 8);
	p[43] = (uint8_t)(h->ldb);
	p[44] = (uint8_t)(h->ldc >> 24);
	p[45] = (uint8_t)(h->ldc >> 16);
	p[46] = (uint8_t)(h->ldc >> 8);
	p[47] = (uint8_t)(h->ldc);
	p[48] = (uint8_t)(h->flags);
	p[49] = 0;
	p[50] = 0;
	p[51] = 0;
	p[52] = 0;
	p[53] = 0;
	p[54] = 0;
	p[55] = 0;
}

static inline void weft_hdr_gemm_unpack(struct weft_hdr_gemm *h, const uint8_t *p)
{
	h->a_addr = (uint64_t)(
		(uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
		(uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
		(uint64_t)p[6] << 8 | (uint64_t)p[7]);
	h->b_addr = (uint64_t)(
		(uint64_t)p[8] << 56 | (uint64_t)p[9] << 48 | (uint64_t)p[10] << 40 |
		(uint64_t)p[11] << 32 | (uint64_t)p[12] << 24 | (uint64_t)p[13] << 16 |
		(uint64_t)p[14] << 8 | (uint64_t)p[15]);
	h->a_key = (uint32_t)(
		(uint32_t)p[16] << 24 | (uint32_t)p[17] << 16 | (uint32_t)p[18] << 8 |
		(uint32_t)p[19]);
	h->b_key = (uint32_t)(
		(uint32_t)p[20] << 24 | (uint32_t)p[21] << 16 | (uint32_t)p[22] << 8 |
		(uint32_t)p[23]);
	h->m = (uint32_t)(
		(uint32_t)p[24] << 24 | (uint32_t)p[25] << 16 | (uint32_t)p[26] << 8 |
		(uint32_t)p[27]);
	h->n = (uint32_t)(
		(uint32_t)p[28] << 24 | (uint32_t)p[29] << 16 | (uint32_t)p[30] << 8 |
		(uint32_t)p[31]);
	h->k = (uint32_t)(
		(uint32_t)p[32] << 24 | (uint32_t)p[33] << 16 | (uint32_t)p[34] << 8 |
		(uint32_t)p[35]);
	h->lda = (uint32_t)(
		(uint32_t)p[36] << 24 | (uint32_t)p[37] << 16 | (uint32_t)p[38] << 8 |
		(uint32_t)p[39]);
	h->ldb = (uint32_t)(
		(uint32_t)p[40] << 24 | (uint32_t)p[41] << 16 | (uint32_t)p[42] << 8 |
		(uint32_t)p[43]);
	h->ldc = (uint32_t)(
		(uint32_t)p[44] << 24 | (uint32_t)p[45] << 16 | (uint32_t)p[46] << 8 |
		(uint32_t)p[47]);
	h->flags = (uint8_t)(p[48]);
}

/* tlv_hello */
struct weft_hdr_tlv_hello {
	uint64_t chip_id;
	uint32_t incarnation;
	uint8_t class;	/* enum weft_class */
	uint8_t version_min;	/* 4 bits */
	uint8_t version_max;	/* 4 bits */
	uint8_t modes;	/* WEFT_MODES_* */
	uint8_t flags;	/* WEFT_HELLOFLAGS_* */
	uint32_t profiles;	/* WEFT_PROFILES_* */
	uint32_t vendor;	/* OUI of the vendor, right-aligned */
	uint16_t max_payload;	/* bytes */
	uint16_t max_window;	/* packets */
	uint32_t domain;	/* 24 bits; a domain that the asker uses; 0: any */
	uint8_t paths;	/* entropy values that a context may use; 0: MAX_PATHS */
};
#define WEFT_HDR_TLV_HELLO_LEN	32u

static inline void weft_hdr_tlv_hello_pack(uint8_t *p, const struct weft_hdr_tlv_hello *h)
{
	weft_put64(p, h->chip_id);
	weft_put32(p + 8, h->incarnation);
	weft_put32(p + 12,
		(uint32_t)h->class << 24 | (h->version_min & 0xfu) << 20 |
		(h->version_max & 0xfu) << 16 | (uint32_t)h->modes << 8 | (uint32_t)h->flags);
	weft_put32(p + 16, h->profiles);
	weft_put32(p + 20, h->vendor);
	weft_put32(p + 24, (uint32_t)h->max_payload << 16 | (uint32_t)h->max_window);
	weft_put32(p + 28, (h->domain & 0xffffffu) << 8 | (uint32_t)h->paths);
}

static inline void weft_hdr_tlv_hello_unpack(struct weft_hdr_tlv_hello *h, const uint8_t *p)
{
	const uint64_t w0 = weft_get64(p);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);
	const uint32_t w16 = weft_get32(p + 16);
	const uint32_t w20 = weft_get32(p + 20);
	const uint32_t w24 = weft_get32(p + 24);
	const uint32_t w28 = weft_get32(p + 28);

	h->chip_id = w0;
	h->incarnation = w8;
	h->class = (uint8_t)(w12 >> 24);
	h->version_min = (uint8_t)(w12 >> 20 & 0xfu);
	h->version_max = (uint8_t)(w12 >> 16 & 0xfu);
	h->modes = (uint8_t)(w12 >> 8);
	h->flags = (uint8_t)(w12);
	h->profiles = w16;
	h->vendor = w20;
	h->max_payload = (uint16_t)(w24 >> 16);
	h->max_window = (uint16_t)(w24);
	h->domain = (uint32_t)(w28 >> 8);
	h->paths = (uint8_t)(w28);
}

/* tlv_pool */
struct weft_hdr_tlv_pool {
	uint8_t index;
	uint8_t kind;	/* enum weft_pool */
	uint64_t size;	/* bytes */
};
#define WEFT_HDR_TLV_POOL_LEN	12u

static inline void weft_hdr_tlv_pool_pack(uint8_t *p, const struct weft_hdr_tlv_pool *h)
{
	weft_put32(p, (uint32_t)h->index << 24 | (uint32_t)h->kind << 16);
	weft_put64(p + 4, h->size);
}

static inline void weft_hdr_tlv_pool_unpack(struct weft_hdr_tlv_pool *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);

	h->index = (uint8_t)(w0 >> 24);
	h->kind = (uint8_t)(w0 >> 16);
	h->size = w4;
}

/* tlv_engine */
struct weft_hdr_tlv_engine {
	uint16_t kernel;	/* enum weft_kernel */
	uint32_t dtypes;	/* bit n set: dtype n */
};
#define WEFT_HDR_TLV_ENGINE_LEN	8u

static inline void weft_hdr_tlv_engine_pack(uint8_t *p, const struct weft_hdr_tlv_engine *h)
{
	weft_put32(p, (uint32_t)h->kernel << 16);
	weft_put32(p + 4, h->dtypes);
}

static inline void weft_hdr_tlv_engine_unpack(struct weft_hdr_tlv_engine *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->kernel = (uint16_t)(w0 >> 16);
	h->dtypes = w4;
}

/* tlv_queues */
struct weft_hdr_tlv_queues {
	uint16_t queues;	/* queues at most */
	uint32_t depth;	/* commands in one, at most */
};
#define WEFT_HDR_TLV_QUEUES_LEN	8u

static inline void weft_hdr_tlv_queues_pack(uint8_t *p, const struct weft_hdr_tlv_queues *h)
{
	weft_put32(p, (uint32_t)h->queues << 16);
	weft_put32(p + 4, h->depth);
}

static inline void weft_hdr_tlv_queues_unpack(struct weft_hdr_tlv_queues *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);

	h->queues = (uint16_t)(w0 >> 16);
	h->depth = w4;
}

/* tlv_neighbour: tells a chip where another one is */
struct weft_hdr_tlv_neighbour {
	uint64_t chip_id;
	uint8_t family;	/* enum weft_family */
	uint8_t flags;	/* WEFT_NBFLAGS_* */
	uint16_t port;	/* UDP port */
	/* IPv6 address, or IPv4 or MAC address left-aligned and zero-filled */
	uint8_t addr[16];
};
#define WEFT_HDR_TLV_NEIGHBOUR_LEN	28u

static inline void weft_hdr_tlv_neighbour_pack(uint8_t *p, const struct weft_hdr_tlv_neighbour *h)
{
	p[0] = (uint8_t)(h->chip_id >> 56);
	p[1] = (uint8_t)(h->chip_id >> 48);
	p[2] = (uint8_t)(h->chip_id >> 40);
	p[3] = (uint8_t)(h->chip_id >> 32);
	p[4] = (uint8_t)(h->chip_id >> 24);
	p[5] = (uint8_t)(h->chip_id >> 16);
	p[6] = (uint8_t)(h->chip_id >> 8);
	p[7] = (uint8_t)(h->chip_id);
	p[8] = (uint8_t)(h->family);
	p[9] = (uint8_t)(h->flags);
	p[10] = (uint8_t)(h->port >> 8);
	p[11] = (uint8_t)(h->port);
	memcpy(p + 12, h->addr, 16);
}

static inline void weft_hdr_tlv_neighbour_unpack(struct weft_hdr_tlv_neighbour *h, const uint8_t *p)
{
	h->chip_id = (uint64_t)(
		(uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
		(uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
		(uint64_t)p[6] << 8 | (uint64_t)p[7]);
	h->family = (uint8_t)(p[8]);
	h->flags = (uint8_t)(p[9]);
	h->port = (uint16_t)((uint32_t)p[10] << 8 | (uint32_t)p[11]);
	memcpy(h->addr, p + 12, 16);
}

/* tlv_limits: beside HELLO: what else there is to agree on */
struct weft_hdr_tlv_limits {
	uint32_t features;	/* WEFT_FEATURES_* */
	uint16_t sack_bits;	/* bits of a bitmap that are minded, at most */
	uint16_t windows;	/* windows that may be bound in one context */
	uint16_t mem_tags;	/* MEM operations that may be outstanding in one context */
	uint8_t ports;	/* ports of the chip */
};
#define WEFT_HDR_TLV_LIMITS_LEN	12u

static inline void weft_hdr_tlv_limits_pack(uint8_t *p, const struct weft_hdr_tlv_limits *h)
{
	weft_put32(p, h->features);
	weft_put32(p + 4, (uint32_t)h->sack_bits << 16 | (uint32_t)h->windows);
	weft_put32(p + 8, (uint32_t)h->mem_tags << 16 | (uint32_t)h->ports << 8);
}

static inline void weft_hdr_tlv_limits_unpack(struct weft_hdr_tlv_limits *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->features = w0;
	h->sack_bits = (uint16_t)(w4 >> 16);
	h->windows = (uint16_t)(w4);
	h->mem_tags = (uint16_t)(w8 >> 16);
	h->ports = (uint8_t)(w8 >> 8);
}

/* tlv_version_reject */
struct weft_hdr_tlv_version_reject {
	uint8_t min;	/* 4 bits */
	uint8_t max;	/* 4 bits */
};
#define WEFT_HDR_TLV_VERSION_REJECT_LEN	4u

static inline void weft_hdr_tlv_version_reject_pack(uint8_t *p,
						    const struct weft_hdr_tlv_version_reject *h)
{
	weft_put32(p, (h->min & 0xfu) << 28 | (h->max & 0xfu) << 24);
}

static inline void weft_hdr_tlv_version_reject_unpack(struct weft_hdr_tlv_version_reject *h,
						      const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->min = (uint8_t)(w0 >> 28);
	h->max = (uint8_t)(w0 >> 24 & 0xfu);
}

/* tlv_ep_connect */
struct weft_hdr_tlv_ep_connect {
	uint32_t src_qpn;	/* 24 bits; the asker's queue pair, not 0 */
	uint32_t service;	/* what is asked for */
	/* receive buffers that the asker has posted so far: SSNs below it are there */
	uint32_t credits;
	/* messages that the asker, as responder, lets be outstanding; 0 is taken as 1 */
	uint16_t window;
	uint8_t reads;	/* of these, READs and atomics */
};
#define WEFT_HDR_TLV_EP_CONNECT_LEN	16u

static inline void weft_hdr_tlv_ep_connect_pack(uint8_t *p, const struct weft_hdr_tlv_ep_connect *h)
{
	weft_put32(p, (h->src_qpn & 0xffffffu) << 8);
	weft_put32(p + 4, h->service);
	weft_put32(p + 8, h->credits);
	weft_put32(p + 12, (uint32_t)h->window << 16 | (uint32_t)h->reads << 8);
}

static inline void weft_hdr_tlv_ep_connect_unpack(struct weft_hdr_tlv_ep_connect *h,
						  const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);

	h->src_qpn = (uint32_t)(w0 >> 8);
	h->service = w4;
	h->credits = w8;
	h->window = (uint16_t)(w12 >> 16);
	h->reads = (uint8_t)(w12 >> 8);
}

/* tlv_ep_accept */
struct weft_hdr_tlv_ep_accept {
	uint32_t dst_qpn;	/* 24 bits; the asker's queue pair */
	uint32_t src_qpn;	/* 24 bits; the answerer's queue pair, not 0 */
	uint32_t credits;	/* as in EP_CONNECT, of the answerer */
	uint16_t window;	/* the same */
	uint8_t reads;	/* the same */
};
#define WEFT_HDR_TLV_EP_ACCEPT_LEN	16u

static inline void weft_hdr_tlv_ep_accept_pack(uint8_t *p, const struct weft_hdr_tlv_ep_accept *h)
{
	weft_put32(p, (h->dst_qpn & 0xffffffu) << 8);
	weft_put32(p + 4, (h->src_qpn & 0xffffffu) << 8);
	weft_put32(p + 8, h->credits);
	weft_put32(p + 12, (uint32_t)h->window << 16 | (uint32_t)h->reads << 8);
}

static inline void weft_hdr_tlv_ep_accept_unpack(struct weft_hdr_tlv_ep_accept *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint32_t w12 = weft_get32(p + 12);

	h->dst_qpn = (uint32_t)(w0 >> 8);
	h->src_qpn = (uint32_t)(w4 >> 8);
	h->credits = w8;
	h->window = (uint16_t)(w12 >> 16);
	h->reads = (uint8_t)(w12 >> 8);
}

/* tlv_ep_reject */
struct weft_hdr_tlv_ep_reject {
	uint32_t dst_qpn;	/* 24 bits; whose stream ends */
	uint8_t reason;	/* enum weft_ep_reason */
	uint32_t src_qpn;	/* 24 bits; the sender's end of it; 0: it has none */
	uint32_t arg;	/* for hosts: whatever the sender's host gave */
};
#define WEFT_HDR_TLV_EP_REJECT_LEN	12u

static inline void weft_hdr_tlv_ep_reject_pack(uint8_t *p, const struct weft_hdr_tlv_ep_reject *h)
{
	weft_put32(p, (h->dst_qpn & 0xffffffu) << 8 | (uint32_t)h->reason);
	weft_put32(p + 4, (h->src_qpn & 0xffffffu) << 8);
	weft_put32(p + 8, h->arg);
}

static inline void weft_hdr_tlv_ep_reject_unpack(struct weft_hdr_tlv_ep_reject *h, const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->dst_qpn = (uint32_t)(w0 >> 8);
	h->reason = (uint8_t)(w0);
	h->src_qpn = (uint32_t)(w4 >> 8);
	h->arg = w8;
}

/* tlv_ep_disconnect */
struct weft_hdr_tlv_ep_disconnect {
	uint32_t dst_qpn;	/* 24 bits; whose stream ends */
	uint8_t reason;	/* enum weft_ep_reason */
	uint32_t src_qpn;	/* 24 bits; the sender's end of it; 0: it has none */
	uint32_t arg;	/* as in EP_REJECT */
};
#define WEFT_HDR_TLV_EP_DISCONNECT_LEN	12u

static inline void weft_hdr_tlv_ep_disconnect_pack(uint8_t *p,
						   const struct weft_hdr_tlv_ep_disconnect *h)
{
	weft_put32(p, (h->dst_qpn & 0xffffffu) << 8 | (uint32_t)h->reason);
	weft_put32(p + 4, (h->src_qpn & 0xffffffu) << 8);
	weft_put32(p + 8, h->arg);
}

static inline void weft_hdr_tlv_ep_disconnect_unpack(struct weft_hdr_tlv_ep_disconnect *h,
						     const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);

	h->dst_qpn = (uint32_t)(w0 >> 8);
	h->reason = (uint8_t)(w0);
	h->src_qpn = (uint32_t)(w4 >> 8);
	h->arg = w8;
}

/* tlv_window_bind: in a context: bind a window of the peer's memory */
struct weft_hdr_tlv_window_bind {
	uint16_t window;	/* at most 2047 */
	uint32_t qpn;	/* 24 bits; the peer's queue pair whose protection domain counts; 0: none */
	uint32_t rkey;	/* 0: unbind */
	uint64_t addr;	/* where the window begins */
	uint64_t length;	/* bytes, at most 2^36 */
};
#define WEFT_HDR_TLV_WINDOW_BIND_LEN	28u

static inline void weft_hdr_tlv_window_bind_pack(uint8_t *p,
						 const struct weft_hdr_tlv_window_bind *h)
{
	weft_put32(p, (uint32_t)h->window << 16);
	weft_put32(p + 4, (h->qpn & 0xffffffu) << 8);
	weft_put32(p + 8, h->rkey);
	weft_put64(p + 12, h->addr);
	weft_put64(p + 20, h->length);
}

static inline void weft_hdr_tlv_window_bind_unpack(struct weft_hdr_tlv_window_bind *h,
						   const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint32_t w4 = weft_get32(p + 4);
	const uint32_t w8 = weft_get32(p + 8);
	const uint64_t w12 = weft_get64(p + 12);
	const uint64_t w20 = weft_get64(p + 20);

	h->window = (uint16_t)(w0 >> 16);
	h->qpn = (uint32_t)(w4 >> 8);
	h->rkey = w8;
	h->addr = w12;
	h->length = w20;
}

/* tlv_window_status: the answer */
struct weft_hdr_tlv_window_status {
	uint16_t window;
	uint8_t status;	/* enum weft_status */
};
#define WEFT_HDR_TLV_WINDOW_STATUS_LEN	4u

static inline void weft_hdr_tlv_window_status_pack(uint8_t *p,
						   const struct weft_hdr_tlv_window_status *h)
{
	weft_put32(p, (uint32_t)h->window << 16 | (uint32_t)h->status << 8);
}

static inline void weft_hdr_tlv_window_status_unpack(struct weft_hdr_tlv_window_status *h,
						     const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->window = (uint16_t)(w0 >> 16);
	h->status = (uint8_t)(w0 >> 8);
}

/* tlv_port_status: in a context: a port of the sender */
struct weft_hdr_tlv_port_status {
	uint8_t port;
	uint8_t state;	/* enum weft_port_state */
};
#define WEFT_HDR_TLV_PORT_STATUS_LEN	4u

static inline void weft_hdr_tlv_port_status_pack(uint8_t *p,
						 const struct weft_hdr_tlv_port_status *h)
{
	weft_put32(p, (uint32_t)h->port << 24 | (uint32_t)h->state << 16);
}

static inline void weft_hdr_tlv_port_status_unpack(struct weft_hdr_tlv_port_status *h,
						   const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->port = (uint8_t)(w0 >> 24);
	h->state = (uint8_t)(w0 >> 16);
}

/* tlv_telemetry_get: alone, or in a context */
struct weft_hdr_tlv_telemetry_get {
	uint16_t first;	/* first counter asked for */
	uint16_t count;	/* how many from there on, at most */
};
#define WEFT_HDR_TLV_TELEMETRY_GET_LEN	4u

static inline void weft_hdr_tlv_telemetry_get_pack(uint8_t *p,
						   const struct weft_hdr_tlv_telemetry_get *h)
{
	weft_put32(p, (uint32_t)h->first << 16 | (uint32_t)h->count);
}

static inline void weft_hdr_tlv_telemetry_get_unpack(struct weft_hdr_tlv_telemetry_get *h,
						     const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);

	h->first = (uint16_t)(w0 >> 16);
	h->count = (uint16_t)(w0);
}

/* telemetry_item: the value of TELEMETRY is a row of these */
struct weft_hdr_telemetry_item {
	uint16_t counter;	/* enum weft_meter */
	uint64_t value;
};
#define WEFT_HDR_TELEMETRY_ITEM_LEN	12u

static inline void weft_hdr_telemetry_item_pack(uint8_t *p, const struct weft_hdr_telemetry_item *h)
{
	weft_put32(p, (uint32_t)h->counter << 16);
	weft_put64(p + 4, h->value);
}

static inline void weft_hdr_telemetry_item_unpack(struct weft_hdr_telemetry_item *h,
						  const uint8_t *p)
{
	const uint32_t w0 = weft_get32(p);
	const uint64_t w4 = weft_get64(p + 4);

	h->counter = (uint16_t)(w0 >> 16);
	h->value = w4;
}

/* The states of pdc; the first is where it starts. */
enum weft_pdc_state {
	WEFT_PDC_STATE_IDLE = 0,
	WEFT_PDC_STATE_OPENING = 1,
	WEFT_PDC_STATE_OPEN = 2,
	WEFT_PDC_STATE_CLOSED = 3,
	WEFT_PDC_STATE_FAILED = 4,
	WEFT_PDC_STATE_CLOSING = 5,
};
#define WEFT_PDC_STATE_COUNT	6u

/* Whether pdc may move from one state to the other. */
static inline bool weft_pdc_legal(enum weft_pdc_state from, enum weft_pdc_state to)
{
	switch (from) {
	case WEFT_PDC_STATE_IDLE:
		return to == WEFT_PDC_STATE_OPENING ||	/* the initiator has something to send */
		       to == WEFT_PDC_STATE_OPEN ||	/* the target accepts a SYN */
		       to == WEFT_PDC_STATE_CLOSED ||	/* closed unused */
		       to == WEFT_PDC_STATE_FAILED;	/* given up unused */
	case WEFT_PDC_STATE_OPENING:
		/* the peer's SYN arrives and tells its context id */
		return to == WEFT_PDC_STATE_OPEN ||
		/* retry limit, refusal, or given up by the host */
		       to == WEFT_PDC_STATE_FAILED;
	case WEFT_PDC_STATE_OPEN:
		/* CLOSE sent, or received with nothing left to do */
		return to == WEFT_PDC_STATE_CLOSING ||
		/* retry limit, RESET, NO_CONTEXT, new incarnation, or given up by the host */
		       to == WEFT_PDC_STATE_FAILED;
	case WEFT_PDC_STATE_CLOSED:
		return false;
	case WEFT_PDC_STATE_FAILED:
		return false;
	case WEFT_PDC_STATE_CLOSING:
		/* CLOSE acknowledged, or the peer has forgotten the context */
		return to == WEFT_PDC_STATE_CLOSED ||
		       to == WEFT_PDC_STATE_FAILED;	/* retry limit, or given up by the host */
	}
	return false;
}

/* The states of path; the first is where it starts. */
enum weft_path_state {
	WEFT_PATH_STATE_GOOD = 0,
	WEFT_PATH_STATE_SKIP = 1,
	WEFT_PATH_STATE_SUSPECT = 2,
	WEFT_PATH_STATE_DENIED = 3,
};
#define WEFT_PATH_STATE_COUNT	4u

/* Whether path may move from one state to the other. */
static inline bool weft_path_legal(enum weft_path_state from, enum weft_path_state to)
{
	switch (from) {
	case WEFT_PATH_STATE_GOOD:
		return to == WEFT_PATH_STATE_SKIP ||	/* a packet of it was marked */
		       to == WEFT_PATH_STATE_SUSPECT;	/* packets lost in a row, or a timeout */
	case WEFT_PATH_STATE_SKIP:
		return to == WEFT_PATH_STATE_GOOD ||	/* a round-trip time has passed */
		       to == WEFT_PATH_STATE_SUSPECT;	/* packets lost in a row, or a timeout */
	case WEFT_PATH_STATE_SUSPECT:
		/* a packet of it was acknowledged, a probe was answered, or its time is over */
		return to == WEFT_PATH_STATE_GOOD ||
		/* lost again, or a probe was not answered */
		       to == WEFT_PATH_STATE_DENIED;
	case WEFT_PATH_STATE_DENIED:
		return to == WEFT_PATH_STATE_SUSPECT;	/* its time is over */
	}
	return false;
}

/* The states of stream; the first is where it starts. */
enum weft_stream_state {
	WEFT_STREAM_STATE_IDLE = 0,
	WEFT_STREAM_STATE_CONNECTING = 1,
	WEFT_STREAM_STATE_READY = 2,
	WEFT_STREAM_STATE_ERROR = 3,
	WEFT_STREAM_STATE_RNR = 4,
	WEFT_STREAM_STATE_DRAINED = 5,
};
#define WEFT_STREAM_STATE_COUNT	6u

/* Whether stream may move from one state to the other. */
static inline bool weft_stream_legal(enum weft_stream_state from, enum weft_stream_state to)
{
	switch (from) {
	case WEFT_STREAM_STATE_IDLE:
		return to == WEFT_STREAM_STATE_CONNECTING ||	/* EP_CONNECT sent */
		       to == WEFT_STREAM_STATE_READY ||	/* EP_ACCEPT sent */
		       to == WEFT_STREAM_STATE_ERROR;	/* the context failed */
	case WEFT_STREAM_STATE_CONNECTING:
		return to == WEFT_STREAM_STATE_READY ||	/* EP_ACCEPT received */
		/* EP_REJECT received, or the context failed */
		       to == WEFT_STREAM_STATE_ERROR;
	case WEFT_STREAM_STATE_READY:
		return to == WEFT_STREAM_STATE_RNR ||	/* refused with RNR */
		/* asked to drain, and what was begun is complete */
		       to == WEFT_STREAM_STATE_DRAINED ||
		/* refused, disconnected, or the context failed */
		       to == WEFT_STREAM_STATE_ERROR;
	case WEFT_STREAM_STATE_ERROR:
		return false;
	case WEFT_STREAM_STATE_RNR:
		/* the delay is over and earlier packets are acknowledged */
		return to == WEFT_STREAM_STATE_READY ||
		/* as READY, or refused with RNR too often */
		       to == WEFT_STREAM_STATE_ERROR;
	case WEFT_STREAM_STATE_DRAINED:
		return to == WEFT_STREAM_STATE_READY ||	/* asked to go on */
		       to == WEFT_STREAM_STATE_ERROR;	/* as READY */
	}
	return false;
}

#endif /* WEFT_WIRE_H */
