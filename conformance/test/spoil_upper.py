#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""spoil_upper.py tcp:ADDRESS:PORT: stands before an upper tester and spoils what is posted: each
work request gets another number, so that its completion is that of something else. Prints "ready
tcp:ADDRESS:PORT" and serves one tester after another until it is ended."""
import socket
import struct
import sys
import threading

HEAD, OP_POST, WR = 16, 0x10, 64


def exactly(s: socket.socket, n: int) -> bytes:
    out = b""
    while len(out) < n:
        more = s.recv(n - len(out))
        if not more:
            raise EOFError
        out += more
    return out


def pump(come: socket.socket, go: socket.socket, spoil: bool) -> None:
    try:
        while True:
            head = exactly(come, HEAD)
            op, = struct.unpack_from("<H", head, 4)
            body = bytearray(exactly(come, struct.unpack_from("<I", head, 12)[0]))
            if spoil and op == OP_POST:
                for at in range(8, len(body) - WR + 1, WR):
                    body[at + 7] ^= 0x40
            go.sendall(head + bytes(body))
    except (EOFError, OSError):
        for s in (come, go):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def main() -> None:
    host, port = sys.argv[1].removeprefix("tcp:").rsplit(":", 1)
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"ready tcp:127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        tester = listener.accept()[0]
        device = socket.create_connection((host, int(port)))
        back = threading.Thread(target=pump, args=(device, tester, False))
        back.start()
        pump(tester, device, True)
        back.join()


main()
