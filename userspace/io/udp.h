/* SPDX-License-Identifier: BSD-2-Clause */
/* The UDP driver's state, shared by udp.c (set-up), udp_rx.c and udp_tx.c. */
#ifndef WEFT_USERSPACE_IO_UDP_H
#define WEFT_USERSPACE_IO_UDP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "userspace/io/driver.h"

#define UDP_SLOTS	64	/* datagrams fetched by one recvmmsg, at most */
#define UDP_FETCH_BYTES	(256u << 10)	/* and about as many bytes: what stays in the cache */
#define UDP_DATAGRAM	65536	/* one receive buffer: the longest datagram or GRO bundle */
/* An odd number of cache lines more, so that the buffers' first lines fall into different sets. */
#define UDP_STRIDE	(UDP_DATAGRAM + 17 * 64)
#define UDP_GSO_MAX	64	/* packets in one GSO send (UDP_MAX_SEGMENTS of older kernels) */
#define UDP_MSGS	64	/* messages in one sendmmsg */
#define UDP_IOVS	1024	/* pieces in one sendmmsg */
#define UDP_PIECE	1024	/* bytes up to which a piece is copied: measured, see README.md */
#define UDP_BOUNCE	(256u << 10)	/* bytes put together for one sendmmsg */
#define UDP_ENTROPIES	64	/* extra send sockets, at most */
#define UDP_CTL		128	/* bytes of control messages: TOS, GRO size */

union udp_name {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* A control buffer with the alignment that CMSG_ macros ask for. */
union udp_ctl {
	struct cmsghdr align;
	uint8_t b[UDP_CTL];
};

struct udp_rx {
	struct mmsghdr mm[UDP_SLOTS];
	struct iovec iov[UDP_SLOTS];
	union udp_name name[UDP_SLOTS];
	union udp_ctl ctl[UDP_SLOTS];
	uint8_t *mem;		/* UDP_SLOTS buffers, UDP_STRIDE apart */
	int got, at;		/* datagrams fetched, and the one being handed out */
	uint32_t off;		/* bytes of datagram |at| handed out */
	uint32_t seg;		/* GRO packet length of datagram |at|; 0: not begun */
	struct wio_frame model;	/* what the packets of datagram |at| have in common */
	uint32_t want;		/* datagrams to ask for: follows their size */
	uint32_t empties;	/* calls that found nothing, for the turn of the other sockets */
	int aux_at;		/* whose turn it is */
	bool bcast;		/* what was fetched came by the broadcast socket */
};

struct udp_tx {
	struct mmsghdr mm[UDP_MSGS];
	struct iovec iov[UDP_IOVS];
	union udp_name name[UDP_MSGS];
	union udp_ctl ctl[UDP_MSGS];
	uint8_t *bounce;	/* UDP_BOUNCE bytes: short pieces are put together here */
	int pkts[UDP_MSGS];	/* packets in each message */
	uint32_t bytes[UDP_MSGS];	/* and their sum */
	const struct wio_addr *last_dst;	/* of the message before, while building */
};

struct udp {
	struct wio w;
	uint64_t (*now)(void *arg);
	void *now_arg;
	int fd;				/* the bound socket */
	int epfd;			/* fd and the others, or -1 when fd is alone */
	int aux[UDP_ENTROPIES + 1];	/* send sockets, then the broadcast socket */
	int n_entropy;			/* send sockets in aux; 0: send by fd */
	int n_aux;
	bool has_bcast;			/* aux[n_aux - 1] is the broadcast socket */
	int gso_max;			/* packets in one GSO send; 1: no GSO */
	struct udp_rx rx;
	struct udp_tx tx;

	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
	uint64_t rx_calls, tx_calls;	/* system calls that moved something */
	uint64_t rx_gro;		/* packets that came in bundles */
	uint64_t tx_gso;		/* packets that left in bundles */
	uint64_t tx_split;		/* bundles the system refused, sent singly instead */
	uint64_t rx_empty;		/* datagrams without a byte, dropped */
	uint64_t rx_trunc;		/* datagrams longer than can be, dropped */
	uint64_t rx_own;		/* our own broadcasts coming back, dropped */
	uint64_t tx_busy;		/* sends put off because the socket was full */
	uint64_t drop_mtu;		/* packets longer than the path carries */
	uint64_t drop_route;		/* no route, or refused by a filter */
	uint64_t drop_other;
};

int wio_udp_recv(struct wio *w, struct wio_frame *f, int max);
void wio_udp_release(struct wio *w);
int wio_udp_send(struct wio *w, const struct wio_tx *t, int n);
int wio_udp_rx_init(struct udp_rx *rx);
void wio_udp_rx_fini(struct udp_rx *rx);
int wio_udp_tx_init(struct udp_tx *x);
socklen_t wio_udp_to_sockaddr(const struct wio_addr *a, union udp_name *n);
void wio_udp_from_sockaddr(const union udp_name *n, struct wio_addr *a);

#endif /* WEFT_USERSPACE_IO_UDP_H */
