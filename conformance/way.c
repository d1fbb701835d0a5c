/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways to the upper tester: sockets, serial lines, memory.
 */
#include "conformance/way.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAILBOX_LOOK_NS 20000	/* between two looks whether it is answered */

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

/* ---- the serial line --------------------------------------------------------------------- */

static speed_t speed_of(const char *text)
{
	static const struct { unsigned long baud; speed_t speed; } rows[] = {
		{ 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 },
		{ 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
	};
	unsigned long baud = text ? strtoul(text, NULL, 10) : 115200;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].baud == baud)
			return rows[i].speed;
	return B0;
}

/* where: TTY[@BAUD]; each byte as it is, no control of flow. */
static int dial_line(const char *where)
{
	const char *at = strrchr(where, '@');
	speed_t speed = speed_of(at ? at + 1 : NULL);
	struct termios tio;
	char path[256];
	int fd;

	errno = EINVAL;
	snprintf(path, sizeof(path), "%.*s", (int)(at ? at - where : (long)strlen(where)), where);
	if (speed == B0)
		return -1;
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &tio)) {
		close(fd);
		return -1;
	}
	cfmakeraw(&tio);
	tio.c_cflag |= CLOCAL | CREAD;
	cfsetspeed(&tio, speed);
	tcsetattr(fd, TCSANOW, &tio);
	tcflush(fd, TCIOFLUSH);
	return fd;
}

static bool write_all(int fd, const uint8_t *from, uint32_t n)
{
	while (n) {
		ssize_t put = write(fd, from, n);

		if (put <= 0)
			return false;
		from += put;
		n -= (uint32_t)put;
	}
	return true;
}

/* A zero first ends whatever half a frame the other end may have. */
static uint32_t over_line(int fd, const uint8_t *cmd, uint32_t len, uint8_t *rsp, long patience)
{
	static uint8_t line[UPPER_LINE], zero[1];
	long end = ms_now() + patience;
	uint32_t n = upper_to_line(cmd, len, line);

	if (!write_all(fd, zero, 1) || !write_all(fd, line, n))
		return 0;
	for (n = 0; ms_now() < end;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 10) <= 0)
			continue;
		if (read(fd, line + n, 1) != 1)
			return 0;
		if (!line[n] && n)
			return upper_from_line(line, n, rsp);
		n += line[n] != 0;
		if (n == sizeof(line))
			return 0;
	}
	return 0;
}

/* ---- memory ----------------------------------------------------------------------------- */

/* where: FILE[@OFFSET], such as a BAR of a PCIe device, /dev/mem, or a file of both. */
static bool map_box(struct wc_way *w, const char *where)
{
	const char *at = strrchr(where, '@');
	unsigned long long offset = at ? strtoull(at + 1, NULL, 0) : 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), within = (size_t)(offset % page);
	char path[256];

	snprintf(path, sizeof(path), "%.*s", (int)(at ? at - where : (long)strlen(where)), where);
	w->fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (w->fd < 0)
		return false;
	w->mapped = within + sizeof(*w->box);
	w->map = mmap(NULL, w->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd,
		      (off_t)(offset - within));
	if (w->map == MAP_FAILED) {
		close(w->fd);
		return false;
	}
	w->box = (struct upper_mailbox *)(void *)((uint8_t *)w->map + within);
	return true;
}

static uint32_t by_memory(struct upper_mailbox *m, const uint8_t *cmd, uint32_t len, uint8_t *rsp,
			  long patience)
{
	const struct timespec look = { .tv_nsec = MAILBOX_LOOK_NS };
	uint32_t asked = m->answered + 1, n;
	long end = ms_now() + patience;

	memcpy(m->command, cmd, len);
	m->length = len;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	m->asked = asked;
	while (m->answered != asked && ms_now() < end)
		nanosleep(&look, NULL);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	n = m->length;
	if (m->answered != asked || n > UPPER_FRAME)
		return 0;
	memcpy(rsp, m->response, n);
	return n;
}

/* ---- any of them ------------------------------------------------------------------------ */

bool wc_way_open(struct wc_way *w, const char *url)
{
	*w = (struct wc_way){ .kind = WC_WAY_SOCKET, .fd = -1 };
	errno = EINVAL;
	if (!strncmp(url, "unix:", 5)) {
		w->fd = dial_unix(url + 5);
	} else if (!strncmp(url, "tcp:", 4)) {
		w->fd = dial_tcp(url + 4);
	} else if (!strncmp(url, "serial:", 7)) {
		w->kind = WC_WAY_LINE;
		w->fd = dial_line(url + 7);
	} else if (!strncmp(url, "mailbox:", 8)) {
		w->kind = WC_WAY_MEMORY;
		return map_box(w, url + 8);
	}
	return w->fd >= 0;
}

void wc_way_close(struct wc_way *w)
{
	if (w->kind == WC_WAY_MEMORY)
		munmap(w->map, w->mapped);
	if (w->fd >= 0)
		close(w->fd);
}

uint32_t wc_way_ask(struct wc_way *w, const uint8_t *cmd, uint32_t len, uint8_t *rsp,
		    long patience_ms)
{
	if (w->kind == WC_WAY_LINE)
		return over_line(w->fd, cmd, len, rsp, patience_ms);
	if (w->kind == WC_WAY_MEMORY)
		return by_memory(w->box, cmd, len, rsp, patience_ms);
	return over_socket(w->fd, cmd, len, rsp, patience_ms);
}
