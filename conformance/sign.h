/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and signatures, by libcrypto: Ed25519, and SM2 with SM3 where the library has it.
 */
#ifndef WEFT_CONFORMANCE_SIGN_H
#define WEFT_CONFORMANCE_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WC_SIG_MAX 128u

struct wc_key;

/* A key in a PEM file, private or public.  NULL, with one sentence in err. */
struct wc_key *wc_key_load(const char *path, bool private_, char *err, size_t errlen);
void wc_key_free(struct wc_key *k);
/* SHA-256 of the public key as SubjectPublicKeyInfo, in hexadecimal. */
void wc_key_id(const struct wc_key *k, char out[65]);
/* "ed25519" or "sm2". */
const char *wc_key_kind(const struct wc_key *k);

/* Length of the signature of n bytes, at most WC_SIG_MAX; 0: it did not work. */
size_t wc_sign(const struct wc_key *k, const void *bytes, size_t n, uint8_t sig[WC_SIG_MAX]);
bool wc_sign_check(const struct wc_key *k, const void *bytes, size_t n, const uint8_t *sig,
		   size_t siglen);

/* Base64 with padding: the text is the caller's to free; NULL: out of memory. */
char *wc_base64(const void *bytes, size_t n);
/* And back: bytes, the caller's to free, and how many; NULL: not the base64 of anything. */
uint8_t *wc_base64_back(const char *text, size_t *n);

#endif
