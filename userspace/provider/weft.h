/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The provider: what libibverbs' objects are here.  Built inside rdma-core's source tree
 * (build.sh), since the library's driver.h is not installed.
 */
#ifndef WEFT_PROVIDER_H
#define WEFT_PROVIDER_H

#include <infiniband/driver.h>
#include <pthread.h>

#include "ring.h"
#include "wqe.h"

struct weft_context {
	struct verbs_context vctx;
	uint32_t features;		/* WEFT_ABI_HAS_* of the kernel */
	uint32_t atomics;		/* WEFT_ABI_ATOMICS_* of the device */
};

struct weft_device {
	struct verbs_device vdev;
};

struct weft_cq {
	struct verbs_cq vcq;
	pthread_spinlock_t lock;	/* ring */
	bool alone;			/* the program promises one thread: no lock */
	bool wakes;			/* the kernel looks at `wake` */
	struct weft_ring ring;
	uint32_t at;			/* start_poll(): the element shown */
	const struct weft_abi_wc *wc;	/* that element */
};

/* A queue that we put work requests in. */
struct weft_queue {
	pthread_spinlock_t lock;
	struct weft_ring ring;
	struct weft_limits lim;
};

struct weft_srq {
	struct verbs_srq vsrq;
	struct weft_queue rq;
	uint32_t number;
};

struct weft_qp {
	struct verbs_qp vqp;
	struct weft_queue sq, rq;	/* rq.ring.buf NULL: a shared queue has the buffers */
	bool ud;
	bool wakes;			/* the kernel keeps `wake` */
	/* Between ibv_wr_start() and ibv_wr_complete(), under sq.lock. */
	struct weft_abi_send *wqe;	/* being written */
	uint32_t at;			/* element after it */
	int err;			/* 0, or what ibv_wr_complete() will say */
};

static inline struct weft_context *to_weft_ctx(struct ibv_context *ctx)
{
	return container_of(ctx, struct weft_context, vctx.context);
}

static inline struct weft_cq *to_weft_cq(struct ibv_cq *cq)
{
	return container_of(cq, struct weft_cq, vcq.cq);
}

static inline struct weft_srq *to_weft_srq(struct ibv_srq *srq)
{
	return container_of(srq, struct weft_srq, vsrq.srq);
}

static inline struct weft_qp *to_weft_qp(struct ibv_qp *qp)
{
	return container_of(qp, struct weft_qp, vqp.qp);
}

/* device.c: is it a device of this provider's? */
bool weft_is_ours(struct ibv_device *dev);
/* device.c: map the ring that a command has made; an errno, told to the program's log. */
int weft_map_ring(struct ibv_context *ctx, const struct weft_abi_map *map, size_t elem_bytes,
		  struct weft_ring *r);
void weft_unmap_ring(struct weft_ring *r);

/* cq.c */
struct ibv_cq *weft_create_cq(struct ibv_context *ctx, int cqe, struct ibv_comp_channel *channel,
			      int comp_vector);
struct ibv_cq_ex *weft_create_cq_ex(struct ibv_context *ctx, struct ibv_cq_init_attr_ex *attr);
int weft_resize_cq(struct ibv_cq *cq, int cqe);
int weft_destroy_cq(struct ibv_cq *cq);
int weft_poll_cq(struct ibv_cq *cq, int n, struct ibv_wc *wc);
int weft_req_notify_cq(struct ibv_cq *cq, int solicited_only);
/* The completions of a queue pair that were not polled are no more. */
void weft_clean_cq(struct ibv_cq *cq, uint32_t qp_num);

/* srq.c */
struct ibv_srq *weft_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr);
struct ibv_srq *weft_create_srq_ex(struct ibv_context *ctx, struct ibv_srq_init_attr_ex *attr);
int weft_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr, int mask);
int weft_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr);
int weft_destroy_srq(struct ibv_srq *srq);
int weft_get_srq_num(struct ibv_srq *srq, uint32_t *number);
int weft_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);
/* Put a list into a queue; *put: anything was. */
int weft_put_recvs(struct weft_queue *q, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad,
		   bool *put);

/* qp.c */
struct ibv_qp *weft_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
struct ibv_qp *weft_create_qp_ex(struct ibv_context *ctx, struct ibv_qp_init_attr_ex *attr);
int weft_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask);
int weft_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask,
		  struct ibv_qp_init_attr *init);
int weft_destroy_qp(struct ibv_qp *qp);

/* post.c */
int weft_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad);
int weft_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);
int weft_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw, struct ibv_mw_bind *bind);
/* Tell the kernel that something was put in the send queue; an errno. */
int weft_ring_doorbell(struct weft_qp *qp);

/* wr.c: ibv_wr_*() of a queue pair; EOPNOTSUPP: one of them is not of its kind. */
int weft_set_wr_ops(struct weft_qp *qp, enum ibv_qp_type type, uint64_t flags);
/* The next element, between ibv_wr_start() and _complete(); NULL: something has gone wrong. */
struct weft_abi_send *weft_wr_begin(struct ibv_qp_ex *ex, enum weft_abi_op op);

#endif
