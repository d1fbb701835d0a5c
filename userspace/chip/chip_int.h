/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the reference chip: what its files share.
 *
 * chip.c turns, session.c serves the streams of SERVICE_CHIP, fetch.c reads from other chips,
 * personality.c holds fixed regions for test suites, box.c datagram queues.
 */
#ifndef WEFT_USERSPACE_CHIP_CHIP_INT_H
#define WEFT_USERSPACE_CHIP_CHIP_INT_H

#include "core/mutant.h"
#include "userspace/chip/chip.h"
#include "userspace/chip/personality.h"
#include "userspace/chip/pool.h"
#include "userspace/chip/queue.h"

#define CHIP_QUEUES_DEF 64u
#define CHIP_DEPTH_DEF 1024u

/* What an endpoint's user pointer points to: the first field of each. */
enum chip_end_kind {
	CHIP_END_SESSION,
	CHIP_END_FETCH,
	CHIP_END_FIXED,		/* a stream of the personality */
};

struct chip_end {
	enum chip_end_kind kind;
	struct chip *chip;
	struct weft_ep *ep;	/* NULL: a fetch that needs none */
	uint64_t until_ns;	/* lingering: when it goes; port's clock */
	struct chip_end *next;	/* lingering: the one that goes after it */
};

struct chip_session;
struct chip_personality;
struct chip_mailbox;

struct chip_totals {
	uint64_t sessions;		/* streams of SERVICE_CHIP accepted */
	uint64_t sessions_refused;	/* of a domain that is not served */
	uint64_t requests, requests_refused;
	uint64_t allocs, frees;
	uint64_t queues;		/* created */
	uint64_t fetches, fetches_failed, fetch_bytes;
	uint64_t fixed;			/* streams of the personality accepted */
	uint64_t datagrams, echoes;	/* received by its datagram queues, sent back */
};

struct chip {
	struct weft_port *port;
	struct weft_cq *cq;		/* of every endpoint */
	struct chip_pool pool[WEFT_POOLS_MAX];
	unsigned n_pools;
	struct chip_offer offer;
	uint16_t queues_max, queues_now;
	uint32_t depth_max;
	uint32_t domains[CHIP_DOMAINS_MAX];
	unsigned n_domains;
	bool any_domain;
	struct chip_session *sessions;
	struct chip_end *lingering;	/* oldest first */
	struct chip_personality *personality;	/* NULL: none */
	struct chip_totals totals;
	struct chip_queue_stats queue_stats;
};

/*
 * A stream is over and has nothing left: free its endpoint and itself.  One that failed lingers
 * first, so that its peer gets the answers to what it asked before, and then the status.
 */
void chip_end_free(struct chip_end *end, bool failed);

/* session.c */
int chip_session_accept(struct chip *chip, struct weft_request *rq);
void chip_session_complete(struct chip_end *end, const struct weft_completion *c);
/* Free all that the stream allocated, and the stream (WEFT-ACC-002). */
void chip_session_end(struct chip_end *end, bool failed);
/* Work on every queue of every session.  Returns whether anything moved. */
bool chip_sessions_run(struct chip *chip);

/* fetch.c: struct chip_queue_ops */
struct chip_fetch *chip_fetch_open(struct chip_end *from, uint64_t chip_id, uint32_t key,
				   uint64_t addr, uint32_t len, enum weft_cmd_status *st);
size_t chip_fetch_peek(struct chip_fetch *f, const uint8_t **bytes, enum weft_cmd_status *st);
void chip_fetch_take(struct chip_fetch *f, size_t n);
void chip_fetch_close(struct chip_fetch *f);
void chip_fetch_complete(struct chip_end *end, const struct weft_completion *c);
void chip_fetch_event(struct chip_end *end, const struct weft_ep_event *ev);

/* personality.c */
/* Before there is a port: read the file, and what it says of the port. */
int chip_personality_read(struct chip *chip, const char *file, char *err, size_t errlen);
void chip_personality_claims(const struct chip *chip, struct weft_port_opts *o);
/* With a port and a completion queue: make what it lists. */
int chip_personality_make(struct chip *chip, char *err, size_t errlen);
void chip_personality_free(struct chip *chip);
int chip_personality_accept(struct chip *chip, struct weft_request *rq);
void chip_personality_complete(struct chip_end *end, const struct weft_completion *c);
void chip_personality_end(struct chip_end *end, bool failed);

/* box.c */
/* bytes: room for its buffers, of a region.  It is put on the list. */
int chip_box_open(struct chip *chip, const struct chip_box *spec, uint8_t *bytes,
		  struct chip_mailbox **list);
void chip_boxes_close(struct chip_mailbox **list);
void chip_box_complete(const struct weft_completion *c);

#endif
