/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports with several queues, and switches whose memory is shared or may not overflow. A fabric has
 * them if its scenario asks for classes, a shared buffer or flow control; else its ports are the
 * plain ones of link.c, which cost less.
 *
 * A port has a lane for what goes ahead of all (control and trimmed headers) and one for each class
 * of traffic. A lane is a queue, and on the link it is what PFC pauses and what has credits of its
 * own: a priority, or a virtual channel. A packet is in the memory of a switch from the arrival of
 * its last bit (cut-through: of what the switch waits for) until its last bit is sent; while it is
 * sent it does not count as waiting, as everywhere.
 *
 * lanes.c decides which packet goes next, buffer.c what a switch takes and what it tells the one
 * before it, deadlock.c whether some wait for each other.
 */
#ifndef SIM_LANES_H
#define SIM_LANES_H

#include "sim/fabric.h"

enum { SIM_CLASSES = 8, SIM_AHEAD = 0, SIM_LANES = SIM_CLASSES + 1 };
#define SIM_NO_PORT UINT32_MAX

enum sim_flow_control { SIM_FC_NONE, SIM_FC_PFC, SIM_FC_CREDIT };
enum sim_class_map { SIM_MAP_ONE, SIM_MAP_SOURCE, SIM_MAP_DESTINATION, SIM_MAP_HOPS };
enum sim_schedule { SIM_SCHEDULE_WRR, SIM_SCHEDULE_STRICT };

struct sim_lanes_cfg {
	uint64_t buffer;	/* bytes that a switch's ports share; 0: each has its q_limit */
	uint32_t alpha;		/* a queue may have alpha/1000 of what is free of it */
	enum sim_flow_control control;
	uint32_t xoff, xon;	/* PFC: bytes of a lane of a link in the switch it leads to */
	uint32_t headroom;	/* PFC: beyond xoff; what comes then is dropped */
	uint32_t credits;	/* bytes of a lane of a link */
	sim_time stuck;		/* a lane that waits so long may be in a deadlock */
	uint32_t classes;
	enum sim_class_map map;
	enum sim_schedule schedule;
	uint32_t weight[SIM_CLASSES];
	uint32_t quantum;	/* bytes of a turn of weight 1: no packet has more */
	bool ahead;		/* what has no payload goes ahead */
};

/* Of a port; what `held` and `off` say is about the switch at its far end. */
struct sim_lane {
	struct sim_list queue;
	uint32_t bytes;		/* waiting */
	uint32_t credit;	/* bytes that may still be sent */
	uint64_t deficit;	/* WRR: bytes of its turn that are left */
	uint32_t held;		/* bytes that came by this lane and are in the next switch */
	bool off;		/* PFC: the next switch has said: no more */
	bool paused;		/* may not send: PFC, or too few credits for the first packet */
	sim_time since;		/* paused: since then */
};

struct sim_lane_port {
	uint32_t from;		/* node that sends by it */
	uint32_t reverse;	/* port of the other direction */
	bool serving;		/* SIM_SERVE is pending: something is being sent */
	uint8_t early;		/* SIM_SERVE of now that have been done already */
	uint8_t turn;		/* WRR: class whose turn it is */
	uint8_t sent_lane;	/* of the packet that is being sent: how it came here, */
	uint32_t sent_in;	/* by which port; SIM_NO_PORT: it is a host's own */
	uint32_t sent_bytes;	/* 0: nothing holds memory */
	uint64_t pauses;	/* times that a lane was paused */
	sim_time paused;	/* lane-time, of those that are over */
	struct sim_lane lane[SIM_LANES];
};

struct sim_lanes {
	struct sim_lanes_cfg cfg;
	struct sim_lane_port *port;
	uint32_t *used, *used_max;	/* bytes in the memory of each switch */
	uint64_t words;			/* pause frames sent */
	sim_time look_at;		/* when the next look for one is due */
	sim_time deadlock_at;		/* when one was noticed; SIM_NEVER: none */
	char deadlock[200];		/* who waits for whom */
};

/* Gives all ports lanes, before the run. The fabric frees them. */
void sim_lanes_init(struct sim *sim, const struct sim_lanes_cfg *cfg);
void sim_lanes_fini(struct sim *sim);

/* In place of those of link.c: a packet is offered to a port. */
void sim_lanes_offer(struct sim *sim, uint32_t port, uint32_t pkt);
/* A packet is at the far end of a port, or would be and is lost. */
void sim_lanes_arrived(struct sim *sim, uint32_t port, uint32_t pkt, bool lost);
/* SIM_SERVE: the port has sent a packet. */
void sim_lanes_serve(struct sim *sim, uint32_t port);
/* The port may have something to send. */
void sim_lanes_kick(struct sim *sim, uint32_t port);
/* A lane may not send from now on, and is watched; or may again. */
void sim_lane_pause(struct sim *sim, uint32_t port, unsigned lane);
void sim_lane_resume(struct sim *sim, uint32_t port, unsigned lane);
/* Lane-time for which a port was paused, until `now`. */
sim_time sim_lanes_paused(const struct sim *sim, uint32_t port, sim_time now);

/* buffer.c: does the switch at the near end of `port` take a packet for that lane of it? */
bool sim_buffer_takes(const struct sim *sim, uint32_t port, uint32_t pkt, unsigned lane);
/* buffer.c: a packet that came by lane `lane` of port `in` is, or is no more, in a switch. */
void sim_buffer_join(struct sim *sim, uint32_t in, unsigned lane, uint32_t bytes);
void sim_buffer_leave(struct sim *sim, uint32_t in, unsigned lane, uint32_t bytes);
/* buffer.c: what came by a lane is not in anyone's memory: its credits go back. */
void sim_buffer_return(struct sim *sim, uint32_t in, unsigned lane, uint32_t bytes);
/* buffer.c: SIM_WORD: the far end of `port` has said something. */
void sim_buffer_word(struct sim *sim, uint32_t port, uint32_t word);

/*
 * deadlock.c: sim_run(), which with flow control looks for a deadlock each cfg.stuck, and when
 * nothing is left to happen. Of a team all must call it.
 */
enum sim_end sim_deadlock_run(struct sim *sim, sim_time limit);

#endif
