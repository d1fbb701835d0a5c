/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and hashes of the commands. */
#ifndef WEFT_TOOLS_DATA_H
#define WEFT_TOOLS_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct weft_port;

/* A file in memory, read only. */
struct file_map {
	const uint8_t *bytes;	/* NULL for an empty file */
	uint64_t len;
};

/* Map a regular file.  Returns EXIT_OK, or EXIT_FAILED having said why. */
int file_map(const char *path, struct file_map *m);
void file_unmap(struct file_map *m);
/* Write a file; "-" is stdout.  Returns EXIT_OK, or EXIT_FAILED having said why. */
int file_save(const char *path, const void *bytes, uint64_t len);

/*
 * What the host computes itself.  port is turned meanwhile, so that no chip takes a long
 * computation for our death; NULL: there is none.
 */
void sha256(struct weft_port *port, const void *bytes, uint64_t len, uint8_t out[SHA256_LEN]);
uint32_t crc32c_of(struct weft_port *port, const void *bytes, uint64_t len);
bool same_bytes(struct weft_port *port, const void *a, const void *b, uint64_t len);

#endif
