/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets in flight: a pool addressed by index. A packet is its header bytes, as the engine wrote
 * them, and a count of payload bytes that never exist. What switches look at is in 32 bytes; the
 * header bytes lie apart and are touched where a packet is made and where it is consumed.
 */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdint.h>

#define SIM_NO_PKT UINT32_MAX
#define SIM_HDR_MAX 192		/* header bytes of a packet, at most (core's WEFT_HDR_MAX) */

#define SIM_FABRIC_AT 4		/* byte of the delivery header that switches may change */
#define SIM_TRIMMED_WIRE 84	/* what a link carries of a trimmed packet: a shortest frame */

enum sim_ecn {
	SIM_ECN_CAPABLE = 1,	/* may be marked instead of dropped early */
	SIM_ECN_CE = 2		/* has been marked */
};

struct sim_pkt {
	uint32_t next;		/* in a queue, or in the free list */
	uint32_t src, dst;	/* chips */
	uint32_t wire_bytes;	/* what a link carries: headers, payload, frame, preamble and gap */
	uint32_t payload_bytes;	/* of the weft packet; nothing is stored */
	uint16_t entropy;	/* chooses among equal paths, with src and dst */
	uint8_t ecn;		/* enum sim_ecn */
	uint8_t hdr_bytes;	/* bytes in the header store; 0 in tests without an engine */
	uint32_t user;		/* for hosts without an engine: flow number */
	uint32_t user2;		/* for hosts without an engine: sequence, with a flag for control */
};

struct sim_pool {
	struct sim_pkt *pkt;
	uint8_t (*hdr)[SIM_HDR_MAX];
	uint32_t size;		/* packets allocated */
	uint32_t free;		/* head of the free list, SIM_NO_PKT if none is free */
	uint32_t live;		/* packets taken and not given back */
	uint32_t live_max;	/* the most there ever were */
};

/* An empty pool. It grows as needed; out of memory ends the program. */
void sim_pool_init(struct sim_pool *pool);
void sim_pool_fini(struct sim_pool *pool);

/* A packet of unspecified content; pointers into the pool are void after this call. */
uint32_t sim_pkt_get(struct sim_pool *pool);
void sim_pkt_put(struct sim_pool *pool, uint32_t pkt);

#endif
