/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two hosts and a bad network, in virtual time: what the engine's tests run on.  Everything
 * follows from the seed.  Each node has real memory, regions, receive buffers and places for
 * held packets; packets are real bytes with real CRCs.
 */
#ifndef WEFT_TEST_NET_H
#define WEFT_TEST_NET_H

#include "core/pdc.h"

#define NET_PKT_MAX 2048
#define NET_MRS 8
#define NET_STREAMS 8
#define NET_RQ 256		/* receive buffers of a stream, by ssn % NET_RQ */
#define NET_RQ_BYTES 4096
#define NET_HOLDS 64
#define NET_WCS 4096
#define NET_EVENTS 64

struct net_opts {
	uint32_t seed;
	double loss, dup, corrupt;	/* probabilities of a packet */
	uint64_t delay_ns, jitter_ns;	/* one way; jitter reorders */
	enum weft_mode mode;
	uint16_t window, payload, holds, paths;
	uint8_t retry_limit;
	uint64_t keepalive_ns, idle_ns;
	enum weft_cc_law cc;
};

struct net_recv {
	uint8_t data[NET_RQ_BYTES];
	bool posted;
	uint32_t cap;
};

struct net_stream {
	struct weft_stream *s;
	void *mem;
	struct net_recv *rq;		/* NET_RQ */
	uint32_t posted;		/* SSNs posted */
	struct weft_wc wc[NET_WCS];	/* completions of work requests, in order */
	size_t n_wc;
	struct weft_wc rwc[NET_WCS];	/* of receives */
	size_t n_rwc;
	bool connected, rejected, disconnected, error;
	enum weft_status error_status;
	uint32_t reason;
};

struct net_hold {
	uint8_t bytes[NET_PKT_MAX];
	bool used;
};

struct net_node {
	struct net *net;
	int id;
	struct weft_peer peer;
	struct weft_pdc *pdc;
	void *pdc_mem;
	struct weft_pdc_cfg cfg;
	struct weft_mr mr[NET_MRS];
	uint8_t *mr_mem[NET_MRS];	/* bytes of the region; remote address base is mr.base */
	size_t n_mr;
	struct net_stream st[NET_STREAMS];
	size_t n_st;
	struct net_hold holds[NET_HOLDS];
	bool accept_service;		/* EP_CONNECT is accepted, else rejected */
	bool open, failed, closed;
	enum weft_status fail_status;
	uint64_t rx_drop[WEFT_DROP_COUNT];	/* before any context */
	uint64_t executed_atomics;
	uint64_t early_strict;		/* strict packets that came before their turn */
	/* asynchronous hosts: answer tokens later, in reverse order */
	bool async;
	struct { uint32_t token; enum weft_status st; uint64_t value; } later[256];
	size_t n_later;
	struct weft_stream_cfg accept_cfg;
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
	uint64_t sent, lost;
	bool cut;			/* nothing arrives any more */
	uint64_t steps;
};

/* A net with node 0 as initiator of a context to node 1; defaults for zero options. */
struct net *net_new(const struct net_opts *o);
void net_free(struct net *net);
uint64_t net_rand(struct net *net);

/* A region of len bytes at remote address base; returns its index. */
size_t net_mr(struct net_node *n, uint32_t key, uint64_t base, uint64_t len, uint32_t rights);
/* An unconnected stream on node 0; post receive buffers with net_recv(). */
struct net_stream *net_stream(struct net_node *n, uint32_t qpn);
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

/* What both ends think, for a person who looks into a failure. */
void net_dump(struct net *net);

#endif
