/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wio_check: sends numbered packets by one carriage, receives and verifies them by another, for the
 * test scripts, which put the two ends where they want them.
 *
 *	wio_check recv URL COUNT [SECONDS]	prints "local ADDR", verifies COUNT packets
 *	wio_check send URL DST COUNT LEN[,LEN...]	sends them, the lengths in turn
 *	wio_check open URL			only opens and says so, or why not
 *
 * Each prints its counters.  Exit status: 0 all as it should be, 1 not, 2 usage or no carriage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "userspace/io/io.h"

#define COUNT_MAX	1000000u

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Number, length, and bytes that follow from both. */
static void fill(uint8_t *p, uint32_t len, uint32_t k)
{
	uint32_t x = k ^ len << 16;

	put32(p, k);
	put32(p + 4, len);
	for (uint32_t i = 8; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (uint8_t)(x >> 24);
	}
}

/* The number of a packet that is whole, with any padding after it; or -1. */
static int64_t number(const uint8_t *p, uint32_t len)
{
	static uint8_t want[65536];
	uint32_t said = len >= 8 ? get32(p + 4) : 0;

	if (said < 8 || said > len || (len > said && len > 46))
		return -1;
	fill(want, said, get32(p));
	return memcmp(want, p, said) ? -1 : (int64_t)get32(p);
}

static struct wio *open_or_exit(const char *url)
{
	char err[512];
	struct wio *w;

	if (wio_open(url, NULL, &w, err, sizeof(err))) {
		printf("refused: %s\n", err);
		exit(2);
	}
	return w;
}

static void print_stats(struct wio *w)
{
	struct wio_stat s[64];
	int n = wio_stats(w, s, 64);

	for (int i = 0; i < n && i < 64; i++)
		printf("stat %s %llu\n", s[i].name, (unsigned long long)s[i].value);
}

static void print_local(struct wio *w)
{
	char buf[WIO_ADDR_STRLEN];

	printf("local %s\n", wio_addr_str(wio_local(w), buf));
	fflush(stdout);
}

static int receive(const char *url, uint32_t count, double seconds)
{
	struct wio *w = open_or_exit(url);
	static uint8_t seen[COUNT_MAX];
	uint32_t whole = 0, again = 0, broken = 0, bcast = 0, in_order = 0;
	double end = now() + seconds;
	int64_t last = -1;

	print_local(w);
	while (whole < count && now() < end) {
		struct wio_frame f[WIO_BURST];
		int n = wio_recv(w, f, WIO_BURST);

		if (n <= 0)
			usleep(20);
		for (int i = 0; i < n; i++) {
			int64_t k = number(f[i].data, f[i].len);

			if (k < 0 || k >= count) {
				broken++;
				continue;
			}
			bcast += f[i].bcast;
			in_order += k > last;
			last = k;
			if (seen[k]++)
				again++;
			else
				whole++;
		}
	}
	printf("received %u again %u broken %u bcast %u in_order %u\n", whole, again, broken, bcast,
	       in_order);
	print_stats(w);
	wio_close(w);
	return whole == count && !again && !broken ? 0 : 1;
}

static int send_packets(const char *url, const char *to, uint32_t count, const char *lens)
{
	struct wio *w = open_or_exit(url);
	static uint8_t bytes[WIO_BURST][65536];
	struct wio_frame f[WIO_BURST];
	double end = now() + 20;
	struct wio_addr dst;
	const char *l = lens;
	uint32_t k = 0, own = 0;

	if (!strcmp(to, "broadcast") ? wio_broadcast_addr(w, &dst) : wio_addr_parse(to, &dst)) {
		printf("refused: no address %s\n", to);
		wio_close(w);
		return 2;
	}
	print_local(w);
	printf("mtu %u\n", wio_mtu(w, &dst));
	while (k < count && now() < end) {
		struct wio_tx t[WIO_BURST];
		int n, r, done = 0;

		for (n = 0; n < WIO_BURST && k + (uint32_t)n < count; n++) {
			uint32_t len = (uint32_t)strtoul(l, NULL, 10), cut = len / 3;

			l = strchr(l, ',') ? strchr(l, ',') + 1 : lens;
			fill(bytes[n], len, k + (uint32_t)n);
			t[n] = (struct wio_tx){ .dst = &dst, .n_iov = 2,
						.iov = { { bytes[n], cut },
							 { bytes[n] + cut, len - cut } } };
		}
		for (; done < n && now() < end; done += r) {
			r = wio_send(w, t + done, n - done);
			if (r < 0) {
				printf("refused: wio_send %s\n", strerror(-r));
				wio_close(w);
				return 1;
			}
			if (r == 0)
				usleep(100);
		}
		k += (uint32_t)done;
		usleep(50);	/* let a small receive buffer breathe */
	}
	for (int i = 0; i < 100; i++) {
		int n = wio_recv(w, f, WIO_BURST);

		own += n > 0 ? (uint32_t)n : 0;
		usleep(100);
	}
	printf("sent %u own %u\n", k, own);
	print_stats(w);
	wio_close(w);
	return k == count && !own ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	uint32_t count = argc > 3 ? (uint32_t)strtoul(argv[argc > 5 ? 4 : 3], NULL, 10) : 0;

	if (!strcmp(what, "recv") && (argc == 4 || argc == 5) && count <= COUNT_MAX)
		return receive(argv[2], count, argc == 5 ? strtod(argv[4], NULL) : 10);
	if (!strcmp(what, "send") && argc == 6 && count <= COUNT_MAX)
		return send_packets(argv[2], argv[3], count, argv[5]);
	if (!strcmp(what, "open") && argc == 3) {
		struct wio *w = open_or_exit(argv[2]);

		print_local(w);
		print_stats(w);
		wio_close(w);
		return 0;
	}
	fprintf(stderr, "usage: wio_check recv URL COUNT [SECONDS] | send URL DST COUNT LEN,... | "
			"open URL\n");
	return 2;
}
