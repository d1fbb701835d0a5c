/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A chip: packets in, turns of its contexts, packets out.  Its tables are in context.c, the
 * answers to actions in act.c.
 */
#include "core/test/fabric/fabric.h"
#include "sim/util.h"

enum {
	ACTS = 8,		/* actions taken from a context at a time */
	BURST = 4,		/* packets taken from it */
	ROUNDS = 64,		/* of a turn, at one instant, before a context is said to spin */
	FRAME = 38		/* bytes of a frame around a packet on the wire */
};

#define NIC_BYTES 16384		/* what a host puts into its port's queue */

weft_time fb_clock(const struct fb_world *w, const struct fb_chip *c)
{
	return w->sim.now / SIM_NS + c->skew;
}

uint8_t *fb_data(struct fb_world *w, uint32_t pkt)
{
	if (w->data_room < w->sim.pool.size) {
		w->data = sim_resize(w->data, w->sim.pool.size, w->data_bytes);
		w->data_room = w->sim.pool.size;
	}
	return w->data + (size_t)pkt * w->data_bytes;
}

void fb_pkt_put(struct fb_world *w, uint32_t pkt)
{
	sim_pkt_put(&w->sim.pool, pkt);
	w->kept--;
}

/* ---- packets out -------------------------------------------------------------------- */

static uint32_t host_of(const struct fb_world *w, uint32_t chip, uint32_t port)
{
	return port * w->cfg.chips + chip;
}

/* ports: ours << 4, and the peer's. */
uint32_t fb_new_packet(struct fb_world *w, uint8_t from, uint8_t to, uint32_t ports,
		       uint16_t entropy, const uint8_t *hdr, uint32_t hdr_len, uint32_t payload)
{
	uint32_t i = sim_pkt_get(&w->sim.pool);
	struct sim_pkt *k = &w->sim.pool.pkt[i];
	struct sim_load *l = &w->sim.pool.load[i];

	k->src = host_of(w, from, ports >> 4);
	k->dst = host_of(w, to, ports & 15);
	k->entropy = entropy;
	k->ecn = SIM_ECN_CAPABLE;
	k->small = !payload;
	k->wire_bytes = hdr_len + payload + WEFT_HDR_CRC_LEN + FRAME;
	l->note = 0;
	l->payload_bytes = (uint16_t)payload;
	l->port = 0;
	memcpy(sim_pkt_set_hdr(&w->sim.pool, i, hdr_len), hdr, hdr_len);
	return i;
}

void fb_send_packet(struct fb_world *w, uint32_t pkt)
{
	sim_host_send(&w->sim, w->sim.pool.pkt[pkt].src, pkt);
}

/* By the next port that works. */
void fb_send_alone(struct fb_world *w, struct fb_chip *c, uint8_t to, const struct weft_view *v,
		   enum weft_nack reason, uint32_t arg)
{
	uint8_t bytes[WEFT_ALONE_MAX];
	size_t n = weft_nack_build(bytes, v, reason, arg);
	uint32_t port = v->d.entropy % w->cfg.ports;

	if (!n)
		return;
	if (w->port_failed && port == w->bad_port)
		port = (port + 1) % w->cfg.ports;
	fb_send_packet(w, fb_new_packet(w, c->id, to, port * 0x11, v->d.entropy, bytes,
					(uint32_t)n - WEFT_HDR_CRC_LEN, 0));
}

/* Where a packet's payload comes from; NULL: its region is gone, and the READ refused. */
static const uint8_t *source(struct fb_world *w, struct fb_ctx *x, const struct weft_txd *t)
{
	const struct weft_mr *mr;
	enum weft_status st;
	uint8_t *at = NULL;

	if (t->src == WEFT_SRC_WR)
		return (const uint8_t *)(uintptr_t)t->local + t->offset;
	mr = fb_region(w, &w->chip[x->chip], t->key, &at);
	st = weft_mr_check(mr, weft_stream_domain(t->stream), weft_stream_pd(t->stream),
			   WEFT_MR_READ, t->addr, t->len);
	if (st == WEFT_STATUS_OK)
		return at + (t->addr - mr->base);
	weft_read_failed(x->pdc, t, st);
	return NULL;
}

static void send_one(struct fb_world *w, struct fb_ctx *x, const struct weft_txd *t)
{
	const uint8_t *from = NULL;
	uint32_t i;

	FB_MUST(w, t->src == WEFT_SRC_LS || t->len <= w->cfg.payload,
		"a packet has %u bytes of payload, more than agreed", t->len);
	FB_MUST(w, t->port < w->cfg.ports && t->peer_port < w->cfg.ports,
		"a packet is to leave by port %u for port %u", t->port, t->peer_port);
	/* WEFT-CC-055; what the peer says of its ports may leave nothing else. */
	FB_MUST(w, !w->port_failed || w->bad_chip != x->chip || t->port != w->bad_port ||
		x->fragile || x->pdc->peer_ports_down,
		"a packet is to leave by port %u, which has failed", t->port);
	if (t->src != WEFT_SRC_NONE && t->src != WEFT_SRC_LS) {
		from = source(w, x, t);
		if (!from)
			return;
	}
	i = fb_new_packet(w, x->chip, x->peer, (uint32_t)t->port << 4 | t->peer_port, t->entropy,
			  t->hdr, t->hdr_len, t->len);
	if (t->src == WEFT_SRC_LS) {
		if (!fb_ls_gather(w, x, t, fb_data(w, i))) {
			sim_pkt_put(&w->sim.pool, i);
			return;
		}
	} else if (t->len) {
		memcpy(fb_data(w, i), from, t->len);
	}
	fb_send_packet(w, i);
}

static bool room(struct fb_world *w, const struct fb_ctx *x)
{
	for (uint32_t p = 0; p < w->cfg.ports; p++)
		if (!sim_host_room(&w->sim, p * w->cfg.chips + x->chip, NIC_BYTES))
			return false;
	return true;
}

static void send_all(struct fb_world *w, struct fb_ctx *x)
{
	struct weft_txd txd[BURST];
	size_t n;

	x->blocked = true;
	while (room(w, x)) {
		n = weft_tx(x->pdc, txd, BURST, fb_clock(w, &w->chip[x->chip]));
		for (size_t i = 0; i < n; i++)
			send_one(w, x, &txd[i]);
		x->blocked = n == BURST;
		if (!x->blocked)
			break;
	}
}

/* ---- turns -------------------------------------------------------------------------- */

static bool do_work(struct fb_ctx *x, struct fb_world *w)
{
	struct weft_act acts[ACTS];
	bool any = false;
	size_t n;

	while ((n = weft_work(x->pdc, acts, ACTS, fb_clock(w, &w->chip[x->chip])))) {
		for (size_t i = 0; i < n; i++)
			fb_act(x, w, &acts[i], SIM_NO_PKT);
		any = true;
	}
	return any;
}

/* What the chip's grantor lets go is told at once. */
void fb_grant(struct fb_world *w, struct fb_chip *c)
{
	weft_time now = fb_clock(w, c), at;
	struct weft_pdc *out[ACTS];
	size_t n;

	while ((n = weft_grantor_run(&c->grantor, out, ACTS, now)))
		for (size_t i = 0; i < n; i++) {
			w->deeds[FB_DID_GRANT]++;
			fb_turn_soon(w, weft_pdc_host(out[i]), 0);
		}
	at = weft_grantor_deadline(&c->grantor);
	if (at != WEFT_NEVER)
		sim_timers_set(&w->sim.timers, w->timer_grant + c->id,
			       w->sim.now + (at > now ? at - now : 0) * SIM_NS);
}

static void pump(struct fb_ctx *x)
{
	x->pump = false;
	for (struct fb_end *e = x->ends; e; e = e->next)
		if (e->pump)
			fb_pump(e);
}

static void arm(struct fb_world *w, const struct fb_ctx *x)
{
	const struct fb_chip *c = &w->chip[x->chip];
	uint32_t id = x->chip * (uint32_t)FB_SLOTS + x->slot;
	weft_time deadline = x->deadline, now = fb_clock(w, c);
	sim_time at = x->turn_at;

	if (deadline != WEFT_NEVER && !x->blocked) {
		sim_time due = w->sim.now + (deadline > now ? deadline - now : 0) * SIM_NS;

		at = due < at ? due : at;
	}
	/* A deadline that moves away is left: the timer looks again when it fires. */
	if (at < w->sim.timers.at[id])
		sim_timers_set(&w->sim.timers, id, at);
}

/* All work is done: who opened the context closes it. */
static void settle(struct fb_world *w, struct fb_ctx *x)
{
	x->settle = true;
	weft_pdc_close(x->pdc);
	fb_turn_soon(w, x, 0);
}

void fb_turn(struct fb_ctx *x, struct fb_world *w)
{
	weft_time now = fb_clock(w, &w->chip[x->chip]);
	uint32_t rounds = 0;
	bool more;

	x->turn_at = SIM_NEVER;
	do {
		if (x->deadline <= now)
			weft_expire(x->pdc, now);
		do_work(x, w);
		if (x->pump)
			pump(x);
		send_all(w, x);
		more = do_work(x, w);
		FB_MUST(w, ++rounds < ROUNDS || x->blocked, "chip %u: the context to chip %u finds "
			"something to do again and again at one instant", x->chip, x->peer);
		x->deadline = weft_deadline(x->pdc);
	} while (more || x->pump || (!x->blocked && x->deadline <= now));
	fb_look(x, w);
	if (w->phase == FB_DRAIN && !x->ends && x->initiator && !x->settle)
		settle(w, x);
	if (x->reap || x->over) {
		fb_reap(x, w);		/* may free it */
		return;
	}
	arm(w, x);
}

void fb_turn_soon(struct fb_world *w, struct fb_ctx *x, sim_time in)
{
	uint32_t id = x->chip * (uint32_t)FB_SLOTS + x->slot;

	if (x->turn_at <= w->sim.now + in)
		return;
	x->turn_at = w->sim.now + in;
	if (x->turn_at < w->sim.timers.at[id])
		sim_timers_set(&w->sim.timers, id, x->turn_at);
}

/* The chip's clock has leapt: deadlines are nearer than they were. */
void fb_rearm(struct fb_world *w, struct fb_chip *c)
{
	for (uint32_t i = 0; i < FB_SLOTS; i++)
		if (c->slot[i].ctx)
			fb_turn_soon(w, c->slot[i].ctx, 0);
}

/* ---- packets in --------------------------------------------------------------------- */

/* The context that a packet is for; NULL: there is none, and all is done that is to be done. */
static struct fb_ctx *route(struct fb_world *w, struct fb_chip *c, uint8_t from,
			    const struct weft_view *v)
{
	uint32_t slot = v->d.pdc_id - 1;
	struct fb_ctx *x;

	switch (weft_route(v)) {
	case WEFT_ROUTE_CONTEXT:
		x = slot < FB_SLOTS ? c->slot[slot].ctx : NULL;
		if (x && pdc_live(x->pdc))
			return x->peer == from ? x : NULL;
		if (!(v->d.flags & WEFT_DFLAGS_SYN))
			fb_send_alone(w, c, from, v, WEFT_NACK_NO_CONTEXT, 0);
		return NULL;
	case WEFT_ROUTE_OPEN:
		return fb_context_for(w, c, v, from);
	case WEFT_ROUTE_REMOTE:
		return fb_context_remote(c, from, v->b.nack.h.echo_pdc);
	case WEFT_ROUTE_DGRAM:		/* on_rx() has seen to it */
	case WEFT_ROUTE_ALONE:
	case WEFT_ROUTE_NONE:
		break;
	}
	return NULL;
}

/* The packet with one bit changed, as it stands on the wire, CRC included. */
static uint32_t spoil(struct fb_world *w, uint32_t pkt, uint8_t *out)
{
	const struct sim_load *k = &w->sim.pool.load[pkt];
	uint32_t len = k->hdr_bytes, bit = k->note - 1, crc;

	memcpy(out, sim_pkt_hdr(&w->sim.pool, pkt), len);
	crc = weft_crc_header(out, len);
	if (k->payload_bytes) {
		memcpy(out + len, fb_data(w, pkt), k->payload_bytes);
		crc = weft_crc32c(crc, out + len, k->payload_bytes);
	}
	len += k->payload_bytes;
	for (int i = 0; i < 4; i++)
		out[len++] = (uint8_t)(crc >> (24 - 8 * i));
	out[bit / 8] ^= (uint8_t)(1u << bit % 8);
	return len;
}

/* Reads a packet.  Its CRC is made and looked at where a bit was changed: it fails only there. */
static bool read_packet(struct fb_world *w, uint32_t pkt, uint8_t *scratch, struct weft_view *v,
			bool *trimmed)
{
	const struct sim_load *k = &w->sim.pool.load[pkt];
	uint32_t len = k->hdr_bytes + k->payload_bytes + WEFT_HDR_CRC_LEN;
	enum weft_drop why;

	*trimmed = false;
	if (k->note)
		return weft_parse(v, scratch, spoil(w, pkt, scratch)) == WEFT_DROP_NONE &&
		       weft_crc_ok(v);
	memcpy(scratch, sim_pkt_hdr(&w->sim.pool, pkt), k->hdr_bytes);
	why = weft_parse(v, scratch, len);
	if (why == WEFT_DROP_NONE && v->d.type == WEFT_PTYPE_MEM)	/* the engine reads these */
		memcpy(scratch + k->hdr_bytes, fb_data(w, pkt), k->payload_bytes);
	*trimmed = why == WEFT_DROP_TRIMMED && (w->cfg.trim || w->cfg.cut);
	FB_MUST(w, why == WEFT_DROP_NONE || *trimmed,
		"a packet that we sent ourselves is refused at the door (%d)", (int)why);
	return why == WEFT_DROP_NONE;
}

/* A switch has cut a packet down to its header: it says only that it was lost. */
static void on_trimmed(struct fb_world *w, struct fb_chip *c, uint8_t from,
		       const struct weft_view *v)
{
	uint32_t slot = v->d.pdc_id - 1;
	struct fb_ctx *x = slot < FB_SLOTS ? c->slot[slot].ctx : NULL;

	w->faults[FB_TRIMMED]++;
	if (!x || x->peer != from)
		return;
	weft_rx_trimmed(x->pdc, v);
	fb_turn_soon(w, x, c->coalesce);
}

/* A packet for a context: all that it brings about. */
static void give(struct fb_world *w, struct fb_ctx *x, uint32_t pkt, const struct weft_view *v)
{
	struct fb_chip *c = &w->chip[x->chip];
	struct weft_act act;
	enum weft_drop why;
	bool kept = false, any = weft_rx(x->pdc, v, fb_clock(w, c), &act, &why);

	while (any) {
		kept |= fb_act(x, w, &act, pkt);
		any = weft_rx_more(x->pdc, v, &act);
	}
	if (!kept)
		fb_pkt_put(w, pkt);
	if (c->grantor.head)
		fb_grant(w, c);
	if (c->coalesce)
		fb_turn_soon(w, x, c->coalesce);
	else
		fb_turn(x, w);
}

static void on_rx(void *ctx, uint32_t host, uint32_t pkt)
{
	struct fb_world *w = ctx;
	struct fb_chip *c = &w->chip[host % w->cfg.chips];
	uint8_t from = (uint8_t)(w->sim.pool.pkt[pkt].src % w->cfg.chips);
	uint8_t scratch[SIM_HDR_MAX + 4096 + 8];
	struct fb_ctx *x = NULL;
	struct weft_view v;
	bool trimmed;

	w->kept++;
	fb_event(w);
	if (!c->down && read_packet(w, pkt, scratch, &v, &trimmed)) {
		v.ce = w->sim.pool.pkt[pkt].ecn & SIM_ECN_CE;
		v.port = (uint8_t)(host / w->cfg.chips);
		if (weft_route(&v) == WEFT_ROUTE_DGRAM)
			fb_ud_rx(w, c, from, &v, fb_data(w, pkt));
		else
			x = route(w, c, from, &v);
	} else if (!c->down && trimmed) {
		on_trimmed(w, c, from, &v);
	}
	if (!x) {
		fb_pkt_put(w, pkt);
		return;
	}
	give(w, x, pkt, &v);
}

static void on_ready(void *ctx, uint32_t host)
{
	struct fb_world *w = ctx;
	struct fb_chip *c = &w->chip[host % w->cfg.chips];

	for (uint32_t i = 0; i < FB_SLOTS; i++) {
		struct fb_ctx *x = c->slot[i].ctx;

		if (x && x->blocked)
			fb_turn_soon(w, x, 0);
	}
}

static void context_timer(struct fb_world *w, uint32_t id)
{
	struct fb_chip *c = &w->chip[id / FB_SLOTS];
	struct fb_ctx *x = c->slot[id % FB_SLOTS].ctx;

	if (!x)
		return;
	if (x->turn_at > w->sim.now && (x->blocked || x->deadline > fb_clock(w, c)))
		arm(w, x);
	else
		fb_turn(x, w);
}

static void on_timer(void *ctx, uint32_t id)
{
	struct fb_world *w = ctx;

	fb_event(w);
	if (id < w->timer_conn)
		context_timer(w, id);
	else if (id < w->timer_late)
		fb_conn_timer(w, &w->conn[id - w->timer_conn]);
	else if (id < w->timer_chip)
		fb_late_fire(w, id - w->timer_late);
	else if (id < w->timer_grant)
		fb_chip_timer(w, id - w->timer_chip);
	else if (id < w->timer_fault)
		fb_grant(w, &w->chip[id - w->timer_grant]);
	else
		fb_fault_timer(w, id - w->timer_fault);
}

const struct sim_host_ops fb_host_ops = {
	.rx = on_rx, .ready = on_ready, .timer = on_timer,
};
