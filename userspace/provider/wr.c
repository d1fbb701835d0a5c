// SPDX-License-Identifier: BSD-2-Clause
/*
 * Posting by ibv_wr_*(): requests are written into the ring piece by piece, and are the kernel's
 * all at once.  What goes wrong is kept and told by ibv_wr_complete(), which then posts nothing.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "weft.h"

static inline struct weft_qp *of_ex(struct ibv_qp_ex *ex)
{
	return container_of(ex, struct weft_qp, vqp.qp_ex);
}

struct weft_abi_send *weft_wr_begin(struct ibv_qp_ex *ex, enum weft_abi_op op)
{
	struct weft_qp *qp = of_ex(ex);
	struct weft_ring *r = &qp->sq.ring;
	struct weft_abi_send *w;

	if (!qp->err && !weft_ring_has_room(r, qp->at))
		qp->err = ENOMEM;
	if (qp->err)
		return NULL;
	w = weft_ring_at(r, qp->at);
	qp->at = weft_ring_next(r, qp->at);
	w->wr_id = ex->wr_id;
	w->opcode = op;
	w->flags = ex->wr_flags & ~(unsigned int)IBV_SEND_INLINE;
	w->imm = 0;
	w->data.length = 0;
	w->data.num_sge = 0;
	qp->wqe = w;
	return w;
}

/* ---- Operations -------------------------------------------------------------------------- */

static void rdma(struct ibv_qp_ex *ex, enum weft_abi_op op, uint32_t rkey, uint64_t addr,
		 __be32 imm)
{
	struct weft_abi_send *w = weft_wr_begin(ex, op);

	if (!w)
		return;
	w->imm = imm;
	w->rdma.addr = addr;
	w->rdma.rkey = rkey;
}

static void wr_rdma_write(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr)
{
	rdma(ex, WEFT_ABI_OP_WRITE, rkey, addr, 0);
}

static void wr_rdma_write_imm(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr, __be32 imm)
{
	rdma(ex, WEFT_ABI_OP_WRITE_IMM, rkey, addr, imm);
}

static void wr_rdma_read(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr)
{
	rdma(ex, WEFT_ABI_OP_READ, rkey, addr, 0);
}

static void atomic_op(struct ibv_qp_ex *ex, enum weft_abi_op op, uint32_t rkey, uint64_t addr,
		      uint64_t compare_add, uint64_t swap)
{
	struct weft_abi_send *w = weft_wr_begin(ex, op);

	if (!w)
		return;
	w->atomic.addr = addr;
	w->atomic.compare_add = compare_add;
	w->atomic.swap = swap;
	w->atomic.rkey = rkey;
}

static void wr_atomic_cmp_swp(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr,
			      uint64_t compare, uint64_t swap)
{
	atomic_op(ex, WEFT_ABI_OP_CMP_SWP, rkey, addr, compare, swap);
}

static void wr_atomic_fetch_add(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr, uint64_t add)
{
	atomic_op(ex, WEFT_ABI_OP_FETCH_ADD, rkey, addr, add, 0);
}

static void wr_atomic_write(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr, const void *word)
{
	struct weft_abi_send *w = weft_wr_begin(ex, WEFT_ABI_OP_ATOMIC_WRITE);

	if (!w)
		return;
	w->rdma.addr = addr;
	w->rdma.rkey = rkey;
	w->data.length = 8;
	memcpy(WEFT_ABI_BYTES(w), word, 8);
}

#ifdef WEFT_HAVE_FLUSH
static void wr_flush(struct ibv_qp_ex *ex, uint32_t rkey, uint64_t addr, size_t len, uint8_t type,
		     uint8_t level)
{
	struct weft_abi_send *w;

	if (len > UINT32_MAX) {
		of_ex(ex)->err = EINVAL;
		return;
	}
	w = weft_wr_begin(ex, WEFT_ABI_OP_FLUSH);
	if (!w)
		return;
	w->flush.addr = addr;
	w->flush.length = (uint32_t)len;
	w->flush.rkey = rkey;
	w->flush.type = type;
	w->flush.level = level;
	w->data.length = (uint32_t)len;
}
#endif

static void wr_bind_mw(struct ibv_qp_ex *ex, struct ibv_mw *mw, uint32_t rkey,
		       const struct ibv_mw_bind_info *info)
{
	struct weft_abi_send *w = weft_wr_begin(ex, WEFT_ABI_OP_BIND_MW);

	if (!w)
		return;
	w->mw.addr = info->addr;
	w->mw.length = info->length;
	w->mw.mr_lkey = info->mr ? info->mr->lkey : 0;
	w->mw.mw_rkey = mw->rkey;
	w->mw.rkey = rkey;
	w->mw.access = info->mw_access_flags;
}

static void wr_local_inv(struct ibv_qp_ex *ex, uint32_t rkey)
{
	struct weft_abi_send *w = weft_wr_begin(ex, WEFT_ABI_OP_LOCAL_INV);

	if (w)
		w->invalidate = rkey;
}

static void wr_send(struct ibv_qp_ex *ex)
{
	weft_wr_begin(ex, WEFT_ABI_OP_SEND);
}

static void wr_send_imm(struct ibv_qp_ex *ex, __be32 imm)
{
	struct weft_abi_send *w = weft_wr_begin(ex, WEFT_ABI_OP_SEND_IMM);

	if (w)
		w->imm = imm;
}

static void wr_send_inv(struct ibv_qp_ex *ex, uint32_t rkey)
{
	struct weft_abi_send *w = weft_wr_begin(ex, WEFT_ABI_OP_SEND_INV);

	if (w)
		w->invalidate = rkey;
}

/* ---- Their data and address -------------------------------------------------------------- */

static void wr_set_ud_addr(struct ibv_qp_ex *ex, struct ibv_ah *ah, uint32_t qpn, uint32_t qkey)
{
	struct weft_qp *qp = of_ex(ex);

	if (qp->err)
		return;
	qp->wqe->ud.qpn = qpn;
	qp->wqe->ud.qkey = qkey;
	qp->wqe->ud.pkey_index = 0;
	qp->wqe->ud.ah = container_of(ah, struct weft_ah, ah)->number;
}

static void wr_set_sge_list(struct ibv_qp_ex *ex, size_t n, const struct ibv_sge *list)
{
	struct weft_qp *qp = of_ex(ex);

	if (!qp->err && n > qp->sq.lim.max_sge)
		qp->err = EINVAL;
	if (qp->err)
		return;
	qp->wqe->data.num_sge = (uint32_t)n;
	memcpy(WEFT_ABI_SGE(qp->wqe), list, n * sizeof(*list));
}

static void wr_set_sge(struct ibv_qp_ex *ex, uint32_t lkey, uint64_t addr, uint32_t length)
{
	struct weft_qp *qp = of_ex(ex);
	struct weft_abi_sge *sge;

	if (qp->err)
		return;
	sge = WEFT_ABI_SGE(qp->wqe);
	qp->wqe->data.num_sge = 1;
	sge->addr = addr;
	sge->length = length;
	sge->lkey = lkey;
}

static void wr_set_inline_data_list(struct ibv_qp_ex *ex, size_t n,
				    const struct ibv_data_buf *list)
{
	struct weft_qp *qp = of_ex(ex);
	size_t len = 0, i;

	for (i = 0; i < n && !qp->err; i++) {
		if (list[i].length > qp->sq.lim.max_inline - len) {
			qp->err = EINVAL;
			return;
		}
		memcpy(WEFT_ABI_BYTES(qp->wqe) + len, list[i].addr, list[i].length);
		len += list[i].length;
	}
	if (qp->err)
		return;
	qp->wqe->flags |= WEFT_ABI_SEND_INLINE;
	qp->wqe->data.length = (uint32_t)len;
}

static void wr_set_inline_data(struct ibv_qp_ex *ex, void *addr, size_t length)
{
	const struct ibv_data_buf buf = { .addr = addr, .length = length };

	wr_set_inline_data_list(ex, 1, &buf);
}

/* ---- Begin and end ----------------------------------------------------------------------- */

static void wr_start(struct ibv_qp_ex *ex)
{
	struct weft_qp *qp = of_ex(ex);

	pthread_spin_lock(&qp->sq.lock);
	qp->at = qp->sq.ring.own;
	qp->err = qp->vqp.qp.state < IBV_QPS_RTS ? EINVAL : 0;
}

static int wr_complete(struct ibv_qp_ex *ex)
{
	struct weft_qp *qp = of_ex(ex);
	int err = qp->err;
	bool bell = false;

	if (!err && qp->at != qp->sq.ring.own) {
		weft_ring_put(&qp->sq.ring, qp->at);
		bell = !qp->wakes || weft_ring_bell(&qp->sq.ring);
	}
	pthread_spin_unlock(&qp->sq.lock);
	return bell ? weft_ring_doorbell(qp) : err;
}

static void wr_abort(struct ibv_qp_ex *ex)
{
	pthread_spin_unlock(&of_ex(ex)->sq.lock);
}

#define UD_OPS	(IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM)
#define UC_OPS	(UD_OPS | IBV_QP_EX_WITH_RDMA_WRITE | IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | \
		 IBV_QP_EX_WITH_BIND_MW)
#define RC_OPS	(UC_OPS | IBV_QP_EX_WITH_RDMA_READ | IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP | \
		 IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD | IBV_QP_EX_WITH_LOCAL_INV | \
		 IBV_QP_EX_WITH_SEND_WITH_INV | IBV_QP_EX_WITH_ATOMIC_WRITE)

static uint64_t allowed(enum ibv_qp_type type)
{
	switch (type) {
	case IBV_QPT_RC:
#ifdef WEFT_HAVE_FLUSH
		return RC_OPS | IBV_QP_EX_WITH_FLUSH;
#else
		return RC_OPS;
#endif
	case IBV_QPT_UC:
		return UC_OPS;
	case IBV_QPT_UD:
		return UD_OPS;
	default:
		return 0;
	}
}

static void set_ops(struct ibv_qp_ex *ex, uint64_t flags)
{
#define SET(flag, op) do { if (flags & IBV_QP_EX_WITH_##flag) ex->op = op; } while (0)
	SET(ATOMIC_CMP_AND_SWP, wr_atomic_cmp_swp);
	SET(ATOMIC_FETCH_AND_ADD, wr_atomic_fetch_add);
	SET(ATOMIC_WRITE, wr_atomic_write);
	SET(BIND_MW, wr_bind_mw);
	SET(LOCAL_INV, wr_local_inv);
	SET(RDMA_READ, wr_rdma_read);
	SET(RDMA_WRITE, wr_rdma_write);
	SET(RDMA_WRITE_WITH_IMM, wr_rdma_write_imm);
	SET(SEND, wr_send);
	SET(SEND_WITH_IMM, wr_send_imm);
	SET(SEND_WITH_INV, wr_send_inv);
#ifdef WEFT_HAVE_FLUSH
	SET(FLUSH, wr_flush);
#endif
#undef SET
}

int weft_set_wr_ops(struct weft_qp *qp, enum ibv_qp_type type, uint64_t flags)
{
	struct ibv_qp_ex *ex = &qp->vqp.qp_ex;

	if (flags & ~allowed(type))
		return EOPNOTSUPP;
	set_ops(ex, flags);
	ex->wr_set_ud_addr = wr_set_ud_addr;
	ex->wr_set_inline_data = wr_set_inline_data;
	ex->wr_set_inline_data_list = wr_set_inline_data_list;
	ex->wr_set_sge = wr_set_sge;
	ex->wr_set_sge_list = wr_set_sge_list;
	ex->wr_start = wr_start;
	ex->wr_complete = wr_complete;
	ex->wr_abort = wr_abort;
	return 0;
}
