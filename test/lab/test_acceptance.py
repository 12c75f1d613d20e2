# SPDX-License-Identifier: GPL-2.0-or-later
"""The acceptance sentence, word by word: a tenant without cluster rights creates a Service
with port 22, kubectl shows an address of the pool, it is reached from the LAN, the holder is
powered off, the Service is deleted and nothing of it is left. All of it real: kubectl, the
API server for tests, vipd on each node; only the endpoints are written by hand."""

import json
import shutil

import pytest

import kube
from cases import EXTERNAL, Api, endpoints, only_holder, rules, serving, settle
from client import Probe, try_connect
from daemons import VIP4, Vipd, block
from lab import wait

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")

SSH = 22
POOL = [f"192.168.185.{n}" for n in (40, 41, 42)]
TENANT = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: tenant, namespace: default}
rules:
  - apiGroups: [""]
    resources: [services]
    verbs: [get, list, watch, create, delete, patch, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tenant, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: tenant}
subjects:
  - {kind: User, apiGroup: rbac.authorization.k8s.io, name: tenant}
"""
MANIFEST = """
apiVersion: v1
kind: Service
metadata: {name: vm}
spec:
  %s
  ports: [{port: 22}]
"""
BALANCER = MANIFEST % "type: LoadBalancer"
EXTERNAL_IP = MANIFEST % f"externalIPs: [{EXTERNAL}]"


class Cluster(Api):
    """With a pool, and a tenant who may do what a tenant may: Services of one Namespace."""

    def __init__(self, topo):
        roles = topo.api.dir / "tenant.yaml"
        roles.write_text(TENANT)
        super().__init__(topo, rbac=(kube.RBAC, roles))
        certificate, key = self.cluster.certificate("tenant", "tenant")
        self.tenant = self.dir / "tenant.kubeconfig"
        self.cluster.write_kubeconfig(self.tenant, {"client-certificate": str(certificate),
                                                    "client-key": str(key)})

    def conf(self, node, priority, forwarding=None, **settings):
        text = super().conf(node, priority, service_addresses=True, **settings)
        pool = block("address_pool public", {"addresses": POOL}, "    ")
        text = text.rstrip().removesuffix("}") + pool + "\n}\n"
        return text + (block("forwarding", forwarding) + "\n" if forwarding else "")

    def kubectl(self, *argv, text=None):
        done = self.cluster.kubectl(*argv, kubeconfig=self.tenant, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(self, manifest):
        """As the tenant; the endpoint is what the cluster's controllers would write."""
        self.kubectl("create", "--validate=false", "-f", "-", text=manifest)
        self.cluster.create(kube.endpoint_slice("vm", ["10.129.2.11"], ports=[SSH]))

    def delete(self):
        self.kubectl("delete", "service", "vm")
        self.cluster.delete(kube.endpoint_slice("vm", [], ports=[SSH]))

    def external_ip(self):
        """The column EXTERNAL-IP."""
        return self.kubectl("get", "svc", "vm", "--no-headers").split()[3]


def reached(topo, address, within=5):
    wait(lambda: " ep1 " in try_connect(topo.client, address, SSH, 0.3), within,
         f"{address}:{SSH} is answered, not {try_connect(topo.client, address, SSH, 0.3)}")


def traces(node, address):
    """Where a node's network still knows the address."""
    seen = {"rules": node.run("nft", "list", "ruleset"),
            "addresses": node.ip("addr", "show"),
            "routes": node.ip("route", "show", "table", "all")}
    words = address + " ", address + "/", address + ","
    return [where for where, text in seen.items() if any(w in text for w in words)]


def nothing_left(topo, address):
    for node in topo.nodes:
        wait(lambda: not traces(node, address), 10,
             f"nothing of {address} on {node}, but in its {traces(node, address)}")


def free_addresses(vipd):
    """Of the pool, as vipctl counts them; None while nobody knows."""
    done = vipd.ctl("-o", "json", "pools")
    return [p["ipv4"]["free"] for p in json.loads(done.stdout)["pools"]] if done.stdout else None


def power_off(topo, vipds):
    """Of the holder; the others are left."""
    topo.nodes[0].link_down()
    vipds[0].crash()
    return vipds[1:]


@pytest.mark.parametrize("manifest", [BALANCER, EXTERNAL_IP],
                         ids=["LoadBalancer", "externalIPs"])
def test_the_acceptance_sentence(lab, manifest):
    topo = lab(endpoints=1, api=True)
    endpoints(topo)
    cluster = Cluster(topo)
    vipds = cluster.start(topo)
    wait(lambda: free_addresses(vipds[0]) == [len(POOL)], 15, "the pool is free")
    assert f'vipd_pool_free{{address_pool="public",family="ipv4"}} {len(POOL)}\n' in \
        vipds[0].ctl("metrics").stdout

    cluster.create(manifest)
    expected = POOL if manifest is BALANCER else [EXTERNAL]
    wait(lambda: cluster.external_ip() in expected, 15,
         f"an address, not {cluster.external_ip()}")
    address = cluster.external_ip()
    reached(topo, address)
    serving(vipds, "vm")
    only_holder(topo, topo.nodes[0], address)
    for node in topo.nodes:
        assert address in rules(node) and "10.129.2.11" in rules(node), \
            f"{node} is ready to take over"

    shown = vipds[0].ctl("explain", "default/vm")
    assert shown.returncode == 0, shown.stdout
    assert (f"allocation  {address} of address_pool public" in shown.stdout) == \
        (manifest is BALANCER)

    probe = Probe(topo.client, address, SSH, interval_ms=5).wait_answer()
    left = power_off(topo, vipds)
    serving(left, "vm")
    reached(topo, address)
    assert probe.outage_ms() < 1000
    assert cluster.external_ip() == address

    topo.nodes[0].heal()  # and is as empty as a node after power-off
    topo.nodes[0].ip("addr", "flush", "dev", "eth0", "to", address)
    vipds[0].cleanup()
    cluster.delete()
    nothing_left(topo, address)
    wait(lambda: free_addresses(left[0]) == [len(POOL)], 15, "the address is free again")
    assert "ep1" not in try_connect(topo.client, address, SSH, 0.3)


def foreign_rules(node, address):
    """What kube-proxy in its iptables mode would hold, as far as it matters here."""
    node.nft(f"""
        table ip foreign {{
            chain KUBE-SERVICES {{
                ip daddr {address} tcp dport {SSH} goto KUBE-EXT
            }}
            chain KUBE-EXT {{
                meta mark set meta mark or 0x4000
                dnat to 10.129.2.11
            }}
            chain PREROUTING {{
                type nat hook prerouting priority dstnat
                jump KUBE-SERVICES
            }}
            chain OUTPUT {{
                type nat hook output priority -100
                jump KUBE-SERVICES
            }}
            chain POSTROUTING {{
                type nat hook postrouting priority srcnat
                meta mark and 0x4000 == 0x4000 masquerade
            }}
        }}""")


def handler_below_netfilter(node, address, endpoint, client):
    """Takes packets off the wire and puts them back, as a virtual switch does: what it
    handles meets none of the host's IP hooks, no conntrack and no routing."""
    node.nft(f"""
        table netdev switch {{
            chain ingress {{
                type filter hook ingress device eth0 priority 0
                ip daddr {address} tcp dport {SSH} ip daddr set {endpoint.pod4} \
                    ether saddr set {node.mac()} ether daddr set {endpoint.mac()} \
                    counter fwd to eth0
                ip saddr {endpoint.pod4} tcp sport {SSH} ip saddr set {address} \
                    ether saddr set {node.mac()} ether daddr set {client.mac()} \
                    counter fwd to eth0
            }}
        }}""".replace("\\\n", " "))


@pytest.mark.parametrize("manifest", [BALANCER, EXTERNAL_IP],
                         ids=["LoadBalancer", "externalIPs"])
def test_while_another_one_forwards(lab, manifest):
    topo = lab(nodes=2, endpoints=1, api=True)
    endpoints(topo)
    cluster = Cluster(topo)
    vipds = cluster.start(topo, forwarding={"mode": "none"})
    cluster.create(manifest)
    wait(lambda: cluster.external_ip() not in ("<pending>", "<none>"), 15, "an address")
    address = cluster.external_ip()
    only_holder(topo, topo.nodes[0], address, within=10)
    for node in topo.nodes:
        foreign_rules(node, address)
    reached(topo, address)
    power_off(topo, vipds)
    wait(lambda: topo.holders(address, topo.nodes[1:]), 10, "the other node has it")
    reached(topo, address)
    cluster.delete()
    wait(lambda: not topo.holders(address, topo.nodes[1:]), 10, "the address is gone")
    assert address not in rules(topo.nodes[1])
    assert address in topo.nodes[1].run("nft", "list", "table", "ip", "foreign"), \
        "what is somebody else's is left alone"


def test_while_the_forwarder_never_enters_netfilter(lab):
    topo = lab(nodes=1, endpoints=1, api=True)
    endpoints(topo)
    topo.endpoints[0].ip("route", "del", "192.168.185.0/24")
    topo.endpoints[0].ip("route", "add", "192.168.185.0/24", "via", topo.nodes[0].pod4)
    cluster = Cluster(topo)
    cluster.start(topo, forwarding={"mode": "none"})
    cluster.create(BALANCER)
    wait(lambda: cluster.external_ip() in POOL, 15, "an address")
    address = cluster.external_ip()
    only_holder(topo, topo.nodes[0], address, within=10)
    handler_below_netfilter(topo.nodes[0], address, topo.endpoints[0], topo.client)
    reached(topo, address)
    assert address not in topo.nodes[0].run("conntrack", "-L", check=False)
    topo.nodes[0].nft("delete table netdev switch")
    cluster.delete()
    nothing_left(topo, address)


def make_bridge(node, name):
    """The node's only interface becomes a port of a bridge that has its addresses. As with
    Open vSwitch, no frame meets the host's IP hooks while it is bridged: those would send
    what is translated back out of the port it came from, which a bridge never does."""
    node.sysctl(**{"net__bridge__bridge-nf-call-iptables": 0})
    node.batch([f"link add {name} type bridge", f"link set {name} address {node.mac()}",
                "addr flush dev eth0", f"link set eth0 master {name}",
                f"link set {name} up",
                f"addr add {node.ip4}/24 brd + dev {name}",
                f"addr add {node.pod4}/24 dev {name}",
                f"addr add {node.ip6}/64 dev {name} nodad"])


def test_on_a_bridge_that_is_created_later(lab):
    topo = lab(nodes=2, endpoints=1, api=True)
    endpoints(topo)
    cluster = Cluster(topo)
    vipds = [Vipd(node, cluster.conf(node, priority, interface="br-ex"))
             for node, priority in zip(topo.nodes, (200, 100))]
    for vipd in vipds:
        vipd.wait_state("FAULT", within=10)
    cluster.create(BALANCER)
    wait(lambda: cluster.external_ip() in POOL, 15, "the allocator needs no interface")
    address = cluster.external_ip()
    for node in topo.nodes:
        make_bridge(node, "br-ex")
    settle(vipds)
    serving(vipds, "vm")
    assert address in topo.nodes[0].addresses("br-ex")
    assert VIP4 in topo.nodes[0].addresses("br-ex")
    reached(topo, address)
    left = power_off(topo, vipds)
    serving(left, "vm")
    reached(topo, address)
    topo.nodes.pop(0)
    cluster.delete()
    nothing_left(topo, address)
