/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What weft.ko's devices can do beyond verbs: atomics of every kind that the protocol has, on words
 * of 1, 2, 4 and 8 bytes, with masks.  Entries of the provider itself: link with -lweftdv.
 *
 * They work with devices and queue pairs that Weft's own provider drives (user_abi=weft), that is
 * where weftdv_is_supported() says so; queue pairs are of type RC.  Functions that return an int
 * give 0 or an errno, as verbs do.  Any thread may call them at any time, as it may verbs.
 */
#ifndef WEFTDV_H
#define WEFTDV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of the word, which has the operation's width. */
enum weftdv_aop {
	WEFTDV_FADD = 1,	/* word + operand */
	WEFTDV_CAS = 2,		/* operand if the word equals compare, else the word */
	WEFTDV_SWAP = 3,	/* operand */
	WEFTDV_MIN = 4,		/* the smaller of word and operand, signed */
	WEFTDV_MAX = 5,
	WEFTDV_UMIN = 6,	/* unsigned */
	WEFTDV_UMAX = 7,
	WEFTDV_AND = 8,
	WEFTDV_OR = 9,
	WEFTDV_XOR = 10,
};

/* Is the device one of Weft's, driven by this provider? */
bool weftdv_is_supported(struct ibv_device *device);

/*
 * Which atomics there are: an operation, a width and masks that are all named here go together.
 * FADD and CAS of 8 bytes without masks are always there.
 */
struct weftdv_atomics {
	uint32_t aops;		/* bits 1 << enum weftdv_aop */
	uint32_t widths;	/* sum of 1, 2, 4 and 8, as far as there are such words: bytes */
	uint32_t masked;	/* 1: with masks too */
	uint32_t reserved;
};

/*
 * Those that the device offers; bytes: sizeof(*attr), so that later versions may know more: what
 * this one does not know becomes 0.  EOPNOTSUPP: not a device for this, or weft.ko is too old.
 * EINVAL: bytes less than 8.
 */
int weftdv_query_device(struct ibv_context *ctx, struct weftdv_atomics *attr, size_t bytes);
/*
 * Those that the queue pair's peer offers too, which are those that can be posted.  EAGAIN: it is
 * not connected yet; what is posted then and turns out not to be offered completes with
 * IBV_WC_LOC_QP_OP_ERR.  Others as weftdv_query_device().
 */
int weftdv_query_qp(struct ibv_qp *qp, struct weftdv_atomics *attr, size_t bytes);

struct weftdv_atomic {
	uint64_t remote_addr;	/* of the word: a multiple of width */
	uint64_t operand;	/* addend, or new value; low bits if the word is narrow */
	uint64_t compare;	/* CAS */
	uint64_t operand_mask;	/* bits of the word that may change; read if masked */
	uint64_t compare_mask;	/* CAS: bits that are compared; FADD: bits that nothing is carried
				 * out of, which end a field; read if masked */
	uint32_t rkey;		/* gives IBV_ACCESS_REMOTE_ATOMIC */
	uint8_t aop;		/* enum weftdv_aop */
	uint8_t width;		/* bytes of the word: 1, 2, 4 or 8 */
	uint8_t masked;		/* 1: the masks count; 0: all may change, is compared, carries */
	uint8_t reserved;	/* 0 */
};

struct weftdv_atomic_wr {
	uint64_t wr_id;
	struct weftdv_atomic_wr *next;
	struct ibv_sge *sg_list;	/* at least 8 bytes: where the old value goes */
	int num_sge;
	unsigned int send_flags;	/* IBV_SEND_FENCE, _SIGNALED, _SOLICITED */
	struct weftdv_atomic atomic;
};

/*
 * Post atomics, as ibv_post_send() does other requests, between which they keep their order.  The
 * buffers get the word's old value as 8 bytes in this machine's order, zero-extended.  The
 * completion's opcode is IBV_WC_COMP_SWAP for CAS and IBV_WC_FETCH_ADD for every other.
 *
 * On failure *bad is the first request that was not posted.  EINVAL: no such operation or width, an
 * address that is no multiple of it, buffers of less than 8 bytes or too many, IBV_SEND_INLINE, a
 * queue pair not of type RC or not in RTS yet.  EOPNOTSUPP: not a queue pair for this, or its peer
 * does not offer it.  ENOMEM: the queue is full.  What only weft.ko finds out completes with
 * IBV_WC_LOC_QP_OP_ERR, vendor_err being one of enum weftdv_why.
 */
int weftdv_post_atomic(struct ibv_qp *qp, struct weftdv_atomic_wr *wr,
		       struct weftdv_atomic_wr **bad);
/*
 * The same between ibv_wr_start() and ibv_wr_complete(), which tells what was wrong: wr_id and
 * wr_flags are qp's, ibv_wr_set_sge() or _set_sge_list() follow.  For a queue pair made with
 * send_ops_flags, any of them.
 */
void weftdv_wr_atomic(struct ibv_qp_ex *qp, const struct weftdv_atomic *atomic);

/* Why weft.ko refused an atomic: vendor_err. */
enum weftdv_why {
	WEFTDV_WHY_NONE = 0,
	WEFTDV_WHY_NO_ATOMIC = 1,	/* no such operation, width or flag */
	WEFTDV_WHY_MISALIGNED = 2,	/* the address is not a multiple of the width */
	WEFTDV_WHY_PEER = 3,		/* the peer does not offer it */
};

#ifdef __cplusplus
}
#endif

#endif
