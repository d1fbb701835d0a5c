/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Degenerate devices, apart from how packets reach them.
 */
#ifndef WEFT_CONFORMANCE_DEGENERATE_H
#define WEFT_CONFORMANCE_DEGENERATE_H

#include <stdint.h>

struct wc_degenerate;
typedef void (*wc_degenerate_send)(void *to, const uint8_t *bytes, uint32_t len);

extern const char *const wc_degenerate_modes[];	/* NULL ends it */

/* A device that answers by send.  The caller's to free(); NULL: no such mode, or no memory. */
struct wc_degenerate *wc_degenerate_new(const char *mode, wc_degenerate_send send, void *to);
void wc_degenerate_take(struct wc_degenerate *d, const uint8_t *bytes, uint32_t len);

#endif
