// SPDX-License-Identifier: BSD-2-Clause
/*
 * Completion queues: polled and armed without a system call, in the classic and the extended way.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weft.h"

/* A completion is copied as it lies there, but for its flags. */
static_assert(sizeof(struct weft_abi_wc) == sizeof(struct ibv_wc), "of one size");
#define SAME(ours, its) \
	static_assert(offsetof(struct weft_abi_wc, ours) == offsetof(struct ibv_wc, its), #ours)
SAME(wr_id, wr_id);
SAME(status, status);
SAME(opcode, opcode);
SAME(vendor_err, vendor_err);
SAME(byte_len, byte_len);
SAME(imm, imm_data);
SAME(qp_num, qp_num);
SAME(src_qp, src_qp);
SAME(flags, wc_flags);
SAME(pkey_index, pkey_index);
SAME(slid, slid);
SAME(sl, sl);
SAME(dlid_path_bits, dlid_path_bits);
static_assert((int)WEFT_ABI_WC_GRH == (int)IBV_WC_GRH &&
	      (int)WEFT_ABI_WC_IMM == (int)IBV_WC_WITH_IMM, "these two mean the same");

static inline unsigned int flags_of(uint32_t flags)
{
	return flags & WEFT_ABI_WC_INV ? (flags & ~WEFT_ABI_WC_INV) | IBV_WC_WITH_INV : flags;
}

static inline void lock(struct weft_cq *cq)
{
	if (!cq->alone)
		pthread_spin_lock(&cq->lock);
}

static inline void unlock(struct weft_cq *cq)
{
	if (!cq->alone)
		pthread_spin_unlock(&cq->lock);
}

/* ---- The classic way -------------------------------------------------------------------- */

int weft_poll_cq(struct ibv_cq *ibcq, int n, struct ibv_wc *wc)
{
	struct weft_cq *cq = to_weft_cq(ibcq);
	struct weft_ring *r = &cq->ring;
	uint32_t at;
	int i;

	lock(cq);
	at = r->own;
	for (i = 0; i < n && weft_ring_has(r, at); i++) {
		memcpy(&wc[i], weft_ring_at(r, at), sizeof(wc[i]));
		/* Rare, so that the others go by it: four instructions less each. */
		if (__builtin_expect(wc[i].wc_flags & WEFT_ABI_WC_INV, 0))
			wc[i].wc_flags = flags_of(wc[i].wc_flags);
		at = weft_ring_next(r, at);
	}
	if (i)
		weft_ring_took(r, at);
	unlock(cq);
	return i;
}

int weft_req_notify_cq(struct ibv_cq *ibcq, int solicited_only)
{
	struct weft_cq *cq = to_weft_cq(ibcq);

	if (!cq->wakes)
		return ibv_cmd_req_notify_cq(ibcq, solicited_only);
	lock(cq);	/* resize_cq() has another ring */
	weft_ring_want(&cq->ring, solicited_only ? WEFT_ABI_WAKE_SOLICITED : WEFT_ABI_WAKE_ANY);
	unlock(cq);
	return 0;
}

void weft_clean_cq(struct ibv_cq *ibcq, uint32_t qp_num)
{
	struct weft_cq *cq = to_weft_cq(ibcq);

	lock(cq);
	weft_ring_drop(&cq->ring, qp_num);
	unlock(cq);
}

/* ---- The extended way ------------------------------------------------------------------- */

static inline struct weft_cq *of_ex(struct ibv_cq_ex *ex)
{
	return container_of(ex, struct weft_cq, vcq.cq_ex);
}

static inline int show(struct weft_cq *cq)
{
	if (!weft_ring_has(&cq->ring, cq->at))
		return ENOENT;
	cq->wc = weft_ring_at(&cq->ring, cq->at);
	cq->vcq.cq_ex.status = cq->wc->status;
	cq->vcq.cq_ex.wr_id = cq->wc->wr_id;
	return 0;
}

static int start_poll(struct ibv_cq_ex *ex, struct ibv_poll_cq_attr *attr)
{
	struct weft_cq *cq = of_ex(ex);
	int err;

	if (attr->comp_mask)
		return EINVAL;
	lock(cq);
	cq->at = cq->ring.own;
	err = show(cq);
	if (err)
		unlock(cq);
	return err;
}

/* The element shown is given back by end_poll(), which follows even if there is no other. */
static int next_poll(struct ibv_cq_ex *ex)
{
	struct weft_cq *cq = of_ex(ex);
	uint32_t next = weft_ring_next(&cq->ring, cq->at);

	if (!weft_ring_has(&cq->ring, next))
		return ENOENT;
	cq->at = next;
	return show(cq);
}

static void end_poll(struct ibv_cq_ex *ex)
{
	struct weft_cq *cq = of_ex(ex);

	weft_ring_took(&cq->ring, weft_ring_next(&cq->ring, cq->at));
	unlock(cq);
}

static enum ibv_wc_opcode read_opcode(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->opcode;
}

static uint32_t read_vendor_err(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->vendor_err;
}

static unsigned int read_wc_flags(struct ibv_cq_ex *ex)
{
	return flags_of(of_ex(ex)->wc->flags);
}

static uint32_t read_byte_len(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->byte_len;
}

static __be32 read_imm_data(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->imm;
}

static uint32_t read_qp_num(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->qp_num;
}

static uint32_t read_src_qp(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->src_qp;
}

static uint32_t read_slid(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->slid;
}

static uint8_t read_sl(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->sl;
}

static uint8_t read_dlid_path_bits(struct ibv_cq_ex *ex)
{
	return of_ex(ex)->wc->dlid_path_bits;
}

static void set_ex_ops(struct ibv_cq_ex *ex)
{
	ex->start_poll = start_poll;
	ex->next_poll = next_poll;
	ex->end_poll = end_poll;
	ex->read_opcode = read_opcode;
	ex->read_vendor_err = read_vendor_err;
	ex->read_wc_flags = read_wc_flags;
	ex->read_byte_len = read_byte_len;
	ex->read_imm_data = read_imm_data;
	ex->read_qp_num = read_qp_num;
	ex->read_src_qp = read_src_qp;
	ex->read_slid = read_slid;
	ex->read_sl = read_sl;
	ex->read_dlid_path_bits = read_dlid_path_bits;
}

/* ---- Making ------------------------------------------------------------------------------ */

struct cq_resp {
	struct ib_uverbs_create_cq_resp common;
	struct weft_abi_cq_resp weft;
};
struct cq_ex_resp {
	struct ib_uverbs_ex_create_cq_resp common;
	struct weft_abi_cq_resp weft;
};
struct resize_resp {
	struct ib_uverbs_resize_cq_resp common;
	struct weft_abi_cq_resp weft;
};
static_assert(offsetof(struct cq_resp, weft) == sizeof(struct ib_uverbs_create_cq_resp) &&
	      offsetof(struct cq_ex_resp, weft) == sizeof(struct ib_uverbs_ex_create_cq_resp) &&
	      offsetof(struct resize_resp, weft) == sizeof(struct ib_uverbs_resize_cq_resp),
	      "one follows the other");

/* The kernel has made it; NULL, errno: it is gone again. */
static struct weft_cq *finish(struct ibv_context *ctx, struct weft_cq *cq,
			      const struct weft_abi_map *map)
{
	int err = weft_map_ring(ctx, map, sizeof(struct weft_abi_wc), &cq->ring);

	if (err) {
		ibv_cmd_destroy_cq(&cq->vcq.cq);
		free(cq);
		errno = err;
		return NULL;
	}
	pthread_spin_init(&cq->lock, PTHREAD_PROCESS_PRIVATE);
	cq->wakes = to_weft_ctx(ctx)->features & WEFT_ABI_HAS_WAKE_CQ;
	return cq;
}

struct ibv_cq *weft_create_cq(struct ibv_context *ctx, int cqe, struct ibv_comp_channel *channel,
			      int comp_vector)
{
	struct weft_cq *cq = calloc(1, sizeof(*cq));
	struct cq_resp resp = {};

	if (!cq)
		return NULL;
	if (ibv_cmd_create_cq(ctx, cqe, channel, comp_vector, &cq->vcq.cq, NULL, 0, &resp.common,
			      sizeof(resp))) {
		free(cq);
		return NULL;
	}
	cq = finish(ctx, cq, &resp.weft.map);
	return cq ? &cq->vcq.cq : NULL;
}

struct ibv_cq_ex *weft_create_cq_ex(struct ibv_context *ctx, struct ibv_cq_init_attr_ex *attr)
{
	uint32_t flags = attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS ? attr->flags : 0;
	struct cq_ex_resp resp = {};
	struct weft_cq *cq;

	if (attr->wc_flags & ~(uint64_t)IBV_WC_STANDARD_FLAGS ||
	    flags & ~(uint32_t)IBV_CREATE_CQ_ATTR_SINGLE_THREADED) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	cq = calloc(1, sizeof(*cq));
	if (!cq)
		return NULL;
	if (ibv_cmd_create_cq_ex(ctx, attr, &cq->vcq, NULL, 0, &resp.common, sizeof(resp), 0)) {
		free(cq);
		return NULL;
	}
	cq = finish(ctx, cq, &resp.weft.map);
	if (!cq)
		return NULL;
	cq->alone = flags & IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
	set_ex_ops(&cq->vcq.cq_ex);
	return &cq->vcq.cq_ex;
}

/* What was not polled is in the new ring; should it not be mapped, the queue is of no use. */
int weft_resize_cq(struct ibv_cq *ibcq, int cqe)
{
	struct weft_cq *cq = to_weft_cq(ibcq);
	struct resize_resp resp = {};
	struct weft_ring ring = {};
	struct ibv_resize_cq cmd;
	int err;

	lock(cq);
	err = ibv_cmd_resize_cq(ibcq, cqe, &cmd, sizeof(cmd), &resp.common, sizeof(resp));
	if (!err)
		err = weft_map_ring(ibcq->context, &resp.weft.map, sizeof(struct weft_abi_wc),
				    &ring);
	if (!err) {
		weft_unmap_ring(&cq->ring);
		cq->ring = ring;
	}
	unlock(cq);
	return err;
}

int weft_destroy_cq(struct ibv_cq *ibcq)
{
	struct weft_cq *cq = to_weft_cq(ibcq);
	int err = ibv_cmd_destroy_cq(ibcq);

	if (err)
		return err;
	weft_unmap_ring(&cq->ring);
	pthread_spin_destroy(&cq->lock);
	free(cq);
	return 0;
}
