/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows: another chip's memory, loaded and stored word by word.
 *
 * A window is a range of the other chip's registered memory that an endpoint has bound once.  An
 * operation on it then costs one compact packet and no turn in the endpoint's order: several that
 * are posted between two turns travel together, and each completes by itself (specification,
 * section 55).  On ROD contexts operations are carried out in the order in which they were posted;
 * on RUD ones whoever needs one after another waits for the completion.
 */
#ifndef WEFT_WINDOW_PUBLIC_H
#define WEFT_WINDOW_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include <weft/ep.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_window;

#define WEFT_WINDOW_SPAN_MAX (1ull << 36)	/* bytes in a window, at most */

struct weft_window_opts {
	void *user;		/* the caller's, given back in completions and events */
	uint16_t depth;		/* operations posted and not yet polled, 1..4096; 0: 64 */
};

/*
 * Ask for a window onto [addr, addr + len) of the other chip's memory `key`, as endpoint ep may
 * reach it: its domain, and the protection domain of the other end, are what counts.  The key's
 * rights when the window is bound are the window's.
 *
 * Returns at once with a window in state BINDING, the caller's until weft_window_close() or until
 * ep is destroyed; then comes WEFT_EP_WINDOW.  Completions go to ep's completion queue.  The window
 * ends when ep is disconnected or fails; operations that are outstanding then complete with
 * FLUSHED.  opts: borrowed for the call; NULL: defaults.
 *
 * Errors: -EINVAL (len above WEFT_WINDOW_SPAN_MAX, key 0, an option), -ENOTCONN, -EOPNOTSUPP (one
 * of the two chips does not offer load and store), -ENOSPC (all windows that both chips have for
 * each other are bound), -EAGAIN (too much is being asked just now: turn and try again), -ENOMEM.
 */
int weft_window_bind(struct weft_ep *ep, uint32_t key, uint64_t addr, uint64_t len,
		     const struct weft_window_opts *opts, struct weft_window **window);
/* Turn until it is bound.  Takes no event off the queue but the window's own.  Errors: -ETIMEDOUT,
 * -EREMOTEIO (refused: weft_window_failure() says why), -ENOTCONN (ended), or as weft_wait(); the
 * window is still to be closed. */
int weft_window_wait(struct weft_window *window, uint64_t timeout_ns);
/*
 * Give it up: the other chip unbinds it when what is outstanding has been answered.  Completions
 * of it that were not polled vanish, buffers are the caller's again at once; what was posted may
 * still be carried out.  NULL is allowed.
 */
void weft_window_close(struct weft_window *window);

enum weft_window_state {
	WEFT_WINDOW_IS_BINDING,
	WEFT_WINDOW_IS_BOUND,
	WEFT_WINDOW_IS_REFUSED,		/* weft_window_failure() */
	WEFT_WINDOW_IS_ENDED,		/* with its endpoint */
};
enum weft_window_state weft_window_state(const struct weft_window *window);
unsigned weft_window_failure(const struct weft_window *window);	/* enum weft_st; OK: none */
struct weft_ep *weft_window_ep(const struct weft_window *window);
void *weft_window_user(const struct weft_window *window);
uint32_t weft_window_room(const struct weft_window *window);	/* operations that can be posted */

/* ---- Operations ---------------------------------------------------------------------- *
 *
 * Each queues one operation and returns; weft_progress() moves it.  Each is carried out exactly
 * once, and completes in any order with its own status: one that is refused (NO_WINDOW, NO_RIGHTS,
 * OUT_OF_BOUNDS, MISALIGNED, BAD_KEY: the memory was withdrawn) changes nothing and fails no other.
 *
 * offset: bytes into the window.  id: given back in the completion.  flags: WEFT_QUIET.
 *
 * Errors: -EAGAIN (depth reached, or as many operations outstanding as both chips allow: turn and
 * poll), -ENOTCONN (not bound), -EINVAL (a length that there is not, an offset beyond any window,
 * unknown flags).
 */

/* len: 1, 2, 4, 8, ... 128 or 256 bytes.  buf belongs to the library until the completion is
 * polled, and is written when it succeeds. */
int weft_load(struct weft_window *window, void *buf, uint32_t len, uint64_t offset, uint64_t id,
	      unsigned flags);
/* The same lengths.  buf is copied: it is the caller's when the call returns. */
int weft_store(struct weft_window *window, const void *buf, uint32_t len, uint64_t offset,
	       uint64_t id, unsigned flags);
/* Change those bytes only whose bit in mask is set, the first byte's in bit 63.  len: a power of
 * two, at most 64. */
int weft_store_masked(struct weft_window *window, const void *buf, uint32_t len, uint64_t mask,
		      uint64_t offset, uint64_t id, unsigned flags);
/* As weft_atomic(), without masks: -EINVAL if word->masked is set. */
int weft_window_atomic(struct weft_window *window, const struct weft_word *word, uint64_t offset,
		       uint64_t id, unsigned flags);

#ifdef __cplusplus
}
#endif

#endif
