/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4), for the hash chain of a transcript.
 */
#ifndef WEFT_CONFORMANCE_SHA256_H
#define WEFT_CONFORMANCE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct wc_sha256 {
	uint32_t h[8];
	uint64_t bytes;		/* taken so far */
	uint8_t block[64];	/* bytes % 64 of them are filled */
};

void wc_sha256_init(struct wc_sha256 *s);
void wc_sha256_add(struct wc_sha256 *s, const void *data, size_t len);
void wc_sha256_end(struct wc_sha256 *s, uint8_t out[32]);

#endif
