/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a host may see of a context at work: nothing here changes one. */
#ifndef WEFT_GAUGES_H
#define WEFT_GAUGES_H

#include "core/word.h"

struct weft_pdc;

/* How a context stands. */
struct weft_gauges {
	uint64_t srtt_ns, min_rtt_ns, rto_ns;
	uint32_t cwnd_pkts;
	uint32_t acked_psn;		/* latest PSN up to which everything is acknowledged */
	uint32_t sent_psn;		/* latest PSN sent */
	uint32_t outstanding;		/* PSNs between the two */
};

void weft_pdc_gauges(const struct weft_pdc *pdc, struct weft_gauges *out);

/* What a context knows of one of its paths. */
struct weft_path_gauge {
	uint8_t state;			/* enum weft_path_state */
	uint8_t port, peer_port;	/* between which it goes */
	uint8_t losses;			/* of its packets, in a row */
	uint8_t marks;			/* least-marked: how far it is behind the others for them */
	bool down;			/* one of the two ports does not work */
	bool used;			/* packets go by it; mode ROD: by one alone */
};

/*
 * False, and nothing is written: the context has no such path. At rest it knows of ports alone, and
 * in mode ROD of timeouts alone: all are GOOD.
 */
bool weft_path_gauge(const struct weft_pdc *pdc, uint16_t path, struct weft_path_gauge *out);

#endif
