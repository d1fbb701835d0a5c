/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture files.  pcapng: section headers, interfaces, enhanced and simple packets, statistics;
 * other blocks are skipped.
 */
#include "conformance/pcapread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAGIC_US	0xa1b2c3d4u
#define MAGIC_NS	0xa1b23c4du
#define MAGIC_NG	0x0a0d0d0au
#define ORDER_NG	0x1a2b3c4du
#define FILE_HDR	24u
#define REC_HDR		16u
#define BLOCK_MIN	12u
#define FRAME_MAX	(1u << 20)	/* no link carries more */

enum block { BLOCK_IFACE = 1, BLOCK_SIMPLE = 3, BLOCK_STATS = 5, BLOCK_PACKET = 6 };
enum option { OPT_END = 0, OPT_IFDROP = 5, OPT_OSDROP = 7, OPT_TSRESOL = 9 };

static uint32_t get32(const struct wc_pcap *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return r->swapped ? __builtin_bswap32(v) : v;
}

static uint32_t get16(const struct wc_pcap *r, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return r->swapped ? __builtin_bswap16(v) : v;
}

static uint64_t get64(const struct wc_pcap *r, const uint8_t *p)
{
	uint64_t a = get32(r, p), b = get32(r, p + 4);
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return little != r->swapped ? b << 32 | a : a << 32 | b;
}

static int damaged(const struct wc_pcap *r, const char *what, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s at byte %zu, after frame %u: the file is cut short or damaged; "
		 "editcap FILE NEW keeps what is whole", what, r->at, r->frame);
	return -EBADMSG;
}

int wc_pcap_begin(struct wc_pcap *r, uint8_t *buf, size_t len, char *err, size_t errlen)
{
	uint32_t magic;

	memset(r, 0, sizeof(*r));
	r->buf = buf;
	r->len = len;
	magic = len < 4 ? 0 : get32(r, buf);
	if (magic == MAGIC_NG) {	/* it reads the same in both orders */
		r->ng = true;
		return 0;
	}
	if (magic != MAGIC_US && magic != MAGIC_NS) {
		r->swapped = true;
		magic = len < 4 ? 0 : get32(r, buf);
	}
	if (len < FILE_HDR || (magic != MAGIC_US && magic != MAGIC_NS)) {
		snprintf(err, errlen, "is no capture: pcap and pcapng files are, as tcpdump -w, "
			 "Wireshark and \"?pcap=FILE\" of a carriage write them");
		return -EINVAL;
	}
	r->ifaces = 1;
	r->iface[0].link = get32(r, buf + 20) & 0xffff;
	r->iface[0].per_s = magic == MAGIC_NS ? 1000000000u : 1000000u;
	r->at = FILE_HDR;
	return 0;
}

/* units, so many a second, in nanoseconds. */
static uint64_t in_ns(uint64_t units, uint64_t per_s)
{
	uint64_t s = units / per_s, rest = units % per_s;

	return s * 1000000000u + (per_s <= 1000000000u ? rest * 1000000000u / per_s :
				  rest / (per_s / 1000000000u));
}

static int next_pcap(struct wc_pcap *r, struct wc_pcap_frame *f, char *err, size_t errlen)
{
	const uint8_t *h = r->buf + r->at;
	size_t left = r->len - r->at;

	if (!left)
		return 0;
	if (left < REC_HDR)
		return damaged(r, "half a frame's header", err, errlen);
	f->len = get32(r, h + 8);
	f->orig = get32(r, h + 12);
	if (f->len > FRAME_MAX || f->len > left - REC_HDR)
		return damaged(r, "a frame that leaves the file", err, errlen);
	f->t_ns = get32(r, h) * 1000000000ull + in_ns(get32(r, h + 4), r->iface[0].per_s);
	f->link = r->iface[0].link;
	f->data = r->buf + r->at + REC_HDR;
	r->at += REC_HDR + f->len;
	f->number = ++r->frame;
	return 1;
}

/* ---- pcapng ----------------------------------------------------------------------------- */

/* The value of an option of at least min bytes in the n bytes at p, or NULL. */
static const uint8_t *option(const struct wc_pcap *r, const uint8_t *p, uint32_t n,
			     enum option which, uint32_t min)
{
	while (n >= 4) {
		uint32_t code = get16(r, p), len = get16(r, p + 2), room = (len + 3) & ~3u;

		if (code == OPT_END || room > n - 4)
			return NULL;
		if (code == which)
			return len >= min ? p + 4 : NULL;
		p += 4 + room;
		n -= 4 + room;
	}
	return NULL;
}

static uint64_t power(unsigned base, unsigned n)
{
	uint64_t v = 1;

	while (n--)
		v *= base;
	return v;
}

/* n bytes at p are the body of an interface description. */
static bool take_iface(struct wc_pcap *r, const uint8_t *p, uint32_t n)
{
	const uint8_t *res;
	uint64_t per_s = 1000000;

	if (n < 8 || r->ifaces == WC_PCAP_IFACES)
		return false;
	res = option(r, p + 8, n - 8, OPT_TSRESOL, 1);
	if (res && (*res & 0x80 ? (*res & 0x7f) > 62 : *res > 18))
		return false;
	if (res)
		per_s = *res & 0x80 ? power(2, *res & 0x7f) : power(10, *res);
	if (per_s > 1000000000u && per_s % 1000000000u)
		return false;	/* powers of 2 finer than a nanosecond */
	r->iface[r->ifaces].link = get16(r, p);
	r->iface[r->ifaces++].per_s = per_s;
	return true;
}

static void take_stats(struct wc_pcap *r, const uint8_t *p, uint32_t n)
{
	const uint8_t *drop;

	if (n < 12)
		return;
	drop = option(r, p + 12, n - 12, OPT_IFDROP, 8);
	r->dropped += drop ? get64(r, drop) : 0;
	drop = option(r, p + 12, n - 12, OPT_OSDROP, 8);
	r->dropped += drop ? get64(r, drop) : 0;
}

/* The body of a packet's block: true if it is one. */
static bool take_packet(const struct wc_pcap *r, uint32_t type, uint8_t *p, uint32_t n,
			struct wc_pcap_frame *f)
{
	uint32_t head = type == BLOCK_PACKET ? 20 : 4;
	uint32_t iface = type == BLOCK_PACKET && n >= 20 ? get32(r, p) : 0;

	if (n < head || iface >= r->ifaces)
		return false;
	f->orig = get32(r, p + head - 4);
	f->len = type == BLOCK_PACKET ? get32(r, p + 12) :
		 f->orig < n - head ? f->orig : n - head;
	if (f->len > n - head)
		return false;
	f->link = r->iface[iface].link;
	f->t_ns = type == BLOCK_PACKET ? in_ns((uint64_t)get32(r, p + 4) << 32 | get32(r, p + 8),
					       r->iface[iface].per_s) : 0;
	f->data = p + head;
	return true;
}

static bool take_section(struct wc_pcap *r, const uint8_t *p)
{
	uint32_t order;

	memcpy(&order, p + 8, 4);
	if (order != ORDER_NG && order != __builtin_bswap32(ORDER_NG))
		return false;
	r->swapped = order != ORDER_NG;
	r->ifaces = 0;
	return true;
}

static int next_ng(struct wc_pcap *r, struct wc_pcap_frame *f, char *err, size_t errlen)
{
	while (r->at < r->len) {
		uint8_t *p = r->buf + r->at;
		size_t left = r->len - r->at;
		uint32_t type, total;

		if (left < BLOCK_MIN)
			return damaged(r, "half a block", err, errlen);
		memcpy(&type, p, 4);
		if (type == MAGIC_NG && (left < 28 || !take_section(r, p)))
			return damaged(r, "a section of no known byte order", err, errlen);
		type = get32(r, p);
		total = get32(r, p + 4);
		if (total < BLOCK_MIN || total % 4 || total > left)
			return damaged(r, "a block that leaves the file", err, errlen);
		if (type == BLOCK_IFACE && !take_iface(r, p + 8, total - BLOCK_MIN))
			return damaged(r, "an interface that cannot be", err, errlen);
		if (type == BLOCK_STATS)
			take_stats(r, p + 8, total - BLOCK_MIN);
		if (type != BLOCK_PACKET && type != BLOCK_SIMPLE) {
			r->at += total;
			continue;
		}
		if (!take_packet(r, type, p + 8, total - BLOCK_MIN, f) || f->len > FRAME_MAX)
			return damaged(r, "a frame that leaves its block", err, errlen);
		r->at += total;
		f->number = ++r->frame;
		return 1;
	}
	return 0;
}

int wc_pcap_next(struct wc_pcap *r, struct wc_pcap_frame *f, char *err, size_t errlen)
{
	return r->ng ? next_ng(r, f, err, errlen) : next_pcap(r, f, err, errlen);
}
