/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's host at work: packets in, the turn, packets out. Its tables are in host_table.c,
 * the actions in host_act.c.
 *
 * A turn is: take the packet, do the actions, let contexts send while there is room at the port,
 * set the timer of those that have no more to send. (Those that wait for room are looked at when
 * there is.) Contexts of a chip take turns at its port, one packet each.
 */
#include <assert.h>
#include <string.h>

#include "sim/host.h"
#include "sim/util.h"

#define NONE UINT32_MAX

enum {
	ACTS = 16,		/* actions taken from a context at a time */
	CONTEXT_LINES = 13,	/* of a cache: struct sim_pdc and the engine's context */
	EXPIRES_MAX = 1000	/* calls of weft_expire() at one instant before we give up */
};

static_assert(SIM_HDR_MAX >= WEFT_HDR_MAX, "the packet pool must hold the engine's headers");

/* The transmit ring of a chip. */

void sim_pdc_ring(struct sim_hosts *h, struct sim_pdc *p)
{
	struct sim_chip *c = &h->chip[p->chip];

	p->attend = true;
	if (p->ringed)
		return;
	p->ringed = true;
	p->next = NONE;
	if (c->ring_head == NONE)
		c->ring_head = p->index;
	else
		h->pdc[c->ring_tail]->next = p->index;
	c->ring_tail = p->index;
}

static struct sim_pdc *unring(struct sim_hosts *h, struct sim_chip *c)
{
	struct sim_pdc *p = h->pdc[c->ring_head];

	c->ring_head = p->next;
	p->ringed = false;
	return p;
}

/* Packets out. */

static uint32_t new_packet(struct sim_hosts *h, uint32_t src, uint32_t dst, uint8_t port,
			   uint16_t entropy, const uint8_t *hdr, uint32_t hdr_len,
			   uint32_t payload)
{
	uint32_t i = sim_pkt_get(&h->sim->pool);
	struct sim_pkt *k = &h->sim->pool.pkt[i];
	struct sim_load *l = &h->sim->pool.load[i];

	k->src = src;
	k->dst = dst;
	k->entropy = entropy;
	k->ecn = SIM_ECN_CAPABLE;
	k->small = !payload;
	k->wire_bytes = sim_packet_bytes((enum sim_carriage)h->sc->carriage,
					hdr_len + (uint32_t)h->sc->extra_bytes, payload);
	l->note = NONE;
	l->payload_bytes = (uint16_t)payload;
	l->port = port;
	memcpy(sim_pkt_set_hdr(&h->sim->pool, i, hdr_len), hdr, hdr_len);
	return i;
}

static void set_timer(struct sim_hosts *h, const struct sim_pdc *p)
{
	struct sim_timers *wake = &h->chip[p->chip].wake;
	weft_time deadline = weft_deadline(p->pdc);
	sim_time at = h->sim->now;

	if (deadline == WEFT_NEVER) {
		sim_timers_set(wake, p->id - 1, SIM_NEVER);
		return;
	}
	if (deadline > at / SIM_NS)
		at = deadline * SIM_NS;
	/* A deadline that moves away is left: the timer looks again when it fires. */
	if (at >= wake->at[p->id - 1])
		return;
	sim_timers_set(wake, p->id - 1, at);
	if (at < h->sim->timers.at[sim_wake_timer(h, p->chip)])
		sim_timers_set(&h->sim->timers, sim_wake_timer(h, p->chip), at);
}

static void attend(struct sim_hosts *h, struct sim_pdc *p)
{
	struct weft_act acts[ACTS];
	size_t n;

	p->attend = false;
	while ((n = weft_work(p->pdc, acts, ACTS, sim_engine_now(h->sim))))
		for (size_t i = 0; i < n; i++)
			sim_do_action(h, p, &acts[i]);
}

static void nic_timer(struct sim_hosts *h, uint32_t chip, enum sim_way way, sim_time at)
{
	uint32_t timer = sim_nic_timer(h, chip, way);

	if (at < h->sim->timers.at[timer])
		sim_timers_set(&h->sim->timers, timer, at);
}

/* A packet of a chip goes out by the port that it names. */
static void put_out(struct sim_hosts *h, uint32_t chip, uint32_t pkt)
{
	if (!h->nic) {
		sim_host_send_by(h->sim, chip, h->sim->pool.load[pkt].port, pkt);
		return;
	}
	sim_nic_put(h->nic, chip, SIM_NIC_OUT, pkt);
	nic_timer(h, chip, SIM_NIC_OUT, sim_nic_next(h->nic, chip, SIM_NIC_OUT));
}

/* May a chip take a packet from its engines?  If not, it is woken when it may. */
static bool has_room(struct sim_hosts *h, uint32_t chip)
{
	sim_time at;

	if (!sim_host_room(h->sim, chip, (uint32_t)h->sc->nic_bytes))
		return false;
	at = h->nic ? sim_nic_room_at(h->nic, chip) : 0;
	if (at <= h->sim->now)
		return true;
	nic_timer(h, chip, SIM_NIC_OUT, at);
	return false;
}

static struct sim_pdc *by_id(struct sim_hosts *h, uint32_t chip, uint32_t id)
{
	const struct sim_chip *c = &h->chip[chip];

	return id && id <= c->pdcs ? h->pdc[c->pdc[id - 1]] : NULL;
}

/* The context at the other end, as far as known; that of another process never is. */
static uint32_t other_end(struct sim_hosts *h, struct sim_pdc *p)
{
	const struct sim_pdc *other;

	if (p->other == NONE) {
		other = by_id(h, p->peer, weft_pdc_peer_id(p->pdc));
		p->other = other ? other->index : NONE;
	}
	return p->other;
}

static void send(struct sim_hosts *h, struct sim_pdc *p, const struct weft_txd *txd)
{
	enum weft_status st = WEFT_STATUS_OK;
	uint32_t pkt;

	if (txd->src == WEFT_SRC_MEM)
		st = sim_check(h, p->chip, txd->stream, WEFT_MR_READ, txd->key, txd->addr,
			       txd->len);
	if (st != WEFT_STATUS_OK) {
		weft_read_failed(p->pdc, txd, st);
		return;
	}
	pkt = new_packet(h, p->chip, p->peer, txd->port, txd->entropy, txd->hdr, txd->hdr_len,
			 txd->len);
	h->sim->pool.load[pkt].note = other_end(h, p);
	put_out(h, p->chip, pkt);
}

/*
 * Takes packets from a context and sends them: one if others wait for their turn, else two, so
 * that a context which has but one is not asked again.  False: it has no more for now.
 */
static bool send_some(struct sim_hosts *h, struct sim_pdc *p, bool alone)
{
	size_t most = alone ? 2 : 1, n;
	struct weft_txd txd[2];

	sim_pools_ready(h);
	n = weft_tx(p->pdc, txd, most, sim_engine_now(h->sim));
	for (size_t i = 0; i < n; i++)
		send(h, p, &txd[i]);
	return n == most;
}

/* A context is laid out behind what its host keeps of it. */
static inline void fetch_context(const struct sim_pdc *p)
{
	for (uint32_t i = 0; i < CONTEXT_LINES; i++)
		sim_fetch((const char *)p + 64 * i);
}

/* The contexts whose turn it is next, of the second one the context alone. */
static inline void fetch_next(const struct sim_hosts *h, const struct sim_chip *c)
{
	const struct sim_pdc *p;

	if (c->ring_head == NONE)
		return;
	p = h->pdc[c->ring_head];
	weft_pdc_fetch(p->pdc);
	if (p->next != NONE)
		fetch_context(h->pdc[p->next]);
}

/* Lets the chip's contexts send, in turn, while there is room at its port. */
static void send_all(struct sim_hosts *h, uint32_t chip)
{
	struct sim_chip *c = &h->chip[chip];

	while (c->ring_head != NONE && has_room(h, chip)) {
		struct sim_pdc *p = unring(h, c);

		fetch_next(h, c);
		if (p->attend)
			attend(h, p);
		if (send_some(h, p, c->ring_head == NONE)) {
			sim_pdc_ring(h, p);
			p->attend = false;
		} else {
			set_timer(h, p);
		}
	}
}

/* The chip's grantor: the contexts that were granted something send it when there is room. */
static void grant(struct sim_hosts *h, uint32_t chip)
{
	struct weft_grantor *g = &h->chip[chip].grantor;
	weft_time now = sim_engine_now(h->sim), at;
	struct weft_pdc *out[ACTS];
	size_t n;

	while ((n = weft_grantor_run(g, out, ACTS, now)))
		for (size_t i = 0; i < n; i++)
			sim_pdc_ring(h, weft_pdc_host(out[i]));
	at = weft_grantor_deadline(g);
	if (at != WEFT_NEVER && at * SIM_NS < h->sim->timers.at[sim_grant_timer(h, chip)])
		sim_timers_set(&h->sim->timers, sim_grant_timer(h, chip), at * SIM_NS);
	send_all(h, chip);
}

static void turn(struct sim_hosts *h, struct sim_pdc *p)
{
	attend(h, p);
	sim_pdc_ring(h, p);
	p->attend = false;
	grant(h, p->chip);
}

/* Packets in. */

static void send_nack(struct sim_hosts *h, uint32_t chip, uint32_t to, const struct weft_view *v,
		      enum weft_nack reason, uint32_t arg)
{
	uint8_t bytes[WEFT_ALONE_MAX];
	size_t n = weft_nack_build(bytes, v, reason, arg);

	if (!n)
		return;
	h->stats.nacks++;
	put_out(h, chip, new_packet(h, chip, to, v->port, v->d.entropy, bytes,
				    (uint32_t)n - WEFT_HDR_CRC_LEN, 0));
}

/* A packet that opens a context: one that we have, or a new one. NULL: answered, or dropped. */
static struct sim_pdc *open_for(struct sim_hosts *h, uint32_t chip, uint32_t from,
				const struct weft_view *v)
{
	struct sim_peer *peer = sim_peer_of(h, chip, from);
	uint32_t arg = 0;

	for (uint32_t i = peer->pdc; i != NONE; i = h->pdc[i]->sibling)
		if (weft_pdc_same(h->pdc[i]->pdc, v))
			return h->pdc[i];
	switch (weft_admit(peer->peer, v, &h->gate, &arg)) {
	case WEFT_ADMIT:
		return sim_pdc_make(h, chip, from, v);
	case WEFT_ADMIT_RESTARTED:
		sim_die("chip %u: chip %u seems to have restarted, which chips here do not", chip,
			from);
	case WEFT_ADMIT_STALE:
		send_nack(h, chip, from, v, WEFT_NACK_NEW_START_PSN, arg);
		break;
	case WEFT_ADMIT_GONE:
		send_nack(h, chip, from, v, WEFT_NACK_RESET, 0);
		break;
	case WEFT_ADMIT_OLD:
	case WEFT_ADMIT_COOKIE:	/* nobody asks for one: tables here are not bounded */
		break;
	}
	h->stats.drops[WEFT_DROP_STALE_SYN]++;
	return NULL;
}

static struct sim_pdc *by_remote(struct sim_hosts *h, uint32_t chip, uint32_t from, uint32_t id)
{
	for (uint32_t i = sim_peer_of(h, chip, from)->pdc; i != NONE; i = h->pdc[i]->sibling)
		if (weft_pdc_peer_id(h->pdc[i]->pdc) == id)
			return h->pdc[i];
	return NULL;
}

/*
 * The context that a packet is for, of which its sender knew the index `likely`; NULL: there is
 * none, and all is done that is to be done.
 */
static struct sim_pdc *route(struct sim_hosts *h, uint32_t chip, uint32_t from, uint32_t likely,
			     const struct weft_view *v)
{
	struct sim_pdc *p = NULL;

	switch (weft_route(v)) {
	case WEFT_ROUTE_CONTEXT:
		p = likely < h->pdcs ? h->pdc[likely] : NULL;
		if (!p || p->chip != chip || p->id != v->d.pdc_id)
			p = by_id(h, chip, v->d.pdc_id);
		if (!p)
			send_nack(h, chip, from, v, WEFT_NACK_NO_CONTEXT, 0);
		break;
	case WEFT_ROUTE_OPEN:
		return open_for(h, chip, from, v);
	case WEFT_ROUTE_REMOTE:
		p = by_remote(h, chip, from, v->b.nack.h.echo_pdc);
		break;
	case WEFT_ROUTE_ALONE:
		h->stats.alone++;
		return NULL;
	case WEFT_ROUTE_DGRAM:		/* no host here has a queue pair for them */
	case WEFT_ROUTE_NONE:
		break;
	}
	if (!p)
		h->stats.drops[WEFT_DROP_NO_CONTEXT]++;
	return p;
}

/* The context that a packet is for, which has taken it; NULL: none has. */
static struct sim_pdc *receive(struct sim_hosts *h, uint32_t chip, uint32_t pkt)
{
	const struct sim_pkt *k = &h->sim->pool.pkt[pkt];
	const struct sim_load *l = &h->sim->pool.load[pkt];
	uint32_t from = k->src;
	enum weft_drop why;
	struct weft_view v;
	struct weft_act act;
	struct sim_pdc *p;

	/* Its bytes stay where they are: no packet is made before weft_rx() is done with them. */
	why = weft_parse(&v, sim_pkt_hdr(&h->sim->pool, pkt),
			 l->hdr_bytes + l->payload_bytes + WEFT_HDR_CRC_LEN);
	v.port = l->port;
	if (why != WEFT_DROP_NONE) {
		p = why == WEFT_DROP_TRIMMED ? by_id(h, chip, v.d.pdc_id) : NULL;
		if (!p)
			h->stats.drops[why]++;
		else
			weft_rx_trimmed(p->pdc, &v);
		return p;
	}
	v.ce = k->ecn & SIM_ECN_CE;
	p = route(h, chip, from, l->note, &v);
	if (!p)
		return NULL;
	sim_pools_ready(h);
	if (weft_rx(p->pdc, &v, sim_engine_now(h->sim), &act, &why))
		sim_do_action(h, p, &act);
	return p;
}

static void take_in(struct sim_hosts *h, uint32_t chip, uint32_t pkt)
{
	struct sim_pdc *p = receive(h, chip, pkt);

	sim_pkt_put(&h->sim->pool, pkt);
	if (p)
		turn(h, p);
}

static void on_rx(void *ctx, uint32_t chip, uint32_t pkt)
{
	struct sim_hosts *h = ctx;

	assert(chip == h->sim->pool.pkt[pkt].dst);
	if (!h->nic)
		take_in(h, chip, pkt);
	else if (sim_nic_put(h->nic, chip, SIM_NIC_IN, pkt))
		nic_timer(h, chip, SIM_NIC_IN, sim_nic_next(h->nic, chip, SIM_NIC_IN));
	else
		sim_pkt_put(&h->sim->pool, pkt);
}

/* Packets may be through the interface, or a chip may have room for more. */
static void nic_ready(struct sim_hosts *h, uint32_t chip, enum sim_way way)
{
	uint32_t pkt;

	while ((pkt = sim_nic_take(h->nic, chip, way)) != SIM_NO_PKT) {
		if (way == SIM_NIC_IN)
			take_in(h, chip, pkt);
		else
			sim_host_send_by(h->sim, chip, h->sim->pool.load[pkt].port, pkt);
	}
	if (way == SIM_NIC_OUT)
		send_all(h, chip);
	if (sim_nic_next(h->nic, chip, way) != SIM_NEVER)
		nic_timer(h, chip, way, sim_nic_next(h->nic, chip, way));
}

static void soon(void *ctx, uint32_t chip, uint32_t pkt, unsigned step)
{
	const struct sim_hosts *h = ctx;
	uint32_t i = h->sim->pool.load[pkt].note;

	if (step == 0)
		sim_fetch(&h->chip[chip]);
	if (i >= h->pdcs)
		return;
	if (step == 0)
		sim_fetch(&h->pdc[i]);
	else if (step == 1)
		fetch_context(h->pdc[i]);
	else
		weft_pdc_fetch(h->pdc[i]->pdc);
}

static void on_ready(void *ctx, uint32_t chip)
{
	send_all(ctx, chip);
}

/* The time of a context may have come. */
static void expire(struct sim_hosts *h, struct sim_pdc *p)
{
	if (weft_deadline(p->pdc) > sim_engine_now(h->sim)) {
		set_timer(h, p);
		return;
	}
	if (p->expired_at != h->sim->now)
		p->expired = 0;
	p->expired_at = h->sim->now;
	if (++p->expired > EXPIRES_MAX)
		sim_die("chip %u: the context to chip %u asks again and again to be woken at "
			"%llu ns", p->chip, p->peer, (unsigned long long)sim_engine_now(h->sim));
	weft_expire(p->pdc, sim_engine_now(h->sim));
	turn(h, p);
}

static void wake(struct sim_hosts *h, uint32_t chip)
{
	struct sim_chip *c = &h->chip[chip];
	struct sim_event e;

	while (sim_timers_peek(&c->wake, 0, &e) && e.at <= h->sim->now) {
		sim_timers_set(&c->wake, e.who, SIM_NEVER);
		expire(h, h->pdc[c->pdc[e.who]]);
	}
	sim_timers_set(&h->sim->timers, sim_wake_timer(h, chip), sim_timers_next(&c->wake, 0));
}

/* A port of the chip has failed, or works again: its contexts are told. */
static void learn_ports(struct sim_hosts *h, uint32_t chip)
{
	struct sim_chip *c = &h->chip[chip];

	for (uint32_t i = 0; i < h->changes; i++) {
		const struct sim_port_change *e = &h->change[i];

		for (uint32_t k = 0; e->at == h->sim->now && k < c->pdcs; k++) {
			weft_port_set(h->pdc[c->pdc[k]]->pdc, e->port, e->up,
				      sim_engine_now(h->sim));
			turn(h, h->pdc[c->pdc[k]]);
		}
		if (e->at > h->sim->now) {
			sim_timers_set(&h->sim->timers, sim_port_timer(h, chip), e->at);
			break;
		}
	}
}

static void on_timer(void *ctx, uint32_t id)
{
	struct sim_hosts *h = ctx;
	uint32_t hosts = h->sim->topo.hosts, chip = id % hosts;

	switch (id / hosts) {
	case 0:
		h->work->alarm(h->work_ctx, chip);
		send_all(h, chip);
		break;
	case 1:
		grant(h, chip);
		break;
	case 2:
		wake(h, chip);
		break;
	case 3:
		learn_ports(h, chip);
		break;
	default:
		nic_ready(h, chip, id / hosts == 4 ? SIM_NIC_OUT : SIM_NIC_IN);
		break;
	}
}

const struct sim_host_ops sim_engine_ops = {
	.rx = on_rx, .ready = on_ready, .timer = on_timer, .soon = soon,
};
