// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Shared receive queues.  A work request is copied into a slot of the kernel's when a queue pair
 * takes it, and its place in the ring is free then; what a queue pair gives back unused is the
 * first to be taken again.
 */
#include <linux/mm.h>
#include <rdma/uverbs_ioctl.h>

#include "kernel/verbs.h"

static void report_limit(struct work_struct *work)
{
	struct weftk_srq *srq = container_of(work, struct weftk_srq, limit_work);
	struct ib_event ev = {
		.device = srq->ib.device,
		.element.srq = &srq->ib,
		.event = IB_EVENT_SRQ_LIMIT_REACHED,
	};

	if (srq->ib.event_handler)
		srq->ib.event_handler(&ev, srq->ib.srq_context);
}

/* ---- Taking ------------------------------------------------------------------------ */

static u32 available(const struct weftk_srq *srq)
{
	return srq->n_back + weftk_ring_ahead(&srq->ring, srq->ring.own);
}

static struct weftk_rwqe *from_ring(struct weftk_srq *srq)
{
	struct weftk_rwqe *w;

	if (!weftk_ring_ahead(&srq->ring, srq->ring.own))
		return NULL;
	w = list_first_entry_or_null(&srq->free, struct weftk_rwqe, free);
	if (!w)
		return NULL;	/* all are with queue pairs: one comes back */
	list_del(&w->free);
	if (!weftk_rwqe_copy(w, weftk_ring_at(&srq->ring, srq->ring.own), srq->max_sge))
		weftk_count(to_wdev(srq->ib.device), WEFTK_COUNT_BAD_WQE);
	weftk_ring_consumed(&srq->ring);
	return w;
}

struct weftk_rwqe *weftk_srq_take(struct weftk_srq *srq, bool spare)
{
	struct weftk_rwqe *w = NULL;
	unsigned long flags;
	u32 n;

	spin_lock_irqsave(&srq->lock, flags);
	n = available(srq);
	if (n <= (spare ? 1 : 0))
		goto out;
	if (srq->n_back) {
		w = list_first_entry(&srq->back, struct weftk_rwqe, free);
		list_del(&w->free);
		srq->n_back--;
	} else {
		w = from_ring(srq);
	}
	if (w && n - 1 < srq->limit) {
		srq->limit = 0;
		queue_work(weftk_wq, &srq->limit_work);
	}
out:
	spin_unlock_irqrestore(&srq->lock, flags);
	return w;
}

void weftk_srq_return(struct weftk_srq *srq, struct weftk_rwqe *w)
{
	unsigned long flags;

	spin_lock_irqsave(&srq->lock, flags);
	list_add(&w->free, &srq->back);
	srq->n_back++;
	spin_unlock_irqrestore(&srq->lock, flags);
}

void weftk_srq_used(struct weftk_srq *srq, struct weftk_rwqe *w)
{
	unsigned long flags;

	spin_lock_irqsave(&srq->lock, flags);
	list_add(&w->free, &srq->free);
	spin_unlock_irqrestore(&srq->lock, flags);
}

/* ---- Verbs ------------------------------------------------------------------------- */

static u32 element_bytes(u32 max_sge)
{
	return sizeof(struct weft_abi_recv) + max_sge * sizeof(struct weft_abi_sge);
}

/* Slots for a ring of so many elements, all free; NULL: no memory. */
static void *make_slots(u32 n, u32 stride, struct list_head *free)
{
	void *slots = kvcalloc(n, stride, GFP_KERNEL);
	u32 i;

	INIT_LIST_HEAD(free);
	for (i = 0; slots && i < n; i++)
		list_add_tail(&((struct weftk_rwqe *)(slots + (size_t)i * stride))->free, free);
	return slots;
}

static int tell_user(struct weftk_srq *srq, struct ib_udata *udata)
{
	struct weft_abi_srq_resp __user *resp = udata->outbuf;
	u32 num = srq->num;
	int err = weftk_ring_offer(&srq->ring, udata, &resp->map);

	if (!err && copy_to_user(&resp->number, &num, sizeof(num)))
		err = -EFAULT;
	return err;
}

int weftk_create_srq(struct ib_srq *ib, struct ib_srq_init_attr *init, struct ib_udata *udata)
{
	static atomic_t numbers;
	struct weftk_srq *srq = to_wsrq(ib);
	struct ib_srq_attr *a = &init->attr;
	int err;

	if (init->srq_type != IB_SRQT_BASIC)
		return -EOPNOTSUPP;
	if (!a->max_wr || a->max_wr > WEFTK_MAX_WR || a->max_sge > WEFTK_MAX_SRQ_SGE ||
	    a->srq_limit > a->max_wr)
		return -EINVAL;
	if (udata && udata->outlen < sizeof(struct weft_abi_srq_resp))
		return -EINVAL;
	spin_lock_init(&srq->lock);
	INIT_LIST_HEAD(&srq->back);
	INIT_WORK(&srq->limit_work, report_limit);
	srq->user = udata;
	srq->num = (u32)atomic_inc_return(&numbers) & 0xffffff;
	srq->max_sge = max(a->max_sge, 1u);
	srq->limit = a->srq_limit;
	err = weftk_ring_init(&srq->ring, a->max_wr, element_bytes(srq->max_sge));
	if (err)
		return err;
	srq->max_wr = srq->ring.mask;
	srq->stride = ALIGN(sizeof(struct weftk_rwqe) + srq->max_sge * sizeof(struct ib_sge), 8);
	srq->slots = make_slots(srq->ring.mask + 1, srq->stride, &srq->free);
	err = !srq->slots ? -ENOMEM : udata ? tell_user(srq, udata) : 0;
	if (err) {
		weftk_ring_free(&srq->ring);
		kvfree(srq->slots);
		return err;
	}
	a->max_wr = srq->max_wr;
	a->max_sge = srq->max_sge;
	return 0;
}

int weftk_query_srq(struct ib_srq *ib, struct ib_srq_attr *attr)
{
	struct weftk_srq *srq = to_wsrq(ib);

	attr->max_wr = srq->max_wr;
	attr->max_sge = srq->max_sge;
	attr->srq_limit = srq->limit;
	return 0;
}

int weftk_destroy_srq(struct ib_srq *ib, struct ib_udata *udata)
{
	struct weftk_srq *srq = to_wsrq(ib);

	cancel_work_sync(&srq->limit_work);
	weftk_ring_free(&srq->ring);
	kvfree(srq->slots);
	return 0;
}

/* Move what is posted to another ring, in order; false: it does not fit.  Lock held. */
static bool move_posted(struct weftk_srq *srq, struct weftk_ring *to)
{
	struct weftk_ring *from = &srq->ring;
	u32 n = weftk_ring_ahead(from, from->own), at = from->own;

	if (n > to->mask || srq->n_back)
		return false;
	for (; n; n--, at++) {
		memcpy(weftk_ring_at(to, to->own), weftk_ring_at(from, at),
		       element_bytes(srq->max_sge));
		weftk_ring_produced(to);
	}
	to->own = 0;	/* the producer's side was ours for once */
	return true;
}

/* Slots stay as they are: they bound how many are with queue pairs, not how many are posted. */
static int resize(struct weftk_srq *srq, u32 max_wr, struct ib_udata *udata)
{
	struct weft_abi_modify_srq_req cmd;
	struct weftk_ring ring;
	bool fits;
	int err;

	if (!max_wr || max_wr > WEFTK_MAX_WR)
		return -EINVAL;
	err = weftk_ring_init(&ring, max_wr, element_bytes(srq->max_sge));
	if (err)
		return err;
	if (udata) {
		err = udata->inlen < sizeof(cmd) ? -EINVAL :
		      ib_copy_from_udata(&cmd, udata, sizeof(cmd));
		if (!err)
			err = weftk_ring_offer(&ring, udata, u64_to_user_ptr(cmd.map_addr));
		if (err)
			goto free;
	}
	spin_lock_irq(&srq->lock);
	fits = move_posted(srq, &ring);
	if (fits) {
		swap(srq->ring, ring);
		srq->max_wr = srq->ring.mask;
		srq->limit = min(srq->limit, srq->max_wr);
	}
	spin_unlock_irq(&srq->lock);
	err = fits ? 0 : -EINVAL;
free:
	weftk_ring_free(&ring);
	return err;
}

int weftk_modify_srq(struct ib_srq *ib, struct ib_srq_attr *attr, enum ib_srq_attr_mask mask,
		     struct ib_udata *udata)
{
	struct weftk_srq *srq = to_wsrq(ib);
	u32 most = mask & IB_SRQ_MAX_WR ? attr->max_wr : srq->max_wr;
	int err = 0;

	if (mask & IB_SRQ_LIMIT && attr->srq_limit > most)
		return -EINVAL;
	if (mask & IB_SRQ_MAX_WR)
		err = resize(srq, attr->max_wr, udata);
	if (!err && mask & IB_SRQ_LIMIT) {
		spin_lock_irq(&srq->lock);
		srq->limit = attr->srq_limit;
		spin_unlock_irq(&srq->lock);
	}
	return err;
}

int weftk_post_srq_recv(struct ib_srq *ib, const struct ib_recv_wr *wr,
			const struct ib_recv_wr **bad)
{
	struct weftk_srq *srq = to_wsrq(ib);
	struct weftk_ring *r = &srq->ring;
	struct weft_abi_recv *to;
	unsigned long flags;
	u32 at;
	int err = 0;

	if (srq->user) {
		*bad = wr;
		return -EINVAL;
	}
	spin_lock_irqsave(&srq->lock, flags);
	for (; wr; wr = wr->next) {
		err = wr->num_sge < 0 || wr->num_sge > (int)srq->max_sge ? -EINVAL :
		      weftk_ring_ahead(r, r->own) == r->mask ? -ENOMEM : 0;
		if (err)
			break;
		at = r->buf->producer;
		to = weftk_ring_at(r, at);
		to->wr_id = wr->wr_id;
		to->data.num_sge = (u32)wr->num_sge;
		memcpy(WEFT_ABI_SGE(to), wr->sg_list,
		       (size_t)wr->num_sge * sizeof(*wr->sg_list));
		r->buf->producer = (at + 1) & r->mask;
	}
	spin_unlock_irqrestore(&srq->lock, flags);
	if (err)
		*bad = wr;
	return err;
}
