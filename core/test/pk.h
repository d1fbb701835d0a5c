/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets for tests: the way back from a struct weft_view to bytes.  A test makes a view, or
 * takes one that weft_parse() gave and changes it, and gets a packet with the right CRC.
 */
#ifndef WEFT_TEST_PK_H
#define WEFT_TEST_PK_H

#include "core/weft.h"

#define PK_MAX 4096

/*
 * Writes v to out[PK_MAX], CRC included, and returns the bytes.  Payload, bitmap words, ranges
 * and TLVs come from where v points; a NULL payload is a ramp that begins with the PSN.
 */
uint32_t pk_build(uint8_t *out, const struct weft_view *v);

/* Puts the CRC of bytes[0..len) behind them; returns the whole length. */
uint32_t pk_seal(uint8_t *bytes, uint32_t len);

/* A TLV at `at`, padded; returns the bytes. */
uint32_t pk_tlv(uint8_t *at, uint16_t type, const void *value, uint16_t len);

/*
 * Changes one field of v, which `field` chooses, to what `value` says: near what it was, an edge,
 * or anything.  Bytes that v points to are copied to scratch[PK_MAX] and changed there.
 */
void pk_mutate(struct weft_view *v, uint32_t field, uint32_t value, uint8_t *scratch);

#endif
