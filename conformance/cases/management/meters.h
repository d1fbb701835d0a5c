/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of the chip before and after something, for cases that compare them with the wire.
 */
#ifndef WEFT_CONFORMANCE_CASES_MANAGEMENT_METERS_H
#define WEFT_CONFORMANCE_CASES_MANAGEMENT_METERS_H

#include "conformance/cases/common.h"

enum {
	RX_MARKS = 14, DROP_SHORT = 65, DROP_VERSION = 66, DROP_TYPE = 67, DROP_CRC = 68,
	DROP_DOMAIN = 69, DROP_NO_CONTEXT = 70, DROP_STALE_SYN = 71, DROP_WINDOW = 73,
	DROP_DUPLICATE = 74, DROP_ORDER = 75, DROP_MALFORMED = 76, DROP_OVERSIZE = 77,
	DROP_NO_STREAM = 78, DROP_STREAM_STATE = 79, DROP_REFUSED = 80, DROP_BAD_TLV = 82,
	DROP_BAD_ECHO = 83, DROP_BAD_ACK = 84, DROP_UNEXPECTED = 85, DROP_TRIMMED = 86,
	DROP_NO_ROOM = 87, DROP_BAD_QKEY = 88,
};

/* Ask for all counters, as name: "before", and then "after.meters". */
void wc_meters(struct wc_t *t, const char *name);
/* Between these two the counter grew by that much, if the device tells of it.  MISCOUNTED. */
void wc_grew(struct wc_judge *j, unsigned n, unsigned counter, unsigned by);

#endif
