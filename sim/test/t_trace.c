/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim/goal.c, chakra.c, chakra_pb.c, chakra_json.c: traces that are right take the time that can be
 * computed by hand; those that are wrong, or cut off anywhere, are refused with where and what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/chakra.h"
#include "sim/experiment.h"
#include "tools/test/cunit_main.h"

enum { CHIPS = 4 };

static struct sim_scenario scenario(uint64_t kind, const char *file)
{
	struct sim_scenario sc;

	sim_scenario_init(&sc);
	sc.leaves = sc.spines = 1;
	sc.hosts_per_leaf = CHIPS;
	sc.cc = SIM_CC_FIXED;
	sc.workload = kind;
	strcpy(sc.flows_file, file);
	return sc;
}

static void says(const char *why, const char *text)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(why, text));
	if (!strstr(why, text))
		printf("'%s' does not say '%s'\n", why, text);
}

/* ---- GOAL ------------------------------------------------------------------------------ */

static int parse_n(const char *text, size_t n, struct sim_flow_list *l, char why[SIM_WHY_MAX])
{
	static const uint32_t place[CHIPS] = { 2, 0, 3, 1 };
	struct sim_spot at = { "x.goal", 0, why, SIM_WHY_MAX };

	memset(l, 0, sizeof(*l));
	why[0] = 0;
	return sim_goal_parse(l, &at, text, n, place, CHIPS, NULL);
}

/* Chip 0 computes, sends, waits for the answer, computes on its second processor. */
static void goal__takes_its_time(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_GOAL, "sim/traces/ping-pong.goal");
	struct sim_experiment x;
	sim_time way;

	CU_ASSERT_EQUAL_FATAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	way = sim_message_time(&sc, &x.sim.topo, 0, 1, 65536, true);
	CU_ASSERT_EQUAL(x.sum.makespan, 10 * SIM_US + way + 20 * SIM_US + way + 5 * SIM_US);
	CU_ASSERT_EQUAL(x.sum.makespan, x.sum.ideal);
	/* Of one processor: the second computes behind the first. */
	for (uint32_t i = 0; i < x.flows.list.n; i++)
		if (x.flows.list.flow[i].src == 2)
			CU_ASSERT_EQUAL(x.flows.list.flow[i].begun, 200 * SIM_NS);
	sim_experiment_fini(&x);
}

/* Ranks are placed; labels may be required before they are there; separators and comments. */
static void goal__what_may_be_written(void)
{
	static const char text[] =
		"num_ranks 2 rank 1{a:recv 5b from 0 tag 3 nic 1 cpu 9;} // \n"
		"rank 0 { b requires c; /* { \n */ b: send 5b to 1 cpu 0 tag 3 ; c: calc 7 cpu 1 }";
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	CU_ASSERT_EQUAL_FATAL(parse_n(text, strlen(text), &l, why), 0);
	CU_ASSERT_EQUAL(l.n, 1);
	CU_ASSERT(l.flow[0].src == 2 && l.flow[0].dst == 0 && l.flow[0].bytes == 5);
	CU_ASSERT_EQUAL(l.tasks->n, 3);
	CU_ASSERT_EQUAL(l.tasks->edges, 1);
	CU_ASSERT_EQUAL(l.tasks->task[2].takes, 7 * SIM_NS);
	CU_ASSERT_EQUAL(l.tasks->task[1].waits, 1);
	sim_flow_list_fini(&l);
}

#define TWO "num_ranks 2\n"

static void goal__wrong(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "", ":1: a schedule begins with 'num_ranks N'" },
		{ "num_ranks 0", ":1: a schedule begins" },
		{ "num_ranks 5", ":1: num_ranks 5: the topology has 4 chips" },
		{ TWO "rank 2 {", ":2: 'rank N {' with N from 0 to 1" },
		{ TWO "rank 0 {}\n", ":2: 'rank N {' with N from 0 to 1 belongs here" },
		{ TWO "rank 0 {}\nrank 0 {}", ":3: rank 0 is there twice" },
		{ TWO "rank 0 {}\nrank 1 {}\nx", ":4: something behind the last" },
		{ TWO "rank 0 {\nl1: calc 5\n", ":4: rank 0 has no end" },
		{ TWO "rank 0 {\n\nl1: walk 5}", ":4: 'l1:': send, recv or calc" },
		{ TWO "rank 0 { l1 is l2 }", ":2: 'l1': 'LABEL: send" },
		{ TWO "rank 0 { + }", ":2: '+' in rank 0" },
		{ TWO "rank 0 { l1: calc x }", ":2: calc: a whole number of ns" },
		{ TWO "rank 0 { l1: calc 1000000000000001 }", ":2: calc: a whole number of ns" },
		{ TWO "rank 0 { l1: calc 5 cpu 1024 }", ":2: cpu: a whole number from 0 to 1023" },
		{ TWO "rank 0 { send 5 to 1 }", ":2: bytes: a whole number and 'b'" },
		{ TWO "rank 0 { send 1073741825b to 1 }", ":2: bytes: a whole number and 'b'" },
		{ TWO "rank 0 { send 5b from 1 }", ":2: 'to' and a rank from 0 to 1" },
		{ TWO "rank 0 { recv 5b from 2 }", ":2: 'from' and a rank from 0 to 1" },
		{ TWO "rank 0 { recv 5b from 0 }", ":2: rank 0 sends to itself" },
		{ TWO "rank 0 { send 5b to 1 tag -1 }", ":2: tag: a whole number" },
		{ TWO "rank 0 {\nl: calc 1\nl: calc 2 }", ":4: label 'l' is there twice" },
		{ TWO "rank 0 {\nl: calc 1\nl requires k\n}", ":4: rank 0 has no label 'k'" },
		{ TWO "rank 0 {\nl: calc 1\nl requires }", ":4: no label behind 'requires'" },
		{ TWO "rank 0 {\nl: calc 1 }\nrank 1 { m: calc 1\nm requires l }", ":5: rank 1" },
		{ TWO "rank 0 {\nl: calc 1\nl requires l }\nrank 1 {}", ":3: 1 tasks wait" },
		{ TWO "rank 0 {\nsend 5b to 1 }\nrank 1 {}", ":3: chip 2 sends to chip 0" },
		{ TWO "rank 0 {\nsend 5b to 1 }\nrank 1 { recv 5b from 0\nrecv 5b from 0}",
		  ":5: chip 0 receives from chip 2 with tag 0, which does not send" },
		{ TWO "rank 0 {\nsend 5b to 1 }\nrank 1 {\nrecv 6b from 0 }", ":5: chip 0 rec" },
		{ TWO "rank 0 { calc 5 }\nrank 1 {}", "no message in it" },
	};
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(parse_n(row[i].text, strlen(row[i].text), &l, why), -1);
		CU_ASSERT(!strncmp(why, "x.goal:", 7));
		says(why, row[i].says);
		sim_flow_list_fini(&l);
	}
}

/* What goes on beside a trace is none of its messages. */
static void goal__background_is_no_message(void)
{
	static const uint32_t place[CHIPS] = { 2, 0, 3, 1 };
	static const char text[] = TWO "rank 0 { calc 5 }\nrank 1 {}";
	struct sim_scenario sc = scenario(SIM_WORK_GOAL, "");
	struct sim_flow_list l = { 0 };
	char why[SIM_WHY_MAX] = "";
	struct sim_spot at = { "x.goal", 0, why, SIM_WHY_MAX };

	sc.background_load = 10;
	sc.background_flows = 5;
	CU_ASSERT_EQUAL(sim_goal_parse(&l, &at, text, sizeof(text) - 1, place, CHIPS, &sc), -1);
	CU_ASSERT_EQUAL(l.n, 5);
	says(why, "no message in it");
	sim_flow_list_fini(&l);
}

static void goal__cut_off_or_wrong_anywhere(void)
{
	static const char whole[] = TWO "rank 0 {\nl1: calc 5 cpu 1\nl2: send 10b to 1 tag 2 # \n"
		"l2 requires l1 }\nrank 1 { /* */ l2: calc 1 l2 irequires l3\n"
		"l3: recv 10b from 0 tag 2 nic 0 }\n", wrong[] = "\0 0x{}:/9\n\xff";
	char text[sizeof(whole)], why[SIM_WHY_MAX];
	size_t n = strlen(whole);
	struct sim_flow_list l;

	for (size_t cut = 0; cut < n; cut++) {
		CU_ASSERT_EQUAL(parse_n(whole, cut, &l, why), cut == n - 1 ? 0 : -1);
		CU_ASSERT(cut == n - 1 || why[0]);
		sim_flow_list_fini(&l);
	}
	for (size_t at = 0; at < n * sizeof(wrong); at++) {
		int err;

		memcpy(text, whole, sizeof(whole));
		text[at / sizeof(wrong)] = wrong[at % sizeof(wrong)];
		err = parse_n(text, n, &l, why);
		CU_ASSERT(err == -1 ? why[0] != 0 : l.n == 1);
		sim_flow_list_fini(&l);
	}
}

/* ---- Chakra ---------------------------------------------------------------------------- */

/* Bytes of a message of protocol buffers, written independently of the reader. */
struct bytes {
	uint8_t b[4096];
	size_t n;
};

static void put_varint(struct bytes *o, uint64_t v)
{
	for (; v > 127; v >>= 7)
		o->b[o->n++] = (uint8_t)(v | 128);
	o->b[o->n++] = (uint8_t)v;
}

static void put_number(struct bytes *o, unsigned field, uint64_t v)
{
	put_varint(o, field << 3);
	put_varint(o, v);
}

static void put_bytes(struct bytes *o, unsigned field, const void *p, size_t n)
{
	if (field)
		put_varint(o, field << 3 | 2);
	put_varint(o, n);
	memcpy(o->b + o->n, p, n);
	o->n += n;
}

enum { INT32 = 7, INT64 = 9, SINT64 = 17, BOOL = 27 };

static void put_attr(struct bytes *node, const char *name, unsigned kind, uint64_t v)
{
	struct bytes a = { .n = 0 };

	put_bytes(&a, 1, name, strlen(name));
	put_bytes(&a, 2, "what it is", 10);
	put_number(&a, kind, kind == SINT64 ? v << 1 : v);
	put_bytes(node, 10, a.b, a.n);
}

static struct bytes node_of(uint64_t id, unsigned type, uint64_t dep, uint64_t micros)
{
	struct bytes n = { .n = 0 };
	const uint8_t packed[] = { (uint8_t)dep };

	put_number(&n, 1, id);
	put_bytes(&n, 2, "name", 4);
	put_number(&n, 3, type);
	if (dep && id % 2)
		put_bytes(&n, 5, packed, 1);
	else if (dep)
		put_number(&n, 4, dep);
	if (micros)
		put_number(&n, 7, micros);
	put_bytes(&n, 8, "\x0a\x01x", 3);	/* inputs: passed over */
	return n;
}

static void add(struct bytes *file, const struct bytes *node)
{
	put_bytes(file, 0, node->b, node->n);
}

/* What sim/traces/step.RANK.json says. */
static struct bytes step(unsigned rank)
{
	struct bytes file = { .n = 0 }, n;
	bool sends = rank % 2 == 0;

	put_bytes(&file, 0, "\x0a\x05" "0.0.4", 7);
	n = node_of(1, CHAKRA_COMP, 0, 10);
	put_attr(&n, "is_cpu_op", BOOL, 0);
	put_attr(&n, "unknown", INT64, 5);
	add(&file, &n);
	n = node_of(2, CHAKRA_COLL, 1, 0);
	put_attr(&n, "comm_type", INT64, CHAKRA_ALL_REDUCE);
	put_attr(&n, "comm_size", SINT64, 1048576);
	add(&file, &n);
	n = node_of(3, CHAKRA_COMP, 2, 5);
	put_attr(&n, "is_cpu_op", BOOL, 0);
	add(&file, &n);
	n = node_of(4, sends ? CHAKRA_SEND : CHAKRA_RECV, 3, 0);
	put_attr(&n, "comm_size", INT64, 100000);
	put_attr(&n, "comm_src", INT32, sends ? rank : rank - 1);
	put_attr(&n, "comm_dst", INT32, sends ? rank + 1 : rank);
	put_attr(&n, "comm_tag", INT32, 9);
	add(&file, &n);
	n = node_of(5, CHAKRA_COMP, 4, 7);
	put_attr(&n, "is_cpu_op", BOOL, 1);
	add(&file, &n);
	return file;
}

static void write_file(const char *prefix, unsigned rank, const char *ending, const void *p,
		       size_t n)
{
	char path[SIM_FILE_MAX + 32];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%u.%s", prefix, rank, ending);
	f = fopen(path, "wb");
	CU_ASSERT_FATAL(f != NULL);
	CU_ASSERT_EQUAL(fwrite(p, 1, n, f), n);
	fclose(f);
}

/*
 * A collective ends at a rank when its messages are acknowledged, and so does a send: 10 us, six
 * steps of a ring of 256 KiB, 5 us, a message, 7 us, and twice the way back of an acknowledgement.
 */
static void chakra__takes_its_time(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_CHAKRA, "sim/traces/step");
	char prefix[] = "/tmp/weft-t_trace.XXXXXX", path[64];
	struct sim_experiment x;
	sim_time chunk, message, back, ideal;
	uint64_t hash;

	CU_ASSERT_EQUAL_FATAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	chunk = sim_message_time(&sc, &x.sim.topo, 0, 1, 262144, true);
	message = sim_message_time(&sc, &x.sim.topo, 0, 1, 100000, true);
	back = sim_flow_ideal(&sc, &x.sim.topo, 0, 1, 100000) - message;
	ideal = 22 * SIM_US + 6 * chunk + message + 2 * back;
	CU_ASSERT_EQUAL(x.sum.ideal, ideal);
	CU_ASSERT(x.sum.makespan >= ideal && x.sum.makespan < ideal + ideal / 500);
	hash = x.hash;
	sim_experiment_fini(&x);

	CU_ASSERT_FATAL(mkdtemp(prefix) != NULL);
	snprintf(sc.flows_file, sizeof(sc.flows_file), "%s/t", prefix);
	for (unsigned r = 0; r < CHIPS; r++) {
		struct bytes file = step(r);

		write_file(sc.flows_file, r, "et", file.b, file.n);
	}
	CU_ASSERT_EQUAL(sim_experiment(&x, &sc, NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(x.hash, hash);
	sim_experiment_fini(&x);
	for (unsigned r = 0; r < CHIPS; r++) {
		snprintf(path, sizeof(path), "%s/t.%u.et", prefix, r);
		unlink(path);
	}
	rmdir(prefix);
}

static int read_ranks(const char *const *rank, unsigned n, const char *name,
		      struct sim_flow_list *l, char why[SIM_WHY_MAX])
{
	struct sim_scenario sc = scenario(SIM_WORK_CHAKRA, "x");
	struct chakra *c;
	int err = 0;

	memset(l, 0, sizeof(*l));
	why[0] = 0;
	c = chakra_new(l, &sc, CHIPS, why);
	for (unsigned r = 0; r < n && !err; r++)
		err = chakra_rank(c, name, (const uint8_t *)rank[r], strlen(rank[r]));
	if (!err)
		err = chakra_close(c);
	chakra_free(c);
	return err;
}

#define A(name, v) "{\"name\":\"" name "\",\"int64_val\":\"" v "\"}"
#define NODE(id, type, attrs) "{\"id\":" id ",\"type\":\"" type "\",\"attr\":[" attrs "]}"
#define COLL(id, kind, bytes, pg) NODE(id, "COMM_COLL_NODE", A("comm_type", kind) "," \
	A("comm_size", bytes) ",{\"name\":\"pg_name\",\"stringVal\":\"" pg "\"}")
#define SEND(to, bytes) NODE("4", "COMM_SEND_NODE", A("comm_size", bytes) "," A("comm_dst", to))

/* Every collective ends, in groups of several sizes; one rank alone has nothing to send. */
static void chakra__all_collectives(void)
{
	static const uint32_t flows[] = { 12, 2, 6, 2, 2, 2, 6, 6, 6, 4 };	/* of three ranks */

	for (unsigned kind = 0; kind < CHAKRA_COLLS; kind++) {
		char text[2][1024];
		const char *rank[4] = { text[0], text[0], "{}" COLL("7", "0", "64", "b"), text[1] };
		struct sim_flow_list l;
		char why[SIM_WHY_MAX], number[16];

		snprintf(number, sizeof(number), "%u", kind);
		for (int k = 0; k < 2; k++)
			snprintf(text[k], sizeof(text[k]), "{}" NODE("%d", "COMM_COLL_NODE",
				 A("comm_type", "%s") "," A("comm_size", "900")
				 ",{\"name\":\"pg_name\",\"string_val\":\"a\"}") NODE("9",
				 "METADATA_NODE", ""), 5 + k, number);
		CU_ASSERT_EQUAL(read_ranks(rank, 4, "x.json", &l, why), 0);
		CU_ASSERT_EQUAL(l.n, flows[kind]);
		if (l.n != flows[kind])
			printf("%u: %u flows %s\n", kind, l.n, why);
		sim_flow_list_fini(&l);
	}
}

static void chakra__wrong(void)
{
	static const struct { const char *rank[2], *says; } row[] = {
		{ { "" }, "x.json: byte 0: no object of the whole trace" },
		{ { "{}\n[1]" }, "x.json: byte 3: no JSON object" },
		{ { "{} {\"id\":1" }, "x.json: byte 3: no JSON object: is it cut off?" },
		{ { "{}{\"id\":\"x\"}" }, "x.json: byte 2: id: no whole number" },
		{ { "{}{\"type\":\"WALK_NODE\"}" }, "type: no type of node" },
		{ { "{}{\"ctrlDeps\":5}" }, "ctrl_deps, data_deps: no list of ids" },
		{ { "{}{\"durationMicros\":[]}" }, "duration_micros: no whole number" },
		{ { "{}{\"attr\":[{}]}" }, "attr: no name" },
		{ { "{}" NODE("3", "8", "") }, "x.json: node 3: type 8 is not known here" },
		{ { "{}{\"id\":3,\"type\":4,\"durationMicros\":\"1000000000001\"}" },
		  "node 3: duration_micros 1000000000001: at most" },
		{ { "{}{\"id\":3,\"type\":4,\"dataDeps\":[2]}" }, "node 3: needs node 2, which" },
		{ { "{}{\"id\":3,\"type\":4,\"dataDeps\":[3]}" }, "rank 0: node 3: 1 tasks wait" },
		{ { "{}" NODE("3", "METADATA_NODE", "") NODE("3", "METADATA_NODE", "") },
		  "node 3: is there twice" },
		{ { "{}" NODE("4", "COMM_SEND_NODE", A("comm_dst", "1")) }, "4: has no comm_size" },
		{ { "{}" NODE("4", "COMM_RECV_NODE", A("comm_size", "1")) }, "4: has no comm_src" },
		{ { "{}" SEND("4", "1") }, "node 4: comm_dst 4: 0 to 3" },
		{ { "{}" SEND("0", "1") }, "node 4: rank 0 sends to itself" },
		{ { "{}" SEND("1", "-5") }, "node 4: comm_size" },
		{ { "{}" SEND("1", "5") }, "rank 0: node 4: chip 0 sends to chip 1" },
		{ { "{}" NODE("4", "COMM_COLL_NODE", "") }, "node 4: has no comm_type" },
		{ { "{}" COLL("4", "10", "5", "") }, "node 4: comm_type 10: 0 to 9" },
		{ { "{}" COLL("4", "0", "5", ""), "{}" COLL("6", "2", "5", "") },
		  "rank 1: node 6: collective 0 of group '': another type" },
		{ { "{}" COLL("4", "0", "5", "g"), "{}" COLL("6", "0", "7", "g") },
		  "rank 1: node 6: collective 0 of group 'g': another comm_size" },
		{ { "{}" COLL("4", "0", "5", "g") COLL("5", "0", "5", "g"),
		    "{}" COLL("6", "0", "5", "g") },
		  "rank 0: node 5: collective 1 of group 'g': not all ranks" },
		{ { "{}" NODE("3", "METADATA_NODE", "") }, "no message in it" },
	};
	struct sim_scenario sc = scenario(SIM_WORK_CHAKRA, "/nonexistent/x");
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned n = row[i].rank[1] ? 2 : 1;

		CU_ASSERT_EQUAL(read_ranks(row[i].rank, n, "x.json", &l, why), -1);
		says(why, row[i].says);
		sim_flow_list_fini(&l);
	}
	memset(&l, 0, sizeof(l));
	CU_ASSERT_EQUAL(sim_chakra_read(&l, &sc, CHIPS, why), -1);
	says(why, "workload.file: /nonexistent/x.0.json: No such file");
	sim_flow_list_fini(&l);
}

/* One rank's binary trace, changed at every byte, or cut off there. */
static void chakra__cut_off_or_wrong_anywhere(void)
{
	struct sim_scenario sc = scenario(SIM_WORK_CHAKRA, "x");
	struct bytes whole = step(0);
	char why[SIM_WHY_MAX];

	for (size_t i = 0; i < 10 * whole.n; i++) {
		struct bytes file = whole;
		struct sim_flow_list l = { 0 };
		struct chakra *c = chakra_new(&l, &sc, CHIPS, why);
		int err;

		why[0] = 0;
		if (i < whole.n)
			file.n = i;
		else
			file.b[i % whole.n] ^= (uint8_t)(1u << (i / whole.n - 1) % 8);
		err = chakra_rank(c, "x.et", file.b, file.n);
		CU_ASSERT(!err || !strncmp(why, "x.et: ", 6));
		if (!err)
			err = chakra_close(c);
		CU_ASSERT(err == -1 ? why[0] != 0 : l.n > 0);
		chakra_free(c);
		sim_flow_list_fini(&l);
	}
}

WEFT_SUITE(trace) {
	{ "goal__takes_its_time", goal__takes_its_time },
	{ "goal__what_may_be_written", goal__what_may_be_written },
	{ "goal__wrong", goal__wrong },
	{ "goal__background_is_no_message", goal__background_is_no_message },
	{ "goal__cut_off_or_wrong_anywhere", goal__cut_off_or_wrong_anywhere },
	{ "chakra__takes_its_time", chakra__takes_its_time },
	{ "chakra__all_collectives", chakra__all_collectives },
	{ "chakra__wrong", chakra__wrong },
	{ "chakra__cut_off_or_wrong_anywhere", chakra__cut_off_or_wrong_anywhere },
};
