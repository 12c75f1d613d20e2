# SPDX-License-Identifier: GPL-2.0-or-later
"""reply_gateway: clients behind a second router, and nodes that have no default
route there, or one that leads elsewhere.

    far  198.51.100.2, 2001:db8:100::2
     |
    router (ep2)  ==== lan0: nodes, client, ep1
"""

import json

import pytest

from cases import (EXTERNAL, EXTERNAL6, only_holder, put, serving, start_manifests,
                   take, web)
from client import Endpoint, try_connect
from daemons import VIP4, VIP6
from lab import command, stays, wait

FAR4, FAR6 = "198.51.100.2", "2001:db8:100::2"
GATEWAY = "192.168.185.12 2001:db8:185::c"  # the router's
ADDRESSES = [EXTERNAL, EXTERNAL6]
PORT = 22


def build(lab, **settings):
    """Returns the topology and its far client."""
    topo = lab(nodes=2, endpoints=2, api=True)
    router, far = topo.endpoints[1], topo.api
    topo.unplug(far)
    command("ip", "link", "add", "far", "netns", router.full, "type", "veth",
            "peer", "name", "eth0", "netns", far.full)
    router.batch(["link set far up", "addr add 198.51.100.1/24 dev far",
                  "addr add 2001:db8:100::1/64 dev far nodad"])
    router.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
    far.batch(["link set lo up", "link set eth0 up", f"addr add {FAR4}/24 dev eth0",
               f"addr add {FAR6}/64 dev eth0 nodad",
               "route add default via 198.51.100.1",
               "route add default via 2001:db8:100::1"])
    for node in topo.nodes:
        node.sysctl(net__ipv4__conf__all__rp_filter=0,
                    net__ipv4__conf__eth0__rp_filter=0)
    return topo, far


def start(lab, source_nat="node", mode="nftables", **settings):
    topo, far = build(lab)
    # The family of a router identifier's adverts is IPv4; it carries both.
    known = {"reply_gateway": GATEWAY,
             "virtual_ipaddress_excluded": [VIP6 + "/64"]}
    vipds = start_manifests(
        topo, forwarding={"source_nat": source_nat, "mode": mode}, **known | settings)
    Endpoint(topo.endpoints[0], PORT)
    for number, (address, end) in enumerate(
            zip(ADDRESSES, ("10.129.2.11", "fd00:129:2::b"))):
        service, slice_ = web(endpoints=[end], address=address)
        name = f"web{number}"
        service["metadata"]["name"] = name
        slice_["metadata"]["name"] = f"{name}-1"
        slice_["metadata"]["labels"]["kubernetes.io/service-name"] = name
        put(topo, name, service, slice_)
    for number in range(len(ADDRESSES)):
        serving(vipds, f"web{number}")
    return topo, far, vipds


def reached(client, address, timeout=0.3):
    return "SSH-2.0" in try_connect(client, address, PORT, timeout)


def pinged(client, address):
    return "1 received" in client.run("ping", "-c1", "-W1", address, check=False)


def is_reached(client, addresses=tuple(ADDRESSES)):
    for address in addresses:
        wait(lambda: reached(client, address), 5, f"{client} reaches {address}")


def is_pinged(client, addresses=(VIP4, VIP6, *ADDRESSES)):
    for address in addresses:
        wait(lambda: pinged(client, address), 5, f"{client} pings {address}")


def ours(node):
    """vipd's rules and the routes they lead to, of both families."""
    return [entry for family in ("-4", "-6") for kind in ("rule", "route")
            for entry in json.loads(command(
                "ip", "-n", node.full, family, "-j", "-N", kind, "show",
                *(["table", "all", "proto", "118"] if kind == "route" else []),
                check=False) or "[]")
            if kind == "route" or entry.get("protocol") == "118"]


@pytest.mark.parametrize("source_nat", ["node", "vip", "none"])
def test_clients_behind_the_router_are_answered(lab, source_nat):
    topo, far, vipds = start(lab, source_nat)
    if source_nat == "none":  # endpoints answer by the holder of the address
        topo.endpoints[0].batch([
            f"route add {FAR4} via {EXTERNAL} dev eth0",
            f"route add {FAR6} via {EXTERNAL6} dev eth0",
            f"route add {topo.client.ip4} via {EXTERNAL} dev eth0",
            f"route add {topo.client.ip6} via {EXTERNAL6} dev eth0"])
    is_reached(far)
    is_pinged(far)
    is_reached(topo.client)
    is_pinged(topo.client)
    done = vipds[0].ctl("handover", "edge")
    assert done.returncode == 0, done.stderr
    only_holder(topo, topo.nodes[1], EXTERNAL)
    is_reached(far)
    vipds[1].crash()
    vipds[1].cleanup()
    assert not ours(topo.nodes[1])
    vipds[0].wait_state("MASTER")
    is_reached(far)
    assert vipds[0].stop() == 0
    assert not ours(topo.nodes[0])


def test_a_default_route_that_leads_elsewhere_stays_the_nodes_own(lab):
    topo, far, vipds = start(lab)
    for node in topo.nodes:
        node.batch(["route add default via 10.129.2.250",
                    "route add default via fd00:129:2::fa"])
    is_reached(far)
    is_pinged(far)
    for address, gateway in ((FAR4, "10.129.2.250"), (FAR6, "fd00:129:2::fa")):
        assert gateway in topo.nodes[0].ip("route", "get", address)


def test_a_process_of_the_node_is_answered_for_in_mode_none(lab):
    topo, far, vipds = start(lab, mode="none")
    Endpoint(topo.nodes[0], PORT)
    is_reached(far)
    is_reached(topo.client)


def test_a_reload_gives_and_takes_it(lab):
    topo, far, vipds = start(lab, reply_gateway=None)
    stays(lambda: not any(reached(far, a, 0.05) for a in ADDRESSES), 0.3,
          "no answer comes")
    assert not pinged(far, VIP4) and not ours(topo.nodes[0])
    without = vipds[0].conf.read_text()
    with_it = without.replace("vrrp_instance edge {",
                              f"vrrp_instance edge {{\n    reply_gateway {GATEWAY}")
    assert vipds[0].reload(with_it).returncode == 0
    is_reached(far)
    is_pinged(far)
    assert vipds[0].reload(without).returncode == 0
    wait(lambda: not ours(topo.nodes[0]), 5, "its rules and routes are gone")
    wait(lambda: not reached(far, EXTERNAL, 0.05), 5, "no answer comes")
    is_reached(topo.client)
    assert vipds[0].state() == "MASTER"


def test_what_somebody_deletes_comes_back(lab):
    topo, far, vipds = start(lab)
    node = topo.nodes[0]
    is_reached(far)
    before = len(ours(node))
    for family in ("-4", "-6"):
        for rule in json.loads(node.ip(family, "-j", "-N", "rule", "show")):
            if rule.get("protocol") == "118":
                node.ip(family, "rule", "del", "pref", rule["priority"], "protocol",
                        "118")
        node.ip(family, "route", "flush", "table", "7601")
    wait(lambda: len(ours(node)) == before, 5, "all are back")
    is_reached(far)
    is_pinged(far)
    wait(lambda: "was deleted by somebody else; put back" in vipds[0].log_text(), 5,
         "it is told")


def test_an_address_that_no_service_has_any_more_is_left_alone(lab):
    topo, far, vipds = start(lab)
    is_reached(far)
    take(topo, "web0")
    wait(lambda: EXTERNAL not in topo.nodes[0].addresses(), 5, "the address goes")
    wait(lambda: EXTERNAL not in topo.nodes[0].run("nft", "list", "set", "ip", "vipd",
                                                   "replies"), 5, "its mark goes")
