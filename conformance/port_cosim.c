/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device in a simulator of its own, under virtual time: the tester's end of cosim.h.
 *
 * A simulator that says nothing for PATIENCE_S (or $WEFT_COSIM_PATIENCE_S), ends, or talks nonsense
 * has fallen: the case fails by it, and the next one begins with another, started afresh.
 */
#include "conformance/cosim.h"
#include "conformance/port.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEND_NS		200u	/* what we send takes so long, so that no two leave at once */
#define PATIENCE_S	60
#define LOST_MAX	256u	/* packets of one run beyond what we hold: more is a flood */
#define END_TRIES	200	/* of 10 ms, for the simulator to end */

struct message {
	struct wc_cosim h;
	uint8_t bytes[WC_COSIM_MAX];
};

struct cosim {
	struct wc_port p;
	int fd;
	pid_t pid;		/* of a simulator that we have started; 0: none */
	char *where;		/* command or unix:PATH */
	bool dead;
	uint64_t now;
	uint32_t mtu;
	unsigned held, given;	/* packets in ring: come in the last run, and of these handed out */
	struct message in[WC_PORT_BURST];
};

static void die(struct cosim *c, const char *fate)
{
	c->dead = true;
	if (!c->p.fate)
		c->p.fate = fate;
}

static int say(struct cosim *c, uint32_t kind, uint64_t ns, const uint8_t *bytes, uint32_t len)
{
	struct wc_cosim h = { .kind = kind, .len = len, .ns = ns };
	struct iovec iov[2] = {
		{ .iov_base = &h, .iov_len = sizeof(h) },
		{ .iov_base = (void *)(uintptr_t)bytes, .iov_len = len },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };

	if (sendmsg(c->fd, &m, MSG_NOSIGNAL) == (ssize_t)(sizeof(h) + len))
		return 0;
	die(c, "CRASHED");
	return -EPIPE;
}

/* One message: 0, or -EIO and the simulator is dead. */
static int hear(struct cosim *c, struct message *m)
{
	ssize_t n;

	do
		n = recv(c->fd, m, sizeof(*m), 0);
	while (n < 0 && errno == EINTR);
	if (n >= (ssize_t)sizeof(m->h) && m->h.len == (size_t)n - sizeof(m->h))
		return 0;
	die(c, n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? "HUNG" : n <= 0 ? "CRASHED" :
	    "NONSENSE");
	return -EIO;
}

static uint64_t now_ns(struct wc_port *p)
{
	return ((struct cosim *)p)->now;
}

static uint32_t mtu(struct wc_port *p)
{
	return ((struct cosim *)p)->mtu;
}

static int send_one(struct wc_port *p, const uint8_t *bytes, uint32_t len)
{
	struct cosim *c = (struct cosim *)p;

	if (len > WC_COSIM_MAX)
		return -EMSGSIZE;
	c->now += SEND_NS;
	return c->dead ? -EPIPE : say(c, WC_COSIM_PACKET, c->now, bytes, len);
}

/* Let time pass once; what comes is held. */
static void pass(struct cosim *c, uint64_t until)
{
	struct message over, *m;
	unsigned lost = 0;

	c->held = c->given = 0;
	if (say(c, WC_COSIM_RUN, until, NULL, 0))
		return;
	for (;;) {
		m = c->held < WC_PORT_BURST ? &c->in[c->held] : &over;
		if (hear(c, m))
			return;
		if (m->h.kind != WC_COSIM_PACKET && m->h.kind != WC_COSIM_DONE) {
			die(c, "NONSENSE");
			return;
		}
		if (m->h.kind == WC_COSIM_DONE)
			break;
		c->held += m != &over;
		lost += m == &over;
	}
	if (lost > LOST_MAX) {
		die(c, "RUNAWAY");
		return;
	}
	if (m->h.ns > until || (m->h.ns <= c->now && !c->held && m->h.ns < until))
		die(c, "NONSENSE");	/* time stands still, or runs away */
	else if (m->h.ns > c->now)
		c->now = m->h.ns;
}

static int recv_some(struct wc_port *p, struct wc_pkt *pkt, int max, uint64_t until_ns)
{
	struct cosim *c = (struct cosim *)p;
	uint64_t until = until_ns > c->now ? until_ns : c->now + SEND_NS;
	int n = 0;

	while (c->given == c->held && c->now < until && !c->dead)
		pass(c, until);
	for (; c->given < c->held && n < max; n++) {
		const struct message *m = &c->in[c->given++];

		pkt[n] = (struct wc_pkt){ .bytes = m->bytes, .len = m->h.len };
	}
	return c->dead && !n ? -EIO : n;
}

static int again(struct cosim *c);

static int reset(struct wc_port *p, uint64_t seed, char *err, size_t errlen)
{
	struct cosim *c = (struct cosim *)p;
	struct wc_cosim_ready r;
	struct message m;

	c->now = 0;
	c->held = c->given = 0;
	if (c->dead && again(c)) {
		snprintf(err, errlen, "the simulator fell, and cannot be started again");
		return -EPIPE;
	}
	if (say(c, WC_COSIM_RESET, seed, NULL, 0) || hear(c, &m) ||
	    m.h.kind != WC_COSIM_READY || m.h.len != sizeof(r)) {
		snprintf(err, errlen, "cosim:%s: does not answer RESET by READY "
			 "(conformance/cosim.h)", c->where);
		die(c, "NONSENSE");
		return -EPROTO;
	}
	memcpy(&r, m.bytes, sizeof(r));
	if (r.magic != WC_COSIM_MAGIC || r.abi != WC_COSIM_ABI) {
		snprintf(err, errlen, "the simulator has ABI %u, this suite has %u", r.abi,
			 WC_COSIM_ABI);
		return -EPROTONOSUPPORT;
	}
	c->mtu = r.mtu;
	p->family = (uint8_t)r.family;
	return 0;
}

/* One that has fallen already is given no time to end well. */
static void end_simulator(pid_t pid, bool fallen)
{
	for (int i = fallen ? END_TRIES - 1 : 0; i < END_TRIES; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		if (i == END_TRIES / 2)
			kill(pid, SIGTERM);
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void close_port(struct wc_port *p)
{
	struct cosim *c = (struct cosim *)p;

	if (c->fd >= 0)
		close(c->fd);
	if (c->pid > 0)
		end_simulator(c->pid, c->dead);
	free(c->where);
	free(c);
}

static const struct wc_port_ops ops = {
	.send = send_one, .recv = recv_some, .now = now_ns, .mtu = mtu, .reset = reset,
	.close = close_port,
};

/* ---- reaching it ----------------------------------------------------------------------- */

static void become(const char *command, int fd)
{
	char line[2048];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(fd, WC_COSIM_FD);
	snprintf(line, sizeof(line), "exec %s", command);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

static int start(struct cosim *c, const char *command)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -errno;
	c->fd = fd[0];
	c->pid = fork();
	if (c->pid == 0)
		become(command, fd[1]);
	close(fd[1]);
	return c->pid < 0 ? -errno : 0;
}

static int reach(struct cosim *c, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path));
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) ? -errno : 0;
}

/* Reach or start it, and say how long we wait for it. */
static int begin(struct cosim *c)
{
	const char *given = getenv("WEFT_COSIM_PATIENCE_S");
	struct timeval patience = { .tv_sec = given ? atoi(given) : PATIENCE_S };
	int rc = strncmp(c->where, "unix:", 5) ? start(c, c->where) : reach(c, c->where + 5);

	if (!rc)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return rc;
}

/* After it has fallen: end what is left of it, and start another. */
static int again(struct cosim *c)
{
	close(c->fd);
	if (c->pid > 0)
		end_simulator(c->pid, true);
	c->pid = 0;
	c->fd = -1;
	c->dead = false;
	c->p.fate = NULL;
	return begin(c);
}

int wc_port_open_cosim(const char *url, uint64_t seed, struct wc_port **out, char *err,
		       size_t errlen)
{
	const char *where = url + strlen("cosim:");
	struct cosim *c = calloc(1, sizeof(*c));
	int rc;

	if (c)
		c->where = strdup(where);
	if (!c || !c->where) {
		free(c);
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	c->p.ops = &ops;
	c->p.virtual_time = true;
	c->fd = -1;
	snprintf(c->p.local, sizeof(c->p.local), "co-simulation");
	rc = begin(c);
	if (rc)
		snprintf(err, errlen, "%s: %s", url, strerror(-rc));
	if (!rc)
		rc = reset(&c->p, seed, err, errlen);
	if (rc) {
		close_port(&c->p);
		return rc;
	}
	*out = &c->p;
	return 0;
}
