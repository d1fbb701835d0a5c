/* SPDX-License-Identifier: BSD-2-Clause */
/* Architected queues: taking, starting and signalling commands.  See queue.h. */
#include "userspace/chip/queue.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "core/mutant.h"
#include "userspace/chip/queue_step.h"

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static void store64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

uint32_t chip_queue_bytes(uint32_t depth)
{
	if (!depth || depth > CHIP_QUEUE_DEPTH_MAX || (depth & (depth - 1)))
		return 0;
	return WEFT_QUEUE_RING + depth * WEFT_QUEUE_COMMAND;
}

void chip_queue_init(struct chip_queue *q, uint8_t *mem, uint32_t depth, uint64_t chip_id,
		     const struct chip_offer *offer, const struct chip_queue_ops *ops, void *host,
		     struct chip_queue_stats *stats)
{
	*q = (struct chip_queue){
		.ops = ops, .host = host, .mem = mem, .chip_id = chip_id, .depth = depth,
		.offer = offer, .stats = stats,
	};
}

static struct chip_slot *slot_of(struct chip_queue *q, uint64_t index)
{
	return &q->slot[index % CHIP_QUEUE_SLOTS];
}

void chip_queue_fini(struct chip_queue *q)
{
	for (unsigned i = 0; i < CHIP_QUEUE_SLOTS; i++)
		chip_slot_drop(q, &q->slot[i]);
}

/* WEFT-ACC-022, WEFT-ACC-023 */
void chip_queue_stop(struct chip_queue *q)
{
	q->stopped = true;
	for (uint64_t i = q->retired; i != q->taken; i++)
		chip_slot_abort(q, slot_of(q, i));
	q->begun = q->taken;
}

bool chip_queue_idle(const struct chip_queue *q)
{
	return q->retired == q->taken;
}

uint64_t chip_signal_value(enum weft_cmd_status st)
{
	return 1 + ((uint64_t)st << 32) + (st != WEFT_CMD_STATUS_OK ? UINT64_C(1) << 48 : 0);
}

/* WEFT-ACC-009: how many commands lie in the ring; none if the doorbell makes no sense. */
static uint64_t available(struct chip_queue *q)
{
	uint64_t bell = load64(q->mem + WEFT_QUEUE_DOORBELL);

	if (bell - q->taken <= q->depth || WEFT_MUTANT(BELL_ANY))
		return bell - q->taken + (WEFT_MUTANT(BELL_ONE_MORE) && bell);
	if (bell != q->bad_bell) {
		q->bad_bell = bell;
		q->stats->bad_doorbell++;
	}
	return 0;
}

/*
 * WEFT-ACC-004, WEFT-ACC-010, WEFT-ACC-017.  A command is copied out, so that what the submitter
 * writes into the ring afterwards does not matter, and its place is given back at once.
 */
static bool take(struct chip_queue *q)
{
	uint64_t n = available(q);
	uint64_t first = q->taken;

	for (; n && q->taken - q->retired < CHIP_QUEUE_SLOTS; n--, q->taken++) {
		struct chip_slot *s = slot_of(q, q->taken);
		uint64_t at = (q->taken & (q->depth - 1)) * WEFT_QUEUE_COMMAND;

		*s = (struct chip_slot){ .state = CHIP_SLOT_WAITING };
		weft_hdr_command_unpack(&s->c, q->mem + WEFT_QUEUE_RING + at);
		q->stats->commands++;
	}
	if (q->taken == first)
		return false;
	store64(q->mem + WEFT_QUEUE_READ, WEFT_MUTANT(READ_INDEX_LAPS) ? q->taken % q->depth :
		q->taken);
	return true;
}

/* WEFT-ACC-005: has every command before the next one to start finished? */
static bool all_finished(struct chip_queue *q)
{
	for (uint64_t i = q->retired; i != q->begun; i++)
		if (slot_of(q, i)->state == CHIP_SLOT_RUNNING)
			return false;
	return true;
}

static bool start(struct chip_queue *q)
{
	uint64_t first = q->begun;

	while (q->begun != q->taken) {
		struct chip_slot *s = slot_of(q, q->begun);

		if ((s->c.flags & WEFT_CMDFLAGS_BARRIER) && !all_finished(q) &&
		    !WEFT_MUTANT(BARRIER_IGNORED))
			break;
		chip_slot_begin(q, s, q->begun);
		q->begun++;
	}
	return q->begun != first;
}

/* One slice of the next running command that can go on. */
static bool work(struct chip_queue *q)
{
	for (unsigned i = 0; i < CHIP_QUEUE_SLOTS; i++) {
		struct chip_slot *s = &q->slot[q->turn++ % CHIP_QUEUE_SLOTS];

		if (s->state == CHIP_SLOT_RUNNING && chip_slot_step(q, s))
			return true;
	}
	return false;
}

/* WEFT-ACC-006, WEFT-ACC-018: signals come last, and once.  Returns whether the slot is free. */
static bool signal_slot(struct chip_queue *q, struct chip_slot *s)
{
	int err = 0;

	if (s->c.signal_key || WEFT_MUTANT(QUIET_SIGNALLED)) {
		err = q->ops->signal(q->host, s->c.signal_key, s->c.signal_addr,
				     chip_signal_value(s->status));
		if (err == -EAGAIN)
			return false;
		if (err)
			q->stats->signals_lost++;
		else
			q->stats->signals++;
	}
	if (s->status != WEFT_CMD_STATUS_OK)
		q->stats->failed++;
	chip_slot_drop(q, s);
	return true;
}

static bool signals(struct chip_queue *q)
{
	bool moved = false;

	for (uint64_t i = q->retired; i != q->begun; i++) {
		struct chip_slot *s = slot_of(q, i);

		if (s->state != CHIP_SLOT_FINISHED)
			continue;
		if (!signal_slot(q, s))
			break;
		moved = true;
	}
	while (q->retired != q->begun && slot_of(q, q->retired)->state == CHIP_SLOT_FREE)
		q->retired++;
	return moved;
}

bool chip_queue_run(struct chip_queue *q, unsigned slices)
{
	bool moved = !q->stopped && take(q);

	moved |= start(q);
	while (slices-- && work(q))
		moved = true;
	moved |= signals(q);
	return moved;
}
