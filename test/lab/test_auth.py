# SPDX-License-Identifier: GPL-2.0-or-later
"""auth_hmac: only who has a key takes part, and keys change in use."""

import json
import socket

import pytest

from cases import only_holder, settle
from daemons import LINKLOCAL6, VIP4, VIP6, Vipd, instance
from lab import stays, wait
from wire import VRRP_GROUP4, Capture, Sender, advert

OLD, NEW = ("0123456789abcdef" * 4, "fedcba9876543210" * 4)


def conf(priority, active=1, keys=(OLD,), mode="enforce", **settings):
    hmac = [f"key {i} hex:{key}" for i, key in enumerate(keys, 1) if key]
    hmac += [f"active_key {active}", f"mode {mode}"]
    return instance(priority, auth_hmac=hmac, **settings)


def pair(topo, **settings):
    vipds = [Vipd(node, conf(priority, **settings))
             for node, priority in zip(topo.nodes, (200, 100))]
    settle(vipds)
    return vipds


def counter(vipd, name):
    done = vipd.ctl("-o", "json", "instances")
    return json.loads(done.stdout)["instances"][0]["counters"][name]


@pytest.mark.parametrize("settings", [
    pytest.param({}, id="v3"), pytest.param({"version": 2, "advert_int": 1}, id="v2"),
    pytest.param({"vips": [LINKLOCAL6 + "/64", VIP6 + "/64"]}, id="v3-ipv6")])
def test_signed_routers_elect_one_master(lab, settings):
    topo = lab(nodes=2)
    capture = Capture(topo.client)
    vipds = pair(topo, **settings)
    wait(lambda: counter(vipds[1], "authenticated") > 3, 10, "signed adverts")
    vipds[0].kill_child("vipd-engine")
    vipds[0].wait_state("MASTER")
    stays(lambda: vipds[1].state() == "BACKUP", 1, "its successor is heard")
    vipds[0].stop()
    vipds[1].wait_state("MASTER", within=10)
    capture.finish()
    assert OLD[:16] not in "".join(text for _, text in topo.logs())


def test_a_forged_and_a_replayed_advert_touch_nothing(lab):
    topo = lab(nodes=2)
    capture = Capture(topo.client, "vrrp")
    vipds = pair(topo)
    since = [v.instance()["since"] for v in vipds]
    sender = Sender(topo.client)
    forged = advert(topo.client.ip4, 250, [VIP4])
    wait(lambda: capture.frames("vrrp"), 5, "an advert to replay")
    recorded = capture.frames("vrrp")[0].data
    mac = bytes.fromhex(topo.client.mac().replace(":", ""))
    wire = topo.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("eth0", 0))

    def refused():
        sender.send(forged, dst=VRRP_GROUP4)
        wire.send(recorded[:6] + mac + recorded[12:])
        return (counter(vipds[0], "rx_auth_missing") > 5
                and counter(vipds[1], "rx_auth_replay") > 5)

    wait(refused, 5, "counted")
    sender.close()
    wire.close()
    assert [v.state() for v in vipds] == ["MASTER", "BACKUP"]
    assert [v.instance()["since"] for v in vipds] == since
    only_holder(topo, topo.nodes[0])


def test_a_new_engine_knows_what_the_last_one_heard(lab):
    """An advert of a master that is dead: without a memory it counts once more,
    and takes the addresses from the only node there is."""
    topo = lab(nodes=2)
    capture = Capture(topo.client, "vrrp")
    hmac = [f"key 1 hex:{OLD}", "active_key 1", "time_window 300"]
    vipds = [Vipd(node, instance(priority, auth_hmac=hmac))
             for node, priority in zip(topo.nodes, (200, 100))]
    settle(vipds)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    recorded = [f.data for f in capture.frames("vrrp") if topo.nodes[0].ip4 == f.src]
    since = vipds[1].instance()["since"]
    vipds[1].kill_child("vipd-engine")
    wire = topo.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("eth0", 0))

    def refused():
        wire.send(recorded[-1])
        return counter(vipds[1], "rx_auth_replay") > 5

    wait(refused, 5, "counted as heard before")
    wire.close()
    assert vipds[1].state() == "MASTER" and vipds[1].instance()["since"] == since


def test_a_key_is_replaced_and_signing_begun_without_a_transition(lab):
    topo = lab(nodes=2)
    vipds = pair(topo, mode="receive-only")
    since = [v.instance()["since"] for v in vipds]
    steps = [{"mode": "permissive"}, {"mode": "enforce"},
             {"keys": (OLD, NEW)}, {"keys": (OLD, NEW), "active": 2},
             {"keys": ("", NEW), "active": 2}]
    for step in steps:
        for vipd, priority in zip(vipds, (200, 100)):
            assert vipd.reload(conf(priority, **step)).returncode == 0
        before = counter(vipds[1], "authenticated")
        wait(lambda: counter(vipds[1], "authenticated") > before + 3, 5,
             f"signed adverts after {step}")
    assert [v.instance()["since"] for v in vipds] == since
    assert [v.state() for v in vipds] == ["MASTER", "BACKUP"]
