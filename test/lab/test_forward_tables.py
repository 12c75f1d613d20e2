# SPDX-License-Identifier: GPL-2.0-or-later
"""vipd-forward and its tables: restarts, other people's flushes, refusals, and
that nothing but the difference is ever written."""

import collections
import errno
import json
import os
import random
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from client import Endpoint, Probe, connect, try_connect
from forwarder import Forwarder, cleanup, service
from lab import PATIENCE, Topology, wait

TCP, UDP = 6, 17
VIP = "192.168.185.18"
FAMILIES = ("ip", "ip6")
# What elements count is not what is wanted of them.
COUNTED = re.compile(r" counter packets \d+ bytes \d+")
COUNTED_JSON = re.compile(r'\{"elem": \{"val": (.*?), "counter": \{[^}]*\}\}\}')


@pytest.fixture(scope="module")
def site():
    with Topology(nodes=2, endpoints=2) as topo:
        topo.nodes[0].ip("addr", "add", f"{VIP}/32", "dev", "eth0")
        for endpoint in topo.endpoints:
            Endpoint(endpoint, 8080)
        yield topo


@pytest.fixture
def forward(site):
    """Starts vipd-forward on a node; all tables go with the test."""
    started = []

    def start(node=None, **conf):
        started.append(Forwarder(node or site.nodes[0], **conf))
        return started[-1]

    yield start
    for forwarder in started:
        forwarder.end()
    for node in site.nodes:
        cleanup(node)


def web(site, count=2, name="web", addresses=(VIP,)):
    return service(name, addresses, [(22, TCP)],
                   [(0, e.pod4, 8080) for e in site.endpoints[:count]])


def elements(node, family="ip"):
    """{set: sorted elements} of the node's table; None if there is none."""
    out = node.run("nft", "-j", "list", "table", family, "vipd", check=False)
    if not out:
        return None
    out = COUNTED_JSON.sub(r"\1", out)
    return {kind["name"]: sorted(map(json.dumps, kind.get("elem", [])))
            for item in json.loads(out)["nftables"]
            for kind in item.values() if item.keys() & {"set", "map"}}


def table_text(node):
    return {family: COUNTED.sub("", node.run("nft", "list", "table", family, "vipd",
                                             check=False))
            for family in FAMILIES}


class Monitor:
    """The kernel's notifications: what transactions there are, and the elements
    they add and delete."""

    SO_RCVBUFFORCE, SOL_NETLINK, ADD_MEMBERSHIP = 33, 270, 1
    NFNLGRP_NFTABLES = 7
    NEWSETELEM, DELSETELEM, NEWGEN = 12, 14, 15

    def __init__(self, node):
        self.sock = node.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.sock.setsockopt(socket.SOL_SOCKET, self.SO_RCVBUFFORCE, 64 << 20)
        self.sock.bind((0, 0))
        self.sock.setsockopt(self.SOL_NETLINK, self.ADD_MEMBERSHIP,
                             self.NFNLGRP_NFTABLES)

    def transactions(self):
        """[[element message, ...]] since the last call."""
        done, current = [], []
        while select.select([self.sock], [], [], 0)[0]:
            data, at = self.sock.recv(1 << 20), 0
            while at < len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                if kind & 0xff in (self.NEWSETELEM, self.DELSETELEM):
                    current.append(data[at:at + length])
                elif kind & 0xff == self.NEWGEN:
                    done.append(current)
                    current = []
                at += length + 3 & ~3
        return done


def test_a_change_is_one_transaction_of_its_elements(site, forward):
    f = forward()
    f.sync([web(site, name=f"s{i}", addresses=[f"192.168.186.{i}"])
            for i in range(20)] + [web(site)])
    monitor = Monitor(site.nodes[0])
    f.apply(web(site, count=1))
    (changed,) = monitor.transactions()
    # 8 slots of two endpoints become the one slot of one endpoint.
    assert len(changed) == 9
    assert all(b"endpoints\0" in m and socket.inet_aton(VIP) in m for m in changed)
    # The same again: nothing to do, and it is said at once.
    f.apply(web(site, count=1))
    f.in_place(f.gone("nobody"))
    assert not monitor.transactions()


def test_a_cold_start_is_cut_into_transactions(site, forward):
    f = forward()
    monitor = Monitor(site.nodes[0])
    f.sync([service(f"s{i}", [f"10.7.{i // 250}.{i % 250}"],
                    [(port, TCP) for port in (80, 443)],
                    [(p, f"10.8.0.{e}", 8080) for p in (0, 1) for e in range(1, 6)])
            for i in range(100)])
    sizes = [len(t) for t in monitor.transactions()]
    assert sum(sizes) == 100 * (1 + 2 * (1 + 1 + 1 + 32))
    assert 3 <= len(sizes) and max(sizes) < 2000 + 71


def test_a_killed_process_comes_back_without_a_gap(site, forward):
    f = forward()
    f.sync([web(site)])
    before = table_text(site.nodes[0])
    probe = Probe(site.client, VIP, 22, interval_ms=2).wait_answer()
    monitor = Monitor(site.nodes[0])
    for _ in range(3):
        f.crash()
        f = forward()
        f.sync([web(site)])
    probe.wait_answer(after=time.monotonic())
    assert probe.outage_ms() < 100 * PATIENCE
    assert table_text(site.nodes[0]) == before
    assert not any(monitor.transactions())  # rules again, but no element


def test_what_was_not_told_goes_with_the_end_of_the_sync(site, forward):
    f = forward()
    f.sync([web(site), web(site, name="old", addresses=["192.168.185.20"])])
    full = elements(site.nodes[0])
    f.crash()
    f = forward()
    f.send("MSG_SYNC_BEGIN", source=0)
    f.apply(web(site))
    assert elements(site.nodes[0]) == full  # not told yet is not gone
    f.send("MSG_SYNC_END", seq=f.next_seq(), complete=0)
    f.apply(web(site))
    assert elements(site.nodes[0]) == full  # and a partial sync only adds
    f.sync([web(site)])
    assert all("192.168.185.20" not in e
               for es in elements(site.nodes[0]).values() for e in es)
    f.sync([])
    assert not any(elements(site.nodes[0]).values())


def test_a_flushed_ruleset_is_put_back_at_once(site, forward):
    f = forward()
    f.sync([web(site)])
    before = table_text(site.nodes[0])
    site.nodes[0].nft("flush ruleset\n")
    wait(lambda: table_text(site.nodes[0]) == before, 5, "the tables are back")
    site.nodes[0].nft("delete table ip6 vipd\n")
    wait(lambda: table_text(site.nodes[0]) == before, 5, "ip6 vipd is back")
    f.in_sync()
    assert connect(site.client, VIP, 22)


@pytest.mark.parametrize("damage", [
    f"delete element ip vipd endpoints {{ {VIP} . tcp . 22 . 9 }}",
    f"delete element ip vipd served {{ {VIP} . tcp . 22 }}",
    "flush set ip vipd guarded",
    f"add element ip vipd dropped {{ {VIP} . tcp . 22 }}",
    "flush chain ip vipd spread",
    "add rule ip vipd prerouting counter accept",
    "flush table ip vipd",
    "add set ip6 vipd strange { type inet_service; }\nflush chain ip6 vipd guard",
])
def test_damage_to_a_table_is_put_right_at_once(site, forward, damage):
    """Not only when the table has gone, and not only at the next audit."""
    f = forward()
    f.sync([web(site)])
    node, before = site.nodes[0], table_text(site.nodes[0])
    node.nft(damage + "\n")
    if "strange" in damage:  # what is not in anybody's way stays
        strange = "\tset strange {\n\t\ttype inet_service\n\t}\n\n"
        wait(lambda: {k: v.replace(strange, "") for k, v in table_text(node).items()}
             == before, 5, "the rules are back")
        return
    wait(lambda: table_text(node) == before, 5, "the table is as it was")
    f.in_sync()
    assert connect(site.client, VIP, 22)


def test_what_others_do_to_their_tables_costs_no_comparison(site, forward):
    f = forward()
    f.sync([web(site)])
    node = site.nodes[0]
    monitor = Monitor(node)
    node.nft("table ip vipdish { set s { type inet_service; elements = { 7 }\n}\n}\n")
    node.nft("delete table ip vipdish\n")
    f.apply(web(site))
    # A comparison ends with the rules written anew, a transaction of its own.
    assert len(monitor.transactions()) == 2


def test_a_flush_during_a_change_loses_nothing(site, forward):
    f = forward()
    f.sync([web(site)])
    node = site.nodes[0]
    stop = threading.Event()

    def flush():
        while not stop.is_set():
            node.nft("flush ruleset\n")

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        for i in range(100):
            f.tell(web(site, count=1 + i % 2))
    finally:
        stop.set()
        thread.join()
    f.apply(web(site))
    f.in_sync()
    assert len(elements(node)["endpoints"]) == 8
    assert len(elements(node)["served"]) == 1


def test_a_table_of_another_version_is_replaced_as_a_whole(site, forward):
    node = site.nodes[0]
    node.nft("table ip vipd {\n comment \"vipd layout 0\"\n"
             " set guarded { type inet_service; elements = { 7 }\n }\n"
             " chain guard { type filter hook forward priority 3; }\n}\n")
    f = forward()
    f.send("MSG_SYNC_BEGIN", source=0)
    f.tell(web(site))
    f.drain(0.2)
    assert "layout 0" in table_text(node)["ip"]  # until all is known
    f.sync([web(site)])
    replaced = table_text(node)
    f.end()
    cleanup(node)
    forward().sync([web(site)])
    assert table_text(node) == replaced


def test_strange_elements_in_the_tables_are_corrected(site, forward):
    f = forward()
    f.sync([web(site)])
    right = elements(site.nodes[0])
    f.crash()
    site.nodes[0].nft(
        "add element ip vipd served { 192.0.2.1 . udp . 9 }\n"
        f"add element ip vipd endpoints {{ {VIP} . tcp . 22 . 40 : 192.0.2.9 . 1 }}\n"
        f"add element ip vipd endpoints {{ {VIP} . tcp . 22 . 3 : 192.0.2.9 . 1 }}\n"
        f"add element ip vipd hairpin {{ 192.0.2.9 . {VIP} . tcp . 22 }}\n"
        f"delete element ip vipd endpoints {{ {VIP} . tcp . 22 . 9 }}\n"
        f"delete element ip vipd source_nat {{ {VIP} . tcp . 22 }}\n")
    f = forward()
    f.sync([web(site)])
    assert elements(site.nodes[0]) == right


def test_a_refusal_is_named_and_tried_again(site, forward):
    """Somebody owns a table of our name: the kernel says EPERM."""
    owner = subprocess.Popen(site.nodes[0].argv("nft", "-i"), text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        owner.stdin.write("add table ip vipd { flags owner; }\n")
        owner.stdin.flush()
        wait(lambda: table_text(site.nodes[0])["ip"], 5, "the table stands")
        f = forward()
        f.tell_all([web(site)])
        f.until(lambda: f.failed, "a failure is told")
        assert f.failed[0][:2] == ("web", 1)
        assert VIP in f.failed[0][2]
        f.until(lambda: b"not permitted" in f.state.reason, "the reason is told")
        assert not f.state.in_sync
    finally:
        owner.stdin.close()
        owner.wait(10)
    f.until(lambda: f.failed[-1][:2] == ("web", 0), "well again")
    f.in_sync()
    assert connect(site.client, VIP, 22)


@pytest.mark.parametrize("damage", [
    # ENOENT, EEXIST: in the middle of a change, before it is noticed.
    f"delete element ip vipd endpoints {{ {VIP} . tcp . 22 . 8 }}",
    f"delete element ip vipd endpoints {{ {VIP} . tcp . 22 . 8 }}\n"
    f"add element ip vipd endpoints {{ {VIP} . tcp . 22 . 8 : 192.0.2.1 . 1 }}",
    f"add element ip vipd endpoints {{ {VIP} . tcp . 22 . 1 : 192.0.2.1 . 1 }}",
    "delete table ip vipd",
])
def test_a_change_that_meets_damage_gets_through(site, forward, damage):
    f = forward()
    f.sync([web(site)])
    os.kill(f.pid, signal.SIGSTOP)
    site.nodes[0].nft(damage + "\n")
    seq = f.tell(web(site, count=1))
    os.kill(f.pid, signal.SIGCONT)
    f.in_place(seq)
    f.in_sync()
    wait(lambda: len(elements(site.nodes[0])["endpoints"]) == 1, 5, "one slot")
    assert connect(site.client, VIP, 22)
    assert not [x for x in f.failed if x[1]]


def test_a_name_that_is_taken_by_another_kind_of_set_is_a_refusal(site, forward):
    """EEXIST that no reading again cures; what stands stays, and it is told."""
    node = site.nodes[0]
    node.nft('table ip6 vipd {\n comment "vipd layout 4"\n'
             " set served { type inet_service; flags interval; }\n}\n")
    f = forward()
    f.tell_all([web(site)])
    f.until(lambda: f.failed and f.failed[0][1], "a failure is told")
    assert f.failed[0][0] == "web"
    node.nft("delete table ip6 vipd\n")
    f.until(lambda: f.failed[-1][:2] == ("web", 0), "well again", within=15)
    f.in_sync()
    assert connect(site.client, VIP, 22)


def test_a_port_that_another_service_has_is_named(site, forward):
    f = forward()
    f.sync([web(site), web(site, count=1, name="thief")])
    assert f.failed == [("thief", 98, f"{VIP} port 22/TCP is served for default/web")]
    assert len(elements(site.nodes[0])["endpoints"]) == 8
    f.in_place(f.gone("web"))
    assert f.failed[-1][:2] == ("thief", 0)
    assert len(elements(site.nodes[0])["endpoints"]) == 1


def test_what_is_refused_or_in_conflict_has_no_rule(site, forward):
    frames = service("web", [VIP, "192.168.185.20"], [(22, TCP), (80, TCP)],
                     [(0, "10.0.0.1", 22), (1, "10.0.0.1", 80)])
    frames[1][1][0]["verdict"] = 1
    frames[2][1][0]["verdict"] = 2
    forward().sync([frames])
    have = elements(site.nodes[0])
    assert have["guarded"] == ['"192.168.185.20"']
    assert have["served"] == ['{"concat": ["192.168.185.20", "tcp", 80]}']


def test_what_is_too_large_is_refused_by_name_and_harms_nobody(site, forward):
    f = forward()
    f.sync([web(site), web(site, name="big", addresses=["192.168.185.19"])])
    before = elements(site.nodes[0])
    ports = [(port, TCP) for port in range(1, 240)]
    addresses = [f"192.168.186.{n}" for n in range(1, 20)]
    f.apply(service("big", addresses, ports))
    assert f.failed[-1] == ("big", errno.E2BIG, "too many addresses and ports")
    # As many ports as there are, in frames: the first limit that is met.
    frames = service("big", ["192.168.185.19"], [])
    parts = [("MSG_SERVICE_PORTS", [{"port": p, "proto": TCP}
                                    for p in range(n, min(n + 80, 65536))], {})
             for n in range(1, 65536, 80)]
    f.apply(frames[:2] + parts + frames[-1:])
    assert f.failed[-1][:2] == ("big", errno.E2BIG)
    assert elements(site.nodes[0]) == before  # what stood stays
    assert connect(site.client, VIP, 22)
    f.apply(web(site, name="big", addresses=["192.168.185.19"]))
    assert f.failed[-1][:2] == ("big", 0)


def test_a_thousand_endpoints_behind_a_port_share_it(site, forward):
    ends = [(0, f"10.1.{i // 250}.{i % 250 + 1}", 8080) for i in range(1000)]
    parts = [("MSG_SERVICE_ENDPOINTS",
              [{"port_index": i, "addr": a, "port": p} for i, a, p in ends[n:n + 250]],
              {}) for n in range(0, 1000, 250)]
    frames = service("web", [VIP], [(22, TCP)])
    f = forward()
    f.sync([frames[:3] + parts + frames[-1:]])
    slots = [json.loads(e) for e in elements(site.nodes[0])["endpoints"]]
    loads = collections.Counter(slot[1]["concat"][0] for slot in slots)
    assert len(slots) == 1024 and len(loads) == 1000
    assert set(loads.values()) == {1, 2}
    # One less: its slots go to others, and few of the rest move.
    monitor = Monitor(site.nodes[0])
    f.apply(frames[:3] + parts[:3] + [(parts[3][0], parts[3][1][:-1], {})] + frames[-1:])
    (changed,) = monitor.transactions()
    assert len(changed) < 2 * 1024 * 0.1


def test_nonsense_inside_a_service_is_left_out(site, forward):
    f = forward()
    f.sync([service("web", [VIP], [(22, TCP), (0, TCP), (53, 99)],
                    [(0, "10.0.0.1", 22), (0, "127.0.0.1", 22), (0, VIP, 22),
                     (7, "10.0.0.1", 22), (0, "10.0.0.1", 0)])])
    have = elements(site.nodes[0])
    assert len(have["endpoints"]) == len(have["served"]) == 1
    assert "impossible" in f.log_text()


def test_a_message_out_of_place_ends_it_and_leaves_the_tables(site, forward):
    f = forward()
    f.sync([web(site)])
    before = table_text(site.nodes[0])
    f.send("MSG_SERVICE_PORTS", [{"port": 1, "proto": 6}])
    assert f.popen.wait(5) == 1
    assert table_text(site.nodes[0]) == before


def test_stop_leaves_the_tables_and_cleanup_removes_them(site, forward):
    node = site.nodes[0]
    f = forward()
    f.sync([web(site)])
    before = table_text(node)
    assert f.stop() == 0
    assert table_text(node) == before
    for _ in range(2):  # and once more, with nothing there
        cleanup(node)
        assert not any(table_text(node).values())


def random_service(rng):
    v6 = rng.random() < 0.3
    addresses = [f"2001:db8:185::{rng.randrange(0x20, 0x26):x}" if v6 else
                 f"192.168.185.{rng.randrange(18, 25)}"
                 for _ in range(rng.randrange(3))]
    ports = [(rng.choice([22, 53, 80, 443]), rng.choice([TCP, UDP]))
             for _ in range(rng.randrange(3))]
    hosts = rng.sample(range(1, 30), rng.choice([0, 1, 2, 3, 5, 17]))
    ends = [(i, f"fd00::{h:x}" if v6 else f"10.0.0.{h}", 8080, rng.randrange(4))
            for i in range(len(ports)) for h in hosts]
    nets = ["2001:db8:{}::", "2001:db8:{}:ffff::"] if v6 else ["10.{}.0.0", "10.{}.9.9"]
    sources = [tuple(net.format(n) for net in nets)
               for n in rng.choices(range(6), k=rng.choice([0, 0, 1, 3]))]
    return addresses, ports, ends, rng.choice([0, 1, 2, 3]), sources


CONFS = [{"mode": mode, "source_nat": f"SOURCE_NAT_{nat}", "uplinks": uplinks}
         for mode in ("FORWARD_NFTABLES", "FORWARD_NFTABLES", "FORWARD_NONE")
         for nat in ("NODE", "VIP", "NONE") for uplinks in (["eth0"], ["eth0", "eth1"])]
DAMAGE = ["flush ruleset", "delete table ip vipd", "flush set ip vipd endpoints",
          "flush set ip vipd traffic", "flush set ip vipd allowed",
          "flush chain ip vipd guard", "flush set ip6 vipd restricted",
          "add element ip vipd dropped { 192.168.185.19 . tcp . 22 }",
          "add element ip vipd hairpin { 10.0.0.1 . 192.168.185.19 . tcp . 22 }"]


class History:
    """Random news of few Services on few addresses, restarts, other
    configurations, other people's flushes. A port belongs to the Service that
    has its number: no two claim one."""

    def __init__(self, rng, start, node):
        self.rng, self.start, self.node = rng, start, node
        self.current = {}
        self.conf = rng.choice(CONFS)
        self.forward = start(node, **self.conf)
        self.forward.sync([])

    def step(self):
        roll = self.rng.random()
        name = f"s{self.rng.randrange(6)}"
        if roll < 0.15:
            self.forward.gone(name)
            self.current.pop(name, None)
        elif roll < 0.20:
            self.forward.crash()
            self.forward = self.start(self.node, **self.conf)
            self.forward.sync(list(self.current.values()))
        elif roll < 0.25:
            self.conf = self.rng.choice(CONFS)
            self.forward.drain()
            self.forward.configure(**self.conf)
        elif roll < 0.30:
            # It may be too late for this one: the table has just gone.
            self.node.run("nft", self.rng.choice(DAMAGE), check=False)
        else:
            self.tell(name)

    def tell(self, name):
        addresses, ports, ends, flags, sources = random_service(self.rng)
        ports = [(number + 1000 * int(name[1:]), proto) for number, proto in ports]
        self.current[name] = service(
            name, addresses, ports, ends, flags, sources=sources,
            origin=self.rng.choice(["ORIGIN_EXTERNAL_IP", "ORIGIN_STATIC",
                                    "ORIGIN_POOL"]))
        self.forward.tell(self.current[name])


def what_packets_meet(client, services):
    """{(address, port): refused}. That endpoints do not exist shows by silence
    or, some time later, by their router's word: no difference here."""
    return {(address["addr"], port["port"]):
            try_connect(client, address["addr"], port["port"], 0.02)
            == "ConnectionRefusedError"
            for frames in services for address in frames[1][1]
            for port in frames[2][1] if port["proto"] == TCP}


@pytest.mark.parametrize("seed", range(10))
def test_after_any_history_the_tables_are_those_of_a_new_start(site, forward, seed):
    """I6 too: another node, told only the last state, in another order, has
    element for element the same, and packets meet the same at both."""
    rng = random.Random(seed)
    here, there = site.nodes
    history = History(rng, forward, here)
    for _ in range(40):
        history.step()
    history.forward.in_place(history.forward.gone("nobody"))

    final = list(history.current.values())
    rng.shuffle(final)
    forward(there, **history.conf).sync(final)
    wait(lambda: all(elements(here, f) == elements(there, f) for f in FAMILIES), 10,
         "the same elements")
    history.forward.in_sync()
    for chain in ("guard", "prerouting", "spread", "postrouting"):
        assert chain_text(here, chain) == chain_text(there, chain)
    met = []
    for node, other in ((here, there), (there, here)):
        place(site, final, node, other)
        met.append(what_packets_meet(site.client, final))
    assert met[0] == met[1]
    place(site, [], here, there)


def chain_text(node, chain):
    return node.run("nft", "list", "chain", "ip", "vipd", chain, check=False)


def place(site, services, node, other):
    """The services' addresses on one node, and nowhere else."""
    for each in (node, other):
        for address, info in each.addresses().items():
            if info["prefixlen"] in (32, 128):
                each.ip("addr", "del", f"{address}/{info['prefixlen']}", "dev", "eth0")
    wanted = {a["addr"] for frames in services for a in frames[1][1]} or {VIP}
    node.batch([f"addr replace {a}/{128 if ':' in a else 32} dev eth0"
                + (" nodad" if ":" in a else "") for a in wanted])
    site.client.ip("neigh", "flush", "dev", "eth0")
