/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carriage: how Weft packets travel between hosts.
 *
 * This file decides the one interface that libweft, the reference chip and weft-conform use to send
 * and receive packets, whatever carries them.  It knows no protocol: a packet is bytes, the first
 * byte being the first byte of Weft's delivery header.  What those bytes mean, retransmission,
 * pacing and who talks to whom are the caller's.
 *
 * A carriage is chosen by a URL, "DRIVER:WHERE?key=value&key=value":
 *
 *	udp:10.0.0.1  udp:10.0.0.1:49190  udp:[::1]  udp:127.0.0.1:0	UDP socket bound there
 *	packet:eth0						raw Ethernet, AF_PACKET rings
 *	dpdk:net_memif0,role=client  dpdk:net_af_packet0,iface=eth0	any DPDK poll-mode driver
 *	pcap:file.pcap						replay of a capture
 *	mem:NAME						a hub in this process, for tests
 *
 * and two shims any of them may be wrapped in by query keys: impairment (loss=, dup=, reorder=,
 * corrupt=, delay_us=, jitter_us=, rate=, seed=, at=) and recording (pcap=, pcap_max=).  All keys,
 * with their ranges, are in userspace/io/README.md; an unknown key or value is refused by
 * wio_open.
 *
 * One caller at a time per carriage; different carriages may be used by different threads.  No call
 * blocks (wio_open and wio_close excepted) and none starts a thread.
 */
#ifndef WEFT_USERSPACE_IO_IO_H
#define WEFT_USERSPACE_IO_IO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WIO_UDP_PORT	49190	/* destination port when an address names none */
#define WIO_ETHERTYPE	0x88b5	/* IEEE 802 local experimental ethertype 1 */
#define WIO_IOV_MAX	4	/* pieces of one packet: headers, payload, trailer */
#define WIO_BURST	64	/* as many frames per call as pay off; more is allowed */
#define WIO_ADDR_STRLEN	64	/* holds any address as text, with its NUL */

enum wio_family {
	WIO_NONE = 0,	/* no address */
	WIO_UDP4 = 1,
	WIO_UDP6 = 2,
	WIO_L2 = 3,
};

/*
 * An address.  No padding, and unused bytes are zero: compare with memcmp, hash all 24 bytes.
 */
struct wio_addr {
	uint8_t ip[16];		/* UDP4: bytes 0-3; UDP6: all; L2: MAC in bytes 0-5; rest 0 */
	uint32_t scope;		/* UDP6 link-local: interface index; otherwise 0 */
	uint16_t port;		/* UDP: port, host byte order; L2: 0 */
	uint8_t family;		/* enum wio_family */
	uint8_t rsv;		/* 0 */
};

/*
 * A received packet: a view of memory the carriage owns, valid until the next wio_recv,
 * wio_release or wio_close on the same carriage.  The caller may write into it (decryption in
 * place) but never past data + len.
 */
struct wio_frame {
	uint8_t *data;		/* Weft packet, without Ethernet, IP and UDP headers */
	uint32_t len;		/* bytes; on L2 a short packet comes with its Ethernet padding (up
				 * to 46 bytes in all): its own headers tell its true length */
	uint16_t entropy;	/* UDP source port as seen; 0 on L2 */
	uint8_t ce;		/* 1: the IP header said "congestion experienced"; L2: always 0 */
	uint8_t bcast;		/* 1: was sent to the broadcast address, not to us alone */
	uint64_t ts_ns;		/* when it was taken from the driver, CLOCK_MONOTONIC (or
				 * opts->now); pcap replay: as recorded, ns since 1970 */
	struct wio_addr src;	/* where an answer goes */
};

/* One piece of a packet to send; the layout of struct iovec. */
struct wio_iov {
	const void *base;
	size_t len;		/* bytes; 0 is allowed */
};

/*
 * A packet to send.  Everything it points to is borrowed for the call: wio_send has read what it
 * took before it returns.  Packets in a row with equal dst, entropy and length travel together
 * where the carriage can (UDP GSO: ten times cheaper), so keep runs together.
 */
struct wio_tx {
	struct wio_iov iov[WIO_IOV_MAX];	/* gathered in order */
	uint32_t n_iov;				/* 1 .. WIO_IOV_MAX */
	uint16_t entropy;			/* path choice; used when the carriage has several
						 * send ports (udp: entropies=N), else ignored */
	uint16_t rsv;				/* 0 */
	const struct wio_addr *dst;		/* of the carriage's family */
};

/* Options that a URL cannot express.  All zero is the default; a NULL pointer is all zero. */
struct wio_opts {
	const char *query;		/* more "key=value&key=value", as in the URL; NULL: none */
	uint64_t (*now)(void *arg);	/* clock in ns for ts_ns, delays and replay, such as a
					 * test's virtual time; NULL: CLOCK_MONOTONIC */
	void *now_arg;
};

/* One counter; the name is static storage and never changes its meaning. */
struct wio_stat {
	const char *name;
	uint64_t value;
};

struct wio;	/* an open carriage */

/*
 * wio_open() opens the carriage |url| names.  |opts| may be NULL.
 *
 * Returns 0 and a carriage in |*out|, which wio_close ends; or a negative errno and, in |err|, one
 * sentence that says what was wrong and what to do (always NUL-terminated; |err| may be NULL).
 */
int wio_open(const char *url, const struct wio_opts *opts, struct wio **out, char *err,
	     size_t errlen);

/* wio_close() sends nothing more, flushes a recording and frees |w|.  NULL is allowed. */
void wio_close(struct wio *w);

/*
 * wio_recv() fetches up to |max| packets into |f| and releases those of the call before.
 *
 * Returns how many, 0 for none now, or a negative errno when the carriage is dead (-ENETDOWN,
 * -ENODATA: a replay is at its end); a peer's mistakes are never errors.
 */
int wio_recv(struct wio *w, struct wio_frame *f, int max);

/*
 * wio_release() gives the views of the last wio_recv back early, so that the driver can reuse
 * them.
 */
void wio_release(struct wio *w);

/*
 * wio_send() sends |n| packets, in order.
 *
 * Returns how many were taken; fewer than |n| means the driver is full: offer the rest again
 * later. Taken means handed to the network, which may lose them; what the local system refused (no
 * route, too long for the path) is taken too and counted in the statistics.  A negative errno,
 * with nothing taken, when packet 0 is malformed: -EINVAL (no or too many pieces), -EMSGSIZE
 * (longer than any packet of this carriage), -EAFNOSUPPORT (an address of another family); -EROFS:
 * a replay.
 */
int wio_send(struct wio *w, const struct wio_tx *t, int n);

/*
 * wio_fd() returns a descriptor that poll(2) finds readable when wio_recv has something to fetch,
 * or -1 if the host must call wio_recv at its own pace.  Sleep on it only after a wio_recv that
 * returned 0.  It stays the carriage's.
 */
int wio_fd(struct wio *w);

/*
 * wio_mtu() returns the length in bytes of the longest Weft packet that |dst| can be sent, or, with
 * NULL, that any destination can.  Asks the system: not for every packet.  0: no way to |dst|.
 */
uint32_t wio_mtu(struct wio *w, const struct wio_addr *dst);

/*
 * wio_local() returns the carriage's own address, as a peer may send to it; valid until wio_close.
 */
const struct wio_addr *wio_local(const struct wio *w);

/*
 * wio_broadcast_addr() stores in |a| the address that reaches every carriage of the neighbourhood,
 * for discovery: Ethernet broadcast, or the IPv4 subnet's broadcast on WIO_UDP_PORT
 * (127.255.255.255 on loopback; carriages on other ports of that subnet listen there too), or
 * IPv6's all-nodes group.
 *
 * Returns 0, or -EADDRNOTAVAIL if this carriage has none.
 */
int wio_broadcast_addr(const struct wio *w, struct wio_addr *a);

/*
 * wio_stats() copies up to |max| counters into |s|: frames and bytes each way, drops by cause.
 * Returns how many there are, which may be more than |max|.
 */
int wio_stats(struct wio *w, struct wio_stat *s, int max);

/* wio_url() returns the URL the carriage was opened with; valid until wio_close. */
const char *wio_url(const struct wio *w);

/*
 * wio_addr_parse() reads an address: "10.0.0.2", "10.0.0.2:49190", "::1", "[::1]:49190",
 * "[fe80::1%eth0]:49190", "02:00:00:00:00:01".  A UDP address without a port gets WIO_UDP_PORT.
 *
 * Returns 0, or -EINVAL with |*a| zeroed.
 */
int wio_addr_parse(const char *text, struct wio_addr *a);

/* wio_addr_str() writes |a| as text that wio_addr_parse reads back; returns |buf|. */
char *wio_addr_str(const struct wio_addr *a, char buf[WIO_ADDR_STRLEN]);

#ifdef __cplusplus
}
#endif

#endif /* WEFT_USERSPACE_IO_IO_H */
