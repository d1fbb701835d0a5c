/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests pcapfile.c, record.c and replay.c: what is recorded is replayed, and bad files are
 * refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/io/pcapfile.h"
#include "userspace/io/test/io_test.h"

#define T0	1700000000123456789u

static char path[64];

static const char *temp(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/weft-io-XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT(fd >= 0);
	close(fd);
	return path;
}

static void write_file(const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(p, 1, n, f), n);
	fclose(f);
}

static long file_size(void)
{
	FILE *f = fopen(path, "rb");
	long n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	fclose(f);
	return n;
}

/* Sends and receives through recorders on both ends of a hub, then replays one end's file. */
static void record__replays_identically(void)
{
	struct io_clock clock = { .ns = T0 };
	struct wio_opts o = { .now = io_clock_now, .now_arg = &clock };
	char query[128], url[128];
	struct wio *a, *b, *r;
	struct wio_frame f[4];

	snprintf(query, sizeof(query), "pcap=%s", temp());
	a = io_open("mem:rec", &o);
	o.query = query;
	b = io_open("mem:rec", &o);
	for (uint32_t k = 0; k < 100; k++) {
		clock.ns += 1000 + k;
		/* Even ones arrive at b, odd ones leave from it: both are recorded. */
		CU_ASSERT_EQUAL(io_send1(k & 1 ? b : a, wio_local(k & 1 ? a : b), 50 + k * 7, k),
				1);
		wio_recv(b, f, 4);
	}
	CU_ASSERT_EQUAL(io_stat(b, "pcap_frames"), 100);
	wio_close(a);
	wio_close(b);

	clock.ns = T0 * 2;
	o.query = NULL;
	snprintf(url, sizeof(url), "pcap:%s", path);
	r = io_open(url, &o);
	for (uint32_t k = 0; k < 100; k++) {
		if (k) {	/* not a nanosecond before its time */
			clock.ns += 999 + k;
			CU_ASSERT_EQUAL(wio_recv(r, f, 4), 0);
			clock.ns++;
		}
		CU_ASSERT_EQUAL(wio_recv(r, f, 4), 1);
		CU_ASSERT_EQUAL(f[0].len, 50 + k * 7);
		CU_ASSERT(io_is(f[0].data, f[0].len, k));
		CU_ASSERT_EQUAL(f[0].src.ip[5], k & 1 ? 2 : 1);
		CU_ASSERT_EQUAL(f[0].ts_ns, T0 + (uint64_t)(k + 1) * 1000 + k * (k + 1) / 2);
	}
	CU_ASSERT_EQUAL(wio_recv(r, f, 4), -ENODATA);
	CU_ASSERT_EQUAL(io_send1(r, &f[0].src, 10, 0), -EROFS);
	CU_ASSERT_EQUAL(io_stat(r, "rx_frames"), 100);
	wio_close(r);
	unlink(path);
}

/* UDP carriage, only what was sent to one address, as fast as it is fetched. */
static void replay__filters(void)
{
	struct wio *a, *b, *r;
	struct wio_frame f[64];
	char url[256], to[WIO_ADDR_STRLEN];
	struct wio_opts o = { .query = url };

	snprintf(url, sizeof(url), "pcap=%s", temp());
	a = io_open("udp:127.0.0.1:0?bcast=0", NULL);
	b = io_open("udp:127.0.0.1:0?bcast=0", &o);
	wio_addr_str(wio_local(b), to);
	for (uint32_t k = 0; k < 30; k++)
		CU_ASSERT_EQUAL(io_send1(k % 3 ? a : b, wio_local(k % 3 ? b : a), 100, k), 1);
	while (wio_recv(b, f, 64) > 0)
		;
	wio_close(a);
	wio_close(b);

	/* Neither port is Weft's own. */
	snprintf(url, sizeof(url), "pcap:%s?pace=0", path);
	r = io_open(url, NULL);
	CU_ASSERT_EQUAL(wio_recv(r, f, 64), -ENODATA);
	CU_ASSERT_EQUAL(io_stat(r, "pcap_skip_other"), 30);
	wio_close(r);
	snprintf(url, sizeof(url), "pcap:%s?pace=0&port=0&to=%s", path, to);
	r = io_open(url, NULL);
	CU_ASSERT_EQUAL(wio_recv(r, f, 64), 20);
	for (uint32_t k = 1, i = 0; k < 30 && i < 20; k++) {
		if (k % 3 == 0)
			continue;
		CU_ASSERT(io_is(f[i].data, f[i].len, k));
		i++;
	}
	CU_ASSERT_EQUAL(io_stat(r, "pcap_skip_elsewhere"), 10);
	CU_ASSERT_EQUAL(wio_recv(r, f, 64), -ENODATA);
	wio_close(r);
	unlink(path);
}

static void record__stops_at_its_limit(void)
{
	struct wio *a = io_open("mem:lim", NULL), *b;
	char query[128];
	struct wio_opts o = { .query = query };

	snprintf(query, sizeof(query), "pcap_max=10k&pcap=%s", temp());
	b = io_open("mem:lim", &o);
	for (uint32_t k = 0; k < 100; k++)
		CU_ASSERT_EQUAL(io_send1(b, wio_local(a), 1000, k), 1);
	CU_ASSERT_EQUAL(io_stat(b, "pcap_frames") + io_stat(b, "pcap_over"), 100);
	CU_ASSERT_EQUAL(io_stat(b, "pcap_frames"), 9);	/* of 16 + 14 + 1000 bytes */
	CU_ASSERT_EQUAL(io_stat(b, "tx_frames"), 100);
	wio_close(a);
	wio_close(b);
	CU_ASSERT_EQUAL(file_size(), 24 + 9 * 1030);
	unlink(path);
}

/* Without close, what was recorded more than 200 ms before the last call is in the file. */
static void record__survives_a_kill(void)
{
	struct io_clock clock = { .ns = T0 };
	char query[128];
	struct wio_opts o = { .now = io_clock_now, .now_arg = &clock, .query = query };
	struct wio *a = io_open("mem:kill", NULL), *b;

	snprintf(query, sizeof(query), "pcap=%s", temp());
	b = io_open("mem:kill", &o);
	CU_ASSERT_EQUAL(file_size(), 24);
	io_send1(b, wio_local(a), 100, 0);
	CU_ASSERT_EQUAL(file_size(), 24);
	clock.ns += 200000000;
	wio_recv(b, NULL, 0);
	CU_ASSERT_EQUAL(file_size(), 24 + 16 + 14 + 100);
	for (uint32_t k = 0; k < 70; k++)	/* and each 64 KiB without waiting */
		io_send1(b, wio_local(a), 1000, k);
	CU_ASSERT(file_size() > 60000);
	wio_close(a);
	wio_close(b);
	unlink(path);
}

/* A full disk ends the recording, not the traffic. */
static void record__write_error(void)
{
	struct wio *a = io_open("mem:full", NULL), *b;
	char query[128];
	struct wio_opts o = { .query = query };
	struct wio_frame f[8];

	snprintf(query, sizeof(query), "pcap=%s", temp());
	b = io_open("mem:full", &o);
	/* The file becomes one that takes nothing more: its descriptor is the lowest free one. */
	{
		int probe = dup(0), full, fd = -1;
		char name[64], link[128];

		close(probe);
		for (int i = 3; i < probe + 8; i++) {
			ssize_t n;

			snprintf(name, sizeof(name), "/proc/self/fd/%d", i);
			n = readlink(name, link, sizeof(link) - 1);
			if (n < 0)
				continue;
			link[n] = '\0';
			if (!strcmp(link, path))
				fd = i;
		}
		full = open("/dev/full", O_WRONLY);
		CU_ASSERT(fd >= 0 && full >= 0);
		dup2(full, fd);
		close(full);
	}
	for (uint32_t k = 0; k < 100; k++)
		CU_ASSERT_EQUAL(io_send1(b, wio_local(a), 1000, k), 1);
	CU_ASSERT_EQUAL(wio_recv(a, f, 8), 8);
	CU_ASSERT_EQUAL(io_stat(b, "pcap_frames"), 0);
	CU_ASSERT_EQUAL(io_stat(b, "pcap_failed"), 100);
	wio_close(a);
	wio_close(b);
	unlink(path);
}

/* ---- files of other programs, and damaged ones ---- */

struct image {
	uint8_t b[4096];
	size_t n;
	bool swap;
};

static void put(struct image *m, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++) {
		int shift = m->swap ? 8 * (bytes - 1 - i) : 8 * i;

		m->b[m->n++] = (uint8_t)(v >> shift);
	}
}

static void put_header(struct image *m, uint32_t magic, uint32_t link)
{
	put(m, magic, 4);
	put(m, 2, 2);
	put(m, 4, 2);
	put(m, 0, 4);
	put(m, 0, 4);
	put(m, 65535, 4);
	put(m, link, 4);
}

/*
 * A Weft frame on Ethernet with |len| bytes of packet |k|; |orig| more than that were on the wire.
 */
static void put_frame(struct image *m, uint32_t sec, uint32_t frac, uint32_t len, uint32_t k,
		      uint32_t orig)
{
	static const uint8_t eth[14] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5 };

	put(m, sec, 4);
	put(m, frac, 4);
	put(m, 14 + len, 4);
	put(m, 14 + len + orig, 4);
	memcpy(m->b + m->n, eth, 14);
	io_fill(m->b + m->n + 14, len, k);
	m->n += 14 + len;
}

static struct wio *open_image(const struct image *m)
{
	char url[128];

	temp();
	write_file(m->b, m->n);
	snprintf(url, sizeof(url), "pcap:%s?pace=0", path);
	return io_open(url, NULL);
}

static void replay__all_byte_orders_and_units(void)
{
	static const struct {
		uint32_t magic;
		bool swap;
		uint64_t ns;
	} t[] = {
		{ 0xa1b2c3d4, false, 5000007000 }, { 0xa1b2c3d4, true, 5000007000 },
		{ 0xa1b23c4d, false, 5000000007 }, { 0xa1b23c4d, true, 5000000007 },
	};

	for (int i = 0; i < 4; i++) {
		struct image m = { .n = 0, .swap = t[i].swap };
		struct wio_frame f[2];
		struct wio *r;

		put_header(&m, t[i].magic, 1);
		put_frame(&m, 5, 7, 60, 3, 0);
		r = open_image(&m);
		CU_ASSERT_EQUAL(wio_recv(r, f, 2), 1);
		CU_ASSERT_EQUAL(f[0].ts_ns, t[i].ns);
		CU_ASSERT(io_is(f[0].data, 60, 3));
		wio_close(r);
		unlink(path);
	}
}

static void replay__damaged(void)
{
	struct image m = { .n = 0 };
	struct wio_frame f[8];
	struct wio *r;

	put_header(&m, 0xa1b2c3d4, 1);
	put_frame(&m, 1, 0, 60, 0, 0);
	put_frame(&m, 2, 0, 60, 1, 5);	/* cut by the snap length */
	put_frame(&m, 3, 0, 0, 2, 0);	/* no packet in it */
	put_frame(&m, 4, 0, 60, 3, 0);
	put_frame(&m, 5, 0, 60, 4, 0);
	m.n -= 1;			/* the recorder was killed */
	r = open_image(&m);
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), 2);
	CU_ASSERT(io_is(f[0].data, 60, 0));
	CU_ASSERT(io_is(f[1].data, 60, 3));
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), -ENODATA);
	CU_ASSERT_EQUAL(io_stat(r, "pcap_skip_cut"), 1);
	CU_ASSERT_EQUAL(io_stat(r, "pcap_skip_other"), 1);
	CU_ASSERT_EQUAL(io_stat(r, "pcap_damaged"), 1);
	wio_close(r);
	unlink(path);
}

/* Paced by its own clock; a record that steps back in time comes at once and shifts no other. */
static void replay__time_steps_back(void)
{
	struct io_clock clock = { .ns = 77 };
	struct wio_opts o = { .now = io_clock_now, .now_arg = &clock };
	static const uint32_t sec[] = { 10, 9, 12, 11, 13 };
	struct image m = { .n = 0 };
	struct wio_frame f[8];
	char url[128];
	struct wio *r;

	put_header(&m, 0xa1b23c4d, 1);
	for (uint32_t k = 0; k < 5; k++)
		put_frame(&m, sec[k], 0, 60, k, 0);
	temp();
	write_file(m.b, m.n);
	snprintf(url, sizeof(url), "pcap:%s", path);
	r = io_open(url, &o);
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), 2);
	clock.ns += 1999999999;
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), 0);
	clock.ns += 1;
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), 2);
	CU_ASSERT(io_is(f[1].data, 60, 3));
	clock.ns += 1000000000;
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), 1);
	CU_ASSERT_EQUAL(wio_recv(r, f, 8), -ENODATA);
	wio_close(r);
	unlink(path);
}

/* A file that ends at any byte is replayed up to there: no byte beyond is read. */
static void replay__cut_anywhere(void)
{
	struct image m = { .n = 0 }, cut;
	struct wio_frame f[8];

	put_header(&m, 0xa1b2c3d4, 1);
	put_frame(&m, 1, 0, 30, 0, 0);
	put_frame(&m, 1, 1, 30, 1, 0);
	for (size_t n = 24; n < m.n; n++) {
		struct wio *r;
		int want = n < 24 + 60 ? 0 : 1;

		cut = m;
		cut.n = n;
		r = open_image(&cut);
		CU_ASSERT_EQUAL(wio_recv(r, f, 8), want ? want : -ENODATA);
		CU_ASSERT_EQUAL(io_stat(r, "pcap_damaged"), n != 24 && n != 24 + 60);
		wio_close(r);
		unlink(path);
	}
}

static void replay__refuses_files(void)
{
	struct image m = { .n = 0 };
	char url[128];

	temp();
	snprintf(url, sizeof(url), "pcap:%s", path);
	io_refused(url, -EINVAL, path, "not a pcap file");
	write_file("some text that is longer than a header", 38);
	io_refused(url, -EINVAL, path, "not a pcap file");
	put_header(&m, 0x0a0d0d0a, 1);
	write_file(m.b, m.n);
	io_refused(url, -EINVAL, "pcapng", "editcap -F nsecpcap");
	m.n = 0;
	put_header(&m, 0xa1b2c3d4, 113);
	write_file(m.b, m.n);
	io_refused(url, -EINVAL, path, "link type is not Ethernet");
	unlink(path);
}

WEFT_SUITE(t_record) {
	{ "record__replays_identically", record__replays_identically },
	{ "replay__filters", replay__filters },
	{ "record__stops_at_its_limit", record__stops_at_its_limit },
	{ "record__survives_a_kill", record__survives_a_kill },
	{ "record__write_error", record__write_error },
	{ "replay__all_byte_orders_and_units", replay__all_byte_orders_and_units },
	{ "replay__damaged", replay__damaged },
	{ "replay__time_steps_back", replay__time_steps_back },
	{ "replay__cut_anywhere", replay__cut_anywhere },
	{ "replay__refuses_files", replay__refuses_files },
};
