/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference chip as a device in the tester's process: weft-dut-chip.so.
 *
 *	chip=a		RUD and ROD, large limits (as `weft-conform demo` starts it)
 *	chip=b		ROD alone, small limits
 *	chip=upper	no accelerator: a port of libweft with an upper tester
 *	domain=N	serves that domain alone; default: any
 *
 * The chip sits on an in-process hub with one more end, through which packets go in and out.
 */
#include "conformance/upper/backend.h"
#include "conformance/weft_dut.h"
#include "userspace/chip/chip.h"
#include "userspace/chip/engine.h"
#include "userspace/io/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MTU	16384u
#define TURN_NS	1000u			/* what a turn costs */
#define IDLE_NS	(5 * WEFT_MSEC)		/* how far an idle chip's time jumps, at most */

/* conformance/personality.txt, so that the object alone is enough, wherever it is. */
static const char personality[] =
#include "conformance/personality.inc"
	;

struct dut {
	struct weft_dut_config config;
	struct chip *chip;		/* NULL: an upper tester instead */
	struct upper_libweft *upper;
	struct weft_port *port;		/* of either */
	bool wants_upper;
	struct wio *end;		/* our end of the hub */
	struct wio_addr addr;		/* the chip's */
	uint64_t now;
};

/* The personality as a file that only this process has, for path; its descriptor, or -1. */
static int personality_file(char *path, size_t room)
{
	int fd = memfd_create("weft-personality", MFD_CLOEXEC);
	size_t n = sizeof(personality) - 1;

	if (fd >= 0 && write(fd, personality, n) != (ssize_t)n) {
		close(fd);
		fd = -1;
	}
	snprintf(path, room, "/proc/self/fd/%d", fd);
	return fd;
}

static uint64_t clock_of(void *arg)
{
	return ((struct dut *)arg)->now;
}

static void defaults(struct chip_opts *o, struct dut *d, uint64_t seed)
{
	memset(o, 0, sizeof(*o));
	o->url = "mem:weft-dut?mtu=16384&queue=65536";
	o->any_domain = true;
	o->n_pools = 1;
	o->port.seed = seed | 1;
	o->port.chip_id = 0x0200000000c41b00u;
	o->port.now = clock_of;
	o->port.now_arg = d;
}

static void chip_a(struct chip_opts *o)
{
	o->port.name = "A";
	o->port.chip_class = WEFT_CLASS_GPU;
	o->port.modes = WEFT_RUD | WEFT_ROD;
	o->port.max_payload = 8192;
	o->port.window = 1024;
	o->pools[0].kind = WEFT_POOL_HBM;
	o->pools[0].size = 16u << 20;
	o->engines = (uint32_t)chip_engines_parse("all", NULL);
}

static void chip_b(struct chip_opts *o)
{
	o->port.name = "B";
	o->port.chip_class = WEFT_CLASS_NPU;
	o->port.modes = WEFT_ROD;
	o->port.max_payload = 1024;
	o->port.window = 64;
	o->pools[0].kind = WEFT_POOL_DDR;
	o->pools[0].size = 8u << 20;
	o->engines = (uint32_t)chip_engines_parse("fill,copy,crc32c", NULL);
}

/* One option, "KEY=VALUE"; false: there is no such. */
static bool take_option(struct dut *d, struct chip_opts *o, const char *text)
{
	if (!strcmp(text, "chip=a"))
		chip_a(o);
	else if (!strcmp(text, "chip=b"))
		chip_b(o);
	else if (!strcmp(text, "chip=upper"))
		d->wants_upper = true;
	else if (!strncmp(text, "domain=", 7)) {
		o->any_domain = false;
		o->domains[0] = o->port.domain = (uint32_t)strtoul(text + 7, NULL, 0);
		o->n_domains = 1;
	} else {
		return !*text;
	}
	return true;
}

static int take_options(struct dut *d, struct chip_opts *o, const char *options, char *err,
			size_t errlen)
{
	char *copy = strdup(options), *save = NULL;
	int rc = copy ? 0 : -1;

	for (char *p = copy ? strtok_r(copy, "&", &save) : NULL; p && !rc;
	     p = strtok_r(NULL, "&", &save))
		if (!take_option(d, o, p)) {
			snprintf(err, errlen, "weft-dut-chip: there is no option %s; give chip=a, "
				 "chip=b, chip=upper, domain=N", p);
			rc = -1;
		}
	free(copy);
	return rc;
}

static void close_dut(void *dev)
{
	struct dut *d = dev;

	upper_libweft_close(d->upper);
	if (!d->chip)
		weft_close(d->port);
	chip_destroy(d->chip);
	wio_close(d->end);
	free(d);
}

#define UPPER_EPS 512u	/* so few that a thousand which are left behind show (UT-ST-16) */

static int start_upper(struct dut *d, struct chip_opts *o, char *err, size_t errlen)
{
	char tester[WIO_ADDR_STRLEN];
	int rc;

	o->port.name = "upper";
	o->port.any_domain = 1;
	o->port.domain = 1;
	o->port.max_eps = UPPER_EPS;
	rc = weft_open(o->url, &o->port, &d->port, err, errlen);
	if (rc)
		return rc;
	d->upper = upper_libweft_open(d->port, 1, wio_addr_str(wio_local(d->end), tester));
	if (d->upper)
		return 0;
	snprintf(err, errlen, "out of memory");
	return -1;
}

/* The hub, our end of it, and the device. */
static int start(struct dut *d, struct chip_opts *o, char *err, size_t errlen)
{
	int rc = wio_open("mem:weft-dut?mtu=16384&queue=65536", NULL, &d->end, err, errlen);

	if (!rc && d->wants_upper) {
		rc = start_upper(d, o, err, errlen);
	} else if (!rc) {
		rc = chip_create(o, &d->chip, err, errlen);
		d->port = rc ? NULL : chip_port(d->chip);
	}
	return rc ? rc : wio_addr_parse(weft_port_addr(d->port), &d->addr);
}

static int open_dut(const struct weft_dut_config *c, void **dev, char *err, size_t errlen)
{
	struct dut *d = calloc(1, sizeof(*d));
	char file[64];
	int fd = personality_file(file, sizeof(file)), rc;
	struct chip_opts o;

	if (!d) {
		close(fd);
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	d->config = *c;
	d->now = WEFT_SECOND;	/* the library takes 0 for "never" here and there */
	defaults(&o, d, c->seed);
	chip_a(&o);
	o.personality = file;
	rc = take_options(d, &o, c->options, err, errlen);
	if (!rc)
		rc = start(d, &o, err, errlen);
	close(fd);
	if (rc) {
		close_dut(d);
		return -1;
	}
	*dev = d;
	return 0;
}

static void receive(void *dev, const struct weft_dut_packet *p)
{
	struct dut *d = dev;
	struct wio_tx tx = { .n_iov = 1, .dst = &d->addr, .entropy = p->entropy };

	tx.iov[0].base = p->bytes;
	tx.iov[0].len = p->len;
	wio_send(d->end, &tx, 1);
}

/* What the chip has sent goes to the tester; how many packets. */
static int hand_over(struct dut *d)
{
	struct wio_frame f[WIO_BURST];
	int n = wio_recv(d->end, f, WIO_BURST);

	for (int i = 0; i < n; i++) {
		struct weft_dut_packet p = { .bytes = f[i].data, .len = f[i].len };

		d->config.transmit(d->config.tester, &p);
	}
	wio_release(d->end);
	return n;
}

static uint64_t run(void *dev, uint64_t until_ns)
{
	struct dut *d = dev;
	uint64_t until = until_ns + WEFT_SECOND;

	while (d->now < until) {
		int moved = d->chip ? chip_turn(d->chip, 0) : upper_libweft_turn(d->upper);
		uint64_t step = weft_deadline_ns(d->port);

		if (hand_over(d) > 0) {
			d->now += TURN_NS;
			break;
		}
		if (moved || step < TURN_NS)
			step = TURN_NS;
		if (step > IDLE_NS)
			step = IDLE_NS;
		d->now += step < until - d->now ? step : until - d->now;
	}
	return d->now < until ? d->now - WEFT_SECOND : until_ns;
}

static uint32_t upper(void *dev, const uint8_t *cmd, uint32_t len, uint8_t *rsp)
{
	struct dut *d = dev;

	return d->upper ? upper_handle(upper_libweft(d->upper), cmd, len, rsp) : 0;
}

static const struct weft_dut_ops ops = {
	.abi = WEFT_DUT_ABI, .mtu = MTU, .ports = 1, .family = WIO_L2, .name = "reference chip",
	.open = open_dut, .close = close_dut, .receive = receive, .run = run,
	.upper = upper,
};

__attribute__((visibility("default"))) const struct weft_dut_ops *weft_dut_entry(void)
{
	return &ops;
}
