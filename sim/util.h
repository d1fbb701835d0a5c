/* SPDX-License-Identifier: BSD-2-Clause */
/* The few things every file of the simulator needs: memory that does not fail, and last words. */
#ifndef SIM_UTIL_H
#define SIM_UTIL_H

#include <stddef.h>
#include <stdio.h>

/* Prints "weft-sim: ..." to standard error and ends the program with status 2. */
_Noreturn void sim_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* realloc() of count * size bytes; ends the program if there is no memory. free() it. */
void *sim_resize(void *p, size_t count, size_t size);

/* Zeroed memory of count * size bytes; ends the program if there is none. free() it. */
void *sim_zalloc(size_t count, size_t size);

/* The same, aligned to 256 bytes; size is a multiple of 64. */
void *sim_zalloc_aligned(size_t count, size_t size);

/*
 * Memory of whole pages, zero where it was never touched, `from` elements of which exist (NULL: 0):
 * makes it `to`, not fewer. It moves without being copied and takes no room before it is touched.
 * Ends the program if there is none. Release it with sim_pages_free().
 */
void *sim_pages_resize(void *p, size_t from, size_t to, size_t size);
void sim_pages_free(void *p, size_t count, size_t size);

/* Asks for large pages below such memory: what is looked at all over costs fewer walks then. */
void sim_pages_large(void *p, size_t count, size_t size);

/* Where a reader is in a file, and where it says what is wrong with it. */
struct sim_spot {
	const char *path;
	unsigned line;		/* from 1 on */
	char *why;		/* holds `size` bytes */
	size_t size;
};

/* Says "path:line: ..."; returns -1. */
int sim_bad(const struct sim_spot *at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * A whole file and a zero behind it, *n bytes without that; free() it. NULL: it cannot be read, or
 * has more than `most` bytes (EFBIG); errno says why.
 */
char *sim_slurp(const char *path, size_t most, size_t *n);

/*
 * A file that people find under its name when it is whole: until then it is NAME.part. NULL: errno
 * says why.
 */
FILE *sim_create(const char *name);
/* Returns 0, or -1: errno says why, and what could be written is in NAME.part. */
int sim_created(FILE *f, const char *name);

/*
 * Has the cache line of `p` fetched: it will be looked at soon. The empty asm keeps gcc from taking
 * a function that does nothing else for one without effect, and leaving it out.
 */
static inline void sim_fetch(const void *p)
{
	__builtin_prefetch(p, 1);
	__asm__ volatile("");
}

#endif
