/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between ep.c, what verbs ask of an endpoint, and connect.c, how it gets its stream. */
#ifndef WEFT_KERNEL_CONNECT_H
#define WEFT_KERNEL_CONNECT_H

#include "kernel/inner.h"

enum ep_state {
	EP_IDLE,		/* not to be connected yet */
	EP_ASKING,		/* for a HELLO */
	EP_EXPECTING,		/* the peer asks */
	EP_OPENING,		/* waits for a context, or for room in it */
	EP_CONNECTING,		/* the peer is asked */
	EP_BACKING_OFF,		/* was refused; asks again */
	EP_CONNECTED,
	EP_OVER,		/* failed, disconnected or given up */
};

/* In the turn: has weftk_ep_fail() been called?  Then it is done. */
bool weftk_ep_failing(struct weftk_ep *ep);
void weftk_conn_detach(struct weftk_conn *conn, enum weft_ep_reason tell);
void weftk_conn_free(struct weftk_conn *conn);
bool weftk_conn_linger(struct weftk_conn *conn);

#endif
