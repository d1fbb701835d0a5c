/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of a context beyond its endpoints, for the library's own files: windows (window.c),
 * reliable datagrams (dgram.c, dgram_rd.c), shared receive queues (srq.c).  service.c gives a
 * context the engine's part of them.
 */
#ifndef WEFT_USERSPACE_LIB_SERVICE_H
#define WEFT_USERSPACE_LIB_SERVICE_H

#include <weft/weft.h>

#include "core/manage.h"
#include "userspace/io/io.h"

#define LS_BIG 256u		/* bytes of the longest operation on a window */

/* ---- Windows --------------------------------------------------------------------- */

struct weft_window {
	struct weft_ep *ep;
	struct weftu_ctx *ctx;		/* NULL: ended */
	struct weft_window *next;	/* of the endpoint */
	void *user;
	uint32_t unpolled;		/* posted and not given back to the user */
	uint16_t number;		/* in the context; valid with ctx */
	uint16_t depth;
	enum weft_window_state state;
	enum weft_status failure;
};

/* LEAVING: nobody has it any more, and it is to be unbound. */
enum weftu_wstate { WSLOT_FREE, WSLOT_BINDING, WSLOT_BOUND, WSLOT_LEAVING, WSLOT_UNBINDING };

struct weftu_wslot {		/* a window of the other chip's memory, by its number */
	struct weft_window *w;	/* NULL: closed */
	uint8_t state;		/* enum weftu_wstate */
};

/*
 * An operation, until the engine reports it complete.  What is stored lies in `data`, and what is
 * loaded goes there first, so that the user may give up the window at any time.
 */
struct weftu_lsop {
	struct weft_window *w;	/* NULL: nobody asks for it any more */
	uint64_t id;
	void *to;		/* LOAD */
	uint16_t len;		/* LOAD: bytes */
	uint16_t next;		/* free: the one after it; NO_LSOP: none */
	uint8_t op;		/* enum weft_op */
	bool quiet;
	uint8_t data[LS_BIG];
};
#define NO_LSOP 0xffffu

struct weftu_ls {
	void *mem;			/* the engine's; NULL: this context has no such service */
	struct weftu_wslot *slots;	/* windows; NULL: none was asked for yet */
	struct weftu_lsop *ops;		/* tags */
	uint16_t windows, tags;		/* that both chips allow */
	uint16_t free;			/* of ops */
	uint16_t leaving;		/* slots in that state */
};

/* ---- Datagrams ------------------------------------------------------------------- */

struct weftu_rdop {		/* a reliable datagram of ours, until it is complete */
	struct weft_dgram_queue *q;	/* NULL: closed */
	struct weftu_rdop *next, **back;	/* of the context */
	const void *buf;
	void *copy;		/* the queue has been closed: the data, ours; else NULL */
	uint64_t id;
	uint32_t len;
	bool quiet;
};

struct weftu_rd {
	void *mem;			/* the engine's; NULL: no such service */
	struct weftu_rdop *ops;		/* outstanding */
};

struct weftu_origin {		/* of a datagram received */
	uint64_t chip_id;
	uint32_t qpn;
	struct wio_addr addr;
};

struct weftu_dbuf {		/* a receive buffer of a datagram queue */
	uint64_t id;
	uint8_t *buf;
	uint32_t len;
};

struct weft_dgram_queue {
	struct weft_port *port;
	struct weft_cq *cq;
	void *user;
	struct weftu_dbuf *bufs;	/* recv_depth */
	struct weftu_origin *origins;	/* recv_depth, of the latest datagrams */
	uint64_t r_got;			/* datagrams received since the beginning */
	uint32_t r_posted, r_done;
	uint32_t r_unpolled, s_unpolled;
	uint32_t qpn, qkey, domain;
	uint32_t psn;			/* of the next unreliable datagram */
	uint16_t send_depth, recv_depth;
	bool own_cq;
	bool failed;			/* unreliable ones are flushed */
};

struct weft_dest {
	struct weft_port *port;
	struct weft_dest *next;
	struct wio_addr addr;
	uint64_t chip_id;		/* 0: whoever is there */
	uint32_t way;			/* bytes of a packet on the way there; 0: not asked yet */
};

/* ---- Shared receive queues ------------------------------------------------------- */

#define NO_SRQ_BUF 0xffffffffu

struct weftu_sbuf {
	uint64_t id;
	uint8_t *buf;
	uint32_t len;
	uint32_t next;			/* in the list that it is on */
};

struct weft_srq {
	struct weft_port *port;
	struct weft_srq *next;
	struct weftu_sbuf *bufs;	/* depth */
	uint32_t depth;
	uint32_t head, tail;		/* posted and not taken, oldest first */
	uint32_t empty;			/* slots without a buffer */
	uint32_t n_free;		/* posted and not taken */
	uint32_t unpolled;		/* posted and not given back to the user */
	uint32_t limit;			/* 0: do not tell */
	uint32_t eps;
};

/* service.c */
/* Give a context that is just made what both chips offer; p->info NULL: what we offer.  False: out
 * of memory. */
bool weftu_services_init(struct weftu_ctx *ctx);
void weftu_services_free(struct weftu_ctx *ctx);
/* Do we offer it, and the other chip too, as far as we know?  feature: WEFT_FEATURES_*. */
bool weftu_allowed(const struct weftu_ctx *ctx, uint32_t feature);

/* window.c */
void weftu_window_event(struct weftu_ctx *ctx, const struct weft_act *act);
void weftu_window_placed(const struct weft_act *act);
void weftu_window_complete(struct weftu_ctx *ctx, const struct weft_wc *wc);
/* Unbind what nobody has any more, as far as can be now. */
void weftu_windows_leave(struct weftu_ctx *ctx);
/* The endpoint's working life is over: so is that of its windows. */
void weftu_windows_end(struct weft_ep *ep);
void weftu_windows_free(struct weft_ep *ep);

/* remote_ls.c: what a peer does through windows */
enum weft_status weftu_bind(struct weftu_ctx *ctx, const struct weft_act *act, uint64_t *rights);
enum weft_status weftu_ls_execute(struct weftu_ctx *ctx, const struct weft_act *act,
				  uint64_t *value);
/* What follows the headers of a packet, in out; false: it is not to be sent now. */
bool weftu_ls_gather(struct weftu_ctx *ctx, const struct weft_txd *t, uint8_t *out);

/* word.c: one step of the processor's on a little-endian word, naturally aligned; the old value. */
uint64_t weftu_word(void *at, const struct weft_atomic *op);

/* dgram.c */
/* A datagram that was taken goes into the next buffer; wc says the rest. */
void weftu_dgram_received(struct weft_dgram_queue *q, uint8_t op, const uint8_t *data,
			  const struct weft_wc *wc, const struct weftu_origin *from);
void weftu_dgram_sent(struct weft_dgram_queue *q, uint8_t op, uint64_t id, bool quiet,
		      enum weft_status st);
void weftu_dgram_packet(struct weft_port *port, const struct weft_view *v,
			const struct wio_addr *from);
void weftu_dgrams_close(struct weft_port *port);

/* dgram_rd.c */
int weftu_rd_send(struct weft_dgram_queue *q, struct weft_dest *dest, const struct weft_datagram *d,
		  uint64_t id, unsigned flags);
enum weft_status weftu_rd_place(struct weftu_ctx *ctx, const struct weft_act *act);
/* The engine says no more of what is outstanding: the context is being freed. */
void weftu_rd_lost(struct weftu_ctx *ctx, enum weft_status st);
void weftu_rd_complete(struct weftu_ctx *ctx, const struct weft_wc *wc);
const void *weftu_rd_source(const struct weft_txd *t);
/* A queue is closed: what it has outstanding needs it no more. */
void weftu_rd_leave(struct weft_dgram_queue *q);

/* srq.c */
int weftu_srq_join(struct weft_srq *srq, struct weft_ep *ep);
void weftu_srq_leave(struct weft_ep *ep);
/* A buffer for message ssn; early: it is not its turn.  *st: RNR, NO_HOLD. */
struct weftu_sbuf *weftu_srq_take(struct weft_ep *ep, uint32_t ssn, bool early,
				  enum weft_status *st);
/* The buffer of message ssn is complete: it is the endpoint's no more.  NULL: there is none. */
struct weftu_sbuf *weftu_srq_done(struct weft_ep *ep, uint32_t ssn);
/* Messages from ssn on need their buffers no more. */
void weftu_srq_unbind(struct weft_ep *ep, uint32_t ssn);
void weftu_srqs_fini(struct weft_port *port);

#endif
