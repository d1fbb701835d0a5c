/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two hosts and a bad network, in virtual time: what the engine's tests run on.  Everything
 * follows from the seed.  Each node has real memory, regions, receive buffers and places for
 * held packets; packets are real bytes with real CRCs.
 *
 * net.c is the wire and the turns, net_host.c the host's answers to actions, net_setup.c what
 * tests call to build and to look.  After each turn net_check.c looks at the context.
 */
#ifndef WEFT_TEST_NET_H
#define WEFT_TEST_NET_H

#include "core/pdc.h"

#define NET_PKT_MAX 2048
#define NET_MRS 8
#define NET_STREAMS 16
#define NET_RQ 256		/* receive buffers of a stream, by ssn % NET_RQ */
#define NET_RQ_BYTES 4096
#define NET_HOLDS 64
#define NET_WCS 4096
#define NET_LATER 512
#define NET_OLD 16
#define NET_NO_HOLDS 0xffff	/* net_opts.holds: none at all */

struct net_opts {
	uint32_t seed;
	double loss, dup, corrupt, trim;	/* probabilities of a packet */
	double starve;			/* of a call that finds the pools empty */
	uint64_t delay_ns, jitter_ns;	/* one way; jitter reorders */
	enum weft_mode mode;
	uint16_t window, payload, holds, paths;
	uint8_t retry_limit;
	uint64_t keepalive_ns, idle_ns;
	enum weft_cc_law cc;
	enum weft_path_law path_law;
	uint8_t ports;			/* of each end; path i leaves by port i % ports */
	uint32_t features;
	uint32_t tx_seed;		/* both ends' first PSN, if set */
};

struct net_recv {
	uint8_t data[NET_RQ_BYTES];
	bool posted;
	bool bound;			/* takes the place of a buffer of the shared queue */
	uint32_t cap;
};

struct net_stream {
	struct weft_stream *s;		/* NULL: this place is free */
	void *mem;
	struct net_recv *rq;		/* NET_RQ */
	uint32_t posted;		/* SSNs posted */
	size_t n_wc, n_rwc;
	uint32_t drained, unbound;	/* SQ_DRAINED and UNBIND that came */
	uint32_t bound;			/* buffers of the shared queue that it holds */
	bool connected, rejected, disconnected, error;
	bool refused;			/* error: because we refused a request of the peer's */
	enum weft_status error_status;
	uint32_t reason;
	struct weft_wc wc[NET_WCS];	/* completions of work requests, in order */
	struct weft_wc rwc[NET_WCS];	/* of receives */
};

struct net_hold {
	uint8_t bytes[NET_PKT_MAX];
	bool used;
};

/* When a node answers the tokens of actions. */
enum net_async {
	NET_SYNC,		/* at once */
	NET_LATE,		/* at its next turn, the last one first */
	NET_RANDOM,		/* some of them at each later turn, in no order */
	NET_NEVER,		/* not at all */
};

struct net_late {
	uint32_t token;
	enum weft_status st;
	uint64_t value;
};

struct net_node {
	struct net *net;
	int id;
	struct weft_peer peer;
	struct weft_pdc *pdc;
	void *pdc_mem;
	struct weft_profile prof;
	struct weft_blocks ctx_blocks, ring_blocks, short_blocks, set_blocks, stream_blocks;
	void *ctx_mem, *ring_mem, *short_mem, *set_mem, *stream_mem;	/* of these pools */
	struct weft_stats stats;	/* of all its contexts, one after another */
	struct weft_pdc_cfg cfg;
	struct weft_mr mr[NET_MRS];
	uint8_t *mr_mem[NET_MRS];	/* bytes of the region; remote address base is mr.base */
	size_t n_mr;
	struct net_stream st[NET_STREAMS];
	size_t n_st;
	uint32_t next_qpn;		/* of streams made for the peer's EP_CONNECT */
	struct net_hold holds[NET_HOLDS];
	bool accept_service;		/* EP_CONNECT is accepted, else rejected */
	bool busy;			/* no room for a context */
	struct weft_gate gate;		/* for SYNs of others; its epoch is the test's */
	bool auto_end;			/* streams that the peer ended, or that failed, are ended */
	bool open, failed, closed;
	enum weft_status fail_status;
	uint64_t rx_drop[WEFT_DROP_COUNT];	/* before any context */
	uint64_t executed_atomics;
	uint64_t flushes, placed_at_flush;	/* `placed` at the last one */
	uint64_t early_strict;		/* strict packets that came before their turn */
	uint64_t placed;		/* payload bytes copied to regions and receive buffers */
	uint64_t vr_got;		/* VERSION_REJECTs received */
	enum net_async async;
	struct net_late later[NET_LATER];
	size_t n_later;
	struct weft_stream_cfg accept_cfg;
	bool shared;			/* streams share srq_free receive buffers */
	uint32_t srq_free, srq_bound;
	/* May answer in the host's place: true, and *st is the answer; nothing is carried out. */
	bool (*judge)(struct net_node *n, const struct weft_act *a, enum weft_status *st);
	void *judge_arg;
	/* Services: offered where tags is not 0. */
	struct weft_ls_cfg ls;
	struct weft_rd_cfg rd;
	void *svc_mem[2];
	struct weft_wc svc[NET_WCS];	/* completions of load and store, and of datagrams */
	size_t n_svc;
	uint64_t executed;		/* loads, stores and atomics of the peer's */
	uint32_t rd_rnr;		/* datagrams to refuse with RNR */
	uint32_t rd_got[NET_WCS];	/* datagrams received, by the number in them */
	struct weft_act rd_last;
	enum weft_status window_status;	/* of the latest EV_WINDOW */
	uint32_t windows_told;
	uint64_t tx_turn, tx_skip;	/* turn number tx_skip finds no room to send; 0: none */
	void *old[NET_OLD];		/* memory of contexts that have ended */
	size_t n_old;
};

struct net_pkt {
	uint64_t at;
	uint32_t seq;
	int to;
	uint32_t len;
	uint8_t bytes[NET_PKT_MAX];
};

struct net {
	struct net_opts o;
	uint64_t now;
	uint64_t rng;
	uint32_t seq;
	struct net_node n[2];
	struct net_pkt *q;		/* heap by (at, seq) */
	size_t nq, cap;
	/* Returns false to drop; may change bytes.  from: sender. */
	bool (*filter)(struct net *, int from, uint8_t *bytes, uint32_t *len, void *arg);
	void *filter_arg;
	uint64_t sent, lost, trimmed;
	bool cut;			/* nothing arrives any more */
	uint64_t steps;
	uint32_t check_every;		/* net_check() at every so many turns */
	uint64_t turns;
};

/* A net with node 0 as initiator of a context to node 1; defaults for zero options. */
struct net *net_new(const struct net_opts *o);
void net_free(struct net *net);
uint64_t net_rand(struct net *net);

/*
 * Node 0 opens another context, under the next generation of its id; the one before must have
 * ended, or is forgotten without a word (as by a chip that starts again) if `crash` is set.
 * Node 0's streams are gone.  Node 1 notices when the packets come.
 */
void net_again(struct net *net, bool crash);

/* A region of len bytes at remote address base; returns its index. */
size_t net_mr(struct net_node *n, uint32_t key, uint64_t base, uint64_t len, uint32_t rights);
/* An unconnected stream on a node; post receive buffers with net_recv().  NULL: no room. */
struct net_stream *net_stream(struct net_node *n, uint32_t qpn);
/* Take the stream off its context; its place is free again. */
void net_end(struct net_node *n, struct net_stream *st, enum weft_ep_reason reason);
void net_recv(struct net_stream *st, uint32_t count, uint32_t cap);
/* Connect node 0's stream to a new one of node 1, and run until connected; NULL: failed. */
struct net_stream *net_connect(struct net *net, uint32_t qpn);
/* The stream of node 1 that talks to this one. */
struct net_stream *net_peer_of(struct net *net, struct net_stream *st);

/* Take turns until nothing is left to do, `done` says so, or `for_ns` have passed. */
void net_run(struct net *net, uint64_t for_ns, bool (*done)(struct net *, void *), void *arg);
/* Give a node's engine its turn. */
void net_turn(struct net *net, int id);
/* Put raw bytes on the wire to a node, arriving now. */
void net_inject(struct net *net, int to, const uint8_t *bytes, uint32_t len);

int net_post(struct net_stream *st, enum weft_opcode op, uint64_t id, void *local, uint32_t len,
	     uint32_t rkey, uint64_t addr, uint8_t flags);
int net_atomic(struct net_stream *st, uint64_t id, uint32_t rkey, uint64_t addr, enum weft_aop aop,
	       uint64_t operand, uint64_t compare);
/* Run until the stream has completed n work requests or an hour has passed. */
bool net_wait(struct net *net, struct net_stream *st, size_t n);

/* A little-endian word of a region. */
uint64_t net_word(const uint8_t *at, unsigned size);
void net_put_word(uint8_t *at, uint64_t x, unsigned size);

/* What both ends think, for a person who looks into a failure. */
void net_dump(struct net *net);

/* ---- between the files of net ------------------------------------------------------- */

/* raw: the packet just received and v its view, or NULL for actions of weft_work(). */
void net_act(struct net_node *n, const struct weft_act *a, const struct weft_view *v,
	     const struct net_pkt *raw);
/* Answers that waited; returns whether there were any. */
bool net_answer_later(struct net_node *n);
enum weft_status net_mr_find(struct net_node *n, const struct weft_stream *s, uint32_t key,
			     uint32_t need, uint64_t addr, uint64_t len, uint8_t **at,
			     struct weft_mr **mr);
/* The pools are empty between these, if chance will have it. */
struct net_hunger {
	void *ctx, *ring, *shorts, *set, *stream;
};
struct net_hunger net_starve(struct net_node *n);
void net_feed(struct net_node *n, struct net_hunger h);
/* net_svc.c.  Offer services on both nodes; NULL: not that one. */
void net_services(struct net *net, const struct weft_ls_cfg *ls, const struct weft_rd_cfg *rd);
void net_svc_on(struct net_node *n);
/* Do an action of a service; *st and *value are the answer. */
void net_svc_act(struct net_node *n, const struct weft_act *a, enum weft_status *st,
		 uint64_t *value);
/* The pieces of a SRC_LS packet; UINT32_MAX: it must not be sent. */
uint32_t net_svc_gather(struct net_node *n, const struct weft_txd *t, uint8_t *out);
/* Run until the node has n completions of services, or an hour has passed. */
bool net_svc_wait(struct net *net, int id, size_t n);
/* The node's context has ended: streams and places for held packets go with it. */
void net_forget(struct net_node *n);

#endif
