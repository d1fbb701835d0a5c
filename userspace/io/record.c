/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder: writes every packet the host sends and receives into a pcap file, with the headers
 * the wire would show.  Decides when bytes reach the file: whole records only, when 64 KiB have
 * gathered, every 200 ms while the host calls, and at the end; so a killed process leaves a
 * readable file.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "userspace/io/ether.h"
#include "userspace/io/pcapfile.h"

#define BUF_BYTES	(256u << 10)
#define FLUSH_BYTES	(64u << 10)
#define FLUSH_NS	200000000u
#define ECT0		2
#define CE		3

const struct wio_key wio_record_keys[] = {
	{ "pcap", WIO_STR, 0, 0, 0, NULL },
	{ "pcap_max", WIO_NUM, 4096, UINT64_MAX, 64u << 20, NULL },
	{ .name = NULL },
};

struct record {
	struct wio w;
	uint64_t (*now)(void *arg);
	void *now_arg;
	uint64_t epoch_ns;	/* what to add to |now| for ns since 1970; 0 in virtual time */
	int file;		/* -1: given up after a write error */
	uint16_t ethertype;
	uint8_t *buf;		/* BUF_BYTES */
	size_t used;
	uint64_t flushed_at;	/* by |now| */
	uint64_t size, max;	/* bytes of the file with what is in buf, and its limit */
	uint64_t frames, over, failed;	/* recorded; beyond the limit; lost to a write error */
	uint64_t pending;	/* records in buf */
};

bool wio_record_wanted(const struct wio_query *q)
{
	return wio_q_given(q, "pcap");
}

static void flush(struct record *r, uint64_t now)
{
	size_t at = 0;

	r->flushed_at = now;
	while (at < r->used && r->file >= 0) {
		ssize_t n = write(r->file, r->buf + at, r->used - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {	/* full disk: the traffic matters more than its picture */
			close(r->file);
			r->file = -1;
			r->frames -= r->pending;
			r->failed += r->pending;
			break;
		}
		at += (size_t)n;
	}
	r->used = 0;
	r->pending = 0;
}

/* One packet of |len| bytes at time |now|. */
static void record(struct record *r, const struct wio_addr *src, const struct wio_addr *dst,
		   uint8_t ecn, const struct wio_iov *iov, uint32_t n_iov, uint32_t len,
		   uint64_t now)
{
	size_t most = PCAP_REC_HDR + ETHER_HDR_MAX + (size_t)len, hdr;
	uint8_t *p;

	if (r->file < 0) {
		r->failed++;
		return;
	}
	if (r->size + most > r->max) {
		r->over++;
		return;
	}
	if (r->used + most > BUF_BYTES)
		flush(r, now);
	p = r->buf + r->used;
	hdr = wio_ether_wrap(p + PCAP_REC_HDR, src, dst, ecn, r->ethertype, iov, n_iov, len);
	wio_pcap_rec_header(p, now + r->epoch_ns, (uint32_t)hdr + len);
	p += PCAP_REC_HDR + hdr;
	for (uint32_t i = 0; i < n_iov; i++) {
		if (iov[i].len)
			memcpy(p, iov[i].base, iov[i].len);
		p += iov[i].len;
	}
	hdr += PCAP_REC_HDR + len;
	r->used += hdr;
	r->size += hdr;
	r->frames++;
	r->pending++;
}

static void flush_if_due(struct record *r, uint64_t now)
{
	if (r->used >= FLUSH_BYTES || (r->used && now - r->flushed_at >= FLUSH_NS))
		flush(r, now);
}

static int record_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct record *r = (struct record *)w;
	int n = w->inner->ops->recv(w->inner, f, max);
	uint64_t now;

	if (n <= 0 && !r->used)
		return n;
	now = r->now(r->now_arg);
	for (int i = 0; i < n; i++) {
		struct wio_iov v = { f[i].data, f[i].len };

		record(r, &f[i].src, f[i].bcast ? &w->bcast : &w->local, f[i].ce ? CE : ECT0, &v, 1,
		       f[i].len, now);
	}
	flush_if_due(r, now);
	return n;
}

static void record_release(struct wio *w)
{
	w->inner->ops->release(w->inner);
}

static int record_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct record *r = (struct record *)w;
	int taken = w->inner->ops->send(w->inner, t, n);
	uint64_t now;

	if (taken <= 0)
		return taken;
	now = r->now(r->now_arg);
	for (int i = 0; i < taken; i++)
		record(r, &w->local, t[i].dst, ECT0, t[i].iov, t[i].n_iov,
		       (uint32_t)wio_tx_len(w, &t[i]), now);
	flush_if_due(r, now);
	return taken;
}

static int record_fd(struct wio *w)
{
	return w->inner->ops->fd(w->inner);
}

static uint32_t record_mtu(struct wio *w, const struct wio_addr *dst)
{
	return w->inner->ops->mtu(w->inner, dst);
}

static void record_stats(struct wio *w, struct wio_stat_out *o)
{
	struct record *r = (struct record *)w;

	w->inner->ops->stats(w->inner, o);
	wio_stat_put(o, "pcap_frames", r->frames);
	wio_stat_put(o, "pcap_over", r->over);
	wio_stat_put(o, "pcap_failed", r->failed);
}

static void record_close(struct wio *w)
{
	struct record *r = (struct record *)w;

	flush(r, 0);
	if (r->file >= 0)
		close(r->file);
	w->inner->ops->close(w->inner);
	free(r->buf);
	free(r);
}

static const struct wio_ops ops = {
	.recv = record_recv,
	.release = record_release,
	.send = record_send,
	.fd = record_fd,
	.mtu = record_mtu,
	.stats = record_stats,
	.close = record_close,
};

static uint64_t epoch_offset(const struct wio_cfg *c)
{
	struct timespec t;

	if (c->virtual_time)
		return 0;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec - c->now(c->now_arg);
}

static int open_file(struct record *r, const struct wio_cfg *c)
{
	const char *path = wio_q_str(c->q, "pcap");

	r->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (r->file < 0)
		return wio_fail(c, -errno, "recording to %s: %s", path, strerror(errno));
	wio_pcap_file_header(r->buf);
	r->used = r->size = PCAP_FILE_HDR;
	flush(r, r->now(r->now_arg));
	if (r->file < 0)
		return wio_fail(c, -EIO, "recording to %s: cannot write there", path);
	return 0;
}

int wio_record_open(const struct wio_cfg *c, struct wio *inner, struct wio **out)
{
	struct record *r = calloc(1, sizeof(*r));
	uint8_t *buf = malloc(BUF_BYTES);
	uint16_t type = (uint16_t)wio_q_num(c->q, "ethertype");
	int err;

	if (!r || !buf) {
		free(buf);
		free(r);
		return wio_fail(c, -ENOMEM, "recording: out of memory");
	}
	r->w = *inner;
	r->w.ops = &ops;
	r->w.inner = inner;
	r->now = c->now;
	r->now_arg = c->now_arg;
	r->epoch_ns = epoch_offset(c);
	r->ethertype = type ? type : WIO_ETHERTYPE;
	r->max = wio_q_num(c->q, "pcap_max");
	r->buf = buf;
	err = open_file(r, c);
	if (err) {
		free(buf);
		free(r);
		return err;
	}
	*out = &r->w;
	return 0;
}
