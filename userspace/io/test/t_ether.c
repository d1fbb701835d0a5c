/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests ether.c: what it wraps it unwraps, and nothing else. */
#include <errno.h>
#include <string.h>

#include "userspace/io/ether.h"
#include "userspace/io/test/io_test.h"

static struct wio_addr addr(const char *text)
{
	struct wio_addr a;

	CU_ASSERT_EQUAL(wio_addr_parse(text, &a), 0);
	return a;
}

/* The Internet checksum over |n| bytes, by the book: add, fold, complement. */
static uint16_t book_sum(const uint8_t *p, size_t n, uint32_t start)
{
	uint32_t s = start;

	for (size_t i = 0; i < n; i++)
		s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/* Known bytes, worked out by hand from RFC 791 and RFC 768. */
static void wrap__known_ip4(void)
{
	static const uint8_t want[] = {
		0x02, 0, 10, 0, 0, 2, 0x02, 0, 10, 0, 0, 1, 0x08, 0x00,
		0x45, 0x02, 0x00, 0x20, 0, 0, 0x40, 0, 64, 17, 0x26, 0xc9, 10, 0, 0, 1, 10, 0, 0, 2,
		0xc0, 0x26, 0xc0, 0x26, 0x00, 0x0c, 0xe3, 0x26,
	};
	struct wio_addr a = addr("10.0.0.1"), b = addr("10.0.0.2");
	struct wio_iov v = { "\xde\xad\xbe\xef", 4 };
	uint8_t p[ETHER_HDR_MAX];

	CU_ASSERT_EQUAL(wio_ether_wrap(p, &a, &b, 2, 0, &v, 1, 4), sizeof(want));
	CU_ASSERT_EQUAL(memcmp(p, want, 34), 0);
	/* Pseudo header, UDP header and payload together must sum to zero. */
	memcpy(p + 42, "\xde\xad\xbe\xef", 4);
	CU_ASSERT_EQUAL(book_sum(p + 14, 20, 0), 0);
	CU_ASSERT_EQUAL(book_sum(p + 26, 8 + 12, 17 + 12), 0);
}

static void wrap_unwrap__round(void)
{
	static const struct {
		const char *src, *dst;
		uint32_t len;
		uint8_t ecn;
	} t[] = {
		{ "10.0.0.1:5000", "10.0.0.2:49190", 1, 2 },
		{ "10.0.0.1:5000", "10.0.0.2:49190", 65507, 3 },
		{ "[2001:db8::1]:49190", "[2001:db8::2]:7", 999, 3 },
		{ "[::1]:49190", "[::1]:49190", 1400, 2 },
		{ "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", 46, 0 },
	};
	static uint8_t p[ETHER_HDR_MAX + 65536], payload[65536];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct wio_addr a = addr(t[i].src), b = addr(t[i].dst);
		uint32_t cut = t[i].len / 3;
		struct wio_iov v[2] = { { payload, cut }, { payload + cut, t[i].len - cut } };
		struct ether_view e;
		size_t hdr;

		io_fill(payload, t[i].len, (uint32_t)i);
		hdr = wio_ether_wrap(p, &a, &b, t[i].ecn, WIO_ETHERTYPE, v, 2, t[i].len);
		memcpy(p + hdr, payload, t[i].len);
		CU_ASSERT_EQUAL(wio_ether_unwrap(p, (uint32_t)hdr + t[i].len, WIO_ETHERTYPE, 49190,
						 &e), 0);
		CU_ASSERT_EQUAL(e.len, t[i].len);
		CU_ASSERT(io_is(e.data, e.len, (uint32_t)i));
		CU_ASSERT_EQUAL(memcmp(&e.src, &a, sizeof(a)), 0);
		CU_ASSERT_EQUAL(memcmp(&e.dst, &b, sizeof(b)), 0);
		CU_ASSERT_EQUAL(e.ce, t[i].ecn == 3);
		/* Every shorter frame is refused, never read past. */
		for (uint32_t n = 0; n < hdr; n++)
			CU_ASSERT_NOT_EQUAL(wio_ether_unwrap(p, n, WIO_ETHERTYPE, 49190, &e), 0);
	}
}

/* The sum over an IPv6 pseudo header that wio_ether_wrap's UDP checksum must bring to zero. */
static void wrap__ip6_checksum(void)
{
	struct wio_addr a = addr("[fe80::1]:1"), b = addr("[fe80::2]:2");
	static uint8_t p[ETHER_HDR_MAX + 64];
	struct wio_iov v[3] = { { "abc", 3 }, { "", 0 }, { "defg", 4 } };
	size_t hdr = wio_ether_wrap(p, &a, &b, 2, 0, v, 3, 7);

	memcpy(p + hdr, "abcdefg", 7);
	CU_ASSERT_EQUAL(hdr, 62);
	CU_ASSERT_EQUAL(book_sum(p + 22, 32 + 15, 17 + 15), 0);
}

/* RFC 768: a sum that comes out as 0 is sent as 0xffff, because 0 means "no checksum". */
static void wrap__checksum_is_never_absent(void)
{
	struct wio_addr a = addr("10.0.0.1:1"), b = addr("10.0.0.2:2");
	uint32_t ones = 0;

	for (uint32_t v = 0; v < 65536; v++) {
		uint8_t word[2] = { (uint8_t)(v >> 8), (uint8_t)v }, p[ETHER_HDR_MAX];
		struct wio_iov iov = { word, 2 };

		wio_ether_wrap(p, &a, &b, 2, 0, &iov, 1, 2);
		CU_ASSERT(p[40] || p[41]);
		ones += p[40] == 0xff && p[41] == 0xff;
	}
	CU_ASSERT_EQUAL(ones, 1);
}

static void unwrap__other_traffic(void)
{
	struct wio_addr a = addr("10.0.0.1:53"), b = addr("10.0.0.2:54");
	struct wio_iov v = { "x", 1 };
	uint8_t p[ETHER_HDR_MAX + 8];
	struct ether_view e;
	uint32_t len = (uint32_t)wio_ether_wrap(p, &a, &b, 0, 0, &v, 1, 1) + 1;

	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 49190, &e), -EPROTO);
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), 0);
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 53, &e), 0);
	p[20] |= 0x20;	/* more fragments */
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), -EPROTO);
	p[20] = 0x40;
	p[23] = 6;	/* TCP */
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), -EPROTO);
	p[23] = 17;
	p[39] = 200;	/* UDP length beyond the packet */
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), -EBADMSG);
	p[39] = 7;	/* and shorter than its header */
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), -EBADMSG);
	p[14] = 0x44;	/* header of 16 bytes */
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), -EBADMSG);
	p[12] = 0x08;
	p[13] = 0x06;	/* ARP */
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &e), -EPROTO);
}

static void unwrap__vlan(void)
{
	static uint8_t p[64] = { [12] = 0x81, [16] = 0x88, [17] = 0xb5, [18] = 0x42 };
	struct ether_view e;

	CU_ASSERT_EQUAL(wio_ether_unwrap(p, 64, WIO_ETHERTYPE, 0, &e), 0);
	CU_ASSERT_EQUAL(e.len, 46);
	CU_ASSERT_EQUAL(e.data[0], 0x42);
	CU_ASSERT_EQUAL(wio_ether_unwrap(p, 17, WIO_ETHERTYPE, 0, &e), -EBADMSG);
}

WEFT_SUITE(t_ether) {
	{ "wrap__known_ip4", wrap__known_ip4 },
	{ "wrap_unwrap__round", wrap_unwrap__round },
	{ "wrap__ip6_checksum", wrap__ip6_checksum },
	{ "wrap__checksum_is_never_absent", wrap__checksum_is_never_absent },
	{ "unwrap__other_traffic", unwrap__other_traffic },
	{ "unwrap__vlan", unwrap__vlan },
};
