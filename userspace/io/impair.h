/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the impairment shim does to the k-th packet.  A pure function of the seed, the side and k,
 * so that a run repeats whatever the timing, and tests can say beforehand what will happen.
 */
#ifndef WEFT_USERSPACE_IO_IMPAIR_H
#define WEFT_USERSPACE_IO_IMPAIR_H

#include "userspace/io/driver.h"

enum impair_side { IMPAIR_RX, IMPAIR_TX, IMPAIR_SIDES };

struct impair_law {
	uint64_t seed;
	uint64_t loss, dup, reorder, corrupt;	/* probabilities in billionths */
	uint32_t span;			/* a reordered packet lets 1 .. span later ones pass */
	uint64_t reorder_ns;		/* but waits no longer than this */
	uint64_t delay_ns;		/* every packet, and */
	uint64_t jitter_ns;		/* 0 .. jitter_ns more, evenly distributed */
	uint64_t rate;			/* bits per second; 0: unlimited */
};

struct impair_fate {
	bool lose, dup, corrupt;
	uint32_t behind;		/* later packets it lets pass; 0: stays in order */
	uint64_t jitter_ns;
	uint64_t where;			/* corrupt: bit number, modulo the packet's bits */
};

struct impair_fate wio_impair_fate(const struct impair_law *l, enum impair_side side, uint64_t k);

#endif /* WEFT_USERSPACE_IO_IMPAIR_H */
