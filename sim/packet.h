/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets in flight: a pool addressed by index. A packet is its header bytes, as the engine wrote
 * them, and a count of payload bytes that never exist. What switches look at, often, is apart from
 * what the ends do, once, so that it is dense in caches; headers longer than nearly all are in a
 * store of their own.
 */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdbool.h>
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

enum { SIM_HDR_NEAR = 56 };	/* header bytes that fit beside the rest */

/* What the fabric looks at: two packets to a cache line. */
struct sim_pkt {
	_Alignas(32) sim_time due;	/* on a wire: when the last bit of the next one there, if
					 * there is one, is at the far end; in an interface
					 * (nic.h): when it is through */
	uint32_t next;		/* in a list of its port */
	uint32_t src, dst;	/* chips */
	uint32_t wire_bytes;	/* what a link carries: headers, payload, frame, preamble and gap */
	uint32_t out;		/* without lanes: port of the next switch that it leaves by */
	uint16_t entropy;	/* chooses among equal paths, with src and dst */
	uint8_t ecn;		/* enum sim_ecn */
	bool small : 1;		/* it has no payload */
	bool lost : 1;		/* it will not arrive */
	bool late : 1;		/* nor will it when it is due: see struct sim_pkt_more */
};

/* What its ends look at: a cache line. */
struct sim_load {
	_Alignas(64) uint32_t note;	/* its host's; host.c: the context that it is likely for,
					 * an index in hosts->pdc */
	uint16_t payload_bytes;	/* of the weft packet; nothing is stored */
	uint8_t port;		/* that the engine wants it to take */
	uint8_t hdr_bytes;	/* 0: sent without an engine */
	union {
		uint8_t hdr[SIM_HDR_NEAR];	/* see sim_pkt_hdr() */
		uint32_t far;			/* longer ones: index in the pool's */
		struct {
			uint32_t flow, what;	/* without an engine: its sender's */
		};
	};
};

/* What few runs need, and no other touches. */
struct sim_pkt_more {
	sim_time later;		/* of a late one: so much */
	uint32_t in;		/* lanes.h: port that it came by */
	uint8_t lane;		/* lanes.h: of the port that it waits at, or was sent by */
	uint8_t in_lane;	/* lanes.h: of the port that it came by */
	uint8_t hops;		/* lanes.h: switches that it has come to */
};

struct sim_pool {
	struct sim_pkt *pkt;
	struct sim_load *load;
	struct sim_pkt_more *more;
	uint32_t size;		/* packets allocated */
	uint32_t used;		/* of these, taken at least once: memory beyond is not touched */
	uint32_t *free;		/* those given back, the latest last */
	uint32_t n_free;
	uint32_t live;		/* packets taken and not given back */
	uint32_t live_max;	/* the most there ever were */

	uint8_t (*far)[SIM_HDR_MAX];	/* longer headers */
	uint32_t far_size, far_used;	/* as size and used */
	uint32_t far_free;		/* head of a list through their first bytes */
};

/* Where the header of a packet is. */
static inline uint8_t *sim_pkt_hdr(const struct sim_pool *pool, uint32_t pkt)
{
	struct sim_load *l = &pool->load[pkt];

	return l->hdr_bytes <= SIM_HDR_NEAR ? l->hdr : pool->far[l->far];
}

/*
 * Gives a packet room for a header of `hdr_bytes`, at most SIM_HDR_MAX, and returns where. It has
 * none yet, or one of SIM_HDR_NEAR bytes at most. Earlier results for other packets are void.
 */
uint8_t *sim_pkt_set_hdr(struct sim_pool *pool, uint32_t pkt, uint32_t hdr_bytes);

/* Leaves the first `hdr_bytes` of the header, at most SIM_HDR_NEAR, and nothing else. */
void sim_pkt_cut(struct sim_pool *pool, uint32_t pkt, uint8_t hdr_bytes);

/* An empty pool. It grows as needed; out of memory ends the program. */
void sim_pool_init(struct sim_pool *pool);
void sim_pool_fini(struct sim_pool *pool);

/*
 * A packet without header, of otherwise unspecified content; pointers into the pool are void after
 * this call.
 */
uint32_t sim_pkt_get(struct sim_pool *pool);
void sim_pkt_put(struct sim_pool *pool, uint32_t pkt);

#endif
