/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies between a chip's memory and its port, as simple stages, the same on the way out and on
 * the way in: memory, of one rate for both ways together; the bus to the network interface, of a
 * rate for each way; and the interface's pipeline, through which every packet takes the same time.
 * Memory and bus work on a packet at the same time, on one packet after another, and never stop
 * while there are any. What arrives waits for them in a buffer, and is lost when that is full.
 *
 * A chip takes a packet from its engine while those before it keep memory, bus and ports busy for
 * no longer than queue.nic takes at a port. Packets without payload cost nic.packet_bytes, or
 * nothing.
 */
#ifndef SIM_NIC_H
#define SIM_NIC_H

#include "sim/fabric.h"
#include "sim/scenario.h"

enum sim_way { SIM_NIC_OUT, SIM_NIC_IN, SIM_NIC_WAYS };

struct sim_nic_way {
	struct sim_list list;	/* packets on their way; `due` is when they are through */
	sim_time bus_free;	/* when the bus is done with all of them */
	sim_time bus_busy;	/* so far */
};

struct sim_nic_chip {
	struct sim_nic_way way[SIM_NIC_WAYS];
	sim_time memory_free, memory_busy;
	sim_time paced;		/* when the ports could have sent all that went out */
	uint32_t waiting;	/* bytes that came in and are not through the bus */
	uint32_t waiting_max;
};

struct sim_nic {
	struct sim *sim;
	uint32_t bus_gbps, memory_gbps;	/* 0: no limit */
	uint32_t link_gbps;	/* of the ports together */
	uint32_t packet_bytes, buffer;
	sim_time pipeline, ahead;	/* ahead: how long what was taken may keep a chip busy */
	struct sim_nic_chip *chip;
	uint64_t dropped_pkts;
};

/* Of all chips. */
struct sim_nic_sum {
	double bus_mean[SIM_NIC_WAYS], bus_max[SIM_NIC_WAYS];	/* share of the time */
	double memory_mean, memory_max;
	uint64_t waiting_max, dropped_pkts;
};

/* NULL: the scenario has no such limits. */
struct sim_nic *sim_nic_new(struct sim *sim, const struct sim_scenario *sc);
void sim_nic_free(struct sim_nic *nic);

/* Has a chip room for one more packet on its way out? Otherwise: when. */
sim_time sim_nic_room_at(const struct sim_nic *nic, uint32_t chip);

/*
 * A packet begins its way, and is the stages' until it is taken. False: there is no room for what
 * came in, and it is the caller's still.
 */
bool sim_nic_put(struct sim_nic *nic, uint32_t chip, enum sim_way way, uint32_t pkt);

/* The next packet that is through by now; SIM_NO_PKT. */
uint32_t sim_nic_take(struct sim_nic *nic, uint32_t chip, enum sim_way way);

/* When the next one will be; SIM_NEVER: there is none. */
sim_time sim_nic_next(const struct sim_nic *nic, uint32_t chip, enum sim_way way);

/* What it came to, over `span`; of a team all must call it. */
void sim_nic_sum(const struct sim_nic *nic, sim_time span, struct sim_nic_sum *out);

#endif
