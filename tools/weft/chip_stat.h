/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of running chips, for `weft stat`: each chip answers on a Unix socket of its own.
 *
 * This file decides where the sockets are ($WEFT_RUN_DIR, else $XDG_RUNTIME_DIR/weft, else
 * /tmp/weft-UID; PID.sock in it) and what is said there: one JSON document to each caller.
 */
#ifndef WEFT_TOOLS_CHIP_STAT_H
#define WEFT_TOOLS_CHIP_STAT_H

#include <jansson.h>
#include <stddef.h>

struct chip;

struct chip_stat {
	int fd;			/* -1: nobody can ask; that is no error */
	char path[108];
	const char *name;
};

#define CHIP_STAT_DIR_MAX 80
/* Returns dir. */
char *chip_stat_dir(char dir[CHIP_STAT_DIR_MAX]);

void chip_stat_open(struct chip_stat *cs, struct chip *chip, const char *name);
/* Answer those who ask.  Never blocks. */
void chip_stat_serve(struct chip_stat *cs, struct chip *chip);
void chip_stat_close(struct chip_stat *cs);

/* Counters of the chip and of its network as a document; ours to json_decref(). */
json_t *chip_stat_document(struct chip *chip, const char *name);
/* Those that are not zero, one a line, or as JSON with --json, on stdout. */
void chip_stat_print(struct chip *chip, const char *name);
/* A document of another chip, for people. */
void chip_stat_show(const json_t *doc);

#endif
