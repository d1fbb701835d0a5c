/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The box at work: two carriages of userspace/io with the box between, and what is kept of it.
 */
#ifndef WEFT_CONFORMANCE_BOX_RUN_H
#define WEFT_CONFORMANCE_BOX_RUN_H

#include "conformance/box.h"
#include "userspace/io/io.h"

#include <stdio.h>

/* What a box is to be.  Strings are borrowed. */
struct wc_box_cfg {
	const char *listen;	/* carriage that the initiator reaches; NULL: udp:127.0.0.1:0 */
	const char *local;	/* carriage towards the target; NULL: udp:127.0.0.1:0 */
	const char *to;		/* the target: udp:ADDRESS:PORT or packet:MAC */
	const char *out;	/* folder of what is kept, made if need be; NULL: nothing is */
	struct wc_path path[WC_PATHS];
	unsigned n_paths;
	uint64_t seed;		/* of what the paths lose */
};

struct wc_box_run {
	struct wc_schedule s;	/* filled by the caller before wc_box_open() */
	struct wc_box *box;
	struct wio *side[2];	/* [WC_OUT]: where the initiator's packets come from */
	struct wio_addr peer[2];	/* of the two ends; [WC_OUT]: once it has sent */
	char url[80];		/* what the initiator is to be told */
	FILE *events;
	uint64_t began_ns, strangers, refused;	/* refused: our carriage did not take them */
};

/*
 * Open both carriages; with cfg->out also schedule.txt, events.jsonl, initiator.pcap and
 * target.pcap there.  0, or a negative errno and one sentence in err; wc_box_close() either way.
 */
int wc_box_open(struct wc_box_run *r, const struct wc_box_cfg *cfg, char *err, size_t errlen);
/* Carry packets for at most ms milliseconds; returns early after any.  0, or a negative errno. */
int wc_box_step(struct wc_box_run *r, unsigned ms);
/* What it did, in a few lines; rules that no packet met by name. */
void wc_box_tell(const struct wc_box_run *r, FILE *f);
void wc_box_close(struct wc_box_run *r);

#endif
