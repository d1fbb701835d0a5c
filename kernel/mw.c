// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory windows of type 1 and 2B: keys that give part of a region, bound by work requests.  A
 * window of type 2 is for the peer of the queue pair that bound it, and is bound once.
 */
#include "kernel/verbs.h"

/* LOCAL_WRITE and what is optional is taken, as other devices do, and means nothing: a window gives
 * rights to peers only. */
#define WINDOW_ACCESS (IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC | \
		       IB_ZERO_BASED | IB_ACCESS_LOCAL_WRITE | IB_ACCESS_OPTIONAL)

int weftk_alloc_mw(struct ib_mw *ib, struct ib_udata *udata)
{
	struct weftk_window *w = kzalloc(sizeof(*w), GFP_KERNEL);
	int err;

	if (!w)
		return -ENOMEM;
	spin_lock_init(&w->lock);
	w->type2 = ib->type == IB_MW_TYPE_2;
	w->pd = to_wpd(ib->pd)->num;
	err = weftk_key_add(to_wdev(ib->device), &w->key, true);
	if (err) {
		kfree(w);
		return err;
	}
	container_of(ib, struct weftk_mw, ib)->w = w;
	ib->rkey = w->key.key;
	return 0;
}

void weftk_unbind(struct weftk_window *w)
{
	struct weftk_mr *mr = w->mr;

	w->alive = false;
	w->mr = NULL;
	if (!mr)
		return;
	atomic_dec(&mr->windows);
	weftk_key_put(&mr->key);
}

int weftk_dealloc_mw(struct ib_mw *ib)
{
	struct weftk_window *w = container_of(ib, struct weftk_mw, ib)->w;
	unsigned long flags;

	weftk_key_remove(to_wdev(ib->device), &w->key);
	spin_lock_irqsave(&w->lock, flags);
	weftk_unbind(w);
	spin_unlock_irqrestore(&w->lock, flags);
	kfree_rcu(w, key.rcu);
	return 0;
}

/* May this part of mr be given so?  Its guard is held. */
static bool bindable(const struct weftk_mr *mr, const struct weftk_window *w,
		     const struct weftk_bind *b)
{
	u64 off = b->addr - mr->base;

	if (!mr->valid || mr->key.key != b->mr_lkey || mr->kind != WEFTK_MR_USER ||
	    mr->pd != w->pd || !(mr->access & IB_ACCESS_MW_BIND))
		return false;
	if (b->access & (IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC) &&
	    !(mr->access & IB_ACCESS_LOCAL_WRITE))
		return false;
	return off <= mr->len && b->len <= mr->len - off;
}

/* The region for a window, whose lock is held; a reference and a place among its windows taken. */
static struct weftk_mr *bind_to(struct weftk_ibdev *dev, const struct weftk_window *w,
				const struct weftk_bind *b)
{
	struct weftk_key *k = weftk_key_get(dev, b->mr_lkey >> 8);
	struct weftk_mr *mr;
	bool ok;

	if (!k)
		return NULL;
	if (k->window) {
		weftk_key_put(k);
		return NULL;
	}
	mr = weftk_key_mr(k);
	read_lock(&mr->guard);
	ok = bindable(mr, w, b);
	if (ok)
		atomic_inc(&mr->windows);
	read_unlock(&mr->guard);
	if (ok)
		return mr;
	weftk_key_put(k);
	return NULL;
}

static enum ib_wc_status bind_window(struct weftk_ibdev *dev, struct weftk_window *w, u32 qpn,
				     const struct weftk_bind *b)
{
	struct weftk_mr *mr = NULL;

	/* Of the new key only the low byte is asked for: the rest of it is the window's. */
	if (w->type2 ? w->alive || !b->len : (b->access & IB_ZERO_BASED) != 0)
		return IB_WC_MW_BIND_ERR;
	if (b->len) {
		mr = bind_to(dev, w, b);
		if (!mr)
			return IB_WC_MW_BIND_ERR;
	}
	weftk_unbind(w);
	WRITE_ONCE(w->key.key, (w->key.key & ~0xffu) | (b->rkey & 0xff));
	w->mr = mr;
	w->addr = b->access & IB_ZERO_BASED ? 0 : b->addr;
	w->len = b->len;
	w->shift = b->addr - w->addr;
	w->access = b->access;
	w->qpn = qpn;
	w->alive = mr;
	return IB_WC_SUCCESS;
}

enum ib_wc_status weftk_bind_mw(struct weftk_ibdev *dev, u32 pd, u32 qpn,
				const struct weftk_bind *b)
{
	struct weftk_key *k = weftk_key_get(dev, b->mw_rkey >> 8);
	enum ib_wc_status st = IB_WC_MW_BIND_ERR;
	struct weftk_window *w;
	unsigned long flags;

	if (!k)
		return st;
	if (k->window && !(b->access & ~(u32)WINDOW_ACCESS)) {
		w = weftk_key_window(k);
		spin_lock_irqsave(&w->lock, flags);
		if (w->pd == pd && w->key.key == b->mw_rkey)
			st = bind_window(dev, w, qpn, b);
		spin_unlock_irqrestore(&w->lock, flags);
	}
	weftk_key_put(k);
	return st;
}
