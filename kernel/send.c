// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Making packets: the engine's header, payload as page fragments or copied, the CRC; and handing
 * them to the carriage of their address.
 */
#include <linux/gfp.h>
#include <linux/slab.h>

#include "kernel/inner.h"

#define COPY_MAX	512u	/* payload up to it is copied: a fragment costs more */
#define BUNDLE_MAX	32u	/* packets that go down the stack as one */
#define BUNDLE_BYTES	64000u	/* an IP packet's worth, less headers */

int weftk_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
	       struct weftk_route *route, struct sk_buff *skb)
{
	int err = -EHOSTUNREACH;

	switch ((enum weftk_way)to->way) {
	case WEFTK_WAY_UDP4:
	case WEFTK_WAY_UDP6:
		err = weftk_udp_send(dev, to, hop, route, skb);
		break;
	case WEFTK_WAY_L2:
		err = weftk_l2_send(dev, to, skb);
		break;
	case WEFTK_WAY_NONE:
		kfree_skb(skb);
		break;
	}
	if (err)
		this_cpu_inc(dev->cpu->tx_unroutable);
	return err;
}

u32 weftk_packet_room(struct weftk_dev *dev, const struct weftk_addr *to,
		      struct weftk_route *route)
{
	switch ((enum weftk_way)to->way) {
	case WEFTK_WAY_UDP4:
	case WEFTK_WAY_UDP6:
		return weftk_udp_room(dev, to, route);
	case WEFTK_WAY_L2:
		return dev->netdev->mtu;
	case WEFTK_WAY_NONE:
		break;
	}
	return 0;
}

static struct sk_buff *new_skb(struct weftk_dev *dev, u32 bytes)
{
	struct sk_buff *skb = alloc_skb(WEFTK_HEADROOM + bytes, GFP_ATOMIC | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, WEFTK_HEADROOM);
	else
		this_cpu_inc(dev->cpu->tx_nobufs);
	return skb;
}

/* Nothing depends on whether it arrives. */
void weftk_send_alone(struct weftk_dev *dev, const struct weftk_addr *to, const u8 *bytes,
		      size_t len)
{
	struct sk_buff *skb = len ? new_skb(dev, (u32)len) : NULL;
	struct weftk_hop hop = {};

	if (!skb)
		return;
	skb_put_data(skb, bytes, (u32)len);
	weftk_send(dev, to, hop, NULL, skb);
}

/* Behind everything else in skb: header, then payload. */
bool weftk_add_crc(struct sk_buff *skb, const u8 *hdr, u32 hdr_len)
{
	u32 crc = weft_crc_header(hdr, hdr_len);
	int n = skb_shinfo(skb)->nr_frags;
	__be32 *to;

	crc = weftk_crc_skb(crc, skb, hdr_len, skb->len - hdr_len);
	if (!skb_is_nonlinear(skb) && skb_tailroom(skb) >= (int)sizeof(*to)) {
		to = skb_put(skb, sizeof(*to));
	} else {
		if (n >= MAX_SKB_FRAGS)
			return false;
		to = netdev_alloc_frag(sizeof(*to));
		if (!to)
			return false;
		skb_add_rx_frag(skb, n, virt_to_head_page(to),
				(int)((u8 *)to - (u8 *)page_address(virt_to_head_page(to))),
				sizeof(*to), SKB_DATA_ALIGN(sizeof(*to)));
	}
	*to = cpu_to_be32(crc);
	return true;
}

/* NULL and *st OK: no memory now; the packet counts as lost. */
static struct sk_buff *build(struct weftk_ctx *ctx, const struct weft_txd *t, bool copy,
			     enum weft_status *st)
{
	u32 tail = (copy ? t->len : 0) + WEFT_HDR_CRC_LEN;
	struct sk_buff *skb = new_skb(ctx->dev, t->hdr_len + tail);
	struct weftk_conn *conn = t->stream ? weft_stream_host(t->stream) : NULL;

	*st = WEFT_STATUS_OK;
	if (!skb)
		return NULL;
	skb_put_data(skb, t->hdr, t->hdr_len);
	if (t->len)
		*st = conn && conn->ep ? ctx->dev->ops->gather(conn->ep, t, skb)
				       : WEFT_STATUS_BAD_KEY;
	if (*st == WEFT_STATUS_OK && skb->len == t->hdr_len + t->len &&
	    weftk_add_crc(skb, t->hdr, t->hdr_len))
		return skb;
	kfree_skb(skb);
	return NULL;
}

/* ---- Bundles ------------------------------------------------------------------------ */

/*
 * Packets of equal length to one address, the last perhaps shorter, go down the stack as one: a
 * GSO packet whose pieces are the packets as they were built.  For a card that does not gather,
 * skb_segment() takes a piece as it lies where it is in one piece, and copies it where it is not;
 * but behind a first one without fragments it may take one for another.
 */
static bool fits(const struct weftk_bundle *b, const struct sk_buff *skb)
{
	return b->n < BUNDLE_MAX && skb->len <= b->seg && b->last == b->seg &&
	       b->bytes + skb->len <= BUNDLE_BYTES &&
	       (!skb_is_nonlinear(skb) || skb_shinfo(b->head)->nr_frags);
}

static void join(struct weftk_bundle *b, struct sk_buff *skb)
{
	struct sk_buff *head = b->head;

	if (b->n == 1)
		skb_shinfo(head)->frag_list = skb;
	else
		b->tail->next = skb;
	b->tail = skb;
	head->len += skb->len;
	head->data_len += skb->len;
	head->truesize += skb->truesize;
}

static void add(struct weftk_ctx *ctx, struct sk_buff *skb)
{
	struct weftk_bundle *b = &ctx->shard->bundle;

	if (b->n && !fits(b, skb))
		weftk_send_flush(ctx);
	if (!b->n) {
		b->head = skb;
		b->seg = skb->len;
		b->bytes = 0;
	} else {
		join(b, skb);
	}
	b->last = skb->len;
	b->bytes += skb->len;
	b->n++;
	if (ctx->addr.way == WEFTK_WAY_L2 || b->seg > ctx->room)
		weftk_send_flush(ctx);
}

/* What is bundled goes; between bursts of two contexts, and at the end of a turn. */
void weftk_send_flush(struct weftk_ctx *ctx)
{
	struct weftk_bundle *b = &ctx->shard->bundle;
	struct skb_shared_info *info;
	struct weftk_hop hop = {};

	if (!b->n)
		return;
	if (b->n > 1) {
		info = skb_shinfo(b->head);
		info->gso_type = SKB_GSO_UDP_L4;
		info->gso_size = (u16)b->seg;
		info->gso_segs = (u16)b->n;
	}
	b->n = 0;
	weftk_send(ctx->dev, &ctx->addr, hop, &ctx->route, b->head);
}

/* A card that does not gather has fragments copied behind us, once more. */
static bool gathers(const struct weftk_ctx *ctx)
{
	const struct dst_entry *dst = ctx->route.dst;

	return (dst ? dst->dev : ctx->dev->netdev)->features & NETIF_F_SG;
}

/* Memory of ours that a peer reads may change under the CRC, so that it is copied. */
bool weftk_send_txd(struct weftk_ctx *ctx, const struct weft_txd *t)
{
	bool copy = t->len <= COPY_MAX || t->src == WEFT_SRC_MEM || !gathers(ctx);
	enum weft_status st;
	struct sk_buff *skb = build(ctx, t, copy, &st);

	if (!skb && st == WEFT_STATUS_RNR && !copy)
		skb = build(ctx, t, true, &st);
	if (skb) {
		weftk_saw_out(ctx, t);
		add(ctx, skb);
		return true;
	}
	if (st == WEFT_STATUS_OK)
		return true;
	if (t->src == WEFT_SRC_MEM)
		weft_read_failed(ctx->pdc, t, st);
	else if (t->stream)
		weft_stream_fail(t->stream, st);
	return false;
}
