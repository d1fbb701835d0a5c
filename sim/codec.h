/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do packets survive the way through bytes? Between simulated chips a packet is its header bytes
 * and the length of a payload that does not exist. Here one in so many, as it reaches its chip, is
 * made whole, with a payload and a CRC; taken apart by the engine's own weft_parse(); and put
 * together again from what that says. It must come out the same, byte for byte.
 */
#ifndef SIM_CODEC_H
#define SIM_CODEC_H

#include "core/weft.h"
#include "sim/fabric.h"

struct sim_codec {
	uint64_t every;		/* of the packets that a chip gets; 0: none */
	uint64_t checked;
	uint32_t *got;		/* by each chip, since the last that was checked */
	char error[200];	/* empty, or what did not come out the same: the run is over */
};

void sim_codec_init(struct sim_codec *c, uint64_t every, uint32_t chips);
void sim_codec_fini(struct sim_codec *c);

/* The packet reaches a chip: it is checked if it is its turn. False: c->error says why it fails. */
bool sim_codec_take(struct sim_codec *c, const struct sim *sim, uint32_t pkt);

/*
 * Checks one packet of `hdr_len` bytes of headers and `payload` of payload, CRC not counted.
 * Returns 0, or -1 and why.
 */
int sim_codec_check(const uint8_t *hdr, uint32_t hdr_len, uint32_t payload, char why[200]);

/* Headers as a view says; their length, or 0: no chip here sends such a packet. */
typedef uint32_t sim_encode(uint8_t out[WEFT_HDR_MAX], const struct weft_view *v);
sim_encode sim_codec_encode;

/* For tests: another encoder for the whole process; NULL restores the right one. */
void sim_codec_override(sim_encode *fn);

#endif
