/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a frame on the wire between guests: chances, a seed, and who is spared.
 */
#ifndef WEFT_TOOLS_VM_WIRE_H
#define WEFT_TOOLS_VM_WIRE_H

#include <stdbool.h>
#include <stdint.h>

struct wire_settings {
	double loss, dup, reorder, corrupt;	/* chances of a frame, percent */
	uint64_t delay_ns;
	uint64_t seed;
	bool all;		/* spare nothing */
};

/* Of one direction. */
struct wire_fates {
	struct wire_settings set;
	uint64_t rng;
};

struct wire_fate {
	bool lost, doubled, corrupted;
	double late;		/* 0, or held back: up to 1, for the longest */
	uint32_t bit;		/* of the frame: which is flipped */
};

/* Nothing happens to any frame. */
void wire_settings_init(struct wire_settings *s);
/* Takes in NAME=N.  False: there is no such name, or N is no number that makes sense. */
bool wire_setting(struct wire_settings *s, const char *word);

void wire_fates_init(struct wire_fates *f, const struct wire_settings *s, unsigned direction);
/* The next frame's: it depends on the settings, the direction and how many suffered before. */
struct wire_fate wire_fate(struct wire_fates *f, const uint8_t *frame, uint32_t len);

#endif
