// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes objects as a consumer inside the kernel does, and takes them away again: those that no
 * process can ask for (a fast registration region, a region of all memory) and so many protection
 * domains and queue pairs that their numbers need memory too.  For tests alone; not installed.
 *
 * Loading it is the attempt: it fails with what the first failing call says.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <rdma/ib_verbs.h>

#define MANY 80			/* more than one node of a table of numbers holds */

static char *device = "weft0";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "RDMA device whose objects are made");
static uint many = MANY;
module_param(many, uint, 0444);
MODULE_PARM_DESC(many, "protection domains, and queue pairs (1 to 80)");

static int queues(struct ib_pd *pd)
{
	struct ib_qp_init_attr init = {
		.qp_type = IB_QPT_RC, .sq_sig_type = IB_SIGNAL_ALL_WR,
		.cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 2,
			 .max_recv_sge = 2 },
	};
	struct ib_cq *cq = ib_alloc_cq(pd->device, NULL, 64, 0, IB_POLL_WORKQUEUE);
	static struct ib_qp *qps[MANY];
	unsigned int n;
	int err = 0;

	if (IS_ERR(cq))
		return PTR_ERR(cq);
	init.send_cq = cq;
	init.recv_cq = cq;
	for (n = 0; n < many && !err; n++) {
		qps[n] = ib_create_qp(pd, &init);
		err = PTR_ERR_OR_ZERO(qps[n]);
	}
	n -= !!err;
	while (n--)
		ib_destroy_qp(qps[n]);
	ib_free_cq(cq);
	return err;
}

static int regions(struct ib_pd *pd)
{
	struct ib_mr *mr = ib_alloc_mr(pd, IB_MR_TYPE_MEM_REG, 64);

	if (IS_ERR(mr))
		return PTR_ERR(mr);
	return ib_dereg_mr(mr);
}

static int all_of(struct ib_device *ib)
{
	static struct ib_pd *pds[MANY];
	unsigned int n;
	int err = 0;

	for (n = 0; n < many && !err; n++) {
		pds[n] = ib_alloc_pd(ib, n ? 0 : IB_PD_UNSAFE_GLOBAL_RKEY);
		err = PTR_ERR_OR_ZERO(pds[n]);
	}
	n -= !!err;
	if (!err)
		err = regions(pds[0]);
	if (!err)
		err = queues(pds[0]);
	while (n--)
		ib_dealloc_pd(pds[n]);
	return err;
}

static int __init kobjects_init(void)
{
	struct ib_device *ib = ib_device_get_by_name(device, RDMA_DRIVER_UNKNOWN);
	int err;

	if (!ib)
		return -ENODEV;
	many = clamp(many, 1u, (uint)MANY);
	err = all_of(ib);
	ib_device_put(ib);
	return err;
}

static void __exit kobjects_exit(void)
{
}

module_init(kobjects_init);
module_exit(kobjects_exit);
MODULE_DESCRIPTION("Makes objects of an RDMA device as a consumer in the kernel does");
MODULE_LICENSE("Dual BSD/GPL");
