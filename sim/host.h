/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chips that run the protocol engine (core/) on the simulated fabric. This is the engine's host:
 * it owns the tables of contexts, streams, regions and peers, turns each context as core/weft.h
 * says, and does its actions, all but the copying: payload does not exist here. What the chips
 * then do with their endpoints is the workload's (collective.c).
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "core/grantor.h"
#include "core/weft.h"
#include "sim/fabric.h"
#include "sim/nic.h"
#include "sim/scenario.h"

struct sim_hosts;

/* A context, and what its host keeps beside it. */
struct sim_pdc {
	struct weft_pdc *pdc;	/* the engine's, in `mem` */
	void *mem;
	uint32_t index;		/* in hosts->pdc */
	uint32_t chip, peer;	/* chip numbers */
	uint32_t id;		/* context id on its chip */
	uint32_t sibling;	/* the next one of the same two chips: index, UINT32_MAX */
	uint32_t next;		/* in the chip's transmit ring: index, UINT32_MAX at the end */
	uint32_t other;		/* at the other end, once known: index, UINT32_MAX */
	bool ringed;		/* it is in the ring: it may have packets to send */
	bool attend;		/* it may have actions: weft_work() has not been called since */
	sim_time expired_at;	/* guards against a deadline that does not move */
	unsigned expired;	/* calls of weft_expire() at that time */
};

/* A stream, and what its host keeps beside it. */
struct sim_ep {
	struct weft_stream *stream;
	void *mem;
	struct sim_pdc *pdc;
	uint32_t chip, peer;
	bool connected;
	uint32_t posted;	/* receive buffers since the stream began */
	uint32_t buffer_bytes;	/* size of each */
	uint64_t tag;		/* the workload's */
};

/* What the workload hears. All run inside a turn of `ep->chip`. */
struct sim_work_ops {
	/* A stream that this chip asked for (mine), or that its peer did, is connected. */
	void (*connected)(void *ctx, struct sim_ep *ep, bool mine);
	/* A work request is complete. */
	void (*sent)(void *ctx, struct sim_ep *ep, const struct weft_wc *wc);
	/* A receive buffer is complete. */
	void (*received)(void *ctx, struct sim_ep *ep, const struct weft_wc *wc);
	/* A context or stream of `chip` has failed. */
	void (*failed)(void *ctx, uint32_t chip, uint32_t peer, const char *what);
	/* The alarm that sim_alarm() set has come. */
	void (*alarm)(void *ctx, uint32_t chip);
};

struct sim_chip {
	struct weft_profile profile;	/* of its contexts, with its Chip ID */
	uint32_t *pdc;		/* context id - 1 -> index in hosts->pdc */
	uint32_t pdcs, pdcs_size;
	uint32_t ring_head, ring_tail;	/* contexts with packets to send, UINT32_MAX: none */
	struct weft_mr mr[4];	/* key is (index + 1) * 0x100 */
	uint32_t mrs;
	uint32_t qpns;		/* queue pair numbers given */
	struct sim_timers wake;	/* of its contexts, by context id - 1 */
	struct weft_grantor grantor;	/* spreads what the chip's link receives */
};

/* What one chip remembers of another. */
struct sim_peer {
	uint64_t pair;		/* chip << 32 | peer */
	struct weft_peer *peer;	/* kept at a fixed address for the engine */
	uint32_t pdc;		/* first context to it: index, UINT32_MAX */
};

struct sim_host_stats {
	uint64_t drops[WEFT_DROP_COUNT];	/* refused before a context saw them */
	uint64_t alone;		/* packets that belong to no context */
	uint64_t nacks;		/* answers without a context */
	uint64_t placed_bytes;
	uint64_t refused;	/* actions answered with an error */
};

struct sim_chunk {		/* memory that is kept until the end */
	struct sim_chunk *next;
	size_t used, size;	/* bytes, this struct included */
};

struct sim_port_change {	/* of the same port of all chips */
	sim_time at;
	uint8_t port;
	bool up;
};

struct sim_hosts {
	struct sim *sim;
	const struct sim_scenario *sc;
	const struct sim_work_ops *work;
	void *work_ctx;
	struct {		/* of streams: the workload may set them before the first */
		uint16_t sends, messages;
		uint8_t reads;
	} depth;
	struct sim_port_change change[2];	/* in order of time */
	uint32_t changes;
	struct sim_nic *nic;	/* between memory and ports; NULL: they are one */
	struct weft_gate gate;	/* asks for no cookies: tables here are not bounded */
	uint32_t frame_bytes;	/* around a weft packet: see sim_frame_bytes() */
	struct sim_chip *chip;
	struct sim_pdc **pdc;	/* stable addresses: engines keep them */
	uint32_t pdcs, pdcs_size;
	struct sim_ep **ep;
	uint32_t eps, eps_size;
	struct sim_peer *peer;	/* open-addressed by pair, a power of two */
	uint32_t peers, peers_size;
	struct sim_host_stats stats;
	struct weft_stats engine;	/* what all contexts count */
	struct weft_blocks ctx_blocks, ring_blocks, short_blocks, set_blocks, stream_blocks;
	struct sim_chunk *chunks;	/* of contexts, streams and blocks; the latest first */
};

/* Before a call of the engine that may take a block: each pool has one. */
void sim_grow_pool(struct sim_hosts *h, struct weft_blocks *pool);
static inline void sim_pools_ready(struct sim_hosts *h)
{
	if (!h->ctx_blocks.n_free)
		sim_grow_pool(h, &h->ctx_blocks);
	if (!h->ring_blocks.n_free)
		sim_grow_pool(h, &h->ring_blocks);
	while (h->short_blocks.n_free < 2)
		sim_grow_pool(h, &h->short_blocks);
	if (!h->set_blocks.n_free)
		sim_grow_pool(h, &h->set_blocks);
	if (h->stream_blocks.block && !h->stream_blocks.n_free)
		sim_grow_pool(h, &h->stream_blocks);
}

extern const struct sim_host_ops sim_engine_ops;	/* their context is the struct sim_hosts */

/*
 * Bytes that surround a weft packet on the wire: preamble, Ethernet, frame check and gap, and for
 * UDP the IPv4 and UDP headers.
 */
uint32_t sim_frame_bytes(enum sim_carriage carriage);

/* Bytes on the wire of a packet with `headers` bytes of weft headers, its CRC not counted. */
uint32_t sim_packet_bytes(enum sim_carriage carriage, uint32_t headers, uint32_t payload);

/*
 * Makes a chip of every host of `sim`, which was initialised with `sim_engine_ops`, this struct
 * and SIM_HOST_TIMERS timers a host. `sc` is kept. Memory failure ends the program.
 */
void sim_hosts_init(struct sim_hosts *h, struct sim *sim, const struct sim_scenario *sc,
		    const struct sim_work_ops *work, void *work_ctx);
void sim_hosts_fini(struct sim_hosts *h);

/*
 * Registers [base, base + len) of a chip for peers to read and write in any order; its key. Of a
 * chip of another process nothing happens: workloads register one region of every chip.
 */
uint32_t sim_register(struct sim_hosts *h, uint32_t chip, uint64_t base, uint64_t len);

/* Asks `peer` for a stream; over the context of the pair if there is one. ->connected follows. */
struct sim_ep *sim_connect(struct sim_hosts *h, uint32_t chip, uint32_t peer, uint64_t tag);

/* Posts a WRITE with immediate. Returns the engine's answer. */
int sim_write_imm(struct sim_hosts *h, struct sim_ep *ep, uint64_t id, uint32_t key,
		  uint64_t addr, uint32_t len, uint32_t imm);

/* Posts a WRITE. Returns the engine's answer. */
int sim_write(struct sim_hosts *h, struct sim_ep *ep, uint64_t id, uint32_t key, uint64_t addr,
	      uint32_t len);

/* Posts `n` more receive buffers of `bytes` bytes. */
void sim_post_recv(struct sim_hosts *h, struct sim_ep *ep, uint32_t n, uint32_t bytes);

/* Calls ->alarm for `chip` at `at`; one alarm a chip. Not for one of another process. */
void sim_alarm(struct sim_hosts *h, uint32_t chip, sim_time at);

/* host_act.c: may a stream of `chip` do `need` on [addr, addr + len) of region `key`? */
enum weft_status sim_check(const struct sim_hosts *h, uint32_t chip, const struct weft_stream *s,
			   uint32_t need, uint32_t key, uint64_t addr, uint64_t len);

/* host_act.c: does one action of context `p`. */
void sim_do_action(struct sim_hosts *h, struct sim_pdc *p, const struct weft_act *act);

/* host_table.c: a stream of ours on context `p`. */
struct sim_ep *sim_ep_new(struct sim_hosts *h, struct sim_pdc *p, uint64_t tag);

/* host_table.c: a context of `chip` to `peer`, or with `v` the other end of one that it opens. */
struct sim_pdc *sim_pdc_make(struct sim_hosts *h, uint32_t chip, uint32_t peer,
			     const struct weft_view *v);

/* host_table.c: what `chip` remembers of `peer`; void when it learns of another. */
struct sim_peer *sim_peer_of(struct sim_hosts *h, uint32_t chip, uint32_t peer);

/* host.c: context `p` may have actions to do and packets to send, once there is room. */
void sim_pdc_ring(struct sim_hosts *h, struct sim_pdc *p);

/*
 * Timers of each chip: the workload's alarm, the grantor's, its contexts', when it learns of its
 * ports, and when a packet is through its interface, out and in.
 */
enum { SIM_HOST_TIMERS = 6 };
static inline uint32_t sim_nic_timer(const struct sim_hosts *h, uint32_t chip, enum sim_way way)
{
	return (4 + (uint32_t)way) * h->sim->topo.hosts + chip;
}
static inline uint32_t sim_port_timer(const struct sim_hosts *h, uint32_t chip)
{
	return 3 * h->sim->topo.hosts + chip;
}
static inline uint32_t sim_grant_timer(const struct sim_hosts *h, uint32_t chip)
{
	return h->sim->topo.hosts + chip;
}
static inline uint32_t sim_wake_timer(const struct sim_hosts *h, uint32_t chip)
{
	return 2 * h->sim->topo.hosts + chip;
}

/* The engine's clock: nanoseconds. */
static inline weft_time sim_engine_now(const struct sim *sim)
{
	return sim->now / SIM_NS;
}

#endif
