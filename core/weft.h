/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The engine's interface, for every host: library, kernel, simulator.
 *
 * The engine is sans-I/O.  A host turns it like this, for one context at a time:
 *
 *	for each packet of a burst:
 *		weft_parse(), CRC check, weft_route()   stateless; the host owns the tables
 *		weft_rx()      at most one action, about this very packet: do it
 *	while weft_work() yields actions: do them       completions, executions, held packets
 *	while weft_tx() yields packets: gather and send them
 *	sleep until weft_deadline(), then weft_expire() and go on with weft_work()
 *
 * An action with a token is answered once by weft_done(), at once or later.  A packet is
 * acknowledged only after the actions that it caused are answered, and actions precede
 * weft_tx(), so no acknowledgement outruns the placement it vouches for.
 *
 * One caller at a time for a context and its streams; contexts share nothing but their
 * struct weft_peer, their profile, and counters.  Every call's work is bounded by its arguments and
 * the context's configured limits.  The engine never allocates, sleeps, or touches payload.
 */
#ifndef WEFT_H
#define WEFT_H

#include "core/blocks.h"
#include "core/datagram.h"
#include "core/gauges.h"
#include "core/loadstore.h"
#include "core/port.h"
#include "core/view.h"
#include "core/word.h"

typedef uint64_t weft_time;		/* nanoseconds of the host's monotonic clock */
#define WEFT_NEVER UINT64_MAX

/* The caller is wrong: negative results, nothing changed. */
enum weft_err {
	WEFT_OK = 0,
	WEFT_EINVAL = -1,	/* an argument is out of its documented range */
	WEFT_EFULL = -2,	/* a queue or table is full: try after completions */
	WEFT_ESTATE = -3,	/* the stream or context is not in a state that allows this */
	WEFT_EEXIST = -4,	/* queue pair number already in use on this context */
};

/* ---- Memory regions (mem.c) --------------------------------------------------------- */

enum {
	WEFT_MR_READ = 1,	/* remote READ */
	WEFT_MR_WRITE = 2,	/* remote WRITE, REDUCE, FLUSH */
	WEFT_MR_ATOMIC = 4,	/* remote ATOMIC, SIGNAL */
	WEFT_MR_RELAXED = 8,	/* data may be placed out of order */
	WEFT_MR_INVALIDATE = 16, /* a peer may take the key away */
};

/* The host's table holds these; the engine only judges. */
struct weft_mr {
	uint64_t base;		/* first remote address */
	uint64_t len;		/* bytes */
	uint32_t key;
	uint32_t domain;	/* 24 bits */
	uint32_t pd;		/* protection domain, the host's numbering */
	uint32_t rights;	/* WEFT_MR_* */
	bool alive;
};

/*
 * May a stream of (domain, pd) do `need` on [addr, addr + len)?  mr may be NULL: no such
 * key.  Returns OK, BAD_KEY, BAD_DOMAIN, NO_RIGHTS or OUT_OF_BOUNDS, the first that
 * applies in this order.  WEFT-MEM-001 to -005.
 */
enum weft_status weft_mr_check(const struct weft_mr *mr, uint32_t domain, uint32_t pd,
			       uint32_t need, uint64_t addr, uint64_t len);

/* ---- Peers: what a chip remembers of another one beyond contexts (peer.c) ------------ */

struct weft_peer {
	uint64_t chip_id;
	uint32_t incarnation;	/* valid if known */
	uint32_t rx_floor;	/* start PSN of the latest context it opened; valid if floored */
	uint32_t rx_gone;	/* start PSNs up to it were given up unshown; valid if gone */
	uint32_t tx_next;	/* start PSN of the next context that we open to it */
	bool known, floored, gone;
};

/* tx_seed: any number that differs between incarnations of this chip. */
void weft_peer_init(struct weft_peer *p, uint64_t chip_id, uint32_t tx_seed);

/* How the host guards its table of contexts against SYNs whose senders it does not know. */
struct weft_gate {
	uint64_t secret[2];	/* random at each start of the chip */
	uint64_t where;		/* where this packet came from: the host's hash of the address */
	uint32_t epoch;		/* coarse time: a cookie is good until the next epoch ends */
	bool ask;		/* everyone for a cookie: the table is nearly full, or policy */
};

enum weft_admission {
	WEFT_ADMIT,		/* open a context */
	WEFT_ADMIT_RESTARTED,	/* new incarnation: fail the chip's old contexts, then open */
	WEFT_ADMIT_STALE,	/* answer NACK NEW_START_PSN with *arg; drop as STALE_SYN */
	WEFT_ADMIT_OLD,		/* of an earlier incarnation: drop as STALE_SYN */
	WEFT_ADMIT_GONE,	/* answer NACK RESET; drop as STALE_SYN */
	WEFT_ADMIT_COOKIE,	/* answer NACK COOKIE with *arg; drop as BAD_COOKIE */
};
/*
 * Judge a ROUTE_OPEN packet that belongs to no context yet.  p: its chip; NULL: not known, and on
 * ADMIT to be made and judged again.  Updates p only on ADMIT and ADMIT_RESTARTED.
 */
enum weft_admission weft_admit(struct weft_peer *p, const struct weft_view *v,
			       const struct weft_gate *gate, uint32_t *arg);

/* ---- Contexts (pdc.c, profile.c) ---------------------------------------------------- */

enum weft_cc_law {
	WEFT_CC_SWIFT,		/* window by delay */
	WEFT_CC_FIXED,		/* a window that stays */
	WEFT_CC_NSCC,		/* window by marks and delay */
	WEFT_CC_DCQCN,		/* rate by marks */
	WEFT_CC_CREDIT,		/* what the receiver grants */
	WEFT_CC_LAWS,
};

/* The law's name as hosts offer it in their options ("swift"); NULL: there is no such law. */
const char *weft_cc_name(enum weft_cc_law law);

/* Which path the next packet of a RUD context takes. */
enum weft_path_law {
	WEFT_PATHS_OBLIVIOUS,	/* the good ones in turn */
	WEFT_PATHS_LEAST_MARKED,	/* those marked least lately, in turn */
	WEFT_PATHS_RECYCLED,	/* those whose packets came through unmarked, again */
	WEFT_PATH_LAWS,
};

/* The rule's name as hosts offer it in their options; NULL: there is no such rule. */
const char *weft_path_law_name(enum weft_path_law law);

/*
 * What many contexts have in common.  The host fills in the first part and calls
 * weft_profile_prepare() once; contexts then keep a pointer to it, so that each of them has only
 * what is its own.
 */
struct weft_profile {
	uint64_t chip_id;		/* ours */
	uint32_t incarnation;		/* ours */
	uint16_t window;		/* packets we receive, 16..4096, a power of two; also the
					 * most that we have outstanding */
	uint16_t max_payload;		/* bytes we receive in a packet */
	uint16_t max_streams;		/* of a context, 1..4096 */
	uint16_t max_paths;		/* most entropy values of a context, 1..256 */
	uint16_t holds;			/* packets the host can keep before their turn, 0..1024 */
	uint16_t ack_every;		/* acknowledge at least every so many packets; 0: 8 */
	uint8_t retry_limit;		/* timeouts in a row before the context fails; 0: 8 */
	enum weft_path_law path_law;
	enum weft_cc_law cc;
	uint32_t cc_init_pkts;		/* congestion window at the start, packets; 0: 16 */
	uint32_t cc_min_pkts;		/* swift: delay alone cuts no further; 0: 1.  Hosts
					 * that wait for a scheduler want a few */
	uint64_t cc_target_ns;		/* swift, nscc: queueing delay aimed at; 0: 25 us */
	uint32_t link_mbps;		/* rate of our port: nscc, dcqcn; 0: not known */
	uint16_t pace_burst;		/* packets that may follow each other sooner than the law's
					 * interval, after a pause or a late call; 0: 4,
					 * at most 1024 */
	uint64_t min_rto_ns;		/* 0: 1 ms */
	uint64_t max_rto_ns;		/* 0: 250 ms */
	uint64_t keepalive_ns;		/* with streams open and nothing heard; 0: never */
	uint64_t idle_ns;		/* close when unused for so long; 0: never */
	struct weft_blocks *pool;	/* of weft_profile_block() bytes, kept; NULL: a context's
					 * memory has room for all it ever needs */
	struct weft_blocks *rings;	/* of weft_profile_ring() bytes, kept: for many packets
					 * under way; NULL, or no pool: the block has room */
	struct weft_blocks *shorts;	/* of weft_profile_short() bytes, kept: for more than a few
					 * packets sent; NULL, or no rings: the block has room */
	struct weft_blocks *sets;	/* of weft_profile_set() bytes, kept: for what is known of
					 * paths, when there is something; NULL: the same */

	/* Filled in by weft_profile_prepare(). */
	struct weft_layout {		/* where what an active context needs lies in its block */
		uint32_t tx, rx, have, done, hold_free, hold_release, paths, owed, ctrl, trims;
		uint32_t total;		/* bytes; 0: not prepared */
		uint32_t rx_bits;
		uint16_t tx_first, rx_first, ctrl_first, owed_first;	/* records in the block */
		uint16_t tx_short;	/* records sent in a short ring; tx_first: there are none */
		uint32_t ack_step;	/* the window moves by so much before the peer is told */
	} at;
};

/* Check the settings, fill in defaults.  EINVAL: a setting is out of its range. */
int weft_profile_prepare(struct weft_profile *profile);
/* Bytes of a block of `pool` for contexts of a profile whose settings, but for pool, are there; of
 * one of `rings`, `shorts` and `sets`.  The first has to know which of the others there will be. */
size_t weft_profile_block(const struct weft_profile *profile);
size_t weft_profile_ring(const struct weft_profile *profile);
size_t weft_profile_short(const struct weft_profile *profile);
size_t weft_profile_set(const struct weft_profile *profile);

struct weft_grantor;		/* core/grantor.h */

/* What one context has of its own. */
struct weft_pdc_cfg {
	const struct weft_profile *profile;	/* prepared; kept */
	struct weft_peer *peer;		/* kept */
	struct weft_grantor *grantor;	/* kept until the context has ended; NULL: what the peer
					 * demands is granted at once */
	struct weft_stats *stats;	/* kept; contexts of one caller may share it */
	void *host;			/* given back by weft_pdc_host() */
	uint32_t pdc_id;		/* ours, 24 bits, not 0 */
	uint32_t domain;		/* 24 bits */
	enum weft_mode mode;		/* RUD or ROD */
	uint8_t gen;			/* generation of pdc_id, 0..3 */
	uint16_t mtu_payload;		/* that our path lets us send under any header */
	uint16_t mtu;			/* of a whole packet: a short header leaves more; 0: no */
	uint16_t peer_window;		/* from HELLO; 0 not known: WEFT_INITIAL_WINDOW */
	uint16_t peer_payload;		/* from HELLO; 0 not known: WEFT_INITIAL_PAYLOAD */
	uint16_t sack_bits;		/* of a bitmap that the peer minds; 0 not known: all */
	uint16_t n_paths;		/* entropy values used, 1..max_paths; ROD: one at a time */
	uint16_t entropy_base;		/* the first of them */
	uint8_t n_ports;		/* of ours that reach the peer, at most 8; 0: 1.  Path i
					 * leaves by port i % n_ports */
	uint8_t peer_ports;		/* the peer's, at most 8; 0: 1 */
	bool planes;			/* our port k reaches the peer's port k and no other */
	bool tacks_wait;		/* where messages go to and fro a TACK goes with the next:
					 * for hosts, whom a packet costs an interrupt */
	uint32_t features;		/* WEFT_FEATURES_* that both chips offer; 0: not known */
};

struct weft_pdc;
struct weft_stream;

/* Bytes that a context of this configuration needs, 8-byte aligned; 0 if cfg is invalid. */
size_t weft_pdc_size(const struct weft_pdc_cfg *cfg);
/* Make a context in mem.  Initiator: nothing is sent before there is something to send. */
struct weft_pdc *weft_pdc_open(void *mem, const struct weft_pdc_cfg *cfg, weft_time now);
/* Make a context for an admitted ROUTE_OPEN packet, which is then passed to weft_rx(). */
struct weft_pdc *weft_pdc_accept(void *mem, const struct weft_pdc_cfg *cfg,
				 const struct weft_view *v, weft_time now);
/* Is v (ROUTE_OPEN, same chip and peer context id) of this context, not of a later one? */
bool weft_pdc_same(const struct weft_pdc *pdc, const struct weft_view *v);
/* End in an orderly way: CLOSE is sent once nothing is outstanding; EVENT PDC_CLOSED follows. */
void weft_pdc_close(struct weft_pdc *pdc);
/* Give up at once: all streams fail with st.  One NACK RESET is sent by the next weft_tx()
 * if the peer is known and tell is set. */
void weft_pdc_abort(struct weft_pdc *pdc, enum weft_status st, bool tell);
/* The last call on a context, before its memory goes: its streams are gone, and what it has from
 * a pool returns. */
void weft_pdc_fini(struct weft_pdc *pdc);

/*
 * Has fetched what the next packet of the context is likely to look at, behind the context itself:
 * for hosts that know of a packet before they take it.  Nothing depends on it.
 */
void weft_pdc_fetch(const struct weft_pdc *pdc);

void *weft_pdc_host(const struct weft_pdc *pdc);
enum weft_pdc_state weft_pdc_state(const struct weft_pdc *pdc);
uint32_t weft_pdc_id(const struct weft_pdc *pdc);
uint32_t weft_pdc_peer_id(const struct weft_pdc *pdc);	/* 0 while unknown */
uint32_t weft_pdc_peer_incarnation(const struct weft_pdc *pdc);	/* valid if the id is known */
uint64_t weft_pdc_peer_chip(const struct weft_pdc *pdc);

/* ---- The turn ----------------------------------------------------------------------- */

/*
 * SEAL and OPEN are names reserved for the security profile: encrypt a packet that weft_tx() gave,
 * decrypt one before weft_rx(), by whatever engine the host has.  The link profile's shim stands
 * before the delivery header and is taken off before weft_parse(): the host's carriage does that,
 * and what is above it knows nothing of it.
 */
enum weft_act_type {
	/* Copy act->len payload bytes of this packet (or of held packet act->hold, when the
	 * action comes from weft_work()).  Check first; answer the token with the outcome. */
	WEFT_ACT_PLACE_MEM,	/* to key: check [addr, addr + msg_len) for WRITE, copy to
				 * addr + offset */
	WEFT_ACT_REDUCE,	/* as PLACE_MEM, but combine by act->redop and act->dtype */
	WEFT_ACT_PLACE_RECV,	/* to receive buffer ssn at offset; RNR if none, TOO_LONG if msg_len
				 * exceeds it (nothing is copied then) */
	WEFT_ACT_PLACE_WR,	/* to act->local at offset: data of a READ that we asked for */
	WEFT_ACT_READ,		/* check key [addr, addr+msg_len) for READ */
	WEFT_ACT_ATOMIC,	/* check [addr, addr + atomic.width) for ATOMIC, execute, answer
				 * with the old value, zero-extended */
	WEFT_ACT_FLUSH,		/* check [addr, addr + msg_len) for WRITE; make what was placed
				 * there (msg_len 0: in the whole region) as act->level says.
				 * BAD_OPCODE: not offered.  Answer when it is so */
	WEFT_ACT_INVALIDATE,	/* check key for INVALIDATE, no byte of it; it is alive no more */
	WEFT_ACT_RECV,		/* WRITE with immediate: is receive buffer ssn there? OK or RNR */
	WEFT_ACT_UNBIND,	/* the peer sends again from receive buffer ssn on: those that are
				 * bound to messages of this stream are free again */
	/* Load and store (core/loadstore.h).  data: the operation's bytes in this packet; pd: the
	 * protection domain that counts; stream is NULL. */
	WEFT_ACT_BIND,		/* check key [addr, addr + span); answer with its rights */
	WEFT_ACT_LS_LOAD,	/* check key [addr, addr + len) for READ; the data are sent later */
	WEFT_ACT_LS_STORE,	/* check for WRITE, copy those bytes of data whose bit of mask,
				 * from the top one on, is set; beyond 64 bytes all */
	WEFT_ACT_LS_ATOMIC,	/* check for ATOMIC, execute, answer as for ATOMIC */
	WEFT_ACT_PLACE_LS,	/* len bytes of data to local: answer to a LOAD of ours */
	WEFT_ACT_COMPLETE_LS,	/* an operation of weft_ls_post() is complete: act->wc, its opcode
				 * of enum weft_memcode */
	/* Reliable datagrams (core/datagram.h); stream is NULL. */
	WEFT_ACT_PLACE_RD,	/* datagram for queue pair arg, qkey in key, from peer_qpn: len
				 * bytes of data to its next receive buffer, which is complete with
				 * wc; OK, NO_STREAM, BAD_QKEY, RNR, TOO_LONG */
	WEFT_ACT_COMPLETE_RD,	/* a datagram of weft_rd_post() is complete: act->wc */
	WEFT_ACT_RELEASE_HOLD,	/* forget held packet act->hold */
	WEFT_ACT_COMPLETE,	/* a work request of ours is complete: act->wc */
	WEFT_ACT_COMPLETE_RECV,	/* receive buffer ssn is complete: act->wc */
	WEFT_ACT_EVENT,		/* act->event */
};

enum weft_event {
	WEFT_EV_NONE,
	WEFT_EV_EP_CONNECT,	/* the peer asks for a stream: answer with weft_ep_accept/_reject */
	WEFT_EV_EP_ACCEPTED,	/* act->stream is connected */
	WEFT_EV_EP_REJECTED,	/* act->stream is not; reason in act->arg */
	WEFT_EV_STREAM_ERROR,	/* act->stream failed, status in act->wc.status; act->arg is 1 if
				 * we refused a request of the peer's, 0 if our own work failed */
	WEFT_EV_SQ_DRAINED,	/* weft_stream_drain(): what was begun is complete */
	WEFT_EV_DISCONNECTED,	/* the peer ended act->stream, reason in act->arg */
	WEFT_EV_PDC_OPEN,	/* the peer has answered; act->arg 1: with a new incarnation: abort
				 * its contexts of another weft_pdc_peer_incarnation() */
	WEFT_EV_PDC_CLOSED,	/* orderly end: the memory may be freed */
	WEFT_EV_WINDOW,		/* window act->arg is bound or unbound, or not: wc.status */
	WEFT_EV_PDC_FAILED,	/* status in act->wc.status; streams have their own events */
	WEFT_EV_TELEMETRY,	/* the peer's counters are in act->priv: weft_telemetry_unpack() */
	WEFT_EV_PEER_PORT,	/* the peer's port act->arg: act->ep_arg, enum weft_port_state */
};

struct weft_wc {
	uint64_t id;		/* COMPLETE: the work request's id */
	uint64_t value;		/* ATOMIC: the word's old value */
	enum weft_status status;
	uint8_t opcode;		/* enum weft_opcode of the message */
	uint8_t flags;		/* COMPLETE_RECV: IMM, INV, SE of enum weft_oflags */
	uint32_t len;		/* bytes of the message */
	uint32_t imm;		/* COMPLETE_RECV with IMM; with INV: the key invalidated */
	uint32_t ssn;		/* COMPLETE_RECV: which receive buffer */
};

#define WEFT_NO_HOLD 0xffff

/* Is it a packet's turn? */
enum weft_early {
	WEFT_IN_TURN,
	WEFT_EARLY,		/* on memory without RELAXED keep the packet and answer HELD, or
				 * NO_HOLD.  PLACE_RECV: the buffer is for a message after the one
				 * that completes next; a host that shares buffers among streams
				 * answers NO_HOLD rather than bind the last one (WEFT-SEM-083) */
	WEFT_TOO_EARLY,		/* REDUCE: keep the packet whatever the memory is, or answer
				 * NO_HOLD; value of HELD: 1 if the memory is RELAXED, else 0 */
};

/* What a type does not use is zero up to wc, and wc in completions; beyond it is as it was. */
struct weft_act {
	enum weft_act_type type;
	uint32_t token;			/* 0: no answer is expected */
	struct weft_stream *stream;	/* NULL for events of a context */
	uint64_t addr;
	uint64_t local;			/* PLACE_WR, ATOMIC result: the work request's `local` */
	uint32_t key;
	uint32_t msg_len, offset, len;
	uint32_t msn, ssn;
	uint16_t hold;			/* PLACE from rx: slot offered, answer HELD to use it;
					 * PLACE from work, RELEASE_HOLD: slot to take it from */
	uint8_t early;			/* PLACE_MEM, PLACE_RECV, REDUCE: enum weft_early */
	uint8_t redop, dtype;		/* REDUCE: what weft_reduce_ok() allows */
	uint8_t level;			/* FLUSH: enum weft_flush */
	struct weft_wc wc;		/* COMPLETE, COMPLETE_RECV; EVENT: its status */
	uint64_t mask;			/* LS_STORE */
	uint64_t span;			/* BIND: bytes of the window */
	const uint8_t *data;		/* LS_STORE, PLACE_LS, PLACE_RD */
	uint32_t pd;			/* BIND, LS_* */
	enum weft_event event;
	uint32_t arg;			/* EVENT: service, reason; BIND: window; PLACE_RD: qpn */
	uint32_t ep_arg;		/* EP_REJECTED, DISCONNECTED: `arg` of the element */
	uint32_t peer_qpn;		/* EP_CONNECT, PLACE_RD */
	const uint8_t *priv;		/* EP_CONNECT, EP_ACCEPTED, EP_REJECTED: private data,
					 * valid until the next call on this context */
	uint16_t priv_len;
	struct weft_hdr_tlv_ep_connect ep;	/* EP_CONNECT: pass to weft_ep_accept() */
	struct weft_atomic atomic;	/* ATOMIC, LS_ATOMIC */
};

/*
 * Take one packet for this context.  Returns true if act is to be done.  *why tells what
 * became of the packet (NONE: taken); it is counted in the context already.
 * On PLACE, payload lies at v->payload.
 */
bool weft_rx(struct weft_pdc *pdc, const struct weft_view *v, weft_time now,
	     struct weft_act *act, enum weft_drop *why);

/*
 * A packet for this context for which weft_parse() said TRIMMED: counted, and perhaps asked for
 * again.  One for a context that is not there is counted and not answered (WEFT-RTX-017).
 */
void weft_rx_trimmed(struct weft_pdc *pdc, const struct weft_view *v);

/*
 * Fill up to n further actions.  Call until it returns 0, at each turn.  Do them before any call
 * that ends a stream: they point to theirs.
 */
size_t weft_work(struct weft_pdc *pdc, struct weft_act *acts, size_t n, weft_time now);

/*
 * Answer an action.  value: ATOMIC old value.  Spurious or late tokens are ignored.  HELD and
 * NO_HOLD answer an early PLACE of weft_rx(), before the next call on this context.
 */
void weft_done(struct weft_pdc *pdc, uint32_t token, enum weft_status st, uint64_t value);

#define WEFT_HDR_MAX 192	/* headers, SYN, TLVs or SACK words of a packet, without payload */
#define WEFT_OVERHEAD 108	/* header and CRC bytes around a payload, at most */

enum weft_src {
	WEFT_SRC_NONE,		/* no payload */
	WEFT_SRC_WR,		/* local + offset of a work request of ours */
	WEFT_SRC_MEM,		/* key:addr of ours, len bytes: check again with weft_mr_check(), as
				 * it may have gone since ACT_READ; then call weft_read_failed()
				 * and do not send this packet */
	WEFT_SRC_LS,		/* len bytes in pieces: weft_ls_segs() */
};

/* A packet to send: hdr, payload, then CRC32C (big-endian) over both. */
struct weft_txd {
	struct weft_stream *stream;	/* NULL: none */
	uint64_t local;			/* SRC_WR: the work request's `local` */
	uint64_t addr;			/* SRC_MEM */
	uint32_t key;			/* SRC_MEM */
	uint32_t offset;		/* SRC_WR: bytes into local */
	uint32_t len;			/* payload bytes */
	uint32_t psn;
	uint32_t msn;
	enum weft_src src;
	uint16_t hdr_len;
	uint16_t entropy;
	uint8_t port, peer_port;	/* leave by our port, for the peer's */
	uint8_t hdr[WEFT_HDR_MAX];
};

/* Fill up to n packets.  Returns how many; fewer than n: nothing more for now. */
size_t weft_tx(struct weft_pdc *pdc, struct weft_txd *txd, size_t n, weft_time now);
/* The region of a WEFT_SRC_MEM packet is gone: refuse the READ with st instead. */
void weft_read_failed(struct weft_pdc *pdc, const struct weft_txd *txd, enum weft_status st);

/*
 * Our port `port` of this context has failed, or works again.  What was outstanding on it goes
 * again by another, and the peer is told.  EINVAL: the context has no such port.
 */
int weft_port_set(struct weft_pdc *pdc, uint8_t port, bool up, weft_time now);

/* When weft_expire() wants to be called; WEFT_NEVER: not at all.  Now or past: at once. */
weft_time weft_deadline(const struct weft_pdc *pdc);
void weft_expire(struct weft_pdc *pdc, weft_time now);

/* ---- Streams (stream.c, requester.c) ------------------------------------------------ */

struct weft_stream_cfg {
	void *host;		/* given back by weft_stream_host() */
	struct weft_blocks *pool;	/* of weft_stream_block() bytes, kept; NULL: the stream's
				 * memory has room for all it ever needs */
	uint32_t qpn;		/* ours, 24 bits, not 0 */
	uint32_t pd;		/* the host's protection domain, for its own use */
	uint16_t sq_depth;	/* work requests, 1..4096, a power of two */
	uint16_t window;	/* messages the peer may have outstanding, 1..256, power of two */
	uint8_t reads;		/* of these, READs and atomics, 1..window */
	uint8_t rnr_retry;	/* replays before RNR_RETRY_EXCEEDED; 7: without end */
	uint32_t rnr_delay_ns;	/* what we ask the peer to wait */
	uint8_t srq;		/* 0: receive buffers are the stream's own; else the stream shares
				 * them with others, and messages of it hold at most so many of them
				 * at a time */
};

size_t weft_stream_size(const struct weft_stream_cfg *cfg);	/* 0 if cfg is invalid */
/* Of a block for streams like this, whatever their qpn. */
size_t weft_stream_block(const struct weft_stream_cfg *cfg);
/* Make a stream on a context, unconnected. */
int weft_stream_init(struct weft_pdc *pdc, void *mem, const struct weft_stream_cfg *cfg,
		     struct weft_stream **out);
/* Ask the peer for a stream.  priv is copied, at most WEFT_EP_PRIVATE_MAX bytes. */
int weft_ep_connect(struct weft_stream *s, uint32_t service, const void *priv, uint16_t len);
/* Answer EV_EP_CONNECT with a stream made for it. */
int weft_ep_accept(struct weft_stream *s, const struct weft_hdr_tlv_ep_connect *ep,
		   const void *priv, uint16_t len);
int weft_ep_reject(struct weft_pdc *pdc, uint32_t peer_qpn, enum weft_ep_reason reason);
/* The same with a number and private data, which are the service's own; priv is copied. */
int weft_ep_reject_with(struct weft_pdc *pdc, uint32_t peer_qpn, enum weft_ep_reason reason,
			uint32_t arg, const void *priv, uint16_t len);
/*
 * Take a stream off its context: the peer is told if connected; packets of it that are
 * still unacknowledged are replaced by NOPs; nothing of it is reported any more.  Its
 * memory and the buffers of its work requests are the caller's again.
 */
void weft_stream_fini(struct weft_stream *s, enum weft_ep_reason reason);
/* Fail a stream locally: outstanding work completes with FLUSHED. */
void weft_stream_fail(struct weft_stream *s, enum weft_status st);

void *weft_stream_host(const struct weft_stream *s);
struct weft_pdc *weft_stream_pdc(const struct weft_stream *s);
enum weft_stream_state weft_stream_state(const struct weft_stream *s);
uint32_t weft_stream_qpn(const struct weft_stream *s);
uint32_t weft_stream_pd(const struct weft_stream *s);
uint32_t weft_stream_domain(const struct weft_stream *s);

struct weft_wr {
	uint64_t id;		/* given back in the completion */
	uint64_t local;		/* host's handle of the local buffer, kept until COMPLETE */
	uint64_t addr;		/* remote address, but for SEND */
	uint64_t operand;	/* ATOMIC: addend, or new value */
	uint64_t compare;	/* ATOMIC CAS */
	uint64_t operand_mask;	/* ATOMIC, masked: as in struct weft_atomic */
	uint64_t compare_mask;	/* ATOMIC, masked */
	uint64_t signal_addr;	/* SIGNAL: a 64-bit word of the peer's */
	uint32_t signal_key;	/* SIGNAL */
	uint32_t signal_value;	/* SIGNAL: added to it */
	uint32_t rkey;
	uint32_t len;		/* bytes; ATOMIC: those of the word; FLUSH: 0: the whole region */
	uint32_t imm;		/* IMM; INV: the peer's key that it is to invalidate */
	enum weft_opcode opcode;/* SEND, WRITE, READ, ATOMIC, REDUCE, FLUSH */
	enum weft_aop aop;	/* ATOMIC */
	uint8_t redop, dtype;	/* REDUCE */
	uint8_t level;		/* FLUSH: enum weft_flush */
	bool masked;		/* ATOMIC: the masks count */
	uint8_t flags;		/* SE, FENCE; SEND, WRITE: IMM; SEND: INV (not with IMM); SEND,
				 * WRITE, REDUCE: SIGNAL; of enum weft_oflags */
};

/*
 * Queue a work request.  On a stream in ERROR it completes with FLUSHED, in its turn.  ESTATE: the
 * stream has not asked for a connection.  EFULL: no room in the send queue.  EINVAL also for a
 * READ or atomic if the peer takes none; one posted before that is known fails the stream with
 * NO_RESOURCES.
 */
int weft_post(struct weft_stream *s, const struct weft_wr *wr);
/*
 * Begin no further message; those begun go on.  EVENT SQ_DRAINED tells when they are complete; it
 * does not come if the stream fails.  Work requests may be posted meanwhile.  ESTATE: not READY.
 */
int weft_stream_drain(struct weft_stream *s);
/* Begin messages again, drained or not yet.  ESTATE: nobody had asked to drain, or ERROR. */
int weft_stream_resume(struct weft_stream *s);
/* Receive buffers up to this SSN (count since the stream began) are posted. */
void weft_recv_posted(struct weft_stream *s, uint32_t ssn);

/* ---- Stand-alone packets (alone.c) -------------------------------------------------- */

#define WEFT_ALONE_MAX 1024	/* bytes of any packet these build */

/* What a HELLO says. */
struct weft_hello {
	struct weft_hdr_tlv_hello h;
	struct weft_hdr_tlv_limits limits;	/* valid if has_limits */
	bool has_limits;
	struct weft_hdr_tlv_queues queues;	/* zero: no queues */
	struct weft_hdr_tlv_pool pools[8];
	struct weft_hdr_tlv_engine engines[16];
	uint8_t n_pools, n_engines;
	char name[64];				/* NUL-terminated; non-printing bytes become '?' */
};

enum weft_alone { WEFT_ALONE_BAD, WEFT_ALONE_HELLO, WEFT_ALONE_NEIGHBOUR, WEFT_ALONE_VERSION,
		  WEFT_ALONE_TELEMETRY_GET, WEFT_ALONE_TELEMETRY };

/* Each returns the packet's bytes, CRC included, in out[WEFT_ALONE_MAX]; HELLO is manage.h's. */
size_t weft_neighbour_build(uint8_t *out, const struct weft_hdr_tlv_neighbour *nb,
			    uint32_t transaction);
size_t weft_version_reject_build(uint8_t *out, uint32_t psn);
/* Refuse a packet that opens a context (NEW_START_PSN, BUSY, MODE) or belongs to none
 * (NO_CONTEXT); 0 if v must not be answered. */
size_t weft_nack_build(uint8_t *out, const struct weft_view *v, enum weft_nack reason,
		       uint32_t arg);

/* Read a ROUTE_ALONE packet; fills what the kind returned says. */
enum weft_alone weft_alone_parse(const struct weft_view *v, struct weft_hello *hello,
				 struct weft_hdr_tlv_neighbour *nb,
				 struct weft_hdr_tlv_version_reject *vr);

/* ---- Counters ----------------------------------------------------------------------- */

/* What happened, since the host zeroed it. */
struct weft_stats {
	uint64_t tx_pkts, tx_bytes;	/* bytes: payload */
	uint64_t rx_pkts, rx_bytes;
	uint64_t tx_acks, rx_acks, tx_nacks, rx_nacks;
	uint64_t rtx_pkts;		/* sent again */
	uint64_t rtx_rack, rtx_nack, rtx_tlp, rtx_rto;	/* why */
	uint64_t ce_rx;			/* packets received with CE */
	uint64_t rnr_tx, rnr_rx;
	uint64_t held;			/* packets kept before their turn */
	uint64_t path_moves;		/* times a path was left for another */
	uint64_t drop[WEFT_DROP_COUNT];	/* by cause, enum weft_drop */
};

#endif
