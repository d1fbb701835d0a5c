/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Architected queues (spec 60.2): from bytes in a ring to finished, signalled commands.
 *
 * This file decides which command is taken, when it may start, whether it is well formed, how far
 * it gets in one turn, and what its signal says.  It knows no network: memory, signals and data of
 * other chips come through struct chip_queue_ops.
 *
 * Commands start in ring order and run side by side, CHIP_QUEUE_SLOTS at most; one with BARRIER
 * waits for all before it, and those after it wait for it to start.
 */
#ifndef WEFT_USERSPACE_CHIP_QUEUE_H
#define WEFT_USERSPACE_CHIP_QUEUE_H

#include <stdbool.h>

#include "core/wire.h"
#include "userspace/chip/engine.h"

#define CHIP_QUEUE_SLOTS 16u		/* commands under way in one queue */
#define CHIP_QUEUE_DEPTH_MAX 4096u	/* commands in one ring */
#define CHIP_SLICE (256u * 1024u)	/* bytes worked on before it is another's turn */

struct chip_fetch;	/* the host's: data of another chip on their way */

/* What a queue asks of its host; each gets the host pointer of chip_queue_init(). */
struct chip_queue_ops {
	/* Bytes of a region as the queue's stream may reach them with the rights `need`, a set
	 * of WEFT_REMOTE_* of <weft/mem.h>; or NULL and why. */
	uint8_t *(*resolve)(void *host, uint32_t key, uint32_t need, uint64_t addr,
			    uint64_t len, enum weft_status *st);
	/* Add to a word in the submitter's memory.  0; -EAGAIN: no room now, asked again later;
	 * any other error: the submitter is gone, nothing is sent. */
	int (*signal)(void *host, uint32_t key, uint64_t addr, uint64_t add);
	/* Begin to fetch; NULL and a status if that cannot be.  Never blocks. */
	struct chip_fetch *(*fetch_open)(void *host, uint64_t chip, uint32_t key, uint64_t addr,
					 uint32_t len, enum weft_cmd_status *st);
	/* The next bytes in order: how many lie at *bytes (a multiple of 8 but at the end); 0
	 * with OK: not yet; 0 with another status: failed. */
	size_t (*fetch_peek)(struct chip_fetch *f, const uint8_t **bytes,
			     enum weft_cmd_status *st);
	void (*fetch_take)(struct chip_fetch *f, size_t n);	/* n bytes of it are used */
	void (*fetch_close)(struct chip_fetch *f);
};

enum chip_slot_state {
	CHIP_SLOT_FREE,
	CHIP_SLOT_WAITING,	/* taken, not begun */
	CHIP_SLOT_RUNNING,
	CHIP_SLOT_FINISHED,	/* results in memory, signal not yet sent */
};

struct chip_slot {
	enum chip_slot_state state;
	enum weft_cmd_status status;	/* FINISHED: of the signal */
	struct chip_job job;
	struct chip_fetch *fetch;	/* NULL: src is local */
	uint32_t done;			/* bytes of length worked on */
	bool backward;			/* COPY onto itself from below: from the end */
	struct weft_hdr_command c;
};

struct chip_queue_stats {
	uint64_t commands;		/* taken */
	uint64_t failed;		/* finished with a status other than OK */
	uint64_t bad_doorbell;		/* doorbell values ignored (WEFT-ACC-009) */
	uint64_t signals;		/* sent */
	uint64_t signals_lost;		/* the submitter was gone */
	uint64_t bytes;			/* worked on */
};

struct chip_queue {
	const struct chip_queue_ops *ops;
	void *host;
	uint8_t *mem;		/* doorbell, read index, ring; kept, not owned */
	uint64_t chip_id;	/* ours */
	uint32_t depth;		/* commands, a power of two */
	const struct chip_offer *offer;	/* kept */
	bool stopped;		/* chip_queue_stop() */
	uint64_t taken;		/* index of the next command to take */
	uint64_t begun;		/* index of the next command to start */
	uint64_t retired;	/* index of the oldest command that still has a slot */
	uint64_t bad_bell;	/* last doorbell value ignored, so that it is counted once */
	uint32_t turn;		/* slot that gets the next slice */
	struct chip_slot slot[CHIP_QUEUE_SLOTS];
	struct chip_queue_stats *stats;	/* kept; may be shared by queues */
};

/* Bytes of memory that a queue of this depth needs; 0 if depth is not allowed. */
uint32_t chip_queue_bytes(uint32_t depth);

/* mem: chip_queue_bytes(depth) zeroed bytes.  depth must be allowed. */
void chip_queue_init(struct chip_queue *q, uint8_t *mem, uint32_t depth, uint64_t chip_id,
		     const struct chip_offer *offer, const struct chip_queue_ops *ops, void *host,
		     struct chip_queue_stats *stats);
/* Abandon what is under way: no signal is sent for it (WEFT-ACC-027). */
void chip_queue_fini(struct chip_queue *q);

/*
 * Take no more, and write to no memory any more: what was taken and has not finished is ABORTED.
 * chip_queue_run() still sends signals, until chip_queue_idle().
 */
void chip_queue_stop(struct chip_queue *q);
/* Have all commands taken been signalled? */
bool chip_queue_idle(const struct chip_queue *q);

/*
 * One turn: take, start, work on at most `slices` slices, signal.  Returns whether anything
 * moved; if not, there is nothing to do before the network brings something.
 */
bool chip_queue_run(struct chip_queue *q, unsigned slices);

/* The value that a command's signal adds. */
uint64_t chip_signal_value(enum weft_cmd_status st);

#endif
