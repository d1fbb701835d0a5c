/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The form of memory operations: which sizes a code allows, and what follows the headers for it.
 * What an operation does is memop_rx.c's and the host's.
 */
#include "core/loadstore.h"

#define BIG 256u		/* bytes of LOAD256, STORE256, DATA256 */

static bool sized(uint8_t size, uint8_t most, uint16_t *bytes)
{
	*bytes = (uint16_t)(1u << size);
	return size <= most;
}

static bool big(uint8_t size, uint16_t *bytes)
{
	*bytes = BIG;
	return !size;
}

/* WEFT-MEM-051 */
bool weft_memform(const struct weft_hdr_memop *op, struct weft_memform *f)
{
	uint16_t word;

	memset(f, 0, sizeof(*f));
	switch (op->code) {
	case WEFT_MEMCODE_LOAD:
		return sized(op->size, 7, &f->load);
	case WEFT_MEMCODE_STORE:
		return sized(op->size, 7, &f->data);
	case WEFT_MEMCODE_MSTORE:
		f->head = WEFT_HDR_MEMMASK_LEN;
		return sized(op->size, 6, &f->data);
	case WEFT_MEMCODE_LOAD256:
		return big(op->size, &f->load);
	case WEFT_MEMCODE_STORE256:
		return big(op->size, &f->data);
	case WEFT_MEMCODE_DATA:
		f->answer = true;
		return sized(op->size, 7, &f->data);
	case WEFT_MEMCODE_DATA256:
		f->answer = true;
		return big(op->size, &f->data);
	case WEFT_MEMCODE_OLD:
		f->answer = true;
		f->head = WEFT_HDR_MEMOPERAND_LEN;
		return true;
	case WEFT_MEMCODE_DONE:
	case WEFT_MEMCODE_FAULT:
		f->answer = true;
		return true;
	default:
		f->head = WEFT_HDR_MEMOPERAND_LEN * (op->code == WEFT_MEMCODE_CAS ? 2 : 1);
		return weft_memcode_aop(op->code) && sized(op->size, 3, &word);
	}
}

enum weft_aop weft_memcode_aop(uint8_t code)
{
	static const uint8_t aop[] = {
		[WEFT_MEMCODE_FADD] = WEFT_AOP_FADD, [WEFT_MEMCODE_CAS] = WEFT_AOP_CAS,
		[WEFT_MEMCODE_SWAP] = WEFT_AOP_SWAP, [WEFT_MEMCODE_MIN] = WEFT_AOP_MIN,
		[WEFT_MEMCODE_MAX] = WEFT_AOP_MAX, [WEFT_MEMCODE_UMIN] = WEFT_AOP_UMIN,
		[WEFT_MEMCODE_UMAX] = WEFT_AOP_UMAX, [WEFT_MEMCODE_AND] = WEFT_AOP_AND,
		[WEFT_MEMCODE_OR] = WEFT_AOP_OR, [WEFT_MEMCODE_XOR] = WEFT_AOP_XOR,
	};

	return code < WEFT_ARRAY_LEN(aop) ? (enum weft_aop)aop[code] : WEFT_AOP_RESERVED;
}
