/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP, sending: runs of packets with equal destination, entropy and length leave as one GSO
 * message, everything offered as one sendmmsg.  Decides which packets share a message, which
 * pieces are copied together first and which the kernel gathers, and what a refusal by the system
 * means.
 */
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/io/udp.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

int wio_udp_tx_init(struct udp_tx *x)
{
	x->bounce = aligned_alloc(4096, UDP_BOUNCE);
	return x->bounce ? 0 : -ENOMEM;
}

static bool same_way(const struct wio_tx *a, const struct wio_tx *b)
{
	return a->entropy == b->entropy &&
	       (a->dst == b->dst || !memcmp(a->dst, b->dst, sizeof(*a->dst)));
}

static int tx_fd(const struct udp *u, const struct wio_tx *t)
{
	return u->n_entropy ? u->aux[t->entropy % u->n_entropy] : u->fd;
}

/*
 * How many of t[0 .. n) go into one message, t[0] being |len| bytes: equal length, but the last
 * may be shorter.  Stops before a malformed packet.  |*bytes| is their sum.
 */
static int run_length(const struct udp *u, const struct wio_tx *t, int n, int len, uint32_t *bytes)
{
	int k = 1;

	*bytes = (uint32_t)len;
	while (k < n && same_way(t, &t[k])) {
		int l = wio_tx_len(&u->w, &t[k]);

		if (l <= 0 || l > len || *bytes + (uint32_t)l > WIO_UDP_MAX)
			break;
		*bytes += (uint32_t)l;
		k++;
		if (l < len)
			break;
	}
	return k;
}

static void put_segment(struct msghdr *h, union udp_ctl *ctl, uint16_t seg)
{
	struct cmsghdr *c;

	h->msg_control = ctl;
	h->msg_controllen = CMSG_SPACE(sizeof(seg));
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(seg));
	memcpy(CMSG_DATA(c), &seg, sizeof(seg));
}

static void set_name(struct udp_tx *x, int m, const struct wio_addr *dst)
{
	struct msghdr *h = &x->mm[m].msg_hdr;

	if (m > 0 && dst == x->last_dst) {
		h->msg_name = x->mm[m - 1].msg_hdr.msg_name;
		h->msg_namelen = x->mm[m - 1].msg_hdr.msg_namelen;
		return;
	}
	h->msg_name = &x->name[m];
	h->msg_namelen = wio_udp_to_sockaddr(dst, &x->name[m]);
	x->last_dst = dst;
}

/* Where the pieces of the next message go. */
struct room {
	struct iovec *iov;	/* the next free one */
	uint8_t *to;		/* in the bounce buffer */
};

/*
 * Adds the pieces of |t|.  Short ones are copied together, one packet's end with the next one's
 * beginning: the kernel takes longer to start a copy than to do a short one.
 */
static void add_pieces(struct room *r, const struct iovec *first, const struct wio_tx *t)
{
	for (uint32_t i = 0; i < t->n_iov; i++) {
		const struct wio_iov *v = &t->iov[i];

		if (v->len > UDP_PIECE) {
			*r->iov++ = (struct iovec){ (void *)(uintptr_t)v->base, v->len };
			continue;
		}
		if (!v->len)
			continue;
		memcpy(r->to, v->base, v->len);
		if (r->iov > first && (uint8_t *)r->iov[-1].iov_base + r->iov[-1].iov_len == r->to)
			r->iov[-1].iov_len += v->len;
		else
			*r->iov++ = (struct iovec){ r->to, v->len };
		r->to += v->len;
	}
}

/* Makes message |m| of |k| packets of |seg| bytes, the last perhaps shorter. */
static void put_message(struct udp_tx *x, int m, const struct wio_tx *t, int k, int seg,
			struct room *r)
{
	struct msghdr *h = &x->mm[m].msg_hdr;

	h->msg_iov = r->iov;
	for (int i = 0; i < k; i++)
		add_pieces(r, h->msg_iov, &t[i]);
	h->msg_iovlen = (size_t)(r->iov - h->msg_iov);
	h->msg_control = NULL;
	h->msg_controllen = 0;
	set_name(x, m, t->dst);
	if (k > 1)
		put_segment(h, &x->ctl[m], (uint16_t)seg);
	x->pkts[m] = k;
}

/*
 * Builds messages of t[0 .. n) for one socket, bundles of at most |gso_max| packets.  Returns how
 * many messages, 0 with |*err| set when t[0] is malformed.
 */
static int build(struct udp *u, const struct wio_tx *t, int n, int gso_max, int *err)
{
	struct udp_tx *x = &u->tx;
	struct room r = { x->iov, x->bounce };
	int fd = tx_fd(u, t);
	int m = 0;

	x->last_dst = NULL;
	for (int i = 0; i < n && m < UDP_MSGS; m++) {
		int len = wio_tx_len(&u->w, &t[i]);
		int k;

		if (len < 0) {
			*err = len;
			break;
		}
		if (u->n_entropy && tx_fd(u, &t[i]) != fd)
			break;
		k = run_length(u, &t[i], n - i < gso_max ? n - i : gso_max, len, &x->bytes[m]);
		if (x->bytes[m] > (size_t)(x->bounce + UDP_BOUNCE - r.to) ||
		    k * WIO_IOV_MAX > x->iov + UDP_IOVS - r.iov)
			break;
		put_message(x, m, &t[i], k, len, &r);
		i += k;
	}
	return m;
}

static void count_sent(struct udp *u, int from, int m)
{
	const struct udp_tx *x = &u->tx;

	u->tx_calls++;
	for (int i = from; i < from + m; i++) {
		u->tx_frames += (uint64_t)x->pkts[i];
		u->tx_bytes += x->bytes[i];
		if (x->pkts[i] > 1)
			u->tx_gso += (uint64_t)x->pkts[i];
	}
}

enum outcome {
	SENT,	/* or lost: nothing more to do for these */
	BUSY,	/* the socket is full: later */
	SPLIT,	/* the system does not take this bundle: send its packets singly */
};

/* What the system's refusal of message |m| means.  Lost packets are counted here. */
static enum outcome refused(struct udp *u, int m, int error)
{
	uint64_t pkts = (uint64_t)u->tx.pkts[m];

	if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
		u->tx_busy++;
		return BUSY;
	}
	/* Longer than the path, or a path that cannot cut bundles (IPsec, no checksum offload). */
	if (pkts > 1 && (error == EINVAL || error == EIO || error == EMSGSIZE)) {
		u->tx_split++;
		return SPLIT;
	}
	if (error == EMSGSIZE)
		u->drop_mtu += pkts;
	else if (error == ENETUNREACH || error == EHOSTUNREACH || error == EPERM ||
		 error == EACCES || error == ENETDOWN || error == EADDRNOTAVAIL)
		u->drop_route += pkts;
	else
		u->drop_other += pkts;
	return SENT;
}

/*
 * Sends |n| messages by the cheapest call that can: sendmmsg's array and sendmsg's header cost 100
 * to 300 ns more than sendto.  Returns as sendmmsg does.
 */
static int send_messages(int fd, struct mmsghdr *mm, int n)
{
	struct msghdr *h = &mm->msg_hdr;
	ssize_t r;

	if (n > 1)
		return sendmmsg(fd, mm, (unsigned int)n, MSG_DONTWAIT);
	if (h->msg_controllen || h->msg_iovlen != 1)
		r = sendmsg(fd, h, MSG_DONTWAIT);
	else
		r = sendto(fd, h->msg_iov->iov_base, h->msg_iov->iov_len, MSG_DONTWAIT,
			   h->msg_name, h->msg_namelen);
	return r < 0 ? -1 : 1;
}

/* Sends the |m| messages built, on |fd|.  Adds to |*taken| the packets sent or lost. */
static enum outcome push(struct udp *u, int fd, int m, int *taken)
{
	struct udp_tx *x = &u->tx;
	int at = 0;

	while (at < m) {
		int r = send_messages(fd, &x->mm[at], m - at);
		enum outcome o;

		if (r > 0) {
			count_sent(u, at, r);
			for (; r > 0; r--)
				*taken += x->pkts[at++];
			continue;
		}
		if (errno == EINTR)
			continue;
		o = refused(u, at, errno);
		if (o != SENT)
			return o;
		*taken += x->pkts[at++];
	}
	return SENT;
}

/*
 * The packets of a refused bundle, one by one.  If they pass, bundles are what does not: no more.
 */
static enum outcome send_singly(struct udp *u, const struct wio_tx *t, int n, int *taken)
{
	uint64_t before = u->tx_frames;
	int done = 0, err = 0;
	int m = build(u, t, n, 1, &err);
	enum outcome o = push(u, tx_fd(u, t), m, &done);

	*taken += done;
	if (u->tx_frames - before == (uint64_t)n)
		u->gso_max = 1;
	return o;
}

int wio_udp_send(struct wio *w, const struct wio_tx *t, int n)
{
	struct udp *u = (struct udp *)w;
	int done = 0, err = 0;

	while (done < n) {
		int m = build(u, t + done, n - done, u->gso_max, &err);
		enum outcome o;

		if (m == 0)
			return done ? done : err;
		o = push(u, tx_fd(u, t + done), m, &done);
		if (o == SPLIT) {
			int k = 1;

			while (k < n - done && k < UDP_MSGS && same_way(t + done, t + done + k) &&
			       wio_tx_len(w, t + done + k) > 0)
				k++;
			o = send_singly(u, t + done, k, &done);
		}
		if (o == BUSY)
			break;
	}
	return done;
}
