/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port: this program's attachment to the fabric.  Opening, turning, counters.
 *
 * Every port is a chip to the others: it has a Chip ID, a class, limits, and says so when asked.
 */
#ifndef WEFT_PORT_PUBLIC_H
#define WEFT_PORT_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_SECOND	1000000000ull
#define WEFT_MSEC	1000000ull
#define WEFT_USEC	1000ull
#define WEFT_FOREVER	UINT64_MAX	/* as a timeout */
#define WEFT_ERROR_MAX	512		/* bytes that hold any error text, NUL included */
#define WEFT_ADDR_MAX	64		/* bytes that hold any address as text, NUL included */
#define WEFT_NAME_MAX	64		/* bytes that hold a chip's name, NUL included */

struct weft_port;

struct weft_port_opts {
	uint64_t chip_id;	/* EUI-64; 0: derived from this machine and the port's address, so
				 * that it is the same after a restart */
	uint32_t incarnation;	/* 0: random.  Must differ from that of earlier starts */
	uint32_t vendor;	/* OUI, right-aligned */
	uint8_t chip_class;	/* enum weft_chip_class; 0: CPU */
	uint8_t modes;		/* WEFT_RUD | WEFT_ROD that we claim; 0: both */
	uint16_t max_payload;	/* bytes we receive in a packet, 64..65408; 0: what the carriage
				 * takes, at most 16384 */
	uint16_t window;	/* packets received per context, power of two, 16..4096; 0: 1024 */
	uint16_t paths;		/* ways to spray a context over, 1..256; 0: 1.  Needs a carriage
				 * with as many: udp:...?entropies=N */
	uint32_t profiles;	/* WEFT_PROFILE_* claimed besides CORE; 0: AI if RUD is claimed */
	uint32_t withheld;	/* WEFT_OFFER_* that this chip does not offer; 0: it offers all
				 * that the library has.  What is withheld is neither used nor
				 * done, but for TRIM, PROBE, CREDIT and SIGNAL, which are done if
				 * a peer asks for them all the same */
	uint16_t windows;	/* windows in one context, the other chip's and ours, 1..2048;
				 * 0: 64 */
	uint16_t mem_tags;	/* operations on windows outstanding in one context, 1..256;
				 * 0: 64 */
	uint16_t rd_tags;	/* reliable datagrams of ours outstanding in one context, 1..256;
				 * 0: 64 */
	uint8_t rd_rnr_retry;	/* times a reliable datagram is sent again for want of a receive
				 * buffer, 1..6; 0, 7: no end */
	const char *name;	/* for people, < WEFT_NAME_MAX bytes; NULL: the program's name */
	uint32_t domain;	/* 24 bits: domain of endpoints and memory that name none, and the
				 * one that others may open contexts in; 0 is a domain too */
	int any_domain;		/* not 0: others may open contexts in every domain */
	uint32_t max_contexts;	/* pairs (chip, domain, mode) at a time, 1..65536; 0: 256 */
	uint32_t max_peers;	/* chips remembered, 16..2^20; 0: 1024 */
	uint32_t max_eps;	/* endpoints at a time, 1..65536; 0: 4096 */
	uint16_t max_streams;	/* endpoints in one context, 1..4096; 0: 256 */
	uint16_t holds;		/* packets of a context kept before their turn, 0..1024; 0: as many
				 * as 16 MiB hold, or the window.  WEFT_NO_HOLDS: none */
	uint8_t retry_limit;	/* timeouts in a row before a chip counts as dead; 0: 12,
				 * which is about 2 s */
	uint64_t min_rto_ns;	/* retransmission timeout at least; 0: 10 ms with RUD, 2 ms with
				 * ROD */
	uint64_t max_rto_ns;	/* at most; 0: 250 ms */
	uint64_t keepalive_ns;	/* probe a silent chip that has endpoints; 0: 2 s;
				 * WEFT_FOREVER: never */
	uint64_t idle_ns;	/* close unused contexts after; 0: 10 s; WEFT_FOREVER: never */
	uint32_t init_window;	/* congestion window at the start, packets; 0: 64 */
	uint64_t target_ns;	/* queueing delay the congestion control aims at; 0: 500 us over
				 * software carriages */
	int fixed_window;	/* not 0: no congestion control, the window is init_window */
	const char *cc;		/* congestion law: "swift", "nscc", "dcqcn", "credit", "fixed";
				 * NULL: "swift", or "fixed" if fixed_window is set */
	const char *path_law;	/* which of several paths a packet takes: "oblivious",
				 * "least-marked", "recycled"; NULL: "oblivious" */
	uint32_t link_mbps;	/* the link's rate, for nscc and dcqcn, and what credit grants to
				 * all who send to us; 0: not known, and all demands are granted */
	uint32_t answers_per_s;	/* answers to packets of no context, at most; 0: 10000 */
	int always_cookie;	/* not 0: whoever opens a context must show first that it hears us,
				 * which costs it a round trip; 0: only when the table of contexts
				 * is nearly full, or a chip seems to have started again */
	uint64_t seed;		/* not 0: keys, context numbers and incarnation follow from it, for
				 * tests that repeat themselves; 0: the system's random numbers */
	uint64_t (*now)(void *arg);	/* clock in ns, monotonic; NULL: CLOCK_MONOTONIC */
	void *now_arg;
};
#define WEFT_NO_HOLDS	0xffffu

/*
 * Open a port on the carriage that url names, "udp:10.0.0.1", "packet:eth0", "udp:127.0.0.1:0?
 * loss=0.01&seed=7"; the grammar and every key are in userspace/io/README.md.
 *
 * opts: borrowed for the call; NULL: defaults.  Stores the port, which is the caller's until
 * weft_close().  err receives a sentence on failure; NULL is allowed.
 *
 * Errors: -EINVAL (url or an option), -ENOMEM, or what the carriage says.
 */
int weft_open(const char *url, const struct weft_port_opts *opts, struct weft_port **port,
	      char *err, size_t errlen);

/*
 * Close a port: peers of connected endpoints are told, then everything made from the port,
 * endpoints, memory, completion queues, is freed.  NULL is allowed.  Does not wait: to be sure
 * that all is delivered, wait for the completions first.
 */
void weft_close(struct weft_port *port);

/*
 * One turn: receive a burst, act, send what may be sent, run timers.  Never blocks, does a
 * bounded amount of work.  Call it again soon after completions or events were found: what is to
 * be sent, acknowledgements included, then waits for that turn, to travel with the answer.
 *
 * Returns a measure of what was done, 0 for nothing, or a negative errno when the carriage is
 * dead.
 */
int weft_progress(struct weft_port *port);

/*
 * Turn until something has happened, or timeout_ns have passed; sleeps in poll(2) between.
 *
 * Returns as weft_progress(): 0 is a timeout.  -EINTR when a signal arrived.
 */
int weft_wait(struct weft_port *port, uint64_t timeout_ns);

/* For an event loop of the caller's: call weft_progress() when the descriptor is readable, and no
 * later than weft_deadline_ns() from now.  The descriptor is the port's; -1: there is none, turn
 * at your own pace.  weft_deadline_ns(): 0 at once, WEFT_FOREVER: only when readable.  Call it
 * after weft_progress() returned 0. */
int weft_fd(const struct weft_port *port);
uint64_t weft_deadline_ns(struct weft_port *port);

/* The clock of this port. */
uint64_t weft_now(const struct weft_port *port);

/* What the last failed call on this port, or on anything made from it, found wrong.  Valid until
 * the next failure; never NULL, "" if nothing failed. */
const char *weft_error(const struct weft_port *port);

uint64_t weft_port_chip_id(const struct weft_port *port);
uint32_t weft_port_incarnation(const struct weft_port *port);
uint32_t weft_port_domain(const struct weft_port *port);
/* The address that others reach this port at, as text; valid until weft_close(). */
const char *weft_port_addr(const struct weft_port *port);
/* The longest payload that a packet to addr (text; NULL: to anybody) may carry. */
uint32_t weft_port_payload(struct weft_port *port, const char *addr);

/* ---- Counters -------------------------------------------------------------------- */

struct weft_counter {
	const char *name;	/* static storage, such as "rx_packets", "drop_CRC" */
	uint64_t value;
};

/*
 * Counters since the port was opened, closed contexts included: packets and bytes, one
 * drop_<CAUSE> for each cause that the specification names, retransmissions by reason,
 * answers, and those of the carriage as io_<name>.
 *
 * Stores up to max.  Returns how many there are, which may be more.
 */
int weft_counters(struct weft_port *port, struct weft_counter *c, int max);
/*
 * The counters of another chip, by the same names: those that it has and the specification names.
 *
 * to: an address as in weft_connect().  Waits, at most timeout_ns.  Stores up to max.  Returns how
 * many there are, which may be more.  Errors: -EINVAL (address), -ENOENT (chip: not known),
 * -ETIMEDOUT (it does not answer: not there, or it does not tell), or as weft_wait().
 */
int weft_remote_counters(struct weft_port *port, const char *to, uint64_t timeout_ns,
			 struct weft_counter *c, int max);
/* The counter of that name; 0 if there is none. */
uint64_t weft_counter(struct weft_port *port, const char *name);

/* A context, as it is now. */
struct weft_context_info {
	uint64_t chip_id;		/* of the other chip */
	char addr[WEFT_ADDR_MAX];	/* where it is */
	uint32_t id, peer_id;		/* context numbers; peer_id 0: not known yet */
	uint32_t domain;
	uint8_t mode;			/* WEFT_RUD or WEFT_ROD */
	uint8_t initiator;		/* we opened it */
	const char *state;		/* name of the state; static storage */
	uint32_t eps;			/* endpoints on it */
	uint32_t features;		/* WEFT_OFFER_* that both chips offer; 0: not known */
	uint32_t cwnd_pkts;
	uint64_t srtt_ns, min_rtt_ns, rto_ns;
	uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes;
	uint64_t retransmits;
};

/* Contexts now open.  Stores up to max; returns how many there are. */
int weft_contexts(struct weft_port *port, struct weft_context_info *info, int max);
/* Counters of one context, by its number: as weft_counters(); -ENOENT: no such context. */
int weft_context_counters(struct weft_port *port, uint32_t id, struct weft_counter *c, int max);
/*
 * Ask the other chip of a context for the counters that it keeps of it; WEFT_EP_TELEMETRY tells
 * that they are there, for weft_context_told().  Errors: -ENOENT, -EAGAIN (too much is under way:
 * turn and ask again), -ENOTCONN.
 */
int weft_context_ask(struct weft_port *port, uint32_t id);
/* What it answered last.  Stores up to max; returns how many there are.  Errors: -ENOENT (no such
 * context, or it has not answered). */
int weft_context_told(struct weft_port *port, uint32_t id, struct weft_counter *c, int max);

#ifdef __cplusplus
}
#endif

#endif
