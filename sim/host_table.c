/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of the engine's host: peers, contexts, streams, regions; how contexts are configured;
 * and what workloads call. What happens in a turn is host.c's.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host.h"
#include "sim/rng.h"
#include "sim/team.h"
#include "sim/util.h"

#define NONE UINT32_MAX

enum {
	DOMAIN = 1,
	MAX_STREAMS = 16,
	SQ_DEPTH = 64,
	STREAM_WINDOW = 64,
	READS = 16,
	HOLDS = 8,		/* every packet is answered before the next one comes */
	RNR_DELAY_NS = 10000,
	ETH_AND_GAP = 8 + 14 + 4 + 12,	/* preamble, header, frame check, gap */
	IP_UDP = 20 + 8,
	ETH_MIN = 8 + 64 + 12,
	LINE = 64,		/* of a cache, bytes */
	FIRST_CHUNK_BYTES = 1 << 16,
	CHUNK_BYTES = 1 << 22
};

/* Sizes on the wire. */

uint32_t sim_frame_bytes(enum sim_carriage carriage)
{
	return carriage == SIM_CARRIAGE_UDP ? ETH_AND_GAP + IP_UDP : ETH_AND_GAP;
}

uint32_t sim_packet_bytes(enum sim_carriage carriage, uint32_t headers, uint32_t payload)
{
	uint32_t bytes = sim_frame_bytes(carriage) + headers + payload + WEFT_HDR_CRC_LEN;

	return bytes < ETH_MIN ? ETH_MIN : bytes;
}

/* Memory. */

/*
 * Memory that is kept until the end, zeroed, from a cache line on. It comes in large pieces, which
 * are touched as they are used.
 */
static void *keep(struct sim_hosts *h, size_t bytes)
{
	struct sim_chunk *c = h->chunks;
	void *p;

	bytes = (bytes + LINE - 1) & ~(size_t)(LINE - 1);
	if (!c || c->size - c->used < bytes) {
		size_t size = c ? CHUNK_BYTES : FIRST_CHUNK_BYTES;

		size = size < bytes + LINE ? bytes + LINE : size;
		c = sim_pages_resize(NULL, 0, size, 1);
		if (size >= CHUNK_BYTES)
			sim_pages_large(c, size, 1);
		c->size = size;
		c->used = LINE;
		c->next = h->chunks;
		h->chunks = c;
	}
	p = (char *)c + c->used;
	c->used += bytes;
	return p;
}

/* Peers: chip and peer -> struct weft_peer. */

static uint64_t chip_id(uint32_t chip)
{
	return 0x0257454654000000u | chip;	/* a locally administered EUI-64 */
}

static struct sim_peer *peer_slot(struct sim_peer *table, uint32_t size, uint64_t pair)
{
	uint32_t i = (uint32_t)sim_mix(pair) & (size - 1);

	while (table[i].peer && table[i].pair != pair)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static void grow_peers(struct sim_hosts *h)
{
	uint32_t size = h->peers_size ? 2 * h->peers_size : 64;
	struct sim_peer *table = sim_zalloc(size, sizeof(*table));

	for (uint32_t i = 0; i < h->peers_size; i++)
		if (h->peer[i].peer)
			*peer_slot(table, size, h->peer[i].pair) = h->peer[i];
	free(h->peer);
	h->peer = table;
	h->peers_size = size;
}

struct sim_peer *sim_peer_of(struct sim_hosts *h, uint32_t chip, uint32_t peer)
{
	uint64_t pair = (uint64_t)chip << 32 | peer, seed;
	struct sim_peer *slot;

	if (4 * (h->peers + 1) > 3 * h->peers_size)
		grow_peers(h);
	slot = peer_slot(h->peer, h->peers_size, pair);
	if (slot->peer)
		return slot;
	slot->pair = pair;
	slot->pdc = NONE;
	slot->peer = keep(h, sizeof(*slot->peer));
	h->peers++;
	seed = sim_hash3(sim_key(h->sim->seed, SIM_FOR_ENGINE), pair, 1);
	weft_peer_init(slot->peer, chip_id(peer), (uint32_t)seed);
	return slot;
}

/* Contexts. */

/*
 * One more block of what contexts and streams use while they have work; there are as many as ever
 * had at once.
 */
void sim_grow_pool(struct sim_hosts *h, struct weft_blocks *pool)
{
	weft_blocks_add_zeroed(pool, keep(h, pool->block), 1);
}

static void make_profile(struct sim_hosts *h, uint32_t chip, struct weft_profile *f)
{
	const struct sim_scenario *sc = h->sc;

	*f = (struct weft_profile){
		.chip_id = chip_id(chip),
		.incarnation = 1,
		.window = (uint16_t)sc->window_pkts,
		.max_payload = (uint16_t)sc->payload_bytes,
		.max_streams = MAX_STREAMS,
		.max_paths = (uint16_t)sc->paths,
		.holds = HOLDS,
		.ack_every = (uint16_t)sc->ack_every,
		.path_law = (enum weft_path_law)sc->path_law,
		.cc = (enum weft_cc_law)sc->cc,
		.link_mbps = (uint32_t)(sc->host_gbps * sc->planes * 1000),
		.cc_init_pkts = (uint32_t)sc->cc_init_pkts,
		.cc_target_ns = sc->cc_target_ns,
		.min_rto_ns = sc->min_rto_us * 1000,
	};
	f->pool = &h->ctx_blocks;
	f->rings = &h->ring_blocks;
	f->shorts = &h->short_blocks;
	f->sets = &h->set_blocks;
	if (!h->ctx_blocks.block) {
		weft_blocks_init(&h->ctx_blocks, weft_profile_block(f));
		weft_blocks_init(&h->ring_blocks, weft_profile_ring(f));
		weft_blocks_init(&h->short_blocks, weft_profile_short(f));
		weft_blocks_init(&h->set_blocks, weft_profile_set(f));
	}
	if (weft_profile_prepare(f))
		sim_die("chip %u: the engine refuses the configuration of its contexts (window %u, "
			"payload %u, paths %u)", chip, f->window, f->max_payload, f->max_paths);
}

static void configure(struct sim_hosts *h, struct sim_pdc *p, struct weft_pdc_cfg *cfg)
{
	const struct sim_scenario *sc = h->sc;
	uint64_t pair = (uint64_t)p->chip << 32 | p->peer;
	uint64_t draw = sim_hash3(sim_key(h->sim->seed, SIM_FOR_ENGINE), pair, 2);

	memset(cfg, 0, sizeof(*cfg));
	cfg->profile = &h->chip[p->chip].profile;
	cfg->stats = &h->engine;
	cfg->grantor = &h->chip[p->chip].grantor;
	cfg->features = WEFT_FEATURES_PROBE | WEFT_FEATURES_CREDIT;
	cfg->peer = sim_peer_of(h, p->chip, p->peer)->peer;
	cfg->host = p;
	cfg->pdc_id = p->id;
	cfg->domain = DOMAIN;
	cfg->mode = sc->mode == SIM_MODE_RUD ? WEFT_MODE_RUD : WEFT_MODE_ROD;
	/* All chips are alike, and HELLO would have said so. */
	cfg->peer_window = cfg->profile->window;
	cfg->mtu_payload = cfg->profile->max_payload;
	cfg->peer_payload = cfg->profile->max_payload;
	cfg->n_paths = (uint16_t)sc->paths;
	cfg->n_ports = cfg->peer_ports = (uint8_t)sc->planes;
	cfg->planes = sc->planes > 1;
	cfg->entropy_base = (uint16_t)(0xc000u | (draw & 0x3fffu));	/* a dynamic UDP port */
	if (cfg->entropy_base > 0x10000u - sc->paths)
		cfg->entropy_base = (uint16_t)(0x10000u - sc->paths);
}

static struct sim_pdc *new_pdc(struct sim_hosts *h, uint32_t chip, uint32_t peer)
{
	struct sim_chip *c = &h->chip[chip];
	struct sim_peer *to = sim_peer_of(h, chip, peer);
	struct sim_pdc *p = keep(h, sizeof(*p));

	if (h->pdcs == h->pdcs_size) {
		h->pdcs_size = h->pdcs_size ? 2 * h->pdcs_size : 2 * h->sim->topo.hosts;
		h->pdc = sim_resize(h->pdc, h->pdcs_size, sizeof(*h->pdc));
	}
	if (c->pdcs == c->pdcs_size) {
		c->pdcs_size = c->pdcs_size ? 2 * c->pdcs_size : 4;
		c->pdc = sim_resize(c->pdc, c->pdcs_size, sizeof(*c->pdc));
		sim_timers_grow(&c->wake, c->pdcs_size);
	}
	p->chip = chip;
	p->peer = peer;
	p->index = h->pdcs++;
	p->next = p->other = NONE;
	p->sibling = to->pdc;
	to->pdc = p->index;
	h->pdc[p->index] = p;
	c->pdc[c->pdcs++] = p->index;
	p->id = c->pdcs;
	return p;
}

struct sim_pdc *sim_pdc_make(struct sim_hosts *h, uint32_t chip, uint32_t peer,
			     const struct weft_view *v)
{
	struct sim_pdc *p = new_pdc(h, chip, peer);
	weft_time now = sim_engine_now(h->sim);
	struct weft_pdc_cfg cfg;
	size_t size;

	configure(h, p, &cfg);
	size = weft_pdc_size(&cfg);
	if (!size)
		sim_die("chip %u: the engine refuses the configuration of a context (payload %u, "
			"paths %u)", chip, cfg.mtu_payload, cfg.n_paths);
	p->mem = keep(h, size);
	p->pdc = v ? weft_pdc_accept(p->mem, &cfg, v, now) : weft_pdc_open(p->mem, &cfg, now);
	if (!p->pdc)
		sim_die("chip %u: the engine refuses to make a context to chip %u", chip, peer);
	for (uint32_t i = 0; i < h->changes && h->change[i].at <= h->sim->now; i++)
		weft_port_set(p->pdc, h->change[i].port, h->change[i].up, now);
	return p;
}

/* What workloads call. */

/* When chips know that a port of theirs has failed, and that it works again. */
static void plan_changes(struct sim_hosts *h)
{
	const struct sim_scenario *sc = h->sc;
	sim_time notice = sc->fault_notice_us * SIM_US;
	uint8_t port = (uint8_t)sc->fault_plane;

	if (sc->fault != SIM_FAULT_PLANE || !notice)
		return;
	h->change[h->changes++] = (struct sim_port_change){ sc->fault_from_us * SIM_US + notice,
							    port, false };
	if (sc->fault_until_us)
		h->change[h->changes++] = (struct sim_port_change){
			sc->fault_until_us * SIM_US + notice, port, true };
}

void sim_hosts_init(struct sim_hosts *h, struct sim *sim, const struct sim_scenario *sc,
		    const struct sim_work_ops *work, void *work_ctx)
{
	memset(h, 0, sizeof(*h));
	h->sim = sim;
	h->sc = sc;
	h->work = work;
	h->work_ctx = work_ctx;
	h->depth.sends = SQ_DEPTH;
	h->depth.messages = STREAM_WINDOW;
	h->depth.reads = READS;
	h->frame_bytes = sim_frame_bytes((enum sim_carriage)sc->carriage) +
			 (uint32_t)sc->extra_bytes;
	h->nic = sim_nic_new(sim, sc);
	plan_changes(h);
	h->chip = sim_zalloc(sim->topo.hosts, sizeof(*h->chip));
	for (uint32_t i = 0; i < sim->topo.hosts; i++) {
		if (!sim_mine(sim, i))		/* another process has it: nothing is kept here */
			continue;
		make_profile(h, i, &h->chip[i].profile);
		sim_timers_init(&h->chip[i].wake, sim->seed, 0, 0);
		for (uint32_t t = 0; t < SIM_HOST_TIMERS; t++)
			sim_timers_home(&sim->timers, t * sim->topo.hosts + i, sim->part_of[i]);
		h->chip[i].ring_head = NONE;
		weft_grantor_init(&h->chip[i].grantor,
				  (uint32_t)(sc->host_gbps * sc->planes * 10 * sc->grant_percent),
				  0);
		h->chip[i].ring_tail = NONE;
		if (h->changes)
			sim_timers_set(&sim->timers, sim_port_timer(h, i), h->change[0].at);
	}
}

void sim_hosts_fini(struct sim_hosts *h)
{
	if (!h->sim)	/* it was never made */
		return;
	for (uint32_t i = 0; i < h->sim->topo.hosts; i++) {
		if (!sim_mine(h->sim, i))
			continue;
		free(h->chip[i].pdc);
		sim_timers_fini(&h->chip[i].wake);
	}
	while (h->chunks) {
		struct sim_chunk *c = h->chunks;

		h->chunks = c->next;
		sim_pages_free(c, c->size, 1);
	}
	sim_nic_free(h->nic);
	free(h->chip);
	free(h->pdc);
	free(h->ep);
	free(h->peer);
	memset(h, 0, sizeof(*h));
}

uint32_t sim_register(struct sim_hosts *h, uint32_t chip, uint64_t base, uint64_t len)
{
	struct sim_chip *c = &h->chip[chip];
	struct weft_mr *mr = &c->mr[c->mrs];

	if (!sim_mine(h->sim, chip))
		return 0x100;		/* of the first, as there */
	assert(c->mrs < WEFT_ARRAY_LEN(c->mr));
	c->mrs++;
	mr->base = base;
	mr->len = len;
	mr->key = c->mrs * 0x100;
	mr->domain = DOMAIN;
	mr->rights = WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_RELAXED;
	mr->alive = true;
	return mr->key;
}

struct sim_ep *sim_ep_new(struct sim_hosts *h, struct sim_pdc *p, uint64_t tag)
{
	struct weft_stream_cfg cfg = {
		.qpn = ++h->chip[p->chip].qpns, .sq_depth = h->depth.sends,
		.window = h->depth.messages, .reads = h->depth.reads,
		.rnr_retry = 7, .rnr_delay_ns = RNR_DELAY_NS,
	};
	struct sim_ep *ep = keep(h, sizeof(*ep));
	int err;

	if (!h->stream_blocks.block)
		weft_blocks_init(&h->stream_blocks, weft_stream_block(&cfg));
	cfg.pool = &h->stream_blocks;
	cfg.host = ep;
	ep->pdc = p;
	ep->chip = p->chip;
	ep->peer = p->peer;
	ep->tag = tag;
	ep->mem = keep(h, weft_stream_size(&cfg));
	err = weft_stream_init(p->pdc, ep->mem, &cfg, &ep->stream);
	if (err)
		sim_die("chip %u: no stream to chip %u (%d)", p->chip, p->peer, err);
	if (h->eps == h->eps_size) {
		h->eps_size = h->eps_size ? 2 * h->eps_size : 64;
		h->ep = sim_resize(h->ep, h->eps_size, sizeof(*h->ep));
	}
	h->ep[h->eps++] = ep;
	return ep;
}

struct sim_ep *sim_connect(struct sim_hosts *h, uint32_t chip, uint32_t peer, uint64_t tag)
{
	uint32_t have = sim_peer_of(h, chip, peer)->pdc;
	struct sim_ep *ep;
	int err;

	ep = sim_ep_new(h, have != NONE ? h->pdc[have] : sim_pdc_make(h, chip, peer, NULL), tag);
	sim_pools_ready(h);
	err = weft_ep_connect(ep->stream, WEFT_SERVICE_CHIP, NULL, 0);
	if (err)
		sim_die("chip %u: cannot ask chip %u for a stream (%d)", chip, peer, err);
	sim_pdc_ring(h, ep->pdc);
	return ep;
}

static int post(struct sim_hosts *h, struct sim_ep *ep, const struct weft_wr *wr)
{
	int err;

	sim_pools_ready(h);
	err = weft_post(ep->stream, wr);
	sim_pdc_ring(h, ep->pdc);
	return err;
}

int sim_write(struct sim_hosts *h, struct sim_ep *ep, uint64_t id, uint32_t key, uint64_t addr,
	      uint32_t len)
{
	struct weft_wr wr = { .id = id, .addr = addr, .rkey = key, .len = len,
			      .opcode = WEFT_OPCODE_WRITE };

	return post(h, ep, &wr);
}

int sim_write_imm(struct sim_hosts *h, struct sim_ep *ep, uint64_t id, uint32_t key,
		  uint64_t addr, uint32_t len, uint32_t imm)
{
	struct weft_wr wr = {
		.id = id, .addr = addr, .rkey = key, .len = len, .imm = imm,
		.opcode = WEFT_OPCODE_WRITE, .flags = WEFT_OFLAGS_IMM,
	};

	return post(h, ep, &wr);
}

void sim_post_recv(struct sim_hosts *h, struct sim_ep *ep, uint32_t n, uint32_t bytes)
{
	ep->posted += n;
	ep->buffer_bytes = bytes;
	weft_recv_posted(ep->stream, ep->posted);
	sim_pdc_ring(h, ep->pdc);
}

void sim_alarm(struct sim_hosts *h, uint32_t chip, sim_time at)
{
	if (sim_mine(h->sim, chip))
		sim_timers_set(&h->sim->timers, chip, at);
}
