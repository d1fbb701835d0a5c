/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packets of a case as pcapng, readable by Wireshark: IPv4 and UDP around each packet, and a
 * comment where the script marked something or the judge found its evidence.
 */
#include "conformance/report.h"
#include "conformance/file.h"

#include <errno.h>
#include <string.h>

#define LINKTYPE_RAW	101u
#define US		0x0a000001u	/* addresses in the capture: what matters is who */
#define DUT		0x0a000002u
#define PORT		49190u
#define HEADERS		28u
#define BEFORE		1000u	/* records of a capture that are told */
#define AFTER		100u

struct block {
	uint8_t bytes[WC_FRAME_MAX + 2048];
	uint32_t len;
};

/* pcapng is in the writer's order, which here is little-endian. */
static void le(struct block *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		b->bytes[b->len++] = (uint8_t)(v >> (8 * i));
}

static void raw(struct block *b, const void *p, uint32_t n)
{
	memcpy(b->bytes + b->len, p, n);
	b->len += n;
}

static void pad(struct block *b)
{
	while (b->len % 4)
		b->bytes[b->len++] = 0;
}

static void begin(struct block *b, uint32_t type)
{
	b->len = 0;
	le(b, type, 4);
	le(b, 0, 4);
}

static void end(struct block *b, FILE *f)
{
	uint32_t total = b->len + 4;

	le(b, total, 4);
	for (unsigned i = 0; i < 4; i++)
		b->bytes[4 + i] = (uint8_t)(total >> (8 * i));
	fwrite(b->bytes, 1, b->len, f);
}

static void head(struct block *b, FILE *f)
{
	begin(b, 0x0a0d0d0a);
	le(b, 0x1a2b3c4d, 4);
	le(b, 1, 2);
	le(b, 0, 2);
	le(b, UINT64_MAX, 8);
	end(b, f);
	begin(b, 1);
	le(b, LINKTYPE_RAW, 2);
	le(b, 0, 2);
	le(b, 0, 4);
	le(b, 9, 2);		/* if_tsresol: nanoseconds */
	le(b, 1, 2);
	le(b, 9, 1);
	pad(b);
	le(b, 0, 4);
	end(b, f);
}

static uint16_t ip_sum(const uint8_t *h)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)h[i] << 8 | h[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void headers(uint8_t h[HEADERS], const struct wc_rec *r)
{
	bool tx = r->kind == WC_R_TX;

	memset(h, 0, HEADERS);
	h[0] = 0x45;
	wc_put(h + 2, HEADERS + r->len, 2);
	h[6] = 0x40;
	h[8] = 64;
	h[9] = 17;
	wc_put(h + 12, tx ? US : DUT, 4);
	wc_put(h + 16, tx ? DUT : US, 4);
	wc_put(h + 10, ip_sum(h), 2);
	wc_put(h + 20, tx ? PORT + 1 : PORT, 2);
	wc_put(h + 22, tx ? PORT : PORT + 1, 2);
	wc_put(h + 24, 8 + r->len, 2);
}

static void packet(struct block *b, FILE *f, const struct wc_rec *r, const char *comment)
{
	uint32_t n = (uint32_t)strlen(comment);
	uint8_t h[HEADERS];

	headers(h, r);
	begin(b, 6);
	le(b, 0, 4);
	le(b, r->t_ns >> 32, 4);
	le(b, r->t_ns & 0xffffffff, 4);
	le(b, HEADERS + r->len, 4);
	le(b, HEADERS + r->len, 4);
	raw(b, h, HEADERS);
	raw(b, r->bytes, r->len);
	pad(b);
	if (n) {
		le(b, 1, 2);
		le(b, n, 2);
		raw(b, comment, n);
		pad(b);
		le(b, 0, 4);
	}
	end(b, f);
}

/* Of a capture only what surrounds the evidence. */
static bool near(const struct wc_outcome *o, size_t i)
{
	return !o->c->observer || (i + BEFORE >= o->v.evidence && i <= o->v.evidence + AFTER);
}

/* Where in the script, or in the capture that it is from, and why this one is the evidence. */
static void note(const struct wc_outcome *o, size_t i, char *comment, size_t room)
{
	const struct wc_rec *r = &o->tr.rec[i];
	size_t at = strlen(comment);

	if (r->name[0])
		snprintf(comment + at, room - at, "%s%.80s", at ? "; " : "", r->name);
	at = strlen(comment);
	if (i == o->v.evidence)
		snprintf(comment + at, room - at, "%s%s: expected %s", at ? "; " : "", o->v.code,
			 o->v.expected);
}

int wc_report_pcap(const struct wc_outcome *o, const char *path)
{
	static struct block b;
	FILE *f = fopen(path, "wb");
	char comment[1024] = "";

	if (!f)
		return -errno;
	head(&b, f);
	for (size_t i = 0; i < o->tr.count; i++) {
		const struct wc_rec *r = &o->tr.rec[i];
		size_t at = strlen(comment);

		if (!near(o, i))
			continue;
		if (r->kind == WC_R_MARK || r->kind == WC_R_OP || r->kind == WC_R_TIMEOUT)
			snprintf(comment + at, sizeof(comment) - at, "%s%s%.80s", at ? "; " : "",
				 r->kind == WC_R_TIMEOUT ? "waited in vain for " : "", r->name);
		if (r->kind != WC_R_TX && r->kind != WC_R_RX)
			continue;
		note(o, i, comment, sizeof(comment));
		packet(&b, f, r, comment);
		comment[0] = 0;
	}
	return wc_file_close(f);
}
