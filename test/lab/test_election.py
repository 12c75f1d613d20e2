# SPDX-License-Identifier: GPL-2.0-or-later
"""Who becomes master, and what is on the wire and on the interfaces then."""

import pytest

from cases import only_holder, settle, start
from client import Probe
from daemons import LINKLOCAL6, VIP4, VIP6, Vipd, instance
from lab import stays, wait
from wire import Capture, Sender, advert, gaps_ms

V6 = {"vips": [LINKLOCAL6 + "/64", VIP6 + "/64"]}


@pytest.mark.parametrize("vip, settings", [
    pytest.param(VIP4, {}, id="v3-ipv4"),
    pytest.param(VIP6, V6, id="v3-ipv6"),
    pytest.param(VIP4, {"version": 2, "advert_int": 1}, id="v2"),
])
def test_three_routers_elect_the_highest_priority(lab, vip, settings):
    topo = lab()
    capture = Capture(topo.client)
    vipds = start(topo, **settings)
    only_holder(topo, topo.nodes[0], vip)
    probe = Probe(topo.client, vip).wait_answer()
    mac = topo.nodes[0].mac()
    wait(lambda: len(capture.frames("vrrp", mac=mac)) > 3, 10, "adverts")
    assert {f.mac for f in capture.frames("vrrp")} == {mac}, "backups are silent"
    capture.assert_clean()

    topo.nodes[0].link_down()
    vipds[0].crash()
    settle(vipds[1:])
    only = [n for n in topo.nodes[1:] if vip in n.addresses()]
    assert only == [topo.nodes[1]]
    probe.wait_answer(after=probe.report["last"])
    # A Master_Down_Interval (0.36 s, 3.6 s) and what a busy machine adds.
    assert probe.outage_ms() < (1000 if settings.get("version") != 2 else 5000)


def test_the_announcement_of_a_master_is_an_arp_request_for_itself(lab):
    topo = lab(nodes=1)
    capture = Capture(topo.client)
    start(topo)
    mac = topo.nodes[0].mac()
    wait(lambda: capture.frames("garp", src=VIP4, mac=mac), 5, "gratuitous ARP")
    frame = capture.frames("garp", src=VIP4)[0].data
    assert frame[:6] == b"\xff" * 6, "broadcast"
    assert frame[20:22] == b"\0\1", "a request"
    assert frame[22:28].hex(":") == mac, "the sender is the interface"


def test_the_announcement_over_ipv6_is_an_unsolicited_na(lab):
    topo = lab(nodes=1)
    capture = Capture(topo.client)
    start(topo, **V6)
    wait(lambda: capture.frames("na", target=VIP6), 5, "unsolicited NA")
    frame = capture.frames("na", target=VIP6)[0]
    assert (frame.src, frame.dst) == (VIP6, "ff02::1")
    # A forwarding node sets R; S is clear, O is set.
    assert frame.data[58] == 0xa0
    capture.assert_clean()


def test_an_address_with_dev_is_announced_on_that_interface(lab):
    topo = lab(nodes=2)
    vip, vip6 = "198.51.100.5", "2001:db8:198::5"
    for node in topo.nodes:
        node.batch(["link add eth1 type veth peer name far", "link set eth1 up",
                    "link set far up"])
    captures = [Capture(node, dev="far") for node in topo.nodes]
    vipds = [Vipd(node, instance(priority, vips=(VIP4 + "/24", f"{vip}/24 dev eth1"))
                  + instance(priority, name="six", virtual_router_id=88,
                             vips=(LINKLOCAL6 + "/64", f"{vip6}/64 dev eth1")))
             for node, priority in zip(topo.nodes, (200, 100))]
    settle(vipds)

    def announced(i):
        mac = topo.nodes[i].mac("eth1")
        return (captures[i].frames("garp", src=vip, mac=mac)
                and captures[i].frames("na", target=vip6, mac=mac))

    wait(lambda: announced(0), 5, "its own MAC, on the other segment")
    assert vip in topo.nodes[0].addresses("eth1")
    assert not captures[0].frames("garp", src=VIP4), "each on its own"
    # A restarted engine is told where they are, too.
    before = len(captures[0].frames("garp", src=vip))
    vipds[0].kill_child("vipd-engine")
    wait(lambda: len(captures[0].frames("garp", src=vip)) > before, 5, "again")
    assert not captures[1].frames("garp", src=vip), "a backup is silent"
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    wait(lambda: announced(1), 5, "the successor announces there")


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_unicast_routers_elect_one_master_without_multicast(lab, family):
    topo = lab(nodes=2)
    capture = Capture(topo.nodes[1])
    if family == "ipv4":
        addresses, vip, settings = [n.ip4 for n in topo.nodes], VIP4, {}
    else:
        addresses = [f"fe80::{n.number}" for n in topo.nodes]
        for node, address in zip(topo.nodes, addresses):
            node.ip("addr", "add", address + "/64", "dev", "eth0", "nodad")
        vip, settings = VIP6, dict(V6)
    vipds = []
    for i, priority in enumerate((200, 100)):
        vipds.append(Vipd(topo.nodes[i], instance(
            priority, unicast_src_ip=addresses[i],
            unicast_peer=[addresses[1 - i]], **settings)))
    settle(vipds)
    only_holder(topo, topo.nodes[0], vip)
    wait(lambda: len(capture.frames("vrrp")) > 3, 5, "adverts")
    assert {f.dst for f in capture.frames("vrrp")} == {addresses[1]}
    capture.assert_clean()
    vipds[0].crash()
    vipds[1].wait_state("MASTER")


def test_with_equal_priorities_the_higher_address_wins(lab):
    topo = lab(nodes=2)
    vipds = [Vipd(node, instance(100)) for node in topo.nodes]
    wait(lambda: sorted(v.state() or "" for v in vipds) == ["BACKUP", "MASTER"], 10,
         "one of two is master")
    # Whoever came first keeps it; at a real draw the address decides.
    topo.nodes[1].black_hole()
    for v in vipds:
        v.wait_state("MASTER")
    topo.nodes[1].heal()
    vipds[0].wait_state("BACKUP")
    vipds[1].wait_state("MASTER")
    only_holder(topo, topo.nodes[1])


def test_instances_on_one_interface_do_not_hear_each_other(lab):
    topo = lab(nodes=2)
    other = "192.168.185.6"

    def conf(mine, yours):
        return instance(mine) + instance(yours, name="second", virtual_router_id=88,
                                         vips=[other + "/24"])

    one = Vipd(topo.nodes[0], conf(200, 100))
    two = Vipd(topo.nodes[1], conf(100, 200))
    one.wait_state("MASTER")
    two.wait_state("MASTER", name="second")
    one.wait_state("BACKUP", name="second")
    two.wait_state("BACKUP")
    only_holder(topo, topo.nodes[0], VIP4)
    only_holder(topo, topo.nodes[1], other)


@pytest.mark.parametrize("as_v2", [0, 1])
def test_both_forms_of_the_ipv4_checksum_are_understood(lab, as_v2):
    """RFC 9568 5.2.8 has no pseudo-header, keepalived and FRR send one."""
    topo = lab(nodes=2)
    vipds = [Vipd(node, instance(priority, v3_checksum_as_v2=i == as_v2))
             for i, (node, priority) in enumerate(zip(topo.nodes, (200, 100)))]
    settle(vipds)
    stays(lambda: [v.state() for v in vipds] == ["MASTER", "BACKUP"], 0.8,
          "one master")
    vipds[0].crash()
    vipds[1].wait_state("MASTER")


def test_adverts_come_every_ten_milliseconds(lab):
    topo = lab(nodes=2)
    capture = Capture(topo.client)
    start(topo, advert_int=0.01, priorities=(200, 100))
    wait(lambda: len(capture.frames("vrrp")) > 300, 10, "300 adverts")
    capture.assert_clean()
    gaps = sorted(gaps_ms(capture.frames("vrrp", priority=200)))
    assert 9.5 < gaps[len(gaps) // 2] < 10.5


def test_a_backup_stays_quiet(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    stays(lambda: vipds[1].state() == "BACKUP"
          and topo.holders(VIP4) == [topo.nodes[0]], 1.0, "one master")


def test_an_instance_waits_as_long_as_startup_delay_says(lab):
    """In INIT, deaf and silent; a reload does not begin it anew."""
    topo = lab(nodes=1)
    capture = Capture(topo.client, "vrrp")
    conf = "global_defs {\n    vrrp_startup_delay 3\n}\n" + instance(200)
    vipd = Vipd(topo.nodes[0], conf)
    vipd.wait_state("INIT")
    assert "vrrp_startup_delay" in vipd.instance()["reason"]
    assert vipd.reload(conf + "# again\n").returncode == 0
    assert not capture.frames("vrrp")
    vipd.wait_state("MASTER", within=10)


def test_unknown_virtual_routers_are_named_once(lab):
    topo = lab(nodes=1)
    vipd = Vipd(topo.nodes[0], "global_defs {\n    log_unknown_vrids\n}\n"
                + instance(200))
    vipd.wait_state("MASTER")
    sender = Sender(topo.client)
    message = advert(topo.client.ip4, 100, [VIP4], vrid=99)

    def named():
        sender.send(message)
        return "virtual_router_id 99" in vipd.log_text()

    wait(named, 5, "the log names it")
    for _ in range(50):
        sender.send(message)
    sender.close()
    assert vipd.log_text().count("virtual_router_id 99") == 1


def test_an_election_without_addresses(lab):
    """no_virtual_ipaddress: adverts list none, and none is carried."""
    topo = lab(nodes=2)
    capture = Capture(topo.client)
    vipds = start(topo, vips=(), no_virtual_ipaddress=True)
    wait(lambda: capture.frames("vrrp"), 5, "an advert")
    assert capture.frames("vrrp")[0].data[37] == 0, "the count of addresses"
    vipds[0].crash()
    vipds[1].wait_state("MASTER")
    assert VIP4 not in topo.nodes[1].addresses()
