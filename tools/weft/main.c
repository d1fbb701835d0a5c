/* SPDX-License-Identifier: BSD-2-Clause */
/* weft: one command line for chips, memory, commands, measurement and packets. */
#include <stdio.h>
#include <string.h>

#include "tools/weft/cmd.h"
#include "tools/weft/out.h"

static const struct cmd *const cmds[] = {
	&cmd_chip, &cmd_ls, &cmd_put, &cmd_get, &cmd_load, &cmd_store, &cmd_atomic, &cmd_reduce,
	&cmd_flush, &cmd_send, &cmd_recv, &cmd_run, &cmd_stripe, &cmd_ping, &cmd_perf, &cmd_dump,
	&cmd_stat,
};

static void usage(FILE *to)
{
	fprintf(to, "weft: an open CPU-to-accelerator interconnect\n\n"
		"Usage: weft COMMAND [OPTION]... [ARGUMENT]...\n\nCommands\n");
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		fprintf(to, "  %-8s %s\n", cmds[i]->name, cmds[i]->summary);
	fprintf(to, "\nweft COMMAND --help tells more, with an example.\n");
}

static const struct cmd *find(const char *name)
{
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (!strcmp(cmds[i]->name, name))
			return cmds[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2) {
		usage(stderr);
		return EXIT_BAD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "help")) {
		char help[] = "--help", *args[] = { argc > 2 ? argv[2] : argv[1], help, NULL };

		cmd = argc > 2 ? find(argv[2]) : NULL;
		if (cmd)
			return cmd->run(2, args);
		usage(stdout);
		return EXIT_OK;
	}
	cmd = find(argv[1]);
	if (!cmd) {
		out_error("no command '%s'; weft --help lists them", argv[1]);
		return EXIT_BAD_USAGE;
	}
	return cmd->run(argc - 1, argv + 1);
}
