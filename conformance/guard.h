/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls into code that is not ours, from which we come back whatever it does: a crash or a hang
 * ends the call.  For one thread, one guarded call at a time.
 */
#ifndef WEFT_CONFORMANCE_GUARD_H
#define WEFT_CONFORMANCE_GUARD_H

#include <setjmp.h>
#include <stdbool.h>

/*
 * Use:	if (!wc_guard_enter()) { the call; wc_guard_leave(); }
 * then ask wc_guard_fate().  Locals that the call sets must be volatile.
 */
#define wc_guard_enter() (wc_guard_arm(), sigsetjmp(wc_guard_jump, 1))

extern sigjmp_buf wc_guard_jump;
void wc_guard_arm(void);
void wc_guard_leave(void);

/* "CRASHED" or "HUNG" if the last guarded call ended so, else NULL; forgets it. */
const char *wc_guard_fate(void);

#endif
