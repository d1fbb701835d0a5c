/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes wrong: on wires packet by packet, to links and chips from time to time.  Faults of
 * a packet are a hash of the port and its count of packets, so that one fault more or less
 * leaves the others where they were.
 */
#include "core/test/fabric/fabric.h"
#include "sim/util.h"

enum { OUTAGE, RESTART, JUMP, PORT };

static uint32_t copy_of(struct fb_world *w, uint32_t pkt)
{
	uint32_t i = sim_pkt_get(&w->sim.pool);
	const struct sim_load *from = &w->sim.pool.load[pkt];
	struct sim_load *l = &w->sim.pool.load[i];

	w->sim.pool.pkt[i] = w->sim.pool.pkt[pkt];
	l->note = from->note;
	l->payload_bytes = from->payload_bytes;
	l->port = from->port;
	sim_pkt_set_hdr(&w->sim.pool, i, from->hdr_bytes);
	memcpy(sim_pkt_hdr(&w->sim.pool, i), sim_pkt_hdr(&w->sim.pool, pkt), from->hdr_bytes);
	if (from->payload_bytes)
		memcpy(fb_data(w, i), fb_data(w, pkt), from->payload_bytes);
	return i;
}

static bool lost(struct fb_world *w, uint32_t port, uint64_t draw, sim_time now)
{
	const struct fb_cfg *c = &w->cfg;
	struct fb_wire *wire = &w->wire[port];

	if (wire->dead_until > now) {
		w->faults[FB_LOST]++;
		return true;
	}
	if (c->burst && (draw >> 16 & 0xffff) < c->burst)
		wire->burst_until = now + c->burst_ns * (sim_time)SIM_NS;
	if (wire->burst_until > now) {
		w->faults[FB_BURST]++;
		return true;
	}
	if ((draw & 0xffff) >= c->loss)
		return false;
	w->faults[FB_LOST]++;
	return true;
}

/* note: the number of the bit that is changed, plus 1; 0: none.  Done when it arrives. */
static void corrupt(struct fb_world *w, struct sim_load *k, uint64_t more)
{
	uint32_t bits = 8 * (k->hdr_bytes + k->payload_bytes + WEFT_HDR_CRC_LEN);

	if (k->note)
		return;
	k->note = 1 + sim_below(more, bits);
	w->faults[FB_CORRUPT]++;
}

/* As by a switch whose queue is full: the header goes on. */
static void cut(struct fb_world *w, uint32_t pkt)
{
	const struct sim_load *k = &w->sim.pool.load[pkt];

	if (!k->payload_bytes || k->note)
		return;
	sim_pkt_hdr(&w->sim.pool, pkt)[SIM_FABRIC_AT] |= WEFT_FABRIC_TRIM;
	sim_pkt_cut(&w->sim.pool, pkt, WEFT_HDR_DELIVERY_LEN);
}

static void fate(void *ctx, struct sim *sim, uint32_t port, uint32_t pkt, struct sim_fate *f)
{
	struct fb_world *w = ctx;
	const struct fb_cfg *c = &w->cfg;
	uint64_t draw, more;

	if (!w->unreliable && w->wire[port].dead_until <= f->start)
		return;
	draw = sim_hash3(w->fault_key, port, sim->port[port].sent_pkts);
	if (lost(w, port, draw, f->start)) {
		f->lost = true;
		return;
	}
	if ((draw >> 32 & 0xffff) >= c->dup + c->reorder && draw >> 48 >= c->corrupt + c->cut)
		return;
	more = sim_mix(draw + 1);
	if (draw >> 48 < c->corrupt)
		corrupt(w, &sim->pool.load[pkt], more);
	else if (draw >> 48 < c->corrupt + c->cut)
		cut(w, pkt);
	draw = draw >> 32 & 0xffff;
	if (draw < c->dup) {
		f->copy = copy_of(w, pkt);
		f->copy_later = sim_below(more << 11, c->reorder_ns * 2u + 1) * (sim_time)SIM_NS;
		w->faults[FB_DUP]++;
	} else if (draw < c->dup + c->reorder) {
		f->later = sim_below(more << 7, c->reorder_ns) * (sim_time)SIM_NS;
		w->faults[FB_LATE_PKT]++;
	}
}

static void set_timer(struct fb_world *w, uint32_t which, uint32_t every_us)
{
	sim_time in = (every_us / 2 + fb_below(&w->rng, every_us + 1)) * (sim_time)SIM_US;

	if (every_us)
		sim_timers_set(&w->sim.timers, w->timer_fault + which, w->sim.now + in + 1);
}

void fb_faults_make(struct fb_world *w)
{
	w->wire = sim_zalloc(w->sim.ports, sizeof(*w->wire));
	w->sim.fate = fate;
	w->sim.fate_ctx = w;
	w->unreliable = w->cfg.loss || w->cfg.burst || w->cfg.dup || w->cfg.reorder ||
			w->cfg.corrupt || w->cfg.cut;
	set_timer(w, OUTAGE, w->cfg.outage);
	set_timer(w, RESTART, w->cfg.restart);
	set_timer(w, JUMP, w->cfg.jump);
	if (w->cfg.ports > 1)
		set_timer(w, PORT, w->cfg.portfail);
}

/* Both directions of a chip's link are dark. */
static void dark(struct fb_world *w, uint32_t port, sim_time until)
{
	w->wire[port].dead_until = until;
	for (uint32_t i = 0; i < w->sim.ports; i++)
		if (w->sim.port[i].peer == port)
			w->wire[i].dead_until = until;
}

/* A link goes dark in one direction, or a chip's port in both. */
static void outage(struct fb_world *w)
{
	sim_time until = w->sim.now + (1 + fb_below(&w->rng, w->cfg.outage_us)) * (sim_time)SIM_US;
	uint32_t port = fb_below(&w->rng, w->sim.ports);

	w->faults[FB_OUTAGE]++;
	w->wire[port].dead_until = until;
	if (port < w->sim.topo.hosts)
		dark(w, port, until);
	for (uint32_t a = 0; a < w->cfg.chips; a++)
		for (uint32_t b = 0; b < a; b++)
			fb_excuse(w, (uint8_t)a, (uint8_t)b);
}

/*
 * A chip's port fails, and it sees that at once; its contexts go on by the other ports, and only
 * those that cannot may fail.  Or the port that failed works again.
 */
static void port(struct fb_world *w)
{
	struct fb_chip *c;

	if (w->port_failed) {
		c = &w->chip[w->bad_chip];
		w->port_failed = false;
		dark(w, w->bad_port * w->cfg.chips + c->id, 0);
	} else {
		c = &w->chip[fb_below(&w->rng, w->cfg.chips)];
		w->bad_chip = c->id;
		w->bad_port = (uint8_t)fb_below(&w->rng, w->cfg.ports);
		w->port_failed = true;
		w->faults[FB_PORT_FAILED]++;
		dark(w, w->bad_port * w->cfg.chips + c->id, SIM_NEVER);
	}
	fb_chip_port(w, c, w->bad_port, !w->port_failed);
}

static void jump(struct fb_world *w)
{
	struct fb_chip *c = &w->chip[fb_below(&w->rng, w->cfg.chips)];

	w->faults[FB_JUMP]++;
	c->skew += 1000ull * (1 + fb_below(&w->rng, w->cfg.jump_us));
	if (!c->down)
		fb_rearm(w, c);
}

static void restart(struct fb_world *w)
{
	struct fb_chip *c = &w->chip[fb_below(&w->rng, w->cfg.chips)];
	sim_time down = fb_below(&w->rng, 2000) * (sim_time)SIM_US;

	if (c->down)
		return;
	w->faults[FB_RESTART]++;
	fb_chip_crash(w, c);
	sim_timers_set(&w->sim.timers, w->timer_chip + c->id, w->sim.now + down + 1);
}

void fb_chip_timer(struct fb_world *w, uint32_t chip)
{
	fb_chip_start(w, &w->chip[chip]);
}

void fb_fault_timer(struct fb_world *w, uint32_t which)
{
	switch (which) {
	case OUTAGE:
		outage(w);
		set_timer(w, OUTAGE, w->cfg.outage);
		break;
	case RESTART:
		restart(w);
		set_timer(w, RESTART, w->cfg.restart);
		break;
	case JUMP:
		jump(w);
		set_timer(w, JUMP, w->cfg.jump);
		break;
	default:
		port(w);
		set_timer(w, PORT, w->cfg.portfail);
		break;
	}
}

void fb_faults_stop(struct fb_world *w)
{
	for (uint32_t i = 0; i < FB_FAULT_TIMERS; i++)
		sim_timers_set(&w->sim.timers, w->timer_fault + i, SIM_NEVER);
	if (w->port_failed)
		port(w);
}
