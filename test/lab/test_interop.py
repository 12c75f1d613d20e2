# SPDX-License-Identifier: GPL-2.0-or-later
"""Beside keepalived and FRR's vrrpd, in both roles."""

import time

import pytest

from cases import only_holder
from client import Probe
from daemons import LINKLOCAL6, VIP4, VIP6, Frr, Keepalived, Vipd, instance
from lab import wait
from wire import Capture

VERSIONS = [
    pytest.param(VIP4, {"version": 2, "advert_int": 1,
                        "authentication": {"auth_type": "PASS",
                                           "auth_pass": "secret12"}}, id="v2-pass"),
    pytest.param(VIP4, {"advert_int": 0.2}, id="v3-ipv4"),
    pytest.param(VIP6, {"advert_int": 0.2, "vips": [LINKLOCAL6 + "/64",
                                                    VIP6 + "/64"]}, id="v3-ipv6"),
]


@pytest.mark.parametrize("vip, settings", VERSIONS)
@pytest.mark.parametrize("first", ["vipd", "keepalived"])
def test_beside_keepalived(lab, first, vip, settings):
    """The one with the higher priority leads, crashes, is replaced, returns."""
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    kinds = (Vipd, Keepalived) if first == "vipd" else (Keepalived, Vipd)
    leader = kinds[0](one, instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower = kinds[1](two, instance(100, **settings))
    follower.wait_state("BACKUP", within=10)
    only_holder(topo, one, vip)
    assert_adverts_heard(topo, capture, follower)

    one.link_down()
    leader.crash()
    follower.wait_state("MASTER", within=10)
    wait(lambda: vip in two.addresses(), 5, f"{vip} on {two}")
    probe = Probe(topo.client, vip).wait_answer()

    one.heal()
    leader = kinds[0](one, instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower.wait_state("BACKUP", within=10)
    only_holder(topo, one, vip)
    probe.wait_answer(after=time.monotonic())

    leader.stop()
    follower.wait_state("MASTER", within=10)
    capture.assert_clean()


def assert_adverts_heard(topo, capture, follower):
    """The follower is a backup because it hears the leader, not by chance: it
    stays one for longer than its Master_Down_Interval."""
    macs = {node: node.mac() for node in topo.nodes}
    seen = len(capture.frames("vrrp", mac=macs[topo.nodes[0]]))
    wait(lambda: len(capture.frames("vrrp", mac=macs[topo.nodes[0]])) > seen + 5, 10,
         "five more adverts of the leader")
    assert follower.state() == "BACKUP"
    assert not capture.frames("vrrp", mac=macs[topo.nodes[1]])


@pytest.mark.parametrize("first", ["vipd", "keepalived"])
def test_unicast_beside_keepalived(lab, first):
    topo = lab(nodes=2)
    capture = Capture(topo.nodes[1])
    kinds = (Vipd, Keepalived) if first == "vipd" else (Keepalived, Vipd)
    daemons = [
        kind(node, instance(priority, advert_int=0.2, unicast_src_ip=node.ip4,
                            unicast_peer=[peer.ip4]))
        for kind, node, peer, priority in zip(kinds, topo.nodes, topo.nodes[::-1],
                                              (200, 100))]
    daemons[0].wait_state("MASTER")
    daemons[1].wait_state("BACKUP")
    only_holder(topo, topo.nodes[0])
    daemons[0].crash()
    daemons[1].wait_state("MASTER")
    capture.assert_clean()


@pytest.mark.parametrize("ours, theirs", [(200, 100), (100, 200)],
                         ids=["vipd-leads", "frr-leads"])
def test_beside_frr(lab, ours, theirs):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    frr = Frr(two, 87, theirs, VIP4)
    vipd = Vipd(one, instance(ours, vips=[VIP4 + "/32"], advert_int=1))
    expected = ("MASTER", "Backup") if ours > theirs else ("BACKUP", "Master")
    wait(lambda: (vipd.state(), frr.state()) == expected, 15,
         f"{expected}, is {(vipd.state(), frr.state())}")
    if ours > theirs:
        vipd.crash()
        wait(lambda: frr.state() == "Master", 10, "FRR takes over")
    else:
        frr.crash()
        vipd.wait_state("MASTER", within=10)
    capture.assert_clean()


KINDS = [
    pytest.param([VIP4], {"version": 2}, id="v2"),
    pytest.param([VIP4], {}, id="v3-ipv4"),
    pytest.param([LINKLOCAL6, VIP6], {}, id="v3-ipv6"),
]


@pytest.mark.parametrize("vips, settings", KINDS)
def test_three_kinds_elect_one_master(lab, vips, settings):
    """vipd, keepalived and FRR on one network: each leads once."""
    topo = lab(nodes=3)
    capture = Capture(topo.client)
    length = 64 if ":" in vips[0] else 32
    known = {"vips": [f"{vip}/{length}" for vip in vips], "advert_int": 1} | settings
    vipd = Vipd(topo.nodes[0], instance(200, **known))
    keepalived = Keepalived(topo.nodes[1], instance(150, **known))
    frr = Frr(topo.nodes[2], 87, 100, *vips, version=settings.get("version", 3))

    def led_by(*states):
        wait(lambda: (vipd.state(), keepalived.state(), frr.state()) == states, 20,
             f"{states}, is {(vipd.state(), keepalived.state(), frr.state())}")

    led_by("MASTER", "BACKUP", "Backup")
    vipd.crash()
    wait(lambda: (keepalived.state(), frr.state()) == ("MASTER", "Backup"), 20,
         f"keepalived leads, is {(keepalived.state(), frr.state())}")
    keepalived.crash()
    wait(lambda: frr.state() == "Master", 20, f"FRR leads, is {frr.state()}")
    vipd = Vipd(topo.nodes[0], instance(200, **known))
    wait(lambda: (vipd.state(), frr.state()) == ("MASTER", "Backup"), 20,
         f"vipd leads again, is {(vipd.state(), frr.state())}")
    capture.assert_clean()
