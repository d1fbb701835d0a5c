/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the chip service: 24 bytes by SEND, 32 bytes back by SEND (spec/60-accelerator.md).
 */
#ifndef WEFT_CONFORMANCE_SVC_H
#define WEFT_CONFORMANCE_SVC_H

#include "conformance/drive.h"

/* Send a request with a fresh tag, which it returns, and wait for its answer. */
uint32_t wc_svc_call(struct wc_stream *s, const char *name, const struct wc_svc_msg *req);
/* The answer with that tag: its record, or WC_NONE.  rsp may be NULL. */
size_t wc_svc_answer(const struct wc_view *v, uint32_t tag, struct wc_svc_msg *rsp);
/* How many distinct answers with that tag there are. */
unsigned wc_svc_answers(const struct wc_view *v, uint32_t tag);
/* ALLOC; false if it was refused.  The names of values are name.key, name.base. */
bool wc_svc_alloc(struct wc_stream *s, const char *name, uint64_t len, struct wc_mem *mem);

#endif
