/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fabric test: N chips, each the engine behind a host, on the simulator's links and in its
 * virtual time; faults of every kind; and an oracle that knows what every byte and every
 * completion must be.  A run is a function of its seed.  README.md says how to use it.
 *
 * config.c draws a run from its seed, world.c builds and runs it, fault.c spoils wires and chips,
 * chip.c is the host (contexts, packets, turns), act.c its answers to actions, conn.c the lives
 * of connections, work.c what they post, op.c one row for each operation, oracle.c what must come
 * of it, invariant.c what must hold after every event, shrink.c, campaign.c and main.c the rest.
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
	FB_MSG_MAX = 4096	/* bytes of a message */
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
	FB_TOO_LONG, FB_MISALIGNED,
	FB_BADS
};

struct fb_end;
struct fb_msg;
struct fb_world;

/* One kind of operation; op.c has the table. */
struct fb_op {
	const char *name;
	enum weft_opcode opcode;
	uint32_t weight;	/* how often, beside the others */
	uint8_t flags;		/* that it may carry: any of IMM, SE, FENCE */
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
	uint64_t operand, compare;
	uint64_t old;		/* atomic: the word before, as the target found it */
	uint32_t rkey, len, imm, ssn;
	uint32_t at;		/* WRITE, READ, atomic: place in the slice, or counter */
	uint32_t pay;		/* where the payload begins in the table */
	uint32_t placed;	/* bytes that the receiver of the data has placed */
	uint8_t flags, aop;
	uint8_t bad;		/* enum fb_bad */
	uint8_t expect;		/* enum weft_status: what is wrong with it, OK if nothing is */
	uint8_t refused;	/* what a host has said to it; OK: nothing */
	bool shared;		/* on the counters, not on the slice */
	bool done;		/* its effect is complete at the target */
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
	uint8_t payload[FB_PAYLOADS];
	struct fb_late late[FB_LATE];
	struct fb_rng rng;
	uint64_t fault_key;
	uint32_t timer_conn, timer_late, timer_chip, timer_fault;	/* first ids */
	uint32_t serial, qpn, ops_left;
	uint32_t idle_conns;	/* connections that will not connect again */
	uint32_t contexts;	/* alive, on all chips */
	uint32_t kept;		/* packets kept by hosts */
	uint8_t phase;		/* enum fb_phase */
	sim_time drain_by;
	uint64_t event;		/* packets and timers that hosts have seen */
	uint64_t stop_at;	/* event to stop at, 0: none */
	uint64_t faults[FB_FAULTS], ops, completions, contexts_made, checks;
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
	uint64_t faults[FB_FAULTS];
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

/* context.c: the chips' tables */
struct fb_ctx *fb_context_open(struct fb_world *w, struct fb_chip *c, uint8_t peer);
struct fb_ctx *fb_context_for(struct fb_world *w, struct fb_chip *c, const struct weft_view *v,
			      uint8_t from);
struct fb_ctx *fb_context_remote(struct fb_chip *c, uint8_t from, uint32_t peer_id);
void fb_context_free(struct fb_world *w, struct fb_ctx *x);
bool fb_context_excused(const struct fb_world *w, const struct fb_ctx *x);
void fb_excuse(struct fb_world *w, uint8_t a, uint8_t b);
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
void fb_reap(struct fb_ctx *x, struct fb_world *w);
void fb_conn_look(struct fb_conn *c);

/* work.c */
void fb_pump(struct fb_end *e);
void fb_replenish(struct fb_end *e, bool all);
uint32_t fb_draw_len(struct fb_end *e, uint32_t most);
/*
 * May a message that reads, writes or does an atomic on [at, at + len) of the slice be posted now?
 * Notes it if so.  A fence makes room after READs and atomics.
 */
enum fb_access { FB_READS, FB_WRITES, FB_ATOMICS };
bool fb_claim(struct fb_end *e, enum fb_access how, uint32_t at, uint32_t len, struct weft_wr *wr);

/* op.c */
extern const struct fb_op fb_ops[];
extern const uint32_t fb_n_ops;
uint64_t fb_atomic(uint8_t aop, uint64_t word, uint64_t operand, uint64_t compare);

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
void fb_fold(struct fb_end *e);

/* invariant.c */
void fb_look(struct fb_ctx *x, struct fb_world *w);
void fb_look_at_end(struct fb_world *w);

/* fault.c */
void fb_faults_make(struct fb_world *w);
void fb_fault_timer(struct fb_world *w, uint32_t which);
void fb_chip_timer(struct fb_world *w, uint32_t chip);
void fb_faults_stop(struct fb_world *w);
enum { FB_FAULT_TIMERS = 3 };

#endif
