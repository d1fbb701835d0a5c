/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Child processes: see spawn.h.
 */
#include "conformance/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS	10000
#define END_MS		2000

static void become(const char *command, const char *name, const char *value, int out)
{
	char line[2048];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (name)
		setenv(name, value, 1);
	dup2(out, 1);
	snprintf(line, sizeof(line), "exec %s", command);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

/* The word that begins with "udp:" in text, to out. */
static bool find_url(const char *text, char *out, size_t room)
{
	const char *at = strstr(text, "udp:");
	size_t n = at ? strcspn(at, " \t\r\n") : 0;

	if (!at || !at[n] || n >= room)
		return false;
	memcpy(out, at, n);
	out[n] = 0;
	return true;
}

static int await_url(struct wc_child *c)
{
	char text[1024];
	size_t n = 0;

	while (n < sizeof(text) - 1) {
		struct pollfd p = { .fd = c->out, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, START_MS) <= 0)
			return -ETIMEDOUT;
		got = read(c->out, text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			return -ECHILD;
		n += (size_t)got;
		text[n] = 0;
		if (find_url(text, c->url, sizeof(c->url)))
			return 0;
	}
	return -EPROTO;
}

int wc_spawn(struct wc_child *c, const char *command, const char *name, const char *value,
	     char *err, size_t errlen)
{
	int fd[2], rc;

	memset(c, 0, sizeof(*c));
	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	c->pid = fork();
	if (c->pid == 0)
		become(command, name, value, fd[1]);
	close(fd[1]);
	c->out = fd[0];
	rc = c->pid < 0 ? -errno : await_url(c);
	if (!rc)
		return 0;
	wc_spawn_end(c);
	snprintf(err, errlen, "'%s' %s; it must print a line with udp:ADDRESS:PORT when it is "
		"ready",
		 command, rc == -ECHILD ? "ended at once" : "did not say where it listens");
	return rc;
}

bool wc_spawn_died(struct wc_child *c)
{
	if (c->pid > 0 && waitpid(c->pid, NULL, WNOHANG) == c->pid) {
		c->pid = 0;
		return true;
	}
	return c->pid <= 0;
}

void wc_spawn_end(struct wc_child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGTERM);
		for (int ms = 0; ms < END_MS && !wc_spawn_died(c); ms++)
			usleep(1000);
	}
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	c->pid = 0;
	if (c->out > 0)
		close(c->out);
	c->out = 0;
}
