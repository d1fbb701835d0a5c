/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Topologies of htsim (.topo): fat trees of two or three tiers, as
 *
 *	Nodes 128
 *	Tiers 3
 *	Podsize 16
 *	Tier 0
 *	Downlink_speed_Gbps 400		of the links down from this tier's switches
 *	Downlink_Latency_ns 500
 *	Radix_Down 4			links down of a switch
 *	Radix_Up 4			links up, but of the last tier
 *	Bundle 1			links between the same two switches, from tier 1 on
 *
 * and so on for the other tiers; '#' begins a comment, capitals do not matter. Switch_Latency_ns
 * must be 0: delays of links have it in them here. Queue_Up and Queue_Down are queue.bytes here,
 * and Oversubscribed follows from the radices; they are passed over. Switches have numbers by tier;
 * of a pod the switch j of tier 1 is joined to the j-th of equal shares of tier 2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/graph.h"
#include "sim/scenario.h"
#include "sim/util.h"

enum { SWITCHES_MAX = 1 << 13, TIERS = 3, GBPS_MAX = 3200, DELAY_MAX = 10000000 };

enum key { NODES, TIERS_KEY, PODSIZE, TIER, SPEED, LATENCY, DOWN, UP, BUNDLE, SWITCH_LATENCY,
	   QUEUE_UP, QUEUE_DOWN, OVERSUBSCRIBED, KEYS };

static const char *const key_name[KEYS] = { "Nodes", "Tiers", "Podsize", "Tier",
	"Downlink_speed_Gbps", "Downlink_Latency_ns", "Radix_Down", "Radix_Up", "Bundle",
	"Switch_Latency_ns", "Queue_Up", "Queue_Down", "Oversubscribed" };

struct reader {
	struct sim_spot at;
	unsigned long of[TIERS][KEYS];	/* 0: not said; of the whole in tier 0's */
	unsigned tier;
	bool in_tier;
};

#define bad(r, ...) sim_bad(&(r)->at, __VA_ARGS__)

static int take_line(struct reader *r, const char *p)
{
	size_t len = strcspn(p, " \t\r\n");
	unsigned long v = 0;
	char *end = NULL;
	int k = 0;

	while (k < KEYS && (strlen(key_name[k]) != len || strncasecmp(p, key_name[k], len)))
		k++;
	if (k == KEYS)
		return bad(r, "'%.*s' is not known here", (int)(len < 40 ? len : 40), p);
	p += len + strspn(p + len, " \t");
	errno = 0;
	if (*p >= '0' && *p <= '9')
		v = strtoul(p, &end, 10);
	if (!end || errno || v > SIM_CHIPS_MAX * 16ul ||
	    (end[strspn(end, " \t\r\n")] && end[strspn(end, " \t\r\n")] != '#'))
		return bad(r, "%s: one whole number belongs here", key_name[k]);
	if (k == TIER) {
		if (v != (r->in_tier ? r->tier + 1 : 0) || v >= TIERS)
			return bad(r, "Tier %lu: 0, 1 and, if there are three, 2, in order", v);
		r->tier = (unsigned)v;
		r->in_tier = true;
		return 0;
	}
	if (k == SWITCH_LATENCY && v)
		return bad(r, "Switch_Latency_ns %lu: add it to Downlink_Latency_ns; here it is 0",
			   v);
	if (k > TIER && !r->in_tier)
		return bad(r, "%s: no Tier above it", key_name[k]);
	r->of[k < TIER ? 0 : r->tier][k] = v;
	return 0;
}

/* A number that must be there; `tier` is of tiers alone. */
static int need(struct reader *r, unsigned tier, enum key k, unsigned long max)
{
	unsigned long v = r->of[tier][k];

	if (v && v <= max)
		return 0;
	if (k < TIER)
		return bad(r, "%s: 1 to %lu", key_name[k], max);
	return bad(r, "Tier %u: %s: 1 to %lu", tier, key_name[k], max);
}

/* Do the numbers make a fat tree? */
static int check(struct reader *r)
{
	unsigned long nodes, pod, tiers, below;

	if (need(r, 0, NODES, SIM_CHIPS_MAX) || need(r, 0, TIERS_KEY, TIERS))
		return -1;
	nodes = r->of[0][NODES];
	tiers = r->of[0][TIERS_KEY];
	if (tiers < 2 || r->tier + 1 != tiers || nodes < 2)
		return bad(r, "Tiers %lu: 2 or 3, and so many 'Tier N'; two chips or more", tiers);
	if (need(r, 0, PODSIZE, nodes))
		return -1;
	pod = r->of[0][PODSIZE];
	for (unsigned t = 0; t < tiers; t++) {
		if (!r->of[t][BUNDLE])
			r->of[t][BUNDLE] = 1;
		if (need(r, t, SPEED, GBPS_MAX) || need(r, t, LATENCY, DELAY_MAX) ||
		    need(r, t, DOWN, nodes) || (t + 1 < tiers && need(r, t, UP, nodes)))
			return -1;
	}
	if (nodes % pod || pod % r->of[0][DOWN] || (tiers == 2 && pod != nodes))
		return bad(r, "Nodes %lu, Podsize %lu, Radix_Down of tier 0 %lu: each a multiple "
			   "of the next; of two tiers there is one pod", nodes, pod,
			   r->of[0][DOWN]);
	for (unsigned t = 1; t < tiers; t++) {
		below = t == 1 ? pod / r->of[0][DOWN] : nodes / pod;
		if (r->of[t][DOWN] != below * r->of[t][BUNDLE] ||
		    r->of[t - 1][UP] % r->of[t][BUNDLE])
			return bad(r, "Tier %u: Radix_Down %lu, Bundle %lu: %lu times Bundle links "
				   "go down; Radix_Up of the tier below is a multiple of it", t,
				   r->of[t][DOWN], r->of[t][BUNDLE], below);
	}
	return 0;
}

static void join(struct reader *r, struct sim_graph *g, uint32_t a, uint32_t b, unsigned tier)
{
	const struct sim_graph_link l = { .a = a, .b = b, .gbps = (uint32_t)r->of[tier][SPEED],
					  .delay_ns = (uint32_t)r->of[tier][LATENCY] };

	for (unsigned long i = 0; i < r->of[tier][BUNDLE]; i++)
		sim_graph_join(g, &l);
}

static struct sim_graph *build(struct reader *r)
{
	bool three = r->of[0][TIERS_KEY] == 3;
	uint32_t nodes = (uint32_t)r->of[0][NODES], pods = nodes / (uint32_t)r->of[0][PODSIZE];
	uint32_t below = (uint32_t)r->of[0][DOWN], tors = nodes / below, in_pod = tors / pods;
	uint32_t aggs = (uint32_t)(r->of[0][UP] / r->of[1][BUNDLE]);
	uint32_t share = three ? (uint32_t)(r->of[1][UP] / r->of[2][BUNDLE]) : 0;
	uint64_t switches = tors + (uint64_t)pods * aggs + (uint64_t)aggs * share;
	struct sim_graph *g;

	if (switches > SWITCHES_MAX) {
		bad(r, "%llu switches; at most %d", (unsigned long long)switches, SWITCHES_MAX);
		return NULL;
	}
	g = sim_graph_new(nodes, (uint32_t)switches);
	for (uint32_t i = 0; i < nodes; i++) {
		g->home[i] = i / below;
		g->below[i].gbps = (uint32_t)r->of[0][SPEED];
		g->below[i].delay_ns = (uint32_t)r->of[0][LATENCY];
	}
	for (uint32_t i = 0; i < tors; i++)
		for (uint32_t j = 0; j < aggs; j++)
			join(r, g, i, tors + i / in_pod * aggs + j, 1);
	for (uint32_t i = 0; i < pods * aggs; i++)
		for (uint32_t j = 0; j < share; j++)
			join(r, g, tors + i, tors + pods * aggs + i % aggs * share + j, 2);
	return g;
}

struct sim_graph *sim_graph_read_topo(FILE *f, const struct sim_spot *at, const char *first)
{
	struct reader r = { .at = *at };
	char *line = NULL;
	size_t room = 0;
	int err = take_line(&r, first);

	while (!err && getline(&line, &room, f) >= 0) {
		const char *p = line + strspn(line, " \t\r\n");

		r.at.line++;
		if (*p && *p != '#')
			err = take_line(&r, p);
	}
	free(line);
	if (!err && ferror(f))
		err = bad(&r, "cannot be read: %s", strerror(errno));
	return err || check(&r) ? NULL : build(&r);
}
