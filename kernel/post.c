// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a send work request says: a kernel user's, and a process's, copied into a slot.  Decides
 * which requests a kind of queue pair takes; leaves keys and lengths to whoever executes them.
 */
#include "kernel/atomics.h"

/* WEFT-VRB-010: which operations belong to which kind of queue pair. */
bool weftk_swqe_allowed(const struct weftk_qp *qp, u32 opcode)
{
	switch (opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
		return true;
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return !weftk_is_ud(qp);
	case IB_WR_SEND_WITH_INV:
	case IB_WR_RDMA_READ:
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
	case IB_WR_LOCAL_INV:
	case IB_WR_FLUSH:
	case IB_WR_ATOMIC_WRITE:
		return qp->ib.qp_type == IB_QPT_RC;
	case IB_WR_REG_MR:
		return qp->ib.qp_type == IB_QPT_RC && !qp->user;
	case IB_WR_BIND_MW:
		return !weftk_is_ud(qp) && qp->user;
	case WEFTK_WR_ATOMIC:
		return qp->ib.qp_type == IB_QPT_RC && qp->user;
	default:
		return false;
	}
}

static bool has_data(u32 opcode)
{
	return opcode != IB_WR_LOCAL_INV && opcode != IB_WR_REG_MR && opcode != IB_WR_BIND_MW &&
	       opcode != IB_WR_FLUSH;
}

/* ---- Kernel users' ------------------------------------------------------------------- */

static void fill_inline(struct weftk_swqe *w, const struct ib_send_wr *wr)
{
	u8 *to = w->bytes;
	int i;

	for (i = 0; i < wr->num_sge; i++) {
		memcpy(to, ib_virt_dma_to_ptr(wr->sg_list[i].addr), wr->sg_list[i].length);
		to += wr->sg_list[i].length;
	}
}

static int fill_data(struct weftk_qp *qp, struct weftk_swqe *w, const struct ib_send_wr *wr)
{
	u64 len = 0;
	int i;

	if (wr->num_sge < 0 || wr->num_sge > (int)qp->sq.max_sge)
		return -EINVAL;
	for (i = 0; i < wr->num_sge; i++)
		len += wr->sg_list[i].length;
	if (len > (wr->send_flags & IB_SEND_INLINE ? qp->sq.max_inline : WEFTK_MAX_MSG))
		return -EINVAL;
	w->len = (u32)len;
	w->n_sge = (u16)wr->num_sge;
	if (wr->send_flags & IB_SEND_INLINE)
		fill_inline(w, wr);
	else
		for (i = 0; i < wr->num_sge; i++)
			w->sge[i] = wr->sg_list[i];
	return 0;
}

static void fill_ud(struct weftk_swqe *w, const struct ib_ud_wr *wr)
{
	const struct weftk_av *av = to_wah(wr->ah)->av;

	w->ud.addr = av->addr;
	w->ud.hop = av->hop;
	w->ud.qpn = wr->remote_qpn;
	w->ud.qkey = wr->remote_qkey;
}

static void fill_remote(struct weftk_swqe *w, const struct ib_send_wr *wr)
{
	switch ((u32)wr->opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
	case IB_WR_RDMA_READ:
	case IB_WR_ATOMIC_WRITE:
		w->r.addr = rdma_wr(wr)->remote_addr;
		w->r.rkey = rdma_wr(wr)->rkey;
		break;
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		weftk_atomic_verbs(w, atomic_wr(wr)->remote_addr, atomic_wr(wr)->rkey,
				   atomic_wr(wr)->compare_add, atomic_wr(wr)->swap);
		break;
	case IB_WR_REG_MR:
		w->reg.mr = reg_wr(wr)->mr;
		w->reg.key = reg_wr(wr)->key;
		w->reg.access = (u32)reg_wr(wr)->access;
		break;
	default:
		break;
	}
}

int weftk_swqe_fill(struct weftk_qp *qp, struct weftk_swqe *w, const struct ib_send_wr *wr)
{
	int err;

	/* Kernel users have no way to say what a FLUSH is to flush. */
	if (!weftk_swqe_allowed(qp, wr->opcode) || wr->opcode == IB_WR_FLUSH)
		return -EINVAL;
	w->wr_id = wr->wr_id;
	w->opcode = wr->opcode;
	w->flags = (u32)wr->send_flags;
	w->len = 0;
	w->n_sge = 0;
	w->state = WEFTK_SWQE_POSTED;
	w->why = WEFT_ABI_WHY_NONE;
	w->imm = wr->opcode == IB_WR_SEND_WITH_INV || wr->opcode == IB_WR_LOCAL_INV ?
		 wr->ex.invalidate_rkey : be32_to_cpu(wr->ex.imm_data);
	if (has_data(wr->opcode)) {
		err = fill_data(qp, w, wr);
		if (err)
			return err;
	}
	if (weftk_is_ud(qp))
		fill_ud(w, ud_wr(wr));
	else
		fill_remote(w, wr);
	return 0;
}

/* ---- A process's --------------------------------------------------------------------- */

static bool copy_data(struct weftk_qp *qp, struct weftk_swqe *w, const struct weft_abi_send *from)
{
	const struct weft_abi_sge *sge = WEFT_ABI_SGE(from);
	u32 n = READ_ONCE(from->data.num_sge), i;
	u64 len = 0;

	if (w->flags & IB_SEND_INLINE) {
		w->len = READ_ONCE(from->data.length);
		if (w->len > qp->sq.max_inline)
			return false;
		memcpy(w->bytes, sge, w->len);
		return true;
	}
	if (n > qp->sq.max_sge)
		return false;
	for (i = 0; i < n; i++) {
		w->sge[i].addr = READ_ONCE(sge[i].addr);
		w->sge[i].length = READ_ONCE(sge[i].length);
		w->sge[i].lkey = READ_ONCE(sge[i].lkey);
		len += w->sge[i].length;
	}
	w->n_sge = (u16)n;
	w->len = (u32)len;
	return len <= WEFTK_MAX_MSG;
}

/* The address handle that a process names by its number must be of the same domain. */
static bool copy_ud(struct weftk_qp *qp, struct weftk_swqe *w, const struct weft_abi_send *wr)
{
	const struct weftk_av *av;
	bool ok;

	rcu_read_lock();
	av = xa_load(&qp->dev->avs, wr->ud.ah);
	ok = av && av->pd == qp->pd;
	if (ok) {
		w->ud.addr = av->addr;
		w->ud.hop = av->hop;
	}
	rcu_read_unlock();
	w->ud.qpn = wr->ud.qpn;
	w->ud.qkey = wr->ud.qkey;
	return ok;
}

/* Visible to all is the least that it may ask for. */
static void copy_flush(struct weftk_swqe *w, const struct weft_abi_send *wr)
{
	w->r.addr = wr->flush.addr;
	w->r.rkey = wr->flush.rkey;
	w->r.level = wr->flush.type & WEFT_ABI_FLUSH_PERSISTENT ? WEFT_FLUSH_DURABLE :
		     WEFT_FLUSH_VISIBLE;
	w->len = wr->flush.level == WEFT_ABI_FLUSH_REGION ? 0 : wr->data.length;
}

/* False: there is no such operation. */
static bool copy_remote(struct weftk_swqe *w, const struct weft_abi_send *wr)
{
	switch (w->opcode) {
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		weftk_atomic_verbs(w, wr->atomic.addr, wr->atomic.rkey, wr->atomic.compare_add,
				   wr->atomic.swap);
		break;
	case WEFTK_WR_ATOMIC:
		return weftk_atomic_copy(w, wr);
	case IB_WR_BIND_MW:
		w->bind = (struct weftk_bind){
			.addr = wr->mw.addr, .len = wr->mw.length,
			.mr_lkey = wr->mw.mr_lkey, .mw_rkey = wr->mw.mw_rkey,
			.rkey = wr->mw.rkey, .access = wr->mw.access,
		};
		break;
	case IB_WR_FLUSH:
		copy_flush(w, wr);
		break;
	default:
		w->r.addr = wr->rdma.addr;
		w->r.rkey = wr->rdma.rkey;
		break;
	}
	return true;
}

/* An ATOMIC_WRITE's eight bytes lie in the request where others have their buffers. */
static void copy_atomic_write(struct weftk_swqe *w, const struct weft_abi_send *from)
{
	w->flags |= IB_SEND_INLINE;
	w->len = 8;
	memcpy(w->bytes, WEFT_ABI_BYTES(from), 8);
}

bool weftk_swqe_copy(struct weftk_qp *qp, struct weftk_swqe *w, const struct weft_abi_send *from)
{
	struct weft_abi_send wr;

	memcpy(&wr, from, sizeof(wr));
	barrier();	/* WEFT-VRB-040: what was copied is what is judged */
	w->wr_id = wr.wr_id;
	w->opcode = wr.opcode;
	w->flags = wr.flags;
	w->len = 0;
	w->n_sge = 0;
	w->why = WEFT_ABI_WHY_NONE;
	w->imm = wr.opcode == IB_WR_SEND_WITH_INV || wr.opcode == IB_WR_LOCAL_INV ?
		 wr.invalidate : be32_to_cpu(wr.imm);
	if (!weftk_swqe_allowed(qp, wr.opcode))
		return false;
	if (wr.opcode == IB_WR_ATOMIC_WRITE)
		copy_atomic_write(w, from);
	else if (has_data(wr.opcode) && !copy_data(qp, w, from))
		return false;
	if (weftk_is_ud(qp))
		return copy_ud(qp, w, &wr);
	return copy_remote(w, &wr);
}
