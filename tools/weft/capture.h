/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captured frames down to Weft packets: link, VLAN, IP and UDP headers are taken off here.
 */
#ifndef WEFT_TOOLS_CAPTURE_H
#define WEFT_TOOLS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_PORTS_MAX 16u
#define CAPTURE_ADDR 64

/* What counts as Weft. */
struct capture_filter {
	uint16_t ports[CAPTURE_PORTS_MAX];	/* UDP, either side */
	unsigned n_ports;
	uint16_t ethertype;
};

struct capture_packet {
	const uint8_t *bytes;		/* from the delivery header on; inside the frame */
	uint32_t len;			/* bytes captured, padding included */
	bool ce;			/* the IP header said: congestion experienced */
	char src[CAPTURE_ADDR], dst[CAPTURE_ADDR];
};

/* Is this link type of libpcap (DLT_*) understood? */
bool capture_link_ok(int dlt);
/* Returns whether the frame holds a Weft packet. */
bool capture_strip(int dlt, const uint8_t *frame, uint32_t len, const struct capture_filter *f,
		   struct capture_packet *out);

#endif
