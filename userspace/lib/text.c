/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes and their names.  The public codes are the protocol's: checked here, where both are seen.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/names.h"
#include "userspace/lib/lib.h"

#define SAME(a, b) static_assert((int)(a) == (int)(b), #a " is not " #b)

SAME(WEFT_ST_OK, WEFT_STATUS_OK);
SAME(WEFT_ST_NO_STREAM, WEFT_STATUS_NO_STREAM);
SAME(WEFT_ST_BAD_OPCODE, WEFT_STATUS_BAD_OPCODE);
SAME(WEFT_ST_BAD_KEY, WEFT_STATUS_BAD_KEY);
SAME(WEFT_ST_BAD_DOMAIN, WEFT_STATUS_BAD_DOMAIN);
SAME(WEFT_ST_NO_RIGHTS, WEFT_STATUS_NO_RIGHTS);
SAME(WEFT_ST_OUT_OF_BOUNDS, WEFT_STATUS_OUT_OF_BOUNDS);
SAME(WEFT_ST_NO_RESOURCES, WEFT_STATUS_NO_RESOURCES);
SAME(WEFT_ST_RNR, WEFT_STATUS_RNR);
SAME(WEFT_ST_TOO_LONG, WEFT_STATUS_TOO_LONG);
SAME(WEFT_ST_MALFORMED, WEFT_STATUS_MALFORMED);
SAME(WEFT_ST_MISALIGNED, WEFT_STATUS_MISALIGNED);
SAME(WEFT_ST_OP_FAILED, WEFT_STATUS_OP_FAILED);
SAME(WEFT_ST_NO_WINDOW, WEFT_STATUS_NO_WINDOW);
SAME(WEFT_ST_BAD_QKEY, WEFT_STATUS_BAD_QKEY);
SAME(WEFT_ST_FLUSHED, WEFT_STATUS_FLUSHED);
SAME(WEFT_ST_RETRY_EXCEEDED, WEFT_STATUS_RETRY_EXCEEDED);
SAME(WEFT_ST_RNR_RETRY_EXCEEDED, WEFT_STATUS_RNR_RETRY_EXCEEDED);
SAME(WEFT_ST_PEER_RESET, WEFT_STATUS_PEER_RESET);
SAME(WEFT_ST_DISCONNECTED, WEFT_STATUS_DISCONNECTED);
SAME(WEFT_ST_LOCAL_PROTECTION, WEFT_STATUS_LOCAL_PROTECTION);
SAME(WEFT_ST_LOCAL_LENGTH, WEFT_STATUS_LOCAL_LENGTH);
SAME(WEFT_CHIP_CPU, WEFT_CLASS_CPU);
SAME(WEFT_CHIP_SWITCH, WEFT_CLASS_SWITCH);
SAME(WEFT_RUD, WEFT_MODES_RUD);
SAME(WEFT_ROD, WEFT_MODES_ROD);
SAME(WEFT_RUD, WEFT_MODE_RUD);
SAME(WEFT_ROD, WEFT_MODE_ROD);
SAME(WEFT_PROFILE_CORE, WEFT_PROFILES_CORE);
SAME(WEFT_PROFILE_AI, WEFT_PROFILES_AI);
SAME(WEFT_PROFILE_MEM, WEFT_PROFILES_MEM);
SAME(WEFT_PROFILE_ACCEL, WEFT_PROFILES_ACCEL);
SAME(WEFT_PROFILE_SECURE, WEFT_PROFILES_SECURE);
SAME(WEFT_PROFILE_LINK, WEFT_PROFILES_LINK);
SAME(WEFT_KIND_DDR, WEFT_POOL_DDR);
SAME(WEFT_KIND_PMEM, WEFT_POOL_PMEM);
SAME(WEFT_RUN_NOP, WEFT_KERNEL_NOP);
SAME(WEFT_RUN_SHA256, WEFT_KERNEL_SHA256);
SAME(WEFT_RED_SUM, WEFT_REDOP_SUM);
SAME(WEFT_RED_XOR, WEFT_REDOP_XOR);
SAME(WEFT_TYPE_I32, WEFT_DTYPE_I32);
SAME(WEFT_TYPE_U8, WEFT_DTYPE_U8);
SAME(WEFT_TYPE_I8, WEFT_DTYPE_I8);
SAME(WEFT_RUN_GEMM, WEFT_KERNEL_GEMM);
SAME(WEFT_CMD_OK, WEFT_CMD_STATUS_OK);
SAME(WEFT_CMD_REMOTE, WEFT_CMD_STATUS_REMOTE);
SAME(WEFT_CMD_ABORTED, WEFT_CMD_STATUS_ABORTED);
SAME(WEFT_BECAUSE_NO_SERVICE, WEFT_EP_REASON_NO_SERVICE);
SAME(WEFT_BECAUSE_ERROR, WEFT_EP_REASON_ERROR);
SAME(WEFT_SERVE_CHIP, WEFT_SERVICE_CHIP);
SAME(WEFT_SERVE_PERSONALITY, WEFT_SERVICE_PERSONALITY);
SAME(WEFT_REMOTE_READ, WEFT_MR_READ);
SAME(WEFT_REMOTE_WRITE, WEFT_MR_WRITE);
SAME(WEFT_REMOTE_ATOMIC, WEFT_MR_ATOMIC);
SAME(WEFT_REMOTE_INVALIDATE, WEFT_MR_INVALIDATE);
SAME(WEFT_RELAXED, WEFT_MR_RELAXED);
SAME(WEFT_WORD_ADD, WEFT_AOP_FADD);
SAME(WEFT_WORD_COMPARE_SWAP, WEFT_AOP_CAS);
SAME(WEFT_WORD_SWAP, WEFT_AOP_SWAP);
SAME(WEFT_WORD_MIN, WEFT_AOP_MIN);
SAME(WEFT_WORD_XOR, WEFT_AOP_XOR);
SAME(WEFT_FLUSH_TO_PLACED, WEFT_FLUSH_PLACED);
SAME(WEFT_FLUSH_TO_VISIBLE, WEFT_FLUSH_VISIBLE);
SAME(WEFT_FLUSH_TO_DURABLE, WEFT_FLUSH_DURABLE);
SAME(WEFT_PRIVATE_MAX, WEFT_EP_PRIVATE_MAX);
SAME(WEFT_OP_SEND, WEFT_OPCODE_SEND);
SAME(WEFT_OP_WRITE, WEFT_OPCODE_WRITE);
SAME(WEFT_OP_READ, WEFT_OPCODE_READ);
SAME(WEFT_OP_ATOMIC, WEFT_OPCODE_ATOMIC);
SAME(WEFT_OP_REDUCE, WEFT_OPCODE_REDUCE);
SAME(WEFT_OP_FLUSH, WEFT_OPCODE_FLUSH);
SAME(WEFT_OFFER_TRIM, WEFT_FEATURES_TRIM);
SAME(WEFT_OFFER_PROBE, WEFT_FEATURES_PROBE);
SAME(WEFT_OFFER_CREDIT, WEFT_FEATURES_CREDIT);
SAME(WEFT_OFFER_ATOMICS, WEFT_FEATURES_ATOMICS);
SAME(WEFT_OFFER_NARROW, WEFT_FEATURES_NARROW);
SAME(WEFT_OFFER_MASKED, WEFT_FEATURES_MASKED);
SAME(WEFT_OFFER_REDUCE, WEFT_FEATURES_REDUCE);
SAME(WEFT_OFFER_VISIBLE, WEFT_FEATURES_VISIBLE);
SAME(WEFT_OFFER_DURABLE, WEFT_FEATURES_DURABLE);
SAME(WEFT_OFFER_SIGNAL, WEFT_FEATURES_SIGNAL);
SAME(WEFT_OFFER_INV, WEFT_FEATURES_INV);
SAME(WEFT_OFFER_MEM, WEFT_FEATURES_MEM);
SAME(WEFT_OFFER_RD, WEFT_FEATURES_RD);
SAME(WEFT_OFFER_UD, WEFT_FEATURES_UD);
SAME(WEFT_MESSAGE_MAX, WEFT_MSG_MAX);
SAME(WEFT_ALLOC_RELAXED, WEFT_SVC_FLAGS_RELAXED);
SAME(WEFT_POOLS_MAX, sizeof(((struct weft_hello *)0)->pools) / sizeof(struct weft_hdr_tlv_pool));
SAME(WEFT_ENGINES_MAX,
     sizeof(((struct weft_hello *)0)->engines) / sizeof(struct weft_hdr_tlv_engine));
SAME(WEFT_NAME_MAX, sizeof(((struct weft_hello *)0)->name));

const char *weft_st_name(unsigned st)
{
	return weft_status_name(st);
}

static const struct {
	uint8_t st;
	const char *text;
} st_texts[] = {
	{ WEFT_ST_OK, "all is well" },
	{ WEFT_ST_NO_STREAM, "it has no such endpoint" },
	{ WEFT_ST_BAD_OPCODE, "it does not allow this operation here" },
	{ WEFT_ST_BAD_KEY, "it has no memory of this key, or has withdrawn it" },
	{ WEFT_ST_BAD_DOMAIN, "the key belongs to another domain or protection domain" },
	{ WEFT_ST_NO_RIGHTS, "the key does not give this right" },
	{ WEFT_ST_OUT_OF_BOUNDS, "the range leaves the registered memory" },
	{ WEFT_ST_NO_RESOURCES, "more operations are outstanding than it agreed to" },
	{ WEFT_ST_RNR, "it has no receive buffer posted" },
	{ WEFT_ST_TOO_LONG, "the message is longer than its receive buffer" },
	{ WEFT_ST_MALFORMED, "the operation contradicts itself" },
	{ WEFT_ST_MISALIGNED, "the atomic's address is not a multiple of the word's width" },
	{ WEFT_ST_OP_FAILED, "it could not carry the operation out" },
	{ WEFT_ST_NO_WINDOW, "it has no such window bound" },
	{ WEFT_ST_BAD_QKEY, "the qkey is not that of its datagram queue" },
	{ WEFT_ST_FLUSHED, "given up because the endpoint had ended before" },
	{ WEFT_ST_RETRY_EXCEEDED, "it does not answer" },
	{ WEFT_ST_RNR_RETRY_EXCEEDED, "it had no receive buffer posted, too often" },
	{ WEFT_ST_PEER_RESET, "it gave up the connection, or has started again" },
	{ WEFT_ST_DISCONNECTED, "it closed the connection" },
	{ WEFT_ST_LOCAL_PROTECTION, "the local buffer may not be used so" },
	{ WEFT_ST_LOCAL_LENGTH, "the local buffer is too small" },
};

const char *weft_st_text(unsigned st)
{
	for (size_t i = 0; i < WEFT_ARRAY_LEN(st_texts); i++) {
		if (st_texts[i].st == st)
			return st_texts[i].text;
	}
	return "unknown status";
}

const char *weft_chip_class_name(unsigned c)
{
	return weft_class_name(c);
}

int weft_chip_class_parse(const char *name)
{
	for (unsigned c = 0; name && c <= WEFT_CHIP_SWITCH; c++) {
		if (!strcasecmp(name, weft_class_name(c)))
			return (int)c;
	}
	return -EINVAL;
}

const char *weft_pool_kind_name(unsigned k)
{
	return weft_pool_name(k);
}

const char *weft_run_name(unsigned kernel)
{
	return weft_kernel_name(kernel);
}

const char *weft_cmd_st_name(unsigned st)
{
	return weft_cmd_status_name(st);
}

const char *weft_reason_name(unsigned reason)
{
	return weft_ep_reason_name(reason);
}

const char *weft_op_name(unsigned op)
{
	switch (op) {
	case WEFT_OP_RECV:
		return "RECV";
	case WEFT_OP_RECV_WRITE:
		return "RECV_WRITE";
	case WEFT_OP_RECV_UD:
		return "RECV_UD";
	case WEFT_OP_RECV_RD:
		return "RECV_RD";
	case WEFT_OP_LOAD:
		return "LOAD";
	case WEFT_OP_STORE:
		return "STORE";
	case WEFT_OP_WINDOW_ATOMIC:
		return "WINDOW_ATOMIC";
	case WEFT_OP_UD_SEND:
		return "UD_SEND";
	case WEFT_OP_RD_SEND:
		return "RD_SEND";
	default:
		return weft_opcode_name(op);
	}
}

const char *weft_offer_name(unsigned offer)
{
	return weft_features_name(offer);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int weft_chip_id_parse(const char *text, uint64_t *chip_id)
{
	uint64_t v = 0;
	int digits = 0;

	if (!text)
		return -EINVAL;
	if (!strncasecmp(text, "chip:", 5))
		text += 5;
	for (; *text; text++) {
		if ((*text == '-' || *text == ':') && digits && digits % 2 == 0)
			continue;
		if (hex(*text) < 0 || digits++ == 16)
			return -EINVAL;
		v = v << 4 | (uint64_t)hex(*text);
	}
	if (digits != 16 || !v)
		return -EINVAL;
	*chip_id = v;
	return 0;
}

char *weft_chip_id_str(uint64_t chip_id, char buf[24])
{
	for (int i = 0; i < 8; i++)
		snprintf(buf + 3 * i, 4, i == 7 ? "%02x" : "%02x-",
			 (unsigned)(chip_id >> (56 - 8 * i) & 0xff));
	return buf;
}
