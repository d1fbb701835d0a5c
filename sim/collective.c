/* SPDX-License-Identifier: BSD-2-Clause */
/* See collective.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "sim/collective.h"
#include "sim/rng.h"
#include "sim/team.h"
#include "sim/util.h"

enum {
	RECV_AHEAD = 8,		/* receive buffers kept posted */
	OUT = 1			/* tag of the endpoint that a rank sends by */
};

#define BASE 0x10000000ull	/* of every chip's region: the vector, then room for partial sums */

uint32_t *sim_placement(const struct sim_scenario *sc, uint32_t n)
{
	uint64_t key = sim_key(sc->seed, SIM_FOR_PLACEMENT);
	uint32_t *place = sim_zalloc(n, sizeof(*place));

	for (uint32_t i = 0; i < n; i++)
		place[i] = i;
	if (sc->placement != SIM_PLACE_SHUFFLED)
		return place;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = sim_below(sim_hash3(key, i, 0), i + 1), t = place[i];

		place[i] = place[j];
		place[j] = t;
	}
	return place;
}

static struct sim_ring_rank *rank_at(struct sim_ring *ring, uint32_t chip)
{
	return &ring->rank[ring->rank_of[chip]];
}

static void fail(struct sim_ring *ring, const char *text)
{
	if (!*ring->error)
		snprintf(ring->error, sizeof(ring->error), "%s", text);
	ring->hosts.sim->done = true;
}

/* Where step `k`'s chunk goes at the receiver: partial sums beside the vector, results into it. */
static uint64_t target(const struct sim_ring *ring, uint32_t rank, uint32_t k)
{
	uint64_t chunk = (rank + 2 * ring->n - k % ring->n) % ring->n;
	uint64_t room = k < ring->n - 1 ? ring->sc->bytes : 0;

	return BASE + room + chunk * ring->chunk;
}

/* Rank's next chunk, if it is its turn. */
static void post(struct sim_ring *ring, struct sim_ring_rank *r)
{
	uint32_t rank = (uint32_t)(r - ring->rank), k = r->posted;
	char why[160];
	int err;

	if (k == ring->steps || k > r->received)
		return;
	err = sim_write_imm(&ring->hosts, r->out, k, ring->key, target(ring, rank, k),
			    (uint32_t)ring->chunk, k);
	if (!err) {
		r->posted++;
		return;
	}
	snprintf(why, sizeof(why), "rank %u: the engine refuses step %u (%d)", rank, k, err);
	fail(ring, why);
}

static void maybe_done(struct sim_ring *ring, const struct sim_ring_rank *r)
{
	if (ring->over < ring->hosts.sim->now)
		ring->over = ring->hosts.sim->now;
	if (r->received == ring->steps && r->sent == ring->steps && --ring->left == 0)
		ring->hosts.sim->done = true;
}

/* All are up: all begin at one instant, a little later. */
static void begin_time(struct sim_ring *ring, sim_time up)
{
	ring->start = up + SIM_STRETCH_MAX;
	for (uint32_t i = 0; i < ring->n; i++)
		sim_alarm(&ring->hosts, ring->place[i], ring->start);
}

static void on_connected(void *ctx, struct sim_ep *ep, bool mine)
{
	struct sim_ring *ring = ctx;
	struct sim *sim = ring->hosts.sim;

	if (!mine) {
		rank_at(ring, ep->chip)->in = ep;
		sim_post_recv(&ring->hosts, ep, RECV_AHEAD, (uint32_t)ring->chunk);
	}
	if (ring->up < sim->now)
		ring->up = sim->now;
	if (++ring->connected == 2 * ring->n && !sim->team)
		begin_time(ring, ring->up);
}

/* Of a team: what others have to know, and what has come together. */
static void tell(void *ctx, struct sim_news *mine)
{
	const struct sim_ring *ring = ctx;

	*mine = (struct sim_news){ ring->n - ring->left, ring->connected, ring->up };
}

static bool hear(void *ctx, const struct sim_news *all)
{
	struct sim_ring *ring = ctx;
	bool begins = !ring->start && all->joined == 2ull * ring->n;

	if (begins)
		begin_time(ring, all->joined_at);
	if (!ring->told && all->ended == ring->n)
		ring->told = ring->hosts.sim->done = true;
	return begins;
}

static void on_sent(void *ctx, struct sim_ep *ep, const struct weft_wc *wc)
{
	struct sim_ring *ring = ctx;
	struct sim_ring_rank *r = rank_at(ring, ep->chip);
	char why[160];

	if (wc->status != WEFT_STATUS_OK || wc->id != r->sent) {
		snprintf(why, sizeof(why), "rank %u: step %" PRIu64 " completed as %s when "
			 "step %u was next", ring->rank_of[ep->chip], wc->id,
			 weft_status_name(wc->status), r->sent);
		fail(ring, why);
		return;
	}
	r->sent++;
	maybe_done(ring, r);
}

static void note_arrival(struct sim_ring *ring, uint32_t rank, uint32_t k)
{
	struct sim_step *s = &ring->step[k];
	sim_time at = ring->hosts.sim->now - ring->start;

	if (!s->done++ || at < s->first)
		s->first = at;
	if (s->last < at)
		s->last = at;
	if (ring->arrival)
		ring->arrival[(size_t)rank * ring->steps + k] = at;
}

static void on_received(void *ctx, struct sim_ep *ep, const struct weft_wc *wc)
{
	struct sim_ring *ring = ctx;
	struct sim *sim = ring->hosts.sim;
	struct sim_ring_rank *r = rank_at(ring, ep->chip);
	uint32_t rank = ring->rank_of[ep->chip];
	char why[160];

	if (wc->status != WEFT_STATUS_OK || !(wc->flags & WEFT_OFLAGS_IMM) ||
	    wc->imm != r->received || wc->len != ring->chunk) {
		snprintf(why, sizeof(why), "rank %u: got %u bytes of step %u (%s) when step %u was "
			 "next", rank, wc->len, wc->imm, weft_status_name(wc->status), r->received);
		fail(ring, why);
		return;
	}
	note_arrival(ring, rank, r->received++);
	sim_post_recv(&ring->hosts, ep, 1, (uint32_t)ring->chunk);
	if (r->received == ring->steps) {
		r->finished = sim->now;
		if (ring->end < sim->now)
			ring->end = sim->now;
	}
	maybe_done(ring, r);
	if (!ring->sc->turnaround_ns)
		post(ring, r);
	else if (sim->timers.at[ep->chip] == SIM_NEVER)
		sim_alarm(&ring->hosts, ep->chip, sim->now + ring->sc->turnaround_ns * SIM_NS);
}

static void on_failed(void *ctx, uint32_t chip, uint32_t peer, const char *what)
{
	struct sim_ring *ring = ctx;
	char why[200];

	snprintf(why, sizeof(why), "rank %u (chip %u) to chip %u: %s", ring->rank_of[chip], chip,
		 peer, what);
	fail(ring, why);
}

/*
 * First alarm: connect. Later ones: a chunk has been dealt with and the next one is posted; a
 * chip deals with one chunk at a time.
 */
static void on_alarm(void *ctx, uint32_t chip)
{
	struct sim_ring *ring = ctx;
	struct sim *sim = ring->hosts.sim;
	struct sim_ring_rank *r = rank_at(ring, chip);
	uint32_t next = ring->place[(ring->rank_of[chip] + 1) % ring->n];

	if (!r->out) {
		r->out = sim_connect(&ring->hosts, chip, next, OUT);
		return;
	}
	post(ring, r);
	if (r->posted <= r->received && r->posted < ring->steps)
		sim_alarm(&ring->hosts, chip, sim->now + ring->sc->turnaround_ns * SIM_NS);
}

const struct sim_work_ops sim_ring_ops = {
	.connected = on_connected, .sent = on_sent, .received = on_received,
	.failed = on_failed, .alarm = on_alarm,
};

void sim_ring_init(struct sim_ring *ring, struct sim *sim, const struct sim_scenario *sc,
		   bool split)
{
	uint32_t n = sim->topo.hosts;

	memset(ring, 0, sizeof(*ring));
	if (split && (sc->part_hosts || sim->team))
		sim_split(sim, (uint32_t)sc->part_hosts);
	if (sim->team) {
		sim->team->tell = tell;
		sim->team->hear = hear;
		sim->team->work_ctx = ring;
	}
	sim_hosts_init(&ring->hosts, sim, sc, &sim_ring_ops, ring);
	ring->sc = sc;
	ring->n = n;
	ring->steps = 2 * (n - 1);
	ring->left = n;
	ring->chunk = sc->bytes / n;
	ring->place = sim_placement(sc, n);
	ring->rank_of = sim_zalloc(n, sizeof(*ring->rank_of));
	ring->rank = sim_zalloc(n, sizeof(*ring->rank));
	ring->step = sim_zalloc(ring->steps, sizeof(*ring->step));
	if ((uint64_t)n * ring->steps <= SIM_MATRIX_MAX)
		ring->arrival = sim_zalloc((size_t)n * ring->steps, sizeof(*ring->arrival));
	for (uint32_t r = 0; r < n; r++) {
		ring->rank_of[ring->place[r]] = r;
		ring->key = sim_register(&ring->hosts, r, BASE, 2 * sc->bytes);
		sim_alarm(&ring->hosts, r, 0);
	}
}

void sim_ring_fini(struct sim_ring *ring)
{
	sim_hosts_fini(&ring->hosts);
	free(ring->place);
	free(ring->rank_of);
	free(ring->rank);
	free(ring->step);
	free(ring->arrival);
}

int sim_ring_check(struct sim_ring *ring)
{
	uint32_t worst = 0;

	if (*ring->error)
		return -1;
	if (!ring->left)
		return 0;
	if (ring->connected < 2 * ring->n) {
		snprintf(ring->error, sizeof(ring->error),
			 "only %u of %u stream ends were connected", ring->connected, 2 * ring->n);
		return -1;
	}
	for (uint32_t i = 0; i < ring->n; i++)
		if (ring->rank[i].received < ring->rank[worst].received)
			worst = i;
	snprintf(ring->error, sizeof(ring->error), "%u of %u ranks did not finish; rank %u "
		 "(chip %u) has received %u of %u steps, sent %u and had %u acknowledged",
		 ring->left, ring->n, worst, ring->place[worst], ring->rank[worst].received,
		 ring->steps, ring->rank[worst].posted, ring->rank[worst].sent);
	return -1;
}
