# SPDX-License-Identifier: GPL-2.0-or-later
"""Mastership is given away, not lost: packets are counted, none may be missing."""

import pytest

from cases import only_holder, settle, start
from client import Probe
from daemons import VIP4, VIP6, Keepalived, Vipd, instance
from lab import wait
from wire import Capture

COUNT = 5000


def counting(topo, address=VIP4):
    """5,000 packets at 1,000/s, of which some have been answered."""
    Probe(topo.client, address).wait_answer().finish()
    return Probe(topo.client, address, count=COUNT).wait_answer()


def stop(vipd):
    assert vipd.stop() == 0


def hand_over(vipd):
    done = vipd.ctl("handover", "edge")
    assert done.returncode == 0, done.stderr
    assert "no pause" in done.stdout


def drain(vipd):
    done = vipd.ctl("drain", "--reason", "kernel")
    assert done.returncode == 0, done.stderr


WAYS = [stop, hand_over, drain]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("successor", [Vipd, Keepalived])
@pytest.mark.parametrize("settings", [
    pytest.param({}, id="v3-100ms"),
    pytest.param({"advert_int": 1}, id="v3-1s"),
    pytest.param({"version": 2, "advert_int": 1}, id="v2"),
])
def test_no_packet_is_lost(lab, successor, way, settings):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    leader = Vipd(one, instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower = successor(two, instance(100, **settings))
    follower.wait_state("BACKUP", within=10)
    probe = counting(topo)
    way(leader)
    follower.wait_state("MASTER")
    only_holder(topo, two)
    assert probe.lost() == 0
    capture.assert_clean()
    zeros = capture.frames("vrrp", priority=0, mac=one.mac())
    assert len(zeros) == 1, "priority 0 is sent once"
    assert not [f for f in capture.frames("garp", mac=one.mac(), target=VIP4)
                if f.time > zeros[0].time]
