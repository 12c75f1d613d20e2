# SPDX-License-Identifier: GPL-2.0-or-later
"""The API server's own address, with the example that is shipped: before there
is a cluster, while API servers come and go, and with vipd as their client."""

import pathlib
import shutil
import sys

from cases import CHILD_USER, EXTERNAL, Api, only_holder, web
from daemons import VIP4, Vipd
from lab import ROOT, Process, wait

EXAMPLE = ROOT / "conf/examples/control-plane.conf"
PORT = 6443


class ApiServer(Process):
    """One of several API servers: the same store, a port of its own node."""

    def __init__(self, node, cluster):
        super().__init__(node, "apiserver", sys.executable, "-S", "-E",
                         pathlib.Path(__file__).with_name("relay.py"), PORT,
                         node.topology.api.ip4, cluster.port)
        wait(lambda: "ready" in self.log_text(), 10, f"{self.title} listens")


def example(node):
    """The example as the node has it: candidates and paths are this lab's, and it
    looks twice as often."""
    text = EXAMPLE.read_text().replace("interval 1\n", "interval 0.5\n")
    assert VIP4 in text and EXTERNAL in text and f"127.0.0.1:{PORT}" in text
    for place, worker in enumerate(("worker-a", "worker-b", "worker-c"), 1):
        text = text.replace(worker, f"n{place}")
    kubeconfig = node.dir / "kubeconfig"
    return text.replace("kubeconfig /etc/vipd/kubeconfig",
                        f"kubeconfig {kubeconfig}\n    node_name {node.name}")


def give_kubeconfig(topo, cluster):
    """Every node gets one whose server is the address that the nodes carry."""
    text = cluster.vipd_kubeconfig.read_text().replace(
        cluster.url, f"https://{VIP4}:{PORT}")
    assert VIP4 in text
    for node in topo.nodes:
        new = node.dir / "kubeconfig.new"
        new.write_text(text)
        new.chmod(0o600)
        shutil.chown(new, CHILD_USER)
        new.rename(node.dir / "kubeconfig")


def test_the_address_is_there_before_the_cluster_and_follows_a_ready_api_server(lab):
    topo = lab(api=True)
    vipds = [Vipd(node, example(node)) for node in topo.nodes]
    vipds[0].wait_state("MASTER", name="control-plane", within=15)
    only_holder(topo, topo.nodes[0])

    # kubeadm init on the second node: the address goes to the only API server.
    api = Api(topo, names=[VIP4])
    servers = {node: ApiServer(node, api.cluster) for node in topo.nodes[1:2]}
    only_holder(topo, topo.nodes[1], within=15)
    for node in (topo.nodes[0], topo.nodes[2]):
        servers[node] = ApiServer(node, api.cluster)
    only_holder(topo, topo.nodes[0], within=15)

    # vipd is a client of the address that it carries.
    for obj in web():
        api.cluster.create(obj)
    give_kubeconfig(topo, api.cluster)
    wait(lambda: any(v.service("web").get("state") == "serving" for v in vipds), 30,
         "the Service is served, by whoever had the kubeconfig first")

    # The API server beside the address dies: both go on elsewhere.
    servers[topo.nodes[0]].crash()
    only_holder(topo, topo.nodes[1], within=15)
    assert vipds[0].state("control-plane") == "BACKUP"
    api.cluster.delete(web()[0])
    for vipd in vipds:
        wait(lambda vipd=vipd: not vipd.service("web"), 30, f"{vipd.title}: the Service is gone")

    # Without any API server the address stays, so that clients are refused at once.
    for server in servers.values():
        server.crash()
    only_holder(topo, topo.nodes[0], within=15)
