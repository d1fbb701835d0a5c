/* SPDX-License-Identifier: BSD-2-Clause */
/* Bulk transfers.  See xfer.h. */
#include "tools/weft/xfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/out.h"

#define PIECE_DEF (64u * 1024u)
#define DEPTH_DEF 32u

static int begin(struct xfer *x, struct weft_ep *ep, uint64_t len, uint64_t addr, uint32_t key,
		 const struct xfer_opts *o)
{
	memset(x, 0, sizeof(*x));
	x->ep = ep;
	x->len = len;
	x->addr = addr;
	x->key = key;
	x->piece = o && o->piece ? o->piece : PIECE_DEF;
	x->depth = o && o->depth ? o->depth : DEPTH_DEF;
	if (x->depth > XFER_DEPTH_MAX)
		x->depth = XFER_DEPTH_MAX;
	x->start_ns = x->end_ns = weft_now(weft_ep_port(ep));
	x->lat = calloc(len / x->piece + 1, sizeof(*x->lat));
	return x->lat ? 0 : -ENOMEM;
}

int xfer_write(struct xfer *x, struct weft_ep *ep, const void *out, uint64_t len, uint64_t addr,
	       uint32_t key, const struct xfer_opts *o)
{
	int ret = begin(x, ep, len, addr, key, o);

	x->out = out;
	return ret;
}

int xfer_read(struct xfer *x, struct weft_ep *ep, void *in, uint64_t len, uint64_t addr,
	      uint32_t key, const struct xfer_opts *o)
{
	int ret = begin(x, ep, len, addr, key, o);

	x->in = in;
	return ret;
}

static uint32_t piece_len(const struct xfer *x, uint64_t at)
{
	return x->len - at < x->piece ? (uint32_t)(x->len - at) : x->piece;
}

static int post_one(struct xfer *x)
{
	uint32_t n = piece_len(x, x->posted);
	uint64_t id = x->posted / x->piece;

	x->began[id % x->depth] = weft_now(weft_ep_port(x->ep));
	if (x->in)
		return weft_read(x->ep, x->in + x->posted, n, x->addr + x->posted, x->key, id, 0);
	return weft_write(x->ep, x->out + x->posted, n, x->addr + x->posted, x->key, id, 0);
}

static bool post(struct xfer *x)
{
	bool moved = false;

	while (!x->failed && x->under_way < x->depth && x->posted < x->len) {
		int err = post_one(x);

		if (err == -EAGAIN)
			break;
		if (err) {
			x->failed = weft_ep_failure(x->ep) ? weft_ep_failure(x->ep) :
							     WEFT_ST_DISCONNECTED;
			break;
		}
		x->posted += piece_len(x, x->posted);
		x->under_way++;
		moved = true;
	}
	return moved;
}

static void reap(struct xfer *x, const struct weft_completion *c)
{
	x->under_way--;
	if (c->status != WEFT_ST_OK) {
		if (!x->failed)
			x->failed = c->status;
		return;
	}
	x->end_ns = weft_now(weft_ep_port(x->ep));
	x->lat[x->n_lat++] = x->end_ns - x->began[c->id % x->depth];
	x->done += piece_len(x, c->id * x->piece);
}

bool xfer_step(struct xfer *x)
{
	struct weft_completion c[32];
	bool moved = post(x);
	int n = weft_cq_poll(weft_ep_cq(x->ep), c, 32);

	for (int i = 0; i < n; i++)
		reap(x, &c[i]);
	return moved || n > 0;
}

bool xfer_over(const struct xfer *x)
{
	return x->failed || x->done == x->len;
}

void xfer_fini(struct xfer *x)
{
	free(x->lat);
	x->lat = NULL;
}

void xfer_idle(struct weft_port *port)
{
	weft_wait(port, 20 * WEFT_MSEC);
}

int xfer_run(struct xfer *x, const char *what)
{
	struct weft_port *port = weft_ep_port(x->ep);

	while (!xfer_over(x)) {
		if (!xfer_step(x))
			xfer_idle(port);
		else if (weft_progress(port) < 0)
			return -EIO;
		out_progress(what, x->done, x->len);
	}
	out_progress_clear();
	return x->failed ? -EIO : 0;
}
