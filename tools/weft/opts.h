/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of the commands: one table for each command, which parses and which prints --help.
 *
 * This file decides how options are written, what is said about wrong ones, and how help looks.
 * What options mean is their command's.
 */
#ifndef WEFT_TOOLS_OPTS_H
#define WEFT_TOOLS_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_END,
	OPT_GROUP,	/* a heading in the help; name is its text */
	OPT_FLAG,	/* bool; no value */
	OPT_STR,	/* const char * */
	OPT_LIST,	/* struct opt_list: may be given several times */
	OPT_NUM,	/* uint64_t, min..max, decimal or 0x */
	OPT_SIZE,	/* uint64_t, min..max bytes; suffix K, M, G (powers of two) */
	OPT_TIME,	/* uint64_t, nanoseconds; suffix ns, us, ms, s; a bare number is seconds */
};

#define OPT_LIST_MAX 32u

struct opt_list {
	const char *v[OPT_LIST_MAX];
	unsigned n;
};

struct opt {
	enum opt_kind kind;
	char letter;		/* 0: none */
	const char *name;	/* without the dashes */
	void *to;		/* as kind says; keeps its value if the option is not given */
	const char *arg;	/* what the value is, "N"; NULL: none */
	const char *help;	/* one line or several, parted by \n */
	uint64_t min, max;	/* NUM, SIZE; max 0: no limit */
};

/* Rows of a table.  min and max belong to NUM and SIZE. */
#define OPT(kind, letter, name, to, arg, help) \
	{ OPT_##kind, letter, name, to, arg, help, 0, 0 }
#define OPT_IN(kind, letter, name, to, arg, min, max, help) \
	{ OPT_##kind, letter, name, to, arg, help, min, max }
#define OPT_HEAD(text)	{ OPT_GROUP, 0, text, NULL, NULL, NULL, 0, 0 }
#define OPT_STOP	{ OPT_END, 0, NULL, NULL, NULL, NULL, 0, 0 }

/* What a command is, for dispatch and help. */
struct cmd {
	const char *name;
	const char *summary;	/* one line of `weft help` */
	const char *args;	/* "CHIP FILE"; "" : none */
	const char *text;	/* what it does, in sentences; lines parted by \n */
	const char *example;	/* one command line or several */
	int (*run)(int argc, char **argv);	/* argv[0] is the command's name */
	bool hidden;
};

#define OPTS_TABLES_MAX 4u

/*
 * Parse argv by up to OPTS_TABLES_MAX tables, NULL-ended; each table ends with OPT_END.  --help
 * and --json are understood everywhere; the latter sets out_json.  Positional arguments, from
 * pos_min to pos_max of them, are stored in *pos (pointing into argv, which is reordered).
 *
 * Returns their number, or -1 when the process is to exit with *code: help was printed, or a
 * sentence about what was wrong.
 */
int opts_parse(const struct cmd *cmd, const struct opt *const *tables, int argc, char **argv,
	       int pos_min, int pos_max, char ***pos, int *code);

/* Read "1.5ms", "200us", "3s", "3" (seconds).  0, or -EINVAL. */
int opts_time(const char *text, uint64_t *ns);

#endif
