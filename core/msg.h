/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One message as its responder knows it, and the form that its packets may have (request.c).  For
 * the engine's own files, through core/pdc.h.
 */
#ifndef WEFT_CORE_MSG_H
#define WEFT_CORE_MSG_H

#include "core/mutant.h"
#include "core/weft.h"

enum msg_state { MSG_FREE, MSG_PART, MSG_PLACED, MSG_WAIT, MSG_DONE, MSG_REFUSED };

struct msg {			/* responder: one message of the window */
	uint64_t addr;
	union {
		struct weft_atomic atomic;	/* ATOMIC */
		struct {			/* SEND, WRITE, REDUCE */
			uint64_t cover;		/* of pieces placed out of order: responder.c */
			uint64_t signal_addr;
			uint32_t signal_key, signal_value;
			uint32_t imm;		/* the immediate, or the key to invalidate */
			uint32_t taken;		/* bytes given to the host to place */
			uint32_t got;		/* bytes placed */
			uint32_t contig;	/* bytes placed in order */
		} d;
	};
	uint64_t value;		/* ATOMIC: the old value */
	uint32_t msn, msg_len, rkey, ssn;
	uint32_t sent;		/* READ: response bytes that have a PSN */
	uint8_t state;		/* enum msg_state */
	uint8_t stage;		/* of what is to do when all is placed: execute.c */
	uint8_t opcode, flags, status;
	uint8_t code, type;	/* REDUCE: operation, type; FLUSH: level */
};

struct range {			/* what all packets of a message repeat, and this one's place */
	uint64_t addr;
	uint32_t rkey, msg_len, offset, ssn;
	uint8_t code, type;	/* REDUCE: operation, type; FLUSH: level */
};
static inline bool op_has_data(uint8_t opcode)
{
	return opcode == WEFT_OPCODE_SEND || opcode == WEFT_OPCODE_WRITE ||
	       opcode == WEFT_OPCODE_REDUCE;
}
static inline bool op_answered(uint8_t opcode)		/* by more than a TACK */
{
	return opcode == WEFT_OPCODE_READ || opcode == WEFT_OPCODE_ATOMIC;
}
bool request_offered(uint8_t opcode);
enum weft_status request_judge(const struct weft_view *v, struct range *g);
void request_atomic(const struct weft_view *v, struct weft_atomic *a);

#endif
