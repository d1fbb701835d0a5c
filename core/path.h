/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The paths of a context: what is known of each, and an order of them by how good they are, in
 * which every choice and every change of mind takes a bounded number of steps, however many paths
 * there are.  path.c chooses, probe.c asks, ports.c knows which ports work.
 */
#ifndef WEFT_CORE_PATH_H
#define WEFT_CORE_PATH_H

#include "core/weft.h"

/*
 * Levels: the paths of the best level that has any are used in turn.  0 is a path with nothing
 * against it; up to PATH_MARKS it was marked lately (least-marked only).
 */
#define PATH_MARKS	5u
#define PATH_SKIPPED	6u
#define PATH_BAD	7u	/* SUSPECT, DENIED */
#define PATH_DOWN	8u	/* its port, or the peer's, does not work */
#define PATH_LEVELS	9u
#define NO_PATH		0xffffu
#define PATH_FRESH	64u	/* recycled entropies kept, a power of two */

struct path {
	weft_time until;	/* not at level 0: when it is looked at again */
	uint8_t state;		/* enum weft_path_state */
	uint8_t losses;		/* in a row */
	uint8_t level;
	uint8_t place;		/* in the order by levels */
	uint8_t order;		/* the path at the place of this one's number */
	uint8_t ports;		/* ours << 4 | the peer's */
	uint8_t probes;		/* without an answer, since it was last GOOD */
	bool asked;		/* SUSPECT: a probe is out, until `until` */
};

struct path_set {
	void *pool_link;	/* the pool's while the set is free */
	uint32_t made_for;	/* paths and ports of the context that it was made for; 0: dirty */
	uint16_t first[PATH_LEVELS + 1];	/* place at which each level begins; at last n */
	uint16_t next;		/* place to be used next */
	uint16_t look;		/* place to be looked at next for the end of its time */
	uint16_t losing;	/* paths whose latest packet was lost */
	uint16_t spare;		/* recycled: the marked packet's path, not kept; NO_PATH: none */
	uint8_t fresh[PATH_FRESH];	/* recycled: paths of unmarked acknowledged packets */
	uint8_t fresh_at, n_fresh;
	weft_time probe_at;	/* a probe, or its end, is due; WEFT_NEVER: none */
	weft_time probe_from;	/* no probe before it */
	weft_time frozen;	/* recycled: until then only kept entropies are used */
	weft_time moved_at;	/* ROD: when the path was left last */
	struct path at[];
};

_Static_assert(WEFT_MAX_PATHS <= 256, "a place must fit eight bits");
_Static_assert(WEFT_MAX_PORTS <= 8, "ports are bits of a byte");

#endif
