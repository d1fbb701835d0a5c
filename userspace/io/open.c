/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a carriage: takes the URL apart, finds the driver, wraps the shims around it, and passes
 * the public calls on.  Decides the order of the shims: the host sees the recorder first, behind
 * it the impairment, behind that the driver, so that a recording shows what this host sent and
 * saw, and the impairment is part of the network.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/io/driver.h"

static const struct wio_driver *const drivers[] = {
	&wio_udp_driver, &wio_packet_driver, &wio_pcap_driver, &wio_mem_driver,
};

static uint64_t monotonic(void *arg)
{
	struct timespec t;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int find_driver(const struct wio_cfg *c, const char *name, size_t n,
		       const struct wio_driver **d)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strlen(drivers[i]->name) == n && !memcmp(drivers[i]->name, name, n)) {
			*d = drivers[i];
			return 0;
		}
	}
	if (n == 4 && !memcmp(name, "dpdk", 4))
		return wio_dpdk_load(c, d);
	return wio_fail(c, -EINVAL,
			"carriage URL: no driver '%.*s'; there are udp, packet, dpdk, pcap and mem",
			(int)(n > 32 ? 32 : n), name);
}

/* Driver first, then the shims from the inside out. */
static int open_chain(const struct wio_driver *d, const struct wio_cfg *c, struct wio **out)
{
	struct wio *w, *shim;
	int err = d->open(c, &w);

	if (err)
		return err;
	if (wio_impair_wanted(c->q)) {
		err = wio_impair_open(c, w, &shim);
		if (err)
			goto close_w;
		w = shim;
	}
	if (wio_record_wanted(c->q)) {
		err = wio_record_open(c, w, &shim);
		if (err)
			goto close_w;
		w = shim;
	}
	*out = w;
	return 0;

close_w:
	w->ops->close(w);
	return err;
}

static int open_query(const struct wio_driver *d, struct wio_cfg *c, const char *query,
		      const char *more, struct wio **out)
{
	struct wio_query q = { .n = 0, .tables = { d->keys, wio_impair_keys, wio_record_keys } };
	int err = wio_query_parse(&q, query, c);

	c->q = &q;
	if (!err)
		err = wio_query_parse(&q, more, c);
	if (!err)
		err = open_chain(d, c, out);
	wio_query_free(&q);
	return err;
}

/* |url| is a copy that may be cut into pieces. */
static int open_url(char *url, const struct wio_opts *o, struct wio_cfg *c, struct wio **out)
{
	const struct wio_driver *d = NULL;
	char *colon = strchr(url, ':');
	char *query;
	int err;

	if (!colon)
		return wio_fail(c, -EINVAL,
				"carriage URL '%s': write DRIVER:WHERE, such as udp:10.0.0.1", url);
	query = strchr(colon, '?');
	if (query)
		*query++ = '\0';
	err = find_driver(c, url, (size_t)(colon - url), &d);
	if (err)
		return err;
	c->where = colon + 1;
	return open_query(d, c, query, o->query, out);
}

int wio_open(const char *url, const struct wio_opts *opts, struct wio **out, char *err,
	     size_t errlen)
{
	static const struct wio_opts none;
	const struct wio_opts *o = opts ? opts : &none;
	struct wio_cfg c = {
		.now = o->now ? o->now : monotonic,
		.now_arg = o->now_arg,
		.virtual_time = o->now != NULL,
		.err = err,
		.errlen = errlen,
	};
	char *keep = strdup(url), *cut = strdup(url);
	int r = -ENOMEM;

	*out = NULL;
	if (err && errlen)
		err[0] = '\0';
	if (keep && cut)
		r = open_url(cut, o, &c, out);
	else
		wio_fail(&c, r, "carriage: out of memory");
	free(cut);
	if (r)
		free(keep);
	else
		(*out)->url = keep;
	return r;
}

void wio_close(struct wio *w)
{
	char *url;

	if (!w)
		return;
	url = w->url;
	w->ops->close(w);
	free(url);
}

int wio_recv(struct wio *w, struct wio_frame *f, int max)
{
	return w->ops->recv(w, f, max);
}

void wio_release(struct wio *w)
{
	w->ops->release(w);
}

int wio_send(struct wio *w, const struct wio_tx *t, int n)
{
	return w->ops->send(w, t, n);
}

int wio_fd(struct wio *w)
{
	return w->ops->fd(w);
}

uint32_t wio_mtu(struct wio *w, const struct wio_addr *dst)
{
	return w->ops->mtu(w, dst);
}

const struct wio_addr *wio_local(const struct wio *w)
{
	return &w->local;
}

int wio_broadcast_addr(const struct wio *w, struct wio_addr *a)
{
	*a = w->bcast;
	return a->family == WIO_NONE ? -EADDRNOTAVAIL : 0;
}

int wio_stats(struct wio *w, struct wio_stat *s, int max)
{
	struct wio_stat_out o = { .s = s, .max = max, .n = 0 };

	w->ops->stats(w, &o);
	return o.n;
}

const char *wio_url(const struct wio *w)
{
	return w->url;
}
