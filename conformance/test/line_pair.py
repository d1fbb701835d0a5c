#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two serial lines joined by a cable, for run_upper.sh: what is written to one is read from the
other. Prints "ready" and the paths of both ends; runs until it is ended."""
import os
import pty
import select
import tty

ends = [pty.openpty() for _ in range(2)]
for master, slave in ends:
    tty.setraw(slave)
other = {ends[0][0]: ends[1][0], ends[1][0]: ends[0][0]}
print("ready", *(os.ttyname(slave) for _, slave in ends), flush=True)
while True:
    for fd in select.select(list(other), [], [])[0]:
        os.write(other[fd], os.read(fd, 4096))
