/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture that somebody else took: which of its frames are Weft's, and which ends talk in it.
 * What they say is judged elsewhere (passive.h).
 */
#ifndef WEFT_CONFORMANCE_CAPTURE_H
#define WEFT_CONFORMANCE_CAPTURE_H

#include "conformance/frame.h"
#include "userspace/io/io.h"

#include <stdio.h>

#define WC_CAPTURE_MAX 250000u	/* packets that are judged at a time: those behind are left out */

/* One that sends Weft packets. */
struct wc_end {
	struct wio_addr addr;	/* that it is sent to at, where that is seen */
	uint64_t sent, received;	/* packets */
	uint64_t chip;		/* Chip ID; 0: it did not say */
};

struct wc_seen {
	uint64_t t_ns;
	uint8_t *bytes;		/* into the file */
	uint32_t len;
	unsigned frame;
	struct wio_addr src, dst;
	unsigned from, to;	/* number of the end, from 1; 0: none, or all of them */
	bool good;		/* well-formed, and its CRC is right */
};

struct wc_capture {
	uint8_t *file;		/* owned */
	size_t size;
	struct wc_seen *pkt;	/* of Weft, by time */
	unsigned n;
	struct wc_end *end;
	unsigned ends;
	unsigned frames;	/* all of the file */
	unsigned cut;		/* kept in part only (a snap length) */
	unsigned trimmed, secured;	/* by a switch; encrypted: nothing to judge */
	unsigned cooked;	/* raw Ethernet without its destination (captured on "any") */
	unsigned beyond;	/* behind the first WC_CAPTURE_MAX */
	uint64_t dropped;	/* that the capture itself says it lost */
};

/* 0, or a negative errno with one sentence in err; then there is nothing to free. */
int wc_capture_load(struct wc_capture *c, const char *path, char *err, size_t errlen);
/* The same of bytes in memory, which become c's, also when it fails. */
int wc_capture_parse(struct wc_capture *c, uint8_t *bytes, size_t n, char *err, size_t errlen);
void wc_capture_free(struct wc_capture *c);

/*
 * Which end text names: an address ("10.0.0.2", "10.0.0.2:49190", "[::1]:4000", a MAC address) or a
 * Chip ID of 16 hexadecimal digits.  Its number from 1, or 0 with the beginning of a sentence in
 * err that wc_capture_tell() ends.
 */
unsigned wc_capture_device(const struct wc_capture *c, const char *text, char *err, size_t errlen);
/* The ends, a line each. */
void wc_capture_tell(const struct wc_capture *c, FILE *to);

#endif
