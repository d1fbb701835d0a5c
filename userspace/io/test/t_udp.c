/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests udp.c, udp_tx.c and udp_rx.c over loopback, where a send has arrived when it returns.  In a
 * network namespace of its own where the system allows that, so that no one else's packets mix in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "userspace/io/test/io_test.h"

static bool isolated;

__attribute__((constructor)) static void isolate(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return;
	s = socket(AF_INET, SOCK_DGRAM, 0);
	isolated = s >= 0 && !ioctl(s, SIOCSIFFLAGS, &r);
	if (s >= 0)
		close(s);
}

struct ends {
	struct wio *a, *b;
};

static struct ends open_ends(const char *url_a, const char *url_b)
{
	struct ends e = { io_open(url_a, NULL), io_open(url_b, NULL) };

	CU_ASSERT_FATAL(e.a && e.b);
	return e;
}

static void close_ends(struct ends *e)
{
	wio_close(e->a);
	wio_close(e->b);
}

#define LO	"udp:127.0.0.1:0?bcast=0"

/* Sends packets |k|.. of the lengths given, all in one call as far as it goes. */
static void send_all(struct wio *w, const struct wio_addr *to, const uint32_t *len, uint32_t n)
{
	static uint8_t bytes[256][65536];
	static struct wio_tx t[256];
	uint32_t done = 0;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t cut = len[k] / 2;

		io_fill(bytes[k], len[k], k);
		t[k] = (struct wio_tx){ .n_iov = 3, .dst = to,
					.iov = { { bytes[k], cut }, { NULL, 0 },
						 { bytes[k] + cut, len[k] - cut } } };
	}
	while (done < n) {
		int r = wio_send(w, t + done, (int)(n - done));

		CU_ASSERT_FATAL(r > 0);
		done += (uint32_t)r;
	}
}

/*
 * Expects exactly the packets 0 .. n - 1 of the lengths given, in order, fetched |max| at a time.
 */
static void expect_all(struct wio *w, const struct wio_addr *from, const uint32_t *len, uint32_t n,
		       int max)
{
	struct wio_frame f[256];
	uint32_t k = 0;
	int r;

	while ((r = wio_recv(w, f, max)) > 0) {
		CU_ASSERT(r <= max);
		for (int i = 0; i < r; i++, k++) {
			CU_ASSERT_FATAL(k < n);
			CU_ASSERT_EQUAL(f[i].len, len[k]);
			CU_ASSERT(io_is(f[i].data, f[i].len, k));
			CU_ASSERT_EQUAL(memcmp(&f[i].src, from, sizeof(*from)), 0);
			CU_ASSERT_EQUAL(f[i].entropy, from->port);
			CU_ASSERT_EQUAL(f[i].ce, 0);
			CU_ASSERT_EQUAL(f[i].bcast, 0);
			CU_ASSERT(f[i].ts_ns > 0);
		}
	}
	CU_ASSERT_EQUAL(r, 0);
	CU_ASSERT_EQUAL(k, n);
}

static void runs__one_length(void)
{
	static const int max[] = { 1, 3, 64, 256 };
	uint32_t len[200];

	for (int m = 0; m < 4; m++) {
		struct ends e = open_ends(LO, LO);

		for (int i = 0; i < 200; i++)
			len[i] = 100;
		send_all(e.a, wio_local(e.b), len, 200);
		expect_all(e.b, wio_local(e.a), len, 200, max[m]);
		CU_ASSERT_EQUAL(io_stat(e.a, "tx_frames"), 200);
		CU_ASSERT_EQUAL(io_stat(e.a, "tx_bytes"), 20000);
		CU_ASSERT_EQUAL(io_stat(e.a, "tx_gso"), 200);
		CU_ASSERT_EQUAL(io_stat(e.b, "rx_gro"), 200);
		CU_ASSERT_EQUAL(io_stat(e.b, "rx_frames"), 200);
		close_ends(&e);
	}
}

static void runs__last_one_shorter(void)
{
	uint32_t len[9] = { 500, 500, 500, 20, 500, 20, 20, 500, 1 };
	struct ends e = open_ends(LO, LO);

	send_all(e.a, wio_local(e.b), len, 9);
	expect_all(e.b, wio_local(e.a), len, 9, 64);
	CU_ASSERT_EQUAL(io_stat(e.a, "tx_gso"), 8);	/* 500 500 500 20, 500 20, 20, 500 1 */
	close_ends(&e);
}

static void runs__mixed_lengths(void)
{
	uint32_t len[150], x = (uint32_t)weft_test_seed;
	struct ends e = open_ends(LO, LO);

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 150; i++) {
			x = x * 1664525u + 1013904223u;
			len[i] = 4 + ((x >> 29) ? (x >> 8) % 40 : (x >> 8) % 3000);
		}
		send_all(e.a, wio_local(e.b), len, 150);
		expect_all(e.b, wio_local(e.a), len, 150, 1 + round * 5);
	}
	close_ends(&e);
}

static void runs__long_packets(void)
{
	static const uint32_t size[] = { 9000, 32000, 60000, 65507 };

	for (int s = 0; s < 4; s++) {
		struct ends e = open_ends(LO, LO);
		uint32_t len[2] = { size[s], size[s] };

		send_all(e.a, wio_local(e.b), len, 2);
		expect_all(e.b, wio_local(e.a), len, 2, 64);
		close_ends(&e);
	}
}

static void runs__gso_and_gro_off(void)
{
	static const char *const url[][2] = {
		{ LO "&gso=1", LO }, { LO, LO "&gro=0" }, { LO "&gso=1", LO "&gro=0" },
		{ LO "&gso=5", LO },
	};
	uint32_t len[100];

	for (int i = 0; i < 100; i++)
		len[i] = 64;
	for (int u = 0; u < 4; u++) {
		struct ends e = open_ends(url[u][0], url[u][1]);

		send_all(e.a, wio_local(e.b), len, 100);
		expect_all(e.b, wio_local(e.a), len, 100, 64);
		CU_ASSERT_EQUAL(io_stat(e.a, "tx_gso"), u == 0 || u == 2 ? 0 : 100);
		CU_ASSERT_EQUAL(io_stat(e.b, "rx_gro"), u == 3 ? 100 : 0);
		close_ends(&e);
	}
}

static void runs__two_destinations(void)
{
	struct ends e = open_ends(LO, LO);
	struct wio *c = io_open(LO, NULL);
	static uint8_t bytes[120][80];
	struct wio_tx t[120];
	struct wio_frame f[256];
	struct wio_addr copy = *wio_local(c);	/* equal by value is equal */

	for (uint32_t k = 0; k < 120; k++) {
		io_fill(bytes[k], 80, k);
		t[k] = (struct wio_tx){ .iov = { { bytes[k], 80 } }, .n_iov = 1,
					.dst = wio_local(e.b) };
		if (k < 20)
			t[k].dst = &copy;
		else if (k % 3)
			t[k].dst = wio_local(c);
	}
	CU_ASSERT_EQUAL(wio_send(e.a, t, 120), 120);
	for (uint32_t k = 0, n = 0; n < 1 && k < 120; n++) {
		int r = wio_recv(e.b, f, 256), total = 0;

		for (; r > 0; r = wio_recv(e.b, f, 256)) {
			for (int i = 0; i < r; i++)
				CU_ASSERT(io_number(f[i].data) % 3 == 0);
			total += r;
		}
		CU_ASSERT_EQUAL(total, 33);
		for (r = wio_recv(c, f, 256), total = 0; r > 0; r = wio_recv(c, f, 256))
			total += r;
		CU_ASSERT_EQUAL(total, 87);
	}
	wio_close(c);
	close_ends(&e);
}

static void ip6__pair(void)
{
	struct wio *a, *b;
	uint32_t len[100];
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 lo = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int r = s < 0 ? -1 : bind(s, (struct sockaddr *)&lo, sizeof(lo));

	if (s >= 0)
		close(s);
	if (r)
		WEFT_SKIP("no IPv6 here");
	a = io_open("udp:[::1]:0", NULL);
	b = io_open("udp:[::1]:0", NULL);
	for (int i = 0; i < 100; i++)
		len[i] = 700;
	send_all(a, wio_local(b), len, 100);
	expect_all(b, wio_local(a), len, 100, 64);
	CU_ASSERT_EQUAL(io_stat(a, "tx_gso"), 100);
	CU_ASSERT_EQUAL(wio_mtu(a, wio_local(b)), 65536 - 48);	/* the loopback interface's MTU */
	wio_close(a);
	wio_close(b);
}

/* A plain socket, to see and to send what a carriage never would. */
static int plain_socket(struct sockaddr_in *sa)
{
	struct timeval second = { .tv_sec = 1 };
	socklen_t n = sizeof(*sa);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	*sa = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	CU_ASSERT_EQUAL(bind(s, (struct sockaddr *)sa, n), 0);
	CU_ASSERT_EQUAL(getsockname(s, (struct sockaddr *)sa, &n), 0);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return s;
}

static void ecn__mark_is_seen(void)
{
	static const uint8_t tos[] = { 0, 1, 2, 3, 0xb8 | 3 };
	struct wio *w = io_open(LO, NULL);
	struct sockaddr_in me, to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	int s = plain_socket(&me);
	struct wio_frame f;

	to.sin_port = htons(wio_local(w)->port);
	for (size_t i = 0; i < sizeof(tos); i++) {
		int v = tos[i];

		CU_ASSERT_EQUAL(setsockopt(s, IPPROTO_IP, IP_TOS, &v, sizeof(v)), 0);
		CU_ASSERT_EQUAL(sendto(s, "mark", 4, 0, (struct sockaddr *)&to, sizeof(to)), 4);
		CU_ASSERT_EQUAL(wio_recv(w, &f, 1), 1);
		CU_ASSERT_EQUAL(f.ce, (tos[i] & 3) == 3);
		CU_ASSERT_EQUAL(f.src.port, ntohs(me.sin_port));
	}
	close(s);
	wio_close(w);
}

/* What leaves is marked ECN-capable, whether alone or in a bundle. */
static void ecn__capable_is_set(void)
{
	struct wio *w = io_open(LO, NULL);
	struct sockaddr_in me;
	int s = plain_socket(&me), yes = 1;
	struct wio_addr to = *wio_local(w);
	uint32_t len[5] = { 50, 50, 50, 50, 50 };

	to.port = ntohs(me.sin_port);
	setsockopt(s, IPPROTO_IP, IP_RECVTOS, &yes, sizeof(yes));
	send_all(w, &to, len, 5);
	for (int i = 0; i < 5; i++) {
		uint8_t buf[128], ctl[64] __attribute__((aligned(8)));
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl,
				    .msg_controllen = sizeof(ctl) };
		struct cmsghdr *c;

		CU_ASSERT_EQUAL(recvmsg(s, &h, 0), 50);
		c = CMSG_FIRSTHDR(&h);
		CU_ASSERT_PTR_NOT_NULL_FATAL(c);
		CU_ASSERT_EQUAL(c->cmsg_type, IP_TOS);
		CU_ASSERT_EQUAL(*CMSG_DATA(c) & 3, 2);
	}
	close(s);
	wio_close(w);
}

static void ecn__ip6(void)
{
	struct sockaddr_in6 me = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in6 to;
	int s = socket(AF_INET6, SOCK_DGRAM, 0), yes = 1, ce = 3;
	struct timeval second = { .tv_sec = 1 };
	uint8_t buf[128], ctl[64] __attribute__((aligned(8)));
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl,
			    .msg_controllen = sizeof(ctl) };
	socklen_t n = sizeof(me);
	struct wio_addr dst;
	struct wio_frame f;
	struct cmsghdr *c;
	struct wio *w;

	if (s < 0 || bind(s, (struct sockaddr *)&me, n) ||
	    getsockname(s, (struct sockaddr *)&me, &n))
		WEFT_SKIP("no IPv6 here");
	w = io_open("udp:[::1]:0", NULL);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	setsockopt(s, IPPROTO_IPV6, IPV6_RECVTCLASS, &yes, sizeof(yes));
	setsockopt(s, IPPROTO_IPV6, IPV6_TCLASS, &ce, sizeof(ce));
	to = me;
	to.sin6_port = htons(wio_local(w)->port);
	CU_ASSERT_EQUAL(sendto(s, "mark", 4, 0, (struct sockaddr *)&to, sizeof(to)), 4);
	CU_ASSERT_EQUAL(wio_recv(w, &f, 1), 1);
	CU_ASSERT_EQUAL(f.ce, 1);
	dst = *wio_local(w);
	dst.port = ntohs(me.sin6_port);
	CU_ASSERT_EQUAL(io_send1(w, &dst, 50, 1), 1);
	CU_ASSERT_EQUAL(recvmsg(s, &h, 0), 50);
	c = CMSG_FIRSTHDR(&h);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(c->cmsg_type, IPV6_TCLASS);
	CU_ASSERT_EQUAL(*CMSG_DATA(c) & 3, 2);
	close(s);
	wio_close(w);
}

static void recv__ignores_empty_datagrams(void)
{
	struct wio *w = io_open(LO, NULL);
	struct sockaddr_in me, to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	int s = plain_socket(&me);
	struct wio_frame f[4];

	to.sin_port = htons(wio_local(w)->port);
	CU_ASSERT_EQUAL(sendto(s, "", 0, 0, (struct sockaddr *)&to, sizeof(to)), 0);
	CU_ASSERT_EQUAL(sendto(s, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	CU_ASSERT_EQUAL(wio_recv(w, f, 4), 1);
	CU_ASSERT_EQUAL(f[0].len, 1);
	CU_ASSERT_EQUAL(io_stat(w, "rx_drop_empty"), 1);
	close(s);
	wio_close(w);
}

static void entropy__spreads_and_answers_arrive(void)
{
	struct ends e = open_ends(LO "&entropies=8", LO);
	struct wio_frame f[64];
	uint8_t bytes[64][32];
	struct wio_tx t[64];
	bool port[65536] = { false };
	int ports = 0, back = 0;

	for (uint32_t k = 0; k < 64; k++) {
		io_fill(bytes[k], 32, k);
		t[k] = (struct wio_tx){ .iov = { { bytes[k], 32 } }, .n_iov = 1,
					.entropy = (uint16_t)(k / 4), .dst = wio_local(e.b) };
	}
	CU_ASSERT_EQUAL(wio_send(e.a, t, 64), 64);
	for (int got = 0; got < 64;) {
		int r = wio_recv(e.b, f, 64);

		CU_ASSERT_FATAL(r > 0);
		got += r;
		for (int i = 0; i < r; i++) {
			uint16_t p = f[i].entropy;

			CU_ASSERT_EQUAL(p, f[i].src.port);
			ports += !port[p];
			port[p] = true;
			CU_ASSERT_EQUAL(io_send1(e.b, &f[i].src, 40, io_number(f[i].data)), 1);
		}
	}
	CU_ASSERT_EQUAL(ports, 8);
	for (int i = 0; i < 1000; i++) {
		int r = wio_recv(e.a, f, 64);

		back += r > 0 ? r : 0;
	}
	CU_ASSERT_EQUAL(back, 64);
	close_ends(&e);
}

static void broadcast__reaches_the_subnet(void)
{
	static const char mark[] = "broadcast test of weft io";
	struct wio *w[3] = { io_open("udp:127.0.0.2:0", NULL), io_open("udp:127.0.0.3:0", NULL),
			     io_open("udp:127.0.0.4:0?bcast=0", NULL) };
	struct wio_tx t = { .iov = { { mark, sizeof(mark) } }, .n_iov = 1 };
	int seen[3] = { 0, 0, 0 };
	struct wio_addr all;
	char buf[WIO_ADDR_STRLEN];

	CU_ASSERT_EQUAL(wio_broadcast_addr(w[2], &all), -EADDRNOTAVAIL);
	CU_ASSERT_EQUAL(wio_broadcast_addr(w[0], &all), 0);
	CU_ASSERT_STRING_EQUAL(wio_addr_str(&all, buf), "127.255.255.255:49190");
	t.dst = &all;
	CU_ASSERT_EQUAL(wio_send(w[0], &t, 1), 1);
	for (int i = 0; i < 300; i++) {
		struct wio_frame f[8];
		int r = wio_recv(w[i % 3], f, 8);

		for (int k = 0; k < r; k++) {
			if (f[k].len != sizeof(mark) || memcmp(f[k].data, mark, sizeof(mark)))
				continue;
			seen[i % 3]++;
			CU_ASSERT(f[k].bcast);
			CU_ASSERT_EQUAL(memcmp(&f[k].src, wio_local(w[0]), sizeof(f[k].src)), 0);
		}
	}
	CU_ASSERT(seen[0] == 0 && seen[1] == 1 && seen[2] == 0);
	CU_ASSERT_EQUAL(io_stat(w[0], "rx_drop_own"), 1);
	for (int i = 0; i < 3; i++)
		wio_close(w[i]);
}

static void fd__tells_when_there_is_something(void)
{
	/* Alone, and in an epoll set. */
	static const char *const url[] = { LO, "udp:127.0.0.5:0" };

	for (int u = 0; u < 2; u++) {
		struct ends e = open_ends(LO, url[u]);
		struct pollfd p = { .fd = wio_fd(e.b), .events = POLLIN };
		struct wio_frame f[4];

		CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
		io_send1(e.a, wio_local(e.b), 60, 1);
		CU_ASSERT_EQUAL(poll(&p, 1, 1000), 1);
		CU_ASSERT_EQUAL(wio_recv(e.b, f, 4), 1);
		CU_ASSERT_EQUAL(wio_recv(e.b, f, 4), 0);
		CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
		close_ends(&e);
	}
}

static void send__limits(void)
{
	struct ends e = open_ends(LO, LO);
	struct wio_addr six, far;
	uint8_t byte = 0;
	struct wio_tx t[2] = { { .iov = { { &byte, 1 } }, .n_iov = 1, .dst = wio_local(e.b) },
			       { .iov = { { &byte, 1 } }, .n_iov = 0, .dst = wio_local(e.b) } };

	wio_addr_parse("::1", &six);
	CU_ASSERT_EQUAL(io_send1(e.a, &six, 10, 0), -EAFNOSUPPORT);
	CU_ASSERT_EQUAL(io_send1(e.a, wio_local(e.b), 65508, 0), -EMSGSIZE);
	CU_ASSERT_EQUAL(wio_send(e.a, t, 2), 1);
	CU_ASSERT_EQUAL(wio_send(e.a, t + 1, 1), -EINVAL);
	CU_ASSERT_EQUAL(wio_mtu(e.a, wio_local(e.b)), 65507);
	CU_ASSERT_EQUAL(wio_mtu(e.a, &six), 0);
	CU_ASSERT(wio_mtu(e.a, NULL) >= 1200);
	if (isolated) {	/* no way out of here: what is sent elsewhere is lost, and counted */
		wio_addr_parse("10.1.2.3", &far);
		CU_ASSERT_EQUAL(wio_mtu(e.a, &far), 0);
		CU_ASSERT_EQUAL(io_send1(e.a, &far, 100, 0), 1);
		CU_ASSERT_EQUAL(io_stat(e.a, "tx_drop_route"), 1);
		CU_ASSERT_EQUAL(io_stat(e.a, "tx_frames"), 1);
	}
	close_ends(&e);
}

/* A receiver that does not fetch loses packets; the counter says how many. */
static void recv__full_buffer_is_counted(void)
{
	struct ends e = open_ends(LO "&gso=1", LO "&rcvbuf=8k");
	uint32_t len[200];
	struct wio_frame f[64];
	int got = 0, r;

	for (int i = 0; i < 200; i++)
		len[i] = 1000;
	send_all(e.a, wio_local(e.b), len, 200);
	while ((r = wio_recv(e.b, f, 64)) > 0)
		got += r;
	CU_ASSERT(got > 0 && got < 200);
	CU_ASSERT_EQUAL(io_stat(e.b, "rx_drop_full"), 200u - (unsigned int)got);
	close_ends(&e);
}

/* WEFT-NET-002: packets to the address and port that the user named arrive, and no others. */
static void open__address_and_port_as_named(void)
{
	struct wio *probe = io_open("udp:127.0.0.3:0", NULL), *a, *b;
	unsigned int port = wio_local(probe)->port;
	struct wio_addr to, other;
	struct wio_frame f[4];
	char text[64];

	wio_close(probe);
	snprintf(text, sizeof(text), "udp:127.0.0.3:%u", port);
	b = io_open(text, NULL);
	a = io_open("udp:127.0.0.1:0", NULL);
	CU_ASSERT_EQUAL(wio_local(b)->port, port);
	CU_ASSERT_EQUAL(wio_addr_parse(text + 4, &to), 0);
	snprintf(text, sizeof(text), "127.0.0.4:%u", port);
	CU_ASSERT_EQUAL(wio_addr_parse(text, &other), 0);
	CU_ASSERT_EQUAL(memcmp(wio_local(b), &to, sizeof(to)), 0);
	CU_ASSERT_EQUAL(io_send1(a, &to, 100, 0), 1);
	io_send1(a, &other, 100, 0);
	CU_ASSERT_EQUAL(wio_recv(b, f, 4), 1);
	wio_close(a);
	wio_close(b);
}

static void open__refuses(void)
{
	struct wio *w = io_open("udp:127.0.0.1:0", NULL);
	char url[64], addr[WIO_ADDR_STRLEN];

	snprintf(url, sizeof(url), "udp:%s", wio_addr_str(wio_local(w), addr));
	io_refused(url, -EADDRINUSE, addr, "in use");
	io_refused("udp:192.0.2.77", -EADDRNOTAVAIL, "192.0.2.77", "ip addr");
	io_refused("udp:127.0.0.1:99999", -EINVAL, "127.0.0.1:99999", "not an IP address");
	io_refused("udp:127.0.0.1:0?gso=0", -EINVAL, "gso", "from 1 to 64");
	io_refused("udp:127.0.0.1:0?gro=2", -EINVAL, "gro", "from 0 to 1");
	wio_close(w);
}

/* A low port without root; in a process of its own, because root is not given back. */
static void open__refuses_low_port(void)
{
	int status = 0;
	pid_t p;

	if (geteuid() != 0)
		WEFT_SKIP("in a namespace made without root, everyone is root");
	p = fork();
	if (p == 0) {
		char err[256] = "";
		struct wio *w;
		int r;

		if (setgid(65534) || setuid(65534))
			_exit(3);
		r = wio_open("udp:127.0.0.1:9", NULL, &w, err, sizeof(err));
		_exit(r == -EACCES && strstr(err, "below 1024 need root") ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(p, &status, 0), p);
	CU_ASSERT_EQUAL(status, 0);
}

WEFT_SUITE(t_udp) {
	{ "runs__one_length", runs__one_length },
	{ "runs__last_one_shorter", runs__last_one_shorter },
	{ "runs__mixed_lengths", runs__mixed_lengths },
	{ "runs__long_packets", runs__long_packets },
	{ "runs__gso_and_gro_off", runs__gso_and_gro_off },
	{ "runs__two_destinations", runs__two_destinations },
	{ "ip6__pair", ip6__pair },
	{ "ecn__mark_is_seen", ecn__mark_is_seen },
	{ "ecn__capable_is_set", ecn__capable_is_set },
	{ "ecn__ip6", ecn__ip6 },
	{ "recv__ignores_empty_datagrams", recv__ignores_empty_datagrams },
	{ "entropy__spreads_and_answers_arrive", entropy__spreads_and_answers_arrive },
	{ "broadcast__reaches_the_subnet", broadcast__reaches_the_subnet },
	{ "fd__tells_when_there_is_something", fd__tells_when_there_is_something },
	{ "send__limits", send__limits },
	{ "recv__full_buffer_is_counted", recv__full_buffer_is_counted },
	{ "open__address_and_port_as_named", open__address_and_port_as_named },
	{ "open__refuses", open__refuses },
	{ "open__refuses_low_port", open__refuses_low_port },
};
