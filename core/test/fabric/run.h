/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs in processes of their own, so that a trap in the engine is a result like any other; and
 * what is done with many of them.
 */
#ifndef WEFT_TEST_FABRIC_RUN_H
#define WEFT_TEST_FABRIC_RUN_H

#include <sys/types.h>

#include "core/test/fabric/fabric.h"

struct fb_child {
	pid_t pid;
	int fd;			/* the result comes here */
	uint64_t *event;	/* shared: how far it is */
	struct fb_cfg cfg;
};

enum { FB_CHILD_SECONDS = 600 };	/* of processor time, then it hangs */

/* child.c */
void fb_child_start(struct fb_child *c, const struct fb_cfg *cfg, uint64_t stop_at);
/* Waits for it, and says what came of it; a crash is a failure. */
void fb_child_end(struct fb_child *c, struct fb_result *out);
void fb_in_child(const struct fb_cfg *cfg, uint64_t stop_at, struct fb_result *out);
/* One line for each of: what failed, and the command that runs it again. */
void fb_report(const struct fb_cfg *cfg, const struct fb_result *r);

/* shrink.c: the smallest failing configuration that it finds; 0 if this one does not fail. */
int fb_shrink(struct fb_cfg *cfg);

struct fb_campaign {
	uint64_t first_seed;
	uint64_t packets;	/* to go to */
	uint64_t seconds;	/* or so long; 0: no limit */
	uint32_t jobs;		/* 1 or 2 processes */
	uint32_t sets;		/* of the command line: "name=value" each */
	const char *const *set;
	const char *json;	/* file for the result, or NULL */
};

/* campaign.c: seed after seed.  Returns how many failed. */
uint32_t fb_campaign(const struct fb_campaign *c);

#endif
