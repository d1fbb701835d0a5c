// SPDX-License-Identifier: BSD-2-Clause
/*
 * Posting the classic way.  Decides when the kernel is told: only when it asks for that in the
 * ring, since otherwise it looks there by itself.
 */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "weft.h"

int weft_ring_doorbell(struct weft_qp *qp)
{
	struct ib_uverbs_post_send_resp resp;
	struct ibv_post_send cmd = {
		.hdr = {
			.command = IB_USER_VERBS_CMD_POST_SEND,
			.in_words = sizeof(cmd) / 4,
			.out_words = sizeof(resp) / 4,
		},
		.response = (uintptr_t)&resp,
		.qp_handle = qp->vqp.qp.handle,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
	};
	ssize_t n = write(qp->vqp.qp.context->cmd_fd, &cmd, sizeof(cmd));

	return n == (ssize_t)sizeof(cmd) ? 0 : errno;
}

/* Refused at once is what the kernel would not look at: the state's own name is the library's. */
int weft_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	struct weft_qp *qp = to_weft_qp(ibqp);
	struct weft_ring *r = &qp->sq.ring;
	struct ibv_send_wr *first = wr;
	bool put = false;
	uint32_t at;
	int err = 0;

	pthread_spin_lock(&qp->sq.lock);
	at = r->own;
	if (ibqp->state < IBV_QPS_RTS)
		err = EINVAL;
	for (; wr && !err; wr = wr->next) {
		err = weft_ring_has_room(r, at) ?
		      weft_fill_send(weft_ring_at(r, at), wr, &qp->sq.lim, qp->ud) : ENOMEM;
		if (err)
			break;
		at = weft_ring_next(r, at);
	}
	if (at != r->own) {
		weft_ring_put(r, at);
		put = !qp->wakes || weft_ring_bell(r);
	}
	pthread_spin_unlock(&qp->sq.lock);
	if (err)
		*bad = wr;
	if (put) {
		int failed = weft_ring_doorbell(qp);

		if (failed && !err) {
			*bad = first;
			err = failed;
		}
	}
	return err;
}

/* The kernel takes buffers when messages come; it is told only if it asks, to flush them. */
int weft_post_recv(struct ibv_qp *ibqp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	struct weft_qp *qp = to_weft_qp(ibqp);
	bool put;
	int err;

	if (!qp->rq.ring.buf || ibqp->state == IBV_QPS_RESET) {
		*bad = wr;
		return EINVAL;
	}
	err = weft_put_recvs(&qp->rq, wr, bad, &put);
	if (put && qp->wakes && weft_ring_bell(&qp->rq.ring))
		weft_ring_doorbell(qp);
	return err;
}

/* Windows of type 1: each binding has another low byte. */
int weft_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw, struct ibv_mw_bind *bind)
{
	struct ibv_send_wr *bad, wr = {
		.wr_id = bind->wr_id,
		.opcode = IBV_WR_BIND_MW,
		.send_flags = bind->send_flags,
		.bind_mw = {
			.mw = mw,
			.rkey = ibv_inc_rkey(mw->rkey),
			.bind_info = bind->bind_info,
		},
	};
	int err;

	if (bind->bind_info.mw_access_flags & IBV_ACCESS_ZERO_BASED)
		return EINVAL;
	err = weft_post_send(qp, &wr, &bad);
	if (!err)
		mw->rkey = wr.bind_mw.rkey;
	return err;
}
