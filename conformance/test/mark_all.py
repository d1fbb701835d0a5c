#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mark_all.py ADDRESS PORT, for run_hostile.sh: stands before a device over UDP, which then seems
to mark all that it sends: the IP header says CE. Prints "ready" and its own address; runs until it
is ended."""
import select
import socket
import sys

CE = 3                  # in the two bits of ECN

device = (sys.argv[1], int(sys.argv[2]))
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, CE)
front.bind(("127.0.0.1", 0))
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tester = None
print("ready", "udp:%s:%d" % front.getsockname(), flush=True)
while True:
    for s in select.select([front, back], [], [])[0]:
        packet, sender = s.recvfrom(65536)
        if s is front:
            tester = sender
            back.sendto(packet, device)
        elif tester:
            front.sendto(packet, tester)
