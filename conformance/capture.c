/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Weft's packets in a capture.  No port need be told: a UDP datagram whose CRC32C is right is
 * Weft's, and so is whatever goes where such a one has come from or gone to.
 */
#include "conformance/capture.h"
#include "conformance/pcapread.h"
#include "userspace/io/ether.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENDS_MAX	1024u	/* addresses that are told apart */
#define L2_MIN		46u	/* Ethernet pads what is shorter */

/* Addresses that Weft packets go to or come from. */
struct places {
	struct place { struct wio_addr addr; bool target; } *place;
	unsigned n;
};

static bool same_addr(const struct wio_addr *a, const struct wio_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool same_host(const struct wio_addr *a, const struct wio_addr *b)
{
	return a->family == b->family && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

/* ---- frames to packets ------------------------------------------------------------------- */

/* An Ethernet header before p, over what is behind us in the file. */
static uint8_t *as_ethernet(uint8_t *p, uint32_t type, const uint8_t *src)
{
	uint8_t mac[6] = { 0 };

	if (src)
		memcpy(mac, src, sizeof(mac));
	p -= WIO_ETH_HDR;
	memset(p, 0, 6);
	memcpy(p + 6, mac, 6);
	p[12] = (uint8_t)(type >> 8);
	p[13] = (uint8_t)type;
	return p;
}

/* The frame with an Ethernet header, whatever link it is from; NULL: not one that we know. */
static uint8_t *unify(const struct wc_pcap_frame *f, uint32_t *len)
{
	uint32_t skip = f->link == WC_LINK_NULL ? 4 : f->link == WC_LINK_SLL ? 16 :
			f->link == WC_LINK_SLL2 ? 20 : 0;
	uint8_t *p = f->data + skip;

	*len = f->len;
	if (f->link == WC_LINK_ETHERNET)
		return f->data;
	if (f->len <= skip)
		return NULL;
	*len = f->len - skip + WIO_ETH_HDR;
	switch (f->link) {
	case WC_LINK_SLL:
		return as_ethernet(p, (uint32_t)wc_get(p - 2, 2), p - 10);
	case WC_LINK_SLL2:
		return as_ethernet(p, (uint32_t)wc_get(p - 20, 2), p - 8);
	case WC_LINK_NULL:
	case WC_LINK_RAW_BSD:
	case WC_LINK_RAW:
	case WC_LINK_IP4:
	case WC_LINK_IP6:
		return as_ethernet(p, *p >> 4 == 6 ? 0x86dd : 0x0800, NULL);
	default:
		return NULL;
	}
}

static struct wc_seen *add(struct wc_capture *c)
{
	if (!(c->n & (c->n - 1))) {
		struct wc_seen *more = realloc(c->pkt, (c->n ? 2u * c->n : 1u) * sizeof(*more));

		if (!more)
			return NULL;
		c->pkt = more;
	}
	memset(&c->pkt[c->n], 0, sizeof(*c->pkt));
	return &c->pkt[c->n++];
}

/* Not to be judged, though it is Weft's: counted, and true. */
static bool unreadable(struct wc_capture *c, const struct wc_frame *f, const char *wrong)
{
	if (f->version != WC_VERSION || !wrong)
		return false;
	if (f->flags & WC_F_SEC)
		c->secured++;
	else if (f->fabric & WC_FB_TRIM)
		c->trimmed++;
	else
		return false;
	return true;
}

/* A datagram, or several that the kernel had joined to one (GSO): each ends with its own CRC. */
static int take(struct wc_capture *c, const struct wc_pcap_frame *pf, const struct ether_view *v)
{
	uint8_t *at = v->data;
	uint32_t left = v->len;

	while (left) {
		struct wc_frame f, next;
		const char *wrong = wc_frame_parse(&f, at, left);
		bool good = !wrong && f.crc_ok, l2 = v->src.family == WIO_L2;
		bool joined = good && !l2 && f.used < left &&
			      !wc_frame_parse(&next, at + f.used, left - f.used) && next.crc_ok;
		struct wc_seen *s;

		if (unreadable(c, &f, wrong))
			return 0;
		s = add(c);
		if (!s)
			return -ENOMEM;
		s->t_ns = pf->t_ns;
		s->frame = pf->number;
		s->src = v->src;
		s->dst = v->dst;
		s->bytes = at;
		s->good = good;
		s->len = joined || (!wrong && l2 && left <= L2_MIN) ? f.used : left;
		left = joined ? left - s->len : 0;
		at += s->len;
	}
	return 0;
}

static int take_frame(struct wc_capture *c, const struct wc_pcap_frame *f)
{
	static const uint8_t nobody[6];
	struct ether_view v;
	uint32_t len;
	uint8_t *p = unify(f, &len);
	int rc;

	if (f->len < f->orig) {
		c->cut++;
		return 0;
	}
	rc = p ? wio_ether_unwrap(p, len, WIO_ETHERTYPE, 0, &v) : -EPROTO;
	if (rc || !v.len)
		return 0;
	if (v.src.family == WIO_L2 && !memcmp(v.dst.ip, nobody, 6)) {
		c->cooked++;
		return 0;
	}
	return take(c, f, &v);
}

/* ---- whose they are ---------------------------------------------------------------------- */

static struct place *place_of(const struct places *l, const struct wio_addr *a)
{
	for (unsigned i = 0; i < l->n; i++)
		if (same_addr(&l->place[i].addr, a))
			return &l->place[i];
	return NULL;
}

static void note_place(struct places *l, const struct wio_addr *a, bool target)
{
	struct place *p = place_of(l, a);

	if (!p && l->n < ENDS_MAX) {
		p = &l->place[l->n++];
		p->addr = *a;
	}
	if (p)
		p->target |= target;
}

/*
 * Where the sender of a packet to dst is sent to itself: it may send from other ports, one for each
 * of its paths.
 */
static const struct wio_addr *home(const struct places *l, const struct wio_addr *src,
				   const struct wio_addr *dst)
{
	const struct place *p = place_of(l, src);
	const struct wio_addr *only = NULL;

	if (p && p->target)
		return src;
	for (unsigned i = 0; i < l->n; i++) {
		if (!l->place[i].target || !same_host(&l->place[i].addr, src) ||
		    same_addr(&l->place[i].addr, dst))
			continue;
		if (only)
			return src;
		only = &l->place[i].addr;
	}
	return only ? only : src;
}

static unsigned end_of(const struct wc_capture *c, const struct wio_addr *a)
{
	for (unsigned i = 0; i < c->ends; i++)
		if (same_addr(&c->end[i].addr, a))
			return i + 1;
	return 0;
}

static void note_chip(struct wc_end *e, const struct wc_seen *s)
{
	struct wc_tlv_view tlv;
	struct wc_hello h;
	struct wc_frame f;

	wc_frame_parse(&f, s->bytes, s->len);
	if (f.flags & WC_F_SYN) {
		e->chip = f.syn_chip;
	} else if (wc_frame_find_tlv(&f, WC_TLV_HELLO, wc_h_hello.bytes, &tlv)) {
		wc_unpack(&wc_h_hello, tlv.value, &h);
		e->chip = h.chip_id;
	}
}

static void attribute(struct wc_capture *c, struct places *l)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < c->n; i++)
		if (c->pkt[i].good) {
			note_place(l, &c->pkt[i].src, false);
			note_place(l, &c->pkt[i].dst, true);
		}
	for (unsigned i = 0; i < c->n; i++) {	/* who sends */
		struct wc_seen *s = &c->pkt[i];
		const struct wio_addr *h;

		if (!place_of(l, &s->dst))
			continue;	/* another protocol's */
		h = home(l, &s->src, &s->dst);
		s->from = end_of(c, h);
		if (!s->from && s->good && c->ends < ENDS_MAX) {
			c->end[c->ends].addr = *h;
			s->from = ++c->ends;
		}
		c->pkt[kept++] = *s;
	}
	c->n = kept;
	for (unsigned i = 0; i < c->n; i++) {
		struct wc_seen *s = &c->pkt[i];

		s->to = end_of(c, &s->dst);
		if (s->from)
			c->end[s->from - 1].sent++;
		if (s->to)
			c->end[s->to - 1].received++;
		if (s->from && s->good)
			note_chip(&c->end[s->from - 1], s);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct wc_seen *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return x->bytes < y->bytes ? -1 : 1;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int nothing(const struct wc_capture *c, uint32_t link, char *err, size_t errlen)
{
	if (!c->frames)
		snprintf(err, errlen, "holds no frame");
	else if (c->cut)
		snprintf(err, errlen, "%u of its %u frames were kept in part only, and no other is "
			 "Weft's: capture again with whole frames (tcpdump -s 0)", c->cut,
			 c->frames);
	else if (c->secured || c->trimmed)
		snprintf(err, errlen, "its Weft packets are encrypted (%u) or trimmed (%u): there "
			 "is nothing to judge", c->secured, c->trimmed);
	else if (c->cooked)
		snprintf(err, errlen, "its %u Weft frames lack their destination: capture on one "
			 "interface, not on \"any\"", c->cooked);
	else
		snprintf(err, errlen, "none of its %u frames (link type %u) is Weft's, as UDP or "
			 "EtherType 0x%04x: was it taken between the two chips?", c->frames, link,
			 WIO_ETHERTYPE);
	return -ENODATA;
}

static int read_frames(struct wc_capture *c, char *err, size_t errlen)
{
	struct wc_pcap_frame f = { .link = 0 };
	struct wc_pcap r;
	int rc = wc_pcap_begin(&r, c->file, c->size, err, errlen);

	if (rc)
		return rc;
	while ((rc = wc_pcap_next(&r, &f, err, errlen)) > 0) {
		c->frames++;
		if (c->n >= WC_CAPTURE_MAX)
			c->beyond++;
		else if (take_frame(c, &f))
			return -ENOMEM;
	}
	c->dropped = r.dropped;
	if (!rc && !c->n)
		rc = nothing(c, f.link, err, errlen);
	return rc;
}

int wc_capture_parse(struct wc_capture *c, uint8_t *bytes, size_t n, char *err, size_t errlen)
{
	struct places l = { .place = calloc(ENDS_MAX, sizeof(*l.place)) };
	int rc;

	memset(c, 0, sizeof(*c));
	c->file = bytes;
	c->size = n;
	c->end = calloc(ENDS_MAX, sizeof(*c->end));
	snprintf(err, errlen, "out of memory");
	rc = l.place && c->end ? read_frames(c, err, errlen) : -ENOMEM;
	if (!rc) {
		qsort(c->pkt, c->n, sizeof(*c->pkt), by_time);
		attribute(c, &l);
		if (!c->n)
			rc = nothing(c, 0, err, errlen);
	}
	free(l.place);
	if (rc)
		wc_capture_free(c);
	return rc;
}

int wc_capture_load(struct wc_capture *c, const char *path, char *err, size_t errlen)
{
	FILE *f = fopen(path, "rb");
	char why[400] = "";
	uint8_t *p = NULL;
	size_t n = 0, room = 0, got = 1;
	int rc;

	while (f && got) {
		if (n == room) {
			uint8_t *more = realloc(p, room = room ? room * 2 : 1u << 20);

			if (!more)
				break;
			p = more;
		}
		got = fread(p + n, 1, room - n, f);
		n += got;
	}
	if (!f || ferror(f) || got) {
		snprintf(err, errlen, "%s: %s", path, strerror(got && f ? ENOMEM : errno));
		rc = errno ? -errno : -EIO;
		free(p);
	} else {
		rc = wc_capture_parse(c, p, n, why, sizeof(why));
		if (rc)
			snprintf(err, errlen, "%s: %s", path, why);
	}
	if (f)
		fclose(f);
	return rc;
}

void wc_capture_free(struct wc_capture *c)
{
	free(c->file);
	free(c->pkt);
	free(c->end);
	memset(c, 0, sizeof(*c));
}

/* ---- which is the device ----------------------------------------------------------------- */

static bool port_given(const char *text)
{
	const char *v6 = strchr(text, ']');

	return v6 ? v6[1] == ':' : strchr(text, ':') && strchr(text, ':') == strrchr(text, ':');
}

static bool names(const struct wc_end *e, const char *text)
{
	struct wio_addr a;
	char *rest;
	uint64_t chip = strtoull(text, &rest, 16);

	if (strlen(text) == 16 && !*rest)
		return e->chip == chip;
	if (wio_addr_parse(text, &a) || !same_host(&a, &e->addr))
		return false;
	return !port_given(text) || a.port == e->addr.port;
}

unsigned wc_capture_device(const struct wc_capture *c, const char *text, char *err, size_t errlen)
{
	unsigned found = 0, n = 0;

	for (unsigned i = 0; i < c->ends && text; i++)
		if (names(&c->end[i], text)) {
			found = i + 1;
			n++;
		}
	if (n == 1)
		return found;
	if (!text)
		snprintf(err, errlen, "say which of these is the device, by --dut");
	else
		snprintf(err, errlen, "--dut %s is %s of the chips that send something here", text,
			 n ? "more than one" : "none");
	return 0;
}

void wc_capture_tell(const struct wc_capture *c, FILE *to)
{
	for (unsigned i = 0; i < c->ends; i++) {
		const struct wc_end *e = &c->end[i];
		char addr[WIO_ADDR_STRLEN];

		fprintf(to, "  --dut %-24s  sent %llu packets, received %llu",
			wio_addr_str(&e->addr, addr), (unsigned long long)e->sent,
			(unsigned long long)e->received);
		if (e->chip)
			fprintf(to, "; Chip ID %016llx", (unsigned long long)e->chip);
		fputc('\n', to);
	}
}
