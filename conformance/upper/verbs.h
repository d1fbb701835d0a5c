/* SPDX-License-Identifier: 0BSD */
/* Between verbs.c, which has the objects of the RDMA device, and verbs_work.c, which uses them. */
#ifndef WEFT_UPPER_VERBS_H
#define WEFT_UPPER_VERBS_H

#include "conformance/upper/backend.h"

#include <infiniband/verbs.h>

#define EPS		128u
#define REGIONS		48u
#define PDS		4u
#define CQ_DEPTH	8192
#define SERVICE		0x51000000u
#define AUTO		(1ull << 63)	/* id of a receive buffer that the stub posts itself */

struct end {
	uint32_t id;			/* 0: free */
	struct upper_ep ask;
	struct ibv_qp *qp;
	struct ibv_mr *recv_mr;		/* of the buffers that the stub posts itself, or NULL */
	uint8_t *recv;
	uint32_t failed;		/* enum upper_wc of its first failure */
};

struct region {
	struct ibv_mr *mr;		/* NULL: withdrawn */
	uint8_t *bytes;			/* NULL: free */
	uint32_t key;
	uint64_t length;
	int shared;
};

struct upper_verbs {
	struct upper upper;
	struct upper_ops ops;
	struct ibv_context *ctx;
	struct ibv_pd *pd[PDS];
	struct ibv_cq *cq;
	char counters[512];		/* folder of hw_counters */
	uint32_t next_id;
	struct end end[EPS];
	struct region region[REGIONS];
};

unsigned verbs_failure(int err);
struct end *verbs_end(struct upper_verbs *d, uint32_t id);
struct region *verbs_region(struct upper_verbs *d, uint32_t key);
int verbs_recv_again(struct end *e, uint64_t n);

/* As struct upper_ops has them. */
unsigned verbs_recv_post(void *dev, uint32_t id, uint64_t wid, uint8_t *p, uint32_t length,
			 uint32_t key);
unsigned verbs_post(void *dev, uint32_t id, const struct upper_wr *w, uint8_t *p);
int verbs_poll(void *dev, struct upper_done *o);

#endif
