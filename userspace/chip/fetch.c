/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data of another chip, for a command that names it (WEFT-ACC-011, WEFT-ACC-012).
 *
 * Each fetch has an endpoint of its own on the context that both chips share, so that a refusal
 * of one command's READs ends nothing else.  First the last and the first byte are read: a key
 * names one unbroken region, so if both are allowed, all between is, and nothing has been written
 * when the other chip refuses.  Then pieces are read in order, CHIP_FETCH_PIECES at a time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "userspace/chip/chip_int.h"

#define PIECE (64u * 1024u)	/* bytes in one READ */
#define PIECES 16u		/* READs outstanding */
#define PROBES 2u

struct chip_fetch {
	struct chip_end end;
	enum weft_cmd_status status;	/* other than OK: failed */
	bool connected;
	uint64_t addr;
	uint32_t key;
	uint32_t len;			/* bytes */
	uint32_t posted;		/* bytes asked for */
	uint32_t arrived;		/* bytes here, taken ones included */
	uint32_t taken;			/* bytes used */
	unsigned probes;		/* probes answered */
	uint8_t probe[PROBES];
	uint8_t *ring;			/* PIECES * PIECE bytes, offset mod that */
};

enum { ID_PROBE = 1, ID_PIECE = 2 };

static void fail(struct chip_fetch *f, enum weft_cmd_status st)
{
	if (f->status == WEFT_CMD_STATUS_OK && f->arrived < f->len) {
		f->status = st;
		f->end.chip->totals.fetches_failed++;
	}
}

static uint32_t piece_at(const struct chip_fetch *f, uint32_t off)
{
	uint32_t n = f->len - off;

	return n < PIECE ? n : PIECE;
}

/* Keep as many READs under way as the ring has room for. */
static void pump(struct chip_fetch *f)
{
	if (f->probes < PROBES || f->status != WEFT_CMD_STATUS_OK)
		return;
	while (f->posted < f->len && f->posted - f->taken <= (PIECES - 1) * PIECE) {
		uint32_t n = piece_at(f, f->posted);
		int err = weft_read(f->end.ep, f->ring + f->posted % (PIECES * PIECE), n,
				    f->addr + f->posted, f->key, ID_PIECE, 0);

		if (err == -EAGAIN)
			return;
		if (err) {
			fail(f, WEFT_CMD_STATUS_REMOTE);
			return;
		}
		f->posted += n;
	}
}

static void start(struct chip_fetch *f)
{
	f->connected = true;
	if (weft_read(f->end.ep, &f->probe[0], 1, f->addr + f->len - 1, f->key, ID_PROBE, 0) ||
	    weft_read(f->end.ep, &f->probe[1], 1, f->addr, f->key, ID_PROBE, 0))
		fail(f, WEFT_CMD_STATUS_REMOTE);
}

static int dial(struct chip_fetch *f, const struct chip_end *from, uint64_t chip_id)
{
	struct weft_ep_opts o = {
		.cq = f->end.chip->cq, .user = f, .send_depth = 32, .recv_depth = 1,
		.domain = weft_ep_domain(from->ep), .domain_given = 1,
	};
	char to[40];

	f->ring = malloc((size_t)PIECES * PIECE);
	if (!f->ring)
		return -ENOMEM;
	snprintf(to, sizeof(to), "chip:%016llx", (unsigned long long)chip_id);
	return weft_connect(f->end.chip->port, to, WEFT_SERVE_CHIP, &o, &f->end.ep);
}

struct chip_fetch *chip_fetch_open(struct chip_end *from, uint64_t chip_id, uint32_t key,
				   uint64_t addr, uint32_t len, enum weft_cmd_status *st)
{
	char where[WEFT_ADDR_MAX];
	struct chip_fetch *f;

	*st = WEFT_CMD_STATUS_NO_CHIP;
	if (weft_lookup(from->chip->port, chip_id, where))
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->end = (struct chip_end){ .kind = CHIP_END_FETCH, .chip = from->chip };
	f->key = key;
	f->addr = addr;
	f->len = len;
	from->chip->totals.fetches++;
	if (len && dial(f, from, chip_id)) {
		from->chip->totals.fetches_failed++;
		chip_fetch_close(f);
		return NULL;
	}
	*st = WEFT_CMD_STATUS_OK;
	return f;
}

void chip_fetch_event(struct chip_end *end, const struct weft_ep_event *ev)
{
	struct chip_fetch *f = (struct chip_fetch *)end;

	if (ev->kind == WEFT_EP_CONNECTED)
		start(f);
	else
		fail(f, f->connected || ev->kind == WEFT_EP_REJECTED ?
		     WEFT_CMD_STATUS_REMOTE : WEFT_CMD_STATUS_NO_CHIP);
}

void chip_fetch_complete(struct chip_end *end, const struct weft_completion *c)
{
	struct chip_fetch *f = (struct chip_fetch *)end;

	if (c->status != WEFT_ST_OK) {
		fail(f, WEFT_CMD_STATUS_REMOTE);
		return;
	}
	if (c->id == ID_PROBE) {
		f->probes++;
	} else {
		uint32_t n = piece_at(f, f->arrived);

		f->arrived += n;	/* completions come in the order of the READs */
		end->chip->totals.fetch_bytes += n;
	}
	pump(f);
}

size_t chip_fetch_peek(struct chip_fetch *f, const uint8_t **bytes, enum weft_cmd_status *st)
{
	uint32_t at = f->taken % (PIECES * PIECE);
	uint32_t n = f->arrived - f->taken;

	*st = f->status;
	if (f->status != WEFT_CMD_STATUS_OK)
		return 0;
	*bytes = f->ring + at;
	return n < PIECES * PIECE - at ? n : PIECES * PIECE - at;
}

void chip_fetch_take(struct chip_fetch *f, size_t n)
{
	f->taken += (uint32_t)n;
	pump(f);
}

void chip_fetch_close(struct chip_fetch *f)
{
	weft_ep_destroy(f->end.ep);	/* the ring is ours again */
	free(f->ring);
	free(f);
}
