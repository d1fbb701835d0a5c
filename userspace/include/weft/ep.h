/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints (queue pairs), their operations and completions.
 *
 * All endpoints between the same two chips, in one domain and mode, share one context, so that an
 * endpoint costs little and opening the second takes no handshake of its own below it.
 */
#ifndef WEFT_EP_PUBLIC_H
#define WEFT_EP_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include <weft/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_ep;
struct weft_cq;
struct weft_request;
struct weft_window;	/* window.h */
struct weft_dgram_queue;	/* datagram.h */
struct weft_srq;	/* srq.h */

#define WEFT_PRIVATE_MAX 64	/* bytes of private data of a connection */

/* ---- Completion queues ----------------------------------------------------------- */

enum weft_op {
	WEFT_OP_SEND = 1,
	WEFT_OP_WRITE = 2,
	WEFT_OP_READ = 3,
	WEFT_OP_ATOMIC = 5,
	WEFT_OP_REDUCE = 9,
	WEFT_OP_FLUSH = 10,
	WEFT_OP_LOAD = 16,		/* on a window: window.h */
	WEFT_OP_STORE = 17,
	WEFT_OP_WINDOW_ATOMIC = 18,
	WEFT_OP_UD_SEND = 24,		/* datagrams: datagram.h */
	WEFT_OP_RD_SEND = 25,
	WEFT_OP_RECV = 0x80,		/* a receive buffer was consumed by a SEND */
	WEFT_OP_RECV_WRITE = 0x81,	/* ... by the immediate of a WRITE */
	WEFT_OP_RECV_UD = 0x82,		/* ... by an unreliable datagram */
	WEFT_OP_RECV_RD = 0x83,		/* ... by a reliable one */
};
const char *weft_op_name(unsigned op);	/* "WRITE"; "?" */

#define WEFT_HAS_IMM	1u	/* imm is valid */
#define WEFT_SOLICITED	2u	/* the sender asked for attention */
#define WEFT_INVALIDATED 4u	/* the sender took a key of ours away: imm */

struct weft_completion {
	uint64_t id;		/* of the work request */
	struct weft_ep *ep;	/* NULL: of a datagram queue */
	struct weft_window *window;	/* LOAD, STORE, WINDOW_ATOMIC; else NULL */
	struct weft_dgram_queue *dgram;	/* datagrams; else NULL */
	void *user;		/* of the window, the datagram queue, or the endpoint */
	uint64_t value;		/* atomics: the word's old value, zero-extended */
	uint32_t len;		/* RECV and its like: bytes of the message */
	uint32_t imm;
	uint8_t status;		/* enum weft_st; not OK: weft_ep_error_text(ep) tells more */
	uint8_t op;		/* enum weft_op */
	uint8_t flags;		/* WEFT_HAS_IMM, WEFT_SOLICITED, WEFT_INVALIDATED */
};

/* Make a completion queue.  It grows with the endpoints that use it and cannot overflow.  Errors:
 * -ENOMEM. */
int weft_cq_create(struct weft_port *port, struct weft_cq **cq);
/* Errors: -EBUSY while endpoints use it.  NULL is allowed. */
int weft_cq_destroy(struct weft_cq *cq);

/* Take up to n completions, oldest first.  Returns how many.  Does not turn the port. */
int weft_cq_poll(struct weft_cq *cq, struct weft_completion *c, int n);
/*
 * Turn the port until there is at least one completion, then take up to n.  Returns how many; 0:
 * the time has passed.  Errors: as weft_wait().
 */
int weft_cq_wait(struct weft_cq *cq, struct weft_completion *c, int n, uint64_t timeout_ns);

/* ---- Endpoints ------------------------------------------------------------------- */

struct weft_ep_opts {
	struct weft_cq *cq;	/* where completions go; NULL: a queue of its own, weft_ep_cq() */
	void *user;		/* the caller's, given back in completions and events */
	uint32_t domain;	/* connect: used if domain_given, else the port's */
	uint32_t pd;		/* protection domain: which registered memory the peer reaches */
	uint16_t send_depth;	/* operations posted and not yet polled, power of two, 1..4096;
				 * 0: 128 */
	uint16_t recv_depth;	/* receive buffers posted and not yet polled, power of two, 1..4096;
				 * 0: 128 */
	uint16_t window;	/* messages that we let the peer have outstanding, power of two,
				 * 1..256; 0: 128 */
	uint8_t reads;		/* of these, READs and atomics; 0: 64, or the window */
	uint8_t mode;		/* connect: WEFT_RUD or WEFT_ROD; 0: RUD if both chips claim it */
	uint8_t rnr_retry;	/* replays for want of a receive buffer, 1..6; 0, 7: no end */
	uint32_t rnr_delay_ns;	/* what we ask the peer to wait; 0: 100 us */
	struct weft_srq *srq;	/* where receive buffers come from; NULL: of its own.  recv_depth
				 * and weft_recv() are then not used */
	uint8_t srq_share;	/* buffers of srq that messages of this endpoint hold at a time, at
				 * most, 1..255; 0: 4 */
	const void *priv;	/* private data for the other side, borrowed for the call */
	uint16_t priv_len;	/* at most WEFT_PRIVATE_MAX */
	unsigned domain_given : 1;
};

/*
 * Ask the chip at `to` for an endpoint of a service.
 *
 * to: an address, "10.0.0.2", "10.0.0.2:50000", "[fe80::1%eth0]", "02:00:00:00:00:01" on Ethernet,
 * or "chip:" and a Chip ID in hexadecimal that was discovered or told (chip.h).  A chip that is not
 * known yet is asked for its HELLO first.
 *
 * Returns at once with an endpoint in state CONNECTING, the caller's until weft_ep_destroy().  Then
 * comes WEFT_EP_CONNECTED, _REJECTED or _FAILED.  Receive buffers may be posted meanwhile, other
 * operations when connected.
 *
 * Errors: -EINVAL (address, an option), -ENOENT (chip not known), -EHOSTUNREACH (no way there),
 * -EPROTONOSUPPORT (no mode in common), -ENOSPC (no room for another context or endpoint), -ENOMEM.
 */
int weft_connect(struct weft_port *port, const char *to, uint32_t service,
		 const struct weft_ep_opts *opts, struct weft_ep **ep);
/* Turn until ep is connected.  Takes no event off the queue but ep's own.  Errors: -ETIMEDOUT,
 * -ECONNREFUSED, -EHOSTDOWN (no answer), or as weft_wait(); ep is still to be destroyed. */
int weft_connect_wait(struct weft_ep *ep, uint64_t timeout_ns);

/*
 * Offer a service.  Each asker becomes an event WEFT_EP_REQUESTED; others are told NO_SERVICE.
 * backlog: requests waiting for an answer, at most (more: NO_ROOM); 0: 64.
 * Errors: -EEXIST, -ENOMEM.
 */
int weft_listen(struct weft_port *port, uint32_t service, void *user, uint32_t backlog);
void weft_unlisten(struct weft_port *port, uint32_t service);

/* Who asks.  Valid until answered. */
struct weft_asker {
	uint64_t chip_id;
	char addr[WEFT_ADDR_MAX];
	uint32_t service, domain;
	uint8_t mode;			/* WEFT_RUD or WEFT_ROD */
	uint16_t priv_len;
	uint8_t priv[WEFT_PRIVATE_MAX];
};
const struct weft_asker *weft_request_asker(const struct weft_request *rq);

/*
 * Answer a request.  It is gone afterwards, unless the call fails with -EINVAL, -ENOMEM, -ENOSPC
 * or -EAGAIN (too many answers are under way: turn the port, then accept again).  -ECONNRESET: the
 * asker has gone meanwhile, and the request with it.  The endpoint is connected at
 * once.  The peer may send before receive buffers are posted: it then waits and tries again.
 */
int weft_accept(struct weft_request *rq, const struct weft_ep_opts *opts, struct weft_ep **ep);
void weft_reject(struct weft_request *rq);
/* The same with a number and private data for the asker, the service's own.  priv: borrowed for
 * the call.  Errors: -EINVAL (more than WEFT_PRIVATE_MAX bytes, or none at NULL); the request is
 * then still to be answered. */
int weft_reject_with(struct weft_request *rq, uint32_t arg, const void *priv, uint16_t len);

/* End the connection: the peer is told, what is outstanding completes with FLUSHED.  The endpoint
 * and its completions stay until weft_ep_destroy().  To end orderly, wait for the completions
 * first. */
void weft_disconnect(struct weft_ep *ep);
/* Disconnect and free; completions of it that were not polled vanish.  All buffers are the caller's
 * again.  NULL is allowed.  If a request of the peer's was refused (WEFT_EP_FAILED), it still
 * learns the status, if the port turns on or is closed with weft_close(), unless READs that it
 * asked for before that are still on their way: keep the endpoint for a while to answer them. */
void weft_ep_destroy(struct weft_ep *ep);

enum weft_ep_status {
	WEFT_EP_IS_CONNECTING,
	WEFT_EP_IS_CONNECTED,
	WEFT_EP_IS_REJECTED,	/* weft_ep_reason() */
	WEFT_EP_IS_CLOSED,	/* by either side; weft_ep_reason() */
	WEFT_EP_IS_FAILED,	/* weft_ep_failure() */
};
enum weft_ep_status weft_ep_status(const struct weft_ep *ep);
unsigned weft_ep_reason(const struct weft_ep *ep);	/* enum weft_reason; 0: none */
unsigned weft_ep_failure(const struct weft_ep *ep);	/* enum weft_st; OK: none */
/* What happened to it, naming the other chip by ID and address, the cause, and how far it had
 * acknowledged: one sentence.  Valid as long as ep; "" if all is well. */
const char *weft_ep_error_text(const struct weft_ep *ep);

void *weft_ep_user(const struct weft_ep *ep);
void weft_ep_set_user(struct weft_ep *ep, void *user);
struct weft_cq *weft_ep_cq(const struct weft_ep *ep);
struct weft_port *weft_ep_port(const struct weft_ep *ep);
uint32_t weft_ep_qpn(const struct weft_ep *ep);
uint32_t weft_ep_domain(const struct weft_ep *ep);
uint32_t weft_ep_pd(const struct weft_ep *ep);
uint32_t weft_ep_context(const struct weft_ep *ep);	/* its context's number; 0: none */
uint64_t weft_ep_chip_id(const struct weft_ep *ep);	/* of the other chip; 0: not known yet */
const char *weft_ep_addr(const struct weft_ep *ep);	/* of the other chip, text */
/* Private data that came with the acceptance or the rejection; *len bytes, valid as long as ep. */
const void *weft_ep_private(const struct weft_ep *ep, uint16_t *len);
uint32_t weft_ep_send_room(const struct weft_ep *ep);	/* operations that can be posted now */
uint32_t weft_ep_recv_room(const struct weft_ep *ep);

/* ---- Events ---------------------------------------------------------------------- */

enum weft_ep_event_kind {
	WEFT_EP_REQUESTED,	/* somebody asks for a service: answer request */
	WEFT_EP_CONNECTED,
	WEFT_EP_REJECTED,
	WEFT_EP_DISCONNECTED,	/* the peer has ended it */
	WEFT_EP_FAILED,		/* weft_ep_error_text(ep) */
	WEFT_EP_DRAINED,	/* weft_drain(): what was begun is complete */
	WEFT_EP_WINDOW,		/* window is bound, or not: status */
	WEFT_EP_SRQ_LOW,	/* fewer buffers of srq are free than its limit */
	WEFT_EP_PEER_PORT,	/* chip: its port `arg` has changed: port_up */
	WEFT_EP_TELEMETRY,	/* weft_context_ask(): chip's counters of context `arg` are there */
};

struct weft_ep_event {
	enum weft_ep_event_kind kind;
	struct weft_ep *ep;		/* NULL for REQUESTED, SRQ_LOW, PEER_PORT, TELEMETRY */
	void *user;			/* of the endpoint or window; REQUESTED: of the listener */
	struct weft_request *request;	/* REQUESTED */
	struct weft_window *window;	/* WINDOW */
	struct weft_srq *srq;		/* SRQ_LOW */
	uint64_t chip_id;		/* PEER_PORT, TELEMETRY */
	uint32_t service;		/* REQUESTED */
	uint32_t arg;			/* REJECTED, DISCONNECTED: the service's number, 0: none;
					 * PEER_PORT: port; TELEMETRY: weft_context_info.id */
	uint8_t status;			/* FAILED, WINDOW: enum weft_st */
	uint8_t reason;			/* REJECTED, DISCONNECTED: enum weft_reason */
	uint8_t port_up;		/* PEER_PORT: it works */
};

/* Take the oldest event.  Returns 1; 0: there is none.  Events of destroyed endpoints vanish. */
int weft_next_event(struct weft_port *port, struct weft_ep_event *ev);

/* ---- Operations ---------------------------------------------------------------------- *
 *
 * Each queues one work request and returns; weft_progress() moves it.  The local buffer belongs to
 * the library until the completion is polled.  Completions of an endpoint come in the order of the
 * requests.
 *
 * id: given back in the completion.  flags: WEFT_QUIET, WEFT_FENCE, WEFT_ALERT.
 *
 * Errors: -EAGAIN (send_depth or recv_depth reached: poll completions), -ENOTCONN, -EINVAL (NULL
 * buffer with a length, longer than WEFT_MESSAGE_MAX, misaligned atomic, unknown flags),
 * -EOPNOTSUPP (the two chips do not both offer what the operation needs: WEFT_OFFER_*).
 */
#define WEFT_MESSAGE_MAX 0x80000000u	/* bytes in a message, at most */

#define WEFT_QUIET	1u	/* no completion if it succeeds */
#define WEFT_FENCE	2u	/* not before earlier READs and atomics have completed */
#define WEFT_ALERT	4u	/* SEND, write_imm: solicited event at the receiver */

int weft_send(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t id, unsigned flags);
int weft_send_imm(struct weft_ep *ep, const void *buf, uint32_t len, uint32_t imm, uint64_t id,
		  unsigned flags);
/* Post a receive buffer; each SEND, and each WRITE with immediate, consumes one. */
int weft_recv(struct weft_ep *ep, void *buf, uint32_t len, uint64_t id);
int weft_write(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t addr, uint32_t key,
	       uint64_t id, unsigned flags);
int weft_write_imm(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t addr, uint32_t key,
		   uint32_t imm, uint64_t id, unsigned flags);
/* Its completion's len is 0: all of len was read, or the status says why not. */
int weft_read(struct weft_ep *ep, void *buf, uint32_t len, uint64_t addr, uint32_t key, uint64_t id,
	      unsigned flags);
/* 64-bit little-endian words.  The old value comes in the completion. */
int weft_fetch_add(struct weft_ep *ep, uint64_t addr, uint32_t key, uint64_t addend, uint64_t id,
		   unsigned flags);
int weft_compare_swap(struct weft_ep *ep, uint64_t addr, uint32_t key, uint64_t compare,
		      uint64_t swap, uint64_t id, unsigned flags);

/* A change to one little-endian word of the peer's memory. */
struct weft_word {
	uint8_t op;		/* enum weft_word_op */
	uint8_t width;		/* bytes: 1, 2, 4, 8; 0: 8 */
	uint8_t masked;		/* the masks count */
	uint64_t operand;	/* addend, or new value */
	uint64_t compare;	/* COMPARE_SWAP: what must be there */
	uint64_t operand_mask;	/* bits of the word that may change */
	uint64_t compare_mask;	/* COMPARE_SWAP: bits that are compared; ADD: last bits of fields,
				 * out of which nothing is carried */
};
/* Executed exactly once; the word's old value comes in the completion. */
int weft_atomic(struct weft_ep *ep, const struct weft_word *word, uint64_t addr, uint32_t key,
		uint64_t id, unsigned flags);

/* A word that the peer adds `value` to when a message and all earlier ones are complete there.
 * addr is a multiple of 8; the key must give WEFT_REMOTE_ATOMIC. */
struct weft_signal_word {
	uint64_t addr;
	uint32_t key;
	uint32_t value;
};
int weft_write_signal(struct weft_ep *ep, const void *buf, uint32_t len, uint64_t addr,
		      uint32_t key, const struct weft_signal_word *sig, uint64_t id,
		      unsigned flags);
int weft_send_signal(struct weft_ep *ep, const void *buf, uint32_t len,
		     const struct weft_signal_word *sig, uint64_t id, unsigned flags);

/*
 * The peer combines buf with its memory: mem[i] = mem[i] op buf[i], op of enum weft_red_op, type of
 * enum weft_red_type; addr and len are multiples of the type's size.  Exactly once, after
 * everything earlier on this endpoint.  sig may be NULL.
 */
int weft_reduce(struct weft_ep *ep, const void *buf, uint32_t len, unsigned op, unsigned type,
		uint64_t addr, uint32_t key, const struct weft_signal_word *sig, uint64_t id,
		unsigned flags);

/* What earlier operations of this endpoint placed in [addr, addr + len) goes as far as `to` (enum
 * weft_flush_to) before this completes.  len 0: all memory of the key. */
int weft_flush(struct weft_ep *ep, uint64_t addr, uint32_t len, uint32_t key, unsigned to,
	       uint64_t id, unsigned flags);

/* A SEND that takes one of the peer's keys away, which must give WEFT_REMOTE_INVALIDATE.  When its
 * receive completes, no request can use the key any more. */
int weft_send_invalidate(struct weft_ep *ep, const void *buf, uint32_t len, uint32_t key,
			 uint64_t id, unsigned flags);

/*
 * Begin no more operations; when those that have begun are complete, WEFT_EP_DRAINED comes (it does
 * not if the endpoint fails).  Operations may be posted meanwhile; weft_resume() lets them begin.
 * Errors: -ENOTCONN, -EALREADY (drain: it drains already; resume: it does not).
 */
int weft_drain(struct weft_ep *ep);
int weft_resume(struct weft_ep *ep);

#ifdef __cplusplus
}
#endif

#endif
