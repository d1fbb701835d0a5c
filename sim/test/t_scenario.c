/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of scenario.c and scenario_keys.c: what is read, and what is said of what is refused. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario.h"
#include "tools/test/cunit_main.h"

/* Loads text as a file; NULL if it was taken, else the message with the path taken off. */
static const char *load(struct sim_scenario *sc, const char *text)
{
	static char why[SIM_WHY_MAX];
	char path[] = "/tmp/weft-sim-test-XXXXXX";
	int fd = mkstemp(path), err;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_FATAL(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	sim_scenario_init(sc);
	err = sim_scenario_load(sc, path, why);
	unlink(path);
	if (!err)
		return NULL;
	CU_ASSERT_FATAL(!strncmp(why, path, strlen(path)));
	return why + strlen(path);
}

static void load__takes_every_kind(void)
{
	struct sim_scenario sc;

	CU_ASSERT_PTR_NULL(load(&sc, "name: \"a b\"   # comment\nseed: 0x10\n"
				     "topology: {kind: leaf-spine, leaves: 3}\n"
				     "queue:\n  bytes: 64 KiB\n  mark_min: 1000\n"
				     "transport:\n  mode: rod\n  payload: 1024\n"
				     "workload:\n  bytes: 3GiB\n"));
	CU_ASSERT_STRING_EQUAL(sc.name, "a b");
	CU_ASSERT_EQUAL(sc.seed, 16);
	CU_ASSERT_EQUAL(sc.leaves, 3);
	CU_ASSERT_EQUAL(sc.spines, 8);	/* the default */
	CU_ASSERT_EQUAL(sc.queue_bytes, 65536);
	CU_ASSERT_EQUAL(sc.mark_min_bytes, 1000);
	CU_ASSERT_EQUAL(sc.mode, SIM_MODE_ROD);
	CU_ASSERT_EQUAL(sc.payload_bytes, 1024);
	CU_ASSERT_EQUAL(sc.bytes, (uint64_t)3 << 30);
}

static void load__says_line_key_and_range(void)
{
	static const struct {
		const char *text, *says;
	} row[] = {
		{ "name: a\ntopology:\n  leaves: 4000\n",
		  ":3: topology.leaves is '4000'; it must be a whole number from 1 to 1024" },
		{ "name: a\n# topology:\n#  leaves: 1\ntopology:\n  spines: 2\n\n  leaves: -3\n",
		  ":7: topology.leaves is '-3'; it must be a whole number from 1 to 1024" },
		{ "queue: {bytes: 1}\n", ":1: queue.bytes is '1'; it must be a size from 2 KiB to "
		  "1 GiB (like 4096, 64 KiB, 16 MiB)" },
		{ "queue:\n  bytes: 3 MiB\nworkload:\n  bytes: 99 GiB\n",
		  ":4: workload.bytes is '99 GiB'; it must be a size from 1 to 64 GiB" },
		{ "queue:\n  bytes: 18446744073709551615 GiB\n", ":2: queue.bytes is '1844" },
		{ "queue:\n  bytes: 4 KB\n", ":2: queue.bytes is '4 KB'; it must be a size" },
		{ "transport:\n  mode: ru\n",
		  ":2: transport.mode is 'ru'; it must be one of rud|rod" },
		{ "seed: 1e3\n", ":1: seed is '1e3'; it must be a whole number" },
		{ "name: a\n\ntopolgy:\n  leaves: 1\n", ":3: Unexpected key: topolgy" },
		{ "name: a\ntopology:\n  leaves: 1\n  spin: 1\n", ":4: Unexpected key: spin" },
		{ "topology: 7\n", ":1: Expecting MAPPING" },
		{ "- a\n", ": Expecting MAPPING" },
		{ "name: [\n", ":1: Expecting STRING" },
		{ "# nothing\n", ": empty" },
		{ "name: \"\"\n", ":1: name is ''; it must be 1 to 63 characters" },
	};
	struct sim_scenario sc;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *said = load(&sc, row[i].text);

		if (!said || strncmp(said, row[i].says, strlen(row[i].says)))
			fprintf(stderr, "row %zu: said '%s'\n", i, said ? said : "(taken)");
		CU_ASSERT(said && !strncmp(said, row[i].says, strlen(row[i].says)));
	}
}

/* A value that the key cannot have. */
static const char *bad_value(const struct sim_scenario_key *k, char text[400])
{
	switch (k->value) {
	case SIM_VALUE_COUNT:
		snprintf(text, 400, "%s", k->max == UINT64_MAX ? "-1" : "99999999999999999999");
		break;
	case SIM_VALUE_SIZE:
		snprintf(text, 400, "12 furlongs");
		break;
	case SIM_VALUE_CHOICE:
		snprintf(text, 400, "no-such-thing");
		break;
	case SIM_VALUE_TEXT:
		memset(text, 'x', 399);
		text[399] = '\0';
		break;
	}
	return text;
}

/* Every key there is: wrong by its value, and by its name; the message has line and key. */
static void load__any_key_wrong(void)
{
	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];
		const char *in = *k->section ? k->section : "seed", *why;
		char text[800], value[400], key[128];
		struct sim_scenario sc;

		snprintf(text, sizeof(text), *k->section ? "# a\n%s:\n  %s: %s\n" :
			 "# a\n%.0s\n%s: %s\n", in, k->name, bad_value(k, value));
		why = load(&sc, text);
		snprintf(key, sizeof(key), ":3: %s%s%s is '", k->section, *k->section ? "." : "",
			 k->name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(why);
		if (strncmp(why, key, strlen(key)))
			fprintf(stderr, "%s: %s\n", key, why);
		CU_ASSERT(!strncmp(why, key, strlen(key)) && strstr(why, "it must be "));
		snprintf(text, sizeof(text), *k->section ? "# a\n%s:\n  %sy: 1\n" :
			 "# a\n%.0s\n%sy: 1\n", in, k->name);
		why = load(&sc, text);
		CU_ASSERT(why && !strncmp(why, ":3: Unexpected key: ", 20));
		CU_ASSERT(why && strstr(why, k->name) && *k->help && k->initial);
	}
}

static void load__no_file(void)
{
	struct sim_scenario sc;
	char why[SIM_WHY_MAX];

	sim_scenario_init(&sc);
	CU_ASSERT_EQUAL(sim_scenario_load(&sc, "/nonexistent/x.yaml", why), -1);
	CU_ASSERT_STRING_EQUAL(why, "/nonexistent/x.yaml: No such file or directory");
}

/* What a refused value leaves behind is what was there. */
static void set__refusal_changes_nothing(void)
{
	struct sim_scenario sc, before;
	char why[SIM_WHY_MAX];

	sim_scenario_init(&sc);
	before = sc;
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "here", "topology.leaves", "0", why), -1);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "here", "leaves", "4", why), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "here: no key 'leaves'"));
	CU_ASSERT_EQUAL(memcmp(&sc, &before, sizeof(sc)), 0);
	CU_ASSERT_EQUAL(sim_scenario_set(&sc, "here", "topology.leaves", "4", why), 0);
	CU_ASSERT_EQUAL(sc.leaves, 4);
}

/* What a value is printed as gives the value again. */
static void text__reads_back(void)
{
	struct sim_scenario sc, again;
	char text[80], name[80], why[SIM_WHY_MAX];

	sim_scenario_init(&sc);
	sc.queue_bytes = 5000;
	sc.bytes = 96 << 20;
	sc.mode = SIM_MODE_ROD;
	memset(&again, 0, sizeof(again));
	for (size_t i = 0; i < sim_scenario_key_count; i++) {
		const struct sim_scenario_key *k = &sim_scenario_keys[i];

		sim_scenario_text(&sc, k, text, sizeof(text));
		snprintf(name, sizeof(name), "%s%s%s", k->section, *k->section ? "." : "", k->name);
		CU_ASSERT_EQUAL(sim_scenario_set(&again, "", name, text, why), 0);
	}
	CU_ASSERT_EQUAL(memcmp(&sc, &again, sizeof(sc)), 0);
}

static void check__values_that_do_not_fit_together(void)
{
	static const struct {
		const char *key, *value, *says;
	} row[] = {
		{ "workload.bytes", "1000", "not a multiple of the 64 chips; 1024 is" },
		{ "transport.window", "100", "must be a power of two" },
		{ "queue.mark_min", "1 MiB", "mark_min is above" },
		{ "topology.leaves", "1024", NULL },
	};
	struct sim_scenario sc;
	char why[SIM_WHY_MAX];

	sim_scenario_init(&sc);
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		sim_scenario_init(&sc);
		CU_ASSERT_EQUAL(sim_scenario_set(&sc, "", row[i].key, row[i].value, why), 0);
		CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), row[i].says ? -1 : 0);
		if (row[i].says)
			CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].says));
	}
	sim_scenario_init(&sc);
	sc.leaves = sc.hosts_per_leaf = 1;
	CU_ASSERT_EQUAL(sim_scenario_check(&sc, why), -1);
}

WEFT_SUITE(t_scenario) {
	{ "load__takes_every_kind", load__takes_every_kind },
	{ "load__says_line_key_and_range", load__says_line_key_and_range },
	{ "load__any_key_wrong", load__any_key_wrong },
	{ "load__no_file", load__no_file },
	{ "set__refusal_changes_nothing", set__refusal_changes_nothing },
	{ "text__reads_back", text__reads_back },
	{ "check__values_that_do_not_fit_together", check__values_that_do_not_fit_together },
};
