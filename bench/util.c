/* SPDX-License-Identifier: BSD-2-Clause */
/* Time, processors and the child that is the other end of a measurement. */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void pin(int n)
{
	cpu_set_t set;

	if (n >= sysconf(_SC_NPROCESSORS_ONLN))
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)n, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int fork_peer(void (*body)(uint32_t arg, int fd), uint32_t arg, int *fd)
{
	int pair[2], child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	fflush(NULL);
	child = fork();
	if (child < 0) {
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		pin(1);
		body(arg, pair[1]);
		_exit(0);
	}
	close(pair[1]);
	pin(0);
	*fd = pair[0];
	return child;
}

void part(int child, int fd)
{
	close(fd);
	if (child > 0)
		waitpid(child, NULL, 0);
}

bool give(int fd, const void *buf, uint32_t n)
{
	return send(fd, buf, n, MSG_NOSIGNAL) == (ssize_t)n;
}

bool take(int fd, void *buf, uint32_t n)
{
	return recv(fd, buf, n, MSG_WAITALL) == (ssize_t)n;
}

bool parted(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}
