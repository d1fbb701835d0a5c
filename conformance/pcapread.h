/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture files, pcap and pcapng, frame by frame.  Fed by strangers: believes no length.  What is
 * in a frame is capture.h's.
 */
#ifndef WEFT_CONFORMANCE_PCAPREAD_H
#define WEFT_CONFORMANCE_PCAPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WC_PCAP_IFACES 64u	/* of a pcapng section; more are refused */

/* Link types that capture.c understands. */
enum wc_link {
	WC_LINK_NULL = 0, WC_LINK_ETHERNET = 1, WC_LINK_RAW_BSD = 12, WC_LINK_RAW = 101,
	WC_LINK_SLL = 113, WC_LINK_IP4 = 228, WC_LINK_IP6 = 229, WC_LINK_SLL2 = 276,
};

/* Where reading stands in a file in memory, which is borrowed. */
struct wc_pcap {
	uint8_t *buf;
	size_t len, at;
	bool ng, swapped;	/* pcapng; of the other byte order */
	unsigned frame;		/* number of the last one */
	uint64_t dropped;	/* that the capture says it lost (pcapng) */
	struct {
		uint32_t link;
		uint64_t per_s;		/* units of time in a second */
	} iface[WC_PCAP_IFACES];
	unsigned ifaces;
};

struct wc_pcap_frame {
	unsigned number;	/* from 1, as analysers count */
	uint64_t t_ns;		/* since 1970 */
	uint32_t link;
	uint8_t *data;		/* into buf, at least 12 bytes behind its beginning */
	uint32_t len, orig;	/* bytes there, and that the frame had */
};

/* 0, or -EINVAL with one sentence in err. */
int wc_pcap_begin(struct wc_pcap *r, uint8_t *buf, size_t len, char *err, size_t errlen);
/* 1 and a frame; 0 at the end; -EBADMSG with one sentence in err: the file is cut or damaged. */
int wc_pcap_next(struct wc_pcap *r, struct wc_pcap_frame *f, char *err, size_t errlen);

#endif
