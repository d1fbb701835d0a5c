/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures by libcrypto.
 */
#include "conformance/sign.h"
#include "conformance/archive.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The user id of SM2 that signatures have when nothing else is agreed. */
#define SM2_ID "1234567812345678"

struct wc_key {
	EVP_PKEY *pkey;
	bool sm2;
};

struct wc_key *wc_key_load(const char *path, bool private_, char *err, size_t errlen)
{
	FILE *f = fopen(path, "r");
	struct wc_key *k = calloc(1, sizeof(*k));

	if (f && k)
		k->pkey = private_ ? PEM_read_PrivateKey(f, NULL, NULL, NULL) :
			  PEM_read_PUBKEY(f, NULL, NULL, NULL);
	if (k && k->pkey && (EVP_PKEY_is_a(k->pkey, "ED25519") || EVP_PKEY_is_a(k->pkey, "SM2"))) {
		k->sm2 = EVP_PKEY_is_a(k->pkey, "SM2");
		fclose(f);
		return k;
	}
	snprintf(err, errlen, "%s: %s", path, !f ? strerror(errno) : k && k->pkey ?
		 "is a key of another kind than Ed25519 and SM2" : private_ ?
		 "holds no private key in PEM" : "holds no public key in PEM");
	if (f)
		fclose(f);
	wc_key_free(k);
	return NULL;
}

void wc_key_free(struct wc_key *k)
{
	if (k)
		EVP_PKEY_free(k->pkey);
	free(k);
}

void wc_key_id(const struct wc_key *k, char out[65])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k->pkey, &der);

	wc_hash_text(der, n > 0 ? (size_t)n : 0, out);
	OPENSSL_free(der);
}

const char *wc_key_kind(const struct wc_key *k)
{
	return k->sm2 ? "sm2" : "ed25519";
}

/* A context to sign or check with, or NULL. */
static EVP_MD_CTX *prepare(const struct wc_key *k, bool sign)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pk = k->sm2 ? EVP_PKEY_CTX_new(k->pkey, NULL) : NULL;
	const EVP_MD *hash = k->sm2 ? EVP_sm3() : NULL;
	bool good = md && (!k->sm2 || pk);

	if (good && pk) {
		good = EVP_PKEY_CTX_set1_id(pk, SM2_ID, strlen(SM2_ID)) > 0;
		EVP_MD_CTX_set_pkey_ctx(md, pk);
	}
	if (good)
		good = (sign ? EVP_DigestSignInit(md, NULL, hash, NULL, k->pkey) :
			EVP_DigestVerifyInit(md, NULL, hash, NULL, k->pkey)) > 0;
	if (good)
		return md;
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(pk);
	return NULL;
}

static void finish(const struct wc_key *k, EVP_MD_CTX *md)
{
	EVP_PKEY_CTX *pk = k->sm2 ? EVP_MD_CTX_get_pkey_ctx(md) : NULL;

	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(pk);
}

size_t wc_sign(const struct wc_key *k, const void *bytes, size_t n, uint8_t sig[WC_SIG_MAX])
{
	EVP_MD_CTX *md = prepare(k, true);
	size_t len = WC_SIG_MAX;

	if (!md)
		return 0;
	if (EVP_DigestSign(md, sig, &len, bytes, n) <= 0)
		len = 0;
	finish(k, md);
	return len;
}

bool wc_sign_check(const struct wc_key *k, const void *bytes, size_t n, const uint8_t *sig,
		   size_t siglen)
{
	EVP_MD_CTX *md = prepare(k, false);
	bool good;

	if (!md)
		return false;
	good = EVP_DigestVerify(md, sig, siglen, bytes, n) == 1;
	finish(k, md);
	return good;
}

char *wc_base64(const void *bytes, size_t n)
{
	char *out = malloc((n + 2) / 3 * 4 + 1);

	if (out)
		EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
	return out;
}

uint8_t *wc_base64_back(const char *text, size_t *n)
{
	size_t len = strlen(text);
	uint8_t *out = len % 4 ? NULL : malloc(len / 4 * 3 + 1);
	int got = out ? EVP_DecodeBlock(out, (const unsigned char *)text, (int)len) : -1;
	char *again;
	bool same;

	if (got < 0) {
		free(out);
		return NULL;
	}
	while (len && text[len - 1] == '=') {
		len--;
		got--;
	}
	*n = (size_t)got;
	again = wc_base64(out, *n);	/* one text for one meaning */
	same = again && !strcmp(again, text);
	free(again);
	if (same)
		return out;
	free(out);
	return NULL;
}
