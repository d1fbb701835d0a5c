/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the carriage library: what a driver offers, and the helpers every driver uses.
 *
 * This file decides the shape of a driver (open function, operations, table of URL keys) and of
 * the parsed URL it is given.  It leaves the driver's own state to the driver, which embeds struct
 * wio as its first member.
 */
#ifndef WEFT_USERSPACE_IO_DRIVER_H
#define WEFT_USERSPACE_IO_DRIVER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/io/io.h"

/* Changes whenever struct wio, wio_ops or wio_cfg do: a driver loaded with dlopen must match. */
#define WIO_DRIVER_ABI		1

#define WIO_ETH_HDR		14	/* destination, source, EtherType */
#define WIO_ETH_MIN		60	/* shortest Ethernet frame, without its check sequence */
#define WIO_UDP_MAX		65507	/* longest UDP payload over IPv4; kept for IPv6 too */
#define WIO_KEYS_MAX		32	/* keys in one URL */
#define WIO_TABLES_MAX		4	/* key tables that apply to one URL */

enum wio_kind {
	WIO_NUM,	/* decimal, optional suffix k, M or G (powers of ten); or 0x... */
	WIO_FRAC,	/* 0 .. 1, up to nine decimals; stored in billionths */
	WIO_STR,
	WIO_WORD,	/* one of |words|, separated by '|'; stored as its index */
};

/* One key a URL may carry.  A table ends with a NULL name. */
struct wio_key {
	const char *name;
	enum wio_kind kind;
	uint64_t min, max;	/* WIO_NUM: allowed range, inclusive */
	uint64_t def;		/* value when absent; WIO_STR: always NULL */
	const char *words;	/* WIO_WORD */
};

/* The parsed query.  Strings are owned by it. */
struct wio_query {
	struct {
		const struct wio_key *key;
		uint64_t num;	/* WIO_NUM, WIO_FRAC, WIO_WORD */
		char *str;	/* the text; owned */
	} v[WIO_KEYS_MAX];
	int n;
	const struct wio_key *tables[WIO_TABLES_MAX];	/* NULL-ended unless full */
};

/* What an open function is given; borrowed for the call. */
struct wio_cfg {
	const char *where;		/* the URL between "driver:" and "?" */
	const struct wio_query *q;
	uint64_t (*now)(void *arg);	/* never NULL */
	void *now_arg;
	bool virtual_time;		/* |now| is the caller's: no timer can be armed for it */
	char *err;			/* may be NULL */
	size_t errlen;
};

struct wio_stat_out {
	struct wio_stat *s;
	int max;	/* room in s */
	int n;		/* counters there are, stored or not */
};

/* As the public functions of the same names; wio_send's packets are checked by the driver. */
struct wio_ops {
	int (*recv)(struct wio *w, struct wio_frame *f, int max);
	void (*release)(struct wio *w);
	int (*send)(struct wio *w, const struct wio_tx *t, int n);
	int (*fd)(struct wio *w);
	uint32_t (*mtu)(struct wio *w, const struct wio_addr *dst);
	void (*stats)(struct wio *w, struct wio_stat_out *o);
	void (*close)(struct wio *w);	/* frees the driver's state, struct wio included */
};

struct wio {
	const struct wio_ops *ops;
	struct wio *inner;	/* a shim's carriage, closed by the shim; a driver: NULL */
	struct wio_addr local;
	struct wio_addr bcast;	/* family WIO_NONE: has none */
	uint32_t len_max;	/* bytes of the longest packet the carriage can ever send */
	char *url;		/* owned by open.c, outermost carriage only */
};

struct wio_driver {
	const char *name;		/* before the URL's ':' */
	int abi;			/* WIO_DRIVER_ABI */
	const struct wio_key *keys;
	/* 0 and |*out|, or a negative errno and a text by wio_fail */
	int (*open)(const struct wio_cfg *c, struct wio **out);
};

extern const struct wio_driver wio_udp_driver;
extern const struct wio_driver wio_packet_driver;
extern const struct wio_driver wio_pcap_driver;
extern const struct wio_driver wio_mem_driver;

/* A shim takes |inner| over when it succeeds. */
extern const struct wio_key wio_impair_keys[];
extern const struct wio_key wio_record_keys[];
bool wio_impair_wanted(const struct wio_query *q);
bool wio_record_wanted(const struct wio_query *q);
int wio_impair_open(const struct wio_cfg *c, struct wio *inner, struct wio **out);
int wio_record_open(const struct wio_cfg *c, struct wio *inner, struct wio **out);

/*
 * wio_dpdk_load() finds wio_dpdk.so, loads it for good (DPDK can be initialised only once in a
 * process) and stores its driver in |*d|.  Returns 0 or a negative errno with a text that names
 * the package to install.
 */
int wio_dpdk_load(const struct wio_cfg *c, const struct wio_driver **d);
const struct wio_driver *wio_dpdk_driver(void);	/* the one symbol wio_dpdk.so exports */

/* wio_fail() writes the error text and returns |code|. */
int wio_fail(const struct wio_cfg *c, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * wio_query_parse() reads "key=value&..." of |text| into |q|, adding to what is there.  |q->tables|
 * must be set.  Returns 0 or -EINVAL with a text naming the key and what it allows.
 */
int wio_query_parse(struct wio_query *q, const char *text, const struct wio_cfg *c);
void wio_query_free(struct wio_query *q);
bool wio_q_given(const struct wio_query *q, const char *name);
uint64_t wio_q_num(const struct wio_query *q, const char *name);	/* or the default */
const char *wio_q_str(const struct wio_query *q, const char *name);	/* or NULL */

void wio_stat_put(struct wio_stat_out *o, const char *name, uint64_t value);

/*
 * wio_tx_len() checks a packet against what |w| can carry.  Returns its length in bytes, or the
 * negative errno that wio_send documents.
 */
static inline int wio_tx_len(const struct wio *w, const struct wio_tx *t)
{
	size_t len = 0;

	if (t->n_iov == 0 || t->n_iov > WIO_IOV_MAX || !t->dst)
		return -EINVAL;
	for (uint32_t i = 0; i < t->n_iov; i++) {
		if (t->iov[i].len > w->len_max)
			return -EMSGSIZE; /* checked one by one, so the sum cannot wrap */
		len += t->iov[i].len;
	}
	if (len == 0)
		return -EINVAL;
	if (len > w->len_max)
		return -EMSGSIZE;
	if (t->dst->family != w->local.family)
		return -EAFNOSUPPORT;
	return (int)len;
}

/* wio_gather() copies a packet's pieces, |wio_tx_len| bytes, to |to|. */
static inline void wio_gather(uint8_t *to, const struct wio_tx *t)
{
	for (uint32_t i = 0; i < t->n_iov; i++) {
		if (t->iov[i].len)
			__builtin_memcpy(to, t->iov[i].base, t->iov[i].len);
		to += t->iov[i].len;
	}
}

#endif /* WEFT_USERSPACE_IO_DRIVER_H */
