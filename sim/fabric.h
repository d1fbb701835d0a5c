/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated fabric: ports, the links they drive, the switches between them, and the loop that
 * runs it. Hosts are behind `struct sim_host_ops`: the engine's (host.c), or a trivial one in
 * tests.
 *
 * A node is a host (0 .. hosts - 1) or a switch (hosts .. nodes - 1). A port is one direction of a
 * link: a transmitter at one node, with its output queue, and the wire to the next node. Port h is
 * the network interface of host h, port hosts + h that to the second plane, if there is one.
 * Switches are store-and-forward and output-queued: a packet is at a node when its last bit is,
 * costs no time inside, and waits at the port it leaves by.
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
	SIM_ARRIVE = 0u << 28,	/* a packet's last bit is at the far end of port `index`: see arg */
	SIM_READY = 1u << 28,	/* the queue of port `index`, a host's, may have emptied */
	SIM_TIMER = 2u << 28,	/* timer `index` of the hosts */
	SIM_SERVE = 3u << 28,	/* lanes.h: port `index` has sent a packet */
	SIM_WORD = 4u << 28,	/* lanes.h: the far end of port `index` has said something */
	SIM_INDEX = (1u << 28) - 1
};

/* Packets one after another, through `next`; SIM_NO_PKT at the head if there are none. */
struct sim_list {
	uint32_t head, tail;
};

/*
 * In the order in which a hop touches it: a cache line for state, one for what is counted, one
 * for what is looked at when packets wait; the rest is rarely touched.
 */
struct sim_port {
	_Alignas(64) sim_time free_at;	/* when all that has begun to be sent is sent */
	sim_time delay;		/* propagation, and latency of the switch at the far end */
	sim_time since;		/* last change of what waits */
	uint32_t ps_per_kib;	/* time on the wire of 1024 bytes */
	uint32_t peer;		/* node at the far end */
	/* Those that have begun to be sent since leave the queue at the next sim_port_settle(). */
	struct sim_list queue;	/* waiting packets */
	struct sim_list wire;	/* begun to be sent, not arrived; SIM_ARRIVE of the first is set */
	uint32_t q_bytes;	/* waiting: without the packet that is being sent */
	uint32_t q_ahead_bytes;	/* of these, what goes ahead: it has a limit of its own */
	const struct sim_fork *fork; /* of the switch at the far end; NULL: ask elsewhere, if any */

	/*
	 * For sent = arrived + lost + on the wire, and offered = sent + waiting + dropped
	 * (+ cut off).
	 */
	_Alignas(64) uint64_t offered_pkts;
	uint64_t sent_pkts;		/* begun to be sent */
	uint64_t arrived_pkts;
	uint64_t offered_bytes, sent_bytes, arrived_bytes;
	struct sim_events *events;	/* where its arrivals go; NULL: to another process */
	uint32_t q_limit;	/* a packet that would bring the others above this is dropped */
	uint8_t tier;		/* enum sim_tier */
	bool trim : 1;		/* what finds the queue full is trimmed, not dropped */
	bool control : 1;	/* what has no payload goes ahead of what has */
	bool wake : 1;		/* a host's: SIM_READY is pending */
	bool poked : 1;		/* an arrival of SIM_POKE is pending */
	bool faulty : 1;	/* its wire loses packets: see loss, and down */
	bool cuts : 1;		/* see cut */
	uint16_t mark_pmax;	/* probability just below mark_max, in 1/65536; the most: always */

	_Alignas(64) sim_time q_span;	/* to send all that waits */
	struct sim_tier_stats *stats;	/* of its tier */
	struct sim_list ahead;	/* those that go ahead of the queue */
	uint32_t mark_min;	/* q_bytes from which packets may be marked */
	uint32_t mark_max;	/* q_bytes from which all are */
	uint32_t q_bytes_max;
	uint32_t cut;	/* bytes that a switch at the far end waits for; 0: all */
	uint64_t marked_pkts;
	uint32_t down;			/* when its wire is dead: first of sim->down, or none */
	uint32_t loss;			/* chance that it loses a packet, in 1/2^32 */
	sim_time elsewhere;		/* without `events`: when the first on the wire is there */
};

/* What did not leave a port whole, or did not arrive: most ports never touch theirs. */
struct sim_gone {
	uint64_t dropped_pkts, dropped_bytes;
	uint64_t lost_pkts, lost_bytes;		/* on the wire */
	uint64_t trimmed_pkts, trimmed_bytes;	/* bytes: cut off */
};

/* A time in which a wire is dead: what begins to be sent in it is lost. */
struct sim_down {
	sim_time from, until;
	uint32_t next;		/* of the same port, or SIM_NO_DOWN */
};
#define SIM_NO_DOWN UINT32_MAX

enum sim_route_kind { SIM_ROUTE_HASH, SIM_ROUTE_ADAPTIVE, SIM_ROUTE_FLOWLET, SIM_ROUTE_SOURCE };

/* How switches choose among ports: see switch.c. */
struct sim_routing {
	enum sim_route_kind kind;
	sim_time gap;		/* flowlets: at least so long between two */
	sim_time detect;	/* until a switch knows that a link of its own is dead; 0: never */
};

enum { SIM_SOON_STEPS = 3 };

/* What a host does when something happens to it. All are called by the loop, one at a time. */
struct sim_host_ops {
	/* Packet `pkt` has arrived; it is the host's, who gives it back with sim_pkt_put(). */
	void (*rx)(void *ctx, uint32_t host, uint32_t pkt);
	/* The queue of a port of the host has emptied: there is room. */
	void (*ready)(void *ctx, uint32_t host);
	/* Timer `id` has fired; it is disarmed. */
	void (*timer)(void *ctx, uint32_t id);
	/*
	 * NULL, or: packet `pkt` arrives soon. In SIM_SOON_STEPS steps, between which what one had
	 * fetched may come; nothing may depend on whether it is called.
	 */
	void (*soon)(void *ctx, uint32_t host, uint32_t pkt, unsigned step);
};

/* What becomes of a packet on a wire that is not perfect. */
struct sim_fate {
	sim_time start;		/* given: of its transmission */
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

/*
 * A part of the fabric, by nodes, that has its own events. Parts are run one after another for a
 * stretch of time no longer than the shortest delay between them, so that each finds what it works
 * on in the cache; the outcome is that of one part.
 */
struct sim_team;

struct sim_part {
	struct sim_events events;
	sim_time now;		/* of the last event or timer */
};

struct sim {
	uint64_t seed;
	sim_time now;
	bool done;			/* set by hosts to end the run */
	struct sim_part *part;
	uint32_t parts;
	uint32_t own, owns;		/* the first part that this process runs; how many */
	struct sim_team *team;		/* it is one of several: team.h; NULL: it runs all */
	uint16_t *part_of;		/* of each node */
	sim_time stretch;
	struct sim_timers timers;	/* a heap for each part */
	struct sim_pool pool;
	struct sim_topology topo;
	struct sim_port *port;
	struct sim_gone *gone;	/* by port */
	uint32_t ports, host_ports;	/* host_ports: those of hosts, of all planes */
	const struct sim_host_ops *ops;
	void *ops_ctx;
	uint64_t ecn_key, loss_key;
	struct sim_down *down;
	uint32_t downs;
	struct sim_routing routing;
	bool choosy;	/* where a packet leaves a switch is not known before it is there */
	struct sim_fork *fork;		/* of each switch, or NULL: see sim_forks() */
	struct sim_routes *routes;	/* routes.h: of pairs of chips, or NULL */
	struct sim_flowlet *flowlet;	/* of each switch so many: switch.c */
	struct sim_lanes *lanes;	/* NULL: ports have one queue, switches no shared memory */

	uint64_t made_pkts;		/* handed to their port by hosts */
	uint64_t taken_pkts;		/* given to hosts */
	uint64_t held_pkts;		/* of the pool that hosts have (nic.h), not the fabric */
	uint64_t events_done;
	uint64_t beat_at;		/* of these, when to call `beat` */
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

	/* NULL, or called every 65536 events or a few more: for progress lines. */
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
	bool trim, control;
	uint32_t loss;		/* chance that a packet is lost on the wire, in 1/2^32 */
	uint32_t cut;		/* bytes after which a switch passes a packet on; 0: all */
};

/*
 * Builds the fabric of `topo`, whose links are as `tier` says, with `timers` timers for hosts that
 * act by `ops`. What belongs to `topo` is the fabric's then. Memory failure ends the program.
 */
void sim_init(struct sim *sim, uint64_t seed, const struct sim_topology *topo,
	      const struct sim_link_cfg tier[SIM_TIERS], uint32_t timers,
	      const struct sim_host_ops *ops, void *ops_ctx);
void sim_fini(struct sim *sim);

/*
 * Splits the fabric into parts of about `hosts` hosts, of a team into one for each process at
 * least (`hosts` may be 0 then), as far as there are switches; before anything has happened and
 * before timers are set. Timers of hosts must then be given their host's part (sim_timers_home()),
 * and no host may act on another but by packets, or by timers at least SIM_STRETCH_MAX later.
 */
void sim_split(struct sim *sim, uint32_t hosts);

/* No stretch is longer, whatever the delays: what hosts may rely on when they set timers. */
#define SIM_STRETCH_MAX SIM_US

/*
 * Runs until sim->done, until nothing is left, or until after `limit`. Of a team all must call it,
 * and sim->done is what all have in common.
 */
enum sim_end sim_run(struct sim *sim, sim_time limit);

/* run.c, for team.c: one part up to `limit`, false: sim->done; and when the next thing happens. */
bool sim_run_part(struct sim *sim, uint32_t part, sim_time limit);
sim_time sim_next_time(struct sim *sim);

/* A host sends by its port to a plane, or to the first: `pkt` is the fabric's from here on. */
void sim_host_send_by(struct sim *sim, uint32_t host, uint32_t plane, uint32_t pkt);
void sim_host_send(struct sim *sim, uint32_t host, uint32_t pkt);

/*
 * Are fewer than `bytes` a port waiting at the host's ports together, those on wires not counted?
 */
bool sim_host_room(struct sim *sim, uint32_t host, uint32_t bytes);

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
 * audit.c: accounts for every packet. Per port offered = sent + waiting + dropped and sent =
 * arrived + lost + on the wire, in packets and bytes, counted anew from its lists and pending
 * events; and for the whole made = received + dropped + lost + waiting + on the wire, with no
 * packet of the pool unaccounted for. Of a team all must call it.
 * Returns 0, or -1 with a message that names the first port in error.
 */
int sim_audit(const struct sim *sim, char *message, size_t size);

/* link.c: the wire of a port is dead from `from` to `until`; before the run. */
void sim_port_down(struct sim *sim, uint32_t port, sim_time from, sim_time until);
/* link.c: is the wire of a port dead at `at`? */
bool sim_port_is_down(const struct sim *sim, const struct sim_port *p, sim_time at);

/* run.c: makes anew where each port's arrivals are kept, when parts or whose they are change. */
void sim_place_events(struct sim *sim);

/* run.c: before the run, that where a packet leaves a switch is not known before it is there. */
void sim_choosy(struct sim *sim);

/* switch.c: before the run, how switches choose. Without it: by hash. */
void sim_switches_init(struct sim *sim, const struct sim_routing *how);
void sim_switches_fini(struct sim *sim);

/* Argument of SIM_ARRIVE: nothing is there, but what waits at the port may have begun. */
#define SIM_POKE (SIM_NO_PKT - 1)

/* link.c: a packet is offered to a port; the first of its wire (SIM_NO_PKT) or another that was
 * late is at the far end; SIM_READY. */
void sim_port_offer(struct sim *sim, uint32_t port, uint32_t pkt);
void sim_port_arrive(struct sim *sim, uint32_t port, uint32_t pkt);
void sim_port_ready(struct sim *sim, uint32_t port);

/* link.c, for lanes.c: a packet begins to be sent; is dropped; is trimmed, if it can be. */
void sim_port_begin(struct sim *sim, uint32_t port, uint32_t pkt, sim_time start);
void sim_port_drop(struct sim *sim, uint32_t port, uint32_t pkt);
bool sim_port_trim(struct sim *sim, uint32_t port, uint32_t pkt);

/* link.c: what has begun to be sent by `now` leaves the queue of a port. */
void sim_port_settle(struct sim *sim, uint32_t port, sim_time now);

/* switch.c: a packet has arrived at a switch. */
void sim_switch_forward(struct sim *sim, uint32_t node, uint32_t pkt);
/* switch.c: should the packet that joins a queue of `port` be marked, which holds `bytes`? */
bool sim_switch_marks(const struct sim *sim, uint32_t port, uint32_t bytes);

#endif
