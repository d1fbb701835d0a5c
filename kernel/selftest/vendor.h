/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queue pairs for vendor.c, and requests on them: as a program makes them, and as elements written
 * into the mapped queue behind the library's back.  What goes wrong ends the program with a line.
 */
#ifndef WEFT_SELFTEST_VENDOR_H
#define WEFT_SELFTEST_VENDOR_H

#include <infiniband/verbs.h>
#include <infiniband/weftdv.h>
#include <stdint.h>

#include "kernel/uapi/weft-abi.h"

#define SPAN	4096u		/* bytes of result and target */
#define DEPTH	16		/* requests that a queue pair asks room for */
#define RIGHTS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | \
		 IBV_ACCESS_REMOTE_ATOMIC)

#define MUST(ok) do { if (!(ok)) wrong(#ok, __FILE__, __LINE__); } while (0)
#define IS(got, want) is((uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__)

void wrong(const char *what, const char *file, int line);
void is(uint64_t got, uint64_t want, const char *what, const char *file, int line);

struct end {
	struct ibv_qp *qp;
	struct ibv_cq *cq;
};

/* Old values go to the first words of result; words of target are worked on, or others that
 * there and there_key name. */
extern struct ibv_context *ctx;
extern struct ibv_pd *pd;
extern struct ibv_mr *result_mr, *target_mr;
extern uint64_t result[SPAN / 8], target[SPAN / 8], before[SPAN / 8];
extern uint64_t there;
extern uint32_t there_key;
extern int gid_index;

void open_device(const char *name);
struct end make_end(enum ibv_qp_type type);
void to_init(struct end *e, unsigned int access);
void connect_to(struct end *e, const union ibv_gid *gid, uint32_t qpn);
/* e asks p, whose side gives those rights. */
void make_pair(struct end *e, struct end *p, unsigned int access);
void drop(struct end *e);
struct ibv_wc completion(struct end *e);

/* The buffer of every request(): the first word of result. */
extern struct ibv_sge old_value;
struct weftdv_atomic_wr request(uint8_t aop, uint8_t width, uint32_t at);
/* What weftdv_post_atomic() says of one. */
int post(struct end *e, struct weftdv_atomic_wr *wr);
/* Post one that succeeds, and see that it does. */
void done(struct end *e, struct weftdv_atomic_wr *wr);
/* Fill both memories, and see later that they are what they were. */
void remember(void);
void unchanged(void);

/* The mapped send queue.  Posts a request that changes nothing, to know it. */
struct weft_abi_ring *queue_of(struct end *e);
struct weft_abi_send element(uint8_t aop, uint8_t width, uint32_t at);
void put_raw(struct end *e, struct weft_abi_ring *r, const struct weft_abi_send *w,
	     struct ibv_sge sge);

#endif
