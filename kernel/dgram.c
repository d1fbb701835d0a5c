// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Datagrams: they need no context, and so no shard.
 */
#include <linux/igmp.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6_stubs.h>
#include <net/sock.h>

#include "kernel/inner.h"

/*
 * Headers around a Weft packet, at most: those of UDP over IPv6, or the GIDs, which go along where
 * these are not there.
 */
#define UDP6_BYTES 48u
static_assert(WEFT_HDR_GIDS_LEN <= UDP6_BYTES);

void weftk_dgram_arrived(struct weftk_dev *dev, const struct weftk_reader *rd,
			 struct weftk_cpu *cpu)
{
	enum weft_drop why;

	cpu->st.rx_pkts++;
	why = dev->ops->dgram_recv(dev, &rd->v, rd->skb, rd->payload_off, &rd->from);
	if (why == WEFT_DROP_NONE)
		cpu->st.rx_bytes += rd->v.b.dgram.h.length;
	else
		cpu->st.drop[why]++;
}

struct sk_buff *weftk_dgram_alloc(struct weftk_dev *dev, u32 len, gfp_t gfp)
{
	const u32 head = WEFTK_HEADROOM + WEFT_DGRAM_HDR_MAX;
	struct sk_buff *skb = alloc_skb(head + len + WEFT_HDR_CRC_LEN, gfp | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, (int)head);
	else
		this_cpu_inc(dev->cpu->tx_nobufs);
	return skb;
}

int weftk_dgram_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
		     const struct weft_dgram *d, struct sk_buff *skb)
{
	u8 hdr[WEFT_DGRAM_HDR_MAX];
	size_t n = weft_dgram_build(hdr, d);
	int err = -ENETDOWN;

	if (READ_ONCE(dev->stopped) || !READ_ONCE(dev->started))
		goto drop;
	memcpy(skb_push(skb, (u32)n), hdr, n);
	err = -ENOMEM;
	if (!weftk_add_crc(skb, hdr, (u32)n))
		goto drop;
	local_bh_disable();
	this_cpu_ptr(dev->cpu)->st.tx_pkts++;
	this_cpu_ptr(dev->cpu)->st.tx_bytes += d->len;
	err = weftk_send(dev, to, hop, NULL, skb);
	local_bh_enable();
	return err;

drop:
	kfree_skb(skb);
	return err;
}

u32 weftk_dgram_max(const struct weftk_dev *dev)
{
	u32 around = UDP6_BYTES + WEFT_DGRAM_HDR_MAX - WEFT_HDR_GIDS_LEN + WEFT_HDR_CRC_LEN;
	u32 mtu = READ_ONCE(dev->netdev->mtu);

	return mtu > around ? min(mtu - around, WEFTK_MAX_PAYLOAD) : 0;
}

/* ---- Groups ------------------------------------------------------------------------- */

static int group4(struct weftk_dev *dev, __be32 addr, bool join)
{
	struct in_device *in = __in_dev_get_rtnl(dev->netdev);

	if (!in)
		return -ENODEV;
	if (join)
		ip_mc_inc_group(in, addr);
	else
		ip_mc_dec_group(in, addr);
	return 0;
}

static int group6(struct weftk_dev *dev, const struct in6_addr *addr, bool join)
{
	struct sock *sk = dev->socks_v6;
	int err;

	if (!sk)
		return -EAFNOSUPPORT;
	lock_sock(sk);
	err = join ? ipv6_stub->ipv6_sock_mc_join(sk, dev->netdev->ifindex, addr)
		   : ipv6_stub->ipv6_sock_mc_drop(sk, dev->netdev->ifindex, addr);
	release_sock(sk);
	return err == -EADDRINUSE ? 0 : err;	/* a member already */
}

/* What Ethernet carries groups to, whatever carriage they are for. */
static int group_mac(struct weftk_dev *dev, const struct in6_addr *addr, bool join)
{
	u8 mac[ETH_ALEN] = { 0x33, 0x33, addr->s6_addr[12], addr->s6_addr[13],
			     addr->s6_addr[14], addr->s6_addr[15] };

	return join ? dev_mc_add(dev->netdev, mac) : dev_mc_del(dev->netdev, mac);
}

static int group_ip(struct weftk_dev *dev, const struct in6_addr *mgid, bool join)
{
	return ipv6_addr_v4mapped(mgid) ? group4(dev, mgid->s6_addr32[3], join) :
	       group6(dev, mgid, join);
}

int weftk_mcast(struct weftk_dev *dev, const struct in6_addr *mgid, bool join)
{
	int err;

	rtnl_lock();
	err = group_ip(dev, mgid, join);
	if (!err) {
		err = group_mac(dev, mgid, join);
		if (err && join)
			group_ip(dev, mgid, false);
	}
	rtnl_unlock();
	return err;
}
