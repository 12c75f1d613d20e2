# SPDX-License-Identifier: GPL-2.0-or-later
"""From a Service to the wire: its address on the master, its rules on every
node, and nothing of it left when it goes."""

import base64
import json
import os
import re
import shutil
import signal
import socket
import struct
import time

import pytest

import kube
from cases import (ALLOWED, EXTERNAL, EXTERNAL6, PRIORITIES, Api, endpoints,
                   manifest_conf, only_holder, put, rules, serving, start_manifests,
                   take, web)
from client import Endpoint, Probe, Session, connect, try_connect, udp_ask
from daemons import VIP4, Vipd
from lab import command, stays, wait

SSH = 22


def reaches(topo, name, address=EXTERNAL, port=SSH):
    wait(lambda: f" {name} " in try_connect(topo.client, address, port), 5,
         f"{address}:{port} answered by {name}")


def gone(topo, address=EXTERNAL, within=5):
    """No host has the address, no table names it."""
    wait(lambda: not topo.holders(address), within, f"{address} on no node")
    wait(lambda: not any(address in rules(n) for n in topo.nodes), within,
         f"{address} in no rule")


# ---- manifests ----

def test_a_service_is_added_changed_and_deleted(lab):
    topo = lab(endpoints=2)
    endpoints(topo, 22, 2222)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    only_holder(topo, topo.nodes[0], EXTERNAL)
    reaches(topo, "ep1")
    assert all("10.129.2.11" in rules(n) for n in topo.nodes), "in place before needed"

    put(topo, "web", *web(endpoints=["10.129.2.12"]))
    reaches(topo, "ep2")
    put(topo, "web", *web(endpoints=["10.129.2.12"], port=80, target=2222))
    reaches(topo, "ep2", port=80)
    wait(lambda: "ep" not in try_connect(topo.client, EXTERNAL, SSH, 0.2), 5,
         "the old port is closed")
    second = "192.168.185.19"
    put(topo, "web", *web(address=second))
    reaches(topo, "ep1", address=second)
    gone(topo)

    take(topo, "web")
    gone(topo, second)
    assert vipds[0].status()["services"] == []
    only_holder(topo, topo.nodes[0], VIP4)


def test_the_address_is_nobodys_idea_of_the_nodes_own(lab):
    topo = lab(nodes=1)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    info = wait(lambda: topo.nodes[0].addresses().get(EXTERNAL), 5, "the address")
    assert info["prefixlen"] == 32
    assert info.get("deprecated"), "never chosen as a source"
    assert info.get("noprefixroute")
    assert info["label"] == "vip"
    marks = protocols(topo.nodes[0])
    assert marks[EXTERNAL] and marks[EXTERNAL] == marks[VIP4], "known as vipd's"
    assert marks[EXTERNAL] != marks[topo.nodes[0].ip4]


def protocols(node):
    """{address: its IFA_PROTO or None}, which Debian 12's ip(8) does not show."""
    with node.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        # nlmsghdr: RTM_GETADDR, REQUEST | DUMP; then ifaddrmsg of AF_INET
        sock.send(struct.pack("=IHHIIBBBBI", 24, 22, 0x301, 1, 0,
                              socket.AF_INET, 0, 0, 0, 0))
        data = sock.recv(1 << 16)
    found = {}
    while len(data) >= 24:
        size, kind = struct.unpack_from("=IH", data)
        if kind == 20:  # RTM_NEWADDR
            attrs, body = {}, data[24:size]
            while len(body) >= 4:
                length, attr = struct.unpack_from("=HH", body)
                attrs[attr] = body[4:length]
                body = body[(length + 3) & ~3:]
            proto = attrs.get(11)  # IFA_PROTO; 2 is IFA_LOCAL
            found[socket.inet_ntop(socket.AF_INET, attrs[2])] = proto and proto[0]
        data = data[(size + 3) & ~3:]
    return found


def test_a_failover_moves_the_service_within_a_second(lab):
    topo = lab(endpoints=1)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    probe = Probe(topo.client, EXTERNAL, SSH, interval_ms=2).wait_answer()
    session = Session(topo.client, EXTERNAL, SSH)
    session.wait_progress()
    topo.nodes[0].link_down()
    vipds[0].crash()
    serving(vipds[1:])
    probe.wait_answer(after=time.monotonic())
    assert probe.outage_ms() < 800
    session.wait_progress()
    session.close()
    assert session.wrong is None


def test_only_declared_ports_answer_on_a_service_address(lab):
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    Endpoint(topo.nodes[0], 8080)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    reaches(topo, "ep1")
    assert "n1" in connect(topo.client, topo.nodes[0].ip4, 8080)
    assert "n1" in connect(topo.client, VIP4, 8080), "a static address is not guarded"
    assert "n1" not in try_connect(topo.client, EXTERNAL, 8080, 0.5)
    with pytest.raises(OSError):
        udp_ask(topo.client, EXTERNAL, 8080, 0.5)
    Probe(topo.client, EXTERNAL).wait_answer()  # ICMP echo is allowed


def test_without_endpoints_a_client_is_refused_at_once(lab):
    topo = lab(nodes=1)
    vipds = start_manifests(topo)
    put(topo, "web", *web(endpoints=()))
    vipds[0].wait_service("web", "no-endpoints")
    wait(lambda: topo.holders(EXTERNAL), 5, "the address")
    begun = time.monotonic()
    assert try_connect(topo.client, EXTERNAL, SSH, 5) == "ConnectionRefusedError"
    assert time.monotonic() - begun < 2


def test_udp_is_forwarded_and_changes_with_the_endpoints(lab):
    topo = lab(nodes=1, endpoints=2)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web(protocol="UDP"))
    serving(vipds)
    assert "ep1" in udp_ask(topo.client, EXTERNAL, SSH)
    put(topo, "web", *web(endpoints=["10.129.2.12"], protocol="UDP"))
    wait(lambda: "10.129.2.12" in rules(topo.nodes[0]), 5, "the new endpoint")
    assert "ep2" in udp_ask(topo.client, EXTERNAL, SSH)


def test_an_ipv6_service(lab):
    topo = lab(nodes=2, endpoints=1)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web(address=EXTERNAL6, endpoints=["fd00:129:2::b"]))
    serving(vipds)
    only_holder(topo, topo.nodes[0], EXTERNAL6)
    reaches(topo, "ep1", address=EXTERNAL6)
    vipds[0].crash()
    topo.nodes[0].link_down()
    serving(vipds[1:])
    reaches(topo, "ep1", address=EXTERNAL6)


def test_every_node_picks_the_same_endpoint_for_a_flow(lab):
    topo = lab(nodes=2, endpoints=2)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web(endpoints=["10.129.2.11", "10.129.2.12"]))
    serving(vipds)

    before = picks(topo)
    assert set(before.values()) == {"ep1", "ep2"}
    topo.nodes[0].link_down()
    vipds[0].crash()
    serving(vipds[1:])
    wait(lambda: " ep" in try_connect(topo.client, EXTERNAL, SSH), 5, "an answer")
    assert picks(topo) == before


def picks(topo):
    """Which endpoint serves each of some client ports. A reset ends each
    connection, so that the ports are free for the next round."""
    chosen = {}
    for port in range(40000, 40016):
        banner = connect(topo.client, EXTERNAL, SSH, bind=("", port))
        chosen[port] = banner.split()[1]
    return chosen


def test_the_nodes_themselves_and_the_endpoint_reach_the_service(lab):
    topo = lab(nodes=2, endpoints=1)
    endpoints(topo)
    topo.endpoints[0].ip("route", "add", EXTERNAL, "via", topo.nodes[0].pod4)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    for node in (*topo.nodes, topo.endpoints[0]):
        wait(lambda: "ep1" in try_connect(node, EXTERNAL, SSH), 5,
             f"{node} reaches it")


@pytest.mark.parametrize("address, why", [
    ("192.168.185.77", "outside the allow-list"),
    ("192.168.185.2", "a node's own address"),
])
def test_an_address_that_is_not_allowed_is_refused_and_shown(lab, address, why):
    topo = lab(nodes=2)
    vipds = start_manifests(topo)
    put(topo, "web", *web(address=address))
    vipds[0].wait_service("web", "refused")
    stays(lambda: address not in topo.nodes[0].addresses(), 0.5, why)
    assert not any(address in rules(n) for n in topo.nodes)
    done = vipds[0].ctl("status")
    assert done.returncode == 1
    explained = vipds[0].ctl("explain", "default/web").stdout
    assert "external_ips" in explained and "FIX" in explained, explained


def test_a_broken_manifest_keeps_its_last_good_objects(lab):
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    path = topo.nodes[0].dir / "services.d/web.yaml"
    path.write_text("kind: Service\n  broken: [")
    wait(lambda: "web.yaml" in vipds[0].log_text(), 5, "the file named in the log")
    reaches(topo, "ep1")
    put(topo, "web", *web(port=80))
    reaches(topo, "ep1", port=80)


@pytest.mark.parametrize("source_nat, seen", [("node", "10.129.2.1"),
                                              ("vip", EXTERNAL),
                                              ("none", "192.168.185.100")])
def test_the_source_an_endpoint_sees(lab, source_nat, seen):
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    if source_nat != "node":  # replies have to come back through the owner
        topo.endpoints[0].ip("route", "del", "192.168.185.0/24")
        topo.endpoints[0].ip("route", "add", "default", "via", "10.129.2.1")
    vipds = start_manifests(topo, forwarding={"source_nat": source_nat})
    put(topo, "web", *web())
    serving(vipds)
    wait(lambda: try_connect(topo.client, EXTERNAL, SSH).endswith(f"sees {seen}"), 5,
         f"the endpoint sees {seen}: {try_connect(topo.client, EXTERNAL, SSH)}")


def test_local_without_an_endpoint_here_drops_or_falls_back(lab):
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    node = topo.nodes[0]
    vipds = start_manifests(topo)
    put(topo, "web", *web(externalTrafficPolicy="Local", endpoints=["10.129.2.11"]))
    serving(vipds)
    wait(lambda: try_connect(topo.client, EXTERNAL, SSH, 0.2) == "TimeoutError", 5,
         "packets are dropped")
    for fallback in ("cluster", "drop"):
        conf = manifest_conf(node, PRIORITIES[0],
                             forwarding={"local_fallback": fallback})
        assert vipds[0].reload(conf).returncode == 0
        answer = " ep1 " if fallback == "cluster" else "TimeoutError"
        wait(lambda: answer in try_connect(topo.client, EXTERNAL, SSH, 0.2), 5,
             f"with {fallback}: {answer}")
        service = next(s for s in vipds[0].status()["services"] if s["name"] == "web")
        assert service["external_traffic_policy"] == "Local"


def test_two_services_share_an_address(lab):
    topo = lab(nodes=1, endpoints=2)
    endpoints(topo, 22, 80)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    service, slice_ = web(endpoints=["10.129.2.12"], port=80, target=80)
    service["metadata"]["name"] = "two"
    slice_["metadata"]["name"] = "two-1"
    slice_["metadata"]["labels"]["kubernetes.io/service-name"] = "two"
    put(topo, "two", service, slice_)
    serving(vipds)
    serving(vipds, "two")
    reaches(topo, "ep1")
    reaches(topo, "ep2", port=80)
    take(topo, "two")
    wait(lambda: "ep" not in try_connect(topo.client, EXTERNAL, 80, 0.2), 5, "closed")
    reaches(topo, "ep1")


def test_what_goes_through_is_shown(lab):
    topo = lab(nodes=1, endpoints=1)
    endpoints(topo)
    vipds = start_manifests(topo)
    put(topo, "web", *web())
    serving(vipds)
    assert traffic(vipds[0])["connections"] == 0
    for _ in range(3):
        reaches(topo, "ep1")
    shown = traffic(vipds[0])
    assert shown["connections"] == 3
    assert shown["packets"] > 3 * 6 and shown["bytes"] > 40 * shown["packets"]
    vipds[0].kill_child("vipd-forward")
    wait(lambda: traffic(vipds[0])["connections"] == 3, 5, "kept over a restart")
    wide = vipds[0].ctl("-o", "wide", "services").stdout.splitlines()
    assert wide[0].split()[-4:-1] == ["CONNECTIONS", "PACKETS", "BYTES"]


def traffic(vipd):
    """Of the only Service."""
    return json.loads(vipd.ctl("-o", "json", "services").stdout)["services"][0]["traffic"]


# ---- the API server ----

def test_a_service_of_the_api_is_added_changed_and_deleted(lab):
    topo = lab(endpoints=2, api=True)
    endpoints(topo)
    api = Api(topo)
    vipds = api.start(topo)
    service, slice_ = web()
    api.cluster.create(service)
    api.cluster.create(slice_)
    serving(vipds)
    reaches(topo, "ep1")
    status = vipds[0].status()["kubernetes"]
    assert status["source"] == "api" and status["connected"]

    slice_["endpoints"][0]["addresses"] = ["10.129.2.12"]
    api.cluster.replace(slice_)
    reaches(topo, "ep2")
    api.cluster.patch(service, {"spec": {"externalIPs": ["192.168.185.19"]}})
    reaches(topo, "ep2", address="192.168.185.19")
    gone(topo)
    api.cluster.delete(service)
    gone(topo, "192.168.185.19")


def test_an_election_does_not_wait_for_rules_but_addresses_do(lab):
    topo = lab(nodes=1, endpoints=1, api=True)
    endpoints(topo)
    api = Api(topo)
    for obj in web():
        api.cluster.create(obj)
    api.cluster.fault("status", code=503, verb="list", resource="services")
    vipd = Vipd(topo.nodes[0], api.conf(topo.nodes[0], 200).replace(
        "services {", "services {\n    startup_wait 600"))
    vipd.wait_state("INIT")
    wait(lambda: vipd.status()["forwarding"]["in_sync"] is not None, 5, "vipd-forward's word")
    forward = wait(lambda: vipd.child("vipd-forward"), 5, "vipd-forward")
    os.kill(forward, signal.SIGSTOP)
    api.cluster.clear_faults()
    vipd.wait_state("MASTER", within=15)
    assert vipd.instance()["soft_reasons"] == ["incomplete"]
    assert vipd.instance()["effective_priority"] < 50
    assert not topo.holders(EXTERNAL)
    os.kill(forward, signal.SIGCONT)
    vipd.wait_service("web", "serving")
    reaches(topo, "ep1")
    wait(lambda: vipd.instance()["effective_priority"] == 200, 5, "healthy")
    [instance] = json.loads(vipd.ctl("-o", "json", "instances").stdout)["instances"]
    assert instance["counters"]["probes_sent"] == 0, "its list came with a takeover"


def test_a_cluster_that_boots_without_the_api_server_serves_what_it_knew(lab):
    topo = lab(endpoints=1, api=True)
    endpoints(topo)
    api = Api(topo)
    vipds = api.start(topo)
    for obj in web():
        api.cluster.create(obj)
    serving(vipds)
    reaches(topo, "ep1")
    api.cluster.stop()
    for vipd in vipds:
        vipd.stop()
        vipd.cleanup()
    gone(topo)

    again = [Vipd(node, vipd.conf.read_text()) for node, vipd in zip(topo.nodes, vipds)]
    reaches(topo, "ep1")
    serving(again)
    source = again[0].status()["kubernetes"]
    assert source["source"] == "snapshot" and not source["connected"]
    assert source["stale_seconds"] >= 0
    assert "snapshot" in again[0].ctl("status").stdout
    assert all(v.instance()["effective_priority"] < 50 for v in again), \
        "whoever has a list goes first"

    again[0].crash()
    topo.nodes[0].link_down()
    serving(again[1:])
    reaches(topo, "ep1")

    api.cluster.restart()
    wait(lambda: again[1].status()["kubernetes"]["source"] == "api", 40, "a list")
    reaches(topo, "ep1")


def test_without_the_api_server_everything_goes_on(lab):
    topo = lab(endpoints=2, api=True)
    endpoints(topo)
    api = Api(topo)
    vipds = api.start(topo)
    service, slice_ = web()
    api.cluster.create(service)
    api.cluster.create(slice_)
    serving(vipds)
    reaches(topo, "ep1")
    api.cluster.stop()
    wait(lambda: vipds[0].status()["kubernetes"]["connected"] is False, 10,
         "vipd knows it")
    reaches(topo, "ep1")
    topo.nodes[0].link_down()
    vipds[0].crash()
    serving(vipds[1:])
    reaches(topo, "ep1")

    # A watcher that starts now knows nothing; what is served stays.
    vipds[1].kill_child("vipd-watcher")
    reaches(topo, "ep1")

    # A node that boots now has no list: it does not preempt with an empty set,
    # although its priority is the highest.
    topo.nodes[0].heal()
    again = Vipd(topo.nodes[0], vipds[0].conf.read_text())
    again.wait_state("BACKUP", within=15)
    assert again.instance()["effective_priority"] < 50
    stays(lambda: vipds[1].instance()["state"] == "MASTER", 1, "n2 is master")
    reaches(topo, "ep1")

    api.cluster.restart()
    slice_["endpoints"][0]["addresses"] = ["10.129.2.12"]
    wait(lambda: api.cluster.replace(slice_), 5, "the API is back")
    wait(lambda: " ep2 " in try_connect(topo.client, EXTERNAL, SSH), 40,
         "a change arrives")
    again.wait_state("MASTER", within=15)
    reaches(topo, "ep2")
    for node in [again, *vipds[1:]]:
        wait(lambda: node.status()["kubernetes"]["connected"], 40, "all know it")
    api.cluster.delete(service)
    # A watcher that lists again after an outage may be in its back-off (L9).
    gone(topo, within=40)


def without_server(api, kubeconfig):
    api.cluster.stop()
    return "192.168.185.200"


def without_file(api, kubeconfig):
    kubeconfig.unlink()
    return str(kubeconfig)


def without_right_to_read(api, kubeconfig):
    shutil.chown(kubeconfig, "root")
    return str(kubeconfig)


def with_a_wrong_token(api, kubeconfig):
    text = kubeconfig.read_text()
    kubeconfig.write_text(re.sub("token: .*", "token: expired", text))
    return "401"


def with_a_wrong_certificate(api, kubeconfig):
    name = kubeconfig.parent / "ca"
    command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            name.with_suffix(".key"), "-out", name.with_suffix(".crt"), "-subj",
            "/CN=other", "-days", "1")
    ca = base64.b64encode(name.with_suffix(".crt").read_bytes()).decode()
    text = kubeconfig.read_text()
    kubeconfig.write_text(re.sub("certificate-authority-data: .*",
                                 f"certificate-authority-data: {ca}", text))
    return "certificate"


def with_broken_yaml(api, kubeconfig):
    kubeconfig.write_text("clusters: [\n")
    return str(kubeconfig)


@pytest.mark.parametrize("trouble", [
    without_server, without_file, without_right_to_read, with_a_wrong_token,
    with_a_wrong_certificate, with_broken_yaml], ids=lambda f: f.__name__)
def test_vrrp_runs_and_the_trouble_is_named(lab, trouble):
    topo = lab(nodes=1, api=True)
    node = topo.nodes[0]
    api = Api(topo)
    conf = api.conf(node, 200)
    named = trouble(api, node.dir / "kubeconfig")
    vipd = Vipd(node, conf)
    vipd.wait_state("MASTER", within=15)
    only_holder(topo, node)
    wait(lambda: named in vipd.log_text(), 5, f"{named} in the log")
    lines = [line for line in vipd.log_text().splitlines() if named in line]
    assert len(lines) <= 3, "one line, not a flood"
    assert named in vipd.ctl("status").stdout + vipd.ctl("-o", "wide", "status").stdout


def test_a_refused_address_of_the_api_says_why(lab):
    topo = lab(nodes=1, api=True)
    api = Api(topo)
    vipds = api.start(topo)
    api.cluster.create(web(address="192.168.185.99")[0])
    vipds[0].wait_service("web", "refused")
    assert "192.168.185.99" not in topo.nodes[0].addresses()
    assert ALLOWED[0].split("-", maxsplit=1)[0] not in rules(topo.nodes[0])



def test_what_is_somebodys_own_is_refused_inside_external_ips_too(lab):
    """X2: the API server's address, a node's, a default gateway."""
    topo = lab(nodes=2, api=True)
    for node in topo.nodes:
        node.ip("route", "add", "default", "via", "192.168.185.254")
    api = Api(topo)
    vipds = [Vipd(node, api.conf(node, priority).replace(
        "192.168.185.18-192.168.185.30", "192.168.185.0/24"))
        for node, priority in zip(topo.nodes, (200, 100))]
    vipds[0].wait_state("MASTER", within=15)
    vipds[1].wait_state("BACKUP", within=15)
    owners = {"api": (topo.api.ip4, "the API server's"),
              "router": (topo.nodes[0].ip4, "of node n1"),
              "gateway": ("192.168.185.254", "a default gateway")}
    for name, (address, why) in owners.items():
        api.cluster.create(kube.service(name, [{"port": 80}], external_ips=[address]))
        vipds[1].wait_service(name, "refused", within=10)
        shown = vipds[1].ctl("explain", f"default/{name}").stdout
        assert f"{address} is " in shown and why in shown, shown
    vipds[0].wait_service("router", "refused", within=10)
    vipds[0].wait_service("api", "refused", within=10)
    for address, _ in owners.values():
        for node in topo.nodes:
            if address != node.ip4:
                assert address not in node.addresses()


def test_a_pool_hands_out_nothing_that_is_somebodys_own(lab):
    """X2: what this node sees on its LAN; a clear line for each address of a pool."""
    topo = lab(nodes=1, api=True)
    node, = topo.nodes
    node.ip("route", "add", "default", "via", "192.168.185.254")
    node.ip("addr", "add", "192.168.185.241/29", "dev", "eth0")  # .240 to .247
    api = Api(topo)
    pool = "192.168.185.241 192.168.185.246-192.168.185.248 192.168.185.254"
    conf = api.conf(node, 200, service_addresses=True).rstrip().removesuffix("}")
    vipd = Vipd(node, f"{conf}address_pool lan {{ addresses {{ {pool} {topo.api.ip4} }} }}\n}}\n")
    for name in ("a", "b", "c"):
        api.cluster.create(kube.service(name, [{"port": 80}], type="LoadBalancer"))
    for owner in ("192.168.185.241 is an address of this host",
                  "192.168.185.254 is a default gateway of this host",
                  f"{topo.api.ip4} is the API server's own"):
        line = f"address_pool lan: {owner}, so it is not handed out; list it in exclude"
        wait(lambda line=line: line in vipd.log_text(), 20, line)
    wait(lambda: any("0 of 6 are free" in vipd.ctl("explain", f"default/{name}").stdout
                     for name in ("a", "b", "c")), 20, "the third waits")
    given = {entry["ip"] for obj in api.cluster.list("v1", "Service")
             for entry in obj.get("status", {}).get("loadBalancer", {}).get("ingress", [])}
    assert given == {"192.168.185.246", "192.168.185.248"}


def test_a_service_of_another_class_is_told_why_it_is_left_alone(lab):
    topo = lab(nodes=1, api=True)
    api = Api(topo)
    node, = topo.nodes
    vipd = Vipd(node, api.conf(node, 200))
    api.cluster.create(kube.service("typo", [{"port": 80}], type="LoadBalancer",
                                    loadBalancerClass="vipd.io/vpi"))
    vipd.wait_service("typo", "ignored", within=15)
    shown = vipd.ctl("explain", "default/typo")
    assert shown.returncode == 1 and "ignored: loadBalancerClass vipd.io/vpi" in shown.stdout
    assert "FIX: create the Service anew with loadBalancerClass vipd.io/vip," in shown.stdout
    assert vipd.ctl("services").returncode == 0, "it is nobody's fault here"
    assert "typo" in vipd.ctl("services", "--problems").stdout
    api.cluster.create(kube.service("theirs", [{"port": 80}], type="LoadBalancer",
                                    loadBalancerClass="example.com/other"))
    api.cluster.patch(kube.service("theirs", []), {"status": {"loadBalancer": {"ingress": [
        {"ip": "192.168.185.99"}]}}}, subresource="status")
    wait(lambda: vipd.ctl("explain", "default/theirs").returncode == 0, 15, "it is served elsewhere")
    assert "theirs" not in vipd.ctl("services", "--problems").stdout
