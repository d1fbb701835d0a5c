/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trivial host for tests of the fabric alone: flows of packets under a fixed window, or sent at
 * given gaps, answered by one control packet each. Whatever a closed form says about such flows
 * can be compared with the fabric to the picosecond, with no protocol between.
 */
#ifndef SIM_TEST_WINDOW_HOST_H
#define SIM_TEST_WINDOW_HOST_H

#include "sim/fabric.h"
#include "sim/lanes.h"

struct wh_flow {
	uint32_t src, dst;
	uint32_t packets;	/* to send */
	uint32_t bytes;		/* of each, on the wire */
	uint32_t last_bytes;	/* of the last, if it differs; 0: it does not */
	uint32_t after;		/* 1 + the flow whose last arrival starts this one; 0: none */
	uint32_t ack_bytes;	/* of the answer to each; 0: no answers */
	uint32_t window;	/* packets sent and not answered, at most; 0: all at once */
	sim_time start;
	sim_time (*gap)(void *ctx, uint32_t seq);	/* to the next; NULL: none */
	void *gap_ctx;
	uint16_t entropy;
	bool spray;		/* each packet has an entropy of its own */
	uint8_t ecn;

	/* Results. */
	uint32_t sent, received, answered, marked;
	sim_time first_rx, last_rx;	/* first and last data packet at the receiver */
	sim_time last_ack;		/* last answer at the sender */
	sim_time lag_min, lag_max;	/* between sending (or queueing to send) and arrival */
	double lag_sum;
};

struct wh {
	struct sim sim;
	struct wh_flow *flow;
	uint32_t flows;
	sim_time *sent_at;	/* per packet of all flows, in order */
	uint32_t *first;	/* per flow: index of its first in sent_at */
};

/* Default link of the tests: 400 Gb/s, 500 ns, no limit to a queue, no marks. */
extern const struct sim_link_cfg wh_link;

/* Sets every tier to `link`. */
void wh_links(struct sim_link_cfg tier[SIM_TIERS], const struct sim_link_cfg *link);

/* Builds a fabric, starts the flows and runs until nothing is left; audits. Returns the end. */
enum sim_end wh_run(struct wh *wh, uint64_t seed, const struct sim_topology *topo,
		    const struct sim_link_cfg tier[SIM_TIERS], struct wh_flow *flow,
		    uint32_t flows);
/* The same of a fabric with lanes (NULL: without), until `limit`. */
enum sim_end wh_run_lanes(struct wh *wh, uint64_t seed, const struct sim_topology *topo,
			  const struct sim_link_cfg tier[SIM_TIERS],
			  const struct sim_lanes_cfg *lanes, struct wh_flow *flow, uint32_t flows,
			  sim_time limit);
void wh_fini(struct wh *wh);

#endif
