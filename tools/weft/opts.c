/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: parsing and help from one table.  See opts.h. */
#include "tools/weft/opts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/out.h"
#include "userspace/chip/pool.h"

int opts_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "", 1e9 } };
	char *end;
	double v;

	if ((*text < '0' || *text > '9') && *text != '.')
		return -EINVAL;
	v = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		v *= units[i].ns;
		if (!(v >= 0 && v < 1e18))
			return -EINVAL;
		*ns = (uint64_t)v;
		return 0;
	}
	return -EINVAL;
}

/* ---- Help ------------------------------------------------------------------------------- */

#define HELP_COLUMN 26

static void help_option(const struct opt *o)
{
	const char *line = o->help, *end;
	char left[80];
	int n;

	if (o->kind == OPT_GROUP) {
		printf("\n%s\n", o->name);
		return;
	}
	n = o->letter ? snprintf(left, sizeof(left), "  -%c, --%s", o->letter, o->name) :
			snprintf(left, sizeof(left), "      --%s", o->name);
	if (o->arg)
		snprintf(left + n, sizeof(left) - (size_t)n, " %s", o->arg);
	if (strlen(left) >= HELP_COLUMN)
		printf("%s\n%*s", left, HELP_COLUMN, "");
	else
		printf("%-*s", HELP_COLUMN, left);
	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (line != o->help)
			printf("%*s", HELP_COLUMN, "");
		printf("%.*s\n", (int)(end - line), line);
	}
}

static void help(const struct cmd *cmd, const struct opt *const *tables)
{
	printf("weft %s: %s\n\nUsage: weft %s [OPTION]...%s%s\n\n%s\n\nOptions\n", cmd->name,
	       cmd->summary, cmd->name, *cmd->args ? " " : "", cmd->args, cmd->text);
	for (; *tables; tables++)
		for (const struct opt *o = *tables; o->kind != OPT_END; o++)
			help_option(o);
	printf("\n      --json              write results as JSON\n"
	       "  -h, --help              this text\n\n"
	       "Exit status: 0 done; 1 failed; 2 bad usage; 3 no such chip, or no answer;\n"
	       "4 the data are not what they should be.\n\nExample:\n");
	for (const char *p = cmd->example, *end; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		printf("  %.*s\n", (int)(end - p), p);
	}
}

/* ---- Parsing ---------------------------------------------------------------------------- */

static const struct opt *find(const struct opt *const *tables, const char *name, size_t len,
			      char letter)
{
	for (; *tables; tables++) {
		for (const struct opt *o = *tables; o->kind != OPT_END; o++) {
			if (o->kind == OPT_GROUP)
				continue;
			if (name ? strlen(o->name) == len && !strncmp(o->name, name, len) :
				   o->letter == letter)
				return o;
		}
	}
	return NULL;
}

static int bad_value(const struct cmd *cmd, const struct opt *o, const char *text)
{
	char range[80] = "";

	if (o->kind == OPT_TIME)
		snprintf(range, sizeof(range), "a time such as 500us, 10ms or 2s");
	else
		snprintf(range, sizeof(range), "a %s from %llu to %llu",
			 o->kind == OPT_SIZE ? "size (suffix K, M or G)" : "number",
			 (unsigned long long)o->min,
			 (unsigned long long)(o->max ? o->max : UINT64_MAX));
	out_error("%s: --%s %s: give %s", cmd->name, o->name, text, range);
	return EXIT_BAD_USAGE;
}

static int set_number(const struct cmd *cmd, const struct opt *o, const char *text)
{
	uint64_t v = 0;
	char *end;

	if (o->kind == OPT_TIME) {
		if (opts_time(text, o->to))
			return bad_value(cmd, o, text);
		return 0;
	}
	if (o->kind == OPT_SIZE) {
		if (chip_size_parse(text, &v))
			return bad_value(cmd, o, text);
	} else {
		errno = 0;
		v = strtoull(text, &end, 0);
		if (end == text || *end || errno || *text == '-')
			return bad_value(cmd, o, text);
	}
	if (v < o->min || (o->max && v > o->max))
		return bad_value(cmd, o, text);
	*(uint64_t *)o->to = v;
	return 0;
}

static int set(const struct cmd *cmd, const struct opt *o, const char *text)
{
	struct opt_list *l = o->to;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->to = true;
		return 0;
	case OPT_STR:
		*(const char **)o->to = text;
		return 0;
	case OPT_LIST:
		if (l->n == OPT_LIST_MAX) {
			out_error("%s: --%s given more than %u times", cmd->name, o->name,
				  OPT_LIST_MAX);
			return EXIT_BAD_USAGE;
		}
		l->v[l->n++] = text;
		return 0;
	case OPT_NUM:
	case OPT_SIZE:
	case OPT_TIME:
		return set_number(cmd, o, text);
	case OPT_END:
	case OPT_GROUP:
		break;
	}
	return EXIT_BAD_USAGE;
}

/* One option at argv[i].  Returns how many arguments it took, or -1 with *code. */
static int take(const struct cmd *cmd, const struct opt *const *tables, int argc, char **argv,
		int i, int *code)
{
	const char *arg = argv[i], *value = NULL;
	const struct opt *o;
	int used = 1;

	if (arg[1] == '-') {
		size_t len = strcspn(arg + 2, "=");

		o = find(tables, arg + 2, len, 0);
		value = arg[2 + len] ? arg + 3 + len : NULL;
	} else {
		o = find(tables, NULL, 0, arg[1]);
		value = arg[1] && arg[2] ? arg + 2 : NULL;
	}
	*code = EXIT_BAD_USAGE;
	if (!o) {
		out_error("%s: unknown option %s; see weft %s --help", cmd->name, arg, cmd->name);
		return -1;
	}
	if (o->kind == OPT_FLAG && value) {
		out_error("%s: --%s takes no value", cmd->name, o->name);
		return -1;
	}
	if (o->kind != OPT_FLAG && !value) {
		if (i + 1 >= argc) {
			out_error("%s: --%s needs a value (%s)", cmd->name, o->name, o->arg);
			return -1;
		}
		value = argv[i + 1];
		used = 2;
	}
	*code = set(cmd, o, value);
	return *code ? -1 : used;
}

static int count_ok(const struct cmd *cmd, int n, int pos_min, int pos_max)
{
	if (n >= pos_min && n <= pos_max)
		return 0;
	out_error("%s: %s; usage: weft %s [OPTION]...%s%s", cmd->name,
		  n < pos_min ? "an argument is missing" : "too many arguments", cmd->name,
		  *cmd->args ? " " : "", cmd->args);
	return EXIT_BAD_USAGE;
}

int opts_parse(const struct cmd *cmd, const struct opt *const *tables, int argc, char **argv,
	       int pos_min, int pos_max, char ***pos, int *code)
{
	int n = 0;
	bool only = false;	/* "--" has been seen */

	for (int i = 1; i < argc;) {
		if (only || argv[i][0] != '-' || !argv[i][1]) {
			argv[1 + n++] = argv[i++];
		} else if (!strcmp(argv[i], "--")) {
			only = true;
			i++;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			help(cmd, tables);
			*code = 0;
			return -1;
		} else if (!strcmp(argv[i], "--json")) {
			out_json = true;
			i++;
		} else {
			int used = take(cmd, tables, argc, argv, i, code);

			if (used < 0)
				return -1;
			i += used;
		}
	}
	*code = count_ok(cmd, n, pos_min, pos_max);
	*pos = argv + 1;
	return *code ? -1 : n;
}
