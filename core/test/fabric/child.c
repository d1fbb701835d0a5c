/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See run.h. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/test/fabric/run.h"
#include "sim/util.h"

static void child(const struct fb_child *c, uint64_t stop_at, int fd)
{
	struct rlimit cpu = { FB_CHILD_SECONDS, FB_CHILD_SECONDS };
	struct rlimit core = { 0, 0 };
	struct fb_result r;

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	fb_run(&c->cfg, stop_at, c->event, &r);
	if (write(fd, &r, sizeof(r)) != (ssize_t)sizeof(r))
		_exit(2);
	exit(0);
}

void fb_child_start(struct fb_child *c, const struct fb_cfg *cfg, uint64_t stop_at)
{
	int fd[2];

	c->cfg = *cfg;
	c->event = mmap(NULL, sizeof(*c->event), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->event == MAP_FAILED || pipe(fd))
		sim_die("no memory or pipe for a run");
	fflush(NULL);
	c->pid = fork();
	if (c->pid < 0)
		sim_die("no process for a run");
	if (!c->pid) {
		close(fd[0]);
		child(c, stop_at, fd[1]);
	}
	close(fd[1]);
	c->fd = fd[0];
}

void fb_child_end(struct fb_child *c, struct fb_result *out)
{
	size_t got = 0;
	ssize_t n;
	int status = 0;

	while (got < sizeof(*out) &&
	       (n = read(c->fd, (char *)out + got, sizeof(*out) - got)) > 0)
		got += (size_t)n;
	close(c->fd);
	waitpid(c->pid, &status, 0);
	if (got < sizeof(*out) || status) {
		if (got < sizeof(*out))
			memset(out, 0, sizeof(*out));
		out->end = FB_FAILED;
		out->events = *c->event;
		if (WIFSIGNALED(status))
			snprintf(out->failure, sizeof(out->failure), "%s (signal %d)",
				 WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ?
				 "it never ends" : "an assertion or a crash", WTERMSIG(status));
		else
			snprintf(out->failure, sizeof(out->failure), "exit status %d",
				 WEXITSTATUS(status));
	}
	munmap(c->event, sizeof(*c->event));
}

void fb_in_child(const struct fb_cfg *cfg, uint64_t stop_at, struct fb_result *out)
{
	struct fb_child c;

	fb_child_start(&c, cfg, stop_at);
	fb_child_end(&c, out);
}

void fb_report(const struct fb_cfg *cfg, const struct fb_result *r)
{
	char words[2048], commit[64] = "";
	FILE *git = popen("git rev-parse --short=12 HEAD 2>/dev/null", "r");

	if (git && fgets(commit, sizeof(commit), git))
		commit[strcspn(commit, "\n")] = 0;
	if (git)
		pclose(git);
	fb_words(cfg, words, sizeof(words));
	printf("FAILED: %s\n  seed %llu, commit %s, event %llu\n  again: fabric %s --events %llu\n",
	       r->failure, (unsigned long long)cfg->seed, commit[0] ? commit : "unknown",
	       (unsigned long long)r->events, words, (unsigned long long)r->events + 1);
}
