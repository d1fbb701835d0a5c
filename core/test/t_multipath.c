/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two chips over several paths and ports, some of which die, in virtual time: what the streams
 * notice, and how long it takes.
 */
#include "core/test/net.h"
#include "tools/test/cunit_main.h"

#define RTO_NS 1000000ull		/* the least: round trips here are microseconds */

struct dying {
	uint64_t from, to;	/* when the paths in `paths` carry nothing */
	uint32_t paths;		/* bits */
	int dir;		/* packets of this node; 2: of both */
};

static bool dies(struct net *net, int from, uint8_t *bytes, uint32_t *len, void *arg)
{
	const struct dying *d = arg;
	uint32_t path = ((uint32_t)bytes[2] << 8 | bytes[3]) - 0xc000u;

	(void)len;
	if (net->now < d->from || net->now >= d->to || (d->dir != 2 && d->dir != from))
		return true;
	return path > 31 || !(d->paths >> path & 1);
}

static struct net *start(struct net_opts *o, struct net_stream **st)
{
	struct net *net;

	o->seed = (uint32_t)weft_test_seed;
	net = net_new(o);
	net_mr(&net->n[1], 7, 0x10000, 1 << 20, WEFT_MR_WRITE | WEFT_MR_READ | WEFT_MR_RELAXED);
	*st = net_connect(net, 5);
	return net;
}

/* WRITEs one after the other; how many took longer than `slow_ns`, and the longest. */
static unsigned run(struct net *net, struct net_stream *st, unsigned n, uint32_t len,
		    uint64_t slow_ns, uint64_t *longest)
{
	static uint8_t data[64 * 1024];
	unsigned slow = 0;

	*longest = 0;
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = net->now;

		memset(data, (int)i + 1, len);
		CU_ASSERT_EQUAL(net_post(st, WEFT_OPCODE_WRITE, i, data, len, 7, 0x10000, 0),
				WEFT_OK);
		CU_ASSERT(net_wait(net, st, st->n_wc + 1));
		CU_ASSERT_EQUAL(st->wc[st->n_wc - 1].status, WEFT_STATUS_OK);
		CU_ASSERT(!memcmp(net->n[1].mr_mem[0], data, len));
		at = net->now - at;
		slow += at > slow_ns;
		*longest = at > *longest ? at : *longest;
		net->now += 20000;
	}
	return slow;
}

/*
 * WEFT-CC-050: one path of four dies, in either direction or both.  No WRITE takes longer than one
 * timeout, and after the first few none is late at all.
 */
static void path_dies__costs_at_most_one_timeout(void)
{
	for (int dir = 0; dir < 3; dir++)
		for (int probes = 0; probes < 2; probes++)
			for (uint32_t len = 256; len <= 16 * 1024; len *= 64) {
				uint32_t f = probes ? WEFT_FEATURES_PROBE : 0;
				struct net_opts o = { .paths = 4, .features = f };
				struct dying d = { .to = UINT64_MAX, .paths = 1 << 2, .dir = dir };
				struct net_stream *st;
				struct net *net = start(&o, &st);
				uint64_t longest;

				run(net, st, 20, len, 0, &longest);
				CU_ASSERT(longest < 60000);
				net->filter = dies;
				net->filter_arg = &d;
				d.from = net->now;
				run(net, st, 60, len, 0, &longest);
				CU_ASSERT(longest < RTO_NS + 100000);
				if (probes && dir == 0)
					CU_ASSERT_EQUAL(run(net, st, 100, len, 60000, &longest), 0);
				net_free(net);
			}
}

/* A context that rests has forgotten what its paths showed, if that was nothing bad. */
static unsigned level(const struct net *net, uint16_t path)
{
	const struct weft_pdc *p = net->n[0].pdc;

	return p->paths ? p->paths->at[path].level : 0;
}

/* A probe finds the path alive again, and it is used. */
static void path_returns__is_used_again(void)
{
	struct net_opts o = { .paths = 4, .features = WEFT_FEATURES_PROBE };
	struct dying d = { .to = UINT64_MAX, .paths = 1 << 1, .dir = 0 };
	struct net_stream *st;
	struct net *net = start(&o, &st);
	uint64_t longest;

	net->filter = dies;
	net->filter_arg = &d;
	d.from = net->now;
	run(net, st, 60, 8192, 0, &longest);
	CU_ASSERT_EQUAL(level(net, 1), PATH_BAD);
	d.to = net->now;
	for (int i = 0; i < 200 && level(net, 1); i++) {
		net->now += 5000000;
		run(net, st, 5, 8192, 0, &longest);
	}
	CU_ASSERT_EQUAL(level(net, 1), 0);
	net_free(net);
}

/*
 * WEFT-CC-055, WEFT-CC-056, WEFT-CC-057: a port fails, and the host of one end says so.  Nothing
 * times out at that end, the peer follows, and the streams notice nothing.
 */
static void port_fails__host_says_so(void)
{
	for (int mode = 0; mode < 2; mode++)
		for (int who = 0; who < 2; who++) {
			struct net_opts o = { .paths = 8, .ports = 2,
					      .mode = mode ? WEFT_MODE_ROD : WEFT_MODE_RUD,
					      .features = WEFT_FEATURES_PROBE };
			struct dying d = { .to = UINT64_MAX, .paths = 0x55, .dir = 2 };
			struct net_stream *st;
			struct net *net = start(&o, &st);
			uint64_t longest;

			run(net, st, 20, 16384, 0, &longest);
			net->filter = dies;
			net->filter_arg = &d;
			d.from = net->now + 3000;	/* in the middle of the next one */
			CU_ASSERT_EQUAL(net_post(st, WEFT_OPCODE_WRITE, 1, net->n[1].mr_mem[0],
						 60000, 7, 0x10000, 0), WEFT_OK);
			net_run(net, 4000, NULL, NULL);
			weft_port_set(net->n[who].pdc, 0, false, net->now);
			CU_ASSERT(net_wait(net, st, st->n_wc + 1));
			run(net, st, 40, 16384, 0, &longest);
			CU_ASSERT(longest < 100000);	/* no timeout */
			CU_ASSERT_EQUAL(net->n[!who].pdc->peer_ports_down, 1);
			CU_ASSERT(!st->error && !net->n[0].failed && !net->n[1].failed);
			/* and back */
			d.to = net->now;
			weft_port_set(net->n[who].pdc, 0, true, net->now);
			run(net, st, 40, 16384, 0, &longest);
			CU_ASSERT(longest < RTO_NS);
			CU_ASSERT_EQUAL(net->n[!who].pdc->peer_ports_down, 0);
			net_free(net);
		}
}

/* Nobody says so: half of the paths die, in one direction or both. */
static void port_fails__nobody_says_so(void)
{
	for (int mode = 0; mode < 2; mode++)
		for (int dir = 0; dir < 3; dir++) {
			struct net_opts o = { .paths = 4, .ports = 2,
					      .mode = mode ? WEFT_MODE_ROD : WEFT_MODE_RUD,
					      .features = WEFT_FEATURES_PROBE };
			struct dying d = { .to = UINT64_MAX, .paths = 5, .dir = dir };
			struct net_stream *st;
			struct net *net = start(&o, &st);
			uint64_t longest;

			run(net, st, 20, 8192, 0, &longest);
			net->filter = dies;
			net->filter_arg = &d;
			d.from = net->now;
			run(net, st, 60, 8192, 0, &longest);
			CU_ASSERT(!st->error && !net->n[0].failed && !net->n[1].failed);
			run(net, st, 100, 8192, 0, &longest);
			CU_ASSERT(longest < RTO_NS + 100000);
			net_free(net);
		}
}

/* Every rule gets everything across whatever the network does. */
static void path_laws__bad_network(void)
{
	for (int law = 0; law < WEFT_PATH_LAWS; law++) {
		struct net_opts o = { .paths = 32, .ports = 4, .loss = 0.05, .jitter_ns = 5000,
				      .path_law = (enum weft_path_law)law,
				      .features = WEFT_FEATURES_PROBE };
		struct net_stream *st;
		struct net *net = start(&o, &st);
		uint64_t longest;

		run(net, st, 200, 16384, 0, &longest);
		net_free(net);
	}
}

WEFT_SUITE(t_multipath) {
	{ "path_dies__costs_at_most_one_timeout", path_dies__costs_at_most_one_timeout },
	{ "path_returns__is_used_again", path_returns__is_used_again },
	{ "port_fails__host_says_so", port_fails__host_says_so },
	{ "port_fails__nobody_says_so", port_fails__nobody_says_so },
	{ "path_laws__bad_network", path_laws__bad_network },
};
