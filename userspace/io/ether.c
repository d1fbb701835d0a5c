/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers around a Weft packet: see ether.h.  Every length is checked before it is believed. */
#include <string.h>

#include "userspace/io/ether.h"

#define TYPE_IP4	0x0800
#define TYPE_IP6	0x86dd
#define TYPE_VLAN	0x8100
#define PROTO_UDP	17

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* The Internet checksum as a running sum over pieces that may end on odd bytes. */
struct sum {
	uint64_t v;
	bool odd;
};

static void sum_add(struct sum *s, const uint8_t *p, size_t n)
{
	size_t i = 0;

	if (s->odd && n) {
		s->v += p[0];
		s->odd = false;
		i = 1;
	}
	for (; i + 1 < n; i += 2)
		s->v += get16(p + i);
	if (i < n) {
		s->v += (uint32_t)p[i] << 8;
		s->odd = true;
	}
}

static uint16_t sum_end(struct sum s)
{
	while (s.v >> 16)
		s.v = (s.v & 0xffff) + (s.v >> 16);
	return (uint16_t)~s.v;
}

void wio_ether_put(uint8_t p[WIO_ETH_HDR], const uint8_t dst[6], const uint8_t src[6],
		   uint16_t ethertype)
{
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	put16(p + 12, ethertype);
}

/* A locally administered MAC that shows the IP address's last four bytes; broadcast stays that. */
static void made_up_mac(const struct wio_addr *a, uint8_t mac[6])
{
	const uint8_t *ip = a->family == WIO_UDP4 ? a->ip : a->ip + 12;

	mac[0] = 2;
	mac[1] = 0;
	memcpy(mac + 2, ip, 4);
}

static void put_ip4(uint8_t *p, const struct wio_addr *src, const struct wio_addr *dst, uint8_t ecn,
		    uint32_t udp_len)
{
	struct sum s = { 0, false };

	memset(p, 0, 20);
	p[0] = 0x45;
	p[1] = ecn;
	put16(p + 2, 20 + udp_len);
	p[6] = 0x40;	/* do not fragment */
	p[8] = 64;
	p[9] = PROTO_UDP;
	memcpy(p + 12, src->ip, 4);
	memcpy(p + 16, dst->ip, 4);
	sum_add(&s, p, 20);
	put16(p + 10, sum_end(s));
}

static void put_ip6(uint8_t *p, const struct wio_addr *src, const struct wio_addr *dst, uint8_t ecn,
		    uint32_t udp_len)
{
	memset(p, 0, 40);
	p[0] = 0x60;
	p[1] = (uint8_t)(ecn << 4);
	put16(p + 4, udp_len);
	p[6] = PROTO_UDP;
	p[7] = 64;
	memcpy(p + 8, src->ip, 16);
	memcpy(p + 24, dst->ip, 16);
}

/* The UDP header at |p|; |addrs| are the IP header's addresses, both. */
static void put_udp(uint8_t *p, const uint8_t *addrs, size_t addrs_len, const struct wio_addr *src,
		    const struct wio_addr *dst, const struct wio_iov *iov, uint32_t n_iov,
		    uint32_t udp_len)
{
	uint8_t pseudo[4] = { 0, PROTO_UDP, (uint8_t)(udp_len >> 8), (uint8_t)udp_len };
	struct sum s = { 0, false };
	uint16_t check;

	put16(p, src->port);
	put16(p + 2, dst->port);
	put16(p + 4, udp_len);
	put16(p + 6, 0);
	sum_add(&s, addrs, addrs_len);
	sum_add(&s, pseudo, sizeof(pseudo));
	sum_add(&s, p, 8);
	for (uint32_t i = 0; i < n_iov; i++)
		sum_add(&s, iov[i].base, iov[i].len);
	check = sum_end(s);
	put16(p + 6, check ? check : 0xffff);	/* 0 would mean "none" */
}

size_t wio_ether_wrap(uint8_t p[ETHER_HDR_MAX], const struct wio_addr *src,
		      const struct wio_addr *dst, uint8_t ecn, uint16_t ethertype,
		      const struct wio_iov *iov, uint32_t n_iov, uint32_t len)
{
	uint8_t sm[6], dm[6];

	if (dst->family == WIO_L2) {
		wio_ether_put(p, dst->ip, src->ip, ethertype);
		return WIO_ETH_HDR;
	}
	made_up_mac(src, sm);
	made_up_mac(dst, dm);
	if (dst->family == WIO_UDP4) {
		wio_ether_put(p, dm, sm, TYPE_IP4);
		put_ip4(p + 14, src, dst, ecn, len + 8);
		put_udp(p + 34, p + 26, 8, src, dst, iov, n_iov, len + 8);
		return 42;
	}
	wio_ether_put(p, dm, sm, TYPE_IP6);
	put_ip6(p + 14, src, dst, ecn, len + 8);
	put_udp(p + 54, p + 22, 32, src, dst, iov, n_iov, len + 8);
	return 62;
}

/* |p| is a UDP header with |len| bytes from there to the end of the IP packet. */
static int unwrap_udp(uint8_t *p, uint32_t len, uint16_t port, struct ether_view *v)
{
	uint32_t udp_len;

	if (len < 8)
		return -EBADMSG;
	v->src.port = (uint16_t)get16(p);
	v->dst.port = (uint16_t)get16(p + 2);
	if (port && v->src.port != port && v->dst.port != port)
		return -EPROTO;
	udp_len = get16(p + 4);
	if (udp_len < 8 || udp_len > len)
		return -EBADMSG;
	v->data = p + 8;
	v->len = udp_len - 8;
	return 0;
}

static int unwrap_ip4(uint8_t *p, uint32_t len, uint16_t port, struct ether_view *v)
{
	uint32_t hdr, total;

	if (len < 20 || p[0] >> 4 != 4)
		return -EBADMSG;
	hdr = (p[0] & 15u) * 4;
	total = get16(p + 2);
	if (hdr < 20 || total < hdr || total > len)
		return -EBADMSG;
	if (p[9] != PROTO_UDP || (get16(p + 6) & 0x3fff))	/* a fragment is not a packet */
		return -EPROTO;
	v->ce = (p[1] & 3) == 3;
	v->src.family = v->dst.family = WIO_UDP4;
	memcpy(v->src.ip, p + 12, 4);
	memcpy(v->dst.ip, p + 16, 4);
	return unwrap_udp(p + hdr, total - hdr, port, v);
}

static int unwrap_ip6(uint8_t *p, uint32_t len, uint16_t port, struct ether_view *v)
{
	uint32_t payload;

	if (len < 40 || p[0] >> 4 != 6)
		return -EBADMSG;
	payload = get16(p + 4);
	if (payload > len - 40)
		return -EBADMSG;
	if (p[6] != PROTO_UDP)
		return -EPROTO;
	v->ce = (p[1] >> 4 & 3) == 3;
	v->src.family = v->dst.family = WIO_UDP6;
	memcpy(v->src.ip, p + 8, 16);
	memcpy(v->dst.ip, p + 24, 16);
	return unwrap_udp(p + 40, payload, port, v);
}

int wio_ether_unwrap(uint8_t *p, uint32_t len, uint16_t ethertype, uint16_t port,
		     struct ether_view *v)
{
	uint32_t type, at = WIO_ETH_HDR;

	memset(v, 0, sizeof(*v));
	if (len < at)
		return -EBADMSG;
	type = get16(p + 12);
	if (type == TYPE_VLAN) {
		at += 4;
		if (len < at)
			return -EBADMSG;
		type = get16(p + 16);
	}
	if (type == TYPE_IP4)
		return unwrap_ip4(p + at, len - at, port, v);
	if (type == TYPE_IP6)
		return unwrap_ip6(p + at, len - at, port, v);
	if (type != ethertype)
		return -EPROTO;
	v->src.family = v->dst.family = WIO_L2;
	memcpy(v->dst.ip, p, 6);
	memcpy(v->src.ip, p + 6, 6);
	v->data = p + at;
	v->len = len - at;
	return 0;
}
