/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the scripts sent, as one number: two runs of one seed against one device have the same, on
 * a network too, where times and the numbers that the device chooses differ.
 */
#ifndef WEFT_CONFORMANCE_STIMULUS_H
#define WEFT_CONFORMANCE_STIMULUS_H

#include "conformance/sha256.h"
#include "conformance/transcript.h"

/*
 * Add to s what the script of this transcript sent: each packet that is not the driver's own, less
 * the fields that name something of the device's (its context and queue pair, its PSNs, keys that
 * it gave out), our Chip ID, and the CRC over them.
 */
void wc_stimulus_add(struct wc_sha256 *s, const struct wc_transcript *t);

#endif
