/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands to the upper tester: how they travel.
 */
#include "conformance/ut.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000	/* for a response, beside the device's own patience */

const char *wc_ut_op_name(unsigned op)
{
	static const char *const name[] = {
		[UPPER_QUERY] = "QUERY", [UPPER_RESET] = "RESET", [UPPER_EP_CREATE] = "EP_CREATE",
		[UPPER_EP_MODIFY] = "EP_MODIFY", [UPPER_EP_DESTROY] = "EP_DESTROY",
		[UPPER_EP_STATE] = "EP_STATE", [UPPER_MR_REGISTER] = "MR_REGISTER",
		[UPPER_MR_INVALIDATE] = "MR_INVALIDATE", [UPPER_MEM_WRITE] = "MEM_WRITE",
		[UPPER_MEM_READ] = "MEM_READ", [UPPER_MEM_HASH] = "MEM_HASH",
		[UPPER_RECV_POST] = "RECV_POST", [UPPER_COUNTERS] = "COUNTERS",
		[UPPER_CQ_POLL] = "CQ_POLL", [UPPER_OP_POST] = "OP_POST", [UPPER_CANCEL] = "CANCEL",
	};

	return op < sizeof(name) / sizeof(name[0]) && name[op] ? name[op] : "?";
}

/* ---- the socket ------------------------------------------------------------------------- */

static int dial_unix(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int dial_tcp(const char *where)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *ai = NULL;
	const char *colon = strrchr(where, ':');
	char host[256];
	int fd = -1;

	errno = EINVAL;
	if (!colon || colon - where >= (long)sizeof(host))
		return -1;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	if (getaddrinfo(host, colon + 1, &hint, &ai))
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

static long ms_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* So many bytes before the clock says end. */
static bool hear(int fd, uint8_t *to, uint32_t n, long end)
{
	while (n) {
		long left = end - ms_now();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		got = recv(fd, to, n, 0);
		if (got <= 0)
			return false;
		to += got;
		n -= (uint32_t)got;
	}
	return true;
}

/* The whole response into rsp; its length, 0: there was none. */
static uint32_t over_socket(int fd, const uint8_t *cmd, uint32_t len, uint8_t *rsp, long patience)
{
	long end = ms_now() + patience;
	uint64_t n;

	if (send(fd, cmd, len, MSG_NOSIGNAL) != (ssize_t)len || !hear(fd, rsp, UPPER_HEAD, end))
		return 0;
	n = upper_get(rsp + 12, 4);
	return n <= UPPER_BODY && hear(fd, rsp + UPPER_HEAD, (uint32_t)n, end) ?
	       UPPER_HEAD + (uint32_t)n : 0;
}

/* ---- one command ------------------------------------------------------------------------ */

static uint32_t exchange(struct wc_dut *d, unsigned op, const uint8_t *body, uint32_t len,
			 uint8_t *cmd, uint8_t *rsp)
{
	uint32_t seq = ++d->ut->seq, n;

	upper_put(cmd, UPPER_MAGIC, 2);
	cmd[2] = UPPER_VERSION;
	cmd[3] = UPPER_COMMAND;
	upper_put(cmd + 4, op, 2);
	upper_put(cmd + 6, 0, 2);
	upper_put(cmd + 8, seq, 4);
	upper_put(cmd + 12, len, 4);
	if (len)
		memcpy(cmd + UPPER_HEAD, body, len);
	if (d->ut->fd >= 0)
		n = over_socket(d->ut->fd, cmd, UPPER_HEAD + len, rsp,
				PATIENCE_MS + (long)d->patience_ms);
	else
		n = d->port->ops->upper(d->port, cmd, UPPER_HEAD + len, rsp);
	if (n < UPPER_HEAD || n > UPPER_FRAME || upper_get(rsp, 2) != UPPER_MAGIC ||
	    rsp[2] != UPPER_VERSION || rsp[3] != UPPER_RESPONSE || upper_get(rsp + 4, 2) != op ||
	    upper_get(rsp + 8, 4) != seq || upper_get(rsp + 12, 4) != n - UPPER_HEAD) {
		d->ut->dead = true;
		return 0;
	}
	return n;
}

int wc_ut_call(struct wc_t *t, unsigned op, const uint8_t *body, uint32_t len, uint8_t *out,
	       uint32_t *out_len)
{
	static uint8_t cmd[UPPER_FRAME], rsp[UPPER_FRAME];
	uint32_t n;

	if (!t->dut->ut || len > UPPER_BODY)
		return -1;
	n = t->dut->ut->dead ? 0 : exchange(t->dut, op, body, len, cmd, rsp);
	wc_record(t, WC_R_UT, 0, wc_ut_op_name(op), cmd, UPPER_HEAD + len);
	if (!n && t->dut->port->fate)
		wc_lost(t);
	else if (!n)
		wc_trouble(t, "the upper tester does not answer as it must");
	if (!n)
		return -1;
	wc_record(t, WC_R_UT, WC_U_RESPONSE, wc_ut_op_name(op), rsp, n);
	if (out)
		memcpy(out, rsp + UPPER_HEAD, n - UPPER_HEAD);
	if (out_len)
		*out_len = n - UPPER_HEAD;
	return (int)upper_get(rsp + 6, 2);
}

/* ---- reaching it ------------------------------------------------------------------------ */

static int query(struct wc_dut *d)
{
	static uint8_t cmd[UPPER_FRAME], rsp[UPPER_FRAME];
	const uint8_t *p = rsp + UPPER_HEAD;

	if (exchange(d, UPPER_QUERY, NULL, 0, cmd, rsp) != UPPER_HEAD + 32 ||
	    upper_get(p, 4) != UPPER_ABI)
		return -EPROTO;
	d->ut->level = (uint32_t)upper_get(p + 4, 4);
	d->ut->ops = upper_get(p + 8, 8);
	d->ut->flags = (uint32_t)upper_get(p + 16, 4);
	d->ut->domain = (uint32_t)upper_get(p + 20, 4);
	d->ut->chip = upper_get(p + 24, 8);
	return 0;
}

int wc_ut_open(struct wc_dut *d, const char *url, char *err, size_t errlen)
{
	int fd = -1;

	d->ut = NULL;
	if (!url && !d->port->ops->upper)
		return 0;
	if (url && !strncmp(url, "unix:", 5))
		fd = dial_unix(url + 5);
	else if (url && !strncmp(url, "tcp:", 4))
		fd = dial_tcp(url + 4);
	if (url && fd < 0) {
		snprintf(err, errlen, "%s: no upper tester there: give tcp:ADDRESS:PORT or "
			 "unix:PATH of one that runs", url);
		return -ENOTCONN;
	}
	d->ut = calloc(1, sizeof(*d->ut));
	if (!d->ut) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	d->ut->fd = fd;
	if (!query(d))
		return 0;
	wc_ut_close(d);
	if (!url)
		return 0;	/* the object has the call, but not this device */
	snprintf(err, errlen, "%s: does not answer QUERY as an upper tester of version %u does",
		 url, UPPER_ABI);
	return -EPROTO;
}

void wc_ut_close(struct wc_dut *d)
{
	if (d->ut && d->ut->fd >= 0)
		close(d->ut->fd);
	free(d->ut);
	d->ut = NULL;
}
