/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet as a list of named fields, for people and for JSON.
 *
 * This file decides which headers follow which; how a header lies is the generated codec's.
 * Names are those of the specification, "op.msn", and the same as the dissector's without
 * "weft.".  Truncated packets are decoded as far as they go.
 */
#ifndef WEFT_TOOLS_DECODE_H
#define WEFT_TOOLS_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECODE_FIELDS_MAX 256u	/* a TELEMETRY of 82 counters has 176 */

enum decode_kind {
	DECODE_NUM,
	DECODE_HEX,	/* better read in hexadecimal */
	DECODE_ENUM,	/* name is set, or the value is unknown */
	DECODE_FLAGS,	/* names_of says what each bit is called */
	DECODE_TEXT,	/* bytes of the packet: text, len */
	DECODE_BYTES,	/* the same, better read in hexadecimal */
};

struct decode_field {
	const char *hdr, *name;		/* "op", "msn" */
	uint64_t v;
	const char *(*names_of)(unsigned v);	/* ENUM, FLAGS */
	const uint8_t *text;
	uint32_t len;
	enum decode_kind kind;
};

enum decode_crc { DECODE_CRC_NONE, DECODE_CRC_OK, DECODE_CRC_BAD };

struct decoded {
	struct decode_field f[DECODE_FIELDS_MAX];
	unsigned n;
	uint32_t payload;	/* bytes of payload in the packet */
	enum decode_crc crc;	/* NONE: the packet was cut before it, or is encrypted */
	const char *error;	/* why decoding stopped; NULL: it did not */
};

/* bytes: at least as long as len; the packet from its delivery header on. */
void decode_packet(struct decoded *d, const uint8_t *bytes, uint32_t len);

/* The first field of that name; NULL: there is none. */
const struct decode_field *decode_find(const struct decoded *d, const char *hdr,
				       const char *name);

/* One line for people, without time and addresses; returns buf. */
char *decode_line(const struct decoded *d, char *buf, size_t len);

/* "SYN,AR" of a flags field, "0" for none; returns buf. */
char *decode_flags(const struct decode_field *f, char *buf, size_t len);

#endif
