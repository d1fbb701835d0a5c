/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester: what a device under test runs beside its Weft implementation, so that a tester
 * on the wire can ask it for memory, queue pairs and work.
 *
 * This header is the protocol (weft-conform speaks it too) and the interface of upper.c, which
 * takes commands apart, checks them and calls the device.  Both are freestanding: no libc, no
 * allocation.  How frames reach the device is its own affair: socket.c (TCP, Unix), or
 * line.c (COBS and CRC16 over a serial line; two windows of memory and a doorbell).
 *
 * A frame is 16 bytes, little-endian, and a body:
 *
 *	u16 magic 0x5455 | u8 version 1 | u8 kind (0 command, 1 response, 2 event) | u16 op |
 *	u16 status | u32 seq | u32 length of the body
 *
 * Each command has one response, with its op and seq.  A device that lacks an op answers UNKNOWN,
 * and never makes believe.
 */
#ifndef WEFT_UPPER_H
#define WEFT_UPPER_H

#include <stddef.h>
#include <stdint.h>

#define UPPER_ABI	1u
#define UPPER_MAGIC	0x5455u
#define UPPER_VERSION	1u
#define UPPER_HEAD	16u
#define UPPER_BODY	2032u			/* bytes of a body, at most: a mailbox is 2 KiB */
#define UPPER_FRAME	(UPPER_HEAD + UPPER_BODY)
#define UPPER_BYTES	1024u			/* of memory in one MEM_WRITE or MEM_READ */

enum upper_kind { UPPER_COMMAND, UPPER_RESPONSE, UPPER_EVENT };

/* Commands, and their bodies: in -> out.  Integers are little-endian, in the order given. */
enum upper_op {
	/* -> u32 abi, u32 level (1, 2), u64 ops (bit n: op n), u32 flags (enum upper_can),
	 *    u32 domain, u64 chip */
	UPPER_QUERY = 0x01,
	/* u32 scope (0 device), u32 0, u64 seed -> ; queue pairs and regions are gone */
	UPPER_RESET = 0x02,
	/* struct upper_ep, u16 length of the address, address -> u32 id, u32 qpn, u32 service */
	UPPER_EP_CREATE = 0x03,
	/* u32 id, u32 state (enum upper_state; FAILED alone) -> */
	UPPER_EP_MODIFY = 0x04,
	/* u32 id -> */
	UPPER_EP_DESTROY = 0x05,
	/* u32 id -> u32 state, u32 status of the failure (enum upper_wc), u32 qpn */
	UPPER_EP_STATE = 0x06,
	/* struct upper_mr -> u32 key, u32 0, u64 address */
	UPPER_MR_REGISTER = 0x07,
	/* u32 key -> */
	UPPER_MR_INVALIDATE = 0x08,
	/* u32 key, u32 0, u64 address, bytes -> */
	UPPER_MEM_WRITE = 0x09,
	/* u32 key, u32 length, u64 address -> bytes */
	UPPER_MEM_READ = 0x0a,
	/* the same -> 32 bytes: SHA-256 */
	UPPER_MEM_HASH = 0x0b,
	/* u32 id, u32 key, u64 address, u32 length, u32 0, u64 wid -> */
	UPPER_RECV_POST = 0x0c,
	/* u32 first -> u32 how many there are, then u64 value, u8 length, name, ... */
	UPPER_COUNTERS = 0x0d,
	/* u32 at most -> struct upper_done ... */
	UPPER_CQ_POLL = 0x0e,
	/* u32 id, u32 n, struct upper_wr ... -> u32 how many were posted */
	UPPER_OP_POST = 0x10,
	/* u32 id -> ; what is outstanding there completes, one way or another */
	UPPER_CANCEL = 0x12,
};

enum upper_status {
	UPPER_OK, UPPER_UNKNOWN, UPPER_BAD_FRAME, UPPER_BAD_LENGTH, UPPER_BAD_VALUE,
	UPPER_NO_SUCH, UPPER_NO_ROOM, UPPER_UNSUPPORTED, UPPER_FAILED,
};

/* QUERY: what this device can be asked for besides. */
enum upper_can {
	UPPER_CAN_CONNECT = 1,		/* EP_CREATE with UPPER_ACTIVE: it opens the context */
	UPPER_CAN_ADDRESS = 2,		/* regions at given addresses */
	UPPER_CAN_KEY = 4,		/* regions with given keys */
	UPPER_IS_VERBS = 8,		/* its queue pairs are those of verbs (chapter 47) */
};

enum upper_state {
	UPPER_CONNECTING, UPPER_CONNECTED, UPPER_REJECTED, UPPER_CLOSED, UPPER_ENDED_FAILED,
};

enum upper_ep_flags {
	UPPER_ACTIVE = 1,		/* it asks the tester; else the tester asks it */
	UPPER_ROD = 2,			/* ACTIVE: the mode; else what the device prefers */
	UPPER_NO_READ = 4, UPPER_NO_WRITE = 8, UPPER_NO_ATOMIC = 16,	/* nothing of that */
};

#define UPPER_RNR_FOR_EVER 7u		/* as verbs have it */

#define UPPER_EP_BYTES 48u
struct upper_ep {
	uint64_t peer_chip;
	uint32_t peer_qpn;		/* the tester's queue pair */
	uint32_t service;		/* ACTIVE: what to ask the tester for */
	uint32_t flags;			/* enum upper_ep_flags */
	uint32_t pd;			/* protection domain, a number of the tester's choice */
	uint32_t domain;
	uint32_t recvs;			/* receive buffers that the stub posts, and posts again */
	uint32_t recv_len;		/* bytes in each */
	uint32_t rnr_retry;		/* 0: the device's default; UPPER_RNR_FOR_EVER: no limit */
	uint32_t rnr_delay_ns;		/* that it asks for; 0: its default */
	uint32_t reserved;
};

enum upper_rights {
	UPPER_READ = 1, UPPER_WRITE = 2, UPPER_ATOMIC = 4, UPPER_RELAXED = 8, UPPER_INVALIDATE = 16,
};

#define UPPER_MR_BYTES 48u
struct upper_mr {
	uint64_t address;		/* wish; 0: none */
	uint64_t length;
	uint32_t key;			/* wish; 0: none */
	uint32_t rights;
	uint32_t pd, domain;
	uint32_t share;			/* key of a region whose very bytes it has; 0: its own */
	uint32_t pattern;		/* byte i at the start: pattern * i mod 256 */
	uint64_t reserved;
};

enum upper_do {
	UPPER_DO_SEND = 1, UPPER_DO_WRITE = 2, UPPER_DO_READ = 3, UPPER_DO_FADD = 4,
	UPPER_DO_CAS = 5, UPPER_DO_RECV = 6,
};

enum upper_wr_flags {
	UPPER_QUIET = 1,		/* no completion if it succeeds */
	UPPER_FENCE = 2,
	UPPER_SOLICITED = 4,
	UPPER_IMM = 8,
};

#define UPPER_MESSAGE_MAX 0x80000000u	/* bytes: what is longer goes to the device unchecked */

#define UPPER_WR_BYTES 64u
#define UPPER_POSTS ((UPPER_BODY - 8) / UPPER_WR_BYTES)	/* in one OP_POST */
struct upper_wr {
	uint64_t wid;
	uint32_t op;			/* enum upper_do */
	uint32_t flags;
	uint32_t length;
	uint32_t local_key;
	uint64_t local_address;
	uint64_t address;
	uint32_t key;
	uint32_t imm;
	uint64_t operand, compare;	/* FADD: addend; CAS: new value, and what must be there */
};

/* How work ended: the numbers of verbs' completions (40.8 maps statuses to them). */
enum upper_wc {
	UPPER_WC_SUCCESS = 0, UPPER_WC_LOC_LEN = 1, UPPER_WC_LOC_QP_OP = 2, UPPER_WC_LOC_PROT = 4,
	UPPER_WC_FLUSH = 5, UPPER_WC_REM_INV_REQ = 9, UPPER_WC_REM_ACCESS = 10,
	UPPER_WC_REM_OP = 11, UPPER_WC_RETRY_EXC = 12, UPPER_WC_RNR_RETRY_EXC = 13,
	UPPER_WC_OTHER = 255,
};

#define UPPER_DONE_BYTES 40u
struct upper_done {
	uint64_t wid;
	uint32_t id;			/* of the queue pair */
	uint32_t status;		/* enum upper_wc */
	uint32_t op;			/* enum upper_do */
	uint32_t length;		/* RECV: bytes that came */
	uint32_t imm;
	uint32_t flags;			/* UPPER_IMM: imm means something */
	uint64_t value;			/* FADD, CAS: the old value; 0 if the device does not say */
};

/* ---- the device's side ---------------------------------------------------------------- */

/*
 * What a device does.  Each returns UPPER_OK or why not; a function that is NULL is an op that the
 * device lacks, and QUERY does not list it.
 */
struct upper_ops {
	uint32_t level, flags, domain;
	uint64_t chip;
	unsigned (*reset)(void *dev, uint64_t seed);
	/* address: text, "" for the tester's own as the device knows it; not NUL-terminated. */
	unsigned (*ep_create)(void *dev, const struct upper_ep *ep, const char *address,
			      uint32_t length, uint32_t *id, uint32_t *qpn, uint32_t *service);
	unsigned (*ep_fail)(void *dev, uint32_t id);
	unsigned (*ep_destroy)(void *dev, uint32_t id);
	unsigned (*ep_state)(void *dev, uint32_t id, uint32_t *state, uint32_t *status,
			     uint32_t *qpn);
	unsigned (*mr_register)(void *dev, const struct upper_mr *mr, uint32_t *key,
				uint64_t *address);
	unsigned (*mr_invalidate)(void *dev, uint32_t key);
	/* Where the device has these bytes, all of them inside the region of that key; NULL: no. */
	uint8_t *(*bytes)(void *dev, uint32_t key, uint64_t address, uint64_t length);
	unsigned (*recv_post)(void *dev, uint32_t id, uint64_t wid, uint8_t *bytes, uint32_t length,
			      uint32_t key);
	/* The n-th counter: 1 and its value and name (at most 64 bytes), or 0. */
	int (*counter)(void *dev, uint32_t n, uint64_t *value, char name[64]);
	/* One completion: 1, or 0. */
	int (*poll)(void *dev, struct upper_done *done);
	/* bytes: those of the local buffer, NULL for FADD and CAS. */
	unsigned (*post)(void *dev, uint32_t id, const struct upper_wr *wr, uint8_t *bytes);
	unsigned (*cancel)(void *dev, uint32_t id);
};

struct upper {
	const struct upper_ops *ops;
	void *dev;
};

/*
 * One command of len bytes; its response into rsp[UPPER_FRAME], whose length is returned.  What is
 * no command is answered with BAD_FRAME.
 */
uint32_t upper_handle(const struct upper *u, const uint8_t *cmd, uint32_t len, uint8_t *rsp);

/* Little-endian, so many bytes. */
static inline uint64_t upper_get(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static inline void upper_put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

/* The header of a frame. */
void upper_head(uint8_t *frame, unsigned kind, unsigned op, unsigned status, uint32_t seq,
		uint32_t length);

/* SHA-256 of len bytes. */
void upper_sha256(const uint8_t *bytes, uint64_t len, uint8_t out[32]);

/* ---- over a serial line ----------------------------------------------------------------- */

/* A frame and its CRC16 (CCITT, big-endian), stuffed by COBS, and the 0 that ends it. */
#define UPPER_LINE (UPPER_FRAME + 2 + (UPPER_FRAME + 2) / 254 + 2)
/* Returns the bytes in line[UPPER_LINE]. */
uint32_t upper_to_line(const uint8_t *frame, uint32_t len, uint8_t *line);
/* What lay between two zeros back into frame[UPPER_FRAME]; its length, 0: it was damaged. */
uint32_t upper_from_line(const uint8_t *line, uint32_t len, uint8_t *frame);

struct upper_line {
	uint8_t in[UPPER_LINE];
	uint32_t n;			/* bytes in it; more than there is room for: skipped */
	uint8_t frame[UPPER_FRAME], rsp[UPPER_FRAME];
};
/*
 * A byte has come.  If it ends a whole command, that is done, and the answer is in out[UPPER_LINE]:
 * its length, else 0.
 */
uint32_t upper_line_byte(struct upper_line *l, const struct upper *u, uint8_t byte, uint8_t *out);

/* ---- through memory --------------------------------------------------------------------- */

/*
 * Two windows of 2 KiB and a doorbell each, as a tester reaches them by JTAG, PCIe or a debugger:
 * it writes a command and its length, then adds one to `asked`; the device writes the response,
 * then sets `answered` to that.
 */
struct upper_mailbox {
	volatile uint32_t asked, answered, length, reserved;
	uint8_t command[UPPER_FRAME], response[UPPER_FRAME];
};
/* Called again and again: 1 if a command was done. */
int upper_mailbox_turn(struct upper_mailbox *m, const struct upper *u);

#endif
