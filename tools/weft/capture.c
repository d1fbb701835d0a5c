/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames to packets.  See capture.h. */
#include "tools/weft/capture.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

enum { ETH = 14, VLAN = 4, SLL = 16, SLL2 = 20, IP6 = 40, UDP = 8, PROTO_UDP = 17 };
enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88a8 };

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

bool capture_link_ok(int dlt)
{
	return dlt == DLT_EN10MB || dlt == DLT_RAW || dlt == DLT_LINUX_SLL ||
	       dlt == DLT_LINUX_SLL2 || dlt == DLT_IPV4 || dlt == DLT_IPV6;
}

static bool known_port(const struct capture_filter *f, uint32_t port)
{
	for (unsigned i = 0; i < f->n_ports; i++)
		if (f->ports[i] == port)
			return true;
	return false;
}

static bool strip_udp(const uint8_t *p, uint32_t len, const struct capture_filter *f,
		      struct capture_packet *out)
{
	uint32_t udp_len, sport, dport;
	size_t n;

	if (len < UDP)
		return false;
	sport = be16(p);
	dport = be16(p + 2);
	udp_len = be16(p + 4);
	if (!known_port(f, sport) && !known_port(f, dport))
		return false;
	n = strlen(out->src);
	snprintf(out->src + n, CAPTURE_ADDR - n, ":%u", sport);
	n = strlen(out->dst);
	snprintf(out->dst + n, CAPTURE_ADDR - n, ":%u", dport);
	out->bytes = p + UDP;
	/* A length of 0 is a large segment of the kernel's own: then it is all that is there. */
	out->len = udp_len >= UDP && udp_len < len ? udp_len - UDP : len - UDP;
	return true;
}

static bool strip_ip4(const uint8_t *p, uint32_t len, const struct capture_filter *f,
		      struct capture_packet *out)
{
	uint32_t ihl, total;

	if (len < 20 || p[0] >> 4 != 4)
		return false;
	ihl = (p[0] & 15u) * 4;
	total = be16(p + 2);
	if (p[9] != PROTO_UDP || ihl < 20 || ihl > len || (be16(p + 6) & 0x1fff))
		return false;
	if (total >= ihl && total < len)
		len = total;
	out->ce = (p[1] & 3) == 3;
	inet_ntop(AF_INET, p + 12, out->src, CAPTURE_ADDR);
	inet_ntop(AF_INET, p + 16, out->dst, CAPTURE_ADDR);
	return strip_udp(p + ihl, len - ihl, f, out);
}

static bool strip_ip6(const uint8_t *p, uint32_t len, const struct capture_filter *f,
		      struct capture_packet *out)
{
	char text[INET6_ADDRSTRLEN];

	if (len < IP6 || p[0] >> 4 != 6 || p[6] != PROTO_UDP)
		return false;
	out->ce = (p[1] >> 4 & 3) == 3;
	snprintf(out->src, CAPTURE_ADDR, "[%s]", inet_ntop(AF_INET6, p + 8, text, sizeof(text)));
	snprintf(out->dst, CAPTURE_ADDR, "[%s]", inet_ntop(AF_INET6, p + 24, text, sizeof(text)));
	return strip_udp(p + IP6, len - IP6, f, out);
}

static bool strip_type(uint32_t type, const uint8_t *p, uint32_t len,
		       const struct capture_filter *f, struct capture_packet *out)
{
	while ((type == TYPE_VLAN || type == TYPE_QINQ) && len >= VLAN) {
		type = be16(p + 2);
		p += VLAN;
		len -= VLAN;
	}
	if (type == TYPE_IP4)
		return strip_ip4(p, len, f, out);
	if (type == TYPE_IP6)
		return strip_ip6(p, len, f, out);
	out->bytes = p;
	out->len = len;
	return type == f->ethertype;
}

static void mac_text(const uint8_t *m, char *text)
{
	snprintf(text, CAPTURE_ADDR, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
}

bool capture_strip(int dlt, const uint8_t *frame, uint32_t len, const struct capture_filter *f,
		   struct capture_packet *out)
{
	memset(out, 0, sizeof(*out));
	switch (dlt) {
	case DLT_EN10MB:
		if (len < ETH)
			return false;
		mac_text(frame + 6, out->src);
		mac_text(frame, out->dst);
		return strip_type(be16(frame + 12), frame + ETH, len - ETH, f, out);
	case DLT_LINUX_SLL:
		return len >= SLL && strip_type(be16(frame + 14), frame + SLL, len - SLL, f, out);
	case DLT_LINUX_SLL2:
		return len >= SLL2 && strip_type(be16(frame), frame + SLL2, len - SLL2, f, out);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		if (!len)
			return false;
		return frame[0] >> 4 == 4 ? strip_ip4(frame, len, f, out) :
					    strip_ip6(frame, len, f, out);
	}
	return false;
}
