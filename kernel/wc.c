// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What verbs call the statuses of the engine.  Nothing but tables.
 */
#include "kernel/verbs.h"

/* WEFT-VRB-020 */
enum ib_wc_status weftk_wc_status(enum weft_status st)
{
	switch (st) {
	case WEFT_STATUS_OK:
		return IB_WC_SUCCESS;
	case WEFT_STATUS_BAD_OPCODE:
	case WEFT_STATUS_MALFORMED:
	case WEFT_STATUS_MISALIGNED:
	case WEFT_STATUS_NO_RESOURCES:
	case WEFT_STATUS_TOO_LONG:
		return IB_WC_REM_INV_REQ_ERR;
	case WEFT_STATUS_BAD_KEY:
	case WEFT_STATUS_BAD_DOMAIN:
	case WEFT_STATUS_NO_RIGHTS:
	case WEFT_STATUS_OUT_OF_BOUNDS:
	case WEFT_STATUS_NO_WINDOW:
		return IB_WC_REM_ACCESS_ERR;
	case WEFT_STATUS_OP_FAILED:
		return IB_WC_REM_OP_ERR;
	case WEFT_STATUS_RNR:
	case WEFT_STATUS_RNR_RETRY_EXCEEDED:
		return IB_WC_RNR_RETRY_EXC_ERR;
	case WEFT_STATUS_NO_STREAM:
	case WEFT_STATUS_RETRY_EXCEEDED:
	case WEFT_STATUS_PEER_RESET:
	case WEFT_STATUS_DISCONNECTED:
		return IB_WC_RETRY_EXC_ERR;
	case WEFT_STATUS_FLUSHED:
		return IB_WC_WR_FLUSH_ERR;
	case WEFT_STATUS_LOCAL_PROTECTION:
		return IB_WC_LOC_PROT_ERR;
	case WEFT_STATUS_LOCAL_LENGTH:
		return IB_WC_LOC_LEN_ERR;
	case WEFT_STATUS_BAD_QKEY:
	case WEFT_STATUS_HELD:
	case WEFT_STATUS_NO_HOLD:
		break;
	}
	return IB_WC_GENERAL_ERR;
}

enum ib_event_type weftk_refused_event(enum weft_status st)
{
	switch (weftk_wc_status(st)) {
	case IB_WC_REM_INV_REQ_ERR:
		return IB_EVENT_QP_REQ_ERR;
	case IB_WC_REM_ACCESS_ERR:
		return IB_EVENT_QP_ACCESS_ERR;
	default:
		return IB_EVENT_QP_FATAL;
	}
}

enum ib_wc_opcode weftk_wc_opcode(u32 wr_opcode)
{
	switch (wr_opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return IB_WC_RDMA_WRITE;
	case IB_WR_RDMA_READ:
		return IB_WC_RDMA_READ;
	case IB_WR_ATOMIC_CMP_AND_SWP:
		return IB_WC_COMP_SWAP;
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		return IB_WC_FETCH_ADD;
	case IB_WR_LOCAL_INV:
		return IB_WC_LOCAL_INV;
	case IB_WR_REG_MR:
		return IB_WC_REG_MR;
	case IB_WR_BIND_MW:
		return IB_WC_BIND_MW;
	case IB_WR_FLUSH:
		return IB_WC_FLUSH;
	case IB_WR_ATOMIC_WRITE:
		return IB_WC_ATOMIC_WRITE;
	default:
		return IB_WC_SEND;
	}
}
