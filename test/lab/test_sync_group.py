# SPDX-License-Identifier: GPL-2.0-or-later
"""vrrp_sync_group: a router with legs in two networks is MASTER in both or in
none, alone and beside keepalived."""

import pytest

from daemons import VIP4, Keepalived, Vipd, block, instance
from lab import stays, wait
from wire import VRRP_GROUP4, Sender, advert

INSIDE = "198.51.100.5"
GROUP = block("vrrp_sync_group legs", {"group": ["edge", "inside"]}) + "\n"


def legs(topo):
    """A second network, eth1, for every node."""
    topo.switch.batch(["link add lan1 type bridge", "link set lan1 up"])
    for node in topo.nodes:
        port = f"{node.name}b"
        node.ip("link", "add", "eth1", "type", "veth", "peer", "name", port,
                "netns", topo.switch.full)
        topo.switch.batch([f"link set {port} master lan1 up"])
        node.batch(["link set eth1 up",
                    f"addr add 198.51.100.{100 + node.number}/24 dev eth1"])


def conf(priority, group=GROUP, inside=None, **settings):
    return (group + instance(priority, **settings)
            + instance(inside or priority, name="inside", interface="eth1",
                       virtual_router_id=88, vips=[INSIDE + "/24"], **settings))


def states(daemon):
    return [daemon.state(name) for name in ("edge", "inside")]


def wait_states(daemon, state, within=10):
    wait(lambda: states(daemon) == [state] * 2, within,
         f"{daemon.title}: both {state}, are {states(daemon)}")


@pytest.fixture
def pair(lab):
    topo = lab(nodes=2)
    legs(topo)
    vipds = [Vipd(node, conf(priority))
             for node, priority in zip(topo.nodes, (200, 100))]
    wait_states(vipds[0], "MASTER")
    wait_states(vipds[1], "BACKUP")
    return topo, vipds


@pytest.mark.parametrize("leg", ["eth0", "eth1"])
def test_one_lost_leg_moves_both(pair, leg):
    topo, vipds = pair
    one, two = topo.nodes
    one.ip("link", "set", leg, "down")
    wait_states(vipds[1], "MASTER")
    wait_states(vipds[0], "FAULT")
    assert INSIDE in two.addresses("eth1") and VIP4 in two.addresses()
    wait(lambda: INSIDE not in one.addresses("eth1")
         and VIP4 not in one.addresses(), 5, "the first let go of both")
    other = "inside" if leg == "eth0" else "edge"
    assert "group" in vipds[0].instance(other)["reason"]
    # Back, and by priority both return together.
    one.ip("link", "set", leg, "up")
    wait_states(vipds[0], "MASTER")
    wait_states(vipds[1], "BACKUP")


def test_a_member_that_yields_takes_the_other_along(pair):
    topo, vipds = pair
    assert vipds[0].instance()["sync_group"] == "legs"
    sender = Sender(topo.client)
    message = advert(topo.client.ip4, 250, [VIP4])

    def gives_way():
        sender.send(message, dst=VRRP_GROUP4)
        return states(vipds[0]) == ["BACKUP", "BACKUP"]

    wait(gives_way, 5, "both gave way")
    sender.close()
    wait_states(vipds[0], "MASTER")


def test_a_network_that_another_holds_keeps_both_back(pair):
    """Neither takes half, and nobody flaps."""
    topo, vipds = pair
    for vipd in vipds:
        vipd.crash()
    topo.nodes[0].link_down()
    other = Vipd(topo.nodes[1], instance(250, name="inside", interface="eth1",
                                         virtual_router_id=88,
                                         vips=[INSIDE + "/24"]))
    other.wait_state("MASTER", name="inside")
    topo.nodes[0].heal()
    vipd = Vipd(topo.nodes[0], conf(200))
    wait(lambda: states(vipd) == ["BACKUP", "BACKUP"], 5, "both are BACKUP")
    stays(lambda: states(vipd) == ["BACKUP", "BACKUP"], 1.5,
          "three down intervals without a step")
    other.stop()
    wait_states(vipd, "MASTER")


def test_a_killed_engine_and_a_reload_cost_nothing(pair):
    topo, vipds = pair
    since = [vipds[0].instance(name)["since"] for name in ("edge", "inside")]
    vipds[0].kill_child("vipd-engine")
    wait_states(vipds[0], "MASTER")
    wait_states(vipds[1], "BACKUP")
    assert vipds[0].reload(conf(201)).returncode == 0
    wait_states(vipds[0], "MASTER")
    assert [vipds[0].instance(name)["since"] for name in ("edge", "inside")] == since
    # Out of the group each stands for itself again.
    assert vipds[0].reload(conf(201, group="")).returncode == 0
    wait(lambda: vipds[0].instance()["sync_group"] is None, 5, "no group")
    topo.nodes[0].ip("link", "set", "eth1", "down")
    vipds[0].wait_state("FAULT", name="inside")
    assert vipds[0].state() == "MASTER"


@pytest.mark.parametrize("first", ["vipd", "keepalived"])
def test_beside_keepalived(lab, first):
    topo = lab(nodes=2)
    legs(topo)
    kinds = (Vipd, Keepalived) if first == "vipd" else (Keepalived, Vipd)
    daemons = [kind(node, conf(priority, advert_int=0.2))
               for kind, node, priority in zip(kinds, topo.nodes, (200, 100))]
    wait_states(daemons[0], "MASTER", within=15)
    wait_states(daemons[1], "BACKUP")
    topo.nodes[0].ip("link", "set", "eth1", "down")
    wait_states(daemons[1], "MASTER", within=15)
    wait_states(daemons[0], "FAULT")
    topo.nodes[0].ip("link", "set", "eth1", "up")
    wait_states(daemons[0], "MASTER", within=15)
    wait_states(daemons[1], "BACKUP", within=15)


@pytest.mark.parametrize("first, second", [(Vipd, Vipd), (Vipd, Keepalived),
                                           (Keepalived, Vipd)])
def test_opposite_priorities_do_not_keep_each_other_out(lab, first, second):
    """Each loses one network, when both claim at the same moment."""
    topo = lab(nodes=3)
    legs(topo)
    pair = [first(topo.nodes[0], conf(150, inside=100, advert_int=0.2)),
            second(topo.nodes[1], conf(100, inside=150, advert_int=0.2))]

    def has(daemon):
        return (states(daemon), VIP4 in daemon.node.addresses(),
                INSIDE in daemon.node.addresses("eth1"))

    def one_has_both():
        return sorted(map(has, pair)) == [(["BACKUP"] * 2, False, False),
                                          (["MASTER"] * 2, True, True)]

    for _ in range(2):
        master = Vipd(topo.nodes[2], conf(200, advert_int=0.2))
        wait_states(master, "MASTER")
        for daemon in pair:
            wait_states(daemon, "BACKUP")
        master.crash()
        wait(one_has_both, 4, f"one has both, are {[has(d) for d in pair]}")
