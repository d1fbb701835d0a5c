# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TCP applications over SMC-R, as guest scripts need them.

smc.py pnetid NAME NETDEV... IBDEV    one physical network for these devices, by generic netlink
smc.py server ADDRESS PORT            takes one connection and sends back what comes
smc.py client ADDRESS PORT BYTES      sends that many bytes, compares what comes back; fails where
                                      the kernel did not use queue pairs for it
"""
import hashlib
import random
import socket
import struct
import sys
import threading

AF_SMC = 43
NETLINK_GENERIC = 16
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 16, 3, 1, 2
NLM_REQUEST_ACK = 5
NLM_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20
DIAG_FALLBACK = 5
DIAG_EXT = 1 << (DIAG_FALLBACK - 1)
SMC_ACTIVE = 1
DIAG_LENGTH = 64        # of struct smc_diag_msg
SMC_PNETID_ADD = 2
PNET_NAME, PNET_ETHNAME, PNET_IBNAME, PNET_IBPORT = 1, 2, 3, 4
CHUNK = 1 << 16


def attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("HH", length, kind) + value + bytes(-length % 4)


class Netlink:
    """Generic netlink, one request at a time."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))

    def ask(self, family: int, command: int, version: int, attributes: bytes) -> bytes:
        """The first message of the answer, without its headers; OSError where it is an error."""
        body = struct.pack("BBH", command, version, 0) + attributes
        self.sock.send(struct.pack("IHHII", 16 + len(body), family, NLM_REQUEST_ACK, 1, 0) + body)
        answer = self.sock.recv(CHUNK)
        _, kind = struct.unpack_from("IH", answer)
        if kind == NLMSG_ERROR:
            error = struct.unpack_from("i", answer, 16)[0]
            if error:
                raise OSError(-error, "netlink refused")
            return b""
        self.sock.recv(CHUNK)       # the acknowledgement
        return answer[20:]

    def family(self, name: str) -> int:
        answer = self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1,
                          attribute(CTRL_ATTR_FAMILY_NAME, name.encode() + b"\0"))
        at = 0
        while at < len(answer):
            length, kind = struct.unpack_from("HH", answer, at)
            if kind == CTRL_ATTR_FAMILY_ID:
                return struct.unpack_from("H", answer, at + 4)[0]
            at += length + -length % 4
        raise OSError(f"no generic netlink family {name}")


def pnetid(name: str, netdevs: list[str], ibdev: str) -> int:
    netlink = Netlink()
    family = netlink.family("SMC_PNETID")
    label = attribute(PNET_NAME, name.encode() + b"\0")
    for netdev in netdevs:
        netlink.ask(family, SMC_PNETID_ADD, 1,
                    label + attribute(PNET_ETHNAME, netdev.encode() + b"\0"))
    netlink.ask(family, SMC_PNETID_ADD, 1, label + attribute(PNET_IBNAME, ibdev.encode() + b"\0")
                + attribute(PNET_IBPORT, b"\1"))
    return 0


def smc_socket(address: str) -> socket.socket:
    """Protocol 0 is over IPv4, 1 over IPv6; Python knows the address form of neither."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(AF_SMC, socket.SOCK_STREAM, int(family == socket.AF_INET6))
    # The same descriptor under the family whose addresses it takes.
    return socket.socket(family, socket.SOCK_STREAM, 0, fileno=sock.detach())


def serve(address: str, port: int) -> int:
    with smc_socket(address) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((address, port))
        door.listen(1)
        connection, _ = door.accept()
        with connection:
            while data := connection.recv(CHUNK):
                connection.sendall(data)
    return 0


def modes() -> list[str]:
    """How the kernel carries each SMC connection of this host, as smc_diag tells."""
    request = struct.pack("BxxB48x", AF_SMC, DIAG_EXT)
    found = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as sock:
        sock.send(struct.pack("IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_DUMP, 1, 0)
                  + request)
        while True:
            answer = sock.recv(CHUNK)
            at = 0
            while at < len(answer):
                length, kind = struct.unpack_from("IH", answer, at)
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    return found
                if answer[at + 17] == SMC_ACTIVE:
                    found.append(mode(answer[at + 16:at + length]))
                at += length + -length % 4


def mode(message: bytes) -> str:
    if message[2] != 1:
        return {0: "SMC-R", 2: "SMC-D"}.get(message[2], "unknown")
    at = DIAG_LENGTH
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("HH", message, at)
        if kind == DIAG_FALLBACK:
            mine, peers = struct.unpack_from("II", message, at + 4)
            return f"TCP, because of {mine:#x} here and {peers:#x} at the peer"
        at += max(length + -length % 4, 4)
    return "TCP"


def client(address: str, port: int, count: int) -> int:
    data = random.Random(1).randbytes(count)
    got = hashlib.sha256()
    with smc_socket(address) as sock:
        sock.settimeout(60)
        sock.connect((address, port))
        sender = threading.Thread(target=sock.sendall, args=(data,), daemon=True)
        sender.start()
        left = count
        while left:
            piece = sock.recv(min(left, CHUNK))
            if not piece:
                print(f"the stream ended {left} bytes early")
                return 1
            got.update(piece)
            left -= len(piece)
        sender.join()
        used = modes()
    if got.digest() != hashlib.sha256(data).digest():
        print("what came back is not what was sent")
        return 1
    print(f"{count} bytes went and came back over {'; '.join(used)}")
    return 0 if "SMC-R" in used else 1


def main(argv: list[str]) -> int:
    if len(argv) > 3 and argv[0] == "pnetid":
        return pnetid(argv[1], argv[2:-1], argv[-1])
    if len(argv) == 3 and argv[0] == "server":
        return serve(argv[1], int(argv[2]))
    if len(argv) == 4 and argv[0] == "client":
        return client(argv[1], int(argv[2]), int(argv[3]))
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
