// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loading and unloading of weft.ko, and its parameters.
 */
#include <linux/module.h>
#include <linux/timekeeping.h>

#include "kernel/inner.h"

unsigned int weftk_udp_port = WEFT_UDP_PORT;
module_param_named(udp_port, weftk_udp_port, uint, 0444);
MODULE_PARM_DESC(udp_port, "UDP port that devices listen on and send to (default 49190)");

bool weftk_tacks_wait = true;
module_param_named(tacks_wait, weftk_tacks_wait, bool, 0644);
MODULE_PARM_DESC(tacks_wait, "Contexts made from now on let the acknowledgement of a message "
		 "wait for the next one where messages go to and fro (default Y)");

u32 weftk_incarnation;
struct workqueue_struct *weftk_wq;
struct workqueue_struct *weftk_turns;	/* before everybody, as softirqs are */

/* Grows with each load: 1/64 s of real time; compared serially, so it may wrap. */
static u32 incarnation(void)
{
	return (u32)(ktime_get_real_ns() / (NSEC_PER_SEC / 64));
}

static int __init weftk_init(void)
{
	int err;

	if (!weftk_udp_port || weftk_udp_port > U16_MAX)
		return -EINVAL;
	weftk_incarnation = incarnation();
	weftk_counters_init();
	weftk_flights_init();
	weftk_wq = alloc_workqueue("weft", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!weftk_wq) {
		err = -ENOMEM;
		goto exit_flights;
	}
	weftk_turns = alloc_workqueue("weft-turns", WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	if (!weftk_turns) {
		err = -ENOMEM;
		goto free_wq;
	}
	err = weftk_crc_init();
	if (err)
		goto free_turns;
	err = weftk_netdev_init();
	if (err)
		goto exit_crc;
	err = weftk_verbs_init();
	if (err)
		goto exit_netdev;
	return 0;

exit_netdev:
	weftk_netdev_exit();
exit_crc:
	weftk_crc_exit();
free_turns:
	destroy_workqueue(weftk_turns);
free_wq:
	destroy_workqueue(weftk_wq);
exit_flights:
	weftk_flights_exit();
	return err;
}

static void __exit weftk_exit(void)
{
	weftk_verbs_exit();
	weftk_netdev_exit();
	weftk_crc_exit();
	rcu_barrier();
	destroy_workqueue(weftk_turns);
	destroy_workqueue(weftk_wq);
	weftk_flights_exit();
}

module_init(weftk_init);
module_exit(weftk_exit);

MODULE_DESCRIPTION("Weft: RDMA over an open interconnect on any network device");
MODULE_AUTHOR("The Weft authors");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("Dual BSD/GPL");
