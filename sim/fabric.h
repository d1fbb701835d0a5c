/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated fabric: ports, the links they drive, the switches between them, and the loop that
 * runs it. Hosts are behind `struct sim_host_ops`: the engine's (host.c), or a trivial one in
 * tests.
 *
 * A node is a host (0 .. hosts - 1) or a switch (hosts .. nodes - 1). A port is one direction of a
 * link: a transmitter at one node, with its output queue, and the wire to the next node. Port h of
 * host h is its network interface. Switches are store-and-forward and output-queued: a packet is
 * at a node when its last bit is, costs no time inside, and waits at the port it leaves by.
 */
#ifndef SIM_FABRIC_H
#define SIM_FABRIC_H

#include "sim/event.h"
#include "sim/packet.h"
#include "sim/stats.h"
#include "sim/timer.h"
#include "sim/topology.h"

/* Kinds of events: the upper bits of `who`; the lower are an index. */
enum {
	SIM_ARRIVE = 0u << 28,	/* a packet's last bit is at the far end of port `index` */
	SIM_SERVE = 1u << 28,	/* port `index` is free and its queue is not empty */
	SIM_TIMER = 2u << 28,	/* timer `index` of the hosts */
	SIM_INDEX = (1u << 28) - 1
};

/* In the order in which a hop touches it: a cache line for state, one for what is counted. */
struct sim_port {
	_Alignas(64) sim_time busy_until;	/* end of the transmission under way, or last */
	sim_time delay;		/* propagation, and latency of the switch at the far end */
	uint32_t ps_per_kib;	/* time on the wire of 1024 bytes */
	uint32_t peer;		/* node at the far end */
	uint32_t q_head;	/* waiting packets, SIM_NO_PKT if there are none */
	uint32_t q_tail;
	uint32_t q_trimmed;	/* the last trimmed packet waiting: all before it are; SIM_NO_PKT */
	uint32_t q_bytes;	/* waiting: without the packet that is being sent */
	uint32_t q_limit;	/* a packet that would bring q_bytes above this is dropped */
	uint32_t q_bytes_max;
	uint32_t mark_min;	/* q_bytes from which packets may be marked */
	uint32_t mark_max;	/* q_bytes from which all are */
	uint16_t mark_pmax;	/* probability just below mark_max, in 1/65536; the most: always */
	uint8_t tier;		/* enum sim_tier */
	bool trim;		/* what finds the queue full is trimmed, not dropped */

	/*
	 * For sent = arrived + lost + on the wire, and offered = sent + dropped + waiting
	 * (+ cut off).
	 */
	_Alignas(64) uint64_t offered_pkts;
	uint64_t offered_bytes;
	uint64_t sent_pkts, sent_bytes;
	uint64_t arrived_pkts, arrived_bytes;
	uint64_t marked_pkts;
	uint64_t dropped_pkts, dropped_bytes;
	uint64_t lost_pkts, lost_bytes;
	uint64_t trimmed_pkts, trimmed_bytes;	/* bytes: cut off */
};

/* What a host does when something happens to it. All are called by the loop, one at a time. */
struct sim_host_ops {
	/* Packet `pkt` has arrived; it is the host's, who gives it back with sim_pkt_put(). */
	void (*rx)(void *ctx, uint32_t host, uint32_t pkt);
	/* The queue of the host's port has emptied: there is room. */
	void (*ready)(void *ctx, uint32_t host);
	/* Timer `id` has fired; it is disarmed. */
	void (*timer)(void *ctx, uint32_t id);
};

/* What becomes of a packet on a wire that is not perfect. */
struct sim_fate {
	bool lost;		/* it does not arrive */
	sim_time later;		/* it arrives so much later, and may be overtaken */
	uint32_t copy;		/* SIM_NO_PKT, or a packet of the pool that arrives as well */
	sim_time copy_later;	/* so much after the port was free for it */
};

enum sim_end {
	SIM_END_DONE,	/* sim->done was set */
	SIM_END_IDLE,	/* nothing is left to happen */
	SIM_END_TIME	/* the time limit is reached */
};

struct sim {
	uint64_t seed;
	sim_time now;
	bool done;			/* set by hosts to end the run */
	struct sim_events events;
	struct sim_timers timers;
	struct sim_pool pool;
	struct sim_topology topo;
	struct sim_port *port;
	uint32_t ports;
	const struct sim_host_ops *ops;
	void *ops_ctx;
	uint64_t ecn_key;

	uint64_t made_pkts;		/* handed to their port by hosts */
	uint64_t taken_pkts;		/* given to hosts */
	uint64_t events_done;
	uint64_t hops;			/* arrivals */
	uint64_t trace_hash;		/* over all arrivals; does not depend on their order */
	struct sim_stats stats;

	/*
	 * NULL, or called as each packet begins to be sent: decides what the wire does to it.  It
	 * may change the packet, but not its length. *fate comes as that of a perfect wire.
	 */
	void (*fate)(void *ctx, struct sim *sim, uint32_t port, uint32_t pkt,
		     struct sim_fate *fate);
	void *fate_ctx;

	/* NULL, or called at each arrival before the packet goes on: for traces. */
	void (*tap)(void *ctx, const struct sim *sim, uint32_t port, uint32_t pkt);
	void *tap_ctx;

	/* NULL, or called every `beat_events` events: for progress lines. */
	void (*beat)(void *ctx, const struct sim *sim);
	void *beat_ctx;
};

/* What every link of a tier is like. */
struct sim_link_cfg {
	uint32_t gbps;
	uint32_t delay_ns;
	uint32_t queue_bytes;
	uint32_t mark_min, mark_max;	/* bytes; both 0: never mark */
	uint32_t mark_pmax;		/* 1/65536; 65536 counts as 65535 */
	bool trim;
};

/*
 * Builds the fabric of `topo`, whose links are as `tier` says, with `timers` timers for hosts that
 * act by `ops`. Memory failure ends the program.
 */
void sim_init(struct sim *sim, uint64_t seed, const struct sim_topology *topo,
	      const struct sim_link_cfg tier[SIM_TIERS], uint32_t timers,
	      const struct sim_host_ops *ops, void *ops_ctx);
void sim_fini(struct sim *sim);

/* Runs until sim->done, until nothing is left, or until after `limit`. */
enum sim_end sim_run(struct sim *sim, sim_time limit);

/* A host sends: `pkt` is the fabric's from here on. */
void sim_host_send(struct sim *sim, uint32_t host, uint32_t pkt);

/* Are fewer than `bytes` waiting at the host's port, the one on the wire not counted? */
bool sim_host_room(const struct sim *sim, uint32_t host, uint32_t bytes);

/* Time on the wire of `bytes` at a port, rounded up to a picosecond. */
static inline sim_time sim_wire_time(uint32_t ps_per_kib, uint32_t bytes)
{
	return ((uint64_t)bytes * ps_per_kib + 1023) >> 10;
}

/* ps_per_kib of a rate; exact for 1, 10, 25, 40, 50, 100, 200, 400, 800, 1600, 3200 Gb/s. */
static inline uint32_t sim_ps_per_kib(uint32_t gbps)
{
	return (uint32_t)((8000u * 1024u + gbps / 2) / gbps);
}

/*
 * Accounts for every packet: per port offered = sent + dropped + waiting and sent = arrived +
 * lost + on the wire, in packets and bytes, counted anew from queues and pending events; and for
 * the whole made = taken + dropped + lost + waiting + on the wire, with no packet of the pool
 * unaccounted for.
 * Returns 0, or -1 with a message that names the first port in error.
 */
int sim_audit(const struct sim *sim, char *message, size_t size);

/* link.c: a packet is offered to a port; a port's queue is served; a packet is at the far end. */
void sim_port_offer(struct sim *sim, uint32_t port, uint32_t pkt);
void sim_port_serve(struct sim *sim, uint32_t port);
void sim_port_arrive(struct sim *sim, uint32_t port, uint32_t pkt);

/* switch.c: a packet has arrived at a switch. */
void sim_switch_forward(struct sim *sim, uint32_t node, uint32_t pkt);
/* switch.c: should the packet that joins the queue of `port` be marked? */
bool sim_switch_marks(const struct sim *sim, uint32_t port);

#endif
