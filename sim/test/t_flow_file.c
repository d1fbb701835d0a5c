/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim/flow_file.c and sim/flow_foreign.c: files of flows, right, wrong, and cut off anywhere. What
 * is wrong in files of our own is in t_flows.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/flow_file.h"
#include "tools/test/cunit_main.h"

enum { CHIPS = 16 };

static int read_text(struct sim_flow_list *l, const char *text, size_t n, char why[SIM_WHY_MAX])
{
	char path[] = "/tmp/weft-t_flow_file.XXXXXX";
	int fd = mkstemp(path), err;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, n), (ssize_t)n);
	close(fd);
	memset(l, 0, sizeof(*l));
	why[0] = 0;
	err = sim_flow_file_read(l, path, CHIPS, why);
	unlink(path);
	return err;
}

struct want {
	uint64_t id, bytes;
	sim_time start;
	uint32_t src, dst, after;
};

static void check(const char *text, const struct want *want, uint32_t n)
{
	struct sim_flow_list l;
	char why[SIM_WHY_MAX];

	CU_ASSERT_EQUAL_FATAL(read_text(&l, text, strlen(text), why), 0);
	CU_ASSERT_EQUAL_FATAL(l.n, n);
	for (uint32_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(l.flow[i].id, want[i].id);
		CU_ASSERT_EQUAL(l.flow[i].src, want[i].src);
		CU_ASSERT_EQUAL(l.flow[i].dst, want[i].dst);
		CU_ASSERT_EQUAL(l.flow[i].bytes, want[i].bytes);
		CU_ASSERT_EQUAL(l.flow[i].start, want[i].start);
		CU_ASSERT_EQUAL(l.flow[i].after, want[i].after);
	}
	sim_flow_list_fini(&l);
}

#define CM "Nodes 16\nConnections 4\nTriggers 2\n" \
	   "0->1 id 7 trigger 2 size 100\n" \
	   "2->3 id 8 start 5000 size 200 send_done_trigger 1\n" \
	   "4->5 id 9 trigger 1 size 300 send_done_trigger 2 prio 3\n" \
	   "6->15 size 400\n" \
	   "trigger id 1 oneshot\ntrigger id 2 oneshot\n"

#define HPCC "3\n0 1 3 100 4096 2.0000015\n\n2 15 3 101 1000000 2.000000000001\n" \
	     "3 4 0 9 1 2\n"

/* Whoever waits for a trigger comes behind the one that fires it, wherever it stood. */
static void cm__triggers_and_order(void)
{
	static const struct want want[] = {
		{ 8, 200, 5000, 2, 3, SIM_NO_FLOW }, { 9, 300, 0, 4, 5, 0 }, { 7, 100, 0, 0, 1, 1 },
		{ ((uint64_t)1 << 32) + 3, 400, 0, 6, 15, SIM_NO_FLOW },
	};

	check(CM, want, 4);
}

static void hpcc__times_from_the_first(void)
{
	static const struct want want[] = {
		{ 1, 4096, 1500000, 0, 1, SIM_NO_FLOW }, { 2, 1000000, 1, 2, 15, SIM_NO_FLOW },
		{ 3, 1, 0, 3, 4, SIM_NO_FLOW },
	};

	check(HPCC, want, 3);
}

static void csv__with_a_head(void)
{
	static const struct want want[] = {
		{ 5, 10, 0, 0, 1, SIM_NO_FLOW }, { 6, 20, 7, 1, 0, 0 },
	};

	check("id,src,dst,bytes,start_ps,after_id\n5,0,1,10,0,0\n6, 1, 0, 20, 7, 5\n", want, 2);
}

static void wrong__says_where_and_what(void)
{
	static const struct { const char *text, *says; } row[] = {
		{ "Nodes 17\n", ":1: Nodes 17: the topology has 16 chips" },
		{ "Nodes x\n", ":1: Nodes: no number" },
		{ "Nodes 4\nConnections 0\n", ":2: Connections" },
		{ "Nodes 4\nLinks 3\n", ":2: a line is" },
		{ "Nodes 4\nConnections 2\n0->1 size 9\n", ": 1 flows, but it says that" },
		{ "Nodes 4\n0->1 size 0\n", ":2: 0 bytes" },
		{ "Nodes 4\n0->1 start 5\n", ":2: 0 bytes" },
		{ "Nodes 4\n0->16 size 9\n", ":2: chip 16 does not exist" },
		{ "Nodes 4\n3->3 size 9\n", ":2: chip 3 sends to itself" },
		{ "Nodes 4\n0-1 size 9\n", ":2: a connection is" },
		{ "Nodes 4\n0->x size 9\n", ":2: no chip after" },
		{ "Nodes 4\n0->1 size\n", ":2: size: no number" },
		{ "Nodes 4\n0->1 size 9 colour 3\n", ":2: 'colour' is not known" },
		{ "Nodes 4\n0->1 id 3 size 9\n1->2 id 3 size 9\n", ":3: id 3 is there" },
		{ "Nodes 4\n0->1 size 9 recv_done_trigger 1\n", ":2: recv_done_trigger" },
		{ "Nodes 4\n0->1 id 1 size 9 trigger 5\n", "trigger 5, which none fires" },
		{ "Nodes 4\n0->1 id 1 size 9 trigger 5 send_done_trigger 5\n", "in a circle" },
		{ "Nodes 4\n0->1 id 1 size 9 trigger 5 send_done_trigger 6\n"
		  "0->1 id 2 size 9 trigger 6 send_done_trigger 5\n1->2 id 3 size 9\n",
		  "in a circle" },
		{ "Nodes 4\n0->1 id 1 size 9 send_done_trigger 5\n"
		  "0->1 id 2 size 9 send_done_trigger 5\n", "fired by connections 1 and 2" },
		{ "Nodes 4\ntrigger id 3 barrier 2\n", ":2: trigger 3 waits for 2" },
		{ "Nodes 4\ntrigger 3 oneshot\n", ":2: a trigger is" },
		{ "0\n", ":1: 0 flows" },
		{ "2\n0 1 3 100 4096 2.0\n", ": 1 flows, but it says that there are 2" },
		{ "1\n0 1 3 100 4096\n", ":2: no start" },
		{ "1\n0 1 3 100\n", ":2: no bytes" },
		{ "1\n0 1 3 100 4096 2.0 7\n", ":2: more than" },
		{ "1\n0 1 3 100 4096 99999999999\n", ":2: no start" },
		{ "1\n0 99 3 100 4096 1\n", ":2: chip 99 does not exist" },
		{ "1\n", ": no flow in it" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sim_flow_list l;
		char why[SIM_WHY_MAX];

		CU_ASSERT_EQUAL(read_text(&l, row[i].text, strlen(row[i].text), why), -1);
		CU_ASSERT(strstr(why, row[i].says) != NULL);
		if (!strstr(why, row[i].says))
			printf("'%s' does not say '%s'\n", why, row[i].says);
		sim_flow_list_fini(&l);
	}
}

/* Cut off anywhere it is refused, or has as many flows as it says; one byte wrong is no crash. */
static void cut_off_or_wrong__anywhere(void)
{
	static const char *const whole[] = { CM, HPCC };
	static const char wrong[] = { 0, ' ', '9', '-', 'x', '\n', '#', ',', '.', '>' };

	for (size_t k = 0; k < 2; k++) {
		size_t n = strlen(whole[k]);
		char text[512], why[SIM_WHY_MAX];
		struct sim_flow_list l;
		int err;

		for (size_t cut = 0; cut < n; cut++) {
			err = read_text(&l, whole[k], cut, why);
			CU_ASSERT(err == -1 ? why[0] != 0 : l.n == (k ? 3 : 4));
			sim_flow_list_fini(&l);
		}
		for (size_t at = 0; at < n * sizeof(wrong); at++) {
			memcpy(text, whole[k], n);
			text[at / sizeof(wrong)] = wrong[at % sizeof(wrong)];
			err = read_text(&l, text, n, why);
			CU_ASSERT(err == -1 ? why[0] != 0 : l.n > 0);
			for (uint32_t i = 0; !err && i < l.n; i++)
				CU_ASSERT(l.flow[i].after == SIM_NO_FLOW || l.flow[i].after < i);
			sim_flow_list_fini(&l);
		}
	}
}

WEFT_SUITE(flow_file) {
	{ "cm__triggers_and_order", cm__triggers_and_order },
	{ "hpcc__times_from_the_first", hpcc__times_from_the_first },
	{ "csv__with_a_head", csv__with_a_head },
	{ "wrong__says_where_and_what", wrong__says_where_and_what },
	{ "cut_off_or_wrong__anywhere", cut_off_or_wrong__anywhere },
};
