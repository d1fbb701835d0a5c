// SPDX-License-Identifier: BSD-2-Clause
/*
 * Receive buffers: how they are put in a queue, and the queues that several queue pairs share.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "weft.h"

int weft_put_recvs(struct weft_queue *q, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad,
		   bool *put)
{
	struct weft_ring *r = &q->ring;
	uint32_t at;
	int err = 0;

	pthread_spin_lock(&q->lock);
	at = r->own;
	for (; wr; wr = wr->next) {
		err = weft_ring_has_room(r, at) ?
		      weft_fill_recv(weft_ring_at(r, at), wr, q->lim.max_sge) : ENOMEM;
		if (err)
			break;
		at = weft_ring_next(r, at);
	}
	*put = at != r->own;
	if (*put)
		weft_ring_put(r, at);
	pthread_spin_unlock(&q->lock);
	if (err)
		*bad = wr;
	return err;
}

int weft_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	bool put;

	return weft_put_recvs(&to_weft_srq(srq)->rq, wr, bad, &put);
}

/* ---- Making ------------------------------------------------------------------------------ */

struct srq_resp {
	struct ib_uverbs_create_srq_resp common;
	struct weft_abi_srq_resp weft;
};
static_assert(offsetof(struct srq_resp, weft) == sizeof(struct ib_uverbs_create_srq_resp),
	      "one follows the other");

static size_t element_bytes(uint32_t max_sge)
{
	return sizeof(struct weft_abi_recv) + max_sge * sizeof(struct weft_abi_sge);
}

static struct ibv_srq *finish(struct ibv_context *ctx, struct weft_srq *srq, uint32_t max_sge,
			      const struct srq_resp *resp)
{
	int err = weft_map_ring(ctx, &resp->weft.map, element_bytes(max_sge), &srq->rq.ring);

	if (err) {
		ibv_cmd_destroy_srq(&srq->vsrq.srq);
		free(srq);
		errno = err;
		return NULL;
	}
	srq->rq.lim.max_sge = max_sge;
	srq->number = resp->weft.number;
	pthread_spin_init(&srq->rq.lock, PTHREAD_PROCESS_PRIVATE);
	return &srq->vsrq.srq;
}

struct ibv_srq *weft_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr)
{
	struct weft_srq *srq = calloc(1, sizeof(*srq));
	struct srq_resp resp = {};
	struct ibv_create_srq cmd;

	if (!srq)
		return NULL;
	if (!ibv_cmd_create_srq(pd, &srq->vsrq.srq, attr, &cmd, sizeof(cmd), &resp.common,
				sizeof(resp)))
		return finish(pd->context, srq, attr->attr.max_sge, &resp);
	free(srq);
	return NULL;
}

struct ibv_srq *weft_create_srq_ex(struct ibv_context *ctx, struct ibv_srq_init_attr_ex *attr)
{
	struct weft_srq *srq = calloc(1, sizeof(*srq));
	struct srq_resp resp = {};
	struct ibv_create_xsrq cmd;

	if (!srq)
		return NULL;
	if (!ibv_cmd_create_srq_ex(ctx, &srq->vsrq, attr, &cmd, sizeof(cmd), &resp.common,
				   sizeof(resp)))
		return finish(ctx, srq, attr->attr.max_sge, &resp);
	free(srq);
	return NULL;
}

struct modify_cmd {
	struct ibv_modify_srq common;
	struct weft_abi_modify_srq_req weft;
};
static_assert(offsetof(struct modify_cmd, weft) == sizeof(struct ibv_modify_srq),
	      "one follows the other");

/* Buffers that nobody took are in the new ring. */
static int other_ring(struct weft_srq *srq, const struct weft_abi_map *map)
{
	struct weft_ring ring = {};
	int err = weft_map_ring(srq->vsrq.srq.context, map, element_bytes(srq->rq.lim.max_sge),
				&ring);

	if (err)
		return err;
	weft_unmap_ring(&srq->rq.ring);
	ring.own = __atomic_load_n(&ring.buf->producer, __ATOMIC_RELAXED) & ring.mask;
	srq->rq.ring = ring;
	return 0;
}

int weft_modify_srq(struct ibv_srq *ibsrq, struct ibv_srq_attr *attr, int mask)
{
	struct weft_srq *srq = to_weft_srq(ibsrq);
	struct weft_abi_map map = {};
	struct modify_cmd cmd = { .weft.map_addr = (uintptr_t)&map };
	int err;

	pthread_spin_lock(&srq->rq.lock);
	err = ibv_cmd_modify_srq(ibsrq, attr, mask, &cmd.common, sizeof(cmd));
	if (!err && mask & IBV_SRQ_MAX_WR)
		err = other_ring(srq, &map);
	pthread_spin_unlock(&srq->rq.lock);
	return err;
}

int weft_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr)
{
	struct ibv_query_srq cmd;

	return ibv_cmd_query_srq(srq, attr, &cmd, sizeof(cmd));
}

int weft_destroy_srq(struct ibv_srq *ibsrq)
{
	struct weft_srq *srq = to_weft_srq(ibsrq);
	int err = ibv_cmd_destroy_srq(ibsrq);

	if (err)
		return err;
	weft_unmap_ring(&srq->rq.ring);
	pthread_spin_destroy(&srq->rq.lock);
	free(srq);
	return 0;
}

int weft_get_srq_num(struct ibv_srq *srq, uint32_t *number)
{
	*number = to_weft_srq(srq)->number;
	return 0;
}
