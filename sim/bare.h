/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transports to compare with, on the same fabric and for the same lists of flows as the engine's;
 * none of them is meant for use.
 *
 * open-loop: each flow is one packet, of as many bytes on the wire as the flow has, whatever that
 * is; nobody answers, and nothing that is lost is sent again. A flow ends when it arrives. Queues
 * behave under it as queueing theory says.
 *
 * go-back-n: as RoCEv2's reliable connections do it. Packets of at most transport.payload bytes
 * with the headers of RoCEv2, on one path, transport.window of them outstanding at most. The
 * receiver takes packets in order alone; the first that is out of order is answered by a NAK, on
 * which the sender goes back to what is missing; so it does after transport.min_rto_us without
 * progress. Every transport.ack_every-th packet and the last are acknowledged. There is no
 * congestion control: it leans on the fabric.
 */
#ifndef SIM_BARE_H
#define SIM_BARE_H

#include "sim/fabric.h"
#include "sim/flows.h"

struct sim_bare;

extern const struct sim_host_ops sim_bare_ops;	/* their context is the struct sim_bare */

/* Carries out the flows of `f`, whose list is complete. Memory failure ends the program. */
struct sim_bare *sim_bare_new(struct sim_flows *f, struct sim *sim);
void sim_bare_free(struct sim_bare *b);

/* A flow is due. */
void sim_bare_begin(struct sim_bare *b, uint32_t flow);

/* Bytes on the wire of packet `i` of `packets` of a flow of `bytes`, and of an acknowledgement. */
uint32_t sim_bare_packet(const struct sim_scenario *sc, uint64_t bytes, uint32_t packets,
			 uint32_t i);
uint32_t sim_bare_ack(const struct sim_scenario *sc);

#endif
