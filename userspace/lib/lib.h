/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library is made of, for its own files.  Users see <weft/...> only.
 *
 * port.c opens and closes; turn.c receives, sends and sleeps; door.c finds whom a packet is for;
 * context.c and peer.c own contexts and what is known of chips; act.c carries out what the engine
 * asks; mem.c registered memory; ep.c, connect.c, listen.c endpoints; post.c operations;
 * window.c, dgram.c, dgram_rd.c, srq.c and service.c the services beside them; remote.c and
 * remote_ls.c what peers do to registered memory, word.c and combine.c the arithmetic;
 * completion.c and event.c what is told to the user; hello.c, ask.c discovery; chip.c, cmdq.c,
 * signal.c the accelerator's client; counters.c, telemetry.c, text.c words and numbers.
 */
#ifndef WEFT_USERSPACE_LIB_LIB_H
#define WEFT_USERSPACE_LIB_LIB_H

#include <errno.h>
#include <weft/weft.h>

#include "core/manage.h"
#include "core/mutant.h"
#include "core/grantor.h"
#include "core/weft.h"
#include "userspace/io/io.h"
#include "userspace/lib/service.h"
#include "userspace/lib/table.h"

#define BURST		64u	/* packets received or sent in one go */
#define TURN_PKTS	128u	/* packets sent in one turn */
#define ACTS		16u
#define IO_COUNTERS	48
#define IO_NAME_MAX	40
#define DOMAIN_MAX	0xffffffu
#define FIRST_SSN	0u	/* of a stream */
#define PAYLOAD_TOP	65408u	/* largest payload we ever announce */
#define ENTROPY_BASE	0xc000u	/* of the dynamic ports, where an entropy becomes a UDP port */
#define LS_PACKET	(WEFT_MAX_MEMOPS * (LS_BIG + 16u)) /* bytes of operations in a packet */
#define DGRAMS_MAX	256u	/* datagram queues of a port */
#define DGRAM_OVERHEAD	(WEFT_DGRAM_HDR_MAX + WEFT_HDR_CRC_LEN)
#define PAYLOAD_BEST	16384u	/* beyond it packets get faster no more, and caches suffer */

/* ---- Peers: other chips ---------------------------------------------------------- */

struct weftu_peer {
	struct weft_peer core;		/* first: contexts keep a pointer to it */
	struct wio_addr addr;		/* family WIO_NONE: not known */
	struct weft_chip_info *info;	/* from HELLO; NULL: not known */
	enum weft_agree disagree;	/* ALL: `agreed` holds; both valid if info is there */
	struct weft_agreed agreed;
	weft_time info_at;
	weft_time used_at;		/* for eviction */
	struct weftu_ctx *ctxs;		/* contexts with it */
};

/* ---- Contexts -------------------------------------------------------------------- */

struct weftu_ctx {
	struct weftu_timer timer;	/* first */
	struct weft_port *port;
	struct weftu_peer *peer;
	struct weft_pdc *pdc;		/* in mem */
	void *mem;
	uint8_t *holds;			/* cfg.holds slots of max_payload bytes */
	struct weftu_ctx *peer_next;
	struct weftu_ctx *remote_next;	/* same hash of (address, peer's id) */
	struct weftu_ctx *active_next;
	struct weft_ep *eps;		/* all that are attached */
	struct weft_ep *wait_head, **wait_tail;	/* endpoints that wait for a control slot */
	struct weft_request *requests;	/* asked, not answered */
	struct weftu_reject *rejects;	/* that wait for a control slot */
	uint64_t remote_key;
	struct wio_addr addr;
	uint32_t id;
	uint32_t domain;
	uint32_t n_eps;
	uint32_t n_rejects;
	uint32_t features;		/* WEFT_FEATURES_* that both chips offer; valid if agreed */
	struct weftu_ls ls;
	struct weftu_rd rd;
	struct weft_hdr_telemetry_item *told;	/* the peer's counters; NULL: it has not said */
	size_t n_told;
	enum weft_mode mode;
	enum weft_status failure;	/* why it failed */
	struct weft_stats stats;	/* what the engine counts */
	bool initiator;
	bool agreed;			/* the peer's HELLO was known when it was made */
	bool active;			/* on the port's active list */
	bool remote;			/* in the port's remote map */
	bool closing;			/* takes no further endpoints */
	bool over;			/* closed or failed: to be freed at the end of this turn */
};

/* ---- Endpoints ------------------------------------------------------------------- */

/* WAITING: for room in its context; NOWHERE: for nothing, on its way to the next state. */
enum epstate { EP_ASKING, EP_WAITING, EP_WAITING_NOWHERE, EP_CONNECTING, EP_CONNECTED,
	       EP_REJECTED, EP_CLOSED, EP_FAILED };

/* An internal operation or receive is complete.  id: of the receive. */
typedef void weftu_hook(void *arg, enum weft_status st, uint64_t id);

struct weftu_sreq {		/* one operation of the user's, by its number in the endpoint */
	uint64_t id;
	weftu_hook *hook;	/* not NULL: ours, not shown to the user */
	void *hook_arg;
	uint8_t op;
	bool quiet;
};

struct weftu_rreq {		/* one receive buffer, by SSN */
	uint64_t id;
	uint8_t *buf;
	uint32_t len;
};

struct weft_ep {
	struct weft_port *port;
	struct weftu_ctx *ctx;		/* NULL: none yet, or gone */
	struct weft_stream *stream;	/* in mem; NULL: off its context */
	void *mem;
	struct weft_cq *cq;
	void *user;
	weftu_hook *recv_hook;		/* receives are ours, not the user's */
	void *recv_arg;
	struct weft_ep *ctx_next;
	struct weft_ep *wait_next;	/* in a list of those waiting for a HELLO or a slot */
	struct weftu_sreq *sreqs;	/* send_depth */
	struct weftu_rreq *rreqs;	/* recv_depth */
	uint32_t s_posted, s_done;	/* operations since the beginning */
	uint32_t r_posted, r_done;
	uint32_t s_unpolled, r_unpolled;	/* posted and not given back to the user */
	uint32_t service;
	uint32_t qpn, domain, pd;
	enum epstate state;
	enum weft_status failure;
	uint8_t reason;
	uint8_t mode;			/* asked for: WEFT_RUD, WEFT_ROD or 0 */
	bool own_cq;
	bool draining;			/* weft_drain(), until weft_resume() */
	struct weft_window *windows;
	struct weft_srq *srq;		/* NULL: receive buffers of its own */
	uint32_t *bound;		/* srq: buffers of messages, by SSN; NO_SRQ_BUF: none */
	uint32_t bound_size;		/* of bound, a power of two */
	uint8_t srq_share;
	uint32_t reject_arg;
	uint16_t send_depth, recv_depth, window, priv_len, peer_priv_len;
	uint8_t reads, rnr_retry;
	uint32_t rnr_delay_ns;
	uint64_t want_chip;		/* connecting to a chip by ID; 0: by address */
	uint64_t chip_id;		/* of the other chip, kept when the context has gone */
	struct wio_addr addr;
	char addr_text[WEFT_ADDR_MAX];
	char *text;			/* what happened; NULL: nothing */
	uint8_t priv[WEFT_PRIVATE_MAX];
	uint8_t peer_priv[WEFT_PRIVATE_MAX];
};

struct weft_request {
	struct weft_port *port;
	struct weftu_ctx *ctx;		/* NULL: the asker has gone */
	struct weft_request *next;	/* of the context, or of the port's orphans */
	struct weftu_listener *listener;	/* NULL: it was withdrawn */
	struct weft_hdr_tlv_ep_connect ep;
	uint32_t peer_qpn;
	struct weft_asker asker;
};

struct weftu_listener {
	uint32_t service;
	uint32_t backlog, waiting;
	void *user;
};

struct weftu_reject {
	struct weftu_reject *next;
	uint32_t peer_qpn;
	uint32_t arg;
	enum weft_ep_reason reason;
	uint16_t priv_len;
	uint8_t priv[WEFT_PRIVATE_MAX];
};

/* ---- Told to the user ------------------------------------------------------------ */

struct weftu_cq_srq {		/* a shared receive queue whose completions come here */
	struct weftu_cq_srq *next;
	const struct weft_srq *srq;
	uint32_t eps;
};

struct weft_cq {
	struct weft_port *port;
	struct weftu_cq_srq *srqs;
	struct weft_completion *ring;
	uint32_t head, n, size;		/* size: a power of two, or 0 */
	uint32_t promised;		/* sum of the depths of its users */
	uint32_t eps;			/* and datagram queues that use it */
	struct weft_cq *next;
};

struct weftu_events {
	struct weft_ep_event *ring;
	uint32_t head, n, size;
};

/* ---- Memory ---------------------------------------------------------------------- */

struct weft_mem {
	struct weft_mr mr;
	struct weft_port *port;
	uint8_t *buf;
};

/* ---- Questions ------------------------------------------------------------------- */

struct weftu_ask {		/* a HELLO that we repeat until it is answered */
	struct weftu_timer timer;	/* first */
	struct weft_port *port;
	struct weftu_ask *next;
	struct wio_addr addr;
	struct weft_ep *eps;		/* that wait for the answer; NULL: for the cache only */
	uint64_t every_ns;
	weft_time since;
	uint32_t transaction;
	uint8_t tries;			/* so far */
};

struct weftu_tell {		/* a NEIGHBOUR that we repeat until it is confirmed */
	struct weftu_timer timer;	/* first */
	struct weft_port *port;
	struct weftu_tell *next;
	struct wio_addr addr;
	uint64_t every_ns;
	uint32_t transaction, len;
	uint8_t tries;
	uint8_t bytes[WEFT_ALONE_MAX];
};

struct weftu_round {		/* weft_discover() under way */
	bool on;
	uint32_t transaction;
	struct weft_chip_info *found;
	int n, size;
};

struct weftu_telemetry {	/* weft_remote_counters() under way */
	bool open;		/* asked, not answered */
	uint32_t transaction;
	size_t n;
	struct weft_hdr_telemetry_item items[WEFT_METER_COUNT];
};

/* ---- The port -------------------------------------------------------------------- */

struct weftu_stats {
	struct weft_stats sum;		/* contexts that have ended; drop: also of no context */
	uint64_t contexts_opened, contexts_accepted, contexts_failed, contexts_closed;
	uint64_t tx_alone, tx_alone_limited, rx_alone;
	uint64_t tx_late;		/* packets that the carriage had no room for at first */
	uint64_t io_errors;
	uint64_t refused_local;		/* READ data whose memory went away while it was sent */
};

#define ANSWER_UNIT (1u << 20)

struct weft_port {
	struct wio *io;
	struct weft_port_opts o;	/* with the defaults filled in; strings are not kept */
	enum weft_cc_law cc;
	enum weft_path_law path_law;
	struct weft_grantor grantor;	/* if o.link_mbps is known */
	struct weftu_pool *pools;	/* working memory of contexts and endpoints */
	struct weft_profile profiles[2];	/* of contexts: mode RUD, mode ROD */
	struct weft_hello self;
	struct weft_chip_info me;
	uint64_t random;		/* state of the generator behind weftu_random() */
	char error[WEFT_ERROR_MAX];
	char addr_text[WEFT_ADDR_MAX];

	struct weft_ids ctx_ids;
	struct weft_ids ep_ids;
	struct weft_dest *dests;
	struct weft_srq *srqs;
	struct weftu_map keys;		/* struct weft_mem */
	struct weftu_map peers;		/* by Chip ID */
	struct weftu_map remotes;	/* struct weftu_ctx, by hash of (address, peer's id) */
	struct weftu_map listeners;
	struct weftu_map dgrams;	/* struct weft_dgram_queue, by number */
	struct weftu_map by_addr;	/* struct weftu_peer, by hash of its address */
	struct weftu_heap timers;	/* of contexts, questions and NEIGHBOURs */
	uint32_t extra_timers;		/* that are not contexts' */
	struct weftu_ctx *active, **active_tail;
	struct weftu_ask *asks;
	struct weftu_tell *tells;
	struct weft_cq *cqs;
	struct weft_request *orphans;	/* whose askers have gone */
	struct weftu_events events;
	struct weftu_round round;
	struct weftu_telemetry telemetry;
	struct weftu_stats st;
	uint32_t next_transaction;
	uint32_t confirmed;		/* transaction of the NEIGHBOUR confirmed last */

	uint64_t secret[2];		/* of the cookies that we give */
	uint64_t answer_credit;		/* answers allowed, times ANSWER_UNIT */
	weft_time answer_at;
	bool dead;			/* the carriage has failed */
	bool virtual_clock;		/* the caller's: time does not pass while we sleep */
	weft_time turned_at;		/* beginning of the latest turn */
	bool told;			/* the user was, in the latest turn */
	bool deferred;			/* what that turn had to send waits for the next */
	bool done_something;		/* in this turn */

	char io_names[IO_COUNTERS][IO_NAME_MAX];	/* "io_" and the carriage's name */

	/* one turn's packets */
	struct wio_frame rx[BURST];
	struct weft_act acts[ACTS];
	struct weft_txd txd[BURST];
	struct wio_tx tx[BURST];
	uint8_t crc[BURST][WEFT_HDR_CRC_LEN];
	uint8_t *pieces;		/* BURST of LS_PACKET bytes; NULL: not needed yet */
	uint32_t n_tx;
	uint32_t sent;

	/* packets that the carriage had no room for: copies, sent before anything else */
	uint8_t *late;
	struct wio_tx late_tx[BURST];
	struct wio_addr late_dst[BURST];
	uint32_t late_at, late_n;
	uint32_t packet_max;		/* bytes of any packet we send */
};

/* port.c */
uint64_t weftu_random(struct weft_port *port);
int weftu_fail(struct weft_port *port, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* turn.c */
void weftu_activate(struct weftu_ctx *ctx);
void weftu_queue_alone(struct weft_port *port, const uint8_t *bytes, size_t len,
		       const struct wio_addr *to);
/* May we answer a packet of no context now?  Counts what it refuses. */
bool weftu_may_answer(struct weft_port *port, weft_time now);

/* door.c */
void weftu_door(struct weft_port *port, const struct wio_frame *f, weft_time now);

/* peer.c */
struct weftu_peer *weftu_peer_find(struct weft_port *port, uint64_t chip_id);
/* Finds or makes; NULL: no room, errno ENOSPC or ENOMEM. */
struct weftu_peer *weftu_peer_get(struct weft_port *port, uint64_t chip_id, weft_time now);
struct weftu_peer *weftu_peer_at(struct weft_port *port, const struct wio_addr *addr);
void weftu_peer_set_addr(struct weft_port *port, struct weftu_peer *p, const struct wio_addr *addr);
void weftu_peers_fini(struct weft_port *port);
uint64_t weftu_addr_hash(const struct wio_addr *a);
bool weftu_addr_same(const struct wio_addr *a, const struct wio_addr *b);

/* context.c */
struct weftu_ctx *weftu_ctx_usable(struct weftu_peer *p, uint32_t domain, enum weft_mode mode);
/* Opens a context to a peer whose address and HELLO are known.  NULL: the error is set, *err. */
struct weftu_ctx *weftu_ctx_open(struct weft_port *port, struct weftu_peer *p, uint32_t domain,
				 enum weft_mode mode, weft_time now, int *err);
struct weftu_ctx *weftu_ctx_accept(struct weft_port *port, struct weftu_peer *p,
				   const struct weft_view *v, const struct wio_addr *from,
				   weft_time now);
/* After its turn: keep the tables up to date; free it if it is over. */
void weftu_ctx_settle(struct weftu_ctx *ctx);
void weftu_ctx_free(struct weftu_ctx *ctx);
void weftu_ctx_fail_peer(struct weft_port *port, struct weftu_peer *p, enum weft_status st);
void weftu_ctx_fail_former(struct weftu_ctx *ctx);
uint64_t weftu_remote_key(const struct wio_addr *from, uint32_t pdc_id);

/* act.c */
void weftu_act(struct weftu_ctx *ctx, const struct weft_act *act, const uint8_t *payload);

/* remote.c: what a peer does to registered memory */
/* payload: of the packet just received; NULL: of the held packet that the action names.  *relaxed
 * is what HELD is answered with. */
enum weft_status weftu_place(struct weftu_ctx *ctx, const struct weft_act *act,
			     const uint8_t *payload, uint64_t *relaxed);
enum weft_status weftu_check_read(struct weftu_ctx *ctx, const struct weft_act *act);
const void *weftu_read_source(struct weftu_ctx *ctx, const struct weft_txd *t,
			      enum weft_status *st);
enum weft_status weftu_atomic(struct weftu_ctx *ctx, const struct weft_act *act, uint64_t *value);
enum weft_status weftu_flush(struct weftu_ctx *ctx, const struct weft_act *act);
enum weft_status weftu_invalidate(struct weftu_ctx *ctx, const struct weft_act *act);

/* ep.c */
int weftu_ep_make(struct weft_port *port, const struct weft_ep_opts *o, struct weft_ep **out);
int weftu_ep_attach(struct weft_ep *ep, struct weftu_ctx *ctx);
void weftu_ep_detach(struct weft_ep *ep, enum weft_ep_reason tell);
/* The end of an endpoint's working life: state, text, flushes.  text: formatted after the
 * chip's name; event: tell the user. */
void weftu_ep_end(struct weft_ep *ep, enum epstate state, enum weft_status st, bool event,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void weftu_ep_lost(struct weft_ep *ep, enum weft_status st);

/* connect.c */
int weftu_connect_known(struct weft_ep *ep, struct weftu_peer *p, weft_time now);
void weftu_connect_waiting(struct weftu_ctx *ctx);
/* Has it said what it is, lately enough to go by?  p: NULL is allowed. */
bool weftu_peer_fresh(const struct weftu_peer *p, weft_time now);
/* The context with a chip, opened if need be.  mode: WEFT_RUD, WEFT_ROD or 0.  An errno. */
int weftu_context_with(struct weft_port *port, struct weftu_peer *p, uint32_t domain, uint8_t mode,
		       weft_time now, struct weftu_ctx **ctx);
/* May unreliable datagrams go there, as far as is known? */
bool weftu_offers_ud(struct weft_port *port, const struct wio_addr *addr);
int weftu_parse_target(struct weft_port *port, const char *to, struct wio_addr *addr,
		       uint64_t *chip_id);

/* listen.c */
void weftu_asked(struct weftu_ctx *ctx, const struct weft_act *act);
void weftu_requests_gone(struct weftu_ctx *ctx);
void weftu_reject(struct weftu_ctx *ctx, uint32_t peer_qpn, enum weft_ep_reason reason,
		  uint32_t arg, const void *priv, uint16_t len);
void weftu_reject_waiting(struct weftu_ctx *ctx);

/* completion.c */
void weftu_complete_send(struct weft_ep *ep, const struct weft_wc *wc);
void weftu_complete_recv(struct weft_ep *ep, const struct weft_wc *wc);
void weftu_flush_recv(struct weft_ep *ep);
void weftu_flush_send(struct weft_ep *ep);
int weftu_cq_join(struct weft_cq *cq, struct weft_ep *ep);
void weftu_cq_leave(struct weft_cq *cq, struct weft_ep *ep);
/* Room for n completions more, and back. */
int weftu_cq_reserve(struct weft_cq *cq, uint32_t n);
void weftu_cq_release(struct weft_cq *cq, uint32_t n);
/* The next completion, zero, for the caller to fill in: there is room. */
struct weft_completion *weftu_cq_push(struct weft_cq *cq);
/* Completions that were not polled, of an endpoint, a window or a datagram queue, vanish. */
void weftu_cq_forget(struct weft_cq *cq, const struct weft_ep *ep, const struct weft_window *w,
		     const struct weft_dgram_queue *q);

/* event.c */
void weftu_event(struct weft_port *port, const struct weft_ep_event *ev);
void weftu_events_forget_srq(struct weft_port *port, const struct weft_srq *srq);
void weftu_events_forget_window(struct weft_port *port, const struct weft_window *w);
void weftu_events_forget(struct weft_port *port, const struct weft_ep *ep,
			 const struct weft_request *rq);

/* post.c */
int weftu_post(struct weft_ep *ep, struct weft_wr *wr, uint8_t op, uint64_t id, unsigned flags,
	       weftu_hook *hook, void *hook_arg);

/* mem.c */
static inline struct weft_mem *weftu_mem(const struct weft_port *port, uint32_t key)
{
	if (WEFT_MUTANT(KEY_LOW_BITS))
		key &= 0x00ffffff;
	if (WEFT_MUTANT(KEY_FOLDED) && !weftu_map_get(&port->keys, key))
		key = (key ^ key >> 8 ^ key >> 16 ^ key >> 24) & 0xff;
	return weftu_map_get(&port->keys, key);
}

/* Where `to` is: an address, or a chip whose address is known. */
int weftu_address_of(struct weft_port *port, const char *to, struct wio_addr *addr);

/* hello.c, ask.c */
void weftu_alone(struct weft_port *port, const struct weft_view *v, const struct wio_addr *from,
		 weft_time now);
void weftu_hello_self(struct weft_port *port);
int weftu_ask(struct weft_port *port, const struct wio_addr *to, struct weft_ep *ep, weft_time now);
void weftu_ask_forget(struct weft_port *port, const struct weft_ep *ep);
void weftu_ask_answered(struct weft_port *port, struct weftu_peer *p, const struct wio_addr *from,
			uint32_t transaction, weft_time now);
bool weftu_ask_refused(struct weft_port *port, const struct wio_addr *from, uint32_t transaction,
		       unsigned min, unsigned max);
bool weftu_ask_is(const struct weft_port *port, uint32_t transaction);
bool weftu_tell_confirmed(struct weft_port *port, uint32_t transaction);
void weftu_asks_fini(struct weft_port *port);

/* blocks.c */
/* Shapes of pools: contexts of a port have one window; above these, those of endpoints (ep.c). */
enum { POOL_CONTEXTS, POOL_RINGS, POOL_PATH_SETS };
/* The pool for what has this shape, whose blocks have so many bytes; NULL: out of memory. */
struct weft_blocks *weftu_pool(struct weft_port *port, uint64_t shape, size_t bytes);
/* Before a call of the engine that may take a block: each pool has one. */
void weftu_pools_ready(struct weft_port *port);
void weftu_pools_fini(struct weft_port *port);

/* counters.c */
void weftu_stats_add(struct weft_stats *sum, const struct weft_stats *s);
/* The name that users see of a number of enum meter; NULL: not known. */
const char *weftu_counter_name(uint16_t counter);
/* The answer to a TELEMETRY_GET, in out[WEFT_ALONE_MAX]; returns its bytes. */
size_t weftu_telemetry_answer(struct weft_port *port, const struct weft_view *v, uint8_t *out);

/* telemetry.c */
/* A peer has said what it counts of a context. */
void weftu_telemetry_told(struct weftu_ctx *ctx, const struct weft_act *act);
bool weftu_telemetry_answered(struct weft_port *port, const struct weft_view *v);

/* crc.c: a CRC32C by the processor's instruction, if it has one, for the whole process. */
void weftu_crc_init(void);

static inline weft_time weftu_now(const struct weft_port *port)
{
	return port->o.now(port->o.now_arg);
}

#endif
