/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in memory, their archive and their root.
 */
#include "conformance/archive.h"
#include "conformance/file.h"
#include "conformance/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK	512u
#define ALL_MAX	(512u * 1024u * 1024u)	/* bytes of an archive that is read */

/* ---- files ------------------------------------------------------------------------------ */

static bool good_path(const char *p)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+._-/";

	return *p && *p != '/' && strlen(p) < WC_PATH_MAX && !strstr(p, "..") &&
	       strspn(p, letters) == strlen(p);
}

const struct wc_file *wc_files_find(const struct wc_files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->file[i].path, path))
			return &f->file[i];
	return NULL;
}

static void set(struct wc_file *file, uint8_t *bytes, size_t len)
{
	file->bytes = bytes;
	file->len = len;
}

int wc_files_put(struct wc_files *f, const char *path, const void *bytes, size_t len)
{
	struct wc_file *old = (struct wc_file *)(uintptr_t)wc_files_find(f, path), *more;
	uint8_t *copy = malloc(len + 1);
	size_t at = f->count;

	if (!good_path(path) || !copy) {
		free(copy);
		return good_path(path) ? -ENOMEM : -EINVAL;
	}
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = 0;
	if (old) {
		free(old->bytes);
		set(old, copy, len);
		return 0;
	}
	more = realloc(f->file, (f->count + 1) * sizeof(*more));
	if (!more) {
		free(copy);
		return -ENOMEM;
	}
	f->file = more;
	while (at && strcmp(more[at - 1].path, path) > 0) {
		more[at] = more[at - 1];
		at--;
	}
	f->count++;
	snprintf(more[at].path, sizeof(more[at].path), "%s", path);
	set(&more[at], copy, len);
	return 0;
}

void wc_files_free(struct wc_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->file[i].bytes);
	free(f->file);
	memset(f, 0, sizeof(*f));
}

/* The bytes of a file, the caller's to free; NULL with errno set. */
static uint8_t *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *p;

	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) || st.st_size > (off_t)ALL_MAX) {
		fclose(f);
		errno = EFBIG;
		return NULL;
	}
	p = malloc((size_t)st.st_size + 1);
	*len = p ? fread(p, 1, (size_t)st.st_size, f) : 0;
	fclose(f);
	return p;
}

static int read_below(struct wc_files *f, const char *folder, const char *below, char *err,
		      size_t errlen);

static int take(struct wc_files *f, const char *folder, const char *path, char *err, size_t errlen)
{
	char full[1200];
	struct stat st;
	uint8_t *p;
	size_t len;
	int rc;

	snprintf(full, sizeof(full), "%s/%s", folder, path);
	if (lstat(full, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return read_below(f, folder, path, err, errlen);
	p = S_ISREG(st.st_mode) ? slurp(full, &len) : NULL;
	rc = p ? wc_files_put(f, path, p, len) : -EINVAL;
	if (rc)
		snprintf(err, errlen, "%s: is no plain file with a plain name", full);
	free(p);
	return rc;
}

static int read_below(struct wc_files *f, const char *folder, const char *below, char *err,
		      size_t errlen)
{
	char full[1200], path[512];
	struct dirent *e;
	int rc = 0;
	DIR *d;

	snprintf(full, sizeof(full), "%s/%s", folder, below);
	d = opendir(full);
	if (!d) {
		snprintf(err, errlen, "%s: %s", full, strerror(errno));
		return -ENOENT;
	}
	while (!rc && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", below, *below ? "/" : "", e->d_name);
		rc = take(f, folder, path, err, errlen);
	}
	closedir(d);
	return rc;
}

int wc_files_read(struct wc_files *f, const char *folder, char *err, size_t errlen)
{
	return read_below(f, folder, "", err, errlen);
}

/* ---- ustar ------------------------------------------------------------------------------ */

static unsigned checksum(const uint8_t h[BLOCK])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	return sum;
}

static void header(const struct wc_file *file, uint8_t h[BLOCK])
{
	char *p = (char *)h;

	memset(h, 0, BLOCK);
	snprintf(p, 100, "%s", file->path);
	snprintf(p + 100, 8, "%07o", 0644u);
	snprintf(p + 108, 8, "%07o", 0u);
	snprintf(p + 116, 8, "%07o", 0u);
	snprintf(p + 124, 12, "%011zo", file->len);
	snprintf(p + 136, 12, "%011o", 0u);
	p[156] = '0';
	memcpy(p + 257, "ustar\00000", 8);
	snprintf(p + 329, 8, "%07o", 0u);
	snprintf(p + 337, 8, "%07o", 0u);
	snprintf(p + 148, 8, "%06o", checksum(h));
	p[155] = ' ';
}

int wc_archive_write(const struct wc_files *f, const char *path)
{
	static const uint8_t zero[2 * BLOCK];
	FILE *out = fopen(path, "wb");

	if (!out)
		return -errno;
	for (size_t i = 0; i < f->count; i++) {
		uint8_t h[BLOCK];

		header(&f->file[i], h);
		fwrite(h, 1, BLOCK, out);
		fwrite(f->file[i].bytes, 1, f->file[i].len, out);
		fwrite(zero, 1, (BLOCK - f->file[i].len % BLOCK) % BLOCK, out);
	}
	fwrite(zero, 1, sizeof(zero), out);
	return wc_file_close(out);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	return !n;
}

/* One member at p of n bytes: bytes taken, 0: the archive is no good, SIZE_MAX: it ends well. */
static size_t member(struct wc_files *f, const uint8_t *p, size_t n)
{
	struct wc_file file;
	uint8_t again[BLOCK];
	size_t len, padded;

	if (n == 2 * BLOCK && is_zero(p, n))
		return SIZE_MAX;
	if (n < BLOCK || !memchr(p, 0, 100))
		return 0;
	len = strtoull((const char *)p + 124, NULL, 8);
	padded = (len + BLOCK - 1) / BLOCK * BLOCK;
	snprintf(file.path, sizeof(file.path), "%s", (const char *)p);
	file.len = len;
	header(&file, again);
	if (memcmp(again, p, BLOCK) || len > ALL_MAX || padded > n - BLOCK)
		return 0;
	if (!is_zero(p + BLOCK + len, padded - len) || wc_files_find(f, file.path))
		return 0;
	return wc_files_put(f, file.path, p + BLOCK, len) ? 0 : BLOCK + padded;
}

int wc_archive_read(struct wc_files *f, const char *path, char *err, size_t errlen)
{
	size_t n = 0, at = 0, step = 0;
	uint8_t *p = slurp(path, &n);

	if (!p) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -errno;
	}
	for (; at < n; at += step) {
		step = member(f, p + at, n - at);
		if (step == 0 || step == SIZE_MAX)
			break;
	}
	free(p);
	if (step == SIZE_MAX)
		return 0;
	snprintf(err, errlen, "%s: is no archive that weft-conform bundle wrote, or was changed at "
		 "byte %zu", path, at);
	return -EBADMSG;
}

/* ---- hashes ----------------------------------------------------------------------------- */

static void leaf(const struct wc_file *file, uint8_t out[32])
{
	static const uint8_t zero;
	struct wc_sha256 s;
	uint8_t sum[32];

	wc_sha256_init(&s);
	wc_sha256_add(&s, file->bytes, file->len);
	wc_sha256_end(&s, sum);
	wc_sha256_init(&s);
	wc_sha256_add(&s, &zero, 1);
	wc_sha256_add(&s, file->path, strlen(file->path) + 1);
	wc_sha256_add(&s, sum, sizeof(sum));
	wc_sha256_end(&s, out);
}

void wc_files_root(const struct wc_files *f, const char *except, uint8_t root[32])
{
	static const uint8_t one = 1;
	uint8_t (*node)[32] = calloc(f->count + 1, 32);
	size_t n = 0;

	memset(root, 0, 32);
	if (!node)
		abort();
	for (size_t i = 0; i < f->count; i++)
		if (!except || strcmp(f->file[i].path, except))
			leaf(&f->file[i], node[n++]);
	while (n > 1) {
		size_t up = 0;

		for (size_t i = 0; i + 1 < n; i += 2) {
			struct wc_sha256 s;

			wc_sha256_init(&s);
			wc_sha256_add(&s, &one, 1);
			wc_sha256_add(&s, node[i], 64);
			wc_sha256_end(&s, node[up++]);
		}
		if (n & 1)
			memcpy(node[up++], node[n - 1], 32);
		n = up;
	}
	memcpy(root, node[0], 32);
	free(node);
}

void wc_hash_text(const void *bytes, size_t len, char out[65])
{
	struct wc_sha256 s;
	uint8_t sum[32];

	wc_sha256_init(&s);
	wc_sha256_add(&s, bytes, len);
	wc_sha256_end(&s, sum);
	for (unsigned i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", sum[i]);
}
