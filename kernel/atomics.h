/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Atomics that are asked for (atomics.c), for whoever handles work requests. */
#ifndef WEFTK_ATOMICS_H
#define WEFTK_ATOMICS_H

#include "kernel/verbs.h"

bool weftk_is_atomic(u32 opcode);
/* One of verbs', w->opcode says which. */
void weftk_atomic_verbs(struct weftk_swqe *w, u64 addr, u32 rkey, u64 compare_add, u64 swap);
/* One of a process's; false, w->why: there is none such. */
bool weftk_atomic_copy(struct weftk_swqe *w, const struct weft_abi_send *wr);
/* Features of chips as WEFT_ABI_ATOMICS_*; and to the process, those that both ends have. */
u32 weftk_atomics_of(u32 features);
void weftk_atomics_tell(struct weftk_qp *qp);
/* May it be sent?  w->why if not.  In the turn. */
enum ib_wc_status weftk_atomic_check(const struct weftk_qp *qp, struct weftk_swqe *w);
void weftk_atomic_ask(const struct weftk_swqe *w, struct weft_wr *wr);
enum ib_wc_opcode weftk_atomic_opcode(const struct weftk_swqe *w);

#endif
