# SPDX-License-Identifier: GPL-2.0-or-later
"""use_vmac: the address has the virtual router's MAC, whoever is master."""

import json
import time

import pytest

from client import Probe
from daemons import LINKLOCAL6, VIP4, VIP6, Frr, Keepalived, Vipd, instance
from lab import command, stays, wait
from wire import Capture

VMAC4 = "00:00:5e:00:01:57"
VMAC6 = "00:00:5e:00:02:57"
CASES = [
    pytest.param(VIP4, "vrrp.87", VMAC4, {"version": 2, "advert_int": 1}, id="v2"),
    pytest.param(VIP4, "vrrp.87", VMAC4, {"advert_int": 0.2}, id="v3-ipv4"),
    pytest.param(VIP6, "vrrp6.87", VMAC6, {
        "advert_int": 0.2, "vips": [LINKLOCAL6 + "/64", VIP6 + "/64"]}, id="v3-ipv6"),
]


def vmac_instance(priority, **settings):
    return instance(priority, use_vmac=True, **settings)


def neighbour(client, address):
    """The MAC that the client has for an address."""
    found = json.loads(client.ip("-j", "neigh", "show", "to", address) or "[]")
    return found[0].get("lladdr") if found else None


def arp_settings(node, dev="eth0"):
    path = f"/proc/sys/net/ipv4/conf/{dev}"
    out = node.run("cat", f"{path}/arp_ignore", f"{path}/arp_announce")
    return tuple(map(int, out.split()))


def link(node, dev):
    """Its details as ip -d -j tells them, or None."""
    out = command("ip", "-n", node.full, "-d", "-j", "link", "show", "dev", dev,
                  check=False)
    found = [entry for entry in json.loads(out or "[]") if entry]
    return found[0] if found else None


def careful(node):
    """As an operator of keepalived or FRR sets it: with the kernel's defaults
    their nodes ask and answer for the address from their own MAC, too."""
    node.sysctl(net__ipv4__conf__eth0__arp_ignore=1,
                net__ipv4__conf__eth0__arp_announce=2)


def carries(node, dev, vip):
    wait(lambda: vip in node.addresses(dev), 10, f"{vip} on {dev} of {node}")


def assert_only_vmac(capture, vip, vmac):
    """Whatever speaks for the address has the MAC, and so have the adverts of who
    has it; the claim that comes before that has not."""
    frames = [f for f in capture.frames() if f.kind in ("garp", "na", "arp")
              and vip in (getattr(f, "target", None) if f.kind == "na" else f.src,)]
    assert {f.mac for f in frames} == {vmac}
    wait(lambda: capture.frames("vrrp")[-1].mac == vmac, 10, "the master's adverts")
    adverts = capture.frames("vrrp")
    for sender in {f.src for f in adverts}:
        macs = [f.mac for f in adverts if f.src == sender]
        assert macs[0] != vmac and set(macs[macs.index(vmac):]) == {vmac}, macs


@pytest.mark.parametrize("vip, dev, vmac, settings", CASES)
def test_the_mac_stays_when_the_master_changes(lab, vip, dev, vmac, settings):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    leader = Vipd(one, vmac_instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower = Vipd(two, vmac_instance(100, **settings))
    follower.wait_state("BACKUP", within=10)
    carries(one, dev, vip)
    assert link(one, dev)["address"] == vmac
    assert vip not in one.addresses("eth0")
    probe = Probe(topo.client, vip).wait_answer()
    assert neighbour(topo.client, vip) == vmac
    # Its own backup hears it, though both have the MAC.
    stays(lambda: follower.state() == "BACKUP", 2, "the follower hears the leader")

    one.link_down()
    leader.crash()
    follower.wait_state("MASTER", within=15)
    carries(two, dev, vip)
    probe.wait_answer(after=time.monotonic())
    assert neighbour(topo.client, vip) == vmac
    assert_only_vmac(capture, vip, vmac)
    capture.assert_clean()


@pytest.mark.parametrize("vip, dev, vmac, settings", CASES)
@pytest.mark.parametrize("first", ["vipd", "keepalived"])
def test_beside_keepalived_with_a_vmac(lab, first, vip, dev, vmac, settings):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    kinds = (Vipd, Keepalived) if first == "vipd" else (Keepalived, Vipd)
    careful(one if first == "keepalived" else two)
    leader = kinds[0](one, vmac_instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower = kinds[1](two, vmac_instance(100, **settings))
    follower.wait_state("BACKUP", within=10)
    probe = Probe(topo.client, vip).wait_answer()
    assert neighbour(topo.client, vip) == vmac
    stays(lambda: follower.state() == "BACKUP", 2, "the follower hears the leader")

    leader.stop()
    follower.wait_state("MASTER", within=15)
    probe.wait_answer(after=time.monotonic())
    assert neighbour(topo.client, vip) == vmac
    leader = kinds[0](one, vmac_instance(200, **settings))
    leader.wait_state("MASTER", within=10)
    follower.wait_state("BACKUP", within=10)
    probe.wait_answer(after=time.monotonic())
    assert neighbour(topo.client, vip) == vmac
    capture.assert_clean()


@pytest.mark.parametrize("ours, theirs", [(200, 100), (100, 200)],
                         ids=["vipd-leads", "frr-leads"])
def test_beside_frr_with_its_macvlan(lab, ours, theirs):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    careful(two)
    frr = Frr(two, 87, theirs, VIP4)
    vipd = Vipd(one, vmac_instance(ours, vips=[VIP4 + "/32"], advert_int=1))
    expected = ("MASTER", "Backup") if ours > theirs else ("BACKUP", "Master")
    wait(lambda: (vipd.state(), frr.state()) == expected, 20,
         f"{expected}, is {(vipd.state(), frr.state())}")
    probe = Probe(topo.client, VIP4).wait_answer()
    assert neighbour(topo.client, VIP4) == VMAC4
    if ours > theirs:
        vipd.stop()
        wait(lambda: frr.state() == "Master", 10, "FRR takes over")
    else:
        frr.crash()
        two.link_down()
        vipd.wait_state("MASTER", within=10)
    probe.wait_answer(after=time.monotonic())
    assert neighbour(topo.client, VIP4) == VMAC4
    capture.assert_clean()


def test_adverts_may_come_from_the_base(lab):
    topo = lab(nodes=2)
    one, two = topo.nodes
    capture = Capture(topo.client)
    leader = Vipd(one, vmac_instance(200, vmac_xmit_base=True))
    follower = Vipd(two, vmac_instance(100))
    leader.wait_state("MASTER")
    follower.wait_state("BACKUP")
    wait(lambda: len(capture.frames("vrrp")) > 5, 10, "adverts")
    assert {f.mac for f in capture.frames("vrrp")} <= {one.mac(), VMAC4}
    assert capture.frames("vrrp")[-1].mac == one.mac()
    assert {f.mac for f in capture.frames("garp")} == {VMAC4}


def test_a_handover_sees_the_successor_though_both_have_the_mac(lab):
    topo = lab(nodes=2)
    vipds = [Vipd(node, vmac_instance(priority))
             for node, priority in zip(topo.nodes, (200, 100))]
    vipds[0].wait_state("MASTER")
    vipds[1].wait_state("BACKUP")
    carries(topo.nodes[0], "vrrp.87", VIP4)
    done = vipds[0].ctl("handover", "edge")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 address moved" in done.stdout
    vipds[1].wait_state("MASTER")
    assert neighbour(topo.client, VIP4) in (None, VMAC4)
    wait(lambda: "UP" not in link(topo.nodes[0], "vrrp.87")["flags"], 5,
         "the old master's macvlan is down")


def test_a_file_of_keepalived_s_users_runs_unchanged(lab):
    """Sync group, script, VMAC and notify, in the words of keepalived.conf(5):
    first keepalived runs it, then vipd, with the same addresses."""
    topo = lab(nodes=1)
    one = topo.nodes[0]
    text = (
        "global_defs {\n    router_id lab\n    script_user root\n}\n"
        "vrrp_script ok {\n    script /bin/true\n    interval 1\n}\n"
        "vrrp_sync_group both {\n    group {\n        four\n        six\n    }\n"
        "    notify /bin/true\n}\n"
        + instance(200, name="four", advert_int=1, version=2, use_vmac=True,
                   state="BACKUP", track_script=["ok"])
        + instance(200, name="six", advert_int=1, use_vmac=True, state="BACKUP",
                   vips=[LINKLOCAL6 + "/64", VIP6 + "/64"]))
    for kind in (Keepalived, Vipd):
        daemon = kind(one, text)
        daemon.wait_state("MASTER", name="four", within=15)
        daemon.wait_state("MASTER", name="six", within=15)
        carries(one, "vrrp.87", VIP4)
        carries(one, "vrrp6.87", VIP6)
        daemon.stop()
        wait(lambda: link(one, "vrrp.87") is None, 10, "nothing is left")


def test_a_backup_s_macvlan_stays_down(lab):
    """P11: whoever sets it up, it answers nothing and is down again."""
    topo = lab(nodes=2)
    vipds = [Vipd(node, vmac_instance(priority))
             for node, priority in zip(topo.nodes, (200, 100))]
    vipds[0].wait_state("MASTER")
    vipds[1].wait_state("BACKUP")
    two = topo.nodes[1]
    wait(lambda: link(two, "vrrp.87"), 5, "its macvlan")
    assert "UP" not in link(two, "vrrp.87")["flags"]
    two.ip("link", "set", "vrrp.87", "up")
    wait(lambda: "UP" not in link(two, "vrrp.87")["flags"], 5, "it is down again")
    assert vipds[1].state() == "BACKUP"


def test_nothing_is_left_behind(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    one.sysctl(net__ipv4__conf__eth0__arp_ignore=2)
    before = arp_settings(one)
    vipd = Vipd(one, vmac_instance(200))
    vipd.wait_state("MASTER")
    carries(one, "vrrp.87", VIP4)
    assert arp_settings(one) == (2, 2)
    vipd.stop()
    assert link(one, "vrrp.87") is None
    assert arp_settings(one) == before == (2, 0)

    vipd = Vipd(one, vmac_instance(200))
    vipd.wait_state("MASTER")
    carries(one, "vrrp.87", VIP4)
    vipd.crash()
    assert link(one, "vrrp.87")
    vipd.cleanup()
    assert link(one, "vrrp.87") is None
    assert arp_settings(one) == before


def test_the_next_start_goes_on_with_what_a_dead_one_left(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    before = arp_settings(one)
    vipd = Vipd(one, vmac_instance(200))
    vipd.wait_state("MASTER")
    carries(one, "vrrp.87", VIP4)
    index = link(one, "vrrp.87")["ifindex"]
    vipd.crash()
    vipd = Vipd(one, vmac_instance(200))
    vipd.wait_state("MASTER")
    carries(one, "vrrp.87", VIP4)
    assert link(one, "vrrp.87")["ifindex"] == index
    vipd.crash()
    # One that has no use for it takes it away.
    vipd = Vipd(one, instance(200))
    vipd.wait_state("MASTER")
    wait(lambda: link(one, "vrrp.87") is None, 5, "the macvlan is gone")
    assert arp_settings(one) == before
    wait(lambda: VIP4 in one.addresses("eth0"), 5, "the address is on eth0")


def test_a_reload_and_a_new_engine_change_nothing(lab):
    topo = lab(nodes=2)
    one = topo.nodes[0]
    vipds = [Vipd(node, vmac_instance(priority))
             for node, priority in zip(topo.nodes, (200, 100))]
    vipds[0].wait_state("MASTER")
    vipds[1].wait_state("BACKUP")
    carries(one, "vrrp.87", VIP4)
    index, since = link(one, "vrrp.87")["ifindex"], vipds[0].instance()["since"]
    vipds[0].reload(vmac_instance(180, garp_master_repeat=2))
    vipds[0].kill_child("vipd-engine")
    vipds[0].wait_state("MASTER")
    assert link(one, "vrrp.87")["ifindex"] == index
    assert vipds[0].instance()["since"] == since
    assert VIP4 in one.addresses("vrrp.87")


def test_a_reload_moves_the_addresses_to_the_vmac_and_back(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    vipd = Vipd(one, instance(200))
    vipd.wait_state("MASTER")
    wait(lambda: VIP4 in one.addresses("eth0"), 5, "the address is on eth0")
    since = vipd.instance()["since"]
    probe = Probe(topo.client, VIP4).wait_answer()
    vipd.reload(vmac_instance(200))
    carries(one, "vrrp.87", VIP4)
    wait(lambda: VIP4 not in one.addresses("eth0"), 5, "it left eth0")
    assert vipd.instance()["since"] == since, "it stayed master"
    probe.wait_answer(after=time.monotonic())
    assert neighbour(topo.client, VIP4) == VMAC4
    vipd.reload(instance(200))
    wait(lambda: VIP4 in one.addresses("eth0"), 5, "the address is on eth0")
    wait(lambda: link(one, "vrrp.87") is None, 5, "the macvlan is gone")
    probe.wait_answer(after=time.monotonic())


def test_two_routers_share_a_parent(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    before = arp_settings(one)
    both = vmac_instance(200) + instance(
        200, name="other", vips=["192.168.185.6/24"], virtual_router_id=88,
        use_vmac="second")
    vipd = Vipd(one, both)
    for name in ("edge", "other"):
        vipd.wait_state("MASTER", name=name)
    carries(one, "vrrp.87", VIP4)
    carries(one, "second", "192.168.185.6")
    for address in (VIP4, "192.168.185.6"):
        Probe(topo.client, address).wait_answer()
    assert neighbour(topo.client, VIP4) == VMAC4
    assert neighbour(topo.client, "192.168.185.6") == "00:00:5e:00:01:58"
    vipd.reload(vmac_instance(200))
    wait(lambda: link(one, "second") is None, 5, "the second macvlan is gone")
    assert arp_settings(one) == (1, 2)
    vipd.stop()
    assert arp_settings(one) == before


def test_a_macvlan_that_is_deleted_is_a_fault_until_there_is_another(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    vipd = Vipd(one, vmac_instance(200))
    vipd.wait_state("MASTER")
    carries(one, "vrrp.87", VIP4)
    assert "FAULT" not in vipd.log_text()
    one.ip("link", "del", "vrrp.87")
    wait(lambda: "-> FAULT (interface does not exist)" in vipd.log_text(), 5, "told")
    vipd.wait_state("MASTER")
    carries(one, "vrrp.87", VIP4)


def test_a_name_that_others_have_is_a_fault(lab):
    topo = lab(nodes=1)
    one = topo.nodes[0]
    one.batch(["link add vrrp.87 type bridge", "link set vrrp.87 up"])
    vipd = Vipd(one, vmac_instance(200))
    vipd.wait_state("FAULT")
    wait(lambda: "is not vipd's has this name" in vipd.log_text(), 5, "its reason")
    assert not one.addresses("vrrp.87").keys() & {VIP4}
    one.ip("link", "del", "vrrp.87")
    vipd.wait_state("MASTER", within=15)
    carries(one, "vrrp.87", VIP4)
