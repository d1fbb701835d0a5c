/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester behind a serial line, serial:TTY, or a file of memory that the tester maps too,
 * mailbox:FILE: what firmware does with line.c, as a program of an operating system.
 */
#include "conformance/upper/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

/* Until `fd` is readable or the device is due, then turn the device. */
static void turn(const struct upper_loop *l, int fd, int most_ms)
{
	uint64_t due = l->due ? l->due(l->arg) : UINT64_MAX;
	int ms = due < 1000000 ? due != 0 : due < 100000000 ? (int)(due / 1000000) : 100;
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = l->fd, .events = POLLIN } };

	poll(p, l->fd >= 0 ? 2 : 1, ms < most_ms ? ms : most_ms);
	if (l->turn && l->turn(l->arg) < 0)
		*l->stop = 1;
}

static void say_all(int fd, const uint8_t *from, uint32_t n)
{
	while (n) {
		ssize_t put = write(fd, from, n);

		if (put < 0 && errno == EAGAIN)
			continue;
		if (put <= 0)
			return;
		from += put;
		n -= (uint32_t)put;
	}
}

static int serve_line(const char *path, const struct upper_loop *loop)
{
	static uint8_t out[UPPER_LINE], in[256];
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	static struct upper_line line;
	struct termios tio;

	if (fd < 0 || tcgetattr(fd, &tio)) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	cfmakeraw(&tio);
	tcsetattr(fd, TCSANOW, &tio);
	printf("ready serial:%s\n", path);
	fflush(stdout);
	while (!*loop->stop) {
		ssize_t n;

		turn(loop, fd, 100);
		n = read(fd, in, sizeof(in));
		for (ssize_t i = 0; i < n; i++)
			say_all(fd, out, upper_line_byte(&line, loop->upper, in[i], out));
	}
	close(fd);
	return 0;
}

static int serve_memory(const char *path, const struct upper_loop *loop)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct upper_mailbox *m;

	if (fd < 0 || ftruncate(fd, sizeof(*m)))
		return -errno;
	m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (m == MAP_FAILED)
		return -errno;
	printf("ready mailbox:%s\n", path);
	fflush(stdout);
	while (!*loop->stop) {
		turn(loop, -1, 1);
		upper_mailbox_turn(m, loop->upper);
	}
	munmap(m, sizeof(*m));
	return 0;
}

int upper_serve_at(const char *url, const struct upper_loop *loop)
{
	int err;

	if (!strncmp(url, "serial:", 7))
		err = serve_line(url + 7, loop);
	else if (!strncmp(url, "mailbox:", 8))
		err = serve_memory(url + 8, loop);
	else
		return upper_serve(url, loop);
	if (err)
		fprintf(stderr, "%s: %s; give tcp:ADDRESS:PORT, unix:PATH, serial:TTY or "
			"mailbox:FILE\n", url, strerror(-err));
	return err;
}
