/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests tools/weft/opts.c. What it prints on stderr is not judged here but by cli.sh. */
#include "tools/weft/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/test/cunit_main.h"
#include "tools/weft/out.h"

static struct {
	bool flag;
	const char *str;
	struct opt_list list;
	uint64_t num, size, time;
	char **pos;
	int code;
} g;

static const struct cmd cmd = {
	.name = "test", .summary = "s", .args = "A B", .text = "t", .example = "e",
};

/* Parse words parted by blanks; returns what opts_parse returns. */
static int parse(const char *line)
{
	static char copy[256], *argv[32];
	const struct opt opts[] = {
		OPT(FLAG, 'f', "flag", &g.flag, NULL, "a flag"),
		OPT(STR, 's', "str", &g.str, "TEXT", "a text"),
		OPT(LIST, 0, "list", &g.list, "TEXT", "texts"),
		OPT_HEAD("Numbers"),
		OPT_IN(NUM, 'n', "num", &g.num, "N", 2, 9, "a number"),
		OPT_STOP,
	};
	const struct opt more[] = {
		OPT_IN(SIZE, 0, "size", &g.size, "SIZE", 1, 1 << 20, "a size"),
		OPT(TIME, 0, "time", &g.time, "TIME", "a time"),
		OPT_STOP,
	};
	const struct opt *const tables[] = { opts, more, NULL };
	int argc = 0;

	memset(&g, 0, sizeof(g));
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return opts_parse(&cmd, tables, argc, argv, 0, 2, &g.pos, &g.code);
}

static void parse__all_forms(void)
{
	CU_ASSERT_EQUAL(parse("test a -f --str x -n5 --list p b --list=q --size=4K --time 1.5ms"),
			2);
	CU_ASSERT_STRING_EQUAL(g.pos[0], "a");
	CU_ASSERT_STRING_EQUAL(g.pos[1], "b");
	CU_ASSERT_TRUE(g.flag);
	CU_ASSERT_STRING_EQUAL(g.str, "x");
	CU_ASSERT_EQUAL(g.num, 5);
	CU_ASSERT_EQUAL(g.list.n, 2);
	CU_ASSERT_STRING_EQUAL(g.list.v[1], "q");
	CU_ASSERT_EQUAL(g.size, 4096);
	CU_ASSERT_EQUAL(g.time, 1500000);
	CU_ASSERT_EQUAL(parse("test -s -x"), 0);	/* a value may look like an option */
	CU_ASSERT_STRING_EQUAL(g.str, "-x");
	CU_ASSERT_EQUAL(parse("test -- -f"), 1);
	CU_ASSERT_STRING_EQUAL(g.pos[0], "-f");
	CU_ASSERT_FALSE(g.flag);
	CU_ASSERT_EQUAL(parse("test -"), 1);
}

static void parse__refuses(void)
{
	static const char *const row[] = {
		"test --none", "test -x", "test a b c", "test --str", "test --num 1",
		"test --num 10", "test --num 5x", "test --num -3", "test --num=", "test --size 2M",
		"test --size 0", "test --size 1KB", "test --time soon", "test --flag=1",
		"test --fla", "test --flags", "test --num 99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(parse(row[i]), -1);
		CU_ASSERT_EQUAL(g.code, EXIT_BAD_USAGE);
	}
	CU_ASSERT_EQUAL(parse("test --help --none"), -1);
	CU_ASSERT_EQUAL(g.code, 0);
}

static void time__rows(void)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t ns;
	} row[] = {
		{ "3", 0, 3000000000u }, { "0", 0, 0 }, { "250ns", 0, 250 }, { "1us", 0, 1000 },
		{ ".5s", 0, 500000000 }, { "10ms", 0, 10000000 }, { "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 }, { "1min", -EINVAL, 0 }, { "ms", -EINVAL, 0 },
		{ "1e30", -EINVAL, 0 }, { "nan", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t ns = 0;

		CU_ASSERT_EQUAL(opts_time(row[i].text, &ns), row[i].ret);
		CU_ASSERT_EQUAL(ns, row[i].ns);
	}
}

static void numbers__for_people(void)
{
	char buf[OUT_NUM];
	uint64_t v[] = { 5, 1, 4, 2, 3 };

	CU_ASSERT_STRING_EQUAL(out_bytes(999, buf), "999 B");
	CU_ASSERT_STRING_EQUAL(out_bytes(1500, buf), "1.50 kB");
	CU_ASSERT_STRING_EQUAL(out_time(1234567, buf), "1.23 ms");
	CU_ASSERT_STRING_EQUAL(out_rate(1e9, 1000000000, buf), "1.00 GB/s");
	CU_ASSERT_STRING_EQUAL(out_rate(1e9, 0, buf), "-");
	CU_ASSERT_STRING_EQUAL(out_hex((const uint8_t *)"\x01\xab", 2, buf), "01ab");
	out_sort(v, 5);
	CU_ASSERT_EQUAL(v[0], 1);
	CU_ASSERT_EQUAL(out_percentile(v, 5, 0.5), 3);
	CU_ASSERT_EQUAL(out_percentile(v, 5, 1), 5);
	CU_ASSERT_EQUAL(out_percentile(v, 1, 0.999), 1);
}

WEFT_SUITE(t_opts) {
	{ "parse__all_forms", parse__all_forms },
	{ "parse__refuses", parse__refuses },
	{ "time__rows", time__rows },
	{ "numbers__for_people", numbers__for_people },
};
