/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual wire between two guests, or between a guest and a network device of this machine.
 *
 * Decides: what happens to each frame (lost, twice, late, out of order, a bit flipped), by a seed.
 * Leaves to QEMU the ends: each connects to a socket of ours and speaks frames after a length; to
 * wire_fate.c what a frame's fate is.
 */
#include "tools/vm/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX	65549u		/* QEMU's largest, and its Ethernet header */
#define ROOM		(1u << 18)	/* of what is read at once */
#define HELD_NS		20000000u	/* that others may overtake a frame, at most */
#define LOOK_NS		50000000u	/* between two looks at the control file */
#define FROM_TAP	64u		/* frames in one go */
#define DENSE_NS	100000u		/* frames that follow each other as closely as this ... */
#define GATHER_NS	100000u		/* ... are gathered so long, as cards do */

static const char usage[] =
"usage: wire --a SOCKET (--b SOCKET | --tap NAME) [--control FILE] [--stats FILE] [WORD=N...]\n"
"\n"
"A wire between two guests of QEMU (-netdev stream), or a guest and a TAP device.\n"
"\n"
"  loss=PCT dup=PCT reorder=PCT corrupt=PCT   chance of each frame, in percent (0)\n"
"  delay_us=N     every frame arrives that much later (0)\n"
"  seed=N         where the random choices start (1); the n-th frame of a direction always\n"
"                 meets the same fate\n"
"  all=1          ARP, neighbour discovery and TCP suffer too; they are spared by default, so\n"
"                 that a test's own control traffic gets through\n"
"\n"
"  --control FILE  words in this file replace the settings whenever it changes\n"
"  --stats FILE    what became of the frames of each direction, as JSON, at the end\n"
"  --tap NAME      makes this TAP device in the network namespace that the wire runs in\n"
"\n"
"Ends with SIGTERM, or when a guest's end closes.\n"
"Example: wire --a /tmp/a --b /tmp/b loss=1 seed=7\n"
"Exit: 0 ended, 1 a socket or device cannot be made, 2 wrong arguments\n";

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- ends -------------------------------------------------------------------------------- */

struct end {
	int fd;
	bool tap;
	uint8_t *in, *out;	/* what came and is no frame yet, what could not be sent yet */
	size_t n_in, n_out, room_out;
};

static void *memory(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);

	if (!p)
		die("memory");
	return p;
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(at.sun_path, path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		die(path);
	return fd;
}

/* Waits for the guest; the socket's name is gone then. */
static void accept_at(struct end *e, int door, const char *path)
{
	do
		e->fd = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (e->fd < 0 && errno == EINTR && !stop);
	if (stop)
		exit(0);
	if (e->fd < 0)
		die(path);
	close(door);
	unlink(path);
}

static void open_tap(struct end *e, const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	e->tap = true;
	e->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (e->fd < 0 || ioctl(e->fd, TUNSETIFF, &r))
		die(name);
}

/* A TAP takes a frame or loses it, as a card does; a guest's end gets it as soon as it can. */
static void put(struct end *e, const uint8_t *frame, uint32_t len)
{
	if (e->tap) {
		if (write(e->fd, frame, len) < 0)
			return;
		return;
	}
	if (e->n_out + 4 + len > e->room_out) {
		e->room_out = 2 * (e->n_out + 4 + len);
		e->out = memory(e->out, e->room_out);
	}
	for (unsigned i = 0; i < 4; i++)
		e->out[e->n_out++] = (uint8_t)(len >> (24 - 8 * i));
	memcpy(e->out + e->n_out, frame, len);
	e->n_out += len;
}

static void flush(struct end *e)
{
	ssize_t n;

	if (!e->n_out)
		return;
	n = send(e->fd, e->out, e->n_out, MSG_NOSIGNAL);
	if (n <= 0)
		return;
	e->n_out -= (size_t)n;
	memmove(e->out, e->out + n, e->n_out);
}

/* ---- a direction ------------------------------------------------------------------------- */

struct late {
	uint64_t due, order;
	uint8_t *frame;
	uint32_t len;
};

struct way {
	struct end *from, *to;
	struct wire_fates fates;
	uint64_t count[5];	/* frames, lost, doubled, reordered, corrupted */
	struct late *late;	/* a heap by (due, order) */
	size_t n_late, room_late;
	uint64_t order;
};

static const char *const counted[] = { "frames", "lost", "doubled", "reordered", "corrupted" };

static bool before(const struct late *a, const struct late *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void swap(struct late *a, struct late *b)
{
	struct late c = *a;

	*a = *b;
	*b = c;
}

static void keep(struct way *w, const uint8_t *frame, uint32_t len, uint64_t due)
{
	size_t i = w->n_late++;

	if (w->n_late > w->room_late) {
		w->room_late = 2 * w->n_late;
		w->late = memory(w->late, w->room_late * sizeof(*w->late));
	}
	w->late[i] = (struct late){ due, w->order++, memory(NULL, len), len };
	memcpy(w->late[i].frame, frame, len);
	for (; i && before(&w->late[i], &w->late[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&w->late[i], &w->late[(i - 1) / 2]);
}

static void drop_first(struct way *w)
{
	size_t i = 0, k;

	free(w->late[0].frame);
	w->late[0] = w->late[--w->n_late];
	while ((k = 2 * i + 1) < w->n_late) {
		if (k + 1 < w->n_late && before(&w->late[k + 1], &w->late[k]))
			k++;
		if (!before(&w->late[k], &w->late[i]))
			break;
		swap(&w->late[i], &w->late[k]);
		i = k;
	}
}

/* At once, if nothing is before it and it is not to wait. */
static void send_at(struct way *w, const uint8_t *frame, uint32_t len, uint64_t due, uint64_t now)
{
	if (due <= now && !w->n_late)
		put(w->to, frame, len);
	else
		keep(w, frame, len, due);
}

static void take(struct way *w, uint8_t *frame, uint32_t len, uint64_t now)
{
	struct wire_fate f = wire_fate(&w->fates, frame, len);
	uint64_t due = now + w->fates.set.delay_ns;

	w->count[0]++;
	w->count[1] += f.lost;
	if (f.lost)
		return;
	w->count[4] += f.corrupted;
	if (f.corrupted)
		frame[f.bit / 8] ^= (uint8_t)(1u << f.bit % 8);
	w->count[2] += f.doubled;
	if (f.doubled)
		send_at(w, frame, len, due, now);
	w->count[3] += f.late > 0;
	send_at(w, frame, len, due + (uint64_t)(f.late * HELD_NS), now);
}

/* What is due goes; when the next is, UINT64_MAX: none waits. */
static uint64_t deliver(struct way *w, uint64_t now)
{
	while (w->n_late && w->late[0].due <= now) {
		put(w->to, w->late[0].frame, w->late[0].len);
		drop_first(w);
	}
	flush(w->to);
	return w->n_late ? w->late[0].due : UINT64_MAX;
}

/* False: the end has closed, or speaks no frames. */
static bool receive_stream(struct way *w, uint64_t now)
{
	struct end *e = w->from;
	ssize_t n = recv(e->fd, e->in + e->n_in, ROOM, 0);
	size_t at = 0;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	e->n_in += (size_t)n;
	while (e->n_in - at >= 4) {
		const uint8_t *p = e->in + at;
		uint32_t len = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
			       p[3];

		if (len > FRAME_MAX) {
			fprintf(stderr, "wire: a frame of %u bytes: no end of QEMU's\n", len);
			return false;
		}
		if (e->n_in - at - 4 < len)
			break;
		take(w, e->in + at + 4, len, now);
		at += 4 + len;
	}
	e->n_in -= at;
	memmove(e->in, e->in + at, e->n_in);
	return true;
}

static void receive_tap(struct way *w, uint64_t now)
{
	ssize_t n;

	for (unsigned i = 0; i < FROM_TAP; i++) {
		n = read(w->from->fd, w->from->in, FRAME_MAX);
		if (n <= 0)
			return;
		take(w, w->from->in, (uint32_t)n, now);
	}
}

/* ---- the wire ----------------------------------------------------------------------------- */

struct wire {
	struct end end[2];
	struct way way[2];
	const char *control, *stats;
	struct timespec seen;
	uint64_t looked, came;	/* at the control file; when frames came last */
};

static void configure(struct wire *w, const struct wire_settings *set)
{
	for (unsigned i = 0; i < 2; i++)
		wire_fates_init(&w->way[i].fates, set, i);
}

/* A file that is half written is read at the next look. */
static void look_at_control(struct wire *w)
{
	char text[512] = "", *save = NULL;
	struct wire_settings set;
	struct stat st;
	FILE *f;

	if (!w->control || stat(w->control, &st) ||
	    (st.st_mtim.tv_sec == w->seen.tv_sec && st.st_mtim.tv_nsec == w->seen.tv_nsec))
		return;
	f = fopen(w->control, "r");
	if (!f)
		return;
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	wire_settings_init(&set);
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		if (!wire_setting(&set, word))
			return;
	w->seen = st.st_mtim;
	configure(w, &set);
}

static void tell(const struct wire *w)
{
	FILE *f = w->stats ? fopen(w->stats, "w") : NULL;

	if (!f)
		return;
	for (unsigned i = 0; i < 2; i++) {
		fputs(i ? ", {" : "[{", f);
		for (unsigned k = 0; k < 5; k++)
			fprintf(f, "%s\"%s\": %llu", k ? ", " : "", counted[k],
				(unsigned long long)w->way[i].count[k]);
		fputc('}', f);
	}
	fputs("]\n", f);
	fclose(f);
}

/*
 * Frames have come. Where they come densely, more are waited for, so that neither we nor the other
 * guest are woken for each: three programs share this machine's processors with what they measure.
 */
static uint64_t gather(struct wire *w, uint64_t now)
{
	bool dense = now - w->came < DENSE_NS;

	if (dense)
		nanosleep(&(struct timespec){ .tv_nsec = GATHER_NS }, NULL);
	w->came = dense ? now_ns() : now;
	return w->came;
}

/* False: an end has closed. */
static bool turn(struct wire *w)
{
	uint64_t now = now_ns(), due = now + LOOK_NS;
	struct pollfd p[2];
	struct timespec wait;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t next = deliver(&w->way[i], now);

		due = next < due ? next : due;
	}
	for (unsigned i = 0; i < 2; i++)
		p[i] = (struct pollfd){ .fd = w->end[i].fd,
					.events = POLLIN | (w->end[i].n_out ? POLLOUT : 0) };
	wait = (struct timespec){ .tv_nsec = due > now ? (long)(due - now) : 0 };
	if (ppoll(p, 2, &wait, NULL) < 0)
		return errno == EINTR;
	now = now_ns();
	if (now - w->looked > LOOK_NS) {
		w->looked = now;
		look_at_control(w);
	}
	if ((p[0].revents | p[1].revents) & POLLIN)
		now = gather(w, now);
	for (unsigned i = 0; i < 2; i++) {
		if (!(p[i].revents & (POLLIN | POLLHUP | POLLERR)))
			continue;
		if (w->end[i].tap)
			receive_tap(&w->way[i], now);
		else if (!receive_stream(&w->way[i], now))
			return false;
	}
	return true;
}

static int refuse(const char *what, const char *value)
{
	fprintf(stderr, "wire: %s '%s'; see wire --help\n", what, value);
	return 2;
}

struct arguments {
	const char *a, *b, *tap, *control, *stats;
	struct wire_settings set;
};

/* 0, or the exit status. */
static int read_arguments(struct arguments *x, int argc, char **argv)
{
	const struct { const char *name, **to; } known[] = {
		{ "--a", &x->a }, { "--b", &x->b }, { "--tap", &x->tap },
		{ "--control", &x->control }, { "--stats", &x->stats },
	};
	unsigned k;

	wire_settings_init(&x->set);
	for (int i = 1; i < argc; i++) {
		for (k = 0; k < 5 && strcmp(argv[i], known[k].name); k++)
			;
		if (k < 5) {
			if (i + 1 == argc)
				return refuse("nothing follows", argv[i]);
			*known[k].to = argv[++i];
		} else if (!wire_setting(&x->set, argv[i])) {
			return refuse("no such option, or word with a number:", argv[i]);
		}
	}
	if (!x->a || !x->b == !x->tap)
		return refuse("it takes --a SOCKET, and --b SOCKET or --tap NAME, not",
			      x->a ? "both or none" : "without --a");
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments x = { 0 };
	struct wire w = { 0 };
	int rc, door[2] = { -1, -1 };

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		fputs(usage, stdout);
		return 0;
	}
	rc = read_arguments(&x, argc, argv);
	if (rc)
		return rc;
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	for (unsigned i = 0; i < 2; i++) {
		w.end[i].in = memory(NULL, 2 * ROOM);
		w.way[i].from = &w.end[i];
		w.way[i].to = &w.end[!i];
	}
	w.control = x.control;
	w.stats = x.stats;
	configure(&w, &x.set);
	if (x.tap)
		open_tap(&w.end[1], x.tap);
	else
		door[1] = listen_at(x.b);
	door[0] = listen_at(x.a);
	accept_at(&w.end[0], door[0], x.a);
	if (!x.tap)
		accept_at(&w.end[1], door[1], x.b);
	prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
	while (!stop && turn(&w))
		;
	tell(&w);
	return 0;
}
