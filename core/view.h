/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet says, taken from its bytes once (parse.c), and whom it is for.  core/weft.h, the
 * engine's interface, includes it.
 */
#ifndef WEFT_VIEW_H
#define WEFT_VIEW_H

#include "core/port.h"
#include "core/wire.h"

/* ---- The door: bytes to a struct, once (parse.c) ------------------------------------ */

/* A parsed packet.  Pointers reach into the packet's bytes. */
struct weft_view {
	struct weft_hdr_delivery d;
	struct weft_hdr_syn syn;	/* meaningful if d.flags & SYN */
	union {
		struct {
			struct weft_hdr_op op;
			union {
				struct weft_hdr_send send;
				struct weft_hdr_write write;
				struct weft_hdr_read read;
				struct weft_hdr_read_rsp read_rsp;
				struct weft_hdr_atomic atomic;
				struct weft_hdr_atomic_rsp atomic_rsp;
				struct weft_hdr_tack tack;
				struct weft_hdr_reduce reduce;
				struct weft_hdr_flush flush;
				struct weft_hdr_rd rd;
				struct weft_hdr_rd_rsp rd_rsp;
			} u;
			struct weft_hdr_amask amask;	/* meaningful if atomic.flags & MASKED */
			struct weft_hdr_imm imm;	/* meaningful if op.flags & IMM */
			struct weft_hdr_inv inv;	/* meaningful if op.flags & INV */
			struct weft_hdr_signal signal;	/* meaningful if op.flags & SIGNAL */
		} data;
		struct {
			struct weft_hdr_ack h;
			const uint8_t *words;		/* h.words * 8 bytes */
		} ack;
		struct {
			struct weft_hdr_nack h;
			const uint8_t *ranges;		/* h.count * WEFT_HDR_RANGE_LEN */
		} nack;
		struct {
			const uint8_t *tlvs;
			uint32_t len;
		} ctrl;
		struct {
			struct weft_hdr_probe h;
		} probe;
		struct {
			struct weft_hdr_credit h;
		} credit;
		struct {
			const uint8_t *ops;	/* n * WEFT_HDR_MEMOP_LEN bytes */
			const uint8_t *data;	/* what belongs to them, len bytes */
			uint16_t len;
			uint8_t n;
			bool answers;		/* all of them; else all are requests */
		} mem;
		struct {
			struct weft_hdr_dgram h;
			struct weft_hdr_gids gids;	/* meaningful if h.parts & GIDS */
			struct weft_hdr_imm imm;	/* meaningful if h.flags & IMM */
		} dgram;
	} b;
	const uint8_t *bytes;		/* the packet's first byte */
	const uint8_t *payload;		/* DATA, DGRAM: their length bytes; the engine never
					 * reads them */
	uint32_t crc_off;		/* where the CRC lies; bytes covered by it */
	uint32_t used;			/* bytes of the packet, CRC included; the rest is padding */
	bool ce;			/* host: the IP header said CE; fabric.CE adds */
	uint8_t port;			/* host: the port of ours by which it came, where a context
					 * has several */
};

/*
 * Parse a packet.  Reads headers only: a host that has no payload bytes (simulator) passes
 * the length they would have.  Returns NONE, SHORT, VERSION, TYPE, MALFORMED or TRIMMED; on
 * VERSION and TRIMMED only v->d is valid.  WEFT-PKT-001, -002, -003, -007.
 */
enum weft_drop weft_parse(struct weft_view *v, const uint8_t *bytes, uint32_t len);

/* Does the CRC match?  Reads the whole packet; a host with an offload need not call it. */
bool weft_crc_ok(const struct weft_view *v);

enum weft_routes {
	WEFT_ROUTE_CONTEXT,	/* v->d.pdc_id is ours: look it up, check with weft_rx() */
	WEFT_ROUTE_OPEN,	/* SYN to pdc_id 0: look up (syn.chip_id, syn.pdc_id), or admit */
	WEFT_ROUTE_REMOTE,	/* NACK NO_CONTEXT: look up (source address, nack.h.echo_pdc) */
	WEFT_ROUTE_ALONE,	/* CTRL without a context: HELLO, NEIGHBOUR, VERSION_REJECT */
	WEFT_ROUTE_DGRAM,	/* for queue pair b.dgram.h.dst_qpn: weft_dgram_judge() */
	WEFT_ROUTE_NONE,	/* pdc_id 0 on a packet that needs a context */
};
enum weft_routes weft_route(const struct weft_view *v);

/* ---- CRC32C (crc32c.c) -------------------------------------------------------------- */

/* Continue a CRC32C over len bytes; begin with 0.  Table driven; hosts may use their own. */
uint32_t weft_crc32c(uint32_t crc, const void *data, size_t len);
/* CRC of a packet's header bytes with the mutable bytes taken as zero (WEFT-PKT-005). */
uint32_t weft_crc_header(const uint8_t *hdr, size_t len);
/* Select a faster implementation for the whole process; NULL restores the table. */
void weft_crc32c_override(uint32_t (*fn)(uint32_t crc, const void *data, size_t len));

#endif
