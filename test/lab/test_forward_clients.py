# SPDX-License-Identifier: GPL-2.0-or-later
"""Who the client is: from outside, a pod of the node, the node itself, inside
or outside of loadBalancerSourceRanges, at the node that holds the address or at
another one.

    client ---- n1 (holds the addresses) ---- pod1     n2 ---- pod2     ep1, ep2
"""

import socket

import pytest

from client import Endpoint, connect, try_connect, udp_ask
from forwarder import Forwarder, cleanup, service
from lab import Namespace, Topology, command, remove_namespace
from msgcodec import ENUM

TCP, UDP = 6, 17
POOL4, POOL6 = "192.168.185.40", "2001:db8:185::40"
EXTERNAL = "192.168.185.18"
LOCAL, FALLBACK = ENUM["SERVICE_LOCAL"], ENUM["SERVICE_FALLBACK"]
ENDPOINT_LOCAL = 1
PORT = 8080
EVERYBODY6 = ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")


class Pod(Namespace):
    """A namespace behind a node, as a CNI plugin makes them."""

    def __init__(self, topo, node):
        number = node.number
        super().__init__(f"pod{number}", topo.full(f"pod{number}"))
        self.ip4, self.ip6 = f"10.200.{number}.2", f"fd00:200:{number}::2"
        command("ip", "netns", "add", self.full)
        self.sysctl(net__ipv6__conf__all__accept_dad=0,
                    net__ipv6__conf__default__accept_dad=0)
        command("ip", "link", "add", f"veth{number}", "netns", node.full, "type",
                "veth", "peer", "name", "eth0", "netns", self.full)
        node.batch([f"link set veth{number} up",
                    f"addr add 10.200.{number}.1/24 dev veth{number}",
                    f"addr add fd00:200:{number}::1/64 dev veth{number} nodad"])
        self.batch(["link set lo up", "link set eth0 up",
                    f"addr add {self.ip4}/24 dev eth0",
                    f"addr add {self.ip6}/64 dev eth0 nodad",
                    f"route add default via 10.200.{number}.1",
                    f"route add default via fd00:200:{number}::1"])


@pytest.fixture(scope="module")
def site():
    with Topology(nodes=2, endpoints=2) as topo:
        first = topo.nodes[0]
        topo.pods = [Pod(topo, node) for node in topo.nodes]
        for address in (POOL4, EXTERNAL):
            first.ip("addr", "add", f"{address}/32", "dev", "eth0")
        first.ip("addr", "add", f"{POOL6}/128", "dev", "eth0", "nodad")
        for node in topo.nodes:
            node.sysctl(net__ipv4__conf__all__send_redirects=0,
                        net__ipv4__conf__eth0__send_redirects=0)
        for endpoint in topo.endpoints:
            Endpoint(endpoint, PORT)
            endpoint.batch([
                f"route add 10.200.{n.number}.0/24 via {n.pod4}" for n in topo.nodes
            ] + [f"route add fd00:200:{n.number}::/64 via fd00:129:2::{n.number}"
                 for n in topo.nodes])
        try:
            yield topo
        finally:
            for pod in topo.pods:
                remove_namespace(pod.full)


@pytest.fixture
def forward(site):
    """Starts vipd-forward on the nodes; the tables go with the test."""
    started = []

    def start(services, nodes=None, **conf):
        for node in nodes or site.nodes[:1]:
            started.append(Forwarder(node, **conf))
            started[-1].sync(services)
        return started[0]

    yield start
    for forwarder in started:
        forwarder.end()
    for node in site.nodes:
        cleanup(node)
        node.run("conntrack", "-F")


def ends(site, only=None, marks=(0, 0)):
    """Endpoints of both ports of both families."""
    return [(index, address, PORT, marks[i])
            for index in (0, 1)
            for i, e in enumerate(site.endpoints) if only in (None, i)
            for address in (e.pod4, f"fd00:129:2::{e.number:x}")]


def web(site, sources=(), flags=0, origin="ORIGIN_POOL", addresses=(POOL4, POOL6),
        **kwargs):
    return service("web", addresses, [(22, TCP), (22, UDP)], ends(site, **kwargs),
                   flags, origin=origin, sources=sources)


def reaches(client, address):
    return "SSH" in try_connect(client, address, 22, 0.3)


# ---- loadBalancerSourceRanges (S10) ----

@pytest.mark.parametrize("mode", ["FORWARD_NFTABLES", "FORWARD_NONE"])
def test_only_clients_of_the_ranges_get_in(site, forward, mode):
    """In mode none another one forwards: its DNAT stands in for it."""
    if mode == "FORWARD_NONE":
        for family, vip, end in (("ip", POOL4, site.endpoints[0].pod4),
                                 ("ip6", POOL6, "[fd00:129:2::b]")):
            site.nodes[0].nft(
                f"table {family} other {{ chain p {{ type nat hook prerouting "
                f"priority -100;\n{family} daddr {vip} tcp dport 22 dnat to "
                f"{end}:{PORT}\n}}\nchain s {{ type nat hook postrouting "
                f"priority 100;\nmasquerade\n}}\n}}\n")
    client, other = site.client, site.nodes[1]
    try:
        f = forward([web(site, [(client.ip4, client.ip4), (client.ip6, client.ip6)])],
                    mode=mode)
        for vip in (POOL4, POOL6):
            assert reaches(client, vip)
            assert try_connect(other, vip, 22, 0.3) == "TimeoutError"
        # Another list, at once.
        f.apply(web(site, [("192.168.185.0", "192.168.185.9"), EVERYBODY6]))
        assert not reaches(client, POOL4) and reaches(other, POOL4)
        assert reaches(client, POOL6)
        f.apply(web(site))
        assert reaches(client, POOL4)
    finally:
        if mode == "FORWARD_NONE":
            site.nodes[0].nft("delete table ip other\ndelete table ip6 other\n")


def test_ranges_hold_for_udp_and_for_ports_without_endpoints(site, forward):
    f = forward([web(site, [("10.0.0.0", "10.255.255.255")])])
    with pytest.raises(TimeoutError):
        udp_ask(site.client, POOL4, 22, 0.1)
    f.apply(service("web", [POOL4], [(22, TCP)], origin="ORIGIN_POOL",
                    sources=[("10.0.0.0", "10.255.255.255")]))
    assert try_connect(site.client, POOL4, 22, 0.3) == "TimeoutError"
    f.apply(service("web", [POOL4], [(22, TCP)], origin="ORIGIN_POOL",
                    sources=[("192.168.185.0", "192.168.185.255")]))
    assert try_connect(site.client, POOL4, 22) == "ConnectionRefusedError"


def test_ranges_do_not_hold_for_external_ips(site, forward):
    forward([web(site, [("10.0.0.0", "10.0.0.0")], origin="ORIGIN_EXTERNAL_IP",
                 addresses=[EXTERNAL])])
    assert reaches(site.client, EXTERNAL)


def test_ranges_of_one_family_let_nobody_of_the_other_in(site, forward):
    forward([web(site, [("0.0.0.0", "255.255.255.255")])])
    assert reaches(site.client, POOL4)
    assert not reaches(site.client, POOL6)


def test_ranges_hold_for_pods_and_for_the_node_itself(site, forward):
    node, pod = site.nodes[0], site.pods[0]
    f = forward([web(site, [(site.client.ip4, site.client.ip4)])])
    assert not reaches(pod, POOL4)
    assert not reaches(node, POOL4)
    f.apply(web(site, [(pod.ip4, pod.ip4)]))
    assert reaches(pod, POOL4) and not reaches(node, POOL4)
    # By its own address; to an address it holds it comes from that one.
    f.apply(web(site, [(node.ip4, node.ip4)]))
    assert reaches(node, POOL4) and not reaches(pod, POOL4)


def test_a_restricted_address_is_not_open_to_connections_from_before(site, forward):
    """What is established goes on, as with kube-proxy."""
    f = forward([web(site)])
    with site.client.call(socket.create_connection, (POOL4, 22), 5) as sock:
        sock.recv(256)
        f.apply(web(site, [("10.0.0.0", "10.0.0.0")]))
        sock.sendall(b"still here\n")
        assert sock.recv(256) == b"still here\n"
    assert not reaches(site.client, POOL4)


# ---- externalTrafficPolicy Local (S7) ----

@pytest.mark.parametrize("source_nat", ["NODE", "VIP", "NONE"])
@pytest.mark.parametrize("vip", [POOL4, POOL6])
def test_with_local_the_nodes_own_clients_are_served_as_by_cluster(
        site, forward, vip, source_nat):
    node, pod = site.nodes[0], site.pods[0]
    forward([web(site, flags=LOCAL, only=1)], source_nat=f"SOURCE_NAT_{source_nat}")
    assert try_connect(site.client, vip, 22, 0.3) == "TimeoutError"
    for inside in (node, pod):
        banner = connect(inside, vip, 22)
        # Answers have to come back here.
        assert banner.split()[1] == "ep2"
        assert banner.split()[-1] in (node.pod4, f"fd00:129:2::{node.number:x}")


def test_with_local_outside_clients_keep_to_the_endpoints_here(site, forward):
    first, second = site.endpoints
    client = site.client
    first.ip("route", "add", f"{client.ip4}/32", "via", site.nodes[0].pod4)
    try:
        forward([web(site, flags=LOCAL, marks=(ENDPOINT_LOCAL, 0))])
        outside = {connect(client, POOL4, 22).split()[1] for _ in range(12)}
        inside = {connect(site.pods[0], POOL4, 22).split()[1] for _ in range(24)}
        assert outside == {"ep1"} and inside == {"ep1", "ep2"}
        assert connect(client, POOL4, 22).split()[-1] == client.ip4
    finally:
        first.ip("route", "del", f"{client.ip4}/32")


@pytest.mark.parametrize("vip", [POOL4, POOL6])
def test_a_fallback_serves_as_cluster_while_no_endpoint_is_here(site, forward, vip):
    """source_nat node: the endpoint sees the node instead of the client."""
    node, client = site.nodes[0], site.client
    f = forward([web(site, flags=LOCAL, only=1)])
    assert try_connect(client, vip, 22, 0.3) == "TimeoutError"
    f.apply(web(site, flags=LOCAL | FALLBACK, only=1))
    banner = connect(client, vip, 22).split()
    assert banner[1] == "ep2"
    assert banner[-1] in (node.pod4, f"fd00:129:2::{node.number:x}")
    assert "ep2" in udp_ask(client, vip, 22)
    # One is here: nobody from outside gets to the other one.
    f.apply(web(site, flags=LOCAL | FALLBACK, marks=(0, ENDPOINT_LOCAL)))
    ends_of = {connect(site.pods[0], vip, 22).split()[1] for _ in range(24)}
    assert ends_of == {"ep1", "ep2"}
    heard = {try_connect(client, vip, 22, 0.3) for _ in range(4)}
    assert not any("ep1" in text for text in heard)
    f.apply(web(site, flags=LOCAL))
    assert try_connect(client, vip, 22, 0.3) == "TimeoutError"


# ---- clients of nodes that do not hold the address ----

@pytest.mark.parametrize("source_nat", ["NODE", "VIP", "NONE"])
@pytest.mark.parametrize("vip", [POOL4, POOL6])
def test_other_nodes_and_their_pods_reach_the_service(site, forward, vip, source_nat):
    forward([web(site)], nodes=site.nodes, source_nat=f"SOURCE_NAT_{source_nat}")
    back = site.nodes[1]
    client = site.client
    # The holder has to know the way to the other node's pods, as any CNI does.
    site.nodes[0].batch([
        f"route replace 10.200.2.0/24 via {back.ip4}",
        f"route replace fd00:200:2::/64 via {back.ip6}"])
    for inside in (site.nodes[0], site.pods[0], back, site.pods[1]):
        assert reaches(inside, vip), inside.name
    if source_nat != "NONE":  # its endpoints have no way back to the client
        assert reaches(client, vip)
