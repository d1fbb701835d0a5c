/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet, IPv4, IPv6 and UDP headers around a Weft packet, as bytes in a file or on a raw link.
 * Written for the recorder, the replay and the raw drivers; pure functions.
 */
#ifndef WEFT_USERSPACE_IO_ETHER_H
#define WEFT_USERSPACE_IO_ETHER_H

#include "userspace/io/driver.h"

#define ETHER_HDR_MAX	(14 + 40 + 8)	/* Ethernet + IPv6 + UDP */

/* The 14 bytes of an Ethernet header. */
void wio_ether_put(uint8_t p[WIO_ETH_HDR], const uint8_t dst[6], const uint8_t src[6],
		   uint16_t ethertype);

/*
 * wio_ether_wrap() writes the headers of a packet of |len| bytes, |iov| being its pieces, from
 * |src| to |dst|: those of UDP carriage with the right checksums and made-up MAC addresses, or
 * those of L2 with |ethertype|.  |ecn| is the IP header's ECN field.  Returns how many bytes of
 * |p| it wrote.
 */
size_t wio_ether_wrap(uint8_t p[ETHER_HDR_MAX], const struct wio_addr *src,
		      const struct wio_addr *dst, uint8_t ecn, uint16_t ethertype,
		      const struct wio_iov *iov, uint32_t n_iov, uint32_t len);

/* What wio_ether_unwrap found; |data| points into the frame. */
struct ether_view {
	uint8_t *data;
	uint32_t len;
	struct wio_addr src, dst;
	uint8_t ce;
};

/*
 * wio_ether_unwrap() finds the Weft packet in an Ethernet frame of |len| bytes: EtherType
 * |ethertype|, or an unfragmented UDP datagram from or to |port| (0: any).  One VLAN tag is
 * skipped.
 *
 * Returns 0; -EPROTO if it is other traffic; -EBADMSG if its lengths contradict each other.
 */
int wio_ether_unwrap(uint8_t *p, uint32_t len, uint16_t ethertype, uint16_t port,
		     struct ether_view *v);

#endif /* WEFT_USERSPACE_IO_ETHER_H */
