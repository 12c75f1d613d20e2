# SPDX-License-Identifier: GPL-2.0-or-later
"""What must not hurt: killed processes, firewalls, junk, other people's hands."""

import os
import signal
import time

import pytest

from cases import (EXTERNAL, endpoints, only_holder, put, rules, serving, settle,
                   start, start_manifests, web)
from client import Probe, Session, try_connect
from daemons import LINKLOCAL6, VIP4, VIP6, Vipd, instance
from lab import stays, wait
from wire import VRRP_GROUP4, VRRP_GROUP6, Capture, Sender, advert, gaps_ms

DROP_INPUT = """table inet host {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        meta l4proto { icmp, ipv6-icmp } accept
    }
}
"""


@pytest.mark.parametrize("program", ["vipd-engine", "vipd-forward", "vipd-watcher"])
def test_a_killed_child_runs_again_and_nothing_is_lost(lab, program):
    """I10."""
    topo = lab(nodes=2, endpoints=1)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    wait(lambda: "ep1" in try_connect(topo.client, EXTERNAL, 22), 5, "served")
    before = rules(topo.nodes[0])
    icmp = Probe(topo.client, EXTERNAL).wait_answer()
    session = Session(topo.client, EXTERNAL, 22)
    session.wait_progress()
    for _ in range(3):
        vipds[0].kill_child(program)
        wait(lambda: vipds[0].state() == "MASTER"
             and vipds[0].service("web").get("state") == "serving"
             and vipds[0].status()["forwarding"]["in_sync"], 5, "as before")
        only_holder(topo, topo.nodes[0], EXTERNAL)
    icmp.wait_answer(after=time.monotonic())
    session.wait_progress()
    session.close()
    assert session.reconnects == 0, "no connection broke"
    assert icmp.outage_ms() < 100
    assert vipds[1].state() == "BACKUP"
    assert rules(topo.nodes[0]).count("10.129.2.11") == before.count("10.129.2.11")


def test_the_parents_death_is_a_withdrawal(lab):
    """I10: the engine says goodbye with priority 0, the children end."""
    topo = lab(nodes=2)
    vipds = start(topo)
    capture = Capture(topo.client)
    children = vipds[0].pids()[1:]
    assert children
    os.kill(vipds[0].pid, signal.SIGKILL)
    vipds[0].popen.wait(5)
    vipds[1].wait_state("MASTER")
    assert capture.frames("vrrp", priority=0)
    for pid in children:
        wait(lambda: not os.path.exists(f"/proc/{pid}"), 5, f"child {pid} ended")
    vipds[0].cleanup()
    only_holder(topo, topo.nodes[1])


def test_a_host_firewall_that_drops_input_does_not_make_two_masters(lab):
    topo = lab(nodes=2)
    for node in topo.nodes:
        node.nft(DROP_INPUT)
    vipds = start(topo)
    stays(lambda: [v.state() for v in vipds] == ["MASTER", "BACKUP"], 1.0,
          "one master")
    only_holder(topo, topo.nodes[0])
    vipds[0].crash()
    vipds[1].wait_state("MASTER")


def junk(src):
    """Adverts that each fail one check, with their TTL."""
    good = {"src": src, "priority": 250, "vips": [VIP4]}
    yield advert(**good), 254
    yield advert(**good, version=2, interval_cs=100), 255
    yield advert(**good, version=5), 255
    yield advert(**good, kind=2), 255
    yield advert(**good, bad_sum=0x1234), 255
    yield advert(**good, interval_cs=0), 255
    yield advert(**good, count=0), 255
    yield advert(**good, count=7), 255
    yield advert(**good, trailing=b"\0\0\0\0"), 255
    yield advert(**good, vrid=99), 255
    yield advert(**good)[:7], 255
    yield b"", 255


def test_junk_touches_nothing(lab):
    """P1, P2: the master's adverts go on as before, the backup stays one."""
    topo = lab(nodes=2)
    vipds = start(topo)
    since = [v.instance()["since"] for v in vipds]
    capture = Capture(topo.client)
    sender = Sender(topo.client)
    mac = topo.nodes[0].mac()
    packets = list(junk(topo.client.ip4))
    for index in range(600):
        message, ttl = packets[index % len(packets)]
        sender.send(message, ttl=ttl)
        time.sleep(0.002)  # the rate: 500 a second
    sender.close()
    frames = capture.frames("vrrp", mac=mac)
    assert len(frames) > 8, "it went on sending"
    assert max(gaps_ms(frames)) < 150
    assert [v.state() for v in vipds] == ["MASTER", "BACKUP"]
    assert [v.instance()["since"] for v in vipds] == since
    only_holder(topo, topo.nodes[0])


def test_lower_adverts_do_not_make_a_storm_of_announcements(lab):
    """P3: one packet of 32 bytes is not answered by a burst for every address."""
    topo = lab(nodes=1)
    vips = [f"192.168.185.{n}/24" for n in range(50, 90)]
    start(topo, vips=vips)
    capture = Capture(topo.client)
    sender = Sender(topo.client)
    for _ in range(200):
        sender.send(advert(topo.client.ip4, 10, [VIP4]))
        time.sleep(0.005)  # the rate
    sender.close()
    assert len(capture.frames("garp", mac=topo.nodes[0].mac())) < 1000


def test_a_valid_higher_advert_is_obeyed(lab):
    """The other side of the junk: what passes every check counts."""
    topo = lab(nodes=1)
    vipd = start(topo)[0]
    sender = Sender(topo.client)
    message = advert(topo.client.ip4, 250, [VIP4])

    def obeys():
        sender.send(message, dst=VRRP_GROUP4)
        return vipd.state() == "BACKUP"

    wait(obeys, 5, "it yields")
    assert vipd.instance()["master_address"] == topo.client.ip4
    sender.close()
    vipd.wait_state("MASTER")


@pytest.mark.parametrize("address", [VIP4, EXTERNAL])
def test_an_address_deleted_behind_its_back_comes_back(lab, address):
    topo = lab(nodes=1)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    node = topo.nodes[0]
    only_holder(topo, node, address)
    length = node.addresses()[address]["prefixlen"]
    for _ in range(3):
        node.ip("addr", "del", f"{address}/{length}", "dev", "eth0")
        only_holder(topo, node, address)
    assert vipds[0].state() == "MASTER"


def test_a_flushed_ruleset_comes_back(lab):
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    topo.nodes[0].run("nft", "flush", "ruleset")
    wait(lambda: "10.129.2.11" in rules(topo.nodes[0]), 10, "the rules are back")
    wait(lambda: "ep1" in try_connect(topo.client, EXTERNAL, 22), 5, "served")


def test_somebody_elses_table_and_address_are_left_alone(lab):
    """I9."""
    topo = lab(nodes=1)
    node = topo.nodes[0]
    node.nft(DROP_INPUT)
    node.ip("addr", "add", "192.168.185.30/32", "dev", "eth0")
    theirs = node.run("nft", "list", "table", "inet", "host")
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    vipds[0].stop()
    vipds[0].cleanup()
    assert node.run("nft", "list", "table", "inet", "host") == theirs
    assert "192.168.185.30" in node.addresses()
    assert EXTERNAL not in node.addresses() and not rules(node)


def test_a_socket_that_could_not_be_opened_is_tried_again(lab):
    """No notification says that the kernel has room again."""
    topo = lab(nodes=1)
    node = topo.nodes[0]
    node.sysctl(net__ipv4__igmp_max_memberships=0)
    vipd = Vipd(node, instance(100))
    wait(lambda: "sockets for VRRP over IPv4" in vipd.log_text(), 10, "a line of it")
    stays(lambda: vipd.state() != "MASTER", 0.5, "there is nothing to be master with")
    node.sysctl(net__ipv4__igmp_max_memberships=20)
    vipd.wait_state("MASTER", within=10)


def test_a_log_that_takes_nothing_holds_nobody_up(lab):
    """I1: a journal whose disk stands still. Its pipe is full from the start."""
    topo = lab(nodes=2)
    jammed = topo.nodes[1].dir / "jammed"
    os.mkfifo(jammed)
    pipe = os.open(jammed, os.O_RDWR | os.O_NONBLOCK)
    try:
        with pytest.raises(BlockingIOError):
            for _ in range(1 << 10):
                os.write(pipe, b"." * 4095 + b"\n")
        vipds = [Vipd(topo.nodes[0], instance(200)),
                 Vipd(topo.nodes[1], instance(100),
                      prefix=["sh", "-c", 'exec "$@" 2>"$0"', jammed])]
        settle(vipds)
        vipds[0].crash()
        vipds[1].wait_state("MASTER")
        Probe(topo.client, VIP4).wait_answer()
        for _ in range(600):  # each is a line, and 512 fit
            assert vipds[1].ctl("reload").returncode == 0
        wait(lambda: " lost" in vipds[1].ctl("status").stdout, 5, "it is said")
        assert vipds[1].stop() == 0
    finally:
        os.close(pipe)


def test_an_interface_that_appears_later(lab):
    topo = lab(nodes=2)
    topo.unplug(topo.nodes[0])
    vipds = [Vipd(node, instance(priority))
             for node, priority in zip(topo.nodes, (200, 100))]
    vipds[0].wait_state("FAULT")
    vipds[1].wait_state("MASTER")
    assert vipds[0].ctl("status").returncode == 1, "a FAULT is not well"
    topo.plug(topo.nodes[0])
    settle(vipds)
    only_holder(topo, topo.nodes[0])
    Probe(topo.client, VIP4).wait_answer()


def test_an_interface_that_vanishes_and_is_made_again(lab):
    topo = lab(nodes=2)
    vipds = start(topo)
    topo.unplug(topo.nodes[0])
    vipds[0].wait_state("FAULT")
    vipds[1].wait_state("MASTER")
    topo.plug(topo.nodes[0])
    settle(vipds)
    only_holder(topo, topo.nodes[0])
    Probe(topo.client, VIP4).wait_answer()
    vipds[0].crash()
    vipds[1].wait_state("MASTER")


def test_an_mtu_too_small_for_ipv6_takes_it_away_and_a_larger_one_gives_it_back(lab):
    """Below 1280 the kernel forgets all that an interface had of IPv6, groups that
    sockets have joined included; on a switch that snoops nobody would be heard."""
    topo = lab(nodes=2)
    one = topo.nodes[0]
    vipds = start(topo, vips=[LINKLOCAL6 + "/64", VIP6 + "/64"])
    one.ip("link", "set", "eth0", "mtu", 1200)
    vipds[0].wait_state("FAULT")
    vipds[1].wait_state("MASTER")
    assert VRRP_GROUP6 not in one.ip("maddr", "show", "dev", "eth0")
    one.ip("link", "set", "eth0", "mtu", 1500)
    settle(vipds)
    wait(lambda: VRRP_GROUP6 in one.ip("maddr", "show", "dev", "eth0"), 5,
         "the group is joined again")
    only_holder(topo, one, VIP6)
    vipds[0].crash()
    vipds[1].wait_state("MASTER")


def test_interfaces_need_more_descriptors_than_the_usual_limit_allows(lab):
    """It is 1,024, enough for 170; here a lower one is enough to see it."""
    node, = lab(nodes=1).nodes
    names = [f"leg{i}" for i in range(12)]
    node.batch([line for i, name in enumerate(names) for line in (
        f"link add {name} type veth peer name far{i}", f"addr add 10.9.{i}.1/24 dev {name}",
        f"link set {name} up", f"link set far{i} up")])
    vipd = Vipd(node, "".join(
        instance(100, name=name, interface=name, vips=[f"10.9.{i}.5/24"])
        for i, name in enumerate(names)), prefix=["prlimit", "--nofile=48:4096"])
    for name in names:
        vipd.wait_state("MASTER", name=name, within=10)


def test_a_second_daemon_in_the_namespace_is_told_so(lab):
    topo = lab(nodes=1)
    first = start(topo)[0]
    node = topo.nodes[0]
    other = node.dir / "other"
    done = node.run(*first.command_line()[:3], "--run-dir", other / "run",
                    "--state-dir", other / "state", "--libexec-dir",
                    first.command_line()[0].parent, "-n", "-l", check=False)
    assert done == "" and first.state() == "MASTER"
    only_holder(topo, node)


def test_children_have_dropped_their_privileges(lab):
    """design.md 2: what each process may keep."""
    topo = lab(nodes=1)
    vipd = start_manifests(topo)[0]
    allowed = {"vipd-engine": {14}, "vipd-forward": {12}, "vipd-watcher": set()}
    for program, caps in allowed.items():
        pid = wait(lambda: vipd.child(program), 5, program)

        def effective():
            with open(f"/proc/{pid}/status") as status:
                fields = dict(line.split(":\t", 1) for line in status)
            mask = int(fields["CapEff"], 16) | int(fields["CapPrm"], 16)
            held = {bit for bit in range(64) if mask >> bit & 1}
            return held <= caps and fields["Uid"].split()[0] != "0"

        wait(effective, 5, f"{program} keeps no more than {caps} and is not root")


def test_one_client_across_it_all(lab):
    """source_nat node: a connection may break at a failover, a new one works."""
    topo = lab(nodes=3, endpoints=2)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web(endpoints=["10.129.2.11", "10.129.2.12"]))
    serving(vipds)
    session = Session(topo.client, EXTERNAL, 22)
    session.wait_progress()
    vipds[0].kill_child("vipd-engine")
    session.wait_progress()
    topo.nodes[0].link_down()
    serving(vipds[1:])
    session.wait_progress()
    topo.nodes[0].heal()
    serving(vipds)
    session.wait_progress()
    vipds[0].stop()
    serving(vipds[1:])
    session.wait_progress()
    vipds[1].crash()
    topo.nodes[1].link_down()
    serving(vipds[2:])
    session.wait_progress()
    put(topo, "web", *web(endpoints=["10.129.2.12"]))
    session.wait_progress()
    session.close()
    assert session.wrong is None
    assert session.exchanges > 20
