/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main() of the CUnit test programs.  See cunit_main.h for what it decides and what it leaves.
 */
#include "tools/test/cunit_main.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITES_MAX 64u

enum { EXIT_USAGE = 2, EXIT_SKIPPED = 77 };

struct suite {
	const char *name;
	const struct weft_case *cases, *end;	/* end is one past the last */
	CU_pSuite cu;
};

struct tally {
	unsigned int passed, failed, skipped;
};

struct options {
	const char *pattern;	/* NULL: every case */
	bool list;
};

uint64_t weft_test_seed = 1;

static struct suite suites[SUITES_MAX];
static size_t suites_count;
static const char *skip_why;	/* of the running case; NULL: not skipped */
static const char *program;

void weft_suite_add(const char *name, const struct weft_case *cases, const struct weft_case *end)
{
	if (suites_count == SUITES_MAX) {
		fprintf(stderr, "cunit_main: more than %u suites in a program: raise SUITES_MAX\n",
			SUITES_MAX);
		exit(EXIT_USAGE);
	}
	suites[suites_count++] = (struct suite){ .name = name, .cases = cases, .end = end };
}

void weft_skip(const char *why)
{
	skip_why = why;
}

/* A pattern with a wildcard must match whole names; a plain word may stand anywhere in one. */
static bool selected(const struct options *opt, const char *suite, const char *name)
{
	char full[256];

	if (!opt->pattern)
		return true;
	snprintf(full, sizeof(full), "%s.%s", suite, name);
	if (!strpbrk(opt->pattern, "*?["))
		return strstr(full, opt->pattern) != NULL;
	return fnmatch(opt->pattern, full, 0) == 0 || fnmatch(opt->pattern, name, 0) == 0;
}

static void print_failures(void)
{
	const CU_FailureRecord *f;

	for (f = CU_get_failure_list(); f; f = f->pNext)
		printf("      %s:%u: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
		       f->strCondition ? f->strCondition : "?");
}

static void run_case(const struct suite *s, const struct weft_case *c, struct tally *t)
{
	CU_pTest test = CU_add_test(s->cu, c->name, c->fn);
	CU_ErrorCode err;

	/* Named before it runs, so that the log of a crash says where. */
	printf("-     %s.%s\n", s->name, c->name);
	if (!test) {
		printf("FAIL  %s.%s: CUnit: %s\n", s->name, c->name, CU_get_error_msg());
		t->failed++;
		return;
	}
	skip_why = NULL;
	err = CU_run_test(s->cu, test);
	if (err != CUE_SUCCESS || CU_get_number_of_failures() > 0) {
		printf("FAIL  %s.%s\n", s->name, c->name);
		if (err != CUE_SUCCESS)
			printf("      CUnit: %s\n", CU_get_error_msg());
		print_failures();
		printf("      run it again: %s -t '%s.%s' --seed %" PRIu64 "\n", program, s->name,
		       c->name, weft_test_seed);
		t->failed++;
	} else if (skip_why) {
		printf("skip  %s.%s: %s\n", s->name, c->name, skip_why);
		t->skipped++;
	} else if (CU_get_number_of_asserts() == 0) {
		/* It could not have failed.  CU_PASS("why") is for the rare case that is right. */
		printf("FAIL  %s.%s: the case asserts nothing\n", s->name, c->name);
		t->failed++;
	} else {
		printf("ok    %s.%s\n", s->name, c->name);
		t->passed++;
	}
}

static void run_all(const struct options *opt, struct tally *t)
{
	const struct weft_case *c;
	size_t i;

	for (i = 0; i < suites_count; i++) {
		suites[i].cu = CU_add_suite(suites[i].name, NULL, NULL);
		if (!suites[i].cu) {
			printf("FAIL  %s: CUnit: %s\n", suites[i].name, CU_get_error_msg());
			t->failed++;
			continue;
		}
		for (c = suites[i].cases; c < suites[i].end; c++)
			if (selected(opt, suites[i].name, c->name))
				run_case(&suites[i], c, t);
	}
}

static void list_all(const struct options *opt)
{
	const struct weft_case *c;
	size_t i;

	for (i = 0; i < suites_count; i++)
		for (c = suites[i].cases; c < suites[i].end; c++)
			if (selected(opt, suites[i].name, c->name))
				printf("%s.%s\n", suites[i].name, c->name);
}

static void usage(FILE *to)
{
	fprintf(to,
		"usage: %s [-t PATTERN] [--seed N] [--list]\n"
		"  -t PATTERN  only the cases whose SUITE.CASE contains PATTERN, or matches it\n"
		"              when it has a wildcard: -t 'judge__*'\n"
		"  --seed N    seed of the random tests (default 1, or $WEFT_TEST_SEED)\n"
		"  --list      print the names of the cases and run nothing\n", program);
}

static bool parse_seed(const char *text, const char *from)
{
	char *end;

	errno = 0;
	weft_test_seed = strtoull(text, &end, 0);
	if (errno == 0 && end != text && *end == '\0' && !strchr(text, '-'))
		return true;
	fprintf(stderr, "%s: %s: '%s' is not a seed: give a number from 0 to 2^64 - 1\n", program,
		from, text);
	return false;
}

/* Returns false after telling what is wrong. */
static bool parse(int argc, char **argv, struct options *opt)
{
	const char *env = getenv("WEFT_TEST_SEED");
	int i;

	if (env && *env && !parse_seed(env, "WEFT_TEST_SEED"))
		return false;
	for (i = 1; i < argc; i++) {
		bool has_value = i + 1 < argc;

		if (strcmp(argv[i], "--list") == 0) {
			opt->list = true;
		} else if (strcmp(argv[i], "-t") == 0 && has_value) {
			opt->pattern = argv[++i];
		} else if (strcmp(argv[i], "--seed") == 0 && has_value) {
			if (!parse_seed(argv[++i], "--seed"))
				return false;
		} else {
			fprintf(stderr, "%s: unknown argument or missing value: %s\n", program,
				argv[i]);
			usage(stderr);
			return false;
		}
	}
	return true;
}

static int report(const struct options *opt, const struct tally *t)
{
	const char *base = strrchr(program, '/');

	printf("# cunit: %s: %u passed, %u failed, %u skipped\n", base ? base + 1 : program,
	       t->passed, t->failed, t->skipped);
	if (t->failed > 0)
		return EXIT_FAILURE;
	if (t->passed + t->skipped == 0) {
		fprintf(stderr, "%s: no case %s%s\n", program,
			opt->pattern ? "matches " : "is in it", opt->pattern ? opt->pattern : "");
		return EXIT_USAGE;
	}
	return t->passed > 0 ? EXIT_SUCCESS : EXIT_SKIPPED;
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct tally tally = { 0 };
	int status;

	program = argv[0];
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (!parse(argc, argv, &opt))
		return EXIT_USAGE;
	if (opt.list) {
		list_all(&opt);
		return EXIT_SUCCESS;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS) {
		fprintf(stderr, "%s: CUnit: %s\n", program, CU_get_error_msg());
		return EXIT_USAGE;
	}
	run_all(&opt, &tally);
	status = report(&opt, &tally);
	CU_cleanup_registry();
	return status;
}
