# SPDX-License-Identifier: GPL-2.0-or-later
"""Mastership is given away, not lost: packets are counted, none may be missing."""

import json
import signal

import pytest

from cases import (EXTERNAL, EXTERNAL6, endpoints, only_holder, put, serving, settle, start,
                   start_manifests, web)
from client import Probe, Session
from daemons import LINKLOCAL6, VIP4, VIP6, Frr, Keepalived, Vipd, block, instance
from lab import kill, stays, wait
from wire import Capture

COUNT = 5000
MANY = [f"192.168.{186 + i // 250}.{1 + i % 250}/32" for i in range(1000)]


def none_lost(*probes):
    assert not any([probe.lost() for probe in probes])


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


def pair(topo, successor=Vipd, **settings):
    """A vipd that leads, another router behind it."""
    leader = Vipd(topo.nodes[0], instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower = successor(topo.nodes[1], instance(100, **settings))
    follower.wait_state("BACKUP", within=10)
    return leader, follower


# ---- no packet is lost ----

@pytest.mark.parametrize("way", [stop, hand_over, drain])
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
    leader, follower = pair(topo, successor, **settings)
    probe = counting(topo)
    way(leader)
    follower.wait_state("MASTER")
    only_holder(topo, two)
    none_lost(probe)
    capture.assert_clean()
    zeros = capture.frames("vrrp", priority=0, mac=one.mac())
    assert len(zeros) == 1, "priority 0 is sent once"
    assert not [f for f in capture.frames("garp", mac=one.mac(), target=VIP4)
                if f.time > zeros[0].time]


@pytest.mark.parametrize("successor", [Vipd, Keepalived])
@pytest.mark.parametrize("way", [stop, hand_over])
def test_no_packet_is_lost_over_ipv6(lab, successor, way):
    topo = lab(nodes=2)
    leader, follower = pair(topo, successor,
                            vips=[LINKLOCAL6 + "/64", VIP6 + "/64"])
    probe = counting(topo, VIP6)
    way(leader)
    follower.wait_state("MASTER")
    only_holder(topo, topo.nodes[1], VIP6)
    # keepalived announces before the kernel's worker has made the address' route,
    # and forwards what comes in between: that is not vipd's to mend.
    assert probe.lost() <= (COUNT / 20 if successor is Keepalived else 0)


@pytest.mark.parametrize("successor", [Vipd, Keepalived])
def test_no_packet_is_lost_to_one_that_preempts(lab, successor):
    topo = lab(nodes=2)
    capture = Capture(topo.client)
    leader = Vipd(topo.nodes[0], instance(100))
    leader.wait_state("MASTER")
    probe = counting(topo)
    better = successor(topo.nodes[1], instance(200))
    better.wait_state("MASTER")
    only_holder(topo, topo.nodes[1])
    none_lost(probe)
    assert not capture.frames("vrrp", priority=0), "it yields, it does not resign"


VMAC_CASES = [
    pytest.param(stop, VIP4, {}, id="ipv4"),
    pytest.param(hand_over, VIP4, {"virtual_ipaddress_excluded": MANY[:100]},
                 id="ipv4-100"),
    pytest.param(hand_over, VIP6, {"vips": [LINKLOCAL6 + "/64", VIP6 + "/64"]}, id="ipv6"),
    pytest.param(stop, VIP6, {
        "vips": [LINKLOCAL6 + "/64", VIP6 + "/64"],
        "virtual_ipaddress_excluded": [f"2001:db8:185::1:{n:x}/128" for n in range(100)],
    }, id="ipv6-100"),
]


@pytest.mark.parametrize("way, address, settings", VMAC_CASES)
def test_no_packet_is_lost_under_one_virtual_mac(lab, way, address, settings):
    """The switch has the MAC at one port, for all addresses. It is taken there
    when the successor has every one of them, and not taken back."""
    topo = lab(nodes=2)
    capture = Capture(topo.client)
    leader, follower = pair(topo, use_vmac=True, **settings)
    probe = counting(topo, address)
    way(leader)
    follower.wait_state("MASTER")
    assert "handed over to" in leader.log_text()
    assert "in time" not in leader.log_text(), "it was heard"
    none_lost(probe)
    capture.assert_clean()


@pytest.mark.parametrize("way", [stop, hand_over])
def test_no_packet_is_lost_to_frr(lab, way):
    """Its gratuitous ARP comes from the virtual router's MAC."""
    topo = lab(nodes=2)
    frr = Frr(topo.nodes[1], 87, 100, VIP4)
    vipd = Vipd(topo.nodes[0], instance(200, vips=[VIP4 + "/32"], advert_int=1))
    wait(lambda: (vipd.state(), frr.state()) == ("MASTER", "Backup"), 15, "vipd leads")
    probe = counting(topo)
    way(vipd)
    wait(lambda: frr.state() == "Master", 5, "FRR takes over")
    wait(lambda: VIP4 not in topo.nodes[0].addresses(), 5, "vipd gives it up")
    none_lost(probe)


@pytest.mark.parametrize("way", [stop, hand_over])
@pytest.mark.parametrize("successor", [Vipd, Keepalived])
def test_no_packet_is_lost_with_a_thousand_addresses(lab, successor, way):
    topo = lab(nodes=2)
    for last in (186, 187, 188, 189):
        topo.client.ip("route", "add", f"192.168.{last}.0/24", "dev", "eth0")
    leader, follower = pair(topo, successor, advert_int=1,
                            virtual_ipaddress_excluded=MANY)
    wait(lambda: len(topo.nodes[0].addresses()) > 1000, 10, "all are installed")
    probes = [counting(topo, MANY[i].split("/")[0]) for i in (0, 499, 999)]
    way(leader)
    follower.wait_state("MASTER")
    wait(lambda: len(topo.nodes[1].addresses()) > 1000, 10, "all are there")
    wait(lambda: len(topo.nodes[0].addresses()) < 10, 10, "none is here")
    none_lost(*probes)


@pytest.mark.parametrize("source_nat, address", [
    ("vip", EXTERNAL), ("none", EXTERNAL), ("none", EXTERNAL6), ("node", EXTERNAL)])
def test_connections_live_on(lab, source_nat, address):
    """50 of them, there and back: with `vip` and `none` all; with `node` each is
    reset once a way. Where an answer comes by the new master before its client's
    next packet, `none` needs one: hence Session's keepalives."""
    topo = lab(nodes=2, endpoints=2)
    ends = ["10.129.2.11", "10.129.2.12"]
    client = topo.client.ip4
    if address == EXTERNAL6:
        ends = ["fd00:129:2::b", "fd00:129:2::c"]
        client = topo.client.ip6
    for node in topo.endpoints if source_nat == "none" else ():
        # replies have to come back through whoever is master
        node.ip("route", "add", client, "via", address, "dev", "eth0")
    vipds = start_manifests(topo, forwarding={"source_nat": source_nat})
    endpoints(topo)
    put(topo, "web", *web(endpoints=ends, address=address))
    serving(vipds)
    sessions = [Session(topo.client, address, 22, patience=20) for _ in range(50)]
    try:
        for session in sessions:
            session.wait_progress()
        for way, (old, new) in enumerate([(0, 1), (1, 0)]):
            done = vipds[old].ctl("handover", "edge")
            assert done.returncode == 0, done.stderr
            only_holder(topo, topo.nodes[new], address)
            for session in sessions:
                session.wait_progress(within=10)
            breaks = [session.reconnects for session in sessions]
            assert max(breaks) <= (way + 1 if source_nat == "node" else 0)
        assert not any(session.wrong for session in sessions)
    finally:
        for session in sessions:
            session.running = False
        for session in sessions:
            session.close()


# ---- who takes over, and who does not ----

def test_it_says_who_took_over_and_stands_back_until_that_one_is_gone(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo)
    done = leader.ctl("-o", "json", "handover", "edge")
    report = json.loads(done.stdout)
    [moved] = report["handovers"]
    assert report["ok"] and moved["result"] == "done" and moved["pause_ms"] == 0
    assert moved["successor"] == topo.nodes[1].ip4
    assert moved["addresses"] == moved["announced"] == 1
    assert leader.instance()["handed_over"]
    stays(lambda: leader.state() == "BACKUP", 1.5, "it does not preempt")
    done = leader.ctl("handover", "edge")
    assert done.returncode == 1 and topo.nodes[1].ip4 in done.stderr
    follower.crash()
    leader.wait_state("MASTER")
    assert not leader.instance()["handed_over"]


def test_an_engine_that_is_started_anew_stands_back_too(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo)
    hand_over(leader)
    leader.kill_child("vipd-engine")
    leader.wait_state("BACKUP")
    stays(lambda: follower.state() == "MASTER", 1.5, "it is not preempted")


def test_a_handover_that_nobody_takes_costs_nothing(lab):
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    probe = counting(topo)
    done = vipd.ctl("handover", "edge")
    assert done.returncode == 1 and "nobody took over" in done.stderr
    assert vipd.state() == "MASTER"
    assert vipd.instance()["reason"] == "nobody took over"
    none_lost(probe)


def test_a_handover_is_visible_while_it_lasts(lab):
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    asking = vipd.start_ctl("handover", "edge")
    wait(lambda: vipd.instance().get("handing_over"), 5, "it is shown")
    assert VIP4 in topo.nodes[0].addresses()
    asking.wait(15)
    assert not vipd.instance()["handing_over"]


def test_a_node_can_be_named_where_that_can_be_promised(lab):
    topo = lab(nodes=3)

    def conf(node):
        # Ten of priority are 40 ms of Skew_Time: nobody is late by that.
        known = {"candidates": ["n1", "n2", "n3"], "preempt": True, "advert_int": 1}
        return instance("auto", **known) + block(
            "services", {"manifests": node.dir, "node_name": node.name}) + "\n"

    vipds = [Vipd(node, conf(node)) for node in topo.nodes]
    settle(vipds)
    done = vipds[0].ctl("handover", "edge", "--to", "n3")
    assert done.returncode == 1 and "n2 with 240 takes over" in done.stderr
    done = vipds[0].ctl("handover", "edge", "--to", "n2")
    assert done.returncode == 0, done.stderr
    assert vipds[1].state() == "MASTER"
    vipds[2].crash()
    done = vipds[1].ctl("handover", "edge", "--to", "n1")
    assert done.returncode == 0, done.stderr
    vipds[0].wait_state("MASTER")
    vipds[1].crash()
    done = vipds[0].ctl("handover", "edge", "--to", "n2")
    assert done.returncode == 1 and "nobody took over" in done.stderr


def test_without_priority_0_a_short_interval_hands_over_all_the_same(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo)
    lose_priority_0(topo)
    probe = counting(topo)
    hand_over(leader)
    follower.wait_state("MASTER")
    none_lost(probe)


def test_without_priority_0_a_long_interval_stays(lab):
    topo = lab(nodes=2)
    leader, _ = pair(topo, advert_int=1)
    lose_priority_0(topo)
    probe = counting(topo)
    done = leader.ctl("handover", "edge")
    assert done.returncode == 1 and "nobody took over" in done.stderr
    assert leader.state() == "MASTER"
    none_lost(probe)


def lose_priority_0(topo):
    topo.switch.nft("table bridge lose { chain f { type filter hook forward priority 0;\n"
                    "ip protocol 112 @th,16,8 0 drop\n}\n}\n")


# ---- drain ----

def test_drain_is_kept_over_a_restart_and_ends_with_undrain(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo)
    drain(leader)
    follower.wait_state("MASTER")
    assert leader.ctl("status").stdout.splitlines()[0].startswith("DRAINED ")
    assert leader.status()["drained"]["reason"] == "kernel"
    assert leader.instance()["effective_priority"] < 50
    assert leader.instance()["soft_reasons"] == ["drained"]
    state_dir = leader.state_dir
    leader.stop()
    again = Vipd(topo.nodes[0], instance(200))
    assert again.state_dir == state_dir
    again.wait_state("BACKUP")
    assert again.status()["drained"]["reason"] == "kernel"
    stays(lambda: again.state() == "BACKUP", 1.5, "a drained node does not preempt")
    assert again.ctl("undrain").stdout == "not drained any more\n"
    again.wait_state("MASTER")
    follower.wait_state("BACKUP")
    assert again.status()["drained"] is None
    assert again.ctl("undrain").stdout == "was not drained\n"


def test_a_drained_node_serves_if_nobody_else_can(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo)
    probe = Probe(topo.client, VIP4).wait_answer()
    drain(leader)
    follower.wait_state("MASTER")
    # Both are drained: the other is asked, and takes it.
    done = follower.ctl("drain")
    assert done.returncode == 0, done.stderr
    leader.wait_state("MASTER")
    only_holder(topo, topo.nodes[0])
    follower.crash()
    done = leader.ctl("drain")
    assert done.returncode == 1 and "nobody took over" in done.stderr
    assert leader.state() == "MASTER"
    report = probe.finish()
    assert report["sent"] - report["answered"] <= 5


# ---- in the middle of it ----

@pytest.mark.parametrize("program", ["vipd-engine", "vipd-watcher", "vipd-forward"])
def test_a_child_dies_in_the_middle(lab, program):
    topo = lab(nodes=2)
    vipds = [Vipd(node, instance(priority, advert_int=1) + block(
        "services", {"manifests": node.dir, "node_name": node.name}) + "\n")
        for node, priority in zip(topo.nodes, (200, 100))]
    settle(vipds)
    probe = counting(topo)
    pid = wait(lambda: vipds[0].child(program), 5, f"{program} runs")
    asking = vipds[0].start_ctl("handover", "edge")
    wait(lambda: vipds[0].instance().get("handing_over"), 5, "it has begun")
    kill(pid, signal.SIGKILL)
    assert asking.wait(15) == 0
    vipds[1].wait_state("MASTER")
    only_holder(topo, topo.nodes[1])
    none_lost(probe)


def test_the_old_master_is_killed_in_the_middle(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo, advert_int=1)
    leader.start_ctl("handover", "edge")
    wait(lambda: leader.instance().get("handing_over"), 5, "it has begun")
    leader.crash()
    follower.wait_state("MASTER")
    leader.cleanup()
    only_holder(topo, topo.nodes[1])


def test_the_successor_is_killed_in_the_middle(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo)
    asking = leader.start_ctl("handover", "edge")
    follower.crash()
    asking.wait(15)
    leader.wait_state("MASTER")
    wait(lambda: VIP4 in topo.nodes[0].addresses(), 5, "it has the address")


def test_a_reload_in_the_middle_changes_nothing(lab):
    topo = lab(nodes=2)
    leader, follower = pair(topo, advert_int=1)
    probe = counting(topo)
    asking = leader.start_ctl("handover", "edge")
    wait(lambda: leader.instance().get("handing_over"), 5, "it has begun")
    assert leader.reload(instance(190, advert_int=1)).returncode == 0
    assert asking.wait(15) == 0
    follower.wait_state("MASTER")
    only_holder(topo, topo.nodes[1])
    none_lost(probe)
