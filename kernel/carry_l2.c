// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * EtherType carriage: Weft straight on Ethernet.  What is for our own MAC address comes back by
 * the stack's receive queue, as no Ethernet gives it back.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>

#include "kernel/inner.h"

static int l2_rcv(struct sk_buff *skb, struct net_device *netdev, struct packet_type *pt,
		  struct net_device *orig)
{
	struct weftk_dev *dev = container_of(pt, struct weftk_dev, ptype);

	if (skb->pkt_type == PACKET_OTHERHOST || !skb_mac_header_was_set(skb) ||
	    skb_mac_header_len(skb) < ETH_HLEN) {
		kfree_skb(skb);
		return NET_RX_DROP;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return NET_RX_DROP;
	*weftk_cb(skb) = (struct weftk_cb){ .len = skb->len, .way = WEFTK_WAY_L2 };
	weftk_came(dev, skb);
	return NET_RX_SUCCESS;
}

static bool is_ethernet(const struct net_device *netdev)
{
	return netdev->type == ARPHRD_ETHER && netdev->addr_len == ETH_ALEN;
}

void weftk_l2_start(struct weftk_dev *dev)
{
	if (!is_ethernet(dev->netdev))
		return;
	dev->ptype = (struct packet_type){
		.type = htons(WEFT_ETHERTYPE),
		.dev = dev->netdev,
		.func = l2_rcv,
	};
	dev_add_pack(&dev->ptype);
}

void weftk_l2_stop(struct weftk_dev *dev)
{
	if (dev->ptype.func)
		dev_remove_pack(&dev->ptype);
}

static int to_ourselves(struct net_device *netdev, struct sk_buff *skb)
{
	skb_reset_mac_header(skb);
	__skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	skb->pkt_type = PACKET_HOST;
	return netif_rx(skb) == NET_RX_SUCCESS ? 0 : -ENOBUFS;
}

int weftk_l2_send(struct weftk_dev *dev, const struct weftk_addr *to, struct sk_buff *skb)
{
	struct net_device *netdev = dev->netdev;
	struct ethhdr *eth;
	int r;

	if (!dev->ptype.func || !netif_running(netdev)) {
		kfree_skb(skb);
		return -ENETDOWN;
	}
	skb_reset_network_header(skb);
	eth = skb_push(skb, ETH_HLEN);
	ether_addr_copy(eth->h_dest, to->rmac);
	ether_addr_copy(eth->h_source, netdev->dev_addr);
	eth->h_proto = htons(WEFT_ETHERTYPE);
	skb->protocol = eth->h_proto;
	skb->dev = netdev;
	if (ether_addr_equal(to->rmac, netdev->dev_addr))
		return to_ourselves(netdev, skb);
	skb_reset_mac_header(skb);
	r = dev_queue_xmit(skb);	/* apart: net_xmit_eval() names its argument twice */
	return net_xmit_eval(r) ? -ENOBUFS : 0;
}
