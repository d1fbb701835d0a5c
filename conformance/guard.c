/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guarded calls: signals of a crash, and a clock that ticks through long ones.
 */
#include "conformance/guard.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define HANG_S		10	/* that a call may take; or $WEFT_INPROC_PATIENCE_S */
#define STACK_BYTES	65536	/* for our handlers: the call's own may be used up */

sigjmp_buf wc_guard_jump;

static volatile sig_atomic_t inside;	/* a guarded call is running */
static volatile sig_atomic_t ticks;	/* of the clock, a second each, since it began */
static volatile sig_atomic_t patience;	/* ticks */
static pid_t owner;	/* process that the guard is set up in: a child has no clock */
static const char *fate;

static void on_tick(int sig)
{
	(void)sig;
	if (!inside || ++ticks <= patience)
		return;
	inside = 0;
	fate = "HUNG";
	siglongjmp(wc_guard_jump, 1);
}

static void on_crash(int sig)
{
	if (!inside) {
		signal(sig, SIG_DFL);	/* our own: it comes again, and ends us */
		return;
	}
	inside = 0;
	fate = "CRASHED";
	siglongjmp(wc_guard_jump, 1);
}

static void catch(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_flags = SA_ONSTACK | SA_RESTART };

	sa.sa_handler = handler;
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static void set_up(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	static char stack[STACK_BYTES];
	const stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct itimerval second = { { 1, 0 }, { 1, 0 } };
	const char *given = getenv("WEFT_INPROC_PATIENCE_S");

	owner = getpid();
	patience = given ? atoi(given) : HANG_S;
	patience = patience > 0 ? patience : 1;
	sigaltstack(&alt, NULL);
	catch(SIGALRM, on_tick);
#if !defined(__SANITIZE_ADDRESS__)	/* a sanitizer tells more of a crash than we can */
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		catch(crashes[i], on_crash);
#else
	(void)crashes;
	(void)on_crash;
#endif
	setitimer(ITIMER_REAL, &second, NULL);
}

void wc_guard_arm(void)
{
	if (owner != getpid())
		set_up();
	ticks = 0;
	inside = 1;
}

void wc_guard_leave(void)
{
	inside = 0;
}

const char *wc_guard_fate(void)
{
	const char *was = fate;

	fate = NULL;
	return was;
}
