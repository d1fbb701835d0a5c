/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device under test in the tester's own process: what a shared object must offer.
 *
 *	weft-conform run --dut inproc:./mychip.so?OPTIONS
 *
 * For software stacks, models and RTL in a simulator that is compiled to C or C++ (Verilator).  The
 * object exports one function, weft_dut_entry().  Nothing of Weft is needed to build it but this
 * file.
 *
 * Time is virtual and the device's own: it starts at 0 and passes in run() alone, as fast as the
 * device can work.  Nothing else may let it depend on a clock, on chance or on an address in
 * memory: two devices opened with the same options and seed, given the same packets at the same
 * times, must do the same.  One thread calls, one function at a time.
 */
#ifndef WEFT_DUT_H
#define WEFT_DUT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_DUT_ABI	2u

struct weft_dut_packet {
	const uint8_t *bytes;	/* from the delivery header to the CRC; borrowed for the call */
	uint32_t len;
	uint16_t entropy;	/* path choice of the carriage (UDP source port); 0: none */
	uint8_t ce;		/* 1: the carriage says "congestion experienced" */
	uint8_t port;		/* of the device, from 0 */
};

struct weft_dut_config {
	const char *options;	/* what follows '?' in the URL, "" if nothing; borrowed */
	uint64_t seed;		/* all that the device chooses by chance follows from it */
	/* The device sends a packet: only within run(), which then returns soon. */
	void (*transmit)(void *tester, const struct weft_dut_packet *p);
	void *tester;
};

struct weft_dut_ops {
	uint32_t abi;		/* WEFT_DUT_ABI; 1: as if upper were NULL */
	uint32_t mtu;		/* bytes of the longest packet that the device takes */
	uint32_t ports;		/* at least 1 */
	uint8_t family;		/* of its address: 1 UDP over IPv4, 2 over IPv6, 3 Ethernet */
	const char *name;	/* for reports */
	/* A fresh device at time 0: 0 and the device, or -1 and one sentence in err. */
	int (*open)(const struct weft_dut_config *c, void **dev, char *err, size_t errlen);
	void (*close)(void *dev);
	/* A packet arrives, now.  More may follow before the next run(). */
	void (*receive)(void *dev, const struct weft_dut_packet *p);
	/*
	 * Work, and let time pass, until the device has transmitted or the time is until_ns.
	 * Returns the time that it is then: at most until_ns, and not before the last return.
	 */
	uint64_t (*run)(void *dev, uint64_t until_ns);
	/*
	 * A command of the upper tester (conformance/upper/upper.h) of len bytes: the response into
	 * rsp[2048], and its length.  NULL, or 0: there is no upper tester.
	 */
	uint32_t (*upper)(void *dev, const uint8_t *cmd, uint32_t len, uint8_t *rsp);
};

/* The only symbol that the tester looks for.  Static storage. */
const struct weft_dut_ops *weft_dut_entry(void);

#ifdef __cplusplus
}
#endif

#endif
