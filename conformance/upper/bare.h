/* SPDX-License-Identifier: 0BSD */
/*
 * What main_bare.c, the upper tester as firmware's own loop, wants of a board.
 */
#ifndef WEFT_UPPER_BARE_H
#define WEFT_UPPER_BARE_H

#include "conformance/upper/upper.h"

/* What the device does for the tester; its functions are called from the loop alone. */
extern const struct upper_ops board_ops;
/* Given to each of them. */
extern void *board_dev;

/* Serial line, clocks, the device itself.  Called once. */
void board_init(void);
/* The device's own work, a little of it; called again and again.  0: stop, which no board does. */
int board_turn(void);
/* The byte that has come on the serial line, or -1. */
int board_get(void);
/* Send one, waiting until there is room. */
void board_put(uint8_t byte);

#endif
