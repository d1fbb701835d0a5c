/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Load and store: small operations on windows of the peer's memory, of a context, not of a stream.
 *
 * A context offers and uses them once the host has called weft_ls_init() on it.  The requester
 * binds a window (weft_ls_bind(), answered by EV_WINDOW), then posts operations; what waits goes
 * together, up to 16 in a packet.  At the responder one packet brings about several actions:
 * weft_rx() gives the first, weft_rx_more() the others.
 */
#ifndef WEFT_LOADSTORE_H
#define WEFT_LOADSTORE_H

#include "core/port.h"
#include "core/wire.h"

struct weft_pdc;
struct weft_stream;
struct weft_txd;
struct weft_act;
struct weft_view;

#define WEFT_LS_TAGS 256u		/* operations outstanding in a context, at most */
#define WEFT_LS_WINDOWS 2048u

struct weft_ls_cfg {
	uint16_t windows;	/* 1..2048: of ours that the peer may bind, and of its that we do */
	uint16_t tags;		/* 1..256: operations outstanding, the peer's and ours */
	uint16_t peer_tags;	/* its LIMITS.mem_tags; 0: not known: WEFT_INITIAL_MEM_TAGS */
};

/* Bytes, 8-byte aligned; 0: cfg is out of range. */
size_t weft_ls_size(const struct weft_ls_cfg *cfg);
/* Give a context the service, before its first packet.  mem: kept as long as the context. */
int weft_ls_init(struct weft_pdc *pdc, void *mem, const struct weft_ls_cfg *cfg);

/*
 * Bind a window of ours to [addr, addr + len) of the peer's key.  qpn: the peer's queue pair whose
 * protection domain counts; 0: none.  EV_WINDOW tells the answer: act->arg the window, wc.status.
 * EINVAL; EFULL: no room for control just now; ESTATE: bound already, or operations or an earlier
 * bind of it are not answered.
 */
int weft_ls_bind(struct weft_pdc *pdc, uint16_t window, uint32_t qpn, uint32_t rkey, uint64_t addr,
		 uint64_t len);
int weft_ls_unbind(struct weft_pdc *pdc, uint16_t window);
/* The queue pair that a stream is connected to, for weft_ls_bind(); 0: not connected. */
uint32_t weft_stream_peer_qpn(const struct weft_stream *s);

struct weft_ls_op {
	uint64_t id;		/* given back in the completion */
	uint64_t local;		/* host's handle: of the data of a store, kept until it completes;
				 * where the data of a load go */
	uint64_t offset;	/* into the window, 36 bits */
	uint64_t operand;	/* atomics; MSTORE: the mask, first byte in the top bit */
	uint64_t compare;	/* CAS */
	uint16_t window;
	uint8_t code;		/* enum weft_memcode, a request */
	uint8_t size;		/* log2 of bytes; LOAD256, STORE256: 0 */
};

/*
 * Post up to n operations.  Returns how many were taken, fewer when tags are used up; each of them
 * completes by ACT_COMPLETE_LS, in any order.  None: EFULL; EINVAL: the first is malformed, or too
 * long for a packet; ESTATE: its window is not bound, or the context is closing.
 */
int weft_ls_post(struct weft_pdc *pdc, const struct weft_ls_op *ops, size_t n);

/*
 * The next action about the packet just given to weft_rx(), while its bytes are there.  Call it
 * until it returns false whenever weft_rx() returned true, before anything else on this context
 * but weft_done().
 */
bool weft_rx_more(struct weft_pdc *pdc, const struct weft_view *v, struct weft_act *act);

/* What follows the headers of a WEFT_SRC_LS packet, one piece for each operation: `inlined` bytes
 * of `bytes`, then len bytes of src, then `pad` zeros. */
struct weft_seg {
	uint64_t local;		/* SRC_WR */
	uint64_t addr;		/* SRC_MEM: check again with weft_mr_check(), pd and READ */
	uint32_t key, pd;	/* SRC_MEM */
	uint16_t len;
	uint8_t src;		/* enum weft_src: NONE, WR, MEM */
	uint8_t pad;
	uint8_t inlined;
	uint8_t bytes[16];
};

/* Fill segs[WEFT_MAX_MEMOPS]; returns how many.  Before any call on the context but weft_tx(). */
size_t weft_ls_segs(struct weft_pdc *pdc, const struct weft_txd *txd, struct weft_seg *segs);
/* The region of piece i is gone: do not send this packet; it is built again with a refusal. */
void weft_ls_seg_failed(struct weft_pdc *pdc, const struct weft_txd *txd, size_t i,
			enum weft_status st);

/* What belongs to an operation after the headers (memform.c). */
struct weft_memform {
	uint16_t head;		/* bytes of mask or operands */
	uint16_t data;		/* bytes of data, without the padding to a multiple of 4 */
	uint16_t load;		/* LOAD: bytes that the answer carries */
	bool answer;		/* it is no request */
};

/* False: the code is not known, or does not allow this size. */
bool weft_memform(const struct weft_hdr_memop *op, struct weft_memform *f);
/* WEFT-MEM-053 */
static inline uint32_t weft_memform_bytes(const struct weft_memform *f)
{
	return f->head + ((f->data + 3u) & ~3u);
}
/* The operation of the ATOMIC opcode that an atomic memory operation is; 0: it is none. */
enum weft_aop weft_memcode_aop(uint8_t code);

#endif
