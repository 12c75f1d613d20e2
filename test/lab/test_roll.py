# SPDX-License-Identifier: GPL-2.0-or-later
"""Five nodes, moved one by one from four instances to five: what the kernel of
each tells of addresses, from the first to the last.

A master that gives an instance up keeps its addresses until its successor has
announced them (yield.h), so of an address that is on two nodes the older holder
is the one that lets it go. Nothing else may be on two nodes.
"""

import selectors
import socket
import struct
import threading

import kube
from cases import Api
from daemons import Vipd, block, instance
from lab import wait

RTMGRP_IPV4_IFADDR = 0x10
RTM_NEWADDR, RTM_DELADDR = 20, 21
IFA_LOCAL = 2
MANY = 20


class Watch(threading.Thread):
    """Every coming and going of an IPv4 address on nodes, in its order."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.events = []  # (node, address, is_new)
        self.selector = selectors.DefaultSelector()
        for node in nodes:
            sock = node.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            sock.bind((0, RTMGRP_IPV4_IFADDR))
            self.selector.register(sock, selectors.EVENT_READ, node)
        self.ending = False
        self.start()

    def run(self):
        while not self.ending:
            for key, _ in self.selector.select(0.1):
                self.events += [(key.data, *e) for e in parse(key.fileobj.recv(1 << 16))]

    def finish(self):
        self.ending = True
        self.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        return self.events


def parse(data):
    """(address, is_new) of each message."""
    while len(data) >= 16:
        size, kind = struct.unpack_from("=IH", data)
        at = 24
        while kind in (RTM_NEWADDR, RTM_DELADDR) and at + 4 <= size:
            length, attribute = struct.unpack_from("=HH", data, at)
            if attribute == IFA_LOCAL:
                yield socket.inet_ntoa(data[at + 4:at + 8]), kind == RTM_NEWADDR
            at += max(4, (length + 3) & ~3)
        data = data[(size + 3) & ~3:]


def conf(api, node, instances):
    return instance(
        "auto", vips=None, virtual_router_id=f"87-{86 + instances}",
        preempt=True, candidates=["n1", "n2", "n3", "n4", "n5"],
        service_addresses=["192.168.185.0/24"]) + block("services", {
            "kubeconfig": api.kubeconfig(node), "node_name": node.name,
            "address_pool public": {"addresses": ["192.168.185.40-192.168.185.99"]}}) + "\n"


def create(api, name):
    api.cluster.create(kube.service(name, [80], type="LoadBalancer",
                                    loadBalancerClass="vipd.io/vip"))
    api.cluster.create(kube.endpoint_slice(name, ["10.129.2.11"], [8080]))


def address(api, name):
    status = api.cluster.get(kube.service(name, [80])).get("status", {})
    ingress = status.get("loadBalancer", {}).get("ingress", [])
    return ingress[0]["ip"] if ingress else None


def placed(api, name):
    """The record of its instance: ADDRESS=VIRTUAL_ROUTER_ID."""
    status = api.cluster.get(kube.service(name, [80]))["status"]
    return next(c["message"] for c in status["conditions"] if c["type"] == "vipd.io/Placed")


def one_holder_each(topo, api, names):
    """{address: its only node}, or None."""
    where = {node: set(node.addresses()) for node in topo.nodes}
    found = {}
    for name in names:
        a = address(api, name)
        holders = [node for node in topo.nodes if a and a in where[node]]
        if len(holders) != 1:
            return None
        found[a] = holders[0]
    return found


def masters(vipds, vrid):
    return [v for v in vipds if v.state(f"edge-{vrid}") == "MASTER"]


def test_five_nodes_are_rolled_to_a_fifth_instance_and_nothing_is_on_two(lab):
    topo = lab(nodes=5, api=True)
    api = Api(topo)
    old = [f"old{i}" for i in range(MANY)]
    for name in old:
        create(api, name)
    vipds = [Vipd(node, conf(api, node, 4)) for node in topo.nodes]
    wait(lambda: all([m.instance(f"edge-{vrid}")["priority"] for m in masters(vipds, vrid)]
                     == [250] for vrid in range(87, 91)), 20, "each has its first candidate")
    before = wait(lambda: one_holder_each(topo, api, old), 20, "each address is on a node")
    assert len(set(before.values())) > 1, before

    watch = Watch(topo.nodes)
    new = []
    for node, vipd in zip(topo.nodes, vipds):
        assert vipd.reload(conf(api, node, 5)).returncode == 0
        new.append(f"new-{node.name}")
        create(api, new[-1])
        wait(lambda: len(masters(vipds[:len(new)], 91)) == 1, 20, "a master of the fifth")
        wait(lambda: one_holder_each(topo, api, old + new), 20, "each address is on one node")
    for i in range(MANY):
        new.append(f"late{i}")
        create(api, new[-1])
    wait(lambda: one_holder_each(topo, api, old + new), 20, "each address is on one node")
    assert any(placed(api, name).endswith("=91") for name in new), "the fifth has some"
    after = one_holder_each(topo, api, old)
    events = watch.finish()
    assert after == before
    assert not [e for e in events if e[1] in before], "what was there has not moved"

    holders = {}
    for node, a, is_new in events:
        on = holders.setdefault(a, [])
        if is_new and node not in on:
            on.append(node)
        elif not is_new:
            assert on[0] == node, f"{a} came to {on} and went from {node}"
            on.remove(node)
        assert len(on) <= 2, f"{a} is on {on}"
    known = [address(api, name) for name in new]
    assert all(len(holders[a]) == 1 for a in known), holders
