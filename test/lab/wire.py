# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets: captures and what is in them, and VRRP by hand, junk included."""

import os
import signal
import socket
import struct

from lab import Failure, Process, command, wait

VRRP_GROUP4 = "224.0.0.18"
VRRP_GROUP6 = "ff02::12"
PROTO_VRRP = 112
ETH_IPV4, ETH_IPV6, ETH_ARP = 0x0800, 0x86dd, 0x0806


class Frame:
    """A captured Ethernet frame, taken apart as far as tests ask."""

    def __init__(self, time, data):
        self.time = time
        self.data = data
        self.mac = data[6:12].hex(":")
        self.kind = None
        ethertype = struct.unpack_from("!H", data, 12)[0]
        body = data[14:]
        if ethertype == ETH_ARP and len(body) >= 28:
            self.arp(body)
        elif ethertype == ETH_IPV4 and len(body) >= 20:
            header = (body[0] & 15) * 4
            self.src = socket.inet_ntop(socket.AF_INET, body[12:16])
            self.dst = socket.inet_ntop(socket.AF_INET, body[16:20])
            if body[9] == PROTO_VRRP:
                self.vrrp(body[header:])
        elif ethertype == ETH_IPV6 and len(body) >= 40:
            self.src = socket.inet_ntop(socket.AF_INET6, body[8:24])
            self.dst = socket.inet_ntop(socket.AF_INET6, body[24:40])
            if body[6] == PROTO_VRRP:
                self.vrrp(body[40:])
            elif body[6] == 58 and body[40] == 136:
                self.kind = "na"
                self.target = socket.inet_ntop(socket.AF_INET6, body[48:64])

    def arp(self, body):
        sender, target = body[14:18], body[24:28]
        self.kind = "garp" if sender == target else "arp"
        self.src = socket.inet_ntop(socket.AF_INET, sender)
        self.target = socket.inet_ntop(socket.AF_INET, target)

    def vrrp(self, message):
        if len(message) < 8:
            return
        self.kind = "vrrp"
        self.version = message[0] >> 4
        self.vrid, self.priority = message[1], message[2]


def read_pcap(path):
    """The frames of a nanosecond pcap file that may still grow."""
    data = path.read_bytes()
    frames, offset = [], 24
    while offset + 16 <= len(data):
        seconds, nanos, size, _ = struct.unpack_from("=IIII", data, offset)
        if offset + 16 + size > len(data):
            break
        frames.append(Frame(seconds + nanos / 1e9,
                            data[offset + 16:offset + 16 + size]))
        offset += 16 + size
    return frames


class Capture(Process):
    """tcpdump on the switch's port of a node, or on the client's eth0."""

    count = 0

    def __init__(self, node, expression="vrrp or arp or icmp6 or ip6 proto 112",
                 dev="eth0"):
        Capture.count += 1
        self.file = node.dir / f"capture{Capture.count}.pcap"
        self.file.touch()
        self.file.chmod(0o666)
        super().__init__(node, f"tcpdump{Capture.count}", "tcpdump", "-i", dev,
                         "-n", "-U", "--immediate-mode", "-B", "32768", "-s", "2048",
                         "-Z", "root",
                         "--time-stamp-precision=nano", "-w", self.file, expression)
        wait(lambda: "listening on" in self.log_text(), 10, f"{self.title} listens")

    def frames(self, kind=None, **fields):
        return [f for f in read_pcap(self.file)
                if kind in (None, f.kind)
                and all(getattr(f, k) == v for k, v in fields.items())]

    def probes(self, address):
        """ARP requests for address from no address (RFC 5227)."""
        return self.frames("arp", src="0.0.0.0", target=address)

    def finish(self):
        if self.alive():
            os.kill(self.pid, signal.SIGINT)
            self.popen.wait(10)
        dropped = [line for line in self.log_text().splitlines()
                   if line.endswith("dropped by kernel")]
        if not dropped or not dropped[0].startswith("0 "):
            raise Failure(f"{self.title}: {dropped}")
        return self

    def assert_clean(self, expected="vrrp"):
        """tshark finds what is expected in it, nothing malformed and no wrong
        checksum."""
        self.finish()
        if not self.tshark(expected):
            raise Failure(f"{self.file}: no {expected}")
        bad = self.tshark("_ws.malformed or ip.checksum.status == 0 or "
                          "vrrp.checksum.status == 0 or "
                          "icmpv6.checksum.status == 0")
        if bad:
            raise Failure("tshark objects to:\n" + bad)

    def tshark(self, display_filter):
        return command("tshark", "-n", "-r", self.file, "-o",
                       "ip.check_checksum:TRUE", "-Y", display_filter)


def gaps_ms(frames):
    return [1000 * (b.time - a.time) for a, b in zip(frames, frames[1:])]


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def advert(src, priority, vips, version=3, vrid=87, interval_cs=10, kind=1,
           dst=VRRP_GROUP4, count=None, bad_sum=0, trailing=b""):
    """A VRRP message. v2: the interval in seconds, no authentication."""
    family = socket.AF_INET6 if ":" in src else socket.AF_INET
    addresses = b"".join(socket.inet_pton(family, v) for v in vips)
    size = len(vips) if count is None else count
    if version == 2:
        head = struct.pack("!BBBBBB", 2 << 4 | kind, vrid, priority, size, 0,
                           max(1, interval_cs // 100))
        addresses += bytes(8)
        pseudo = b""
    else:
        head = struct.pack("!BBBBH", version << 4 | kind, vrid, priority, size,
                           interval_cs)
        length = len(head) + 2 + len(addresses) + len(trailing)
        pseudo = (socket.inet_pton(family, src) + socket.inet_pton(family, dst)
                  + struct.pack("!II" if family == socket.AF_INET6 else "!HH",
                                PROTO_VRRP, length))
    total = checksum(pseudo + head + b"\0\0" + addresses + trailing) ^ bad_sum
    return head + struct.pack("!H", total) + addresses + trailing


class Sender:
    """Raw VRRP out of a node's eth0, from its own IPv4 address."""

    def __init__(self, node):
        self.sock = node.socket(socket.AF_INET, socket.SOCK_RAW, PROTO_VRRP)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")

    def send(self, message, ttl=255, dst=VRRP_GROUP4):
        option = (socket.IP_MULTICAST_TTL if dst == VRRP_GROUP4
                  else socket.IP_TTL)
        self.sock.setsockopt(socket.IPPROTO_IP, option, ttl)
        self.sock.sendto(message, (dst, 0))

    def close(self):
        self.sock.close()


class Stranger:
    """ARP by hand from a node's eth0, about addresses it need not have."""

    def __init__(self, node):
        self.mac = bytes.fromhex(node.mac().replace(":", ""))
        self.sock = node.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind(("eth0", 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, kind, address, to=None):
        """garp, request (asks for another address), reply (to a MAC), probe."""
        own = socket.inet_aton(address)
        sender, target = own, own
        if kind in ("request", "reply"):
            target = own[:3] + b"\xfe"
        elif kind == "probe":
            sender = bytes(4)
        dst = (bytes.fromhex(to.replace(":", "")) if kind == "reply"
               else b"\xff" * 6)
        self.sock.send(dst + self.mac + struct.pack(
            "!HHHBBH", ETH_ARP, 1, ETH_IPV4, 6, 4, 2 if kind == "reply" else 1)
            + self.mac + sender + bytes(6) + target)
