/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagram queues of the personality: what comes lies in a fixed region, where a test suite can
 * read it, and may be sent back to where it came from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/chip/chip_int.h"

struct chip_mailbox {
	struct chip *chip;
	struct chip_mailbox *next;
	struct chip_box spec;
	struct weft_dgram_queue *queue;
	uint8_t *bytes;			/* the first buffer, in a region */
};

static int post(struct chip_mailbox *b, uint32_t i)
{
	return weft_dgram_recv(b->queue, b->bytes + (size_t)i * b->spec.room, b->spec.room, i);
}

static uint16_t depth_for(uint32_t count)
{
	uint32_t depth = 1;

	while (depth < count)
		depth *= 2;
	return (uint16_t)depth;
}

int chip_box_open(struct chip *chip, const struct chip_box *spec, uint8_t *bytes,
		  struct chip_mailbox **list)
{
	struct chip_mailbox *b = calloc(1, sizeof(*b));
	struct weft_dgram_opts o = {
		.cq = chip->cq, .user = b, .qkey = spec->qkey, .domain = spec->domain,
		.domain_given = 1, .qpn = spec->qpn, .recv_depth = depth_for(spec->count),
	};
	int err;

	if (!b)
		return -ENOMEM;
	b->chip = chip;
	b->spec = *spec;
	b->bytes = bytes;
	err = weft_dgram_open(chip->port, &o, &b->queue);
	if (err) {
		free(b);
		return err;
	}
	for (uint32_t i = 0; i < spec->count; i++)
		post(b, i);
	b->next = *list;
	*list = b;
	return 0;
}

void chip_boxes_close(struct chip_mailbox **list)
{
	while (*list) {
		struct chip_mailbox *b = *list;

		*list = b->next;
		weft_dgram_close(b->queue);
		free(b);
	}
}

/* Lost if it cannot be sent at once, as any unreliable one may be. */
static void send_back(struct chip_mailbox *b, const struct weft_completion *c)
{
	struct weft_datagram d = { .buf = b->bytes + c->id * b->spec.room, .len = c->len,
				   .qkey = b->spec.echo, .imm = c->imm };
	unsigned flags = WEFT_QUIET | (c->flags & WEFT_HAS_IMM ? WEFT_WITH_IMM : 0);
	struct weft_source from;
	struct weft_dest *to;

	if (weft_dgram_source(b->queue, c, &from))
		return;
	d.qpn = from.qpn;
	if (!d.qpn || weft_dest_open(b->chip->port, from.addr, &to))
		return;
	if (!weft_dgram_send(b->queue, to, &d, 0, flags))
		b->chip->totals.echoes++;
	weft_dgram_resume(b->queue);
	weft_dest_close(to);
}

void chip_box_complete(const struct weft_completion *c)
{
	struct chip_mailbox *b = c->user;

	if (c->op != WEFT_OP_RECV_UD && c->op != WEFT_OP_RECV_RD)
		return;
	b->chip->totals.datagrams++;
	if (b->spec.echoes && c->op == WEFT_OP_RECV_UD)
		send_back(b, c);
	if (b->spec.refill)
		post(b, (uint32_t)c->id);
}
