/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One cell of the matrix: a target, the box, an initiator; and what is found of them.
 */
#include "conformance/box_run.h"
#include "conformance/case.h"
#include "conformance/interop.h"
#include "conformance/passive.h"
#include "conformance/report.h"
#include "conformance/runner.h"
#include "conformance/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS		20u
#define AFTER_MS	150u	/* that the last words of both ends may take */
#define SPAN		2048u

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* How bad it is: what a verdict of the whole must not hide. */
static int weight(enum wc_verdict_kind kind)
{
	static const int w[WC_VERDICTS] = { [WC_PASS] = 0, [WC_NA] = 1, [WC_INCONC] = 2,
					    [WC_FAIL] = 3, [WC_ERROR] = 4 };

	return w[kind];
}

void wc_cell_find(struct wc_cell *c, enum wc_verdict_kind kind, const char *code, const char *fmt,
		  ...)
{
	struct wc_finding *f = &c->finding[c->n];
	va_list ap;

	if (weight(kind) > weight(c->kind))
		c->kind = kind;
	if (c->n == WC_FINDINGS)
		return;
	c->n++;
	f->kind = kind;
	snprintf(f->code, sizeof(f->code), "%s", code);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

/* ---- the initiator ------------------------------------------------------------------------ */

static void become(const char *command, const char *url, int log)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setenv("WEFT_TARGET_URL", url, 1);
	setenv("WEFT_TARGET", strchr(url, ':') + 1, 1);
	dup2(log, 1);
	dup2(log, 2);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static pid_t start(const char *command, const char *url, const char *log_path)
{
	int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	pid_t pid = log < 0 ? -1 : fork();

	if (pid == 0)
		become(command, url, log);
	if (log >= 0)
		close(log);
	return pid;
}

/* Its whole group, until it is gone. */
static void end(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void tell_end(struct wc_cell *c, int status)
{
	if (WIFSIGNALED(status))
		wc_cell_find(c, WC_FAIL, "INITIATOR_CRASHED", "%s ended by signal %d",
			     c->initiator->name, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		wc_cell_find(c, WC_INCONC, "NO_INITIATOR", "'%s' cannot be started",
			     c->initiator->initiator);
	else if (WEXITSTATUS(status))
		wc_cell_find(c, WC_FAIL, "INITIATOR_FAILED", "%s ended with status %d; see "
			     "initiator.log", c->initiator->name, WEXITSTATUS(status));
	else
		wc_cell_find(c, WC_PASS, "INITIATOR_DONE", "%s ended with status 0",
			     c->initiator->name);
}

/* What the target prints is read, so that it never waits for a reader. */
static void drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void carry(struct wc_cell *c, struct wc_box_run *r, struct wc_child *target, pid_t pid,
		  unsigned limit_s)
{
	double from = seconds(), over = 0;
	int status = 0, rc = 0;
	bool gone = false;

	fcntl(target->out, F_SETFL, O_NONBLOCK);
	while (!rc && !wc_interrupted) {
		rc = wc_box_step(r, STEP_MS);
		drain(target->out);
		if (!gone && waitpid(pid, &status, WNOHANG) == pid) {
			gone = true;
			over = seconds();
			tell_end(c, status);
		}
		if (gone && seconds() - over > AFTER_MS / 1000.0)
			break;
		if (seconds() - from > limit_s)
			break;
	}
	if (!gone) {
		end(pid);
		wc_cell_find(c, wc_interrupted || rc ? WC_INCONC : WC_FAIL,
			     wc_interrupted ? "INTERRUPTED" : rc ? "BOX_DIED" : "INITIATOR_HUNG",
			     "%s had not ended after %.0f s", c->initiator->name, seconds() - from);
	}
	c->seconds = seconds() - from;
}

/* ---- what the observers say --------------------------------------------------------------- */

static void observe(const struct wc_interop *x, struct wc_cell *c, enum wc_way side,
		    const struct wio_addr *who)
{
	const char *name = side == WC_OUT ? "initiator" : "target";
	char path[1300], addr[WIO_ADDR_STRLEN], err[512] = "";
	struct wc_transcript tr;
	struct wc_capture cap;
	const struct wc_case *k;
	unsigned nr;

	snprintf(path, sizeof(path), "%s/%s/%s.pcap", x->out, c->folder, name);
	if (wc_capture_load(&cap, path, err, sizeof(err))) {
		wc_cell_find(c, WC_INCONC, "NO_CAPTURE", "%s", err);
		return;
	}
	nr = wc_capture_device(&cap, wio_addr_str(who, addr), err, sizeof(err));
	if (!nr) {
		wc_cell_find(c, WC_INCONC, "NOT_OBSERVED", "%s: %s", path, err);
		wc_capture_free(&cap);
		return;
	}
	wc_passive_build(&cap, nr, &tr);
	for (unsigned i = 0; (k = wc_observer_nth(i)); i++) {
		struct wc_verdict v;

		wc_judge(k, &tr, &v);
		c->passed[side] += v.kind == WC_PASS;
		if (v.kind != WC_PASS && v.kind != WC_NA)
			wc_cell_find(c, v.kind, v.code, "%s, %s %s: expected %.90s; observed "
				     "%.120s", name, side == WC_OUT ? c->initiator->name :
				     c->target->name,
				     k->id, v.expected, v.observed);
	}
	wc_transcript_free(&tr);
	wc_capture_free(&cap);
}

/* ---- the cell ----------------------------------------------------------------------------- */

static int gather(const struct wc_fault_set *f, struct wc_box_run *r, struct wc_box_cfg *cfg,
		  char *err, size_t errlen)
{
	int rc = 0;

	cfg->seed = f->seed ? strtoull(f->seed, NULL, 16) : 1;
	for (unsigned i = 0; i < f->rules_count && !rc; i++)
		rc = wc_schedule_add(&r->s, f->rules[i], f->name, i + 1, err, errlen);
	if (!rc && f->schedule)
		rc = wc_schedule_load(&r->s, f->schedule, err, errlen);
	if (!rc && f->random)
		rc = wc_schedule_draw(&r->s, f->random, cfg->seed, f->span ? f->span : SPAN, err,
				      errlen);
	for (unsigned i = 0; i < f->paths_count && !rc; i++)
		rc = wc_path_parse(f->paths[i], &cfg->path[cfg->n_paths++]) ? 0 : -EINVAL;
	return rc;
}

static void tell_faults(struct wc_cell *c, const struct wc_box_run *r)
{
	const struct wc_box_totals *t = wc_box_totals(r->box);
	uint32_t unmet = wc_schedule_unmet(&r->s);
	char text[256] = "";

	for (unsigned i = 0; i < 2; i++)
		c->packets[i] = t->came[i];
	for (unsigned m = 0; m < WC_MISHAPS; m++)
		c->mishaps += t->met[m];
	c->mishaps += t->path_lost;
	for (uint32_t i = 0; unmet && i < r->s.n && !text[0]; i++)
		if (r->s.rule[i].line && !r->s.rule[i].met)
			wc_rule_text(&r->s.rule[i], text, sizeof(text));
	if (unmet)
		wc_cell_find(c, WC_INCONC, "FAULT_NOT_MET", "no packet met %u of the rules, such "
			     "as: %s", unmet, text);
	if (!t->came[WC_OUT] || !t->came[WC_BACK])
		wc_cell_find(c, WC_INCONC, "NO_PACKETS", "the %s sent nothing through the box",
			     t->came[WC_OUT] ? "target" : "initiator");
}

static void run_pair(const struct wc_interop *x, struct wc_cell *c, struct wc_child *target,
		     const struct wc_box_cfg *cfg, struct wc_box_run *r)
{
	char log[1300], err[512] = "";
	struct wio_addr end_of[2];
	pid_t pid;

	if (wc_box_open(r, cfg, err, sizeof(err))) {
		wc_cell_find(c, WC_INCONC, "NO_BOX", "%s", err);
		return;
	}
	snprintf(log, sizeof(log), "%s/initiator.log", cfg->out);
	pid = start(c->initiator->initiator, r->url, log);
	if (pid < 0) {
		wc_cell_find(c, WC_INCONC, "NO_INITIATOR", "%s: %s", log, strerror(errno));
		return;
	}
	carry(c, r, target, pid, x->m->limit_s);
	if (wc_spawn_died(target))
		wc_cell_find(c, WC_FAIL, "TARGET_DIED", "%s ended by itself", c->target->name);
	else
		wc_cell_find(c, WC_PASS, "TARGET_LIVES", "%s runs on", c->target->name);
	tell_faults(c, r);
	end_of[0] = r->peer[0];
	end_of[1] = r->peer[1];
	wc_box_close(r);	/* the captures are whole */
	for (unsigned i = 0; i < 2; i++)
		if (c->packets[i])
			observe(x, c, i, &end_of[i]);
}

void wc_cell_run(const struct wc_interop *x, struct wc_cell *c)
{
	struct wc_box_run r = { .began_ns = 0 };
	struct wc_box_cfg cfg = { .n_paths = 0 };
	char folder[1200], err[512] = "";
	struct wc_child target;

	if (!c->initiator->initiator || !c->target->target) {
		wc_cell_find(c, WC_NA, "NO_ROLE", "%s is no %s", c->initiator->initiator ?
			     c->target->name : c->initiator->name,
			     c->initiator->initiator ? "target" : "initiator");
		return;
	}
	snprintf(folder, sizeof(folder), "%s/%s", x->out, c->folder);
	cfg.out = folder;
	if (gather(c->faults, &r, &cfg, err, sizeof(err))) {
		wc_cell_find(c, WC_INCONC, "NO_FAULTS", "%s", err);
	} else if (wc_spawn(&target, c->target->target, NULL, NULL, err, sizeof(err))) {
		wc_cell_find(c, WC_INCONC, "NO_TARGET", "%s", err);
	} else {
		cfg.to = target.url;
		run_pair(x, c, &target, &cfg, &r);
		wc_spawn_end(&target);
	}
	wc_box_close(&r);
}
