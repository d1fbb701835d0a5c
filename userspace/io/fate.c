/* SPDX-License-Identifier: BSD-2-Clause */
/* The impairment shim's dice: counter-based, so no draw depends on another. */
#include "userspace/io/impair.h"

__extension__ typedef unsigned __int128 u128;

enum draw { D_LOSE, D_DUP, D_REORDER, D_SPAN, D_CORRUPT, D_WHERE, D_JITTER };

/* A bijective scramble of 64 bits: every input bit moves about half of the output bits. */
static uint64_t scramble(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	return x;
}

/* Three rounds, one for each coordinate; the odd constants keep 0, 1, 2... apart. */
static uint64_t roll(uint64_t seed, enum impair_side side, uint64_t k, enum draw what)
{
	uint64_t x = scramble(seed + 0x9e3779b97f4a7c15u);

	x = scramble(x + ((uint64_t)what * 2 + (uint64_t)side + 1) * 0xa0761d6478bd642fu);
	return scramble(x + (k + 1) * 0xe7037ed1a0b428dbu);
}

/* |x| of 2^64 mapped evenly to 0 .. n - 1. */
static uint64_t below(uint64_t x, uint64_t n)
{
	return (uint64_t)(((u128)x * n) >> 64);
}

static bool chance(uint64_t x, uint64_t billionths)
{
	return below(x, 1000000000u) < billionths;
}

struct impair_fate wio_impair_fate(const struct impair_law *l, enum impair_side side, uint64_t k)
{
	struct impair_fate f = {
		.lose = chance(roll(l->seed, side, k, D_LOSE), l->loss),
		.dup = chance(roll(l->seed, side, k, D_DUP), l->dup),
		.corrupt = chance(roll(l->seed, side, k, D_CORRUPT), l->corrupt),
		.where = roll(l->seed, side, k, D_WHERE),
	};

	if (chance(roll(l->seed, side, k, D_REORDER), l->reorder))
		f.behind = 1 + (uint32_t)below(roll(l->seed, side, k, D_SPAN), l->span);
	if (l->jitter_ns)
		f.jitter_ns = below(roll(l->seed, side, k, D_JITTER), l->jitter_ns + 1);
	return f;
}
