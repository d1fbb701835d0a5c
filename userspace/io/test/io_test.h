/* SPDX-License-Identifier: BSD-2-Clause */
/* What the carriage tests share: opening, refusals, counters, packets that can be checked. */
#ifndef WEFT_USERSPACE_IO_TEST_IO_TEST_H
#define WEFT_USERSPACE_IO_TEST_IO_TEST_H

#include "tools/test/cunit_main.h"
#include "userspace/io/io.h"

/* Opens |url| or fails the case and returns NULL. */
struct wio *io_open(const char *url, const struct wio_opts *o);

/* Expects wio_open to fail with |code| and a text that contains every one of the words given. */
void io_refused(const char *url, int code, const char *word, const char *word2);

/* The counter |name|; fails the case if there is none. */
uint64_t io_stat(struct wio *w, const char *name);

/* Bytes of packet |k|: its number and what follows from it. */
void io_fill(uint8_t *p, uint32_t len, uint32_t k);

/* Whether |p| is packet |k|, unharmed. */
int io_is(const uint8_t *p, uint32_t len, uint32_t k);

/* The number a packet of at least 4 bytes carries. */
uint32_t io_number(const uint8_t *p);

/* Sends packet |k| of |len| bytes; returns what wio_send did. */
int io_send1(struct wio *w, const struct wio_addr *to, uint32_t len, uint32_t k);

/* A clock that stands still unless moved. */
struct io_clock {
	uint64_t ns;
};
uint64_t io_clock_now(void *arg);

#endif /* WEFT_USERSPACE_IO_TEST_IO_TEST_H */
