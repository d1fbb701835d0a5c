/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UDP driver: sockets, their options, the subnet's broadcast.  Decides what the URL's address
 * means; moving packets is udp_rx.c and udp_tx.c.
 */
#include <ifaddrs.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "userspace/io/udp.h"

#ifndef UDP_GRO
#define UDP_GRO		104
#endif
#define TOS_ECT0	2	/* ECN-capable: switches may mark instead of dropping */

static const struct wio_key keys[] = {
	{ "entropies", WIO_NUM, 0, UDP_ENTROPIES, 0, NULL },
	{ "gso", WIO_NUM, 1, UDP_GSO_MAX, UDP_GSO_MAX, NULL },
	{ "gro", WIO_NUM, 0, 1, 1, NULL },
	{ "rcvbuf", WIO_NUM, 4096, 1u << 30, 16u << 20, NULL },
	{ "sndbuf", WIO_NUM, 4096, 1u << 30, 8u << 20, NULL },
	{ "bcast", WIO_NUM, 0, 1, 1, NULL },
	{ .name = NULL },
};

socklen_t wio_udp_to_sockaddr(const struct wio_addr *a, union udp_name *n)
{
	memset(n, 0, sizeof(*n));
	if (a->family == WIO_UDP4) {
		n->in.sin_family = AF_INET;
		n->in.sin_port = htons(a->port);
		memcpy(&n->in.sin_addr, a->ip, 4);
		return sizeof(n->in);
	}
	n->in6.sin6_family = AF_INET6;
	n->in6.sin6_port = htons(a->port);
	n->in6.sin6_scope_id = a->scope;
	memcpy(&n->in6.sin6_addr, a->ip, 16);
	return sizeof(n->in6);
}

void wio_udp_from_sockaddr(const union udp_name *n, struct wio_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (n->sa.sa_family == AF_INET) {
		a->family = WIO_UDP4;
		a->port = ntohs(n->in.sin_port);
		memcpy(a->ip, &n->in.sin_addr, 4);
		return;
	}
	a->family = WIO_UDP6;
	a->port = ntohs(n->in6.sin6_port);
	a->scope = n->in6.sin6_scope_id;
	memcpy(a->ip, &n->in6.sin6_addr, 16);
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/* As large as asked when root, else as large as the system's limit. */
static void set_buffers(int fd, const struct wio_query *q)
{
	int rcv = (int)wio_q_num(q, "rcvbuf"), snd = (int)wio_q_num(q, "sndbuf");

	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, rcv))
		set_int(fd, SOL_SOCKET, SO_RCVBUF, rcv);
	if (set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, snd))
		set_int(fd, SOL_SOCKET, SO_SNDBUF, snd);
}

/*
 * Every option is a wish but "do not fragment": a fragmented packet would arrive, and hide that the
 * path is too narrow.
 */
static int set_options(int fd, uint8_t family, const struct wio_query *q)
{
	set_buffers(fd, q);
	if (wio_q_num(q, "gro"))
		set_int(fd, SOL_UDP, UDP_GRO, 1);
	if (family == WIO_UDP6) {
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, TOS_ECT0);
		return set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
	}
	set_int(fd, SOL_SOCKET, SO_BROADCAST, 1);
	set_int(fd, IPPROTO_IP, IP_RECVTOS, 1);
	set_int(fd, IPPROTO_IP, IP_TOS, TOS_ECT0);
	return set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
}

/* A socket bound to |a|, its descriptor in |*fd|. */
static int open_socket(const struct wio_addr *a, const struct wio_query *q, bool shared, int *fd)
{
	union udp_name n;
	socklen_t len = wio_udp_to_sockaddr(a, &n);
	int s = socket(n.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (s < 0)
		return -errno;
	err = set_options(s, a->family, q);
	if (!err && shared)
		err = set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err && bind(s, &n.sa, len))
		err = -errno;
	if (err)
		close(s);
	else
		*fd = s;
	return err;
}

static int bind_failed(const struct wio_cfg *c, int err)
{
	switch (err) {
	case -EADDRINUSE:
		return wio_fail(c, err,
				"udp:%s: the port is in use: choose another, or :0 for any free "
				"one",
				c->where);
	case -EADDRNOTAVAIL:
		return wio_fail(c, err,
				"udp:%s: no interface here has this address; `ip addr` lists "
				"those that exist",
				c->where);
	case -EACCES:
		return wio_fail(c, err, "udp:%s: ports below 1024 need root", c->where);
	case -EAFNOSUPPORT:
		return wio_fail(c, err, "udp:%s: this system has no IPv6", c->where);
	default:
		return wio_fail(c, err, "udp:%s: %s", c->where, strerror(-err));
	}
}

/* The IPv4 broadcast address of the interface that owns |local|. */
static bool subnet_broadcast(const struct wio_addr *local, struct wio_addr *b)
{
	struct ifaddrs *list, *i;
	bool found = false;

	memset(b, 0, sizeof(*b));
	b->family = WIO_UDP4;
	b->port = WIO_UDP_PORT;
	if (local->ip[0] == 127) {	/* all of 127/8 is ours, listed or not */
		memcpy(b->ip, "\x7f\xff\xff\xff", 4);
		return true;
	}
	if (getifaddrs(&list))
		return false;
	for (i = list; i && !found; i = i->ifa_next) {
		union udp_name n;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
		    !(i->ifa_flags & IFF_BROADCAST) || !i->ifa_broadaddr)
			continue;
		memcpy(&n.in, i->ifa_addr, sizeof(n.in));
		if (memcmp(&n.in.sin_addr, local->ip, 4))
			continue;
		memcpy(&n.in, i->ifa_broadaddr, sizeof(n.in));
		memcpy(b->ip, &n.in.sin_addr, 4);
		found = memcmp(b->ip, local->ip, 4) != 0;	/* a /32 has no neighbours */
	}
	freeifaddrs(list);
	return found;
}

/*
 * A socket bound to one address does not get the subnet's broadcasts: those need a socket of their
 * own.  Discovery is a convenience: without it the carriage opens all the same.
 */
static void open_broadcast(struct udp *u, const struct wio_query *q)
{
	struct wio_addr b;

	if (!wio_q_num(q, "bcast") || u->w.local.family != WIO_UDP4 ||
	    !subnet_broadcast(&u->w.local, &b))
		return;
	u->w.bcast = b;
	if (open_socket(&b, q, true, &u->aux[u->n_aux]))
		return;
	u->n_aux++;
	u->has_bcast = true;
}

static int open_entropies(struct udp *u, const struct wio_cfg *c)
{
	struct wio_addr any = u->w.local;
	int want = (int)wio_q_num(c->q, "entropies");

	any.port = 0;
	for (int i = 0; i < want; i++) {
		int err = open_socket(&any, c->q, false, &u->aux[u->n_aux]);

		if (err)
			return wio_fail(c, err, "udp:%s: send socket %d of %d: %s", c->where, i + 1,
					want, strerror(-err));
		u->n_aux++;
		u->n_entropy++;
	}
	return 0;
}

static void udp_close(struct wio *w)
{
	struct udp *u = (struct udp *)w;

	if (u->epfd >= 0)
		close(u->epfd);
	for (int i = 0; i < u->n_aux; i++)
		close(u->aux[i]);
	if (u->fd >= 0)
		close(u->fd);
	wio_udp_rx_fini(&u->rx);
	free(u->tx.bounce);
	free(u);
}

/* A set of all sockets; -1 if the system has no descriptor left for it. */
static int open_epoll(const struct udp *u)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int err = ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, u->fd, &e);

	for (int i = 0; i < u->n_aux && !err; i++)
		err = epoll_ctl(ep, EPOLL_CTL_ADD, u->aux[i], &e);
	if (err && ep >= 0)
		close(ep);
	return err ? -1 : ep;
}

/*
 * The set is made when it is first asked for: a socket in one costs every packet a little more,
 * which a host that polls need not pay.
 */
static int udp_fd(struct wio *w)
{
	struct udp *u = (struct udp *)w;

	if (!u->n_aux)
		return u->fd;
	if (u->epfd < 0)
		u->epfd = open_epoll(u);
	return u->epfd;
}

/* The path MTU as the system knows it, from a socket connected for the question. */
static uint32_t path_mtu(const struct wio_addr *local, const struct wio_addr *dst)
{
	bool six = local->family == WIO_UDP6;
	struct wio_addr from = *local;
	union udp_name a, b;
	int mtu = 0, yes = 1;
	socklen_t len = sizeof(mtu), al, bl;
	int s = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return 0;
	from.port = 0;
	al = wio_udp_to_sockaddr(&from, &a);
	bl = wio_udp_to_sockaddr(dst, &b);
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes));
	if (bind(s, &a.sa, al) || connect(s, &b.sa, bl) ||
	    getsockopt(s, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MTU : IP_MTU, &mtu, &len))
		mtu = 0;
	close(s);
	return mtu > 0 ? (uint32_t)mtu : 0;
}

/* The smallest MTU of the interfaces that are up and have an address of our family. */
static uint32_t smallest_mtu(const struct udp *u)
{
	int family = u->w.local.family == WIO_UDP6 ? AF_INET6 : AF_INET;
	uint32_t least = 65535;
	struct ifaddrs *list;
	struct ifreq r;

	if (getifaddrs(&list))
		return 1280;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != family || !(i->ifa_flags & IFF_UP))
			continue;
		memset(&r, 0, sizeof(r));
		memcpy(r.ifr_name, i->ifa_name, strnlen(i->ifa_name, IFNAMSIZ - 1));
		if (!ioctl(u->fd, SIOCGIFMTU, &r) && (uint32_t)r.ifr_mtu < least)
			least = (uint32_t)r.ifr_mtu;
	}
	freeifaddrs(list);
	return least;
}

static uint32_t udp_mtu(struct wio *w, const struct wio_addr *dst)
{
	struct udp *u = (struct udp *)w;
	uint32_t hdr = w->local.family == WIO_UDP6 ? 48 : 28;
	uint32_t mtu;

	if (dst && dst->family != w->local.family)
		return 0;
	mtu = dst ? path_mtu(&w->local, dst) : smallest_mtu(u);
	if (mtu <= hdr)
		return 0;
	return mtu - hdr < WIO_UDP_MAX ? mtu - hdr : WIO_UDP_MAX;
}

/* Datagrams the kernel dropped because our buffer was full, all sockets together. */
static uint64_t kernel_drops(const struct udp *u)
{
	uint64_t sum = 0;

	for (int i = -1; i < u->n_aux; i++) {
		uint32_t info[SK_MEMINFO_VARS];
		socklen_t len = sizeof(info);

		if (!getsockopt(i < 0 ? u->fd : u->aux[i], SOL_SOCKET, SO_MEMINFO, info, &len) &&
		    len > SK_MEMINFO_DROPS * sizeof(info[0]))
			sum += info[SK_MEMINFO_DROPS];
	}
	return sum;
}

static void udp_stats(struct wio *w, struct wio_stat_out *o)
{
	struct udp *u = (struct udp *)w;

	wio_stat_put(o, "rx_frames", u->rx_frames);
	wio_stat_put(o, "rx_bytes", u->rx_bytes);
	wio_stat_put(o, "tx_frames", u->tx_frames);
	wio_stat_put(o, "tx_bytes", u->tx_bytes);
	wio_stat_put(o, "rx_calls", u->rx_calls);
	wio_stat_put(o, "tx_calls", u->tx_calls);
	wio_stat_put(o, "rx_gro", u->rx_gro);
	wio_stat_put(o, "tx_gso", u->tx_gso);
	wio_stat_put(o, "tx_split", u->tx_split);
	wio_stat_put(o, "tx_busy", u->tx_busy);
	wio_stat_put(o, "rx_drop_full", kernel_drops(u));
	wio_stat_put(o, "rx_drop_empty", u->rx_empty);
	wio_stat_put(o, "rx_drop_trunc", u->rx_trunc);
	wio_stat_put(o, "rx_drop_own", u->rx_own);
	wio_stat_put(o, "tx_drop_mtu", u->drop_mtu);
	wio_stat_put(o, "tx_drop_route", u->drop_route);
	wio_stat_put(o, "tx_drop_other", u->drop_other);
}

static const struct wio_ops ops = {
	.recv = wio_udp_recv,
	.release = wio_udp_release,
	.send = wio_udp_send,
	.fd = udp_fd,
	.mtu = udp_mtu,
	.stats = udp_stats,
	.close = udp_close,
};

static int udp_setup(struct udp *u, const struct wio_cfg *c, const struct wio_addr *a)
{
	union udp_name n;
	socklen_t len = sizeof(n);
	int err = open_socket(a, c->q, false, &u->fd);

	if (err)
		return bind_failed(c, err);
	if (getsockname(u->fd, &n.sa, &len))
		return wio_fail(c, -errno, "udp:%s: %s", c->where, strerror(errno));
	wio_udp_from_sockaddr(&n, &u->w.local);
	err = open_entropies(u, c);
	if (err)
		return err;
	open_broadcast(u, c->q);
	err = wio_udp_rx_init(&u->rx);
	if (!err)
		err = wio_udp_tx_init(&u->tx);
	return err ? wio_fail(c, err, "udp:%s: %s", c->where, strerror(-err)) : 0;
}

/* Address and port are the user's to choose (WEFT-NET-002). */
static int udp_open(const struct wio_cfg *c, struct wio **out)
{
	struct wio_addr a;
	struct udp *u;
	int err;

	if (wio_addr_parse(c->where, &a) || a.family == WIO_L2)
		return wio_fail(c, -EINVAL,
				"udp:%s: not an IP address; write udp:10.0.0.1, "
				"udp:10.0.0.1:49190 or udp:[::1]",
				c->where);
	u = calloc(1, sizeof(*u));
	if (!u)
		return wio_fail(c, -ENOMEM, "udp: out of memory");
	u->w.ops = &ops;
	u->w.len_max = WIO_UDP_MAX;
	u->now = c->now;
	u->now_arg = c->now_arg;
	u->fd = u->epfd = -1;
	u->gso_max = (int)wio_q_num(c->q, "gso");
	err = udp_setup(u, c, &a);
	if (err)
		udp_close(&u->w);
	else
		*out = &u->w;
	return err;
}

const struct wio_driver wio_udp_driver = {
	.name = "udp",
	.abi = WIO_DRIVER_ABI,
	.keys = keys,
	.open = udp_open,
};
