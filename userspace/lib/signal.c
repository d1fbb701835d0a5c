/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion signals: words in our memory to which chips add.  What a word means is section 60.2 of
 * the specification.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/lib/chip.h"

int weft_signals_create(struct weft_chip *chip, uint32_t n, struct weft_signals **out)
{
	struct weft_mem_opts o = { .pd = weft_ep_pd(chip->ep), .domain = weft_ep_domain(chip->ep),
				   .domain_given = 1 };
	struct weft_signals *s = calloc(1, sizeof(*s));
	size_t size = n * sizeof(uint64_t);
	int err;

	*out = NULL;
	if (s && n)
		s->words = calloc(n, sizeof(uint64_t));
	if (!s || !s->words) {
		free(s);
		return weftu_fail(chip->port, n ? -ENOMEM : -EINVAL, n ? "out of memory for signals"
				  : "no signals asked for");
	}
	err = weft_reg(chip->port, s->words, size, WEFT_REMOTE_ATOMIC, &o, &s->mem);
	if (err) {
		free(s->words);
		free(s);
		return err;
	}
	s->chip = chip;
	s->n = n;
	s->next = chip->signals;
	chip->signals = s;
	*out = s;
	return 0;
}

void weft_signals_destroy(struct weft_signals *s)
{
	struct weft_signals **at;

	if (!s)
		return;
	for (at = &s->chip->signals; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	weft_dereg(s->mem);
	free(s->words);
	free(s);
}

uint32_t weft_signals_key(const struct weft_signals *s)
{
	return weft_mem_key(s->mem);
}

uint64_t weft_signal_addr(const struct weft_signals *s, uint32_t i)
{
	return weft_mem_addr(s->mem) + i * sizeof(uint64_t);
}

uint64_t weft_signal_get(const struct weft_signals *s, uint32_t i)
{
	return le64toh(__atomic_load_n(&s->words[i], __ATOMIC_ACQUIRE));
}

void weft_signal_clear(struct weft_signals *s, uint32_t i)
{
	__atomic_store_n(&s->words[i], 0, __ATOMIC_RELEASE);
}

uint32_t weft_signal_count(uint64_t word)
{
	return (uint32_t)word;
}

uint32_t weft_signal_failed(uint64_t word)
{
	return (uint32_t)(word >> 48);
}

unsigned weft_signal_status(uint64_t word)
{
	return (unsigned)(word >> 32 & 0xffff);
}

uint64_t weft_signal_make(unsigned status)
{
	return 1 + ((uint64_t)status << 32) + (status ? 1ull << 48 : 0);
}

static int failed(struct weft_signals *s, uint32_t i, uint64_t word)
{
	char id[24];

	return weftu_fail(s->chip->port, -EREMOTEIO, "chip %s at %s: %u of %u commands of signal "
			  "%u failed: %s", weft_chip_id_str(weft_ep_chip_id(s->chip->ep), id),
			  weft_ep_addr(s->chip->ep), weft_signal_failed(word),
			  weft_signal_count(word), i, weft_cmd_st_name(weft_signal_status(word)));
}

int weft_signal_wait(struct weft_signals *s, uint32_t i, uint32_t count, uint64_t timeout_ns)
{
	struct weft_port *port = s->chip->port;
	weft_time begin = weftu_now(port);

	for (;;) {
		uint64_t word = weft_signal_get(s, i);
		uint64_t spent = weftu_now(port) - begin;
		int r;

		if (weft_signal_count(word) >= count)
			return weft_signal_failed(word) ? failed(s, i, word) : 0;
		if (weft_ep_status(s->chip->ep) != WEFT_EP_IS_CONNECTED)
			return weftu_chip_down(s->chip);
		if (spent >= timeout_ns)
			return weftu_fail(port, -ETIMEDOUT, "chip at %s: %u of %u commands of "
					  "signal %u have ended within %llu ms",
					  weft_ep_addr(s->chip->ep), weft_signal_count(word),
					  count, i,
					  (unsigned long long)(spent / WEFT_MSEC));
		r = weft_wait(port, timeout_ns - spent);
		if (r < 0)
			return r;
	}
}
