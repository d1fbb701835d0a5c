/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device under test: how to reach it, how long to wait for it, what it claims.
 */
#ifndef WEFT_CONFORMANCE_DUT_H
#define WEFT_CONFORMANCE_DUT_H

#include "conformance/frame.h"
#include "conformance/port.h"

struct wc_view;
struct wc_ut;

#define WC_PATIENCE_MS 2000u	/* for an answer that must come, where nothing else is said */

/* What the device said of itself before the cases ran; each transcript repeats it. */
struct wc_claims {
	bool hello;		/* it answered HELLO: the rest is meaningful */
	struct wc_hello h;
	struct wc_limits limits;	/* all zero if it sent none */
	bool personality;	/* it accepted a stream of SERVICE_PERSONALITY */
	bool chip;		/* it accepted a stream of SERVICE_CHIP */
	bool two_domains;	/* it opened a context in the second domain of the suite too */
	bool mailboxes;		/* it has the datagram queues of the personality */
	unsigned upper;		/* level of its upper tester; 0: none */
	bool caller;		/* which can open contexts itself */
	bool verbs;		/* and whose queue pairs are those of verbs */
};

/* What dut.yaml declares; 0 or NULL: not declared.  VN-CA-01 compares it with HELLO. */
struct wc_declared {
	char *vendor, *product, *version;	/* for the reports */
	unsigned modes, max_payload, max_window, profiles, features;
};

struct wc_dut {
	const char *url;		/* as given: "udp:10.0.0.2" */
	const char *local;		/* our own carriage */
	struct wc_port *port;
	unsigned patience_ms;		/* for an answer that must come */
	unsigned repeat_ms;		/* without acknowledgement: send again */
	uint32_t path_payload;		/* bytes of payload that the path carries in one packet */
	uint64_t chip_id;		/* ours */
	uint32_t incarnation;		/* ours */
	uint32_t next_start;		/* start PSN of the next context */
	uint32_t first_id, next_id;	/* of contexts and queue pairs, in this run */
	uint32_t transaction;
	uint64_t seed;
	bool keep;			/* reset nothing between cases */
	struct wc_ut *ut;		/* the upper tester (ut.h); NULL: none */
	uint32_t domain;		/* the device's own for WC_DOMAIN */
	/* Told of each record of a transcript as it is made, before a packet leaves; or NULL. */
	void (*watch)(const struct wc_view *v, size_t at, void *arg);
	void *watch_arg;
	struct wc_claims claims;
	struct wc_declared declared;
};

/*
 * Open the carriage local and find the device at url, "DRIVER:ADDRESS".  seed makes the numbers
 * that we choose.  0, or a negative errno with one sentence in err.
 */
int wc_dut_open(struct wc_dut *d, const char *url, const char *local, uint64_t seed, char *err,
		size_t errlen);
/*
 * If the port can, a device as after power-on and our own numbers as at first, so that one case
 * repeats itself alone; else nothing.  0, or a negative errno with one sentence in err.
 */
int wc_dut_reset(struct wc_dut *d, uint64_t seed, char *err, size_t errlen);
/* How long to wait for an answer that must come; 0: as it is. */
void wc_dut_patience(struct wc_dut *d, unsigned ms);
void wc_dut_close(struct wc_dut *d);

/* Read dut.yaml: 0, or a negative errno with one sentence in err. */
struct wc_config {
	char *url, *local, *upper;
	unsigned patience_ms;
	struct wc_declared declared;
};
int wc_config_load(const char *path, struct wc_config **out, char *err, size_t errlen);
void wc_config_free(struct wc_config *c);

/* Names of flags of "modes", "profiles" or "features", as dut.yaml has them: "RUD, ROD". */
void wc_flag_names(const char *of, uint64_t flags, char *out, size_t len);

#endif
