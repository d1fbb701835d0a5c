/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet driver: Weft straight on Ethernet through an AF_PACKET socket with TPACKET_V2 rings
 * both ways.  Frames are handed out where the kernel wrote them and built where it will read them;
 * one system call sends a burst, none is needed to receive.
 *
 * Version 2 and not 3: a version 3 block is handed over when it is full or its timer has run out,
 * which costs a millisecond when traffic is light.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "userspace/io/ether.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif
#define BLOCK_BYTES	(256u << 10)
/* The kernel's TPACKET_ALIGN in unsigned arithmetic. */
#define ALIGN(x)	(((x) + (size_t)TPACKET_ALIGNMENT - 1) & ~((size_t)TPACKET_ALIGNMENT - 1))
#define TX_DATA		ALIGN(sizeof(struct tpacket2_hdr))	/* where a frame to send begins */
/* Before a received frame's payload: header, link-level address, Ethernet, room to align. */
#define RX_OVERHEAD	(TX_DATA + sizeof(struct sockaddr_ll) + 32)

static const struct wio_key keys[] = {
	{ "ethertype", WIO_NUM, 0x600, 0xffff, WIO_ETHERTYPE, NULL },
	{ "ring", WIO_NUM, 256u << 10, 1u << 30, 8u << 20, NULL },
	{ .name = NULL },
};

/* One direction's ring: |count| frames, |per_block| in each block. */
struct ring {
	uint8_t *mem;
	uint32_t count, per_block;
	uint32_t at;		/* the next frame */
};

struct packet {
	struct wio w;
	uint64_t (*now)(void *arg);
	void *now_arg;
	int fd;
	char ifname[IFNAMSIZ];
	uint16_t ethertype;
	uint32_t frame_bytes;	/* of a ring slot */
	struct ring rx, tx;
	uint8_t *map;		/* both rings */
	size_t map_bytes;
	uint32_t lent_at, lent;	/* rx slots to give back: the first, and how many */
	bool unkicked;		/* frames are in the tx ring that the kernel was not told of */

	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes, tx_calls, tx_busy;
	uint64_t drop_full;	/* frames the kernel found no slot for */
	uint64_t drop_foreign;	/* not for our MAC address */
	uint64_t drop_own, drop_trunc, drop_vlan, drop_mtu;
};

static struct tpacket2_hdr *slot(const struct packet *p, const struct ring *r, uint32_t i)
{
	return (struct tpacket2_hdr *)(void *)(r->mem + (size_t)(i / r->per_block) * BLOCK_BYTES +
					       (size_t)(i % r->per_block) * p->frame_bytes);
}

static uint32_t status_of(const struct tpacket2_hdr *h)
{
	return __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);
}

static void set_status(struct tpacket2_hdr *h, uint32_t status)
{
	__atomic_store_n(&h->tp_status, status, __ATOMIC_RELEASE);
}

static uint32_t after(const struct ring *r, uint32_t i)
{
	return i + 1 == r->count ? 0 : i + 1;
}

static void packet_release(struct wio *w)
{
	struct packet *p = (struct packet *)w;

	for (; p->lent; p->lent--) {
		set_status(slot(p, &p->rx, p->lent_at), TP_STATUS_KERNEL);
		p->lent_at = after(&p->rx, p->lent_at);
	}
}

/* Whether the frame in |h| is a Weft packet for us; then |*f| is it. */
static bool for_us(struct packet *p, struct tpacket2_hdr *h, uint32_t status, uint64_t now,
		   struct wio_frame *f)
{
	uint8_t *eth = (uint8_t *)h + h->tp_mac;
	bool bcast = eth[0] & 1;

	if (h->tp_snaplen < h->tp_len || h->tp_len <= WIO_ETH_HDR) {
		p->drop_trunc++;
		return false;
	}
	if (status & TP_STATUS_VLAN_VALID) {	/* another network that shares the cable */
		p->drop_vlan++;
		return false;
	}
	if (!memcmp(eth + 6, p->w.local.ip, 6)) {
		p->drop_own++;
		return false;
	}
	if (!bcast && memcmp(eth, p->w.local.ip, 6)) {
		p->drop_foreign++;
		return false;
	}
	*f = (struct wio_frame){ .data = eth + WIO_ETH_HDR, .len = h->tp_len - WIO_ETH_HDR,
				 .bcast = bcast, .ts_ns = now,
				 .src = { .family = WIO_L2 } };
	memcpy(f->src.ip, eth + 6, 6);
	return true;
}

static void kick(struct packet *p)
{
	p->unkicked = sendto(p->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0;
	p->tx_calls++;
}

static int packet_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct packet *p = (struct packet *)w;
	uint64_t now = 0;
	int n = 0;

	packet_release(w);
	p->lent_at = p->rx.at;
	while (n < max && p->lent < p->rx.count) {
		struct tpacket2_hdr *h = slot(p, &p->rx, p->rx.at);
		uint32_t status = status_of(h);

		if (!(status & TP_STATUS_USER))
			break;
		if (!now)
			now = p->now(p->now_arg);
		if (for_us(p, h, status, now, &f[n]))
			p->rx_bytes += f[n++].len;
		p->rx.at = after(&p->rx, p->rx.at);
		p->lent++;
	}
	p->rx_frames += (uint64_t)n;
	if (n == 0 && p->unkicked)
		kick(p);
	return n;
}

/* Builds one frame in slot |h|.  Short ones are padded: what lay in the slot stays here. */
static void build(const struct packet *p, struct tpacket2_hdr *h, const struct wio_tx *t,
		  uint32_t len)
{
	uint8_t *eth = (uint8_t *)h + TX_DATA;
	uint32_t total = WIO_ETH_HDR + len;

	wio_ether_put(eth, t->dst->ip, p->w.local.ip, p->ethertype);
	wio_gather(eth + WIO_ETH_HDR, t);
	if (total < WIO_ETH_MIN) {
		memset(eth + total, 0, WIO_ETH_MIN - total);
		total = WIO_ETH_MIN;
	}
	h->tp_len = total;
	set_status(h, TP_STATUS_SEND_REQUEST);
}

static int packet_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct packet *p = (struct packet *)w;
	int i, len = 0;

	for (i = 0; i < n; i++) {
		struct tpacket2_hdr *h = slot(p, &p->tx, p->tx.at);
		uint32_t status = status_of(h);

		len = wio_tx_len(w, &t[i]);
		if (len < 0)
			break;
		if (status != TP_STATUS_AVAILABLE && status != TP_STATUS_WRONG_FORMAT) {
			p->tx_busy++;
			break;
		}
		build(p, h, &t[i], (uint32_t)len);
		p->tx.at = after(&p->tx, p->tx.at);
		p->tx_frames++;
		p->tx_bytes += (uint64_t)len;
	}
	if (i || p->unkicked)
		kick(p);
	return i || len >= 0 ? i : len;
}

static int packet_fd(struct wio *w)
{
	return ((struct packet *)w)->fd;
}

static uint32_t link_mtu(int fd, const char *ifname)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	memcpy(r.ifr_name, ifname, strnlen(ifname, IFNAMSIZ - 1));
	return ioctl(fd, SIOCGIFMTU, &r) || r.ifr_mtu < 0 ? 0 : (uint32_t)r.ifr_mtu;
}

/* The interface's MTU now, but never more than the slots were made for. */
static uint32_t packet_mtu(struct wio *w, const struct wio_addr *dst)
{
	struct packet *p = (struct packet *)w;
	uint32_t mtu = link_mtu(p->fd, p->ifname);

	(void)dst;
	return mtu < w->len_max ? mtu : w->len_max;
}

static void packet_stats(struct wio *w, struct wio_stat_out *o)
{
	struct packet *p = (struct packet *)w;
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	/* Reading them clears them. */
	if (!getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		p->drop_full += st.tp_drops;
	wio_stat_put(o, "rx_frames", p->rx_frames);
	wio_stat_put(o, "rx_bytes", p->rx_bytes);
	wio_stat_put(o, "tx_frames", p->tx_frames);
	wio_stat_put(o, "tx_bytes", p->tx_bytes);
	wio_stat_put(o, "tx_calls", p->tx_calls);
	wio_stat_put(o, "tx_busy", p->tx_busy);
	wio_stat_put(o, "rx_drop_full", p->drop_full);
	wio_stat_put(o, "rx_drop_foreign", p->drop_foreign);
	wio_stat_put(o, "rx_drop_own", p->drop_own);
	wio_stat_put(o, "rx_drop_trunc", p->drop_trunc);
	wio_stat_put(o, "rx_drop_vlan", p->drop_vlan);
}

static void packet_close(struct wio *w)
{
	struct packet *p = (struct packet *)w;

	if (p->map)
		munmap(p->map, p->map_bytes);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

static const struct wio_ops ops = {
	.recv = packet_recv,
	.release = packet_release,
	.send = packet_send,
	.fd = packet_fd,
	.mtu = packet_mtu,
	.stats = packet_stats,
	.close = packet_close,
};

static int fail_errno(const struct wio_cfg *c, const char *what)
{
	int err = errno;

	return wio_fail(c, -err, "packet:%s: %s: %s", c->where, what, strerror(err));
}

static int set_opt(int fd, int name, int value)
{
	return setsockopt(fd, SOL_PACKET, name, &value, sizeof(value));
}

static int open_socket(struct packet *p, const struct wio_cfg *c)
{
	int version = TPACKET_V2;

	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 && errno == EPERM)
		return wio_fail(c, -EPERM,
				"packet:%s: raw Ethernet needs CAP_NET_RAW: run as root, or "
				"`setcap cap_net_raw+ep PROGRAM`; udp: needs neither",
				c->where);
	if (p->fd < 0)
		return fail_errno(c, "socket");
	/* Wishes: an old kernel without them is slower or shows our own frames, dropped later. */
	set_opt(p->fd, PACKET_IGNORE_OUTGOING, 1);
	set_opt(p->fd, PACKET_QDISC_BYPASS, 1);
	set_opt(p->fd, PACKET_LOSS, 1);
	if (set_opt(p->fd, PACKET_VERSION, version))
		return fail_errno(c, "TPACKET_V2");
	return 0;
}

/* The interface's index, MAC address and MTU. */
static int look_up(struct packet *p, const struct wio_cfg *c, int *ifindex, uint32_t *mtu)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	memcpy(r.ifr_name, p->ifname, IFNAMSIZ);
	if (ioctl(p->fd, SIOCGIFINDEX, &r))
		return wio_fail(c, -ENODEV,
				"packet:%s: no such interface; `ip link` lists those that exist",
				c->where);
	*ifindex = r.ifr_ifindex;
	if (ioctl(p->fd, SIOCGIFHWADDR, &r))
		return fail_errno(c, "MAC address");
	if (r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return wio_fail(c, -EOPNOTSUPP,
				"packet:%s: not an Ethernet interface; use udp: with its IP "
				"address",
				c->where);
	p->w.local = (struct wio_addr){ .family = WIO_L2 };
	memcpy(p->w.local.ip, r.ifr_hwaddr.sa_data, 6);
	if (ioctl(p->fd, SIOCGIFFLAGS, &r))
		return fail_errno(c, "flags");
	if (!(r.ifr_flags & IFF_UP))
		return wio_fail(c, -ENETDOWN, "packet:%s: the interface is down: ip link set %s up",
				c->where, p->ifname);
	*mtu = link_mtu(p->fd, p->ifname);
	return 0;
}

/* Slots for a frame of |mtu| bytes and its header, |bytes| of them in each direction. */
static int open_rings(struct packet *p, const struct wio_cfg *c, uint32_t mtu, uint64_t bytes)
{
	uint32_t blocks = (uint32_t)(bytes / BLOCK_BYTES);
	struct tpacket_req req;

	p->frame_bytes = (uint32_t)ALIGN(RX_OVERHEAD + mtu);
	p->rx.per_block = p->tx.per_block = BLOCK_BYTES / p->frame_bytes;
	p->rx.count = p->tx.count = p->rx.per_block * blocks;
	req = (struct tpacket_req){ .tp_block_size = BLOCK_BYTES, .tp_block_nr = blocks,
				    .tp_frame_size = p->frame_bytes, .tp_frame_nr = p->rx.count };
	if (setsockopt(p->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof(req)))
		return fail_errno(c, "rings (smaller with ring=BYTES)");
	p->map_bytes = (size_t)2 * blocks * BLOCK_BYTES;
	p->map = mmap(NULL, p->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (p->map == MAP_FAILED) {
		p->map = NULL;
		return fail_errno(c, "mapping the rings");
	}
	p->rx.mem = p->map;
	p->tx.mem = p->map + p->map_bytes / 2;
	p->w.len_max = mtu;
	return 0;
}

static int setup(struct packet *p, const struct wio_cfg *c)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(p->ethertype) };
	uint32_t mtu = 0;
	int err = open_socket(p, c);

	if (!err)
		err = look_up(p, c, &a.sll_ifindex, &mtu);
	if (!err)
		err = open_rings(p, c, mtu, wio_q_num(c->q, "ring"));
	if (err)
		return err;
	if (bind(p->fd, (struct sockaddr *)&a, sizeof(a)))
		return fail_errno(c, "bind");
	p->w.bcast.family = WIO_L2;
	memset(p->w.bcast.ip, 0xff, 6);
	return 0;
}

static int packet_open(const struct wio_cfg *c, struct wio **out)
{
	struct packet *p;
	int err;

	if (!*c->where || strlen(c->where) >= IFNAMSIZ)
		return wio_fail(c, -EINVAL,
				"packet:%s: not an interface name; write packet:eth0", c->where);
	p = calloc(1, sizeof(*p));
	if (!p)
		return wio_fail(c, -ENOMEM, "packet: out of memory");
	p->w.ops = &ops;
	p->fd = -1;
	p->now = c->now;
	p->now_arg = c->now_arg;
	memcpy(p->ifname, c->where, strlen(c->where));
	p->ethertype = (uint16_t)wio_q_num(c->q, "ethertype");
	err = setup(p, c);
	if (err)
		packet_close(&p->w);
	else
		*out = &p->w;
	return err;
}

const struct wio_driver wio_packet_driver = {
	.name = "packet",
	.abi = WIO_DRIVER_ABI,
	.keys = keys,
	.open = packet_open,
};
