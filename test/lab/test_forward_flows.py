# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections from before a change: connection tracking keeps the translation a
flow began with, and vipd-forward deletes what is stale.

    client ---- n1 (holds the addresses) ---- ep1, ep2     all on one bridge
"""

import re
import socket
import struct

import pytest

from client import Endpoint, Probe, family_of
from forwarder import Forwarder, cleanup, service
from lab import PATIENCE, Topology, stays, wait

TCP, UDP, SCTP = 6, 17, 132
VIP4, VIP6 = "192.168.185.18", "2001:db8:185::18"
STATIC = "192.168.185.5"
PORT = 8080


@pytest.fixture(scope="module")
def site():
    with Topology(nodes=1, endpoints=2) as topo:
        node = topo.nodes[0]
        node.sysctl(net__ipv4__conf__all__send_redirects=0,
                    net__ipv4__conf__eth0__send_redirects=0)
        for address in (VIP4, STATIC):
            node.ip("addr", "add", f"{address}/32", "dev", "eth0")
        node.ip("addr", "add", f"{VIP6}/128", "dev", "eth0", "nodad")
        for endpoint in topo.endpoints:
            Endpoint(endpoint, PORT)
            # A socket for all addresses answers from the one that is asked.
            endpoint.batch([
                f"route add {VIP4}/32 via {node.pod4} src {endpoint.pod4}"])
        yield topo


@pytest.fixture
def forward(site):
    started = []

    def start(**conf):
        started.append(Forwarder(site.nodes[0], **conf))
        return started[-1]

    yield start
    for forwarder in started:
        forwarder.end()
    cleanup(site.nodes[0])
    site.nodes[0].run("conntrack", "-F")


def dns(site, *endpoints, addresses=(VIP4, VIP6), **kwargs):
    return service("dns", addresses, [(53, UDP), (53, TCP)],
                   [(index, address, PORT) for index in (0, 1)
                    for i in endpoints
                    for address in (site.endpoints[i].pod4,
                                    f"fd00:129:2::{site.endpoints[i].number:x}")],
                   **kwargs)


class Asker:
    """A UDP client that keeps its socket, as resolvers do."""

    def __init__(self, node, address, port=53):
        self.sock = node.socket(family_of(address), socket.SOCK_DGRAM)
        self.sock.settimeout(0.2 * PATIENCE)
        self.sock.connect((address, port))

    def ask(self):
        """Who answers, or the name of the error."""
        try:
            self.sock.send(b"hello")
            return self.sock.recv(256).decode().split()[1]
        except OSError as error:
            return type(error).__name__

    def asks_until(self, *names):
        wait(lambda: self.ask() in names, 5, f"answered by {names}")


def entries(node, *argv):
    return [line for line in
            node.run("conntrack", "-L", *argv, check=False).splitlines() if line]


@pytest.mark.parametrize("vip", [VIP4, VIP6])
def test_a_udp_client_leaves_an_endpoint_that_goes(site, forward, vip):
    f = forward()
    f.sync([dns(site, 0)])
    asker = Asker(site.client, vip)
    assert asker.ask() == "ep1"
    f.apply(dns(site, 0, 1))
    f.apply(dns(site, 1))
    asker.asks_until("ep2")
    # The last one: refused at once, not sent to nobody.
    f.apply(dns(site))
    asker.asks_until("ConnectionRefusedError")
    f.apply(dns(site, 0))
    asker.asks_until("ep1")
    asker.sock.close()


def test_only_the_flows_of_the_endpoint_that_went_are_deleted(site, forward):
    f = forward()
    f.sync([dns(site, 0, 1), service("other", [VIP4], [(54, UDP)],
                                     [(0, site.endpoints[1].pod4, PORT)])])
    askers = [Asker(site.client, VIP4, port) for port in (53,) * 12 + (54,)]
    before = [a.ask() for a in askers]
    assert set(before) == {"ep1", "ep2"}
    site.nodes[0].run("conntrack", "-U", "-p", "udp", "-d", VIP4, "--mark", 7)
    f.apply(dns(site, 0))
    for asker in askers[:12]:
        asker.asks_until("ep1")
    assert askers[12].ask() == "ep2"
    old = {int(re.search(r"sport=(\d+)", line)[1])
           for line in entries(site.nodes[0], "-p", "udp", "-d", VIP4, "--mark", 7)}
    assert old == {a.sock.getsockname()[1] for a, who in zip(askers, before)
                   if who == "ep1" or a is askers[12]}
    for asker in askers:
        asker.sock.close()


def test_an_established_connection_stays_with_an_endpoint_that_ends(site, forward):
    f = forward()
    f.sync([dns(site, 0)])
    with site.client.call(socket.create_connection, (VIP4, 53), 5) as sock:
        assert b"ep1" in sock.recv(256)
        f.apply(dns(site, 1))
        with Asker(site.client, VIP4).sock as other:
            other.send(b"x")
            assert b"ep2" in other.recv(256)
        sock.sendall(b"the last words\n")
        assert sock.recv(256) == b"the last words\n"


def test_a_connection_that_nobody_answered_goes_to_another_endpoint(site, forward):
    """Its first packet is sent again by TCP."""
    f = forward()
    silent = "10.129.2.77"
    f.sync([service("dns", [VIP4], [(53, TCP)], [(0, silent, PORT)])])
    with site.client.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        sock.connect_ex((VIP4, 53))
        wait(lambda: entries(site.nodes[0], "-p", "tcp", "-d", VIP4), 5, "the entry")
        f.apply(dns(site, 1))
        sock.settimeout(10 * PATIENCE)
        assert b"ep2" in sock.recv(256)


def test_a_flow_from_before_the_service_is_served_by_it(site, forward):
    """A static address, on which a daemon of the host answered so far."""
    node = site.nodes[0]
    node.nft("table ip track { chain t { type filter hook input priority 0;\n"
             "ct state established accept\n}\n}\n")
    asker = Asker(site.client, STATIC)
    try:
        with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
            daemon.bind((STATIC, 53))
            asker.sock.send(b"hello")
            daemon.sendto(b"I am n1", daemon.recvfrom(256)[1])
            assert asker.sock.recv(256) == b"I am n1"
        forward().sync([dns(site, 0, addresses=[STATIC], origin="ORIGIN_STATIC")])
        asker.asks_until("ep1")
    finally:
        asker.sock.close()
        node.nft("delete table ip track\n")


def test_what_went_while_nobody_looked_is_deleted_at_the_next_start(site, forward):
    f = forward()
    f.sync([dns(site, 0)])
    asker = Asker(site.client, VIP4)
    assert asker.ask() == "ep1"
    f.crash()
    f = forward()
    f.sync([dns(site, 1)])
    asker.asks_until("ep2")
    asker.sock.close()


@pytest.mark.parametrize("source_nat", ["NODE", "VIP"])
def test_an_address_that_leaves_takes_the_flows_that_move_with_it(
        site, forward, source_nat):
    """UDP always; TCP where it goes on at the next holder, since its windows
    here would be out of date when the address comes back."""
    node = site.nodes[0]
    f = forward(source_nat=f"SOURCE_NAT_{source_nat}")
    f.sync([dns(site, 0)])
    asker = Asker(site.client, VIP4)
    assert asker.ask() == "ep1"
    with site.client.call(socket.create_connection, (VIP4, 53), 5) as sock:
        sock.recv(256)
        assert entries(node, "-p", "tcp", "-d", VIP4)
        f.held("HELD_LOST", [VIP6])
        stays(lambda: entries(node, "-p", "udp", "-d", VIP4), 0.2, "the other's")
        f.held("HELD_LOST", [VIP4])
        wait(lambda: not entries(node, "-p", "udp", "-d", VIP4), 5, "UDP is gone")
        if source_nat == "VIP":
            wait(lambda: not entries(node, "-p", "tcp", "-d", VIP4), 5, "TCP is gone")
        else:
            assert entries(node, "-p", "tcp", "-d", VIP4)
        sock.sendall(b"on\n")  # the address is here all the same
        assert sock.recv(256) == b"on\n"
    asker.sock.close()


def test_flows_of_an_address_that_is_not_here_are_deleted_at_the_start(site, forward):
    node = site.nodes[0]
    f = forward()
    f.sync([dns(site, 0)])
    asker = Asker(site.client, VIP4)
    assert asker.ask() == "ep1"
    f.crash()
    f = forward()
    f.sync([dns(site, 0)])
    stays(lambda: entries(node, "-p", "udp", "-d", VIP4), 0.3, "it is here")
    f.crash()
    f = forward(here=())
    f.sync([dns(site, 0)])
    wait(lambda: not entries(node, "-p", "udp", "-d", VIP4), 5, "it is not")
    asker.sock.close()


@pytest.mark.parametrize("change, ends", [("HELD_GAINED", True),
                                          ("HELD_ALREADY", False)])
def test_an_address_that_comes_ends_what_passed_it_by(site, forward, change, ends):
    """Flows of pods of this node to the holder until now, untranslated. With
    source_nat vip only who has the address forwards, so they are from before
    it came, not from before the Service."""
    node = site.nodes[0]
    node.ip("addr", "del", f"{VIP4}/32", "dev", "eth0")
    try:
        f = forward(here=(), source_nat="SOURCE_NAT_VIP")
        f.sync([dns(site, 0)])
        node.ip("route", "add", f"{VIP4}/32", "via", site.endpoints[1].ip4)
        site.client.ip("route", "add", f"{VIP4}/32", "via", node.ip4)
        for proto in ("udp", "tcp"):
            node.run("conntrack", "-I", "-p", proto, "-s", site.client.ip4, "-d", VIP4,
                     "--sport", 4000, "--dport", 54, "-t", 600,
                     *(["--state", "ESTABLISHED"] if proto == "tcp" else []))
        f.held(change, [VIP4])
        if ends:
            wait(lambda: not entries(node, "-d", VIP4), 5, "they are gone")
        else:
            stays(lambda: len(entries(node, "-d", VIP4)) == 2, 0.3, "they are here")
    finally:
        node.ip("route", "del", f"{VIP4}/32", check=False)
        site.client.ip("route", "del", f"{VIP4}/32", check=False)
        node.ip("addr", "add", f"{VIP4}/32", "dev", "eth0")


def test_thousands_of_flows_are_cleaned_while_changes_go_on(site, forward):
    """Neither waits for the other."""
    node = site.nodes[0]
    f = forward()
    f.sync([dns(site, 0)])
    with site.client.socket(socket.AF_INET, socket.SOCK_RAW, UDP) as mouth:
        for port in range(10000, 13000):
            mouth.sendto(struct.pack("!HHHH", port, 53, 8, 0), (VIP4, 0))
    udp = lambda: len(entries(node, "-p", "udp", "-d", VIP4))  # noqa: E731
    wait(lambda: udp() >= 3000, 10, f"the flows are there: {udp()}")
    probe = Probe(site.client, VIP4, 53, interval_ms=5)
    for i in range(20):
        f.apply(dns(site, 1, *([0] if i % 2 else [])))
    f.apply(dns(site, 1))
    wait(lambda: udp() == 0, 20, "all are gone")
    probe.wait_answer()
    probe.end()


def segment(sport, dport, flags):
    """A TCP header without options; raw sockets of IPv6 fill in the checksum."""
    return struct.pack("!HHIIBBHHH", sport, dport, 1, 1, 5 << 4, flags, 1024, 0, 0)


def test_an_answer_without_its_flow_waits_for_its_client(site, forward):
    """With source_nat none: it would leave untranslated, and the client's packets
    would get another port. Others, and what begins a connection, pass."""
    SYN, ACK = 2, 16
    node, endpoint, client = site.nodes[0], site.endpoints[0], site.client
    forward(source_nat="SOURCE_NAT_NONE").sync([dns(site, 0)])
    target = f"{client.ip6}/128"
    endpoint.ip("route", "add", target, "via", node.ip6, "dev", "eth0")
    try:
        with endpoint.socket(socket.AF_INET6, socket.SOCK_RAW, TCP) as mouth, \
                client.socket(socket.AF_INET6, socket.SOCK_RAW, TCP) as ear:
            ear.settimeout(5 * PATIENCE)
            mouth.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 16)
            mouth.bind((f"fd00:129:2::{endpoint.number:x}", 0))
            for sport, dport, flags in ((PORT, 4001, ACK), (PORT, 4002, SYN | ACK),
                                        (PORT, 4003, SYN), (PORT + 1, 4004, ACK)):
                mouth.sendto(segment(sport, dport, flags), (client.ip6, 0))
            heard = []
            while 4004 not in heard:
                port = struct.unpack_from("!H", ear.recv(256), 2)[0]
                if 4000 < port < 4005:
                    heard.append(port)
            assert heard == [4003, 4004]
    finally:
        endpoint.ip("route", "del", target)
