/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP, receiving: recvmmsg into fixed buffers, GRO bundles cut into packets again.  Decides how
 * much one system call fetches; a bundle that does not fit into the caller's array waits here and
 * is handed out by the next calls without a system call.
 */
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "userspace/io/udp.h"

#ifndef UDP_GRO
#define UDP_GRO		104
#endif
#define DROPS		64	/* calls in one wio_recv while all they fetch is dropped */
#define AUX_TURN	8	/* one call in so many looks at the other sockets */

int wio_udp_rx_init(struct udp_rx *rx)
{
	uint8_t *mem = mmap(NULL, (size_t)UDP_SLOTS * UDP_STRIDE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -ENOMEM;
	rx->mem = mem;
	rx->want = 1;
	for (int i = 0; i < UDP_SLOTS; i++) {
		struct msghdr *h = &rx->mm[i].msg_hdr;

		rx->iov[i].iov_base = mem + (size_t)i * UDP_STRIDE;
		rx->iov[i].iov_len = UDP_DATAGRAM;
		h->msg_iov = &rx->iov[i];
		h->msg_iovlen = 1;
		h->msg_name = &rx->name[i];
		h->msg_control = &rx->ctl[i];
		h->msg_namelen = sizeof(rx->name[i]);
		h->msg_controllen = sizeof(rx->ctl[i]);
	}
	return 0;
}

void wio_udp_rx_fini(struct udp_rx *rx)
{
	if (rx->mem)
		munmap(rx->mem, (size_t)UDP_SLOTS * UDP_STRIDE);
	rx->mem = NULL;
}

/*
 * How many datagrams to ask for next.  One, when they come one by one: the kernel's look for a
 * second costs as much as a system call.  Four times as many while all asked for came; fewer when
 * they are long, because a burst should still be in the cache when it is read.
 */
static void adapt(struct udp_rx *rx)
{
	uint64_t sum = 0, cap;
	uint32_t got = (uint32_t)rx->got;

	for (uint32_t i = 0; i < got; i++)
		sum += rx->mm[i].msg_len;
	rx->want = got == rx->want ? 4 * got : got;
	cap = UDP_FETCH_BYTES * (uint64_t)got / (sum + 1);
	if (rx->want > cap)
		rx->want = cap < 4 ? 4 : (uint32_t)cap;
	if (rx->want > UDP_SLOTS)
		rx->want = UDP_SLOTS;
}

/* As recvmmsg; a single datagram costs less by recvmsg. */
static int receive(int fd, struct mmsghdr *mm, uint32_t n)
{
	ssize_t r;

	if (n > 1)
		return recvmmsg(fd, mm, n, MSG_DONTWAIT, NULL);
	r = recvmsg(fd, &mm->msg_hdr, MSG_DONTWAIT);
	if (r < 0)
		return -1;
	mm->msg_len = (unsigned int)r;
	return 1;
}

/* One system call.  1: something was fetched, 0: nothing there, negative: the socket is dead. */
static int fetch(struct udp *u, int fd)
{
	struct udp_rx *rx = &u->rx;
	int r;

	/* The kernel wrote the lengths of those it used; the others are untouched. */
	for (int i = 0; i < rx->got; i++) {
		rx->mm[i].msg_hdr.msg_namelen = sizeof(rx->name[i]);
		rx->mm[i].msg_hdr.msg_controllen = sizeof(rx->ctl[i]);
	}
	rx->got = rx->at = 0;
	rx->off = rx->seg = 0;
	r = receive(fd, rx->mm, rx->want);
	if (r > 0) {
		rx->got = r;
		u->rx_calls++;
		adapt(rx);
		return 1;
	}
	rx->want = 1;
	if (r == 0 || errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ||
	    errno == ENOMEM || errno == ENOBUFS || errno == EHOSTUNREACH)
		return 0;
	return -errno;
}

/* The bound socket at every call; the others in turn, when there is time or once in a while. */
static int fetch_any(struct udp *u)
{
	struct udp_rx *rx = &u->rx;
	bool turn = u->n_aux && (++rx->empties % AUX_TURN) == 0;
	int r;

	rx->bcast = false;
	if (!turn) {
		r = fetch(u, u->fd);
		if (r || !u->n_aux)
			return r;
		return 0;
	}
	rx->aux_at = (rx->aux_at + 1) % u->n_aux;
	r = fetch(u, u->aux[rx->aux_at]);
	if (r)
		rx->bcast = u->has_bcast && rx->aux_at == u->n_aux - 1;
	else
		r = fetch(u, u->fd);
	return r;
}

/* Reads what is common to a datagram's packets.  False: drop it. */
static bool begin(struct udp *u, uint64_t now)
{
	struct udp_rx *rx = &u->rx;
	struct mmsghdr *m = &rx->mm[rx->at];
	struct msghdr *h = &m->msg_hdr;
	struct wio_frame *f = &rx->model;
	int seg = 0, tos = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&seg, CMSG_DATA(c), sizeof(seg));
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			tos = *CMSG_DATA(c);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
			memcpy(&tos, CMSG_DATA(c), sizeof(tos));
	}
	u->rx_empty += m->msg_len == 0;
	u->rx_trunc += (h->msg_flags & MSG_TRUNC) != 0;
	if (m->msg_len == 0 || (h->msg_flags & MSG_TRUNC))
		return false;
	rx->seg = seg > 0 && (uint32_t)seg < m->msg_len ? (uint32_t)seg : m->msg_len;
	rx->off = 0;
	wio_udp_from_sockaddr(&rx->name[rx->at], &f->src);
	f->entropy = f->src.port;
	f->ce = (tos & 3) == 3;
	f->bcast = rx->bcast;
	f->ts_ns = now;
	if (rx->bcast && !memcmp(&f->src, &u->w.local, sizeof(f->src))) {
		u->rx_own++;
		return false;
	}
	return true;
}

/* Hands out packets of what was fetched, up to |max|. */
static int hand_out(struct udp *u, struct wio_frame *f, int max, uint64_t now)
{
	struct udp_rx *rx = &u->rx;
	int n = 0;

	while (rx->at < rx->got && n < max) {
		uint32_t len = rx->mm[rx->at].msg_len;
		uint8_t *data = rx->iov[rx->at].iov_base;

		if (!rx->seg && !begin(u, now)) {
			rx->at++;
			continue;
		}
		for (; n < max && rx->off < len; n++) {
			uint32_t left = len - rx->off;

			f[n] = rx->model;
			f[n].data = data + rx->off;
			f[n].len = left < rx->seg ? left : rx->seg;
			rx->off += f[n].len;
			u->rx_bytes += f[n].len;
			u->rx_gro += rx->seg < len;
		}
		if (rx->off == len) {
			rx->at++;
			rx->seg = 0;
		}
	}
	u->rx_frames += (uint64_t)n;
	return n;
}

int wio_udp_recv(struct wio *w, struct wio_frame *f, int max)
{
	struct udp *u = (struct udp *)w;
	int r, n = 0;

	if (max <= 0)
		return 0;
	if (u->rx.at < u->rx.got)
		n = hand_out(u, f, max, u->rx.model.ts_ns);
	/* What is dropped here is not "nothing there": look on, within bounds. */
	for (int i = 0; i < DROPS && n == 0; i++) {
		r = fetch_any(u);
		if (r <= 0)
			return r;
		n = hand_out(u, f, max, u->now(u->now_arg));
	}
	return n;
}

/* The buffers are ours and stay; what was fetched and not yet handed out stays too. */
void wio_udp_release(struct wio *w)
{
	(void)w;
}
