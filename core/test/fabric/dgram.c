/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams: reliable ones, each remembered until it is far in the past, so that one that comes
 * twice is found out; and unreliable ones, which are a function of who sent them and their number,
 * so that whatever arrives is known.  Each chip has queue pairs 1 to FB_QPNS for both.
 */
#include <stdlib.h>

#include "core/test/fabric/fabric.h"
#include "sim/util.h"

#define DOMAIN 1u

static uint32_t qkey_of(uint32_t chip, uint32_t qpn)
{
	return (uint32_t)sim_hash3(0x716b6579, chip, qpn);
}

/* What is wrong with a datagram for this queue pair: the first that applies (WEFT-DGM-023). */
static enum weft_status judge(uint8_t to, uint32_t qpn, uint32_t qkey, uint32_t len)
{
	if (!qpn || qpn > FB_QPNS)
		return WEFT_STATUS_NO_STREAM;
	if (qkey != qkey_of(to, qpn))
		return WEFT_STATUS_BAD_QKEY;
	return qpn == FB_QPN_SMALL && len > FB_SMALL ? WEFT_STATUS_TOO_LONG : WEFT_STATUS_OK;
}

/* ---- reliable ones ------------------------------------------------------------------ */

void fb_rd_make(struct fb_world *w, struct fb_ctx *x)
{
	struct fb_chip *c = &w->chip[x->chip];
	struct weft_rd_cfg g = {
		.tags = (uint16_t)(1 + fb_below(&c->rng, 64)),
		.answers = (uint16_t)(1 + fb_below(&c->rng, 64)),
		.rnr_retry = fb_below(&c->rng, 2) ? 7 : (uint8_t)fb_below(&c->rng, 7),
		.rnr_delay_ns = 1000u * (1 + fb_below(&c->rng, 50)),
	};

	if (!w->cfg.rd || !c->rd)
		return;
	x->rd_mem = sim_zalloc(1, weft_rd_size(&g));
	FB_MUST(w, weft_rd_init(x->pdc, x->rd_mem, &g) == WEFT_OK, "datagrams are refused");
	x->rd_tags = g.tags;
	x->rd_retry = g.rnr_retry;
}

/* The context ends: those that it has outstanding are forgotten. */
void fb_rd_free(struct fb_world *w, struct fb_ctx *x)
{
	FB_MUST(w, !x->over || !x->rds, "chip %u: a context ended, and %u of its datagrams did not "
		"complete", x->chip, x->rds);
	for (uint32_t i = 0; x->rds && i < FB_RDS; i++) {
		bool mine = w->rd[i].serial && !w->rd[i].done && w->rd[i].ctx == x->serial;

		w->rd[i].done |= mine;
		x->rds -= mine;
	}
	free(x->rd_mem);
}

static void draw(struct fb_world *w, struct fb_ctx *x, struct fb_rdgram *m)
{
	struct fb_rng *r = &w->chip[x->chip].rng;

	memset(m, 0, sizeof(*m));
	m->serial = w->rd_serial;
	m->ctx = x->serial;
	m->to = x->peer;
	m->id = fb_rand(r) << 24 | m->serial;
	m->dst_qpn = 1 + fb_below(r, FB_QPNS + !fb_below(r, 16));
	m->qkey = qkey_of(m->to, m->dst_qpn) ^ !fb_below(r, 64);
	m->imm = (uint32_t)fb_rand(r);
	m->flags = (uint8_t)((fb_below(r, 2) ? WEFT_OFLAGS_IMM : 0u) |
			     (fb_below(r, 2) ? WEFT_OFLAGS_SE : 0u));
	m->len = fb_below(r, fb_below(r, 4) ? 65 : w->cfg.payload + 1);
	m->pay = fb_below(r, FB_PAYLOADS - FB_MSG_MAX);
	m->expect = (uint8_t)(w->chip[m->to].rd ? judge(m->to, m->dst_qpn, m->qkey, m->len) :
			      WEFT_STATUS_BAD_OPCODE);
}

void fb_rd_pump(struct fb_world *w, struct fb_ctx *x)
{
	uint32_t serial = w->rd_serial % 0xffffff + 1;
	struct fb_rdgram *m = &w->rd[serial % FB_RDS];
	struct weft_rd_wr wr;
	int err;

	if (!x->rd_tags || x->rds >= x->rd_tags || (m->serial && !m->done))
		return;
	w->rd_serial = serial;
	draw(w, x, m);
	wr = (struct weft_rd_wr){
		.id = m->id, .local = (uint64_t)(uintptr_t)(w->payload + m->pay),
		.dst_qpn = m->dst_qpn, .src_qpn = m->serial, .qkey = m->qkey, .imm = m->imm,
		.len = (uint16_t)m->len, .flags = m->flags,
	};
	err = weft_rd_post(x->pdc, &wr);
	FB_MUST(w, err == WEFT_OK || err == WEFT_ESTATE || (err == WEFT_EINVAL && m->len > 64),
		"chip %u: a datagram is refused with %d", x->chip, err);
	m->done = err != WEFT_OK;
	x->rds += err == WEFT_OK;
	w->ops_left -= w->ops_left && err == WEFT_OK;
}

static struct fb_rdgram *rd_of(struct fb_world *w, struct fb_ctx *x, uint32_t serial)
{
	struct fb_rdgram *m = &w->rd[serial % FB_RDS];

	FB_MUST(w, serial && m->serial == serial, "chip %u: a datagram that nobody sent, or that "
		"was answered long ago", x->chip);
	return m;
}

enum weft_status fb_rd_do(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
			  const uint8_t *payload)
{
	struct fb_rdgram *m = rd_of(w, x, a->peer_qpn);
	uint8_t f = WEFT_OFLAGS_IMM | WEFT_OFLAGS_SE;

	FB_MUST(w, m->to == x->chip && a->arg == m->dst_qpn && a->key == m->qkey &&
		a->len == m->len && !((a->wc.flags ^ m->flags) & f) && a->wc.len == m->len &&
		(!(m->flags & WEFT_OFLAGS_IMM) || a->wc.imm == m->imm),
		"chip %u: a datagram is not the one that was sent", x->chip);
	FB_MUST(w, !memcmp(payload, w->payload + m->pay, m->len),
		"chip %u: the bytes of a datagram are not those that were sent", x->chip);
	/* WEFT-DGM-022; a chip that has started again remembers nothing */
	FB_MUST(w, m->delivered != w->chip[x->chip].incarnation,
		"chip %u: a datagram comes twice", x->chip);
	FB_MUST(w, !m->refused || !m->done, "chip %u: a datagram comes after its refusal", x->chip);
	if (m->expect)
		return (enum weft_status)m->expect;
	if (fb_chance(&w->rng, w->cfg.slow, 256))
		return WEFT_STATUS_RNR;
	m->delivered = w->chip[x->chip].incarnation;
	return WEFT_STATUS_OK;
}

void fb_rd_refused(struct fb_world *w, struct fb_ctx *x, const struct weft_act *a,
		   enum weft_status st)
{
	struct fb_rdgram *m = rd_of(w, x, a->peer_qpn);

	w->faults[FB_RNR] += st == WEFT_STATUS_RNR;
	m->rnrs += st == WEFT_STATUS_RNR;
	if (st != WEFT_STATUS_RNR)
		m->refused = (uint8_t)st;
}

void fb_rd_complete(struct fb_world *w, struct fb_ctx *x, const struct weft_wc *wc)
{
	struct fb_rdgram *m = rd_of(w, x, wc->id & 0xffffff);
	uint8_t must = m->refused ? m->refused : m->expect;
	enum weft_status st = wc->status;

	w->completions++;
	FB_MUST(w, m->id == wc->id && m->ctx == x->serial && !m->done && wc->len == m->len,
		"chip %u: a datagram is complete that nobody had posted", x->chip);
	if (st == WEFT_STATUS_OK)
		FB_MUST(w, m->delivered, "chip %u: a datagram is complete, and was not delivered",
			x->chip);
	else if (pdc_live(x->pdc))
		FB_MUST(w, m->delivered != w->chip[m->to].incarnation &&
			(st == (enum weft_status)must ||
			(st == WEFT_STATUS_TOO_LONG && m->len > 64) ||
			(st == WEFT_STATUS_RNR_RETRY_EXCEEDED && x->rd_retry != 7 &&
			 m->rnrs > x->rd_retry)), "chip %u: a datagram failed with %d, and must be "
			"%d (%u times RNR)", x->chip, (int)st, must, m->rnrs);
	w->deeds[st == WEFT_STATUS_OK ? FB_DID_RD : FB_DID_RD_REFUSED]++;
	m->done = true;
	x->rds--;
	x->pump = true;
}

/* ---- unreliable ones ---------------------------------------------------------------- */

struct ud {			/* what datagram number psn of a chip is */
	struct weft_dgram d;
	uint32_t pay;
	uint8_t to;
};

static struct ud ud_of(const struct fb_world *w, uint32_t from, uint32_t psn)
{
	struct fb_rng r = { sim_hash3(w->fault_key + 1, from, psn) };
	struct ud u;

	memset(&u, 0, sizeof(u));
	u.to = (uint8_t)((from + 1 + fb_below(&r, w->cfg.chips - 1)) % w->cfg.chips);
	u.pay = fb_below(&r, FB_PAYLOADS - FB_MSG_MAX);
	u.d.src_qpn = 1 + from;
	u.d.dst_qpn = 1 + fb_below(&r, FB_QPNS + !fb_below(&r, 16));
	u.d.qkey = qkey_of(u.to, u.d.dst_qpn) ^ !fb_below(&r, 16);
	u.d.domain = DOMAIN + !fb_below(&r, 16);
	u.d.psn = psn;
	u.d.imm = (uint32_t)fb_rand(&r);
	u.d.len = (uint16_t)fb_below(&r, w->cfg.payload + 1);
	u.d.entropy = (uint16_t)fb_rand(&r);
	u.d.flags = (uint8_t)((fb_below(&r, 2) ? WEFT_OFLAGS_IMM : 0u) |
			      (fb_below(&r, 2) ? WEFT_OFLAGS_SE : 0u));
	return u;
}

void fb_ud_send(struct fb_world *w, struct fb_chip *c)
{
	struct ud u = ud_of(w, c->id, c->ud_psn++);
	uint8_t hdr[WEFT_DGRAM_HDR_MAX];
	size_t n = weft_dgram_build(hdr, &u.d);
	uint32_t pkt = fb_new_packet(w, c->id, u.to, u.d.entropy % w->cfg.ports * 0x11u,
				     u.d.entropy, hdr, (uint32_t)n, u.d.len);

	if (u.d.len)
		memcpy(fb_data(w, pkt), w->payload + u.pay, u.d.len);
	w->deeds[FB_DID_UD_SENT]++;
	fb_send_packet(w, pkt);
}

static enum weft_drop expected(const struct ud *u, bool buffer)
{
	switch (judge(u->to, u->d.dst_qpn, u->d.domain == DOMAIN ? u->d.qkey :
		      qkey_of(u->to, u->d.dst_qpn), u->d.len)) {
	case WEFT_STATUS_NO_STREAM:
		return WEFT_DROP_NO_STREAM;
	case WEFT_STATUS_BAD_QKEY:
		return WEFT_DROP_BAD_QKEY;
	case WEFT_STATUS_TOO_LONG:
		return u->d.domain != DOMAIN ? WEFT_DROP_DOMAIN : buffer ? WEFT_DROP_OVERSIZE :
		       WEFT_DROP_NO_ROOM;
	default:
		return u->d.domain != DOMAIN ? WEFT_DROP_DOMAIN : buffer ? WEFT_DROP_NONE :
		       WEFT_DROP_NO_ROOM;
	}
}

void fb_ud_rx(struct fb_world *w, struct fb_chip *c, uint8_t from, const struct weft_view *v,
	      const uint8_t *payload)
{
	const struct weft_hdr_dgram *h = &v->b.dgram.h;
	struct ud u = ud_of(w, from, v->d.psn);
	struct weft_dgram_sink q = {
		.qkey = qkey_of(c->id, h->dst_qpn), .domain = DOMAIN,
		.room = h->dst_qpn == FB_QPN_SMALL ? FB_SMALL : FB_RECV_CAP,
		.buffer = !fb_chance(&w->rng, w->cfg.slow, 256),
	};
	enum weft_drop why = weft_dgram_judge(v, h->dst_qpn && h->dst_qpn <= FB_QPNS ? &q : NULL);

	FB_MUST(w, u.to == c->id && v->d.psn - w->chip[from].ud_psn >= 1u << 31 &&
		h->dst_qpn == u.d.dst_qpn && h->src_qpn == u.d.src_qpn && h->qkey == u.d.qkey &&
		h->domain == u.d.domain && h->length == u.d.len && h->flags == u.d.flags &&
		(!(h->flags & WEFT_OFLAGS_IMM) || v->b.dgram.imm.imm == u.d.imm),
		"chip %u: an unreliable datagram is not one that was sent", c->id);
	FB_MUST(w, !memcmp(payload, w->payload + u.pay, u.d.len),
		"chip %u: an unreliable datagram brings other bytes than were sent", c->id);
	FB_MUST(w, why == expected(&u, q.buffer), "chip %u: an unreliable datagram is judged %d, "
		"and must be %d", c->id, (int)why, (int)expected(&u, q.buffer));
	w->deeds[why == WEFT_DROP_NONE ? FB_DID_UD_RECEIVED : FB_DID_UD_DROPPED]++;
}
