# SPDX-License-Identifier: GPL-2.0-or-later
"""What packets to a service address meet: vipd-forward and no other daemon.

    client ---- n1 (holds the addresses) ---- ep1, ep2     all on one bridge
"""

import collections
import socket
import struct
import time

import pytest

from client import Endpoint, connect, try_connect, udp_ask
from forwarder import Forwarder, cleanup, service
from lab import Topology, stays, wait

TCP, UDP, SCTP = 6, 17, 132
VIP4, VIP6 = "192.168.185.18", "2001:db8:185::18"
OTHER = "192.168.185.20"
STATIC = "192.168.185.5"
LOCAL, STICKY = 1, 2
ENDPOINT_LOCAL, ENDPOINT_TERMINATING = 1, 2
PORT = 8080


@pytest.fixture(scope="module")
def site():
    with Topology(nodes=1, endpoints=2) as topo:
        node = topo.nodes[0]
        # One bridge for all: redirects would use up the allowance for errors.
        node.sysctl(net__ipv4__conf__all__send_redirects=0,
                    net__ipv4__conf__eth0__send_redirects=0)
        for address in (VIP4, OTHER, STATIC):
            node.ip("addr", "add", f"{address}/32", "dev", "eth0")
        node.ip("addr", "add", f"{VIP6}/128", "dev", "eth0", "nodad")
        for endpoint in topo.endpoints:
            Endpoint(endpoint, PORT)
        Endpoint(node, PORT, 2222)  # a daemon of the host, on every address
        yield topo


@pytest.fixture
def forward(site):
    """Starts vipd-forward on the node; its tables go with the test."""
    started = []

    def start(**conf):
        started.append(Forwarder(site.nodes[0], **conf))
        return started[-1]

    yield start
    for forwarder in started:
        forwarder.end()
    cleanup(site.nodes[0])
    # A later test's client may come from a port that a flow of this one had.
    site.nodes[0].run("conntrack", "-F")


def pods(site, port=PORT, index=0, only=None):
    """The endpoints of both families for a port."""
    return [(index, address, port)
            for i, e in enumerate(site.endpoints) if only in (None, i)
            for address in (e.pod4, f"fd00:129:2::{e.number:x}")]


def web(site, addresses=(VIP4, VIP6), number=22, flags=0, **kwargs):
    return service("web", addresses, [(number, TCP), (number, UDP)],
                   pods(site) + pods(site, index=1), flags, **kwargs)


def name(banner):
    return banner.split()[1]


def seen(banner):
    return banner.split()[-1]


@pytest.mark.parametrize("vip", [VIP4, VIP6])
def test_tcp_and_udp_reach_an_endpoint(site, forward, vip):
    forward().sync([web(site)])
    assert name(connect(site.client, vip, 22)) in ("ep1", "ep2")
    assert name(udp_ask(site.client, vip, 22)) in ("ep1", "ep2")


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


@pytest.mark.parametrize("vip", [VIP4, VIP6])
def test_sctp_reaches_an_endpoint(site, forward, vip):
    """The kernel has no SCTP sockets: one INIT, by hand."""
    family = socket.AF_INET6 if ":" in vip else socket.AF_INET
    forward().sync([service("s", [VIP4, VIP6], [(5060, SCTP)],
                            pods(site, port=5061, only=0))])
    ports = struct.pack("!HHI", 40000, 5060, 0)
    init = struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65535, 1, 1, 1)
    packet = ports + struct.pack("<I", crc32c(ports + bytes(4) + init)) + init
    ear = site.endpoints[0].socket(family, socket.SOCK_RAW, SCTP)
    with ear, site.client.socket(family, socket.SOCK_RAW, SCTP) as mouth:
        ear.settimeout(5)
        mouth.sendto(packet, (vip, 0))
        header = 20 if family == socket.AF_INET else 0  # which IPv6 keeps
        assert struct.unpack_from("!H", ear.recv(2048), header + 2)[0] == 5061


def ask_from_many_ports(site, count=120):
    return collections.Counter(
        name(udp_ask(site.client, VIP4, 22)) for _ in range(count))


def test_connections_spread_evenly_over_the_endpoints(site, forward):
    forward().sync([web(site)])
    counts = ask_from_many_ports(site)
    assert min(counts["ep1"], counts["ep2"]) > 35, counts


def test_with_client_affinity_a_client_keeps_its_endpoint(site, forward):
    forward().sync([web(site, flags=STICKY)])
    assert len(ask_from_many_ports(site, 40)) == 1


def test_a_port_without_endpoints_refuses_at_once(site, forward):
    forward().sync([service("web", [VIP4, VIP6], [(22, TCP), (22, UDP)])])
    for vip in (VIP4, VIP6):
        begin = time.monotonic()
        assert try_connect(site.client, vip, 22) == "ConnectionRefusedError"
        with pytest.raises(ConnectionRefusedError):
            with site.client.socket(socket.AF_INET6 if ":" in vip else
                                    socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(2)
                sock.connect((vip, 22))
                sock.send(b"x")
                sock.recv(1)
        assert time.monotonic() - begin < 1
    assert try_connect(site.nodes[0], VIP4, 22) == "ConnectionRefusedError"


def test_endpoints_come_and_go(site, forward):
    f = forward()
    f.sync([service("web", [VIP4], [(22, TCP)])])
    f.apply(service("web", [VIP4], [(22, TCP)], pods(site, only=0)))
    assert name(connect(site.client, VIP4, 22)) == "ep1"
    f.apply(service("web", [VIP4], [(22, TCP)], pods(site, only=1)))
    assert name(connect(site.client, VIP4, 22)) == "ep2"
    f.in_place(f.gone("web"))
    # Nobody's address any more: the host's own business.
    assert name(connect(site.client, VIP4, PORT)) == "n1"


@pytest.mark.parametrize("mode", ["FORWARD_NFTABLES", "FORWARD_NONE"])
def test_only_declared_ports_answer_on_a_service_address(site, forward, mode):
    """I11: not the host's daemons, not somebody else's DNAT."""
    node = site.nodes[0]
    node.nft("table ip nodeport { chain p { type nat hook prerouting priority -100;\n"
             f"tcp dport 31424 dnat to {site.endpoints[0].pod4}:{PORT}\n}}\n}}\n")
    try:
        assert name(connect(site.client, VIP4, 2222)) == "n1"
        forward(mode=mode).sync([web(site)])
        for vip in (VIP4, VIP6):
            assert try_connect(site.client, vip, 2222, 0.3) == "TimeoutError"
            site.client.run("ping", "-c1", "-W2", vip)
        assert try_connect(site.client, VIP4, 31424, 0.3) == "TimeoutError"
        assert name(connect(site.client, node.ip4, 2222)) == "n1"
        assert name(connect(site.client, node.ip6, 2222)) == "n1"
    finally:
        node.nft("delete table ip nodeport\n")


def test_neighbour_discovery_of_a_guarded_address_goes_on(site, forward):
    forward().sync([web(site)])
    site.client.ip("neigh", "flush", "dev", "eth0")
    site.client.run("ping", "-c1", "-W2", VIP6)


def test_a_static_address_serves_and_is_not_guarded(site, forward):
    f = forward()
    f.sync([web(site, [STATIC], origin="ORIGIN_STATIC")])
    assert name(connect(site.client, STATIC, 22)) in ("ep1", "ep2")
    assert name(connect(site.client, STATIC, 2222)) == "n1"
    # Two Services, one of which has it as an external IP: still static.
    f.apply(service("other", [STATIC], [(25, TCP)], pods(site)))
    assert name(connect(site.client, STATIC, 2222)) == "n1"


def test_established_connections_outlive_the_guard(site, forward):
    site.nodes[0].nft("table ip track { chain t { type filter hook input priority 0;\n"
                      "ct state established accept\n}\n}\n")
    with site.client.call(socket.create_connection, (VIP4, 2222), 5) as sock:
        sock.recv(256)
        forward().sync([web(site)])
        sock.sendall(b"still here\n")
        assert sock.recv(256) == b"still here\n"
    site.nodes[0].nft("delete table ip track\n")


@pytest.mark.parametrize("mode", ["NODE", "VIP", "NONE"])
def test_source_nat_decides_what_the_endpoint_sees(site, forward, mode):
    node = site.nodes[0]
    back = ["route", "add", f"{site.client.ip4}/32", "via", node.pod4]
    for endpoint in site.endpoints:
        endpoint.ip(*back)
    try:
        forward(source_nat=f"SOURCE_NAT_{mode}").sync([web(site)])
        source = {"NODE": node.pod4, "VIP": VIP4, "NONE": site.client.ip4}[mode]
        assert seen(connect(site.client, VIP4, 22)) == source
    finally:
        for endpoint in site.endpoints:
            endpoint.ip("route", "del", *back[2:])


@pytest.mark.parametrize("mode", ["NODE", "VIP", "NONE"])
def test_an_endpoint_reaches_itself_through_the_address(site, forward, mode):
    first = site.endpoints[0]
    first.ip("route", "add", f"{VIP4}/32", "via", site.nodes[0].pod4,
             "src", first.pod4)
    try:
        forward(source_nat=f"SOURCE_NAT_{mode}").sync(
            [service("web", [VIP4], [(22, TCP)], pods(site, only=0))])
        assert name(connect(first, VIP4, 22)) == "ep1"
    finally:
        first.ip("route", "del", f"{VIP4}/32")


@pytest.mark.parametrize("mode", ["NODE", "VIP", "NONE"])
def test_the_node_reaches_its_services(site, forward, mode):
    forward(source_nat=f"SOURCE_NAT_{mode}").sync([web(site)])
    node = site.nodes[0]
    assert name(connect(node, VIP4, 22)) in ("ep1", "ep2")
    assert name(connect(node, VIP6, 22)) in ("ep1", "ep2")
    assert try_connect(node, VIP4, 2222, 0.3) == "TimeoutError"


def test_local_policy_serves_local_endpoints_and_keeps_the_source(site, forward):
    node, (first, second) = site.nodes[0], site.endpoints
    remote = (0, second.pod4, PORT)
    local = (0, first.pod4, PORT, ENDPOINT_LOCAL)
    ending = (0, first.pod4, PORT, ENDPOINT_LOCAL | ENDPOINT_TERMINATING)
    back = ["route", "add", f"{site.client.ip4}/32", "via", node.pod4]
    first.ip(*back)
    f = forward()
    try:
        for endpoint in (local, ending):
            f.sync([service("web", [VIP4], [(22, TCP)], [remote, endpoint], LOCAL)])
            for _ in range(8):
                banner = connect(site.client, VIP4, 22)
                assert (name(banner), seen(banner)) == ("ep1", site.client.ip4)
    finally:
        first.ip("route", "del", *back[2:])
    # None here, some elsewhere: silence, so that the client tries again.
    f.apply(service("web", [VIP4], [(22, TCP)], [remote], LOCAL))
    assert try_connect(site.client, VIP4, 22, 0.3) == "TimeoutError"
    # None anywhere: no reason to wait.
    f.apply(service("web", [VIP4], [(22, TCP)], [], LOCAL))
    assert try_connect(site.client, VIP4, 22) == "ConnectionRefusedError"


def test_ending_endpoints_serve_only_when_there_is_no_other(site, forward):
    ready, ending = site.endpoints
    f = forward()
    last = (0, ending.pod4, PORT, ENDPOINT_TERMINATING)
    f.sync([service("web", [VIP4], [(22, UDP)], [(0, ready.pod4, PORT), last])])
    assert set(ask_from_many_ports(site, 10)) == {"ep1"}
    f.apply(service("web", [VIP4], [(22, UDP)], [last]))
    assert set(ask_from_many_ports(site, 10)) == {"ep2"}


def test_two_services_share_an_address(site, forward):
    f = forward()
    f.sync([service("a", [VIP4], [(22, TCP)], pods(site, only=0)),
            service("b", [VIP4], [(443, TCP)], pods(site, only=1))])
    assert name(connect(site.client, VIP4, 22)) == "ep1"
    assert name(connect(site.client, VIP4, 443)) == "ep2"
    f.in_place(f.gone("a"))
    assert try_connect(site.client, VIP4, 22, 0.3) == "TimeoutError"
    assert try_connect(site.client, VIP4, 2222, 0.3) == "TimeoutError"
    assert name(connect(site.client, VIP4, 443)) == "ep2"


def test_a_packet_of_no_flow_is_dropped_not_reset(site, forward):
    """What the next master would do to a connection it does not know yet: with
    a reset by its own stack the connection would be lost."""
    forward(source_nat="SOURCE_NAT_VIP").sync([web(site)])
    node = site.nodes[0]
    node.sysctl(net__netfilter__nf_conntrack_tcp_loose=0)
    try:
        with site.client.call(socket.create_connection, (VIP4, 22), 5) as sock:
            sock.recv(256)
            node.run("conntrack", "-D", "-d", VIP4)
            sock.settimeout(0.3)
            sock.sendall(b"lost?\n")
            with pytest.raises(TimeoutError):
                sock.recv(256)
            node.sysctl(net__netfilter__nf_conntrack_tcp_loose=1)
            sock.settimeout(5)
            # Sent again by TCP, picked up in mid-stream, to the same endpoint.
            assert sock.recv(256) == b"lost?\n"
    finally:
        node.sysctl(net__netfilter__nf_conntrack_tcp_loose=1)


def test_mode_none_leaves_connections_to_others(site, forward):
    f = forward(mode="FORWARD_NONE")
    f.sync([web(site, number=PORT)])
    assert name(connect(site.client, VIP4, PORT)) == "n1"
    f.apply(service("web", [VIP4], [(PORT, TCP)]))
    assert try_connect(site.client, VIP4, PORT) == "ConnectionRefusedError"


def test_auto_gives_way_to_who_forwards_already(site, forward):
    node = site.nodes[0]
    f = forward(mode="FORWARD_AUTO")
    f.sync([])
    assert (f.state.mode, f.state.reason) == (1, b"auto")
    f.end()
    node.ip("link", "add", "cilium_host", "type", "veth", "peer", "name", "lxc0")
    try:
        f = forward(mode="FORWARD_AUTO")
        f.sync([])
        assert f.state.mode == 2
        assert b"cilium_host" in f.state.reason
    finally:
        node.ip("link", "del", "cilium_host")


def test_source_nat_changes_while_connections_go_on(site, forward):
    f = forward()
    f.sync([web(site)])
    with site.client.call(socket.create_connection, (VIP4, 22), 5) as sock:
        sock.recv(256)
        f.configure("FORWARD_NFTABLES", "SOURCE_NAT_VIP")
        wait(lambda: seen(connect(site.client, VIP4, 22)) == VIP4, 5, "snat to VIP")
        sock.sendall(b"x\n")
        assert sock.recv(256) == b"x\n"
    f.configure("FORWARD_NONE", "SOURCE_NAT_VIP")
    f.until(lambda: f.state.mode == 2 and f.state.in_sync, "mode none")
    stays(lambda: "chain prerouting" not in site.nodes[0].run(
        "nft", "list", "table", "ip", "vipd"), 0.1, "no nat chains")


@pytest.mark.parametrize("source_nat", ["NODE", "VIP", "NONE"])
def test_each_packet_and_connection_is_counted_once(site, forward, source_nat):
    """One datagram there and one back, both of them of 33 bytes or so."""
    node = site.nodes[0]
    back = ["route", "add", f"{site.client.ip4}/32", "via", node.pod4]
    to_vip = ["route", "add", f"{VIP4}/32", "via", node.pod4]
    for endpoint in site.endpoints:
        endpoint.ip(*back, "src", endpoint.pod4)
        endpoint.ip(*to_vip, "src", endpoint.pod4)
    try:
        f = forward(source_nat=f"SOURCE_NAT_{source_nat}")
        f.sync([service("a", [VIP4], [(22, UDP)], pods(site)),
                service("b", [VIP4], [(23, UDP)], pods(site))])
        assert f.tally() == {"a": (0, 0, 0), "b": (0, 0, 0)}
        answers = [udp_ask(site.client, VIP4, 22) for _ in range(5)]
        size = 5 * (28 + len("hello")) + sum(28 + len(a) + 2 for a in answers)
        assert f.tally() == {"a": (5, 10, size), "b": (0, 0, 0)}
        udp_ask(node, VIP4, 22)  # only what comes back passes the guard
        assert f.tally()["a"][0] == 6
    finally:
        for endpoint in site.endpoints:
            endpoint.ip("route", "del", *back[2:])
            endpoint.ip("route", "del", *to_vip[2:])


def test_counters_outlive_changes_restarts_and_other_rules(site, forward):
    f = forward()
    f.sync([web(site)])
    with site.client.call(socket.create_connection, (VIP4, 22), 5) as sock:
        sock.recv(256)
        one = f.tally()["web"]
        assert one[0] == 1 and one[1] >= 4
        f.configure("FORWARD_NFTABLES", "SOURCE_NAT_NONE")
        f.apply(service("web", [VIP4, VIP6], [(22, TCP), (22, UDP)],
                        pods(site, only=0) + pods(site, only=1, index=1)))
        f.end()
        f = forward(source_nat="SOURCE_NAT_NONE")
        f.sync([web(site)])
        sock.sendall(b"x" * 1000)
        got = b""
        while len(got) < 1000:
            got += sock.recv(2000)
        connections, packets, size = f.tally()["web"]
        assert connections == 1
        assert packets >= one[1] + 2 and size >= one[2] + 2000
