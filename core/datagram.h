/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams: unreliable ones (UD) need no context, only these functions; reliable ones (RD) travel
 * on a context, which offers and uses them once the host has called weft_rd_init() on it.
 */
#ifndef WEFT_DATAGRAM_H
#define WEFT_DATAGRAM_H

#include "core/port.h"
#include "core/wire.h"

struct weft_pdc;
struct weft_view;

/* ---- Unreliable datagrams (dgram.c) --------------------------------------------------- */

#define WEFT_DGRAM_HDR_MAX \
	(WEFT_HDR_DELIVERY_LEN + WEFT_HDR_DGRAM_LEN + WEFT_HDR_GIDS_LEN + WEFT_HDR_IMM_LEN)

struct weft_dgram {
	uint32_t dst_qpn, src_qpn;
	uint32_t qkey;		/* the receiver's */
	uint32_t domain;
	uint32_t psn;		/* counts the datagrams of src_qpn */
	uint32_t imm;
	uint16_t len;		/* payload bytes */
	uint16_t entropy;
	uint8_t flags;		/* SE, IMM of enum weft_oflags */
	const struct weft_hdr_gids *gids;	/* go along; NULL: none */
};

/* The header of a datagram; payload and CRC follow it.  Returns its bytes. */
size_t weft_dgram_build(uint8_t *out, const struct weft_dgram *d);

struct weft_dgram_sink {	/* a queue pair that receives datagrams */
	uint32_t qkey;
	uint32_t domain;
	uint32_t room;		/* bytes of the receive buffer that is next */
	bool buffer;		/* there is one */
};

/* May v, a ROUTE_DGRAM packet, be received by q (NULL: nobody has that number)?  NONE, NO_STREAM,
 * DOMAIN, BAD_QKEY, NO_ROOM or OVERSIZE, the first that applies. */
enum weft_drop weft_dgram_judge(const struct weft_view *v, const struct weft_dgram_sink *q);

/* ---- Reliable datagrams (rd.c) -------------------------------------------------------- */

#define WEFT_RD_TAGS 256u

struct weft_rd_cfg {
	uint16_t tags;		/* 1..256: datagrams of ours outstanding */
	uint16_t answers;	/* 1..1024: the peer's datagrams not answered yet */
	uint8_t rnr_retry;	/* times one is sent again before RNR_RETRY_EXCEEDED; 7: no end */
	uint32_t rnr_delay_ns;	/* what we ask the peer to wait */
};

/* Bytes, 8-byte aligned; 0: cfg is out of range. */
size_t weft_rd_size(const struct weft_rd_cfg *cfg);
/* Give a context the service, before its first packet.  mem: kept as long as the context. */
int weft_rd_init(struct weft_pdc *pdc, void *mem, const struct weft_rd_cfg *cfg);

struct weft_rd_wr {
	uint64_t id;		/* given back in the completion */
	uint64_t local;		/* host's handle of the data, kept until it completes */
	uint32_t dst_qpn, src_qpn;
	uint32_t qkey;		/* the receiver's */
	uint32_t imm;
	uint16_t len;
	uint8_t flags;		/* SE, IMM of enum weft_oflags */
};

/* Post a datagram; ACT_COMPLETE_RD follows, in any order.  EFULL: all tags are used; EINVAL:
 * longer than a packet, or a number or flag that is none; ESTATE: the context is closing. */
int weft_rd_post(struct weft_pdc *pdc, const struct weft_rd_wr *wr);

#endif
