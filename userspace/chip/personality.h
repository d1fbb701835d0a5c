/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The personality file: what a test device's fixed regions are.
 *
 * This file decides the grammar.  One region a line, `#` begins a comment:
 *
 *	region key=0x11 base=0x10000 len=65536 rights=rwa pattern=ramp7 domain=1 pd=1 relaxed=1
 *	region key=0x13 base=0x50000 len=65536 rights=w share=0x11 domain=1 pd=1
 *
 * rights: any of r, w, a, or none.  pattern: zero, or ramp7 (byte i is 7 * i mod 256).  share: the
 * bytes of a region declared above, of the same length.  dead: the key was valid once, and is no
 * more.  key and len must be given.
 */
#ifndef WEFT_USERSPACE_CHIP_PERSONALITY_H
#define WEFT_USERSPACE_CHIP_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_FIXED_MAX 64u		/* regions in a file */
#define CHIP_FIXED_LEN_MAX (64u << 20)	/* bytes in one */

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

/*
 * Read one line.  Returns 1 and a region, 0 for a line that says nothing, or -EINVAL and, in err,
 * what is wrong with it (without file and line number).
 */
int chip_fixed_parse(const char *line, struct chip_fixed *f, char *err, size_t errlen);

#endif
