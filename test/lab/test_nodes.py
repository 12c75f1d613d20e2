# SPDX-License-Identifier: GPL-2.0-or-later
"""Nodes of the cluster as the watcher sees them, and the Lease it keeps of its own. This file
plays vipd."""

import json
import os

import pytest

import kube
from lab import open_folder, wait
from msgcodec import ipaddr, ipaddr_text
from watcherlab import Watcher, text

EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
OUT = {"key": "node.kubernetes.io/out-of-service", "value": "x", "effect": "NoExecute"}


@pytest.fixture
def cluster():
    with open_folder() as path, kube.start(path / "api") as running:
        os.chmod(running.directory, 0o755)
        yield running


class Node(Watcher):
    """A watcher that remembers what it tells of nodes."""

    def __init__(self, folder, cluster, name, **conf):
        super().__init__(folder, kubeconfig=str(cluster.vipd_kubeconfig), node_name=name, **conf)
        self.excluded = None
        self.reason = ""
        self.nodes = {}

    def take(self, message):
        if message.name == "MSG_ELIGIBLE":
            self.excluded = bool(message.head.excluded)
            self.reason = text(message.head.reason)
        elif message.name == "MSG_NODE":
            self.nodes[text(message.head.name)] = message
        elif message.name == "MSG_NODE_GONE":
            del self.nodes[text(message.head.name)]
        else:
            super().take(message)


@pytest.fixture
def node(cluster):
    with open_folder() as folder, Node(folder, cluster, "worker-a", config="0123") as running:
        yield running


def node_object(name, address="192.0.2.1", **words):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, **words},
            "status": {"addresses": [{"type": "InternalIP", "address": address}]}}


def lease(cluster, name):
    try:
        found = cluster.get({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                             "metadata": {"namespace": "vipd", "name": f"vipd-{name}"}})
    except kube.KubeError:
        return None, None
    return found, json.loads(found["metadata"]["annotations"]["vipd.io/node"])


def test_signals_of_the_own_node_are_told_and_their_end(cluster, node):
    obj = cluster.create(node_object("worker-a"))
    cluster.create(node_object("worker-b", labels={EXCLUDE: ""}))
    node.configure()
    node.wait(lambda: node.excluded is False, what="worker-a may serve")
    cluster.patch(obj, {"metadata": {"labels": {EXCLUDE: "false"}}})
    node.wait(lambda: node.excluded, what="worker-a is excluded")
    assert "worker-a is not to serve" in node.reason and EXCLUDE in node.reason
    cluster.patch(obj, {"metadata": {"labels": {EXCLUDE: None}},
                        "spec": {"unschedulable": True}})
    node.wait(lambda: not node.excluded, what="a cordon is no drain")
    cluster.patch(obj, {"spec": {"taints": [OUT]}})
    node.wait(lambda: node.excluded, what="out of service")
    cluster.patch(obj, {"spec": {"taints": None}})
    node.wait(lambda: not node.excluded, what="back")
    cluster.delete(obj)
    node.wait(lambda: node.excluded and "not in the cluster" in node.reason, what="deleted")


def test_a_node_that_never_was_is_no_reason(cluster, node):
    cluster.create(node_object("worker-b"))
    node.configure().wait(lambda: node.excluded is False, what="told that it may serve")


def test_without_the_api_server_the_last_word_holds(cluster, node):
    cluster.create(node_object("worker-a", labels={EXCLUDE: ""}))
    node.configure().wait(lambda: node.excluded, what="excluded")
    cluster.refuse()
    cluster.streams("cut")
    node.wait(lambda: node.health() == "TROUBLE", what="the server is away")
    assert node.excluded


def test_a_node_is_known_by_its_address(cluster):
    own = kube.wait_until(own_address, 5, "an address of this host")
    cluster.create(node_object("by-address", own))
    with open_folder() as folder, Node(folder, cluster, "") as node:
        node.configure()
        node.wait(lambda: node.state and text(node.state.node_name) == "by-address",
                  what="the name of the Node with our address")
        assert text(node.state.node_name_source) == "InternalIP of a Node"
        wait(lambda: lease(cluster, "by-address")[0], 10, "its Lease")


def test_a_node_that_comes_later_gives_the_watcher_its_name(cluster):
    """The event comes in the midst of a stream, and the slices are listed anew."""
    own = kube.wait_until(own_address, 5, "an address of this host")
    cluster.create(kube.service("web", ports=[80], external_ips=["192.168.185.18"]))
    cluster.create(kube.endpoint_slice("web", ["10.0.0.7"], ports=[8080],
                                       node="by-address"))
    with open_folder() as folder, Node(folder, cluster, "") as node:
        node.configure().wait_synced()
        node.wait(lambda: all(cluster.count(verb="watch", resource=kind) for kind in
                              ("nodes", "endpointslices")), what="the watches")
        for turn in range(3):
            obj = cluster.create(node_object("by-address", own))
            node.wait(lambda: text(node.state.node_name) == "by-address",
                      what="the name of the Node with our address")
            node.wait(lambda: node.services["default/web"].endpoints[0][3],
                      what="its endpoint is a local one")
            cluster.delete(obj)
            node.wait(lambda: text(node.state.node_name) != "by-address", what="gone")
            node.wait(lambda: not node.services["default/web"].endpoints[0][3],
                      what="the endpoint is somebody else's")
        assert node.popen.poll() is None


def own_address():
    """The first address of the host that is not its loopback's."""
    words = os.popen("ip -o addr show scope global").read().split("\n")
    return next((line.split()[3].partition("/")[0] for line in words if "inet" in line), None)


def here(node, state="VRRP_MASTER", name="edge"):
    node.send("MSG_HERE", instance=name, state=state, since_us=1, priority=150,
              source=ipaddr("192.168.185.2"))


def test_each_node_keeps_a_lease_that_the_others_read(cluster, node):
    node.configure()
    here(node)
    wait(lambda: (lease(cluster, "worker-a")[1] or {}).get("instances"), 5, "the Lease")
    found, said = lease(cluster, "worker-a")
    assert said == {"version": said["version"], "config": "0123", "allocator": False,
                    "excluded": False, "instances": [
                        {"name": "edge", "state": "MASTER", "priority": 150,
                         "source": "192.168.185.2"}]}
    assert found["spec"]["holderIdentity"] == "worker-a"
    with open_folder() as folder, Node(folder, cluster, "worker-b", config="4567") as other:
        other.configure()
        other.wait(lambda: "worker-a" in other.nodes, what="worker-b hears of worker-a")
        (edge,) = other.nodes["worker-a"].records
        assert text(edge.name) == "edge" and ipaddr_text(edge.source) == "192.168.185.2"
        assert not other.nodes["worker-a"].head.here
        node.wait(lambda: "worker-b" in node.nodes, what="worker-a hears of worker-b")
        assert text(node.nodes["worker-b"].head.config) == "4567"
        here(node, "VRRP_BACKUP")
        other.wait(lambda: other.nodes["worker-a"].records[0].state == 1, within=10,
                   what="the new state")
        cluster.delete(found)
        other.wait(lambda: "worker-a" not in other.nodes, what="the Lease is gone")


def test_a_lease_that_somebody_changed_is_written_again(cluster, node):
    node.configure()
    here(node)
    wait(lambda: lease(cluster, "worker-a")[0], 5, "the Lease")
    found, _ = lease(cluster, "worker-a")
    cluster.patch(found, {"metadata": {"labels": {"a": "b"}}})
    here(node, "VRRP_BACKUP")
    wait(lambda: lease(cluster, "worker-a")[1]["instances"][0]["state"] == "BACKUP", 10,
         "the new state, after a conflict")
    assert lease(cluster, "worker-a")[0]["metadata"]["labels"] == {"a": "b"}


def test_who_may_not_list_nodes_says_it_once_and_serves(cluster):
    cluster.fault("status", resource="nodes", code=403, reason="Forbidden")
    cluster.create(kube.service("web", ports=[80], external_ips=["192.168.185.18"]))
    with open_folder() as folder, Node(folder, cluster, "worker-a", allocator=1) as node:
        node.configure()
        node.wait_service("default/web")
        node.wait(lambda: cluster.count(resource="nodes") >= 2, what="two refusals")
        node.wait_health("OK")
        assert len([line for line in node.logs if "may not list nodes" in line]) == 1
        node.wait(lambda: [line for line in node.logs if "allocator now" in line],
                  what="it leads all the same")
        assert node.excluded is None


def test_a_kubelets_certificate_reads_and_posts_but_writes_no_lease(folder):
    rbac = (kube.RBAC, kube.RBAC.parents[1] / "examples/kubelet-rbac.yaml")
    with kube.start(folder / "api", rbac=rbac) as cluster:
        os.chmod(cluster.directory, 0o755)
        certificate, key = cluster.certificate("kubelet", "system:node:worker-a",
                                               ["system:nodes"])
        for path in (certificate, key):
            os.chmod(path, 0o644)
        kubeconfig = cluster.directory / "kubelet.kubeconfig"
        cluster.write_kubeconfig(kubeconfig, {"client-certificate": str(certificate),
                                              "client-key": str(key)})
        cluster.create(kube.service("web", ports=[80], external_ips=["192.168.185.18"]))
        with open_folder() as own, Watcher(own, kubeconfig=str(kubeconfig),
                                           node_name="") as node:
            node.configure()
            node.wait_service("default/web")
            assert text(node.state.node_name) == "worker-a"
            node.send("MSG_HERE", instance="edge", state="VRRP_MASTER", since_us=1)
            node.send("MSG_HELD_HERE", [ipaddr("192.168.185.18")], instance="edge", held=1)
            wait(lambda: cluster.list("events.k8s.io/v1", "Event"), 5, "VIPActive")
            node.wait(lambda: [line for line in node.logs if "create leases: 403" in line
                               and "can only access leases in" in line],
                      what="the refusal of its Lease")
            node.wait_health("OK")
            assert cluster.list("coordination.k8s.io/v1", "Lease", "vipd") == []


def test_an_address_of_a_node_is_nobody_elses(cluster):
    cluster.create(node_object("worker-b", "192.168.185.18"))
    cluster.create(kube.service("thief", ports=[80], external_ips=["192.168.185.18"]))
    for number in range(2):
        cluster.create(kube.service(f"web-{number}", ports=[80], type="LoadBalancer"))
    with open_folder() as folder, Node(folder, cluster, "worker-a", allocator=1,
                                       claim_unclassed=1) as node:
        node.configure(pools="address_pool p { addresses "
                             "{ 192.168.185.17-192.168.185.19 } }\n")
        node.wait_service("default/thief", lambda s: s.verdict == "refused")
        assert "is the address of node worker-b" in node.services["default/thief"].reason
        assert [s for name, s in node.told if s == "default/thief"] == ["default/thief"], \
            "it was never served, not even before the Nodes were known"
        for number in range(2):
            node.wait_service(f"default/web-{number}", lambda s: s.verdict == "ok", within=20)
        given = {a for key, s in node.services.items() if "web" in key for a in s.addresses}
        assert given == {"192.168.185.17", "192.168.185.19"}
        # It moves: the address is free, and the other one is not.
        cluster.patch(node_object("worker-b"), {"status": {"addresses": [
            {"type": "InternalIP", "address": "192.168.185.30"}]}}, subresource="status")
        node.wait_service("default/thief", lambda s: s.verdict == "ok")


def test_nodes_that_do_not_come_hold_nothing_up_for_long(cluster):
    cluster.fault("stall", resource="nodes")
    cluster.create(kube.service("web", ports=[80], external_ips=["192.168.185.18"]))
    with open_folder() as folder, Node(folder, cluster, "worker-a") as node:
        node.configure()
        node.wait_service("default/web", within=10)
