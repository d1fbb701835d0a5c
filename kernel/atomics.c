// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Atomics that are asked for: those of verbs and, for processes, every other of the protocol's.
 * Decides which exist, which may go to the peer and how the engine is asked; leaves to act.c their
 * buffers, and what the peers ask for.
 */
#include "kernel/atomics.h"

bool weftk_is_atomic(u32 opcode)
{
	return opcode == IB_WR_ATOMIC_CMP_AND_SWP || opcode == IB_WR_ATOMIC_FETCH_AND_ADD ||
	       opcode == WEFTK_WR_ATOMIC;
}

/* ---- Taken from a request --------------------------------------------------------------- */

void weftk_atomic_verbs(struct weftk_swqe *w, u64 addr, u32 rkey, u64 compare_add, u64 swap)
{
	bool cas = w->opcode == IB_WR_ATOMIC_CMP_AND_SWP;

	w->r.addr = addr;
	w->r.rkey = rkey;
	w->r.word = weft_atomic_whole(cas ? WEFT_AOP_CAS : WEFT_AOP_FADD, 8,
				      cas ? swap : compare_add, compare_add);
	w->r.masked = false;
}

/* WEFT-VRB-146 */
bool weftk_atomic_copy(struct weftk_swqe *w, const struct weft_abi_send *wr)
{
	w->r.addr = wr->any.addr;
	w->r.rkey = wr->any.rkey;
	w->r.masked = wr->any.flags & WEFT_ABI_AFLAG_MASKED;
	w->r.word = (struct weft_atomic){
		.operand = wr->any.operand, .compare = wr->any.compare,
		.operand_mask = wr->any.operand_mask, .compare_mask = wr->any.compare_mask,
		.aop = wr->any.aop, .width = wr->any.width,
	};
	if (weft_atomic_ok(&w->r.word) && !(wr->any.flags & ~WEFT_ABI_AFLAG_MASKED))
		return true;
	w->why = WEFT_ABI_WHY_NO_ATOMIC;
	return false;
}

/* ---- May it go? ------------------------------------------------------------------------- */

u32 weftk_atomics_of(u32 features)
{
	u32 bits = WEFT_ABI_ATOMICS_KNOWN;

	if (features & WEFT_FEATURES_ATOMICS)
		bits |= WEFT_ABI_ATOMICS_OPS;
	if (features & WEFT_FEATURES_NARROW)
		bits |= WEFT_ABI_ATOMICS_NARROW;
	if (features & WEFT_FEATURES_MASKED)
		bits |= WEFT_ABI_ATOMICS_MASKED;
	return bits;
}

/* WEFT-VRB-145: nobody reads it back but the process. */
void weftk_atomics_tell(struct weftk_qp *qp)
{
	if (qp->sq.ring.buf)
		WRITE_ONCE(qp->sq.ring.buf->atomics, weftk_atomics_of(qp->ep.features));
}

/* What it needs beyond FADD and CAS of 8 bytes. */
static u32 needs(const struct weftk_swqe *w)
{
	u32 f = w->r.word.aop == WEFT_AOP_FADD || w->r.word.aop == WEFT_AOP_CAS ? 0 :
		WEFT_FEATURES_ATOMICS;

	if (w->r.word.width != 8)
		f |= WEFT_FEATURES_NARROW;
	return w->r.masked ? f | WEFT_FEATURES_MASKED : f;
}

enum ib_wc_status weftk_atomic_check(const struct weftk_qp *qp, struct weftk_swqe *w)
{
	if (w->len < 8)		/* WEFT-VRB-148 */
		return IB_WC_LOC_LEN_ERR;
	if (w->r.addr & (w->r.word.width - 1)) {	/* WEFT-VRB-146 */
		w->why = WEFT_ABI_WHY_MISALIGNED;
		return IB_WC_LOC_QP_OP_ERR;
	}
	if (needs(w) & ~qp->ep.features) {		/* WEFT-VRB-147 */
		w->why = WEFT_ABI_WHY_PEER;
		return IB_WC_LOC_QP_OP_ERR;
	}
	return IB_WC_SUCCESS;
}

/* ---- With the engine -------------------------------------------------------------------- */

void weftk_atomic_ask(const struct weftk_swqe *w, struct weft_wr *wr)
{
	wr->opcode = WEFT_OPCODE_ATOMIC;
	wr->aop = (enum weft_aop)w->r.word.aop;
	wr->len = w->r.word.width;
	wr->operand = w->r.word.operand;
	wr->compare = w->r.word.compare;
	wr->operand_mask = w->r.word.operand_mask;
	wr->compare_mask = w->r.word.compare_mask;
	wr->masked = w->r.masked;
}

/* WEFT-VRB-149 */
enum ib_wc_opcode weftk_atomic_opcode(const struct weftk_swqe *w)
{
	return w->r.word.aop == WEFT_AOP_CAS ? IB_WC_COMP_SWAP : IB_WC_FETCH_ADD;
}
