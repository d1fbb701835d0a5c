/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ideal fabric and an ideal transport would need: the closed forms that runs are compared
 * with. Nothing here simulates.
 *
 * Ring all-reduce of S bytes on n chips, chunks of c = S/n. In each of 2(n-1) steps every chip
 * sends one chunk to its neighbour and may only then send the one that it receives. A chunk is P
 * packets of at most M payload bytes; packet i has w_i bytes on the wire, and takes w_i/B there.
 * Over a path of h links of rate B and delay d each, store and forward, the chunk is there after
 *
 *	T(h) = sum w_i / B + (h - 1) max w_i / B + h d
 *
 * since the packets follow each other without a gap and only the longest is waited for again at
 * each switch. The chain of steps that passes the most leaves decides:
 *
 *	T = max over r of  sum over k = 0 .. 2(n-1)-1 of T(h of the path from rank r+k to r+k+1)
 *	    + (2(n-1) - 1) t
 *
 * with t the chip's turnaround between a chunk's arrival and the next one's posting. Split up:
 *
 *	bandwidth  2 (n-1)/n S/B
 *	headers    2 (n-1) (sum w_i - c) / B
 *	latency    the rest: the store-and-forward and delay terms of the slowest chain
 *	turnaround (2(n-1) - 1) t
 *
 * Links may differ: B is then the chip's link, and T(h) is computed packet by packet. Packets may
 * be spread over spines: they then wait for each other on the first and the last link only, so
 * that a last packet shorter than the others may overtake, and all spines together pass no more
 * than their rates add up to.
 *
 * If some link is so slow that it is still busy with a chunk when the next one comes (its
 * W = sum w_i / B' is more than some T), steps are bound by
 *
 *	arrival(r, k) = max(arrival(r-1, k-1) + t + T(path r), arrival(r, k-1) + W(path r))
 *
 * of which the form above is the case W <= T throughout.
 */
#ifndef SIM_CLOSED_H
#define SIM_CLOSED_H

#include "sim/event.h"
#include "sim/fabric.h"
#include "sim/scenario.h"

struct sim_ring_form {
	uint32_t chips, steps;		/* n, 2(n-1) */
	uint64_t chunk_bytes;		/* c */
	uint32_t packets;		/* P */
	uint64_t chunk_wire_bytes;	/* sum of w_i */
	sim_time total;
	sim_time bandwidth, headers, latency, turnaround;
	uint32_t first_rank;		/* r of the slowest chain */
	bool held;			/* some link is busy for longer than some T */
	sim_time path[3];	/* T within a leaf, across leaves, across pods; 0: no such path,
				 * or no Clos network */
};

/* Wire bytes of packet `i` of a chunk written with one WRITE with immediate. */
uint32_t sim_chunk_packet(const struct sim_scenario *sc, uint64_t chunk_bytes, uint32_t packets,
			  uint32_t i);

/*
 * The fabric that the scenario asks for. Returns 0, or -1 and why. sim_scenario_topology() is for
 * those that are sure of it.
 */
int sim_scenario_fabric(const struct sim_scenario *sc, struct sim_topology *t,
			char why[SIM_WHY_MAX]);
void sim_scenario_topology(const struct sim_scenario *sc, struct sim_topology *t);

/* Links of each tier, as the scenario says. */
void sim_scenario_links(const struct sim_scenario *sc, struct sim_link_cfg tier[SIM_TIERS]);

/* T(h) of one WRITE of `bytes`, with or without an immediate. */
sim_time sim_message_time(const struct sim_scenario *sc, const struct sim_topology *t,
			  uint32_t src, uint32_t dst, uint64_t bytes, bool imm);

/* Bytes on the wire of all its packets, without an immediate. */
uint64_t sim_message_bytes(const struct sim_scenario *sc, uint64_t bytes);

/* W: how long a chunk keeps the slowest link between two chips busy. */
sim_time sim_chunk_hold(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst);

/* T(h) of a chunk from one chip to another. */
sim_time sim_chunk_time(const struct sim_scenario *sc, const struct sim_topology *t, uint32_t src,
			uint32_t dst);

/* The form for rank r on chip place[r]. */
void sim_ring_form(const struct sim_scenario *sc, const struct sim_topology *t,
		   const uint32_t *place, struct sim_ring_form *out);

#endif
