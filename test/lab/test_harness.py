# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab measures right: shown with keepalived and with plain addresses."""

import time

import pytest

from client import Endpoint, Probe, connect
from daemons import VIP4, Keepalived, instance
from lab import Topology, command, wait
from wire import Capture, Sender, advert


def test_a_probe_measures_an_outage_to_the_millisecond(lab):
    topo = lab(nodes=1)
    node = topo.nodes[0]
    probe = Probe(topo.client, node.ip4).wait_answer()
    node.black_hole()
    down = time.monotonic()
    wait(lambda: probe.report["now"] > probe.report["last"] + 0.1, 5, "silence")
    node.heal()
    healed = time.monotonic()
    probe.wait_answer(after=healed + 0.05)
    outage = probe.outage_ms()
    assert abs(outage - 1000 * (healed - down)) < 15


def test_a_tcp_probe_sees_the_endpoint_and_its_end(lab):
    topo = lab(nodes=0, endpoints=1)
    server = Endpoint(topo.endpoints[0], 22)
    topo.client.ip("addr", "add", "10.129.2.100/24", "dev", "eth0")
    assert "ep1 sees 10.129.2.100" in connect(topo.client, "10.129.2.11", 22)
    probe = Probe(topo.client, "10.129.2.11", 22, interval_ms=2).wait_answer()
    server.crash()
    crashed = time.monotonic()
    wait(lambda: probe.report["now"] > crashed + 0.1, 5, "a report")
    assert probe.outage_ms() > 80


def test_two_keepalived_fail_over_and_the_capture_is_clean(lab):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    first = Keepalived(one, instance(200))
    Keepalived(two, instance(100))
    first.wait_state("MASTER")
    probe = Probe(topo.client, VIP4).wait_answer()
    wait(lambda: len(capture.frames("vrrp", mac=one.mac())) >= 3, 5, "adverts")
    one.link_down()
    first.crash()
    wait(lambda: topo.holders(VIP4, [two]), 5, "the backup takes over")
    probe.wait_answer(after=time.monotonic())
    # Master_Down_Interval is 361 ms; the crash comes in the middle of one.
    assert 250 < probe.outage_ms() < 400
    capture.assert_clean()
    assert capture.frames("garp", mac=two.mac(), src=VIP4)


def test_the_end_of_a_topology_leaves_nothing():
    with Topology(nodes=1) as topo:
        router = Keepalived(topo.nodes[0], instance(100))
        router.wait_state("MASTER")
        pids, prefix, directory = router.pids(), topo.prefix, topo.dir
    assert prefix not in command("ip", "netns", "list")
    assert not directory.exists()
    for pid in pids:
        wait(lambda: not alive(pid), 2, f"{pid} is gone")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as handle:
            return handle.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("version, interval", [(3, 0.1), (2, 1)])
def test_an_advert_made_by_hand_is_valid(lab, version, interval):
    """What junk is measured against: keepalived yields to it, tshark agrees."""
    topo = lab(nodes=1)
    capture = Capture(topo.client)
    router = Keepalived(topo.nodes[0], instance(100, version=version,
                                                advert_int=interval))
    router.wait_state("MASTER", within=10)
    sender = Sender(topo.client)
    message = advert(topo.client.ip4, 250, [VIP4], version=version,
                     interval_cs=int(100 * interval))
    wait(lambda: sender.send(message) or router.state() == "BACKUP", 5, "it yields")
    sender.close()
    capture.assert_clean()
