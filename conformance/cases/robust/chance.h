/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets made by chance, all of it drawn from the case's seed: what no initiator sends, and what
 * one sends, changed on the way by somebody who mends the CRC.
 *
 * Some kinds are left out, since a device that does right by them would leave the tester behind:
 * NEIGHBOUR, which moves addresses, packets that would hit another context of the tester, and such
 * as take a number that a later packet of its own is to have.
 */
#ifndef WEFT_CONFORMANCE_CASES_CHANCE_H
#define WEFT_CONFORMANCE_CASES_CHANCE_H

#include "conformance/cases/common.h"

/* A number below n, which is not 0. */
uint32_t wc_draw(struct wc_t *t, uint32_t n);

/* Send a packet that belongs to nothing that is open: bytes, or headers with a right CRC. */
void wc_chance_stray(struct wc_t *t);

/* Send f, a packet of c, with one or two changes and its CRC mended. */
void wc_chance_change(struct wc_ctx *c, const struct wc_frame *f);

/*
 * Send these bytes, whose CRC is right, as what somebody made of a packet of c: recorded so that
 * the observers know what the device may do about it.  False: it would harm the tester, and was
 * not sent.
 */
bool wc_chance_emit(struct wc_ctx *c, const uint8_t *bytes, uint32_t len);

#endif
