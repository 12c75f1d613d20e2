# SPDX-License-Identifier: GPL-2.0-or-later
"""A router that did not run for a while: what it hears first decides."""

import contextlib
import os
import signal

import pytest

from cases import only_holder, start, start_manifests
from daemons import VIP4, instance
from lab import Process, stays, wait
from wire import Capture


SIGNED = ["key 1 hex:" + 4 * "0123456789abcdef", "active_key 1", "time_window 1"]


def pause(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def go_on(pids):
    for pid in reversed(pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("settings, whole", [
    pytest.param({}, True, id="preempt"),
    pytest.param({}, False, id="preempt-engine"),
    pytest.param({"nopreempt": True}, True, id="nopreempt"),
    pytest.param({"nopreempt": True}, False, id="nopreempt-engine"),
    # Of what waits in its socket all but the end is older than the window.
    pytest.param({"nopreempt": True, "auth_hmac": SIGNED}, True, id="auth_hmac"),
    # An engine alone would be started anew before there is a successor.
    pytest.param({"version": 2, "advert_int": 1}, True, id="v2")])
def test_a_master_that_slept_says_nothing_as_master(lab, settings, whole):
    """Stopped until another has taken over, then on again: not one advert, not
    one gratuitous ARP before it was backup."""
    topo = lab(nodes=2)
    vipds = start(topo, **settings)
    capture = Capture(topo.client, "vrrp or arp")
    mac = topo.nodes[0].mac()
    pids = vipds[0].pids() if whole else [vipds[0].child("vipd-engine")]
    pause(pids)
    vipds[1].wait_state("MASTER", within=10)
    before = len(capture.frames("vrrp", mac=topo.nodes[1].mac()))
    enough = before + (25 if "auth_hmac" in settings else 2)
    wait(lambda: len(capture.frames("vrrp", mac=topo.nodes[1].mac())) > enough,
         15, "the successor speaks")
    spoken = capture.frames(mac=mac)
    asleep = spoken[-1].time if spoken else 0
    go_on(pids)
    vipds[0].wait_state("BACKUP", within=10)
    only_holder(topo, topo.nodes[1])
    if settings.get("nopreempt"):
        assert not [f for f in capture.frames(mac=mac)
                    if f.time > asleep and f.kind in ("vrrp", "garp")]
        assert vipds[1].state() == "MASTER"
        return
    # It preempts as any backup does: a Master_Down_Interval later.
    vipds[0].wait_state("MASTER", within=10)
    back = [f for f in capture.frames(mac=mac)
            if f.time > asleep and f.kind in ("vrrp", "garp")]
    heard = [f for f in capture.frames("vrrp", mac=topo.nodes[1].mac())
             if f.time < back[0].time]
    interval = settings.get("advert_int", 0.1)
    assert len(heard) > before + 3, "the successor was heard for a while"
    assert back[0].kind == "vrrp" and back[0].time - asleep > 6 * interval


@pytest.mark.parametrize("program", ["vipd-engine", "vipd-forward"])
def test_an_engine_that_hangs_is_started_anew(lab, program):
    """Its successor is master by then: it must not keep the address beside it. Others
    have more time, since they may be busy."""
    topo = lab(nodes=2)
    vipds = start(topo, nopreempt=True) if program == "vipd-engine" else \
        start_manifests(topo)
    hung = vipds[0].child(program)
    pause([hung])
    if program != "vipd-engine":
        stays(lambda: vipds[0].child(program) == hung, 3, "it is waited for")
        return
    vipds[1].wait_state("MASTER", within=10)
    only_holder(topo, topo.nodes[1])
    wait(lambda: vipds[0].child("vipd-engine") not in (None, hung), 5, "another engine")
    assert "vipd-engine: hangs" in vipds[0].log_text()
    vipds[0].wait_state("BACKUP", within=10)
    only_holder(topo, topo.nodes[1])
    assert vipds[1].state() == "MASTER", "nopreempt"


@pytest.mark.parametrize("lifetime", [3, None])
def test_the_kernel_drops_the_addresses_of_a_vipd_that_hangs(lab, lifetime):
    """Stopped, it keeps its address beside its successor, unless that has a
    lifetime; let go on, it says and holds nothing before it was backup."""
    topo = lab(nodes=2)
    vipds = start(topo, nopreempt=True, address_lifetime=lifetime)
    capture = Capture(topo.client, "vrrp or arp")
    mac = topo.nodes[0].mac()
    pids = vipds[0].pids()
    pause(pids)
    vipds[1].wait_state("MASTER", within=10)
    if not lifetime:
        stays(lambda: len(topo.holders(VIP4)) == 2, 4, "the address is on both")
        go_on(pids)
        only_holder(topo, topo.nodes[1])
        return
    only_holder(topo, topo.nodes[1], within=20)
    spoken = len(capture.frames(mac=mac))
    changes = Process(topo.nodes[0], "monitor", "ip", "monitor", "address")

    def listens():
        topo.nodes[0].ip("address", "replace", "127.0.0.2/8", "dev", "lo")
        return "127.0.0.2" in changes.log_text()

    wait(listens, 5, "ip monitor listens")
    go_on(pids)
    vipds[0].wait_state("BACKUP", within=10)
    assert "address_lifetime" in vipds[0].log_text()
    heard = len(capture.frames("vrrp", mac=topo.nodes[1].mac()))
    wait(lambda: len(capture.frames("vrrp", mac=topo.nodes[1].mac())) > heard + 15,
         20, "the successor goes on")
    assert f"inet {VIP4}" not in changes.log_text()
    assert not [f for f in capture.frames(mac=mac)[spoken:]
                if f.kind in ("vrrp", "garp")]
    assert vipds[1].state() == "MASTER"
    only_holder(topo, topo.nodes[1])


def test_a_vipd_that_stands_still_beside_its_engine(lab):
    """Adverts go on without it. What the engine decides meanwhile it does at once
    when it runs again."""
    topo = lab(nodes=2)
    vipds = start(topo)
    one, two = topo.nodes
    since = vipds[1].instance()["since"]
    capture = Capture(topo.client, "vrrp")
    pause([vipds[0].pid])
    wait(lambda: len(capture.frames("vrrp", mac=one.mac())) > 10, 5, "adverts go on")
    assert vipds[1].instance()["since"] == since
    assert vipds[1].reload(instance(250)).returncode == 0
    vipds[1].wait_state("MASTER")
    # Nobody else may take it away; address_lifetime or the watchdog bound that.
    wait(lambda: topo.holders(VIP4) == [one, two], 5, "both have it")
    go_on([vipds[0].pid])
    only_holder(topo, two)
    assert vipds[0].state() == "BACKUP"
    first = min(f.time for f in capture.frames("vrrp", mac=two.mac()))
    late = [f for f in capture.frames("vrrp", mac=one.mac()) if f.time > first]
    assert len(late) <= 2, "the engine needs no vipd to give way"


def test_a_master_alone_goes_on_after_a_pause(lab):
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    since = vipd.instance()["since"]
    capture = Capture(topo.client, "vrrp")
    pids = vipd.pids()
    pause(pids)
    seen = len(capture.frames("vrrp"))
    wait(lambda: not pids_run(pids), 5, "all are stopped")
    go_on(pids)
    wait(lambda: len(capture.frames("vrrp")) > seen + 3, 5, "it speaks again")
    assert vipd.instance()["since"] == since
    assert not capture.frames("vrrp", priority=0)


def pids_run(pids):
    """Those that are not stopped."""
    def state(pid):
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    return [pid for pid in pids if state(pid) not in "tT"]
