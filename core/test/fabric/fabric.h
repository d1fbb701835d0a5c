/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fabric test: N chips, each the engine behind a host, on the simulator's links and in its
 * virtual time; faults of every kind; and an oracle that knows what every byte and every
 * completion must be.  A run is a function of its seed.  README.md says how to use it.
 *
 * config.c draws a run from its seed, world.c builds and runs it, fault.c spoils wires and chips,
 * chip.c is the host (contexts, packets, turns), act.c its answers to actions, conn.c the lives
 * of connections, work.c what they post, op.c one row for each operation, recv.c receive buffers,
 * oracle.c what must come of it, combine.c what words must become; loadstore.c and dgram.c do all
 * this for the services beside streams; invariant.c what must hold after every event; shrink.c,
 * campaign.c and main.c the rest.
 */
#ifndef WEFT_TEST_FABRIC_H
#define WEFT_TEST_FABRIC_H

#include <setjmp.h>

#include "core/pdc.h"
#include "core/test/fabric/config.h"
#include "sim/fabric.h"

enum {
	FB_CHIPS = 16,
	FB_SLOTS = 32,		/* contexts of a chip, at most */
	FB_LATE = 256,		/* answers of the whole fabric that are under way */
	FB_SLICE = 8192,	/* bytes of memory that one direction of a connection works on */
	FB_STRIDE = 8192 + 256,	/* of slices: what lies between is never touched */
	FB_BLOCK = 64,		/* accesses to a slice are told apart by blocks of this size */
	FB_BLOCKS = FB_SLICE / FB_BLOCK,
	FB_PAYLOADS = 1 << 17,	/* bytes of the table that all payloads are cut from */
	FB_COUNTERS = 8,	/* words of a chip that all connections do atomics on */
	FB_RECV_CAP = 4096,	/* bytes of a receive buffer */
	FB_MSG_MAX = 4096,	/* bytes of a message */
	FB_BOUND = 256,		/* receive buffers of a shared queue bound ahead, by SSN */
	FB_LS_BYTES = 4096,	/* memory at the peer that a context loads from and stores to */
	FB_LS_BLOCK = 16,	/* operations on it are kept apart by blocks of this size */
	FB_LS_BLOCKS = FB_LS_BYTES / FB_LS_BLOCK,
	FB_LS_OPS = 64,		/* of a context, outstanding */
	FB_LS_WINDOWS = 4,	/* of a context */
	FB_LS_DATA = 256,	/* bytes of an operation, at most */
	FB_RDS = 1 << 14,	/* reliable datagrams remembered */
	FB_QPNS = 8,		/* queue pairs of a chip for datagrams: 1 to this */
	FB_QPN_SMALL = 8,	/* its receive buffers are small: */
	FB_SMALL = 40		/* so many bytes */
};

/* Regions are found by the low 12 bits of their keys, less 1: these ranges follow each other. */
enum {
	FB_KEYS_CHIP = 4,	/* of each chip, after two for each connection */
	FB_KEYS_LS = 2		/* of each context, after second keys of connections' ends */
};

struct fb_rng {
	uint64_t s;
};

static inline uint64_t fb_rand(struct fb_rng *r)
{
	return sim_mix(r->s += 0x9e3779b97f4a7c15u);
}

static inline uint32_t fb_below(struct fb_rng *r, uint32_t n)
{
	return sim_below(fb_rand(r), n);
}

/* With a chance of p in `of`. */
static inline bool fb_chance(struct fb_rng *r, uint32_t p, uint32_t of)
{
	return p && fb_below(r, of) < p;
}

/* ---- what is asked, and what must come of it ---------------------------------------- */

/* What is wrong with a request on purpose. */
enum fb_bad {
	FB_GOOD, FB_BAD_KEY, FB_DEAD_KEY, FB_OTHER_PD, FB_NO_RIGHTS, FB_BEYOND, FB_WRAP,
	FB_TOO_LONG, FB_MISALIGNED, FB_BAD_SIGNAL, FB_BAD_INV, FB_BAD_LEVEL,
	FB_BADS
};

/* What a message brings besides its data, in this order (WEFT-SEM-060). */
enum {
	FB_STAGE_RECV = 1,	/* a receive buffer for a WRITE */
	FB_STAGE_INV = 2,
	FB_STAGE_SIGNAL = 4
};

/* What an atomic asks for. */
struct fb_word_op {
	uint64_t operand, compare, operand_mask, compare_mask;
	uint8_t aop, width;
	bool masked;		/* else the masks say nothing */
};

struct fb_end;
struct fb_msg;
struct fb_world;

/* One kind of operation; op.c has the table. */
struct fb_op {
	const char *name;
	enum weft_opcode opcode;
	uint32_t weight;	/* how often, beside the others; 0: as the run's numbers say */
	uint8_t flags;		/* that it may carry, of enum weft_oflags */
	uint8_t deed;		/* enum fb_deed: what it counts as */
	/* Chooses what to ask; false: not now. */
	bool (*make)(struct fb_end *e, struct fb_msg *m, struct weft_wr *wr);
	/* What the message does to the oracle's memory when its turn has come; NULL: nothing. */
	void (*apply)(struct fb_end *e, struct fb_msg *m);
	/* Is the requester's completion what it must be?  NULL, or what is wrong. */
	const char *(*verify)(const struct fb_end *e, const struct fb_msg *m,
			      const struct weft_wc *wc);
};

struct fb_msg {			/* a work request that is posted and not complete */
	const struct fb_op *op;
	uint64_t id;
	uint64_t addr;		/* remote */
	struct fb_word_op word;	/* atomic */
	uint64_t old;		/* atomic: the word before, as the target found it */
	uint64_t sig_addr;
	uint32_t sig_key, sig_value, sig_at;	/* at: byte of the counters */
	uint32_t rkey, len, imm, ssn;
	uint32_t at;		/* place in the slice, or byte of the counters */
	uint32_t pay;		/* where the payload begins in the table */
	uint32_t placed;	/* bytes that the receiver of the data has placed */
	uint8_t flags, redop, dtype, level;
	uint8_t stages;		/* FB_STAGE_*: what it brings besides */
	uint8_t left;		/* of these, what is not done yet */
	uint8_t bad;		/* enum fb_bad */
	uint8_t expect;		/* enum weft_status: what is wrong with it, OK if nothing is */
	uint8_t refused;	/* what a host has said to it; OK: nothing */
	bool shared;		/* on the counters, not on the slice */
	bool whole;		/* its data are placed, or it is executed */
	bool done;		/* its effect is complete at the target, all stages included */
	bool received;		/* its receive buffer is complete */
};

/* ---- connections -------------------------------------------------------------------- */

struct fb_conn;
struct fb_ctx;

struct fb_end {			/* one end of a connection */
	struct fb_world *w;
	struct fb_conn *conn;
	struct fb_ctx *ctx;
	struct fb_end *next;	/* on the same context */
	struct weft_stream *s;	/* NULL: no stream now */
	void *mem;		/* the stream's */
	struct fb_rng rng;
	uint8_t side;
	uint32_t life;		/* streams that this end has had */
	uint32_t qpn;
	bool up;		/* may post */
	bool over;		/* the engine said that the stream has ended, or failed */
	bool refuser;		/* because this end refused something of the peer's */
	bool leave;		/* end the stream, whatever is outstanding */
	bool pump;		/* look for something to post */
	bool starved;		/* there was no working memory to post anything */
	bool draining;		/* asked to begin no message from drain_msn on */
	bool drained;		/* it has said that those before are complete */
	uint32_t drain_msn;
	bool inv_out;		/* a SEND that takes the peer's second key away is outstanding */
	uint32_t alias_read;	/* MSN + 1 of the last READ under the peer's second key */

	/* asking: what goes to the other end, by MSN */
	struct fb_msg *msg;	/* depth */
	uint32_t depth;		/* a power of two */
	uint32_t want;		/* how many of them to have outstanding */
	uint32_t *by_ssn;	/* MSN of the message with an SSN, depth of them */
	uint32_t head, tail;	/* complete, and posted, up to here */
	uint32_t exp;		/* the target has executed everything before this MSN */
	uint32_t ssn;		/* of the next message that takes a receive buffer */
	uint32_t left;		/* work requests to post in this life */
	uint32_t sent;		/* posted in this life */
	bool failed;		/* a completion was not OK: no later one may be */
	bool refused;		/* the target refused a message: nothing after it has effect */
	uint32_t refused_msn;
	bool epoch;		/* the target's for this direction, when last seen */
	/* by block of the slice: MSN + 1 of the last access of each kind */
	uint32_t read_at[FB_BLOCKS], write_at[FB_BLOCKS], atomic_at[FB_BLOCKS];

	/* answering */
	uint32_t posted;	/* receive buffers, by SSN */
	uint32_t recv_done;	/* SSN of the next one to complete */
	uint32_t goal;		/* receive buffers to have posted */
	size_t slice;		/* of the memory: what the peer works on */
	bool relaxed;
	struct weft_mr mr;
	struct weft_mr alias;	/* the same memory under a key that the peer may take away */
	uint8_t srq;		/* buffers of the chip's that messages may hold; 0: own buffers */
	uint32_t n_bound;	/* that they do */
	bool bound_epoch;	/* the target's when the last was bound */
	bool bound[FB_BOUND];	/* by SSN */
};

enum fb_conn_state { FB_IDLE, FB_CONNECTING, FB_UP, FB_FINISHED };

/* What may have harmed a connection: without one of these its work must not fail. */
enum {
	FB_CAUSE_BAD = 1,	/* a request was wrong, or an action was made to fail */
	FB_CAUSE_ENDED = 2,	/* an end left */
	FB_CAUSE_CONTEXT = 4,	/* its context ended */
	FB_CAUSE_RESTART = 8,	/* one of its chips started again */
	FB_CAUSE_REJECT = 16	/* the connection was rejected */
};

struct fb_conn {
	struct fb_end end[2];	/* 0 asks for the connection */
	uint8_t chip[2];
	uint32_t index;
	uint8_t state;		/* enum fb_conn_state */
	uint8_t cause;
	bool renumber;		/* MSN and SSN are to begin elsewhere than at 0 */
	bool answered;		/* end 1 has had a stream for it */
	bool early;		/* post before the connection is up */
	uint32_t lives;
	uint32_t abrupt_at;	/* an end leaves when so much is posted; 0: in good order */
	uint8_t reject;		/* enum weft_ep_reason to reject with; 0: accept */
};

/* ---- services beside streams -------------------------------------------------------- */

struct fb_lsop {		/* a load, store or atomic that is posted and not complete */
	uint64_t id;
	struct fb_word_op word;
	uint64_t mask;		/* MSTORE: first byte in the top bit */
	uint64_t old;
	uint32_t at, len, pay;	/* at: in the context's memory at the peer */
	uint8_t code;		/* enum weft_memcode; 0: this place is free */
	uint8_t expect;		/* enum weft_status: what is wrong with it */
	uint8_t refused;	/* what a host has said to it */
	bool executed, placed;
};

enum fb_window_state { FB_UNBOUND, FB_BINDING, FB_BOUND_OK, FB_UNBINDING };

struct fb_window {
	uint32_t at, len;	/* in that memory */
	uint32_t out;		/* operations outstanding */
	uint8_t state;
	uint8_t expect;		/* of a bind: what must be answered */
	bool fickle;		/* ... but the stream that it names may have gone */
	bool read_only;
};

struct fb_ls {			/* load and store of a context, as the one who asks */
	struct fb_lsop op[FB_LS_OPS];
	struct fb_window window[FB_LS_WINDOWS];
	struct weft_mr mr[FB_KEYS_LS];	/* at the peer: all rights, and READ only */
	uint8_t busy[FB_LS_BLOCKS];	/* place in op, plus 1; 0: free */
	uint32_t n, want;
	uint16_t tags;
};

struct fb_rdgram {		/* a reliable datagram */
	uint64_t id;
	uint32_t serial;	/* is its src_qpn too; 0: none */
	uint32_t ctx;		/* serial of the context */
	uint32_t dst_qpn, qkey, imm, pay, len;
	uint32_t rnrs;		/* refusals with RNR */
	uint32_t delivered;	/* to this incarnation of the chip; 0: not yet */
	uint8_t to, flags, expect, refused;
	bool done;
};

/* ---- chips -------------------------------------------------------------------------- */

struct fb_ctx {
	struct weft_pdc *pdc;
	struct weft_profile profile;
	struct weft_stats stats;
	void *mem;
	struct fb_end *ends;
	uint32_t *hold;		/* packet in each place; SIM_NO_PKT: none */
	uint32_t holds;
	uint32_t serial;	/* differs between all contexts of a run */
	uint32_t excuse;	/* of the pair of chips when it was made */
	uint8_t chip, peer, slot;
	bool excused;		/* it was made soon after something happened */
	bool initiator;
	bool blocked;		/* there was no room at the port */
	bool reap;		/* an end is over, or to leave */
	bool pump;		/* an end looks for something to post */
	bool over;		/* closed or failed */
	bool settle;		/* closing is asked for */
	weft_time deadline;	/* as of the end of its last turn */
	sim_time turn_at;	/* a turn is due; SIM_NEVER: none */
	uint32_t turns;		/* until the expensive look at it */
	struct fb_ls *ls;	/* NULL: none */
	void *ls_mem, *rd_mem;	/* the engine's */
	uint32_t rds, rd_tags;	/* datagrams outstanding, and at most; 0: no such service */
	uint8_t rd_retry;
	bool fragile;		/* one port that fails may leave it without a path */
};

struct fb_slot {
	struct fb_ctx *ctx;	/* NULL: free */
	sim_time free_at;	/* not to be used again before */
	uint8_t gen;
};

struct fb_pair {
	struct weft_peer peer;	/* what one chip remembers of another */
	uint32_t excuse;	/* counts what may make their contexts fail */
	sim_time excuse_end;	/* contexts made until then are excused too */
};

struct fb_chip {
	uint8_t id;
	bool down;
	uint32_t incarnation;
	weft_time skew;		/* its clock is so much ahead */
	sim_time coalesce;	/* packets wait so long for their turn */
	struct fb_rng rng;
	struct fb_slot slot[FB_SLOTS];
	struct fb_pair pair[FB_CHIPS];
	uint64_t counter[FB_COUNTERS], counter_is[FB_COUNTERS];	/* the oracle's, the memory */
	struct weft_mr shared, plain, other, dead;
	uint64_t secret;	/* of its cookies */
	struct weft_grantor grantor;
	sim_time port_down_until[4];	/* 0: it works */
	uint32_t srq_free, srq_owed;	/* shared receive buffers: not bound; to be posted later */
	uint32_t srq_bound;
	uint16_t ls_tags;
	bool rd;			/* offers reliable datagrams */
	uint32_t ud_psn;		/* of the next datagram */
	struct weft_profile profile;		/* of all its contexts, if they have a pool */
	struct weft_blocks pool, streams;	/* working memory of contexts and streams */
	void *pool_mem, *streams_mem;
};

struct fb_late {		/* an action that is answered later */
	struct weft_act act;
	struct fb_end *end;
	uint32_t pkt;		/* kept for it, or SIM_NO_PKT */
	uint32_t serial, life;	/* of context and stream */
	uint8_t chip, slot;
	bool epoch;		/* of the stream's requests when it was asked for */
	bool used;
	uint8_t data[FB_LS_DATA];	/* of act, for load and store */
};

struct fb_wire {		/* faults of one direction of a link */
	sim_time dead_until, burst_until;
};

enum fb_phase { FB_RUN, FB_DRAIN, FB_OVER };

struct fb_world {
	struct fb_cfg cfg;
	struct sim sim;
	struct fb_chip chip[FB_CHIPS];
	struct fb_conn *conn;
	struct fb_wire *wire;
	uint8_t *data;		/* payloads of the packets of sim.pool */
	uint32_t data_room;	/* packets there is room for */
	uint32_t data_bytes;	/* each */
	uint8_t *mem, *model;	/* slices: as they are, and as they must be */
	uint8_t *ls_mem, *ls_model;	/* the same for load and store; by context */
	struct fb_rdgram *rd;	/* FB_RDS, by serial */
	uint32_t rd_serial;
	uint8_t payload[FB_PAYLOADS];
	struct fb_late late[FB_LATE];
	struct fb_rng rng;
	uint64_t fault_key;
	bool unreliable;	/* packets meet faults of their own */
	uint32_t timer_conn, timer_late, timer_chip, timer_grant, timer_fault;	/* first ids */
	uint8_t bad_chip, bad_port;	/* the port that fails at present */
	bool port_failed;
	uint32_t serial, qpn, ops_left;
	uint32_t idle_conns;	/* connections that will not connect again */
	uint32_t contexts;	/* alive, on all chips */
	uint32_t kept;		/* packets kept by hosts */
	uint8_t phase;		/* enum fb_phase */
	sim_time drain_by;
	uint64_t event;		/* packets and timers that hosts have seen */
	uint64_t stop_at;	/* event to stop at, 0: none */
	uint64_t faults[FB_FAULTS], deeds[FB_DEED_COUNT];
	uint64_t ops, completions, contexts_made, checks;
	uint64_t *progress;	/* NULL, or where the count of events is kept for others to see */
	const char *where;	/* what is being looked at, for a failure */
	jmp_buf out;
	char failure[512];	/* "": none */
};

/* Why runs end. */
enum fb_end_of_run { FB_PASSED, FB_STOPPED, FB_FAILED };

struct fb_result {
	enum fb_end_of_run end;
	uint64_t packets, events, ops, hash, contexts, virtual_ns;
	uint64_t faults[FB_FAULTS], deeds[FB_DEED_COUNT];
	char failure[512];
};

/* world.c: runs one fabric from beginning to end, or to event `stop_at` (0: to the end). */
void fb_run(const struct fb_cfg *cfg, uint64_t stop_at, uint64_t *progress,
	    struct fb_result *out);
/* The run ends here, for good: something that must hold does not. */
_Noreturn void fb_fail(struct fb_world *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define FB_MUST(w, x, ...) do { if (!(x)) fb_fail(w, __VA_ARGS__); } while (0)
/* Counts an event; ends the run if it is the last one wanted. */
void fb_event(struct fb_world *w);

/* chip.c */
extern const struct sim_host_ops fb_host_ops;
weft_time fb_clock(const struct fb_world *w, const struct fb_chip *c);
void fb_turn(struct fb_ctx *x, struct fb_world *w);
void fb_turn_soon(struct fb_world *w, struct fb_ctx *x, sim_time in);
uint8_t *fb_data(struct fb_world *w, uint32_t pkt);
void fb_pkt_put(struct fb_world *w, uint32_t pkt);
void fb_rearm(struct fb_world *w, struct fb_chip *c);
uint32_t fb_new_packet(struct fb_world *w, uint8_t from, uint8_t to, uint32_t ports,
		       uint16_t entropy, const uint8_t *hdr, uint32_t hdr_len, uint32_t payload);
void fb_send_packet(struct fb_world *w, uint32_t pkt);
void fb_grant(struct fb_world *w, struct fb_chip *c);

/* context.c: the chips' tables */
struct fb_ctx *fb_context_open(struct fb_world *w, struct fb_chip *c, uint8_t peer);
struct fb_ctx *fb_context_for(struct fb_world *w, struct fb_chip *c, const struct weft_view *v,
			      uint8_t from);
struct fb_ctx *fb_context_remote(struct fb_chip *c, uint8_t from, uint32_t peer_id);
void fb_context_free(struct fb_world *w, struct fb_ctx *x);
bool fb_context_excused(const struct fb_world *w, const struct fb_ctx *x);
void fb_excuse(struct fb_world *w, uint8_t a, uint8_t b);
/* Our port has failed, or works again: all contexts of the chip are told. */
void fb_chip_port(struct fb_world *w, struct fb_chip *c, uint8_t port, bool up);
void fb_chip_start(struct fb_world *w, struct fb_chip *c);
void fb_chip_crash(struct fb_world *w, struct fb_chip *c);
void fb_send_alone(struct fb_world *w, struct fb_chip *c, uint8_t to, const struct weft_view *v,
		   enum weft_nack reason, uint32_t arg);

/* act.c: does an action; true: the packet is kept. */
bool fb_act(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a, uint32_t pkt);
void fb_late_fire(struct fb_world *w, uint32_t i);
void fb_late_forget(struct fb_world *w, const struct fb_ctx *x);
/* The region of a key at a chip, and where its bytes are; NULL: there is none. */
const struct weft_mr *fb_region(struct fb_world *w, struct fb_chip *c, uint32_t key, uint8_t **at);

/* conn.c */
void fb_conns_make(struct fb_world *w);
void fb_conns_free(struct fb_world *w);
void fb_conn_timer(struct fb_world *w, struct fb_conn *c);
void fb_conn_asked(struct fb_ctx *x, struct fb_world *w, const struct weft_act *a);
void fb_conn_accepted(struct fb_end *e, const struct weft_act *a);
void fb_end_gone(struct fb_end *e);
/* Another second key for the peer: it has taken the last one away. */
void fb_new_alias(struct fb_end *e);
void fb_reap(struct fb_ctx *x, struct fb_world *w);
void fb_conn_look(struct fb_conn *c);

/* work.c */
void fb_pump(struct fb_end *e);
void fb_replenish(struct fb_end *e, bool all);
void fb_soon(struct fb_end *e, uint32_t ns);
uint32_t fb_draw_len(struct fb_end *e, uint32_t most);
/*
 * May a message that reads, writes or does an atomic on [at, at + len) of the slice be posted now?
 * Notes it if so.  A fence makes room after READs and atomics.
 */
enum fb_access { FB_READS, FB_WRITES, FB_ATOMICS, FB_REDUCES };
bool fb_claim(struct fb_end *e, enum fb_access how, uint32_t at, uint32_t len, struct weft_wr *wr);

/* op.c */
extern const struct fb_op fb_ops[];
extern const uint32_t fb_n_ops;
uint32_t fb_weight(const struct fb_cfg *cfg, const struct fb_op *op);
void fb_draw_word_op(struct fb_end *e, struct weft_wr *wr, uint32_t at_most);

/* combine.c */
uint64_t fb_word(const uint8_t *at, unsigned size);
void fb_put_word(uint8_t *at, uint64_t x, unsigned size);
uint64_t fb_atomic(const struct fb_word_op *o, uint64_t word);
void fb_reduce(uint8_t op, uint8_t dtype, uint8_t *at, const uint8_t *from, uint32_t len);

/* recv.c: is there a receive buffer for message a->ssn?  OK, RNR; NO_HOLD if it must wait. */
enum weft_status fb_recv_bind(struct fb_end *e, const struct weft_act *a);
void fb_recv_consumed(struct fb_end *e, uint32_t ssn);
void fb_recv_unbind(struct fb_end *e, uint32_t from);
void fb_recv_owed(struct fb_chip *c);

/* loadstore.c */
void fb_ls_make(struct fb_world *w, struct fb_ctx *x);
void fb_ls_free(struct fb_world *w, struct fb_ctx *x);
void fb_ls_pump(struct fb_world *w, struct fb_ctx *x, struct fb_end *e);
const struct weft_mr *fb_ls_region(struct fb_world *w, struct fb_chip *c, uint32_t index,
				   uint32_t key, uint8_t **at);
enum weft_status fb_ls_do(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
			  uint64_t *value);
void fb_ls_refused(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
		   enum weft_status st);
void fb_ls_complete(struct fb_world *w, struct fb_ctx *x, const struct weft_wc *wc);
void fb_ls_window(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a);
/* The payload of a SRC_LS packet; false: it must not be sent. */
bool fb_ls_gather(struct fb_world *w, struct fb_ctx *x, const struct weft_txd *t, uint8_t *out);

/* dgram.c */
void fb_rd_make(struct fb_world *w, struct fb_ctx *x);
void fb_rd_free(struct fb_world *w, struct fb_ctx *x);
void fb_rd_pump(struct fb_world *w, struct fb_ctx *x);
enum weft_status fb_rd_do(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
			  const uint8_t *payload);
void fb_rd_refused(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
		   enum weft_status st);
void fb_rd_complete(struct fb_world *w, struct fb_ctx *x, const struct weft_wc *wc);
void fb_ud_send(struct fb_world *w, struct fb_chip *c);
void fb_ud_rx(struct fb_world *w, struct fb_chip *c, uint8_t from, const struct weft_view *v,
	      const uint8_t *payload);

/* oracle.c */
struct fb_end *fb_peer(struct fb_end *e);
struct fb_msg *fb_msg_of(struct fb_end *e, uint32_t msn);
/* The message that an action of the receiver `e` is about; fails the run if there is none. */
struct fb_msg *fb_incoming(struct fb_end *e, const struct weft_act *a);
void fb_sees_place(struct fb_end *e, const struct weft_act *a, const uint8_t *payload);
void fb_sees_read_data(struct fb_end *e, const struct weft_act *a, const uint8_t *payload);
void fb_sees_execution(struct fb_end *e, const struct weft_act *a);
void fb_sees_refusal(struct fb_end *e, const struct weft_act *a, enum weft_status st);
void fb_sees_done(struct fb_end *e, const struct weft_act *a, uint64_t value);
void fb_sees_completion(struct fb_end *e, const struct weft_wc *wc);
void fb_sees_receive(struct fb_end *e, const struct weft_wc *wc);
void fb_sees_end(struct fb_end *e, const struct weft_act *a);
void fb_sees_drained(struct fb_end *e);
void fb_fold(struct fb_end *e);

/* invariant.c */
void fb_look(struct fb_ctx *x, struct fb_world *w);
void fb_look_at_end(struct fb_world *w);

/* fault.c */
void fb_faults_make(struct fb_world *w);
void fb_fault_timer(struct fb_world *w, uint32_t which);
void fb_chip_timer(struct fb_world *w, uint32_t chip);
void fb_faults_stop(struct fb_world *w);
enum { FB_FAULT_TIMERS = 4 };

#endif
