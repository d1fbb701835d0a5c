/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester over libibverbs: any RDMA device of the operating system whose wire is Weft.
 *
 * Queue pairs find each other in band (section 47.2 of the specification): the service that the
 * tester is to ask for is VRB_SERVICE and the queue pair's number.  If the device's (Chip ID, queue
 * pair number) is the smaller one, the device asks instead.
 */
#include "conformance/upper/verbs.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU		IBV_MTU_4096

unsigned verbs_failure(int err)
{
	return err == ENOMEM || err == ENOSPC ? UPPER_NO_ROOM : err == EINVAL ? UPPER_BAD_VALUE :
	       err == EOPNOTSUPP ? UPPER_UNSUPPORTED : UPPER_FAILED;
}

struct end *verbs_end(struct upper_verbs *d, uint32_t id)
{
	for (unsigned i = 0; i < EPS; i++)
		if (id && d->end[i].id == id)
			return &d->end[i];
	return NULL;
}

static struct ibv_pd *pd_of(struct upper_verbs *d, uint32_t n)
{
	if (n >= PDS)
		return NULL;
	if (!d->pd[n])
		d->pd[n] = ibv_alloc_pd(d->ctx);
	return d->pd[n];
}

/* ---- queue pairs ------------------------------------------------------------------------ */

/* "udp:10.0.0.2:49190", "10.0.0.2", "[fd00::2]:49190", "packet:02:00:00:00:00:01" to a GID. */
static int gid_of(const char *text, union ibv_gid *gid, int *roce1)
{
	char host[80];
	unsigned m[6];
	size_t n;

	memset(gid, 0, sizeof(*gid));
	*roce1 = 0;
	if (!strncmp(text, "udp:", 4))
		text += 4;
	if (!strncmp(text, "packet:", 7))
		text += 7;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4],
		   &m[5]) == 6) {
		const uint8_t low[8] = { (uint8_t)(m[0] ^ 2), (uint8_t)m[1], (uint8_t)m[2], 0xff,
					 0xfe, (uint8_t)m[3], (uint8_t)m[4], (uint8_t)m[5] };

		*roce1 = 1;
		gid->raw[0] = 0xfe;
		gid->raw[1] = 0x80;
		memcpy(gid->raw + 8, low, sizeof(low));
		return 0;
	}
	n = *text == '[' ? strcspn(++text, "]") : strcspn(text, ":");
	snprintf(host, sizeof(host), "%.*s", (int)n, text);
	if (inet_pton(AF_INET6, host, gid->raw) == 1)
		return 0;
	gid->raw[10] = gid->raw[11] = 0xff;
	return inet_pton(AF_INET, host, gid->raw + 12) == 1 ? 0 : -1;
}

/* Our GID of the same kind: IPv4 to IPv4, IPv6 that is no link-local one, RoCE v1. */
static int own_gid(struct upper_verbs *d, const union ibv_gid *to, int roce1)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	int v4 = !memcmp(to->raw, mapped, sizeof(mapped));
	struct ibv_gid_entry e;

	for (uint32_t i = 0; i < 64; i++) {
		int own4, local;

		if (ibv_query_gid_ex(d->ctx, 1, i, &e, 0))
			continue;
		own4 = !memcmp(e.gid.raw, mapped, sizeof(mapped));
		local = e.gid.raw[0] == 0xfe;
		if (roce1 ? e.gid_type == IBV_GID_TYPE_ROCE_V1 && local :
		    e.gid_type == IBV_GID_TYPE_ROCE_V2 && own4 == v4 && !local)
			return (int)i;
	}
	return -1;
}

static int to_init(struct end *e)
{
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_INIT, .port_num = 1 };

	a.qp_access_flags = IBV_ACCESS_LOCAL_WRITE |
			    (e->ask.flags & UPPER_NO_READ ? 0u : IBV_ACCESS_REMOTE_READ) |
			    (e->ask.flags & UPPER_NO_WRITE ? 0u : IBV_ACCESS_REMOTE_WRITE) |
			    (e->ask.flags & UPPER_NO_ATOMIC ? 0u : IBV_ACCESS_REMOTE_ATOMIC);
	return ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			     IBV_QP_ACCESS_FLAGS);
}

static int to_rts(struct upper_verbs *d, struct end *e, const char *address)
{
	struct ibv_qp_attr a = {
		.qp_state = IBV_QPS_RTR, .path_mtu = MTU, .dest_qp_num = e->ask.peer_qpn,
		.max_dest_rd_atomic = 16, .min_rnr_timer = 1,
		.ah_attr = { .is_global = 1, .port_num = 1, .grh = { .hop_limit = 64 } },
	};
	int roce1, index, err;

	if (gid_of(address, &a.ah_attr.grh.dgid, &roce1))
		return EINVAL;
	index = own_gid(d, &a.ah_attr.grh.dgid, roce1);
	if (index < 0)
		return EADDRNOTAVAIL;
	a.ah_attr.grh.sgid_index = (uint8_t)index;
	err = ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			    IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			    IBV_QP_MIN_RNR_TIMER);
	if (err)
		return err;
	a = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .max_rd_atomic = 16,
		.rnr_retry = (uint8_t)(e->ask.rnr_retry ? e->ask.rnr_retry & 7 : 7),
	};
	return ibv_modify_qp(e->qp, &a, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			     IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

int verbs_recv_again(struct end *e, uint64_t n)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)(e->recv + n * e->ask.recv_len), .length = e->ask.recv_len,
		.lkey = e->recv_mr ? e->recv_mr->lkey : 0,
	};
	struct ibv_recv_wr wr = { .wr_id = AUTO | (uint64_t)e->id << 32 | n, .sg_list = &sge,
				  .num_sge = 1 }, *bad;

	return ibv_post_recv(e->qp, &wr, &bad);
}

static void drop(struct end *e)
{
	if (e->qp)
		ibv_destroy_qp(e->qp);
	if (e->recv_mr)
		ibv_dereg_mr(e->recv_mr);
	free(e->recv);
	memset(e, 0, sizeof(*e));
}

static int make(struct upper_verbs *d, struct end *e, struct ibv_pd *pd, const char *address)
{
	struct ibv_qp_init_attr init = {
		.send_cq = d->cq, .recv_cq = d->cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 128, .max_recv_wr = 128, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	int err;

	e->qp = ibv_create_qp(pd, &init);
	if (!e->qp)
		return errno;
	err = to_init(e);
	if (!err && e->ask.recvs) {
		e->recv = calloc(e->ask.recvs, e->ask.recv_len + 1u);
		e->recv_mr = e->recv ? ibv_reg_mr(pd, e->recv, (size_t)e->ask.recvs *
						  (e->ask.recv_len + 1u),
						  IBV_ACCESS_LOCAL_WRITE) : NULL;
		err = e->recv_mr ? 0 : ENOMEM;
	}
	for (uint64_t i = 0; !err && i < e->ask.recvs; i++)
		err = verbs_recv_again(e, i);
	return err ? err : to_rts(d, e, address);
}

static unsigned ep_create(void *dev, const struct upper_ep *ask, const char *address,
			  uint32_t length, uint32_t *id, uint32_t *qpn, uint32_t *service)
{
	struct upper_verbs *d = dev;
	struct ibv_pd *pd = pd_of(d, ask->pd);
	struct end *e = NULL;
	char to[80];
	int err;

	if (ask->flags & UPPER_ACTIVE)
		return UPPER_UNSUPPORTED;	/* who asks is a matter of numbers */
	if (!pd || length >= sizeof(to) || ask->domain != d->ops.domain)
		return UPPER_BAD_VALUE;
	for (unsigned i = 0; i < EPS && !e; i++)
		e = d->end[i].id ? NULL : &d->end[i];
	if (!e)
		return UPPER_NO_ROOM;
	memset(e, 0, sizeof(*e));
	snprintf(to, sizeof(to), "%.*s", (int)length, address);
	e->ask = *ask;
	e->id = ++d->next_id & 0xffff;
	err = make(d, e, pd, to);
	if (err) {
		fprintf(stderr, "queue pair to %s: %s\n", to, strerror(err));
		drop(e);
		return verbs_failure(err);
	}
	*id = e->id;
	*qpn = e->qp->qp_num;
	*service = SERVICE | e->qp->qp_num;
	return UPPER_OK;
}

static unsigned ep_destroy(void *dev, uint32_t id)
{
	struct end *e = verbs_end(dev, id);

	if (!e)
		return UPPER_NO_SUCH;
	drop(e);
	return UPPER_OK;
}

static unsigned cancel(void *dev, uint32_t id)
{
	struct ibv_qp_attr a = { .qp_state = IBV_QPS_ERR };
	struct end *e = verbs_end(dev, id);
	int err = e ? ibv_modify_qp(e->qp, &a, IBV_QP_STATE) : 0;

	return !e ? UPPER_NO_SUCH : err ? verbs_failure(err) : UPPER_OK;
}

static unsigned ep_state(void *dev, uint32_t id, uint32_t *state, uint32_t *status, uint32_t *qpn)
{
	struct end *e = verbs_end(dev, id);
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr a;

	if (!e)
		return UPPER_NO_SUCH;
	if (ibv_query_qp(e->qp, &a, IBV_QP_STATE, &init))
		return UPPER_FAILED;
	*state = a.qp_state == IBV_QPS_ERR ? UPPER_ENDED_FAILED : UPPER_CONNECTED;
	*status = e->failed;
	*qpn = e->qp->qp_num;
	return UPPER_OK;
}

/* ---- memory ----------------------------------------------------------------------------- */

struct region *verbs_region(struct upper_verbs *d, uint32_t key)
{
	for (unsigned i = 0; i < REGIONS; i++)
		if (d->region[i].bytes && d->region[i].key == key)
			return &d->region[i];
	return NULL;
}

static unsigned rights_of(uint32_t r)
{
	return IBV_ACCESS_LOCAL_WRITE | (r & UPPER_READ ? IBV_ACCESS_REMOTE_READ : 0u) |
	       (r & UPPER_WRITE ? IBV_ACCESS_REMOTE_WRITE : 0u) |
	       (r & UPPER_ATOMIC ? IBV_ACCESS_REMOTE_ATOMIC : 0u) |
	       (r & UPPER_RELAXED ? (unsigned)IBV_ACCESS_RELAXED_ORDERING : 0u);
}

static unsigned mr_register(void *dev, const struct upper_mr *mr, uint32_t *key, uint64_t *address)
{
	struct upper_verbs *d = dev;
	struct region *r = NULL, *other = mr->share ? verbs_region(d, mr->share) : NULL;
	struct ibv_pd *pd = pd_of(d, mr->pd);

	for (unsigned i = 0; i < REGIONS && !r; i++)
		r = d->region[i].bytes ? NULL : &d->region[i];
	if (!r)
		return UPPER_NO_ROOM;
	/* What ibv_reg_mr() makes, its host alone may end. */
	if (!pd || mr->domain != d->ops.domain || mr->rights & UPPER_INVALIDATE)
		return UPPER_UNSUPPORTED;
	if (mr->share && (!other || other->length != mr->length))
		return UPPER_NO_SUCH;
	r->shared = other != NULL;
	r->bytes = other ? other->bytes : aligned_alloc(4096, (mr->length + 4096) & ~4095ull);
	if (!r->bytes)
		return UPPER_NO_ROOM;
	for (uint64_t i = 0; !other && i < mr->length; i++)
		r->bytes[i] = (uint8_t)(mr->pattern * i);
	r->mr = ibv_reg_mr_iova2(pd, r->bytes, mr->length, (uintptr_t)r->bytes,
				 rights_of(mr->rights));
	if (!r->mr) {
		if (!other)
			free(r->bytes);
		r->bytes = NULL;
		return verbs_failure(errno);
	}
	r->length = mr->length;
	*key = r->key = r->mr->rkey;
	*address = (uintptr_t)r->bytes;
	return UPPER_OK;
}

static unsigned mr_invalidate(void *dev, uint32_t key)
{
	struct region *r = verbs_region(dev, key);

	if (!r || !r->mr)
		return UPPER_NO_SUCH;
	if (ibv_dereg_mr(r->mr))
		return UPPER_FAILED;
	r->mr = NULL;
	return UPPER_OK;
}

static uint8_t *bytes(void *dev, uint32_t key, uint64_t address, uint64_t length)
{
	struct region *r = verbs_region(dev, key);
	uint64_t base = r ? (uintptr_t)r->bytes : 0;

	if (!r || address < base || address - base > r->length ||
	    length > r->length - (address - base))
		return NULL;
	return r->bytes + (address - base);
}

static unsigned reset(void *dev, uint64_t seed)
{
	struct upper_verbs *d = dev;
	struct upper_done o;

	(void)seed;
	for (unsigned i = 0; i < EPS; i++)
		if (d->end[i].id)
			drop(&d->end[i]);
	for (unsigned i = 0; i < REGIONS; i++)
		if (d->region[i].mr)
			ibv_dereg_mr(d->region[i].mr);
	for (unsigned i = 0; i < REGIONS; i++)
		if (!d->region[i].shared)
			free(d->region[i].bytes);
	memset(d->region, 0, sizeof(d->region));
	while (verbs_poll(d, &o))
		;
	return UPPER_OK;
}

static int counter(void *dev, uint32_t n, uint64_t *value, char name[64])
{
	struct upper_verbs *d = dev;
	DIR *dir = opendir(d->counters);
	struct dirent *e = NULL;
	char path[800];
	FILE *f;
	int ok = 0;

	for (uint32_t i = 0; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lifespan") && i++ == n)
			break;
	if (e) {
		snprintf(path, sizeof(path), "%s/%s", d->counters, e->d_name);
		snprintf(name, 64, "%.63s", e->d_name);
		f = fopen(path, "r");
		ok = f && fscanf(f, "%lu", value) == 1;
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return ok;
}

/* ---- the whole -------------------------------------------------------------------------- */

static const struct upper_ops ops = {
	.level = 2, .flags = UPPER_IS_VERBS, .reset = reset, .ep_create = ep_create,
	.ep_fail = cancel, .ep_destroy = ep_destroy, .ep_state = ep_state,
	.mr_register = mr_register, .mr_invalidate = mr_invalidate, .bytes = bytes,
	.recv_post = verbs_recv_post, .counter = counter, .poll = verbs_poll,
	.post = verbs_post, .cancel = cancel,
};

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *ctx = NULL;

	for (unsigned i = 0; list && list[i] && !ctx; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			ctx = ibv_open_device(list[i]);
	if (list)
		ibv_free_device_list(list);
	return ctx;
}

struct upper_verbs *upper_verbs_open(const char *device, char *err, size_t errlen)
{
	struct upper_verbs *d = calloc(1, sizeof(*d));
	struct ibv_device_attr attr;

	if (!d)
		return NULL;
	d->ctx = open_device(device);
	if (d->ctx)
		d->cq = ibv_create_cq(d->ctx, CQ_DEPTH, NULL, NULL, 0);
	if (!d->cq || ibv_query_device(d->ctx, &attr)) {
		snprintf(err, errlen, "%s: %s", device, d->ctx ? strerror(errno) :
			 "no such RDMA device, or it cannot be opened; see ibv_devices");
		upper_verbs_close(d);
		return NULL;
	}
	d->ops = ops;
	for (unsigned i = 0; i < 8; i++)
		d->ops.chip = d->ops.chip << 8 | ((const uint8_t *)&attr.node_guid)[i];
	d->upper = (struct upper){ .ops = &d->ops, .dev = d };
	snprintf(d->counters, sizeof(d->counters), "/sys/class/infiniband/%s/ports/1/hw_counters",
		 device);
	return d;
}

void upper_verbs_close(struct upper_verbs *d)
{
	if (!d)
		return;
	if (d->cq) {
		reset(d, 0);
		ibv_destroy_cq(d->cq);
	}
	for (unsigned i = 0; i < PDS; i++)
		if (d->pd[i])
			ibv_dealloc_pd(d->pd[i]);
	if (d->ctx)
		ibv_close_device(d->ctx);
	free(d);
}

const struct upper *upper_verbs(struct upper_verbs *d)
{
	return &d->upper;
}
