/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams: single packets between queues that are not connected (specification, section 45).
 *
 * A datagram queue has a number and a qkey, which its owner tells those that it wants to hear
 * from.  It sends and receives both kinds: unreliable ones, which are lost when the network loses
 * them and of which the sender hears nothing, and reliable ones (WEFT_RELIABLE), which are
 * delivered once and whose sender learns what became of them.  No datagram waits for another.
 */
#ifndef WEFT_DATAGRAM_PUBLIC_H
#define WEFT_DATAGRAM_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include <weft/ep.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_dgram_queue;	/* a datagram queue */
struct weft_dest;	/* a chip that datagrams are sent to */

struct weft_dgram_opts {
	struct weft_cq *cq;	/* where completions go; NULL: its own, weft_dgram_cq() */
	void *user;		/* the caller's, given back in completions */
	uint32_t qkey;		/* what senders have to show; 0 is a qkey too */
	uint32_t domain;	/* used if domain_given, else the port's */
	uint32_t qpn;		/* fixed number of 24 bits, for test devices; 0: any */
	uint16_t send_depth;	/* datagrams posted and not yet polled, 1..4096; 0: 64 */
	uint16_t recv_depth;	/* receive buffers posted and not yet polled, power of two, 1..4096;
				 * 0: 64 */
	unsigned domain_given : 1;
};

/*
 * Make a datagram queue.  opts: borrowed for the call; NULL: defaults.
 * Errors: -EINVAL (an option), -EEXIST (fixed number in use), -ENOSPC (256 are open), -ENOMEM.
 */
int weft_dgram_open(struct weft_port *port, const struct weft_dgram_opts *opts,
		    struct weft_dgram_queue **queue);
/* Free it; completions of it that were not polled vanish, all buffers are the caller's again.
 * Datagrams on their way may still arrive.  NULL is allowed. */
void weft_dgram_close(struct weft_dgram_queue *queue);

uint32_t weft_dgram_qpn(const struct weft_dgram_queue *queue);	/* its number, for those who send */
struct weft_cq *weft_dgram_cq(const struct weft_dgram_queue *queue);
uint32_t weft_dgram_send_room(const struct weft_dgram_queue *queue);	/* that can be posted now */
uint32_t weft_dgram_recv_room(const struct weft_dgram_queue *queue);

/* ---- Destinations ---------------------------------------------------------------- */

/*
 * A chip to send to, by an address as in weft_connect().  The caller's until weft_dest_close().
 * Errors: -EINVAL (address), -ENOENT (chip: not known), -ENOMEM.
 */
int weft_dest_open(struct weft_port *port, const char *to, struct weft_dest **dest);
void weft_dest_close(struct weft_dest *dest);	/* NULL is allowed */
/*
 * Turn until the chip has answered a HELLO, which reliable datagrams need.  Errors: -ETIMEDOUT, or
 * as weft_wait().
 */
int weft_dest_wait(struct weft_dest *dest, uint64_t timeout_ns);

/* ---- Sending --------------------------------------------------------------------- */

#define WEFT_RELIABLE	16u	/* weft_dgram_send(): delivered once, and its sender learns it */
#define WEFT_WITH_IMM	32u	/* weft_dgram_send(): imm counts */

struct weft_datagram {
	const void *buf;	/* the library's until the completion is polled */
	uint32_t len;		/* bytes, at most weft_port_payload() of the destination */
	uint32_t qpn, qkey;	/* of the receiver */
	uint32_t imm;		/* with WEFT_WITH_IMM: 32 bits that the receive completes with */
};

/*
 * Send one.  d: borrowed for the call.  flags: WEFT_RELIABLE, _WITH_IMM, _ALERT, _QUIET.
 *
 * An unreliable one completes when the network has it.  If it cannot be sent (LOCAL_LENGTH: longer
 * than the way there allows; OP_FAILED: no way there) its completion says so, the queue is in
 * error, and further unreliable ones complete with FLUSHED until weft_dgram_resume().  Receiving
 * goes on.
 *
 * A reliable one completes with OK when the receiver's buffer is complete, or with NO_STREAM,
 * BAD_QKEY, TOO_LONG, BAD_OPCODE (the chip does not take them), RNR_RETRY_EXCEEDED, or the status
 * with which the chip was lost, when it may have been delivered.
 *
 * Errors: -EAGAIN (send_depth reached, as many reliable ones outstanding with this chip as there
 * are tags, the carriage is full, or, if reliable, the chip's HELLO is not known: it is asked; turn
 * and try again, or weft_dest_wait() first), -EINVAL (a reliable one longer than a packet, no
 * buffer, a number or flags that are none), -EOPNOTSUPP (reliable: one of the two chips does not
 * offer them), -EPROTONOSUPPORT, -EHOSTUNREACH, -ENOSPC (no room for another context), -ENOMEM.
 */
int weft_dgram_send(struct weft_dgram_queue *queue, struct weft_dest *dest,
		    const struct weft_datagram *d, uint64_t id, unsigned flags);
/* Send unreliable datagrams again after one failed.  Errors: -EALREADY (none had). */
int weft_dgram_resume(struct weft_dgram_queue *queue);

/* ---- Receiving ------------------------------------------------------------------- */

/* Post a receive buffer; each datagram consumes one.  A datagram longer than the buffer is not
 * delivered, and the buffer stays.  Errors: -EAGAIN (recv_depth reached), -EINVAL. */
int weft_dgram_recv(struct weft_dgram_queue *queue, void *buf, uint32_t len, uint64_t id);

/* Where a datagram came from: what an answer needs, but for the qkey. */
struct weft_source {
	uint64_t chip_id;	/* 0: not known, for anybody may send unreliable ones */
	uint32_t qpn;		/* the sender's queue */
	char addr[WEFT_ADDR_MAX];	/* as in weft_dest_open() */
};
/*
 * The source of a received datagram, by its completion.  It is kept until recv_depth further ones
 * have been received.  Errors: -EINVAL (not a datagram's of this queue), -ESTALE (forgotten).
 */
int weft_dgram_source(const struct weft_dgram_queue *queue, const struct weft_completion *c,
		      struct weft_source *source);

#ifdef __cplusplus
}
#endif

#endif
