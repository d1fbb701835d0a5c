/* SPDX-License-Identifier: BSD-2-Clause */
/* weft-sim: see cli.c. */
#include "sim/cli.h"

int main(int argc, char **argv)
{
	return sim_cli(argc, argv, NULL);
}
