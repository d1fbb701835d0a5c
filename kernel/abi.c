// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What kernel/uapi/weft-abi.h promises, asserted: its own sizes and offsets, those of
 * rdma/rdma_user_rxe.h, so that providers of either kind find what they expect, and the numbers
 * that it takes from the common verbs.  No code.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_user_rxe.h>

#include "core/wire.h"
#include "kernel/uapi/weft-abi.h"

#define AT(type, member, at)	static_assert(offsetof(struct type, member) == (at))
#define SIZE(type, bytes)	static_assert(sizeof(struct type) == (bytes))
#define AS(ours, member, theirs, its) \
	static_assert(offsetof(struct ours, member) == offsetof(struct theirs, its))
#define LIKE(ours, theirs)	static_assert(sizeof(struct ours) == sizeof(struct theirs))

SIZE(weft_abi_ring, 384);
AT(weft_abi_ring, version, 8);
AT(weft_abi_ring, atomics, 12);
AT(weft_abi_ring, producer, 128);
AT(weft_abi_ring, consumer, 256);
AT(weft_abi_ring, wake, 260);
AS(weft_abi_ring, log2_elem, rxe_queue_buf, log2_elem_size);
AS(weft_abi_ring, index_mask, rxe_queue_buf, index_mask);
AS(weft_abi_ring, producer, rxe_queue_buf, producer_index);
AS(weft_abi_ring, consumer, rxe_queue_buf, consumer_index);
AS(weft_abi_ring, data, rxe_queue_buf, data);

LIKE(weft_abi_map, mminfo);
AS(weft_abi_map, offset, mminfo, offset);
AS(weft_abi_map, bytes, mminfo, size);

LIKE(weft_abi_sge, rxe_sge);
AS(weft_abi_sge, length, rxe_sge, length);
AS(weft_abi_sge, lkey, rxe_sge, lkey);
LIKE(weft_abi_data, rxe_dma_info);
AS(weft_abi_data, length, rxe_dma_info, length);
AS(weft_abi_data, num_sge, rxe_dma_info, num_sge);

SIZE(weft_abi_send, 208);
AT(weft_abi_send, data, 184);
LIKE(weft_abi_send, rxe_send_wqe);
AS(weft_abi_send, wr_id, rxe_send_wqe, wr.wr_id);
AS(weft_abi_send, opcode, rxe_send_wqe, wr.opcode);
AS(weft_abi_send, flags, rxe_send_wqe, wr.send_flags);
AS(weft_abi_send, imm, rxe_send_wqe, wr.ex.imm_data);
AS(weft_abi_send, invalidate, rxe_send_wqe, wr.ex.invalidate_rkey);
AS(weft_abi_send, rdma.addr, rxe_send_wqe, wr.wr.rdma.remote_addr);
AS(weft_abi_send, rdma.rkey, rxe_send_wqe, wr.wr.rdma.rkey);
AS(weft_abi_send, atomic.addr, rxe_send_wqe, wr.wr.atomic.remote_addr);
AS(weft_abi_send, atomic.compare_add, rxe_send_wqe, wr.wr.atomic.compare_add);
AS(weft_abi_send, atomic.swap, rxe_send_wqe, wr.wr.atomic.swap);
AS(weft_abi_send, atomic.rkey, rxe_send_wqe, wr.wr.atomic.rkey);
AS(weft_abi_send, ud.qpn, rxe_send_wqe, wr.wr.ud.remote_qpn);
AS(weft_abi_send, ud.qkey, rxe_send_wqe, wr.wr.ud.remote_qkey);
AS(weft_abi_send, ud.ah, rxe_send_wqe, wr.wr.ud.ah_num);
AS(weft_abi_send, mw.addr, rxe_send_wqe, wr.wr.mw.addr);
AS(weft_abi_send, mw.length, rxe_send_wqe, wr.wr.mw.length);
AS(weft_abi_send, mw.mr_lkey, rxe_send_wqe, wr.wr.mw.mr_lkey);
AS(weft_abi_send, mw.mw_rkey, rxe_send_wqe, wr.wr.mw.mw_rkey);
AS(weft_abi_send, mw.rkey, rxe_send_wqe, wr.wr.mw.rkey);
AS(weft_abi_send, mw.access, rxe_send_wqe, wr.wr.mw.access);
AS(weft_abi_send, data, rxe_send_wqe, dma);
AT(weft_abi_send, any.addr, 24);
AT(weft_abi_send, any.operand, 32);
AT(weft_abi_send, any.compare, 40);
AT(weft_abi_send, any.rkey, 48);
AT(weft_abi_send, any.aop, 52);
AT(weft_abi_send, any.operand_mask, 56);
AT(weft_abi_send, any.compare_mask, 64);
/* Headers before 6.2 do not have it. */
AT(weft_abi_send, flush.addr, 24);
AT(weft_abi_send, flush.length, 32);
AT(weft_abi_send, flush.rkey, 36);
AT(weft_abi_send, flush.type, 40);
AT(weft_abi_send, flush.level, 41);

SIZE(weft_abi_recv, 40);
LIKE(weft_abi_recv, rxe_recv_wqe);
AS(weft_abi_recv, wr_id, rxe_recv_wqe, wr_id);
AS(weft_abi_recv, data, rxe_recv_wqe, dma);

SIZE(weft_abi_wc, 48);
LIKE(weft_abi_wc, ib_uverbs_wc);
AS(weft_abi_wc, status, ib_uverbs_wc, status);
AS(weft_abi_wc, opcode, ib_uverbs_wc, opcode);
AS(weft_abi_wc, byte_len, ib_uverbs_wc, byte_len);
AS(weft_abi_wc, imm, ib_uverbs_wc, ex.imm_data);
AS(weft_abi_wc, qp_num, ib_uverbs_wc, qp_num);
AS(weft_abi_wc, src_qp, ib_uverbs_wc, src_qp);
AS(weft_abi_wc, flags, ib_uverbs_wc, wc_flags);
AS(weft_abi_wc, port_num, ib_uverbs_wc, port_num);

SIZE(weft_abi_context_resp, 16);
LIKE(weft_abi_ah_resp, rxe_create_ah_resp);
LIKE(weft_abi_cq_resp, rxe_create_cq_resp);
LIKE(weft_abi_cq_resp, rxe_resize_cq_resp);
LIKE(weft_abi_qp_resp, rxe_create_qp_resp);
AS(weft_abi_qp_resp, rq, rxe_create_qp_resp, rq_mi);
AS(weft_abi_qp_resp, sq, rxe_create_qp_resp, sq_mi);
LIKE(weft_abi_srq_resp, rxe_create_srq_resp);
AS(weft_abi_srq_resp, number, rxe_create_srq_resp, srq_num);
LIKE(weft_abi_modify_srq_req, rxe_modify_srq_cmd);

#define OP(ours, theirs)	static_assert((int)WEFT_ABI_OP_##ours == (int)IB_WR_##theirs)
OP(WRITE, RDMA_WRITE);
OP(WRITE_IMM, RDMA_WRITE_WITH_IMM);
OP(SEND, SEND);
OP(SEND_IMM, SEND_WITH_IMM);
OP(READ, RDMA_READ);
OP(CMP_SWP, ATOMIC_CMP_AND_SWP);
OP(FETCH_ADD, ATOMIC_FETCH_AND_ADD);
OP(LOCAL_INV, LOCAL_INV);
OP(BIND_MW, BIND_MW);
OP(SEND_INV, SEND_WITH_INV);

#define AOP(op)		static_assert((int)WEFT_ABI_AOP_##op == (int)WEFT_AOP_##op)
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

static_assert(WEFT_ABI_SEND_FENCE == IB_SEND_FENCE);
static_assert(WEFT_ABI_SEND_SIGNALED == IB_SEND_SIGNALED);
static_assert(WEFT_ABI_SEND_SOLICITED == IB_SEND_SOLICITED);
static_assert(WEFT_ABI_SEND_INLINE == IB_SEND_INLINE);
static_assert(WEFT_ABI_WC_GRH == IB_WC_GRH);
static_assert(WEFT_ABI_WC_IMM == IB_WC_WITH_IMM);
static_assert(WEFT_ABI_WC_INV == IB_WC_WITH_INVALIDATE);
