/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening and closing a port: options and their defaults, who this chip is.  What a port does
 * is turn.c's.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "userspace/lib/lib.h"

#define LINGER_NS (100 * WEFT_MSEC)	/* for which closing waits for the peers */

int weftu_fail(struct weft_port *port, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(port->error, sizeof(port->error), fmt, ap);
	va_end(ap);
	return code;
}

const char *weft_error(const struct weft_port *port)
{
	return port->error;
}

/* With a seed: repeatable.  Without: the system's. */
uint64_t weftu_random(struct weft_port *port)
{
	uint64_t z;

	if (!port->o.seed && getrandom(&z, sizeof(z), 0) == sizeof(z))
		return z;
	port->random += 0x9e3779b97f4a7c15u;
	z = port->random;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t monotonic(void *arg)
{
	struct timespec t;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * WEFT_SECOND + (uint64_t)t.tv_nsec;
}

/* Grows with each start: 1/64 s of real time.  Compared serially, so it may wrap. */
static uint32_t incarnation(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint32_t)((uint64_t)t.tv_sec * 64 + (uint64_t)t.tv_nsec / (WEFT_SECOND / 64));
}

static uint64_t fnv(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3u;
	return h;
}

/* The same machine and address give the same ID; locally administered, not a group. */
static uint64_t derive_chip_id(const char *addr)
{
	char id[64] = "";
	FILE *f = fopen("/etc/machine-id", "re");
	uint64_t h;

	if (f) {
		if (!fgets(id, sizeof(id), f))
			id[0] = '\0';
		fclose(f);
	}
	h = fnv(fnv(0xcbf29ce484222325u, id), addr);
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	h ^= h >> 32;
	return (h & ~(0x03ull << 56)) | 0x02ull << 56;
}

/* ---- Options --------------------------------------------------------------------- */

static bool power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

static int check_range(struct weft_port *port, const char *what, uint64_t v, uint64_t min,
		       uint64_t max)
{
	if (v >= min && v <= max)
		return 0;
	return weftu_fail(port, -EINVAL, "port option %s is %llu: give %llu to %llu", what,
			  (unsigned long long)v, (unsigned long long)min, (unsigned long long)max);
}

static const char *law_name(int i)
{
	return weft_cc_name((enum weft_cc_law)i);
}

static const char *path_law_name(int i)
{
	return weft_path_law_name((enum weft_path_law)i);
}

#define GRANT_QUANTUM 64	/* packets: each grant costs a system call */

/* Which of the engine's names is it? */
static bool named(const char *text, const char *(*name)(int), int *out)
{
	for (*out = 0; name(*out); ++*out)
		if (!strcmp(text, name(*out)))
			return true;
	return false;
}

static int check_opts(struct weft_port *port)
{
	const struct weft_port_opts *o = &port->o;
	int err, n;

	if ((err = check_range(port, "max_payload", o->max_payload, 64, PAYLOAD_TOP)) ||
	    (err = check_range(port, "window", o->window, WEFT_MIN_WINDOW, WEFT_MAX_WINDOW)) ||
	    (err = check_range(port, "paths", o->paths, 1, WEFT_MAX_PATHS)) ||
	    (err = check_range(port, "domain", o->domain, 0, DOMAIN_MAX)) ||
	    (err = check_range(port, "max_contexts", o->max_contexts, 1, 65536)) ||
	    (err = check_range(port, "max_peers", o->max_peers, 16, 1u << 20)) ||
	    (err = check_range(port, "max_eps", o->max_eps, 1, 65536)) ||
	    (err = check_range(port, "max_streams", o->max_streams, 1, 4096)) ||
	    (err = check_range(port, "holds", o->holds, 0, 1024)) ||
	    (err = check_range(port, "chip_class", o->chip_class, 0, WEFT_CHIP_SWITCH)) ||
	    (err = check_range(port, "windows", o->windows, 1, WEFT_LS_WINDOWS)) ||
	    (err = check_range(port, "mem_tags", o->mem_tags, 1, WEFT_LS_TAGS)) ||
	    (err = check_range(port, "rd_tags", o->rd_tags, 1, WEFT_RD_TAGS)) ||
	    (err = check_range(port, "rd_rnr_retry", o->rd_rnr_retry, 1, 7)) ||
	    (err = check_range(port, "modes", o->modes, 1, WEFT_RUD | WEFT_ROD)))
		return err;
	if (!named(o->cc ? o->cc : o->fixed_window ? "fixed" : "swift", law_name, &n))
		return weftu_fail(port, -EINVAL, "port option cc is '%.32s': give swift, nscc, "
				  "dcqcn, credit or fixed", o->cc);
	port->cc = (enum weft_cc_law)n;
	if (!named(o->path_law ? o->path_law : "oblivious", path_law_name, &n))
		return weftu_fail(port, -EINVAL, "port option path_law is '%.32s': give "
				  "oblivious, least-marked or recycled", o->path_law);
	port->path_law = (enum weft_path_law)n;
	if (!power_of_two(o->window))
		return weftu_fail(port, -EINVAL, "port option window is %u: give a power of two",
				  o->window);
	if (o->min_rto_ns > o->max_rto_ns)
		return weftu_fail(port, -EINVAL, "port option min_rto_ns exceeds max_rto_ns");
	if (o->name && strlen(o->name) >= WEFT_NAME_MAX)
		return weftu_fail(port, -EINVAL, "port option name is longer than %d bytes",
				  WEFT_NAME_MAX - 1);
	return 0;
}

#define DEFAULT(field, value) do { if (!o->field) o->field = (value); } while (0)

static uint16_t default_holds(const struct weft_port_opts *o)
{
	uint32_t n = (16u << 20) / o->max_payload;	/* of memory touched only when used */

	if (n > o->window)
		n = o->window;
	return (uint16_t)(n < 1024 ? n : 1024);
}

static void set_defaults(struct weft_port *port, uint32_t payload)
{
	struct weft_port_opts *o = &port->o;

	DEFAULT(chip_class, WEFT_CHIP_CPU);
	DEFAULT(modes, WEFT_RUD | WEFT_ROD);
	DEFAULT(max_payload, (uint16_t)(payload < PAYLOAD_BEST ? payload : PAYLOAD_BEST));
	DEFAULT(window, 1024);
	DEFAULT(paths, 1);
	DEFAULT(max_contexts, 256);
	DEFAULT(max_peers, 1024);
	DEFAULT(max_eps, 4096);
	DEFAULT(max_streams, 256);
	DEFAULT(retry_limit, 12);	/* a fifth of all packets lost must not look like death */
	DEFAULT(max_rto_ns, 250 * WEFT_MSEC);
	DEFAULT(keepalive_ns, 2 * WEFT_SECOND);
	DEFAULT(idle_ns, 10 * WEFT_SECOND);
	DEFAULT(init_window, 64);
	DEFAULT(target_ns, 500 * WEFT_USEC);
	DEFAULT(answers_per_s, 10000);
	DEFAULT(windows, 64);
	DEFAULT(mem_tags, 64);
	DEFAULT(rd_tags, 64);
	DEFAULT(rd_rnr_retry, 7);
	if (o->holds == WEFT_NO_HOLDS)
		o->holds = 0;
	else
		DEFAULT(holds, default_holds(o));
	if (o->keepalive_ns == WEFT_FOREVER)
		o->keepalive_ns = 0;
	if (o->idle_ns == WEFT_FOREVER)
		o->idle_ns = 0;
	if (!o->incarnation)
		o->incarnation = o->seed ? 1 : incarnation();
	o->profiles |= WEFT_PROFILE_CORE | (o->modes & WEFT_RUD ? WEFT_PROFILE_AI : 0u) |
		       (o->withheld & WEFT_OFFER_MEM ? 0u : WEFT_PROFILE_MEM);
}

/* ---- Who we are ------------------------------------------------------------------ */

static void set_me(struct weft_port *port)
{
	const struct weft_port_opts *o = &port->o;
	struct weft_chip_info *me = &port->me;

	me->chip_id = o->chip_id ? o->chip_id : derive_chip_id(port->addr_text);
	me->incarnation = o->incarnation;
	me->vendor = o->vendor;
	me->profiles = o->profiles;
	me->chip_class = o->chip_class;
	me->modes = o->modes;
	me->version_min = me->version_max = WEFT_VERSION;
	me->max_payload = o->max_payload;
	me->max_window = o->window;
	me->paths = o->paths;
	snprintf(me->name, sizeof(me->name), "%s",
		 o->name ? o->name : program_invocation_short_name);
	snprintf(me->addr, sizeof(me->addr), "%s", port->addr_text);
	weftu_hello_self(port);
}

static int set_tables(struct weft_port *port)
{
	port->keys.salt = weftu_random(port);
	port->peers.salt = weftu_random(port);
	port->remotes.salt = weftu_random(port);
	port->listeners.salt = weftu_random(port);
	port->dgrams.salt = port->listeners.salt;
	port->by_addr.salt = weftu_random(port);
	port->secret[0] = weftu_random(port);
	port->secret[1] = weftu_random(port);
	port->next_transaction = (uint32_t)weftu_random(port);
	port->active_tail = &port->active;
	if (!weftu_ids_init(&port->ctx_ids, port->o.max_contexts, 4, weftu_random(port)) ||
	    !weftu_ids_init(&port->ep_ids, port->o.max_eps, 1, weftu_random(port)) ||
	    !weftu_heap_reserve(&port->timers, port->o.max_contexts))
		return weftu_fail(port, -ENOMEM, "out of memory for the port's tables");
	return 0;
}

static int open_carriage(struct weft_port *port, const char *url)
{
	struct wio_opts io = { .now = port->o.now, .now_arg = port->o.now_arg };
	char err[WEFT_ERROR_MAX] = "";
	int r = wio_open(url, &io, &port->io, err, sizeof(err));

	if (r)
		return weftu_fail(port, r, "%s", err);
	port->virtual_clock = port->o.now != NULL;
	if (!port->o.now)
		port->o.now = monotonic;
	wio_addr_str(wio_local(port->io), port->addr_text);
	return 0;
}

/* Payload that fits a carriage's longest packet; a multiple of 8 keeps words whole. */
static uint32_t payload_of(uint32_t mtu)
{
	uint32_t payload = mtu > WEFT_OVERHEAD ? (mtu - WEFT_OVERHEAD) & ~7u : 0;

	return payload < PAYLOAD_TOP ? payload : PAYLOAD_TOP;
}

/* Others may send us what their paths allow; the path to ourselves allows most. */
static uint32_t longest(struct weft_port *port)
{
	uint32_t any = wio_mtu(port->io, NULL), self = wio_mtu(port->io, wio_local(port->io));

	return any > self ? any : self;
}

static int open_all(struct weft_port *port, const char *url)
{
	uint32_t payload;
	int err = open_carriage(port, url);

	if (err)
		return err;
	payload = payload_of(longest(port));
	if (payload < 64)
		return weftu_fail(port, -EMSGSIZE, "carriage %s: packets of %u bytes are too short",
				  url, longest(port));
	set_defaults(port, payload);
	err = check_opts(port);
	if (err)
		return err;
	port->packet_max = payload + WEFT_HDR_MAX + WEFT_HDR_CRC_LEN;
	err = set_tables(port);
	if (err)
		return err;
	set_me(port);
	weft_grantor_init(&port->grantor, port->o.link_mbps, GRANT_QUANTUM);
	port->answer_at = weftu_now(port);
	port->answer_credit = UINT32_MAX;	/* a full bucket, whatever that is */
	return 0;
}

static void free_all(struct weft_port *port);

int weft_open(const char *url, const struct weft_port_opts *opts, struct weft_port **out,
	      char *err, size_t errlen)
{
	struct weft_port *port = calloc(1, sizeof(*port));
	int r = -ENOMEM;

	*out = NULL;
	if (port) {
		weftu_crc_init();
		if (opts)
			port->o = *opts;
		port->random = port->o.seed;
		r = url ? open_all(port, url)
			: weftu_fail(port, -EINVAL, "no carriage: give a url such as udp:10.0.0.1");
	}
	if (err && errlen)
		snprintf(err, errlen, "%s", !r ? "" : port ? port->error : "out of memory");
	if (r) {
		free_all(port);
		return r;
	}
	port->o.name = NULL;	/* it was borrowed */
	*out = port;
	return 0;
}

/* ---- Closing --------------------------------------------------------------------- */

static struct weftu_ctx *first_ctx(const struct weft_port *port)
{
	for (uint32_t i = 0; port->ctx_ids.slots && i < port->ctx_ids.size; i++) {
		if (port->ctx_ids.slots[i].val)
			return port->ctx_ids.slots[i].val;
	}
	return NULL;
}

static void destroy_eps(struct weft_port *port)
{
	for (uint32_t i = 0; port->ep_ids.slots && i < port->ep_ids.size; i++) {
		if (port->ep_ids.slots[i].val)
			weft_ep_destroy(port->ep_ids.slots[i].val);
	}
}

static void close_ctxs(struct weft_port *port, bool abort)
{
	for (uint32_t i = 0; i < port->ctx_ids.size; i++) {
		struct weftu_ctx *ctx = port->ctx_ids.slots[i].val;

		if (!ctx)
			continue;
		ctx->closing = true;
		if (abort)
			weft_pdc_abort(ctx->pdc, WEFT_STATUS_PEER_RESET, true);
		else
			weft_pdc_close(ctx->pdc);
		weftu_activate(ctx);
	}
}

/* Peers learn that we go: in an orderly way if they answer soon, else by a RESET. */
static void say_goodbye(struct weft_port *port)
{
	weft_time end = weftu_now(port) + LINGER_NS;

	destroy_eps(port);
	close_ctxs(port, false);
	while (first_ctx(port) && weftu_now(port) < end) {
		int r = port->virtual_clock ? weft_progress(port) :
			weft_wait(port, end - weftu_now(port));

		if (r <= 0 && r != -EINTR)
			break;
	}
	close_ctxs(port, true);
	weft_progress(port);
	weft_progress(port);	/* what the first had to send */
}

static void free_all(struct weft_port *port)
{
	struct weftu_ctx *ctx;
	uint32_t at = 0;
	void *p;

	if (!port)
		return;
	while ((ctx = first_ctx(port)))
		weftu_ctx_free(ctx);
	for (struct weft_request *rq = port->orphans, *next; rq; rq = next) {
		next = rq->next;
		free(rq);
	}
	weftu_dgrams_close(port);
	while (port->dests)
		weft_dest_close(port->dests);
	weftu_srqs_fini(port);
	weftu_asks_fini(port);
	weftu_peers_fini(port);
	weftu_pools_fini(port);
	while ((p = weftu_map_next(&port->keys, &at)))
		free(p);
	for (at = 0; (p = weftu_map_next(&port->listeners, &at));)
		free(p);
	for (struct weft_cq *cq = port->cqs, *next; cq; cq = next) {
		next = cq->next;
		while (cq->srqs) {
			struct weftu_cq_srq *l = cq->srqs;

			cq->srqs = l->next;
			free(l);
		}
		free(cq->ring);
		free(cq);
	}
	weftu_map_fini(&port->keys);
	weftu_map_fini(&port->remotes);
	weftu_map_fini(&port->listeners);
	weftu_ids_fini(&port->ctx_ids);
	weftu_ids_fini(&port->ep_ids);
	weftu_heap_fini(&port->timers);
	free(port->events.ring);
	free(port->late);
	free(port->pieces);
	wio_close(port->io);
	free(port);
}

void weft_close(struct weft_port *port)
{
	if (!port)
		return;
	if (!port->dead)
		say_goodbye(port);
	destroy_eps(port);
	free_all(port);
}

/* ---- What a port is -------------------------------------------------------------- */

uint64_t weft_now(const struct weft_port *port)
{
	return weftu_now(port);
}

uint64_t weft_port_chip_id(const struct weft_port *port)
{
	return port->me.chip_id;
}

uint32_t weft_port_incarnation(const struct weft_port *port)
{
	return port->me.incarnation;
}

uint32_t weft_port_domain(const struct weft_port *port)
{
	return port->o.domain;
}

const char *weft_port_addr(const struct weft_port *port)
{
	return port->addr_text;
}

uint32_t weft_port_payload(struct weft_port *port, const char *addr)
{
	struct wio_addr a;
	uint64_t chip;

	if (!addr)
		return payload_of(wio_mtu(port->io, NULL));
	if (weftu_parse_target(port, addr, &a, &chip) || a.family == WIO_NONE)
		return 0;
	return payload_of(wio_mtu(port->io, &a));
}

int weft_fd(const struct weft_port *port)
{
	return wio_fd(port->io);
}
