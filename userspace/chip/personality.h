/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The personality file: what a test device offers, the same at each start.
 *
 * This file decides the grammar.  One thing a line, `#` begins a comment:
 *
 *	region key=0x11 base=0x10000 len=65536 rights=rwa pattern=ramp7 domain=1 pd=1 relaxed=1
 *	region key=0x13 base=0x50000 len=65536 rights=w share=0x11 domain=1 pd=1
 *	datagrams qpn=0x700 qkey=0x5a5a domain=1 key=0x17 off=4096 room=512 count=8 refill=1
 *	receive buffers=8 len=4096 share=2
 *	offer without=RD,UD windows=16 tags=8
 *
 * region: rights: any of r, w, a, i (invalidate), or none.  pattern: zero, or ramp7 (byte i is
 * 7 * i mod 256).  share: the bytes of a region declared above, of the same length.  dead: the key
 * was valid once, and is no more.  key and len must be given.
 *
 * datagrams: a datagram queue of that number.  What it receives lies in the region of `key`, which
 * is declared above: the first at off, the next room bytes further, count of them; with refill=1
 * they are then used again from the first on, without there is no buffer any more.  echo=QKEY: an
 * unreliable one is sent back to where it came from, with that qkey.  qpn, key and room must be
 * given; without count there is no buffer at all.
 *
 * receive: streams take their receive buffers from a queue that they share.
 *
 * offer: what this device does not claim, and its limits for load and store; TRIM, PROBE, CREDIT,
 * ATOMICS, NARROW, MASKED, REDUCE, VISIBLE, SIGNAL, INV, MEM, RD, UD.
 */
#ifndef WEFT_USERSPACE_CHIP_PERSONALITY_H
#define WEFT_USERSPACE_CHIP_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_FIXED_MAX 64u		/* regions in a file */
#define CHIP_FIXED_LEN_MAX (64u << 20)	/* bytes in one */
#define CHIP_BOXES_MAX 16u		/* datagram queues in a file */

struct chip_fixed {
	uint32_t key;
	uint32_t share;		/* key of the region whose bytes these are; valid if shared */
	uint64_t base;
	uint64_t len;		/* bytes */
	uint32_t domain;
	uint32_t pd;
	unsigned rights;	/* WEFT_REMOTE_*, WEFT_RELAXED */
	bool shared, ramp, dead;
};

struct chip_box {		/* a datagram queue */
	uint32_t qpn, qkey, domain;
	uint32_t key;		/* of the region that it fills */
	uint32_t echo;		/* qkey of what is sent back; valid if echoes */
	uint32_t off, room, count;	/* bytes, bytes, buffers */
	bool refill, echoes;
};

struct chip_shared {		/* receive buffers of all streams */
	uint32_t buffers;	/* 0: each stream has its own */
	uint32_t len;		/* bytes in one */
	uint8_t share;		/* that messages of one stream hold at a time; 0: default */
};

struct chip_claims {
	uint32_t without;	/* WEFT_OFFER_* */
	uint16_t windows, tags;	/* 0: default */
};

enum chip_line_kind { CHIP_LINE_NONE, CHIP_LINE_REGION, CHIP_LINE_BOX, CHIP_LINE_SHARED,
		      CHIP_LINE_CLAIMS };

struct chip_line {
	enum chip_line_kind kind;
	unsigned number;		/* in its file */
	union {
		struct chip_fixed fixed;
		struct chip_box box;
		struct chip_shared shared;
		struct chip_claims claims;
	};
};

/*
 * Read one line.  Returns 0, or -EINVAL and, in err, what is wrong with it (without file and line
 * number), or -ENOMEM.
 */
int chip_line_parse(const char *line, struct chip_line *l, char *err, size_t errlen);

#endif
