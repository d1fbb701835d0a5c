/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the queue: one command from its beginning to its end.
 *
 * Decides whether a command may do what it asks (WEFT-ACC-007, WEFT-ACC-008) and moves it forward
 * slice by slice.  Which command's turn it is, and signals, are queue.c's.
 */
#ifndef WEFT_USERSPACE_CHIP_QUEUE_STEP_H
#define WEFT_USERSPACE_CHIP_QUEUE_STEP_H

#include "userspace/chip/queue.h"

/* Judge the command at ring index `index`; it is RUNNING afterwards, or FINISHED with a status. */
void chip_slot_begin(struct chip_queue *q, struct chip_slot *s, uint64_t index);
/* Work on one slice of a RUNNING command.  False: it waits for data of another chip. */
bool chip_slot_step(struct chip_queue *q, struct chip_slot *s);
/* A command that has not finished never will: it is FINISHED with ABORTED. */
void chip_slot_abort(struct chip_queue *q, struct chip_slot *s);
/* Free what the slot holds; it is FREE afterwards. */
void chip_slot_drop(struct chip_queue *q, struct chip_slot *s);

#endif
