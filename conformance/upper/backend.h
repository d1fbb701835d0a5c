/* SPDX-License-Identifier: 0BSD */
/*
 * The two devices on which the upper tester is tried: a port of libweft, and an RDMA device of the
 * operating system; and the socket through which a tester reaches either.
 */
#ifndef WEFT_UPPER_BACKEND_H
#define WEFT_UPPER_BACKEND_H

#include "conformance/upper/upper.h"

struct weft_port;
struct upper_libweft;
struct upper_verbs;

/*
 * An upper tester over port, which stays the caller's.  domain: the port's.  tester: its address,
 * which EP_CREATE may leave out; NULL: unknown.  NULL: out of memory.
 */
struct upper_libweft *upper_libweft_open(struct weft_port *port, uint32_t domain,
					 const char *tester);
void upper_libweft_close(struct upper_libweft *d);
/* Turn the port once and answer who asks; as weft_progress(). */
int upper_libweft_turn(struct upper_libweft *d);
const struct upper *upper_libweft(struct upper_libweft *d);

/*
 * An upper tester over the RDMA device of that name and its port 1.  NULL: with one sentence in
 * err.
 */
struct upper_verbs *upper_verbs_open(const char *device, char *err, size_t errlen);
void upper_verbs_close(struct upper_verbs *d);
const struct upper *upper_verbs(struct upper_verbs *d);

/*
 * Serve testers, one after the other, at "tcp:ADDRESS:PORT" or "unix:PATH", until *stop.  turn is
 * called between commands, and whenever fd (-1: none) is readable or due() nanoseconds have passed;
 * NULL: nothing to turn.  Prints "ready URL" when it can be connected to.  0, or a negative errno
 * with a sentence on standard error.
 */
struct upper_loop {
	const struct upper *upper;
	int fd;
	int (*turn)(void *arg);
	uint64_t (*due)(void *arg);
	void *arg;
	volatile int *stop;
};
int upper_serve(const char *url, const struct upper_loop *loop);
/* The same, and at "serial:TTY" or "mailbox:FILE", a file that the tester maps too. */
int upper_serve_at(const char *url, const struct upper_loop *loop);

#endif
