/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Serial number arithmetic for PSN, MSN and SSN (WEFT-CONV-001). */
#ifndef WEFT_PSN_H
#define WEFT_PSN_H

#include "core/mutant.h"
#include "core/port.h"

/* Is a before b?  Of two numbers half the circle apart neither is. */
static inline bool psn_before(uint32_t a, uint32_t b)
{
	return WEFT_MUTANT(SERIAL_UNSIGNED) ? a < b : b - a - 1 < 0x7fffffff;
}

/* Is x in [first, first + count)? */
static inline bool psn_in(uint32_t x, uint32_t first, uint32_t count)
{
	return x - first < count;
}

#endif
