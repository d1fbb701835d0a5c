/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between netdev.c, the list of devices, and device.c, one of them. */
#ifndef WEFT_KERNEL_NETDEV_H
#define WEFT_KERNEL_NETDEV_H

#include "kernel/inner.h"

/* -EEXIST: there is one on that netdev.  May sleep. */
int weftk_dev_list(struct weftk_dev *dev);
/* No packet finds it any more, and no event.  Twice is once. */
void weftk_dev_unlist(struct weftk_dev *dev);
/* The list's mutex held. */
void weftk_dev_event(struct weftk_dev *dev, enum weftk_port_event ev);

#endif
