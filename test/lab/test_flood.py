# SPDX-License-Identifier: GPL-2.0-or-later
"""100,000 bad packets a second: nothing changes but counters, adverts keep
their time, the log stays short."""

import json
import socket
import struct

import pytest

from cases import only_holder, start
from daemons import VIP4
from flood import Flood
from lab import wait
from test_robust import junk
from wire import PROTO_VRRP, Capture, advert, checksum, gaps_ms

SECONDS = 3
MULTICAST_MAC = bytes.fromhex("01005e000012")


def frame(src, message, ttl=255, dst="224.0.0.18", tos=0xc0, extra=b""):
    """An Ethernet frame with an IPv4 packet; extra is padding behind it."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(message), 0, 0, ttl,
                       PROTO_VRRP, 0, socket.inet_aton(src), socket.inet_aton(dst))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return (MULTICAST_MAC + bytes.fromhex("020000000001") + b"\x08\x00" + head
            + message + extra)


def every_junk(topo):
    """Each check failed once; and what is spoofed, reflected or cut."""
    client, master = topo.client.ip4, topo.nodes[0].ip4
    frames = [frame(client, message, ttl) for message, ttl in junk(client)]
    good = frame(client, advert(client, 250, [VIP4]))
    frames += [
        # Reflected: the master's own address; from the group; from nobody.
        frame(master, advert(master, 250, [VIP4])),
        frame("224.0.0.18", advert("224.0.0.18", 250, [VIP4])),
        frame("0.0.0.0", advert("0.0.0.0", 250, [VIP4])),
        # Cut: in the IP header, in the message.
        good[:30], good[:-9],
        # A header length of 4 words, a fragment, a header that does not sum up
        # (the bridge or the socket's filter takes these out).
        good[:14] + b"\x44" + good[15:],
        good[:20] + b"\x20\x00" + good[22:],
        good[:24] + b"\x00\x00" + good[26:],
    ]
    return frames


def counters(vipd):
    done = vipd.ctl("-o", "json", "instances")
    return json.loads(done.stdout)["instances"][0]["counters"]


@pytest.mark.parametrize("settings", [
    pytest.param({"advert_int": 0.1}, id="100ms"),
    pytest.param({"advert_int": 1}, id="1s")])
def test_a_flood_of_junk_changes_counters_only(lab, settings):
    topo = lab(nodes=2)
    vipds = start(topo, **settings)
    since = [v.instance()["since"] for v in vipds]
    capture = Capture(topo.client, f"vrrp and ether src {topo.nodes[0].mac()}")
    lines = [len(v.log_text().splitlines()) for v in vipds]
    flood = Flood(topo.client, every_junk(topo), SECONDS)
    wait(lambda: not flood.running(), 4 * SECONDS, "the flood ends")
    assert flood.wait() > 10_000
    interval = 1000 * settings["advert_int"]
    frames = capture.frames("vrrp")
    assert len(frames) >= 0.8 * SECONDS * 1000 / interval - 1
    assert max(gaps_ms(frames)) < 3 * interval, "no backup came near its time-out"
    for vipd, was, state in zip(vipds, since, ("MASTER", "BACKUP")):
        assert vipd.state() == state
        assert vipd.instance()["since"] == was
    refused = counters(vipds[0])
    for name in ("ttl", "version", "type", "checksum", "length", "own", "src",
                 "truncated", "vrid", "interval"):
        assert refused[f"rx_{name}"] > 0, name
    assert refused["became_master"] == 1
    # One line in 10 s for each kind of complaint.
    for vipd, was in zip(vipds, lines):
        assert len(vipd.log_text().splitlines()) - was < 10
    only_holder(topo, topo.nodes[0])


def test_a_flood_of_lower_adverts_is_not_amplified(lab):
    """Good ones, from a router that does not give way: as many answers as claim
    windows fit, not one more transition."""
    topo = lab(nodes=2)
    vipds = start(topo)
    since = [v.instance()["since"] for v in vipds]
    client = topo.client.ip4
    capture = Capture(topo.client, f"ether src {topo.nodes[0].mac()}")
    flood = Flood(topo.client, [frame(client, advert(client, 50, [VIP4]))], SECONDS)
    wait(lambda: not flood.running(), 4 * SECONDS, "the flood ends")
    assert flood.wait() > 10_000
    sent = capture.frames("vrrp")
    assert len(sent) < (SECONDS + 2) * 1000 / 5 + 50
    assert len(capture.frames("garp")) < 60
    assert [v.state() for v in vipds] == ["MASTER", "BACKUP"]
    assert [v.instance()["since"] for v in vipds] == since


def test_doubled_and_reordered_adverts_are_one(lab):
    """The master's own adverts, played to the backup again and again."""
    topo = lab(nodes=2)
    vipds = start(topo)
    capture = Capture(topo.client, "vrrp")
    wait(lambda: len(capture.frames("vrrp")) > 3, 5, "adverts to play")
    mac = bytes.fromhex("020000000002")
    frames = [f.data[:6] + mac + f.data[12:] for f in capture.frames("vrrp")]
    since = [v.instance()["since"] for v in vipds]
    flood = Flood(topo.client, frames[::-1], 1)
    wait(lambda: not flood.running(), 10, "they are played")
    flood.wait()
    assert [v.state() for v in vipds] == ["MASTER", "BACKUP"]
    assert [v.instance()["since"] for v in vipds] == since
    # Played ones do not keep a dead master alive once they end.
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
