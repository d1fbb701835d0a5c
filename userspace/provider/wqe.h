/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work requests as programs write them, into elements of a ring.  Knows neither the library's
 * inside nor the kernel, so that it is tested without both.
 */
#ifndef WEFT_PROVIDER_WQE_H
#define WEFT_PROVIDER_WQE_H

#include <stdbool.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#include "kernel/uapi/weft-abi.h"
#include "weftdv.h"

/* What a queue takes. */
struct weft_limits {
	uint32_t ops;		/* bit 1 << opcode: may be posted with ibv_post_send() */
	uint32_t max_sge;
	uint32_t max_inline;	/* bytes; a multiple of 16 */
};

/* The operations of a kind of queue pair. */
uint32_t weft_ops_of(enum ibv_qp_type type);

/* The number that weft.ko knows an address handle by. */
struct weft_ah {
	struct ibv_ah ah;
	uint32_t number;
};

/*
 * Fill an element, with room for lim's buffers and inline bytes behind it.  Returns 0, or EINVAL:
 * not of this kind of queue pair, too many buffers, too many bytes inline.
 */
int weft_fill_send(struct weft_abi_send *to, const struct ibv_send_wr *wr,
		   const struct weft_limits *lim, bool ud);
/*
 * An atomic by weftdv.h.  offered: WEFT_ABI_ATOMICS_* of the peer.  weft_fill_atomic() leaves out
 * what every request has, and the buffers.  EINVAL: there is none such, its address is no multiple
 * of its width, too many buffers, or less than the old value's 8 bytes.  EOPNOTSUPP: not offered.
 */
int weft_fill_atomic(struct weft_abi_send *to, const struct weftdv_atomic *a, uint32_t offered);
int weft_fill_atomic_wr(struct weft_abi_send *to, const struct weftdv_atomic_wr *wr,
			uint32_t offered, uint32_t max_sge);
int weft_fill_recv(struct weft_abi_recv *to, const struct ibv_recv_wr *wr, uint32_t max_sge);

#endif
