// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes every kind of object that a process can make, again and again: each time one more of the
 * allocations that the module needs for it succeeds, until all do (failnth.c makes them fail).
 *
 * Decides: the kinds, and that a failed allocation is told as such (ENOMEM) or not felt at all.
 * Leaves leaks and what the kernel says to the harness.
 *
 * usage: allocfail DEVICE GID-INDEX
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAILNTH		"/sys/module/failnth/parameters/"
#define MANY		500	/* allocations for one object: more is taken for an endless loop */
#define SPAN		(4u << 20)
#define PATIENCE_MS	5000

static struct ibv_context *ctx;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_srq *srq;
static union ibv_gid own_gid;
static uint8_t gid_index;
static uint8_t *span;

/* ---- The injection --------------------------------------------------------------------- */

static void word_of(const char *name, char *text, size_t room)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), FAILNTH "%s", name);
	f = fopen(path, "r");
	if (!f || !fgets(text, (int)room, f)) {
		perror(path);
		exit(1);
	}
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
}

static void set(const char *name, int value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), FAILNTH "%s", name);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%d", value) < 0 || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void arm(int nth)
{
	set("nth", nth);
}

/* Each call of the module fails once more, for good, whoever runs it. */
static void each_call(bool on)
{
	set("fresh", on);
	set("stay", on);
	set("everyone", on);
}

/* ---- Kinds of objects: make one (0, or errno), and take it away -------------------------- */

static int error_of(const void *object)
{
	return object ? 0 : errno;
}

static struct ibv_context *other_ctx;
static int make_context(void)
{
	struct ibv_cq *first, *second;

	other_ctx = ibv_open_device(ctx->device);
	if (!other_ctx)
		return errno;
	first = ibv_create_cq(other_ctx, 1, NULL, NULL, 0);
	second = ibv_create_cq(other_ctx, 1, NULL, NULL, 0);
	if (first)
		ibv_destroy_cq(first);
	if (second)
		ibv_destroy_cq(second);
	if (first && second)
		return 0;
	ibv_close_device(other_ctx);
	return ENOMEM;
}
static int drop_context(void)
{
	return ibv_close_device(other_ctx);
}

static struct ibv_cq *other_cq;
static int make_cq(void)
{
	other_cq = ibv_create_cq(ctx, 100, NULL, NULL, 0);
	return error_of(other_cq);
}
static int resize_cq(void)
{
	return ibv_resize_cq(other_cq, 1000);
}
static int drop_cq(void)
{
	return ibv_destroy_cq(other_cq);
}

static struct ibv_mr *mr;
static int make_mr_of(size_t bytes)
{
	mr = ibv_reg_mr(pd, span, bytes, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	return error_of(mr);
}
static int make_mr(void)
{
	return make_mr_of(5000);
}
static int make_mr_large(void)
{
	return make_mr_of(SPAN);
}
static int drop_mr(void)
{
	return ibv_dereg_mr(mr);
}

static struct ibv_mw *mw;
static int make_mw(void)
{
	mw = ibv_alloc_mw(pd, IBV_MW_TYPE_2);
	return error_of(mw);
}
static int drop_mw(void)
{
	return ibv_dealloc_mw(mw);
}

static struct ibv_ah *ah;
static int make_ah(void)
{
	struct ibv_ah_attr attr = { .is_global = 1, .port_num = 1,
				    .grh = { .dgid = own_gid, .sgid_index = gid_index,
					     .hop_limit = 4 } };

	ah = ibv_create_ah(pd, &attr);
	return error_of(ah);
}
static int drop_ah(void)
{
	return ibv_destroy_ah(ah);
}

static struct ibv_srq *other_srq;
static int make_srq(void)
{
	struct ibv_srq_init_attr init = { .attr = { .max_wr = 100, .max_sge = 4 } };

	other_srq = ibv_create_srq(pd, &init);
	return error_of(other_srq);
}
static int resize_srq(void)
{
	struct ibv_srq_attr attr = { .max_wr = 200 };

	return ibv_modify_srq(other_srq, &attr, IBV_SRQ_MAX_WR);
}
static int drop_srq(void)
{
	return ibv_destroy_srq(other_srq);
}

static struct ibv_qp *qp;
static int make_qp_of(enum ibv_qp_type type, struct ibv_srq *shared)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .srq = shared, .qp_type = type,
		.cap = { .max_send_wr = 100, .max_recv_wr = 100, .max_send_sge = 4,
			 .max_recv_sge = 4 },
	};

	qp = ibv_create_qp(pd, &init);
	return error_of(qp);
}
static int make_qp_rc(void)
{
	return make_qp_of(IBV_QPT_RC, NULL);
}
static int make_qp_srq(void)
{
	return make_qp_of(IBV_QPT_RC, srq);
}
static int make_qp_ud(void)
{
	return make_qp_of(IBV_QPT_UD, NULL);
}
static int drop_qp(void)
{
	return ibv_destroy_qp(qp);
}

/* To RTS with itself as its peer; sends it a byte, which takes a stream and a context. */
static int connected(void)
{
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	int err = ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				IBV_QP_ACCESS_FLAGS);

	if (err)
		return err;
	a = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = qp->qp_num,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
		.ah_attr = { .is_global = 1, .port_num = 1,
			     .grh = { .dgid = own_gid, .sgid_index = gid_index, .hop_limit = 4 } },
	};
	err = ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
			    IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	if (err)
		return err;
	a = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7,
				  .rnr_retry = 7, .max_rd_atomic = 1 };
	return ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			     IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int completions(int wanted)
{
	struct ibv_wc wc;
	int i, n;

	for (i = 0; i < PATIENCE_MS && wanted; i++) {
		while ((n = ibv_poll_cq(cq, 1, &wc)) > 0) {
			wanted--;
			if (wc.status != IBV_WC_SUCCESS)
				return wc.status == IBV_WC_RETRY_EXC_ERR ? ENOMEM : EPROTO;
		}
		usleep(1000);
	}
	return wanted ? ETIMEDOUT : 0;
}

static int exchange(void)
{
	struct ibv_sge none = { .length = 0 };
	struct ibv_recv_wr recv = { .sg_list = &none, .num_sge = 0 }, *bad_recv;
	struct ibv_send_wr send = { .sg_list = &none, .opcode = IBV_WR_SEND,
				    .send_flags = IBV_SEND_SIGNALED }, *bad_send;
	int err = ibv_post_recv(qp, &recv, &bad_recv);

	if (!err)
		err = ibv_post_send(qp, &send, &bad_send);
	return err ? err : completions(2);
}

static void empty_cq(void)
{
	struct ibv_wc wc;

	while (ibv_poll_cq(cq, 1, &wc) > 0)
		;
}

static int connect_qp(void)
{
	int err = connected();

	return err ? err : exchange();
}
static int drop_connected(void)
{
	int err = drop_qp();

	empty_cq();
	return err;
}

static const union ibv_gid group = {
	.raw = { [10] = 0xff, [11] = 0xff, [12] = 239, [15] = 7 }	/* 239.0.0.7 */
};
static int join_group(void)
{
	return ibv_attach_mcast(qp, &group, 0);
}
static int leave_group(void)
{
	return ibv_detach_mcast(qp, &group, 0);
}

static const struct kind {
	const char *name;
	int (*before)(void);	/* what it stands on; NULL: nothing; fails no allocation */
	int (*make)(void);
	int (*drop)(void);	/* NULL: goes with what it stands on */
	int (*after)(void);	/* takes away what `before` made */
} kinds[] = {
	{ "context", NULL, make_context, drop_context, NULL },
	{ "cq", NULL, make_cq, drop_cq, NULL },
	{ "cq_resized", make_cq, resize_cq, NULL, drop_cq },
	{ "mr", NULL, make_mr, drop_mr, NULL },
	{ "mr_large", NULL, make_mr_large, drop_mr, NULL },
	{ "mw", NULL, make_mw, drop_mw, NULL },
	{ "ah", NULL, make_ah, drop_ah, NULL },
	{ "srq", NULL, make_srq, drop_srq, NULL },
	{ "srq_resized", make_srq, resize_srq, NULL, drop_srq },
	{ "qp_rc", NULL, make_qp_rc, drop_qp, NULL },
	{ "qp_srq", NULL, make_qp_srq, drop_qp, NULL },
	{ "qp_ud", NULL, make_qp_ud, drop_qp, NULL },
	{ "connection", make_qp_rc, connect_qp, NULL, drop_connected },
	{ "group_member", make_qp_ud, join_group, leave_group, drop_qp },
};

/* ---- The loop ---------------------------------------------------------------------------- */

/* What a failed allocation may be told as: EFAULT when the page for the answer was missing. */
static bool told_so(int err)
{
	return err == ENOMEM || err == EFAULT;
}

/* One attempt with the nth allocation failing; false: nothing was left to fail. */
static bool attempt(const struct kind *k, int nth, char *why, size_t room)
{
	char hits[16], site[128];
	int err, after = 0;

	if (k->before && k->before() != 0) {
		snprintf(why, room, "before: %s", strerror(errno));
		return false;
	}
	arm(nth);
	err = k->make();
	arm(0);
	word_of("hits", hits, sizeof(hits));
	word_of("site", site, sizeof(site));
	if (!err && k->drop)
		after = k->drop();
	if (k->after && !after)
		after = k->after();
	if (after)
		snprintf(why, room, "after %d at %s: not taken away: %s", nth, site,
			 strerror(after));
	else if (err && (hits[0] == '0' || !told_so(err)))
		snprintf(why, room, "%d, %s: told as %s", nth, site, strerror(err));
	if (hits[0] != '0')
		printf("site  %s %s %s\n", k->name, site, err ? strerror(err) : "not felt");
	return hits[0] != '0';
}

static bool all_of(const struct kind *k)
{
	char why[256] = "";
	int nth;

	/* This first: what another chip is remembered by is made but once. */
	each_call(true);
	for (nth = 0; nth < MANY && !why[0] && attempt(k, 1, why, sizeof(why)); nth++)
		;
	each_call(false);
	nth = 0;
	while (!why[0] && nth < MANY) {
		nth++;
		if (!attempt(k, nth, why, sizeof(why)))
			break;
	}
	if (!why[0] && nth == MANY)
		snprintf(why, sizeof(why), "still fails at allocation %d", nth);
	if (!why[0] && nth == 1)
		snprintf(why, sizeof(why), "no allocation was seen");
	if (why[0])
		printf("FAIL  %s: %s\n", k->name, why);
	else
		printf("ok    %s\n", k->name);
	fflush(stdout);
	return !why[0];
}

static struct ibv_device *named(const char *name)
{
	struct ibv_device **all = ibv_get_device_list(NULL);
	int i;

	for (i = 0; all && all[i]; i++) {
		if (!strcmp(ibv_get_device_name(all[i]), name))
			return all[i];
	}
	return NULL;
}

static bool set_up(const char *name)
{
	struct ibv_srq_init_attr init = { .attr = { .max_wr = 100, .max_sge = 4 } };

	struct ibv_device *device = named(name);

	ctx = device ? ibv_open_device(device) : NULL;
	if (!ctx || ibv_query_gid(ctx, 1, gid_index, &own_gid))
		return false;
	pd = ibv_alloc_pd(ctx);
	cq = ibv_create_cq(ctx, 200, NULL, NULL, 0);
	srq = pd ? ibv_create_srq(pd, &init) : NULL;
	span = aligned_alloc(4096, SPAN);
	if (span)
		memset(span, 1, SPAN);	/* its pages are there */
	return pd && cq && srq && span;
}

int main(int argc, char **argv)
{
	size_t i;
	int failed = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: allocfail DEVICE GID-INDEX\n");
		return 2;
	}
	gid_index = (uint8_t)atoi(argv[2]);
	if (!set_up(argv[1])) {
		fprintf(stderr, "allocfail: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		failed += !all_of(&kinds[i]);
	ibv_destroy_srq(srq);
	ibv_destroy_cq(cq);
	ibv_dealloc_pd(pd);
	ibv_close_device(ctx);
	return failed ? 1 : 0;
}
