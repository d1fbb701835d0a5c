/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Randomness without state. Every random decision of a run is a hash of the seed, a purpose, and
 * the identity of the thing that decides (a port and its packet count, a leaf and a flow), so it
 * depends neither on the order in which decisions are taken nor on how a run is split into parts.
 * What is drawn, and from which purpose, is for the callers.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdint.h>

/* One purpose per kind of decision: the same numbers never feed two of them. */
enum sim_purpose {
	SIM_FOR_TIES = 1,	/* order of events at equal times */
	SIM_FOR_ECMP = 2,	/* choice among equal paths */
	SIM_FOR_ECN = 3,	/* marking between kmin and kmax */
	SIM_FOR_ENGINE = 4,	/* seeds given to the protocol engines */
	SIM_FOR_PLACEMENT = 5,	/* which chip has which rank */
	SIM_FOR_TEST = 6,	/* draws of tests and benchmarks */
	SIM_FOR_FLOWS = 7,	/* when flows begin, between whom, how long */
	SIM_FOR_LOSS = 8,	/* which packets a wire loses */
	SIM_FOR_BACKGROUND = 9,	/* flows beside a workload */
	SIM_FOR_SWEEP = 10	/* values of a sweep's runs */
};

/* A bijective 64-bit mixer, the finaliser of SplitMix64: every bit in moves every bit out. */
static inline uint64_t sim_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Hash of three words; and in two steps, for many of which the first word is the same. */
static inline uint64_t sim_hash3_begin(uint64_t a)
{
	return sim_mix(a + 0x9e3779b97f4a7c15u);
}

static inline uint64_t sim_hash3_end(uint64_t begun, uint64_t b, uint64_t c)
{
	return sim_mix(sim_mix(begun ^ b) + c);
}

static inline uint64_t sim_hash3(uint64_t a, uint64_t b, uint64_t c)
{
	return sim_hash3_end(sim_hash3_begin(a), b, c);
}

/* The key that one purpose uses in one run. */
static inline uint64_t sim_key(uint64_t seed, enum sim_purpose why)
{
	return sim_hash3(seed, (uint64_t)why, 0x57454654u);
}

/* Maps 64 random bits to [0, 1). */
static inline double sim_share(uint64_t random)
{
	return (double)(random >> 11) * 0x1p-53;
}

/* Maps 64 random bits to [0, n) without division; n > 0. The bias is below n / 2^32. */
static inline uint32_t sim_below(uint64_t random, uint32_t n)
{
	return (uint32_t)((random >> 32) * n >> 32);
}

#endif
