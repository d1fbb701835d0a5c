/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libweft: Weft for programs, without a kernel driver.
 *
 * A program opens a port (port.h), registers memory that others may reach (mem.h), connects
 * endpoints and posts operations on them (ep.h), shares receive buffers among them (srq.h), loads
 * and stores through windows (window.h), sends datagrams (datagram.h), and drives accelerators
 * (chip.h).
 *
 *	struct weft_port *port;
 *	struct weft_cq *cq;
 *	struct weft_ep *ep;
 *	struct weft_completion c;
 *	char err[WEFT_ERROR_MAX];
 *
 *	if (weft_open("udp:10.0.0.1", NULL, &port, err, sizeof(err)))
 *		errx(1, "%s", err);
 *	weft_cq_create(port, &cq);
 *	if (weft_connect(port, "10.0.0.2", service, &(struct weft_ep_opts){ .cq = cq }, &ep) ||
 *	    weft_connect_wait(ep, 5 * WEFT_SECOND))
 *		errx(1, "%s", weft_error(port));
 *	weft_write(ep, buf, len, remote_addr, remote_key, 1, 0);
 *	if (weft_cq_wait(cq, &c, 1, 5 * WEFT_SECOND) != 1 || c.status != WEFT_ST_OK)
 *		errx(1, "%s", weft_ep_error_text(ep));
 *
 * Rules for every function of these headers:
 *
 * - A port and all that was made from it belong to one thread at a time.  Different ports are
 *   independent.  The library has no thread of its own: nothing moves but in weft_progress(),
 *   weft_wait() and the functions whose names end in _wait.
 * - Functions that can fail return 0 (or a count) or a negative errno.  weft_error(port) then
 *   says in one sentence what was wrong and what to do.  A call that fails changes nothing.
 * - Times are nanoseconds, lengths are bytes.
 * - Options are structs of which all-zero is the default; a NULL pointer means the same.
 */
#ifndef WEFT_PUBLIC_H
#define WEFT_PUBLIC_H

#include <weft/codes.h>
#include <weft/port.h>
#include <weft/mem.h>
#include <weft/ep.h>
#include <weft/srq.h>
#include <weft/window.h>
#include <weft/datagram.h>
#include <weft/chip.h>

#endif
