/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark's parts.  A case is measured for a fraction of a second at a time and cases take
 * turns, so that what the machine does to one it does to the others; ratios are taken within a
 * round.
 */
#ifndef WEFT_BENCH_BENCH_H
#define WEFT_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_NS 150000000ull	/* one sample takes about so long */

struct bench_case {
	const char *name;		/* in results; never changes its meaning */
	const char *what;		/* for people */
	const char *unit;
	const char *beside;		/* name of the case it is divided by; NULL: none */
	bool more_is_better;
	uint32_t arg;			/* bytes, mostly */
	/* One sample, in |unit|; negative: it could not be taken. */
	double (*measure)(uint32_t arg);
};

/* sock.c: plain sockets of our own writing */
double sock_udp_rtt(uint32_t bytes);
double sock_udp_rtt_sleeping(uint32_t bytes);
double sock_tcp_stream(uint32_t bytes);
/* weft.c: libweft over UDP */
double weft_send_rtt(uint32_t bytes);
double weft_send_rtt_sleeping(uint32_t bytes);
double weft_write_rtt(uint32_t bytes);
double weft_write_done(uint32_t bytes);
double weft_write_stream(uint32_t bytes);
double weft_read_stream(uint32_t bytes);
double weft_atomic_rate(uint32_t depth);
/* engine.c: two engines back to back */
double engine_plain(uint32_t which);
double engine_best(uint32_t which);		/* of a table there */
uint64_t engine_count(const char *name, uint64_t n);	/* 0: no such case */
double engine_headers(uint32_t payload);
double engine_crc(uint32_t payload);
double engine_sends(uint32_t payload);
double engine_atomics(uint32_t depth);

/* util.c */
uint64_t now_ns(void);
uint64_t cpu_ns(void);		/* that this thread has had a processor for */
/* This process runs on processor n from now on, if there are so many. */
void pin(int n);

/*
 * Runs body(arg, fd) in a child on processor 1; the parent goes on on processor 0 and gets the
 * other end of a socket pair.  The child ends when body returns, which it does when the parent
 * calls part().  Returns the child's number, negative on failure.
 */
int fork_peer(void (*body)(uint32_t arg, int fd), uint32_t arg, int *fd);
void part(int child, int fd);
/* All n bytes, or false. */
bool give(int fd, const void *buf, uint32_t n);
bool take(int fd, void *buf, uint32_t n);
/* Has the other end been closed? */
bool parted(int fd);

#endif
