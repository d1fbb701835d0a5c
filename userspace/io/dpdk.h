/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DPDK driver's parts: dpdk_eal.c sets the process up once, dpdk.c is one carriage on one
 * port.
 */
#ifndef WEFT_USERSPACE_IO_DPDK_H
#define WEFT_USERSPACE_IO_DPDK_H

#include "userspace/io/driver.h"

/*
 * wio_eal_start() initialises DPDK's environment in this process, once.  0 or a text and an errno.
 */
int wio_eal_start(const struct wio_cfg *c);

/* wio_eal_thread() gives the calling thread what DPDK's pools want; cheap when done before. */
void wio_eal_thread(void);

#endif /* WEFT_USERSPACE_IO_DPDK_H */
