/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-dut-hostile.so: a device that is good for a while and then turns on its tester.
 *
 *	WHAT@N,OBJECT.so?OPTIONS	the device in OBJECT, until N packets have come to it
 *
 * and from then on WHAT:
 *	crash	ends by SIGSEGV
 *	abort	ends by SIGABRT
 *	exit	ends the process, if $WEFT_MUTANT names one
 *	hang	does not come back from its call
 *	mute	answers nothing
 *	flood	sends each packet of its own a thousand times
 *	huge	sends packets of 60,000 bytes
 *	tiny	sends packets of 0 to 15 bytes
 *	stuck	lets no time pass
 *	late	lets more time pass than it was given
 *	utlie	says by its upper tester that all work is done as soon as it is posted
 *	utmute	does not answer there
 *	utjunk	answers noise there
 *	uthang	does not come back from there
 *	utall	lists all commands there, whatever it has
 *	utother	says that memory holds other bytes
 *	utkeeps	says that it has reset, and has not
 *	utodd	answers what it cannot do with a status that there is not
 *	utslow	is late with what comes after a command there
 *	liar	acknowledges and completes in the name of nothing: each packet it sent, with other
 *		numbers and a right CRC
 *
 * Where options have no WHAT, $WEFT_HOSTILE is WHAT@N,OBJECT.so, and they are those of OBJECT.
 */
#include "conformance/upper/upper.h"
#include "conformance/weft_dut.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLOOD		1000u
#define HUGE_BYTES	60000u
#define LATE_NS		5000000u

struct hostile {
	struct weft_dut_config c;	/* the tester's */
	const struct weft_dut_ops *good;
	void *dev;
	char what[16];
	unsigned long turns, packets;
	uint64_t now;
	void *so;
	uint64_t wid[64];		/* utlie: of work posted, and not yet claimed to be done */
	unsigned n_wids;
	bool asked;			/* utslow: a command has come, and no packet since */
	uint8_t kept[16384];		/* the packet that it is late with, until then */
	uint32_t kept_len;
	uint64_t kept_until;
};

static bool turned(const struct hostile *h, const char *what)
{
	return h->packets >= h->turns && !strcmp(h->what, what);
}

static void send_out(struct hostile *h, const uint8_t *bytes, uint32_t len)
{
	struct weft_dut_packet p = { .bytes = bytes, .len = len };

	h->c.transmit(h->c.tester, &p);
}

/* CRC32C over a packet, entropy and fabric taken as zero. */
static uint32_t crc_of(const uint8_t *p, uint32_t len)
{
	uint32_t crc = ~0u;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= i >= 2 && i < 5 ? 0 : p[i];
		for (unsigned b = 0; b < 8; b++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* The same packet with other numbers. */
static void lie(struct hostile *h, const struct weft_dut_packet *p)
{
	static uint8_t bytes[65536];
	uint32_t crc;

	if (p->len < 24 || p->len > sizeof(bytes))
		return;
	memcpy(bytes, p->bytes, p->len);
	bytes[11] = (uint8_t)(bytes[11] + 1);	/* psn */
	bytes[15] = (uint8_t)(bytes[15] + 7);	/* ack_psn */
	crc = crc_of(bytes, p->len - 4);
	for (unsigned i = 0; i < 4; i++)
		bytes[p->len - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
	send_out(h, bytes, p->len);
}

static void transmit(void *tester, const struct weft_dut_packet *p)
{
	static const uint8_t huge[HUGE_BYTES] = { 0x11 };
	struct hostile *h = tester;

	if (turned(h, "mute"))
		return;
	if (turned(h, "liar")) {
		lie(h, p);
		return;
	}
	for (unsigned i = 0; turned(h, "flood") && i < FLOOD; i++)
		send_out(h, p->bytes, p->len);
	if (turned(h, "huge"))
		send_out(h, huge, HUGE_BYTES);
	for (uint32_t i = 0; turned(h, "tiny") && i < 16; i++)
		send_out(h, huge, i);
	send_out(h, p->bytes, p->len);
}

static int load(struct hostile *h, const char *options, char *err, size_t errlen)
{
	const struct weft_dut_ops *(*entry)(void);
	const char *outside = strchr(options, '@') ? NULL : getenv("WEFT_HOSTILE");
	char object[1024], both[1280];
	const char *at, *comma, *rest;
	struct weft_dut_config c = h->c;
	void *sym;

	snprintf(both, sizeof(both), "%s?%s", outside ? outside : "", options);
	if (outside)
		options = both;
	at = strchr(options, '@');
	comma = strchr(options, ',');
	if (!at || !comma || at > comma || at - options >= (long)sizeof(h->what)) {
		snprintf(err, errlen, "weft-dut-hostile: give WHAT@N,OBJECT.so?OPTIONS");
		return -1;
	}
	memcpy(h->what, options, (size_t)(at - options));
	h->turns = strtoul(at + 1, NULL, 10);
	rest = strchr(comma, '?');
	snprintf(object, sizeof(object), "%.*s", rest ? (int)(rest - comma - 1) :
		 (int)strlen(comma + 1), comma + 1);
	h->so = dlopen(object, RTLD_NOW | RTLD_LOCAL);
	sym = h->so ? dlsym(h->so, "weft_dut_entry") : NULL;
	if (!sym) {
		snprintf(err, errlen, "weft-dut-hostile: %s", dlerror());
		return -1;
	}
	memcpy(&entry, &sym, sizeof(entry));
	h->good = entry();
	c.options = rest ? rest + 1 : "";
	c.transmit = transmit;
	c.tester = h;
	return h->good->open(&c, &h->dev, err, errlen);
}

static void close_dut(void *dev)
{
	struct hostile *h = dev;

	if (h->dev)
		h->good->close(h->dev);
	if (h->so)
		dlclose(h->so);
	free(h);
}

static int open_dut(const struct weft_dut_config *c, void **dev, char *err, size_t errlen)
{
	struct hostile *h = calloc(1, sizeof(*h));

	if (!h)
		return -1;
	h->c = *c;
	if (load(h, c->options, err, errlen)) {
		close_dut(h);
		return -1;
	}
	*dev = h;
	return 0;
}

static void receive(void *dev, const struct weft_dut_packet *p)
{
	volatile int *volatile nowhere = NULL;
	struct hostile *h = dev;

	h->packets++;
	if (turned(h, "crash"))
		*nowhere = 1;
	if (turned(h, "abort"))
		abort();
	if (turned(h, "exit") && getenv("WEFT_MUTANT") && *getenv("WEFT_MUTANT"))
		_exit(9);
	if (turned(h, "utslow") && h->asked && p->len <= sizeof(h->kept)) {
		memcpy(h->kept, p->bytes, p->len);
		h->kept_len = p->len;
		h->kept_until = h->now + LATE_NS;
		h->asked = false;
		return;
	}
	h->good->receive(h->dev, p);
}

/* The packet that is kept gets through at its time; false: it is not time yet, by until_ns. */
static bool let_through(struct hostile *h, uint64_t until_ns)
{
	struct weft_dut_packet p = { .bytes = h->kept, .len = h->kept_len };
	uint64_t end = h->kept_until < until_ns ? h->kept_until : until_ns;

	if (h->now < end)
		h->now = h->good->run(h->dev, end);
	if (h->now < h->kept_until)
		return false;
	h->kept_len = 0;
	h->good->receive(h->dev, &p);
	return true;
}

static uint64_t run(void *dev, uint64_t until_ns)
{
	struct hostile *h = dev;
	volatile bool hang = turned(h, "hang");

	while (hang)
		;
	if (turned(h, "stuck"))
		return h->now;
	if (h->kept_len && !let_through(h, until_ns))
		return h->now;
	h->now = h->good->run(h->dev, until_ns);
	return turned(h, "late") ? until_ns + 1 : h->now;
}

/* utlie: all that was posted has completed. */
static uint32_t all_done(struct hostile *h, const uint8_t *cmd, uint8_t *rsp)
{
	uint32_t n = h->n_wids * UPPER_DONE_BYTES;

	h->n_wids = 0;
	memcpy(rsp, cmd, UPPER_HEAD);
	rsp[3] = UPPER_RESPONSE;
	upper_put(rsp + 12, n, 4);
	for (uint32_t at = 0; at < n; at += UPPER_DONE_BYTES) {
		memset(rsp + UPPER_HEAD + at, 0, UPPER_DONE_BYTES);
		upper_put(rsp + UPPER_HEAD + at, h->wid[at / UPPER_DONE_BYTES], 8);
	}
	return UPPER_HEAD + n;
}

/* An answer OK without a body. */
static uint32_t done(const uint8_t *cmd, uint8_t *rsp)
{
	memcpy(rsp, cmd, UPPER_HEAD);
	rsp[3] = UPPER_RESPONSE;
	upper_put(rsp + 6, UPPER_OK, 2);
	upper_put(rsp + 12, 0, 4);
	return UPPER_HEAD;
}

/* What it makes of an honest response of len bytes. */
static void twist(const struct hostile *h, unsigned op, uint8_t *rsp, uint32_t len)
{
	bool query = op == UPPER_QUERY;

	for (uint32_t i = 0; turned(h, "utjunk") && !query && i < len; i++)
		rsp[i] = (uint8_t)(rsp[i] * 31 + i + 1);
	if (turned(h, "utall") && query && len >= UPPER_HEAD + 16)
		memset(rsp + UPPER_HEAD + 8, 0xff, 8);
	if (turned(h, "utother") && op == UPPER_MEM_READ && len > UPPER_HEAD)
		rsp[UPPER_HEAD] ^= 1;
	if (turned(h, "utodd") && len >= UPPER_HEAD && upper_get(rsp + 6, 2) != UPPER_OK)
		upper_put(rsp + 6, 999, 2);
}

static uint32_t upper(void *dev, const uint8_t *cmd, uint32_t len, uint8_t *rsp)
{
	struct hostile *h = dev;
	unsigned op = len >= UPPER_HEAD ? (unsigned)upper_get(cmd + 4, 2) : 0;
	bool query = op == UPPER_QUERY;	/* it begins well */

	if (h->good->abi < 2 || !h->good->upper || (turned(h, "utmute") && !query))
		return 0;
	while (turned(h, "uthang") && !query)
		__asm__ volatile("");
	if (turned(h, "utlie") && op == UPPER_CQ_POLL)
		return all_done(h, cmd, rsp);
	if (turned(h, "utkeeps") && op == UPPER_RESET)
		return done(cmd, rsp);
	for (uint32_t at = UPPER_HEAD + 8; op == UPPER_OP_POST && at + UPPER_WR_BYTES <= len &&
	     h->n_wids < UPPER_POSTS; at += UPPER_WR_BYTES)
		h->wid[h->n_wids++] = upper_get(cmd + at, 8);
	h->asked = true;
	len = h->good->upper(h->dev, cmd, len, rsp);
	twist(h, op, rsp, len);
	return len;
}

static const struct weft_dut_ops ops = {
	.abi = WEFT_DUT_ABI, .mtu = 9216, .ports = 1, .family = 3, .name = "hostile device",
	.open = open_dut, .close = close_dut, .receive = receive, .run = run,
	.upper = upper,
};

__attribute__((visibility("default"))) const struct weft_dut_ops *weft_dut_entry(void)
{
	return &ops;
}
