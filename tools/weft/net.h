/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands that talk to chips have in common: their options, opening a port that
 * reaches the chip, connecting, counters.
 *
 * Every function that can fail has said why (out_error) when it returns an exit status other
 * than EXIT_OK.
 */
#ifndef WEFT_TOOLS_NET_H
#define WEFT_TOOLS_NET_H

#include <jansson.h>
#include <weft/weft.h>

#include "tools/weft/opts.h"

/* Values of the common options; net_defaults() first. */
struct net {
	const char *url;	/* --port; NULL: found from the chip's address */
	const char *mode;	/* --mode: rud, rod; NULL: the best both have */
	const char *cc;		/* --cc; NULL: swift */
	const char *pcap;	/* --pcap; NULL: no recording */
	uint64_t domain;
	uint64_t window;	/* packets; 0: default */
	uint64_t paths;		/* ways to spray over; 0: one */
	uint64_t max_payload;	/* bytes; 0: what the carriage takes */
	uint64_t timeout_ns;
	uint64_t retries;	/* timeouts in a row before a chip counts as dead; 0: default */
	uint64_t chip_id;	/* ours; 0: derived */
	bool stats;
};

#define NET_OPTS 14
void net_defaults(struct net *n);
/* Fill the table of common options; it points into n. */
void net_opts(struct opt table[NET_OPTS], struct net *n);

/* WEFT_RUD, WEFT_ROD, 0 for none given; -1: said what is wrong. */
int net_mode(const struct net *n);

/* Open a port from which the chip at `to` can be reached; NULL: --port must be given. */
int net_open(const struct net *n, const char *to, struct weft_port **port);
/* Connect to the chip service at `to`. */
int net_chip(struct weft_port *port, const struct net *n, const char *to,
	     const struct weft_ep_opts *ep, struct weft_chip **chip);
/* Both of the above. */
int net_open_chip(const struct net *n, const char *to, struct weft_port **port,
		  struct weft_chip **chip);

/* Local IPv4 addresses of interfaces that are up, as "udp:ADDR:0".  Returns how many. */
struct net_url {
	char text[80];
};
int net_interfaces(struct net_url *urls, int max);

/* Counters that are not zero, as an object. */
json_t *net_counters(struct weft_port *port);
/* With --stats: print them to stderr, or with --json put them into doc (may be NULL). */
void net_stats(const struct net *n, struct weft_port *port, json_t *doc);

/* The exit status for a negative errno of libweft, with weft_error() said. */
int net_fail(struct weft_port *port, int err);

/* Read "KEY:ADDR" in hexadecimal or decimal.  0, or -EINVAL. */
int net_key_addr(const char *text, uint32_t *key, uint64_t *addr);

/* What a chip says of itself, as JSON. */
json_t *net_chip_json(const struct weft_chip_info *c);

#endif
