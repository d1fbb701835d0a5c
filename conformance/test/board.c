/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board for main_bare.c that is a process: its line is standard input and output, its device
 * 256 bytes of memory.  run_upper.sh speaks to it.
 */
#include "conformance/upper/bare.h"

#include <unistd.h>

static uint8_t memory[256];
static int ended;

static uint8_t *bytes(void *dev, uint32_t key, uint64_t address, uint64_t length)
{
	uint8_t *m = dev;

	return key == 1 && address <= sizeof(memory) && length <= sizeof(memory) - address ?
	       m + address : NULL;
}

const struct upper_ops board_ops = { .level = 1, .domain = 7, .chip = 0xb0a2d, .bytes = bytes };
void *board_dev = memory;

void board_init(void)
{
}

int board_turn(void)
{
	return !ended;
}

int board_get(void)
{
	uint8_t byte;

	ended |= read(STDIN_FILENO, &byte, 1) != 1;
	return ended ? -1 : byte;
}

void board_put(uint8_t byte)
{
	ended |= write(STDOUT_FILENO, &byte, 1) != 1;
}
