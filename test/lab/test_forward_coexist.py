# SPDX-License-Identifier: GPL-2.0-or-later
"""vipd-forward beside others who write nftables: kube-proxy, Docker, firewalld,
somebody who forwards in vipd's place. Their rules are written here as they
write them, cut down to what packets of a service address meet.

    client ---- n1 (holds the addresses) ---- ep1, ep2     all on one bridge

The others send to ep1, vipd to ep2.
"""

import re

import pytest

from client import Endpoint, Session, connect, try_connect
from forwarder import Forwarder, cleanup, service
from lab import Topology, wait

TCP = 6
VIP4, VIP6 = "192.168.185.18", "2001:db8:185::18"
PORT, NODE_PORT, PUBLISHED = 8080, 31080, 8081
FAMILIES = [("ip", VIP4), ("ip6", VIP6)]


@pytest.fixture(scope="module")
def site():
    with Topology(nodes=1, endpoints=2) as topo:
        node = topo.nodes[0]
        node.sysctl(net__ipv4__conf__all__send_redirects=0,
                    net__ipv4__conf__eth0__send_redirects=0)
        node.ip("addr", "add", f"{VIP4}/32", "dev", "eth0")
        node.ip("addr", "add", f"{VIP6}/128", "dev", "eth0", "nodad")
        for endpoint in topo.endpoints:
            Endpoint(endpoint, PORT)
        yield topo


@pytest.fixture
def node(site):
    """Whatever a test puts into nftables goes with it."""
    yield site.nodes[0]
    site.nodes[0].nft("flush ruleset\n")
    site.nodes[0].run("conntrack", "-F")


@pytest.fixture
def forward(site, node):
    started = []

    def start(**conf):
        started.append(Forwarder(node, **conf))
        started[-1].sync([web(site)])
        return started[-1]

    yield start
    for forwarder in started:
        forwarder.end()


def pod(endpoint, family):
    return endpoint.pod4 if family == "ip" else f"fd00:129:2::{endpoint.number:x}"


def web(site):
    return service("web", [VIP4, VIP6], [(22, TCP)],
                   [(0, pod(site.endpoints[1], family), PORT)
                    for family, _ in FAMILIES])


def target(site, family):
    address = pod(site.endpoints[0], family)
    return f"{address}:{PORT}" if family == "ip" else f"[{address}]:{PORT}"


def kube_proxy(site, family, vip):
    """Mode iptables: the Service's addresses, then NodePorts of any address."""
    return f"""
table {family} nat {{
    chain KUBE-SEP {{ meta l4proto tcp counter dnat to {target(site, family)}
    }}
    chain KUBE-EXT {{ counter meta mark set mark or 0x4000 ; jump KUBE-SEP
    }}
    chain KUBE-NODEPORTS {{ tcp dport {NODE_PORT} jump KUBE-EXT
    }}
    chain KUBE-SERVICES {{
        {family} daddr {vip} tcp dport 22 jump KUBE-EXT
        fib daddr type local jump KUBE-NODEPORTS
    }}
    chain KUBE-POSTROUTING {{
        mark and 0x4000 != 0x4000 return
        counter masquerade fully-random
    }}
    chain PREROUTING {{
        type nat hook prerouting priority -100
        jump KUBE-SERVICES
    }}
    chain OUTPUT {{
        type nat hook output priority -100
        jump KUBE-SERVICES
    }}
    chain POSTROUTING {{
        type nat hook postrouting priority 100
        jump KUBE-POSTROUTING
    }}
}}
"""


def docker(site, family, _vip):
    """Two published ports."""
    return f"""
table {family} nat {{
    chain DOCKER {{
        iifname "docker0" return
        tcp dport {{ 22, {PUBLISHED} }} counter dnat to {target(site, family)}
    }}
    chain PREROUTING {{
        type nat hook prerouting priority -100
        fib daddr type local jump DOCKER
    }}
    chain POSTROUTING {{
        type nat hook postrouting priority 100
        ct status dnat masquerade
    }}
}}
"""


def firewalld(text=""):
    """The default zone: what was DNATed may be forwarded, nothing else may."""
    return f"""
table inet firewalld {{
    chain nat_PREROUTING {{ type nat hook prerouting priority -90
    }}
    chain filter_INPUT {{
        type filter hook input priority 10
        ct state {{ established, related }} accept
        iifname "lo" accept
        meta l4proto {{ icmp, ipv6-icmp }} accept
        {text}
        reject with icmpx admin-prohibited
    }}
    chain filter_FORWARD {{
        type filter hook forward priority 10
        ct state {{ established, related }} accept
        ct status dnat accept
        reject with icmpx admin-prohibited
    }}
}}
"""


def both(site, rules):
    return "".join(rules(site, family, vip) for family, vip in FAMILIES)


def others(node):
    """All that is not vipd's, without what counters have counted."""
    found = []
    for line in node.run("nft", "list", "tables").splitlines():
        _, family, table = line.split()
        if table != "vipd":
            found.append(node.run("nft", "-n", "list", "table", family, table))
    return re.sub(r"packets \d+ bytes \d+", "", "".join(found))


def counted(node, family, chain):
    text = node.run("nft", "list", "chain", family, "nat", chain)
    return sum(int(n) for n in re.findall(r"counter packets (\d+)", text))


def original_flows(node, vip):
    return [line for line in node.run("conntrack", "-L", "-d", vip, "-p", "tcp",
                                      "-f", "ipv6" if ":" in vip else "ipv4").splitlines()
            if "dport=22 " in line]


@pytest.mark.parametrize("source_nat, seen", [("NODE", "node"), ("VIP", "vip")])
@pytest.mark.parametrize("first", ["kube-proxy", "vipd"])
def test_of_kube_proxy_and_vipd_one_translates_and_it_is_vipd(
        site, node, forward, first, source_nat, seen):
    if first == "kube-proxy":
        node.nft(both(site, kube_proxy))
    forward(source_nat=f"SOURCE_NAT_{source_nat}")
    if first == "vipd":
        node.nft(both(site, kube_proxy))
    for family, vip in FAMILIES:
        source = {"node": pod(node, family), "vip": vip}[seen]
        for _ in range(5):
            banner = connect(site.client, vip, 22).split()
            assert (banner[1], banner[-1]) == ("ep2", source)
        # From the node itself, too.
        assert connect(node, vip, 22).split()[1] == "ep2"
        for chain in ("KUBE-EXT", "KUBE-SEP", "KUBE-POSTROUTING"):
            assert counted(node, family, chain) == 0, chain
        flows = original_flows(node, vip)
        assert flows and all(f"src={pod(site.endpoints[1], family)} " in f for f in flows)


@pytest.mark.parametrize("mode", ["FORWARD_NFTABLES", "FORWARD_NONE"])
def test_no_node_port_is_open_on_a_service_address(site, node, forward, mode):
    """I11. With mode none kube-proxy serves the Service's own port."""
    node.nft(both(site, kube_proxy))
    forward(mode=mode)
    here = {"ip": node.ip4, "ip6": node.ip6}
    end = "ep1" if mode == "FORWARD_NONE" else "ep2"
    for family, vip in FAMILIES:
        assert connect(site.client, here[family], NODE_PORT).split()[1] == "ep1"
        assert try_connect(site.client, vip, NODE_PORT, 0.3) == "TimeoutError"
        assert connect(site.client, vip, 22).split()[1] == end


@pytest.mark.parametrize("mode", ["FORWARD_NFTABLES", "FORWARD_NONE"])
def test_no_published_port_is_open_on_a_service_address(site, node, forward, mode):
    """Docker publishes on every address of the host."""
    node.nft(both(site, docker))
    forward(mode=mode)
    here = {"ip": node.ip4, "ip6": node.ip6}
    for family, vip in FAMILIES:
        for port in (22, PUBLISHED):
            assert connect(site.client, here[family], port).split()[1] == "ep1"
        assert try_connect(site.client, vip, PUBLISHED, 0.3) == "TimeoutError"
        if mode == "FORWARD_NFTABLES":
            assert connect(site.client, vip, 22).split()[1] == "ep2"


def test_a_firewall_that_forwards_what_is_translated_lets_services_pass(
        site, node, forward):
    """Nothing has to be opened in it for a Service."""
    node.nft(firewalld())
    f = forward()
    for _, vip in FAMILIES:
        assert connect(site.client, vip, 22).split()[1] == "ep2"
    f.apply(service("web", [VIP4, VIP6], [(22, TCP)]))
    for _, vip in FAMILIES:
        assert try_connect(site.client, vip, 22) == "ConnectionRefusedError"


def tables(node):
    return [re.sub(r"packets \d+ bytes \d+", "",
                   node.run("nft", "-n", "list", "table", family, "vipd", check=False))
            for family, _ in FAMILIES]


def test_service_goes_on_while_a_firewall_is_loaded_anew(site, node, forward):
    """As nftables.service does: everything goes and only its own comes back."""
    node.nft(firewalld())
    f = forward()
    before = tables(node)
    sessions = [Session(site.client, vip, 22) for _, vip in FAMILIES]
    for i in range(3):
        for session in sessions:
            session.wait_progress()
        node.nft("flush ruleset\n" + firewalld(f"tcp dport {1000 + i} accept"))
        wait(lambda: tables(node) == before, 5, "vipd's tables are back")
        f.in_sync()
    for session in sessions:
        session.wait_progress()
        session.close()
        assert session.wrong is None


def test_what_others_wrote_is_never_touched(site, node, forward):
    """I9: neither by a start, a change, a repair, a stop nor a cleanup."""
    node.nft(both(site, kube_proxy) + firewalld())
    before = others(node)
    f = forward()
    f.apply(service("web", [VIP4], [(22, TCP), (80, TCP)]))
    node.nft("delete table ip vipd\n")
    wait(lambda: "table ip vipd" in node.run("nft", "list", "tables"), 5, "the repair")
    f.in_sync()
    assert others(node) == before
    f.configure("FORWARD_NONE", "SOURCE_NAT_NODE")
    f.sync([web(site)])
    assert others(node) == before
    f.stop()
    assert others(node) == before
    cleanup(node)
    assert others(node) == before
    assert "vipd" not in node.run("nft", "list", "tables")
