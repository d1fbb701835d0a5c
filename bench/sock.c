/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What plain sockets do on the same loopback: the floor that a protocol above UDP cannot pass, and
 * the TCP that it wants to replace.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define RING (16u << 20)	/* a stream's buffers: larger than the caches that matter */

static int open_socket(int type, struct sockaddr_in *at)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(*at);
	int s = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&any, sizeof(any)) ||
	    getsockname(s, (struct sockaddr *)at, &len))
		return -1;
	return s;
}

/* ---- UDP there and back -------------------------------------------------------------- */

static void echo(int s, int fd, uint32_t bytes, int flags)
{
	uint8_t buf[2048];
	unsigned idle = 0;

	(void)bytes;
	for (;;) {
		ssize_t n = recv(s, buf, sizeof(buf), flags);

		if (n > 0)
			send(s, buf, (size_t)n, 0);
		else if ((++idle & 0xfff) == 0 && parted(fd))
			return;
	}
}

static void echo_on(uint32_t bytes, int fd, int flags)
{
	struct timeval tick = { .tv_usec = 1 };	/* so that it looks up now and then */
	struct sockaddr_in me, peer;
	int s = open_socket(SOCK_DGRAM, &me);

	if (!flags) {
		tick.tv_usec = 20000;
		setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	}
	if (s >= 0 && give(fd, &me, sizeof(me)) && take(fd, &peer, sizeof(peer)) &&
	    !connect(s, (struct sockaddr *)&peer, sizeof(peer)) && give(fd, "", 1)) {
		if (flags)
			echo(s, fd, bytes, flags);
		else
			while (!parted(fd)) {
				uint8_t buf[2048];
				ssize_t n = recv(s, buf, sizeof(buf), 0);

				if (n > 0)
					send(s, buf, (size_t)n, 0);
			}
	}
}

static void echo_spinning(uint32_t bytes, int fd)
{
	echo_on(bytes, fd, MSG_DONTWAIT);
}

static void echo_sleeping(uint32_t bytes, int fd)
{
	echo_on(bytes, fd, 0);
}

static double ping(int s, uint32_t bytes, int flags)
{
	uint8_t buf[2048] = { 0 };
	uint64_t begin = now_ns(), n = 0;

	while (now_ns() - begin < SAMPLE_NS) {
		if (send(s, buf, bytes, 0) != (ssize_t)bytes)
			return -1;
		while (recv(s, buf, sizeof(buf), flags) < 0)
			;
		n++;
	}
	return (double)(now_ns() - begin) / (double)n / 1e3;
}

static double udp_rtt(uint32_t bytes, int flags)
{
	struct sockaddr_in me, peer;
	int fd, child = fork_peer(flags ? echo_spinning : echo_sleeping, bytes, &fd);
	int s = open_socket(SOCK_DGRAM, &me);
	double v = -1;
	char c;

	if (child > 0 && s >= 0 && take(fd, &peer, sizeof(peer)) && give(fd, &me, sizeof(me)) &&
	    !connect(s, (struct sockaddr *)&peer, sizeof(peer)) && take(fd, &c, 1))
		v = ping(s, bytes, flags);
	close(s);
	part(child, fd);
	return v;
}

double sock_udp_rtt(uint32_t bytes)
{
	return udp_rtt(bytes, MSG_DONTWAIT);
}

double sock_udp_rtt_sleeping(uint32_t bytes)
{
	return udp_rtt(bytes, 0);
}

/* ---- TCP one way --------------------------------------------------------------------- */

static void drain(uint32_t bytes, int fd)
{
	struct sockaddr_in me;
	int l = open_socket(SOCK_STREAM, &me), s;
	uint8_t *buf = calloc(1, RING);
	uint64_t at = 0;
	ssize_t n;

	if (l < 0 || !buf || listen(l, 1) || !give(fd, &me, sizeof(me)))
		return;
	s = accept(l, NULL, NULL);
	while ((n = recv(s, buf + at, bytes, 0)) > 0)
		at = (at + (uint64_t)n) % (RING - bytes);
	give(fd, "", 1);	/* all of it is here */
	free(buf);
}

/* What is still in the system's buffers has not arrived: the far end says when it has. */
static double push(int s, int fd, uint8_t *buf, uint32_t bytes)
{
	uint64_t begin = now_ns(), sent = 0;
	char c;

	while (now_ns() - begin < SAMPLE_NS) {
		ssize_t n = send(s, buf + sent / bytes * bytes % (RING - bytes), bytes,
				 MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		sent += (uint64_t)n;
	}
	if (shutdown(s, SHUT_WR) || !take(fd, &c, 1))
		return -1;
	return (double)sent / (double)(now_ns() - begin);
}

double sock_tcp_stream(uint32_t bytes)
{
	struct sockaddr_in peer;
	int fd, child = fork_peer(drain, bytes, &fd), s = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t *buf = calloc(1, RING);
	double v = -1;

	if (child > 0 && s >= 0 && buf && take(fd, &peer, sizeof(peer)) &&
	    !connect(s, (struct sockaddr *)&peer, sizeof(peer)))
		v = push(s, fd, buf, bytes);
	close(s);
	free(buf);
	part(child, fd);
	return v;
}
