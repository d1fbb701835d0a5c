// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs reach by weftdv.h: atomics that verbs have no work request for.  Decides what is
 * told of them; leaves to wqe.c which are refused at once, and to weft.ko the rest.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "weft.h"
#include "weftdv.h"

static_assert((int)WEFTDV_WHY_NO_ATOMIC == (int)WEFT_ABI_WHY_NO_ATOMIC &&
	      (int)WEFTDV_WHY_MISALIGNED == (int)WEFT_ABI_WHY_MISALIGNED &&
	      (int)WEFTDV_WHY_PEER == (int)WEFT_ABI_WHY_PEER, "numbers");

#define PLAIN	(1u << WEFTDV_FADD | 1u << WEFTDV_CAS)
#define ALL	((2u << WEFTDV_XOR) - 2)	/* bits FADD to XOR */

bool weftdv_is_supported(struct ibv_device *device)
{
	return weft_is_ours(device);
}

/* ---- Who offers what ----------------------------------------------------------------------- */

static bool has_atomics(struct ibv_context *ctx)
{
	return weft_is_ours(ctx->device) && to_weft_ctx(ctx)->features & WEFT_ABI_HAS_ATOMIC;
}

/* WEFT-VRB-145 */
static int tell(uint32_t bits, struct weftdv_atomics *attr, size_t bytes)
{
	struct weftdv_atomics all = { .aops = PLAIN, .widths = 8 };

	if (bytes < 8)
		return EINVAL;
	if (bits & WEFT_ABI_ATOMICS_OPS)
		all.aops = ALL;
	if (bits & WEFT_ABI_ATOMICS_NARROW)
		all.widths |= 1 | 2 | 4;
	all.masked = bits & WEFT_ABI_ATOMICS_MASKED ? 1 : 0;
	memset(attr, 0, bytes);
	memcpy(attr, &all, bytes < sizeof(all) ? bytes : sizeof(all));
	return 0;
}

int weftdv_query_device(struct ibv_context *ctx, struct weftdv_atomics *attr, size_t bytes)
{
	if (!has_atomics(ctx))
		return EOPNOTSUPP;
	return tell(to_weft_ctx(ctx)->atomics, attr, bytes);
}

/* The kernel writes it when the peer is known. */
static uint32_t offered(const struct weft_qp *qp)
{
	return __atomic_load_n(&qp->sq.ring.buf->atomics, __ATOMIC_RELAXED);
}

int weftdv_query_qp(struct ibv_qp *ibqp, struct weftdv_atomics *attr, size_t bytes)
{
	uint32_t bits;

	if (!has_atomics(ibqp->context) || ibqp->qp_type != IBV_QPT_RC)
		return EOPNOTSUPP;
	bits = offered(to_weft_qp(ibqp));
	if (!(bits & WEFT_ABI_ATOMICS_KNOWN))
		return EAGAIN;
	return tell(bits, attr, bytes);
}

/* ---- Posting ------------------------------------------------------------------------------- */

int weftdv_post_atomic(struct ibv_qp *ibqp, struct weftdv_atomic_wr *wr,
		       struct weftdv_atomic_wr **bad)
{
	struct weft_qp *qp = to_weft_qp(ibqp);
	struct weftdv_atomic_wr *first = wr;
	int err = 0, failed = 0;
	bool put = false;
	uint32_t at;

	if (!has_atomics(ibqp->context)) {
		*bad = wr;
		return EOPNOTSUPP;
	}
	pthread_spin_lock(&qp->sq.lock);
	at = qp->sq.ring.own;
	if (ibqp->qp_type != IBV_QPT_RC || ibqp->state < IBV_QPS_RTS)
		err = EINVAL;
	for (; wr && !err; wr = err ? wr : wr->next) {
		err = weft_ring_has_room(&qp->sq.ring, at) ?
		      weft_fill_atomic_wr(weft_ring_at(&qp->sq.ring, at), wr, offered(qp),
					  qp->sq.lim.max_sge) : ENOMEM;
		if (!err)
			at = weft_ring_next(&qp->sq.ring, at);
	}
	if (at != qp->sq.ring.own) {
		weft_ring_put(&qp->sq.ring, at);
		put = !qp->wakes || weft_ring_bell(&qp->sq.ring);
	}
	pthread_spin_unlock(&qp->sq.lock);
	if (put)
		failed = weft_ring_doorbell(qp);
	if (failed && !err)
		wr = first;
	if (err || failed)
		*bad = wr;
	return err ? err : failed;
}

/* What begin() of wr.c leaves open is filled in; buffers follow. */
void weftdv_wr_atomic(struct ibv_qp_ex *ex, const struct weftdv_atomic *atomic)
{
	struct weft_qp *qp = container_of(ex, struct weft_qp, vqp.qp_ex);
	struct weft_abi_send *w;

	if (!has_atomics(ex->qp_base.context)) {
		/* Another's queue pair: nothing of it is known here. */
		if (weft_is_ours(ex->qp_base.context->device))
			qp->err = EOPNOTSUPP;
		return;
	}
	if (!qp->err && ex->qp_base.qp_type != IBV_QPT_RC)
		qp->err = EINVAL;
	w = weft_wr_begin(ex, WEFT_ABI_OP_ATOMIC);
	if (w)
		qp->err = weft_fill_atomic(w, atomic, offered(qp));
}
