/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared receive queues: receive buffers that several endpoints of a port take from.
 *
 * A buffer is taken by the first packet of a message.  No endpoint holds more than its share at a
 * time (weft_ep_opts.srq_share), and the last free one only goes to a message that waits for
 * nothing but its own packets, so that none starves (specification, section 40).
 */
#ifndef WEFT_SRQ_PUBLIC_H
#define WEFT_SRQ_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_port;
struct weft_srq;

/*
 * Make one for `depth` buffers posted and not yet polled, a power of two, 1..65536.
 * Errors: -EINVAL, -ENOMEM.
 */
int weft_srq_create(struct weft_port *port, uint32_t depth, struct weft_srq **srq);
/* Errors: -EBUSY while endpoints use it.  Buffers in it are the caller's again, without a
 * completion.  NULL is allowed. */
int weft_srq_destroy(struct weft_srq *srq);

/*
 * Post a receive buffer, the library's until its completion is polled.  That comes in the
 * completion queue of the endpoint that a message came to, with this id.
 * Errors: -EAGAIN (depth reached: poll completions), -EINVAL.
 */
int weft_srq_recv(struct weft_srq *srq, void *buf, uint32_t len, uint64_t id);
uint32_t weft_srq_room(const struct weft_srq *srq);	/* buffers that can be posted now */
uint32_t weft_srq_free(const struct weft_srq *srq);	/* posted that no message has taken */
/* Tell once, by WEFT_EP_SRQ_LOW, when fewer than `limit` are free; 0: do not. */
void weft_srq_limit(struct weft_srq *srq, uint32_t limit);

#ifdef __cplusplus
}
#endif

#endif
