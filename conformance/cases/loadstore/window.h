/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load and store: windows, packets of operations, and their answers.
 */
#ifndef WEFT_CONFORMANCE_CASES_WINDOW_H
#define WEFT_CONFORMANCE_CASES_WINDOW_H

#include "conformance/cases/common.h"

#define WC_LS_WINDOW	3u
#define WC_LS_AREA	512u	/* bytes of the window */
#define WC_LS_PAGE	60u	/* of the common memory, where it lies */

/* Operations of one packet, and what belongs to them. */
struct wc_ls_packet {
	struct wc_memop op[WC_MAX_MEMOPS + 1];
	uint8_t extra[1024];
	unsigned n, len;
};

struct wc_ls_answer {
	unsigned count;			/* in packets of different PSNs */
	struct wc_memop op;
	uint8_t data[256];
	size_t at;
};

/* The window that most scripts bind: WC_LS_AREA bytes of the common memory. */
struct wc_bind wc_ls_usual(const struct wc_t *t);
/* Ask for a window and wait; mark and value `name` stand before the question. */
void wc_ls_bind(struct wc_t *t, const char *name, const struct wc_bind *given);
/* WINDOW_STATUS after mark name: once, and this. */
void wc_ls_bind_is(struct wc_judge *j, unsigned n, const char *name, enum wc_status status);

/* Add an operation and what belongs to it. */
void wc_ls_add(struct wc_ls_packet *p, unsigned code, unsigned size, unsigned tag, uint64_t offset,
	       const void *bytes);
void wc_ls_add_word(struct wc_ls_packet *p, unsigned code, unsigned size, unsigned tag,
		    uint64_t offset, uint64_t operand, uint64_t compare);
void wc_ls_word(uint8_t out[8], uint64_t value);
/* The packet, on the common context; its body lives until the next call. */
struct wc_frame wc_ls_packed(struct wc_t *t, const struct wc_ls_packet *p);
/* Send, and wait for the answer to the last tag; mark `name` stands before. */
void wc_ls_send_ops(struct wc_t *t, const char *name, const struct wc_ls_packet *p);

/* Answers with that tag after record from. */
struct wc_ls_answer wc_ls_answer_to(const struct wc_view *v, unsigned tag, size_t from);
/* The answer to that tag after mark name, which must have that code: NO_ANSWER, WRONG_CODE. */
struct wc_ls_answer wc_ls_answered(struct wc_judge *j, unsigned n, const char *name, unsigned tag,
				   unsigned code);
/* It is a FAULT of that status, or an old value. */
void wc_ls_fault(struct wc_judge *j, unsigned n, const char *name, unsigned tag,
		 enum wc_status status);
void wc_ls_old_is(struct wc_judge *j, unsigned n, const char *name, unsigned tag, uint64_t value);

/* The old bytes in memory, and the window bound as "bind". */
void wc_ls_prepare(struct wc_t *t);
void wc_ls_old_bytes(uint8_t bytes[WC_LS_AREA]);
/* READ of the whole area, as "all". */
void wc_ls_read_all(struct wc_t *t);

#endif
