// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The door: whom a packet is for, and whether a new context is opened for it.  What belongs to a
 * context, or would open one, waits for its shard's turn; everything else is dealt with where it
 * arrives.  Answers what belongs to nobody, no faster than the device's limit.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "kernel/inner.h"

#define RX_QUEUE 8192u		/* packets that wait for a shard's turn */

/* ---- From whom ---------------------------------------------------------------------- */

static bool to_many(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	return rt && rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST);
}

/* The address of ours that nobody's answer may come from is left out: the route finds one. */
void weftk_from(const struct sk_buff *skb, struct weftk_addr *from)
{
	const struct weftk_cb *cb = weftk_cb((struct sk_buff *)skb);

	memset(from, 0, sizeof(*from));
	from->way = cb->way;
	from->tclass = cb->tos & ~INET_ECN_MASK;
	switch ((enum weftk_way)cb->way) {
	case WEFTK_WAY_UDP4:
		ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, &from->remote);
		if (!to_many(skb))
			ipv6_addr_set_v4mapped(ip_hdr(skb)->daddr, &from->local);
		from->port = udp_hdr(skb)->source;
		break;
	case WEFTK_WAY_UDP6:
		from->remote = ipv6_hdr(skb)->saddr;
		if (!ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr))
			from->local = ipv6_hdr(skb)->daddr;
		from->port = udp_hdr(skb)->source;
		break;
	case WEFTK_WAY_L2:
		ether_addr_copy(from->rmac, eth_hdr(skb)->h_source);
		if (!is_multicast_ether_addr(eth_hdr(skb)->h_dest))
			ether_addr_copy(from->lmac, eth_hdr(skb)->h_dest);
		break;
	case WEFTK_WAY_NONE:
		break;
	}
}

/* ---- Reading ------------------------------------------------------------------------ */

static bool has_payload(const u8 *p)
{
	u8 type = p[0] & 15;

	return type == WEFT_PTYPE_DATA || type == WEFT_PTYPE_DGRAM;
}

/* Payload is the one thing that may lie anywhere; everything else is looked at in one piece. */
static enum weft_drop read_packet(struct weftk_reader *rd, const struct weftk_cb *at)
{
	u32 seen = min_t(u32, at->len, sizeof(rd->hdr)), len = at->len, crc, head;
	const u8 *p = skb_header_pointer(rd->skb, (int)at->off, (int)seen, rd->hdr);
	struct weft_view *v = &rd->v;
	enum weft_drop why;
	__be32 sent;

	if (!p || !seen)
		return WEFT_DROP_SHORT;
	if (!has_payload(p))
		len = seen;
	why = weft_parse(v, p, len);
	if (why != WEFT_DROP_NONE)
		return why;
	head = v->payload ? (u32)(v->payload - v->bytes) : v->crc_off;
	if (head > seen)
		return WEFT_DROP_MALFORMED;
	rd->payload_off = at->off + head;
	crc = weft_crc_header(p, head);
	crc = weftk_crc_skb(crc, rd->skb, rd->payload_off, v->crc_off - head);
	if (skb_copy_bits(rd->skb, (int)(at->off + v->crc_off), &sent, sizeof(sent)) ||
	    be32_to_cpu(sent) != crc)
		return WEFT_DROP_CRC;
	v->ce |= INET_ECN_is_ce(at->tos);
	return WEFT_DROP_NONE;
}

static void nack(struct weftk_dev *dev, const struct weftk_reader *rd, enum weft_nack reason,
		 u32 arg)
{
	u8 out[160];
	size_t n;

	if (!weftk_may_answer(dev, ktime_get_ns()))
		return;
	n = weft_nack_build(out, &rd->v, reason, arg);
	this_cpu_ptr(dev->cpu)->tx_alone += n != 0;
	weftk_send_alone(dev, &rd->from, out, n);
}

/* ---- Contexts, in the turn ---------------------------------------------------------- */

static void count(struct weftk_shard *sh, enum weft_drop why)
{
	sh->st.drop[why]++;
	sh->st.rx_pkts++;
}

static void feed(struct weftk_ctx *ctx)
{
	struct weftk_shard *sh = ctx->shard;
	const struct weft_view *v = &sh->rd.v;
	enum weft_drop why;
	bool has;

	has = weft_rx(ctx->pdc, v, sh->now, &sh->act, &why);
	weftk_saw_in(ctx, v, (u8)why);
	weftk_activate(ctx);
	if (has)
		weftk_act(ctx, &sh->act, sh->rd.skb, sh->rd.payload_off);
	if (why == WEFT_DROP_NO_CONTEXT)	/* another generation of its number */
		nack(sh->dev, &sh->rd, WEFT_NACK_NO_CONTEXT, 0);
}

/* WEFT-PDC-002 */
static struct weftk_ctx *find_opened(struct weftk_peer *p, const struct weft_view *v)
{
	struct weftk_ctx *c;

	if (!p)
		return NULL;
	list_for_each_entry(c, &p->ctxs, of_peer) {
		if (!c->initiator && !c->over && weft_pdc_peer_id(c->pdc) == v->syn.pdc_id &&
		    weft_pdc_same(c->pdc, v))
			return c;
	}
	return NULL;
}

static bool offered(const struct weft_view *v)
{
	return (v->syn.mode == WEFT_MODE_RUD || v->syn.mode == WEFT_MODE_ROD) && !v->syn.domain;
}

static u64 addr_hash(const struct weftk_dev *dev, const struct weftk_addr *a)
{
	return (u64)jhash(a, sizeof(*a), (u32)dev->secret[0]) << 32 |
	       jhash(a, sizeof(*a), (u32)dev->secret[1]);
}

/* WEFT-PDC-029: what is left of the table is for those who have shown themselves. */
static struct weft_gate gate(const struct weftk_dev *dev, const struct weftk_addr *from, u64 now)
{
	u32 used = weft_ids_used(&dev->ids);
	struct weft_gate g = {
		.secret = { dev->secret[0], dev->secret[1] },
		.where = addr_hash(dev, from),
		.epoch = (u32)(now >> 32),		/* 4.3 s */
		.ask = WEFTK_CONTEXTS - used <= WEFTK_CONTEXTS / 8,
	};

	return g;
}

/* p: NULL if the chip is not known.  False: refused, *why, and the answer is sent. */
static bool judge(struct weftk_shard *sh, struct weftk_peer *p, const struct weft_gate *g,
		  enum weft_drop *why)
{
	const struct weft_view *v = &sh->rd.v;
	u32 arg = 0;

	*why = WEFT_DROP_STALE_SYN;
	switch (weft_admit(p ? &p->core : NULL, v, g, &arg)) {
	case WEFT_ADMIT_STALE:
		nack(sh->dev, &sh->rd, WEFT_NACK_NEW_START_PSN, arg);
		return false;
	case WEFT_ADMIT_GONE:
		nack(sh->dev, &sh->rd, WEFT_NACK_RESET, 0);	/* WEFT-PDC-075 */
		return false;
	case WEFT_ADMIT_OLD:
		return false;
	case WEFT_ADMIT_COOKIE:
		*why = WEFT_DROP_BAD_COOKIE;
		nack(sh->dev, &sh->rd, WEFT_NACK_COOKIE, arg);	/* WEFT-PDC-025 */
		return false;
	case WEFT_ADMIT_RESTARTED:
		weftk_ctx_fail_peer(p, WEFT_STATUS_PEER_RESET);
		return true;
	case WEFT_ADMIT:
		return true;
	}
	return false;
}

/* A SYN of no context yet: its chip, or NULL if none is to be opened; *why, the answer sent. */
static struct weftk_peer *admit(struct weftk_shard *sh, enum weft_drop *why)
{
	const struct weft_view *v = &sh->rd.v;
	struct weft_gate g = gate(sh->dev, &sh->rd.from, sh->now);
	struct weftk_peer *p;

	*why = WEFT_DROP_DOMAIN;	/* WEFT-PDC-090 */
	if (!offered(v)) {
		nack(sh->dev, &sh->rd, WEFT_NACK_MODE, 0);
		return NULL;
	}
	p = weftk_peer_find(sh, v->syn.chip_id);
	if (!judge(sh, p, &g, why))
		return NULL;
	if (p)
		return p;
	p = weftk_peer_get(sh, v->syn.chip_id);
	*why = WEFT_DROP_BUSY;
	if (p)
		return judge(sh, p, &g, why) ? p : NULL;
	nack(sh->dev, &sh->rd, WEFT_NACK_BUSY, 0);
	return NULL;
}

static void open_packet(struct weftk_shard *sh)
{
	const struct weft_view *v = &sh->rd.v;
	struct weftk_ctx *ctx = find_opened(weftk_peer_find(sh, v->syn.chip_id), v);
	enum weft_drop why;
	struct weftk_peer *p;

	if (!ctx) {
		p = admit(sh, &why);
		if (!p) {
			count(sh, why);
			return;
		}
		ctx = weftk_ctx_accept(sh, p, v, &sh->rd.from);
	}
	if (ctx) {
		feed(ctx);
		return;
	}
	count(sh, WEFT_DROP_BUSY);		/* WEFT-PDC-009; no memory or number at hand */
	nack(sh->dev, &sh->rd, WEFT_NACK_BUSY, 0);
}

/* The context of that number, if it is this shard's. */
static struct weftk_ctx *ours(struct weftk_shard *sh, u32 id)
{
	struct weftk_ctx *ctx = weftk_ctx_by_id(sh->dev, id);

	return ctx && ctx->shard == sh && ctx->pdc && !ctx->over ? ctx : NULL;
}

/* id 0: the peer says that it does not know one of ours; the engine judges whether it proves it. */
static void context_packet(struct weftk_shard *sh, u32 id, bool remote)
{
	struct weftk_ctx *ctx = ours(sh, id);

	if (ctx) {
		feed(ctx);
		return;
	}
	count(sh, remote ? WEFT_DROP_BAD_ECHO : WEFT_DROP_NO_CONTEXT);
	if (!remote)
		nack(sh->dev, &sh->rd, WEFT_NACK_NO_CONTEXT, 0);	/* WEFT-PDC-010 */
}

/* WEFT-RTX-017: nobody answers what anybody can have made. */
static void trimmed_packet(struct weftk_shard *sh)
{
	struct weftk_ctx *ctx = ours(sh, sh->rd.v.d.pdc_id);

	if (!ctx) {
		count(sh, WEFT_DROP_TRIMMED);
		return;
	}
	weft_rx_trimmed(ctx->pdc, &sh->rd.v);
	weftk_activate(ctx);
}

static bool elsewhere(struct weftk_shard *sh, u32 id)
{
	struct weftk_ctx *ctx = weftk_ctx_by_id(sh->dev, id);

	return ctx && ctx->shard != sh;
}

/* False: it is not for this shard. */
static bool shard_packet(struct weftk_shard *sh)
{
	const struct weft_view *v = &sh->rd.v;
	u32 id;

	switch (weft_route(v)) {
	case WEFT_ROUTE_CONTEXT:
		if (elsewhere(sh, v->d.pdc_id))
			return false;
		context_packet(sh, v->d.pdc_id, false);
		return true;
	case WEFT_ROUTE_OPEN:
		if (weftk_shard_of(sh->dev, v->syn.chip_id) != sh)
			return false;
		open_packet(sh);
		return true;
	case WEFT_ROUTE_REMOTE:
		id = weftk_ctx_find_remote(sh->dev, v->b.nack.h.echo_pdc, &sh->rd.from);
		if (elsewhere(sh, id))
			return false;
		context_packet(sh, id, true);
		return true;
	case WEFT_ROUTE_ALONE:
	case WEFT_ROUTE_DGRAM:
	case WEFT_ROUTE_NONE:
		break;
	}
	return false;
}

/* ---- Without a context, on arrival -------------------------------------------------- */

/* A stand-alone CTRL packet that begins with VERSION_REJECT, if versions agree on that much. */
static bool is_version_reject(const struct weftk_reader *rd, const struct weftk_cb *at)
{
	const u32 off = WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN;
	u8 bytes[WEFT_HDR_TLV_LEN];
	struct weft_hdr_tlv tlv;

	if (rd->v.d.type != WEFT_PTYPE_CTRL || rd->v.d.flags & WEFT_DFLAGS_SYN ||
	    at->len < off + WEFT_HDR_TLV_LEN ||
	    skb_copy_bits(rd->skb, (int)(at->off + off), bytes, sizeof(bytes)))
		return false;
	weft_hdr_tlv_unpack(&tlv, bytes);
	return tlv.type == WEFT_TLV_VERSION_REJECT;
}

/* WEFT-PKT-002, WEFT-MGT-003, WEFT-MGT-004 */
static void reject_version(struct weftk_dev *dev, const struct weftk_reader *rd,
			   const struct weftk_cb *at)
{
	u8 out[160];

	if (!is_version_reject(rd, at) && weftk_may_answer(dev, ktime_get_ns()))
		weftk_send_alone(dev, &rd->from, out, weft_version_reject_build(out, rd->v.d.psn));
}

static void lone_packet(struct weftk_dev *dev, struct weftk_cpu *cpu)
{
	struct weftk_reader *rd = &cpu->rd;

	switch (weft_route(&rd->v)) {
	case WEFT_ROUTE_ALONE:
		weftk_alone(dev, &rd->v, &rd->from, cpu);
		return;
	case WEFT_ROUTE_DGRAM:
		weftk_dgram_arrived(dev, rd, cpu);
		return;
	case WEFT_ROUTE_CONTEXT:	/* those that no shard has, whatever they look like */
	case WEFT_ROUTE_OPEN:
	case WEFT_ROUTE_REMOTE:
	case WEFT_ROUTE_NONE:
		cpu->st.drop[WEFT_DROP_NO_CONTEXT]++;
		cpu->st.rx_pkts++;
		nack(dev, rd, WEFT_NACK_NO_CONTEXT, 0);
		return;
	}
}

static void lone(struct weftk_dev *dev, struct weftk_cpu *cpu, const struct weftk_cb *at)
{
	enum weft_drop why = read_packet(&cpu->rd, at);

	if (why == WEFT_DROP_NONE) {
		lone_packet(dev, cpu);
		return;
	}
	cpu->st.drop[why]++;
	cpu->st.rx_pkts++;
	if (why == WEFT_DROP_VERSION)
		reject_version(dev, &cpu->rd, at);
}

/* Whose turn has to deal with the packet there?  By its first bytes, which are judged only then;
 * NULL: nobody's. */
static struct weftk_shard *shard_for(struct weftk_dev *dev, const struct sk_buff *skb,
				     const struct weftk_cb *at, const struct weftk_addr *from)
{
	u8 room[WEFT_HDR_DELIVERY_LEN + WEFT_HDR_SYN_LEN];
	u32 seen = min_t(u32, at->len, sizeof(room));
	const u8 *p = skb_header_pointer(skb, (int)at->off, (int)seen, room);
	struct weft_hdr_delivery d;
	struct weft_hdr_nack nak;
	struct weft_hdr_syn syn;
	struct weftk_ctx *ctx;

	if (!p || seen < WEFT_HDR_DELIVERY_LEN)
		return NULL;
	weft_hdr_delivery_unpack(&d, p);
	if (d.version != WEFT_VERSION)
		return NULL;
	if (!d.pdc_id && d.flags & WEFT_DFLAGS_SYN && seen == sizeof(room)) {
		weft_hdr_syn_unpack(&syn, p + WEFT_HDR_DELIVERY_LEN);
		return weftk_shard_of(dev, syn.chip_id);
	}
	if (!d.pdc_id && d.type == WEFT_PTYPE_NACK &&
	    seen >= WEFT_HDR_DELIVERY_LEN + WEFT_HDR_NACK_LEN) {
		weft_hdr_nack_unpack(&nak, p + WEFT_HDR_DELIVERY_LEN);
		d.pdc_id = weftk_ctx_find_remote(dev, nak.echo_pdc, from);
	}
	if (!d.pdc_id)
		return NULL;
	ctx = weftk_ctx_by_id(dev, d.pdc_id);
	return ctx ? ctx->shard : dev->shards[d.pdc_id & (dev->n_shards - 1)];
}

/* ---- Bundles ------------------------------------------------------------------------ */

/* Where a packet lies, and who deals with it: a shard in its turn, or this processor. */
struct way {
	struct weftk_dev *dev;
	struct weftk_shard *sh;		/* NULL: this processor */
	struct weftk_reader *rd;
	struct sk_buff *whole;
};

/* One packet of a bundle goes another way than the first: by itself.  off: of it in the whole. */
static void apart(const struct way *w, u32 off, const struct weftk_cb *at)
{
	struct sk_buff *skb = skb_clone(w->whole, GFP_ATOMIC);

	if (!skb)
		return;		/* lost */
	*weftk_cb(skb) = *at;
	weftk_cb(skb)->off = off;
	weftk_cb(skb)->seg = 0;
	if (!w->sh) {
		weftk_arrived(w->dev, skb);
		return;
	}
	skb_queue_tail(&w->sh->lone, skb);	/* not with the shard's lock held */
	weftk_shard_raise(w->sh);
}

/* Verbs look at the IP header that the whole has, so that its bytes are read from there. */
static void one_alone(const struct way *w, struct weftk_cb at, u32 off)
{
	at.off = off;
	w->rd->skb = w->whole;
	if (at.seg && shard_for(w->dev, w->whole, &at, &w->rd->from))
		apart(w, off, &at);
	else
		lone(w->dev, this_cpu_ptr(w->dev->cpu), &at);
}

static void one(const struct way *w, const struct weftk_cb *at, u32 off)
{
	enum weft_drop why;

	if (!w->sh) {
		one_alone(w, *at, off);
		return;
	}
	why = read_packet(w->rd, at);
	if (why == WEFT_DROP_TRIMMED)
		trimmed_packet(w->sh);
	else if (why != WEFT_DROP_NONE)
		count(w->sh, why);
	else if (shard_packet(w->sh))
		return;
	else if (at->seg)
		apart(w, off, at);
	else
		count(w->sh, WEFT_DROP_NO_CONTEXT);
}

/* The packets that lie in skb, a piece of the whole, whose bytes begin at `base` there. */
static void piece(const struct way *w, struct sk_buff *skb, struct weftk_cb at, u32 base, u32 end)
{
	u32 step = at.seg ? at.seg : end;

	for (; at.off < end; at.off += step) {
		w->rd->skb = skb;
		at.len = min(step, end - at.off);
		one(w, &at, base + at.off);
	}
}

/* A bundle's packets lie in the skb itself, and in those of its list. */
static void every(const struct way *w)
{
	struct sk_buff *skb = w->whole, *part = skb_shinfo(skb)->frag_list;
	struct weftk_cb at = *weftk_cb(skb);
	u32 end = at.off + at.len, base = skb_pagelen(skb);

	weftk_from(skb, &w->rd->from);
	if (!at.seg || !part || end <= base) {
		piece(w, skb, at, 0, end);
		return;
	}
	if ((base - at.off) % at.seg) {		/* nobody makes such: in one piece, then */
		if (!skb_linearize(skb))
			piece(w, skb, at, 0, end);
		return;
	}
	piece(w, skb, at, 0, base);
	for (at.off = 0; part && base < end; part = part->next) {
		piece(w, part, at, base, min(part->len, end - base));
		base += part->len;
	}
}

u32 weftk_door(struct weftk_shard *sh, struct sk_buff *skb)
{
	struct way w = { .dev = sh->dev, .sh = sh, .rd = &sh->rd, .whole = skb };
	u32 n = max_t(u32, skb_shinfo(skb)->gso_segs, 1);

	every(&w);
	consume_skb(skb);
	return n;
}

/* ---- Arriving ----------------------------------------------------------------------- */

static struct weftk_shard *shard_of_first(struct weftk_dev *dev, const struct sk_buff *skb)
{
	struct weftk_cb at = *weftk_cb((struct sk_buff *)skb);
	struct weftk_addr from;

	if (at.seg)
		at.len = min_t(u32, at.len, at.seg);
	weftk_from(skb, &from);
	return shard_for(dev, skb, &at, &from);
}

/* Takes skb; the shard that has to look at it, or NULL. */
static struct weftk_shard *let_in(struct weftk_dev *dev, struct sk_buff *skb)
{
	struct weftk_cpu *cpu = this_cpu_ptr(dev->cpu);
	struct way w = { .dev = dev, .rd = &cpu->rd, .whole = skb };
	struct weftk_shard *sh;

	if (!READ_ONCE(dev->started) || READ_ONCE(dev->stopped)) {
		kfree_skb(skb);
		return NULL;
	}
	sh = shard_of_first(dev, skb);
	if (!sh) {
		every(&w);
		consume_skb(skb);
		return NULL;
	}
	if (skb_queue_len_lockless(&sh->rx) >= RX_QUEUE) {
		cpu->rx_full++;
		kfree_skb(skb);
		return NULL;
	}
	/* The route belongs to the namespace, not to what waits here. */
	skb_dst_drop(skb);
	skb_queue_tail(&sh->rx, skb);
	return sh;
}

void weftk_arrived(struct weftk_dev *dev, struct sk_buff *skb)
{
	struct weftk_shard *sh = let_in(dev, skb);

	if (sh)
		weftk_shard_raise(sh);
}

void weftk_came(struct weftk_dev *dev, struct sk_buff *skb)
{
	struct weftk_shard *sh = let_in(dev, skb);

	if (sh)
		weftk_shard_hurry(sh);
}
