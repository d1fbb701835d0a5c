/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a run is made of: numbers with names.  Each is drawn from the seed by itself, so that
 * setting one by hand changes no other; and each has a calm value, at which it adds nothing to
 * a run, for the shrinker.
 */
#ifndef WEFT_TEST_FABRIC_CONFIG_H
#define WEFT_TEST_FABRIC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, calm, choices, what): choices are drawn with equal chance. */
#define FB_KEYS(X) \
	X(chips, 2, C(2, 2, 3, 4, 6, 8, 12, 16), "chips on the fabric") \
	X(ports, 1, C(1, 1, 2, 4), "ports of each chip") \
	X(leaves, 1, C(1, 1, 2, 3, 4), "leaf switches of each port's plane") \
	X(spines, 1, C(1, 2, 4), "spine switches") \
	X(gbps, 100, C(10, 100, 400), "rate of the links") \
	X(delay, 300, C(100, 300, 1000, 10000), "ns on a link") \
	X(spread, 0, C(0, 0, 1, 4), "links' delays differ by up to so many times that") \
	X(queue, 1024, C(16, 64, 256, 1024), "KiB of a port's queue; beyond it packets are lost") \
	X(trim, 0, C(0, 1), "1: a full queue trims packets instead of losing them") \
	X(conns, 1, C(1, 4, 8, 16, 32), "connections") \
	X(ops, 10, C(10000, 20000, 40000), "work requests of the whole run") \
	X(quota, 1000000, C(50, 500, 5000, 50000), "work requests of a connection's life") \
	X(depth, 1, C(1, 4, 16, 64, 128), "work requests that an end has outstanding") \
	X(payload, 1024, C(64, 64, 128, 256, 1024), "bytes in a packet, at most") \
	X(packets, 1, C(1, 1, 2, 8, 32), "packets in a message, about, at most") \
	X(mode, 1, C(0, 0, 1, 1, 2), "0: RUD and ROD, 1: RUD, 2: ROD") \
	X(window, 16, C(16, 64, 64, 256, 1024, 4096), "packets of a context's window, at most") \
	X(paths, 1, C(1, 4, 16, 256), "paths of a context") \
	X(holds, 1024, C(0, 2, 16, 64, 1024), "places for packets before their turn") \
	X(law, 1, C(0, 0, 0, 1, 2, 3, 4), "congestion law: 0 any, else its number plus 1") \
	X(ack_every, 8, C(1, 2, 8, 32), "packets that an acknowledgement may wait for") \
	X(retry, 200, C(200, 200, 8, 4), "timeouts in a row; few of them excuse failures") \
	X(streams, 32, C(32, 32, 8, 2), "streams of a context, at most") \
	X(slots, 32, C(32, 32, 8, 3), "contexts of a chip, at most") \
	X(pool, 0, C(0, 0, 0, 16, 64), "blocks of working memory of a chip; 0: each has its own") \
	X(cookie, 0, C(0, 0, 0, 30, 100), "percent of new contexts asked for a cookie") \
	X(relaxed, 0, C(0, 50, 100), "percent of regions that take data out of order") \
	X(coalesce, 0, C(0, 200, 1000, 3000), "ns that packets wait for a turn, at most") \
	X(loss, 0, C(0, 0, 0, 65, 650, 3000), "of 65536 packets on a link are lost") \
	X(burst, 0, C(0, 0, 0, 4, 30), "of 65536 packets on a link begin a burst of losses") \
	X(burst_ns, 1000, C(1000, 20000), "ns of a burst") \
	X(dup, 0, C(0, 0, 65, 650), "of 65536 packets on a link come twice") \
	X(reorder, 0, C(0, 0, 65, 650, 6500), "of 65536 packets on a link are late") \
	X(reorder_ns, 5000, C(1000, 5000, 50000), "ns that they are, at most") \
	X(corrupt, 0, C(0, 0, 65, 650), "of 65536 packets on a link have a bit changed") \
	X(outage, 0, C(0, 0, 0, 1000, 10000), "us between outages of links, about; 0: none") \
	X(outage_us, 500, C(100, 500, 5000), "us that one lasts, at most") \
	X(restart, 0, C(0, 0, 0, 3000, 20000), "us between restarts of chips, about; 0: none") \
	X(jump, 0, C(0, 0, 500, 5000), "us between leaps of a chip's clock, about; 0: none") \
	X(jump_us, 1000, C(1, 1000, 1000000), "us that it leaps, at most") \
	X(late, 0, C(0, 0, 0, 8, 100), "of 256 answers come late") \
	X(late_ns, 5000, C(500, 5000, 50000), "ns that they do, at most") \
	X(fail, 0, C(0, 0, 0, 30), "of 65536 actions fail") \
	X(slow, 0, C(0, 0, 0, 16, 128), "of 256 receive buffers are not posted at once") \
	X(bad, 0, C(0, 0, 20, 200), "of 65536 work requests are wrong") \
	X(abrupt, 0, C(0, 0, 30), "percent of connections end with work outstanding") \
	X(reduce, 0, C(0, 10, 40), "weight of REDUCE, beside 100 of the first four operations") \
	X(flush, 0, C(0, 5), "weight of FLUSH") \
	X(signal, 0, C(0, 0, 4, 16), "of 64 messages with data also raise a signal") \
	X(inval, 0, C(0, 0, 2, 8), "of 64 SENDs also invalidate a key") \
	X(atomics, 0, C(0, 1), "1: all atomics, widths and masks; 0: FADD and CAS of 8 bytes") \
	X(drain, 0, C(0, 0, 100, 1000), "of 65536 posts are followed by a drain") \
	X(srq, 0, C(0, 0, 50, 100), "percent of streams that share receive buffers") \
	X(buffers, 64, C(2, 16, 64), "of these, on each chip") \
	X(ls, 0, C(0, 0, 20, 100), "of 256 looks for work that load and store too") \
	X(rd, 0, C(0, 0, 20, 100), "of 256 looks for work that post reliable datagrams") \
	X(ud, 0, C(0, 0, 10), "of 256 looks for work that send unreliable datagrams") \
	X(credit, 0, C(0, 0, 30, 100), "percent of contexts that wait for credit") \
	X(grantor, 1, C(0, 1, 1), "1: credit is granted as the port's rate allows; 0: at once") \
	X(choice, 1, C(0, 0, 0, 1, 2, 3), "rule for paths: 0 any, else its number plus 1") \
	X(planes, 1, C(0, 1), "1: a port reaches the ports of its number only") \
	X(portfail, 0, C(0, 0, 1000, 5000), "us between failures of a port, about; 0: none") \
	X(cut, 0, C(0, 0, 0, 65, 650), "of 65536 packets on a link are trimmed") \
	X(check, 1, C(1), "expensive checks: 0 none, 1 now and then, 2 after every turn") \
	X(trace, 0, C(0), "number, plus 1, of a connection whose actions are printed")

#define FB_FAULTS FB_FAULT_COUNT
enum fb_fault {			/* what is counted of the faults that came to pass */
	FB_LOST, FB_BURST, FB_DUP, FB_LATE_PKT, FB_CORRUPT, FB_OUTAGE, FB_RESTART, FB_JUMP,
	FB_LATE_ANSWER, FB_FAILED_ACTION, FB_RNR, FB_WRONG, FB_ABRUPT, FB_REJECTED, FB_BUSY,
	FB_CTX_FAILED, FB_COOKIE, FB_STARVED, FB_TRIMMED, FB_PORT_FAILED, FB_NO_BUFFER,
	FB_FAULT_COUNT
};
extern const char *const fb_fault_name[FB_FAULT_COUNT];

/* What is counted of the work that was done, all of it complete with OK unless said otherwise. */
#define FB_DEEDS(X) \
	X(SEND) X(WRITE) X(READ) X(ATOMIC) X(REDUCE) X(FLUSH) X(WITH_IMM) X(WITH_SIGNAL) \
	X(WITH_INVALIDATE) X(MASKED_ATOMIC) X(NARROW_ATOMIC) X(REFUSED) X(FLUSHED) X(FAILED) \
	X(DRAINED) X(SHARED_RECEIVE) X(WINDOW_BOUND) X(WINDOW_UNBOUND) X(WINDOW_REFUSED) X(LOAD) \
	X(STORE) X(MASKED_STORE) X(LS_ATOMIC) X(LS_REFUSED) X(RD) X(RD_REFUSED) X(UD_SENT) \
	X(UD_RECEIVED) X(UD_DROPPED) X(CREDIT_CONTEXT) X(GRANT) X(PEER_PORT)
enum fb_deed {
#define D(name) FB_DID_##name,
	FB_DEEDS(D)
#undef D
	FB_DEED_COUNT
};
extern const char *const fb_deed_name[FB_DEED_COUNT];

struct fb_cfg {
	uint64_t seed;
#define X(name, calm, choices, what) uint32_t name;
	FB_KEYS(X)
#undef X
};

struct fb_key {
	const char *name, *what;
	size_t offset;		/* of a uint32_t in struct fb_cfg */
	uint32_t calm;
};
extern const struct fb_key fb_keys[];
extern const uint32_t fb_n_keys;

static inline uint32_t *fb_value(struct fb_cfg *cfg, uint32_t key)
{
	return (uint32_t *)(void *)((char *)cfg + fb_keys[key].offset);
}

/* Draws everything from the seed. */
void fb_draw(struct fb_cfg *cfg, uint64_t seed);
/* Sets "name=value"; false: there is no such name, or the value is no number. */
bool fb_set(struct fb_cfg *cfg, const char *text);
/* Brings everything into range, e.g. of a command line. */
void fb_tame(struct fb_cfg *cfg);
/* The words of a command line that make this run: --seed N, and --set for what is not drawn. */
void fb_words(const struct fb_cfg *cfg, char *out, size_t size);

#endif
