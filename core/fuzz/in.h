/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A fuzzer's input as a stream of decisions; when it is used up, all further ones are 0. */
#ifndef WEFT_FUZZ_IN_H
#define WEFT_FUZZ_IN_H

#include "core/port.h"

struct in {
	const uint8_t *p;
	size_t left;
};

static inline uint32_t in_u8(struct in *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline uint32_t in_u32(struct in *in)
{
	uint32_t x = in_u8(in);

	x = x << 8 | in_u8(in);
	x = x << 8 | in_u8(in);
	return x << 8 | in_u8(in);
}

#endif
