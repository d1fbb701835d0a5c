/* SPDX-License-Identifier: BSD-2-Clause */
/* Classic pcap files: see pcapfile.h.  The reader is fed by strangers: it believes no length. */
#include <errno.h>
#include <string.h>

#include "userspace/io/pcapfile.h"

#define MAGIC_US	0xa1b2c3d4u
#define MAGIC_NS	0xa1b23c4du
#define MAGIC_NG	0x0a0d0d0au
#define LINK_ETHERNET	1

static uint32_t get32(const struct pcap_reader *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return r->swapped ? __builtin_bswap32(v) : v;
}

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4);
}

static void put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, 2);
}

int wio_pcap_begin(struct pcap_reader *r, uint8_t *buf, size_t len, const char **why)
{
	uint32_t magic;

	*r = (struct pcap_reader){ .buf = buf, .len = len, .at = PCAP_FILE_HDR };
	*why = "not a pcap file";
	if (len < PCAP_FILE_HDR)
		return -EINVAL;
	magic = get32(r, buf);
	if (magic == MAGIC_NG) {
		*why = "a pcapng file; convert it: editcap -F nsecpcap IN OUT";
		return -EINVAL;
	}
	if (magic != MAGIC_US && magic != MAGIC_NS) {
		r->swapped = true;
		magic = get32(r, buf);
	}
	if (magic != MAGIC_US && magic != MAGIC_NS)
		return -EINVAL;
	r->nano = magic == MAGIC_NS;
	/* The upper bits of the link type may tell a check sequence's length. */
	if ((get32(r, buf + 20) & 0xffff) != LINK_ETHERNET) {
		*why = "its link type is not Ethernet";
		return -EINVAL;
	}
	return 0;
}

int wio_pcap_next(struct pcap_reader *r, struct pcap_record *rec)
{
	const uint8_t *h = r->buf + r->at;
	size_t left = r->len - r->at;
	uint64_t fraction;

	if (left == 0)
		return 0;
	if (left < PCAP_REC_HDR)
		return -EBADMSG;
	fraction = get32(r, h + 4);
	rec->ts_ns = (uint64_t)get32(r, h) * 1000000000u + fraction * (r->nano ? 1 : 1000);
	rec->len = get32(r, h + 8);
	rec->orig = get32(r, h + 12);
	rec->data = r->buf + r->at + PCAP_REC_HDR;
	if (rec->len > left - PCAP_REC_HDR || rec->len > PCAP_SNAPLEN)
		return -EBADMSG;
	r->at += PCAP_REC_HDR + rec->len;
	return 1;
}

void wio_pcap_file_header(uint8_t p[PCAP_FILE_HDR])
{
	memset(p, 0, PCAP_FILE_HDR);
	put32(p, MAGIC_NS);
	put16(p + 4, 2);	/* version 2.4 */
	put16(p + 6, 4);
	put32(p + 16, PCAP_SNAPLEN);
	put32(p + 20, LINK_ETHERNET);
}

void wio_pcap_rec_header(uint8_t p[PCAP_REC_HDR], uint64_t ts_ns, uint32_t len)
{
	put32(p, (uint32_t)(ts_ns / 1000000000u));
	put32(p + 4, (uint32_t)(ts_ns % 1000000000u));
	put32(p + 8, len);
	put32(p + 12, len);
}
