/* SPDX-License-Identifier: BSD-2-Clause */
/* Chips and shares of a striped file.  See stripe.h. */
#include "tools/weft/stripe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESERVE (1u << 20)	/* bytes of a pool left for queue and results */
#define SCRATCH (128u << 10)
#define QUEUE_DEPTH 64u
#define GRAIN 4096u		/* stripes begin at multiples of it */

bool stripe_has_engine(const struct stripe_chip *c, unsigned kernel)
{
	for (unsigned i = 0; i < c->info.n_engines; i++)
		if (c->info.engines[i].kernel == kernel)
			return true;
	return false;
}

void stripe_dead(struct stripe *s, struct stripe_chip *c, const char *doing)
{
	const char *text = c->ep ? weft_ep_error_text(c->ep) : "";
	char id[24];

	if (c->dead)
		return;
	c->dead = true;
	/* What the endpoint says names the chip too. */
	if (*text)
		snprintf(c->why, sizeof(c->why), "%s \"%s\" failed while %s: %s",
			 weft_chip_class_name(c->info.chip_class), c->info.name, doing, text);
	else
		snprintf(c->why, sizeof(c->why), "%s \"%s\", chip %s at %s, failed while %s: %s",
			 weft_chip_class_name(c->info.chip_class), c->info.name,
			 weft_chip_id_str(c->info.chip_id, id), c->info.addr, doing,
			 weft_error(s->port));
	out_error("%s", c->why);
	stripe_milestone(s, "a chip failed");
}

unsigned stripe_alive(const struct stripe *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += !s->chip[i].dead;
	return n;
}

void stripe_milestone(const struct stripe *s, const char *text)
{
	FILE *f = s->milestones ? fopen(s->milestones, "ae") : NULL;

	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

/* ---- Connecting -------------------------------------------------------------------------- */

/* The chips that were asked for, or all that answer and have memory and queues. */
static int find_all(struct stripe *s)
{
	struct weft_chip_info found[64];
	int n = weft_discover(s->port, NULL, 500 * WEFT_MSEC, found, 64);

	for (int i = 0; i < n && i < 64 && s->n < STRIPE_CHIPS_MAX; i++)
		if (found[i].n_pools && found[i].queues)
			s->chip[s->n++].info = found[i];
	if (s->n)
		return EXIT_OK;
	out_error("stripe: no chip with memory and queues answers; start some with weft chip, or "
		  "name them with --chip");
	return EXIT_NO_CHIP;
}

static int find_named(struct stripe *s, struct stripe_chip *c)
{
	int n = weft_discover(s->port, c->to, s->net.timeout_ns, &c->info, 1);

	if (n < 0)
		return net_fail(s->port, n);
	if (n == 0) {
		char t[OUT_NUM];

		out_error("stripe: no chip answers at %s within %s: is it running?", c->to,
			  out_time(s->net.timeout_ns, t));
		return EXIT_NO_CHIP;
	}
	if (c->info.n_pools && c->info.queues)
		return EXIT_OK;
	out_error("stripe: the chip at %s has no memory pools or no queues", c->to);
	return EXIT_FAILED;
}

static int connect_one(struct stripe *s, struct stripe_chip *c)
{
	struct weft_ep_opts eo = { .send_depth = 256 };
	int ret = net_chip(s->port, &s->net, c->info.addr, &eo, &c->chip);

	if (ret)
		return ret;
	c->ep = weft_chip_ep(c->chip);
	return EXIT_OK;
}

/* Chips reach each other by what they are told (NEIGHBOUR). */
static void introduce(struct stripe *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		for (unsigned k = 0; k < s->n; k++) {
			const char *to = s->chip[i].info.addr, *other = s->chip[k].info.addr;

			if (i == k || !weft_tell(s->port, to, s->chip[k].info.chip_id, other,
						 WEFT_SECOND))
				continue;
			out_error("stripe: the chip at %s may not find the one at %s: %s", to,
				  other, weft_error(s->port));
		}
	}
}

/* What only the contexts know; a chip that has none any more keeps what was noted last. */
void stripe_note_contexts(struct stripe *s)
{
	struct weft_context_info info[64];
	int n = weft_contexts(s->port, info, 64);

	for (int i = 0; i < n && i < 64; i++) {
		for (unsigned k = 0; k < s->n; k++) {
			struct stripe_chip *c = &s->chip[k];

			if (c->info.chip_id != info[i].chip_id || !info[i].initiator)
				continue;
			c->mode = info[i].mode;
			c->srtt_ns = info[i].srtt_ns;
			c->retransmits = info[i].retransmits;
		}
	}
}

int stripe_connect(struct stripe *s)
{
	int ret = EXIT_OK;

	if (!s->n)
		ret = find_all(s);
	else
		for (unsigned i = 0; i < s->n && !ret; i++)
			ret = find_named(s, &s->chip[i]);
	for (unsigned i = 0; i < s->n && !ret; i++)
		ret = connect_one(s, &s->chip[i]);
	if (!ret)
		introduce(s);
	return ret;
}

void stripe_disconnect(struct stripe *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct stripe_chip *c = &s->chip[i];

		weft_signals_destroy(c->signals);
		if (!c->dead)
			weft_queue_destroy(c->queue);
		weft_chip_close(c->chip);
		free(c->lat);
	}
	weft_close(s->port);
	free(s->back);
}

/* ---- Planning ---------------------------------------------------------------------------- */

static void choose_copier(struct stripe *s)
{
	s->copier = s->source = -1;
	for (unsigned i = 0; i < s->n && s->n > 1 && s->copier < 0; i++)
		if (stripe_has_engine(&s->chip[i], WEFT_RUN_COPY))
			s->copier = (int)i;
	if (s->copier >= 0)
		s->source = s->copier == 0 ? 1 : 0;
}

/* What a chip can hold times what it can do. */
static void choose_shares(struct stripe *s)
{
	double sum = 0;

	for (unsigned i = 0; i < s->n; i++) {
		struct stripe_chip *c = &s->chip[i];
		uint64_t size = c->info.pools[0].size;

		c->capacity = size > 2 * RESERVE ? size - RESERVE : size / 2;
		c->share = (double)c->capacity * (c->info.n_engines ? c->info.n_engines : 1);
		sum += c->share;
	}
	for (unsigned i = 0; i < s->n; i++)
		s->chip[i].share /= sum;
}

/* Shares as they come out: a small file has too few grains to be divided as meant. */
static void note_shares(struct stripe *s)
{
	uint64_t at = 0;

	do {
		at = stripe_cut(s, at);
		for (unsigned i = 0; i < s->n && s->map.len; i++)
			s->chip[i].real_share += (double)s->chip[i].len / (double)s->map.len;
	} while (at < s->map.len);
}

/* The largest round in which every stripe fits, and the copier can hold the fetched one too. */
static uint64_t largest_round(const struct stripe *s)
{
	double most = (double)s->map.len;

	for (unsigned i = 0; i < s->n; i++) {
		const struct stripe_chip *c = &s->chip[i];
		double share = c->share;

		if ((int)i == s->copier)
			share += s->chip[s->source].share;
		if ((double)c->capacity / share < most)
			most = (double)c->capacity / share;
	}
	return (uint64_t)most;
}

static uint64_t stripe_size(const struct stripe *s, const struct stripe_chip *c)
{
	/* The last one also gets what the others' are rounded down by. */
	return ((uint64_t)((double)s->round_bytes * c->share) / GRAIN + s->n) * GRAIN;
}

static int allocate(struct stripe *s, struct stripe_chip *c)
{
	uint64_t fetched = s->source < 0 ? 0 : stripe_size(s, &s->chip[s->source]);
	int err = weft_chip_alloc(c->chip, 0, SCRATCH, 0, &c->scratch);

	if (!err)
		err = weft_queue_create(c->chip, QUEUE_DEPTH, &c->queue);
	if (!err)
		err = weft_signals_create(c->chip, JOBS, &c->signals);
	if (!err)
		err = weft_chip_alloc(c->chip, 0, stripe_size(s, c), WEFT_ALLOC_RELAXED, &c->data);
	if (!err && c == &s->chip[s->copier < 0 ? 0 : s->copier] && s->copier >= 0)
		err = weft_chip_alloc(c->chip, 0, fetched, 0, &c->copy);
	return err;
}

int stripe_plan(struct stripe *s)
{
	choose_copier(s);
	choose_shares(s);
	s->round_bytes = largest_round(s);
	s->rounds = s->round_bytes ? (unsigned)((s->map.len + s->round_bytes - 1) /
						s->round_bytes) : 1;
	s->back = malloc(s->round_bytes + s->n * GRAIN);
	if (!s->back) {
		out_error("stripe: out of memory for %llu bytes",
			  (unsigned long long)s->round_bytes);
		return EXIT_FAILED;
	}
	for (unsigned i = 0; i < s->n; i++) {
		int err = allocate(s, &s->chip[i]);

		if (err)
			return net_fail(s->port, err);
	}
	note_shares(s);
	return EXIT_OK;
}

uint64_t stripe_cut(struct stripe *s, uint64_t at)
{
	uint64_t end = s->map.len - at < s->round_bytes ? s->map.len : at + s->round_bytes;
	uint64_t round = end - at;

	for (unsigned i = 0; i < s->n; i++) {
		struct stripe_chip *c = &s->chip[i];
		uint64_t n = (uint64_t)((double)round * c->share) / GRAIN * GRAIN;

		c->off = at;
		c->len = i + 1 == s->n || n > end - at ? end - at : n;
		if (c->len > c->data.len)
			c->len = c->data.len;
		at += c->len;
	}
	return at;
}
