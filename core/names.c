/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Generated from spec/ by tools/specgen.py; do not edit. To regenerate: make gen
 *
 * The names of Weft's codes.  See core/names.h.
 */
#include "core/names.h"
#include "core/wire.h"

const char *weft_drop_name(unsigned v)
{
	switch (v) {
	case WEFT_DROP_NONE:
		return "NONE";
	case WEFT_DROP_SHORT:
		return "SHORT";
	case WEFT_DROP_VERSION:
		return "VERSION";
	case WEFT_DROP_TYPE:
		return "TYPE";
	case WEFT_DROP_CRC:
		return "CRC";
	case WEFT_DROP_DOMAIN:
		return "DOMAIN";
	case WEFT_DROP_NO_CONTEXT:
		return "NO_CONTEXT";
	case WEFT_DROP_STALE_SYN:
		return "STALE_SYN";
	case WEFT_DROP_BUSY:
		return "BUSY";
	case WEFT_DROP_WINDOW:
		return "WINDOW";
	case WEFT_DROP_DUPLICATE:
		return "DUPLICATE";
	case WEFT_DROP_ORDER:
		return "ORDER";
	case WEFT_DROP_MALFORMED:
		return "MALFORMED";
	case WEFT_DROP_OVERSIZE:
		return "OVERSIZE";
	case WEFT_DROP_NO_STREAM:
		return "NO_STREAM";
	case WEFT_DROP_STREAM_STATE:
		return "STREAM_STATE";
	case WEFT_DROP_REFUSED:
		return "REFUSED";
	case WEFT_DROP_NO_HOLD:
		return "NO_HOLD";
	case WEFT_DROP_BAD_TLV:
		return "BAD_TLV";
	case WEFT_DROP_BAD_ECHO:
		return "BAD_ECHO";
	case WEFT_DROP_BAD_ACK:
		return "BAD_ACK";
	case WEFT_DROP_UNEXPECTED:
		return "UNEXPECTED";
	case WEFT_DROP_TRIMMED:
		return "TRIMMED";
	case WEFT_DROP_NO_ROOM:
		return "NO_ROOM";
	case WEFT_DROP_BAD_QKEY:
		return "BAD_QKEY";
	case WEFT_DROP_BAD_COOKIE:
		return "BAD_COOKIE";
	case WEFT_DROP_BAD_GID:
		return "BAD_GID";
	}
	return "?";
}

const char *weft_class_name(unsigned v)
{
	switch (v) {
	case WEFT_CLASS_UNKNOWN:
		return "UNKNOWN";
	case WEFT_CLASS_CPU:
		return "CPU";
	case WEFT_CLASS_GPU:
		return "GPU";
	case WEFT_CLASS_NPU:
		return "NPU";
	case WEFT_CLASS_DPU:
		return "DPU";
	case WEFT_CLASS_FPGA:
		return "FPGA";
	case WEFT_CLASS_MEMORY:
		return "MEMORY";
	case WEFT_CLASS_SWITCH:
		return "SWITCH";
	}
	return "?";
}

const char *weft_mode_name(unsigned v)
{
	switch (v) {
	case WEFT_MODE_RESERVED:
		return "RESERVED";
	case WEFT_MODE_RUD:
		return "RUD";
	case WEFT_MODE_ROD:
		return "ROD";
	case WEFT_MODE_UUD:
		return "UUD";
	}
	return "?";
}

const char *weft_ptype_name(unsigned v)
{
	switch (v) {
	case WEFT_PTYPE_RESERVED:
		return "RESERVED";
	case WEFT_PTYPE_DATA:
		return "DATA";
	case WEFT_PTYPE_ACK:
		return "ACK";
	case WEFT_PTYPE_NACK:
		return "NACK";
	case WEFT_PTYPE_CTRL:
		return "CTRL";
	case WEFT_PTYPE_DGRAM:
		return "DGRAM";
	case WEFT_PTYPE_MEM:
		return "MEM";
	case WEFT_PTYPE_PROBE:
		return "PROBE";
	case WEFT_PTYPE_CREDIT:
		return "CREDIT";
	}
	return "?";
}

const char *weft_opcode_name(unsigned v)
{
	switch (v) {
	case WEFT_OPCODE_RESERVED:
		return "RESERVED";
	case WEFT_OPCODE_SEND:
		return "SEND";
	case WEFT_OPCODE_WRITE:
		return "WRITE";
	case WEFT_OPCODE_READ:
		return "READ";
	case WEFT_OPCODE_READ_RSP:
		return "READ_RSP";
	case WEFT_OPCODE_ATOMIC:
		return "ATOMIC";
	case WEFT_OPCODE_ATOMIC_RSP:
		return "ATOMIC_RSP";
	case WEFT_OPCODE_TACK:
		return "TACK";
	case WEFT_OPCODE_NOP:
		return "NOP";
	case WEFT_OPCODE_REDUCE:
		return "REDUCE";
	case WEFT_OPCODE_FLUSH:
		return "FLUSH";
	case WEFT_OPCODE_RD_SEND:
		return "RD_SEND";
	case WEFT_OPCODE_RD_RSP:
		return "RD_RSP";
	}
	return "?";
}

const char *weft_aop_name(unsigned v)
{
	switch (v) {
	case WEFT_AOP_RESERVED:
		return "RESERVED";
	case WEFT_AOP_FADD:
		return "FADD";
	case WEFT_AOP_CAS:
		return "CAS";
	case WEFT_AOP_SWAP:
		return "SWAP";
	case WEFT_AOP_MIN:
		return "MIN";
	case WEFT_AOP_MAX:
		return "MAX";
	case WEFT_AOP_UMIN:
		return "UMIN";
	case WEFT_AOP_UMAX:
		return "UMAX";
	case WEFT_AOP_AND:
		return "AND";
	case WEFT_AOP_OR:
		return "OR";
	case WEFT_AOP_XOR:
		return "XOR";
	}
	return "?";
}

const char *weft_flush_name(unsigned v)
{
	switch (v) {
	case WEFT_FLUSH_RESERVED:
		return "RESERVED";
	case WEFT_FLUSH_PLACED:
		return "PLACED";
	case WEFT_FLUSH_VISIBLE:
		return "VISIBLE";
	case WEFT_FLUSH_DURABLE:
		return "DURABLE";
	}
	return "?";
}

const char *weft_status_name(unsigned v)
{
	switch (v) {
	case WEFT_STATUS_OK:
		return "OK";
	case WEFT_STATUS_NO_STREAM:
		return "NO_STREAM";
	case WEFT_STATUS_BAD_OPCODE:
		return "BAD_OPCODE";
	case WEFT_STATUS_BAD_KEY:
		return "BAD_KEY";
	case WEFT_STATUS_BAD_DOMAIN:
		return "BAD_DOMAIN";
	case WEFT_STATUS_NO_RIGHTS:
		return "NO_RIGHTS";
	case WEFT_STATUS_OUT_OF_BOUNDS:
		return "OUT_OF_BOUNDS";
	case WEFT_STATUS_NO_RESOURCES:
		return "NO_RESOURCES";
	case WEFT_STATUS_RNR:
		return "RNR";
	case WEFT_STATUS_TOO_LONG:
		return "TOO_LONG";
	case WEFT_STATUS_MALFORMED:
		return "MALFORMED";
	case WEFT_STATUS_MISALIGNED:
		return "MISALIGNED";
	case WEFT_STATUS_OP_FAILED:
		return "OP_FAILED";
	case WEFT_STATUS_NO_WINDOW:
		return "NO_WINDOW";
	case WEFT_STATUS_BAD_QKEY:
		return "BAD_QKEY";
	case WEFT_STATUS_FLUSHED:
		return "FLUSHED";
	case WEFT_STATUS_RETRY_EXCEEDED:
		return "RETRY_EXCEEDED";
	case WEFT_STATUS_RNR_RETRY_EXCEEDED:
		return "RNR_RETRY_EXCEEDED";
	case WEFT_STATUS_PEER_RESET:
		return "PEER_RESET";
	case WEFT_STATUS_DISCONNECTED:
		return "DISCONNECTED";
	case WEFT_STATUS_LOCAL_PROTECTION:
		return "LOCAL_PROTECTION";
	case WEFT_STATUS_LOCAL_LENGTH:
		return "LOCAL_LENGTH";
	case WEFT_STATUS_HELD:
		return "HELD";
	case WEFT_STATUS_NO_HOLD:
		return "NO_HOLD";
	}
	return "?";
}

const char *weft_nack_name(unsigned v)
{
	switch (v) {
	case WEFT_NACK_RESERVED:
		return "RESERVED";
	case WEFT_NACK_MISSING:
		return "MISSING";
	case WEFT_NACK_TRIMMED:
		return "TRIMMED";
	case WEFT_NACK_NO_CONTEXT:
		return "NO_CONTEXT";
	case WEFT_NACK_NEW_START_PSN:
		return "NEW_START_PSN";
	case WEFT_NACK_BUSY:
		return "BUSY";
	case WEFT_NACK_RESET:
		return "RESET";
	case WEFT_NACK_MODE:
		return "MODE";
	case WEFT_NACK_COOKIE:
		return "COOKIE";
	}
	return "?";
}

const char *weft_tlv_name(unsigned v)
{
	switch (v) {
	case WEFT_TLV_RESERVED:
		return "RESERVED";
	case WEFT_TLV_HELLO:
		return "HELLO";
	case WEFT_TLV_POOL:
		return "POOL";
	case WEFT_TLV_ENGINE:
		return "ENGINE";
	case WEFT_TLV_NAME:
		return "NAME";
	case WEFT_TLV_QUEUES:
		return "QUEUES";
	case WEFT_TLV_NEIGHBOUR:
		return "NEIGHBOUR";
	case WEFT_TLV_LIMITS:
		return "LIMITS";
	case WEFT_TLV_PAD:
		return "PAD";
	case WEFT_TLV_VERSION_REJECT:
		return "VERSION_REJECT";
	case WEFT_TLV_CLOSE:
		return "CLOSE";
	case WEFT_TLV_EP_CONNECT:
		return "EP_CONNECT";
	case WEFT_TLV_EP_ACCEPT:
		return "EP_ACCEPT";
	case WEFT_TLV_EP_REJECT:
		return "EP_REJECT";
	case WEFT_TLV_EP_DISCONNECT:
		return "EP_DISCONNECT";
	case WEFT_TLV_WINDOW_BIND:
		return "WINDOW_BIND";
	case WEFT_TLV_WINDOW_STATUS:
		return "WINDOW_STATUS";
	case WEFT_TLV_PORT_STATUS:
		return "PORT_STATUS";
	case WEFT_TLV_TELEMETRY_GET:
		return "TELEMETRY_GET";
	case WEFT_TLV_TELEMETRY:
		return "TELEMETRY";
	}
	return "?";
}

const char *weft_memcode_name(unsigned v)
{
	switch (v) {
	case WEFT_MEMCODE_RESERVED:
		return "RESERVED";
	case WEFT_MEMCODE_LOAD:
		return "LOAD";
	case WEFT_MEMCODE_STORE:
		return "STORE";
	case WEFT_MEMCODE_MSTORE:
		return "MSTORE";
	case WEFT_MEMCODE_LOAD256:
		return "LOAD256";
	case WEFT_MEMCODE_STORE256:
		return "STORE256";
	case WEFT_MEMCODE_FADD:
		return "FADD";
	case WEFT_MEMCODE_CAS:
		return "CAS";
	case WEFT_MEMCODE_SWAP:
		return "SWAP";
	case WEFT_MEMCODE_MIN:
		return "MIN";
	case WEFT_MEMCODE_MAX:
		return "MAX";
	case WEFT_MEMCODE_UMIN:
		return "UMIN";
	case WEFT_MEMCODE_UMAX:
		return "UMAX";
	case WEFT_MEMCODE_AND:
		return "AND";
	case WEFT_MEMCODE_OR:
		return "OR";
	case WEFT_MEMCODE_XOR:
		return "XOR";
	case WEFT_MEMCODE_DATA:
		return "DATA";
	case WEFT_MEMCODE_DATA256:
		return "DATA256";
	case WEFT_MEMCODE_OLD:
		return "OLD";
	case WEFT_MEMCODE_DONE:
		return "DONE";
	case WEFT_MEMCODE_FAULT:
		return "FAULT";
	}
	return "?";
}

const char *weft_svc_op_name(unsigned v)
{
	switch (v) {
	case WEFT_SVC_OP_RESERVED:
		return "RESERVED";
	case WEFT_SVC_OP_ALLOC:
		return "ALLOC";
	case WEFT_SVC_OP_FREE:
		return "FREE";
	case WEFT_SVC_OP_QUEUE_CREATE:
		return "QUEUE_CREATE";
	case WEFT_SVC_OP_QUEUE_DESTROY:
		return "QUEUE_DESTROY";
	}
	return "?";
}

const char *weft_kernel_name(unsigned v)
{
	switch (v) {
	case WEFT_KERNEL_RESERVED:
		return "RESERVED";
	case WEFT_KERNEL_NOP:
		return "NOP";
	case WEFT_KERNEL_FILL:
		return "FILL";
	case WEFT_KERNEL_COPY:
		return "COPY";
	case WEFT_KERNEL_REDUCE:
		return "REDUCE";
	case WEFT_KERNEL_GEMM:
		return "GEMM";
	case WEFT_KERNEL_CRC32C:
		return "CRC32C";
	case WEFT_KERNEL_SHA256:
		return "SHA256";
	}
	return "?";
}

const char *weft_redop_name(unsigned v)
{
	switch (v) {
	case WEFT_REDOP_RESERVED:
		return "RESERVED";
	case WEFT_REDOP_SUM:
		return "SUM";
	case WEFT_REDOP_MIN:
		return "MIN";
	case WEFT_REDOP_MAX:
		return "MAX";
	case WEFT_REDOP_AND:
		return "AND";
	case WEFT_REDOP_OR:
		return "OR";
	case WEFT_REDOP_XOR:
		return "XOR";
	}
	return "?";
}

const char *weft_dtype_name(unsigned v)
{
	switch (v) {
	case WEFT_DTYPE_RESERVED:
		return "RESERVED";
	case WEFT_DTYPE_I32:
		return "I32";
	case WEFT_DTYPE_I64:
		return "I64";
	case WEFT_DTYPE_F16:
		return "F16";
	case WEFT_DTYPE_BF16:
		return "BF16";
	case WEFT_DTYPE_F32:
		return "F32";
	case WEFT_DTYPE_F64:
		return "F64";
	case WEFT_DTYPE_U8:
		return "U8";
	case WEFT_DTYPE_I8:
		return "I8";
	}
	return "?";
}

const char *weft_cmd_status_name(unsigned v)
{
	switch (v) {
	case WEFT_CMD_STATUS_OK:
		return "OK";
	case WEFT_CMD_STATUS_BAD_COMMAND:
		return "BAD_COMMAND";
	case WEFT_CMD_STATUS_BAD_KERNEL:
		return "BAD_KERNEL";
	case WEFT_CMD_STATUS_BAD_KEY:
		return "BAD_KEY";
	case WEFT_CMD_STATUS_NO_RIGHTS:
		return "NO_RIGHTS";
	case WEFT_CMD_STATUS_OUT_OF_BOUNDS:
		return "OUT_OF_BOUNDS";
	case WEFT_CMD_STATUS_BAD_ARGUMENT:
		return "BAD_ARGUMENT";
	case WEFT_CMD_STATUS_NO_CHIP:
		return "NO_CHIP";
	case WEFT_CMD_STATUS_REMOTE:
		return "REMOTE";
	case WEFT_CMD_STATUS_ABORTED:
		return "ABORTED";
	}
	return "?";
}

const char *weft_pool_name(unsigned v)
{
	switch (v) {
	case WEFT_POOL_RESERVED:
		return "RESERVED";
	case WEFT_POOL_DDR:
		return "DDR";
	case WEFT_POOL_HBM:
		return "HBM";
	case WEFT_POOL_SRAM:
		return "SRAM";
	case WEFT_POOL_PMEM:
		return "PMEM";
	}
	return "?";
}

const char *weft_family_name(unsigned v)
{
	switch (v) {
	case WEFT_FAMILY_RESERVED:
		return "RESERVED";
	case WEFT_FAMILY_UDP4:
		return "UDP4";
	case WEFT_FAMILY_UDP6:
		return "UDP6";
	case WEFT_FAMILY_L2:
		return "L2";
	}
	return "?";
}

const char *weft_agree_name(unsigned v)
{
	switch (v) {
	case WEFT_AGREE_ALL:
		return "ALL";
	case WEFT_AGREE_CHIP_ID:
		return "CHIP_ID";
	case WEFT_AGREE_VERSION:
		return "VERSION";
	case WEFT_AGREE_MODES:
		return "MODES";
	case WEFT_AGREE_PAYLOAD:
		return "PAYLOAD";
	case WEFT_AGREE_WINDOW:
		return "WINDOW";
	case WEFT_AGREE_DOMAIN:
		return "DOMAIN";
	}
	return "?";
}

const char *weft_ep_reason_name(unsigned v)
{
	switch (v) {
	case WEFT_EP_REASON_RESERVED:
		return "RESERVED";
	case WEFT_EP_REASON_NO_SERVICE:
		return "NO_SERVICE";
	case WEFT_EP_REASON_REFUSED:
		return "REFUSED";
	case WEFT_EP_REASON_NO_ROOM:
		return "NO_ROOM";
	case WEFT_EP_REASON_CLOSED:
		return "CLOSED";
	case WEFT_EP_REASON_ERROR:
		return "ERROR";
	}
	return "?";
}

const char *weft_port_state_name(unsigned v)
{
	switch (v) {
	case WEFT_PORT_STATE_RESERVED:
		return "RESERVED";
	case WEFT_PORT_STATE_DOWN:
		return "DOWN";
	case WEFT_PORT_STATE_UP:
		return "UP";
	case WEFT_PORT_STATE_DEGRADED:
		return "DEGRADED";
	}
	return "?";
}

const char *weft_meter_name(unsigned v)
{
	switch (v) {
	case WEFT_METER_RESERVED:
		return "RESERVED";
	case WEFT_METER_TX_PACKETS:
		return "TX_PACKETS";
	case WEFT_METER_TX_BYTES:
		return "TX_BYTES";
	case WEFT_METER_RX_PACKETS:
		return "RX_PACKETS";
	case WEFT_METER_RX_BYTES:
		return "RX_BYTES";
	case WEFT_METER_TX_RETRANSMITS:
		return "TX_RETRANSMITS";
	case WEFT_METER_LOST_BY_SACK:
		return "LOST_BY_SACK";
	case WEFT_METER_LOST_BY_NACK:
		return "LOST_BY_NACK";
	case WEFT_METER_LOST_BY_TIMEOUT:
		return "LOST_BY_TIMEOUT";
	case WEFT_METER_TAIL_PROBES:
		return "TAIL_PROBES";
	case WEFT_METER_TX_ACKS:
		return "TX_ACKS";
	case WEFT_METER_RX_ACKS:
		return "RX_ACKS";
	case WEFT_METER_TX_NACKS:
		return "TX_NACKS";
	case WEFT_METER_RX_NACKS:
		return "RX_NACKS";
	case WEFT_METER_RX_CONGESTION_MARKS:
		return "RX_CONGESTION_MARKS";
	case WEFT_METER_TX_RNR:
		return "TX_RNR";
	case WEFT_METER_RX_RNR:
		return "RX_RNR";
	case WEFT_METER_RX_HELD:
		return "RX_HELD";
	case WEFT_METER_PATH_MOVES:
		return "PATH_MOVES";
	case WEFT_METER_CONTEXTS:
		return "CONTEXTS";
	case WEFT_METER_CONTEXTS_OPENED:
		return "CONTEXTS_OPENED";
	case WEFT_METER_CONTEXTS_ACCEPTED:
		return "CONTEXTS_ACCEPTED";
	case WEFT_METER_CONTEXTS_CLOSED:
		return "CONTEXTS_CLOSED";
	case WEFT_METER_CONTEXTS_FAILED:
		return "CONTEXTS_FAILED";
	case WEFT_METER_ENDPOINTS:
		return "ENDPOINTS";
	case WEFT_METER_REGIONS:
		return "REGIONS";
	case WEFT_METER_CHIPS_KNOWN:
		return "CHIPS_KNOWN";
	case WEFT_METER_TX_ALONE:
		return "TX_ALONE";
	case WEFT_METER_TX_ALONE_LIMITED:
		return "TX_ALONE_LIMITED";
	case WEFT_METER_RX_ALONE:
		return "RX_ALONE";
	case WEFT_METER_DROP:
		return "DROP";
	case WEFT_METER_DROP_SHORT:
		return "DROP_SHORT";
	case WEFT_METER_DROP_VERSION:
		return "DROP_VERSION";
	case WEFT_METER_DROP_TYPE:
		return "DROP_TYPE";
	case WEFT_METER_DROP_CRC:
		return "DROP_CRC";
	case WEFT_METER_DROP_DOMAIN:
		return "DROP_DOMAIN";
	case WEFT_METER_DROP_NO_CONTEXT:
		return "DROP_NO_CONTEXT";
	case WEFT_METER_DROP_STALE_SYN:
		return "DROP_STALE_SYN";
	case WEFT_METER_DROP_BUSY:
		return "DROP_BUSY";
	case WEFT_METER_DROP_WINDOW:
		return "DROP_WINDOW";
	case WEFT_METER_DROP_DUPLICATE:
		return "DROP_DUPLICATE";
	case WEFT_METER_DROP_ORDER:
		return "DROP_ORDER";
	case WEFT_METER_DROP_MALFORMED:
		return "DROP_MALFORMED";
	case WEFT_METER_DROP_OVERSIZE:
		return "DROP_OVERSIZE";
	case WEFT_METER_DROP_NO_STREAM:
		return "DROP_NO_STREAM";
	case WEFT_METER_DROP_STREAM_STATE:
		return "DROP_STREAM_STATE";
	case WEFT_METER_DROP_REFUSED:
		return "DROP_REFUSED";
	case WEFT_METER_DROP_NO_HOLD:
		return "DROP_NO_HOLD";
	case WEFT_METER_DROP_BAD_TLV:
		return "DROP_BAD_TLV";
	case WEFT_METER_DROP_BAD_ECHO:
		return "DROP_BAD_ECHO";
	case WEFT_METER_DROP_BAD_ACK:
		return "DROP_BAD_ACK";
	case WEFT_METER_DROP_UNEXPECTED:
		return "DROP_UNEXPECTED";
	case WEFT_METER_DROP_TRIMMED:
		return "DROP_TRIMMED";
	case WEFT_METER_DROP_NO_ROOM:
		return "DROP_NO_ROOM";
	case WEFT_METER_DROP_BAD_QKEY:
		return "DROP_BAD_QKEY";
	case WEFT_METER_DROP_BAD_COOKIE:
		return "DROP_BAD_COOKIE";
	case WEFT_METER_DROP_BAD_GID:
		return "DROP_BAD_GID";
	}
	return "?";
}

const char *weft_modes_name(unsigned v)
{
	switch (v) {
	case WEFT_MODES_RUD:
		return "RUD";
	case WEFT_MODES_ROD:
		return "ROD";
	case WEFT_MODES_UUD:
		return "UUD";
	}
	return "?";
}

const char *weft_features_name(unsigned v)
{
	switch (v) {
	case WEFT_FEATURES_TRIM:
		return "TRIM";
	case WEFT_FEATURES_PROBE:
		return "PROBE";
	case WEFT_FEATURES_CREDIT:
		return "CREDIT";
	case WEFT_FEATURES_ATOMICS:
		return "ATOMICS";
	case WEFT_FEATURES_NARROW:
		return "NARROW";
	case WEFT_FEATURES_MASKED:
		return "MASKED";
	case WEFT_FEATURES_REDUCE:
		return "REDUCE";
	case WEFT_FEATURES_VISIBLE:
		return "VISIBLE";
	case WEFT_FEATURES_DURABLE:
		return "DURABLE";
	case WEFT_FEATURES_SIGNAL:
		return "SIGNAL";
	case WEFT_FEATURES_INV:
		return "INV";
	case WEFT_FEATURES_MEM:
		return "MEM";
	case WEFT_FEATURES_RD:
		return "RD";
	case WEFT_FEATURES_UD:
		return "UD";
	}
	return "?";
}

const char *weft_profiles_name(unsigned v)
{
	switch (v) {
	case WEFT_PROFILES_CORE:
		return "CORE";
	case WEFT_PROFILES_AI:
		return "AI";
	case WEFT_PROFILES_MEM:
		return "MEM";
	case WEFT_PROFILES_ACCEL:
		return "ACCEL";
	case WEFT_PROFILES_SECURE:
		return "SECURE";
	case WEFT_PROFILES_LINK:
		return "LINK";
	}
	return "?";
}

const char *weft_dflags_name(unsigned v)
{
	switch (v) {
	case WEFT_DFLAGS_SYN:
		return "SYN";
	case WEFT_DFLAGS_AR:
		return "AR";
	case WEFT_DFLAGS_RTX:
		return "RTX";
	case WEFT_DFLAGS_SEC:
		return "SEC";
	case WEFT_DFLAGS_AKV:
		return "AKV";
	case WEFT_DFLAGS_FIN:
		return "FIN";
	case WEFT_DFLAGS_GEN:
		return "GEN";
	}
	return "?";
}

const char *weft_fabric_name(unsigned v)
{
	switch (v) {
	case WEFT_FABRIC_CE:
		return "CE";
	case WEFT_FABRIC_TRIM:
		return "TRIM";
	case WEFT_FABRIC_TC:
		return "TC";
	case WEFT_FABRIC_RSV:
		return "RSV";
	}
	return "?";
}

const char *weft_oflags_name(unsigned v)
{
	switch (v) {
	case WEFT_OFLAGS_SOM:
		return "SOM";
	case WEFT_OFLAGS_EOM:
		return "EOM";
	case WEFT_OFLAGS_SE:
		return "SE";
	case WEFT_OFLAGS_IMM:
		return "IMM";
	case WEFT_OFLAGS_INV:
		return "INV";
	case WEFT_OFLAGS_FENCE:
		return "FENCE";
	case WEFT_OFLAGS_SIGNAL:
		return "SIGNAL";
	case WEFT_OFLAGS_EPOCH:
		return "EPOCH";
	}
	return "?";
}

const char *weft_aflags_name(unsigned v)
{
	switch (v) {
	case WEFT_AFLAGS_MASKED:
		return "MASKED";
	}
	return "?";
}

const char *weft_ackflags_name(unsigned v)
{
	switch (v) {
	case WEFT_ACKFLAGS_ECHO:
		return "ECHO";
	}
	return "?";
}

const char *weft_dgparts_name(unsigned v)
{
	switch (v) {
	case WEFT_DGPARTS_GIDS:
		return "GIDS";
	}
	return "?";
}

const char *weft_probeflags_name(unsigned v)
{
	switch (v) {
	case WEFT_PROBEFLAGS_REPLY:
		return "REPLY";
	}
	return "?";
}

const char *weft_creditflags_name(unsigned v)
{
	switch (v) {
	case WEFT_CREDITFLAGS_DEMAND:
		return "DEMAND";
	case WEFT_CREDITFLAGS_GRANT:
		return "GRANT";
	}
	return "?";
}

const char *weft_svc_flags_name(unsigned v)
{
	switch (v) {
	case WEFT_SVC_FLAGS_RELAXED:
		return "RELAXED";
	}
	return "?";
}

const char *weft_cmdflags_name(unsigned v)
{
	switch (v) {
	case WEFT_CMDFLAGS_BARRIER:
		return "BARRIER";
	}
	return "?";
}

const char *weft_gemmflags_name(unsigned v)
{
	switch (v) {
	case WEFT_GEMMFLAGS_ACCUMULATE:
		return "ACCUMULATE";
	}
	return "?";
}

const char *weft_helloflags_name(unsigned v)
{
	switch (v) {
	case WEFT_HELLOFLAGS_REPLY:
		return "REPLY";
	}
	return "?";
}

const char *weft_nbflags_name(unsigned v)
{
	switch (v) {
	case WEFT_NBFLAGS_CONFIRM:
		return "CONFIRM";
	}
	return "?";
}

const char *weft_pdc_state_name(unsigned v)
{
	switch (v) {
	case WEFT_PDC_STATE_IDLE:
		return "IDLE";
	case WEFT_PDC_STATE_OPENING:
		return "OPENING";
	case WEFT_PDC_STATE_OPEN:
		return "OPEN";
	case WEFT_PDC_STATE_CLOSED:
		return "CLOSED";
	case WEFT_PDC_STATE_FAILED:
		return "FAILED";
	case WEFT_PDC_STATE_CLOSING:
		return "CLOSING";
	}
	return "?";
}

const char *weft_path_state_name(unsigned v)
{
	switch (v) {
	case WEFT_PATH_STATE_GOOD:
		return "GOOD";
	case WEFT_PATH_STATE_SKIP:
		return "SKIP";
	case WEFT_PATH_STATE_SUSPECT:
		return "SUSPECT";
	case WEFT_PATH_STATE_DENIED:
		return "DENIED";
	}
	return "?";
}

const char *weft_stream_state_name(unsigned v)
{
	switch (v) {
	case WEFT_STREAM_STATE_IDLE:
		return "IDLE";
	case WEFT_STREAM_STATE_CONNECTING:
		return "CONNECTING";
	case WEFT_STREAM_STATE_READY:
		return "READY";
	case WEFT_STREAM_STATE_ERROR:
		return "ERROR";
	case WEFT_STREAM_STATE_RNR:
		return "RNR";
	case WEFT_STREAM_STATE_DRAINED:
		return "DRAINED";
	}
	return "?";
}
