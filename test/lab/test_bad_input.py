# SPDX-License-Identifier: GPL-2.0-or-later
"""Adverts with some of their fields changed at random, sums made good: a router
takes those whose every change is harmless, and not one of the others.

A seed that failed is in its message; VIPD_INPUT_SEED=n replays it."""

import json
import os
import random
import socket
import struct

import pytest

from daemons import LINKLOCAL6, VIP4, VIP6, Vipd, instance
from lab import wait
from wire import PROTO_VRRP, VRRP_GROUP4, VRRP_GROUP6, checksum

PACKETS = 400
PRIORITY = 200  # the router's; what is sent is below, or it would give way
SENDER4, SENDER6 = "192.168.185.66", "fe80::66"


class Packet:
    """The fields of a frame, all well; a change sets some of them."""

    def __init__(self, v6, src, dst, mac, addresses):
        self.v6, self.src, self.dst, self.mac = v6, src, dst, mac
        self.addresses = addresses
        self.vlan = None
        self.ip_version = 6 if v6 else 4
        self.proto, self.ttl, self.fragment = PROTO_VRRP, 255, 0
        self.options = self.extension = self.padding = self.trailing = b""
        self.longer = self.ip_sum = self.sum = 0
        self.version, self.kind, self.vrid, self.priority = 3, 1, 87, 50
        self.count = None
        self.interval = 10
        self.plain = False
        self.cut = None

    def inet(self, address):
        return socket.inet_pton(
            socket.AF_INET6 if self.v6 else socket.AF_INET, address)

    def message(self):
        addresses = b"".join(map(self.inet, self.addresses))
        size = len(self.addresses) if self.count is None else self.count
        head = struct.pack("!BBBBH", self.version << 4 | self.kind, self.vrid,
                           self.priority, size, self.interval)
        body = addresses + self.trailing
        pseudo = b"" if self.plain else self.inet(self.src) + self.inet(
            self.dst) + struct.pack("!II" if self.v6 else "!HH", PROTO_VRRP,
                                    len(head) + 2 + len(body))
        total = checksum(pseudo + head + b"\0\0" + body) ^ self.sum
        return (head + struct.pack("!H", total) + body)[:self.cut]

    def frame(self):
        message = self.message()
        if self.v6:
            body = self.extension + message
            packet = struct.pack(
                "!IHBB", self.ip_version << 28 | 0xc << 24,
                max(0, len(body) + self.longer),
                0 if self.extension else self.proto, self.ttl)
            packet += self.inet(self.src) + self.inet(self.dst) + body
        else:
            words = 5 + len(self.options) // 4
            head = struct.pack(
                "!BBHHHBBH", self.ip_version << 4 | words, 0xc0,
                4 * words + len(message) + self.longer, 7, self.fragment, self.ttl,
                self.proto, 0)
            head += self.inet(self.src) + self.inet(self.dst) + self.options
            total = checksum(head) ^ self.ip_sum
            packet = head[:10] + struct.pack("!H", total) + head[12:] + message
        tag = b"" if self.vlan is None else struct.pack("!HH", 0x8100, self.vlan)
        return (self.mac + bytes.fromhex("020000000066") + tag
                + (b"\x86\xdd" if self.v6 else b"\x08\x00") + packet + self.padding)


def changes(v6, unicast, own, own_mac):
    """[(whether the router may still take it, fields)]"""
    group = VRRP_GROUP6 if v6 else VRRP_GROUP4
    elsewhere = "ff02::1" if v6 else "224.0.0.1"
    common = [
        (True, {"padding": bytes(range(40))}), (True, {"priority": 0}),
        (True, {"priority": 1}), (True, {"priority": PRIORITY - 1}),
        (True, {"interval": 4095}), (True, {"interval": 0xf00a}),  # reserved bits
        (True, {"vlan": 0}), (False, {"vlan": 5}),
        (False, {"mac": bytes.fromhex("020000000077")}),
        (False, {"mac": b"\xff" * 6}),
        (True, {"mac": own_mac}),
        (False, {"dst": elsewhere}),
        (False, {"dst": group} if unicast else {"dst": own}),
        (False, {"src": own}), (False, {"src": group}),
        (False, {"src": "::" if v6 else "0.0.0.0"}),
        (False, {"proto": 17}), (False, {"proto": 51}),
        (False, {"ip_version": 5}),
        (False, {"longer": 1}), (False, {"longer": 4000}), (False, {"longer": -3}),
        (False, {"version": 2}), (False, {"version": 4}), (False, {"version": 0}),
        (False, {"kind": 0}), (False, {"kind": 2}),
        (False, {"vrid": 0}), (False, {"vrid": 88}),
        (False, {"interval": 0}), (False, {"interval": 0xf000}),
        (False, {"count": 0}), (False, {"count": 254}), (False, {"count": 3}),
        (False, {"addresses": []}),
        (False, {"trailing": bytes(4)}), (False, {"trailing": bytes(28)}),
        (False, {"sum": 1}), (False, {"sum": 0x8000}),
        (False, {"cut": 7}), (False, {"cut": 0}), (False, {"cut": -1}),
        (False, {"ttl": 63 if unicast else 254}), (False, {"ttl": 0}),
    ]
    if unicast:
        return common + [(True, {"ttl": 64}),
                         (False, {"src": "192.168.185.67"})]
    if v6:
        return common + [
            (False, {"extension": bytes([PROTO_VRRP]) + bytes(7)}),
            (False, {"plain": True}),
            (False, {"addresses": [VIP6, LINKLOCAL6]})]
    return common + [
        (True, {"plain": True}), (True, {"options": b"\x01" * 4}),
        (True, {"options": b"\x01" * 40}), (True, {"fragment": 0x4000}),
        (False, {"fragment": 0x2000}), (False, {"fragment": 1}),
        (False, {"fragment": 0x1fff}), (False, {"ip_sum": 1}),
        (True, {"addresses": [VIP4] * 255})]


def received(vipd):
    done = vipd.ctl("-o", "json", "instances")
    return json.loads(done.stdout)["instances"][0]["counters"]["adverts_received"]


@pytest.mark.parametrize("kind", ["v4", "v6", "unicast"])
def test_only_what_is_harmless_is_taken(lab, kind):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    v6, unicast = kind == "v6", kind == "unicast"
    settings = {"vips": [LINKLOCAL6 + "/64", VIP6 + "/64"]} if v6 else {}
    if unicast:
        settings["unicast_peer"] = [f"{SENDER4} min_ttl 64"]
    vipd = Vipd(node, instance(PRIORITY, **settings))
    vipd.wait_state("MASTER")
    since = vipd.instance()["since"]
    own_mac = bytes.fromhex(node.mac().replace(":", ""))
    own = node.ip4
    mac, dst = bytes.fromhex("01005e000012"), VRRP_GROUP4
    if v6:
        own = next(a for a in node.addresses()
                   if a.startswith("fe80:") and a != LINKLOCAL6)
        mac, dst = bytes.fromhex("333300000012"), VRRP_GROUP6
    elif unicast:
        mac, dst = own_mac, own
    seed = int(os.environ.get("VIPD_INPUT_SEED", random.randrange(1 << 32)))
    draw = random.Random(seed)
    known = changes(v6, unicast, own, own_mac)
    wire = topo.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("eth0", 0))
    expected = 0
    plans = [[change] for change in known]
    plans += [draw.sample(known, draw.randint(1, 3)) for _ in range(PACKETS)]
    for plan in plans + [[]]:
        packet = Packet(v6, SENDER6 if v6 else SENDER4, dst, mac,
                        [LINKLOCAL6, VIP6] if v6 else [VIP4])
        # The harmful ones last: nothing of another makes good for them.
        for _, fields in sorted(plan, key=lambda change: not change[0]):
            packet.__dict__.update(fields)
        wire.send(packet.frame())
        taken = all(harmless for harmless, _ in plan)
        expected += taken
        if len(plan) == 1 and taken or not plan:
            wait(lambda: received(vipd) >= expected, 5, f"{plan} is taken")
        elif len(plan) == 1:
            assert received(vipd) <= expected, f"{plan} is not taken"
    wire.close()
    assert received(vipd) == expected, f"VIPD_INPUT_SEED={seed}"
    assert vipd.state() == "MASTER" and vipd.instance()["since"] == since
