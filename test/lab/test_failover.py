# SPDX-License-Identifier: GPL-2.0-or-later
"""A master goes, in every way it can go; another carries on; it comes back."""

import time

import pytest

from cases import only_holder, settle, start
from client import Probe
from daemons import VIP4, Vipd, instance
from lab import stays, wait
from wire import Capture

WELL_UNDER_A_SECOND_MS = 800


def test_sigkill_of_everything_moves_the_address(lab):
    topo = lab()
    one, two = topo.nodes[:2]
    vipds = start(topo)
    probe = Probe(topo.client, VIP4).wait_answer()
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    vipds[2].wait_state("BACKUP")
    assert VIP4 in two.addresses()
    assert VIP4 in one.addresses(), "what a killed node left still answers"
    probe.wait_answer(after=time.monotonic())
    assert probe.outage_ms() < WELL_UNDER_A_SECOND_MS

    # Back again: it takes the residue for what it is, then preempts.
    again = Vipd(one, vipds[0].conf.read_text())
    settle([again, *vipds[1:]])
    only_holder(topo, one)


def test_a_pulled_cable_is_a_fault_and_heals(lab):
    topo = lab()
    vipds = start(topo)
    probe = Probe(topo.client, VIP4).wait_answer()
    topo.nodes[0].link_down()
    vipds[0].wait_state("FAULT")
    assert VIP4 not in topo.nodes[0].addresses()
    settle(vipds[1:])
    probe.wait_answer(after=time.monotonic())
    topo.nodes[0].heal()
    settle(vipds)
    only_holder(topo, topo.nodes[0])
    probe.wait_answer(after=time.monotonic())
    assert probe.outage_ms() < WELL_UNDER_A_SECOND_MS


def test_a_silent_black_hole_heals_into_one_master(lab):
    topo = lab()
    vipds = start(topo)
    probe = Probe(topo.client, VIP4).wait_answer()
    topo.nodes[0].black_hole()
    settle(vipds[1:])
    probe.wait_answer(after=time.monotonic())
    assert vipds[0].state() == "MASTER", "nobody told it"
    topo.nodes[0].heal()
    settle(vipds)
    only_holder(topo, topo.nodes[0])
    probe.wait_answer(after=time.monotonic())
    assert probe.outage_ms() < WELL_UNDER_A_SECOND_MS


def test_a_node_that_cannot_hear_ends_as_the_only_other_master(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    topo.nodes[1].deafen(to=topo.nodes[0])
    vipds[1].wait_state("MASTER")
    assert vipds[0].state() == "MASTER", "a lower priority never moves it"
    topo.nodes[1].undeafen()
    settle(vipds)
    only_holder(topo, topo.nodes[0])


def test_a_backup_that_was_deaf_twice_leaves_no_stale_cache(lab):
    """It took over beside the master, yields, and keeps the address until the master
    has announced it, or for a second: that must not come later."""
    topo = lab(nodes=2)
    vipds = start(topo)
    one, two = topo.nodes
    since = vipds[0].instance()["since"]
    for times in (1, 2):
        two.deafen(to=one)
        vipds[1].wait_state("MASTER")
        wait(lambda: two in topo.holders(VIP4), 5, "it has the address")
        two.undeafen()
        settle(vipds)
        only_holder(topo, one)
        wait(lambda: vipds[1].log_text().count("edge: handed over to") == times, 5,
             "how it went")
    assert vipds[1].log_text().count("and had announced 1 addresses") == 2
    assert vipds[0].instance()["since"] == since


def test_nopreempt_leaves_the_master_alone(lab):
    """Whoever is first is master: the second comes when the first is."""
    topo = lab(nodes=2)
    vipds = []
    for node, priority in zip(topo.nodes, (200, 100)):
        vipds.append(Vipd(node, instance(priority, nopreempt=True)))
        settle(vipds)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    again = Vipd(topo.nodes[0], vipds[0].conf.read_text())
    again.wait_state("BACKUP")
    stays(lambda: vipds[1].state() == "MASTER" and again.state() == "BACKUP", 1.0,
          "the lower priority keeps it")
    only_holder(topo, topo.nodes[1])


def test_preemption_takes_it_back_without_a_pause(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    probe = Probe(topo.client, VIP4).wait_answer()
    again = Vipd(topo.nodes[0], vipds[0].conf.read_text())
    settle([again, vipds[1]])
    only_holder(topo, topo.nodes[0])
    probe.wait_answer(after=time.monotonic())
    assert probe.outage_ms() < 150


def test_preempt_delay_is_waited_for(lab):
    topo = lab(nodes=2)
    vipds = start(topo, preempt_delay=1)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    again = Vipd(topo.nodes[0], vipds[0].conf.read_text())
    again.wait_state("BACKUP")
    stays(lambda: again.state() == "BACKUP", 0.6, "it waits")
    again.wait_state("MASTER")


def test_a_stop_hands_over_faster_than_a_crash(lab):
    topo = lab(nodes=2)
    capture = Capture(topo.client)
    vipds = start(topo)
    probe = Probe(topo.client, VIP4).wait_answer()
    assert vipds[0].stop() == 0
    vipds[1].wait_state("MASTER")
    only_holder(topo, topo.nodes[1])
    probe.wait_answer(after=time.monotonic())
    assert capture.frames("vrrp", priority=0), "it resigned"
    # Skew_Time at priority 150 is 41 ms; a crash would cost 340 or more.
    assert probe.outage_ms() < 250
    capture.assert_clean()


@pytest.mark.parametrize("crashed", [True, False], ids=["crash", "stop"])
def test_nothing_is_left_behind(lab, crashed):
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    node = topo.nodes[0]
    before = set(node.addresses()) - {VIP4}
    only_holder(topo, node)
    if crashed:
        vipd.crash()
        vipd.cleanup()
    else:
        vipd.stop()
    assert set(node.addresses()) == before


def test_the_next_start_removes_what_a_crash_left(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    assert VIP4 in topo.nodes[0].addresses()
    Vipd(topo.nodes[0], instance(50)).wait_state("BACKUP")
    only_holder(topo, topo.nodes[1])
