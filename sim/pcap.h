/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Simulated packets as a capture file, for tshark and Wireshark with Weft's dissector. Ethernet,
 * IPv4 and UDP headers are made up from the chip numbers; payload does not exist, so packets are
 * cut behind their headers, with their true length in the record. Classic pcap, nanoseconds.
 */
#ifndef SIM_PCAP_H
#define SIM_PCAP_H

#include <stdint.h>
#include <stdio.h>

#include "sim/scenario.h"

struct sim;

struct sim_pcap {
	FILE *out;
	enum sim_carriage carriage;
	uint64_t packets;	/* written */
	uint64_t max;		/* written at most */
	int error;		/* errno of the first write that failed, 0: none */
};

/*
 * Opens `path` for at most `max` packets. Packets are taken where they reach a chip. Returns 0,
 * or a negative errno.
 */
int sim_pcap_open(struct sim_pcap *p, const char *path, enum sim_carriage carriage, uint64_t max);

/* Returns 0, or the negative errno of a write that failed. */
int sim_pcap_close(struct sim_pcap *p);

/* For struct sim: called at each arrival. */
void sim_pcap_tap(void *ctx, const struct sim *sim, uint32_t port, uint32_t pkt);

#endif
