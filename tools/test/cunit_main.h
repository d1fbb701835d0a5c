/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front of every CUnit test program: main() lives in cunit_main.c, a test file brings a table.
 *
 *	#include "tools/test/cunit_main.h"
 *
 *	static void judge__drops_stale(void) { CU_ASSERT_EQUAL(judge(3), STALE); }
 *
 *	WEFT_SUITE(t_rx) {
 *		{ "judge__drops_stale", judge__drops_stale },
 *	};
 *
 * Decides: how cases are found, selected, run in order, reported and turned into an exit status.
 * Leaves to CUnit: the assertions.  Leaves to tools/test/run.py: time limits and crashes.
 *
 * The program prints one line per case and closes with
 *	# cunit: PROGRAM: P passed, F failed, S skipped
 * Exit status: 0 passed, 1 a case failed, 2 bad usage or nothing selected, 77 all were skipped.
 */
#ifndef WEFT_TOOLS_TEST_CUNIT_MAIN_H
#define WEFT_TOOLS_TEST_CUNIT_MAIN_H

#include <stddef.h>
#include <stdint.h>

#include <CUnit/CUnit.h>

struct weft_case {
	const char *name;	/* function__condition, unique in its suite */
	void (*fn)(void);	/* the case; asserts with CU_ASSERT... */
};

/*
 * The seed of every random choice in a test: 1, or what --seed or WEFT_TEST_SEED says.  A case
 * derives its own generator from it.  A failing case prints the command that runs it again with
 * the same seed.
 */
extern uint64_t weft_test_seed;

/*
 * Tells the front about a suite; called by WEFT_SUITE before main().  name and cases are kept.
 */
void weft_suite_add(const char *name, const struct weft_case *cases, const struct weft_case *end);

/* Marks the running case skipped, and why (kept, so a literal).  Use WEFT_SKIP, which returns. */
void weft_skip(const char *why);

#define WEFT_SKIP(why) do { weft_skip(why); return; } while (0)

/*
 * Opens the table of a suite.  The table gets a section of its own, whose start and stop symbols
 * the linker makes, so it needs neither a count nor a closing row.
 */
#define WEFT_SUITE(suite)							\
	extern const struct weft_case __start_weft_cases_##suite[];		\
	extern const struct weft_case __stop_weft_cases_##suite[];		\
	__attribute__((constructor)) static void weft_suite_add_##suite(void)	\
	{									\
		weft_suite_add(#suite, __start_weft_cases_##suite,		\
			       __stop_weft_cases_##suite);			\
	}									\
	__attribute__((section("weft_cases_" #suite), used))			\
	static const struct weft_case weft_table_##suite[] =

#endif
