/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The adapter: how packets and time reach the device under test.
 *
 * One interface for a device on a network (port_wio.c: udp, packet, ...) and for one in this
 * process under virtual time (port_inproc.c).  It moves packets and knows no protocol.
 */
#ifndef WEFT_CONFORMANCE_PORT_H
#define WEFT_CONFORMANCE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wc_port;

/* A packet of the device; bytes are valid until the next call on the same port. */
struct wc_pkt {
	const uint8_t *bytes;
	uint32_t len;
	bool padded;		/* the carriage may have made it longer (Ethernet) */
	bool stranger;		/* it came from another address than the device's */
	bool ce;		/* the IP header around it says CE, as far as there is one */
};

struct wc_port_ops {
	/* Send one packet.  0, or a negative errno: the carriage did not take it. */
	int (*send)(struct wc_port *p, const uint8_t *bytes, uint32_t len);
	/*
	 * Packets of the device, at most max.  If there are none, lets time pass until there is one
	 * or it is until_ns by now().  How many, or a negative errno: the carriage is dead.
	 */
	int (*recv)(struct wc_port *p, struct wc_pkt *pkt, int max, uint64_t until_ns);
	/* Time in nanoseconds, monotonic. */
	uint64_t (*now)(struct wc_port *p);
	/* Bytes of the longest packet that reaches the device. */
	uint32_t (*mtu)(struct wc_port *p);
	/*
	 * A device as after power-on, and time 0.  NULL: cannot be done.  0, or a negative errno
	 * with one sentence in err.
	 */
	int (*reset)(struct wc_port *p, uint64_t seed, char *err, size_t errlen);
	/*
	 * A command of the upper tester (upper/upper.h) of len bytes; its response into
	 * rsp[UPPER_FRAME], and its length; 0: no response.  NULL: there is no such way.
	 */
	uint32_t (*upper)(struct wc_port *p, const uint8_t *cmd, uint32_t len, uint8_t *rsp);
	void (*close)(struct wc_port *p);
};

/* What each driver's own structure begins with. */
struct wc_port {
	const struct wc_port_ops *ops;
	bool virtual_time;	/* time passes in recv() alone: everything repeats itself */
	uint8_t family;		/* of the device's address, as NEIGHBOUR has it */
	char local[64];		/* where we send from, for people */
	/*
	 * What became of a device of our own keeping, as a code: CRASHED, HUNG (it does not come
	 * back from a call), NONSENSE (it breaks the adapter's rules), RUNAWAY (it floods us).
	 * NULL: it lives.
	 */
	const char *fate;
};

#define WC_PORT_BURST 64

/*
 * Find the device at url, from our carriage local (NULL: the driver's default).  seed is for a
 * device whose chance we choose.  0, or a negative errno with one sentence in err.
 */
int wc_port_open(const char *url, const char *local, uint64_t seed, struct wc_port **out,
		 char *err, size_t errlen);
/* Can url be that of a device?  0, or -EINVAL with one sentence in err; nothing is opened. */
int wc_port_check(const char *url, char *err, size_t errlen);
/* NULL is allowed. */
void wc_port_close(struct wc_port *p);

int wc_port_open_wio(const char *url, const char *local, struct wc_port **out, char *err,
		     size_t errlen);
int wc_port_check_wio(const char *url, char *err, size_t errlen);
int wc_port_open_inproc(const char *url, uint64_t seed, struct wc_port **out, char *err,
			size_t errlen);
int wc_port_open_cosim(const char *url, uint64_t seed, struct wc_port **out, char *err,
		       size_t errlen);

#endif
