/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A queue of the device's accelerator, as the cases of this area use it: a stream of the chip
 * service, a queue of QUEUE_DEPTH commands, memory for their operands, and words of ours for the
 * signals.
 */
#ifndef WEFT_CONFORMANCE_CASES_ACCEL_QUEUE_H
#define WEFT_CONFORMANCE_CASES_ACCEL_QUEUE_H

#include "conformance/cases/common.h"

#define QUEUE_DEPTH	32u
#define OPERANDS	(1u << 20)	/* bytes of memory for operands */

enum wc_cmd_status {
	WC_C_OK, WC_C_BAD_COMMAND, WC_C_BAD_KERNEL, WC_C_BAD_KEY, WC_C_NO_RIGHTS,
	WC_C_OUT_OF_BOUNDS, WC_C_BAD_ARGUMENT, WC_C_NO_CHIP, WC_C_REMOTE, WC_C_ABORTED,
};

struct wc_queue {
	struct wc_stream *s;
	struct wc_mem ring, mem;	/* mem: operands, zero at first */
	uint32_t at;			/* index of the next command */
};

/* Did the device's HELLO announce that kernel? */
bool wc_q_has(const struct wc_view *v, uint64_t kernel);
/* The same in a script; if not, the case does not apply. */
bool wc_q_need(struct wc_t *t, enum wc_kernel kernel);

/* False: the device did not give it; the judge finds no signals. */
bool wc_q_begin(struct wc_t *t, struct wc_queue *q);

/* A command of that kernel within the operands; the signal is word q->at of ours. */
struct wc_command wc_q_command(const struct wc_queue *q, enum wc_kernel kernel, uint32_t dst,
			       uint32_t src, uint32_t len);
struct wc_command wc_q_fill(const struct wc_queue *q, uint32_t dst, uint32_t len, uint8_t value);
/* Into the ring as the next one, without the doorbell. */
void wc_q_put(struct wc_queue *q, const struct wc_command *c);
/* The doorbell word. */
void wc_q_bell(struct wc_queue *q, uint64_t value);
/* Read the read index, as the operation of that name. */
void wc_q_index(struct wc_queue *q, const char *name);
/* Wait for the signal of command n. */
bool wc_q_await(struct wc_queue *q, unsigned n);
/* Put it, ring, and wait for its signal. */
void wc_q_run(struct wc_queue *q, const struct wc_command *c);
/* Operands, written and read (as the operation of that name). */
void wc_q_set(struct wc_queue *q, uint32_t at, const void *bytes, uint32_t len);
void wc_q_get(struct wc_queue *q, const char *name, uint32_t at, uint32_t len);

/* Distinct signals of command n before record until; the last one's operand to *add if not NULL. */
unsigned wc_q_signals(const struct wc_view *v, unsigned n, size_t until, uint64_t *add);
/* Command n signalled that status, once.  NO_SIGNAL, WRONG_SIGNAL, SIGNALLED_TWICE. */
void wc_q_signalled(struct wc_judge *j, unsigned cp, unsigned n, enum wc_cmd_status status);

#endif
