// SPDX-License-Identifier: BSD-2-Clause
/*
 * Work requests as programs write them, into elements of a ring.  Decides which are refused at
 * once; keys, lengths and addresses are the kernel's to judge.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "wqe.h"

static_assert(sizeof(struct weft_abi_sge) == sizeof(struct ibv_sge), "buffers are copied whole");
static_assert(offsetof(struct weft_abi_sge, length) == offsetof(struct ibv_sge, length) &&
	      offsetof(struct weft_abi_sge, lkey) == offsetof(struct ibv_sge, lkey), "and alike");
static_assert((int)WEFT_ABI_OP_SEND_INV == (int)IBV_WR_SEND_WITH_INV &&
	      (int)WEFT_ABI_OP_BIND_MW == (int)IBV_WR_BIND_MW &&
	      (int)WEFT_ABI_OP_LOCAL_INV == (int)IBV_WR_LOCAL_INV, "numbers");
static_assert((int)WEFT_ABI_SEND_FENCE == (int)IBV_SEND_FENCE &&
	      (int)WEFT_ABI_SEND_SIGNALED == (int)IBV_SEND_SIGNALED &&
	      (int)WEFT_ABI_SEND_SOLICITED == (int)IBV_SEND_SOLICITED &&
	      (int)WEFT_ABI_SEND_INLINE == (int)IBV_SEND_INLINE, "flags");
#define AOP(op)	static_assert((int)WEFT_ABI_AOP_##op == (int)WEFTDV_##op, #op)
AOP(FADD);
AOP(CAS);
AOP(SWAP);
AOP(MIN);
AOP(MAX);
AOP(UMIN);
AOP(UMAX);
AOP(AND);
AOP(OR);
AOP(XOR);

#define OP(op)		(1u << WEFT_ABI_OP_##op)
#define UD_OPS		(OP(SEND) | OP(SEND_IMM))
#define UC_OPS		(UD_OPS | OP(WRITE) | OP(WRITE_IMM) | OP(BIND_MW))
#define RC_OPS		(UC_OPS | OP(SEND_INV) | OP(LOCAL_INV) | OP(READ) | OP(CMP_SWP) | \
			 OP(FETCH_ADD))

uint32_t weft_ops_of(enum ibv_qp_type type)
{
	switch (type) {
	case IBV_QPT_RC:
		return RC_OPS;
	case IBV_QPT_UC:
		return UC_OPS;
	case IBV_QPT_UD:
		return UD_OPS;
	default:
		return 0;
	}
}

static int fill_inline(struct weft_abi_send *to, const struct ibv_send_wr *wr, uint32_t max)
{
	__u8 *at = WEFT_ABI_BYTES(to);
	uint32_t len = 0, n;
	int i;

	for (i = 0; i < wr->num_sge; i++) {
		n = wr->sg_list[i].length;
		if (n > max - len)
			return EINVAL;
		memcpy(at + len, (const void *)(uintptr_t)wr->sg_list[i].addr, n);
		len += n;
	}
	to->data.length = len;
	to->data.num_sge = 0;
	return 0;
}

static int fill_data(struct weft_abi_send *to, const struct ibv_send_wr *wr,
		     const struct weft_limits *lim)
{
	struct weft_abi_sge *sge = WEFT_ABI_SGE(to);
	int i;

	if (wr->send_flags & IBV_SEND_INLINE)
		return wr->num_sge < 0 ? EINVAL : fill_inline(to, wr, lim->max_inline);
	if ((uint32_t)wr->num_sge > lim->max_sge)
		return EINVAL;
	for (i = 0; i < wr->num_sge; i++) {
		sge[i].addr = wr->sg_list[i].addr;
		sge[i].length = wr->sg_list[i].length;
		sge[i].lkey = wr->sg_list[i].lkey;
	}
	to->data.num_sge = (uint32_t)wr->num_sge;
	return 0;
}

static void fill_ud(struct weft_abi_send *to, const struct ibv_send_wr *wr)
{
	const struct weft_ah *ah = (const struct weft_ah *)wr->wr.ud.ah;

	to->ud.qpn = wr->wr.ud.remote_qpn;
	to->ud.qkey = wr->wr.ud.remote_qkey;
	to->ud.pkey_index = 0;
	to->ud.ah = ah->number;
}

static void fill_bind(struct weft_abi_send *to, const struct ibv_send_wr *wr)
{
	const struct ibv_mw_bind_info *info = &wr->bind_mw.bind_info;

	to->mw.addr = info->addr;
	to->mw.length = info->length;
	to->mw.mr_lkey = info->mr ? info->mr->lkey : 0;
	to->mw.mw_rkey = wr->bind_mw.mw->rkey;
	to->mw.rkey = wr->bind_mw.rkey;
	to->mw.access = info->mw_access_flags;
}

/* What the operation says beside its data; false: it has none. */
static bool fill_remote(struct weft_abi_send *to, const struct ibv_send_wr *wr)
{
	switch (wr->opcode) {
	case IBV_WR_RDMA_WRITE:
	case IBV_WR_RDMA_WRITE_WITH_IMM:
	case IBV_WR_RDMA_READ:
		to->rdma.addr = wr->wr.rdma.remote_addr;
		to->rdma.rkey = wr->wr.rdma.rkey;
		return true;
	case IBV_WR_ATOMIC_CMP_AND_SWP:
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		to->atomic.addr = wr->wr.atomic.remote_addr;
		to->atomic.compare_add = wr->wr.atomic.compare_add;
		to->atomic.swap = wr->wr.atomic.swap;
		to->atomic.rkey = wr->wr.atomic.rkey;
		return true;
	case IBV_WR_BIND_MW:
		fill_bind(to, wr);
		return false;
	case IBV_WR_LOCAL_INV:
		return false;
	default:
		return true;
	}
}

int weft_fill_send(struct weft_abi_send *to, const struct ibv_send_wr *wr,
		   const struct weft_limits *lim, bool ud)
{
	if ((unsigned int)wr->opcode >= 32 || !(lim->ops & 1u << wr->opcode))
		return EINVAL;
	to->wr_id = wr->wr_id;
	to->opcode = wr->opcode;
	to->flags = wr->send_flags;
	to->imm = wr->imm_data;		/* or invalidate_rkey, in the same place */
	if (ud)
		fill_ud(to, wr);
	else if (!fill_remote(to, wr))
		return 0;
	return fill_data(to, wr, lim);
}

/* WEFT-VRB-146 */
static bool atomic_ok(const struct weftdv_atomic *a)
{
	return a->aop >= WEFTDV_FADD && a->aop <= WEFTDV_XOR && a->masked <= 1 &&
	       (a->width == 1 || a->width == 2 || a->width == 4 || a->width == 8) &&
	       a->remote_addr % a->width == 0;
}

/* What it needs beyond FADD and CAS of 8 bytes. */
static uint32_t needs(const struct weftdv_atomic *a)
{
	uint32_t bits = a->aop == WEFTDV_FADD || a->aop == WEFTDV_CAS ? 0 : WEFT_ABI_ATOMICS_OPS;

	if (a->width != 8)
		bits |= WEFT_ABI_ATOMICS_NARROW;
	return a->masked ? bits | WEFT_ABI_ATOMICS_MASKED : bits;
}

int weft_fill_atomic(struct weft_abi_send *to, const struct weftdv_atomic *a, uint32_t offered)
{
	if (!atomic_ok(a))
		return EINVAL;
	if (offered & WEFT_ABI_ATOMICS_KNOWN && needs(a) & ~offered)	/* WEFT-VRB-147 */
		return EOPNOTSUPP;
	to->any.addr = a->remote_addr;
	to->any.operand = a->operand;
	to->any.compare = a->compare;
	to->any.rkey = a->rkey;
	to->any.aop = a->aop;
	to->any.width = a->width;
	to->any.flags = a->masked ? WEFT_ABI_AFLAG_MASKED : 0;
	to->any.reserved = 0;
	to->any.operand_mask = a->operand_mask;
	to->any.compare_mask = a->compare_mask;
	return 0;
}

int weft_fill_atomic_wr(struct weft_abi_send *to, const struct weftdv_atomic_wr *wr,
			uint32_t offered, uint32_t max_sge)
{
	uint64_t len = 0;
	int i;

	if (wr->send_flags & IBV_SEND_INLINE || (uint32_t)wr->num_sge > max_sge)
		return EINVAL;
	for (i = 0; i < wr->num_sge; i++)
		len += wr->sg_list[i].length;
	if (len < 8)			/* WEFT-VRB-148 */
		return EINVAL;
	to->wr_id = wr->wr_id;
	to->opcode = WEFT_ABI_OP_ATOMIC;
	to->flags = wr->send_flags;
	to->imm = 0;
	to->data.length = 0;
	to->data.num_sge = (uint32_t)wr->num_sge;
	memcpy(WEFT_ABI_SGE(to), wr->sg_list, (size_t)wr->num_sge * sizeof(*wr->sg_list));
	return weft_fill_atomic(to, &wr->atomic, offered);
}

int weft_fill_recv(struct weft_abi_recv *to, const struct ibv_recv_wr *wr, uint32_t max_sge)
{
	struct weft_abi_sge *sge = WEFT_ABI_SGE(to);
	int i;

	if ((uint32_t)wr->num_sge > max_sge)
		return EINVAL;
	to->wr_id = wr->wr_id;
	to->data.num_sge = (uint32_t)wr->num_sge;
	for (i = 0; i < wr->num_sge; i++) {
		sge[i].addr = wr->sg_list[i].addr;
		sge[i].length = wr->sg_list[i].length;
		sge[i].lkey = wr->sg_list[i].lkey;
	}
	return 0;
}
