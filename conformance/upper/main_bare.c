/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester on a device without an operating system: one loop, a serial line, no libc.
 * bare.h says what the board gives.  Through memory instead of a line: upper_mailbox_turn() in
 * place of the inner loop.
 */
#include "conformance/upper/bare.h"

int main(void)
{
	static struct upper_line line;
	static uint8_t out[UPPER_LINE];
	struct upper upper = { .ops = &board_ops, .dev = board_dev };

	board_init();
	while (board_turn()) {
		for (int byte = board_get(); byte >= 0; byte = board_get()) {
			uint32_t n = upper_line_byte(&line, &upper, (uint8_t)byte, out);

			for (uint32_t i = 0; i < n; i++)
				board_put(out[i]);
		}
	}
	return 0;
}
