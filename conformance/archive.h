/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run as one file: its files in memory, their hashes and Merkle root, and the archive (ustar, so
 * that tar opens it).  Knows nothing of what the files mean.
 */
#ifndef WEFT_CONFORMANCE_ARCHIVE_H
#define WEFT_CONFORMANCE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WC_PATH_MAX 100u	/* with its NUL; what ustar's name field holds */

struct wc_file {
	char path[WC_PATH_MAX];	/* relative, of letters, digits, '.', '_', '-' and '/' */
	uint8_t *bytes;
	size_t len;
};

/* Files sorted by path. */
struct wc_files {
	struct wc_file *file;
	size_t count;
};

/* Add a copy of len bytes as path, instead of an earlier one.  0, or a negative errno. */
int wc_files_put(struct wc_files *f, const char *path, const void *bytes, size_t len);
const struct wc_file *wc_files_find(const struct wc_files *f, const char *path);
void wc_files_free(struct wc_files *f);

/* All files below folder.  0, or a negative errno with one sentence in err. */
int wc_files_read(struct wc_files *f, const char *folder, char *err, size_t errlen);

/* As an archive.  0, or a negative errno. */
int wc_archive_write(const struct wc_files *f, const char *path);
/*
 * And back.  0, or a negative errno with one sentence in err: also for an archive that holds
 * anything but plain files, a path twice, or bytes after its end.
 */
int wc_archive_read(struct wc_files *f, const char *path, char *err, size_t errlen);

/*
 * Root of the Merkle tree over the files in order, without `except` (or NULL): a leaf is SHA-256 of
 * 0, path, 0 and the hash of the bytes; a node of 1 and its two parts; an odd one moves up.
 */
void wc_files_root(const struct wc_files *f, const char *except, uint8_t root[32]);

/* Hash of len bytes in hexadecimal. */
void wc_hash_text(const void *bytes, size_t len, char out[65]);

#endif
