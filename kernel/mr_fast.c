// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Regions that kernel users register and invalidate by work requests (REG_MR, LOCAL_INV), or their
 * peers by a SEND with invalidation.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "kernel/verbs.h"

struct ib_mr *weftk_alloc_mr(struct ib_pd *pd, enum ib_mr_type type, u32 max_pages)
{
	struct weftk_mr *mr;
	int err;

	if (type != IB_MR_TYPE_MEM_REG)
		return ERR_PTR(-EOPNOTSUPP);
	if (!max_pages || max_pages > WEFTK_MAX_FAST_PAGES)
		return ERR_PTR(-EINVAL);
	mr = weftk_mr_new(pd, WEFTK_MR_FAST, 0);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->max_chunks = max_pages;
	mr->chunks = kvmalloc_array(max_pages, sizeof(*mr->chunks), GFP_KERNEL);
	err = mr->chunks ? weftk_mr_publish(mr) : -ENOMEM;
	if (err) {
		kvfree(mr->chunks);
		kfree(mr);
		return ERR_PTR(err);
	}
	return &mr->ib;
}

static int take_chunk(struct ib_mr *ib, u64 addr)
{
	struct weftk_mr *mr = to_wmr(ib);
	void *va = ib_virt_dma_to_ptr(addr);

	if (mr->n_chunks == mr->max_chunks)
		return -ENOMEM;
	if (is_vmalloc_addr(va))
		mr->chunks[mr->n_chunks] = vmalloc_to_page(va);
	else
		mr->chunks[mr->n_chunks] = virt_to_page(va);
	mr->n_chunks++;
	return 0;
}

int weftk_map_mr_sg(struct ib_mr *ib, struct scatterlist *sg, int n, unsigned int *offset)
{
	struct weftk_mr *mr = to_wmr(ib);
	unsigned long flags;
	int done;

	if (mr->kind != WEFTK_MR_FAST || !is_power_of_2(ib->page_size) ||
	    ib->page_size < PAGE_SIZE)
		return -EINVAL;
	/* The user ought to have invalidated it, but a peer may still name it. */
	write_lock_irqsave(&mr->guard, flags);
	mr->valid = false;
	mr->n_chunks = 0;
	write_unlock_irqrestore(&mr->guard, flags);
	done = ib_sg_to_pages(ib, sg, n, offset, take_chunk);
	mr->shift = (u8)ilog2(ib->page_size);
	mr->skip = ib->iova & (ib->page_size - 1);
	return done;
}

enum ib_wc_status weftk_fast_reg(struct weftk_ibdev *dev, u32 pd, struct ib_mr *ib, u32 key,
				 u32 access)
{
	struct weftk_mr *mr = to_wmr(ib);
	enum ib_wc_status st = IB_WC_MW_BIND_ERR;
	unsigned long flags;

	write_lock_irqsave(&mr->guard, flags);
	if (mr->kind == WEFTK_MR_FAST && !mr->valid && mr->pd == pd && mr->n_chunks &&
	    key >> 8 == mr->key.key >> 8) {
		WRITE_ONCE(mr->key.key, key);
		ib->lkey = key;
		ib->rkey = key;
		mr->access = access;
		mr->base = ib->iova;
		mr->len = ib->length;
		mr->valid = true;
		st = IB_WC_SUCCESS;
	}
	write_unlock_irqrestore(&mr->guard, flags);
	return st;
}

static enum weft_status window_gone(struct weftk_window *w, u32 pd, u32 qpn, u32 key)
{
	enum weft_status st = WEFT_STATUS_BAD_KEY;
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	if (w->alive && w->key.key == key && w->type2 && w->qpn == qpn) {
		st = w->pd == pd ? WEFT_STATUS_OK : WEFT_STATUS_BAD_DOMAIN;
		if (st == WEFT_STATUS_OK)
			weftk_unbind(w);
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return st;
}

static enum weft_status region_gone(struct weftk_mr *mr, u32 pd, u32 key, bool remote)
{
	enum weft_status st = WEFT_STATUS_OK;
	unsigned long flags;

	write_lock_irqsave(&mr->guard, flags);
	if (mr->key.key != key || (remote && !mr->valid))
		st = WEFT_STATUS_BAD_KEY;
	else if (mr->pd != pd)
		st = WEFT_STATUS_BAD_DOMAIN;
	else if (mr->kind != WEFTK_MR_FAST || atomic_read(&mr->windows))
		st = WEFT_STATUS_NO_RIGHTS;	/* WEFT-MEM: only what was registered so */
	else
		mr->valid = false;
	write_unlock_irqrestore(&mr->guard, flags);
	return st;
}

enum weft_status weftk_invalidate(struct weftk_ibdev *dev, u32 pd, u32 qpn, u32 key, bool remote)
{
	struct weftk_key *k = weftk_key_get(dev, key >> 8);
	enum weft_status st;

	if (!k)
		return WEFT_STATUS_BAD_KEY;
	if (k->window)
		st = window_gone(weftk_key_window(k), pd, qpn, key);
	else
		st = region_gone(weftk_key_mr(k), pd, key, remote);
	weftk_key_put(k);
	return st;
}
