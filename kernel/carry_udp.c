// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * UDP carriage: the tunnel sockets of a network namespace, what arrives there, and the way out.
 * Knows addresses and routes, nothing of what a packet says.
 */
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <net/udp_tunnel.h>

#include "kernel/inner.h"

#define UDP4_BYTES (sizeof(struct iphdr) + sizeof(struct udphdr))
#define UDP6_BYTES (sizeof(struct ipv6hdr) + sizeof(struct udphdr))

/* Shared by the devices of a namespace. */
struct weftk_sockets {
	struct list_head list;
	struct net *net;
	struct socket *v4, *v6;		/* v6: NULL: the namespace has no IPv6 */
	u32 users;
};

static LIST_HEAD(all_sockets);
static DEFINE_MUTEX(sockets_mutex);	/* all_sockets and users */
static DECLARE_WAIT_QUEUE_HEAD(sockets_gone);

/* ---- Arriving ----------------------------------------------------------------------- */

static bool note_ip(struct sk_buff *skb, struct weftk_cb *cb, struct in6_addr *daddr)
{
	if (ip_hdr(skb)->version == 4) {
		cb->way = WEFTK_WAY_UDP4;
		cb->tos = ip_hdr(skb)->tos;
		ipv6_addr_set_v4mapped(ip_hdr(skb)->daddr, daddr);
		return true;
	}
	if (ip_hdr(skb)->version != 6)
		return false;
	cb->way = WEFTK_WAY_UDP6;
	cb->tos = ipv6_get_dsfield(ipv6_hdr(skb));
	*daddr = ipv6_hdr(skb)->daddr;
	return true;
}

static int encap_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct weftk_dev *dev;
	struct in6_addr daddr;
	struct weftk_cb cb = { .off = sizeof(struct udphdr) };

	if (!pskb_may_pull(skb, sizeof(struct udphdr)) || !note_ip(skb, &cb, &daddr))
		goto drop;
	cb.len = skb->len - sizeof(struct udphdr);
	if (skb_is_gso(skb))
		cb.seg = skb_shinfo(skb)->gso_size;
	dev = weftk_dev_by(sock_net(sk), skb->dev, &daddr);
	if (!dev)
		goto drop;
	*weftk_cb(skb) = cb;
	weftk_came(dev, skb);
	return 0;

drop:
	kfree_skb(skb);
	return 0;
}

/* ---- Sockets ------------------------------------------------------------------------ */

static struct socket *listen_at(struct net *net, bool v6)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.encap_type = 1,
		.encap_rcv = encap_rcv,
		.gro_receive = weftk_gro_receive,
		.gro_complete = weftk_gro_complete,
	};
	struct udp_port_cfg cfg = {
		.family = v6 ? AF_INET6 : AF_INET,
		.local_udp_port = htons((u16)weftk_udp_port),
		.use_udp_checksums = 1,
		.use_udp6_tx_checksums = 1,
		.ipv6_v6only = v6,
	};
	struct socket *sock;
	int err = udp_sock_create(net, &cfg, &sock), on = 1;

	if (err)
		return ERR_PTR(err);
	setup_udp_tunnel_sock(net, sock, &tunnel);
	/* It takes this away: members of a group on the sender's own host hear it too. */
	if (!v6)
		sock->ops->setsockopt(sock, SOL_IP, IP_MULTICAST_LOOP, KERNEL_SOCKPTR(&on),
				      sizeof(on));
	return sock;
}

static struct weftk_sockets *open_sockets(struct net *net)
{
	struct weftk_sockets *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->net = net;
	s->v4 = listen_at(net, false);
	if (IS_ERR(s->v4)) {
		err = PTR_ERR(s->v4);
		kfree(s);
		return ERR_PTR(err);
	}
	s->v6 = listen_at(net, true);
	if (!IS_ERR(s->v6))
		return s;
	err = PTR_ERR(s->v6);
	s->v6 = NULL;
	if (err == -EAFNOSUPPORT || err == -EPFNOSUPPORT || err == -EADDRNOTAVAIL)
		return s;
	udp_tunnel_sock_release(s->v4);
	kfree(s);
	return ERR_PTR(err);
}

static struct weftk_sockets *find_sockets(const struct net *net)
{
	struct weftk_sockets *s;

	list_for_each_entry(s, &all_sockets, list)
		if (s->net == net)
			return s;
	return NULL;
}

struct weftk_sockets *weftk_sockets_get(struct net *net)
{
	struct weftk_sockets *s;

	mutex_lock(&sockets_mutex);
	s = find_sockets(net);
	if (!s) {
		s = open_sockets(net);
		if (!IS_ERR(s))
			list_add(&s->list, &all_sockets);
	}
	if (!IS_ERR(s))
		s->users++;
	mutex_unlock(&sockets_mutex);
	return s;
}

void weftk_sockets_put(struct weftk_sockets *s)
{
	mutex_lock(&sockets_mutex);
	if (!--s->users) {
		list_del(&s->list);
		if (s->v6)
			udp_tunnel_sock_release(s->v6);
		udp_tunnel_sock_release(s->v4);
		kfree(s);
	}
	mutex_unlock(&sockets_mutex);
	wake_up_all(&sockets_gone);
}

struct sock *weftk_sockets_v6(struct weftk_sockets *s)
{
	return s->v6 ? s->v6->sk : NULL;
}

static bool none_of(const struct net *net)
{
	bool none;

	mutex_lock(&sockets_mutex);
	none = !find_sockets(net);
	mutex_unlock(&sockets_mutex);
	return none;
}

/* A namespace goes: its sockets must have gone, and do soon, as its netdevs have. */
void weftk_sockets_wait(struct net *net)
{
	wait_event(sockets_gone, none_of(net));
}

/* ---- Ways out ----------------------------------------------------------------------- */

void weftk_route_drop(struct weftk_route *route)
{
	dst_release(route->dst);
	route->dst = NULL;
}

static struct dst_entry *route4(struct weftk_dev *dev, const struct weftk_addr *to,
				struct in6_addr *local)
{
	struct net *net = dev_net(dev->netdev);
	struct flowi4 fl = {
		.daddr = to->remote.s6_addr32[3],
		.saddr = ipv6_addr_v4mapped(&to->local) ? to->local.s6_addr32[3] : 0,
		.flowi4_tos = to->tclass & (IPTOS_TOS_MASK & ~3),
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;

	/* Our own addresses are reached by loopback, whatever netdev has them. */
	if (inet_addr_type(net, fl.daddr) != RTN_LOCAL)
		fl.flowi4_oif = dev->netdev->ifindex;
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	ipv6_addr_set_v4mapped(fl.saddr, local);
	return &rt->dst;
}

static struct dst_entry *route6(struct weftk_dev *dev, const struct weftk_addr *to,
				struct in6_addr *local)
{
	struct net *net = dev_net(dev->netdev);
	struct flowi6 fl = {
		.daddr = to->remote,
		.saddr = to->local,
		.flowi6_proto = IPPROTO_UDP,
	};
	struct dst_entry *dst;

	if (!dev->socks->v6)
		return ERR_PTR(-EAFNOSUPPORT);
	if (ipv6_addr_type(&fl.daddr) & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_MULTICAST) ||
	    !ipv6_chk_addr(net, &fl.daddr, NULL, 0))
		fl.flowi6_oif = dev->netdev->ifindex;
	dst = ipv6_stub->ipv6_dst_lookup_flow(net, dev->socks->v6->sk, &fl, NULL);
	if (IS_ERR(dst))
		return dst;
	*local = fl.saddr;
	return dst;
}

/* A reference to a good way, and our address on it; route may be NULL. */
static struct dst_entry *way_out(struct weftk_dev *dev, const struct weftk_addr *to,
				 struct weftk_route *route, struct in6_addr *local)
{
	struct dst_entry *dst;

	if (route && route->dst) {
		if (dst_check(route->dst, route->cookie)) {
			*local = route->local;
			return dst_clone(route->dst);
		}
		weftk_route_drop(route);
	}
	dst = to->way == WEFTK_WAY_UDP4 ? route4(dev, to, local) : route6(dev, to, local);
	if (IS_ERR(dst) || !route)
		return dst;
	route->dst = dst_clone(dst);
	route->cookie = to->way == WEFTK_WAY_UDP6 ? rt6_get_cookie((struct rt6_info *)dst) : 0;
	route->local = *local;
	return dst;
}

u32 weftk_udp_room(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_route *route)
{
	u32 around = to->way == WEFTK_WAY_UDP4 ? UDP4_BYTES : UDP6_BYTES, mtu;
	struct in6_addr local;
	struct dst_entry *dst = way_out(dev, to, route, &local);

	if (IS_ERR(dst))
		return 0;
	mtu = dst_mtu(dst);
	dst_release(dst);
	return mtu > around ? mtu - around : 0;
}

/* ---- To a group --------------------------------------------------------------------- */

static bool is_group(const struct in6_addr *a)
{
	return ipv6_addr_v4mapped(a) ? ipv4_is_multicast(a->s6_addr32[3])
				     : ipv6_addr_is_multicast(a);
}

static void group_out4(struct weftk_dev *dev, struct sk_buff *skb, const struct iphdr *as)
{
	struct net *net = dev_net(dev->netdev);
	struct iphdr *ip = skb_push(skb, sizeof(*ip));

	skb_reset_network_header(skb);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	*ip = *as;
	__ip_select_ident(net, ip, 1);
	ip_local_out(net, dev->socks->v4->sk, skb);
}

static void group_out6(struct weftk_dev *dev, struct sk_buff *skb, const struct ipv6hdr *as)
{
	struct ipv6hdr *ip;

	udp6_set_csum(false, skb, &as->saddr, &as->daddr, (int)skb->len);
	ip = skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	*ip = *as;
	ip6_local_out(dev_net(dev->netdev), dev->socks->v6->sk, skb);
}

/* The helpers for tunnels keep what they send from members on this host.  Takes dst. */
static void group_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
		       const struct in6_addr *local, struct dst_entry *dst, struct sk_buff *skb)
{
	u8 ttl = hop.ttl ? hop.ttl : 64, tos = (u8)(to->tclass | INET_ECN_ECT_0);
	struct udphdr *udp = skb_push(skb, sizeof(*udp));
	__be16 port = htons((u16)weftk_udp_port);
	struct iphdr v4 = {
		.version = 4, .ihl = sizeof(v4) / 4, .tos = tos, .ttl = ttl,
		.protocol = IPPROTO_UDP,
		.saddr = local->s6_addr32[3], .daddr = to->remote.s6_addr32[3],
	};
	struct ipv6hdr v6 = {
		.nexthdr = IPPROTO_UDP, .hop_limit = ttl, .saddr = *local, .daddr = to->remote,
	};

	skb_reset_transport_header(skb);
	*udp = (struct udphdr){ .source = port, .dest = port, .len = htons((u16)skb->len) };
	skb_dst_set(skb, dst);
	ip6_flow_hdr(&v6, tos, htonl(hop.flow_label & 0xfffff));
	if (to->way == WEFTK_WAY_UDP4)
		group_out4(dev, skb, &v4);
	else
		group_out6(dev, skb, &v6);
}

/* ---- Sending ------------------------------------------------------------------------ */

/* Packets fit the way when they are made; one that was made for a wider way goes in pieces. */
static __be16 df_for(const struct sk_buff *skb, const struct dst_entry *dst)
{
	u32 len = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : skb->len;

	return len + UDP4_BYTES <= dst_mtu(dst) ? htons(IP_DF) : 0;
}

int weftk_udp_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
		   struct weftk_route *route, struct sk_buff *skb)
{
	__be16 port = htons((u16)weftk_udp_port), dport = to->port ? to->port : port;
	u8 ttl = hop.ttl ? hop.ttl : 64, tos = (u8)(to->tclass | INET_ECN_ECT_0);
	struct in6_addr local, remote = to->remote;
	struct dst_entry *dst = way_out(dev, to, route, &local);
	struct udphdr udp = { .source = port, .dest = dport };
	struct iphdr ip = {
		.version = 4, .ihl = sizeof(ip) / 4, .tos = tos, .ttl = ttl,
		.protocol = IPPROTO_UDP, .daddr = remote.s6_addr32[3],
	};

	if (IS_ERR(dst)) {
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	ip.saddr = local.s6_addr32[3];
	if (is_group(&remote)) {
		group_send(dev, to, hop, &local, dst, skb);
		return 0;
	}
	ip.frag_off = df_for(skb, dst);
	if (skb_is_gso(skb) &&
	    (to->way != WEFTK_WAY_UDP4 || !weftk_bundle_list(skb, dst->dev, ip, udp))) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (u16)(skb_headroom(skb) - sizeof(struct udphdr));
		skb->csum_offset = offsetof(struct udphdr, check);
	}
	/* The packet has a CRC of its own.  With IPv6 others insist on a checksum, and so does the
	 * stack where it takes a bundle apart itself. */
	if (to->way == WEFTK_WAY_UDP4)
		udp_tunnel_xmit_skb((struct rtable *)dst, dev->socks->v4->sk, skb, ip.saddr,
				    ip.daddr, tos, ttl, ip.frag_off, port, dport, false,
				    skb->ip_summed != CHECKSUM_PARTIAL);
	else
		udp_tunnel6_xmit_skb(dst, dev->socks->v6->sk, skb, NULL, &local, &remote, tos, ttl,
				     ip6_make_flowinfo(0, htonl(hop.flow_label & 0xfffff)),
				     port, dport, false);
	return 0;
}
