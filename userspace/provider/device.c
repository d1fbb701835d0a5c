// SPDX-License-Identifier: BSD-2-Clause
/*
 * Devices and what hardly differs between providers: contexts, protection domains, memory regions
 * and windows, address handles.  Decides which devices are ours: those whose driver number is the
 * one of kernel/uapi/weft-abi.h, whatever they are called.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "weft.h"

/* ---- Rings in our memory --------------------------------------------------------------- */

int weft_map_ring(struct ibv_context *ctx, const struct weft_abi_map *map, size_t elem_bytes,
		  struct weft_ring *r)
{
	void *mem = mmap(NULL, map->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ctx->cmd_fd,
			 (off_t)map->offset);

	if (mem == MAP_FAILED)
		return errno;
	if (weft_ring_open(r, mem, map->bytes, elem_bytes))
		return 0;
	verbs_err(verbs_get_ctx(ctx), "a queue of version %u (this library knows %u), %u bytes\n",
		  ((struct weft_abi_ring *)mem)->version, WEFT_ABI_VERSION, map->bytes);
	munmap(mem, map->bytes);
	return EPROTO;
}

void weft_unmap_ring(struct weft_ring *r)
{
	if (r->buf)
		munmap(r->buf, r->bytes);
	r->buf = NULL;
}

/* ---- What the device is ---------------------------------------------------------------- */

static int query_device(struct ibv_context *ctx, const struct ibv_query_device_ex_input *input,
			struct ibv_device_attr_ex *attr, size_t attr_size)
{
	struct ib_uverbs_ex_query_device_resp resp;
	size_t resp_size = sizeof(resp);
	int err = ibv_cmd_query_device_any(ctx, input, attr, attr_size, &resp, &resp_size);

	if (err)
		return err;
	snprintf(attr->orig_attr.fw_ver, sizeof(attr->orig_attr.fw_ver), "%u.%u.%u",
		 (unsigned int)(resp.base.fw_ver >> 32 & 0xffff),
		 (unsigned int)(resp.base.fw_ver >> 16 & 0xffff),
		 (unsigned int)(resp.base.fw_ver & 0xffff));
	return 0;
}

static int query_port(struct ibv_context *ctx, uint8_t port, struct ibv_port_attr *attr)
{
	struct ibv_query_port cmd;

	return ibv_cmd_query_port(ctx, port, attr, &cmd, sizeof(cmd));
}

/* ---- Protection domains ---------------------------------------------------------------- */

static struct ibv_pd *alloc_pd(struct ibv_context *ctx)
{
	struct ib_uverbs_alloc_pd_resp resp;
	struct ibv_alloc_pd cmd;
	struct ibv_pd *pd = calloc(1, sizeof(*pd));

	if (pd && ibv_cmd_alloc_pd(ctx, pd, &cmd, sizeof(cmd), &resp, sizeof(resp))) {
		free(pd);
		return NULL;
	}
	return pd;
}

static int dealloc_pd(struct ibv_pd *pd)
{
	int err = ibv_cmd_dealloc_pd(pd);

	if (!err)
		free(pd);
	return err;
}

/* ---- Regions and windows --------------------------------------------------------------- */

static struct ibv_mr *reg_mr(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
			     int access)
{
	struct verbs_mr *mr = calloc(1, sizeof(*mr));
	struct ib_uverbs_reg_mr_resp resp;
	struct ibv_reg_mr cmd;

	if (!mr)
		return NULL;
	if (!ibv_cmd_reg_mr(pd, addr, length, iova, access, mr, &cmd, sizeof(cmd), &resp,
			    sizeof(resp)))
		return &mr->ibv_mr;
	free(mr);
	return NULL;
}

static struct ibv_mr *reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
				    uint64_t iova, int fd, int access)
{
	struct verbs_mr *mr = calloc(1, sizeof(*mr));

	if (!mr)
		return NULL;
	if (!ibv_cmd_reg_dmabuf_mr(pd, offset, length, iova, fd, access, mr))
		return &mr->ibv_mr;
	free(mr);
	return NULL;
}

static int rereg_mr(struct verbs_mr *mr, int flags, struct ibv_pd *pd, void *addr, size_t length,
		    int access)
{
	struct ib_uverbs_rereg_mr_resp resp;
	struct ibv_rereg_mr cmd;

	return ibv_cmd_rereg_mr(mr, (uint32_t)flags, addr, length, (uintptr_t)addr, access, pd,
				&cmd, sizeof(cmd), &resp, sizeof(resp));
}

static int dereg_mr(struct verbs_mr *mr)
{
	int err = ibv_cmd_dereg_mr(mr);

	if (!err)
		free(mr);
	return err;
}

static struct ibv_mw *alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type)
{
	struct ibv_mw *mw = calloc(1, sizeof(*mw));
	struct ib_uverbs_alloc_mw_resp resp;
	struct ibv_alloc_mw cmd;

	if (mw && ibv_cmd_alloc_mw(pd, type, mw, &cmd, sizeof(cmd), &resp, sizeof(resp))) {
		free(mw);
		return NULL;
	}
	return mw;
}

static int dealloc_mw(struct ibv_mw *mw)
{
	int err = ibv_cmd_dealloc_mw(mw);

	if (!err)
		free(mw);
	return err;
}

/* ---- Address handles ------------------------------------------------------------------- */

struct ah_resp {
	struct ib_uverbs_create_ah_resp common;
	struct weft_abi_ah_resp weft;
};
static_assert(offsetof(struct ah_resp, weft) == sizeof(struct ib_uverbs_create_ah_resp),
	      "one follows the other");

static struct ibv_ah *create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
	struct weft_ah *ah = calloc(1, sizeof(*ah));
	struct ah_resp resp = {};

	if (!ah)
		return NULL;
	if (ibv_cmd_create_ah(pd, &ah->ah, attr, &resp.common, sizeof(resp))) {
		free(ah);
		return NULL;
	}
	ah->number = resp.weft.number;
	return &ah->ah;
}

static int destroy_ah(struct ibv_ah *ah)
{
	int err = ibv_cmd_destroy_ah(ah);

	if (!err)
		free(container_of(ah, struct weft_ah, ah));
	return err;
}

/* ---- Contexts -------------------------------------------------------------------------- */

static void free_context(struct ibv_context *ibctx)
{
	struct weft_context *ctx = to_weft_ctx(ibctx);

	verbs_uninit_context(&ctx->vctx);
	free(ctx);
}

static const struct verbs_context_ops context_ops = {
	.alloc_mw = alloc_mw,
	.alloc_pd = alloc_pd,
	.attach_mcast = ibv_cmd_attach_mcast,
	.bind_mw = weft_bind_mw,
	.create_ah = create_ah,
	.create_cq = weft_create_cq,
	.create_cq_ex = weft_create_cq_ex,
	.create_qp = weft_create_qp,
	.create_qp_ex = weft_create_qp_ex,
	.create_srq = weft_create_srq,
	.create_srq_ex = weft_create_srq_ex,
	.dealloc_mw = dealloc_mw,
	.dealloc_pd = dealloc_pd,
	.dereg_mr = dereg_mr,
	.destroy_ah = destroy_ah,
	.destroy_cq = weft_destroy_cq,
	.destroy_qp = weft_destroy_qp,
	.destroy_srq = weft_destroy_srq,
	.detach_mcast = ibv_cmd_detach_mcast,
	.free_context = free_context,
	.get_srq_num = weft_get_srq_num,
	.modify_qp = weft_modify_qp,
	.modify_srq = weft_modify_srq,
	.poll_cq = weft_poll_cq,
	.post_recv = weft_post_recv,
	.post_send = weft_post_send,
	.post_srq_recv = weft_post_srq_recv,
	.query_device_ex = query_device,
	.query_port = query_port,
	.query_qp = weft_query_qp,
	.query_srq = weft_query_srq,
	.reg_dmabuf_mr = reg_dmabuf_mr,
	.reg_mr = reg_mr,
	.req_notify_cq = weft_req_notify_cq,
	.rereg_mr = rereg_mr,
	.resize_cq = weft_resize_cq,
};

struct context_resp {
	struct ib_uverbs_get_context_resp common;
	struct weft_abi_context_resp weft;
};
static_assert(offsetof(struct context_resp, weft) == sizeof(struct ib_uverbs_get_context_resp),
	      "one follows the other");

static struct verbs_context *alloc_context(struct ibv_device *dev, int cmd_fd, void *private_data)
{
	struct context_resp resp = {};
	struct ibv_get_context cmd;
	struct weft_context *ctx;

	ctx = verbs_init_and_alloc_context(dev, cmd_fd, ctx, vctx, WEFT_ABI_DRIVER_ID);
	if (!ctx)
		return NULL;
	if (ibv_cmd_get_context(&ctx->vctx, &cmd, sizeof(cmd), &resp.common, sizeof(resp)))
		goto fail;
	if (resp.weft.version != WEFT_ABI_VERSION) {
		fprintf(stderr, "libweft: %s speaks version %u of weft-abi.h, this library %u\n",
			dev->name, resp.weft.version, WEFT_ABI_VERSION);
		errno = EPROTO;
		goto fail;
	}
	ctx->features = resp.weft.features;
	ctx->atomics = resp.weft.atomics;
	verbs_set_ops(&ctx->vctx, &context_ops);
	return &ctx->vctx;
fail:
	verbs_uninit_context(&ctx->vctx);
	free(ctx);
	return NULL;
}

/* ---- Devices --------------------------------------------------------------------------- */

static struct verbs_device *alloc_device(struct verbs_sysfs_dev *sysfs)
{
	struct weft_device *dev = calloc(1, sizeof(*dev));

	return dev ? &dev->vdev : NULL;
}

static void uninit_device(struct verbs_device *vdev)
{
	free(container_of(vdev, struct weft_device, vdev));
}

static const struct verbs_match_ent match_table[] = {
	VERBS_DRIVER_ID(WEFT_ABI_DRIVER_ID),
	{},
};

/* The library compares versions before anything else, and tells both. */
static const struct verbs_device_ops weft_dev_ops = {
	.name = "weft",
	.match_min_abi_version = WEFT_ABI_VERSION,
	.match_max_abi_version = WEFT_ABI_VERSION,
	.match_table = match_table,
	.alloc_device = alloc_device,
	.uninit_device = uninit_device,
	.alloc_context = alloc_context,
};
PROVIDER_DRIVER(weft, weft_dev_ops);

bool weft_is_ours(struct ibv_device *dev)
{
	return verbs_get_device(dev)->ops == &weft_dev_ops;
}
