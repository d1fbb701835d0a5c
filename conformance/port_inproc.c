/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device in this process, a shared object with the ABI of weft_dut.h, under virtual time.
 *
 *	inproc:PATH.so?OPTIONS
 *	inproc:NAME?OPTIONS	the reference chip of this tree as NAME
 *
 * A device that crashes in a call, or does not come back from it for HANG_S, has fallen: the case
 * fails by it, and the next one begins with another.  It is in our own process all the same: one
 * that writes where it should not is better run as cosim:weft-cosim OBJECT.so.
 *
 * What we send takes SEND_NS, so that no two of our packets leave at once.
 */
#include "conformance/guard.h"
#include "conformance/port.h"
#include "conformance/weft_dut.h"

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEND_NS	200u
#define BESIDE	3u		/* places of the reference chip that are named from this program */
#define STALLS_MAX 10000u	/* it may lag behind us by some sendings, not for ever */

struct held {
	struct held *next;
	uint32_t len;
	uint8_t bytes[];
};

struct inproc {
	struct wc_port p;
	void *so;
	const struct weft_dut_ops *dut;
	void *dev;
	char *options;
	uint64_t now;
	struct held *first, **last;	/* what the device sent and we have not taken */
	struct held *lent;		/* what recv() handed out */
	unsigned stalls;		/* calls of run() in a row that changed nothing */
	bool dead;			/* out of memory, or fallen */
};

static void drop(struct held *h)
{
	while (h) {
		struct held *next = h->next;

		free(h);
		h = next;
	}
}

static void transmit(void *tester, const struct weft_dut_packet *p)
{
	struct inproc *d = tester;
	struct held *h = malloc(sizeof(*h) + p->len);

	if (!h) {
		d->dead = true;
		return;
	}
	h->next = NULL;
	h->len = p->len;
	memcpy(h->bytes, p->bytes, p->len);
	*d->last = h;
	d->last = &h->next;
}

static uint64_t now_ns(struct wc_port *p)
{
	return ((struct inproc *)p)->now;
}

/* Did the device fall in the guarded call before? */
static bool fallen(struct inproc *d)
{
	const char *fate = wc_guard_fate();

	if (fate) {
		d->dead = true;
		d->p.fate = fate;
	}
	return d->dead;
}

static void pass(struct inproc *d, uint64_t until_ns)
{
	volatile uint64_t t = 0;

	if (!wc_guard_enter()) {
		t = d->dut->run(d->dev, until_ns);
		wc_guard_leave();
	}
	if (fallen(d))
		return;
	d->stalls = t > d->now || d->first ? 0 : d->stalls + 1;
	if (t > until_ns || d->stalls == STALLS_MAX) {
		d->dead = true;		/* time runs away, or stands still */
		d->p.fate = "NONSENSE";
	} else if (t > d->now) {
		d->now = t;
	}
}

static int send_one(struct wc_port *p, const uint8_t *bytes, uint32_t len)
{
	struct inproc *d = (struct inproc *)p;
	struct weft_dut_packet pkt = { .bytes = bytes, .len = len, .entropy = 0x1234 };

	if (!d->dead && !wc_guard_enter()) {
		d->dut->receive(d->dev, &pkt);
		wc_guard_leave();
	}
	d->now += SEND_NS;
	return fallen(d) ? -EIO : 0;
}

static int recv_some(struct wc_port *p, struct wc_pkt *pkt, int max, uint64_t until_ns)
{
	struct inproc *d = (struct inproc *)p;
	struct held **end = &d->lent;
	uint64_t until = until_ns > d->now ? until_ns : d->now + SEND_NS;
	int n = 0;

	drop(d->lent);
	d->lent = NULL;
	while (!d->first && d->now < until && !d->dead)
		pass(d, until);
	for (; d->first && n < max; n++) {
		struct held *h = d->first;

		d->first = h->next;
		if (!d->first)
			d->last = &d->first;
		h->next = NULL;
		*end = h;
		end = &h->next;
		pkt[n] = (struct wc_pkt){ .bytes = h->bytes, .len = h->len };
	}
	return d->dead && !n ? -EIO : n;
}

static uint32_t mtu(struct wc_port *p)
{
	return ((struct inproc *)p)->dut->mtu;
}

static void forget(struct inproc *d)
{
	drop(d->first);
	drop(d->lent);
	d->first = d->lent = NULL;
	d->last = &d->first;
	/* One that hung would hang again; one that crashed may still give its memory back. */
	if (d->dev && (!d->p.fate || strcmp(d->p.fate, "HUNG")) && !wc_guard_enter()) {
		d->dut->close(d->dev);
		wc_guard_leave();
	}
	d->dev = NULL;
	d->dead = false;
	d->p.fate = NULL;
	drop(d->first);		/* last words */
	d->first = NULL;
	d->last = &d->first;
	d->now = 0;
}

static int reset(struct wc_port *p, uint64_t seed, char *err, size_t errlen)
{
	struct inproc *d = (struct inproc *)p;
	struct weft_dut_config c = {
		.options = d->options, .seed = seed, .transmit = transmit, .tester = d,
	};

	volatile int rc = -1;

	forget(d);
	wc_guard_fate();
	snprintf(err, errlen, "the device crashes or hangs when it is opened");
	if (!wc_guard_enter()) {
		rc = d->dut->open(&c, &d->dev, err, errlen);
		wc_guard_leave();
	}
	return rc || fallen(d) ? -EINVAL : 0;
}

static void close_port(struct wc_port *p)
{
	struct inproc *d = (struct inproc *)p;

	forget(d);
	dlclose(d->so);
	free(d->options);
	free(d);
}

static uint32_t upper(struct wc_port *p, const uint8_t *cmd, uint32_t len, uint8_t *rsp)
{
	struct inproc *d = (struct inproc *)p;
	volatile uint32_t n = 0;

	if (d->dut->abi >= 2 && d->dut->upper && !d->dead && !wc_guard_enter()) {
		n = d->dut->upper(d->dev, cmd, len, rsp);
		wc_guard_leave();
	}
	return fallen(d) ? 0 : n;
}

static const struct wc_port_ops ops = {
	.send = send_one, .recv = recv_some, .now = now_ns, .mtu = mtu, .reset = reset,
	.upper = upper, .close = close_port,
};

/* ---- finding it ------------------------------------------------------------------------ */

/*
 * The reference chip's object: $WEFT_DUT_CHIP; or where the build or the installation put it, from
 * this program; or beside it; or in the library folders.
 */
static void chip_object(char *path, size_t room)
{
	static const char *const place[] = {
		"/../lib/", "/../lib/weft/", "/", "/usr/local/lib/weft/", "/usr/lib/weft/",
	};
	const char *given = getenv("WEFT_DUT_CHIP"), *here;
	char self[1024];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = 0;
	snprintf(path, room, "%s", given ? given : "");
	if (given)
		return;
	here = n > 0 ? dirname(self) : ".";
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		snprintf(path, room, "%s%sweft-dut-chip.so", i >= BESIDE ? "" : here,
			 place[i]);
		if (!access(path, R_OK))
			return;
	}
	snprintf(path, room, "%s%sweft-dut-chip.so", here, place[0]);
}

/* "a?x=1" to an object and its options; a name without a '/' or ".so" is a reference chip's. */
static char *locate(const char *where, char *path, size_t room)
{
	size_t n = strcspn(where, "?");
	const char *options = where[n] ? where + n + 1 : "";
	char *out;

	snprintf(path, room, "%.*s", (int)n, where);
	if (strchr(path, '/') || strstr(path, ".so"))
		return strdup(options);
	if (asprintf(&out, "chip=%.*s&%s", (int)n, where, options) < 0)
		return NULL;
	chip_object(path, room);
	return out;
}

/* What to do about an object that is none, behind what the system says. */
static const char *why_not(const struct inproc *d, const char *path)
{
	if (d->so)
		return ": a device in this process is made as conformance/weft_dut.h says";
	if (strstr(path, "weft-dut-chip.so"))
		return ": the reference chips are in weft-dut-chip.so, of make or make install; "
		       "WEFT_DUT_CHIP names it elsewhere";
	return "";
}

static int load(struct inproc *d, const char *path, char *err, size_t errlen)
{
	const struct weft_dut_ops *(*entry)(void);
	char local[1100];
	void *sym;

	snprintf(local, sizeof(local), "%s%s", strchr(path, '/') ? "" : "./", path);
	d->so = dlopen(local, RTLD_NOW | RTLD_LOCAL);
	sym = d->so ? dlsym(d->so, "weft_dut_entry") : NULL;
	if (!sym) {
		snprintf(err, errlen, "%s%s", dlerror(), why_not(d, path));
		return -ENOENT;
	}
	memcpy(&entry, &sym, sizeof(entry));
	d->dut = entry();
	d->p.family = d->dut->family;
	if (d->dut->abi >= 1 && d->dut->abi <= WEFT_DUT_ABI)
		return 0;
	snprintf(err, errlen, "%s: has ABI %u, this suite has 1 to %u", path, d->dut->abi,
		 WEFT_DUT_ABI);
	return -EPROTONOSUPPORT;
}

int wc_port_open_inproc(const char *url, uint64_t seed, struct wc_port **out, char *err,
			size_t errlen)
{
	struct inproc *d = calloc(1, sizeof(*d));
	char path[1024];
	int rc = -ENOMEM;

	if (d)
		d->options = locate(url + strlen("inproc:"), path, sizeof(path));
	if (d && d->options) {
		d->p.ops = &ops;
		d->p.virtual_time = true;
		d->last = &d->first;
		snprintf(d->p.local, sizeof(d->p.local), "this process");
		rc = load(d, path, err, errlen);
		if (!rc)
			rc = reset(&d->p, seed, err, errlen);
		if (!rc) {
			*out = &d->p;
			return 0;
		}
	} else {
		snprintf(err, errlen, "out of memory");
	}
	if (d && d->so)
		dlclose(d->so);
	if (d)
		free(d->options);
	free(d);
	return rc;
}
