/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wio_bench: what a carriage carries between two processes.  One streams packets of each size to
 * the other, then they play ping-pong.  Decides how it is measured: two pinned processes that
 * spin, a window of bytes in flight so that nothing is lost to full buffers (0: flood), pieces as
 * libweft has them (header, payload, trailer).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "userspace/io/io.h"

#define HDR	28u	/* bytes of headers before the payload */
#define TRAIL	4u	/* and of the check after it */
#define SIZES	16

/* Shared by the two processes. */
struct shared {
	struct wio_addr addr;		/* of the receiver */
	volatile int ready, stop;
	volatile int left;		/* the receiver has closed its carriage */
	volatile uint64_t got, got_bytes;	/* by the receiver */
	uint64_t sent;			/* by the sender */
	double sent_s;
	double rtt_us[3];		/* median, 99th percentile, lost */
};

static struct {
	const char *url_a, *url_b;	/* sender, receiver */
	const char *ns_a, *ns_b;	/* network namespaces, or NULL */
	uint32_t size[SIZES];
	int sizes;
	double secs;
	uint64_t window;		/* bytes in flight; 0: no limit */
	int burst;
	bool pingpong, stats, stream;
} opt = {
	.url_a = "udp:127.0.0.1:0", .url_b = "udp:127.0.0.1:0",
	.size = { 64, 1024, 8192 }, .sizes = 3, .secs = 1, .window = 2 << 20, .burst = 64,
	.stream = true,
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void enter(const char *ns, size_t cpu)
{
	char path[128];
	cpu_set_t set;
	int fd;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (!ns)
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		fprintf(stderr, "wio_bench: netns %s: %s\n", ns, strerror(errno));
		_exit(2);
	}
	close(fd);
}

static struct wio *open_or_die(const char *url)
{
	char err[512];
	struct wio *w;

	if (wio_open(url, NULL, &w, err, sizeof(err))) {
		fprintf(stderr, "wio_bench: %s\n", err);
		_exit(2);
	}
	return w;
}

static void print_stats(const char *who, struct wio *w)
{
	struct wio_stat s[64];
	int n = wio_stats(w, s, 64);

	printf("  %s:", who);
	for (int i = 0; i < n && i < 64; i++) {
		if (s[i].value)
			printf(" %s=%llu", s[i].name, (unsigned long long)s[i].value);
	}
	printf("\n");
	fflush(stdout);
}

static void fill_tx(struct wio_tx *t, int n, const struct wio_addr *dst, uint32_t size)
{
	static uint8_t head[HDR], tail[TRAIL], body[65536];

	for (int i = 0; i < n; i++) {
		t[i] = (struct wio_tx){ .dst = dst, .n_iov = 1, .iov = { { head, size } } };
		if (size <= HDR + TRAIL)
			continue;
		t[i].n_iov = 3;
		t[i].iov[0].len = HDR;
		t[i].iov[1] = (struct wio_iov){ body, size - HDR - TRAIL };
		t[i].iov[2] = (struct wio_iov){ tail, TRAIL };
	}
}

/*
 * The sender is done: the receiver leaves first.  DPDK 22.11's memif may crash a process that polls
 * while its peer disconnects.
 */
static void part(struct shared *s)
{
	usleep(20000);
	s->stop = 1;
	for (int i = 0; i < 2000 && !s->left; i++)
		usleep(1000);
}

static void receive_stream(struct shared *s, uint32_t size)
{
	struct wio *w = open_or_die(opt.url_b);
	struct wio_frame f[256];
	uint64_t got = 0, bytes = 0;

	s->addr = *wio_local(w);
	__atomic_store_n(&s->ready, 1, __ATOMIC_RELEASE);
	while (!s->stop) {
		int n = wio_recv(w, f, opt.burst);

		for (int i = 0; i < n; i++) {
			volatile uint8_t touch = f[i].data[f[i].len - 1];

			(void)touch;
			got += f[i].len >= size;
			bytes += size;
		}
		s->got = got;
		s->got_bytes = bytes;
	}
	if (opt.stats)
		print_stats("receiver", w);
	wio_close(w);
	s->left = 1;
}

static void send_stream(struct shared *s, uint32_t size)
{
	struct wio *w = open_or_die(opt.url_a);
	struct wio_tx t[1024];
	uint64_t in_window = opt.window / size ? opt.window / size : 1;
	double begin, end;
	uint64_t sent = 0, base = 0, stuck = 0;

	while (!__atomic_load_n(&s->ready, __ATOMIC_ACQUIRE))
		usleep(1000);
	fill_tx(t, opt.burst, &s->addr, size);
	begin = now();
	end = begin + opt.secs;
	while (now() < end) {
		uint64_t room = opt.window ? in_window - (sent - base - s->got)
					   : (uint64_t)opt.burst;
		int n = room < (uint64_t)opt.burst ? (int)room : opt.burst;

		if (opt.window && n < opt.burst && (uint64_t)n < in_window / 2) {
			/* Losses would shut the window for good: forgive them after a while. */
			if (++stuck < 100000)
				continue;
			base = sent - s->got;
			stuck = 0;
			continue;
		}
		stuck = 0;
		n = wio_send(w, t, n);
		if (n < 0) {
			fprintf(stderr, "wio_bench: send: %s\n", strerror(-n));
			break;
		}
		sent += (uint64_t)n;
	}
	s->sent_s = now() - begin;
	s->sent = sent;
	part(s);
	if (opt.stats)
		print_stats("sender", w);
	wio_close(w);
}

static void bounce(struct shared *s, uint32_t size)
{
	struct wio *w = open_or_die(opt.url_b);
	struct wio_frame f[1];
	struct wio_tx t[1];

	(void)size;
	s->addr = *wio_local(w);
	__atomic_store_n(&s->ready, 1, __ATOMIC_RELEASE);
	while (!s->stop) {
		struct wio_addr back;

		if (wio_recv(w, f, 1) <= 0)
			continue;
		back = f[0].src;
		t[0] = (struct wio_tx){ .dst = &back, .n_iov = 1,
					.iov = { { f[0].data, f[0].len } } };
		wio_send(w, t, 1);
	}
	wio_close(w);
	s->left = 1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void ping(struct shared *s, uint32_t size)
{
	enum { ROUNDS = 20000 };
	struct wio *w = open_or_die(opt.url_a);
	static double rtt[ROUNDS];
	struct wio_frame f[1];
	struct wio_tx t[1];
	int ok = 0, lost = 0;
	double end = now() + opt.secs + 1;

	while (!__atomic_load_n(&s->ready, __ATOMIC_ACQUIRE))
		usleep(1000);
	fill_tx(t, 1, &s->addr, size);
	while (ok < ROUNDS && lost < 100 && now() < end) {
		double at = now();
		int r = 0;

		wio_send(w, t, 1);
		while (r <= 0 && now() - at < 0.05)
			r = wio_recv(w, f, 1);
		if (r > 0)
			rtt[ok++] = (now() - at) * 1e6;
		else
			lost++;
	}
	qsort(rtt, (size_t)ok, sizeof(rtt[0]), by_value);
	s->rtt_us[0] = ok ? rtt[ok / 2] : 0;
	s->rtt_us[1] = ok ? rtt[ok * 99 / 100] : 0;
	s->rtt_us[2] = lost;
	part(s);
	wio_close(w);
}

/* Runs |b| on CPU 1 and |a| on CPU 0, each in a process of its own.  False if either failed. */
static bool run_pair(struct shared *s, uint32_t size, void (*a)(struct shared *, uint32_t),
		     void (*b)(struct shared *, uint32_t))
{
	int sa = 0, sb = 0;
	pid_t pa, pb;

	memset(s, 0, sizeof(*s));
	fflush(stdout);
	pb = fork();
	if (pb == 0) {
		enter(opt.ns_b, 1);
		b(s, size);
		exit(0);
	}
	pa = fork();
	if (pa == 0) {
		enter(opt.ns_a, 0);
		a(s, size);
		exit(0);
	}
	while (waitpid(pa, &sa, WNOHANG) == 0) {
		if (!s->ready && waitpid(pb, &sb, WNOHANG) == pb) {	/* never came up */
			kill(pa, SIGKILL);
			waitpid(pa, &sa, 0);
			return false;
		}
		usleep(2000);
	}
	s->stop = 1;
	waitpid(pb, &sb, 0);
	return sa == 0 && sb == 0;
}

static int run_size(struct shared *s, uint32_t size)
{
	if (opt.stream) {
		if (!run_pair(s, size, send_stream, receive_stream))
			return 2;
		printf("stream %5u B: tx %7.3f Mpkt/s  rx %7.3f Mpkt/s  %7.3f GB/s  "
		       "loss %5.2f %%\n",
		       size, (double)s->sent / s->sent_s / 1e6, (double)s->got / s->sent_s / 1e6,
		       (double)s->got * size / s->sent_s / 1e9,
		       s->sent ? 100.0 - 100.0 * (double)s->got / (double)s->sent : 0);
	}
	if (opt.pingpong) {
		if (!run_pair(s, size, ping, bounce))
			return 2;
		printf("pingpong %5u B: median %.2f us  p99 %.2f us  lost %.0f\n", size,
		       s->rtt_us[0], s->rtt_us[1], s->rtt_us[2]);
	}
	fflush(stdout);
	return 0;
}

static void usage(void)
{
	printf("usage: wio_bench [options] [SENDER-URL RECEIVER-URL]\n"
	       "  -s N,N,...   packet sizes in bytes (64,1024,8192)\n"
	       "  -t SECONDS   for each size (1)\n"
	       "  -w BYTES     in flight at most, 0: flood (2097152)\n"
	       "  -b N         packets per call (64)\n"
	       "  -p / -P      ping-pong too / only\n"
	       "  -v           counters of both ends\n"
	       "  -A NS -B NS  network namespace of sender and receiver\n"
	       "URLs default to udp:127.0.0.1:0; see userspace/io/io.h\n");
}

static bool read_sizes(char *list)
{
	char *save = NULL;

	opt.sizes = 0;
	for (char *p = strtok_r(list, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		long v = strtol(p, NULL, 10);

		if (v < 1 || v > 65507 || opt.sizes == SIZES)
			return false;
		opt.size[opt.sizes++] = (uint32_t)v;
	}
	return opt.sizes > 0;
}

static bool read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:t:w:b:pPvA:B:h")) != -1) {
		switch (c) {
		case 's':
			if (!read_sizes(optarg))
				return false;
			break;
		case 't': opt.secs = strtod(optarg, NULL); break;
		case 'w': opt.window = strtoull(optarg, NULL, 10); break;
		case 'b': opt.burst = atoi(optarg); break;
		case 'P': opt.stream = false;	/* fall through */
		case 'p': opt.pingpong = true; break;
		case 'v': opt.stats = true; break;
		case 'A': opt.ns_a = optarg; break;
		case 'B': opt.ns_b = optarg; break;
		default: return false;
		}
	}
	if (argc - optind == 2) {
		opt.url_a = argv[optind];
		opt.url_b = argv[optind + 1];
	} else if (argc != optind) {
		return false;
	}
	return opt.burst >= 1 && opt.burst <= 256 && opt.secs > 0 && opt.secs <= 60;
}

int main(int argc, char **argv)
{
	struct shared *s;

	if (!read_options(argc, argv)) {
		usage();
		return 2;
	}
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return 2;
	for (int i = 0; i < opt.sizes; i++) {
		int err = run_size(s, opt.size[i]);

		if (err)
			return err;
	}
	return 0;
}
