// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keys: the table of them, and who may do what with the memory that they name.  Decides access;
 * leaves to others where the memory comes from (mr_user.c, mr_fast.c, mw.c) and the bytes (mem.c).
 */
#include <linux/random.h>

#include "kernel/verbs.h"

int weftk_key_add(struct weftk_ibdev *dev, struct weftk_key *key, bool window)
{
	u32 index;
	int err;

	refcount_set(&key->users, 1);
	init_completion(&key->unused);
	key->window = window;
	/* Found before it has its key it is not the one that anybody asks for: 0 is none. */
	key->key = 0;
	err = xa_alloc_cyclic(&dev->keys, &index, key, XA_LIMIT(1, 0xffffff), &dev->next_key,
			      GFP_KERNEL);
	if (err < 0)
		return err;
	WRITE_ONCE(key->key, index << 8 | (get_random_u32() & 0xff));
	return 0;
}

struct weftk_key *weftk_key_get(struct weftk_ibdev *dev, u32 index)
{
	struct weftk_key *key;

	rcu_read_lock();
	key = xa_load(&dev->keys, index);
	if (key && !refcount_inc_not_zero(&key->users))
		key = NULL;
	rcu_read_unlock();
	return key;
}

void weftk_key_put(struct weftk_key *key)
{
	if (refcount_dec_and_test(&key->users))
		complete(&key->unused);
}

void weftk_key_remove(struct weftk_ibdev *dev, struct weftk_key *key)
{
	xa_erase(&dev->keys, key->key >> 8);
	weftk_key_put(key);
	wait_for_completion(&key->unused);
}

/* ---- Regions ---------------------------------------------------------------------- */

struct weftk_mr *weftk_mr_new(struct ib_pd *pd, enum weftk_mr_kind kind, u32 access)
{
	struct weftk_mr *mr = kzalloc(sizeof(*mr), GFP_KERNEL);

	if (!mr)
		return NULL;
	mr->ib.pd = pd;
	mr->ib.device = pd->device;
	mr->kind = kind;
	mr->access = access;
	mr->pd = to_wpd(pd)->num;
	mr->shift = PAGE_SHIFT;
	rwlock_init(&mr->guard);
	atomic_set(&mr->windows, 0);
	return mr;
}

int weftk_mr_publish(struct weftk_mr *mr)
{
	int err = weftk_key_add(to_wdev(mr->ib.device), &mr->key, false);

	if (err)
		return err;
	mr->ib.lkey = mr->key.key;
	mr->ib.rkey = mr->key.key;
	return 0;
}

struct ib_mr *weftk_get_dma_mr(struct ib_pd *pd, int access)
{
	struct weftk_mr *mr = weftk_mr_new(pd, WEFTK_MR_DMA, (u32)access);
	int err;

	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->len = U64_MAX;
	mr->valid = true;
	err = weftk_mr_publish(mr);
	if (err) {
		kfree(mr);
		return ERR_PTR(err);
	}
	return &mr->ib;
}

int weftk_dereg_mr(struct ib_mr *ib, struct ib_udata *udata)
{
	struct weftk_mr *mr = to_wmr(ib);
	unsigned long flags;
	bool bound;

	/* Binding looks at `valid` under the same lock: none comes after this. */
	write_lock_irqsave(&mr->guard, flags);
	bound = atomic_read(&mr->windows);
	if (!bound)
		mr->valid = false;
	write_unlock_irqrestore(&mr->guard, flags);
	if (bound)
		return -EINVAL;
	weftk_key_remove(to_wdev(ib->device), &mr->key);
	weftk_mr_release(mr);
	kfree_rcu(mr, key.rcu);
	return 0;
}

/* ---- Who may do what -------------------------------------------------------------- */

void weftk_span_put(struct weftk_span *span)
{
	read_unlock(&span->mr->guard);
	weftk_key_put(&span->mr->key);
}

/* The region that key names just now, guard held; NULL: none. */
static struct weftk_mr *region(struct weftk_ibdev *dev, u32 key)
{
	struct weftk_key *k = weftk_key_get(dev, key >> 8);
	struct weftk_mr *mr;

	if (!k)
		return NULL;
	mr = weftk_key_mr(k);
	if (k->window)
		goto put;
	read_lock(&mr->guard);
	if (mr->valid && k->key == key)
		return mr;
	read_unlock(&mr->guard);
put:
	weftk_key_put(k);
	return NULL;
}

enum weft_status weftk_local(struct weftk_ibdev *dev, u32 pd, const struct ib_sge *sge, u32 access,
			     struct weftk_span *span)
{
	struct weftk_mr *mr = region(dev, sge->lkey);
	u64 off;

	if (!mr)
		return WEFT_STATUS_LOCAL_PROTECTION;
	span->mr = mr;
	off = sge->addr - mr->base;
	if (mr->pd != pd || (access & ~mr->access) || off > mr->len ||
	    sge->length > mr->len - off) {
		weftk_span_put(span);
		return WEFT_STATUS_LOCAL_PROTECTION;
	}
	span->off = mr->skip + off;
	return WEFT_STATUS_OK;
}

static u32 rights_of(u32 access, u32 relaxed)
{
	u32 rights = 0;

	if (access & IB_ACCESS_REMOTE_READ)
		rights |= WEFT_MR_READ;
	if (access & IB_ACCESS_REMOTE_WRITE)
		rights |= WEFT_MR_WRITE;
	if (access & IB_ACCESS_REMOTE_ATOMIC)
		rights |= WEFT_MR_ATOMIC;
	if (relaxed & IB_ACCESS_RELAXED_ORDERING)
		rights |= WEFT_MR_RELAXED;
	return rights;
}

/* The region behind a window, guard held, and what the window allows of it. */
static struct weftk_mr *behind(struct weftk_window *w, u32 key, u32 qpn, struct weft_mr *judge,
			       u64 *shift)
{
	struct weftk_mr *mr = NULL;
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	if (w->alive && w->mr && w->key.key == key && (!w->type2 || w->qpn == qpn)) {
		mr = w->mr;
		refcount_inc(&mr->key.users);	/* the window has one */
		read_lock(&mr->guard);
		judge->base = w->addr;
		judge->len = w->len;
		judge->pd = w->pd;
		judge->rights = rights_of(w->access, mr->access);
		*shift = w->shift;
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return mr;
}

static struct weftk_mr *named(struct weftk_ibdev *dev, u32 key, u32 qpn, struct weft_mr *judge,
			      u64 *shift)
{
	struct weftk_mr *mr = region(dev, key);
	struct weftk_key *k;

	if (mr) {
		judge->base = mr->base;
		judge->len = mr->len;
		judge->pd = mr->pd;
		judge->rights = rights_of(mr->access, mr->access);
		return mr;
	}
	k = weftk_key_get(dev, key >> 8);
	if (!k)
		return NULL;
	if (k->window)
		mr = behind(weftk_key_window(k), key, qpn, judge, shift);
	weftk_key_put(k);
	return mr;
}

/* All of kernel memory is a region too for some: what is no memory is out of bounds. */
static bool is_memory(const struct weftk_mr *mr, u64 addr, u64 len)
{
	if (mr->kind != WEFTK_MR_DMA || !len)
		return true;
	return virt_addr_valid(ib_virt_dma_to_ptr(addr)) &&
	       virt_addr_valid(ib_virt_dma_to_ptr(addr + len - 1));
}

enum weft_status weftk_remote(struct weftk_ibdev *dev, u32 pd, u32 qpn, u32 key, u32 need,
			      u64 addr, u64 len, struct weftk_span *span, bool *relaxed)
{
	struct weft_mr judge = { .key = key, .alive = true };
	u64 shift = 0;
	struct weftk_mr *mr = named(dev, key, qpn, &judge, &shift);
	enum weft_status st = weft_mr_check(mr ? &judge : NULL, 0, pd, need, addr, len);

	if (st == WEFT_STATUS_OK && !is_memory(mr, addr, len))
		st = WEFT_STATUS_OUT_OF_BOUNDS;
	if (!mr)
		return st;
	span->mr = mr;
	if (st != WEFT_STATUS_OK) {
		weftk_span_put(span);
		return st;
	}
	span->off = mr->skip + (addr + shift - mr->base);
	*relaxed = judge.rights & WEFT_MR_RELAXED;
	return st;
}
