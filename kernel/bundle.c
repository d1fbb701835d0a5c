// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bundles over UDP: packets of equal length, the last perhaps shorter, that go down the stack as
 * one (GSO) and come up it as one (GRO).
 *
 * Decides: what the stack is told so that neither way costs a copy or a sum of the payload, which
 * has its own CRC.  Which packets are bundled on their way out is send.c's.
 */
#include <net/dsfield.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/udp.h>

#include "kernel/inner.h"

#define GRO_PACKETS	64u
#define GRO_BYTES	64000u		/* of an IP packet, less headers */

/* ---- Down ------------------------------------------------------------------------------ */

#define AROUND4 ((u32)(sizeof(struct iphdr) + sizeof(struct udphdr)))

/* Does every packet have room for what the stack puts before it? */
static bool has_room(const struct sk_buff *skb, const struct net_device *out)
{
	u32 room = AROUND4 + LL_RESERVED_SPACE(out);
	const struct sk_buff *part;

	skb_walk_frags(skb, part)
		if (skb_headroom(part) < room)
			return false;
	return true;
}

bool weftk_bundle_list(struct sk_buff *skb, const struct net_device *out, struct iphdr ip,
		       struct udphdr udp)
{
	struct sk_buff *part;

	if (!has_room(skb, out))
		return false;
	skb_walk_frags(skb, part) {
		udp.len = htons((u16)(part->len + sizeof(udp)));
		memcpy(skb_push(part, sizeof(udp)), &udp, sizeof(udp));
		skb_reset_transport_header(part);
		memcpy(skb_push(part, sizeof(ip)), &ip, sizeof(ip));
		skb_reset_network_header(part);
		skb_pull(part, AROUND4);
	}
	skb_shinfo(skb)->gso_type |= SKB_GSO_FRAGLIST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return true;
}

/* ---- Up -------------------------------------------------------------------------------- */

/* Bytes from the IP header to the packet; IPv6 only without further headers. */
static u32 around(const struct sock *sk)
{
	return sizeof(struct udphdr) +
	       (sk->sk_family == AF_INET6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

static u8 tos_of(const struct sock *sk, const void *ip)
{
	return sk->sk_family == AF_INET6 ? ipv6_get_dsfield(ip) : ((const struct iphdr *)ip)->tos;
}

/* What is routed on is left alone: nobody could take such a bundle apart. */
static bool is_for_us(const struct sock *sk, const struct sk_buff *skb, const void *ip)
{
	struct in6_addr daddr;

	if (sk->sk_family == AF_INET6)
		daddr = ((const struct ipv6hdr *)ip)->daddr;
	else
		ipv6_addr_set_v4mapped(((const struct iphdr *)ip)->daddr, &daddr);
	return weftk_dev_takes(sock_net(sk), skb->dev, &daddr);
}

/* Behind those that p has already.  False: skb is as it was. */
static bool join(struct sk_buff *p, struct sk_buff *skb, u32 len)
{
	u32 off = skb_gro_offset(skb);

	if (NAPI_GRO_CB(skb)->flush || len > skb_shinfo(p)->gso_size ||
	    p->len + len > GRO_BYTES || !pskb_may_pull(skb, off))
		return false;
	skb_pull(skb, off);
	skb_orphan(skb);
	if (NAPI_GRO_CB(p)->last == p)
		skb_shinfo(p)->frag_list = skb;
	else
		NAPI_GRO_CB(p)->last->next = skb;
	NAPI_GRO_CB(p)->last = skb;
	NAPI_GRO_CB(p)->count++;
	p->len += len;
	p->data_len += len;
	p->truesize += skb->truesize;
	NAPI_GRO_CB(skb)->same_flow = 1;
	return true;
}

static bool is_full(const struct sk_buff *p, u32 last)
{
	return last < skb_shinfo(p)->gso_size || NAPI_GRO_CB(p)->count >= GRO_PACKETS;
}

/* The headers before a packet that may be joined with others, or NULL. */
static const void *ip_before(const struct sock *sk, struct sk_buff *skb)
{
	u32 off = skb_gro_offset(skb), len = skb_gro_len(skb);
	const struct udphdr *udp;
	const u8 *ip;

	if (off < around(sk) || !len)
		return NULL;
	ip = skb_gro_header(skb, off, off - around(sk));
	if (!ip)
		return NULL;
	udp = (const struct udphdr *)(ip + around(sk) - sizeof(*udp));
	return ntohs(udp->len) == len + sizeof(*udp) && is_for_us(sk, skb, ip) ? ip : NULL;
}

struct sk_buff *weftk_gro_receive(struct sock *sk, struct list_head *head, struct sk_buff *skb)
{
	u32 from = skb_gro_offset(skb) - around(sk), len = skb_gro_len(skb);
	const void *ip = ip_before(sk, skb);
	struct sk_buff *p;

	if (!ip) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	list_for_each_entry(p, head, list) {
		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		if (tos_of(sk, ip) != tos_of(sk, p->data + from) || !join(p, skb, len))
			return p;
		return is_full(p, len) ? p : NULL;
	}
	return NULL;
}

int weftk_gro_complete(struct sock *sk, struct sk_buff *skb, int at)
{
	skb_shinfo(skb)->gso_segs = NAPI_GRO_CB(skb)->count;
	/* Each was found good before it was joined; a card's sum is of the first alone. */
	if (NAPI_GRO_CB(skb)->count > 1)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	return 0;
}
