/* SPDX-License-Identifier: BSD-2-Clause */
/* The client of chips: what chip.c, cmdq.c and signal.c share. */
#ifndef WEFT_USERSPACE_LIB_CHIP_H
#define WEFT_USERSPACE_LIB_CHIP_H

#include <assert.h>

#include "userspace/lib/lib.h"

struct weft_chip {
	struct weft_port *port;
	struct weft_ep *ep;
	struct weft_queue *queues;
	struct weft_signals *signals;
	uint64_t timeout_ns;
	uint64_t answers;			/* so far */
	uint32_t tag;				/* of the latest request */
	struct weft_hdr_svc_rsp rsp;		/* latest answer */
	uint8_t request[WEFT_HDR_SVC_REQ_LEN];
	uint8_t answer[4][WEFT_HDR_SVC_RSP_LEN];
};

struct weft_queue {
	struct weft_chip *chip;
	struct weft_queue *next;
	struct weft_chip_mem mem;
	uint32_t depth;
	uint64_t submitted;	/* commands: our write index */
	uint64_t read;		/* the chip's read index, as far as known */
	uint64_t read_word;	/* where a READ of it lands; little-endian */
	uint32_t busy;		/* operations posted that point into this structure */
	bool asking;		/* a READ of the index is under way */
	bool closed;		/* to be freed when nothing points to it */
	uint8_t *ring;		/* depth commands, as written to the chip */
	uint64_t *bells;	/* doorbell values in flight, little-endian: by command index */
};

struct weft_signals {
	struct weft_chip *chip;
	struct weft_signals *next;
	struct weft_mem *mem;
	uint64_t *words;	/* little-endian; others add to them */
	uint32_t n;
};

int weftu_chip_ask(struct weft_chip *chip, struct weft_hdr_svc_req *req, const char *what);
/* -EHOSTDOWN with the endpoint's text. */
int weftu_chip_down(struct weft_chip *chip);
/* The local part only. */
void weftu_queue_free(struct weft_queue *q);

#endif
