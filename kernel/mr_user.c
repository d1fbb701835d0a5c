// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory of processes and of other drivers as regions: pinned pages, and dma-bufs.  Decides how
 * they are held and let go; leaves access to mr.c.
 */
#include <linux/dma-buf.h>
#include <linux/iosys-map.h>
#include <linux/module.h>
#include <linux/mm.h>

#include "kernel/verbs.h"

#define ACCESS_OFFERED (IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_WRITE | \
			IB_ACCESS_REMOTE_ATOMIC | IB_ACCESS_MW_BIND | IB_ACCESS_FLUSH_GLOBAL | \
			IB_ACCESS_HUGETLB | IB_ACCESS_OPTIONAL)

void weftk_mr_release(struct weftk_mr *mr)
{
	if (mr->umem)
		ib_umem_release(mr->umem);
	if (mr->dmabuf) {
		dma_buf_vunmap_unlocked(mr->dmabuf, &mr->map);
		dma_buf_put(mr->dmabuf);
	}
	kvfree(mr->chunks);
}

static struct ib_mr *give_up(struct weftk_mr *mr, int err)
{
	weftk_mr_release(mr);
	kfree(mr);
	return ERR_PTR(err);
}

/* ---- Pages of a process ------------------------------------------------------------ */

static int take_pages(struct weftk_mr *mr)
{
	struct sg_page_iter at;
	size_t n = ib_umem_num_pages(mr->umem);

	if (n > U32_MAX)
		return -EINVAL;
	mr->chunks = kvmalloc_array(n, sizeof(*mr->chunks), GFP_KERNEL_ACCOUNT);
	if (!mr->chunks)
		return -ENOMEM;
	for_each_sgtable_page(&mr->umem->sgt_append.sgt, &at, 0) {
		if (mr->n_chunks == n)
			return -EINVAL;
		mr->chunks[mr->n_chunks++] = sg_page_iter_page(&at);
	}
	return mr->n_chunks == n ? 0 : -EINVAL;
}

struct ib_mr *weftk_reg_user_mr(struct ib_pd *pd, u64 start, u64 len, u64 virt, int access,
				struct ib_udata *udata)
{
	struct weftk_mr *mr;
	int err;

	if (access & ~ACCESS_OFFERED)
		return ERR_PTR(-EOPNOTSUPP);
	/* 32 bits of pages, 44 of bytes, are beyond what can be pinned. */
	if (len > BIT_ULL(44) || virt + len < virt)
		return ERR_PTR(-EINVAL);
	mr = weftk_mr_new(pd, WEFTK_MR_USER, (u32)access);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->umem = ib_umem_get(pd->device, start, len, access);
	if (IS_ERR(mr->umem)) {
		err = PTR_ERR(mr->umem);
		mr->umem = NULL;
		return give_up(mr, err);
	}
	err = take_pages(mr);
	if (err)
		return give_up(mr, err);
	mr->base = virt;
	mr->len = len;
	mr->skip = (u64)ib_umem_offset(mr->umem);
	mr->ib.iova = virt;
	mr->ib.length = len;
	mr->valid = true;
	err = weftk_mr_publish(mr);
	return err ? give_up(mr, err) : &mr->ib;
}

/* Another protection domain or other rights: in place.  Other memory: another region, which the
 * caller puts in the place of this one. */
struct ib_mr *weftk_rereg_user_mr(struct ib_mr *ib, int flags, u64 start, u64 len, u64 virt,
				  int access, struct ib_pd *pd, struct ib_udata *udata)
{
	struct weftk_mr *mr = to_wmr(ib);
	unsigned long irq;

	if (mr->kind != WEFTK_MR_USER ||
	    flags & ~(IB_MR_REREG_TRANS | IB_MR_REREG_PD | IB_MR_REREG_ACCESS))
		return ERR_PTR(-EOPNOTSUPP);
	if (flags & IB_MR_REREG_ACCESS && access & ~ACCESS_OFFERED)
		return ERR_PTR(-EOPNOTSUPP);
	if (flags & IB_MR_REREG_TRANS)
		return weftk_reg_user_mr(pd, start, len, virt,
					 flags & IB_MR_REREG_ACCESS ? access : (int)mr->access,
					 udata);
	/* Pages pinned for reading cannot be written to. */
	if (flags & IB_MR_REREG_ACCESS && ib_access_writable(access) && !mr->umem->writable)
		return ERR_PTR(-EACCES);
	write_lock_irqsave(&mr->guard, irq);
	if (atomic_read(&mr->windows)) {
		write_unlock_irqrestore(&mr->guard, irq);
		return ERR_PTR(-EINVAL);
	}
	if (flags & IB_MR_REREG_PD) {
		mr->ib.pd = pd;
		mr->pd = to_wpd(pd)->num;
	}
	if (flags & IB_MR_REREG_ACCESS)
		mr->access = (u32)access;
	write_unlock_irqrestore(&mr->guard, irq);
	return NULL;
}

/* ---- Memory of another driver ------------------------------------------------------ */

WEFTK_REG_DMABUF(weftk_reg_user_mr_dmabuf)
{
	struct dma_buf *dmabuf;
	struct weftk_mr *mr;
	int err;

	if (access & ~ACCESS_OFFERED)
		return ERR_PTR(-EOPNOTSUPP);
	dmabuf = dma_buf_get(fd);
	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	err = -EINVAL;
	if (!len || offset > dmabuf->size || len > dmabuf->size - offset || virt + len < virt)
		goto put;
	err = -ENOMEM;
	mr = weftk_mr_new(ibpd, WEFTK_MR_DMABUF, (u32)access);
	if (!mr)
		goto put;
	err = dma_buf_vmap_unlocked(dmabuf, &mr->map);
	if (err) {
		kfree(mr);
		goto put;
	}
	mr->dmabuf = dmabuf;
	mr->base = virt;
	mr->len = len;
	mr->skip = offset;
	mr->ib.iova = virt;
	mr->ib.length = len;
	mr->valid = true;
	err = weftk_mr_publish(mr);
	return err ? give_up(mr, err) : &mr->ib;
put:
	dma_buf_put(dmabuf);
	return ERR_PTR(err);
}

WEFTK_IMPORT_NS(DMA_BUF);
