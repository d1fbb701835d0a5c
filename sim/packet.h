/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets in flight: a pool addressed by index. A packet is its header bytes, as the engine wrote
 * them, and a count of payload bytes that never exist. What switches look at is in the first cache
 * line, with as much of the header as fits into two; longer headers are in a store of their own,
 * which is touched for them alone.
 */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdint.h>

#include "sim/event.h"

#define SIM_NO_PKT UINT32_MAX
#define SIM_HDR_MAX 192		/* header bytes of a packet, at most (core's WEFT_HDR_MAX) */

#define SIM_FABRIC_AT 4		/* byte of the delivery header that switches may change */
#define SIM_TRIMMED_WIRE 84	/* what a link carries of a trimmed packet: a shortest frame */

enum sim_ecn {
	SIM_ECN_CAPABLE = 1,	/* may be marked instead of dropped early */
	SIM_ECN_CE = 2		/* has been marked */
};

enum sim_astray {
	SIM_LOST = 1,
	SIM_LATE = 2
};

enum { SIM_HDR_NEAR = 64 };	/* header bytes that fit beside the rest */

struct sim_pkt {
	_Alignas(64) sim_time due;	/* when its last bit is at the far end of its wire */
	uint32_t next;		/* in the free list, or in that of its port */
	uint32_t src, dst;	/* chips */
	uint32_t wire_bytes;	/* what a link carries: headers, payload, frame, preamble and gap */
	uint32_t payload_bytes;	/* of the weft packet; nothing is stored */
	uint16_t entropy;	/* chooses among equal paths, with src and dst */
	uint8_t ecn;		/* enum sim_ecn */
	uint8_t hdr_bytes;	/* 0 in tests without an engine */
	uint32_t user;		/* the engine's hosts: the port it takes; others: flow number */
	uint32_t user2;		/* the engine's hosts: the context it is likely for, an index in
				 * hosts->pdc; others: sequence, with a flag for control */
	sim_time later;		/* SIM_LATE: so much */
	uint8_t astray;		/* 0, or an enum sim_astray: it will not arrive when it is due */
	uint8_t lane;		/* lanes.h: of the port that it waits at, or was sent by */
	uint8_t in_lane;	/* lanes.h: of the port that it came by */
	uint8_t hops;		/* lanes.h: switches that it has come to */
	union {
		uint32_t in;	/* lanes.h: port that it came by */
		uint32_t out;	/* without lanes: port of the next switch that it leaves by */
	};
	sim_time next_due;	/* on a wire: `due` of the next one there, if there is one */
	uint8_t hdr[SIM_HDR_NEAR];	/* see sim_pkt_hdr() */
};

struct sim_pool {
	struct sim_pkt *pkt;
	uint8_t (*far)[SIM_HDR_MAX];	/* longer headers */
	uint32_t size;		/* packets allocated */
	uint32_t used;		/* of these, taken at least once: memory beyond is not touched */
	uint32_t free;		/* head of the free list, SIM_NO_PKT if none is free */
	uint32_t live;		/* packets taken and not given back */
	uint32_t live_max;	/* the most there ever were */
};

/* Where the header of a packet is, by the length that it has now. */
static inline uint8_t *sim_pkt_hdr(const struct sim_pool *pool, uint32_t pkt)
{
	struct sim_pkt *k = &pool->pkt[pkt];

	return k->hdr_bytes <= SIM_HDR_NEAR ? k->hdr : pool->far[pkt];
}

/* Leaves the first `hdr_bytes` of the header, at most SIM_HDR_NEAR, and nothing else. */
void sim_pkt_cut(struct sim_pool *pool, uint32_t pkt, uint8_t hdr_bytes);

/* An empty pool. It grows as needed; out of memory ends the program. */
void sim_pool_init(struct sim_pool *pool);
void sim_pool_fini(struct sim_pool *pool);

/* A packet of unspecified content; pointers into the pool are void after this call. */
uint32_t sim_pkt_get(struct sim_pool *pool);
void sim_pkt_put(struct sim_pool *pool, uint32_t pkt);

#endif
