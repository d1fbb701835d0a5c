/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester behind a socket: tcp:ADDRESS:PORT, unix:PATH.  One tester at a time; whoever
 * talks nonsense is cut off.
 */
#include "conformance/upper/backend.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct server {
	const struct upper_loop *loop;
	int listener, client;		/* client -1: none */
	uint8_t in[UPPER_FRAME], rsp[UPPER_FRAME];
	uint32_t n;			/* bytes in it */
};

static int listen_unix(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sa.sun_path))
		return -1;
	strcpy(sa.sun_path, path);
	unlink(path);
	return fd >= 0 && !bind(fd, (struct sockaddr *)&sa, sizeof(sa)) && !listen(fd, 4) ? fd : -1;
}

/* where: ADDRESS:PORT; the port that it came to in *port. */
static int listen_tcp(const char *where, unsigned *port)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *ai = NULL;
	const char *colon = strrchr(where, ':');
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	char host[256];
	int fd = -1, one = 1;

	if (!colon || colon - where >= (long)sizeof(host))
		return -1;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	if (getaddrinfo(host, colon + 1, &hint, &ai))
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, 4) ||
	    getsockname(fd, (struct sockaddr *)&own, &len)) {
		close(fd);
		fd = -1;
	} else {
		char text[16] = "";

		getnameinfo((struct sockaddr *)&own, len, NULL, 0, text, sizeof(text),
			    NI_NUMERICSERV);
		*port = (unsigned)strtoul(text, NULL, 10);
	}
	freeaddrinfo(ai);
	return fd;
}

static void cut(struct server *s)
{
	close(s->client);
	s->client = -1;
	s->n = 0;
}

/* Whole commands in s->in are done and answered. */
static void work(struct server *s)
{
	while (s->client >= 0 && s->n >= UPPER_HEAD) {
		uint64_t len = UPPER_HEAD + upper_get(s->in + 12, 4);
		uint32_t n;

		if (upper_get(s->in, 2) != UPPER_MAGIC || len > UPPER_FRAME) {
			cut(s);
			return;
		}
		if (s->n < len)
			return;
		n = upper_handle(s->loop->upper, s->in, (uint32_t)len, s->rsp);
		s->n -= (uint32_t)len;
		memmove(s->in, s->in + len, s->n);
		if (send(s->client, s->rsp, n, MSG_NOSIGNAL) != (ssize_t)n)
			cut(s);
	}
}

static void hear(struct server *s)
{
	ssize_t n = recv(s->client, s->in + s->n, sizeof(s->in) - s->n, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		cut(s);
		return;
	}
	s->n += n > 0 ? (uint32_t)n : 0;
	work(s);
}

static void turn(struct server *s)
{
	const struct upper_loop *l = s->loop;
	uint64_t due = l->due ? l->due(l->arg) : UINT64_MAX;
	int ms = due < 1000000 ? due != 0 : due < 100000000 ? (int)(due / 1000000) : 100;
	struct pollfd p[3] = {
		{ .fd = s->client < 0 ? s->listener : s->client, .events = POLLIN },
		{ .fd = l->fd, .events = POLLIN },
	};

	poll(p, l->fd >= 0 ? 2 : 1, ms);
	if (p[0].revents && s->client < 0)
		s->client = accept(s->listener, NULL, NULL);
	else if (p[0].revents)
		hear(s);
	if (l->turn && l->turn(l->arg) < 0)
		*l->stop = 1;
}

int upper_serve(const char *url, const struct upper_loop *loop)
{
	struct server s = { .loop = loop, .listener = -1, .client = -1 };
	unsigned port = 0;

	if (!strncmp(url, "unix:", 5))
		s.listener = listen_unix(url + 5);
	else if (!strncmp(url, "tcp:", 4))
		s.listener = listen_tcp(url + 4, &port);
	if (s.listener < 0) {
		fprintf(stderr, "%s: cannot listen there: %s; give tcp:ADDRESS:PORT or unix:PATH\n",
			url, strerror(errno));
		return -EINVAL;
	}
	if (port)
		printf("ready %.*s:%u\n", (int)(strrchr(url, ':') - url), url, port);
	else
		printf("ready %s\n", url);
	fflush(stdout);
	while (!*loop->stop)
		turn(&s);
	if (s.client >= 0)
		close(s.client);
	close(s.listener);
	return 0;
}
