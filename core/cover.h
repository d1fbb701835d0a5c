/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Do the pieces placed make up the message, none twice (WEFT-SEM-045, WEFT-SEM-095)?  Their bytes
 * do add up; the pieces placed out of order are summed up as end less start, places having been
 * scattered over 64 bits.  If the sum is that of the one piece that is missing behind what came in
 * order, each end but the last was a start and each start but the first an end; and as pieces only
 * lead forward, they are one chain without a branch.
 */
#ifndef WEFT_CORE_COVER_H
#define WEFT_CORE_COVER_H

#include "core/weft.h"

static inline uint64_t cover_place(uint32_t off)
{
	uint64_t z = off * 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* What a piece [from, to) placed out of order adds to the sum; also what the sum must be. */
static inline uint64_t cover_piece(uint32_t from, uint32_t to)
{
	return cover_place(to) - cover_place(from);
}

/* All len bytes were placed: contig of them in order, the others summed up in cover. */
static inline bool cover_whole(uint32_t contig, uint64_t cover, uint32_t len)
{
	return contig == len ? !cover : cover == cover_piece(contig, len);
}

#endif
