/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that differs between the kernels that the module is built for, 6.1 to 6.12.  No other file
 * asks for a version.
 */
#ifndef WEFT_KERNEL_COMPAT_H
#define WEFT_KERNEL_COMPAT_H

#include <linux/dma-buf.h>
#include <linux/mm.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <rdma/ib_verbs.h>
#include <rdma/uverbs_ioctl.h>

/* Two verbs took the whole bundle of attributes instead of its udata. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define WEFTK_CREATE_CQ(name) \
	int name(struct ib_cq *ib, const struct ib_cq_init_attr *attr, \
		 struct uverbs_attr_bundle *bundle)
#define WEFTK_CQ_UDATA (bundle ? &bundle->driver_udata : NULL)
#define WEFTK_REG_DMABUF_LAST struct uverbs_attr_bundle *bundle
#else
#define WEFTK_CREATE_CQ(name) \
	int name(struct ib_cq *ib, const struct ib_cq_init_attr *attr, struct ib_udata *udata)
#define WEFTK_CQ_UDATA udata
#define WEFTK_REG_DMABUF_LAST struct ib_udata *udata
#endif
#define WEFTK_REG_DMABUF(name) \
	struct ib_mr *name(struct ib_pd *ibpd, u64 offset, u64 len, u64 virt, int fd, int access, \
			   WEFTK_REG_DMABUF_LAST)

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define dma_buf_vmap_unlocked dma_buf_vmap
#define dma_buf_vunmap_unlocked dma_buf_vunmap

static inline void *ib_virt_dma_to_ptr(u64 addr)
{
	return (void *)(uintptr_t)addr;
}

/*
 * FLUSH needs an access right that is not known: a number that no work request has.  ATOMIC_WRITE
 * comes through the rings, by the numbers that libraries give it whatever kernel is below.
 */
#define IB_WR_FLUSH		0x1000
#define IB_WR_ATOMIC_WRITE	15
#define IB_WC_FLUSH		IB_WC_RDMA_WRITE
#define IB_WC_ATOMIC_WRITE	((enum ib_wc_opcode)9)
#define IB_ACCESS_FLUSH_GLOBAL	0
#define IB_DEVICE_FLUSH_GLOBAL	0
#define IB_DEVICE_ATOMIC_WRITE	0
#endif

/* A mapping neither grows nor is dumped. */
static inline void weftk_vma_fixed(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
#else
	vma->vm_flags |= VM_DONTEXPAND | VM_DONTDUMP;
#endif
}

static inline void weftk_timer_end(struct timer_list *t)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete_sync(t);
#else
	del_timer_sync(t);
#endif
}

/*
 * What NAPI polls of one processor schedule for each other was left for another softirq before, and
 * that to a thread, ksoftirqd, whenever that was awake or somebody else wanted the processor.
 */
#define WEFTK_NAPI_WAITS (LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0))

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define WEFTK_IMPORT_NS(ns)	MODULE_IMPORT_NS(#ns)
#else
#define WEFTK_IMPORT_NS(ns)	MODULE_IMPORT_NS(ns)
#endif

#endif
