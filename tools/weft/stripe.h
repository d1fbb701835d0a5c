/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Striping a file over several chips: its plan, its rounds, what was found.
 *
 * stripe.c     finds the chips, connects, plans who gets how much
 * stripe_io.c  writes and reads the stripes of a round
 * stripe_run.c has the chips compute on them, and checks what they say
 * stripe_text.c  tells people and programs
 *
 * A chip that fails is left out from then on, with its reason kept; the others go on.
 */
#ifndef WEFT_TOOLS_STRIPE_H
#define WEFT_TOOLS_STRIPE_H

#include "tools/weft/data.h"
#include "tools/weft/net.h"
#include "tools/weft/out.h"
#include "tools/weft/xfer.h"

#define STRIPE_CHIPS_MAX 8u
#define STRIPE_RTTS 200u	/* small READs that measure the idle round trip */

/* What a chip is asked to do with its stripe.  One signal word each. */
enum stripe_job {
	JOB_SHA256,
	JOB_CRC32C,
	JOB_CLEAR,		/* FILL the sums with zero */
	JOB_SUM_LOW,		/* sums += first block */
	JOB_SUM_HIGH,		/* sums += second block */
	JOB_COPY,		/* peer to peer: fetch another chip's stripe */
	JOB_COPY_SHA256,	/* of what was fetched */
	JOBS,
};

struct stripe_result {
	bool asked, finished;	/* in this round */
	bool ever;		/* asked in some round */
	bool wrong;		/* in some round it failed, or the host computes something else */
	unsigned status;	/* enum weft_cmd_st; of this round, or the first that failed */
	uint64_t round_bytes;	/* in this round */
	uint64_t bytes;		/* of all rounds finished */
	uint64_t timed, ns;	/* bytes that took ns from doorbell to signal; of its group, if
				 * it is the last of one */
};

/* Commands of a round, in order; a group is asked for when the one before it has ended. */
struct stripe_batch {
	struct weft_command cmd[JOBS];
	enum stripe_job job[JOBS];
	int n;
	int first, next;	/* the group that runs: from first to before next */
	uint64_t began;		/* when it was asked */
};

struct stripe_chip {
	const char *to;
	struct weft_chip_info info;
	struct weft_chip *chip;		/* NULL: not connected */
	struct weft_ep *ep;
	struct weft_queue *queue;
	struct weft_signals *signals;	/* JOBS words */
	struct weft_chip_mem data;	/* its stripe */
	struct weft_chip_mem copy;	/* the fetched one; len 0: it fetches none */
	struct weft_chip_mem scratch;	/* results */
	uint64_t capacity;		/* bytes it can hold */
	double share;			/* of a round, 0..1, as meant */
	double real_share;		/* of the file, 0..1, in whole grains */
	uint64_t off, len;		/* this round's stripe, in the file */
	struct stripe_batch batch;	/* this round's commands */
	struct xfer x;
	struct stripe_result job[JOBS];
	uint64_t written, read;		/* bytes, all rounds */
	uint64_t write_ns, read_ns;
	uint64_t *lat;			/* of every piece written and read, ns */
	size_t n_lat;
	uint64_t rtt[STRIPE_RTTS];	/* idle, sorted */
	size_t n_rtt;
	uint64_t retransmits, srtt_ns;	/* of our context with it */
	uint8_t mode;			/* of that context; 0: not known */
	bool dead;
	char why[WEFT_ERROR_MAX];	/* dead: what happened */
};

struct stripe {
	struct net net;
	struct xfer_opts xo;
	const char *file, *milestones, *report;
	struct file_map map;
	struct weft_port *port;
	struct stripe_chip chip[STRIPE_CHIPS_MAX];
	unsigned n;
	int copier, source;		/* indices; -1: no peer to peer */
	uint8_t *back;			/* what is read back, a round's bytes */
	uint64_t round_bytes;		/* in the largest round */
	unsigned rounds;
	uint64_t write_ns, read_ns, run_ns;	/* wall time of the phases, all rounds */
	uint64_t written, read;		/* bytes, all chips */
	uint8_t want[SHA256_LEN];	/* of the file */
	uint8_t got[SHA256_LEN];	/* of what was read back; valid if no chip died */
	unsigned bad;			/* results that differ from the host's */
};

/* Find, connect, introduce to each other.  All return exit statuses, having said why. */
int stripe_connect(struct stripe *s);
/* Decide shares and allocate. */
int stripe_plan(struct stripe *s);
/* Set the stripes of the round that begins at file offset `at`; returns where it ends. */
uint64_t stripe_cut(struct stripe *s, uint64_t at);
void stripe_note_contexts(struct stripe *s);
void stripe_disconnect(struct stripe *s);

/* Leave a chip out from now on. */
void stripe_dead(struct stripe *s, struct stripe_chip *c, const char *doing);
unsigned stripe_alive(const struct stripe *s);
/* Append a line to the milestones, for those who watch. */
void stripe_milestone(const struct stripe *s, const char *text);

int stripe_write(struct stripe *s);
int stripe_read(struct stripe *s);
void stripe_measure_rtt(struct stripe *s);
int stripe_compute(struct stripe *s);

void stripe_show_chips(const struct stripe *s);
void stripe_show_results(const struct stripe *s);
json_t *stripe_json(const struct stripe *s);
const char *stripe_job_name(enum stripe_job j);
bool stripe_has_engine(const struct stripe_chip *c, unsigned kernel);

#endif
