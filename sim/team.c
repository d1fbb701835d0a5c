/* SPDX-License-Identifier: BSD-2-Clause */
/* See team.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/team.h"
#include "sim/util.h"

enum {
	WORDS = 6,	/* that processes tell each other after a stretch */
	BLOCK = 1 << 14	/* words that are summed together */
};

/* A packet that crosses, followed by its headers, in multiples of eight bytes. */
struct crossing {
	uint32_t port;
	uint32_t bytes;		/* of all of it */
	struct {
		sim_time due, later;
		uint32_t src, dst, wire_bytes, out, note, flow, what;
		uint16_t entropy, payload_bytes;
		uint8_t ecn, hdr_bytes, lane, hops, port;
		bool small, lost, late;
	} pkt;
};

/* A word that crosses (lanes.h): shorter than any packet. */
struct crossing_word {
	uint32_t port;
	uint32_t bytes;		/* of this struct */
	sim_time at;
	uint64_t word;
};

static_assert(sizeof(struct crossing_word) < sizeof(struct crossing), "sizes tell them apart");

/* Whose a part is: as many each, the first have one more. */
static uint32_t owner(const struct sim *sim, uint32_t part)
{
	return (uint32_t)((uint64_t)part * sim->team->ranks / sim->parts);
}

void sim_team_join(struct sim *sim, struct sim_team *team)
{
	sim->team = team;
	team->words = SIM_NEVER;
	team->since_s = team->ops->used_s(team->ctx);
	team->to = sim_zalloc(team->ranks, sizeof(*team->to));
	team->from = sim_zalloc(team->ranks, sizeof(*team->from));
	team->heard = sim_zalloc((size_t)team->ranks * WORDS, sizeof(*team->heard));
	sim_team_share(sim);
}

void sim_team_fini(struct sim_team *team)
{
	for (uint32_t r = 0; team->to && r < team->ranks; r++) {
		free(team->to[r].bytes);
		free(team->from[r].bytes);
	}
	free(team->to);
	free(team->from);
	free(team->heard);
	free(team->out);
}

void sim_team_share(struct sim *sim)
{
	struct sim_team *t = sim->team;
	uint64_t n = sim->parts;

	sim->own = (uint32_t)((n * t->rank + t->ranks - 1) / t->ranks);
	sim->owns = (uint32_t)((n * (t->rank + 1) + t->ranks - 1) / t->ranks) - sim->own;
	t->outs = 0;
	for (uint32_t i = 0; i < sim->ports; i++) {
		struct sim_port_place place = sim_place(&sim->topo, i);

		if (!sim_mine(sim, place.from) || sim_mine(sim, place.to))
			continue;
		if (!(t->outs & (t->outs - 1)))
			t->out = sim_resize(t->out, t->outs ? 2 * t->outs : 1, sizeof(*t->out));
		t->out[t->outs++] = i;
	}
	sim_place_events(sim);
}

/* What crosses. */

static void *room(struct sim_box *b, size_t bytes)
{
	void *at;

	if (b->used + bytes > b->size) {
		b->size = 2 * (b->size + bytes);
		b->bytes = sim_resize(b->bytes, b->size, 1);
	}
	at = b->bytes + b->used;
	b->used += bytes;
	return at;
}

static void pack(struct sim *sim, uint32_t port, uint32_t pkt, sim_time due)
{
	const struct sim_pkt *k = &sim->pool.pkt[pkt];
	const struct sim_load *l = &sim->pool.load[pkt];
	const struct sim_pkt_more *m = &sim->pool.more[pkt];
	uint32_t to = owner(sim, sim->part_of[sim->port[port].peer]);
	uint32_t bytes = (uint32_t)(sizeof(struct crossing) + l->hdr_bytes + 7) & ~7u;
	struct crossing *c = room(&sim->team->to[to], bytes);

	*c = (struct crossing){ .port = port, .bytes = bytes, .pkt = {
		.due = due, .later = m->later, .src = k->src, .dst = k->dst,
		.wire_bytes = k->wire_bytes, .out = k->out, .note = l->note,
		.flow = l->flow, .what = l->what,
		.entropy = k->entropy, .payload_bytes = l->payload_bytes, .ecn = k->ecn,
		.hdr_bytes = l->hdr_bytes, .lane = m->lane, .hops = m->hops, .lost = k->lost,
		.late = k->late,
		.small = k->small, .port = l->port } };
	memcpy(c + 1, sim_pkt_hdr(&sim->pool, pkt), l->hdr_bytes);
	sim->team->crossed_pkts++;
	sim->team->crossed_bytes += bytes;
	sim_pkt_put(&sim->pool, pkt);
}

void sim_team_word(struct sim *sim, uint32_t port, sim_time at, uint32_t word)
{
	uint32_t from = sim_place(&sim->topo, port).from;
	struct sim_team *t = sim->team;
	struct crossing_word *c = room(&t->to[owner(sim, sim->part_of[from])], sizeof(*c));

	*c = (struct crossing_word){ .port = port, .bytes = sizeof(*c), .at = at, .word = word };
	t->crossed_bytes += sizeof(*c);
	t->words = at < t->words ? at : t->words;
}

static void unpack_word(struct sim *sim, const struct crossing_word *c)
{
	uint32_t from = sim_place(&sim->topo, c->port).from;

	sim_events_add(&sim->part[sim->part_of[from]].events, c->at, SIM_WORD | c->port,
		       (uint32_t)c->word);
}

static void fetch_pkt(const struct sim *sim, uint32_t pkt)
{
	if (pkt == SIM_NO_PKT)
		return;
	sim_fetch(&sim->pool.pkt[pkt]);
	sim_fetch(&sim->pool.load[pkt]);
}

/* The wire of a port from another process ends here. */
static void unpack(struct sim *sim, const struct crossing *c)
{
	uint32_t pkt = sim_pkt_get(&sim->pool);
	struct sim_pkt *k = &sim->pool.pkt[pkt];
	struct sim_load *l = &sim->pool.load[pkt];
	struct sim_pkt_more *m = &sim->pool.more[pkt];
	struct sim_list *wire = &sim->port[c->port].wire;

	k->src = c->pkt.src;
	k->dst = c->pkt.dst;
	k->wire_bytes = c->pkt.wire_bytes;
	k->out = c->pkt.out;
	k->entropy = c->pkt.entropy;
	k->ecn = c->pkt.ecn;
	k->small = c->pkt.small;
	k->lost = c->pkt.lost;
	k->late = c->pkt.late;
	l->note = c->pkt.note;
	l->payload_bytes = c->pkt.payload_bytes;
	l->port = c->pkt.port;
	l->flow = c->pkt.flow;
	l->what = c->pkt.what;
	if (k->late)
		m->later = c->pkt.later;
	if (sim->lanes) {
		m->lane = c->pkt.lane;
		m->hops = c->pkt.hops;
	}
	memcpy(sim_pkt_set_hdr(&sim->pool, pkt, c->pkt.hdr_bytes), c + 1, c->pkt.hdr_bytes);
	k->next = SIM_NO_PKT;
	if (wire->head != SIM_NO_PKT) {
		sim->pool.pkt[wire->tail].next = pkt;
		sim->pool.pkt[wire->tail].due = c->pkt.due;
	} else {
		wire->head = pkt;
		sim_events_add(sim->port[c->port].events, c->pkt.due, SIM_ARRIVE | c->port,
			       SIM_NO_PKT);
	}
	wire->tail = pkt;
}

/* What pack_all() will look at some ports later. */
static void fetch_outs(const struct sim *sim, uint32_t i)
{
	const struct sim_team *t = sim->team;

	if (i + 8 < t->outs) {
		const char *p = (const char *)&sim->port[t->out[i + 8]];

		sim_fetch(p);
		sim_fetch(p + 64);
		sim_fetch(p + 128);
	}
	if (i + 4 < t->outs) {
		fetch_pkt(sim, sim->port[t->out[i + 4]].wire.head);
		fetch_pkt(sim, sim->port[t->out[i + 4]].queue.head);
	}
}

/*
 * What has begun to be sent by `to` on wires that end elsewhere goes there. Its list is that of the
 * wire, for which nothing is pending here. Returns when the first of it, or of what is said to
 * ports of others, is there, or when the first that waits behind it begins to be sent: nothing else
 * says so, and no stretch may begin later.
 */
static sim_time pack_all(struct sim *sim, sim_time to)
{
	const struct sim_team *t = sim->team;
	sim_time least = t->words;

	for (uint32_t i = 0; i < t->outs; i++) {
		const struct sim_port *p = &sim->port[t->out[i]];
		struct sim_list *wire = &sim->port[t->out[i]].wire;

		fetch_outs(sim, i);
		if (!sim->lanes) {
			sim_port_settle(sim, t->out[i], to);
			least = p->q_bytes && p->free_at < least ? p->free_at : least;
		}
		if (wire->head != SIM_NO_PKT && p->elsewhere < least)
			least = p->elsewhere;
		for (sim_time due = p->elsewhere; wire->head != SIM_NO_PKT;) {
			uint32_t pkt = wire->head;
			sim_time after = sim->pool.pkt[pkt].due;

			wire->head = sim->pool.pkt[pkt].next;
			fetch_pkt(sim, wire->head);
			pack(sim, t->out[i], pkt, due);
			due = after;
		}
	}
	return least;
}

/* The port of what is at `at`, and the last packet there; returns where the next one is. */
static size_t fetch_crossing(const struct sim *sim, const struct sim_box *from, size_t at,
			     bool packet)
{
	const struct crossing *c = (const void *)(from->bytes + at);

	if (at >= from->used)
		return at;
	if (!packet) {
		sim_fetch(&sim->port[c->port].wire);
		sim_fetch(&sim->port[c->port].events);
	} else if (sim->port[c->port].wire.head != SIM_NO_PKT) {
		sim_fetch(&sim->pool.pkt[sim->port[c->port].wire.tail]);
	}
	return at + c->bytes;
}

static void unpack_all(struct sim *sim)
{
	const struct sim_team *t = sim->team;

	for (uint32_t r = 0; r < t->ranks; r++) {
		size_t near = 0, far = 0;

		for (int i = 0; i < 8; i++)
			far = fetch_crossing(sim, &t->from[r], far, false);
		for (int i = 0; i < 3; i++)
			near = fetch_crossing(sim, &t->from[r], near, true);
		for (size_t at = 0; at < t->from[r].used;) {
			const struct crossing *c = (const void *)(t->from[r].bytes + at);

			assert(c->bytes >= sizeof(struct crossing_word) && c->port < sim->ports);
			if (c->bytes == sizeof(struct crossing_word))
				unpack_word(sim, (const void *)c);
			else
				unpack(sim, c);
			at += c->bytes;
			far = fetch_crossing(sim, &t->from[r], far, false);
			near = fetch_crossing(sim, &t->from[r], near, true);
		}
	}
}

/* The end of a stretch. Returns true if something was set for which all have to be asked again. */
static bool exchange(struct sim *sim)
{
	struct sim_team *t = sim->team;
	sim_time crossing = pack_all(sim, t->reached), next = sim_next_time(sim);
	struct sim_news mine = { 0 }, all = { 0 };
	uint64_t say[WORDS], longest = 0;
	bool failed = false;
	double began;

	t->tell(t->work_ctx, &mine);
	say[0] = next < crossing ? next : crossing;
	say[1] = sim->done;
	say[2] = mine.ended;
	say[3] = mine.joined;
	say[4] = mine.joined_at;
	began = t->ops->used_s(t->ctx);
	say[5] = (uint64_t)((began - t->since_s) * 1e9);
	t->ops->swap(t->ctx, t->to, t->from, say, t->heard, WORDS);
	t->since_s = t->ops->used_s(t->ctx);
	t->waited_s += t->since_s - began;
	t->next = SIM_NEVER;
	for (uint32_t r = 0; r < t->ranks; r++) {
		const uint64_t *h = &t->heard[(size_t)r * WORDS];

		t->next = h[0] < t->next ? h[0] : t->next;
		failed |= h[1];
		all.ended += h[2];
		all.joined += h[3];
		all.joined_at = h[4] > all.joined_at ? h[4] : all.joined_at;
		longest = h[5] > longest ? h[5] : longest;
	}
	t->longest_s += (double)longest * 1e-9;
	t->words = SIM_NEVER;
	for (uint32_t r = 0; r < t->ranks; r++)
		t->to[r].used = 0;
	unpack_all(sim);
	sim->done |= failed;
	return t->hear(t->work_ctx, &all) && !sim->done;
}

enum sim_end sim_team_run(struct sim *sim, sim_time limit)
{
	sim_time stretch = sim->parts > 1 ? sim->stretch : SIM_STRETCH_MAX;
	struct sim_team *t = sim->team;

	for (;;) {
		while (exchange(sim))
			;
		if (sim->done)
			return SIM_END_DONE;
		if (t->next > limit)
			return t->next == SIM_NEVER ? SIM_END_IDLE : SIM_END_TIME;
		t->reached = limit - t->next < stretch ? limit : t->next + stretch - 1;
		t->stretches++;
		for (uint32_t i = 0; i < sim->owns && !sim->done; i++)
			sim_run_part(sim, sim->own + i, t->reached);
	}
}

uint64_t sim_team_sum(const struct sim *sim, uint64_t v)
{
	if (sim->team)
		sim->team->ops->all(sim->team->ctx, &v, 1, SIM_ALL_SUM);
	return v;
}

void sim_team_sums(const struct sim *sim, uint64_t *v, size_t n)
{
	for (size_t at = 0; sim->team && at < n; at += BLOCK)
		sim->team->ops->all(sim->team->ctx, v + at, n - at < BLOCK ? n - at : BLOCK,
				    SIM_ALL_SUM);
}

uint64_t sim_team_max(const struct sim *sim, uint64_t v)
{
	if (sim->team)
		sim->team->ops->all(sim->team->ctx, &v, 1, SIM_ALL_MAX);
	return v;
}

void sim_team_text(const struct sim *sim, char *text, size_t size)
{
	uint64_t word[64] = { 0 }, first;
	size_t n = size < sizeof(word) ? size : sizeof(word);

	if (!sim->team)
		return;
	first = *text ? sim->team->rank : UINT64_MAX;
	sim->team->ops->all(sim->team->ctx, &first, 1, SIM_ALL_MIN);
	if (first == UINT64_MAX)
		return;
	if (first == sim->team->rank)
		memcpy(word, text, n);
	sim->team->ops->all(sim->team->ctx, word, sizeof(word) / sizeof(*word), SIM_ALL_SUM);
	memcpy(text, word, n);
	text[n - 1] = '\0';
}
