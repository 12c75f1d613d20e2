# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody else has the address: before its first use, and while it is held."""

import json

import pytest

from cases import (EXTERNAL, EXTERNAL6, only_holder, put, serving, settle, start,
                   start_manifests, web)
from client import Probe
from daemons import VIP4, Vipd, instance
from lab import stays, wait
from wire import Capture, Stranger


def counters(vipd, name="edge"):
    [entry] = [i for i in json.loads(vipd.ctl("-o", "json", "instances").stdout)
               ["instances"] if i["name"] == name]
    return entry["counters"]


def address(vipd, wanted):
    for entry in vipd.instance()["addresses"]:
        if entry["address"].split("/")[0] == wanted:
            return entry
    return {}


@pytest.mark.parametrize("taken", [EXTERNAL, EXTERNAL6])
def test_an_address_that_somebody_has_is_not_used(lab, taken):
    topo = lab(nodes=2, endpoints=1)
    squatter = topo.endpoints[0]
    squatter.ip("addr", "add", taken, "dev", "eth0", *(["nodad"] if ":" in taken else []))
    vipds = start_manifests(topo)
    backend = "fd00:129:2::b" if ":" in taken else "10.129.2.11"
    put(topo, "web", *web(address=taken, endpoints=[backend]))
    vipds[0].wait_service("web", "conflict", within=10)
    assert squatter.mac() in vipds[0].service("web")["reason"]
    assert address(vipds[0], taken)["conflict"]["mac"] == squatter.mac()
    assert vipds[0].ctl("status").returncode == 1
    assert not topo.holders(taken)
    squatter.ip("addr", "del", taken + ("/128" if ":" in taken else "/32"), "dev", "eth0")
    vipds[0].wait_service("web", "serving", within=20)
    only_holder(topo, topo.nodes[0], taken)


def test_a_new_address_is_asked_for_three_times_and_a_takeover_does_not_ask(lab):
    topo = lab(nodes=2, endpoints=1)
    capture = Capture(topo.client)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    assert counters(vipds[0])["probes_sent"] == 3
    assert len(capture.probes(EXTERNAL)) == 3
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    vipds[1].wait_service("web", "serving")
    assert counters(vipds[1])["probes_sent"] == 0
    again = Vipd(topo.nodes[0], vipds[0].conf.read_text())
    settle([again, vipds[1]])
    again.wait_service("web", "serving")
    assert counters(again)["probes_sent"] == 0
    capture.assert_clean("arp")


def test_without_an_engine_to_ask_it_is_used_in_the_end(lab):
    topo = lab(nodes=1, endpoints=1)
    vipd = start_manifests(topo)[0]
    put(topo, "web", *web())
    vipd.kill_child("vipd-engine")
    vipd.wait_service("web", "serving", within=10)


@pytest.mark.parametrize("kind", ["garp", "request", "reply"])
def test_a_stranger_with_a_held_address_is_told_and_answered_rarely(lab, kind):
    topo = lab(nodes=1, endpoints=1)
    vipd = start(topo)[0]
    capture = Capture(topo.client)
    Probe(topo.client, VIP4).wait_answer().finish()
    with Stranger(topo.endpoints[0]) as stranger:
        for _ in range(200):
            stranger.send(kind, VIP4, topo.nodes[0].mac())
    wait(lambda: address(vipd, VIP4).get("conflict"), 5, "it is shown")
    shown = address(vipd, VIP4)["conflict"]
    assert shown["mac"] == topo.endpoints[0].mac() and not shown["before_first_use"]
    wait(lambda: counters(vipd)["conflicts"] == 200, 5, "all are counted")
    assert topo.endpoints[0].mac() in vipd.ctl("status").stdout
    assert vipd.log_text().count("is used by") == 1
    assert vipd.state() == "MASTER"
    defended = [f for f in capture.frames("garp", mac=topo.nodes[0].mac())]
    assert len(defended) <= 2, "one answer, whatever comes"


def test_another_router_is_no_stranger(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    again = Vipd(topo.nodes[0], instance(200))
    settle([again, vipds[1]])
    stays(lambda: not address(again, VIP4).get("conflict"), 1.0, "no conflict is told")


def test_who_wants_to_probe_is_no_conflict(lab):
    topo = lab(nodes=1, endpoints=1)
    vipd = start(topo)[0]
    with Stranger(topo.endpoints[0]) as stranger:
        for _ in range(3):
            stranger.send("probe", VIP4)
        stranger.send("request", topo.endpoints[0].ip4)
    stays(lambda: not address(vipd, VIP4).get("conflict"), 0.5, "no conflict is told")
    assert counters(vipd)["conflicts"] == 0
