/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference accelerator: a chip in a process, for demonstrations, tests and comparison.
 *
 * This file decides what the program around it may configure and read.  The command line is
 * tools/weft/cmd_chip.c's; the protocol is libweft's.
 *
 *	chip_create(), then chip_turn() until it is time to stop, then chip_destroy()
 */
#ifndef WEFT_USERSPACE_CHIP_CHIP_H
#define WEFT_USERSPACE_CHIP_CHIP_H

#include <stdbool.h>

#include <weft/weft.h>

#include "core/wire.h"

#define CHIP_DOMAINS_MAX 16u

struct chip;
struct chip_engine;	/* userspace/chip/engine.h */

struct chip_opts {
	const char *url;		/* carriage */
	struct weft_port_opts port;	/* identity and limits; domain fields are set from below */
	struct {
		enum weft_pool kind;
		uint64_t size;		/* bytes */
	} pools[WEFT_POOLS_MAX];
	unsigned n_pools;
	uint32_t engines;		/* bit n: kernel n; chip_engines_parse() */
	const struct chip_engine *const *vendor;	/* kernels of the vendor's; each is kept */
	unsigned n_vendor;
	uint16_t queues;		/* at a time; 0: 64 */
	uint32_t queue_depth;		/* commands in one, at most; 0: 1024 */
	uint32_t domains[CHIP_DOMAINS_MAX];	/* in which streams are accepted */
	unsigned n_domains;		/* 0: only the port's default; ignored with any_domain */
	bool any_domain;
	const char *personality;	/* file of fixed regions; NULL: none */
};

/*
 * Make a chip and put it on the fabric.  opts: borrowed for the call.  Returns 0 and the chip, or
 * a negative errno and, in err, a sentence that says what was wrong and what to do.
 */
int chip_create(const struct chip_opts *opts, struct chip **chip, char *err, size_t errlen);
/* Close all streams, telling their peers, and free everything.  NULL is allowed. */
void chip_destroy(struct chip *chip);

/*
 * One turn: network, requests, commands.  Sleeps at most timeout_ns, and not at all while there
 * are commands to work on.  Returns 1 if it did something before it slept, 0 if not, -EINTR if a
 * signal arrived, or another negative errno when the carriage is dead.
 */
int chip_turn(struct chip *chip, uint64_t timeout_ns);

struct weft_port *chip_port(struct chip *chip);

/*
 * Counters of the chip itself; those of the network are weft_counters() of its port.  Stores up
 * to max, returns how many there are.
 */
int chip_counters(const struct chip *chip, struct weft_counter *c, int max);

#endif
