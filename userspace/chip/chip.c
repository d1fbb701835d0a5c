/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference chip as a whole: makes it from its options, and turns it.
 *
 * Decides who is admitted, and that the network, requests and commands each get their share of a
 * turn: commands work on a slice at a time, so that a long one never starves the network.
 */
#include "userspace/chip/chip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/chip/chip_int.h"

#define COMPLETIONS 256u	/* handled in one turn */
#define EVENTS 64u
#define LINGER_NS WEFT_SECOND	/* a failed stream stays so long */

/* ---- Ends of streams --------------------------------------------------------------------- */

void chip_end_free(struct chip_end *end, bool failed)
{
	struct chip_end **at = &end->chip->lingering;

	if (!failed) {
		weft_ep_destroy(end->ep);
		free(end);	/* each stream's struct begins with it */
		return;
	}
	end->until_ns = weft_now(end->chip->port) + LINGER_NS;
	end->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = end;
}

/* Let those go that have lingered long enough. */
static void end_lingering(struct chip *chip, uint64_t now)
{
	while (chip->lingering && chip->lingering->until_ns <= now) {
		struct chip_end *end = chip->lingering;

		chip->lingering = end->next;
		chip_end_free(end, false);
	}
}

/* ---- Making it -------------------------------------------------------------------------- */

static int make_pools(struct chip *chip, const struct chip_opts *o, char *err, size_t errlen)
{
	for (unsigned i = 0; i < o->n_pools; i++) {
		int ret = chip_pool_init(&chip->pool[i], o->pools[i].kind, (uint8_t)i,
					 o->pools[i].size);

		if (ret) {
			snprintf(err, errlen, "pool %u of %llu bytes: %s", i,
				 (unsigned long long)o->pools[i].size, strerror(-ret));
			return ret;
		}
		chip->n_pools++;
	}
	return 0;
}

static int offer(struct chip *chip, const struct chip_opts *o, char *err, size_t errlen)
{
	chip->offer.standard = o->engines;
	for (unsigned i = 0; i < o->n_vendor; i++) {
		int ret = chip_offer_add(&chip->offer, o->vendor[i]);

		if (ret) {
			snprintf(err, errlen, "kernel %#x of the vendor's: %s",
				 (unsigned)o->vendor[i]->kernel, strerror(-ret));
			return ret;
		}
	}
	return 0;
}

static void announce(struct weft_chip_info *info, const struct chip_engine *e)
{
	info->engines[info->n_engines++] = (struct weft_engine_info){
		.kernel = e->kernel, .types = e->dtypes,
	};
}

static int describe(struct chip *chip)
{
	struct weft_chip_info info = {
		.profiles = WEFT_PROFILE_ACCEL, .queues = chip->n_pools ? chip->queues_max : 0,
		.queue_depth = chip->depth_max, .n_pools = (uint8_t)chip->n_pools,
	};

	for (unsigned i = 0; i < chip->n_pools; i++)
		info.pools[i] = (struct weft_pool_info){
			.index = (uint8_t)i, .kind = (uint8_t)chip->pool[i].kind,
			.size = chip->pool[i].size,
		};
	_Static_assert(CHIP_KERNELS - 1 + CHIP_VENDOR_MAX <= WEFT_ENGINES_MAX,
		       "a HELLO has room for every kernel");
	for (unsigned k = 1; k < CHIP_KERNELS; k++)		/* WEFT-ACC-019 */
		if (chip_offer_find(&chip->offer, k))
			announce(&info, chip_offer_find(&chip->offer, k));
	for (unsigned i = 0; i < chip->offer.n_vendor; i++)
		announce(&info, chip->offer.vendor[i]);
	return weft_describe(chip->port, &info);
}

static int serve(struct chip *chip, const struct chip_opts *o, char *err, size_t errlen)
{
	int ret = weft_cq_create(chip->port, &chip->cq);

	if (!ret)
		ret = describe(chip);
	if (!ret)
		ret = weft_listen(chip->port, WEFT_SERVE_CHIP, NULL, 0);
	if (!ret && o->personality)
		ret = weft_listen(chip->port, WEFT_SERVE_PERSONALITY, NULL, 0);
	if (ret) {
		snprintf(err, errlen, "%s", weft_error(chip->port));
		return ret;
	}
	return o->personality ? chip_personality_make(chip, err, errlen) : 0;
}

static int put_on_fabric(struct chip *chip, const struct chip_opts *o, char *err, size_t errlen)
{
	struct weft_port_opts po = o->port;

	po.profiles |= WEFT_PROFILE_ACCEL;
	if (po.modes != WEFT_ROD)
		po.profiles |= WEFT_PROFILE_AI;
	po.domain = chip->n_domains ? chip->domains[0] : o->port.domain;
	/* A test suite asks in domains of its own choice. */
	po.any_domain = chip->any_domain || chip->n_domains > 1 ||
			(o->personality && !chip->n_domains);
	chip_personality_claims(chip, &po);
	return weft_open(o->url, &po, &chip->port, err, errlen);
}

int chip_create(const struct chip_opts *o, struct chip **out, char *err, size_t errlen)
{
	struct chip *chip = calloc(1, sizeof(*chip));
	int ret = -ENOMEM;

	if (!chip) {
		snprintf(err, errlen, "out of memory");
		return ret;
	}
	chip->queues_max = o->queues ? o->queues : CHIP_QUEUES_DEF;
	chip->depth_max = o->queue_depth ? o->queue_depth : CHIP_DEPTH_DEF;
	chip->any_domain = o->any_domain;
	chip->n_domains = o->n_domains;
	memcpy(chip->domains, o->domains, sizeof(chip->domains));
	ret = offer(chip, o, err, errlen);
	if (!ret)
		ret = make_pools(chip, o, err, errlen);
	if (!ret && o->personality)
		ret = chip_personality_read(chip, o->personality, err, errlen);
	if (!ret)
		ret = put_on_fabric(chip, o, err, errlen);
	if (!ret)
		ret = serve(chip, o, err, errlen);
	if (ret) {
		chip_destroy(chip);
		return ret;
	}
	*out = chip;
	return 0;
}

void chip_destroy(struct chip *chip)
{
	if (!chip)
		return;
	while (chip->sessions)
		chip_session_end((struct chip_end *)chip->sessions, false);
	chip_personality_free(chip);
	end_lingering(chip, UINT64_MAX);
	if (chip->port) {
		weft_cq_destroy(chip->cq);
		weft_progress(chip->port);	/* peers are told */
	}
	weft_close(chip->port);
	for (unsigned i = 0; i < chip->n_pools; i++)
		chip_pool_fini(&chip->pool[i]);
	free(chip);
}

struct weft_port *chip_port(struct chip *chip)
{
	return chip->port;
}

/* ---- Turning it ------------------------------------------------------------------------- */

static bool domain_served(const struct chip *chip, uint32_t domain)
{
	if (chip->any_domain || !chip->n_domains)
		return true;	/* the port has judged */
	for (unsigned i = 0; i < chip->n_domains; i++)
		if (chip->domains[i] == domain)
			return true;
	return false;
}

static void admit(struct chip *chip, struct weft_request *rq)
{
	const struct weft_asker *who = weft_request_asker(rq);
	int err;

	if (!domain_served(chip, who->domain)) {
		chip->totals.sessions_refused++;
		weft_reject(rq);
		return;
	}
	err = who->service == WEFT_SERVE_PERSONALITY ? chip_personality_accept(chip, rq) :
						       chip_session_accept(chip, rq);
	if (!err)
		return;
	chip->totals.sessions_refused++;
	if (err != -ECONNRESET)
		weft_reject(rq);
}

static void end_stream(struct chip_end *end, bool failed)
{
	if (end->until_ns)
		return;		/* it lingers: nothing more is to be done */
	switch (end->kind) {
	case CHIP_END_SESSION:
		chip_session_end(end, failed);
		break;
	case CHIP_END_FIXED:
		chip_personality_end(end, failed);
		break;
	case CHIP_END_FETCH:
		break;		/* its command closes it */
	}
}

static bool events(struct chip *chip)
{
	struct weft_ep_event ev;
	unsigned n = 0;

	while (n < EVENTS && weft_next_event(chip->port, &ev) == 1) {
		struct chip_end *end = ev.user;

		n++;
		if (ev.kind == WEFT_EP_REQUESTED)
			admit(chip, ev.request);
		else if (!ev.ep)
			continue;	/* of no stream: nobody asked for it */
		else if (end->kind == CHIP_END_FETCH)
			chip_fetch_event(end, &ev);
		else if (ev.kind != WEFT_EP_CONNECTED)
			end_stream(end, ev.kind == WEFT_EP_FAILED);
	}
	return n > 0;
}

/* One at a time: handling one may end the stream that a later one belongs to. */
static bool completions(struct chip *chip)
{
	struct weft_completion c;
	unsigned n = 0;

	while (n < COMPLETIONS && weft_cq_poll(chip->cq, &c, 1) == 1) {
		struct chip_end *end = c.user;

		n++;
		if (c.dgram) {
			chip_box_complete(&c);
			continue;
		}
		if (end->until_ns)
			continue;
		switch (end->kind) {
		case CHIP_END_SESSION:
			chip_session_complete(end, &c);
			break;
		case CHIP_END_FETCH:
			chip_fetch_complete(end, &c);
			break;
		case CHIP_END_FIXED:
			chip_personality_complete(end, &c);
			break;
		}
	}
	return n > 0;
}

int chip_turn(struct chip *chip, uint64_t timeout_ns)
{
	int ret = weft_progress(chip->port);
	bool moved = ret > 0;

	if (ret < 0)
		return ret;
	moved |= completions(chip);
	moved |= events(chip);
	moved |= chip_sessions_run(chip);
	if (chip->lingering)
		end_lingering(chip, weft_now(chip->port));
	if (moved)
		return 1;
	ret = weft_wait(chip->port, timeout_ns);
	return ret < 0 ? ret : 0;
}

/* ---- Counters --------------------------------------------------------------------------- */

int chip_counters(const struct chip *chip, struct weft_counter *c, int max)
{
	const struct chip_totals *t = &chip->totals;
	const struct chip_queue_stats *q = &chip->queue_stats;
	const struct weft_counter all[] = {
		{ "sessions", t->sessions },
		{ "sessions_refused", t->sessions_refused },
		{ "requests", t->requests },
		{ "requests_refused", t->requests_refused },
		{ "allocs", t->allocs },
		{ "frees", t->frees },
		{ "queues", t->queues },
		{ "commands", q->commands },
		{ "commands_failed", q->failed },
		{ "doorbells_ignored", q->bad_doorbell },
		{ "signals", q->signals },
		{ "signals_lost", q->signals_lost },
		{ "bytes_worked", q->bytes },
		{ "fetches", t->fetches },
		{ "fetches_failed", t->fetches_failed },
		{ "fetch_bytes", t->fetch_bytes },
		{ "fixed_streams", t->fixed },
		{ "datagrams", t->datagrams },
		{ "datagram_echoes", t->echoes },
	};
	int n = (int)(sizeof(all) / sizeof(all[0]));

	for (int i = 0; i < n && i < max; i++)
		c[i] = all[i];
	return n;
}
