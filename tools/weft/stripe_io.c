/* SPDX-License-Identifier: BSD-2-Clause */
/* A round's stripes to the chips and back, all chips at a time.  See stripe.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/stripe.h"

#define STEPS 4u	/* milestones while writing: 25 %, 50 %, ... */

static void keep_latencies(struct stripe_chip *c)
{
	uint64_t *more = realloc(c->lat, (c->n_lat + c->x.n_lat + 1) * sizeof(*more));

	if (!more)
		return;		/* fewer samples */
	c->lat = more;
	memcpy(c->lat + c->n_lat, c->x.lat, c->x.n_lat * sizeof(*more));
	c->n_lat += c->x.n_lat;
}

static void sum_up(struct stripe *s, uint64_t *done, uint64_t *total, bool *all_over)
{
	*done = *total = 0;
	*all_over = true;
	for (unsigned i = 0; i < s->n; i++) {
		const struct stripe_chip *c = &s->chip[i];

		if (c->dead)
			continue;
		*done += c->x.done;
		*total += c->x.len;
		*all_over &= xfer_over(&c->x);
	}
}

/* Step all until each is over or dead. */
static int drive(struct stripe *s, const char *doing, bool milestones)
{
	uint64_t done, total, next = 1;
	bool over = false;

	while (!over) {
		bool moved = false;

		for (unsigned i = 0; i < s->n; i++) {
			struct stripe_chip *c = &s->chip[i];

			if (c->dead || xfer_over(&c->x))
				continue;
			moved |= xfer_step(&c->x);
			if (c->x.failed)
				stripe_dead(s, c, doing);
		}
		if (moved && weft_progress(s->port) < 0) {
			out_error("stripe: the network is gone");
			return EXIT_FAILED;
		}
		if (!moved) {
			stripe_note_contexts(s);	/* before one of them fails */
			xfer_idle(s->port);
		}
		sum_up(s, &done, &total, &over);
		out_progress(doing, done, total);
		if (milestones && total && done * STEPS >= next * total) {
			char text[64];

			snprintf(text, sizeof(text), "%s %llu%%", doing,
				 (unsigned long long)(100 * next / STEPS));
			stripe_milestone(s, text);
			next++;
		}
	}
	out_progress_clear();
	return EXIT_OK;
}

static int begin(struct stripe *s, struct stripe_chip *c, bool write, uint64_t first)
{
	if (write)
		return xfer_write(&c->x, c->ep, s->map.bytes + c->off, c->len, c->data.addr,
				  c->data.key, &s->xo);
	return xfer_read(&c->x, c->ep, s->back + (c->off - first), c->len, c->data.addr,
			 c->data.key, &s->xo);
}

static void finish(struct stripe *s, bool write)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct stripe_chip *c = &s->chip[i];
		uint64_t ns = c->x.end_ns - c->x.start_ns;

		if (!c->x.lat)
			continue;
		keep_latencies(c);
		if (write) {
			c->written += c->x.done;
			c->write_ns += ns;
			s->written += c->x.done;
		} else {
			c->read += c->x.done;
			c->read_ns += ns;
			s->read += c->x.done;
		}
		xfer_fini(&c->x);
	}
}

static int move(struct stripe *s, bool write)
{
	uint64_t began = weft_now(s->port), first = s->chip[0].off;
	int ret = EXIT_OK;

	for (unsigned i = 0; i < s->n && !ret; i++)
		if (!s->chip[i].dead && begin(s, &s->chip[i], write, first)) {
			out_error("stripe: out of memory");
			ret = EXIT_FAILED;
		}
	if (!ret)
		ret = drive(s, write ? "writing" : "reading back", write);
	finish(s, write);
	*(write ? &s->write_ns : &s->read_ns) += weft_now(s->port) - began;
	return ret;
}

int stripe_write(struct stripe *s)
{
	return move(s, true);
}

/* A chip whose bytes differ is not dead, but wrong. */
int stripe_read(struct stripe *s)
{
	uint64_t first = s->chip[0].off;
	int ret = move(s, false);

	for (unsigned i = 0; i < s->n && !ret; i++) {
		const struct stripe_chip *c = &s->chip[i];

		if (c->dead || !c->len ||
		    same_bytes(s->port, s->back + (c->off - first), s->map.bytes + c->off, c->len))
			continue;
		s->bad++;
		out_error("stripe: what was read back from %s differs from the file, bytes %llu to "
			  "%llu", c->info.addr, (unsigned long long)c->off,
			  (unsigned long long)(c->off + c->len));
	}
	return ret;
}

/* Small READs, one at a time, before there is any load. */
void stripe_measure_rtt(struct stripe *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct stripe_chip *c = &s->chip[i];
		struct weft_completion done;
		uint64_t word, until = weft_now(s->port) + WEFT_SECOND;

		while (!c->dead && c->n_rtt < STRIPE_RTTS && weft_now(s->port) < until) {
			uint64_t began = weft_now(s->port);

			if (weft_read(c->ep, &word, sizeof(word), c->scratch.addr, c->scratch.key,
				      0, 0) ||
			    weft_cq_wait(weft_ep_cq(c->ep), &done, 1, s->net.timeout_ns) != 1 ||
			    done.status != WEFT_ST_OK)
				stripe_dead(s, c, "measuring its round trip");
			else
				c->rtt[c->n_rtt++] = weft_now(s->port) - began;
		}
		out_sort(c->rtt, c->n_rtt);
	}
}
