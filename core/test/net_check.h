/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What must hold of a context between any two calls: counters equal what they count, lists
 * hold what they should and nothing else, every place for a held packet is accounted for.
 */
#ifndef WEFT_TEST_NET_CHECK_H
#define WEFT_TEST_NET_CHECK_H

#include "core/pdc.h"

/* NULL if all is well, else what is not, in words that live for ever. */
const char *net_check(struct weft_pdc *p);

/*
 * Ends the program, with a message and the seed that leads here, if something is not: a fault
 * of ours is best looked at where it is first seen.
 */
void net_checked(struct weft_pdc *p, uint64_t seed);

/* Nothing is left of finished work: places, control slots and PSNs are all free. */
const char *net_check_idle(struct weft_pdc *p);

#endif
