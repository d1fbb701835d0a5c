/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools: first fit over a sorted list of free extents.  See pool.h. */
#include "userspace/chip/pool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "core/mutant.h"
#include "core/names.h"

struct chip_extent {
	uint64_t off, len;		/* bytes */
	struct chip_extent *next;
};

static uint64_t round_up(uint64_t len)
{
	return (len + CHIP_PAGE - 1) / CHIP_PAGE * CHIP_PAGE;
}

int chip_pool_init(struct chip_pool *p, enum weft_pool kind, uint8_t index, uint64_t size)
{
	void *m;

	memset(p, 0, sizeof(*p));
	if (!size || size > CHIP_POOL_MAX)
		return -EINVAL;
	size = round_up(size);
	p->free = malloc(sizeof(*p->free));
	if (!p->free)
		return -ENOMEM;
	m = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m == MAP_FAILED) {
		free(p->free);
		p->free = NULL;
		return -ENOMEM;
	}
	*p->free = (struct chip_extent){ .off = 0, .len = size };
	p->kind = kind;
	p->index = index;
	p->size = size;
	p->base = m;
	return 0;
}

void chip_pool_fini(struct chip_pool *p)
{
	while (p->free) {
		struct chip_extent *e = p->free;

		p->free = e->next;
		free(e);
	}
	if (p->base)
		munmap(p->base, p->size);
	memset(p, 0, sizeof(*p));
}

uint8_t *chip_pool_alloc(struct chip_pool *p, uint64_t len)
{
	struct chip_extent **at;
	uint64_t off;

	if (!len || len > p->size)
		return NULL;
	len = round_up(len);
	for (at = &p->free; *at && (*at)->len < len; at = &(*at)->next)
		;
	if (!*at)
		return NULL;
	off = (*at)->off;
	(*at)->off += len;
	(*at)->len -= len;
	if (!(*at)->len) {
		struct chip_extent *gone = *at;

		*at = gone->next;
		free(gone);
	}
	p->used += len;
	return p->base + off;
}

/* Merge e with the extent after it if they touch. */
static void merge_next(struct chip_extent *e)
{
	struct chip_extent *n = e->next;

	if (!n || e->off + e->len != n->off)
		return;
	e->len += n->len;
	e->next = n->next;
	free(n);
}

void chip_pool_free(struct chip_pool *p, uint8_t *bytes, uint64_t len)
{
	uint64_t off = (uint64_t)(bytes - p->base);
	struct chip_extent *prev = NULL, *next = p->free, *e;

	len = round_up(len);
	/* The system gives zeroed pages at the next touch: no tenant sees another's data. */
	if (!WEFT_MUTANT(ALLOC_DIRTY) && madvise(bytes, len, MADV_DONTNEED))
		memset(bytes, 0, len);
	p->used -= len;
	while (next && next->off < off) {
		prev = next;
		next = next->next;
	}
	if (prev && prev->off + prev->len == off) {
		prev->len += len;
		merge_next(prev);
		return;
	}
	e = malloc(sizeof(*e));
	if (!e)
		return;		/* the extent is lost until the chip restarts; nothing breaks */
	*e = (struct chip_extent){ .off = off, .len = len, .next = next };
	if (prev)
		prev->next = e;
	else
		p->free = e;
	merge_next(e);
}

uint64_t chip_pool_largest(const struct chip_pool *p)
{
	uint64_t most = 0;

	for (const struct chip_extent *e = p->free; e; e = e->next)
		most = e->len > most ? e->len : most;
	return most;
}

int chip_size_parse(const char *text, uint64_t *size)
{
	unsigned shift = 0;
	uint64_t v;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno)
		return -EINVAL;
	switch (toupper((unsigned char)*end)) {
	case 'K':
		shift = 10;
		break;
	case 'M':
		shift = 20;
		break;
	case 'G':
		shift = 30;
		break;
	case '\0':
		break;
	default:
		return -EINVAL;
	}
	if (shift && end[1])
		return -EINVAL;
	if (v > UINT64_MAX >> shift)
		return -EINVAL;
	*size = v << shift;
	return 0;
}

int chip_pool_parse(const char *text, enum weft_pool *kind, uint64_t *size)
{
	const char *colon = strchr(text, ':');
	uint64_t v;

	if (!colon || chip_size_parse(colon + 1, &v) || !v)
		return -EINVAL;
	for (unsigned k = WEFT_POOL_DDR; k <= WEFT_POOL_PMEM; k++) {
		const char *name = weft_pool_name(k);

		if (strlen(name) == (size_t)(colon - text) &&
		    !strncasecmp(text, name, strlen(name))) {
			*kind = (enum weft_pool)k;
			*size = v;
			return 0;
		}
	}
	return -EINVAL;
}
