/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Co-simulation: a device under test in another process, under virtual time.
 *
 * For simulators that cannot be linked into the tester (VCS, Questa, a model in another language,
 * an FPGA behind a host program).  The two talk over a Unix socket of type SOCK_SEQPACKET: one
 * message a packet, each a struct wc_cosim followed by `len` bytes, in the byte order of the
 * machine that both are on.  The tester starts the simulator with the socket as file descriptor 3,
 * or connects to one that listens:
 *
 *	weft-conform run --dut 'cosim:COMMAND WITH ARGUMENTS'
 *	weft-conform run --dut cosim:unix:PATH
 *
 * Lock-step: the tester asks, the simulator answers; time passes in RUN alone.
 *
 *	tester                              simulator
 *	RESET  ns = seed                ->  a fresh device at time 0
 *	                                <-  READY  len, bytes: struct wc_cosim_ready
 *	PACKET len, bytes               ->  arrives now; no answer.  More may follow.
 *	RUN    ns = until               ->  let time pass until the device has sent, or `until`
 *	                                <-  PACKET ns = when it was sent, len, bytes; none or more
 *	                                <-  DONE   ns = the time that it is now, at most `until`
 *
 * A packet is from the delivery header to the CRC: what carries it (Ethernet, UDP) is the
 * simulator's own affair.  The tester ends by closing the socket; the simulator then ends itself.
 */
#ifndef WEFT_CONFORMANCE_COSIM_H
#define WEFT_CONFORMANCE_COSIM_H

#include <stdint.h>

#define WC_COSIM_FD	3		/* of a simulator that the tester has started */
#define WC_COSIM_MAGIC	0x57434f53u	/* in READY */
#define WC_COSIM_ABI	1u
#define WC_COSIM_MAX	16384u		/* bytes behind the header */

enum wc_cosim_kind {
	WC_COSIM_RESET = 1, WC_COSIM_READY = 2, WC_COSIM_PACKET = 3, WC_COSIM_RUN = 4,
	WC_COSIM_DONE = 5,
};

struct wc_cosim {
	uint32_t kind;		/* enum wc_cosim_kind */
	uint32_t len;		/* bytes that follow */
	uint64_t ns;		/* as said above */
};

struct wc_cosim_ready {
	uint32_t magic, abi;
	uint32_t mtu;		/* bytes of the longest packet that the device takes */
	uint32_t family;	/* of its address, as NEIGHBOUR has it: 1 UDP4, 2 UDP6, 3 L2 */
};

#endif
