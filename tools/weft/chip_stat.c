/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of running chips.  See chip_stat.h. */
#include "tools/weft/chip_stat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/weft/net.h"
#include "tools/weft/out.h"
#include "userspace/chip/chip.h"

char *chip_stat_dir(char dir[CHIP_STAT_DIR_MAX])
{
	const char *own = getenv("WEFT_RUN_DIR"), *xdg = getenv("XDG_RUNTIME_DIR");

	if (own && *own)
		snprintf(dir, CHIP_STAT_DIR_MAX, "%s", own);
	else if (xdg && *xdg)
		snprintf(dir, CHIP_STAT_DIR_MAX, "%s/weft", xdg);
	else
		snprintf(dir, CHIP_STAT_DIR_MAX, "/tmp/weft-%u", (unsigned)getuid());
	return dir;
}

/* A folder in /tmp may be somebody else's: then nobody is answered. */
static bool dir_is_ours(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return false;
	return !lstat(dir, &st) && S_ISDIR(st.st_mode) && st.st_uid == getuid();
}

void chip_stat_open(struct chip_stat *cs, struct chip *chip, const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char dir[CHIP_STAT_DIR_MAX];

	(void)chip;
	*cs = (struct chip_stat){ .fd = -1, .name = name };
	if (!dir_is_ours(chip_stat_dir(dir)))
		return;
	snprintf(cs->path, sizeof(cs->path), "%s/%d.sock", dir, (int)getpid());
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", cs->path);
	unlink(cs->path);	/* left by a dead process of our number */
	cs->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (cs->fd < 0)
		return;
	if (bind(cs->fd, (struct sockaddr *)&un, sizeof(un)) || listen(cs->fd, 8)) {
		close(cs->fd);
		cs->fd = -1;
	}
}

void chip_stat_serve(struct chip_stat *cs, struct chip *chip)
{
	int fd = cs->fd < 0 ? -1 : accept4(cs->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	json_t *doc;
	char *text;

	if (fd < 0)
		return;
	doc = chip_stat_document(chip, cs->name);
	text = json_dumps(doc, JSON_COMPACT);
	/* Far below a socket's buffer: it goes whole, or the caller is told nothing. */
	if (text && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		out_error("chip: a question for counters could not be answered: %s",
			  strerror(errno));
	free(text);
	json_decref(doc);
	close(fd);
}

void chip_stat_close(struct chip_stat *cs)
{
	if (cs->fd < 0)
		return;
	close(cs->fd);
	unlink(cs->path);
	*strrchr(cs->path, '/') = '\0';
	rmdir(cs->path);	/* the last one turns off the light */
	cs->fd = -1;
}

static json_t *contexts(struct weft_port *port)
{
	struct weft_context_info info[32];
	json_t *list = json_array();
	int n = weft_contexts(port, info, 32);

	for (int i = 0; i < n && i < 32; i++) {
		char id[24];

		json_array_append_new(list, json_pack(
			"{s:s,s:s,s:s,s:s,s:i,s:i,s:I,s:I,s:I,s:I}",
			"chip_id", weft_chip_id_str(info[i].chip_id, id), "address", info[i].addr,
			"state", info[i].state, "mode", info[i].mode == WEFT_RUD ? "RUD" : "ROD",
			"domain", (int)info[i].domain, "endpoints", (int)info[i].eps,
			"srtt_ns", (json_int_t)info[i].srtt_ns,
			"rx_packets", (json_int_t)info[i].rx_packets,
			"tx_packets", (json_int_t)info[i].tx_packets,
			"retransmits", (json_int_t)info[i].retransmits));
	}
	return list;
}

json_t *chip_stat_document(struct chip *chip, const char *name)
{
	struct weft_port *port = chip_port(chip);
	json_t *own = json_object();
	struct weft_counter c[64];
	int n = chip_counters(chip, c, 64);
	char id[24];

	for (int i = 0; i < n && i < 64; i++)
		json_object_set_new(own, c[i].name, json_integer((json_int_t)c[i].value));
	return json_pack("{s:s,s:s,s:s,s:i,s:o,s:o,s:o}", "name", name,
			 "chip_id", weft_chip_id_str(weft_port_chip_id(port), id),
			 "address", weft_port_addr(port), "pid", (int)getpid(),
			 "chip", own, "network", net_counters(port), "contexts", contexts(port));
}

static void show_group(const json_t *group)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)group, name, v)
		if (json_integer_value(v))
			printf("  %-28s %14" JSON_INTEGER_FORMAT "\n", name, json_integer_value(v));
}

void chip_stat_show(const json_t *doc)
{
	printf("chip %s \"%s\" at %s, process %d\n",
	       json_string_value(json_object_get(doc, "chip_id")),
	       json_string_value(json_object_get(doc, "name")),
	       json_string_value(json_object_get(doc, "address")),
	       (int)json_integer_value(json_object_get(doc, "pid")));
	show_group(json_object_get(doc, "chip"));
	show_group(json_object_get(doc, "network"));
	fflush(stdout);
}

void chip_stat_print(struct chip *chip, const char *name)
{
	json_t *doc = chip_stat_document(chip, name);

	if (out_json) {
		json_dumpf(doc, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	} else {
		chip_stat_show(doc);
	}
	json_decref(doc);
}
