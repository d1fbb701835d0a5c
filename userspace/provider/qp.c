// SPDX-License-Identifier: BSD-2-Clause
/*
 * Queue pairs: made, changed, destroyed.  Leaves what is put in their queues to post.c and wr.c.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "weft.h"

struct qp_resp {
	struct ib_uverbs_create_qp_resp common;
	struct weft_abi_qp_resp weft;
};
struct qp_ex_resp {
	struct ib_uverbs_ex_create_qp_resp common;
	struct weft_abi_qp_resp weft;
};
static_assert(offsetof(struct qp_resp, weft) == sizeof(struct ib_uverbs_create_qp_resp) &&
	      offsetof(struct qp_ex_resp, weft) == sizeof(struct ib_uverbs_ex_create_qp_resp),
	      "one follows the other");

static int map_queues(struct ibv_context *ctx, struct weft_qp *qp, const struct ibv_qp_cap *cap,
		      const struct weft_abi_qp_resp *resp)
{
	size_t data = cap->max_send_sge * sizeof(struct weft_abi_sge);
	int err;

	if (data < cap->max_inline_data)
		data = cap->max_inline_data;
	err = weft_map_ring(ctx, &resp->sq, sizeof(struct weft_abi_send) + data, &qp->sq.ring);
	if (err || !resp->rq.bytes)
		return err;
	data = cap->max_recv_sge * sizeof(struct weft_abi_sge);
	err = weft_map_ring(ctx, &resp->rq, sizeof(struct weft_abi_recv) + data, &qp->rq.ring);
	if (err)
		weft_unmap_ring(&qp->sq.ring);
	return err;
}

/* The kernel has made it; NULL, errno: it is gone again. */
static struct ibv_qp *finish(struct ibv_context *ctx, struct weft_qp *qp, enum ibv_qp_type type,
			     const struct ibv_qp_cap *cap, const struct weft_abi_qp_resp *resp)
{
	int err = map_queues(ctx, qp, cap, resp);

	if (err) {
		ibv_cmd_destroy_qp(&qp->vqp.qp);
		free(qp);
		errno = err;
		return NULL;
	}
	qp->ud = type == IBV_QPT_UD;
	qp->wakes = to_weft_ctx(ctx)->features & WEFT_ABI_HAS_WAKE_SEND;
	qp->sq.lim.ops = weft_ops_of(type);
	qp->sq.lim.max_sge = cap->max_send_sge;
	qp->sq.lim.max_inline = cap->max_inline_data;
	qp->rq.lim.max_sge = cap->max_recv_sge;
	pthread_spin_init(&qp->sq.lock, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_init(&qp->rq.lock, PTHREAD_PROCESS_PRIVATE);
	return &qp->vqp.qp;
}

struct ibv_qp *weft_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	struct weft_qp *qp = calloc(1, sizeof(*qp));
	struct qp_resp resp = {};
	struct ibv_create_qp cmd = {};

	if (!qp)
		return NULL;
	if (!ibv_cmd_create_qp(pd, &qp->vqp.qp, attr, &cmd, sizeof(cmd), &resp.common,
			       sizeof(resp)))
		return finish(pd->context, qp, attr->qp_type, &attr->cap, &resp.weft);
	free(qp);
	return NULL;
}

struct ibv_qp *weft_create_qp_ex(struct ibv_context *ctx, struct ibv_qp_init_attr_ex *attr)
{
	struct qp_ex_resp resp = {};
	struct ibv_create_qp_ex cmd = {};
	struct weft_qp *qp;
	int err = 0;

	if (!check_comp_mask(attr->comp_mask, IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_CREATE_FLAGS |
			     IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) ||
	    (attr->comp_mask & IBV_QP_INIT_ATTR_CREATE_FLAGS && attr->create_flags)) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;
	if (attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)
		err = weft_set_wr_ops(qp, attr->qp_type, attr->send_ops_flags);
	if (!err)
		err = ibv_cmd_create_qp_ex2(ctx, &qp->vqp, attr, &cmd, sizeof(cmd), &resp.common,
					    sizeof(resp));
	if (err) {
		free(qp);
		errno = err;
		return NULL;
	}
	if (attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)
		qp->vqp.comp_mask |= VERBS_QP_EX;	/* the command has cleared it */
	return finish(ctx, qp, attr->qp_type, &attr->cap, &resp.weft);
}

/* Nobody is to take them for those of another queue pair, or of this one's next life. */
static void clean_cqs(struct ibv_qp *qp)
{
	if (qp->recv_cq)
		weft_clean_cq(qp->recv_cq, qp->qp_num);
	if (qp->send_cq && qp->send_cq != qp->recv_cq)
		weft_clean_cq(qp->send_cq, qp->qp_num);
}

/* RESET empties the queues. */
int weft_modify_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int mask)
{
	struct weft_qp *qp = to_weft_qp(ibqp);
	struct ibv_modify_qp cmd = {};
	int err = ibv_cmd_modify_qp(ibqp, attr, mask, &cmd, sizeof(cmd));

	if (err || !(mask & IBV_QP_STATE) || attr->qp_state != IBV_QPS_RESET)
		return err;
	clean_cqs(ibqp);
	weft_ring_rewind(&qp->sq.ring);
	weft_ring_rewind(&qp->rq.ring);
	return 0;
}

int weft_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask,
		  struct ibv_qp_init_attr *init)
{
	struct ibv_query_qp cmd = {};

	return ibv_cmd_query_qp(qp, attr, mask, init, &cmd, sizeof(cmd));
}

int weft_destroy_qp(struct ibv_qp *ibqp)
{
	struct weft_qp *qp = to_weft_qp(ibqp);
	int err = ibv_cmd_destroy_qp(ibqp);

	if (err)
		return err;
	clean_cqs(ibqp);
	weft_unmap_ring(&qp->sq.ring);
	weft_unmap_ring(&qp->rq.ring);
	pthread_spin_destroy(&qp->sq.lock);
	pthread_spin_destroy(&qp->rq.lock);
	free(qp);
	return 0;
}
