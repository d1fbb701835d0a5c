/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of an accelerator: allocate some, write to it, let the chip work on it, read it back.
 *
 *	weft chip --port udp:127.0.0.1:5000 &
 *	remote_memory udp:127.0.0.1:0 127.0.0.1:5000
 *
 * Build: cc remote_memory.c $(pkg-config --cflags --libs weft)
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

#define WAIT (5 * WEFT_SECOND)

static struct weft_port *port;

static void must(int r)
{
	if (r < 0)
		errx(1, "%s", weft_error(port));
}

/* One operation at a time: wait for its completion. */
static void done(struct weft_ep *ep)
{
	struct weft_completion c;

	if (weft_cq_wait(weft_ep_cq(ep), &c, 1, WAIT) != 1)
		errx(1, "no completion: %s", weft_error(port));
	if (c.status != WEFT_ST_OK)
		errx(1, "%s", weft_ep_error_text(ep));
}

int main(int argc, char **argv)
{
	static const char text[] = "written by the CPU";
	char err[WEFT_ERROR_MAX], back[64] = "";
	struct weft_command fill = { .kernel = WEFT_RUN_FILL, .value = '!', .len = 3 };
	struct weft_signals *signals;
	struct weft_chip_mem mem;
	struct weft_queue *queue;
	struct weft_chip *chip;
	struct weft_ep *ep;

	if (argc != 3)
		errx(2, "usage: remote_memory URL ADDRESS");
	if (weft_open(argv[1], NULL, &port, err, sizeof(err)))
		errx(1, "%s", err);
	must(weft_chip_connect(port, argv[2], NULL, &chip));
	must(weft_chip_alloc(chip, 0, sizeof(back), 0, &mem));
	must(weft_queue_create(chip, 16, &queue));
	must(weft_signals_create(chip, 1, &signals));
	ep = weft_chip_ep(chip);

	must(weft_write(ep, text, sizeof(text) - 1, mem.addr, mem.key, 1, 0));
	done(ep);
	fill.dst_addr = mem.addr + sizeof(text) - 1;	/* the chip goes on where we ended */
	fill.dst_key = mem.key;
	fill.signal_addr = weft_signal_addr(signals, 0);
	fill.signal_key = weft_signals_key(signals);
	must(weft_queue_submit_wait(queue, &fill, 1, WAIT));
	must(weft_signal_wait(signals, 0, 1, WAIT));
	must(weft_read(ep, back, sizeof(back), mem.addr, mem.key, 2, 0));
	done(ep);
	printf("%s\n", back);

	weft_chip_close(chip);
	weft_close(port);
	return 0;
}
