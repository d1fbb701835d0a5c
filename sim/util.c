/* SPDX-License-Identifier: BSD-2-Clause */
/* See util.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/util.h"

enum { PATH_ROOM = 4096 };

void sim_die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("weft-sim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

void *sim_resize(void *p, size_t count, size_t size)
{
	void *q;

	if (size && count > SIZE_MAX / size)
		sim_die("out of memory: %zu elements of %zu bytes", count, size);
	q = realloc(p, count && size ? count * size : 1);
	if (!q)
		sim_die("out of memory: %zu bytes", count * size);
	return q;
}

void *sim_zalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		sim_die("out of memory: %zu elements of %zu bytes", count, size);
	return p;
}

void *sim_zalloc_aligned(size_t count, size_t size)
{
	bool fits = !size || count <= (SIZE_MAX - 255) / size;
	void *p = fits ? aligned_alloc(256, (count * size + 255) & ~(size_t)255) : NULL;

	if (!p)
		sim_die("out of memory: %zu elements of %zu bytes", count, size);
	memset(p, 0, count * size);
	return p;
}

void *sim_pages_resize(void *p, size_t from, size_t to, size_t size)
{
	void *q;

	if (to > SIZE_MAX / size)
		sim_die("out of memory: %zu elements of %zu bytes", to, size);
	q = p ? mremap(p, from * size, to * size, MREMAP_MAYMOVE) :
		mmap(NULL, to * size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (q == MAP_FAILED)
		sim_die("out of memory: %zu bytes", to * size);
	return q;
}

void sim_pages_free(void *p, size_t count, size_t size)
{
	if (p)
		munmap(p, count * size);
}

void sim_pages_large(void *p, size_t count, size_t size)
{
	madvise(p, count * size, MADV_HUGEPAGE);	/* refused: slower, not wrong */
}

int sim_bad(const struct sim_spot *at, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(at->why, at->size, "%.300s:%u: ", at->path, at->line);

	if (n < 0 || (size_t)n >= at->size)
		return -1;
	va_start(ap, fmt);
	vsnprintf(at->why + n, at->size - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

char *sim_slurp(const char *path, size_t most, size_t *n)
{
	FILE *f = fopen(path, "rb");
	size_t size = 1 << 16;
	char *text = NULL;
	int err = 0;

	if (!f)
		return NULL;
	for (*n = 0;; size *= 2) {
		text = sim_resize(text, size, 1);
		errno = 0;
		*n += fread(text + *n, 1, size - 1 - *n, f);
		if (*n < size - 1 || *n > most)
			break;
	}
	if (ferror(f))
		err = errno ? errno : EIO;
	else if (*n > most)
		err = EFBIG;
	fclose(f);
	if (err) {
		free(text);
		errno = err;
		return NULL;
	}
	text[*n] = '\0';
	return text;
}

static void part_of(char part[PATH_ROOM], const char *name)
{
	snprintf(part, PATH_ROOM, "%.4000s.part", name);
}

FILE *sim_create(const char *name)
{
	char part[PATH_ROOM];

	part_of(part, name);
	return fopen(part, "w");
}

int sim_created(FILE *f, const char *name)
{
	char part[PATH_ROOM];
	int err = 0;

	part_of(part, name);
	if (ferror(f) || fflush(f))
		err = errno ? errno : EIO;
	if (fclose(f) && !err)
		err = errno;
	if (!err && rename(part, name))
		err = errno;
	errno = err;
	return err ? -1 : 0;
}
