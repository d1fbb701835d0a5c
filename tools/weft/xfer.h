/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bulk transfers: a buffer to or from memory of a chip, in pieces, several under way.
 *
 * This file decides how a buffer is cut and how long the pieces took.  The caller turns the port,
 * so that several transfers run side by side.
 */
#ifndef WEFT_TOOLS_XFER_H
#define WEFT_TOOLS_XFER_H

#include <stdbool.h>
#include <weft/weft.h>

#define XFER_DEPTH_MAX 128u

struct xfer_opts {
	uint32_t piece;		/* bytes in one message; 0: 64 KiB */
	unsigned depth;		/* messages under way; 0: 32; at most XFER_DEPTH_MAX */
};

struct xfer {
	struct weft_ep *ep;
	uint8_t *in;		/* READ into this; NULL: WRITE */
	const uint8_t *out;	/* WRITE from this */
	uint64_t len;		/* bytes */
	uint64_t addr;
	uint32_t key;
	uint32_t piece;
	unsigned depth, under_way;
	uint64_t posted;	/* bytes asked for */
	uint64_t done;		/* bytes completed */
	uint64_t start_ns, end_ns;	/* port's clock; end: of the last completion */
	uint64_t began[XFER_DEPTH_MAX];	/* when each piece was posted, by piece mod depth */
	uint64_t *lat;		/* latency of each piece, ns, in order of completion */
	size_t n_lat;
	unsigned failed;	/* enum weft_st of the first piece that failed; OK: none */
};

/* Begin.  in or out is the caller's until the transfer is over.  0, or -ENOMEM. */
int xfer_write(struct xfer *x, struct weft_ep *ep, const void *out, uint64_t len, uint64_t addr,
	       uint32_t key, const struct xfer_opts *o);
int xfer_read(struct xfer *x, struct weft_ep *ep, void *in, uint64_t len, uint64_t addr,
	      uint32_t key, const struct xfer_opts *o);
/* Post and reap.  Returns whether anything moved. */
bool xfer_step(struct xfer *x);
/* Everything completed, or it failed: weft_ep_error_text() says how. */
bool xfer_over(const struct xfer *x);
void xfer_fini(struct xfer *x);

/* Step until over, with a progress bar.  Returns 0, or -EIO if it failed. */
int xfer_run(struct xfer *x, const char *what);

/* Turn the port until one of n transfers can move; call when none did. */
void xfer_idle(struct weft_port *port);

#endif
