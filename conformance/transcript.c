/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transcripts in memory and on disk.
 *
 * File: the line MAGIC, then records of
 *	kind 1, flags 1, name length 2, byte count 4, time 8, value 8, name, bytes
 * big-endian, then the 32 bytes of the chain's head.
 */
#include "conformance/transcript.h"
#include "conformance/file.h"
#include "conformance/sha256.h"
#include "conformance/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC	"weft-transcript 1\n"
#define FIXED	24u

static void *must(void *p)
{
	if (!p) {
		fputs("weft-conform: out of memory\n", stderr);
		exit(3);
	}
	return p;
}

static void pack_fixed(const struct wc_rec *r, uint8_t out[FIXED])
{
	out[0] = (uint8_t)r->kind;
	out[1] = r->flags;
	wc_put(out + 2, strlen(r->name), 2);
	wc_put(out + 4, r->len, 4);
	wc_put(out + 8, r->t_ns, 8);
	wc_put(out + 16, r->value, 8);
}

static void chain(struct wc_transcript *t, const struct wc_rec *r)
{
	struct wc_sha256 s;
	uint8_t fixed[FIXED];

	pack_fixed(r, fixed);
	wc_sha256_init(&s);
	wc_sha256_add(&s, t->head, sizeof(t->head));
	wc_sha256_add(&s, fixed, FIXED);
	wc_sha256_add(&s, r->name, strlen(r->name));
	wc_sha256_add(&s, r->bytes, r->len);
	wc_sha256_end(&s, t->head);
}

void wc_transcript_init(struct wc_transcript *t)
{
	memset(t, 0, sizeof(*t));
}

void wc_transcript_free(struct wc_transcript *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free((char *)(uintptr_t)t->rec[i].name);
		free((uint8_t *)(uintptr_t)t->rec[i].bytes);
	}
	free(t->rec);
	memset(t, 0, sizeof(*t));
}

size_t wc_transcript_add(struct wc_transcript *t, const struct wc_rec *r)
{
	struct wc_rec *copy;
	uint8_t *bytes;

	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 256;
		t->rec = must(realloc(t->rec, t->room * sizeof(*t->rec)));
	}
	copy = &t->rec[t->count];
	*copy = *r;
	copy->name = must(strdup(r->name ? r->name : ""));
	bytes = must(malloc(r->len ? r->len : 1));
	if (r->len)
		memcpy(bytes, r->bytes, r->len);
	copy->bytes = bytes;
	chain(t, copy);
	return t->count++;
}

int wc_transcript_save(const struct wc_transcript *t, const char *path)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		return -errno;
	fputs(MAGIC, f);
	for (size_t i = 0; i < t->count; i++) {
		const struct wc_rec *r = &t->rec[i];
		uint8_t fixed[FIXED];

		pack_fixed(r, fixed);
		fwrite(fixed, 1, FIXED, f);
		fwrite(r->name, 1, strlen(r->name), f);
		fwrite(r->bytes, 1, r->len, f);
	}
	fwrite(t->head, 1, sizeof(t->head), f);
	return wc_file_close(f);
}

/* One record from the n bytes at p; bytes taken, or 0 if it leaves them or makes no sense. */
static size_t load_rec(struct wc_transcript *t, const uint8_t *p, size_t n)
{
	struct wc_rec r = { 0 };
	char name[256];
	size_t name_len;

	if (n < FIXED || p[0] < WC_R_VALUE || p[0] >= WC_R_KINDS)
		return 0;
	name_len = (size_t)wc_get(p + 2, 2);
	r.kind = (enum wc_kind)p[0];
	r.flags = p[1];
	r.len = (uint32_t)wc_get(p + 4, 4);
	r.t_ns = wc_get(p + 8, 8);
	r.value = wc_get(p + 16, 8);
	if (name_len >= sizeof(name) || n - FIXED < name_len || n - FIXED - name_len < r.len)
		return 0;
	memcpy(name, p + FIXED, name_len);
	name[name_len] = 0;
	r.name = name;
	r.bytes = p + FIXED + name_len;
	wc_transcript_add(t, &r);
	return FIXED + name_len + r.len;
}

static int load_all(struct wc_transcript *t, const uint8_t *p, size_t n)
{
	size_t at = strlen(MAGIC), step;

	if (n < at + sizeof(t->head) || memcmp(p, MAGIC, at))
		return -EBADMSG;
	n -= sizeof(t->head);
	for (; at < n; at += step) {
		step = load_rec(t, p + at, n - at);
		if (!step)
			return -EBADMSG;
	}
	return memcmp(p + n, t->head, sizeof(t->head)) ? -EBADMSG : 0;
}

int wc_transcript_parse(struct wc_transcript *t, const uint8_t *bytes, size_t n)
{
	int rc;

	wc_transcript_init(t);
	rc = load_all(t, bytes, n);
	if (rc)
		wc_transcript_free(t);
	return rc;
}

int wc_transcript_load(struct wc_transcript *t, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t n = 0, room = 0, got;
	int rc;

	wc_transcript_init(t);
	if (!f)
		return -errno;
	do {
		if (n == room)
			p = must(realloc(p, room = room ? room * 2 : 65536));
		got = fread(p + n, 1, room - n, f);
		n += got;
	} while (got);
	rc = ferror(f) ? -EIO : load_all(t, p, n);
	fclose(f);
	free(p);
	if (rc)
		wc_transcript_free(t);
	return rc;
}
