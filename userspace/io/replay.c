/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pcap driver: replays the Weft packets of a capture, in recorded order and at the recorded
 * pace, or as fast as they are fetched (pace=0).  Decides which frames are Weft packets; sends
 * nothing.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/io/ether.h"
#include "userspace/io/pcapfile.h"

#define FILE_MAX	((off_t)4 << 30)

static const struct wio_key keys[] = {
	{ "pace", WIO_NUM, 0, 1, 1, NULL },
	{ "port", WIO_NUM, 0, 65535, WIO_UDP_PORT, NULL },
	{ "ethertype", WIO_NUM, 0x600, 0xffff, WIO_ETHERTYPE, NULL },
	{ "to", WIO_STR, 0, 0, 0, NULL },
	{ .name = NULL },
};

struct replay {
	struct wio w;
	uint64_t (*now)(void *arg);
	void *now_arg;
	bool pace;
	uint16_t port, ethertype;
	struct pcap_reader file;
	bool have;			/* |next| is the next packet to hand out */
	bool ended;
	struct wio_frame next;
	bool begun;			/* the first packet's times are known: */
	uint64_t first_ns;		/* when recorded */
	uint64_t began_ns;		/* when replayed */
	uint64_t rx_frames, rx_bytes;
	uint64_t other, malformed, cut, elsewhere, damaged;
};

/* Whether the packet of |rec| is one to hand out; if so it is |r->next|. */
static bool take(struct replay *r, const struct pcap_record *rec)
{
	struct ether_view v;
	int err = wio_ether_unwrap(rec->data, rec->len, r->ethertype, r->port, &v);

	if (rec->len < rec->orig) {
		r->cut++;
		return false;
	}
	r->other += err == -EPROTO;
	r->malformed += err == -EBADMSG;
	r->other += !err && v.len == 0;
	if (err || v.len == 0)
		return false;
	if (r->w.local.family && memcmp(&v.dst, &r->w.local, sizeof(v.dst))) {
		r->elsewhere++;
		return false;
	}
	r->next = (struct wio_frame){ .data = v.data, .len = v.len, .src = v.src, .ce = v.ce,
				      .entropy = v.src.port, .ts_ns = rec->ts_ns };
	return true;
}

static void look_ahead(struct replay *r)
{
	struct pcap_record rec;
	int more = 1;

	while (!r->have && !r->ended) {
		more = wio_pcap_next(&r->file, &rec);
		if (more > 0)
			r->have = take(r, &rec);
		else
			r->ended = true;
	}
	r->damaged += more < 0;
}

/* Recorders on several cores write packets that step back in time: those are due at once. */
static bool due(struct replay *r)
{
	if (!r->pace)
		return true;
	if (!r->begun) {
		r->begun = true;
		r->first_ns = r->next.ts_ns;
		r->began_ns = r->now(r->now_arg);
	}
	return r->next.ts_ns <= r->first_ns ||
	       r->now(r->now_arg) - r->began_ns >= r->next.ts_ns - r->first_ns;
}

static int replay_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct replay *r = (struct replay *)w;
	int n = 0;

	for (; n < max; n++) {
		look_ahead(r);
		if (!r->have || !due(r))
			break;
		f[n] = r->next;
		r->have = false;
		r->rx_frames++;
		r->rx_bytes += f[n].len;
	}
	return n == 0 && r->ended && !r->have ? -ENODATA : n;
}

static void replay_release(struct wio *w)
{
	(void)w;
}

static int replay_send(struct wio *w, const struct wio_tx *t, int n)
{
	(void)w;
	(void)t;
	(void)n;
	return -EROFS;
}

static int replay_fd(struct wio *w)
{
	(void)w;
	return -1;
}

static uint32_t replay_mtu(struct wio *w, const struct wio_addr *dst)
{
	(void)dst;
	return w->len_max;
}

static void replay_stats(struct wio *w, struct wio_stat_out *o)
{
	struct replay *r = (struct replay *)w;

	wio_stat_put(o, "rx_frames", r->rx_frames);
	wio_stat_put(o, "rx_bytes", r->rx_bytes);
	wio_stat_put(o, "pcap_skip_other", r->other);
	wio_stat_put(o, "pcap_skip_malformed", r->malformed);
	wio_stat_put(o, "pcap_skip_cut", r->cut);
	wio_stat_put(o, "pcap_skip_elsewhere", r->elsewhere);
	wio_stat_put(o, "pcap_damaged", r->damaged);
}

static void replay_close(struct wio *w)
{
	struct replay *r = (struct replay *)w;

	free(r->file.buf);
	free(r);
}

static const struct wio_ops ops = {
	.recv = replay_recv,
	.release = replay_release,
	.send = replay_send,
	.fd = replay_fd,
	.mtu = replay_mtu,
	.stats = replay_stats,
	.close = replay_close,
};

/* The whole of |fd| in memory, because packets are handed out as views that may be written to. */
static int read_all(int fd, uint8_t **buf, size_t *len)
{
	struct stat st;
	size_t size;
	uint8_t *p;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EISDIR;
	if (st.st_size > FILE_MAX)
		return -EFBIG;
	size = (size_t)st.st_size;
	p = malloc(size ? size : 1);
	if (!p)
		return -ENOMEM;
	*len = 0;
	while (*len < size) {
		ssize_t n = read(fd, p + *len, size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			free(p);
			return err;
		}
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	*buf = p;
	return 0;
}

static int load(struct replay *r, const struct wio_cfg *c)
{
	int fd = open(c->where, O_RDONLY | O_CLOEXEC);
	uint8_t *buf = NULL;
	size_t len = 0;
	const char *why;
	int err;

	if (fd < 0)
		return wio_fail(c, -errno, "pcap:%s: %s", c->where, strerror(errno));
	err = read_all(fd, &buf, &len);
	close(fd);
	if (err == -EISDIR)
		return wio_fail(c, err, "pcap:%s: not a regular file", c->where);
	if (err)
		return wio_fail(c, err, "pcap:%s: %s", c->where, strerror(-err));
	err = wio_pcap_begin(&r->file, buf, len, &why);
	if (err)
		return wio_fail(c, err, "pcap:%s: %s", c->where, why);
	return 0;
}

static int replay_open(const struct wio_cfg *c, struct wio **out)
{
	const char *to = wio_q_str(c->q, "to");
	struct wio_addr local = { .family = WIO_NONE };
	struct replay *r;
	int err;

	if (to && wio_addr_parse(to, &local))
		return wio_fail(c, -EINVAL,
				"carriage URL: to=%s: not an address such as 10.0.0.2:49190", to);
	r = calloc(1, sizeof(*r));
	if (!r)
		return wio_fail(c, -ENOMEM, "pcap: out of memory");
	r->w.ops = &ops;
	r->w.local = local;
	r->w.len_max = WIO_UDP_MAX;
	r->now = c->now;
	r->now_arg = c->now_arg;
	r->pace = wio_q_num(c->q, "pace");
	r->port = (uint16_t)wio_q_num(c->q, "port");
	r->ethertype = (uint16_t)wio_q_num(c->q, "ethertype");
	err = load(r, c);
	if (err)
		replay_close(&r->w);
	else
		*out = &r->w;
	return err;
}

const struct wio_driver wio_pcap_driver = {
	.name = "pcap",
	.abi = WIO_DRIVER_ABI,
	.keys = keys,
	.open = replay_open,
};
