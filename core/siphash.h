/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SipHash-2-4, a keyed hash of short messages: Aumasson and Bernstein, INDOCRYPT 2012. */
#ifndef WEFT_SIPHASH_H
#define WEFT_SIPHASH_H

#include "core/port.h"

/* key: the 16 bytes of the key as two little-endian words. */
uint64_t siphash24(const uint64_t key[2], const uint8_t *in, size_t len);

#endif
