// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Completion queues: a ring of completions, read by a process from its own memory or by poll_cq().
 * Decides when a handler is due; leaves to others what a completion says.
 */
#include <linux/log2.h>

#include "kernel/verbs.h"

/* Which header the GRH's place has, as network cards tell it in the service level, bit 3 for UDP
 * and 2 for IPv4, 1 for IPv6: user space has no other place for it, and UCX looks there. */
static u8 header_kind(const struct ib_wc *wc)
{
	if (!(wc->wc_flags & IB_WC_WITH_NETWORK_HDR_TYPE))
		return 0;
	switch (wc->network_hdr_type) {
	case RDMA_NETWORK_IPV4:
		return 0xa;
	case RDMA_NETWORK_IPV6:
		return 0x9;
	default:
		return 0;
	}
}

/* A completion as processes read it, and its place in the ring. */
static void put_wc(const struct weftk_cq *cq, const struct weftk_ring *r, const struct ib_wc *wc)
{
	struct weft_abi_wc *u = weftk_ring_at(r, r->own);

	if (!cq->user) {
		memcpy(weftk_ring_at(r, r->own), wc, sizeof(*wc));
		return;
	}
	*u = (struct weft_abi_wc){
		.wr_id = wc->wr_id,
		.status = wc->status,
		.opcode = wc->opcode,
		.vendor_err = wc->vendor_err,
		.byte_len = wc->byte_len,
		.qp_num = wc->qp->qp_num,
		.src_qp = wc->src_qp,
		.flags = (__u32)wc->wc_flags & ~IB_WC_WITH_NETWORK_HDR_TYPE,
		.pkey_index = wc->pkey_index,
		.sl = header_kind(wc),
		.port_num = (__u8)wc->port_num,
	};
	if (wc->wc_flags & IB_WC_WITH_INVALIDATE)
		u->invalidated = wc->ex.invalidate_rkey;
	else
		u->imm = wc->ex.imm_data;
}

static void report_overrun(struct work_struct *work)
{
	struct weftk_cq *cq = container_of(work, struct weftk_cq, overrun_work);
	struct ib_event ev = {
		.device = cq->ib.device,
		.element.cq = &cq->ib,
		.event = IB_EVENT_CQ_ERR,
	};

	if (cq->ib.event_handler)
		cq->ib.event_handler(&ev, cq->ib.cq_context);
}

bool weftk_cq_push(struct weftk_cq *cq, const struct ib_wc *wc, bool solicited)
{
	unsigned long flags;
	bool due;

	spin_lock_irqsave(&cq->lock, flags);
	if (weftk_ring_unread(&cq->ring) == cq->ring.mask) {
		weftk_count(to_wdev(cq->ib.device), WEFTK_COUNT_CQ_OVERRUN);
		if (!cq->overrun)
			queue_work(weftk_wq, &cq->overrun_work);
		cq->overrun = true;
		spin_unlock_irqrestore(&cq->lock, flags);
		return false;
	}
	put_wc(cq, &cq->ring, wc);
	weftk_ring_produced(&cq->ring);
	/* WEFT-VRB-030: an error is an event like a solicited completion. */
	solicited |= wc->status != IB_WC_SUCCESS;
	due = cq->notify == IB_CQ_NEXT_COMP || (cq->notify == IB_CQ_SOLICITED && solicited);
	if (due)
		cq->notify = 0;
	if (cq->user)
		due |= weftk_ring_wanted(&cq->ring, solicited);
	spin_unlock_irqrestore(&cq->lock, flags);
	return due;
}

void weftk_cq_notify(struct weftk_cq *cq)
{
	if (cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
}

/* ---- Verbs ------------------------------------------------------------------------ */

static u32 element_bytes(const struct weftk_cq *cq)
{
	return cq->user ? sizeof(struct weft_abi_wc) : sizeof(struct ib_wc);
}

/*
 * A ring takes whole pages, so all that fit are usable.  Users of one request at a time ask for a
 * queue of one, and lose completions if the answer to the request overtakes its acknowledgement.
 */
static u32 entries(const struct weftk_cq *cq, u32 asked)
{
	u32 elem = roundup_pow_of_two(max_t(u32, element_bytes(cq), SMP_CACHE_BYTES));
	u32 fit = rounddown_pow_of_two((PAGE_SIZE - sizeof(struct weft_abi_ring)) / elem);

	return max(asked, fit - 1);
}

WEFTK_CREATE_CQ(weftk_create_cq)
{
	struct weftk_cq *cq = container_of(ib, struct weftk_cq, ib);
	struct ib_udata *user = WEFTK_CQ_UDATA;
	struct weft_abi_cq_resp __user *resp;
	int err;

	if (attr->flags)
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe > WEFTK_MAX_CQE ||
	    attr->comp_vector >= ib->device->num_comp_vectors)
		return -EINVAL;
	if (user && user->outlen < sizeof(*resp))
		return -EINVAL;
	spin_lock_init(&cq->lock);
	INIT_WORK(&cq->overrun_work, report_overrun);
	cq->user = user;
	err = weftk_ring_init(&cq->ring, entries(cq, attr->cqe), element_bytes(cq));
	if (err)
		return err;
	ib->cqe = (int)cq->ring.mask;
	if (!user)
		return 0;
	resp = user->outbuf;
	err = weftk_ring_offer(&cq->ring, user, &resp->map);
	if (err)
		weftk_ring_free(&cq->ring);
	return err;
}

/* Move what is unread; false: it is more than `most`.  cq->lock held. */
static bool move_unread(struct weftk_cq *cq, struct weftk_ring *to, u32 most)
{
	struct weftk_ring *from = &cq->ring;
	u32 n = weftk_ring_unread(from), at = from->own - n;

	if (n > most)
		return false;
	for (; n; n--, at++) {
		memcpy(weftk_ring_at(to, to->own), weftk_ring_at(from, at), element_bytes(cq));
		weftk_ring_produced(to);
	}
	to->buf->wake = READ_ONCE(from->buf->wake);
	return true;
}

int weftk_resize_cq(struct ib_cq *ib, int cqe, struct ib_udata *udata)
{
	struct weftk_cq *cq = to_wcq(ib);
	struct weft_abi_cq_resp __user *resp;
	struct weftk_ring ring;
	bool fits;
	int err;

	if (cqe < 1 || cqe > (int)WEFTK_MAX_CQE || (udata && udata->outlen < sizeof(*resp)))
		return -EINVAL;
	err = weftk_ring_init(&ring, entries(cq, (u32)cqe), element_bytes(cq));
	if (err)
		return err;
	if (udata) {
		resp = udata->outbuf;
		err = weftk_ring_offer(&ring, udata, &resp->map);
		if (err)
			goto free;
	}
	spin_lock_irq(&cq->lock);
	fits = move_unread(cq, &ring, (u32)cqe);
	if (fits) {
		swap(cq->ring, ring);
		ib->cqe = (int)cq->ring.mask;
		cq->overrun = false;
	}
	spin_unlock_irq(&cq->lock);
	err = fits ? 0 : -EINVAL;
free:
	weftk_ring_free(&ring);
	return err;
}

int weftk_destroy_cq(struct ib_cq *ib, struct ib_udata *udata)
{
	struct weftk_cq *cq = to_wcq(ib);

	cancel_work_sync(&cq->overrun_work);
	weftk_ring_free(&cq->ring);
	return 0;
}

int weftk_poll_cq(struct ib_cq *ib, int n, struct ib_wc *wc)
{
	struct weftk_cq *cq = to_wcq(ib);
	struct weftk_ring *r = &cq->ring;
	unsigned long flags;
	u32 at, unread;
	int i;

	if (cq->user)
		return -EINVAL;	/* a process reads its ring itself */
	spin_lock_irqsave(&cq->lock, flags);
	unread = weftk_ring_unread(r);
	at = r->own - unread;
	for (i = 0; i < n && unread; i++, unread--, at++)
		memcpy(&wc[i], weftk_ring_at(r, at), sizeof(*wc));
	smp_store_release(&r->buf->consumer, at & r->mask);
	spin_unlock_irqrestore(&cq->lock, flags);
	return i;
}

int weftk_peek_cq(struct ib_cq *ib, int n)
{
	return (int)min_t(u32, weftk_ring_unread(&to_wcq(ib)->ring), (u32)n);
}

int weftk_req_notify_cq(struct ib_cq *ib, enum ib_cq_notify_flags flags)
{
	struct weftk_cq *cq = to_wcq(ib);
	/* The mask has both bits: some users pass all of it, and mean any completion. */
	u8 wanted = flags & IB_CQ_NEXT_COMP ? IB_CQ_NEXT_COMP : flags & IB_CQ_SOLICITED;
	unsigned long irq;
	int missed;

	spin_lock_irqsave(&cq->lock, irq);
	if (wanted == IB_CQ_NEXT_COMP || !cq->notify)	/* any covers solicited ones */
		cq->notify = wanted;
	missed = flags & IB_CQ_REPORT_MISSED_EVENTS && weftk_ring_unread(&cq->ring);
	spin_unlock_irqrestore(&cq->lock, irq);
	return missed;
}
